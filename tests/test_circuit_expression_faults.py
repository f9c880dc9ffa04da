"""What is an error natively is refused by a circuit where it is evaluated, and only there. No lie passes."""

from __future__ import annotations

import pytest

from tests.lowered import Subject, outcome
from tests.operators import (
    COST,
    MAYBE,
    OPERATORS,
    PRICE,
    SURE,
    TIME,
    X,
    Y,
    Z,
    all_of,
    any_of,
    call,
    compare,
    is_in,
)
from tests.typed import NAMED, number
from zkql.plan.expressions import Expression, Literal, render
from zkql.plan.scalar import EvaluationError
from zkql.plan.types import BIGINT, INTERVAL, SMALLINT, TINYINT, decimal

LEAST, MOST = X.type.bounds
ROW = {
    "x": 7, "y": -3, "z": None, "sure": 1, "maybe": 0, "price": 12_345, "cost": 250, "tiny": 5, "small": -9,
    "long": 2, "longer": 3, "start": 1_767_225_600_000, "later": 1_767_312_000_123, "word": "abc",
    "name": "ab", "exact": 5,
}  # fmt: skip
"""A row on which everything has a value."""
OTHER = ROW | {
    "x": LEAST, "y": MOST, "z": 5, "sure": 0, "maybe": None, "price": -9_999_999, "cost": None, "word": "",
    "name": None, "start": -62_135_596_800_000, "later": 253_402_300_799_999, "exact": -(10**30) + 1,
}  # fmt: skip
"""One with extremes and NULLs."""

# --- lies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelled", [False, True])
@pytest.mark.parametrize("first", range(0, len(OPERATORS), 7))
def test_lies_are_rejected(first: int, spelled: bool) -> None:
    names = list(OPERATORS)[first : first + 7]
    subject = Subject.of(*(OPERATORS[name][0] for name in names), capacity=2, spelled=spelled)
    rows = (ROW, OTHER)
    guards = [[int(not isinstance(o, EvaluationError)) for o in own] for own in subject.outcomes(rows)]
    honest = subject.flat(subject.check(rows, guards))
    told = 0
    for lie, values in subject.attempts(rows, guards):
        if subject.flat(values) != honest:
            assert not subject.bench.accepts(values), lie
            told += 1
    assert told > 100


# --- errors ---------------------------------------------------------------------------------------

DOZEN = number(12)
FAULTS: dict[str, tuple[Expression, dict[str, object]]] = {
    "sum too large": (call("+", X, Y), {"x": MOST, "y": 1}),
    "sum too small": (call("+", X, Y), {"x": LEAST, "y": -1}),
    "difference": (call("-", X, Y), {"x": MOST, "y": -1}),
    "one more": (call("+", X, number(1)), {"x": MOST}),
    "product": (call("*", X, Y), {"x": LEAST, "y": -1}),
    "negation": (call("NEGATE", X), {"x": LEAST}),
    "magnitude": (call("ABS", X), {"x": LEAST}),
    "division by zero": (call("/", X, Y), {"y": 0}),
    "zero by zero": (call("/", X, Y), {"x": 0, "y": 0}),
    "remainder by zero": (call("MOD", X, Y), {"y": 0}),
    "quotient": (call("/", X, Y), {"x": LEAST, "y": -1}),
    "decimal division by zero": (call("/", PRICE, COST), {"cost": 0}),
    "cast": (call("CAST", X, to=SMALLINT), {"x": 32_768}),
    "cast below": (call("CAST", X, to=TINYINT), {"x": -129}),
    "cast of a decimal": (call("CAST", PRICE, to=TINYINT), {"price": 12_800}),
    "rounded up": (call("CAST", PRICE, to=decimal(6, 1)), {"price": 9_999_995}),
    "rounded down": (call("CAST", PRICE, to=decimal(6, 1)), {"price": -9_999_995}),
    "exact": (call("CAST", NAMED["exact"], to=decimal(20, 0)), {"exact": 10**30 - 1}),
    "later than time": (call("+", TIME, Literal(1, INTERVAL)), {"start": TIME.type.bounds[1]}),
    "earlier than time": (call("-", TIME, Literal(1, INTERVAL)), {"start": TIME.type.bounds[0]}),
    "interval": (call("*", Literal(86_400_000, INTERVAL), NAMED["long"]), {"long": 10**9}),
    "unused": (call("IS NULL", call("+", X, Y)), {"x": MOST, "y": MOST}),
    "beside NULL": (call("COALESCE", call("+", Z, number(1)), number(0)), {"z": MOST}),
    "in a list": (is_in(call("*", X, Y), number(1), number(2)), {"x": MOST, "y": MOST}),
    "tried outside": (call("TRY_CAST", call("+", X, Y), to=BIGINT), {"x": MOST, "y": MOST}),
    "second of AND": (all_of(SURE, compare(call("/", X, Y), ">", number(1))), {"y": 0}),
    "after NULL in AND": (all_of(MAYBE, compare(call("/", X, Y), ">", number(1))), {"maybe": None, "y": 0}),
    "second of OR": (any_of(MAYBE, compare(call("/", X, Y), ">", number(1))), {"y": 0}),
    "chosen": (call("CASE", SURE, call("/", X, Y), number(0)), {"y": 0}),
    "otherwise": (call("CASE", MAYBE, number(0), call("/", X, Y)), {"maybe": None, "y": 0}),
    "replaces NULL": (call("COALESCE", Z, call("/", X, Y)), {"z": None, "y": 0}),
    "greatest": (call("GREATEST", X, call("/", X, Y)), {"y": 0}),
}  # fmt: skip
"""What is an error, and on which rows."""


@pytest.fixture(scope="module")
def faults() -> Subject:
    return Subject.of(*(expression for expression, _ in FAULTS.values()), capacity=1, guarded=True)


@pytest.mark.parametrize("name", FAULTS)
def test_errors_are_refused_where_they_are_evaluated(name: str, faults: Subject) -> None:
    expression, changes = FAULTS[name]
    row = ROW | changes
    assert isinstance(outcome(expression, row), EvaluationError)
    guards = [[0]] * len(FAULTS)
    assert faults.bench.accepts(faults.check([row], guards))
    position = list(FAULTS).index(name)
    guards[position] = [1]
    assert faults.bench.accepts(faults.check([ROW], guards))
    assert faults.computed([row], guards) is None
    assert faults.refuses([row], guards)


@pytest.mark.parametrize("name", FAULTS)
def test_no_lie_makes_up_for_an_error(name: str) -> None:
    """Every output of every gadget may be a lie."""
    expression, changes = FAULTS[name]
    subject = Subject.of(expression, capacity=1, guarded=False)
    assert subject.bench.accepts(subject.check([ROW]))
    for lie, values in subject.attempts([ROW | changes]):
        assert not subject.bench.accepts(values), lie


# --- what is not evaluated ------------------------------------------------------------------------

RISKY = call("/", X, Y)
SPARED: dict[str, tuple[Expression, dict[str, object]]] = {
    "AND": (all_of(compare(Y, "<>", number(0)), compare(RISKY, ">", number(1))), {"y": 0}),
    "AND, third": (all_of(MAYBE, SURE, compare(RISKY, ">", number(1))), {"maybe": None, "sure": 0, "y": 0}),
    "OR": (any_of(compare(Y, "=", number(0)), compare(RISKY, ">", number(1))), {"y": 0}),
    "CASE": (call("CASE", compare(Y, "=", number(0)), number(0), RISKY), {"y": 0}),
    "CASE, second": (
        call("CASE", MAYBE, number(1), compare(Y, "=", number(0)), number(0), RISKY),
        {"maybe": None, "y": 0},
    ),
    "CASE, a later condition": (
        call("CASE", SURE, number(1), compare(RISKY, "=", number(1)), number(0), X),
        {"y": 0},
    ),
    "COALESCE": (call("COALESCE", Z, RISKY), {"z": 1, "y": 0}),
    "NULLIF": (call("/", X, call("NULLIF", Y, number(0))), {"y": 0}),
    "NULL": (call("/", Z, Y), {"z": None, "y": 1}),
    "NULL divisor": (call("MOD", X, Z), {"z": None}),
    "an error in a constant": (call("CASE", SURE, X, call("/", number(1), number(0))), {}),
    "IN, when found": (
        any_of(compare(Y, "=", number(0)), compare(Y, "=", number(1)), compare(RISKY, "=", X)),
        {"y": 0},
    ),
}
"""Errors that SQL does not meet."""


def test_what_is_not_evaluated_is_no_error() -> None:
    subject = Subject.of(*(expression for expression, _ in SPARED.values()), capacity=1, guarded=False)
    rows = [ROW | changes for _, changes in SPARED.values()]
    for expression, row in zip(subject.expressions, rows, strict=True):
        assert not isinstance(outcome(expression, row), EvaluationError), render(expression)
    for row in rows:
        if not any(isinstance(o, EvaluationError) for (o,) in subject.outcomes([row])):
            assert subject.bench.accepts(subject.check([row]))
