"""iden3's binary files, which hold powers of tau (``.ptau``) and proving keys (``.zkey``): a name, a version,
and numbered sections with their lengths. In: a file. Out: where its sections are.
"""

from __future__ import annotations

import struct
from io import SEEK_END, BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

VERSION = 1
_HEAD = 12
_FRAME = 12

Place = tuple[int, int]
"""Where a section begins in the file, and its length in bytes."""


def find_sections(file: BinaryIO, kind: bytes) -> dict[int, Place]:
    """The sections by number. Raises :class:`ValueError` with what is wrong: other readers take the first or
    the last of two sections, or stop where a file is cut; here nothing is left to them."""
    end = file.seek(0, SEEK_END)
    head = _read(file, 0, _HEAD)
    if len(head) < _HEAD or head[:4] != kind:
        raise ValueError(f"it does not begin as a .{kind.decode()} file does")
    version, count = struct.unpack_from("<II", head, 4)
    if version != VERSION:
        raise ValueError(f"it has version {version}, and zkql reads version {VERSION}")
    found: dict[int, Place] = {}
    place = _HEAD
    for _ in range(count):
        if place + _FRAME > end:
            raise ValueError(f"it is cut short: {len(found)} of {count} sections are there")
        number, size = struct.unpack("<IQ", _read(file, place, _FRAME))
        place += _FRAME
        if place + size > end:
            raise ValueError(f"it is cut short within section {number}")
        if number in found:
            raise ValueError(f"it has section {number} twice")
        found[number] = (place, size)
        place += size
    if place != end:
        raise ValueError(f"it has {end - place} bytes after its last section")
    return found


def read_sections(data: bytes, kind: bytes) -> dict[int, memoryview]:
    """Their content."""
    view = memoryview(data)
    found = find_sections(BytesIO(data), kind)
    return {number: view[start : start + size] for number, (start, size) in found.items()}


def _read(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)
