"""zkql as a library: queries as objects, tables in and out of every kind, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import zkql
from zkql.library.values import to_python, to_sql
from zkql.plan.types import BIGINT, BOOLEAN, INT, INTERVAL, TIMESTAMP, VARCHAR, array, decimal

ROOT = Path(__file__).parent.parent
STREAM = """
CREATE STREAM reading (
  meter INT, zone INT PUBLIC, ts TIMESTAMP(3), load DECIMAL(6, 3), WATERMARK FOR ts AS ts
) SIGNED BY meter WITH ('capacity' = '4');
"""
QUARTERS = "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '15' MINUTE))"
BY_ZONE = f"""{STREAM}
SELECT window_start, zone, AVG(load) AS average, MAX(load) AS peak, COUNT(*) AS readings
{QUARTERS} GROUP BY window_start, window_end, zone;
"""
LOUD = f"""{STREAM}
SELECT window_start, window_end, SUM(load) AS total, COUNT(*) AS readings
{QUARTERS} WHERE load > 0.5 GROUP BY window_start, window_end;
"""
SEVERAL = f"""{STREAM}
SELECT window_end - window_start AS length, zone, SUM(load) AS total, COUNT(*) > 1 AS several
{QUARTERS} GROUP BY window_start, window_end, zone HAVING COUNT(*) > 1;
"""
PUBLIC = f"""{STREAM}
SELECT window_start, meter, COUNT(*) AS readings {QUARTERS} GROUP BY window_start, window_end, meter;
"""
UNBOUNDED = f"{STREAM} SELECT meter, MAX(load) AS peak FROM reading GROUP BY meter;"
WORDS = STREAM.replace("load DEC", "word VARCHAR(5), load DEC") + "SELECT word FROM reading;"
EVERYTHING = """
CREATE TABLE t (
  tiny TINYINT, small SMALLINT, i INT, big BIGINT, d DECIMAL(38, 4), ts TIMESTAMP(3), flag BOOLEAN, s VARCHAR,
  tags ARRAY<VARCHAR>, prices ARRAY<DECIMAL(5, 1)>, place ROW<x INT, name VARCHAR>
);
SELECT * FROM t;
"""
TWICE = pd.DataFrame([[1, 1, 1, 1, 0]], columns=["load", "load", "meter", "zone", "ts"])
HOSTILE = "<img src=x onerror=alert(1)>"

KINDS = {
    "dicts": lambda rows: rows,
    "pandas": pd.DataFrame,
    "polars": lambda rows: pl.DataFrame(rows, infer_schema_length=None),
    "arrow": pa.Table.from_pylist,
}
BACK = {"pandas": "to_pandas", "polars": "to_polars", "arrow": "to_arrow"}


def at(minute: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def reading(minute: float, load: Any, meter: Any = 1, zone: Any = 1, **other: Any) -> dict[str, Any]:
    return {"meter": meter, "zone": zone, "ts": at(minute), "load": load, **other}


ROWS = [
    reading(0, Decimal("0.250")),
    reading(3, Decimal("1.125"), meter=2, zone=2),
    reading(4, Decimal("-2.000")),
    reading(14, Decimal("9.999"), meter=2, zone=2),
    reading(47, Decimal("0.501")),
    reading(61, Decimal("0.500"), meter=3),
]
"""Three windows with rows, one between them without; in the last none that LOUD counts."""

FULL = {
    "tiny": -128, "small": 32767, "i": -(2**31), "big": 2**63 - 1, "d": Decimal("9" * 34 + ".0001"),
    "ts": datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC), "flag": True, "s": "grün",
    "tags": ["a", "b"], "prices": [Decimal("1.5"), Decimal("-9999.9")], "place": {"x": 1, "name": "here"},
}  # fmt: skip
EMPTY = dict.fromkeys(FULL)
PLAIN = {**FULL, "tiny": 0, "big": -(2**63), "d": Decimal("0.0000"), "ts": at(0), "flag": False, "tags": []}


def refusal(query: str, data: Any) -> str:
    with pytest.raises(zkql.InputError) as caught:
        zkql.compile(query).run(data)
    return str(caught.value)


# --- queries as objects -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "path", "name"])
def test_a_query_comes_from_text_a_path_or_the_name_of_a_file(form, tmp_path):
    path = tmp_path / "q.zkql"
    path.write_text(BY_ZONE)
    q = zkql.compile({"text": BY_ZONE, "path": path, "name": str(path)}[form])
    assert (q.sql, q.provable, q.tables) == (BY_ZONE, True, ("reading",))
    assert [str(c) for c in q.columns][1:3] == ["zone INT NOT NULL", "average DECIMAL(38, 6)"]


def test_a_file_that_is_missing_and_what_is_no_query_are_said(tmp_path):
    with pytest.raises(zkql.InputError, match="cannot read"):
        zkql.compile(str(tmp_path / "absent.zkql"))
    with pytest.raises(zkql.InputError, match="not of type int"):
        zkql.compile(7)  # type: ignore[arg-type]


def test_wrong_sql_is_an_error_that_shows_its_place():
    with pytest.raises(zkql.QueryError) as caught:
        zkql.compile(BY_ZONE.replace("AVG(load)", "AVG(laod)"), name="mine")
    assert str(caught.value).startswith("mine:6:")
    assert "^^^^\n  = did you mean 'load'?" in str(caught.value)
    assert "".join(caught.value._render_traceback_()) == str(caught.value).replace("\n", "")


def test_what_cannot_be_proven_is_still_a_query():
    q = zkql.compile(UNBOUNDED)
    assert not q.provable
    assert [d.code for d in q.refusals] == ["ZKQL0302"]
    assert "a stream never ends" in repr(q)
    assert [r["peak"] for r in q.run(ROWS)] == [Decimal("0.501"), Decimal("9.999"), Decimal("0.500")]
    for wanted in (lambda: q.circuits, lambda: q.cost, lambda: q.leakage, lambda: q.run(ROWS, prove=True)):
        with pytest.raises(zkql.QueryError, match="a stream never ends"):
            wanted()


def test_a_query_shows_plan_cost_leakage_and_circuits():
    q = zkql.compile(BY_ZONE)
    assert repr(q.plan).split("\n") == q.plan.lines
    assert q.plan.lines[0] == "r0 := Scan reading"
    (circuit,) = q.circuits
    assert (circuit.name, circuit.capacity) == ("reading", 4)
    assert q.cost is not None
    assert q.cost.constraints == circuit.constraints == sum(line.constraints for line in q.cost.lines)
    assert f"{circuit.constraints:,} constraints" in repr(q.cost)
    assert "def main" in circuit.source
    assert "load of any row" in repr(q.leakage)
    assert not q.refusals


def test_a_query_over_public_columns_needs_no_circuit():
    q = zkql.compile(PUBLIC)
    assert (q.provable, q.circuits, q.cost) == (True, (), None)
    assert "without a proof" in repr(q)


@pytest.mark.parametrize(
    "form, phrase",
    [
        ("text", "r0 := Scan reading"), ("json", '"schema_version"'), ("mermaid", "flowchart"),
        ("graphviz", "digraph"), ("html", "<!DOCTYPE html>"), ("svg", "<svg "),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sql", [BY_ZONE, UNBOUNDED])
def test_explain_has_every_format(form, phrase, sql):
    assert phrase in zkql.compile(sql).explain(form)


def test_explain_says_which_formats_there_are():
    with pytest.raises(zkql.InputError, match="did you mean 'mermaid'"):
        zkql.compile(BY_ZONE).explain("mermade")
    with pytest.raises(zkql.InputError, match="json"):
        zkql.compile(BY_ZONE).explain("pdf")


# --- tables in and out --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_gives_the_same_result(kind):
    names = ("window_start", "zone", "average", "peak", "readings")
    assert list(zkql.compile(BY_ZONE).run(KINDS[kind](ROWS))) == [
        dict(zip(names, row, strict=True))
        for row in (
            (at(0), 1, Decimal("-0.875000"), Decimal("0.250"), 2),
            (at(0), 2, Decimal("5.562000"), Decimal("9.999"), 2),
            (at(45), 1, Decimal("0.501000"), Decimal("0.501"), 1),
            (at(60), 1, Decimal("0.500000"), Decimal("0.500"), 1),
        )
    ]


@pytest.mark.parametrize("kind", BACK)
@pytest.mark.parametrize("rows", [[FULL, EMPTY, PLAIN], [PLAIN, FULL], [EMPTY], []])
def test_results_of_every_type_come_back_as_they_went_out(kind, rows):
    """Dicts in, a frame out, the frame in, dicts out."""
    q = zkql.compile(EVERYTHING)
    frame = getattr(q.run(rows), BACK[kind])()
    assert list(q.run(frame)) == rows


def test_results_have_the_types_of_their_columns():
    result = zkql.compile(EVERYTHING).run([FULL])
    assert dict(result.to_pandas().dtypes.map(str)) == {
        "tiny": "Int8", "small": "Int16", "i": "Int32", "big": "Int64", "d": "object", "flag": "boolean",
        "ts": "datetime64[ms, UTC]", "s": "string", "tags": "object", "prices": "object", "place": "object",
    }  # fmt: skip
    assert dict(result.to_polars().schema) == {
        "tiny": pl.Int8, "small": pl.Int16, "i": pl.Int32, "big": pl.Int64, "d": pl.Decimal(38, 4),
        "ts": pl.Datetime("ms", "UTC"), "flag": pl.Boolean, "s": pl.String, "tags": pl.List(pl.String),
        "prices": pl.List(pl.Decimal(5, 1)), "place": pl.Struct({"x": pl.Int32, "name": pl.String}),
    }  # fmt: skip
    arrow = {f.name: f.type for f in result.to_arrow().schema}
    assert arrow["d"] == pa.decimal128(38, 4)
    assert arrow["ts"] == pa.timestamp("ms", "UTC")
    assert arrow["prices"] == pa.list_(pa.decimal128(5, 1))


def test_columns_that_are_never_null_are_so_in_frames():
    result = zkql.compile(PUBLIC).run(ROWS)
    assert [str(t) for t in result.to_pandas().dtypes] == ["datetime64[ms, UTC]", "int32", "int64"]
    assert not any(f.nullable for f in result.to_arrow().schema)


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT])
def test_what_pandas_has_for_missing_is_null(missing):
    given = [{**EMPTY, "s": missing, "ts": missing}]
    assert list(zkql.compile(EVERYTHING).run(given)) == [EMPTY]
    assert list(zkql.compile(EVERYTHING).run(pd.DataFrame(given))) == [EMPTY]


def test_pandas_own_columns_with_gaps_are_read():
    """Integers beside NaN are floats in pandas; text has NaN for missing."""
    frame = pd.DataFrame({**{name: [None, None] for name in FULL}, "i": [5, np.nan], "s": ["x", np.nan]})
    assert [(r["i"], r["s"]) for r in zkql.compile(EVERYTHING).run(frame)] == [(5, "x"), (None, None)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata"])
def test_timestamps_of_every_unit_and_zone_are_read(unit, zone):
    """Without a zone they are UTC."""
    q = zkql.compile(PUBLIC)
    local = at(0).astimezone(timezone(timedelta(hours=5, minutes=30))).replace(tzinfo=None)
    written = local if zone == "Asia/Kolkata" else at(0).replace(tzinfo=None)
    rows = [{**ROWS[0], "ts": written, "load": 1}]
    frame = pd.DataFrame(rows)
    frame["ts"] = frame["ts"].astype(f"datetime64[{unit}]").dt.tz_localize(zone)
    assert q.run(frame)[0]["window_start"] == at(0)
    table = pa.Table.from_pylist([{**r, "ts": at(0)} for r in rows])
    typed = table.set_column(
        2, "ts", table["ts"].cast(pa.timestamp("us", "UTC")).cast(pa.timestamp(unit, zone))
    )
    assert q.run(typed)[0]["window_start"] == at(0)
    if unit != "s":
        series = pl.Series("ts", [written], pl.Datetime(unit)).dt.replace_time_zone(zone)
        assert q.run(pl.DataFrame(rows).with_columns(series))[0]["window_start"] == at(0)


def test_several_tables_come_in_a_mapping():
    sql = """
    CREATE TABLE house (id INT NOT NULL, owner VARCHAR);
    CREATE TABLE bill (house INT NOT NULL, amount DECIMAL(8, 2));
    CREATE TABLE unread (x INT);
    SELECT owner, amount FROM bill JOIN house ON house = id;
    """
    q = zkql.compile(sql)
    houses = pd.DataFrame({"id": [1, 2], "owner": ["Ada", None]})
    bills = pl.DataFrame({"house": [2, 1, 1], "amount": [Decimal("1.50"), None, Decimal("-3.00")]})
    assert list(q.run({"house": houses, "bill": bills})) == [
        {"owner": None, "amount": Decimal("1.50")},
        {"owner": "Ada", "amount": None},
        {"owner": "Ada", "amount": Decimal("-3.00")},
    ]
    assert len(q.run({"house": houses, "bill": bills, "unread": [{"anything": 1}]})) == 3
    for data, phrases in (
        (houses, ("reads 'bill' and 'house', and one table was given", "{'bill': …, 'house': …}")),
        ({"house": houses}, ("'bill' was not given",)),
        ({"house": houses, "bills": bills}, ("declares no 'bills'", "did you mean 'bill'?")),
    ):
        assert all(phrase in refusal(sql, data) for phrase in phrases)


# --- exactly, or not at all ---------------------------------------------------------------------------


CENTS = decimal(8, 2)


@pytest.mark.parametrize(
    "raw, kind, value",
    [
        (Decimal("1.5"), CENTS, 150), (7, CENTS, 700), ("1.50", CENTS, 150), (0.25, CENTS, 25),
        (-3.0, CENTS, -300), (np.float64(0.5), CENTS, 50), (np.float32(0.75), CENTS, 75),
        (np.int8(-5), CENTS, -500),
        (np.int64(2**62 + 1), BIGINT, 2**62 + 1), (np.uint64(3), INT, 3), (3.0, INT, 3),
        (Decimal("4.00"), INT, 4),
        (True, BOOLEAN, 1), (np.True_, BOOLEAN, 1), (np.str_("x"), VARCHAR, "x"),
        (datetime(1970, 1, 1, 0, 0, 1), TIMESTAMP, 1000), ("1970-01-01T00:00:01Z", TIMESTAMP, 1000),
        (1000, TIMESTAMP, 1000), (np.datetime64(1, "s"), TIMESTAMP, 1000),
        (np.datetime64("NaT"), TIMESTAMP, None),
        (datetime(1970, 1, 1, 5, 30, 1, tzinfo=timezone(timedelta(hours=5.5))), TIMESTAMP, 1000),
        (pd.Timestamp("1970-01-01 00:00:01"), TIMESTAMP, 1000), (pd.Timedelta("2s"), INTERVAL, 2000),
        (timedelta(days=-1), INTERVAL, -86_400_000), (np.timedelta64(3, "m"), INTERVAL, 180_000),
        ((1, None), array(INT), (1, None)), (np.array([1, 2]), array(INT), (1, 2)), (None, INT, None),
    ],
)  # fmt: skip
def test_a_value_is_read_exactly(raw, kind, value):
    assert to_sql(raw, kind) == value
    assert type(to_sql(raw, kind)) is type(value)


@pytest.mark.parametrize(
    "raw, kind, phrase",
    [
        (0.1, CENTS, "0.1 is exactly 0.1000000000000000055511151231257"),
        (np.float64(4.35), CENTS, "4.35 is exactly 4.3499999999999996447"),
        (0.125, CENTS, "exactly 0.125, which has more than 2 digits"),
        (1e14, decimal(20, 2), "may have been rounded"),
        (2.0**53, BIGINT, "may have been rounded"),
        (float("nan"), CENTS, "nan is no number"),
        (float("inf"), BIGINT, "inf is no number"),
        (2.5, INT, "2.5 is no whole number"),
        (Decimal("2.5"), INT, "is not of type INT"),
        (Decimal("0.001"), CENTS, "more than 2 digits"),
        (Decimal("NaN"), CENTS, "is not a decimal number"),
        (Decimal("1e99"), INT, "is outside INT"),
        (10**6, CENTS, "is outside DECIMAL(8, 2)"),
        (True, CENTS, "True is not of type"),
        (1, BOOLEAN, "1 is not of type BOOLEAN"),
        ("5", INT, "'5' is not of type INT"),
        (2**31, INT, "is outside INT"),
        (1.5, TIMESTAMP, "is not of type TIMESTAMP(3)"),
        (date(2026, 1, 1), TIMESTAMP, "is not of type TIMESTAMP(3)"),
        (datetime(2026, 1, 1, 0, 0, 0, 1), TIMESTAMP, "1,000 nanoseconds beyond the millisecond"),
        (pd.Timestamp(1, unit="ns"), TIMESTAMP, "1 nanoseconds beyond"),
        (np.datetime64("2026-01"), TIMESTAMP, "does not count milliseconds"),
        (timedelta(seconds=1), TIMESTAMP, "INTERVAL is not of type TIMESTAMP(3)"),
        (datetime(2026, 1, 1), BIGINT, "TIMESTAMP is not of type BIGINT"),
        (5, VARCHAR, "5 is not of type VARCHAR"),
        (["x"], array(INT), "'x' is not of type INT"),
        ("ab", array(VARCHAR), "'ab' is not of type ARRAY<VARCHAR>"),
    ],
)
def test_a_value_that_is_not_exactly_of_its_type_is_refused(raw, kind, phrase):
    with pytest.raises(ValueError) as caught:
        to_sql(raw, kind)
    assert phrase in str(caught.value)


@pytest.mark.parametrize(
    "raw, advice",
    [
        (0.1, "if you mean 0.1: Decimal('0.1'), or the text '0.1'"),
        (0.125, "round it first: '0.12' is the nearest text"),
        (0.1 + 0.2, "round it first: '0.30' is the nearest text"),
    ],
)
def test_what_is_advised_of_a_float_is_accepted(raw: float, advice: str) -> None:
    with pytest.raises(ValueError) as caught:
        to_sql(raw, CENTS)
    assert caught.value.__notes__ == [advice]
    to_sql(advice.split("'")[1], CENTS)


@pytest.mark.parametrize("milliseconds", [0, 1, -1, 86_399_999, -90_061_001, 366 * 9999 * 86_400_000])
def test_intervals_come_out_as_timedeltas(milliseconds):
    from zkql.plan.types import format_interval

    assert to_python(format_interval(milliseconds), INTERVAL) == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize("kind", KINDS)
def test_a_float_that_is_not_what_it_looks_like_is_refused_by_row_and_column(kind):
    rows = [reading(0, 0.5), reading(1, 0.3)]
    said = refusal(BY_ZONE, KINDS[kind](rows))
    assert "row 2 of 'reading', column 'load': the float 0.3 is exactly 0.299999" in said
    assert "Decimal('0.3')" in said
    exact = zkql.compile(BY_ZONE).run(KINDS[kind]([reading(0, 0.5), reading(1, 0.25)]))
    assert exact[0]["average"] == Decimal("0.375000")


@pytest.mark.parametrize("kind", KINDS)
def test_nanoseconds_are_never_cut(kind):
    moment = pd.Timestamp("2026-01-01 00:00:00.000000001")
    rows: Any = [{**ROWS[0], "ts": moment}]
    if kind == "polars":
        rows = pl.DataFrame(
            {**ROWS[0], "ts": pl.Series([moment.value], dtype=pl.Int64).cast(pl.Datetime("ns"))}
        )
    elif kind == "arrow":
        rows = pa.table(
            {**{k: [v] for k, v in ROWS[0].items()}, "ts": pa.array([moment.value], pa.timestamp("ns"))}
        )
    else:
        rows = KINDS[kind](rows)
    assert "row 1 of 'reading', column 'ts': it has 1 nanoseconds" in refusal(BY_ZONE, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_null_is_for_columns_that_may_be_null(kind):
    rows = [reading(0, Decimal(1)), reading(1, None)]
    said = refusal(BY_ZONE, KINDS[kind](rows))
    assert "row 2 of 'reading', column 'load': it is NULL, and the column is NOT NULL" in said
    nullable = BY_ZONE.replace("load DECIMAL(6, 3)", "load DECIMAL(6, 3) NULL")
    (row,) = zkql.compile(nullable).run(KINDS[kind](rows))
    assert (row["average"], row["readings"]) == (Decimal("1.000000"), 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "word, phrase",
    [
        ("ab\0", "character 3 is U+0000"),
        ("abcdef", "6 characters do not fit VARCHAR(5)"),
        (None, "it is NULL, and the column is NOT NULL"),
    ],
)
def test_private_text_is_refused_by_row_and_column_where_it_could_not_be_proven(kind, word, phrase):
    said = refusal(WORDS, KINDS[kind]([reading(0, 1, word="grün"), reading(1, 1, word=word)]))
    assert f"row 2 of 'reading', column 'word': {phrase}" in said


@pytest.mark.parametrize("kind", KINDS)
def test_public_text_may_hold_any_character(kind):
    query = WORDS.replace("word VARCHAR(5)", "word VARCHAR(5) PUBLIC NULL")
    rows = [reading(0, 1, word="a\0"), reading(1, 1, word=None)]
    assert [r["word"] for r in zkql.compile(query).run(KINDS[kind](rows))] == ["a\0", None]


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_column_is_said_with_the_nearest_one(kind):
    rows = [{**reading(0, 1), "laod": 1}]
    del rows[0]["load"]
    said = refusal(BY_ZONE, KINDS[kind](rows))
    assert "no column 'load'" in said or "row 1 of 'reading' has no 'load'" in said
    assert "did you mean 'laod'?" in said


@pytest.mark.parametrize("kind", KINDS)
def test_other_columns_are_left_out_and_named(kind):
    rows = [reading(0, Decimal(1), note="n", spare=object if kind == "dicts" else 1)]
    result = zkql.compile(BY_ZONE).run(KINDS[kind](rows))
    assert result.left_out == {"reading": ("note", "spare")}
    assert "'reading' does not declare them: note, spare" in repr(result)


@pytest.mark.parametrize(
    "data, phrase",
    [
        (7, "int is no table for 'reading'"),
        ("rows.jsonl", "str is no table"),
        (ROWS[0], "the query declares no 'meter'"),
        ([ROWS[0], 5], "row 2 of 'reading' is of type int"),
        (pl.LazyFrame(ROWS), "call its collect()"),
        (pd.DataFrame(ROWS).set_index("ts"), "'ts' is the index: call reset_index()"),
        (TWICE, "more than one column 'load'"),
        ({"readings": ROWS}, "did you mean 'reading'?"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(data, phrase):
    assert phrase in refusal(BY_ZONE, data)


def test_an_expression_without_a_value_is_an_error_with_its_row():
    sql = BY_ZONE.replace("AVG(load)", "AVG(load / (zone - 2))")
    said = refusal(sql, ROWS)
    assert "the query has no value" in said
    assert "row 2 of reading" in said


def test_no_rows_are_no_rows():
    assert list(zkql.compile(BY_ZONE).run([])) == []
    assert zkql.compile(BY_ZONE).run([]).to_polars().height == 0


# --- proofs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql, proofs, empty",
    [(BY_ZONE, 4, 2), (LOUD, 5, 3), (SEVERAL, 2, 4), (PUBLIC, 0, 2)],
    ids=["groups", "filter", "having", "public"],
)
def test_verified_rows_are_the_native_ones(sql, proofs, empty):
    """Empty windows are proven too; SQL has no row for them."""
    q = zkql.compile(sql)
    native, proven = q.run(ROWS), q.run(KINDS["pandas"](ROWS), prove=True)
    assert list(proven) == list(native) != []
    assert proven.schema == native.schema
    how = proven.verification
    assert how is not None
    assert native.verification is None
    assert (how.windows, how.empty_windows, how.signed_rows, how.devices, how.proofs) == (
        5,
        empty,
        6,
        3,
        proofs,
    )
    assert how.until == at(75)
    assert ("INSECURE" in repr(proven)) is bool(proofs)
    assert set(how.timings) == {"compile", "setup", "sign", "prove", "verify"}


def test_envelopes_hold_no_private_value():
    proven = zkql.compile(BY_ZONE).run([reading(0, "1.234"), reading(1, "5.678")], prove=True)
    assert proven.verification is not None
    text = repr(proven.verification.envelopes)
    assert "'5.678'" in text  # the peak, which the query asks for
    assert "1.234" not in text


def test_a_window_with_more_rows_than_the_capacity_is_refused_when_proven():
    q = zkql.compile(LOUD)
    rows = [reading(i, 1) for i in range(5)]
    assert q.run(rows)[0]["readings"] == 5
    with pytest.raises(zkql.InputError, match="capacity"):
        q.run(rows, prove=True)


def test_there_is_nothing_to_prove_without_rows():
    with pytest.raises(zkql.InputError, match="no rows"):
        zkql.compile(BY_ZONE).run([], prove=True)


# --- what people see ----------------------------------------------------------------------------------


def test_a_result_shows_its_rows_and_how_they_came_about():
    result = zkql.compile(BY_ZONE).run(ROWS)
    assert repr(result).split("\n")[1].split() == [
        "2026-01-01", "00:00:00.000", "1", "-0.875000", "0.250", "2",
    ]  # fmt: skip
    assert "4 rows; evaluated natively, not proven" in repr(result)
    assert '<td class="number">-0.875000</td>' in result._repr_html_()


def test_a_long_result_is_cut_and_says_so():
    q = zkql.compile(EVERYTHING)
    shown = q.run([{**EMPTY, "i": i} for i in range(60)])
    for text in (repr(shown), shown._repr_html_()):
        assert "60 rows, the first 50 shown" in text
        assert "49" in text
        assert "59" not in text


def test_html_escapes_hostile_names_and_values():
    sql = f"""
    CREATE STREAM `{HOSTILE}` (meter INT, zone VARCHAR PUBLIC, ts TIMESTAMP(3), `a{HOSTILE}` INT,
      WATERMARK FOR ts AS ts) SIGNED BY meter WITH ('capacity' = '2');
    SELECT window_start, zone AS `z{HOSTILE}`, MAX(`a{HOSTILE}`) AS `m{HOSTILE}`
    FROM TABLE(TUMBLE(TABLE `{HOSTILE}`, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE zone <> '{HOSTILE}!'
    GROUP BY window_start, window_end, zone;
    """
    q, refused = zkql.compile(sql), zkql.compile(sql.replace("MAX(", "1 + MAX("))
    assert q.provable
    assert not refused.provable
    result = q.run([{"meter": 1, "zone": HOSTILE, "ts": 0, f"a{HOSTILE}": 1, f"extra{HOSTILE}": 1}])
    assert result[0][f"z{HOSTILE}"] == HOSTILE
    with pytest.raises(zkql.InputError) as caught:
        q.run([{HOSTILE: 1}])
    pages = [q, refused, q.plan, q.cost, q.leakage, refused.refusals, result, caught.value]
    for page in pages:
        html = page._repr_html_()
        assert "<img" not in html
        assert "img src" in html


def test_control_characters_are_written_out():
    hostile = "\x1b[31m\u202e"
    shown = zkql.compile(EVERYTHING).run([{**EMPTY, "s": hostile}])
    for text in (repr(shown), shown._repr_html_()):
        assert "\x1b" not in text
        assert "\\u202e" in text
    assert shown[0]["s"] == hostile


# --- imports ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "program, absent",
    [
        ("import zkql; zkql.__version__", ("zkql.library.query", "zkql.errors", "sqlglot")),
        (
            "import zkql.cli",
            ("zkql.library.query", "zkql.library.frames", "IPython", "pandas", "polars", "pyarrow"),
        ),
        ("import zkql; zkql.compile", ("IPython", "pandas", "polars", "pyarrow", "numpy", "typer")),
    ],
)
def test_imports_load_no_more_than_they_need(program, absent):
    check = f"{program}; import sys; print([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there():
    for name in zkql.__all__:
        assert getattr(zkql, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        zkql.nothing  # noqa: B018


@pytest.mark.parametrize("kind, module", [("pandas", "pandas"), ("polars", "polars"), ("arrow", "pyarrow")])
def test_a_package_that_is_not_installed_is_named(kind, module, monkeypatch):
    result = zkql.compile(PUBLIC).run(ROWS)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(zkql.InputError, match=f"needs {module}, which is not installed"):
        getattr(result, BACK[kind])()
