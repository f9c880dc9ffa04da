"""Key ceremonies in small: powers of tau, a circuit that they are enough for, a key after each contribution;
and what an attacker needs to change the files."""

from __future__ import annotations

import dataclasses
import json
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkql import bundle as bundles
from zkql.bundle import Bundle, read_bundle, sha256, write_manifest
from zkql.compiler import compile_query, write_bundle
from zkql.crypto import signatures
from zkql.errors import Source, ZkqlError
from zkql.keys import finish_ceremony
from zkql.runtime import signers
from zkql.runtime.consumer import Verification, Verifier
from zkql.runtime.envelope import encode
from zkql.runtime.held import OwnedRow
from zkql.runtime.intake import RowLog
from zkql.runtime.processor import Processor
from zkql.runtime.registry import Registry, ordered
from zkql.runtime.windows import ClosedWindow, windows
from zkql.toolchain import ceremony, constraints
from zkql.toolchain.cache import cached, content_key
from zkql.toolchain.constraints import Program
from zkql.toolchain.node import run_job
from zkql.toolchain.sections import read_sections
from zkql.toolchain.zkey import Contribution

TINY = """
CREATE STREAM s (m BIGINT, ts TIMESTAMP(3), ok BOOLEAN, WATERMARK FOR ts AS ts)
SIGNED BY m WITH ('capacity' = '1');
SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '10' SECOND))
WHERE ok GROUP BY window_start, window_end
"""
POWER, SMALL_POWER = 8, 4
"""The smallest powers-of-tau file that :data:`TINY` fits into, and a smaller one."""
BEACON = "0102030405060708090a0b0c0d0e0f10"


def powers_of_tau(power: int = POWER, curve: str = "bn128") -> Path:
    """A real file with one contribution; made once a machine, since preparing it takes seconds."""

    def make(folder: Path) -> None:
        job = {"job": "ptau", "power": power, "curve": curve, "ptau": str(folder / "powers.ptau")}
        run_job({**job, "entropy": "zkql's own tests"}, timeout=300, what="test")

    return cached("test-ptau", content_key("1", curve, str(power)), make) / "powers.ptau"


def tiny_bundle(folder: Path, query: str = TINY) -> Bundle:
    """Without keys."""
    write_bundle(compile_query(Source("tiny.zkql", query + ";")), folder)
    return read_bundle(folder)


def small_bundle(folder: Path, system: Program) -> Bundle:
    """A bundle that calls a small circuit its own: of a bundle a ceremony sees no more."""
    opened = tiny_bundle(folder)
    program = constraints.dump(system)
    (folder / bundles.PROGRAM).write_bytes(program)
    write_manifest(folder, dataclasses.replace(opened.manifest, program=sha256(program)))
    return read_bundle(folder)


@dataclass(frozen=True)
class Ceremony:
    """A finished ceremony: of the ``keys`` each has one contribution more, the last one the beacon's."""

    bundle: Bundle
    ptau: Path
    keys: tuple[Path, ...]
    contributions: tuple[Contribution, ...]

    @classmethod
    def hold(cls, folder: Path, system: Program) -> Ceremony:
        """All of it, for a small circuit."""
        opened = small_bundle(folder / "bundle", system)
        program = constraints.dump(system)
        ptau = powers_of_tau(SMALL_POWER)
        keys = tuple(folder / f"{n}.zkey" for n in range(4))
        ceremony.start(program, ptau, keys[0])
        made = (
            ceremony.contribute(keys[0], keys[1], "alice"),
            ceremony.contribute(keys[1], keys[2], "bob"),
            ceremony.apply_beacon(keys[2], keys[3], BEACON, 10),
        )
        done, _ = finish_ceremony(opened, keys[-1], ptau, ())
        return cls(done, ptau, keys, made)

    @property
    def program(self) -> bytes:
        return (self.bundle.path / bundles.PROGRAM).read_bytes()


# --- changing files -------------------------------------------------------------------------------------


def sections(data: bytes, kind: bytes) -> dict[int, bytes]:
    return {number: bytes(part) for number, part in read_sections(data, kind).items()}


def joined(parts: dict[int, bytes], kind: bytes) -> bytes:
    """The inverse."""
    framed = (struct.pack("<IQ", number, len(part)) + part for number, part in parts.items())
    return kind + struct.pack("<II", 1, len(parts)) + b"".join(framed)


def with_contributions(zkey: bytes, change: Any) -> bytes:
    """A key whose list of contributions, as bytes, was changed by a function."""
    parts = sections(zkey, b"zkey")
    head, rest = parts[10][:64], parts[10][68:]
    found = []
    while rest:
        size = 3 * 64 + 128 + 64 + 8
        size += struct.unpack_from("<I", rest, size - 4)[0]
        found.append(rest[:size])
        rest = rest[size:]
    changed = change(found)
    parts[10] = head + struct.pack("<I", len(changed)) + b"".join(changed)
    return joined(parts, b"zkey")


def repinned(opened: Bundle, folder: Path, changes: dict[str, bytes], **keys: Any) -> Bundle:
    """A copy of a bundle with other files, whose manifest was made to fit them: what somebody hands out who
    can write a bundle."""
    shutil.copytree(opened.path, folder)
    for name, data in changes.items():
        (folder / name).write_bytes(data)
    old = opened.manifest.keys
    assert old is not None
    pins = {"zkey": bundles.ZKEY, "vk": bundles.VK}
    if old.transcript is not None:
        pins["transcript"] = bundles.CEREMONY
    digests = {field: sha256((folder / name).read_bytes()) for field, name in pins.items()}
    new = dataclasses.replace(old, **{**digests, **keys})
    write_manifest(folder, dataclasses.replace(opened.manifest, keys=new))
    return read_bundle(folder)


def code_of(error: ZkqlError) -> str:
    (diagnostic,) = error.diagnostics
    return diagnostic.code


def changed_json(path: Path, change: Any) -> bytes:
    """A JSON file as a function changes its value in place."""
    value = json.loads(path.read_text())
    change(value)
    return json.dumps(value).encode()


# --- a window to prove ------------------------------------------------------------------------------------


def registry_and_window(opened: Bundle) -> tuple[Registry, ClosedWindow]:
    """One device with one row, which counts."""
    stream = opened.manifest.plan.stream
    seed = signatures.new_seed()
    registry = ordered(stream, {1: signatures.public_key(seed)})
    signed, opening, head = signers.sign_row(stream, {"m": 1, "ts": 0, "ok": 1}, signers.Head(0, 0), seed)
    beat, _ = signers.sign_heartbeat(stream, 1, head, 10_000, seed)
    (window,) = windows(opened.manifest.plan, {1: RowLog((OwnedRow(signed, opening),), beat)})
    assert isinstance(window, ClosedWindow)
    return registry, window


def proven(opened: Bundle) -> Verification:
    """What a consumer says of a processor's proof with the keys of a bundle."""
    registry, window = registry_and_window(opened)
    ((envelope, _),) = Processor(opened, registry).prove([window])
    data = encode(envelope, opened.manifest.plan)
    return Verifier(opened, registry, allow_dev_keys=True).verify_all([("one", data)])
