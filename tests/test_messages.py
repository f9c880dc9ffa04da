"""What the front end says: messages, notes, second places, several faults in one run, the form, any text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.language import (
    BOUNDS,
    DECLARED,
    SALES,
    WINDOW,
    bound,
    compiled,
    items,
    over,
    query,
    refusal,
    select,
    shown,
    stream,
    table,
    where,
)
from zkql.compiler import attempt
from zkql.errors import QueryError, Source
from zkql.plan.text import lines

ROOT = Path(__file__).parent.parent
WIDE = ", x DECIMAL(38, 38), y DECIMAL(38)"
TEXTS = ", a VARCHAR(11), b VARCHAR(11)"

FORM = "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
NEAREST = "nearest provable form: "
PLANNED = "nearest form, planned: "
CIRCUITS_HAVE = "circuits have arithmetic, comparisons, CASE, COALESCE, casts, EXTRACT, LIKE 'prefix%'"

NOTES: list[tuple[str, str, tuple[str, ...]]] = [
    # names
    (items("SUM(lod) AS x"), "'reading' has no column 'lod'", ("did you mean 'load'?",)),
    (over(WINDOW.replace("reading", "bids")), "'bids' is not declared", ("there is: reading",)),
    (
        query("SELECT qqqq FROM place"),
        "'place' has no column 'qqqq'",
        ("there is: name, size, zone",),
    ),
    (stream(", x DECIMALS(4)") + select(), "there is no type DECIMALS(4)", ("did you mean 'DECIMAL'?",)),
    (
        stream(options="'capacitor' = '4'") + select(),
        "there is no option 'capacitor'",
        ("did you mean 'capacity'?",),
    ),
    (where("ROUNT(zone) = 1"), "there is no function ROUNT", ("did you mean 'ROUND' or 'COUNT'?",)),
    (where("XYZZY(zone) = 1"), "there is no function XYZZY", ("docs/sql.md lists all functions",)),
    (
        query("SELECT zone FROM place JOIN sale ON TRUE"),
        "'zone' is ambiguous",
        ("write place.zone or sale.zone",),
    ),
    (
        query("SELECT window_start FROM reading AS r"),
        "'r' has no column 'window_start'",
        (f"it is what a window function adds: {FORM.replace('reading', 'r')}",),
    ),
    (
        query("SELECT TUMBLE(at, INTERVAL '1' DAY) AS t FROM sale"),
        "TUMBLE is no value here",
        (
            "FROM TABLE(TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …)) adds window_start, window_end and"
            " window_time",
        ),
    ),
    (table("a INT, b AS a.x"), "INT has no fields, so no 'x'", ()),
    (table("a ROW<x INT>, b AS a.z"), "ROW<x INT> has no field z", ("there is: x",)),
    # groups
    (
        items("zone, COUNT(*) AS n"),
        "'zone' is neither aggregated nor in GROUP BY",
        ("nearest form: MAX(zone), or GROUP BY …, zone",),
    ),
    (
        items("reading.*"),
        "reading.* has columns that are neither aggregated nor in GROUP BY",
        ("name the columns of GROUP BY, and aggregate others: SELECT window_start, COUNT(*) AS n",),
    ),
    (
        stream() + select(group="GROUP BY window_start, zone + 1"),
        "GROUP BY must name window_start and window_end: without them the result never ends",
        (f"{NEAREST}GROUP BY window_start, window_end, zone + 1",),
    ),
    (
        stream() + select("DISTINCT zone", group=""),
        "SELECT DISTINCT must name window_start and window_end: without them the result never ends",
        (f"{NEAREST}SELECT DISTINCT window_start, window_end, zone",),
    ),
    (
        query("SELECT TUMBLE_END(at, INTERVAL '2' DAY) AS e FROM sale GROUP BY TUMBLE(at, INTERVAL '1' DAY)"),
        "this is the bound of a window that GROUP BY does not have",
        ("GROUP BY TUMBLE(…) with the same arguments",),
    ),
    # INSERT, UNION, names for columns: how many
    (
        query("CREATE TABLE sink (a INT); INSERT INTO sink SELECT zone, name FROM place"),
        "the query has 2 columns for the 1 of 'sink'",
        ("select as many columns",),
    ),
    (
        query("SELECT zone FROM place UNION SELECT zone, name FROM place"),
        "1 column cannot be united with 2",
        ("select as many columns on both sides",),
    ),
    (
        query("WITH v (a) AS (SELECT zone, name FROM place) SELECT a FROM v"),
        "1 name for 2 columns",
        ("the columns: zone, name",),
    ),
    # never provable
    (
        query("SELECT zone FROM reading"),
        "a stream never ends, and a proof covers the rows of a window",
        (f"{PLANNED}{FORM}",),
    ),
    (
        query("SELECT COUNT(*) AS n FROM reading"),
        "a stream never ends, so an aggregate over all of it can never be proven",
        (f"{NEAREST}{FORM} … GROUP BY window_start, window_end",),
    ),
    (
        query(f"SELECT zone FROM {WINDOW} UNION SELECT zone FROM {SALES}"),
        "UNION leaves out duplicates, and a stream never ends",
        (f"{PLANNED}UNION ALL",),
    ),
    (
        items("Now() AS n"),
        "NOW is the processor's clock, which nobody signs",
        (f"{NEAREST}the event time of the rows",),
    ),
    (
        query("CREATE TABLE raw (t TIMESTAMP(3), WATERMARK FOR t AS t); ")
        + select(source="TABLE(TUMBLE(TABLE raw, DESCRIPTOR(t), INTERVAL '1' DAY))"),
        "nobody signs 'raw', so its rows could be anything",
        (f"{NEAREST}CREATE STREAM raw (…) SIGNED BY column",),
    ),
    (
        where("REGEXP(note, 'a')", ", note VARCHAR(9)"),
        "a regular expression over a private string cannot be proven",
        (f"{NEAREST}=, IN or LIKE 'prefix%', or a PUBLIC column",),
    ),
    (
        "CREATE FUNCTION f AS 'class'; " + items("MAX(f(zone)) AS x"),
        "f is code that zkql does not see, so nothing can be proven about it",
        (f"{NEAREST}zkql's own functions; those of users, in WebAssembly, are planned",),
    ),
    (
        query("SELECT a.zone FROM reading AS a JOIN sale AS b ON a.zone = b.zone"),
        "an unbounded join: it lets rows meet however far apart in time",
        (
            f"{PLANNED}join both in one window (… AND a.window_start = b.window_start AND a.window_end ="
            " b.window_end)",
            "or bound the time: b.time BETWEEN a.time AND a.time + INTERVAL '10' MINUTE",
        ),
    ),
    (
        stream() + select() + " LIMIT 3",
        "LIMIT needs all rows, and a stream never ends",
        (
            f"{PLANNED}ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY …) AS n in a"
            " subquery, and WHERE n <= 3 around it",
        ),
    ),
    (
        query("SELECT RANK() OVER (ORDER BY price) AS r FROM sale"),
        "RANK over a stream without end changes with every row that comes",
        (f"{NEAREST}PARTITION BY window_start, window_end, … over a window function",),
    ),
    (
        query(f"SELECT SUM(load) OVER (PARTITION BY window_start ORDER BY load) AS r FROM {WINDOW}"),
        "SUM over a stream without end changes with every row that comes",
        (
            f"{PLANNED}PARTITION BY window_start, window_end, … over a window function",
            "or, ordered by event time: ROWS BETWEEN n PRECEDING AND CURRENT ROW",
        ),
    ),
    (
        query("SELECT zone FROM place"),
        "the query reads no stream, so nothing in it is signed and there is nothing to prove",
        ("read a table beside a stream: … FROM stream JOIN table ON …",),
    ),
    (
        query("SELECT s.zone FROM place AS p LEFT JOIN sale AS s ON p.zone = s.zone"),
        "a LEFT join cannot be proven: zkql shows rows with their partners only",
        (f"{NEAREST}an inner JOIN, with a row of the table for every value",),
    ),
    (
        query("SELECT s.zone FROM reading AS r LEFT JOIN sale AS s ON r.zone = s.zone"),
        "a LEFT join cannot be proven: it says that a row has no partner, now or later",
        (f"{PLANNED}an inner JOIN within one window",),
    ),
    # no circuit yet
    (
        query(f"SELECT * FROM {WINDOW}"),
        "listing rows one by one has no circuit yet",
        (
            f"{NEAREST}ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY …) AS n, which lists"
            " them in that order",
            "or an aggregate, for example COUNT(*)",
        ),
    ),
    (
        query(f"SELECT load FROM {WINDOW} LIMIT 3"),
        "LIMIT needs all rows, and a stream never ends",
        (
            f"{NEAREST}ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY …) AS n in a"
            " subquery, and WHERE n <= 3 around it",
        ),
    ),
    (
        over(WINDOW.replace("TUMBLE", "HOP").replace("INTERVAL", "INTERVAL '5' SECOND, INTERVAL")),
        "HOP has no circuit yet",
        (f"{NEAREST}TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …) with the slide as its size",),
    ),
    (
        items("COUNT(*) AS n", ", x ROW<a INT, b INT> PUBLIC"),
        "ROW<a INT, b INT> in a stream has no circuit yet",
        (f"{NEAREST}a column for each field",),
    ),
    (
        where("load > 0").replace("COUNT(*)", "COLLECT_DISTINCT('ab')"),
        "COLLECT_DISTINCT of VARCHAR has no circuit yet",
        (f"{NEAREST}CAST(… AS VARCHAR(n)), with n from 1 to 11",),
    ),
    (
        items("ARG_MAX('ab', load) AS x"),
        "ARG_MAX of VARCHAR has no circuit yet",
        (f"{NEAREST}CAST(… AS VARCHAR(n)), with n from 1 to 11",),
    ),
    (
        query(f"SELECT LAG('ab') OVER (PARTITION BY {BOUNDS} ORDER BY load) AS r FROM {WINDOW}"),
        "LAG of VARCHAR has no circuit yet",
        (f"{NEAREST}CAST(… AS VARCHAR(n)), with n from 1 to 11",),
    ),
    (
        stream() + select(group=f"GROUP BY {BOUNDS}, load HAVING COUNT(*) > 1"),
        "HAVING over private aggregates has no circuit yet",
        (f"{NEAREST}select the aggregate, and let the consumer choose",),
    ),
    (
        stream(TEXTS) + select(group=f"GROUP BY {BOUNDS}, a, b"),
        "GROUP BY needs 462 bits, and a circuit has 250",
        (f"{NEAREST}columns and constants of smaller precision and closer scales",),
    ),
    (
        stream(", x VARCHAR(12)") + select(),
        "private VARCHAR(12) has no circuit yet",
        (f"{NEAREST}VARCHAR(11) or shorter, or declare it PUBLIC",),
    ),
    (
        items("SUM(load) + 1 AS x"),
        "computing with private aggregates (SUM(load) + 1) has no circuit yet",
        (f"{NEAREST}select the aggregates themselves",),
    ),
    (
        stream() + select(group=f"GROUP BY {BOUNDS} HAVING SUM(load) > 3"),
        "HAVING over private aggregates has no circuit yet",
        (f"{NEAREST}select the aggregate, and let the consumer choose",),
    ),
    (
        where("UPPER(name) = 'A'", ", name VARCHAR(5)"),
        "UPPER(name) over private columns has no circuit yet",
        ("UPPER has no circuit", CIRCUITS_HAVE),
    ),
    (
        where("name LIKE '%a'", ", name VARCHAR(5)"),
        "name LIKE '%a' over private columns has no circuit yet",
        ("LIKE has a circuit where the pattern is text, or text and % at its end", CIRCUITS_HAVE),
    ),
    (
        where("ok AND 10 / zone > 1"),
        "10 / zone > 1, which may be an error, beside a private condition has no circuit yet",
        (
            f"{NEAREST}what always has a value: the divisor of 10 / zone may be 0; divide by a constant, or"
            " by NULLIF(…, 0)",
        ),
    ),
    (
        where("ok AND zone * 10 > 1"),
        "zone * 10 > 1, which may be an error, beside a private condition has no circuit yet",
        (
            f"{NEAREST}what always has a value: zone * 10 may leave INT; CAST an operand to a wider type,"
            " like BIGINT",
        ),
    ),
    (
        where("ok AND much * 2 > 1", ", much BIGINT PUBLIC"),
        "much * 2 > 1, which may be an error, beside a private condition has no circuit yet",
        (
            f"{NEAREST}what always has a value: much * 2 may leave BIGINT; CAST an operand to a wider type,"
            " like DECIMAL(20, 0)",
        ),
    ),
    (
        where("ok AND CAST(note AS INT) > 1", ", note VARCHAR(5) PUBLIC"),
        "CAST(note AS INT) > 1, which may be an error, beside a private condition has no circuit yet",
        (
            f"{NEAREST}what always has a value: CAST(note AS INT) may have no value; TRY_CAST gives NULL"
            " instead",
        ),
    ),
    (
        where("ok AND REGEXP(note, 'a') ", ", note VARCHAR(5) PUBLIC"),
        "REGEXP(note, 'a'), which may be an error, beside a private condition has no circuit yet",
        (
            f"{NEAREST}what always has a value: REGEXP may have no value; group or filter by what it is"
            " computed from",
        ),
    ),
    (
        items("MAX(CASE WHEN ok THEN TIMESTAMPADD(MONTH, temp, ts) END) AS x"),
        "TIMESTAMPADD(MONTH, temp, ts) over private columns has no circuit yet",
        ("MONTHs are not added in a circuit; shorter units are", CIRCUITS_HAVE),
    ),
    (
        items("MAX(CASE WHEN ok THEN TIMESTAMPDIFF(MONTH, ts, ts) END) AS x"),
        "TIMESTAMPDIFF(MONTH, ts, ts) over private columns has no circuit yet",
        ("MONTHs are not counted in a circuit; shorter units are", CIRCUITS_HAVE),
    ),
    (
        items("MAX(CASE WHEN ok THEN note END) AS x", ", note VARCHAR(12) PUBLIC"),
        "MAX of VARCHAR(12) has no circuit yet",
        (
            f"{NEAREST}declare note VARCHAR(11) or shorter, or write TRY_CAST(note AS VARCHAR(11)), which"
            " is NULL for a longer text",
        ),
    ),
    (
        where("name = note", ", name VARCHAR(5), note VARCHAR(12) PUBLIC"),
        "note, VARCHAR(12), beside private columns has no circuit yet",
        (
            f"{NEAREST}declare note VARCHAR(11) or shorter, or write TRY_CAST(note AS VARCHAR(11)), which"
            " is NULL for a longer text",
        ),
    ),
    (
        items("MAX(CAST(load AS VARCHAR)) AS x"),
        "MAX of VARCHAR has no circuit yet",
        ("CAST(load AS VARCHAR): DECIMAL(4, 1) is not written or read as text in a circuit", CIRCUITS_HAVE),
    ),
    (
        items("MAX(s - ts) AS x", ", s TIMESTAMP(3)"),
        "MAX of INTERVAL DAY TO SECOND(3) has no circuit yet",
        (f"{NEAREST}TIMESTAMPDIFF(SECOND, start, end), a number",),
    ),
    (
        stream() + select(group=f"GROUP BY {BOUNDS}, IF(ok, 'yes', CAST('no' AS VARCHAR))"),
        "grouping by a private VARCHAR has no circuit yet",
        (f"{NEAREST}CAST(… AS VARCHAR(n)), with n from 1 to 11",),
    ),
    (
        stream() + select("load * 2 AS x", group=f"GROUP BY {BOUNDS}, load"),
        "computing with private keys (load * 2) has no circuit yet",
        (f"{NEAREST}select the key itself, or GROUP BY the whole expression",),
    ),
    (
        stream() + select("load + SUM(load) AS x", group=f"GROUP BY {BOUNDS}, load"),
        "computing with private aggregates (load + SUM(load)) has no circuit yet",
        (f"{NEAREST}select the aggregates themselves",),
    ),
    (
        query(f"SELECT SUM(load) OVER (PARTITION BY {BOUNDS}) AS r FROM {WINDOW}"),
        "SUM OVER has no circuit yet",
        (
            "circuits have with OVER: CUME_DIST, DENSE_RANK, LAG, LEAD, NTILE, PERCENT_RANK, RANK,"
            " ROW_NUMBER",
            f"{NEAREST}SUM with GROUP BY window_start, window_end",
        ),
    ),
    (
        items("PERCENTILE(load, 90) AS p"),
        "the fraction of a percentile is not between 0 and 1",
        ("90 % is 0.9",),
    ),
    (
        items("PERCENTILE(load) AS p"),
        "PERCENTILE takes two arguments, a value and a fraction; here is 1",
        ("for example PERCENTILE(x, 0.9)",),
    ),
    (  # once, however many calls differ from the first
        query(
            f"SELECT RANK() OVER (PARTITION BY {BOUNDS} ORDER BY load) AS a, RANK() OVER"
            f" (PARTITION BY {BOUNDS} ORDER BY ok) AS b,"
            f" ROW_NUMBER() OVER (PARTITION BY {BOUNDS} ORDER BY ok) AS c FROM {WINDOW}"
        ),
        "OVER with another PARTITION BY or ORDER BY beside it has no circuit yet",
        (f"{NEAREST}a query for each; all OVER of a query share one",),
    ),
]


@pytest.mark.parametrize("text, message, notes", NOTES, ids=[m[:60] for _, m, _ in NOTES])
def test_messages_say_what_is_wrong_and_notes_what_to_write(
    text: str, message: str, notes: tuple[str, ...]
) -> None:
    (diagnostic,) = refusal(text).diagnostics
    assert (diagnostic.message, diagnostic.notes) == (message, notes)


@pytest.mark.parametrize(
    "text, spans",
    [
        (stream(", zone BIGINT") + select(), ["zone", "zone INT PUBLIC"]),
        (stream(signed=" SIGNED BY live") + select(), ["live", "live BOOLEAN PUBLIC"]),
        (stream(watermark=", WATERMARK FOR zone AS zone") + select(), ["zone", "zone INT PUBLIC"]),
        (over(WINDOW.replace("(ts)", "(seen)")), ["seen", "seen TIMESTAMP(3) PUBLIC"]),
        (query("SELECT name FROM place UNION ALL SELECT zone FROM sale"), ["zone", "name"]),
    ],
)
def test_a_second_label_shows_the_cause(text: str, spans: list[str]) -> None:
    labels = refusal(text).diagnostics[0].labels
    assert [label.span.text for label in labels] == spans
    assert labels[1].text in ("declared here", "first declared here", "this is VARCHAR")


LEAKS: list[tuple[str, str]] = [
    ("sum", items("SUM(load) + 1 AS x")),
    ("avg", items("CASE WHEN AVG(load) > MAX(temp) THEN 1 END AS x")),
    ("count", stream() + select("zone", group=f"GROUP BY {BOUNDS}, zone HAVING COUNT(*) > SUM(temp)")),
    ("key", stream() + select(group="GROUP BY zone + 1, window_end")),
    ("key", query("SELECT DISTINCT zone FROM (SELECT zone + 1 AS zone FROM sale GROUP BY zone + 1)")),
    ("EXPR$0", query("WITH w (y) AS (SELECT zone + 1 FROM sale) SELECT y FROM reading JOIN w ON zone = y")),
    ("EXPR$0", query("WITH w (y) AS (SELECT load * 2 FROM reading) SELECT COUNT(*) AS n FROM w WHERE y > 1")),
    ("order", query("SELECT zone FROM sale ORDER BY price + 1")),
    ("rank", query("SELECT RANK() OVER (ORDER BY price) + 1 AS r FROM sale")),
    ("sale.zone", query("SELECT price FROM reading JOIN sale USING (zone)")),
]


@pytest.mark.parametrize("name, text", LEAKS)
def test_names_that_only_the_plan_has_never_stand_in_a_message(name: str, text: str) -> None:
    assert any(name in re.split(r"[^\w.$]+", line) for line in lines(bound(text).plan))
    for diagnostic in refusal(text).diagnostics:
        words = re.split(r"[^\w.$]+", " ".join((diagnostic.message, *diagnostic.notes)))
        assert name not in words


# --- several errors in one run --------------------------------------------------------------------

SEVERAL: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "every unit of a SELECT for itself",
        query(
            "SELECT SUM(lod) AS a, load, SUM(label) AS b FROM reading WHERE zone AND ok = 1 AND temp > 0"
            " GROUP BY nope HAVING SUM(live) > 1 AND COUNT(seem) = 1 ORDER BY nein, 7"
        ),
        [
            ("ZKQL0207", "lod"),
            ("ZKQL0213", "label"),
            ("ZKQL0214", "zone"),
            ("ZKQL0215", "1"),
            ("ZKQL0207", "nope"),
            ("ZKQL0213", "live"),
            ("ZKQL0207", "seem"),
            ("ZKQL0207", "nein"),
            ("ZKQL0255", "7"),
        ],
    ),
    (
        "a refused key, and what else is not grouped once the key is right",
        query("SELECT zone, load, COUNT(*) AS n FROM reading GROUP BY zone, nope"),
        [("ZKQL0207", "nope")],
    ),
    (
        "all columns that are not grouped",
        query("SELECT zone, load, temp + SUM(temp) AS x FROM reading GROUP BY zone HAVING ok ORDER BY label"),
        [("ZKQL0212", "load"), ("ZKQL0212", "temp"), ("ZKQL0212", "ok"), ("ZKQL0212", "label")],
    ),
    (
        "every statement for itself",
        f"CREATE TABLE t (a FLOAT); CREATE VIEW v AS SELECT b FROM place; {query('SELECT lod FROM reading')}",
        [("ZKQL0306", "FLOAT"), ("ZKQL0207", "b"), ("ZKQL0207", "lod")],
    ),
    (
        "syntax errors of all statements, and nothing else",
        "CREATE TABLE t (a); CREATE VIEW v SELECT 1; SELECT lod FROM nowhere",
        [("ZKQL0101", ")"), ("ZKQL0101", "SELECT")],
    ),
    (
        "a broken view once, however often it is read",
        query("CREATE VIEW v AS SELECT 1 AS x FROM nowhere; CREATE VIEW w AS SELECT * FROM v;"
              "SELECT v.x, w.y FROM v JOIN w ON v.x = w.z"),
        [("ZKQL0205", "nowhere")],
    ),
    (
        "a broken column of a view once, and what else is wrong",
        query("CREATE VIEW v AS SELECT lod AS x FROM reading;"
              "SELECT x + 1 AS a, UPPER(x) AS b, zone FROM v WHERE x > 'a' ORDER BY x"),
        [("ZKQL0207", "lod"), ("ZKQL0207", "zone")],
    ),
    (
        "a broken stream once",
        stream(watermark="") + "CREATE VIEW v AS SELECT * FROM reading; " + select("SUM(lod) AS x"),
        [("ZKQL0225", "reading")],
    ),
    (
        "a broken target once",
        query("CREATE TABLE sink (a FLOAT); INSERT INTO sink SELECT zone, name FROM place"),
        [("ZKQL0306", "FLOAT")],
    ),
    (
        "a broken table of WITH once",
        query("WITH v AS (SELECT zone FROM nowhere), w AS (SELECT nope FROM v) SELECT v.x FROM v, w"),
        [("ZKQL0205", "nowhere")],
    ),
    (
        "a broken group window once",
        query("SELECT TUMBLE_START(seen, INTERVAL '1' DAY) AS s, COUNT(*) AS n, SUM(lod) AS x FROM reading"
              " GROUP BY TUMBLE(seen, INTERVAL '1' DAY), zon"),
        [("ZKQL0207", "lod"), ("ZKQL0208", "seen"), ("ZKQL0207", "zon")],
    ),
    (
        "a broken ON does not hide the SELECT list",
        query("SELECT lod FROM reading AS a JOIN sale AS b ON a.x = b.y"),
        [("ZKQL0207", "lod"), ("ZKQL0207", "a.x")],
    ),
    (
        "two columns of one name, once refused",
        query("SELECT place.x AS n, zone AS n, zone AS m, name AS m FROM place"),
        [("ZKQL0207", "place.x"), ("ZKQL0203", "zone AS n"), ("ZKQL0203", "name AS m")],
    ),
    (
        "a frame and a function",
        query("SELECT SUM(price) OVER (ORDER BY at ROWS x PRECEDING) AS a, LAG(1, -1) OVER (ORDER BY at) AS b"
              " FROM sale"),
        [("ZKQL0246", "x"), ("ZKQL0213", "-1")],
    ),
    (
        "everything that cannot be proven",
        query(f"SELECT NOW() AS a, SUM(load) OVER (ORDER BY ts) AS b FROM {WINDOW} ORDER BY zone"),
        [("ZKQL0320", "SUM(load) OVER (ORDER BY ts)"), ("ZKQL0312", "NOW()"), ("ZKQL0319", "ORDER BY zone")],
    ),
    (
        "everything that has no circuit",
        stream(", x ARRAY<INT> PUBLIC, y VARCHAR(30), a VARCHAR(3)")
        + select(
            "SUM(load) + 1 AS b, MAX(ts - seen) AS c",
            "UPPER(a) = 'A' AND 10 / zone = 1 AND a || 'x' = a",
            group=f"GROUP BY {BOUNDS}, load, REVERSE(a) HAVING SUM(load) > 1",
        ),
        [
            ("ZKQL0301", "x ARRAY<INT> PUBLIC"),
            ("ZKQL0308", "y VARCHAR(30)"),
            ("ZKQL0301", "REVERSE(a)"),
            ("ZKQL0301", "10 / zone = 1"),
            ("ZKQL0301", "UPPER(a)"),
            ("ZKQL0301", "a || 'x'"),
            ("ZKQL0301", "MAX(ts - seen)"),
            ("ZKQL0301", "SUM(load) > 1"),
            ("ZKQL0301", "SUM(load) + 1 AS b"),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize("text, expected", [s[1:] for s in SEVERAL], ids=[s[0] for s in SEVERAL])
def test_one_run_reports_each_fault_once(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(code, caret) for code, caret, _ in shown(refusal(text))] == expected


# --- texts that are hard to digest ------------------------------------------------------------------


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
    assert str(refusal(LINES.replace("DESCRIPTOR(ts)", "DESCRIPTOR(load)"))) == (
        "test.zkql:9:45: error[ZKQL0208]: windows follow the event time, which is 'ts'\n"
        " 9 | FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(load), INTERVAL '10' SECOND))\n"
        "   |                                             ^^^^\n"
        "test.zkql:4:3: declared here\n"
        " 4 |   load  DECIMAL(4, 1),\n"
        "   |   ^^^^^^^^^^^^^^^^^^^\n"
        "  = write ts"
    )


def test_an_error_with_a_label_in_full() -> None:
    text = re.sub(r"SELECT[^;]*", "SELECT load\nFROM reading", LINES)
    assert str(refusal(text)) == (
        "test.zkql:9:6: error[ZKQL0302]: a stream never ends, and a proof covers the rows of a window\n"
        " 9 | FROM reading;\n"
        "   |      ^^^^^^^ a window is missing\n"
        "  = nearest form, planned: FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
    )


def test_an_error_over_several_lines_underlines_the_first() -> None:
    text = LINES.replace("SUM(load) AS total", "SUM(load)\n  - MIN(load) AS total")
    assert str(refusal(text)) == (
        "test.zkql:8:22: error[ZKQL0301]: computing with private aggregates (SUM(load) - MIN(load)) has no"
        " circuit yet\n"
        " 8 | SELECT window_start, SUM(load)\n"
        "   |                      ^^^^^^^^^\n"
        "  = nearest provable form: select the aggregates themselves"
    )


def test_an_expression_over_several_lines_is_one_line_in_a_message() -> None:
    text = LINES.replace("SUM(load) AS", "SUM(load)\n   + 1 AS")
    (diagnostic,) = refusal(text).diagnostics
    assert diagnostic.message == "computing with private aggregates (SUM(load) + 1) has no circuit yet"


def test_several_errors_stand_in_the_order_of_the_text() -> None:
    text = LINES.replace("SUM(load)", "SUM(lod)").replace("window_end;", "window_end, zone;")
    assert str(refusal(text)) == (
        "test.zkql:8:26: error[ZKQL0207]: 'reading' has no column 'lod'\n"
        " 8 | SELECT window_start, SUM(lod) AS total\n"
        "   |                          ^^^\n"
        "  = did you mean 'load'?\n"
        "test.zkql:10:36: error[ZKQL0207]: 'reading' has no column 'zone'\n"
        " 10 | GROUP BY window_start, window_end, zone;\n"
        "    |                                    ^^^^\n"
        "  = there is: load, meter, ts, window_end, window_start, window_time"
    )


def test_an_error_as_data() -> None:
    error = refusal(LINES.replace("DESCRIPTOR(ts)", "DESCRIPTOR(load)"))
    assert error.diagnostics[0].to_json() == {
        "code": "ZKQL0208",
        "severity": "error",
        "message": "windows follow the event time, which is 'ts'",
        "labels": [
            {"file": "test.zkql", "line": 9, "column": 45, "text": ""},
            {"file": "test.zkql", "line": 4, "column": 3, "text": "declared here"},
        ],
        "notes": ["write ts"],
    }


# --- any text at all ------------------------------------------------------------------------------

FOLDERS = ("queries/nexmark/*.zkql", "tests/fixtures/binding/*.sql", "tests/fixtures/rewrites/*.sql")
TEXTS = [
    *(path.read_text() for path in sorted(ROOT.glob(FOLDERS[0]))),
    *(
        DECLARED + statement
        for folder in FOLDERS[1:]
        for path in sorted(ROOT.glob(folder))
        for statement in re.findall(r"^(?!-- )(?:.+\n)+?(?=^-- )", path.read_text(), re.MULTILINE)
    ),
]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("delete", "duplicate", "replace", "move")),
        st.integers(0, 10_000),
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
        if action == "move":  # a piece to another place, which makes names and clauses meet that never did
            rest = text[:place] + text[place + length :]
            to = place * 31 % (len(rest) + 1)
            text = rest[:to] + piece + rest[to:]
        else:
            changed = {"delete": "", "duplicate": piece * 2, "replace": character + piece[1:]}
            text = text[:place] + changed[action] + text[place + length :]
    return text


@given(st.sampled_from(TEXTS), EDITS)
@example(TEXTS[0], [("delete", 0, 40, "")] * 20)
@settings(max_examples=400, deadline=None)
def test_a_mutated_query_compiles_or_is_refused(text: str, edits: list[tuple[str, int, int, str]]) -> None:
    message = outcome(edited(text, edits))
    assert message is None or re.match(r"test\.zkql:\d+:\d+: error\[ZKQL0[123]\d\d\]: ", message)


WORDS = re.compile(r"\w+|[^\w\s]+|\s+")


@given(
    st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=4)
)
@settings(max_examples=400, deadline=None)
def test_a_query_with_words_exchanged_compiles_or_is_refused(text: str, swaps: list[tuple[int, int]]) -> None:
    """More of these bind than of texts with random characters."""
    words = WORDS.findall(text)
    names = [i for i, word in enumerate(words) if re.match(r"\w", word)]
    for a, b in swaps:
        i, j = names[a % len(names)], names[b % len(names)]
        words[i] = words[j]
    message = outcome("".join(words))
    assert message is None or re.match(r"test\.zkql:\d+:\d+: error\[ZKQL0[123]\d\d\]: ", message)


def outcome(text: str) -> str | None:
    """The refusal in full, or None for a query that compiles."""
    try:
        compiled(text)
    except QueryError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "key",
    [
        "CAST(zone AS BIGINT) * 10",
        "CAST(CAST(zone AS BIGINT) AS DECIMAL(20, 0)) * CAST(zone AS BIGINT)",
        "CAST(zone AS VARCHAR)",
        "ABS(CAST(zone AS BIGINT))",
        "TRY_CAST(CAST(zone AS DECIMAL(12, 0)) * 10 AS INT)",
        "10 / NULLIF(zone, 0)",
        "MOD(zone, NULLIF(CAST(zone AS BIGINT), 0))",
        "CAST(zone > 3 AS INT)",
    ],
)
def test_what_always_has_a_value_may_stand_beside_a_private_condition(key: str) -> None:
    accepted = stream() + select(where="load > 0", group=f"GROUP BY {BOUNDS}, {key}")
    assert attempt(Source("test.zkql", accepted)).error is None
