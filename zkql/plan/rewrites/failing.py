"""Which calls may be an error on some row, so that a rewrite must not evaluate them on more rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.plan.bounds import bounds_of, may_overflow
from zkql.plan.expressions import calls_of

if TYPE_CHECKING:
    from zkql.plan.expressions import Call, Expression

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
            divisor = bounds_of(call.operands[1])
            return may_overflow(call) or divisor is None or divisor[0] <= 0 <= divisor[1]
        case function:
            return function not in _SAFE


def may_be_an_error(expression: Expression) -> bool:
    """Whether evaluating an expression on some row could be an error."""
    return any(map(may_fail, calls_of(expression)))
