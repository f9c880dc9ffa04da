"""TOP, BOTTOM, COLLECT_DISTINCT and MODE: exact, small, and no value is left out, repeated or made up."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from tests.gadgets import Bench
from tests.selections import Form, Row
from tests.statistic import Statistic, cost, statistic_shapes
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.slices import Item
from zkql.circuit.lists import items_of
from zkql.circuit.lower import lists
from zkql.circuit.lower.answer import ListAnswer, Operand
from zkql.circuit.lower.constants import operand_of
from zkql.circuit.lower.selection import Selection
from zkql.circuit.waksman import route
from zkql.circuit.wires import Environment, Linear
from zkql.plan.calls import Aggregation
from zkql.plan.expressions import Column, Literal
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import BIGINT, BOOLEAN, INT, TINYINT, SqlType

LOWERINGS = {
    Function.TOP: lists.top,
    Function.BOTTOM: lists.bottom,
    Function.COLLECT_DISTINCT: lists.collect_distinct,
    Function.MODE: lists.mode,
}
CALLS = {
    "TOP 2": (Function.TOP, 2, False),
    "BOTTOM 3": (Function.BOTTOM, 3, False),
    "TOP 9": (Function.TOP, 9, False),
    "TOP DISTINCT 2": (Function.TOP, 2, True),
    "BOTTOM DISTINCT 2": (Function.BOTTOM, 2, True),
    "COLLECT_DISTINCT": (Function.COLLECT_DISTINCT, None, False),
    "MODE": (Function.MODE, None, False),
}


def call_of(name: str, kind: SqlType = TINYINT) -> Aggregation:
    function, items, distinct = CALLS[name]
    constants = () if items is None else (Literal(items, INT),)
    return Aggregation(function, (Column("x0", kind, True), *constants), distinct=distinct)


@dataclass(frozen=True)
class Listed(Statistic):
    """A call whose value is a list, or MODE."""

    @classmethod
    def make_call(cls, call: Aggregation, *, form: Form, capacity: int, groups: int = 2) -> Listed:
        kind = call.arguments[0].type
        shapes = statistic_shapes({"x0": kind}, form, nullable=False, capacity=capacity, groups=groups)

        def build(draft: Draft, *wires: Linear) -> list[Linear]:
            named = dict(zip(shapes, wires, strict=True))
            member = named["member"].terms[0][0] if form.grouped else None
            selection = Selection(draft, named["rows"], named.get("mask"), member)
            operands = [Operand(named["x0"], None, kind), *map(operand_of, call.arguments[1:])]
            answer = LOWERINGS[call.function](selection, call, tuple(operands))
            assert answer.known is not None
            if isinstance(answer, ListAnswer):
                return [*_items(draft, answer, items_of(call, capacity)), answer.length, answer.known, *wires]
            return [answer.value, answer.known, *wires]

        bench = Bench.make(build, capacity=capacity, **shapes)
        return cls(bench, call, (kind,), form, nullable=False, capacity=capacity, groups=groups)

    def answers(self, rows: Sequence[Row]) -> list:
        results = self.bench.results(**self.inputs(rows))
        if self.call.function is Function.MODE:
            return [v if k else None for v, k in zip(*results[:2], strict=True)]
        size = items_of(self.call, self.capacity)
        items, (lengths, known) = results[:size], results[size : size + 2]
        for length, is_known in zip(lengths, known, strict=True):
            assert 0 <= length <= size
            assert bool(length) == bool(is_known)
        return [tuple(item[g] for item in items[:n]) or None for g, n in enumerate(lengths)]

    def told(self, rows: Sequence[Row], claimed: Iterator[tuple[str, Environment]]) -> list[str]:
        """Accepted lies about what is public: items behind the last are not shown."""
        honest = self.bench.solve(**self.inputs(rows))
        public = [p.name for p in self.bench.circuit.parameters if p.public]
        return [
            name
            for name, values in claimed
            if self.accepts(values) and any(values[p] != honest[p] for p in public)
        ]


@cache
def subject(name: str, form: Form = Form.ALL, capacity: int = 5, kind: SqlType = TINYINT) -> Listed:
    return Listed.make_call(call_of(name, kind), form=form, capacity=capacity)


def _items(draft: Draft, answer: ListAnswer, most: int) -> list[Linear]:
    """Each item on its own; a window of one slot has but one."""
    if most == 1:
        return [answer.items]
    return [draft.make(Item, "item", answer.items, place) for place in range(most)]


def of(*values: int) -> list[Row]:
    return [Row((v,)) for v in values]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", CALLS)
def test_a_list_is_what_sql_says(name: str, form: Form) -> None:
    of_call = subject(name, form)
    for rows in of_call.windows(1, 200):
        assert of_call.answers(rows) == of_call.meant(rows), rows


@pytest.mark.parametrize("capacity", [1, 2, 3, 8])
@pytest.mark.parametrize("name", CALLS)
def test_every_capacity_compiles_to_its_formula(name: str, capacity: int) -> None:
    of_call = subject(name, Form.BOTH if capacity < 3 else Form.MASKED, capacity)
    for rows in of_call.windows(2, 30):
        assert of_call.answers(rows) == of_call.meant(rows), rows


@pytest.mark.parametrize("kind", [BOOLEAN, BIGINT], ids=str)
@pytest.mark.parametrize("name", ["TOP 2", "COLLECT_DISTINCT", "MODE"])
def test_values_reach_the_ends_of_their_type(name: str, kind: SqlType) -> None:
    of_call, (low, high) = subject(name, kind=kind), kind.bounds
    for values in ((low, high, low), (high, high, low, high), (low,), (high,)):
        assert of_call.answers(of(*values)) == of_call.meant(of(*values))


# --- lies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", [n for n in CALLS if n != "TOP 9"])
def test_no_lie_is_accepted(name: str, form: Form) -> None:
    of_call = subject(name, form)
    pairs = ((3, 0), (-3, 1), (3, 1), (9, 0))
    rows = [Row((v,), selected=not form.masked or v != 9, group=g) for v, g in pairs]
    claimed = [*of_call.false_claims(rows), *of_call.changes(rows)]
    assert len(claimed) > 400
    assert of_call.told(rows, iter(claimed)) == []


THREE = of(4, -2, 4)
"""In slots 4 -2 4 4 4, of which the last two are no rows."""


@pytest.mark.parametrize(
    "name, honest, lies",
    [
        ("TOP 2", (4, 4), {"result_1": [-2]}),
        ("TOP 2", (4, 4), {"live_value": [1, 1, 1, 1, 1]}),
        ("TOP 9", (4, 4, -2), {"live_value": [1, 1, 1, 1, 0]}),
        ("TOP 9", (4, 4, -2), {"result_5": [2]}),
        ("BOTTOM 3", (-2, 4, 4), {"switches_value": route([0, 1, 2, 3, 4])}),
        ("BOTTOM 3", (-2, 4, 4), {"live_value": [1, 0, 1, 1, 0]}),
        ("TOP DISTINCT 2", (4, -2), {"starts_value": [1, 1, 1, 0, 0]}),
        ("COLLECT_DISTINCT", (-2, 4), {"starts_value": [1, 0, 0, 0, 0]}),
        ("COLLECT_DISTINCT", (-2, 4), {"result_5": [3]}),
        ("COLLECT_DISTINCT", (-2, 4), {"result_0": [4], "result_1": [-2]}),
        ("MODE", 4, {"mode_value": [-2, -2, -2, -2, -2]}),
        ("MODE", 4, {"result_0": [-2]}),
    ],
)
def test_another_list_is_refused(name: str, honest: object, lies: dict[str, list[int]]) -> None:
    of_call = subject(name)
    assert of_call.answers(THREE) == [honest]
    assert not of_call.claims(THREE, **lies)


def test_what_is_least_wins_among_equally_frequent() -> None:
    of_call, rows = subject("MODE"), of(5, 1, 5, 1, 9)
    assert of_call.answers(rows) == [1]
    for said in (5, 9, 0):
        assert not of_call.claims(rows, result_0=[said])
    assert not of_call.claims(rows, mode_value=[1, 1, 1, 5, 5])


def test_slots_without_rows_are_in_no_list() -> None:
    """They repeat the last row, which would be the mode and fill every list."""
    rows = of(1, 1, 7)
    assert subject("MODE").answers(rows) == [1]
    assert subject("TOP 9").answers(rows) == [(7, 1, 1)]
    assert not subject("MODE").claims(rows, result_0=[7])
    assert not subject("MODE").claims(rows, live_value=[1] * 5, result_0=[7])


def test_a_group_has_no_value_of_another() -> None:
    rows = [Row((v,), group=g) for v, g in ((1, 0), (9, 1), (2, 0))]
    of_call = subject("TOP 2", Form.GROUPED)
    assert of_call.answers(rows) == [(2, 1), (9,)]
    for lies in ({"ends_value": [3, 3]}, {"ends_value": [1, 3]}, {"result_0": [9, 9]}, {"result_2": [2, 2]}):
        assert not of_call.claims(rows, **lies)


# --- cost -----------------------------------------------------------------------------------------

FIGURES = {
    "TOP 2": (4_866, 4_967, 6_615, 7_615),
    "TOP DISTINCT 2": (6_785, 6_988, 10_004, 11_004),
    "BOTTOM DISTINCT 2": (6_450, 6_653, 10_004, 11_004),
    "COLLECT_DISTINCT": (6_635, 6_838, 14_460, 15_460),
    "MODE": (5_511, 5_812, 7_879, 8_879),
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_cost_is_as_said(name: str) -> None:
    """Over 100 rows of 32 bits, and 8 groups; the ceiling is 150 N + 1,000."""
    call = call_of(name, INT)
    found = tuple(cost(LOWERINGS[call.function], call, form=form) for form in Form)
    assert found == FIGURES[name]
    assert max(found) <= 150 * 100 + 1_000


def test_a_hundred_rows_compile_to_the_formula() -> None:
    of_call = subject("TOP DISTINCT 2", Form.MASKED, 100, INT)
    source = random.Random(6)
    rows = [Row((source.choice((-(2**31), 2**31 - 1, *range(40))),), bool(i % 3)) for i in range(90)]
    assert of_call.answers(rows) == of_call.meant(rows)
