"""Aggregate functions: names, types, errors, exact values; and DuckDB on the same random rows."""

from __future__ import annotations

import random
import statistics
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from zkql.plan.calls import Aggregation, SortKey
from zkql.plan.expressions import Column, Comparator, Comparison, Literal
from zkql.plan.functions.aggregates import (
    HYPOTHETICAL,
    LARGEST_OR_SMALLEST,
    PAIRED,
    Function,
    arranged,
    coerced,
    lookup,
    result_nullable,
    result_type,
)
from zkql.plan.functions.errors import FunctionError
from zkql.plan.functions.signatures import check, check_constants
from zkql.plan.interpret import aggregated
from zkql.plan.scalar import EvaluationError
from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    INTERVAL,
    NULL,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    Kind,
    SqlType,
    Value,
    array,
    decimal,
)

F = Function
NAME = SqlType(Kind.VARCHAR, 8)
CENTS = decimal(10, 2)
FRACTION = decimal(2, 2)
LOWEST, HIGHEST = BIGINT.bounds
PERCENTILES = (F.PERCENTILE_DISC, F.PERCENTILE_CONT)
RANKS = (F.ROW_NUMBER, F.RANK, F.DENSE_RANK, F.PERCENT_RANK, F.CUME_DIST, F.NTILE)
RANKED = {"over": True, "ordered": True}
KEYED = {"keys": 1}
OF_ONE_VALUE = [f for f in F if f.is_aggregate and f not in HYPOTHETICAL | LARGEST_OR_SMALLEST | PAIRED]
"""Aggregates of one column; :mod:`tests.test_ordered_aggregates` has the others."""
NAMES = """
    COUNT COLLECT_DISTINCT SUM MIN MAX AVG VAR_POP VAR_SAMP STDDEV_POP STDDEV_SAMP MEDIAN PERCENTILE_DISC
    PERCENTILE_CONT TOP BOTTOM RANK DENSE_RANK PERCENT_RANK CUME_DIST ROW_NUMBER NTILE FIRST LAST LEAD LAG
    ANY EVERY BIT_AND BIT_OR BIT_XOR COVAR_POP COVAR_SAMP CORR ARG_MAX ARG_MIN MODE
"""
"""What the catalogue promises."""


def call(function: Function, kind: SqlType, fraction: str = "0.5", **more: Any) -> Aggregation:
    """``function(x)``, or ``function(fraction) WITHIN GROUP (ORDER BY x)``."""
    x = Column("x", kind, private=False, nullable=True)
    if function in PERCENTILES:
        unscaled = Literal(int(Decimal(fraction) * 100), FRACTION)
        return Aggregation(function, (unscaled,), order=(SortKey(x, **more),))
    return Aggregation(function, (x,), **more)


def value(function: Function, kind: SqlType, values: list[Value | None], **more: Any) -> Value | None:
    return aggregated(call(function, kind, **more), [{"x": v} for v in values])


# --- names and types ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, function",
    [
        ("count", F.COUNT),
        ("VARIANCE", F.VAR_SAMP),
        ("stddev", F.STDDEV_SAMP),
        ("every", F.BOOL_AND),
        ("Any", F.BOOL_OR),
        ("some", F.BOOL_OR),
        ("first", F.FIRST_VALUE),
        ("LAST", F.LAST_VALUE),
        ("percentile", F.PERCENTILE_CONT),
        ("row_number", F.ROW_NUMBER),
        ("max_by", F.ARG_MAX),
        ("Min_By", F.ARG_MIN),
        ("concat", None),
        ("lookup", None),
        ("__class__", None),
    ],
)
def test_a_function_is_found_by_each_of_its_names(name, function):
    assert lookup(name) is function


def test_every_promised_function_is_there():
    assert [name for name in NAMES.split() if lookup(name) is None] == []


def test_percentile_has_its_order_among_its_arguments():
    assert arranged("Percentile", ("x", "f")) == (("f",), ("x",))
    assert arranged("PERCENTILE", ("f",)) == (("f",), ())
    assert arranged("PERCENTILE_CONT", ("f", "x")) == (("f", "x"), ())


@pytest.mark.parametrize(
    "function, operands, result",
    [
        (F.COUNT, (), BIGINT),
        (F.COUNT, (VARCHAR,), BIGINT),
        (F.SUM, (TINYINT,), BIGINT),
        (F.SUM, (BIGINT,), decimal(38, 0)),
        (F.SUM, (CENTS,), decimal(38, 2)),
        (F.AVG, (SMALLINT,), SMALLINT),
        (F.AVG, (CENTS,), decimal(38, 6)),
        (F.MIN, (NAME,), NAME),
        (F.MAX, (TIMESTAMP,), TIMESTAMP),
        (F.VAR_POP, (INT,), decimal(38, 6)),
        (F.STDDEV_SAMP, (decimal(20, 9),), decimal(38, 9)),
        (F.MEDIAN, (INT,), decimal(38, 6)),
        (F.MEDIAN, (TIMESTAMP,), TIMESTAMP),
        (F.PERCENTILE_CONT, (FRACTION, INT), decimal(38, 6)),
        (F.PERCENTILE_CONT, (FRACTION, TIMESTAMP), TIMESTAMP),
        (F.PERCENTILE_DISC, (FRACTION, NAME), NAME),
        (F.BIT_XOR, (SMALLINT,), SMALLINT),
        (F.BOOL_OR, (BOOLEAN,), BOOLEAN),
        (F.COLLECT_DISTINCT, (CENTS,), array(CENTS)),
        (F.FIRST_VALUE, (array(INT),), array(INT)),
        (F.TOP, (CENTS, INT), array(CENTS)),
        (F.BOTTOM, (NAME, INT), array(NAME)),
        (F.MODE, (TIMESTAMP,), TIMESTAMP),
        (F.ARG_MAX, (array(INT), NAME), array(INT)),
        (F.ARG_MIN, (NULL, INT), NULL),
        (F.COVAR_POP, (INT, CENTS), decimal(38, 6)),
        (F.COVAR_SAMP, (decimal(20, 9), INT), decimal(38, 9)),
        (F.COVAR_SAMP, (INT, decimal(20, 9)), decimal(38, 9)),
        (F.COVAR_POP, (NULL, decimal(20, 9)), decimal(38, 9)),
        (F.COVAR_POP, (NULL, NULL), NULL),
        (F.CORR, (CENTS, BIGINT), decimal(10, 9)),
        (F.RANK, (CENTS, INT), BIGINT),
        (F.DENSE_RANK, (NAME, NAME), BIGINT),
        (F.PERCENT_RANK, (INT, INT), decimal(10, 9)),
        (F.CUME_DIST, (NULL, INT), decimal(10, 9)),
        (F.ROW_NUMBER, (), BIGINT),
        (F.NTILE, (INT,), BIGINT),
        (F.PERCENT_RANK, (), decimal(10, 9)),
        (F.CUME_DIST, (), decimal(10, 9)),
        (F.LAG, (NAME, INT), NAME),
        (F.SUM, (NULL,), NULL),
        (F.STDDEV_POP, (NULL,), NULL),
    ],
)
def test_a_result_has_its_type(function, operands, result):
    assert result_type(function, operands) == result


def test_only_counts_and_ranks_are_never_null():
    assert {f for f in F if not result_nullable(f)} == {F.COUNT, *RANKS}


def test_a_default_and_its_value_are_cast_to_one_type():
    assert coerced(F.LAG, (CENTS, BIGINT, INT)) == (decimal(12, 2), BIGINT, decimal(12, 2))
    assert coerced(F.LEAD, (INT, INT)) == (INT, INT)
    assert coerced(F.SUM, (INT,)) == (INT,)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function, operands, more, message, note",
    [
        (F.SUM, (NAME,), {}, "SUM takes a number, not VARCHAR(8)", "nearest: COUNT(x), MIN(x), MAX(x)"),
        (F.SUM, (), {}, "SUM takes one argument; here are none", None),
        (F.SUM, (INT, INT), {}, "SUM takes one argument; here are 2", None),
        (F.COUNT, (INT, INT), {}, "COUNT takes one argument or *; here are 2", None),
        (F.COUNT, (), {"distinct": True}, "COUNT(DISTINCT …) needs an argument", None),
        (
            F.AVG,
            (TIMESTAMP,),
            {},
            "AVG takes a number, not TIMESTAMP(3)",
            "nearest: MIN(x), MAX(x), MEDIAN(x)",
        ),
        (
            F.AVG,
            (BOOLEAN,),
            {},
            "AVG takes a number, not BOOLEAN",
            "nearest: COUNT(*) FILTER (WHERE x), BOOL_AND(x), BOOL_OR(x)",
        ),
        (F.STDDEV_POP, (INTERVAL,), {}, "STDDEV_POP takes a number, not INTERVAL DAY TO SECOND(3)", None),
        (F.MEDIAN, (NAME,), {}, "MEDIAN takes a number or a timestamp, not VARCHAR(8)", None),
        (F.MIN, (array(INT),), {}, "MIN takes what can be put in order, not ARRAY<INT>", None),
        (F.BIT_OR, (CENTS,), {}, "BIT_OR takes an integer, not DECIMAL(10, 2)", None),
        (F.BOOL_AND, (INT,), {}, "BOOL_AND takes a condition, not INT", "nearest: BOOL_AND(x <> 0)"),
        (F.SUM, (INT, INT), KEYED, "SUM does not take WITHIN GROUP", None),
        (F.MODE, (INT,), KEYED, "MODE does not take WITHIN GROUP", "write MODE(x)"),
        (F.NTILE, (INT, INT), KEYED, "NTILE does not take WITHIN GROUP", None),
        (F.MODE, (array(INT),), {}, "MODE takes what can be put in order, not ARRAY<INT>", None),
        (F.MODE, (INT,), {"distinct": True}, "MODE does not take DISTINCT", None),
        (F.TOP, (INT,), {}, "TOP takes two arguments, a value and how many of them; here is 1", None),
        (F.TOP, (array(INT), INT), {}, "TOP takes what can be put in order, not ARRAY<INT>", None),
        (F.BOTTOM, (INT, CENTS), {}, "BOTTOM takes a number of values, not DECIMAL(10, 2)", None),
        (F.ARG_MAX, (INT,), {}, "a value and what to choose its row by; here is 1", None),
        (F.ARG_MIN, (INT, array(INT)), {}, "ARG_MIN takes what can be put in order, not ARRAY<INT>", None),
        (F.ARG_MAX, (INT, INT), {"distinct": True}, "ARG_MAX does not take DISTINCT", None),
        (F.COVAR_POP, (INT,), {}, "COVAR_POP takes two arguments; here is 1", None),
        (F.COVAR_SAMP, (INT, BOOLEAN), {}, "COVAR_SAMP takes a number, not BOOLEAN", None),
        (F.CORR, (TIMESTAMP, INT), {}, "CORR takes a number, not TIMESTAMP(3)", None),
        (F.CORR, (INT, INT), {"distinct": True}, "CORR does not take DISTINCT", None),
        (F.RANK, (), {}, "RANK needs OVER", "for example RANK() OVER (ORDER BY x)"),
        (F.CUME_DIST, (INT,), {}, "CUME_DIST needs OVER", "for example CUME_DIST() OVER (ORDER BY x)"),
        (
            F.RANK,
            (INT, INT, INT),
            {"keys": 2},
            "RANK needs WITHIN GROUP (ORDER BY one expression)",
            "for example RANK(5) WITHIN GROUP (ORDER BY x)",
        ),
        (F.RANK, (INT,), KEYED, "RANK takes one argument, the value to rank among the others", None),
        (F.RANK, (INT, INT), {**KEYED, "distinct": True}, "RANK does not take DISTINCT", None),
        (F.RANK, (), {**RANKED, "filtered": True}, "RANK does not take FILTER", None),
        (F.FIRST_VALUE, (INT,), {"distinct": True}, "FIRST_VALUE does not take DISTINCT", None),
        (
            F.PERCENTILE_CONT,
            (FRACTION,),
            {},
            "PERCENTILE_CONT needs WITHIN GROUP (ORDER BY one expression)",
            "for example PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x)",
        ),
        (F.PERCENTILE_DISC, (FRACTION, INT, INT), {"keys": 2}, "PERCENTILE_DISC needs WITHIN GROUP", None),
        (F.PERCENTILE_DISC, (FRACTION, INT), {**KEYED, "distinct": True}, "does not take DISTINCT", None),
        (F.PERCENTILE_CONT, (INT,), KEYED, "takes one argument, the fraction; here are none", None),
        (
            F.PERCENTILE_CONT,
            (NAME, INT),
            {"keys": 1},
            "takes a fraction between 0 and 1, not VARCHAR(8)",
            None,
        ),
        (
            F.PERCENTILE_CONT,
            (FRACTION, NAME),
            {"keys": 1},
            "takes a number or a timestamp, not VARCHAR",
            None,
        ),
        (
            F.PERCENTILE_CONT,
            (FRACTION,),
            {"over": True},
            "PERCENTILE_CONT cannot be used with OVER",
            "nearest: M",
        ),
        (F.ROW_NUMBER, (), {}, "ROW_NUMBER needs OVER", "for example ROW_NUMBER() OVER (ORDER BY x)"),
        (F.LAG, (INT,), {}, "LAG needs OVER", "for example LAG(x) OVER (ORDER BY x)"),
        (F.RANK, (), {"over": True}, "RANK needs ORDER BY inside OVER (…)", None),
        (F.RANK, (INT,), RANKED, "RANK takes no arguments; here is 1", None),
        (
            F.RANK,
            (),
            {**RANKED, "framed": True},
            "RANK takes no ROWS or RANGE",
            "it always sees the whole partition",
        ),
        (
            F.LEAD,
            (INT,),
            {**RANKED, "filtered": True},
            "LEAD does not take FILTER",
            "filter the rows in a subquery, with WHERE",
        ),
        (
            F.LEAD,
            (INT,),
            {**RANKED, "distinct": True},
            "LEAD does not take DISTINCT",
            None,
        ),
        (
            F.LAG,
            (INT, CENTS),
            RANKED,
            "LAG's offset is a number of rows, not DEC",
            None,
        ),
        (F.LAG, (INT, INT, NAME), RANKED, "LAG's default is VARCHAR(8), its", None),
        (F.LAG, (), RANKED, "LAG takes a value, an offset and a default", None),
        (F.NTILE, (NAME,), RANKED, "NTILE takes a number of buckets, not VAR", None),
        (F.NTILE, (), RANKED, "NTILE takes one argument, the number of", None),
    ],
)
def test_a_call_that_means_nothing_is_refused(function, operands, more, message, note):
    with pytest.raises(FunctionError) as caught:
        check(function, operands, **{"over": False, **more})
    assert message in caught.value.message
    assert note is None or caught.value.notes[0].startswith(note)


@pytest.mark.parametrize(
    "function, operands, more, operand",
    [
        (F.SUM, (NAME,), {}, 0),
        (F.SUM, (INT, INT), {}, None),
        (F.PERCENTILE_CONT, (NAME, INT), KEYED, 0),
        (F.PERCENTILE_CONT, (FRACTION, NAME), KEYED, 1),
        (F.NTILE, (NAME,), RANKED, 0),
        (F.LAG, (INT, NAME), RANKED, 1),
        (F.LAG, (INT, INT, NAME), RANKED, 2),
        (F.LAG, (INT, INT, INT, INT), RANKED, None),
        (F.TOP, (array(INT), INT), {}, 0),
        (F.TOP, (INT, NAME), {}, 1),
        (F.ARG_MAX, (INT, array(INT)), {}, 1),
        (F.CORR, (NAME, INT), {}, 0),
        (F.CORR, (INT, NAME), {}, 1),
    ],
)
def test_an_error_points_at_its_operand(function, operands, more, operand):
    with pytest.raises(FunctionError) as caught:
        check(function, operands, **{"over": False, **more})
    assert caught.value.operand == operand


@pytest.mark.parametrize(
    "function, operands, more",
    [
        (F.COUNT, (), {"filtered": True}),
        (F.COUNT, (array(INT),), {"distinct": True}),
        (F.SUM, (CENTS,), {"distinct": True, "filtered": True}),
        (F.SUM, (NULL,), {}),
        (F.SUM, (INT,), {**RANKED, "framed": True, "filtered": True}),
        (F.MIN, (BOOLEAN,), {"over": True}),
        (F.COLLECT_DISTINCT, (NAME,), {}),
        (F.FIRST_VALUE, (array(INT),), {"over": True, "framed": True}),
        (F.PERCENTILE_CONT, (INT, TIMESTAMP), {**KEYED, "filtered": True}),
        (F.PERCENTILE_DISC, (FRACTION, NAME), KEYED),
        (F.NTILE, (INT,), RANKED),
        (F.LAG, (CENTS, INT, INT), RANKED),
        (F.LEAD, (INT, INT, NULL), RANKED),
        (F.LAG, (NAME, INT, NAME), RANKED),
        (F.LAG, (INT, NULL), RANKED),
        (F.NTILE, (NULL,), RANKED),
        (F.PERCENTILE_CONT, (NULL, TIMESTAMP), KEYED),
        (F.TOP, (NAME, INT), {"distinct": True, "filtered": True}),
        (F.BOTTOM, (NULL, NULL), {"over": True, "framed": True, "distinct": True}),
        (F.MODE, (BOOLEAN,), {**RANKED, "framed": True, "filtered": True}),
        (F.ARG_MAX, (array(INT), NAME), {**RANKED, "framed": True, "filtered": True}),
        (F.ARG_MIN, (INT, NULL), {}),
        (F.COVAR_POP, (CENTS, NULL), {"filtered": True}),
        (F.CORR, (INT, BIGINT), {"over": True}),
        (F.RANK, (NULL, INT), {**KEYED, "filtered": True}),
        (F.CUME_DIST, (CENTS, INT), KEYED),
        (F.RANK, (), RANKED),
    ],
)
def test_a_call_that_means_something_is_let_through(function, operands, more):
    check(function, operands, **{"over": False, **more})


@pytest.mark.parametrize(
    "function, arguments, message",
    [
        (F.PERCENTILE_CONT, (Literal(101, FRACTION),), "the fraction of a percentile is not between 0 and 1"),
        (F.PERCENTILE_DISC, (Literal(-1, FRACTION),), "the fraction of a percentile is not between 0 and 1"),
        (F.PERCENTILE_DISC, (Literal(2, INT),), "the fraction of a percentile is not between 0 and 1"),
        (
            F.PERCENTILE_DISC,
            (Literal(None, NULL),),
            "fraction of a percentile must be a number written out",
        ),
        (
            F.PERCENTILE_CONT,
            (Column("f", FRACTION, False),),
            "the fraction of a percentile must be a number written out",
        ),
        (F.NTILE, (Literal(0, INT),), "NTILE needs one bucket at least"),
        (F.TOP, (Column("x", INT, False), Literal(0, INT)), "TOP lists between 1 and 1,000 values"),
        (F.BOTTOM, (Column("x", INT, False), Literal(1001, INT)), "BOTTOM lists between 1 and 1,000 values"),
        (F.TOP, (Column("x", INT, False), Column("n", INT, False)), "TOP's number of values must be a num"),
        (F.TOP, (Column("x", INT, False), Literal(None, NULL)), "TOP's number of values must be a num"),
        (F.LAG, (Column("x", INT, False), Literal(-1, INT)), "LAG's offset is negative"),
        (
            F.LEAD,
            (Column("x", INT, False), Column("n", INT, False)),
            "LEAD's offset must be a number",
        ),
    ],
)
def test_a_number_that_a_circuit_is_built_for_must_be_a_sensible_literal(function, arguments, message):
    with pytest.raises(FunctionError, match=message) as caught:
        check_constants(function, arguments)
    assert caught.value.operand == len(arguments) - 1


def test_a_negative_offset_is_told_the_other_function():
    x = Column("x", INT, private=False)
    for function, other in ((F.LAG, F.LEAD), (F.LEAD, F.LAG)):
        with pytest.raises(FunctionError) as caught:
            check_constants(function, (x, Literal(-1, INT)))
        assert caught.value.notes == (f"use {other} to look the other way",)


def test_sensible_literals_are_let_through():
    x = Column("x", INT, False)
    for fraction in (Literal(0, INT), Literal(1, INT), Literal(100, FRACTION), Literal(0, FRACTION)):
        check_constants(F.PERCENTILE_CONT, (fraction,))
    check_constants(F.NTILE, (Literal(1, INT),))
    check_constants(F.LAG, (x,))
    check_constants(F.LAG, (x, Literal(0, INT), x))
    check_constants(F.SUM, (x,))
    check_constants(F.TOP, (x, Literal(1, INT)))
    check_constants(F.BOTTOM, (x, Literal(1000, INT)))


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", OF_ONE_VALUE)
@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_over_no_rows_and_over_nulls_all_is_null_but_count(function, values):
    kind = BOOLEAN if function in (F.BOOL_AND, F.BOOL_OR) else INT
    assert value(function, kind, values) == (0 if function is F.COUNT else None)


@pytest.mark.parametrize(
    "function, kind, values, expected",
    [
        (F.COUNT, INT, [5], 1),
        (F.COUNT, INT, [5, None, 5], 2),
        (F.SUM, TINYINT, [127, 127, None], 254),
        (F.SUM, BIGINT, [HIGHEST, HIGHEST], 2 * HIGHEST),
        (F.SUM, BIGINT, [LOWEST, LOWEST], 2 * LOWEST),
        (F.SUM, CENTS, [-150, 25], -125),
        (F.MIN, INT, [3, None, -3], -3),
        (F.MAX, BIGINT, [LOWEST, HIGHEST], HIGHEST),
        (F.MIN, NAME, ["b", "a", "B"], "B"),
        (F.MAX, NAME, ["b", "é", "z"], "é"),
        (F.MIN, BOOLEAN, [1, 0], 0),
        (F.AVG, INT, [1, 2], 1),
        (F.AVG, INT, [-1, -2], -1),
        (F.AVG, INT, [1, None, 4], 2),
        (F.AVG, BIGINT, [HIGHEST, HIGHEST], HIGHEST),
        (F.AVG, CENTS, [100, 101], 1_005_000),
        (F.AVG, decimal(9, 7), [1, 2], 2),
        (F.AVG, decimal(9, 7), [-1, -2], -2),
        (F.AVG, decimal(9, 7), [0, 0, 1], 0),
        (F.VAR_POP, INT, [1, 2, 3, 4], 1_250_000),
        (F.VAR_SAMP, INT, [1, 2, 3, 4], 1_666_667),
        (F.VAR_POP, INT, [7], 0),
        (F.VAR_SAMP, INT, [7], None),
        (F.VAR_SAMP, INT, [7, None], None),
        (F.VAR_POP, TINYINT, [-128, 127], 16_256_250_000),
        (F.VAR_SAMP, decimal(4, 3), [0, 1], 1),
        (F.VAR_POP, decimal(4, 3), [0, 1], 0),
        (F.STDDEV_POP, INT, [1, 2, 3, 4], 1_118_034),
        (F.STDDEV_SAMP, INT, [1, 2, 3, 4], 1_290_994),
        (F.STDDEV_POP, INT, [7], 0),
        (F.STDDEV_SAMP, INT, [7], None),
        (F.STDDEV_POP, decimal(9, 7), [0, 1], 1),
        (F.STDDEV_POP, decimal(9, 7), [0, 0, 1], 0),
        (F.STDDEV_POP, CENTS, [-300, 300], 3_000_000),
        (F.STDDEV_POP, BIGINT, [LOWEST, HIGHEST], 9_223_372_036_854_775_807_500_000),
        (F.MEDIAN, INT, [3, 1, 2], 2_000_000),
        (F.MEDIAN, INT, [4, 1, None, 2, 3], 2_500_000),
        (F.MEDIAN, INT, [7], 7_000_000),
        (F.MEDIAN, decimal(9, 6), [1, 2], 2),
        (F.MEDIAN, decimal(9, 6), [-1, -2], -2),
        (F.MEDIAN, TIMESTAMP, [0, 1], 1),
        (F.MEDIAN, TIMESTAMP, [-1, 0], 0),
        (F.MEDIAN, TIMESTAMP, [-2, -1], -1),
        (F.BIT_AND, TINYINT, [-1, 6], 6),
        (F.BIT_OR, TINYINT, [-128, 1, None], -127),
        (F.BIT_XOR, TINYINT, [5, 5, 3], 3),
        (F.BIT_XOR, BIGINT, [LOWEST, HIGHEST], -1),
        (F.BOOL_AND, BOOLEAN, [1, None], 1),
        (F.BOOL_AND, BOOLEAN, [1, 0], 0),
        (F.BOOL_OR, BOOLEAN, [0, None, 1], 1),
        (F.BOOL_OR, BOOLEAN, [0, None], 0),
        (F.COLLECT_DISTINCT, INT, [3, -1, None, 3], (-1, 3)),
        (F.COLLECT_DISTINCT, NAME, ["b", "a", "b"], ("a", "b")),
        (F.FIRST_VALUE, INT, [2, 1, 3], 2),
        (F.FIRST_VALUE, INT, [None, 1], None),
        (F.LAST_VALUE, INT, [2, 3, 1], 1),
        (F.LAST_VALUE, NAME, ["a", None], None),
        (F.MODE, INT, [3, None, 1, 3, None, None], 3),
        (F.MODE, INT, [7, -2, 7, -2, 0], -2),
        (F.MODE, NAME, ["b", "a"], "a"),
        (F.MODE, BOOLEAN, [1, 0, 1], 1),
        (F.MODE, BIGINT, [HIGHEST, LOWEST, HIGHEST], HIGHEST),
    ],
)
def test_an_aggregate_has_its_value(function, kind, values, expected):
    assert value(function, kind, values) == expected


@pytest.mark.parametrize(
    "function, kind, values, expected",
    [
        (F.COUNT, INT, [5, None, 5, 6], 2),
        (F.SUM, INT, [5, 5, 6], 11),
        (F.AVG, INT, [5, 5, 5, 9], 7),
        (F.MIN, INT, [5, 5], 5),
        (F.VAR_POP, INT, [1, 1, 3], 1_000_000),
        (F.STDDEV_SAMP, INT, [4, 4], None),
        (F.MEDIAN, INT, [1, 1, 1, 3, 5], 3_000_000),
        (F.BIT_XOR, INT, [5, 5, 3], 6),
        (F.BOOL_AND, BOOLEAN, [1, 1], 1),
    ],
)
def test_distinct_takes_each_value_once(function, kind, values, expected):
    assert value(function, kind, values, distinct=True) == expected


@pytest.mark.parametrize(
    "fraction, discrete, continuous, from_above",
    [
        ("0", 10, 10, 40),
        ("0.25", 10, Fraction("17.5"), 40),
        ("0.26", 20, Fraction("17.8"), 30),
        ("0.5", 20, 25, 30),
        ("0.75", 30, Fraction("32.5"), 20),
        ("1", 40, 40, 10),
    ],
)
def test_a_percentile_is_a_row_or_between_two(fraction, discrete, continuous, from_above):
    values = [30, 10, None, 40, 20]
    assert value(F.PERCENTILE_DISC, INT, values, fraction=fraction) == discrete
    assert value(F.PERCENTILE_DISC, INT, values, fraction=fraction, descending=True) == from_above
    assert value(F.PERCENTILE_CONT, INT, values, fraction=fraction) == continuous * 10**6
    mirrored = value(F.PERCENTILE_CONT, INT, values, fraction=fraction, descending=True)
    assert mirrored == (50 - continuous) * 10**6


def test_a_percentile_of_timestamps_is_rounded_up_to_the_millisecond():
    assert value(F.PERCENTILE_CONT, TIMESTAMP, [0, 10], fraction="0.25") == 3
    assert value(F.PERCENTILE_CONT, TIMESTAMP, [0, 100], fraction="0.33") == 33
    assert value(F.PERCENTILE_CONT, TIMESTAMP, [0, 1], fraction="0.49") == 0
    assert value(F.PERCENTILE_CONT, TIMESTAMP, [-10, 0], fraction="0.75") == -2
    assert value(F.PERCENTILE_CONT, TIMESTAMP, [-10, 0], fraction="0.75", descending=True) == -7
    assert value(F.PERCENTILE_DISC, NAME, ["b", "c", "a"], fraction="0.5") == "b"


def test_an_aggregate_counts_the_rows_of_its_filter_only():
    x = Column("x", INT, private=False, nullable=True)
    rows = [{"x": v} for v in (1, None, 5, 9)]
    large = Comparison(Comparator.GREATER, x, Literal(4, INT))
    assert aggregated(Aggregation(F.COUNT), rows) == 4
    assert aggregated(Aggregation(F.COUNT, filter=large), rows) == 2
    assert aggregated(Aggregation(F.SUM, (x,), filter=large), rows) == 14
    none = Comparison(Comparator.GREATER, x, Literal(9, INT))
    assert aggregated(Aggregation(F.COUNT, (x,), filter=none), rows) == 0
    assert aggregated(Aggregation(F.FIRST_VALUE, (x,), filter=none), rows) is None


@pytest.mark.parametrize(
    "function, kind, values, message",
    [
        (
            F.SUM,
            decimal(38, 2),
            [10**38 - 1, 1],
            f"SUM is 1{'0' * 36}.00, which DECIMAL(38, 2) cannot hold: SUM(x)",
        ),
        (F.AVG, decimal(38, 0), [10**38 - 1], "which DECIMAL(38, 6) cannot hold: AVG(x)"),
        (F.VAR_POP, BIGINT, [LOWEST, HIGHEST], "which DECIMAL(38, 6) cannot hold: VAR_POP(x)"),
        (F.MEDIAN, decimal(38, 0), [10**38 - 1], "which DECIMAL(38, 6) cannot hold: MEDIAN(x)"),
    ],
)
def test_a_value_outside_its_type_is_an_error(function, kind, values, message):
    with pytest.raises(EvaluationError) as caught:
        value(function, kind, values)
    assert message in str(caught.value)


# --- against others -------------------------------------------------------------------------------

SEEDS = range(25)
KINDS = [TINYINT, INT, BIGINT, CENTS, decimal(20, 9)]


def numbers(kind: SqlType, seed: int) -> list[Value | None]:
    """Few distinct values, some extreme, some NULL."""
    source = random.Random(f"{kind} {seed}")
    low, high = kind.bounds
    if kind is BIGINT:
        low, high = low >> 20, high >> 20
    some = [low, high, 0, -1, *(source.randint(low, high) for _ in range(3))]
    return [source.choice([None, *some, source.randint(-9, 9)]) for _ in range(source.randint(0, 12))]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_exact_aggregates_are_what_python_computes(kind, seed):
    values = numbers(kind, seed)
    known = [Fraction(v, 10**kind.scale) for v in values if v is not None]
    spread = max(kind.scale, 6)
    assert value(F.AVG, kind, values) == (rounded_mean(known, kind) if known else None)
    for function, exact, least in (
        (F.MEDIAN, statistics.median, 1),
        (F.VAR_POP, statistics.pvariance, 1),
        (F.VAR_SAMP, statistics.variance, 2),
    ):
        expected = None if len(known) < least else rounded(exact(known), spread)
        assert value(function, kind, values) == expected
    for function, exact, least in (
        (F.STDDEV_POP, statistics.pvariance, 1),
        (F.STDDEV_SAMP, statistics.variance, 2),
    ):
        expected = None if len(known) < least else rounded(exact(known), spread, root=True)
        assert value(function, kind, values) == expected


def rounded(exact: Fraction, scale: int, rounding: str = ROUND_HALF_UP, *, root: bool = False) -> int:
    with localcontext() as context:
        context.prec = 300
        number = Decimal(exact.numerator) / Decimal(exact.denominator)
        return int((number.sqrt() if root else number).scaleb(scale).quantize(Decimal(1), rounding))


def rounded_mean(known: list[Fraction], kind: SqlType) -> int:
    mean = sum(known, Fraction(0)) / len(known)
    return rounded(mean, 0, ROUND_DOWN) if kind.is_integer else rounded(mean, max(kind.scale, 6))


DUCKDB = {
    F.COUNT: "count(x)",
    F.SUM: "sum(x)",
    F.MIN: "min(x)",
    F.MAX: "max(x)",
    F.BIT_AND: "bit_and(x)",
    F.BIT_OR: "bit_or(x)",
    F.BIT_XOR: "bit_xor(x)",
    F.COLLECT_DISTINCT: "list_sort(list(DISTINCT x) FILTER (x IS NOT NULL))",
    F.FIRST_VALUE: "first(x ORDER BY seq)",
    F.LAST_VALUE: "last(x ORDER BY seq)",
}


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_an_aggregate_is_what_duckdb_says(kind, seed):
    values = numbers(kind, seed)
    asked = {f: text for f, text in DUCKDB.items() if kind.is_integer or not f.startswith("BIT")}
    fractions = ("0", "0.1", "0.33", "0.5", "0.9", "1")
    percentiles = [f"quantile_disc(x, {f})" for f in fractions]
    distinct = [F.COUNT, F.SUM, *([F.BIT_XOR] if kind.is_integer else [])]
    texts = [*asked.values(), *percentiles, *(f"{f}(DISTINCT x)" for f in distinct)]
    row = duckdb_row(kind, values, texts)
    ours = [
        *(value(f, kind, values) for f in asked),
        *(value(F.PERCENTILE_DISC, kind, values, fraction=f) for f in fractions),
        *(value(f, kind, values, distinct=True) for f in distinct),
    ]
    assert dict(zip(texts, ours, strict=True)) == dict(zip(texts, row, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_conditions_are_what_duckdb_says(seed):
    source = random.Random(seed)
    values = [source.choice([None, 0, 1, 1]) for _ in range(source.randint(0, 4))]
    row = duckdb_row(BOOLEAN, values, ["bool_and(x)", "bool_or(x)"])
    assert [value(F.BOOL_AND, BOOLEAN, values), value(F.BOOL_OR, BOOLEAN, values)] == row


def duckdb_row(kind: SqlType, values: list[Value | None], texts: list[str]) -> list[Value | None]:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t (seq INT, x {kind})")
    for seq, unscaled in enumerate(values):
        shown = None if unscaled is None else str(Decimal(unscaled).scaleb(-kind.scale))
        connection.execute(f"INSERT INTO t SELECT ?, CAST(? AS {kind})", [seq, shown])
    (row,) = connection.execute(f"SELECT {', '.join(texts)} FROM t").fetchall()
    scales = [0 if text.startswith(("count", "COUNT")) else kind.scale for text in texts]
    return [unscaled_value(v, scale) for v, scale in zip(row, scales, strict=True)]


def unscaled_value(found: Any, scale: int) -> Value | None:
    if isinstance(found, list):
        return tuple(unscaled_value(v, scale) for v in found)
    return None if found is None else int(Decimal(found).scaleb(scale))
