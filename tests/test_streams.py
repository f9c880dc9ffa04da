"""CREATE STREAM, TABLE, VIEW and FUNCTION: what they declare, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.language import (
    BOUNDS,
    DECLARED,
    WINDOW,
    bound,
    compiled,
    plan,
    refusal,
    select,
    shown,
    standard,
    stream,
)
from zkql.plan.expressions import render
from zkql.plan.schema import ColumnSchema
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    Kind,
    SqlType,
    array,
    decimal,
)


def row(**fields: SqlType) -> SqlType:
    return SqlType(Kind.ROW, fields=tuple(fields.items()))


TYPES = [
    ("TINYINT", TINYINT),
    ("SMALLINT", SMALLINT),
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
    ("TIMESTAMP(3) WITHOUT TIME ZONE", TIMESTAMP),
    ("VARCHAR", VARCHAR),
    ("VARCHAR(12)", SqlType(Kind.VARCHAR, 12)),
    ("STRING", VARCHAR),
    ("decimal(7,2)", decimal(7, 2)),
    ("BigInt", BIGINT),
]
NESTED = [
    ("ARRAY<INT>", array(INT)),
    ("ARRAY<ROW<a INT, b ARRAY<STRING>>>", array(row(a=INT, b=array(VARCHAR)))),
    ("ROW<id BIGINT, `my name` VARCHAR(3)>", row(**{"id": BIGINT, "my name": SqlType(Kind.VARCHAR, 3)})),
    ("ROW(id BIGINT)", row(id=BIGINT)),
]


# --- CREATE STREAM --------------------------------------------------------------------------------


@pytest.mark.parametrize("written, expected", TYPES)
def test_types_of_streams(written: str, expected: SqlType) -> None:
    schema = standard(more=f", x {written} PUBLIC").plan.stream
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
    column = standard(more=f", x INT {options}").plan.stream.column("x")
    assert (column.private, column.nullable) == (private, False)


@pytest.mark.parametrize(
    "options, nullable", [("", False), ("NOT NULL", False), ("NULL", True), ("PUBLIC NULL", True)]
)
def test_columns_of_streams_are_not_null_unless_declared_null(options: str, nullable: bool) -> None:
    declared = bound(stream(f", x INT {options}") + select()).streams["reading"]
    assert declared.schema.column("x").nullable is nullable


@pytest.mark.parametrize("word", ["", " PUBLIC", " NOT NULL"])
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
    assert default.query.streams["reading"].limits.rows == 64
    assert (default.plan.stream.provenance, default.plan.stream.signature) == ("row", "ed25519")
    options = "'Capacity' = '4096', 'PROVENANCE' = 'Row', 'signature' = 'ED25519'"
    chosen = compiled(stream(options=options) + select("SUM(load) AS total"))
    assert chosen.plan.circuit is not None
    assert chosen.plan.circuit.capacity == chosen.query.streams["reading"].limits.rows == 4096
    assert (chosen.plan.stream.provenance, chosen.plan.stream.signature) == ("row", "ed25519")


@pytest.mark.parametrize("kind", ["BIGINT", "INT", "VARCHAR", "VARCHAR(20)"])
def test_devices_are_named_by_integers_or_text(kind: str) -> None:
    columns = f"meter {kind}, ts TIMESTAMP(3), load INT"
    assert compiled(stream(columns=columns) + select()).plan.stream.device == "meter"


@pytest.mark.parametrize(
    "expression",
    ["ts - INTERVAL '5' SECOND", "(ts)", "(ts - INTERVAL '5' SECOND)", "(ts) - INTERVAL '5' SECOND"],
)
def test_a_watermark_may_lag_behind_its_column(expression: str) -> None:
    lagging = stream(watermark=f", WATERMARK FOR ts AS {expression}")
    assert compiled(lagging + select()).plan == compiled(stream() + select()).plan


def test_the_watermark_may_stand_between_columns() -> None:
    text = "CREATE STREAM s (m INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, x INT) SIGNED BY m; "
    found = compiled(text + select("SUM(x) AS total", source=WINDOW.replace("reading", "s"))).plan
    assert [c.name for c in found.stream.columns] == ["m", "ts", "x"]


# --- CREATE TABLE ---------------------------------------------------------------------------------


def table(text: str) -> tuple[ColumnSchema, ...]:
    return bound(DECLARED + text + "; SELECT zone FROM place").tables["t"].schema.columns


@pytest.mark.parametrize("written, expected", TYPES + NESTED)
def test_types_of_tables(written: str, expected: SqlType) -> None:
    assert table(f"CREATE TABLE t (x {written})") == (
        ColumnSchema("x", expected, private=False, nullable=True),
    )


@pytest.mark.parametrize(
    "options, nullable",
    [("", True), ("NULL", True), ("NOT NULL", False), ("PUBLIC", True), ("PUBLIC NOT NULL", False)],
)
def test_columns_of_tables_are_public_and_may_be_null_unless_declared_not_null(
    options: str, nullable: bool
) -> None:
    (column,) = table(f"CREATE TABLE t (x INT {options})")
    assert (column.private, column.nullable) == (False, nullable)


def test_computed_columns_stand_where_they_are_declared_and_are_not_stored() -> None:
    text = (
        "CREATE TABLE t (a INT NOT NULL, b AS a + 1, c ROW<x INT, y STRING>, d AS c.x, e AS t.c.y,"
        " p AS PROCTIME(), PRIMARY KEY (a) NOT ENFORCED) PARTITIONED BY (b) WITH ('connector' = 'kafka')"
    )
    assert [c.name for c in table(text)] == ["a", "c"]
    found = bound(DECLARED + text + "; SELECT * FROM t").plan
    assert [(c.name, str(c.type), c.nullable) for c in found.columns] == [
        ("a", "INT", False),
        ("b", "INT", False),
        ("c", "ROW<x INT, y VARCHAR>", True),
        ("d", "INT", True),
        ("e", "VARCHAR", True),
        ("p", "TIMESTAMP(3)", False),
    ]


def test_the_event_time_of_a_table_may_be_computed() -> None:
    text = (
        "CREATE TABLE t (x VARCHAR, ts AS TO_TIMESTAMP(x), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND);"
        + select(source=WINDOW.replace("reading", "t"))
    )
    assert bound(text).tables["t"].schema.time == "ts"
    assert plan(text) == [
        "r1 := Project[r0] x, TO_TIMESTAMP(x) AS ts",
        "r2 := Tumble[r1] ts 10 s",
        "r3 := Aggregate[r2] COUNT(*) AS n by window_start, window_end",
        "r4 := Project[r3] n",
    ]


# --- CREATE VIEW and CREATE FUNCTION --------------------------------------------------------------


def test_a_view_is_its_query() -> None:
    view = "CREATE VIEW v AS SELECT zone AS z, load, ts FROM reading WHERE ok; "
    query = select("z, SUM(load) AS total", "z > 0", WINDOW.replace("reading", "v"), f"GROUP BY {BOUNDS}, z")
    written_out = select("zone AS z, SUM(load) AS total", "ok AND zone > 0", group=f"GROUP BY {BOUNDS}, zone")
    through, direct = compiled(stream() + view + query).plan, compiled(stream() + written_out).plan
    assert through == compiled(stream() + query + "; " + view).plan
    assert (through.predicate, through.calls, through.circuit) == (
        direct.predicate,
        direct.calls,
        direct.circuit,
    )
    assert [k.expression for k in through.keys] == [k.expression for k in direct.keys]


def test_views_name_their_columns_and_read_other_views() -> None:
    views = (
        "CREATE VIEW v (a, b) AS SELECT zone, load FROM reading; CREATE VIEW w AS SELECT b, a AS c FROM v; "
    )
    assert plan(views + "SELECT w.c, b FROM w") == [
        "r1 := Project[r0] zone, load",
        "r2 := Project[r1] load AS b, zone AS c",
        "r3 := Project[r2] c, b",
    ]


def test_columns_without_a_name_and_of_one_name_get_one_in_views() -> None:
    view = "CREATE VIEW v AS SELECT zone, zone + 1, zone FROM reading; "
    columns = bound(DECLARED + view + "SELECT * FROM v").plan.columns
    assert [c.name for c in columns] == ["zone", "EXPR$1", "zone0"]


def test_declarations_in_any_order_and_streams_that_are_not_used() -> None:
    other = stream().replace("reading", "other").replace("'4'", "'7'")
    assert compiled(select() + ";" + stream()).plan == compiled(stream() + select()).plan
    assert compiled(other + stream() + select()).plan == compiled(stream() + select()).plan
    chosen = compiled(other + stream() + select("SUM(load) AS x").replace("reading", "other"))
    assert chosen.plan.stream.name == "other"
    assert chosen.plan.circuit is not None
    assert chosen.plan.circuit.capacity == 7
    view = "CREATE VIEW v AS SELECT ts, f(load) AS x FROM reading; "
    last = view + stream() + "CREATE FUNCTION f AS 'class'; " + select(source=WINDOW.replace("reading", "v"))
    assert bound(last).functions.keys() == {"f"}


def test_functions_of_users_are_bound_in_any_case_and_never_proven() -> None:
    function = "CREATE FUNCTION count_char AS 'com.example.CountChar'; "
    text = stream() + function + select("Count_Char(label, 'c') + 1 AS c", group=f"GROUP BY {BOUNDS}, label")
    ((code, caret, message),) = shown(refusal(text))
    assert (code, caret) == ("ZKQL0315", "Count_Char(label, 'c')")
    assert message == "Count_Char is code that zkql does not see, so nothing can be proven about it"


# --- how it is written ----------------------------------------------------------------------------


@pytest.mark.parametrize("change", [str.lower, str.title], ids=["lower", "title"])
def test_keywords_types_and_functions_in_any_case(change: Callable[[str], str]) -> None:
    text = stream() + select(
        "window_start, SUM(load) AS total, CAST(COUNT(DISTINCT ABS(zone)) AS INT) AS n",
        "NOT live AND zone BETWEEN 1 AND 2 AND UPPER(label) LIKE '1%'",
    )
    names = "reading|meter|zone|ts|load|temp|ok|seen|live|label|window_start|window_end|total|n|capacity"
    changed = re.sub(rf"\b(?!(?:{names})\b)\w+", lambda word: change(word[0]), text)
    assert changed != text
    assert compiled(changed).plan == compiled(text).plan


def test_names_are_case_sensitive() -> None:
    found = standard(more=", Zone INT PUBLIC", items="MAX(zone) AS low, MAX(Zone) AS high").plan
    assert [str(call) for call in found.calls] == ["MAX(zone)", "MAX(Zone)"]


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
    assert "public field[64] commitment" in result.circuit.source


KEYWORDS = (
    "select from where group by having order limit public private stream table for as and or between"
    " is in like asc desc view union join on using over filter partition rows range first last row"
    " count sum tumble descriptor second decimal key order0"
)


@pytest.mark.parametrize("name", KEYWORDS.split())
def test_keywords_and_functions_are_column_names_where_nothing_else_can_stand(name: str) -> None:
    found = standard(more=f", {name} INT", items=f"SUM({name}) AS {name}", where=f"{name} > 1").plan
    assert found.circuit is not None
    assert found.circuit.predicate is not None
    assert (render(found.circuit.predicate), found.outputs[0].name) == (f"{name} > 1", name)


def test_columns_may_name_their_stream() -> None:
    qualified = standard(items="SUM(reading.load) AS x", where="reading.zone > reading.temp").plan
    assert qualified == standard(items="SUM(load) AS x", where="zone > temp").plan


@pytest.mark.parametrize("condition", ["zone = -(3)", "((zone) = ((-3)))", "zone = - 3", "zone = -3.0"])
def test_parentheses_and_space_change_nothing(condition: str) -> None:
    predicate = standard(where=condition).plan.predicate
    assert predicate is not None
    assert render(predicate).removesuffix(".0") == "zone = -3"
