"""What an envelope shows of each device, by provenance, and how it is written down.

ROW: the signed rows of the window, and the row or heartbeat that shows that there are no more; each with its
signature, or with one for all of them. CHAIN: the
signed head that closes the window; in the first window also the head with which the chain begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zkql.crypto.signatures import AGGREGATING
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
    signature_from_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.plan.schema import StreamSchema
    from zkql.plan.types import Value


@dataclass(frozen=True, slots=True)
class RowEvidence:
    """A device's rows in the window, and the row or heartbeat that shows that there are no more; None where
    all were shown that the registry accepts."""

    device: Value
    rows: tuple[SignedRow, ...]
    closing: Record | None
    aggregate: bytes | None = None

    @classmethod
    def of(
        cls, stream: StreamSchema, device: Value, rows: Sequence[SignedRow], closing: Record | None
    ) -> RowEvidence:
        """Signed rows and what closes them; with one signature for all, where the scheme has that. There is
        none of nothing."""
        records = (*rows, *((closing,) if closing is not None else ()))
        if stream.signature not in AGGREGATING or not records:
            return cls(device, tuple(rows), closing)
        bare = [replace(record, signature=b"") for record in rows]
        end = None if closing is None else replace(closing, signature=b"")
        whole = AGGREGATING[stream.signature].aggregate([record.signature for record in records])
        return cls(device, tuple(bare), end, whole)

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
        if stream.signature in AGGREGATING:
            shown["aggregate"] = None if evidence.aggregate is None else evidence.aggregate.hex()
    return {"device": format_value(evidence.device, stream.column(stream.device).type), **shown}


def evidence_from_json(data: Any, stream: StreamSchema) -> Evidence:
    """Inverse of :func:`evidence_to_json`. Raises :class:`RecordError`."""
    alone = stream.is_chained or stream.signature not in AGGREGATING
    shown = ("beginning",) if stream.is_chained else ("rows",)
    keys(data, "device", *shown, "closing", *(() if alone else ("aggregate",)))
    try:
        device = parse_value(data["device"], stream.column(stream.device).type)
    except ValueError as error:
        raise RecordError(str(error)) from None
    if stream.is_chained:
        beginning = data["beginning"]
        return ChainEvidence(
            device,
            None if beginning is None else head_from_json(beginning, stream, device),
            head_from_json(data["closing"], stream, device),
        )
    if not isinstance(data["rows"], list):
        raise RecordError("rows is not a list")
    rows = tuple(row_from_json(row, stream, device, alone=alone) for row in data["rows"])
    closing = _closing_from_json(data["closing"], stream, device, alone=alone)
    aggregate = data.get("aggregate")
    return RowEvidence(
        device, rows, closing, None if aggregate is None else signature_from_json(aggregate, stream)
    )


def _closing_from_json(data: Any, stream: StreamSchema, device: Value, *, alone: bool) -> Record | None:
    if data is None:
        return None
    if not isinstance(data, dict) or len(data) != 1:
        raise RecordError("closing is one row or one heartbeat")
    if "row" in data:
        return row_from_json(data["row"], stream, device, alone=alone)
    keys(data, "heartbeat")
    return heartbeat_from_json(data["heartbeat"], stream, device, alone=alone)
