"""Rows and arrays: the field of a row, the size of an array, and what an array contains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zkql.errors import did_you_mean
from zkql.plan import typing as t
from zkql.plan.expressions import Call, Expression, Literal
from zkql.plan.functions.base import (
    ANY,
    LIST,
    RECORD,
    TEXT,
    NullRule,
    Operands,
    Scalar,
    Typed,
    eager,
    gives,
    strict,
    strict_or,
    written,
)
from zkql.plan.functions.casts import coerced
from zkql.plan.functions.errors import FunctionError
from zkql.plan.types import BOOLEAN, INT, NULL, Kind, Value


def _field(operands: Operands) -> Typed | Expression:
    record, name = operands[0], written(operands, 1, "FIELD", "a name")
    if record.type.kind is Kind.NULL:
        return Literal(None, NULL)
    fields = dict(record.type.fields)
    if name not in fields:
        raise FunctionError(f"{record.type} has no field {name}", 1, did_you_mean(str(name), fields))
    return operands, fields[name]


def _position(call: Call) -> Callable[..., Value | None]:
    """The name is found when the call is compiled."""
    name = written(call.operands, 1, "FIELD", "a name")
    position = [field for field, _ in call.operands[0].type.fields].index(name)
    return lambda record, _: record[position]


def _contains(operands: Operands) -> Typed | Expression:
    haystack, needle = operands
    if haystack.type.kind is Kind.NULL:
        return Literal(None, BOOLEAN)
    element = haystack.type.element
    typed = needle if needle.type.kind is Kind.NULL else coerced(needle, element)
    exact = isinstance(typed, Literal) or t.common_type(element, needle.type) == element
    if not exact:
        raise FunctionError(f"{haystack.type} holds no {needle.type}", 1, (f"CAST it to {element}",))
    return (haystack, typed), BOOLEAN


def _search(_: Call) -> Callable[[Any, Value | None], int | None]:
    return lambda haystack, needle: None if haystack is None else int(needle in haystack)


FUNCTIONS = (
    Scalar(
        "FIELD",
        "row.field",
        "A field of a row.",
        "spot.x",
        (RECORD, TEXT),
        _field,
        strict(_position),
        strict_or("where the field is"),
    ),
    Scalar(
        "CARDINALITY",
        "CARDINALITY(array)",
        "The number of elements, NULLs included.",
        "CARDINALITY(tags)",
        (LIST,),
        gives(INT),
        strict(lambda _: len),
        bounds=lambda *_: (0, INT.bounds[1]),
    ),
    Scalar(
        "ARRAY_CONTAINS",
        "ARRAY_CONTAINS(array, x)",
        "Whether an element is equal to x, or is NULL where x is.",
        "ARRAY_CONTAINS(tags, 'roof')",
        (LIST, ANY),
        _contains,
        eager(_search),
        NullRule("NULL where the array is", strict=False, nullable=lambda o: o[0].nullable),
    ),
)
