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
    NullRule,
    Operands,
    Range,
    Scalar,
    Typed,
)
from zkql.plan.types import Kind, SqlType, Value, array


def look_up(
    name: str,
    key: Expression,
    keys: tuple[Value, ...],
    values: tuple[Value | None, ...],
    kind: SqlType,
    *,
    nullable: bool,
) -> Call:
    """The value beside the key of the table that is equal to ``key``. Where there is none it is NULL; if it
    is not ``nullable``, it is some value of the table, and no matter: such rows are left out before. Keys are
    unscaled as the type of ``key`` has them, and no two are equal; ``name`` is what explain shows."""
    text = Literal(name, SqlType(Kind.VARCHAR, len(name)))
    operands = (text, key, Literal(keys, array(key.type)), Literal(values, array(kind)))
    return Call(LOOK_UP.name, operands, kind, nullable, span=key.span)


def default_of(call: Call) -> Value | None:
    """What it is where there is no partner."""
    if call.nullable:
        return None
    _, _, values = table_of(call)
    return values[0] if values else "" if call.type.kind is Kind.VARCHAR else 0


def table_of(call: Call) -> tuple[Expression, tuple[Value, ...], tuple[Value | None, ...]]:
    """Key, keys and values of what :func:`look_up` made. Raises ``ValueError`` for what a bundle made up."""
    match call.operands:
        case (_, key, Literal(tuple() as keys), Literal(tuple() as values)):
            return _checked(call, key, keys, values)
    raise ValueError("a table is a name, a key, and lists of keys and values")


def _checked(
    call: Call, key: Expression, keys: tuple[Value | None, ...], values: tuple[Value | None, ...]
) -> tuple[Expression, tuple[Value, ...], tuple[Value | None, ...]]:
    given = tuple(value for value in keys if value is not None)
    if len(given) != len(values) or len(set(given)) < len(keys):
        raise ValueError("a table has a key twice, or other values than keys")
    if not all(_is_of(key.type, value) for value in given):
        raise ValueError(f"a table has a key that is no {key.type}")
    if not all(value is None or _is_of(call.type, value) for value in values):
        raise ValueError(f"a table has a value that is no {call.type}")
    if not call.nullable and None in values:
        raise ValueError("a table has NULL where it cannot be")
    return key, given, values


def _is_of(kind: SqlType, value: Value) -> bool:
    """Whether it is a value of the type, also of what a bundle made up."""
    held = {Kind.VARCHAR: str, Kind.ARRAY: tuple, Kind.ROW: tuple}.get(kind.kind, int)
    return type(value) is held and kind.contains(value)


def _typed(operands: Operands) -> Typed:
    return operands, operands[3].type.element


def _compile(call: Call, operands: tuple[Compiled, ...]) -> Compiled:
    _, keys, values = table_of(call)
    partners = dict(zip(keys, values, strict=True))
    read, default = operands[1], default_of(call)

    def run(row: Row) -> Value | None:
        key = read(row)
        return default if key is None else partners.get(key, default)

    return run


def _bounds(call: Call, _: tuple[Any, ...]) -> Range:
    numbers = [value for value in (*table_of(call)[2], default_of(call)) if isinstance(value, int)]
    return (min(numbers), max(numbers)) if numbers else EMPTY


LOOK_UP = Scalar(
    "LOOK UP",
    "table[key].column",
    "What a table has beside a key.",
    "",
    (TEXT, ANY, LIST, LIST),
    _typed,
    _compile,
    NullRule("NULL where no key of the table is equal", strict=False, nullable=lambda _: True),
    bounds=_bounds,
)
