"""SQL types: how values are read, written, bounded and placed in a circuit.

A value is held as a Python ``int`` (DECIMAL: unscaled; TIMESTAMP: milliseconds since 1970-01-01 UTC;
BOOLEAN: 0 or 1) or ``str`` (VARCHAR). In a circuit an integer ``v`` is the non-negative offset
``v - lowest`` of ``bits`` bits, so that negative values need no sign wire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

Value = int | str

MAX_PRECISION = 38
"""Flink's limit for DECIMAL."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?(?:Z|\+00:00)?")
_DECIMAL = re.compile(r"-?(\d+)(?:\.(\d*))?|-?\.(\d+)", re.ASCII)


class Kind(StrEnum):
    """The types of this version."""

    BOOLEAN = "BOOLEAN"
    INT = "INT"
    BIGINT = "BIGINT"
    DECIMAL = "DECIMAL"
    TIMESTAMP = "TIMESTAMP"
    VARCHAR = "VARCHAR"


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type; ``precision`` and ``scale`` as SQL writes them (VARCHAR: precision is the length,
    0 for none)."""

    kind: Kind
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        match self.kind:
            case Kind.DECIMAL:
                return f"DECIMAL({self.precision}, {self.scale})"
            case Kind.TIMESTAMP:
                return "TIMESTAMP(3)"
            case Kind.VARCHAR:
                return f"VARCHAR({self.precision})" if self.precision else "VARCHAR"
            case _:
                return str(self.kind)

    @property
    def is_numeric(self) -> bool:
        """Whether it can be added up."""
        return self.kind in (Kind.INT, Kind.BIGINT, Kind.DECIMAL)

    @property
    def bounds(self) -> tuple[int, int]:
        """Smallest and largest value, both included. VARCHAR has none."""
        match self.kind:
            case Kind.BOOLEAN:
                return 0, 1
            case Kind.INT:
                return -(2**31), 2**31 - 1
            case Kind.BIGINT:
                return -(2**63), 2**63 - 1
            case Kind.DECIMAL:
                return 1 - 10**self.precision, 10**self.precision - 1
            case Kind.TIMESTAMP:
                return _milliseconds(datetime(1, 1, 1, tzinfo=UTC)), _milliseconds(
                    datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
                )
            case Kind.VARCHAR:
                raise TypeError("VARCHAR has no numeric bounds")

    @property
    def bits(self) -> int:
        """Width of the offset ``value - lowest`` in a circuit."""
        lowest, highest = self.bounds
        return (highest - lowest).bit_length()

    @property
    def lowest(self) -> int:
        """The value whose offset in a circuit is zero."""
        return self.bounds[0]

    def contains(self, value: Value) -> bool:
        """Whether a value of the right Python type is in range."""
        if isinstance(value, str):
            return not self.precision or len(value) <= self.precision
        low, high = self.bounds
        return low <= value <= high


BOOLEAN = SqlType(Kind.BOOLEAN)
INT = SqlType(Kind.INT)
BIGINT = SqlType(Kind.BIGINT)
TIMESTAMP = SqlType(Kind.TIMESTAMP, 3)
VARCHAR = SqlType(Kind.VARCHAR)


def decimal(precision: int, scale: int) -> SqlType:
    """``DECIMAL(precision, scale)``."""
    return SqlType(Kind.DECIMAL, precision, scale)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def format_value(value: Value, kind: SqlType) -> int | str | bool:
    """The JSON form: numbers for integers, text for decimals and timestamps."""
    if isinstance(value, str):
        return value
    match kind.kind:
        case Kind.BOOLEAN:
            return bool(value)
        case Kind.DECIMAL:
            return format_decimal(value, kind.scale)
        case Kind.TIMESTAMP:
            return format_timestamp(value)
        case _:
            return value


def format_decimal(unscaled: int, scale: int) -> str:
    """``(12345, 2)`` is ``"123.45"``."""
    if not scale:
        return str(unscaled)
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    return f"{'-' if unscaled < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def format_timestamp(milliseconds: int) -> str:
    """SQL's form with milliseconds, UTC: ``2026-01-01 00:00:00.000``."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    text = moment.strftime("%m-%d %H:%M:%S")
    return f"{moment.year:04d}-{text}.{milliseconds % 1000:03d}"


def parse_timestamp(text: str) -> int:
    """Milliseconds since the epoch, UTC. Raises ``ValueError`` with a message for the user."""
    if not (match := _TIMESTAMP.fullmatch(text)):
        raise ValueError(f"{_shortened(repr(text))} is not a timestamp like '2026-01-01 00:00:00.000'")
    *parts, fraction = match.groups()
    year, month, day, hour, minute, second = map(int, parts)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a timestamp: {error}") from None
    return _milliseconds(moment) + int((fraction or "0").ljust(3, "0"))


def parse_decimal(text: str, scale: int) -> int:
    """Unscaled value. Raises ``ValueError`` if digits would be lost."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{_shortened(repr(text))} is not a decimal number")
    if len(text) > 200:
        raise ValueError(f"a number of {len(text)} characters")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > scale:
        raise ValueError(f"{_shortened(text)} has more than {scale} digits after the point")
    digits = whole.lstrip("-") + fraction.ljust(scale, "0")
    return int(digits or "0") * (-1 if text.startswith("-") else 1)


def parse_value(raw: object, kind: SqlType) -> Value:
    """A value from JSON (floats read as :class:`Decimal`) or from an SQL literal's text.

    Raises ``ValueError`` with what is wrong; never rounds, cuts or wraps.
    """
    value = _parse(raw, kind)
    if not kind.contains(value):
        if isinstance(value, str):
            raise ValueError(f"{len(value)} characters do not fit {kind}")
        low, high = (format_value(v, kind) for v in kind.bounds)
        raise ValueError(f"{_shortened(raw)} is outside {kind}: {low} to {high}")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _shortened(raw: object) -> str:
    text = str(raw)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text)} characters)"


def _parse(raw: object, kind: SqlType) -> Value:
    if raw is None:
        raise ValueError("NULL is not supported in stream columns yet")
    if isinstance(raw, Decimal) and not -100 < raw.adjusted() < 100:
        raise ValueError(f"{raw} is outside {kind}")
    match kind.kind:
        case Kind.BOOLEAN if isinstance(raw, bool):
            return int(raw)
        case Kind.INT | Kind.BIGINT if isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        case Kind.DECIMAL if isinstance(raw, str):
            return parse_decimal(raw, kind.scale)
        case Kind.DECIMAL if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            return parse_decimal(format(raw, "f") if isinstance(raw, Decimal) else str(raw), kind.scale)
        case Kind.TIMESTAMP if isinstance(raw, str):
            return parse_timestamp(raw)
        case Kind.TIMESTAMP if isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        case Kind.VARCHAR if isinstance(raw, str):
            if not _is_unicode(raw):
                raise ValueError("the text has half a surrogate pair, which no UTF-8 can hold")
            return raw
        case _:
            raise ValueError(f"{_shortened(repr(raw))} is not of type {kind}")


def sum_type(argument: SqlType) -> SqlType:
    """SUM never wraps: INT gives BIGINT, BIGINT gives DECIMAL(38, 0), DECIMAL keeps its scale.

    Flink keeps INT and BIGINT and wraps silently; the wider result is PostgreSQL's rule.
    """
    match argument.kind:
        case Kind.INT:
            return BIGINT
        case _:
            return decimal(MAX_PRECISION, argument.scale)


def average_type(argument: SqlType) -> SqlType:
    """Flink's: an integer for integers (cut towards zero), DECIMAL(38, max(scale, 6)) otherwise."""
    if argument.kind is Kind.DECIMAL:
        return decimal(MAX_PRECISION, max(argument.scale, 6))
    return argument
