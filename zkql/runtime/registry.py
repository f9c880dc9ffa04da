"""Which key belongs to which device, and from which number on: the consumer's root of trust for provenance.

Numbers are those of rows (from 0), or of blocks where chains are signed (from 1). A key that is changed, or a
device that is given up, is a line more in the registry and not another registry: it is told apart by the
devices and the keys that they began with, so that what was accepted stays so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from zkql import files
from zkql.crypto.encoding import digest
from zkql.crypto.signatures import scheme_of
from zkql.errors import input_error
from zkql.plan.types import TIMESTAMP, format_value, parse_value
from zkql.runtime.records import RecordError, hex_bytes, keys, sequence, time_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value

_VERSION = 2


@dataclass(frozen=True, slots=True)
class Change:
    """A new key, from a row or block and from a time on (milliseconds): what the old one signs for a later
    time is not accepted, though no row has come since."""

    number: int
    time: int
    key: bytes


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """Public keys of a device, of the stream's scheme: the ``first``, and those of ``later`` changes. From
    the number ``revoked`` on nothing is accepted."""

    first: bytes
    later: tuple[Change, ...] = ()
    revoked: int | None = None

    def __post_init__(self) -> None:
        for before, after in pairwise((Change(0, TIMESTAMP.lowest, self.first), *self.later)):
            if after.number <= before.number or after.time < before.time:
                raise ValueError(
                    "a key is changed at a later number than the one before, and not at an earlier time"
                )

    def at(self, number: int, time: int) -> bytes | None:
        """The key of a row or block with a time (milliseconds); None from the revocation on, and where no key
        is both of its number and of its time: what an old key signs is not later than its change."""
        if self.is_revoked(number):
            return None
        changes = (Change(0, TIMESTAMP.lowest, self.first), *self.later)
        place = max(i for i, change in enumerate(changes) if change.number <= max(number, 0))
        if time < changes[place].time or any(time > change.time for change in changes[place + 1 :]):
            return None
        return changes[place].key

    def around(self, number: int, time: int) -> tuple[bytes, ...]:
        """The keys of what is signed with a time after a row or block and before the next one: that of
        either, if the next one is not shut out."""
        found = [] if self.is_revoked(number) else [self.at(number, time)]
        if any(change.number == number + 1 for change in self.later):
            found.append(self.at(number + 1, time))
        return tuple(key for key in found if key is not None)

    def is_revoked(self, number: int) -> bool:
        """Whether a row or block is not accepted any more."""
        return self.revoked is not None and number >= self.revoked

    def is_finished(self, count: int) -> bool:
        """Whether so many rows or blocks are all that will be accepted."""
        return self.revoked is not None and count >= self.revoked

    def extends(self, other: DeviceKeys) -> bool:
        """Whether it says all that another does, and perhaps more."""
        same = self.first == other.first and self.later[: len(other.later)] == other.later
        return same and other.revoked in (None, self.revoked)


@dataclass(frozen=True, slots=True)
class Registry:
    """The keys by device, in order of device."""

    stream: StreamSchema
    keys: Mapping[Value, DeviceKeys]

    @property
    def digest(self) -> bytes:
        """32 bytes; proofs are bound to the set of devices that they are complete for, and to their first
        keys."""
        firsts = [[device, own.first] for device, own in self.keys.items()]
        return digest("zkql/registry/v1", [self.stream.digest, firsts])

    def extends(self, other: Registry) -> bool:
        """Whether it says all that another does, and perhaps more."""
        return self.digest == other.digest and all(
            own.extends(other.keys[device]) for device, own in self.keys.items()
        )

    def with_keys(self, device: Value, keys: DeviceKeys) -> Registry:
        """The same with other keys of one device."""
        return Registry(self.stream, {**self.keys, device: keys})

    def to_json(self) -> dict[str, Any]:
        """What ``registry.json`` holds."""
        kind = self.stream.column(self.stream.device).type
        return {
            "version": _VERSION,
            "stream": self.stream.name,
            "schema": self.stream.digest.hex(),
            "devices": [
                {
                    "device": format_value(device, kind),
                    "key": own.first.hex(),
                    "later": [_change_to_json(change) for change in own.later],
                    "revoked": own.revoked,
                }
                for device, own in self.keys.items()
            ],
        }


def ordered(stream: StreamSchema, keys: Mapping[Value, bytes]) -> Registry:
    """A registry of devices in any order, with their first keys."""
    return Registry(stream, {device: DeviceKeys(key) for device, key in sorted(keys.items())})


def read_registry(path: Path, stream: StreamSchema) -> Registry:
    """Read and check a registry for ``stream``."""
    data = files.parse_json(files.read_bytes(path), str(path))
    return registry_from_json(data, stream, str(path))


def registry_from_json(data: Any, stream: StreamSchema, place: str) -> Registry:
    """Check a registry for ``stream``; ``place`` is where it was read, for messages."""
    kind = stream.column(stream.device).type
    found: dict[Value, DeviceKeys] = {}
    try:
        keys(data, "version", "stream", "schema", "devices")
        if data["version"] != _VERSION:
            raise RecordError(f"version {data['version']!r} is not {_VERSION}")
        if data["schema"] != stream.digest.hex():
            raise RecordError(
                f"it is for another schema than the query's stream {stream.name!r}; "
                "make it with: zkql sensor keygen"
            )
        if not isinstance(data["devices"], list) or not data["devices"]:
            raise RecordError("it names no device, and nothing can be complete for no device")
        for entry in data["devices"]:
            keys(entry, "device", "key", "later", "revoked")
            device = parse_value(entry["device"], kind)
            if device in found:
                raise RecordError(f"device {device!r} is registered twice")
            found[device] = _keys_from_json(entry, stream)
    except ValueError as error:
        raise input_error("ZKQL0420", f"{place}: {error}") from None
    return Registry(stream, dict(sorted(found.items())))


def _keys_from_json(entry: dict[str, Any], stream: StreamSchema) -> DeviceKeys:
    if not isinstance(entry["later"], list):
        raise RecordError("later is not a list")
    later = []
    for change in entry["later"]:
        keys(change, "from", "since", "key")
        later.append(Change(sequence(change["from"]), time_of(change["since"]), _key(change["key"], stream)))
    revoked = entry["revoked"]
    return DeviceKeys(
        _key(entry["key"], stream), tuple(later), None if revoked is None else sequence(revoked)
    )


def _change_to_json(change: Change) -> dict[str, Any]:
    since = format_value(change.time, TIMESTAMP)
    return {"from": change.number, "since": since, "key": change.key.hex()}


def _key(raw: Any, stream: StreamSchema) -> bytes:
    scheme = scheme_of(stream)
    key = hex_bytes(raw, scheme.KEY_BYTES, "key")
    if not scheme.is_key(key):
        raise RecordError(f"key is no public key of {stream.signature}")
    return key


def write_registry(path: Path, registry: Registry) -> None:
    """Write ``registry.json``."""
    with files.atomic_file(path) as scratch:
        scratch.write_text(json.dumps(registry.to_json(), indent=1) + "\n")
