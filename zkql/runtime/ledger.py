"""What a consumer has accepted, kept from one run to the next. In: accepted windows. Out: where to go on.

An SQLite file of the consumer's own. It belongs to one query and one registry, and holds a line for each
accepted window: its results, and its digest, which covers results, commitments of rows, and all windows
before it. So a later run neither starts anew, where a processor could tell another story, nor takes a window
twice.

A window is written whole or not at all, and only as the successor of the last one in the file: of two
verifiers at a time, one is refused.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkql.errors import input_error
from zkql.plan.types import format_value, parse_value
from zkql.runtime.positions import position_from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from zkql.plan.types import Value
    from zkql.runtime.positions import Position
    from zkql.runtime.registry import Registry

_VERSION = 1
_SCHEMA = """
CREATE TABLE ledger (version INTEGER NOT NULL, query TEXT NOT NULL, registry TEXT NOT NULL);
CREATE TABLE accepted (
  window_start INTEGER PRIMARY KEY,  -- milliseconds since 1970
  window_end   INTEGER NOT NULL,
  digest       TEXT NOT NULL,        -- of all that was claimed up to here
  devices      TEXT NOT NULL,        -- JSON: device, and where it stands (zkql.runtime.positions)
  results      TEXT NOT NULL         -- JSON: the rows of the result
);
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """What was accepted so far. ``positions`` says how far each device has come; ``start`` is the next
    window, None before any; ``previous`` the digest of all that was claimed."""

    previous: bytes
    start: int | None
    positions: Mapping[Value, Position]


class Ledger:
    """Accepted windows in a file, which is made if it is not there."""

    def __init__(self, path: Path, query: bytes, registry: Registry) -> None:
        """``query`` is a digest. Raises :class:`~zkql.errors.InputError` where the file is another query's or
        registry's, or no ledger."""
        self._path, self._stream = path, registry.stream
        self._device = self._stream.column(self._stream.device).type
        with self._reading():
            new = not path.exists() or not path.stat().st_size
            self._file = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._file.execute("PRAGMA synchronous = FULL")
            if new:
                self._create(query, registry.digest)
            (found,) = self._file.execute("SELECT version, query, registry FROM ledger").fetchall()
        if found[0] != _VERSION:
            raise input_error("ZKQL0465", f"{path} is a ledger of version {found[0]}, not {_VERSION}")
        if found[1:] != (query.hex(), registry.digest.hex()):
            what = "query, or of other keys of it" if found[1] != query.hex() else "registry of devices"
            raise input_error(
                "ZKQL0466",
                f"{path} is the ledger of another {what}",
                "after a new compilation, new keys or another registry, name a new file",
            )

    def _create(self, query: bytes, registry: bytes) -> None:
        with self._transaction():
            for statement in _SCHEMA.split(";")[:-1]:
                self._file.execute(statement)
            self._file.execute("INSERT INTO ledger VALUES (?, ?, ?)", (_VERSION, query.hex(), registry.hex()))

    def progress(self) -> Progress | None:
        """Where to go on; None before any window."""
        with self._reading():
            last = self._file.execute(
                "SELECT window_end, digest, devices FROM accepted ORDER BY window_start DESC LIMIT 1"
            ).fetchone()
            if last is None:
                return None
            end, digest, devices = last
            positions = {
                parse_value(device, self._device): position_from_json(own, self._stream)
                for device, *own in json.loads(devices)
            }
            return Progress(bytes.fromhex(digest), end, positions)

    def digest(self, start: int) -> bytes | None:
        """Of the window that was accepted with this start; None if there is none."""
        with self._reading():
            found = self._file.execute(
                "SELECT digest FROM accepted WHERE window_start = ?", (start,)
            ).fetchone()
            return None if found is None else bytes.fromhex(found[0])

    def accept(
        self, start: int, before: Progress, after: Progress, results: Sequence[Mapping[str, Any]]
    ) -> None:
        """Write a window down, which follows ``before``. Raises :class:`~zkql.errors.InputError` where
        somebody else has written meanwhile."""
        devices = [
            [format_value(device, self._device), *position.to_json()]
            for device, position in after.positions.items()
        ]
        with self._reading(), self._transaction():
            if self.progress() != (None if before.start is None else before):
                raise input_error(
                    "ZKQL0467",
                    f"{self._path} was written to by another verifier meanwhile",
                    "verify again: it goes on after what was accepted",
                )
            self._file.execute(
                "INSERT INTO accepted VALUES (?, ?, ?, ?, ?)",
                (start, after.start, after.previous.hex(), json.dumps(devices), json.dumps(results)),
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """A file that cannot be read or written, or is something else, is the user's to mend."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError, KeyError) as error:
            raise input_error(
                "ZKQL0465",
                f"{self._path} cannot be used as a ledger: {error}",
                "name another file, which is then made, or restore this one",
            ) from None
