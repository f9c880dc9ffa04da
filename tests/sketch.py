"""Questions about gadgets on their own: many small circuits in one, compiled once and taken apart again.

In: :class:`Trial`, which say how a gadget is drawn with inputs at N rows. Out: a question for each
(:class:`zkql.analysis.report.Case`): do its outputs and its advice follow from what is given?
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from zkql.analysis.report import Case
from zkql.analysis.slicing import component
from zkql.analysis.uniqueness import Question, defined_at, inputs_by_name, with_form
from zkql.circuit.build import HASHES, Circuit, write_circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.base import Gadget, Origin
from zkql.circuit.gadgets.products import Challenge
from zkql.circuit.gadgets.reveal import Reveal, RevealItems, RevealKnown
from zkql.circuit.gadgets.rows import Opening
from zkql.circuit.wires import Dims, Linear, Values, Wire
from zkql.crypto.field import P
from zkql.toolchain.constraints import Program

Draw = Callable[["Sketch", int], object]
Form = dict[str, int]
"""Factors by name of a wire's element: ``value[2]``."""


@dataclass(frozen=True)
class Trial:
    """``gadgets`` are those that it is about, drawn at N rows; () where a lowering draws them. ``form`` tells
    trials of one gadget apart. What the prover puts into ``free`` gadgets is its choice by design; ``remark``
    says why nothing depends on it, or what is premise."""

    gadgets: tuple[type[Gadget], ...]
    draw: Draw
    form: str = ""
    free: tuple[type[Gadget], ...] = ()
    remark: str = ""
    sizes: tuple[int, ...] = (2, 3, 4)
    states: str = ""
    """What is stated, if it is not what the one gadget says of itself."""

    @property
    def title(self) -> str:
        """Its name on the page."""
        names = " + ".join(kind.__name__ for kind in self.gadgets)
        return ": ".join(filter(None, (names, self.form)))


@dataclass(frozen=True, slots=True)
class Given:
    """Something given on the page, with its bounds; None for any field element."""

    label: str
    bounds: tuple[int, int] | None = None


@dataclass
class Sketch:
    """One trial in a draft."""

    draft: Draft
    prefix: str
    free: tuple[type[Gadget], ...]
    revealed: int = 0
    shown: list[Given] = field(default_factory=list)
    given: list[Wire] = field(default_factory=list)
    random: list[Wire] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    fixed: dict[str, Values] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    own: list[Gadget] = field(default_factory=list)

    def wire(self, label: str, dims: Dims, low: int = 0, high: int = P - 1) -> Wire:
        """A given wire; its bounds are premises."""
        bounds = (low, high) if high - low < P - 1 else None
        self.shown.append(Given(label, bounds))
        made = self._public(label, dims, low, high)
        self.given.append(made)
        return made

    def give(self, label: str, dims: Dims, low: int = 0, high: int = P - 1) -> Linear:
        """The same as a combination."""
        return self.wire(label, dims, low, high).linear

    def challenge(self) -> Linear:
        """A given wire that is random in every search."""
        self.shown.append(Given("a random challenge"))
        made = self._public("challenge", (), 0, P - 1)
        self.random.append(made)
        return made.linear

    def claim(self, label: str, dims: Dims, low: int, high: int) -> Linear:
        """A wire that is to follow; what uses it takes it to have the bounds, which are no premise."""
        made = self._public(label, dims, low, high)
        self.results.append(made.name)
        return made.linear

    def _public(self, label: str, dims: Dims, low: int, high: int) -> Wire:
        name, taken = f"{self.prefix}_{label.replace(' ', '_')}", {p.name for p in self.draft.given}
        while name in taken:
            name += "_"
        return self.draft.public(name, dims, low, high)

    def context(self) -> Linear:
        """The context of a proof. It is one number here: only hashes that are freed read it."""
        made = self._public("context", (), 7, 7)
        self.given.append(made)
        self.shown.append(Given("context"))
        return made.linear

    def put(self, kind: Callable[..., Gadget], *fields: Any, chosen: bool = False) -> Gadget:
        """The gadget in question. ``chosen``: its outputs are given too, as it is others that show that they
        are the right ones."""
        gadget = self.help(kind, *fields)
        self.own.append(gadget)
        if chosen:
            self.choose(gadget, *(w.name.removeprefix(f"{gadget.name}_") for w in gadget.outputs))
        return gadget

    def help(self, kind: Callable[..., Gadget], *fields: Any) -> Gadget:
        """Another gadget, that makes or checks what is given."""
        made = self.draft.put(kind, f"{self.prefix}_{getattr(kind, '__name__', 'gadget').lower()}", *fields)
        if not isinstance(made, (Reveal, RevealItems, RevealKnown)):
            for wire in made.outputs:
                self.want(wire.linear)
                if isinstance(made, self.free):
                    self.results.pop()
        return made

    def make(self, kind: Callable[..., Gadget], *fields: Any) -> Linear:
        """The one output of :meth:`help`."""
        (wire,) = self.help(kind, *fields).outputs
        return wire.linear

    def choose(self, gadget: Gadget, *ends: str) -> None:
        """Inputs of the prover that are given: those of a gadget whose names end so."""
        self.chosen += (f"{gadget.name}_{end}" for end in ends)
        self.shown += (Given(end.replace("_", " ")) for end in ends)

    def fix(self, name: str, values: Values) -> None:
        """An input of the prover that is given, and has these values."""
        self.chosen.append(name)
        self.fixed[name] = values

    def opened(self, opening: Opening) -> None:
        """What an opening opens is given: packed elements, and the salt."""
        self.shown.append(Given("the packed elements of each row"))
        self.forms += opened_elements(opening)
        self.choose(opening, "salt")

    def want(self, value: Linear) -> None:
        """An output."""
        self.revealed += 1
        self.results.append(f"{self.prefix}_result_{self.revealed}")
        self.draft.reveal(self.results[-1], value)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trial as it was drawn; ``gadgets`` are all that it made."""

    trial: Trial
    sketch: Sketch
    gadgets: tuple[Gadget, ...]

    @property
    def parameters(self) -> list[str]:
        """The prover's inputs."""
        return _inputs(self.gadgets)

    @property
    def constraints(self) -> int:
        """Of the gadgets in question; of all where it is many that were drawn."""
        counted = self.sketch.own or [g for g in self.gadgets if not isinstance(g, Reveal)]
        return sum(gadget.constraints() for gadget in counted)


@dataclass(frozen=True)
class Sheet:
    """Trials at N rows as one circuit, and the wires of its parameters by name."""

    circuit: Circuit
    program: Program
    drawn: tuple[Drawn, ...]
    wires: dict[str, tuple[int, ...]]

    @classmethod
    def make(cls, trials: Iterable[Trial], rows: int) -> Sheet:
        """Draw and compile."""
        draft = Draft(rows)
        drawn = tuple(_drawn(draft, trial, f"t{number}", rows) for number, trial in enumerate(trials))
        circuit = write_circuit(draft, ("Gadgets on their own.",))
        program = compile_circuit(circuit)
        wires = inputs_by_name(program, ((p.name, p.size) for p in circuit.parameters))
        return cls(circuit, program, drawn, wires)

    @property
    def titles(self) -> list[str]:
        """Of the trials."""
        return [drawn.trial.title for drawn in self.drawn]

    def cases(self) -> Iterator[Case]:
        """The question of each trial."""
        return (self._case(drawn) for drawn in self.drawn)

    def shown(self, title: str) -> Sequence[Given]:
        """What is given in a trial."""
        return next(drawn.sketch.shown for drawn in self.drawn if drawn.trial.title == title)

    def _case(self, drawn: Drawn) -> Case:
        sketch = drawn.sketch
        random = [w.name for w in sketch.random]
        all_given = [w.name for w in sketch.given] + sketch.chosen
        named = dict.fromkeys((*all_given, *random, *drawn.parameters, *sketch.results))
        program, inside = component(self.program, [w for name in named for w in self.wires[name]])

        def found(names: Iterable[str]) -> list[int]:
            return [inside[w] for name in names for w in self.wires[name] if w in inside]

        given, bounds = set(found(all_given)), {}
        for wire in sketch.given:
            if wire.high - wire.low < P - 1:
                bounds |= dict.fromkeys(found([wire.name]), (wire.low, wire.high))
        for name, values in sketch.fixed.items():
            bounds |= {w: (v, v) for w, v in zip(found([name]), values, strict=True)}
        freed = set(found(random))
        if not any(isinstance(g, Challenge) for g in sketch.own) and any(
            isinstance(g, Challenge) for g in drawn.gadgets
        ):
            freed |= {inside[w] for w in hashed(self.circuit, self.program) if w in inside}
        for factors in sketch.forms:
            program, wire = with_form(program, {inside[self._element(k)]: c for k, c in factors.items()})
            given.add(wire)
        free = frozenset(found(_inputs(g for g in drawn.gadgets if isinstance(g, sketch.free))))
        outputs = frozenset(found(sketch.results)) - given - freed
        advice = frozenset(found(drawn.parameters)) - given
        # What is made of free wires is as free as they are.
        everything = outputs | advice - free if free else frozenset(range(1, program.system.wires))
        question = Question(program, frozenset(given), everything, bounds, freed=frozenset(freed))
        names = {w: f"{n}[{i}]" for n in named for i, w in enumerate(found([n]))}
        return Case(question, outputs, free, drawn.constraints, names)

    def _element(self, text: str) -> int:
        name, _, index = text.rstrip("]").partition("[")
        return self.wires[name][int(index or 0)]


def _drawn(draft: Draft, trial: Trial, prefix: str, rows: int) -> Drawn:
    sketch = Sketch(draft, prefix, trial.free)
    start = len(draft.gadgets)
    draft.capacity, draft.context, draft.origin = rows, None, Origin(trial.title)
    trial.draw(sketch, rows)
    for wire in [*sketch.given, *sketch.random]:  # every public input has to reach a constraint
        draft.reveal(f"{wire.name}_echo", wire.linear)
    return Drawn(trial, sketch, tuple(draft.gadgets[start:]))


def _inputs(gadgets: Iterable[Gadget]) -> list[str]:
    return [p.name for gadget in gadgets for p in gadget.parameters if not p.public]


def hashed(circuit: Circuit, program: Program) -> frozenset[int]:
    """The wires that are made inside Poseidon."""
    spans = [span for region in circuit.regions if region.clause == HASHES for span in region.spans]
    return frozenset().union(*(defined_at(program, range(first, last + 1)) for first, last in spans))


def opened_elements(opening: Opening) -> list[Form]:
    """The packed elements of every slot as an opening forms them, but for constants."""
    found: list[Form] = []
    for slot in range(opening.capacity):
        for fields in opening.elements:
            factors: Form = {}
            for own in fields:
                sign = 1
                if own.largest is not None:
                    sign = -1 if own.largest else 1
                    factors[own.anchor] = 1 << own.shift
                for j in range(own.bits):
                    factors[f"{own.parameter}[{slot * own.bits + j}]"] = sign << own.shift + j
            if factors:
                found.append(factors)
    return found


def given_text(at_sizes: Sequence[tuple[int, Sequence[Given]]]) -> str:
    """What is given, with bounds; those that change with N are told by N."""
    columns = zip(*(shown for _, shown in at_sizes), strict=True)
    sizes = [rows for rows, _ in at_sizes]
    parts = []
    for column in columns:
        first = column[0]
        if first.bounds is None:
            parts.append(first.label)
            continue
        bounds = [given.bounds for given in column if given.bounds is not None]
        low, high = (_number([b[side] for b in bounds], sizes) for side in (0, 1))
        parts.append(f"{first.label} {low} … {high}")
    return ", ".join(dict.fromkeys(parts)) or "nothing"


def _number(values: Sequence[int], sizes: Sequence[int]) -> str:
    if len(set(values)) == 1:
        value = values[0]
        near = [k for k in range(10, 254) if abs(value) in (1 << k, (1 << k) - 1)]
        if not near:
            return str(value).replace("-", "−")
        power = f"{'−' if value < 0 else ''}2^{near[0]}"
        return power if abs(value) == 1 << near[0] else f"{power} − 1"
    for shift, text in ((0, "N"), (-1, "N − 1"), (1, "N + 1")):
        if all(v == n + shift for v, n in zip(values, sizes, strict=True)):
            return text
    return " / ".join(map(str, values))
