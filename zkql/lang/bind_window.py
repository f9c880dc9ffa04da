"""Windows: Flink's table functions, and the group window functions that came before them.

In: a relation and a window as written. Out: the relation under a :class:`Window` node, with
window_start, window_end and window_time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from zkql.errors import did_you_mean, query_error
from zkql.lang.bind_expression import milliseconds
from zkql.lang.relation import Relation, Visible, unique
from zkql.lang.report import two_places
from zkql.lang.syntax import bare, span_of
from zkql.plan.nodes import END, START, TIME, Window, WindowKind
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from zkql.errors import Span
    from zkql.lang.syntax import Interval, WindowTable
    from zkql.plan.expressions import Column

_FORMS = {
    WindowKind.TUMBLE: "a size and, if wanted, an offset",
    WindowKind.HOP: "a slide, a size and, if wanted, an offset",
    WindowKind.CUMULATE: "a step, a size and, if wanted, an offset",
    WindowKind.SESSION: "a gap",
}
_SLIDES = (WindowKind.HOP, WindowKind.CUMULATE)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Size (or gap), slide (or step) and offset of a window, in milliseconds."""

    size: int
    slide: int = 0
    offset: int = 0


def bind_window_table(written: WindowTable, relation: Relation) -> Relation:
    """``TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), …))`` over the table's relation."""
    name = written.function.text.upper()
    if name not in WindowKind.__members__:
        raise query_error(
            "ZKQL0206",
            f"{name} is no window function",
            written.function.span,
            *did_you_mean(name, WindowKind.__members__),
        )
    kind = WindowKind[name]
    time = _time_column(relation, written.time_column.text, None, written.time_column.span)
    partition = tuple(relation.resolve(n.text, None, n.span).column for n in written.partition)
    if partition and kind is not WindowKind.SESSION:
        raise query_error(
            "ZKQL0209", f"{kind} takes no PARTITION BY", written.partition[0].span, "put it into GROUP BY"
        )
    lengths = _lengths(kind, written.intervals, written.function.span)
    return windowed(relation, kind, time.column, lengths, partition, written.span)


def windowed(
    relation: Relation,
    kind: WindowKind,
    time: Column,
    lengths: Lengths,
    partition: tuple[Column, ...],
    span: Span,
) -> Relation:
    """A relation with a window's columns added."""
    taken = {c.name for c in relation.node.columns}
    start, end, last = (unique(name, taken) for name in (START, END, TIME))
    node = Window(
        relation.node,
        kind,
        time.name,
        lengths.size,
        lengths.slide,
        lengths.offset,
        partition,
        (start, end, last),
        span=span,
    )
    columns = node.columns[-3:]
    tables = {v.table for v in relation.visible}
    table = tables.pop() if len(tables) == 1 else None
    added = (
        Visible(table, name, column, time=name == TIME)
        for name, column in zip((START, END, TIME), columns, strict=True)
    )
    return Relation(node, (*relation.visible, *added))


def _time_column(relation: Relation, name: str, table: str | None, span: Span) -> Visible:
    visible = relation.resolve(name, table, span)
    if visible.time:
        return visible
    times = [v.name for v in relation.visible if v.time]
    notes = [f"write {times[0]}"] if times else ["declare it: WATERMARK FOR column AS column"]
    raise two_places(
        "ZKQL0208",
        f"windows follow the event time{f', which is {times[0]!r}' if times else ', and there is none'}",
        span,
        visible.declared,
        "declared here",
        *notes,
    )


def _lengths(kind: WindowKind, intervals: tuple[Interval, ...], span: Span) -> Lengths:
    least = 2 if kind in _SLIDES else 1
    most = 1 if kind is WindowKind.SESSION else least + 1
    if not least <= len(intervals) <= most:
        raise query_error("ZKQL0209", f"{kind} takes {_FORMS[kind]}", span)
    spans = [i.span for i in intervals]
    values = [milliseconds(i) for i in intervals]
    for value, place in zip(values[:least], spans, strict=False):
        if value <= 0:
            raise query_error("ZKQL0210", "a window must be longer than nothing", place)
    size = values[least - 1]
    slide = values[0] if kind in _SLIDES else 0
    if slide and size % slide:
        raise query_error(
            "ZKQL0211",
            f"{'the slide' if kind is WindowKind.HOP else 'the step'} must divide the size",
            spans[0].to(spans[1]),
            "as in Flink, whose windows are made of slices of this length",
        )
    offset = values[least] if len(values) > least else 0
    return Lengths(size, slide, offset % (slide if kind is WindowKind.HOP else size))


# --- group windows ----------------------------------------------------------------------------------

_BOUNDS = {"START": START, "END": END, "ROWTIME": TIME, "PROCTIME": TIME}


@dataclass(frozen=True, slots=True)
class GroupWindow:
    """``TUMBLE(time, size)`` in GROUP BY; ``time`` is the plan's column."""

    kind: WindowKind
    time: Visible
    lengths: Lengths
    span: Span


def group_window(expression: exp.Expression, relation: Relation) -> GroupWindow | None:
    """A group window function; None if it is none. As in Flink, HOP takes slide, then size."""
    call = bare(expression)
    if not isinstance(call, exp.Anonymous) or call.name.upper() not in ("TUMBLE", "HOP", "SESSION"):
        return None
    return _group_window(call, WindowKind[call.name.upper()], relation)


def group_window_bound(call: exp.Anonymous, relation: Relation) -> tuple[GroupWindow, str] | None:
    """``TUMBLE_START(time, size)`` and its like: the window, and which of its columns is meant."""
    kind, _, bound = call.name.upper().partition("_")
    if kind not in ("TUMBLE", "HOP", "SESSION") or bound not in _BOUNDS:
        return None
    return _group_window(call, WindowKind[kind], relation), _BOUNDS[bound]


def _group_window(call: exp.Anonymous, kind: WindowKind, relation: Relation) -> GroupWindow:
    span = span_of(call)
    time, *rest = [bare(e) for e in call.expressions] or [exp.Null()]
    if not isinstance(time, exp.Column) or not all(isinstance(e, exp.Interval) for e in rest):
        raise query_error("ZKQL0209", f"{call.name.upper()} takes the event time and {_FORMS[kind]}", span)
    visible = _time_column(relation, time.name, time.table or None, span_of(time))
    if visible.column.type.kind is not Kind.TIMESTAMP:
        raise query_error("ZKQL0208", "windows follow a TIMESTAMP(3)", span_of(time))
    intervals = tuple(e.meta["interval"] for e in rest)
    return GroupWindow(kind, visible, _lengths(kind, intervals, span), span)
