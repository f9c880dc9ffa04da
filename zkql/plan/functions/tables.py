"""The partner of a row in a table whose rows are known when a query is compiled. No user writes it: a rewrite
makes it from a join (:mod:`zkql.plan.rewrites.look_up_tables`)."""

from __future__ import annotations

from typing import Any

from zkql.plan.expressions import Call, Expression, Literal, Row
from zkql.plan.functions.base import (
    ANY,
    EMPTY,
    LIST,
    TEXT,
    Compiled,
    Operands,
    Range,
    Scalar,
    Typed,
    strict_or,
)
from zkql.plan.types import Kind, SqlType, Value, array


def look_up(
    name: str, key: Expression, keys: tuple[Value, ...], values: tuple[Value | None, ...], kind: SqlType
) -> Call:
    """The value beside the key of the table that is equal to ``key``, NULL where there is none. Keys are
    unscaled as the type of ``key`` has them, and no two are equal; ``name`` is what explain shows."""
    text = Literal(name, SqlType(Kind.VARCHAR, len(name)))
    operands = (text, key, Literal(keys, array(key.type)), Literal(values, array(kind)))
    return Call(LOOK_UP.name, operands, kind, nullable=True, span=key.span)


def table_of(call: Call) -> tuple[Expression, tuple[Value, ...], tuple[Value | None, ...]]:
    """Key, keys and values of what :func:`look_up` made."""
    _, key, keys, values = call.operands
    assert isinstance(keys, Literal)
    assert isinstance(values, Literal)
    assert isinstance(keys.value, tuple)
    assert isinstance(values.value, tuple)
    given = tuple(value for value in keys.value if value is not None)
    if len(given) != len(values.value) or len(set(given)) < len(keys.value):
        raise ValueError("a table has a key twice, or other values than keys")
    return key, given, values.value


def _typed(operands: Operands) -> Typed:
    return operands, operands[3].type.element


def _compile(call: Call, operands: tuple[Compiled, ...]) -> Compiled:
    _, keys, values = table_of(call)
    partners = dict(zip(keys, values, strict=True))
    read = operands[1]

    def run(row: Row) -> Value | None:
        key = read(row)
        return None if key is None else partners.get(key)

    return run


def _bounds(call: Call, _: tuple[Any, ...]) -> Range:
    numbers = [value for value in table_of(call)[2] if isinstance(value, int)]
    return (min(numbers), max(numbers)) if numbers else EMPTY


LOOK_UP = Scalar(
    "LOOK UP",
    "table[key].column",
    "What a table has beside a key.",
    "",
    (TEXT, ANY, LIST, LIST),
    _typed,
    _compile,
    strict_or("where no key of the table is equal"),
    bounds=_bounds,
)
