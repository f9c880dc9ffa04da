"""Every function, as readers find it. In: a name in any case. Out: what goes by that name.

Nothing is said twice: aggregates come from :mod:`zkql.circuit.catalogue`, scalar functions from
:mod:`zkql.plan.functions`. Here is what has no entry there: analytic functions, and comparisons and
connectives, which are no functions in a plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, assert_never

from zkql.circuit.catalogue import ENTRIES
from zkql.circuit.lower.expressions import support
from zkql.errors import QueryError, did_you_mean, input_error
from zkql.plan.functions import arithmetic, casts, conditional, nested, patterns, temporal, text
from zkql.plan.functions.aggregates import Function, result_nullable
from zkql.plan.functions.base import STRICT
from zkql.plan.functions.scalars import ALIASES
from zkql.plan.functions.signatures import takes
from zkql.reference import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zkql.circuit.catalogue import Entry
    from zkql.plan.expressions import Expression
    from zkql.plan.functions.base import Scalar


class Area(StrEnum):
    """The parts of the list."""

    AGGREGATES = "Aggregates"
    ANALYTIC = "Analytic functions"
    CONDITIONS = "Conditions"
    NUMBERS = "Numbers"
    CASTS = "Casts"
    CHOICE = "Choice and NULL"
    TIME = "Time"
    TEXT = "Text"
    NESTED = "Arrays and rows"


class Proof(StrEnum):
    """Over which columns a function is proven."""

    PRIVATE = "private"
    PUBLIC = "public"
    NATIVE = "natively"
    NEVER = "never"

    @property
    def meaning(self) -> str:
        """In a sentence."""
        match self:
            case Proof.PRIVATE:
                return "proven over private and public columns"
            case Proof.PUBLIC:
                return "proven over public columns; over private ones it has no circuit"
            case Proof.NATIVE:
                return "evaluated natively, and not proven yet"
            case Proof.NEVER:
                return "never proven"
        assert_never(self)


@dataclass(frozen=True, slots=True)
class Item:
    """One function. ``names`` begins with its own; ``example`` reads the tables of
    :mod:`zkql.reference.examples`."""

    area: Area
    names: tuple[str, ...]
    usage: str
    meaning: str
    nulls: str
    example: str
    arguments: tuple[str, ...] = ()
    """What it takes, where that is more than the example shows."""

    @property
    def source(self) -> str:
        """The table that the example reads."""
        return "place" if self.area is Area.NESTED else "reading"

    @property
    def also(self) -> tuple[str, ...]:
        """The names that can be written and that ``usage`` does not show."""
        shown = self.usage.replace("(", " ").split()
        names = self.names if self.area in (Area.AGGREGATES, Area.ANALYTIC) else self.names[1:]
        return tuple(name for name in names if name not in shown)


# --- aggregates -------------------------------------------------------------------------------------


def _aggregate(entry: Entry) -> Item:
    function = entry.function
    counted = "rows with NULL count" if entry.sees_null else "rows where an argument is NULL do not count"
    nullable = result_nullable(function)
    empty = "NULL over no rows" if nullable else "never NULL"
    return Item(
        Area.AGGREGATES,
        _names(function),
        entry.example,
        _sentence(entry.meaning),
        f"{counted}; {empty}",
        entry.example,
        () if entry.example == "COUNT(*)" else (takes(function),),
    )


def _names(function: Function) -> tuple[str, ...]:
    return tuple(name for name, member in Function.__members__.items() if member is function)


def _sentence(meaning: str) -> str:
    return f"{meaning[0].upper()}{meaning[1:]}."


# --- analytic functions -----------------------------------------------------------------------------


def _analytic(call: str, meaning: str, nulls: str) -> Item:
    function = Function(call.partition("(")[0])
    return Item(
        Area.ANALYTIC, _names(function), f"{call} OVER (…)", meaning, nulls, f"{call} {examples.OVER}"
    )


_NEVER = "never NULL"
_BEYOND = "NULL where there is no such row, or its value is"
_ANALYTIC = (
    _analytic("ROW_NUMBER()", "The place of the row, from 1; ties in the order of rows.", _NEVER),
    _analytic("RANK()", "The place of the first row that is equal in ORDER BY.", _NEVER),
    _analytic("DENSE_RANK()", "The same without gaps after ties.", _NEVER),
    _analytic("PERCENT_RANK()", "The part of the other rows that is before it.", _NEVER),
    _analytic("CUME_DIST()", "The part of the rows that is not after it, itself included.", _NEVER),
    _analytic("NTILE(3)", "The part that the row is in, of so many equal ones.", _NEVER),
    _analytic("LAG(load)", "The value on the row before, or LAG(x, n[, default]) n rows before.", _BEYOND),
    _analytic("LEAD(load)", "The value on the row after, or LEAD(x, n[, default]) n rows after.", _BEYOND),
    _analytic(
        "SUM(load)", "As every aggregate but those WITHIN GROUP: of the rows of the frame.", "NULL as there"
    ),
)

# --- scalar functions -------------------------------------------------------------------------------

_SCALARS: dict[Area, tuple[tuple[Scalar, ...], ...]] = {
    Area.NUMBERS: (arithmetic.FUNCTIONS,),
    Area.CASTS: (casts.FUNCTIONS,),
    Area.CHOICE: (conditional.FUNCTIONS,),
    Area.TIME: (temporal.FUNCTIONS,),
    Area.TEXT: (text.FUNCTIONS, patterns.FUNCTIONS),
    Area.NESTED: (nested.FUNCTIONS,),
}


def _scalar(area: Area, function: Scalar) -> Item:
    aliases = tuple(alias for alias, name in ALIASES.items() if name == function.name)
    return Item(
        area,
        (function.name, *aliases),
        function.usage,
        function.summary,
        function.nulls.description,
        function.example,
        tuple(_arguments(function)),
    )


def _arguments(function: Scalar) -> Iterator[str]:
    count = len(function.parameters)
    for position, family in enumerate(function.parameters, 1):
        can_be_left_out = position > count - function.optional
        more = " …" if function.variadic and position == count else ""
        yield f"[{family.description}]" if can_be_left_out else f"{family.description}{more}"


_CONDITIONS = tuple(
    Item(Area.CONDITIONS, names, usage, meaning, nulls, example)
    for names, usage, meaning, nulls, example in (
        (("=",), "x = y", "Whether they are equal.", STRICT.description, "temp = 20"),
        (("<>", "!="), "x <> y", "Whether they differ.", STRICT.description, "temp <> target"),
        (("<",), "x < y", "Whether x is less; text by code points.", STRICT.description, "load < temp"),
        (("<=",), "x <= y", "Whether x is not greater.", STRICT.description, "temp <= 18"),
        ((">",), "x > y", "Whether x is greater.", STRICT.description, "target > 20"),
        ((">=",), "x >= y", "Whether x is not less.", STRICT.description, "load >= 0.4"),
        (
            ("BETWEEN",),
            "x [NOT] BETWEEN low AND high",
            "Short for x >= low AND x <= high.",
            "NULL as AND is",
            "temp BETWEEN 0 AND 18",
        ),
        (("IN",), "x [NOT] IN (y, …)", "Short for x = y OR ….", "NULL as OR is", "temp IN (18, -5)"),
        (
            ("AND",),
            "x AND y",
            "Whether both are true.",
            "NULL where one side is, unless the other is false",
            "ok AND target > 20",
        ),
        (
            ("OR",),
            "x OR y",
            "Whether one is true.",
            "NULL where one side is, unless the other is true",
            "ok OR target > 20",
        ),
        (("NOT",), "NOT x", "Whether it is false.", "NULL where x is", "NOT ok"),
    )
)

# --- all --------------------------------------------------------------------------------------------

ITEMS: tuple[Item, ...] = (
    *map(_aggregate, ENTRIES),
    *_ANALYTIC,
    *_CONDITIONS,
    *(
        _scalar(area, function)
        for area, groups in _SCALARS.items()
        for functions in groups
        for function in functions
    ),
)
"""Every function, area by area."""


def lookup(name: str) -> tuple[Item, ...]:
    """What goes by a name, also by that of a call: ``RANK`` is an aggregate and an analytic function.
    Raises :class:`InputError`."""
    upper = " ".join(name.split()).upper()
    found = tuple(item for item in ITEMS if upper in item.names)
    if not found and "(" in upper:
        upper = upper.partition("(")[0].strip()
        found = tuple(item for item in ITEMS if upper in item.names)
    if not found:
        names = {n for item in ITEMS for n in item.names}
        longer = sorted(n for n in names if n.startswith(upper)) if upper else []
        raise input_error(
            "ZKQL0464",
            f"there is no function {name!r}",
            *([f"did you mean {' or '.join(map(repr, longer))}?"] if longer else did_you_mean(upper, names)),
            "zkql functions lists all of them",
        )
    return found


def proof_of(item: Item) -> Proof:
    """Over which columns the example of a function is proven."""
    if item.area is Area.AGGREGATES:
        return Proof.PRIVATE
    if item.names[0] in temporal.CLOCKS:
        return Proof.NEVER
    if item.source == "place":
        return Proof.NATIVE
    if item.area is Area.ANALYTIC:
        return Proof.PRIVATE if _is_listed(item.example) else Proof.NATIVE
    return Proof.PRIVATE if item.example in with_circuit() else Proof.PUBLIC


def _is_listed(call: str) -> bool:
    try:
        examples.listed(call, 1, where=False)
    except QueryError:
        return False
    return True


@cache
def with_circuit() -> Mapping[str, Expression]:
    """Examples of scalar functions, typed, that have a circuit."""
    scalars = [i.example for i in ITEMS if i.area not in (Area.AGGREGATES, Area.ANALYTIC, Area.NESTED)]
    typed = zip(scalars, examples.expressions(scalars), strict=True)
    return {example: expression for example, expression in typed if support(expression) is None}
