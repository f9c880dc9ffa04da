"""Joins with tables of known rows: proven as DuckDB joins, no lie accepted, faults said where they are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.forgeries import all_forgeries, sample
from tests.functions import STREAM, WINDOW, random_window
from tests.harness import Row, Secrets, Subject, evaluated
from tests.reference.duckdb_sql import translate
from tests.reference.engine import Engine
from zkql.circuit.gadgets.lookup import Lookup
from zkql.circuit.gadgets.tables import Interpolated
from zkql.compiler import attempt, compile_query
from zkql.errors import QueryError, Source
from zkql.plan.codec import from_json, to_json
from zkql.plan.expressions import Column, calls_of
from zkql.plan.functions.tables import look_up, table_of
from zkql.plan.nodes import Node, Scan
from zkql.plan.scalar import evaluate
from zkql.plan.schema import TableSchema
from zkql.plan.types import INT, format_value
from zkql.plan.walk import walk

CAPACITY = 4
WINDOWS = 40
TABLES = {
    "smalls": (
        "small TINYINT NOT NULL, word VARCHAR(3), weight DECIMAL(3, 1), yes BOOLEAN NOT NULL,"
        " at TIMESTAMP(3)",
        "small,word,weight,yes,at\n-128,ab,1.5,true,2024-02-29 00:00:00\n"
        "-1,,-99.9,false,\n0,é,,TRUE,1970-01-01 00:00:00\n"
        '2,"a,b",0,false,\n127,"""",99.9,true,9999-12-31 23:59:59.999\n',
    ),
    "one": ("small INT NOT NULL, n INT NOT NULL", "small,n\n0,7\n"),
    "none": ("small INT NOT NULL, n INT", "n,small\n"),
    "names": (
        "name VARCHAR NOT NULL, n SMALLINT",
        "name,n\n,1\na,2\nab,-3\né,\nabc,5\ntwelve chars,6\n\U0001f600,7\n",
    ),
    "loads": (
        "load DECIMAL(9, 3), n INT NOT NULL",
        "load,n\n-999.900,1\n0.000,2\n3.550,3\n3.5,4\n,5\n100000,6\n",
    ),
    "flags": ("ok BOOLEAN, n INT", "n,ok\n1,true\n2,false\n3,\n"),
    "many": (
        "small BIGINT NOT NULL, n INT NOT NULL",
        "small,n\n" + "".join(f"{i},{i * i % 97}\n" for i in range(-300, 300) if i % 7),
    ),
    "zones": ("zone INT, n INT, word VARCHAR(2)", "zone,n,word\n-1,10,a\n5,,b\n6,1,c\n,9,d\n"),
}
QUERIES = {
    "columns": (
        "smalls",
        "SELECT window_start, SUM(t.weight) AS s, MIN(t.word) AS w, COUNT(t.at) AS c, EVERY(t.yes) AS e, "
        "MAX(t.at) AS m, COUNT(*) AS n FROM ({window}) AS r JOIN smalls AS t ON t.small = r.small "
        "GROUP BY window_start, window_end",
    ),
    "by a column": (
        "smalls",
        "SELECT window_start, t.word, SUM(r.temp) AS s FROM ({window}) AS r, smalls AS t "
        "WHERE r.small = t.small AND (t.weight < 0 OR r.temp > 0) GROUP BY window_start, window_end, t.word",
    ),
    "one row": (
        "one",
        "SELECT window_start, SUM(n) AS s, COUNT(*) AS c FROM ({window}) AS r JOIN one USING (small) "
        "GROUP BY window_start, window_end",
    ),
    "no rows": (
        "none",
        "SELECT window_start, SUM(n) AS s, COUNT(*) AS c FROM ({window}) AS r "
        "JOIN none ON none.small = r.small "
        "GROUP BY window_start, window_end",
    ),
    "text": (
        "names",
        "SELECT window_start, SUM(n) AS s, COUNT(*) AS c FROM names "
        "JOIN ({window}) AS r ON names.name = r.name "
        "GROUP BY window_start, window_end",
    ),
    "scales": (
        "loads",
        "SELECT window_start, SUM(n) AS s, COUNT(*) AS c FROM ({window}) AS r "
        "JOIN loads ON r.load = loads.load "
        "WHERE n < 6 GROUP BY window_start, window_end",
    ),
    "computed key": (
        "one",
        "SELECT window_start, SUM(n) AS s, COUNT(*) AS c FROM ({window}) AS r "
        "JOIN (SELECT small + 1 AS k, n FROM one UNION ALL SELECT small, n + 1 FROM one) AS t "
        "ON t.k = MOD(r.temp, 3) GROUP BY window_start, window_end",
    ),
    "by an expression of a column": (
        "smalls",
        "SELECT window_start, CHAR_LENGTH(CASE WHEN t.yes THEN 'a' ELSE 'ab' END) AS k, NOT t.yes AS q,"
        " COUNT(*) AS c FROM ({window}) AS r JOIN smalls AS t ON t.small = r.small"
        " GROUP BY window_start, window_end, CHAR_LENGTH(CASE WHEN t.yes THEN 'a' ELSE 'ab' END), NOT t.yes",
    ),
    "by a sum": (
        "one",
        "SELECT window_start, n + 1 AS k, SUM(r.load / n) AS s, SUM(r.temp / EXTRACT(YEAR FROM r.ts)) AS y"
        " FROM ({window}) AS r JOIN one AS t ON t.small = r.small GROUP BY window_start, window_end, n + 1",
    ),
    "division by a public column": (
        "zones",
        "SELECT window_start, SUM(load / zones.zone) AS s, SUM(MOD(small, GREATEST(r.zone, 1))) AS m"
        " FROM ({window}) AS r JOIN zones ON zones.zone = r.zone GROUP BY window_start, window_end",
    ),
    "conditions in order": (
        "one",
        "SELECT window_start, COUNT(*) AS c, FIRST_VALUE(t.n) AS f, FIRST_VALUE(r.temp) AS g FROM one AS t"
        " JOIN ({window}) AS r ON r.small > 0 AND t.small = 10 / r.small - 1"
        " GROUP BY window_start, window_end",
    ),
    "ranked": (
        "zones",
        "SELECT window_start, word, temp, r FROM (SELECT r.*, t.word, RANK() OVER (PARTITION BY window_start,"
        " window_end, t.word ORDER BY r.small + t.n) AS r FROM ({window}) AS r"
        " JOIN zones AS t ON t.zone = r.zone) AS ranked WHERE r <= 2",
    ),
    "flag": (
        "flags",
        "SELECT window_start, n, COUNT(*) AS c FROM ({window}) AS r JOIN flags ON flags.ok = (r.small > 0) "
        "GROUP BY window_start, window_end, n",
    ),
    "many rows": (
        "many",
        "SELECT window_start, SUM(n) AS s, COUNT(*) AS c FROM ({window}) AS r JOIN many AS t "
        "ON t.small = r.small * 2 GROUP BY window_start, window_end",
    ),
    "public key": (
        "zones",
        "SELECT window_start, word, SUM(n) AS s, SUM(load * n) AS l, COUNT(*) AS c FROM ({window}) AS r "
        "JOIN zones ON zones.zone = r.zone GROUP BY window_start, window_end, word",
    ),
    "two tables": (
        "one smalls",
        "SELECT window_start, SUM(one.n) AS s, MAX(smalls.word) AS w FROM ({window}) AS r "
        "JOIN smalls ON smalls.small = r.small JOIN one ON one.small = smalls.small + 128 "
        "GROUP BY window_start, window_end",
    ),
}
"""Tables, and a query over them."""


@cache
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tables")
    for name, (_, text) in TABLES.items():
        (made / f"{name}.csv").write_text(text, newline="")
    return made


def declared(names: str, folder: Path) -> str:
    return STREAM + "".join(
        f"CREATE TABLE {name} ({TABLES[name][0]}) WITH ('path' = '{folder / name}.csv');\n"
        for name in names.split()
    )


def sql(name: str) -> str:
    return QUERIES[name][1].format(window=f"SELECT * {WINDOW}")


@pytest.fixture(scope="module", params=QUERIES)
def subject(request: pytest.FixtureRequest, folder: Path) -> Subject:
    names, _ = QUERIES[request.param]
    return Subject.compile(sql(request.param), CAPACITY, declared(names, folder))


def rows_of(subject: Subject) -> dict[str, list[Row]]:
    """Of the tables, as the compiler read them."""
    found = attempt(subject.compiled.query.source).bound
    assert found is not None
    schemas = [relation for relation in _relations(found.plan) if isinstance(relation, TableSchema)]
    return {
        s.name: [dict(zip([c.name for c in s.columns], row, strict=True)) for row in s.rows or ()]
        for s in schemas
    }


def _relations(node: Node) -> Iterator[object]:
    return (n.relation for n in walk(node) if isinstance(n, Scan))


def duckdb(subject: Subject, rows: list[Row]) -> list[str]:
    reference = translate(subject.compiled.query.file)
    found = engine().run(reference, {"reading": rows, **rows_of(subject)})
    return sorted(
        str(
            {
                n: None if v is None else format_value(v, kind)
                for (n, kind), v in zip(reference.columns, r, strict=True)
            }
        )
        for r in found
    )


def test_the_circuit_proves_what_duckdb_says(subject: Subject) -> None:
    source = random.Random(str(subject.plan.calls))
    windows = [random_window(source, CAPACITY, window) for window in range(WINDOWS)]
    for rows in windows:
        assert subject.accepts(subject.honest(Secrets.of(rows))), rows
    rows = [row for window in windows for row in window]
    assert sorted(map(str, evaluated(subject.compiled, rows))) == duckdb(subject, rows)


def test_no_lie_is_accepted(subject: Subject) -> None:
    source = random.Random(7)
    rows = next(w for w in iter(lambda: random_window(source, CAPACITY), None) if len(w) == 3)
    hidden = Secrets.of(rows)
    assert subject.accepts(subject.honest(hidden))
    forgeries = sample(all_forgeries(subject, hidden), 6)
    assert [f.name for f in forgeries if subject.accepts(f.inputs)] == [], rows


# --- how it is done ---------------------------------------------------------------------------------


def test_the_cheaper_way_is_taken(folder: Path) -> None:
    def gadgets(name: str) -> set[type]:
        tables, _ = QUERIES[name]
        circuit = compile_query(
            Source("t.zkql", declared(tables, folder).format(capacity=100) + sql(name))
        ).circuit
        assert circuit is not None
        return {type(gadget) for gadget in circuit.gadgets}

    assert Interpolated in gadgets("columns")
    assert Lookup in gadgets("many rows")
    assert not gadgets("no rows") & {Interpolated, Lookup}


def test_columns_of_one_table_share_their_partner(folder: Path) -> None:
    circuit = Subject.compile(sql("columns"), CAPACITY, declared("smalls", folder)).circuit
    assert len([g for g in circuit.gadgets if isinstance(g, Interpolated)]) == 1


def test_a_plan_keeps_the_rows_of_the_table(folder: Path) -> None:
    plan = Subject.compile(sql("public key"), CAPACITY, declared("zones", folder)).plan
    assert from_json(to_json(plan)) == plan
    assert plan.predicate is not None
    (call,) = [c for c in calls_of(plan.predicate) if c.function == "LOOK UP"]
    assert table_of(call)[1:] == ((-1, 5, 6), (1, 1, 1))


def test_a_key_that_is_there_twice_is_refused_by_the_plan() -> None:
    key = Column("zone", INT, private=False)
    call = look_up("t.n", key, (1, 1), (2, 3), INT, nullable=True)
    with pytest.raises(ValueError, match="a key twice"):
        evaluate(call, {"zone": 1})


@pytest.mark.parametrize(
    ("keys", "values", "nullable", "message"),
    [
        ((1, 1), (2, 3), True, "a key twice"),
        ((1, 2), (2,), True, "other values than keys"),
        ((1, None), (2, 3), True, "other values than keys"),
        ((1, "2"), (2, 3), True, "a key that is no INT"),
        ((1, 2**31), (2, 3), True, "a key that is no INT"),
        ((1, 2), (2, "3"), True, "a value that is no INT"),
        ((1, 2), (2, None), False, "NULL where it cannot be"),
    ],
)
def test_a_bundle_with_a_table_that_is_none_is_not_opened(keys, values, nullable, message) -> None:
    call = look_up("t.n", Column("zone", INT, private=False), keys, values, INT, nullable=nullable)
    with pytest.raises(ValueError, match=message):
        from_json(to_json(call))


@pytest.mark.parametrize("operand", [0, 1, 2, 3])
def test_a_bundle_with_a_table_of_another_shape_is_not_opened(operand: int) -> None:
    key = Column("zone", INT, private=False)
    call = look_up("t.n", key, (1, 2), (2, 3), INT, nullable=True)
    fewer = call.operands[:operand] + call.operands[operand + 1 :]
    other = tuple(key if i == operand else o for i, o in enumerate(call.operands))
    for operands in (fewer, other) if operand > 1 else (fewer,):
        with pytest.raises(ValueError, match="a table is a name, a key"):
            from_json(to_json(replace(call, operands=operands)))


# --- faults -----------------------------------------------------------------------------------------

PLACE = "zone INT NOT NULL, name VARCHAR(3), at TIMESTAMP(3), yes BOOLEAN, n DECIMAL(3, 1)"
FAULTS = {
    "none.csv": (None, "No such file"),
    "a.txt": ("zone", "a file that ends in .txt is neither .csv nor .jsonl"),
    "latin.csv": (b"zone\n\xe9", "not UTF-8"),
    "empty.csv": ("", "there is no column 'zone'"),
    "header.csv": ("zone,name,at,yes\n", "there is no column 'n'"),
    "unknown.csv": (
        "zone,nome,at,yes,n\n",
        "unknown.csv:1: 'nome' is no column of the table (did you mean 'name'?)",
    ),
    "twice.csv": ("zone,name,at,yes,n,zone\n", ":1: a column stands twice"),
    "short.csv": ("zone,name,at,yes,n\n1,b\n", ":2: 2 values for 5 columns"),
    "quote.csv": (
        'zone,name,at,yes,n\n1,"b,,,\n2,,,,',
        "quote.csv:2: a quote opens in this record and is never",
    ),
    "quoted.csv": ('zone,name,at,yes,n\n1,a,,,\n2,"b"c,,,\n', "quoted.csv:3: ',' expected after"),
    "null.csv": ("zone,name,at,yes,n\n\n,a,,,\n", ":3: zone: it is NULL, and the column is NOT NULL"),
    "text.csv": ("zone,name,at,yes,n\n1,abcd,,,\n", ":2: name: 4 characters do not fit VARCHAR(3)"),
    "number.csv": ("zone,name,at,yes,n\n1.5,abc,,,\n", ":2: zone: '1.5' is not of type INT"),
    "large.csv": ("zone,name,at,yes,n\n2147483648,abc,,,\n", ":2: zone: 2147483648 is outside INT"),
    "bool.csv": ("zone,name,at,yes,n\n1,abc,,1,\n", ":2: yes: '1' is not of type BOOLEAN"),
    "time.csv": ("zone,name,at,yes,n\n1,abc,noon,,\n", ":2: at: "),
    "decimal.csv": ("zone,name,at,yes,n\n1,abc,,,1.25\n", ":2: n: "),
    "many.csv": ("zone,name,at,yes,n\n" + "".join(f"{i},,,,\n" for i in range(4097)), "4097 rows"),
    "a.jsonl": ("[1]\n", "a JSON object was expected"),
    "b.jsonl": ('{"zone": 1}\n', ":1: there is no column 'name'"),
    "c.jsonl": ('{"zone": 1, "zonk": 1}\n', ":1: 'zonk' is no column of the table"),
    "d.jsonl": ("{\n", "not valid JSON"),
}


def joined(condition: str, table: str = PLACE, option: str = "") -> str:
    return (
        STREAM.format(capacity=3) + f"CREATE TABLE place ({table}){option};\n"
        f"SELECT window_start, COUNT(*) AS c FROM (SELECT * {WINDOW}) AS r JOIN place AS p ON {condition} "
        "GROUP BY window_start, window_end;"
    )


def diagnostic(text: str, folder: Path) -> tuple[str, str, str]:
    error = attempt(Source(str(folder / "q.zkql"), text)).error
    assert isinstance(error, QueryError)
    (found,) = error.diagnostics
    return found.code, found.labels[0].span.text, "\n".join((found.message, *found.notes))


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_that_does_not_fit_is_named_at_the_option(name: str, tmp_path: Path) -> None:
    content, message = FAULTS[name]
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    code, place, text = diagnostic(joined("p.zone = r.zone", option=f" WITH ('path' = '{name}')"), tmp_path)
    assert (code, place) == ("ZKQL0237", f"'{name}'")
    assert message in text


def test_a_file_beside_the_query_is_read_and_one_that_nobody_reads_is_not(tmp_path: Path) -> None:
    (tmp_path / "place.jsonl").write_text('{"zone": 5, "name": null, "at": null, "yes": true, "n": "1.5"}\n')
    option = " WITH ('connector' = 'filesystem', 'path' = 'place.jsonl')"
    other = "CREATE TABLE target (c BIGINT) WITH ('path' = 'nowhere.csv');"
    text = other + joined("p.zone = r.zone", option=option)
    assert attempt(Source(str(tmp_path / "q.zkql"), text)).error is None


REFUSED = {
    "p.zone = r.zone": ("", "nearest provable form: CREATE TABLE place (…) WITH ('path' = 'place.csv')"),
    "p.n = r.small": ("two.csv", "two of its rows have 2 as p.n, and a row has one partner at most"),
    "p.zone < r.zone": ("two.csv", "no column of the table is equal to a value of the row"),
    "p.zone = 1": ("two.csv", "no column of the table is equal to a value of the row"),
    "10 / p.zone = r.zone": ("two.csv", "division by zero"),
}


@pytest.mark.parametrize("condition", REFUSED)
def test_joins_that_cannot_be_looked_up_say_why(condition: str, tmp_path: Path) -> None:
    file, note = REFUSED[condition]
    (tmp_path / "two.csv").write_text("zone,name,at,yes,n\n0,a,,,2\n1,b,,,2.0\n")
    option = f" WITH ('path' = '{file}')" if file else ""
    code, place, text = diagnostic(joined(condition, option=option), tmp_path)
    assert (code, place) == ("ZKQL0301", condition)
    assert note in text


def test_a_column_without_a_value_is_told(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("zone,name,at,yes,n\n0,a,,,2\n1,b,,,3\n")
    text = joined("p.zone = r.zone", option=" WITH ('path' = 'two.csv')").replace(
        "JOIN place AS p", "JOIN (SELECT zone, 10 / zone AS x FROM place) AS p"
    )
    code, place, message = diagnostic(text, tmp_path)
    assert (code, place) == ("ZKQL0301", "p.zone = r.zone")
    assert "a column of which has no value" in message


def test_a_text_with_a_zero_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zero.csv").write_text("zone,name,at,yes,n\n0,a\0,,,2\n")
    _, _, message = diagnostic(joined("p.zone = r.zone", option=" WITH ('path' = 'zero.csv')"), tmp_path)
    assert ":2: name: the text has U+0000" in message


def test_two_paths_are_refused(tmp_path: Path) -> None:
    code, place, _ = diagnostic(
        joined("p.zone = r.zone", option=" WITH ('path' = 'a.csv', 'path' = 'b.csv')"), tmp_path
    )
    assert (code, place) == ("ZKQL0230", "'path' = 'b.csv'")
