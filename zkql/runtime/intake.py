"""Read what sensors sent. In: a signed file. Out: each device's rows in order, all of it checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from zkql import files
from zkql.crypto.blocks import layout_of
from zkql.crypto.commitment import commit
from zkql.errors import input_error, rejected
from zkql.plan.types import parse_value
from zkql.runtime.chains import ChainState, Link, block_from_json, head_from_json
from zkql.runtime.held import OwnedRow
from zkql.runtime.records import (
    RecordError,
    heartbeat_from_json,
    is_signed,
    keys,
    opening_from_json,
    row_from_json,
)
from zkql.runtime.registry import registry_from_json

if TYPE_CHECKING:
    from pathlib import Path

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value
    from zkql.runtime.records import Heartbeat
    from zkql.runtime.registry import DeviceKeys, Registry


@dataclass(frozen=True, slots=True)
class RowLog:
    """All of one device: rows in order of sequence, and its latest heartbeat. ``finished`` says that the
    registry accepts no more."""

    rows: tuple[OwnedRow, ...]
    heartbeat: Heartbeat | None
    finished: bool = False


@dataclass(frozen=True, slots=True)
class ChainLog:
    """All of one device: the heads that it signed, in order, with their blocks. The first one says where the
    chain begins; there is none if the device has not begun. ``finished`` says that the registry accepts no
    more."""

    links: tuple[Link, ...]
    finished: bool = False


Log = RowLog | ChainLog


def read_signed(
    path: Path, stream: StreamSchema, registry: Registry | None = None
) -> tuple[Registry, dict[Value, Log]]:
    """A signed file by device, and the registry that it was checked against: the one given, else
    the one that the sensors wrote into the file.

    Checks form, signatures, commitments or heads, sequence numbers and times; each fault names file and line.
    """
    stated: Registry | None = None
    lines: list[tuple[str, dict[str, Any]]] = []
    for place, data in files.read_jsonl(path):
        if set(data) == {"registry"}:
            found = registry_from_json(data["registry"], stream, place)
            if stated is not None and not (found.extends(stated) or stated.extends(found)):
                raise input_error("ZKQL0443", f"{place}: the file names two registries")
            stated = found if stated is None or found.extends(stated) else stated
            continue
        if registry is None and stated is None:
            raise input_error(
                "ZKQL0444",
                f"{place}: no registry comes before this line",
                "sign the file with: zkql sensor sign; or name one: --registry FILE",
            )
        lines.append((place, data))
    registry = registry or stated
    if registry is None:
        raise input_error("ZKQL0445", f"{path} has no signed rows")
    reader: _Reader = (_ChainReader if stream.is_chained else _RowReader)(stream, registry)
    for place, data in lines:
        try:
            kind, device, body = _parse_line(data, stream, reader.kinds)
            reader.take(place, kind, device, body)
        except RecordError as error:
            raise input_error("ZKQL0440", f"{place}: {error}") from None
    return registry, {device: reader.log(device) for device in registry.keys}


def _parse_line(
    data: dict[str, Any], stream: StreamSchema, kinds: tuple[str, str]
) -> tuple[str, Value, dict[str, Any]]:
    if set(data) not in ({kinds[0]}, {kinds[1]}):
        raise RecordError(
            f"a line holds one {kinds[0]!r} or one {kinds[1]!r}; sign the file with: zkql sensor sign"
        )
    ((kind, body),) = data.items()
    if not isinstance(body, dict) or "device" not in body:
        raise RecordError("'device' is missing")
    try:
        device = parse_value(body["device"], stream.column(stream.device).type)
    except ValueError as error:
        raise RecordError(f"device: {error}") from None
    return kind, device, {k: v for k, v in body.items() if k != "device"}


class _Reader(Protocol):
    """Collects lines by device."""

    kinds: ClassVar[tuple[str, str]]

    def take(self, place: str, kind: str, device: Value, body: dict[str, Any]) -> None:
        """One line. Raises :class:`RecordError` where it is not of its form."""

    def log(self, device: Value) -> Log:
        """All of a device, in order."""


def _keys(place: str, device: Value, registry: Registry) -> DeviceKeys:
    found = registry.keys.get(device)
    if found is None:
        raise rejected("ZKQL0504", f"{place}: device {device!r} is not registered")
    return found


def _check(place: str, device: Value, *, signed: bool) -> None:
    if not signed:
        raise rejected(
            "ZKQL0505",
            f"{place}: the signature is not that of device {device!r}",
            "if its key was changed, name the newer registry: --registry FILE",
        )


# --- ROW --------------------------------------------------------------------------------------------


@dataclass
class _RowReader:
    """Rows and heartbeats."""

    stream: StreamSchema
    registry: Registry
    kinds: ClassVar[tuple[str, str]] = ("row", "heartbeat")
    rows: dict[Value, dict[int, tuple[str, OwnedRow]]] = field(default_factory=dict)
    heartbeats: dict[Value, Heartbeat] = field(default_factory=dict)

    def take(self, place: str, kind: str, device: Value, body: dict[str, Any]) -> None:
        if kind == "heartbeat":
            beat = heartbeat_from_json(body, self.stream, device)
            own_keys = _keys(place, device, self.registry)
            if own_keys.is_revoked(beat.sequence - 1):
                return  # nothing of it is accepted
            keys_ = own_keys.around(beat.sequence - 1, beat.time)
            _check(place, device, signed=any(is_signed(beat, self.stream, key) for key in keys_))
            known = self.heartbeats.get(device)
            if known is None or (known.sequence, known.time) < (beat.sequence, beat.time):
                self.heartbeats[device] = beat
            return
        keys(body, "sequence", "time", "public", "commitment", "signature", "private", "salt")
        opening = opening_from_json(body, self.stream)
        public = {k: v for k, v in body.items() if k not in ("private", "salt")}
        row = row_from_json(public, self.stream, device)
        own_keys = _keys(place, device, self.registry)
        if own_keys.is_revoked(row.sequence):
            return  # as above
        key = own_keys.at(row.sequence, row.time)
        _check(place, device, signed=key is not None and is_signed(row, self.stream, key))
        own = self.rows.setdefault(device, {})
        if row.sequence in own:
            raise rejected(
                "ZKQL0502",
                f"{place}: device {device!r} has row {row.sequence} twice",
                f"the other one is at {own[row.sequence][0]}",
            )
        if commit(self.stream, opening.offsets(self.stream), opening.salt) != row.commitment:
            raise rejected("ZKQL0503", f"{place}: the private columns do not open the commitment")
        own[row.sequence] = (place, OwnedRow(row, opening))

    def log(self, device: Value) -> RowLog:
        own = self.rows.get(device, {})
        rows: list[OwnedRow] = []
        for expected, number in enumerate(sorted(own)):
            place, owned = own[number]
            if number != expected:
                raise rejected(
                    "ZKQL0506",
                    f"{place}: device {device!r} has row {number}, row {expected} is missing",
                )
            if rows and owned.row.time < rows[-1].row.time:
                raise rejected("ZKQL0507", f"{place}: device {device!r} goes back in time")
            rows.append(owned)
        finished = self.registry.keys[device].is_finished(len(rows))
        return RowLog(tuple(rows), self.heartbeats.get(device), finished)


# --- CHAIN ------------------------------------------------------------------------------------------


@dataclass
class _ChainReader:
    """Blocks and heads without a block of their own."""

    stream: StreamSchema
    registry: Registry
    kinds: ClassVar[tuple[str, str]] = ("block", "head")
    found: dict[Value, list[tuple[str, Link]]] = field(default_factory=dict)

    def take(self, place: str, kind: str, device: Value, body: dict[str, Any]) -> None:
        link = (
            block_from_json(body, self.stream, device)
            if kind == "block"
            else Link(head_from_json(body, self.stream, device), None)
        )
        state = link.signed.state
        own_keys = _keys(place, device, self.registry)
        if own_keys.is_revoked(state.number):
            return  # nothing of it is accepted
        keys_ = own_keys.around(state.number, state.time)
        _check(place, device, signed=any(link.signed.is_signed(self.stream, key) for key in keys_))
        own = link.signed.state
        if link.block is not None and layout_of(self.stream).head(own.before, link.block) != own.head:
            raise rejected("ZKQL0503", f"{place}: the rows do not lead from the head before to this head")
        self.found.setdefault(device, []).append((place, link))

    def log(self, device: Value) -> ChainLog:
        own = sorted(
            self.found.get(device, []),
            key=lambda item: (item[1].signed.state.number, item[1].block is None, item[1].signed.state.time),
        )
        links: list[Link] = []
        for place, link in own:
            state = link.signed.state
            if not links:
                if state != ChainState.new(self.stream, device, state.time):
                    raise rejected(
                        "ZKQL0506", f"{place}: the beginning of the chain of device {device!r} is missing"
                    )
                links.append(link)
                continue
            before = links[-1].signed.state
            due = before.number + (link.block is not None)
            if link.block is not None and state.number == before.number:
                raise rejected("ZKQL0502", f"{place}: device {device!r} has block {state.number} twice")
            if state.number != due:
                raise rejected(
                    "ZKQL0506",
                    f"{place}: device {device!r} has block {state.number}, {before.number + 1} is missing",
                )
            follows = (state.before, state.head)
            if link.block is not None:
                same, first = state.before == before.head, self.stream.time_of(link.rows[0])
            else:
                same, first = follows == (before.before, before.head), state.time
            if not same:
                raise rejected("ZKQL0502", f"{place}: device {device!r} has two chains")
            if min(first, state.time) < before.time:
                raise rejected("ZKQL0507", f"{place}: device {device!r} goes back in time")
            links.append(link)
        number = links[-1].signed.state.number if links else 0
        return ChainLog(tuple(links), self.registry.keys[device].is_finished(number + 1))
