"""Leave out what cannot matter. In: constraints. Out: those that say anything about the kept wires;
or a program's part that has to do with some wires, as a program of its own.

A wire that only one constraint mentions, and that this constraint can always be solved for, is a
definition that nothing uses: without it the rest has the same assignments. Taken away again and
again, whole hashes go.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.toolchain.constraints import ConstraintSystem, Program

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from zkql.toolchain.constraints import Combination, Constraint


@dataclass(frozen=True, slots=True)
class Slice:
    """``constraints`` that are left, and each wire that was taken away with its definition."""

    constraints: tuple[Constraint, ...]
    dropped: tuple[tuple[int, Constraint], ...]

    def complete(self, values: list[int], prime: int) -> None:
        """Give the dropped wires their values, in place."""
        for wire, (a, b, c) in reversed(self.dropped):
            at = []
            for guess in (0, 1):
                values[wire] = guess
                at.append((_dot(a, values) * _dot(b, values) - _dot(c, values)) % prime)
            values[wire] = -at[0] * pow(at[1] - at[0], -1, prime) % prime


def slice_definitions(constraints: Sequence[Constraint], keep: Collection[int], prime: int) -> Slice:
    """Take away definitions of wires outside ``keep`` that nothing uses."""
    uses: dict[int, set[int]] = {}
    for index, constraint in enumerate(constraints):
        for wires, _ in constraint:
            for wire in wires:
                uses.setdefault(wire, set()).add(index)
    kept = {0, *keep}
    waiting = [w for w, used in uses.items() if len(used) == 1 and w not in kept]
    dropped: dict[int, int] = {}
    while waiting:
        wire = waiting.pop()
        if len(uses[wire]) != 1:
            continue
        (index,) = uses[wire]
        constraint = constraints[index]
        if not _defines(constraint, wire, prime):
            continue
        dropped[index] = wire
        for wires, _ in constraint:
            for other in wires:
                uses[other].discard(index)
                if len(uses[other]) == 1 and other not in kept:
                    waiting.append(other)
    return Slice(
        tuple(c for i, c in enumerate(constraints) if i not in dropped),
        tuple((wire, constraints[index]) for index, wire in dropped.items()),
    )


def _defines(constraint: Constraint, wire: int, prime: int) -> bool:
    """Whether the constraint has exactly one solution for ``wire``, whatever the others are."""
    (a, a_constant), (b, b_constant), (c, _) = map(_parts, constraint)
    if (wire in a and b_constant is None) or (wire in b and a_constant is None):
        return False
    coefficient = a.get(wire, 0) * (b_constant or 0) + b.get(wire, 0) * (a_constant or 0) - c.get(wire, 0)
    return coefficient % prime != 0


def _parts(combination: Combination) -> tuple[Mapping[int, int], int | None]:
    """Terms, and the value if it is a constant."""
    terms: dict[int, int] = {}
    for wire, value in zip(*combination, strict=True):
        terms[wire] = terms.get(wire, 0) + int(value)
    return terms, terms.get(0, 0) if not set(terms) - {0} else None


def _dot(combination: Combination, values: list[int]) -> int:
    return sum(int(c) * values[w] for w, c in zip(*combination, strict=True))


def component(program: Program, wires: Iterable[int]) -> tuple[Program, dict[int, int]]:
    """The constraints that are linked to ``wires``, directly or by others, over wires numbered anew; and the
    new number of each wire."""
    system = program.system
    members = [{w for wires, _ in constraint for w in wires} - {0} for constraint in system.constraints]
    uses: dict[int, list[int]] = {}
    for index, own in enumerate(members):
        for wire in own:
            uses.setdefault(wire, []).append(index)
    waiting = list(wires)
    linked, chosen = set(waiting), set[int]()
    while waiting:
        for index in uses.get(waiting.pop(), []):
            if index not in chosen:
                chosen.add(index)
                waiting += members[index] - linked
                linked |= members[index]
    number = {0: 0} | {wire: place for place, wire in enumerate(sorted(linked), 1)}
    order = sorted(chosen)
    public = sum(wire <= system.public for wire in linked)
    inputs = tuple(number[wire] for wire in program.inputs if wire in number)
    part = ConstraintSystem(
        len(number),
        len(inputs),
        public,
        tuple(_renumbered(system.constraints[index], number) for index in order),
        array("I", (system.lines[index] for index in order)),
    )
    defines = array("I", (number[program.defines[index]] for index in order))
    return Program(part, inputs, defines), number


def _renumbered(constraint: Constraint, number: Mapping[int, int]) -> Constraint:
    a, b, c = ((tuple(number[w] for w in wires), values) for wires, values in constraint)
    return a, b, c
