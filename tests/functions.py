"""Every aggregate that has a circuit, as tests call it: over private columns with NULLs, negative values,
decimals, ties, texts and extremes."""

from __future__ import annotations

import random

from tests.harness import Row

STREAM = """
CREATE STREAM reading (
  meter BIGINT,
  zone  INT PUBLIC NULL,
  ts    TIMESTAMP(3),
  load  DECIMAL(4, 1) NULL,
  temp  INT,
  small TINYINT NULL,
  ok    BOOLEAN NULL,
  name  VARCHAR(2) NULL,
  WATERMARK FOR ts AS ts
) SIGNED BY meter WITH ('capacity' = '{capacity}', 'groups' = '3');
"""
WINDOW = "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"

CALLS: dict[str, tuple[str, ...]] = {
    "count": ("COUNT(*)", "COUNT(load)", "COUNT(name)"),
    "sum": ("SUM(load)", "SUM(temp)", "SUM(small)"),
    "avg": ("AVG(load)", "AVG(temp)", "AVG(small)"),
    "min": ("MIN(load)", "MIN(temp)", "MIN(name)"),
    "max": ("MAX(load)", "MAX(temp)", "MAX(name)"),
    "every": ("EVERY(ok)", "BOOL_OR(ok)"),
    "count_distinct": ("COUNT(DISTINCT load)", "COUNT(DISTINCT name)"),
    "sum_distinct": ("SUM(DISTINCT small)", "AVG(DISTINCT load)"),
    "collect": ("COLLECT_DISTINCT(small)", "COLLECT_DISTINCT(name)"),
    "top": ("TOP(load, 2)", "BOTTOM(load, 3)", "TOP(DISTINCT small, 2)", "BOTTOM(DISTINCT temp, 2)"),
    "mode": ("MODE(small)", "MODE(name)"),
    "variance": ("VAR_POP(load)", "VAR_SAMP(small)"),
    "deviation": ("STDDEV_POP(load)", "STDDEV_SAMP(small)"),
    "median": ("MEDIAN(load)", "MEDIAN(temp)"),
    "percentile_cont": (
        "PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY load)",
        "PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY small DESC)",
    ),
    "percentile_disc": (
        "PERCENTILE_DISC(0.3) WITHIN GROUP (ORDER BY temp)",
        "PERCENTILE_DISC(0.75) WITHIN GROUP (ORDER BY load DESC)",
    ),
    "covariance": ("COVAR_POP(load, small)", "COVAR_SAMP(small, load)"),
    "correlation": ("CORR(load, small)",),
    "rank": (
        "RANK(3.5) WITHIN GROUP (ORDER BY load)",
        "DENSE_RANK(3) WITHIN GROUP (ORDER BY small DESC)",
        "PERCENT_RANK(0) WITHIN GROUP (ORDER BY temp)",
        "CUME_DIST(1) WITHIN GROUP (ORDER BY small)",
    ),
    "arg": ("ARG_MAX(load, small)", "ARG_MIN(name, load)"),
    "first": ("FIRST_VALUE(load)", "LAST_VALUE(name)", "FIRST_VALUE(temp)"),
    "bits": ("BIT_AND(small)", "BIT_OR(small)", "BIT_XOR(temp)"),
}
"""By family: each has a circuit of its own in the tests."""

FORMS: dict[str, str] = {
    "plain": "SELECT window_start, {calls} {window} GROUP BY window_start, window_end",
    "where": "SELECT window_start, {calls} {window} WHERE temp > -2 GROUP BY window_start, window_end",
    "filter": "SELECT window_start, {filtered} {window} GROUP BY window_start, window_end",
    "grouped": "SELECT window_start, ok, {calls} {window} GROUP BY window_start, window_end, ok",
}
"""Which rows a call sees: all; those of a private condition; of FILTER; of a private key."""


def select(family: str, form: str) -> str:
    """The query of a family in a form."""
    calls = CALLS[family]
    return FORMS[form].format(
        calls=", ".join(f"{call} AS v{i}" for i, call in enumerate(calls)),
        filtered=", ".join(f"{call} FILTER (WHERE small < 2) AS v{i}" for i, call in enumerate(calls)),
        window=WINDOW,
    )


_LOADS = (None, -9999, 9999, 0, -1, 1, 35, 35, 36)
_TEMPS = (-(2**31), 2**31 - 1, 0, 0, -1, 1, 7, -3)
_SMALL = (None, -128, 127, 0, 0, 1, 2, 3, -1)
_NAMES = (None, "", "a", "a", "ab", "b", "é", "\U0001f600")


def random_row(source: random.Random, window: int = 0) -> Row:
    """A row of some window of ten seconds."""
    return {
        "meter": source.randint(1, 3),
        "zone": source.choice((None, -1, 0, 5)),
        "ts": 10_000 * window + source.randrange(10_000),
        "load": source.choice((*_LOADS, source.randint(-99, 99))),
        "temp": source.choice((*_TEMPS, source.randint(-9, 9))),
        "small": source.choice((*_SMALL, source.randint(-4, 4))),
        "ok": source.choice((None, 0, 1)),
        "name": source.choice(_NAMES),
    }


def random_window(source: random.Random, most: int, window: int = 0) -> list[Row]:
    """Rows of a window in order of time: often few, often all the same."""
    count = source.choice((0, 1, 2, most, source.randint(0, most)))
    rows = [random_row(source, window) for _ in range(count)]
    if rows and source.random() < 0.15:
        rows = [{**rows[0], "ts": row["ts"]} for row in rows]
    if source.random() < 0.1:
        rows = [{**row, "load": None, "small": None, "name": None, "ok": None} for row in rows]
    return sorted(rows, key=lambda row: (row["ts"], row["meter"]))
