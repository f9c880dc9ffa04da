"""Hash chains over blocks of rows: CHAIN provenance. In: the codes of rows. Out: packed elements, heads.

A device's rows follow each other in blocks of a fixed size. A block is packed into field elements, and
``head' = Poseidon(head, header, elements …, salt)``: so one head stands for all rows before it, and a
signature of it for all of them (Haber and Stornetta, "How to time-stamp a digital document", 1991). The
header holds the schema's tag, how many rows there are, and the time of the first; each row has what has
passed since, and its columns' codes. After the last row of a block that is not full, that row is repeated, so
that times never go back.

Hiding rests on the salt of each block, binding on Poseidon's collision resistance
(:mod:`zkql.crypto.poseidon`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.crypto.commitment import TAG_BITS
from zkql.crypto.encoding import digest
from zkql.crypto.field import USABLE_BITS
from zkql.crypto.poseidon import MAX_INPUTS, poseidon
from zkql.plan.codes import column_bits, width
from zkql.plan.types import TIMESTAMP

if TYPE_CHECKING:
    from zkql.plan.schema import ColumnSchema
    from zkql.plan.types import Value

TIME_BITS = width(TIMESTAMP)
"""Bits of a time: milliseconds since the year 1."""
OFFSET_BITS = 24
"""Bits of the time in a block, in milliseconds: four and a half hours. A longer pause ends a block."""
MOST_ELEMENTS = MAX_INPUTS - 3
"""Beside the head, the header and the salt."""
_HEAD_BITS = 248


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A row in a block: milliseconds since the block's first row, and the code of each column, with its flag
    of NULL."""

    offset: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that follow each other; ``base`` is the code of the first one's time."""

    base: int
    rows: tuple[BlockRow, ...]
    salt: int


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """How ``size`` rows of such columns share field elements. ``tag`` is a digest of the schema."""

    tag: int
    columns: tuple[ColumnSchema, ...]
    size: int

    def __post_init__(self) -> None:
        assert 0 <= self.tag < 1 << TAG_BITS
        if self.row_bits > USABLE_BITS:
            raise ValueError(f"a row of {self.row_bits} bits does not fit a field element")
        if not 1 <= self.size <= self.most(self.columns):
            raise ValueError(f"a block has 1 to {self.most(self.columns)} such rows")

    @classmethod
    def most(cls, columns: tuple[ColumnSchema, ...]) -> int:
        """Rows that one hash takes."""
        return USABLE_BITS // (OFFSET_BITS + sum(map(column_bits, columns))) * MOST_ELEMENTS

    @property
    def row_bits(self) -> int:
        """Bits of a row: its offset, above it the columns in order."""
        return OFFSET_BITS + sum(map(column_bits, self.columns))

    @property
    def rows_per_element(self) -> int:
        """Rows that share a field element, the first in the lowest bits."""
        return USABLE_BITS // self.row_bits

    @property
    def elements(self) -> int:
        """Field elements of a block."""
        return -(-self.size // self.rows_per_element)

    @property
    def count_bits(self) -> int:
        """Bits of how many rows there are."""
        return self.size.bit_length()

    def header(self, base: int, count: int) -> int:
        """Tag, number of rows and time of the first, from the highest bits down."""
        assert 0 <= base < 1 << TIME_BITS
        assert 1 <= count <= self.size
        return (self.tag << self.count_bits | count) << TIME_BITS | base

    def filled(self, rows: tuple[BlockRow, ...]) -> tuple[BlockRow, ...]:
        """As many rows as a block has places: the last one is repeated."""
        return (*rows, *rows[-1:] * (self.size - len(rows)))

    def pack(self, rows: tuple[BlockRow, ...]) -> tuple[int, ...]:
        """The elements of the rows of a block."""
        made = [0] * self.elements
        for place, row in enumerate(self.filled(rows)):
            element, position = divmod(place, self.rows_per_element)
            made[element] += self.number(row) << position * self.row_bits
        return tuple(made)

    def number(self, row: BlockRow) -> int:
        """A row as one number."""
        assert 0 <= row.offset < 1 << OFFSET_BITS
        number, shift = row.offset, OFFSET_BITS
        for column, code in zip(self.columns, row.codes, strict=True):
            assert 0 <= code < 1 << column_bits(column)
            number |= code << shift
            shift += column_bits(column)
        return number

    def head(self, before: int, block: Block) -> int:
        """The head after a block."""
        header = self.header(block.base, len(block.rows))
        return poseidon([before, header, *self.pack(block.rows), block.salt])


def genesis(schema: bytes, device: Value) -> int:
    """The head before a device's first block."""
    whole = digest("zkql/chain/v1", [schema, device])
    return int.from_bytes(whole, "big") >> (8 * len(whole) - _HEAD_BITS)
