"""A device's chain of blocks: what it signs, how that is written down, and which part of it proves a window.

A **head** is signed after each block: "my chain stands here, after ``number`` blocks, of which the last one
follows the head ``before``. Rows up to ``before`` have at most the time ``since``, later ones at least; and
rows after the head have at least ``time``." Without a new block it is a heartbeat: the same head at a later
time. With number 0 it says where the chain begins.

A window is closed by the first head whose time is at or after its end. Its proof opens the chain up to there,
from the head before the last block that the window before opened: that block may hold rows of both, and no
later one does, since it was the first to reach the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zkql.crypto.blocks import OFFSET_BITS, Block, BlockLayout, BlockRow, genesis, layout_of
from zkql.crypto.commitment import new_salt
from zkql.crypto.encoding import canonical
from zkql.crypto.signatures import scheme_of
from zkql.plan.codes import encode, encode_column
from zkql.plan.types import TIMESTAMP, format_value
from zkql.runtime.records import (
    RecordError,
    columns_from_json,
    columns_to_json,
    field_element,
    field_hex,
    keys,
    sequence,
    signature_from_json,
    time_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value

    PlainRow = Mapping[str, Value | None]

_LONGEST = 1 << OFFSET_BITS
"""Milliseconds that a block may last."""


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where a chain stands, as a head says it. Times in milliseconds since the epoch."""

    before: int
    since: int
    head: int
    number: int
    time: int

    @classmethod
    def new(cls, stream: StreamSchema, device: Value, time: int = TIMESTAMP.lowest) -> ChainState:
        """Before any block, with no row before ``time``."""
        first = genesis(stream.digest, device)
        return cls(first, time, first, 0, time)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """Where a device's chain stands, signed by it."""

    device: Value
    state: ChainState
    signature: bytes

    def message(self, stream: StreamSchema) -> bytes:
        """The bytes that are signed."""
        own = self.state
        before, head = own.before.to_bytes(32, "big"), own.head.to_bytes(32, "big")
        where = [before, own.since, head, own.number, own.time]
        return canonical("zkql/head/v1", [stream.digest, self.device, *where])

    def is_signed(self, stream: StreamSchema, key: bytes) -> bool:
        """Whether the device's key signed exactly this."""
        return scheme_of(stream).verify(key, self.message(stream), self.signature)


@dataclass(frozen=True, slots=True)
class Link:
    """A signed head, and the block that it is about with its rows; None and none for a heartbeat."""

    signed: SignedHead
    block: Block | None
    rows: tuple[PlainRow, ...] = ()


# --- the sensor -------------------------------------------------------------------------------------


def in_blocks(stream: StreamSchema, size: int, rows: Sequence[PlainRow]) -> Iterator[tuple[PlainRow, ...]]:
    """Rows in order of their times, in as few blocks as can be."""
    own: list[PlainRow] = []
    for row in rows:
        if own and (len(own) == size or stream.time_of(row) - stream.time_of(own[0]) >= _LONGEST):
            yield tuple(own)
            own = []
        own.append(row)
    if own:
        yield tuple(own)


def packed(stream: StreamSchema, layout: BlockLayout, rows: Sequence[PlainRow], salt: int) -> Block:
    """The block of some rows, in order of their times. Raises ``ValueError`` with a message for the user."""
    if not 1 <= len(rows) <= layout.size:
        raise ValueError(f"a block has 1 to {layout.size} rows, not {len(rows)}")
    times = [stream.time_of(row) for row in rows]
    if sorted(times) != times:
        raise ValueError("the times of a block never go back")
    if times[-1] - times[0] >= _LONGEST:
        raise ValueError(f"a block lasts less than {_LONGEST} milliseconds")
    own = (
        BlockRow(time - times[0], tuple(encode_column(c, row[c.name]) for c in layout.columns))
        for time, row in zip(times, rows, strict=True)
    )
    return Block(encode(TIMESTAMP, times[0]), tuple(own), salt)


def sign_block(
    stream: StreamSchema, device: Value, state: ChainState, rows: tuple[PlainRow, ...], seed: bytes
) -> tuple[Link, ChainState]:
    """Append a block, with a salt of its own. The caller stores the new state before the block leaves."""
    layout = layout_of(stream)
    block = packed(stream, layout, rows, new_salt())
    assert stream.time_of(rows[0]) >= state.time
    head = layout.head(state.head, block)
    after = ChainState(state.head, state.time, head, state.number + 1, stream.time_of(rows[-1]))
    return Link(_signed(stream, device, after, seed), block, rows), after


def sign_beat(
    stream: StreamSchema, device: Value, state: ChainState, time: int, seed: bytes
) -> tuple[Link, ChainState]:
    """Sign that nothing else comes before ``time``; of a new chain, that it begins there."""
    assert time >= state.time
    after = replace(state, time=time) if state.number else ChainState.new(stream, device, time)
    return Link(_signed(stream, device, after, seed), None), after


def _signed(stream: StreamSchema, device: Value, state: ChainState, seed: bytes) -> SignedHead:
    unsigned = SignedHead(device, state, b"")
    return replace(unsigned, signature=scheme_of(stream).sign(seed, unsigned.message(stream)))


# --- JSON -------------------------------------------------------------------------------------------

STATE_KEYS = ("before", "since", "head", "number", "time")


def state_to_json(state: ChainState) -> dict[str, Any]:
    """All of it."""
    return {
        "before": field_hex(state.before),
        "since": format_value(state.since, TIMESTAMP),
        "head": field_hex(state.head),
        "number": state.number,
        "time": format_value(state.time, TIMESTAMP),
    }


def state_from_json(data: Mapping[str, Any]) -> ChainState:
    """Inverse of :func:`state_to_json`; other keys are the caller's."""
    return ChainState(
        before=field_element(data["before"], "before"),
        since=time_of(data["since"]),
        head=field_element(data["head"], "head"),
        number=sequence(data["number"]),
        time=time_of(data["time"]),
    )


def head_to_json(head: SignedHead) -> dict[str, Any]:
    """Without device, which is stated beside it."""
    return {**state_to_json(head.state), "signature": head.signature.hex()}


def head_from_json(data: Any, stream: StreamSchema, device: Value) -> SignedHead:
    """Inverse of :func:`head_to_json`."""
    keys(data, *STATE_KEYS, "signature")
    return SignedHead(device, state_from_json(data), signature_from_json(data["signature"], stream))


def block_to_json(link: Link, stream: StreamSchema) -> dict[str, Any]:
    """A block's head and rows, in the sensor's output only."""
    assert link.block is not None
    columns = stream.private_columns
    rows = [columns_to_json([row[c.name] for c in columns], columns) for row in link.rows]
    return {**head_to_json(link.signed), "rows": rows, "salt": field_hex(link.block.salt)}


def block_from_json(data: Any, stream: StreamSchema, device: Value) -> Link:
    """Inverse of :func:`block_to_json`. That the head is that of the block is checked by the caller."""
    keys(data, *STATE_KEYS, "signature", "rows", "salt")
    head = {key: value for key, value in data.items() if key not in ("rows", "salt")}
    if not isinstance(data["rows"], list):
        raise RecordError("rows is not a list")
    names = [column.name for column in stream.private_columns]
    rows: list[PlainRow] = []
    for row in data["rows"]:
        values = columns_from_json(row, stream.private_columns)
        rows.append({stream.device: device, **dict(zip(names, values, strict=True))})
    try:
        block = packed(stream, layout_of(stream), rows, field_element(data["salt"], "salt"))
    except RecordError:
        raise
    except ValueError as error:
        raise RecordError(str(error)) from None
    return Link(head_from_json(head, stream, device), block, tuple(rows))


# --- windows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """What a window opens of a chain: ``links`` of blocks from ``head`` on, up to the ``closing`` head."""

    head: int
    links: tuple[Link, ...]
    closing: SignedHead


def opened(
    links: Sequence[Link], first: ChainState, ends: Sequence[int], *, finished: bool = False
) -> Iterator[Opened | None]:
    """For each window, by its end, what it opens of the links after ``first``; None from the first one on
    that no head closes. Of a ``finished`` chain the last head closes all that is left."""
    blocks = [link for link in links if link.block is not None]
    head, number, place = first.head, first.number, 0
    for end in ends:
        while place < len(links) and links[place].signed.state.time < end:
            place += 1
        if place == len(links) and not finished:
            yield None
            continue
        closing = links[min(place, len(links) - 1)].signed
        own = closing.state
        yield Opened(head, tuple(blocks[number - first.number : own.number - first.number]), closing)
        if own.number > first.number:  # the next window begins with the block in which this one ended
            head, number = own.before, own.number - 1
