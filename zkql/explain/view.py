"""A plan as every format shows it: one box a node. In: a logical plan, its costs. Out: :class:`Box`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from zkql.plan.expressions import conjuncts, render
from zkql.plan.nodes import Aggregate, Filter, Join, Limit, Node, Over, Project, Window
from zkql.plan.text import describe, numbered

if TYPE_CHECKING:
    from zkql.errors import Span
    from zkql.explain.cost import Costs
    from zkql.plan.expressions import Column


class Place(StrEnum):
    """Where a node is evaluated."""

    NATIVE = "native"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class Box:
    """One plan node. ``text`` is its line in the printed plan; ``details`` are what stands behind its kind,
    one call or column each; ``made`` are the columns that its input has not. ``place`` and ``constraints``
    are None while they are not known."""

    name: str
    kind: str
    text: str
    details: tuple[str, ...]
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]
    made: tuple[Column, ...]
    place: Place | None
    constraints: int | None
    span: Span | None


def boxes(plan: Node, costs: Costs | None = None, *, staged: bool = False) -> tuple[Box, ...]:
    """The nodes of a plan, inputs first. ``staged`` says that the plan has been cut, so that what has no
    constraints is native."""
    own = costs.by_node() if costs else {}
    proven = costs.proven if costs else frozenset[str]()
    found: list[Box] = []
    for i, (node, names) in enumerate(numbered(plan)):
        name, text = f"r{i}", describe(node, names)
        kind, _, detail = text.partition(f"[{', '.join(names)}]" if names else " ")
        found.append(
            Box(
                name=name,
                kind=kind,
                text=text,
                details=_details(node, detail.strip()),
                inputs=names,
                columns=node.columns,
                made=_made(node),
                place=(Place.PROVEN if name in proven else Place.NATIVE) if staged else None,
                constraints=own.get(name, 0) if staged else None,
                span=node.span,
            )
        )
    return tuple(found)


def _made(node: Node) -> tuple[Column, ...]:
    match node:
        case Window():
            return node.columns[-len(node.names) :]
        case Over(_, calls):
            return node.columns[-len(calls) :]
        case Filter() | Limit() | Join():
            return ()
        case _:
            return node.columns


def _details(node: Node, detail: str) -> tuple[str, ...]:
    """A call or an output a line; else what the printed plan has."""
    match node:
        case Aggregate(_, keys, calls) if calls:
            by = (f"by {', '.join(map(str, keys))}",) if keys else ()
            return (*map(str, calls), *by)
        case Over(_, calls):
            return tuple(map(str, calls))
        case Project(_, outputs):
            return tuple(map(str, outputs))
        case Filter(_, condition) | Join(_, _, condition):
            first, *others = map(render, conjuncts(condition))
            return (first, *(f"AND {other}" for other in others))
        case _:
            return (detail,) if detail else ()


def column_text(column: Column) -> str:
    """``price DECIMAL(12, 2) NULL PRIVATE``: what it is, and what is out of the ordinary about it."""
    marks = (" NULL" if column.nullable else "") + (" PRIVATE" if column.private else "")
    return f"{column.name} {column.type}{marks}"
