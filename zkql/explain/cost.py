"""What a proof costs, by plan node and clause. In: a compiled query. Out: :class:`Costs`.

Constraints and inputs are exact: they come from the gadgets' own formulas, which the compiler holds against
the compiled program. Time, memory and the key's size are estimates from measured coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from zkql.circuit.assemble import assemble
from zkql.circuit.build import hash_constraints
from zkql.circuit.gadgets.base import Gadget, Part, one_line
from zkql.circuit.gadgets.blocks import Blocks
from zkql.circuit.gadgets.rows import Context, Field, Opening
from zkql.errors import Span
from zkql.explain.formula import Formula
from zkql.plan.expressions import Column, Expression, children, is_private, render
from zkql.plan.functions.aggregates import Function
from zkql.plan.nodes import Aggregate, Filter, Node, Over, Scan, Window
from zkql.plan.text import numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zkql.circuit.build import Circuit
    from zkql.compiler import Compiled
    from zkql.plan.stages import StagedPlan

BINDING = "binding to window, group and history"
HASH_CHAIN = "hash chain (Poseidon)"


@dataclass(frozen=True, slots=True)
class Cost:
    """One clause of a plan node: ``per_unit · N + fixed`` constraints, and the circuit's inputs that belong
    to it. ``span`` is the place in the text."""

    node: str
    clause: str
    per_unit: int
    fixed: int
    constraints: int
    public_inputs: int
    private_inputs: int
    span: Span | None

    @property
    def formula(self) -> str:
        """The constraints of N rows, or blocks of each chain: ``41 N + 1``."""
        return str(Formula(self.per_unit, self.fixed))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A proof on one core, and the proving key. ``domain`` is the power of two above the number of
    constraints and public inputs."""

    witness_seconds: float
    prove_seconds: float
    memory_bytes: int
    key_bytes: int
    domain: int


@dataclass(frozen=True, slots=True)
class Costs:
    """The whole table; ``lines`` in the order of the plan's nodes. ``capacity`` is how many places for rows
    there are; N, which is ``units``, counts them, or the blocks of each chain."""

    capacity: int
    unit: str
    units: int
    lines: tuple[Cost, ...]
    constraints: int
    public_inputs: int
    private_inputs: int
    estimate: Estimate

    @property
    def proven(self) -> frozenset[str]:
        """The plan nodes that the circuit evaluates: those with more than the binding to the window."""
        return frozenset(line.node for line in self.lines if line.clause != BINDING)

    def by_node(self) -> dict[str, int]:
        """Constraints of each plan node that has any."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.node] = found.get(line.node, 0) + line.constraints
        return found


def cost_of(compiled: Compiled) -> Costs | None:
    """The costs of a query; None where no circuit is needed."""
    circuit, plan = compiled.circuit, compiled.plan
    if circuit is None:
        return None
    assert plan.circuit is not None
    nodes = _nodes(compiled.logical)
    lines = _merged(_lines(plan, circuit.gadgets, nodes))
    # The formula is the line through this capacity and one beside it where no width changes.
    unit = plan.circuit.chains * (plan.stream.block or 1) or 1
    capacity, units, least = circuit.capacity, circuit.capacity // unit, 2 if plan.circuit.chains else 1
    fewer = capacity - unit
    step = -1 if units > least and fewer.bit_length() == capacity.bit_length() else 1
    beside = replace(plan.circuit, capacity=capacity + step * unit)
    other = _merged(_lines(replace(plan, circuit=beside), assemble(plan, beside).gadgets, nodes))
    grown = {(line.node, line.clause): line.constraints for line in other}
    public = sum(p.size for p in circuit.parameters if p.public)
    private = sum(p.size for p in circuit.parameters if not p.public)
    return Costs(
        capacity=capacity,
        unit="block" if plan.circuit.chains else "row",
        units=units,
        lines=tuple(_with_formula(line, units, step, grown) for line in lines),
        constraints=circuit.constraints,
        public_inputs=public,
        private_inputs=private,
        estimate=_estimate(circuit, public),
    )


def _with_formula(line: Cost, units: int, step: int, grown: Mapping[tuple[str, str], int]) -> Cost:
    per_unit = (grown.get((line.node, line.clause), 0) - line.constraints) * step
    return replace(line, per_unit=per_unit, fixed=line.constraints - units * per_unit)


def _nodes(logical: Node) -> dict[Part, str]:
    """The plan nodes that the parts of a stage stand for; the one shape that has a circuit is an aggregate
    (or OVER) over filters over a window over a scan."""
    names: dict[type[Node], str] = {}
    for i, (node, _) in enumerate(numbered(logical)):
        above = Aggregate in names or Over in names
        below = isinstance(node, Filter) and not above and is_private(node.predicate)
        if below or isinstance(node, Scan | Window | Aggregate | Over):
            names[type(node)] = f"r{i}"
    scan = names[Scan]
    made = names.get(Aggregate) or names[Over]
    return {
        Part.WHOLE: names[Window],
        Part.ROWS: scan,
        Part.WHERE: names.get(Filter, scan),
        Part.GROUP: made,
        Part.RESULT: made,
    }


def _merged(found: Iterable[Cost]) -> tuple[Cost, ...]:
    """One line a node and clause, none that is all zeros."""
    merged: dict[tuple[str, str], Cost] = {}
    for line in found:
        old = merged.get((line.node, line.clause))
        merged[line.node, line.clause] = line if old is None else _added(old, line)
    lines = (m for m in merged.values() if m.constraints or m.public_inputs or m.private_inputs)
    return tuple(sorted(lines, key=lambda line: int(line.node[1:])))


def _added(a: Cost, b: Cost) -> Cost:
    return Cost(
        a.node,
        a.clause,
        a.per_unit + b.per_unit,
        a.fixed + b.fixed,
        a.constraints + b.constraints,
        a.public_inputs + b.public_inputs,
        a.private_inputs + b.private_inputs,
        a.span or b.span,
    )


# --- gadgets ----------------------------------------------------------------------------------------


def _lines(plan: StagedPlan, gadgets: Sequence[Gadget], nodes: Mapping[Part, str]) -> Iterator[Cost]:
    for gadget in gadgets:
        match gadget:
            case Opening():
                yield from _of_opening(gadget, plan, nodes[Part.ROWS])
            case Blocks():
                yield from _of_blocks(gadget, nodes[Part.ROWS])
            case Context():
                yield _line(nodes[Part.WHOLE], BINDING, gadget, public=1)
            case _:
                public = sum(p.size for p in gadget.parameters if p.public)
                yield _line(nodes[gadget.origin.part], gadget.origin.clause, gadget, public=public)
    yield from _of_given(plan, nodes)


def _line(node: str, clause: str, gadget: Gadget, *, public: int) -> Cost:
    private = sum(p.size for p in gadget.parameters if not p.public)
    return Cost(node, one_line(clause), 0, 0, gadget.constraints(), public, private, gadget.origin.span)


def _of_opening(opening: Opening, plan: StagedPlan, node: str) -> Iterator[Cost]:
    rows = opening.capacity
    bits = sum(own.bits for own in opening.fields if not own.whole)
    hashed = opening.constraints() - rows * bits
    span = opening.origin.span
    yield Cost(node, "commitment (Poseidon)", 0, 0, hashed, 1 + rows, rows, span)
    for own in opening.fields:
        if own.whole:
            clause = f"{', '.join(c.name for c in own.columns)} (not used)"
            yield Cost(node, one_line(clause), 0, 0, 0, 0, rows, span)
            continue
        clause = f"bits of {', '.join(c.name for c in own.columns)}"
        bits = rows * own.bits
        if own.flag:
            clause = f"whether {own.columns[0].name} is NULL"
        elif own.largest is not None:
            clause += f", which bound {_anchored(plan, own)}"
        elif not own.used:
            clause += " (not used)"
        advice = bits + (own.largest is not None)
        yield Cost(node, one_line(clause), 0, 0, bits, 0, advice, span)


def _of_blocks(blocks: Blocks, node: str) -> Iterator[Cost]:
    read = [part for part in blocks.parts if part.read]
    bits = {part.position: blocks.blocks * prod(part.size) for part in read}
    private = sum(p.size for p in blocks.parameters)
    chain = blocks.constraints() - sum(bits.values())
    span = blocks.origin.span
    yield Cost(node, HASH_CHAIN, 0, 0, chain, 0, private - sum(bits.values()), span)
    for position, count in bits.items():
        column = "times of rows" if position is None else blocks.layout.columns[position].name
        yield Cost(node, one_line(f"bits of {column}"), 0, 0, count, 0, count, span)


def _anchored(plan: StagedPlan, own: Field) -> str:
    """The call whose value a column is written from."""
    function = Function.MAX if own.largest else Function.MIN
    name = own.columns[0].name
    calls = (c for c in plan.calls if c.function is function and isinstance(c.argument, Column))
    return next(str(c) for c in calls if isinstance(c.argument, Column) and c.argument.name == name)


def _of_given(plan: StagedPlan, nodes: Mapping[Part, str]) -> Iterator[Cost]:
    """Public values that the verifier puts beside each row, and the keys of private groups; of chains the
    start of the window, and from where they are opened."""
    circuit = plan.circuit
    assert circuit is not None
    if circuit.chains:
        yield Cost(nodes[Part.ROWS], "rows of the window", 0, 0, 0, 1, 0, None)
        yield Cost(nodes[Part.ROWS], HASH_CHAIN, 0, 0, 0, circuit.chains, 0, None)
    read = [e for i in circuit.calls for e in plan.calls[i].expressions]
    read += circuit.listing.expressions if circuit.listing is not None else ()
    for shown in circuit.shown:
        of_result = any(shown in _inside(e) for e in read)
        node = nodes[Part.RESULT if of_result else Part.WHERE]
        clause = one_line(f"{render(shown)} of each row, public")
        yield Cost(node, clause, 0, 0, 0, circuit.capacity * (1 + shown.nullable), 0, shown.span)
    if circuit.keys:
        clause = f"GROUP BY {', '.join(one_line(render(key.expression)) for key in circuit.keys)}"
        yield Cost(nodes[Part.GROUP], clause, 0, 0, 0, circuit.groups, 0, circuit.keys[0].span)


def _inside(expression: Expression) -> Iterator[Expression]:
    yield expression
    for operand in children(expression):
        yield from _inside(operand)


# --- estimates --------------------------------------------------------------------------------------

MEASURED_ON = "one core of a 2.7 GHz Xeon, circuits of 580 to 116,000 constraints (benchmarks/cost_model.py)"


@dataclass(frozen=True, slots=True)
class _Coefficients:
    """What each constraint of the hash, each other one, and each point of the domain adds to ``fixed``.
    Constraints of the hash are dense and their wires full numbers; most others check one bit."""

    fixed: float
    hashed: float
    other: float
    point: float

    def at(self, hashed: int, other: int, domain: int) -> float:
        return self.fixed + self.hashed * hashed + self.other * other + self.point * domain


_WITNESS = _Coefficients(0, 2.9e-6, 1.1e-6, 0)
_PROVE = _Coefficients(0.022, 32.1e-6, 0.9e-6, 11.9e-6)
_MEMORY = _Coefficients(57.0e6, 6_242, 2_871, 185)
_KEY = _Coefficients(0, 1_501, 594, 61)
"""Over the 26 circuits measured, off by 4 % on average and 13 % at worst in time; 1 % and 7 % in memory; 1 %
and 2 % in the size of the key."""


def _estimate(circuit: Circuit, public: int) -> Estimate:
    hashed = sum(hash_constraints(gadget).total() for gadget in circuit.gadgets)
    domain = 1 << (circuit.constraints + public).bit_length()
    sizes = (hashed, circuit.constraints - hashed, domain)
    return Estimate(
        witness_seconds=_WITNESS.at(*sizes),
        prove_seconds=_PROVE.at(*sizes),
        memory_bytes=round(_MEMORY.at(*sizes)),
        key_bytes=round(_KEY.at(*sizes)),
        domain=domain,
    )
