"""Each rewrite: the plan before and after, one fixture file a rewrite, and that the meaning stays.

A fixture is a list of cases: a comment that says what is shown, a query, and (made by the test with
ZKQL_UPDATE_SNAPSHOTS=1, and then read by a person) the plan before and after as comments.
"""

from __future__ import annotations

import os
import random
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from zkql.errors import Source
from zkql.lang.bind import bind
from zkql.lang.parse import parse
from zkql.plan.interpret import interpret
from zkql.plan.nodes import Node
from zkql.plan.rewrites import REWRITES, rewrite
from zkql.plan.scalar import EvaluationError
from zkql.plan.text import lines
from zkql.plan.walk import align, check
from zkql.tables import with_rows

FIXTURES = Path(__file__).parent / "fixtures/rewrites"
AREA = Path(__file__).parent / "fixtures/tables/area.csv"
DECLARED = f"""
CREATE STREAM reading (
  meter BIGINT, zone INT PUBLIC, ts TIMESTAMP(3), load DECIMAL(4, 1), ok BOOLEAN, note VARCHAR(8) PUBLIC NULL,
  label VARCHAR(4) PUBLIC, WATERMARK FOR ts AS ts
) SIGNED BY meter;
CREATE TABLE place (zone INT NOT NULL, name VARCHAR);
CREATE TABLE area (zone INT NOT NULL, name VARCHAR, rank INT) WITH ('path' = '{AREA}');
CREATE VIEW loaded AS SELECT * FROM reading WHERE load > 0;
CREATE VIEW renamed AS SELECT ts AS moment, load + load AS double FROM reading;
"""


@dataclass(frozen=True)
class Case:
    title: str
    query: str
    expected: str


def cases(name: str) -> list[Case]:
    text = (FIXTURES / f"{name}.sql").read_text()
    found = []
    for block in re.findall(
        r"^-- (?!r\d|before|after)(.*)\n((?:.*\n)*?)(?=^-- (?!r\d|before|after)|\Z)", text, re.M
    ):
        title, body = block
        query = "".join(line + "\n" for line in body.splitlines() if not line.startswith("-- "))
        expected = "".join(line + "\n" for line in body.splitlines() if line.startswith("-- "))
        found.append(Case(title, query.strip(), expected))
    return found


def plan_of(query: str) -> Node:
    source = Source("test.zkql", DECLARED + query)
    return with_rows(bind(parse(source), source)).plan


def shown(before: Node, after: Node) -> str:
    text = ["before", *lines(before), "after", *lines(after)]
    return "".join(f"-- {line}\n" for line in text)


def tables(seed: int) -> dict[str, list[dict[str, object]]]:
    source = random.Random(seed)
    times = [-1, 0, 1_999, 2_000, 9_999, 10_000, 12_345, 25_000]
    readings = [
        {
            "meter": source.randint(1, 2),
            "zone": source.choice([-1, 0, 1, 3, 4]),
            "ts": source.choice(times),
            "load": source.choice([-9999, -10, 0, 30, 51, 9999]),
            "ok": source.randint(0, 1),
            "note": source.choice([None, "", "a"]),
            "label": source.choice(["a", "b"]),
        }
        for _ in range(source.choice([0, 1, 12]))
    ]
    places = [{"zone": source.randint(0, 4), "name": source.choice([None, "x", "y"])} for _ in range(4)]
    return {"reading": readings, "place": places}


def results(plan: Node, rows: dict[str, list[dict[str, object]]]) -> list[tuple[object, ...]] | str:
    try:
        found = [tuple(row.values()) for row in interpret(plan, rows)]  # type: ignore[arg-type]
    except EvaluationError:
        return "an error"
    return sorted(found, key=repr)


EVERY = [(step, case) for step in REWRITES for case in cases(step.__name__)]


def test_every_rewrite_has_a_fixture() -> None:
    assert {p.stem for p in FIXTURES.iterdir()} == {step.__name__ for step in REWRITES}


@pytest.mark.parametrize("step", REWRITES, ids=lambda s: s.__name__)
def test_plans_before_and_after(step) -> None:
    path = FIXTURES / f"{step.__name__}.sql"
    text = ""
    for case in cases(step.__name__):
        before = plan_of(case.query)
        after = align(step(before))
        text += f"-- {case.title}\n{case.query}\n{shown(before, after)}"
    if os.environ.get("ZKQL_UPDATE_SNAPSHOTS"):
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("step, case", EVERY, ids=[f"{s.__name__}: {c.title}" for s, c in EVERY])
def test_the_meaning_stays(step, case: Case) -> None:
    before = plan_of(case.query)
    after = align(step(before))
    check(after)
    assert [(c.name, c.type) for c in after.columns] == [(c.name, c.type) for c in before.columns]
    for seed in range(12):
        rows = tables(seed)
        assert results(after, rows) == results(before, rows)
        assert results(rewrite(before), rows) == results(before, rows)


@pytest.mark.parametrize("step, case", EVERY, ids=[f"{s.__name__}: {c.title}" for s, c in EVERY])
def test_a_rewrite_done_twice_changes_nothing_more(step, case: Case) -> None:
    once = align(step(plan_of(case.query)))
    assert align(step(once)) == once
