"""``zkql explain``: what it shows is true, stable, and stays text whatever the names are."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tests import chains, snapshots
from tests.harness import (
    FEW_GROUPS_STREAM,
    FILTERED,
    GROUPED,
    HIDDEN,
    HIGHEST,
    LOWEST,
    PLAIN,
    SOLO_STREAM,
    STREAM,
    SUMMED,
    WINDOW,
    Subject,
    query,
)
from zkql.circuit.gadgets.base import Part
from zkql.circuit.gadgets.poseidon import poseidon_constraints
from zkql.cli.app import app
from zkql.compiler import Attempt, Stage, attempt, compile_query
from zkql.errors import Source, Span, query_error
from zkql.explain.cost import cost_of
from zkql.explain.escape import written
from zkql.explain.leakage import Leakage, leakage
from zkql.explain.report import Format, explained, is_missing
from zkql.explain.svg import _laid_out, plan_svg
from zkql.explain.view import Place, boxes
from zkql.plan.calls import Aggregation, Analytic, Frame, Named, Output, SortKey
from zkql.plan.expressions import BOOLEAN, Comparator, Comparison, Literal
from zkql.plan.functions.aggregates import Function
from zkql.plan.nodes import (
    Aggregate,
    Filter,
    Join,
    Limit,
    Node,
    Over,
    Project,
    Scan,
    Union,
    Window,
    WindowKind,
)
from zkql.plan.schema import ColumnSchema, StreamSchema, TableSchema
from zkql.plan.text import numbered
from zkql.plan.types import BIGINT, TIMESTAMP

QUERIES = Path(__file__).parent.parent / "queries/nexmark"
CHAINED = (QUERIES.parent / "meters/load.zkql").read_text()
HOSTILE_NAME = """</title><script>alert("1")</script> --> %%{init}%% | ] \\N &amp; #quot; 'x' *b*"""
HOSTILE = f"""
CREATE STREAM `{HOSTILE_NAME}` (
  `<b>"d"</b>` BIGINT, `a|b` VARCHAR PUBLIC, ts TIMESTAMP(3), `]]>` DECIMAL(4, 1), WATERMARK FOR ts AS ts
) SIGNED BY `<b>"d"</b>` WITH ('capacity' = '2');
SELECT `a|b` AS `"`, MAX(`]]>`) AS `</svg><img src=x>`
FROM TABLE(TUMBLE(TABLE `{HOSTILE_NAME}`, DESCRIPTOR(ts), INTERVAL '1' DAY))
WHERE `]]>` > 1.5 AND `a|b` <> '</script>"\\' GROUP BY `a|b`, window_start, window_end;
"""
KEPT = f"""
SELECT zone AS area, window_end, MAX(load) AS peak, COUNT(*) AS n
{WINDOW}
WHERE zone >= 0 AND (temp BETWEEN -3 AND 30 OR zone > 5) AND window_start > TIMESTAMP '2026-01-01 00:00:00'
GROUP BY zone, window_start, window_end
"""
PUBLIC = f"""
SELECT zone, window_start, window_end, COUNT(*) AS n, MAX(zone) AS top {WINDOW}
GROUP BY zone, window_start, window_end HAVING COUNT(*) > 2
"""
HAVING = f"""
SELECT zone, window_start, SUM(load) AS total {WINDOW}
GROUP BY zone, window_start, window_end HAVING COUNT(*) > 2
"""


def source(select: str, capacity: int = 4) -> str:
    return STREAM.format(capacity=capacity) + select + ";\n"


TEXTS = {
    "highest_bid": (QUERIES / "highest_bid.zkql").read_text(),
    "meters": CHAINED,
    "groups": source(KEPT),
    "private_groups": source(HIDDEN),
    "public": source(PUBLIC),
    "hostile": HOSTILE,
}
REFUSED = {
    "syntax": ("SELECT", None, "ZKQL0101"),
    "bind": (
        source(f"SELECT MAX(prise) AS m {WINDOW} GROUP BY window_start, window_end"),
        Stage.AST,
        "ZKQL0207",
    ),
    "cut": (
        source(SUMMED.replace("TUMBLE", "HOP").replace("'10' SECOND", "'2' SECOND, INTERVAL '10' SECOND")),
        Stage.LOGICAL,
        "ZKQL0301",
    ),
}


def tried(text: str, name: str = "query.zkql") -> Attempt:
    return attempt(Source(name, text))


# --- snapshots --------------------------------------------------------------------------------------


def without_circuit(text: str) -> str:
    """The generated hash is long, says nothing about the query, and has tests of its own."""
    hashed = r"(?<=def poseidon).*?(?=(\\n|\n)}(\\n|\n))"
    return re.sub(hashed, " …", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("stage", Stage)
def test_each_stage_is_shown_as_accepted(name: str, stage: Stage) -> None:
    text = explained(tried(TEXTS[name], f"{name}.zkql"), Format.TEXT, stage)
    snapshots.matches(f"explain/{name}/{stage}.txt", without_circuit(text))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "file, chosen",
    [
        ("all.txt", Format.TEXT),
        ("all.json", Format.JSON),
        ("page.html", Format.HTML),
        ("plan.mmd", Format.MERMAID),
        ("plan.dot", Format.GRAPHVIZ),
    ],
)
def test_each_format_is_shown_as_accepted(name: str, file: str, chosen: Format) -> None:
    text = explained(tried(TEXTS[name], f"{name}.zkql"), chosen, cost=True, leaks=True)
    assert text.endswith("\n")
    snapshots.matches(f"explain/{name}/{file}", without_circuit(text))


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_query_is_shown_as_far_as_it_got(name: str) -> None:
    text, reached, code = REFUSED[name]
    done = tried(text)
    assert done.reached is reached
    assert done.error is not None
    assert code in str(done.error)
    snapshots.matches(f"explain/refused/{name}.txt", explained(done, Format.TEXT, cost=True, leaks=True))
    every = explained(done, Format.TEXT, Stage.ZOKRATES)
    assert re.findall(r"^-- (\w+)$", every, re.M) == [
        str(s) for s in Stage if reached and list(Stage).index(s) <= list(Stage).index(reached)
    ]
    data = json.loads(explained(done, Format.JSON))
    assert data["reached"] == (str(reached) if reached else None)
    assert data["errors"][0]["code"] == code
    assert data["cost"] is data["leakage"] is data["stages"]["zokrates"] is None
    page = explained(done, Format.HTML)
    assert code in page
    assert is_missing(done, None)


def test_the_zokrates_stage_is_the_circuit() -> None:
    done = tried(TEXTS["groups"])
    assert done.circuit is not None
    assert explained(done, Format.TEXT, Stage.ZOKRATES) == done.circuit.source.rstrip("\n") + "\n"


# --- cost -------------------------------------------------------------------------------------------

COMPARED = f"""
SELECT zone, SUM(load) AS total, MIN(temp) AS least {WINDOW}
WHERE NOT (temp = 5 OR load < zone) AND temp <> 7 GROUP BY zone, window_start, window_end
"""
ORDERED = f"""
SELECT window_start, MEDIAN(load) AS m, COUNT(DISTINCT temp) AS d {WINDOW} GROUP BY window_start, window_end
"""
FLAGGED = f"SELECT COUNT(*) AS n {WINDOW} WHERE ok GROUP BY window_start, window_end"
WIDE_STREAM = STREAM.replace(
    "  zone ", "  first VARCHAR(11), second VARCHAR(11), third VARCHAR(11),\n  zone "
)
"""The first element of a commitment has no column; of the next three nothing is read."""
CIRCUITS = {
    "plain": (PLAIN, STREAM, 4),
    "filtered": (FILTERED, STREAM, 4),
    "grouped": (GROUPED, STREAM, 4),
    "highest": (HIGHEST, SOLO_STREAM, 4),
    "lowest": (LOWEST, SOLO_STREAM, 4),
    "summed": (SUMMED, STREAM, 2),
    "compared": (COMPARED, STREAM, 3),
    "flagged": (FLAGGED, STREAM, 2),
    "hidden": (HIDDEN, FEW_GROUPS_STREAM, 4),
    "ordered": (ORDERED, STREAM, 3),
    "wide": (PLAIN, WIDE_STREAM, 3),
}
NULL_STREAM = STREAM.replace("zone  INT PUBLIC", "zone INT PUBLIC NULL").replace("(4, 1)", "(4, 1) NULL")
MISSING = f"""
SELECT window_start, SUM(load) AS total {WINDOW} WHERE load < zone GROUP BY window_start, window_end
"""
KINDS = {
    Part.WHOLE: "Tumble",
    Part.ROWS: "Scan",
    Part.WHERE: "Filter",
    Part.GROUP: "Aggregate",
    Part.RESULT: "Aggregate",
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_each_plan_node_costs_what_zokrates_compiles_it_to(name: str) -> None:
    select, stream, capacity = CIRCUITS[name]
    subject = Subject.compile(select, capacity, stream)
    circuit, costs = subject.circuit, cost_of(subject.compiled)
    assert costs is not None
    regions = circuit.regions[-len(circuit.gadgets) :]  # those before are the hashes
    found: Counter[str] = Counter()
    hashed = 0
    for region, gadget in zip(regions, circuit.gadgets, strict=True):
        own = sum(poseidon_constraints(inputs) * times for inputs, times in gadget.hashes.items())
        own -= sum(gadget.folded.values())
        hashed += own
        found[KINDS[gadget.origin.part]] += own + sum(map(region.has, subject.program.system.lines))
    kinds = {box.name: box.kind for box in boxes(subject.compiled.logical)}
    assert {kinds[node]: count for node, count in costs.by_node().items() if count} == +found
    assert costs.constraints == len(subject.program.system.constraints)
    assert hashed == sum(
        any(r.has(line) for r in circuit.regions[: -len(circuit.gadgets)])
        for line in subject.program.system.lines
    )


@pytest.mark.parametrize("name", CIRCUITS)
@pytest.mark.parametrize("capacity", [2, 3, 50])
def test_the_table_adds_up(name: str, capacity: int) -> None:
    select, stream, _ = CIRCUITS[name]
    compiled = query(select, capacity, stream)
    costs = cost_of(compiled)
    assert costs is not None
    assert compiled.circuit is not None
    assert sum(line.constraints for line in costs.lines) == costs.constraints == compiled.circuit.constraints
    assert all(line.constraints == line.per_unit * costs.units + line.fixed for line in costs.lines)
    public = sum(p.size for p in compiled.circuit.parameters if p.public)
    private = sum(p.size for p in compiled.circuit.parameters if not p.public)
    assert sum(line.public_inputs for line in costs.lines) == costs.public_inputs == public
    assert sum(line.private_inputs for line in costs.lines) == costs.private_inputs == private


def test_a_clause_stands_for_what_it_says() -> None:
    costs = cost_of(query(COMPARED, 10))
    assert costs is not None
    by_clause = {line.clause: line for line in costs.lines}
    assert by_clause["temp = 5"].per_unit == 3
    assert by_clause["load < zone"].formula == "36 N"
    assert by_clause["zone of each row, public"].public_inputs == 10
    assert by_clause["bits of ok (not used)"].constraints == 10
    assert by_clause["commitment (Poseidon)"].public_inputs == 11
    assert by_clause["WHERE"].public_inputs == 1  # whether any row passes
    assert by_clause["SUM(load)"].span is not None
    assert by_clause["SUM(load)"].public_inputs == 2  # the sum, and whether it is NULL


def test_private_groups_and_null_have_their_lines() -> None:
    costs = cost_of(query(HIDDEN, 10, FEW_GROUPS_STREAM))
    assert costs is not None
    by_clause = {line.clause: line for line in costs.lines}
    assert (
        by_clause["GROUP BY temp"].public_inputs == 6
    )  # the keys of 3 groups, and whether there are so many
    assert by_clause["GROUP BY temp"].formula == "7 N + 15"
    assert by_clause["MAX(load) FILTER (WHERE load < 60)"].public_inputs == 6
    assert by_clause["COUNT(*)"].public_inputs == 3
    costs = cost_of(query(MISSING, 10, NULL_STREAM))
    assert costs is not None
    by_clause = {line.clause: line for line in costs.lines}
    assert by_clause["whether load is NULL"].formula == "N"
    assert by_clause["zone of each row, public"].public_inputs == 20  # and whether it is NULL


def test_a_condition_of_a_call_is_part_of_its_line() -> None:
    costs = cost_of(query(HIDDEN))
    assert costs is not None
    assert [line.clause for line in costs.lines if "load < 60" in line.clause] == [
        "MAX(load) FILTER (WHERE load < 60)"
    ]


def test_what_is_public_costs_nothing() -> None:
    assert cost_of(query(PUBLIC)) is None
    text = explained(tried(source(PUBLIC)), Format.TEXT, cost=True)
    assert "cost: no circuit, no constraints" in text
    assert {box.place for box in boxes(query(PUBLIC).logical, None, staged=True)} == {Place.NATIVE}


def test_the_estimate_steps_up_at_a_power_of_two() -> None:
    """Measured: 28 and 29 rows of this query prove in 0.36 and 0.45 s, 27 rows take hardly less than 28."""
    seconds = []
    for capacity in (27, 28, 29):
        costs = cost_of(query(SUMMED, capacity))
        assert costs is not None
        seconds.append(costs.estimate.prove_seconds)
    assert seconds[1] - seconds[0] < 0.02 < 0.06 < seconds[2] - seconds[1]
    assert seconds[1] == pytest.approx(0.356, rel=0.15)
    assert seconds[2] == pytest.approx(0.447, rel=0.15)


def test_the_key_of_the_first_query_has_the_size_that_the_readme_measures() -> None:
    costs = cost_of(compile_query(Source("q", TEXTS["highest_bid"])))
    assert costs is not None
    assert costs.estimate.key_bytes == pytest.approx(43.4e6, rel=0.05)
    assert costs.estimate.prove_seconds == pytest.approx(1.16, rel=0.15)


# --- leakage ----------------------------------------------------------------------------------------


def told(found: Leakage) -> dict[str, str]:
    """By column; a column of the stream, where a result has its name."""
    return {line.column: "; ".join(map(str, line.consumer)) for line in reversed(found.table)}


@pytest.mark.parametrize(
    "select, expected, phrases, absent",
    [
        (
            HIGHEST,
            {
                "load": "aggregate: MAX, MIN, AVG, SUM",
                "temp": "commitment only",
                "zone": "value",
                "ts (event time)": "value",
                "most = MAX(load)": "value",
            },
            ["of every row: zone", "the result: window_start, most, least, mean, total"],
            ["private part of WHERE", "public part of WHERE", "groups"],
        ),
        (
            GROUPED,
            {
                "load": "aggregate: SUM",
                "temp": "condition: temp > 0",
                "group zone": "value",
                "whether WHERE keeps it": "aggregate: COUNT(*)",
                "each group: whether any row passes": "value",
            },
            ["whether any row of each group passes", "which rows belong to each: zone"],
            ["public part of WHERE"],
        ),
        (
            HIDDEN,
            {
                "load": "aggregate: SUM, MAX(load) FILTER (WHERE load < 60)",
                "temp": "aggregate: GROUP BY temp; condition: temp <> 7",
                "group zone": "value",
                "group temp": "value",
                "whether WHERE keeps it": "aggregate: COUNT(*)",
            },
            [
                "which groups there are, and which rows belong to each: zone",
                "which groups there are, and the results of each, but not which rows belong to it: temp",
                "which rows belong to which group, unless there is one group only: temp",
                "which rows pass the private part of WHERE",
            ],
            ["public part of WHERE", "whether any row"],
        ),
        (
            f"SELECT window_start, temp > 5 AS warm, COUNT(DISTINCT load) AS n {WINDOW} "
            "GROUP BY window_start, window_end, temp > 5",
            {
                "load": "aggregate: COUNT(DISTINCT load)",
                "temp": "aggregate: GROUP BY temp > 5",
                "group temp > 5": "value",
                "warm = temp > 5": "value",
            },
            ["but not which rows belong to it: temp > 5"],
            ["WHERE", "which rows belong to each", "key"],
        ),
        (
            f"SELECT SUM(load) FILTER (WHERE ok OR zone > 5) AS total {WINDOW} "
            "WHERE temp > 3 GROUP BY window_start, window_end",
            {"whether WHERE keeps it": "nothing", "ok": "aggregate: SUM(load) FILTER (WHERE ok OR zone > 5)"},
            [],
            [],
        ),
        (
            FILTERED,
            {
                "load": "aggregate: MAX, SUM, AVG; condition: load > -50.5, load <= zone",
                "temp": "aggregate: MIN; condition: (temp >= -3 AND temp <= 30) OR ok, temp <> 7",
                "ok": "condition: (temp >= -3 AND temp <= 30) OR ok",
            },
            ["all of that also of rows that the public part of WHERE leaves out"],
            ["groups"],
        ),
        (
            HAVING,
            {"load": "aggregate: SUM", "COUNT(*) (not selected)": "value"},
            [
                "which groups are left out of the result: it evaluates",
                "COUNT(*), which is not selected",
                "any aggregate of groups that are left out of the result",
            ],
            ["private part of WHERE"],
        ),
        (
            f"SELECT COUNT(*) AS n {WINDOW} WHERE load > temp GROUP BY window_start, window_end",
            {
                "load": "condition: load > temp",
                "temp": "condition: load > temp",
                "ok": "commitment only",
                "the window: whether any row passes": "value",
                "n = COUNT(*)": "value",
            },
            ["whether any row of the window passes"],
            ["groups"],
        ),
        (
            f"SELECT SUM(load) AS total {WINDOW} WHERE ok OR zone > 5 GROUP BY window_start, window_end",
            {"whether WHERE keeps it": "condition: zone > 5", "ok": "condition: ok OR zone > 5"},
            ["or public columns alone decide"],
            ["public part of WHERE"],
        ),
        (
            f"SELECT SUM(load) AS total {WINDOW} WHERE temp > 3 GROUP BY window_start, window_end",
            {"whether WHERE keeps it": "nothing"},
            ["which rows pass the private part of WHERE, and how many"],
            ["COUNT"],
        ),
        (
            PUBLIC,
            {"load": "commitment only", "zone": "value", "n = COUNT(*)": "value"},
            ["load of any row", "which groups are left out of the result"],
            ["any aggregate of groups"],
        ),
    ],
    ids=[
        *("highest", "grouped", "hidden", "warm", "filter", "filtered", "having"),
        *("counted", "decided", "summed", "public"),
    ],
)
def test_the_consumer_learns_exactly_this(
    select: str, expected: dict[str, str], phrases: list[str], absent: list[str]
) -> None:
    found = leakage(query(select).plan)
    assert expected.items() <= told(found).items()
    text = "\n".join(phrase for _, phrases in found.parties for phrase in phrases)
    for phrase in phrases:
        assert phrase in text
    for phrase in absent:
        assert phrase not in text
    for line in found.table:
        assert str(line.processor) == "value"
        assert str(line.world) == "nothing"


@pytest.mark.parametrize(
    "items, where, load, temp",
    [
        ("FIRST_VALUE(load) AS a", "", ", but of the one of FIRST_VALUE(load): public", None),
        ("ARG_MAX(load, zone) AS a", "", ", but of the one of ARG_MAX(load, zone): public", None),
        ("ARG_MAX(load, temp) AS a", "", ", beyond single values that the result shows: ARG_MAX", None),
        ("LAST_VALUE(load) AS a", "WHERE ok", ", beyond single values that", None),
        ("LAST_VALUE(load) FILTER (WHERE ok) AS a", "", ", beyond single values", None),
        ("MAX(load) AS a, FIRST_VALUE(temp) AS b", "", ", beyond single", ", but of the one of FIRST_VALUE"),
        ("SUM(load) AS a, COUNT(DISTINCT temp) AS b", "", None, None),
        ("TOP(load, 2) AS a, COLLECT_DISTINCT(temp) AS b", "", ", beyond single", ", beyond single"),
        ("PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY temp) AS b", "", None, ", beyond single values"),
    ],
    ids=["first", "arg", "arg_private", "where", "filter", "both", "sums", "lists", "percentile"],
)
def test_what_is_shown_of_single_rows_is_not_called_hidden(
    items: str, where: str, load: str | None, temp: str | None
) -> None:
    found = leakage(query(f"SELECT {items} {WINDOW} {where} GROUP BY window_start, window_end").plan)
    for name, phrase in (("load", load), ("temp", temp)):
        whole = f"{name} of any row"
        (own,) = (p for p in found.hidden if p.startswith(whole))
        assert own == whole if phrase is None else own.startswith(whole + phrase)


@pytest.mark.parametrize(
    "value, text",
    [
        (None, "NULL"),
        (True, "TRUE"),
        ("a", "a"),
        (["965.4", None, False], "[965.4, NULL, FALSE]"),
        ([Decimal("1.50")], "[1.50]"),
        ({"a": 1, "b": ["x"]}, "(1, [x])"),
        (datetime(2026, 1, 2, 3, 4, 5, 6000, UTC), "2026-01-02 03:04:05.006"),
    ],
)
def test_results_are_written_as_sql_people_read_them(value: object, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize("select", [PLAIN, FILTERED, GROUPED, HIDDEN, HAVING, PUBLIC])
def test_every_column_and_result_is_in_the_table(select: str) -> None:
    compiled = query(select)
    table = leakage(compiled.plan).table
    assert len(table) == len({(line.part, line.column) for line in table})
    columns = [line.column for line in table]
    for column in compiled.plan.stream.columns:
        assert any(c == column.name or c.startswith(f"{column.name} (") for c in columns)
    for output in compiled.plan.outputs:
        assert any(c == output.name or c.startswith(f"{output.name} = ") for c in columns)


def test_chain_provenance_would_hide_times_and_numbers() -> None:
    lines = {line.column: "; ".join(map(str, line.chain)) for line in leakage(query(SUMMED).plan).table}
    assert lines["ts (event time)"] == lines["sequence number"] == lines["temp"] == "nothing"
    assert lines["how many rows each device has"] == "nothing"
    assert lines["load"] == "aggregate: SUM"
    assert "with CHAIN provenance" in explained(tried(source(SUMMED)), Format.TEXT, leaks=True)


def test_chain_provenance_hides_them() -> None:
    """What a query over a stream of chains says of itself is what one over rows says of chains."""
    found = leakage(chains.query(SUMMED).plan)
    lines = {line.column: "; ".join(map(str, line.consumer)) for line in found.table}
    assert lines["ts (event time)"] == lines["temp"] == lines["how many rows each device has"] == "nothing"
    assert lines["load"] == "aggregate: SUM"
    assert "sequence number" not in lines
    assert found.chain == ()
    assert "CHAIN" not in explained(tried(CHAINED), Format.TEXT, leaks=True)


OF_WINDOW = "OVER (PARTITION BY window_start, window_end ORDER BY {})"
BY_LOAD, BY_TIME = OF_WINDOW.format("load DESC"), OF_WINDOW.format("ts")


@pytest.mark.parametrize(
    ("select", "expected", "phrases", "absent"),
    [
        (
            f"SELECT meter, ts, temp, ROW_NUMBER() {BY_LOAD} AS n {WINDOW} WHERE ok",
            {
                "temp": "value of listed rows: temp",
                "load": "order of listed rows: ORDER BY load DESC",
                "whether WHERE keeps it": "value of listed rows",
            },
            [
                "of every listed row: meter, ts, temp, ROW_NUMBER(), in the order of load DESC",
                "which rows pass the private part of WHERE: those that are listed",
                "temp of any row, beyond what the result lists",
                "load of any row, beyond the order of those that are listed",
                "ok of any row, beyond what WHERE says of those that are listed",
            ],
            ["which row a", "temp of any row\n", "which rows that are not listed"],
        ),
        (
            f"SELECT load, LAG(temp) {BY_TIME} AS before {WINDOW}",
            {"temp": "value of listed rows: LAG(temp)", "load": "value of listed rows: load"},
            [
                "load, LAG(temp), in the order of ts",
                "temp of any row, beyond what",
                "load of any row, beyond",
            ],
            ["which row a", "WHERE"],
        ),
        (
            f"SELECT load, temp + 1 AS t, RANK() {BY_LOAD} AS n {WINDOW} WHERE ok",
            {
                "load": "value of listed rows: load; order of listed rows: ORDER BY load DESC",
                "temp": "value of listed rows: temp + 1",
                "whether WHERE keeps it": "aggregate: how many rows are listed",
            },
            [
                "how many rows pass the private part",
                "which row a load of",
                "which row a temp of",
                "which rows pass",
            ],
            ["beyond what the result lists", "and how many"],
        ),
        (
            f"SELECT zone, load FROM (SELECT zone, load, ROW_NUMBER() {BY_LOAD} AS n {WINDOW} WHERE ok) "
            "WHERE n <= 2",
            {"load": "value of listed rows: load; order of listed rows: ORDER BY load DESC"},
            [
                "those that are listed, up to 2 by rank",
                "which rows that are not listed pass",
                "temp of any row\n",
            ],
            ["which row a"],
        ),
    ],
    ids=["named", "in_time", "by_value", "first"],
)
def test_of_listed_rows_the_consumer_learns_what_is_listed(
    select: str, expected: dict[str, str], phrases: list[str], absent: list[str]
) -> None:
    found = leakage(query(select).plan)
    assert expected.items() <= told(found).items()
    text = "\n".join(phrase for _, phrases in found.parties for phrase in phrases)
    assert [phrase for phrase in phrases if phrase not in text] == []
    assert [phrase for phrase in absent if phrase in text] == []


# --- every kind of node, any name -------------------------------------------------------------------

NAMES = st.text(min_size=1, max_size=12)


def every_node(names: list[str]) -> Node:
    """A plan with every kind of node, whose names are any text."""
    relation, column, alias, other = names
    schema = (
        ColumnSchema(f"k{column}", BIGINT, private=False),
        ColumnSchema(f"t{column}", TIMESTAMP, private=False),
        ColumnSchema(f"p{column}", BIGINT, private=True, nullable=True),
    )
    scan = Scan(StreamSchema(relation, schema, f"k{column}", f"t{column}"))
    key, _, private = scan.columns
    both: Node = Window(
        scan, WindowKind.TUMBLE, f"t{column}", 250, names=(f"s{alias}", f"e{alias}", f"w{alias}")
    )
    table = Scan(TableSchema(other, (ColumnSchema(f"j{column}", BIGINT, private=False),)))
    condition = Comparison(Comparator.EQUAL, key, table.columns[0])
    both = Join(both, table, condition, lookup=True)
    session = Window(
        scan,
        WindowKind.SESSION,
        f"t{column}",
        90_000,
        partition=(key,),
        names=(f"s{alias}", f"e{alias}", f"w{alias}"),
    )
    both = Union(
        (
            Project(both, tuple(Output(c.name, c) for c in session.columns)),
            Filter(session, Literal(1, BOOLEAN)),
        ),
        tuple(f"u{i}{alias}" for i in range(len(session.columns))),
    )
    united = both.columns
    order = (SortKey(united[1], descending=True, nulls_first=False),)
    ranked = Over(
        both,
        (
            Named(f"r{alias}", Analytic(Function.ROW_NUMBER, (), (united[0],), order, None)),
            Named(f"l{alias}", Analytic(Function.SUM, (united[0],), (), order, Frame(True, None, 0))),
        ),
    )
    counted = Aggregate(
        Filter(ranked, Comparison(Comparator.AT_MOST, ranked.columns[-2], Literal(3, BIGINT))),
        (Output(f"g{alias}", united[0]),),
        (
            Named(f"n{alias}", Aggregation(Function.COUNT)),
            Named(f"m{alias}", Aggregation(Function.MAX, (united[2],))),
        ),
    )
    distinct = Aggregate(counted, (Output(f"d{alias}", counted.columns[1]),), ())
    assert private.private
    return Limit(distinct, (SortKey(distinct.columns[0]),), 5, 2)


def shown_plan(plan: Node) -> Attempt:
    """As if the binder had made the plan and nothing had a circuit for it."""
    text = Source("plan.zkql", "SELECT")
    return replace(
        Attempt(text), logical=plan, error=query_error("ZKQL0301", "no circuit yet", Span(text, 0, 6))
    )


def test_the_plan_has_every_kind_of_node() -> None:
    kinds = {type(node) for node, _ in numbered(every_node(list("abcd")))}
    assert kinds == {Scan, Window, Filter, Project, Aggregate, Over, Join, Union, Limit}


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=4, max_size=4))
def test_every_format_shows_every_node_whatever_its_names(names: list[str]) -> None:
    done = shown_plan(every_node(names))
    count = len(numbered(every_node(names)))
    for chosen, check in CHECKS.items():
        text = explained(done, chosen)
        assert check(text) == count, chosen
        assert not any(unicodedata.category(c) in ("Cf", "Cs") for c in text)
        assert not any(unicodedata.category(c) == "Cc" for c in text.replace("\n", ""))


def nodes_of_text(text: str) -> int:
    return sum(bool(re.match(r"r\d+ := ", line)) for line in text.split("\n"))


def nodes_of_json(text: str) -> int:
    return len(json.loads(text)["stages"]["logical"]["nodes"])


MERMAID_NODE = re.compile(r'  r\d+\["(?:[\w ,.()+\-=/\']|#\d+;|<br/>)*"\](?::::\w+)?')
MERMAID_OTHER = re.compile(r"flowchart TD|  r\d+ --> r\d+|  classDef \w+ [#\w:,\- ]+")


def nodes_of_mermaid(text: str) -> int:
    found = [bool(MERMAID_NODE.fullmatch(line)) for line in text.rstrip("\n").split("\n")]
    rest = [line for line, own in zip(text.rstrip("\n").split("\n"), found, strict=True) if not own]
    assert all(MERMAID_OTHER.fullmatch(line) for line in rest), rest
    return sum(found)


DOT_STRING = r'"(?:[^"\\]|\\\\|\\"|\\n)*"'
DOT_NODE = re.compile(rf"  r\d+ \[label={DOT_STRING}(?:, \w+={DOT_STRING})*\];")
DOT_OTHER = re.compile(r"digraph plan {|}|  r\d+ -> r\d+;|  rankdir=TB;|  (?:node|edge) \[[^\]]*\];")


def nodes_of_dot(text: str) -> int:
    lines = text.rstrip("\n").split("\n")
    found = [bool(DOT_NODE.fullmatch(line)) for line in lines]
    assert all(DOT_OTHER.fullmatch(line) for line, own in zip(lines, found, strict=True) if not own), text
    return sum(found)


class Reader(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


ALLOWED = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "div",
        "p",
        "b",
        "i",
        "a",
    ),
    *("h1", "h2", "h3", "ul", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "pre", "span"),
    *("details", "summary", "svg", "defs", "marker", "path", "g", "rect", "text"),
}


def nodes_of_html(text: str) -> int:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert set(reader.tags) <= ALLOWED
    for name, value in reader.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "action", "srcset")
        assert name != "href" or (value or "").startswith("#L")
    (drawn,) = re.findall(r"<svg .*?</svg>", text, re.DOTALL)
    return nodes_of_svg(drawn)


def nodes_of_svg(text: str) -> int:
    root = ElementTree.fromstring(text)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "style", "defs", "marker", "path", "g", "title", "rect", "text"}
    return sum(element.tag.endswith("}g") for element in root.iter())


CHECKS: dict[Format, Callable[[str], int]] = {
    Format.TEXT: nodes_of_text,
    Format.JSON: nodes_of_json,
    Format.MERMAID: nodes_of_mermaid,
    Format.GRAPHVIZ: nodes_of_dot,
    Format.HTML: nodes_of_html,
}


def test_hostile_names_are_shown_as_text() -> None:
    done = tried(HOSTILE)
    done.compiled()
    for chosen, check in CHECKS.items():
        text = explained(done, chosen, cost=True, leaks=True)
        assert check(text) == 6, chosen
        assert "<script>" not in text or chosen in (Format.TEXT, Format.JSON, Format.GRAPHVIZ)
    reader = Reader()
    reader.feed(explained(done, Format.HTML))
    assert HOSTILE_NAME in reader.words


def test_control_characters_in_a_literal_are_written_out() -> None:
    evil = "\x1b[31m\u202e"
    text = HOSTILE.replace("</script>", evil)
    for chosen in Format:
        shown = explained(tried(text), chosen, cost=True, leaks=True)
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_no_box_of_a_picture_covers_another() -> None:
    places, edges = _laid_out(boxes(every_node(list("abcd"))))
    drawn = [p for p in places.values() if p.box]
    assert len(edges) == sum(len(names) for _, names in numbered(every_node(list("abcd"))))
    for i, a in enumerate(drawn):
        for b in drawn[i + 1 :]:
            apart = a.x + a.width < b.x or b.x + b.width < a.x or a.y + a.height < b.y or b.y + b.height < a.y
            assert apart, (a, b)
    for keys in edges:
        heights = [places[k].y for k in keys]
        assert heights == sorted(set(heights)), "edges go down, and pass every layer"


def test_a_picture_shows_what_is_proven() -> None:
    compiled = query(GROUPED)
    drawn = plan_svg(compiled.logical, cost_of(compiled), staged=True)
    assert drawn.count('class="proven"') == 3
    assert drawn.count('class="native"') == 2
    assert 'class="node"' in plan_svg(compiled.logical)


# --- the command line -------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "query.zkql"
        path.write_text(text)
        return path

    return write


def zkql(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "internal error" not in result.output, result.output
    return result


def test_explain_writes_what_it_prints(file: Callable[[str], Path], tmp_path: Path) -> None:
    path = file(TEXTS["groups"])
    for chosen in Format:
        printed = zkql("explain", path, "--format", chosen)
        assert printed.exit_code == 0, printed.output
        written = zkql("explain", path, "--format", chosen, "-o", tmp_path / "out")
        assert written.stdout == f"{tmp_path / 'out'}: written\n"
        assert (tmp_path / "out").read_text() == printed.stdout
    assert zkql("explain", path, "--json").stdout == zkql("explain", path, "--format", "json").stdout


@pytest.mark.parametrize("name", REFUSED)
def test_explain_of_a_refused_query_ends_with_the_errors(file: Callable[[str], Path], name: str) -> None:
    text, reached, code = REFUSED[name]
    path = file(text)
    result = zkql("explain", path, "--cost")
    assert result.exit_code == 2
    assert code in result.stderr
    assert bool(result.stdout) == (reached is Stage.LOGICAL)
    as_json = zkql("explain", path, "--json")
    assert as_json.exit_code == 2
    assert not as_json.stderr
    assert json.loads(as_json.stdout)["errors"][0]["code"] == code
    for stage in Stage:
        got = reached is not None and list(Stage).index(stage) <= list(Stage).index(reached)
        assert zkql("explain", path, "--stage", stage).exit_code == (0 if got else 2)
        assert zkql("explain", path, "--stage", stage, "--leakage").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "mermaid", "--stage", "ast"),
        ("--format", "graphviz", "--stage", "zokrates"),
        ("--format", "html", "--stage", "bound"),
    ],
)
def test_a_format_that_cannot_show_a_stage_is_refused(
    file: Callable[[str], Path], arguments: tuple[str, ...]
) -> None:
    result = zkql("explain", file(TEXTS["groups"]), *arguments)
    assert result.exit_code == 2
    assert "ZKQL0458" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize("chosen", Format)
@pytest.mark.parametrize(
    "where", [" AND ".join(["load > 1"] * 3000), "NOT " * 3000 + "ok"], ids=["AND", "NOT"]
)
def test_a_long_condition_is_shown_or_refused(
    file: Callable[[str], Path], where: str, chosen: Format
) -> None:
    result = zkql(
        "explain", file(source(SUMMED.replace("GROUP BY", f"WHERE {where} GROUP BY"))), "--format", chosen
    )
    assert result.exit_code in (0, 2)
