"""How many constraints every function of the catalogue takes, exactly: a rise is noticed here.

Over 100 rows of 32-bit columns. The bits of the columns are part of the figures; the commitment and the
binding to the window, which every query has, are not.
"""

from __future__ import annotations

import re

import pytest

from zkql.circuit.catalogue import ENTRIES
from zkql.circuit.gadgets.rows import Context, Opening
from zkql.compiler import compile_query
from zkql.errors import Source
from zkql.reference.functions import ITEMS, Area, Proof, proof_of

ROWS = 100
COLUMNS = {"x": "INT", "y": "INT", "ok": "BOOLEAN"}
BY_WINDOW = "GROUP BY window_start, window_end"
OVER = "OVER (PARTITION BY window_start, window_end ORDER BY x)"

SUM, EXTREME, MIDDLE, SPREAD, RANK, SORT = (
    a * ROWS + b for a, b in ((40, 100), (76, 100), (120, 300), (46, 500), (80, 100), (150, 1_000))
)
"""The ceilings that a family has to hold; those without one have None."""

AGGREGATES: dict[str, tuple[int, int | None]] = {
    "COUNT(*)": (0, SUM),
    "SUM(x)": (3_206, SUM),
    "AVG(x)": (3_267, SUM),
    "MIN(x)": (3_305, EXTREME),
    "MAX(x)": (3_305, EXTREME),
    "EVERY(ok)": (109, None),
    "ANY(ok)": (109, None),
    "BIT_AND(x)": (3_301, None),
    "BIT_OR(x)": (3_301, None),
    "BIT_XOR(x)": (3_430, None),
    "FIRST_VALUE(x)": (3_206, None),
    "LAST_VALUE(x)": (3_206, None),
    "ARG_MAX(y, x)": (10_105, None),
    "ARG_MIN(y, x)": (10_105, None),
    "MEDIAN(x)": (7_071, MIDDLE),
    "PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY x)": (7_081, MIDDLE),
    "PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY x)": (6_839, MIDDLE),
    "VAR_POP(x)": (3_438, SPREAD),
    "VAR_SAMP(x)": (3_438, SPREAD),
    "STDDEV_POP(x)": (3_499, SPREAD),
    "STDDEV_SAMP(x)": (3_499, SPREAD),
    "COVAR_POP(x, y)": (6_718, None),
    "COVAR_SAMP(x, y)": (6_718, None),
    "CORR(x, y)": (7_195, None),
    "COUNT(DISTINCT x)": (7_817, SORT),
    "SUM(DISTINCT x)": (7_917, SORT),
    "AVG(DISTINCT x)": (7_979, SORT),
    "VAR_POP(DISTINCT x)": (10_390, None),
    "VAR_SAMP(DISTINCT x)": (10_390, None),
    "STDDEV_POP(DISTINCT x)": (10_451, None),
    "STDDEV_SAMP(DISTINCT x)": (10_451, None),
    "MEDIAN(DISTINCT x)": (13_923, None),
    "BIT_XOR(DISTINCT x)": (10_382, None),
    "COLLECT_DISTINCT(x)": (10_136, SORT),
    "TOP(x, 3)": (8_080, SORT),
    "TOP(DISTINCT x, 3)": (10_002, SORT),
    "BOTTOM(x, 3)": (7_932, SORT),
    "BOTTOM(DISTINCT x, 3)": (9_661, SORT),
    "MODE(x)": (8_713, SORT),
    "RANK(20) WITHIN GROUP (ORDER BY x)": (6_502, RANK),
    # Counts the different values before its own, so it sorts, unlike the other ranks.
    "DENSE_RANK(20) WITHIN GROUP (ORDER BY x)": (11_320, SORT),
    "PERCENT_RANK(20) WITHIN GROUP (ORDER BY x)": (6_560, RANK),
    "CUME_DIST(20) WITHIN GROUP (ORDER BY x)": (6_557, RANK),
}
ANALYTICS: dict[str, tuple[int, int | None]] = {
    "ROW_NUMBER()": (8_707, SORT),
    "RANK()": (9_678, SORT),
    "DENSE_RANK()": (9_678, SORT),
    "PERCENT_RANK()": (15_187, SORT),
    "CUME_DIST()": (15_181, SORT),
    "NTILE(3)": (9_317, SORT),
    "LAG(x)": (9_680, SORT),
    "LEAD(x)": (9_680, SORT),
}
GROUPED = 4_348


def figure(outputs: str, clause: str) -> int:
    """The constraints of a query over the columns that it names."""
    used = [name for name in COLUMNS if re.search(rf"\b{name}\b", outputs)]
    columns = "".join(f"{name} {COLUMNS[name]}, " for name in used)
    text = f"""
        CREATE STREAM reading (meter BIGINT, ts TIMESTAMP(3), {columns}WATERMARK FOR ts AS ts)
        SIGNED BY meter WITH ('capacity' = '{ROWS}');
        SELECT window_start, {outputs} AS v
        FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND)) {clause};
    """
    circuit = compile_query(Source("ceiling.zkql", text)).circuit
    found = 0
    for gadget in circuit.gadgets if circuit else ():
        match gadget:
            case Context():
                pass
            case Opening():
                found += ROWS * sum(field.bits for field in gadget.fields)
            case _:
                found += gadget.constraints()
    return found


def over_these_columns(example: str) -> str:
    """An example of the catalogue over the columns of this file."""
    names = {"load": "x", "temp": "y" if "load" in example else "x", "name": "y"}
    return re.sub(r"\b(load|temp|name)\b", lambda found: names[found.group()], example)


def test_every_function_of_the_catalogue_has_its_figure() -> None:
    assert list(AGGREGATES) == [over_these_columns(entry.example) for entry in ENTRIES]
    proven = [i for i in ITEMS if i.area is Area.ANALYTIC and proof_of(i) is Proof.PRIVATE]
    calls = [over_these_columns(item.example.partition(" OVER")[0]) for item in proven]
    assert list(ANALYTICS) == calls


@pytest.mark.parametrize("call", AGGREGATES)
def test_an_aggregate_takes_no_more_than_its_ceiling(call: str) -> None:
    expected, ceiling = AGGREGATES[call]
    assert ceiling is None or expected <= ceiling
    assert figure(call, BY_WINDOW) == expected


@pytest.mark.parametrize("call", ANALYTICS)
def test_an_analytic_function_takes_no_more_than_its_ceiling(call: str) -> None:
    expected, ceiling = ANALYTICS[call]
    assert ceiling is None or expected <= ceiling
    assert figure(f"{call} {OVER}", "") == expected


def test_groups_of_a_private_key_take_no_more_than_a_sort_and_80_a_row() -> None:
    sort, _ = ANALYTICS["ROW_NUMBER()"]
    assert sort + 80 * ROWS >= GROUPED
    assert figure("x, COUNT(*)", f"{BY_WINDOW}, x") == GROUPED
