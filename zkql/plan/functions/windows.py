"""Window table functions. In: event times in milliseconds. Out: the windows that they fall into, as
``(start, end)``, the end excluded.
"""

from __future__ import annotations

from collections.abc import Sequence

Bounds = tuple[int, int]


def hopping(time: int, size: int, slide: int, offset: int) -> list[Bounds]:
    """The windows of ``size`` that start every ``slide``, earliest first; TUMBLE has ``slide = size``.
    None where ``size`` is less than ``slide`` and the time is between two windows."""
    last = time - (time - offset) % slide
    return [(start, start + size) for start in reversed(range(last, time - size, -slide))]


def cumulative(time: int, size: int, step: int, offset: int) -> list[Bounds]:
    """The windows that grow by ``step`` up to ``size``, a multiple of it; shortest first."""
    start = time - (time - offset) % size
    first = start + step * ((time - start) // step + 1)
    return [(start, end) for end in range(first, start + size + 1, step)]


def sessions(times: Sequence[int], gap: int) -> list[Bounds]:
    """For each time its session: times at most ``gap`` apart belong together, and a session ends
    ``gap`` after its last."""
    found: list[list[int]] = []
    for time in sorted(set(times)):
        if found and time - found[-1][-1] <= gap:
            found[-1].append(time)
        else:
            found.append([time])
    bounds = {time: (session[0], session[-1] + gap) for session in found for time in session}
    return [bounds[time] for time in times]
