"""The list of functions as a table. In: a number of rows. Out: a row for each function."""

from __future__ import annotations

from zkql.library.frames import Field
from zkql.library.result import Result
from zkql.plan.types import BIGINT, VARCHAR
from zkql.reference.cards import ROWS, cards
from zkql.reference.show import summary_json

_COLUMNS = (
    *(Field(name, VARCHAR, nullable=False) for name in ("name", "area", "usage", "meaning", "null", "proof")),
    Field("formula", VARCHAR, nullable=True),
    Field("constraints", BIGINT, nullable=True),
)


class Functions(Result):
    """Functions and operators, those without a circuit without a formula."""

    def __init__(self, rows: int) -> None:
        """``rows`` is N of the formulas."""
        found = [summary_json(card, rows) for card in cards(rows)]
        super().__init__([{c.name: row[c.name] for c in _COLUMNS} for row in found], _COLUMNS, {})
        self._of = rows

    def notes(self) -> list[str]:
        """What the numbers are."""
        return [f"constraints of N rows, and of {self._of:,}; zkql functions NAME says more"]


def functions(*, rows: int = ROWS) -> Functions:
    """Every function and operator: what it means, over which columns it is proven, what it costs in a proof
    of so many ``rows``."""
    return Functions(rows)
