"""Dishonest aggregates: rogue keys, nothing signed, pairs swapped, repeated, added and left out.

Where an attack works against pairings without zkql's checks, the test shows that first.
"""

from __future__ import annotations

import pytest
from chia_rs import AugSchemeMPL, G1Element, G2Element
from py_arkworks_bls12381 import G2Point

from tests.bls_points import (
    BASIC,
    GENERATOR,
    INFINITE_SIGNATURE,
    augmented_pairings_hold,
    hashed,
    key_point,
    pairings_hold,
    scalar,
    signature_point,
)
from zkql.crypto import bls

MESSAGE = b"device 1, row 0"
OTHER = b"device 1, row 1"
VICTIM, SECOND = (bytes([i]) * bls.SEED_BYTES for i in (1, 2))
VICTIMS_KEY, SECOND_KEY = bls.public_key(VICTIM), bls.public_key(SECOND)
HONEST = [(VICTIMS_KEY, MESSAGE), (VICTIMS_KEY, OTHER), (SECOND_KEY, MESSAGE)]
SIGNATURES = [bls.sign(VICTIM, MESSAGE), bls.sign(VICTIM, OTHER), bls.sign(SECOND, MESSAGE)]
AGGREGATE = bls.aggregate(SIGNATURES)


def test_the_honest_aggregate_is_accepted() -> None:
    assert bls.verify_aggregate(HONEST, AGGREGATE)


# --- rogue keys -----------------------------------------------------------------------------------------

ATTACKERS = scalar(0x1234567890ABCDEF)
"""The attacker's secret x. His key is x·G − victim's key: he knows no private key to it."""
ROGUE = GENERATOR * ATTACKERS - key_point(VICTIMS_KEY)
ROGUE_KEY = ROGUE.to_compressed_bytes()
CLAIM = [(VICTIMS_KEY, MESSAGE), (ROGUE_KEY, MESSAGE)]


def test_a_rogue_key_signs_in_the_victims_name_where_keys_are_not_bound() -> None:
    point = G2Point.hash_to_curve(MESSAGE, BASIC)
    forged = point * ATTACKERS
    assert pairings_hold([(key_point(VICTIMS_KEY), point), (ROGUE, point)], forged)


def test_a_rogue_key_signs_in_the_victims_name_where_the_key_is_hashed_and_not_its_own() -> None:
    """One hash of the message for all keys is enough, whatever else is hashed with it."""
    point = hashed(VICTIMS_KEY, MESSAGE)
    forged = point * ATTACKERS
    assert pairings_hold([(key_point(VICTIMS_KEY), point), (ROGUE, point)], forged)


@pytest.mark.parametrize(
    "forged",
    [
        G2Point.hash_to_curve(MESSAGE, BASIC),
        hashed(b"", MESSAGE),
        hashed(VICTIMS_KEY, MESSAGE),
        hashed(ROGUE_KEY, MESSAGE),
        hashed(VICTIMS_KEY, MESSAGE) + hashed(ROGUE_KEY, MESSAGE),
        hashed(VICTIMS_KEY, MESSAGE) - hashed(ROGUE_KEY, MESSAGE),
    ],
    ids=["basic", "no key", "victim's", "rogue's", "sum", "difference"],
)
@pytest.mark.parametrize("claim", [CLAIM, CLAIM[::-1]], ids=["victim first", "rogue first"])
def test_a_rogue_key_signs_nothing(forged: G2Point, claim: list[tuple[bytes, bytes]]) -> None:
    assert bls.is_key(ROGUE_KEY)  # it is a point like any other
    signature = (forged * ATTACKERS).to_compressed_bytes()
    assert not bls.verify_aggregate(claim, signature)
    assert not bls.verify_aggregate(
        [*claim, (SECOND_KEY, MESSAGE)], bls.aggregate([signature, SIGNATURES[2]])
    )


def test_the_library_signs_with_another_key_in_front_and_that_helps_nobody() -> None:
    """It prepends any key that it is asked to; a verifier prepends the signer's."""
    attacker = bytes([9]) * bls.SEED_BYTES
    private = AugSchemeMPL.key_gen(attacker)
    signature = bytes(AugSchemeMPL.sign(private, MESSAGE, G1Element.from_bytes(VICTIMS_KEY)))
    assert pairings_hold(
        [(key_point(bls.public_key(attacker)), hashed(VICTIMS_KEY, MESSAGE))], signature_point(signature)
    )
    for key in (VICTIMS_KEY, bls.public_key(attacker)):
        assert not bls.verify(key, MESSAGE, signature)


# --- nothing --------------------------------------------------------------------------------------------


def test_nothing_is_not_signed_by_anyone() -> None:
    assert AugSchemeMPL.aggregate_verify([], [], G2Element())  # the library takes it for true
    for signature in (INFINITE_SIGNATURE, AGGREGATE, SIGNATURES[0], b""):
        assert not bls.verify_aggregate([], signature)


def test_nothing_is_not_signed_even_if_infinity_were_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bls, "_signature", G2Element.from_bytes)
    assert bls.verify_aggregate(HONEST, AGGREGATE)
    assert not bls.verify_aggregate([], INFINITE_SIGNATURE)


def test_nothing_cannot_be_aggregated() -> None:
    assert bytes(AugSchemeMPL.aggregate([])) == INFINITE_SIGNATURE
    with pytest.raises(ValueError, match="no signature"):
        bls.aggregate([])


def test_signatures_that_cancel_each_other_out() -> None:
    inverse = (-signature_point(SIGNATURES[0])).to_compressed_bytes()
    assert bytes(AugSchemeMPL.aggregate([G2Element.from_bytes(s) for s in (SIGNATURES[0], inverse)])) == (
        INFINITE_SIGNATURE
    )
    with pytest.raises(ValueError, match="cancel"):
        bls.aggregate([SIGNATURES[0], inverse])
    assert not bls.verify(VICTIMS_KEY, MESSAGE, inverse)


# --- pairs ----------------------------------------------------------------------------------------------


def test_messages_swapped_between_keys() -> None:
    signed = [(VICTIMS_KEY, MESSAGE), (SECOND_KEY, OTHER)]
    swapped = [(VICTIMS_KEY, OTHER), (SECOND_KEY, MESSAGE)]
    signature = bls.aggregate([bls.sign(VICTIM, MESSAGE), bls.sign(SECOND, OTHER)])
    assert bls.verify_aggregate(signed, signature)
    assert not bls.verify_aggregate(swapped, signature)


def test_a_pair_twice() -> None:
    """Twice the signature is a point that anyone computes from it; it makes no second row."""
    twice = [HONEST[0], HONEST[0]]
    doubled = bls.aggregate([SIGNATURES[0], SIGNATURES[0]])
    assert augmented_pairings_hold(twice, doubled)
    assert not bls.verify_aggregate(twice, doubled)
    assert not bls.verify_aggregate(twice, SIGNATURES[0])
    assert not bls.verify_aggregate([*HONEST, HONEST[0]], bls.aggregate([AGGREGATE, SIGNATURES[0]]))
    assert not bls.verify(VICTIMS_KEY, MESSAGE, doubled)


def test_the_same_message_by_two_keys_is_two_statements() -> None:
    signed = [(VICTIMS_KEY, MESSAGE), (SECOND_KEY, MESSAGE)]
    assert bls.verify_aggregate(signed, bls.aggregate([SIGNATURES[0], SIGNATURES[2]]))


def test_bytes_moved_between_key_and_message() -> None:
    key, message = VICTIMS_KEY + MESSAGE[:1], MESSAGE[1:]
    assert key + message == VICTIMS_KEY + MESSAGE
    assert not bls.verify(key, message, SIGNATURES[0])
    assert not bls.verify_aggregate([(key, message), *HONEST[1:]], AGGREGATE)


@pytest.mark.parametrize("index", range(3))
def test_a_message_that_was_not_signed(index: int) -> None:
    forged = list(HONEST)
    forged[index] = (forged[index][0], b"device 1, row 2")
    assert not bls.verify_aggregate(forged, AGGREGATE)


def test_a_pair_added_or_left_out() -> None:
    assert not bls.verify_aggregate([*HONEST, (SECOND_KEY, OTHER)], AGGREGATE)
    for index in range(3):
        assert not bls.verify_aggregate(HONEST[:index] + HONEST[index + 1 :], AGGREGATE)


def test_no_bit_of_an_aggregate_may_change() -> None:
    for bit in range(8 * len(AGGREGATE)):
        changed = bytearray(AGGREGATE)
        changed[bit // 8] ^= 1 << bit % 8
        assert not bls.verify_aggregate(HONEST, bytes(changed))


# --- what an aggregate does not say -----------------------------------------------------------------------


def test_signatures_split_anew_aggregate_the_same() -> None:
    """σ₁ + x and σ₂ − x: both are wrong and their sum is right. An aggregate says that every message was
    signed, and nothing of single signatures, so who looks for the wrong one verifies them one by one."""
    shift = G2Point() * ATTACKERS
    first = (signature_point(SIGNATURES[0]) + shift).to_compressed_bytes()
    second = (signature_point(SIGNATURES[1]) - shift).to_compressed_bytes()
    assert not bls.verify(VICTIMS_KEY, MESSAGE, first)
    assert not bls.verify(VICTIMS_KEY, OTHER, second)
    assert bls.aggregate([first, second]) == bls.aggregate(SIGNATURES[:2])
    assert bls.verify_aggregate(HONEST[:2], bls.aggregate([first, second]))


def test_who_has_a_single_signature_can_take_it_out() -> None:
    """An aggregate does not say that its rows are all there are: sequence numbers do, as ever."""
    rest = (signature_point(AGGREGATE) - signature_point(SIGNATURES[1])).to_compressed_bytes()
    assert rest == bls.aggregate([SIGNATURES[0], SIGNATURES[2]])
    assert bls.verify_aggregate([HONEST[0], HONEST[2]], rest)
    assert not bls.verify_aggregate(HONEST, rest)
