"""From text to staged plan: what parses, what it means, what is native, and how refusals read."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zkql.compiler import Compiled, compile_query
from zkql.errors import QueryError, Source
from zkql.plan import nodes
from zkql.plan.expressions import Predicate, Row, holds, render
from zkql.plan.nodes import Aggregation, Bound, Function, Key, Output, Result
from zkql.plan.stages import CircuitPlan
from zkql.plan.types import BIGINT, BOOLEAN, INT, TIMESTAMP, VARCHAR, Kind, SqlType, decimal, parse_timestamp

ROOT = Path(__file__).parent.parent
COLUMNS = (
    "meter BIGINT, zone INT PUBLIC, ts TIMESTAMP(3), load DECIMAL(4, 1), temp INT, ok BOOLEAN,"
    " seen TIMESTAMP(3) PUBLIC, live BOOLEAN PUBLIC, label VARCHAR(8) PUBLIC"
)
WATERMARK = ", WATERMARK FOR ts AS ts"
WINDOW = "TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
BOUNDS = "window_start, window_end"


def stream(
    more: str = "",
    columns: str = COLUMNS,
    watermark: str = WATERMARK,
    signed: str = " SIGNED BY meter",
    options: str = "'capacity' = '4'",
) -> str:
    """A CREATE STREAM on one line, with any part replaced."""
    return f"CREATE STREAM reading ({columns}{more}{watermark}){signed} WITH ({options});\n"


def select(
    items: str = "COUNT(*) AS n",
    where: str = "",
    source: str = WINDOW,
    group: str = f"GROUP BY {BOUNDS}",
) -> str:
    """A SELECT on one line, with any part replaced."""
    return " ".join(filter(None, ["SELECT", items, "FROM", source, where and f"WHERE {where}", group]))


def compiled(text: str) -> Compiled:
    return compile_query(Source("test.zkql", text))


def bound(*, more: str = "", **parts: str) -> Compiled:
    """The standard stream with ``more`` columns, and a SELECT of the given parts."""
    return compiled(stream(more) + select(**parts))


def refusal(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        compiled(text)
    return caught.value


# --- CREATE STREAM --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written, expected",
    [
        ("INT", INT),
        ("INTEGER", INT),
        ("BIGINT", BIGINT),
        ("BOOLEAN", BOOLEAN),
        ("DECIMAL", decimal(10, 0)),
        ("DECIMAL(7)", decimal(7, 0)),
        ("DECIMAL(7, 2)", decimal(7, 2)),
        ("NUMERIC(38, 38)", decimal(38, 38)),
        ("DEC(1, 1)", decimal(1, 1)),
        ("TIMESTAMP", TIMESTAMP),
        ("TIMESTAMP(3)", TIMESTAMP),
        ("VARCHAR", VARCHAR),
        ("VARCHAR(12)", SqlType(Kind.VARCHAR, 12)),
        ("STRING", VARCHAR),
        ("decimal(7,2)", decimal(7, 2)),
        ("BigInt", BIGINT),
    ],
)
def test_types(written: str, expected: SqlType) -> None:
    schema = bound(more=f", x {written} PUBLIC").plan.stream
    assert schema.column("x").type == expected


@pytest.mark.parametrize(
    "options, private",
    [
        ("", True),
        ("PRIVATE", True),
        ("PUBLIC", False),
        ("NOT NULL", True),
        ("PUBLIC NOT NULL", False),
        ("NOT NULL PUBLIC", False),
        ("private not null", True),
    ],
)
def test_columns_are_private_unless_declared_public(options: str, private: bool) -> None:
    assert bound(more=f", x INT {options}").plan.stream.column("x").private is private


@pytest.mark.parametrize("word", ["", " PUBLIC"])
def test_device_and_event_time_are_public(word: str) -> None:
    columns = f"meter BIGINT{word}, ts TIMESTAMP(3){word}, x INT"
    schema = compiled(stream(columns=columns) + select()).plan.stream
    assert (schema.device, schema.time) == ("meter", "ts")
    assert [c.private for c in schema.columns] == [False, False, True]
    assert [c.name for c in schema.private_columns] == ["x"]
    assert schema.public_columns == ()


def test_options_and_their_defaults() -> None:
    text = "CREATE STREAM reading (meter INT, ts TIMESTAMP, x INT, WATERMARK FOR ts AS ts) SIGNED BY meter; "
    default = compiled(text + select("SUM(x) AS total"))
    assert default.query.capacity == 64
    assert (default.plan.stream.provenance, default.plan.stream.signature) == ("row", "ed25519")
    options = "'Capacity' = '4096', 'PROVENANCE' = 'Row', 'signature' = 'ED25519'"
    chosen = compiled(stream(options=options) + select("SUM(load) AS total"))
    assert chosen.plan.circuit is not None
    assert chosen.plan.circuit.capacity == chosen.query.capacity == 4096
    assert (chosen.plan.stream.provenance, chosen.plan.stream.signature) == ("row", "ed25519")


@pytest.mark.parametrize("kind", ["BIGINT", "INT", "VARCHAR", "VARCHAR(20)"])
def test_devices_are_named_by_integers_or_text(kind: str) -> None:
    columns = f"meter {kind}, ts TIMESTAMP(3), load INT"
    assert compiled(stream(columns=columns) + select()).plan.stream.device == "meter"


def test_a_watermark_may_lag_behind_its_column() -> None:
    lagging = stream(watermark=", WATERMARK FOR ts AS ts - INTERVAL '5' SECOND")
    assert compiled(lagging + select()).plan == compiled(stream() + select()).plan


def test_the_watermark_may_stand_between_columns() -> None:
    text = "CREATE STREAM s (m INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, x INT) SIGNED BY m; "
    plan = compiled(text + select("SUM(x) AS total", source=WINDOW.replace("reading", "s"))).plan
    assert [c.name for c in plan.stream.columns] == ["m", "ts", "x"]


# --- how it is written ----------------------------------------------------------------------------


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title], ids=["lower", "upper", "title"])
def test_keywords_and_types_in_any_case(change: Callable[[str], str]) -> None:
    text = stream() + select("window_start, SUM(load) AS total", "NOT live AND zone BETWEEN 1 AND 2")
    names = "reading|meter|zone|ts|load|temp|ok|seen|live|label|window_start|window_end|total|capacity"
    changed = re.sub(rf"\b(?!(?:{names})\b)\w+", lambda word: change(word[0]), text)
    assert compiled(changed).plan == compiled(text).plan


def test_names_are_case_sensitive() -> None:
    plan = bound(more=", Zone INT PUBLIC", items="MAX(zone) AS low, MAX(Zone) AS high").plan
    assert [call.argument and call.argument.name for call in plan.calls] == ["zone", "Zone"]


def test_comments_are_ignored() -> None:
    text = stream() + select("SUM(load) AS total")
    noisy = (
        "-- a line; SELECT *\n/* a block\n over lines, 'quoted' -- and more */"
        + text.replace(",", " -- it's\n,", 3).replace("SUM(", "SUM(/* here */").replace(";", "/**/;")
        + " -- at the end"
    )
    assert compiled(noisy).plan == compiled(text).plan


@pytest.mark.parametrize("ending", ["", ";", ";;", "\n;\n"])
def test_the_last_semicolon_is_optional(ending: str) -> None:
    assert compiled(stream() + select() + ending).plan == compiled(stream() + select()).plan


def test_statements_in_any_order_and_streams_that_are_not_used() -> None:
    other = stream().replace("reading", "other").replace("'4'", "'7'")
    assert compiled(select() + ";" + stream()).plan == compiled(stream() + select()).plan
    assert compiled(other + stream() + select()).plan == compiled(stream() + select()).plan
    chosen = compiled(other + stream() + select("SUM(load) AS x").replace("reading", "other"))
    assert (chosen.plan.stream.name, chosen.query.capacity) == ("other", 7)


def test_back_quotes_make_any_name() -> None:
    columns = "`order` BIGINT, `from` TIMESTAMP(3), `total load, kW` INT, `watermark` INT PUBLIC"
    text = (
        f"CREATE STREAM `my stream` ({columns}, WATERMARK FOR `from` AS `from`) SIGNED BY `order`;"
        "SELECT `window_start`, SUM(`total load, kW`) `a b`, MAX(`my stream`.`watermark`) AS `select`"
        " FROM TABLE(TUMBLE(TABLE `my stream`, DESCRIPTOR(`from`), INTERVAL '1' DAY))"
        " WHERE `total load, kW` > 0 GROUP BY `window_start`, `window_end`"
    )
    result = compiled(text)
    assert result.plan.stream.name == "my stream"
    assert [o.name for o in result.plan.outputs] == ["window_start", "a b", "select"]
    assert [str(c) for c in result.plan.calls] == ["SUM(total load, kW)", "MAX(watermark)"]
    assert result.circuit is not None
    assert "field[N] commitment" in result.circuit.source


KEYWORDS = (
    "select from where group by having order limit public private stream table for as and or between"
    " is in like asc desc"
)


@pytest.mark.parametrize("name", KEYWORDS.split())
def test_keywords_are_column_names_where_nothing_else_can_stand(name: str) -> None:
    plan = bound(more=f", {name} INT", items=f"SUM({name}) AS {name}", where=f"{name} > 1").plan
    assert plan.circuit is not None
    assert (rendered(plan.circuit.predicate), plan.outputs[0].name) == (f"{name} > 1", name)


@pytest.mark.parametrize("name", ["count", "sum", "tumble", "descriptor", "second", "decimal"])
def test_functions_and_types_are_not_reserved(name: str) -> None:
    plan = bound(more=f", {name} INT", items=f"SUM({name}) AS {name}").plan
    assert [str(c) for c in plan.calls] == [f"SUM({name})"]


def test_columns_may_name_their_stream() -> None:
    qualified = bound(items="SUM(reading.load) AS x", where="reading.zone > reading.temp").plan
    assert qualified == bound(items="SUM(load) AS x", where="zone > temp").plan


# --- windows, keys, results -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "interval, milliseconds",
    [
        ("'1' SECOND", 1_000),
        ("'90' SECONDS", 90_000),
        ("'2' MINUTE", 120_000),
        ("'15' minutes", 900_000),
        ("'1' HOUR", 3_600_000),
        ("'36' Hours", 129_600_000),
        ("'1' DAY", 86_400_000),
        ("'365' DAYS", 31_536_000_000),
    ],
)
def test_interval_units(interval: str, milliseconds: int) -> None:
    plan = bound(source=WINDOW.replace("'10' SECOND", interval)).plan
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
    ],
)
def test_offsets_shift_windows(offset: str, expected: int, start: int) -> None:
    plan = bound(source=WINDOW.replace("SECOND", f"SECOND, INTERVAL {offset}")).plan
    assert (plan.size, plan.offset) == (10_000, expected)
    assert plan.window_start(25_000) == start
    assert plan.window_start(start) == start
    assert plan.window_start(start - 1) == start - 10_000
    assert plan.window_start(25_000 - 10**9) == start - 10**9


def test_group_keys_in_their_order_once() -> None:
    plan = bound(group="GROUP BY label, window_end, zone, window_start, zone, reading.label").plan
    assert [k.name for k in plan.keys] == ["label", "zone"]
    assert not any(k.private for k in plan.keys)


@pytest.mark.parametrize("key", ["meter", "ts", "live", "seen"])
def test_every_public_column_is_a_key(key: str) -> None:
    plan = bound(items=f"{key}, COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, {key}").plan
    assert plan.outputs[0] == Output(key, plan.stream.column(key).type, Key(0))


def test_results_have_names_types_and_sources() -> None:
    items = (
        "window_start, window_end AS until, window_time, zone area, label AS `the label`,"
        " SUM(load), MAX(temp) AS top, SUM(load) AS again, COUNT(label), COUNT(*) AS n"
    )
    plan = bound(items=items, group=f"GROUP BY {BOUNDS}, zone, label").plan
    assert plan.outputs == (
        Output("window_start", TIMESTAMP, Bound.START),
        Output("until", TIMESTAMP, Bound.END),
        Output("window_time", TIMESTAMP, Bound.TIME),
        Output("area", INT, Key(0)),
        Output("the label", SqlType(Kind.VARCHAR, 8), Key(1)),
        Output("EXPR$5", decimal(38, 1), Result(0)),
        Output("top", INT, Result(1)),
        Output("again", decimal(38, 1), Result(0)),
        Output("EXPR$8", BIGINT, Result(2)),
        Output("n", BIGINT, Result(2)),
    )
    assert [str(c) for c in plan.calls] == ["SUM(load)", "MAX(temp)", "COUNT(*)"]


@pytest.mark.parametrize(
    "argument, total, mean",
    [
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
    plan = bound(more=f", x {argument} {privacy}", items=items).plan
    own = plan.stream.column("x").type
    assert [o.type for o in plan.outputs] == [total, mean, own, own, BIGINT]
    assert [c.type for c in plan.calls] == [total, mean, own, own, BIGINT]


def test_timestamps_have_extremes() -> None:
    plan = bound(items="MIN(seen) AS a, MAX(ts) AS b").plan
    assert [o.type for o in plan.outputs] == [TIMESTAMP, TIMESTAMP]


# --- WHERE ----------------------------------------------------------------------------------------


def rendered(predicate: Predicate | None) -> str | None:
    return None if predicate is None else render(predicate)


ROWS: tuple[Row, ...] = tuple(
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


@pytest.mark.parametrize(
    "written, shown, meaning",
    [
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
        ("(((zone)) = (1))", "zone = 1", lambda r: r["zone"] == 1),
        ("zone > 0.5", "zone > 0.5", lambda r: r["zone"] >= 1),
        ("load >= 50.50", "load >= 50.50", lambda r: r["load"] >= 505),
        ("load > -.5", "load > -0.5", lambda r: r["load"] > -5),
        ("load = 1.", "load = 1", lambda r: r["load"] == 10),
        ("load < 001", "load < 1", lambda r: r["load"] < 10),
        ("load > zone", "load > zone", lambda r: r["load"] > 10 * r["zone"]),
        ("zone BETWEEN -3 AND 1", "zone >= -3 AND zone <= 1", lambda r: -3 <= r["zone"] <= 1),
        ("zone BETWEEN temp AND 2", "zone >= temp AND zone <= 2", lambda r: r["temp"] <= r["zone"] <= 2),
        (
            "zone NOT BETWEEN 0 AND 1",
            "NOT (zone >= 0 AND zone <= 1)",
            lambda r: not 0 <= r["zone"] <= 1,
        ),
        ("zone IN (2)", "zone = 2", lambda r: r["zone"] == 2),
        (
            "zone IN (1, -3, temp)",
            "zone = 1 OR zone = -3 OR zone = temp",
            lambda r: r["zone"] in (1, -3, r["temp"]),
        ),
        ("live", "live", lambda r: r["live"]),
        ("NOT live", "NOT (live)", lambda r: not r["live"]),
        ("live = TRUE", "live = TRUE", lambda r: r["live"]),
        ("FALSE = ok", "FALSE = ok", lambda r: not r["ok"]),
        ("live <> ok", "live <> ok", lambda r: r["live"] != r["ok"]),
        ("TRUE", "TRUE", lambda _: True),
        ("FALSE OR zone = 1", "FALSE OR zone = 1", lambda r: r["zone"] == 1),
        ("label = 'b'", "label = 'b'", lambda r: r["label"] == "b"),
        ("label > 'c'", "label > 'c'", lambda r: r["label"] > "c"),
        ("label = 'it''s'", "label = 'it''s'", lambda r: r["label"] == "it's"),
        (
            "seen = '2026-01-01 00:00:00.002'",
            "seen = '2026-01-01 00:00:00.002'",
            lambda r: r["zone"] == 2,
        ),
        (
            "'2026-01-01T00:00:00Z' < seen",
            "'2026-01-01 00:00:00.000' < seen",
            lambda r: r["zone"] > 0,
        ),
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
        (
            "NOT zone = 0 AND live",
            "NOT (zone = 0) AND live",
            lambda r: r["zone"] != 0 and r["live"],
        ),
        (
            "NOT (zone = 0 AND live)",
            "NOT (zone = 0 AND live)",
            lambda r: not (r["zone"] == 0 and r["live"]),
        ),
        (
            "NOT NOT live OR NOT ok",
            "NOT (NOT (live)) OR NOT (ok)",
            lambda r: r["live"] or not r["ok"],
        ),
        (
            "zone BETWEEN 0 AND 1 AND live",
            "(zone >= 0 AND zone <= 1) AND live",
            lambda r: 0 <= r["zone"] <= 1 and r["live"],
        ),
    ],
)
def test_conditions(written: str, shown: str, meaning: Callable[[Row], object]) -> None:
    result = bound(where=written)
    filtered = result.query.plan.input.input
    assert isinstance(filtered, nodes.Filter)
    assert render(filtered.predicate) == shown
    circuit = result.plan.circuit
    stages = [p for p in (result.plan.predicate, circuit.predicate if circuit else None) if p is not None]
    for row in ROWS:
        assert holds(filtered.predicate, row) is bool(meaning(row)), row
        assert all(holds(stage, row) for stage in stages) is bool(meaning(row)), row


# --- what is native and what goes into the circuit ------------------------------------------------


@pytest.mark.parametrize(
    "items, where, native, private, shown, calls",
    [
        # Without a private condition only the aggregates of private columns are proven.
        ("SUM(load) AS a, COUNT(*) AS b, MAX(zone) AS c, MIN(temp) AS d", "", None, None, [], [0, 3]),
        ("COUNT(*) AS b, SUM(load) AS a", "zone > 0 AND live", "zone > 0 AND live", None, [], [1]),
        # With one, every aggregate is, and the public columns that they read are shown.
        ("COUNT(*) AS a", "load > 1", None, "load > 1", [], [0]),
        ("MAX(zone) AS a, SUM(load) AS b", "ok", None, "ok", ["zone"], [0, 1]),
        ("MAX(ts) AS a, MAX(zone) AS b, AVG(zone) AS c", "ok", None, "ok", ["ts", "zone"], [0, 1, 2]),
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
        # Other mixed conditions stay whole; their largest public parts are shown.
        ("COUNT(*) AS a", "zone > 0 OR load > 1", None, "zone > 0 OR load > 1", ["zone > 0"], [0]),
        ("COUNT(*) AS a", "load > zone", None, "load > zone", ["zone"], [0]),
        ("COUNT(*) AS a", "live = ok", None, "live = ok", ["live"], [0]),
        ("COUNT(*) AS a", "TRUE OR ok", None, "TRUE OR ok", ["TRUE"], [0]),
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
    ],
)
def test_stages(
    items: str,
    where: str,
    native: str | None,
    private: str | None,
    shown: list[str],
    calls: list[int],
) -> None:
    plan = bound(items=items, where=where).plan
    assert rendered(plan.predicate) == native
    assert plan.circuit is not None
    assert rendered(plan.circuit.predicate) == private
    assert [render(s) for s in plan.circuit.shown] == shown
    assert list(plan.circuit.calls) == calls
    assert plan.circuit.capacity == 4
    assert plan.hides_rows is (private is not None)


def test_what_is_shown_is_public() -> None:
    plan = bound(items="MAX(zone) AS a, SUM(load) AS b", where="load > zone OR live AND zone = 1").plan
    circuit = plan.circuit
    assert isinstance(circuit, CircuitPlan)
    names = {name for shown in circuit.shown for name in re.findall(r"[a-z]+", render(shown))}
    assert {n for n in names if plan.stream.column(n).private} == set()


@pytest.mark.parametrize(
    "items, where",
    [
        ("COUNT(*) AS n", ""),
        ("COUNT(load) AS n", "zone > 0"),
        (
            "SUM(zone) AS a, AVG(zone) AS b, MAX(seen) AS c, COUNT(*) AS d",
            "live OR zone = 1",
        ),
    ],
)
def test_without_anything_private_there_is_no_circuit(items: str, where: str) -> None:
    result = bound(items=items, where=where)
    assert result.plan.circuit is None
    assert result.circuit is None
    assert not result.plan.hides_rows
    assert (result.plan.predicate is None) is (where == "")


def test_a_count_of_a_column_is_a_count_of_rows() -> None:
    assert bound(items="COUNT(load) AS n").plan.calls == (Aggregation(Function.COUNT, None),)


def test_the_plan_in_lines() -> None:
    result = bound(
        items="window_start, zone, SUM(load) AS total, COUNT(*) AS n",
        source=WINDOW.replace("SECOND", "SECOND, INTERVAL '3' SECOND"),
        where="zone > 0 AND (load > -1.5 OR ok) AND seen < '2026-01-01 00:00:00'",
        group=f"GROUP BY {BOUNDS}, zone",
    )
    assert nodes.lines(result.query.plan) == [
        "r0 := Scan reading",
        "r1 := Tumble[r0] 10000 ms, offset 3000 ms",
        "r2 := Filter[r1] (zone > 0 AND (load > -1.5 OR ok)) AND seen < '2026-01-01 00:00:00.000'",
        "r3 := Aggregate[r2] SUM(load), COUNT(*) by zone",
        "r4 := Project[r3] window_start, zone, total, n",
    ]
    assert nodes.lines(bound(items="MIN(temp) AS least").query.plan) == [
        "r0 := Scan reading",
        "r1 := Tumble[r0] 10000 ms",
        "r2 := Aggregate[r1] MIN(temp)",
        "r3 := Project[r2] least",
    ]


def test_origins_point_into_the_text() -> None:
    origins = bound(items="MAX(load) AS a, COUNT( * ) AS b", where="ok AND zone = 1").query.origins
    assert origins.stream.text == "reading"
    assert origins.where is not None
    assert origins.where.text == "ok AND zone = 1"
    assert [span.text for span in origins.calls] == ["MAX(load)", "COUNT( * )"]


# --- refusals -------------------------------------------------------------------------------------


def where(condition: str, more: str = "") -> str:
    return stream(more) + select(where=condition)


def over(source: str) -> str:
    return stream() + select(source=source)


def items(text: str, more: str = "") -> str:
    return stream(more) + select(items=text)


NO_GROUP = select(group="")
NO_CALL = select(items="window_start")
OTHER_SELECT = select(items="MAX(temp) AS t")
MANY = "".join(f", x{i} DECIMAL(38)" for i in range(16))

WIDE = ", x DECIMAL(38, 38), y DECIMAL(38)"

REFUSALS: list[tuple[str, str, str]] = [
    # syntax
    ("ZKQL0101", "FORM", "SELECT COUNT(*) AS n FORM reading"),
    ("ZKQL0101", "'", where("label = 'open")),
    ("ZKQL0101", "~", where("zone ~ 1")),
    ("ZKQL0101", "1", "CREATE STREAM 1"),
    ("ZKQL0101", "", "CREATE STREAM\n"),
    ("ZKQL0101", "", "SELECT COUNT(*"),
    ("ZKQL0101", "LIKE", where("label NOT LIKE 'a'")),
    ("ZKQL0101", "*", where("zone = 1 /* open")),
    ("ZKQL0102", "PRIVATE", stream(", x INT PUBLIC PRIVATE") + select()),
    ("ZKQL0102", "public", stream(", x INT PUBLIC public") + select()),
    # statements
    ("ZKQL0201", "reading", "CREATE STREAM".join(["", *stream().split("CREATE STREAM")[1:] * 2]) + select()),
    ("ZKQL0202", "C", stream()),
    ("ZKQL0202", "", ""),
    ("ZKQL0202", " ", " \n"),
    ("ZKQL0202", OTHER_SELECT, stream() + select() + ";" + OTHER_SELECT),
    ("ZKQL0203", "MAX(temp) AS n", items("COUNT(*) AS n, MAX(temp) AS n")),
    ("ZKQL0203", "COUNT(*) window_start", items("window_start, COUNT(*) window_start")),
    ("ZKQL0204", NO_CALL, stream() + NO_CALL),
    ("ZKQL0205", "readings", over(WINDOW.replace("reading", "readings"))),
    ("ZKQL0205", "nowhere", over("nowhere")),
    ("ZKQL0205", "bid.zone", where("bid.zone = 1")),
    ("ZKQL0205", "bid.load", items("SUM(bid.load) AS x")),
    ("ZKQL0206", "TUMBLES", over(WINDOW.replace("TUMBLE", "TUMBLES"))),
    ("ZKQL0207", "lod", items("SUM(lod) AS x")),
    ("ZKQL0207", "Zone", where("Zone = 1")),
    ("ZKQL0207", "nothing", stream() + select(group=f"GROUP BY {BOUNDS}, nothing")),
    ("ZKQL0207", "tss", over(WINDOW.replace("(ts)", "(tss)"))),
    ("ZKQL0207", "tss", stream(watermark=", WATERMARK FOR tss AS tss") + select()),
    ("ZKQL0207", "metre", stream(signed=" SIGNED BY metre") + select()),
    ("ZKQL0207", "reading.window_start", items("reading.window_start, COUNT(*) AS n")),
    ("ZKQL0208", "seen", over(WINDOW.replace("(ts)", "(seen)"))),
    (
        "ZKQL0209",
        "TUMBLE(TABLE reading, DESCRIPTOR(ts))",
        over(WINDOW.replace(", INTERVAL '10' SECOND", "")),
    ),
    (
        "ZKQL0209",
        WINDOW.replace("))", ")" + ", INTERVAL '1' DAY" * 2 + "))")[6:-1].replace("SECOND)", "SECOND"),
        over(WINDOW.replace("SECOND", "SECOND" + ", INTERVAL '1' DAY" * 2)),
    ),
    ("ZKQL0210", "INTERVAL '10' MONTH", over(WINDOW.replace("SECOND", "MONTH"))),
    ("ZKQL0210", "INTERVAL '10' SECONDSS", over(WINDOW.replace("SECOND", "SECONDSS"))),
    ("ZKQL0210", "INTERVAL '1.5' SECOND", over(WINDOW.replace("10", "1.5"))),
    ("ZKQL0210", "INTERVAL '' SECOND", over(WINDOW.replace("10", ""))),
    ("ZKQL0210", "INTERVAL '0' SECOND", over(WINDOW.replace("10", "0"))),
    ("ZKQL0210", "INTERVAL '-10' SECOND", over(WINDOW.replace("10", "-10"))),
    ("ZKQL0210", "INTERVAL 'x' DAY", over(WINDOW.replace("SECOND", "SECOND, INTERVAL 'x' DAY"))),
    ("ZKQL0211", "1", stream() + select(group=f"GROUP BY {BOUNDS}, 1")),
    ("ZKQL0211", "zone + 1", stream() + select(group=f"GROUP BY {BOUNDS}, zone + 1")),
    ("ZKQL0212", "zone AS z", items("zone AS z, COUNT(*) AS n")),
    ("ZKQL0212", "load", items("load, COUNT(*) AS n")),
    ("ZKQL0213", "label", items("MIN(label) AS x")),
    ("ZKQL0213", "ok", items("MAX(ok) AS x")),
    ("ZKQL0213", "live", items("SUM(live) AS x")),
    ("ZKQL0213", "seen", items("AVG(seen) AS x")),
    ("ZKQL0214", "zone", where("zone")),
    ("ZKQL0214", "load", where("ok AND NOT load")),
    ("ZKQL0215", "zone = 'a'", where("zone = 'a'")),
    ("ZKQL0215", "ok = 1", where("ok = 1")),
    ("ZKQL0215", "seen > 5", where("seen > 5")),
    ("ZKQL0215", "label BETWEEN 'a' AND 1", where("label BETWEEN 'a' AND 1")),
    ("ZKQL0215", "zone IN (1, 'b')", where("zone IN (1, 'b')")),
    ("ZKQL0216", "'yesterday'", where("seen > 'yesterday'")),
    ("ZKQL0216", "'2026-02-30 00:00:00'", where("'2026-02-30 00:00:00' = ts")),
    ("ZKQL0216", "TIMESTAMP '2026-01-01'", where("seen > TIMESTAMP '2026-01-01'")),
    ("ZKQL0217", "1" * 39, where("load < " + "1" * 39)),
    ("ZKQL0217", "-0." + "0" * 39, where("load < -0." + "0" * 39)),
    # streams
    ("ZKQL0220", "zone", stream(", zone BIGINT") + select()),
    ("ZKQL0221", "window_end", stream(", window_end INT") + select()),
    ("ZKQL0223", "DECIMAL(39)", stream(", x DECIMAL(39)") + select()),
    ("ZKQL0223", "DECIMAL(0)", stream(", x DECIMAL(0)") + select()),
    ("ZKQL0223", "decimal(2, 3)", stream(", x decimal(2, 3)") + select()),
    ("ZKQL0223", "TIMESTAMP(6)", stream(", x TIMESTAMP(6)") + select()),
    ("ZKQL0224", "TEXT", stream(", x TEXT") + select()),
    ("ZKQL0224", "INT(5)", stream(", x INT(5)") + select()),
    ("ZKQL0224", "VARCHAR(1, 2)", stream(", x VARCHAR(1, 2)") + select()),
    ("ZKQL0225", "reading", stream(watermark="") + select()),
    (
        "ZKQL0225",
        "WATERMARK FOR seen AS seen",
        stream(watermark=f"{WATERMARK}, WATERMARK FOR seen AS seen") + select(),
    ),
    ("ZKQL0226", "zone", stream(watermark=", WATERMARK FOR zone AS zone") + select()),
    ("ZKQL0227", "seen", stream(watermark=", WATERMARK FOR ts AS seen") + select()),
    ("ZKQL0227", "ts - 5", stream(watermark=", WATERMARK FOR ts AS ts - 5") + select()),
    ("ZKQL0228", "reading", stream(signed="") + select()),
    ("ZKQL0229", "live", stream(signed=" SIGNED BY live") + select()),
    ("ZKQL0229", "ts", stream(signed=" SIGNED BY ts") + select()),
    (
        "ZKQL0230",
        "'SIGNATURE' = 'ed25519'",
        stream(options="'signature' = 'ed25519', 'SIGNATURE' = 'ed25519'") + select(),
    ),
    ("ZKQL0231", "'0'", stream(options="'capacity' = '0'") + select()),
    ("ZKQL0231", "'4097'", stream(options="'capacity' = '4097'") + select()),
    ("ZKQL0231", "'-1'", stream(options="'capacity' = '-1'") + select()),
    ("ZKQL0231", "'many'", stream(options="'capacity' = 'many'") + select()),
    ("ZKQL0232", "'capacitor' = '4'", stream(options="'capacitor' = '4'") + select()),
    ("ZKQL0233", "'rsa'", stream(options="'signature' = 'rsa'") + select()),
    # what has no circuit yet
    ("ZKQL0301", "DISTINCT", stream() + select("DISTINCT COUNT(*) AS n")),
    ("ZKQL0301", "HAVING COUNT(*) > 1", stream() + select() + " HAVING COUNT(*) > 1"),
    ("ZKQL0301", "ORDER BY n DESC, zone", stream() + select() + " ORDER BY n DESC, zone"),
    ("ZKQL0301", "LIMIT 3", stream() + select() + " LIMIT 3"),
    ("ZKQL0301", "HOP", over(WINDOW.replace("TUMBLE", "HOP"))),
    ("ZKQL0301", "session", over(WINDOW.replace("TUMBLE", "session"))),
    ("ZKQL0301", "STDDEV(load)", items("STDDEV(load) AS x")),
    ("ZKQL0218", "MAX(*)", items("MAX(*) AS x")),
    ("ZKQL0218", "SUM()", items("SUM() AS x")),
    ("ZKQL0218", "SUM(load, temp)", items("SUM(load, temp) AS x")),
    ("ZKQL0301", "SUM(load) + 1", items("SUM(load) + 1 AS x")),
    ("ZKQL0301", "7", items("7 AS x")),
    ("ZKQL0301", "INTERVAL '1' DAY", items("INTERVAL '1' DAY AS x")),
    ("ZKQL0301", "COUNT(DISTINCT zone)", items("COUNT(DISTINCT zone) AS x")),
    ("ZKQL0301", "SUM(load * 2)", items("SUM(load * 2) AS x")),
    ("ZKQL0301", "zone IS NULL", where("zone IS NULL")),
    ("ZKQL0301", "zone IS NULL", where("NOT zone IS NULL")),
    ("ZKQL0301", "zone IS NOT NULL", where("zone IS NOT NULL")),
    ("ZKQL0301", "label LIKE 'a%'", where("label LIKE 'a%'")),
    ("ZKQL0301", "zone + 1", where("zone + 1 = 2")),
    ("ZKQL0301", "zone % 2", where("zone % 2 = 0")),
    ("ZKQL0301", "-zone", where("-zone = 2")),
    ("ZKQL0301", "- - 1", where("zone = - - 1")),
    ("ZKQL0301", "NULL", where("zone = NULL")),
    ("ZKQL0301", "7", where("7")),
    ("ZKQL0301", "'chain'", stream(options="'provenance' = 'chain'") + select()),
    ("ZKQL0301", "'BLS12-381'", stream(options="'signature' = 'BLS12-381'") + select()),
    ("ZKQL0302", "reading", over("reading")),
    ("ZKQL0303", "load", stream() + select(group=f"GROUP BY {BOUNDS}, load")),
    ("ZKQL0304", NO_GROUP, stream() + NO_GROUP),
    ("ZKQL0304", "window_start", stream() + select(group="GROUP BY window_start, zone")),
    ("ZKQL0304", "zone", stream() + select(group="GROUP BY zone, window_end")),
    ("ZKQL0305", "*", items("*")),
    ("ZKQL0306", "DOUBLE", stream(", x DOUBLE") + select()),
    ("ZKQL0306", "float(24)", stream(", x float(24)") + select()),
    (
        "ZKQL0307",
        "PRIVATE",
        stream(columns=COLUMNS.replace("BIGINT", "BIGINT PRIVATE")) + select(),
    ),
    ("ZKQL0307", "private", stream(columns=COLUMNS.replace("(3), l", "(3) private, l")) + select()),
    ("ZKQL0308", "x VARCHAR(5)", stream(", x VARCHAR(5)") + select()),
    ("ZKQL0308", "x STRING PRIVATE", stream(", x STRING PRIVATE") + select()),
    ("ZKQL0311", "x < y", where("x < y", WIDE)),
    ("ZKQL0309", "SUM(x)", items("SUM(x) AS y", ", x DECIMAL(38)")),
    ("ZKQL0309", "AVG(x)", items("AVG(x) AS y", ", x DECIMAL(33, 1)")),
    ("ZKQL0310", "reading", items("SUM(load) AS y", MANY)),
]
UNREACHABLE = {"ZKQL0222"}
"""A device is a BIGINT, INT or VARCHAR and the event time a TIMESTAMP, so they are never one column."""


@pytest.mark.parametrize("code, snippet, text", REFUSALS, ids=[f"{c[4:]}-{s[:24]}" for c, s, _ in REFUSALS])
def test_refusals_have_a_code_and_underline_the_cause(code: str, snippet: str, text: str) -> None:
    error = refusal(text)
    (diagnostic,) = error.diagnostics
    assert diagnostic.code == code
    assert diagnostic.labels[0].span.text == snippet
    assert all(label.span.source.text == text for label in diagnostic.labels)
    line, column = diagnostic.labels[0].span.source.position(diagnostic.labels[0].span.start)
    assert str(error).startswith(f"test.zkql:{line}:{column}: error[{code}]: {diagnostic.message}\n")


def test_every_code_of_the_front_end_is_triggered_above() -> None:
    files = [*ROOT.glob("zkql/lang/*.py"), ROOT / "zkql/circuit/build.py"]
    raised = {code for f in files for code in re.findall(r"ZKQL\d{4}", f.read_text())}
    assert raised - UNREACHABLE <= {code for code, _, _ in REFUSALS}


@pytest.mark.parametrize(
    "text, note",
    [
        (items("SUM(lod) AS x"), "did you mean 'load'?"),
        (over(WINDOW.replace("reading", "readings")), "did you mean 'reading'?"),
        (where("qqqq = 1"), "there is: label, live, load, meter, ok, seen, temp, ts, zone"),
        (stream(", x DECIMALS(4)") + select(), "did you mean 'DECIMAL'?"),
        (stream(options="'capacitor' = '4'") + select(), "did you mean 'capacity'?"),
        (
            stream() + select(group="GROUP BY window_start, zone"),
            "nearest provable form: GROUP BY window_start, window_end, zone",
        ),
        (items("zone, COUNT(*) AS n"), "nearest provable form: MAX(zone), or GROUP BY …, zone"),
        (items("load, COUNT(*) AS n"), "nearest provable form: MAX(load)"),
    ],
)
def test_notes_suggest_what_to_write(text: str, note: str) -> None:
    assert refusal(text).diagnostics[0].notes == (note,)


@pytest.mark.parametrize(
    "text, spans",
    [
        (stream(", zone BIGINT") + select(), ["zone", "zone INT PUBLIC"]),
        (items("MAX(ok) AS x"), ["ok", "ok BOOLEAN"]),
        (stream() + select(group=f"GROUP BY {BOUNDS}, load"), ["load", "load DECIMAL(4, 1)"]),
        (stream(signed=" SIGNED BY live") + select(), ["live", "live BOOLEAN PUBLIC"]),
        (stream(watermark=", WATERMARK FOR zone AS zone") + select(), ["zone", "zone INT PUBLIC"]),
    ],
)
def test_a_second_label_shows_the_declaration(text: str, spans: list[str]) -> None:
    labels = refusal(text).diagnostics[0].labels
    assert [label.span.text for label in labels] == spans
    assert labels[0].span.start > labels[1].span.start


# --- open faults: each test passes once its fault is gone, and then loses its mark --------------------


@pytest.mark.parametrize("condition", ["x < y", "y >= x", "x < " + "9" * 38, "y < ." + "0" * 37 + "1"])
def test_comparisons_wider_than_the_field_are_refused(condition: str) -> None:
    refusal(where(condition, WIDE))


@pytest.mark.parametrize(
    "text",
    [
        where(" AND ".join(["zone > 1"] * 2_000)),
        where("NOT " * 2_000 + "ok"),
        where("(" * 2_000 + "ok" + ")" * 2_000),
        stream(f", x DECIMAL({'9' * 5_000})") + select(),
        stream(options=f"'capacity' = '{'9' * 5_000}'") + select(),
    ],
    ids=["ands", "nots", "parentheses", "precision", "capacity"],
)
def test_long_texts_compile_or_are_refused(text: str) -> None:
    outcome(text)


def test_too_many_private_columns_are_refused_whatever_the_query() -> None:
    assert refusal(items("COUNT(*) AS n", MANY)).diagnostics[0].code == "ZKQL0310"


def test_a_capacity_given_twice_is_refused() -> None:
    error = refusal(stream(options="'capacity' = '4', 'capacity' = '5'") + select())
    assert error.diagnostics[0].code == "ZKQL0230"


def test_names_cannot_leave_the_comments_of_the_circuit() -> None:
    for line in re.split(r"[\r\n]", outcome_source(", `x\rdef evil() {}//` INT", "`x\rdef evil() {}//` > 1")):
        assert not line.startswith("def evil")


def outcome_source(more: str, condition: str) -> str:
    """The circuit's source, or nothing where the query is refused."""
    try:
        circuit = compiled(where(condition, more)).circuit
    except QueryError:
        return ""
    return circuit.source if circuit else ""


def test_varchar_of_no_length_is_refused() -> None:
    refusal(stream(", x VARCHAR(0) PUBLIC") + select())


def test_windows_longer_than_time_are_refused() -> None:
    refusal(over(WINDOW.replace("'10' SECOND", "'999999999999' DAY")))


@pytest.mark.parametrize(
    "text",
    [
        where("zone = -(3)"),
        stream(watermark=", WATERMARK FOR ts AS (ts)") + select(),
        stream(watermark=", WATERMARK FOR ts AS (ts - INTERVAL '5' SECOND)") + select(),
    ],
    ids=["number", "watermark", "lag"],
)
def test_parentheses_change_nothing(text: str) -> None:
    compiled(text)


# --- the form of messages -------------------------------------------------------------------------

LINES = """\
CREATE STREAM reading (
  meter BIGINT,
  ts    TIMESTAMP(3),
  load  DECIMAL(4, 1),
  WATERMARK FOR ts AS ts
) SIGNED BY meter;

SELECT window_start, SUM(load) AS total
FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY window_start, window_end;
"""


def test_a_syntax_error_in_full() -> None:
    assert str(refusal(LINES.replace("TABLE(TUMBLE(", "TABLE(TUMBLE "))) == (
        "test.zkql:9:19: error[ZKQL0101]: syntax error: 'TABLE' was not expected here\n"
        " 9 | FROM TABLE(TUMBLE TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))\n"
        "   |                   ^^^^^\n"
        "  = expected '('"
    )


def test_a_syntax_error_at_the_end_in_full() -> None:
    assert str(refusal(LINES[: LINES.index("GROUP")] + "LIMIT\n")) == (
        "test.zkql:10:6: error[ZKQL0101]: syntax error: the end of the file was not expected here\n"
        " 10 | LIMIT\n"
        "    |      ^\n"
        "  = expected a number"
    )


def test_an_error_with_two_places_in_full() -> None:
    assert str(refusal(LINES.replace("window_end;", "window_end, load;"))) == (
        "test.zkql:10:36: error[ZKQL0303]: grouping by the private column 'load' has no circuit yet\n"
        " 10 | GROUP BY window_start, window_end, load;\n"
        "    |                                    ^^^^\n"
        "test.zkql:4:3: declared here\n"
        " 4 |   load  DECIMAL(4, 1),\n"
        "   |   ^^^^^^^^^^^^^^^^^^^\n"
        "  = nearest provable form: declare it PUBLIC, or aggregate over all groups"
    )


def test_an_error_with_a_label_in_full() -> None:
    text = re.sub(r"TABLE\(TUMBLE.*", "reading", LINES)
    assert str(refusal(text)) == (
        "test.zkql:9:6: error[ZKQL0302]: a stream never ends, so a query over all of it can never be"
        " proven\n"
        " 9 | FROM reading\n"
        "   |      ^^^^^^^ a window is missing\n"
        "  = nearest provable form: FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
    )


def test_an_error_over_several_lines_underlines_the_first() -> None:
    text = LINES.replace("\nGROUP BY window_start, window_end", "")
    assert str(refusal(text)) == (
        "test.zkql:8:1: error[ZKQL0304]: GROUP BY must name window_start and window_end: without them the"
        " result never ends\n"
        " 8 | SELECT window_start, SUM(load) AS total\n"
        "   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = nearest provable form: GROUP BY window_start, window_end"
    )


def test_an_error_as_data() -> None:
    error = refusal(LINES.replace("window_end;", "window_end, load;"))
    assert error.diagnostics[0].to_json() == {
        "code": "ZKQL0303",
        "severity": "error",
        "message": "grouping by the private column 'load' has no circuit yet",
        "labels": [
            {"file": "test.zkql", "line": 10, "column": 36, "text": ""},
            {"file": "test.zkql", "line": 4, "column": 3, "text": "declared here"},
        ],
        "notes": ["nearest provable form: declare it PUBLIC, or aggregate over all groups"],
    }


# --- any text at all ------------------------------------------------------------------------------

FIRST_QUERY = (ROOT / "queries/nexmark/highest_bid.zkql").read_text()
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("delete", "duplicate", "replace")),
        st.integers(0, len(FIRST_QUERY) - 1),
        st.integers(1, 40),
        st.sampled_from("();,'`.*-=<>!%/ \n\r\t0129") | st.characters(codec="utf-8"),
    ),
    min_size=1,
    max_size=6,
)


def edited(text: str, edits: list[tuple[str, int, int, str]]) -> str:
    """Apply edits, each to the characters from a place on."""
    for action, place, length, character in edits:
        place %= len(text) or 1
        piece = text[place : place + length]
        changed = {"delete": "", "duplicate": piece * 2, "replace": character + piece[1:]}
        text = text[:place] + changed[action] + text[place + length :]
    return text


@given(EDITS)
@example([("delete", 0, len(FIRST_QUERY), "")] * 20)
@settings(max_examples=200, deadline=None)
def test_a_mutated_query_compiles_or_is_refused(edits: list[tuple[str, int, int, str]]) -> None:
    message = outcome(edited(FIRST_QUERY, edits))
    assert message is None or re.match(r"test\.zkql:\d+:\d+: error\[ZKQL0[123]\d\d\]: ", message)


def outcome(text: str) -> str | None:
    """The refusal in full, or None for a query that compiles."""
    try:
        compiled(text)
    except QueryError as error:
        return str(error)
    return None
