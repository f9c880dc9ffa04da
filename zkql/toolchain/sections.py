"""iden3's binary files, which hold powers of tau (``.ptau``) and proving keys (``.zkey``): a name, a version,
and numbered sections with their lengths. In: the bytes. Out: the sections.
"""

from __future__ import annotations

import struct

VERSION = 1
_HEAD = 12
_FRAME = 12


def read_sections(data: memoryview, kind: bytes) -> dict[int, memoryview]:
    """The sections by number. Raises :class:`ValueError` with what is wrong: other readers take the first or
    the last of two sections, or stop where a file is cut; here nothing is left to them."""
    if len(data) < _HEAD or bytes(data[:4]) != kind:
        raise ValueError(f"it does not begin as a .{kind.decode()} file does")
    version, count = struct.unpack_from("<II", data, 4)
    if version != VERSION:
        raise ValueError(f"it has version {version}, and zkql reads version {VERSION}")
    found: dict[int, memoryview] = {}
    place = _HEAD
    for _ in range(count):
        if place + _FRAME > len(data):
            raise ValueError(f"it is cut short: {len(found)} of {count} sections are there")
        number, size = struct.unpack_from("<IQ", data, place)
        place += _FRAME
        if place + size > len(data):
            raise ValueError(f"it is cut short within section {number}")
        if number in found:
            raise ValueError(f"it has section {number} twice")
        found[number] = data[place : place + size]
        place += size
    if place != len(data):
        raise ValueError(f"it has {len(data) - place} bytes after its last section")
    return found
