"""RANK, PERCENT_RANK and CUME_DIST of one more row among the selected ones (WITHIN GROUP). In: all rows of
the window or group, also those where the key is NULL, and a constant. Out: the answer, by counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.lower import integers
from zkql.circuit.lower.answer import Answer
from zkql.circuit.lower.basic import at_least_one
from zkql.circuit.lower.distinct import different
from zkql.circuit.wires import constant
from zkql.plan.codes import CHARACTER_BITS
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.calls import Aggregation
    from zkql.plan.types import SqlType


def rank(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """RANK: one more than the rows before it."""
    return Answer(_rows_before(selection, call, operands, peers=False) + 1)


def dense_rank(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """DENSE_RANK: one more than the different values before it; NULL is one of them."""
    _, key = operands
    before, nulls_before = _before(selection, call, operands, peers=False)
    known = selection if key.null is None else selection.narrowed(1 - key.null)
    found = constant(0)
    if before is not None:
        found = different(known.narrowed(before), key.value)
    if nulls_before and key.null is not None:
        found = found + selection.narrowed(key.null).any
    return Answer(found + 1)


def percent_rank(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """PERCENT_RANK: the part of the other rows that is before it; zero if there are none."""
    before = _rows_before(selection, call, operands, peers=False)
    return _fraction(selection, call, before, at_least_one(selection, selection.count))


def cumulative(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """CUME_DIST: the part of all rows that is before it or equal, itself included."""
    before = _rows_before(selection, call, operands, peers=True)
    return _fraction(selection, call, before + 1, selection.count + 1)


def _fraction(selection: Selection, call: Aggregation, part: Linear, whole: Linear) -> Answer:
    unit = 10**call.type.scale
    value = integers.divide(selection.draft, part * unit, whole, Rounding.HALF_AWAY)
    return Answer(integers.bounded(selection.draft, value, 0, unit))


def _rows_before(
    selection: Selection, call: Aggregation, operands: tuple[Operand, ...], *, peers: bool
) -> Linear:
    """How many rows come before the constant in the order; with ``peers`` those as well that equal it."""
    _, key = operands
    before, nulls_before = _before(selection, call, operands, peers=peers)
    known = selection if key.null is None else selection.narrowed(1 - key.null)
    found = constant(0) if before is None else known.total(before)
    if nulls_before and key.null is not None:
        found = found + selection.total(key.null)
    return found


def _before(
    selection: Selection, call: Aggregation, operands: tuple[Operand, ...], *, peers: bool
) -> tuple[Linear | None, bool]:
    """For each row 1 where its key, which is not NULL, comes before the constant (None: nowhere), and
    whether NULLs do."""
    wanted, key = operands
    (order,) = call.order
    if wanted.null == constant(1):
        return None if order.nulls_first else constant(1), peers
    assert wanted.value.is_constant
    draft, value = selection.draft, key.value
    # key < wanted, or key <= wanted, between integers in units of the key.
    size, unit = wanted.value.constant * _units(key.type), _units(wanted.type)
    if order.descending:
        value, size = -value, -size
    limit = size // unit if peers else -(-size // unit) - 1
    return 1 - integers.less(draft, constant(limit), value), order.nulls_first


def _units(kind: SqlType) -> int:
    """How many of what a type counts are in 1; of text, in the first of as many characters."""
    return 1 << CHARACTER_BITS * kind.precision if kind.kind is Kind.VARCHAR else int(10**kind.scale)
