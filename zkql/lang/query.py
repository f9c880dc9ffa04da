"""A bound query: the plan, and where in the text each part of it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zkql.errors import Source, Span
    from zkql.lang.syntax import Select
    from zkql.plan.nodes import Project
    from zkql.plan.schema import StreamSchema


@dataclass(frozen=True, slots=True)
class Origins:
    """Spans of the text: the row declaration, the WHERE clause, each aggregate call."""

    stream: Span
    where: Span | None
    calls: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What the compiler works on. ``capacity`` is the most rows that one proof takes."""

    source: Source
    stream: StreamSchema
    plan: Project
    capacity: int
    origins: Origins
    select: Select
