"""The SQL front end against DuckDB: random queries, and each place where the dialects differ.

``make fuzz`` runs many more of the random ones (:mod:`tests.reference.fuzz`).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from tests.reference import generator_calls, generator_functions, generator_sources
from tests.reference.engine import Row, same
from tests.reference.fuzz import Subject, Verdict, judge, shrunk
from tests.reference.generator import Case, case
from zkql.plan.nodes import Window
from zkql.plan.types import parse_timestamp
from zkql.plan.walk import bottom_up

CHUNK = 50
"""Queries of one test, of which several can run at once."""
STREAM = """CREATE STREAM s (uid BIGINT, dev INT, ts TIMESTAMP(3), k VARCHAR NULL, x INT NULL,
    y DECIMAL(6, 2) NULL, b BOOLEAN NULL, f DECIMAL(2, 2), big BIGINT, WATERMARK FOR ts AS ts) SIGNED BY dev;
CREATE TABLE t (id BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at);
"""
COLUMNS = ("uid", "dev", "ts", "k", "x", "y", "b", "f", "big")
ROWS = (
    (1, 1, -1_500, "a", 7, 250, 1, 50, 2**63 - 1),
    (2, 2, 0, None, -7, -250, 0, -5, 2**63 - 1),
    (3, 1, 1_000, "abc", None, 5, None, 0, 0),
    (4, 2, 3_000, "", 2, None, 1, 99, -(2**63)),
)
TABLE = ({"id": 1, "at": None}, {"id": 2, "at": 1_000})


def compared(query: str) -> list[Row] | str:
    """What zkql has for a query over the rows above, after DuckDB had the same."""
    subject = Subject.of(STREAM + query)
    rows = {"s": tuple(dict(zip(COLUMNS, r, strict=True)) for r in ROWS), "t": TABLE}
    outcome = subject.compare(rows)
    assert outcome.verdict is not Verdict.MISMATCH, outcome.detail
    return subject.zkql(rows)


def items(*expressions: str) -> str:
    """A SELECT of expressions for each row, in order of uid."""
    named = ", ".join(f"{e} AS c{i}" for i, e in enumerate(expressions))
    return f"SELECT {named} FROM s ORDER BY uid;"


VALUES: tuple[tuple[str, list[object]], ...] = (
    # arithmetic: DuckDB's / is a float, and its decimals have other scales
    ("x / 2", [3, -3, None, 1]),
    ("x % 4", [3, -3, None, 2]),
    ("MOD(y, 0.40)", [10, -10, 5, None]),
    ("y / 0.3", [8_333_333, -8_333_333, 166_667, None]),
    ("1 / f", [2_000_000, -20_000_000, "division by zero", 0]),
    ("big + 1", ["outside BIGINT"] * 4),
    ("- big", ["outside BIGINT"] * 4),
    ("x * 100000 * 100000", ["outside INT"] * 4),
    # casts: numbers are cut to integers, not rounded; text has Flink's form
    ("CAST(y AS INT)", [2, -2, 0, None]),
    ("CAST(y AS DECIMAL(5, 1))", [25, -25, 1, None]),
    ("CAST('-12.9' AS INT)", [-12] * 4),
    ("CAST(f AS VARCHAR)", ["0.50", "-0.05", "0.00", "0.99"]),
    ("CAST(b AS VARCHAR)", ["TRUE", "FALSE", None, "TRUE"]),
    ("CAST(ts AS VARCHAR)", [
        "1969-12-31 23:59:58.500", "1970-01-01 00:00:00.000",
        "1970-01-01 00:00:01.000", "1970-01-01 00:00:03.000",
    ]),
    ("CAST(k AS VARCHAR(2))", ["a", None, "ab", ""]),
    ("TRY_CAST(k AS INT)", [None] * 4),
    ("CAST(k AS INT)", ["'a' is no INT"] * 4),
    ("CAST(x AS TINYINT) + CAST(120 AS TINYINT)", [127, 113, None, 122]),
    # NULL among operands: DuckDB's functions leave it out
    ("GREATEST(x, 0)", [7, 0, None, 2]),
    ("LEAST(y, 1)", [100, -250, 5, None]),
    ("CONCAT(k, '!')", ["a!", None, "abc!", "!"]),
    ("CONCAT_WS('-', k, 'z')", ["a-z", "z", "abc-z", "-z"]),
    # text
    ("SUBSTRING('hello' FROM x)", ["", "", None, "ello"]),
    ("SUBSTRING('hello' FROM 0 FOR 2)", ["he"] * 4),
    ("SUBSTRING('hello' FROM -3 FOR 2)", ["ll"] * 4),
    ("SUBSTRING('hello' FROM 2 FOR x)", ["ello", None, None, "el"]),
    ("LEFT('hello', x)", ["hello", "", None, "he"]),
    ("RIGHT('hello', x)", ["hello", "", None, "lo"]),
    ("LPAD(k, 3, '')", [None] * 4),
    ("RPAD(k, 2, 'xy')", ["ax", None, "ab", "xy"]),
    ("SPLIT_INDEX(k, 'b', 1)", [None, None, "c", None]),
    ("POSITION('c' IN k)", [0, None, 3, 0]),
    ("LOCATE('b', 'abab', x)", [0, 2, None, 2]),
    ("REGEXP_EXTRACT(k, '(a)(.)', 2)", [None, None, "b", None]),
    ("k LIKE '%\\'", [0, None, 0, 0]),
    ("k LIKE '%!%' ESCAPE '!'", [0, None, 0, 0]),
    ("REPLACE(k, 'b', '__')", ["a", None, "a__c", ""]),
    # time
    ("EXTRACT(DOW FROM ts)", [4, 5, 5, 5]),
    ("EXTRACT(MILLISECOND FROM ts)", [500, 0, 0, 0]),
    ("EXTRACT(EPOCH FROM ts)", [-2, 0, 1, 3]),
    ("TIMESTAMPDIFF(SECOND, ts, TIMESTAMP '1970-01-01 00:00:00')", [1, 0, -1, -3]),
    ("TIMESTAMPDIFF(MONTH, TIMESTAMP '2024-03-31 00:00:00', TIMESTAMP '2024-02-29 00:00:00')", [-1] * 4),
    ("TIMESTAMPADD(MONTH, x, TIMESTAMP '2024-01-31 00:00:00')", [
        *map(parse_timestamp, ("2024-08-31 00:00:00", "2023-06-30 00:00:00")), None,
        parse_timestamp("2024-03-31 00:00:00"),
    ]),
    ("TO_TIMESTAMP('1970-01-01 00:00')", [None] * 4),
    ("DATE_FORMAT(ts, 'HH:mm:ss.SSS')", ["23:59:58.500", "00:00:00.000", "00:00:01.000", "00:00:03.000"]),
    ("ts - INTERVAL '1' DAY > TIMESTAMP '1969-12-31 00:00:00'", [0, 0, 1, 1]),
    ("ts - TIMESTAMP '1970-01-01 00:00:00' < INTERVAL '1' SECOND * 2", [1, 1, 1, 0]),
    # rounding: ties away from zero
    ("ROUND(y, 1)", [25, -25, 1, None]),
    ("ROUND(x, -1)", [10, -10, None, 0]),
    ("TRUNCATE(y, 0)", [2, -2, 0, None]),
    ("FLOOR(y)", [2, -3, 0, None]),
    ("SIGN(f)", [100, -100, 0, 100]),
    # three-valued logic
    ("b OR NULL", [1, None, None, 1]),
    ("NOT (b AND NULL)", [None, 1, None, None]),
    ("x IN (7, NULL)", [1, None, None, None]),
    ("b IS NOT TRUE", [0, 1, 1, 0]),
    ("x BETWEEN NULL AND 1", [0, None, None, 0]),
    ("CASE x WHEN 7 THEN 'seven' WHEN NULL THEN 'never' END", ["seven", None, None, None]),
)  # fmt: skip
"""An expression, and its unscaled value on each row; or for all rows a part of the error."""


@pytest.mark.parametrize(("expression", "values"), VALUES, ids=[e for e, _ in VALUES])
def test_an_expression_means_the_same(expression: str, values: list[object]) -> None:
    found = compared(items(expression))
    errors = [v for v in values if isinstance(v, str) and " " in v and isinstance(found, str)]
    if errors:
        assert errors[0] in str(found)
    else:
        assert found == [(v,) for v in values]


OVER_ALL = "SELECT {} AS c FROM s;"
TVF = "SELECT {} FROM TABLE({}(TABLE s, DESCRIPTOR(ts), {})) {};"
QUERIES: tuple[tuple[str, list[object]], ...] = (
    # aggregates that DuckDB has as floats, or in other types
    (OVER_ALL.format("AVG(x)"), [(0,)]),
    (OVER_ALL.format("AVG(-x)"), [(0,)]),
    (OVER_ALL.format("AVG(y) FILTER (WHERE uid <> 2)"), [(1_275_000,)]),
    (OVER_ALL.format("SUM(big)"), [(2**63 - 2,)]),
    (OVER_ALL.format("SUM(DISTINCT big)"), [(-1,)]),
    (OVER_ALL.format("VAR_SAMP(y) FILTER (WHERE uid = 1)"), [(None,)]),
    (OVER_ALL.format("VAR_POP(x)"), [(33_555_556,)]),
    (OVER_ALL.format("STDDEV_SAMP(x)"), [(7_094_599,)]),
    (OVER_ALL.format("MEDIAN(x)"), [(2_000_000,)]),
    (OVER_ALL.format("MEDIAN(ts)"), [(500,)]),
    (OVER_ALL.format("PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY y DESC)"), [(1_275_000,)]),
    (OVER_ALL.format("PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY k)"), [("a",)]),
    (OVER_ALL.format("COLLECT_DISTINCT(k)"), [(("", "a", "abc"),)]),
    (OVER_ALL.format("COUNT(k)"), [(3,)]),
    (OVER_ALL.format("EVERY(b)"), [(0,)]),
    (OVER_ALL.format("FIRST_VALUE(x)"), [(7,)]),
    (OVER_ALL.format("LAST_VALUE(x)"), [(2,)]),
    (OVER_ALL.format("SUM(x) FILTER (WHERE FALSE)"), [(None,)]),
    (OVER_ALL.format("TOP(x, 2)"), [((7, 2),)]),
    (OVER_ALL.format("BOTTOM(x, 9) FILTER (WHERE uid > 1)"), [((-7, 2),)]),
    (OVER_ALL.format("TOP(DISTINCT big, 1000)"), [((2**63 - 1, 0, -(2**63)),)]),
    (OVER_ALL.format("TOP(x, 2) FILTER (WHERE x > 99)"), [(None,)]),
    (OVER_ALL.format("CARDINALITY(BOTTOM(DISTINCT b, 3))"), [(2,)]),
    ("SELECT BOTTOM(k, 2) OVER (ORDER BY uid) AS c FROM s ORDER BY uid;", [
        (("a",),), (("a",),), (("a", "abc"),), (("", "a"),),
    ]),
    (OVER_ALL.format("MODE(big)"), [(2**63 - 1,)]),
    (OVER_ALL.format("MODE(dev)"), [(1,)]),
    (OVER_ALL.format("MODE(k) FILTER (WHERE uid > 1)"), [("",)]),
    ("SELECT MODE(x) OVER (ORDER BY uid DESC) AS c FROM s ORDER BY uid;", [(-7,), (-7,), (2,), (2,)]),
    (OVER_ALL.format("COVAR_POP(y, uid)"), [(-816_667,)]),
    (OVER_ALL.format("COVAR_SAMP(x, NULL)"), [(None,)]),
    (OVER_ALL.format("COVAR_SAMP(x, uid)"), [(-1_833_333,)]),
    (OVER_ALL.format("COVAR_SAMP(x, uid) FILTER (WHERE uid = 1)"), [(None,)]),
    (OVER_ALL.format("CORR(uid, 2 - 3 * uid)"), [(-(10**9),)]),
    (OVER_ALL.format("CORR(x, uid) FILTER (WHERE x > 0)"), [(-(10**9),)]),
    (OVER_ALL.format("CORR(dev, 1)"), [(None,)]),
    (OVER_ALL.format("CORR(dev, NULL)"), [(None,)]),
    ("SELECT CORR(x, uid) OVER (ORDER BY uid) AS c FROM s ORDER BY uid;", [
        (None,), (-(10**9),), (-(10**9),), (-169_170_719,),
    ]),
    (OVER_ALL.format("ARG_MAX(uid, big)"), [(1,)]),
    (OVER_ALL.format("MIN_BY(k, x)"), [("",)]),
    (OVER_ALL.format("MAX_BY(k, x) FILTER (WHERE x < 7)"), [("",)]),
    (OVER_ALL.format("ARG_MIN(x, b) FILTER (WHERE b)"), [(7,)]),
    ("SELECT ARG_MIN(uid, dev) OVER (ORDER BY uid DESC) AS c FROM s ORDER BY uid;", [(3,), (3,), (3,), (4,)]),
    (OVER_ALL.format("RANK(2) WITHIN GROUP (ORDER BY x)"), [(3,)]),
    (OVER_ALL.format("RANK(2.5) WITHIN GROUP (ORDER BY x DESC)"), [(2,)]),
    (OVER_ALL.format("RANK(NULL) WITHIN GROUP (ORDER BY x DESC)"), [(4,)]),
    (OVER_ALL.format("RANK(1 + 1) WITHIN GROUP (ORDER BY x NULLS LAST) FILTER (WHERE uid > 1)"), [(2,)]),
    (OVER_ALL.format("RANK(1) WITHIN GROUP (ORDER BY y)"), [(4,)]),
    (OVER_ALL.format("DENSE_RANK(3) WITHIN GROUP (ORDER BY dev)"), [(3,)]),
    (OVER_ALL.format("DENSE_RANK('b') WITHIN GROUP (ORDER BY k)"), [(5,)]),
    (OVER_ALL.format("PERCENT_RANK(TRUE) WITHIN GROUP (ORDER BY b)"), [(500_000_000,)]),
    (OVER_ALL.format("CUME_DIST('1970-01-01 00:00:01') WITHIN GROUP (ORDER BY ts)"), [(800_000_000,)]),
    (OVER_ALL.format("CUME_DIST(0.07) WITHIN GROUP (ORDER BY y) FILTER (WHERE FALSE)"), [(10**9,)]),
    (OVER_ALL.format("PERCENT_RANK(5) WITHIN GROUP (ORDER BY y) FILTER (WHERE FALSE)"), [(0,)]),
    ("SELECT RANK(0) WITHIN GROUP (ORDER BY x) AS c FROM s GROUP BY dev ORDER BY dev;", [(2,), (2,)]),
    ("SELECT dev FROM s GROUP BY dev HAVING RANK(2) WITHIN GROUP (ORDER BY x DESC) = 1;", [(2,)]),
    # FILTER comes before the argument: DuckDB would overflow on the rows that it leaves out
    (OVER_ALL.format("MAX(big + 1) FILTER (WHERE uid = 3)"), [(1,)]),
    # NULLs are smallest, and a group
    ("SELECT x FROM s ORDER BY x;", [(None,), (-7,), (2,), (7,)]),
    ("SELECT x FROM s ORDER BY x DESC LIMIT 3;", [(7,), (2,), (-7,)]),
    ("SELECT x FROM s ORDER BY x DESC NULLS FIRST LIMIT 1 OFFSET 1;", [(7,)]),
    ("SELECT b, COUNT(*) AS n FROM s GROUP BY b ORDER BY b;", [(None, 1), (0, 1), (1, 2)]),
    ("SELECT uid, SUM(uid) OVER (ORDER BY x) AS c FROM s ORDER BY uid;", [(1, 10), (2, 5), (3, 3), (4, 9)]),
    ("SELECT uid, NTILE(3) OVER (ORDER BY uid) AS c FROM s ORDER BY uid;", [(1, 1), (2, 1), (3, 2), (4, 3)]),
    (
        "SELECT PERCENT_RANK() OVER (ORDER BY uid) AS c FROM s ORDER BY uid;",
        [(0,), (333_333_333,), (666_666_667,), (10**9,)],
    ),
    ("SELECT LAG(y, 1, 1) OVER (ORDER BY uid) AS c FROM s ORDER BY uid;", [(100,), (250,), (-250,), (5,)]),
    (
        "SELECT COUNT(*) OVER (ORDER BY ts RANGE INTERVAL '1.5' SECOND PRECEDING) AS c FROM s ORDER BY uid;",
        [(1,), (2,), (2,), (1,)],
    ),
    (
        "SELECT SUM(COUNT(*)) FILTER (WHERE MAX(uid) > 3) OVER (ORDER BY dev DESC) AS c FROM s GROUP BY dev;",
        [(2,), (2,)],
    ),
    ("SELECT SUM(COUNT(*)) OVER (ORDER BY dev) AS c FROM s GROUP BY dev ORDER BY c;", [(2,), (4,)]),
    # windows: before 1970, with an offset, rows without a time, sessions whose rows are the gap apart
    (
        TVF.format("uid, window_start, window_time", "TUMBLE", "INTERVAL '1' SECOND", "ORDER BY uid"),
        [(1, -2000, -1001), (2, 0, 999), (3, 1000, 1999), (4, 3000, 3999)],
    ),
    (
        TVF.format(
            "window_start, COUNT(*) AS n",
            "HOP",
            "INTERVAL '1' SECOND, INTERVAL '2' SECOND, INTERVAL '-0.5' SECOND",
            "GROUP BY window_start, window_end ORDER BY window_start",
        ),
        [(-2500, 1), (-1500, 2), (-500, 2), (500, 1), (1500, 1), (2500, 1)],
    ),
    (
        TVF.format(
            "uid, window_end",
            "CUMULATE",
            "INTERVAL '1' SECOND, INTERVAL '2' SECOND",
            "WHERE uid < 4 ORDER BY uid, window_end",
        ),
        [(1, -1000), (1, 0), (2, 1000), (2, 2000), (3, 2000)],
    ),
    (
        TVF.format("uid, window_start, window_end", "SESSION", "INTERVAL '1' SECOND", "ORDER BY uid"),
        [(1, -1500, -500), (2, 0, 2000), (3, 0, 2000), (4, 3000, 4000)],
    ),
    (
        "SELECT dev, SESSION_START(ts, INTERVAL '2.5' SECOND) AS a, SESSION_ROWTIME(ts, INTERVAL "
        "'2.5' SECOND) AS z FROM s GROUP BY dev, SESSION(ts, INTERVAL '2.5' SECOND) ORDER BY dev, a;",
        [(1, -1500, 3499), (2, 0, 2499), (2, 3000, 5499)],
    ),
    (
        "SELECT HOP_END(ts, INTERVAL '2' SECOND, INTERVAL '4' SECOND) AS z, COUNT(*) AS n FROM s "
        "WHERE uid > 1 GROUP BY HOP(ts, INTERVAL '2' SECOND, INTERVAL '4' SECOND) ORDER BY z;",
        [(2000, 2), (4000, 3), (6000, 1)],
    ),
    ("SELECT id, window_start FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '1' MINUTE));", [(2, 0)]),
    # types of unions, joins and targets
    (
        "SELECT CAST(v AS VARCHAR) AS c "
        "FROM (SELECT x AS v FROM s UNION ALL SELECT f FROM s) AS u WHERE v > 1;",
        [("7.00",), ("2.00",)],
    ),
    (
        "CREATE TABLE o (a DECIMAL(8, 3), z BIGINT);\nINSERT INTO o (z, a) SELECT x, y FROM s WHERE uid = 1;",
        [(7, 2500)],
    ),
    ("SELECT uid, at FROM s JOIN t ON uid = id ORDER BY uid;", [(1, None), (2, 1000)]),
    (
        "SELECT l.uid, r.uid AS other FROM s AS l JOIN s AS r USING (dev, k) ORDER BY uid;",
        [(1, 1), (3, 3), (4, 4)],
    ),
    ("WITH w (a, c) AS (SELECT uid, x FROM s WHERE x > 0) SELECT c, a FROM w ORDER BY 2;", [(7, 1), (2, 4)]),
    ("SELECT COUNT(*) AS n FROM s WHERE x = 100;", [(0,)]),
    ("SELECT COUNT(*) AS n FROM s WHERE x = 100 GROUP BY dev;", []),
    ("SELECT 1 / (x - x) AS c FROM s;", ["division by zero"]),
)  # fmt: skip
"""A query, and its rows; or a part of the error."""


@pytest.mark.parametrize(("query", "rows"), QUERIES, ids=[q[:90] for q, _ in QUERIES])
def test_a_query_means_the_same(query: str, rows: list[Row | str]) -> None:
    found = compared(query)
    if isinstance(found, str):
        assert isinstance(rows[0], str)
        assert rows[0] in found
    else:
        assert same(found, rows, ordered="ORDER BY" in query.rpartition(")")[2])  # type: ignore[arg-type]


@pytest.mark.parametrize("first", range(1, 301, CHUNK))
def test_random_queries_mean_what_duckdb_says(first: int) -> None:
    verdicts: Counter[Verdict] = Counter()
    for seed in range(first, first + CHUNK):
        outcome = judge(case(seed))
        assert outcome.verdict is not Verdict.MISMATCH, outcome.detail
        verdicts[outcome.verdict] += 1
    assert verdicts[Verdict.REFUSED] <= CHUNK / 10
    assert verdicts[Verdict.AGREED] >= CHUNK / 2


def test_a_seed_gives_one_case_and_seeds_give_all_features() -> None:
    assert case(7) == case(7)
    text = "".join(case(seed).text for seed in range(1, 1001))
    wanted = [name.partition("(")[0] for name in (*generator_calls.AGGREGATES, *generator_calls.RANKS)]
    wanted += [*generator_sources.WINDOWS, *generator_functions.FIELDS]
    wanted += [t.partition("(")[0].partition(" ")[0] for t in generator_functions.TEXT_CALLS]
    wanted += [
        "SYSTEM_TIME",
        "USING",
        "CROSS JOIN",
        "UNION ALL",
        "HAVING",
        "LIMIT",
        "WITH ",
        "VIEW",
        "INSERT",
    ]
    assert [w for w in wanted if w not in text] == []
    within = [rf"\b{name}\([^)]" for name in generator_calls.HYPOTHETICAL]  # with OVER they take nothing
    assert [w for w in within if not re.search(w, text)] == []


def test_a_wrong_plan_is_a_mismatch() -> None:
    """Of many rows, only those that show it are kept."""
    query = TVF.format(
        "window_start, COUNT(*) AS n", "TUMBLE", "INTERVAL '2' SECOND", "GROUP BY window_start"
    )
    right = Subject.of(STREAM + query)
    wrong = replace(
        right, plan=bottom_up(right.plan, lambda n: replace(n, offset=1) if isinstance(n, Window) else n)
    )
    rows = {"s": tuple(dict(zip(COLUMNS, r, strict=True)) for r in ROWS), "t": TABLE}
    assert right.compare(rows).verdict is Verdict.AGREED
    assert wrong.compare(rows).verdict is Verdict.MISMATCH
    few = shrunk(rows, lambda fewer: wrong.compare(fewer).verdict is Verdict.MISMATCH)
    assert {name: len(own) for name, own in few.items()} == {"s": 1, "t": 0}


def test_a_refused_query_is_counted_by_its_code() -> None:
    outcome = judge(Case(0, STREAM + "SELECT nothing FROM s;", {}))
    assert (outcome.verdict, outcome.detail) == (Verdict.REFUSED, "ZKQL0207")
