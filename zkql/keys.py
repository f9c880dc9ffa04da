"""Keys of a bundle: made for development, from powers of tau on this machine, or by several parties.

In: a bundle without keys, and what to make them of. Out: the bundle with keys, pinned by its manifest.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkql import bundle, files
from zkql.bundle import Bundle, KeyKind, Keys
from zkql.errors import input_error, rejected
from zkql.toolchain import ceremony
from zkql.toolchain.groth16 import Prover, same_key
from zkql.toolchain.zokrates import dev_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zkql.toolchain.ceremony import Transcript
    from zkql.toolchain.zkey import Contribution

TRANSCRIPT_VERSION = 1


def setup_bundle(opened: Bundle, ptau: Path | None) -> Bundle:
    """Add keys: for development where ``ptau`` is None, else with one contribution of this machine."""
    if opened.manifest.plan.circuit is None:
        return opened
    bundle.check_replaceable(opened.path)
    program = program_of(opened)
    if ptau is None:
        made = dev_keys(program)
        return _write(opened, KeyKind.DEV, made / bundle.ZKEY, (made / bundle.VK).read_text(), None)
    with tempfile.TemporaryDirectory(prefix="zkql-") as scratch:
        zkey = Path(scratch) / bundle.ZKEY
        ceremony.single(program, ptau, zkey)
        return _write(opened, KeyKind.SINGLE, zkey, Prover(zkey).verification_key(), None)


def finish_ceremony(
    opened: Bundle, zkey: Path, ptau: Path, expected: Iterable[str]
) -> tuple[Bundle, Transcript]:
    """Add the keys of a ceremony, after all of it has been verified."""
    bundle.check_replaceable(opened.path)
    found = verify_key(opened, zkey, ptau, expected)
    return _write(opened, KeyKind.CEREMONY, zkey, Prover(zkey).verification_key(), found), found


def verify_key(opened: Bundle, zkey: Path, ptau: Path, expected: Iterable[str]) -> Transcript:
    """Verify a key on its way, from the circuit and the powers of tau. Each hash that is ``expected`` must be
    one of a contribution. Raises :class:`RejectedError`."""
    program = program_of(opened)
    check_contributed(ceremony.listed(program, ptau, zkey), expected)
    return ceremony.verified(program, ptau, zkey)


def verify_ceremony(opened: Bundle, ptau: Path, expected: Iterable[str]) -> Transcript:
    """Verify a finished ceremony: proving key, verification key and transcript of the bundle are what
    circuit, powers of tau and contributions give. Raises :class:`RejectedError` if they are not."""
    keys = opened.keys()
    if keys.kind is not KeyKind.CEREMONY:
        raise input_error(
            "ZKQL0475",
            f"{opened.path} has {keys}, and no ceremony that could be verified",
            f"run: zkql ceremony start {opened.path} --ptau FILE -o first.zkey",
        )
    for name, digest in keys.files:
        opened.read_part(name, digest)
    zkey, place = opened.path / bundle.ZKEY, opened.path / bundle.CEREMONY
    found = ceremony.listed(program_of(opened), ptau, zkey)
    stated = files.parse_json(files.read_bytes(place), str(place))
    if stated != transcript_json(found) or keys.parties != found.parties:
        raise rejected(
            "ZKQL0509",
            f"{place} does not say what the proving key was made of",
            f"powers of tau with the BLAKE2b digest {found.powers.digest}, contributions: "
            + ", ".join(c.hash[:16] for c in found.contributions),
        )
    check_vk(opened)
    return verify_key(opened, zkey, ptau, expected)


def check_contributed(found: Transcript, expected: Iterable[str]) -> None:
    """Each hash is one of a contribution: nobody else can see that it was left out."""
    there = {c.hash for c in found.contributions}
    for digest in expected:
        if digest.strip().lower() not in there:
            raise rejected(
                "ZKQL0511",
                f"no contribution has the hash {digest}",
                "whoever runs the ceremony has left it out, or begun anew",
            )


def check_vk(opened: Bundle) -> None:
    """The verification key of a bundle is that of its proving key."""
    own = opened.read_part(bundle.VK, opened.keys().vk).decode(errors="replace")
    if not same_key(own, Prover(opened.path / bundle.ZKEY).verification_key()):
        raise rejected(
            "ZKQL0510",
            f"the verification key of {opened.path} is not that of its proving key",
            "no proof would verify; ask for another bundle",
        )


def program_of(opened: Bundle) -> bytes:
    """The compiled program. Raises :class:`InputError` where nothing is private."""
    if opened.manifest.plan.circuit is None:
        raise input_error("ZKQL0476", f"{opened.path} has no circuit, so that it needs no keys")
    return opened.read_part(bundle.PROGRAM, opened.manifest.program)


def _write(opened: Bundle, kind: KeyKind, zkey: Path, vk: str, made: Transcript | None) -> Bundle:
    with files.atomic_file(opened.path / bundle.ZKEY) as scratch:
        shutil.copyfile(zkey, scratch)
    with files.atomic_file(opened.path / bundle.VK) as scratch:
        scratch.write_text(vk)
    transcript = None
    if made is not None:
        text = json.dumps(transcript_json(made), indent=1, ensure_ascii=False) + "\n"
        with files.atomic_file(opened.path / bundle.CEREMONY) as scratch:
            scratch.write_text(text, encoding="utf-8")
        transcript = bundle.sha256(text.encode())
    keys = Keys(
        kind=kind,
        zkey=bundle.sha256((opened.path / bundle.ZKEY).read_bytes()),
        vk=bundle.sha256((opened.path / bundle.VK).read_bytes()),
        transcript=transcript,
        parties=made.parties if made is not None else None,
    )
    done = replace(opened.manifest, keys=keys)
    bundle.write_manifest(opened.path, done)
    return Bundle(opened.path, done)


def transcript_json(made: Transcript) -> dict[str, Any]:
    """``ceremony.json``."""
    powers = made.powers
    return {
        "version": TRANSCRIPT_VERSION,
        "ptau": {"power": powers.power, "blake2b": powers.digest, "hermez": powers.known},
        "circuit": made.circuit,
        "contributions": [contribution_json(c) for c in made.contributions],
    }


def contribution_json(one: Contribution) -> dict[str, Any]:
    """One of its contributions."""
    return {k: v for k, v in asdict(one).items() if v is not None}
