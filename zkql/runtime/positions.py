"""How far a consumer has accepted each device, by provenance: which evidence continues it.

In: a position, and what an envelope shows of the device. Out: the position after it, and what the circuit
gets; or a :class:`Rejection`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkql.circuit.evidence import EvidencedChain, EvidencedRow
from zkql.crypto.blocks import genesis
from zkql.crypto.signatures import AGGREGATING
from zkql.runtime.chains import ChainState, state_from_json, state_to_json
from zkql.runtime.evidence import ChainEvidence, RowEvidence
from zkql.runtime.records import SignedRow, is_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value
    from zkql.runtime.chains import SignedHead
    from zkql.runtime.evidence import Evidence
    from zkql.runtime.records import Record
    from zkql.runtime.registry import DeviceKeys


class Rejection(Exception):
    """An envelope does not prove what it claims; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Span:
    """The window ``[start, end)`` in milliseconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RowPosition:
    """``sequence`` is the number of the device's next row, ``time`` the earliest that it may have."""

    sequence: int
    time: int

    def after(self, evidence: Evidence, span: Span, stream: StreamSchema, keys: DeviceKeys) -> RowPosition:
        """After a window's rows, if they are all that the device signed in it."""
        assert isinstance(evidence, RowEvidence)
        device, expected, earliest = evidence.device, self.sequence, self.time
        signed: list[tuple[tuple[bytes, ...], bytes]] = []
        for row in evidence.rows:
            if row.sequence != expected:
                raise Rejection(f"device {device!r}: row {expected} is due, row {row.sequence} is shown")
            if not span.start <= row.time < span.end:
                raise Rejection(f"device {device!r}: row {expected} is not of this window")
            if row.time < earliest:
                raise Rejection(f"device {device!r}: the time of row {expected} goes back")
            signed.append(_signed(row, f"row {expected}", evidence, stream, keys))
            expected, earliest = expected + 1, row.time
        closing = evidence.closing
        if closing is None:
            if not keys.is_finished(expected):
                raise Rejection(f"device {device!r}: nothing closes the window")
        else:
            what = "row" if isinstance(closing, SignedRow) else "heartbeat"
            if closing.sequence != expected:
                raise Rejection(
                    f"device {device!r}: row {expected} is due, the closing {what} has {closing.sequence}"
                )
            if closing.time < span.end:
                raise Rejection(f"device {device!r}: the closing {what} does not reach the window's end")
            signed.append(_signed(closing, f"the closing {what}", evidence, stream, keys))
        _check_aggregate(signed, evidence, stream)
        return RowPosition(expected, span.end)

    def evidenced(self, evidence: Evidence, stream: StreamSchema) -> list[EvidencedRow]:
        """The rows of a window, for the circuit."""
        assert isinstance(evidence, RowEvidence)
        return [EvidencedRow(row.columns(stream), row.commitment) for row in evidence.rows]

    def to_json(self) -> list[Any]:
        """For the ledger."""
        return [self.sequence, self.time]


@dataclass(frozen=True, slots=True)
class ChainPosition:
    """``seen`` is the last head that closed a window, None before any. The next window opens the chain from
    the head before the last block of that: this may hold rows of both."""

    seen: ChainState | None

    def after(self, evidence: Evidence, span: Span, stream: StreamSchema, keys: DeviceKeys) -> ChainPosition:
        """After the head that closes a window, if it continues what was seen. That blocks lead there is
        for the circuit to prove."""
        assert isinstance(evidence, ChainEvidence)
        device, own = evidence.device, evidence.closing.state
        seen = self._begun(evidence, stream, keys) if self.seen is None else self.seen
        if self.seen is not None and evidence.beginning is not None:
            raise Rejection(f"device {device!r}: its chain begins again")
        if own.time < span.end and not keys.is_finished(own.number + 1):
            raise Rejection(f"device {device!r}: the closing head does not reach the window's end")
        if own.number < seen.number or own.time < seen.time:
            raise Rejection(f"device {device!r}: the closing head is older than one that was shown before")
        if own.number == seen.number and (own.before, own.head) != (seen.before, seen.head):
            raise Rejection(f"device {device!r}: two heads after {own.number} blocks")
        if own.number > seen.number and own.since >= span.end:
            raise Rejection(f"device {device!r}: the window ends before the last block that is opened")
        _check_signed(evidence.closing, "closing head", stream, keys)
        return ChainPosition(own)

    def _begun(self, evidence: ChainEvidence, stream: StreamSchema, keys: DeviceKeys) -> ChainState:
        device, begins = evidence.device, evidence.beginning
        if begins is None:
            raise Rejection(f"device {device!r}: nothing shows when its chain begins")
        if begins.state != ChainState.new(stream, device, begins.state.time):
            raise Rejection(f"device {device!r}: its chain does not begin with the first head")
        _check_signed(begins, "first head", stream, keys)
        return begins.state

    def evidenced(self, evidence: Evidence, stream: StreamSchema) -> list[EvidencedChain]:
        """The chain, for the circuit."""
        assert isinstance(evidence, ChainEvidence)
        device, seen = evidence.device, self.seen
        head = genesis(stream.digest, device) if seen is None else seen.before
        return [EvidencedChain({stream.device: device}, head, evidence.closing.state.head)]

    def to_json(self) -> list[Any]:
        """For the ledger."""
        return [None if self.seen is None else state_to_json(self.seen)]


Position = RowPosition | ChainPosition


def first_position(stream: StreamSchema) -> Position:
    """Before any window."""
    if stream.is_chained:
        return ChainPosition(None)
    return RowPosition(0, stream.column(stream.time).type.lowest)


def position_from_json(data: list[Any], stream: StreamSchema) -> Position:
    """Inverse of ``to_json``. Raises ``ValueError``, ``TypeError`` or ``KeyError`` on anything else."""
    if not stream.is_chained:
        sequence, time = data
        return RowPosition(sequence, time)
    (seen,) = data
    return ChainPosition(None if seen is None else state_from_json(seen))


def check_first_start(devices: Iterable[Evidence], start: int, window_start: Callable[[int], int]) -> None:
    """Whether the first window is that of the first row; of chains, that in which the first of them
    begins."""
    shown = list(devices)
    chains = [own.beginning for own in shown if isinstance(own, ChainEvidence)]
    if not chains:
        if not any(own.rows for own in shown if isinstance(own, RowEvidence)):
            raise Rejection("the first window is the first row's, and it has no row")
        return
    begins = [head.state.time for head in chains if head is not None]
    if begins and window_start(min(begins)) != start:
        raise Rejection("it is not the window in which the first chain begins, and none was accepted before")


def _signed(
    record: Record, what: str, evidence: RowEvidence, stream: StreamSchema, keys: DeviceKeys
) -> tuple[tuple[bytes, ...], bytes]:
    """The keys of which one has to have signed a record, and what is signed; checked, if it has a signature
    of its own."""
    if isinstance(record, SignedRow):
        own = keys.at(record.sequence, record.time)
        accepted: tuple[bytes, ...] = () if own is None else (own,)
    else:
        accepted = keys.around(record.sequence - 1, record.time)
    last = record.sequence if isinstance(record, SignedRow) else record.sequence - 1
    _check_accepted(evidence.device, what, accepted, revoked=keys.is_revoked(last))
    alone = stream.signature not in AGGREGATING
    if alone and not any(is_signed(record, stream, key) for key in accepted):
        raise Rejection(f"device {evidence.device!r}: the signature of {what} is wrong")
    return accepted, record.message(stream)


def _check_aggregate(
    signed: list[tuple[tuple[bytes, ...], bytes]], evidence: RowEvidence, stream: StreamSchema
) -> None:
    """Whether one signature is that of all records, where the scheme has that; there is none of nothing."""
    device, aggregate = evidence.device, evidence.aggregate
    if stream.signature not in AGGREGATING:
        return
    if aggregate is None or not signed:
        if aggregate is not None or signed:
            raise Rejection(f"device {device!r}: it has a signature of nothing, or nothing is signed")
        return
    scheme, (*rows, (choice, message)) = AGGREGATING[stream.signature], signed
    fixed = [(accepted[0], own) for accepted, own in rows]
    # The last is a heartbeat, or a row: around a change of keys a heartbeat may have one of two.
    if not any(scheme.verify_aggregate([*fixed, (key, message)], aggregate) for key in choice):
        raise Rejection(f"device {device!r}: the signature of its rows and their end is wrong")


def _check_signed(head: SignedHead, what: str, stream: StreamSchema, keys: DeviceKeys) -> None:
    accepted = keys.around(head.state.number, head.state.time)
    _check_accepted(head.device, f"the {what}", accepted, revoked=keys.is_revoked(head.state.number))
    if not any(head.is_signed(stream, key) for key in accepted):
        raise Rejection(f"device {head.device!r}: the signature of the {what} is wrong")


def _check_accepted(device: Value, what: str, keys: tuple[bytes, ...], *, revoked: bool) -> None:
    if revoked:
        raise Rejection(f"device {device!r}: {what} comes after the device was revoked")
    if not keys:
        raise Rejection(f"device {device!r}: {what} is not of the time of its key")
