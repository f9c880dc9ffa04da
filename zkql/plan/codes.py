"""How values stand in circuits and commitments. In: a value of a column. Out: its code, and back.

A code is an integer of :func:`width` bits, and each value has exactly one, so that equal values have equal
codes and the order of codes is that of the values. A bounded value is its offset ``value - lowest``, which
needs no sign. Text is its code points, 21 bits each, the first in the highest bits and zero after the last:
its order is that of code points. NULL has a flag of its own, above the code of the column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.plan.types import Kind, as_int

if TYPE_CHECKING:
    from zkql.plan.schema import ColumnSchema
    from zkql.plan.types import SqlType, Value

CHARACTER_BITS = 21
"""Unicode ends at U+10FFFF."""
MAX_CHARACTERS = 11
"""As many as share one field element, with room for the flag of NULL and for what circuits add."""
_LAST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def has_code(kind: SqlType) -> bool:
    """Whether values of a type can stand in a circuit."""
    if kind.kind is Kind.VARCHAR:
        return 1 <= kind.precision <= MAX_CHARACTERS
    return kind.is_bounded and kind.kind is not Kind.INTERVAL


def width(kind: SqlType) -> int:
    """Bits of a code. Raises ``TypeError`` for a type that has none."""
    if not has_code(kind):
        raise TypeError(f"{kind} has no code")
    return CHARACTER_BITS * kind.precision if kind.kind is Kind.VARCHAR else kind.bits


def encode(kind: SqlType, value: Value) -> int:
    """The code of a value. Raises ``ValueError`` with a message for the user where it has none."""
    bits = width(kind)
    if kind.kind is Kind.VARCHAR:
        assert isinstance(value, str)
        code = _encode_text(value, kind)
    else:
        code = _offset(as_int(value), kind)
    assert 0 <= code < 1 << bits
    return code


def decode(kind: SqlType, code: int) -> Value:
    """Inverse of :func:`encode`. Raises ``ValueError`` for what is no value's code."""
    if not 0 <= code < 1 << width(kind):
        raise ValueError(f"{code} has more bits than a code of {kind}")
    if kind.kind is Kind.VARCHAR:
        return _decode_text(code, kind)
    value = code + kind.lowest
    if not kind.contains(value):
        raise ValueError(f"{code} is no code of {kind}")
    return value


def _offset(value: int, kind: SqlType) -> int:
    if not kind.contains(value):
        raise ValueError(f"{value} is outside {kind}")
    return value - kind.lowest


def _encode_text(text: str, kind: SqlType) -> int:
    if not kind.contains(text):
        raise ValueError(f"{len(text)} characters do not fit {kind}")
    code = 0
    for position, character in enumerate(text, 1):
        point = ord(character)
        if not point:
            raise ValueError(
                f"character {position} is U+0000, which a private {kind} cannot tell from the end of the text"
            )
        if point in _SURROGATES:
            raise ValueError("the text has half a surrogate pair, which no UTF-8 can hold")
        code = code << CHARACTER_BITS | point
    return code << CHARACTER_BITS * (kind.precision - len(text))


def _decode_text(code: int, kind: SqlType) -> str:
    shifts = range(CHARACTER_BITS * (kind.precision - 1), -1, -CHARACTER_BITS)
    points = [code >> shift & ((1 << CHARACTER_BITS) - 1) for shift in shifts]
    while points and not points[-1]:
        points.pop()
    for point in points:
        if not point or point in _SURROGATES or point > _LAST_CHARACTER:
            raise ValueError(f"U+{point:04X} is no character of a {kind}")
    return "".join(map(chr, points))


def column_bits(column: ColumnSchema) -> int:
    """Bits that a column takes in a commitment: its code, and the flag of NULL above it."""
    return width(column.type) + column.nullable


def encode_column(column: ColumnSchema, value: Value | None) -> int:
    """A column's bits: NULL is the flag alone, so that it is no value's. Raises ``ValueError``."""
    if value is not None:
        return encode(column.type, value)
    if not column.nullable:
        raise ValueError("it is NULL, and the column is NOT NULL")
    return 1 << width(column.type)
