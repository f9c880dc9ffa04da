"""Rows one by one, ranked with OVER: the other shape that has a circuit. In: a logical plan. Out: its
:class:`ListShape` if it has that shape, what has no circuit in it yet, and its stage.

    SELECT … FROM (SELECT …, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY x) AS n
                   FROM TABLE(TUMBLE(…)) WHERE …) WHERE n <= 3
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.plan.calls import Analytic, Named, Output, free_name
from zkql.plan.codes import has_code
from zkql.plan.expressions import (
    Column,
    Comparator,
    Comparison,
    Expression,
    Literal,
    as_written,
    columns_of,
    conjunction,
    conjuncts,
    is_private,
    rebuilt,
    render,
    substituted,
)
from zkql.plan.functions.aggregates import ANALYTIC, Function
from zkql.plan.gaps import (
    in_expression,
    in_stream,
    in_value,
    may_fail_beside,
    of_window,
    planned,
    shown_parts,
    without_code,
)
from zkql.plan.lineage import Bound, bounds
from zkql.plan.nodes import Filter, Node, Over, Project, Scan, Window, WindowKind
from zkql.plan.rewrites.failing import may_be_an_error
from zkql.plan.schema import StreamSchema
from zkql.plan.stages import AtMost, BoundName, CircuitPlan, Limits, Listing, StagedPlan

if TYPE_CHECKING:
    from zkql.errors import Diagnostic, Span

_RANKS = frozenset((Function.ROW_NUMBER, Function.RANK, Function.DENSE_RANK))
PROVEN = _RANKS | {
    Function.PERCENT_RANK,
    Function.CUME_DIST,
    Function.NTILE,
    Function.LAG,
    Function.LEAD,
}

WITH_OVER = f"circuits have with OVER: {', '.join(sorted(PROVEN))}"
_MIRRORED = {
    Comparator.EQUAL: Comparator.EQUAL,
    Comparator.NOT_EQUAL: Comparator.NOT_EQUAL,
    Comparator.LESS: Comparator.GREATER,
    Comparator.AT_MOST: Comparator.AT_LEAST,
    Comparator.GREATER: Comparator.LESS,
    Comparator.AT_LEAST: Comparator.AT_MOST,
}


@dataclass(frozen=True, slots=True)
class ListShape:
    """Top down: the outputs, conditions on ranks, the calls, conditions on rows, the window."""

    project: Project | None
    ranked: tuple[Filter, ...]
    over: Over
    filters: tuple[Filter, ...]
    window: Window
    stream: StreamSchema

    @property
    def calls(self) -> tuple[Analytic, ...]:
        """The calls with OVER."""
        return tuple(n.call for n in self.over.calls if isinstance(n.call, Analytic))

    @property
    def keys(self) -> tuple[Output, ...]:
        """What tells the partitions of a window apart, each under the name of its own."""
        window, taken = set(bounds(self.window)), {c.name for c in self.over.columns}
        found = []
        for key in dict.fromkeys(self.calls[0].partition):
            if isinstance(key, Column):
                found += [] if key.name in window else [Output(key.name, key)]
            elif columns_of(key):  # a constant tells nothing apart
                name = free_name(render(key), taken)
                taken.add(name)
                found.append(Output(name, key))
        return tuple(found)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What is selected, from the keys where these are all that it reads."""
        if self.project is None:
            return tuple(Output(c.name, c) for c in self.over.columns)
        return tuple(self._of_keys(output) for output in self.project.outputs)

    def _of_keys(self, output: Output) -> Output:
        keyed = _keyed(output.expression, {k.expression: k.column for k in self.keys})
        read = {c.name for c in columns_of(keyed)}
        known = {k.name for k in self.keys} | set(bounds(self.window))
        return replace(output, expression=keyed) if read <= known else output


def filters_of(node: Node) -> tuple[tuple[Filter, ...], Node]:
    """The filters on top of a node, those first that are asked first, and what they filter."""
    found: list[Filter] = []
    while isinstance(node, Filter):
        found.insert(0, node)
        node = node.input
    return tuple(found), node


def list_shape(plan: Node) -> ListShape | None:
    """The shape of a plan, if it is this one."""
    project, node = (plan, plan.input) if isinstance(plan, Project) else (None, plan)
    ranked, node = filters_of(node)
    if not isinstance(node, Over):
        return None
    filters, below = filters_of(node.input)
    if not isinstance(below, Window) or below.kind is not WindowKind.TUMBLE:
        return None
    if not isinstance(below.input, Scan) or not isinstance(below.input.relation, StreamSchema):
        return None
    return ListShape(project, ranked, node, filters, below, below.input.relation)


# --- what has no circuit ----------------------------------------------------------------------------


def listing_gaps(shape: ListShape, declared: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """Everything that has no circuit yet. ``declared`` says where the stream's columns stand."""
    yield from in_stream(shape.stream, declared)
    first = shape.calls[0]
    for call in shape.calls:
        if call.function not in PROVEN:
            yield planned(f"{call.function} OVER has", call.span, WITH_OVER, *_alone(call))
        for argument in call.arguments:
            if not isinstance(argument, Literal) and not has_code(argument.type):
                yield without_code(f"{call.function} of {argument.type} has", argument, call.span)
        yield from in_value(call)
    other = next((c for c in shape.calls if (c.partition, c.order) != (first.partition, first.order)), None)
    if other is not None:
        yield planned(
            "OVER with another PARTITION BY or ORDER BY beside it has",
            other.span,
            "nearest provable form: a query for each; all OVER of a query share one",
        )
    yield from _in_partition(shape.window, first)
    yield from _in_rows(shape, first)
    limits = 0
    for filter_ in shape.ranked:
        for part in conjuncts(filter_.predicate):
            limits += _limit(shape, part) is not None
            if _limit(shape, part) is None:
                yield planned(
                    f"WHERE {as_written(part)} over ranked rows has",
                    part.span or filter_.span,
                    "nearest provable form: one condition like n <= 3 on ROW_NUMBER, RANK or DENSE_RANK",
                )
    if limits > 1:
        yield planned("more than one condition on ranks has", shape.ranked[0].span)
    if not any(is_private(e) for e in _expressions(shape)):
        yield planned(
            "listing rows whose columns are all public has",
            shape.over.span or first.span,
            "the consumer has these rows, and can rank them itself",
        )


def _alone(call: Analytic) -> tuple[str, ...]:
    """The aggregate that has a circuit, where a call with OVER has none."""
    if call.function in ANALYTIC:
        return ()
    return (f"nearest provable form: {call.function} with GROUP BY window_start, window_end",)


def _in_partition(window: Window, call: Analytic) -> Iterator[Diagnostic]:
    names = {bound: name for name, (_, bound) in bounds(window).items()}
    ends = [names[Bound.START], names[Bound.END]]
    if not set(ends) <= {key.name for key in call.partition if isinstance(key, Column)}:
        yield planned(
            f"{call.function} OVER rows of several windows has",
            call.span,
            f"nearest provable form: PARTITION BY {', '.join(ends)}, …",
        )
    for key in call.partition:
        if not isinstance(key, Column) and {c.name for c in columns_of(key)} & set(names.values()):
            yield planned("PARTITION BY what is computed from the window's bounds has", key.span or call.span)
        elif is_private(key):
            yield planned(
                f"PARTITION BY {as_written(key)}, which is private, has",
                key.span or call.span,
                "nearest provable form: PARTITION BY window_start, window_end and public columns",
            )


def _in_rows(shape: ListShape, call: Analytic) -> Iterator[Diagnostic]:
    window = {name for name, _ in bounds(shape.window).items()}
    for expression in _expressions(shape):
        read = {c.name for c in columns_of(expression)}
        if read & window:
            yield planned(
                "the window's bounds inside what is computed of each row have", expression.span or call.span
            )
        elif not isinstance(expression, Literal) and not has_code(expression.type):
            yield planned(
                f"{expression.type} in a row of the result has",
                expression.span or call.span,
                "nearest provable form: VARCHAR(11) or shorter, or leave it out",
            )
        else:
            yield from in_expression(expression)
    parts = [p for f in shape.filters for p in conjuncts(f.predicate)]
    first = next((i for i, p in enumerate(parts) if is_private(p)), None)
    for part in parts:
        if {c.name for c in columns_of(part)} & window and not of_window(part, shape.window):
            yield planned("the window's bounds beside columns in WHERE have", part.span or call.span)
    for index, part in enumerate(parts):
        if is_private(part):
            yield from in_expression(part)
        elif first is not None and index > first and may_be_an_error(part):
            yield may_fail_beside(part, "a private condition", part.span)
    for key in shape.keys:
        if first is not None and may_be_an_error(key.expression):
            yield may_fail_beside(key.expression, "a private condition", key.expression.span or call.span)
    ranks = {n.name: n.call.function for n in shape.over.calls}
    for output in shape.outputs:
        names = {c.name for c in columns_of(output.expression)}
        computed = {str(ranks[name]) for name in names & ranks.keys()}
        if computed and not isinstance(output.expression, Column):
            yield planned(
                f"computing with {', '.join(sorted(computed))} ({as_written(output.expression)}) has",
                output.span,
                "nearest provable form: select what it is computed from; the consumer computes the rest",
            )
        elif shape.ranked and names and may_be_an_error(output.expression):
            yield may_fail_beside(output.expression, "a limit of rows", output.span)


def _expressions(shape: ListShape) -> Iterator[Expression]:
    """What a circuit computes of each row."""
    call = shape.calls[0]
    yield from (key.expression for key in call.order)
    yield from (e for c in shape.calls for e in c.arguments if not isinstance(e, Literal))
    yield from (v.expression for v in _cells(shape)[0])


# --- the stage --------------------------------------------------------------------------------------


def _cells(shape: ListShape) -> tuple[tuple[Output, ...], tuple[Named, ...], tuple[Output, ...]]:
    """The values of a row and the calls that are shown, and the outputs that read them."""
    own = {n.name: n for n in shape.over.calls}
    window = set(bounds(shape.window))
    partition = {k.name for k in shape.keys}
    values: list[Output] = []
    calls: list[Named] = []
    outputs: list[Output] = []
    taken = window | partition | set(own)
    for output in shape.outputs:
        read = {c.name for c in columns_of(output.expression)}
        if isinstance(output.expression, Column) and output.expression.name in own:
            named = own[output.expression.name]
            calls += [] if named in calls else [named]
            outputs.append(output)
        elif read <= window | partition:
            outputs.append(output)
        else:
            name = free_name(output.name, taken)
            taken.add(name)
            values.append(replace(output, name=name))
            kind, nullable = output.expression.type, output.expression.nullable
            outputs.append(replace(output, expression=Column(name, kind, True, nullable, span=output.span)))
    return tuple(values), tuple(calls), tuple(outputs)


def _keyed(expression: Expression, keys: Mapping[Expression, Column]) -> Expression:
    """The expression over the keys that it is made of."""
    if expression in keys:
        return replace(keys[expression], span=expression.span)
    return rebuilt(expression, lambda operand: _keyed(operand, keys))


def _limit(shape: ListShape, condition: Expression) -> AtMost | None:
    """The limit that a condition sets: ``n <= 3``, ``n < 4``, ``n = 1``, ``3 >= n``."""
    own = {n.name: n.call for n in shape.over.calls}
    if not isinstance(condition, Comparison):
        return None
    left, right, operator = condition.left, condition.right, condition.operator
    if isinstance(left, Literal):
        left, right, operator = right, left, _MIRRORED[operator]
    if not isinstance(left, Column) or not isinstance(right, Literal) or not right.type.is_integer:
        return None
    call, number = own.get(left.name), right.value
    if not isinstance(call, Analytic) or call.function not in _RANKS or not isinstance(number, int):
        return None
    match operator:
        case Comparator.AT_MOST:
            most = number
        case Comparator.LESS:
            most = number - 1
        case Comparator.EQUAL if number == 1:
            most = number
        case _:
            return None
    return AtMost(call, most) if most >= 1 else None


def staged_listing(shape: ListShape, limits: Limits) -> StagedPlan:
    """The stage of a plan without gaps."""
    parts = [p for f in shape.filters for p in conjuncts(f.predicate)]
    of_windows = tuple(p for p in parts if of_window(p, shape.window))
    public = conjunction(tuple(p for p in parts if not is_private(p) and p not in of_windows))
    private = conjunction(tuple(p for p in parts if is_private(p)))
    canonical = {
        c.name: replace(c, name=str(b)) for c, b in zip(shape.window.columns[-3:], Bound, strict=True)
    }
    values, calls, outputs = _cells(shape)
    ranks = [limit for f in shape.ranked for p in conjuncts(f.predicate) if (limit := _limit(shape, p))]
    first = shape.calls[0]
    listing = Listing(first.order, values, calls, ranks[0] if ranks else None)
    room = CircuitPlan.room(shape.stream, limits, shape.keys)
    read = [*([] if private is None else [private]), *listing.expressions]
    shown = dict.fromkeys(part for e in read for part in shown_parts(e))
    window = {name: bound for name, (_, bound) in bounds(shape.window).items()}
    return StagedPlan(
        stream=shape.stream,
        size=shape.window.size,
        offset=shape.window.offset,
        window=conjunction(tuple(substituted(p, canonical) for p in of_windows)),
        predicate=public,
        bounds=tuple(BoundName(name, bound) for name, bound in window.items()),
        keys=shape.keys,
        calls=(),
        names=(),
        having=None,
        outputs=outputs,
        circuit=CircuitPlan(*room, private, tuple(shown), (), 1, (), listing),
    )
