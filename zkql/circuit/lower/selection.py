"""Which rows an aggregate sees, and what can be done with them.

Three forms: all rows of the window; those with a mask (WHERE, FILTER, NOT NULL); those of each of G groups
with a private key. Every aggregate is written once against this interface. Its results have the
selection's :attr:`dims`: one value, or one a group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.slices import Sum
from zkql.circuit.gadgets.totals import GroupTotals, GroupValues, Total
from zkql.circuit.wires import Dims, Linear, Wire, constant

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft


@dataclass(frozen=True, slots=True)
class Selection:
    """``rows`` is how many rows the window has. ``mask`` is 1 in the slots of selected rows (a slot that
    repeats the last row has that row's); None selects all. ``member[g][i]`` is 1 where slot i is a row
    of group g, and 0 in slots that repeat the last row."""

    draft: Draft
    rows: Linear
    mask: Linear | None = None
    member: Wire | None = None

    @property
    def capacity(self) -> int:
        """Slots."""
        return self.draft.capacity

    @property
    def most(self) -> int:
        """The most rows that can be selected."""
        never = self.mask is not None and self.mask.is_constant and not self.mask.constant
        return 0 if never else self.capacity

    @property
    def dims(self) -> Dims:
        """The dimensions of a result."""
        return () if self.member is None else self.member.dims[:1]

    @property
    def selects_all(self) -> bool:
        """Whether every row of the window is selected, in one group."""
        return self.mask is None and self.member is None

    def narrowed(self, condition: Linear) -> Selection:
        """Those of the rows where a condition (0 or 1) is 1."""
        if condition.is_constant and condition.constant == 1:
            return self
        mask = condition if self.mask is None else self.draft.multiply(self.mask, condition)
        return replace(self, mask=mask)

    def masked(self, term: Linear) -> Linear:
        """The term in selected slots, 0 in others; groups apart."""
        return term if self.mask is None else self.draft.multiply(self.mask, term)

    def total(self, term: Linear) -> Linear:
        """The sum of a term over the selected rows."""
        chosen = self.masked(term)
        if chosen.is_constant and not chosen.constant:
            return chosen
        if self.member is not None:
            return self.draft.make(GroupTotals, "totals", self.member, chosen)
        if chosen.is_constant:
            return self.rows * chosen.constant
        if not chosen.dims:
            return self.draft.multiply(self.rows, chosen)
        return self.draft.make(Total, "total", chosen, self.rows)

    @property
    def count(self) -> Linear:
        """How many rows are selected, at most the capacity."""
        return self.total(constant(1))

    @property
    def any(self) -> Linear:
        """1 if a row is selected, else 0."""
        return 1 - self.draft.equal(self.count, constant(0))

    def of_own_group(self, value: Linear) -> Linear:
        """For each row a result of its group; for rows of no group 0. One result stands for all rows."""
        if self.member is None:
            return value
        return self.draft.make(GroupValues, "own", self.member, value)

    @property
    def live(self) -> Linear:
        """1 in slots of selected rows, 0 in the others and in slots that repeat the last row."""
        if self.member is not None:
            raise NotImplementedError
        live = self.draft.live(self.rows)
        return live if self.mask is None else self.draft.multiply(live, self.mask)


@dataclass(frozen=True, slots=True)
class Marked(Selection):
    """No slot repeats another, and the mask says in which there are rows."""

    @classmethod
    def of(cls, draft: Draft, mask: Linear) -> Marked:
        """The slots with a mark."""
        return cls(draft, constant(draft.capacity), mask)

    def total(self, term: Linear) -> Linear:
        chosen = self.masked(term)
        return chosen if chosen.is_constant else self.draft.make(Sum, "sum", chosen)

    @property
    def live(self) -> Linear:
        assert self.mask is not None
        return self.mask
