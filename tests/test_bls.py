"""BLS signatures against published vectors and a second implementation. How they are attacked:
``attacks/test_bls_*.py``."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from py_arkworks_bls12381 import G1Point, Scalar

from tests.bls_points import GENERATOR, augmented_pairings_hold, hashed
from tests.language import bound, select, stream
from zkql.crypto import bls
from zkql.errors import ToolchainError
from zkql.runtime.records import Heartbeat, SignedRow

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures/bls_vectors.json").read_text())
AUGMENTED = VECTORS["augmented"]
SEEDS = [bytes([i]) * bls.SEED_BYTES for i in range(1, 6)]
KEYS = [bls.public_key(seed) for seed in SEEDS]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


# --- published vectors ---------------------------------------------------------------------------------


def test_a_key_is_the_published_one_of_its_seed() -> None:
    assert bls.public_key(unhex(AUGMENTED["seed"])) == unhex(AUGMENTED["key"])
    secret = Scalar.from_be_bytes(unhex(AUGMENTED["private"]))
    assert (GENERATOR * secret).to_compressed_bytes() == unhex(AUGMENTED["key"])


def test_the_published_aggregate_of_aggregates() -> None:
    vector = AUGMENTED["aggregate"]
    seeds = [unhex(seed) for seed in vector["seeds"]]
    signed = [(bls.public_key(seeds[who]), unhex(message)) for who, message in vector["signed"]]
    signatures = [bls.sign(seeds[who], unhex(message)) for who, message in vector["signed"]]
    parts = [bls.aggregate(signatures[:2]), bls.aggregate(signatures[2:5]), signatures[5]]
    assert bls.aggregate(parts) == bls.aggregate(signatures) == unhex(vector["signature"])
    assert len(set(signed)) == len(signed) - 1  # it has a pair twice, which zkql refuses
    assert not bls.verify_aggregate(signed, unhex(vector["signature"]))
    once = list(dict.fromkeys(signed))
    assert bls.verify_aggregate(once, bls.aggregate([s for i, s in enumerate(signatures) if i != 4]))


def test_signatures_that_py_ecc_made() -> None:
    vector = AUGMENTED["py_ecc"]
    message, aggregate = unhex(vector["message"]), unhex(vector["aggregate"])
    secrets = [Scalar.from_be_bytes(unhex(private)) for private in vector["privates"]]
    keys = [(GENERATOR * secret).to_compressed_bytes() for secret in secrets]
    signatures = [unhex(signature) for signature in vector["signatures"]]
    for key, signature in zip(keys, signatures, strict=True):
        assert bls.verify(key, message, signature)
    assert not bls.verify(keys[0], message, signatures[1])
    assert bls.aggregate(signatures) == aggregate
    assert bls.verify_aggregate([(key, message) for key in keys], aggregate)


@pytest.mark.parametrize("case, key", VECTORS["keys"].items(), ids=list(VECTORS["keys"]))
def test_encodings_of_keys(case: str, key: str) -> None:
    assert bls.is_key(unhex(key)) == (case == "succeeds_correct_point")


@pytest.mark.parametrize("case, signature", VECTORS["signatures"].items(), ids=list(VECTORS["signatures"]))
def test_encodings_of_signatures(case: str, signature: str) -> None:
    if case == "succeeds_correct_point":
        assert bls.aggregate([unhex(signature)]) == unhex(signature)
    else:
        with pytest.raises(ValueError, match="signature 0 is none"):
            bls.aggregate([unhex(signature)])
    assert not bls.verify(KEYS[0], b"", unhex(signature))


def test_the_published_encodings_are_many_and_two_are_of_points() -> None:
    assert (len(VECTORS["keys"]), len(VECTORS["signatures"])) == (16, 18)
    for group in ("keys", "signatures"):
        good = [case for case in VECTORS[group] if case.startswith("succeeds")]
        # the draft has an encoding of infinity, and zkql no key and no signature at infinity
        assert good == ["succeeds_correct_point", "succeeds_infinity_with_true_b_flag"]


# --- a second implementation ---------------------------------------------------------------------------


def test_keys_and_signatures_are_those_of_arkworks() -> None:
    chosen = random.Random(1)
    for _ in range(10):
        seed, message = chosen.randbytes(32), chosen.randbytes(chosen.randrange(300))
        key, signature = bls.public_key(seed), bls.sign(seed, message)
        assert G1Point.from_compressed_bytes(key).to_compressed_bytes() == key
        assert augmented_pairings_hold([(key, message)], signature)
        assert bls.verify(key, message, signature)


def test_arkworks_signs_what_zkql_verifies() -> None:
    chosen = random.Random(2)
    signed, signatures = [], []
    for _ in range(10):
        secret, message = Scalar.from_be_bytes_mod_order(chosen.randbytes(32)), chosen.randbytes(50)
        key = (GENERATOR * secret).to_compressed_bytes()
        signed.append((key, message))
        signatures.append((hashed(key, message) * secret).to_compressed_bytes())
        assert bls.verify(key, message, signatures[-1])
    assert bls.verify_aggregate(signed, bls.aggregate(signatures))


# --- aggregates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys, messages", [(1, 1), (1, 40), (5, 1), (5, 8)])
def test_an_aggregate_of_keys_and_messages(keys: int, messages: int) -> None:
    pairs = [(who, b"%d" % what) for who in range(keys) for what in range(messages)]
    signed = [(KEYS[who], message) for who, message in pairs]
    signature = bls.aggregate([bls.sign(SEEDS[who], message) for who, message in pairs])
    assert len(signature) == bls.SIGNATURE_BYTES
    assert bls.verify_aggregate(signed, signature)
    assert bls.verify_aggregate(random.Random(3).sample(signed, len(signed)), signature)
    assert augmented_pairings_hold(signed, signature)
    assert not bls.verify_aggregate([*signed, (KEYS[0], b"another")], signature)
    assert not bls.verify_aggregate(signed[:-1], signature)


def test_the_order_of_aggregation_does_not_matter() -> None:
    signatures = [bls.sign(seed, b"m") for seed in SEEDS]
    whole = bls.aggregate(signatures)
    assert bls.aggregate(signatures[::-1]) == whole
    assert bls.aggregate([bls.aggregate(signatures[:2]), bls.aggregate(signatures[2:])]) == whole
    assert bls.aggregate(signatures[:1]) == signatures[0]


def test_rows_and_heartbeats_of_a_window_under_one_signature() -> None:
    schema = bound(stream() + select()).streams["reading"].schema
    public = tuple(0 for _ in schema.public_columns)
    records: list[tuple[int, SignedRow | Heartbeat]] = [
        (who, SignedRow(who, number, 1_000 * number, public, 7 * who + number, b""))
        for who in range(3)
        for number in range(4)
    ]
    records += [(who, Heartbeat(who, 4, 10_000, b"")) for who in range(3)]
    signed = [(KEYS[who], record.message(schema)) for who, record in records]
    signature = bls.aggregate([bls.sign(SEEDS[who], record.message(schema)) for who, record in records])
    assert bls.verify_aggregate(signed, signature)
    row = records[0][1]
    assert isinstance(row, SignedRow)
    for change in ({"sequence": 9}, {"time": 1}, {"commitment": 8}, {"device": 1}):
        forged = [(KEYS[0], replace(row, **change).message(schema)), *signed[1:]]
        assert not bls.verify_aggregate(forged, signature), change


# --- without the library --------------------------------------------------------------------------------


def test_without_the_library_one_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    key, signature = KEYS[0], bls.sign(SEEDS[0], b"m")
    monkeypatch.setitem(sys.modules, "chia_rs", None)
    bls._library.cache_clear()
    for use in (
        lambda: bls.public_key(SEEDS[0]),
        lambda: bls.sign(SEEDS[0], b"m"),
        lambda: bls.is_key(key),
        lambda: bls.verify(key, b"m", signature),
        lambda: bls.aggregate([signature]),
    ):
        with pytest.raises(ToolchainError) as caught:
            use()
        assert caught.value.diagnostics[0].code == "ZKQL0922"
        assert any("zkql[bls]" in note for note in caught.value.diagnostics[0].notes)
