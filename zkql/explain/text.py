"""A query's forms, costs and leakage for people. In: an attempt to compile. Out: lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.compiler import Stage
from zkql.explain.cost import MEASURED_ON, cost_of
from zkql.explain.escape import columns_wide
from zkql.explain.leakage import CHAIN, leakage
from zkql.explain.syntax_tree import syntax_tree, tree_lines
from zkql.explain.view import boxes, column_text
from zkql.plan.expressions import render
from zkql.plan.text import duration, lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.compiler import Attempt
    from zkql.explain.cost import Costs
    from zkql.explain.leakage import Knows, Leakage
    from zkql.plan.nodes import Node
    from zkql.plan.stages import StagedPlan

NO_CIRCUIT = "no circuit: nothing private is read"


def explain_text(attempt: Attempt, stage: Stage | None, *, cost: bool, leaks: bool) -> str:
    """One stage, or the logical plan and how it is cut; then the tables. Where the stage was not reached,
    every form before it; without a stage, the plan as far as there is one."""
    parts = [_stage_text(attempt, stage)] if stage else _summary(attempt)
    if attempt.error is None:
        compiled = attempt.compiled()
        parts += [cost_text(cost_of(compiled))] if cost else []
        parts += [leakage_text(leakage(compiled.plan))] if leaks else []
    return "\n\n".join("\n".join(part) for part in parts if part)


def _summary(attempt: Attempt) -> list[list[str]]:
    if attempt.logical is not None:
        return [lines(attempt.logical), staged_lines(attempt.staged) if attempt.staged else []]
    return [lines(attempt.bound.plan)] if attempt.bound else []


def _stage_text(attempt: Attempt, stage: Stage) -> list[str]:
    wanted = stage_lines(attempt, stage)
    if wanted is not None:
        return wanted
    text: list[str] = []
    for reached in Stage:
        if (own := stage_lines(attempt, reached)) is not None:
            text += [f"-- {reached}", *own, ""]
    return text[:-1]


def stage_lines(attempt: Attempt, stage: Stage) -> list[str] | None:
    """One form of the query; None where it was not reached."""
    match stage:
        case Stage.AST:
            return list(tree_lines(syntax_tree(attempt.file))) if attempt.file else None
        case Stage.BOUND:
            return plan_lines(attempt.bound.plan) if attempt.bound else None
        case Stage.LOGICAL:
            return plan_lines(attempt.logical) if attempt.logical else None
        case Stage.STAGED:
            return staged_lines(attempt.staged) if attempt.staged else None
        case Stage.ZOKRATES:
            if attempt.error is not None:
                return None
            return attempt.circuit.source.rstrip("\n").split("\n") if attempt.circuit else [NO_CIRCUIT]


def plan_lines(plan: Node) -> list[str]:
    """Each node with the columns that it makes."""
    text: list[str] = []
    for box in boxes(plan):
        text += [f"{box.name} := {box.text}", *(f"      {column_text(c)}" for c in box.made)]
    return text


def staged_lines(plan: StagedPlan) -> list[str]:
    """What is evaluated natively, and what is proven."""
    native = ["evaluated natively by processor and consumer:", *(f"  {n}" for n in native_steps(plan))]
    if plan.circuit is None:
        return [*native, NO_CIRCUIT]
    return [
        *native,
        f"proven in a circuit of {plan.circuit.capacity} rows, one proof a window and group:",
        *(f"  {step}" for step in proven_steps(plan)),
    ]


def native_steps(plan: StagedPlan) -> list[str]:
    """What processor and consumer both compute."""
    offset = f", offset {duration(plan.offset)}" if plan.offset else ""
    steps = [f"rows of {plan.stream.name} by window: {plan.stream.time}, {duration(plan.size)}{offset}"]
    if plan.window is not None:
        steps.append(f"keep windows where {render(plan.window)}")
    if plan.predicate is not None:
        steps.append(f"keep rows where {render(plan.predicate)}")
    if plan.keys:
        steps.append(f"group by {', '.join(map(str, plan.keys))}")
    proven = plan.circuit.calls if plan.circuit else ()
    steps += [str(call) for i, call in enumerate(plan.calls) if i not in proven]
    if plan.having is not None:
        steps.append(f"keep {'groups' if plan.keys else 'windows'} where {render(plan.having)}")
    return [*steps, f"select {', '.join(map(str, plan.outputs))}"]


def proven_steps(plan: StagedPlan) -> list[str]:
    """What the circuit states."""
    circuit = plan.circuit
    if circuit is None:
        return []
    steps = ["each row opens its signed commitment (row provenance)"]
    if circuit.chains:
        assert plan.stream.block is not None
        blocks = circuit.capacity // circuit.chains // plan.stream.block
        whose = "the device" if circuit.chains == 1 else f"each of {circuit.chains} devices"
        steps = [
            f"of {whose} at most {blocks} blocks of {plan.stream.block} rows lead from one signed head to "
            "another (chain provenance)",
            f"keep rows whose {plan.stream.time} is in the window",
        ]
    if circuit.predicate is not None:
        steps.append(f"keep rows where {render(circuit.predicate)}")
    if circuit.keys:
        steps.append(f"group by {', '.join(map(str, circuit.keys))}, at most {circuit.groups} groups")
    if circuit.listing is not None:
        limit = circuit.listing.limit
        steps.append(f"order by {', '.join(map(str, circuit.listing.order))}, equal rows as they came")
        steps += [f"keep rows where {limit.call.function} <= {limit.most}"] if limit is not None else []
        steps += [f"{cell.text} of each row" for cell in circuit.listing.cells]
    return [*steps, *(str(plan.calls[i]) for i in circuit.calls)]


# --- tables -----------------------------------------------------------------------------------------


def cost_text(costs: Costs | None) -> list[str]:
    """Constraints and inputs by plan node and clause; the estimates."""
    if costs is None:
        return ["cost: no circuit, no constraints"]
    rows = [
        ["node", "clause", "constraints", f"of N {costs.unit}s", "share", "public inputs", "private inputs"]
    ]
    before = ""
    for line in costs.lines:
        rows.append(
            [
                line.node if line.node != before else "",
                line.clause,
                f"{line.constraints:,}",
                line.formula,
                f"{line.constraints / costs.constraints:.1%}",
                f"{line.public_inputs:,}",
                f"{line.private_inputs:,}",
            ]
        )
        before = line.node
    total = [f"{n:,}" for n in (costs.constraints, costs.public_inputs, costs.private_inputs)]
    rows.append(["", "total", total[0], "", "100.0%", *total[1:]])
    return [
        f"cost: {costs.constraints:,} constraints at N = {costs.units} {costs.unit}s, "
        f"{costs.constraints / costs.capacity:.1f} a row",
        *aligned(rows, right=frozenset((2, 3, 4, 5, 6))),
        *(f"  {line}" for line in estimate_lines(costs)),
    ]


def estimate_lines(costs: Costs) -> list[str]:
    """The estimates in words."""
    own = costs.estimate
    seconds = own.witness_seconds + own.prove_seconds
    taken = costs.constraints + costs.public_inputs
    return [
        f"about {seconds:.2f} s a proof on one core (witness {own.witness_seconds:.2f} s), "
        f"{own.memory_bytes / 1e6:.0f} MB of memory, proving key {own.key_bytes / 1e6:.1f} MB",
        f"{taken:,} of 2^{own.domain.bit_length() - 1} = {own.domain:,} points: "
        "beyond a power of two, proving takes a step up",
        f"estimates, from {MEASURED_ON}",
    ]


def leakage_text(found: Leakage) -> list[str]:
    """The table by column, then what each party learns."""
    head = ["", "column", "consumer", "processor", "outside world"]
    rows = [[*head, f"consumer {CHAIN}"] if found.chain else head]
    before = ""
    for line in found.table:
        part = str(line.part) if line.part != before else ""
        before = line.part
        cells = [part, line.column, known(line.consumer), str(line.processor), str(line.world)]
        rows.append([*cells, known(line.chain)] if found.chain else cells)
    text = ["leakage: who learns what", *aligned(rows)]
    for title, phrases in found.parties:
        text += ["", f"{title}:", *(f"  {phrase}" for phrase in phrases)]
    return text


def known(told: tuple[Knows, ...]) -> str:
    """A cell of the table."""
    return "; ".join(map(str, told))


def aligned(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Columns of equal width, two spaces apart; those of ``right`` end together."""
    widths = [max(map(columns_wide, column)) for column in zip(*rows, strict=True)]

    def padded(text: str, position: int) -> str:
        room = " " * (widths[position] - columns_wide(text))
        return room + text if position in right else text + room

    return [f"  {'  '.join(padded(t, i) for i, t in enumerate(row))}".rstrip() for row in rows]
