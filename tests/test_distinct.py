"""Aggregates of different values: exact, small, and no value is counted twice, left out or made up."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from itertools import permutations

import pytest

from tests.gadgets import Bench
from tests.selections import Form, Lowering, Row
from tests.statistic import Statistic, cost, over
from tests.test_sorting import claims
from zkql.circuit.draft import Draft
from zkql.circuit.lower import basic, bits, distinct, moments
from zkql.circuit.lower.ordered import first_of_each
from zkql.circuit.lower.selection import Selection
from zkql.circuit.waksman import route
from zkql.circuit.wires import Linear
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import BIGINT, BOOLEAN, INT, TINYINT, SqlType, decimal

DIRECT: dict[Function, Lowering] = {
    Function.COUNT: distinct.count_distinct,
    Function.SUM: distinct.sum_distinct,
    Function.AVG: distinct.average_distinct,
}
NARROWED: dict[Function, Lowering] = {
    Function.COUNT: distinct.of_distinct(basic.count),
    Function.VAR_SAMP: distinct.of_distinct(moments.covariance),
    Function.BIT_XOR: distinct.of_distinct(bits.bitwise),
}
CASES = [(f, low, form) for table in (DIRECT, NARROWED) for f, low in table.items() for form in Form]


@cache
def subject(
    function: Function,
    lowering: Lowering,
    form: Form = Form.ALL,
    kind: SqlType = TINYINT,
    *,
    capacity: int = 5,
    nullable: bool = False,
) -> Statistic:
    call = replace(over(function, kind), distinct=True)
    return Statistic.of(lowering, call, form=form, capacity=capacity, nullable=nullable)


def of(*values: int | None, **more: int) -> list[Row]:
    return [Row((v,), **more) for v in values]


@pytest.mark.parametrize("function, lowering, form", CASES)
def test_what_is_different_counts_once(function: Function, lowering: Lowering, form: Form) -> None:
    of_call = subject(function, lowering, form, nullable=form.masked)
    for rows in of_call.windows(1, 200):
        assert of_call.answers(rows) == of_call.meant(rows), rows


@pytest.mark.parametrize("kind", [BOOLEAN, BIGINT, decimal(38, 4)], ids=str)
def test_values_of_any_type_are_told_apart(kind: SqlType) -> None:
    low, high = kind.bounds
    of_call = subject(Function.COUNT, distinct.count_distinct, kind=kind)
    for values in ((low, high), (low, low, high, high), (high,), (low, 0, 1), ()):
        assert of_call.answers(of(*values)) == [len(set(values))]


@pytest.mark.parametrize("capacity", [1, 2, 3])
@pytest.mark.parametrize("form", [Form.MASKED, Form.GROUPED])
def test_every_capacity_compiles_to_its_formula(form: Form, capacity: int) -> None:
    for function, lowering in (*DIRECT.items(), (Function.COUNT, NARROWED[Function.COUNT])):
        of_call = subject(function, lowering, form, capacity=capacity)
        for rows in of_call.windows(3, 20):
            assert of_call.answers(rows) == of_call.meant(rows), rows


# --- lies -----------------------------------------------------------------------------------------


LIED_ABOUT = [case for case in CASES if case[0] in (Function.COUNT, Function.SUM)]


@pytest.mark.parametrize("function, lowering, form", LIED_ABOUT)
def test_no_lie_is_accepted(function: Function, lowering: Lowering, form: Form) -> None:
    of_call = subject(function, lowering, form, nullable=form.masked)
    rows = [Row((v,), selected=v != 9, group=g) for v, g in ((3, 0), (-3, 1), (3, 1), (9, 0))]
    claimed = [*of_call.false_claims(rows), *of_call.changes(rows)]
    assert len(claimed) > 400
    honest = of_call.bench.solve(**of_call.inputs(rows))
    told = [name for name, values in claimed if of_call.accepts(values) and _differs(of_call, values, honest)]
    assert told == []


def _differs(of_call: Statistic, values: dict, honest: dict) -> bool:
    """Equal values may change places; nothing public changes then."""
    public = [p.name for p in of_call.bench.circuit.parameters if p.public]
    return any(values[name] != honest[name] for name in public)


COUNTED = of(2, 1, 2)
"""Two different values, in slots 2 1 2 2 2; sorted, 1 2 2 2 2."""


@pytest.mark.parametrize(
    "lies",
    [
        {"switches_value": route([0, 1, 2, 3, 4])},
        {"starts_value": [1, 1, 1, 0, 0]},
        {"starts_value": [1, 0, 0, 0, 0]},
        {"starts_value": [0, 1, 0, 0, 0]},
        {"result_0": [3]},
        {"result_0": [1]},
    ],
    ids=["unsorted", "cut", "joined", "no first", "one more", "one less"],
)
def test_another_count_is_refused(lies: dict[str, list[int]]) -> None:
    of_call = subject(Function.COUNT, distinct.count_distinct)
    assert of_call.answers(COUNTED) == [2]
    assert not of_call.claims(COUNTED, **lies)


@pytest.mark.parametrize("lowering", [distinct.count_distinct, NARROWED[Function.COUNT]])
def test_rows_that_are_not_selected_are_no_value(lowering: Lowering) -> None:
    """They have a key beyond all values; it is one run more, which is taken off."""
    of_call = subject(Function.COUNT, lowering, Form.MASKED)
    rows = [Row((2,)), Row((1,), selected=False), Row((2,)), Row((7,), selected=False)]
    assert of_call.answers(rows) == [1]
    made = {w.name: w for g in of_call.bench.circuit.gadgets for w in g.outputs}
    for name in ("equal_value", "starts_value", "switches_value"):
        size = made[name].dims[0] if made.get(name) and made[name].dims else 1
        for place in range(size if name in made else 0):
            honest = of_call.bench.solve(**of_call.inputs(rows))
            wrong = [1 - v if i == place else v for i, v in enumerate(honest[name])]
            assert not of_call.claims(rows, **{name: wrong, "result_0": [2]})
            assert not of_call.claims(rows, **{name: wrong, "result_0": [0]})


def test_slots_without_rows_are_no_value() -> None:
    for form in Form:
        of_call = subject(Function.COUNT, distinct.count_distinct, form)
        assert set(of_call.answers([])) == {0}
        assert not of_call.claims([], result_0=[1] * len(of_call.answers([])))


def test_the_first_row_of_each_value_stands_for_it() -> None:
    def build(draft: Draft, x: Linear, rows: Linear) -> list[Linear]:
        mask = first_of_each(Selection(draft, rows), x).mask
        assert mask is not None
        return [mask, x, rows]

    bench = Bench.make(build, capacity=5, x=((5,), 0, 9), rows=((), 0, 5))
    inputs = {"x": [4, 4, 3, 4, 4], "rows": [4]}
    assert bench.results(**inputs)[0] == [1, 0, 1, 0, 0]
    assert bench.results(**inputs | {"rows": [0]})[0] == [0] * 5
    for sources in permutations(range(5)):
        accepted = claims(bench, inputs, switches_value=route(list(sources)))
        assert accepted == (sources == (2, 0, 1, 3, 4))


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function, lowering, figures",
    [
        (Function.COUNT, distinct.count_distinct, (4_616, 4_819, 6_861, 7_861)),
        (Function.SUM, distinct.sum_distinct, (4_715, 4_918, 6_985, 7_985)),
        (Function.AVG, distinct.average_distinct, (4_777, 4_980, 8_653, 9_653)),
        (Function.COUNT, NARROWED[Function.COUNT], (6_852, 6_952, 7_748, 7_948)),
    ],
)
def test_the_cost_is_as_said(function: Function, lowering: Lowering, figures: tuple[int, ...]) -> None:
    """Over 100 rows of 32 bits, and 8 groups; the ceiling is 150 N + 1,000."""
    call = replace(over(function, INT), distinct=True)
    found = tuple(cost(lowering, call, form=form) for form in Form)
    assert found == figures
    assert max(found) <= 150 * 100 + 1_000


def test_a_hundred_rows_compile_to_the_formula() -> None:
    call = replace(over(Function.COUNT, INT), distinct=True)
    of_call = Statistic.of(distinct.count_distinct, call, form=Form.MASKED, capacity=100)
    source = random.Random(5)
    rows = [Row((source.choice((-(2**31), 2**31 - 1, *range(40))),), bool(i % 3)) for i in range(90)]
    assert of_call.answers(rows) == of_call.meant(rows)
