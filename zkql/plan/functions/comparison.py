"""Typed comparisons. In: an operator and two sides. Out: a :class:`Comparison`, or a
:class:`FunctionError` that says why the sides cannot be compared.
"""

from __future__ import annotations

from zkql.plan.expressions import Comparator, Comparison, Expression, Literal
from zkql.plan.functions.base import Fault
from zkql.plan.functions.casts import as_timestamp
from zkql.plan.functions.errors import FunctionError
from zkql.plan.types import TIMESTAMP, Kind, SqlType, parse_decimal


def compare(operator: Comparator, left: Expression, right: Expression) -> Comparison:
    """``left operator right``: numbers of any scale; or text, BOOLEANs, timestamps, intervals. A string
    that is written beside a timestamp is read as one."""
    left, right = _as_time(left, right.type, 0), _as_time(right, left.type, 1)
    kinds = left.type, right.type
    for position, kind in enumerate(kinds):
        if kind.kind in (Kind.ARRAY, Kind.ROW):
            raise FunctionError(f"{kind} cannot be compared", position, ("compare what it holds",))
    if comparable(*kinds):
        return Comparison(operator, left, right)
    raise FunctionError(
        f"{kinds[0]} cannot be compared with {kinds[1]}", 1, _advice(left, right) or _advice(right, left)
    )


def comparable(left: SqlType, right: SqlType) -> bool:
    """Whether values of both types have an order."""
    both = {left.kind, right.kind}
    if both & {Kind.ARRAY, Kind.ROW}:
        return False
    return len(both) == 1 or Kind.NULL in both or (left.is_numeric and right.is_numeric)


def _as_time(operand: Expression, beside: SqlType, position: int) -> Expression:
    if beside.kind is not Kind.TIMESTAMP or not isinstance(operand, Literal):
        return operand
    if not isinstance(operand.value, str):
        return operand
    try:
        return Literal(as_timestamp(operand.value), TIMESTAMP, span=operand.span)
    except Fault as fault:
        raise FunctionError(str(fault), position) from None


def _advice(text: Expression, other: Expression) -> tuple[str, ...]:
    """What to do about text beside a value of another kind."""
    if text.type.kind is not Kind.VARCHAR:
        return ()
    match other.type.kind:
        case Kind.INTERVAL:
            return ("write an interval as INTERVAL '10' SECOND",)
        case Kind.BOOLEAN:
            return ("write TRUE or FALSE, without quotes",)
        case Kind.TIMESTAMP:
            return ("write CAST(… AS TIMESTAMP(3)) to read text as a timestamp",)
    quoted = text.value if isinstance(text, Literal) else None
    if isinstance(quoted, str) and _is_number(quoted):
        return (f"write the number without quotes: {quoted}",)
    if quoted is not None:
        return (f"compare {other.type} with a number, or write CAST(… AS VARCHAR) to compare text with text",)
    return ("write CAST(… AS VARCHAR) to compare text with text",)


def _is_number(text: str) -> bool:
    try:
        parse_decimal(text, 38)
    except ValueError:
        return False
    return True
