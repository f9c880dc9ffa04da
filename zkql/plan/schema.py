"""What a stream's rows look like and who signs them."""

from __future__ import annotations

from dataclasses import dataclass

from zkql.crypto.encoding import digest
from zkql.plan.types import SqlType


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """A column; a private one reaches the consumer only inside a commitment."""

    name: str
    type: SqlType
    private: bool
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class StreamSchema:
    """A signed stream. ``device`` and ``time`` name the columns of the signer and the event time;
    both are public with ROW provenance, because the consumer checks them natively."""

    name: str
    columns: tuple[ColumnSchema, ...]
    device: str
    time: str
    provenance: str = "row"
    signature: str = "ed25519"

    def column(self, name: str) -> ColumnSchema:
        """A column by its exact name. Raises ``KeyError``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def private_columns(self) -> tuple[ColumnSchema, ...]:
        """The columns inside the commitment, in order of declaration."""
        return tuple(c for c in self.columns if c.private)

    @property
    def public_columns(self) -> tuple[ColumnSchema, ...]:
        """The columns that are signed and shown, without device and time."""
        return tuple(c for c in self.columns if not c.private and c.name not in (self.device, self.time))

    @property
    def digest(self) -> bytes:
        """32 bytes that identify the schema; part of everything a sensor signs."""
        return digest(
            "zkql/schema/v1",
            [
                self.name,
                [[c.name, str(c.type), c.private] for c in self.columns],
                self.device,
                self.time,
                self.provenance,
                self.signature,
            ],
        )


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table that nobody signs: public reference data. ``time`` is its event time, if it has one."""

    name: str
    columns: tuple[ColumnSchema, ...]
    time: str | None = None
