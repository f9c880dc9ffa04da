"""The list of functions as a table. In: a number of rows. Out: a row for each function."""

from __future__ import annotations

from collections.abc import Sequence

from zkql.errors import input_error
from zkql.lang.bind_stream import MAX_CAPACITY
from zkql.library.frames import Field
from zkql.library.result import Result
from zkql.plan.types import BIGINT, VARCHAR
from zkql.reference.cards import ROWS, cards
from zkql.reference.functions import ITEMS, Item, lookup
from zkql.reference.show import summary_json

_COLUMNS = (
    *(Field(name, VARCHAR, nullable=False) for name in ("name", "area", "usage", "meaning", "null", "proof")),
    Field("formula", VARCHAR, nullable=True),
    Field("constraints", BIGINT, nullable=True),
)


class Functions(Result):
    """Functions and operators, those without a circuit without a formula."""

    def __init__(self, rows: int, items: Sequence[Item] = ITEMS) -> None:
        """``rows`` is N of the formulas."""
        found = [summary_json(card, rows) for card in cards(rows, items)]
        super().__init__([{c.name: row[c.name] for c in _COLUMNS} for row in found], _COLUMNS, {})
        self._of = rows

    def notes(self) -> list[str]:
        """What the numbers are."""
        return [f"constraints of N rows, and of {self._of:,}; zkql functions NAME says more"]


def functions(name: str | None = None, *, rows: int = ROWS) -> Functions:
    """Every function and operator, or those that go by a ``name``: what they mean, over which columns they
    are proven, what they cost in a proof of so many ``rows``."""
    if not isinstance(rows, int) or isinstance(rows, bool) or not 1 <= rows <= MAX_CAPACITY:
        raise input_error("ZKQL0463", f"rows is a whole number from 1 to {MAX_CAPACITY}, not {rows!r}")
    if name is None:
        return Functions(rows)
    if not isinstance(name, str):
        raise input_error("ZKQL0463", f"the name of a function is text, not of type {type(name).__name__}")
    return Functions(rows, lookup(name))
