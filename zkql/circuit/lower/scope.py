"""Lowering an expression: every sub-expression once, and checked only where it is evaluated.

In: operands of columns and of public sub-expressions, and a guard. Out: operands and conditions. AND, OR,
CASE and COALESCE evaluate left to right and no more than they need, so each of their operands has a scope
of its own, whose guard is 1 in the rows where SQL would evaluate it: checks count there, and pass
elsewhere whatever the values are.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, assert_never

from zkql.circuit.lower import integers
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.conditions import compared, connected
from zkql.circuit.lower.constants import is_constant, literal_of, operand_of
from zkql.circuit.lower.refusals import NoCircuit, WideExpression
from zkql.circuit.lower.scalars.registry import SCALARS
from zkql.circuit.lower.truth import Truth, always_null, truth_of
from zkql.circuit.wires import Linear, TooWide, constant
from zkql.plan.expressions import (
    Call,
    Column,
    Comparison,
    Expression,
    Literal,
    Logical,
    Not,
    render,
)
from zkql.plan.types import Kind, SqlType

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft


@dataclass(frozen=True, slots=True)
class Scope:
    """``columns`` are operands by name; ``known`` those of sub-expressions that the verifier evaluates and
    puts in. ``guard`` is 1 where the expression is really evaluated; None: in every slot."""

    draft: Draft
    columns: Mapping[str, Operand]
    known: Mapping[Expression, Operand] = field(default_factory=dict)
    guard: Linear | None = None
    lookups: tuple[Call, ...] = ()
    """What the circuit looks up in tables, all of it."""
    _numbers: dict[Expression, int] = field(default_factory=dict, repr=False)
    """Every expression that was met: hashing a large one takes a while."""
    _seen: ChainMap[int, Operand | Truth] = field(default_factory=ChainMap, repr=False)
    """What was lowered for these rows, or for more of them."""

    def narrowed(self, condition: Linear) -> Scope:
        """What is evaluated only where a flag is 1."""
        if condition == constant(1):
            return self
        guard = condition if self.guard is None else integers.both(self.draft, self.guard, condition)
        return replace(self, guard=guard, _seen=self._seen.new_child())

    # --- values ---

    def operand(self, expression: Expression) -> Operand:
        """The value of an expression."""
        lowered = self._lowered(expression)
        return lowered.operand(self.draft) if isinstance(lowered, Truth) else lowered

    def truth(self, expression: Expression) -> Truth:
        """An expression of type BOOLEAN, or NULL, as a condition."""
        lowered = self._lowered(expression)
        return lowered if isinstance(lowered, Truth) else truth_of(self.draft, lowered)

    def _lowered(self, expression: Expression) -> Operand | Truth:
        if expression in self.known:
            return self.known[expression]
        number = self._numbers.setdefault(expression, len(self._numbers))
        if number not in self._seen:
            try:
                self._seen[number] = _lowering(expression)(self, expression)
            except WideExpression:
                raise
            except TooWide as wide:
                raise WideExpression(expression, wide.bits) from None
            except integers.Hopeless:
                raise NoCircuit(expression, "it is an error on every row") from None
        return self._seen[number]

    def beside(self, lookup: Call) -> tuple[Call, ...]:
        """What is looked up with the same key in the same table, this one included."""
        _, key, keys, _ = lookup.operands
        return tuple(dict.fromkeys(c for c in (*self.lookups, lookup) if c.operands[1:3] == (key, keys)))

    # --- checks ---

    def fitting(self, value: Linear, kind: SqlType) -> Linear:
        """A value; it is an error where it is evaluated and its type cannot hold it."""
        if kind.kind is Kind.NULL:
            return value
        return integers.within(self.draft, value, *kind.bounds, self.guard)

    def divisor(self, value: Linear) -> Linear:
        """A value that never is zero; it is an error where it is evaluated and zero."""
        return integers.nonzero(self.draft, value, self.guard)


def _lowering(expression: Expression) -> Callable[[Scope, Any], Operand | Truth]:
    """What lowers an expression; a function of its own, which keeps the stack short."""
    if is_constant(expression):
        return _constant
    match expression:
        case Column():
            return _column
        case Comparison():
            return _comparison
        case Logical():
            return connected
        case Not():
            return _negation
        case Call(function):
            if function not in SCALARS:
                raise NoCircuit(expression, f"{function} has no circuit")
            return SCALARS[function]
        case Literal():
            raise AssertionError(expression)  # is constant
    assert_never(expression)


def _constant(scope: Scope, expression: Expression) -> Operand:
    literal = literal_of(expression)
    if literal is not None:
        return operand_of(literal)
    integers.never(scope.draft, scope.guard)
    return always_null(expression.type)


def _column(scope: Scope, column: Column) -> Operand:
    if column.name not in scope.columns:
        raise NoCircuit(column, f"{column.type} does not stand in a circuit")
    return scope.columns[column.name]


def _comparison(scope: Scope, comparison: Comparison) -> Truth:
    with scope.draft.inside(render(comparison), comparison.span):
        return compared(scope, comparison)


def _negation(scope: Scope, negation: Not) -> Truth:
    return scope.truth(negation.operand).negated
