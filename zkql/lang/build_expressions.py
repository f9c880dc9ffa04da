"""Expressions and types. In: span and children of one grammar rule. Out: sqlglot nodes that know their spans.

The methods of :class:`ExpressionBuilder` are named after the rules of ``grammar/zkql.lark``; what they make
is described in :mod:`zkql.lang.syntax`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from zkql.errors import QueryError, Span, query_error
from zkql.lang import syntax
from zkql.lang.syntax import Name, TypeName, span_of

if TYPE_CHECKING:
    from lark import Token

_COMPARISONS: dict[str, type[exp.Expression]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_TRIMS = {"BOTH": "TRIM", "LEADING": "LTRIM", "TRAILING": "RTRIM"}
MAX_DEPTH = 200
"""How deep a statement may nest, so that no later stage runs out of stack."""
_MAX_DIGITS = 9
"""Digits of a type's parameter that are read; no type has one this long, so the rest is no matter."""


def at(token: Token, span: Span) -> Span:
    """Where a token stands, in the source of ``span``."""
    return Span(span.source, token.start_pos or 0, token.end_pos or 0)


def unquoted(string: Token) -> str:
    """What a ``'string'`` says."""
    return string[1:-1].replace("''", "'")


def too_deep(span: Span) -> QueryError:
    """What nests too deeply for the stages that follow."""
    return query_error(
        "ZKQL0103",
        f"this nests more than {MAX_DEPTH} deep",
        span,
        "WITH and CREATE VIEW give parts of a query a name; x IN (…) says many comparisons at once",
    )


def mark(span: Span, node: exp.Expression) -> exp.Expression:
    """A node that knows where it stands."""
    node.meta["span"] = span
    return node


def identifier(name: Name) -> exp.Expression:
    """A name as a part of a column."""
    return mark(name.span, exp.Identifier(this=name.text, quoted=False))


def _negated(negation: Token | None, span: Span, node: exp.Expression) -> exp.Expression:
    return mark(span, node) if negation is None else mark(span, exp.Not(this=mark(span, node)))


class ExpressionBuilder:
    """One method a rule: expressions, types, names."""

    # --- names and types ---

    def name(self, span: Span, children: list[Token]) -> Name:
        return Name(children[0].strip("`"), span)

    new_column = table_name = head = name

    def names(self, _span: Span, children: list[Name]) -> tuple[Name, ...]:
        return tuple(children)

    def type_name(self, span: Span, children: list[Any]) -> TypeName:
        name, *numbers, zone = children
        parameters = tuple(int(n[:_MAX_DIGITS]) for n in numbers if n is not None)
        return TypeName(name.upper() + (zone or ""), parameters, (), span)

    def zone(self, _span: Span, children: list[Token]) -> str:
        if children[0].type == "WITHOUT":
            return ""
        return "_LTZ" if len(children) > 1 else "_TZ"

    def row_type(self, span: Span, children: list[Any]) -> TypeName:
        return TypeName("ROW", (), tuple(children), span)

    def field(self, _span: Span, children: list[Any]) -> tuple[Name, TypeName]:
        name, kind = children
        return name, kind

    def array_type(self, span: Span, children: list[TypeName]) -> TypeName:
        (element,) = children
        return TypeName("ARRAY", (), ((Name("", element.span), element),), span)

    # --- operators ---

    def _binary(self, kind: type[exp.Expression], span: Span, sides: list[Any]) -> exp.Expression:
        left, right = sides
        return mark(span, kind(this=left, expression=right))

    def or_(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Or, span, children)

    def and_(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.And, span, children)

    def not_(self, span: Span, children: list[Any]) -> exp.Expression:
        return mark(span, exp.Not(this=children[0]))

    def is_(self, span: Span, children: list[Any]) -> exp.Expression:
        value, negation, word = children
        known = word.type in ("TRUE", "FALSE")
        what = exp.Boolean(this=word.type == "TRUE") if known else exp.Null()
        return _negated(negation, span, exp.Is(this=value, expression=mark(at(word, span), what)))

    def compare(self, span: Span, children: list[Any]) -> exp.Expression:
        left, operator, right = children
        return self._binary(_COMPARISONS[operator], span, [left, right])

    def comparison(self, _span: Span, children: list[Token]) -> str:
        return str(children[0])

    def between(self, span: Span, children: list[Any]) -> exp.Expression:
        value, negation, low, high = children
        return _negated(negation, span, exp.Between(this=value, low=low, high=high))

    def in_(self, span: Span, children: list[Any]) -> exp.Expression:
        value, negation, *options = children
        return _negated(negation, span, exp.In(this=value, expressions=options))

    def like(self, span: Span, children: list[Any]) -> exp.Expression:
        value, negation, pattern, escape = children
        node: exp.Expression = exp.Like(this=value, expression=pattern)
        if escape is not None:
            node = exp.Escape(this=mark(span_of(value).to(span_of(pattern)), node), expression=escape)
        return _negated(negation, span, node)

    def add(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Add, span, children)

    def subtract(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Sub, span, children)

    def multiply(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Mul, span, children)

    def divide(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Div, span, children)

    def modulo(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.Mod, span, children)

    def concatenate(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._binary(exp.DPipe, span, children)

    def negate(self, span: Span, children: list[Any]) -> exp.Expression:
        return mark(span, exp.Neg(this=children[0]))

    def plus(self, _span: Span, children: list[exp.Expression]) -> exp.Expression:
        return children[0]

    def parentheses(self, span: Span, children: list[Any]) -> exp.Expression:
        return mark(span, exp.Paren(this=children[0]))

    # --- columns and literals ---

    def column(self, span: Span, children: list[Name]) -> exp.Expression:
        first, *rest = map(identifier, children)
        if not rest:
            return mark(span, exp.Column(this=first))
        if len(rest) > MAX_DEPTH:
            raise too_deep(span_of(first))
        column, *fields = rest
        node = mark(span_of(first).to(span_of(column)), exp.Column(this=column, table=first))
        for field in fields:
            node = mark(span_of(node).to(span_of(field)), exp.Dot(this=node, expression=field))
        return node

    def number(self, span: Span, children: list[Token]) -> exp.Expression:
        return mark(span, exp.Literal.number(str(children[0])))

    def string(self, span: Span, children: list[Token]) -> exp.Expression:
        return mark(span, exp.Literal.string(unquoted(children[0])))

    def true(self, span: Span, _children: list[Any]) -> exp.Expression:
        return mark(span, exp.Boolean(this=True))

    def false(self, span: Span, _children: list[Any]) -> exp.Expression:
        return mark(span, exp.Boolean(this=False))

    def null(self, span: Span, _children: list[Any]) -> exp.Expression:
        return mark(span, exp.Null())

    def typed_string(self, span: Span, children: list[Token]) -> exp.Expression:
        kind, text = children
        literal = mark(at(text, span), exp.Literal.string(unquoted(text)))
        return self._cast(exp.Cast, span, literal, TypeName(kind.upper(), (), (), at(kind, span)))

    def interval(self, span: Span, children: list[Any]) -> exp.Expression:
        _, amount, unit, *_ = children
        interval = syntax.Interval(unquoted(amount), unit.upper().removesuffix("S"), span)
        written = mark(at(amount, span), exp.Literal.string(interval.amount))
        node = exp.Interval(this=written, unit=exp.Var(this=interval.unit))
        mark(at(unit, span), node.args["unit"])  # which is a copy
        node.meta["interval"] = interval
        return mark(span, node)

    # --- forms with words of their own ---

    def case(self, span: Span, children: list[Any]) -> exp.Expression:
        subject, *arms, default = children
        return mark(span, exp.Case(this=subject, ifs=arms, default=default))

    def when(self, span: Span, children: list[Any]) -> exp.Expression:
        condition, value = children
        return mark(span, exp.If(this=condition, true=value))

    def otherwise(self, _span: Span, children: list[exp.Expression]) -> exp.Expression:
        return children[0]

    def _cast(
        self, kind: type[exp.Expression], span: Span, value: exp.Expression, target: TypeName
    ) -> exp.Expression:
        node = kind(this=value)
        node.meta["type"] = target
        return mark(span, node)

    def cast(self, span: Span, children: list[Any]) -> exp.Expression:
        word, value, target = children
        return self._cast(exp.Cast if word.type == "CAST" else exp.TryCast, span, value, target)

    def extract(self, span: Span, children: list[Any]) -> exp.Expression:
        _, unit, value = children
        return mark(
            span, exp.Extract(this=mark(at(unit, span), exp.Var(this=unit.upper())), expression=value)
        )

    def _call(self, name: str, span: Span, *arguments: exp.Expression | None) -> exp.Expression:
        given = [a for a in arguments if a is not None]
        return mark(span, exp.Anonymous(this=name, expressions=given))

    def position(self, span: Span, children: list[Any]) -> exp.Expression:
        word, part, whole = children
        return self._call(str(word), span, part, whole)

    def substring(self, span: Span, children: list[Any]) -> exp.Expression:
        word, text, start, length = children
        return self._call(str(word), span, text, start, length)

    def trim(self, span: Span, children: list[Any]) -> exp.Expression:
        _, side, characters, text = children
        return self._call(_TRIMS[side.upper() if side else "BOTH"], span, text, characters)

    def trim_spaces(self, span: Span, children: list[Any]) -> exp.Expression:
        _, side, text = children
        return self._call(_TRIMS[side.upper()], span, text)

    # --- functions ---

    def function(self, _span: Span, children: list[Any]) -> exp.Expression:
        """The call, with each clause that follows it wrapped around."""
        node: exp.Expression = children[0]
        _, within, condition, over = children
        if within is not None:
            order, span = within
            node = mark(span_of(node).to(span), exp.WithinGroup(this=node, expression=order))
        if condition is not None:
            where, span = condition
            node = mark(span_of(node).to(span), exp.Filter(this=node, expression=where))
        if over is not None:
            parts, span = over
            node = mark(span_of(node).to(span), exp.Window(this=node, over="OVER", **parts))
        return node

    def call(self, span: Span, children: list[Any]) -> exp.Expression:
        name, arguments = children
        return self._call(name.strip("`"), span, *(arguments or ()))

    def star(self, span: Span, _children: list[Any]) -> list[exp.Expression]:
        return [mark(span, exp.Star())]

    def arguments(self, span: Span, children: list[Any]) -> list[exp.Expression]:
        distinct, *values = children
        return values if distinct is None else [mark(span, exp.Distinct(expressions=values))]

    def within_group(self, span: Span, children: list[Any]) -> tuple[exp.Expression, Span]:
        return children[0], span

    def filter(self, span: Span, children: list[Any]) -> tuple[exp.Expression, Span]:
        (condition,) = children
        return mark(span_of(condition), exp.Where(this=condition)), span

    def over(self, span: Span, children: list[Any]) -> tuple[dict[str, Any], Span]:
        partition, order, frame = children
        return {"partition_by": partition, "order": order, "spec": frame}, span

    def partition_by(self, _span: Span, children: list[Any]) -> list[exp.Expression]:
        return children

    def order_by(self, span: Span, children: list[Any]) -> exp.Expression:
        return mark(span, exp.Order(expressions=children))

    def ordered(self, span: Span, children: list[Any]) -> exp.Expression:
        value, direction, nulls = children
        return mark(
            span,
            exp.Ordered(
                this=value,
                desc=direction is not None and direction.type == "DESC",
                nulls_first=None if nulls is None else nulls.type == "FIRST",
            ),
        )

    def frame(self, span: Span, children: list[Any]) -> exp.Expression:
        kind, (start, start_side), *rest = children
        end, end_side = rest[0] if rest else ("CURRENT ROW", None)
        return mark(
            span,
            exp.WindowSpec(kind=kind.type, start=start, start_side=start_side, end=end, end_side=end_side),
        )

    def bound(self, _span: Span, children: list[Any]) -> tuple[object, str]:
        amount, side = children
        return (amount if isinstance(amount, exp.Expression) else "UNBOUNDED"), side.type

    def current_row(self, _span: Span, _children: list[Any]) -> tuple[str, None]:
        return "CURRENT ROW", None

    # --- subqueries, which the binder refuses with a reason ---

    def _subquery(self, what: str, span: Span, query: object, *operands: exp.Expression) -> exp.Expression:
        node = self._call(what, span, *operands)
        node.meta["subquery"] = query
        return node

    def in_query(self, span: Span, children: list[Any]) -> exp.Expression:
        value, negation, query = children
        return _negated(negation, span, self._subquery("IN (SELECT …)", span, query, value))

    def exists(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._subquery("EXISTS", span, children[1])

    def scalar_query(self, span: Span, children: list[Any]) -> exp.Expression:
        return self._subquery("scalar subquery", span, children[0])
