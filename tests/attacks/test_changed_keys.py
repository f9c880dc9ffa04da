"""Keys that are changed and devices that are revoked: an old key signs on, a revoked device goes on, and a
processor that has got hold of such a key. Sensors sign on disk, as a user would; everything is run with both
provenances."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.attacks.test_pipelines import Row, Sensors, verify
from tests.world import SIZE, World
from zkql.crypto import signatures
from zkql.errors import InputError
from zkql.runtime import sensor
from zkql.runtime.chains import sign_beat
from zkql.runtime.consumer import Verification
from zkql.runtime.envelope import encode
from zkql.runtime.evidence import ChainEvidence, RowEvidence
from zkql.runtime.held import OwnedRow
from zkql.runtime.intake import read_signed
from zkql.runtime.processor import Processor
from zkql.runtime.registry import Change, DeviceKeys, Registry, read_registry, registry_from_json
from zkql.runtime.signers import Head, sign_heartbeat, signer_of
from zkql.runtime.windows import ClosedWindow, windows

ONE, TWO, THREE = (signatures.public_key(bytes([n] * 32)) for n in (1, 2, 3))
WORLDS = ("world", "aggregated", "chained")


class Fleet(Sensors):
    """Three devices of which the first has its key changed, or is revoked."""

    def registry_now(self) -> Registry:
        return read_registry(self.folder / "keys" / sensor.REGISTRY, self.world.stream)

    def seed(self) -> bytes:
        data = json.loads((self.folder / "keys/private/1.key").read_text())
        return bytes.fromhex(data["seed"])

    def row(self, time: int, load: int = 5, device: int = 1) -> Row:
        return {"meter": device, "zone": 1, "ts": time, "load": load, "temp": 9, "ok": 1}

    def closed(self, registry: Registry | None = None) -> list[ClosedWindow]:
        path = self.folder / "all.jsonl"
        path.write_text("\n".join(self.lines) + "\n")
        plan = self.world.bundle.manifest.plan
        _, logs = read_signed(path, plan.stream, registry or self.registry_now())
        return [w for w in windows(plan, logs) if isinstance(w, ClosedWindow)]

    def prove(self, closed: Sequence[ClosedWindow]) -> list[bytes]:
        plan = self.world.bundle.manifest.plan
        processor = Processor(self.world.bundle, self.registry_now())
        return [encode(envelope, plan) for envelope, _ in processor.prove(closed)]

    def verified(self, envelopes: list[bytes], registry: Registry | None = None) -> Verification:
        return verify(self.world, registry or self.registry_now(), envelopes, None)


@pytest.fixture(params=WORLDS)
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Fleet:
    """Device 1 has signed two rows in the first window, and a heartbeat in it."""
    own = Fleet(request.getfixturevalue(request.param), tmp_path)
    own.sign([own.row(0), own.row(1000)], 2000, 0)
    return own


def last_number(fleet: Fleet) -> int:
    """Of the next row of device 1, or its next block: rows count from 0, blocks from 1 and hold two."""
    states = sensor._read_state(fleet.folder / "keys", fleet.world.stream)
    return signer_of(fleet.world.stream).following(states[1])


# --- honest -----------------------------------------------------------------------------------------


def test_a_changed_key_goes_on_where_the_old_one_ended(fleet: Fleet) -> None:
    before = fleet.registry_now()
    old = fleet.seed()
    changed = sensor.rotate(fleet.world.stream, fleet.folder / "keys", 1)
    assert changed.extends(before)
    assert changed.digest == before.digest
    assert not before.extends(changed)
    assert fleet.seed() != old
    fleet.sign([fleet.row(3000), fleet.row(SIZE)], 2 * SIZE, 0)
    envelopes = fleet.prove(fleet.closed())
    outcome = fleet.verified(envelopes)
    assert outcome.verified, outcome.rejected
    assert [r["n"] for r in outcome.results] == [3, 1]
    # Who has the old registry takes the new key for a forger.
    assert "the signature of" in fleet.verified(envelopes, before).rejected[0][1]
    with pytest.raises(Exception, match="signature is not that of device 1"):
        fleet.closed(before)


def test_a_ledger_goes_on_after_a_change(fleet: Fleet, tmp_path: Path) -> None:
    ledger = tmp_path / "accepted.sqlite"
    fleet.sign([], SIZE, 0)
    first = fleet.prove(fleet.closed())
    assert verify(fleet.world, fleet.registry_now(), first, ledger).verified
    sensor.rotate(fleet.world.stream, fleet.folder / "keys", 1)
    fleet.sign([fleet.row(SIZE + 1)], 2 * SIZE, 0)
    both = fleet.prove(fleet.closed())
    outcome = verify(fleet.world, fleet.registry_now(), both, ledger)
    assert (outcome.verified, outcome.known, [r["n"] for r in outcome.results]) == (True, 1, [1])


def test_an_interrupted_change_is_finished(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry names the new key, and the machine stopped before the old one was replaced."""
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sensor.rotate(fleet.world.stream, fleet.folder / "keys", 1)
    monkeypatch.undo()
    fleet.sign([fleet.row(4000)], SIZE, 0)
    assert fleet.verified(fleet.prove(fleet.closed())).verified


def test_a_revoked_device_holds_up_no_window(fleet: Fleet) -> None:
    """Its rows so far count; nothing is waited for."""
    fleet.sign([fleet.row(SIZE + 5, device=2)], None, 0)
    for device in (2, 3):
        beat(fleet, device, 3 * SIZE)
    assert not fleet.closed()
    path = fleet.folder / "keys" / sensor.REGISTRY
    sensor.revoke(fleet.world.stream, path, 1, last_number(fleet))
    outcome = fleet.verified(fleet.prove(fleet.closed()))
    assert outcome.verified, outcome.rejected
    assert [r["n"] for r in outcome.results] == [2, 1, 0]


def beat(fleet: Fleet, device: int, time: int, seed: bytes | None = None) -> None:
    """A heartbeat of one device alone, by its key on disk or another one."""
    stream, keys = fleet.world.stream, fleet.folder / "keys"
    signer, states = signer_of(stream), sensor._read_state(keys, stream)
    own = json.loads((keys / f"private/{device}.key").read_text())["seed"]
    line, _ = signer.beat(stream, device, states[device], time, seed or bytes.fromhex(own))
    fleet.lines.append(line)


# --- attacks ----------------------------------------------------------------------------------------


def test_the_old_key_signs_a_row(fleet: Fleet) -> None:
    stale = fleet.folder / "stale"
    stale.mkdir()
    for name in ("state.json", "registry.json"):
        (stale / name).write_bytes((fleet.folder / "keys" / name).read_bytes())
    old, number = fleet.seed(), last_number(fleet)
    sensor.rotate(fleet.world.stream, fleet.folder / "keys", 1)
    (fleet.folder / "keys/private/1.key").write_text(json.dumps({"device": 1, "seed": old.hex()}) + "\n")
    with pytest.raises(InputError, match="is not the registered one"):
        fleet.sign([fleet.row(4000)], SIZE, 0)
    (fleet.folder / "keys/registry.json").write_bytes((stale / "registry.json").read_bytes())
    fleet.sign([fleet.row(4000, 9999)], SIZE, 0)  # as a thief would, with the old registry
    before = fleet.registry_now()
    key = signatures.public_key(signatures.new_seed())
    first = before.keys[1]
    after = before.with_keys(1, replace(first, later=(Change(number, 2000, key),)))
    forged = fleet.prove(fleet.closed(before))
    assert fleet.verified(forged, before).verified
    assert "the signature of" in fleet.verified(forged, after).rejected[0][1]


def test_the_old_key_signs_that_nothing_came(fleet: Fleet) -> None:
    """A thief of the old key and a processor hide what the new key signs: a heartbeat of the old one, for a
    time after the change, with the number at which the keys change."""
    old, stream = fleet.seed(), fleet.world.stream
    honest = fleet.closed
    sensor.rotate(stream, fleet.folder / "keys", 1)
    states = sensor._read_state(fleet.folder / "keys", stream)
    fleet.sign([fleet.row(4000, 9999)], SIZE, 0)
    (window,) = honest()
    own = next(d for d in window.devices if d.device == 1)
    if isinstance(own, ChainEvidence):
        link, _ = sign_beat(stream, 1, states[1], SIZE, old)
        forged: ChainEvidence | RowEvidence = replace(own, closing=link.signed)
        held = window.held
    else:
        state = states[1]
        assert isinstance(state, Head)
        closing, _ = sign_heartbeat(stream, 1, state, SIZE, old)
        rows = [h for h in window.held if isinstance(h, OwnedRow) and h.row.device == 1]
        forged = RowEvidence.of(stream, 1, [h.row for h in rows[:2]], closing)
        held = tuple(h for h in window.held if h not in rows[2:])
    devices = tuple(forged if d is own else d for d in window.devices)
    envelopes = fleet.prove([replace(window, devices=devices, held=held)])
    rejected = fleet.verified(envelopes).rejected
    assert "the signature of" in rejected[0][1]


def test_a_revoked_device_goes_on(fleet: Fleet) -> None:
    before, number = fleet.registry_now(), last_number(fleet)
    fleet.sign([fleet.row(4000, 9999)], SIZE, 0)
    forged = fleet.prove(fleet.closed(before))
    assert fleet.verified(forged, before).verified
    path = fleet.folder / "keys" / sensor.REGISTRY
    revoked = sensor.revoke(fleet.world.stream, path, 1, number)
    assert "after the device was revoked" in fleet.verified(forged, revoked).rejected[0][1]
    (window,) = fleet.closed(revoked)  # its later rows are not there for an honest processor
    assert fleet.verified(fleet.prove([window]), revoked).verified
    with pytest.raises(InputError, match="is revoked from"):
        fleet.sign([fleet.row(2 * SIZE)], None, 0)


def test_rows_before_the_revocation_are_not_left_out(fleet: Fleet) -> None:
    """Nothing is waited for only when all that the registry accepts was shown."""
    fleet.sign([], SIZE, 0)
    fleet.sign([fleet.row(SIZE)], None, 0)
    for device in (1, 2, 3):
        beat(fleet, device, 2 * SIZE)
    path = fleet.folder / "keys" / sensor.REGISTRY
    revoked = sensor.revoke(fleet.world.stream, path, 1, last_number(fleet))
    closed = fleet.closed(revoked)
    assert fleet.verified(fleet.prove(closed)).verified
    window = closed[1]
    own = next(d for d in window.devices if d.device == 1)
    if isinstance(own, ChainEvidence):
        first = next(d for d in closed[0].devices if d.device == 1)
        assert isinstance(first, ChainEvidence)
        short: ChainEvidence | RowEvidence = replace(own, closing=first.closing)
        earlier = next(h for h in closed[0].held if getattr(h, "device", None) == 1)
        held = tuple(earlier if getattr(h, "device", None) == 1 else h for h in window.held)
        assert first.closing != own.closing
    else:
        short = replace(own, rows=(), closing=None)
        held = tuple(h for h in window.held if getattr(h, "row", None) not in own.rows)
    devices = tuple(short if d is own else d for d in window.devices)
    envelopes = fleet.prove([closed[0], replace(window, devices=devices, held=held)])
    outcome = fleet.verified(envelopes)
    assert len(outcome.rejected) == 1
    assert any(reason in outcome.rejected[0][1] for reason in ("nothing closes", "does not reach"))


# --- registries -------------------------------------------------------------------------------------


def test_which_key_signs_what() -> None:
    keys = DeviceKeys(ONE, (Change(3, 50, TWO), Change(7, 90, THREE)), revoked=9)
    at = [(0, 5), (2, 50), (3, 50), (6, 90), (7, 90), (8, 999), (9, 999), (99, 999)]
    assert [keys.at(*own) for own in at] == [ONE, ONE, TWO, TWO, THREE, THREE, None, None]
    assert [keys.at(*own) for own in ((0, 51), (2, 51), (3, 49), (6, 91), (7, 89))] == [None] * 5
    assert [keys.around(1, time) for time in (50, 51, 999)] == [(ONE,), (), ()]
    assert [keys.around(2, time) for time in (49, 50, 51, 91)] == [(ONE,), (ONE, TWO), (TWO,), ()]
    assert [keys.around(6, time) for time in (89, 90, 91)] == [(TWO,), (TWO, THREE), (THREE,)]
    assert keys.around(8, 999) == (THREE,)
    assert keys.around(9, 999) == ()
    assert [keys.is_finished(n) for n in (8, 9, 10)] == [False, True, True]
    assert not DeviceKeys(ONE).is_finished(10**9)


def test_a_new_key_that_is_revoked_before_it_has_signed_signs_nothing() -> None:
    keys = DeviceKeys(ONE, (Change(3, 50, TWO),), revoked=3)
    assert keys.around(2, 50) == (ONE,)
    assert keys.around(2, 51) == ()


def test_the_old_key_speaks_for_an_earlier_number_at_a_later_time(fleet: Fleet) -> None:
    """Of a number before the last: all rows after it would be gone, those of the new key too."""
    old, stream = fleet.seed(), fleet.world.stream
    states = sensor._read_state(fleet.folder / "keys", stream)
    fleet.sign([fleet.row(3000)], None, 0)
    sensor.rotate(stream, fleet.folder / "keys", 1)
    fleet.sign([fleet.row(4000, 9999)], SIZE, 0)
    (window,) = fleet.closed()
    assert fleet.verified(fleet.prove([window])).verified
    own = next(d for d in window.devices if d.device == 1)
    if isinstance(own, ChainEvidence):
        link, _ = sign_beat(stream, 1, states[1], SIZE, old)
        short: ChainEvidence | RowEvidence = replace(own, closing=link.signed)
        held = window.held
    else:
        closing, _ = sign_heartbeat(stream, 1, states[1], SIZE, old)
        rows = [h for h in window.held if isinstance(h, OwnedRow) and h.row.device == 1]
        short = RowEvidence.of(stream, 1, [h.row for h in rows[:2]], closing)
        held = tuple(h for h in window.held if h not in rows[2:])
    devices = tuple(short if d is own else d for d in window.devices)
    rejected = fleet.verified(fleet.prove([replace(window, devices=devices, held=held)])).rejected
    assert "is not of the time of its key" in rejected[0][1]


@pytest.mark.parametrize(
    "later",
    [
        (Change(0, 5, TWO),),
        (Change(3, 5, TWO), Change(3, 6, THREE)),
        (Change(3, 5, TWO), Change(2, 6, THREE)),
        (Change(3, 5, TWO), Change(4, 4, THREE)),
    ],
)
def test_changes_stand_in_order(later: tuple[Change, ...]) -> None:
    with pytest.raises(ValueError, match="changed at a later number"):
        DeviceKeys(ONE, later)


def test_a_registry_is_read_as_it_is_written(world: World) -> None:
    own = DeviceKeys(ONE, (Change(3, 50, TWO),), 9)
    registry = world.registry.with_keys(1, own)
    data = registry.to_json()
    assert registry_from_json(data, world.stream, "here") == registry
    later = data["devices"][0]["later"][0]
    assert later == {"from": 3, "since": "1970-01-01 00:00:00.050", "key": TWO.hex()}
    for field, value in (("from", -1), ("from", "3"), ("since", 50), ("key", "00"), ("more", 1)):
        changed = json.loads(json.dumps(data))
        changed["devices"][0]["later"][0][field] = value
        with pytest.raises(InputError, match="here"):
            registry_from_json(changed, world.stream, "here")


def test_a_registry_extends_what_it_goes_on_from() -> None:
    first = DeviceKeys(ONE, (Change(3, 50, TWO),))
    for other, extends in (
        (first, True),
        (DeviceKeys(ONE), True),
        (DeviceKeys(TWO), False),
        (DeviceKeys(ONE, (Change(3, 50, THREE),)), False),
        (DeviceKeys(ONE, (Change(3, 50, TWO), Change(5, 60, THREE))), False),
        (DeviceKeys(ONE, (Change(3, 50, TWO),), 9), False),
    ):
        assert first.extends(other) is extends, other


def test_nothing_is_revoked_back(fleet: Fleet) -> None:
    path, stream = fleet.folder / "keys" / sensor.REGISTRY, fleet.world.stream
    sensor.revoke(stream, path, 1, 9)
    assert sensor.revoke(stream, path, 1, 5).keys[1].revoked == 5
    with pytest.raises(InputError, match="it is from 5 on"):
        sensor.revoke(stream, path, 1, 6)
    with pytest.raises(InputError, match="has no key in"):
        sensor.revoke(stream, path, 77, 6)


def test_a_key_that_signed_nothing_is_not_changed(fleet: Fleet) -> None:
    keys = fleet.folder / "keys"
    sensor.rotate(fleet.world.stream, keys, 1)
    with pytest.raises(InputError, match="has signed nothing with its key"):
        sensor.rotate(fleet.world.stream, keys, 1)
