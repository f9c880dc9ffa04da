"""Aggregates whose value is an ARRAY: how long it can be. In: a call. Out: the most items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.plan.expressions import Literal
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from zkql.plan.calls import Aggregation


def makes_list(call: Aggregation) -> bool:
    """Whether the value is an ARRAY."""
    return call.type.kind is Kind.ARRAY


def items_of(call: Aggregation, capacity: int) -> int:
    """The most items that the value can have over so many rows: N of TOP and BOTTOM, else all rows."""
    if len(call.arguments) > 1 and isinstance(call.arguments[1], Literal):
        most = call.arguments[1].value
        assert isinstance(most, int)
        return min(most, capacity)
    return capacity
