"""Tables that private rows are joined with, as their owner commits to them. In: rows of a key and a payload.
Out: records in order of the key, each naming the next key; packed field elements; commitments.

A record says that its key is in the table and what belongs to it, and that no key between it and the next
is. So one record proves of any key whether it is there, as in the indexed Merkle tree of Tzialla, Kothapalli,
Parno and Setty (eprint 2021/1263). The first record has no key of its own: it stands before the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from zkql.crypto.commitment import TAG_BITS
from zkql.crypto.field import USABLE_BITS
from zkql.crypto.poseidon import MAX_INPUTS, poseidon

if TYPE_CHECKING:
    from collections.abc import Sequence

ELEMENT_BITS = 250
"""Bits of a packed element, as of every number in a circuit."""
Bounds = tuple[int, int]
Record = tuple[int, ...]
"""Key, next key, payload."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Numbers within ``bounds`` side by side in field elements, the first in the lowest bits of one that has
    ``first`` bits. Different numbers within bounds have different elements."""

    bounds: tuple[Bounds, ...]
    first: int = ELEMENT_BITS

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """For each number its element, and the bit where it begins there."""
        found, element, shift, room = [], 0, 0, self.first
        for low, high in self.bounds:
            width = (high - low).bit_length()
            if shift + width > room:
                element, shift, room = element + 1, 0, ELEMENT_BITS
            found.append((element, shift))
            shift += width
        return tuple(found)

    @property
    def elements(self) -> int:
        """How many field elements there are."""
        return self.places[-1][0] + 1 if self.bounds else 1

    def pack(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The elements."""
        made = [0] * self.elements
        for number, (low, high), (element, shift) in zip(numbers, self.bounds, self.places, strict=True):
            assert low <= number <= high
            made[element] += number - low << shift
        return tuple(made)


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """``key`` and ``payload`` are bounds: of keys, and of each column. ``tag`` is a digest of the schema,
    so that no record is taken for one of another table."""

    tag: int
    key: Bounds
    payload: tuple[Bounds, ...]

    def __post_init__(self) -> None:
        assert 0 <= self.tag < 1 << TAG_BITS
        if self.layout.elements >= MAX_INPUTS:
            raise ValueError(f"the columns need more than {MAX_INPUTS - 1} field elements")

    @property
    def reach(self) -> int:
        """Bits of how far a key is from its record's, or from the next."""
        low, high = self.key
        return (high - low + 1).bit_length()

    @property
    def layout(self) -> Layout:
        """How a record is packed; there is room for whatever a circuit takes for a key's neighbours."""
        (low, high), far = self.key, 1 << self.reach
        return Layout(((low - far, high), (low, high + far), *self.payload), USABLE_BITS - TAG_BITS)

    @property
    def tag_place(self) -> int:
        """What the tag is multiplied with in the first element."""
        return 1 << USABLE_BITS - TAG_BITS

    def records(self, rows: Sequence[tuple[int, ...]]) -> list[Record]:
        """Rows of key and payload as records. Raises ``ValueError`` for keys that are not unique, and for
        what is out of bounds."""
        low, high = self.key
        for row in rows:
            for value, (least, most) in zip(row, (self.key, *self.payload), strict=True):
                if not least <= value <= most:
                    raise ValueError(f"{value} is not between {least} and {most}")
        ordered = sorted(rows)
        keys = [low - 1, *(row[0] for row in ordered), high + 1]
        for before, after in pairwise(keys):
            if before == after:
                raise ValueError(f"the key {after} is there twice")
        nothing = tuple(least for least, _ in self.payload)
        payloads = [nothing, *(row[1:] for row in ordered)]
        return [(k, n, *p) for k, n, p in zip(keys, keys[1:], payloads, strict=False)]

    def commit(self, record: Record, salt: int) -> int:
        """The commitment to a record, as in :mod:`zkql.crypto.commitment`: ``Poseidon(elements …, salt)``,
        with the tag above the first element's data."""
        first, *rest = self.layout.pack(record)
        return poseidon([first + self.tag * self.tag_place, *rest, salt])
