"""Prove and verify with Groth16 over BN254, by groth16py (arkworks).

A proof is 256 bytes: A, B, C as Ethereum's precompiles take them. Groth16 proofs can be
re-randomised by anyone, so their bytes are never an identity.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import groth16py

from zkql.crypto.field import P
from zkql.errors import toolchain_error
from zkql.toolchain.constraints import wtns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gmpy2 import mpz

PROOF_BYTES = 256


class Prover:
    """A loaded proving key. ``prove`` may be called from several threads."""

    def __init__(self, zkey: Path) -> None:
        try:
            self._key, self._vk = groth16py.import_zkey(str(zkey))
        except (groth16py.SetupError, groth16py.EncodingError, OSError, ValueError) as error:
            raise toolchain_error(
                "ZKQL0930", f"{zkey} is not a usable proving key: {error}", "run zkql setup again"
            ) from None

    def prove(self, witness: Sequence[mpz]) -> bytes:
        """A proof of the witness, which is private and never touches a disk where that can be."""
        with _private_file(wtns(witness)) as path:
            proof: bytes = groth16py.prove_wtns(self._key, path)
        return bytes(proof)

    def verification_key(self) -> str:
        """The matching verification key, snarkjs' JSON."""
        key: str = self._vk.to_json()
        return key


class ProofVerifier:
    """A prepared verification key."""

    def __init__(self, vk_json: str) -> None:
        try:
            self.inputs = int(json.loads(vk_json)["nPublic"])
            self._verifier = groth16py.Verifier(groth16py.VerifyingKey.from_snarkjs(vk_json))
        except (groth16py.EncodingError, groth16py.SetupError, ValueError, KeyError, TypeError) as error:
            raise toolchain_error("ZKQL0931", f"not a verification key: {error}") from None

    def verify(self, proof: bytes, inputs: Sequence[int]) -> bool:
        """Whether ``proof`` holds for exactly these public inputs."""
        if len(proof) != PROOF_BYTES or len(inputs) != self.inputs:
            return False
        if not all(0 <= value < P for value in inputs):
            return False
        try:
            return bool(self._verifier.verify(proof, list(inputs)))
        except (groth16py.EncodingError, groth16py.VerificationError, ValueError):
            return False


def same_key(one: str, other: str) -> bool:
    """Whether two verification keys, in snarkjs' JSON, have the same points for as many inputs."""
    names = ("nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC")
    try:
        first, second = json.loads(one), json.loads(other)
        return all(first[name] == second[name] for name in names)
    except (ValueError, KeyError, TypeError):
        return False


def proof_to_snarkjs(proof: bytes) -> dict[str, Any]:
    """The same proof in snarkjs' JSON, for other verifiers."""
    ax, ay, bx1, bx0, by1, by0, cx, cy = (
        str(int.from_bytes(proof[i : i + 32], "big")) for i in range(0, PROOF_BYTES, 32)
    )
    return {
        "pi_a": [ax, ay, "1"],
        "pi_b": [[bx0, bx1], [by0, by1], ["1", "0"]],
        "pi_c": [cx, cy, "1"],
        "protocol": "groth16",
        "curve": "bn128",
    }


@contextmanager
def _private_file(data: bytes) -> Iterator[str]:
    """A path to ``data``: in memory on Linux, else a file that only this user can read."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("zkql-witness")
        try:
            with os.fdopen(os.dup(handle), "wb") as file:
                file.write(data)
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.NamedTemporaryFile(prefix="zkql-") as file:
        file.write(data)
        file.flush()
        yield file.name
