"""Text in circuits: codes of different lengths beside each other. In: operands of type VARCHAR. Out: codes of
one length, and parts of them (see :mod:`zkql.plan.codes`).

A code has its first character in the highest bits and zeros after the last: a longer code of the same text
ends in more zeros, the beginning of a text is a quotient, and the order of texts is that of integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.integers import bounded, divide
from zkql.circuit.lower.refusals import NoCircuit
from zkql.circuit.wires import constant
from zkql.plan.codes import CHARACTER_BITS, MAX_CHARACTERS, encode
from zkql.plan.types import Kind, SqlType

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.wires import Linear
    from zkql.plan.expressions import Literal


def varchar(characters: int) -> SqlType:
    """The type whose codes have so many characters, one at least."""
    return SqlType(Kind.VARCHAR, max(characters, 1))


def aligned(operands: Sequence[Operand]) -> tuple[SqlType, tuple[Linear, ...]]:
    """A type that holds all of the texts, and their codes of its length."""
    kind = varchar(max(o.type.precision for o in operands))
    return kind, tuple(o.value * _shift(kind.precision - o.type.precision) for o in operands)


def code_of(written: str, characters: int) -> tuple[int, bool]:
    """A text as a code of so many characters, and whether it has one. If not, the code is that of a part of
    it: other texts are less than ``written`` exactly if they are at most that part."""
    part = written.partition("\0")[0][:characters]
    code = 0
    for character in part:
        code = code << CHARACTER_BITS | ord(character)
    return code * _shift(characters - len(part)), part == written


def operand_of_text(literal: Literal, written: str) -> Operand:
    """The code of a literal, as long as the text."""
    kind = varchar(len(written))
    if len(written) > MAX_CHARACTERS:
        raise NoCircuit(literal, f"text in a circuit has at most {MAX_CHARACTERS} characters")
    try:
        return Operand(constant(encode(kind, written)), None, kind)
    except ValueError as error:
        raise NoCircuit(literal, str(error)) from None


def first(draft: Draft, text: Operand, characters: int) -> Operand:
    """The first so many characters."""
    dropped = text.type.precision - characters
    if dropped <= 0:
        return text
    if characters <= 0:
        return Operand(constant(0), text.null, varchar(0))
    code = divide(draft, text.value, constant(_shift(dropped)), Rounding.FLOOR)
    return Operand(code, text.null, varchar(characters))


def without_first(draft: Draft, text: Operand, characters: int) -> Operand:
    """Without the first so many characters."""
    kept = text.type.precision - characters
    if characters <= 0:
        return text
    if kept <= 0:
        return first(draft, text, 0)
    begun = first(draft, text, characters).value
    code = bounded(draft, text.value - begun * _shift(kept), 0, _shift(kept) - 1)
    return Operand(code, text.null, varchar(kept))


def _shift(characters: int) -> int:
    return 1 << CHARACTER_BITS * characters
