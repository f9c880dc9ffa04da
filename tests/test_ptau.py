"""Powers-of-tau files: which are taken, and what is said of the others."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from tests.ceremonies import code_of, joined, powers_of_tau, sections
from tests.test_toolchain import powers
from zkql.errors import InputError, RejectedError
from zkql.toolchain import ptau as module
from zkql.toolchain.hermez import DIGESTS, file_name
from zkql.toolchain.node import packages
from zkql.toolchain.ptau import check_ptau

SYSTEM = powers(6).system  # with 7 rows: 2^3
POWER = 4
G1, G2 = 64, 128


@pytest.fixture(scope="module")
def ptau() -> Path:
    return powers_of_tau(POWER)


def changed(tmp_path: Path, ptau: Path, change) -> Path:
    """A copy whose sections a function changes in place."""
    parts = sections(ptau.read_bytes(), b"ptau")
    change(parts)
    path = tmp_path / "changed.ptau"
    path.write_bytes(joined(parts, b"ptau"))
    return path


def refusal(path: Path, system=SYSTEM) -> InputError | RejectedError:
    with pytest.raises((InputError, RejectedError)) as caught:
        check_ptau(path, system)
    assert str(path) in str(caught.value)
    return caught.value


# --- files that are taken -----------------------------------------------------------------------------


def test_a_file_that_snarkjs_made_is_verified_once(ptau: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("zkql.toolchain.cache.cache_root", lambda: tmp_path)
    jobs = []
    monkeypatch.setattr(module, "_verify", jobs.append)
    found = [check_ptau(ptau, SYSTEM) for _ in range(2)]
    assert jobs == [ptau]
    assert found[0] == found[1]
    assert (found[0].power, found[0].known) == (POWER, False)
    assert len(found[0].digest) == 128


def test_the_real_check_passes(ptau: Path) -> None:
    module._verify(ptau)


@pytest.mark.parametrize("constraints, fits", [(6, True), (14, True), (15, False), (16, False)])
def test_how_many_powers_a_circuit_needs(ptau: Path, constraints: int, fits: bool) -> None:
    """As many as constraints and public inputs, of which there is one, and one more."""
    system = powers(constraints).system
    if fits:
        assert check_ptau(ptau, system).power == POWER
        return
    error = refusal(ptau, system)
    assert code_of(error) == "ZKQL0472"
    assert "2^4 powers of tau, and the circuit needs 2^5" in str(error)
    assert "powersOfTau28_hez_final_08.ptau" in str(error)


def test_the_digests_are_those_that_snarkjs_publishes() -> None:
    """In the README of the release that the lock file pins."""
    readme = (packages() / "node_modules" / "snarkjs" / "README.md").read_text()
    row = r"^\|\s*(\d+)\s*\|[^|]*\|\s*\[(\w+\.ptau)\][^|]*\|\s*([0-9a-f]{128})\s*\|"
    rows = re.findall(row, readme, re.MULTILINE)
    assert {digest: int(power) for power, _, digest in rows} == DIGESTS
    assert [name for _, name, _ in rows] == [file_name(p) for p in range(8, 29)]


def test_a_published_file_is_known_by_its_digest(ptau: Path, monkeypatch) -> None:
    """Here this file is taken for one; it is not verified then."""
    monkeypatch.setattr(module, "_verify", lambda path: pytest.fail(f"{path} is known"))
    monkeypatch.setattr(module, "DIGESTS", {module._digest(ptau): POWER})
    assert check_ptau(ptau, SYSTEM).known


def test_a_published_digest_is_that_of_one_power(ptau: Path, tmp_path: Path, monkeypatch) -> None:
    verified = []
    monkeypatch.setattr("zkql.toolchain.cache.cache_root", lambda: tmp_path)
    monkeypatch.setattr(module, "_verify", verified.append)
    monkeypatch.setattr(module, "DIGESTS", {module._digest(ptau): POWER + 1})
    assert not check_ptau(ptau, SYSTEM).known
    assert verified == [ptau]


# --- files of another form ----------------------------------------------------------------------------


def test_files_that_are_none(tmp_path: Path) -> None:
    assert code_of(refusal(tmp_path / "missing")) == "ZKQL0401"
    assert code_of(refusal(tmp_path)) == "ZKQL0401"
    for name, data in {"empty": b"", "text": b"powers of tau", "zkey": b"zkey" + bytes(100)}.items():
        (tmp_path / name).write_bytes(data)
        error = refusal(tmp_path / name)
        assert code_of(error) == "ZKQL0470"
        assert "b2sum" in str(error)


def test_a_file_that_is_not_prepared(tmp_path: Path, ptau: Path) -> None:
    path = changed(tmp_path, ptau, lambda parts: [parts.pop(n) for n in (12, 13, 14, 15)])
    error = refusal(path)
    assert code_of(error) == "ZKQL0471"
    assert f"snarkjs powersoftau prepare phase2 {path}" in str(error)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: p.pop(1), "no header"),
        (lambda p: p.update({1: p[1] + b"\0"}), "no header, or one for another curve"),
        (lambda p: p.update({1: p[1][:4] + bytes(32) + p[1][36:]}), "another curve than BN254"),
        (lambda p: p.update({1: p[1][:36] + struct.pack("<I", 3) + p[1][40:]}), "section 2 is missing"),
        (lambda p: p.update({1: p[1][:36] + struct.pack("<I", 40) + p[1][40:]}), "2^40 powers"),
        (lambda p: p.update({1: p[1][:36] + struct.pack("<I", 0) + p[1][40:]}), "2^0 powers"),
        (lambda p: p.update({3: p[3][:-G2]}), "section 3 is missing, or not as long as 2^4"),
        (lambda p: p.pop(6), "section 6 is missing"),
        (lambda p: p.pop(7), "no list of contributions"),
        (lambda p: p.pop(13), "section 13 is missing"),
        (lambda p: p.update({12: p[12][:-G1]}), "section 12 is missing, or not as long as 2^4"),
        (lambda p: p.update({15: p[15] + bytes(G1)}), "section 15 is missing, or not as long as 2^4"),
    ],
)
def test_a_file_of_another_form(tmp_path: Path, ptau: Path, change, reason: str) -> None:
    error = refusal(changed(tmp_path, ptau, change))
    assert code_of(error) == "ZKQL0470"
    assert reason in str(error)
