"""CREATE STREAM to a schema. In: the statement. Out: schema, capacity and where things stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.errors import Diagnostic, Label, QueryError, Span, did_you_mean, query_error
from zkql.lang.syntax import CreateStream, Name, TypeName, bare, span_of
from zkql.plan.schema import ColumnSchema, StreamSchema
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    MAX_PRECISION,
    TIMESTAMP,
    Kind,
    SqlType,
    decimal,
)

if TYPE_CHECKING:
    from zkql.lang.syntax import ColumnDefinition, Option

DEFAULT_CAPACITY = 64
MAX_CAPACITY = 4096
_MAX_DIGITS = 9
_SIMPLE = {"BIGINT": BIGINT, "INT": INT, "INTEGER": INT, "BOOLEAN": BOOLEAN}
_FLOATS = ("FLOAT", "DOUBLE", "REAL")
_RESERVED = ("window_start", "window_end", "window_time")
_DEVICE_KINDS = (Kind.BIGINT, Kind.INT, Kind.VARCHAR)
_OPTIONS = {"provenance": ("row",), "signature": ("ed25519",)}
_PLANNED_OPTIONS = {"provenance": ("chain",), "signature": ("bls12-381", "eddsa-babyjubjub")}


@dataclass(frozen=True, slots=True)
class BoundStream:
    """A stream that queries can name. ``spans`` has each column's definition."""

    schema: StreamSchema
    capacity: int
    name: Span
    spans: dict[str, Span]


def bind_stream(statement: CreateStream) -> BoundStream:
    """Check one CREATE STREAM."""
    spans: dict[str, Span] = {}
    types: dict[str, SqlType] = {}
    for column in statement.columns:
        name = column.name.text
        if name in spans:
            raise _two_places(
                "ZKQL0220",
                f"column {name!r} is declared twice",
                column.name.span,
                spans[name],
                "first declared here",
            )
        if name in _RESERVED:
            raise query_error(
                "ZKQL0221", f"{name!r} is what a window adds; choose another name", column.name.span
            )
        spans[name] = column.span
        types[name] = bind_type(column.type)

    time = _event_time(statement, types, spans)
    device = _device(statement, types, spans)
    columns = tuple(
        ColumnSchema(c.name.text, types[c.name.text], _is_private(c, types, device, time))
        for c in statement.columns
    )
    chosen, capacity = _options(statement.options)
    schema = StreamSchema(statement.name.text, columns, device, time, **chosen)
    return BoundStream(schema, capacity, statement.name.span, spans)


def bind_type(written: TypeName) -> SqlType:
    """A type name to a type."""
    name, parameters = written.name, written.parameters
    if name in _SIMPLE and not parameters:
        return _SIMPLE[name]
    match name, parameters:
        case (("DECIMAL" | "NUMERIC" | "DEC"), _):
            precision, scale = (*parameters, *(10, 0)[len(parameters) :])[:2]
            if not (1 <= precision <= MAX_PRECISION and 0 <= scale <= precision):
                raise query_error(
                    "ZKQL0223",
                    f"{written.span.text} is not possible",
                    written.span,
                    f"DECIMAL(p, s) takes 1 <= p <= {MAX_PRECISION} and 0 <= s <= p",
                )
            return decimal(precision, scale)
        case "TIMESTAMP", (() | (3,)):
            return TIMESTAMP
        case "TIMESTAMP", _:
            raise query_error("ZKQL0223", "timestamps count milliseconds", written.span, "write TIMESTAMP(3)")
        case (("VARCHAR" | "STRING"), (() | (_,))):
            if parameters == (0,):
                raise query_error("ZKQL0223", "VARCHAR(0) holds nothing", written.span, "write VARCHAR(n)")
            return SqlType(Kind.VARCHAR, *parameters)
        case _ if name in _FLOATS:
            raise query_error(
                "ZKQL0306",
                f"{name} cannot be proven: its rounding depends on the machine",
                written.span,
                "nearest provable form: DECIMAL(p, s), for example DECIMAL(12, 3)",
            )
        case _:
            known = (*_SIMPLE, "DECIMAL", "TIMESTAMP", "VARCHAR")
            raise query_error(
                "ZKQL0224",
                f"there is no type {written.span.text}",
                written.span,
                *did_you_mean(name, known),
            )


def _event_time(statement: CreateStream, types: dict[str, SqlType], spans: dict[str, Span]) -> str:
    if len(statement.watermarks) != 1:
        place = statement.watermarks[1].span if statement.watermarks else statement.name.span
        raise query_error(
            "ZKQL0225",
            "a stream has one event time" if statement.watermarks else "event time is missing",
            place,
            "add: WATERMARK FOR column AS column",
        )
    (watermark,) = statement.watermarks
    name = _existing(watermark.column, types)
    if types[name].kind is not Kind.TIMESTAMP:
        raise _two_places(
            "ZKQL0226",
            "event time must be TIMESTAMP(3)",
            watermark.column.span,
            spans[name],
            "declared here",
        )
    expression = bare(watermark.expression)
    delayed = isinstance(expression, exp.Sub) and isinstance(expression.expression, exp.Interval)
    column = expression.this if delayed else expression
    if not (isinstance(column, exp.Column) and column.name == name):
        raise query_error(
            "ZKQL0227",
            "a watermark follows its own column",
            span_of(expression),
            f"write: WATERMARK FOR {name} AS {name}",
        )
    return name


def _device(statement: CreateStream, types: dict[str, SqlType], spans: dict[str, Span]) -> str:
    if statement.signed_by is None:
        raise query_error(
            "ZKQL0228",
            "nobody signs this stream",
            statement.name.span,
            "add: SIGNED BY column, naming the column that identifies the device",
        )
    name = _existing(statement.signed_by, types)
    if types[name].kind not in _DEVICE_KINDS:
        raise _two_places(
            "ZKQL0229",
            f"{types[name]} cannot name a device",
            statement.signed_by.span,
            spans[name],
            "declared here",
            "use BIGINT, INT or VARCHAR",
        )
    return name


def _existing(name: Name, types: dict[str, SqlType]) -> str:
    if name.text not in types:
        raise query_error(
            "ZKQL0207",
            f"there is no column {name.text!r} in this stream",
            name.span,
            *did_you_mean(name.text, types),
        )
    return name.text


def _is_private(column: ColumnDefinition, types: dict[str, SqlType], device: str, time: str) -> bool:
    name = column.name.text
    if name in (device, time):
        if column.private and column.privacy:
            role = "device" if name == device else "event time"
            raise query_error(
                "ZKQL0307",
                f"with 'provenance' = 'row' the {role} is shown to the consumer, who checks it",
                column.privacy,
                "leave the word out; 'provenance' = 'chain' will hide row times",
            )
        return False
    private = column.private is not False
    if private and types[name].kind is Kind.VARCHAR:
        raise query_error(
            "ZKQL0308",
            "private VARCHAR has no circuit yet",
            column.span,
            "nearest provable form: declare it PUBLIC, or leave the column out of the stream",
        )
    return private


def _options(options: tuple[Option, ...]) -> tuple[dict[str, str], int]:
    chosen: dict[str, str] = {}
    seen: set[str] = set()
    capacity = DEFAULT_CAPACITY
    for option in options:
        if option.key in seen:
            raise query_error("ZKQL0230", f"{option.key!r} is given twice", option.span)
        seen.add(option.key)
        if option.key == "capacity":
            digits = option.value if option.value.isascii() and option.value.isdecimal() else "0"
            if not 1 <= int(digits[:_MAX_DIGITS]) <= MAX_CAPACITY:
                raise query_error(
                    "ZKQL0231",
                    f"capacity is the most rows of one proof: 1 to {MAX_CAPACITY}",
                    option.value_span,
                )
            capacity = int(option.value)
        elif option.key not in _OPTIONS:
            raise query_error(
                "ZKQL0232",
                f"there is no option {option.key!r}",
                option.span,
                *did_you_mean(option.key, (*_OPTIONS, "capacity")),
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
    return chosen, capacity


def _two_places(code: str, message: str, here: Span, there: Span, why: str, *notes: str) -> QueryError:
    return QueryError((Diagnostic(code, message, (Label(here), Label(there, why)), notes),))
