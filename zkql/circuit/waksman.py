"""Permutation networks of any size. In: how many values; a permutation. Out: the network's switches in
order; for each whether it crosses.

Waksman, "A Permutation Network" (J. ACM 15, 1968), in the form for any size of Beauquier and Darrot, "On
Arbitrary Size Waksman Networks and Their Vulnerability" (Parallel Processing Letters 12, 2002). A network of
n
values has switches on neighbouring pairs, then one network for the first and one for the second of each
pair, then switches on pairs again, one fewer where n is even: n log2 n - n + 1 switches if n is a power of 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

Switch = tuple[int, int]
"""Two places whose values a switch exchanges, or not."""


@cache
def network(size: int) -> tuple[Switch, ...]:
    """The switches, in order; values keep their places unless they are exchanged."""
    return tuple(_switches(range(size)))


def _switches(places: Sequence[int]) -> Iterator[Switch]:
    size = len(places)
    if size < 2:
        return
    upper, lower = _halves(places)
    pairs = list(zip(upper, lower, strict=False))
    yield from pairs
    yield from _switches(upper)
    yield from _switches(lower)
    yield from pairs[: (size - 1) // 2]


def _halves(places: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """The first and the second of each pair; one that is left over is among the second."""
    half = len(places) // 2
    rest = places[2 * half :]
    return places[: 2 * half : 2], [*places[1::2], *rest]


def route(sources: Sequence[int]) -> list[int]:
    """For each switch 1 where it crosses, so that place ``o`` ends up with the value of place
    ``sources[o]``."""
    size = len(sources)
    if size < 2:
        return []
    entry, leave = _sides(sources)
    upper, lower = [0] * (size // 2), [0] * (size - size // 2)
    for place, source in enumerate(sources):
        (lower if leave[place] else upper)[place // 2] = source // 2
    first = [entry[2 * pair] for pair in range(size // 2)]
    last = [leave[2 * pair] for pair in range((size - 1) // 2)]
    return [*first, *route(upper), *route(lower), *last]


def _sides(sources: Sequence[int]) -> tuple[list[int], list[int]]:
    """For each value where it comes in and where it leaves: 1 if it goes through the lower half. Of a pair
    one goes through each; the last that leaves goes through the lower."""
    size = len(sources)
    target = [0] * size
    for place, source in enumerate(sources):
        target[source] = place
    entry, leave = [-1] * size, [-1] * size
    for start, side in [(size - 1, 1), *((place, 0) for place in range(size))]:
        place = start
        while leave[place] < 0:
            source = sources[place]
            leave[place] = entry[source] = side
            partner = source ^ 1
            if partner == size:  # the one without a partner
                break
            other = target[partner]
            entry[partner] = leave[other] = 1 - side
            place = other ^ 1
    return entry, leave
