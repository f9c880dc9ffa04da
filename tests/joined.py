"""Joins on a bench: what a lowering makes of public wires, with a context; a prover who claims otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.gadgets import SPELLINGS, Bench, lies
from tests.statistic import one_changed
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.rows import Context
from zkql.circuit.solve import flatten
from zkql.circuit.wires import Dims, Environment, Linear, Values
from zkql.crypto.field import P

Shape = tuple[Dims, int, int]
CONTEXT = [12345]


@dataclass(frozen=True)
class Joining:
    """A compiled join, with what it reveals by name; ``given`` is what the prover knows beside the inputs."""

    bench: Bench
    revealed: tuple[str, ...]
    given: Mapping[str, Values]

    @classmethod
    def make(
        cls,
        build: Callable[..., Mapping[str, Linear]],
        capacity: int,
        given: Mapping[str, Values] | None = None,
        **shapes: Shape,
    ) -> Joining:
        """``build`` takes the draft and the wires, and returns what is revealed by name."""
        names: list[str] = []

        def whole(draft: Draft, context: Linear, *wires: Linear) -> Sequence[Linear]:
            draft.context = context
            draft.put(Context, "bind_context", context)
            made = build(draft, *wires)
            names.extend(made)
            return [*made.values(), *wires]  # every public input reaches a constraint

        bench = Bench.make(whole, capacity=capacity, context=((), 0, P - 1), **shapes)
        return cls(bench, tuple(names), given or {})

    def inputs(self, **inputs: Values) -> dict[str, Values]:
        return {"context": CONTEXT, **self.given, **inputs}

    def results(self, **inputs: Values) -> dict[str, Values]:
        """What honest inputs reveal; the circuit must accept them."""
        found = self.bench.results(**self.inputs(**inputs))
        return dict(zip(self.revealed, found, strict=False))

    def solve(self, given: Environment, **claims: Values) -> dict[str, Values]:
        return self.bench.solve(lies=claims, **self.inputs(**given))

    def revealed_by(self, values: Environment) -> dict[str, Values]:
        """What a proof with these values reveals."""
        return {name: values[f"result_{number}"] for number, name in enumerate(self.revealed)}

    def accepts(self, values: Environment) -> bool:
        return self.bench.accepts(values)

    def claims(self, given: Environment, **claims: Values) -> bool:
        """Whether a prover gets through, with any spelling, who claims these outputs of gadgets, and works
        everything else out from them, the challenge and what is revealed included."""
        made = {w.name: w for g in self.bench.circuit.gadgets for w in g.outputs}
        for name, values in claims.items():
            assert len(values) == len(self.solve(given)[name]), made[name]
        inputs = self.inputs(**given)
        return any(
            self.accepts(self.bench.solve(lies=claims, spell=spell, **inputs)) for spell in SPELLINGS.values()
        )

    def writes(self, given: Environment, **parameters: Values) -> bool:
        """Whether a prover gets through who changes these parameters, and nothing else."""
        honest = self.solve(given)
        changed = honest | parameters
        assert self.flat(changed) != self.flat(honest)
        return self.accepts(changed)

    def false_claims(self, given: Environment) -> Iterator[tuple[str, Environment]]:
        """Every systematic lie, and every private input changed, that is told differently from the truth."""
        inputs = self.inputs(**given)
        honest = self.bench.solve(**inputs)
        truth = self.flat(honest)
        for name, claimed in lies(self.bench, inputs):
            if self.flat(claimed) != truth:
                yield name, claimed
        yield from one_changed(self.bench, honest)

    def flat(self, values: Environment) -> list[int]:
        return [v % P for v in flatten(self.bench.circuit.parameters, values)]
