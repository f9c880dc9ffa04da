"""A small world with real parts: sensors that sign, a processor that proves, a consumer that verifies.

The processor can be asked to prove any window it is handed, so a test can forge evidence and still
come with proofs that hold for what it forged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness import STREAM, query
from zkql.bundle import Bundle, read_bundle
from zkql.compiler import write_bundle
from zkql.crypto import signatures
from zkql.keys import setup_bundle
from zkql.plan.schema import StreamSchema
from zkql.plan.types import Value
from zkql.runtime import signers
from zkql.runtime.consumer import Verification, Verifier
from zkql.runtime.envelope import Envelope, encode
from zkql.runtime.held import OwnedRow
from zkql.runtime.intake import RowLog
from zkql.runtime.processor import Processor
from zkql.runtime.records import Heartbeat
from zkql.runtime.registry import Registry, ordered
from zkql.runtime.windows import ClosedWindow, windows

Reading = tuple[int, int, int]
"""Device, time in milliseconds, load in tenths."""

SIZE = 10_000
READINGS: tuple[Reading, ...] = (
    (1, 0, 505),
    (1, 4_000, -20),
    (2, 9_999, 13),
    (1, 10_000, 700),
    (2, 15_000, 700),
    (2, 29_999, -9999),
)
"""Three windows; device 3 never has a row; rows at both edges of a window; a tie."""


@dataclass
class World:
    """Keys and a compiled query. ``seeds`` are the sensors' and no test's prover may use them but to
    play a sensor that errs."""

    bundle: Bundle
    registry: Registry
    seeds: dict[Value, bytes]
    processor: Processor
    honest: list[Envelope] = field(default_factory=list)
    closed: list[ClosedWindow] = field(default_factory=list)

    @classmethod
    def make(
        cls, folder: Path, select: str, readings: Sequence[Reading] = READINGS, stream: str = STREAM
    ) -> World:
        """Compile, set up, sign and prove."""
        bundle = setup_bundle(_write(select, folder, stream), None)
        scheme = signatures.scheme_of(bundle.manifest.plan.stream)
        seeds: dict[Value, bytes] = {d: scheme.new_seed() for d in (1, 2, 3)}
        registry = ordered(bundle.manifest.plan.stream, {d: scheme.public_key(s) for d, s in seeds.items()})
        world = cls(bundle, registry, seeds, Processor(bundle, registry))
        found = list(windows(bundle.manifest.plan, world.logs(readings)))
        world.closed = [w for w in found if isinstance(w, ClosedWindow)]
        assert len(world.closed) == len(found)
        world.honest = world.prove(world.closed)
        return world

    @property
    def stream(self) -> StreamSchema:
        return self.bundle.manifest.plan.stream

    # --- sensors ---

    def sign(
        self, device: int, sequence: int, time: int, load: int, *, seed: bytes | None = None, **other: Any
    ) -> OwnedRow:
        """A signed row; ``seed`` replaces the device's key."""
        values = {"meter": device, "zone": other.get("zone", 0), "ts": time, "load": load}
        values |= {"temp": other.get("temp", load), "ok": 1}
        head = signers.Head(sequence, time)
        signed, opening, _ = signers.sign_row(self.stream, values, head, seed or self.seeds[device])
        return OwnedRow(signed, opening)

    def heartbeat(self, device: int, sequence: int, time: int, seed: bytes | None = None) -> Heartbeat:
        """A signed heartbeat."""
        head = signers.Head(sequence, time)
        beat, _ = signers.sign_heartbeat(self.stream, device, head, time, seed or self.seeds[device])
        return beat

    def logs(self, readings: Sequence[Reading]) -> dict[Value, RowLog]:
        """What honest sensors send, closed at the end of the last window."""
        rows: dict[Value, list[OwnedRow]] = {device: [] for device in self.seeds}
        for device, time, load in readings:
            zone = 1 if load > 0 else 2
            rows[device].append(self.sign(device, len(rows[device]), time, load, zone=zone))
        end = max(time for _, time, _ in readings) // SIZE * SIZE + SIZE
        return {
            device: RowLog(tuple(own), self.heartbeat(int(device), len(own), end))
            for device, own in rows.items()
        }

    # --- processor and consumer ---

    def prove(self, closed: Sequence[ClosedWindow]) -> list[Envelope]:
        """Envelopes with proofs that hold for exactly these windows, true or not."""
        return [envelope for envelope, _ in self.processor.prove(closed)]

    def verify(self, envelopes: Sequence[Envelope]) -> Verification:
        """What a fresh consumer makes of envelopes."""
        plan = self.bundle.manifest.plan
        return self.verify_bytes([encode(e, plan) for e in envelopes])

    def verify_bytes(self, data: Sequence[bytes]) -> Verification:
        """The same from raw bytes."""
        verifier = Verifier(self.bundle, self.registry, allow_dev_keys=True)
        return verifier.verify_all((f"envelope {i}", item) for i, item in enumerate(data))

    # --- forging ---

    def reprove(self, index: int, **changes: Any) -> list[Envelope]:
        """All windows proven anew, with window ``index`` replaced: its evidence is ``changes``."""
        closed = list(self.closed)
        closed[index] = dataclasses.replace(closed[index], **changes)
        return self.prove(closed)


def _write(select: str, folder: Path, stream: str) -> Bundle:
    write_bundle(query(select, stream=stream), folder / "bundle")
    return read_bundle(folder / "bundle")
