"""How windows follow each other: digests that bind a proof to its window and to all before it.

Processor and consumer compute the same values; neither takes them from the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.crypto.encoding import digest

if TYPE_CHECKING:
    from zkql.plan.types import Value
    from zkql.runtime.envelope import Envelope

_STAGE = 0


def genesis(query: bytes, registry: bytes) -> bytes:
    """``previous`` of the first window."""
    return digest("zkql/genesis/v1", [query, registry])


def following(envelope: Envelope) -> bytes:
    """``previous`` of the next window: everything claimed, but no proof bytes, since anyone can
    re-randomise a Groth16 proof."""
    return digest(
        "zkql/window/v2",
        [
            envelope.query,
            envelope.registry,
            envelope.start,
            envelope.end,
            envelope.previous,
            [evidence.claimed for evidence in envelope.devices],
            [
                [list(r.key), r.present, [[list(own.key), list(own.values)] for own in r.results]]
                for r in envelope.results
            ],
        ],
    )


def circumstances(
    query: bytes, registry: bytes, previous: bytes, start: int, end: int, key: tuple[Value | None, ...]
) -> bytes:
    """What ties a proof to query, stage, devices, window, group and history; part of its context."""
    return digest("zkql/circumstances/v2", [query, _STAGE, registry, previous, start, end, list(key)])
