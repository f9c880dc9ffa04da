"""What a proof costs, by plan node and clause. In: a compiled query. Out: :class:`Costs`.

Constraints and inputs are exact: they come from the gadgets' own formulas, which the compiler holds against
the compiled program. Time, memory and the key's size are estimates from measured coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.aggregates import Average, Count, Extreme, Presence, Reveal, Total
from zkql.circuit.gadgets.base import Gadget, one_line
from zkql.circuit.gadgets.rows import Context, Opening, poseidon_constraints
from zkql.circuit.gadgets.selection import Selection, shown_name
from zkql.errors import Span
from zkql.plan.expressions import is_private, render
from zkql.plan.nodes import Aggregate, Filter, Node, Scan, Window
from zkql.plan.text import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zkql.circuit.build import Circuit
    from zkql.compiler import Compiled

BINDING = "binding to window, group and history"


@dataclass(frozen=True, slots=True)
class Cost:
    """One clause of a plan node: ``per_row · capacity + fixed`` constraints, and the circuit's inputs that
    belong to it. ``span`` is the place in the text."""

    node: str
    clause: str
    per_row: int
    fixed: int
    constraints: int
    public_inputs: int
    private_inputs: int
    span: Span | None

    @property
    def formula(self) -> str:
        """The constraints of N rows: ``41 N + 1``."""
        parts = [f"{self.per_row:,} N".removeprefix("1 ")] if self.per_row else []
        return " + ".join(parts + ([f"{self.fixed:,}"] if self.fixed or not parts else []))


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
    """The whole table; ``lines`` in the order of the plan's nodes."""

    capacity: int
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


@dataclass(frozen=True, slots=True)
class _Roles:
    """The names of the plan's nodes that gadgets stand for."""

    scan: str
    window: str
    filter: str
    aggregate: str


def cost_of(compiled: Compiled) -> Costs | None:
    """The costs of a query; None where no circuit is needed."""
    circuit = compiled.circuit
    if circuit is None:
        return None
    roles = _roles(compiled.logical)
    found = [line for gadget in circuit.gadgets for line in _of_gadget(gadget, circuit, roles)]
    found += _of_shown(compiled, roles)
    lines = _merged(found)
    public = sum(p.size for p in circuit.parameters if p.public)
    private = sum(p.size for p in circuit.parameters if not p.public)
    return Costs(
        capacity=circuit.capacity,
        lines=lines,
        constraints=circuit.constraints,
        public_inputs=public,
        private_inputs=private,
        estimate=_estimate(circuit, public),
    )


def _roles(logical: Node) -> _Roles:
    """The one shape that has a circuit: an aggregate over filters over a window over a scan."""
    names: dict[type[Node], str] = {}
    for i, (node, _) in enumerate(numbered(logical)):
        below = isinstance(node, Filter) and Aggregate not in names and is_private(node.predicate)
        if below or isinstance(node, Scan | Window | Aggregate):
            names[type(node)] = f"r{i}"
    scan = names[Scan]
    return _Roles(scan, names[Window], names.get(Filter, scan), names[Aggregate])


def _merged(found: list[Cost]) -> tuple[Cost, ...]:
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
        a.per_row + b.per_row,
        a.fixed + b.fixed,
        a.constraints + b.constraints,
        a.public_inputs + b.public_inputs,
        a.private_inputs + b.private_inputs,
        a.span or b.span,
    )


# --- gadgets ----------------------------------------------------------------------------------------


def _of_gadget(gadget: Gadget, circuit: Circuit, roles: _Roles) -> Iterator[Cost]:
    rows = circuit.capacity
    match gadget:
        case Opening():
            yield from _of_opening(gadget, roles.scan)
        case Selection():
            yield from _of_selection(gadget, rows, roles.filter)
        case Context():
            yield _whole(gadget, rows, roles.window, BINDING, public=1)
        case Count():
            yield _whole(gadget, rows, roles.filter, "how many rows pass")
        case Presence():
            yield _whole(gadget, rows, roles.filter, "whether any row counts", public=1)
        case Total():
            yield _whole(gadget, rows, roles.aggregate, gadget.origin.clause)
        case Reveal() | Extreme() | Average():
            yield _whole(gadget, rows, roles.aggregate, gadget.origin.clause, public=1)
        case _:
            raise TypeError(f"{type(gadget).__name__} stands for no plan node")


def _whole(gadget: Gadget, rows: int, node: str, clause: str, *, public: int = 0) -> Cost:
    """A gadget whose formula is linear in the rows."""
    per_row = gadget.constraints(3) - gadget.constraints(2)
    return Cost(
        node=node,
        clause=one_line(clause),
        per_row=per_row,
        fixed=gadget.constraints(2) - 2 * per_row,
        constraints=gadget.constraints(rows),
        public_inputs=public,
        private_inputs=sum(p.size for p in gadget.advice_parameters),
        span=gadget.origin.span,
    )


def _of_opening(opening: Opening, node: str) -> Iterator[Cost]:
    rows = opening.capacity
    hashed = poseidon_constraints(len(opening.segments) + 1) + 1
    clause = "commitment (Poseidon)"
    yield Cost(node, clause, hashed, 0, rows * hashed, 1 + rows, rows, opening.origin.span)
    for segment in (s for element in opening.segments for s in element):
        clause = f"bits of {', '.join(segment.columns)}"
        if segment.anchor is not None:
            clause += f", which bound {segment.anchor.sql}"
        elif not segment.used:
            clause += " (not used)"
        bits = rows * segment.width
        yield Cost(node, one_line(clause), segment.width, 0, bits, 0, bits, opening.origin.span)


def _of_selection(selection: Selection, rows: int, node: str) -> Iterator[Cost]:
    span = selection.origin.span
    rest = selection.per_row
    for test in selection.tests:
        per_row = 3 if test.width is None else test.width + 1
        advice = (p.size for p in selection.advice_parameters if p.name.startswith(f"{test.name}_"))
        yield Cost(node, test.sql, per_row, 0, rows * per_row, 0, sum(advice), span)
        rest -= per_row
    yield Cost(node, "AND, OR", rest, 0, rows * rest, 0, 0, span)


def _of_shown(compiled: Compiled, roles: _Roles) -> Iterator[Cost]:
    """Public values that the verifier puts beside each row: for an aggregate, else for the condition."""
    circuit = compiled.plan.circuit
    assert circuit is not None
    arguments = {compiled.plan.calls[i].argument for i in circuit.calls}
    sizes = {p.name: p.size for p in compiled.circuit.parameters} if compiled.circuit else {}
    for i, shown in enumerate(circuit.shown):
        node = roles.aggregate if shown in arguments else roles.filter
        clause = one_line(f"{render(shown)} of each row, public")
        yield Cost(node, clause, 0, 0, 0, sizes[shown_name(i)], 0, shown.span)


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
    opening = next(g for g in circuit.gadgets if isinstance(g, Opening))
    hashed = circuit.capacity * poseidon_constraints(len(opening.segments) + 1)
    domain = 1 << (circuit.constraints + public).bit_length()
    sizes = (hashed, circuit.constraints - hashed, domain)
    return Estimate(
        witness_seconds=_WITNESS.at(*sizes),
        prove_seconds=_PROVE.at(*sizes),
        memory_bytes=round(_MEMORY.at(*sizes)),
        key_bytes=round(_KEY.at(*sizes)),
        domain=domain,
    )
