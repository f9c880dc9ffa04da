"""Arithmetic: ``+ - * /``, MOD, and functions of one number. Exact; a result outside its type, and a
division by zero, is an error (:class:`Fault`). In Flink integers wrap, and decimals that are too large
become NULL: neither can be told from a right result. ``x / NULLIF(y, 0)`` is how a query asks for NULL.
"""

from __future__ import annotations

from collections.abc import Callable

from zkql.plan import typing as t
from zkql.plan.expressions import Call, Expression, Literal
from zkql.plan.functions.base import (
    INTEGER,
    NUMBER,
    QUANTITY,
    SIGNED,
    Fault,
    Operands,
    Range,
    Scalar,
    Typed,
    like_first,
    strict,
    written,
)
from zkql.plan.functions.errors import FunctionError
from zkql.plan.functions.rounding import (
    corners,
    divisors,
    fitting,
    half_away,
    mapped,
    rescaled,
    towards_zero,
)
from zkql.plan.types import MAX_PRECISION, Kind, SqlType, decimal

Binary = Callable[[int, int], int]
Unary = Callable[[int], int]


def _result(operator: str, kind: SqlType | None, operands: Operands) -> Typed:
    if kind is None:
        left, right = (o.type for o in operands)
        raise FunctionError(f"there is no {left} {operator} {right}", notes=_advice(operator, left, right))
    return operands, kind


def _advice(operator: str, left: SqlType, right: SqlType) -> tuple[str, ...]:
    kinds = {left.kind, right.kind}
    if operator in "+-" and Kind.TIMESTAMP in kinds and (left.is_numeric or right.is_numeric):
        return (f"a timestamp takes an interval: ts {operator} INTERVAL '1' SECOND",)
    if kinds == {Kind.INTERVAL, Kind.DECIMAL}:
        return ("an interval is multiplied by an integer",)
    return ()


# --- two operands ---------------------------------------------------------------------------------


def _scales(call: Call) -> tuple[int, int, int]:
    """Of both operands and the result."""
    left, right = (o.type.scale for o in call.operands)
    return left, right, call.type.scale


def _sum(call: Call, sign: int) -> Binary:
    """Exact at the larger scale, then rounded to the result's."""
    left, right, to = _scales(call)
    if left == right == to:
        return (lambda a, b: a + b) if sign > 0 else (lambda a, b: a - b)
    scale = max(left, right)
    grow_left, grow_right = 10 ** (scale - left), sign * 10 ** (scale - right)
    return lambda a, b: rescaled(a * grow_left + b * grow_right, scale, to)


def _plus(call: Call) -> Binary:
    return _sum(call, 1)


def _minus(call: Call) -> Binary:
    return _sum(call, -1)


def _times(call: Call) -> Binary:
    left, right, to = _scales(call)
    return lambda a, b: rescaled(a * b, left + right, to)


def _over(call: Call) -> Binary:
    """Integers are cut towards zero, decimals rounded half away from zero."""
    left, right, to = _scales(call)
    if call.type.is_integer:
        return towards_zero
    shift = to + right - left
    up, down = 10 ** max(shift, 0), 10 ** max(-shift, 0)
    return lambda a, b: half_away(a * up, b * down)


def _remainder(call: Call) -> Binary:
    left, right, to = _scales(call)
    grow_left, grow_right = int(10 ** (to - left)), int(10 ** (to - right))

    def compute(a: int, b: int) -> int:
        size = abs(a * grow_left) % abs(b * grow_right)
        return -size if a < 0 else size

    return compute


def _checked(operation: Callable[[Call], Binary], *, divides: bool = False) -> Callable[[Call], Binary]:
    """With the checks that make an error of what has no value."""

    def make(call: Call) -> Binary:
        compute, fit = operation(call), fitting(call.type)
        if not divides:
            return lambda a, b: fit(compute(a, b))

        def divided(a: int, b: int) -> int:
            if not b:
                raise Fault("division by zero")
            return fit(compute(a, b))

        return divided

    return make


def _over_corners(operation: Callable[[Call], Binary]) -> Callable[[Call, tuple[Range, ...]], Range]:
    return lambda call, ranges: corners(ranges[0], ranges[1], operation(call))


def _quotients(call: Call, ranges: tuple[Range, ...]) -> Range:
    return corners(ranges[0], divisors(ranges[1]), _over(call))


def _remainders(call: Call, ranges: tuple[Range, ...]) -> Range:
    """The sign of the dividend; below the divisor, and no larger than the dividend."""
    left, right, to = _scales(call)
    low, high = (end * 10 ** (to - left) for end in ranges[0])
    largest = max(map(abs, ranges[1])) * 10 ** (to - right) - 1
    smallest = min(map(abs, divisors(ranges[1])), default=0) * 10 ** (to - right)
    if max(-low, high) < smallest:
        return low, high
    return max(min(low, 0), -largest), min(max(high, 0), largest)


# --- one operand ----------------------------------------------------------------------------------


def _unary(operation: Callable[[Call], Unary]) -> Callable[[Call], Unary]:
    def make(call: Call) -> Unary:
        compute, fit = operation(call), fitting(call.type)
        return lambda value: fit(compute(value))

    return make


def _negated(_: Call) -> Unary:
    return lambda value: -value


def _sizes(_: Call, ranges: tuple[Range, ...]) -> Range:
    low, high = ranges[0]
    return (0 if low <= 0 <= high else min(abs(low), abs(high))), max(-low, high)


def _sign_type(operands: Operands) -> Typed:
    """The operand's, and one digit before the point for the 1."""
    kind = operands[0].type
    return operands, decimal(kind.scale + 1, kind.scale) if kind.precision == kind.scale > 0 else kind


def _sign(call: Call) -> Unary:
    one = 10**call.type.scale
    return lambda value: (value > 0) * one - (value < 0) * one


def _whole_type(operands: Operands) -> Typed | Expression:
    kind = operands[0].type
    if kind.kind is not Kind.DECIMAL or not kind.scale:
        return operands[0]
    return operands, decimal(kind.precision, 0)


def _floor(call: Call) -> Unary:
    unit = 10 ** call.operands[0].type.scale
    return lambda value: value // unit


def _ceil(call: Call) -> Unary:
    unit = 10 ** call.operands[0].type.scale
    return lambda value: -(-value // unit)


def _digits(operands: Operands, function: str) -> int:
    """How many digits after the point are kept."""
    if len(operands) == 1:
        return 0
    digits = written(operands, 1, function, "a number of digits")
    return 0 if digits is None else max(-MAX_PRECISION, min(int(digits), MAX_PRECISION))


def _rounding_type(function: str) -> Callable[[Operands], Typed | Expression]:
    """A decimal loses digits after the point, and may need one more before it."""

    def rule(operands: Operands) -> Typed | Expression:
        kind, digits = operands[0].type, _digits(operands, function)
        if len(operands) == 2 and operands[1].nullable:
            return Literal(None, kind)
        if digits >= kind.scale:
            return operands[0]
        if kind.kind is not Kind.DECIMAL:
            return operands, kind
        whole = kind.precision - kind.scale + 1
        return operands, decimal(min(whole + max(digits, 0), MAX_PRECISION), max(digits, 0))

    return rule


def _rounded(function: str, divide: Binary) -> Callable[[Call], Unary]:
    def operation(call: Call) -> Unary:
        digits = _digits(call.operands, function)
        unit = 10 ** (call.operands[0].type.scale - digits)
        grow = 10 ** (call.type.scale - digits)
        return lambda value: divide(value, unit) * grow

    return operation


def _rounding(function: str, summary: str, divide: Binary) -> Scalar:
    operation = _rounded(function, divide)

    def make(call: Call) -> Callable[..., int]:
        compute = _unary(operation)(call)
        return lambda value, *_: compute(value)

    return Scalar(
        function,
        f"{function}(x[, digits])",
        summary,
        f"{function}(load)",
        (NUMBER, INTEGER),
        _rounding_type(function),
        strict(make),
        bounds=lambda call, ranges: mapped(ranges[0], operation(call)),
        optional=1,
    )


def _monotone(operation: Callable[[Call], Unary]) -> Callable[[Call, tuple[Range, ...]], Range]:
    return lambda call, ranges: mapped(ranges[0], operation(call))


PLUS = Scalar(
    "+",
    "x + y",
    "Sum of two numbers, of a timestamp and an interval, or of two intervals.",
    "load + temp",
    (QUANTITY, QUANTITY),
    lambda o: _result("+", t.sum_of_two(o[0].type, o[1].type, minus=False), o),
    strict(_checked(_plus)),
    bounds=_over_corners(_plus),
)
TIMES = Scalar(
    "*",
    "x * y",
    "Product of two numbers, or of an interval and an integer.",
    "load * temp",
    (SIGNED, SIGNED),
    lambda o: _result("*", t.product(o[0].type, o[1].type), o),
    strict(_checked(_times)),
    bounds=_over_corners(_times),
)

FUNCTIONS = (
    PLUS,
    Scalar(
        "-",
        "x - y",
        "Difference of two numbers, timestamps or intervals; two timestamps give an interval.",
        "temp - load",
        (QUANTITY, QUANTITY),
        lambda o: _result("-", t.sum_of_two(o[0].type, o[1].type, minus=True), o),
        strict(_checked(_minus)),
        bounds=_over_corners(_minus),
    ),
    TIMES,
    Scalar(
        "/",
        "x / y",
        "Quotient: of integers cut towards zero, of decimals rounded half away from zero.",
        "load / temp",
        (NUMBER, NUMBER),
        lambda o: _result("/", t.quotient(o[0].type, o[1].type), o),
        strict(_checked(_over, divides=True)),
        bounds=_quotients,
    ),
    Scalar(
        "MOD",
        "x % y or MOD(x, y)",
        "Remainder, with the sign of x.",
        "MOD(temp, 7)",
        (NUMBER, NUMBER),
        lambda o: _result("%", t.remainder(o[0].type, o[1].type), o),
        strict(_checked(_remainder, divides=True)),
        bounds=_remainders,
    ),
    Scalar(
        "NEGATE",
        "-x",
        "The number or interval with the other sign.",
        "-load",
        (SIGNED,),
        like_first,
        strict(_unary(_negated)),
        bounds=_monotone(_negated),
    ),
    Scalar(
        "ABS",
        "ABS(x)",
        "The number without its sign.",
        "ABS(load)",
        (NUMBER,),
        like_first,
        strict(_unary(lambda _: abs)),
        bounds=_sizes,
    ),
    Scalar(
        "SIGN",
        "SIGN(x)",
        "-1, 0 or 1.",
        "SIGN(load)",
        (NUMBER,),
        _sign_type,
        strict(_unary(_sign)),
        bounds=_monotone(_sign),
    ),
    Scalar(
        "FLOOR",
        "FLOOR(x)",
        "The largest integer that is not above x.",
        "FLOOR(load)",
        (NUMBER,),
        _whole_type,
        strict(_unary(_floor)),
        bounds=_monotone(_floor),
    ),
    Scalar(
        "CEIL",
        "CEIL(x)",
        "The smallest integer that is not below x.",
        "CEIL(load)",
        (NUMBER,),
        _whole_type,
        strict(_unary(_ceil)),
        bounds=_monotone(_ceil),
    ),
    _rounding("ROUND", "Rounded to so many digits after the point (none), ties away from zero.", half_away),
    _rounding("TRUNCATE", "Cut to so many digits after the point (none).", towards_zero),
)
