"""CAST and TRY_CAST, and the implicit casts that a common type needs.

A value that the target cannot hold is an error (:class:`Fault`), for TRY_CAST NULL; Flink wraps integers
instead. To an integer a number is cut towards zero, to fewer digits after the point it is rounded half away
from zero, and text is cut to the target's length, all as in Flink.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from zkql.plan import typing as t
from zkql.plan.expressions import Call, Expression, Literal
from zkql.plan.functions.base import (
    ANY,
    Fault,
    Operands,
    Range,
    Scalar,
    strict,
    strict_or,
)
from zkql.plan.functions.errors import FunctionError
from zkql.plan.functions.rounding import fitting, half_away, mapped, rescaled, towards_zero
from zkql.plan.types import (
    NULL,
    Kind,
    SqlType,
    Value,
    format_value,
    parse_timestamp,
)

_TRUE = frozenset(("t", "true", "y", "yes", "1"))
_FALSE = frozenset(("f", "false", "n", "no", "0"))
_INTEGER = re.compile(r"([+-]?)(\d+)(?:\.\d*)?", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MAX_DIGITS = 1000
_WHITESPACE = " \n\t"

_SIMPLE = frozenset((Kind.BOOLEAN, Kind.DECIMAL, Kind.TINYINT, Kind.SMALLINT, Kind.INT, Kind.BIGINT))


def cast(name: str, operands: Operands, to: SqlType) -> Expression:
    """``CAST(x AS to)`` or ``TRY_CAST(x AS to)``. Raises :class:`FunctionError`."""
    if len(operands) != 1:
        raise FunctionError(f"{name} takes one operand; here are {len(operands) or 'none'}")
    (operand,) = operands
    if operand.type == to:
        return operand
    if isinstance(operand, Literal) and operand.value is None:
        return Literal(None, to)
    if not _allowed(operand.type, to):
        raise FunctionError(f"{operand.type} cannot be cast to {to}", 0, _advice(operand.type, to))
    return Call(name, operands, to, operand.nullable or name == "TRY_CAST")


def _allowed(kind: SqlType, to: SqlType) -> bool:
    if kind.kind is Kind.NULL:
        return True
    if to.kind is Kind.VARCHAR:
        return kind.is_bounded or kind.kind is Kind.VARCHAR
    if kind.kind is Kind.VARCHAR:
        return to.kind in _SIMPLE or to.kind is Kind.TIMESTAMP
    return kind.kind in _SIMPLE and to.kind in _SIMPLE


def _advice(kind: SqlType, to: SqlType) -> tuple[str, ...]:
    if kind.kind is Kind.INTERVAL and to.is_numeric:
        return ("TIMESTAMPDIFF(SECOND, start, end) counts in whole units",)
    if kind.is_numeric and to.kind is Kind.TIMESTAMP:
        return ("TIMESTAMP '1970-01-01 00:00:00' + n * INTERVAL '1' SECOND counts from the epoch",)
    if kind.kind is Kind.TIMESTAMP and to.is_numeric:
        return ("EXTRACT(EPOCH FROM …) gives the seconds since 1970",)
    return ()


# --- implicit casts -------------------------------------------------------------------------------


def common(values: Sequence[Expression], what: str, positions: Sequence[int]) -> SqlType:
    """The type that holds all of the values; ``positions`` are those of the values in the call."""
    kind = NULL
    for value, position in zip(values, positions, strict=True):
        both = t.common_type(kind, value.type)
        if both is None:
            raise FunctionError(f"{what} are {kind} and {value.type}", position, ("CAST one to the other",))
        kind = both
    return kind


def coerced(operand: Expression, to: SqlType) -> Expression:
    """An operand as a value of a common type: exact literals are rewritten, the rest is cast."""
    kind = operand.type
    if kind == to or (kind.kind is Kind.VARCHAR and to.kind is Kind.VARCHAR):
        return operand
    if isinstance(operand, Literal):
        if operand.value is None:
            return Literal(None, to, span=operand.span)
        if isinstance(operand.value, int) and to.scale >= kind.scale:
            grown = operand.value * 10 ** (to.scale - kind.scale)
            if to.contains(grown):
                return Literal(grown, to, span=operand.span)
    return Call("CAST", (operand,), to, operand.nullable, span=operand.span)


# --- evaluation -----------------------------------------------------------------------------------


def _conversion(call: Call) -> Callable[..., Value]:
    kind, to = call.operands[0].type, call.type
    if to.kind is Kind.VARCHAR:
        return lambda value: _as_text(value, kind)[: to.precision or None]
    if kind.kind is Kind.VARCHAR:
        return _reading(to)
    return _number(kind, to)


def _number(kind: SqlType, to: SqlType) -> Callable[[int], int]:
    """Between numbers and BOOLEAN."""
    if to.kind is Kind.BOOLEAN:
        return lambda value: int(value != 0)
    convert, fit = _unchecked(kind, to), fitting(to)
    return lambda value: fit(convert(value))


def _unchecked(kind: SqlType, to: SqlType) -> Callable[[int], int]:
    if to.is_integer:
        unit = 10**kind.scale
        return lambda value: towards_zero(value, unit)
    return lambda value: rescaled(value, kind.scale, to.scale)


def _as_text(value: Value, kind: SqlType) -> str:
    shown = format_value(value, kind)
    return str(shown).upper() if isinstance(shown, bool) else str(shown)


def _reading(to: SqlType) -> Callable[[str], Value]:
    """From text."""
    match to.kind:
        case Kind.BOOLEAN:
            return _as_boolean
        case Kind.TIMESTAMP:
            return as_timestamp
        case Kind.DECIMAL:
            fit = fitting(to)
            return lambda text: fit(_as_decimal(text, to))
        case _:
            fit = fitting(to)
            return lambda text: fit(_as_integer(text, to))


def _as_boolean(text: str) -> int:
    word = text.strip(_WHITESPACE).lower()
    if word in _TRUE:
        return 1
    if word in _FALSE:
        return 0
    raise _unreadable(text, "BOOLEAN")


def _as_integer(text: str, to: SqlType) -> int:
    """Digits after the point are cut, as in Flink."""
    found = _INTEGER.fullmatch(text.strip(_WHITESPACE))
    if not found or len(text) > _MAX_DIGITS:
        raise _unreadable(text, str(to))
    sign, digits = found.groups()
    return int(sign + digits)


def _as_decimal(text: str, to: SqlType) -> int:
    found = _NUMBER.fullmatch(text.strip(_WHITESPACE))
    if not found or len(text) > _MAX_DIGITS:
        raise _unreadable(text, str(to))
    sign, whole, fraction, exponent = found.groups(default="")
    digits = int(sign + whole + fraction)
    shift = int(exponent or 0) - len(fraction) + to.scale
    return digits * int(10**shift) if shift >= 0 else half_away(digits, int(10**-shift))


def as_timestamp(text: str) -> int:
    """A timestamp, or a date for its first instant. Raises :class:`Fault`."""
    trimmed = text.strip(_WHITESPACE)
    try:
        return parse_timestamp(f"{trimmed} 00:00:00" if _DATE.fullmatch(trimmed) else trimmed)
    except ValueError as error:
        raise Fault(str(error)) from None


def _unreadable(text: str, kind: str) -> Fault:
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return Fault(f"'{shown}' is no {kind}")


def _tried(call: Call) -> Callable[..., Value | None]:
    convert = _conversion(call)

    def attempt(value: Value) -> Value | None:
        try:
            return convert(value)
        except Fault:
            return None

    return attempt


def _bounds(call: Call, ranges: tuple[Range | None, ...]) -> Range | None:
    kind, to = call.operands[0].type, call.type
    if ranges[0] is None:
        return None
    if to.kind is not Kind.BOOLEAN:
        return mapped(ranges[0], _unchecked(kind, to))
    low, high = ranges[0]
    return int(not low <= 0 <= high), int((low, high) != (0, 0))


def _needs_type(_: Operands) -> Expression:
    raise FunctionError("CAST needs a type: CAST(x AS BIGINT)")


FUNCTIONS = (
    Scalar(
        "CAST",
        "CAST(x AS type)",
        "The value as another type; an error where that type cannot hold it.",
        "CAST(load AS INT)",
        (ANY,),
        _needs_type,
        strict(_conversion),
        bounds=_bounds,
    ),
    Scalar(
        "TRY_CAST",
        "TRY_CAST(x AS type)",
        "The value as another type; NULL where that type cannot hold it.",
        "TRY_CAST(temp * 10 AS TINYINT)",
        (ANY,),
        _needs_type,
        strict(_tried),
        strict_or("where the type cannot hold the value"),
        bounds=_bounds,
    ),
)
