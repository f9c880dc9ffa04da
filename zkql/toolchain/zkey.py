"""Proving keys for Groth16 as snarkjs writes them (``.zkey``): what one holds, and whether it may be used.

In: the bytes, and the constraints that the key should be for. Out: a :class:`KeyFile`; :class:`ValueError`
says what is wrong. Neither groth16py nor snarkjs asks whether points are in their groups.

Who proves with a key must ask: other points, or a blinding that is none, would let proofs tell what they are
made to hide, to whoever made the key (Fuchsbauer, "Subversion-zero-knowledge SNARKs", PKC 2018). Who
multiplies its points with a secret must ask too: points of small order would give the secret away.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.toolchain.points import check_g1, check_g2
from zkql.toolchain.sections import read_sections
from zkql.toolchain.twist import FIELD_OF_POINTS

if TYPE_CHECKING:
    from zkql.toolchain.constraints import ConstraintSystem

MONTGOMERY = mpz(1 << 256)
G1, G2 = 64, 128
"""Bytes of a point."""
_FIELDS = (struct.pack("<I", 32) + FIELD_OF_POINTS.to_bytes(32, "little")) + (
    struct.pack("<I", 32) + P.to_bytes(32, "little")
)
_SECTIONS = 10
_HASH = 64
_PARTS = {"IC": 3, "A": 5, "B1": 6, "B2": 7, "L": 8, "H": 9}
_BY_R = pow(MONTGOMERY, -1, FIELD_OF_POINTS)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one party, or a beacon, added to a key. ``hash`` (BLAKE2b, hex) is what a contributor sees and
    keeps: it depends on all contributions before, and not on the names."""

    name: str
    hash: str
    beacon: str | None = None
    iterations: int | None = None


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key, its form checked. ``circuit`` (hex) is snarkjs' hash of the key before contributions;
    ``loose_g1`` and ``loose_g2`` are the points of the header and of contributions."""

    wires: int
    public: int
    domain: int
    parts: dict[int, memoryview]
    circuit: str
    contributions: tuple[Contribution, ...]
    loose_g1: bytes
    loose_g2: bytes


def read_key(data: bytes) -> KeyFile:
    """The parts of a key; their lengths fit one another."""
    parts = read_sections(data, b"zkey")
    if sorted(parts) != list(range(1, _SECTIONS + 1)):
        raise ValueError(f"it has other sections than 1 to {_SECTIONS}")
    if bytes(parts[1]) != struct.pack("<I", 1):
        raise ValueError("it is for another proof system than Groth16")
    head = bytes(parts[2])
    if head[: len(_FIELDS)] != _FIELDS:
        raise ValueError("it is for another curve than BN254")
    points = len(_FIELDS) + 12
    if len(head) != points + 3 * G1 + 3 * G2:
        raise ValueError("its header has another length")
    wires, public, domain = struct.unpack_from("<III", head, len(_FIELDS))
    counts = {3: public + 1, 5: wires, 6: wires, 7: wires, 8: wires - public - 1, 9: domain}
    for name, number in _PARTS.items():
        if len(parts[number]) != counts[number] * (G2 if name == "B2" else G1):
            raise ValueError(f"its part {name} has another length than its header says")
    alpha_beta, rest = head[points : points + 2 * G1], head[points + 2 * G1 :]
    beta, gamma, delta_1, delta_2 = _cut(rest, G2, G2, G1, G2)
    contributions, in_g1, in_g2 = _read_contributions(bytes(parts[10]))
    return KeyFile(
        wires=wires,
        public=public,
        domain=domain,
        parts=parts,
        circuit=bytes(parts[10][:_HASH]).hex(),
        contributions=contributions,
        loose_g1=alpha_beta + delta_1 + in_g1,
        loose_g2=beta + gamma + delta_2 + in_g2,
    )


def check_points(key: KeyFile) -> None:
    """All points are in their groups, and the ones that blind a proof are not infinity."""
    if not all(any(point) for point in (*_cut_all(key.loose_g1, G1), *_cut_all(key.loose_g2, G2))):
        raise ValueError("a point of its header or of a contribution is infinity")
    check_g1(memoryview(key.loose_g1), "header and contributions in G1")
    check_g2(memoryview(key.loose_g2), "header and contributions in G2")
    for name, number in _PARTS.items():
        (check_g2 if name == "B2" else check_g1)(key.parts[number], f"part {name}")


def check_circuit(key: KeyFile, system: ConstraintSystem) -> None:
    """The key has the circuit's sizes and coefficients. What it does not hold in plain, the right sides, only
    a proof or the powers of tau can tell."""
    if (key.wires, key.public, key.domain) != (system.wires, system.public, domain(system)):
        raise ValueError("it is for a circuit of another size")
    if key.parts[4] != coefficients(system):
        raise ValueError("it is for a circuit with other constraints")


def power(system: ConstraintSystem) -> int:
    """The least p such that 2^p powers of tau are enough: for each constraint and public input, and one."""
    return (len(system.constraints) + system.public).bit_length()


def domain(system: ConstraintSystem) -> int:
    """How many points the circuit's polynomials are given at."""
    return 1 << power(system)


def coefficients(system: ConstraintSystem) -> bytes:
    """Section 4: A and B by row, in doubled Montgomery form; and a row for each public input, which keeps
    them independent."""
    form = MONTGOMERY * MONTGOMERY % P
    known: dict[mpz, bytes] = {}

    def encoded(value: mpz) -> bytes:
        if (data := known.get(value)) is None:
            data = known[value] = int(value * form % P).to_bytes(32, "little")
        return data

    count = len(system.constraints)
    out = [
        struct.pack("<III", matrix, row, wire) + encoded(value)
        for row, constraint in enumerate(system.constraints)
        for matrix in (0, 1)
        for wire, value in zip(*constraint[matrix], strict=True)
    ]
    out += [
        struct.pack("<III", 0, count + signal, signal) + encoded(mpz(1))
        for signal in range(system.public + 1)
    ]
    return struct.pack("<I", len(out)) + b"".join(out)


# --- contributions (section 10) -------------------------------------------------------------------


def _read_contributions(data: bytes) -> tuple[tuple[Contribution, ...], bytes, bytes]:
    """They, and their points in G1 and in G2."""
    if len(data) < _HASH + 4:
        raise ValueError("its list of contributions is cut short")
    (count,) = struct.unpack_from("<I", data, _HASH)
    place = _HASH + 4
    found, in_g1, in_g2 = [], [], []
    for number in range(1, count + 1):
        fixed = 3 * G1 + G2 + _HASH + 8
        if place + fixed > len(data):
            raise ValueError(f"contribution {number} is cut short")
        after, secret, times, other, transcript, tail = _cut(
            data[place : place + fixed], G1, G1, G1, G2, _HASH, 8
        )
        kind, length = struct.unpack("<II", tail)
        place += fixed
        extra = data[place : place + length]
        place += length
        if len(extra) != length or kind not in (0, 1):
            raise ValueError(f"contribution {number} is of another form")
        seen = b"".join(map(_big_endian, (after, secret, times, other))) + transcript
        found.append(_contribution(number, kind, extra, blake2b(seen).hexdigest()))
        in_g1 += [after, secret, times]
        in_g2.append(other)
    if place != len(data):
        raise ValueError("there is something after its last contribution")
    return tuple(found), b"".join(in_g1), b"".join(in_g2)


def _contribution(number: int, kind: int, extra: bytes, digest: str) -> Contribution:
    fields: dict[int, bytes] = {}
    last = place = 0
    while place < len(extra):
        field = extra[place]
        size = 1 if field == 2 else extra[place + 1] if place + 1 < len(extra) else len(extra)
        start = place + (1 if field == 2 else 2)
        if field <= last or field > 3 or start + size > len(extra):
            raise ValueError(f"contribution {number} is of another form")
        fields[field] = extra[start : start + size]
        last, place = field, start + size
    if (kind == 1) != (fields.keys() >= {2, 3}):
        raise ValueError(f"contribution {number} is of another form")
    name = fields.get(1, b"").decode(errors="replace")
    if kind == 0:
        return Contribution(name, digest)
    return Contribution(name, digest, fields[3].hex(), fields[2][0])


def _big_endian(point: bytes) -> bytes:
    """A point as snarkjs hashes it: plain numbers, big-endian, the second of a pair first."""
    numbers = [
        int(int.from_bytes(part, "little") * _BY_R % FIELD_OF_POINTS).to_bytes(32, "big")
        for part in _cut_all(point, 32)
    ]
    if len(numbers) == 4:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    return b"".join(numbers)


def _cut(data: bytes, *sizes: int) -> list[bytes]:
    out, place = [], 0
    for size in sizes:
        out.append(data[place : place + size])
        place += size
    return out


def _cut_all(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]
