"""Which calls may be an error on some row, so that a rewrite must not evaluate them on more rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.plan.bounds import bounds_of, may_overflow
from zkql.plan.expressions import Call, Comparator, Comparison, Literal, calls_of, render
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from zkql.plan.expressions import Expression

_SAFE = frozenset(
    (
        "CASE",
        "COALESCE",
        "NULLIF",
        "IF",
        "IFNULL",
        "GREATEST",
        "LEAST",
        "SIGN",
        "EXTRACT",
        "FIELD",
        "TRY_CAST",
        "LOWER",
        "UPPER",
        "CHAR_LENGTH",
        "TRIM",
        "LTRIM",
        "RTRIM",
        "SUBSTRING",
        "LEFT",
        "RIGHT",
        "CONCAT",
        "CONCAT_WS",
        "||",
        "REPLACE",
        "POSITION",
        "LOCATE",
        "INSTR",
        "SPLIT_INDEX",
        "LIKE",
        "LOOK UP",
        "REVERSE",
        "STARTSWITH",
        "ENDSWITH",
        "CARDINALITY",
        "ARRAY_CONTAINS",
        "DATE_FORMAT",
        "IS NULL",
        "IS TRUE",
        "IS FALSE",
    )
)


def may_fail(call: Call) -> bool:
    """Whether the call itself (not its operands) can overflow, divide by zero or find no value."""
    match call.function:
        case "+" | "-" | "*" | "NEGATE" | "ABS":
            return may_overflow(call)
        case "/" | "MOD":
            return may_overflow(call) or _may_be_zero(call.operands[1])
        case "CAST":
            to, text = call.type.kind, call.operands[0].type.kind is Kind.VARCHAR
            return to is not Kind.VARCHAR and (text or may_overflow(call))
        case function:
            return function not in _SAFE


def _may_be_zero(divisor: Expression) -> bool:
    match divisor:
        case Call("CAST", (inner,)) if inner.type.is_integer:
            return _may_be_zero(inner)
        case Call("CASE", (Comparison(Comparator.EQUAL, tested, Literal(0)), Literal(None), other)):
            if tested == other:  # NULLIF(x, 0)
                return False
    bounds = bounds_of(divisor)
    return bounds is None or bounds[0] <= 0 <= bounds[1]


def may_be_an_error(expression: Expression) -> bool:
    """Whether evaluating an expression on some row could be an error."""
    return any(map(may_fail, calls_of(expression)))


def advice(expression: Expression) -> str:
    """What to write instead of an expression that may be an error."""
    call = next(call for call in calls_of(expression) if may_fail(call))
    match call.function:
        case "/" | "MOD" if not may_overflow(call):
            return f"the divisor of {render(call)} may be 0; divide by a constant, or by NULLIF(…, 0)"
        case "+" | "-" | "*" | "/" | "MOD" | "NEGATE" | "ABS":
            small = call.type.kind in (Kind.TINYINT, Kind.SMALLINT, Kind.INT)
            wider = "BIGINT" if small else "DECIMAL(20, 0)"
            return f"{render(call)} may leave {call.type}; CAST an operand to a wider type, like {wider}"
        case "CAST":
            return f"{render(call)} may have no value; TRY_CAST gives NULL instead"
        case function:
            return f"{function} may have no value; group or filter by what it is computed from"
