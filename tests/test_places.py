"""Columns by their places: parts of them, sums up to each, runs of equal keys, buckets, commitments."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tests.gadgets import SPELLINGS, Bench
from tests.test_sorting import claims, false_claims
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.commitments import Commitments, Salts, secret_salts
from zkql.circuit.gadgets.numbering import GroupNumber
from zkql.circuit.gadgets.runs import Buckets, RunEdges, RunningMode, Starts
from zkql.circuit.gadgets.slices import Copy, Differences, Item, Neighbour, Numbering, RunningSum, Slice, Sum
from zkql.circuit.wires import Environment, Linear, constant
from zkql.crypto.field import P
from zkql.crypto.poseidon import poseidon

SLOTS = 5


def refused(bench: Bench, inputs: Environment) -> int:
    """How many lies there are; none is accepted."""
    claimed = list(false_claims(bench, inputs))
    assert [name for name, values in claimed if bench.accepts(values)] == []
    return len(claimed)


# --- parts and sums -------------------------------------------------------------------------------


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("length", [1, 3, SLOTS])
def test_a_slice_begins_anywhere(length: int, backward: bool) -> None:
    def build(draft: Draft, x: Linear, start: Linear, begins: Linear) -> list[Linear]:
        one = draft.make(Slice, "one", x, start, length, SLOTS, backward)
        groups = draft.make(Slice, "groups", x, begins, length, SLOTS, backward)
        return [*(draft.make(Item, "item", s, j) for s in (one, groups) for j in range(length)), x]

    bench = Bench.make(
        build, capacity=SLOTS, x=((SLOTS,), -9, 9), start=((), 0, SLOTS), begins=((2,), 0, SLOTS)
    )
    x = [3, -9, 9, 0, 7]
    line = [*(x[::-1] if backward else x), *[0] * SLOTS]
    for start in range(SLOTS + 1):
        begins = [start, SLOTS - start]
        made = bench.results(x=x, start=[start], begins=begins)
        assert made[:length] == [[line[start + j]] for j in range(length)]
        assert made[length : 2 * length] == [[line[b + j] for b in begins] for j in range(length)]
        if start == 2:
            assert refused(bench, {"x": x, "start": [start], "begins": begins}) > 20
    for beyond in (8, P - 1):
        tries = (bench.solve(x=x, start=[beyond], begins=[0, 0], spell=spell) for spell in SPELLINGS.values())
        assert not any(map(bench.accepts, tries))


def test_sums_copies_and_differences() -> None:
    def build(draft: Draft, x: Linear, one: Linear, member: Linear) -> list[Linear]:
        return [
            draft.make(Sum, "sum", x),
            draft.make(RunningSum, "running", x),
            draft.make(Differences, "differences", x),
            draft.make(Copy, "copy", one - 3, SLOTS),
            draft.make(Copy, "copy", x * 2, SLOTS),
            x + draft.make(Numbering, "numbering", SLOTS),
            draft.make(GroupNumber, "group_number", member.terms[0][0]),
            member,
        ]

    shapes = {"x": ((SLOTS,), -9, 9), "one": ((), 0, 9), "member": ((2, SLOTS), 0, 1)}
    bench = Bench.make(build, capacity=SLOTS, **shapes)
    inputs = {"x": [3, -9, 9, 0, 7], "one": [4], "member": [1, 0, 0, 1, 0, 0, 0, 1, 0, 0]}
    assert bench.results(**inputs) == [
        [10],
        [3, -6, 3, 3, 10],
        [3, -12, 18, -9, 7],
        [1] * 5,
        [6, -18, 18, 0, 14],
        [3, -8, 11, 3, 11],
        [0, 2, 1, 0, 2],
        inputs["member"],
    ]
    assert refused(bench, inputs) > 50


@pytest.mark.parametrize("away", [1, 2, 4, 5, 9, -1, -2, -4, -5, -9])
def test_a_neighbour_is_a_row_or_the_default(away: int) -> None:
    def build(draft: Draft, x: Linear, default: Linear, live: Linear) -> list[Linear]:
        constants = draft.make(Neighbour, "constants", constant(1), constant(-1), live, away)
        return [draft.make(Neighbour, "neighbour", x, default, live, away), constants, x, default, live]

    slots = (SLOTS,)
    bench = Bench.make(build, capacity=SLOTS, x=(slots, 0, 9), default=(slots, 0, 99), live=(slots, 0, 1))
    x, default = [1, 2, 3, 4, 5], [11, 22, 33, 44, 55]
    for rows in range(SLOTS + 1):
        live = [int(i < rows) for i in range(SLOTS)]
        made, constants, *_ = bench.results(x=x, default=default, live=live)
        inside = [0 <= i + away < rows for i in range(SLOTS)]
        assert made == [x[i + away] if near else default[i] for i, near in enumerate(inside)]
        assert constants == [1 if near else -1 for near in inside]
    if abs(away) < 3:
        assert refused(bench, {"x": x, "default": default, "live": [1, 1, 1, 0, 0]}) > 20


# --- runs -----------------------------------------------------------------------------------------


def runs_bench(capacity: int = SLOTS) -> Bench:
    """Where runs start, their first place and the place after their last, and the mode up to each place."""

    def build(draft: Draft, x: Linear, live: Linear, group: Linear) -> list[Linear]:
        starts = draft.put(Starts, "starts", x + group * 10).start
        groups = draft.put(Starts, "groups", group).start
        return [
            starts.linear,
            draft.make(RunEdges, "first", starts, False),
            draft.make(RunEdges, "end", starts, True),
            draft.make(RunningMode, "mode", x, starts, live, None),
            draft.make(RunningMode, "group_mode", x, starts, live, groups),
            x,
            live,
            group,
        ]

    slots = (capacity,)
    return Bench.make(build, capacity=capacity, x=(slots, 0, 9), live=(slots, 0, 1), group=(slots, 0, 3))


def modes(x: list[int], live: list[int], group: list[int] | None) -> list[int | None]:
    found: list[int | None] = []
    for place in range(len(x)):
        seen = [i for i in range(place + 1) if live[i] and (group is None or group[i] == group[place])]
        values = [x[i] for i in seen]
        found.append(min(set(values), key=lambda v: (-values.count(v), v)) if values else None)
    return found


@pytest.mark.parametrize("capacity", [1, 2, SLOTS, 8])
def test_runs_of_a_sorted_column(capacity: int) -> None:
    bench, source = runs_bench(capacity), random.Random(3)
    for _ in range(60):
        rows = source.randint(0, capacity)
        keys = sorted((source.randint(0, 2), source.choice((0, 1, 1, 5))) for _ in range(rows))
        x = [*(value for _, value in keys), *[9] * (capacity - rows)]
        group = [*(number for number, _ in keys), *[3] * (capacity - rows)]
        live = [int(i < rows) for i in range(capacity)]
        _, _, _, _, of_group, *_ = bench.results(x=x, live=live, group=group)
        assert of_group[:rows] == modes(x, live, group)[:rows]
        x.sort()
        starts, first, end, mode, _, *_ = bench.results(x=x, live=[1] * capacity, group=[0] * capacity)
        assert starts == [int(i == 0 or x[i] != x[i - 1]) for i in range(capacity)]
        assert first == [x.index(v) for v in x]
        assert end == [capacity - x[::-1].index(v) for v in x]
        assert mode == modes(x, [1] * capacity, None)


def test_no_lie_about_runs_is_accepted() -> None:
    inputs = {"x": [2, 2, 3, 3, 9], "live": [1, 1, 1, 1, 0], "group": [0] * 5}
    assert refused(runs_bench(), inputs) > 300
    assert refused(runs_bench(), {"x": [2, 2, 1, 4, 4], "live": [1] * 5, "group": [0, 0, 1, 1, 1]}) > 300


@pytest.mark.parametrize(
    "said",
    [
        {"starts_value": [1, 0, 0, 0, 1]},
        {"starts_value": [1, 1, 1, 0, 1]},
        {"starts_value": [0, 0, 1, 0, 1]},
        {"first_value": [0, 0, 2, 3, 4]},
        {"end_value": [2, 2, 4, 4, 4]},
        {"mode_value": [2, 2, 2, 3, 3]},
        {"mode_value": [2, 2, 2, 2, 9]},
    ],
    ids=["joined", "cut", "no first", "better rank", "worse", "later of equally many", "no row"],
)
def test_a_wrong_run_is_refused(said: dict[str, list[int]]) -> None:
    inputs = {"x": [2, 2, 3, 3, 9], "live": [1, 1, 1, 1, 0], "group": [0] * 5}
    assert runs_bench().results(**inputs)[3] == [2, 2, 2, 2, 2]
    assert not claims(runs_bench(), inputs, **said)


# --- buckets --------------------------------------------------------------------------------------


def test_buckets_are_as_large_as_said() -> None:
    def build(draft: Draft, size: Linear, larger: Linear) -> list[Linear]:
        return [draft.make(Buckets, "buckets", size, larger), larger]

    bench = Bench.make(build, capacity=SLOTS, size=((), 0, SLOTS), larger=((SLOTS,), 0, 1))
    for size, many in product(range(SLOTS + 1), repeat=2):
        larger = [int(i < many) for i in range(SLOTS)]
        expected, bucket, held = [], 1, 0
        for place in range(SLOTS):
            if held and held == size + larger[place - 1]:
                bucket, held = bucket + 1, 0
            expected.append(bucket)
            held += 1
        assert bench.results(size=[size], larger=larger)[0] == expected
    assert refused(bench, {"size": [1], "larger": [1, 1, 1, 1, 0]}) > 50
    inputs = {"size": [2], "larger": [1, 1, 1, 0, 0]}
    assert bench.results(**inputs)[0] == [1, 1, 1, 2, 2]
    for said in ([1, 1, 2, 2, 2], [1, 1, 1, 1, 2], [2, 2, 2, 3, 3]):
        assert not claims(bench, inputs, buckets_value=said)


# --- commitments ----------------------------------------------------------------------------------


def test_rows_that_leave_are_committed_to_with_their_salts() -> None:
    def build(draft: Draft, x: Linear, y: Linear) -> list[Linear]:
        salts = draft.make(Salts, "salts", "rows", 3)
        return [draft.make(Commitments, "commitments", (x + 77 * 2**100, y), salts), x, y]

    bench = Bench.make(build, capacity=3, x=((3,), 0, 9), y=((3,), 0, 2**200))
    inputs = {"x": [1, 2, 2], "y": [2**200, 0, 0], secret_salts("rows"): [5, P - 1, 6]}
    made, *_ = bench.results(**inputs)
    assert made == [
        poseidon([1 + 77 * 2**100, 2**200, 5]),
        poseidon([2 + 77 * 2**100, 0, P - 1]),
        poseidon([2 + 77 * 2**100, 0, 6]),
    ]
    assert len(set(made)) == 3
    others = [(n, values) for n, values in false_claims(bench, inputs) if not n.startswith("salts_value")]
    assert len(others) > 10
    assert not any(bench.accepts(values) for _, values in others)


def test_an_element_that_does_not_fit_is_no_commitment() -> None:
    draft = Draft(3)
    salt = draft.public("salt", (3,), 0, P - 1).linear
    wide, below = (draft.public(n, (3,), *ends).linear for n, ends in (("w", (0, 2**253)), ("b", (-1, 1))))
    for elements in ((wide,), (below,), (constant(5),), (salt * 0 + 1,), (below + 1,) * 16):
        with pytest.raises(ValueError, match="element"):
            draft.make(Commitments, "commitments", elements, salt)
