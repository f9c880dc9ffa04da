"""A plan as text: ``r0 := Scan bid`` … In: a plan. Out: one line a node, inputs first."""

from __future__ import annotations

from typing import assert_never

from zkql.plan.expressions import render
from zkql.plan.nodes import (
    END,
    START,
    TIME,
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


def describe(node: Node, names: tuple[str, ...]) -> str:
    """One node of a printed plan; ``names`` stand for its inputs."""
    source = ", ".join(names[: len(inputs(node))])
    match node:
        case Scan(relation):
            return f"Scan {relation.name}"
        case Window():
            return _describe_window(node, source)
        case Filter(_, predicate):
            return f"Filter[{source}] {render(predicate)}"
        case Aggregate(_, keys, ()):
            return f"Distinct[{source}] {', '.join(map(str, keys))}"
        case Aggregate(_, keys, calls):
            by = f" by {', '.join(map(str, keys))}" if keys else ""
            return f"Aggregate[{source}] {', '.join(map(str, calls))}{by}"
        case Project(_, outputs):
            return f"Project[{source}] {', '.join(map(str, outputs))}"
        case Over(_, calls):
            return f"Over[{source}] {', '.join(map(str, calls))}"
        case Join():
            kind = "LookupJoin" if node.lookup else "Join"
            return f"{kind}[{source}] {render(node.condition)}"
        case Union():
            return f"Union[{source}]"
        case Limit(_, order, count, skip):
            by = f" by {', '.join(map(str, order))}" if order else ""
            rows = ("" if count is None else f" first {count}") + (f" after {skip}" if skip else "")
            return f"{'Sort' if count is None else 'Limit'}[{source}]{rows}{by}"
    assert_never(node)


def _describe_window(node: Window, source: str) -> str:
    text = f"{node.kind.capitalize()}[{source}] {node.time} {duration(node.size)}"
    if node.slide:
        text += f" every {duration(node.slide)}"
    if node.offset:
        text += f" offset {duration(node.offset)}"
    if node.partition:
        text += f" by {', '.join(c.name for c in node.partition)}"
    return text if node.names == (START, END, TIME) else f"{text} AS {', '.join(node.names)}"


def duration(milliseconds: int) -> str:
    """``10 s``, ``1 day``, ``250 ms``."""
    for unit, size in (("day", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds} ms"


def numbered(node: Node) -> list[tuple[Node, tuple[str, ...]]]:
    """Each distinct node once, inputs first, with the names of its inputs; the i-th is called ``ri``."""
    names: dict[int, str] = {}
    found: list[tuple[Node, tuple[str, ...]]] = []
    equal: dict[Node, str] = {}

    def name(own: Node) -> str:
        if id(own) in names:
            return names[id(own)]
        sources = tuple(map(name, inputs(own)))
        if own not in equal:
            equal[own] = f"r{len(found)}"
            found.append((own, sources))
        names[id(own)] = equal[own]
        return equal[own]

    name(node)
    return found


def lines(node: Node) -> list[str]:
    """``r0 := …`` for each node, inputs first."""
    return [f"r{i} := {describe(n, names)}" for i, (n, names) in enumerate(numbered(node))]
