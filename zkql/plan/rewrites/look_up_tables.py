"""Find the partners in tables whose rows are known when the query is compiled.

before  r2 := Join[r0, r1] id = meter / 10       after  r1 := Filter[r0] NOT (zones[meter / 10].row IS NULL)
        r3 := Project[r2] load, name                    r2 := Project[r1] load, zones[meter / 10].name AS name

A row has one partner at most, so a join with such a table computes columns of the row, and leaves out rows
that have none: then it needs no stage of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.plan.calls import Output
from zkql.plan.expressions import (
    Call,
    Comparator,
    Comparison,
    Expression,
    Not,
    Row,
    as_written,
    columns_of,
    conjunction,
    conjuncts,
    substituted,
)
from zkql.plan.functions.tables import look_up
from zkql.plan.interpret import interpret
from zkql.plan.nodes import Filter, Join, Node, Project, Scan
from zkql.plan.rewrites.push_filters import push_filters
from zkql.plan.scalar import EvaluationError, evaluate
from zkql.plan.schema import TableSchema
from zkql.plan.types import BOOLEAN, SqlType, Value, format_value
from zkql.plan.walk import bottom_up, walk

if TYPE_CHECKING:
    from collections.abc import Mapping


def look_up_tables(plan: Node) -> Node:
    """Replace each join of which one side is known, where its key tells the rows of that side apart."""
    if not any(isinstance(node, Join) and _sides(node) is not None for node in walk(plan)):
        return plan
    return bottom_up(push_filters(plan), _looked_up)


def obstacle(join: Join) -> str | None:
    """Why a join with a table that is known is no such column; None for other joins."""
    found = _partners(join)
    return found if isinstance(found, str) else None


def is_known(node: Node) -> bool:
    """Whether all that a node reads is known when the query is compiled."""
    scans = [n.relation for n in walk(node) if isinstance(n, Scan)]
    return all(isinstance(relation, TableSchema) and relation.rows is not None for relation in scans)


@dataclass(frozen=True, slots=True)
class _Partners:
    """What stands in for a join: for each row of ``source`` the ``key`` and, in the table, the rows by it.
    ``before`` is what the join asks of a row before that, ``after`` what else it asks for."""

    source: Node
    table: Node
    key: Expression
    rows: Mapping[Value, Row]
    before: tuple[Expression, ...]
    after: tuple[Expression, ...]


def _looked_up(node: Node) -> Node:
    if not isinstance(node, Join):
        return node
    found = _partners(node)
    if not isinstance(found, _Partners):
        return node
    name = _name(found.table)
    keys, rows = tuple(found.rows), found.rows.values()

    def column(own: str, values: tuple[Value | None, ...], kind: SqlType, *, nullable: bool) -> Call:
        shown = f"{name}.{own.rpartition('.')[2]}"
        return look_up(shown, found.key, keys, values, kind, nullable=nullable)

    made = {
        c.name: column(c.name, tuple(r[c.name] for r in rows), c.type, nullable=c.nullable)
        for c in found.table.columns
    }
    partner = column("row", (1,) * len(keys), BOOLEAN, nullable=True)
    matched = Not(Call("IS NULL", (partner,), BOOLEAN, nullable=False))
    after = (substituted(part, made) for part in found.after)
    wanted = conjunction((*found.before, matched, *after))
    assert wanted is not None
    outputs = (Output(c.name, made.get(c.name, c)) for c in node.columns)
    return Project(Filter(found.source, wanted, span=node.span), tuple(outputs), span=node.span)


def _partners(join: Join) -> _Partners | str | None:
    """What to look up; else why not, None where no side is known."""
    sides = _sides(join)
    if sides is None:
        return None
    source, table = sides
    try:
        rows = interpret(table, {})
    except EvaluationError as error:
        return f"{_name(table)} has no value: {error}"
    parts = conjuncts(join.condition)
    reason = "no column of the table is equal to a value of the row: ON table.column = …"
    for part in parts:
        pair = _equated(part, {c.name for c in source.columns}, {c.name for c in table.columns})
        if pair is None:
            continue
        by_key = _by_key(rows, *pair)
        if not isinstance(by_key, str):
            names = {c.name for c in source.columns}
            first = parts[: parts.index(part)]
            before = tuple(p for p in first if {c.name for c in columns_of(p)} <= names)
            after = tuple(p for p in parts if p is not part and p not in before)
            return _Partners(source, table, pair[0], by_key, before, after)
        reason = f"{by_key}, and a row has one partner at most"
    return reason


def _sides(join: Join) -> tuple[Node, Node] | None:
    """The side that is not known when the query is compiled, and the one that is."""
    match is_known(join.left), is_known(join.right):
        case False, True:
            return join.left, join.right
        case True, False:
            return join.right, join.left
    return None


def _equated(part: Expression, ours: set[str], theirs: set[str]) -> tuple[Expression, Expression] | None:
    """The sides of an equation, of the row and of the table."""
    if not isinstance(part, Comparison) or part.operator is not Comparator.EQUAL:
        return None
    for own, other in ((part.left, part.right), (part.right, part.left)):
        read, read_there = ({c.name for c in columns_of(side)} for side in (own, other))
        if read and read_there and read <= ours and read_there <= theirs:
            return own, other
    return None


def _by_key(
    rows: list[dict[str, Value | None]], own: Expression, other: Expression
) -> dict[Value, Row] | str:
    """The rows of the table by what ``own`` has to be; or which two rows are alike."""
    found: dict[Value, Row] = {}
    for row in rows:
        try:
            value = evaluate(other, row)
        except EvaluationError as error:
            return f"{as_written(other)} has no value: {error}"
        key = _at_scale(value, other.type, own.type)
        if key is None or not own.type.contains(key):
            continue
        if key in found:
            return f"two of its rows have {format_value(key, own.type)!r} as {as_written(other)}"
        found[key] = row
    return found


def _at_scale(value: Value | None, kind: SqlType, wanted: SqlType) -> Value | None:
    """The value as another type has it; None for what no value of that type is equal to."""
    if not isinstance(value, int) or kind.scale == wanted.scale:
        return value
    if kind.scale < wanted.scale:
        return value * int(10 ** (wanted.scale - kind.scale))
    whole, rest = divmod(value, int(10 ** (kind.scale - wanted.scale)))
    return None if rest else whole


def _name(table: Node) -> str:
    """What explain calls it."""
    scans = dict.fromkeys(n.relation.name for n in walk(table) if isinstance(n, Scan))
    return "_".join(scans)
