"""MIN and MAX: exact, small, and no other value can be claimed."""

from __future__ import annotations

from itertools import product

import pytest

from tests.gadgets import Bench, truncate
from tests.selections import Form, Row
from tests.statistic import Battery, Statistic, cost, over
from zkql.circuit.gadgets.extreme import Extreme
from zkql.circuit.lower.basic import extreme
from zkql.circuit.wires import Linear
from zkql.crypto.field import P
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import BIGINT, INT, SMALLINT, TIMESTAMP, TINYINT, SqlType, decimal

KINDS = [TINYINT, INT, BIGINT, decimal(5, 2), decimal(38, 6), TIMESTAMP]


def battery(kind: SqlType, **shape) -> Battery:
    return Battery.of([(extreme, over(f, kind)) for f in (Function.MIN, Function.MAX)], **shape)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("nullable", [False, True], ids=["not null", "nullable"])
def test_they_are_the_extremes_of_the_selected_rows(form: Form, nullable: bool) -> None:
    battery(SMALLINT, form=form, nullable=nullable, capacity=5).agrees(1, 200)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_type_is_exact_to_its_ends(kind: SqlType) -> None:
    battery(kind, form=Form.MASKED, nullable=True).agrees(2, 60)


@pytest.mark.parametrize("capacity", [1, 2, 3])
@pytest.mark.parametrize("form", Form)
def test_every_capacity_compiles_to_its_formula(capacity: int, form: Form) -> None:
    battery(TINYINT, form=form, capacity=capacity, groups=3).agrees(3, 40)


@pytest.mark.parametrize(
    "form, ceiling",
    [(Form.ALL, 3_303), (Form.MASKED, 3_405), (Form.GROUPED, 5_256), (Form.BOTH, 6_156)],
    ids=str,
)
def test_a_hundred_rows_of_32_bits_stay_below_their_ceiling(form: Form, ceiling: int) -> None:
    """76 N + 100 were asked for, in plain windows."""
    assert cost(extreme, over(Function.MAX, INT), form=form) <= ceiling


WINDOWS = [
    [],
    [Row((5,))],
    [Row((-3,)), Row((7,), False), Row((7,), True, 1)],
    [Row((-128,)), Row((127,), False, 1), Row((-128,), True, 1), Row((127,), True, 2)],
    [Row((4,)), Row((4,), True, 1), Row((4,), False)],
    [Row((0,), False), Row((1,), False, 1)],
]


@pytest.mark.parametrize("function", [Function.MIN, Function.MAX])
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("rows", WINDOWS, ids=range(len(WINDOWS)))
def test_every_lie_is_rejected(function: Function, form: Form, rows) -> None:
    subject = Statistic.of(extreme, over(function, TINYINT), form=form)
    for name, claimed in (*subject.false_claims(rows), *subject.changes(rows)):
        assert not subject.accepts(claimed), name


def _bench(form: Form) -> Bench:
    shapes: dict = {"x": ((3,), -2, 1)}
    shapes |= {"mask": ((3,), 0, 1)} if form.masked else {}
    shapes |= {"member": ((2, 3), 0, 1)} if form.grouped else {}

    def build(draft, x: Linear, *others: Linear) -> Linear:
        rest = list(others)
        mask = rest.pop(0) if form.masked else None
        member = rest.pop(0).terms[0][0] if form.grouped else None
        return draft.make(Extreme, "largest", x, mask, member)

    return Bench.make(build, capacity=3, **shapes)


@pytest.mark.parametrize("form", Form)
def test_no_other_value_has_any_advice(form: Form) -> None:
    """Each claim with all flags that could support it, over windows with ties, gaps, and nothing."""
    bench = _bench(form)
    accepted = tried = 0
    for x in ([1, 1, -2], [-2, -2, -2], [0, -1, 1]):
        inputs: dict = {"x": x}
        inputs |= {"mask": [1, 0, 1]} if form.masked else {}
        inputs |= {"member": [1, 1, 0, 0, 0, 0]} if form.grouped else {}
        honest = bench.solve(**inputs)
        for claim in product(range(-4, 4), repeat=2 if form.grouped else 1):
            claimed = bench.solve(lies={"largest_value": list(claim)}, spell=truncate, **inputs)
            for flags in product((0, 1), repeat=5 if form.grouped else 0):
                has, empty = list(flags[:3]), list(flags[3:])
                forged = dict(claimed)
                if form.grouped:
                    # The inverses that suit the flags, as far as there are any.
                    forged |= {"largest_has": has, "largest_empty": empty}
                    forged["largest_inverse"] = [
                        i * (1 - h) % P for i, h in zip(claimed["largest_inverse"], has, strict=True)
                    ]
                    totals = [has[0] + has[1], 0]
                    forged["largest_rows_inverse"] = [
                        0 if e or not t else pow(t, -1, P) for e, t in zip(empty, totals, strict=True)
                    ]
                tried += 1
                if bench.accepts(forged):
                    accepted += 1
                    assert forged == honest
    assert accepted == 3
    assert tried >= 24


def test_a_row_beyond_the_extreme_that_is_said_not_to_be_selected_is_refused() -> None:
    subject = Statistic.of(extreme, over(Function.MAX, TINYINT), form=Form.MASKED, nullable=True)
    rows = [Row((9,)), Row((None,)), Row((3,), False), Row((4,))]
    assert subject.answers(rows) == [9]
    for false in (4, 3, 8, 10, -9, 127, -128, P - 1):
        assert not subject.claims(rows, largest_value=[false]), false
