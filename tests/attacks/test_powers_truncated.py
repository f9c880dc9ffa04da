"""A powers-of-tau file that was cut short, by a broken download or on purpose. snarkjs would read zeros
beyond its end, or stop in the middle of a setup."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ceremonies import code_of, powers_of_tau
from tests.test_toolchain import powers
from zkql.errors import InputError
from zkql.toolchain.ptau import check_ptau


def test_it_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    data = powers_of_tau(4).read_bytes()
    path = tmp_path / "cut.ptau"
    for end in (*range(1, 120), *range(120, len(data), 499), len(data) - 1):
        path.write_bytes(data[:end])
        with pytest.raises(InputError) as caught:
            check_ptau(path, powers(6).system)
        assert code_of(caught.value) == "ZKQL0470"
