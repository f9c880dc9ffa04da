"""Types of results: Flink's, by example, and what must hold of all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkql.plan import typing as t
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
    array,
    decimal,
)

INTEGERS = [TINYINT, SMALLINT, INT, BIGINT]
integers = st.sampled_from(INTEGERS)
decimals = st.integers(1, 38).flatmap(lambda p: st.builds(decimal, st.just(p), st.integers(0, p)))
numbers = integers | decimals
types = numbers | st.sampled_from([NULL, BOOLEAN, TIMESTAMP, INTERVAL, VARCHAR, SqlType(Kind.VARCHAR, 5)])


def plus(left: SqlType, right: SqlType) -> SqlType | None:
    return t.sum_of_two(left, right, minus=False)


def minus(left: SqlType, right: SqlType) -> SqlType | None:
    return t.sum_of_two(left, right, minus=True)


@pytest.mark.parametrize(
    ("rule", "left", "right", "result"),
    [
        (plus, INT, INT, INT),
        (plus, TINYINT, SMALLINT, SMALLINT),
        (plus, INT, BIGINT, BIGINT),
        (plus, decimal(10, 2), decimal(5, 1), decimal(11, 2)),
        (plus, decimal(10, 2), INT, decimal(13, 2)),
        (plus, BIGINT, decimal(4, 3), decimal(23, 3)),
        # Flink's own example in LogicalTypeMerging: integer digits are kept, one after the point is not
        (plus, decimal(38, 8), decimal(32, 8), decimal(38, 7)),
        (plus, decimal(38, 10), decimal(38, 0), decimal(38, 6)),
        (minus, decimal(38, 38), decimal(38, 38), decimal(38, 37)),
        (plus, TIMESTAMP, INTERVAL, TIMESTAMP),
        (plus, INTERVAL, TIMESTAMP, TIMESTAMP),
        (plus, INTERVAL, INTERVAL, INTERVAL),
        (minus, TIMESTAMP, INTERVAL, TIMESTAMP),
        (minus, TIMESTAMP, TIMESTAMP, INTERVAL),
        (minus, INTERVAL, TIMESTAMP, None),
        (plus, TIMESTAMP, TIMESTAMP, None),
        (plus, TIMESTAMP, INT, None),
        (plus, VARCHAR, VARCHAR, None),
        (plus, BOOLEAN, INT, None),
        (plus, NULL, INT, INT),
        (plus, INT, NULL, INT),
        (t.product, SMALLINT, INT, INT),
        # 0.908 * price of NEXMark's q1
        (t.product, decimal(3, 3), BIGINT, decimal(23, 3)),
        (t.product, decimal(10, 2), decimal(5, 1), decimal(16, 3)),
        (t.product, decimal(20, 10), decimal(20, 10), decimal(38, 17)),
        (t.product, decimal(38, 10), decimal(38, 10), decimal(38, 6)),
        (t.product, INTERVAL, INT, INTERVAL),
        (t.product, BIGINT, INTERVAL, INTERVAL),
        (t.product, INTERVAL, decimal(3, 1), None),
        (t.product, INTERVAL, INTERVAL, None),
        (t.product, TIMESTAMP, INT, None),
        (t.quotient, INT, INT, INT),
        (t.quotient, BIGINT, SMALLINT, BIGINT),
        (t.quotient, decimal(10, 2), decimal(5, 1), decimal(17, 8)),
        (t.quotient, decimal(10, 2), INT, decimal(21, 13)),
        (t.quotient, INT, decimal(5, 2), decimal(18, 6)),
        (t.quotient, decimal(38, 2), decimal(38, 2), decimal(38, 6)),
        (t.quotient, INTERVAL, INT, None),
        (t.remainder, BIGINT, INT, INT),
        (t.remainder, TINYINT, BIGINT, BIGINT),
        (t.remainder, decimal(10, 2), decimal(5, 1), decimal(6, 2)),
        (t.remainder, decimal(5, 5), INT, decimal(5, 5)),
        (t.remainder, VARCHAR, INT, None),
        (t.common_type, INT, BIGINT, BIGINT),
        (t.common_type, INT, decimal(5, 2), decimal(12, 2)),
        (t.common_type, decimal(10, 2), decimal(5, 4), decimal(12, 4)),
        (t.common_type, decimal(38, 0), decimal(38, 38), decimal(38, 0)),
        (t.common_type, decimal(38, 10), decimal(20, 20), decimal(38, 10)),
        (t.common_type, NULL, TIMESTAMP, TIMESTAMP),
        (t.common_type, NULL, NULL, NULL),
        (t.common_type, SqlType(Kind.VARCHAR, 3), SqlType(Kind.VARCHAR, 7), SqlType(Kind.VARCHAR, 7)),
        (t.common_type, SqlType(Kind.VARCHAR, 3), VARCHAR, VARCHAR),
        (t.common_type, INT, VARCHAR, None),
        (t.common_type, BOOLEAN, INT, None),
        (t.common_type, TIMESTAMP, INTERVAL, None),
        (t.common_type, array(INT), array(INT), array(INT)),
        (t.common_type, array(INT), array(BIGINT), None),
    ],
)
def test_types_are_those_of_flink(rule, left, right, result):
    assert rule(left, right) == result


@pytest.mark.parametrize(
    ("rule", "argument", "result"),
    [
        (t.sum_type, TINYINT, BIGINT),
        (t.sum_type, INT, BIGINT),
        (t.sum_type, BIGINT, decimal(38, 0)),
        (t.sum_type, decimal(10, 2), decimal(38, 2)),
        (t.sum_type, NULL, NULL),
        (t.average_type, INT, INT),
        (t.average_type, decimal(10, 2), decimal(38, 6)),
        (t.average_type, decimal(20, 9), decimal(38, 9)),
        (t.spread_type, INT, decimal(38, 6)),
        (t.spread_type, decimal(20, 9), decimal(38, 9)),
        (t.spread_type, NULL, NULL),
    ],
)
def test_aggregates_have_the_types_that_their_rules_say(rule, argument, result):
    assert rule(argument) == result


@given(types, types)
def test_a_common_type_does_not_depend_on_the_order(left, right):
    assert t.common_type(left, right) == t.common_type(right, left)


@given(numbers, numbers)
def test_a_common_type_loses_no_digit_before_the_point(left, right):
    result = t.common_type(left, right)
    for kind in (left, right):
        whole = kind.bounds[1] // 10**kind.scale
        assert whole * 10**result.scale <= result.bounds[1]


@given(numbers, numbers)
def test_sums_and_products_of_few_digits_are_exact_and_fit(left, right):
    exact = max(left.scale, right.scale)
    total, product = plus(left, right), t.product(left, right)
    if total.kind is Kind.DECIMAL and total.precision < 38:
        largest = sum(end.bounds[1] * 10 ** (exact - end.scale) for end in (left, right))
        assert total.scale == exact
        assert largest <= total.bounds[1]
    if product.kind is Kind.DECIMAL and product.precision < 38:
        assert product.scale == left.scale + right.scale
        assert left.bounds[1] * right.bounds[1] <= product.bounds[1]


@given(decimals, decimals)
def test_every_result_is_a_type_that_exists(left, right):
    for rule in (plus, minus, t.product, t.quotient, t.remainder, t.common_type):
        result = rule(left, right)
        assert 1 <= result.precision <= 38
        assert 0 <= result.scale <= result.precision


@given(types, types)
def test_null_beside_anything_never_fails(left, right):
    for rule in (plus, t.product, t.quotient, t.remainder, t.common_type):
        assert rule(NULL, right) is not None or right.kind is Kind.NULL
        assert rule(left, NULL) is not None or left.kind is Kind.NULL
