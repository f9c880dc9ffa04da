"""What signatures are verified with, gadget by gadget: forgeries that are aimed at single assertions
(:mod:`tests.signatures`), judged at the compiled constraints. ``tests/mutants.py`` shows that one gets
through where an assertion is missing."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.signatures import (
    KEY,
    SUBJECTS,
    Walk,
    meeting_multiples,
    meeting_scalars,
    off_curve,
    shown,
    small_order,
    spelled,
    subject,
    twisted,
    walk_base,
    walk_point,
)
from zkql.circuit.curve import H_BITS, H_SHIFT, S_BITS, UNCHECKED, bounded
from zkql.crypto.babyjubjub import BASE, ORDER, multiply
from zkql.crypto.field import P
from zkql.toolchain.zokrates import compile_source

CONSTRAINTS = {"base point": 868, "any point": 2_048, "difference": 6, "member": 1_202}


@pytest.mark.parametrize("name", SUBJECTS)
def test_constraints(name: str) -> None:
    assert subject(name).bench.constraints == CONSTRAINTS[name]


@pytest.mark.parametrize("name", SUBJECTS)
def test_honest_inputs_have_a_proof(name: str) -> None:
    own = subject(name)
    for inputs in own.honest:
        assert own.bench.accepts(own.bench.solve(**inputs)), inputs


@pytest.mark.parametrize("name", SUBJECTS)
def test_joined_it_is_what_zokrates_makes_of_the_whole(name: str) -> None:
    own = subject(name).bench
    assert compile_source(own.circuit.source).system.constraints == own.program.system.constraints


def test_multiples_are_right() -> None:
    base, point = subject("base point"), subject("any point")
    for inputs in base.honest:
        x, y, _ = base.bench.results(**inputs)
        assert (x[0], y[0]) == multiply(inputs["scalar"][0], BASE)
    for inputs in point.honest:
        x, y, *_ = point.bench.results(**inputs)
        assert (x[0], y[0]) == multiply(8 * inputs["scalar"][0], KEY)


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_forgery_has_a_proof(name: str) -> None:
    own = subject(name)
    told = 0
    for forgery, values in own.forged():
        assert not own.bench.accepts(values), forgery
        told += 1
    assert told > 30


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_private_input_can_be_another(name: str) -> None:
    own = subject(name)
    values = own.bench.solve(**own.honest[-1])
    for parameter in own.bench.circuit.parameters:
        if parameter.public:
            continue
        for place in range(parameter.size):
            for change in (1,) if parameter.size > 50 else (1, -1, 2**64):
                changed = list(values[parameter.name])
                changed[place] += change
                assert not own.bench.accepts({**values, parameter.name: changed}), (parameter.name, place)


# --- the forgeries are what they are said to be ------------------------------------------------------


def test_the_walk_is_the_honest_advice() -> None:
    """So that a forgery differs from it in the lie, and in what follows."""
    base, point = subject("base point"), subject("any point")
    (scalar,) = base.honest[-1]["scalar"]
    honest = base.bench.solve(**base.honest[-1])
    walk = walk_base(spelled(scalar, S_BITS), Walk("base"))
    assert {**honest, **shown(walk, scalar=[scalar])} == honest
    (scalar,) = point.honest[-1]["scalar"]
    honest = point.bench.solve(**point.honest[-1])
    walk = walk_point(spelled(scalar + H_SHIFT, H_BITS), KEY, Walk("point"))
    assert {**honest, **shown(walk, **point.honest[-1])} == honest


def test_there_are_scalars_of_which_two_points_meet() -> None:
    """Nobody finds a message with such a challenge; S is the prover's choice."""
    assert len(list(meeting_scalars())) >= 1
    assert {step for _, step in meeting_multiples()} == set(range(UNCHECKED, H_BITS))
    for scalar, _ in meeting_scalars():
        walk = walk_base(spelled(scalar, S_BITS), Walk("base"))
        assert walk.values["base_apart"] == [0]
    for scalar, step in meeting_multiples():
        walk = walk_point(spelled(scalar + H_SHIFT, H_BITS), twisted(), Walk("point"))
        assert walk.values["point_apart"][step - UNCHECKED] == 0


@pytest.mark.parametrize(
    "name, check, within",
    [
        ("base point", "apart * (top_u - u[123]) == 1", "the same point twice"),
        ("any point", "apart * (q[0] - p[0]) == 1", "a point added to itself"),
    ],
)
def test_without_the_check_of_a_distance_points_that_meet_have_a_proof(
    name: str, check: str, within: str
) -> None:
    """Of any slope: the result is another point. The input still reaches a constraint."""
    own = subject(name)
    distance = check.removeprefix("apart * ").removesuffix(" == 1")
    assert own.bench.circuit.source.count(f"assert({check});") == 1
    weak = own.bench.circuit.source.replace(check, f"(apart * {distance} - 1) * apart == 0")
    blind = replace(own.bench, program=compile_source(weak))
    accepted = [values for forgery, values in own.forged() if within in forgery and blind.accepts(values)]
    assert len({values["result_0"][0] for values in accepted}) > 1
    assert not any(map(own.bench.accepts, accepted))


def test_before_that_no_two_points_meet() -> None:
    """With all digits down, all up, or any."""
    source = random.Random(8)
    for bits in ([0] * H_BITS, [1] * H_BITS, [source.randrange(2) for _ in range(H_BITS)]):
        multiple = 2
        for step, bit in enumerate(reversed(bits[H_BITS - UNCHECKED :])):
            assert 1 < multiple < 2 * ORDER - 1
            assert multiple % 2 == 1 or step == 0
            assert multiple % ORDER not in (1, ORDER - 1)
            multiple = 2 * multiple + 2 * bit - 1


def test_scalars_beyond_the_order_have_the_same_multiple() -> None:
    """What the bound of S is for."""
    low, high = (walk_base(spelled(5 + k * ORDER, S_BITS), Walk("base")).values for k in (0, 1))
    assert low["base_x"] == high["base_x"] == [multiply(5, BASE).x]


def test_small_orders_and_pairs_off_the_curve_are_tried() -> None:
    names = [name for name, _ in subject("any point").forged()]
    for point in (*small_order(), *off_curve()):
        assert f"the point {point}" in names


# --- bounds of bits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_bounds_let_through_what_is_within_them(width: int) -> None:
    """Every number, every two bounds; and "bits" that are none."""
    every = range(1 << width)
    for low in every:
        for high in range(low + 1, 1 << width):
            checks = list(bounded(width, low, high))
            for number in every:
                bits = [number >> k & 1 for k in range(width)]
                assert _passes(checks, bits) == (low <= number <= high), (low, high, number)
            for place in range(width):
                for value in (2, P - 1, P // 2):
                    bits = [0] * width
                    bits[place] = value
                    assert not _passes(checks, bits)


def _passes(checks: list, bits: list[int]) -> bool:
    known: dict[str, int] = {}

    def value(text: str) -> int:
        return eval(text, {}, {"b": bits, **known}) % P

    for check in checks:
        bit = bits[check.place]
        if (bit - value(check.low)) * (1 - value(check.high) - bit) % P:
            return False
        for name, left, right in check.made:
            known[name] = value(left) * value(right) % P
    return True
