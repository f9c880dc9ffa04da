"""CREATE STREAM to a schema. In: the statement. Out: schema, limits and where things stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.crypto.blocks import BlockLayout
from zkql.crypto.signatures import SCHEMES
from zkql.errors import Span, did_you_mean, query_error
from zkql.lang.bind_types import bind_type, check_names
from zkql.lang.report import two_places
from zkql.lang.syntax import CreateStream, Name, bare, span_of
from zkql.plan.codes import has_code
from zkql.plan.schema import ColumnSchema, Provenance, StreamSchema
from zkql.plan.stages import Limits
from zkql.plan.types import Kind, SqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zkql.lang.syntax import ColumnDefinition, Option, Watermark

DEFAULT_CAPACITY = 64
MAX_CAPACITY = 4096
DEFAULT_GROUPS = 8
MAX_GROUPS = 256
MAX_DEVICES = 256
DEFAULT_BLOCK = 20
_MAX_DIGITS = 9
_DEVICE_KINDS = (Kind.BIGINT, Kind.INT, Kind.VARCHAR)
_OPTIONS = {"provenance": tuple(map(str, Provenance)), "signature": tuple(SCHEMES)}
_PLANNED_OPTIONS = {"provenance": (), "signature": ("eddsa-babyjubjub",)}


@dataclass(frozen=True, slots=True)
class BoundStream:
    """A stream that queries can name. ``spans`` has each column's definition."""

    schema: StreamSchema
    limits: Limits
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
    chosen = _options(statement.options)
    columns = tuple(_column(c, types, device, time, chosen.provenance) for c in statement.columns)
    limits, block = chosen.limits, None
    if chosen.provenance is Provenance.CHAIN:
        hidden = tuple(c for c in columns if c.name not in (device, time))
        block = chosen.block_of(hidden)
    schema = StreamSchema(
        statement.name.text, columns, device, time, chosen.provenance, chosen.signature, block
    )
    return BoundStream(schema, limits, statement.name.span, spans)


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


def _column(
    column: ColumnDefinition, types: Mapping[str, SqlType], device: str, time: str, provenance: Provenance
) -> ColumnSchema:
    name = column.name.text
    nullable = bool(column.nullable)
    chained = provenance is Provenance.CHAIN
    if chained and column.private is False and column.privacy and name != device:
        raise query_error(
            "ZKQL0307",
            "with 'provenance' = 'chain' rows are hidden from the consumer, and so are their columns",
            column.privacy,
            "leave the word out, or sign row by row: 'provenance' = 'row'",
        )
    if name not in (device, time):
        return ColumnSchema(name, types[name], chained or column.private is not False, nullable)
    role = "device" if name == device else "event time"
    if column.private and column.privacy and (name == device or not chained):
        raise query_error(
            "ZKQL0307",
            f"with 'provenance' = '{provenance}' the {role} is shown to the consumer, who checks it",
            column.privacy,
            "leave the word out",
        )
    if nullable:
        raise query_error("ZKQL0234", f"the {role} of a row is never NULL", column.span, "leave NULL out")
    return ColumnSchema(name, types[name], private=chained and name == time)


@dataclass(frozen=True, slots=True)
class _Options:
    """What WITH chooses."""

    provenance: Provenance
    signature: str
    limits: Limits
    block: Option | None

    def block_of(self, columns: tuple[ColumnSchema, ...]) -> int:
        """Rows of a block, of a stream with these columns beside device and time."""
        coded = all(has_code(c.type) for c in columns)  # other types are refused later
        most = max(BlockLayout.most(columns), 1) if coded else 1
        if self.block is not None:
            return _number(self.block, "block is the most rows that one hash takes, here", most)
        return min(DEFAULT_BLOCK, most)


_NUMBERS = {
    "capacity": ("capacity is the most rows of one proof", MAX_CAPACITY),
    "groups": ("groups is the most groups of a private key in one proof", MAX_GROUPS),
    "devices": ("devices is the most devices of one proof", MAX_DEVICES),
}
_OF_CHAINS = ("block", "devices")


def _options(options: tuple[Option, ...]) -> _Options:
    given: dict[str, Option] = {}
    for option in options:
        if option.key in given:
            raise query_error("ZKQL0230", f"{option.key!r} is given twice", option.span)
        known = (*_OPTIONS, *_NUMBERS, "block")
        if option.key not in known:
            raise query_error(
                "ZKQL0232",
                f"there is no option {option.key!r}",
                option.span,
                *did_you_mean(option.key, known),
            )
        given[option.key] = option
    chosen = {key: _choice(given[key], kinds) for key, kinds in _OPTIONS.items() if key in given}
    provenance = Provenance(chosen.get("provenance", Provenance.ROW))
    numbers = {key: _number(given[key], *own) for key, own in _NUMBERS.items() if key in given}
    for key in _OF_CHAINS:
        if key in given and provenance is not Provenance.CHAIN:
            raise query_error(
                "ZKQL0232",
                f"there is no option {key!r} with 'provenance' = '{provenance}'",
                given[key].span,
                "it is about chains: add 'provenance' = 'chain', or leave it out",
            )
    limits = Limits(
        numbers.get("capacity", DEFAULT_CAPACITY),
        numbers.get("groups", DEFAULT_GROUPS),
        numbers.get("devices", 1),
    )
    if limits.rows * limits.devices > MAX_CAPACITY:
        raise query_error(
            "ZKQL0231",
            f"a proof has at most {MAX_CAPACITY} rows, not {limits.devices} · {limits.rows}",
            given["devices"].value_span,
            "with chains, 'capacity' is the most rows of one device",
        )
    return _Options(provenance, chosen.get("signature", "ed25519"), limits, given.get("block"))


def _choice(option: Option, kinds: tuple[str, ...]) -> str:
    if option.value.lower() in kinds:
        return option.value.lower()
    planned = option.value.lower() in _PLANNED_OPTIONS[option.key]
    raise query_error(
        "ZKQL0301" if planned else "ZKQL0233",
        f"{option.value!r} is planned" if planned else f"{option.key!r} is not {option.value!r}",
        option.value_span,
        f"this version has: {', '.join(kinds)}",
    )


def _number(option: Option, meaning: str, most: int) -> int:
    digits = option.value if option.value.isascii() and option.value.isdecimal() else "0"
    if not 1 <= int(digits[:_MAX_DIGITS]) <= most:
        raise query_error("ZKQL0231", f"{meaning}: 1 to {most}", option.value_span)
    return int(option.value)
