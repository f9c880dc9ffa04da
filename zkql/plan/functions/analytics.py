"""Analytic functions over one ordered partition. In: the order keys of its rows, in order. Out: for each
row its peers, its rank, or the rows that its frame holds, as positions in the partition; and the rank that
one more row would have.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, TypeVar

from zkql.plan.calls import Frame
from zkql.plan.functions.aggregates import Function
from zkql.plan.functions.statistics import rounded
from zkql.plan.types import Value
from zkql.plan.typing import FRACTION

OrderKey = tuple[Value | None, ...]
T = TypeVar("T")


def in_order(
    keyed: Sequence[tuple[Value | None, T]], *, descending: bool, nulls_first: bool
) -> list[tuple[Value | None, T]]:
    """What has a key by its key, those with equal keys as they came."""
    nulls = [pair for pair in keyed if pair[0] is None]
    known: list[tuple[Any, T]] = [pair for pair in keyed if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return nulls + known if nulls_first else known + nulls


def peers(keys: Sequence[OrderKey]) -> list[range]:
    """For each row the rows with the same order key, itself included."""
    found: list[range] = []
    for _, group in groupby(keys):
        size = len(list(group))
        found += [range(len(found), len(found) + size)] * size
    return found


def ranks(function: Function, peers: Sequence[range], buckets: int = 1) -> list[int]:
    """ROW_NUMBER, RANK, DENSE_RANK, PERCENT_RANK, CUME_DIST, and NTILE of so many ``buckets``."""
    count = len(peers)
    match function:
        case Function.ROW_NUMBER:
            return list(range(1, count + 1))
        case Function.RANK:
            return [p.start + 1 for p in peers]
        case Function.DENSE_RANK:
            place = {start: number for number, start in enumerate(sorted({p.start for p in peers}), 1)}
            return [place[p.start] for p in peers]
        case Function.PERCENT_RANK:
            return [_fraction(p.start, max(count - 1, 1)) for p in peers]
        case Function.CUME_DIST:
            return [_fraction(p.stop, count) for p in peers]
        case Function.NTILE:
            return [_bucket(row, count, buckets) for row in range(count)]
        case _:
            raise AssertionError(f"{function} is no rank")


def hypothetical_rank(
    function: Function,
    value: Value | None,
    others: Sequence[Value | None],
    *,
    descending: bool,
    nulls_first: bool,
) -> int:
    """RANK, DENSE_RANK, PERCENT_RANK or CUME_DIST of one more row with this value among others; NULL is in
    order with them, as in PostgreSQL."""
    keyed = in_order([(v, None) for v in (*others, value)], descending=descending, nulls_first=nulls_first)
    keys = [(key,) for key, _ in keyed]
    return ranks(function, peers(keys))[keys.index((value,))]  # which all its peers have


def _fraction(part: int, whole: int) -> int:
    return rounded(Fraction(part, whole) * Fraction(10) ** FRACTION.scale)


def _bucket(row: int, count: int, buckets: int) -> int:
    """The first ``count % buckets`` buckets have one row more than the others."""
    size, larger = divmod(count, buckets)
    if row < larger * (size + 1):
        return row // (size + 1) + 1
    return (row - larger) // size + 1


def frames(
    frame: Frame, peers: Sequence[range], keys: Sequence[OrderKey], *, descending: bool
) -> list[range]:
    """For each row the rows that its frame holds. RANGE with an offset is over one numeric key, the
    first row's ``descending`` or not; to it, NULLs are only near each other."""
    count = len(peers)
    if frame.rows:
        return [
            range(
                0 if frame.start is None else max(row + frame.start, 0),
                count if frame.end is None else min(row + frame.end + 1, count),
            )
            for row in range(count)
        ]
    if not frame.start and not frame.end:
        return [
            range(0 if frame.start is None else p.start, count if frame.end is None else p.stop)
            for p in peers
        ]
    known = [row for row, key in enumerate(keys) if key[0] is not None]
    sign = -1 if descending else 1
    line = [sign * _distance(keys[row]) for row in known]

    def bounds(row: int) -> range:
        near = peers[row]
        if keys[row][0] is None:
            start, stop = near.start, near.stop
        else:
            here = sign * _distance(keys[row])
            start = known[0] + bisect_left(line, here + (frame.start or 0))
            stop = known[0] + bisect_right(line, here + (frame.end or 0))
        return range(0 if frame.start is None else start, count if frame.end is None else stop)

    return [bounds(row) for row in range(count)]


def _distance(key: OrderKey) -> int:
    (value,) = key
    assert isinstance(value, int)
    return value
