"""Look up names, check types and privacy. In: a parsed file. Out: a :class:`Query`.

Raises :class:`QueryError` for what is wrong, and for what is right SQL but has no circuit yet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.errors import Diagnostic, Label, QueryError, Source, did_you_mean, query_error
from zkql.lang.bind_stream import BoundStream, bind_stream
from zkql.lang.predicates import bind_column, bind_predicate
from zkql.lang.query import Origins, Query
from zkql.lang.syntax import Name, Select, WindowFunction, bare, span_of
from zkql.plan import nodes
from zkql.plan.expressions import Column
from zkql.plan.nodes import Aggregation, Bound, Function
from zkql.plan.types import TIMESTAMP, Kind

if TYPE_CHECKING:
    from zkql.errors import Span
    from zkql.lang.syntax import File, Interval, SelectItem

_AGGREGATES: dict[type[exp.Expression], Function] = {
    exp.Count: Function.COUNT,
    exp.Sum: Function.SUM,
    exp.Min: Function.MIN,
    exp.Max: Function.MAX,
    exp.Avg: Function.AVG,
}
_UNITS = {"SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}
_LONGEST = 36_525 * 86_400_000
_BOUNDS = frozenset(str(bound) for bound in Bound)
_PLANNED_WINDOWS = ("HOP", "CUMULATE", "SESSION")
_TUMBLE = "TABLE(TUMBLE(TABLE {table}, DESCRIPTOR({time}), INTERVAL '10' SECOND))"


def bind(file: File, source: Source) -> Query:
    """Bind the one SELECT of a file against its streams."""
    streams: dict[str, BoundStream] = {}
    for statement in file.streams:
        if statement.name.text in streams:
            raise QueryError(
                (
                    Diagnostic(
                        "ZKQL0201",
                        f"stream {statement.name.text!r} is declared twice",
                        (
                            Label(statement.name.span),
                            Label(streams[statement.name.text].name, "first declared here"),
                        ),
                    ),
                )
            )
        streams[statement.name.text] = bind_stream(statement)
    if len(file.selects) != 1:
        place = file.selects[1].span if file.selects else _whole(source)
        raise query_error(
            "ZKQL0202",
            "a .zkql file holds one SELECT" if file.selects else "there is no SELECT to prove",
            place,
            "put each query into a file of its own" if file.selects else "add a SELECT statement",
        )
    return _bind_select(file.selects[0], streams, source)


def _whole(source: Source) -> Span:
    from zkql.errors import Span

    return Span(source, 0, min(1, len(source.text)))


def _bind_select(select: Select, streams: dict[str, BoundStream], source: Source) -> Query:
    for clause in select.unsupported:
        raise query_error("ZKQL0301", f"{clause.keyword} has no circuit yet", clause.span, _PLANNED)
    stream, window = _bind_source(select.source, streams)
    base: nodes.Window | nodes.Filter = window
    if select.where is not None:
        base = nodes.Filter(window, bind_predicate(select.where, stream.schema))
    keys = _bind_keys(select, stream)
    calls: list[Aggregation] = []
    spans: list[Span] = []
    outputs: list[nodes.Output] = []
    for item in select.items:
        output = _bind_item(item, len(outputs), stream, keys, calls, spans)
        if any(o.name == output.name for o in outputs):
            raise query_error(
                "ZKQL0203",
                f"two result columns are called {output.name!r}",
                item.span,
                "give one of them a name of its own with AS",
            )
        outputs.append(output)
    if not calls:
        raise query_error(
            "ZKQL0204",
            "a windowed query needs at least one aggregate",
            select.span,
            "for example: SELECT window_start, window_end, COUNT(*) AS n …",
        )
    aggregate = nodes.Aggregate(base, keys, tuple(calls))
    where = span_of(select.where) if select.where is not None else None
    return Query(
        source=source,
        stream=stream.schema,
        plan=nodes.Project(aggregate, tuple(outputs)),
        capacity=stream.capacity,
        origins=Origins(stream.name, where, tuple(spans)),
        select=select,
    )


_PLANNED = "it is planned; this version proves COUNT, SUM, MIN, MAX and AVG over TUMBLE windows"


def _bind_source(
    source: WindowFunction | Name, streams: dict[str, BoundStream]
) -> tuple[BoundStream, nodes.Window]:
    table = source if isinstance(source, Name) else source.table
    stream = streams.get(table.text)
    if stream is None:
        raise query_error(
            "ZKQL0205",
            f"stream {table.text!r} is not declared",
            table.span,
            *did_you_mean(table.text, streams),
        )
    if isinstance(source, Name):
        raise query_error(
            "ZKQL0302",
            "a stream never ends, so a query over all of it can never be proven",
            source.span,
            "nearest provable form: FROM " + _TUMBLE.format(table=table.text, time=stream.schema.time),
            label="a window is missing",
        )
    function = source.function.text.upper()
    if function != "TUMBLE":
        planned = function in _PLANNED_WINDOWS
        raise query_error(
            "ZKQL0301" if planned else "ZKQL0206",
            f"{function} has no circuit yet" if planned else f"{function} is no window function",
            source.function.span,
            _PLANNED if planned else "this version has TUMBLE",
        )
    if source.time_column.text != stream.schema.time:
        known = [c.name for c in stream.schema.columns]
        if source.time_column.text not in known:
            raise query_error(
                "ZKQL0207",
                f"stream {table.text!r} has no column {source.time_column.text!r}",
                source.time_column.span,
                *did_you_mean(source.time_column.text, known),
            )
        raise query_error(
            "ZKQL0208",
            f"windows follow the event time, which is {stream.schema.time!r}",
            source.time_column.span,
            f"write DESCRIPTOR({stream.schema.time})",
        )
    if not 1 <= len(source.intervals) <= 2:
        raise query_error("ZKQL0209", "TUMBLE takes a size and, if wanted, an offset", source.span)
    size = _milliseconds(source.intervals[0], least=1)
    offset = _milliseconds(source.intervals[1], least=None) if source.intervals[1:] else 0
    return stream, nodes.Window(nodes.Scan(stream.schema), size, offset % size)


def _milliseconds(interval: Interval, least: int | None) -> int:
    unit = _UNITS.get(interval.unit.removesuffix("S"))
    whole = re.fullmatch(r"-?[0-9]{1,15}", interval.amount)
    amount = int(interval.amount) if whole else 0
    if unit is None or whole is None:
        raise query_error(
            "ZKQL0210",
            "this is no interval that a window can have",
            interval.span,
            "for example INTERVAL '10' SECOND; units: " + ", ".join(_UNITS),
        )
    if abs(amount * unit) > _LONGEST:
        raise query_error("ZKQL0210", "a window is at most a hundred years long", interval.span)
    if least is not None and amount < least:
        raise query_error("ZKQL0210", "a window must be longer than nothing", interval.span)
    return amount * unit


def _bind_keys(select: Select, stream: BoundStream) -> tuple[Column, ...]:
    bounds: set[Bound] = set()
    keys: list[Column] = []
    for written in select.group_by:
        expression = bare(written)
        if not isinstance(expression, exp.Column):
            raise query_error("ZKQL0211", "GROUP BY takes columns", span_of(expression), _PLANNED)
        if expression.name in _BOUNDS and not expression.table:
            bounds.add(Bound(expression.name))
            continue
        column = bind_column(expression, stream.schema)
        if column.private:
            raise QueryError(
                (
                    Diagnostic(
                        "ZKQL0303",
                        f"grouping by the private column {column.name!r} has no circuit yet",
                        (
                            Label(span_of(expression)),
                            Label(stream.spans[column.name], "declared here"),
                        ),
                        ("nearest provable form: declare it PUBLIC, or aggregate over all groups",),
                    ),
                )
            )
        if column not in keys:
            keys.append(column)
    if not {Bound.START, Bound.END} <= bounds:
        place = span_of(select.group_by[0]) if select.group_by else select.span
        raise query_error(
            "ZKQL0304",
            "GROUP BY must name window_start and window_end: without them the result never ends",
            place,
            "nearest provable form: GROUP BY window_start, window_end" + "".join(f", {k.name}" for k in keys),
        )
    return tuple(keys)


def _bind_item(
    item: SelectItem,
    position: int,
    stream: BoundStream,
    keys: tuple[Column, ...],
    calls: list[Aggregation],
    spans: list[Span],
) -> nodes.Output:
    expression = bare(item.expression) if item.expression is not None else None
    if expression is None:
        raise query_error(
            "ZKQL0305",
            "SELECT * would reveal every row",
            item.span,
            "name window columns, group keys and aggregates",
        )
    if isinstance(expression, exp.Column):
        name = item.alias.text if item.alias else expression.name
        if expression.name in _BOUNDS and not expression.table:
            return nodes.Output(name, TIMESTAMP, Bound(expression.name))
        column = bind_column(expression, stream.schema)
        if column not in keys:
            raise query_error(
                "ZKQL0212",
                f"{column.name!r} is neither aggregated nor in GROUP BY",
                item.span,
                f"nearest provable form: MAX({column.name})"
                + ("" if column.private else f", or GROUP BY …, {column.name}"),
            )
        return nodes.Output(name, column.type, nodes.Key(keys.index(column)))
    call = _bind_call(expression, stream)
    if call not in calls:
        calls.append(call)
        spans.append(span_of(expression))
    name = item.alias.text if item.alias else f"EXPR${position}"
    return nodes.Output(name, call.type, nodes.Result(calls.index(call)))


def _bind_call(expression: exp.Expression, stream: BoundStream) -> Aggregation:
    function = _AGGREGATES.get(type(expression))
    if function is None:
        name = expression.name.upper() if isinstance(expression, exp.Anonymous) else "this expression"
        if name in Function.__members__:
            raise query_error("ZKQL0218", f"{name} takes one column", span_of(expression))
        raise query_error(
            "ZKQL0301", f"{name} has no circuit yet in the SELECT list", span_of(expression), _PLANNED
        )
    argument = bare(expression.this)
    if isinstance(argument, exp.Star):
        return Aggregation(function, None)
    if not isinstance(argument, exp.Column):
        what = "DISTINCT" if isinstance(argument, exp.Distinct) else "an expression"
        raise query_error(
            "ZKQL0301",
            f"{function} of {what} has no circuit yet",
            span_of(expression),
            "nearest provable form: aggregate a column as it is",
        )
    column = bind_column(argument, stream.schema)
    summed = function in (Function.SUM, Function.AVG)
    ordered = column.type.is_numeric or column.type.kind is Kind.TIMESTAMP
    if function is Function.COUNT:
        return Aggregation(function, None)  # stream columns are never NULL
    if (summed and not column.type.is_numeric) or not ordered:
        raise QueryError(
            (
                Diagnostic(
                    "ZKQL0213",
                    f"{function} does not take {column.type}",
                    (
                        Label(span_of(argument)),
                        Label(stream.spans[column.name], "declared here"),
                    ),
                ),
            )
        )
    return Aggregation(function, column)
