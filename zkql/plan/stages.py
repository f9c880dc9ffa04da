"""A query as processor and verifier run it: what is evaluated natively, and what a circuit proves.

The native part reads public columns only; the processor evaluates it, and the verifier again. The
circuit gets the rest: conditions and aggregates that touch a private column. Everything here is plain data
that the bundle stores and the verifier reads; :mod:`zkql.plan.cut` makes it from a logical plan.
"""

from __future__ import annotations

from dataclasses import dataclass

from zkql.plan.calls import Aggregation, Output
from zkql.plan.expressions import Expression, columns_of, is_private
from zkql.plan.lineage import Bound
from zkql.plan.schema import StreamSchema


@dataclass(frozen=True, slots=True)
class CircuitPlan:
    """What one proof states about the rows of one window and group.

    ``shown`` are the public values of a row that the circuit needs: the verifier puts them there itself.
    ``calls`` are positions in :attr:`StagedPlan.calls`.
    """

    capacity: int
    predicate: Expression | None
    shown: tuple[Expression, ...]
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BoundName:
    """What the outputs call a bound of the window."""

    name: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """One stage: tumbling windows of one stream, filtered, grouped, aggregated.

    ``window`` is a condition on the window alone, over columns called as in :class:`Bound`. ``having`` and
    ``outputs`` read the columns that ``bounds``, ``keys`` and ``names`` (of the calls) make, each its own.
    ``circuit`` is None where nothing is private.
    """

    stream: StreamSchema
    size: int
    offset: int
    window: Expression | None
    predicate: Expression | None
    bounds: tuple[BoundName, ...]
    keys: tuple[Output, ...]
    calls: tuple[Aggregation, ...]
    names: tuple[str, ...]
    having: Expression | None
    outputs: tuple[Output, ...]
    circuit: CircuitPlan | None

    def window_start(self, time: int) -> int:
        """Start of the window that an event time (ms) falls into."""
        return time - (time - self.offset) % self.size

    def __post_init__(self) -> None:
        names = [*(b.name for b in self.bounds), *(k.name for k in self.keys), *self.names]
        if len(set(names)) != len(names):
            raise ValueError(f"a name stands for two things: {names}")
        if any(c is not None and is_private(c) for c in (self.window, self.predicate, self.having)):
            raise ValueError("what is private needs a circuit")

    @property
    def hides_rows(self) -> bool:
        """Whether a private predicate decides which rows count."""
        return self.circuit is not None and self.circuit.predicate is not None

    @property
    def results(self) -> tuple[str, ...]:
        """The result columns that come from aggregates."""
        made = set(self.names)
        return tuple(o.name for o in self.outputs if {c.name for c in columns_of(o.expression)} & made)
