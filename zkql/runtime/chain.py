"""How windows follow each other: digests that bind a proof to its window and to all before it.

Processor and consumer compute the same values; neither takes them from the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.crypto.encoding import digest

if TYPE_CHECKING:
    from zkql.plan.types import Value
    from zkql.runtime.envelope import Envelope

_CONTEXT_BITS = 248
_STAGE = 0


def genesis(query: bytes, registry: bytes) -> bytes:
    """``previous`` of the first window."""
    return digest("zkql/genesis/v1", [query, registry])


def following(envelope: Envelope) -> bytes:
    """``previous`` of the next window: everything claimed, but no proof bytes, since anyone can
    re-randomise a Groth16 proof."""
    return digest(
        "zkql/window/v1",
        [
            envelope.query,
            envelope.registry,
            envelope.start,
            envelope.end,
            envelope.previous,
            [
                [d.device, d.closing.sequence, [row.commitment.to_bytes(32, "big") for row in d.rows]]
                for d in envelope.devices
            ],
            [[list(r.key), r.present, list(r.values)] for r in envelope.results],
        ],
    )


def context(
    query: bytes, registry: bytes, previous: bytes, start: int, end: int, key: tuple[Value, ...]
) -> int:
    """The public input that ties a proof to query, stage, devices, window, group and history."""
    whole = digest("zkql/context/v1", [query, _STAGE, registry, previous, start, end, list(key)])
    return int.from_bytes(whole, "big") >> (8 * len(whole) - _CONTEXT_BITS)
