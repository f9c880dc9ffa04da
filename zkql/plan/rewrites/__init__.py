"""Rewrites of the logical plan: each a pure function of the same meaning, one file each, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zkql.plan.rewrites.choose_panes import choose_panes
from zkql.plan.rewrites.lift_projections import lift_projections
from zkql.plan.rewrites.look_up_tables import look_up_tables
from zkql.plan.rewrites.lower_windows import lower_windows
from zkql.plan.rewrites.merge_projections import merge_projections
from zkql.plan.rewrites.prune_columns import prune_columns
from zkql.plan.rewrites.push_filters import push_filters
from zkql.plan.rewrites.simplify import simplify
from zkql.plan.rewrites.split_filters import split_filters
from zkql.plan.walk import align, check

if TYPE_CHECKING:
    from zkql.plan.nodes import Node


class Rewrite(Protocol):
    """What a rewrite is."""

    __name__: str

    def __call__(self, plan: Node) -> Node:
        """A plan of the same columns and the same meaning."""


REWRITES: tuple[Rewrite, ...] = (
    look_up_tables,
    lower_windows,
    push_filters,
    lift_projections,
    merge_projections,
    simplify,
    prune_columns,
    choose_panes,
    split_filters,
)


def rewrite(plan: Node) -> Node:
    """All rewrites, in order."""
    for step in REWRITES:
        plan = align(step(plan))
        check(plan)
    return plan
