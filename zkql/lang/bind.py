"""Look up names, check types. In: a parsed file. Out: a :class:`BoundQuery`, or every fault of the file.

Whether a query can be proven is not asked here (:mod:`zkql.plan.provable`): the binder accepts what is SQL.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from zkql.errors import Span, did_you_mean, query_error
from zkql.lang.bind_query import QueryBinder, cast
from zkql.lang.bind_stream import bind_stream
from zkql.lang.bind_table import bind_table
from zkql.lang.catalog import BoundView, Catalog
from zkql.lang.query import BoundQuery
from zkql.lang.report import AlreadyReported, Reporter, counted, two_places
from zkql.lang.syntax import (
    CreateFunction,
    CreateStream,
    CreateTable,
    CreateView,
    File,
    Insert,
    Query,
)
from zkql.plan.calls import Output
from zkql.plan.functions import aggregates, scalars
from zkql.plan.nodes import Project
from zkql.plan.types import Kind
from zkql.plan.typing import common_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from zkql.errors import Source
    from zkql.lang.relation import Relation
    from zkql.lang.syntax import Name, Statement
    from zkql.plan.nodes import Node
    from zkql.plan.types import SqlType

T = TypeVar("T")


def bind(file: File, source: Source) -> BoundQuery:
    """Bind the one query of a file against its declarations. Raises :class:`QueryError` with all that
    is wrong."""
    catalog, reporter = Catalog(), Reporter()
    queries: list[Query | Insert] = []
    for statement in file.statements:
        if isinstance(statement, Query | Insert):
            queries.append(statement)
    for kind in (CreateFunction, CreateStream | CreateTable, CreateView):  # in any order in the text
        for statement in file.statements:
            if isinstance(statement, kind):
                _declare(statement, catalog, reporter)
    query = reporter.attempt(lambda: _only(queries, source), queries[0] if queries else None)
    plan: Node | None = None
    if query is not None:
        plan = reporter.attempt(lambda: _bind_query(query, catalog, reporter), None)
    reporter.finish()
    if plan is None or query is None:
        raise AlreadyReported
    return BoundQuery(
        source=source,
        file=file,
        plan=plan,
        streams=catalog.streams,
        tables=catalog.tables,
        functions=catalog.functions,
        target=query.target.text if isinstance(query, Insert) else None,
        span=query.span,
    )


def _only(queries: list[Query | Insert], source: Source) -> Query | Insert:
    if len(queries) == 1:
        return queries[0]
    if queries:
        raise query_error(
            "ZKQL0202",
            "a .zkql file holds one query",
            queries[1].span,
            "put each query into a file of its own",
        )
    raise query_error(
        "ZKQL0202",
        "there is no SELECT to prove",
        Span(source, 0, min(1, len(source.text))),
        "add a SELECT statement",
    )


def _declare(statement: Statement, catalog: Catalog, reporter: Reporter) -> None:
    match statement:
        case CreateStream(name):
            bound = _attempt(statement, "stream", catalog, reporter, lambda: bind_stream(statement))
            if bound is not None:
                catalog.streams[name.text] = bound
        case CreateTable(name):
            table = _attempt(
                statement, "table", catalog, reporter, lambda: bind_table(statement, catalog.functions)
            )
            if table is not None:
                catalog.tables[name.text] = table
        case CreateView(name):
            view = _attempt(statement, "view", catalog, reporter, lambda: _view(statement, catalog, reporter))
            if view is not None:
                catalog.views[name.text] = view
        case CreateFunction(name):
            reporter.attempt(lambda: _check_function(name, catalog), None)
            catalog.functions[name.text] = name.span


def _attempt(
    statement: CreateStream | CreateTable | CreateView,
    what: str,
    catalog: Catalog,
    reporter: Reporter,
    make: Callable[[], T],
) -> T | None:
    def checked() -> T:
        catalog.check_new(statement.name, what)
        return make()

    bound = reporter.attempt(checked, None)
    if bound is None:
        catalog.broken[statement.name.text] = statement.name.span
    return bound


def _check_function(name: Name, catalog: Catalog) -> None:
    upper = name.text.upper()
    if scalars.known(upper) or aggregates.lookup(upper) is not None:
        raise query_error(
            "ZKQL0236", f"zkql has a function {upper} of its own", name.span, "choose another name"
        )
    known = {declared.upper(): span for declared, span in catalog.functions.items()}
    if upper in known:
        raise two_places(
            "ZKQL0201",
            f"function {name.text!r} is declared twice",
            name.span,
            known[upper],
            "first declared here",
        )


def _view(statement: CreateView, catalog: Catalog, reporter: Reporter) -> BoundView:
    relation = QueryBinder(catalog, reporter).bind(statement.query)
    relation = relation.renamed(statement.columns)
    return BoundView(relation.named(statement.name), statement.name.span)


def _bind_query(query: Query | Insert, catalog: Catalog, reporter: Reporter) -> Node:
    binder = QueryBinder(catalog, reporter)
    if isinstance(query, Query):
        return binder.bind(query, strict=True).node
    relation = binder.bind(query.query)
    if query.target.text in catalog.broken:
        raise AlreadyReported
    if query.target.text not in catalog.tables:
        raise query_error(
            "ZKQL0256",
            f"there is no table {query.target.text!r} to insert into",
            query.target.span,
            *did_you_mean(query.target.text, catalog.tables),
        )
    return _insert(query, relation, catalog)


def _insert(query: Insert, relation: Relation, catalog: Catalog) -> Node:
    """The query's columns under the target's names and types, by position."""
    target = catalog.tables[query.target.text]
    stored = {c.name for c in target.schema.columns}  # computed columns are not written
    table = replace(target.relation, visible=tuple(v for v in target.relation.visible if v.name in stored))
    visible = tuple(table.resolve(c.text, None, c.span) for c in query.columns) or table.visible
    for position, column in enumerate(query.columns):
        if column.text in [c.text for c in query.columns[:position]]:
            raise query_error("ZKQL0257", f"column {column.text!r} is named twice", column.span)
    if len(visible) != len(relation.visible):
        raise two_places(
            "ZKQL0257",
            f"the query has {counted(len(relation.visible), 'column')} for the {len(visible)} of "
            f"{query.target.text!r}",
            query.columns[0].span.to(query.columns[-1].span) if query.columns else query.target.span,
            None if query.columns else target.name,
            "declared here",
            "select as many columns",
        )
    outputs = []
    for to, own in zip(visible, relation.visible, strict=True):
        if not _assignable(own.column.type, to.column.type):
            raise two_places(
                "ZKQL0258",
                f"column {to.name!r} is {to.column.type}, and the query has {own.column.type} for it",
                relation.written(own) or query.query.span,
                to.declared,
                "declared here",
                "CAST it in the query",
            )
        outputs.append(Output(to.name, cast(own.column, to.column.type)))
    return Project(relation.node, tuple(outputs), span=query.span)


def _assignable(source: SqlType, target: SqlType) -> bool:
    """Whether nothing is lost silently: no digits after the point, no end of a text. A number that is too
    large is an error when it comes."""
    if source.is_numeric and target.is_numeric:
        return target.scale >= source.scale
    if source.kind is Kind.VARCHAR and target.kind is Kind.VARCHAR and target.precision:
        return 0 < source.precision <= target.precision
    return common_type(source, target) is not None
