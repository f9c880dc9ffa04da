"""A proving key with points that are in no group, or in a small one: by their orders a proof would tell parts
of the witness, and a contribution parts of its secret. And a key whose blinding is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ceremonies import Ceremony, code_of, joined, proven, repinned, sections
from tests.groups import g2, minus, of_small_order, on_the_curve, plus, read_g2
from zkql import bundle as bundles
from zkql.bundle import Bundle
from zkql.errors import InputError, RejectedError
from zkql.toolchain import ceremony
from zkql.toolchain.twist import FIELD_OF_POINTS
from zkql.toolchain.verdicts import check_key

HEAD = 84
"""Where the points of the header begin: alpha, beta in G1; beta, gamma in G2; delta in G1; delta in G2."""
DELTA_1, DELTA_2 = HEAD + 128 + 256, HEAD + 128 + 256 + 64
BETA_2 = HEAD + 128


def put(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def shifted(data: bytes, place: int) -> bytes:
    """A point of small order added to the point there: the order of the sum is no prime."""
    return put(data, place, g2(plus(read_g2(data[place : place + 128]), of_small_order())))


def opposite(data: bytes, one: int, other: int) -> bytes:
    """Two points shifted so that their sum stays what it was."""
    moved = plus(read_g2(data[other : other + 128]), minus(of_small_order()))
    return put(shifted(data, one), other, g2(moved))


def filled(data: bytes) -> list[int]:
    """Points of B2 that are not infinity."""
    return [i for i in range(0, len(data), 128) if any(data[i : i + 128])]


def respelled(data: bytes) -> bytes:
    """The first number plus the field's size."""
    return (int.from_bytes(data[:32], "little") + FIELD_OF_POINTS).to_bytes(32, "little") + data[32:]


FORGERIES = {
    "IC off the curve": (3, lambda p: put(p, 64, b"\5")),
    "A off the curve": (5, lambda p: put(p, 64 * 7 + 3, bytes([p[64 * 7 + 3] ^ 1]))),
    "B1 off the curve": (6, lambda p: put(p, 40, bytes([p[40] ^ 1]))),
    "L off the curve": (8, lambda p: put(p, 64 * 2, b"\7" + bytes(63))),
    "H off the curve": (9, lambda p: put(p, len(p) - 1, bytes([p[-1] ^ 1]))),
    "H spelled otherwise": (9, respelled),
    "B2 off the curve": (7, lambda p: put(p, filled(p)[0], bytes([p[filled(p)[0]] ^ 1]))),
    "B2 of small order": (7, lambda p: put(p, filled(p)[1], g2(of_small_order()))),
    "B2 shifted": (7, lambda p: shifted(p, filled(p)[-1])),
    "B2 shifted twice": (7, lambda p: opposite(p, filled(p)[0], filled(p)[1])),
    "B2 of any order": (7, lambda p: put(p, filled(p)[3], g2(on_the_curve(5)))),
    "alpha off the curve": (2, lambda p: put(p, HEAD, bytes([p[HEAD] ^ 1]))),
    "beta shifted": (2, lambda p: shifted(p, BETA_2)),
    "delta shifted": (2, lambda p: shifted(p, DELTA_2)),
    "delta in G1 infinite": (2, lambda p: put(p, DELTA_1, bytes(64))),
    "delta infinite": (2, lambda p: put(put(p, DELTA_1, bytes(64)), DELTA_2, bytes(128))),
    "a contribution off the curve": (10, lambda p: put(p, 68 + 64, bytes([p[68 + 64] ^ 1]))),
    "a contribution shifted": (10, lambda p: shifted(p, 68 + 3 * 64)),
}


REASONS = ("is not on the curve", "is outside the group", "is infinity", "that is no field element")


@pytest.mark.parametrize(("part", "forge"), FORGERIES.values(), ids=list(FORGERIES))
def test_nobody_uses_it(held: Ceremony, tmp_path: Path, part: int, forge) -> None:
    parts = sections(held.keys[-1].read_bytes(), b"zkey")
    before = parts[part]
    parts[part] = forge(before)
    assert len(parts[part]) == len(before)
    assert parts[part] != before
    data = joined(parts, b"zkey")
    path = tmp_path / "forged.zkey"
    path.write_bytes(data)
    with pytest.raises(RejectedError) as processor:
        check_key(data, held.program, path)
    assert code_of(processor.value) == "ZKQL0510"
    with pytest.raises(RejectedError) as verifier:
        ceremony.verified(held.program, held.ptau, path)
    assert code_of(verifier.value) == "ZKQL0509"
    assert any(reason in str(verifier.value) for reason in REASONS)  # and snarkjs was not asked
    with pytest.raises(InputError) as contributor:
        ceremony.contribute(path, tmp_path / "next.zkey", "alice")
    assert code_of(contributor.value) == "ZKQL0474"
    assert not (tmp_path / "next.zkey").exists()


def test_a_processor_asks(tiny: Bundle, tmp_path: Path) -> None:
    """Before it proves anything; with keys that else belong together."""
    parts = sections((tiny.path / bundles.ZKEY).read_bytes(), b"zkey")
    parts[7] = shifted(parts[7], filled(parts[7])[0])
    bad = repinned(tiny, tmp_path / "bad", {bundles.ZKEY: joined(parts, b"zkey")})
    for _ in range(2):  # a refusal is not kept for an answer
        with pytest.raises(RejectedError) as caught:
            proven(bad)
        assert code_of(caught.value) == "ZKQL0510"
        assert "part B2 is outside the group" in str(caught.value)
