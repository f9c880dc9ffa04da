"""WHERE conditions: sqlglot expressions to typed predicates.

BETWEEN and IN become comparisons. Raises :class:`QueryError` where a side does not exist, types do
not match, or the operator has no circuit yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.errors import did_you_mean, query_error
from zkql.lang.syntax import bare, span_of
from zkql.plan.expressions import (
    Column,
    Comparator,
    Comparison,
    Connective,
    Literal,
    Logical,
    Not,
    Operand,
    Predicate,
    Truth,
)
from zkql.plan.types import BOOLEAN, TIMESTAMP, VARCHAR, Kind, decimal, parse_timestamp

if TYPE_CHECKING:
    from zkql.plan.schema import StreamSchema

_COMPARATORS: dict[type[exp.Expression], Comparator] = {
    exp.EQ: Comparator.EQUAL,
    exp.NEQ: Comparator.NOT_EQUAL,
    exp.LT: Comparator.LESS,
    exp.LTE: Comparator.AT_MOST,
    exp.GT: Comparator.GREATER,
    exp.GTE: Comparator.AT_LEAST,
}
_MAX_DIGITS = 38


def bind_column(expression: exp.Column, stream: StreamSchema) -> Column:
    """A column reference, ``name`` or ``stream.name``."""
    if expression.table and expression.table != stream.name:
        raise query_error(
            "ZKQL0205",
            f"{expression.table!r} is not in FROM",
            span_of(expression),
            *did_you_mean(expression.table, [stream.name]),
        )
    try:
        column = stream.column(expression.name)
    except KeyError:
        raise query_error(
            "ZKQL0207",
            f"stream {stream.name!r} has no column {expression.name!r}",
            span_of(expression),
            *did_you_mean(expression.name, [c.name for c in stream.columns]),
        ) from None
    return Column(column.name, column.type, column.private)


def bind_predicate(expression: exp.Expression, stream: StreamSchema) -> Predicate:
    """A condition."""
    match expression:
        case exp.Paren():
            return bind_predicate(expression.this, stream)
        case exp.And() | exp.Or():
            connective = Connective.AND if isinstance(expression, exp.And) else Connective.OR
            sides = (expression.this, expression.expression)
            return Logical(connective, tuple(bind_predicate(s, stream) for s in sides))
        case exp.Not():
            return Not(bind_predicate(expression.this, stream))
        case exp.Between():
            value = expression.this
            low = _compare(Comparator.AT_LEAST, value, expression.args["low"], expression, stream)
            high = _compare(Comparator.AT_MOST, value, expression.args["high"], expression, stream)
            return Logical(Connective.AND, (low, high))
        case exp.In():
            options = tuple(
                _compare(Comparator.EQUAL, expression.this, option, expression, stream)
                for option in expression.expressions
            )
            return options[0] if len(options) == 1 else Logical(Connective.OR, options)
        case exp.Binary() if type(expression) in _COMPARATORS:
            operator = _COMPARATORS[type(expression)]
            return _compare(operator, expression.this, expression.expression, expression, stream)
        case exp.Column() | exp.Boolean():
            operand = _bind_operand(expression, stream)
            if operand.type != BOOLEAN:
                raise query_error("ZKQL0214", f"{operand.type} is not a condition", span_of(expression))
            return Truth(operand)
        case _:
            raise _no_circuit(expression)


def _no_circuit(expression: exp.Expression) -> Exception:
    if isinstance(expression, exp.Is):
        return query_error(
            "ZKQL0301",
            "IS NULL has no circuit yet",
            span_of(expression),
            "columns of this version are never NULL, so the condition can be left out",
        )
    return query_error(
        "ZKQL0301",
        "this expression has no circuit yet",
        span_of(expression),
        "WHERE takes comparisons of columns and constants, BETWEEN, IN, AND, OR and NOT",
    )


def _compare(
    operator: Comparator,
    left: exp.Expression,
    right: exp.Expression,
    whole: exp.Expression,
    stream: StreamSchema,
) -> Comparison:
    a, b = _bind_operand(left, stream), _bind_operand(right, stream)
    a, b = _as_timestamp(a, b, left), _as_timestamp(b, a, right)
    numbers = a.type.is_numeric and b.type.is_numeric
    if not numbers and a.type.kind is not b.type.kind:
        raise query_error("ZKQL0215", f"{a.type} cannot be compared with {b.type}", span_of(whole))
    return Comparison(operator, a, b)


def _as_timestamp(operand: Operand, other: Operand, expression: exp.Expression) -> Operand:
    """A string beside a timestamp is read as one."""
    if isinstance(operand, Literal) and isinstance(operand.value, str) and other.type.kind is Kind.TIMESTAMP:
        return _timestamp(operand.value, expression)
    return operand


def _timestamp(text: str, expression: exp.Expression) -> Literal:
    try:
        return Literal(parse_timestamp(text), TIMESTAMP)
    except ValueError as error:
        raise query_error("ZKQL0216", str(error), span_of(expression)) from None


def _bind_operand(written: exp.Expression, stream: StreamSchema) -> Operand:
    expression = bare(written)
    match expression:
        case exp.Column():
            return bind_column(expression, stream)
        case exp.Boolean():
            return Literal(int(expression.this), BOOLEAN)
        case exp.Literal() if expression.is_string:
            return Literal(expression.this, VARCHAR)
        case exp.Literal():
            return _number(expression.this, 1, expression)
        case exp.Neg() if isinstance(number := bare(expression.this), exp.Literal) and not number.is_string:
            return _number(number.this, -1, expression)
        case exp.Cast() if isinstance(expression.this, exp.Literal):
            return _timestamp(expression.this.this, expression)
        case _:
            raise _no_circuit(expression)


def _number(text: str, sign: int, expression: exp.Expression) -> Literal:
    whole, _, fraction = text.partition(".")
    digits = (whole + fraction).lstrip("0") or "0"
    precision = max(len(digits), len(fraction), 1)
    if precision > _MAX_DIGITS:
        raise query_error("ZKQL0217", f"a number has at most {_MAX_DIGITS} digits", span_of(expression))
    return Literal(sign * int(digits), decimal(precision, len(fraction)))
