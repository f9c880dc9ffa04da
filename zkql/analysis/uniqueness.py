"""Do the wanted wires of a circuit follow from the given ones?

In: a :class:`Question`: a compiled program, which wires are given, which are wanted, intervals that
are known. Out: a :class:`Verdict`. It is found in three steps, each for what the one before left:

1. propagation (:mod:`zkql.analysis.closure`): a proof for all inputs;
2. refutation of every pair of assignments that differ (:mod:`zkql.analysis.twins`): again a proof
   for all inputs, or a counterexample;
3. search of all assignments for concrete inputs: all of them where they are few, else random and
   extreme ones.

A counterexample is two assignments that agree on what is given and differ in a wanted wire; both are
checked against the R1CS itself. The solvers on PyPI do not help: z3 has no finite fields, and cvc5's
wheel comes without CoCoA, which its finite-field theory needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import TYPE_CHECKING

from gmpy2 import mpz

from zkql.analysis.closure import Closure
from zkql.analysis.inputs import concrete_inputs
from zkql.analysis.normal import Interval, Normal, normalise
from zkql.analysis.propagate import Propagator
from zkql.analysis.search import Search
from zkql.analysis.slicing import Slice, slice_definitions
from zkql.analysis.store import Contradiction, Store
from zkql.analysis.twins import twins
from zkql.crypto.field import P
from zkql.toolchain.constraints import Constraint, ConstraintSystem, Program

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Outcome(Enum):
    """What was found."""

    PROVEN = "proven for all inputs"
    SEARCHED = "unique for the inputs searched"
    COUNTEREXAMPLE = "counterexample"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Question:
    """``given`` wires are the same in both assignments; ``wanted`` wires must then be too, None for
    all. ``bounds`` are premises: intervals that the verifier or an opened commitment guarantees.
    ``premises`` are constraints with the same guarantee. ``freed`` wires are those of a hash, such as a
    challenge: given, without the constraints that define them, and always random in a search.
    ``samples`` are inputs to search first, as values of given wires."""

    program: Program
    given: frozenset[int]
    wanted: frozenset[int] | None = None
    bounds: Mapping[int, Interval] = field(default_factory=dict)
    premises: tuple[Constraint, ...] = ()
    freed: frozenset[int] = frozenset()
    samples: tuple[Mapping[int, int], ...] = ()
    prime: int = P


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work is done. ``proof_nodes``: a wire, in the rounds of step 2, each of which ends
    after ``failures`` wires in vain; ``nodes``: one input, in step 3."""

    proof_nodes: tuple[int, ...] = (40, 400)
    failures: int = 6
    nodes: int = 20_000
    exhaustive: int = 4096
    random: int = 12
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Two witnesses that agree on the given wires and differ in ``wire``."""

    wire: int
    first: tuple[int, ...]
    second: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wanted`` wires, those of them ``proven`` for all inputs, and for the others how many inputs were
    decided, and how many of these have an assignment; ``exhaustive`` if they are all there are."""

    outcome: Outcome
    wanted: frozenset[int]
    proven: frozenset[int]
    inputs: int = 0
    satisfiable: int = 0
    exhaustive: bool = False
    counterexample: Counterexample | None = None
    reason: str = ""

    @property
    def unique(self) -> bool:
        """Whether nothing was found against it."""
        return self.outcome in (Outcome.PROVEN, Outcome.SEARCHED)


def decide(question: Question, limits: Limits = Limits()) -> Verdict:
    """Whether the wanted wires are unique."""
    return _Decision(question, limits).verdict()


def has_assignment(question: Question, limits: Limits = Limits()) -> bool:
    """Whether some input within the limits has an assignment. Where none has, a proof says nothing."""
    decision = _Decision(question, limits)
    try:
        store = decision.propagator.start()
    except Contradiction:
        return False
    states = concrete_inputs(decision.propagator, store, question, limits).states
    return any(next(decision.searcher().run(state), None) is not None for state in states)


def with_form(program: Program, terms: Mapping[int, int]) -> tuple[Program, int]:
    """The program with one more wire, the linear combination ``terms``: something committed that
    has no wire of its own, say."""
    system = program.system
    wire = system.wires
    combination = tuple(terms), tuple(mpz(c % P) for c in terms.values())
    constraint = combination, ((0,), (mpz(1),)), ((wire,), (mpz(1),))
    larger = ConstraintSystem(
        wire + 1,
        system.inputs,
        system.public,
        (*system.constraints, constraint),
        system.lines + type(system.lines)("I", [0]),
    )
    return Program(larger, program.inputs, program.defines + type(program.defines)("I", [wire])), wire


def inputs_by_name(program: Program, sizes: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """The wires of each parameter of ``main``, from their names and sizes in order."""
    found: dict[str, tuple[int, ...]] = {}
    position = 0
    for name, size in sizes:
        found[name] = program.inputs[position : position + size]
        position += size
    if position != len(program.inputs):
        raise ValueError(f"{position} inputs named, the circuit has {len(program.inputs)}")
    return found


def defined_at(program: Program, lines: range) -> frozenset[int]:
    """The wires that constraints from these lines of the source define: those of a hash function, to
    free them."""
    return frozenset(
        wire
        for wire, line in zip(program.defines, program.system.lines, strict=True)
        if wire and line in lines
    )


class _Decision:
    def __init__(self, question: Question, limits: Limits) -> None:
        self.question, self.limits = question, limits
        system, freed = question.program.system, question.freed
        self.given = question.given | freed | {0}
        stated = zip(system.constraints, question.program.defines, strict=True)
        self.stated = tuple(c for c, defined in stated if defined not in freed) + question.premises
        keep = self.given | set(question.bounds) | (question.wanted or set())
        self.slice: Slice = slice_definitions(self.stated, keep, question.prime)
        self.normal: Normal = normalise(self.slice.constraints, system.wires, question.bounds, question.prime)
        dropped = {wire for wire, _ in self.slice.dropped}
        wanted = range(1, system.wires) if question.wanted is None else question.wanted
        # A definition that nothing uses is unique if what it is made of is.
        self.wanted = frozenset(wanted) - self.given - dropped
        self.propagator = Propagator(self.normal)

    def random(self) -> Random:
        """Repeatable choices; no secret depends on them."""
        return Random(self.limits.seed)  # noqa: S311

    def verdict(self) -> Verdict:
        try:
            store = self.propagator.start()
        except Contradiction:
            return self._verdict(Outcome.UNDECIDED, set(), reason="no assignment satisfies the constraints")
        unique = Closure(self.propagator, store, self.given).grow()
        found = self._refute_pairs(store, unique)
        if isinstance(found, Counterexample):
            return self._verdict(Outcome.COUNTEREXAMPLE, unique, counterexample=found)
        unique = found
        left = sorted(w for w in self.wanted if w not in unique and not store.fixed(w))
        if not left:
            return self._verdict(Outcome.PROVEN, {*unique, *self.wanted})
        return self._search(store, unique, left)

    def _verdict(self, outcome: Outcome, unique: set[int], **more: object) -> Verdict:
        return Verdict(outcome, self.wanted, self.wanted & unique, **more)  # type: ignore[arg-type]

    # --- step 2 ---

    def _refute_pairs(self, store: Store, unique: set[int]) -> set[int] | Counterexample:
        """More unique variables, or a counterexample."""
        level = 0
        while level < len(self.limits.proof_nodes):
            before = len(unique)
            pairs = twins(self.normal, store, unique, self.wanted)
            propagator = Propagator(pairs.system)
            start = propagator.start()
            for learn in pairs.excluded:
                learn(start)
            failures = 0
            for wire in self._candidates(store, pairs.difference):
                if wire in unique:
                    continue
                search = Search(
                    propagator, self.random(), self.limits.proof_nodes[level], widest=64, most_open=0
                )
                search.focus = pairs.neighbours(wire)
                root = start.copy()
                try:
                    pairs.differ(wire, root)(root)
                    pair = next(search.run(root), None)
                except Contradiction:
                    pair = None
                if pair is not None and wire in self.wanted and not self.question.freed:
                    return self._counterexample(pair, pairs.other(pair), wire)
                if pair is None and search.complete:
                    unique = Closure(self.propagator, store, {*unique, wire}).grow()
                elif (failures := failures + 1) == self.limits.failures:
                    break
            level = 0 if len(unique) > before else level + 1
        return unique

    def _candidates(self, store: Store, apart: Collection[int]) -> list[int]:
        """Wires to try: the wanted ones, then factors, which may help to prove others; bits last."""
        if not self.wanted & set(apart):
            return []
        factors = {term.variable for product in self.normal.products for term in product}
        useful = [w for w in apart if w in self.wanted or w in factors]
        return sorted(useful, key=lambda w: (w not in self.wanted, store.width(w) == 1, w))

    # --- step 3 ---

    def _search(self, store: Store, unique: set[int], left: list[int]) -> Verdict:
        decided = satisfiable = 0
        stream = concrete_inputs(self.propagator, store, self.question, self.limits)
        for state in stream.states:
            search = self.searcher()
            honest = next(search.run(state), None)
            if honest is None:
                if not search.complete:
                    return self._undecided(unique, decided, satisfiable, search, "an assignment")
                decided += 1
                continue
            satisfiable += 1
            for wire in sorted(self.given):
                state.fix(wire, honest[wire])
            search = self.searcher()
            search.avoid = {wire: honest[wire] for wire in left}
            other = next(search.run(state), None)
            if other is not None:
                wire = next(w for w in left if honest[w] != other[w])
                found = self._counterexample(honest, other, wire)
                return self._verdict(
                    Outcome.COUNTEREXAMPLE,
                    unique,
                    inputs=decided,
                    satisfiable=satisfiable,
                    counterexample=found,
                )
            if not search.complete:
                return self._undecided(unique, decided, satisfiable, search, "a second assignment")
            decided += 1
        if not satisfiable:
            return self._verdict(
                Outcome.UNDECIDED, unique, inputs=decided, reason="no input tried has an assignment"
            )
        return self._verdict(
            Outcome.SEARCHED,
            unique,
            inputs=decided,
            satisfiable=satisfiable,
            exhaustive=stream.exhaustive,
        )

    def searcher(self) -> Search:
        """For one input."""
        return Search(self.propagator, self.random(), self.limits.nodes)

    def _undecided(
        self, unique: set[int], decided: int, satisfiable: int, search: Search, what: str
    ) -> Verdict:
        why = (
            f"{self.limits.nodes:,} nodes were not enough to search for {what}"
            if search.exhausted
            else f"a product of two unknowns without bounds was in the way of {what}"
        )
        return self._verdict(Outcome.UNDECIDED, unique, inputs=decided, satisfiable=satisfiable, reason=why)

    # --- checking ---

    def _counterexample(self, first: list[int], second: list[int], wire: int) -> Counterexample:
        """Complete both witnesses, and hold them against the constraints that were asked about."""
        witnesses = []
        for values in (first, second):
            witness = [v % self.question.prime for v in values[: self.question.program.system.wires]]
            self.slice.complete(witness, self.question.prime)
            witnesses.append(tuple(witness))
            for constraint in self.stated:
                a, b, c = (
                    sum(int(k) * witness[w] for w, k in zip(*part, strict=True)) for part in constraint
                )
                assert (a * b - c) % self.question.prime == 0, "a witness found does not satisfy the R1CS"
            for bounded, (low, high) in self.question.bounds.items():
                assert (witness[bounded] - low) % self.question.prime <= high - low, "a premise is broken"
        one, other = witnesses
        assert all(one[w] == other[w] for w in self.given), "the witnesses differ in what is given"
        assert one[wire] != other[wire], "the witnesses do not differ"
        return Counterexample(wire, one, other)
