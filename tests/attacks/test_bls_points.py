"""Points that are no keys and no signatures: infinity, other subgroups, other spellings.

Where an attack works against pairings without zkql's checks, the test shows that first.
"""

from __future__ import annotations

import pytest
from py_arkworks_bls12381 import G1Point, G2Point

from tests.bls_points import (
    BASIC,
    GENERATOR,
    INFINITE_KEY,
    INFINITE_SIGNATURE,
    augmented_pairings_hold,
    hashed,
    key_point,
    outside,
    pairings_hold,
    scalar,
    signature_point,
    torsion,
)
from zkql.crypto import bls

MESSAGE = b"device 1, row 0"
SEED = bytes([7]) * bls.SEED_BYTES
KEY = bls.public_key(SEED)
SIGNATURE = bls.sign(SEED, MESSAGE)
FIELD = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB


# --- infinity -------------------------------------------------------------------------------------------


def test_everyone_signs_everything_with_the_key_at_infinity() -> None:
    for message in (MESSAGE, b"whatever"):
        assert augmented_pairings_hold([(INFINITE_KEY, message)], INFINITE_SIGNATURE)
        assert not bls.verify(INFINITE_KEY, message, INFINITE_SIGNATURE)
    assert not bls.is_key(INFINITE_KEY)


def test_a_row_of_the_key_at_infinity_beside_honest_ones() -> None:
    signed = [(KEY, MESSAGE), (INFINITE_KEY, b"whatever")]
    assert augmented_pairings_hold(signed, SIGNATURE)
    assert not bls.verify_aggregate(signed, SIGNATURE)
    assert not bls.verify_aggregate(signed[::-1], SIGNATURE)
    assert bls.verify_aggregate(signed[:1], SIGNATURE)


def test_the_signature_at_infinity_is_nobodys() -> None:
    assert not bls.verify(KEY, MESSAGE, INFINITE_SIGNATURE)
    assert not bls.verify_aggregate([(KEY, MESSAGE), (INFINITE_KEY, MESSAGE)], INFINITE_SIGNATURE)
    for parts in ([INFINITE_SIGNATURE], [SIGNATURE, INFINITE_SIGNATURE], [INFINITE_SIGNATURE, SIGNATURE]):
        with pytest.raises(ValueError, match="is none"):
            bls.aggregate(parts)


def test_keys_that_cancel_each_other_out_sign_nothing() -> None:
    """x·G and −x·G: where keys are not hashed with it, infinity is their signature over any message (Nguyen,
    arXiv 2104.12255)."""
    secret = scalar(12345)
    point = G2Point.hash_to_curve(MESSAGE, BASIC)
    assert pairings_hold([(GENERATOR * secret, point), (GENERATOR * -secret, point)], G2Point.identity())
    keys = [(GENERATOR * s).to_compressed_bytes() for s in (secret, -secret)]
    signatures = [
        (hashed(key, MESSAGE) * s).to_compressed_bytes()
        for key, s in zip(keys, (secret, -secret), strict=True)
    ]
    signed = [(key, MESSAGE) for key in keys]
    assert bls.verify_aggregate(signed, bls.aggregate(signatures))  # both did sign, with their own hashes
    assert bls.aggregate(signatures) != INFINITE_SIGNATURE
    assert not bls.verify_aggregate(signed, INFINITE_SIGNATURE)


# --- other subgroups ------------------------------------------------------------------------------------


def test_a_key_outside_its_subgroup_that_pairings_do_not_tell_from_an_honest_one() -> None:
    """A point whose order divides the cofactor, added to a key, changes no pairing: without the check of the
    subgroup, one private key has many public keys."""
    alias = (key_point(KEY) + torsion(G1Point, bls.KEY_BYTES)).to_compressed_bytes()
    assert alias != KEY
    secret = scalar(int.from_bytes(bytes(bls._private(SEED)), "big"))
    signature = (hashed(alias, MESSAGE) * secret).to_compressed_bytes()
    assert augmented_pairings_hold([(alias, MESSAGE)], signature)
    assert not bls.verify(alias, MESSAGE, signature)
    assert not bls.verify_aggregate([(KEY, MESSAGE), (alias, MESSAGE)], bls.aggregate([SIGNATURE, signature]))
    assert not bls.is_key(alias)


@pytest.mark.parametrize("make", [outside, torsion])
def test_points_of_the_curve_outside_the_subgroups(make) -> None:
    key, signature = make(G1Point, bls.KEY_BYTES), make(G2Point, bls.SIGNATURE_BYTES)
    assert not key.is_in_subgroup()
    assert not signature.is_in_subgroup()
    assert not bls.is_key(key.to_compressed_bytes())
    assert not bls.verify(key.to_compressed_bytes(), MESSAGE, SIGNATURE)
    assert not bls.verify(KEY, MESSAGE, signature.to_compressed_bytes())
    with pytest.raises(ValueError, match="is none"):
        bls.aggregate([SIGNATURE, signature.to_compressed_bytes()])


def test_a_signature_moved_out_of_its_subgroup_alone_and_in_an_aggregate() -> None:
    moved = (signature_point(SIGNATURE) + torsion(G2Point, bls.SIGNATURE_BYTES)).to_compressed_bytes()
    assert not bls.verify(KEY, MESSAGE, moved)
    with pytest.raises(ValueError, match="signature 0 is none"):
        bls.aggregate([moved])


def test_two_signatures_outside_their_subgroup_whose_sum_is_inside() -> None:
    """The sum is the honest aggregate. It is refused all the same: what is no signature is not added."""
    shift = torsion(G2Point, bls.SIGNATURE_BYTES)
    other = bls.sign(SEED, b"another")
    parts = [
        (signature_point(SIGNATURE) + shift).to_compressed_bytes(),
        (signature_point(other) - shift).to_compressed_bytes(),
    ]
    total = signature_point(parts[0]) + signature_point(parts[1])
    assert total.to_compressed_bytes() == bls.aggregate([SIGNATURE, other])
    with pytest.raises(ValueError, match="signature 0 is none"):
        bls.aggregate(parts)


# --- other spellings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", range(8))
def test_only_one_setting_of_the_flags_is_right(flags: int) -> None:
    """Compressed, infinity, sign: the three highest bits."""
    key = bytes([KEY[0] & 0x1F | flags << 5]) + KEY[1:]
    signature = bytes([SIGNATURE[0] & 0x1F | flags << 5]) + SIGNATURE[1:]
    assert bls.verify(key, MESSAGE, SIGNATURE) == (key == KEY)
    assert bls.verify(KEY, MESSAGE, signature) == (signature == SIGNATURE)


def test_a_coordinate_written_as_a_larger_number() -> None:
    """x + p where it fits into 381 bits, so that two strings would stand for one point."""
    seeds = (i.to_bytes(bls.SEED_BYTES, "big") for i in range(1_000))
    for seed in seeds:
        key = bls.public_key(seed)
        x = int.from_bytes(key, "big") & ((1 << 381) - 1)
        if x + FIELD < 1 << 381:
            break
    else:
        raise AssertionError("no key has a small coordinate")
    spelled = (int.from_bytes(key, "big") + FIELD).to_bytes(bls.KEY_BYTES, "big")
    assert spelled[0] & 0xE0 == key[0] & 0xE0
    assert bls.is_key(key)
    assert not bls.is_key(spelled)
    signature = bls.sign(seed, MESSAGE)
    assert bls.verify(key, MESSAGE, signature)
    assert not bls.verify(spelled, MESSAGE, signature)


def test_uncompressed_points_are_refused() -> None:
    key, signature = key_point(KEY).to_xy_bytes_be(), signature_point(SIGNATURE).to_xy_bytes_be()
    assert (len(key), len(signature)) == (2 * bls.KEY_BYTES, 2 * bls.SIGNATURE_BYTES)
    assert not bls.is_key(key)
    assert not bls.verify(key, MESSAGE, SIGNATURE)
    assert not bls.verify(KEY, MESSAGE, signature)
    with pytest.raises(ValueError, match="is none"):
        bls.aggregate([signature])
