"""Powers of tau of the right form with false points: each is on the curve, and not the power that it stands
for. Keys of such powers are for another polynomial identity than the one that makes proofs sound."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.ceremonies import code_of, joined, powers_of_tau, sections
from tests.test_toolchain import powers
from zkql.errors import RejectedError
from zkql.toolchain.ptau import check_ptau

G1, G2 = 64, 128


def swapped(data: bytes, size: int, one: int, other: int) -> bytes:
    """Two points in each other's place."""
    points = [data[i : i + size] for i in range(0, len(data), size)]
    points[one], points[other] = points[other], points[one]
    return b"".join(points)


def repeated(data: bytes, size: int, number: int) -> bytes:
    """A point in the place of the next."""
    start = size * number
    return data[: start + size] + data[start : start + size] + data[start + 2 * size :]


FORGERIES = {
    "a power of tau": lambda p: p.update({2: repeated(p[2], G1, 5)}),
    "tau itself": lambda p: p.update({2: swapped(p[2], G1, 1, 2)}),
    "the last power": lambda p: p.update({2: swapped(p[2], G1, 29, 30)}),
    "a power in G2": lambda p: p.update({3: repeated(p[3], G2, 7)}),
    "alpha": lambda p: p.update({4: swapped(p[4], G1, 0, 1)}),
    "beta for alpha": lambda p: p.update({4: p[5]}),
    "beta in G2": lambda p: p.update({6: p[3][:G2]}),
    "a Lagrange point": lambda p: p.update({12: swapped(p[12], G1, 20, 21)}),
    "a Lagrange point in G2": lambda p: p.update({13: swapped(p[13], G2, 16, 17)}),
    "alpha's Lagrange points": lambda p: p.update({14: p[15]}),
    "beta's Lagrange points": lambda p: p.update({15: swapped(p[15], G1, 16, 17)}),
    "no contribution": lambda p: p.update({7: struct.pack("<I", 0)}),
    "half a contribution": lambda p: p.update({7: p[7][:200]}),
    "a contribution's key": lambda p: p.update({7: p[7][:600] + p[7][536:600] + p[7][664:]}),
    "a contribution's challenge": lambda p: p.update({7: p[7][:-75] + bytes([p[7][-75] ^ 1]) + p[7][-74:]}),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=list(FORGERIES))
def test_it_is_refused(forge, tmp_path: Path) -> None:
    parts = sections(powers_of_tau(4).read_bytes(), b"ptau")
    before = dict(parts)
    forge(parts)
    assert parts != before
    path = tmp_path / "forged.ptau"
    path.write_bytes(joined(parts, b"ptau"))
    with pytest.raises(RejectedError) as caught:
        check_ptau(path, powers(6).system)
    assert code_of(caught.value) == "ZKQL0508"
