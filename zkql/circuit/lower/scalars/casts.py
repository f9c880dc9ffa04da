"""CAST and TRY_CAST between numbers and BOOLEAN, of BOOLEAN to text, and of text to shorter text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.integers import both, bounded, divide, equal, less, select
from zkql.circuit.lower.refusals import NoCircuit
from zkql.circuit.lower.scalars.arithmetic import power, rescaled
from zkql.circuit.lower.scalars.base import Lowerings, strict
from zkql.circuit.lower.text import code_of, first, varchar
from zkql.circuit.wires import Linear, constant
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.scope import Scope
    from zkql.plan.expressions import Call
    from zkql.plan.types import SqlType

_WORDS = "FALSE", "TRUE"


def _cast(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear | Operand:
    converted = _converted(scope, call, operands[0])
    return converted if isinstance(converted, Operand) else scope.fitting(converted, call.type)


def _tried(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear | Operand:
    """NULL where the type cannot hold the value."""
    converted = _converted(scope, call, operands[0])
    if isinstance(converted, Operand):
        return converted
    draft, (low, high) = scope.draft, call.type.bounds
    fits = both(draft, 1 - less(draft, converted, constant(low)), 1 - less(draft, constant(high), converted))
    held = select(draft, fits, converted, constant(min(max(low, 0), high)))
    null = 1 - fits
    return Operand(bounded(draft, held, low, high), null, call.type)


def _converted(scope: Scope, call: Call, operand: Operand) -> Linear | Operand:
    """A number before its range is checked, or a value of another kind."""
    kind, to = operand.type, call.type
    if to.kind is Kind.VARCHAR and kind.kind is Kind.VARCHAR:
        return first(scope.draft, operand, to.precision) if to.precision else operand
    if to.kind is Kind.VARCHAR and kind.kind is Kind.BOOLEAN:
        return _word(operand, to)
    if Kind.VARCHAR in (to.kind, kind.kind):
        raise NoCircuit(call, f"{kind} is not written or read as text in a circuit")
    if to.kind is Kind.BOOLEAN:
        return 1 - equal(scope.draft, operand.value, constant(0))
    return _number(scope.draft, operand, to)


def _number(draft: Draft, operand: Operand, to: SqlType) -> Linear:
    """Cut towards zero where it becomes an integer, else rounded half away from zero."""
    if to.is_integer:
        return divide(draft, operand.value, constant(power(operand.type.scale)), Rounding.TRUNCATE)
    return rescaled(draft, operand.value, operand.type.scale, to.scale)


def _word(operand: Operand, to: SqlType) -> Operand:
    """TRUE or FALSE, cut to a length."""
    words = [word[: to.precision or None] for word in _WORDS]
    kind = varchar(max(map(len, words)))
    no, yes = (code_of(word, kind.precision)[0] for word in words)
    return Operand(operand.value * (yes - no) + no, None, kind)


LOWERINGS: Lowerings = {"CAST": strict(_cast), "TRY_CAST": strict(_tried)}
