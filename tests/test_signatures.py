"""What every signature scheme has to do, whichever it is."""

from __future__ import annotations

import pytest

from zkql.crypto import ed25519, signatures
from zkql.crypto.signatures import AGGREGATING, SCHEMES, Scheme
from zkql.lang import bind_stream

MESSAGE = b"what a sensor signs"
NAMES = list(SCHEMES)


@pytest.fixture(params=NAMES)
def scheme(request) -> Scheme:
    return SCHEMES[request.param]


def test_schemes_have_the_names_that_create_stream_knows() -> None:
    offered, planned = (o["signature"] for o in (bind_stream._OPTIONS, bind_stream._PLANNED_OPTIONS))
    assert set(offered) <= set(SCHEMES) <= {*offered, *planned}
    assert set(AGGREGATING) == {"bls12-381"}
    assert all(SCHEMES[name] is scheme for name, scheme in AGGREGATING.items())


def test_the_module_itself_is_ed25519() -> None:
    for name in ("SEED_BYTES", "KEY_BYTES", "SIGNATURE_BYTES", "new_seed", "public_key", "is_key", "sign"):
        assert getattr(signatures, name) is getattr(ed25519, name)
    assert signatures.verify is SCHEMES["ed25519"].verify


def test_sizes_are_as_stated(scheme: Scheme) -> None:
    seed = scheme.new_seed()
    assert len(seed) == scheme.SEED_BYTES
    assert len(scheme.public_key(seed)) == scheme.KEY_BYTES
    assert len(scheme.sign(seed, MESSAGE)) == scheme.SIGNATURE_BYTES


def test_seeds_differ_and_the_rest_is_determined(scheme: Scheme) -> None:
    seeds = {scheme.new_seed() for _ in range(20)}
    assert len(seeds) == 20
    assert len({scheme.public_key(seed) for seed in seeds}) == 20
    seed = seeds.pop()
    assert scheme.sign(seed, MESSAGE) == scheme.sign(seed, MESSAGE)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_of_another_size_is_refused(scheme: Scheme, size: int) -> None:
    with pytest.raises(ValueError):
        scheme.public_key(bytes(size))
    with pytest.raises(ValueError):
        scheme.sign(bytes(size), MESSAGE)


def test_a_signature_is_of_one_key_over_one_message(scheme: Scheme) -> None:
    seed = scheme.new_seed()
    key, signature = scheme.public_key(seed), scheme.sign(seed, MESSAGE)
    assert scheme.verify(key, MESSAGE, signature)
    assert scheme.verify(key, b"", scheme.sign(seed, b""))
    assert not scheme.verify(scheme.public_key(scheme.new_seed()), MESSAGE, signature)
    for message in (b"", MESSAGE[:-1], MESSAGE + b"\0", b"\0" + MESSAGE, MESSAGE.upper()):
        assert not scheme.verify(key, message, signature)


def test_no_bit_of_key_or_signature_may_change(scheme: Scheme) -> None:
    seed = scheme.new_seed()
    key, signature = scheme.public_key(seed), scheme.sign(seed, MESSAGE)
    for index in range(8 * len(signature)):
        assert not scheme.verify(key, MESSAGE, _flipped(signature, index))
    for index in range(8 * len(key)):
        assert not scheme.verify(_flipped(key, index), MESSAGE, signature)


def test_other_sizes_are_neither_keys_nor_signatures(scheme: Scheme) -> None:
    seed = scheme.new_seed()
    key, signature = scheme.public_key(seed), scheme.sign(seed, MESSAGE)
    for other in (b"", signature[:-1], signature + b"\0", signature * 2, key):
        assert not scheme.verify(key, MESSAGE, other)
    for other in (b"", key[:-1], key + b"\0", key * 2, signature):
        assert not scheme.verify(other, MESSAGE, signature)
        assert not scheme.is_key(other)


def test_a_key_is_a_point_that_someone_can_have(scheme: Scheme) -> None:
    assert all(scheme.is_key(scheme.public_key(scheme.new_seed())) for _ in range(10))
    for other in (bytes(scheme.KEY_BYTES), b"\xff" * scheme.KEY_BYTES):
        assert not scheme.is_key(other)


@pytest.mark.parametrize(
    "why, key",
    [
        ("the identity", bytes([1]) + bytes(31)),
        ("order 2", bytes([0xEC]) + b"\xff" * 30 + b"\x7f"),
        ("order 4", bytes(32)),
        ("the identity in another spelling", bytes([0xEE]) + b"\xff" * 30 + b"\x7f"),
    ],
)
def test_ed25519_points_of_small_order_are_no_keys(why: str, key: bytes) -> None:
    assert not ed25519.is_key(key), why


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
