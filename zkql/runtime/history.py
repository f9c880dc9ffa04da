"""How windows follow each other: digests that bind a proof to its window and to all before it.

Processor and consumer compute the same values; neither takes them from the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.crypto.encoding import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.plan.types import Value
    from zkql.runtime.envelope import Envelope
    from zkql.runtime.evidence import Evidence

_STAGE = 0


def genesis(query: bytes, registry: bytes) -> bytes:
    """``previous`` of the first window."""
    return digest("zkql/genesis/v1", [query, registry])


def following(envelope: Envelope) -> bytes:
    """``previous`` of the next window: everything claimed, but no proof bytes, since anyone can
    re-randomise a Groth16 proof."""
    return digest(
        "zkql/window/v3",
        [
            envelope.query,
            envelope.registry,
            envelope.start,
            envelope.end,
            envelope.previous,
            shown(envelope.devices),
            [
                [list(r.key), r.present, [[list(own.key), list(own.values)] for own in r.results]]
                for r in envelope.results
            ],
        ],
    )


def shown(devices: Sequence[Evidence]) -> bytes:
    """A digest of the evidence that an envelope shows, signatures aside."""
    return digest("zkql/evidence/v1", [evidence.claimed for evidence in devices])


def circumstances(
    query: bytes,
    registry: bytes,
    previous: bytes,
    start: int,
    end: int,
    evidence: bytes,
    key: tuple[Value | None, ...],
) -> bytes:
    """What ties a proof to query, stage, devices, window, evidence, group and history; part of its
    context."""
    where = [query, _STAGE, registry, previous, start, end, evidence, list(key)]
    return digest("zkql/circumstances/v3", where)
