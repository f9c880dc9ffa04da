"""A consumer remembers what it accepted: a processor that tells another story the next day is found out.

Each attack is run against a verifier that starts anew, which accepts it, and against one with a ledger.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.world import SIZE, World
from zkql.errors import InputError, input_error
from zkql.runtime.consumer import Verification, Verifier
from zkql.runtime.envelope import Envelope, encode
from zkql.runtime.ledger import Ledger
from zkql.runtime.registry import ordered


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "accepted.sqlite"


def verify(world: World, envelopes: Sequence[Envelope], ledger: Path | None) -> Verification:
    verifier = Verifier(world.bundle, world.registry, allow_dev_keys=True, ledger=ledger)
    plan = world.bundle.manifest.plan
    return verifier.verify_all((f"envelope {i}", encode(e, plan)) for i, e in enumerate(envelopes))


def another_story(world: World) -> list[Envelope]:
    """The same first window, and then another reading in the second, with a signature of its own: the
    processor got hold of a sensor's key, or made the sensor sign twice."""
    closed = world.closed[1]
    owned = closed.held[0]
    device = owned.row.device
    other = world.sign(int(device), owned.row.sequence, owned.row.time, 4242, zone=1)
    rows = tuple(other if o is owned else o for o in closed.held)
    devices = tuple(
        dataclasses.replace(d, rows=(other.row, *d.rows[1:])) if d.device == device else d
        for d in closed.devices
    )
    return world.reprove(1, held=rows, devices=devices)


# --- honest runs ------------------------------------------------------------------------------------


def test_a_later_run_goes_on_where_the_last_one_ended(world: World, ledger: Path) -> None:
    at_once = verify(world, world.honest, None)
    first = verify(world, world.honest[:1], ledger)
    assert (first.windows, first.known, first.rejected) == (1, 0, [])
    rest = verify(world, world.honest[1:], ledger)
    assert rest.verified
    assert first.results + rest.results == at_once.results
    kept = sqlite3.connect(ledger).execute("SELECT results FROM accepted ORDER BY window_start").fetchall()
    assert [row for (own,) in kept for row in json.loads(own)] == at_once.results


def test_what_was_accepted_before_is_known(world: World, ledger: Path) -> None:
    """A folder to which envelopes are added is verified as a whole each time."""
    verify(world, world.honest[:2], ledger)
    again = verify(world, world.honest, ledger)
    assert again.verified
    assert (again.windows, again.known) == (len(world.honest), 2)
    assert again.results == verify(world, world.honest, None).results[-len(again.results) :]
    nothing_new = verify(world, world.honest, ledger)
    assert nothing_new.verified
    assert (nothing_new.known, nothing_new.results) == (len(world.honest), [])
    assert nothing_new.until == world.honest[-1].end


def test_other_bytes_of_a_proof_say_the_same(world: World, ledger: Path) -> None:
    """Anyone can make them from a proof."""
    verify(world, world.honest, ledger)
    first = world.honest[0]
    results = tuple(dataclasses.replace(r, proof=bytes(256)) for r in first.results)
    again = verify(world, [dataclasses.replace(first, results=results), *world.honest[1:]], ledger)
    assert again.verified
    assert again.known == len(world.honest)


# --- attacks ----------------------------------------------------------------------------------------


def test_two_stories_of_a_window(world: World, ledger: Path) -> None:
    story = another_story(world)
    assert verify(world, story, None).verified
    verify(world, world.honest, ledger)
    before = ledger.read_bytes()
    told = verify(world, story, ledger)
    assert not told.verified
    assert told.results == []
    ((name, reason), *after) = told.rejected
    assert (name, "two stories" in reason) == ("envelope 1", True)
    assert all("follows a window" in why for _, why in after)
    assert ledger.read_bytes() == before


def test_another_continuation_of_what_was_accepted(world: World, ledger: Path) -> None:
    """The windows after are of the other story, which alone was never accepted."""
    story = another_story(world)
    verify(world, world.honest[:2], ledger)
    told = verify(world, story[2:], ledger)
    assert not told.verified
    assert "does not continue the windows before it" in told.rejected[0][1]


@pytest.mark.parametrize("shown", [slice(2, None), slice(1, None)], ids=["a gap", "no beginning"])
def test_windows_between_runs_are_not_left_out(world: World, ledger: Path, shown: slice) -> None:
    if shown.start == 2:
        verify(world, world.honest[:1], ledger)
    told = verify(world, world.honest[shown], ledger)
    assert not told.verified
    assert "missing" in told.rejected[0][1] or "does not continue" in told.rejected[0][1]


def test_an_accepted_window_is_not_taken_twice(world: World, ledger: Path) -> None:
    """In one run under two names, and under other bounds in the next."""
    twice = verify(world, [world.honest[0], world.honest[0]], ledger)
    assert "accepted before" in twice.rejected[0][1]
    moved = dataclasses.replace(
        world.honest[0], start=world.honest[0].start - SIZE, end=world.honest[0].start
    )
    told = verify(world, [moved], ledger)
    assert not told.verified
    assert "no window that was accepted begins" in told.rejected[0][1]


def test_a_rejected_window_leaves_no_trace(world: World, ledger: Path) -> None:
    bad = dataclasses.replace(world.honest[1], previous=bytes(32))
    assert not verify(world, [world.honest[0], bad], ledger).verified
    assert verify(world, world.honest, ledger).known == 1
    assert verify(world, world.honest, ledger).known == len(world.honest)


# --- the file ---------------------------------------------------------------------------------------


def test_a_ledger_is_of_one_query_and_one_registry(world: World, ledger: Path) -> None:
    verify(world, world.honest, ledger)
    keys = {device: own.first for device, own in list(world.registry.keys.items())[:-1]}
    with pytest.raises(InputError, match="ZKQL0466"):
        Verifier(world.bundle, ordered(world.stream, keys), allow_dev_keys=True, ledger=ledger)
    with sqlite3.connect(ledger) as file:
        file.execute("UPDATE ledger SET query = ?", ("00" * 32,))
    file.close()
    with pytest.raises(InputError, match="ZKQL0466"):
        verify(world, world.honest, ledger)


DAMAGES = {
    "no database": b"once upon a time " * 99,
    "another database": None,
    "cut": 0.5,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(world: World, ledger: Path, damage: str) -> None:
    verify(world, world.honest, ledger)
    how = DAMAGES[damage]
    if isinstance(how, bytes):
        ledger.write_bytes(how)
    elif how is None:
        ledger.unlink()
        with sqlite3.connect(ledger) as file:
            file.execute("CREATE TABLE accepted (x)")
        file.close()
    else:
        ledger.write_bytes(ledger.read_bytes()[: int(how * ledger.stat().st_size)])
    with pytest.raises(InputError, match="ZKQL0465"):
        verify(world, world.honest, ledger)


def test_a_file_of_another_version_and_a_folder_are_refused(world: World, ledger: Path) -> None:
    verify(world, world.honest, ledger)
    with sqlite3.connect(ledger) as file:
        file.execute("UPDATE ledger SET version = 2")
    file.close()
    with pytest.raises(InputError, match="version 2"):
        verify(world, world.honest, ledger)
    for place in (ledger.parent, ledger.parent / "missing" / "file"):
        with pytest.raises(InputError, match="ZKQL0465"):
            verify(world, world.honest, place)


def test_of_two_verifiers_one_is_refused(world: World, ledger: Path) -> None:
    """Both have read the same progress; the second to write finds the first one's window."""
    one = Verifier(world.bundle, world.registry, allow_dev_keys=True, ledger=ledger)
    other = Verifier(world.bundle, world.registry, allow_dev_keys=True, ledger=ledger)
    one.verify(world.honest[0])
    with pytest.raises(InputError, match="ZKQL0467"):
        other.verify(world.honest[0])
    assert other.progress.start is None
    one.verify(world.honest[1])


def test_results_are_shown_up_to_where_the_ledger_fails(
    world: World, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are written down by then, so that a later run does not show them."""
    accept = Ledger.accept

    def failing(self: Ledger, start: int, *given: Any) -> None:
        if start == world.honest[1].start:
            raise input_error("ZKQL0467", "another verifier wrote")
        accept(self, start, *given)

    monkeypatch.setattr(Ledger, "accept", failing)
    found = verify(world, world.honest, ledger)
    assert not found.verified
    assert found.results == verify(world, world.honest[:1], None).results
    assert found.rejected[0] == ("envelope 1", "another verifier wrote")


def test_a_fault_while_writing_leaves_the_ledger_as_it_was(
    world: World, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify(world, world.honest[:1], ledger)
    verifier = Verifier(world.bundle, world.registry, allow_dev_keys=True, ledger=ledger)
    before = verifier.progress
    monkeypatch.setattr("zkql.runtime.ledger.json.dumps", lambda _: {"no": "text"})
    with pytest.raises(InputError, match="ZKQL0465"):
        verifier.verify(world.honest[1])
    monkeypatch.undo()
    assert verifier.progress == before
    verifier.verify(world.honest[1])
    assert verify(world, world.honest, ledger).known == 2
