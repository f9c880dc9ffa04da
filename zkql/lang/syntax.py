"""Statements as written, before names and types are looked up. Every node keeps its span.

Scalar expressions are sqlglot trees whose nodes carry ``meta["span"]`` (:func:`span_of`):

- ``Column`` (one or two names), ``Dot`` (more), ``Literal``, ``Null``, ``Boolean``, ``Paren``, ``Neg``, the
  operators ``Add Sub Mul Div Mod DPipe EQ NEQ LT LTE GT GTE And Or Not``, ``Between``, ``In``
  (expressions), ``Is`` (NULL, TRUE, FALSE), ``Like`` (within ``Escape`` where given), ``Case`` (this, ifs
  of ``If``, default);
- ``Cast`` and ``TryCast``: ``meta["type"]`` is the :class:`TypeName`; ``TIMESTAMP '…'`` is a Cast of a
  string;
- ``exp.Interval``: ``meta["interval"]`` is the :class:`Interval`; ``Extract`` (this: ``Var``, expression);
- ``Anonymous`` for every function call, aggregates included: ``this`` is the name as written,
  ``expressions`` the arguments, where ``Star`` stands for ``*`` and ``Distinct(expressions=[…])`` for
  DISTINCT;
- around a call ``WithinGroup`` (this, expression: ``Order``), around that ``Filter`` (this, expression:
  ``Where``), around that ``Window`` (this, partition_by, order: ``Order``, spec: ``WindowSpec`` with kind,
  start, start_side, end, end_side; start and end are ``"UNBOUNDED"``, ``"CURRENT ROW"`` or an expression);
- ``Ordered`` has this, desc, and nulls_first (None where not said).
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
    """A type and its parameters: ``DECIMAL(12, 2)`` has ``(12, 2)``; ``fields`` are those of ROW<…>, or
    the one of ARRAY<…>, which has no name of its own."""

    name: str
    parameters: tuple[int, ...]
    fields: tuple[tuple[Name, TypeName], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """``private`` and ``nullable`` are None where the text does not say; ``privacy`` is the span of the
    word. A computed column (``name AS expression``) has an expression and no type."""

    name: Name
    type: TypeName | None
    computed: exp.Expression | None
    private: bool | None
    privacy: Span | None
    nullable: bool | None
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
    """CREATE STREAM."""

    name: Name
    columns: tuple[ColumnDefinition, ...]
    watermarks: tuple[Watermark, ...]
    signed_by: Name | None
    options: tuple[Option, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE TABLE: public reference data, a source nobody signs, or the target of INSERT INTO."""

    name: Name
    columns: tuple[ColumnDefinition, ...]
    watermarks: tuple[Watermark, ...]
    partitioned_by: tuple[Name, ...]
    options: tuple[Option, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE VIEW name [(columns)] AS query."""

    name: Name
    columns: tuple[Name, ...]
    query: Query
    span: Span


@dataclass(frozen=True, slots=True)
class CreateFunction:
    """CREATE FUNCTION name AS 'class'."""

    name: Name
    implementation: str
    span: Span


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT INTO target [(columns)] query."""

    target: Name
    columns: tuple[Name, ...]
    query: Query
    span: Span


@dataclass(frozen=True, slots=True)
class Interval:
    """``INTERVAL 'amount' unit``; units in upper case without their plural S."""

    amount: str
    unit: str
    span: Span


# --- FROM -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableName:
    """``name [AS alias]``; ``as_of`` is the expression of FOR SYSTEM_TIME AS OF."""

    name: Name
    alias: Name | None
    as_of: exp.Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Subquery:
    """``(query) [AS alias [(columns)]]``."""

    query: Query
    alias: Name | None
    columns: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class WindowTable:
    """``TABLE(FUNCTION(TABLE table [PARTITION BY columns], DESCRIPTOR(time), interval, …)) [AS alias]``."""

    function: Name
    table: Name
    partition: tuple[Name, ...]
    time_column: Name
    intervals: tuple[Interval, ...]
    alias: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class JoinTable:
    """``left kind JOIN right ON condition``; ``kind`` is INNER, LEFT, RIGHT, FULL or CROSS (also the
    comma, without a condition). ``using`` has the columns of USING (…)."""

    kind: str
    left: TableReference
    right: TableReference
    condition: exp.Expression | None
    using: tuple[Name, ...]
    span: Span


TableReference = TableName | Subquery | WindowTable | JoinTable


# --- queries --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SelectItem:
    """One column of the SELECT list. ``expression`` is None for ``*``, and then ``table`` may name whose."""

    expression: exp.Expression | None
    alias: Name | None
    table: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class Ordering:
    """ORDER BY, LIMIT and OFFSET at the end of a query; ``items`` are ``exp.Ordered``."""

    items: tuple[exp.Expression, ...]
    limit: int | None
    offset: int
    span: Span


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT … FROM … WHERE … GROUP BY … HAVING …; ``source`` is None where FROM is missing."""

    items: tuple[SelectItem, ...]
    distinct: Span | None
    source: TableReference | None
    where: exp.Expression | None
    group_by: tuple[exp.Expression, ...]
    having: exp.Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class SetOperation:
    """``left UNION [ALL] right``; ``operator`` is UNION, INTERSECT or EXCEPT."""

    operator: str
    all: bool
    left: Query
    right: Query
    span: Span


@dataclass(frozen=True, slots=True)
class CommonTable:
    """``name [(columns)] AS (query)`` of WITH."""

    name: Name
    columns: tuple[Name, ...]
    query: Query
    span: Span


@dataclass(frozen=True, slots=True)
class Query:
    """WITH …, a body, ORDER BY … LIMIT …"""

    common: tuple[CommonTable, ...]
    body: Select | SetOperation | Query
    ordering: Ordering | None
    span: Span


Statement = CreateStream | CreateTable | CreateView | CreateFunction | Insert | Query


@dataclass(frozen=True, slots=True)
class File:
    """A whole ``.zkql`` file, statements in order."""

    statements: tuple[Statement, ...]


def bare(expression: exp.Expression) -> exp.Expression:
    """An expression without the parentheses around it."""
    while isinstance(expression, exp.Paren):
        expression = expression.this
    return expression


def span_of(expression: exp.Expression) -> Span:
    """Where an expression stands."""
    span: Span = expression.meta["span"]
    return span
