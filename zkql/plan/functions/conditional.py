"""Conditions: CASE and what is short for it, COALESCE, GREATEST, LEAST, tests for NULL and for truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zkql.plan.expressions import Call, Comparator, Expression, Literal, Not, Row
from zkql.plan.functions.base import (
    ANY,
    CONDITION,
    NEVER,
    Compiled,
    NullRule,
    Operands,
    Range,
    Scalar,
    Typed,
    eager,
    strict,
)
from zkql.plan.functions.casts import coerced, common
from zkql.plan.functions.comparison import comparable, compare
from zkql.plan.functions.errors import FunctionError
from zkql.plan.functions.rounding import hull
from zkql.plan.types import BOOLEAN, Value

# --- CASE -----------------------------------------------------------------------------------------


def _values(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a CASE may become."""
    return (*operands[1::2], operands[-1])


def _case(operands: Operands) -> Typed:
    last = len(operands) - 1
    if last % 2:
        raise FunctionError("CASE takes pairs of a condition and a value, and an ELSE")
    for position in range(0, last, 2):
        if not CONDITION.takes(operands[position].type):
            raise FunctionError(f"a condition of CASE is BOOLEAN, not {operands[position].type}", position)
    kind = common(_values(operands), "the values of CASE", (*range(1, last, 2), last))
    typed = tuple(coerced(o, kind) if n % 2 or n == last else o for n, o in enumerate(operands))
    return typed, kind


def _compile_case(_: Call, operands: tuple[Compiled, ...]) -> Compiled:
    arms = tuple(zip(operands[:-1:2], operands[1::2], strict=True))
    default = operands[-1]

    def run(row: Row) -> Value | None:
        for condition, value in arms:
            if condition(row):
                return value(row)
        return default(row)

    return run


_CASE = Scalar(
    "CASE",
    "CASE WHEN condition THEN value … [ELSE value] END",
    "The value of the first condition that is true; the others are not evaluated.",
    "CASE WHEN temp < 0 THEN 1 WHEN ok THEN 2 ELSE 3 END",
    (ANY, ANY, ANY),
    _case,
    _compile_case,
    NullRule(
        "NULL where the chosen value is", strict=False, nullable=lambda o: any(v.nullable for v in _values(o))
    ),
    bounds=lambda _, ranges: hull(_values(ranges)),
    variadic=True,
)


def _null_if(operands: Operands) -> Expression:
    value, other = operands
    return _CASE.bind((compare(Comparator.EQUAL, value, other), Literal(None, value.type), value))


# --- COALESCE -------------------------------------------------------------------------------------


def _coalesce(operands: Operands) -> Typed | Expression:
    """Without the operands that are never chosen."""
    kind = common(operands, "the values of COALESCE", range(len(operands)))
    kept: list[Expression] = []
    for operand in operands:
        if not (isinstance(operand, Literal) and operand.value is None):
            kept.append(coerced(operand, kind))
        if not operand.nullable:
            break
    if not kept:
        return Literal(None, kind)
    return kept[0] if len(kept) == 1 else (tuple(kept), kind)


def _compile_coalesce(_: Call, operands: tuple[Compiled, ...]) -> Compiled:
    def run(row: Row) -> Value | None:
        for operand in operands:
            value = operand(row)
            if value is not None:
                return value
        return None

    return run


_COALESCE = Scalar(
    "COALESCE",
    "COALESCE(x, …)",
    "The first value that is not NULL; those after it are not evaluated.",
    "COALESCE(target, temp)",
    (ANY,),
    _coalesce,
    _compile_coalesce,
    NullRule("NULL where all operands are", strict=False, nullable=lambda o: all(v.nullable for v in o)),
    bounds=lambda _, ranges: hull(ranges),
    variadic=True,
)

# --- GREATEST, LEAST ------------------------------------------------------------------------------


def _extreme(name: str, summary: str, example: str, choose: Callable[..., Any]) -> Scalar:
    def rule(operands: Operands) -> Typed | Expression:
        kind = common(operands, f"the operands of {name}", range(len(operands)))
        if not comparable(kind, kind):
            raise FunctionError(f"{name} cannot compare {kind}", 0)
        typed = tuple(coerced(o, kind) for o in operands)
        return typed[0] if len(typed) == 1 else (typed, kind)

    def bounds(_: Call, ranges: tuple[Range, ...]) -> Range:
        lows, highs = zip(*ranges, strict=True)
        return choose(lows), choose(highs)

    return Scalar(
        name,
        f"{name}(x, …)",
        summary,
        example,
        (ANY,),
        rule,
        strict(lambda _: lambda *values: choose(values)),
        bounds=bounds,
        variadic=True,
    )


# --- tests ----------------------------------------------------------------------------------------


def _is(truth: int) -> Callable[[Operands], Typed | Expression]:
    def rule(operands: Operands) -> Typed | Expression:
        if not operands[0].nullable:
            return operands[0] if truth else Not(operands[0])
        return operands, BOOLEAN

    return rule


FUNCTIONS = (
    _CASE,
    Scalar(
        "IF",
        "IF(condition, value, otherwise)",
        "One value or the other: short for CASE.",
        "IF(ok, load, 0)",
        (CONDITION, ANY, ANY),
        _CASE.bind,
        nulls=_CASE.nulls,
    ),
    Scalar(
        "NULLIF",
        "NULLIF(x, y)",
        "NULL where x = y, and x elsewhere: short for CASE.",
        "NULLIF(temp, 20)",
        (ANY, ANY),
        _null_if,
        nulls=NullRule("NULL where x is, and where x = y", strict=False, nullable=lambda _: True),
    ),
    _COALESCE,
    Scalar(
        "IFNULL",
        "IFNULL(x, y)",
        "y where x is NULL, and x elsewhere: short for COALESCE.",
        "IFNULL(target, 0)",
        (ANY, ANY),
        _COALESCE.bind,
        nulls=_COALESCE.nulls,
    ),
    _extreme("GREATEST", "The largest value.", "GREATEST(load, 0)", max),
    _extreme("LEAST", "The smallest value.", "LEAST(temp, target)", min),
    Scalar(
        "IS NULL",
        "x IS NULL",
        "Whether the value is NULL.",
        "target IS NULL",
        (ANY,),
        lambda operands: (operands, BOOLEAN),
        eager(lambda _: lambda value: int(value is None)),
        NEVER,
        bounds=lambda call, _: (0, int(call.operands[0].nullable)),
    ),
    Scalar(
        "IS TRUE",
        "x IS TRUE",
        "Whether the condition is true, neither false nor NULL.",
        "(target > 20) IS TRUE",
        (CONDITION,),
        _is(1),
        eager(lambda _: lambda value: int(value == 1)),
        NEVER,
    ),
    Scalar(
        "IS FALSE",
        "x IS FALSE",
        "Whether the condition is false, neither true nor NULL.",
        "(target > 20) IS FALSE",
        (CONDITION,),
        _is(0),
        eager(lambda _: lambda value: int(value == 0)),
        NEVER,
    ),
)
