"""Patterns and parts of text: what begins a text, and how long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.bits import Digits, Weighted
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.constants import literal_of
from zkql.circuit.lower.integers import equal
from zkql.circuit.lower.refusals import NoCircuit
from zkql.circuit.lower.scalars.base import Lowerings, strict
from zkql.circuit.lower.text import code_of, first, without_first
from zkql.circuit.lower.truth import always_null
from zkql.circuit.wires import Linear, constant
from zkql.plan.codes import CHARACTER_BITS
from zkql.plan.functions.patterns import LikePattern

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.scope import Scope
    from zkql.plan.expressions import Call
    from zkql.plan.types import Value

_CHARACTER = (1 << CHARACTER_BITS) - 1

# --- beginnings -----------------------------------------------------------------------------------


def _like(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear | Operand:
    """A text, or a beginning: '%' stands only at the end of the pattern, and '_' nowhere."""
    words = [_written(call, position) for position in range(1, len(call.operands))]
    if None in words:
        return always_null(call.type)
    pattern, *escape = map(str, words)
    start, *others = LikePattern.parsed(pattern, escape[0] if escape else None).segments
    if any(others) or None in start:
        raise NoCircuit(call, "LIKE has a circuit where the pattern is text, or text and % at its end")
    return _begins(scope.draft, operands[0], "".join(map(str, start)), whole=not others)


def _starts_with(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear | Operand:
    start = _written(call, 1)
    if start is None:
        return always_null(call.type)
    return _begins(scope.draft, operands[0], str(start), whole=False)


def _begins(draft: Draft, text: Operand, start: str, *, whole: bool) -> Linear:
    """1 where a text is another, or begins so."""
    length = text.type.precision if whole else min(len(start), text.type.precision)
    code, exact = code_of(start, length)
    if not exact:
        return constant(0)
    return equal(draft, first(draft, text, length).value, constant(code))


# --- parts ----------------------------------------------------------------------------------------


def _left(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Operand:
    return first(scope.draft, operands[0], _number(call, 1))


def _substring(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Operand:
    """From a place that counts from the beginning."""
    start, text = _number(call, 1), operands[0]
    if start < 0:
        raise NoCircuit(call, "SUBSTRING has a circuit where its start counts from the beginning")
    rest = without_first(scope.draft, text, max(start - 1, 0))
    if len(call.operands) == 2:
        return rest
    length = _number(call, 2)
    return always_null(call.type) if length < 0 else first(scope.draft, rest, length)


def _char_length(scope: Scope, _: Call, operands: tuple[Operand, ...]) -> Linear:
    """How many characters are not zero."""
    draft, (text,) = scope.draft, operands
    count = text.type.precision
    if text.value.is_constant:
        shifts = range(0, CHARACTER_BITS * count, CHARACTER_BITS)
        return constant(sum(text.value.constant >> shift & _CHARACTER != 0 for shift in shifts))
    bits = draft.spelled(text.value, CHARACTER_BITS * count, whole=True).bits
    characters = draft.make(Digits, "characters", bits, CHARACTER_BITS)
    (missing,) = draft.equal(constant(0), characters).terms
    return count - draft.make(Weighted, "missing", missing[0], (1,) * count)


def _written(call: Call, position: int) -> Value | None:
    """An operand that is the same on every row."""
    literal = literal_of(call.operands[position])
    if literal is None:
        raise NoCircuit(call, f"{call.function} has a circuit where operand {position + 1} is written out")
    return literal.value


def _number(call: Call, position: int) -> int:
    number = _written(call, position)
    assert isinstance(number, int)  # not NULL, where the operands are known
    return number


LOWERINGS: Lowerings = {
    "LIKE": strict(_like, taken=1),
    "STARTSWITH": strict(_starts_with, taken=1),
    "LEFT": strict(_left),
    "SUBSTRING": strict(_substring),
    "CHAR_LENGTH": strict(_char_length),
}
