"""Parse a ``.zkql`` text. In: a :class:`Source`. Out: a :class:`File`, every node with its span.

Statements are parsed one by one, so that one run reports the syntax errors of all of them: each says where
its statement stops making sense, what could stand there, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lark import Tree, UnexpectedInput
from lark.utils import TextSlice

from zkql.errors import QueryError, Source, Span
from zkql.lang import syntax
from zkql.lang.build_expressions import MAX_DEPTH, too_deep
from zkql.lang.build_statements import StatementBuilder
from zkql.lang.grammar import parser
from zkql.lang.mistakes import syntax_error
from zkql.lang.tokens import statements, tokens

if TYPE_CHECKING:
    from lark import Token as Leaf

    from zkql.lang.tokens import Token

_BUILDER = StatementBuilder()


def parse(source: Source) -> syntax.File:
    """Parse a whole file."""
    parsed: list[syntax.Statement] = []
    errors: list[QueryError] = []
    start = 0
    for statement, semicolon in statements(tokens(source.text)):
        end = len(source.text) if semicolon is None else semicolon.start
        if any(not t.is_comment for t in statement):
            try:
                parsed.append(_statement(Span(source, start, end), statement, semicolon))
            except QueryError as error:
                errors.append(error)
        start = end + 1
    if errors:
        raise QueryError(tuple(d for error in errors for d in error.diagnostics))
    return syntax.File(tuple(parsed))


def _statement(text: Span, found: list[Token], semicolon: Token | None) -> syntax.Statement:
    try:
        tree = parser().parse(TextSlice(text.source.text, text.start, text.end))
    except UnexpectedInput as error:
        raise syntax_error(text, error, found, semicolon) from None
    return _build(text.source, tree)


def _build(source: Source, tree: Tree[Leaf]) -> syntax.Statement:
    """Build bottom up without recursion: how deep a text nests is the user's choice."""
    order: list[Any] = []
    pending: list[tuple[Any, int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        order.append(node)
        if isinstance(node, Tree):
            if depth > MAX_DEPTH:
                raise too_deep(Span(source, node.meta.start_pos, node.meta.start_pos + 1))
            pending += [(child, depth + 1) for child in node.children]
    built: list[Any] = []
    for node in reversed(order):
        if isinstance(node, Tree):
            first = len(built) - len(node.children)
            built[first:] = [getattr(_BUILDER, node.data)(_span(source, node), built[first:])]
        else:
            built.append(node)
    statement: syntax.Statement = built[0]
    return statement


def _span(source: Source, tree: Tree[Leaf]) -> Span:
    if tree.meta.empty:
        return Span(source, 0, 0)
    return Span(source, tree.meta.start_pos, tree.meta.end_pos)
