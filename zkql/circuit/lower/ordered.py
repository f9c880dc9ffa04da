"""The selected values in order, group by group. In: the selected rows and a value, of two slots or more. Out:
the values sorted, and where those of each group are; slots that are not selected stand behind all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.numbering import GroupNumber
from zkql.circuit.gadgets.prefix import Prefix
from zkql.circuit.gadgets.runs import Starts
from zkql.circuit.gadgets.slices import Copy, Differences, Item, Numbering, RunningSum, Slice, Sum
from zkql.circuit.gadgets.totals import GroupValues
from zkql.circuit.lower.sorting import arranged, ascending, numbered, placed
from zkql.circuit.wires import constant

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear, Wire


@dataclass(frozen=True, slots=True)
class Line:
    """Values side by side, group by group: each group has ``count`` of them, up to place ``end``; without
    groups they begin at the first place. What stands elsewhere is anything."""

    selection: Selection
    values: Linear
    count: Linear
    end: Linear

    def smallest(self, items: int) -> Linear:
        """The first values of each group, from the first on."""
        if self.selection.member is not None:
            return self._slice(self.end - self.count, items, backward=False)
        if self.values.dims == (items,):
            return self.values
        return self.selection.draft.make(Prefix, "first_items", self.values, items)

    def largest(self, items: int) -> Linear:
        """The last values of each group, from the last on."""
        return self._slice(self.selection.capacity - self.end, items, backward=True)

    @property
    def last(self) -> Linear:
        """The last value of each group."""
        return self.selection.draft.make(Item, "item", self.largest(1), 0)

    def _slice(self, start: Linear, items: int, *, backward: bool) -> Linear:
        draft, most = self.selection.draft, self.selection.capacity
        return draft.make(Slice, "slice", self.values, start, items, most, backward)


@dataclass(frozen=True, slots=True)
class Ordered:
    """``values`` ascend within each group, and ``key`` ascends over all; ``group`` is the group's number,
    None without groups. Slots that are not selected have the key ``beyond``. ``repeats`` says that slots
    which repeat the last row are among the selected ones."""

    selection: Selection
    values: Linear
    key: Linear
    group: Linear | None
    beyond: int
    repeats: bool

    @property
    def draft(self) -> Draft:
        """Where gadgets are made."""
        return self.selection.draft

    @property
    def capacity(self) -> int:
        """Places."""
        return self.draft.capacity

    @property
    def starts(self) -> Wire:
        """1 where a key is not the one before, also at the first place beyond."""
        return self.draft.put(Starts, "starts", self.key).start

    @property
    def restarts(self) -> Wire | None:
        """1 where a group begins."""
        return None if self.group is None else self.draft.put(Starts, "groups", self.group).start

    @property
    def live(self) -> Linear:
        """1 at places of selected rows."""
        count = self.line.count
        return self.draft.live(self.draft.make(Sum, "sum", count) if count.dims else count)

    @property
    def line(self) -> Line:
        """All values."""
        assert not self.repeats
        count = self.selection.count
        end = count if self.group is None else self.draft.make(RunningSum, "ends", count)
        return Line(self.selection, self.values, count, end)

    # --- each value once ---

    def total(self, term: Linear, beyond: int) -> Linear:
        """For each group the sum of a term over the places where a value begins; it is ``beyond`` at the
        first place beyond."""
        draft = self.draft
        begun = draft.multiply(self.starts.linear, term)
        if self.group is None:
            last = draft.make(Item, "last", self.key, self.capacity - 1)
            return draft.make(Sum, "sum", begun) - draft.equal(last, constant(self.beyond)) * beyond
        return draft.make(Differences, "of_group", self._up_to_end(begun))

    def _up_to_end(self, begun: Linear) -> Linear:
        """The sum of all places before the end of each group."""
        running = self.draft.make(RunningSum, "running", begun)
        return replace(self.line, values=running).last

    @property
    def different(self) -> Linear:
        """How many different values there are."""
        count = self.total(constant(1), 1).within(0, self.capacity)
        return self.draft.multiply(self.selection.any, count) if self.repeats else count

    def line_of_different(self, items: int) -> Line:
        """Each value once; without groups the first ``items`` of them."""
        draft, count = self.draft, self.different
        end = count if self.group is None else self._up_to_end(self.starts.linear)
        # Where a value begins it goes to the front, else to the back, in the order in which it stands.
        begun = draft.make(RunningSum, "begun", self.starts.linear)
        total = draft.make(Item, "all_begun", begun, self.capacity - 1)
        behind = total + draft.make(Numbering, "numbering", self.capacity) - begun
        position = draft.select(self.starts.linear, begun - 1, behind)
        compact = placed(draft, position.within(0, self.capacity - 1))
        values = compact.column(self.values, items if self.group is None else None)
        return Line(self.selection, values, count, end)


def ordered(selection: Selection, value: Linear, *, repeats: bool) -> Ordered:
    """The selected values in order; with ``repeats`` those of slots that repeat the last row too, where
    that is cheaper."""
    draft, low = selection.draft, value.low
    reach = value.high - low + 1
    if selection.member is not None:
        number, offset = _keyed(selection, value)
        _, (group, sorted_offset) = arranged(draft, (number, reach), (offset, 1))
        beyond = selection.member.dims[0] * reach
        key = (group * reach + sorted_offset).within(0, beyond)
        return Ordered(selection, sorted_offset + low, key, group, beyond, repeats=False)
    repeats = repeats and bool(value.dims)
    chosen = selection.live if not repeats else constant(1) if selection.mask is None else selection.mask
    values = ascending(draft, _spread(draft, draft.select(chosen, value, constant(low + reach))))
    return Ordered(selection, values, values, None, low + reach, repeats)


def first_of_each(selection: Selection, value: Linear) -> Selection:
    """Of the selected rows with equal values, in each group the first."""
    draft, reach = selection.draft, value.high - value.low + 1
    number, offset = _keyed(selection, value)
    key = (number * reach + offset).within(0, number.high * reach)
    arrangement, _ = arranged(draft, (numbered(draft, key), 1))
    starts = draft.put(Starts, "starts", arrangement.column(key)).start
    first = arrangement.back(starts.linear)
    return replace(selection, mask=draft.multiply(_chosen(selection), first))


def _keyed(selection: Selection, value: Linear) -> tuple[Linear, Linear]:
    """For each slot the number of its group and its value from 0 on; behind all groups, and 0, where the
    slot is not selected."""
    draft, member = selection.draft, selection.member
    chosen = _chosen(selection)
    offset = _spread(draft, draft.multiply(chosen, value - value.low))
    if member is None:
        return 1 - chosen, offset
    number = draft.make(GroupNumber, "group_number", member)
    if selection.mask is not None:
        number = draft.select(selection.mask, number, constant(member.dims[0]))
    return _spread(draft, number), offset


def _chosen(selection: Selection) -> Linear:
    """1 in slots of selected rows, each row once."""
    if selection.member is None:
        return selection.live
    present = selection.draft.make(GroupValues, "present", selection.member, constant(1))
    return selection.masked(present)


def _spread(draft: Draft, value: Linear) -> Linear:
    """A value for each slot."""
    return value if value.dims else draft.make(Copy, "copy", value, draft.capacity)
