"""``zkql explain``. In: a compiled query. Out: text, or the same as JSON data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from zkql.explain.leakage import leakage as leakage_of
from zkql.plan.expressions import render
from zkql.plan.nodes import lines

if TYPE_CHECKING:
    from zkql.compiler import Compiled

WITNESS_SECONDS = 2.5e-6
PROVE_SECONDS = 4.5e-5
KEY_BYTES = 1_250
"""Per constraint, measured on one core with ROW circuits (docs/benchmarks.md); estimates only."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One line of the cost table."""

    clause: str
    constraints: int


@dataclass(frozen=True, slots=True)
class Costs:
    """The whole table. Seconds and bytes are estimates from measured coefficients."""

    capacity: int
    clauses: tuple[Cost, ...]
    constraints: int
    public_inputs: int
    private_inputs: int
    prove_seconds: float
    key_bytes: int


def costs(compiled: Compiled) -> Costs | None:
    """Exact constraints by clause; None where no circuit is needed."""
    circuit = compiled.circuit
    if circuit is None:
        return None
    merged: dict[str, int] = {}
    for region in circuit.regions:
        merged[region.clause] = merged.get(region.clause, 0) + region.expected
    return Costs(
        capacity=circuit.capacity,
        clauses=tuple(Cost(clause, count) for clause, count in merged.items() if count),
        constraints=circuit.constraints,
        public_inputs=sum(p.size for p in circuit.parameters if p.public),
        private_inputs=sum(p.size for p in circuit.parameters if not p.public),
        prove_seconds=circuit.constraints * (WITNESS_SECONDS + PROVE_SECONDS),
        key_bytes=circuit.constraints * KEY_BYTES,
    )


def _stages(compiled: Compiled) -> list[str]:
    plan = compiled.plan
    native = [f"rows by window: {plan.stream.time}"]
    if plan.predicate is not None:
        native.append(f"keep rows where {render(plan.predicate)}")
    if plan.keys:
        native.append(f"group by {', '.join(k.name for k in plan.keys)}")
    proven = plan.circuit.calls if plan.circuit else ()
    native += [str(c) for i, c in enumerate(plan.calls) if i not in proven]
    text = ["evaluated natively by processor and consumer:", *(f"  {n}" for n in native)]
    if plan.circuit is None:
        return [*text, "no circuit: nothing private is read"]
    text.append(f"proven in a circuit of {plan.circuit.capacity} rows, one proof a window and group:")
    text.append(f"  each row opens its signed commitment ({plan.stream.provenance} provenance)")
    if plan.circuit.predicate is not None:
        text.append(f"  keep rows where {render(plan.circuit.predicate)}")
    return [*text, *(f"  {plan.calls[i]}" for i in proven)]


def explain_text(compiled: Compiled, *, cost: bool, leakage: bool) -> str:
    """The plan; with ``cost`` and ``leakage`` the tables."""
    text = [*lines(compiled.query.plan), "", *_stages(compiled)]
    if cost:
        text += ["", *_cost_text(costs(compiled))]
    if leakage:
        found = leakage_of(compiled.plan)
        for title, phrases in (
            ("the consumer learns", found.consumer),
            ("the consumer does not learn", found.hidden),
            ("the processor learns", found.processor),
            ("others learn", found.others),
        ):
            text += ["", f"{title}:", *(f"  {phrase}" for phrase in phrases)]
    return "\n".join(text)


def _cost_text(table: Costs | None) -> list[str]:
    if table is None:
        return ["cost: no circuit, no constraints"]
    width = max(len(c.clause) for c in table.clauses)
    rows = [
        f"  {c.clause:<{width}}  {c.constraints:>9,}  {c.constraints / table.constraints:>6.1%}"
        for c in table.clauses
    ]
    return [
        f"cost: {table.constraints:,} constraints at {table.capacity} rows, "
        f"{table.constraints / table.capacity:.1f} a row",
        *rows,
        f"  {table.public_inputs:,} public and {table.private_inputs:,} private inputs",
        f"  about {table.prove_seconds:.2f} s a proof on one core, "
        f"proving key about {table.key_bytes / 1e6:.1f} MB",
    ]


def explain_json(compiled: Compiled) -> dict[str, Any]:
    """Everything, as data."""
    table = costs(compiled)
    return {
        "plan": lines(compiled.query.plan),
        "stages": _stages(compiled),
        "cost": asdict(table) if table else None,
        "leakage": asdict(leakage_of(compiled.plan)),
    }
