"""Interval analysis: no value is ever outside its bounds, and the bounds are tight where they can be."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zkql.plan.bounds import bits_of_range, bounds_of, may_overflow
from zkql.plan.expressions import (
    Column,
    Comparator,
    Connective,
    Expression,
    Literal,
    Logical,
    Not,
    calls_of,
    render,
)
from zkql.plan.functions.base import TEXT
from zkql.plan.functions.scalars import SCALARS, call, compare
from zkql.plan.functions.temporal import CLOCKS
from zkql.plan.scalar import EvaluationError, evaluate
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
    parse_timestamp,
)

COLUMNS = {
    "tiny": TINYINT,
    "small": SMALLINT,
    "int": INT,
    "big": BIGINT,
    "cents": decimal(9, 2),
    "fine": decimal(12, 6),
    "huge": decimal(38, 10),
    "flag": BOOLEAN,
    "other": BOOLEAN,
    "time": TIMESTAMP,
    "later": TIMESTAMP,
    "length": INTERVAL,
    "text": SqlType(Kind.VARCHAR, 12),
    "word": VARCHAR,
}
columns = {
    name: Column(name, kind, private=False, nullable=name not in ("int", "flag"))
    for name, kind in COLUMNS.items()
}


LITERALS = {
    "number": [TINYINT, INT, BIGINT, decimal(3, 1), decimal(5, 5), decimal(38, 0)],
    "condition": [BOOLEAN],
    "time": [TIMESTAMP],
    "length": [INTERVAL],
    "text": [VARCHAR],
}
LEAVES = {
    "number": ["tiny", "small", "int", "big", "cents", "fine", "huge"],
    "condition": ["flag", "other"],
    "time": ["time", "later"],
    "length": ["length"],
    "text": ["text", "word"],
}
TARGETS = [TINYINT, SMALLINT, INT, BIGINT, decimal(4, 2), decimal(38, 6), decimal(2, 2)]
UNITS = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOW", "DOY", "HOUR", "MINUTE", "MILLISECOND", "EPOCH"]
COUNTED = ["YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "SECOND"]
CALLS = {
    "number": [
        *((name, "number", "number") for name in ("+", "-", "*", "/", "MOD", "NULLIF", "COALESCE", "IFNULL")),
        *((name, "number") for name in ("NEGATE", "ABS", "SIGN", "FLOOR", "CEIL", "ROUND", "TRUNCATE")),
        *((name, "number", "digits") for name in ("ROUND", "TRUNCATE")),
        *((name, "number", "number", "number") for name in ("GREATEST", "LEAST", "COALESCE")),
        ("CASE", "condition", "number", "condition", "number", "number"),
        ("IF", "condition", "number", "null"),
        ("CAST", "number"),
        ("CAST", "condition"),
        ("TRY_CAST", "number"),
        ("TRY_CAST", "text"),
        ("EXTRACT", "unit", "time"),
        ("TIMESTAMPDIFF", "counted", "time", "time"),
        ("CHAR_LENGTH", "text"),
        *((name, "text", "text") for name in ("POSITION", "LOCATE", "INSTR")),
    ],
    "condition": [
        *((operator, side, side) for operator in Comparator for side in ("number", "time", "length", "text")),
        *((connective, "condition", "condition", "condition") for connective in Connective),
        *((name, "condition") for name in ("NOT", "IS NULL", "IS TRUE", "IS FALSE")),
        ("IS NULL", "number"),
        ("CAST", "number"),
        ("STARTSWITH", "text", "text"),
        ("CASE", "condition", "condition", "null"),
    ],
    "time": [
        ("+", "time", "length"),
        ("-", "time", "length"),
        ("TIMESTAMPADD", "counted", "digits", "time"),
        ("TO_TIMESTAMP", "text"),
        ("CASE", "condition", "time", "time"),
        ("GREATEST", "time", "time"),
    ],
    "length": [
        ("-", "time", "time"),
        ("*", "length", "digits"),
        ("NEGATE", "length"),
        ("+", "length", "length"),
    ],
    "text": [
        ("TRIM", "text"),
        ("UPPER", "text"),
        ("||", "text", "text"),
        ("CAST", "number"),
        ("CAST", "time"),
    ],
}
"""Calls that give a sort of value, and the sorts of their operands."""


class Maker:
    """Random expressions and rows."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def expression(self, sort: str, depth: int) -> Expression:
        match sort:
            case "null":
                return Literal(None, NULL)
            case "unit" | "counted":
                return Literal(self.rng.choice(UNITS if sort == "unit" else COUNTED), VARCHAR)
            case "digits":
                return Literal(self.rng.randrange(-4, 9), INT)
        if not depth or self.rng.random() < 0.15:
            return self._leaf(sort)
        name, *sorts = self.rng.choice(CALLS[sort])
        operands = tuple(self.expression(s, depth - 1) for s in sorts)
        match name:
            case Comparator():
                return compare(name, *operands)
            case Connective():
                return Logical(name, operands)
            case "NOT":
                return Not(operands[0])
            case "CAST" | "TRY_CAST":
                targets = {"number": TARGETS, "condition": [BOOLEAN], "text": [VARCHAR]}[sort]
                return call(name, operands, to=self.rng.choice(targets))
        return call(name, operands)

    def _leaf(self, sort: str) -> Expression:
        if self.rng.random() < 0.7:
            return columns[self.rng.choice(LEAVES[sort])]
        kind = self.rng.choice(LITERALS[sort])
        return Literal(None if self.rng.random() < 0.1 else self.value(kind), kind)

    def value(self, kind: SqlType) -> Value:
        if kind.kind is Kind.VARCHAR:
            return self.rng.choice(["", "a", "12", "a,b", "-3.75", "2024-02-29", "x" * 12])
        low, high = kind.bounds
        near = 10**12 if kind in (TIMESTAMP, INTERVAL) else 20
        if self.rng.random() < 0.7:
            return self.rng.randint(max(low, -near), min(high, near))
        return self.rng.choice([low, high, self.rng.randint(low, high)])

    def row(self) -> dict[str, Value | None]:
        return {
            name: None if column.nullable and self.rng.random() < 0.15 else self.value(column.type)
            for name, column in columns.items()
        }


def made(seeds: range) -> Iterator[tuple[Maker, Expression]]:
    for seed in seeds:
        maker = Maker(seed)
        yield maker, maker.expression(maker.rng.choice(list(CALLS)), maker.rng.randrange(1, 5))


def test_every_value_is_within_its_bounds():
    """And of its type, and not NULL where the expression says that it is not."""
    found = 0
    for maker, expression in made(range(3000)):
        bounds = bounds_of(expression)
        assert (bounds is None) is not expression.type.is_bounded
        for row in (maker.row(), maker.row(), maker.row()):
            try:
                value = evaluate(expression, row)
            except EvaluationError:
                continue
            if value is None:
                assert expression.nullable, (render(expression), row)
                continue
            found += 1
            assert type(value) in (int, str)
            assert expression.type.contains(value), (render(expression), row)
            if bounds is not None:
                assert bounds[0] <= value <= bounds[1], (render(expression), row)
    assert found > 3000


def test_bounds_are_those_of_the_type_or_narrower():
    for _, expression in made(range(3000)):
        bounds = bounds_of(expression)
        if bounds is not None:
            low, high = expression.type.bounds
            assert low <= bounds[0] <= bounds[1] <= high


def test_what_is_known_of_columns_narrows_the_bounds():
    for maker, expression in made(range(3000, 5000)):
        row = maker.row()
        known = {
            name: (value - maker.rng.randrange(50), value + maker.rng.randrange(50))
            for name, value in row.items()
            if isinstance(value, int)
        }
        narrow, wide = bounds_of(expression, known), bounds_of(expression)
        try:
            value = evaluate(expression, row)
        except EvaluationError:
            continue
        if narrow is not None and wide is not None and value is not None:
            assert wide[0] <= narrow[0] <= value <= narrow[1] <= wide[1], (render(expression), row)


def test_what_cannot_overflow_does_not():
    sure = 0
    for maker, expression in made(range(5000, 8000)):
        calls = calls_of(expression)
        if any(may_overflow(c) or c.function == "TIMESTAMPADD" for c in calls):
            continue
        sure += bool(calls)
        for row in (maker.row(), maker.row()):
            try:
                evaluate(expression, row)
            except EvaluationError as error:
                if "is outside" in str(error):
                    pytest.fail(f"{error} in {render(expression)} on {row}")
    assert sure > 500


A, B, C = (Column(name, INT, private=False) for name in "abc")
CENTS = Column("m", decimal(9, 2), private=False)
KNOWN = {"a": (-3, 7), "b": (2, 5), "c": (-10, -4), "m": (-150, 275)}


def lit(value: int, kind: SqlType = INT) -> Literal:
    return Literal(value, kind)


def time(text: str) -> int:
    return parse_timestamp(text)


T = Column("t", TIMESTAMP, private=False)
DAYS = {"t": (time("2024-02-28 22:00:00"), time("2024-03-01 01:00:00"))}


@pytest.mark.parametrize(
    ("expression", "bounds"),
    [
        (A, (-3, 7)),
        (lit(5), (5, 5)),
        (call("+", (A, B)), (-1, 12)),
        (call("-", (A, B)), (-8, 5)),
        (call("*", (A, B)), (-15, 35)),
        (call("*", (A, C)), (-70, 30)),
        (call("*", (C, C)), (16, 100)),
        (call("/", (A, B)), (-1, 3)),
        (call("/", (lit(100), C)), (-25, -10)),
        (call("/", (lit(100), A)), (-100, 100)),
        (call("/", (A, lit(0))), (0, 0)),
        (call("MOD", (A, B)), (-3, 4)),
        (call("MOD", (B, lit(10))), (2, 5)),
        (call("MOD", (C, lit(3))), (-2, 0)),
        (call("MOD", (lit(7), A)), (0, 6)),
        (call("NEGATE", (A,)), (-7, 3)),
        (call("ABS", (A,)), (0, 7)),
        (call("ABS", (C,)), (4, 10)),
        (call("SIGN", (A,)), (-1, 1)),
        (call("SIGN", (B,)), (1, 1)),
        (call("+", (A, CENTS)), (-450, 975)),
        (call("*", (A, CENTS)), (-1050, 1925)),
        (call("FLOOR", (CENTS,)), (-2, 2)),
        (call("CEIL", (CENTS,)), (-1, 3)),
        (call("ROUND", (CENTS,)), (-2, 3)),
        (call("ROUND", (CENTS, lit(1))), (-15, 28)),
        (call("TRUNCATE", (CENTS,)), (-1, 2)),
        (call("ROUND", (A, lit(-1))), (0, 10)),
        (call("CASE", (compare(Comparator.LESS, A, B), A, C)), (-10, 7)),
        (call("CASE", (compare(Comparator.LESS, A, B), B, Literal(None, NULL))), (2, 5)),
        (call("NULLIF", (B, lit(3))), (2, 5)),
        (call("GREATEST", (A, B, C)), (2, 7)),
        (call("LEAST", (A, B, C)), (-10, -4)),
        (call("CAST", (A,), to=decimal(5, 2)), (-300, 700)),
        (call("CAST", (CENTS,), to=INT), (-1, 2)),
        (call("CAST", (CENTS,), to=decimal(3, 1)), (-15, 28)),
        (call("CAST", (A,), to=BOOLEAN), (0, 1)),
        (call("CAST", (B,), to=BOOLEAN), (1, 1)),
        (call("CAST", (Column("x", BIGINT, False),), to=TINYINT), (-128, 127)),
        (call("EXTRACT", (Literal("YEAR", VARCHAR), T)), (2024, 2024)),
        (call("EXTRACT", (Literal("HOUR", VARCHAR), T)), (0, 23)),
        (call("EXTRACT", (Literal("EPOCH", VARCHAR), T)), tuple(end // 1000 for end in DAYS["t"])),
        (call("TIMESTAMPDIFF", (Literal("HOUR", VARCHAR), T, T)), (-27, 27)),
        (call("-", (T, T)), (-97_200_000, 97_200_000)),
        (call("+", (T, Literal(1, INTERVAL))), tuple(end + 1 for end in DAYS["t"])),
        (compare(Comparator.LESS, A, B), (0, 1)),
        (call("IS NULL", (A,)), (0, 0)),
        (call("CHAR_LENGTH", (columns["text"],)), (0, 12)),
        (call("POSITION", (columns["word"], columns["text"])), (0, 12)),
        (call("CHAR_LENGTH", (columns["word"],)), (0, 2**31 - 1)),
        (Literal(None, INT), (0, 0)),
        (call("+", (A, Literal(None, INT))), (0, 0)),
        (call("+", (A, Column("x", NULL, False, nullable=True))), (0, 0)),
        (call("ABS", (call("/", (A, lit(0))),)), (0, 0)),
        (call("COALESCE", (Column("x", NULL, False, nullable=True), A)), (-3, 7)),
        (columns["word"], None),
        (call("UPPER", (columns["word"],)), None),
        (Literal(None, NULL), None),
        (Column("l", array(INT), False), None),
    ],
    ids=lambda value: str(value) if isinstance(value, tuple) else None,
)
def test_bounds_are_tight(expression, bounds):
    assert bounds_of(expression, KNOWN | DAYS) == bounds


def test_no_function_of_numbers_was_forgotten():
    """Those without a rule read text, or can be all that their type can."""
    ruleless = {name for name, f in SCALARS.items() if f.bounds is None and f.compile is not None}
    reads_text = {name for name, f in SCALARS.items() if TEXT in f.parameters}
    assert ruleless - reads_text == {"IS TRUE", "IS FALSE", "ARRAY_CONTAINS", *CLOCKS}
    assert ruleless & {"POSITION", "CHAR_LENGTH", "EXTRACT", "TIMESTAMPDIFF"} == set()


def test_bounds_end_at_the_type_because_more_is_an_error():
    total = call("+", (A, A))
    assert bounds_of(total) == INT.bounds
    assert may_overflow(total)
    assert not may_overflow(total, KNOWN)
    assert bounds_of(total, {"a": (2**31 - 1, 2**31 - 1)}) == (0, 0)  # always an error


@pytest.mark.parametrize(
    ("values", "bits"), [((0, 0), 0), ((5, 5), 0), ((0, 1), 1), ((-1, 0), 1), ((0, 255), 8), ((-128, 128), 9)]
)
def test_bits_hold_the_offset_of_every_value(values, bits):
    assert bits_of_range(values) == bits


@given(st.integers(), st.integers(0, 2**70))
@example(0, 0)
def test_bits_are_as_few_as_can_be(low, size):
    bits = bits_of_range((low, low + size))
    assert size < 2**bits
    assert not bits or size >= 2 ** (bits - 1)
