"""One SELECT, all the way to its stage: windows, keys, results, conditions; what is native, what proven."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest

from tests.harness import evaluated
from tests.language import BOUNDS, WINDOW, compiled, select, standard, stream
from zkql.errors import QueryError
from zkql.plan.calls import Aggregation
from zkql.plan.expressions import Column, Expression, columns_of, conjuncts, render
from zkql.plan.functions.aggregates import Function
from zkql.plan.interpret import interpret
from zkql.plan.lineage import Bound
from zkql.plan.nodes import Filter
from zkql.plan.scalar import holds
from zkql.plan.stages import BoundName, StagedPlan
from zkql.plan.text import lines
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    TIMESTAMP,
    Kind,
    SqlType,
    decimal,
    format_value,
    parse_timestamp,
)
from zkql.plan.walk import walk


def rendered(predicate: Expression | None) -> str | None:
    return None if predicate is None else render(predicate)


def shown(plan: StagedPlan) -> list[tuple[str, str, SqlType]]:
    """Name, expression and type of each result column."""
    return [(o.name, render(o.expression), o.expression.type) for o in plan.outputs]


# --- windows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "interval, milliseconds",
    [
        ("'250' MILLISECOND", 250),
        ("'1' SECOND", 1_000),
        ("'1.5' SECOND", 1_500),
        ("'90' SECONDS", 90_000),
        ("'2' MINUTE", 120_000),
        ("'15' minutes", 900_000),
        ("'1' HOUR", 3_600_000),
        ("'36' Hours", 129_600_000),
        ("'1' DAY", 86_400_000),
        ("'1' WEEK", 604_800_000),
        ("'365' DAYS(3)", 31_536_000_000),
    ],
)
def test_interval_units(interval: str, milliseconds: int) -> None:
    plan = standard(source=WINDOW.replace("'10' SECOND", interval)).plan
    assert (plan.size, plan.offset) == (milliseconds, 0)


@pytest.mark.parametrize(
    "offset, expected, start",
    [
        ("'0' SECOND", 0, 20_000),
        ("'3' SECOND", 3_000, 23_000),
        ("'13' SECOND", 3_000, 23_000),
        ("'-3' SECOND", 7_000, 17_000),
        ("'1' MINUTE", 0, 20_000),
        ("'7' SECOND", 7_000, 17_000),
        ("'-0.001' SECOND", 9_999, 19_999),
    ],
)
def test_offsets_shift_windows(offset: str, expected: int, start: int) -> None:
    plan = standard(source=WINDOW.replace("SECOND", f"SECOND, INTERVAL {offset}")).plan
    assert (plan.size, plan.offset) == (10_000, expected)
    assert plan.window_start(25_000) == start
    assert plan.window_start(start) == start
    assert plan.window_start(start - 1) == start - 10_000
    assert plan.window_start(25_000 - 10**9) == start - 10**9


@pytest.mark.parametrize(
    "source, prefix",
    [
        (f"{WINDOW} AS w", "w."),
        (f"{WINDOW} w", "w."),
        (WINDOW, "reading."),
        (f"(SELECT * FROM {WINDOW}) AS w", "w."),
        (f"(SELECT * FROM {WINDOW})", ""),
        (WINDOW[6:-1], ""),
        (WINDOW.replace("TABLE reading", "DATA => TABLE reading, SIZE => INTERVAL '10' SECOND")
         .replace("DESCRIPTOR", "TIMECOL => DESCRIPTOR").replace("), INTERVAL '10' SECOND", ")"), ""),
    ],
)  # fmt: skip
def test_windows_have_aliases_and_named_arguments(source: str, prefix: str) -> None:
    items = f"{prefix}window_start, SUM({prefix}load) AS x"
    group = f"GROUP BY {prefix}window_start, {prefix}window_end"
    found = standard(items=items, source=source, group=group).plan
    assert found == standard(items="window_start, SUM(load) AS x").plan


def test_group_windows_are_window_functions() -> None:
    call = "(ts, INTERVAL '10' SECOND)"
    items = f"TUMBLE_START{call} AS window_start, Tumble_End{call} AS e, tumble_rowtime{call} t, SUM(load) x"
    old = standard(items=items, source="reading", group=f"GROUP BY zone, TUMBLE{call}").plan
    items = "window_start, window_end AS e, window_time AS t, SUM(load) AS x"
    new = standard(items=items, group=f"GROUP BY {BOUNDS}, zone").plan
    assert old.circuit == new.circuit
    assert (old.size, old.keys, old.calls, old.outputs) == (new.size, new.keys, new.calls, new.outputs)


# --- keys and results -----------------------------------------------------------------------------


def test_group_keys_in_their_order_once() -> None:
    plan = standard(group="GROUP BY label, window_end, zone, window_start, zone, reading.label").plan
    assert [k.name for k in plan.keys] == ["label", "zone"]
    assert not any(k.column.private for k in plan.keys)


@pytest.mark.parametrize("key", ["meter", "ts", "live", "seen", "label"])
def test_every_public_column_is_a_key(key: str) -> None:
    plan = standard(items=f"{key}, COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, {key}").plan
    assert plan.keys[0].column == Column(key, plan.stream.column(key).type, private=False)
    assert plan.outputs[0].expression == plan.keys[0].column


@pytest.mark.parametrize(
    "key, items, name, outputs",
    [
        ("zone + 1", "zone + 1 AS z, (zone + 1) * 2 AS y", "key", ["key", "key * 2"]),
        ("ABS(zone)", "ABS(zone) AS key", "key", ["key"]),
        ("UPPER(label) LIKE 'A%'", "UPPER(label) LIKE 'A%' AS a", "key", ["key"]),
        ("CASE WHEN zone < 1 THEN 'low' ELSE 'high' END",
         "CASE WHEN zone < 1 THEN 'low' ELSE 'high' END || '!' AS a", "key", ["key || '!'"]),
        ("EXTRACT(HOUR FROM seen)", "EXTRACT(hour FROM seen) AS h", "key", ["key"]),
        ("COALESCE(NULLIF(zone, 0), 7)", "1 AS one", "key", ["1"]),
    ],
)  # fmt: skip
def test_expressions_of_public_columns_are_keys(key: str, items: str, name: str, outputs: list[str]) -> None:
    plan = standard(items=f"{items}, COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, {key}").plan
    assert [k.name for k in plan.keys] == [name]
    assert [render(o.expression) for o in plan.outputs] == [*outputs, "n"]


def test_a_call_that_is_called_like_a_key_keeps_apart_from_it() -> None:
    result = standard(items="zone + 1 AS z, COUNT(*) AS key", group=f"GROUP BY {BOUNDS}, zone + 1")
    rows = [{"ts": 0, "zone": 1}, {"ts": 1, "zone": 1}, {"ts": 2, "zone": 4}]
    assert evaluated(result, rows) == [{"z": 2, "key": 2}, {"z": 5, "key": 1}]


def test_results_have_names_types_and_sources() -> None:
    items = (
        "window_start, window_end AS until, window_time, zone area, label AS `the label`,"
        " SUM(load), MAX(temp) AS top, SUM(load) AS again, COUNT(label), COUNT(*) AS n, zone * 2, 7 AS seven"
    )
    plan = standard(items=items, group=f"GROUP BY {BOUNDS}, zone, label").plan
    assert shown(plan) == [
        ("window_start", "window_start", TIMESTAMP),
        ("until", "window_end", TIMESTAMP),
        ("window_time", "window_time", TIMESTAMP),
        ("area", "zone", INT),
        ("the label", "label", SqlType(Kind.VARCHAR, 8)),
        ("EXPR$5", "sum", decimal(38, 1)),
        ("top", "top", INT),
        ("again", "sum", decimal(38, 1)),
        ("EXPR$8", "count", BIGINT),
        ("n", "n", BIGINT),
        ("EXPR$10", "zone * 2", INT),
        ("seven", "7", INT),
    ]
    assert plan.bounds == tuple(BoundName(b, b) for b in Bound)
    assert dict(zip(plan.names, map(str, plan.calls), strict=True)) == {
        "sum": "SUM(load)", "top": "MAX(temp)", "count": "COUNT(*)", "n": "COUNT(*)",
    }  # fmt: skip


@pytest.mark.parametrize(
    "argument, total, mean",
    [
        ("SMALLINT", BIGINT, SqlType(Kind.SMALLINT)),
        ("INT", BIGINT, INT),
        ("BIGINT", decimal(38, 0), BIGINT),
        ("DECIMAL(4, 1)", decimal(38, 1), decimal(38, 6)),
        ("DECIMAL(9, 8)", decimal(38, 8), decimal(38, 8)),
        ("DECIMAL(12, 6)", decimal(38, 6), decimal(38, 6)),
        ("DECIMAL(5)", decimal(38, 0), decimal(38, 6)),
    ],
)
@pytest.mark.parametrize("privacy", ["PUBLIC", "PRIVATE"])
def test_result_types(argument: str, privacy: str, total: SqlType, mean: SqlType) -> None:
    items = "SUM(x) AS a, AVG(x) AS b, MIN(x) AS c, MAX(x) AS d, COUNT(x) AS e"
    plan = standard(more=f", x {argument} {privacy}", items=items).plan
    own = plan.stream.column("x").type
    assert [o.expression.type for o in plan.outputs] == [total, mean, own, own, BIGINT]
    assert [c.type for c in plan.calls] == [total, mean, own, own, BIGINT]


@pytest.mark.parametrize(
    "items, kinds",
    [
        ("MIN(seen) AS a, MAX(ts) AS b", [TIMESTAMP, TIMESTAMP]),
        ("MIN(label) AS a, MAX(live) AS b", [SqlType(Kind.VARCHAR, 8), BOOLEAN]),
        ("COUNT(DISTINCT zone) AS a, SUM(DISTINCT zone) AS b", [BIGINT, BIGINT]),
        ("MEDIAN(zone) AS a, BOOL_OR(live) AS b", [decimal(38, 6), BOOLEAN]),
        ("SUM(zone * 2) AS a, COUNT(*) FILTER (WHERE live) AS b", [BIGINT, BIGINT]),
        ("PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY seen DESC) AS a, FIRST_VALUE(label) AS b",
         [TIMESTAMP, SqlType(Kind.VARCHAR, 8)]),
        ("MODE(zone) AS a, ARG_MAX(label, seen) AS b", [INT, SqlType(Kind.VARCHAR, 8)]),
        ("COVAR_SAMP(zone, meter) AS a, CORR(zone, meter) FILTER (WHERE live) AS b",
         [decimal(38, 6), decimal(10, 9)]),
        ("RANK(3) WITHIN GROUP (ORDER BY zone DESC) AS a, CUME_DIST('2026-01-01 00:00:00') WITHIN GROUP"
         " (ORDER BY seen) FILTER (WHERE live) AS b", [BIGINT, decimal(10, 9)]),
        ("SUM(zone) + COUNT(*) AS a, CAST(AVG(zone) AS DECIMAL(4, 1)) AS b", [BIGINT, decimal(4, 1)]),
    ],
)  # fmt: skip
def test_any_aggregate_of_public_columns_is_native(items: str, kinds: list[SqlType]) -> None:
    result = standard(items=items)
    assert result.circuit is None
    assert [o.expression.type for o in result.plan.outputs] == kinds


def test_groups_without_an_aggregate_are_a_result() -> None:
    by_group = standard(items="zone, label", group=f"GROUP BY {BOUNDS}, zone, label").plan
    distinct = standard(items=f"DISTINCT {BOUNDS}, zone, label", group="").plan
    assert by_group.calls == distinct.calls == ()
    assert [k.name for k in by_group.keys] == [k.name for k in distinct.keys] == ["zone", "label"]


def test_star_is_every_column_in_its_order() -> None:
    inner = f"SELECT * FROM {WINDOW}"
    items = "COUNT(*) AS n, MAX(zone) AS z"
    assert standard(items=items, source=f"({inner}) AS s").plan == standard(items=items).plan


# --- HAVING ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "having, rendered_, kept",
    [
        ("COUNT(*) > 1", "count > 1", [2]),
        ("COUNT(*) > 1 AND zone < 2", "count > 1", []),
        ("COUNT(*) < 2 OR zone = 2", "count < 2 OR zone = 2", [1, 2]),
        ("MAX(seen) > '1970-01-01 00:00:00' AND live IS NOT NULL", "max > '1970-01-01 00:00:00.000'", [2]),
        ("window_end > window_start", None, [1, 2]),
        ("window_end < window_start", None, []),
        ("1 = 2", "FALSE", []),
        ("TRUE", None, [1, 2]),
    ],
)
def test_having_over_public_aggregates_leaves_groups_out(
    having: str, rendered_: str | None, kept: list[int]
) -> None:
    group = f"GROUP BY {BOUNDS}, zone, live HAVING {having}"
    result = standard(items="zone, SUM(load) AS total", group=group)
    plan = result.plan
    assert rendered(plan.having) == rendered_
    assert plan.circuit is not None
    assert [plan.calls[i].function for i in plan.circuit.calls] == [Function.SUM]
    rows = [
        {"ts": 0, "live": 1, "zone": zone, "load": load, "seen": seen}
        for zone, load, seen in ((1, 5, 0), (2, 1, 0), (2, -3, 1))
    ]
    assert [row["zone"] for row in evaluated(result, rows)] == kept


# --- WHERE ----------------------------------------------------------------------------------------

ROWS: tuple[Mapping[str, Any], ...] = tuple(
    {
        "zone": zone,
        "load": load,
        "temp": temp,
        "live": live,
        "ok": live ^ (temp > 0),
        "label": "it's" if live else "b",
        "seen": parse_timestamp("2026-01-01 00:00:00") + zone,
        "ts": parse_timestamp("2026-01-01 00:00:00.001"),
    }
    for zone, load, temp, live in product((-3, 0, 1, 2, 5), (-505, 0, 10, 505), (-3, 0, 1), (0, 1))
)

CONDITIONS: list[tuple[str, str, Callable[[Mapping[str, Any]], object]]] = [
    ("zone = 1", "zone = 1", lambda r: r["zone"] == 1),
    ("zone <> 1", "zone <> 1", lambda r: r["zone"] != 1),
    ("zone != 1", "zone <> 1", lambda r: r["zone"] != 1),
    ("zone < 1", "zone < 1", lambda r: r["zone"] < 1),
    ("zone <= 1", "zone <= 1", lambda r: r["zone"] <= 1),
    ("zone > 1", "zone > 1", lambda r: r["zone"] > 1),
    ("zone >= 1", "zone >= 1", lambda r: r["zone"] >= 1),
    ("1 < zone", "1 < zone", lambda r: r["zone"] > 1),
    ("zone = -3", "zone = -3", lambda r: r["zone"] == -3),
    ("zone = - 3", "zone = -3", lambda r: r["zone"] == -3),
    ("zone = - - 1", "zone = -(-1)", lambda r: r["zone"] == 1),
    ("(((zone)) = (1))", "zone = 1", lambda r: r["zone"] == 1),
    ("zone > 0.5", "zone > 0.5", lambda r: r["zone"] >= 1),
    ("load >= 50.50", "load >= 50.50", lambda r: r["load"] >= 505),
    ("load > -.5", "load > -0.5", lambda r: r["load"] > -5),
    ("load = 1.", "load = 1", lambda r: r["load"] == 10),
    ("load < 001", "load < 1", lambda r: r["load"] < 10),
    ("load > zone", "load > zone", lambda r: r["load"] > 10 * r["zone"]),
    ("zone BETWEEN -3 AND 1", "zone >= -3 AND zone <= 1", lambda r: -3 <= r["zone"] <= 1),
    ("zone BETWEEN temp AND 2", "zone >= temp AND zone <= 2", lambda r: r["temp"] <= r["zone"] <= 2),
    ("zone NOT BETWEEN 0 AND 1", "NOT (zone >= 0 AND zone <= 1)", lambda r: not 0 <= r["zone"] <= 1),
    ("zone IN (2)", "zone = 2", lambda r: r["zone"] == 2),
    (
        "zone IN (1, -3, temp)",
        "zone = 1 OR zone = -3 OR zone = temp",
        lambda r: r["zone"] in (1, -3, r["temp"]),
    ),
    ("zone NOT IN (1, 2)", "NOT (zone = 1 OR zone = 2)", lambda r: r["zone"] not in (1, 2)),
    ("live", "live", lambda r: r["live"]),
    ("NOT live", "NOT (live)", lambda r: not r["live"]),
    ("live = TRUE", "live = TRUE", lambda r: r["live"]),
    ("FALSE = ok", "FALSE = ok", lambda r: not r["ok"]),
    ("live <> ok", "live <> ok", lambda r: r["live"] != r["ok"]),
    ("live IS TRUE", "live", lambda r: r["live"]),
    ("ok IS NOT TRUE", "NOT (ok)", lambda r: not r["ok"]),
    ("TRUE", "TRUE", lambda _: True),
    ("FALSE OR zone = 1", "FALSE OR zone = 1", lambda r: r["zone"] == 1),
    ("label = 'b'", "label = 'b'", lambda r: r["label"] == "b"),
    ("label > 'c'", "label > 'c'", lambda r: r["label"] > "c"),
    ("label = 'it''s'", "label = 'it''s'", lambda r: r["label"] == "it's"),
    ("seen = '2026-01-01 00:00:00.002'", "seen = '2026-01-01 00:00:00.002'", lambda r: r["zone"] == 2),
    ("'2026-01-01T00:00:00Z' < seen", "'2026-01-01 00:00:00.000' < seen", lambda r: r["zone"] > 0),
    ("seen > TIMESTAMP '2026-01-01'", "seen > '2026-01-01 00:00:00.000'", lambda r: r["zone"] > 0),
    (
        "seen >= TIMESTAMP '2026-01-01 00:00:00.1'",
        "seen >= '2026-01-01 00:00:00.100'",
        lambda r: r["zone"] >= 100,
    ),
    (
        "seen BETWEEN '2026-01-01 00:00:00' AND ts",
        "seen >= '2026-01-01 00:00:00.000' AND seen <= ts",
        lambda r: 0 <= r["zone"] <= 1,
    ),
    # precedence: NOT, then AND, then OR
    (
        "zone = 0 OR zone = 1 AND live",
        "zone = 0 OR (zone = 1 AND live)",
        lambda r: r["zone"] == 0 or (r["zone"] == 1 and r["live"]),
    ),
    (
        "(zone = 0 OR zone = 1) AND live",
        "(zone = 0 OR zone = 1) AND live",
        lambda r: r["zone"] in (0, 1) and r["live"],
    ),
    ("NOT zone = 0 AND live", "NOT (zone = 0) AND live", lambda r: r["zone"] != 0 and r["live"]),
    ("NOT (zone = 0 AND live)", "NOT (zone = 0 AND live)", lambda r: not (r["zone"] == 0 and r["live"])),
    ("NOT NOT live OR NOT ok", "NOT (NOT (live)) OR NOT (ok)", lambda r: r["live"] or not r["ok"]),
    (
        "zone BETWEEN 0 AND 1 AND live",
        "(zone >= 0 AND zone <= 1) AND live",
        lambda r: 0 <= r["zone"] <= 1 and r["live"],
    ),
    # anything at all on public columns
    ("zone IS NULL", "zone IS NULL", lambda _: False),
    ("NOT zone IS NULL", "NOT (zone IS NULL)", lambda _: True),
    ("zone IS NOT NULL", "NOT (zone IS NULL)", lambda _: True),
    ("zone = NULL", "zone = NULL", lambda _: False),
    ("NOT zone = NULL", "NOT (zone = NULL)", lambda _: False),
    ("zone = 1 OR zone = NULL", "zone = 1 OR zone = NULL", lambda r: r["zone"] == 1),
    ("NULLIF(zone, 1) = 2", "CASE WHEN zone = 1 THEN NULL ELSE zone END = 2", lambda r: r["zone"] == 2),
    ("label LIKE 'i_%'", "label LIKE 'i_%'", lambda r: r["label"] == "it's"),
    ("label NOT LIKE 'b'", "NOT (label LIKE 'b')", lambda r: r["label"] != "b"),
    ("zone + 1 = 2", "(zone + 1) = 2", lambda r: r["zone"] == 1),
    ("zone % 2 = 0", "MOD(zone, 2) = 0", lambda r: r["zone"] % 2 == 0),
    ("-zone = 2", "-zone = 2", lambda r: r["zone"] == -2),
    ("zone * zone > 3 + 1", "(zone * zone) > (3 + 1)", lambda r: r["zone"] ** 2 > 4),
    ("CASE WHEN live THEN zone ELSE 2 END = 2", "CASE WHEN live THEN zone ELSE 2 END = 2",
     lambda r: r["zone"] == 2 or not r["live"]),
    ("seen + INTERVAL '1' SECOND > ts", "(seen + INTERVAL '1' SECOND) > ts", lambda _: True),
    ("UPPER(label) = 'B'", "UPPER(label) = 'B'", lambda r: r["label"] == "b"),
]  # fmt: skip


def written(query: object) -> Expression:
    """The condition as bound, before any rewrite."""
    (found,) = (n for n in walk(query.plan) if isinstance(n, Filter))  # type: ignore[attr-defined]
    return found.predicate


@pytest.mark.parametrize("text, shown_, meaning", CONDITIONS, ids=[c[0] for c in CONDITIONS])
def test_conditions(text: str, shown_: str, meaning: Callable[[Mapping[str, Any]], object]) -> None:
    result = standard(where=text)
    predicate = written(result.query)
    assert render(predicate) == shown_
    circuit = result.plan.circuit
    stages = [p for p in (result.plan.predicate, circuit.predicate if circuit else None) if p is not None]
    for row in ROWS:
        assert holds(predicate, row) is bool(meaning(row)), row
        assert all(holds(stage, row) for stage in stages) is bool(meaning(row)), row


# --- what is native and what goes into the circuit ------------------------------------------------


@pytest.mark.parametrize(
    "items, where, native, private, shown_, calls",
    [
        # Without a private condition only the aggregates of private columns are proven.
        ("SUM(load) AS a, COUNT(*) AS b, MAX(zone) AS c, MIN(temp) AS d", "", None, None, [], [0, 3]),
        ("COUNT(*) AS b, SUM(load) AS a", "zone > 0 AND live", "zone > 0 AND live", None, [], [1]),
        ("COUNT(DISTINCT zone) AS a, SUM(load) AS b", "label LIKE 'a%'", "label LIKE 'a%'", None, [], [1]),
        # With one, every aggregate is, and the public columns that they read are shown.
        ("COUNT(*) AS a", "load > 1", None, "load > 1", [], [0]),
        ("MAX(zone) AS a, SUM(load) AS b", "ok", None, "ok", ["zone"], [0, 1]),
        ("MAX(ts) AS a, MAX(zone) AS b, AVG(zone) AS c", "ok", None, "ok", ["ts", "zone"], [0, 1, 2]),
        ("SUM(SIGN(zone)) AS a", "ok", None, "ok", ["SIGN(zone)"], [0]),
        # Conditions joined by AND are taken apart, whatever the nesting and order.
        (
            "SUM(load) AS a",
            "zone > 0 AND (load > 1 AND live) AND temp < 5",
            "zone > 0 AND live",
            "load > 1 AND temp < 5",
            [],
            [0],
        ),
        ("COUNT(*) AS a", "zone BETWEEN temp AND 9", "zone <= 9", "zone >= temp", ["zone"], [0]),
        (
            "COUNT(*) AS a",
            "NULLIF(zone, 1) = 2 AND ok",
            "CASE WHEN zone = 1 THEN NULL ELSE zone END = 2",
            "ok",
            [],
            [0],
        ),
        # Other mixed conditions stay whole; their largest public parts are shown.
        ("COUNT(*) AS a", "zone > 0 OR load > 1", None, "zone > 0 OR load > 1", ["zone > 0"], [0]),
        ("COUNT(*) AS a", "load > zone", None, "load > zone", ["zone"], [0]),
        ("COUNT(*) AS a", "load > SIGN(zone)", None, "load > SIGN(zone)", ["SIGN(zone)"], [0]),
        ("COUNT(*) AS a", "live = ok", None, "live = ok", ["live"], [0]),
        ("COUNT(*) AS a", "label LIKE 'x%' OR ok", None, "label LIKE 'x%' OR ok", ["label LIKE 'x%'"], [0]),
        (
            "COUNT(*) AS a",
            "(zone = 1 AND label = 'x') OR ok",
            None,
            "(zone = 1 AND label = 'x') OR ok",
            ["zone = 1 AND label = 'x'"],
            [0],
        ),
        (
            "COUNT(*) AS a",
            "NOT (live OR NOT (temp > 0 AND zone = 1))",
            None,
            "NOT (live OR NOT (temp > 0 AND zone = 1))",
            ["live", "zone = 1"],
            [0],
        ),
        # Each is shown once.
        (
            "MAX(zone) AS a",
            "(load > zone OR live) AND (temp < zone OR live)",
            None,
            "(load > zone OR live) AND (temp < zone OR live)",
            ["zone", "live"],
            [0],
        ),
        # What is constant is not asked.
        ("SUM(load) AS a", "TRUE OR ok", None, None, [], [0]),
        ("SUM(load) AS a", "ok AND 1 < 2", None, "ok", [], [0]),
        ("SUM(load) AS a", "load > 1 + 2", None, "load > 3", [], [0]),
    ],
)  # fmt: skip
def test_stages(
    items: str,
    where: str,
    native: str | None,
    private: str | None,
    shown_: list[str],
    calls: list[int],
) -> None:
    plan = standard(items=items, where=where).plan
    assert rendered(plan.predicate) == native
    assert plan.circuit is not None
    assert rendered(plan.circuit.predicate) == private
    assert [render(s) for s in plan.circuit.shown] == shown_
    assert list(plan.circuit.calls) == calls
    assert plan.circuit.capacity == 4
    assert plan.hides_rows is (private is not None)
    read = {c.name for expression in plan.circuit.shown for c in columns_of(expression)}
    assert not any(plan.stream.column(name).private for name in read)


def test_a_condition_on_the_window_leaves_whole_windows_out() -> None:
    result = standard(
        items="window_start, SUM(load) AS x", where="window_start < '2026-01-01 00:00:00' AND live"
    )
    assert rendered(result.plan.predicate) == "live"
    assert rendered(result.plan.window) == "window_start < '2026-01-01 00:00:00.000'"
    limit = parse_timestamp("2026-01-01 00:00:00")
    rows = [{"ts": ts, "live": 1, "load": 5} for ts in (0, limit - 1, limit)]
    assert evaluated(result, rows) == [
        {"window_start": "1970-01-01 00:00:00.000", "x": "0.5"},
        {"window_start": "2025-12-31 23:59:50.000", "x": "0.5"},
    ]


@pytest.mark.parametrize(
    "items, where",
    [
        ("COUNT(*) AS n", ""),
        ("COUNT(load) AS n", "zone > 0"),
        ("SUM(zone) AS a, AVG(zone) AS b, MAX(seen) AS c, COUNT(*) AS d", "live OR zone = 1"),
        ("SUM(CASE WHEN live THEN zone ELSE 0 END) AS a", "label LIKE '%a' AND zone + 1 > 3"),
    ],
)
def test_without_anything_private_there_is_no_circuit(items: str, where: str) -> None:
    result = standard(items=items, where=where)
    assert result.plan.circuit is None
    assert result.circuit is None
    assert not result.plan.hides_rows
    assert (result.plan.predicate is None) is (where == "")


def test_a_count_of_a_column_is_a_count_of_rows() -> None:
    assert standard(items="COUNT(load) AS n").plan.calls == (Aggregation(Function.COUNT),)


def test_the_plan_in_lines() -> None:
    result = standard(
        items="window_start, zone, SUM(load) AS total, COUNT(*) AS n",
        source=WINDOW.replace("SECOND", "SECOND, INTERVAL '3' SECOND"),
        where="zone > 0 AND (load > -1.5 OR ok) AND seen < '2026-01-01 00:00:00'",
        group=f"GROUP BY {BOUNDS}, zone",
    )
    assert lines(result.query.plan) == [
        "r0 := Scan reading",
        "r1 := Tumble[r0] ts 10 s offset 3 s",
        "r2 := Filter[r1] zone > 0 AND (load > -1.5 OR ok) AND seen < '2026-01-01 00:00:00.000'",
        "r3 := Aggregate[r2] SUM(load) AS total, COUNT(*) AS n by window_start, window_end, zone",
        "r4 := Project[r3] window_start, zone, total, n",
    ]
    assert lines(result.logical)[2:4] == [
        "r2 := Filter[r1] zone > 0 AND seen < '2026-01-01 00:00:00.000'",
        "r3 := Filter[r2] load > -1.5 OR ok",
    ]


def test_what_is_evaluated_knows_where_it_stands() -> None:
    plan = standard(items="MAX(load) AS a, COUNT( * ) AS b", where="ok AND zone = 1").plan
    assert plan.circuit is not None
    assert [c.span.text for c in plan.calls if c.span] == ["MAX(load)", "COUNT( * )"]
    conditions = [*conjuncts(plan.predicate), *conjuncts(plan.circuit.predicate)]
    assert [c.span.text for c in conditions if c.span] == ["zone = 1", "ok"]
    assert [o.span.text for o in plan.outputs if o.span] == ["MAX(load) AS a", "COUNT( * ) AS b"]


# --- the stage means what the plan means ----------------------------------------------------------


@pytest.mark.parametrize(
    "items, where, more",
    [
        ("window_start, window_time, SUM(load) AS a, COUNT(*) AS n, zone + 1 AS z", "ok OR zone > 0", "zone"),
        ("zone % 2 AS z, MAX(label) AS m, COUNT(DISTINCT zone) AS d, SUM(load) AS s", "live", "zone % 2"),
        ("label, COUNT(*) AS n", "temp < 1", "label HAVING label = 'b' OR label > 'c'"),
        ("live, MIN(temp) AS m", "NULLIF(zone, 1) <> 2", "live, zone HAVING COUNT(*) > 3 AND live = FALSE"),
    ],
)
def test_a_stage_means_what_its_plan_means(items: str, where: str, more: str) -> None:
    result = standard(items=items, where=where, group=f"GROUP BY {BOUNDS}, {more}")
    rows = [{**row, "meter": 1, "ts": n % 3 * 7_000} for n, row in enumerate(ROWS)]
    expected = [
        {o.name: None if (value := row[o.name]) is None else format_value(value, o.expression.type)
         for o in result.plan.outputs}
        for row in interpret(result.query.plan, {"reading": rows})
    ]  # fmt: skip
    found = evaluated(result, rows)
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert len(found) > 1


ITEMS = (
    "window_start AS w", "window_time AS t", "zone AS z", "zone % 3 AS r", "label AS l", "UPPER(label) AS u",
    "COUNT(*) AS n", "SUM(load) AS s", "MIN(temp) AS a", "MAX(load) AS b", "AVG(load) AS c",
    "MAX(zone) AS d", "COUNT(DISTINCT zone) AS e", "SUM(zone) + COUNT(*) AS f", "MEDIAN(zone) AS g",
    "7 AS seven", "MAX(label) AS h", "COUNT(*) FILTER (WHERE live) AS i",
    "CASE WHEN COUNT(*) > 3 THEN 'many' END AS j", "MODE(zone) AS k", "MAX_BY(zone, label) AS m",
    "CORR(zone, ts) FILTER (WHERE live) AS o", "RANK(1) WITHIN GROUP (ORDER BY zone) AS p",
)  # fmt: skip
PARTS = (
    "load > 1", "temp <= zone", "ok", "NOT (ok OR live)", "zone > 0", "live", "label LIKE 'i%'",
    "zone % 2 = 1", "load BETWEEN -60 AND zone", "zone IN (0, 1, temp)", "seen > '2026-01-01 00:00:00'",
    "window_start > '1970-01-01 00:00:00'", "ok = live", "FALSE", "TRUE", "zone = NULL",
)  # fmt: skip
HAVINGS = ("COUNT(*) > 2", "MAX(zone) < 5", "zone > 0", "SUM(load) > 0", "window_end IS NOT NULL", "1 = 2")


@pytest.mark.parametrize("seed", range(250))
def test_whatever_has_a_stage_means_what_its_plan_means(seed: int) -> None:
    """No condition may get lost between native part and circuit, wherever it stands."""
    source = random.Random(seed)
    distinct = source.random() < 0.1
    items = source.sample(ITEMS[:6] if distinct else ITEMS, source.randint(1, 4))
    conditions = source.sample(PARTS, source.choice([0, 1, 1, 2, 3]))
    where = f" {source.choice(['AND', 'AND', 'OR'])} ".join(conditions)
    group = (
        f"GROUP BY {BOUNDS}{source.choice(['', ', zone', ', zone % 3', ', zone, label', ', UPPER(label)'])}"
    )
    if source.random() < 0.3:
        group += f" HAVING {' AND '.join(source.sample(HAVINGS, source.choice([1, 2])))}"
    text = ", ".join([f"DISTINCT {BOUNDS}", *items] if distinct else items)
    try:
        result = standard(items=text, where=where, group="" if distinct else group)
    except QueryError:
        return
    rows = [{**row, "meter": 1, "ts": 7_000 * (n % 3)} for n, row in enumerate(ROWS)]
    rows.sort(key=lambda row: row["ts"])  # as sensors sign them: MAX_BY takes the first
    expected = [
        {
            o.name: None if (v := row[o.name]) is None else format_value(v, o.expression.type)
            for o in result.plan.outputs
        }
        for row in interpret(result.query.plan, {"reading": rows})
    ]
    assert sorted(map(str, evaluated(result, rows))) == sorted(map(str, expected))


def test_unused_streams_and_select_order_do_not_matter() -> None:
    text = stream() + select("SUM(load) AS total")
    assert compiled(text).plan == compiled(re.sub(r"\s+", "\n", text)).plan
