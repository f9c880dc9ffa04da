"""Scalar functions, one by one: values, NULLs, types, errors; three-valued logic, and laziness."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkql.plan.expressions import (
    TRUE,
    Call,
    Column,
    Comparator,
    Connective,
    Expression,
    Literal,
    Logical,
    Not,
    render,
)
from zkql.plan.functions import scalars
from zkql.plan.functions.datetime_format import DateFormat
from zkql.plan.functions.errors import FunctionError
from zkql.plan.functions.scalars import SCALARS, call, compare
from zkql.plan.functions.temporal import CLOCKS
from zkql.plan.scalar import EvaluationError, evaluate, holds
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
    format_value,
    parse_timestamp,
)

ROW = SqlType(Kind.ROW, fields=(("id", INT), ("name", VARCHAR)))
SHORT = SqlType(Kind.VARCHAR, 10)


class Typed:
    """A value and its type."""

    def __init__(self, value: Any, kind: SqlType) -> None:
        self.value = value
        self.kind = kind

    def __repr__(self) -> str:
        return f"{self.value!r}:{self.kind}"


def ts(text: str | None) -> Typed:
    return Typed(None if text is None else parse_timestamp(text), TIMESTAMP)


def iv(milliseconds: int | None) -> Typed:
    return Typed(milliseconds, INTERVAL)


def null(kind: SqlType) -> Typed:
    return Typed(None, kind)


def lit(value: Any) -> Literal:
    """What the text of a query says."""
    typed = typed_value(value)
    return Literal(typed.value, typed.kind)


def typed_value(value: Any) -> Typed:
    match value:
        case Typed():
            return value
        case None:
            return Typed(None, NULL)
        case bool():
            return Typed(int(value), BOOLEAN)
        case int():
            return Typed(value, INT if INT.contains(value) else BIGINT)
        case Decimal():
            scale = max(-value.as_tuple().exponent, 0)
            unscaled = int(value.scaleb(scale))
            return Typed(unscaled, decimal(max(len(str(abs(unscaled))), scale, 1), scale))
        case str():
            return Typed(value, VARCHAR)
    raise TypeError(value)


def bound(name: str, *operands: Any, to: SqlType | None = None) -> tuple[Expression, dict[str, Any]]:
    """A call over columns, and the row that they have their values in; literals stay."""
    row: dict[str, Any] = {}
    columns: list[Expression] = []
    for number, operand in enumerate(operands):
        if isinstance(operand, Literal):
            columns.append(operand)
            continue
        typed = typed_value(operand)
        row[f"c{number}"] = typed.value
        columns.append(Column(f"c{number}", typed.kind, private=False, nullable=typed.value is None))
    return call(name, tuple(columns), to=to), row


def value(name: str, *operands: Any, to: SqlType | None = None) -> Any:
    """The value of a call, as Python has it: decimals as Decimal, timestamps as text."""
    expression, row = bound(name, *operands, to=to)
    found = evaluate(expression, row)
    if found is None:
        assert expression.nullable, f"{render(expression)} says that it is never NULL"
        return None
    assert type(found) in (int, str, tuple)
    assert expression.type.contains(found)
    shown = format_value(found, expression.type)
    return Decimal(shown) if expression.type.kind is Kind.DECIMAL else shown


D = Decimal
MAX, MIN = 2**31 - 1, -(2**31)

VALUES: dict[str, list[tuple[tuple[Any, ...], Any]]] = {
    "+": [
        ((2, 3), 5),
        ((D("1.25"), 2), D("3.25")),
        ((D("0.1"), D("0.02")), D("0.12")),
        ((MAX, -1), MAX - 1),
        ((ts("2026-01-31 23:59:59.999"), iv(1)), "2026-02-01 00:00:00.000"),
        ((iv(1), ts("2026-01-31 23:59:59.999")), "2026-02-01 00:00:00.000"),
        ((iv(1500), iv(-500)), "+0 00:00:01.000"),
        ((1, lit(None)), None),
        # 38 digits: one after the point is given up, and rounded away from zero
        ((Typed(15, decimal(38, 8)), Typed(0, decimal(32, 8))), D("0.0000002")),
        ((Typed(-15, decimal(38, 8)), Typed(0, decimal(32, 8))), D("-0.0000002")),
    ],
    "-": [
        ((2, 3), -1),
        ((D("1.25"), D("1.3")), D("-0.05")),
        ((ts("2026-01-01 00:00:00"), ts("2026-01-02 00:00:00.001")), "-1 00:00:00.001"),
        ((ts("2026-01-01 00:00:00"), iv(1)), "2025-12-31 23:59:59.999"),
        ((iv(1), iv(3)), "-0 00:00:00.002"),
    ],
    "*": [
        ((-4, 5), -20),
        ((D("0.908"), 1000), D("908.000")),
        ((D("-1.5"), D("0.05")), D("-0.075")),
        ((iv(1500), 4), "+0 00:00:06.000"),
        ((-2, iv(500)), "-0 00:00:01.000"),
        ((Typed(5, decimal(38, 19)), Typed(10**18, decimal(38, 19))), D("0")),
        ((Typed(5, decimal(20, 10)), Typed(10**9, decimal(20, 10))), D("0.00000000005")),
    ],
    "/": [
        ((7, 2), 3),
        ((-7, 2), -3),
        ((7, -2), -3),
        ((0, -5), 0),
        ((D("1.00"), 3), D("0.3333333333333")),
        ((D("-2.00"), 3), D("-0.6666666666667")),
        ((D("1.0"), D("8.0")), D("0.125000")),
        ((1, D("0.5")), D("2")),
    ],
    "MOD": [
        ((7, 3), 1),
        ((-7, 3), -1),
        ((7, -3), 1),
        ((-7, -3), -1),
        ((MIN, -1), 0),
        ((D("5.5"), 2), D("1.5")),
        ((D("-5.5"), D("0.75")), D("-0.25")),
    ],
    "NEGATE": [((5,), -5), ((D("-0.5"),), D("0.5")), ((iv(-1),), "+0 00:00:00.001")],
    "ABS": [((-5,), 5), ((0,), 0), ((D("-0.5"),), D("0.5"))],
    "SIGN": [((-5,), -1), ((0,), 0), ((D("0.25"),), D("1")), ((D("-2.5"),), D("-1"))],
    "FLOOR": [((D("2.7"),), 2), ((D("-2.1"),), -3), ((D("-2.0"),), -2), ((5,), 5), ((D("-0.5"),), -1)],
    "CEIL": [((D("2.1"),), 3), ((D("-2.7"),), -2), ((D("2.0"),), 2), ((5,), 5), ((D("-0.5"),), 0)],
    "ROUND": [
        ((D("2.5"),), D("3")),
        ((D("-2.5"),), D("-3")),
        ((D("2.4"),), D("2")),
        ((D("1.005"), lit(2)), D("1.01")),
        ((D("-1.005"), lit(2)), D("-1.01")),
        ((D("1.5"), lit(3)), D("1.5")),
        ((D("9.99"), lit(1)), D("10.0")),
        ((15, lit(-1)), 20),
        ((-15, lit(-1)), -20),
        ((14, lit(-1)), 10),
        ((D("155.5"), lit(-1)), D("160")),
        ((D("155.5"), lit(-5)), D("0")),
        ((D("1.5"), lit(null(INT))), None),
    ],
    "TRUNCATE": [
        ((D("2.9"),), D("2")),
        ((D("-2.9"),), D("-2")),
        ((D("42.324"), lit(2)), D("42.32")),
        ((D("-42.324"), lit(1)), D("-42.3")),
        ((19, lit(-1)), 10),
        ((-19, lit(-1)), -10),
        ((19, lit(5)), 19),
    ],
    "CASE": [
        ((True, 1, 2), 1),
        ((False, 1, 2), 2),
        ((null(BOOLEAN), 1, 2), 2),
        ((False, 1, True, D("2.5"), 3), D("2.5")),
        ((False, 1, null(INT)), None),
        ((True, lit(None), "a"), None),
        ((False, "a", "bcd"), "bcd"),
    ],
    "IF": [((True, 1, 2), 1), ((null(BOOLEAN), 1, 2), 2)],
    "NULLIF": [
        ((1, 1), None),
        ((1, 2), 1),
        ((1, D("1.0")), None),
        ((null(INT), 1), None),
        ((1, null(INT)), 1),
        (("a", "a"), None),
    ],
    "COALESCE": [
        ((null(INT), 2), 2),
        ((null(INT), null(INT)), None),
        ((null(INT), D("1.5")), D("1.5")),
        ((3, 4), 3),
        ((lit(None), "a"), "a"),
    ],
    "IFNULL": [((null(INT), 2), 2), ((1, 2), 1)],
    "GREATEST": [
        ((1, 3, 2), 3),
        ((D("1.5"), 1), D("1.5")),
        (("b", "a"), "b"),
        ((1, null(INT)), None),
        ((ts("2026-01-01 00:00:00"), ts("2025-01-01 00:00:00")), "2026-01-01 00:00:00.000"),
        # by code point: the first is U+FF5E, the second beyond the basic plane
        (("～", "😀"), "😀"),
    ],
    "LEAST": [((1, 3, 2), 1), ((D("1.5"), 2), D("1.5")), ((null(INT), 1), None), ((5,), 5)],
    "IS NULL": [((null(INT),), True), ((1,), False), ((null(VARCHAR),), True)],
    "IS TRUE": [((True,), True), ((False,), False), ((null(BOOLEAN),), False)],
    "IS FALSE": [((True,), False), ((False,), True), ((null(BOOLEAN),), False)],
    "FIELD": [
        ((Typed((7, "ann"), ROW), lit("name")), "ann"),
        ((Typed((7, None), ROW), lit("name")), None),
        ((null(ROW), lit("id")), None),
    ],
    "CARDINALITY": [((Typed((1, None, 2), array(INT)),), 3), ((Typed((), array(INT)),), 0)],
    "ARRAY_CONTAINS": [
        ((Typed((1, 2), array(INT)), 2), True),
        ((Typed((1, 2), array(INT)), 3), False),
        ((Typed((1, None), array(INT)), null(INT)), True),
        ((Typed((1, 2), array(INT)), null(INT)), False),
        ((null(array(INT)), 1), None),
        ((Typed((1, 2), array(BIGINT)), lit(2)), True),
        ((Typed((10, 25), array(decimal(3, 1))), lit(1)), True),
    ],
    "EXTRACT": [
        ((lit(unit), ts("2024-12-29 23:45:06.789")), expected)
        for unit, expected in {
            "YEAR": 2024,
            "QUARTER": 4,
            "MONTH": 12,
            "WEEK": 52,
            "DAY": 29,
            "DOW": 1,
            "DOY": 364,
            "HOUR": 23,
            "MINUTE": 45,
            "SECOND": 6,
            "MILLISECOND": 789,
            "EPOCH": 1735515906,
        }.items()
    ]
    + [
        ((lit("DOW"), ts("1994-09-27 00:00:00")), 3),
        ((lit("WEEK"), ts("2021-01-03 00:00:00")), 53),
        ((lit("HOUR"), ts("1969-12-31 23:59:59.999")), 23),
        ((lit("MILLISECOND"), ts("1969-12-31 23:59:59.999")), 999),
        ((lit("EPOCH"), ts("1969-12-31 23:59:59.999")), -1),
        ((lit("YEAR"), ts("0001-01-01 00:00:00")), 1),
        ((lit("YEAR"), ts("9999-12-31 23:59:59.999")), 9999),
        ((lit("day"), ts("2024-02-29 00:00:00")), 29),
        ((lit("DAY"), ts(None)), None),
    ],
    "YEAR": [((ts("2024-12-30 01:02:03"),), 2024)],
    "QUARTER": [((ts("2024-03-31 00:00:00"),), 1), ((ts("2024-04-01 00:00:00"),), 2)],
    "MONTH": [((ts("2024-12-30 01:02:03"),), 12)],
    "WEEK": [((ts("2024-12-30 01:02:03"),), 1)],
    "DAYOFYEAR": [((ts("2024-12-31 01:02:03"),), 366)],
    "DAYOFMONTH": [((ts("2024-12-30 01:02:03"),), 30)],
    "DAYOFWEEK": [((ts("2026-11-21 00:00:00"),), 7)],
    "HOUR": [((ts("2024-12-30 01:02:03"),), 1)],
    "MINUTE": [((ts("2024-12-30 01:02:03"),), 2)],
    "SECOND": [((ts("2024-12-30 01:02:03"),), 3)],
    "TIMESTAMPADD": [
        ((lit("MINUTE"), -90, ts("2024-01-01 00:30:00")), "2023-12-31 23:00:00.000"),
        ((lit("WEEK"), 1, ts("2024-02-26 00:00:00")), "2024-03-04 00:00:00.000"),
        ((lit("MONTH"), 1, ts("2024-01-31 12:00:00")), "2024-02-29 12:00:00.000"),
        ((lit("MONTH"), -1, ts("2023-03-31 12:00:00")), "2023-02-28 12:00:00.000"),
        ((lit("QUARTER"), 2, ts("2023-08-31 12:00:00")), "2024-02-29 12:00:00.000"),
        ((lit("YEAR"), -4, ts("2024-02-29 00:00:00")), "2020-02-29 00:00:00.000"),
        ((lit("YEAR"), 1, ts("2024-02-29 00:00:00")), "2025-02-28 00:00:00.000"),
        ((lit("YEAR"), null(INT), ts("2024-02-29 00:00:00")), None),
    ],
    "TIMESTAMPDIFF": [
        ((lit("SECOND"), ts("2024-01-01 00:00:00"), ts("2024-01-01 00:01:00.999")), 60),
        ((lit("SECOND"), ts("2024-01-01 00:00:00.999"), ts("2024-01-01 00:00:00")), 0),
        ((lit("HOUR"), ts("2024-01-02 00:00:00"), ts("2024-01-01 00:30:00")), -23),
        ((lit("DAY"), ts("2024-02-28 00:00:00"), ts("2024-03-01 00:00:00")), 2),
        ((lit("MONTH"), ts("2024-01-31 00:00:00"), ts("2024-02-29 00:00:00")), 1),
        ((lit("MONTH"), ts("2024-01-15 12:00:00"), ts("2024-03-15 11:59:59")), 1),
        ((lit("MONTH"), ts("2024-03-15 11:59:59"), ts("2024-01-15 12:00:00")), -1),
        ((lit("YEAR"), ts("2020-02-29 00:00:00"), ts("2024-02-28 00:00:00")), 3),
        ((lit("QUARTER"), ts("2020-01-01 00:00:00"), ts("2021-12-31 00:00:00")), 7),
    ],
    "DATE_FORMAT": [
        ((ts("2024-02-03 04:05:06.007"), lit("yyyy-MM-dd HH:mm:ss.SSS")), "2024-02-03 04:05:06.007"),
        ((ts("0099-02-03 04:05:06.987"), lit("M/d/yyyy H:m:s.S")), "2/3/0099 4:5:6.9"),
        ((ts("2024-02-03 04:05:06"), lit("yyyy'Y''s'HH''mm")), "2024Y's04'05"),
        ((ts("2024-02-03 04:05:06"), lit("")), ""),
        ((ts(None), lit("yyyy")), None),
        ((ts("2024-02-03 04:05:06"), lit(null(VARCHAR))), None),
    ],
    "TO_TIMESTAMP": [
        (("2024-02-03 04:05:06",), "2024-02-03 04:05:06.000"),
        ((" 2024-02-03 04:05:06.7 ",), "2024-02-03 04:05:06.700"),
        (("2024-02-03",), "2024-02-03 00:00:00.000"),
        (("2024-02-30",), None),
        (("yesterday",), None),
        (("3.2.2024 4h", lit("d.M.yyyy H'h'")), "2024-02-03 04:00:00.000"),
        (("20240203040506789", lit("yyyyMMddHHmmssSSS")), "2024-02-03 04:05:06.789"),
        (("20240230", lit("yyyyMMdd")), None),
        (("2024", lit("yyyy-MM")), None),
        (("٢٠٢٤", lit("yyyy")), None),
        (("x", lit(null(VARCHAR))), None),
    ],
    "CAST": [],  # below
    "TRY_CAST": [],
    "LOWER": [(("ÄB1",), "äb1"), (("ΣΑΣ",), "σας")],
    "UPPER": [(("äb1",), "ÄB1"), (("straße",), "STRASSE")],
    "CHAR_LENGTH": [(("",), 0), (("äß😀",), 3), (("e\u0301",), 2)],
    "TRIM": [
        (("  a b ",), "a b"),
        (("\ta ",), "\ta"),
        (("xxaxyx", "yx"), "a"),
        (("aaa", "a"), ""),
        (("a", ""), "a"),
    ],
    "LTRIM": [(("  a ",), "a "), (("xyxa", "yx"), "a")],
    "RTRIM": [(("  a ",), "  a"), (("axyx", "yx"), "a")],
    "SUBSTRING": [
        (("hello", 2), "ello"),
        (("hello", 2, 3), "ell"),
        (("hello", 0, 2), "he"),
        (("hello", -3, 2), "ll"),
        (("hello", -5), "hello"),
        (("hello", -6), ""),
        (("hello", 6), ""),
        (("hello", 5, 9), "o"),
        (("hello", 2, 0), ""),
        (("", 1, 1), ""),
        (("ä😀ß", 2, 1), "😀"),
    ],
    "LEFT": [(("hello", 2), "he"), (("hello", 9), "hello"), (("hello", 0), ""), (("hello", -1), "")],
    "RIGHT": [(("hello", 2), "lo"), (("hello", 9), "hello"), (("hello", 0), ""), (("hello", -1), "")],
    "||": [(("a", "b"), "ab"), (("", ""), ""), (("a", null(VARCHAR)), None)],
    "CONCAT": [(("a",), "a"), (("a", "b", "c"), "abc"), (("a", null(VARCHAR)), None)],
    "CONCAT_WS": [
        ((",", "a", "b"), "a,b"),
        ((",", "a", null(VARCHAR), ""), "a,"),
        ((",", null(VARCHAR)), ""),
        ((null(VARCHAR), "a"), None),
    ],
    "REPLACE": [
        (("banana", "an", "x"), "bxxa"),
        (("aaa", "aa", "b"), "ba"),
        (("ab", "", "-"), "-a-b-"),
        (("a", "b", ""), "a"),
    ],
    "REVERSE": [(("abc",), "cba"), (("a😀",), "😀a")],
    "REPEAT": [(("ab", 3), "ababab"), (("ab", 0), ""), (("ab", -1), ""), (("", MAX), "")],
    "LPAD": [
        (("hi", 4, "??"), "??hi"),
        (("hi", 5, "ab"), "abahi"),
        (("hello", 2, "x"), "he"),
        (("hi", 0, "x"), ""),
        (("hi", -1, "x"), None),
        (("hi", 4, ""), None),
    ],
    "RPAD": [
        (("hi", 5, "ab"), "hiaba"),
        (("hello", 2, "x"), "he"),
        (("hi", -1, "x"), None),
        (("hi", 1, ""), None),
    ],
    "POSITION": [(("l", "hello"), 3), (("x", "hello"), 0), (("", "hello"), 1), (("", ""), 1)],
    "LOCATE": [
        (("l", "hello"), 3),
        (("l", "hello", 4), 4),
        (("l", "hello", 5), 0),
        (("l", "hello", -7), 3),
        (("", "hello", 4), 1),
        (("l", "hello", 99), 0),
    ],
    "INSTR": [(("hello", "l"), 3), (("hello", "lo"), 4), (("hello", "L"), 0)],
    "SPLIT_INDEX": [
        (("a,b,,d", ",", 0), "a"),
        (("a,b,,d", ",", 2), ""),
        (("a,b,,d", ",", 4), None),
        (("a,b", ",", -1), None),
        (("a", ",", 0), "a"),
        (("", ",", 0), None),
        (("a--b-c", "--", 1), "b-c"),
    ],
    "STARTSWITH": [(("hello", "he"), True), (("hello", "el"), False), (("a", ""), True)],
    "ENDSWITH": [(("hello", "lo"), True), (("hello", "ll"), False)],
    "LIKE": [
        ((text, lit(pattern)), expected)
        for text, pattern, expected in [
            ("hello", "hello", True),
            ("hello", "h%o", True),
            ("hello", "%l%", True),
            ("hello", "h_llo", True),
            ("hello", "_", False),
            ("hello", "%", True),
            ("", "%", True),
            ("", "", True),
            ("", "_", False),
            ("a\nb", "a_b", True),
            ("a\nb", "a%b", True),
            ("Hello", "hello", False),
            ("aab", "%ab", True),
            ("abab", "%ab%ab%ab%", False),
            ("ab", "ab%ab", False),
            ("mississippi", "%iss%ip%", True),
            ("mississippi", "m%_ss_pp_", True),
            ("a.b", "a.b", True),
            ("axb", "a.b", False),
            ("😀x", "_x", True),
            ("a\\", "a\\", True),
        ]
    ]
    + [
        (("50%", lit("50!%"), lit("!")), True),
        (("501", lit("50!%"), lit("!")), False),
        (("a!b", lit("a!!_"), lit("!")), True),
        ((null(VARCHAR), lit("%")), None),
        (("a", lit(null(VARCHAR))), None),
        (("a", lit(None)), None),
    ],
    "REGEXP": [
        (("channel_id=7", lit("id=[0-9]+")), True),
        (("abc", lit("^b")), False),
        (("abc", lit("")), False),
        ((null(VARCHAR), lit("a")), None),
        (("é", lit("\\w")), False),
        (("٣", lit("\\d")), False),
    ],
    "REGEXP_EXTRACT": [
        (("https://x/?a=1&channel_id=apple&b", lit("(&|^)channel_id=([^&]*)"), lit(2)), "apple"),
        (("x=12 y=34", lit("[0-9]+")), "12"),
        (("x=12 y=34", lit("([a-z])=([0-9]+)"), lit(0)), "x=12"),
        (("abc", lit("[0-9]+")), None),
        (("b", lit("(a)|b"), lit(1)), None),
        (("aaa", lit("a*?")), ""),
    ],
}


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [(name, operands, expected) for name, cases in VALUES.items() for operands, expected in cases],
)
def test_functions_have_their_values(name, operands, expected):
    found = value(name, *operands)
    assert found == expected
    assert type(found) is type(expected) or isinstance(expected, int)


def test_every_function_is_tested():
    assert set(VALUES) == set(SCALARS) - set(CLOCKS)


def test_every_function_says_what_it_is():
    for name, function in SCALARS.items():
        assert name == function.name == name.upper()
        assert function.usage
        assert function.summary.endswith(".") or ":" in function.summary
        assert function.compile is not None or "hort for" in function.summary
    for alias, name in scalars.ALIASES.items():
        assert name in SCALARS
        assert scalars.known(alias)
        assert alias not in SCALARS
    assert {"LOWER", "SUBSTR", "CASE"} <= set(scalars.names())
    assert not scalars.known("MD5")


STRICT = [(name, cases[0][0]) for name, cases in VALUES.items() if cases and SCALARS[name].nulls.strict]
NOT_STRICT = {"IF", "NULLIF", "IFNULL"}  # short for functions that are not


@pytest.mark.parametrize(("name", "operands"), [c for c in STRICT if c[0] not in NOT_STRICT])
def test_a_strict_function_is_null_where_any_operand_is(name, operands):
    for position, operand in enumerate(operands):
        if isinstance(operand, Literal):
            continue
        kind = typed_value(operand).kind
        for missing in (null(kind), lit(null(kind)), lit(None), null(NULL)):
            changed = [*operands[:position], missing, *operands[position + 1 :]]
            assert value(name, *changed) is None


# --- casts ----------------------------------------------------------------------------------------

VARCHAR3 = SqlType(Kind.VARCHAR, 3)

CASTS = [
    (1, BIGINT, 1),
    (MAX, SMALLINT, None),
    (-128, TINYINT, -128),
    (128, TINYINT, None),
    (12, decimal(4, 2), D("12.00")),
    (100, decimal(4, 2), None),
    (D("2.9"), INT, 2),
    (D("-2.9"), INT, -2),
    (D("128.9"), TINYINT, None),
    (D("127.9"), TINYINT, 127),
    (D("1.25"), decimal(3, 1), D("1.3")),
    (D("-1.25"), decimal(3, 1), D("-1.3")),
    (D("1.24"), decimal(3, 1), D("1.2")),
    (D("9.99"), decimal(2, 1), None),
    (D("1.5"), decimal(10, 4), D("1.5000")),
    (0, BOOLEAN, False),
    (-3, BOOLEAN, True),
    (D("0.0"), BOOLEAN, False),
    (True, INT, 1),
    (False, decimal(3, 2), D("0.00")),
    (12, VARCHAR, "12"),
    (D("-0.50"), VARCHAR, "-0.50"),
    (True, VARCHAR, "TRUE"),
    (False, VARCHAR3, "FAL"),
    (ts("2024-02-03 04:05:06"), VARCHAR, "2024-02-03 04:05:06.000"),
    (iv(-1), VARCHAR, "-0 00:00:00.001"),
    ("hello", VARCHAR3, "hel"),
    ("hello", SqlType(Kind.VARCHAR, 9), "hello"),
    ("12", INT, 12),
    (" -12 ", INT, -12),
    ("+12.9", INT, 12),
    ("12.", INT, 12),
    ("-", INT, None),
    ("", INT, None),
    ("1 2", INT, None),
    ("0x1", INT, None),
    ("1_0", INT, None),
    ("٣", INT, None),
    ("1e3", INT, None),
    ("2147483648", INT, None),
    ("-2147483648", INT, MIN),
    ("12.345", decimal(5, 2), D("12.35")),
    ("-12.345", decimal(5, 2), D("-12.35")),
    ("1.5e2", decimal(5, 2), D("150.00")),
    ("15E-1", decimal(5, 2), D("1.50")),
    (".5", decimal(5, 2), D("0.50")),
    ("5.", decimal(5, 2), D("5.00")),
    (".", decimal(5, 2), None),
    ("1e", decimal(5, 2), None),
    ("1e999", decimal(5, 2), None),
    ("1e-999", decimal(5, 2), D("0.00")),
    ("9" * 1001, decimal(38, 0), None),
    ("999.995", decimal(5, 2), None),
    ("nan", decimal(5, 2), None),
    ("TRUE", BOOLEAN, True),
    (" yes ", BOOLEAN, True),
    ("0", BOOLEAN, False),
    ("on", BOOLEAN, None),
    ("2024-02-03 04:05:06.789", TIMESTAMP, "2024-02-03 04:05:06.789"),
    ("2024-02-03", TIMESTAMP, "2024-02-03 00:00:00.000"),
    ("2024-02-30", TIMESTAMP, None),
]


@pytest.mark.parametrize(("operand", "to", "expected"), CASTS)
def test_casts_convert_or_refuse(operand, to, expected):
    assert value("TRY_CAST", operand, to=to) == expected
    if expected is not None:
        assert value("CAST", operand, to=to) == expected
        return
    expression, row = bound("CAST", operand, to=to)
    with pytest.raises(EvaluationError, match=r"CAST\(c0 AS "):
        evaluate(expression, row)


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (TIMESTAMP, BIGINT),
        (BIGINT, TIMESTAMP),
        (INTERVAL, BIGINT),
        (INT, INTERVAL),
        (VARCHAR, INTERVAL),
        (BOOLEAN, TIMESTAMP),
        (TIMESTAMP, BOOLEAN),
        (array(INT), VARCHAR),
        (ROW, VARCHAR),
        (INT, array(INT)),
        (array(INT), array(BIGINT)),
    ],
)
def test_casts_that_flink_has_not_are_refused(kind, to):
    for name in ("CAST", "TRY_CAST"):
        with pytest.raises(FunctionError, match="cannot be cast") as caught:
            call(name, (Column("c", kind, False),), to=to)
        assert caught.value.operand == 0


def test_a_cast_to_its_own_type_is_no_cast():
    column = Column("c", INT, private=False)
    assert call("CAST", (column,), to=INT) is column
    assert call("CAST", (Literal(None, NULL),), to=INT) == Literal(None, INT)


@given(st.integers(-(10**9), 10**9), st.integers(0, 6), st.integers(0, 6))
def test_a_decimal_survives_a_cast_to_text_and_back(unscaled, scale, to):
    kind = decimal(18, scale)
    column = Column("c", kind, private=False)
    there = call("CAST", (call("CAST", (column,), to=VARCHAR),), to=decimal(18, to))
    direct = call("CAST", (column,), to=decimal(18, to))
    assert evaluate(there, {"c": unscaled}) == evaluate(direct, {"c": unscaled})


# --- types and implicit casts ---------------------------------------------------------------------


def column(kind: SqlType, name: str = "c", nullable: bool = False) -> Column:
    return Column(name, kind, private=False, nullable=nullable)


@pytest.mark.parametrize(
    ("name", "operands", "kind", "nullable"),
    [
        ("*", (Literal(908, decimal(3, 3)), column(BIGINT)), decimal(23, 3), False),
        ("/", (column(decimal(10, 2)), column(decimal(5, 1))), decimal(17, 8), False),
        ("+", (column(INT, nullable=True), column(INT)), INT, True),
        ("+", (column(INT), column(NULL)), INT, False),
        ("NEGATE", (column(decimal(5, 2)),), decimal(5, 2), False),
        ("ABS", (column(SMALLINT),), SMALLINT, False),
        ("SIGN", (column(decimal(5, 2)),), decimal(5, 2), False),
        ("SIGN", (column(decimal(2, 2)),), decimal(3, 2), False),
        ("FLOOR", (column(decimal(5, 2)),), decimal(5, 0), False),
        ("FLOOR", (column(INT),), INT, False),
        ("ROUND", (column(decimal(5, 2)),), decimal(4, 0), False),
        ("ROUND", (column(decimal(5, 2)), lit(1)), decimal(5, 1), False),
        ("ROUND", (column(decimal(5, 2)), lit(-1)), decimal(4, 0), False),
        ("TRUNCATE", (column(decimal(38, 2)), lit(-1)), decimal(37, 0), False),
        ("CASE", (column(BOOLEAN), column(INT), column(decimal(5, 2))), decimal(12, 2), False),
        ("CASE", (column(BOOLEAN), column(INT), Literal(None, NULL)), INT, True),
        ("CASE", (column(BOOLEAN, nullable=True), column(INT), column(BIGINT)), BIGINT, False),
        ("COALESCE", (column(INT, nullable=True), column(BIGINT)), BIGINT, False),
        ("COALESCE", (column(INT, nullable=True), column(INT, "d", nullable=True)), INT, True),
        ("NULLIF", (column(INT), column(decimal(5, 2))), INT, True),
        ("GREATEST", (column(SHORT), column(VARCHAR)), VARCHAR, False),
        ("IS NULL", (column(INT, nullable=True),), BOOLEAN, False),
        ("FIELD", (column(ROW), lit("id")), INT, True),
        ("CARDINALITY", (column(array(INT)),), INT, False),
        ("ARRAY_CONTAINS", (column(array(INT)), column(INT, nullable=True)), BOOLEAN, False),
        ("EXTRACT", (lit("YEAR"), column(TIMESTAMP)), BIGINT, False),
        ("TIMESTAMPDIFF", (lit("YEAR"), column(TIMESTAMP), column(TIMESTAMP)), INT, False),
        ("TO_TIMESTAMP", (column(VARCHAR),), TIMESTAMP, True),
        ("SUBSTRING", (column(SHORT), lit(1), lit(2)), SHORT, False),
        ("SUBSTRING", (column(SHORT), lit(1), column(INT)), SHORT, True),
        ("LPAD", (column(SHORT), lit(1), lit("x")), VARCHAR, True),
        ("||", (column(SHORT), lit("abc")), SqlType(Kind.VARCHAR, 13), False),
        ("||", (column(SHORT), column(VARCHAR)), VARCHAR, False),
        ("CONCAT_WS", (lit(","), column(VARCHAR, nullable=True)), VARCHAR, False),
        ("SPLIT_INDEX", (column(VARCHAR), lit(","), lit(0)), VARCHAR, True),
        ("UPPER", (column(SHORT),), VARCHAR, False),
        ("PROCTIME", (), TIMESTAMP, False),
    ],
)
def test_calls_have_their_types(name, operands, kind, nullable):
    found = call(name, operands)
    assert found.type == kind
    assert found.nullable is nullable


def test_branches_are_cast_to_their_common_type():
    found = call("CASE", (column(BOOLEAN), column(INT, "n"), lit(D("1.25"))))
    assert render(found) == "CASE WHEN c THEN CAST(n AS DECIMAL(12, 2)) ELSE 1.25 END"
    found = call("CASE", (column(BOOLEAN), column(decimal(5, 2), "n"), lit(0)))
    assert render(found) == "CASE WHEN c THEN CAST(n AS DECIMAL(12, 2)) ELSE 0.00 END"
    assert {o.type for o in found.operands[1:]} == {decimal(12, 2)}
    found = call("COALESCE", (column(SHORT, nullable=True), lit("none")))
    assert render(found) == "COALESCE(c, 'none')"


def test_short_forms_are_what_they_stand_for():
    c, n = column(BOOLEAN), column(INT, "n", nullable=True)
    assert call("IF", (c, lit(1), lit(2))) == call("CASE", (c, lit(1), lit(2)))
    assert call("IFNULL", (n, lit(2))) == call("COALESCE", (n, lit(2)))
    assert render(call("NULLIF", (n, lit(0)))) == "CASE WHEN n = 0 THEN NULL ELSE n END"
    assert render(call("MONTH", (column(TIMESTAMP),))) == "EXTRACT(MONTH FROM c)"
    assert (
        render(call("TIMESTAMPADD", (lit("HOUR"), n, column(TIMESTAMP))))
        == "c + (n * INTERVAL '3600' SECOND)"
    )
    assert call("COALESCE", (lit(None), lit(1), n)) == lit(1)
    assert call("COALESCE", (lit(None), lit(None))) == Literal(None, NULL)
    assert call("IS TRUE", (c,)) is c
    assert call("IS FALSE", (c,)) == Not(c)
    assert call("substr", (column(VARCHAR), lit(1))) == call("SUBSTRING", (column(VARCHAR), lit(1)))
    assert call("%", (n, lit(3))) == call("MOD", (n, lit(3)))


# --- what is refused ------------------------------------------------------------------------------

T = column(TIMESTAMP)
S = column(VARCHAR)
N = column(INT)

REFUSED: list[tuple[str, tuple[Expression, ...], str, int | None, str]] = [
    ("LOWER", (N,), "LOWER takes VARCHAR, not INT", 0, "CAST(… AS VARCHAR)"),
    ("LOWER", (), "LOWER takes 1 operand; here are none", None, "LOWER(text)"),
    ("LOWER", (S, S), "LOWER takes 1 operand; here are 2", None, "LOWER(text)"),
    ("LPAD", (S, S, S), "LPAD takes an integer, not VARCHAR", 1, "LPAD(text, length, pad)"),
    ("SUBSTRING", (S,), "SUBSTRING takes 2 to 3 operands; here is 1", None, "SUBSTRING"),
    ("CONCAT", (), "CONCAT takes 1 or more operands; here are none", None, "CONCAT"),
    ("PROCTIME", (N,), "PROCTIME takes no operands; here is 1", None, "PROCTIME()"),
    ("+", (N, lit("1")), "+ takes a number, a timestamp or an interval, not VARCHAR", 1, "without quotes"),
    ("+", (S, S), "+ takes a number, a timestamp or an interval, not VARCHAR", 0, "||"),
    ("+", (T, N), "there is no TIMESTAMP(3) + INT", None, "INTERVAL '1' SECOND"),
    ("+", (T, T), "there is no TIMESTAMP(3) + TIMESTAMP(3)", None, ""),
    ("*", (column(INTERVAL), column(decimal(3, 1))), "there is no INTERVAL", None, "integer"),
    ("/", (column(INTERVAL), N), "/ takes a number, not INTERVAL", 0, ""),
    ("*", (column(BOOLEAN), N), "* takes a number or an interval, not BOOLEAN", 0, ""),
    ("ROUND", (column(decimal(5, 2)), N), "ROUND takes a number of digits that is written out", 1, ""),
    ("CASE", (N, N, N), "a condition of CASE is BOOLEAN, not INT", 0, ""),
    ("CASE", (TRUE, N, S), "the values of CASE are INT and VARCHAR", 2, "CAST"),
    ("CASE", (TRUE, N, TRUE, S, N), "the values of CASE are INT and VARCHAR", 3, "CAST"),
    ("CASE", (TRUE, N, N, N), "pairs", None, ""),
    ("IF", (N, N, N), "IF takes BOOLEAN, not INT", 0, ""),
    ("COALESCE", (N, S), "the values of COALESCE are INT and VARCHAR", 1, ""),
    ("NULLIF", (N, S), "INT cannot be compared with VARCHAR", 1, ""),
    ("GREATEST", (N, T), "the operands of GREATEST are INT and TIMESTAMP(3)", 1, ""),
    ("GREATEST", (column(array(INT)),), "GREATEST cannot compare ARRAY<INT>", 0, ""),
    ("IS TRUE", (N,), "IS TRUE takes BOOLEAN, not INT", 0, ""),
    ("FIELD", (column(ROW), lit("nam")), "has no field nam", 1, "did you mean 'name'?"),
    ("FIELD", (N, lit("x")), "FIELD takes a row, not INT", 0, ""),
    ("ARRAY_CONTAINS", (column(array(INT)), S), "ARRAY<INT> holds no VARCHAR", 1, ""),
    ("ARRAY_CONTAINS", (column(array(INT)), column(BIGINT)), "ARRAY<INT> holds no BIGINT", 1, "CAST"),
    ("ARRAY_CONTAINS", (column(array(INT)), lit(D("0.5"))), "holds no DECIMAL", 1, "CAST"),
    ("EXTRACT", (lit("YEARS"), T), "EXTRACT knows no unit YEARS", 0, "did you mean 'YEAR'?"),
    ("EXTRACT", (lit("YEAR"), S), "EXTRACT takes TIMESTAMP(3), not VARCHAR", 1, "CAST"),
    ("YEAR", (N,), "YEAR takes TIMESTAMP(3), not INT", 0, ""),
    ("TIMESTAMPDIFF", (S, T, T), "TIMESTAMPDIFF takes a unit that is written out", 0, ""),
    ("DATE_FORMAT", (T, S), "DATE_FORMAT takes a pattern that is written out", 1, ""),
    ("DATE_FORMAT", (T, lit("yyyy-MMM")), "zkql does not know MMM in a pattern", 1, "yyyy MM dd"),
    ("DATE_FORMAT", (T, lit("YYYY")), "zkql does not know YYYY in a pattern", 1, ""),
    ("DATE_FORMAT", (T, lit("[yyyy]")), "[ is reserved in a pattern", 1, ""),
    ("DATE_FORMAT", (T, lit("yyyy'Y")), "a quote in the pattern is not closed", 1, ""),
    ("TO_TIMESTAMP", (S, lit("MM-dd")), "the pattern has no year", 1, ""),
    ("TO_TIMESTAMP", (S, lit("yyyy yyyy")), "y stands in the pattern twice", 1, ""),
    ("LIKE", (S, S), "LIKE takes a pattern that is written out", 1, ""),
    ("LIKE", (S, lit("a"), lit("ab")), "ESCAPE takes one character", 2, ""),
    ("LIKE", (S, lit("a!b"), lit("!")), "! escapes %, _ or itself", 1, ""),
    ("LIKE", (S, lit("a!"), lit("!")), "! escapes %, _ or itself", 1, ""),
    ("LIKE", (N, lit("a")), "LIKE takes VARCHAR, not INT", 0, ""),
    ("REGEXP", (S, S), "REGEXP takes a regular expression that is written out", 1, ""),
    ("REGEXP", (S, lit("(a")), "in the regular expression: missing ): (a", 1, ""),
    ("REGEXP_EXTRACT", (S, lit("(a)"), lit(2)), "the regular expression has no group 2", 2, "it has 1"),
    ("REGEXP_EXTRACT", (S, lit("(a)"), lit(-1)), "the regular expression has no group -1", 2, ""),
    ("CAST", (N,), "CAST needs a type", None, ""),
    ("MD5", (S,), "there is no function MD5", None, ""),
]


@pytest.mark.parametrize(("name", "operands", "message", "blamed", "note"), REFUSED)
def test_wrong_calls_are_refused_with_a_reason(name, operands, message, blamed, note):
    with pytest.raises(FunctionError) as caught:
        call(name, operands)
    assert message in caught.value.message
    assert caught.value.operand == blamed
    assert note in " ".join(caught.value.notes)


@pytest.mark.parametrize("name", sorted(set(SCALARS) - set(CLOCKS) - {"CAST", "TRY_CAST"}))
def test_an_operand_that_was_refused_before_causes_no_second_error(name):
    cases = VALUES[name][0][0]
    operands = [o if isinstance(o, Literal) else column(typed_value(o).kind) for o in cases]
    for position, operand in enumerate(operands):
        if isinstance(operand, Column):
            call(name, (*operands[:position], Literal(None, NULL), *operands[position + 1 :]))
    call(name, tuple(o if isinstance(o, Literal) else Literal(None, NULL) for o in operands))


# --- errors of evaluation -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "operands", "message"),
    [
        ("+", (MAX, 1), r"2147483648 is outside INT: c0 \+ c1"),
        ("-", (MIN, 1), "-2147483649 is outside INT"),
        ("*", (2**62, 2), "is outside BIGINT"),
        ("/", (1, 0), "division by zero: c0 / c1"),
        ("/", (D("1.5"), D("0.0")), "division by zero"),
        ("/", (MIN, -1), "2147483648 is outside INT"),
        ("MOD", (1, 0), "division by zero"),
        ("NEGATE", (MIN,), "outside INT"),
        ("ABS", (MIN,), "outside INT"),
        ("ROUND", (MAX, lit(-1)), "2147483650 is outside INT"),
        ("*", (Typed(10**37, decimal(38, 0)), 10), r"outside DECIMAL\(38, 0\)"),
        ("+", (ts("9999-12-31 23:59:59.999"), iv(1)), r"outside TIMESTAMP\(3\)"),
        ("-", (ts("0001-01-01 00:00:00"), iv(1)), r"outside TIMESTAMP\(3\)"),
        ("*", (iv(10**9), 10**9), "outside INTERVAL"),
        ("TIMESTAMPADD", (lit("YEAR"), 8000, ts("2024-01-01 00:00:00")), "year 10024"),
        ("TIMESTAMPADD", (lit("MONTH"), MIN, ts("2024-01-01 00:00:00")), "year -"),
        (
            "TIMESTAMPDIFF",
            (lit("MILLISECOND"), ts("2024-01-01 00:00:00"), ts("2025-01-01 00:00:00")),
            "outside INT",
        ),
        ("REPEAT", ("ab", MAX), "a text of 4294967294 characters"),
        ("LPAD", ("ab", MAX, "x"), "a text of 2147483647 characters"),
        ("REPLACE", ("a" * 2000, "", "b" * 2000), "a text of"),
        ("CONCAT", ("a" * 999_999, "bc"), "a text of 1000001 characters"),
        ("CONCAT_WS", (",", "a" * 999_999, "bc"), "a text of"),
        ("SPLIT_INDEX", ("a", "", 0), "the separator is empty"),
        *((name, (), "nobody signs the machine's clock") for name in CLOCKS),
    ],
)
def test_what_has_no_value_is_an_error_that_names_the_expression(name, operands, message):
    expression, row = bound(name, *operands)
    with pytest.raises(EvaluationError, match=message):
        evaluate(expression, row)


def test_an_error_names_the_innermost_expression_once():
    quotient = call("/", (lit(1), column(INT)))
    with pytest.raises(EvaluationError) as caught:
        evaluate(call("+", (quotient, lit(1))), {"c": 0})
    assert str(caught.value) == "division by zero: 1 / c"


def test_a_function_of_another_program_has_no_value():
    with pytest.raises(EvaluationError, match="zkql has no function count_char"):
        evaluate(Call("count_char", (S,), NULL, nullable=True), {"c": "a"})


# --- comparison and three-valued logic ------------------------------------------------------------

THREE = (1, 0, None)


def truth(value: int | None) -> Literal:
    return Literal(value, BOOLEAN)


@pytest.mark.parametrize(("a", "b"), list(product(THREE, THREE)))
def test_and_or_not_are_kleenes(a, b):
    low = {0: 0, None: 1, 1: 2}
    back = [0, None, 1]
    assert evaluate(Logical(Connective.AND, (truth(a), truth(b))), {}) == back[min(low[a], low[b])]
    assert evaluate(Logical(Connective.OR, (truth(a), truth(b))), {}) == back[max(low[a], low[b])]
    assert evaluate(Not(truth(a)), {}) == back[2 - low[a]]
    assert holds(Logical(Connective.AND, (truth(a), truth(b))), {}) is (a == b == 1)


@pytest.mark.parametrize("operator", list(Comparator))
@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 2), (3, 2), (None, 2), (2, None), (None, None)])
def test_comparisons_with_null_are_null(operator, a, b):
    comparison = compare(operator, column(INT, "a", True), column(INT, "b", True))
    expected = {"=": "==", "<>": "!="}.get(operator, operator)
    want = None if a is None or b is None else int(eval(f"{a} {expected} {b}"))
    assert evaluate(comparison, {"a": a, "b": b}) == want


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        (D("1.50"), Comparator.EQUAL, D("1.5"), 1),
        (D("0.1"), Comparator.GREATER, 0, 1),
        (-1, Comparator.GREATER, D("-1.01"), 1),
        (2**62, Comparator.EQUAL, D("4611686018427387904.0"), 1),
        (2**62 + 1, Comparator.EQUAL, D("4611686018427387904.0"), 0),
        ("a", Comparator.LESS, "b", 1),
        ("a", Comparator.LESS, "B", 0),
        ("～", Comparator.LESS, "😀", 1),
        ("a", Comparator.LESS, "a ", 1),
        (True, Comparator.GREATER, False, 1),
        (iv(1), Comparator.LESS, iv(2), 1),
        (ts("2024-01-01 00:00:00"), Comparator.LESS, lit("2024-01-01 00:00:00.001"), 1),
        (lit("2024-01-01"), Comparator.EQUAL, ts("2024-01-01 00:00:00"), 1),
        (1, Comparator.EQUAL, lit(None), None),
    ],
)
def test_values_of_one_kind_are_compared_exactly(left, operator, right, expected):
    row, sides = {}, []
    for name, side in (("l", left), ("r", right)):
        if isinstance(side, Literal):
            sides.append(side)
        else:
            row[name] = typed_value(side).value
            sides.append(column(typed_value(side).kind, name))
    assert evaluate(compare(operator, *sides), row) == expected


@pytest.mark.parametrize(
    ("left", "right", "message", "blamed", "note"),
    [
        (N, lit("12"), "INT cannot be compared with VARCHAR", 1, "without quotes: 12"),
        (lit("12"), N, "VARCHAR cannot be compared with INT", 1, "without quotes: 12"),
        (N, lit("x"), "INT cannot be compared with VARCHAR", 1, "CAST(… AS VARCHAR)"),
        (T, S, "TIMESTAMP(3) cannot be compared with VARCHAR", 1, "CAST(… AS TIMESTAMP(3))"),
        (T, lit("noon"), "'noon' is not a timestamp", 1, ""),
        (lit("noon"), T, "'noon' is not a timestamp", 0, ""),
        (T, N, "TIMESTAMP(3) cannot be compared with INT", 1, ""),
        (column(BOOLEAN), lit("true"), "BOOLEAN cannot be compared with VARCHAR", 1, "without quotes"),
        (column(BOOLEAN), N, "BOOLEAN cannot be compared with INT", 1, ""),
        (column(INTERVAL), lit("10"), "cannot be compared", 1, "INTERVAL '10' SECOND"),
        (column(array(INT)), column(array(INT)), "ARRAY<INT> cannot be compared", 0, "what it holds"),
        (N, column(ROW), "cannot be compared", 1, ""),
    ],
)
def test_values_of_two_kinds_are_not_compared(left, right, message, blamed, note):
    with pytest.raises(FunctionError) as caught:
        compare(Comparator.EQUAL, left, right)
    assert message in caught.value.message
    assert caught.value.operand == blamed
    assert note in " ".join(caught.value.notes)


# --- laziness -------------------------------------------------------------------------------------

BOOM = compare(Comparator.EQUAL, call("/", (lit(1), N)), lit(1))  # an error where c = 0
IS_ZERO = compare(Comparator.EQUAL, N, lit(0))


def test_what_is_not_needed_is_not_evaluated():
    row = {"c": 0}
    quotient = call("/", (lit(1), N))
    assert evaluate(Logical(Connective.AND, (Not(IS_ZERO), BOOM)), row) == 0
    assert evaluate(Logical(Connective.OR, (IS_ZERO, BOOM)), row) == 1
    assert evaluate(call("CASE", (IS_ZERO, lit(-1), quotient)), row) == -1
    assert evaluate(call("CASE", (IS_ZERO, lit(-1), BOOM, lit(2), lit(3))), row) == -1
    assert evaluate(call("IF", (IS_ZERO, lit(-1), quotient)), row) == -1
    nullable = column(INT, "n", nullable=True)
    assert evaluate(call("COALESCE", (nullable, quotient)), {"c": 0, "n": 5}) == 5
    assert evaluate(call("/", (lit(1), call("NULLIF", (N, lit(0))))), row) is None


def test_what_is_needed_is_evaluated():
    row = {"c": 0, "n": None}
    nullable = column(INT, "n", nullable=True)
    unknown = compare(Comparator.EQUAL, nullable, lit(1))
    for expression in (
        Logical(Connective.AND, (BOOM, Not(IS_ZERO))),
        Logical(Connective.AND, (unknown, BOOM)),
        Logical(Connective.OR, (unknown, BOOM)),
        call("COALESCE", (nullable, call("/", (lit(1), N)))),
        call("+", (nullable, call("/", (lit(1), N)))),
        call("IS NULL", (call("/", (lit(1), N)),)),
    ):
        with pytest.raises(EvaluationError):
            evaluate(expression, row)


# --- date patterns --------------------------------------------------------------------------------


@given(
    st.datetimes(),
    st.sampled_from(["yyyy-MM-dd HH:mm:ss.SSS", "SSS'x'ss''mm HH dd/MM/yyyy", "uuuuMMddHHmmssSSS"]),
)
def test_a_pattern_reads_what_it_writes(moment, pattern):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    form = DateFormat.parsed(pattern)
    form.check_readable()
    assert form.read(form.write(moment)).replace(tzinfo=None) == moment


# --- speed ----------------------------------------------------------------------------------------


def test_no_regular_expression_takes_exponential_time():
    started = time.monotonic()
    for pattern in ("^(a|a)+$", "^(a+)+b", "(a|ab|b)*c", "(?:a?){20}a{20}"):
        try:
            value("REGEXP", "a" * 2000, lit(pattern))
        except FunctionError:
            continue
    value("LIKE", "a" * 2000 + "b", lit("%a" * 20 + "c%"))
    assert time.monotonic() - started < 10
