"""Rows that leave a circuit one by one. In: the rows that count, and what is asked of each. Out: public
inputs for every place of the result.

Places stand in the order of OVER, equal rows as they came, so that nothing is told about a row but its rank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.prefix import Prefix
from zkql.circuit.gadgets.slices import Numbering
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.over import OrderedRows, analytic, rows_in_order
from zkql.circuit.statement import result_name
from zkql.circuit.wires import constant
from zkql.plan.calls import Analytic
from zkql.plan.expressions import Literal
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import BIGINT

if TYPE_CHECKING:
    from collections.abc import Callable

    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.expressions import Expression
    from zkql.plan.stages import Listing

    Lower = Callable[[Expression], Operand]


def reveal_rows(listing: Listing, selection: Selection, lower: Lower) -> None:
    """Reveal every place: whether it is used, and its cells, 0 where it is not."""
    draft, places = selection.draft, listing.places(selection.capacity)
    rows = rows_in_order(selection, [(key, lower(key.expression)) for key in listing.order])
    used = _used(listing, rows, lower, places)
    draft.reveal("used", used, size=(places,))
    values = [_first(rows, lower(output.expression), places) for output in listing.values]
    calls = [_called(rows, c.call, lower, places) for c in listing.calls if isinstance(c.call, Analytic)]
    for index, (cell, operand) in enumerate(zip(listing.cells, (*values, *calls), strict=True)):
        known = used
        if cell.nullable:
            known = draft.multiply(used, 1 - operand.null) if operand.null is not None else used
            draft.reveal(f"{result_name(index)}_known", known, size=(places,))
        draft.reveal(result_name(index), operand.value, known, (places,))


def _used(listing: Listing, rows: OrderedRows, lower: Lower, places: int) -> Linear:
    draft = rows.draft
    live = rows.live
    if places < draft.capacity:
        return draft.make(Prefix, "used_places", live, places)
    limit = listing.limit
    if limit is None or limit.most >= draft.capacity:
        return live
    rank = _called(rows, limit.call, lower, places)
    return draft.multiply(live, draft.at_most(rank.value, constant(limit.most)))


def _first(rows: OrderedRows, operand: Operand, places: int) -> Operand:
    """A column in order, as many places as there are results."""
    arrangement = rows.arrangement
    null = None if operand.null is None else arrangement.column(operand.null, places)
    return Operand(arrangement.column(operand.value, places), null, operand.type)


def _called(rows: OrderedRows, call: Analytic, lower: Lower, places: int) -> Operand:
    if call.function is Function.ROW_NUMBER:
        return Operand(rows.draft.make(Numbering, "numbering", places) + 1, None, BIGINT)
    assert places == rows.draft.capacity
    values = [e for i, e in enumerate(call.arguments) if not _is_number(call, i)]
    return analytic(rows, call.function, [lower(e) for e in values], constant_of(call))


def constant_of(call: Analytic) -> int | None:
    """The offset of LAG and LEAD, or the buckets of NTILE, where one is written."""
    for position, argument in enumerate(call.arguments):
        if _is_number(call, position) and isinstance(argument, Literal) and isinstance(argument.value, int):
            return argument.value
    return None


def _is_number(call: Analytic, position: int) -> bool:
    """Whether an argument is a constant of the call, and no value of a row."""
    return position == (0 if call.function is Function.NTILE else 1)
