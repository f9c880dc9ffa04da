"""Proofs that lean on one another: what is false alone is false in every company."""

from __future__ import annotations

import dataclasses
import random
import secrets
from collections.abc import Callable, Sequence

import pytest

from tests.points import G1, G2, Point, Proof, Simulator, add, negative, outside, small, times
from tests.proofs import Item, Proven, changed, plain, renewed
from zkql.crypto.field import P
from zkql.toolchain import batch
from zkql.toolchain.mcl import FIELD_OF_POINTS

Forgery = Callable[[Sequence[Item], Sequence[int]], list[Item]]
"""From honest proofs and the weights that the forger expects: as many false ones whose errors cancel."""


def ratio(weights: Sequence[int]) -> int:
    """What the second error is to the first, with the sign that cancels it."""
    return -weights[0] * pow(weights[1], -1, P) % P


def shifted_c(items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
    """e(C + D, δ)^r · e(C' + kD, δ)^s = e(C, δ)^r · e(C', δ)^s if r + ks = 0."""
    by = times(5, G1)
    return [
        changed(items[0], lambda p: p.plus(c=by)),
        changed(items[1], lambda p: p.plus(c=times(ratio(weights), by))),
    ]


def shifted_a(items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
    """e(A + D, B)^r · e(A + kD, B)^s, over one proof twice."""
    by = times(5, G1)
    return [changed(items[0], lambda p, k=k: p.plus(a=times(k, by))) for k in (1, ratio(weights))]


def shifted_b(items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
    """e(A, B + D)^r · e(A, B + kD)^s, over one proof twice."""
    by = times(5, G2)
    return [changed(items[0], lambda p, k=k: p.plus(b=times(k, by))) for k in (1, ratio(weights))]


def shifted_inputs(items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
    """IC is linear: one result too high, another too low."""
    last = len(items[0][1]) - 1
    return [
        (proof, [(x + k) % P if i == last else x for i, x in enumerate(inputs)])
        for (proof, inputs), k in zip(items[:2], (1, ratio(weights)), strict=True)
    ]


def exchanged(items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
    """The results of two windows exchanged: with equal weights the sum of all inputs is what it was."""
    assert len(set(weights)) == 1
    return [(items[0][0], items[1][1]), (items[1][0], items[0][1])]


def in_a_ring(items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
    """The same with five: halves of the batch cancel in no other way."""
    assert len(set(weights)) == 1
    return [(items[i][0], items[(i + 1) % 5][1]) for i in range(5)]


def invented(items: Sequence[Item], weights: Sequence[int]) -> list[Item]:
    """Results that no window had, and a second proof that pays for them."""
    (first, inputs), (second, others) = items[:2]
    return [
        (first, [*inputs[:-1], 999]),
        (second, [*others[:-1], (others[-1] + (999 - inputs[-1]) * ratio(weights)) % P]),
    ]


FORGERIES: dict[str, tuple[Forgery, tuple[int, ...]]] = {
    "C": (shifted_c, (1, 1)),
    "C, other weights": (shifted_c, (3, 2**127 + 5)),
    "A": (shifted_a, (1, 1)),
    "A, other weights": (shifted_a, (2, 7)),
    "B": (shifted_b, (1, 1)),
    "B, other weights": (shifted_b, (2, 7)),
    "inputs": (shifted_inputs, (1, 1)),
    "inputs, other weights": (shifted_inputs, (1, 2)),
    "invented": (invented, (1, 1)),
    "exchanged": (exchanged, (1, 1)),
    "in a ring": (in_a_ring, (1, 1, 1, 1, 1)),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_errors_that_cancel(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They do cancel for a verifier whose weights are known, and are found by one that draws its own."""
    forge, weights = FORGERIES[name]
    forged = forge(plain().items, weights)
    assert len(forged) == len(weights)
    expected = iter([weight - 1 for weight in weights])
    with monkeypatch.context() as known:
        known.setattr(batch.secrets, "randbelow", lambda _: next(expected))
        assert plain().batch.verify(forged) == (True,) * len(forged)
    honest = plain().items[5:8]
    assert plain().verdicts(forged) == (False,) * len(forged)
    assert plain().verdicts([*honest, *forged]) == (True,) * 3 + (False,) * len(forged)
    assert plain().verdicts([forged[0], *honest, *forged[1:]]) == (
        False,
        *(True,) * 3,
        *(False,) * len(forged[1:]),
    )


def test_every_proof_has_a_weight_of_its_own_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[int, int]] = []
    real = secrets.randbelow

    def spied(below: int) -> int:
        drawn.append((below, real(below)))
        return drawn[-1][1]

    monkeypatch.setattr(batch.secrets, "randbelow", spied)
    items = [plain().items[0]] * 6
    for _ in range(2):
        assert plain().batch.verify(items) == (True,) * 6
    assert {below for below, _ in drawn} == {2**128 - 1}
    assert len({value for _, value in drawn}) == len(drawn) == 12
    assert max(value for _, value in drawn) > 2**120


def test_one_false_proof_many_times() -> None:
    (forged, _) = shifted_c(plain().items, (1, 1))
    assert plain().verdicts([forged] * 9) == (False,) * 9


# --- points that no prover comes to ---------------------------------------------------------------

SIMULATOR = Simulator.make(2)
INPUTS = [11, P - 12]


@pytest.fixture(scope="module")
def simulated() -> Proven:
    return Proven.of(SIMULATOR.vk, [(SIMULATOR.prove(INPUTS, 5, 7).to_bytes(), INPUTS)])


def alone(proven: Proven, proof: Proof, inputs: Sequence[int]) -> bool:
    """Its verdict, the same in the company of an honest proof, and by the other implementation."""
    item = (proof.to_bytes(), list(inputs))
    (verdict,) = proven.verdicts([item])
    assert proven.verdicts([proven.items[0], item]) == (True, verdict)
    return verdict


@pytest.mark.parametrize("part", ["a", "b", "c"])
def test_infinity_even_where_the_equation_holds(simulated: Proven, part: str) -> None:
    """An honest proof has it with a probability of 2^-254."""
    claimed = SIMULATOR.claimed(INPUTS)
    proof = {
        "a": SIMULATOR.prove(INPUTS, 0, 7),
        "b": SIMULATOR.prove(INPUTS, 5, 0),
        "c": SIMULATOR.prove(INPUTS, 5, claimed * pow(5, -1, P) % P),
    }[part]
    assert [name for name in "abc" if getattr(proof, name) is None] == [part]
    assert not alone(simulated, proof, INPUTS)


def test_infinity_everywhere() -> None:
    assert not alone(plain(), Proof(None, None, None), plain().items[0][1])
    assert not alone(plain(), Proof(None, None, None), [0] * len(plain().items[0][1]))
    for part in "abc":
        honest = Proof.read(plain().items[0][0])
        assert not alone(plain(), dataclasses.replace(honest, **{part: None}), plain().items[0][1])


@pytest.mark.parametrize("stray", [small, outside], ids=["of a small order", "of the whole twist"])
def test_b_outside_its_group(stray: Callable[[], Point]) -> None:
    """A part of small order is gone for every 10,069th weight, if orders are not checked."""
    item = plain().items[0]
    honest = Proof.read(item[0])
    for point in (add(honest.b, stray()), add(honest.b, negative(stray())), stray()):
        assert not alone(plain(), dataclasses.replace(honest, b=point), item[1])
    both = [changed(item, lambda p, q=q: p.plus(b=q)) for q in (stray(), negative(stray()))]
    assert plain().verdicts(both) == (False, False)


def test_points_off_their_curves() -> None:
    item = plain().items[0]
    for position in range(0, 256, 32):
        for change in (1, 2, 1 << 64):
            value = int.from_bytes(item[0][position : position + 32], "big") ^ change
            data = item[0][:position] + value.to_bytes(32, "big") + item[0][position + 32 :]
            assert plain().verdicts([(data, item[1]), plain().items[1]]) == (False, True)


@pytest.mark.parametrize("part", ["a", "b", "c"])
def test_points_of_other_curves_with_the_same_law_and_order(part: str) -> None:
    """Addition never reads the constant of y² = x³ + b: (x·u², y·u³) is on the curve with b·u⁶."""
    item = plain().items[0]
    honest = Proof.read(item[0])
    point = getattr(honest, part)
    assert point is not None
    for u in (2, 3, FIELD_OF_POINTS - 2):
        (x0, x1), (y0, y1) = point
        moved = times_each(x0, x1, u**2), times_each(y0, y1, u**3)
        assert times(P, moved) is None
        assert not alone(plain(), dataclasses.replace(honest, **{part: moved}), item[1])


def times_each(real: int, imaginary: int, factor: int) -> tuple[int, int]:
    return real * factor % FIELD_OF_POINTS, imaginary * factor % FIELD_OF_POINTS


def test_a_point_of_g1_in_the_place_of_one_of_g2() -> None:
    item = plain().items[0]
    assert not alone(plain(), dataclasses.replace(Proof.read(item[0]), b=G1), item[1])


# --- other spellings ------------------------------------------------------------------------------


def test_negated_points() -> None:
    """e(−A, −B) = e(A, B): that is the same proof otherwise written, as anyone can."""
    proof, inputs = plain().items[0]
    honest = Proof.read(proof)
    for parts in ("a", "b", "c", "ac", "bc", "abc"):
        turned = {part: negative(getattr(honest, part)) for part in parts}
        assert not alone(plain(), dataclasses.replace(honest, **turned), inputs)
    assert alone(plain(), Proof(negative(honest.a), negative(honest.b), honest.c), inputs)


def test_a_proof_re_randomised_says_the_same() -> None:
    source = random.Random(5)
    item = plain().items[0]
    again = [changed(item, lambda p: p.scaled(source.randrange(2, P))) for _ in range(3)]
    assert len({item[0], *(proof for proof, _ in again)}) == 4
    assert plain().verdicts([item, *again]) == (True,) * 4
    assert plain().verdicts([(proof, plain().items[1][1]) for proof, _ in again]) == (False,) * 3


def test_coordinates_and_inputs_that_are_not_canonical() -> None:
    proof, inputs = plain().items[0]
    for position in range(0, 256, 32):
        value = int.from_bytes(proof[position : position + 32], "big") + FIELD_OF_POINTS
        data = proof[:position] + value.to_bytes(32, "big") + proof[position + 32 :]
        assert plain().verdicts([(data, inputs), plain().items[1]]) == (False, True)
    for position in range(len(inputs)):
        for change in (P, -P, 2 * P):
            alias = [x + change if i == position else x for i, x in enumerate(inputs)]
            assert plain().verdicts([(proof, alias), plain().items[1]]) == (False, True)


def test_other_numbers_of_bytes_and_inputs() -> None:
    proof, inputs = plain().items[0]
    for data in (b"", proof[:-1], proof[1:], proof + b"\0", b"\0" + proof, proof * 2, proof[:128]):
        assert plain().verdicts([(data, inputs), plain().items[1]]) == (False, True)
    for other in ([], inputs[:-1], inputs[1:], [*inputs, 0], [0, *inputs], [1, *inputs]):
        assert plain().verdicts([(proof, other), plain().items[1]]) == (False, True)


def test_exchanged_points_and_inputs() -> None:
    (proof, inputs), (other, _) = plain().items[:2]
    for start, end in ((0, 64), (64, 192), (192, 256)):
        mixed = proof[:start] + other[start:end] + proof[end:]
        assert plain().verdicts([(mixed, inputs), plain().items[1]]) == (False, True)
    assert plain().verdicts([(proof[192:] + proof[64:192] + proof[:64], inputs)]) == (False,)
    for i in range(len(inputs) - 1):
        if inputs[i] != inputs[i + 1]:
            swapped = [*inputs[:i], inputs[i + 1], inputs[i], *inputs[i + 2 :]]
            assert plain().verdicts([(proof, swapped), plain().items[1]]) == (False, True)


def test_proofs_of_another_key() -> None:
    """The same windows of the same circuit."""
    assert renewed().verdicts(renewed().items) == (True,) * len(renewed().items)
    own, other = plain().items, renewed().items
    assert plain().verdicts(other) == (False,) * len(other)
    assert plain().verdicts([own[0], other[1], own[2]]) == (True, False, True)
