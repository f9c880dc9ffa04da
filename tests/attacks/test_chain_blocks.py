"""A processor opens other blocks than those that the devices signed. Each forgery comes with a proof that
holds for the head to which its blocks lead; the verifier takes heads from signatures only."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.attacks.forged import rejected
from tests.chains import ChainWorld, Row, row
from zkql.plan.types import Value

NO_PROOF = "the proof does not hold"
Blocks = list[list[Row]]


def blocks_of(world: ChainWorld, window: int, device: int) -> Blocks:
    return [list(link.rows) for link in world.opened(window, device).opened.links]


def changed(own: Row, **values: Value | None) -> Row:
    return {**own, **values}


def test_the_honest_worlds_are_accepted(chained: ChainWorld, chained_by_device: ChainWorld) -> None:
    outcome = chained.verify(chained.honest)
    assert outcome.verified, outcome.rejected
    assert [r["n"] for r in outcome.results] == [4, 4, 1]
    assert [r["total"] for r in outcome.results] == ["62.8", "84.5", "-999.9"]
    assert [len(blocks_of(chained, w, 1)) for w in range(3)] == [2, 2, 1]
    outcome = chained_by_device.verify(chained_by_device.honest)
    assert outcome.verified, outcome.rejected
    found = [(r["meter"], r["total"]) for r in outcome.results]
    assert found == [(1, "49.8"), (2, "13.0"), (1, "70.5"), (2, "14.0"), (2, "-999.9")]


@pytest.mark.parametrize("by_device", [False, True])
@pytest.mark.parametrize("forgery", range(12))
def test_other_rows(
    chained: ChainWorld, chained_by_device: ChainWorld, forgery: int, *, by_device: bool
) -> None:
    world = chained_by_device if by_device else chained
    own = blocks_of(world, 0, 1)
    (a, b), (c, d) = own
    forged: Sequence[Sequence[Row]] = (
        [[a, b]],  # the last block left out
        [[c, d]],  # the first one
        [],  # all
        [[a], [c, d]],  # a row left out of a full block
        [[a, b], [c]],  # the last row, which is of the next window, taken off
        [[a, b], [a, b], [c, d]],  # a block twice
        [[a, b], [c, c], [c, d]],  # a block invented
        [[changed(a, load=506), b], [c, d]],  # a value raised by one
        [[a, changed(b, temp=7)], [c, d]],
        [[changed(a, ts=1), b], [c, d]],  # a time moved within the window
        [[a, b], [changed(c, ts=10_000), d]],  # a row moved out of it
        [[a, b], [c, changed(d, ts=9_999)]],  # a row moved into it
    )[forgery]
    rejected(world, world.with_blocks(0, 1, *forged), NO_PROOF)


def test_the_blocks_of_another_device(chained: ChainWorld) -> None:
    """As if device 3, which has none, had the rows of device 2."""
    theirs = [[changed(own, meter=3) for own in block] for block in blocks_of(chained, 0, 2)]
    rejected(chained, chained.with_blocks(0, 3, *theirs), NO_PROOF)


def test_rows_for_a_silent_device(chained: ChainWorld) -> None:
    rejected(chained, chained.with_blocks(0, 3, [row(3, 5, 1)]), NO_PROOF)


def test_the_blocks_of_the_window_before(chained: ChainWorld) -> None:
    """Window 1 opened from the genesis again."""
    genesis = chained.opened(0, 1).opened.head
    blocks = [blocks_of(chained, 0, 1)[0], blocks_of(chained, 1, 1)[-1]]
    rejected(chained, chained.with_blocks(1, 1, *blocks, head=genesis), NO_PROOF)


def test_the_same_rows_with_another_salt(chained: ChainWorld) -> None:
    rejected(chained, chained.with_blocks(0, 1, *blocks_of(chained, 0, 1), salt=5), NO_PROOF)


def test_a_chain_from_another_head(chained: ChainWorld) -> None:
    rejected(chained, chained.with_blocks(0, 1, *blocks_of(chained, 0, 1), head=5), NO_PROOF)
