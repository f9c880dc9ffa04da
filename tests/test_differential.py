"""zkql against DuckDB: staged plans on many queries, circuits and proofs on some.

DuckDB reads the text itself (:mod:`tests.reference`); what it shares with zkql is the grammar.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.harness import (
    FILTERED,
    GROUPED,
    HIGHEST,
    LOWEST,
    PLAIN,
    SUMMED,
    WINDOW,
    Secrets,
    Subject,
    evaluated,
    query,
    random_rows,
)
from tests.reference.duckdb_sql import translate
from tests.reference.engine import Engine
from tests.world import World
from zkql.cli.app import app
from zkql.compiler import Compiled, compile_query, read_source
from zkql.plan.types import Shown, Value, format_value
from zkql.runtime.sensor import read_rows

HIGHEST_BID = Path(__file__).parent.parent / "queries/nexmark/highest_bid.zkql"
TIMES = (-25_000, -10_001, -10_000, -1, 0, 1, 9_999, 10_000, 19_999, 20_000, 86_400_000)
BY_WINDOW = "GROUP BY window_start, window_end"
SELECTS = {
    "plain": PLAIN,
    "filtered": FILTERED,
    "grouped": GROUPED,
    "summed": SUMMED,
    "highest": HIGHEST,
    "lowest": LOWEST,
    "having": f"""
        SELECT window_end, zone, SUM(load) AS s {WINDOW}
        {BY_WINDOW}, zone HAVING COUNT(*) > 1 AND MAX(zone) < 50""",
    "computed": f"""
        SELECT window_time, zone % 3 AS r, SUM(CAST(zone AS BIGINT) * 2) + COUNT(*) AS s, MIN(load) AS l
        {WINDOW}
        WHERE zone <> 3 {BY_WINDOW}, zone % 3""",
    "distinct": f"""
        SELECT window_start, COUNT(DISTINCT zone) AS n, MEDIAN(zone) AS m, STDDEV_POP(meter) AS d {WINDOW}
        {BY_WINDOW}""",
    "ordered": f"""
        SELECT window_start, PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY zone DESC) AS p, MAX(temp) AS t
        {WINDOW}
        {BY_WINDOW}""",
    "window": f"""
        SELECT window_start, SUM(load) AS s {WINDOW}
        WHERE window_start >= '1970-01-01 00:00:00' AND zone > -1 {BY_WINDOW}""",
    "old": """
        SELECT TUMBLE_END(ts, INTERVAL '7' SECOND) AS e, zone, SUM(load) AS s FROM reading
        GROUP BY TUMBLE(ts, INTERVAL '7' SECOND), zone""",
    "cases": f"""
        SELECT window_start, MAX(CASE WHEN zone > 0 THEN zone ELSE 1 END) AS s, MAX(load) AS m {WINDOW}
        WHERE NOT (zone BETWEEN -1 AND 0) {BY_WINDOW}""",
}

Rows = Sequence[Mapping[str, Value]]


@cache
def engine() -> Engine:
    return Engine()


def duckdb(compiled: Compiled, rows: Rows) -> list[dict[str, Shown | None]]:
    """What DuckDB says, as JSON has it."""
    reference = translate(compiled.query.file)
    found = engine().run(reference, {compiled.plan.stream.name: rows})
    return [
        {
            name: None if value is None else format_value(value, kind)
            for (name, kind), value in zip(reference.columns, row, strict=True)
        }
        for row in found
    ]


def sorted_(rows: Sequence[Mapping[str, Shown | None]]) -> list[str]:
    return sorted(map(str, rows))


def timed_rows(count: int, seed: int) -> list[dict[str, Value]]:
    source = random.Random(seed)
    return [{**row, "ts": source.choice(TIMES)} for row in random_rows(count, seed)]


@pytest.mark.parametrize("select", SELECTS.values(), ids=SELECTS)
@pytest.mark.parametrize("seed", range(12))
def test_the_stage_means_what_duckdb_means(select: str, seed: int) -> None:
    compiled = query(select)
    rows = timed_rows(2 * seed, seed)
    assert sorted_(evaluated(compiled, rows)) == sorted_(duckdb(compiled, rows))


def random_condition(source: random.Random, depth: int) -> str:
    if depth and source.random() < 0.6:
        left, right = random_condition(source, depth - 1), random_condition(source, depth - 1)
        form = source.choice(["({} AND {})", "({} OR {})", "NOT ({} OR {})", "({} AND NOT {})"])
        return form.format(left, right)
    column = source.choice(["load", "temp", "zone", "meter"])
    other = source.choice(["load", "temp", "zone", str(source.randint(-50, 50)), "-12.3", "0.05", "999.99"])
    operator = source.choice(["=", "<>", "<", "<=", ">", ">="])
    return source.choice(
        [
            f"{column} {operator} {other}",
            f"{column} BETWEEN -3 AND {other}",
            f"{column} IN (0, 7, -1, 50.5)",
            "ok",
            "ok = FALSE",
            f"{other} {operator} {column}",
            f"zone % 4 {operator} {source.randint(-3, 3)}",
            f"load {operator} SIGN(zone) * {source.randint(0, 99)}",
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_random_conditions_mean_what_duckdb_means(seed: int) -> None:
    source = random.Random(seed)
    compiled = query(GROUPED.replace("temp > 0", random_condition(source, 3)))
    rows = timed_rows(30, seed)
    assert sorted_(evaluated(compiled, rows)) == sorted_(duckdb(compiled, rows))


@pytest.mark.parametrize("seed", range(6))
def test_circuits_of_random_conditions_accept_what_the_plan_says(seed: int) -> None:
    """The R1CS agrees with the plan, which agrees with DuckDB, on each of many windows."""
    source = random.Random(1000 + seed)
    condition = f"{random_condition(source, 2)} OR load > {source.randint(-900, 900)}"
    results = "window_start, MIN(load) AS a, COUNT(*) AS n, AVG(temp) AS t"
    select = f"SELECT {results} {WINDOW} WHERE {condition} GROUP BY window_start, window_end"
    subject = Subject.compile(select)
    for window in range(12):
        rows = random_rows(window % 5, 100 * seed + window)
        assert subject.accepts(subject.honest(Secrets.of(rows))), (condition, rows)


def test_proven_results_are_duckdbs(tmp_path: Path) -> None:
    """Through real proofs and the verifier, with groups and a private condition."""
    source = random.Random(3)
    readings = sorted(
        ((source.randint(1, 3), source.randint(0, 39_999), source.randint(-999, 999)) for _ in range(11)),
        key=lambda r: r[1],
    )
    world = World.make(tmp_path, GROUPED, readings)
    outcome = world.verify(world.honest)
    assert outcome.verified
    rows = [o.columns(world.stream) for w in world.closed for o in w.held]
    assert sorted_(outcome.results) == sorted_(duckdb(query(GROUPED), rows))


def test_the_first_query_end_to_end_equals_duckdb(tmp_path: Path) -> None:
    """`zkql run` over 2,000 NEXMark events: SQL to verified results, compared with DuckDB."""
    done = CliRunner().invoke(
        app,
        ["run", str(HIGHEST_BID), "--source", "nexmark", "--events", "2000", "--seed", "7",
         "-o", str(tmp_path / "all"), "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["verified"] is True
    assert report["rejected"] == []
    assert report["proof_bytes"] == 256
    compiled = compile_query(read_source(HIGHEST_BID))
    rows = [r.values for r in read_rows(tmp_path / "all/data/bid.jsonl", compiled.plan.stream)]
    assert len(rows) == 1840
    assert len(report["results"]) == 20
    assert sorted_(report["results"]) == sorted_(duckdb(compiled, rows))
