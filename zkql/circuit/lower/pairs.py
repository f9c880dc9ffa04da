"""Equi-joins of two private inputs. In: two sides, each with a key, the rows that count, and columns. Out:
for each left row its partner, where right keys are unique; else the pairs of equal keys, each once and none
left out.

Slots after the last row repeat it, so rows that count are told by a flag. Keys that are NULL, and slots that
are no rows, have no partners.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.compare import InRange
from zkql.circuit.gadgets.live import Live
from zkql.circuit.gadgets.pairs import OfLeft, OfPairs
from zkql.circuit.gadgets.permutation import Ascending, Permuted, Switches
from zkql.circuit.gadgets.products import Challenge
from zkql.circuit.gadgets.runs import RunEdges, Starts
from zkql.circuit.gadgets.slices import Numbering, RunningSum, Sum
from zkql.circuit.lower.lookups import (
    Intervals,
    Joined,
    cost,
    extended,
    found_among,
    found_at,
    intervals,
    look_up,
    neighbours,
)
from zkql.circuit.lower.selection import Marked, Selection
from zkql.circuit.wires import Linear, Wire, constant

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft


class Way(StrEnum):
    """How partners are found."""

    MATRIX = "every pair is compared"
    SORT = "right rows are sorted and looked up"


@dataclass(frozen=True, slots=True)
class Side:
    """One input: ``key``, one a slot; ``counts`` is 1 in slots that are rows with a key that is not NULL, and
    None where all are; ``columns`` are what is wanted of it."""

    key: Linear
    counts: Linear | None
    columns: tuple[Linear, ...]

    @property
    def slots(self) -> int:
        """Slots."""
        (slots,) = self.key.dims
        return slots

    def keyed(self, draft: Draft, none: Linear) -> Linear:
        """The key where it counts, elsewhere another number."""
        return self.key if self.counts is None else draft.select(self.counts, self.key, none)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Slots for pairs: ``live`` is 1 in those that are pairs, and the columns of both sides are anything
    within bounds in the others."""

    live: Linear
    left: tuple[Linear, ...]
    right: tuple[Linear, ...]

    @property
    def slots(self) -> int:
        """Slots."""
        (slots,) = self.live.dims
        return slots

    def selection(self, draft: Draft) -> Selection:
        """The pairs, for aggregates over them in a draft with as many slots."""
        assert draft.capacity == self.slots
        return Marked.of(draft, self.live)


# --- right keys are unique ------------------------------------------------------------------------


def join_unique(draft: Draft, left: Side, right: Side, way: Way) -> Joined:
    """For each left row its partner. There is no proof where right rows that count share a key; of the
    matrix, only where a left row has that key too. SORT needs a context that fixes both sides."""
    if way is Way.MATRIX:
        equal = _same_keys(draft, left, right)
        matched = draft.make(OfLeft, "matches", equal, left.slots)
        draft.put(InRange, "one_at_most", 1 - matched, 2)
        payload = tuple(_of_partner(draft, equal, column, left.slots) for column in right.columns)
        return Joined(matched.within(0, 1), payload)
    assert draft.context is not None
    beyond, size = _beyond(left, right), right.slots
    keys = right.keyed(draft, draft.make(Numbering, "numbering", size) + beyond)
    line = _in_order(draft, keys, right.columns)
    if size > 1:  # strictly: one more at each place
        draft.put(Ascending, "ascending", line.keys - draft.make(Numbering, "numbering", size))
    table = intervals(draft, line.keys, line.columns, left.key, beyond + size)
    found, _ = found_among(draft, left.key, table, draft.context)
    return found if left.counts is None else Joined(draft.multiply(found.matched, left.counts), found.payload)


def _of_partner(draft: Draft, equal: Linear, column: Linear, rows: int) -> Linear:
    """A column of the right row that has the same key; the least that it can be where there is none. What is
    the same in all rows stays as it is."""
    if not column.dims:
        return column
    offset = _of_right(draft, column, rows) - column.low
    total = draft.make(OfLeft, "of_partner", draft.multiply(equal, offset), rows) + column.low
    return total.within(column.low, column.high)


# --- all pairs ------------------------------------------------------------------------------------


def join_pairs(draft: Draft, left: Side, right: Side, most: int, way: Way) -> Pairs:
    """The pairs with equal keys: among all in the matrix; else in ``most`` slots, by left row, and there is
    no proof where there are more. SORT needs a context that fixes both sides."""
    if way is Way.SORT:
        return _Expansion(draft, left, right, most).pairs()
    live = _same_keys(draft, left, right)
    own = tuple(_of_left(draft, c, right.slots) for c in left.columns)
    other = tuple(_of_right(draft, c, left.slots) for c in right.columns)
    return Pairs(live, own, other)


def _of_left(draft: Draft, column: Linear, others: int) -> Linear:
    """For each pair what its left row has."""
    return draft.make(OfPairs, "of_left", column, others, True) if column.dims else column


def _of_right(draft: Draft, column: Linear, others: int) -> Linear:
    """For each pair what its right row has."""
    return draft.make(OfPairs, "of_right", column, others, False) if column.dims else column


def _same_keys(draft: Draft, left: Side, right: Side) -> Linear:
    """1 for pairs of rows that count and have equal keys."""
    none = min(left.key.low, right.key.low) - 1
    of_left = _of_left(draft, left.keyed(draft, constant(none)), right.slots)
    of_right = _of_right(draft, right.keyed(draft, constant(none - 1)), left.slots)
    return draft.equal(of_left, of_right)


@dataclass(frozen=True, slots=True)
class _Expansion:
    """A slot for each pair: the partners of the first left row, then those of the second, and so on.

    Right rows are sorted, so the partners of a left row are neighbours, and it looks up where they begin and
    how many they are. The running sums of these numbers say which slots are its own; each slot looks up its
    left row among them, and with the distance from the row's first slot the place of its right row.
    """

    draft: Draft
    left: Side
    right: Side
    most: int

    def pairs(self) -> Pairs:
        """All of them."""
        draft, left, right = self.draft, self.left, self.right
        assert draft.context is not None
        beyond = _beyond(left, right)
        line = _in_order(draft, right.keyed(draft, constant(beyond)), right.columns)
        context = draft.context
        if line.switch is not None:
            draft.put(Ascending, "ascending", line.keys)
            # The order of equal keys is the prover's choice, and so has to be fixed before any challenge.
            context = draft.make(Challenge, "challenge", context, (line.switch.linear,))
        table = intervals(draft, line.keys, self._runs(line.keys), left.key, beyond + 1)
        found, context = found_among(draft, left.key, table, context)
        first, count = found.payload
        matched = found.matched if left.counts is None else draft.multiply(found.matched, left.counts)
        count = draft.multiply(matched, count)
        live = draft.make(Live, "live", draft.make(Sum, "pairs", count), self.most)
        own, place, context = self._of_left(count, first, context)
        if not right.columns:
            return Pairs(live, own, ())
        place = draft.multiply(live, place).within(0, right.slots - 1)
        places = draft.make(Numbering, "numbering", right.slots)
        other, _ = found_at(draft, place, places, line.columns, context)
        return Pairs(live, own, other)

    def _runs(self, keys: Linear) -> tuple[Linear, Linear]:
        """For each place where its run begins, and how many of the run are up to it."""
        draft, size = self.draft, self.right.slots
        starts = draft.put(Starts, "starts", keys).start
        first = draft.make(RunEdges, "run_first", starts, False)
        return first, (draft.make(Numbering, "numbering", size) + 1 - first).within(1, size)

    def _of_left(
        self, count: Linear, first: Linear, context: Linear
    ) -> tuple[tuple[Linear, ...], Linear, Linear]:
        """For each slot the columns of its left row, and the place of its right row in order."""
        draft, most = self.draft, self.most
        ends = draft.make(RunningSum, "ends", count).within(0, most)  # as live slots show
        starts = extended(draft, ends, constant(0), before=True)
        nexts = extended(draft, ends, constant(most), before=False)
        payload = tuple(
            extended(draft, column, constant(column.low), before=False)
            for column in (first, *self.left.columns)
        )
        table = Intervals(starts, nexts, payload, (most - 1, most - 1))
        rows = neighbours(draft, draft.make(Numbering, "numbering", most), table)
        context = look_up(draft, rows.columns, table.entries, rows.found, context)
        first, *own = (w.within(c.low, c.high) for w, c in zip(rows.payload, payload, strict=True))
        below = rows.found.below
        place = first if below is None else first + below.linear
        return tuple(own), place, context


# --- sorting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """Columns in order of a key; ``switch`` is None where there is one row."""

    keys: Linear
    columns: tuple[Linear, ...]
    switch: Wire | None


def _in_order(draft: Draft, key: Linear, columns: tuple[Linear, ...]) -> _Line:
    """In the order that the prover says; that keys ascend in it is to be shown."""
    (size,) = key.dims
    if size == 1:
        return _Line(key, columns, None)
    switch = draft.put(Switches, "switches", key).switch
    made = tuple(
        draft.make(Permuted, "ordered", c, switch, size, False) if c.dims else c for c in (key, *columns)
    )
    return _Line(made[0], made[1:], switch)


def _beyond(left: Side, right: Side) -> int:
    """Above every key."""
    return max(left.key.high, right.key.high) + 1


# --- cost -----------------------------------------------------------------------------------------


def choose_unique(left: Side, right: Side) -> Way:
    """The way with the fewest constraints."""
    return min(Way, key=lambda way: cost(lambda draft: join_unique(draft, left, right, way), left.slots))


def choose_pairs(left: Side, right: Side, most: int, per_slot: int) -> Way:
    """The way with the fewest constraints, where each slot costs so many afterwards."""

    def total(way: Way) -> int:
        slots = left.slots * right.slots if way is Way.MATRIX else most
        return cost(lambda draft: join_pairs(draft, left, right, most, way), slots) + per_slot * slots

    return min(Way, key=total)
