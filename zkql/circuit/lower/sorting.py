"""Columns in order. In: a column, and which slots count. Out: the same values, ascending.

There are two ways. A permutation network can carry other columns along, and is sound whatever the prover
does. A product at a challenge compares the column with one that is given sorted; it has fewer constraints
where there are many slots. Where both would do, the formulas decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.permutation import Ascending, Counts, Permuted, Switches, step_width
from zkql.circuit.gadgets.products import (
    Challenge,
    SameMultiset,
    Sorted,
    challenge_constraints,
    packed_elements,
)
from zkql.circuit.gadgets.slices import Numbering
from zkql.circuit.waksman import network
from zkql.circuit.wires import Wire, check_width, constant
from zkql.crypto.transcript import DATA_BITS

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.wires import Linear


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Another order of the slots; ``switch`` is None where there is one slot."""

    draft: Draft
    switch: Wire | None

    def column(self, value: Linear, length: int | None = None) -> Linear:
        """The first places of a column in this order, all if ``length`` is None. All that is returned
        must be used."""
        if self.switch is None or not value.dims:
            return value
        return self.draft.make(Permuted, "ordered", value, self.switch, length or self.draft.capacity, False)

    def back(self, value: Linear) -> Linear:
        """A column of this order as it stood before."""
        if self.switch is None:
            return value
        return self.draft.make(Permuted, "unordered", value, self.switch, self.draft.capacity, True)


def arranged(draft: Draft, *parts: tuple[Linear, int]) -> tuple[Arrangement, tuple[Linear, ...]]:
    """The order in which the sum of the parts, each times its factor, ascends; and the parts in it. Which
    order, where sums are equal, is the prover's choice."""
    key = _sum(parts)
    arrangement = _chosen(draft, key)
    ordered = tuple(arrangement.column(part) for part, _ in parts)
    if draft.capacity > 1:
        in_order = _sum(tuple(zip(ordered, (factor for _, factor in parts), strict=True)))
        draft.put(Ascending, "ascending", in_order.within(key.low, key.high))
    return arrangement, ordered


def placed(draft: Draft, position: Linear) -> Arrangement:
    """The order in which each slot has the given position; they are 0, 1, 2 … in some order."""
    arrangement = _chosen(draft, position)
    if draft.capacity > 1:
        draft.put(Counts, "positions", arrangement.column(position))
    return arrangement


def _chosen(draft: Draft, key: Linear) -> Arrangement:
    """An order of the prover's choice; the honest one sorts the key."""
    check_width("a sort", key.low, key.high)
    if draft.capacity == 1:
        return Arrangement(draft, None)
    return Arrangement(draft, draft.put(Switches, "switches", key).switch)


def _sum(parts: tuple[tuple[Linear, int], ...]) -> Linear:
    total = constant(0)
    for part, factor in parts:
        total += part * factor
    return total


def ascending(draft: Draft, value: Linear) -> Linear:
    """The values of all slots, ascending, in the cheaper way."""
    width = step_width(value)
    if value.low == value.high:
        return value  # all are the same
    if draft.context is None or width > DATA_BITS or network_cost(value) <= product_cost(value):
        return arranged(draft, (value, 1))[1][0]
    check_width("a sort", value.low, value.high)
    ordered = draft.put(Sorted, "sorted", value).ordered.linear
    challenge = draft.make(Challenge, "challenge", draft.context, (ordered,))
    draft.put(SameMultiset, "same_values", value, ordered, challenge)
    return ordered


def network_cost(value: Linear) -> int:
    """Constraints of sorting a column by a permutation network."""
    (capacity,) = value.dims
    return 2 * len(network(capacity)) + (capacity - 1) * step_width(value)


def product_cost(value: Linear) -> int:
    """Constraints of sorting a column by a product at a challenge."""
    (capacity,) = value.dims
    hashed = challenge_constraints(packed_elements(value))
    return (capacity + 1) * step_width(value) + 2 * capacity - 2 + hashed


def numbered(draft: Draft, key: Linear) -> Linear:
    """A key that no two slots share: the slot's number breaks ties."""
    return key * draft.capacity + draft.make(Numbering, "numbering", draft.capacity)
