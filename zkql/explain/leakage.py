"""Who learns what from a query: derived from the plan, column by column.

In: a staged plan. Out: statements. What is listed under the consumer is all that the envelope holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.plan.nodes import Result

if TYPE_CHECKING:
    from zkql.plan.stages import StagedPlan


@dataclass(frozen=True, slots=True)
class Leakage:
    """What the parties learn, each a list of phrases."""

    consumer: tuple[str, ...]
    hidden: tuple[str, ...]
    processor: tuple[str, ...]
    others: tuple[str, ...]


def leakage(plan: StagedPlan) -> Leakage:
    """The leakage statement of a plan."""
    stream = plan.stream
    results = [o.name for o in plan.outputs if isinstance(o.source, Result)]
    consumer = [
        "the bounds of every window",
        f"of every row: {stream.device} (the device), its sequence number, {stream.time}",
        *(f"of every row: {c.name}" for c in stream.public_columns),
        "how many rows each device has in each window, and its next heartbeat or row: of that row the "
        "same as above, ahead of its own window",
        "of every row: a commitment, the same for every query over the stream, which links its uses",
        f"the result: {', '.join(results)}",
    ]
    hidden = [f"{c.name} of any row" for c in stream.private_columns]
    if plan.circuit is not None and plan.circuit.predicate is not None:
        consumer.append("whether any row of a window or group passes the private part of WHERE")
        hidden.append("which rows pass the private part of WHERE, and how many (unless counted)")
    if plan.circuit is not None:
        hidden.append("what the results do not imply: over few rows an aggregate tells much about each")
    return Leakage(
        consumer=tuple(consumer),
        hidden=tuple(hidden),
        processor=("every column of every row: it holds the plaintext",),
        others=("nothing: envelopes go to the consumer only, who alone decides to pass them on",),
    )
