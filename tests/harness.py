"""What tests share: small queries, circuits judged at the R1CS, and a prover that may lie.

Every wire of a zkql circuit is an input or is defined by one constraint from earlier wires, so all
that a dishonest prover can choose is the private inputs. :class:`Subject` takes any inputs and says
whether the compiled constraints accept them.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from zkql.circuit.gadgets.base import Assignment
from zkql.circuit.statement import EvidencedRow, public_inputs
from zkql.compiler import Compiled, compile_circuit, compile_query
from zkql.crypto.commitment import commit, new_salt
from zkql.crypto.field import P
from zkql.errors import Source
from zkql.plan import evaluate
from zkql.plan.types import Shown, Value, as_int
from zkql.runtime.processor import private_inputs
from zkql.toolchain.constraints import Program, Unsatisfied
from zkql.toolchain.constraints import evaluate as evaluate_witness

STREAM = """
CREATE STREAM reading (
  meter BIGINT,
  zone  INT PUBLIC,
  ts    TIMESTAMP(3),
  load  DECIMAL(4, 1),
  temp  INT,
  ok    BOOLEAN,
  WATERMARK FOR ts AS ts
) SIGNED BY meter WITH ('capacity' = '{capacity}');
"""
SOLO_STREAM = STREAM.replace("temp  INT", "temp  INT PUBLIC").replace("ok    BOOLEAN", "ok BOOLEAN PUBLIC")
"""The same with one private column, which then has the commitment's field element to itself."""
WINDOW = "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
PLAIN = f"""
SELECT window_start, window_end, MAX(load) AS most, MIN(load) AS least, AVG(load) AS mean,
       SUM(load) AS total, COUNT(*) AS n, AVG(temp) AS warmth
{WINDOW} GROUP BY window_start, window_end
"""
FILTERED = f"""
SELECT window_start, MAX(load) AS most, MIN(temp) AS least, SUM(load) AS total, AVG(load) AS mean,
       COUNT(*) AS n, MAX(zone) AS zone
{WINDOW}
WHERE zone >= 0 AND load > -50.5 AND (temp BETWEEN -3 AND 30 OR ok) AND temp <> 7 AND load <= zone
GROUP BY window_start, window_end
"""
SUMMED = f"SELECT window_start, SUM(load) AS total {WINDOW} GROUP BY window_start, window_end"
HIGHEST = f"""
SELECT window_start, MAX(load) AS most, MIN(load) AS least, AVG(load) AS mean, SUM(load) AS total
{WINDOW} GROUP BY window_start, window_end
"""
LOWEST = f"""
SELECT window_start, MIN(load) AS least, SUM(load) AS total
{WINDOW} WHERE zone > -5 GROUP BY window_start, window_end
"""
GROUPED = f"""
SELECT window_start, zone, SUM(load) AS total, COUNT(*) AS n
{WINDOW} WHERE temp > 0 GROUP BY window_start, window_end, zone
"""

Inputs = dict[str, Any]


def query(select: str, capacity: int = 4, stream: str = STREAM) -> Compiled:
    """A compiled query over :data:`STREAM`."""
    return compile_query(Source("test.zkql", stream.format(capacity=capacity) + select + ";"))


def row(load: int = 0, temp: int = 0, ok: int = 0, zone: int = 0) -> dict[str, Value]:
    """A plain row; ``load`` is unscaled (tenths)."""
    return {"meter": 1, "zone": zone, "ts": 0, "load": load, "temp": temp, "ok": ok}


def evaluated(compiled: Compiled, rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Shown | None]]:
    """The result of a staged plan over all windows, as processor and verifier evaluate it; as in SQL, there
    is no row for a group without rows."""
    plan = compiled.plan
    predicate = plan.circuit.predicate if plan.circuit else None
    found: list[dict[str, Shown | None]] = []
    starts = [plan.window_start(as_int(row[plan.stream.time])) for row in rows]
    for start in sorted(set(starts)):
        own = [row for row, begins in zip(rows, starts, strict=True) if begins == start]
        for key, members in evaluate.groups(plan, start, own, lambda row: row).items():
            chosen = evaluate.selected(predicate, members)
            kept = [row for row, keep in zip(members, chosen, strict=True) if keep]
            if kept:
                values = [evaluate.aggregate(call, kept) for call in plan.calls]
                found.append(evaluate.result_row(plan, start, key, values, present=True))
    return found


@dataclass(frozen=True)
class Secrets:
    """Rows of one proof with their salts."""

    rows: tuple[dict[str, Value], ...]
    salts: tuple[int, ...]

    @classmethod
    def of(cls, rows: Sequence[dict[str, Value]]) -> Secrets:
        return cls(tuple(rows), tuple(new_salt() for _ in rows))


@dataclass(frozen=True)
class Subject:
    """A compiled circuit that can be fed any inputs."""

    compiled: Compiled
    program: Program

    @classmethod
    def compile(cls, select: str, capacity: int = 4, stream: str = STREAM) -> Subject:
        compiled = query(select, capacity, stream)
        assert compiled.circuit is not None
        return cls(compiled, compile_circuit(compiled.circuit))

    # --- honest inputs ---

    def results(self, rows: Sequence[Mapping[str, Value]]) -> dict[int, Value | None]:
        """What the plan says about rows."""
        plan, circuit = self.compiled.plan, self.compiled.plan.circuit
        assert circuit is not None
        kept = [r for r in rows if all(evaluate.selected(circuit.predicate, [r]))]
        return {i: evaluate.aggregate(plan.calls[i], kept) for i in circuit.calls}

    def assignment(self, secrets_: Secrets, **changes: Any) -> Assignment:
        """The honest assignment, with any part replaced by a lie."""
        plan, circuit = self.compiled.plan, self.compiled.plan.circuit
        assert circuit is not None
        stream = plan.stream
        honest = Assignment(
            capacity=circuit.capacity,
            count=len(secrets_.rows),
            context=changes.pop("context", 12345),
            offsets={
                c.name: [int(r[c.name]) - c.type.lowest for r in secrets_.rows]
                for c in stream.private_columns
            },
            salts=list(secrets_.salts),
            shown=[[evaluate.shown_value(s, r) for r in secrets_.rows] for s in circuit.shown],
            selected=evaluate.selected(circuit.predicate, secrets_.rows),
            results=self.results(secrets_.rows),
        )
        return dataclasses.replace(honest, **changes)

    def public(self, secrets_: Secrets, context: int = 12345) -> list[int]:
        """What an honest verifier derives for an honest claim."""
        plan, circuit = self.compiled.plan, self.compiled.plan.circuit
        assert circuit is not None
        evidenced = []
        for values, salt in zip(secrets_.rows, secrets_.salts, strict=True):
            offsets = {c.name: int(values[c.name]) - c.type.lowest for c in plan.stream.private_columns}
            evidenced.append(EvidencedRow(values, commit(plan.stream, offsets, salt)))
        present = any(evaluate.selected(circuit.predicate, secrets_.rows))
        return public_inputs(plan, circuit, context, evidenced, present, self.results(secrets_.rows))

    def named(self, flat: Sequence[int]) -> Inputs:
        """Inputs by parameter, nested as the circuit declares them."""
        assert self.compiled.circuit is not None
        values, found = iter(flat), {}
        for parameter in self.compiled.circuit.parameters:
            found[parameter.name] = _nest(values, parameter.dims)
        return found

    def honest(self, secrets_: Secrets) -> Inputs:
        """All inputs of an honest proof."""
        return self.lie(secrets_)

    def lie(self, secrets_: Secrets, spelling: str = "truncate", **changes: Any) -> Inputs:
        """Inputs of a prover that works from a false assignment as well as it can.

        ``spelling`` is what it does about a number that has no bits: ``truncate`` it to the width,
        ``cram`` it whole into the lowest "bit", or ``halve`` it and cram it into the one above.
        """
        assert self.compiled.circuit is not None
        assignment = self.assignment(secrets_, **changes)
        with spelled(spelling):
            private = private_inputs(self.compiled.circuit.gadgets, assignment)
        return self.named([*self.public(secrets_, assignment.context), *private])

    # --- judgement ---

    def flat(self, inputs: Inputs) -> list[int]:
        """Inputs in the circuit's order."""
        assert self.compiled.circuit is not None
        return [v for p in self.compiled.circuit.parameters for v in _flat(inputs[p.name])]

    def accepts(self, inputs: Inputs) -> bool:
        """Whether the R1CS is satisfied."""
        try:
            witness = evaluate_witness(self.program, [v % P for v in self.flat(inputs)])
        except Unsatisfied:
            return False
        assert not list(self.program.system.violations(witness))
        return True


def _nest(values: Iterator[int], dims: tuple[int, ...]) -> Any:
    if not dims:
        return next(values)
    return [_nest(values, dims[1:]) for _ in range(dims[0])]


def _flat(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def spell(value: int, width: int, spelling: str) -> list[int]:
    """Bits of a number, or what comes nearest."""
    if 0 <= value < 1 << width or spelling == "truncate":
        return [value >> j & 1 for j in range(width)]
    if spelling == "cram":
        return [value % P, *[0] * (width - 1)]
    return [0, value * pow(2, -1, P) % P, *[0] * (width - 2)][:width]


@contextmanager
def spelled(spelling: str) -> Iterator[None]:
    """Let gadgets spell numbers that do not fit, as a lying prover would."""

    def bits(value: int, width: int) -> list[int]:
        return spell(value, width, spelling)

    names = ("rows", "selection", "aggregates")
    with mock.patch.multiple("zkql.circuit.gadgets.rows", bits_of=bits):
        patches = [mock.patch(f"zkql.circuit.gadgets.{n}.bits_of", bits) for n in names[1:]]
        for patch in patches:
            patch.start()
        try:
            yield
        finally:
            for patch in patches:
                patch.stop()


def random_rows(count: int, seed: int) -> list[dict[str, Value]]:
    """Rows with ties, negatives and extremes, repeatable."""
    import random

    source = random.Random(seed)
    loads = [-9999, 9999, 0, -1, 1, 505, -505]
    temps = [-(2**31), 2**31 - 1, 0, 7, -3, 30, 31, -4]
    return [
        row(
            load=source.choice([*loads, source.randint(-9999, 9999)]),
            temp=source.choice([*temps, source.randint(-40, 40)]),
            ok=source.randint(0, 1),
            zone=source.choice([-1, 0, 3, 50, 2**31 - 1]),
        )
        for _ in range(count)
    ]


def fresh_context() -> int:
    """Any context."""
    return secrets.randbelow(1 << 248)
