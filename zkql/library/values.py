"""One value between Python and SQL. In: what a user's row holds. Out: a value as plans hold it, and back.

Exact both ways: what would have to be rounded, cut or guessed is a ``ValueError`` that says why.

=========  ===========================================================  =================================
SQL        taken                                                        given
=========  ===========================================================  =================================
integers   int, whole Decimal, whole float below 2^53                   int
DECIMAL    Decimal, int, text; a float only if it is exactly the number Decimal with the column's scale
TIMESTAMP  datetime (naive: UTC), ISO text (UTC), milliseconds as int   datetime, aware, UTC
INTERVAL   timedelta                                                    timedelta
BOOLEAN    bool                                                         bool
VARCHAR    str                                                          str
ARRAY      list, tuple                                                  list
ROW        mapping with exactly its fields                              dict
NULL       None, and what pandas has for it                             None
=========  ===========================================================  =================================

Scalars of numpy and pandas are taken for the Python values that they are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from zkql.plan.types import Kind, Shown, SqlType, Value, format_decimal, parse_timestamp, parse_value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTERVAL = re.compile(r"([+-])(\d+) (\d\d):(\d\d):(\d\d)\.(\d{3})")
_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Ticks:
    """Nanoseconds: since the epoch for TIMESTAMP, else of an INTERVAL. What all clocks are read as."""

    kind: Kind
    nanoseconds: int


def to_sql(raw: object, kind: SqlType) -> Value | None:
    """The value of a type; None for NULL. Raises ``ValueError``, what to do about it in its notes."""
    raw = _plain(raw)
    match raw:
        case None:
            return None
        case Ticks() if raw.kind is kind.kind:
            return _in_range(_milliseconds(raw, kind), kind)
        case Ticks():
            raise ValueError(f"{raw.kind} is not of type {kind}")
        case float():
            return parse_value(_from_float(raw, kind), kind)
        case Decimal() if kind.is_integer:
            return parse_value(_whole(raw), kind)
        case list() | tuple() if kind.kind is Kind.ARRAY:
            return tuple(to_sql(item, kind.element) for item in raw)
        case Mapping() if kind.kind is Kind.ROW:
            return _row(raw, kind)
        case _:
            return parse_value(raw, kind)


def _plain(raw: Any) -> object:
    """Scalars of numpy and pandas, times, and subclasses of int and str, as what they stand for."""
    module = type(raw).__module__.partition(".")[0]
    if module == "pandas" and type(raw).__name__ in ("NAType", "NaTType"):
        return None
    if module == "numpy":
        if raw.ndim:
            return list(raw)
        if raw.dtype.kind in "mM":
            return _numpy_ticks(raw)
        raw = raw.item()
    if isinstance(raw, datetime | timedelta):
        return _ticks(raw)
    if isinstance(raw, str):
        return str.__str__(raw)
    return int(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw


def _ticks(raw: Any) -> Ticks:
    """A datetime or timedelta; those of pandas count nanoseconds beside their microseconds."""
    kind = Kind.TIMESTAMP if isinstance(raw, datetime) else Kind.INTERVAL
    rest = getattr(raw, "nanosecond", 0) or getattr(raw, "nanoseconds", 0)
    if hasattr(raw, "to_pydatetime"):
        raw = raw.to_pydatetime(warn=False)
    if hasattr(raw, "to_pytimedelta"):
        raw = raw.to_pytimedelta()
    if isinstance(raw, datetime):
        raw = (raw if raw.utcoffset() is not None else raw.replace(tzinfo=UTC)) - EPOCH
    return Ticks(kind, raw // timedelta(microseconds=1) * 1000 + rest)


def _numpy_ticks(raw: Any) -> Ticks | None:
    """datetime64 and timedelta64 of a unit that counts seconds or parts of them; days too."""
    import numpy as np

    if np.isnat(raw):
        return None
    unit, count = np.datetime_data(raw.dtype)
    sizes = {"D": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000}
    sizes |= {"ms": _MILLISECOND, "us": 1_000, "ns": 1}
    if unit not in sizes:
        raise ValueError(f"{raw!r} does not count milliseconds")
    kind = Kind.TIMESTAMP if raw.dtype.kind == "M" else Kind.INTERVAL
    return Ticks(kind, int(raw.astype("int64")) * count * sizes[unit])


def _milliseconds(ticks: Ticks, kind: SqlType) -> int:
    whole, rest = divmod(ticks.nanoseconds, _MILLISECOND)
    if rest:
        raise _advised(f"it has {rest:,} nanoseconds beyond the millisecond of {kind}", "round it first")
    return whole


def _in_range(value: int, kind: SqlType) -> int:
    if not kind.contains(value):
        raise ValueError(f"it is outside {kind}")
    return value


def _from_float(raw: float, kind: SqlType) -> object:
    """The one number with the type's scale that the float can stand for, if there is one."""
    if not kind.is_numeric:
        return raw
    if not math.isfinite(raw):
        raise _advised(f"{raw} is no number", "for NULL, write None")
    scaled = Fraction(raw) * 10**kind.scale
    if kind.is_integer and scaled.denominator != 1:
        raise ValueError(f"{raw!r} is no whole number, and the column is {kind}")
    if scaled.denominator != 1:
        exact = format(Decimal(raw), "f")
        cut = exact if len(exact) <= 40 else f"{exact[:40]}…"
        raise _advised(
            f"the float {raw!r} is exactly {cut}, which has more than {kind.scale} digits after the point",
            _meant(raw, kind),
        )
    if Fraction(math.ulp(raw)) * 10**kind.scale > 1:
        raise _advised(
            f"the float {raw!r} is so large that it may have been rounded: the next one is more than one "
            f"unit of {kind} away",
            "give Decimal, int or text",
        )
    return int(scaled) if kind.is_integer else format_decimal(int(scaled), kind.scale)


def _meant(raw: float, kind: SqlType) -> str:
    if (Decimal(str(raw)) * 10**kind.scale) % 1:
        return f"round it first: {f'{raw:.{kind.scale}f}'!r} is the nearest text"
    return f"if you mean {raw!r}: Decimal({str(raw)!r}), or the text {str(raw)!r}"


def _advised(message: str, advice: str) -> ValueError:
    error = ValueError(message)
    error.add_note(advice)
    return error


def _whole(raw: Decimal) -> object:
    short = raw.is_finite() and abs(raw.adjusted()) < 100
    return int(raw) if short and raw == int(raw) else raw


def _row(raw: Mapping[Any, Any], kind: SqlType) -> Value:
    names = [name for name, _ in kind.fields]
    if set(raw) != set(names):
        raise ValueError(f"it has the fields {', '.join(map(str, raw))}, and the column is {kind}")
    return tuple(to_sql(raw[name], own) for name, own in kind.fields)


def to_python(shown: Shown | None, kind: SqlType) -> Any:
    """The Python value of a value's JSON form, which results come in."""
    if shown is None:
        return None
    match kind.kind:
        case Kind.DECIMAL:
            return Decimal(str(shown))
        case Kind.TIMESTAMP:
            return EPOCH + timedelta(milliseconds=parse_timestamp(str(shown)))
        case Kind.INTERVAL:
            return _interval(str(shown))
        case Kind.ARRAY if isinstance(shown, list):
            return [to_python(item, kind.element) for item in shown]
        case Kind.ROW if isinstance(shown, dict):
            return {name: to_python(shown[name], own) for name, own in kind.fields}
        case _:
            return shown


def _interval(text: str) -> timedelta:
    match = _INTERVAL.fullmatch(text)
    assert match is not None, text
    days, hours, minutes, seconds, milliseconds = map(int, match.groups()[1:])
    length = timedelta(days, seconds, 0, milliseconds, minutes, hours)
    return -length if match[1] == "-" else length
