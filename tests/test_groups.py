"""GROUP BY a private key in circuits: every row in the group of its own key, every group with a row, and each
aggregate over its own rows."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from tests.gadgets import Bench, lies
from zkql.circuit.catalogue import entry_of
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.base import Origin
from zkql.circuit.gadgets.groups import Members, members_constraints, sorted_groups_constraints
from zkql.circuit.lower.answer import Answer, Operand
from zkql.circuit.lower.groups import grouped, packed
from zkql.circuit.lower.selection import Selection
from zkql.circuit.slots import fill_slots
from zkql.circuit.solve import flatten
from zkql.circuit.statement import UNUSED_KEY, group_key, key_bits
from zkql.circuit.wires import Environment, Linear, Wire
from zkql.crypto.field import P
from zkql.plan import codes
from zkql.plan.calls import Aggregation, Output
from zkql.plan.expressions import Column
from zkql.plan.functions.aggregates import Function
from zkql.plan.functions.values import aggregate_value
from zkql.plan.stages import CircuitPlan
from zkql.plan.types import BOOLEAN, INT, TINYINT, Kind, SqlType, Value, decimal

HALF = pow(2, -1, P)
TEXT = SqlType(Kind.VARCHAR, 2)
FUNCTIONS = (Function.COUNT, Function.SUM, Function.AVG, Function.MIN, Function.MAX)
KEYS: dict[str, tuple[tuple[SqlType, bool], ...]] = {
    "number": ((TINYINT, False),),
    "number or NULL": ((TINYINT, True),),
    "two": ((decimal(2, 1), True), (BOOLEAN, True)),
    "text": ((TEXT, False),),
}
"""Types of the keys, and whether they may be NULL."""


@dataclass(frozen=True)
class Row:
    key: tuple[Value | None, ...]
    value: int = 0
    selected: bool = True
    filtered: bool = True


@dataclass(frozen=True)
class Subject:
    """Aggregates of an integer by private keys, over rows that a condition selects; each is filtered once
    more."""

    bench: Bench
    plan: CircuitPlan
    functions: tuple[Function, ...]
    capacity: int
    groups: int

    @classmethod
    def make(
        cls,
        keys: tuple[tuple[SqlType, bool], ...],
        functions: tuple[Function, ...] = (Function.COUNT, Function.SUM),
        *,
        kind: SqlType = TINYINT,
        conditions: bool = True,
        capacity: int = 5,
        groups: int = 3,
    ) -> Subject:
        outputs = tuple(Output(f"k{i}", Column(f"k{i}", k, True, null)) for i, (k, null) in enumerate(keys))
        plan = CircuitPlan(capacity, 0, None, (), outputs, groups, ())
        slots = (capacity,)
        shapes = {"rows": ((), 0, capacity), "x": (slots, *kind.bounds)}
        for i, (key, nullable) in enumerate(keys):
            text = key.kind is Kind.VARCHAR
            low, high = (0, (1 << codes.width(key)) - 1) if text else key.bounds
            shapes[f"k{i}"] = (slots, low, high)
            if nullable:
                shapes[f"k{i}_null"] = (slots, 0, 1)
        if conditions:
            shapes |= {"mask": (slots, 0, 1), "filter": (slots, 0, 1)}

        def build(draft: Draft, *wires: Linear) -> list[Linear]:
            named = dict(zip(shapes, wires, strict=True))
            operands = tuple(
                Operand(named[f"k{i}"], named.get(f"k{i}_null"), k) for i, (k, _) in enumerate(keys)
            )
            whole = Selection(draft, named["rows"], named.get("mask"))
            selection = grouped(whole, operands, groups, key_bits(plan))
            if conditions:
                selection = selection.narrowed(named["filter"])
            for function in functions:
                call = Aggregation(function, (Column("x", kind, True),))
                entry = entry_of(call)
                assert entry is not None
                answer = entry.lower(selection, call, (Operand(named["x"], None, kind),))
                assert isinstance(answer, Answer)
                if answer.known is not None:
                    draft.reveal(f"{function}_known", answer.known)
                draft.reveal(f"{function}", answer.value, answer.known)
            return []

        return cls(Bench.make(build, capacity=capacity, **shapes), plan, functions, capacity, groups)

    def keys(self, rows: Sequence[Row]) -> list[tuple[Value | None, ...]]:
        """The keys of the groups that there are, as the verifier orders them."""
        return sorted({r.key for r in rows if r.selected}, key=lambda key: group_key(self.plan, key))

    def inputs(self, rows: Sequence[Row]) -> dict[str, list[int]]:
        noise = random.Random(len(rows))
        found = {"rows": [len(rows)], "x": fill_slots([r.value for r in rows], self.capacity, 0)}
        for i, output in enumerate(self.plan.keys):
            kind = output.expression.type
            values = [row.key[i] for row in rows]
            bounds = (0, (1 << codes.width(kind)) - 1) if kind.kind is Kind.VARCHAR else kind.bounds
            shown = [
                noise.choice(bounds) if v is None else codes.encode(kind, v) if isinstance(v, str) else v
                for v in values
            ]
            found[f"k{i}"] = fill_slots(shown, self.capacity, 0)  # type: ignore[arg-type]
            found[f"k{i}_null"] = fill_slots([int(v is None) for v in values], self.capacity, 0)
        found["mask"] = fill_slots([int(r.selected) for r in rows], self.capacity, 0)
        found["filter"] = fill_slots([int(r.filtered) for r in rows], self.capacity, 0)
        own = [group_key(self.plan, key) for key in self.keys(rows)]
        found["key"] = own + [UNUSED_KEY] * (self.groups - len(own))
        given = {p.name for p in self.bench.circuit.parameters if p.public}
        return {name: values for name, values in found.items() if name in given}

    def honest(self, rows: Sequence[Row]) -> dict[str, list[int]]:
        values = self.bench.solve(**self.inputs(rows))
        assert self.bench.accepts(values), rows
        return values

    def results(self, rows: Sequence[Row]) -> list[list[int | None]]:
        """For each group that there is the value of each call."""
        values = self.honest(rows)
        count = len(self.keys(rows))
        assert values["used"] == [1] * count + [0] * (self.groups - count)
        return [
            [values[f][g] if values.get(f"{f}_known", [1] * count)[g] else None for f in self.functions]
            for g in range(count)
        ]

    def meant(self, rows: Sequence[Row]) -> list[list[Value | None]]:
        return [
            [aggregate_value(f, (TINYINT,), [r.value for r in own if r.filtered]) for f in self.functions]
            for own in ([r for r in rows if r.selected and r.key == key] for key in self.keys(rows))
        ]

    def flat(self, values: Environment) -> list[int]:
        return [v % P for v in flatten(self.bench.circuit.parameters, values)]

    def claims(self, rows: Sequence[Row], given: Environment | None = None, **lies: list[int]) -> bool:
        """Whether a prover gets through who claims these outputs, and works everything else out from them."""
        inputs = self.inputs(rows) | dict(given or {})
        return self.bench.accepts(self.bench.solve(lies=lies, **inputs))


@cache
def subject(keys: str = "number", *functions: Function) -> Subject:
    return Subject.make(KEYS[keys], functions or (Function.COUNT, Function.SUM))


def _keys(source: random.Random, kinds: tuple[tuple[SqlType, bool], ...]) -> list[tuple[Value | None, ...]]:
    """A few keys."""

    def one(kind: SqlType, nullable: bool) -> Value | None:
        if nullable and source.random() < 0.3:
            return None
        if kind.kind is Kind.VARCHAR:
            return source.choice(("", "a", "b", "ab", "é", "\U0010ffff\U0010ffff"))
        low, high = kind.bounds
        return source.choice((low, high, max(low, -1), 0, source.randint(low, high)))

    return [tuple(one(kind, nullable) for kind, nullable in kinds) for _ in range(3)]


def windows(kinds: tuple[tuple[SqlType, bool], ...], count: int) -> Iterator[list[Row]]:
    source = random.Random(str(kinds))
    for number in range(count):
        keys = _keys(source, kinds)
        chance = source.choice((0.0, 0.5, 1.0))
        length = number if number <= 5 else source.randint(0, 5)
        yield [
            Row(
                source.choice(keys),
                source.choice((-128, 127, -1, 0, source.randint(-128, 127))),
                source.random() < chance,
                source.random() < 0.7,
            )
            for _ in range(length)
        ]


@pytest.mark.parametrize("name", KEYS)
def test_each_group_has_the_rows_of_its_key(name: str) -> None:
    own = subject(name)
    for rows in windows(KEYS[name], 220):
        assert own.results(rows) == own.meant(rows), rows


def test_every_aggregate_works_per_group() -> None:
    own = subject("number or NULL", *FUNCTIONS)
    for rows in windows(KEYS["number or NULL"], 220):
        assert own.results(rows) == own.meant(rows), rows


@pytest.mark.parametrize("name", KEYS)
def test_no_lie_is_accepted(name: str) -> None:
    own = Subject.make(KEYS[name], capacity=3, groups=2)
    keys = _keys(random.Random(5), KEYS[name])
    for rows in (
        [Row(keys[0], 5), Row(keys[1], 7, filtered=False), Row(keys[2], -3, selected=False)],
        [Row(keys[0], 5), Row(keys[0], 7)],
        [],
    ):
        honest = own.flat(own.honest(rows))
        tried = 0
        for lie, claimed in lies(own.bench, own.inputs(rows)):
            if own.flat(claimed) != honest:
                tried += 1
                assert not own.bench.accepts(claimed), (lie, rows)
        assert tried > 50


# --- what a dishonest prover would like -----------------------------------------------------------

ROWS = [Row((3,), 10), Row((5,), 20), Row((3,), 30), Row((9,), 40, selected=False)]
"""Of groups 3 and 5; slots 3 and 4 are the row that is not selected. The third group is not used."""
HONEST = [[1, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]


def member(**changes: tuple[int, ...]) -> list[int]:
    """The membership in which some slots (``s0`` …) have other members, one a group."""
    rows = [list(row) for row in HONEST]
    for slot, values in changes.items():
        for group, value in enumerate(values):
            rows[group][int(slot[1:])] = value
    return [m for row in rows for m in row]


def test_the_honest_membership() -> None:
    own = subject()
    assert own.honest(ROWS)["members_value"] == member()
    assert own.results(ROWS) == [[2, 40], [1, 20]]


@pytest.mark.parametrize(
    "changes",
    [
        {"s0": (0, 1, 0)},
        {"s0": (1, 1, 0)},
        {"s0": (0, 0, 0)},
        {"s0": (0, 0, 1)},
        {"s0": (2, -1, 0)},
        {"s0": (HALF, HALF, 0)},
        {"s0": (2, 0, 0), "s2": (0, 0, 0)},
        {"s0": (0, 1, 0), "s1": (1, 0, 0)},
        {"s3": (1, 0, 0)},
        {"s3": (1, -1, 0)},
        {"s4": (0, 0, 1)},
    ],
    ids=[
        "in another group",
        "in two groups",
        "in no group",
        "in a group that is not used",
        "twice in one and not in another",
        "half in two groups",
        "two rows' weight on one",
        "exchanged",
        "a row that is not selected",
        "a row that is not selected, hidden in the sum",
        "a slot that is no row",
    ],
)
def test_no_other_membership_is_accepted(changes: dict[str, tuple[int, ...]]) -> None:
    assert not subject().claims(ROWS, members_value=member(**changes))


def _keyed(*keys: int) -> dict[str, list[int]]:
    """Public keys: numbers, None of them in use for -129."""
    return {"key": [k + 128 for k in keys]}


UNUSED = UNUSED_KEY - 128


@pytest.mark.parametrize(
    ("keys", "used"),
    [
        ((3, UNUSED, UNUSED), [1, 0, 0]),
        ((5, UNUSED, UNUSED), [1, 0, 0]),
        ((3, 4, 5), [1, 1, 1]),
        ((3, 5, 9), [1, 1, 1]),
        ((3, 4, UNUSED), [1, 1, 0]),
        ((UNUSED, UNUSED, UNUSED), [0, 0, 0]),
    ],
    ids=[
        "the second left out",
        "the first left out",
        "an invented group",
        "the group of a row that is not selected",
        "a group under another key",
        "all left out",
    ],
)
@pytest.mark.parametrize("where", ["as it is", "moved to the first group"])
def test_no_other_groups_are_accepted(keys: tuple[int, ...], used: list[int], where: str) -> None:
    own = subject()
    given = _keyed(*keys) | {"used": used}
    moved = [1, 1, 1, 0, 0] + [0] * 10 if where != "as it is" else member()
    assert not own.claims(ROWS, given)
    assert not own.claims(ROWS, given, members_value=moved)
    assert own.claims(ROWS, _keyed(3, 5, UNUSED) | {"used": [1, 1, 0]})


def test_a_group_that_has_rows_is_used() -> None:
    assert not subject().claims(ROWS, {"used": [1, 0, 0]})
    assert not subject().claims(ROWS, {"used": [1, 1, 1]})


def test_a_group_that_is_not_used_has_no_key() -> None:
    own = subject()
    for key in (0, 255, -2, 3 + 128):
        assert not own.claims(ROWS, {"key": [3 + 128, 5 + 128, key]})


def test_null_is_a_group_of_its_own_whatever_stands_in_its_value() -> None:
    own = subject("number or NULL")
    rows = [Row((None,), 1), Row((0,), 2), Row((None,), 4), Row((-128,), 8)]
    assert own.results(rows) == [[1, 8], [1, 2], [2, 5]]  # NULL is the last
    zeros = [m for m in ([0, 0, 0, 1, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0]) for m in m]
    assert not own.claims(rows, members_value=zeros)


def test_a_negative_code_is_refused() -> None:
    """It could be -1, the key of groups that there are not."""
    draft = Draft(2)
    code = draft.public("code", (2,), -1, 5).linear
    live = draft.public("live", (2,), 0, 1).linear
    with pytest.raises(ValueError, match="below 0"):
        Members("members", Origin("GROUP BY"), code, live, Wire("key", (2,), -1, 5), 2)


def test_a_key_outside_its_type_is_refused() -> None:
    """Its highest bits would be another key's lowest."""
    draft = Draft(2)
    for low, high in ((-129, 127), (-128, 128)):
        value = draft.public("k", (2,), low, high).linear
        with pytest.raises(ValueError, match="not of its type"):
            packed(draft, (Operand(value, None, TINYINT),))


def test_a_packed_key_has_no_more_bits_than_the_verifiers() -> None:
    for kinds in KEYS.values():
        outputs = tuple(Output(f"k{i}", Column(f"k{i}", k, True, null)) for i, (k, null) in enumerate(kinds))
        plan = CircuitPlan(1, 0, None, (), outputs, 2, ())
        draft = Draft(1)
        operands = []
        for i, (kind, nullable) in enumerate(kinds):
            text = kind.kind is Kind.VARCHAR
            low, high = (0, (1 << codes.width(kind)) - 1) if text else kind.bounds
            null = draft.public(f"n{i}", (1,), 0, 1).linear if nullable else None
            operands.append(Operand(draft.public(f"k{i}", (1,), low, high).linear, null, kind))
        code = packed(draft, tuple(operands))
        assert code.low >= 0
        assert code.high < 1 << key_bits(plan)


# --- cost -----------------------------------------------------------------------------------------


def test_the_cost_at_100_rows_and_8_groups() -> None:
    own = Subject.make(((INT, False),), (Function.SUM,), kind=INT, conditions=False, capacity=100, groups=8)
    # Which slots are rows, which group each is in, whether a group has rows; a total; what is revealed.
    assert own.bench.circuit.constraints == 200 + 900 + 8 * (3 + 1) + 800 + 8 * 3


def test_sorting_pays_where_there_are_many_groups() -> None:
    """By the formulas, for one total and keys of 32 bits."""

    def sorting_is_cheaper(groups: int) -> bool:
        total = groups * 100
        return sorted_groups_constraints(groups, 100, 32, 1) < members_constraints(groups, 100) + total

    assert [sorting_is_cheaper(g) for g in (1, 21, 22, 100)] == [False, False, True, True]
