"""Which key belongs to which device: the consumer's root of trust for provenance."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkql import files
from zkql.crypto import signatures
from zkql.crypto.encoding import digest
from zkql.errors import input_error
from zkql.plan.types import format_value, parse_value
from zkql.runtime.records import RecordError, hex_bytes, keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Registry:
    """Public keys (32 bytes) by device, in order of device."""

    stream: StreamSchema
    keys: Mapping[Value, bytes]

    @property
    def digest(self) -> bytes:
        """32 bytes; proofs are bound to the set of devices that they are complete for."""
        return digest("zkql/registry/v1", [self.stream.digest, [[d, k] for d, k in self.keys.items()]])

    def to_json(self) -> dict[str, Any]:
        """What ``registry.json`` holds."""
        kind = self.stream.column(self.stream.device).type
        return {
            "version": _VERSION,
            "stream": self.stream.name,
            "schema": self.stream.digest.hex(),
            "devices": [{"device": format_value(d, kind), "key": k.hex()} for d, k in self.keys.items()],
        }


def ordered(stream: StreamSchema, keys: Mapping[Value, bytes]) -> Registry:
    """A registry from any order of devices."""
    return Registry(stream, dict(sorted(keys.items())))


def read_registry(path: Path, stream: StreamSchema) -> Registry:
    """Read and check a registry for ``stream``."""
    data = files.parse_json(files.read_bytes(path), str(path))
    return registry_from_json(data, stream, str(path))


def registry_from_json(data: Any, stream: StreamSchema, place: str) -> Registry:
    """Check a registry for ``stream``; ``place`` is where it was read, for messages."""
    kind = stream.column(stream.device).type
    found: dict[Value, bytes] = {}
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
            keys(entry, "device", "key")
            device = parse_value(entry["device"], kind)
            if device in found:
                raise RecordError(f"device {device!r} is registered twice")
            found[device] = hex_bytes(entry["key"], signatures.KEY_BYTES, "key")
    except ValueError as error:
        raise input_error("ZKQL0420", f"{place}: {error}") from None
    return ordered(stream, found)


def write_registry(path: Path, registry: Registry) -> None:
    """Write ``registry.json``."""
    with files.atomic_file(path) as scratch:
        scratch.write_text(json.dumps(registry.to_json(), indent=1) + "\n")
