"""FROM, SELECT and set operations to logical plans. In: syntax and a catalog. Out: a :class:`Relation`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from zkql.errors import QueryError, Span, query_error
from zkql.lang.bind_expression import NOTHING, Binder, Refused
from zkql.lang.bind_select import SelectBinder
from zkql.lang.bind_window import bind_window_table
from zkql.lang.catalog import BoundView, Catalog
from zkql.lang.relation import Relation, Visible, disjoint
from zkql.lang.report import counted, two_places
from zkql.lang.syntax import (
    CommonTable,
    JoinTable,
    Name,
    Query,
    Select,
    SetOperation,
    Subquery,
    TableName,
    TableReference,
    WindowTable,
    span_of,
)
from zkql.lang.tokens import tokens
from zkql.plan.calls import Output
from zkql.plan.expressions import TRUE, Comparator, conjunction
from zkql.plan.functions import scalars
from zkql.plan.functions.errors import FunctionError
from zkql.plan.nodes import Aggregate, Join, Project, Union, is_stream
from zkql.plan.typing import common_type

if TYPE_CHECKING:
    from zkql.lang.report import Reporter
    from zkql.lang.syntax import Ordering
    from zkql.plan.expressions import Column, Expression
    from zkql.plan.types import SqlType

_IN_ON = Refused("ON", "aggregate in a subquery, and join that")


@dataclass(frozen=True, slots=True)
class QueryBinder:
    """Binds queries against a catalog; ``common`` are the tables of WITH, innermost last."""

    catalog: Catalog
    reporter: Reporter
    common: dict[str, BoundView] = field(default_factory=dict)

    def bind(self, query: Query, *, strict: bool = False, ordering: Ordering | None = None) -> Relation:
        """A query. ``strict`` refuses two result columns of one name, which else get a number."""
        inner = replace(self, common=dict(self.common))
        for table in query.common:
            inner.common[table.name.text] = inner._common(table)
        ordering = query.ordering or ordering
        match query.body:
            case Query():
                if query.ordering is None or query.body.ordering is None:
                    return inner.bind(query.body, strict=strict, ordering=ordering)
                node = inner.bind(query.body, strict=strict)
                return SelectBinder.ordered(node, query.ordering, self.reporter)
            case Select():
                return inner._select(query.body, ordering, strict=strict)
            case SetOperation():
                relation = inner._set_operation(query.body)
                return SelectBinder.ordered(relation, ordering, self.reporter) if ordering else relation
        assert_never(query.body)

    def _common(self, table: CommonTable) -> BoundView:
        relation = self.bind(table.query).renamed(table.columns)
        return BoundView(relation.named(table.name), table.name.span)

    def _select(self, select: Select, ordering: Ordering | None, *, strict: bool) -> Relation:
        if select.source is None:
            raise query_error(
                "ZKQL0249",
                "FROM is missing: there is nothing to prove about constants",
                select.span,
                "name a stream: SELECT … FROM TABLE(TUMBLE(…))",
            )
        relation = self._from(select.source)
        return SelectBinder(select, relation, self.catalog.functions, self.reporter).bind(
            ordering, strict=strict
        )

    # --- FROM ---

    def _from(self, source: TableReference) -> Relation:
        match source:
            case TableName():
                relation = self._named(source.name)
                return relation.named(source.alias or source.name)
            case WindowTable():
                relation = bind_window_table(source, self._named(source.table).named(None))
                return relation.named(source.alias or source.table)
            case Subquery():
                relation = self.bind(source.query).renamed(source.columns)
                return relation.named(source.alias)
            case JoinTable():
                return self._join(source)
        assert_never(source)

    def _named(self, name: Name) -> Relation:
        if name.text in self.common:
            return self.common[name.text].relation
        return self.catalog.relation(name)

    def _outer_join(self, join: JoinTable) -> QueryError:
        streams = [is_stream(self._from(side).node) for side in (join.left, join.right)]
        if all(streams):
            why = "it says that a row has no partner, now or later"
            form = "nearest form, planned: an inner JOIN within one window"
        else:
            why = "zkql shows rows with their partners only"
            form = "nearest provable form: an inner JOIN, with a row of the table for every value"
        message = f"a {join.kind} join cannot be proven: {why}"
        return query_error("ZKQL0318", message, _join_words(join), form)

    def _join(self, join: JoinTable) -> Relation:
        if join.kind not in ("INNER", "CROSS"):
            raise self._outer_join(join)
        left, right = self._from(join.left), self._from(join.right)
        for table in right.tables:
            if table in left.tables:
                raise query_error(
                    "ZKQL0250",
                    f"{table!r} stands twice in FROM",
                    join.right.span,
                    "give each a name of its own: FROM t AS a JOIN t AS b",
                )
        left, right = disjoint(left, right)
        visible = (*left.visible, *right.visible)
        condition: Expression = TRUE
        if join.using:
            condition, visible = self._using(join, left, right)
        both = Relation(Join(left.node, right.node, TRUE), visible)
        as_of = join.right.as_of if isinstance(join.right, TableName) else None
        if as_of is not None:
            Binder(left, _IN_ON, self.catalog.functions).bind(as_of)
        if join.condition is not None:
            binder = Binder(both, _IN_ON, self.catalog.functions)
            condition = self.reporter.attempt(lambda: binder.condition(join.condition), NOTHING)  # type: ignore[arg-type]
        span = span_of(join.condition) if join.condition is not None else join.right.span
        return Relation(Join(left.node, right.node, condition, as_of is not None, span=span), visible)

    def _using(
        self, join: JoinTable, left: Relation, right: Relation
    ) -> tuple[Expression, tuple[Visible, ...]]:
        equal: list[Expression] = []
        dropped: list[Visible] = []
        for name in join.using:
            a, b = left.resolve(name.text, None, name.span), right.resolve(name.text, None, name.span)
            equal.append(_equal(a.column, b.column, name.span))
            dropped.append(b)
        condition = conjunction(tuple(equal))
        assert condition is not None
        return condition, (*left.visible, *(v for v in right.visible if v not in dropped))

    # --- set operations ---

    def _set_operation(self, operation: SetOperation) -> Relation:
        if operation.operator != "UNION":
            raise query_error(
                "ZKQL0317",
                f"{operation.operator} has no plan in zkql",
                operation.span,
                "nearest form, planned: a join within one window, or UNION ALL",
            )
        left, right = self.bind(operation.left), self.bind(operation.right)
        if len(left.visible) != len(right.visible):
            raise query_error(
                "ZKQL0251",
                f"{counted(len(left.visible), 'column')} cannot be united with {len(right.visible)}",
                operation.span,
                "select as many columns on both sides",
            )
        types = []
        for a, b in zip(left.visible, right.visible, strict=True):
            common = common_type(a.column.type, b.column.type)
            if common is None:
                raise two_places(
                    "ZKQL0252",
                    f"{a.column.type} cannot be united with {b.column.type}",
                    right.written(b) or operation.span,
                    left.written(a),
                    f"this is {a.column.type}",
                    "CAST one of them",
                )
            types.append(common)
        names = tuple(v.name for v in left.visible)
        node = Union((_cast(left, types, names), _cast(right, types, names)), names, span=operation.span)
        if not operation.all:
            distinct = tuple(Output(c.name, c) for c in node.columns)
            aggregate = Aggregate(node, distinct, (), span=operation.span)
            columns = aggregate.columns
            visible = tuple(Visible(None, c.name, c) for c in columns)
            return Relation(aggregate, visible)
        times = zip(left.visible, right.visible, node.columns, strict=True)
        return Relation(node, tuple(Visible(None, c.name, c, time=a.time and b.time) for a, b, c in times))


def _equal(left: Column, right: Column, span: Span) -> Expression:
    try:
        return scalars.compare(Comparator.EQUAL, left, right, span)
    except FunctionError as error:
        raise query_error("ZKQL0215", error.message, span, *error.notes) from None


def _join_words(join: JoinTable) -> Span:
    """``LEFT JOIN`` itself; the span of a join begins with its left table."""
    start = join.left.span.end
    words = [t for t in tokens(join.span.source.text[start : join.right.span.start]) if not t.is_comment]
    return Span(join.span.source, start + words[0].start, start + words[-1].end)


def _cast(relation: Relation, types: list[SqlType], names: tuple[str, ...]) -> Project:
    outputs = tuple(
        Output(name, cast(v.column, kind), span=v.column.span)
        for v, kind, name in zip(relation.visible, types, names, strict=True)
    )
    return Project(relation.node, outputs)


def cast(expression: Expression, kind: SqlType) -> Expression:
    """The expression as a value of another type, where types differ."""
    if expression.type == kind:
        return expression
    return scalars.call("CAST", (expression,), expression.span, to=kind)
