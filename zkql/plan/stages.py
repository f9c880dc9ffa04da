"""A query as processor and verifier run it: what is evaluated natively, and what a circuit proves.

The native part reads public columns only; the processor evaluates it, and the verifier again. The
circuit gets the rest: conditions and aggregates that touch a private column. Everything here is plain data
that the bundle stores and the verifier reads; :mod:`zkql.plan.cut` makes it from a logical plan.
"""

from __future__ import annotations

from dataclasses import dataclass

from zkql.plan.calls import Aggregation, Analytic, Named, Output, SortKey
from zkql.plan.expressions import Column, Expression, columns_of, is_private
from zkql.plan.functions.aggregates import Function
from zkql.plan.lineage import Bound
from zkql.plan.schema import StreamSchema
from zkql.plan.types import SqlType, Value


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a result: a column that the outputs read, and what it is in SQL."""

    name: str
    text: str
    type: SqlType
    nullable: bool


@dataclass(frozen=True, slots=True)
class AtMost:
    """Only rows whose rank, by a function with OVER, is at most ``most``."""

    call: Analytic
    most: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows one by one, in the order of OVER (equal rows as they came): of each the ``values``, which
    are expressions over its columns, and what ``calls`` are there."""

    order: tuple[SortKey, ...]
    values: tuple[Output, ...]
    calls: tuple[Named, ...]
    limit: AtMost | None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What a row of the result holds."""
        return (
            *(Cell(v.name, str(v), v.expression.type, v.expression.nullable) for v in self.values),
            *(Cell(c.name, str(c.call), c.call.type, c.call.nullable) for c in self.calls),
        )

    @property
    def analytics(self) -> tuple[Analytic, ...]:
        """The calls, and that of the limit."""
        calls = tuple(c.call for c in self.calls if isinstance(c.call, Analytic))
        return calls if self.limit is None else (*calls, self.limit.call)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything that it reads of a row."""
        read = (*(key.expression for key in self.order), *(v.expression for v in self.values))
        return (*read, *(e for call in self.analytics for e in call.arguments))

    def places(self, capacity: int) -> int:
        """The most rows of a result."""
        numbered = all(call.function is Function.ROW_NUMBER for call in self.analytics)
        if self.limit is None or not numbered:
            return capacity
        return min(max(self.limit.most, 1), capacity)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a proof has room for: rows (of each device, where chains are opened), groups of a private key, and
    devices whose chains are opened together."""

    rows: int
    groups: int
    devices: int = 1


@dataclass(frozen=True, slots=True)
class CircuitPlan:
    """What one proof states about the rows of one window and public group.

    ``capacity`` is how many places for rows there are. With CHAIN provenance they are those of ``chains``
    devices, each as many blocks as the next; with ROW that is 0. ``shown`` are the public values of a row
    that the circuit needs: the verifier puts them there itself. ``keys`` are the private keys, of at most
    ``groups`` groups (1 where there are none). ``calls`` are positions in :attr:`StagedPlan.calls`. With a
    ``listing`` there are rows instead of groups and calls."""

    capacity: int
    chains: int
    predicate: Expression | None
    shown: tuple[Expression, ...]
    keys: tuple[Output, ...]
    groups: int
    calls: tuple[int, ...]
    listing: Listing | None = None

    @classmethod
    def room(cls, stream: StreamSchema, limits: Limits, keys: tuple[Output, ...]) -> tuple[int, int]:
        """``capacity`` and ``chains`` of a stage with such keys. Rows of a window may begin and end within
        a block: so there is one more of them than the rows need. A group by device has one."""
        if stream.block is None:
            return limits.rows, 0
        by_device = any(isinstance(k.expression, Column) and k.expression.name == stream.device for k in keys)
        chains = 1 if by_device else limits.devices
        return chains * (-(-limits.rows // stream.block) + 1) * stream.block, chains

    @property
    def most(self) -> int:
        """The most results of a proof."""
        return self.groups if self.listing is None else self.listing.places(self.capacity)

    @property
    def hides_rows(self) -> bool:
        """Whether the consumer cannot tell which rows count."""
        return self.predicate is not None or self.chains > 0

    @property
    def is_counted(self) -> bool:
        """Whether a proof says how many results there are; else there is one."""
        return bool(self.keys) or self.listing is not None


@dataclass(frozen=True, slots=True)
class Result:
    """One row of what is proven or computed: the private keys, and the value of every cell (None for
    NULL)."""

    key: tuple[Value | None, ...]
    values: tuple[Value | None, ...]


@dataclass(frozen=True, slots=True)
class BoundName:
    """What the outputs call a bound of the window."""

    name: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """One stage: tumbling windows of one stream, filtered, grouped, aggregated.

    ``window`` is a condition on the window alone, over columns called as in :class:`Bound`. ``having`` and
    ``outputs`` read the columns that ``bounds``, ``keys`` (the public ones), the circuit's keys and ``names``
    (of the calls) make, each its own. ``circuit`` is None where nothing is private.
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
        names = [*(b.name for b in self.bounds), *(k.name for k in self.keys), *(c.name for c in self.cells)]
        names += [k.name for k in self.private_keys]
        if len(set(names)) != len(names):
            raise ValueError(f"a name stands for two things: {names}")
        if any(c is not None and is_private(c) for c in (self.window, self.predicate, self.having)):
            raise ValueError("what is private needs a circuit")

    @property
    def hides_rows(self) -> bool:
        """Whether which rows count is private: a private predicate decides it, or chains hide rows."""
        return self.circuit is not None and self.circuit.hides_rows

    @property
    def private_keys(self) -> tuple[Output, ...]:
        """The keys that only the circuit sees on each row."""
        return self.circuit.keys if self.circuit is not None else ()

    @property
    def listing(self) -> Listing | None:
        """The rows that the circuit lists, if it does."""
        return self.circuit.listing if self.circuit is not None else None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What :attr:`Result.values` are."""
        if self.listing is not None:
            return self.listing.cells
        calls = zip(self.names, self.calls, strict=True)
        return tuple(Cell(name, str(call), call.type, call.nullable) for name, call in calls)

    @property
    def is_keyed(self) -> bool:
        """Whether there is a GROUP BY beside the window: then a group without rows is no group."""
        return bool(self.keys or self.private_keys) or self.listing is not None

    @property
    def results(self) -> tuple[str, ...]:
        """The result columns that come from aggregates."""
        made = {cell.name for cell in self.cells}
        return tuple(o.name for o in self.outputs if {c.name for c in columns_of(o.expression)} & made)
