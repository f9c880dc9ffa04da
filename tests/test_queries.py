"""Queries bound to logical plans, one fixture file a subject, and that the plans mean what DuckDB means.

A fixture is a list of statements over the declarations of tests/language.py, each followed by its plan as
comments. ``ZKQL_UPDATE_SNAPSHOTS=1`` writes the plans anew; a person reads them.
"""

from __future__ import annotations

import os
import random
import re
from functools import cache
from pathlib import Path

import pytest

from tests.language import DECLARED, bound, plan
from tests.reference.duckdb_sql import translate
from tests.reference.engine import Engine, same
from zkql.lang.parse import parse
from zkql.plan.interpret import interpret
from zkql.plan.nodes import Node, Union
from zkql.plan.rewrites import rewrite
from zkql.plan.types import Value
from zkql.plan.walk import check, walk

FIXTURES = Path(__file__).parent / "fixtures/binding"
FILES = sorted(path.stem for path in FIXTURES.iterdir())


def cases(name: str) -> list[tuple[str, str]]:
    """Statements and their plans."""
    text = (FIXTURES / f"{name}.sql").read_text()
    blocks = re.findall(r"((?:^(?!-- ).+\n)+)((?:^-- .*\n)*)", text, re.MULTILINE)
    return [(statement.strip(), shown) for statement, shown in blocks]


EVERY = [statement for name in FILES for statement, _ in cases(name)]


@pytest.mark.parametrize("name", FILES)
def test_plans(name: str) -> None:
    path = FIXTURES / f"{name}.sql"
    found = [(s, "".join(f"-- {line}\n" for line in plan(s))) for s, _ in cases(name)]
    if os.environ.get("ZKQL_UPDATE_SNAPSHOTS"):
        path.write_text("\n".join(f"{statement}\n{shown}" for statement, shown in found))
    assert found == cases(name)


def tables(seed: int) -> dict[str, list[dict[str, Value | None]]]:
    """Rows of the declared streams and table, with ties, and NULLs where they may be."""
    source = random.Random(seed)
    count = source.choice([0, 1, 6, 15])
    readings = [
        {
            "meter": source.randint(1, 3),
            "zone": source.choice([0, 1, 1, 2]),
            "ts": 1_000 * source.randint(0, 9) + source.choice([0, 0, 500]),
            "load": source.choice([-9999, -5, 0, 15, 15, 9999]),
            "temp": source.randint(-2, 2),
            "ok": source.randint(0, 1),
            "seen": 1_000 * source.randint(0, 3),
            "live": source.randint(0, 1),
            "label": source.choice(["", "a", "b"]),
        }
        for _ in range(count)
    ]
    sales = [
        {
            "shop": source.randint(1, 3),
            "at": 700 * n,
            "zone": source.randint(0, 2),
            "price": source.randint(-3, 9),
        }
        for n in range(count)
    ]  # prices tie, times do not
    places = [
        {"zone": n % 4, "name": source.choice([None, "x", "y"]), "size": source.choice([None, n * 50])}
        for n in range(source.choice([0, 5]))
    ]
    return {"reading": readings, "sale": sales, "place": places}


@cache
def engine() -> Engine:
    return Engine()


def results(node: Node, rows: dict[str, list[dict[str, Value | None]]]) -> list[tuple[Value | None, ...]]:
    names = [column.name for column in node.columns]
    return [tuple(row[name] for name in names) for row in interpret(node, rows)]


@pytest.mark.parametrize("statement", EVERY)
def test_plans_mean_what_duckdb_means(statement: str) -> None:
    query = bound(DECLARED + statement)
    reference = translate(parse(query.source))
    rewritten = rewrite(query.plan)
    for node in (query.plan, rewritten):
        check(node)
    total = not any(isinstance(node, Union) for node in walk(query.plan))
    for seed in range(12):
        rows = tables(seed)
        expected = engine().run(reference, rows)
        for node in (query.plan, rewritten):
            assert same(results(node, rows), expected, ordered=reference.ordered and total), seed


def test_computed_columns_of_a_target_are_not_written() -> None:
    table = "CREATE TABLE sink (z INT, twice AS z + z, n VARCHAR); "
    for target in ("sink", "sink (z, n)"):
        found = bound(f"{DECLARED}{table}INSERT INTO {target} SELECT zone, name FROM place")
        assert ([c.name for c in found.plan.columns], found.target) == (["z", "n"], "sink")


def test_a_query_that_inserts_nowhere_has_no_target() -> None:
    assert bound(f"{DECLARED}SELECT zone FROM place").target is None
