"""The rows of tables that a query reads from files. In: a bound query. Out: its plan with these rows.

A table is read when the query is compiled, and is then a part of it: ``WITH ('path' = 'zones.csv')`` names a
file beside the query, of comma-separated values with the columns' names in the first line (RFC 4180), or of
JSON lines (``.jsonl``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkql import files
from zkql.errors import InputError, did_you_mean, query_error
from zkql.plan.nodes import Node, Scan
from zkql.plan.schema import ColumnSchema, TableSchema
from zkql.plan.types import INTEGERS, Kind
from zkql.plan.walk import bottom_up

if TYPE_CHECKING:
    from zkql.lang.bind_table import BoundTable
    from zkql.lang.query import BoundQuery
    from zkql.plan.types import Value

MAX_ROWS = 4096
"""Of a table. A circuit has each of them in its source."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_BOOLEANS = {"true": True, "false": False}


def with_rows(bound: BoundQuery) -> BoundQuery:
    """The query with the rows of every table that it reads and that has a file. Raises
    :class:`~zkql.errors.QueryError` at the option, for a file that is not there or has something else."""
    folder = Path(bound.source.name).parent
    known: dict[str, TableSchema] = {}

    def filled(node: Node) -> Node:
        if not isinstance(node, Scan) or not isinstance(node.relation, TableSchema):
            return node
        name = node.relation.name
        if bound.tables[name].path is None or node.relation.time is not None:
            return node
        if name not in known:
            known[name] = replace(node.relation, rows=_rows(bound.tables[name], folder))
        return replace(node, relation=known[name])

    plan = bottom_up(bound.plan, filled)
    return replace(bound, plan=plan) if known else bound


def _rows(table: BoundTable, folder: Path) -> tuple[tuple[Value | None, ...], ...]:
    option = table.path
    assert option is not None
    path = folder / option.value
    try:
        found = [_row(place, raw, table.schema) for place, raw in _raw(path, table.schema)]
    except InputError as error:
        raise query_error(
            "ZKQL0237",
            f"the rows of {table.schema.name!r} cannot be read: {error.diagnostics[0].message}",
            option.value_span,
            *error.diagnostics[0].notes,
        ) from None
    except ValueError as error:
        raise query_error(
            "ZKQL0237", f"the rows of {table.schema.name!r} cannot be read: {error}", option.value_span
        ) from None
    if len(found) > MAX_ROWS:
        raise query_error(
            "ZKQL0237",
            f"{table.schema.name!r} has {len(found)} rows, and a table of a query at most {MAX_ROWS}",
            option.value_span,
            "keep the rows that matter",
        )
    return tuple(found)


def _raw(path: Path, schema: TableSchema) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Rows by column name as the file has them, and where they stand."""
    match path.suffix:
        case ".jsonl":
            yield from files.read_jsonl(path)
        case ".csv":
            yield from _csv(path, schema)
        case other:
            raise ValueError(f"a file that ends in {other or 'nothing'} is neither .csv nor .jsonl")


def _csv(path: Path, schema: TableSchema) -> Iterator[tuple[str, Mapping[str, object]]]:
    reader = csv.reader(io.StringIO(files.read_text(path), newline=""), strict=True)
    records = _records(reader, path)
    header = next(records, [])
    columns = {column.name: column for column in schema.columns}
    for name in header:
        if name not in columns:
            raise ValueError(f"{path}:1: {name!r} is no column of the table{_meant(name, columns)}")
    for name in columns:
        if name not in header:
            raise ValueError(f"{path}:1: there is no column {name!r}")
    if len(set(header)) < len(header):
        raise ValueError(f"{path}:1: a column stands twice")
    for fields in records:
        place = f"{path}:{reader.line_num}"
        if not fields:
            continue
        if len(fields) != len(header):
            raise ValueError(f"{place}: {len(fields)} values for {len(header)} columns")
        yield place, {n: _from_text(f, columns[n]) for n, f in zip(header, fields, strict=True)}


def _records(reader: Any, path: Path) -> Iterator[list[str]]:
    """The records of a CSV file. Raises ``ValueError`` at the line where a broken one begins."""
    while True:
        begins = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            unclosed = str(error) == "unexpected end of data"
            what = "a quote opens in this record and is never closed" if unclosed else error
            raise ValueError(f"{path}:{begins}: {what}") from None
        if fields is None:
            return
        yield fields


def _meant(name: str, columns: Mapping[str, ColumnSchema]) -> str:
    return "".join(f" ({note})" for note in did_you_mean(name, columns))


def _from_text(text: str, column: ColumnSchema) -> object:
    """A field as JSON would have it: nothing is NULL, but for a text, which can be empty."""
    kind = column.type.kind
    if kind is Kind.VARCHAR:
        return text
    if not text:
        return None
    if kind in INTEGERS and _INTEGER.fullmatch(text):
        return int(text)
    if kind is Kind.BOOLEAN:
        return _BOOLEANS.get(text.lower(), text)
    return text


def _row(place: str, raw: Mapping[str, Any], schema: TableSchema) -> tuple[Value | None, ...]:
    names = [column.name for column in schema.columns]
    for name in raw:
        if name not in names:
            raise ValueError(f"{place}: {name!r} is no column of the table")
    values = []
    for column in schema.columns:
        if column.name not in raw:
            raise ValueError(f"{place}: there is no column {column.name!r}")
        try:
            value = column.parse(raw[column.name])
            if isinstance(value, str) and "\0" in value:
                raise ValueError("the text has U+0000, which no text in a circuit has")  # noqa: TRY301
            values.append(value)
        except ValueError as error:
            raise ValueError(f"{place}: {column.name}: {error}") from None
    return tuple(values)
