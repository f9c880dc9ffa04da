"""Heads that a processor shows: forged, old, of others, of two stories, or too late. Proofs are the honest
ones, or hold for what is shown; where a forgery has a device's signature, a test says that the device
errs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.attacks.forged import rejected
from tests.chains import ChainWorld, owned, query, row
from tests.world import SIZE
from zkql.crypto import signatures
from zkql.runtime.chains import ChainState, SignedHead, sign_beat, sign_block
from zkql.runtime.envelope import Envelope
from zkql.runtime.evidence import ChainEvidence
from zkql.runtime.positions import ChainPosition, Rejection, Span


def closing(world: ChainWorld, window: int, device: int) -> SignedHead:
    return shown(world.honest[window], device).closing


def shown(envelope: Envelope, device: int) -> ChainEvidence:
    (found,) = (d for d in envelope.devices if d.device == device)
    assert isinstance(found, ChainEvidence)
    return found


def signed(world: ChainWorld, device: int, state: ChainState, seed: bytes | None = None) -> SignedHead:
    """A head that the device signs, or somebody else."""
    unsigned = SignedHead(device, state, b"")
    message = unsigned.message(world.stream)
    return replace(unsigned, signature=signatures.sign(seed or world.seeds[device], message))


@pytest.mark.parametrize("field", ["before", "since", "head", "number", "time"])
@pytest.mark.parametrize("change", [1, -1])
@pytest.mark.parametrize("part", ["closing", "beginning"])
def test_a_head_changed(chained: ChainWorld, part: str, field: str, change: int) -> None:
    head = getattr(shown(chained.honest[0], 1), part)
    state = replace(head.state, **{field: getattr(head.state, field) + change})
    rejected(chained, chained.with_evidence(0, 1, **{part: replace(head, state=state)}))


@pytest.mark.parametrize("part", ["closing", "beginning"])
def test_a_head_signed_by_another(chained: ChainWorld, part: str) -> None:
    state = getattr(shown(chained.honest[0], 1), part).state
    for seed in (chained.seeds[2], signatures.new_seed()):
        forged = signed(chained, 1, state, seed)
        rejected(chained, chained.with_evidence(0, 1, **{part: forged}), "signature")


def test_the_heads_of_two_devices_exchanged(chained: ChainWorld) -> None:
    first, second = closing(chained, 0, 1), closing(chained, 0, 2)
    for device, other in ((1, second), (2, first)):
        forged = chained.with_evidence(0, device, closing=replace(other, device=device))
        rejected(chained, forged, "signature")


def test_a_head_of_another_stream(chained: ChainWorld) -> None:
    """The same device and key, with blocks of another size."""
    other = query("SELECT window_start, COUNT(*) AS n " + WINDOW, block=3).plan.stream
    state = closing(chained, 0, 1).state
    unsigned = SignedHead(1, state, b"")
    forged = replace(unsigned, signature=signatures.sign(chained.seeds[1], unsigned.message(other)))
    rejected(chained, chained.with_evidence(0, 1, closing=forged), "signature")


WINDOW = """FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY window_start, window_end"""


@pytest.mark.parametrize("device", [1, 2, 3])
def test_the_head_of_another_window(chained: ChainWorld, device: int) -> None:
    """One before does not reach the end; one after has blocks that are not proven, or ends too late."""
    for window, other in ((0, 1), (0, 2), (1, 0), (2, 0), (2, 1)):
        head = closing(chained, other, device)
        if head == closing(chained, window, device):
            continue
        rejected(chained, chained.with_evidence(window, device, closing=head))


def test_a_device_left_out_or_twice(chained: ChainWorld) -> None:
    first = chained.honest[0]
    one, two, three = first.devices
    for devices in ((one, two), (two, three), (), (one, one, two, three), (two, one, three)):
        assert not chained.verify([replace(first, devices=devices)]).verified


# --- windows ----------------------------------------------------------------------------------------


def reproved(
    world: ChainWorld, window: int, device: int, head: SignedHead, blocks: list[Any]
) -> list[Envelope]:
    """A device's evidence replaced, with a proof that holds for it."""
    honest = world.opened(window, device)
    forged = owned(world.stream, device, honest.opened.head, blocks)
    opened = replace(honest, opened=replace(forged.opened, closing=head))
    held = tuple(opened if own is honest else own for own in world.closed[window].held)
    devices = tuple(
        replace(own, closing=head) if own.device == device else own for own in world.closed[window].devices
    )
    return world.reprove(window, held=held, devices=devices)


def test_a_window_closed_too_late(chained: ChainWorld) -> None:
    """With the next head but one: then a block before the last may have rows of the next window, which this
    circuit would count. The device's next signature says that it does."""
    state = closing(chained, 0, 1).state
    link, _ = sign_block(chained.stream, 1, state, (row(1, 12_000, 1),), chained.seeds[1])
    late = link.signed
    assert late.state.since == state.time >= SIZE
    rejected(chained, chained.with_evidence(0, 1, closing=late), "ends before the last block")


def test_a_window_closed_before_its_end(chained: ChainWorld) -> None:
    genesis = shown(chained.honest[0], 1).beginning
    assert genesis is not None
    rejected(chained, chained.with_evidence(0, 1, closing=genesis), "does not reach the window's end")


def test_two_heads_after_as_many_blocks(chained: ChainWorld) -> None:
    """A device that errs: it signed another block after window 0. The processor tells both stories."""
    state = closing(chained, 1, 1).state
    other = signed(chained, 1, replace(state, head=state.head + 1, time=40_000))
    rejected(chained, chained.with_evidence(2, 1, closing=other), "two heads after")
    before = signed(chained, 1, replace(state, before=state.before + 1, time=40_000))
    rejected(chained, chained.with_evidence(2, 1, closing=before), "two heads after")


def test_an_older_head_again(chained: ChainWorld) -> None:
    """A heartbeat of a head that has been passed, signed later by a device that errs."""
    old = replace(closing(chained, 0, 1).state, number=1, time=40_000)
    rejected(chained, chained.with_evidence(2, 1, closing=signed(chained, 1, old)), "older")


def test_more_blocks_at_an_earlier_time(chained: ChainWorld) -> None:
    """A device that errs: its clock went back, so later rows would be taken for earlier ones."""
    state = closing(chained, 1, 1).state
    back = signed(chained, 1, replace(state, number=state.number + 1, since=25_000, time=80_000))
    evidence, span = ChainEvidence(1, None, back), Span(20_000, 30_000)
    keys = chained.registry.keys[1]
    ChainPosition(replace(state, time=80_000)).after(evidence, span, chained.stream, keys)
    with pytest.raises(Rejection, match="older than one that was shown before"):
        ChainPosition(replace(state, time=80_001)).after(evidence, span, chained.stream, keys)


# --- beginnings -------------------------------------------------------------------------------------


def test_no_beginning(chained: ChainWorld) -> None:
    rejected(chained, chained.with_evidence(0, 1, beginning=None), "nothing shows when its chain begins")


def test_a_beginning_in_the_middle(chained: ChainWorld) -> None:
    """The head of a later block as if it were the first: all rows before it would be gone."""
    rejected(chained, chained.with_evidence(0, 1, beginning=closing(chained, 0, 1)), "does not begin")


def test_a_second_beginning(chained: ChainWorld) -> None:
    begins = shown(chained.honest[0], 1).beginning
    rejected(chained, chained.with_evidence(1, 1, beginning=begins), "begins again")


@pytest.mark.parametrize("first", [1, 2])
def test_the_first_windows_left_out(chained: ChainWorld, first: int) -> None:
    """A later window told as the first one, beginnings and all."""
    world, begins = chained, [d.beginning for d in chained.honest[0].devices if isinstance(d, ChainEvidence)]
    devices = tuple(
        replace(own, beginning=head)
        for own, head in zip(world.closed[first].devices, begins, strict=True)
        if isinstance(own, ChainEvidence)
    )
    forged = world.prove([replace(world.closed[first], devices=devices), *world.closed[first + 1 :]])
    rejected(world, forged, "not the window in which the first chain begins")


def test_a_window_left_out(chained: ChainWorld) -> None:
    rejected(chained, [chained.honest[0], chained.honest[2]], "is missing")
    again = chained.prove([chained.closed[0], chained.closed[2]])
    rejected(chained, again, "is missing")


def test_a_device_that_has_not_begun_reaches_no_window(chained: ChainWorld) -> None:
    """A heartbeat without blocks closes windows; nobody else can sign it."""
    link, _ = sign_beat(chained.stream, 3, ChainState.new(chained.stream, 3), 30_000, signatures.new_seed())
    rejected(chained, chained.with_evidence(0, 3, closing=link.signed), "signature")
