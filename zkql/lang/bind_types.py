"""Type names and column definitions. In: syntax. Out: types and column schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.errors import did_you_mean, query_error
from zkql.lang.report import two_places
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    MAX_PRECISION,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    Kind,
    SqlType,
    array,
    decimal,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.errors import Span
    from zkql.lang.syntax import ColumnDefinition, TypeName

_SIMPLE = {
    "BIGINT": BIGINT,
    "INT": INT,
    "INTEGER": INT,
    "SMALLINT": SMALLINT,
    "TINYINT": TINYINT,
    "BOOLEAN": BOOLEAN,
    "STRING": VARCHAR,
}
_FLOATS = ("FLOAT", "DOUBLE", "REAL")
_DECIMALS = ("DECIMAL", "NUMERIC", "DEC")
_ABSENT = {
    "DATE": "nearest form: TIMESTAMP(3), at midnight",
    "TIME": "nearest form: INT, in milliseconds of the day",
    "TIMESTAMP_LTZ": "nearest form: TIMESTAMP(3); zkql's timestamps are UTC",
    "INTERVAL": "nearest form: BIGINT, in milliseconds",
    "CHAR": "nearest form: VARCHAR(n)",
    "BYTES": "nearest form: VARCHAR, in base64",
    "BINARY": "nearest form: VARCHAR, in base64",
    "VARBINARY": "nearest form: VARCHAR, in base64",
    "MAP": "nearest form: one column for each key",
    "MULTISET": "nearest form: ARRAY<…>",
}
RESERVED = ("window_start", "window_end", "window_time")


def bind_type(written: TypeName) -> SqlType:
    """A type name to a type."""
    name, parameters = written.name, written.parameters
    if name in _SIMPLE and not parameters:
        return _SIMPLE[name]
    if name in _DECIMALS:
        precision, scale = (*parameters, *(10, 0)[len(parameters) :])[:2]
        if not (1 <= precision <= MAX_PRECISION and 0 <= scale <= precision):
            raise query_error(
                "ZKQL0223",
                f"{written.span.text} is not possible",
                written.span,
                f"DECIMAL(p, s) takes 1 <= p <= {MAX_PRECISION} and 0 <= s <= p",
            )
        return decimal(precision, scale)
    match name, parameters:
        case "TIMESTAMP", (() | (3,)):
            return TIMESTAMP
        case "TIMESTAMP", _:
            raise query_error("ZKQL0223", "timestamps count milliseconds", written.span, "write TIMESTAMP(3)")
        case "VARCHAR", (() | (_,)):
            if parameters == (0,):
                raise query_error("ZKQL0223", "VARCHAR(0) holds nothing", written.span, "write VARCHAR(n)")
            return SqlType(Kind.VARCHAR, parameters[0] if parameters else 0)
        case "ARRAY", ():
            return array(bind_type(written.fields[0][1]))
        case "ROW", ():
            return SqlType(Kind.ROW, fields=tuple((n.text, bind_type(t)) for n, t in written.fields))
    if name in _FLOATS:
        raise query_error(
            "ZKQL0306",
            f"{name} cannot be proven: its rounding depends on the machine",
            written.span,
            "nearest provable form: DECIMAL(p, s), for example DECIMAL(12, 3)",
        )
    if name in _ABSENT:
        raise query_error("ZKQL0224", f"zkql has no type {name}", written.span, _ABSENT[name])
    known = (*_SIMPLE, "DECIMAL", "TIMESTAMP", "VARCHAR", "ARRAY", "ROW")
    raise query_error(
        "ZKQL0224", f"there is no type {written.span.text}", written.span, *did_you_mean(name, known)
    )


def check_names(columns: Sequence[ColumnDefinition]) -> dict[str, Span]:
    """Each column's definition by its name; no name twice, none that a window adds."""
    spans: dict[str, Span] = {}
    for column in columns:
        name = column.name.text
        if name in spans:
            raise two_places(
                "ZKQL0220",
                f"column {name!r} is declared twice",
                column.name.span,
                spans[name],
                "first declared here",
            )
        if name in RESERVED:
            raise query_error(
                "ZKQL0221", f"{name!r} is what a window adds; choose another name", column.name.span
            )
        spans[name] = column.span
    return spans
