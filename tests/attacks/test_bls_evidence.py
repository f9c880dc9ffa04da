"""Rows with one signature for all: a processor takes some out, puts some in, or shows a signature of
something else. All signatures are the devices' own; proofs hold for what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.attacks.forged import rejected
from tests.world import World
from zkql.crypto import bls
from zkql.runtime.envelope import Envelope, encode
from zkql.runtime.evidence import RowEvidence
from zkql.runtime.registry import DeviceKeys

WRONG = "the signature of its rows and their end is wrong"


def evidence(world: World, window: int, device: int) -> RowEvidence:
    (found,) = (d for d in world.closed[window].devices if d.device == device)
    assert isinstance(found, RowEvidence)
    return found


def changed(world: World, window: int, device: int, **changes: Any) -> list[Envelope]:
    """All windows, with a device's evidence changed in one, and proofs for that."""
    devices = tuple(
        replace(own, **changes) if own.device == device else own for own in world.closed[window].devices
    )
    return world.reprove(window, devices=devices)


def test_the_honest_world_is_accepted(aggregated: World, world: World) -> None:
    outcome = aggregated.verify(aggregated.honest)
    assert outcome.verified, outcome.rejected
    assert outcome.results == world.verify(world.honest).results


def test_an_envelope_has_one_signature_a_device(aggregated: World) -> None:
    data = encode(aggregated.honest[0], aggregated.bundle.manifest.plan).decode()
    assert '"signature"' not in data
    assert data.count('"aggregate"') == 3


@pytest.mark.parametrize("window, device", [(0, 2), (1, 1), (1, 2), (2, 1)])
def test_the_signature_of_other_rows(aggregated: World, window: int, device: int) -> None:
    other = evidence(aggregated, window, device).aggregate
    rejected(aggregated, changed(aggregated, 0, 1, aggregate=other), WRONG)


def test_no_signature(aggregated: World) -> None:
    rejected(aggregated, changed(aggregated, 0, 1, aggregate=None), "nothing is signed")


def test_a_signature_of_nothing(aggregated: World) -> None:
    """A device of which the registry accepts no more: with rows of none and no end, there is nothing to
    sign."""
    keys = DeviceKeys(aggregated.registry.keys[3].first, (), 0)
    registry = aggregated.registry.with_keys(3, keys)
    infinity = bytes([0xC0]) + bytes(95)
    for signature in (infinity, evidence(aggregated, 0, 1).aggregate):
        forged = changed(aggregated, 0, 3, closing=None, aggregate=signature)
        rejected(replace(aggregated, registry=registry), forged, "signature of nothing")
    honest = changed(aggregated, 0, 3, closing=None, aggregate=None)
    assert replace(aggregated, registry=registry).verify(honest[:1]).verified


def test_rows_in_another_order_or_twice(aggregated: World) -> None:
    """Numbers stand in what is signed, so the order and the count are the device's."""
    own = evidence(aggregated, 0, 1)
    for rows in (own.rows[::-1], (*own.rows, own.rows[-1]), own.rows[:1], ()):
        rejected(aggregated, changed(aggregated, 0, 1, rows=rows), "is due")


@pytest.mark.parametrize("field, value", [("time", 1), ("commitment", 5), ("public", (7,))])
def test_a_row_changed(aggregated: World, field: str, value: Any) -> None:
    first, *rest = evidence(aggregated, 0, 1).rows
    rows = (replace(first, **{field: value}), *rest)
    envelopes = list(aggregated.honest)
    devices = tuple(
        replace(own, rows=rows) if own.device == 1 else own
        for own in envelopes[0].devices  # type: ignore[call-arg]
    )
    assert not aggregated.verify([replace(envelopes[0], devices=devices)]).verified
    if field != "public":
        rejected(aggregated, [replace(envelopes[0], devices=devices)], WRONG)


def test_a_row_of_the_processors_own(aggregated: World) -> None:
    """Its signature is added to that of the others: keys stand before messages, so no key makes up for
    another."""
    own, seed = evidence(aggregated, 0, 1), bls.new_seed()
    forged = aggregated.sign(1, 1, 4_000, 9999, seed=seed)
    theirs = [o.row.signature for o in aggregated.closed[0].held if o.row.device == 1][:1]
    beat = aggregated.heartbeat(1, 2, 10_000, seed)
    rows = (own.rows[0], replace(forged.row, signature=b""))
    whole = bls.aggregate([*theirs, forged.row.signature, beat.signature])
    held = tuple(
        forged if o.row.device == 1 and o.row.sequence == 1 else o for o in aggregated.closed[0].held
    )
    devices = tuple(
        replace(d, rows=rows, closing=replace(beat, signature=b""), aggregate=whole) if d is own else d
        for d in aggregated.closed[0].devices
    )
    rejected(aggregated, aggregated.reprove(0, held=held, devices=devices), WRONG)
