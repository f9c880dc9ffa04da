"""A device's chain of blocks: what it signs, and which part of it proves a window.

A **head** is signed after each block, as (schema, device, the head before the last block, the head, number of
blocks, time), and means: "my chain stands here; every later row has this time or a later one". Without a new
block it is a heartbeat: the same head at a later time.

A window is closed by the first head whose time is at or after its end. Its proof opens the chain up to there,
from the head before the last block that the window before opened: that block may hold rows of both, and
no later one does, since it was the first to reach the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.crypto import signatures
from zkql.crypto.blocks import OFFSET_BITS, Block, BlockLayout, BlockRow, genesis
from zkql.crypto.commitment import TAG_BITS, new_salt
from zkql.crypto.encoding import canonical
from zkql.plan.codes import encode, encode_column
from zkql.plan.types import TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value

_LONGEST = 1 << OFFSET_BITS
"""Milliseconds that a block may last."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """Where a device's chain stands. ``before`` is the head before the last of ``number`` blocks; without
    blocks it is the head. ``time`` in milliseconds since the epoch."""

    device: Value
    before: int
    head: int
    number: int
    time: int
    signature: bytes

    def message(self, stream: StreamSchema) -> bytes:
        """The bytes that are signed."""
        heads = [self.before.to_bytes(32, "big"), self.head.to_bytes(32, "big")]
        return canonical("zkql/head/v1", [stream.digest, self.device, *heads, self.number, self.time])

    def is_signed(self, stream: StreamSchema, key: bytes) -> bool:
        """Whether the device's key signed exactly this."""
        return signatures.verify(key, self.message(stream), self.signature)


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far a device has come: what its next head follows, and the earliest time it may use."""

    before: int
    head: int
    number: int
    time: int

    @classmethod
    def new(cls, stream: StreamSchema, device: Value) -> ChainState:
        """Before any block."""
        first = genesis(stream.digest, device)
        return cls(first, first, 0, TIMESTAMP.lowest)


@dataclass(frozen=True, slots=True)
class Link:
    """A signed head, and the block that it is about; None for a heartbeat."""

    signed: SignedHead
    block: Block | None


def layout_of(stream: StreamSchema, size: int) -> BlockLayout:
    """How a stream's rows lie in blocks of a size: all columns but the device and the event time."""
    tag = int.from_bytes(stream.digest, "big") >> (256 - TAG_BITS)
    columns = tuple(c for c in stream.columns if c.name not in (stream.device, stream.time))
    return BlockLayout(tag, columns, size)


# --- the sensor -------------------------------------------------------------------------------------


def in_blocks(
    stream: StreamSchema, layout: BlockLayout, rows: Sequence[Mapping[str, Value | None]]
) -> Iterator[Block]:
    """Rows in order of their times, in as few blocks as can be."""
    own: list[Mapping[str, Value | None]] = []
    for row in rows:
        if own and (len(own) == layout.size or stream.time_of(row) - stream.time_of(own[0]) >= _LONGEST):
            yield _block(stream, layout, own)
            own = []
        own.append(row)
    if own:
        yield _block(stream, layout, own)


def _block(stream: StreamSchema, layout: BlockLayout, rows: Sequence[Mapping[str, Value | None]]) -> Block:
    first = stream.time_of(rows[0])
    packed = tuple(
        BlockRow(stream.time_of(row) - first, tuple(encode_column(c, row[c.name]) for c in layout.columns))
        for row in rows
    )
    return Block(encode(TIMESTAMP, first), packed, new_salt())


def sign_block(
    stream: StreamSchema, layout: BlockLayout, device: Value, state: ChainState, block: Block, seed: bytes
) -> tuple[Link, ChainState]:
    """Append a block. The caller stores the new state before the block leaves."""
    first = block.base + TIMESTAMP.lowest
    assert first >= state.time
    head = layout.head(state.head, block)
    after = ChainState(state.head, head, state.number + 1, first + block.rows[-1].offset)
    return Link(_signed(stream, device, after, seed), block), after


def sign_beat(
    stream: StreamSchema, device: Value, state: ChainState, time: int, seed: bytes
) -> tuple[Link, ChainState]:
    """Sign that nothing else comes before ``time``."""
    assert time >= state.time
    after = replace(state, time=time)
    return Link(_signed(stream, device, after, seed), None), after


def _signed(stream: StreamSchema, device: Value, state: ChainState, seed: bytes) -> SignedHead:
    unsigned = SignedHead(device, state.before, state.head, state.number, state.time, b"")
    return replace(unsigned, signature=signatures.sign(seed, unsigned.message(stream)))


# --- windows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """What a window opens of a chain: ``blocks`` from ``head`` on, up to the ``closing`` head."""

    head: int
    blocks: tuple[Block, ...]
    closing: SignedHead


def opened(links: Sequence[Link], start: ChainState, ends: Sequence[int]) -> Iterator[Opened | None]:
    """For each window, by its end, what it opens; None from the first one on that no head closes."""
    blocks = [link.block for link in links if link.block is not None]
    number, head, place = start.number, start.head, 0
    for end in ends:
        while place < len(links) and links[place].signed.time < end:
            place += 1
        if place == len(links):
            yield None
            continue
        closing = links[place].signed
        first, last = number - start.number, closing.number - start.number
        yield Opened(head, tuple(blocks[first:last]), closing)
        if last > 0:  # the next window begins with the block in which this one ended
            number, head = closing.number - 1, closing.before
