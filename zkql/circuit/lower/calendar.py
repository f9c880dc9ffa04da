"""The civil calendar in circuits. In: days since 1970-01-01. Out: year, month, day, day of the year.

C. Neri and L. Schneider, "Euclidean affine functions and their application to calendar algorithms" (Software:
Practice and Experience, 2023): years begin in March, so that the leap day is the last; then century, year
of the century, month and day are quotients, each of what the one before leaves over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.lower.integers import both, bounded, divide, equal, less, select
from zkql.circuit.wires import constant

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.wires import Linear

_EPOCH = 719_468
"""Days from 0000-03-01 to 1970-01-01."""
_JANUARY = 306
"""Days from 1 March to 1 January."""


@dataclass(frozen=True, slots=True)
class Date:
    """A day, by years that begin on 1 March. ``leaps`` are the leap years that the century, and the leap days
    that the year, has before it: a quarter of it, rounded down."""

    century: Linear
    century_leaps: Linear
    year: Linear
    year_leaps: Linear
    day: Linear
    late: Linear
    """1 in January and February, which belong to the next civil year."""


def date(draft: Draft, days: Linear) -> Date:
    """The date of a day."""
    since = days + _EPOCH
    century = _quotient(draft, since * 4 + 3, 146_097)
    century_leaps = _quotient(draft, century, 4)
    in_century = bounded(draft, since - century * 36_524 - century_leaps, 0, 36_524)
    year = _quotient(draft, in_century * 4 + 3, 1_461)
    year_leaps = _quotient(draft, year, 4)
    day = bounded(draft, in_century - year * 365 - year_leaps, 0, 365)
    late = less(draft, constant(_JANUARY - 1), day)
    return Date(century, century_leaps, year, year_leaps, day, late)


def year(_: Draft, date: Date) -> Linear:
    """The civil year."""
    return date.century * 100 + date.year + date.late


def month(draft: Draft, date: Date) -> Linear:
    """1 to 12."""
    return bounded(draft, _month(draft, date) - date.late * 12, 1, 12)


def day(draft: Draft, date: Date) -> Linear:
    """1 to 31."""
    before = _quotient(draft, _month(draft, date) * 153 - 457, 5)
    return bounded(draft, date.day - before + 1, 1, 31)


def day_of_year(draft: Draft, date: Date) -> Linear:
    """1 to 366. From March on, January and February and perhaps a leap day lie before."""
    century_ends = equal(draft, date.century - date.century_leaps * 4, constant(0))
    year_ends = equal(draft, date.year - date.year_leaps * 4, constant(0))
    leap = select(draft, equal(draft, date.year, constant(0)), century_ends, year_ends)
    early = both(draft, leap, 1 - date.late)
    return bounded(draft, date.day + 60 + early - date.late * 365, 1, 366)


def _month(draft: Draft, date: Date) -> Linear:
    """3 for March to 14 for February."""
    return _quotient(draft, date.day * 5 + 461, 153)


def _quotient(draft: Draft, dividend: Linear, divisor: int) -> Linear:
    return divide(draft, dividend, constant(divisor), Rounding.FLOOR)
