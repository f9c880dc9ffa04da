"""Everything about a query as JSON data. In: an attempt to compile. Out: one object, stable in this form:

schema_version  1; another number where a key changes its meaning or goes source          the file's name
reached         the last stage that worked (ast, bound, logical, staged, zokrates), or null stages          an
object with a key for each stage, or for the one that was asked for; null if not reached ast           {kind,
text, line, column, children: [the same]} bound, logical       {nodes: [{name, kind, text, inputs: [name],
columns: [{name, type, nullable, private}], place: native | proven | null, constraints, line, column}], lines:
[text]}, inputs first staged        {native: [text], proven: [text], plan: as a bundle's manifest has it}
zokrates      {source, parameters: [{name, dims, public}]}, or {} where no circuit is needed cost
{capacity, unit, units, constraints, public_inputs, private_inputs, nodes: {name: constraints}, clauses:
[{node, clause, constraints, per_unit, fixed, share, public_inputs, private_inputs, line, column}], estimate:
{witness_seconds, prove_seconds, memory_bytes, key_bytes, domain, measured_on}}; constraints = per_unit ·
units + fixed; null without a circuit leakage         {table: [{part, column, consumer, consumer_with_chain,
processor, outside_world}], by party: [{knowledge, through: [text]}]; consumer, hidden, processor, others,
chain: [text]}, or null errors          [{code, severity, message, labels, notes}], empty where what was asked
for was reached

Lines and columns count from 1, and are null where there is no place.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from zkql.compiler import Stage
from zkql.explain.cost import MEASURED_ON, cost_of
from zkql.explain.leakage import leakage
from zkql.explain.syntax_tree import syntax_tree, tree_json
from zkql.explain.text import native_steps, proven_steps
from zkql.explain.view import boxes
from zkql.plan.codec import to_json
from zkql.plan.text import lines

if TYPE_CHECKING:
    from zkql.compiler import Attempt
    from zkql.errors import Span
    from zkql.explain.cost import Costs
    from zkql.explain.leakage import Knows, Leakage
    from zkql.explain.view import Box
    from zkql.plan.nodes import Node

SCHEMA_VERSION = 1


def explain_json(attempt: Attempt, stage: Stage | None = None) -> dict[str, Any]:
    """The whole object; with ``stage``, only that form of the query."""
    compiled = attempt.compiled() if attempt.error is None else None
    costs = cost_of(compiled) if compiled else None
    wanted = (stage,) if stage else tuple(Stage)
    forms = {str(own): _form(attempt, own, costs) for own in wanted}
    missing = attempt.error if None in forms.values() else None
    return {
        "schema_version": SCHEMA_VERSION,
        "source": attempt.source.name,
        "reached": None if attempt.reached is None else str(attempt.reached),
        "stages": forms,
        "cost": cost_json(costs) if costs else None,
        "leakage": leakage_json(leakage(attempt.staged)) if attempt.staged else None,
        "errors": [d.to_json() for d in missing.diagnostics] if missing else [],
    }


def _form(attempt: Attempt, stage: Stage, costs: Costs | None) -> dict[str, Any] | None:
    match stage:
        case Stage.AST:
            return tree_json(syntax_tree(attempt.file)) if attempt.file else None
        case Stage.BOUND:
            return _plan_json(attempt.bound.plan, boxes(attempt.bound.plan)) if attempt.bound else None
        case Stage.LOGICAL:
            plan = attempt.logical
            return _plan_json(plan, boxes(plan, costs, staged=attempt.error is None)) if plan else None
        case Stage.STAGED:
            staged = attempt.staged
            if staged is None:
                return None
            return {"native": native_steps(staged), "proven": proven_steps(staged), "plan": to_json(staged)}
        case Stage.ZOKRATES:
            if attempt.error is not None:
                return None
            circuit = attempt.circuit
            return (
                {"source": circuit.source, "parameters": [asdict(p) for p in circuit.parameters]}
                if circuit
                else {}
            )


def _plan_json(plan: Node, nodes: tuple[Box, ...]) -> dict[str, Any]:
    return {"nodes": [_node(box) for box in nodes], "lines": lines(plan)}


def _node(box: Box) -> dict[str, Any]:
    columns = [
        {"name": c.name, "type": str(c.type), "nullable": c.nullable, "private": c.private}
        for c in box.columns
    ]
    return {
        "name": box.name,
        "kind": box.kind,
        "text": box.text,
        "inputs": list(box.inputs),
        "columns": columns,
        "place": None if box.place is None else str(box.place),
        "constraints": box.constraints,
        **_position(box.span),
    }


def _position(span: Span | None) -> dict[str, int | None]:
    line, column = span.source.position(span.start) if span else (None, None)
    return {"line": line, "column": column}


def cost_json(costs: Costs) -> dict[str, Any]:
    """The cost table and the estimates."""
    clauses = [
        {
            "node": line.node,
            "clause": line.clause,
            "constraints": line.constraints,
            "per_unit": line.per_unit,
            "fixed": line.fixed,
            "share": round(line.constraints / costs.constraints, 6),
            "public_inputs": line.public_inputs,
            "private_inputs": line.private_inputs,
            **_position(line.span),
        }
        for line in costs.lines
    ]
    estimate = costs.estimate
    return {
        "capacity": costs.capacity,
        "unit": costs.unit,
        "units": costs.units,
        "constraints": costs.constraints,
        "public_inputs": costs.public_inputs,
        "private_inputs": costs.private_inputs,
        "nodes": costs.by_node(),
        "clauses": clauses,
        "estimate": {
            "witness_seconds": round(estimate.witness_seconds, 4),
            "prove_seconds": round(estimate.prove_seconds, 4),
            "memory_bytes": estimate.memory_bytes,
            "key_bytes": estimate.key_bytes,
            "domain": estimate.domain,
            "measured_on": MEASURED_ON,
        },
    }


def leakage_json(found: Leakage) -> dict[str, Any]:
    """The leakage table and the phrases."""
    table = [
        {
            "part": str(line.part),
            "column": line.column,
            "consumer": _known(line.consumer),
            "consumer_with_chain": _known(line.chain),
            "processor": _known((line.processor,)),
            "outside_world": _known((line.world,)),
        }
        for line in found.table
    ]
    return {
        "table": table,
        "consumer": list(found.consumer),
        "hidden": list(found.hidden),
        "processor": list(found.processor),
        "others": list(found.others),
        "chain": list(found.chain),
    }


def _known(told: tuple[Knows, ...]) -> list[dict[str, Any]]:
    return [{"knowledge": str(k.knowledge), "through": list(k.through)} for k in told]
