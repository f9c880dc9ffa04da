"""From text to syntax: what each construct becomes, where it stands, and how mistakes are told."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from zkql.errors import QueryError, Source, Span
from zkql.lang import syntax
from zkql.lang.grammar import keywords
from zkql.lang.mistakes import FOREIGN, MISTAKES
from zkql.lang.parse import MAX_DEPTH, parse
from zkql.lang.syntax import span_of

HEAD = "SELECT "


def statements(text: str) -> tuple[syntax.Statement, ...]:
    return parse(Source("test.zkql", text)).statements


def one(text: str) -> Any:
    (statement,) = statements(text)
    return statement


def expression(text: str) -> exp.Expression:
    found = one(HEAD + text).body.items[0].expression
    assert isinstance(found, exp.Expression)
    return found


def errors(text: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Code, blamed text, message and notes of each diagnostic."""
    with pytest.raises(QueryError) as caught:
        statements(text)
    return [(d.code, d.labels[0].span.text, d.message, d.notes) for d in caught.value.diagnostics]


def shape(value: object) -> str:
    """Syntax as text, without spans and without what is not there; types, intervals, subqueries included."""
    match value:
        case syntax.Name():
            return value.text
        case syntax.TypeName():
            parameters = [
                *map(str, value.parameters),
                *(f"{n.text} {shape(t)}".strip() for n, t in value.fields),
            ]
            return value.name + (f"({', '.join(parameters)})" if parameters else "")
        case syntax.Interval():
            return f"{value.amount} {value.unit}"
        case exp.Identifier() | exp.Var():
            return str(value.this)
        case exp.Column() | exp.Dot():
            return ".".join(part.name for part in value.parts)
        case exp.Literal():
            return repr(value.this) if value.is_string else str(value.this)
        case exp.Interval():
            return shape(value.meta["interval"])
        case exp.Anonymous() if "subquery" in value.meta:
            operands = [*map(shape, value.expressions), shape(value.meta["subquery"])]
            return f"{value.name}({', '.join(operands)})"
        case exp.Anonymous():
            return f"{value.name}({', '.join(map(shape, value.expressions))})"
        case exp.Cast():
            return f"{type(value).__name__}({shape(value.this)}, {shape(value.meta['type'])})"
        case exp.Expression():
            parts = [shape(v) for v in value.args.values() if v is not None and v != [] and v != "OVER"]
            return f"{type(value).__name__}({', '.join(parts)})"
        case list() | tuple():
            return f"[{', '.join(map(shape, value))}]"
        case Span():
            return "…"
        case _ if dataclasses.is_dataclass(value):
            fields = {
                f.name: getattr(value, f.name) for f in dataclasses.fields(value) if "span" not in f.name
            }
            given = [f"{k}={shape(v)}" for k, v in fields.items() if v not in (None, ())]
            return f"{type(value).__name__}({', '.join(given)})"
        case _:
            return str(value)


# --- expressions ----------------------------------------------------------------------------------

EXPRESSIONS = [
    # columns and literals
    ("a", "a"),
    ("a.b", "a.b"),
    ("a.b.c.d", "a.b.c.d"),
    ("`a b`.`select`", "a b.select"),
    ("12", "12"),
    ("007", "007"),
    ("1.50", "1.50"),
    ("1.", "1."),
    (".5", ".5"),
    ("'it''s'", '"it\'s"'),
    ("''", "''"),
    ("NULL", "Null()"),
    ("TRUE", "Boolean(True)"),
    ("false", "Boolean(False)"),
    ("TIMESTAMP '2026-01-01 00:00:00'", "Cast('2026-01-01 00:00:00', TIMESTAMP)"),
    ("DATE '2026-01-01'", "Cast('2026-01-01', DATE)"),
    ("INTERVAL '10' SECOND", "10 SECOND"),
    ("interval '10' seconds", "10 SECOND"),
    ("INTERVAL '1' DAYS(3)", "1 DAY"),
    ("INTERVAL '0.5' HOUR(2, 3)", "0.5 HOUR"),
    ("INTERVAL '-3' MINUTE", "-3 MINUTE"),
    # operators
    ("(a)", "Paren(a)"),
    ("-a", "Neg(a)"),
    ("- - 1", "Neg(Neg(1))"),
    ("a + b - c", "Sub(Add(a, b), c)"),
    ("a - b * c / d % e", "Sub(a, Mod(Div(Mul(b, c), d), e))"),
    ("-a * b", "Mul(Neg(a), b)"),
    ("a || b || c", "DPipe(DPipe(a, b), c)"),
    ("a = 1", "EQ(a, 1)"),
    ("a <> 1", "NEQ(a, 1)"),
    ("a != 1", "NEQ(a, 1)"),
    ("a < 1", "LT(a, 1)"),
    ("a <= 1", "LTE(a, 1)"),
    ("a > 1", "GT(a, 1)"),
    ("a >= 1", "GTE(a, 1)"),
    ("a OR b AND NOT c", "Or(a, And(b, Not(c)))"),
    ("a AND b OR c AND d", "Or(And(a, b), And(c, d))"),
    ("NOT NOT a = b", "Not(Not(EQ(a, b)))"),
    ("a BETWEEN 1 AND 2 AND b", "And(Between(a, 1, 2), b)"),
    ("a NOT BETWEEN b + 1 AND c", "Not(Between(a, Add(b, 1), c))"),
    ("a IN (1)", "In(a, [1])"),
    ("a IN (1, b, c = d)", "In(a, [1, b, EQ(c, d)])"),
    ("a NOT IN (1, 2)", "Not(In(a, [1, 2]))"),
    ("a LIKE 'b%'", "Like(a, 'b%')"),
    ("a NOT LIKE b || '%'", "Not(Like(a, DPipe(b, '%')))"),
    ("a LIKE 'x!%' ESCAPE '!'", "Escape(Like(a, 'x!%'), '!')"),
    ("a NOT LIKE 'x' ESCAPE '!'", "Not(Escape(Like(a, 'x'), '!'))"),
    ("a IS NULL", "Is(a, Null())"),
    ("a IS NOT NULL", "Not(Is(a, Null()))"),
    ("a IS TRUE", "Is(a, Boolean(True))"),
    ("a IS NOT FALSE", "Not(Is(a, Boolean(False)))"),
    ("a IS UNKNOWN", "Is(a, Null())"),
    ("a > 1 IS NOT UNKNOWN", "Not(Is(GT(a, 1), Null()))"),
    ("NOT a IS NULL", "Not(Is(a, Null()))"),
    # CASE and what has words of its own
    ("CASE WHEN a THEN 1 END", "Case([If(a, 1)])"),
    ("CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END", "Case([If(a, 1), If(b, 2)], 3)"),
    ("CASE a WHEN 1 THEN b ELSE NULL END", "Case(a, [If(1, b)], Null())"),
    ("CAST(a AS INT)", "Cast(a, INT)"),
    ("CAST(a + 1 AS DECIMAL(12, 2))", "Cast(Add(a, 1), DECIMAL(12, 2))"),
    ("TRY_CAST(a AS varchar(3))", "TryCast(a, VARCHAR(3))"),
    ("CAST(a AS ROW<b INT, `c d` ARRAY<VARCHAR(3)>>)", "Cast(a, ROW(b INT, c d ARRAY(VARCHAR(3))))"),
    ("CAST(a AS ROW(b INT))", "Cast(a, ROW(b INT))"),
    ("CAST(a AS TIMESTAMP(3) WITH LOCAL TIME ZONE)", "Cast(a, TIMESTAMP_LTZ(3))"),
    ("CAST(a AS TIMESTAMP WITH TIME ZONE)", "Cast(a, TIMESTAMP_TZ)"),
    ("CAST(a AS TIMESTAMP(3) WITHOUT TIME ZONE)", "Cast(a, TIMESTAMP(3))"),
    ("EXTRACT(day FROM a)", "Extract(DAY, a)"),
    ("POSITION('a' IN b || c)", "POSITION('a', DPipe(b, c))"),
    ("SUBSTRING(a FROM 2)", "SUBSTRING(a, 2)"),
    ("SUBSTRING(a FROM 2 FOR b + 1)", "SUBSTRING(a, 2, Add(b, 1))"),
    ("SUBSTRING(a, 2, 3)", "SUBSTRING(a, 2, 3)"),
    ("TRIM(a)", "TRIM(a)"),
    ("TRIM('x' FROM a)", "TRIM(a, 'x')"),
    ("TRIM(BOTH FROM a)", "TRIM(a)"),
    ("TRIM(BOTH 'x' FROM a)", "TRIM(a, 'x')"),
    ("TRIM(LEADING FROM a)", "LTRIM(a)"),
    ("TRIM(TRAILING 'x' FROM a)", "RTRIM(a, 'x')"),
    # functions
    ("PROCTIME()", "PROCTIME()"),
    ("Count_Char(a, 'c')", "Count_Char(a, 'c')"),
    ("`my f`(a)", "my f(a)"),
    ("LEFT(a, 2)", "LEFT(a, 2)"),
    ("TUMBLE(ts, INTERVAL '10' SECOND)", "TUMBLE(ts, 10 SECOND)"),
    ("COUNT(*)", "COUNT(Star())"),
    ("COUNT(DISTINCT a)", "COUNT(Distinct([a]))"),
    ("COUNT(DISTINCT a, b)", "COUNT(Distinct([a, b]))"),
    ("SUM(a) FILTER (WHERE b > 1)", "Filter(SUM(a), Where(GT(b, 1)))"),
    (
        "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a DESC NULLS LAST)",
        "WithinGroup(PERCENTILE_CONT(0.5), Order([Ordered(a, True, False)]))",
    ),
    ("ROW_NUMBER() OVER ()", "Window(ROW_NUMBER())"),
    (
        "ROW_NUMBER() OVER (PARTITION BY a, b ORDER BY c ASC NULLS FIRST, d)",
        "Window(ROW_NUMBER(), [a, b], Order([Ordered(c, False, True), Ordered(d, False)]))",
    ),
    (
        "SUM(a) OVER (ORDER BY b ROWS 10 PRECEDING)",
        "Window(SUM(a), Order([Ordered(b, False)]), WindowSpec(ROWS, 10, PRECEDING, CURRENT ROW))",
    ),
    (
        "SUM(a) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 2 FOLLOWING)",
        "Window(SUM(a), WindowSpec(ROWS, UNBOUNDED, PRECEDING, 2, FOLLOWING))",
    ),
    (
        "SUM(a) OVER (RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW)",
        "Window(SUM(a), WindowSpec(RANGE, 1 HOUR, PRECEDING, CURRENT ROW))",
    ),
    (
        "SUM(a) OVER (ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
        "Window(SUM(a), WindowSpec(ROWS, CURRENT ROW, UNBOUNDED, FOLLOWING))",
    ),
    (
        "F(a) WITHIN GROUP (ORDER BY b) FILTER (WHERE c) OVER (PARTITION BY d)",
        "Window(Filter(WithinGroup(F(a), Order([Ordered(b, False)])), Where(c)), [d])",
    ),
    # subqueries
    ("a IN (SELECT b)", "IN (SELECT …)(a, Query(body=Select(items=[SelectItem(expression=b)])))"),
    ("a NOT IN (SELECT b)", "Not(IN (SELECT …)(a, Query(body=Select(items=[SelectItem(expression=b)]))))"),
    ("EXISTS (SELECT a)", "EXISTS(Query(body=Select(items=[SelectItem(expression=a)])))"),
    ("(SELECT a) + 1", "Add(scalar subquery(Query(body=Select(items=[SelectItem(expression=a)]))), 1)"),
    ("((SELECT a))", "scalar subquery(Query(body=Select(items=[SelectItem(expression=a)])))"),
    (
        "((SELECT a) + 1)",
        "Paren(Add(scalar subquery(Query(body=Select(items=[SelectItem(expression=a)]))), 1))",
    ),
]


@pytest.mark.parametrize("text, expected", EXPRESSIONS, ids=[t for t, _ in EXPRESSIONS])
def test_expressions(text: str, expected: str) -> None:
    assert shape(expression(text)) == expected


@pytest.mark.parametrize("text", [t for t, _ in EXPRESSIONS])
def test_an_expression_and_all_its_parts_know_where_they_stand(text: str) -> None:
    found = expression(text)
    assert span_of(found).text == text
    nodes = list(found.walk())
    assert all(isinstance(n.meta.get("span"), Span) for n in nodes)
    for node in nodes:
        part = span_of(node).text
        assert part
        if node.parent is not None:
            outer = span_of(node.parent)
            assert outer.start <= span_of(node).start
            assert span_of(node).end <= outer.end
        if isinstance(node, exp.Column | exp.Literal | exp.Cast | exp.Binary | exp.Case | exp.Interval):
            assert shape(expression(part)) in (shape(node), f"Not({shape(node)})")


def test_a_plus_sign_means_nothing() -> None:
    assert shape(expression("+a + +1")) == "Add(a, 1)"


@pytest.mark.parametrize(
    "text, kind, snippets",
    [
        ("x + SUM(a) FILTER (WHERE b)", exp.Filter, ["SUM(a) FILTER (WHERE b)"]),
        ("F(a) WITHIN GROUP (ORDER BY b) + 1", exp.WithinGroup, ["F(a) WITHIN GROUP (ORDER BY b)"]),
        ("SUM( a ) OVER ( ORDER BY b ) x", exp.Window, ["SUM( a ) OVER ( ORDER BY b )"]),
        ("SUM(a) OVER (ORDER BY b ROWS 1 PRECEDING)", exp.WindowSpec, ["ROWS 1 PRECEDING"]),
        ("SUM(a) OVER (ORDER BY b DESC, c)", exp.Ordered, ["b DESC", "c"]),
        ("COUNT( * )", exp.Star, ["*"]),
        ("COUNT(DISTINCT a, b)", exp.Distinct, ["DISTINCT a, b"]),
        ("CASE WHEN a THEN b END", exp.If, ["WHEN a THEN b"]),
        ("a . b . c", exp.Dot, ["a . b . c"]),
        ("EXTRACT( day FROM a)", exp.Var, ["day"]),
        ("TIMESTAMP  'x'", exp.Literal, ["'x'"]),
        ("a NOT LIKE 'x' ESCAPE 'y'", exp.Like, ["a NOT LIKE 'x'"]),
        ("a IS NOT TRUE", exp.Boolean, ["TRUE"]),
    ],
)
def test_spans_inside_expressions(text: str, kind: type[exp.Expression], snippets: list[str]) -> None:
    assert [span_of(node).text for node in expression(text).find_all(kind)] == snippets


# --- queries --------------------------------------------------------------------------------------


def item(name: str) -> str:
    return f"SelectItem(expression={name})"


def select(name: str, *clauses: str) -> str:
    return f"Select({', '.join([f'items=[{item(name)}]', *clauses])})"


def query(name: str) -> str:
    return f"Query(body={select(name)})"


TABLE = "TableName(name=t)"
QUERIES = [
    ("SELECT a", f"Query(body={select('a')})"),
    ("SELECT a FROM t", f"Query(body={select('a', f'source={TABLE}')})"),
    (
        "SELECT *, t.*, a AS b, c d FROM t",
        "Query(body=Select(items=[SelectItem(), SelectItem(table=t), SelectItem(expression=a, alias=b),"
        f" SelectItem(expression=c, alias=d)], source={TABLE}))",
    ),
    ("SELECT DISTINCT a", f"Query(body={select('a', 'distinct=…')})"),
    ("SELECT ALL a", f"Query(body={select('a')})"),
    (
        "SELECT a FROM t WHERE b GROUP BY c, f(d) HAVING e",
        f"Query(body={select('a', f'source={TABLE}', 'where=b', 'group_by=[c, f(d)]', 'having=e')})",
    ),
    # set operations
    (
        "SELECT a UNION SELECT b",
        f"Query(body=SetOperation(operator=UNION, all=False, left={query('a')}, right={query('b')}))",
    ),
    (
        "SELECT a UNION ALL SELECT b EXCEPT SELECT c",
        "Query(body=SetOperation(operator=EXCEPT, all=False,"
        " left=Query(body=SetOperation(operator=UNION, all=True,"
        f" left={query('a')}, right={query('b')})), right={query('c')}))",
    ),
    (
        "SELECT a UNION SELECT b INTERSECT ALL SELECT c",
        f"Query(body=SetOperation(operator=UNION, all=False, left={query('a')},"
        " right=Query(body=SetOperation("
        f"operator=INTERSECT, all=True, left={query('b')}, right={query('c')}))))",
    ),
    (
        "(SELECT a UNION DISTINCT SELECT b) INTERSECT SELECT c",
        "Query(body=SetOperation(operator=INTERSECT, all=False, left=Query(body=SetOperation(operator=UNION,"
        f" all=False, left={query('a')}, right={query('b')})), right={query('c')}))",
    ),
    ("((SELECT a))", query("a")),
    # ORDER BY and LIMIT
    (
        "SELECT a ORDER BY b, c DESC NULLS FIRST LIMIT 5 OFFSET 2",
        f"Query(body={select('a')}, ordering=Ordering(items=[Ordered(b, False), Ordered(c, True, True)],"
        " limit=5, offset=2))",
    ),
    ("SELECT a LIMIT 0", f"Query(body={select('a')}, ordering=Ordering(limit=0, offset=0))"),
    ("SELECT a OFFSET 3 ROWS", f"Query(body={select('a')}, ordering=Ordering(offset=3))"),
    (
        "SELECT a OFFSET 1 ROW FETCH NEXT 5 ROWS ONLY",
        f"Query(body={select('a')}, ordering=Ordering(limit=5, offset=1))",
    ),
    ("SELECT a FETCH FIRST ROW ONLY", f"Query(body={select('a')}, ordering=Ordering(limit=1, offset=0))"),
    (
        "(SELECT a LIMIT 1) LIMIT 2",
        f"Query(body=Query(body={select('a')}, ordering=Ordering(limit=1, offset=0)),"
        " ordering=Ordering(limit=2, offset=0))",
    ),
    (
        "SELECT a UNION SELECT b ORDER BY c",
        f"Query(body=SetOperation(operator=UNION, all=False, left={query('a')}, right={query('b')}),"
        " ordering=Ordering(items=[Ordered(c, False)], offset=0))",
    ),
    (
        "WITH u AS (SELECT a), v (b, c) AS (SELECT d) SELECT e",
        f"Query(common=[CommonTable(name=u, query={query('a')}), CommonTable(name=v, columns=[b, c],"
        f" query={query('d')})], body={select('e')})",
    ),
]
SOURCES = [
    ("t", "TableName(name=t)"),
    ("t u", "TableName(name=t, alias=u)"),
    ("t AS u", "TableName(name=t, alias=u)"),
    ("t FOR SYSTEM_TIME AS OF u.a AS v", "TableName(name=t, alias=v, as_of=u.a)"),
    ("t FOR SYSTEM_TIME AS OF PROCTIME()", "TableName(name=t, as_of=PROCTIME())"),
    ("(SELECT a)", f"Subquery(query={query('a')})"),
    ("(SELECT a) u", f"Subquery(query={query('a')}, alias=u)"),
    ("((SELECT a)) AS u (b, c)", f"Subquery(query={query('a')}, alias=u, columns=[b, c])"),
    (
        "t, u AS v, (SELECT a)",
        "JoinTable(kind=CROSS, left=JoinTable(kind=CROSS, left=TableName(name=t),"
        f" right=TableName(name=u, alias=v)), right=Subquery(query={query('a')}))",
    ),
    ("t JOIN u ON a", "JoinTable(kind=INNER, left=TableName(name=t), right=TableName(name=u), condition=a)"),
    (
        "t INNER JOIN u ON a",
        "JoinTable(kind=INNER, left=TableName(name=t), right=TableName(name=u), condition=a)",
    ),
    (
        "t LEFT JOIN u USING (a, b)",
        "JoinTable(kind=LEFT, left=TableName(name=t), right=TableName(name=u), using=[a, b])",
    ),
    (
        "t RIGHT OUTER JOIN u ON a",
        "JoinTable(kind=RIGHT, left=TableName(name=t), right=TableName(name=u), condition=a)",
    ),
    (
        "t FULL OUTER JOIN u ON a",
        "JoinTable(kind=FULL, left=TableName(name=t), right=TableName(name=u), condition=a)",
    ),
    ("t CROSS JOIN u", "JoinTable(kind=CROSS, left=TableName(name=t), right=TableName(name=u))"),
    (
        "t x JOIN u ON a = b LEFT JOIN v ON c",
        "JoinTable(kind=LEFT, left=JoinTable(kind=INNER, left=TableName(name=t, alias=x),"
        " right=TableName(name=u), condition=EQ(a, b)), right=TableName(name=v), condition=c)",
    ),
    (
        "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
        "WindowTable(function=TUMBLE, table=t, time_column=ts, intervals=[10 SECOND])",
    ),
    (
        "TABLE(hop(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) AS w",
        "WindowTable(function=hop, table=t, time_column=ts, intervals=[2 SECOND, 10 SECOND], alias=w)",
    ),
    (
        "SESSION(TABLE t PARTITION BY a, `b c`, DESCRIPTOR(ts), INTERVAL '1' HOUR) w",
        "WindowTable(function=SESSION, table=t, partition=[a, b c], time_column=ts,"
        " intervals=[1 HOUR], alias=w)",
    ),
    (
        "FANCY(TABLE t, DESCRIPTOR(ts))",
        "WindowTable(function=FANCY, table=t, time_column=ts)",
    ),
    (
        "TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND))",
        "WindowTable(function=TUMBLE, table=t, time_column=ts, intervals=[10 SECOND])",
    ),
    (
        "HOP(size => INTERVAL '9' DAY, offset => INTERVAL '1' DAY, slide => INTERVAL '3' DAY,"
        " timecol => DESCRIPTOR(ts), data => TABLE t PARTITION BY a, b)",
        "WindowTable(function=HOP, table=t, partition=[a, b], time_column=ts,"
        " intervals=[3 DAY, 9 DAY, 1 DAY])",
    ),
    (
        "CUMULATE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '9' DAY,"
        " STEP => INTERVAL '3' DAY)",
        "WindowTable(function=CUMULATE, table=t, time_column=ts, intervals=[3 DAY, 9 DAY])",
    ),
    (
        "SESSION(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '3' DAY)",
        "WindowTable(function=SESSION, table=t, time_column=ts, intervals=[3 DAY])",
    ),
    (
        "FANCY(DATA => TABLE t, WIDE => INTERVAL '3' DAY, TIMECOL => DESCRIPTOR(ts))",
        "WindowTable(function=FANCY, table=t, time_column=ts, intervals=[3 DAY])",
    ),
]


@pytest.mark.parametrize("text, expected", QUERIES, ids=[t for t, _ in QUERIES])
def test_queries(text: str, expected: str) -> None:
    assert shape(one(text)) == expected


@pytest.mark.parametrize("text, expected", SOURCES, ids=[t for t, _ in SOURCES])
def test_tables(text: str, expected: str) -> None:
    source = one(f"SELECT a FROM {text} WHERE b").body.source
    assert shape(source) == expected
    assert source.span.text == text


# --- statements -----------------------------------------------------------------------------------

STATEMENTS = [
    (
        "CREATE STREAM s (a INT PUBLIC, b VARCHAR(3) NOT NULL PRIVATE, c INT NULL, WATERMARK FOR a AS a - 1)"
        " SIGNED BY b WITH ('Capacity' = '4', 'x' = 'it''s')",
        "CreateStream(name=s, columns=["
        "ColumnDefinition(name=a, type=INT, private=False, privacy=…),"
        " ColumnDefinition(name=b, type=VARCHAR(3), private=True, privacy=…, nullable=False),"
        " ColumnDefinition(name=c, type=INT, nullable=True)],"
        " watermarks=[Watermark(column=a, expression=Sub(a, 1))], signed_by=b,"
        " options=[Option(key=capacity, value=4), Option(key=x, value=it's)])",
    ),
    ("CREATE STREAM s (a INT)", "CreateStream(name=s, columns=[ColumnDefinition(name=a, type=INT)])"),
    (
        "CREATE TABLE t (a ROW<b BIGINT, c ROW(d INT)>, e AS CASE WHEN a.b > 1 THEN 2 END,"
        " WATERMARK FOR e AS e, PRIMARY KEY (a, e) NOT ENFORCED) PARTITIONED BY (a, e) WITH ('k' = 'v')",
        "CreateTable(name=t, columns=[ColumnDefinition(name=a, type=ROW(b BIGINT, c ROW(d INT))),"
        " ColumnDefinition(name=e, computed=Case([If(GT(a.b, 1), 2)]))],"
        " watermarks=[Watermark(column=e, expression=e)], partitioned_by=[a, e],"
        " options=[Option(key=k, value=v)])",
    ),
    ("CREATE TEMPORARY TABLE t (a INT)", "CreateTable(name=t, columns=[ColumnDefinition(name=a, type=INT)])"),
    (
        "CREATE TABLE IF NOT EXISTS t (a INT)",
        "CreateTable(name=t, columns=[ColumnDefinition(name=a, type=INT)])",
    ),
    ("CREATE VIEW v AS SELECT a", f"CreateView(name=v, query={query('a')})"),
    (
        "CREATE TEMPORARY VIEW v (b, c) AS (SELECT a)",
        f"CreateView(name=v, columns=[b, c], query={query('a')})",
    ),
    ("CREATE FUNCTION f AS 'org.example.F'", "CreateFunction(name=f, implementation=org.example.F)"),
    ("CREATE TEMPORARY FUNCTION f AS 'F'", "CreateFunction(name=f, implementation=F)"),
    ("INSERT INTO t SELECT a", f"Insert(target=t, query={query('a')})"),
    ("INSERT INTO t (b, c) SELECT a", f"Insert(target=t, columns=[b, c], query={query('a')})"),
    ("INSERT INTO t (SELECT a)", f"Insert(target=t, query={query('a')})"),
]


@pytest.mark.parametrize("text, expected", STATEMENTS, ids=[t for t, _ in STATEMENTS])
def test_statements(text: str, expected: str) -> None:
    statement = one(f"  -- before\n{text} /* after */ ;")
    assert shape(statement) == expected
    assert statement.span.text == text


def parts(value: object, inside: Span | None = None) -> Iterator[tuple[object, Span, Span | None]]:
    """Every node of a statement, its span, and the span of what it is a part of."""
    if isinstance(value, tuple):
        for element in value:
            yield from parts(element, inside)
    elif isinstance(value, exp.Expression):
        yield value, span_of(value), inside
    elif dataclasses.is_dataclass(value) and hasattr(value, "span"):
        yield value, value.span, inside
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name), value.span)


EVERYTHING = ";\n".join(
    [
        *(t for t, _ in STATEMENTS),
        *(t for t, _ in QUERIES),
        *(f"SELECT a FROM {t} WHERE b" for t, _ in SOURCES),
        *(f"SELECT {t}" for t, _ in EXPRESSIONS),
    ]
)


def test_every_part_stands_inside_what_it_is_a_part_of() -> None:
    found = list(parts(statements(EVERYTHING)))
    assert len(found) > 500
    for node, span, inside in found:
        assert span.text.strip() == span.text != "", node
        assert inside is None or (inside.start <= span.start and span.end <= inside.end), node


@pytest.mark.parametrize(
    "text, path, snippet",
    [
        ("SELECT a  AS  b, c FROM t", "body.items.0", "a  AS  b"),
        ("SELECT a  AS  b, c FROM t", "body.items.0.alias", "b"),
        ("SELECT DISTINCT a", "body.distinct", "DISTINCT"),
        ("SELECT t . * FROM t", "body.items.0", "t . *"),
        ("WITH u AS (SELECT a) SELECT b LIMIT 1", "", "WITH u AS (SELECT a) SELECT b LIMIT 1"),
        ("WITH u AS (SELECT a) SELECT b LIMIT 1", "body", "SELECT b"),
        ("WITH u AS (SELECT a) SELECT b LIMIT 1", "common.0", "u AS (SELECT a)"),
        ("SELECT b ORDER BY c LIMIT 1", "ordering", "ORDER BY c LIMIT 1"),
        ("SELECT a UNION SELECT b", "body.right", "SELECT b"),
        ("CREATE STREAM s (`a` INT  PUBLIC, b INT)", "columns.0", "`a` INT  PUBLIC"),
        ("CREATE STREAM s (`a` INT  PUBLIC, b INT)", "columns.0.name", "`a`"),
        ("CREATE STREAM s (`a` INT  PUBLIC, b INT)", "columns.0.privacy", "PUBLIC"),
        ("CREATE STREAM s (a INT) WITH ('x' = 'y')", "options.0", "'x' = 'y'"),
        ("CREATE STREAM s (a INT) WITH ('x' = 'y')", "options.0.value_span", "'y'"),
        ("CREATE TABLE s (a DECIMAL( 1, 2))", "columns.0.type", "DECIMAL( 1, 2)"),
        ("CREATE TABLE s (a AS b + 1)", "columns.0", "a AS b + 1"),
        ("CREATE TABLE s (a INT, WATERMARK FOR a AS a)", "watermarks.0", "WATERMARK FOR a AS a"),
        (
            "SELECT a FROM HOP(TABLE t, DESCRIPTOR(b), INTERVAL '1' DAY)",
            "body.source.intervals.0",
            "INTERVAL '1' DAY",
        ),
    ],
)
def test_spans_of_statements(text: str, path: str, snippet: str) -> None:
    found = one(text)
    for step in filter(None, path.split(".")):
        found = found[int(step)] if step.isdigit() else getattr(found, step)
    assert (found if isinstance(found, Span) else found.span).text == snippet


@pytest.mark.parametrize("text", ["", " ; ", "-- nothing\n", ";;/* ; */;", "\n\n"])
def test_a_file_may_be_empty(text: str) -> None:
    assert statements(text) == ()


@pytest.mark.parametrize(
    "text", ["SELECT a; SELECT b", ";SELECT a;;\nSELECT b;", "SELECT a;-- ;\nSELECT b /* ; */"]
)
def test_semicolons_end_statements(text: str) -> None:
    assert [shape(s) for s in statements(text)] == [query("a"), query("b")]


@pytest.mark.parametrize("text", ["SELECT ';' AS `;`", "SELECT 'it'';s'"])
def test_semicolons_in_strings_and_names_end_nothing(text: str) -> None:
    assert len(statements(text)) == 1


def test_keywords_are_read_in_any_case() -> None:
    text = "select distinct a from t left join u on a is not null group by b having c order by d desc limit 1"
    upper = re.sub(r"[a-z]{2,}", lambda word: word[0].upper(), text)
    mixed = re.sub(r"[a-z]{2,}", lambda word: word[0].title(), text)
    assert shape(one(text)) == shape(one(upper)) == shape(one(mixed))


def test_comments_are_white_space() -> None:
    spaced = "SELECT a, COUNT(*) FILTER (WHERE b) FROM t WHERE CAST(c AS INT) > 1"
    noisy = spaced.replace(" ", " /* ( ' */ ").replace("(", "-- it's\n(")
    assert shape(one(noisy)) == shape(one(spaced))


# --- keywords as names ----------------------------------------------------------------------------

RESERVED = {"CASE", "FALSE", "NOT", "NULL", "TRUE"}
"""An expression can begin with these, and with nothing but these."""
WORDS = sorted(
    keywords() | {"VALUE", "KEY", "DAY", "MINUTE", "FINAL", "SIZE", "STATE", "COUNT", "TUMBLE", "INT"}
)


@pytest.mark.parametrize("word", [w.lower() for w in WORDS if w not in RESERVED | {"DISTINCT"}])
def test_keywords_are_names_where_nothing_else_can_stand(word: str) -> None:
    stream = one(
        f"CREATE STREAM {word} (a INT, {word} INT PUBLIC, WATERMARK FOR {word} AS {word}) SIGNED BY {word}"
    )
    assert [stream.name.text, stream.columns[1].name.text, stream.signed_by.text] == [word] * 3
    assert stream.watermarks[0].column.text == shape(stream.watermarks[0].expression) == word
    found = one(
        f"SELECT a, SUM({word}) AS {word}, t.{word}, {word} + 1, f(1, {word}) FROM b AS {word}"
        f" WHERE {word} > 1 AND NOT {word} GROUP BY {word}, a HAVING {word} = {word}"
        f" ORDER BY a, {word} LIMIT 1"
    )
    assert shape(found.body.items) == (
        f"[{item('a')}, SelectItem(expression=SUM({word}), alias={word}), {item(f't.{word}')},"
        f" {item(f'Add({word}, 1)')}, {item(f'f(1, {word})')}]"
    )
    assert found.body.source.alias.text == word
    assert shape(found.body.where) == f"And(GT({word}, 1), Not({word}))"
    assert shape(found.body.group_by) == f"[{word}, a]"
    assert shape(found.body.having) == f"EQ({word}, {word})"
    assert shape(found.ordering.items) == f"[Ordered(a, False), Ordered({word}, False)]"


@pytest.mark.parametrize("word", [w.lower() for w in WORDS if w not in {"EXISTS", "LATERAL"}])
def test_tables_may_have_keywords_as_names(word: str) -> None:
    assert one(f"SELECT a FROM {word} WHERE b").body.source.name.text == word


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_reserved_words_are_names_in_back_quotes(word: str) -> None:
    assert shape(expression(f"`{word}` + 1")) == f"Add({word}, 1)"


@pytest.mark.parametrize(
    "word", ["value", "key", "day", "minute", "final", "size", "public", "first", "count"]
)
def test_names_and_aliases_need_no_as(word: str) -> None:
    found = one(f"SELECT a {word} FROM t {word} JOIN u ON b")
    assert found.body.items[0].alias.text == found.body.source.left.alias.text == word


# --- mistakes -------------------------------------------------------------------------------------

WINDOW = "SELECT a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(c), {}))"
COMMENT = "comments begin with --, or stand between /* and */"
COMMA = "a comma separates columns, arguments and options"
STATEMENT = "a statement is CREATE STREAM, CREATE TABLE, CREATE VIEW, CREATE FUNCTION, INSERT INTO or a query"
FORM = "its form: {}(TABLE name, DESCRIPTOR(column), {})"
COMMON_MISTAKES = [
    # characters
    ("SELECT 'open FROM t", "'", "a string is not closed", "strings end with ' on the line they begin on"),
    ("SELECT `open FROM t", "`", "a name is not closed", "such names end with ` on the line they begin on"),
    ("SELECT a /* b; c", "/*", "a comment is not closed", "comments that begin with /* end with */"),
    (
        'SELECT a FROM t WHERE a = "x;y"',
        '"x;y"',
        "double quotes mean nothing",
        "strings stand in single quotes, names in back quotes",
    ),
    ("SELECT größe", "ö", "plain names have only the letters A to Z", "write other names in back quotes"),
    ("SELECT a # b\nFROM t", "#", "'#' begins no comment", COMMENT),
    ("SELECT a // b\nFROM t", "//", "'//' begins no comment", COMMENT),
    ("SELECT a == 1", "==", "'==' is no comparison", "write ="),
    ("SELECT a && b", "&", "'&&' is no operator", "write AND"),
    ("SELECT !a", "!", "'!' is no operator", "write NOT"),
    ("SELECT a::INT", ":", "'::' is no operator", "write CAST(value AS type)"),
    ("SELECT 1e5", "1e5", "numbers have no exponent", "write all digits: 100000, or 0.00001"),
    ("SELECT 5x", "5x", "names do not begin with a digit", "write `5x` in back quotes"),
    ("SELECT 'it's fine'", "'it's", "a string ends here", "a quote in a string is written twice: 'it''s'"),
    # intervals
    (
        WINDOW.format("INTERVAL 10 SECOND"),
        "10",
        "the amount of an interval stands in quotes",
        "write INTERVAL '10' SECOND",
    ),
    (WINDOW.format("'10' SECOND"), "'10'", "INTERVAL is missing", "write INTERVAL '…' SECOND"),
    (WINDOW.format("10 MINUTE"), "10", "INTERVAL is missing", "write INTERVAL '…' MINUTE"),
    (WINDOW.format("10"), "10", "this is no interval", "write INTERVAL '10' SECOND"),
    (
        "SELECT INTERVAL '1:30' MINUTE TO SECOND",
        "TO SECOND",
        "an interval has one unit",
        "for example INTERVAL '90' SECOND",
    ),
    # commas
    ("SELECT a b c FROM t", "c", "a comma is missing before 'c'", COMMA),
    ("SELECT SUM(a) COUNT(b)", "COUNT", "a comma is missing before 'COUNT'", COMMA),
    ("SELECT f(a b)", "b", "a comma is missing before 'b'", COMMA),
    ("CREATE TABLE t (a INT b INT)", "b", "a comma is missing before 'b'", COMMA),
    ("CREATE TABLE t (a INT) WITH ('b' = 'c' 'd' = 'e')", "'d'", "a comma is missing before 'd'", COMMA),
    ("CREATE TABLE t (a INT,)", ",)", "there is a comma too many", "leave it out"),
    ("SELECT a FROM t,", ",", "there is a comma too many", "leave it out"),
    ("SELECT a, FROM t", ",", "there is a comma too many before FROM", "leave it out"),
    ("SELECT a, FROM t WHERE b", ",", "there is a comma too many before FROM", "leave it out"),
    ("SELECT a FROM t GROUP BY a, HAVING b", ",", "there is a comma too many before HAVING", "leave it out"),
    # clauses
    ("SELECT FROM t", "FROM", "the SELECT list is empty", "write SELECT * for all columns"),
    ("SELECT FROM t GROUP BY a", "FROM", "the SELECT list is empty", "write SELECT * for all columns"),
    ("SELECT a IN (SELECT)", ")", "the SELECT list is empty", "write SELECT * for all columns"),
    ("SELECT a WHERE b > 1", "WHERE", "FROM is missing", "write FROM table before WHERE"),
    ("SELECT a FROM t GROUP a", "a", "BY is missing", "write GROUP BY"),
    ("SELECT a FROM t ORDER a", "a", "BY is missing", "write ORDER BY"),
    ("SELECT SUM(a) OVER (PARTITION a)", "a", "BY is missing", "write PARTITION BY"),
    ("CREATE STREAM s (a INT) SIGNED a", "a", "BY is missing", "write SIGNED BY"),
    (
        "SELECT a FROM t GROUP BY a WHERE b",
        "WHERE",
        "WHERE stands before GROUP",
        "their order: SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT",
    ),
    (
        "SELECT a FROM t JOIN u WHERE b",
        "u",
        "this JOIN has no condition",
        "add ON … or USING (…), or write CROSS JOIN",
    ),
    ("SELECT a FROM t CROSS JOIN u ON b", "u", "CROSS JOIN has no condition", "write JOIN … ON …"),
    ("SELECT a FROM t LIMIT " + "9" * 30, "9" * 30, "no query has so many rows", None),
    # statements
    (
        "SELECT a FROM t SELECT b FROM u",
        "SELECT",
        "a semicolon is missing before SELECT",
        "statements end with ;",
    ),
    (
        "CREATE VIEW v AS SELECT a CREATE VIEW",
        "CREATE",
        "a semicolon is missing before CREATE",
        "statements end with ;",
    ),
    ("CREATE VIEW v SELECT a", "SELECT", "AS is missing before SELECT", "write AS SELECT"),
    (
        "CREATE TABLE t AS SELECT a",
        "AS",
        "CREATE TABLE has no query",
        "write CREATE VIEW name AS SELECT …; or INSERT INTO the table",
    ),
    (
        "CREATE TABLE t (a INT) SIGNED BY a",
        "SIGNED",
        "nobody signs a table",
        "write CREATE STREAM for what is signed",
    ),
    (
        "CREATE STREAM s SIGNED BY a",
        "SIGNED",
        "the columns are missing",
        "for example: CREATE STREAM name (device BIGINT, time TIMESTAMP(3), WATERMARK FOR time AS time)",
    ),
    ("INSERT INTO t VALUES (1)", "VALUES", "INSERT INTO takes a query", "write SELECT … instead of VALUES"),
    ("DROP TABLE t", "DROP", "zkql has no DROP", STATEMENT),
    ("explain SELECT a", "explain", "zkql has no EXPLAIN", STATEMENT),
    # words
    ("SELECT a FORM t", "FORM", "syntax error: 'FORM' was not expected here", "did you mean FROM?"),
    ("SELCT a FROM t", "SELCT", "syntax error: 'SELCT' was not expected here", "did you mean SELECT?"),
    ("SELECT a FROM t WERE b", "WERE", "syntax error: 'WERE' was not expected here", "did you mean WHERE?"),
    *(
        (f"SELECT a FROM t {word} JOIN u ON b", word, f"zkql has no {word}", FOREIGN[word])
        for word in ("NATURAL", "ANTI", "ASOF")
    ),
    ("SELECT a FROM t LEFT SEMI JOIN u ON b", "SEMI", "zkql has no SEMI", FOREIGN["SEMI"]),
    ("SELECT a FROM t, LATERAL TABLE(f(a))", "LATERAL", "zkql has no LATERAL", FOREIGN["LATERAL"]),
    ("SELECT a FROM t CROSS JOIN UNNEST(a)", "UNNEST", "zkql has no UNNEST", FOREIGN["UNNEST"]),
    (
        "SELECT a FROM t match_recognize (b)",
        "match_recognize",
        "zkql has no MATCH_RECOGNIZE",
        FOREIGN["MATCH_RECOGNIZE"],
    ),
    ("SELECT a FROM t WINDOW TUMBLE(SIZE 1)", "WINDOW", "zkql has no WINDOW", FOREIGN["WINDOW"]),
    ("SELECT a FROM t MINUS SELECT b FROM u", "MINUS", "zkql has no MINUS", FOREIGN["MINUS"]),
    ("SELECT a FROM t QUALIFY b = 1", "QUALIFY", "zkql has no QUALIFY", FOREIGN["QUALIFY"]),
    ("SELECT a FROM t TABLESAMPLE (10)", "TABLESAMPLE", "zkql has no TABLESAMPLE", FOREIGN["TABLESAMPLE"]),
    ("WITH RECURSIVE a AS (SELECT b) SELECT c", "RECURSIVE", "zkql has no RECURSIVE", FOREIGN["RECURSIVE"]),
    ("SELECT a)", ")", "nothing opens this parenthesis", "leave it out, or add a '(' before"),
]


@pytest.mark.parametrize("text, blamed, message, note", COMMON_MISTAKES, ids=[m[0] for m in COMMON_MISTAKES])
def test_common_mistakes_are_named(text: str, blamed: str, message: str, note: str | None) -> None:
    assert errors(text) == [("ZKQL0101", blamed, message, () if note is None else (note,))]


def test_every_mistake_of_the_tables_is_tried_above() -> None:
    tried = {message for _, _, message, _ in COMMON_MISTAKES}
    assert {re.sub(r"\{\d\}", "SELECT", m.message) for m in MISTAKES} - tried == {"zkql has no SELECT"}
    assert {f"zkql has no {word}" for word in FOREIGN} <= tried


UNEXPECTED = [
    ("SELECT", "", "'*', an expression, ALL or DISTINCT"),
    ("SELECT a FROM", "", "a table"),
    ("SELECT a FROM t WHERE", "", "an expression"),
    ("SELECT a AND FROM t", "FROM", "an expression"),
    ("SELECT a.b. FROM t", "FROM", "a name"),
    ("SELECT a FROM t LIMIT", "", "a number"),
    ("SELECT a FROM t LIMIT b", "b", "a number"),
    ("SELECT a FROM t LIMIT;", ";", "a number"),
    ("SELECT a FROM t LIMIT -- all\n", "", "a number"),
    ("SELECT a IN 1", "1", "'('"),
    ("SELECT a IS 1", "1", "FALSE, NOT, NULL, TRUE or UNKNOWN"),
    ("SELECT a BETWEEN 1, 2", ",", "an operator or AND"),
    ("SELECT CAST(a, INT)", ",", "an operator or AS"),
    ("SELECT CASE WHEN a END", "END", "an operator or THEN"),
    ("SELECT (a, b)", ",", "')' or an operator"),
    ("SELECT a ~ b", "~", "',', an alias, an operator, the end of the statement, FROM or another clause"),
    ("SELECT * b", "b", "',', the end of the statement, FROM or another clause"),
    ("SELECT a UNION", "", "a query, ALL or DISTINCT"),
    ("SELECT a FETCH 5", "5", "FIRST or NEXT"),
    ("SELECT a OFFSET 5 FETCH FIRST 5", "", "ROW or ROWS"),
    ("INSERT t SELECT a", "t", "INTO"),
    ("CREATE", "", "FUNCTION, STREAM, TABLE, TEMPORARY or VIEW"),
    ("CREATE STREAM", "", "a name"),
    ("CREATE TABLE t (a, b INT)", ",", "a type or AS"),
    ("CREATE TABLE t ()", ")", "a column"),
    ("CREATE TABLE t (a INT) WITH (b)", "b", "a 'string'"),
    ("CREATE TABLE t (a INT) WITH ('b')", ")", "'='"),
    ("nonsense", "nonsense", "CREATE, INSERT or a query"),
    ("\0", "\0", "CREATE, INSERT or a query"),
]


@pytest.mark.parametrize("text, blamed, expected", UNEXPECTED, ids=[t[:30] for t, _, _ in UNEXPECTED])
def test_other_mistakes_say_what_could_stand_there(text: str, blamed: str, expected: str) -> None:
    found = f"'{blamed}'" if blamed else "the end of the file"
    assert errors(text) == [
        ("ZKQL0101", blamed, f"syntax error: {found} was not expected here", (f"expected {expected}",))
    ]


def test_a_keyword_that_was_meant_as_a_name() -> None:
    assert errors("SELECT a end FROM t")[0][3][1] == "where it is a name, write `end`"
    assert errors("SELECT a order FROM t")[0][3] == ("expected BY", "where it is a name, write `order`")


WINDOW_ARGUMENTS = [
    ("TUMBLE(t, DESCRIPTOR(c), INTERVAL '1' DAY)", "t", "write TABLE t first"),
    ("TUMBLE(DESCRIPTOR(c), TABLE t)", "DESCRIPTOR(c)", "write TABLE name first"),
    ("TUMBLE(TABLE t)", "TUMBLE", "DESCRIPTOR(column), the event time, comes after the table"),
    ("TUMBLE(TABLE t, c)", "c", "DESCRIPTOR(column), the event time, comes after the table"),
    ("TUMBLE(TABLE t, DESCRIPTOR(c), c)", "c", "after DESCRIPTOR(column) come intervals"),
    (
        "TUMBLE(TABLE t, DESCRIPTOR(c), SIZE => INTERVAL '1' DAY)",
        "TABLE t",
        "either all arguments have names, or none",
    ),
    ("TUMBLE(DATA => TABLE t, SIZE => INTERVAL '1' DAY)", "TUMBLE", "add TIMECOL => …"),
    ("TUMBLE(DATA => TABLE t, data => TABLE t)", "data", "DATA is given twice"),
    (
        "TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(c), OFFSET => INTERVAL '1' DAY)",
        "TUMBLE",
        "add SIZE => …",
    ),
    (
        "TUMBLE(DATA => DESCRIPTOR(c), TIMECOL => TABLE t, SIZE => INTERVAL '1' DAY)",
        "DATA => DESCRIPTOR(c)",
        "write TABLE name first",
    ),
]


@pytest.mark.parametrize("call, blamed, note", WINDOW_ARGUMENTS, ids=[w[0] for w in WINDOW_ARGUMENTS])
def test_the_arguments_of_window_functions(call: str, blamed: str, note: str) -> None:
    form = FORM.format("TUMBLE", "size, offset")
    message = "the arguments of TUMBLE do not fit"
    assert errors(f"SELECT a FROM {call}") == [("ZKQL0101", blamed, message, (note, form))]


def test_a_window_function_has_the_arguments_it_has() -> None:
    call = "HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(c), SIZ => INTERVAL '1' DAY)"
    assert errors(f"SELECT a FROM {call}") == [
        ("ZKQL0101", "SIZ", "HOP has no argument SIZ", ("did you mean 'SIZE'?",))
    ]


@pytest.mark.parametrize(
    "options, blamed, words",
    [
        ("PUBLIC PRIVATE", "PRIVATE", "PUBLIC or PRIVATE"),
        ("PUBLIC NOT NULL public", "public", "PUBLIC or PRIVATE"),
        ("NULL NOT NULL", "NOT NULL", "NULL or NOT NULL"),
    ],
)
def test_a_column_says_each_thing_once(options: str, blamed: str, words: str) -> None:
    message = f"a column is either {words}, said once"
    assert errors(f"CREATE TABLE t (a INT {options})") == [("ZKQL0102", blamed, message, ())]


def test_a_parenthesis_that_is_not_closed_is_shown() -> None:
    with pytest.raises(QueryError) as caught:
        statements("SELECT a,\n  MAX(b AS c\nFROM t")
    assert str(caught.value) == (
        "test.zkql:2:9: error[ZKQL0101]: syntax error: 'AS' was not expected here\n"
        " 2 |   MAX(b AS c\n"
        "   |         ^^\n"
        "test.zkql:2:6: this parenthesis is not closed\n"
        " 2 |   MAX(b AS c\n"
        "   |      ^\n"
        "  = expected ',', ')' or an operator"
    )


def test_one_run_reports_the_errors_of_all_statements_in_order() -> None:
    text = (
        "SELECT a FORM t; SELECT b FROM t;\nCREATE TABLE t (a INT PUBLIC PRIVATE); SELECT 'c FROM t;\n"
        "CREATE VIEW"
    )
    found = errors(text)
    assert [(code, blamed) for code, blamed, _, _ in found] == [
        ("ZKQL0101", "FORM"),
        ("ZKQL0102", "PRIVATE"),
        ("ZKQL0101", "'"),
        ("ZKQL0101", ""),
    ]


# --- any text at all ------------------------------------------------------------------------------


def outcome(text: str) -> list[str] | None:
    """The codes of what is wrong, or None; what is wrong stands in the text, in order."""
    try:
        statements(text)
    except QueryError as error:
        refused = error
    else:
        return None
    places = [d.labels[0].span for d in refused.diagnostics]
    assert all(0 <= s.start <= s.end <= len(text) for s in places)
    assert [s.start for s in places] == sorted(s.start for s in places)
    assert str(refused)
    return [d.code for d in refused.diagnostics]


DEEP = {
    "parentheses": "SELECT " + "(" * 5_000 + "a" + ")" * 5_000,
    "not": "SELECT " + "NOT " * 5_000 + "a",
    "minus": "SELECT " + "- " * 5_000 + "a",
    "and": "SELECT " + " AND ".join(["a"] * 5_000),
    "plus": "SELECT " + " + ".join(["a"] * 5_000),
    "case": "SELECT " + "CASE WHEN a THEN " * 2_000 + "a" + " END" * 2_000,
    "calls": "SELECT " + "f(" * 5_000 + "a" + ")" * 5_000,
    "subqueries": "SELECT a FROM " + "(SELECT a FROM " * 1_000 + "t" + ")" * 1_000,
    "scalar subqueries": "SELECT " + "(SELECT " * 1_000 + "a" + ")" * 1_000,
    "unions": " UNION ".join(["SELECT a"] * 2_000),
    "joins": "SELECT a FROM t" + " JOIN u ON b" * 2_000,
    "fields": "SELECT " + ".".join(["a"] * 5_000),
    "types": "CREATE TABLE t (a " + "ARRAY<" * 2_000 + "INT" + ">" * 2_000 + ")",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_what_nests_too_deeply_is_refused(text: str) -> None:
    assert outcome(text) == ["ZKQL0103"]


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_what_nests_deeply_and_breaks_off_is_refused(text: str) -> None:
    assert outcome(text[: len(text) // 2] + " ~") == ["ZKQL0101"]


def test_what_is_long_but_flat_is_no_problem() -> None:
    names = ", ".join(f"c{i}" for i in range(3_000))
    assert outcome(f"SELECT {names} FROM t WHERE a IN ({names}) GROUP BY {names}") is None
    assert outcome("SELECT a;" * 3_000) is None


def test_the_deepest_nesting_that_is_allowed_needs_no_deep_stack() -> None:
    depth = MAX_DEPTH - 10
    assert outcome("SELECT " + "(" * depth + "a" + ")" * depth) is None


SOUP = st.lists(
    st.sampled_from(
        [
            *sorted(keywords()),
            *"();,.=<>*+-/%'`\"#~\0",
            "<>",
            "||",
            "=>",
            "a",
            "t",
            "`b`",
            "'s'",
            "1",
            "2.5",
            "--",
            "/*",
            "*/",
        ]
    ),
    max_size=40,
)


@given(SOUP, st.sampled_from([" ", "", "\n"]))
@settings(max_examples=300, deadline=None)
def test_token_soup_is_parsed_or_refused(words: list[str], between: str) -> None:
    codes = outcome(between.join(words))
    assert codes is None or set(codes) <= {"ZKQL0101", "ZKQL0102"}


CORPUS = EVERYTHING.split(";\n")
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("delete", "duplicate", "replace", "swap")),
        st.integers(0, 200),
        st.integers(1, 3),
        st.sampled_from(["(", ")", ",", "'", "SELECT", "FROM", "AS", "NULL", ";", "x", "1", "é", "*", ""]),
    ),
    min_size=1,
    max_size=5,
)


@given(st.sampled_from(CORPUS), EDITS)
@example("SELECT a", [("delete", 0, 3, "")])
@settings(max_examples=400, deadline=None)
def test_mutated_statements_are_parsed_or_refused(text: str, edits: list[tuple[str, int, int, str]]) -> None:
    words = re.findall(r"\w+|\s+|.", text)
    for action, place, length, word in edits:
        place %= len(words) or 1
        piece = words[place : place + length]
        changed = {"delete": [], "duplicate": piece * 2, "replace": [word], "swap": piece[::-1]}[action]
        words[place : place + length] = changed
    codes = outcome("".join(words))
    assert codes is None or set(codes) <= {"ZKQL0101", "ZKQL0102"}


@pytest.mark.parametrize("text", ["SELECTa FROM t", "SELECT a FROM t GROUP BYa", "SELECT a FROM t ORDER BYb"])
def test_keywords_are_whole_words(text: str) -> None:
    with pytest.raises(QueryError):
        parse(Source("test.zkql", text))
