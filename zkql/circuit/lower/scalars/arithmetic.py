"""``+ - * /``, MOD, and functions of one number, exact. What is an error natively is refused where the guard
is 1: a result outside its type, and a division by zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.lower.integers import bounded, divide, equal, less, multiply, select
from zkql.circuit.lower.scalars.base import Compute, Lowerings, strict
from zkql.circuit.wires import Linear, constant
from zkql.plan.expressions import Literal
from zkql.plan.types import MAX_PRECISION

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.scope import Scope
    from zkql.plan.expressions import Call


def rescaled(draft: Draft, value: Linear, scale: int, to: int) -> Linear:
    """The same number with ``to`` digits after the point, rounded half away from zero."""
    if to >= scale:
        return value * power(to - scale)
    return divide(draft, value, constant(power(scale - to)), Rounding.HALF_AWAY)


def power(digits: int) -> int:
    """Ten to the power of it."""
    return int(10**digits)


def magnitude(draft: Draft, value: Linear) -> Linear:
    """The number without its sign."""
    if value.low >= 0:
        return value
    if value.high <= 0:
        return -value
    size = select(draft, less(draft, value, constant(0)), -value, value)
    return bounded(draft, size, 0, max(-value.low, value.high))


# --- two operands ---------------------------------------------------------------------------------


def _sum(sign: int) -> Compute:
    def compute(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
        left, right = operands
        scale = max(left.type.scale, right.type.scale)
        grown = left.value * power(scale - left.type.scale)
        total = grown + right.value * (sign * power(scale - right.type.scale))
        return scope.fitting(rescaled(scope.draft, total, scale, call.type.scale), call.type)

    return compute


def _product(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    left, right = operands
    product = multiply(scope.draft, left.value, right.value)
    scale = left.type.scale + right.type.scale
    return scope.fitting(rescaled(scope.draft, product, scale, call.type.scale), call.type)


def _quotient(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    """Integers are cut towards zero, decimals rounded half away from zero."""
    left, right = operands
    shift = call.type.scale + right.type.scale - left.type.scale
    dividend = left.value * power(max(shift, 0))
    divisor = scope.divisor(right.value) * power(max(-shift, 0))
    rounding = Rounding.TRUNCATE if call.type.is_integer else Rounding.HALF_AWAY
    return scope.fitting(_divided(scope.draft, dividend, divisor, rounding), call.type)


def _remainder(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    """With the sign of the dividend."""
    draft, (left, right) = scope.draft, operands
    dividend = left.value * power(call.type.scale - left.type.scale)
    divisor = scope.divisor(right.value) * power(call.type.scale - right.type.scale)
    whole = _divided(draft, dividend, divisor, Rounding.TRUNCATE)
    most = max(-divisor.low, divisor.high) - 1
    low, high = max(min(dividend.low, 0), -most), min(max(dividend.high, 0), most)
    rest = bounded(draft, dividend - multiply(draft, divisor, whole), low, high)
    return scope.fitting(rest, call.type)


def _divided(draft: Draft, dividend: Linear, divisor: Linear, rounding: Rounding) -> Linear:
    """The quotient by a divisor of either sign that is not zero; the rounding treats both signs alike."""
    if divisor.high < 0:
        dividend, divisor = -dividend, -divisor
    elif divisor.low < 0:
        negative = less(draft, divisor, constant(0))
        dividend = select(draft, negative, -dividend, dividend)
        size = select(draft, negative, -divisor, divisor)
        divisor = bounded(draft, size, 1, max(-divisor.low, divisor.high))
    return divide(draft, dividend, divisor, rounding)


# --- one operand ----------------------------------------------------------------------------------


def _negated(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    return scope.fitting(-operands[0].value, call.type)


def _absolute(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    return scope.fitting(magnitude(scope.draft, operands[0].value), call.type)


def _sign(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    draft, value, zero = scope.draft, operands[0].value, constant(0)
    sign = less(draft, zero, value) * 2 - 1 + equal(draft, value, zero)
    low, high = ((end > 0) - (end < 0) for end in (value.low, value.high))
    return scope.fitting(bounded(draft, sign, low, high) * power(call.type.scale), call.type)


def _floor(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    unit = constant(power(operands[0].type.scale))
    return scope.fitting(divide(scope.draft, operands[0].value, unit, Rounding.FLOOR), call.type)


def _ceil(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
    unit = constant(power(operands[0].type.scale))
    return scope.fitting(-divide(scope.draft, -operands[0].value, unit, Rounding.FLOOR), call.type)


def _rounded(rounding: Rounding) -> Compute:
    """To so many digits after the point, or before it where they are negative."""

    def compute(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Linear:
        scale, digits = operands[0].type.scale, _digits(call)
        units = divide(scope.draft, operands[0].value, constant(power(scale - digits)), rounding)
        return scope.fitting(units * power(call.type.scale - digits), call.type)

    return compute


def _digits(call: Call) -> int:
    if len(call.operands) == 1:
        return 0
    written = call.operands[1]
    assert isinstance(written, Literal)
    assert isinstance(written.value, int)  # not NULL, where the operands are known
    digits = written.value
    return max(-MAX_PRECISION, min(digits, MAX_PRECISION))


LOWERINGS: Lowerings = {
    "+": strict(_sum(1)),
    "-": strict(_sum(-1)),
    "*": strict(_product),
    "/": strict(_quotient),
    "MOD": strict(_remainder),
    "NEGATE": strict(_negated),
    "ABS": strict(_absolute),
    "SIGN": strict(_sign),
    "FLOOR": strict(_floor),
    "CEIL": strict(_ceil),
    "ROUND": strict(_rounded(Rounding.HALF_AWAY)),
    "TRUNCATE": strict(_rounded(Rounding.TRUNCATE)),
}
