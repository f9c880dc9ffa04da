"""The sensor's side: keys, and files of signed rows. In: plain rows. Out: signed rows.

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
from zkql.crypto.signatures import scheme_of
from zkql.errors import did_you_mean, input_error
from zkql.plan.types import TIMESTAMP, format_timestamp, parse_value
from zkql.runtime.records import RecordError, hex_bytes, keys
from zkql.runtime.registry import Change, ordered, read_registry, write_registry
from zkql.runtime.signers import device_json, signer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value
    from zkql.runtime.registry import DeviceKeys, Registry

REGISTRY = "registry.json"
STATE = "state.json"
PRIVATE = "private"
_NEXT = ".next"


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
    scheme = scheme_of(stream)
    seeds = {device: scheme.new_seed() for device in devices}
    if not seeds:
        raise input_error("ZKQL0433", "there is no device to make a key for")
    registry = ordered(stream, {d: scheme.public_key(s) for d, s in seeds.items()})
    with files.atomic_directory(folder) as scratch:
        (scratch / PRIVATE).mkdir(mode=0o700)
        for device, seed in seeds.items():
            _write_seed(scratch / PRIVATE / _key_file(device), device, seed, stream)
        write_registry(scratch / REGISTRY, registry)
        signer = signer_of(stream)
        _write_state(scratch, stream, {d: signer.new(stream, d) for d in registry.keys})
    return registry


def _key_file(device: Value) -> str:
    """A file name for any device, also one with a slash in its name."""
    if isinstance(device, int):
        return f"{device}.key"
    return f"{hashlib.sha256(str(device).encode()).hexdigest()[:32]}.key"


def rotate(stream: StreamSchema, folder: Path, device: Value) -> Registry:
    """Give a device a new key, which signs from its next row or block on. The registry says so: whoever
    verifies needs it anew. The old key is deleted."""
    with _locked(folder):
        registry, states = _opened(stream, folder)
        own = _registered(registry, device, folder)
        number = signer_of(stream).following(states[device])
        _check_not_revoked(own, device, number)
        if number < 1 or (own.later and own.later[-1].number >= number):
            raise input_error(
                "ZKQL0480",
                f"device {device!r} has signed nothing with its key",
                "sign something with it first; before the very first row, make new keys in a new folder",
            )
        scheme = scheme_of(stream)
        seed = scheme.new_seed()
        later = (*own.later, Change(number, states[device].time, scheme.public_key(seed)))
        changed = registry.with_keys(device, replace(own, later=later))
        path = folder / PRIVATE / _key_file(device)
        _write_seed(path.with_suffix(_NEXT), device, seed, stream)  # found by whoever is interrupted here
        write_registry(folder / REGISTRY, changed)
        path.with_suffix(_NEXT).replace(path)
        return changed


def revoke(stream: StreamSchema, path: Path, device: Value, number: int) -> Registry:
    """Accept nothing of a device from a row or block on, in a registry's file."""
    registry = read_registry(path, stream)
    own = _registered(registry, device, path)
    least = 1 if stream.is_chained else 0
    if number < least or (own.revoked is not None and number > own.revoked):
        raise input_error(
            "ZKQL0481",
            f"device {device!r} cannot be revoked from {number} on"
            + (
                f": it is from {own.revoked} on" if own.revoked is not None else f": numbers begin at {least}"
            ),
            "what was revoked once stays so",
        )
    changed = registry.with_keys(device, replace(own, revoked=number))
    write_registry(path, changed)
    return changed


def _check_not_revoked(keys_: DeviceKeys, device: Value, number: int) -> None:
    if keys_.is_revoked(number):
        raise input_error(
            "ZKQL0482",
            f"device {device!r} is revoked from {keys_.revoked} on",
            "leave its rows out; a device that comes back wants a new name, and a key of its own",
        )


def _registered(registry: Registry, device: Value, place: Path) -> DeviceKeys:
    if device not in registry.keys:
        raise input_error(
            "ZKQL0435",
            f"device {device!r} has no key in {place}",
            *did_you_mean(str(device), [str(d) for d in registry.keys]),
        )
    return registry.keys[device]


def _write_seed(path: Path, device: Value, seed: bytes, stream: StreamSchema) -> None:
    body = {"device": device_json(device, stream), "seed": seed.hex()}
    with files.atomic_file(path, mode=0o600) as scratch:
        scratch.write_text(json.dumps(body) + "\n")


def _seed_of(
    folder: Path, device: Value, stream: StreamSchema, keys_: DeviceKeys, number: int, time: int
) -> bytes:
    """The private key of a device's next row or block."""
    _check_not_revoked(keys_, device, number)
    expected = keys_.at(number, time)
    path = folder / PRIVATE / _key_file(device)
    for own in (path, path.with_suffix(_NEXT)):
        if own == path or own.exists():
            seed = _read_seed(own, device, stream)
            if scheme_of(stream).public_key(seed) == expected:
                return seed
    raise input_error("ZKQL0436", f"the private key of device {device!r} is not the registered one")


def _read_seed(path: Path, device: Value, stream: StreamSchema) -> bytes:
    data = files.parse_json(files.read_bytes(path), str(path))
    try:
        keys(data, "device", "seed")
        if parse_value(data["device"], stream.column(stream.device).type) != device:
            raise RecordError("it is the key of another device")
        return hex_bytes(data["seed"], scheme_of(stream).SEED_BYTES, "seed")
    except ValueError as error:
        raise input_error("ZKQL0434", f"{path}: {error}") from None


def _read_state(folder: Path, stream: StreamSchema) -> dict[Value, Any]:
    path, signer = folder / STATE, signer_of(stream)
    data = files.parse_json(files.read_bytes(path), str(path))
    kind = stream.column(stream.device).type
    states: dict[Value, Any] = {}
    try:
        keys(data, "devices")
        for entry in data["devices"]:
            keys(entry, "device", *signer.state_keys)
            states[parse_value(entry["device"], kind)] = signer.from_json(entry)
    except (TypeError, ValueError) as error:
        raise input_error("ZKQL0434", f"{path}: {error}") from None
    return states


def _write_state(folder: Path, stream: StreamSchema, states: Mapping[Value, Any]) -> None:
    signer = signer_of(stream)
    devices = [
        {"device": device_json(device, stream), **signer.to_json(state)} for device, state in states.items()
    ]
    with files.atomic_file(folder / STATE, mode=0o600) as scratch:
        scratch.write_text(json.dumps({"devices": devices}, indent=1) + "\n")


# --- signing --------------------------------------------------------------------------------------


def sign_file(
    stream: StreamSchema, folder: Path, rows: Sequence[PlainRow], output: Path, span: Span
) -> tuple[int, int]:
    """Sign rows for all devices of a key folder, and end with a heartbeat of each.

    Rows are signed per device in order of event time (rows of equal time in order of the file).
    Returns how many rows and how many devices. Nothing is written unless all of it is.
    """
    with _locked(folder):
        return _sign_locked(stream, folder, rows, output, span)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One signer at a time: two would use the same sequence numbers."""
    files.read_bytes(folder / REGISTRY)
    with (folder / REGISTRY).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sign_locked(
    stream: StreamSchema, folder: Path, rows: Sequence[PlainRow], output: Path, span: Span
) -> tuple[int, int]:
    (registry, states), signer = _opened(stream, folder), signer_of(stream)
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
        state, own_keys = states[device], registry.keys[device]
        if not own and own_keys.is_finished(signer.following(state)):
            continue  # it has nothing more to say
        seed = _seed_of(folder, device, stream, own_keys, signer.following(state), state.time)
        own.sort(key=lambda row: stream.time_of(row.values))
        if own:
            _check_time(own[0], stream, state.time)
        signed, state = signer.sign(stream, device, state, [row.values for row in own], seed, span.since)
        lines += signed
        count += len(own)
        if span.until is not None:
            if span.until < state.time:
                raise input_error(
                    "ZKQL0439",
                    f"device {device!r} has signed up to {format_timestamp(state.time)}, so a heartbeat at "
                    f"{format_timestamp(span.until)} would say nothing",
                    "choose a later --until, or 'none'",
                )
            line, state = signer.beat(stream, device, state, span.until, seed)
            lines.append(line)
        states[device] = state
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
        _write_state(folder, stream, states)
    return count, len(by_device)


def _opened(stream: StreamSchema, folder: Path) -> tuple[Registry, dict[Value, Any]]:
    """The registry, and where each of its devices stands."""
    registry, states = read_registry(folder / REGISTRY, stream), _read_state(folder, stream)
    if set(states) != set(registry.keys):
        raise input_error(
            "ZKQL0434",
            f"{folder / STATE} does not say how far every device has signed",
            "signing on would use sequence numbers twice: restore the file, or make new keys",
        )
    return registry, states


def _check_time(row: PlainRow, stream: StreamSchema, signed: int) -> None:
    time = stream.time_of(row.values)
    if time < signed:
        raise input_error(
            "ZKQL0437",
            f"{row.place}: {format_timestamp(time)} is before {format_timestamp(signed)}, up to "
            f"which device {stream.device_of(row.values)!r} has signed",
            "event times of a device never go back, and a heartbeat counts: to sign a window in several "
            "batches, end all but the last with --until none",
            "the same rows are not signed twice on purpose; to start over, make keys in a new folder",
        )


@dataclass(frozen=True, slots=True)
class Span:
    """What a signed file says of time, in milliseconds: a stream that is new begins at ``since``, and nothing
    comes before ``until``; None says nothing about that."""

    since: int
    until: int | None


def span_of(rows: Sequence[PlainRow], stream: StreamSchema, size: int, offset: int) -> Span:
    """From the first to the last window that a row falls into: what a file is begun and closed with."""
    times = [stream.time_of(row.values) for row in rows]
    if not times:
        return Span(TIMESTAMP.lowest, None)
    first, last = min(times), max(times)
    since, until = first - (first - offset) % size, last - (last - offset) % size + size
    if not (TIMESTAMP.contains(since) and TIMESTAMP.contains(until)):
        raise input_error("ZKQL0446", "a window reaches beyond the years 1 to 9999")
    return Span(since, until)
