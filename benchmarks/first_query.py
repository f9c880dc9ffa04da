"""Measure the first query on one core: ``make bench``. Prints the rows of the README's table.

Compiles and sets up with an empty cache, proves one full 100-row window several times on one
thread, and reports medians, file sizes and the peak memory of this process.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from zkql.bundle import PROGRAM, VK, ZKEY, Bundle, read_bundle
from zkql.cli.data import generate
from zkql.compiler import compile_query, read_source, write_bundle
from zkql.keys import setup_bundle
from zkql.runtime import sensor
from zkql.runtime.consumer import Verifier
from zkql.runtime.envelope import encode
from zkql.runtime.intake import read_signed
from zkql.runtime.processor import Processor
from zkql.runtime.registry import read_registry
from zkql.runtime.windows import ClosedWindow, windows

QUERY = Path(__file__).parent.parent / "queries/nexmark/highest_bid.zkql"
WINDOWS = 5


def main() -> None:
    """Run everything once and print JSON."""
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})  # one core for all of it
    with tempfile.TemporaryDirectory(prefix="zkql-bench-") as name:
        folder = Path(name)
        os.environ["ZKQL_CACHE"] = str(folder / "cache")
        print(json.dumps(measure(folder), indent=1))


def measure(folder: Path) -> dict[str, Any]:
    """Seconds, bytes and counts of the first query."""
    seconds: dict[str, float] = {}

    def timed(label: str, started: float) -> None:
        seconds[label] = round(perf_counter() - started, 4)

    started = perf_counter()
    compiled = compile_query(read_source(QUERY))
    timed("plan", started)
    started = perf_counter()
    write_bundle(compiled, folder / "bundle")
    timed("compile, with npm packages", started)
    # Read now: a child's peak starts at what its parent held when it was started.
    node_memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    compile_again(folder, seconds)
    started = perf_counter()
    bundle = setup_bundle(read_bundle(folder / "bundle"), None)
    timed("setup --dev", started)

    plan = bundle.manifest.plan
    # 109 events in ten seconds hold 100 bids: full windows.
    generate(folder, 545, 7, 11)
    rows = list(sensor.read_rows(folder / "bid.jsonl", plan.stream))
    by_window: dict[int, int] = {}
    kept = []
    for row in rows:
        start = plan.window_start(int(row.values[plan.stream.time]))
        by_window[start] = by_window.get(start, 0) + 1
        if by_window[start] <= 100:
            kept.append(row)
    found = proven(bundle, kept, folder)
    return {
        "machine": f"{platform.machine()}, one core, Python {platform.python_version()}",
        **found,
        **{f"{label}, s": value for label, value in seconds.items()},
        "peak memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "peak memory of Node, MB": round(node_memory / 1024),
    }


def proven(bundle: Bundle, rows: list[sensor.PlainRow], folder: Path) -> dict[str, Any]:
    """Sign rows of full windows with fresh keys, prove the first windows and verify them: medians."""
    plan = bundle.manifest.plan
    devices = {plan.stream.device_of(r.values) for r in rows}
    sensor.generate_keys(plan.stream, devices, folder / "keys")
    span = sensor.span_of(rows, plan.stream, plan.size, plan.offset)
    sensor.sign_file(plan.stream, folder / "keys", rows, folder / "signed.jsonl", span)
    registry = read_registry(folder / "keys" / sensor.REGISTRY, plan.stream)
    registry, logs = read_signed(folder / "signed.jsonl", plan.stream, registry)
    closed = [w for w in windows(plan, logs) if isinstance(w, ClosedWindow)][:WINDOWS]
    envelopes = list(Processor(bundle, registry).prove(closed))
    encoded = [encode(envelope, plan) for envelope, _ in envelopes]
    verifier = Verifier(bundle, registry, allow_dev_keys=True)
    singly, alone, proofs = [], [], bundle.proof_verifier()
    for envelope, _ in envelopes:
        claims = verifier.claims(envelope)
        started = perf_counter()
        verifier.verify(envelope)
        singly.append(perf_counter() - started)
        for claim in claims:
            started = perf_counter()
            assert all(proofs.verify([claim]))
            alone.append(perf_counter() - started)
    again = Verifier(bundle, registry, allow_dev_keys=True)
    started = perf_counter()
    outcome = again.verify_all((str(i), data) for i, data in enumerate(encoded))
    together = (perf_counter() - started) / len(encoded)
    assert outcome.verified, outcome.rejected
    timings = [t for _, each in envelopes for t in each]
    circuit, constraints = plan.circuit, bundle.manifest.constraints
    assert circuit is not None
    held = [w.rows(plan) for w in closed]
    return {
        "rows a window": held,
        "constraints": constraints,
        "constraints a row": round(constraints / (held[0] / len(envelopes[0][1])), 1),
        "witness, s": round(statistics.median(t.witness for t in timings), 3),
        "prove, s": round(statistics.median(t.prove for t in timings), 3),
        "verify a proof alone, s": round(statistics.median(alone), 4),
        "verify a window with its signatures, s": round(statistics.median(singly), 4),
        f"the same among {len(encoded)}, s": round(together, 4),
        "proof, bytes": 256,
        "envelope, bytes": round(statistics.mean(map(len, encoded[1:]))),
        "proving key, bytes": (bundle.path / ZKEY).stat().st_size,
        "verification key, bytes": (bundle.path / VK).stat().st_size,
        "program, bytes": (bundle.path / PROGRAM).stat().st_size,
    }


def compile_again(folder: Path, seconds: dict[str, float]) -> None:
    """Compile with packages at hand but the circuit not yet known; then from the cache. Each in a process of
    its own: one that has compiled remembers functions."""
    import shutil

    shutil.rmtree(folder / "cache" / "circuits")
    for label in ("compile", "compile, cached"):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            seconds[label] = alone.submit(_compile, folder / "bundle").result()


def _compile(bundle: Path) -> float:
    """Seconds, planning included."""
    started = perf_counter()
    write_bundle(compile_query(read_source(QUERY)), bundle)
    return round(perf_counter() - started, 4)


if __name__ == "__main__":
    main()
