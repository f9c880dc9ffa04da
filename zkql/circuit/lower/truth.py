"""Three-valued logic. In: flags and nullable values. Out: whether a condition is true, and whether it may be.

A condition is a pair of flags: it is true (1, 1), NULL (0, 1) or false (0, 0). So negation costs nothing,
AND and OR a product, and two where a side may be NULL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.integers import both, bounded
from zkql.circuit.wires import Linear, constant
from zkql.plan.types import BOOLEAN, Kind, SqlType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zkql.circuit.draft import Draft


@dataclass(frozen=True, slots=True)
class Truth:
    """``true`` is 1 where a condition is true, ``possible`` where it is true or NULL. They are one where it
    never is NULL."""

    true: Linear
    possible: Linear

    @property
    def negated(self) -> Truth:
        """NOT."""
        return Truth(1 - self.possible, 1 - self.true)

    def operand(self, draft: Draft) -> Operand:
        """As a value: 0 where it is NULL."""
        null = bounded(draft, self.possible - self.true, 0, 1)
        return Operand(self.true, None if _is_zero(null) else null, BOOLEAN)


def truth_of(draft: Draft, operand: Operand) -> Truth:
    """A value of type BOOLEAN, or NULL, as a condition."""
    return where(draft, operand.value, known(operand))


def where(draft: Draft, flag: Linear, known: Linear) -> Truth:
    """A flag where it is known, NULL elsewhere."""
    true = both(draft, flag, known)
    if known == constant(1):
        return Truth(true, true)
    return Truth(true, bounded(draft, 1 - known + true, 0, 1))


def conjunction(draft: Draft, left: Truth, right: Truth) -> Truth:
    """AND."""
    true = both(draft, left.true, right.true)
    if left.true == left.possible and right.true == right.possible:
        return Truth(true, true)
    return Truth(true, both(draft, left.possible, right.possible))


# --- NULL -----------------------------------------------------------------------------------------


def known(operand: Operand) -> Linear:
    """1 where a value is not NULL."""
    return constant(1) if operand.null is None else 1 - operand.null


def all_known(draft: Draft, operands: Iterable[Operand]) -> Linear:
    """1 where none of the values is NULL."""
    result = constant(1)
    for flag in dict.fromkeys(map(known, operands)):
        result = both(draft, result, flag)
    return result


def always_null(kind: SqlType) -> Operand:
    """NULL of a type."""
    return Operand(constant(0), constant(1), SqlType(kind.kind, 1) if kind.kind is Kind.VARCHAR else kind)


def null_unless(known: Linear) -> Linear | None:
    """The flag of NULL of a value that is known where ``known`` is 1."""
    null = 1 - known
    return None if _is_zero(null) else null


def _is_zero(flag: Linear) -> bool:
    return flag.is_constant and not flag.constant
