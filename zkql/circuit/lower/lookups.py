"""Keys looked up in a table that is sorted. In: a key for each row, and the table. Out: the payload of each
row's partner, and whether it has one.

The table is a line of intervals, each from a key of the table up to the next one, with the payload of the
first. Each row says in which interval its key is; it has a partner if the key is where the interval begins.
So an absent partner is proven by the two neighbours that enclose the key, and in the same way as a present
one. That the interval is one of the table's is shown by a :class:`~zkql.circuit.gadgets.lookup.Lookup`, or by
a way to a Merkle root (:mod:`zkql.circuit.lower.joins`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.lookup import Found, Lookup, Multiplicities, packed
from zkql.circuit.gadgets.pairs import Extended
from zkql.circuit.gadgets.products import Challenge
from zkql.circuit.wires import Linear, TooWide, Wire, constant
from zkql.crypto.field import P
from zkql.crypto.linked import Layout
from zkql.crypto.transcript import DATA_BITS

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Joined:
    """``matched`` is 1 in rows that have a partner; elsewhere ``payload`` is anything within bounds."""

    matched: Linear
    payload: tuple[Linear, ...]

    def known(self, draft: Draft, null: Linear | None) -> Joined:
        """Where the key is NULL there is no partner."""
        if null is None:
            return self
        return Joined(draft.multiply(self.matched, 1 - null), self.payload)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Keys with the next ones and the payload; ``reaches`` are the most that a key in an interval can be away
    from its first, and from its last."""

    starts: Linear
    nexts: Linear
    payload: tuple[Linear, ...]
    reaches: tuple[int, int]

    @property
    def entries(self) -> tuple[Linear, ...]:
        """All columns."""
        return (self.starts, self.nexts, *self.payload)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What rows say of the intervals that their keys are in: the columns of the table, as Found has them."""

    found: Found
    start: Linear
    next: Linear
    payload: tuple[Linear, ...]

    @property
    def columns(self) -> tuple[Linear, ...]:
        """As they stand in the table."""
        return (self.start, self.next, *self.payload)

    def joined(self, draft: Draft, *bounds: tuple[int, int]) -> Joined:
        """What that means, once it is shown that the table has these intervals; ``bounds`` are the table's,
        of the payload."""
        below = self.found.below
        matched = constant(1) if below is None else draft.equal(below.linear, constant(0))
        payload = (p.within(low, high) for p, (low, high) in zip(self.payload, bounds, strict=True))
        return Joined(matched, tuple(payload))


def intervals(draft: Draft, keys: Linear, payload: tuple[Linear, ...], key: Linear, beyond: int) -> Intervals:
    """The intervals of keys that ascend, for whoever looks up ``key``: one more, before the first, is of no
    key, and below all of both. ``beyond`` is above every key that is looked up, and not below any of the
    table."""
    first = constant(min(keys.low, key.low) - 1)
    starts = extended(draft, keys, first, before=True)
    nexts = extended(draft, keys, constant(beyond), before=False)
    own = tuple(extended(draft, column, constant(column.low), before=True) for column in payload)
    return Intervals(starts, nexts, own, (key.high - starts.low, nexts.high - 1 - key.low))


def extended(draft: Draft, column: Linear, more: Linear, *, before: bool) -> Linear:
    """A column with one more place, where another value stands; one that is the same everywhere as it is."""
    return draft.make(Extended, "extended", column, more, before) if column.dims else column


def neighbours(draft: Draft, key: Linear, table: Intervals) -> Neighbours:
    """What rows say of their intervals, which enclose their keys."""
    found = draft.put(Found, "found", key, table.entries, table.reaches)
    below = found.below.linear if found.below else constant(0)
    above = found.above.linear if found.above else constant(0)
    return Neighbours(found, key - below, key + 1 + above, _payload(found, table.payload))


def _payload(found: Found, columns: tuple[Linear, ...]) -> tuple[Linear, ...]:
    wires = zip(found.payload, columns, strict=True)
    return tuple(constant(column.low) if w is None else w.linear for w, column in wires)


def found_among(draft: Draft, key: Linear, table: Intervals, context: Linear) -> tuple[Joined, Linear]:
    """The partners, and a challenge that is fixed after them, for whatever is looked up next. Keys and table
    must be fixed by the context."""
    rows = neighbours(draft, key, table)
    challenge = look_up(draft, rows.columns, table.entries, rows.found, context)
    bounds = ((column.low, column.high) for column in table.payload)
    return rows.joined(draft, *bounds), challenge


def found_at(
    draft: Draft, key: Linear, keys: Linear, payload: tuple[Linear, ...], context: Linear
) -> tuple[tuple[Linear, ...], Linear]:
    """The payload at each key, and a challenge fixed after it. Each of the keys is in the table."""
    found = draft.put(Found, "found", key, (keys, *payload), None)
    own = _payload(found, payload)
    challenge = look_up(draft, (key, *own), (keys, *payload), found, context)
    bounded = (w.within(column.low, column.high) for w, column in zip(own, payload, strict=True))
    return tuple(bounded), challenge


def look_up(
    draft: Draft,
    rows: tuple[Linear, ...],
    entries: tuple[Linear, ...],
    found: Found,
    context: Linear,
) -> Linear:
    """Show that each row is one of the entries, column by column; return a challenge that is fixed after it.
    What the rows are made of must be fixed by the context, or be what they found."""
    bounds = tuple(
        (min(row.low, entry.low), max(row.high, entry.high)) for row, entry in zip(rows, entries, strict=True)
    )
    layout = Layout(bounds)
    return look_up_packed(draft, packed(layout, rows), packed(layout, entries), found, context)


def look_up_packed(
    draft: Draft,
    rows: tuple[Linear, ...],
    entries: tuple[Linear, ...],
    found: Found,
    context: Linear,
) -> Linear:
    """The same of packed elements. Raises :class:`~zkql.circuit.wires.TooWide` for what a challenge cannot
    take."""
    for wire, width in found.ranges:
        if width > DATA_BITS:
            raise TooWide(wire.name, width)
    (count,), (size,) = found.key.dims, entries[0].dims
    weights = draft.put(Multiplicities, "multiplicities", rows, entries, by_rows(count, size))
    hashed = (*found.outputs, *weights.outputs)
    challenge = draft.make(Challenge, "challenge", context, tuple(wire.linear for wire in hashed))
    compressor = None
    if len(rows) > 1:
        compressor = challenge
        challenge = draft.make(Challenge, "challenge", challenge, (weights.times.linear,))
    weight = constant(1) if weights.weight is None else weights.weight.linear
    draft.put(
        Lookup,
        "lookup",
        rows,
        entries,
        weight,
        weights.times.linear,
        weights.scale,
        challenge,
        compressor,
    )
    return challenge


def by_rows(rows: int, entries: int) -> bool:
    """Whether weights of rows take fewer bits than counts of entries."""
    return rows > 1 and entries + rows * (rows - 1).bit_length() < entries * rows.bit_length()


def cost(make: Callable[[Draft], object], slots: int) -> int:
    """Constraints of what is made in a draft of its own."""
    scratch = Draft(slots, Wire("context", (), 0, P - 1).linear)
    make(scratch)
    return sum(gadget.constraints() for gadget in scratch.gadgets)
