"""What an expression can name: the columns of FROM, under the names that the text uses.

A plan's columns have unique names; the text may call them otherwise (``A.id``), which is what
:class:`Visible` records.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.errors import did_you_mean, query_error
from zkql.lang.report import counted
from zkql.plan.calls import Output
from zkql.plan.nodes import END, START, TIME, Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zkql.errors import Span
    from zkql.lang.syntax import Name
    from zkql.plan.expressions import Column
    from zkql.plan.nodes import Node


@dataclass(frozen=True, slots=True)
class Visible:
    """A column as the text may name it: ``table.name``. ``time`` marks what windows can follow: event
    time, window_time, processing time. ``declared`` is where the column was declared."""

    table: str | None
    name: str
    column: Column
    time: bool = False
    declared: Span | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A plan, and its columns as they may be named."""

    node: Node
    visible: tuple[Visible, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The names that stand before a dot, each once."""
        return tuple(dict.fromkeys(v.table for v in self.visible if v.table is not None))

    def named(self, alias: Name | None) -> Relation:
        """The same under an alias; without one, its columns have no table."""
        table = alias.text if alias else None
        return replace(self, visible=tuple(replace(v, table=table) for v in self.visible))

    def renamed(self, columns: Sequence[Name]) -> Relation:
        """The same with other column names, as of ``AS t (a, b)``; none where ``columns`` is empty."""
        if not columns:
            return self
        if len(columns) != len(self.visible):
            raise query_error(
                "ZKQL0242",
                f"{counted(len(columns), 'name')} for {counted(len(self.visible), 'column')}",
                columns[0].span.to(columns[-1].span),
                f"the columns: {', '.join(v.name for v in self.visible)}",
            )
        for position, column in enumerate(columns):
            if column.text in [c.text for c in columns[:position]]:
                raise query_error("ZKQL0242", f"column {column.text!r} is named twice", column.span)
        pairs = zip(self.visible, columns, strict=True)
        return replace(self, visible=tuple(replace(v, name=c.text) for v, c in pairs))

    def written(self, column: Visible) -> Span | None:
        """Where a SELECT list says what a column is."""
        outputs = self.node.outputs if isinstance(self.node, Project) else ()
        return next((o.span for o in outputs if o.name == column.column.name), None)

    def find(self, name: str, table: str | None) -> list[Visible]:
        """Every column that could be meant."""
        return [v for v in self.visible if v.name == name and table in (None, v.table)]

    def resolve(self, name: str, table: str | None, span: Span) -> Visible:
        """The one column that is meant. Raises :class:`QueryError` if there is none, or several."""
        found = self.find(name, table)
        if len(found) == 1:
            return found[0]
        if found:
            tables = [f"{v.table}.{name}" if v.table else name for v in found]
            raise query_error(
                "ZKQL0240",
                f"{name!r} is ambiguous",
                span,
                f"write {' or '.join(tables)}"
                if len(set(tables)) > 1
                else "give the tables, or the columns, names of their own with AS",
            )
        if table is not None and table not in self.tables:
            raise query_error(
                "ZKQL0205", f"{table!r} is not in FROM", span, *did_you_mean(table, self.tables)
            )
        known = [v.name for v in self.visible if table in (None, v.table)]
        where = f"{table!r} has" if table else self._whole()
        if name in (START, END, TIME):
            raise query_error("ZKQL0207", f"{where} no column {name!r}", span, *self._window())
        raise query_error("ZKQL0207", f"{where} no column {name!r}", span, *did_you_mean(name, known))

    def _window(self) -> tuple[str, ...]:
        """How to get the bounds of a window."""
        time = next((v for v in self.visible if v.time and v.table), None)
        if time is None:
            return ("it is what a window function adds: FROM TABLE(TUMBLE(…))",)
        form = f"TABLE(TUMBLE(TABLE {time.table}, DESCRIPTOR({time.name}), INTERVAL '10' SECOND))"
        return (f"it is what a window function adds: FROM {form}",)

    def _whole(self) -> str:
        return f"{self.tables[0]!r} has" if len(self.tables) == 1 else "there is"


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with a number after it."""
    used = set(taken)
    if name not in used:
        return name
    number = 0
    while f"{name}{number}" in used:
        number += 1
    return f"{name}{number}"


def disjoint(left: Relation, right: Relation) -> tuple[Relation, Relation]:
    """Both with unique column names over both: names that clash get their table's name before them."""
    clash = {c.name for c in left.node.columns} & {c.name for c in right.node.columns}
    if not clash:
        return left, right
    left = _prefixed(left, clash, {c.name for c in right.node.columns})
    return left, _prefixed(right, clash, {c.name for c in left.node.columns})


def _prefixed(relation: Relation, clash: set[str], taken: set[str]) -> Relation:
    tables = {v.column.name: v.table for v in relation.visible}
    used = taken | {c.name for c in relation.node.columns} - clash
    names: dict[str, str] = {}
    for column in relation.node.columns:
        if column.name not in clash:
            names[column.name] = column.name
            continue
        table = tables.get(column.name)
        names[column.name] = unique(f"{table}.{column.name}" if table else column.name, used)
        used.add(names[column.name])
    if all(old == new for old, new in names.items()):
        return relation
    outputs = tuple(Output(names[c.name], c) for c in relation.node.columns)
    visible = tuple(replace(v, column=replace(v.column, name=names[v.column.name])) for v in relation.visible)
    return Relation(Project(relation.node, outputs), visible)
