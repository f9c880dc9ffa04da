"""NEXMark in zkql: how far each query gets, what its plans look like, and that they mean what DuckDB means.

Snapshots are in tests/snapshots/nexmark, one file a query. ``ZKQL_UPDATE_SNAPSHOTS=1`` writes them anew.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reference.duckdb_sql import translate
from tests.reference.engine import Engine
from zkql.compiler import Attempt, Stage, attempt
from zkql.errors import Source
from zkql.explain.text import stage_lines
from zkql.nexmark import Config, generate
from zkql.plan.interpret import interpret
from zkql.plan.nodes import Scan
from zkql.plan.schema import StreamSchema, TableSchema
from zkql.plan.types import Value, parse_value
from zkql.plan.walk import walk

if TYPE_CHECKING:
    from zkql.plan.nodes import Node

FOLDER = Path(__file__).parent.parent / "queries/nexmark"
README = FOLDER / "README.md"
SNAPSHOTS = Path(__file__).parent / "snapshots/nexmark"
PROVEN = None
PLANNED = "ZKQL0301"
NAMES = sorted(path.stem for path in FOLDER.glob("*.zkql"))

Row = dict[str, Value | None]


@dataclass(frozen=True, slots=True)
class Refused:
    """The codes, each once, and the text under the first caret, without its line breaks."""

    codes: tuple[str, ...]
    at: str


def planned(at: str, *codes: str) -> Refused:
    """What can be proven, and has no circuit yet."""
    return Refused(codes or (PLANNED,), at)


@dataclass(frozen=True, slots=True)
class Large:
    """A circuit that is written, and that the ZoKrates compiler has no memory for; in millions of
    constraints."""

    millions: float


EXPECTED: dict[str, Refused | Large | None] = {
    "highest_bid": PROVEN,
    "q0": planned("bid"),
    "q1": planned("bid"),
    "q2": planned("bid"),
    "q2_private_auction": planned("bid"),
    "q3": planned("a.seller = p.id AND …"),
    "q4": planned("a.window_start, a.window_end, a.id, a.category"),
    "q5": planned("RANK() OVER (PARTITION BY window_start, window_end ORDER BY num DESC)"),
    "q5_private_auction": planned("RANK() OVER (PARTITION BY window_start, window_end ORDER BY num DESC)"),
    "q6": planned("AVG(price) OVER ( PARTITION BY window_start, window_end, seller …"),
    "q7": planned("h.price = b.price AND …"),
    "q8": planned("o.seller = n.id AND …"),
    "q9": planned("ROW_NUMBER() OVER ( PARTITION BY a.window_start, a.window_end, a.id …"),
    "q10": planned("bid"),
    "q11": planned("TABLE(SESSION(TABLE bid PARTITION BY bidder, …"),
    "q12": Refused(("ZKQL0312",), "PROCTIME()"),
    "q12_event_time": PROVEN,
    "q13": planned("s.key = MOD(b.auction, 10000)"),
    "q13_totals": PROVEN,
    "q14": planned("bid"),
    "q15": Large(4.0),
    "q16": Large(4.0),
    "q16_private_auction": Large(4.6),
    "q17": Large(2.1),
    "q17_prices": PROVEN,
    "q17_private_auction": Large(2.9),
    "q18": planned("channel"),
    "q19": planned("channel"),
    "q19_private_auction": planned("auction"),
    "q20": planned("b.auction = a.id AND …"),
    "q21": planned("bid"),
    "q22": planned("bid"),
    "q23": planned("a.seller = b.bidder AND …"),
}
"""How far each query gets in this version."""

NATIVE = [name for name in NAMES if name != "q12"]
"""All but the one that asks for the processor's clock."""


@cache
def attempted(name: str) -> Attempt:
    path = FOLDER / f"{name}.zkql"
    beside = "'path'" in path.read_text()  # a file is found from wherever the tests run
    return attempt(Source(str(path) if beside else path.name, path.read_text()))


def test_every_query_has_an_expectation() -> None:
    assert sorted(EXPECTED) == NAMES
    assert {f"q{number}" for number in range(24)} <= set(NAMES)


# --- how far they get -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_query_is_proven_or_refused_for_the_stated_reason(name: str) -> None:
    tried, expected = attempted(name), EXPECTED[name]
    if not isinstance(expected, Refused):
        assert tried.error is None
        assert tried.reached is Stage.ZOKRATES
        millions = tried.circuit.constraints / 1e6 if tried.circuit else 0.0
        assert expected == (PROVEN if millions < 1 else Large(round(millions, 1)))
        return
    assert tried.logical is not None
    assert tried.staged is None
    assert tried.error is not None
    found = tried.error.diagnostics
    assert tuple(dict.fromkeys(d.code for d in found)) == expected.codes
    text = " ".join(found[0].labels[0].span.text.split())
    start = expected.at.removesuffix("…")
    assert text.startswith(start) if start != expected.at else text == start


@pytest.mark.parametrize("name", [name for name in NAMES if isinstance(EXPECTED[name], Refused)])
def test_each_refusal_has_a_place_and_something_to_do(name: str) -> None:
    error = attempted(name).error
    assert error is not None
    for diagnostic in error.diagnostics:
        assert diagnostic.labels
        assert diagnostic.notes


def test_the_readme_says_how_far_each_query_gets() -> None:
    rows = re.findall(r"^\| \[(\w+)]\((\w+)\.zkql\) .*\| (.+?) \|$", README.read_text(), re.MULTILINE)
    statuses = {name: re.split("[:,]", status)[0] for name, file, status in rows if name == file}
    assert statuses == {name: _status(expected) for name, expected in EXPECTED.items()}


def _status(expected: Refused | Large | None) -> str:
    if expected is PROVEN:
        return "proven"
    if isinstance(expected, Large):
        return f"{expected.millions} million constraints"
    return "planned" if expected.codes[-1] == PLANNED else "cannot be proven"


def test_private_auctions_change_nothing_but_privacy() -> None:
    private = [name for name in NAMES if name.endswith("_private_auction")]
    assert private
    for name in private:
        own, public = (_statements(n) for n in (name, name.removesuffix("_private_auction")))
        assert "auction   BIGINT PRIVATE," in own
        assert own.replace("BIGINT PRIVATE", "BIGINT PUBLIC") == public


def _statements(name: str) -> str:
    """A file without the comment at its top."""
    return attempted(name).source.text.partition("\n\n")[2].partition("CREATE STREAM")[2]


# --- what their plans look like -------------------------------------------------------------------


def snapshot(name: str) -> str:
    """The bound, the logical and the staged plan, or what is refused instead."""
    tried = attempted(name)
    forms = {stage: stage_lines(tried, stage) for stage in (Stage.BOUND, Stage.LOGICAL, Stage.STAGED)}
    parts = [f"-- {stage}\n" + "\n".join(form) for stage, form in forms.items() if form is not None]
    if tried.error is not None:
        parts.append(f"-- refused\n{tried.error}")
    return "\n\n".join(parts) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_plans_and_refusals_are_those_of_the_snapshot(name: str) -> None:
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("ZKQL_UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(snapshot(name))
    assert snapshot(name) == path.read_text()


def test_every_snapshot_has_a_query() -> None:
    assert sorted(path.stem for path in SNAPSHOTS.iterdir()) == NAMES


# --- what they mean -------------------------------------------------------------------------------

DATA = {
    "across midnight": Config(2500, rate=20, base_time_ms=1_767_225_540_000),
    "across eight in the morning": Config(2500, seed=11, rate=20, base_time_ms=1_767_254_340_000),
}
"""Two minutes each: 2,300 bids on 150 auctions of 50 persons."""

SIDE_INPUT: list[Row] = [{"key": key, "value": f"value {key}"} for key in range(1000, 1200, 3)]


@cache
def events(data: str) -> dict[str, list[dict[str, int | str]]]:
    found: dict[str, list[dict[str, int | str]]] = {}
    for name, record in generate(DATA[data]):
        found.setdefault(name, []).append(record)
    return found


def tables(plan: Node, data: str) -> dict[str, list[Row]]:
    """The rows of every relation that a plan scans."""
    scanned = {node.relation for node in walk(plan) if isinstance(node, Scan)}
    return {r.name: rows_of(r, data) if isinstance(r, StreamSchema) else _known(r) for r in scanned}


def _known(table: TableSchema) -> list[Row]:
    if table.rows is None:
        return SIDE_INPUT
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


@cache
def rows_of(stream: StreamSchema, data: str) -> list[Row]:
    """Generated rows. Where a price is a BIGINT, as in NEXMark, it is in cents."""
    return [
        {
            c.name: parse_value(_cents(record[c.name]) if c.type.is_integer else record[c.name], c.type)
            for c in stream.columns
        }
        for record in events(data)[stream.name]
    ]


def _cents(value: int | str) -> int:
    """A price in cents; any other number as it is."""
    return int(value.replace(".", "")) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("name", NATIVE)
def test_the_plans_mean_what_duckdb_means(name: str, data: str, engine: Engine) -> None:
    tried = attempted(name)
    assert tried.file is not None
    assert tried.bound is not None
    assert tried.logical is not None
    rows = tables(tried.bound.plan, data)
    query = translate(tried.file)
    expected = Counter(engine.run(query, rows))
    assert expected, "no rows, so nothing is compared"
    for plan in (tried.bound.plan, tried.logical):
        assert tuple((c.name, c.type) for c in plan.columns) == query.columns
        assert Counter(tuple(row.values()) for row in interpret(plan, rows)) == expected


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_private_auction")])
def test_what_is_private_changes_no_result(name: str) -> None:
    results = []
    for own in (name, name.removesuffix("_private_auction")):
        tried = attempted(own)
        assert tried.logical is not None
        results.append(interpret(tried.logical, tables(tried.logical, "across midnight")))
    assert results[0] == results[1]
