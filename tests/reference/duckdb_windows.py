"""Windows as DuckDB subqueries. In: a subquery whose columns are ``c0``, ``c1``, …, and a window's lengths
in milliseconds. Out: a subquery with three more columns: start, end and time.

Aligned windows start where ``time_bucket`` says; those that overlap come from a cross join with a series of
numbers; sessions from LAG and a running SUM of "here a new one begins".
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.duckdb_expressions import milliseconds
from zkql.lang.syntax import Interval

_LONG = "to_milliseconds({})"


@dataclass(frozen=True, slots=True)
class Lengths:
    """Size or gap, slide or step, and offset."""

    size: int
    slide: int = 0
    offset: int = 0


def lengths(kind: str, intervals: tuple[Interval, ...]) -> Lengths:
    """Flink's order: HOP and CUMULATE have the slide first."""
    values = [milliseconds(i) for i in intervals]
    if kind in ("HOP", "CUMULATE"):
        return Lengths(values[1], values[0], *values[2:])
    return Lengths(values[0], 0, *values[1:])


def windowed(source: str, width: int, kind: str, time: str, long: Lengths, partition: list[str]) -> str:
    """The subquery ``source``, of ``width`` columns, with those of a window after them."""
    first, last, end = f"c{width}", f"c{width + 1}", f"c{width + 2}"
    if kind == "SESSION":
        bounds = _session(source, time, long.size, partition)
        start, stop, where = "s", "e", "TRUE"
    else:
        unit = long.slide if kind == "HOP" else long.size
        origin = f"TIMESTAMP '1970-01-01' + {_LONG.format(long.offset)}"
        bounds = f"SELECT *, time_bucket({_LONG.format(unit)}, {time}, {origin}) AS b FROM {source} AS w"
        start, stop, where = _aligned(kind, time, long)
        if kind != "TUMBLE":
            bounds = (
                f"SELECT * FROM ({bounds}) AS w, generate_series(0, {long.size // long.slide - 1}) AS g(i)"
            )
    own = ", ".join(f"c{i}" for i in range(width))
    return (
        f"(SELECT {own}, {start} AS {first}, {stop} AS {last}, {stop} - {_LONG.format(1)} AS {end} "
        f"FROM ({bounds}) AS w WHERE {time} IS NOT NULL AND {where})"
    )


def _aligned(kind: str, time: str, long: Lengths) -> tuple[str, str, str]:
    """Start, end, and which rows of the cross join are windows that hold the row."""
    size = _LONG.format(long.size)
    match kind:
        case "TUMBLE":
            return "b", f"b + {size}", "TRUE"
        case "HOP":
            start = f"(b - to_milliseconds(i * {long.slide}))"
            return start, f"({start} + {size})", f"{time} < {start} + {size}"
        case _:
            end = f"(b + to_milliseconds((i + 1) * {long.slide}))"
            return "b", end, f"{time} < {end}"


def _session(source: str, time: str, gap: int, partition: list[str]) -> str:
    by = f"PARTITION BY {', '.join(partition)} " if partition else ""
    previous = f"LAG({time}) OVER ({by}ORDER BY {time})"
    new = f"CASE WHEN {time} - {previous} <= {_LONG.format(gap)} THEN 0 ELSE 1 END"
    numbered = f"SELECT *, {new} AS n FROM {source} AS w WHERE {time} IS NOT NULL"
    marked = f"SELECT *, SUM(n) OVER ({by}ORDER BY {time}) AS k FROM ({numbered}) AS w"
    by = ", ".join([*partition, "k"])
    return (
        f"SELECT *, MIN({time}) OVER (PARTITION BY {by}) AS s, "
        f"MAX({time}) OVER (PARTITION BY {by}) + {_LONG.format(gap)} AS e FROM ({marked}) AS w"
    )
