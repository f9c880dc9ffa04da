"""Rows in order: OVER (… ORDER BY …) over the rows of a window, and rows that leave the circuit. In: the
selected rows and the order's keys. Out: for each place, which row stands there and what its rank is.

Places after the last row hold the slots that are not selected; what is said of them is anything within
bounds, and :attr:`OrderedRows.live` tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.gadgets.commitments import Commitments, Salts
from zkql.circuit.gadgets.runs import Buckets, RunEdges, Starts
from zkql.circuit.gadgets.slices import Copy, Neighbour, RunningSum
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.sorting import Arrangement, arranged, numbered
from zkql.circuit.wires import Linear, constant
from zkql.plan.codes import column_bits, width
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import BIGINT
from zkql.plan.typing import FRACTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Wire
    from zkql.crypto.commitment import Element
    from zkql.plan.calls import SortKey

_WHOLE = 10**FRACTION.scale


@dataclass(frozen=True, slots=True)
class OrderedRows:
    """``key`` is each slot's rank before ties are broken, and more than any where it is not selected."""

    selection: Selection
    key: Linear
    arrangement: Arrangement

    @property
    def draft(self) -> Draft:
        """Where gadgets are made."""
        return self.selection.draft

    @property
    def count(self) -> Linear:
        """How many rows there are."""
        return self.selection.count

    @property
    def live(self) -> Linear:
        """1 at places of rows."""
        return self.draft.live(self.count)

    def column(self, operand: Operand) -> Operand:
        """A column in order."""
        null = None if operand.null is None else self.arrangement.column(operand.null)
        return replace(operand, value=self.arrangement.column(operand.value), null=null)

    # --- ranks ---

    @property
    def _starts(self) -> Wire:
        """1 where a place's row is no peer of the one before."""
        return self.draft.put(Starts, "peers", self.arrangement.column(self.key)).start

    def row_number(self) -> Operand:
        """ROW_NUMBER."""
        return Operand(self.draft.make(RunningSum, "row_number", self.live), None, BIGINT)

    def rank(self) -> Operand:
        """RANK: 1 more than the rows before the row's peers."""
        return Operand(self.draft.make(RunEdges, "first_peer", self._starts, False) + 1, None, BIGINT)

    def dense_rank(self) -> Operand:
        """DENSE_RANK: how many different keys there are up to the row's."""
        return Operand(self.draft.make(RunningSum, "dense_rank", self._starts.linear), None, BIGINT)

    def percent_rank(self) -> Operand:
        """PERCENT_RANK: ``(rank - 1) / (rows - 1)``, 0 for one row."""
        before = self.draft.make(RunEdges, "first_peer", self._starts, False)
        few = self.draft.less(self.count, constant(2))
        others = self.draft.select(few, constant(1), self.count - 1)
        return self._fraction(before, others, max(self.draft.capacity - 1, 1))

    def cume_dist(self) -> Operand:
        """CUME_DIST: the rows up to the row's last peer, over all rows."""
        up_to = self.draft.make(RunEdges, "last_peer", self._starts, True)
        return self._fraction(up_to, self.count + (1 - self.selection.any), self.draft.capacity)

    def _fraction(self, part: Linear, whole: Linear, most: int) -> Operand:
        found = self.draft.divide(part * _WHOLE, whole.within(1, most), Rounding.HALF_AWAY)
        return Operand(found, None, FRACTION)

    def ntile(self, buckets: int) -> Operand:
        """NTILE: the rows in so many buckets, of which the first ``rows % buckets`` have one row more."""
        draft = self.draft
        if buckets == 1:
            return Operand(constant(1), None, BIGINT)
        size = draft.divide(self.count, constant(buckets), Rounding.FLOOR)
        larger = (self.count - size * buckets).within(0, buckets - 1)
        in_larger = draft.live(draft.multiply(larger, size + 1).within(0, draft.capacity))
        return Operand(draft.make(Buckets, "buckets", size, in_larger), None, BIGINT)

    # --- other rows ---

    def lead(self, operand: Operand, away: int, default: Operand | None) -> Operand:
        """LEAD: the operand's value so many rows further on (LAG: before, if ``away`` is negative); beyond
        the rows the default's on the row itself, NULL without one."""
        here = self.column(operand)
        if not away:
            return here
        if default is None:
            neutral = constant(here.value.low)
            default = Operand(neutral, constant(1), operand.type)
        other = self.column(default)
        value = self._moved(here.value, other.value, away)
        if here.null is None and other.null is None:
            return replace(here, value=value)
        never = constant(0)
        return replace(here, value=value, null=self._moved(here.null or never, other.null or never, away))

    def _moved(self, value: Linear, default: Linear, away: int) -> Linear:
        draft = self.draft
        if abs(away) > 1 and value.dims:
            # ZoKrates drops what makes the places that nobody reads; so all are read, and all is counted.
            value = draft.make(Copy, "copy", value, draft.capacity)
        return draft.make(Neighbour, "neighbour", value, default, self.live, away)


def rows_in_order(selection: Selection, keys: Sequence[tuple[SortKey, Operand]]) -> OrderedRows:
    """The selected rows by the keys, the first first; rows with equal keys by their slots. Raises
    :class:`zkql.circuit.wires.TooWide` where the keys together are wider than a field element."""
    assert selection.member is None, "a window's rows are in order, not those of groups"
    draft, whole, reach = selection.draft, constant(0), 1
    if draft.capacity == 1:
        alone = draft.make(Copy, "copy", constant(0), 1)
        return OrderedRows(selection, alone, Arrangement(draft, None))
    for key, operand in keys:
        part = _part(draft, key, operand)
        whole = whole * (part.high + 1) + part
        reach *= part.high + 1
    ranked = draft.select(selection.live, whole.within(0, reach - 1), constant(reach))
    if not ranked.dims:
        ranked = draft.make(Copy, "copy", ranked, draft.capacity)
    arrangement, _ = arranged(draft, (numbered(draft, ranked), 1))
    return OrderedRows(selection, ranked, arrangement)


def _part(draft: Draft, key: SortKey, operand: Operand) -> Linear:
    """A key from 0 on, in the order that is asked for."""
    value = operand.value
    part = value.high - value if key.descending else value - value.low
    if operand.null is None:
        return part
    if key.nulls_first:
        return draft.multiply(part + 1, 1 - operand.null).within(0, part.high + 1)
    return draft.select(operand.null, constant(part.high + 1), part).within(0, part.high + 1)


def analytic(
    rows: OrderedRows, function: Function, operands: Sequence[Operand], constant_argument: int | None
) -> Operand:
    """The value of a function with OVER at each place. ``operands`` are the value and the default of LAG
    and LEAD; the constant is their offset, or the number of buckets of NTILE."""
    match function:
        case Function.ROW_NUMBER:
            return rows.row_number()
        case Function.RANK:
            return rows.rank()
        case Function.DENSE_RANK:
            return rows.dense_rank()
        case Function.PERCENT_RANK:
            return rows.percent_rank()
        case Function.CUME_DIST:
            return rows.cume_dist()
        case Function.NTILE:
            assert constant_argument is not None
            return rows.ntile(constant_argument)
        case Function.LEAD | Function.LAG:
            away = 1 if constant_argument is None else constant_argument
            value, *default = operands
            signed = away if function is Function.LEAD else -away
            return rows.lead(value, signed, default[0] if default else None)
        case _:
            raise ValueError(f"{function} has no circuit over rows in order")


def commit_rows(
    draft: Draft, elements: Sequence[Element], columns: Mapping[str, Operand], rows: str
) -> Linear:
    """Commitments to rows that leave the circuit, as :func:`zkql.crypto.commitment.layout` places their
    columns: an :class:`~zkql.circuit.gadgets.rows.Opening` takes them in again. ``rows`` is what the
    prover's salts are called (:class:`~zkql.circuit.gadgets.commitments.Salts`)."""
    packed = []
    for element in elements:
        whole, shift = constant(element.constant << element.width), 0
        for column in element.columns:
            whole += _code(draft, columns[column.name]) * (1 << shift)
            shift += column_bits(column)
        packed.append(whole)
    salts = draft.make(Salts, "salts", rows, draft.capacity)
    return draft.make(Commitments, "commitments", tuple(packed), salts)


def _code(draft: Draft, operand: Operand) -> Linear:
    """A column's bits (:func:`zkql.plan.codes.encode_column`): NULL is the flag above the code alone."""
    code = operand.value - operand.type.lowest if operand.type.is_bounded else operand.value
    bits = width(operand.type)
    if code.low < 0 or code.high >= 1 << bits:
        raise ValueError(f"a value that {operand.type} may not hold")
    if operand.null is None:
        return code
    return draft.multiply(code, 1 - operand.null) + operand.null * (1 << bits)
