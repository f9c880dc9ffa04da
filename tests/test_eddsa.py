"""The curve BabyJubJub and its signatures, natively: against circomlibjs (``tests/vectors/``) and
zokrates-pycrypto, and strict."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import gmpy2
import pytest
from zokrates_pycrypto.babyjubjub import Point as TheirPoint
from zokrates_pycrypto.field import FQ

from tests.signatures import ORDER_2, off_curve, small_order
from tests.vectors import ours
from zkql.crypto import eddsa
from zkql.crypto.babyjubjub import (
    BASE,
    COFACTOR,
    IDENTITY,
    MONTGOMERY_A,
    ORDER,
    A,
    D,
    Point,
    add,
    decode_point,
    encode_point,
    is_in_subgroup,
    is_on_curve,
    montgomery,
    multiply,
    negate,
)
from zkql.crypto.eddsa import SecretKey, Signature, challenge, decode_key, decode_signature, verify
from zkql.crypto.field import P

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "vectors" / "eddsa_poseidon.json").read_text()
)
KEY = SecretKey(bytes(range(32)))
PUBLIC = encode_point(KEY.public)
MESSAGE = 2024
SIGNED = KEY.sign(MESSAGE)


# --- the curve ------------------------------------------------------------------------------------


def test_the_curve_is_what_it_is_said_to_be() -> None:
    assert gmpy2.is_prime(ORDER, 50)
    assert ORDER.bit_length() == 251
    # Hasse: only one multiple of ℓ is that near to p + 1, and there are points of order 8.
    assert abs(COFACTOR * ORDER - P - 1) < 2 * gmpy2.isqrt(P) + 1
    assert len(set(small_order())) == COFACTOR
    assert pow(A, (P - 1) // 2, P) == 1
    assert pow(D, (P - 1) // 2, P) == P - 1
    assert (MONTGOMERY_A + 2, MONTGOMERY_A - 2) == (A, D)
    assert is_in_subgroup(BASE)
    generator = Point(
        995203441582195749578291179787384436505546430278305826713579947235728471134,
        5472060717959818805561601436314318772137091100104008585924551046643952123905,
    )
    assert multiply(COFACTOR, generator) == BASE


def test_the_group_law_is_zokrates_pycryptos() -> None:
    source = random.Random(1)
    points = [*small_order(), BASE, *(multiply(source.randrange(ORDER), BASE) for _ in range(4))]
    for one in points:
        for other in points:
            found = TheirPoint(FQ(one.x), FQ(one.y)) + TheirPoint(FQ(other.x), FQ(other.y))
            assert add(one, other) == Point(found.x.n, found.y.n)
            assert is_on_curve(add(one, other))
        assert add(one, negate(one)) == IDENTITY
    scalar = source.randrange(ORDER)
    found = TheirPoint(FQ(BASE.x), FQ(BASE.y)) * scalar
    assert multiply(scalar, BASE) == Point(found.x.n, found.y.n)


def test_montgomery_form_is_of_the_same_point() -> None:
    for point in (BASE, multiply(99, BASE), small_order()[1], small_order()[2]):
        u, v = montgomery(point)
        assert (v * v - u**3 - MONTGOMERY_A * u * u - u) % P == 0
        assert (point.x * v - u) % P == 0
        assert (point.y * (u + 1) - u + 1) % P == 0


@pytest.mark.parametrize("point", list(off_curve()))
def test_pairs_off_the_curve_are_told(point: Point) -> None:
    assert not is_on_curve(point)
    assert not is_in_subgroup(point)


def test_a_point_has_one_pair() -> None:
    assert not is_on_curve(Point(BASE.x + P, BASE.y))
    assert not is_on_curve(Point(BASE.x, BASE.y - P))


def test_the_subgroup_has_no_point_of_another_order() -> None:
    for small in small_order():
        assert is_on_curve(small)
        assert not is_in_subgroup(small)
        assert is_in_subgroup(add(KEY.public, small)) == (small == IDENTITY)


@pytest.mark.parametrize("point", [BASE, negate(BASE), KEY.public, IDENTITY, *small_order()])
def test_every_point_has_one_encoding(point: Point) -> None:
    data = encode_point(point)
    assert decode_point(data) == point
    other = (int.from_bytes(data, "little") ^ 1 << 255).to_bytes(32, "little")
    if point.x:
        assert decode_point(other) == negate(point) != point
    else:
        with pytest.raises(ValueError, match="not the encoding"):
            decode_point(other)


def test_an_encoding_of_y_plus_p_is_refused() -> None:
    small = next(p for p in (multiply(k, BASE) for k in range(1, 100)) if p.y + P < 2**255)
    data = int.from_bytes(encode_point(small), "little") + P
    with pytest.raises(ValueError, match="not the encoding"):
        decode_point(data.to_bytes(32, "little"))


def test_what_is_no_point_is_refused() -> None:
    no_square = next(
        y for y in range(2, 99) if pow((1 - y * y) * pow(A - D * y * y, -1, P), (P - 1) // 2, P) != 1
    )
    with pytest.raises(ValueError, match="no point"):
        decode_point(no_square.to_bytes(32, "little"))
    for data in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="bytes"):
            decode_point(data)


# --- vectors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", VECTORS["theirs"], ids=lambda own: own["message"][:8])
def test_signatures_of_circomlibjs_verify(own: dict[str, str]) -> None:
    key, signature, message = bytes.fromhex(own["key"]), bytes.fromhex(own["signature"]), int(own["message"])
    assert decode_key(key) == Point(int(own["key_x"]), int(own["key_y"]))
    assert encode_point(decode_key(key)) == key
    decoded = decode_signature(signature)
    assert decoded == Signature(Point(int(own["r_x"]), int(own["r_y"])), int(own["s"]))
    assert decoded.encode() == signature
    assert verify(key, message, signature)
    assert not verify(key, (message + 1) % P, signature)


def test_circomlibjs_accepted_what_is_signed_here() -> None:
    """Signatures are deterministic, so they are the same that it was shown."""
    assert [
        {k: v for k, v in own.items() if k not in ("accepted", "packed")} for own in VECTORS["ours"]
    ] == ours.signatures()
    assert all(own["accepted"] is True and own["packed"] is True for own in VECTORS["ours"])
    assert len(VECTORS["ours"]) == 10


# --- strictness -----------------------------------------------------------------------------------


def test_a_signature_is_of_one_key_and_message() -> None:
    assert verify(PUBLIC, MESSAGE, SIGNED.encode())
    assert KEY.sign(MESSAGE) == SIGNED
    other = SecretKey(bytes(32))
    assert not verify(encode_point(other.public), MESSAGE, SIGNED.encode())
    assert not verify(PUBLIC, MESSAGE + 1, SIGNED.encode())
    assert not verify(encode_point(negate(KEY.public)), MESSAGE, SIGNED.encode())
    assert len({KEY.sign(message).r for message in range(5)} | {other.sign(0).r}) == 6


@pytest.mark.parametrize("message", [-1, P, P + MESSAGE])
def test_a_message_is_a_field_element(message: int) -> None:
    with pytest.raises(ValueError, match="field element"):
        KEY.sign(message)
    assert not verify(PUBLIC, message, SIGNED.encode())


def test_another_s_for_the_same_scalar_is_refused() -> None:
    for times in range(1, 2**256 // ORDER):
        malleated = Signature(SIGNED.r, SIGNED.s + times * ORDER)
        assert multiply(malleated.s, BASE) == multiply(SIGNED.s, BASE)
        with pytest.raises(ValueError, match="not below"):
            decode_signature(malleated.encode())
        assert not verify(PUBLIC, MESSAGE, malleated.encode())


@pytest.mark.parametrize("byte", range(64))
def test_a_changed_byte_is_refused(byte: int) -> None:
    data = bytearray(SIGNED.encode())
    data[byte] ^= 1
    assert not verify(PUBLIC, MESSAGE, bytes(data))


def test_a_signature_of_another_length_is_refused() -> None:
    for data in (b"", SIGNED.encode()[:-1], SIGNED.encode() + b"\0"):
        assert not verify(PUBLIC, MESSAGE, data)
    assert not verify(PUBLIC[:-1], MESSAGE, SIGNED.encode())


def equation(key: Point, message: int, own: Signature) -> bool:
    """``S·B = R + h·8·A``, and no other check."""
    right = add(own.r, multiply(COFACTOR * challenge(own.r, key, message), key))
    return multiply(own.s, BASE) == right


@pytest.mark.parametrize("key", small_order())
def test_a_key_of_small_order_is_refused(key: Point) -> None:
    """With one, every message has a signature that nobody needs a secret for."""
    forged = Signature(multiply(5, BASE), 5)
    assert equation(key, MESSAGE, forged)
    with pytest.raises(ValueError, match="prime order"):
        decode_key(encode_point(key))
    assert not verify(encode_point(key), MESSAGE, forged.encode())


@pytest.mark.parametrize("small", small_order()[1:])
def test_a_key_with_a_part_of_small_order_is_refused(small: Point) -> None:
    """Its owner could show one key as eight."""
    key = add(KEY.public, small)
    scalar, _ = KEY._expanded
    r = multiply(77, BASE)
    forged = Signature(r, (77 + challenge(r, key, MESSAGE) * scalar) % ORDER)
    assert equation(key, MESSAGE, forged)
    assert not verify(encode_point(key), MESSAGE, forged.encode())


def test_r_with_a_part_of_small_order_is_refused() -> None:
    """Also of one who knows the key, and so the challenge."""
    scalar, _ = KEY._expanded
    for small in small_order():
        r = add(multiply(77, BASE), small)
        forged = Signature(r, (77 + challenge(r, KEY.public, MESSAGE) * scalar) % ORDER)
        assert verify(PUBLIC, MESSAGE, forged.encode()) == (small == IDENTITY)
    assert ORDER_2 in small_order()


def test_seeds() -> None:
    assert len(eddsa.new_seed()) == eddsa.SEED_BYTES
    assert eddsa.new_seed() != eddsa.new_seed()
    assert SecretKey(bytes(32)).public != SecretKey(bytes(31) + b"\1").public
    for data in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            SecretKey(data)


def test_a_seed_is_not_shown() -> None:
    secret = bytes(range(100, 132))
    assert repr(secret)[2:-1] not in repr(SecretKey(secret))
    assert str(SecretKey(secret)) == "SecretKey(…)"
