"""Keys for a circuit that asks less: of another size, with another coefficient on the left of a constraint,
and with another one on its right, which a proving key does not hold in plain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from gmpy2 import mpz

from tests.ceremonies import TINY, Ceremony, code_of, proven, repinned, tiny_bundle
from tests.test_toolchain import powers
from zkql import bundle as bundles
from zkql.bundle import Bundle
from zkql.crypto.field import P
from zkql.errors import RejectedError
from zkql.keys import program_of
from zkql.toolchain import ceremony, constraints
from zkql.toolchain.constraints import Program
from zkql.toolchain.devkeys import dev_zkey
from zkql.toolchain.groth16 import Prover


def weakened(program: bytes, side: int) -> Program:
    """The last constraint that has something on that side gets another coefficient there."""
    loaded = constraints.load(program)
    changed = list(loaded.system.constraints)
    place = max(i for i, parts in enumerate(changed) if parts[side][0])
    parts = list(changed[place])
    wires, values = parts[side]
    parts[side] = (wires, (mpz((values[0] + 1) % P), *values[1:]))
    changed[place] = (parts[0], parts[1], parts[2])
    return replace(loaded, system=replace(loaded.system, constraints=tuple(changed)))


def with_keys_for(opened: Bundle, program: Program, folder: Path) -> Bundle:
    zkey = folder.parent / "other.zkey"
    zkey.write_bytes(dev_zkey(program.system))
    changes = {bundles.ZKEY: zkey.read_bytes(), bundles.VK: Prover(zkey).verification_key().encode()}
    return repinned(opened, folder, changes)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (lambda _: powers(100), "another size"),
        (lambda own: weakened(own, 0), "other constraints"),
        (lambda own: weakened(own, 1), "other constraints"),
        (lambda own: weakened(own, 2), "does not accept a proof"),
    ],
    ids=["size", "left", "middle", "right"],
)
def test_the_processor_refuses_them(tiny: Bundle, tmp_path: Path, program, reason: str) -> None:
    bad = with_keys_for(tiny, program(program_of(tiny)), tmp_path / "bad")
    with pytest.raises(RejectedError) as caught:
        proven(bad)
    assert code_of(caught.value) == "ZKQL0510"
    assert reason in str(caught.value)


@pytest.mark.parametrize("side", [0, 1, 2])
def test_a_ceremony_for_it_is_refused(held: Ceremony, tmp_path: Path, side: int) -> None:
    """An honest one, with the very powers of tau, but for the other circuit."""
    first, second = tmp_path / "0.zkey", tmp_path / "1.zkey"
    other = constraints.dump(weakened(held.program, side))
    ceremony.start(other, held.ptau, first)
    ceremony.contribute(first, second, "mallory")
    assert ceremony.verified(other, held.ptau, second).parties == 1
    with pytest.raises(RejectedError) as caught:
        ceremony.verified(held.program, held.ptau, second)
    assert code_of(caught.value) == "ZKQL0509"
    assert ("other constraints" in str(caught.value)) is (side < 2)  # of the right side snarkjs has to tell


def test_keys_of_another_query_are_refused(tiny: Bundle, tmp_path: Path) -> None:
    """Files of one bundle beside the manifest of another."""
    other = tiny_bundle(tmp_path / "other", TINY.replace("WHERE ok", "WHERE NOT ok"))
    files = {name: (tiny.path / name).read_bytes() for name in (bundles.ZKEY, bundles.VK)}
    bundles.write_manifest(other.path, replace(other.manifest, keys=tiny.keys()))
    for name, data in files.items():
        (other.path / name).write_bytes(data)
    with pytest.raises(RejectedError) as caught:
        proven(bundles.read_bundle(other.path))
    assert code_of(caught.value) == "ZKQL0510"
