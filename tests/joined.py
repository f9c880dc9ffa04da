"""Joins on a bench: what a lowering makes of public wires, with a context; a prover who claims otherwise."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product, zip_longest

from tests.gadgets import SPELLINGS, Bench
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.base import Spell
from zkql.circuit.gadgets.lookup import Found, Lookup
from zkql.circuit.gadgets.rows import Context
from zkql.circuit.gadgets.tables import Marked
from zkql.circuit.solve import flatten, solve
from zkql.circuit.wires import Dims, Environment, Linear, Values, width_of
from zkql.crypto.field import P

Shape = tuple[Dims, int, int]
CONTEXT = [12345]
Change = tuple[int, str, int, int]
"""One element that is another: from which gadget on that matters, the name, the place, what it is instead."""


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
        """What a prover gives who claims these outputs, and bits of what is too wide for them cut."""
        return self.bench.solve(lies=claims, spell=SPELLINGS["truncate"], **self.inputs(**given))

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
        return any(map(self.accepts, self._spelled(0, self.inputs(**given), claims)))

    def writes(self, given: Environment, **parameters: Values) -> bool:
        """Whether a prover gets through who changes these parameters, and nothing else."""
        honest = self.solve(given)
        changed = honest | parameters
        assert self.flat(changed) != self.flat(honest)
        return self.accepts(changed)

    def false_claims(self, given: Environment, most: int | None = None) -> Iterator[tuple[str, Environment]]:
        """What is told differently from the truth: one output claimed falsely and everything after worked out
        from it, with every spelling; one private input changed; every number with p added; and what is aimed
        at an argument. ``most`` changes are drawn where there are more, of every name as many."""
        inputs = self.inputs(**given)
        before = [dict(inputs)]
        for gadget in self.bench.circuit.gadgets:
            before.append(solve([gadget], before[-1]))
        honest = before.pop()
        told = {tuple(self.flat(honest))}
        drawn = sample([*self._outputs(honest), *self._written(honest)], most)
        false = chain.from_iterable(self._told(change, before, honest) for change in drawn)
        for claim, values in chain(self._beyond(inputs), self._aimed(inputs, honest), false):
            flat = tuple(self.flat(values))
            if flat not in told:
                told.add(flat)
                yield claim, values

    def _outputs(self, honest: Environment) -> Iterator[Change]:
        for number, gadget in enumerate(self.bench.circuit.gadgets):
            for wire in gadget.outputs:
                for place, true in enumerate(honest[wire.name]):
                    for false in sorted({true + 1, true - 1, 0, 1, 1 - true, -true}):
                        if (false - true) % P:
                            yield number, wire.name, place, false

    def _written(self, honest: Environment) -> Iterator[Change]:
        end = len(self.bench.circuit.gadgets)
        for parameter in self.bench.circuit.parameters:
            for place, true in enumerate(honest[parameter.name] if not parameter.public else ()):
                for false in sorted({true + 1, 1 - true, -true}):
                    if (false - true) % P:
                        yield end, parameter.name, place, false

    def _told(
        self, change: Change, before: Sequence[Environment], honest: Environment
    ) -> Iterator[tuple[str, Environment]]:
        number, name, place, false = change
        changed = [*honest[name][:place], false, *honest[name][place + 1 :]]
        if number == len(before):
            yield f"{name}[{place}] = {false}", {**honest, name: changed}
            return
        for values in self._spelled(number, before[number], {name: changed}):
            yield f"{name}[{place}] = {false} claimed", values

    def _spelled(self, start: int, given: Environment, claims: Environment) -> Iterator[dict[str, Values]]:
        """With each spelling, if any number needs one."""
        for spell in SPELLINGS.values():
            odd: list[int] = []

            def noted(value: int, width: int, spell: Spell = spell, odd: list[int] = odd) -> list[int]:
                odd.extend([] if 0 <= value < 1 << width else [value])
                return spell(value, width)

            yield solve(self.bench.circuit.gadgets[start:], given, lies=claims, spell=noted)
            if not odd:
                return

    def _beyond(self, inputs: Environment) -> Iterator[tuple[str, Environment]]:
        for name, spell in SPELLINGS.items():

            def added(value: int, width: int, spell: Spell = spell) -> list[int]:
                return spell(value % P + P, width)

            yield f"x + p, {name}", solve(self.bench.circuit.gadgets, inputs, spell=added)

    def _aimed(self, inputs: Environment, honest: Environment) -> Iterator[tuple[str, Environment]]:
        gadgets = self.bench.circuit.gadgets
        for number, gadget in enumerate(gadgets):
            if isinstance(gadget, Marked):
                yield from self._marked_elsewhere(gadget, inputs, honest)
            if isinstance(gadget, Lookup):
                for wire in (w for g in gadgets[:number] if isinstance(g, Found) for w in g.outputs):
                    claim = {wire.name: [honest[wire.name][0] + 1, *honest[wire.name][1:]]}
                    yield from self._made_up(gadget, inputs, claim)

    def _marked_elsewhere(
        self, marked: Marked, inputs: Environment, honest: Environment
    ) -> Iterator[tuple[str, Environment]]:
        """A row marks another entry than its own, and has the payload of that one."""
        _, _, *columns = marked.read(honest)
        for row, entry in product(range(marked.rows), range(marked.entries)):
            claim = {w.name: list(honest[w.name]) for w in marked.payload}
            for wire, column in zip(marked.payload, columns, strict=True):
                claim[wire.name][row] = column[entry]
            values = solve(self.bench.circuit.gadgets, inputs, lies=claim)
            name = f"{marked.name}_mark"
            marks = list(values[name])
            marks[row * marked.entries : (row + 1) * marked.entries] = [
                int(j == entry) for j in range(marked.entries)
            ]
            yield f"{name}: row {row} has entry {entry}", {**values, name: marks}

    def _made_up(
        self, lookup: Lookup, inputs: Environment, claim: dict[str, Values]
    ) -> Iterator[tuple[str, Environment]]:
        """A share makes up for a false row: it is nobody's. Or two counts of entries do, which are packed for
        the challenge as the true ones: this fails only because neither of them is a small number."""
        gadgets = self.bench.circuit.gadgets
        ((times, _),) = lookup.times.terms
        said = solve(gadgets, inputs, lies=claim, spell=SPELLINGS["truncate"])
        rows, entries = (f"{lookup.name}_{side}_share" for side in ("row", "entry"))
        missing = (sum(said[rows]) - lookup.scale * sum(said[entries])) * pow(lookup.scale, -1, P)
        about = ", ".join(claim)
        first, *others = said[rows]
        yield f"{rows} made up for {about}", {**said, rows: [first - missing * lookup.scale, *others]}
        first, *others = said[entries]
        yield f"{entries} made up for {about}", {**said, entries: [first + missing, *others]}
        if times.dims[0] < 2:
            return
        inverse, base = self._inverses(lookup, said), 1 << width_of(times.low, times.high)
        more = missing * pow(inverse[1] - base * inverse[0], -1, P) % P
        first, second, *others = said[times.name]
        chosen = claim | {times.name: [(first - base * more) % P, (second + more) % P, *others]}
        chosen |= {w.name: said[w.name] for c in lookup.challenges for w, _ in c.terms}
        for name, spell in SPELLINGS.items():
            yield (
                f"{times.name} made up for {about}, {name}",
                solve(gadgets, inputs, lies=chosen, spell=spell),
            )

    def _inverses(self, lookup: Lookup, said: Environment) -> Values:
        """Of the distances of entries from the challenge."""
        inputs = lookup.read(said)
        place = len(lookup.challenges) + 1
        inputs[place] = [1] * len(inputs[place])
        return lookup.advise(inputs, [], SPELLINGS["truncate"])[f"{lookup.name}_entry_share"]

    def flat(self, values: Environment) -> list[int]:
        return [v % P for v in flatten(self.bench.circuit.parameters, values)]


def sample(changes: Sequence[Change], most: int | None) -> list[Change]:
    """So many of them: in turn one of each name, until there are no more."""
    if most is None or len(changes) <= most:
        return list(changes)
    of_names: dict[str, list[Change]] = {}
    for change in random.Random(len(changes)).sample(changes, len(changes)):
        of_names.setdefault(change[1], []).append(change)
    in_turn = chain.from_iterable(zip_longest(*of_names.values()))
    return [change for change in in_turn if change is not None][:most]
