"""zkql against DuckDB: the plan's evaluation on many queries, circuits and proofs on some."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import duckdb_reference
from tests.harness import FILTERED, GROUPED, PLAIN, SUMMED, WINDOW, Secrets, Subject, query, random_rows
from tests.world import World
from zkql.cli.app import app
from zkql.compiler import Compiled, compile_query, read_source
from zkql.plan import evaluate
from zkql.plan.types import Value, parse_value
from zkql.runtime.sensor import read_rows

HIGHEST_BID = Path(__file__).parent.parent / "queries/nexmark/highest_bid.zkql"
TIMES = (-25_000, -10_001, -10_000, -1, 0, 1, 9_999, 10_000, 19_999, 20_000, 86_400_000)


def evaluated(compiled: Compiled, rows: list[dict[str, Value]]) -> dict[duckdb_reference.Group, list]:
    """What the staged plan says, in DuckDB's form: no group, no row."""
    plan = compiled.plan
    by_window: dict[int, list[dict[str, Value]]] = {}
    for row in rows:
        by_window.setdefault(plan.window_start(int(row[plan.stream.time])), []).append(row)
    found = {}
    for start, members in by_window.items():
        for key, own in evaluate.groups(plan, members, lambda r: r).items():
            predicate = plan.circuit.predicate if plan.circuit else None
            chosen = evaluate.selected(predicate, own)
            kept = [r for r, keep in zip(own, chosen, strict=True) if keep]
            if kept:
                found[start, key] = [evaluate.aggregate(call, kept) for call in plan.calls]
    return found


def timed_rows(count: int, seed: int) -> list[dict[str, Value]]:
    source = random.Random(seed)
    return [{**row, "ts": source.choice(TIMES)} for row in random_rows(count, seed)]


@pytest.mark.parametrize(
    "select", [PLAIN, FILTERED, GROUPED, SUMMED], ids=["plain", "filtered", "grouped", "summed"]
)
@pytest.mark.parametrize("seed", range(25))
def test_the_plan_means_what_duckdb_means(select: str, seed: int) -> None:
    compiled = query(select)
    rows = timed_rows(seed, seed)
    assert evaluated(compiled, rows) == duckdb_reference.run(compiled.query, rows)


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
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_random_conditions_mean_what_duckdb_means(seed: int) -> None:
    source = random.Random(seed)
    select = GROUPED.replace("temp > 0", random_condition(source, 3))
    compiled = query(select)
    rows = timed_rows(30, seed)
    assert evaluated(compiled, rows) == duckdb_reference.run(compiled.query, rows)


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


def test_proven_results_are_duckdbs(tmp_path) -> None:
    """Through real proofs and the verifier, with groups and a private condition."""
    source = random.Random(3)
    readings = sorted(
        ((source.randint(1, 3), source.randint(0, 39_999), source.randint(-999, 999)) for _ in range(11)),
        key=lambda r: r[1],
    )
    world = World.make(tmp_path, GROUPED, readings)
    outcome = world.verify(world.honest)
    assert outcome.verified
    rows = [o.columns(world.stream) for w in world.closed for o in w.rows]
    reference = duckdb_reference.run(query(GROUPED).query, rows)
    proven = [
        (
            r["window_start"],
            r["zone"],
            parse_value(r["total"], world.bundle.manifest.plan.calls[0].type),
            r["n"],
        )
        for r in outcome.results
    ]
    from zkql.plan.types import format_timestamp

    assert proven == [(format_timestamp(s), k[0], *v) for (s, k), v in sorted(reference.items())]


def test_the_first_query_end_to_end_equals_duckdb(tmp_path) -> None:
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
    stream = compiled.query.stream
    rows = [r.values for r in read_rows(tmp_path / "all/data/bid.jsonl", stream)]
    assert len(rows) == 1840
    reference = duckdb_reference.run(compiled.query, rows)
    assert len(report["results"]) == len(reference) == 20
    for result, ((start, _), values) in zip(report["results"], sorted(reference.items()), strict=True):
        expected = evaluate.output_row(compiled.plan.outputs, start, compiled.plan.size, (), values)
        assert result == expected
