"""SQL types: how values are read, written and bounded.

A value is held as a Python ``int`` (DECIMAL: unscaled; TIMESTAMP: milliseconds since 1970-01-01 UTC;
INTERVAL: milliseconds; BOOLEAN: 0 or 1), a ``str`` (VARCHAR), or a ``tuple`` of those (ARRAY, ROW);
NULL is None. How a value stands in a circuit is said in :mod:`zkql.plan.codes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

Value = int | str | tuple["Value | None", ...]

MAX_PRECISION = 38
"""Flink's limit for DECIMAL."""

_LONGEST_INTERVAL = 366 * 9999 * 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?(?:Z|\+00:00)?", re.ASCII
)
_DECIMAL = re.compile(r"-?(\d+)(?:\.(\d*))?|-?\.(\d+)", re.ASCII)


class Kind(StrEnum):
    """The types of this version."""

    NULL = "NULL"
    """The type of a bare NULL, and of an expression that was refused: it fits everywhere."""
    BOOLEAN = "BOOLEAN"
    TINYINT = "TINYINT"
    SMALLINT = "SMALLINT"
    INT = "INT"
    BIGINT = "BIGINT"
    DECIMAL = "DECIMAL"
    TIMESTAMP = "TIMESTAMP"
    INTERVAL = "INTERVAL"
    VARCHAR = "VARCHAR"
    ARRAY = "ARRAY"
    ROW = "ROW"


INTEGERS: dict[Kind, int] = {Kind.TINYINT: 8, Kind.SMALLINT: 16, Kind.INT: 32, Kind.BIGINT: 64}
"""Signed integers and their widths, narrow to wide."""


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type; ``precision`` and ``scale`` as SQL writes them (VARCHAR: precision is the length,
    0 for none). ``fields`` are the columns of a ROW, or the one element of an ARRAY."""

    kind: Kind
    precision: int = 0
    scale: int = 0
    fields: tuple[tuple[str, SqlType], ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case Kind.DECIMAL:
                return f"DECIMAL({self.precision}, {self.scale})"
            case Kind.TIMESTAMP:
                return "TIMESTAMP(3)"
            case Kind.VARCHAR:
                return f"VARCHAR({self.precision})" if self.precision else "VARCHAR"
            case Kind.INTERVAL:
                return "INTERVAL DAY TO SECOND(3)"
            case Kind.ARRAY:
                return f"ARRAY<{self.element}>"
            case Kind.ROW:
                return f"ROW<{', '.join(f'{name} {kind}' for name, kind in self.fields)}>"
            case _:
                return str(self.kind)

    @property
    def is_numeric(self) -> bool:
        """Whether it can be added up."""
        return self.is_integer or self.kind is Kind.DECIMAL

    @property
    def is_integer(self) -> bool:
        """Whether it is a signed integer."""
        return self.kind in INTEGERS

    @property
    def element(self) -> SqlType:
        """What an ARRAY holds."""
        return self.fields[0][1]

    @property
    def is_bounded(self) -> bool:
        """Whether it has :attr:`bounds`, that is, whether it is held as an integer."""
        return self.is_numeric or self.kind in (Kind.BOOLEAN, Kind.TIMESTAMP, Kind.INTERVAL)

    @property
    def bounds(self) -> tuple[int, int]:
        """Smallest and largest value, both included. VARCHAR, ARRAY and ROW have none."""
        match self.kind:
            case Kind.BOOLEAN:
                return 0, 1
            case Kind.TINYINT | Kind.SMALLINT | Kind.INT | Kind.BIGINT:
                half = 1 << (INTEGERS[self.kind] - 1)
                return -half, half - 1
            case Kind.DECIMAL:
                return 1 - 10**self.precision, 10**self.precision - 1
            case Kind.TIMESTAMP:
                return _milliseconds(datetime(1, 1, 1, tzinfo=UTC)), _milliseconds(
                    datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
                )
            case Kind.INTERVAL:
                return -_LONGEST_INTERVAL, _LONGEST_INTERVAL
            case _:
                raise TypeError(f"{self.kind} has no numeric bounds")

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
        if isinstance(value, tuple):
            kinds = [k for _, k in self.fields] * (len(value) if self.kind is Kind.ARRAY else 1)
            return all(v is None or k.contains(v) for v, k in zip(value, kinds, strict=True))
        low, high = self.bounds
        return low <= value <= high


NULL = SqlType(Kind.NULL)
BOOLEAN = SqlType(Kind.BOOLEAN)
TINYINT = SqlType(Kind.TINYINT)
SMALLINT = SqlType(Kind.SMALLINT)
INT = SqlType(Kind.INT)
BIGINT = SqlType(Kind.BIGINT)
TIMESTAMP = SqlType(Kind.TIMESTAMP, 3)
INTERVAL = SqlType(Kind.INTERVAL, 3)
VARCHAR = SqlType(Kind.VARCHAR)


def decimal(precision: int, scale: int) -> SqlType:
    """``DECIMAL(precision, scale)``."""
    return SqlType(Kind.DECIMAL, precision, scale)


def as_int(value: Value) -> int:
    """A value whose type is bounded."""
    assert isinstance(value, int)
    return value


def array(element: SqlType) -> SqlType:
    """``ARRAY<element>``."""
    return SqlType(Kind.ARRAY, fields=(("element", element),))


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


Shown = int | str | bool | list["Shown | None"] | dict[str, "Shown | None"]
"""A value as JSON has it."""


def format_value(value: Value, kind: SqlType) -> Shown:
    """The JSON form: numbers for integers, text for decimals, timestamps and intervals, lists for
    arrays, objects for rows."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        if kind.kind is Kind.ARRAY:
            return [None if v is None else format_value(v, kind.element) for v in value]
        parts = zip(kind.fields, value, strict=True)
        return {name: None if v is None else format_value(v, k) for (name, k), v in parts}
    match kind.kind:
        case Kind.BOOLEAN:
            return bool(value)
        case Kind.DECIMAL:
            return format_decimal(value, kind.scale)
        case Kind.TIMESTAMP:
            return format_timestamp(value)
        case Kind.INTERVAL:
            return format_interval(value)
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


def format_interval(milliseconds: int) -> str:
    """Flink's form of INTERVAL DAY TO SECOND(3): ``+1 02:03:04.005``."""
    days, rest = divmod(abs(milliseconds), 86_400_000)
    minutes, rest = divmod(rest, 60_000)
    sign = "-" if milliseconds < 0 else "+"
    return f"{sign}{days} {minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


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
        raise ValueError(f"NULL is no value of {kind}")
    if isinstance(raw, Decimal) and not -100 < raw.adjusted() < 100:
        raise ValueError(f"{raw} is outside {kind}")
    match kind.kind:
        case Kind.BOOLEAN if isinstance(raw, bool):
            return int(raw)
        case kind_ if kind_ in INTEGERS and isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        case Kind.DECIMAL if isinstance(raw, str):
            return parse_decimal(raw, kind.scale)
        case Kind.DECIMAL if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            return parse_decimal(format(raw, "f") if isinstance(raw, Decimal) else str(raw), kind.scale)
        case Kind.TIMESTAMP if isinstance(raw, str):
            return parse_timestamp(raw)
        case Kind.TIMESTAMP if isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        case Kind.ARRAY if isinstance(raw, list):
            return tuple(None if item is None else parse_value(item, kind.element) for item in raw)
        case Kind.VARCHAR if isinstance(raw, str):
            if not _is_unicode(raw):
                raise ValueError("the text has half a surrogate pair, which no UTF-8 can hold")
            return raw
        case _:
            raise ValueError(f"{_shortened(repr(raw))} is not of type {kind}")
