"""How a device signs, by provenance. In: its state and new rows. Out: signed lines and the state after them.

ROW: a line a row, each with its own signature. CHAIN: a line a block, each with a signed head; a new chain
begins with a head that says since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from zkql import files
from zkql.crypto.commitment import commit, new_salt
from zkql.crypto.signatures import scheme_of
from zkql.plan.types import TIMESTAMP, format_value
from zkql.runtime.chains import (
    STATE_KEYS,
    ChainState,
    block_to_json,
    head_to_json,
    in_blocks,
    sign_beat,
    sign_block,
    state_from_json,
    state_to_json,
)
from zkql.runtime.records import (
    Heartbeat,
    Opening,
    SignedRow,
    heartbeat_to_json,
    opening_to_json,
    row_to_json,
    sequence,
    time_of,
)

if TYPE_CHECKING:
    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Shown, Value

    Row = Mapping[str, Value | None]


class HasTime(Protocol):
    """What every state has."""

    @property
    def time(self) -> int:
        """The earliest time that the next row may have, in milliseconds."""


S = TypeVar("S", bound=HasTime)


class Signer(Protocol, Generic[S]):
    """Signs for a device. States are written down before lines leave."""

    state_keys: ClassVar[tuple[str, ...]]

    def new(self, stream: StreamSchema, device: Value) -> S:
        """Before anything was signed."""

    def following(self, state: S) -> int:
        """The number of the next row or block, as registries count them."""

    def to_json(self, state: S) -> dict[str, Any]:
        """A state, by its keys."""

    def from_json(self, data: Mapping[str, Any]) -> S:
        """Inverse of :meth:`to_json`. Raises ``ValueError``."""

    def sign(
        self,
        stream: StreamSchema,
        device: Value,
        state: S,
        rows: Sequence[Row],
        seed: bytes,
        since: int,
    ) -> tuple[list[str], S]:
        """Lines of rows, in order of time and none before the state's. A new stream begins at ``since``."""

    def beat(self, stream: StreamSchema, device: Value, state: S, time: int, seed: bytes) -> tuple[str, S]:
        """A line that says that nothing else comes before ``time``, which is not before the state's."""


def signer_of(stream: StreamSchema) -> Signer[Any]:
    """What signs a stream."""
    signer: Signer[Any] = ChainSigner() if stream.is_chained else RowSigner()
    return signer


def device_json(device: Value, stream: StreamSchema) -> Shown:
    """A device as JSON."""
    return format_value(device, stream.column(stream.device).type)


# --- ROW --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """How far a device has signed: its next sequence number and the earliest time it may use."""

    sequence: int
    time: int


def sign_row(stream: StreamSchema, values: Row, head: Head, seed: bytes) -> tuple[SignedRow, Opening, Head]:
    """Sign one row as the device's next."""
    opening = Opening(tuple(values[c.name] for c in stream.private_columns), new_salt())
    row = SignedRow(
        device=stream.device_of(values),
        sequence=head.sequence,
        time=stream.time_of(values),
        public=tuple(values[c.name] for c in stream.public_columns),
        commitment=commit(stream, opening.offsets(stream), opening.salt),
        signature=b"",
    )
    signed = replace(row, signature=scheme_of(stream).sign(seed, row.message(stream)))
    return signed, opening, Head(head.sequence + 1, row.time)


def sign_heartbeat(
    stream: StreamSchema, device: Value, head: Head, time: int, seed: bytes
) -> tuple[Heartbeat, Head]:
    """Sign that nothing else comes before ``time``."""
    heartbeat = Heartbeat(device, head.sequence, time, b"")
    signed = replace(heartbeat, signature=scheme_of(stream).sign(seed, heartbeat.message(stream)))
    return signed, Head(head.sequence, time)


class RowSigner:
    """Each row by itself."""

    state_keys: ClassVar[tuple[str, ...]] = ("sequence", "time")

    def new(self, stream: StreamSchema, device: Value) -> Head:
        return Head(0, TIMESTAMP.lowest)

    def following(self, state: Head) -> int:
        return state.sequence

    def to_json(self, state: Head) -> dict[str, Any]:
        return {"sequence": state.sequence, "time": format_value(state.time, TIMESTAMP)}

    def from_json(self, data: Mapping[str, Any]) -> Head:
        return Head(sequence(data["sequence"]), time_of(data["time"]))

    def sign(
        self,
        stream: StreamSchema,
        device: Value,
        state: Head,
        rows: Sequence[Row],
        seed: bytes,
        since: int,
    ) -> tuple[list[str], Head]:
        lines = []
        for row in rows:
            signed, opening, state = sign_row(stream, row, state, seed)
            body = {"device": device_json(device, stream), **row_to_json(signed, stream)}
            lines.append(files.dump_json({"row": {**body, **opening_to_json(opening, stream)}}))
        return lines, state

    def beat(
        self, stream: StreamSchema, device: Value, state: Head, time: int, seed: bytes
    ) -> tuple[str, Head]:
        heartbeat, after = sign_heartbeat(stream, device, state, time, seed)
        body = {"device": device_json(device, stream), **heartbeat_to_json(heartbeat)}
        return files.dump_json({"heartbeat": body}), after


# --- CHAIN ------------------------------------------------------------------------------------------


class ChainSigner:
    """Rows in blocks."""

    state_keys: ClassVar[tuple[str, ...]] = STATE_KEYS

    def new(self, stream: StreamSchema, device: Value) -> ChainState:
        return ChainState.new(stream, device)

    def following(self, state: ChainState) -> int:
        return state.number + 1

    def to_json(self, state: ChainState) -> dict[str, Any]:
        return state_to_json(state)

    def from_json(self, data: Mapping[str, Any]) -> ChainState:
        return state_from_json(data)

    def sign(
        self,
        stream: StreamSchema,
        device: Value,
        state: ChainState,
        rows: Sequence[Row],
        seed: bytes,
        since: int,
    ) -> tuple[list[str], ChainState]:
        lines = []
        if state == ChainState.new(stream, device) and since > state.time:
            line, state = self.beat(stream, device, state, since, seed)
            lines.append(line)
        assert stream.block is not None
        for own in in_blocks(stream, stream.block, rows):
            link, state = sign_block(stream, device, state, own, seed)
            body = {"device": device_json(device, stream), **block_to_json(link, stream)}
            lines.append(files.dump_json({"block": body}))
        return lines, state

    def beat(
        self, stream: StreamSchema, device: Value, state: ChainState, time: int, seed: bytes
    ) -> tuple[str, ChainState]:
        link, after = sign_beat(stream, device, state, time, seed)
        body = {"device": device_json(device, stream), **head_to_json(link.signed)}
        return files.dump_json({"head": body}), after
