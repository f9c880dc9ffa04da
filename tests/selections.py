"""Aggregates on their own: a lowering on a bench, over rows that are selected in every form, and what the
call means natively."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from tests.gadgets import SPELLINGS, Bench, lies
from zkql.circuit.draft import Draft
from zkql.circuit.lower.answer import Answer, Operand
from zkql.circuit.lower.selection import Selection
from zkql.circuit.slots import fill_slots
from zkql.circuit.solve import flatten
from zkql.circuit.wires import Environment, Linear
from zkql.crypto.field import P
from zkql.plan.calls import Aggregation
from zkql.plan.expressions import Column
from zkql.plan.functions.aggregates import Function
from zkql.plan.functions.values import aggregate_value
from zkql.plan.types import SqlType

Lowering = Callable[[Selection, Aggregation, tuple[Operand, ...]], Answer]
_BY_POSITION = (Function.FIRST_VALUE, Function.LAST_VALUE)


class Form(StrEnum):
    """Which rows a call sees."""

    ALL = "all"
    MASKED = "masked"
    GROUPED = "grouped"
    BOTH = "masked and grouped"

    @property
    def masked(self) -> bool:
        return self in (Form.MASKED, Form.BOTH)

    @property
    def grouped(self) -> bool:
        return self in (Form.GROUPED, Form.BOTH)


@dataclass(frozen=True)
class Row:
    """``values`` of the arguments (None for NULL), whether a condition selects the row, its group (none
    where there is no such group)."""

    values: tuple[int | None, ...]
    selected: bool = True
    group: int = 0


@dataclass(frozen=True)
class Subject:
    """One call, compiled. ``kinds`` are the types of its arguments."""

    bench: Bench
    call: Aggregation
    kinds: tuple[SqlType, ...]
    form: Form
    nullable: bool
    capacity: int
    groups: int

    @classmethod
    def make(
        cls,
        lowering: Lowering,
        function: Function,
        *kinds: SqlType,
        form: Form = Form.ALL,
        nullable: bool = False,
        capacity: int = 5,
        groups: int = 2,
    ) -> Subject:
        call = Aggregation(function, tuple(Column(f"x{i}", kind, True) for i, kind in enumerate(kinds)))
        slots = (capacity,)
        shapes = {"rows": ((), 0, capacity)}
        shapes |= {f"x{i}": (slots, *kind.bounds) for i, kind in enumerate(kinds)}
        shapes |= {f"null_{i}": (slots, 0, 1) for i in range(len(kinds)) if nullable}
        shapes |= {"mask": (slots, 0, 1)} if form.masked else {}
        shapes |= {"member": ((groups, capacity), 0, 1)} if form.grouped else {}

        def build(draft: Draft, *wires: Linear) -> list[Linear]:
            named = dict(zip(shapes, wires, strict=True))
            member = named["member"].terms[0][0] if form.grouped else None
            selection = Selection(draft, named["rows"], named.get("mask"), member)
            operands = tuple(
                Operand(named[f"x{i}"], named.get(f"null_{i}"), kind) for i, kind in enumerate(kinds)
            )
            if function not in _BY_POSITION and nullable:
                for operand in operands:
                    assert operand.null is not None
                    selection = selection.narrowed(1 - operand.null)
            answer = lowering(selection, call, operands)
            assert answer.known is not None
            return [answer.value, answer.known, *wires]

        bench = Bench.make(build, capacity=capacity, **shapes)
        return cls(bench, call, kinds, form, nullable, capacity, groups)

    @property
    def constraints(self) -> int:
        """Constraints of the call."""
        return self.bench.constraints

    def inputs(self, rows: Sequence[Row]) -> dict[str, list[int]]:
        """What the opening, conditions and groups would give. What stands in a NULL is arbitrary."""
        noise = random.Random(len(rows))
        found = {"rows": [len(rows)]}
        for i, kind in enumerate(self.kinds):
            values = [row.values[i] for row in rows]
            shown = [noise.choice((*kind.bounds, 0)) if v is None else v for v in values]
            found[f"x{i}"] = fill_slots(shown, self.capacity, 0)
            if self.nullable:
                found[f"null_{i}"] = fill_slots([int(v is None) for v in values], self.capacity, 0)
        if self.form.masked:
            found["mask"] = fill_slots([int(row.selected) for row in rows], self.capacity, 0)
        if self.form.grouped:
            rest = [0] * (self.capacity - len(rows))
            found["member"] = [
                slot for g in range(self.groups) for slot in (*(int(row.group == g) for row in rows), *rest)
            ]
        return found

    def answers(self, rows: Sequence[Row]) -> list[int | None]:
        """What the circuit proves, for each group; the proof must be accepted."""
        values, known, *_ = self.bench.results(**self.inputs(rows))
        values = values * (len(known) // len(values))  # a constant is the same for all groups
        return [v if k else None for v, k in zip(values, known, strict=True)]

    def meant(self, rows: Sequence[Row]) -> list[int | None]:
        """What the call means, for each group."""
        found: list[int | None] = []
        for group in range(self.groups if self.form.grouped else 1):
            seen = [r for r in rows if not self.form.grouped or r.group == group]
            seen = [r for r in seen if not self.form.masked or r.selected]
            if len(self.kinds) > 1:
                values = [None if None in r.values else r.values for r in seen]
            else:
                values = [r.values[0] for r in seen]
            found.append(aggregate_value(self.call.function, self.kinds, values))  # type: ignore[arg-type]
        return found

    def accepts(self, values: Environment) -> bool:
        return self.bench.accepts(values)

    def false_claims(self, rows: Sequence[Row]) -> Iterator[tuple[str, Environment]]:
        """Every systematic lie that changes anything in the proof."""
        inputs = self.inputs(rows)
        honest = self.flat(self.bench.solve(**inputs))
        for name, claimed in lies(self.bench, inputs):
            if self.flat(claimed) != honest:
                yield name, claimed

    def flat(self, values: Environment) -> list[int]:
        return [v % P for v in flatten(self.bench.circuit.parameters, values)]

    def claims(self, rows: Sequence[Row], **lies: list[int]) -> bool:
        """Whether a prover gets through who claims these outputs of gadgets, and works everything else out
        from them, the public results included, whatever is written where a number does not fit."""
        made = {w.name: prod(w.dims) for g in self.bench.circuit.gadgets for w in g.outputs}
        assert {name: len(lie) for name, lie in lies.items()}.items() <= made.items(), made
        inputs = self.inputs(rows)
        claims = (self.bench.solve(lies=lies, spell=spell, **inputs) for spell in SPELLINGS.values())
        return any(map(self.accepts, claims))

    def writes(self, rows: Sequence[Row], **parameters: list[int]) -> bool:
        """Whether a prover gets through who changes these parameters, and nothing else."""
        honest = self.bench.solve(**self.inputs(rows))
        changed = honest | parameters
        assert self.flat(changed) != self.flat(honest)
        return self.accepts(changed)


def windows(
    source: random.Random,
    kinds: Sequence[SqlType],
    count: int,
    *,
    capacity: int,
    groups: int,
    nullable: bool,
) -> Iterator[list[Row]]:
    """Random windows: often few rows, often ties and extremes, often nothing selected, often a group
    without rows."""
    for number in range(count):
        length = (
            number if number <= capacity else source.choice((0, 1, capacity, source.randint(0, capacity)))
        )
        few = source.random() < 0.5
        chance = source.choice((0.0, 0.3, 0.5, 1.0))
        yield [
            Row(
                tuple(_value(source, kind, few=few, nullable=nullable) for kind in kinds),
                source.random() < chance,
                source.randrange(source.choice((1, groups, groups + 1))),
            )
            for _ in range(length)
        ]


def _value(source: random.Random, kind: SqlType, *, few: bool, nullable: bool) -> int | None:
    if nullable and source.random() < 0.3:
        return None
    low, high = kind.bounds
    return source.choice((-1, 0, 1, 2) if few else (low, high, -1, 0, source.randint(low, high)))
