"""Joins of two private inputs: exact in both ways, as cheap as their formulas say, and no pair is left out,
made up or counted twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import pytest

from tests.forgeries import THOROUGH
from tests.gadgets import truncate
from tests.joined import Joining, Shape
from zkql.circuit.draft import Draft
from zkql.circuit.lower import basic
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.lookups import cost
from zkql.circuit.lower.pairs import (
    Side,
    Way,
    choose_pairs,
    choose_unique,
    join_pairs,
    join_unique,
)
from zkql.circuit.wires import Linear, Values, Wire, constant
from zkql.crypto.field import P
from zkql.plan.calls import Aggregation
from zkql.plan.expressions import Column
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import INT

Row = tuple[int | None, int]
"""A key, and a column."""
Bounds = tuple[int, int]
KEYS = (-4, 3), (-2, 5)
"""Of left keys, and of right ones: each side has keys below, or above, all of the other."""
VALUE = (-8, 7)


@dataclass(frozen=True)
class Subject:
    """A join of so many slots each; ``most`` pairs, or None where right keys are unique."""

    joining: Joining
    left: int
    right: int
    most: int | None
    keys: tuple[Bounds, Bounds] = KEYS

    @classmethod
    def make(
        cls, way: Way, left: int, right: int, most: int | None, keys: tuple[Bounds, Bounds] = KEYS
    ) -> Subject:
        slots = left if most is None else most if way is Way.SORT else left * right

        def build(draft: Draft, *wires: Linear) -> Mapping[str, Linear]:
            first, second = (Side(k, c, (x,)) for k, c, x in (wires[:3], wires[3:]))
            if most is None:
                joined = join_unique(draft, first, second, way)
                return {"matched": joined.matched, "payload": joined.payload[0]}
            pairs = join_pairs(draft, first, second, most, way)
            return {"live": pairs.live, "left": pairs.left[0], "right": pairs.right[0]}

        return cls(Joining.make(build, slots, **shapes(left, right, keys)), left, right, most, keys)

    def inputs(self, left: Sequence[Row], right: Sequence[Row]) -> dict[str, Values]:
        """Slots after the last row repeat it. What stands in a NULL is arbitrary: a key of the others."""
        noise = next((k for k, _ in [*left, *right] if k is not None and k in range(-2, 4)), 0)
        found = {}
        for side, rows, slots in (("left", left, self.left), ("right", right, self.right)):
            filled = [*rows, *(rows[-1:] or [(0, 0)]) * (slots - len(rows))]
            found |= {
                f"{side}_key": [noise if k is None else k for k, _ in filled],
                f"{side}_counts": [int(i < len(rows) and k is not None) for i, (k, _) in enumerate(filled)],
                f"{side}_value": [value for _, value in filled],
            }
        return found

    def pairs(self, left: Sequence[Row], right: Sequence[Row]) -> Counter[tuple[int, int]]:
        """The values that are paired, or those of each left row with its partner."""
        return self.told(self.joining.results(**self.inputs(left, right)), left, right)

    def told(
        self, found: Mapping[str, Values], left: Sequence[Row], right: Sequence[Row]
    ) -> Counter[tuple[int, int]]:
        """What is revealed, as pairs."""
        if self.most is None:
            values = self.inputs(left, right)["left_value"]
            rows = zip(found["matched"], values, found["payload"], strict=True)
        else:
            rows = zip(found["live"], found["left"], found["right"], strict=True)
        return Counter((x, y) for live, x, y in rows if live)


def shapes(left: int, right: int, keys: tuple[Bounds, Bounds] = KEYS) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    for side, slots, key in (("left", left, keys[0]), ("right", right, keys[1])):
        found[f"{side}_key"] = ((slots,), *key)
        found[f"{side}_counts"] = ((slots,), 0, 1)
        found[f"{side}_value"] = ((slots,), *VALUE)
    return found


def meant(left: Sequence[Row], right: Sequence[Row]) -> Counter[tuple[int, int]]:
    return Counter((x, y) for k, x in left for q, y in right if k is not None and k == q)


SHAPES = {
    "unique, matrix": (Way.MATRIX, 3, 3, None),
    "unique, sorted": (Way.SORT, 3, 3, None),
    "unique, sorted, one row": (Way.SORT, 2, 1, None),
    "unique, sorted, many": (Way.SORT, 2, 6, None),
    "unique, sorted, right keys below": (Way.SORT, 1, 2, None, KEYS[::-1]),
    "pairs, matrix": (Way.MATRIX, 3, 2, 6),
    "pairs, sorted": (Way.SORT, 3, 3, 5),
    "pairs, sorted, one row": (Way.SORT, 2, 1, 2),
    "pairs, sorted, one slot": (Way.SORT, 2, 2, 1),
    "pairs, sorted, right keys below": (Way.SORT, 2, 3, 4, KEYS[::-1]),
    "pairs, sorted, room for all": (Way.SORT, 3, 3, 9),
}
TESTED = (
    tuple(SHAPES)
    if THOROUGH
    else (
        "unique, matrix",
        "unique, sorted",
        "unique, sorted, right keys below",
        "pairs, matrix",
        "pairs, sorted",
    )
)
"""Those that tests compile, for time. ``python -m tests.attack_joins`` has all."""


@cache
def subject(name: str) -> Subject:
    return Subject.make(*SHAPES[name])


def windows(own: Subject, count: int, seed: int = 1) -> Iterator[tuple[list[Row], list[Row]]]:
    """Rows of both sides: none, all with partners, none with one, ties, NULL; right keys unique where need
    be, and no more pairs than there is room for."""
    source = random.Random(seed)
    while count:
        keys = source.choice([range(-2, 4), range(-2, 0), (1,), range(-4, 6)])
        sizes = (source.choice((0, 1, most, source.randint(0, most))) for most in (own.left, own.right))
        left, right = ([_row(source, keys) for _ in range(size)] for size in sizes)
        left, right = (_held(rows, key) for rows, key in zip((left, right), own.keys, strict=True))
        known = [k for k, _ in right if k is not None]
        if own.most is None and len(set(known)) < len(known):
            continue
        if own.most is not None and meant(left, right).total() > own.most:
            continue
        count -= 1
        yield left, right


def _held(rows: Sequence[Row], key: Bounds) -> list[Row]:
    """Keys within bounds."""
    return [(k if k is None else max(min(k, key[1]), key[0]), x) for k, x in rows]


def _row(source: random.Random, keys: Sequence[int]) -> Row:
    return None if source.random() < 0.15 else source.choice(keys), source.randint(*VALUE)


@pytest.mark.parametrize("name", TESTED)
def test_pairs_are_those_of_a_plain_join(name: str) -> None:
    agrees(subject(name), 60)


def agrees(own: Subject, count: int) -> None:
    """With a plain join, on random windows."""
    for left, right in windows(own, count):
        assert own.pairs(left, right) == meant(left, right), (left, right)


@pytest.mark.parametrize("name", ["unique, matrix", "unique, sorted"])
def test_a_right_key_that_two_rows_have_is_refused(name: str) -> None:
    own = subject(name)
    left: list[Row] = [(2, 0), (1, 1)]
    for right in ([(1, 4), (1, 5)], [(1, 4), (1, 4)], [(0, 3), (1, 5), (1, 4)]):
        assert not own.joining.claims(own.inputs(left, right))
    assert own.pairs(left, [(1, 4), (None, 5)]) == Counter([(1, 4)])


def test_in_the_matrix_a_key_may_be_there_twice_that_no_left_row_has() -> None:
    own = subject("unique, matrix")
    assert own.pairs([(2, 0), (1, 1)], [(0, 4), (0, 5), (1, 6)]) == Counter([(1, 6)])


def test_more_pairs_than_there_is_room_for_are_refused() -> None:
    own = subject("pairs, sorted")
    left: list[Row] = [(1, 1), (1, 2), (1, 3)]
    assert own.pairs(left[:2], [(1, 4), (1, 5)]).total() == 4
    assert not own.joining.claims(own.inputs(left, [(1, 4), (1, 5)]))
    assert not own.joining.claims(own.inputs(left, [(1, 4), (1, 5), (1, 6)]))


# --- aggregates over pairs ------------------------------------------------------------------------


@pytest.mark.parametrize("way", Way)
def test_aggregates_see_each_pair_once(way: Way) -> None:
    """COUNT(*), SUM of a left column, MAX of a right one."""
    most = 4
    x, y = (Column(name, INT, True) for name in "xy")
    calls = [
        Aggregation(Function.COUNT, ()),
        Aggregation(Function.SUM, (x,)),
        Aggregation(Function.MAX, (y,)),
    ]

    def build(draft: Draft, *wires: Linear) -> Mapping[str, Linear]:
        first, second = (Side(k, c, (x,)) for k, c, x in (wires[:3], wires[3:]))
        pairs = join_pairs(draft, first, second, most, way)
        seen = pairs.selection(draft)
        own, other = (Operand(column, None, INT) for column in (*pairs.left, *pairs.right))
        summed, largest = basic.total(seen, calls[1], (own,)), basic.extreme(seen, calls[2], (other,))
        assert summed.known is not None
        return {
            "count": basic.count(seen, calls[0], ()).value,
            "sum": summed.value,
            "known": summed.known,
            "max": largest.value,
        }

    slots = most if way is Way.SORT else 4
    own = Subject(Joining.make(build, slots, **shapes(2, 2)), 2, 2, most)
    for left, right in windows(own, 40, seed=3):
        found = own.joining.results(**own.inputs(left, right))
        pairs = list(meant(left, right).elements())
        assert found["count"] == [len(pairs)]
        assert found["known"] == [int(bool(pairs))]
        assert found["sum"] == [sum(a for a, _ in pairs)]
        assert not pairs or found["max"] == [max(b for _, b in pairs)]


# --- cost -----------------------------------------------------------------------------------------


def sides(left: int, right: int) -> tuple[Side, Side]:
    made = (
        Side(
            Wire(f"{name}_key", (slots,), *INT.bounds).linear,
            Wire(f"{name}_counts", (slots,), 0, 1).linear,
            (Wire(f"{name}_value", (slots,), *INT.bounds).linear,),
        )
        for name, slots in (("left", left), ("right", right))
    )
    first, second = made
    return first, second


@pytest.mark.parametrize(
    "right, unique, pairs",
    [
        (10, (4_310, 13_504), (3_110, 23_362)),
        (100, (40_400, 19_009), (30_200, 31_375)),
        (1_000, (401_300, 77_069), (301_100, 98_286)),
    ],
)
def test_the_cost_of_a_hundred_left_rows_is_as_said(
    right: int, unique: tuple[int, int], pairs: tuple[int, int]
) -> None:
    """Of 32-bit keys and columns, and at most a hundred pairs. That formulas are exact is what compiling any
    of them shows."""
    first, second = sides(100, right)
    for way, of_unique, of_pairs in zip(Way, unique, pairs, strict=True):
        assert cost(lambda draft, way=way: join_unique(draft, first, second, way), 100) == of_unique
        assert cost(lambda draft, way=way: join_pairs(draft, first, second, 100, way), 100) == of_pairs


def test_the_cheaper_way_is_chosen() -> None:
    assert choose_unique(*sides(100, 16)) is Way.MATRIX
    assert choose_unique(*sides(100, 256)) is Way.SORT
    assert choose_unique(*sides(4, 64)) is Way.MATRIX
    assert choose_pairs(*sides(100, 16), 100, 0) is Way.MATRIX
    assert choose_pairs(*sides(100, 16), 100, 40) is Way.SORT  # each of 1,600 slots costs more afterwards
    assert choose_pairs(*sides(100, 256), 100, 0) is Way.SORT


# --- forged joins ---------------------------------------------------------------------------------

LEFT: list[Row] = [(1, 5), (-1, 2), (1, -3)]
RIGHT: list[Row] = [(1, 7), (-2, 4), (0, -8)]
TIES: list[Row] = [(1, 7), (1, 4), (0, -8)]


MOST = 200
"""Lies for each subject and window; `python -m tests.attack_joins` tells all of them."""


@pytest.mark.parametrize("name", TESTED)
def test_no_lie_makes_other_pairs(name: str) -> None:
    assert lies(subject(name), MOST) > 200


def lies(own: Subject, most: int | None = None) -> int:
    """How many lies there are, or so many drawn of them; what has a proof says the same pairs."""
    told = 0
    for left, right in ((LEFT, RIGHT), ([(None, 1), (1, 3)], RIGHT[::-1])):
        rows = left[: own.left], right[: own.right]
        if own.most is not None and meant(*rows).total() > own.most:
            rows = rows[0][:1], rows[1]
        for claim, values in own.joining.false_claims(own.inputs(*rows), most):
            told += 1
            if own.joining.accepts(values):  # another order of right slots that are no rows
                assert claim.startswith("switches_value"), (rows, claim)
                assert own.told(own.joining.revealed_by(values), *rows) == meant(*rows)
    return told


def test_a_pair_is_neither_left_out_nor_made_up_nor_there_twice() -> None:
    """The numbers of partners that left rows say they found, and the slots that are said to be pairs."""
    own = subject("pairs, sorted")
    given = own.inputs(LEFT, TIES)
    honest = own.joining.solve(given)
    assert own.pairs(LEFT, TIES) == Counter([(5, 7), (5, 4), (-3, 7), (-3, 4)])
    firsts, counts = honest["found_value_0"], honest["found_value_1"]
    assert counts[0] == counts[2] == 2
    for row, first, count in product(range(3), range(3), range(4)):
        claim = [*firsts[:row], first, *firsts[row + 1 :]], [*counts[:row], count, *counts[row + 1 :]]
        if claim != (firsts, counts):
            assert not own.joining.claims(given, found_value_0=claim[0], found_value_1=claim[1]), claim
    for live in ([1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1], [2, 1, 1, 0, 0]):
        assert not own.joining.claims(given, live_value=live), live


def test_a_left_row_has_no_other_partner() -> None:
    """Any two numbers of the line of right keys as its neighbours, with the payload of any right row."""
    own = subject("unique, sorted, right keys below")
    right: list[Row] = [(1, 7), (-2, 4)]
    for key in (1, 0, -2, 3, 5):
        given = own.inputs([(key, 5)], right)
        honest = own.joining.solve(given)
        line = [-5, -2, 1, 6, 7, 8]
        accepted = 0
        for start, after, payload in product(line, line, (-8, 4, 7)):
            claim = {
                "found_below": [key - start],
                "found_above": [after - 1 - key],
                "found_value_0": [payload],
            }
            if own.joining.claims(given, **claim):
                accepted += 1
                assert all(honest[name] == values for name, values in claim.items()), (key, claim)
        assert accepted == 1


def test_a_slot_is_of_its_own_left_row_and_of_no_other() -> None:
    own = subject("pairs, sorted")
    given = own.inputs(LEFT, TIES)
    honest = own.joining.solve(given)
    below = honest["found_2_below"]
    assert below == [0, 1, 0, 1, 0]
    for false in ([0, 0, 0, 1, 0], [1, 0, 0, 1, 0], [0, 1, 2, 3, 0], [0, 1, 0, 0, 0], [0, 1, 0, 1, 1]):
        assert not own.joining.claims(given, found_2_below=false), false
    swapped = {name: [*v[2:4], *v[:2], *v[4:]] for name, v in honest.items() if name.startswith("found_2_")}
    swapped = {name: v for name, v in swapped.items() if len(v) == 5}
    assert not own.joining.claims(given, **swapped)


def test_a_pair_has_the_values_of_its_own_rows() -> None:
    own = subject("pairs, sorted")
    given = own.inputs(LEFT, TIES)
    honest = own.joining.solve(given)
    values = honest["found_3_value_0"]
    assert values[:4] == [7, 4, 7, 4]
    for false in ([4, 7, 7, 4], [7, 7, 7, 4], [7, 4, 7, -8], [4, 7, 4, 7]):
        assert not own.joining.claims(given, found_3_value_0=[*false, *values[4:]]), false


def test_right_rows_are_sorted_whole() -> None:
    """Other switches, and so another order, or the same order of the keys with columns of other rows."""
    for name in ("unique, sorted", "pairs, sorted"):
        own = subject(name)
        given = own.inputs(LEFT, RIGHT)
        honest = own.joining.solve(given)
        switches = honest["switches_value"]
        for number in range(2 ** len(switches)):
            claim = [number >> k & 1 for k in range(len(switches))]
            inputs = own.joining.inputs(**given)
            values = own.joining.bench.solve(lies={"switches_value": claim}, spell=truncate, **inputs)
            if values["ordered_value"] != honest["ordered_value"]:
                assert not own.joining.claims(given, switches_value=claim), claim
        for k in range(len(switches)):
            for part in (2, -1, pow(2, -1, P)):
                assert not own.joining.claims(given, switches_value=[*switches[:k], part, *switches[k + 1 :]])


def test_a_row_that_does_not_count_has_no_partner() -> None:
    """A slot that repeats the last row, and a NULL in which the partner's key stands."""
    for name in ("unique, matrix", "unique, sorted", "pairs, sorted"):
        own = subject(name)
        assert own.pairs([(None, 1), (1, 5)], RIGHT) == Counter([(5, 7)])
        assert own.pairs([(1, 5)], RIGHT) == Counter([(5, 7)])
        assert own.pairs([], RIGHT) == Counter()
        assert own.pairs([(1, 5)], []) == Counter()


@pytest.mark.parametrize("way, unique", [(Way.MATRIX, True), (Way.MATRIX, False), (Way.SORT, False)])
def test_columns_that_are_the_same_in_all_rows_have_partners_too(way: Way, unique: bool) -> None:
    """A constant, and a number that is given once."""

    def build(draft: Draft, *wires: Linear) -> Mapping[str, Linear]:
        *given, once = wires
        first, second = (Side(k, c, (x, once, constant(3))) for k, c, x in (given[:3], given[3:]))
        if unique:
            joined = join_unique(draft, first, second, way)
            return {"live": joined.matched, **{f"right_{k}": c for k, c in enumerate(joined.payload)}}
        pairs = join_pairs(draft, first, second, 2, way)
        sides = {"left": pairs.left, "right": pairs.right}
        columns = {f"{side}_{k}": c for side, own in sides.items() for k, c in enumerate(own)}
        return {"live": pairs.live, **columns}

    right: list[Row] = [(3, 7), (1, -8)] if way is Way.MATRIX else [(1, -8)]
    capacity = 2 if unique or way is Way.SORT else 4
    joining = Joining.make(build, capacity, **shapes(2, len(right)), once=((), 0, 9))
    found = joining.results(**Subject(joining, 2, len(right), 2).inputs([(1, 5), (0, 6)], right), once=[4])
    (slot,) = (k for k, live in enumerate(found["live"]) if live)
    other = {name: (values * capacity)[slot] for name, values in found.items() if len(values) == 1}
    values = other | {name: values[slot] for name, values in found.items() if len(values) > 1}
    sides = {"left": 5, "right": -8} if not unique else {"right": -8}
    wanted = {f"{side}_{k}": v for side, x in sides.items() for k, v in enumerate((x, 4, 3))}
    assert values == {"live": 1, **wanted}


def test_a_constant_column_takes_nothing() -> None:
    first, second = sides(4, 4)
    bare = Side(second.key, second.counts, (constant(3),))
    none = Side(second.key, second.counts, ())
    for way in Way:
        own = cost(lambda draft, way=way: join_unique(draft, first, bare, way), 4)
        assert own == cost(lambda draft, way=way: join_unique(draft, first, none, way), 4)
