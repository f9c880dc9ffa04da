"""CREATE TABLE: public reference data, a source that nobody signs, or the target of INSERT INTO."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.errors import query_error
from zkql.lang.bind_expression import Binder, Refused
from zkql.lang.bind_stream import event_time, existing
from zkql.lang.bind_types import bind_type, check_names
from zkql.lang.relation import Relation, Visible
from zkql.plan.calls import Output
from zkql.plan.nodes import Project, Scan
from zkql.plan.schema import ColumnSchema, TableSchema
from zkql.plan.walk import with_inputs

if TYPE_CHECKING:
    from collections.abc import Collection

    from zkql.errors import Span
    from zkql.lang.syntax import CreateTable, Option
    from zkql.plan.types import SqlType

_IN_COLUMN = Refused("a computed column", "compute it from columns of the same row")


@dataclass(frozen=True, slots=True)
class BoundTable:
    """A table that queries can read or write. ``path`` is the option that names the file of its rows."""

    schema: TableSchema
    relation: Relation
    name: Span
    path: Option | None


def bind_table(statement: CreateTable, functions: Collection[str]) -> BoundTable:
    """Check one CREATE TABLE. Its columns are public, and may be NULL unless declared NOT NULL."""
    spans = check_names(statement.columns)
    types: dict[str, SqlType] = {}
    columns: list[ColumnSchema] = []
    for column in statement.columns:
        if column.private and column.privacy:
            raise query_error(
                "ZKQL0235",
                "a table is public: nobody commits to its rows",
                column.privacy,
                "declare a CREATE STREAM for data that stays private",
            )
        if column.type is not None:
            kind = bind_type(column.type)
            types[column.name.text] = kind
            columns.append(
                ColumnSchema(column.name.text, kind, private=False, nullable=column.nullable is not False)
            )
    schema = TableSchema(statement.name.text, tuple(columns))
    scan = Scan(schema, span=statement.name.span)
    relation = Relation(
        scan, tuple(Visible(schema.name, c.name, c, declared=spans[c.name]) for c in scan.columns)
    )
    computed = [c for c in statement.columns if c.computed is not None]
    if computed:
        binder = Binder(relation, _IN_COLUMN, functions)
        made = {c.name.text: binder.bind(c.computed) for c in computed if c.computed is not None}
        stored = {c.name: c for c in scan.columns}
        outputs = tuple(
            Output(c.name.text, made.get(c.name.text) or stored[c.name.text], span=c.span)
            for c in statement.columns
        )
        project = Project(scan, outputs, span=statement.span)
        relation = Relation(
            project,
            tuple(Visible(schema.name, c.name, c, declared=spans[c.name]) for c in project.columns),
        )
        types |= {name: e.type for name, e in made.items()}
    for name in statement.partitioned_by:
        existing(name, types)
    if statement.watermarks:
        time = event_time(statement.watermarks, types, spans)
        schema = replace(schema, time=time)
        node = replace(scan, relation=schema)
        relation = Relation(
            node if relation.node is scan else with_inputs(relation.node, lambda _: node),
            tuple(replace(v, time=v.name == time) for v in relation.visible),
        )
    return BoundTable(schema, relation, statement.name.span, _path(statement.options))


def _path(options: tuple[Option, ...]) -> Option | None:
    """The file of the rows. Other options are those of a deployment, and no part of what a query means."""
    found = [option for option in options if option.key == "path"]
    if len(found) > 1:
        raise query_error("ZKQL0230", "'path' is given twice", found[1].span)
    return found[0] if found else None
