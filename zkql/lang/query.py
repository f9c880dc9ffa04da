"""A bound query: the plan, and the declarations it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zkql.errors import Source, Span
    from zkql.lang.bind_stream import BoundStream
    from zkql.lang.bind_table import BoundTable
    from zkql.lang.syntax import File
    from zkql.plan.nodes import Node


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """What planning works on. ``streams`` and ``tables`` are all that the file declares; ``functions``
    those of CREATE FUNCTION; ``target`` is the table of INSERT INTO."""

    source: Source
    file: File
    plan: Node
    streams: Mapping[str, BoundStream]
    tables: Mapping[str, BoundTable]
    functions: Mapping[str, Span]
    target: str | None
    span: Span
