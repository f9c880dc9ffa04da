"""What sensors sign, and how it is written down.

A row is signed as (schema, device, sequence, time, public columns, commitment); a heartbeat as
(schema, device, next sequence, time) and means: "until ``time`` I have sent the rows below ``sequence``
and no others; every later row has this time or a later one".

JSON forms are strict: exactly these keys, lowercase hex, canonical numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkql.crypto.encoding import canonical
from zkql.crypto.field import P
from zkql.crypto.signatures import scheme_of
from zkql.plan.codes import encode_column
from zkql.plan.types import BIGINT, TIMESTAMP, as_int, format_value, parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zkql.plan.schema import ColumnSchema, StreamSchema
    from zkql.plan.types import Shown, Value

_FIELD_HEX = 64


class RecordError(ValueError):
    """A record is not of its form; the message says why."""


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A row as everyone may see it. ``time`` in milliseconds since the epoch."""

    device: Value
    sequence: int
    time: int
    public: tuple[Value | None, ...]
    commitment: int
    signature: bytes

    def message(self, stream: StreamSchema) -> bytes:
        """The bytes that are signed."""
        return canonical(
            "zkql/row/v1",
            [
                stream.digest,
                self.device,
                self.sequence,
                self.time,
                list(self.public),
                self.commitment.to_bytes(32, "big"),
            ],
        )

    def columns(self, stream: StreamSchema) -> dict[str, Value | None]:
        """The public columns by name, device and time included."""
        named = zip(stream.public_columns, self.public, strict=True)
        return {
            stream.device: self.device,
            stream.time: self.time,
            **{column.name: value for column, value in named},
        }


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A signed "nothing else until now"."""

    device: Value
    sequence: int
    time: int
    signature: bytes

    def message(self, stream: StreamSchema) -> bytes:
        """The bytes that are signed."""
        return canonical("zkql/heartbeat/v1", [stream.digest, self.device, self.sequence, self.time])


@dataclass(frozen=True, slots=True)
class Opening:
    """The private side of a row: only sensor and processor have it."""

    private: tuple[Value | None, ...]
    salt: int

    def offsets(self, stream: StreamSchema) -> dict[str, int]:
        """The code of each private column, with its flag of NULL."""
        return {
            column.name: encode_column(column, value)
            for column, value in zip(stream.private_columns, self.private, strict=True)
        }


Record = SignedRow | Heartbeat


def is_signed(record: Record, stream: StreamSchema, key: bytes) -> bool:
    """Whether the device's key signed exactly this record."""
    return scheme_of(stream).verify(key, record.message(stream), record.signature)


# --- JSON -----------------------------------------------------------------------------------------


def row_to_json(row: SignedRow, stream: StreamSchema) -> dict[str, Any]:
    """Without device, which the envelope states once; and without a signature that is part of an
    aggregate."""
    return {
        "sequence": row.sequence,
        "time": format_value(row.time, TIMESTAMP),
        "public": columns_to_json(row.public, stream.public_columns),
        "commitment": field_hex(row.commitment),
        **_signature_to_json(row.signature),
    }


def row_from_json(data: Any, stream: StreamSchema, device: Value, *, alone: bool = True) -> SignedRow:
    """Inverse of :func:`row_to_json`; ``alone`` says that it has a signature of its own."""
    keys(data, "sequence", "time", "public", "commitment", *(("signature",) if alone else ()))
    return SignedRow(
        device=device,
        sequence=sequence(data["sequence"]),
        time=time_of(data["time"]),
        public=columns_from_json(data["public"], stream.public_columns),
        commitment=field_element(data["commitment"], "commitment"),
        signature=signature_from_json(data["signature"], stream) if alone else b"",
    )


def heartbeat_to_json(heartbeat: Heartbeat) -> dict[str, Any]:
    """Without device, and perhaps without signature, as a row."""
    return {
        "sequence": heartbeat.sequence,
        "time": format_value(heartbeat.time, TIMESTAMP),
        **_signature_to_json(heartbeat.signature),
    }


def heartbeat_from_json(data: Any, stream: StreamSchema, device: Value, *, alone: bool = True) -> Heartbeat:
    """Inverse of :func:`heartbeat_to_json`."""
    keys(data, "sequence", "time", *(("signature",) if alone else ()))
    return Heartbeat(
        device=device,
        sequence=sequence(data["sequence"]),
        time=time_of(data["time"]),
        signature=signature_from_json(data["signature"], stream) if alone else b"",
    )


def _signature_to_json(signature: bytes) -> dict[str, Any]:
    return {"signature": signature.hex()} if signature else {}


def signature_from_json(raw: Any, stream: StreamSchema) -> bytes:
    """A signature of the stream's scheme, as far as its size tells."""
    return hex_bytes(raw, scheme_of(stream).SIGNATURE_BYTES, "signature")


def opening_to_json(opening: Opening, stream: StreamSchema) -> dict[str, Any]:
    """The private side, in the sensor's output only."""
    return {
        "private": columns_to_json(opening.private, stream.private_columns),
        "salt": field_hex(opening.salt),
    }


def opening_from_json(data: Mapping[str, Any], stream: StreamSchema) -> Opening:
    """Inverse of :func:`opening_to_json`."""
    private = columns_from_json(data["private"], stream.private_columns)
    return Opening(private, field_element(data["salt"], "salt"))


def keys(data: Any, *expected: str) -> None:
    """Check that ``data`` is an object with exactly these keys."""
    if not isinstance(data, dict):
        raise RecordError(f"an object was expected, with {', '.join(expected)}")
    if missing := [k for k in expected if k not in data]:
        raise RecordError(f"{missing[0]!r} is missing")
    if extra := [k for k in data if k not in expected]:
        raise RecordError(f"{extra[0]!r} does not belong here")


def columns_to_json(
    values: Sequence[Value | None], columns: Sequence[ColumnSchema]
) -> dict[str, Shown | None]:
    """Values by the names of their columns; NULL is null."""
    pairs = zip(columns, values, strict=True)
    return {c.name: None if v is None else format_value(v, c.type) for c, v in pairs}


def columns_from_json(data: Any, columns: Sequence[ColumnSchema]) -> tuple[Value | None, ...]:
    """Values of named columns, in the order of the schema."""
    keys(data, *(column.name for column in columns))
    values = []
    for column in columns:
        try:
            values.append(column.parse(data[column.name]))
        except ValueError as error:
            raise RecordError(f"column {column.name!r}: {error}") from None
    return tuple(values)


def sequence(raw: Any) -> int:
    """A sequence number: 0, 1, 2, …"""
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= BIGINT.bounds[1]:
        raise RecordError(f"{raw!r} is not a sequence number")
    return raw


def time_of(raw: Any) -> int:
    """A time in its written form, in milliseconds."""
    if not isinstance(raw, str):
        raise RecordError(f"{raw!r} is not a time")
    try:
        return as_int(parse_value(raw, TIMESTAMP))
    except ValueError as error:
        raise RecordError(str(error)) from None


def hex_bytes(raw: Any, size: int, what: str) -> bytes:
    """Lowercase hex of a fixed size."""
    if isinstance(raw, str) and len(raw) == 2 * size and set(raw) <= set("0123456789abcdef"):
        return bytes.fromhex(raw)
    raise RecordError(f"{what} is not {size} bytes of lowercase hex")


def field_hex(value: int) -> str:
    """A field element in hex."""
    return format(value, f"0{_FIELD_HEX}x")


def field_element(raw: Any, what: str) -> int:
    """A canonical element of the scalar field."""
    value = int.from_bytes(hex_bytes(raw, _FIELD_HEX // 2, what), "big")
    if value >= P:
        raise RecordError(f"{what} is not a field element")
    return value
