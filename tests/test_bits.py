"""BIT_AND, BIT_OR and BIT_XOR in circuits: two's complement, place by place, and no bit that is another's."""

from __future__ import annotations

import random
from functools import cache, reduce
from operator import and_, or_, xor

import pytest

from tests.gadgets import SPELLINGS, Bench, lies
from tests.selections import Form, Row, Subject, windows
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.bits import Bits, BitSums, Digits, Weighted
from zkql.circuit.lower.answer import Answer, Operand
from zkql.circuit.lower.bits import bitwise
from zkql.circuit.lower.selection import Selection
from zkql.circuit.wires import Linear, constant
from zkql.crypto.field import P
from zkql.plan.calls import Aggregation
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import BIGINT, INT, SMALLINT, TINYINT, SqlType

AND, OR, XOR = Function.BIT_AND, Function.BIT_OR, Function.BIT_XOR
OPERATORS = {AND: and_, OR: or_, XOR: xor}
CASES = [(f, form, form is Form.BOTH) for f in OPERATORS for form in Form]
LIED_ABOUT = [(f, form) for f in OPERATORS for form in (Form.ALL, Form.MASKED, Form.GROUPED)]


@cache
def subject(
    function: Function,
    form: Form = Form.ALL,
    nullable: bool = False,
    kind: SqlType = TINYINT,
    capacity: int = 5,
    groups: int = 2,
) -> Subject:
    return Subject.make(
        bitwise, function, kind, form=form, nullable=nullable, capacity=capacity, groups=groups
    )


@pytest.mark.parametrize(("function", "form", "nullable"), CASES)
def test_the_answer_is_the_native_one(function: Function, form: Form, nullable: bool) -> None:
    own = subject(function, form, nullable)
    source = random.Random(f"{function} {form} {nullable}")
    for rows in windows(source, own.kinds, 220, capacity=5, groups=2, nullable=nullable):
        assert own.answers(rows) == own.meant(rows), rows


@pytest.mark.parametrize(("function", "form"), [(AND, Form.BOTH), (OR, Form.ALL), (XOR, Form.MASKED)])
def test_64_bits_whose_counts_need_two_sums(function: Function, form: Form) -> None:
    own = subject(function, form, kind=BIGINT, capacity=8)
    source = random.Random(64)
    for rows in windows(source, own.kinds, 60, capacity=8, groups=2, nullable=False):
        assert own.answers(rows) == own.meant(rows), rows


@pytest.mark.parametrize(("function", "form"), [(AND, Form.BOTH), (OR, Form.ALL), (XOR, Form.BOTH)])
def test_windows_of_one_slot(function: Function, form: Form) -> None:
    own = subject(function, form, capacity=1)
    for rows in windows(random.Random(1), own.kinds, 30, capacity=1, groups=2, nullable=False):
        assert own.answers(rows) == own.meant(rows), rows


@pytest.mark.parametrize(("function", "form"), [(AND, Form.ALL), (OR, Form.MASKED), (XOR, Form.MASKED)])
def test_what_cannot_be_negative_has_no_sign(function: Function, form: Form) -> None:
    def lowering(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
        return bitwise(selection, call, (Operand(operands[0].value + 128, None, SMALLINT),))

    own = Subject.make(lowering, function, TINYINT, form=form)
    for rows in windows(random.Random(2), own.kinds, 60, capacity=5, groups=1, nullable=False):
        seen = [r.values[0] + 128 for r in rows if r.selected or not form.masked]  # type: ignore[operator]
        assert own.answers(rows) == [reduce(OPERATORS[function], seen) if seen else None]


@pytest.mark.parametrize(("function", "form"), [(AND, Form.GROUPED), (XOR, Form.ALL), (XOR, Form.GROUPED)])
def test_a_constant_is_counted(function: Function, form: Form) -> None:
    def lowering(selection: Selection, call: Aggregation, _: tuple[Operand, ...]) -> Answer:
        return bitwise(selection, call, (Operand(constant(-6), None, TINYINT),))

    own = Subject.make(lowering, function, TINYINT, form=form)
    for length in range(6):
        rows = [Row((1,))] * length
        expected = None if not length else 0 if function is XOR and length % 2 == 0 else -6
        assert own.answers(rows)[0] == expected


# --- cost -----------------------------------------------------------------------------------------

CEILINGS = [
    # 32 bits a row; of each place whether none is counted; whether the window is empty.
    (AND, Form.ALL, INT, 3200 + 32 * 3 + 3),
    (OR, Form.ALL, INT, 3200 + 32 * 3 + 3),
    # One sum of spread bits, and 7 bits for each of 32 counts.
    (XOR, Form.ALL, INT, 3200 + 1 + 32 * 7 + 3),
    # One product a row; the count.
    (AND, Form.MASKED, INT, 3200 + 100 + 1 + 32 * (7 + 3) + 1 + 3),
    (XOR, Form.MASKED, INT, 3200 + 100 + 1 + 32 * 7 + 1 + 3),
    (AND, Form.GROUPED, INT, 3200 + 8 * (100 + 32 * (7 + 3) + 3)),
    (XOR, Form.GROUPED, INT, 3200 + 8 * (100 + 32 * 7 + 3)),
    (XOR, Form.GROUPED, BIGINT, 6400 + 8 * (2 * 100 + 64 * 7 + 3)),
]


@pytest.mark.parametrize(("function", "form", "kind", "most"), CEILINGS)
def test_the_cost_at_100_rows(function: Function, form: Form, kind: SqlType, most: int) -> None:
    assert subject(function, form, kind=kind, capacity=100, groups=8).constraints == most


def test_bits_of_the_same_number_are_made_once() -> None:
    draft = Draft(4)
    selection = Selection(draft, draft.public("rows", (), 0, 4).linear)
    operand = Operand(draft.public("x", (4,), -128, 127).linear, None, TINYINT)
    for function in OPERATORS:
        bitwise(selection, Aggregation(function), (operand,))
    assert sum(isinstance(g, Bits) and g.value.dims == (4,) for g in draft.gadgets) == 1


# --- lies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("function", "form"), LIED_ABOUT)
def test_no_lie_is_accepted(function: Function, form: Form) -> None:
    own = subject(function, form, capacity=3)
    cases = [
        [Row((-128,), group=0), Row((5,), group=1), Row((-3,), selected=False, group=0)],
        [Row((7,), selected=False, group=1), Row((-1,), group=1)],
        [],
    ]
    for rows in cases:
        tried = 0
        for name, claimed in own.false_claims(rows):
            tried += 1
            assert not own.accepts(claimed), (name, rows)
        assert tried > 100


@pytest.mark.parametrize("function", OPERATORS)
def test_a_result_that_is_wrong_in_one_bit_is_rejected(function: Function) -> None:
    own = subject(function)
    rows = [Row((-77,)), Row((51,)), Row((-128,))]
    (true,) = own.answers(rows)
    assert true is not None
    for place in range(8):
        wrong = true ^ (1 << place)
        wrong -= 256 if wrong > 127 else 0
        assert not own.claims(rows, result_0=[wrong])
    assert not own.writes(rows, result_0=[true + 256])
    assert not own.writes(rows, result_0=[true - 256])


def test_the_bits_of_a_negative_value_are_its_own() -> None:
    """-5 is no 5, no 251 and no p - 5; its sign is the top bit, and is not left out."""
    own = subject(OR, capacity=1)
    rows = [Row((-5,))]
    honest = own.bench.solve(**own.inputs(rows))["bits_upper"]
    for other in (5, 3, 251 - 256, 123, 0, -128):
        upper = [(other + 128) >> j & 1 for j in range(1, 8)]
        if upper != honest:
            assert not own.writes(rows, bits_upper=upper, result_0=[other])


def test_a_repeated_row_is_not_counted_again() -> None:
    own = subject(XOR)
    rows = [Row((3,)), Row((5,))]
    assert own.answers(rows) == [3 ^ 5]
    spread = own.bench.solve(**own.inputs(rows))["spread_value"]
    for times in (2, 4):
        assert not own.claims(rows, total_value=[spread[0] + times * spread[1]])
    assert not own.claims(rows, result_0=[3])


def test_counts_do_not_carry_into_each_other() -> None:
    """Two ones at a place are no one at the next: each count has bits of its own."""
    own = subject(AND, Form.GROUPED, capacity=3)
    rows = [Row((-2,)), Row((-2,)), Row((-1,))]
    assert own.answers(rows) == [-2, None]
    honest = own.bench.solve(**own.inputs(rows))["count_bits_value"]
    assert honest[:4] == [0, 1, 0, 0]  # of zeros at the lowest place there are two
    for first in ([0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]):
        assert not own.claims(rows, count_bits_value=[*first, *honest[4:]])


# --- gadgets --------------------------------------------------------------------------------------


def number(draft: Draft, value: Linear, width: int) -> list[Linear]:
    bits = draft.put(Bits, "bits", value, width).bits
    return [draft.make(Weighted, "number", bits, tuple(1 << j for j in range(width)))]


@pytest.mark.parametrize("width", [2, 8, 250])
def test_bits_hold_every_number_of_their_width_and_no_other(width: int) -> None:
    top = 1 << width
    bench = Bench.make(lambda draft, x: number(draft, x, width), capacity=2, x=((2,), 0, top - 1))
    assert bench.constraints == 2 * width
    for pair in ([0, top - 1], [1, top // 2], [top // 2 - 1, 0]):
        assert bench.results(x=pair) == [pair]
        for name, claimed in lies(bench, {"x": pair}) if width <= 8 else ():
            if claimed["bits_upper"] != bench.solve(x=pair)["bits_upper"]:
                assert not bench.accepts(claimed), name
    for value in (top, top + 1, -1, -top, P - 1, P // 2):
        for name, spell in SPELLINGS.items():
            claimed = bench.solve(x=[value, 0], spell=spell)
            for shown in (value, value % top, 0):
                assert not bench.accepts(claimed | {"result_0": [shown, 0]}), (value, name)


def test_bits_are_weighed_cut_and_counted() -> None:
    def build(draft: Draft, x: Linear) -> list[Linear]:
        bits = draft.put(Bits, "bits", x, 6).bits
        return [
            draft.make(Weighted, "weighted", bits, (1, -2, 0, 1 << 200, 0, 3)),
            draft.make(Digits, "digits", bits, 2),
            draft.make(BitSums, "sums", bits, (1, 0, 1, 1, 0, 1)),
        ]

    bench = Bench.make(build, capacity=3, x=((3,), 0, 63))
    inputs = {"x": [0b101011, 0b000110, 63]}
    weighted = [1 - 2 + (1 << 200) + 3, -2, 1 - 2 + (1 << 200) + 3]
    assert bench.results(**inputs) == [weighted, [3, 2, 2, 2, 1, 0, 3, 3, 3], [2, 0, 2, 2, 2, 2]]
    assert bench.constraints == 3 * 6
    honest = bench.solve(**inputs)
    for name, claimed in lies(bench, inputs):
        if any(claimed[p.name] != honest[p.name] for p in bench.circuit.parameters):
            assert not bench.accepts(claimed), name
