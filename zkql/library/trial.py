"""All parties at once, in a temporary folder: sign, compile, set up, prove, verify. In: a compiled query and
plain rows. Out: the rows that a consumer verified, and how.

Every key is fresh or for development only, and all are in one hand: this shows that proofs work, and what
they cost; it protects nobody.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from zkql.bundle import read_bundle
from zkql.compiler import write_bundle
from zkql.errors import bug, input_error
from zkql.keys import setup_bundle
from zkql.library.result import Verification
from zkql.library.values import EPOCH
from zkql.runtime import sensor
from zkql.runtime.consumer import ResultRow, Verifier
from zkql.runtime.envelope import decode, encode
from zkql.runtime.intake import read_signed
from zkql.runtime.positions import Rejection
from zkql.runtime.processor import Processor
from zkql.runtime.windows import ClosedWindow, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zkql.bundle import Bundle
    from zkql.compiler import Compiled
    from zkql.plan.expressions import Row
    from zkql.runtime.registry import Registry

T = TypeVar("T")


@dataclass(slots=True)
class _Clock:
    """Seconds by step."""

    timings: dict[str, float] = field(default_factory=dict)

    def run(self, step: str, work: Callable[[], T]) -> T:
        started = perf_counter()
        result = work()
        self.timings[step] = perf_counter() - started
        return result


def prove_and_verify(compiled: Compiled, rows: Sequence[Row]) -> tuple[list[ResultRow], Verification]:
    """The verified rows of the result. A window without rows that count is proven as well, and has no row
    here, as in SQL."""
    stream = compiled.plan.stream
    if not rows:
        raise input_error("ZKQL0457", f"there are no rows of stream {stream.name!r} to sign and prove")
    plain = [sensor.PlainRow(f"row {n} of {stream.name!r}", row) for n, row in enumerate(rows, 1)]
    clock = _Clock()
    with tempfile.TemporaryDirectory(prefix="zkql-") as name:
        folder = Path(name)
        clock.run("compile", lambda: write_bundle(compiled, folder / "bundle"))
        bundle = clock.run("setup", lambda: setup_bundle(read_bundle(folder / "bundle"), None))
        registry = clock.run("sign", lambda: _sign(bundle, plain, folder))
        envelopes, signed = clock.run("prove", lambda: _prove(bundle, registry, folder))
        return _verify(bundle, registry, envelopes, signed, clock)


def _sign(bundle: Bundle, plain: list[sensor.PlainRow], folder: Path) -> Registry:
    """With a fresh key for each device; closed by a heartbeat of each at the end of the last window."""
    plan = bundle.manifest.plan
    devices = {plan.stream.device_of(row.values) for row in plain}
    registry = sensor.generate_keys(plan.stream, devices, folder / "keys")
    span = sensor.span_of(plain, plan.stream, plan.size, plan.offset)
    sensor.sign_file(plan.stream, folder / "keys", plain, folder / "signed.jsonl", span)
    return registry


def _prove(bundle: Bundle, registry: Registry, folder: Path) -> tuple[list[bytes], int]:
    """Envelopes, and how many rows they are about."""
    plan = bundle.manifest.plan
    _, logs = read_signed(folder / "signed.jsonl", plan.stream, registry)
    closed = [w for w in windows(plan, logs) if isinstance(w, ClosedWindow)]
    proven = [encode(envelope, plan) for envelope, _ in Processor(bundle, registry).prove(closed)]
    return proven, sum(window.rows(plan) for window in closed)


def _verify(
    bundle: Bundle, registry: Registry, envelopes: list[bytes], signed: int, clock: _Clock
) -> tuple[list[ResultRow], Verification]:
    """From the bytes of the envelopes and the public keys, as a consumer would."""
    plan = bundle.manifest.plan
    verifier = Verifier(bundle, registry, allow_dev_keys=True)
    results: list[ResultRow] = []
    empty = proofs = proof_bytes = end = 0
    started = perf_counter()
    for data in envelopes:
        envelope = decode(data, plan)
        try:
            found = verifier.verify(envelope)
        except Rejection as reason:
            raise bug("ZKQL0803", f"an honest envelope was rejected: {reason}") from None
        end = envelope.end
        counted = any(result.present for result in envelope.results)
        results += found if counted else []
        empty += not counted
        own = [result.proof for result in envelope.results if result.proof is not None]
        proofs += len(own)
        proof_bytes = max(proof_bytes, *map(len, own), 0)
    clock.timings["verify"] = perf_counter() - started
    circuit = plan.circuit
    return results, Verification(
        windows=len(envelopes),
        empty_windows=empty,
        signed_rows=signed,
        devices=len(registry.keys),
        proofs=proofs,
        proof_bytes=proof_bytes,
        constraints=bundle.manifest.constraints,
        capacity=circuit.capacity if circuit else 0,
        until=EPOCH + timedelta(milliseconds=end),
        timings=clock.timings,
        envelopes=tuple(json.loads(data) for data in envelopes),
    )
