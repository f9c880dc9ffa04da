"""Functions of timestamps. Time is UTC, in the proleptic Gregorian calendar, from year 1 to 9999."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from zkql.errors import did_you_mean
from zkql.plan.expressions import Call, Expression, Literal
from zkql.plan.functions import arithmetic
from zkql.plan.functions.base import (
    INTEGER,
    NEVER,
    TEXT,
    TIME,
    Compiled,
    Fault,
    Operands,
    Range,
    Scalar,
    Typed,
    gives,
    strict,
    strict_or,
    written,
)
from zkql.plan.functions.casts import as_timestamp
from zkql.plan.functions.datetime_format import DateFormat
from zkql.plan.functions.errors import FunctionError
from zkql.plan.functions.rounding import corners, fitting, mapped, towards_zero
from zkql.plan.types import BIGINT, INT, INTERVAL, TIMESTAMP, VARCHAR, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_MILLISECONDS = {
    "MILLISECOND": 1,
    "SECOND": 1_000,
    "MINUTE": 60_000,
    "HOUR": 3_600_000,
    "DAY": 86_400_000,
    "WEEK": 604_800_000,
}


def moment(milliseconds: int) -> datetime:
    """A TIMESTAMP as a ``datetime``."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def _unit(operands: Operands, function: str, known: tuple[str, ...]) -> str:
    """The unit that a function counts in, its first operand."""
    unit = str(written(operands, 0, function, "a unit")).upper()
    if unit not in known:
        raise FunctionError(f"{function} knows no unit {unit}", 0, did_you_mean(unit, known))
    return unit


# --- EXTRACT --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    """A part of a timestamp; ``limits`` is None where it never falls as time goes on."""

    compute: Callable[[int], int]
    limits: Range | None


_FIELDS = {
    "YEAR": _Field(lambda t: moment(t).year, None),
    "QUARTER": _Field(lambda t: (moment(t).month + 2) // 3, (1, 4)),
    "MONTH": _Field(lambda t: moment(t).month, (1, 12)),
    "WEEK": _Field(lambda t: moment(t).isocalendar().week, (1, 53)),
    "DAY": _Field(lambda t: moment(t).day, (1, 31)),
    "DOW": _Field(lambda t: moment(t).isoweekday() % 7 + 1, (1, 7)),
    "DOY": _Field(lambda t: moment(t).timetuple().tm_yday, (1, 366)),
    "HOUR": _Field(lambda t: t // 3_600_000 % 24, (0, 23)),
    "MINUTE": _Field(lambda t: t // 60_000 % 60, (0, 59)),
    "SECOND": _Field(lambda t: t // 1_000 % 60, (0, 59)),
    "MILLISECOND": _Field(lambda t: t % 1_000, (0, 999)),
    "EPOCH": _Field(lambda t: t // 1_000, None),
}
"""WEEK is ISO's, DOW counts from Sunday (1), MILLISECOND is within the second, EPOCH is seconds."""


def _extract(operands: Operands) -> Typed:
    unit = _unit(operands, "EXTRACT", tuple(_FIELDS))
    return (Literal(unit, VARCHAR, span=operands[0].span), operands[1]), BIGINT


def _field(call: Call) -> _Field:
    return _FIELDS[_unit(call.operands, "EXTRACT", tuple(_FIELDS))]


def _compute_field(call: Call) -> Callable[..., int]:
    compute = _field(call).compute
    return lambda _, time: compute(time)


def _field_bounds(call: Call, ranges: tuple[Any, Range]) -> Range:
    field, times = _field(call), ranges[1]
    if field.limits is None or times[0] == times[1]:
        return mapped(times, field.compute)
    return field.limits


_EXTRACT = Scalar(
    "EXTRACT",
    "EXTRACT(unit FROM timestamp)",
    f"A part of a timestamp, in UTC: {', '.join(_FIELDS)}.",
    "EXTRACT(MILLISECOND FROM since)",
    (TEXT, TIME),
    _extract,
    strict(_compute_field),
    bounds=_field_bounds,
)


def _part(name: str, unit: str) -> Scalar:
    """``YEAR(ts)`` and its like."""
    return Scalar(
        name,
        f"{name}(timestamp)",
        f"Short for EXTRACT({unit} FROM timestamp).",
        f"{name}(since)",
        (TIME,),
        lambda operands: _EXTRACT.bind((Literal(unit, VARCHAR), operands[0])),
    )


# --- TIMESTAMPADD, TIMESTAMPDIFF ------------------------------------------------------------------

_COUNTED = (*_MILLISECONDS, *_MONTHS)


def _later(time: int, months: int) -> int:
    """So many months later, on the last day of the month where it has no such day."""
    start = moment(time)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for day in range(start.day, start.day - 4, -1):
        try:
            return _milliseconds(start.replace(year=year, month=month + 1, day=day))
        except ValueError:
            continue
    raise Fault(f"year {year} is outside {TIMESTAMP}")


def _add(operands: Operands) -> Typed | Expression:
    """Units of fixed length make a sum."""
    unit = _unit(operands, "TIMESTAMPADD", _COUNTED)
    if unit in _MONTHS:
        return (Literal(unit, VARCHAR, span=operands[0].span), *operands[1:]), TIMESTAMP
    length = arithmetic.TIMES.bind((operands[1], Literal(_MILLISECONDS[unit], INTERVAL)))
    return arithmetic.PLUS.bind((operands[2], length))


def _compute_add(call: Call) -> Callable[..., int]:
    months = _MONTHS[_unit(call.operands, "TIMESTAMPADD", tuple(_MONTHS))]
    return lambda _, count, time: _later(time, max(-200_000, min(count, 200_000)) * months)


def _difference(operands: Operands) -> Typed:
    unit = _unit(operands, "TIMESTAMPDIFF", _COUNTED)
    return (Literal(unit, VARCHAR, span=operands[0].span), *operands[1:]), INT


def _whole_months(start: int, end: int) -> int:
    """Months that have passed, towards zero."""
    a, b = moment(start), moment(end)
    months = (b.year - a.year) * 12 + b.month - a.month
    if months > 0 and _later(start, months) > end:
        return months - 1
    if months < 0 and _later(start, months) < end:
        return months + 1
    return months


def _elapsed(call: Call) -> Callable[[int, int], int]:
    unit = _unit(call.operands, "TIMESTAMPDIFF", _COUNTED)
    if (months := _MONTHS.get(unit)) is not None:
        return lambda start, end: towards_zero(_whole_months(start, end), months)
    length = _MILLISECONDS[unit]
    return lambda start, end: towards_zero(end - start, length)


def _compute_difference(call: Call) -> Callable[..., int]:
    elapsed, fit = _elapsed(call), fitting(call.type)
    return lambda _, start, end: fit(elapsed(start, end))


# --- text -----------------------------------------------------------------------------------------


def _pattern(operands: Operands, function: str) -> DateFormat | None:
    text = written(operands, 1, function, "a pattern")
    return None if text is None else DateFormat.parsed(str(text))


def _format_type(operands: Operands) -> Typed:
    _pattern(operands, "DATE_FORMAT")
    return operands, VARCHAR


def _compute_format(call: Call) -> Callable[..., str]:
    pattern = _pattern(call.operands, "DATE_FORMAT")
    assert pattern is not None
    return lambda time, _: pattern.write(moment(time))


def _parse_type(operands: Operands) -> Typed:
    if len(operands) == 2 and (pattern := _pattern(operands, "TO_TIMESTAMP")):
        pattern.check_readable()
    return operands, TIMESTAMP


def _compute_parse(call: Call) -> Callable[..., int | None]:
    pattern = _pattern(call.operands, "TO_TIMESTAMP") if len(call.operands) == 2 else None

    def parse(text: str, *_: Value) -> int | None:
        if pattern is not None:
            time = pattern.read(text)
            return None if time is None else _milliseconds(time)
        try:
            return as_timestamp(text)
        except Fault:
            return None

    return parse


# --- the clock ------------------------------------------------------------------------------------

CLOCKS = (
    "PROCTIME",
    "NOW",
    "CURRENT_TIMESTAMP",
    "CURRENT_ROW_TIMESTAMP",
    "LOCALTIMESTAMP",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "LOCALTIME",
)
"""Functions that ask the machine what time it is. They have a type, so that a plan can be shown; they
have no value, because nobody signs the machine's clock."""


def _no_clock(_: Call, _operands: tuple[Compiled, ...]) -> Compiled:
    def run(_: object) -> Value | None:
        raise Fault("nobody signs the machine's clock")

    return run


def _clock(name: str) -> Scalar:
    summary = "The time of the machine that runs the query, which nobody signs: it cannot be proven."
    return Scalar(name, f"{name}()", summary, f"{name}()", (), gives(TIMESTAMP), _no_clock, NEVER)


FUNCTIONS = (
    _EXTRACT,
    _part("YEAR", "YEAR"),
    _part("QUARTER", "QUARTER"),
    _part("MONTH", "MONTH"),
    _part("WEEK", "WEEK"),
    _part("DAYOFYEAR", "DOY"),
    _part("DAYOFMONTH", "DAY"),
    _part("DAYOFWEEK", "DOW"),
    _part("HOUR", "HOUR"),
    _part("MINUTE", "MINUTE"),
    _part("SECOND", "SECOND"),
    Scalar(
        "TIMESTAMPADD",
        "TIMESTAMPADD(unit, count, timestamp)",
        f"The timestamp so many units later: {', '.join(_COUNTED)}.",
        "TIMESTAMPADD(DAY, 1, since)",
        (TEXT, INTEGER, TIME),
        _add,
        strict(_compute_add),
    ),
    Scalar(
        "TIMESTAMPDIFF",
        "TIMESTAMPDIFF(unit, start, end)",
        f"How many whole units have passed from start to end: {', '.join(_COUNTED)}.",
        "TIMESTAMPDIFF(DAY, since, ts)",
        (TEXT, TIME, TIME),
        _difference,
        strict(_compute_difference),
        bounds=lambda call, ranges: corners(ranges[1], ranges[2], _elapsed(call)),
    ),
    Scalar(
        "DATE_FORMAT",
        "DATE_FORMAT(timestamp, pattern)",
        "The timestamp as text, by a pattern like 'yyyy-MM-dd HH:mm:ss.SSS'.",
        "DATE_FORMAT(since, 'dd.MM.yyyy')",
        (TIME, TEXT),
        _format_type,
        strict(_compute_format),
    ),
    Scalar(
        "TO_TIMESTAMP",
        "TO_TIMESTAMP(text[, pattern])",
        "The timestamp that a text says; NULL where it says none.",
        "TO_TIMESTAMP(DATE_FORMAT(since, 'yyyy-MM-01'))",
        (TEXT, TEXT),
        _parse_type,
        strict(_compute_parse),
        strict_or("where the text is no timestamp"),
        optional=1,
    ),
    *map(_clock, CLOCKS),
)
