"""The logical plan: frozen nodes that know their own columns.

Every node computes ``columns``, its output schema, from its inputs; names are unique within a schema. Spans
say where a node comes from and are not part of what it means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from zkql.plan.calls import Named, Output, SortKey, made
from zkql.plan.expressions import Column, Expression, is_private
from zkql.plan.schema import StreamSchema, TableSchema
from zkql.plan.types import TIMESTAMP

if TYPE_CHECKING:
    from zkql.errors import Span

START, END, TIME = "window_start", "window_end", "window_time"
"""The columns that a window adds."""


class WindowKind(StrEnum):
    """Flink's window table functions."""

    TUMBLE = "TUMBLE"
    HOP = "HOP"
    CUMULATE = "CUMULATE"
    SESSION = "SESSION"


# --- nodes (without slots: they remember their columns) ---------------------------------------------


@dataclass(frozen=True)
class Scan:
    """All rows of a stream or table."""

    relation: StreamSchema | TableSchema
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """As declared; computed columns of a table are added by a :class:`Project`."""
        return tuple(Column(c.name, c.type, c.private, c.nullable) for c in self.relation.columns)


@dataclass(frozen=True)
class Window:
    """Each row once for every window that it falls into, with the window's bounds, in milliseconds.

    TUMBLE: ``[k·size + offset, …)``. HOP: the same, starting every ``slide``. CUMULATE: growing by
    ``slide`` up to ``size``. SESSION: rows of one ``partition`` at most ``size`` apart; ``slide`` is 0
    where it means nothing.
    """

    input: Node
    kind: WindowKind
    time: str
    size: int
    slide: int = 0
    offset: int = 0
    partition: tuple[Column, ...] = ()
    names: tuple[str, str, str] = (START, END, TIME)
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The input's, and the window's start, end and time (its last millisecond): these are public, also
        where the event time is not, since each window is proven by itself."""
        added = (Column(name, TIMESTAMP, private=False, nullable=False) for name in self.names)
        return (*self.input.columns, *added)


@dataclass(frozen=True)
class Filter:
    """Rows on which the predicate is true (neither false nor NULL)."""

    input: Node
    predicate: Expression
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The input's."""
        return self.input.columns


@dataclass(frozen=True)
class Project:
    """One row of expressions for each row."""

    input: Node
    outputs: tuple[Output, ...]
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The outputs."""
        return tuple(o.column for o in self.outputs)


@dataclass(frozen=True)
class Aggregate:
    """One row a group; without keys one row, also over no rows. Without calls: DISTINCT."""

    input: Node
    keys: tuple[Output, ...]
    calls: tuple[Named, ...]
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Keys, then calls. A call is private if anything that it reads is, or which rows count."""
        hidden = hides_rows(self.input)
        return (*(k.column for k in self.keys), *(made(c, hidden) for c in self.calls))


@dataclass(frozen=True)
class Over:
    """Each row, with the calls' values added."""

    input: Node
    calls: tuple[Named, ...]
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The input's, then the calls."""
        hidden = hides_rows(self.input)
        return (*self.input.columns, *(made(c, hidden) for c in self.calls))


@dataclass(frozen=True)
class Join:
    """Inner join: pairs of rows on which the condition is true. ``lookup`` is FOR SYSTEM_TIME AS OF:
    the table as it is when the row is seen."""

    left: Node
    right: Node
    condition: Expression
    lookup: bool = False
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Left, then right; no name is in both."""
        return (*self.left.columns, *self.right.columns)


@dataclass(frozen=True)
class Union:
    """UNION ALL: the rows of all inputs, under ``names``. Column by column the inputs have one type."""

    inputs: tuple[Node, ...]
    names: tuple[str, ...]
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Private or nullable where any input's is."""
        return tuple(
            Column(name, own[0].type, any(c.private for c in own), any(c.nullable for c in own))
            for name, own in zip(self.names, zip(*(i.columns for i in self.inputs), strict=True), strict=True)
        )


@dataclass(frozen=True)
class Limit:
    """ORDER BY … LIMIT count OFFSET skip: ``count`` is None where all rows are kept, in order."""

    input: Node
    order: tuple[SortKey, ...]
    count: int | None
    skip: int = 0
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The input's."""
        return self.input.columns


Node = Scan | Window | Filter | Project | Aggregate | Over | Join | Union | Limit


def hides_rows(node: Node) -> bool:
    """Whether which rows there are is private."""
    if isinstance(node, Scan) and isinstance(node.relation, StreamSchema):
        return node.relation.is_chained
    if isinstance(node, Filter) and is_private(node.predicate):
        return True
    if isinstance(node, Join) and is_private(node.condition):
        return True
    if isinstance(node, Aggregate):
        return any(is_private(k.expression) for k in node.keys)
    if (
        isinstance(node, Limit)
        and node.count is not None
        and any(is_private(k.expression) for k in node.order)
    ):
        return True
    return any(map(hides_rows, inputs(node)))


def is_stream(node: Node) -> bool:
    """Whether rows of a stream, without end, come out of a node."""
    if isinstance(node, Scan):
        return isinstance(node.relation, StreamSchema) or node.relation.time is not None
    return any(map(is_stream, inputs(node)))


# --- walking --------------------------------------------------------------------------------------


def inputs(node: Node) -> tuple[Node, ...]:
    """The nodes that a node reads."""
    match node:
        case Scan():
            return ()
        case Join(left, right):
            return (left, right)
        case Union(nodes):
            return nodes
        case _:
            return (node.input,)
