"""Powers of tau of another curve, BLS12-381, in a file that is right for that curve; and the same under the
header of the right curve."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ceremonies import code_of, joined, powers_of_tau, sections
from tests.test_toolchain import powers
from zkql.errors import InputError
from zkql.toolchain.ptau import check_ptau


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        check_ptau(path, powers(6).system)
    assert code_of(caught.value) == "ZKQL0470"
    return caught.value


def test_a_file_for_another_curve_is_refused() -> None:
    assert "another curve than BN254" in str(refusal(powers_of_tau(4, "bls12381")))


def test_the_right_header_does_not_help(tmp_path: Path) -> None:
    parts = sections(powers_of_tau(4, "bls12381").read_bytes(), b"ptau")
    parts[1] = sections(powers_of_tau(4).read_bytes(), b"ptau")[1]
    path = tmp_path / "dressed.ptau"
    path.write_bytes(joined(parts, b"ptau"))
    assert "section 2" in str(refusal(path))
