"""One SELECT over its FROM: WHERE, GROUP BY, HAVING, the select list, DISTINCT, ORDER BY.

Every expression is bound over FROM's columns, with a placeholder for each aggregate and OVER call. If
the SELECT aggregates, what equals a grouping key is then replaced by that key, and a column that is left
is an error. The plan grows in SQL's order: Filter, Window (of GROUP BY), Aggregate, Filter, Over,
Project, Distinct, Limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.errors import did_you_mean, query_error
from zkql.lang.bind_calls import NoOver, SelectCalls, result_key
from zkql.lang.bind_expression import IN_WHERE, NOTHING, Binder, Refused
from zkql.lang.bind_window import GroupWindow, group_window, windowed
from zkql.lang.relation import Relation, Visible, unique
from zkql.lang.report import AlreadyReported
from zkql.lang.syntax import bare, span_of
from zkql.plan.calls import Aggregation, Analytic, Named, Output, SortKey
from zkql.plan.expressions import Call, Column, Expression, Literal, as_written, conjunction, rebuilt
from zkql.plan.nodes import (
    END,
    START,
    TIME,
    Aggregate,
    Filter,
    Limit,
    Node,
    Over,
    Project,
    Window,
    WindowKind,
)
from zkql.plan.walk import align

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from zkql.errors import Span
    from zkql.lang.report import Reporter
    from zkql.lang.syntax import Ordering, Select, SelectItem

_IN_KEYS = Refused("GROUP BY", "group by columns, and aggregate in the SELECT list")
_IN_ORDER = Refused("ORDER BY here", "name a column of the result")


@dataclass(frozen=True, slots=True)
class _Item:
    """A column of the select list, bound over FROM."""

    name: str
    expression: Expression
    span: Span


@dataclass(slots=True)
class SelectBinder:
    """Binds one SELECT over the relation of its FROM."""

    select: Select
    relation: Relation
    functions: Collection[str]
    reporter: Reporter
    _refused_key: bool = False
    _keys: list[Output] = field(default_factory=list)
    _calls: SelectCalls = field(init=False)
    _declared: dict[str, Span | None] = field(default_factory=dict)
    _bounds: dict[str, Column] = field(default_factory=dict)
    """START, END and TIME of the group window; the text reaches them by TUMBLE_START(…) and its like."""

    def bind(self, ordering: Ordering | None, *, strict: bool) -> Relation:
        """The SELECT's plan; ``strict`` refuses two result columns of one name."""
        self._where()
        window = self._group_by()
        self._declared = {v.column.name: v.declared for v in self.relation.visible}
        keys = [k.name for k in self._keys]
        self._calls = SelectCalls(self.relation, self.functions, keys, window=window, bounds=self._bounds)
        items = [item for written in self.select.items for item in self._items(written)]
        having = None
        if self.select.having is not None:
            grouped = Binder(self.relation, NoOver(self._calls, "HAVING"), self.functions)
            having = self._condition(grouped, self.select.having)
        outputs = self._outputs(items, strict=strict)
        order = self._order(ordering, outputs) if ordering else ()
        return self._assemble(outputs, having, order, ordering, items)

    def _binder(self) -> Binder:
        return Binder(self.relation, self._calls, self.functions)

    def _condition(self, binder: Binder, written: exp.Expression) -> Expression:
        """WHERE or HAVING, each of what AND joins for itself."""
        parts = (self.reporter.attempt(partial(binder.condition, p), NOTHING) for p in _conjuncts(written))
        predicate = conjunction(tuple(parts))
        assert predicate is not None
        return predicate

    # --- WHERE and GROUP BY ---

    def _where(self) -> None:
        where = self.select.where
        if where is None:
            return
        predicate = self._condition(Binder(self.relation, IN_WHERE, self.functions), where)
        node = Filter(self.relation.node, predicate, span=span_of(where))
        self.relation = Relation(node, self.relation.visible)

    def _group_by(self) -> GroupWindow | Literal | None:
        """Binds the keys. The group window, NOTHING where one was refused."""
        binder = Binder(self.relation, _IN_KEYS, self.functions)
        window: GroupWindow | Literal | None = None
        for written in self.select.group_by:
            found = self.reporter.attempt(partial(group_window, written, self.relation), NOTHING)
            if found is not None:
                if isinstance(window, GroupWindow) and isinstance(found, GroupWindow):
                    raise query_error("ZKQL0209", "GROUP BY has one window", found.span)
                window = found if window is None else NOTHING
                continue
            expression = self.reporter.attempt(partial(_key, binder, written), NOTHING)
            if expression == NOTHING:
                self._refused_key = True
                continue
            if any(k.expression == expression for k in self._keys):
                continue
            taken = [k.name for k in self._keys]
            name = expression.name if isinstance(expression, Column) else "key"
            self._keys.append(Output(unique(name, taken), expression, span=expression.span))
        if isinstance(window, GroupWindow):
            self._add_group_window(window)
        return window

    def _add_group_window(self, window: GroupWindow) -> None:
        partition: tuple[Column, ...] = ()
        if window.kind is WindowKind.SESSION:
            for key in self._keys:
                if not isinstance(key.expression, Column):
                    raise query_error(
                        "ZKQL0211",
                        "sessions are those of columns",
                        key.span or window.span,
                        "compute the key in a subquery first",
                    )
            partition = tuple(k.expression for k in self._keys if isinstance(k.expression, Column))
        node = windowed(
            self.relation, window.kind, window.time.column, window.lengths, partition, window.span
        ).node
        assert isinstance(node, Window)
        self.relation = Relation(node, self.relation.visible)
        self._bounds = dict(zip((START, END, TIME), node.columns[-3:], strict=True))
        for column in node.columns[-3:-1]:
            self._keys.append(Output(column.name, column, span=window.span))

    # --- the select list ---

    def _items(self, written: SelectItem) -> Iterator[_Item]:
        if written.expression is None:
            yield from self._star(written)
            return
        expression = bare(written.expression)
        if isinstance(expression, exp.Anonymous | exp.Filter | exp.WithinGroup | exp.Window):
            self._calls.hint = written.alias.text if written.alias else None
        bound = self.reporter.attempt(partial(self._binder().bind, expression), NOTHING)
        self._calls.hint = None
        if written.alias:
            name = written.alias.text
        elif isinstance(expression, exp.Column | exp.Dot):
            name = expression.parts[-1].name if isinstance(expression, exp.Column) else expression.name
        else:
            name = f"EXPR${self.select.items.index(written)}"
        yield _Item(name, bound, written.span)

    def _star(self, written: SelectItem) -> Iterator[_Item]:
        table = written.table.text if written.table else None
        visible = [v for v in self.relation.visible if table in (None, v.table)]
        if not visible:
            assert written.table is not None
            raise query_error(
                "ZKQL0205",
                f"{table!r} is not in FROM",
                written.table.span,
                *did_you_mean(written.table.text, self.relation.tables),
            )
        for v in visible:
            column = replace(v.column, span=written.span)
            yield _Item(v.name, column, written.span)

    def _outputs(self, items: list[_Item], *, strict: bool) -> list[Output]:
        outputs: list[Output] = []
        for item in items:
            taken = [o.name for o in outputs]
            if strict and item.name in taken and item.expression is not NOTHING:
                self.reporter.attempt(partial(_named_twice, item), None)
            outputs.append(Output(unique(item.name, taken), item.expression, span=item.span))
        return outputs

    # --- ORDER BY ---

    def _order(self, ordering: Ordering, outputs: list[Output]) -> tuple[SortKey, ...]:
        """Keys over FROM's columns and calls, or over a column of the result by name or number."""
        key = partial(result_key, outputs=outputs, binder=self._binder())
        return tuple(self.reporter.attempt(partial(key, i), SortKey(NOTHING)) for i in ordering.items)

    @staticmethod
    def ordered(relation: Relation, ordering: Ordering, reporter: Reporter) -> Relation:
        """ORDER BY and LIMIT over a finished query, by its columns."""
        binder = Binder(relation, _IN_ORDER)
        outputs = [Output(v.name, v.column) for v in relation.visible]
        key = partial(result_key, outputs=outputs, binder=binder)
        keys = tuple(reporter.attempt(partial(key, i), SortKey(NOTHING)) for i in ordering.items)
        node = Limit(relation.node, keys, ordering.limit, ordering.offset, span=ordering.span)
        return Relation(node, relation.visible)

    # --- the plan ---

    def _assemble(
        self,
        outputs: list[Output],
        having: Expression | None,
        order: tuple[SortKey, ...],
        ordering: Ordering | None,
        items: list[_Item],
    ) -> Relation:
        calls = self._calls
        node: Node = self.relation.node
        grouped = bool(self._keys or calls.aggregates or having is not None or self.select.group_by)
        settle = self._regrouped if grouped else _same
        outputs = [replace(o, expression=self._settled(settle, o.expression)) for o in outputs]
        order = tuple(replace(k, expression=self._settled(settle, k.expression)) for k in order)
        overs = tuple(Named(n.name, self._settled_over(settle, n.call)) for n in calls.overs)
        if having is not None:
            having = self._settled(settle, having)
        if grouped:
            keys = [span_of(written) for written in self.select.group_by]
            calls_ = [call.call.span for call in calls.aggregates if call.call.span is not None]
            span = keys[0].to(keys[-1]) if keys else next(iter(calls_), self.select.span)
            node = Aggregate(node, tuple(self._keys), tuple(calls.aggregates), span=span)
        if having is not None:
            assert self.select.having is not None
            node = Filter(node, having, span=span_of(self.select.having))
        if overs:
            node = Over(node, overs, span=overs[0].call.span)
        node = self._projected(node, outputs, order, ordering)
        node = align(node)
        times = {v.column.name for v in self.relation.visible if v.time}
        times |= {column.name for bound, column in self._bounds.items() if bound == TIME}
        columns = {c.name: c for c in node.columns}
        visible = tuple(
            Visible(None, o.name, columns[o.name], _is_time(o.expression, times), self._origin(o.expression))
            for o in outputs
        )
        return Relation(node, visible)

    def _projected(
        self, node: Node, outputs: list[Output], order: tuple[SortKey, ...], ordering: Ordering | None
    ) -> Node:
        """Project, DISTINCT, ORDER BY: sort keys that the result has not are carried along and dropped."""
        named = {o.expression: o.name for o in reversed(outputs)}
        taken = [o.name for o in outputs]
        carried: list[Output] = []
        keys: list[SortKey] = []
        for key in order:
            if key.expression not in named:
                name = unique("order", [*taken, *(c.name for c in carried)])
                carried.append(Output(name, key.expression, span=key.expression.span))
                named[key.expression] = name
            output = Output(named[key.expression], key.expression)
            keys.append(replace(key, expression=output.column))
        if carried and self.select.distinct is not None:
            raise query_error(
                "ZKQL0253",
                "DISTINCT orders by what it selects",
                carried[0].span or self.select.span,
                "add it to the SELECT list",
            )
        node = Project(node, (*outputs, *carried), span=self.select.span)
        if self.select.distinct is not None:
            node = Aggregate(
                node, tuple(Output(c.name, c) for c in node.columns), (), span=self.select.distinct
            )
        if ordering is not None:
            node = Limit(node, tuple(keys), ordering.limit, ordering.offset, span=ordering.span)
        if carried:
            node = Project(node, tuple(Output(o.name, o.column) for o in outputs))
        return node

    # --- grouping ---

    def _settled(self, settle: _Settle, expression: Expression) -> Expression:
        return self.reporter.attempt(lambda: settle(expression), NOTHING)

    def _settled_over(self, settle: _Settle, call: Aggregation | Analytic) -> Analytic:
        assert isinstance(call, Analytic)
        each = partial(self._settled, settle)
        return replace(
            call,
            arguments=tuple(map(each, call.arguments)),
            partition=tuple(map(each, call.partition)),
            order=tuple(replace(k, expression=each(k.expression)) for k in call.order),
            filter=None if call.filter is None else each(call.filter),
        )

    def _regrouped(self, expression: Expression) -> Expression:
        """Over the columns of the Aggregate: keys and calls."""
        for grouped in self._keys:
            if expression == grouped.expression:
                column = grouped.column
                return Column(column.name, column.type, column.private, column.nullable, span=expression.span)
        if isinstance(expression, Column):
            made = {n.name for n in (*self._calls.aggregates, *self._calls.overs)}
            if expression.name in made:
                return expression
            if (key := self._window_time(expression)) is not None:
                return key
            raise self._not_grouped(expression)
        return rebuilt(expression, self._regrouped)

    def _window_time(self, column: Column) -> Expression | None:
        """window_time, where the same window's start and end are keys: it follows from them."""
        window = next((n for n in _windows(self.relation.node) if column.name == n.names[2]), None)
        names = {k.expression.name for k in self._keys if isinstance(k.expression, Column)}
        if window is None or not {*window.names[:2]} <= names:
            return None
        self._keys.append(Output(column.name, replace(column, span=None), span=column.span))
        return column

    def _not_grouped(self, column: Column) -> Exception:
        if self._refused_key:
            return AlreadyReported()  # it may be what was meant
        if column.span is not None and column.span.text.endswith("*"):
            return query_error(
                "ZKQL0212",
                f"{column.span.text} has columns that are neither aggregated nor in GROUP BY",
                column.span,
                "name the columns of GROUP BY, and aggregate others: SELECT window_start, COUNT(*) AS n",
            )
        names = {v.column.name: v.name for v in self.relation.visible}
        shown = names.get(column.name, column.name)
        window = next((n for n in _windows(self.relation.node) if column.name in n.names), None)
        if window is None:
            example = f"{'MAX' if column.type.is_bounded else 'COUNT'}({shown}), or GROUP BY …, {shown}"
        else:
            bounds = [names.get(name, name) for name in window.names[:2]]
            keys = (as_written(k.expression) for k in self._keys)
            example = f"GROUP BY {', '.join(dict.fromkeys([*bounds, *keys]))}"
        return query_error(
            "ZKQL0212",
            f"{shown!r} is neither aggregated nor in GROUP BY",
            column.span or self.select.span,
            f"nearest form: {example}",
        )

    def _origin(self, expression: Expression) -> Span | None:
        return self._declared.get(expression.name) if isinstance(expression, Column) else None


if TYPE_CHECKING:
    from collections.abc import Callable

    _Settle = Callable[[Expression], Expression]


def _same(expression: Expression) -> Expression:
    return expression


def _conjuncts(expression: exp.Expression) -> list[exp.Expression]:
    inner = bare(expression)
    if isinstance(inner, exp.And):
        return [*_conjuncts(inner.this), *_conjuncts(inner.expression)]
    return [expression]


def _key(binder: Binder, written: exp.Expression) -> Expression:
    bound = binder.bind(written)
    if isinstance(bound, Literal):
        raise query_error(
            "ZKQL0254", "GROUP BY takes columns, not constants", span_of(written), "name the column itself"
        )
    return bound


def _named_twice(item: _Item) -> None:
    raise query_error(
        "ZKQL0203",
        f"two result columns are called {item.name!r}",
        item.span,
        "give one of them a name of its own with AS",
    )


def _windows(node: Node) -> Iterator[Window]:
    """The window functions right below, past filters and joins."""
    match node:
        case Window():
            yield node
            yield from _windows(node.input)
        case Filter(source):
            yield from _windows(source)


def _is_time(expression: Expression, times: set[str]) -> bool:
    if isinstance(expression, Column):
        return expression.name in times
    return isinstance(expression, Call) and expression.function == "PROCTIME"
