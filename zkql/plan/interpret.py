"""Evaluate a logical plan on plain rows: the reference that every circuit is held against. In: the rows
of each relation. Out: the rows of the plan, in an order that follows from the input's.

An error names its expression, and the rows of the relations that it was evaluated on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

from zkql.plan.calls import Aggregation, Analytic, Named, SortKey
from zkql.plan.expressions import (
    Column,
    Comparator,
    Comparison,
    Expression,
    Literal,
    Row,
    conjuncts,
)
from zkql.plan.functions import analytics, windows
from zkql.plan.functions.aggregates import (
    HYPOTHETICAL,
    LARGEST_OR_SMALLEST,
    PAIRED,
    PERCENTILES,
    Function,
)
from zkql.plan.functions.values import aggregate_value
from zkql.plan.nodes import (
    Aggregate,
    Filter,
    Join,
    Limit,
    Node,
    Over,
    Project,
    Scan,
    Union,
    Window,
    WindowKind,
    inputs,
    is_stream,
)
from zkql.plan.scalar import EvaluationError, compiled
from zkql.plan.schema import TableSchema
from zkql.plan.types import TIMESTAMP, Value

Values = dict[str, Value | None]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row, and the rows of relations that it was made of; a group's row has none."""

    values: Row
    origin: tuple[str, ...] = ()

    def with_values(self, more: Row) -> _Row:
        return _Row({**self.values, **more}, self.origin)


def interpret(node: Node, tables: Mapping[str, Sequence[Row]]) -> list[Values]:
    """The rows of a plan; ``tables`` has those of every relation by its name, of those aside whose
    rows are known when the query is compiled. Raises
    :class:`EvaluationError`."""
    return [dict(row.values) for row in _rows(node, tables, {})]


def aggregated(call: Aggregation, rows: Sequence[Row]) -> Value | None:
    """One aggregate over the rows of a group."""
    return _aggregated(call, [_Row(row) for row in rows])


def listed(
    order: tuple[SortKey, ...], calls: Sequence[Analytic], rows: Sequence[Row]
) -> list[tuple[Row, tuple[Value | None, ...]]]:
    """Rows in order, each with the values of calls over all of them."""
    ordered = _ordered([_Row(row) for row in rows], order)
    columns = [_analysed(call, ordered) for call in calls]
    return [(row.values, tuple(column[i] for column in columns)) for i, row in enumerate(ordered)]


def _rows(node: Node, tables: Mapping[str, Sequence[Row]], known: dict[int, list[_Row]]) -> list[_Row]:
    """The rows of a node; ``known`` has those of nodes that were read before."""
    if id(node) not in known:
        sources = [_rows(source, tables, known) for source in inputs(node)]
        known[id(node)] = _computed(node, sources, tables)
    return known[id(node)]


def _computed(node: Node, sources: list[list[_Row]], tables: Mapping[str, Sequence[Row]]) -> list[_Row]:
    match node:
        case Scan(relation):
            names = [column.name for column in relation.columns]
            rows: Sequence[Row]
            if isinstance(relation, TableSchema) and relation.rows is not None:
                rows = [dict(zip(names, row, strict=True)) for row in relation.rows]
            else:
                rows = tables[relation.name]
            return [
                _Row({name: row[name] for name in names}, (f"row {number} of {relation.name}",))
                for number, row in enumerate(rows, 1)
            ]
        case Window():
            return _windowed(node, *sources)
        case Filter(_, predicate):
            return list(filter(_test(predicate), sources[0]))
        case Project(_, outputs):
            reads = {o.name: _reader(o.expression) for o in outputs}
            return [_Row({name: read(row) for name, read in reads.items()}, row.origin) for row in sources[0]]
        case Aggregate():
            return _grouped(node, *sources)
        case Over(_, calls):
            return _over(calls, *sources)
        case Join():
            return _joined(node, *sources)
        case Union(nodes, names):
            return [
                _Row(dict(zip(names, (row.values[c.name] for c in own.columns), strict=True)), row.origin)
                for own, rows in zip(nodes, sources, strict=True)
                for row in rows
            ]
        case Limit(_, order, count, skip):
            ordered = _ordered(sources[0], order)
            return ordered[skip:] if count is None else ordered[skip : skip + count]
    assert_never(node)


# --- expressions ----------------------------------------------------------------------------------


def _reader(expression: Expression) -> Callable[[_Row], Value | None]:
    """The value of an expression on a row; an error says which row."""
    compute = compiled(expression)

    def read(row: _Row) -> Value | None:
        try:
            return compute(row.values)
        except EvaluationError as error:
            raise _placed(str(error), row) from error

    return read


def _readers(expressions: Iterable[Expression]) -> Callable[[_Row], tuple[Value | None, ...]]:
    """The values of expressions on a row."""
    reads = tuple(map(_reader, expressions))
    return lambda row: tuple(read(row) for read in reads)


def _test(predicate: Expression | None) -> Callable[[_Row], bool]:
    """Whether a condition, if there is one, is true on a row."""
    if predicate is None:
        return lambda _: True
    read = _reader(predicate)
    return lambda row: read(row) == 1


def _placed(message: str, row: _Row) -> EvaluationError:
    return EvaluationError(f"{message} ({', '.join(row.origin)})" if row.origin else message)


def _number(expression: Expression) -> Fraction:
    """The value of a numeric literal."""
    assert isinstance(expression, Literal)
    assert isinstance(expression.value, int)
    return Fraction(expression.value, 10**expression.type.scale)


def _ordered(rows: Sequence[_Row], order: tuple[SortKey, ...]) -> list[_Row]:
    """Rows in order, those with equal keys as they came."""
    found = list(rows)
    for key in reversed(order):
        read = _reader(key.expression)
        keyed = [(read(row), row) for row in found]
        ordered = analytics.in_order(keyed, descending=key.descending, nulls_first=key.nulls_first)
        found = [row for _, row in ordered]
    return found


def _partitioned(rows: Iterable[_Row], keys: tuple[Expression, ...]) -> dict[analytics.OrderKey, list[_Row]]:
    """Rows by key, in order of first appearance; NULL is a key like others."""
    read = _readers(keys)
    found: dict[analytics.OrderKey, list[_Row]] = {}
    for row in rows:
        found.setdefault(read(row), []).append(row)
    return found


# --- windows --------------------------------------------------------------------------------------


def _windowed(node: Window, rows: list[_Row]) -> list[_Row]:
    timed = [(row, time) for row in rows if isinstance(time := row.values[node.time], int)]
    found: list[_Row] = []
    for (row, _), bounds in zip(timed, _windows(node, timed), strict=True):
        for start, end in bounds:
            values = dict(zip(node.names, (start, end, end - 1), strict=True))
            if not all(map(TIMESTAMP.contains, values.values())):
                raise _placed(f"a window reaches beyond what {TIMESTAMP} can hold: {node.time}", row)
            found.append(row.with_values(values))
    return found


def _windows(node: Window, timed: list[tuple[_Row, int]]) -> list[list[windows.Bounds]]:
    """The windows of each row."""
    match node.kind:
        case WindowKind.TUMBLE:
            return [windows.hopping(time, node.size, node.size, node.offset) for _, time in timed]
        case WindowKind.HOP:
            return [windows.hopping(time, node.size, node.slide, node.offset) for _, time in timed]
        case WindowKind.CUMULATE:
            return [windows.cumulative(time, node.size, node.slide, node.offset) for _, time in timed]
        case WindowKind.SESSION:
            return _sessions(node, timed)
    assert_never(node.kind)


def _sessions(node: Window, timed: list[tuple[_Row, int]]) -> list[list[windows.Bounds]]:
    read = _readers(node.partition)
    positions: dict[analytics.OrderKey, list[int]] = {}
    for position, (row, _) in enumerate(timed):
        positions.setdefault(read(row), []).append(position)
    found: dict[int, windows.Bounds] = {}
    for own in positions.values():
        found.update(zip(own, windows.sessions([timed[p][1] for p in own], node.size), strict=True))
    return [[found[position]] for position in range(len(timed))]


# --- aggregates -----------------------------------------------------------------------------------


def _grouped(node: Aggregate, rows: list[_Row]) -> list[_Row]:
    groups = _partitioned(rows, tuple(k.expression for k in node.keys))
    if not node.keys:
        groups.setdefault((), [])
    names = tuple(k.name for k in node.keys)
    return [
        _Row(dict(zip(names, key, strict=True)) | {c.name: _called(c, group) for c in node.calls})
        for key, group in groups.items()
    ]


def _called(named: Named, rows: list[_Row]) -> Value | None:
    assert isinstance(named.call, Aggregation)
    return _aggregated(named.call, rows)


def _aggregated(call: Aggregation, rows: list[_Row]) -> Value | None:
    kept = list(filter(_test(call.filter), rows))
    if call.function in HYPOTHETICAL:
        return _ranked(call, kept)
    kept = _ordered(kept, call.order)
    read = _reader(call.order[0].expression) if call.order else _argument(call)
    return _reduced(call, list(map(read, kept)))


def _ranked(call: Aggregation, rows: list[_Row]) -> Value | None:
    """The rank that a row with a constant value would have, numbers of both types at one scale."""
    (constant,), (key,) = call.arguments, call.order
    assert isinstance(constant, Literal)
    kinds = constant.type, key.expression.type
    missing, missing_key = (max(k.scale for k in kinds) - kind.scale for kind in kinds)
    return analytics.hypothetical_rank(
        call.function,
        _grown(constant.value, missing),
        [_grown(value, missing_key) for value in map(_reader(key.expression), rows)],
        descending=key.descending,
        nulls_first=key.nulls_first,
    )


def _grown(value: Value | None, digits: int) -> Value | None:
    """A number with so many digits more after the point; what is no number as it is."""
    return value * int(10**digits) if isinstance(value, int) else value


def _argument(call: Aggregation | Analytic) -> Callable[[_Row], Value | None]:
    """The argument on a row, or both as a pair, None where one is NULL; for COUNT(*) a value that is not
    NULL."""
    if call.function in PAIRED:
        read = _readers(call.arguments)
        return lambda row: None if None in (pair := read(row)) else pair
    return _reader(call.arguments[0]) if call.arguments else lambda _: 1


def _constant(call: Aggregation | Analytic) -> Fraction | None:
    """The number that is written out among the arguments, if there is one."""
    if call.function in PERCENTILES:
        return _number(call.arguments[0])
    return _number(call.arguments[1]) if call.function in LARGEST_OR_SMALLEST else None


def _reduced(call: Aggregation | Analytic, values: list[Value | None]) -> Value | None:
    """An aggregate over the values of the rows that count."""
    if call.distinct:
        values = list(dict.fromkeys(values))
    operands = call.operand_types if isinstance(call, Aggregation) else tuple(a.type for a in call.arguments)
    try:
        return aggregate_value(call.function, operands, values, _constant(call))
    except EvaluationError as error:
        raise EvaluationError(f"{error}: {call}") from error


# --- OVER -----------------------------------------------------------------------------------------


def _over(calls: tuple[Named, ...], rows: list[_Row]) -> list[_Row]:
    made: dict[int, Values] = {id(row): {} for row in rows}
    for named in calls:
        call = named.call
        assert isinstance(call, Analytic)
        for partition in _partitioned(rows, call.partition).values():
            ordered = _ordered(partition, call.order)
            for row, value in zip(ordered, _analysed(call, ordered), strict=True):
                made[id(row)][named.name] = value
    return [row.with_values(made[id(row)]) for row in rows]


def _analysed(call: Analytic, rows: list[_Row]) -> Sequence[Value | None]:
    """The value of a call on each row of an ordered partition."""
    keys = list(map(_readers(key.expression for key in call.order), rows))
    peers = analytics.peers(keys)
    match call.function:
        case Function.LAG:
            return _shifted(call, rows, -1)
        case Function.LEAD:
            return _shifted(call, rows, 1)
        case Function.NTILE:
            return analytics.ranks(call.function, peers, int(_number(call.arguments[0])))
    if call.frame is None:
        return analytics.ranks(call.function, peers)
    descending = bool(call.order) and call.order[0].descending
    kept = list(map(_test(call.filter), rows))
    read = _argument(call)
    values = [read(row) if keep else None for row, keep in zip(rows, kept, strict=True)]
    return [
        _reduced(call, [values[position] for position in frame if kept[position]])
        for frame in analytics.frames(call.frame, peers, keys, descending=descending)
    ]


def _shifted(call: Analytic, rows: list[_Row], direction: int) -> list[Value | None]:
    """LAG and LEAD: the value so many rows away, or the default, NULL if there is none."""
    value, *rest = call.arguments
    away = direction * (int(_number(rest[0])) if rest else 1)
    values = list(map(_reader(value), rows))
    default = _reader(rest[1]) if len(rest) > 1 else lambda _: None
    return [
        values[position + away] if 0 <= position + away < len(rows) else default(row)
        for position, row in enumerate(rows)
    ]


# --- joins ----------------------------------------------------------------------------------------


def _joined(node: Join, left: list[_Row], right: list[_Row]) -> list[_Row]:
    """Pairs in order of the left row, then of the right one; of a table and a stream, in order of the
    stream's row. Equalities between columns only choose which pairs the condition is asked about."""
    if is_stream(node.right) and not is_stream(node.left):
        return _joined(replace(node, left=node.right, right=node.left), right, left)
    pairs = _equalities(node)
    left_key = _join_key([(own, scale) for own, _, scale in pairs])
    right_key = _join_key([(other, scale) for _, other, scale in pairs])
    candidates: dict[tuple[object, ...], list[_Row]] = {}
    for row in right:
        if (key := right_key(row)) is not None:
            candidates.setdefault(key, []).append(row)
    joins = _test(node.condition)
    found: list[_Row] = []
    for row in left:
        key = left_key(row)
        for other in candidates.get(key, ()) if key is not None else ():
            pair = _Row({**row.values, **other.values}, (*row.origin, *other.origin))
            if joins(pair):
                found.append(pair)
    return found


def _equalities(node: Join) -> list[tuple[Column, Column, int]]:
    """``left = right`` among the conjuncts, and the larger scale of the two. Only columns: evaluating
    anything more on rows that have no partner might be an error."""
    found: list[tuple[Column, Column, int]] = []
    left = {c.name for c in node.left.columns}
    for part in conjuncts(node.condition):
        match part:
            case Comparison(Comparator.EQUAL, Column() as own, Column() as other) if not own.type.fields:
                scale = max(own.type.scale, other.type.scale)
                if own.name in left and other.name not in left:
                    found.append((own, other, scale))
                elif other.name in left and own.name not in left:
                    found.append((other, own, scale))
    return found


def _join_key(parts: list[tuple[Column, int]]) -> Callable[[_Row], tuple[object, ...] | None]:
    """What pairs must agree in, numbers of all types at one scale; None where a part is NULL."""
    factors = [(column.name, 10 ** (scale - column.type.scale)) for column, scale in parts]

    def key(row: _Row) -> tuple[object, ...] | None:
        pairs = [(row.values[name], factor) for name, factor in factors]
        if any(value is None for value, _ in pairs):
            return None
        return tuple(value * factor if isinstance(value, int) else value for value, factor in pairs)

    return key
