"""What tests share: small queries, circuits judged at the R1CS, and a prover that may lie.

Every wire of a zkql circuit is an input or is defined by one constraint from earlier wires, so all
that a dishonest prover can choose is the private inputs. :class:`Subject` takes any inputs and says
whether the compiled constraints accept them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from zkql.circuit.assemble import assemble
from zkql.circuit.build import Circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.evidence import EvidencedRow, Rows, secrets_of_rows
from zkql.circuit.gadgets.base import Spell, bits_of
from zkql.circuit.solve import NO_LIES, flatten, solve
from zkql.circuit.statement import named_inputs
from zkql.circuit.wires import Environment, Values
from zkql.compiler import Compiled, compile_query
from zkql.crypto.commitment import commit, new_salt
from zkql.crypto.field import P
from zkql.errors import Source
from zkql.plan import evaluate
from zkql.plan.codes import encode_column
from zkql.plan.stages import CircuitPlan, Result, StagedPlan
from zkql.plan.types import Shown, Value, as_int
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
FEW_GROUPS_STREAM = STREAM.replace("'{capacity}'", "'{capacity}', 'groups' = '3'")
"""The same with room for fewer groups of a private key than rows."""
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
HIDDEN = f"""
SELECT window_start, zone, temp, SUM(load) AS total, MAX(load) FILTER (WHERE load < 60) AS most, COUNT(*) AS n
{WINDOW} WHERE temp <> 7 GROUP BY window_start, window_end, zone, temp
"""
"""Groups of a private key, in groups of a public one."""


Row = dict[str, Value | None]


def query(select: str, capacity: int = 4, stream: str = STREAM) -> Compiled:
    """A compiled query over :data:`STREAM`."""
    return compile_query(Source("test.zkql", stream.format(capacity=capacity) + select + ";"))


def row(load: int = 0, temp: int = 0, ok: int = 0, zone: int = 0) -> Row:
    """A plain row; ``load`` is unscaled (tenths)."""
    return {"meter": 1, "zone": zone, "ts": 0, "load": load, "temp": temp, "ok": ok}


def evaluated(
    compiled: Compiled, rows: Sequence[Mapping[str, Value | None]]
) -> list[dict[str, Shown | None]]:
    """The result of a staged plan over all windows, as processor and verifier evaluate it; as in SQL, there
    is no row for a group without rows."""
    plan = compiled.plan
    found: list[dict[str, Shown | None]] = []
    starts = [plan.window_start(as_int(row[plan.stream.time])) for row in rows]
    for start in sorted(set(starts)):
        own = [row for row, begins in zip(rows, starts, strict=True) if begins == start]
        for key, members in evaluate.groups(plan, start, own, lambda row: row).items():
            present, results = evaluate.results(plan, members)
            for result in results if present else ():
                row = evaluate.result_row(plan, start, key, result, present=present)
                assert row is not None
                found.append(row)
    return found


@dataclass(frozen=True)
class Secrets:
    """Rows of one proof with their salts."""

    rows: tuple[Row, ...]
    salts: tuple[int, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Secrets:
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

    @property
    def plan(self) -> StagedPlan:
        return self.compiled.plan

    @property
    def circuit(self) -> Circuit:
        assert self.compiled.circuit is not None
        return self.compiled.circuit

    @property
    def stage(self) -> CircuitPlan:
        assert self.plan.circuit is not None
        return self.plan.circuit

    @cached_property
    def draft(self) -> Draft:
        return assemble(self.plan, self.stage)

    # --- what is given ---

    def claim(self, rows: Sequence[Row]) -> tuple[bool, tuple[Result, ...]]:
        """What the plan says about rows."""
        return evaluate.results(self.plan, rows)

    def public(self, hidden: Secrets, claim: tuple[bool, tuple[Result, ...]] | None = None) -> Environment:
        """What the verifier derives for a claim; for the honest one if none is given."""
        stream = self.plan.stream
        evidenced = []
        for values, salt in zip(hidden.rows, hidden.salts, strict=True):
            codes = {c.name: encode_column(c, values[c.name]) for c in stream.private_columns}
            evidenced.append(EvidencedRow(values, commit(stream, codes, salt)))
        present, results = self.claim(hidden.rows) if claim is None else claim
        return named_inputs(self.plan, self.stage, bytes(32), Rows(tuple(evidenced)), present, results)

    def secret(self, hidden: Secrets) -> Environment:
        """What only the prover knows."""
        stream = self.plan.stream
        codes = [{c.name: encode_column(c, r[c.name]) for c in stream.private_columns} for r in hidden.rows]
        return secrets_of_rows(stream, self.stage.capacity, codes, hidden.salts)

    def given(self, hidden: Secrets) -> Environment:
        """Everything that the results do not change: then these are whatever the prover computes."""
        names = {p.name for p in self.draft.given}
        return {k: v for k, v in self.public(hidden).items() if k in names} | dict(self.secret(hidden))

    # --- provers ---

    def honest(self, hidden: Secrets) -> dict[str, Values]:
        """All inputs of an honest proof of what the plan says."""
        return solve(self.circuit.gadgets, {**self.public(hidden), **self.secret(hidden)})

    def lie(
        self, given: Environment, lies: Environment = NO_LIES, spell: Spell = bits_of
    ) -> dict[str, Values]:
        """Inputs of a prover who works from ``given`` and from false wires as well as it can."""
        return solve(self.circuit.gadgets, given, lies=lies, spell=spell)

    # --- judgement ---

    def flat(self, values: Environment) -> list[int]:
        """Inputs in the circuit's order."""
        return [v % P for v in flatten(self.circuit.parameters, values)]

    def accepts(self, values: Environment) -> bool:
        """Whether the R1CS is satisfied."""
        try:
            witness = evaluate_witness(self.program, self.flat(values))
        except Unsatisfied:
            return False
        assert not list(self.program.system.violations(witness))
        return True


def random_rows(count: int, seed: int) -> list[Row]:
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
