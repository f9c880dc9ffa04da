"""VAR, STDDEV, COVAR and CORR: exact, small, and no other value can be claimed."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import isqrt

import pytest

from tests.gadgets import SPELLINGS, Bench
from tests.selections import Form, Row
from tests.statistic import Battery, Statistic, cost, one_changed, over
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.gadgets.root import NearestRoot
from zkql.circuit.lower import moments
from zkql.circuit.wires import TooWide, constant
from zkql.crypto.field import P
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import BIGINT, INT, SMALLINT, TINYINT, SqlType, decimal

SPREADS = {
    Function.VAR_POP: moments.covariance,
    Function.VAR_SAMP: moments.covariance,
    Function.STDDEV_POP: moments.deviation,
    Function.STDDEV_SAMP: moments.deviation,
}
PAIRS = {
    Function.COVAR_POP: moments.covariance,
    Function.COVAR_SAMP: moments.covariance,
    Function.CORR: moments.correlation,
}
LOWERINGS = SPREADS | PAIRS


def call_of(function: Function, *kinds: SqlType):
    return over(function, *(kinds * 2 if function in PAIRS and len(kinds) == 1 else kinds))


def subject(function: Function, *kinds: SqlType, **shape) -> Statistic:
    return Statistic.of(LOWERINGS[function], call_of(function, *kinds), **shape)


def battery(*kinds: SqlType, functions=LOWERINGS, **shape) -> Battery:
    return Battery.of([(LOWERINGS[f], call_of(f, *kinds)) for f in functions], **shape)


@pytest.mark.parametrize("form", Form)
def test_they_are_exact(form: Form) -> None:
    battery(TINYINT, form=form, nullable=form.masked, capacity=5).agrees(1, 200)


@pytest.mark.parametrize("kind", [SMALLINT, INT, decimal(4, 2), decimal(10, 9)], ids=str)
def test_every_type_is_exact_to_its_ends(kind: SqlType) -> None:
    battery(kind, form=Form.MASKED).agrees(2, 60)


def test_a_pair_may_be_of_two_types() -> None:
    battery(decimal(3, 2), TINYINT, functions=PAIRS, form=Form.GROUPED, nullable=True).agrees(3, 60)
    battery(TINYINT, decimal(8, 8), functions=PAIRS).agrees(3, 60)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("capacity", [1, 2, 3])
def test_every_capacity_compiles_to_its_formula(form: Form, capacity: int) -> None:
    battery(TINYINT, form=form, capacity=capacity, groups=3).agrees(4, 30)


CEILINGS = {
    Function.VAR_POP: (236, 337, 2_772, 3_672),
    Function.VAR_SAMP: (236, 337, 2_772, 3_672),
    Function.STDDEV_POP: (297, 398, 3_260, 4_160),
    Function.STDDEV_SAMP: (297, 398, 3_260, 4_160),
    Function.COVAR_POP: (316, 517, 4_204, 5_204),
    Function.COVAR_SAMP: (316, 517, 4_204, 5_204),
    Function.CORR: (793, 994, 8_204, 9_204),
}


@pytest.mark.parametrize("function", LOWERINGS)
def test_a_hundred_rows_of_32_bits_stay_below_their_ceilings(function: Function) -> None:
    """46 N + 500 were asked for, in plain windows."""
    for form, ceiling in zip(Form, CEILINGS[function], strict=True):
        assert cost(LOWERINGS[function], call_of(function, INT), form=form) <= ceiling, form


def test_a_hundred_rows_are_proven() -> None:
    battery(INT, form=Form.MASKED, capacity=100).agrees(5, 6)


@pytest.mark.parametrize(
    "function, widest",
    [
        (Function.VAR_POP, (BIGINT, decimal(30, 0), decimal(33, 10))),
        (Function.STDDEV_SAMP, (BIGINT, decimal(29, 0), decimal(35, 6))),
        (Function.COVAR_SAMP, (BIGINT, decimal(30, 0), decimal(33, 10))),
        (Function.CORR, (INT, decimal(12, 6))),
    ],
    ids=str,
)
def test_these_types_fit_a_hundred_rows(function: Function, widest: tuple[SqlType, ...]) -> None:
    for kind in widest:
        assert cost(LOWERINGS[function], call_of(function, kind)) < 1_000
    for kind in (decimal(38, 0), decimal(38, 38)):
        with pytest.raises(TooWide) as wide:
            cost(LOWERINGS[function], call_of(function, kind))
        assert wide.value.bits > 250


def test_a_variance_that_its_type_cannot_hold_has_no_proof() -> None:
    own = subject(Function.VAR_POP, BIGINT)
    assert own.answers([Row((-(10**16),)), Row((10**16 - 1,))]) == [
        99_999_999_999_999_990_000_000_000_000_000_250_000
    ]
    rows = [Row((-(10**16) - 1,)), Row((10**16,))]
    for spell in SPELLINGS.values():
        assert not own.accepts(own.bench.solve(spell=spell, **own.inputs(rows)))


# --- forgeries ------------------------------------------------------------------------------------

WINDOWS = [
    [],
    [(5, 1)],
    [(-3, 2), (7, 2), (8, -1)],
    [(-128, 127), (127, -128)],
    [(4, 4), (4, 4), (4, 4)],
    [(1, 1), (2, 3), (None, 5)],
    [(0, 1), (1, 0), (1, 1)],
]


@pytest.mark.parametrize("function", LOWERINGS)
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_every_lie_is_rejected(function: Function, form: Form, window) -> None:
    own = subject(function, TINYINT, form=form, nullable=True, capacity=3)
    rows = [Row(pair[: len(own.kinds)], i != 1, i % 3) for i, pair in enumerate(window)]
    assert own.answers(rows) == own.meant(rows)
    for name, claimed in own.false_claims(rows):
        assert not own.accepts(claimed), name


@pytest.mark.parametrize("function", LOWERINGS)
@pytest.mark.parametrize("form", Form)
def test_every_changed_input_is_rejected(function: Function, form: Form) -> None:
    own = subject(function, TINYINT, form=form, nullable=True, capacity=3)
    rows = [Row(pair[: len(own.kinds)], i != 1, i % 2) for i, pair in enumerate(WINDOWS[2])]
    for name, claimed in own.changes(rows):
        assert not own.accepts(claimed), name


@pytest.mark.parametrize("function", [Function.COVAR_POP, Function.COVAR_SAMP, Function.CORR])
def test_the_sign_is_that_of_the_rows(function: Function) -> None:
    own = subject(function, TINYINT, capacity=3)
    rows = [Row((1, -9)), Row((2, -10)), Row((4, -13))]
    (true,) = own.answers(rows)
    assert true is not None
    assert true < 0
    signs = [w.name for g in own.bench.circuit.gadgets for w in g.outputs if w.name.startswith("less")]
    assert len(signs) == 1
    honest = own.bench.solve(**own.inputs(rows))[signs[0]]
    assert not own.claims(rows, **{signs[0]: [1 - honest[0]]})
    assert not own.claims(rows, result_0=[-true])


def test_a_tie_below_and_above_zero_is_rounded_away_from_it() -> None:
    """Half a unit has one magnitude on both sides, and a false sign must not turn it into zero."""
    bench = Bench.make(
        lambda draft, x, n: draft.divide(x, n, Rounding.HALF_AWAY), x=((), -20, 20), n=((), 1, 8)
    )
    for x, n in product((-6, -2, -1, 0, 1, 2, 6), (1, 2, 4, 8)):
        exact = Fraction(x, n)
        nearest = int(abs(exact) + Fraction(1, 2)) * (1 if x > 0 else -1)
        assert bench.results(x=[x], n=[n]) == [[nearest]]
        honest = bench.solve(x=[x], n=[n])
        for gadget in bench.circuit.gadgets:
            for wire in gadget.outputs:
                for false in {-1, 0, 1, 2, -nearest, nearest + 1} - {honest[wire.name][0]}:
                    for spell in SPELLINGS.values():
                        lie = bench.solve(lies={wire.name: [false]}, spell=spell, x=[x], n=[n])
                        if {k: [v % P for v in o] for k, o in lie.items()} != honest:
                            assert not bench.accepts(lie), (x, n, wire.name, false)


# --- roots ----------------------------------------------------------------------------------------


def _roots(dims: tuple[int, ...] = ()) -> Bench:
    return Bench.make(
        lambda draft, x, n: draft.make(NearestRoot, "root", x, n, 10), x=(dims, 0, 100), n=(dims, 1, 3)
    )


def test_roots_are_the_nearest() -> None:
    bench = _roots((2,))
    for x, n in product(range(0, 100, 2), (1, 2, 3)):
        near = [(isqrt(4 * v // n) + 1) // 2 for v in (x, x + 1)]
        assert all(
            abs(Fraction(v, n) - r * r) <= r + Fraction(1, 4) for v, r in zip((x, x + 1), near, strict=True)
        )
        assert bench.results(x=[x, x + 1], n=[n, n]) == [near]


def test_a_root_over_a_constant_costs_one_product_less() -> None:
    bench = Bench.make(lambda draft, x: draft.make(NearestRoot, "root", x, constant(2), 8), x=((), 0, 100))
    assert bench.results(x=[99]) == [[7]]
    assert bench.constraints == 5 + 2 * 7 + 1


def test_no_other_root_has_any_support() -> None:
    """Off by one, negative, or so large that its square wraps around p; every remainder, and no negative
    one."""
    bench = _roots()
    (root,) = (g for g in bench.circuit.gadgets if isinstance(g, NearestRoot))
    proven = set()
    for x, n in ((0, 1), (1, 1), (2, 1), (30, 1), (50, 3), (99, 2), (100, 1)):
        honest = bench.solve(x=[x], n=[n])
        negative = (-isqrt(4 * x // n)) % P
        for twice in (*range(1 << root.width), negative, P - 1, -5 % P):
            over_, under = 4 * x - twice * twice * n, (twice + 1) ** 2 * n - 1 - 4 * x
            for spell in SPELLINGS.values():
                bits = spell(twice, root.width)
                claimed = bits[0] + sum(bit << j for j, bit in enumerate(bits[1:]))
                forged = honest | {"root_bits": bits, "root_value": [claimed], "result_0": [claimed]}
                forged["root_over"] = spell(over_, root.gap_width)[1:]
                forged["root_under"] = spell(under, root.gap_width)[1:]
                if bench.accepts(forged):
                    proven.add((x, n))
                    assert forged == honest
        for name, forged in one_changed(bench, honest):
            assert not bench.accepts(forged), name
    assert len(proven) == 7


def test_a_root_that_needs_too_many_bits_is_refused() -> None:
    draft = Draft(4)
    wide = draft.public("x", (), 0, 1 << 249).linear
    with pytest.raises(TooWide, match="a root: 255 bits, 250 at most"):
        draft.make(NearestRoot, "root", wide, constant(1), 1 << 125)


# --- bounds that wires do not show ------------------------------------------------------------------


def test_known_bounds_stay_sound_in_sums() -> None:
    draft = Draft(4)
    x = draft.public("x", (), -10, 10).linear
    y = draft.public("y", (), -10, 10).linear
    square = draft.bounded(draft.multiply(x, x), 0, 100)
    assert (square.low, square.high) == (0, 100)
    assert ((square + y).low, (square + y).high) == (-10, 110)
    assert ((square * -2 + 1).low, (square * -2 + 1).high) == (-199, 1)
    assert ((square - square).low, (square - square).is_constant) == (0, True)
    assert ((x + y) - y).low == -10
    assert ((square + y) - y).low == -20  # less than is known, and sound
    assert (draft.bounded(x, -100, 5).low, draft.bounded(x, -100, 5).high) == (-10, 5)
    total = draft.bounded(x + y, 0, 20)
    assert (total.low, (total - 5).low, (total * 3).high, (-total).high) == (0, -5, 60, 0)
    assert draft.bounded(constant(7), 0, 5) == constant(7)
