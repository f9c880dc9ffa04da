"""Aggregate and analytic calls, sort keys and outputs: the parts of plan nodes, which know their types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkql.plan.expressions import Column, Expression, is_private, render
from zkql.plan.functions.aggregates import Function, result_nullable, result_type
from zkql.plan.types import SqlType

if TYPE_CHECKING:
    from collections.abc import Collection

    from zkql.errors import Span


@dataclass(frozen=True, slots=True)
class SortKey:
    """``expression ASC|DESC NULLS FIRST|LAST``. Where the text does not say, NULLs are smallest, as in
    Flink."""

    expression: Expression
    descending: bool = False
    nulls_first: bool = True

    def __str__(self) -> str:
        order = " DESC" if self.descending else ""
        default = self.nulls_first is not self.descending
        nulls = "" if default else f" NULLS {'FIRST' if self.nulls_first else 'LAST'}"
        return f"{render(self.expression)}{order}{nulls}"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One aggregate call. COUNT(*) has no arguments. ``order`` is that of WITHIN GROUP."""

    function: Function
    arguments: tuple[Expression, ...] = ()
    distinct: bool = False
    filter: Expression | None = None
    order: tuple[SortKey, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def argument(self) -> Expression | None:
        """The first argument; None for COUNT(*)."""
        return self.arguments[0] if self.arguments else None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything it reads."""
        filtered = () if self.filter is None else (self.filter,)
        return (*self.arguments, *filtered, *(key.expression for key in self.order))

    @property
    def type(self) -> SqlType:
        """The SQL type of the result."""
        return result_type(self.function, self.operand_types)

    @property
    def operand_types(self) -> tuple[SqlType, ...]:
        """Types of the arguments, and after them of the order's keys."""
        return tuple(e.type for e in (*self.arguments, *(key.expression for key in self.order)))

    @property
    def nullable(self) -> bool:
        """Whether it is NULL over no rows, or over NULLs only."""
        return result_nullable(self.function)

    def __str__(self) -> str:
        inner = ", ".join(map(render, self.arguments)) or ("" if self.order else "*")
        text = f"{self.function}({'DISTINCT ' if self.distinct else ''}{inner})"
        if self.order:
            text += f" WITHIN GROUP (ORDER BY {', '.join(map(str, self.order))})"
        return text if self.filter is None else f"{text} FILTER (WHERE {render(self.filter)})"


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows that an OVER call sees: offsets from the current row (``rows``), or from its order key
    (milliseconds, or the key's unscaled units); None is unbounded."""

    rows: bool
    start: int | None
    end: int | None

    def __str__(self) -> str:
        start, end = _bound(self.start, "PRECEDING"), _bound(self.end, "FOLLOWING")
        return f"{'ROWS' if self.rows else 'RANGE'} {start} TO {end}"


def _bound(offset: int | None, side: str) -> str:
    if offset is None:
        return f"UNBOUNDED {side}"
    if not offset:
        return "CURRENT ROW"
    return f"{abs(offset)} {'PRECEDING' if offset < 0 else 'FOLLOWING'}"


@dataclass(frozen=True, slots=True)
class Analytic:
    """One ``function(…) OVER (PARTITION BY … ORDER BY … frame)``. ``frame`` is None for functions
    that have none (ROW_NUMBER, RANK, …, LAG, LEAD)."""

    function: Function
    arguments: tuple[Expression, ...]
    partition: tuple[Expression, ...]
    order: tuple[SortKey, ...]
    frame: Frame | None
    filter: Expression | None = None
    distinct: bool = False
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything it reads."""
        filtered = () if self.filter is None else (self.filter,)
        return (*self.arguments, *filtered, *self.partition, *(key.expression for key in self.order))

    @property
    def type(self) -> SqlType:
        """The SQL type of the result."""
        return result_type(self.function, tuple(a.type for a in self.arguments))

    @property
    def nullable(self) -> bool:
        """Whether it may be NULL."""
        return result_nullable(self.function)

    def __str__(self) -> str:
        inner = ", ".join(map(render, self.arguments)) or ("*" if self.function is Function.COUNT else "")
        text = f"{self.function}({'DISTINCT ' if self.distinct else ''}{inner})"
        if self.filter is not None:
            text += f" FILTER (WHERE {render(self.filter)})"
        inside = []
        if self.partition:
            inside.append(f"PARTITION BY {', '.join(map(render, self.partition))}")
        if self.order:
            inside.append(f"ORDER BY {', '.join(map(str, self.order))}")
        if self.frame is not None:
            inside.append(str(self.frame))
        return f"{text} OVER ({' '.join(inside)})"


@dataclass(frozen=True, slots=True)
class Output:
    """A named expression: a column of a result, a grouping key."""

    name: str
    expression: Expression
    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def column(self) -> Column:
        """What those who read it see."""
        e = self.expression
        return Column(self.name, e.type, is_private(e), e.nullable)

    def __str__(self) -> str:
        shown = render(self.expression)
        return shown if shown == self.name else f"{shown} AS {self.name}"


@dataclass(frozen=True, slots=True)
class Named:
    """An aggregate or analytic call and the column that it makes."""

    name: str
    call: Aggregation | Analytic

    def __str__(self) -> str:
        return f"{self.call} AS {self.name}"


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or one like it that is not taken."""
    while name in taken:
        name += "_"
    return name


def made(named: Named, hidden: bool) -> Column:
    """The column that a call makes; ``hidden`` says whether which rows count is private."""
    call = named.call
    private = hidden or any(is_private(e) for e in call.expressions)
    return Column(named.name, call.type, private, call.nullable)
