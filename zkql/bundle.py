"""The bundle: what ``zkql compile`` and ``zkql setup`` write, and everyone else reads.

manifest.json          plan, digests of program and keys, what kind of keys; its digest is the
                       identity of the query
query.zkql             the text it came from
circuit.zok            the circuit, to read
circuit.program        the same compiled: what the processor evaluates
circuit.map.json       which lines of the circuit stand for which clause of the text
proving.zkey           for the processor
verification_key.json  for the consumer
ceremony.json          who contributed to the keys, if several did

The program, both keys and the ceremony are pinned by digest in the manifest, never found by their names.
The query's text, circuit.zok and circuit.map.json are there to read and to explain errors; nothing relies
on them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from zkql import files
from zkql.circuit.statement import public_count
from zkql.crypto.encoding import digest
from zkql.errors import InputError, input_error, toolchain_error
from zkql.plan.codec import from_json, to_json
from zkql.plan.stages import StagedPlan
from zkql.toolchain.batch import BatchVerifier

VERSION = 1
MANIFEST = "manifest.json"
QUERY = "query.zkql"
SOURCE = "circuit.zok"
PROGRAM = "circuit.program"
MAP = "circuit.map.json"
ZKEY = "proving.zkey"
VK = "verification_key.json"
CEREMONY = "ceremony.json"
FILES = (MANIFEST, QUERY, SOURCE, PROGRAM, MAP, ZKEY, VK, CEREMONY)


class KeyKind(StrEnum):
    """Where a bundle's keys come from."""

    DEV = "dev-INSECURE"
    SINGLE = "ptau-single-contributor"
    CEREMONY = "ceremony"


@dataclass(frozen=True, slots=True)
class Keys:
    """Digests (SHA-256, hex) of the key files; of a ceremony also that of its transcript, and how many
    parties contributed."""

    kind: KeyKind
    zkey: str
    vk: str
    transcript: str | None = None
    parties: int | None = None

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Names and digests."""
        own = ((ZKEY, self.zkey), (VK, self.vk))
        return own if self.transcript is None else (*own, (CEREMONY, self.transcript))

    def to_json(self) -> dict[str, Any]:
        """What the manifest holds of them."""
        pinned: dict[str, Any] = {"kind": str(self.kind), "zkey": self.zkey, "vk": self.vk}
        if self.kind is KeyKind.CEREMONY:
            pinned |= {"transcript": self.transcript, "parties": self.parties}
        return pinned

    def __str__(self) -> str:
        if self.kind is KeyKind.CEREMONY:
            return f"keys of a ceremony with {self.parties} " + ("party" if self.parties == 1 else "parties")
        return f"{self.kind} keys"


def _read_keys(data: dict[str, Any]) -> Keys:
    kind = KeyKind(data["kind"])
    if kind is not KeyKind.CEREMONY:
        return Keys(kind, data["zkey"], data["vk"])
    return Keys(kind, data["zkey"], data["vk"], data["transcript"], data["parties"])


@dataclass(frozen=True, slots=True)
class Manifest:
    """The plan and what it was compiled to. ``program`` and ``keys`` are None without a circuit,
    ``keys`` also before setup."""

    plan: StagedPlan
    constraints: int
    program: str | None
    keys: Keys | None

    @property
    def digest(self) -> bytes:
        """32 bytes: the identity of the query that proofs are bound to."""
        return digest("zkql/bundle/v1", self._body())

    def _body(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "plan": to_json(self.plan),
            "constraints": self.constraints,
            "program": self.program,
            "keys": self.keys.to_json() if self.keys else None,
        }

    def to_json(self) -> dict[str, Any]:
        """What ``manifest.json`` holds."""
        return {"digest": self.digest.hex(), **self._body()}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle on disk, its manifest checked."""

    path: Path
    manifest: Manifest

    def read_part(self, name: str, expected: str | None) -> bytes:
        """A file of the bundle whose SHA-256 must be ``expected``."""
        if not (self.path / name).exists():
            raise input_error(
                "ZKQL0410", f"{self.path / name} is missing", f"run: zkql setup {self.path} --dev"
            )
        data = files.read_bytes(self.path / name)
        if expected is None or sha256(data) != expected:
            raise input_error("ZKQL0411", f"{self.path / name} is not the file that the manifest names")
        return data

    def keys(self) -> Keys:
        """The keys' digests. Raises :class:`ToolchainError` before setup."""
        if self.manifest.keys is None:
            raise toolchain_error(
                "ZKQL0932",
                f"{self.path} has no keys yet",
                f"run: zkql setup {self.path} --dev (to try things out; INSECURE)",
                f"or:  zkql setup {self.path} --ptau FILE, or with others: zkql ceremony",
            )
        return self.manifest.keys

    def proof_verifier(self) -> BatchVerifier:
        """The pinned verification key, ready."""
        circuit = self.manifest.plan.circuit
        text = self.read_part(VK, self.keys().vk).decode()
        verifier = BatchVerifier(text)
        if circuit is None or verifier.inputs != public_count(self.manifest.plan, circuit):
            raise input_error("ZKQL0412", f"the verification key of {self.path} is for another circuit")
        return verifier


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


def read_bundle(path: Path) -> Bundle:
    """Open a bundle and check that its manifest is whole and canonical."""
    name = path / MANIFEST
    if not name.is_file():
        raise input_error(
            "ZKQL0413",
            f"{path} is no bundle: {MANIFEST} is missing",
            "run: zkql compile QUERY -o DIR",
        )
    data = files.parse_json(files.read_bytes(name), str(name))
    try:
        keys = data["keys"]
        manifest = Manifest(
            plan=from_json(data["plan"]),
            constraints=data["constraints"],
            program=data["program"],
            keys=_read_keys(keys) if keys else None,
        )
        same = json.dumps(manifest.to_json(), sort_keys=True) == json.dumps(data, sort_keys=True)
        whole = isinstance(manifest.plan, StagedPlan) and same  # as text: true is not 1
    except (KeyError, TypeError, ValueError, RecursionError, InputError):
        whole = False
    if not whole:
        raise input_error(
            "ZKQL0414",
            f"{name} was changed, or written by another version of zkql",
            "compile the query again",
        )
    return Bundle(path, manifest)


def check_replaceable(path: Path) -> None:
    """Refuse to write a bundle over what is none, or over keys that were not made for development."""
    if not (path / MANIFEST).exists():
        return
    try:
        kind = read_bundle(path).manifest.keys
    except InputError:
        data = (path / MANIFEST).read_bytes()
        if b'"plan"' not in data or b'"digest"' not in data:
            raise input_error("ZKQL0405", f"{path} holds another program's {MANIFEST}") from None
        return
    if kind is not None and kind.kind is not KeyKind.DEV:
        raise input_error(
            "ZKQL0405",
            f"{path} has keys of a real setup, which would be replaced",
            "choose a new folder",
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``, whole or not at all."""
    with files.atomic_file(folder / MANIFEST) as scratch:
        scratch.write_text(json.dumps(manifest.to_json(), indent=1) + "\n")
