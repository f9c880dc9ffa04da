"""A transcript in the bundle that says something else than the proving key, under a manifest that was made to
fit: a hash, a name, one party more, other powers of tau. And a beacon that is none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.ceremonies import Ceremony, changed_json, code_of, repinned, with_contributions
from zkql import bundle as bundles
from zkql.errors import InputError, RejectedError
from zkql.keys import verify_ceremony
from zkql.toolchain import ceremony

HASH = "0" * 128
FORGERIES = {
    "a hash": lambda t: t["contributions"][0].update(hash=HASH),
    "a name": lambda t: t["contributions"][1].update(name="carol"),
    "a party more": lambda t: t["contributions"].append({"name": "carol", "hash": HASH}),
    "a party less": lambda t: t["contributions"].pop(0),
    "another order": lambda t: t["contributions"].reverse(),
    "a beacon that is none": lambda t: t["contributions"][0].update(beacon="00", iterations=10),
    "another beacon": lambda t: t["contributions"][2].update(beacon="00"),
    "other powers of tau": lambda t: t["ptau"].update(blake2b=HASH),
    "famous powers of tau": lambda t: t["ptau"].update(hermez=True),
    "another circuit": lambda t: t.update(circuit=HASH),
    "a field more": lambda t: t.update(audited=True),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=list(FORGERIES))
def test_it_is_refused(held: Ceremony, tmp_path: Path, forge) -> None:
    text = changed_json(held.bundle.path / bundles.CEREMONY, forge)
    bad = repinned(held.bundle, tmp_path / "bad", {bundles.CEREMONY: text})
    with pytest.raises(RejectedError) as caught:
        verify_ceremony(bad, held.ptau, ())
    assert code_of(caught.value) == "ZKQL0509"


def test_the_number_of_parties_is_that_of_the_contributions(held: Ceremony, tmp_path: Path) -> None:
    bad = repinned(held.bundle, tmp_path / "bad", {}, parties=3)
    with pytest.raises(RejectedError) as caught:
        verify_ceremony(bad, held.ptau, ())
    assert code_of(caught.value) == "ZKQL0509"


def test_a_transcript_that_was_only_changed_does_not_fit_the_manifest(held: Ceremony, tmp_path: Path) -> None:
    bad = repinned(held.bundle, tmp_path / "bad", {})
    (bad.path / bundles.CEREMONY).write_text("{}")
    with pytest.raises(InputError) as caught:
        verify_ceremony(bad, held.ptau, ())
    assert code_of(caught.value) == "ZKQL0411"


def test_nobody_has_to_hash_for_years(held: Ceremony, tmp_path: Path) -> None:
    """A beacon that says that it was hashed 2^63 times: to verify it would keep the verifier busy."""
    path = tmp_path / "forged.zkey"
    path.write_bytes(
        with_contributions(
            held.keys[-1].read_bytes(), lambda all_: [*all_[:2], all_[2].replace(b"\2\12\3", b"\2\77\3")]
        )
    )
    with pytest.raises(RejectedError) as caught:
        ceremony.verified(held.program, held.ptau, path)
    assert "more than 2^30 times" in str(caught.value)


BEACONS = {
    "another value": lambda c: c[:-1] + bytes([c[-1] ^ 1]),
    "another number of hashes": lambda c: c.replace(b"\2\12\3", b"\2\13\3"),
    "no beacon": lambda c: c[:384] + struct.pack("<II", 0, 8) + c[392:400],
}


@pytest.mark.parametrize("forge", BEACONS.values(), ids=list(BEACONS))
def test_a_beacon_can_be_repeated(held: Ceremony, tmp_path: Path, forge) -> None:
    """What the key says of it is what it was made of; only a beacon that is called a party's is a party's."""
    data = held.keys[-1].read_bytes()
    changed = with_contributions(data, lambda all_: [*all_[:2], forge(all_[2])])
    assert changed != data
    path = tmp_path / "forged.zkey"
    path.write_bytes(changed)
    if forge is BEACONS["no beacon"]:
        assert ceremony.verified(held.program, held.ptau, path).parties == 3
        return
    with pytest.raises(RejectedError) as caught:
        ceremony.verified(held.program, held.ptau, path)
    assert code_of(caught.value) == "ZKQL0509"
