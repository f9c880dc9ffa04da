"""What a stream's rows look like and who signs them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from zkql.crypto.encoding import digest
from zkql.plan.codes import encode_column, has_code
from zkql.plan.types import SqlType, Value, parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Provenance(StrEnum):
    """How a stream's rows are signed: each one, or a chain of blocks of them."""

    ROW = "row"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """A column; a private one reaches the consumer only inside a commitment."""

    name: str
    type: SqlType
    private: bool
    nullable: bool = False

    def parse(self, raw: object) -> Value | None:
        """A value from JSON; null is NULL. Raises ``ValueError`` with a message for the user."""
        return self.checked(None if raw is None else parse_value(raw, self.type))

    def checked(self, value: Value | None) -> Value | None:
        """A value of the column's type, or NULL, if the column can hold it. Else raises ``ValueError``
        with a message for the user."""
        if value is None and not self.nullable:
            raise ValueError("it is NULL, and the column is NOT NULL")
        if self.private and has_code(self.type):
            encode_column(self, value)
        return value


@dataclass(frozen=True, slots=True)
class StreamSchema:
    """A signed stream. ``device`` and ``time`` name the columns of the signer and the event time. With ROW
    provenance both are public, because the consumer checks them natively; with CHAIN the device alone is, and
    rows are signed in blocks of at most ``block``."""

    name: str
    columns: tuple[ColumnSchema, ...]
    device: str
    time: str
    provenance: Provenance = Provenance.ROW
    signature: str = "ed25519"
    block: int | None = None

    def __post_init__(self) -> None:
        device, time = self.column(self.device), self.column(self.time)
        for column in (device,) if self.is_chained else (device, time):
            if column.private or column.nullable:
                raise ValueError(f"{column.name!r} identifies a row, so it is PUBLIC and NOT NULL")
        others = any(not c.private for c in self.columns if c is not device)
        if self.is_chained and (others or self.block is None):
            raise ValueError("with CHAIN provenance rows are hidden, and signed in blocks")
        if time.nullable or (self.block is not None and not self.is_chained):
            raise ValueError("an event time is never NULL, and only chains have blocks")

    @property
    def is_chained(self) -> bool:
        """Whether provenance is CHAIN: then which rows there are is private, too."""
        return self.provenance is Provenance.CHAIN

    def column(self, name: str) -> ColumnSchema:
        """A column by its exact name. Raises ``KeyError``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def device_of(self, row: Mapping[str, Value | None]) -> Value:
        """Who signs a row."""
        device = row[self.device]
        assert device is not None
        return device

    def time_of(self, row: Mapping[str, Value | None]) -> int:
        """The event time of a row, in milliseconds."""
        time = row[self.time]
        assert isinstance(time, int)
        return time

    @property
    def private_columns(self) -> tuple[ColumnSchema, ...]:
        """The columns that only sensor and processor see, in order of declaration."""
        return tuple(c for c in self.columns if c.private)

    @property
    def public_columns(self) -> tuple[ColumnSchema, ...]:
        """The columns that are signed and shown, without device and time."""
        return tuple(c for c in self.columns if not c.private and c.name not in (self.device, self.time))

    @property
    def digest(self) -> bytes:
        """32 bytes that identify the schema; part of everything a sensor signs."""
        return digest(
            "zkql/schema/v2",
            [
                self.name,
                [[c.name, str(c.type), c.private, c.nullable] for c in self.columns],
                self.device,
                self.time,
                str(self.provenance),
                self.signature,
                *((self.block,) if self.block is not None else ()),
            ],
        )


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table that nobody signs: public reference data. ``time`` is its event time, if it has one; ``rows``
    are its rows, None where they are not known when the query is compiled."""

    name: str
    columns: tuple[ColumnSchema, ...]
    time: str | None = None
    rows: tuple[tuple[Value | None, ...], ...] | None = None
