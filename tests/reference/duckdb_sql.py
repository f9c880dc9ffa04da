"""A ``.zkql`` file as one DuckDB query. In: the parsed file. Out: the tables to create, and the query.

This is a reading of its own: it shares the syntax tree with zkql, and the documented types of results
(:mod:`zkql.plan.typing`), but neither binder nor plan. Views and common tables are written out where they
are named, and every subquery calls its columns ``c0``, ``c1``, …, so that no name can be mistaken.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count

from sqlglot import exp

from tests.reference.duckdb_expressions import Field, Scope, bind_type, compare, ordered
from tests.reference.duckdb_values import Typed, UnsupportedError, cast, type_name, united
from tests.reference.duckdb_windows import lengths, windowed
from zkql.lang.syntax import (
    ColumnDefinition,
    CreateStream,
    CreateTable,
    CreateView,
    File,
    Insert,
    JoinTable,
    Ordering,
    Query,
    Select,
    SelectItem,
    SetOperation,
    Subquery,
    TableName,
    TableReference,
    WindowTable,
    bare,
)
from zkql.plan.types import TIMESTAMP, SqlType


@dataclass(frozen=True, slots=True)
class Table:
    """A table to create: columns ``c0``, ``c1``, … under the names of the text."""

    name: str
    sql: str
    columns: tuple[tuple[str, SqlType], ...]

    @property
    def create(self) -> str:
        """CREATE TABLE."""
        columns = ", ".join(f"c{i} {type_name(kind)}" for i, (_, kind) in enumerate(self.columns))
        return f"CREATE TABLE {self.sql} ({columns})"


@dataclass(frozen=True, slots=True)
class Translation:
    """``query`` gives ``columns``, in this order; ``ordered`` says whether its rows have one."""

    tables: tuple[Table, ...]
    query: str
    columns: tuple[tuple[str, SqlType], ...]
    ordered: bool


@dataclass(frozen=True, slots=True)
class _Relation:
    """A subquery or table, and its columns."""

    sql: str
    columns: tuple[tuple[str, SqlType], ...]


@dataclass(frozen=True, slots=True)
class _From:
    """What stands after FROM, and what can be named."""

    sql: str
    scope: Scope


def translate(file: File) -> Translation:
    """The one query of a file."""
    reader = _Reader()
    tables = [s for s in file.statements if isinstance(s, CreateStream | CreateTable)]
    created = [reader.create(f"t{i}", s) for i, s in enumerate(tables)]
    for statement in file.statements:
        if isinstance(statement, CreateView):
            relation = reader.query(statement.query)
            reader.named[statement.name.text] = _renamed(relation, tuple(c.text for c in statement.columns))
    (query,) = (s for s in file.statements if isinstance(s, Query | Insert))
    inner = query.query if isinstance(query, Insert) else query
    relation = reader.query(inner)
    if isinstance(query, Insert):
        relation = reader.assigned(query, relation)
    return Translation(tuple(created), relation.sql, relation.columns, inner.ordering is not None)


def _renamed(relation: _Relation, names: tuple[str, ...]) -> _Relation:
    if not names:
        return relation
    kinds = (kind for _, kind in relation.columns)
    return replace(relation, columns=tuple(zip(names, kinds, strict=True)))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Translates queries; ``named`` is what FROM can name, ``numbers`` gives each subquery its alias."""

    named: dict[str, _Relation] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    def create(self, sql: str, statement: CreateStream | CreateTable) -> Table:
        """A table for a stream or table; its computed columns are a subquery over it."""
        stored = [(c.name.text, bind_type(c.type)) for c in statement.columns if c.type is not None]
        table = Table(statement.name.text, sql, tuple(stored))
        relation = _Relation(sql, table.columns)
        if len(stored) < len(statement.columns):
            relation = self._computed(relation, statement.columns)
        self.named[table.name] = relation
        return table

    def _computed(self, stored: _Relation, columns: tuple[ColumnDefinition, ...]) -> _Relation:
        source = self._aliased(stored, None)
        values = [
            (
                c.name.text,
                source.scope.find(c.name.text, None)
                if c.computed is None
                else source.scope.translate(c.computed),
            )
            for c in columns
        ]
        return _Relation(*_listed(values, source.sql))

    def assigned(self, statement: Insert, relation: _Relation) -> _Relation:
        """A query's columns under the types of the table that they go into."""
        target = self.named[statement.target.text]
        kinds = dict(target.columns)
        names = [c.text for c in statement.columns] or list(kinds)
        source = self._aliased(relation, None)
        values = [
            (name, Typed(cast(f.value, kinds[name]), kinds[name]))
            for name, f in zip(names, source.scope.fields, strict=True)
        ]
        return _Relation(*_listed(values, source.sql))

    def _aliased(self, relation: _Relation, table: str | None) -> _From:
        """A relation in FROM, its columns under a table's name."""
        alias = f"r{next(self.numbers)}"
        fields = tuple(
            Field(table, name, Typed(f"{alias}.c{i}", kind))
            for i, (name, kind) in enumerate(relation.columns)
        )
        return _From(f"{relation.sql} AS {alias}", Scope(fields))

    # --- queries ---

    def query(self, query: Query) -> _Relation:
        """A query with its WITH and ORDER BY."""
        inner = replace(self, named=dict(self.named))
        for common in query.common:
            names = tuple(c.text for c in common.columns)
            inner.named[common.name.text] = _renamed(inner.query(common.query), names)
        match query.body:
            case Select():
                return inner.select(query.body, query.ordering)
            case SetOperation():
                relation = inner.united(query.body)
            case Query():
                relation = inner.query(query.body)
        return relation if query.ordering is None else inner.reordered(relation, query.ordering)

    def united(self, operation: SetOperation) -> _Relation:
        """UNION [ALL], column by column under one type."""
        if operation.operator != "UNION":
            raise UnsupportedError(operation.operator)
        sides = [self._aliased(self.query(q), None) for q in (operation.left, operation.right)]
        pairs = list(zip(*(s.scope.fields for s in sides), strict=True))
        both = [united([a.value, b.value]) for a, b in pairs]
        lists = [", ".join(f"{texts[i]} AS c{n}" for n, (texts, _) in enumerate(both)) for i in range(2)]
        halves = [f"SELECT {own} FROM {side.sql}" for own, side in zip(lists, sides, strict=True)]
        word = " UNION ALL " if operation.all else " UNION "
        columns = tuple((a.name, kind) for (a, _), (_, kind) in zip(pairs, both, strict=True))
        return _Relation(f"({word.join(halves)})", columns)

    def reordered(self, relation: _Relation, ordering: Ordering) -> _Relation:
        """ORDER BY and LIMIT over a finished query."""
        source = self._aliased(relation, None)
        outputs = [(f.name, f.value) for f in source.scope.fields]
        sql, columns = _listed(outputs, source.sql)
        return _Relation(f"({sql[1:-1]}{_ordering(ordering, outputs, source.scope)})", columns)

    def select(self, select: Select, ordering: Ordering | None) -> _Relation:
        """SELECT … FROM …; a group window of GROUP BY becomes a subquery below."""
        if select.source is None:
            raise UnsupportedError("no FROM")
        source = self.source(select.source)
        tail = "" if select.where is None else f" WHERE {source.scope.condition(select.where)}"
        call = next((c for c in map(bare, select.group_by) if _is_group_window(c)), None)
        keys = [e for e in select.group_by if bare(e) is not call]
        if call is not None:
            source, tail = self._group_window(source, tail, call, keys), ""
        scope = source.scope
        outputs = [o for i, item in enumerate(select.items) for o in _item(item, i, scope)]
        grouped = [scope.translate(k).sql for k in keys]
        if call is not None:
            grouped += [scope.bounds[bound].sql for bound in ("START", "END", "ROWTIME")]
        grouped += _window_times(scope, set(grouped))
        if grouped:
            tail += f" GROUP BY {', '.join(dict.fromkeys(grouped))}"
        if select.having is not None:
            tail += f" HAVING {scope.condition(select.having)}"
        if ordering is not None:
            tail += _ordering(ordering, outputs, scope)
        return _Relation(*_listed(outputs, source.sql + tail, distinct=select.distinct is not None))

    # --- FROM ---

    def source(self, written: TableReference) -> _From:
        """A table reference."""
        match written:
            case TableName():
                return self._aliased(self._relation(written.name.text), (written.alias or written.name).text)
            case Subquery():
                relation = _renamed(self.query(written.query), tuple(c.text for c in written.columns))
                return self._aliased(relation, written.alias.text if written.alias else None)
            case WindowTable():
                return self._window_table(written)
            case JoinTable():
                return self._join(written)

    def _relation(self, name: str) -> _Relation:
        if name not in self.named:
            raise UnsupportedError(f"no table {name}")
        return self.named[name]

    def _window_table(self, written: WindowTable) -> _From:
        relation = self._relation(written.table.text)
        places = {name: f"c{i}" for i, (name, _) in enumerate(relation.columns)}
        kind = written.function.text.upper()
        own = windowed(
            relation.sql,
            len(relation.columns),
            kind,
            places[written.time_column.text],
            lengths(kind, written.intervals),
            [places[c.text] for c in written.partition],
        )
        added = tuple((name, TIMESTAMP) for name in ("window_start", "window_end", "window_time"))
        return self._aliased(_Relation(own, relation.columns + added), (written.alias or written.table).text)

    def _join(self, written: JoinTable) -> _From:
        if written.kind not in ("INNER", "CROSS"):
            raise UnsupportedError(written.kind)
        left, right = self.source(written.left), self.source(written.right)
        fields = left.scope.fields + right.scope.fields
        parts = ["TRUE"]
        for name in written.using:
            (merged,) = (f for f in right.scope.fields if f.name == name.text)
            parts.append(compare("=", left.scope.find(name.text, None), merged.value))
            fields = tuple(f for f in fields if f is not merged)
        scope = Scope(fields)
        if written.condition is not None:
            parts.append(scope.condition(written.condition))
        return _From(f"{left.sql} JOIN {right.sql} ON {' AND '.join(parts)}", scope)

    def _group_window(
        self, source: _From, where: str, call: exp.Expression, keys: list[exp.Expression]
    ) -> _From:
        """FROM and WHERE as a subquery under a window; its columns keep the names that they had."""
        time, *rest = [bare(e) for e in call.expressions]
        kind = call.name.upper()
        columns = [f.value for f in source.scope.fields]
        times = [source.scope.translate(time)]
        # the keys by which sessions are apart are columns of the subquery as well
        partition = [source.scope.translate(k) for k in keys]
        inner, _ = _listed([("", v) for v in (*columns, *times, *partition)], source.sql + where)
        n = len(columns)
        own = windowed(
            inner,
            n + 1 + len(partition),
            kind,
            f"c{n}",
            lengths(kind, tuple(e.meta["interval"] for e in rest)),
            [f"c{n + 1 + i}" for i in range(len(partition))],
        )
        alias = f"r{next(self.numbers)}"
        fields = tuple(
            replace(f, value=Typed(f"{alias}.c{i}", f.value.type)) for i, f in enumerate(source.scope.fields)
        )
        first = n + 1 + len(partition)
        bounds = {
            bound: Typed(f"{alias}.c{first + i}", TIMESTAMP)
            for i, bound in enumerate(("START", "END", "ROWTIME"))
        }
        return _From(f"{own} AS {alias}", Scope(fields, bounds))


# --- parts of a SELECT ----------------------------------------------------------------------------


def _listed(
    values: list[tuple[str, Typed]], source: str, *, distinct: bool = False
) -> tuple[str, tuple[tuple[str, SqlType], ...]]:
    """``(SELECT … FROM source)`` and its columns."""
    items = ", ".join(f"{value.sql} AS c{i}" for i, (_, value) in enumerate(values))
    sql = f"(SELECT {'DISTINCT ' if distinct else ''}{items} FROM {source})"
    return sql, tuple((name, value.type) for name, value in values)


def _item(item: SelectItem, place: int, scope: Scope) -> list[tuple[str, Typed]]:
    """The columns of one select item."""
    if item.expression is None:
        table = item.table.text if item.table else None
        return [(f.name, f.value) for f in scope.fields if table in (None, f.table)]
    value = scope.translate(item.expression)
    expression = bare(item.expression)
    if item.alias:
        return [(item.alias.text, value)]
    return [(expression.name if isinstance(expression, exp.Column) else f"EXPR${place}", value)]


def _window_times(scope: Scope, grouped: set[str]) -> list[str]:
    """Each window_time that follows from the keys: those whose window_start and window_end are."""
    bounds = {
        (f.table, f.name): f.value.sql for f in scope.fields if f.name in ("window_start", "window_end")
    }
    return [
        f.value.sql
        for f in scope.fields
        if f.name == "window_time"
        and {bounds.get((f.table, "window_start")), bounds.get((f.table, "window_end"))} <= grouped
    ]


def _is_group_window(call: exp.Expression) -> bool:
    return isinstance(call, exp.Anonymous) and call.name.upper() in ("TUMBLE", "HOP", "SESSION")


def _ordering(ordering: Ordering, outputs: list[tuple[str, Typed]], scope: Scope) -> str:
    """ORDER BY by a result column's name or number, else by an expression over FROM."""
    keys = []
    for item in ordering.items:
        written = bare(item.this)
        place = next(
            (
                i
                for i, (name, _) in enumerate(outputs, 1)
                if isinstance(written, exp.Column) and not written.table and name == written.name
            ),
            None,
        )
        if isinstance(written, exp.Literal) and not written.is_string:
            place = int(written.this)
        key = str(place) if place is not None else scope.translate(written).sql
        keys.append(ordered(key, item))
    text = f" ORDER BY {', '.join(keys)}" if keys else ""
    if ordering.limit is not None:
        text += f" LIMIT {ordering.limit}"
    return f"{text} OFFSET {ordering.offset}" if ordering.offset else text
