"""Phase 2 of a Groth16 setup, by snarkjs: keys to which several parties contribute, one after the other.

In: a powers-of-tau file, constraints, keys so far. Out: the next key; or what a finished one consists of.

The protocol is that of Bowe, Gabizon and Miers (ePrint 2017/1050): forging a proof takes the secrets of all
who contributed. A beacon at the end, a value that nobody could know while they contributed, leaves the last
of them no choice among keys.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkql import files
from zkql.errors import input_error, rejected
from zkql.toolchain import constraints
from zkql.toolchain.node import job_timeout, run_job
from zkql.toolchain.progress import progress
from zkql.toolchain.ptau import Powers, check_ptau
from zkql.toolchain.zkey import Contribution, KeyFile, check_circuit, check_points, read_key

if TYPE_CHECKING:
    from zkql.errors import InputError
    from zkql.toolchain.constraints import ConstraintSystem

_HOURS = 3600
MOST_NAME = 64
"""Characters of a name; snarkjs cuts longer ones."""
MOST_BEACON = 255
"""Bytes of a beacon."""
LEAST_ITERATIONS, MOST_ITERATIONS = 10, 30
"""Of SHA-256, as a power of two: snarkjs takes no fewer, and whoever verifies repeats them all."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a key was made of: the powers of tau, the circuit's hash, who contributed, in order."""

    powers: Powers
    circuit: str
    contributions: tuple[Contribution, ...]

    @property
    def parties(self) -> int:
        """How many contributed, beacons not counted."""
        return sum(c.beacon is None for c in self.contributions)


def start(program: bytes, ptau: Path, zkey: Path) -> Transcript:
    """Write the key before any contribution: whoever has it alone could forge proofs."""
    _must_be_new(zkey)
    system = constraints.load(program).system
    powers = check_ptau(ptau, system)
    with tempfile.TemporaryDirectory(prefix="zkql-") as scratch, files.atomic_file(zkey) as out:
        _job("making the first key", "start", r1cs=_r1cs(system, scratch), ptau=ptau, zkey=out)
        key = _checked(files.read_bytes(out), zkey)
    return Transcript(powers, key.circuit, key.contributions)


def contribute(zkey: Path, following: Path, name: str) -> Contribution:
    """Multiply a secret into a key, and forget it: it is drawn from the operating system in the process that
    uses it, which ends then. The key is checked before: points of small order would give the secret away."""
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable() or name != name.strip():
        raise input_error(
            "ZKQL0473", f"{name!r} is no name: it has to be 1 to {MOST_NAME} characters that print"
        )
    return _added("contributing", "contribute", zkey, following, name=name)


def apply_beacon(zkey: Path, following: Path, value: str, iterations: int) -> Contribution:
    """Add a contribution that everyone can repeat: from ``value`` (hex), hashed 2^``iterations`` times."""
    try:
        data = bytes.fromhex(value)
    except ValueError:
        data = b""
    if not 1 <= len(data) <= MOST_BEACON or data.hex() != value.lower():
        raise input_error(
            "ZKQL0473",
            f"a beacon is 1 to {MOST_BEACON} bytes in hexadecimal, not {value!r}",
            "take a value that nobody could know before: of a block chain, a lottery, drand",
        )
    if not LEAST_ITERATIONS <= iterations <= MOST_ITERATIONS:
        raise input_error("ZKQL0473", f"iterations are {LEAST_ITERATIONS} to {MOST_ITERATIONS} doublings")
    given = {"name": "beacon", "hash": data.hex(), "iterations": iterations}
    return _added("applying the beacon", "beacon", zkey, following, **given)


def listed(program: bytes, ptau: Path, zkey: Path) -> Transcript:
    """What a key says that it was made of. Raises :class:`RejectedError` if that cannot be: it is for another
    circuit, or nobody but a beacon has contributed. Nothing else of it is checked."""
    system = constraints.load(program).system
    return _listed(system, ptau, zkey, files.read_bytes(zkey))[0]


def verified(program: bytes, ptau: Path, zkey: Path) -> Transcript:
    """What a key was made of, every step of it checked against the circuit and the powers of tau. Raises
    :class:`RejectedError` if anything does not hold."""
    system, data = constraints.load(program).system, files.read_bytes(zkey)
    found, key = _listed(system, ptau, zkey, data)
    try:
        with progress("checking the points of the key"):
            check_points(key)
    except ValueError as error:
        raise _refused(zkey, str(error)) from None
    with tempfile.TemporaryDirectory(prefix="zkql-") as scratch:
        own = Path(scratch) / "key.zkey"
        own.write_bytes(data)
        answer = _job("verifying the key", "check", r1cs=_r1cs(system, scratch), ptau=ptau, zkey=own)
    if not answer["valid"]:
        raise _refused(zkey, answer["reason"])
    return found


def _listed(system: ConstraintSystem, ptau: Path, zkey: Path, data: bytes) -> tuple[Transcript, KeyFile]:
    powers = check_ptau(ptau, system)
    try:
        key = read_key(data)
        check_circuit(key, system)
    except ValueError as error:
        raise _refused(zkey, str(error)) from None
    found = Transcript(powers, key.circuit, key.contributions)
    if not found.parties:
        raise _refused(zkey, "nobody has contributed to it")
    if any(c.iterations is not None and c.iterations > MOST_ITERATIONS for c in key.contributions):
        raise _refused(zkey, f"a beacon was hashed more than 2^{MOST_ITERATIONS} times, which takes too long")
    return found, key


def single(program: bytes, ptau: Path, zkey: Path) -> Transcript:
    """A key with one contribution, made on this machine."""
    with tempfile.TemporaryDirectory(prefix="zkql-") as scratch:
        first = Path(scratch) / "first.zkey"
        begun = start(program, ptau, first)
        return Transcript(begun.powers, begun.circuit, (contribute(first, zkey, "zkql setup"),))


def _added(what: str, job: str, zkey: Path, following: Path, /, **given: object) -> Contribution:
    _must_be_new(following)
    with tempfile.TemporaryDirectory(prefix="zkql-") as scratch, files.atomic_file(following) as out:
        own = Path(scratch) / "key.zkey"
        own.write_bytes(data := files.read_bytes(zkey))
        _checked(data, zkey)
        _job(what, job, zkey=own, next=out, **given)
        return read_key(files.read_bytes(out)).contributions[-1]


def _must_be_new(path: Path) -> None:
    if path.exists():
        raise input_error("ZKQL0405", f"{path} is there already; choose a new file")


def _checked(data: bytes, zkey: Path) -> KeyFile:
    """A key, which someone else may have sent."""
    try:
        key = read_key(data)
        with progress("checking the points of the key"):
            check_points(key)
    except ValueError as error:
        raise _no_key(zkey, str(error)) from None
    return key


def _no_key(zkey: Path, reason: str) -> InputError:
    return input_error(
        "ZKQL0474",
        f"{zkey} is no key of a ceremony: {reason}",
        "ask for the file again; zkql ceremony start and contribute write them",
    )


def _refused(zkey: Path, reason: str) -> Exception:
    return rejected("ZKQL0509", f"{zkey} is not what a ceremony for this circuit gives: {reason}")


def _r1cs(system: ConstraintSystem, folder: str) -> Path:
    path = Path(folder) / "circuit.r1cs"
    path.write_bytes(constraints.r1cs(system))
    return path


def _job(what: str, job: str, /, **given: object) -> dict[str, Any]:
    plain = {k: str(v.resolve()) if isinstance(v, Path) else v for k, v in given.items()}
    return run_job({"job": job, **plain}, timeout=job_timeout(3 * _HOURS), what=what)
