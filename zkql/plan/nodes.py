"""The logical plan: frozen nodes that know their own columns.

``r0 := Scan bid`` … :func:`lines` prints a plan in that form, one node a line, inputs first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from zkql.plan.expressions import Column, Predicate, render
from zkql.plan.schema import StreamSchema
from zkql.plan.types import BIGINT, SqlType, average_type, sum_type


class Function(StrEnum):
    """Aggregate functions."""

    COUNT = "COUNT"
    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    AVG = "AVG"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One aggregate call; ``argument`` is None for COUNT(*)."""

    function: Function
    argument: Column | None

    @property
    def type(self) -> SqlType:
        """The SQL type of the result."""
        if self.function is Function.COUNT or self.argument is None:
            return BIGINT
        match self.function:
            case Function.SUM:
                return sum_type(self.argument.type)
            case Function.AVG:
                return average_type(self.argument.type)
            case _:
                return self.argument.type

    def __str__(self) -> str:
        return f"{self.function}({self.argument.name if self.argument else '*'})"


class Bound(StrEnum):
    """The columns that a window adds."""

    START = "window_start"
    END = "window_end"
    TIME = "window_time"


@dataclass(frozen=True, slots=True)
class Key:
    """A grouping column, by position."""

    index: int


@dataclass(frozen=True, slots=True)
class Result:
    """An aggregate, by position."""

    index: int


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the result."""

    name: str
    type: SqlType
    source: Bound | Key | Result


@dataclass(frozen=True, slots=True)
class Scan:
    """All rows of a stream."""

    stream: StreamSchema


@dataclass(frozen=True, slots=True)
class Window:
    """Disjoint windows ``[k · size + offset, (k + 1) · size + offset)`` in milliseconds."""

    input: Scan
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows on which the predicate is true."""

    input: Window
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One row a window and key."""

    input: Window | Filter
    keys: tuple[Column, ...]
    calls: tuple[Aggregation, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """The columns of the result, in order."""

    input: Aggregate
    outputs: tuple[Output, ...]


Node = Scan | Window | Filter | Aggregate | Project


def inputs_first(node: Node) -> tuple[Node, ...]:
    """The chain from scan to ``node``."""
    return (node,) if isinstance(node, Scan) else (*inputs_first(node.input), node)


def describe(node: Node, name: str) -> str:
    """One node of a printed plan; ``name`` stands for its input."""
    match node:
        case Scan(stream):
            return f"Scan {stream.name}"
        case Window(_, size, offset):
            shift = f", offset {offset} ms" if offset else ""
            return f"Tumble[{name}] {size} ms{shift}"
        case Filter(_, predicate):
            return f"Filter[{name}] {render(predicate)}"
        case Aggregate(_, keys, calls):
            by = f" by {', '.join(k.name for k in keys)}" if keys else ""
            return f"Aggregate[{name}] {', '.join(map(str, calls))}{by}"
        case Project(_, outputs):
            return f"Project[{name}] {', '.join(o.name for o in outputs)}"
    assert_never(node)


def lines(node: Node) -> list[str]:
    """``r0 := …`` for each node, inputs first."""
    return [f"r{i} := {describe(n, f'r{i - 1}')}" for i, n in enumerate(inputs_first(node))]
