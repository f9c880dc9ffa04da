"""Statistics on their own: subjects (see :mod:`tests.selections`) of calls with constants and an order, and a
prover who changes anything in a proof."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from tests.gadgets import SPELLINGS, Bench
from tests.selections import Form, Lowering, Row, Subject, windows
from zkql.circuit.draft import Draft
from zkql.circuit.lower.answer import Answer, Operand
from zkql.circuit.lower.constants import operand_of
from zkql.circuit.lower.selection import Selection
from zkql.circuit.solve import solve
from zkql.circuit.wires import Environment, Linear, constant
from zkql.crypto.field import P
from zkql.plan.calls import Aggregation, SortKey
from zkql.plan.expressions import Column, Literal, columns_of
from zkql.plan.functions.aggregates import HYPOTHETICAL, Function
from zkql.plan.interpret import aggregated
from zkql.plan.types import SqlType


def over(function: Function, *kinds: SqlType) -> Aggregation:
    """``function(x0, x1 …)``."""
    return Aggregation(function, tuple(Column(f"x{i}", kind, True) for i, kind in enumerate(kinds)))


def within(
    function: Function,
    literal: Literal,
    kind: SqlType,
    *,
    descending: bool = False,
    nulls_first: bool = True,
) -> Aggregation:
    """``function(literal) WITHIN GROUP (ORDER BY x0)``."""
    key = SortKey(Column("x0", kind, True), descending, nulls_first)
    return Aggregation(function, (literal,), order=(key,))


@dataclass(frozen=True)
class Statistic(Subject):
    """A call, compiled."""

    @classmethod
    def of(
        cls,
        lowering: Lowering,
        call: Aggregation,
        *,
        form: Form = Form.ALL,
        nullable: bool = False,
        capacity: int = 4,
        groups: int = 2,
    ) -> Self:
        columns = {c.name: c.type for e in call.expressions for c in columns_of(e)}
        shapes = statistic_shapes(columns, form, nullable=nullable, capacity=capacity, groups=groups)

        def build(draft: Draft, *wires: Linear) -> list[Linear]:
            named = dict(zip(shapes, wires, strict=True))
            answer = lowered(draft, named, lowering, call)
            known = constant(1) if answer.known is None else answer.known
            return [answer.value, known, *wires]

        bench = Bench.make(build, capacity=capacity, **shapes)
        return cls(bench, call, tuple(columns.values()), form, nullable, capacity, groups)

    def answers(self, rows: Sequence[Row]) -> list[int | None]:
        values, known, *_ = self.bench.results(**self.inputs(rows))
        return answers_of(values, known, self.groups if self.form.grouped else 1)

    def meant(self, rows: Sequence[Row]) -> list[int | None]:
        found = []
        for group in range(self.groups if self.form.grouped else 1):
            seen = [r for r in rows if not self.form.grouped or r.group == group]
            seen = [r for r in seen if not self.form.masked or r.selected]
            found.append(aggregated(self.call, [{f"x{i}": v for i, v in enumerate(r.values)} for r in seen]))
        return found  # type: ignore[return-value]

    def windows(self, seed: int, count: int) -> Iterator[list[Row]]:
        source = random.Random(seed)
        sizes = {"capacity": self.capacity, "groups": self.groups, "nullable": self.nullable}
        for rows in windows(source, self.kinds, count, **sizes):
            yield [replace(row, values=self._held(row.values)) for row in rows]

    def _held(self, values: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Values within their types."""
        ends = [kind.bounds for kind in self.kinds]
        return tuple(
            None if v is None else min(max(v, e[0]), e[1]) for v, e in zip(values, ends, strict=True)
        )

    def claims(self, rows: Sequence[Row], **lies: list[int]) -> bool:
        """Whether a prover gets through, with any spelling, who claims these outputs of gadgets."""
        made = {w.name for g in self.bench.circuit.gadgets for w in g.outputs}
        assert lies.keys() <= made, made
        return any(
            self.accepts(self.bench.solve(lies=lies, spell=spell, **self.inputs(rows)))
            for spell in SPELLINGS.values()
        )

    def changes(self, rows: Sequence[Row]) -> Iterator[tuple[str, Environment]]:
        """The honest proof with one private input changed, and with numbers spelled as if p were added."""
        honest = self.bench.solve(**self.inputs(rows))
        yield from one_changed(self.bench, honest)
        for name, spell in SPELLINGS.items():
            claimed = solve(
                self.bench.circuit.gadgets,
                self.inputs(rows),
                spell=lambda value, width, spell=spell: spell(value % P + P, width),
            )
            if self.flat(claimed) != self.flat(honest):
                yield f"x + p, {name}", claimed


@dataclass(frozen=True)
class Battery:
    """Many calls over the same columns in one circuit."""

    subjects: tuple[Statistic, ...]
    """One for each call; all on the same bench."""

    @classmethod
    def of(
        cls,
        calls: Sequence[tuple[Lowering, Aggregation]],
        *,
        form: Form = Form.ALL,
        nullable: bool = False,
        capacity: int = 4,
        groups: int = 2,
    ) -> Self:
        columns = {c.name: c.type for _, call in calls for e in call.expressions for c in columns_of(e)}
        shapes = statistic_shapes(columns, form, nullable=nullable, capacity=capacity, groups=groups)

        def build(draft: Draft, *wires: Linear) -> list[Linear]:
            named = dict(zip(shapes, wires, strict=True))
            made = []
            for lowering, call in calls:
                answer = lowered(draft, named, lowering, call)
                made += [answer.value, constant(1) if answer.known is None else answer.known]
            return [*made, *wires]

        bench = Bench.make(build, capacity=capacity, **shapes)
        kinds = tuple(columns.values())
        return cls(
            tuple(Statistic(bench, call, kinds, form, nullable, capacity, groups) for _, call in calls)
        )

    def agrees(self, seed: int, count: int) -> None:
        """Every call is what it means, on random windows, and the proof is accepted."""
        first = self.subjects[0]
        for rows in first.windows(seed, count):
            results = first.bench.results(**first.inputs(rows))
            for place, subject in enumerate(self.subjects):
                values, known = results[2 * place : 2 * place + 2]
                answers = answers_of(values, known, subject.groups if subject.form.grouped else 1)
                assert answers == subject.meant(rows), (str(subject.call), rows)


def answers_of(values: list[int], known: list[int], groups: int) -> list[int | None]:
    """The answer for each group; one value, or one flag, stands for all of them."""
    values, known = (own if len(own) == groups else own * groups for own in (values, known))
    return [v if k else None for v, k in zip(values, known, strict=True)]


def statistic_shapes(
    columns: dict[str, SqlType], form: Form, *, nullable: bool, capacity: int, groups: int
) -> dict[str, tuple[tuple[int, ...], int, int]]:
    """The public wires of a bench."""
    slots = (capacity,)
    shapes = {"rows": ((), 0, capacity)}
    shapes |= {name: (slots, *kind.bounds) for name, kind in columns.items()}
    shapes |= {f"null_{i}": (slots, 0, 1) for i in range(len(columns)) if nullable}
    shapes |= {"mask": (slots, 0, 1)} if form.masked else {}
    shapes |= {"member": ((groups, capacity), 0, 1)} if form.grouped else {}
    return shapes


def lowered(draft: Draft, named: dict[str, Linear], lowering: Lowering, call: Aggregation) -> Answer:
    """A call over named wires."""
    member = named["member"].terms[0][0] if "member" in named else None
    selection = Selection(draft, named["rows"], named.get("mask"), member)
    operands = []
    for expression in (*call.arguments, *(key.expression for key in call.order)):
        if isinstance(expression, Literal):
            operands.append(operand_of(expression))
            continue
        assert isinstance(expression, Column)
        null = named.get(expression.name.replace("x", "null_"))
        operands.append(Operand(named[expression.name], null, expression.type))
        if null is not None and call.function not in HYPOTHETICAL:
            selection = selection.narrowed(1 - null)
    return lowering(selection, call, tuple(operands))


def cost(
    lowering: Lowering, call: Aggregation, *, form: Form = Form.ALL, capacity: int = 100, groups: int = 8
) -> int:
    """Constraints of a call, which compiling small ones shows to be exact."""
    draft = Draft(capacity)
    columns = {c.name: c.type for e in call.expressions for c in columns_of(e)}
    shapes = statistic_shapes(columns, form, nullable=False, capacity=capacity, groups=groups)
    named = {name: draft.public(name, *shape).linear for name, shape in shapes.items()}
    lowered(draft, named, lowering, call)
    return sum(gadget.constraints() for gadget in draft.gadgets)


def one_changed(bench: Bench, honest: Environment) -> Iterator[tuple[str, Environment]]:
    """One element of one private input changed, by little and by much."""
    for parameter in bench.circuit.parameters:
        if parameter.public:
            continue
        for place, true in enumerate(honest[parameter.name]):
            for false in {true + 1, 1 - true, -true} - {true}:
                if (false - true) % P:
                    changed = list(honest[parameter.name])
                    changed[place] = false
                    yield f"{parameter.name}[{place}] = {false}", {**honest, parameter.name: changed}
