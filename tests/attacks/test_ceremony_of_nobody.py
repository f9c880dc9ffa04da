"""Keys whose trapdoor everyone knows: before any contribution, with a beacon alone; and keys that were
changed after the contributions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ceremonies import BEACON, Ceremony, code_of, joined, sections
from zkql.errors import RejectedError
from zkql.toolchain import ceremony


def refused(held: Ceremony, path: Path) -> str:
    with pytest.raises(RejectedError) as caught:
        ceremony.verified(held.program, held.ptau, path)
    assert code_of(caught.value) == "ZKQL0509"
    return str(caught.value)


def test_the_first_key_is_nobodys(held: Ceremony) -> None:
    """Its delta is the generator: the discrete logarithm is one."""
    assert "nobody has contributed" in refused(held, held.keys[0])


def test_a_beacon_alone_is_nobodys(held: Ceremony, tmp_path: Path) -> None:
    path = tmp_path / "beacon.zkey"
    ceremony.apply_beacon(held.keys[0], path, BEACON, 10)
    assert "nobody has contributed" in refused(held, path)


@pytest.mark.parametrize("part", [2, 3, 5, 6, 7, 8, 9])
def test_a_part_of_an_earlier_or_other_key_does_not_fit(held: Ceremony, tmp_path: Path, part: int) -> None:
    """The header, L and H of the first key, whose delta is known; points of the others in another order."""
    parts = sections(held.keys[-1].read_bytes(), b"zkey")
    if part in (2, 8, 9):
        other = sections(held.keys[0].read_bytes(), b"zkey")[part]
    else:
        size = 128 if part == 7 else 64
        points = [parts[part][i : i + size] for i in range(0, len(parts[part]), size)]
        other = b"".join(reversed(points))
    assert other != parts[part]
    parts[part] = other
    path = tmp_path / "mixed.zkey"
    path.write_bytes(joined(parts, b"zkey"))
    refused(held, path)
