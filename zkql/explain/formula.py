"""How a cost grows with the rows. In: costs at some numbers of rows. Out: a formula like ``34 N + 12``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Formula:
    """``per_row · N + fixed`` constraints."""

    per_row: int
    fixed: int

    def at(self, rows: int) -> int:
        """The constraints of so many rows."""
        return self.per_row * rows + self.fixed

    def __str__(self) -> str:
        growing = f"{self.per_row:,} N".removeprefix("1 ") if self.per_row else ""
        if not growing:
            return f"{self.fixed:,}"
        sign = "-" if self.fixed < 0 else "+"
        return f"{growing} {sign} {abs(self.fixed):,}" if self.fixed else growing


def formula_at(rows: int, count: Callable[[int], int]) -> Formula:
    """The line through the cost of ``rows`` and that of one row more or less, whichever differs less: the
    other may be a row that makes numbers one bit wider."""
    here = count(rows)
    steps = [count(rows + 1) - here, *([here - count(rows - 1)] if rows > 1 else [])]
    per_row = min(steps)
    return Formula(per_row, here - per_row * rows)
