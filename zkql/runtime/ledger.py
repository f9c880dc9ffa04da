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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from zkql.plan.types import SqlType, Value

_VERSION = 1
_SCHEMA = """
CREATE TABLE ledger (version INTEGER NOT NULL, query TEXT NOT NULL, registry TEXT NOT NULL);
CREATE TABLE accepted (
  window_start INTEGER PRIMARY KEY,  -- milliseconds since 1970
  window_end   INTEGER NOT NULL,
  digest       TEXT NOT NULL,        -- of all that was claimed up to here
  devices      TEXT NOT NULL,        -- JSON: device, next sequence number, earliest time of its next row
  results      TEXT NOT NULL         -- JSON: the rows of the result
);
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """What was accepted so far. ``sequences`` has each device's next sequence number, ``times`` the earliest
    event time that it may still sign; ``start`` the next window, None before any; ``previous`` the digest of
    all that was claimed."""

    previous: bytes
    start: int | None
    sequences: Mapping[Value, int]
    times: Mapping[Value, int]


class Ledger:
    """Accepted windows in a file, which is made if it is not there."""

    def __init__(self, path: Path, query: bytes, registry: bytes, device: SqlType) -> None:
        """``query`` and ``registry`` are digests, ``device`` the type of devices. Raises
        :class:`~zkql.errors.InputError` where the file is another query's, or no ledger."""
        self._path, self._device = path, device
        with self._reading():
            new = not path.exists() or not path.stat().st_size
            self._file = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._file.execute("PRAGMA synchronous = FULL")
            if new:
                self._create(query, registry)
            (found,) = self._file.execute("SELECT version, query, registry FROM ledger").fetchall()
        if found[0] != _VERSION:
            raise input_error("ZKQL0465", f"{path} is a ledger of version {found[0]}, not {_VERSION}")
        if found[1:] != (query.hex(), registry.hex()):
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
            heads = [(parse_value(d, self._device), n, t) for d, n, t in json.loads(devices)]
            sequences, times = {d: n for d, n, _ in heads}, {d: t for d, _, t in heads}
            return Progress(bytes.fromhex(digest), end, sequences, times)

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
            [format_value(device, self._device), number, after.times[device]]
            for device, number in after.sequences.items()
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
