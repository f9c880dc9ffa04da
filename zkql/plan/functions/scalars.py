"""The scalar functions: SQL's operators and functions of one row, by name. In: a name and operands. Out: the
typed call, or a :class:`FunctionError` that says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from zkql.plan.expressions import Comparator, Expression
from zkql.plan.functions import (
    arithmetic,
    casts,
    comparison,
    conditional,
    nested,
    patterns,
    tables,
    temporal,
    text,
)
from zkql.plan.functions.base import Scalar
from zkql.plan.functions.errors import FunctionError as FunctionError
from zkql.plan.types import SqlType

if TYPE_CHECKING:
    from zkql.errors import Span

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "%": "MOD",
        "CEILING": "CEIL",
        "CHARACTER_LENGTH": "CHAR_LENGTH",
        "LENGTH": "CHAR_LENGTH",
        "SUBSTR": "SUBSTRING",
    }
)
"""Other names of functions."""

SCALARS: Mapping[str, Scalar] = MappingProxyType(
    {
        function.name: function
        for module in (arithmetic, casts, conditional, nested, patterns, temporal, text)
        for function in module.FUNCTIONS
    }
)
"""Every function that is written, by its name in upper case."""

EVALUATED: Mapping[str, Scalar] = MappingProxyType({**SCALARS, tables.LOOK_UP.name: tables.LOOK_UP})
"""The same, and what rewrites make."""


def lookup(name: str) -> Scalar | None:
    """A function by any of its names, in any case."""
    upper = name.upper()
    return SCALARS.get(ALIASES.get(upper, upper))


def known(name: str) -> bool:
    """Whether there is such a function, also one that only rewrites make."""
    return name in EVALUATED or lookup(name) is not None


def names() -> tuple[str, ...]:
    """Every name that may be written as a function, for suggestions."""
    return tuple(sorted(name for name in (*SCALARS, *ALIASES) if name.isidentifier()))


def call(
    name: str, operands: tuple[Expression, ...], span: Span | None = None, to: SqlType | None = None
) -> Expression:
    """The typed call, or a simpler expression that means the same. ``to`` is the target of CAST and
    TRY_CAST."""
    function = lookup(name)
    if function is None:
        raise FunctionError(f"there is no function {name.upper()}")
    bound = function.bind(operands) if to is None else casts.cast(function.name, operands, to)
    return bound if any(bound is operand for operand in operands) else replace(bound, span=span)


def compare(
    operator: Comparator, left: Expression, right: Expression, span: Span | None = None
) -> Expression:
    """``left operator right``, typed."""
    return replace(comparison.compare(operator, left, right), span=span)
