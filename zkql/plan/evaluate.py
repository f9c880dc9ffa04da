"""Evaluate a staged plan on plain rows: the reference that every circuit is held against.

In: rows of one window. Out: groups and the value of each aggregate, with SQL's meaning: over no
rows COUNT is 0 and every other aggregate is NULL (None).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, assert_never

from zkql.plan.expressions import Column, Predicate, Row, holds, value_of
from zkql.plan.nodes import Aggregation, Bound, Function, Key, Output, Result
from zkql.plan.types import Kind, Value, format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from zkql.plan.stages import Shown, StagedPlan

GroupKey = tuple[Value, ...]
T = TypeVar("T")


def groups(plan: StagedPlan, rows: Iterable[T], columns: Callable[[T], Row]) -> dict[GroupKey, list[T]]:
    """Rows that pass the public predicate, by key, keys in order. Without keys there is always
    one group, even of no rows. ``columns`` gives the public columns of a row."""
    found: dict[GroupKey, list[T]] = {} if plan.keys else {(): []}
    for row in rows:
        values = columns(row)
        if plan.predicate is None or holds(plan.predicate, values):
            key = tuple(values[k.name] for k in plan.keys)
            found.setdefault(key, []).append(row)
    return dict(sorted(found.items()))


def shown_value(shown: Shown, row: Row) -> int:
    """What the verifier puts into a circuit for a public part of a row: a column's offset
    ``value - lowest``, like a private column's, or a condition's 0 or 1."""
    if isinstance(shown, Column):
        value = value_of(shown, row)
        assert isinstance(value, int)
        return value - shown.type.lowest
    return int(holds(shown, row))


def selected(predicate: Predicate | None, rows: Sequence[Row]) -> list[bool]:
    """Which rows a predicate keeps."""
    return [predicate is None or holds(predicate, row) for row in rows]


def aggregate(call: Aggregation, rows: Sequence[Row]) -> Value | None:
    """One aggregate over rows."""
    if call.function is Function.COUNT or call.argument is None:
        return len(rows)
    if not rows:
        return None
    values = [row[call.argument.name] for row in rows]
    match call.function:
        case Function.MIN:
            return min(values)
        case Function.MAX:
            return max(values)
        case Function.SUM:
            return sum(values)  # type: ignore[arg-type]
        case Function.AVG:
            return average(sum(values), len(values), call)  # type: ignore[arg-type]
    assert_never(call.function)


def average(total: int, count: int, call: Aggregation) -> int:
    """Flink's AVG: integers are cut towards zero, decimals rounded half away from zero."""
    assert call.argument is not None
    shift = call.type.scale - call.argument.type.scale
    magnitude = abs(total) * int(10**shift)
    if rounds(call):
        quotient = (2 * magnitude + count) // (2 * count)
    else:
        quotient = magnitude // count
    return -quotient if total < 0 else quotient


def rounds(call: Aggregation) -> bool:
    """Whether AVG rounds (DECIMAL) or cuts (integers)."""
    return call.type.kind is Kind.DECIMAL


def output_row(
    outputs: Sequence[Output],
    start: int,
    size: int,
    key: GroupKey,
    values: Sequence[Value | None],
) -> Mapping[str, int | str | bool | None]:
    """One row of the result, as JSON values."""
    row: dict[str, int | str | bool | None] = {}
    for output in outputs:
        value: Value | None
        match output.source:
            case Bound.START:
                value = start
            case Bound.END:
                value = start + size
            case Bound.TIME:
                value = start + size - 1
            case Key(index):
                value = key[index]
            case Result(index):
                value = values[index]
            case _:
                assert_never(output.source)
        row[output.name] = None if value is None else format_value(value, output.type)
    return row
