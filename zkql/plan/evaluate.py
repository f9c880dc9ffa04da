"""Evaluate a staged plan on plain rows: the reference that every circuit is held against.

In: rows of one window. Out: groups and the value of each aggregate, with SQL's meaning: over no
rows COUNT is 0 and every other aggregate is NULL (None).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from zkql.plan.expressions import Expression, Row, columns_of
from zkql.plan.interpret import aggregated, listed
from zkql.plan.lineage import Bound
from zkql.plan.scalar import EvaluationError, evaluate, holds
from zkql.plan.stages import Listing, Result
from zkql.plan.types import Kind, Shown, Value, format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from zkql.plan.calls import Aggregation
    from zkql.plan.stages import StagedPlan

GroupKey = tuple[Value | None, ...]
T = TypeVar("T")


def groups(
    plan: StagedPlan, start: int, rows: Iterable[T], columns: Callable[[T], Row]
) -> dict[GroupKey, list[T]]:
    """The groups of the window from ``start`` that the result has: rows that pass the public predicate, by
    key, keys in order. Without keys there is one group, even of no rows. A group that HAVING leaves out is
    left out here, so that nothing is claimed, proven or shown of it. ``columns`` gives the public columns
    of a row; where chains hide rows, a chain stands for those of its device.

    Raises :class:`zkql.plan.scalar.EvaluationError` where an expression has no value on a row."""
    if plan.window is not None and not holds(
        plan.window, {str(b): t for b, t in _moments(plan, start).items()}
    ):
        return {}
    found: dict[GroupKey, list[T]] = {} if plan.keys else {(): []}
    for row in rows:
        values = columns(row)
        if plan.predicate is None or holds(plan.predicate, values):
            key = tuple(evaluate(k.expression, values) for k in plan.keys)
            found.setdefault(key, []).append(row)
    if not plan.stream.is_chained:
        for own in found.values():
            own.sort(key=lambda row: _time(plan, columns(row)))  # then by device and sequence, as given
    chosen = {key: own for key, own in found.items() if _has(plan, start, key, [columns(r) for r in own])}
    return dict(sorted(chosen.items(), key=lambda item: order(item[0])))


def _time(plan: StagedPlan, row: Row) -> int:
    time = row[plan.stream.time]
    assert isinstance(time, int)
    return time


def _has(plan: StagedPlan, start: int, key: GroupKey, rows: Sequence[Row]) -> bool:
    """Whether HAVING is true; it reads nothing that a circuit proves, since cut() refuses that."""
    if plan.having is None:
        return True
    read = {c.name for c in columns_of(plan.having)}
    row = _named(plan, start, key)
    for name, call in zip(plan.names, plan.calls, strict=True):
        if name in read:
            row[name] = aggregate(call, rows)
    try:
        return holds(plan.having, row)
    except EvaluationError:
        if rows:
            raise
        return False  # SQL has no group where there is no row


def _moments(plan: StagedPlan, start: int) -> dict[Bound, int]:
    return {Bound.START: start, Bound.END: start + plan.size, Bound.TIME: start + plan.size - 1}


def _named(plan: StagedPlan, start: int, key: GroupKey) -> dict[str, Value | None]:
    """The window's bounds and the key under the names that the plan has for them."""
    moments = _moments(plan, start)
    row: dict[str, Value | None] = {b.name: moments[b.bound] for b in plan.bounds}
    return row | {k.name: value for k, value in zip(plan.keys, key, strict=True)}


def selected(predicate: Expression | None, rows: Sequence[Row]) -> list[bool]:
    """Which rows a predicate keeps."""
    return [predicate is None or holds(predicate, row) for row in rows]


def aggregate(call: Aggregation, rows: Sequence[Row]) -> Value | None:
    """One aggregate over rows."""
    return aggregated(call, rows)


def rounds(call: Aggregation) -> bool:
    """Whether AVG rounds (DECIMAL, half away from zero) or cuts (integers, towards zero)."""
    return call.type.kind is Kind.DECIMAL


def order(key: GroupKey) -> tuple[tuple[bool, Any], ...]:
    """How groups are sorted: by value, NULL last."""
    return tuple((value is None, 0 if value is None else value) for value in key)


def results(plan: StagedPlan, rows: Sequence[Row]) -> tuple[bool, tuple[Result, ...]]:
    """What an honest processor claims of a public group: whether any row passes the private condition, and
    the results, one a private group, in :func:`order`. Without private keys there is one, even of no rows.

    Raises :class:`EvaluationError` where the query has no value."""
    circuit = plan.circuit
    if plan.listing is not None:
        found = tuple(_listed(plan, plan.listing, rows))
        return bool(found), found
    chosen = selected(circuit.predicate if circuit else None, rows)
    kept = [row for row, keep in zip(rows, chosen, strict=True) if keep]
    own: dict[GroupKey, list[Row]] = {} if plan.private_keys else {(): kept}
    for row in kept if plan.private_keys else ():
        own.setdefault(tuple(evaluate(k.expression, row) for k in plan.private_keys), []).append(row)
    made = []
    for key in sorted(own, key=order):
        values = tuple(aggregate(call, own[key]) for call in plan.calls)
        for call, value in zip(plan.calls, values, strict=True):
            if value is not None and not call.type.contains(value):
                raise EvaluationError(f"{call} leaves its type {call.type}")
        made.append(Result(key, values))
    return bool(kept), tuple(made)


def _listed(plan: StagedPlan, listing: Listing, rows: Sequence[Row]) -> Iterator[Result]:
    assert plan.circuit is not None
    chosen = selected(plan.circuit.predicate, rows)
    kept = [row for row, keep in zip(rows, chosen, strict=True) if keep]
    for row, calls in listed(listing.order, listing.analytics, kept):
        rank = calls[-1] if listing.limit is not None else None
        if listing.limit is not None and (not isinstance(rank, int) or rank > listing.limit.most):
            continue
        values = [evaluate(output.expression, row) for output in listing.values]
        yield Result((), (*values, *calls[: len(listing.calls)]))


def result_row(
    plan: StagedPlan, start: int, key: GroupKey, result: Result, *, present: bool
) -> dict[str, Shown | None] | None:
    """A group's row of the result, as JSON values; None where the result has none.

    As in SQL, a group that no row passes has none; but where a query without keys aggregates, an empty
    window has one, with COUNT 0, so that a consumer sees that it was proven. Where that row would be an
    error, which it is not in SQL, it is left out. Raises :class:`EvaluationError`.
    """
    if not present and (plan.is_keyed or not plan.cells):
        return None
    row = _named(plan, start, key) | dict(zip((cell.name for cell in plan.cells), result.values, strict=True))
    row |= {k.name: value for k, value in zip(plan.private_keys, result.key, strict=True)}
    found: dict[str, Shown | None] = {}
    try:
        for output in plan.outputs:
            value = evaluate(output.expression, row)
            found[output.name] = None if value is None else format_value(value, output.expression.type)
    except EvaluationError:
        if present:
            raise
        return None
    return found
