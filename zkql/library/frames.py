"""Tables in and out. In: rows as dicts, DataFrames of pandas or polars, tables of pyarrow. Out: the rows of
each relation as plans read them; and results as any of those.

pandas, polars and pyarrow are optional: none is imported unless its own frame is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from zkql.errors import InputError, did_you_mean, input_error
from zkql.library.values import Ticks, to_sql
from zkql.plan.schema import ColumnSchema, StreamSchema, TableSchema
from zkql.plan.types import Kind, SqlType, Value

Relation = StreamSchema | TableSchema
Values = dict[str, Value | None]
KINDS = "a list of dicts, a DataFrame of pandas or polars, or a pyarrow table"
_NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a result."""

    name: str
    type: SqlType
    nullable: bool

    def __repr__(self) -> str:
        return f"{self.name} {self.type}{'' if self.nullable else ' NOT NULL'}"


@dataclass(frozen=True, slots=True)
class Given:
    """The rows of each relation, and by relation the columns that were given beside the declared ones."""

    rows: dict[str, list[Values]]
    left_out: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows by column name. ``columns`` is None where each row has its own."""

    rows: Iterable[object]
    columns: tuple[str, ...] | None = None
    hints: tuple[str, ...] = ()


# --- in -----------------------------------------------------------------------------------------------


def read(data: object, relations: Mapping[str, Relation], declared: Collection[str]) -> Given:
    """Check and parse what was given for ``relations``, those that the query reads. Raises
    :class:`InputError` that names row and column, counted from 1."""
    given = Given({}, {})
    for name, table in _by_name(data, relations, declared).items():
        rows, left_out = _read_relation(table, relations[name])
        given.rows[name] = rows
        if left_out:
            given.left_out[name] = left_out
    return given


def _by_name(data: object, relations: Mapping[str, Relation], declared: Collection[str]) -> dict[str, object]:
    names = " and ".join(map(repr, relations))
    form = ", ".join(f"{name!r}: …" for name in relations)
    if not isinstance(data, Mapping):
        if len(relations) != 1:
            raise input_error(
                "ZKQL0460", f"the query reads {names}, and one table was given", f"write: {{{form}}}"
            )
        return dict.fromkeys(relations, data)
    if unknown := [k for k in data if k not in declared]:
        raise input_error(
            "ZKQL0460",
            f"the query declares no {unknown[0]!r}",
            *did_you_mean(str(unknown[0]), declared),
            f"a mapping has a table for each name: {{{form}}}; a table is {KINDS}",
        )
    if missing := [name for name in relations if name not in data]:
        raise input_error("ZKQL0460", f"the query reads {names}, and {missing[0]!r} was not given")
    return {name: data[name] for name in relations}


def _read_relation(data: object, relation: Relation) -> tuple[list[Values], tuple[str, ...]]:
    wanted = {c.name for c in relation.columns}
    table = _table(data, relation.name, wanted)
    if table.columns is not None:
        _check_columns(table, relation)
    extra: dict[str, None] = dict.fromkeys(c for c in table.columns or () if c not in wanted)
    found: list[Values] = []
    for number, row in enumerate(table.rows, 1):
        place = f"row {number} of {relation.name!r}"
        if not isinstance(row, Mapping):
            raise input_error("ZKQL0460", f"{place} is of type {type(row).__name__}, a dict was expected")
        extra |= dict.fromkeys(str(k) for k in row if k not in wanted)
        found.append({c.name: _read_value(row, c, place) for c in relation.columns})
    return found, tuple(extra)


def _read_value(row: Mapping[Any, object], column: ColumnSchema, place: str) -> Value | None:
    if column.name not in row:
        raise input_error(
            "ZKQL0430",
            f"{place} has no {column.name!r}",
            *did_you_mean(column.name, map(str, row)),
            *(("for NULL, write None",) if column.nullable else ()),
        )
    try:
        return column.checked(to_sql(row[column.name], column.type))
    except (ValueError, OverflowError) as error:
        raise _wrong(place, column, str(error), *getattr(error, "__notes__", ())) from None


def _wrong(place: str, column: ColumnSchema, why: str, *notes: str) -> InputError:
    return input_error("ZKQL0431", f"{place}, column {column.name!r}: {why}", *notes)


def _check_columns(table: _Table, relation: Relation) -> None:
    """A frame has the same columns in every row, so they are checked once."""
    assert table.columns is not None
    for column in relation.columns:
        count = table.columns.count(column.name)
        if count == 1:
            continue
        what = f"more than one column {column.name!r}" if count else f"no column {column.name!r}"
        notes = () if count else table.hints or did_you_mean(column.name, table.columns)
        raise input_error("ZKQL0430", f"the table for {relation.name!r} has {what}", *notes)


def _table(data: object, name: str, wanted: set[str]) -> _Table:
    pandas, polars, arrow = (sys.modules.get(m) for m in ("pandas", "polars", "pyarrow"))
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return _from_pandas(data, wanted)
    if polars is not None and isinstance(data, polars.DataFrame):
        return _from_polars(data, wanted)
    if polars is not None and isinstance(data, polars.LazyFrame):
        raise input_error("ZKQL0460", f"a LazyFrame has no rows yet for {name!r}", "call its collect()")
    if arrow is not None and isinstance(data, arrow.Table | arrow.RecordBatch):
        return _from_arrow(data, wanted)
    if isinstance(data, Iterable) and not isinstance(data, str | bytes | Mapping):
        return _Table(data)
    raise input_error("ZKQL0460", f"{type(data).__name__} is no table for {name!r}", f"give {KINDS}")


def _rows(columns: Mapping[str, Sequence[object]]) -> Iterator[Mapping[str, object]]:
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _from_pandas(frame: Any, wanted: set[str]) -> _Table:
    """NaN is what pandas has for missing values, so here it is NULL."""
    names = tuple(map(str, frame.columns))
    columns: dict[str, list[object]] = {}
    for i, name in enumerate(names):
        if name in wanted:
            series = frame.iloc[:, i]
            pairs = zip(series.tolist(), series.isna().tolist(), strict=True)
            columns[name] = [None if missing else value for value, missing in pairs]
    indexed = [str(n) for n in frame.index.names if n in wanted and n not in names]
    hints = (f"{indexed[0]!r} is the index: call reset_index()",) if indexed else ()
    return _Table(_rows(columns), names, hints)


def _from_polars(frame: Any, wanted: set[str]) -> _Table:
    import polars

    columns: dict[str, list[object]] = {}
    for series in frame.get_columns():
        kind = series.dtype
        if series.name not in wanted:
            continue
        if isinstance(kind, polars.Datetime | polars.Duration):
            made = Kind.TIMESTAMP if isinstance(kind, polars.Datetime) else Kind.INTERVAL
            columns[series.name] = _ticks(made, kind.time_unit, series.to_physical().to_list())
        elif kind.is_nested() and "time_unit='ns'" in repr(kind):
            raise input_error(
                "ZKQL0431",
                f"column {series.name!r} holds nanoseconds inside {kind}",
                "cast them to 'ms' first",
            )
        else:
            columns[series.name] = series.to_list()
    return _Table(_rows(columns), tuple(frame.columns))


def _from_arrow(table: Any, wanted: set[str]) -> _Table:
    import pyarrow
    from pyarrow import types

    columns: dict[str, list[object]] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name not in wanted:
            continue
        if types.is_timestamp(column.type) or types.is_duration(column.type):
            made = Kind.TIMESTAMP if types.is_timestamp(column.type) else Kind.INTERVAL
            columns[name] = _ticks(made, column.type.unit, column.cast(pyarrow.int64()).to_pylist())
        else:
            columns[name] = column.to_pylist()
    return _Table(_rows(columns), tuple(table.column_names))


def _ticks(kind: Kind, unit: str, counts: Iterable[int | None]) -> list[object]:
    return [None if n is None else Ticks(kind, n * _NANOSECONDS[unit]) for n in counts]


# --- out ----------------------------------------------------------------------------------------------

Record = Mapping[str, Any]

_WIDTHS = {Kind.TINYINT: 8, Kind.SMALLINT: 16, Kind.INT: 32, Kind.BIGINT: 64}


def installed(module: str, wanted_by: str) -> Any:
    """An optional package, or a readable error."""
    try:
        return import_module(module)
    except ImportError:
        raise input_error(
            "ZKQL0461", f"{wanted_by} needs {module}, which is not installed", f"run: pip install {module}"
        ) from None


def to_pandas(rows: Sequence[Record], fields: Sequence[Field]) -> Any:
    """Integers and BOOLEAN that may be NULL have pandas' own nullable types; DECIMAL, ARRAY and ROW are
    objects, since numpy has no such numbers."""
    pandas = installed("pandas", "to_pandas()")
    columns = {f.name: pandas.Series([r[f.name] for r in rows], dtype=_pandas_type(f)) for f in fields}
    return pandas.DataFrame(columns, columns=[f.name for f in fields])


def _pandas_type(field: Field) -> str:
    match field.type.kind:
        case Kind.TINYINT | Kind.SMALLINT | Kind.INT | Kind.BIGINT as kind:
            return f"{'Int' if field.nullable else 'int'}{_WIDTHS[kind]}"
        case Kind.BOOLEAN:
            return "boolean" if field.nullable else "bool"
        case Kind.VARCHAR:
            return "string"
        case Kind.TIMESTAMP:
            return "datetime64[ms, UTC]"
        case Kind.INTERVAL:
            return "timedelta64[ms]"
        case _:
            return "object"


def to_polars(rows: Sequence[Record], fields: Sequence[Field]) -> Any:
    """Every column with the type that polars has for it."""
    polars = installed("polars", "to_polars()")
    schema = {f.name: _polars_type(polars, f.type) for f in fields}
    return polars.DataFrame({f.name: [r[f.name] for r in rows] for f in fields}, schema=schema)


def _polars_type(polars: Any, kind: SqlType) -> Any:
    match kind.kind:
        case Kind.TINYINT | Kind.SMALLINT | Kind.INT | Kind.BIGINT as own:
            return getattr(polars, f"Int{_WIDTHS[own]}")
        case Kind.DECIMAL:
            return polars.Decimal(kind.precision, kind.scale)
        case Kind.TIMESTAMP:
            return polars.Datetime("ms", "UTC")
        case Kind.INTERVAL:
            return polars.Duration("ms")
        case Kind.ARRAY:
            return polars.List(_polars_type(polars, kind.element))
        case Kind.ROW:
            return polars.Struct({name: _polars_type(polars, own) for name, own in kind.fields})
        case Kind.BOOLEAN:
            return polars.Boolean
        case Kind.VARCHAR:
            return polars.String
        case Kind.NULL:
            return polars.Null


def to_arrow(rows: Sequence[Record], fields: Sequence[Field]) -> Any:
    """A table with decimal128 and timestamps of milliseconds, UTC."""
    arrow = installed("pyarrow", "to_arrow()")
    schema = arrow.schema([arrow.field(f.name, _arrow_type(arrow, f.type), f.nullable) for f in fields])
    return arrow.table({f.name: [r[f.name] for r in rows] for f in fields}, schema=schema)


def _arrow_type(arrow: Any, kind: SqlType) -> Any:
    match kind.kind:
        case Kind.TINYINT | Kind.SMALLINT | Kind.INT | Kind.BIGINT as own:
            return getattr(arrow, f"int{_WIDTHS[own]}")()
        case Kind.DECIMAL:
            return arrow.decimal128(kind.precision, kind.scale)
        case Kind.TIMESTAMP:
            return arrow.timestamp("ms", "UTC")
        case Kind.INTERVAL:
            return arrow.duration("ms")
        case Kind.ARRAY:
            return arrow.list_(_arrow_type(arrow, kind.element))
        case Kind.ROW:
            return arrow.struct([(name, _arrow_type(arrow, own)) for name, own in kind.fields])
        case Kind.BOOLEAN:
            return arrow.bool_()
        case Kind.VARCHAR:
            return arrow.string()
        case Kind.NULL:
            return arrow.null()
