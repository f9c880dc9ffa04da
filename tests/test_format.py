"""The formatter: how queries look, what it may not change, and the verb ``zkql fmt``."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tests.test_parse import CORPUS, DEEP, shape, statements
from zkql.cli.app import app
from zkql.errors import QueryError, Source
from zkql.lang.format import WIDTH, format_text
from zkql.lang.tokens import TokenKind, tokens

QUERIES = sorted((Path(__file__).parent.parent / "queries").rglob("*.zkql"))
HIGHEST_BID = next(p for p in QUERIES if p.stem == "highest_bid").read_text(encoding="utf-8")


def formatted(text: str) -> str:
    return format_text(Source("test.zkql", text))


def comments(text: str) -> list[str]:
    return [t.text for t in tokens(text) if t.is_comment]


# --- how queries look -----------------------------------------------------------------------------

PAGES = {
    "keywords": (
        "select a, count(distinct `b c`) as n from t where a is not null group by a having n > 1 limit 5",
        """\
SELECT a, count(DISTINCT `b c`) AS n
FROM t
WHERE a IS NOT NULL
GROUP BY a
HAVING n > 1
LIMIT 5;
""",
    ),
    "names keep their case": (
        "SELECT Date, t.Table, First, CAST(Interval AS row<Value int>) FROM Order AS Select"
        " ORDER BY Timestamp desc",
        """\
SELECT Date, t.Table, First, CAST(Interval AS ROW<Value INT>)
FROM Order AS Select
ORDER BY Timestamp DESC;
""",
    ),
    "spaces": (
        "SELECT -1,- -a,-(b),a+b*c , COUNT( * ),t . *, f ( a,b ) FROM  t,u WHERE(a)IN(1,2)",
        """\
SELECT -1, - -a, -(b), a + b * c, COUNT(*), t.*, f(a, b)
FROM t, u
WHERE (a) IN (1, 2);
""",
    ),
    "columns": (
        "create stream s (a bigint public, long_name decimal(12,2) not null private, `b` AS a+1,"
        " watermark for a as a - interval '5' second) signed by a with ('capacity'='4')",
        """\
CREATE STREAM s (
  a          BIGINT PUBLIC,
  long_name  DECIMAL(12, 2) NOT NULL PRIVATE,
  `b`        AS a + 1,
  WATERMARK FOR a AS a - INTERVAL '5' SECOND
) SIGNED BY a WITH ('capacity' = '4');
""",
    ),
    "comments beside columns": (
        "CREATE TABLE t ( -- a table\n a INT, -- short\n long_name VARCHAR(3), /* long */\n\n"
        " -- alone\n b INT --last\n)",
        """\
CREATE TABLE t (  -- a table
  a          INT,                    -- short
  long_name  VARCHAR(3),             /* long */

  -- alone
  b          INT                     --last
);
""",
    ),
    "long options and types": (
        "CREATE TABLE t (a ROW<first_field INT, second VARCHAR(100), third ROW<x INT>,"
        " the_fourth ARRAY<BIGINT>, fifth ROW(y INT)>, b INT,"
        " PRIMARY KEY (b) NOT ENFORCED) PARTITIONED BY (b) WITH ('connector' = 'something',"
        " 'another.option' = 'with a value that is long', 'x' = 'y')",
        """\
CREATE TABLE t (
  a  ROW<
    first_field  INT,
    second       VARCHAR(100),
    third        ROW<x INT>,
    the_fourth   ARRAY<BIGINT>,
    fifth        ROW(y INT)
  >,
  b  INT,
  PRIMARY KEY (b) NOT ENFORCED
) PARTITIONED BY (b) WITH (
  'connector' = 'something',
  'another.option' = 'with a value that is long',
  'x' = 'y'
);
""",
    ),
    "a long list": (
        "SELECT window_start, window_end, MAX(price) AS highest, MIN(price) AS lowest, COUNT(*) AS bids,"
        " SUM(price * amount) / COUNT(*) AS weighted_mean, a, b FROM t",
        """\
SELECT window_start, window_end,
       MAX(price) AS highest,
       MIN(price) AS lowest,
       COUNT(*) AS bids,
       SUM(price * amount) / COUNT(*) AS weighted_mean,
       a, b
FROM t;
""",
    ),
    "lines of the author": (
        "SELECT\n  a, b,\n  MAX(c) AS d,\n  COUNT(*) AS e,\n  f\n  , g FROM t",
        """\
SELECT a, b,
       MAX(c)   AS d,
       COUNT(*) AS e,
       f,
       g
FROM t;
""",
    ),
    "conditions": (
        "SELECT a FROM t JOIN u ON t.a = u.a JOIN v ON v.a = t.a AND v.b = t.b"
        " WHERE a > 1 AND (b = 2 OR c BETWEEN 3 AND 4) AND NOT d GROUP BY a HAVING COUNT(*) > 1 AND e",
        """\
SELECT a
FROM t
JOIN u ON t.a = u.a
JOIN v
  ON v.a = t.a
 AND v.b = t.b
WHERE a > 1
  AND (b = 2 OR c BETWEEN 3 AND 4)
  AND NOT d
GROUP BY a
HAVING COUNT(*) > 1
   AND e;
""",
    ),
    "conditions joined by OR": (
        "SELECT a FROM t WHERE a = 1 OR b = 2;"
        "SELECT a FROM t WHERE a_long_name LIKE 'a pattern with words%' AND b IS NULL OR another_name NOT IN"
        " ('one', 'two', 'three')",
        """\
SELECT a
FROM t
WHERE a = 1 OR b = 2;

SELECT a
FROM t
WHERE a_long_name LIKE 'a pattern with words%' AND b IS NULL
   OR another_name NOT IN ('one', 'two', 'three');
""",
    ),
    "subqueries": (
        "WITH u AS (SELECT a FROM t), v (b) AS (SELECT c FROM t WHERE d) SELECT * FROM (SELECT a FROM u) x"
        " JOIN (SELECT b, MAX(c) AS highest FROM v, u WHERE v.b = u.a AND u.a > 1 GROUP BY b) AS y"
        " ON x.a = y.b UNION ALL (SELECT a FROM t) ORDER BY a",
        """\
WITH u AS (
  SELECT a
  FROM t
), v (b) AS (
  SELECT c
  FROM t
  WHERE d
)
SELECT *
FROM (SELECT a FROM u) x
JOIN (
  SELECT b, MAX(c) AS highest
  FROM v, u
  WHERE v.b = u.a
    AND u.a > 1
  GROUP BY b
) AS y ON x.a = y.b
UNION ALL
(SELECT a FROM t)
ORDER BY a;
""",
    ),
    "CASE, OVER and calls": (
        "SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 'the first value' THEN 'the first answer'"
        " WHEN 'the second value' THEN 'the second answer' ELSE 'no answer' END AS answer,\n"
        "ROW_NUMBER() OVER (PARTITION BY window_start, window_end, auction ORDER BY price DESC, dateTime)"
        " AS place,\n"
        "A_LONG_FUNCTION_NAME(with_an_argument, and_another_argument, 'and a string that is quite long', 1,"
        " a + 2, 'and another string')"
        " FROM t",
        """\
SELECT CASE WHEN a THEN 1 ELSE 2 END,
       CASE a
         WHEN 'the first value' THEN 'the first answer'
         WHEN 'the second value' THEN 'the second answer'
         ELSE 'no answer'
       END AS answer,
       ROW_NUMBER() OVER (
         PARTITION BY window_start, window_end, auction
         ORDER BY price DESC, dateTime
       ) AS place,
       A_LONG_FUNCTION_NAME(
         with_an_argument, and_another_argument, 'and a string that is quite long', 1, a + 2,
         'and another string'
       )
FROM t;
""",
    ),
    "windows": (
        "SELECT a FROM table(tumble(table t,descriptor(ts),interval '10' second)) w;"
        "SELECT a FROM table(hop(table t partition by a,b,descriptor(`event time`),interval '2' second,"
        "interval '10' second)) w",
        """\
SELECT a
FROM TABLE(tumble(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) w;

SELECT a
FROM TABLE(hop(
  TABLE t PARTITION BY a, b,
  DESCRIPTOR(`event time`),
  INTERVAL '2' SECOND,
  INTERVAL '10' SECOND
)) w;
""",
    ),
    "statements": (
        "create view v as select a from t; create function f as 'F';;insert into u (a, b) select a, b from v",
        """\
CREATE VIEW v AS
SELECT a
FROM t;

CREATE FUNCTION f AS 'F';

INSERT INTO u (a, b)
SELECT a, b
FROM v;
""",
    ),
    "comments": (
        "-- first\n\n\n-- second\n/* third */ SELECT a, -- of a\n -- of b\n b /* within */ + c -- of c\n, d\n"
        "-- before\nFROM t -- last\n-- below\n; -- after\n-- end",
        """\
-- first

-- second
/* third */
SELECT a,  -- of a
       -- of b
       b /* within */ + c,  -- of c
       d
-- before
FROM t;  -- last

-- below
-- after
-- end
""",
    ),
    "nothing": ("", ""),
    "only comments": ("\n\n-- a\n;\n/* b */", "-- a\n/* b */\n"),
    "line feeds": ("SELECT a, -- b\r\n  c\r\nFROM t\r\n", "SELECT a,  -- b\n       c\nFROM t;\n"),
}


@pytest.mark.parametrize("before, after", PAGES.values(), ids=PAGES.keys())
def test_how_queries_look(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_the_first_query_is_as_it_should_be() -> None:
    assert formatted(HIGHEST_BID) == HIGHEST_BID


@pytest.mark.parametrize("path", QUERIES, ids=[p.stem for p in QUERIES])
def test_queries_keep_what_they_say(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    after = formatted(text)
    assert formatted(after) == after
    assert [shape(s) for s in statements(after)] == [shape(s) for s in statements(text)]
    assert comments(after) == comments(text)
    code = [line.split("--")[0].rstrip() for line in after.splitlines()]
    assert all(len(line) <= WIDTH for line in code)


# --- what may not change --------------------------------------------------------------------------

GAPS = st.sampled_from(
    [
        " ",
        " ",
        " ",
        "  ",
        "\n",
        "\n\n",
        " -- c\n",
        "\n-- own\n",
        " /* b */ ",
        "/* b */\n",
        " /* m\nm */ ",
        "\n\n--p\n\n-- q\n\n",
    ]
)


@st.composite
def spaced(draw: st.DrawFn) -> str:
    """Statements with white space and comments between any two of their tokens."""
    text = ""
    for statement in draw(st.lists(st.sampled_from([*CORPUS, HIGHEST_BID]), min_size=1, max_size=2)):
        found = [t for t in tokens(statement) if not t.is_comment]
        plain = draw(st.booleans())
        text += "".join(t.text + (" " if plain else draw(GAPS)) for t in found) + draw(GAPS) + ";"
    return text + draw(GAPS)


@given(spaced())
@settings(max_examples=250, deadline=None)
def test_formatting_changes_only_the_looks(text: str) -> None:
    after = formatted(text)
    assert formatted(after) == after
    assert [shape(s) for s in statements(after)] == [shape(s) for s in statements(text)]
    assert sorted(comments(after)) == sorted(comments(text))


@given(st.sampled_from(CORPUS), st.integers(0, 30), st.sampled_from(["(", ")", ",", "'", "FROM", "x"]))
@example("SELECT a", 0, "'")
@settings(max_examples=100, deadline=None)
def test_what_does_not_parse_is_refused_as_by_the_parser(text: str, place: int, word: str) -> None:
    broken = " ".join([*text.split()[:place], word, *text.split()[place:]])
    try:
        statements(broken)
    except QueryError as error:
        expected = str(error)
    else:
        formatted(broken)
        return
    with pytest.raises(QueryError) as caught:
        formatted(broken)
    assert str(caught.value) == expected


@pytest.mark.parametrize("name", DEEP)
def test_what_nests_as_deeply_as_it_may_is_formatted_or_refused(name: str) -> None:
    text = DEEP[name]
    with pytest.raises(QueryError, match="ZKQL0103"):
        formatted(text)


def test_deep_nesting_is_formatted() -> None:
    text = "SELECT " + "(" * 60 + "a" + ")" * 60 + " FROM " + "(SELECT a FROM " * 20 + "t" + ")" * 20
    assert [shape(s) for s in statements(formatted(text))] == [shape(s) for s in statements(text)]


def test_tokens_are_all_of_the_text() -> None:
    text = "SELECT 'a''b', `c d`, 1.5 -- e\n/* f */ <> ~ \"g\" 'open\n/* open"
    found = list(tokens(text))
    assert all(text[t.start : t.end] == t.text for t in found)
    gaps = [text[a.end : b.start] for a, b in pairwise(found)]
    assert not "".join(gaps).strip()
    assert found[-1].kind is TokenKind.BROKEN


# --- zkql fmt -------------------------------------------------------------------------------------

UGLY = "select a from t where b"
PRETTY = "SELECT a\nFROM t\nWHERE b;\n"
WRONG = "SELECT a FORM t"


def fmt(*arguments: object, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["fmt", *map(str, arguments)], input=stdin)


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    path = tmp_path / "ugly.zkql"
    path.write_text(UGLY)
    path.chmod(0o640)
    return path


@pytest.fixture
def pretty(tmp_path: Path) -> Path:
    path = tmp_path / "pretty.zkql"
    path.write_text(PRETTY)
    return path


def test_fmt_writes_what_changes(ugly: Path, pretty: Path) -> None:
    before = pretty.stat().st_mtime_ns
    result = fmt(ugly, pretty)
    assert (result.exit_code, result.stdout) == (0, f"{ugly}: formatted\n")
    assert ugly.read_text() == PRETTY
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert pretty.stat().st_mtime_ns == before
    assert fmt(ugly, pretty).stdout == ""


def test_fmt_writes_through_links(ugly: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.zkql"
    link.symlink_to(ugly)
    assert fmt(link).exit_code == 0
    assert link.is_symlink()
    assert ugly.read_text() == PRETTY


def test_fmt_check_only_looks(ugly: Path, pretty: Path) -> None:
    result = fmt(ugly, pretty, "--check")
    assert (result.exit_code, result.stdout) == (1, f"{ugly}: would change\n")
    assert ugly.read_text() == UGLY
    assert fmt("--check", pretty).exit_code == 0


def test_fmt_diff_shows_what_would_change(ugly: Path, pretty: Path) -> None:
    result = fmt(ugly, pretty, "--diff")
    assert result.exit_code == 0
    assert result.stdout == (
        f"--- {ugly}\n+++ {ugly} (formatted)\n@@ -1 +1,3 @@\n-{UGLY}\n\\ No newline at end of file\n"
        "+SELECT a\n+FROM t\n+WHERE b;\n"
    )
    assert ugly.read_text() == UGLY
    assert fmt(ugly, "--diff", "--check").exit_code == 1


def test_fmt_reads_standard_input() -> None:
    assert fmt("-", stdin=UGLY).stdout == PRETTY
    assert fmt("-", stdin=PRETTY).stdout == PRETTY
    assert (fmt("-", "--check", stdin=UGLY).exit_code, fmt("-", "--check", stdin=PRETTY).exit_code) == (1, 0)
    wrong = fmt("-", stdin=WRONG)
    assert wrong.exit_code == 2
    assert "standard input:1:10: error[ZKQL0101]" in wrong.stderr
    assert "ZKQL0402" in fmt("-", stdin=b"\xff").stderr


def test_fmt_leaves_what_does_not_parse_as_it_is(ugly: Path, tmp_path: Path) -> None:
    wrong, other = tmp_path / "wrong.zkql", tmp_path / "other.zkql"
    for path in (wrong, other):
        path.write_text(WRONG)
    result = fmt(wrong, ugly, other)
    assert result.exit_code == 2
    assert [line.split(":")[0] for line in result.stderr.splitlines() if "error[ZKQL0101]" in line] == [
        str(wrong),
        str(other),
    ]
    assert wrong.read_text() == WRONG
    assert ugly.read_text() == PRETTY


def test_fmt_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert fmt(tmp_path / "none.zkql").exit_code == 2


def test_fmt_as_json(ugly: Path, pretty: Path) -> None:
    checked = fmt(ugly, pretty, "--check", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)) == (1, {"changed": [str(ugly)], "unchanged": 1})
    difference = json.loads(fmt(ugly, "--diff", "--json").stdout)["diff"]
    assert difference.endswith("+WHERE b;\n")
    assert json.loads(fmt("-", "--json", stdin=UGLY).stdout) == {
        "changed": ["-"],
        "unchanged": 0,
        "text": PRETTY,
    }
    assert json.loads(fmt("-", "--json", stdin=WRONG).stdout)["errors"][0]["code"] == "ZKQL0101"


def test_fmt_has_help_with_an_example() -> None:
    words = fmt("--help").stdout.split()
    example_at = words.index("Example:")
    assert words[example_at + 1 : example_at + 3] == ["zkql", "fmt"]
    assert {"--check", "--diff", "--json"} <= set(words)
