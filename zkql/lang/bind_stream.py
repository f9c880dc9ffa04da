"""CREATE STREAM to a schema. In: the statement. Out: schema, capacity and where things stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.errors import Span, did_you_mean, query_error
from zkql.lang.bind_types import bind_type, check_names
from zkql.lang.report import two_places
from zkql.lang.syntax import CreateStream, Name, bare, span_of
from zkql.plan.schema import ColumnSchema, StreamSchema
from zkql.plan.types import Kind, SqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zkql.lang.syntax import ColumnDefinition, Option, Watermark

DEFAULT_CAPACITY = 64
MAX_CAPACITY = 4096
DEFAULT_GROUPS = 8
MAX_GROUPS = 256
_MAX_DIGITS = 9
_DEVICE_KINDS = (Kind.BIGINT, Kind.INT, Kind.VARCHAR)
_OPTIONS = {"provenance": ("row",), "signature": ("ed25519",)}
_PLANNED_OPTIONS = {"provenance": ("chain",), "signature": ("bls12-381", "eddsa-babyjubjub")}


@dataclass(frozen=True, slots=True)
class BoundStream:
    """A stream that queries can name. ``spans`` has each column's definition."""

    schema: StreamSchema
    capacity: int
    groups: int
    name: Span
    spans: Mapping[str, Span]


def bind_stream(statement: CreateStream) -> BoundStream:
    """Check one CREATE STREAM."""
    spans = check_names(statement.columns)
    types: dict[str, SqlType] = {}
    for column in statement.columns:
        if column.type is None:
            raise query_error(
                "ZKQL0222",
                "a sensor signs what it measures, and nothing that is computed from it",
                column.span,
                "leave the column out, and compute it in the query or in a CREATE VIEW",
            )
        types[column.name.text] = bind_type(column.type)
    if not statement.watermarks:
        raise query_error(
            "ZKQL0225", "event time is missing", statement.name.span, "add: WATERMARK FOR column AS column"
        )
    time = event_time(statement.watermarks, types, spans)
    device = _device(statement, types, spans)
    columns = tuple(_column(c, types, device, time) for c in statement.columns)
    chosen, capacity, groups = _options(statement.options)
    schema = StreamSchema(statement.name.text, columns, device, time, **chosen)
    return BoundStream(schema, capacity, groups, statement.name.span, spans)


def event_time(
    watermarks: tuple[Watermark, ...], types: Mapping[str, SqlType], spans: Mapping[str, Span]
) -> str:
    """The column that WATERMARK FOR names, of one watermark."""
    if len(watermarks) > 1:
        raise query_error(
            "ZKQL0225",
            "there is one event time",
            watermarks[1].span,
            "leave out all WATERMARK lines but one",
        )
    (watermark,) = watermarks
    name = existing(watermark.column, types)
    if types[name].kind is not Kind.TIMESTAMP:
        raise two_places(
            "ZKQL0226",
            "event time must be TIMESTAMP(3)",
            watermark.column.span,
            spans[name],
            "declared here",
        )
    expression = bare(watermark.expression)
    delayed = isinstance(expression, exp.Sub) and isinstance(expression.expression, exp.Interval)
    column = bare(expression.this) if delayed else expression
    if not (isinstance(column, exp.Column) and column.name == name):
        raise query_error(
            "ZKQL0227",
            "a watermark follows its own column",
            span_of(expression),
            f"write: WATERMARK FOR {name} AS {name}",
        )
    return name


def _device(statement: CreateStream, types: Mapping[str, SqlType], spans: Mapping[str, Span]) -> str:
    if statement.signed_by is None:
        raise query_error(
            "ZKQL0228",
            "nobody signs this stream",
            statement.name.span,
            "add: SIGNED BY column, naming the column that identifies the device",
        )
    name = existing(statement.signed_by, types)
    if types[name].kind not in _DEVICE_KINDS:
        raise two_places(
            "ZKQL0229",
            f"{types[name]} cannot name a device",
            statement.signed_by.span,
            spans[name],
            "declared here",
            "use BIGINT, INT or VARCHAR",
        )
    return name


def existing(name: Name, types: Mapping[str, SqlType]) -> str:
    """The name, if there is such a column."""
    if name.text not in types:
        raise query_error(
            "ZKQL0207",
            f"there is no column {name.text!r}",
            name.span,
            *did_you_mean(name.text, types),
        )
    return name.text


def _column(column: ColumnDefinition, types: Mapping[str, SqlType], device: str, time: str) -> ColumnSchema:
    name = column.name.text
    nullable = bool(column.nullable)
    if name not in (device, time):
        return ColumnSchema(name, types[name], column.private is not False, nullable)
    role = "device" if name == device else "event time"
    if column.private and column.privacy:
        raise query_error(
            "ZKQL0307",
            f"with 'provenance' = 'row' the {role} is shown to the consumer, who checks it",
            column.privacy,
            "leave the word out",
        )
    if nullable:
        raise query_error("ZKQL0234", f"the {role} of a row is never NULL", column.span, "leave NULL out")
    return ColumnSchema(name, types[name], private=False)


def _options(options: tuple[Option, ...]) -> tuple[dict[str, str], int, int]:
    chosen: dict[str, str] = {}
    seen: set[str] = set()
    capacity, groups = DEFAULT_CAPACITY, DEFAULT_GROUPS
    for option in options:
        if option.key in seen:
            raise query_error("ZKQL0230", f"{option.key!r} is given twice", option.span)
        seen.add(option.key)
        if option.key == "capacity":
            capacity = _number(option, "capacity is the most rows of one proof", MAX_CAPACITY)
        elif option.key == "groups":
            groups = _number(option, "groups is the most groups of a private key in one proof", MAX_GROUPS)
        elif option.key not in _OPTIONS:
            raise query_error(
                "ZKQL0232",
                f"there is no option {option.key!r}",
                option.span,
                *did_you_mean(option.key, (*_OPTIONS, "capacity", "groups")),
            )
        elif option.value.lower() not in _OPTIONS[option.key]:
            planned = option.value.lower() in _PLANNED_OPTIONS[option.key]
            raise query_error(
                "ZKQL0301" if planned else "ZKQL0233",
                f"{option.value!r} is planned" if planned else f"{option.key!r} is not {option.value!r}",
                option.value_span,
                f"this version has: {', '.join(_OPTIONS[option.key])}",
            )
        else:
            chosen[option.key] = option.value.lower()
    return chosen, capacity, groups


def _number(option: Option, meaning: str, most: int) -> int:
    digits = option.value if option.value.isascii() and option.value.isdecimal() else "0"
    if not 1 <= int(digits[:_MAX_DIGITS]) <= most:
        raise query_error("ZKQL0231", f"{meaning}: 1 to {most}", option.value_span)
    return int(option.value)
