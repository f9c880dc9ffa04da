"""The sensor's side: keys, commitments, signatures. In: plain rows. Out: signed rows.

A key folder holds one private file a device (mode 0600), the public ``registry.json`` and
``state.json``: how far each device has signed. The state is written before signed rows leave, so that
no sequence number is ever used for two rows.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkql import files
from zkql.crypto import signatures
from zkql.crypto.commitment import commit, new_salt
from zkql.errors import did_you_mean, input_error
from zkql.plan.types import TIMESTAMP, format_timestamp, format_value, parse_value
from zkql.runtime.records import (
    Heartbeat,
    Opening,
    RecordError,
    SignedRow,
    heartbeat_to_json,
    hex_bytes,
    keys,
    opening_to_json,
    row_to_json,
    sequence,
    time_of,
)
from zkql.runtime.registry import ordered, read_registry, write_registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Shown, Value
    from zkql.runtime.registry import Registry

REGISTRY = "registry.json"
STATE = "state.json"
PRIVATE = "private"
_FIRST = TIMESTAMP.lowest


@dataclass(frozen=True, slots=True)
class Head:
    """How far a device has signed: its next sequence number and the earliest time it may use."""

    sequence: int
    time: int


@dataclass(frozen=True, slots=True)
class PlainRow:
    """A row before signing. ``place`` is where it was read, for messages."""

    place: str
    values: Mapping[str, Value | None]


# --- reading plain rows -----------------------------------------------------------------------------


def read_rows(path: Path, stream: StreamSchema) -> Iterator[PlainRow]:
    """Rows of a JSON-lines file. Fields that the stream does not declare are left out; a declared
    column that is missing or out of range is an :class:`InputError` with file and line."""
    for place, data in files.read_jsonl(path):
        yield PlainRow(place, read_row(place, data, stream))


def read_row(place: str, data: dict[str, Any], stream: StreamSchema) -> dict[str, Value | None]:
    """One row from its JSON object; null is NULL."""
    values: dict[str, Value | None] = {}
    for column in stream.columns:
        if column.name not in data:
            raise input_error(
                "ZKQL0430",
                f"{place}: column {column.name!r} of stream {stream.name!r} is missing",
                *did_you_mean(column.name, data),
                *(("for NULL, write null",) if column.nullable else ()),
            )
        try:
            values[column.name] = column.parse(data[column.name])
        except ValueError as error:
            raise input_error("ZKQL0431", f"{place}: column {column.name!r}: {error}") from None
    return values


# --- keys -----------------------------------------------------------------------------------------


def generate_keys(stream: StreamSchema, devices: Iterable[Value], folder: Path) -> Registry:
    """A fresh key for each device. Refuses to overwrite keys: rows signed with them would be lost."""
    if (folder / PRIVATE).exists() or (folder / REGISTRY).exists():
        raise input_error("ZKQL0432", f"{folder} already holds keys", "choose another folder")
    seeds = {device: signatures.new_seed() for device in devices}
    if not seeds:
        raise input_error("ZKQL0433", "there is no device to make a key for")
    registry = ordered(stream, {d: signatures.public_key(s) for d, s in seeds.items()})
    with files.atomic_directory(folder) as scratch:
        (scratch / PRIVATE).mkdir(mode=0o700)
        kind = stream.column(stream.device).type
        for device, seed in seeds.items():
            body = {"device": format_value(device, kind), "seed": seed.hex()}
            with files.atomic_file(scratch / PRIVATE / _key_file(device), mode=0o600) as path:
                path.write_text(json.dumps(body) + "\n")
        write_registry(scratch / REGISTRY, registry)
        _write_state(scratch, stream, {d: Head(0, _FIRST) for d in registry.keys})
    return registry


def _key_file(device: Value) -> str:
    """A file name for any device, also one with a slash in its name."""
    if isinstance(device, int):
        return f"{device}.key"
    return f"{hashlib.sha256(str(device).encode()).hexdigest()[:32]}.key"


def _read_seed(folder: Path, device: Value, stream: StreamSchema) -> bytes:
    path = folder / PRIVATE / _key_file(device)
    data = files.parse_json(files.read_bytes(path), str(path))
    try:
        keys(data, "device", "seed")
        if parse_value(data["device"], stream.column(stream.device).type) != device:
            raise RecordError("it is the key of another device")
        return hex_bytes(data["seed"], signatures.SEED_BYTES, "seed")
    except ValueError as error:
        raise input_error("ZKQL0434", f"{path}: {error}") from None


def _read_state(folder: Path, stream: StreamSchema) -> dict[Value, Head]:
    path = folder / STATE
    data = files.parse_json(files.read_bytes(path), str(path))
    kind = stream.column(stream.device).type
    heads: dict[Value, Head] = {}
    try:
        keys(data, "devices")
        for entry in data["devices"]:
            keys(entry, "device", "sequence", "time")
            head = Head(sequence(entry["sequence"]), time_of(entry["time"]))
            heads[parse_value(entry["device"], kind)] = head
    except (TypeError, ValueError) as error:
        raise input_error("ZKQL0434", f"{path}: {error}") from None
    return heads


def _write_state(folder: Path, stream: StreamSchema, heads: dict[Value, Head]) -> None:
    kind = stream.column(stream.device).type
    devices = [
        {
            "device": format_value(device, kind),
            "sequence": head.sequence,
            "time": format_value(head.time, TIMESTAMP),
        }
        for device, head in heads.items()
    ]
    with files.atomic_file(folder / STATE, mode=0o600) as scratch:
        scratch.write_text(json.dumps({"devices": devices}, indent=1) + "\n")


# --- signing --------------------------------------------------------------------------------------


def sign_row(
    stream: StreamSchema, values: Mapping[str, Value | None], head: Head, seed: bytes
) -> tuple[SignedRow, Opening, Head]:
    """Sign one row as the device's next. The caller stores the new head before the row leaves."""
    opening = Opening(tuple(values[c.name] for c in stream.private_columns), new_salt())
    row = SignedRow(
        device=stream.device_of(values),
        sequence=head.sequence,
        time=stream.time_of(values),
        public=tuple(values[c.name] for c in stream.public_columns),
        commitment=commit(stream, opening.offsets(stream), opening.salt),
        signature=b"",
    )
    signed = replace(row, signature=signatures.sign(seed, row.message(stream)))
    return signed, opening, Head(head.sequence + 1, row.time)


def sign_heartbeat(
    stream: StreamSchema, device: Value, head: Head, time: int, seed: bytes
) -> tuple[Heartbeat, Head]:
    """Sign that nothing else comes before ``time``."""
    heartbeat = Heartbeat(device, head.sequence, time, b"")
    signed = replace(heartbeat, signature=signatures.sign(seed, heartbeat.message(stream)))
    return signed, Head(head.sequence, time)


def sign_file(
    stream: StreamSchema, folder: Path, rows: Iterable[PlainRow], output: Path, until: int | None
) -> tuple[int, int]:
    """Sign rows for all devices of a key folder, and end with a heartbeat of each at ``until`` (ms).

    Rows are signed per device in order of event time (rows of equal time in order of the file).
    Returns how many rows and how many devices. Nothing is written unless all of it is.
    """
    with _locked(folder):
        return _sign_locked(stream, folder, rows, output, until)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One signer at a time: two would use the same sequence numbers."""
    files.read_bytes(folder / REGISTRY)
    with (folder / REGISTRY).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sign_locked(
    stream: StreamSchema, folder: Path, rows: Iterable[PlainRow], output: Path, until: int | None
) -> tuple[int, int]:
    registry = read_registry(folder / REGISTRY, stream)
    heads = _read_state(folder, stream)
    if set(heads) != set(registry.keys):
        raise input_error(
            "ZKQL0434",
            f"{folder / STATE} does not say how far every device has signed",
            "signing on would use sequence numbers twice: restore the file, or make new keys",
        )
    by_device: dict[Value, list[PlainRow]] = {device: [] for device in registry.keys}
    for row in rows:
        device = stream.device_of(row.values)
        if device not in by_device:
            raise input_error(
                "ZKQL0435",
                f"{row.place}: device {device!r} has no key in {folder}",
                "a registry is made once, for all its devices: zkql sensor keygen, in a new folder",
            )
        by_device[device].append(row)

    lines = [files.dump_json({"registry": registry.to_json()})]
    count = 0
    for device, own in by_device.items():
        seed = _read_seed(folder, device, stream)
        if signatures.public_key(seed) != registry.keys[device]:
            raise input_error("ZKQL0436", f"the private key of device {device!r} is not the registered one")
        head = heads[device]
        own.sort(key=lambda row: stream.time_of(row.values))
        for row in own:
            _check_time(row, stream, head)
            signed, opening, head = sign_row(stream, row.values, head, seed)
            lines.append(_row_line(signed, opening, stream))
            count += 1
        if until is not None:
            if until < head.time:
                raise input_error(
                    "ZKQL0439",
                    f"device {device!r} has signed up to {format_timestamp(head.time)}, so a heartbeat at "
                    f"{format_timestamp(until)} would say nothing",
                    "choose a later --until, or 'none'",
                )
            heartbeat, head = sign_heartbeat(stream, device, head, until, seed)
            lines.append(_heartbeat_line(heartbeat, stream))
        heads[device] = head
    if output.exists():
        raise input_error(
            "ZKQL0438",
            f"{output} exists; signed rows cannot be signed again, so it is not overwritten",
            "write to a new file; signed files of one stream can be joined with cat",
        )
    if folder.resolve() in output.resolve().parents:
        raise input_error("ZKQL0438", f"{output} lies in the key folder; write the signed file elsewhere")
    with files.atomic_file(output, mode=0o600) as scratch:
        scratch.write_text("".join(line + "\n" for line in lines))
        _write_state(folder, stream, heads)
    return count, len(by_device)


def _check_time(row: PlainRow, stream: StreamSchema, head: Head) -> None:
    time = stream.time_of(row.values)
    if time < head.time:
        raise input_error(
            "ZKQL0437",
            f"{row.place}: {format_timestamp(time)} is before {format_timestamp(head.time)}, up to "
            f"which device {stream.device_of(row.values)!r} has signed",
            "event times of a device never go back, and a heartbeat counts: to sign a window in several "
            "batches, end all but the last with --until none",
            "the same rows are not signed twice on purpose; to start over, make keys in a new folder",
        )


def device_json(device: Value, stream: StreamSchema) -> Shown:
    """A device as JSON."""
    return format_value(device, stream.column(stream.device).type)


def _row_line(row: SignedRow, opening: Opening, stream: StreamSchema) -> str:
    body = {"device": device_json(row.device, stream), **row_to_json(row, stream)}
    return files.dump_json({"row": {**body, **opening_to_json(opening, stream)}})


def _heartbeat_line(heartbeat: Heartbeat, stream: StreamSchema) -> str:
    body = {"device": device_json(heartbeat.device, stream), **heartbeat_to_json(heartbeat)}
    return files.dump_json({"heartbeat": body})


def closing_time(rows: Iterable[PlainRow], stream: StreamSchema, size: int, offset: int) -> int | None:
    """End of the last window that a row falls into: what a file that ends there is closed with."""
    last = max((stream.time_of(row.values) for row in rows), default=None)
    if last is None:
        return None
    end = last - (last - offset) % size + size
    if not TIMESTAMP.contains(end):
        raise input_error("ZKQL0446", "a window reaches beyond the years 1 to 9999")
    return end
