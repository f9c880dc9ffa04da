"""What can never be proven, and why. In: a rewritten plan. Out: diagnostics, none where all is well.

A proof covers a bounded set of signed rows, and gives what anyone would compute from them. So it needs
a window wherever a stream would be aggregated, joined, ranked or listed without end; it cannot use the
processor's clock, an unsigned source, or code that it does not know. What could be proven and has no circuit
yet is no matter of this module, but of :mod:`zkql.plan.stages`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.errors import Diagnostic, Label
from zkql.plan.calls import Analytic
from zkql.plan.expressions import (
    Column,
    Comparator,
    Comparison,
    Expression,
    as_written,
    calls_of,
    columns_of,
    conjuncts,
    is_private,
)
from zkql.plan.functions.aggregates import Function
from zkql.plan.functions.scalars import known
from zkql.plan.lineage import Bound, bounds, origin
from zkql.plan.listing import PROVEN
from zkql.plan.nodes import Aggregate, Join, Limit, Node, Over, Scan, Union, Window, WindowKind, is_stream
from zkql.plan.schema import StreamSchema, TableSchema
from zkql.plan.walk import expressions_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zkql.errors import Span
    from zkql.plan.calls import Named

CLOCKS = frozenset(
    (
        "PROCTIME",
        "CURRENT_TIMESTAMP",
        "NOW",
        "LOCALTIMESTAMP",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "LOCALTIME",
        "CURRENT_ROW_TIMESTAMP",
    )
)
_PATTERNS = frozenset(("REGEXP_EXTRACT", "REGEXP", "REGEXP_REPLACE", "SIMILAR"))


def unprovable(plan: Node) -> tuple[Diagnostic, ...]:
    """Every reason why a plan cannot be proven."""
    found: list[Diagnostic] = []
    for node in walk(plan):
        found += _node(node)
    if not found:
        found += _result(plan)
    return tuple(dict.fromkeys(found))


def _node(node: Node) -> Iterator[Diagnostic]:
    for expression in expressions_of(node):
        yield from _expression(expression)
    match node:
        case Scan(TableSchema() as table) if table.time is not None:
            yield _refusal(
                "ZKQL0313",
                f"nobody signs {table.name!r}, so its rows could be anything",
                node.span,
                f"nearest provable form: CREATE STREAM {table.name} (…) SIGNED BY column",
            )
        case Aggregate() if is_stream(node.input) and not _is_windowed(node, {k.name for k in node.keys}):
            yield _unbounded_aggregate(node)
        case Over():
            for named in node.calls:
                yield from _over(node, named)
        case Join() if is_stream(node.left) and is_stream(node.right) and not _is_bounded_join(node):
            yield _refusal(
                "ZKQL0316",
                "an unbounded join: it lets rows meet however far apart in time",
                node.span,
                "nearest form, planned: join both in one window (… AND a.window_start = b.window_start AND "
                "a.window_end = b.window_end)",
                "or bound the time: b.time BETWEEN a.time AND a.time + INTERVAL '10' MINUTE",
            )
        case Limit() if is_stream(node.input):
            what = "ORDER BY" if node.count is None else "LIMIT"
            yield _refusal(
                "ZKQL0319",
                f"{what} needs all rows, and a stream never ends",
                node.span,
                "leave it out, and sort the result"
                if node.count is None
                else f"{_form_of_listed(node)}: ROW_NUMBER() OVER (PARTITION BY window_start, window_end "
                f"ORDER BY …) AS n in a subquery, and WHERE n <= {node.count} around it",
            )


def _expression(expression: Expression) -> Iterator[Diagnostic]:
    for call in calls_of(expression):
        if call.function in CLOCKS:
            yield _refusal(
                "ZKQL0312",
                f"{call.function} is the processor's clock, which nobody signs",
                call.span,
                "nearest provable form: the event time of the rows",
            )
        elif call.function in _PATTERNS and is_private(call.operands[0]):
            yield _refusal(
                "ZKQL0314",
                "a regular expression over a private string cannot be proven",
                call.span,
                "nearest provable form: =, IN or LIKE 'prefix%', or a PUBLIC column",
            )
        elif not known(call.function):
            yield _refusal(
                "ZKQL0315",
                f"{call.function} is code that zkql does not see, so nothing can be proven about it",
                call.span,
                "nearest provable form: zkql's own functions; those of users, in WebAssembly, are planned",
            )


# --- windows ----------------------------------------------------------------------------------------


def _is_windowed(node: Node, among: set[str]) -> bool:
    """Whether the columns named have start and end of one window."""
    found: dict[Window, set[Bound]] = {}
    for name, (window, bound) in bounds(node).items():
        if name in among:
            found.setdefault(window, set()).add(bound)
    return any({Bound.START, Bound.END} <= own for own in found.values())


def _unbounded_aggregate(node: Aggregate) -> Diagnostic:
    if isinstance(node.input, Union) and not node.calls:
        return _refusal(
            "ZKQL0302",
            "UNION leaves out duplicates, and a stream never ends",
            node.span,
            "nearest form, planned: UNION ALL",
        )
    windows = bounds(node.input)
    names = {bound: name for name, (_, bound) in windows.items()}
    if {Bound.START, Bound.END} <= set(names):
        keys = [names[Bound.START], names[Bound.END]]
        keys += [as_written(k.expression) for k in node.keys if k.name not in names.values()]
        place = node.keys[0].span if node.keys else None
        clause = "GROUP BY" if node.calls or place else "SELECT DISTINCT"
        return _refusal(
            "ZKQL0304",
            f"{clause} must name {' and '.join(keys[:2])}: without them the result never ends",
            place or node.span,
            f"nearest provable form: {clause} {', '.join(keys)}",
        )
    return _refusal(
        "ZKQL0302",
        "a stream never ends, so an aggregate over all of it can never be proven",
        node.span,
        *_with_window(node, grouped=True),
        label="a window is missing",
    )


def _with_window(node: Node, *, grouped: bool) -> tuple[str, ...]:
    streams = [n.relation for n in walk(node) if isinstance(n, Scan) and isinstance(n.relation, StreamSchema)]
    if not streams:
        return ()
    stream = streams[0]
    form = f"FROM TABLE(TUMBLE(TABLE {stream.name}, DESCRIPTOR({stream.time}), INTERVAL '10' SECOND))"
    end = " … GROUP BY window_start, window_end" if grouped else ""
    return (f"nearest {'provable form' if grouped else 'form, planned'}: {form}{end}",)


def _over(node: Over, named: Named) -> Iterator[Diagnostic]:
    call = named.call
    assert isinstance(call, Analytic)
    if not is_stream(node.input):
        return
    partition = {e.name for e in call.partition if isinstance(e, Column)}
    if _is_windowed(node.input, partition):
        return
    first = call.order[0] if call.order else None
    timely = (
        first is not None
        and not first.descending
        and isinstance(first.expression, Column)
        and origin(node.input, first.expression.name).is_event_time
        and not any(isinstance(n, Join | Union) for n in walk(node.input))  # whose rows come in any order
    )
    bounded = call.frame is not None and call.frame.start is not None
    if timely and (bounded or call.function in (Function.LAG, Function.ROW_NUMBER)):
        return
    ranked = call.function in PROVEN
    form = _form_of_listed(node) if ranked else "nearest form, planned"
    yield _refusal(
        "ZKQL0320",
        f"{call.function} over a stream without end changes with every row that comes",
        call.span,
        f"{form}: PARTITION BY window_start, window_end, … over a window function",
        *(() if ranked else ("or, ordered by event time: ROWS BETWEEN n PRECEDING AND CURRENT ROW",)),
    )


def _form_of_listed(node: Node) -> str:
    """How rows of a window in order are named as the nearest form: whether they have a circuit, they
    have it where the rows are those of one stream in TUMBLE windows."""
    below = list(walk(node))
    streams = sum(isinstance(n, Scan) and isinstance(n.relation, StreamSchema) for n in below)
    kinds = {n.kind for n in below if isinstance(n, Window)}
    proven = streams == 1 and kinds <= {WindowKind.TUMBLE}
    proven = proven and not any(isinstance(n, Aggregate | Union) for n in below)
    return "nearest provable form" if proven else "nearest form, planned"


# --- joins ------------------------------------------------------------------------------------------


def _is_bounded_join(join: Join) -> bool:
    """Whether partners share a window, or lie within a bounded time of each other."""
    left, right = {c.name for c in join.left.columns}, {c.name for c in join.right.columns}
    equal: set[Bound] = set()
    upper, lower = set[str](), set[str]()
    both = bounds(join)
    for part in conjuncts(join.condition):
        if not isinstance(part, Comparison):
            continue
        a, b = part.left, part.right
        if part.operator is Comparator.EQUAL and isinstance(a, Column) and isinstance(b, Column):
            ours, theirs = both.get(a.name), both.get(b.name)
            if ours and theirs and ours[1] is theirs[1] and _alike(ours[0], theirs[0]):
                equal.add(ours[1])
        for time, other, operator in ((a, b, part.operator), (b, a, _mirrored(part.operator))):
            if not isinstance(time, Column) or not _is_time(join, time.name):
                continue
            read = {c.name for c in columns_of(other)}
            opposite = right if time.name in left else left
            if not read or not read <= opposite:
                continue
            if operator in (Comparator.GREATER, Comparator.AT_LEAST, Comparator.EQUAL):
                lower.add(time.name)
            if operator in (Comparator.LESS, Comparator.AT_MOST, Comparator.EQUAL):
                upper.add(time.name)
    return {Bound.START, Bound.END} <= equal or bool(upper & lower)


def _alike(left: Window, right: Window) -> bool:
    return (left.kind, left.size, left.slide, left.offset) == (
        right.kind,
        right.size,
        right.slide,
        right.offset,
    )


def _is_time(node: Node, name: str) -> bool:
    made = origin(node, name)
    return made.is_event_time or made.bound is not None


def _mirrored(operator: Comparator) -> Comparator:
    pairs = {
        Comparator.LESS: Comparator.GREATER,
        Comparator.AT_MOST: Comparator.AT_LEAST,
        Comparator.GREATER: Comparator.LESS,
        Comparator.AT_LEAST: Comparator.AT_MOST,
    }
    return pairs.get(operator, operator)


# --- the whole --------------------------------------------------------------------------------------


def _result(plan: Node) -> Iterator[Diagnostic]:
    if not is_stream(plan):
        scan = next(n for n in walk(plan) if isinstance(n, Scan))
        yield _refusal(
            "ZKQL0321",
            "the query reads no stream, so nothing in it is signed and there is nothing to prove",
            scan.span,
            "read a table beside a stream: … FROM stream JOIN table ON …",
        )
    elif not any(isinstance(n, Window) for n in walk(plan)):
        scan = next(n for n in walk(plan) if isinstance(n, Scan) and is_stream(n))
        yield _refusal(
            "ZKQL0302",
            "a stream never ends, and a proof covers the rows of a window",
            scan.span,
            *_with_window(plan, grouped=False),
            label="a window is missing",
        )


def _refusal(code: str, message: str, span: Span | None, *notes: str, label: str = "") -> Diagnostic:
    labels = () if span is None else (Label(span, label),)
    return Diagnostic(code, message, labels, notes)
