"""A verification key whose trapdoor the attacker knows, in a bundle with somebody else's proving key. With
the manifest as it was, and with one that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ceremonies import Ceremony, code_of, proven, registry_and_window, repinned
from zkql import bundle as bundles
from zkql.bundle import Bundle
from zkql.errors import InputError, RejectedError
from zkql.keys import program_of, verify_ceremony
from zkql.runtime.consumer import Verifier
from zkql.runtime.processor import Processor
from zkql.toolchain import constraints
from zkql.toolchain.devkeys import dev_zkey
from zkql.toolchain.groth16 import Prover


def own_keys(opened: Bundle, folder: Path) -> dict[str, bytes]:
    """A key pair for the same circuit, made from numbers that the attacker chose."""
    path = folder / "own.zkey"
    path.write_bytes(dev_zkey(constraints.load(program_of(opened)).system))
    return {bundles.ZKEY: path.read_bytes(), bundles.VK: Prover(path).verification_key().encode()}


def test_the_honest_keys_prove_and_verify(tiny: Bundle, held: Ceremony) -> None:
    assert proven(tiny).results == [{"window_start": "1970-01-01 00:00:00.000", "n": 1}]
    verify_ceremony(held.bundle, held.ptau, [c.hash for c in held.contributions])


def test_a_changed_file_does_not_fit_the_manifest(tiny: Bundle, held: Ceremony, tmp_path: Path) -> None:
    bad, bad_ceremony = repinned(tiny, tmp_path / "1", {}), repinned(held.bundle, tmp_path / "2", {})
    for one in (bad, bad_ceremony):
        (one.path / bundles.VK).write_bytes(own_keys(one, tmp_path)[bundles.VK])
    registry, _ = registry_and_window(bad)
    for use in (
        lambda: Verifier(bad, registry, allow_dev_keys=True),
        lambda: Processor(bad, registry),
        lambda: verify_ceremony(bad_ceremony, held.ptau, ()),
    ):
        with pytest.raises(InputError) as caught:
            use()
        assert code_of(caught.value) == "ZKQL0411"


def test_a_processor_sees_that_keys_do_not_belong_together(tiny: Bundle, tmp_path: Path) -> None:
    for name, data in own_keys(tiny, tmp_path).items():
        bad = repinned(tiny, tmp_path / name, {name: data})
        registry, _ = registry_and_window(bad)
        with pytest.raises(RejectedError) as caught:  # before it proves anything
            Processor(bad, registry)
        assert code_of(caught.value) == "ZKQL0510"


def test_a_ceremony_gives_both_keys(held: Ceremony, tmp_path: Path) -> None:
    own = own_keys(held.bundle, tmp_path)
    swaps = {"vk": [bundles.VK], "zkey": [bundles.ZKEY], "both": [bundles.VK, bundles.ZKEY]}
    codes = {}
    for case, names in swaps.items():
        bad = repinned(held.bundle, tmp_path / case, {name: own[name] for name in names})
        with pytest.raises(RejectedError) as caught:
            verify_ceremony(bad, held.ptau, ())
        codes[case] = code_of(caught.value)
    assert codes == {"vk": "ZKQL0510", "zkey": "ZKQL0509", "both": "ZKQL0509"}
