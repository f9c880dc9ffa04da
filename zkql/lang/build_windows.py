"""Window functions in FROM. In: their arguments as written. Out: a :class:`WindowTable`.

Arguments come by position, or by name (``SIZE => INTERVAL '10' SECOND``); names are put into Flink's
positional order. A function that is not Flink's is kept as written: the binder says that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.errors import QueryError, did_you_mean, query_error
from zkql.lang.syntax import Interval, Name, WindowTable

if TYPE_CHECKING:
    from zkql.errors import Span

_INTERVALS = {
    "TUMBLE": ("SIZE", "OFFSET"),
    "HOP": ("SLIDE", "SIZE", "OFFSET"),
    "CUMULATE": ("STEP", "SIZE", "OFFSET"),
    "SESSION": ("GAP",),
}
"""The intervals of each function in their order; OFFSET may be left out."""


@dataclass(frozen=True, slots=True)
class TableArgument:
    """``TABLE name [PARTITION BY column]``; further columns follow as arguments that are bare names."""

    name: Name
    partition: Name | None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """``DESCRIPTOR(column)``."""

    column: Name


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument, with its name where that is given."""

    name: Name | None
    value: TableArgument | Descriptor | Interval | Name
    span: Span


def window_table(
    function: Name, arguments: tuple[Argument, ...], alias: Name | None, span: Span
) -> WindowTable:
    """Put the arguments where they belong."""
    if any(a.name for a in arguments):
        arguments = _by_position(function, arguments)
    table, partition, rest = _table(function, arguments)
    if not (rest and isinstance(rest[0].value, Descriptor)):
        blamed = rest[0].span if rest else function.span
        raise _misplaced(function, blamed, "DESCRIPTOR(column), the event time, comes after the table")
    intervals = []
    for argument in rest[1:]:
        if not isinstance(argument.value, Interval):
            raise _misplaced(function, argument.span, "after DESCRIPTOR(column) come intervals")
        intervals.append(argument.value)
    return WindowTable(function, table.name, partition, rest[0].value.column, tuple(intervals), alias, span)


def _table(
    function: Name, arguments: tuple[Argument, ...]
) -> tuple[TableArgument, tuple[Name, ...], tuple[Argument, ...]]:
    """The table, its partition columns, and what follows."""
    first = arguments[0].value
    if not isinstance(first, TableArgument):
        wanted = f"TABLE {first.text}" if isinstance(first, Name) else "TABLE name"
        raise _misplaced(function, arguments[0].span, f"write {wanted} first")
    if first.partition is None:
        return first, (), arguments[1:]
    partition = [first.partition]
    for index, argument in enumerate(arguments[1:], 1):
        if not isinstance(argument.value, Name) or argument.name:
            return first, tuple(partition), arguments[index:]
        partition.append(argument.value)
    return first, tuple(partition), ()


def _by_position(function: Name, arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Named arguments in the order of positional ones, without their names."""
    groups: dict[str, list[Argument]] = {}
    last = ""
    for argument in arguments:
        continued = last == "DATA" and argument.name is None and isinstance(argument.value, Name)
        if argument.name is None and not continued:
            raise _misplaced(function, argument.span, "either all arguments have names, or none")
        if argument.name is not None:
            last = argument.name.text.upper()
            if last in groups:
                raise _misplaced(function, argument.name.span, f"{last} is given twice")
        groups.setdefault(last, []).append(Argument(None, argument.value, argument.span))
    intervals = _INTERVALS.get(function.text.upper())
    if intervals is None:
        intervals = tuple(name for name in groups if name not in ("DATA", "TIMECOL"))
    order = ("DATA", "TIMECOL", *intervals)
    for argument in arguments:
        if argument.name is not None and argument.name.text.upper() not in order:
            raise query_error(
                "ZKQL0101",
                f"{function.text.upper()} has no argument {argument.name.text.upper()}",
                argument.name.span,
                *did_you_mean(argument.name.text, order),
            )
    for name in order:
        if name not in groups and name != "OFFSET":
            raise _misplaced(function, function.span, f"add {name} => …")
    return tuple(argument for name in order for argument in groups.get(name, ()))


def _misplaced(function: Name, span: Span, note: str) -> QueryError:
    name = function.text.upper()
    intervals = "".join(f", {i.lower()}" for i in _INTERVALS.get(name, ("INTERVAL '…' …",)))
    return query_error(
        "ZKQL0101",
        f"the arguments of {name} do not fit",
        span,
        note,
        f"its form: {name}(TABLE name, DESCRIPTOR(column){intervals})",
    )
