"""Typed scalar expressions: what a plan computes on one row.

Frozen and serialisable; the verifier evaluates the public part of a plan with nothing but these
(:mod:`zkql.plan.scalar`). Each has a ``type``, says whether it may be NULL (``nullable``), and keeps the
``span`` of the text it comes from, which is not part of what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from zkql.plan.types import BOOLEAN, Kind, SqlType, Value, format_value

if TYPE_CHECKING:
    from zkql.errors import Span

Row = Mapping[str, Value | None]


class Comparator(StrEnum):
    """The six comparisons."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


class Connective(StrEnum):
    """AND and OR, in three-valued logic."""

    AND = "AND"
    OR = "OR"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the input, by its unique name."""

    name: str
    type: SqlType
    private: bool
    nullable: bool = False
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; None is NULL."""

    value: Value | None
    type: SqlType
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def nullable(self) -> bool:
        """Whether it is NULL."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``; both sides numbers, or both of one other kind. NULL beside anything
    is NULL."""

    operator: Comparator
    left: Expression
    right: Expression
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def type(self) -> SqlType:
        """BOOLEAN."""
        return BOOLEAN

    @property
    def nullable(self) -> bool:
        """Whether a side is."""
        return self.left.nullable or self.right.nullable


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more conditions joined by one connective."""

    connective: Connective
    operands: tuple[Expression, ...]
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def type(self) -> SqlType:
        """BOOLEAN."""
        return BOOLEAN

    @property
    def nullable(self) -> bool:
        """Whether an operand is."""
        return any(o.nullable for o in self.operands)


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    operand: Expression
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def type(self) -> SqlType:
        """BOOLEAN."""
        return BOOLEAN

    @property
    def nullable(self) -> bool:
        """Whether the operand is."""
        return self.operand.nullable


@dataclass(frozen=True, slots=True)
class Call:
    """A function of :mod:`zkql.plan.functions`, operators included; type and NULLability are those
    that its rule gave when it was bound."""

    function: str
    operands: tuple[Expression, ...]
    type: SqlType
    nullable: bool
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)


Expression = Column | Literal | Comparison | Logical | Not | Call

TRUE = Literal(1, BOOLEAN)
FALSE = Literal(0, BOOLEAN)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct operands."""
    match expression:
        case Column() | Literal():
            return ()
        case Comparison(_, left, right):
            return (left, right)
        case Logical(_, operands) | Call(_, operands):
            return operands
        case Not(operand):
            return (operand,)
    assert_never(expression)


def rebuilt(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The same expression over changed direct operands."""
    match expression:
        case Column() | Literal():
            return expression
        case Comparison(_, left, right):
            return replace(expression, left=change(left), right=change(right))
        case Logical(_, operands) | Call(_, operands):
            return replace(expression, operands=tuple(map(change, operands)))
        case Not(operand):
            return replace(expression, operand=change(operand))
    assert_never(expression)


def substituted(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """Each column replaced by the expression that ``values`` has for its name."""
    if isinstance(expression, Column):
        return values.get(expression.name, expression)
    return rebuilt(expression, lambda operand: substituted(operand, values))


def columns_of(expression: Expression) -> frozenset[Column]:
    """Every column an expression reads."""
    if isinstance(expression, Column):
        return frozenset((expression,))
    return frozenset[Column]().union(*map(columns_of, children(expression)))


def is_private(expression: Expression) -> bool:
    """Whether it reads a private column, so that only a circuit may evaluate it."""
    return any(column.private for column in columns_of(expression))


def calls_of(expression: Expression) -> tuple[Call, ...]:
    """Every function call inside, outermost first."""
    own = (expression,) if isinstance(expression, Call) else ()
    return own + tuple(call for operand in children(expression) for call in calls_of(operand))


def conjuncts(predicate: Expression | None) -> tuple[Expression, ...]:
    """The operands of nested ANDs, left to right."""
    if predicate is None:
        return ()
    if isinstance(predicate, Logical) and predicate.connective is Connective.AND:
        return tuple(part for operand in predicate.operands for part in conjuncts(operand))
    return (predicate,)


def conjunction(predicates: tuple[Expression, ...]) -> Expression | None:
    """The inverse of :func:`conjuncts`; None where there is nothing to ask."""
    if len(predicates) <= 1:
        return predicates[0] if predicates else None
    return Logical(Connective.AND, predicates)


_INFIX = ("+", "-", "*", "/", "||")
_SUFFIX = ("IS NULL", "IS TRUE", "IS FALSE")


def render(expression: Expression) -> str:
    """SQL text, for explain and for comments in circuits."""
    match expression:
        case Column(name):
            return name
        case Literal(None):
            return "NULL"
        case Literal(value, kind):
            assert value is not None
            return _render_literal(value, kind)
        case Comparison(operator, left, right):
            return f"{_grouped(left)} {operator} {_grouped(right)}"
        case Logical(connective, operands):
            return f" {connective} ".join(
                f"({render(o)})" if isinstance(o, Logical) else render(o) for o in operands
            )
        case Not(operand):
            return f"NOT ({render(operand)})"
        case Call():
            return _render_call(expression)
    assert_never(expression)


def as_written(expression: Expression) -> str:
    """The text that an expression comes from; SQL text where there is none. For messages: how a plan calls
    its columns is no matter of the user."""
    return render(expression) if expression.span is None else " ".join(expression.span.text.split())


def _grouped(expression: Expression) -> str:
    """An operand of an operator, in parentheses where it is an operator itself."""
    simple = isinstance(expression, Column | Literal) or (
        isinstance(expression, Call) and expression.function not in (*_INFIX, *_SUFFIX, "LIKE")
    )
    return render(expression) if simple else f"({render(expression)})"


def _render_literal(value: Value, kind: SqlType) -> str:
    shown = format_value(value, kind)
    if isinstance(shown, bool):
        return str(shown).upper()
    if kind.kind is Kind.INTERVAL and isinstance(value, int):
        seconds, rest = divmod(abs(value), 1000)
        text = f"{'-' if value < 0 else ''}{seconds}" + (f".{rest:03d}" if rest else "")
        return f"INTERVAL '{text}' SECOND"
    quoted = kind.kind in (Kind.VARCHAR, Kind.TIMESTAMP)
    return "'" + str(shown).replace("'", "''") + "'" if quoted else str(shown)


def _render_call(call: Call) -> str:
    operands = call.operands
    match call.function:
        case "CASE":
            pairs = zip(operands[:-1:2], operands[1::2], strict=True)
            arms = " ".join(f"WHEN {render(c)} THEN {render(v)}" for c, v in pairs)
            return f"CASE {arms} ELSE {render(operands[-1])} END"
        case "CAST":
            return f"CAST({render(operands[0])} AS {call.type})"
        case "TRY_CAST":
            return f"TRY_CAST({render(operands[0])} AS {call.type})"
        case "LIKE":
            escape = f" ESCAPE {render(operands[2])}" if len(operands) > 2 else ""
            return f"{_grouped(operands[0])} LIKE {render(operands[1])}{escape}"
        case "NEGATE":
            negated = _grouped(operands[0])
            return f"-({negated})" if negated.startswith("-") else f"-{negated}"
        case "FIELD":
            name = operands[1]
            assert isinstance(name, Literal)
            return f"{render(operands[0])}.{name.value}"
        case "LOOK UP":
            name = operands[0]
            assert isinstance(name, Literal)
            table, _, column = str(name.value).partition(".")
            return f"{table}[{render(operands[1])}].{column}"
        case "EXTRACT":
            unit = operands[0]
            assert isinstance(unit, Literal)
            return f"EXTRACT({unit.value} FROM {render(operands[1])})"
        case function if function in _SUFFIX:
            return f"{_grouped(operands[0])} {function}"
        case function if function in _INFIX:
            return f" {function} ".join(map(_grouped, operands))
        case function:
            return f"{function}({', '.join(map(render, operands))})"
