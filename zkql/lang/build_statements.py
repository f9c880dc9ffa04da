"""CREATE and INSERT. In: span and children of one grammar rule. Out: nodes of :mod:`zkql.lang.syntax`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zkql.errors import query_error
from zkql.lang import syntax
from zkql.lang.build_expressions import at, unquoted
from zkql.lang.build_queries import QueryBuilder

if TYPE_CHECKING:
    from lark import Token

    from zkql.errors import Span
    from zkql.lang.syntax import ColumnDefinition, Name, Option, Watermark


class StatementBuilder(QueryBuilder):
    """One method a rule: whole statements."""

    def create_stream(self, span: Span, children: list[Any]) -> syntax.CreateStream:
        name, *items, signed_by, options = children
        return syntax.CreateStream(name, _columns(items), _watermarks(items), signed_by, options or (), span)

    def create_table(self, span: Span, children: list[Any]) -> syntax.CreateTable:
        name, *items, partition, options = children
        return syntax.CreateTable(
            name, _columns(items), _watermarks(items), partition or (), options or (), span
        )

    def create_view(self, span: Span, children: list[Any]) -> syntax.CreateView:
        name, columns, query = children
        return syntax.CreateView(name, columns or (), query, span)

    def create_function(self, span: Span, children: list[Any]) -> syntax.CreateFunction:
        name, implementation = children
        return syntax.CreateFunction(name, unquoted(implementation), span)

    def insert(self, span: Span, children: list[Any]) -> syntax.Insert:
        target, columns, query = children
        return syntax.Insert(target, columns or (), query, span)

    # --- columns and options ---

    def column_definition(self, span: Span, children: list[Any]) -> ColumnDefinition:
        name, kind, *options = children
        chosen: dict[str, tuple[bool, Span]] = {}
        for question, answer, place in options:
            if question in chosen:
                words = {"privacy": "PUBLIC or PRIVATE", "nullability": "NULL or NOT NULL"}[question]
                raise query_error("ZKQL0102", f"a column is either {words}, said once", place)
            chosen[question] = answer, place
        private, privacy = chosen.get("privacy", (None, None))
        nullable, _ = chosen.get("nullability", (None, None))
        return syntax.ColumnDefinition(name, kind, None, private, privacy, nullable, span)

    def column_option(self, span: Span, children: list[Token]) -> tuple[str, bool, Span]:
        first = children[0].type
        if first in ("PUBLIC", "PRIVATE"):
            return "privacy", first == "PRIVATE", span
        return "nullability", first == "NULL", span

    def computed_column(self, span: Span, children: list[Any]) -> ColumnDefinition:
        name, expression = children
        return syntax.ColumnDefinition(name, None, expression, None, None, None, span)

    def watermark(self, span: Span, children: list[Any]) -> Watermark:
        _, column, expression = children
        return syntax.Watermark(column, expression, span)

    def primary_key(self, _span: Span, _children: list[Any]) -> None:
        """Flink's hint to its optimizer; it changes no result."""
        return

    def signed_by(self, _span: Span, children: list[Name]) -> Name:
        return children[0]

    def partitioned_by(self, _span: Span, children: list[Any]) -> tuple[Name, ...]:
        columns: tuple[Name, ...] = children[0]
        return columns

    def with_options(self, _span: Span, children: list[Option]) -> tuple[Option, ...]:
        return tuple(children)

    def option(self, span: Span, children: list[Token]) -> Option:
        key, value = children
        return syntax.Option(unquoted(key).lower(), unquoted(value), span, at(value, span))


def _columns(items: list[Any]) -> tuple[ColumnDefinition, ...]:
    return tuple(i for i in items if isinstance(i, syntax.ColumnDefinition))


def _watermarks(items: list[Any]) -> tuple[Watermark, ...]:
    return tuple(i for i in items if isinstance(i, syntax.Watermark))
