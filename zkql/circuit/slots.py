"""What fills the slots of a circuit that are not needed: the last row, again.

Every slot then opens to a signed row, and no flag says which slots count; sums take the repetitions
off, and extremes do not notice them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def fill_slots(values: Sequence[T], capacity: int, empty: T) -> list[T]:
    """Values up to the capacity: the last one repeated, or ``empty`` where there is none."""
    last = values[-1] if values else empty
    return [*values, *[last] * (capacity - len(values))]
