"""Gadgets on their own: a small circuit around them, compiled by ZoKrates and judged at the R1CS.

In: a function that takes public wires and returns what is to be revealed. Out: a :class:`Bench`, which
computes honest inputs, tells lies, and says whether the constraints accept them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from zkql.circuit.build import Circuit, write_circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.base import Spell, bits_of
from zkql.circuit.gadgets.reveal import Reveal
from zkql.circuit.solve import NO_LIES, flatten, solve
from zkql.circuit.wires import Dims, Environment, Linear, Values
from zkql.crypto.field import P
from zkql.toolchain.constraints import Program, Unsatisfied, evaluate

Build = Callable[..., Linear | Sequence[Linear]]
"""Takes the draft and one linear combination for each input; returns what is revealed."""


@dataclass(frozen=True)
class Bench:
    """A compiled circuit around gadgets. Public results are called ``result_0``, ``result_1`` …"""

    circuit: Circuit
    program: Program

    @classmethod
    def make(cls, build: Build, *, capacity: int = 4, **inputs: tuple[Dims, int, int]) -> Bench:
        """``inputs`` are dimensions and bounds by name; ``build`` gets them as wires, in order."""
        draft = Draft(capacity)
        wires = [draft.public(name, *shape).linear for name, shape in inputs.items()]
        made = build(draft, *wires)
        for number, revealed in enumerate([made] if isinstance(made, Linear) else made):
            draft.reveal(f"result_{number}", revealed)
        circuit = write_circuit(draft, ("A gadget on its own.",))
        return cls(circuit, compile_circuit(circuit))

    @property
    def constraints(self) -> int:
        """Constraints without those that reveal."""
        revealed = sum(g.constraints() for g in self.circuit.gadgets if isinstance(g, Reveal))
        return self.circuit.constraints - revealed

    def solve(
        self, *, lies: Environment = NO_LIES, spell: Spell = bits_of, **inputs: Values
    ) -> dict[str, Values]:
        """Everything, from the inputs."""
        return solve(self.circuit.gadgets, inputs, lies=lies, spell=spell)

    def results(self, **inputs: Values) -> list[Values]:
        """The revealed values of honest inputs, which the circuit must accept."""
        values = self.solve(**inputs)
        assert self.accepts(values), f"honest inputs are refused: {inputs}"
        return [values[w.name] for g in self.circuit.gadgets if isinstance(g, Reveal) for w in g.outputs]

    def accepts(self, values: Environment) -> bool:
        """Whether the R1CS is satisfied."""
        return self.violation(values) is None

    def violation(self, values: Environment) -> int | None:
        """The line of the source whose constraint does not hold; None if all hold."""
        flat = [v % P for v in flatten(self.circuit.parameters, values)]
        try:
            witness = evaluate(self.program, flat)
        except Unsatisfied as failure:
            return failure.line
        assert not list(self.program.system.violations(witness))
        return None


def cram(value: int, width: int) -> list[int]:
    """A number that does not fit is put whole into the lowest "bit"."""
    if 0 <= value < 1 << width:
        return bits_of(value, width)
    return [value % P, *[0] * (width - 1)]


def truncate(value: int, width: int) -> list[int]:
    """A number that does not fit is cut."""
    return [value >> j & 1 for j in range(width)]


def halve(value: int, width: int) -> list[int]:
    """Half of a number that does not fit is put into the "bit" above the lowest."""
    if 0 <= value < 1 << width:
        return bits_of(value, width)
    return [0, value * pow(2, -1, P) % P, *[0] * (width - 2)][:width]


SPELLINGS: Mapping[str, Spell] = {"cram": cram, "truncate": truncate, "halve": halve}


def lies(
    bench: Bench, inputs: Environment, changes: Sequence[int] = (1, -1)
) -> Iterator[tuple[str, Environment]]:
    """For each wire that a gadget makes, each of its elements, each change and each spelling: what a prover
    claims who is wrong about that one element and works everything else out from it, results included."""
    honest = solve(bench.circuit.gadgets, inputs)
    for gadget in bench.circuit.gadgets:
        for wire in gadget.outputs:
            for place in range(prod(wire.dims)):
                true = honest[wire.name][place]
                for false in {true + change for change in changes} | {0, 1, 1 - true, -true} - {true}:
                    if (false - true) % P == 0:
                        continue
                    claimed = list(honest[wire.name])
                    claimed[place] = false
                    for name, spell in SPELLINGS.items():
                        yield (
                            f"{wire.name}[{place}] = {false} for {true}, {name}",
                            solve(bench.circuit.gadgets, inputs, lies={wire.name: claimed}, spell=spell),
                        )
