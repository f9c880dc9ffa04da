"""The same query on DuckDB: an independent engine on the same rows.

SUM, COUNT, MIN, MAX, windows, WHERE and groups come from DuckDB; AVG is DuckDB's exact SUM over its
COUNT, rounded by Python's ``decimal`` as Flink does, since DuckDB's AVG is a float.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import duckdb

from zkql.lang.query import Query
from zkql.plan.expressions import Column
from zkql.plan.nodes import Aggregation, Filter, Function
from zkql.plan.types import Kind, Value, format_value

Group = tuple[int, tuple[Value, ...]]
"""Window start in milliseconds, and the key."""


def run(query: Query, rows: Iterable[Mapping[str, Value]]) -> dict[Group, list[Value | None]]:
    """Each window and group that DuckDB finds, with the value of every aggregate (unscaled)."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    stream = query.stream
    columns = ", ".join(f'"{c.name}" {c.type}'.replace("(3)", "_MS") for c in stream.columns)
    connection.execute(f'CREATE TABLE "{stream.name}" ({columns})')
    values = [[_to_duckdb(r[c.name], c.type) for c in stream.columns] for r in rows]
    if values:
        marks = ", ".join("?" * len(stream.columns))
        connection.executemany(f'INSERT INTO "{stream.name}" VALUES ({marks})', values)
    found = connection.execute(sql(query)).fetchall()
    aggregate = query.plan.input
    return {_group(aggregate.keys, row): _results(aggregate.calls, len(aggregate.keys), row) for row in found}


def sql(query: Query) -> str:
    """The query in DuckDB's dialect, its WHERE clause written by sqlglot."""
    aggregate = query.plan.input
    window = aggregate.input.input if isinstance(aggregate.input, Filter) else aggregate.input
    keys = [f'"{k.name}"' for k in aggregate.keys]
    calls: list[str] = []
    for call in aggregate.calls:
        argument = f'"{call.argument.name}"' if call.argument else "*"
        if call.function is Function.AVG:
            calls += [f"SUM({argument})", f"COUNT({argument})"]
        else:
            calls.append(f"{call.function}({argument})")
    origin = f"TIMESTAMP '1970-01-01' + INTERVAL {window.offset} MILLISECOND"
    start = f'epoch_ms(time_bucket(INTERVAL {window.size} MILLISECOND, "{query.stream.time}", {origin}))'
    where = f"WHERE {query.select.where.sql('duckdb')}" if query.select.where is not None else ""
    selected = ", ".join([start, *keys, *calls])
    return f'SELECT {selected} FROM "{query.stream.name}" {where} GROUP BY {", ".join([start, *keys])}'


def _to_duckdb(value: Value, kind: Any) -> Any:
    shown = format_value(value, kind)
    return Decimal(shown) if kind.kind is Kind.DECIMAL else shown


def _group(keys: tuple[Column, ...], row: tuple[Any, ...]) -> Group:
    return int(row[0]), tuple(
        _from_duckdb(v, k.type) for v, k in zip(row[1 : 1 + len(keys)], keys, strict=True)
    )


def _results(calls: tuple[Aggregation, ...], keys: int, row: tuple[Any, ...]) -> list[Value | None]:
    values = iter(row[1 + keys :])
    results: list[Value | None] = []
    for call in calls:
        value = next(values)
        if call.function is Function.AVG:
            results.append(_average(Decimal(value), int(next(values)), call))
        else:
            results.append(_from_duckdb(value, call.type))
    return results


def _average(total: Decimal, count: int, call: Aggregation) -> int:
    rounding = ROUND_HALF_UP if call.type.kind is Kind.DECIMAL else ROUND_DOWN
    with localcontext() as context:
        context.prec = 100
        mean = (total / count).quantize(Decimal(1).scaleb(-call.type.scale), rounding)
        return int(mean.scaleb(call.type.scale))


def _from_duckdb(value: Any, kind: Any) -> Value:
    if isinstance(value, str):
        return value
    if kind.kind is Kind.DECIMAL:
        return int(Decimal(value).scaleb(kind.scale))
    if kind.kind is Kind.TIMESTAMP:
        return int(duckdb.sql(f"SELECT epoch_ms(TIMESTAMP '{value}')").fetchall()[0][0])
    return int(value)
