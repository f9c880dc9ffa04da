"""Time the compiler on the circuit of every function: ``python benchmarks/compile_functions.py``.

The example of each function that has a circuit, over 100 rows of the columns that it reads; aggregates also
by a private key. Prints seconds of planning, of ZoKrates, and of both. Each is compiled by a new process, and
none is in the cache. The aim is 10 s each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from time import perf_counter, time_ns

from zkql.circuit.assemble import assemble
from zkql.circuit.build import write_circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.gadgets.rows import Opening
from zkql.plan.stages import CircuitPlan, StagedPlan
from zkql.plan.types import Kind
from zkql.reference import examples
from zkql.reference.functions import ITEMS, Area, Proof, proof_of, with_circuit

ROWS = 100
AIM = 10.0


def main() -> None:
    """Print one line a circuit; the arguments are examples to leave the others out."""
    late = []
    print(f"{'constraints':>12}{'plan':>8}{'ZoKrates':>10}{'all':>8}  s", flush=True)
    for name, plan in cases():
        if len(sys.argv) > 1 and not any(argument in name for argument in sys.argv[1:]):
            continue
        with ProcessPoolExecutor(1) as alone:
            total, planning, compiling, constraints = alone.submit(measure, plan).result()
        print(f"{constraints:>12,}{planning:>8.2f}{compiling:>10.2f}{total:>8.2f}  {name}", flush=True)
        late += [name] if total > AIM else []
    print(f"{len(late)} take more than {AIM:.0f} s", *late, sep="\n  ")


def cases() -> Iterator[tuple[str, StagedPlan]]:
    """Every function that has a circuit."""
    for item in ITEMS:
        if proof_of(item) is not Proof.PRIVATE:
            continue
        example = item.example
        if item.area is Area.AGGREGATES:
            for grouped in (False, True):
                plan = examples.aggregated([example], ROWS, where=False, grouped=grouped)
                yield f"{example}{' by a private key' if grouped else ''}", plan
        elif item.area is Area.ANALYTIC:
            yield example, examples.listed(example, ROWS, where=False)
        else:
            boolean = with_circuit()[example].type.kind is Kind.BOOLEAN
            call = f"EVERY({example})" if boolean else f"MIN({example})"
            yield call, examples.aggregated([call], ROWS, where=False, grouped=False)


def measure(plan: StagedPlan) -> tuple[float, float, float, int]:
    """Seconds in all, of planning, of ZoKrates; and constraints. Nothing where nothing is private."""
    if plan.circuit is None:
        return 0.0, 0.0, 0.0, 0
    plan = narrowed(plan, plan.circuit)
    assert plan.circuit is not None
    started = perf_counter()
    circuit = write_circuit(assemble(plan, plan.circuit), (f"Measured at {time_ns()}.",))
    planned = perf_counter()
    compile_circuit(circuit)
    ended = perf_counter()
    return ended - started, planned - started, ended - planned, circuit.constraints


def narrowed(plan: StagedPlan, circuit: CircuitPlan) -> StagedPlan:
    """The same over a stream that has no private columns but those that the example reads, one at least."""
    (opening,) = (g for g in assemble(plan, circuit).gadgets if isinstance(g, Opening))
    first, *_ = plan.stream.private_columns
    read = opening.used or (first.name,)
    kept = tuple(c for c in plan.stream.columns if not c.private or c.name in read)
    return replace(plan, stream=replace(plan.stream, columns=kept))


if __name__ == "__main__":
    main()
