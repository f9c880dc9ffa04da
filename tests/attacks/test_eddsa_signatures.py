"""Signatures by keys of a registry, verified in a circuit that shows neither: forged ones, judged at the
compiled constraints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from tests.gadgets import SPELLINGS, Bench, lies
from tests.signatures import ELEMENT, small_order
from zkql.circuit import check
from zkql.circuit.build import write_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.merkle import leaves_of
from zkql.circuit.lower.signatures import (
    given_keys,
    given_signatures,
    private_keys,
    registered,
    registry_leaf,
    signed,
)
from zkql.circuit.solve import flatten
from zkql.circuit.wires import Linear, Values
from zkql.crypto.babyjubjub import BASE, ORDER, Point, add, multiply, negate
from zkql.crypto.eddsa import SecretKey, Signature, challenge
from zkql.crypto.field import P
from zkql.crypto.merkle import merkle_root

KEYS = tuple(SecretKey(bytes([number]) * 32) for number in range(6))
STRANGER = SecretKey(b"\xff" * 32)
LEAVES = tuple(registry_leaf(device, key.public) for device, key in enumerate(KEYS))
DEVICE, MESSAGE = 3, 4711
HONEST = KEYS[DEVICE].sign(MESSAGE)
VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "eddsa_poseidon.json").read_text())


def _members(draft: Draft, message: Linear, device: Linear, root: Linear, entries: int) -> None:
    key = private_keys(draft, "sensors", message.dims)
    registered(draft, device, key, root, entries)
    signed(draft, message, key, "sensors")


@cache
def bench(entries: int = len(LEAVES)) -> Bench:
    """A public message, device and root."""

    def build(draft: Draft, message: Linear, device: Linear, root: Linear) -> Sequence[Linear]:
        _members(draft, message, device, root, entries)
        return ()

    return Bench.make(build, message=ELEMENT, device=ELEMENT, root=ELEMENT)


@cache
def alone() -> Bench:
    """A public message and key."""

    def build(draft: Draft, message: Linear, x: Linear, y: Linear) -> Sequence[Linear]:
        signed(draft, message, (x, y), "sensors")
        return ()

    return Bench.make(build, message=ELEMENT, x=ELEMENT, y=ELEMENT)


@dataclass(frozen=True)
class Claim:
    """What a prover claims, and has."""

    signature: Signature = HONEST
    key: Point = KEYS[DEVICE].public
    message: int = MESSAGE
    device: int = DEVICE
    leaves: tuple[int, ...] = LEAVES
    """Those that ways are made from; the root is of the true ones."""

    @property
    def given(self) -> Mapping[str, Values]:
        own = given_keys("sensors", [self.key]) | given_signatures("sensors", [self.signature])
        own[leaves_of(len(LEAVES))] = list(self.leaves)
        return {"message": [self.message], "device": [self.device], "root": [merkle_root(LEAVES)], **own}

    def has_a_proof(self) -> bool:
        """With any spelling of what does not fit."""
        return any(bench().accepts(bench().solve(spell=spell, **self.given)) for spell in SPELLINGS.values())


def verifies_alone(key: Point, message: int, own: Signature) -> bool:
    values = given_signatures("sensors", [own])
    given = {"message": [message], "x": [key.x], "y": [key.y], **values}
    return any(alone().accepts(alone().solve(spell=spell, **given)) for spell in SPELLINGS.values())


def test_constraints() -> None:
    """A signature; and one by a key of a registry of 1,024."""
    assert alone().constraints == 3_243
    draft = Draft(1)
    _members(draft, *(draft.public(name, (), 0, P - 1).linear for name in ("m", "d", "r")), 1_024)
    assert write_circuit(draft, ()).constraints == 5_005


def test_honest_signatures_have_a_proof() -> None:
    assert Claim().has_a_proof()
    for device, key in enumerate(KEYS):
        for message in (0, P - 1, 99):
            own = Claim(key.sign(message), key.public, message, device)
            assert bench().accepts(bench().solve(**own.given))


@pytest.mark.parametrize("own", VECTORS["theirs"], ids=lambda own: own["message"][:8])
def test_signatures_of_circomlibjs_verify(own: dict[str, str]) -> None:
    key, r = Point(int(own["key_x"]), int(own["key_y"])), Point(int(own["r_x"]), int(own["r_y"]))
    message, signature = int(own["message"]), Signature(r, int(own["s"]))
    assert verifies_alone(key, message, signature)
    assert not verifies_alone(key, (message + 1) % P, signature)
    assert not verifies_alone(key, message, replace(signature, s=signature.s + 1))


def test_signatures_of_many_messages_are_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "compile_source", lambda *_: pytest.fail("it was compiled whole"))
    many: tuple[tuple[int, ...], int, int] = ((3,), 0, P - 1)

    def build(draft: Draft, message: Linear, device: Linear, root: Linear) -> Sequence[Linear]:
        _members(draft, message, device, root, len(LEAVES))
        return ()

    own = Bench.make(build, capacity=3, message=many, device=many, root=ELEMENT)
    functions = [{call.function for call in b.circuit.calls() if call.function} for b in (own, bench())]
    assert len(functions[0]) == len(functions[1])
    assert own.constraints == 3 * bench().constraints
    devices, messages = [5, 0, 5], [1, 2, 3]
    pairs = list(zip(devices, messages, strict=True))
    keys = given_keys("sensors", [KEYS[d].public for d in devices])
    signatures = [KEYS[d].sign(m) for d, m in pairs]
    given = {"device": devices, "root": [merkle_root(LEAVES)], leaves_of(len(LEAVES)): list(LEAVES), **keys}
    right = given | given_signatures("sensors", signatures)
    assert own.accepts(own.solve(message=messages, **right))
    swapped = given | given_signatures("sensors", [signatures[k] for k in (2, 1, 0)])
    assert not own.accepts(own.solve(message=messages, **swapped))
    assert not own.accepts(own.solve(message=[1, 2, 2], **right))


# --- forgeries ------------------------------------------------------------------------------------


def test_no_lie_about_a_wire_has_a_proof() -> None:
    own = bench()
    honest = flatten(own.circuit.parameters, own.solve(**Claim().given))
    told = 0
    for name, values in lies(own, Claim().given, changes=(1,)):
        if flatten(own.circuit.parameters, values) != honest:
            assert not own.accepts(values), name
            told += 1
    assert told > 50


def test_another_message_has_no_proof() -> None:
    for message in (MESSAGE + 1, 0, P - 1, P - MESSAGE):
        assert not Claim(message=message).has_a_proof()


def test_a_key_that_is_not_registered_has_no_proof() -> None:
    """Its signature is right, and alone it verifies."""
    own = Claim(STRANGER.sign(MESSAGE), STRANGER.public)
    assert verifies_alone(own.key, MESSAGE, own.signature)
    assert not own.has_a_proof()
    added = (*LEAVES[:DEVICE], registry_leaf(DEVICE, STRANGER.public), *LEAVES[DEVICE + 1 :])
    assert not replace(own, leaves=added).has_a_proof()


def test_the_key_of_another_device_has_no_proof() -> None:
    own = Claim(KEYS[0].sign(MESSAGE), KEYS[0].public)
    assert not own.has_a_proof()
    assert replace(own, device=0).has_a_proof()
    assert not Claim(device=0).has_a_proof()


def test_the_signature_of_another_key_has_no_proof() -> None:
    assert not Claim(signature=KEYS[0].sign(MESSAGE)).has_a_proof()
    assert not Claim(key=KEYS[0].public).has_a_proof()
    assert not Claim(key=negate(KEYS[DEVICE].public)).has_a_proof()


def test_s_has_one_spelling() -> None:
    """A signature whose S + ℓ has as many bits."""
    messages = (m for m in range(1, 99) if KEYS[DEVICE].sign(m).s + ORDER < 1 << ORDER.bit_length())
    message = next(messages)
    own = KEYS[DEVICE].sign(message)
    assert Claim(own, message=message).has_a_proof()
    for times in (1, 2, 5):
        assert not Claim(Signature(own.r, own.s + times * ORDER), message=message).has_a_proof()
    for s in (0, 1, own.s - 1, ORDER - own.s, P - own.s):
        assert not Claim(Signature(own.r, s), message=message).has_a_proof()


def test_r_has_to_be_the_point() -> None:
    r = HONEST.r
    others = [
        Point((r.x + 1) % P, r.y),
        Point(r.x, (r.y + 1) % P),
        Point(r.y, r.x),
        negate(r),
        BASE,
        Point(0, 0),
    ]
    for other in others:
        assert not Claim(replace(HONEST, r=other)).has_a_proof()


def _with_r(key: SecretKey, shown: Point, r: Point) -> Signature:
    """Made by the owner of the key, for another R and another key."""
    scalar, _ = key._expanded
    return Signature(r, (77 + challenge(r, shown, MESSAGE) * scalar) % ORDER)


@pytest.mark.parametrize("small", small_order())
def test_r_with_a_part_of_small_order_has_no_proof(small: Point) -> None:
    own = KEYS[DEVICE]
    signature = _with_r(own, own.public, add(multiply(77, BASE), small))
    assert Claim(signature).has_a_proof() == (small == small_order()[0])


@pytest.mark.parametrize("small", small_order())
def test_a_key_of_small_order_has_no_proof(small: Point) -> None:
    """S·B = R is all that it takes, for any message; also where such a key was registered."""
    forged = Signature(multiply(5, BASE), 5)
    assert multiply(8 * challenge(forged.r, small, MESSAGE), small) == small_order()[0]
    assert not verifies_alone(small, MESSAGE, forged)


@pytest.mark.parametrize("small", small_order()[1:])
def test_a_key_with_a_part_of_small_order_is_no_other_s(small: Point) -> None:
    """Who has the secret can show it, in eight spellings, which a registry refuses; nobody else can."""
    key = add(KEYS[DEVICE].public, small)
    assert not verifies_alone(key, MESSAGE, HONEST)
    r = multiply(77, BASE)
    assert not verifies_alone(key, MESSAGE, _with_r(STRANGER, key, r))
    assert not Claim(_with_r(KEYS[DEVICE], key, r), key).has_a_proof()


def test_a_key_off_the_curve_has_no_proof() -> None:
    public = KEYS[DEVICE].public
    for key in (Point(public.x, (public.y + 1) % P), Point(public.y, public.x), Point(0, 0), Point(1, 0)):
        for own in (HONEST, _with_r(KEYS[DEVICE], key, multiply(77, BASE)), Signature(multiply(5, BASE), 5)):
            assert not verifies_alone(key, MESSAGE, own)


def test_a_node_of_the_registry_is_no_entry() -> None:
    """Entries are hashes of three elements, and nodes of four."""
    own = Claim()
    values = bench().solve(**own.given)
    children = values["member_children"]
    assert not bench().accepts({**values, "member_children": [*children[4:], *children[:4]]})
    assert not bench().accepts({**values, "root": [registry_leaf(DEVICE, own.key)]})
