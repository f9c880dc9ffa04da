"""Hash chains over blocks of rows: CHAIN provenance. In: the codes of rows. Out: packed elements, heads.

A device's rows follow each other in blocks of a fixed size. A block is packed into field elements, and
``head' = Poseidon(head, header, base, elements …, salt)``: so one head stands for all rows before it, and a
signature of it for all of them (Haber and Stornetta, "How to time-stamp a digital document", 1991). The
header holds the schema's tag and how many rows there are, the base is the time of the first; each row has
what has passed since, and its columns' codes. Elements hold columns, not rows: what a circuit does not read,
it takes as it is. After the last row of a block that is not full, that row is repeated, so that times never
go back.

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
    from collections.abc import Sequence

    from zkql.plan.schema import ColumnSchema, StreamSchema
    from zkql.plan.types import Value

TIME_BITS = width(TIMESTAMP)
"""Bits of a time: milliseconds since the year 1."""
OFFSET_BITS = 24
"""Bits of the time in a block, in milliseconds: four and a half hours. A longer pause ends a block."""
MOST_ELEMENTS = MAX_INPUTS - 4
"""Beside the head, the header, the base and the salt."""
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
class Strip:
    """What stands in elements of its own: ``bits`` of each of ``size`` rows, the first in the lowest ones."""

    bits: int
    size: int

    @property
    def each(self) -> int:
        """Rows that share an element."""
        return USABLE_BITS // self.bits

    @property
    def elements(self) -> int:
        """How many there are."""
        return -(-self.size // self.each)

    @property
    def places(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Of each element its rows, each with what it is multiplied by."""
        starts = range(0, self.size, self.each)
        rows = (range(start, min(start + self.each, self.size)) for start in starts)
        return tuple(tuple((row, 1 << (row - own[0]) * self.bits) for row in own) for own in rows)

    def pack(self, codes: Sequence[int]) -> list[int]:
        """The elements of a code of each row."""
        return [sum(codes[row] * factor for row, factor in own) for own in self.places]


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """How ``size`` rows of such columns share field elements. ``tag`` is a digest of the schema."""

    tag: int
    columns: tuple[ColumnSchema, ...]
    size: int

    def __post_init__(self) -> None:
        assert 0 <= self.tag < 1 << TAG_BITS
        most = self.most(self.columns)
        if not most:
            raise ValueError(f"a row has at most {MOST_ELEMENTS - 1} columns beside device and event time")
        if not 1 <= self.size <= most:
            raise ValueError(f"a block has 1 to {most} such rows")

    @classmethod
    def most(cls, columns: tuple[ColumnSchema, ...]) -> int:
        """Rows that one hash takes; 0 where there are too many columns."""
        size = 0
        while _elements(columns, size + 1) <= MOST_ELEMENTS:
            size += 1
        return size

    @property
    def strips(self) -> tuple[Strip, ...]:
        """The offset, then the columns."""
        return _strips(self.columns, self.size)

    @property
    def elements(self) -> int:
        """Field elements of a block."""
        return _elements(self.columns, self.size)

    @property
    def count_bits(self) -> int:
        """Bits of how many rows there are."""
        return self.size.bit_length()

    def header(self, count: int) -> int:
        """Tag and number of rows."""
        assert 1 <= count <= self.size
        return self.tag << self.count_bits | count

    def filled(self, rows: tuple[BlockRow, ...]) -> tuple[BlockRow, ...]:
        """As many rows as a block has places: the last one is repeated."""
        return (*rows, *rows[-1:] * (self.size - len(rows)))

    def pack(self, rows: tuple[BlockRow, ...]) -> list[int]:
        """The elements of the rows of a block."""
        filled = self.filled(rows)
        columns = zip(*((row.offset, *row.codes) for row in filled), strict=True)
        found: list[int] = []
        for strip, codes in zip(self.strips, columns, strict=True):
            assert all(0 <= code < 1 << strip.bits for code in codes)
            found += strip.pack(codes)
        return found

    def head(self, before: int, block: Block) -> int:
        """The head after a block."""
        assert 0 <= block.base < 1 << TIME_BITS
        words = [self.header(len(block.rows)), block.base, *self.pack(block.rows)]
        return poseidon([before, *words, block.salt])


def _strips(columns: tuple[ColumnSchema, ...], size: int) -> tuple[Strip, ...]:
    return tuple(Strip(bits, size) for bits in (OFFSET_BITS, *map(column_bits, columns)))


def _elements(columns: tuple[ColumnSchema, ...], size: int) -> int:
    return sum(strip.elements for strip in _strips(columns, size))


def layout_of(stream: StreamSchema) -> BlockLayout:
    """How a stream's rows lie in its blocks: all columns but the device and the event time. Raises
    ``ValueError`` where a row does not fit."""
    assert stream.block is not None
    tag = int.from_bytes(stream.digest, "big") >> (256 - TAG_BITS)
    return BlockLayout(tag, chained_columns(stream), stream.block)


def chained_columns(stream: StreamSchema) -> tuple[ColumnSchema, ...]:
    """The columns of a row in a block."""
    return tuple(c for c in stream.columns if c.name not in (stream.device, stream.time))


def genesis(schema: bytes, device: Value) -> int:
    """The head before a device's first block."""
    whole = digest("zkql/chain/v1", [schema, device])
    return int.from_bytes(whole, "big") >> (8 * len(whole) - _HEAD_BITS)
