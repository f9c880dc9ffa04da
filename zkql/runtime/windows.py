"""Cut devices' rows into windows. In: checked rows. Out: closed windows, and the first open one.

Signed sequence numbers and event times decide alone; when a row arrived plays no part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zkql.errors import input_error
from zkql.plan.stages import StagedPlan
from zkql.plan.types import TIMESTAMP, Value, format_timestamp
from zkql.runtime.envelope import DeviceEvidence
from zkql.runtime.intake import DeviceLog, OwnedRow
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
    """A window that can: its evidence and the rows behind it."""

    start: int
    devices: tuple[DeviceEvidence, ...]
    rows: tuple[OwnedRow, ...]


def windows(plan: StagedPlan, logs: Mapping[Value, DeviceLog]) -> Iterator[ClosedWindow | OpenWindow]:
    """Every window from the first row's on, in order; an open one ends the sequence."""
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
        evidence: list[DeviceEvidence] = []
        rows: list[OwnedRow] = []
        waiting: list[Value] = []
        for device, log in logs.items():
            first = position[device]
            stop = first
            while stop < len(log.rows) and log.rows[stop].row.time < end:
                stop += 1
            closing = _closing(log, stop, end)
            if closing is None:
                waiting.append(device)
                continue
            own = log.rows[first:stop]
            evidence.append(DeviceEvidence(device, tuple(o.row for o in own), closing))
            rows += own
            position[device] = stop
        if waiting:
            yield OpenWindow(start, tuple(waiting))
            return
        yield ClosedWindow(start, tuple(evidence), tuple(rows))
        start = end


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


def _closing(log: DeviceLog, stop: int, end: int) -> Record | None:
    """What shows that the device's rows before ``end`` stop at ``stop``."""
    if stop < len(log.rows):
        return log.rows[stop].row
    beat = log.heartbeat
    if beat is not None and beat.sequence == stop and beat.time >= end:
        return beat
    return None
