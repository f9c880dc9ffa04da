"""Queries. In: span and children of one grammar rule. Out: nodes of :mod:`zkql.lang.syntax`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from zkql.errors import query_error
from zkql.lang import syntax
from zkql.lang.build_expressions import ExpressionBuilder, at
from zkql.lang.build_windows import Argument, Descriptor, TableArgument, window_table
from zkql.lang.mistakes import FOREIGN, nothing_before_from
from zkql.lang.syntax import span_of

if TYPE_CHECKING:
    from lark import Token

    from zkql.errors import Span
    from zkql.lang.syntax import Name, Query, TableReference

_MAX_DIGITS = 18


class _Paging(NamedTuple):
    """LIMIT, FETCH or OFFSET."""

    limit: int | None
    offset: int


class QueryBuilder(ExpressionBuilder):
    """One method a rule: SELECT, set operations, FROM."""

    # --- queries ---

    def query(self, span: Span, children: list[Any]) -> Query:
        common, body, ordering = children
        if isinstance(body, syntax.Query) and common is None and ordering is None:
            return body
        return syntax.Query(tuple(common or ()), body, ordering, span)

    def nested_query(self, _span: Span, children: list[Query]) -> Query:
        return children[0]

    def with_clause(self, _span: Span, children: list[Any]) -> list[syntax.CommonTable]:
        return children

    def common_table(self, span: Span, children: list[Any]) -> syntax.CommonTable:
        name, columns, query = children
        return syntax.CommonTable(name, columns or (), query, span)

    def union(self, span: Span, children: list[Any]) -> syntax.SetOperation:
        left, operator, quantifier, right = children
        every = quantifier is not None and quantifier.type == "ALL"
        return syntax.SetOperation(operator.type, every, _as_query(left), _as_query(right), span)

    intersect = union

    def quantifier(self, _span: Span, children: list[Token]) -> Token | None:
        return children[0] if children else None

    def select(self, span: Span, children: list[Any]) -> syntax.Select:
        quantifier, items, source, where, group_by, having = children
        distinct = quantifier is not None and quantifier.type == "DISTINCT"
        if source is None:
            _check_from(span, items)
        return syntax.Select(
            items=tuple(items),
            distinct=at(quantifier, span) if distinct else None,
            source=source,
            where=where,
            group_by=tuple(group_by or ()),
            having=having,
            span=span,
        )

    def select_list(self, _span: Span, children: list[Any]) -> list[syntax.SelectItem]:
        return children

    def item(self, span: Span, children: list[Any]) -> syntax.SelectItem:
        expression, alias = children
        return syntax.SelectItem(expression, alias, None, span)

    def all_columns(self, span: Span, children: list[Any]) -> syntax.SelectItem:
        return syntax.SelectItem(None, None, children[0], span)

    def where(self, _span: Span, children: list[Any]) -> exp.Expression:
        condition: exp.Expression = children[0]
        return condition

    having = on = where

    def group_by(self, _span: Span, children: list[Any]) -> list[exp.Expression]:
        return children

    def ordering(self, span: Span, children: list[Any]) -> syntax.Ordering:
        pages = [c for c in children if isinstance(c, _Paging)]
        order = children[0] if not isinstance(children[0], _Paging) else None
        return syntax.Ordering(
            items=tuple(order.expressions) if order is not None else (),
            limit=next((p.limit for p in pages if p.limit is not None), None),
            offset=sum(p.offset for p in pages),
            span=span,
        )

    def limit(self, span: Span, children: list[Token]) -> _Paging:
        return _Paging(_count(children[0], span), 0)

    def offset(self, span: Span, children: list[Token]) -> _Paging:
        return _Paging(None, _count(children[0], span))

    def fetch(self, span: Span, children: list[Token | None]) -> _Paging:
        count = next((c for c in children if c is not None and c.type == "INTEGER"), None)
        return _Paging(1 if count is None else _count(count, span), 0)

    # --- FROM ---

    def from_clause(self, _span: Span, children: list[Any]) -> TableReference:
        left, *rest = children
        for right in rest:
            left = syntax.JoinTable("CROSS", left, right, None, (), left.span.to(right.span))
        source: TableReference = left
        return source

    def join(self, span: Span, children: list[Any]) -> syntax.JoinTable:
        left, kind, right, condition = children
        if (kind == "CROSS") is (condition is not None):
            raise query_error(
                "ZKQL0101",
                "CROSS JOIN has no condition" if kind == "CROSS" else "this JOIN has no condition",
                right.span,
                "write JOIN … ON …" if kind == "CROSS" else "add ON … or USING (…), or write CROSS JOIN",
            )
        using = condition if isinstance(condition, tuple) else ()
        return syntax.JoinTable(kind, left, right, None if using else condition, using, span)

    def join_kind(self, _span: Span, children: list[Token]) -> str:
        return children[0].type if children else "INNER"

    def using(self, _span: Span, children: list[Any]) -> tuple[Name, ...]:
        columns: tuple[Name, ...] = children[0]
        return columns

    def table(self, span: Span, children: list[Any]) -> syntax.TableName:
        name, as_of, alias = children
        return syntax.TableName(name, alias, as_of, span)

    def subquery(self, span: Span, children: list[Any]) -> syntax.Subquery:
        query, alias, columns = children
        return syntax.Subquery(query, alias, columns or (), span)

    def alias(self, span: Span, children: list[Any]) -> Name:
        word, name = children
        alias: Name = name
        if word is None:
            _check_foreign(span)
        return alias

    # --- window functions in FROM ---

    def window_table(self, span: Span, children: list[Any]) -> syntax.WindowTable:
        *_, (function, arguments), alias = children
        return window_table(function, arguments, alias, span)

    def window_function(self, span: Span, children: list[Any]) -> tuple[Name, tuple[Argument, ...]]:
        word, *arguments = children
        _check_foreign(at(word, span))
        return self.name(at(word, span), [word]), tuple(arguments)

    def window_argument(self, span: Span, children: list[Any]) -> Argument:
        name, value = children
        return Argument(name, value.meta["interval"] if isinstance(value, exp.Interval) else value, span)

    def table_argument(self, _span: Span, children: list[Any]) -> TableArgument:
        _, name, partition = children
        return TableArgument(name, partition)

    def descriptor(self, _span: Span, children: list[Any]) -> Descriptor:
        return Descriptor(children[0])


def _check_foreign(word: Span) -> None:
    """Refuse a word of another dialect that would pass for a name and change what the query means."""
    note = FOREIGN.get(word.text.upper())
    if note is not None:
        raise query_error("ZKQL0101", f"zkql has no {word.text.upper()}", word, note)


def _count(number: Token, span: Span) -> int:
    if len(number) > _MAX_DIGITS:
        raise query_error("ZKQL0101", "no query has so many rows", at(number, span))
    return int(number)


def _check_from(select: Span, items: list[syntax.SelectItem]) -> None:
    """Without a FROM clause, a column of this name is a FROM that nothing complete stands before."""
    for item in items:
        names = () if item.expression is None else item.expression.find_all(exp.Identifier)
        for word in map(span_of, names):
            if word.text.upper() == "FROM":
                raise nothing_before_from(select, word)


def _as_query(body: syntax.Select | syntax.SetOperation | Query) -> Query:
    return body if isinstance(body, syntax.Query) else syntax.Query((), body, None, body.span)
