"""Walk a plan and change it. In: a plan. Out: its nodes and expressions, or another plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import assert_never

from zkql.plan.calls import Analytic, Named, Output, SortKey
from zkql.plan.expressions import Column, Expression, columns_of, rebuilt
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
    inputs,
)


def with_inputs(node: Node, change: Callable[[Node], Node]) -> Node:
    """The same node over changed inputs."""
    match node:
        case Scan():
            return node
        case Join(left, right):
            return replace(node, left=change(left), right=change(right))
        case Union(nodes):
            return replace(node, inputs=tuple(map(change, nodes)))
        case _:
            return replace(node, input=change(node.input))


def bottom_up(node: Node, change: Callable[[Node], Node]) -> Node:
    """``change`` applied to every node, inputs first."""
    return change(with_inputs(node, lambda i: bottom_up(i, change)))


def walk(node: Node) -> Iterator[Node]:
    """Every node, inputs first; a node that is read twice comes twice."""
    for source in inputs(node):
        yield from walk(source)
    yield node


def expressions_of(node: Node) -> tuple[Expression, ...]:
    """The expressions that a node itself evaluates, over the columns of its inputs."""
    match node:
        case Scan() | Union():
            return ()
        case Window():
            return (*(c for c in node.input.columns if c.name == node.time), *node.partition)
        case Filter(_, predicate):
            return (predicate,)
        case Project(_, outputs):
            return tuple(o.expression for o in outputs)
        case Aggregate(_, keys, calls):
            return (*(k.expression for k in keys), *(e for c in calls for e in c.call.expressions))
        case Over(_, calls):
            return tuple(e for c in calls for e in c.call.expressions)
        case Join(_, _, condition):
            return (condition,)
        case Limit(_, order):
            return tuple(key.expression for key in order)
    assert_never(node)


def over_expressions(node: Node, change: Callable[[Expression], Expression]) -> Node:
    """The same node with its own expressions changed; those that must be columns must stay columns."""

    def key(sort: SortKey) -> SortKey:
        return replace(sort, expression=change(sort.expression))

    def output(own: Output) -> Output:
        return replace(own, expression=change(own.expression))

    def named(own: Named) -> Named:
        call = own.call
        call = replace(
            call,
            arguments=tuple(map(change, call.arguments)),
            filter=None if call.filter is None else change(call.filter),
            order=tuple(map(key, call.order)),
        )
        if isinstance(call, Analytic):
            call = replace(call, partition=tuple(map(change, call.partition)))
        return Named(own.name, call)

    match node:
        case Scan() | Union():
            return node
        case Window():
            changed = tuple(map(change, node.partition))
            partition = tuple(c for c in changed if isinstance(c, Column))
            assert len(partition) == len(changed)
            return replace(node, partition=partition)
        case Filter(_, predicate):
            return replace(node, predicate=change(predicate))
        case Project(_, outputs):
            return replace(node, outputs=tuple(map(output, outputs)))
        case Aggregate(_, keys, calls):
            return replace(node, keys=tuple(map(output, keys)), calls=tuple(map(named, calls)))
        case Over(_, calls):
            return replace(node, calls=tuple(map(named, calls)))
        case Join(_, _, condition):
            return replace(node, condition=change(condition))
        case Limit(_, order):
            return replace(node, order=tuple(map(key, order)))
    assert_never(node)


def align(node: Node) -> Node:
    """Every column as its input has it: whether it is private or may be NULL changes where a plan does."""

    def one(own: Node) -> Node:
        known = {c.name: c for source in inputs(own) for c in source.columns}

        def change(expression: Expression) -> Expression:
            if isinstance(expression, Column):
                return replace(known[expression.name], span=expression.span)
            return rebuilt(expression, change)

        return over_expressions(own, change)

    return bottom_up(node, one)


def check(node: Node) -> None:
    """Every column that a node reads is there, as it is there, and no schema has a name twice. Raises
    ``AssertionError``: a plan that fails is a fault of the binder or of a rewrite."""
    for own in walk(node):
        names = [c.name for c in own.columns]
        assert len(set(names)) == len(names), (type(own).__name__, names)
        known = {c.name: c for source in inputs(own) for c in source.columns}
        for expression in expressions_of(own):
            for column in columns_of(expression):
                assert known.get(column.name) == column, (type(own).__name__, column, known)
        if isinstance(own, Union):
            assert all(len(i.columns) == len(names) for i in own.inputs), names
