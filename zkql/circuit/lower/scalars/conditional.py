"""CASE, COALESCE, GREATEST, LEAST, and tests for NULL and for truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.integers import bounded, either, less, select
from zkql.circuit.lower.scalars.base import Lowering, Lowerings, strict
from zkql.circuit.lower.text import aligned
from zkql.circuit.lower.truth import Truth, known, null_unless
from zkql.circuit.wires import Linear, constant
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.scope import Scope
    from zkql.plan.expressions import Call
    from zkql.plan.types import SqlType


def _case(scope: Scope, call: Call) -> Operand:
    """The value of the first condition that is true; each part is evaluated where none was true before."""
    flags: list[Linear] = []
    values: list[Operand] = []
    here = scope
    for condition, value in zip(call.operands[:-1:2], call.operands[1::2], strict=True):
        flags.append(here.truth(condition).true)
        values.append(here.narrowed(flags[-1]).operand(value))
        here = here.narrowed(1 - flags[-1])
    return _first(scope.draft, flags, [*values, here.operand(call.operands[-1])], call.type)


def _coalesce(scope: Scope, call: Call) -> Operand:
    """The first value that is not NULL."""
    here, values = scope, list[Operand]()
    for operand in call.operands:
        values.append(here.operand(operand))
        here = here.narrowed(1 - known(values[-1]))
    return _first(scope.draft, [known(value) for value in values[:-1]], values, call.type)


def _first(draft: Draft, flags: Sequence[Linear], values: Sequence[Operand], kind: SqlType) -> Operand:
    """The value of the first flag that is 1, the last where none is."""
    kind, (*codes, code) = _alike(values, kind)
    given = known(values[-1])
    for flag, own, operand in zip(flags[::-1], codes[::-1], values[-2::-1], strict=True):
        own_given = known(operand)
        if given == constant(0):
            code = own  # what NULL has is no matter
        elif own_given != constant(0):
            code = select(draft, flag, own, code)
        given = either(draft, flag, given) if own_given == flag else select(draft, flag, own_given, given)
    return Operand(code, null_unless(given), kind)


def _alike(values: Sequence[Operand], kind: SqlType) -> tuple[SqlType, tuple[Linear, ...]]:
    """The values in a type that holds all of them: they have one scale, but texts have any length."""
    if kind.kind is Kind.VARCHAR:
        return aligned(values)
    return kind, tuple(value.value for value in values)


def _extreme(*, largest: bool) -> Lowering:
    def compute(scope: Scope, call: Call, operands: tuple[Operand, ...]) -> Operand:
        kind, (found, *others) = _alike(operands, call.type)
        draft, choose = scope.draft, max if largest else min
        for value in others:
            ends = choose(found.low, value.low), choose(found.high, value.high)
            beyond = less(draft, found, value) if largest else less(draft, value, found)
            found = bounded(draft, select(draft, beyond, value, found), *ends)
        return Operand(found, None, kind)

    return strict(compute)


def _is_null(scope: Scope, call: Call) -> Truth:
    null = 1 - known(scope.operand(call.operands[0]))
    return Truth(null, null)


def _is_true(scope: Scope, call: Call) -> Truth:
    true = scope.truth(call.operands[0]).true
    return Truth(true, true)


def _is_false(scope: Scope, call: Call) -> Truth:
    false = 1 - scope.truth(call.operands[0]).possible
    return Truth(false, false)


LOWERINGS: Lowerings = {
    "CASE": _case,
    "COALESCE": _coalesce,
    "GREATEST": _extreme(largest=True),
    "LEAST": _extreme(largest=False),
    "IS NULL": _is_null,
    "IS TRUE": _is_true,
    "IS FALSE": _is_false,
}
