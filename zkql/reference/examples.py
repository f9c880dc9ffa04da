"""The tables that examples of functions read, and what the examples give.

In: examples, as text of SQL. Out: their typed expressions, and their values, evaluated by the library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zkql.errors import Source
from zkql.lang.bind import bind
from zkql.lang.parse import parse
from zkql.plan.cut import cut
from zkql.plan.nodes import Project
from zkql.plan.rewrites import rewrite
from zkql.plan.stages import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.lang.query import BoundQuery
    from zkql.plan.expressions import Expression
    from zkql.plan.stages import StagedPlan

STREAM = """\
CREATE STREAM reading (
  meter  BIGINT,
  zone   INT PUBLIC,
  ts     TIMESTAMP(3),
  load   DECIMAL(4, 1),
  temp   INT,
  ok     BOOLEAN,
  name   VARCHAR(8),
  since  TIMESTAMP(3),
  target INT NULL,
  WATERMARK FOR ts AS ts
) SIGNED BY meter;
"""
TABLE = "CREATE TABLE place (id INT NOT NULL, tags ARRAY<VARCHAR>, spot ROW<x INT, y INT>);\n"
WINDOW = "TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
BY_WINDOW = "GROUP BY window_start, window_end"
OVER = "OVER (PARTITION BY window_start, window_end ORDER BY temp)"
WHERE = "WHERE temp > 0"
"""A condition on a private column."""
KEY = "target"
"""A private column to group by."""
GROUPS = 8
"""The most groups of the key."""

Row = dict[str, Any]

_COLUMNS = ("meter", "zone", "ts", "load", "temp", "ok", "name", "since", "target")
READINGS: tuple[Row, ...] = tuple(
    dict(zip(_COLUMNS, row, strict=True))
    for row in (
        (1, 1, "2026-01-01 08:00:00.000", "12.5", 20, True, "boiler", "2024-02-29 12:30:45.678", 21),
        (2, 1, "2026-01-01 08:00:01.000", "-3.0", 18, False, "solar 2", "2025-12-31 23:59:59.999", None),
        (3, 2, "2026-01-01 08:00:02.500", "12.5", 20, True, " pump ", "1999-03-28 01:00:00.000", 20),
        (1, 2, "2026-01-01 08:00:04.000", "0.4", -5, True, "", "2026-01-01 00:00:00.000", 0),
    )
)
PLACES: tuple[Row, ...] = (
    {"id": 1, "tags": ["roof", "south"], "spot": {"x": 3, "y": -1}},
    {"id": 2, "tags": [], "spot": None},
)
TABLES = {"reading": READINGS, "place": PLACES}


# --- compiling --------------------------------------------------------------------------------------


def expressions(examples: Sequence[str], source: str = "reading") -> tuple[Expression, ...]:
    """Examples of scalar functions, typed."""
    plan = _bound(TABLE + _select(_named(examples), source)).plan
    assert isinstance(plan, Project)
    return tuple(output.expression for output in plan.outputs)


def aggregated(calls: Sequence[str], rows: int, *, where: bool, grouped: bool) -> StagedPlan:
    """A stage with all these aggregates."""
    key = f", {KEY}" if grouped else ""
    clause = f"{WHERE if where else ''} {BY_WINDOW}{key}"
    return _staged(_select(f"window_start{key}, {_named(calls)}", WINDOW, clause), rows)


def listed(call: str, rows: int, *, where: bool) -> StagedPlan:
    """A stage with an analytic call on each row. Raises :class:`QueryError` where it has no circuit."""
    return _staged(_select(f"window_start, {call} AS v", WINDOW, WHERE if where else ""), rows)


def _staged(select: str, rows: int) -> StagedPlan:
    bound = _bound(select)
    limits = {name: Limits(rows, GROUPS) for name in bound.streams}
    return cut(rewrite(bound.plan), limits, {name: own.spans for name, own in bound.streams.items()})


def _bound(text: str) -> BoundQuery:
    source = Source("examples", STREAM + text)
    return bind(parse(source), source)


def _select(outputs: str, table: str, rest: str = "") -> str:
    return " ".join(("SELECT", outputs, "FROM", table, rest, ";"))


def _named(examples: Sequence[str]) -> str:
    return ", ".join(f"{example} AS v{n}" for n, example in enumerate(examples))


# --- values -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """What an example gives: the SQL type, and its values as text, one a row or one for all."""

    type: str
    values: tuple[str, ...]


def on_rows(examples: Sequence[str], source: str = "reading") -> tuple[Shown, ...]:
    """What scalar and analytic functions give on each row."""
    order, table = ("id", "place") if source == "place" else ("ts", WINDOW)
    return _evaluated(_select(f"{_named(examples)}, {order}", table), source, order)


def columns_read(example: str, source: str) -> tuple[str, ...]:
    """The columns that an example names."""
    words = re.findall(r"\w+", re.sub(r"'[^']*'", "", example))
    return tuple(dict.fromkeys(word for word in words if word in TABLES[source][0]))


def of_all(calls: Sequence[str]) -> tuple[Shown, ...]:
    """What aggregates give over all rows."""
    select = _select(f"{_named(calls)}, window_start", WINDOW, BY_WINDOW)
    return _evaluated(select, "reading", "window_start")


def _evaluated(select: str, source: str, order: str) -> tuple[Shown, ...]:
    from zkql.library import query as library

    query = library.compile(STREAM + TABLE + select)
    rows = sorted(query.run({source: TABLES[source]}), key=lambda row: row[order])
    made = (field for field in query.columns if field.name != order)
    return tuple(Shown(str(f.type), tuple(text_of(row[f.name]) for row in rows)) for f in made)


def text_of(value: object) -> str:
    """A Python value as one writes it in SQL, times without the word before them."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ", "milliseconds")
        case timedelta():
            return f"INTERVAL '{value.total_seconds():f}' SECOND"
        case list():
            return f"[{', '.join(map(text_of, value))}]"
        case dict():
            return f"({', '.join(map(text_of, value.values()))})"
        case Decimal() | int():
            return str(value)
    raise TypeError(value)
