"""Parse a ``.zkql`` text. In: a :class:`Source`. Out: a :class:`File`, every node with its span.

Raises :class:`QueryError` that says where the text stops making sense and what could stand there.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Transformer, Tree, UnexpectedCharacters, UnexpectedInput
from lark.exceptions import VisitError
from lark.visitors import v_args
from sqlglot import exp

from zkql.errors import QueryError, Source, Span, query_error
from zkql.lang import syntax
from zkql.resources import read_text

if TYPE_CHECKING:
    from lark.tree import Meta

_COMPARISONS: dict[str, type[exp.Expression]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_FUNCTIONS: dict[str, type[exp.Expression]] = {
    "COUNT": exp.Count,
    "SUM": exp.Sum,
    "MIN": exp.Min,
    "MAX": exp.Max,
    "AVG": exp.Avg,
}
_MAX_DIGITS = 9
"""Digits of a type's parameter that are read; no type has one this long, so the rest is no matter."""
_WORDS = {
    "COMPARISON": "a comparison",
    "NAME": "a name",
    "QUOTED": "",
    "STRING": "a 'string'",
    "INTEGER": "a number",
    "DECIMAL": "",
    "$END": "the end of the file",
}
_PUNCTUATION = {
    "LPAR": "'('",
    "RPAR": "')'",
    "COMMA": "','",
    "SEMICOLON": "';'",
    "STAR": "'*'",
    "PLUS": "",
    "MINUS": "",
    "SLASH": "",
    "PERCENT": "",
    "DOT": "'.'",
    "EQUAL": "'='",
}


@cache
def _parser() -> Lark:
    return Lark(
        read_text("grammar", "zkql.lark"),
        parser="lalr",
        propagate_positions=True,
        maybe_placeholders=True,
    )


def parse(source: Source) -> syntax.File:
    """Parse a whole file."""
    try:
        tree = _parser().parse(source.text)
    except UnexpectedInput as error:
        raise _syntax_error(source, error) from None
    try:
        children = _Build(source).transform(tree).children
    except VisitError as error:
        raise error.orig_exc from None
    statements = [s for s in children if s is not None]
    return syntax.File(
        streams=tuple(s for s in statements if isinstance(s, syntax.CreateStream)),
        selects=tuple(s for s in statements if isinstance(s, syntax.Select)),
    )


def _syntax_error(source: Source, error: UnexpectedInput) -> QueryError:
    start = error.pos_in_stream
    start = len(source.text) if start is None or start < 0 else start
    token = getattr(error, "token", None)
    if token is not None and token.type != "$END":
        found, end = f"'{token}'", start + len(token)
    elif isinstance(error, UnexpectedCharacters):
        found, end = f"'{source.text[start]}'", start + 1
    else:
        start = len(source.text.rstrip())
        found, end = "the end of the file", start
    if isinstance(error, UnexpectedCharacters) and source.text[start] == "'":
        return query_error(
            "ZKQL0101", "a string is not closed", Span(source, start, end), "strings end with '"
        )
    names = getattr(error, "accepts", None) or getattr(error, "allowed", None) or error.expected  # type: ignore[attr-defined]
    expected = sorted({_WORDS.get(n, _PUNCTUATION.get(n, n)) for n in names if not n.startswith("__")} - {""})
    return query_error(
        "ZKQL0101",
        f"syntax error: {found} was not expected here",
        Span(source, start, end),
        f"expected {_any_of(expected)}",
    )


def _any_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _unquote(token: str) -> str:
    return token[1:-1].replace("''", "'")


@v_args(meta=True)
class _Build(Transformer[Token, Any]):
    """Lark's tree to syntax nodes and sqlglot expressions, bottom up."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def _span(self, meta: Meta | Token) -> Span:
        return Span(self._source, meta.start_pos or 0, meta.end_pos or 0)

    def _mark(self, meta: Meta, node: exp.Expression) -> exp.Expression:
        node.meta["span"] = self._span(meta)
        return node

    # names, types

    def name(self, meta: Meta, children: list[Token]) -> syntax.Name:
        return syntax.Name(children[0].strip("`"), self._span(meta))

    def type_name(self, meta: Meta, children: list[Token | None]) -> syntax.TypeName:
        name, *numbers = children
        parameters = tuple(int(n[:_MAX_DIGITS]) for n in numbers if n is not None)
        return syntax.TypeName(str(name).upper(), parameters, self._span(meta))

    # CREATE STREAM

    def create_stream(self, meta: Meta, children: list[Any]) -> syntax.CreateStream:
        name, *rest = children
        options = [c for c in rest if isinstance(c, list)]
        return syntax.CreateStream(
            name=name,
            columns=tuple(c for c in rest if isinstance(c, syntax.ColumnDefinition)),
            watermarks=tuple(c for c in rest if isinstance(c, syntax.Watermark)),
            signed_by=next((c for c in rest if isinstance(c, syntax.Name)), None),
            options=tuple(options[0]) if options else (),
            span=self._span(meta),
        )

    def column_definition(self, meta: Meta, children: list[Any]) -> syntax.ColumnDefinition:
        name, kind, *options = children
        private, privacy = None, None
        for word in options:
            if word.data in ("public", "private"):
                if private is not None:
                    raise query_error(
                        "ZKQL0102", "a column is either PUBLIC or PRIVATE", self._span(word.meta)
                    )
                private, privacy = word.data == "private", self._span(word.meta)
        return syntax.ColumnDefinition(name, kind, private, privacy, self._span(meta))

    def public(self, meta: Meta, children: list[Any]) -> Tree[Any]:
        return Tree("public", children, meta)

    def private(self, meta: Meta, children: list[Any]) -> Tree[Any]:
        return Tree("private", children, meta)

    def not_null(self, meta: Meta, children: list[Any]) -> Tree[Any]:
        return Tree("not_null", children, meta)

    def watermark(self, meta: Meta, children: list[Any]) -> syntax.Watermark:
        return syntax.Watermark(children[0], children[1], self._span(meta))

    def signed_by(self, _meta: Meta, children: list[Any]) -> syntax.Name:
        name: syntax.Name = children[0]
        return name

    def with_options(self, _meta: Meta, children: list[Any]) -> list[syntax.Option]:
        return children

    def option(self, meta: Meta, children: list[Token]) -> syntax.Option:
        key, value = children
        return syntax.Option(_unquote(key).lower(), _unquote(value), self._span(meta), self._span(value))

    # SELECT

    def select(self, meta: Meta, children: list[Any]) -> syntax.Select:
        clauses: dict[str, Any] = {"where": None, "group_by": ()}
        unsupported = []
        for child in children:
            if isinstance(child, tuple):
                clauses[child[0]] = child[1]
            elif isinstance(child, syntax.Clause):
                unsupported.append(child)
            elif isinstance(child, Token) and child.type == "DISTINCT":
                unsupported.append(syntax.Clause("DISTINCT", self._span(child)))
        return syntax.Select(
            items=tuple(c for c in children if isinstance(c, syntax.SelectItem)),
            source=next(c for c in children if isinstance(c, syntax.WindowFunction | syntax.Name)),
            where=clauses["where"],
            group_by=tuple(clauses["group_by"]),
            unsupported=tuple(unsupported),
            span=self._span(meta),
        )

    def item(self, meta: Meta, children: list[Any]) -> syntax.SelectItem:
        return syntax.SelectItem(children[0], children[1], self._span(meta))

    def all_columns(self, meta: Meta, _children: list[Any]) -> syntax.SelectItem:
        return syntax.SelectItem(None, None, self._span(meta))

    def table_reference(self, _meta: Meta, children: list[Any]) -> syntax.WindowFunction:
        function: syntax.WindowFunction = children[0]
        return function

    def plain_table(self, _meta: Meta, children: list[Any]) -> syntax.Name:
        name: syntax.Name = children[0]
        return name

    def window_function(self, meta: Meta, children: list[Any]) -> syntax.WindowFunction:
        function, table, time_column, *intervals = children
        return syntax.WindowFunction(
            function=syntax.Name(str(function), self._span(function)),
            table=table,
            time_column=time_column,
            intervals=tuple(i.meta["interval"] for i in intervals),
            span=self._span(meta),
        )

    def where(self, _meta: Meta, children: list[Any]) -> tuple[str, Any]:
        return "where", children[0]

    def group_by(self, _meta: Meta, children: list[Any]) -> tuple[str, Any]:
        return "group_by", children

    def having(self, meta: Meta, _children: list[Any]) -> syntax.Clause:
        return syntax.Clause("HAVING", self._span(meta))

    def order_by(self, meta: Meta, _children: list[Any]) -> syntax.Clause:
        return syntax.Clause("ORDER BY", self._span(meta))

    def limit(self, meta: Meta, _children: list[Any]) -> syntax.Clause:
        return syntax.Clause("LIMIT", self._span(meta))

    # expressions

    def _binary(self, kind: type[exp.Expression], meta: Meta, sides: list[Any]) -> exp.Expression:
        return self._mark(meta, kind(this=sides[0], expression=sides[1]))

    def or_(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Or, meta, children)

    def and_(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._binary(exp.And, meta, children)

    def not_(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Not(this=children[0]))

    def comparison(self, meta: Meta, children: list[Any]) -> exp.Expression:
        left, operator, right = children
        return self._binary(_COMPARISONS[str(operator)], meta, [left, right])

    def between(self, meta: Meta, children: list[Any]) -> exp.Expression:
        value, low, high = children
        return self._mark(meta, exp.Between(this=value, low=low, high=high))

    def not_between(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Not(this=self.between(meta, children)))

    def is_null(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Is(this=children[0], expression=exp.Null()))

    def is_not_null(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Not(this=self.is_null(meta, children)))

    def in_(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.In(this=children[0], expressions=children[1:]))

    def not_in(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Not(this=self.in_(meta, children)))

    def like(self, meta: Meta, children: list[Any]) -> exp.Expression:
        pattern = exp.Literal.string(_unquote(children[1]))
        return self._mark(meta, exp.Like(this=children[0], expression=pattern))

    def add(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Add, meta, children)

    def subtract(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Sub, meta, children)

    def multiply(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Mul, meta, children)

    def divide(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Div, meta, children)

    def modulo(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Mod, meta, children)

    def negate(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Neg(this=children[0]))

    def parentheses(self, meta: Meta, children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Paren(this=children[0]))

    def call(self, meta: Meta, children: list[Any]) -> exp.Expression:
        function, *arguments = children
        distinct = bool(arguments) and isinstance(arguments[0], Token)
        if distinct:
            arguments = arguments[1:]
        kind = _FUNCTIONS.get(str(function).upper())
        if kind is None or len(arguments) != 1:
            node: exp.Expression = exp.Anonymous(this=str(function), expressions=arguments)
        else:
            this = exp.Distinct(expressions=arguments) if distinct else arguments[0]
            node = kind(this=this)
        return self._mark(meta, node)

    def call_star(self, meta: Meta, children: list[Any]) -> exp.Expression:
        kind = _FUNCTIONS.get(str(children[0]).upper())
        if kind is exp.Count:
            return self._mark(meta, exp.Count(this=exp.Star()))
        return self._mark(meta, exp.Anonymous(this=str(children[0]), expressions=[exp.Star()]))

    def column(self, meta: Meta, children: list[Any]) -> exp.Expression:
        first, second = children
        table, name = (first, second) if second else (None, first)
        node = exp.column(name.text, table=table.text if table else None, quoted=False)
        return self._mark(meta, node)

    def integer(self, meta: Meta, children: list[Token]) -> exp.Expression:
        return self._mark(meta, exp.Literal.number(str(children[0])))

    def decimal(self, meta: Meta, children: list[Token]) -> exp.Expression:
        return self._mark(meta, exp.Literal.number(str(children[0])))

    def string(self, meta: Meta, children: list[Token]) -> exp.Expression:
        return self._mark(meta, exp.Literal.string(_unquote(children[0])))

    def true(self, meta: Meta, _children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Boolean(this=True))

    def false(self, meta: Meta, _children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Boolean(this=False))

    def null(self, meta: Meta, _children: list[Any]) -> exp.Expression:
        return self._mark(meta, exp.Null())

    def timestamp(self, meta: Meta, children: list[Token]) -> exp.Expression:
        literal = exp.Literal.string(_unquote(children[0]))
        return self._mark(meta, exp.cast(literal, "timestamp"))

    def interval(self, meta: Meta, children: list[Token]) -> exp.Expression:
        amount, unit = _unquote(children[0]), str(children[1]).upper()
        node = exp.Interval(this=exp.Literal.string(amount), unit=exp.Var(this=unit))
        node.meta["interval"] = syntax.Interval(amount, unit, self._span(meta))
        return self._mark(meta, node)
