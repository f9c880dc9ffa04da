"""What attacks on envelopes share."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from tests.world import World
from zkql.runtime.envelope import Envelope


def rejected(world: World, envelopes: Sequence[Envelope], because: str = "") -> None:
    """The forgery is refused for the reason that it aims at."""
    outcome = world.verify(envelopes)
    assert not outcome.verified
    assert any(because in reason for _, reason in outcome.rejected), outcome.rejected


def result(envelope: Envelope, index: int = 0, **changes: Any) -> Envelope:
    """An envelope with the result of one public group changed."""
    results = list(envelope.results)
    results[index] = dataclasses.replace(results[index], **changes)
    return dataclasses.replace(envelope, results=tuple(results))
