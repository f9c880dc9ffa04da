"""FIRST_VALUE, LAST_VALUE, ARG_MAX and ARG_MIN in circuits: exact, small, and no other row's value."""

from __future__ import annotations

import random
from functools import cache

import pytest

from tests.gadgets import Bench, lies
from tests.selections import Form, Row, Subject, windows
from zkql.circuit.gadgets.positions import Element
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.positions import argument_of_extreme, first_or_last
from zkql.circuit.lower.selection import Selection
from zkql.circuit.wires import constant
from zkql.plan.calls import Aggregation
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import INT, TINYINT

FIRST, LAST, ARG_MAX, ARG_MIN = (
    Function.FIRST_VALUE,
    Function.LAST_VALUE,
    Function.ARG_MAX,
    Function.ARG_MIN,
)
CASES = [(f, form, True) for f in (FIRST, LAST, ARG_MAX) for form in Form]
CASES += [(f, form, False) for f in (FIRST, ARG_MIN) for form in (Form.ALL, Form.GROUPED)]
LIED_ABOUT = [(f, form, nullable) for f, form, nullable in CASES if nullable]


@cache
def subject(
    function: Function,
    form: Form = Form.ALL,
    nullable: bool = False,
    capacity: int = 5,
    groups: int = 2,
    wide: bool = False,
) -> Subject:
    kind = INT if wide else TINYINT
    by_other = function in (ARG_MAX, ARG_MIN)
    return Subject.make(
        argument_of_extreme if by_other else first_or_last,
        function,
        *([kind] * (2 if by_other else 1)),
        form=form,
        nullable=nullable,
        capacity=capacity,
        groups=groups,
    )


def of(*values: int | None, **more: int) -> list[Row]:
    """Rows of one argument."""
    return [Row((v,), **more) for v in values]


def by(*pairs: tuple[int | None, int | None]) -> list[Row]:
    """Rows of a value and what its row is chosen by."""
    return [Row(pair) for pair in pairs]


@pytest.mark.parametrize(("function", "form", "nullable"), CASES)
def test_the_answer_is_the_native_one(function: Function, form: Form, nullable: bool) -> None:
    own = subject(function, form, nullable)
    source = random.Random(f"{function} {form} {nullable}")
    shape = {"capacity": own.capacity, "groups": own.groups, "nullable": nullable}
    for rows in windows(source, own.kinds, 220, **shape):
        assert own.answers(rows) == own.meant(rows), rows


@pytest.mark.parametrize("capacity", [1, 2])
@pytest.mark.parametrize("form", [Form.ALL, Form.BOTH])
@pytest.mark.parametrize("function", [LAST, ARG_MAX])
def test_windows_of_one_or_two_slots(function: Function, form: Form, capacity: int) -> None:
    own = subject(function, form, True, capacity)
    source = random.Random(3)
    for rows in windows(source, own.kinds, 60, capacity=capacity, groups=2, nullable=True):
        assert own.answers(rows) == own.meant(rows), rows


@pytest.mark.parametrize("form", [Form.MASKED, Form.BOTH])
@pytest.mark.parametrize("function", [FIRST, LAST])
def test_a_value_and_its_null_are_found_at_once_where_that_is_cheaper(function: Function, form: Form) -> None:
    capacity = 16  # 16 steps twice against 16 steps and 9 bits
    own = subject(function, form, True, capacity)
    source = random.Random(4)
    for rows in windows(source, own.kinds, 120, capacity=capacity, groups=2, nullable=True):
        assert own.answers(rows) == own.meant(rows), rows


@pytest.mark.parametrize("form", [Form.ALL, Form.BOTH])
@pytest.mark.parametrize("function", [FIRST, ARG_MAX])
def test_a_constant_is_its_own_answer(function: Function, form: Form) -> None:
    """ARG_MAX(5, 7), FIRST_VALUE(5): known where any row is selected."""

    def lowering(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]):  # type: ignore[no-untyped-def]
        five = Operand(constant(5), None, TINYINT)
        if function is ARG_MAX:
            return argument_of_extreme(selection, call, (operands[0], five))
        return first_or_last(selection, call, (five,))

    own = Subject.make(lowering, function, TINYINT, form=form)
    rows = [Row((3,), selected=False), Row((8,)), Row((9,))]
    values, known, *_ = own.bench.results(**own.inputs(rows))
    expected = 5 if function is not ARG_MAX else 8 if form.masked else 3
    assert values[0] == expected
    assert known == ([1, 0] if form.grouped else [1])


# --- cost -----------------------------------------------------------------------------------------

CEILINGS = [
    # One reads all slots; whether the window is empty is 3.
    (FIRST, Form.ALL, False, 1 + 3),
    (LAST, Form.ALL, True, 2 + 3 + 1),
    # 100 steps, the count, whether it is 0.
    (FIRST, Form.MASKED, False, 100 + 1 + 3),
    (LAST, Form.MASKED, False, 100 + 1 + 3),
    # Value and NULL in one number, told apart by 33 bits.
    (FIRST, Form.MASKED, True, 100 + 33 + 1 + 3 + 1),
    (FIRST, Form.GROUPED, False, 8 * (100 + 3)),
    (LAST, Form.GROUPED, True, 8 * (100 + 33 + 3 + 1)),
    # Members of each group that are selected: 100, for the steps and for the count.
    (FIRST, Form.BOTH, False, 8 * (100 + 100 + 100 + 3)),
    # MAX: 33 a row; which rows have it: 3 a row; the first of them.
    (ARG_MAX, Form.ALL, False, 3300 + 300 + 100 + 3),
    (ARG_MIN, Form.ALL, False, 3300 + 300 + 100 + 3),
    (ARG_MAX, Form.MASKED, False, 3401 + 300 + 100 + 100 + 1 + 3),
    # MAX of groups, for each row that of its own, members that have it.
    (ARG_MAX, Form.GROUPED, False, 5232 + 800 + 300 + 800 + 8 * (100 + 3)),
]


@pytest.mark.parametrize(("function", "form", "nullable", "most"), CEILINGS)
def test_the_cost_at_100_rows(function: Function, form: Form, nullable: bool, most: int) -> None:
    own = subject(function, form, nullable, capacity=100, groups=8, wide=True)
    assert own.constraints == most


# --- lies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "form", "nullable"), LIED_ABOUT)
def test_no_lie_is_accepted(function: Function, form: Form, nullable: bool) -> None:
    own = subject(function, form, nullable, capacity=4)
    source = random.Random(f"lies about {function} {form}")
    shape = {"capacity": 4, "groups": 2, "nullable": nullable}
    chosen = [w for w in windows(source, own.kinds, 40, **shape) if len(w) > 1 and any(own.meant(w))][:2]
    for rows in (chosen[0], chosen[1], of() if len(own.kinds) == 1 else by()):
        tried = 0
        for name, claimed in own.false_claims(rows):
            tried += 1
            assert not own.accepts(claimed), (name, rows)
        assert tried > 20


def test_only_the_first_slot_is_the_first() -> None:
    own = subject(FIRST)
    rows = of(3, 4, 5)
    for value in (4, 5, 2, 0):
        assert not own.claims(rows, element_value=[value])
        assert not own.writes(rows, result_0=[value])


@pytest.mark.parametrize("function", [FIRST, LAST])
def test_the_other_end_is_no_answer(function: Function) -> None:
    own = subject(function, Form.MASKED)
    rows = [Row((9,), selected=False), Row((3,)), Row((4,)), Row((5,)), Row((8,), selected=False)]
    name = "first" if function is FIRST else "last"
    honest = own.bench.solve(**own.inputs(rows))[f"{name}_found"]
    assert own.answers(rows) == [3 if function is FIRST else 5]
    others = (5, 4, 9, 8) if function is FIRST else (3, 4, 9, 8)
    for value in others:
        assert not own.claims(rows, **{f"{name}_value": [value]})
        # From any step on, the prover goes on with another row's value.
        for step in range(len(honest)):
            steps = [*honest[:step], *[value] * (len(honest) - step)]
            assert not own.writes(rows, **{f"{name}_found": steps, "result_0": [value]})


def test_a_row_that_is_not_selected_is_no_answer_even_where_none_is() -> None:
    own = subject(FIRST, Form.MASKED)
    rows = [Row((9,), selected=False), Row((3,), selected=False)]
    assert own.answers(rows) == [None]
    assert not own.claims(rows, result_1=[1])
    assert not own.claims(rows, equal_value=[0])


def test_slots_after_the_last_row_are_no_rows_of_a_group() -> None:
    own = subject(LAST, Form.GROUPED)
    rows = [Row((3,), group=0), Row((4,), group=1), Row((5,), group=0)]
    assert own.answers(rows) == [5, 4]
    for lie in ([4, 4], [5, 5], [3, 4], [4, 5]):
        assert not own.claims(rows, last_value=lie)


def test_null_is_not_passed_over() -> None:
    """NULLs are respected: neither the next value nor another one may stand for it."""
    for form in (Form.ALL, Form.MASKED, Form.GROUPED):
        own = subject(FIRST, form, True, 16)
        rows = of(None, 4, 5)
        assert own.answers(rows)[0] is None
        groups = [0] * (own.groups - 1) if form.grouped else []
        assert not own.claims(rows, result_1=[1, *groups])
        assert not own.claims(rows, result_1=[1, *groups], result_0=[4, *groups])


def test_of_equal_extremes_only_the_first_row_counts() -> None:
    own = subject(ARG_MAX)
    rows = by((1, 5), (2, 7), (3, 7), (4, 7))
    assert own.answers(rows) == [2]
    # The slot that repeats the last row, a later tie, none of them, a row without the extreme.
    for flags in ([0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 1], [0] * 5, [1, 1, 1, 1, 1]):
        assert not own.claims(rows, equal_2_value=flags)
    for value in (3, 4, 1):
        assert not own.claims(rows, first_value=[value])


@pytest.mark.parametrize("extreme", [8, 6, 5, 5 + 256])
def test_another_extreme_is_no_extreme(extreme: int) -> None:
    own = subject(ARG_MAX)
    assert not own.claims(by((1, 5), (2, 7), (3, 7)), largest_value=[extreme])


def test_the_extreme_of_another_group_does_not_count() -> None:
    own = subject(ARG_MAX, Form.GROUPED)
    rows = [Row((1, 5), group=0), Row((2, 7), group=1), Row((3, 6), group=0)]
    assert own.answers(rows) == [3, 2]
    assert not own.claims(rows, first_value=[2, 2])
    assert not own.claims(rows, largest_value=[7, 7])
    assert not own.claims(rows, largest_value=[5, 7])


def test_an_element_is_its_slots() -> None:
    bench = Bench.make(lambda draft, v: [draft.make(Element, "element", v, 2), v], v=((4,), -9, 9))
    inputs = {"v": [3, -4, 5, 6]}
    assert bench.constraints == 1
    assert bench.results(**inputs)[0] == [5]
    for name, claimed in lies(bench, inputs):
        assert not bench.accepts(claimed), name
