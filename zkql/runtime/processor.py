"""The prover. In: bundle and signed rows with their openings. Out: one envelope per closed window.

Before a proof leaves, everything is checked that the consumer will check: signatures, commitments,
sequence numbers; and the plan, evaluated on the plain rows, must agree with the circuit.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from zkql import bundle as bundles
from zkql import files
from zkql.circuit.assemble import build_gadgets
from zkql.circuit.gadgets.base import Advice, Assignment, Gadget
from zkql.circuit.statement import EvidencedRow, public_inputs
from zkql.crypto.commitment import commit
from zkql.errors import bug, input_error, rejected
from zkql.plan import evaluate
from zkql.plan.types import format_timestamp, parse_value
from zkql.runtime import chain
from zkql.runtime.envelope import DeviceEvidence, Envelope, GroupResult
from zkql.runtime.records import (
    Heartbeat,
    Opening,
    Record,
    RecordError,
    SignedRow,
    heartbeat_from_json,
    is_signed,
    keys,
    opening_from_json,
    row_from_json,
)
from zkql.runtime.registry import registry_from_json
from zkql.toolchain import constraints
from zkql.toolchain.constraints import Program, Unsatisfied
from zkql.toolchain.groth16 import Prover

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zkql.bundle import Bundle
    from zkql.plan.schema import StreamSchema
    from zkql.plan.stages import StagedPlan
    from zkql.plan.types import Value
    from zkql.runtime.registry import Registry


@dataclass(frozen=True, slots=True)
class OwnedRow:
    """A signed row and its opening, as the processor holds it."""

    row: SignedRow
    opening: Opening

    def columns(self, stream: StreamSchema) -> dict[str, Value]:
        """All columns, private ones too."""
        private = zip(stream.private_columns, self.opening.private, strict=True)
        return {**self.row.columns(stream), **{c.name: v for c, v in private}}


@dataclass(frozen=True, slots=True)
class DeviceLog:
    """All of one device: rows in order of sequence, and its latest heartbeat."""

    rows: tuple[OwnedRow, ...]
    heartbeat: Heartbeat | None


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent on one window."""

    witness: float
    prove: float


# --- reading what the sensors sent ------------------------------------------------------------------


def read_signed(
    path: Path, stream: StreamSchema, registry: Registry | None = None
) -> tuple[Registry, dict[Value, DeviceLog]]:
    """A signed file by device, and the registry that it was checked against: the one given, else
    the one that the sensors wrote into the file.

    Checks form, signatures, commitments, sequence numbers and times; each fault names file and line.
    """
    rows: dict[Value, dict[int, tuple[str, OwnedRow]]] = {}
    heartbeats: dict[Value, Heartbeat] = {}
    stated: Registry | None = None
    for place, data in files.read_jsonl(path):
        if set(data) == {"registry"}:
            found = registry_from_json(data["registry"], stream, place)
            if stated is not None and found != stated:
                raise input_error("ZKQL0443", f"{place}: the file names two registries")
            stated = found
            registry = registry or found
            continue
        if registry is None:
            raise input_error(
                "ZKQL0444",
                f"{place}: no registry comes before this line",
                "sign the file with: zkql sensor sign; or name one: --registry FILE",
            )
        try:
            record, opening = _parse_line(data, stream)
        except RecordError as error:
            raise input_error("ZKQL0440", f"{place}: {error}") from None
        _check_signature(place, record, stream, registry)
        own = rows.setdefault(record.device, {})
        if isinstance(record, Heartbeat):
            known = heartbeats.get(record.device)
            if known is None or (known.sequence, known.time) < (record.sequence, record.time):
                heartbeats[record.device] = record
            continue
        assert opening is not None
        if record.sequence in own:
            raise rejected(
                "ZKQL0502",
                f"{place}: device {record.device!r} has row {record.sequence} twice",
                f"the other one is at {own[record.sequence][0]}",
            )
        if commit(stream, opening.offsets(stream), opening.salt) != record.commitment:
            raise rejected("ZKQL0503", f"{place}: the private columns do not open the commitment")
        own[record.sequence] = (place, OwnedRow(record, opening))
    if registry is None:
        raise input_error("ZKQL0445", f"{path} has no signed rows")
    logs = {d: _log(d, rows.get(d, {}), heartbeats.get(d)) for d in registry.keys}
    return registry, logs


def _parse_line(data: dict[str, Any], stream: StreamSchema) -> tuple[Record, Opening | None]:
    kind = stream.column(stream.device).type
    if set(data) not in ({"row"}, {"heartbeat"}):
        raise RecordError("a line holds one 'row' or one 'heartbeat'; sign the file with: zkql sensor sign")
    (body,) = data.values()
    if not isinstance(body, dict) or "device" not in body:
        raise RecordError("'device' is missing")
    try:
        device = parse_value(body["device"], kind)
    except ValueError as error:
        raise RecordError(f"device: {error}") from None
    rest = {k: v for k, v in body.items() if k != "device"}
    if "heartbeat" in data:
        return heartbeat_from_json(rest, device), None
    keys(rest, "sequence", "time", "public", "commitment", "signature", "private", "salt")
    opening = opening_from_json(rest, stream)
    public = {k: v for k, v in rest.items() if k not in ("private", "salt")}
    return row_from_json(public, stream, device), opening


def _check_signature(
    place: str, record: Record, stream: StreamSchema, registry: Registry
) -> None:
    key = registry.keys.get(record.device)
    if key is None:
        raise rejected("ZKQL0504", f"{place}: device {record.device!r} is not registered")
    if not is_signed(record, stream, key):
        raise rejected(
            "ZKQL0505", f"{place}: the signature is not that of device {record.device!r}"
        )


def _log(
    device: Value, own: Mapping[int, tuple[str, OwnedRow]], heartbeat: Heartbeat | None
) -> DeviceLog:
    rows = []
    for expected, number in enumerate(sorted(own)):
        place, owned = own[number]
        if number != expected:
            raise rejected(
                "ZKQL0506", f"{place}: device {device!r} has row {number}, row {expected} is missing"
            )
        if rows and owned.row.time < rows[-1].row.time:
            raise rejected("ZKQL0507", f"{place}: device {device!r} goes back in time")
        rows.append(owned)
    return DeviceLog(tuple(rows), heartbeat)


# --- windows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window that cannot be proven yet, and which devices it waits for."""

    start: int
    waiting: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """A window that can: its evidence and the rows behind it."""

    start: int
    devices: tuple[DeviceEvidence, ...]
    rows: tuple[OwnedRow, ...]


def windows(plan: StagedPlan, logs: Mapping[Value, DeviceLog]) -> Iterator[ClosedWindow | OpenWindow]:
    """Every window from the first row's on, in order; an open one ends the sequence."""
    times = [row.row.time for log in logs.values() for row in log.rows]
    beats = [log.heartbeat.time for log in logs.values() if log.heartbeat]
    if not times and not beats:
        return
    start = plan.window_start(min(times or beats))
    last = max([*times, *(beat - 1 for beat in beats)])
    position = dict.fromkeys(logs, 0)
    while start <= last:
        end = start + plan.size
        evidence, rows, waiting = [], [], []
        for device, log in logs.items():
            first = position[device]
            stop = first
            while stop < len(log.rows) and log.rows[stop].row.time < end:
                stop += 1
            closing = _closing(log, stop, end)
            if closing is None:
                waiting.append(device)
                continue
            own = log.rows[first:stop]
            evidence.append(DeviceEvidence(device, tuple(o.row for o in own), closing))
            rows += own
            position[device] = stop
        if waiting:
            yield OpenWindow(start, tuple(waiting))
            return
        yield ClosedWindow(start, tuple(evidence), tuple(rows))
        start = end


def _closing(log: DeviceLog, stop: int, end: int) -> Record | None:
    """What shows that the device's rows before ``end`` stop at ``stop``."""
    if stop < len(log.rows):
        return log.rows[stop].row
    beat = log.heartbeat
    if beat is not None and beat.sequence == stop and beat.time >= end:
        return beat
    return None


# --- proving ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Task:
    """A group to prove: all that :meth:`Processor._prove` needs."""

    public: list[int]
    private: list[int]
    place: str


class Processor:
    """Proves windows of one query."""

    def __init__(self, bundle: Bundle, registry: Registry) -> None:
        """Loads program and proving key, whose digests the manifest pins."""
        self._bundle = bundle
        self._plan = bundle.manifest.plan
        self._registry = registry
        self._program: Program | None = None
        self._gadgets: tuple[Gadget, ...] = ()
        self._regions: list[dict[str, Any]] = []
        if self._plan.circuit is not None:
            keys_ = bundle.keys()
            bundle.read_part(bundles.ZKEY, keys_.zkey)
            self._prover = Prover(bundle.path / bundles.ZKEY)
            data = bundle.read_part(bundles.PROGRAM, bundle.manifest.program)
            self._program = constraints.load(data)
            self._gadgets = build_gadgets(self._plan, self._plan.circuit)
            self._regions = json.loads(files.read_text(bundle.path / bundles.MAP))

    def prove(self, closed: Iterable[ClosedWindow]) -> Iterator[tuple[Envelope, list[Timings]]]:
        """Envelopes in order of their windows; proofs run in parallel, one a core."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the prover releases the interpreter lock
            previous = chain.genesis(self._bundle.manifest.digest, self._registry.digest)
            pending = []
            for window in closed:
                envelope, tasks = self._claim(window, previous)
                previous = chain.following(envelope)
                pending.append((envelope, [pool.submit(self._prove, task) for task in tasks]))
            for envelope, futures in pending:
                done = [future.result() for future in futures]
                proofs = iter([proof for proof, _ in done])
                results = tuple(
                    replace(r, proof=next(proofs) if futures else None) for r in envelope.results
                )
                yield replace(envelope, results=results), [timing for _, timing in done]

    def _claim(self, window: ClosedWindow, previous: bytes) -> tuple[Envelope, list[_Task]]:
        """The envelope without its proofs, and what is to be proven."""
        plan, stream = self._plan, self._plan.stream
        start, end = window.start, window.start + plan.size
        groups = evaluate.groups(plan, window.rows, lambda owned: owned.row.columns(stream))
        results, tasks = [], []
        for key, rows in groups.items():
            columns = [owned.columns(stream) for owned in rows]
            predicate = plan.circuit.predicate if plan.circuit else None
            chosen = evaluate.selected(predicate, columns)
            kept = [c for c, keep in zip(columns, chosen, strict=True) if keep]
            values = tuple(evaluate.aggregate(call, kept) for call in plan.calls)
            for call, value in zip(plan.calls, values, strict=True):
                if value is not None and not call.type.contains(value):
                    raise input_error(
                        "ZKQL0441",
                        f"window {format_timestamp(start)}: {call} leaves its type {call.type}",
                    )
            result = GroupResult(key, bool(kept), values, None)
            results.append(result)
            if plan.circuit is not None:
                bound = chain.context(
                    self._bundle.manifest.digest, self._registry.digest, previous, start, end, key
                )
                tasks.append(self._task(bound, start, result, rows, chosen))
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

    def _task(
        self,
        bound: int,
        start: int,
        result: GroupResult,
        rows: Sequence[OwnedRow],
        chosen: Sequence[bool],
    ) -> _Task:
        plan, circuit = self._plan, self._plan.circuit
        assert circuit is not None
        place = f"window {format_timestamp(start)}"
        if result.key:
            place += f", group {', '.join(map(str, result.key))}"
        if len(rows) > circuit.capacity:
            raise input_error(
                "ZKQL0442",
                f"{place}: {len(rows)} rows, and the capacity is {circuit.capacity}",
                "raise 'capacity' in the stream's WITH (…) and compile again, or shorten the window",
            )
        evidenced = [EvidencedRow(o.row.columns(plan.stream), o.row.commitment) for o in rows]
        results = {i: result.values[i] for i in circuit.calls}
        public = public_inputs(plan, circuit, bound, evidenced, result.present, results)
        offsets = [o.opening.offsets(plan.stream) for o in rows]
        assignment = Assignment(
            capacity=circuit.capacity,
            count=len(rows),
            context=bound,
            offsets={
                c.name: [row[c.name] for row in offsets] for c in plan.stream.private_columns
            },
            salts=[o.opening.salt for o in rows],
            shown=[
                [evaluate.shown_value(s, row.columns) for row in evidenced] for s in circuit.shown
            ],
            selected=chosen,
            results=results,
        )
        return _Task(public, private_inputs(self._gadgets, assignment), place)

    def _prove(self, task: _Task) -> tuple[bytes, Timings]:
        assert self._program is not None
        started = perf_counter()
        try:
            witness = constraints.evaluate(self._program, [*task.public, *task.private])
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
        return proof, Timings(evaluated - started, perf_counter() - evaluated)


def private_inputs(gadgets: Sequence[Gadget], assignment: Assignment) -> list[int]:
    """Every private input in the circuit's order, from each gadget's own advice."""
    values: list[int] = []
    for gadget in gadgets:
        advice = gadget.advice(assignment)
        for parameter in gadget.advice_parameters:
            flat = list(_flatten(advice[parameter.name]))
            assert len(flat) == parameter.size, parameter
            values += flat
    return values


def _flatten(advice: Advice) -> Iterator[int]:
    if isinstance(advice, int):
        yield advice
        return
    for item in advice:
        yield from _flatten(item)
