"""A dishonest processor against the verifier: forged evidence, results, windows and proofs.

Where an attack changes the rows, the processor proves the changed rows, so that the proof itself holds;
only the verifier's other checks stand in the way.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
from collections.abc import Sequence
from typing import Any

import pytest

from tests.forgeries import sample
from tests.world import SIZE, World
from zkql.bundle import MANIFEST, VK, read_bundle
from zkql.crypto import signatures
from zkql.errors import InputError, RejectedError
from zkql.keys import setup_bundle
from zkql.plan.stages import Result
from zkql.runtime import history
from zkql.runtime.consumer import Verifier
from zkql.runtime.envelope import Envelope, GroupResult, encode
from zkql.runtime.evidence import RowEvidence
from zkql.runtime.held import OwnedRow
from zkql.runtime.registry import ordered
from zkql.runtime.windows import ClosedWindow


def rejected(world: World, envelopes: Sequence[Envelope], because: str) -> None:
    """The forgery is refused for the reason that it aims at."""
    outcome = world.verify(envelopes)
    assert not outcome.verified
    assert any(because in reason for _, reason in outcome.rejected), outcome.rejected


def evidence(world: World, window: int, device: int, **changes: Any) -> tuple[RowEvidence, ...]:
    """A window's evidence with one device's part changed."""
    devices = world.closed[window].devices
    return tuple(dataclasses.replace(d, **changes) if d.device == device else d for d in devices)


def owned(world: World, window: int) -> list[OwnedRow]:
    return list(world.closed[window].held)


def result(envelope: Envelope, index: int = 0, **changes: Any) -> Envelope:
    """An envelope with the result of one public group changed."""
    results = list(envelope.results)
    results[index] = dataclasses.replace(results[index], **changes)
    return dataclasses.replace(envelope, results=tuple(results))


def values_of(envelope: Envelope, index: int = 0) -> tuple[Any, ...]:
    """The values of a public group that has no private ones in it."""
    (own,) = envelope.results[index].results
    return own.values


def claiming(envelope: Envelope, values: Sequence[Any], index: int = 0, **changes: Any) -> Envelope:
    """An envelope with other values for one public group."""
    return result(envelope, index, results=(Result((), tuple(values)),), **changes)


def test_the_honest_worlds_are_accepted(world: World, grouped: World, stranger: World) -> None:
    for honest in (world, grouped, stranger):
        outcome = honest.verify(honest.honest)
        assert outcome.verified, outcome.rejected
        assert outcome.windows == 3
    assert [r["most"] for r in world.verify(world.honest).results] == ["50.5", "70.0", "-999.9"]
    assert [r["n"] for r in world.verify(world.honest).results] == [3, 2, 1]


# --- rows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("left_out", [0, 1])
def test_a_row_left_out(world: World, left_out: int) -> None:
    rows = owned(world, 0)
    gone = rows.pop(left_out)
    shown = tuple(o.row for o in rows if o.row.device == gone.row.device)
    forged = world.reprove(0, held=tuple(rows), devices=evidence(world, 0, 1, rows=shown))
    rejected(world, forged, "is due")


def test_the_last_row_left_out_closed_by_the_true_heartbeat(world: World) -> None:
    rows = owned(world, 2)
    (gone,) = rows
    closing = world.closed[2].devices[1].closing
    assert gone.row.device == 2
    forged = world.reprove(2, held=(), devices=evidence(world, 2, 2, rows=(), closing=closing))
    rejected(world, forged, "is due")


def test_a_row_left_out_and_shown_as_the_closing_row(world: World) -> None:
    rows = owned(world, 0)
    gone = rows.pop(1)
    shown = tuple(o.row for o in rows if o.row.device == 1)
    forged = world.reprove(0, held=tuple(rows), devices=evidence(world, 0, 1, rows=shown, closing=gone.row))
    rejected(world, forged, "does not reach the window's end")


def test_a_row_hidden_from_the_proof_but_shown(world: World) -> None:
    forged = world.reprove(0, held=tuple(owned(world, 0)[:-1]))
    rejected(world, forged, "COUNT(*) is not")


def test_a_row_hidden_from_the_proof_and_the_count_corrected(world: World) -> None:
    forged = world.reprove(0, held=tuple(owned(world, 0)[:-1]))
    values = list(values_of(forged[0]))
    assert values[4] == 2
    values[4] = 3
    forged[0] = claiming(forged[0], values)
    rejected(world, forged, "the proof does not hold")


def test_a_row_repeated(world: World) -> None:
    rows = owned(world, 0)
    shown = (rows[0].row, rows[0].row, rows[1].row)
    forged = world.reprove(0, held=(rows[0], *rows), devices=evidence(world, 0, 1, rows=shown))
    rejected(world, forged, "is due")


def test_a_row_repeated_under_a_new_sequence_number(world: World) -> None:
    rows = owned(world, 0)
    again = dataclasses.replace(rows[1], row=dataclasses.replace(rows[1].row, sequence=2))
    shown = (rows[0].row, rows[1].row, again.row)
    forged = world.reprove(0, held=(*rows, again), devices=evidence(world, 0, 1, rows=shown))
    rejected(world, forged, "signature of row 2 is wrong")


def test_a_row_of_the_next_window(world: World) -> None:
    early = next(o for o in owned(world, 1) if o.row.device == 1)
    closing = world.closed[1].devices[0].closing
    shown = (*(o.row for o in owned(world, 0) if o.row.device == 1), early.row)
    forged = world.reprove(
        0, held=(*owned(world, 0), early), devices=evidence(world, 0, 1, rows=shown, closing=closing)
    )
    rejected(world, forged, "is not of this window")


def test_a_row_with_its_time_moved_into_the_window(world: World) -> None:
    early = next(o for o in owned(world, 1) if o.row.device == 1)
    moved = dataclasses.replace(early, row=dataclasses.replace(early.row, time=9_000))
    closing = world.closed[1].devices[0].closing
    shown = (*(o.row for o in owned(world, 0) if o.row.device == 1), moved.row)
    forged = world.reprove(
        0, held=(*owned(world, 0), moved), devices=evidence(world, 0, 1, rows=shown, closing=closing)
    )
    rejected(world, forged, "signature of row 2 is wrong")


def test_a_row_put_off_to_the_next_window(world: World) -> None:
    rows = owned(world, 0)
    late = rows.pop(1)
    closed = list(world.closed)
    closed[0] = dataclasses.replace(
        closed[0], held=tuple(rows), devices=evidence(world, 0, 1, rows=(rows[0].row,), closing=late.row)
    )
    shown = (late.row, *closed[1].devices[0].rows)
    closed[1] = dataclasses.replace(
        closed[1], held=(late, *closed[1].held), devices=evidence(world, 1, 1, rows=shown)
    )
    rejected(world, world.prove(closed), "does not reach the window's end")


@pytest.mark.parametrize("key", ["unregistered", "another device's"])
def test_a_row_invented_with_another_key(world: World, key: str) -> None:
    seed = signatures.new_seed() if key == "unregistered" else world.seeds[2]
    invented = world.sign(3, 0, 5_000, 9_999, seed=seed)
    closing = world.heartbeat(3, 1, 30_000, seed)
    forged = world.reprove(
        0,
        held=(*owned(world, 0), invented),
        devices=evidence(world, 0, 3, rows=(invented.row,), closing=closing),
    )
    rejected(world, forged, "signature of row 0 is wrong")


def test_a_row_of_one_device_shown_as_anothers(world: World) -> None:
    taken = owned(world, 0)[0]
    shown = dataclasses.replace(taken, row=dataclasses.replace(taken.row, device=3))
    forged = world.reprove(
        0,
        held=(*owned(world, 0), shown),
        devices=evidence(world, 0, 3, rows=(shown.row,), closing=world.heartbeat(3, 1, 30_000)),
    )
    rejected(world, forged, "signature of row 0 is wrong")


@pytest.mark.parametrize("change", [{"commitment": 5}, {"public": (7,)}, {"time": 4_001}])
def test_a_signed_row_with_a_part_changed(world: World, change: dict[str, Any]) -> None:
    envelope = world.honest[0]
    row = dataclasses.replace(envelope.devices[0].rows[1], **change)
    device = dataclasses.replace(envelope.devices[0], rows=(envelope.devices[0].rows[0], row))
    forged = dataclasses.replace(envelope, devices=(device, *envelope.devices[1:]))
    rejected(world, [forged, *world.honest[1:]], "signature of row 1 is wrong")


def test_a_private_value_other_than_the_signed_one(world: World) -> None:
    """The processor commits to a value of its own; the signed commitment stays in the evidence."""
    rows = owned(world, 0)
    lie = world.sign(1, 0, 0, 999)
    rows[0] = dataclasses.replace(rows[0], opening=lie.opening)
    honest_claim = world.prove([dataclasses.replace(world.closed[0], held=(lie, *rows[1:]))])[0]
    forged = dataclasses.replace(honest_claim, devices=world.honest[0].devices)
    rejected(world, [forged, *world.honest[1:]], "the proof does not hold")


def test_rows_in_another_order(world: World) -> None:
    device = world.honest[0].devices[0]
    swapped = dataclasses.replace(device, rows=device.rows[::-1])
    forged = dataclasses.replace(world.honest[0], devices=(swapped, *world.honest[0].devices[1:]))
    rejected(world, [forged], "is due")


def test_a_sensor_that_goes_back_in_time(world: World) -> None:
    """A faulty sensor, not the processor: its rows are refused rather than guessed at."""
    first, second = world.sign(3, 0, 5_000, 1), world.sign(3, 1, 4_000, 2)
    forged = world.reprove(
        0,
        held=(*owned(world, 0), first),
        devices=evidence(world, 0, 3, rows=(first.row, second.row), closing=world.heartbeat(3, 2, 30_000)),
    )
    rejected(world, forged, "goes back")


# --- completeness ---------------------------------------------------------------------------------


@pytest.mark.parametrize("device", [1, 2, 3])
def test_a_device_not_shown(world: World, device: int) -> None:
    closed = world.closed[0]
    forged = world.reprove(
        0,
        held=tuple(o for o in closed.held if o.row.device != device),
        devices=tuple(d for d in closed.devices if d.device != device),
    )
    rejected(world, forged, f"nothing is shown of device {device}")


def test_no_device_at_all(world: World) -> None:
    rejected(world, world.reprove(1, held=(), devices=()), "nothing is shown of device 1")


def test_a_device_shown_twice_or_in_another_order(world: World) -> None:
    devices = world.closed[0].devices
    for forged in ((devices[0], *devices), devices[::-1]):
        rejected(world, world.reprove(0, devices=forged), "not the registered ones")


def test_a_device_that_is_not_registered(world: World) -> None:
    seed = signatures.new_seed()
    extra = RowEvidence(4, (), world.heartbeat(4, 0, 30_000, seed))
    forged = world.reprove(0, devices=(*world.closed[0].devices, extra))
    rejected(world, forged, "not the registered ones")


def test_a_heartbeat_from_before_the_windows_end(world: World) -> None:
    early = world.heartbeat(3, 0, SIZE - 1)
    forged = world.reprove(0, devices=evidence(world, 0, 3, closing=early))
    rejected(world, forged, "does not reach the window's end")


def test_a_heartbeat_of_another_device(world: World) -> None:
    other = dataclasses.replace(world.heartbeat(2, 0, 30_000), device=3)
    forged = world.reprove(0, devices=evidence(world, 0, 3, closing=other))
    rejected(world, forged, "signature of the closing heartbeat is wrong")


@pytest.mark.parametrize("change", [{"time": 40_000}, {"sequence": 2}])
def test_a_heartbeat_with_a_part_changed(world: World, change: dict[str, int]) -> None:
    early = dataclasses.replace(world.heartbeat(1, 1, 9_000), **change)
    forged = world.reprove(0, devices=evidence(world, 0, 1, closing=early))
    rejected(world, forged, "closing heartbeat")


def test_a_row_left_out_with_an_old_heartbeat(world: World) -> None:
    """A heartbeat that the sensor truly signed before the row that is hidden."""
    rows = owned(world, 0)
    hidden = rows.pop(1)
    assert hidden.row.sequence == 1
    old = world.heartbeat(1, 1, 3_000)
    forged = world.reprove(
        0, held=tuple(rows), devices=evidence(world, 0, 1, rows=(rows[0].row,), closing=old)
    )
    rejected(world, forged, "does not reach the window's end")


def test_a_heartbeat_as_a_row_signature(world: World) -> None:
    """A row and a heartbeat never share signed bytes."""
    beat = world.heartbeat(1, 0, 0)
    row = world.closed[0].devices[0].rows[0]
    forged = dataclasses.replace(row, signature=beat.signature)
    assert not signatures.verify(world.registry.keys[1].first, forged.message(world.stream), forged.signature)


# --- windows --------------------------------------------------------------------------------------


def test_a_window_skipped(world: World) -> None:
    rejected(world, [world.honest[0], world.honest[2]], "is missing")


def test_a_window_skipped_and_the_rest_proven_anew(world: World) -> None:
    rejected(world, world.prove([world.closed[0], world.closed[2]]), "is missing")


def test_the_first_window_skipped(world: World) -> None:
    rejected(world, world.honest[1:], "or the first of them is missing")
    rejected(world, world.prove(world.closed[1:]), "is due")


def test_a_window_replayed(world: World) -> None:
    rejected(world, [*world.honest, world.honest[1]], "was accepted before")


def test_two_versions_of_one_window(world: World) -> None:
    """Each of them would be accepted alone; together the second one is a replay."""
    again = world.prove(world.closed)
    assert world.verify(again).verified
    rejected(world, [world.honest[0], again[0], *world.honest[1:]], "was accepted before")


def test_a_rerandomised_proof_is_no_new_result(world: World) -> None:
    """Groth16 proofs are malleable, so nothing may depend on their bytes."""
    again = world.prove(world.closed)
    assert again[0].results[0].proof != world.honest[0].results[0].proof
    assert history.following(again[0]) == history.following(world.honest[0])
    assert world.verify([again[0], *world.honest[1:]]).verified


def test_files_in_any_order_are_sorted_by_window(world: World) -> None:
    assert world.verify(world.honest[::-1]).verified


def test_window_bounds_changed(world: World) -> None:
    for changes in (
        {"start": 1},
        {"start": -SIZE},
        {"end": SIZE + 1},
        {"end": 2 * SIZE},
        {"start": -SIZE, "end": 0},
    ):
        forged = dataclasses.replace(world.honest[0], **changes)
        assert not world.verify([forged]).verified, changes


def test_a_false_history(world: World) -> None:
    for previous in (bytes(32), world.honest[0].previous, world.honest[2].previous):
        forged = dataclasses.replace(world.honest[1], previous=previous)
        rejected(world, [world.honest[0], forged], "does not continue")


def test_windows_of_two_runs_mixed(world: World) -> None:
    """Another history (one row more) continues otherwise, so its windows do not fit."""
    extra = world.sign(3, 0, 5_000, 1)
    closing = world.heartbeat(3, 1, 30_000)
    other = world.prove(
        [
            dataclasses.replace(
                w,
                held=(*w.held, extra) if i == 0 else w.held,
                devices=evidence(world, i, 3, rows=(extra.row,) if i == 0 else (), closing=closing),
            )
            for i, w in enumerate(world.closed)
        ]
    )
    assert world.verify(other).verified
    rejected(world, [world.honest[0], *other[1:]], "does not continue")


def test_nothing_at_all_is_not_verified(world: World) -> None:
    assert not world.verify([]).verified


def test_empty_windows_before_the_first_row(world: World) -> None:
    """True, but chosen by the processor: the results must not depend on it."""
    early = ClosedWindow(
        -SIZE,
        tuple(RowEvidence(d.device, (), d.rows[0] if d.rows else d.closing) for d in world.closed[0].devices),
        (),
    )
    rejected(world, world.prove([early, *world.closed]), "the first window is the first row's")


@pytest.mark.parametrize("number", ["1e9999999999", "1e200000000", "9" * 5000, "1" + "0" * 30])
def test_numbers_that_would_take_the_verifier_down(world: World, number: str) -> None:
    """Rejected like any forgery, and the windows before it stand."""
    plan = world.bundle.manifest.plan
    data = [encode(e, plan) for e in world.honest]
    for field in (b'"sequence":', b'"version":', b'"device":'):
        changed = data[0].replace(field, field + number.encode(), 1)
        assert not world.verify_bytes([changed, *data[1:]]).verified
    last = data[2].replace(b'"values":["-999.9"', b'"values":[' + number.encode(), 1)
    assert last != data[2]
    outcome = world.verify_bytes([*data[:2], last])
    assert [name for name, _ in outcome.rejected] == ["envelope 2"]
    assert len(outcome.results) == 2


# --- proofs and results ---------------------------------------------------------------------------


def test_results_changed_by_one(world: World) -> None:
    values = values_of(world.honest[0])
    for index, value in enumerate(values):
        for change in (1, -1):
            changed = (*values[:index], value + change, *values[index + 1 :])
            forged = claiming(world.honest[0], changed)
            assert not world.verify([forged, *world.honest[1:]]).verified, index


def test_results_given_as_null(world: World) -> None:
    values = values_of(world.honest[0])
    for index in range(len(values)):
        changed = (*values[:index], None, *values[index + 1 :])
        assert not world.verify([claiming(world.honest[0], changed)]).verified
    nothing = [0 if i == 4 else None for i in range(len(values))]
    rejected(world, [claiming(world.honest[0], nothing, present=False)], "COUNT(*) is not")


@pytest.mark.parametrize("other", [1, 2])
def test_the_proof_of_another_window(world: World, other: int) -> None:
    forged = result(world.honest[0], proof=world.honest[other].results[0].proof)
    rejected(world, [forged], "the proof does not hold")


def test_the_proof_of_the_same_rows_in_another_window(world: World) -> None:
    """Two windows with the same results: the context still tells them apart."""
    first, second = world.honest[0], world.honest[1]
    forged = dataclasses.replace(second, results=first.results)
    assert not world.verify([first, forged]).verified


def test_a_missing_or_mangled_proof(world: World) -> None:
    proof = world.honest[0].results[0].proof
    assert proof is not None
    rejected(world, [result(world.honest[0], proof=None)], "a proof is missing")
    changed = proof[:-1] + bytes([proof[-1] ^ 1])
    for forged in (bytes(256), b"\xff" * 256, proof[128:] + proof[:128], changed):
        rejected(world, [result(world.honest[0], proof=forged)], "the proof does not hold")


def test_another_query_and_another_registry(world: World, stranger: World) -> None:
    other = dataclasses.replace(stranger.honest[0], results=world.honest[0].results)
    rejected(world, [other], "another query")
    named = dataclasses.replace(other, query=world.bundle.manifest.digest)
    rejected(world, [named], "another registry")


def test_keys_made_anew_refuse_old_proofs(world: World, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ZKQL_CACHE", str(tmp_path / "cache"))  # so that the keys are really others
    shutil.copytree(world.bundle.path, tmp_path / "bundle")
    renewed = setup_bundle(read_bundle(tmp_path / "bundle"), None)
    assert renewed.keys().vk != world.bundle.keys().vk
    plan = renewed.manifest.plan
    for query, reason in (
        (world.honest[0].query, "it is for another query, or for other keys of it"),
        (
            renewed.manifest.digest,
            "it does not continue the windows before it, or the first of them is missing",
        ),
    ):
        verifier = Verifier(renewed, world.registry, allow_dev_keys=True)
        forged = dataclasses.replace(world.honest[0], query=query)
        assert verifier.verify_all([("old", encode(forged, plan))]).rejected == [("old", reason)]
    genesis = history.genesis(renewed.manifest.digest, world.registry.digest)
    forged = dataclasses.replace(forged, previous=genesis)
    outcome = verifier.verify_all([("old", encode(forged, plan))])
    assert outcome.rejected == [("old", "the proof does not hold for these rows and results")]


def test_a_verification_key_put_in_the_place_of_another(world: World, stranger: World, tmp_path) -> None:
    """The key is pinned by its digest, not found by its name."""
    shutil.copytree(world.bundle.path, tmp_path / "bundle")
    shutil.copy(stranger.bundle.path / VK, tmp_path / "bundle" / VK)
    with pytest.raises(InputError, match="not the file that the manifest names"):
        Verifier(read_bundle(tmp_path / "bundle"), world.registry, allow_dev_keys=True)


def test_a_manifest_with_any_part_changed(world: World, tmp_path) -> None:
    shutil.copytree(world.bundle.path, tmp_path / "bundle")
    path = tmp_path / "bundle" / MANIFEST
    text = path.read_text()
    for old, new in (('"MAX"', '"MIN"'), ("dev-INSECURE", "ptau-single-contributor"), ("10000", "20000")):
        assert old in text
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match="was changed"):
            read_bundle(tmp_path / "bundle")


def test_development_keys_are_refused(world: World) -> None:
    with pytest.raises(RejectedError, match="INSECURE"):
        Verifier(world.bundle, world.registry)


def test_a_registry_with_one_device_more(world: World) -> None:
    """Completeness is for a set of devices: a proof for fewer says nothing about it."""
    keys = {device: own.first for device, own in world.registry.keys.items()}
    keys[4] = signatures.public_key(signatures.new_seed())
    verifier = Verifier(world.bundle, ordered(world.stream, keys), allow_dev_keys=True)
    plan = world.bundle.manifest.plan
    outcome = verifier.verify_all([("first", encode(world.honest[0], plan))])
    assert outcome.rejected == [("first", "it is for another registry of devices")]


# --- groups ---------------------------------------------------------------------------------------


def test_groups_left_out_added_repeated_swapped(grouped: World) -> None:
    first = grouped.honest[0]
    one, two = first.results
    extra = GroupResult((9,), False, (Result((), (None, 0)),), one.proof)
    for results in ((one,), (two,), (), (one, one, two), (two, one), (one, two, extra)):
        forged = dataclasses.replace(first, results=results)
        rejected(grouped, [forged], "its groups are not those of its rows")


def test_results_of_groups_exchanged(grouped: World) -> None:
    first = grouped.honest[0]
    one, two = first.results
    exchanged = (
        dataclasses.replace(one, results=two.results, present=two.present, proof=two.proof),
        dataclasses.replace(two, results=one.results, present=one.present, proof=one.proof),
    )
    rejected(grouped, [dataclasses.replace(first, results=exchanged)], "the proof does not hold")


def test_a_group_that_hides_behind_the_private_condition(grouped: World) -> None:
    """WHERE is private, so the consumer cannot see whether rows pass; the proof says it."""
    first = grouped.honest[0]
    index = next(i for i, r in enumerate(first.results) if r.present)
    for values in ((None, 0), (0, 0)):
        rejected(grouped, [claiming(first, values, index, present=False)], "the proof does not hold")


def test_one_group_split_over_two(grouped: World) -> None:
    first = grouped.honest[0]
    one = first.results[0]
    forged = dataclasses.replace(first, results=(one, *first.results))
    rejected(grouped, [forged], "its groups are not those of its rows")


# --- private groups -------------------------------------------------------------------------------

PROOF = "the proof does not hold"
ORDER = "its groups are not distinct and in order"


def claims(envelope: Envelope, *own: Result, present: bool | None = None) -> Envelope:
    """An envelope whose first public group is said to have these private groups."""
    return result(envelope, results=own, present=bool(own) if present is None else present)


def test_the_honest_private_groups_are_accepted(hidden: World) -> None:
    outcome = hidden.verify(hidden.honest)
    assert outcome.verified, outcome.rejected
    rows = [(r["zone"], r["temp"], r["total"], r["most"], r["n"]) for r in outcome.results]
    assert rows == [
        (1, 13, "1.3", "1.3", 1),
        (1, 505, "50.5", "50.5", 1),
        (2, -20, "-2.0", "-2.0", 1),
        (1, 700, "140.0", None, 2),
        (2, -9999, "-999.9", "-999.9", 1),
    ]


def test_private_groups_dropped(hidden: World) -> None:
    first = hidden.honest[0]
    one, two = first.results[0].results
    rejected(hidden, [claims(first, one)], PROOF)
    rejected(hidden, [claims(first, two)], PROOF)
    rejected(hidden, [claims(first)], PROOF)
    rejected(hidden, [claims(first, present=True)], "there are results exactly where")
    rejected(hidden, [claims(first, one, two, present=False)], "there are results exactly where")


def test_private_groups_duplicated_and_reordered(hidden: World) -> None:
    first = hidden.honest[0]
    one, two = first.results[0].results
    for own in ((one, one, two), (one, two, two), (two, one), (one, one)):
        rejected(hidden, [claims(first, *own)], ORDER)


def test_private_groups_invented(hidden: World) -> None:
    first, second = hidden.honest[:2]
    own = first.results[0].results
    for values in ((0, 0, 1), (None, None, 0), (0, None, 0), own[0].values):
        for key in (-5, 14, 1000):
            groups = sorted([*own, Result((key,), values)], key=lambda r: r.key)
            rejected(hidden, [claims(first, *groups)], PROOF)
    other = second.results[0].results
    rejected(hidden, [claims(first, *own, *other)], PROOF)


def test_private_groups_renamed(hidden: World) -> None:
    first = hidden.honest[0]
    one, two = first.results[0].results
    for change in (1, -1, 100):
        renamed = dataclasses.replace(one, key=(one.key[0] + change,))
        rejected(hidden, [claims(first, renamed, two)], PROOF)
    both = [dataclasses.replace(one, key=two.key), dataclasses.replace(two, key=one.key)]
    rejected(hidden, [claims(first, *both)], ORDER)
    rejected(hidden, [claims(first, *both[::-1])], PROOF)


def test_results_of_private_groups_swapped(hidden: World) -> None:
    first = hidden.honest[0]
    one, two = first.results[0].results
    swapped = dataclasses.replace(one, values=two.values), dataclasses.replace(two, values=one.values)
    rejected(hidden, [claims(first, *swapped)], PROOF)
    for index in range(2):
        values = list(one.values)
        values[index] = two.values[index]
        rejected(hidden, [claims(first, dataclasses.replace(one, values=tuple(values)), two)], PROOF)


def test_a_private_group_split_and_two_joined(hidden: World) -> None:
    first, second = hidden.honest[:2]
    one, two = first.results[0].results
    joined = Result(two.key, (one.values[0] + two.values[0], two.values[1], 2))
    rejected(hidden, [claims(first, joined)], PROOF)
    (whole,) = second.results[0].results
    parts = [Result((699,), (700, None, 1)), Result((700,), (700, None, 1))]
    rejected(hidden, [first, claims(second, *parts)], PROOF)
    assert whole == Result((700,), (1400, None, 2))


def test_a_private_group_in_another_public_group(hidden: World) -> None:
    first = hidden.honest[0]
    one, two = first.results
    moved = dataclasses.replace(
        first,
        results=(
            dataclasses.replace(one, results=one.results[:1]),
            dataclasses.replace(two, results=(two.results[0], one.results[1])),
        ),
    )
    rejected(hidden, [moved], PROOF)
    exchanged = dataclasses.replace(
        first,
        results=(
            dataclasses.replace(one, results=two.results, proof=two.proof),
            dataclasses.replace(two, results=one.results, proof=one.proof),
        ),
    )
    rejected(hidden, [exchanged], PROOF)


def test_results_of_private_groups_changed_by_one(hidden: World) -> None:
    first = hidden.honest[0]
    one, two = first.results[0].results
    for index, value in enumerate(two.values):
        for change in (1, -1):
            values = (*two.values[:index], value + change, *two.values[index + 1 :])
            rejected(hidden, [claims(first, one, dataclasses.replace(two, values=values))], PROOF)


def test_null_for_a_value_and_a_value_for_null(hidden: World) -> None:
    first, second = hidden.honest[:2]
    one, two = first.results[0].results
    total, _, count = one.values
    null = dataclasses.replace(one, values=(total, None, count))
    rejected(hidden, [claims(first, null, two)], PROOF)
    (whole,) = second.results[0].results
    assert whole.values[1] is None  # both rows are above what FILTER keeps
    for value in (0, -9999, 700, 599):
        given = dataclasses.replace(whole, values=(whole.values[0], value, whole.values[2]))
        rejected(hidden, [first, claims(second, given)], PROOF)
    for index in (0, 2):  # a group has rows, and rows have loads
        never = (*one.values[:index], None, *one.values[index + 1 :])
        forged = claims(first, dataclasses.replace(one, values=never), two)
        assert not hidden.verify([forged]).verified


def test_more_private_groups_than_the_circuit_has(hidden: World) -> None:
    first = hidden.honest[0]
    own = first.results[0].results
    more = [Result((1000 + i,), (None, None, 0)) for i in range(2)]
    rejected(hidden, [claims(first, *own, *more)], "4 results do not fit a circuit of 3")
    many = [Result((1000 + i,), (None, None, 0)) for i in range(5000)]
    rejected(hidden, [claims(first, *own, *many)], "5002 results do not fit")


def test_more_rows_of_keys_than_a_processor_can_prove(hidden: World) -> None:
    """It says so, and what to do."""
    rows = [hidden.sign(3, i, 5_000 + i, 100 + i, zone=5) for i in range(4)]
    evidence_ = evidence(
        hidden, 0, 3, rows=tuple(o.row for o in rows), closing=hidden.heartbeat(3, 4, 30_000)
    )
    with pytest.raises(InputError) as caught:
        hidden.reprove(0, held=(*owned(hidden, 0), *rows), devices=evidence_)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "ZKQL0448"


def test_results_of_private_groups_without_a_private_key(world: World) -> None:
    first = world.honest[0]
    (own,) = first.results[0].results
    for results in ((), (own, own)):
        forged = result(first, results=results)
        rejected(world, [forged], f"it has {len(results)} results where there is one")


# --- bytes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["world", "grouped", "hidden"])
def test_no_bit_of_an_envelope_can_flip(name: str, request) -> None:
    """One bit of every byte: structure, digests, times, signatures, commitments, results, proofs."""
    subject: World = request.getfixturevalue(name)
    data = encode(subject.honest[0], subject.bundle.manifest.plan)
    assert subject.verify_bytes([data]).verified
    source = random.Random(1)
    accepted = []
    for position in sample(range(len(data)), 5):
        flipped = bytearray(data)
        flipped[position] ^= 1 << source.randrange(8)
        if subject.verify_bytes([bytes(flipped)]).verified:
            accepted.append(position)
    assert accepted == []


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.replace(b'"version":2', b'"version": 2'),
        lambda d: d.replace(b'"version":2', b'"version":2.0'),
        lambda d: d.replace(b'"version":2', b'"version":2,"version":2'),
        lambda d: d.replace(b'"version":2', b'"version":2,"note":"x"'),
        lambda d: d.replace(b'"version":2', b'"version":1'),
        lambda d: d + b"\n",
        lambda d: d[:-1],
        lambda d: d.upper(),
        lambda d: b"\xef\xbb\xbf" + d,
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b"{" * 100_000,
        lambda d: d.replace(b"1970-01-01 00:00:00.000", b"1970-01-01T00:00:00.000", 1),
    ],
)
def test_only_the_canonical_form_is_read(world: World, change) -> None:
    data = encode(world.honest[0], world.bundle.manifest.plan)
    assert change(data) != data
    outcome = world.verify_bytes([change(data)])
    assert not outcome.verified
    assert outcome.rejected[0][1].startswith("malformed")


# --- confidentiality ------------------------------------------------------------------------------


def test_an_envelope_holds_no_plaintext(world: World) -> None:
    data = encode(world.honest[0], world.bundle.manifest.plan).decode()
    assert "salt" not in data
    assert "load" not in data
    for owned_row in world.closed[0].held:
        assert format(owned_row.opening.salt, "064x") not in data
    assert '"-2.0"' in data  # the minimum, which the query reveals
    assert '"1.3"' not in data  # a row that no result shows


def test_rows_stand_in_order_of_device_and_sequence(world: World) -> None:
    """Not in order of value, which would reveal ranks."""
    for envelope in world.honest:
        order = [(r.device, r.sequence) for d in envelope.devices for r in d.rows]
        assert order == sorted(order)


def test_salts_are_fresh_and_large(world: World) -> None:
    salts = [o.opening.salt for w in world.closed for o in w.held]
    assert len(set(salts)) == len(salts)
    assert min(salts) > 1 << 200
    same = [world.sign(1, 0, 0, 5).row.commitment for _ in range(8)]
    assert len(set(same)) == len(same)
