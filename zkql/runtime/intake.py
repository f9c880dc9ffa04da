"""Read what sensors sent. In: a signed file. Out: each device's rows in order, all of it checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkql import files
from zkql.crypto.commitment import commit
from zkql.errors import input_error, rejected
from zkql.plan.schema import StreamSchema
from zkql.plan.types import Value, parse_value
from zkql.runtime.records import (
    Heartbeat,
    Opening,
    Record,
    RecordError,
    SignedRow,
    heartbeat_from_json,
    is_signed,
    keys,
    opening_from_json,
    row_from_json,
)
from zkql.runtime.registry import Registry, registry_from_json


@dataclass(frozen=True, slots=True)
class OwnedRow:
    """A signed row and its opening, as the processor holds it."""

    row: SignedRow
    opening: Opening

    def columns(self, stream: StreamSchema) -> dict[str, Value | None]:
        """All columns, private ones too."""
        private = zip(stream.private_columns, self.opening.private, strict=True)
        return {**self.row.columns(stream), **{c.name: v for c, v in private}}


@dataclass(frozen=True, slots=True)
class DeviceLog:
    """All of one device: rows in order of sequence, and its latest heartbeat."""

    rows: tuple[OwnedRow, ...]
    heartbeat: Heartbeat | None


def read_signed(
    path: Path, stream: StreamSchema, registry: Registry | None = None
) -> tuple[Registry, dict[Value, DeviceLog]]:
    """A signed file by device, and the registry that it was checked against: the one given, else
    the one that the sensors wrote into the file.

    Checks form, signatures, commitments, sequence numbers and times; each fault names file and line.
    """
    rows: dict[Value, dict[int, tuple[str, OwnedRow]]] = {}
    heartbeats: dict[Value, Heartbeat] = {}
    stated: Registry | None = None
    for place, data in files.read_jsonl(path):
        if set(data) == {"registry"}:
            found = registry_from_json(data["registry"], stream, place)
            if stated is not None and found != stated:
                raise input_error("ZKQL0443", f"{place}: the file names two registries")
            stated = found
            registry = registry or found
            continue
        if registry is None:
            raise input_error(
                "ZKQL0444",
                f"{place}: no registry comes before this line",
                "sign the file with: zkql sensor sign; or name one: --registry FILE",
            )
        try:
            record, opening = _parse_line(data, stream)
        except RecordError as error:
            raise input_error("ZKQL0440", f"{place}: {error}") from None
        _check_signature(place, record, stream, registry)
        own = rows.setdefault(record.device, {})
        if isinstance(record, Heartbeat):
            known = heartbeats.get(record.device)
            if known is None or (known.sequence, known.time) < (record.sequence, record.time):
                heartbeats[record.device] = record
            continue
        assert opening is not None
        if record.sequence in own:
            raise rejected(
                "ZKQL0502",
                f"{place}: device {record.device!r} has row {record.sequence} twice",
                f"the other one is at {own[record.sequence][0]}",
            )
        if commit(stream, opening.offsets(stream), opening.salt) != record.commitment:
            raise rejected("ZKQL0503", f"{place}: the private columns do not open the commitment")
        own[record.sequence] = (place, OwnedRow(record, opening))
    if registry is None:
        raise input_error("ZKQL0445", f"{path} has no signed rows")
    logs = {d: _log(d, rows.get(d, {}), heartbeats.get(d)) for d in registry.keys}
    return registry, logs


def _parse_line(data: dict[str, Any], stream: StreamSchema) -> tuple[Record, Opening | None]:
    kind = stream.column(stream.device).type
    if set(data) not in ({"row"}, {"heartbeat"}):
        raise RecordError("a line holds one 'row' or one 'heartbeat'; sign the file with: zkql sensor sign")
    (body,) = data.values()
    if not isinstance(body, dict) or "device" not in body:
        raise RecordError("'device' is missing")
    try:
        device = parse_value(body["device"], kind)
    except ValueError as error:
        raise RecordError(f"device: {error}") from None
    rest = {k: v for k, v in body.items() if k != "device"}
    if "heartbeat" in data:
        return heartbeat_from_json(rest, device), None
    keys(rest, "sequence", "time", "public", "commitment", "signature", "private", "salt")
    opening = opening_from_json(rest, stream)
    public = {k: v for k, v in rest.items() if k not in ("private", "salt")}
    return row_from_json(public, stream, device), opening


def _check_signature(place: str, record: Record, stream: StreamSchema, registry: Registry) -> None:
    key = registry.keys.get(record.device)
    if key is None:
        raise rejected("ZKQL0504", f"{place}: device {record.device!r} is not registered")
    if not is_signed(record, stream, key):
        raise rejected("ZKQL0505", f"{place}: the signature is not that of device {record.device!r}")


def _log(device: Value, own: Mapping[int, tuple[str, OwnedRow]], heartbeat: Heartbeat | None) -> DeviceLog:
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
    return DeviceLog(tuple(rows), heartbeat)
