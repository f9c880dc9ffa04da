"""A contribution that is missing from the finished keys: cut out of the list, or never built upon."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ceremonies import BEACON, Ceremony, code_of, with_contributions
from zkql.errors import RejectedError
from zkql.keys import check_contributed
from zkql.toolchain import ceremony


@pytest.mark.parametrize("index", [0, 1, 2])
def test_it_cannot_be_cut_out(held: Ceremony, tmp_path: Path, index: int) -> None:
    path = tmp_path / "forged.zkey"
    path.write_bytes(
        with_contributions(held.keys[-1].read_bytes(), lambda all_: all_[:index] + all_[index + 1 :])
    )
    with pytest.raises(RejectedError) as caught:
        ceremony.verified(held.program, held.ptau, path)
    assert code_of(caught.value) == "ZKQL0509"


def test_its_contributor_sees_that_it_was_passed_over(held: Ceremony, tmp_path: Path) -> None:
    """The coordinator goes on from the key before Bob's: a sound ceremony, but without him."""
    alice, bob, _ = held.contributions
    path = tmp_path / "last.zkey"
    ceremony.apply_beacon(held.keys[1], path, BEACON, 10)
    found = ceremony.verified(held.program, held.ptau, path)
    check_contributed(found, [alice.hash])
    with pytest.raises(RejectedError) as caught:
        check_contributed(found, [alice.hash, bob.hash])
    assert code_of(caught.value) == "ZKQL0511"
