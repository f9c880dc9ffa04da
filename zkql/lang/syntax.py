"""Statements as written, before names and types are looked up. Every node keeps its span.

SELECT bodies hold sqlglot expressions; :func:`span_of` finds the span of any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from zkql.errors import Span


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier as written, without its back quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type and its parameters: ``DECIMAL(12, 2)`` has ``(12, 2)``."""

    name: str
    parameters: tuple[int, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """``private`` is None where the text does not say; ``privacy`` is the span of the word."""

    name: Name
    type: TypeName
    private: bool | None
    privacy: Span | None
    span: Span


@dataclass(frozen=True, slots=True)
class Watermark:
    """``WATERMARK FOR column AS expression``."""

    column: Name
    expression: exp.Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Option:
    """``'key' = 'value'`` of a WITH clause."""

    key: str
    value: str
    span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class CreateStream:
    """A CREATE STREAM statement."""

    name: Name
    columns: tuple[ColumnDefinition, ...]
    watermarks: tuple[Watermark, ...]
    signed_by: Name | None
    options: tuple[Option, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Interval:
    """``INTERVAL 'amount' unit``."""

    amount: str
    unit: str
    span: Span


@dataclass(frozen=True, slots=True)
class WindowFunction:
    """``FUNCTION(TABLE table, DESCRIPTOR(time_column), interval, …)``."""

    function: Name
    table: Name
    time_column: Name
    intervals: tuple[Interval, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SelectItem:
    """One column of the SELECT list; ``expression`` is None for ``*``."""

    expression: exp.Expression | None
    alias: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that parses and is refused later: DISTINCT, HAVING, ORDER BY, LIMIT."""

    keyword: str
    span: Span


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT statement. ``source`` is a plain table name where a window is missing."""

    items: tuple[SelectItem, ...]
    source: WindowFunction | Name
    where: exp.Expression | None
    group_by: tuple[exp.Expression, ...]
    unsupported: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class File:
    """A whole ``.zkql`` file."""

    streams: tuple[CreateStream, ...]
    selects: tuple[Select, ...]


def bare(expression: exp.Expression) -> exp.Expression:
    """An expression without the parentheses around it."""
    while isinstance(expression, exp.Paren):
        expression = expression.this
    return expression


def span_of(expression: exp.Expression) -> Span:
    """Where an expression of a SELECT body stands."""
    span: Span = expression.meta["span"]
    return span
