"""What a query can name: streams, tables, views and functions, as they are declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkql.errors import did_you_mean, query_error
from zkql.lang.bind_stream import BoundStream
from zkql.lang.relation import Relation, Visible
from zkql.lang.report import AlreadyReported, two_places
from zkql.plan.nodes import Scan

if TYPE_CHECKING:
    from zkql.errors import Span
    from zkql.lang.bind_table import BoundTable
    from zkql.lang.syntax import Name


@dataclass(frozen=True, slots=True)
class BoundView:
    """A view: its plan, and its columns."""

    relation: Relation
    name: Span


@dataclass(slots=True)
class Catalog:
    """Declarations so far. ``broken`` names were declared and refused, which was reported."""

    streams: dict[str, BoundStream] = field(default_factory=dict)
    tables: dict[str, BoundTable] = field(default_factory=dict)
    views: dict[str, BoundView] = field(default_factory=dict)
    functions: dict[str, Span] = field(default_factory=dict)
    broken: dict[str, Span] = field(default_factory=dict)

    def check_new(self, name: Name, what: str) -> None:
        """Raise if something is called so already."""
        for declared in (self.streams, self.tables, self.views):
            if name.text in declared:
                raise two_places(
                    "ZKQL0201",
                    f"{what} {name.text!r} is declared twice",
                    name.span,
                    declared[name.text].name,
                    "first declared here",
                )
        if name.text in self.broken:
            raise two_places(
                "ZKQL0201",
                f"{what} {name.text!r} is declared twice",
                name.span,
                self.broken[name.text],
                "first declared here",
            )

    def relation(self, name: Name) -> Relation:
        """What FROM has under a name."""
        text = name.text
        if text in self.broken:
            raise AlreadyReported
        if text in self.streams:
            return _scan(self.streams[text], name)
        if text in self.tables:
            return self.tables[text].relation
        if text in self.views:
            return self.views[text].relation
        known = (*self.streams, *self.tables, *self.views)
        raise query_error("ZKQL0205", f"{text!r} is not declared", name.span, *did_you_mean(text, known))


def _scan(stream: BoundStream, name: Name) -> Relation:
    node = Scan(stream.schema, span=name.span)
    visible = tuple(
        Visible(name.text, c.name, c, time=c.name == stream.schema.time, declared=stream.spans[c.name])
        for c in node.columns
    )
    return Relation(node, visible)
