"""SQL's scalar expressions in circuits are what native evaluation makes of them, at the R1CS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.lowered import Subject, scope_of
from tests.operators import (
    COST,
    DATES,
    LATER,
    OPERATORS,
    PRICE,
    SURE,
    TIME,
    WORD,
    X,
    Y,
    all_of,
    any_of,
    call,
    compare,
    extract,
)
from tests.typed import expressions, number, private, random_row, text, word
from zkql.circuit.draft import Draft
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.expressions import Scope, holds, lower, support
from zkql.circuit.lower.refusals import NoCircuit, WideExpression
from zkql.plan.expressions import (
    Call,
    Expression,
    render,
)
from zkql.plan.scalar import EvaluationError
from zkql.plan.types import (
    INT,
    TIMESTAMP,
    VARCHAR,
    decimal,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_cost_no_more(name: str) -> None:
    expression, ceiling = OPERATORS[name]
    assert Subject.of(expression, capacity=1, guarded=False).constraints <= ceiling


def test_what_is_known_to_fit_is_not_checked() -> None:
    assert Subject.of(call("*", PRICE, COST), capacity=1, guarded=False).constraints == 1
    narrow = Draft(4).public("x", (4,), 0, 1000).linear
    draft = Draft(4)
    lower(call("+", X, number(1)), Scope(draft, {"x": Operand(narrow, None, INT)}))
    assert not draft.gadgets


def test_an_expression_is_lowered_and_checked_once() -> None:
    product = call("*", X, Y)
    once = Subject.of(product, capacity=1).constraints
    twice = all_of(compare(product, "=", X), any_of(SURE, compare(product, "=", Y)))
    assert Subject.of(twice, capacity=1).constraints <= once + 3 + 3 + 2


def test_time_in_a_window_costs_little() -> None:
    draft = Draft(4)
    time = draft.public("start", (4,), 1_767_225_600_000, 1_767_225_660_000).linear
    scope = Scope(draft, {"start": Operand(time, None, TIMESTAMP)})
    for field in DATES:
        assert lower(extract(field, TIME), scope).value.is_constant, field
    assert not draft.gadgets


# --- values ---------------------------------------------------------------------------------------


def evaluated(subject: Subject, rows) -> list[list[int]]:
    """1 where an expression has a value."""
    return [[int(not isinstance(o, EvaluationError)) for o in own] for own in subject.outcomes(rows)]


@pytest.mark.parametrize("seed", range(30))
def test_random_expressions_are_computed(seed: int) -> None:
    """Without compiling: a check that no honest prover passes has no bits to show, or no inverse."""
    random = Random(seed)
    for expression in expressions(seed, 12, 4 if seed % 4 else 5):
        subject = Subject.of(expression, capacity=6, spelled=seed % 2 == 1)
        for _ in range(3):
            rows = [random_row(random) for _ in range(6)]
            guards = evaluated(subject, rows)
            subject.check(rows, guards)
            for place in (p for p, known in enumerate(guards[0]) if not known):
                forced = [int(known or p == place) for p, known in enumerate(guards[0])]
                assert subject.computed(rows, [forced]) is None, f"{render(expression)} over {rows[place]}"


@pytest.mark.parametrize("seed", range(4))
def test_random_expressions_are_proven(seed: int) -> None:
    random = Random(seed)
    drawn = expressions(1000 + seed, 20, 3)
    small = [e for e in drawn if Subject.of(e, capacity=1).constraints <= 200]
    subject = Subject.of(*small, capacity=2, spelled=seed % 2 == 1)
    faults = 0
    for _ in range(16):
        rows = [random_row(random) for _ in range(2)]
        guards = evaluated(subject, rows)
        assert subject.bench.accepts(subject.check(rows, guards)), rows
        for position, own in enumerate(guards):
            for place in (p for p, known in enumerate(own) if not known):
                forced = [list(guard) for guard in guards]
                forced[position][place] = 1
                assert subject.refuses(rows, forced), f"{render(small[position])} over {rows[place]}"
                faults += 1
    assert faults


@pytest.mark.parametrize("spelled", [False, True])
def test_dates_are_right_on_every_kind_of_day(spelled: bool) -> None:
    """Around new year and leap days of every sort of year, and at both ends of time."""
    first, last = TIME.type.bounds
    years = [*range(1, 10), *range(1599, 1606), *range(1895, 1906), *range(1995, 2005), *range(9990, 10_000)]
    dates = [(1, 1), (1, 2), (1, 4), (2, 28), (3, 1), (7, 1), (12, 25), (12, 28), (12, 31)]
    starts = [datetime(year, month, day, tzinfo=UTC) for year in years for month, day in dates]
    times = [int((start - EPOCH) / timedelta(milliseconds=1)) for start in starts]
    day = 86_400_000
    times += [t + d for t in times for d in (-1, day, day - 1) if first <= t + d <= last] + [first, last]
    fields = [extract(field, TIME) for field in DATES]
    subject = Subject.of(*fields, capacity=len(times), guarded=False, spelled=spelled)
    subject.check([{"start": time} for time in times])


def test_nested_and_long_conditions_stay_small() -> None:
    """OR from left to right is nested as deep as it has operands; so may CASE be."""
    longest: Expression = compare(X, "=", number(0))
    chosen: Expression = Y
    for option in range(1, 200):
        longest = any_of(longest, compare(X, "=", number(option)))
        chosen = call("CASE", compare(X, "=", number(option)), number(option), chosen)
    assert Subject.of(longest, capacity=1, guarded=False).constraints == 200 + 2
    assert Subject.of(chosen, capacity=1, guarded=False).constraints <= 199 * 4


# --- what there is no circuit for --------------------------------------------------------------------

OPEN_TEXT = private("note", VARCHAR)

UNSUPPORTED: dict[str, tuple[Expression, str]] = {
    "a regular expression": (call("REGEXP", WORD, word("a+")), "REGEXP"),
    "inside": (all_of(SURE, compare(call("UPPER", WORD), "=", word("A"))), "UPPER"),
    "LIKE in the middle": (call("LIKE", WORD, word("%a%")), "LIKE"),
    "LIKE with any character": (call("LIKE", WORD, word("a_%")), "LIKE"),
    "text as a number": (call("CAST", WORD, to=INT), "CAST"),
    "a number as text": (call("CAST", X, to=text(11)), "CAST"),
    "a time as text": (call("CAST", TIME, to=VARCHAR), "CAST"),
    "months": (call("TIMESTAMPDIFF", word("MONTH"), TIME, LATER), "TIMESTAMPDIFF"),
    "a month later": (call("TIMESTAMPADD", word("MONTH"), number(1), TIME), "TIMESTAMPADD"),
    "text that is cut at a private place": (call("LEFT", WORD, X), "LEFT"),
    "text from its end": (call("SUBSTRING", WORD, number(-1)), "SUBSTRING"),
    "text without a length": (call("IS NULL", OPEN_TEXT), "note"),
    "long text as a value": (call("CASE", SURE, word("a dozen of letters"), WORD), "a dozen"),
    "the clock": (compare(call("NOW"), ">", TIME), "NOW"),
    "unknown code": (Call("mine", (X,), INT, nullable=True), "mine"),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_has_no_circuit_is_named(name: str) -> None:
    expression, part = UNSUPPORTED[name]
    refusal = support(expression)
    assert refusal is not None
    assert part in render(refusal.expression)
    assert refusal.reason


def test_what_has_a_circuit_is_supported() -> None:
    for expression, _ in OPERATORS.values():
        assert support(expression) is None


def test_public_parts_need_no_circuit() -> None:
    public = call("CHAR_LENGTH", call("UPPER", OPEN_TEXT))
    expression = compare(X, "<", public)
    assert support(expression) is not None
    assert support(expression, (public,)) is None
    draft = Draft(1)
    scope = scope_of(draft, (X,))
    known = draft.public("shown", (1,), 0, 99).linear
    shown = Scope(draft, scope.columns, {public: Operand(known, None, INT)})
    holds(expression, shown)
    assert len(draft.gadgets) == 1


def test_long_constants_may_be_compared() -> None:
    """Only the text that a column can hold must fit into a field element."""
    assert support(compare(WORD, "<", word("a dozen of letters"))) is None
    assert support(call("LIKE", WORD, word("a dozen of letters%"))) is None


def test_numbers_too_wide_for_the_field_are_named() -> None:
    wide = private("wide", decimal(38, 0))
    product = call("*", wide, call("+", wide, number(1)))
    with pytest.raises(WideExpression, match="wide") as failure:
        lower(compare(product, ">", number(0)), scope_of(Draft(1), (wide,)))
    assert failure.value.expression == product
    assert support(product) is None


def test_an_error_on_every_row_is_named() -> None:
    fault = call("/", number(1), number(0))
    with pytest.raises(NoCircuit, match="error on every row") as failure:
        lower(call("+", X, fault), scope_of(Draft(1), (X,)))
    assert failure.value.expression == fault
    assert support(call("+", X, fault)) is None
