"""Comparisons, AND and OR. In: typed conditions. Out: conditions in three-valued logic."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, assert_never

from zkql.circuit.lower import integers
from zkql.circuit.lower.constants import is_constant, literal_of
from zkql.circuit.lower.text import aligned, code_of
from zkql.circuit.lower.truth import Truth, all_known, conjunction, where
from zkql.circuit.wires import Linear, constant
from zkql.plan.expressions import (
    Comparator,
    Comparison,
    Connective,
    Expression,
    Literal,
    Logical,
    render,
)
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.scope import Scope

_MIRRORED = {
    Comparator.LESS: Comparator.GREATER,
    Comparator.AT_MOST: Comparator.AT_LEAST,
    Comparator.GREATER: Comparator.LESS,
    Comparator.AT_LEAST: Comparator.AT_MOST,
}


# --- comparisons ----------------------------------------------------------------------------------


def compared(scope: Scope, comparison: Comparison) -> Truth:
    """``left operator right``; NULL beside anything is NULL."""
    draft, operator = scope.draft, comparison.operator
    for side, other, turned in (
        (comparison.left, comparison.right, operator),
        (comparison.right, comparison.left, _MIRRORED.get(operator, operator)),
    ):
        text = literal_of(other)
        if text is not None and isinstance(text.value, str):
            return _compared_with_text(scope, turned, scope.operand(side), text.value)
    operands = scope.operand(comparison.left), scope.operand(comparison.right)
    if Kind.VARCHAR in (comparison.left.type.kind, comparison.right.type.kind):
        _, (left, right) = aligned(operands)
    else:
        scale = max(comparison.left.type.scale, comparison.right.type.scale)
        left, right = (o.value * int(10 ** (scale - o.type.scale)) for o in operands)
    return where(draft, _flag(draft, operator, left, right), all_known(draft, operands))


def _compared_with_text(scope: Scope, operator: Comparator, operand: Operand, written: str) -> Truth:
    """Beside a text that has no code of this length, all codes are doubled, and it is between two."""
    code, exact = code_of(written, operand.type.precision)
    left, right = operand.value, constant(code)
    if not exact:
        left, right = left * 2, right * 2 + 1
    flag = _flag(scope.draft, operator, left, right)
    if not exact and operator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
        flag = constant(int(operator is Comparator.NOT_EQUAL))
    return where(scope.draft, flag, all_known(scope.draft, (operand,)))


def _flag(draft: Draft, operator: Comparator, left: Linear, right: Linear) -> Linear:
    match operator:
        case Comparator.EQUAL:
            return integers.equal(draft, left, right)
        case Comparator.NOT_EQUAL:
            return 1 - integers.equal(draft, left, right)
        case Comparator.LESS:
            return integers.less(draft, left, right)
        case Comparator.AT_MOST:
            return 1 - integers.less(draft, right, left)
        case Comparator.GREATER:
            return integers.less(draft, right, left)
        case Comparator.AT_LEAST:
            return 1 - integers.less(draft, left, right)
    assert_never(operator)


# --- AND, OR, IN ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Membership:
    """Whether a value is one of several constants."""

    value: Expression
    options: tuple[Literal, ...]


def connected(scope: Scope, logical: Logical) -> Truth:
    """AND from left to right, until an operand is false; OR is the negation of an AND of negations.
    Neighbours that ask whether one value is a constant, as those of IN do, are one question."""
    is_or = logical.connective is Connective.OR
    result, here = Truth(constant(1), constant(1)), scope
    operands = tuple(_flattened(scope, logical))
    for question in _questions(operands, Comparator.EQUAL if is_or else Comparator.NOT_EQUAL):
        if isinstance(question, _Membership):
            with scope.draft.inside(f"{render(question.value)} IN (…)", question.value.span):
                part = _member(here, question).negated
        else:
            part = here.truth(question).negated if is_or else here.truth(question)
        result = conjunction(scope.draft, result, part)
        here = here.narrowed(part.possible)
    return result.negated if is_or else result


def _flattened(scope: Scope, logical: Logical) -> Iterator[Expression]:
    """The operands from left to right, and those of operands of the same connective."""
    waiting: list[Expression] = list(logical.operands[::-1])
    while waiting:
        operand = waiting.pop()
        match operand:
            case Logical(connective, inner) if (
                connective is logical.connective and operand not in scope.known
            ):
                waiting += inner[::-1]
            case _:
                yield operand


def _questions(operands: tuple[Expression, ...], operator: Comparator) -> Iterator[Expression | _Membership]:
    """The operands in order, neighbours that compare one value put together."""
    asked = [(operand, _with_constant(operand, operator)) for operand in operands]
    for value, run in groupby(asked, lambda pair: pair[1] and pair[1][0]):
        neighbours = tuple(run)
        if value is None or len(neighbours) == 1:
            yield from (operand for operand, _ in neighbours)
        else:
            yield _Membership(value, tuple(pair[1] for _, pair in neighbours if pair is not None))


def _with_constant(operand: Expression, operator: Comparator) -> tuple[Expression, Literal] | None:
    """A value and the constant, not NULL, that it is compared with."""
    if not isinstance(operand, Comparison) or operand.operator is not operator:
        return None
    for value, other in ((operand.left, operand.right), (operand.right, operand.left)):
        option = literal_of(other)
        if option is not None and option.value is not None and not is_constant(value):
            return value, option
    return None


def _member(scope: Scope, question: _Membership) -> Truth:
    operand = scope.operand(question.value)
    scale = max(question.value.type.scale, *(option.type.scale for option in question.options))
    codes: set[int] = set()
    for option in question.options:
        if isinstance(option.value, str):
            code, exact = code_of(option.value, operand.type.precision)
            codes |= {code} if exact else set()
        elif isinstance(option.value, int):
            codes.add(option.value * int(10 ** (scale - option.type.scale)))
    value = operand.value * int(10 ** (scale - question.value.type.scale))
    flag = integers.one_of(scope.draft, value, codes)
    return where(scope.draft, flag, all_known(scope.draft, (operand,)))
