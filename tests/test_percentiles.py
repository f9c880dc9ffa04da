"""MEDIAN, PERCENTILE and the rank of one row: exact, small, and no other value can be claimed."""

from __future__ import annotations

from itertools import product

import pytest

from tests.gadgets import SPELLINGS, Bench, truncate
from tests.selections import Form, Row
from tests.statistic import Battery, Statistic, cost, lowered, one_changed, over, within
from zkql.circuit.gadgets.order import OrderStatistic
from zkql.circuit.lower import percentiles, ranks
from zkql.circuit.wires import Linear, constant
from zkql.crypto.field import P
from zkql.plan.codes import encode, width
from zkql.plan.expressions import Literal
from zkql.plan.functions.aggregates import Function
from zkql.plan.interpret import aggregated
from zkql.plan.types import BIGINT, BOOLEAN, INT, TIMESTAMP, TINYINT, Kind, SqlType, decimal

LOWERINGS = {
    Function.MEDIAN: percentiles.median,
    Function.PERCENTILE_CONT: percentiles.continuous,
    Function.PERCENTILE_DISC: percentiles.discrete,
    Function.RANK: ranks.rank,
    Function.PERCENT_RANK: ranks.percent_rank,
    Function.CUME_DIST: ranks.cumulative,
}


def subject(call, **shape) -> Statistic:
    return Statistic.of(LOWERINGS[call.function], call, **shape)


def fraction(text: str) -> Literal:
    digits = len(text.partition(".")[2])
    return Literal(int(text.replace(".", "")), decimal(max(digits, 1), digits))


def battery(calls, **shape) -> Battery:
    return Battery.of([(LOWERINGS[call.function], call) for call in calls], **shape)


FRACTIONS = [fraction(text) for text in ("0", "0.25", "0.3333333", "0.95", "1.0")]


def percentile_calls(kind: SqlType):
    for descending, literal in product((False, True), FRACTIONS):
        for function in (Function.PERCENTILE_CONT, Function.PERCENTILE_DISC):
            yield within(function, literal, kind, descending=descending)


# --- percentiles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
def test_percentiles_are_exact(form: Form) -> None:
    calls = [over(Function.MEDIAN, TINYINT), *percentile_calls(TINYINT)]
    battery(calls, form=form, nullable=form.masked, capacity=5).agrees(1, 200)


@pytest.mark.parametrize("kind", [BIGINT, decimal(4, 2), decimal(12, 9), decimal(38, 6), TIMESTAMP], ids=str)
def test_percentiles_of_every_type_are_exact_to_its_ends(kind: SqlType) -> None:
    """Rounded once: half away from zero, of timestamps half up."""
    calls = [over(Function.MEDIAN, kind)]
    calls += [
        within(Function.PERCENTILE_CONT, fraction(text), kind, descending=descending)
        for text, descending in product(("0.5", "0.3333333"), (False, True))
    ]
    battery(calls, form=Form.MASKED).agrees(2, 60)


@pytest.mark.parametrize("kind", [BOOLEAN, SqlType(Kind.DECIMAL, 1, 0)], ids=str)
def test_a_discrete_percentile_takes_what_can_be_ordered(kind: SqlType) -> None:
    battery([within(Function.PERCENTILE_DISC, fraction("0.4"), kind)], form=Form.BOTH).agrees(5, 60)


@pytest.mark.parametrize("capacity", [1, 2, 3])
@pytest.mark.parametrize("form", Form)
def test_every_capacity_compiles_to_its_formula(capacity: int, form: Form) -> None:
    calls = [over(Function.MEDIAN, TINYINT), within(Function.PERCENTILE_DISC, fraction("0.7"), TINYINT)]
    battery(calls, form=form, capacity=capacity, groups=3).agrees(6, 40)


def test_a_median_that_its_type_cannot_hold_has_no_proof() -> None:
    own = subject(over(Function.MEDIAN, decimal(38, 0)), form=Form.MASKED)
    assert own.answers([Row((10**32 - 1,)), Row((10**38 - 1,), False)]) == [10**38 - 10**6]
    assert own.answers([Row((10**38 - 1,), False)]) == [None]
    for value in (10**32, -(10**32), 10**38 - 1):
        for spell in SPELLINGS.values():
            assert not own.accepts(own.bench.solve(spell=spell, **own.inputs([Row((value,))])))


@pytest.mark.parametrize(
    "call, ceilings",
    [
        (over(Function.MEDIAN, INT), (3_869, 3_870, 7_008, 7_908)),
        (within(Function.PERCENTILE_CONT, fraction("0.95"), INT), (3_881, 3_882, 7_104, 8_004)),
        (within(Function.PERCENTILE_DISC, fraction("0.95"), INT), (3_639, 3_640, 5_504, 6_404)),
        (within(Function.RANK, Literal(5, INT), INT), (3_301, 3_401, 4_100, 4_200)),
        (within(Function.PERCENT_RANK, Literal(5, INT), INT), (3_359, 3_460, 4_564, 5_464)),
        (within(Function.CUME_DIST, Literal(5, INT), INT), (3_356, 3_457, 4_540, 5_440)),
    ],
    ids=str,
)
def test_a_hundred_rows_of_32_bits_stay_below_their_ceilings(call, ceilings: tuple[int, ...]) -> None:
    """In plain windows 120 N + 300 were asked for, and 80 N + 100 for ranks."""
    for form, ceiling in zip(Form, ceilings, strict=True):
        assert cost(LOWERINGS[call.function], call, form=form) <= ceiling, form


def test_a_hundred_rows_are_proven() -> None:
    battery([over(Function.MEDIAN, INT)], form=Form.MASKED, capacity=100).agrees(7, 8)


# --- forged percentiles ---------------------------------------------------------------------------

WINDOWS = [
    [],
    [Row((5,))],
    [Row((-3,)), Row((7,), False), Row((7,), True, 1), Row((8,))],
    [Row((-128,)), Row((127,), True, 1), Row((127,)), Row((-128,), True, 1)],
    [Row((4,)), Row((4,)), Row((4,)), Row((6,))],
    [Row((4,)), Row((6,)), Row((9,))],
    [Row((0,), False), Row((1,), False, 1)],
]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(
    "call",
    [
        over(Function.MEDIAN, TINYINT),
        within(Function.PERCENTILE_CONT, fraction("0.3"), decimal(2, 6), descending=True),
        within(Function.PERCENTILE_DISC, fraction("0.3"), TINYINT),
        within(Function.RANK, Literal(4, INT), TINYINT),
        within(Function.PERCENT_RANK, Literal(4, INT), TINYINT),
        within(Function.CUME_DIST, Literal(4, INT), TINYINT),
    ],
    ids=str,
)
def test_every_lie_is_rejected(form: Form, call) -> None:
    own = subject(call, form=form)
    low, high = own.kinds[0].bounds
    for window in WINDOWS:
        rows = [Row((min(max(low, *r.values), high),), r.selected, r.group) for r in window]
        changes = own.changes(rows) if len(rows) > 2 else ()
        for name, claimed in (*own.false_claims(rows), *changes):
            assert not own.accepts(claimed), (rows, name)


def test_neighbours_are_the_two_in_the_middle() -> None:
    own = subject(over(Function.MEDIAN, TINYINT))
    rows = [Row((8,)), Row((1,)), Row((5,)), Row((2,))]
    assert own.answers(rows) == [3_500_000]
    assert own.claims(rows, order_value=[2], order_next=[5])
    for value, following in ((5, 2), (2, 2), (5, 5), (1, 2), (5, 8), (2, 8), (1, 8), (2, 4), (3, 4), (3, 5)):
        assert not own.claims(rows, order_value=[value], order_next=[following])


def test_a_value_that_no_row_has_is_refused_though_it_parts_the_rows() -> None:
    own = subject(within(Function.PERCENTILE_DISC, fraction("0.5"), TINYINT), form=Form.MASKED)
    rows = [Row((1,)), Row((9,)), Row((5,), False), Row((12,))]
    assert own.answers(rows) == [9]
    for false in (2, 5, 8, 10, 11, 12, 1, -9, P - 9):
        assert not own.claims(rows, order_value=[false]), false


def test_another_rank_is_refused() -> None:
    """Half of the count is its bits above the lowest; the rank is one more."""
    own = subject(within(Function.PERCENTILE_DISC, fraction("0.5"), TINYINT))
    rows = [Row((1,)), Row((9,)), Row((12,))]
    (half,) = (w.name for g in own.bench.circuit.gadgets for w in g.outputs if w.name.startswith("upper"))
    assert own.bench.solve(**own.inputs(rows))[half] == [1]
    assert own.answers(rows) == [9]
    for false in (-2, -1, 0, 2, 3):
        assert not own.claims(rows, **{half: [false]})
        assert not own.claims(rows, **{half: [false]}, order_value=[9])


@pytest.mark.parametrize("form", [Form.ALL, Form.MASKED])
def test_rows_that_are_null_or_repeated_are_not_counted(form: Form) -> None:
    own = subject(over(Function.MEDIAN, TINYINT), form=form, nullable=True, capacity=4)
    rows = [Row((None,)), Row((3,)), Row((9,))]  # the last one fills two slots
    assert own.answers(rows) == [6_000_000]
    for below, above in product(product((0, 1), repeat=4), repeat=2):
        forged = {"order_below": list(below), "order_above": list(above)}
        if (below, above) != ((0, 0, 0, 0), (0, 0, 1, 1)):
            assert not own.writes(rows, **forged), forged


class Claim:
    """A prover who chooses values and, for every row, whether it is below or above, and supports that as
    well as can be."""

    def __init__(self, form: Form, both: bool) -> None:
        self.form, self.both = form, both
        shapes: dict = {"x": ((3,), -2, 1), "rank": (self.dims, 1, 3), "count": (self.dims, 1, 3)}
        shapes |= {"any": (self.dims, 0, 1)}
        shapes |= {"mask": ((3,), 0, 1)} if form.masked else {}
        shapes |= {"member": ((2, 3), 0, 1)} if form.grouped else {"rows": ((), 0, 3)}

        def build(draft, x: Linear, rank: Linear, count: Linear, some: Linear, *others: Linear):
            rest = list(others)
            mask = rest.pop(0) if form.masked else None
            member = rest.pop(0).terms[0][0] if form.grouped else None
            rows = constant(3) if form.grouped else rest.pop(0)
            self.gadget = draft.put(OrderStatistic, "order", x, mask, member, rows, count, some, rank, both)
            return [wire.linear for wire in self.gadget.outputs]

        self.bench = Bench.make(build, capacity=3, **shapes)

    @property
    def dims(self) -> tuple[int, ...]:
        return (2,) if self.form.grouped else ()

    def supported(self, honest: dict, values: list[int], flags: tuple[tuple[int, int], ...]) -> dict:
        """The proof that claims these outputs, with these flags."""
        own = self.gadget
        claimed = honest | dict(zip((w.name for w in own.outputs), self.outputs(values), strict=True))
        x, _, member, counts, _, ranks_ = own.read(claimed)
        groups = [member[i : i + 3] for i in range(0, len(member), 3)]
        seen = groups if self.form.grouped else [[1] * 3]
        below, above = [b for b, _ in flags], [a for _, a in flags]
        less = [sum(m * b for m, b in zip(g, below, strict=True)) for g in groups]
        more = [sum(m * a for m, a in zip(g, above, strict=True)) for g in groups]
        free = [r - 1 - n for r, n in zip(ranks_, less, strict=True)]
        spare = [c - r - n for c, r, n in zip(counts, ranks_, more, strict=True)]
        exact, last = [int(not n) for n in spare], [int(not n) for n in more]
        differs = [e * (1 - z) for e, z in zip(exact, last, strict=True)]
        first, following = self.outputs(values)[0], self.outputs(values)[-1]
        steps = [1] * len(groups)
        if self.both:
            steps = [f - v + 1 - d for f, v, d in zip(following, first, differs, strict=True)]
        distances = []
        for i in range(3):
            value = sum(g[i] * v for g, v in zip(seen, first, strict=True))
            step = sum(g[i] * s for g, s in zip(seen, steps, strict=True))
            distances.append((above[i] - below[i]) * (x[i] - value) - below[i] - above[i] * step)
        found = {
            "below": below,
            "above": above,
            "upper": [b for d in distances for b in truncate(d, own.width)[1:]],
            "free": [b for n in free for b in truncate(n, own.count_width)],
            "spare": [b for n in spare for b in truncate(n, own.count_width)],
        }
        if self.both:
            gaps = [s - 1 for s in steps]
            found |= {"exact": exact, "last": last, "exact_inverse": _inverses(spare)}
            found |= {"last_inverse": _inverses(more)}
            found["next_upper"] = [b for gap in gaps for b in truncate(gap, own.width)[1:]]
        if self.both and self.form.grouped:
            missing = [d + 1 - a for d, a in zip(distances, above, strict=True)]
            has = [int(not n) for n in missing]
            hits = [sum(m * h for m, h in zip(g, has, strict=True)) for g in groups]
            found |= {"has": has, "inverse": _inverses(missing)}
            found["hits"] = [b for n in hits for b in truncate(n, own.count_width)]
            found["hits_inverse"] = [d * i for d, i in zip(differs, _inverses(hits), strict=True)]
        return claimed | {f"{own.name}_{n}": v for n, v in found.items()} | self.results(values)

    def outputs(self, values: list[int]) -> list[list[int]]:
        size = 2 if self.form.grouped else 1
        return [values[i : i + size] for i in range(0, len(values), size)]

    def results(self, values: list[int]) -> dict:
        names = [p.name for p in self.bench.circuit.parameters if p.name.startswith("result")]
        return dict(zip(names, self.outputs(values), strict=True))


def _inverses(values: list[int]) -> list[int]:
    return [pow(v, -1, P) if v % P else 0 for v in values]


@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
@pytest.mark.parametrize("form", [Form.ALL, Form.MASKED, Form.GROUPED, Form.BOTH])
@pytest.mark.parametrize(
    "x, ranks_",
    [([1, 1, -2], (2, 1)), ([-2, 0, 0], (1, 1)), ([0, -1, 1], (2, 1)), ([1, 1, 1], (1, 1))],
    ids=str,
)
def test_no_other_value_has_any_support(form: Form, both: bool, x, ranks_) -> None:
    """Every value near the rows, every next one, and every division of the rows: only the truth passes."""
    claim = Claim(form, both)
    inputs: dict = {"x": x}
    if form.grouped:
        inputs |= {"member": [1, 1, 0, 0, 0, 0], "rank": list(ranks_), "count": [2, 1], "any": [1, 0]}
    else:
        inputs |= {"rows": [3], "rank": [ranks_[0]], "count": [3], "any": [1]}
    if form.masked:
        inputs |= {"mask": [1, 0, 1]}
        inputs["count"] = [1, 1] if form.grouped else [2]
        inputs["rank"] = [1, 1] if form.grouped else inputs["rank"]
    honest = claim.bench.solve(**inputs)
    assert claim.bench.accepts(honest)
    accepted = 0
    second = [-2] if form.grouped else []  # the group without rows has its own test below
    candidates = product(range(-3, 3), repeat=1 + both)
    for values in candidates:
        spread = [v for value in values for v in (value, *second)]
        for flags in product(product((0, 1), repeat=2), repeat=3):
            forged = claim.supported(honest, spread, flags)
            if claim.bench.accepts(forged):
                accepted += 1
                assert {n: [v % P for v in forged[n]] for n in honest} == {
                    n: [v % P for v in honest[n]] for n in honest
                }
    assert accepted == 1


@pytest.mark.parametrize("form", [Form.ALL, Form.MASKED])
def test_no_row_counts_less_than_nothing_or_more_than_once(form: Form) -> None:
    claim = Claim(form, both=False)
    inputs: dict = {"x": [1, 0, -2], "rows": [3], "rank": [2], "count": [3], "any": [1]}
    if form.masked:
        inputs |= {"mask": [1, 0, 1], "count": [2]}
    honest = claim.bench.solve(**inputs)
    sides = [(0, 0), (1, 0), (0, 1), (1, 1), (-1, 0), (-2, 0), (2, 0), (0, -1), (0, -2), (0, 2), (1, -1)]
    accepted = 0
    for value, flags in product(range(-3, 3), product(sides, repeat=3)):
        forged = claim.supported(honest, [value], flags)
        if claim.bench.accepts(forged):
            accepted += 1
            assert forged == honest
    assert accepted == 1


@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
@pytest.mark.parametrize("form", Form)
def test_over_no_rows_there_is_one_value(form: Form, both: bool) -> None:
    claim = Claim(form, both)
    size = 2 if form.grouped else 1
    inputs: dict = {"x": [1, 1, 1], "rank": [1] * size, "count": [1] * size, "any": [0] * size}
    inputs |= {"member": [0] * 6} if form.grouped else {"rows": [0]}
    inputs |= {"mask": [0, 0, 0]} if form.masked else {}
    honest = claim.bench.solve(**inputs)
    assert claim.bench.accepts(honest)
    assert honest["order_value"] == [-2] * size
    for false in (-3, -1, 0, 1, P - 2 + 1):
        for place in range(size):
            for name in ("order_value", "order_next")[: 1 + both]:
                values = list(honest[name])
                values[place] = false
                for spell in SPELLINGS.values():
                    lie = claim.bench.solve(lies={name: values}, spell=spell, **inputs)
                    assert not claim.bench.accepts(lie)
    for name, forged in one_changed(claim.bench, honest):
        assert not claim.bench.accepts(forged), name


# --- the rank of one row --------------------------------------------------------------------------

RANKS = [Function.RANK, Function.PERCENT_RANK, Function.CUME_DIST]


@pytest.mark.parametrize("form", Form)
def test_ranks_are_exact(form: Form) -> None:
    orders = product((False, True), (False, True), (1, None), RANKS)
    calls = [
        within(function, Literal(value, INT), TINYINT, descending=descending, nulls_first=nulls_first)
        for descending, nulls_first, value, function in orders
    ]
    battery(calls, form=form, nullable=True).agrees(8, 200)


@pytest.mark.parametrize(
    "kind, literals",
    [
        (TINYINT, [Literal(v, decimal(2, 1)) for v in (15, -15, 20)]),
        (TINYINT, [Literal(v, INT) for v in (10**9, -(10**9), -128, -129, 127, 128)]),
        (decimal(4, 2), [Literal(-1, INT), Literal(-100, decimal(5, 2))]),
        (TIMESTAMP, [Literal(1, TIMESTAMP)]),
        (BOOLEAN, [Literal(0, BOOLEAN), Literal(1, BOOLEAN)]),
    ],
    ids=str,
)
def test_a_rank_may_be_of_a_value_between_those_of_the_key(kind: SqlType, literals: list[Literal]) -> None:
    orders = product(RANKS, literals, (False, True))
    calls = [within(function, literal, kind, descending=d) for function, literal, d in orders]
    battery(calls, form=Form.MASKED).agrees(9, 60)


@pytest.mark.parametrize("written", ["", "b", "ab", "abc", "abcd", "b~~~~", "\U0010ffff"])
def test_a_rank_may_be_of_text_that_is_longer_or_shorter_than_the_key(written: str) -> None:
    kind = SqlType(Kind.VARCHAR, 3)
    literal = Literal(written, SqlType(Kind.VARCHAR, max(len(written), 1)))
    calls = [within(f, literal, kind, descending=d) for f, d in product(RANKS, (False, True))]

    def build(draft, x: Linear, rows: Linear) -> list[Linear]:
        named = {"x0": x, "rows": rows}
        return [lowered(draft, named, LOWERINGS[call.function], call).value for call in calls]

    bench = Bench.make(build, capacity=4, x=((4,), 0, (1 << width(kind)) - 1), rows=((), 0, 4))
    for texts in (["", "b", "ba", "a"], ["abc", "abd", "ab", "b~~"], ["b~~", "\U0010ffff" * 3, "c", ""]):
        results = bench.results(x=[encode(kind, text) for text in texts], rows=[4])
        assert [own for (own,) in results] == [aggregated(call, [{"x0": t} for t in texts]) for call in calls]
