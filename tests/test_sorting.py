"""Sorted columns: any permutation and nothing else, in order, in two ways; what each costs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations, product

import pytest

from tests.gadgets import SPELLINGS, Bench, lies
from tests.statistic import one_changed
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.permutation import Ascending, Permuted, Switches, permuted_constraints
from zkql.circuit.gadgets.products import Challenge, SameMultiset, Sorted
from zkql.circuit.lower.sorting import arranged, ascending, network_cost, numbered, placed, product_cost
from zkql.circuit.solve import flatten, solve
from zkql.circuit.waksman import network, route
from zkql.circuit.wires import Environment, Linear, TooWide
from zkql.crypto.field import P
from zkql.crypto.poseidon import poseidon
from zkql.crypto.transcript import DATA_BITS, challenge

HALF = pow(2, -1, P)


def routed(sources: list[int]) -> list[int]:
    values = list(range(len(sources)))
    for (a, b), crosses in zip(network(len(sources)), route(sources), strict=True):
        if crosses:
            values[a], values[b] = values[b], values[a]
    return values


def false_claims(bench: Bench, inputs: Environment) -> Iterator[tuple[str, Environment]]:
    """Lies that change the proof: about any output, with any spelling, or in one private input."""
    honest = solve(bench.circuit.gadgets, inputs)
    yield from one_changed(bench, honest)
    for name, claimed in lies(bench, inputs):
        if flatten(bench.circuit.parameters, claimed) != flatten(bench.circuit.parameters, honest):
            yield name, claimed


def claims(bench: Bench, inputs: Environment, **said: list[int]) -> bool:
    """Whether a prover gets through who claims these outputs, with any spelling of what does not fit."""
    made = {w.name for g in bench.circuit.gadgets for w in g.outputs}
    assert said.keys() <= made, made
    tries = (solve(bench.circuit.gadgets, inputs, lies=said, spell=spell) for spell in SPELLINGS.values())
    return any(map(bench.accepts, tries))


# --- the network ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(7))
def test_a_network_makes_every_permutation(size: int) -> None:
    assert all(routed(list(sources)) == list(sources) for sources in permutations(range(size)))


def test_a_network_of_any_size_has_as_many_switches_as_waksmans() -> None:
    source = random.Random(0)
    for size in range(1, 300):
        depth = (size - 1).bit_length()
        assert len(network(size)) == size * depth - 2**depth + 1
        sources = source.sample(range(size), size)
        assert routed(sources) == sources


def test_a_switch_is_counted_if_a_place_that_is_read_depends_on_it() -> None:
    assert permuted_constraints(100, 100) == permuted_constraints(100, 100, back=True) == 573
    assert permuted_constraints(100, 1) < permuted_constraints(100, 5) < 573


# --- sorting by a network -------------------------------------------------------------------------


def network_bench(capacity: int) -> Bench:
    """The column sorted, another one with it, and the first as it was."""

    def build(draft: Draft, x: Linear, other: Linear) -> list[Linear]:
        order, (ordered,) = arranged(draft, (x, 1))
        return [ordered, order.column(other), order.back(ordered), x, other]

    slots = (capacity,)
    return Bench.make(build, capacity=capacity, x=(slots, -5, 100), other=(slots, 0, 9))


@pytest.mark.parametrize("capacity", [1, 2, 3, 5, 8])
def test_a_network_sorts_and_undoes_it(capacity: int) -> None:
    bench, source = network_bench(capacity), random.Random(1)
    for spread in (1, 2, 106):
        x = [source.randrange(-5, spread - 5) for _ in range(capacity)]
        other = [source.randrange(10) for _ in range(capacity)]
        ordered, joined, back, *_ = bench.results(x=x, other=other)
        assert (ordered, back) == (sorted(x), x)
        assert joined == [other[i] for i in sorted(range(capacity), key=x.__getitem__)]


@pytest.mark.parametrize("capacity", [3, 5])
def test_no_lie_about_an_order_is_accepted(capacity: int) -> None:
    x = [7, -5, 100, 40, 41][:capacity]
    inputs = {"x": x, "other": list(range(capacity))}
    bench, count = network_bench(capacity), 0
    for name, claimed in false_claims(bench, inputs):
        count += 1
        assert not bench.accepts(claimed), name
    assert count > 100


def test_what_is_unsorted_replaced_dropped_or_repeated_is_refused() -> None:
    bench = network_bench(3)
    inputs = {"x": [4, 0, 2], "other": [7, 8, 9]}
    assert claims(bench, inputs, switches_value=route([1, 2, 0]))
    for sources in permutations(range(3)):
        if sources != (1, 2, 0):
            assert not claims(bench, inputs, switches_value=route(list(sources)))
    # A switch of 1/2 would make (0 + 4) / 2 of both, which is in order and has the same sum.
    for switches in product((0, 1, HALF, 2, P - 1), repeat=3):
        if list(switches) != route([1, 2, 0]):
            assert not claims(bench, inputs, switches_value=list(switches))


def test_columns_stay_with_their_keys() -> None:
    bench = network_bench(3)
    inputs = {"x": [4, 0, 2], "other": [7, 8, 9]}
    assert bench.results(**inputs)[1] == [8, 9, 7]
    for joined in ([7, 8, 9], [9, 8, 7], [8, 7, 9]):
        assert not claims(bench, inputs, result_1=joined)
        assert not claims(bench, inputs, ordered_2_value=joined)


def test_equal_keys_are_told_apart_by_their_slots() -> None:
    def build(draft: Draft, x: Linear, other: Linear) -> list[Linear]:
        order, _ = arranged(draft, (numbered(draft, x), 1))
        return [order.column(other), x, other]

    bench = Bench.make(build, capacity=3, x=((3,), 0, 1), other=((3,), 0, 9))
    inputs = {"x": [1, 1, 0], "other": [7, 8, 9]}
    assert bench.results(**inputs)[0] == [9, 7, 8]
    assert not claims(bench, inputs, switches_value=route([2, 1, 0]))


def test_a_position_is_taken_by_its_slot_only() -> None:
    def build(draft: Draft, position: Linear, x: Linear) -> list[Linear]:
        return [placed(draft, position).column(x, 2), position, x]

    bench = Bench.make(build, capacity=3, position=((3,), 0, 2), x=((3,), 0, 9))
    inputs = {"position": [2, 0, 1], "x": [7, 8, 9]}
    assert bench.results(**inputs)[0] == [8, 9]
    for sources in permutations(range(3)):
        accepted = claims(bench, inputs, switches_value=route(list(sources)))
        assert accepted == (sources == (1, 2, 0))
    assert not any(bench.accepts(claimed) for _, claimed in false_claims(bench, inputs))


def test_a_key_that_is_too_wide_is_refused() -> None:
    draft = Draft(4)
    with pytest.raises(TooWide, match="a sort"):
        arranged(draft, (draft.public("x", (4,), 0, 1 << 251).linear, 1))


# --- sorting by a product -------------------------------------------------------------------------


def product_bench(capacity: int = 3, *, low: int = -5, high: int = 100) -> Bench:
    def build(draft: Draft, x: Linear, context: Linear) -> list[Linear]:
        ordered = draft.put(Sorted, "sorted", x).ordered.linear
        r = draft.make(Challenge, "challenge", context, (ordered,))
        draft.put(SameMultiset, "same_values", x, ordered, r)
        return [ordered, x]

    return Bench.make(build, capacity=capacity, x=((capacity,), low, high), context=((), 0, P - 1))


@pytest.mark.parametrize("capacity", [2, 3, 9])
def test_a_product_sorts(capacity: int) -> None:
    bench, source = product_bench(capacity, high=2**31), random.Random(2)
    for spread in (1, 2, 2**31):
        x = [source.randrange(-5, spread - 5) for _ in range(capacity)]
        assert bench.results(x=x, context=[source.randrange(P)])[0] == sorted(x)


def test_no_lie_about_sorted_values_is_accepted() -> None:
    bench, inputs = product_bench(), {"x": [7, -5, 100], "context": [3]}
    claimed = [name for name, values in false_claims(bench, inputs) if bench.accepts(values)]
    assert claimed == []


@pytest.mark.parametrize(
    "said",
    [[4, 0, 2], [0, 2, 5], [0, 0, 4], [2, 2, 2], [0, 4, 4], [0, 2, 2], [-6, 2, 10], [0, 2, 104], [P, 2, 4]],
    ids=["unsorted", "replaced", "dropped", "same sum", "repeated", "cut", "too low", "too high", "x + p"],
)
def test_what_is_no_permutation_is_refused(said: list[int]) -> None:
    inputs = {"x": [4, 0, 2], "context": [3]}
    assert claims(product_bench(), inputs, sorted_value=[0, 2, 4])
    assert not claims(product_bench(), inputs, sorted_value=said)


def test_values_that_are_chosen_after_the_challenge_are_refused() -> None:
    """(r - 1)(r - 5) = (r - 2)(r - 3) at r = -1: whoever knows the challenge finds other values."""

    def build(draft: Draft, x: Linear, y: Linear, chosen: Linear) -> list[Linear]:
        draft.put(SameMultiset, "same_values", x, y, chosen)
        return [x, y]

    slots = ((2,), 0, 9)
    chosen = Bench.make(build, capacity=2, x=slots, y=slots, chosen=((), 0, P - 1))
    assert chosen.accepts(chosen.solve(x=[1, 5], y=[2, 3], chosen=[P - 1]))
    assert not chosen.accepts(chosen.solve(x=[1, 5], y=[2, 3], chosen=[P - 2]))
    bench = product_bench(2, low=0, high=9)
    for context in range(20):
        assert not claims(bench, {"x": [1, 5], "context": [context]}, sorted_value=[2, 3])


# --- challenges -----------------------------------------------------------------------------------


def challenge_bench() -> Bench:
    def build(draft: Draft, context: Linear, x: Linear, y: Linear, z: Linear) -> list[Linear]:
        draft.context = context
        return [draft.make(Challenge, "challenge", context, (x, y, z)), x, y, z]

    return Bench.make(
        build,
        capacity=5,
        context=((), 0, P - 1),
        x=((5,), -7, 2**100),
        y=((5,), 0, 1),
        z=((), 5, 5 + 2**DATA_BITS - 1),
    )


def test_a_challenge_is_poseidons_of_context_length_and_packed_values() -> None:
    x, y, z = [-7, 0, 2**100, 1, 2], [1, 0, 1, 1, 0], [5 + 2**231]
    made, *_ = challenge_bench().results(context=[11], x=x, y=y, z=z)
    step = 1 << 101
    offsets = [v + 7 for v in x]
    packed = [offsets[0] + step * offsets[1], offsets[2] + step * offsets[3], offsets[4], 0b01101, 2**231]
    assert made == [challenge(11, packed)]
    assert made == [poseidon([11, packed[0] + (5 << DATA_BITS), *packed[1:]])]


def test_a_challenge_depends_on_everything() -> None:
    bench = challenge_bench()
    inputs = {"context": [11], "x": [1, 2, 3, 4, 5], "y": [0] * 5, "z": [9]}
    found = {bench.results(**inputs)[0][0]}
    for name, values in inputs.items():
        for place in range(len(values)):
            changed = [v + (i == place) for i, v in enumerate(values)]
            found.add(bench.results(**{**inputs, name: changed})[0][0])
    assert len(found) == 1 + 12


def test_long_challenges_are_chained_and_no_input_is_a_prefix_of_another() -> None:
    first = poseidon([5, 1 + (9 << DATA_BITS), *range(2, 8)])
    assert challenge(5, range(1, 10)) == poseidon([first, 8, 9])
    assert challenge(5, range(1, 8)) != first


# --- cost -----------------------------------------------------------------------------------------


def sorted_cost(capacity: int, *, context: bool) -> tuple[int, int, int]:
    """What sorting a 32-bit column costs, and what each way would cost."""
    draft = Draft(capacity)
    if context:
        draft.context = draft.public("context", (), 0, P - 1).linear
    x = draft.public("x", (capacity,), 0, 2**32 - 1).linear
    ascending(draft, x)
    kinds = {type(g) for g in draft.gadgets}
    assert kinds in ({Switches, Permuted, Ascending}, {Sorted, Challenge, SameMultiset})
    return sum(g.constraints() for g in draft.gadgets), network_cost(x), product_cost(x)


@pytest.mark.parametrize(
    "capacity, by_network, by_product",
    [(4, 106, 406), (100, 4_314, 4_474), (256, 11_746, 11_005), (1_000, 49_922, 42_367)],
)
def test_the_cheaper_way_is_taken(capacity: int, by_network: int, by_product: int) -> None:
    least = min(by_network, by_product)
    assert sorted_cost(capacity, context=True) == (least, by_network, by_product)
    assert sorted_cost(capacity, context=False) == (by_network, by_network, by_product)
