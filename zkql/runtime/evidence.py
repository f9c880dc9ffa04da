"""What an envelope shows of each device, by provenance, and how it is written down.

ROW: the signed rows of the window, and the row or heartbeat that shows that there are no more. CHAIN: the
signed head that closes the window; in the first window also the head with which the chain begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zkql.plan.types import format_value, parse_value
from zkql.runtime.chains import SignedHead, head_from_json, head_to_json
from zkql.runtime.records import (
    Record,
    RecordError,
    SignedRow,
    heartbeat_from_json,
    heartbeat_to_json,
    keys,
    row_from_json,
    row_to_json,
)

if TYPE_CHECKING:
    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value


@dataclass(frozen=True, slots=True)
class RowEvidence:
    """A device's rows in the window, and the row or heartbeat that shows that there are no more; None where
    all were shown that the registry accepts."""

    device: Value
    rows: tuple[SignedRow, ...]
    closing: Record | None

    @property
    def claimed(self) -> list[Any]:
        """What it says, without signatures."""
        commitments = [row.commitment.to_bytes(32, "big") for row in self.rows]
        return [self.device, None if self.closing is None else self.closing.sequence, commitments]


@dataclass(frozen=True, slots=True)
class ChainEvidence:
    """The signed head up to which a window opens a device's chain; in the first window also the head with
    which the chain begins."""

    device: Value
    beginning: SignedHead | None
    closing: SignedHead

    @property
    def claimed(self) -> list[Any]:
        """What it says, without signatures."""
        begins = None if self.beginning is None else self.beginning.state.time
        own = self.closing.state
        return [self.device, begins, own.number, own.head.to_bytes(32, "big"), own.time]


Evidence = RowEvidence | ChainEvidence


def evidence_to_json(evidence: Evidence, stream: StreamSchema) -> dict[str, Any]:
    """What stands in an envelope."""
    shown: dict[str, Any]
    if isinstance(evidence, ChainEvidence):
        beginning = evidence.beginning
        shown = {
            "beginning": None if beginning is None else head_to_json(beginning),
            "closing": head_to_json(evidence.closing),
        }
    else:
        closing = evidence.closing
        last = None
        if isinstance(closing, SignedRow):
            last = {"row": row_to_json(closing, stream)}
        elif closing is not None:
            last = {"heartbeat": heartbeat_to_json(closing)}
        shown = {"rows": [row_to_json(row, stream) for row in evidence.rows], "closing": last}
    return {"device": format_value(evidence.device, stream.column(stream.device).type), **shown}


def evidence_from_json(data: Any, stream: StreamSchema) -> Evidence:
    """Inverse of :func:`evidence_to_json`. Raises :class:`RecordError`."""
    keys(data, "device", *(("beginning",) if stream.is_chained else ("rows",)), "closing")
    try:
        device = parse_value(data["device"], stream.column(stream.device).type)
    except ValueError as error:
        raise RecordError(str(error)) from None
    if stream.is_chained:
        beginning = data["beginning"]
        return ChainEvidence(
            device,
            None if beginning is None else head_from_json(beginning, device),
            head_from_json(data["closing"], device),
        )
    if not isinstance(data["rows"], list):
        raise RecordError("rows is not a list")
    rows = (row_from_json(row, stream, device) for row in data["rows"])
    return RowEvidence(device, tuple(rows), _closing_from_json(data["closing"], stream, device))


def _closing_from_json(data: Any, stream: StreamSchema, device: Value) -> Record | None:
    if data is None:
        return None
    if not isinstance(data, dict) or len(data) != 1:
        raise RecordError("closing is one row or one heartbeat")
    if "row" in data:
        return row_from_json(data["row"], stream, device)
    keys(data, "heartbeat")
    return heartbeat_from_json(data["heartbeat"], device)
