"""The prover. In: bundle and closed windows. Out: one envelope a window.

The plan is evaluated on the plain rows first; what it says goes into the circuit as the claimed
result. If circuit and plan disagree, the run stops before a proof exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from zkql import bundle as bundles
from zkql import files
from zkql.bundle import Bundle
from zkql.circuit.assemble import assemble
from zkql.circuit.draft import Draft
from zkql.circuit.evidence import evidence_of
from zkql.circuit.solve import flatten, solve
from zkql.circuit.statement import named_inputs
from zkql.errors import bug, input_error, rejected
from zkql.keys import check_vk
from zkql.plan import evaluate
from zkql.plan.scalar import EvaluationError
from zkql.plan.types import format_timestamp
from zkql.runtime import history
from zkql.runtime.envelope import Envelope, GroupResult
from zkql.runtime.held import Held, excess_of, plain_rows, secrets_of
from zkql.runtime.registry import Registry
from zkql.runtime.windows import ClosedWindow
from zkql.toolchain import constraints
from zkql.toolchain.constraints import Program, Unsatisfied
from zkql.toolchain.cores import usable_cores
from zkql.toolchain.groth16 import Prover
from zkql.toolchain.verdicts import check_key


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent on one window."""

    witness: float
    prove: float


@dataclass(frozen=True, slots=True)
class _Task:
    """A group to prove: all that :meth:`Processor._prove` needs."""

    given: dict[str, list[int]]
    place: str


class Processor:
    """Proves windows of one query."""

    def __init__(self, bundle: Bundle, registry: Registry) -> None:
        """Loads program and keys, whose digests the manifest pins, and refuses malformed ones: what a proof
        hides, it hides only if the key is sound, and the consumer may have made that."""
        self._bundle = bundle
        self._plan = bundle.manifest.plan
        self._registry = registry
        self._program: Program | None = None
        self._draft: Draft | None = None
        self._regions: list[dict[str, Any]] = []
        if self._plan.circuit is not None:
            keys_ = bundle.keys()
            zkey = bundle.read_part(bundles.ZKEY, keys_.zkey)
            data = bundle.read_part(bundles.PROGRAM, bundle.manifest.program)
            check_key(zkey, data, bundle.path / bundles.ZKEY)
            check_vk(bundle)
            self._prover = Prover(bundle.path / bundles.ZKEY)
            self._verifier = bundle.proof_verifier()
            self._program = constraints.load(data)
            self._draft = assemble(self._plan, self._plan.circuit)
            self._regions = _read_map(bundle.path / bundles.MAP)

    def prove(self, closed: Iterable[ClosedWindow]) -> Iterator[tuple[Envelope, list[Timings]]]:
        """Envelopes in order of their windows; proofs run in parallel, one a core."""
        with ThreadPoolExecutor(usable_cores()) as pool:  # the prover releases the interpreter lock
            previous = history.genesis(self._bundle.manifest.digest, self._registry.digest)
            pending = []
            for window in closed:
                envelope, tasks = self._claim(window, previous)
                previous = history.following(envelope)
                pending.append((envelope, [pool.submit(self._prove, task) for task in tasks]))
            for envelope, futures in pending:
                done = [future.result() for future in futures]
                proofs = iter([proof for proof, _ in done])
                results = tuple(replace(r, proof=next(proofs) if futures else None) for r in envelope.results)
                yield replace(envelope, results=results), [timing for _, timing in done]

    def _claim(self, window: ClosedWindow, previous: bytes) -> tuple[Envelope, list[_Task]]:
        """The envelope without its proofs, and what is to be proven."""
        try:
            return self._claimed(window, previous)
        except EvaluationError as error:
            raise input_error("ZKQL0443", f"window {format_timestamp(window.start)}: {error}") from None

    def _claimed(self, window: ClosedWindow, previous: bytes) -> tuple[Envelope, list[_Task]]:
        plan, stream = self._plan, self._plan.stream
        start, end = window.start, window.start + plan.size
        shown = history.shown(window.devices)
        groups = evaluate.groups(plan, start, window.held, lambda own: own.evidenced(stream).columns)
        results, tasks = [], []
        for key, held in groups.items():
            rows = plain_rows(plan, start, held)
            present, own = evaluate.results(plan, rows)
            result = GroupResult(key, present, own, None)
            for one in own:  # an error now, rather than a result that nobody can read
                evaluate.result_row(plan, start, key, one, present=present)
            results.append(result)
            if plan.circuit is not None:
                bound = history.circumstances(
                    self._bundle.manifest.digest, self._registry.digest, previous, start, end, shown, key
                )
                tasks.append(self._task(bound, start, result, held))
        envelope = Envelope(
            query=self._bundle.manifest.digest,
            registry=self._registry.digest,
            start=start,
            end=end,
            previous=previous,
            devices=window.devices,
            results=tuple(results),
        )
        return envelope, tasks

    def _task(self, bound: bytes, start: int, result: GroupResult, held: Sequence[Held]) -> _Task:
        plan, circuit = self._plan, self._plan.circuit
        assert circuit is not None
        place = f"window {format_timestamp(start)}"
        if result.key:
            place += f", group {', '.join(map(str, result.key))}"
        if (excess := excess_of(plan, circuit, held)) is not None:
            raise input_error("ZKQL0442", f"{place}: {excess.what}", excess.note)
        if len(result.results) > circuit.most:
            raise input_error(
                "ZKQL0448",
                f"{place}: {len(result.results)} groups, and the circuit has room for {circuit.most}",
                "raise 'groups' in the stream's WITH (…) and compile again",
            )
        given = evidence_of(plan, start, [own.evidenced(plan.stream) for own in held])
        public = named_inputs(plan, circuit, bound, given, result.present, result.results)
        return _Task(public | secrets_of(plan, circuit, held), place)

    def _prove(self, task: _Task) -> tuple[bytes, Timings]:
        assert self._program is not None
        assert self._draft is not None
        started = perf_counter()
        try:
            values = solve(self._draft.gadgets, task.given)
            inputs = flatten(self._draft.parameters, values)
            witness = constraints.evaluate(self._program, inputs)
        except Unsatisfied as failure:
            clause = next(
                (r["clause"] for r in self._regions if r["first"] <= failure.line <= r["last"]),
                "an unknown clause",
            )
            raise bug(
                "ZKQL0802",
                f"{task.place}: circuit and plan disagree about {clause}",
                f"line {failure.line} of {bundles.SOURCE}",
            ) from None
        evaluated = perf_counter()
        proof = self._prover.prove(witness)
        public = [int(value) for value in witness[1 : self._program.system.public + 1]]
        if not all(self._verifier.verify([(proof, public)])):  # it could tell something else
            raise rejected(
                "ZKQL0510",
                f"{task.place}: the verification key does not accept a proof that the proving key gives",
                "the keys are not for this circuit; ask for another bundle",
            )
        return proof, Timings(evaluated - started, perf_counter() - evaluated)


def _read_map(path: Path) -> list[dict[str, Any]]:
    """Which lines stand for which clause; only messages depend on it."""
    regions = files.parse_json(files.read_bytes(path), str(path))
    keys = {"first", "last", "clause"}
    if not isinstance(regions, list) or not all(isinstance(r, dict) and set(r) == keys for r in regions):
        raise input_error("ZKQL0411", f"{path} is not what zkql compile wrote")
    return regions
