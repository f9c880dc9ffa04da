"""Where a column of a plan comes from: a scan, a window, or the node that computes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zkql.plan.expressions import Column
from zkql.plan.nodes import Aggregate, Filter, Join, Limit, Node, Over, Project, Scan, Union, Window


class Bound(StrEnum):
    """The columns that a window adds."""

    START = "window_start"
    END = "window_end"
    TIME = "window_time"


@dataclass(frozen=True, slots=True)
class Origin:
    """The node that makes a column, and its name there."""

    node: Node
    name: str

    @property
    def bound(self) -> Bound | None:
        """Which bound of a window it is, if any."""
        if not isinstance(self.node, Window) or self.name not in self.node.names:
            return None
        return tuple(Bound)[self.node.names.index(self.name)]

    @property
    def is_event_time(self) -> bool:
        """Whether it is the event time of a stream or table, where a table may compute it."""
        scan = self.node.input if isinstance(self.node, Project) else self.node
        return isinstance(scan, Scan) and self.name == scan.relation.time


def origin(node: Node, name: str) -> Origin:
    """Follow a column down to where it is made, past everything that only passes it on."""
    match node:
        case Scan():
            return Origin(node, name)
        case Union(nodes, names):
            position = names.index(name)
            made = [origin(own, own.columns[position].name) for own in nodes]
            same = {m.bound for m in made} != {None} and all(_alike(m, made[0]) for m in made)
            return made[0] if same else Origin(node, name)
        case Filter() | Limit():
            return origin(node.input, name)
        case Window(_, _, _, names=names):
            return Origin(node, name) if name in names else origin(node.input, name)
        case Project(source, outputs):
            output = next(o.expression for o in outputs if o.name == name)
            return origin(source, output.name) if isinstance(output, Column) else Origin(node, name)
        case Aggregate(source, keys, _):
            key = next((k.expression for k in keys if k.name == name), None)
            return origin(source, key.name) if isinstance(key, Column) else Origin(node, name)
        case Over(source, calls):
            return Origin(node, name) if name in {c.name for c in calls} else origin(source, name)
        case Join(left, right):
            side = left if name in {c.name for c in left.columns} else right
            return origin(side, name)


def _alike(left: Origin, right: Origin) -> bool:
    """Whether both are the same bound of windows that are cut alike."""
    a, b = left.node, right.node
    if left.bound is not right.bound or not isinstance(a, Window) or not isinstance(b, Window):
        return False
    return (a.kind, a.size, a.slide, a.offset) == (b.kind, b.size, b.slide, b.offset)


def bounds(node: Node) -> dict[str, tuple[Window, Bound]]:
    """The columns of a node that are bounds of windows."""
    found: dict[str, tuple[Window, Bound]] = {}
    for column in node.columns:
        made = origin(node, column.name)
        if (bound := made.bound) is not None:
            assert isinstance(made.node, Window)
            found[column.name] = (made.node, bound)
    return found
