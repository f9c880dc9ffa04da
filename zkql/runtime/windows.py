"""Cut devices' rows into windows. In: checked rows. Out: closed windows, and the first open one.

Signed sequence numbers and event times decide alone; when a row arrived plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.errors import input_error
from zkql.plan.types import TIMESTAMP, format_timestamp
from zkql.runtime.chains import opened
from zkql.runtime.evidence import ChainEvidence, RowEvidence
from zkql.runtime.held import OwnedChain, plain_rows
from zkql.runtime.intake import ChainLog, RowLog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zkql.plan.stages import StagedPlan
    from zkql.plan.types import Value
    from zkql.runtime.evidence import Evidence
    from zkql.runtime.held import Held
    from zkql.runtime.intake import Log
    from zkql.runtime.records import Record

MAX_WINDOWS = 100_000
"""More in one run is taken for a wrong clock rather than for a stream."""


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window that cannot be proven yet, and which devices it waits for."""

    start: int
    waiting: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """A window that can: its evidence, and what the processor holds of it."""

    start: int
    devices: tuple[Evidence, ...]
    held: tuple[Held, ...]

    def rows(self, plan: StagedPlan) -> int:
        """How many rows it has."""
        return len(plain_rows(plan, self.start, self.held))


def windows(plan: StagedPlan, logs: Mapping[Value, Log]) -> Iterator[ClosedWindow | OpenWindow]:
    """Every window from the first row's on (of chains, from that in which the first of them begins), in
    order; an open one ends the sequence."""
    chains = {device: log for device, log in logs.items() if isinstance(log, ChainLog)}
    if chains:
        return _of_chains(plan, chains)
    return _of_rows(plan, {device: log for device, log in logs.items() if isinstance(log, RowLog)})


def _of_rows(plan: StagedPlan, logs: Mapping[Value, RowLog]) -> Iterator[ClosedWindow | OpenWindow]:
    times = [row.row.time for log in logs.values() for row in log.rows]
    beats = [log.heartbeat.time for log in logs.values() if log.heartbeat]
    if not times:
        return
    start = plan.window_start(min(times))
    last = max([*times, *(beat - 1 for beat in beats)])
    _check_span(plan, start, last)
    position = dict.fromkeys(logs, 0)
    while start <= last:
        end = start + plan.size
        evidence: list[Evidence] = []
        rows: list[Held] = []
        waiting: list[Value] = []
        for device, log in logs.items():
            first = position[device]
            stop = first
            while stop < len(log.rows) and log.rows[stop].row.time < end:
                stop += 1
            closing = _closing(log, stop, end)
            if closing is None and not log.finished:
                waiting.append(device)
                continue
            own = log.rows[first:stop]
            evidence.append(RowEvidence.of(plan.stream, device, [o.row for o in own], closing))
            rows += own
            position[device] = stop
        if waiting:
            yield OpenWindow(start, tuple(waiting))
            return
        yield ClosedWindow(start, tuple(evidence), tuple(rows))
        start = end


def _of_chains(plan: StagedPlan, logs: Mapping[Value, ChainLog]) -> Iterator[ClosedWindow | OpenWindow]:
    begun = {device: log.links[0].signed for device, log in logs.items() if log.links}
    if not begun:
        return
    first = plan.window_start(min(head.state.time for head in begun.values()))
    heads = [link for log in logs.values() for link in log.links]
    last = max(link.signed.state.time - (link.block is None) for link in heads)
    _check_span(plan, first - 1, last)  # a circuit has no edge at the first of all times
    starts = range(first, last + 1, plan.size)
    if len(begun) < len(logs):
        yield OpenWindow(first, tuple(device for device in logs if device not in begun))
        return
    ends = [start + plan.size for start in starts]
    opening = {
        device: opened(log.links, log.links[0].signed.state, ends, finished=log.finished)
        for device, log in logs.items()
    }
    for start in starts:
        found = {device: next(own) for device, own in opening.items()}
        waiting = tuple(device for device, own in found.items() if own is None)
        if waiting:
            yield OpenWindow(start, waiting)
            return
        chains = [OwnedChain(device, own) for device, own in found.items() if own is not None]
        evidence = (
            ChainEvidence(own.device, begun[own.device] if start == first else None, own.opened.closing)
            for own in chains
        )
        yield ClosedWindow(start, tuple(evidence), tuple(chains))


def _check_span(plan: StagedPlan, start: int, last: int) -> None:
    low, high = TIMESTAMP.bounds
    end = plan.window_start(last) + plan.size
    if start < low or end > high:
        raise input_error("ZKQL0446", "a window reaches beyond the years 1 to 9999")
    if (end - start) // plan.size > MAX_WINDOWS:
        raise input_error(
            "ZKQL0447",
            f"there are {(end - start) // plan.size:,} windows from {format_timestamp(start)} to "
            f"{format_timestamp(end)}, and each is proven, also an empty one: at most {MAX_WINDOWS:,}",
            "look for a row or heartbeat with a wrong time, or choose longer windows",
        )


def _closing(log: RowLog, stop: int, end: int) -> Record | None:
    """What shows that the device's rows before ``end`` stop at ``stop``."""
    if stop < len(log.rows):
        return log.rows[stop].row
    beat = log.heartbeat
    if beat is not None and beat.sequence == stop and beat.time >= end:
        return beat
    return None
