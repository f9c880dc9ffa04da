"""Reading proving keys: only the one form that snarkjs writes, and all that it says."""

from __future__ import annotations

import struct

import pytest

from tests.ceremonies import joined, sections
from tests.test_toolchain import powers
from zkql.toolchain.devkeys import dev_zkey
from zkql.toolchain.sections import read_sections
from zkql.toolchain.zkey import check_circuit, check_points, power, read_key

SYSTEM = powers(6).system


@pytest.fixture(scope="module")
def zkey() -> bytes:
    return dev_zkey(SYSTEM)


def test_a_key_and_its_circuit(zkey: bytes) -> None:
    key = read_key(zkey)
    assert (key.wires, key.public, key.domain) == (8, 1, 8)
    assert key.contributions == ()
    assert power(SYSTEM) == 3
    check_circuit(key, SYSTEM)
    check_points(key)


@pytest.mark.parametrize("constraints", [5, 7, 8])
def test_a_key_of_another_size(zkey: bytes, constraints: int) -> None:
    with pytest.raises(ValueError, match="another size"):
        check_circuit(read_key(zkey), powers(constraints).system)


def test_a_key_that_ends_anywhere(zkey: bytes) -> None:
    for end in (*range(200), *range(200, len(zkey), 97), len(zkey) - 1):
        with pytest.raises(ValueError, match=r"cut short|begin|other sections"):
            read_key(zkey[:end])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda z: b"ptau" + z[4:], "does not begin as a .zkey file"),
        (lambda z: z[:4] + struct.pack("<I", 2) + z[8:], "version 2"),
        (lambda z: z + b"\0", "1 bytes after its last section"),
        (lambda z: z[:8] + struct.pack("<I", 11) + z[12:], "cut short: 10 of 11 sections"),
        (lambda z: z[:8] + struct.pack("<I", 11) + z[12:] + struct.pack("<IQ", 3, 0), "section 3 twice"),
        (lambda z: z[:8] + struct.pack("<I", 11) + z[12:] + struct.pack("<IQ", 11, 0), "other sections"),
        (lambda z: z[:16] + struct.pack("<Q", 2**63) + z[24:], "cut short within section 1"),
    ],
)
def test_a_file_of_another_form(zkey: bytes, change, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_key(change(zkey))


def with_part(zkey: bytes, number: int, change) -> bytes:
    parts = sections(zkey, b"zkey")
    parts[number] = change(parts[number])
    return joined(parts, b"zkey")


@pytest.mark.parametrize(
    ("number", "change", "reason"),
    [
        (1, lambda _: struct.pack("<I", 2), "another proof system"),
        (1, lambda _: b"", "another proof system"),
        (2, lambda b: b[:4] + b"\1" + b[5:], "another curve"),
        (2, lambda b: b[:40] + b"\0" + b[41:], "another curve"),
        (2, lambda b: b + bytes(64), "its header has another length"),
        (2, lambda b: b[:72] + struct.pack("<I", 9) + b[76:], "part A has another length"),
        (2, lambda b: b[:72] + struct.pack("<I", 0) + b[76:], "another length"),
        (2, lambda b: b[:76] + struct.pack("<I", 2) + b[80:], "part IC has another length"),
        (2, lambda b: b[:80] + struct.pack("<I", 16) + b[84:], "part H has another length"),
        (7, lambda b: b[:-64], "part B2 has another length"),
        (8, lambda b: b[:-64], "part L has another length"),
        (10, lambda b: b[:60], "its list of contributions is cut short"),
        (10, lambda b: b[:64] + struct.pack("<I", 1), "contribution 1 is cut short"),
        (10, lambda b: b + b"\0", "something after its last contribution"),
    ],
)
def test_parts_of_another_form(zkey: bytes, number: int, change, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_key(with_part(zkey, number, change))


FIXED = bytes(3 * 64 + 128 + 64)


def contribution(kind: int, extra: bytes) -> bytes:
    return FIXED + struct.pack("<II", kind, len(extra)) + extra


@pytest.mark.parametrize(
    ("kind", "extra", "name", "beacon", "iterations"),
    [
        (0, b"", "", None, None),
        (0, b"\1\5alice", "alice", None, None),
        (0, b"\1\2\xc3\xa9", "é", None, None),
        (0, b"\1\1\xff", "�", None, None),
        (1, b"\2\12\3\2\xab\xcd", "", "abcd", 10),
        (1, b"\1\1b\2\77\3\1\0", "b", "00", 63),
    ],
)
def test_what_a_contribution_says(zkey: bytes, kind, extra, name, beacon, iterations) -> None:
    changed = with_part(zkey, 10, lambda b: b[:64] + struct.pack("<I", 1) + contribution(kind, extra))
    (found,) = read_key(changed).contributions
    assert (found.name, found.beacon, found.iterations) == (name, beacon, iterations)


@pytest.mark.parametrize(
    ("kind", "extra"),
    [
        (2, b""),
        (0, b"\1"),
        (0, b"\1\5alic"),
        (0, b"\1\1a\1\1b"),
        (0, b"\2\12\1\1a"),
        (0, b"\4\0"),
        (0, b"\0\0"),
        (0, b"\2\12\3\1\0"),
        (1, b""),
        (1, b"\1\1a"),
        (1, b"\2\12"),
        (1, b"\3\1\0"),
        (1, b"\2\12\3\2\0"),
    ],
)
def test_a_contribution_of_another_form(zkey: bytes, kind: int, extra: bytes) -> None:
    changed = with_part(zkey, 10, lambda b: b[:64] + struct.pack("<I", 1) + contribution(kind, extra))
    with pytest.raises(ValueError, match="contribution 1 is of another form"):
        read_key(changed)


def test_sections_come_back(zkey: bytes) -> None:
    assert joined(sections(zkey, b"zkey"), b"zkey") == zkey
    assert list(read_sections(zkey, b"zkey")) == list(range(1, 11))
