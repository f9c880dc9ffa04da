"""Scalar functions against DuckDB: the same values on random rows, for what both engines have. Where DuckDB
means something else by a name, its expression here says the same in other words.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from zkql.plan.expressions import Column, Comparator, Connective, Expression, Literal, Logical, Not
from zkql.plan.functions.scalars import call, compare
from zkql.plan.scalar import evaluate
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    INTERVAL,
    SMALLINT,
    TIMESTAMP,
    VARCHAR,
    SqlType,
    Value,
    decimal,
    format_decimal,
    format_timestamp,
)

COLUMNS: dict[str, SqlType] = {
    "i": INT,
    "j": INT,
    "b": BIGINT,
    "s": SMALLINT,
    "d": decimal(9, 2),
    "e": decimal(7, 4),
    "p": BOOLEAN,
    "q": BOOLEAN,
    "t": TIMESTAMP,
    "u": TIMESTAMP,
    "v": VARCHAR,
    "w": VARCHAR,
    "n": INT,
}
"""``n`` is from 0 to 6 and never NULL, for lengths and positions."""
ROWS = 400
_WORDS = [
    "",
    "a",
    "ab",
    "hello",
    "Hello World",
    " x ",
    "a,b,c",
    "ä😀ß",
    "aaa",
    "50%",
    "a_b",
    "x=12&y=3",
    "12",
    "-7",
    "2147483648",
]


def _value(name: str, rng: random.Random) -> Value | None:
    if name == "n":
        return rng.randrange(7)
    if rng.random() < 0.15:
        return None
    match name:
        case "p" | "q":
            return rng.randrange(2)
        case "t" | "u":
            return rng.choice([rng.randrange(-(10**11) * 5, 15 * 10**11), rng.randrange(10**7)])
        case "v" | "w":
            return rng.choice([*_WORDS, "".join(rng.choices("ab,% xÄ", k=rng.randrange(8)))])
        case _:
            return rng.choice([rng.randrange(-3, 4), rng.randrange(-30_000, 30_000)])


def _to_duckdb(value: Value | None, kind: SqlType) -> Any:
    if value is None or isinstance(value, str):
        return value
    if kind == TIMESTAMP:
        return format_timestamp(value)
    if kind == BOOLEAN:
        return bool(value)
    return format_decimal(value, kind.scale) if kind.scale else value


@pytest.fixture(scope="module")
def table() -> tuple[duckdb.DuckDBPyConnection, list[dict[str, Value | None]]]:
    rng = random.Random(20)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    types = {BOOLEAN: "BOOLEAN", TIMESTAMP: "TIMESTAMP", VARCHAR: "VARCHAR"}
    columns = ", ".join(f"{name} {types.get(kind, str(kind))}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE data (row INTEGER, {columns})")
    rows = [{name: _value(name, rng) for name in COLUMNS} for _ in range(ROWS)]
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    values = [[n, *(_to_duckdb(row[name], COLUMNS[name]) for name in COLUMNS)] for n, row in enumerate(rows)]
    connection.executemany(f"INSERT INTO data VALUES ({marks})", values)
    return connection, rows


def column(name: str) -> Column:
    return Column(name, COLUMNS[name], private=False, nullable=name != "n")


i, j, b, s, d, e, p, q, t, u, v, w, n = map(column, COLUMNS)


def lit(value: Any) -> Literal:
    if isinstance(value, str):
        return Literal(value, VARCHAR)
    if isinstance(value, Decimal):
        scale = -value.as_tuple().exponent
        return Literal(int(value.scaleb(scale)), decimal(10, scale))
    return Literal(value, INT)


def interval(milliseconds: int) -> Literal:
    return Literal(milliseconds, INTERVAL)


PAIRS: list[tuple[Expression, str]] = [
    (call("+", (i, b)), "i + b"),
    (call("+", (d, e)), "d + e"),
    (call("-", (d, s)), "d - s"),
    (call("-", (lit(Decimal("0.5")), e)), "0.5 - e"),
    (call("*", (i, lit(3))), "i * 3"),
    (call("*", (d, e)), "d * e"),
    (call("*", (lit(Decimal("0.908")), b)), "0.908 * b"),
    (call("/", (i, call("NULLIF", (j, lit(0))))), "i // NULLIF(j, 0)"),
    (call("MOD", (i, call("NULLIF", (j, lit(0))))), "i % NULLIF(j, 0)"),
    (call("MOD", (d, call("NULLIF", (e, lit(0))))), "d % NULLIF(e, 0)"),
    (call("NEGATE", (d,)), "-d"),
    (call("ABS", (d,)), "abs(d)"),
    (call("SIGN", (d,)), "sign(d)"),
    (call("FLOOR", (d,)), "floor(d)"),
    (call("CEIL", (e,)), "ceil(e)"),
    (call("ROUND", (e, lit(2))), "round(e, 2)"),
    (call("ROUND", (e,)), "round(e, 0)"),
    (call("ROUND", (d, lit(-2))), "round(d, -2)"),
    (call("ROUND", (i, lit(-2))), "round(i, -2)"),
    (call("TRUNCATE", (e,)), "trunc(e)"),
    (call("GREATEST", (i, j)), "CASE WHEN i IS NULL OR j IS NULL THEN NULL ELSE greatest(i, j) END"),
    (call("LEAST", (d, e)), "CASE WHEN d IS NULL OR e IS NULL THEN NULL ELSE least(d, e) END"),
    (call("GREATEST", (v, w)), "CASE WHEN v IS NULL OR w IS NULL THEN NULL ELSE greatest(v, w) END"),
    (call("CASE", (p, i, q, d, e)), "CASE WHEN p THEN i WHEN q THEN d ELSE e END"),
    (call("COALESCE", (i, d, lit(0))), "coalesce(i, d, 0)"),
    (call("NULLIF", (i, s)), "nullif(i, s)"),
    (call("IF", (p, v, w)), "if(p, v, w)"),
    (call("IS NULL", (v,)), "v IS NULL"),
    (call("IS TRUE", (p,)), "p IS TRUE"),
    (call("IS FALSE", (p,)), "p IS FALSE"),
    (call("CAST", (e,), to=decimal(7, 1)), "e::DECIMAL(7, 1)"),
    (call("CAST", (e,), to=INT), "trunc(e)::INT"),
    (call("CAST", (i,), to=decimal(12, 3)), "i::DECIMAL(12, 3)"),
    (call("CAST", (i,), to=VARCHAR), "i::VARCHAR"),
    (call("CAST", (d,), to=VARCHAR), "d::VARCHAR"),
    (call("CAST", (p,), to=INT), "p::INT"),
    (call("CAST", (i,), to=BOOLEAN), "i::BOOLEAN"),
    (call("TRY_CAST", (v,), to=INT), "try_cast(v AS INT)"),
    (call("TRY_CAST", (i,), to=decimal(4, 1)), "try_cast(i AS DECIMAL(4, 1))"),
    (call("CAST", (call("CAST", (t,), to=VARCHAR),), to=TIMESTAMP), "t"),
    *((call(unit, (t,)), f"{unit.lower()}(t)") for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAYOFYEAR")),
    *((call(unit, (t,)), f"{unit.lower()}(t)") for unit in ("DAYOFMONTH", "HOUR", "MINUTE", "SECOND")),
    (call("DAYOFWEEK", (t,)), "dayofweek(t) + 1"),
    (call("EXTRACT", (lit("MILLISECOND"), t)), "millisecond(t) % 1000"),
    (call("EXTRACT", (lit("EPOCH"), t)), "floor(epoch(t))::BIGINT"),
    (call("+", (t, interval(90_061_001))), "t + INTERVAL 90061001 MILLISECOND"),
    (call("-", (t, interval(7))), "t - INTERVAL 7 MILLISECOND"),
    (call("-", (t, u)), "epoch_ms(t) - epoch_ms(u)"),
    (call("TIMESTAMPADD", (lit("MONTH"), call("-", (n, lit(3))), t)), "t + (n - 3) * INTERVAL 1 MONTH"),
    (call("TIMESTAMPADD", (lit("DAY"), s, t)), "t + s * INTERVAL 1 DAY"),
    *(
        (call("TIMESTAMPDIFF", (lit(unit), t, u)), f"date_sub('{unit}', t, u)")
        for unit in ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
    ),
    (call("DATE_FORMAT", (t, lit("yyyy-MM-dd HH:mm:ss.SSS"))), "strftime(t, '%Y-%m-%d %H:%M:%S.%g')"),
    (call("LOWER", (v,)), "lower(v)"),
    (call("CHAR_LENGTH", (v,)), "length(v)"),
    (call("TRIM", (v,)), "trim(v)"),
    (call("LTRIM", (v, lit("a ,"))), "ltrim(v, 'a ,')"),
    (call("RTRIM", (v, lit("a ,"))), "rtrim(v, 'a ,')"),
    (call("SUBSTRING", (v, call("+", (n, lit(1))), lit(2))), "substring(v, n + 1, 2)"),
    (call("LEFT", (v, n)), "left(v, n)"),
    (call("RIGHT", (v, n)), "right(v, n)"),
    (call("||", (v, w)), "v || w"),
    (call("CONCAT_WS", (lit("-"), v, w)), "concat_ws('-', v, w)"),
    (call("REPLACE", (v, lit("a"), w)), "replace(v, 'a', w)"),
    (call("REVERSE", (v,)), "reverse(v)"),
    (call("REPEAT", (v, n)), "repeat(v, n)"),
    (call("LPAD", (v, n, lit("xy"))), "lpad(v, n, 'xy')"),
    (call("RPAD", (v, n, lit("xy"))), "rpad(v, n, 'xy')"),
    (call("POSITION", (w, v)), "position(w IN v)"),
    (call("INSTR", (v, w)), "instr(v, w)"),
    (call("STARTSWITH", (v, w)), "starts_with(v, w)"),
    (call("ENDSWITH", (v, w)), "ends_with(v, w)"),
    (
        call("SPLIT_INDEX", (v, lit(","), n)),
        "CASE WHEN v = '' OR n >= len(string_split(v, ',')) THEN NULL ELSE string_split(v, ',')[n + 1] END",
    ),
    *((call("LIKE", (v, lit(x))), f"v LIKE '{x}'") for x in ("%a%", "a%", "_", "%a_", "%a%b%", "a%a", "")),
    (call("LIKE", (v, lit("%!%%"), lit("!"))), "v LIKE '%!%%' ESCAPE '!'"),
    *(
        (call("REGEXP", (v, lit(x))), f"regexp_matches(v, '{x}')")
        for x in ("[0-9]+", "^a|b$", "(a|,)+b", "x=([^&]*)", "^.{2,3}$", "[^a-z]")
    ),
    (
        call("COALESCE", (call("REGEXP_EXTRACT", (v, lit("([a-z])=([0-9]+)"), lit(2))), lit(""))),
        "coalesce(regexp_extract(v, '([a-z])=([0-9]+)', 2), '')",
    ),
    (
        call("COALESCE", (call("REGEXP_EXTRACT", (v, lit("a*?b|a+"))), lit(""))),
        "coalesce(regexp_extract(v, 'a*?b|a+'), '')",
    ),
    *((compare(c, d, e), f"d {c} e") for c in Comparator),
    *((compare(c, i, e), f"i {c} e") for c in Comparator),
    *((compare(c, v, w), f"v {c} w") for c in Comparator),
    *((compare(c, t, u), f"t {c} u") for c in Comparator),
    (compare(Comparator.LESS, t, lit("1970-01-01 02:00:00")), "t < TIMESTAMP '1970-01-01 02:00:00'"),
]


def _plain(value: Value | None, kind: SqlType) -> Any:
    """Ours, as a Python number or text."""
    if value is None or isinstance(value, str):
        return value
    assert isinstance(value, int)
    return Decimal(format_decimal(value, kind.scale))


def _found(value: Any) -> Any:
    """DuckDB's."""
    if isinstance(value, datetime):
        return Decimal(
            round((value.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
        )
    return (
        Decimal(str(int(value) if isinstance(value, bool) else value))
        if isinstance(value, int | float)
        else value
    )


@pytest.mark.parametrize(("expression", "sql"), PAIRS, ids=[sql for _, sql in PAIRS])
def test_values_are_those_of_duckdb(table, expression, sql):
    connection, rows = table
    found = connection.execute(f"SELECT {sql} FROM data ORDER BY row").fetchall()
    assert len({value for (value,) in found}) > 1  # the rows tell functions apart
    for row, (theirs,) in zip(rows, found, strict=True):
        assert _plain(evaluate(expression, row), expression.type) == _found(theirs), row


def _condition(rng: random.Random, depth: int) -> tuple[Expression, str]:
    """A random condition, in both dialects."""
    if not depth:
        left, right = rng.choice([(i, j), (d, e), (i, d), (v, w), (t, u), (b, lit(0))])
        operator = rng.choice(list(Comparator))
        right_sql = right.name if isinstance(right, Column) else right.value
        return rng.choice(
            [
                (compare(operator, left, right), f"({left.name} {operator} {right_sql})"),
                (call("IS NULL", (left,)), f"({left.name} IS NULL)"),
                (p, "p"),
                (q, "q"),
            ]
        )
    if rng.random() < 0.25:
        inner, sql = _condition(rng, depth - 1)
        name = rng.choice(["IS NULL", "IS TRUE", "IS FALSE", ""])
        return (call(name, (inner,)), f"({sql} {name})") if name else (Not(inner), f"(NOT {sql})")
    connective = rng.choice(list(Connective))
    parts = [_condition(rng, depth - 1) for _ in range(rng.randrange(2, 4))]
    return (
        Logical(connective, tuple(part for part, _ in parts)),
        f"({f' {connective} '.join(sql for _, sql in parts)})",
    )


def test_conditions_are_true_false_and_unknown_where_duckdbs_are(table):
    connection, rows = table
    rng = random.Random(3)
    seen = set()
    for _ in range(150):
        expression, sql = _condition(rng, rng.randrange(1, 4))
        found = connection.execute(f"SELECT {sql} FROM data ORDER BY row").fetchall()
        theirs = [None if value is None else int(value) for (value,) in found]
        assert [evaluate(expression, row) for row in rows] == theirs, sql
        seen |= set(theirs)
    assert seen == {0, 1, None}
