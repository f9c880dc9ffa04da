"""What a query gave: rows of Python values, for loops, DataFrames and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from zkql.lang.report import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from zkql.library.frames import Field

SHOWN = 50
"""Rows that a console or notebook shows."""

INSECURE = "INSECURE development keys, all on this machine: whoever has them can forge proofs"


@dataclass(frozen=True, slots=True)
class Verification:
    """What ``run(prove=True)`` did: rows signed, windows proven, every envelope verified. ``envelopes`` are
    what a consumer receives, as JSON data: no private value is in them. ``timings`` in seconds by step."""

    windows: int
    empty_windows: int
    signed_rows: int
    devices: int
    proofs: int
    proof_bytes: int
    constraints: int
    capacity: int
    until: datetime
    timings: Mapping[str, float]
    envelopes: tuple[dict[str, Any], ...]

    @property
    def keys(self) -> str:
        """What the keys are worth."""
        return INSECURE if self.constraints else "no keys: nothing private is read, so there is no circuit"

    def lines(self) -> list[str]:
        """For people."""
        empty = f", {self.empty_windows} of them without rows that count" if self.empty_windows else ""
        found = [
            f"VERIFIED: {counted(self.windows, 'window')}{empty}, over {counted(self.signed_rows, 'row')}"
            f" signed by {counted(self.devices, 'device')}, complete until {self.until:%Y-%m-%d %H:%M:%S} UTC"
        ]
        if self.constraints:
            found.append(
                f"{counted(self.proofs, 'proof')} of {self.proof_bytes} bytes; circuit of"
                f" {self.constraints:,} constraints for {self.capacity} rows"
            )
        found.append(" · ".join(f"{step} {seconds:.2f} s" for step, seconds in self.timings.items()))
        return [*found, self.keys]

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        from zkql.library.display import lines_html

        return lines_html(self.lines())


class Result(Sequence[dict[str, Any]]):
    """Rows in the order that the query gave them; each a dict of Python values: int, Decimal, bool, str,
    datetime (aware, UTC), timedelta, list, dict, None."""

    def __init__(
        self,
        rows: Sequence[dict[str, Any]],
        schema: Sequence[Field],
        left_out: Mapping[str, tuple[str, ...]],
        verification: Verification | None = None,
    ) -> None:
        """``left_out`` has, by table, the columns that were given and are not declared."""
        self._rows = list(rows)
        self.schema = tuple(schema)
        self.left_out = dict(left_out)
        self.verification = verification

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self._rows[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``: DECIMAL as ``Decimal`` objects, times as ``datetime64[ms, UTC]``."""
        from zkql.library import frames

        return frames.to_pandas(self._rows, self.schema)

    def to_polars(self) -> Any:
        """A ``polars.DataFrame``: DECIMAL as ``Decimal``, times as ``Datetime('ms', 'UTC')``."""
        from zkql.library import frames

        return frames.to_polars(self._rows, self.schema)

    def to_arrow(self) -> Any:
        """A ``pyarrow.Table``: DECIMAL as ``decimal128``, times as ``timestamp[ms, tz=UTC]``."""
        from zkql.library import frames

        return frames.to_arrow(self._rows, self.schema)

    def notes(self) -> list[str]:
        """What a reader of the rows should know: how they came about, and what was not read."""
        found = ["evaluated natively, not proven"] if self.verification is None else self.verification.lines()
        for table, columns in self.left_out.items():
            found.append(f"not read, since {table!r} does not declare them: {', '.join(columns)}")
        return found

    def __repr__(self) -> str:
        from zkql.library.display import result_text

        return result_text(self)

    def _repr_html_(self) -> str:
        from zkql.library.display import result_html

        return result_html(self)
