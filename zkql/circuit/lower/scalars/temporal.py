"""EXTRACT and TIMESTAMPDIFF. Time is UTC, in the proleptic Gregorian calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.lower import calendar
from zkql.circuit.lower.integers import divide, remainder
from zkql.circuit.lower.refusals import NoCircuit
from zkql.circuit.lower.scalars.base import Lowerings, strict
from zkql.circuit.wires import Linear, constant
from zkql.plan.expressions import Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.scope import Scope
    from zkql.plan.expressions import Call

_SECOND, _MINUTE, _HOUR, _DAY, _WEEK = 1_000, 60_000, 3_600_000, 86_400_000, 604_800_000
_LENGTHS = {
    "MILLISECOND": 1,
    "SECOND": _SECOND,
    "MINUTE": _MINUTE,
    "HOUR": _HOUR,
    "DAY": _DAY,
    "WEEK": _WEEK,
}


def _counted(unit: int, within: int) -> Callable[[Draft, Linear], Linear]:
    """Whole units, from 0 again after so many."""
    return lambda draft, time: remainder(draft, _whole(draft, time, unit), within)


def _whole(draft: Draft, time: Linear, unit: int) -> Linear:
    return divide(draft, time, constant(unit), Rounding.FLOOR)


def _of_date(part: Callable[[Draft, calendar.Date], Linear]) -> Callable[[Draft, Linear], Linear]:
    return lambda draft, time: part(draft, calendar.date(draft, _whole(draft, time, _DAY)))


def _week(draft: Draft, time: Linear) -> Linear:
    """ISO's: the week of the year that its Thursday is in. Day 0 was a Thursday."""
    thursday = _whole(draft, _whole(draft, time, _DAY) + 3, 7) * 7
    day = calendar.day_of_year(draft, calendar.date(draft, thursday))
    return _whole(draft, day - 1, 7) + 1


_FIELDS: Mapping[str, Callable[[Draft, Linear], Linear]] = {
    "YEAR": _of_date(calendar.year),
    "QUARTER": _of_date(lambda draft, date: _whole(draft, calendar.month(draft, date) + 2, 3)),
    "MONTH": _of_date(calendar.month),
    "WEEK": _week,
    "DAY": _of_date(calendar.day),
    "DOW": lambda draft, time: remainder(draft, _whole(draft, time, _DAY) + 4, 7) + 1,
    "DOY": _of_date(calendar.day_of_year),
    "HOUR": _counted(_HOUR, 24),
    "MINUTE": _counted(_MINUTE, 60),
    "SECOND": _counted(_SECOND, 60),
    "MILLISECOND": _counted(1, 1_000),
    "EPOCH": lambda draft, time: _whole(draft, time, _SECOND),
}


def _extract(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    return _FIELDS[_unit(call)](scope.draft, operands[0].value)


def _difference(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    """How many whole units have passed from start to end."""
    if _unit(call) not in _LENGTHS:
        raise NoCircuit(call, f"{_unit(call)}s are not counted in a circuit; shorter units are")
    start, end = operands
    length = constant(_LENGTHS[_unit(call)])
    passed = divide(scope.draft, end.value - start.value, length, Rounding.TRUNCATE)
    return scope.fitting(passed, call.type)


def _moved(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    """By months: other units are sums of a timestamp and an interval."""
    raise NoCircuit(call, f"{_unit(call)}s are not added in a circuit; shorter units are")


def _unit(call: Call) -> str:
    unit = call.operands[0]
    assert isinstance(unit, Literal)
    return str(unit.value).upper()


LOWERINGS: Lowerings = {
    "EXTRACT": strict(_extract, skipped=1),
    "TIMESTAMPADD": strict(_moved, skipped=1),
    "TIMESTAMPDIFF": strict(_difference, skipped=1),
}
