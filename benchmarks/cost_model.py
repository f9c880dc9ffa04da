"""Measure what ``zkql explain --cost`` estimates: ``python -m benchmarks.cost_model`` in the checkout.

Proves circuits of several shapes and sizes on one core, each in a process of its own, and fits time, memory
and key size to their constraints of the hash, their other constraints and the points of their domain. Prints
the coefficients that :mod:`zkql.explain.cost` has, and how far the fit is off.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import Any

from tests.harness import (
    FILTERED,
    HIGHEST,
    PLAIN,
    SOLO_STREAM,
    STREAM,
    SUMMED,
    Secrets,
    Subject,
    random_rows,
)
from zkql import bundle
from zkql.circuit.gadgets.rows import Opening, poseidon_constraints
from zkql.explain.cost import cost_of
from zkql.toolchain import constraints
from zkql.toolchain.groth16 import Prover
from zkql.toolchain.zokrates import dev_keys

ADDED = "".join(f"  d{i} DECIMAL(38, 0),\n" for i in range(8))
WIDE_STREAM = STREAM.replace("  ok    BOOLEAN,\n", "  ok    BOOLEAN,\n" + ADDED)
SHAPES = {
    "summed": (SUMMED, STREAM, (2, 8, 20, 28, 29, 40, 55, 58, 80, 110, 116, 200, 400)),
    "plain": (PLAIN, STREAM, (10, 30, 45, 80)),
    "filtered": (FILTERED, STREAM, (10, 30, 60, 100)),
    "highest": (HIGHEST, SOLO_STREAM, (20, 60, 100)),
    "wide": (SUMMED, WIDE_STREAM, (10, 40)),
}
REPEATS = 4


def main() -> None:
    """Measure every circuit and print the fits."""
    found: list[dict[str, Any]] = []
    for shape, (_, _, capacities) in SHAPES.items():
        for capacity in capacities:
            command = [sys.executable, "-m", "benchmarks.cost_model", shape, str(capacity)]
            subprocess.run(command, check=True, capture_output=True)  # makes the keys, which takes memory
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(done.stdout.strip(), flush=True)
            found.append(json.loads(done.stdout))
    for name, terms in (
        ("witness_seconds", ("hashed", "other")),
        ("prove_seconds", ("one", "hashed", "other", "domain")),
        ("memory_bytes", ("one", "hashed", "other", "domain")),
        ("key_bytes", ("hashed", "other", "domain")),
    ):
        rows = [[float(own[term]) for term in terms] for own in found]
        fitted = fit(rows, [own[name] for own in found])
        off = [
            abs(sum(c * x for c, x in zip(fitted, row, strict=True)) / own[name] - 1)
            for row, own in zip(rows, found, strict=True)
        ]
        shown = {term: float(f"{value:.4g}") for term, value in zip(terms, fitted, strict=True)}
        print(
            json.dumps(
                {name: shown, "mean error": round(sum(off) / len(off), 3), "worst": round(max(off), 3)}
            )
        )


def measure(shape: str, capacity: int) -> dict[str, Any]:
    """Prove one full window of random rows; the best of a few runs."""
    select, stream, _ = SHAPES[shape]
    subject = Subject.compile(select, capacity, stream)
    circuit, costs = subject.compiled.circuit, cost_of(subject.compiled)
    assert circuit is not None
    assert costs is not None
    opening = next(g for g in circuit.gadgets if isinstance(g, Opening))
    hashed = capacity * poseidon_constraints(len(opening.elements) + 1)
    zkey = dev_keys(constraints.dump(subject.program)) / bundle.ZKEY
    extra = {f"d{i}": 10**37 + i for i in range(8)}
    rows = [{**extra, **row} for row in random_rows(capacity, 1)]
    inputs = list(_flat(subject.honest(Secrets.of(rows)).values()))
    prover = Prover(zkey)
    witness_seconds, prove_seconds = [], []
    for _ in range(REPEATS):
        started = process_time()
        witness = constraints.evaluate(subject.program, inputs)
        witness_seconds.append(process_time() - started)
        started = process_time()
        prover.prove(witness)
        prove_seconds.append(process_time() - started)
    return {
        "shape": shape,
        "capacity": capacity,
        "one": 1,
        "hashed": hashed,
        "other": circuit.constraints - hashed,
        "domain": costs.estimate.domain,
        "witness_seconds": min(witness_seconds),
        "prove_seconds": min(prove_seconds),
        "memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "key_bytes": Path(zkey).stat().st_size,
    }


def _flat(values: Any) -> Any:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value


def fit(rows: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    """Least squares of relative errors, by the normal equations."""
    weighted = [[x / y for x in row] for row, y in zip(rows, values, strict=True)]
    size = len(rows[0])
    system = [
        [*(sum(r[i] * r[j] for r in weighted) for j in range(size)), sum(r[i] for r in weighted)]
        for i in range(size)
    ]
    for i in range(size):  # Gauss-Jordan
        pivot = max(range(i, size), key=lambda k: abs(system[k][i]))
        system[i], system[pivot] = system[pivot], system[i]
        system[i] = [x / system[i][i] for x in system[i]]
        for k in range(size):
            if k != i:
                system[k] = [x - system[k][i] * y for x, y in zip(system[k], system[i], strict=True)]
    return [row[-1] for row in system]


if __name__ == "__main__":
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
