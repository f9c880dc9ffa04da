"""Equi-joins of private rows with a table that has a row for a key at most. In: the rows' key, and a table:
constants, wires that the verifier puts in, or what its owner committed to. Out: for each row the payload of
its partner, and whether it has one.

An inner join narrows the rows to those that are matched; a left join has NULL in the others. Of several ways
to show the same, the one with the fewest constraints is chosen, by the gadgets' own formulas.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.lookup import packed
from zkql.circuit.gadgets.merkle import Opened, Ownership, Path
from zkql.circuit.gadgets.pairs import Constants
from zkql.circuit.gadgets.tables import Interpolated, Marked
from zkql.circuit.lower.lookups import (
    Intervals,
    Joined,
    Neighbours,
    cost,
    found_among,
    intervals,
    look_up_packed,
    neighbours,
)
from zkql.circuit.wires import Linear, TooWide, constant, width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zkql.circuit.draft import Draft


class Method(StrEnum):
    """How partners are found."""

    INTERPOLATE = "polynomials of the key"
    MARK = "each row marks its entry"
    LOOK_UP = "a lookup argument"
    OPEN = "every entry opened, and a lookup argument"
    PATHS = "a Merkle path for each row"


MOST_INTERPOLATED = 512
"""Entries. A polynomial has a full-width coefficient for each, in the constraints of each row: beyond, there
are few constraints, and yet more to compile and to prove."""


@dataclass(frozen=True, slots=True)
class ConstantTable:
    """Keys, all different, and the payload column by column."""

    keys: tuple[int, ...]
    columns: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(set(self.keys)) < len(self.keys):
            raise ValueError("a key is there twice")


@dataclass(frozen=True, slots=True)
class PublicTable:
    """Public inputs: keys, which ascend, and the payload (see :func:`padded`)."""

    keys: Linear
    columns: tuple[Linear, ...]


@dataclass(frozen=True, slots=True)
class CommittedTable:
    """What the owner committed to (:mod:`zkql.crypto.linked`), and what is public of it: the commitments of
    all entries, the last repeated up to their number, or the root over them."""

    owned: Ownership
    commitments: Linear | None
    root: Linear | None


Table = ConstantTable | PublicTable | CommittedTable


def join(
    draft: Draft, key: Linear, null: Linear | None, table: Table, method: Method | None = None
) -> Joined:
    """The partners of rows with a key, which may be NULL."""
    chosen = method or choose(draft, key, table)
    return _methods(key, table)[chosen](draft).known(draft, null)


def choose(draft: Draft, key: Linear, table: Table) -> Method:
    """The method with the fewest constraints; without a context, one that needs no challenge. Raises
    :class:`~zkql.circuit.wires.TooWide` where there is none."""
    found = costs(key, table)
    if draft.context is None:
        found = {m: c for m, c in found.items() if m not in (Method.LOOK_UP, Method.OPEN)}
    if not found:
        raise TooWide("the key or a column of a join", width_of(key.low, key.high))
    return min(found, key=found.__getitem__)


def costs(key: Linear, table: Table) -> dict[Method, int]:
    """Constraints of each method, without those that numbers are too wide for."""
    found = {}
    for method, make in _methods(key, table).items():
        with suppress(TooWide):
            found[method] = cost(make, *key.dims)
    return found


def _methods(key: Linear, table: Table) -> dict[Method, Callable[[Draft], Joined]]:
    """The ways that there are for a table."""
    found: dict[Method, Callable[[Draft], Joined]] = {}
    match table:
        case ConstantTable(keys, columns):
            inside = _within(table, key)
            if len(inside.keys) <= MOST_INTERPOLATED:
                found[Method.INTERPOLATE] = lambda draft: _interpolated(draft, key, inside)
            if inside.keys:
                found[Method.LOOK_UP] = lambda draft: _looked_up(
                    draft, key, _of_constants(draft, key, inside)
                )
        case PublicTable(keys, columns):
            found[Method.MARK] = lambda draft: _marked(draft, key, table)
            beyond = max(keys.high, key.high + 1)
            found[Method.LOOK_UP] = lambda draft: _looked_up(
                draft, key, intervals(draft, keys, columns, key, beyond)
            )
        case CommittedTable(_, commitments, root):
            if commitments is not None:
                found[Method.OPEN] = lambda draft: _opened(draft, key, table.owned, commitments)
            if root is not None:
                found[Method.PATHS] = lambda draft: _paths(draft, key, table.owned, root)
    return found


# --- tables that the verifier knows ---------------------------------------------------------------


def padded(
    rows: Sequence[tuple[int, ...]], size: int, key: tuple[int, int], lows: Sequence[int]
) -> list[list[int]]:
    """The public inputs of a table, column by column, from rows of key and payload: in order of the key, then
    up to the size a key that no row has. ``key`` are bounds of what is looked up; ``lows`` the least that the
    payload can be. Raises ``ValueError`` for keys that are not unique or not within these bounds, and for too
    many rows."""
    ordered = sorted(rows)
    if len(ordered) > size:
        raise ValueError(f"{len(ordered)} rows do not fit a table of {size}")
    if any(before[0] == after[0] for before, after in pairwise(ordered)):
        raise ValueError("a key is there twice")
    if ordered and not (key[0] <= ordered[0][0] and ordered[-1][0] <= key[1]):
        raise ValueError(f"keys are not between {key[0]} and {key[1]}")
    filled = [*ordered, *[(key[1] + 1, *lows)] * (size - len(ordered))]
    return [list(column) for column in zip(*filled, strict=True)]


def _within(table: ConstantTable, key: Linear) -> ConstantTable:
    """The entries that a key can have, in order."""
    order = sorted(range(len(table.keys)), key=table.keys.__getitem__)
    inside = [j for j in order if key.low <= table.keys[j] <= key.high]
    keys, *columns = (tuple(column[j] for j in inside) for column in (table.keys, *table.columns))
    return ConstantTable(keys, tuple(columns))


def _interpolated(draft: Draft, key: Linear, table: ConstantTable) -> Joined:
    if not table.keys:
        return Joined(constant(0), tuple(constant(0) for _ in table.columns))
    made = draft.put(Interpolated, "interpolated", key, table.keys, table.columns)
    return Joined(made.matched.linear, tuple(wire.linear for wire in made.payload))


def _marked(draft: Draft, key: Linear, table: PublicTable) -> Joined:
    made = draft.put(Marked, "marked", key, table.keys, table.columns)
    return Joined(made.matched.linear, tuple(wire.linear for wire in made.payload))


def _looked_up(draft: Draft, key: Linear, table: Intervals) -> Joined:
    assert draft.context is not None
    return found_among(draft, key, table, draft.context)[0]


def _of_constants(draft: Draft, key: Linear, table: ConstantTable) -> Intervals:
    """The intervals of constants, the one before the first only where a key can be in it."""
    starts, columns = table.keys, table.columns
    if key.low < starts[0]:
        starts = (key.low - 1, *starts)
        columns = tuple((min(column), *column) for column in columns)
    nexts = (*starts[1:], key.high + 1)
    above = max(after - 1 - max(before, key.low) for before, after in zip(starts, nexts, strict=True))
    below = max(after - 1 - before for before, after in zip(starts, nexts, strict=True))
    made = [draft.make(Constants, "table", column) for column in (starts, nexts, *columns)]
    return Intervals(made[0], made[1], tuple(made[2:]), (below, above))


# --- tables that are committed to -----------------------------------------------------------------


def _described(draft: Draft, key: Linear, owned: Ownership) -> Neighbours:
    """What rows say of their intervals."""
    low, high = owned.table.key
    if key.low < low or key.high > high:
        raise ValueError(f"keys from {key.low} to {key.high} in a table of keys from {low} to {high}")
    far = (1 << owned.table.reach) - 1
    starts, nexts, *payload = owned.columns
    return neighbours(draft, key, Intervals(starts, nexts, tuple(payload), (far, far)))


def _opened(draft: Draft, key: Linear, owned: Ownership, commitments: Linear) -> Joined:
    assert draft.context is not None
    opened = draft.put(Opened, "open_table", owned, commitments)
    entries = tuple(wire.linear for wire in opened.elements)
    rows = _described(draft, key, owned)
    look_up_packed(draft, packed(owned.table.layout, rows.columns), entries, rows.found, draft.context)
    return rows.joined(draft, *owned.table.payload)


def _paths(draft: Draft, key: Linear, owned: Ownership, root: Linear) -> Joined:
    rows = _described(draft, key, owned)
    draft.put(Path, "path", owned, packed(owned.table.layout, rows.columns), root)
    return rows.joined(draft, *owned.table.payload)
