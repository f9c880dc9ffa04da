"""Powers-of-tau files, checked before keys are made of one.

In: a file, and how many powers are needed. Out: :class:`Powers`; or an error that says what to do.

Its form is looked at first, which costs nothing. Then its content: a file of the Hermez ceremony is known by
its digest; of any other snarkjs verifies every contribution and every point, once a machine. That the powers
are right does not say that nobody knows tau: for that one of those who contributed must have been honest.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from zkql.errors import input_error, rejected
from zkql.toolchain.cache import cached
from zkql.toolchain.hermez import DIGESTS, file_name
from zkql.toolchain.node import job_timeout, run_job
from zkql.toolchain.progress import progress
from zkql.toolchain.sections import find_sections
from zkql.toolchain.twist import FIELD_OF_POINTS
from zkql.toolchain.zkey import G1, G2, power

if TYPE_CHECKING:
    from pathlib import Path

    from zkql.errors import InputError
    from zkql.toolchain.constraints import ConstraintSystem

_LEAST = min(DIGESTS.values())
_MOST = max(DIGESTS.values())
_PREPARED = (12, 13, 14, 15)
_CHUNK = 1 << 22
_HEADER = 44


@dataclass(frozen=True, slots=True)
class Powers:
    """A file with 2^``power`` powers; ``digest`` is its BLAKE2b-512 (hex); ``known``: it is Hermez'."""

    power: int
    digest: str
    known: bool


def check_ptau(path: Path, system: ConstraintSystem) -> Powers:
    """A file that keys for these constraints can be made of. Raises :class:`InputError` if its form is wrong
    or it is too small, and :class:`RejectedError` if its content is wrong."""
    found = _power_of(path)
    needed = power(system)
    if found < needed:
        raise input_error(
            "ZKQL0472",
            f"{path} has 2^{found} powers of tau, and the circuit needs 2^{needed}: it has "
            f"{len(system.constraints):,} constraints and {system.public:,} public inputs",
            f"use a file of power {needed} or more, such as {file_name(max(needed, _LEAST))}",
        )
    with progress("reading the powers of tau"):
        digest = _digest(path)
    known = DIGESTS.get(digest) == found
    if not known:
        cached("checked-ptau", digest[:64], lambda _: _verify(path))
    return Powers(found, digest, known)


def _power_of(path: Path) -> int:
    """From the header; all sections must have the lengths that follow from it."""
    if not path.is_file():
        raise input_error("ZKQL0401", f"cannot read {path}: no such file")
    if not path.stat().st_size:
        raise _unusable(path, "it is empty")
    try:
        with path.open("rb") as file:
            places = find_sections(file, b"ptau")
            file.seek(places.get(1, (0, 0))[0])
            return _checked(path, {number: size for number, (_, size) in places.items()}, file.read(_HEADER))
    except ValueError as error:
        raise _unusable(path, str(error)) from None


def _checked(path: Path, sizes: dict[int, int], header: bytes) -> int:
    if sizes.get(1) != _HEADER:
        raise ValueError("it has no header, or one for another curve than BN254")
    length, prime, found, _ = struct.unpack("<I32sII", header)
    assert isinstance(found, int)
    if length != 32 or int.from_bytes(prime, "little") != FIELD_OF_POINTS:
        raise ValueError("it is for another curve than BN254, which is also called bn128 and alt_bn128")
    if not 1 <= found <= _MOST:
        raise ValueError(f"it says that it has 2^{found} powers")
    count = 1 << found
    lengths = {2: (2 * count - 1) * G1, 3: count * G2, 4: count * G1, 5: count * G1, 6: G2}
    prepared = 2 * count - 1
    ready = {12: (4 * count - 1) * G1, 13: prepared * G2, 14: prepared * G1, 15: prepared * G1}
    for number, size in lengths.items():
        if sizes.get(number) != size:
            raise ValueError(f"section {number} is missing, or not as long as 2^{found} powers are")
    if 7 not in sizes:
        raise ValueError("it has no list of contributions")
    if not sizes.keys() & ready.keys():
        raise input_error(
            "ZKQL0471",
            f"{path} is not prepared for phase 2",
            f"run: snarkjs powersoftau prepare phase2 {path} prepared.ptau",
            f"or use a file that is prepared, such as {file_name(max(found, _LEAST))}",
        )
    for number, size in ready.items():
        if sizes.get(number) != size:
            raise ValueError(f"section {number} is missing, or not as long as 2^{found} powers are")
    return found


def _unusable(path: Path, reason: str) -> InputError:
    return input_error(
        "ZKQL0470",
        f"{path} is no powers-of-tau file that zkql can use: {reason}",
        "get the file again, and compare its BLAKE2b digest (b2sum) with the published one",
    )


def _digest(path: Path) -> str:
    hasher = blake2b()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def _verify(path: Path) -> None:
    answer = run_job(
        {"job": "powers", "ptau": str(path.resolve())},
        timeout=job_timeout(24 * 3600),
        what="verifying the powers of tau (once for each file)",
    )
    if not answer["valid"]:
        raise rejected(
            "ZKQL0508",
            f"the powers of tau in {path} do not hold: {answer['reason']}",
            "get the file again, and compare its BLAKE2b digest (b2sum) with the published one",
        )
