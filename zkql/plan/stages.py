"""Cut a logical plan into what is evaluated natively and what goes into a circuit.

The native part reads public columns only; the processor evaluates it, and the verifier again. The
circuit gets the rest: predicates and aggregates that touch a private column. Everything here is
plain data that the bundle stores and the verifier reads; nothing here needs the compiler.
"""

from __future__ import annotations

from dataclasses import dataclass

from zkql.plan.expressions import (
    Column,
    Comparison,
    Literal,
    Logical,
    Not,
    Operand,
    Predicate,
    Truth,
    conjunction,
    conjuncts,
    is_private,
)
from zkql.plan.nodes import Aggregation, Filter, Output, Project
from zkql.plan.schema import StreamSchema

Shown = Column | Predicate
"""A public value of a row that a circuit needs: the verifier puts it there itself."""


@dataclass(frozen=True, slots=True)
class CircuitPlan:
    """What one proof states about the rows of one window and group.

    ``calls`` are positions in :attr:`StagedPlan.calls`.
    """

    capacity: int
    predicate: Predicate | None
    shown: tuple[Shown, ...]
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """A query as processor and verifier run it. ``circuit`` is None where nothing is private."""

    stream: StreamSchema
    size: int
    offset: int
    predicate: Predicate | None
    keys: tuple[Column, ...]
    calls: tuple[Aggregation, ...]
    outputs: tuple[Output, ...]
    circuit: CircuitPlan | None

    def window_start(self, time: int) -> int:
        """Start of the window that an event time (ms) falls into."""
        return time - (time - self.offset) % self.size

    @property
    def hides_rows(self) -> bool:
        """Whether a private predicate decides which rows count."""
        return self.circuit is not None and self.circuit.predicate is not None


def stage(plan: Project, capacity: int) -> StagedPlan:
    """Cut a logical plan."""
    aggregate = plan.input
    filtered = aggregate.input
    window = filtered.input if isinstance(filtered, Filter) else filtered
    parts = conjuncts(filtered.predicate if isinstance(filtered, Filter) else None)
    public = conjunction(tuple(p for p in parts if not is_private(p)))
    private = conjunction(tuple(p for p in parts if is_private(p)))

    proven = tuple(
        i
        for i, call in enumerate(aggregate.calls)
        if private is not None or (call.argument is not None and call.argument.private)
    )
    circuit = None
    if proven:
        arguments = (aggregate.calls[i].argument for i in proven)
        wanted: list[Shown] = [a for a in arguments if a is not None and not a.private]
        wanted += _public_parts(private)
        circuit = CircuitPlan(capacity, private, tuple(dict.fromkeys(wanted)), proven)
    return StagedPlan(
        stream=window.input.stream,
        size=window.size,
        offset=window.offset,
        predicate=public,
        keys=aggregate.keys,
        calls=aggregate.calls,
        outputs=plan.outputs,
        circuit=circuit,
    )


def _public_parts(predicate: Predicate | None) -> list[Shown]:
    """The largest public parts of a private predicate: whole conditions, else single columns."""
    if predicate is None:
        return []
    if not is_private(predicate):
        return [predicate]
    match predicate:
        case Comparison(_, left, right):
            return [*_public_column(left), *_public_column(right)]
        case Logical(_, operands):
            return [part for operand in operands for part in _public_parts(operand)]
        case Not(operand):
            return _public_parts(operand)
        case Truth():
            return []


def _public_column(operand: Operand) -> list[Shown]:
    match operand:
        case Column(private=False):
            return [operand]
        case Column() | Literal():
            return []
