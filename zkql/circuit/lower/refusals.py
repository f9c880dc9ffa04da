"""Why an expression has no circuit. Each names the expression, for a message with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.wires import TooWide
from zkql.plan.expressions import as_written

if TYPE_CHECKING:
    from zkql.plan.expressions import Expression


class NoCircuit(Exception):
    """An expression that no circuit computes; ``reason`` is for the user."""

    def __init__(self, expression: Expression, reason: str) -> None:
        super().__init__(f"{as_written(expression)}: {reason}")
        self.expression = expression
        self.reason = reason


class WideExpression(TooWide):
    """An expression whose value may be too large for the field, or a value on the way to it."""

    def __init__(self, expression: Expression, bits: int) -> None:
        super().__init__(as_written(expression), bits)
        self.expression = expression
