"""What the tests of the language share: declarations, queries on one line, any part replaced; refusals."""

from __future__ import annotations

import pytest

from zkql.compiler import Compiled, compile_query
from zkql.errors import Diagnostic, QueryError, Source
from zkql.lang.bind import bind
from zkql.lang.parse import parse
from zkql.lang.query import BoundQuery
from zkql.plan.text import lines

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


DECLARED = (
    stream()
    + "CREATE STREAM sale (shop INT, at TIMESTAMP(3), zone INT PUBLIC, price BIGINT, WATERMARK FOR at AS at)"
    " SIGNED BY shop;\n"
    "CREATE TABLE place (zone INT NOT NULL, name VARCHAR, size DECIMAL(5, 2));\n"
)
"""Two streams and a table, which share the name ``zone``."""
SALES = "TABLE(TUMBLE(TABLE sale, DESCRIPTOR(at), INTERVAL '10' SECOND))"


def compiled(text: str) -> Compiled:
    """A whole text, taken all the way."""
    return compile_query(Source("test.zkql", text))


def standard(*, more: str = "", **parts: str) -> Compiled:
    """The standard stream with ``more`` columns, and a SELECT of the given parts."""
    return compiled(stream(more) + select(**parts))


def bound(text: str) -> BoundQuery:
    """A text parsed and bound, whether it can be proven or not."""
    source = Source("test.zkql", text)
    return bind(parse(source), source)


def plan(text: str) -> list[str]:
    """The bound plan of a query over :data:`DECLARED`, line by line, without the scans."""
    return [line for line in lines(bound(DECLARED + text).plan) if ":= Scan" not in line]


def refusal(text: str) -> QueryError:
    """Why a whole text is refused."""
    with pytest.raises(QueryError) as caught:
        compiled(text)
    return caught.value


def shown(error: QueryError) -> list[tuple[str, str, str]]:
    """Code, underlined text and message of each diagnostic."""
    return [(d.code, underlined(d), d.message) for d in error.diagnostics]


def underlined(diagnostic: Diagnostic) -> str:
    """The text under the first caret."""
    return diagnostic.labels[0].span.text


# --- texts with one fault ---------------------------------------------------------------------------


def where(condition: str, more: str = "") -> str:
    return stream(more) + select(where=condition)


def over(source: str) -> str:
    return stream() + select(source=source)


def items(text: str, more: str = "") -> str:
    return stream(more) + select(items=text)


def query(text: str) -> str:
    return DECLARED + text


def table(text: str) -> str:
    return f"CREATE TABLE t ({text});" + query("SELECT zone FROM place")
