"""Contributions in another order, one of them twice, or one of another ceremony among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ceremonies import Ceremony, code_of, with_contributions
from zkql.errors import RejectedError
from zkql.toolchain import ceremony

ORDERS = [(1, 0, 2), (0, 2, 1), (2, 1, 0), (0, 0, 1, 2), (0, 1, 1, 2), (0, 1, 2, 2)]


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_is_part_of_the_key(held: Ceremony, tmp_path: Path, order: tuple[int, ...]) -> None:
    path = tmp_path / "forged.zkey"
    path.write_bytes(with_contributions(held.keys[-1].read_bytes(), lambda all_: [all_[i] for i in order]))
    with pytest.raises(RejectedError) as caught:
        ceremony.verified(held.program, held.ptau, path)
    assert code_of(caught.value) == "ZKQL0509"


def test_a_contribution_to_another_key_does_not_fit(held: Ceremony, tmp_path: Path) -> None:
    """Alice's own, to the same first key; another secret."""
    other, path = tmp_path / "other.zkey", tmp_path / "forged.zkey"
    ceremony.contribute(held.keys[0], other, "alice")
    strangers: list[bytes] = []
    with_contributions(other.read_bytes(), lambda all_: strangers.extend(all_) or all_)
    path.write_bytes(with_contributions(held.keys[-1].read_bytes(), lambda all_: strangers + all_[1:]))
    with pytest.raises(RejectedError) as caught:
        ceremony.verified(held.program, held.ptau, path)
    assert code_of(caught.value) == "ZKQL0509"
