"""Rows ranked with OVER, through compiled circuits: the rows are DuckDB's, and no lie about them is
accepted."""

from __future__ import annotations

import random

import pytest

from tests.forgeries import all_forgeries, sample
from tests.functions import STREAM, WINDOW, random_window
from tests.harness import Secrets, Subject, evaluated, query
from tests.test_functions import duckdb
from zkql.errors import QueryError

CAPACITY = 4
PARTITION = "PARTITION BY window_start, window_end"
ORDER = "ORDER BY load DESC, temp, ts, meter, zone, small, ok, name"
"""Of all columns, so that DuckDB has no tie to break as it likes."""
SELECTS = {
    "top": f"""SELECT window_start, load, name, n FROM (
        SELECT *, ROW_NUMBER() OVER ({PARTITION} {ORDER}) AS n {WINDOW}) WHERE n <= 2""",
    "first": f"""SELECT window_start, temp > 0 AS positive, ok FROM (
        SELECT *, ROW_NUMBER() OVER ({PARTITION} {ORDER}) AS n {WINDOW} WHERE small > -2) WHERE n = 1""",
    "ranks": f"""SELECT window_start, zone, load, RANK() OVER ({PARTITION}, zone ORDER BY load) AS r,
        DENSE_RANK() OVER ({PARTITION}, zone ORDER BY load) AS d {WINDOW} WHERE temp > -2""",
    "best": f"""SELECT window_start, temp, r FROM (
        SELECT *, RANK() OVER ({PARTITION} ORDER BY temp) AS r {WINDOW}) WHERE r <= 2""",
    "dense": f"""SELECT window_start, small FROM (
        SELECT *, DENSE_RANK() OVER ({PARTITION} ORDER BY small DESC) AS r {WINDOW}) WHERE r < 3""",
    "parts": f"""SELECT window_start, temp, PERCENT_RANK() OVER ({PARTITION} ORDER BY temp) AS p,
        CUME_DIST() OVER ({PARTITION} ORDER BY temp) AS c {WINDOW}""",
    "buckets": f"""SELECT window_start, load, NTILE(3) OVER ({PARTITION} {ORDER}) AS t {WINDOW} WHERE ok""",
    "neighbours": f"""SELECT window_start, load, LAG(load) OVER ({PARTITION} {ORDER}) AS b,
        LEAD(small, 2, zone) OVER ({PARTITION} {ORDER}) AS a,
        LAG(name, 1, 'ab') OVER ({PARTITION} {ORDER}) AS w,
        ROW_NUMBER() OVER ({PARTITION} {ORDER}) AS n {WINDOW}""",
    "computed": f"""SELECT window_start, half, COALESCE(half, 1) AS more, double, zone FROM (
        SELECT *, RANK() OVER ({PARTITION}, half ORDER BY double) AS zone FROM (
            SELECT window_start, window_end, zone / 2 AS half, load + load AS double {WINDOW}) AS computed
        ) AS ranked WHERE zone <= 2""",
    "beside": f"""SELECT window_start, (zone > 0) AND ok AS b, zone > 0 AS p, load + 1 AS l,
        RANK() OVER ({PARTITION}, zone > 0, 1 ORDER BY load) AS r {WINDOW}""",
}


@pytest.fixture(scope="module", params=SELECTS)
def subject(request: pytest.FixtureRequest) -> Subject:
    return Subject.compile(SELECTS[request.param], CAPACITY, STREAM)


def test_the_circuit_lists_what_duckdb_lists(subject: Subject) -> None:
    source = random.Random(str(subject.stage))
    windows = [random_window(source, CAPACITY, window) for window in range(60)]
    for rows in windows:
        for _, members in _groups(subject, rows):
            assert subject.accepts(subject.honest(Secrets.of(members))), members
    rows = [row for window in windows for row in window]
    assert sorted(map(str, evaluated(subject.compiled, rows))) == duckdb(subject, rows)


def test_no_lie_about_rows_is_accepted(subject: Subject) -> None:
    source = random.Random(11)
    for count in (0, 3):
        rows = next(w for w in iter(lambda: random_window(source, CAPACITY), None) if len(w) == count)
        hidden = Secrets.of(rows)
        assert subject.accepts(subject.honest(hidden))
        accepted = [f.name for f in sample(all_forgeries(subject, hidden), 4) if subject.accepts(f.inputs)]
        assert accepted == [], rows


def _groups(subject: Subject, rows: list) -> list:
    from zkql.plan import evaluate

    return list(evaluate.groups(subject.plan, 0, rows, lambda row: row).items()) if rows else [((), [])]


@pytest.mark.parametrize(
    ("select", "words"),
    [
        (SELECTS["top"].replace("n <= 2", "n >= 2"), "over ranked rows"),
        (SELECTS["top"].replace("n <= 2", "n <= 2 AND load > 1"), "no circuit yet"),
        (SELECTS["parts"].replace("temp) AS c", "load) AS c"), "share one"),
        (SELECTS["ranks"].replace(", zone ORDER", ", temp ORDER"), "which is private"),
        (SELECTS["ranks"].replace(", zone ORDER", ", temp + 1 ORDER"), "which is private"),
        (SELECTS["ranks"].replace(", zone ORDER", ", zone / zone ORDER"), "may be an error"),
        (SELECTS["ranks"].replace(", zone ORDER", ", EXTRACT(DAY FROM window_end) ORDER"), "computed from"),
        (SELECTS["parts"].replace("CUME_DIST()", "SUM(temp)"), "SUM OVER"),
        (SELECTS["parts"].replace("temp) AS c", "temp) + temp AS c"), "computing with CUME_DIST ("),
        (SELECTS["neighbours"].replace("'ab'", "'abcdefghijkl'"), "LAG of VARCHAR"),
        (SELECTS["top"].replace("n <= 2", "2 <= n"), "over ranked rows"),
        (SELECTS["top"].replace("n <= 2", "2 < n"), "over ranked rows"),
        (SELECTS["ranks"].replace("temp > -2", "small > EXTRACT(DAY FROM window_start)"), "beside"),
        (f"SELECT load, LAG(load) OVER (PARTITION BY meter ORDER BY ts) AS n {WINDOW}", "several"),
        (f"SELECT load, LAG(load) OVER (PARTITION BY window_end ORDER BY ts) AS n {WINDOW}", "several"),
    ],
    ids=[
        "from-two-on",
        "two-conditions",
        "two-orders",
        "private-partition",
        "private-key",
        "error-in-key",
        "bounds-in-key",
        "running-sum",
        "computed-rank",
        "default-too-long",
        "mirrored",
        "strictly-mirrored",
        "bounds-of-window",
        "all-windows",
        "without-start",
    ],
)  # fmt: skip
def test_other_lists_are_refused(select: str, words: str) -> None:
    with pytest.raises(QueryError) as refused:
        query(select, CAPACITY, STREAM)
    assert words in str(refused.value)
