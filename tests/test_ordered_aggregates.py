"""Aggregates that list values, relate two columns, choose a row or rank a value: their exact values, and
DuckDB on the same random rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from math import isclose
from typing import Any

import duckdb
import pytest

from zkql.plan import codec
from zkql.plan.calls import Aggregation, Analytic, Frame, Named, SortKey
from zkql.plan.expressions import Column, Comparator, Comparison, Literal
from zkql.plan.functions.aggregates import HYPOTHETICAL, Function
from zkql.plan.interpret import aggregated, interpret
from zkql.plan.nodes import Over, Scan
from zkql.plan.scalar import EvaluationError
from zkql.plan.schema import ColumnSchema, TableSchema
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    NULL,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    SqlType,
    Value,
    array,
    decimal,
)

F = Function
CENTS = decimal(10, 2)
DEEP = decimal(20, 9)
LOWEST, HIGHEST = BIGINT.bounds
ONE = 10**9
"""1 with nine digits after the point."""
Pair = tuple[Value | None, Value | None]


def column(name: str, kind: SqlType) -> Column:
    return Column(name, kind, private=False, nullable=True)


def listed(function: Function, kind: SqlType, count: int, **more: Any) -> Aggregation:
    return Aggregation(function, (column("x", kind), Literal(count, INT)), **more)


def paired(function: Function, left: SqlType, right: SqlType, **more: Any) -> Aggregation:
    """``function(x, y)``."""
    return Aggregation(function, (column("x", left), column("y", right)), **more)


def ranked(function: Function, constant: Literal, kind: SqlType, **order: Any) -> Aggregation:
    """``function(constant) WITHIN GROUP (ORDER BY x)``."""
    return Aggregation(function, (constant,), order=(SortKey(column("x", kind), **order),))


def over_values(call: Aggregation, values: Sequence[Value | None]) -> Value | None:
    return aggregated(call, [{"x": v} for v in values])


def over_pairs(call: Aggregation, pairs: Sequence[Pair]) -> Value | None:
    return aggregated(call, [{"x": x, "y": y} for x, y in pairs])


# --- TOP and BOTTOM -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "count, values, top, bottom, top_distinct, bottom_distinct",
    [
        (2, [3, None, 1, 3, 2], (3, 3), (1, 2), (3, 2), (1, 2)),
        (1, [3, 1, 3], (3,), (1,), (3,), (1,)),
        (3, [3, 1, 3], (3, 3, 1), (1, 3, 3), (3, 1), (1, 3)),
        (1000, [-5, 5], (5, -5), (-5, 5), (5, -5), (-5, 5)),
        (2, [None, 7, None], (7,), (7,), (7,), (7,)),
        (4, [HIGHEST, LOWEST, LOWEST], (HIGHEST, LOWEST, LOWEST), (LOWEST, LOWEST, HIGHEST),
         (HIGHEST, LOWEST), (LOWEST, HIGHEST)),
        (2, [], None, None, None, None),
        (2, [None, None], None, None, None, None),
    ],
)  # fmt: skip
def test_the_largest_and_smallest_values_are_listed_in_order(
    count, values, top, bottom, top_distinct, bottom_distinct
):
    assert over_values(listed(F.TOP, BIGINT, count), values) == top
    assert over_values(listed(F.BOTTOM, BIGINT, count), values) == bottom
    assert over_values(listed(F.TOP, BIGINT, count, distinct=True), values) == top_distinct
    assert over_values(listed(F.BOTTOM, BIGINT, count, distinct=True), values) == bottom_distinct


def test_whatever_has_an_order_is_listed():
    assert over_values(listed(F.TOP, VARCHAR, 2), ["b", "é", "B", None]) == ("é", "b")
    assert over_values(listed(F.BOTTOM, BOOLEAN, 3, distinct=True), [1, 1, 0]) == (0, 1)


# --- COVAR and CORR -------------------------------------------------------------------------------

FOUR = [(1, 2), (2, 4), (3, 5), (4, 9)]


@pytest.mark.parametrize(
    "left, right, pairs, population, sample, correlation",
    [
        (INT, INT, FOUR, 2_750_000, 3_666_667, 964_763_821),
        (INT, INT, [(x, -y) for x, y in FOUR], -2_750_000, -3_666_667, -964_763_821),
        (INT, INT, [*FOUR, (None, 100), (100, None), (None, None)], 2_750_000, 3_666_667, 964_763_821),
        (INT, INT, [(1, 3), (2, 2), (3, 1)], -666_667, -1_000_000, -ONE),
        (INT, INT, [(0, 1), (0, 5)], 0, 0, None),
        (INT, INT, [(1, 0), (5, 0)], 0, 0, None),
        (INT, INT, [(0, 0), (0, 1), (1, 0), (1, 1)], 0, 0, 0),
        (INT, INT, [(7, 9)], 0, None, None),
        (INT, INT, [(7, 9), (None, 1)], 0, None, None),
        (INT, INT, [(7, None)], None, None, None),
        (INT, INT, [], None, None, None),
        (CENTS, INT, [(100, 1), (250, 4)], 1_125_000, 2_250_000, ONE),
        (CENTS, CENTS, [(1, 1), (2, 2)], 25, 50, ONE),
        (DEEP, INT, [(1, 0), (2, 1)], 0, 1, ONE),
        (DEEP, INT, [(1, 0), (4, 1)], 1, 2, ONE),
        (DEEP, INT, [(1, 0), (4, -1)], -1, -2, -ONE),
        (TINYINT, TINYINT, [(-128, -128), (127, 127)], 16_256_250_000, 32_512_500_000, ONE),
        (INT, BIGINT, [(0, LOWEST), (2, HIGHEST)], HIGHEST * 10**6 + 500_000, (2**64 - 1) * 10**6, ONE),
        (BIGINT, BIGINT, [(0, 0), (1, 1), (2, 2), (3, 4)], 1_625_000, 2_166_667, 982_707_630),
    ],
)
def test_two_columns_vary_together(left, right, pairs, population, sample, correlation):
    for own, kinds in ((pairs, (left, right)), ([(y, x) for x, y in pairs], (right, left))):
        assert over_pairs(paired(F.COVAR_POP, *kinds), own) == population
        assert over_pairs(paired(F.COVAR_SAMP, *kinds), own) == sample
        assert over_pairs(paired(F.CORR, *kinds), own) == correlation


def test_correlation_of_extremes_is_exact():
    """Products of 256 bits; and a coefficient that only rounding makes 1."""
    assert over_pairs(paired(F.CORR, BIGINT, BIGINT), [(LOWEST, HIGHEST), (HIGHEST, LOWEST)]) == -ONE
    almost = [(0, 0), (10**6, 10**6), (2 * 10**6, 2 * 10**6 + 1)]
    assert over_pairs(paired(F.CORR, BIGINT, BIGINT), almost) == ONE
    bent = [(0, 0), (10**4, 10**4), (2 * 10**4, 2 * 10**4 + 3)]
    assert over_pairs(paired(F.CORR, BIGINT, BIGINT), bent) == 999_999_996


def test_a_correlation_of_half_a_last_digit_is_rounded_away_from_zero():
    """1 / 1024 is 0.0009765625: x is one of five orthogonal directions, of which y is 2^10 long."""
    signs = [[(-1) ** (i & mask).bit_count() for i in range(8)] for mask in range(1, 6)]
    x = signs[0]
    y = [
        sum(c * s for c, s in zip((1, 1023, 43, 14, 1), row, strict=True)) for row in zip(*signs, strict=True)
    ]
    assert over_pairs(paired(F.CORR, INT, INT), list(zip(x, y, strict=True))) == 976_563
    assert over_pairs(paired(F.CORR, INT, INT), [(-a, b) for a, b in zip(x, y, strict=True)]) == -976_563


def test_a_covariance_that_does_not_fit_is_an_error():
    with pytest.raises(EvaluationError, match=r"which DECIMAL\(38, 6\) cannot hold: COVAR_POP\(x, y\)"):
        over_pairs(paired(F.COVAR_POP, BIGINT, BIGINT), [(LOWEST, LOWEST), (HIGHEST, HIGHEST)])


# --- ARG_MAX and ARG_MIN --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pairs, largest, smallest",
    [
        ([("a", 1), ("b", 9), ("c", -3)], "b", "c"),
        ([("a", 5), ("b", 9), ("c", 9), ("d", 5)], "b", "a"),
        ([("z", 9), ("a", 9)], "z", "z"),
        ([(None, 10), ("b", 9), ("c", None), (None, -10), ("d", 8)], "b", "d"),
        ([("a", HIGHEST), ("b", LOWEST)], "a", "b"),
        ([("a", 0)], "a", "a"),
        ([(None, 1), ("a", None)], None, None),
        ([], None, None),
    ],
)
def test_the_first_row_with_the_largest_or_smallest_value_is_chosen(pairs, largest, smallest):
    assert over_pairs(paired(F.ARG_MAX, VARCHAR, BIGINT), pairs) == largest
    assert over_pairs(paired(F.ARG_MIN, VARCHAR, BIGINT), pairs) == smallest


def test_whatever_has_an_order_chooses_whatever_there_is():
    assert over_pairs(paired(F.ARG_MAX, array(INT), VARCHAR), [((1, 2), "a"), ((), "é")]) == ()
    assert over_pairs(paired(F.ARG_MIN, BOOLEAN, TIMESTAMP), [(1, 5), (0, -5)]) == 0
    assert over_pairs(paired(F.ARG_MAX, BOOLEAN, BOOLEAN), [(1, 0), (0, 0)]) == 1


# --- the rank that a value would have -------------------------------------------------------------

TIED = [3, 1, 3, None, 7]


@pytest.mark.parametrize(
    "value, kind, order, rank, dense, percent, distribution",
    [
        (3, INT, {}, 3, 3, 400_000_000, 833_333_333),
        (2, INT, {}, 3, 3, 400_000_000, 500_000_000),
        (0, INT, {}, 2, 2, 200_000_000, 333_333_333),
        (9, INT, {}, 6, 5, ONE, ONE),
        (25, decimal(2, 1), {}, 3, 3, 400_000_000, 500_000_000),
        (30, decimal(2, 1), {}, 3, 3, 400_000_000, 833_333_333),
        (None, NULL, {}, 1, 1, 0, 333_333_333),
        (3, INT, {"nulls_first": False}, 2, 2, 200_000_000, 666_666_667),
        (9, INT, {"nulls_first": False}, 5, 4, 800_000_000, 833_333_333),
        (None, NULL, {"nulls_first": False}, 5, 4, 800_000_000, ONE),
        (3, INT, {"descending": True, "nulls_first": False}, 2, 2, 200_000_000, 666_666_667),
        (0, INT, {"descending": True, "nulls_first": False}, 5, 4, 800_000_000, 833_333_333),
        (9, INT, {"descending": True, "nulls_first": True}, 2, 2, 200_000_000, 333_333_333),
        (None, NULL, {"descending": True, "nulls_first": True}, 1, 1, 0, 333_333_333),
    ],
)
def test_a_value_has_the_rank_of_a_row_more(value, kind, order, rank, dense, percent, distribution):
    expected = {F.RANK: rank, F.DENSE_RANK: dense, F.PERCENT_RANK: percent, F.CUME_DIST: distribution}
    for function, found in expected.items():
        assert over_values(ranked(function, Literal(value, kind), INT, **order), TIED) == found


@pytest.mark.parametrize("value", [Literal(5, INT), Literal(None, NULL)])
def test_among_no_rows_a_value_is_the_first_and_the_last(value):
    expected = {F.RANK: 1, F.DENSE_RANK: 1, F.PERCENT_RANK: 0, F.CUME_DIST: ONE}
    for function, found in expected.items():
        assert over_values(ranked(function, value, INT), []) == found


def test_a_value_is_ranked_among_text_decimals_and_extremes():
    words = ["b", "a", "é", "a"]
    assert over_values(ranked(F.RANK, Literal("aa", VARCHAR), VARCHAR), words) == 3
    assert over_values(ranked(F.DENSE_RANK, Literal("aa", VARCHAR), VARCHAR), words) == 2
    assert over_values(ranked(F.RANK, Literal(1, INT), CENTS), [50, 100, 250]) == 2
    ends = [LOWEST, HIGHEST]
    assert over_values(ranked(F.RANK, Literal(LOWEST, BIGINT), BIGINT), ends) == 1
    assert over_values(ranked(F.RANK, Literal(HIGHEST, BIGINT), BIGINT), ends) == 2
    assert over_values(ranked(F.RANK, Literal(HIGHEST * 10 + 1, decimal(20, 1)), BIGINT), ends) == 3


# --- what stands around a call --------------------------------------------------------------------

LARGE = Comparison(Comparator.GREATER, column("x", INT), Literal(2, INT))
CALLS = {
    "TOP(x, 2)": (listed(F.TOP, INT, 2), (9, 5), (9, 5), None),
    "BOTTOM(x, 2)": (listed(F.BOTTOM, INT, 2), (1, 1), (3, 5), None),
    "MODE(x)": (Aggregation(F.MODE, (column("x", INT),)), 1, 3, None),
    "COVAR_POP(x, y)": (paired(F.COVAR_POP, INT, INT), 2_080_000, -2_444_444, None),
    "COVAR_SAMP(x, y)": (paired(F.COVAR_SAMP, INT, INT), 2_600_000, -3_666_667, None),
    "CORR(x, y)": (paired(F.CORR, INT, INT), 337_463_186, -576_556_660, None),
    "ARG_MAX(x, y)": (paired(F.ARG_MAX, INT, INT), 3, 3, None),
    "ARG_MIN(x, y)": (paired(F.ARG_MIN, INT, INT), 1, 5, None),
    "RANK(4) WITHIN GROUP (ORDER BY x)": (ranked(F.RANK, Literal(4, INT), INT), 4, 2, 1),
    "CUME_DIST(4) WITHIN GROUP (ORDER BY x)": (
        ranked(F.CUME_DIST, Literal(4, INT), INT), 666_666_667, 500_000_000, ONE,
    ),
}  # fmt: skip
ROWS = [{"x": 1, "y": 2}, {"x": 3, "y": 8}, {"x": 1, "y": 3}, {"x": 9, "y": 5}, {"x": 5, "y": 4}]
"""What a call is over all rows, over those where x > 2, and over none."""


@pytest.mark.parametrize("text", CALLS)
def test_a_filter_leaves_rows_out(text):
    call, over_all, over_large, over_none = CALLS[text]
    own = Aggregation(call.function, call.arguments, filter=LARGE, order=call.order)
    assert aggregated(call, ROWS) == over_all
    assert aggregated(own, ROWS) == over_large
    assert aggregated(own, ROWS[:1]) == over_none
    assert str(own) == f"{text} FILTER (WHERE x > 2)"


@pytest.mark.parametrize("text", CALLS)
def test_a_call_is_the_same_after_it_was_stored(text):
    call = CALLS[text][0]
    assert codec.from_json(codec.to_json(call)) == call


@pytest.mark.parametrize("text", [t for t, (call, *_) in CALLS.items() if not call.order])
def test_a_frame_is_a_group_of_its_own(text):
    """Over the last three rows, each value is what the aggregate is over these."""
    call = CALLS[text][0]
    declared = tuple(ColumnSchema(n, INT, False, nullable=True) for n in ("x", "y"))
    over = Analytic(call.function, call.arguments, (), (), Frame(rows=True, start=-2, end=0))
    node = Over(Scan(TableSchema("t", declared)), (Named("v", over),))
    found = [row["v"] for row in interpret(node, {"t": ROWS})]
    assert found == [aggregated(call, ROWS[max(i - 2, 0) : i + 1]) for i in range(len(ROWS))]


# --- against others -------------------------------------------------------------------------------

SEEDS = range(40)
KINDS = {
    "INT": (INT, INT),
    "BIGINT": (BIGINT, TINYINT),
    "DECIMAL": (CENTS, decimal(5, 4)),
    "MIXED": (INT, DEEP),
}


def random_pairs(kinds: tuple[SqlType, SqlType], seed: int) -> list[Pair]:
    """Few distinct values, some extreme, some NULL; sometimes on a line."""
    source = random.Random(f"{kinds} {seed}")
    pairs = [(_drawn(source, kinds[0]), _drawn(source, kinds[1])) for _ in range(source.randint(0, 14))]
    return [(x, x) for x, _ in pairs] if seed % 9 == 0 and kinds[0] == kinds[1] else pairs


def _drawn(source: random.Random, kind: SqlType) -> int | None:
    low, high = kind.bounds
    if kind in (BIGINT, DEEP):
        low, high = low // 10**9, high // 10**9
    small = [source.randint(-4, 4) for _ in range(4)]
    return source.choice([None, low, high, source.randint(low, high), *small])


def connection(kinds: tuple[SqlType, SqlType], pairs: Sequence[Pair]) -> duckdb.DuckDBPyConnection:
    own = duckdb.connect(config={"threads": 1})
    own.execute(f"CREATE TABLE t (seq INT, x {kinds[0]}, y {kinds[1]})")
    for seq, pair in enumerate(pairs):
        shown = [
            None if v is None else str(Decimal(int(v)).scaleb(-k.scale))
            for v, k in zip(pair, kinds, strict=True)
        ]
        own.execute(f"INSERT INTO t SELECT ?, CAST(? AS {kinds[0]}), CAST(? AS {kinds[1]})", [seq, *shown])
    return own


def unscaled(found: Any, scale: int) -> Value | None:
    if isinstance(found, list):
        return tuple(unscaled(v, scale) for v in found)
    return None if found is None else int(Decimal(found).scaleb(scale))


BOTH = "x IS NOT NULL AND y IS NOT NULL"


@pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_values_and_rows_are_those_that_duckdb_chooses(kinds, seed):
    pairs = random_pairs(kinds, seed)
    count = random.Random(seed).randint(1, 6)
    by_frequency = "WHERE x IS NOT NULL GROUP BY x ORDER BY count(*) DESC, x LIMIT 1"
    mode = Aggregation(F.MODE, (column("x", kinds[0]),))
    asked = {
        f"max(x, {count})": listed(F.TOP, kinds[0], count),
        f"min(x, {count})": listed(F.BOTTOM, kinds[0], count),
        f"max(DISTINCT x, {count})": listed(F.TOP, kinds[0], count, distinct=True),
        f"list_sort(list(DISTINCT x) FILTER (x IS NOT NULL))[1:{count}]": listed(
            F.BOTTOM, kinds[0], count, distinct=True
        ),
        f"first(x ORDER BY y DESC, seq) FILTER ({BOTH})": paired(F.ARG_MAX, *kinds),
        f"first(x ORDER BY y, seq) FILTER ({BOTH})": paired(F.ARG_MIN, *kinds),
        f"(SELECT x FROM t {by_frequency})": mode,
    }
    (row,) = connection(kinds, pairs).execute(f"SELECT {', '.join(asked)} FROM t").fetchall()
    found = {text: over_pairs(call, pairs) for text, call in asked.items()}
    assert found == {text: unscaled(v, kinds[0].scale) for text, v in zip(asked, row, strict=True)}


@pytest.mark.parametrize("seed", SEEDS)
def test_without_ties_duckdbs_own_functions_choose_the_same_row(seed):
    source = random.Random(seed)
    keys = source.sample(range(-50, 50), source.randint(0, 12))
    pairs = [(_drawn(source, INT), source.choice([key, key, key, None])) for key in keys]
    (row,) = connection((INT, INT), pairs).execute("SELECT arg_max(x, y), arg_min(x, y) FROM t").fetchall()
    assert [over_pairs(paired(f, INT, INT), pairs) for f in (F.ARG_MAX, F.ARG_MIN)] == list(row)


@pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_relations_are_exact_and_near_to_duckdbs_floats(kinds, seed):
    pairs = random_pairs(kinds, seed)
    names = ("covar_pop(x, y)", "covar_samp(x, y)", "corr(x, y)")
    query = f"SELECT {', '.join(names)} FROM (SELECT x::DOUBLE AS x, y::DOUBLE AS y FROM t)"
    (floats,) = connection(kinds, pairs).execute(query).fetchall()
    scale = max(6, *(k.scale for k in kinds))
    found = [over_pairs(paired(f, *kinds), pairs) for f in (F.COVAR_POP, F.COVAR_SAMP, F.CORR)]
    assert found == defined(kinds, pairs)
    for own, other, digits in zip(found, floats, (scale, scale, 9), strict=True):
        if own is None:
            assert other is None or other != other  # NaN
        else:
            assert isinstance(own, int)
            assert isclose(own / 10**digits, other, rel_tol=1e-6, abs_tol=1e-6 * 10 ** (digits - 6))


def defined(kinds: tuple[SqlType, SqlType], pairs: Sequence[Pair]) -> list[int | None]:
    """COVAR_POP, COVAR_SAMP and CORR by their definitions, as distances from the means."""
    known = [
        tuple(Fraction(int(v), 10**k.scale) for v, k in zip(pair, kinds, strict=True) if v is not None)
        for pair in pairs
        if None not in pair
    ]
    n, scale = len(known), max(6, *(k.scale for k in kinds))
    if not n:
        return [None, None, None]
    means = [sum((p[i] for p in known), Fraction(0)) / n for i in (0, 1)]
    distances = [(a - means[0], b - means[1]) for a, b in known]
    both = sum((a * b for a, b in distances), Fraction(0))
    spreads = [sum((d[i] ** 2 for d in distances), Fraction(0)) for i in (0, 1)]
    squares = spreads[0] * spreads[1]
    sample = half_up(both / (n - 1), scale) if n > 1 else None
    return [half_up(both / n, scale), sample, half_up(both, 9, over_root=squares) if squares else None]


def half_up(exact: Fraction, scale: int, over_root: Fraction = Fraction(1)) -> int:
    """``exact`` over the root, rounded half away from zero."""
    with localcontext() as context:
        context.prec = 300
        divisor = (Decimal(over_root.numerator) / Decimal(over_root.denominator)).sqrt()
        value = Decimal(exact.numerator) / Decimal(exact.denominator) / divisor
        return int(value.scaleb(scale).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_value_has_the_rank_that_its_row_has_in_duckdb(seed):
    """The standard's definition: put the row in, and rank all rows."""
    source = random.Random(seed)
    values = [source.choice([None, *range(-3, 4)]) for _ in range(source.randint(0, 12))]
    value = source.choice([None, *range(-4, 5)])
    descending, nulls_first = source.random() < 0.5, source.random() < 0.5
    order = f"x {'DESC' if descending else ''} NULLS {'FIRST' if nulls_first else 'LAST'}"
    own = connection((INT, INT), [(v, None) for v in values])
    own.execute("INSERT INTO t VALUES (-1, ?, 0)", [value])
    window = f"OVER (ORDER BY {order})"
    ranks = f"rank() {window}, dense_rank() {window}, count(*) {window}, count(*) OVER ()"
    query = f"SELECT * EXCLUDE (seq) FROM (SELECT seq, {ranks} FROM t) WHERE seq = -1"
    ((rank, dense, up_to, rows),) = own.execute(query).fetchall()
    expected = {
        F.RANK: rank,
        F.DENSE_RANK: dense,
        F.PERCENT_RANK: half_up(Fraction(rank - 1, max(rows - 1, 1)), 9),
        F.CUME_DIST: half_up(Fraction(up_to, rows), 9),
    }
    constant = Literal(value, NULL if value is None else INT)
    more = {"descending": descending, "nulls_first": nulls_first}
    found = {f: over_values(ranked(f, constant, INT, **more), values) for f in HYPOTHETICAL}
    assert found == expected
