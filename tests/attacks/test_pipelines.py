"""Random honest pipelines are accepted and mean what DuckDB means; then one edit by a processor that is not.

Sensors sign in batches, with restarts, gaps and silence; the signed lines arrive in any order; the processor
proves what is closed, and the rest when it is; the consumer verifies in several runs, with a ledger."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.test_differential import duckdb, sorted_
from tests.world import SIZE, World
from zkql import files
from zkql.compiler import compile_query
from zkql.errors import Source
from zkql.plan.types import Value
from zkql.runtime import sensor
from zkql.runtime.consumer import Verification, Verifier
from zkql.runtime.envelope import encode
from zkql.runtime.intake import read_signed
from zkql.runtime.processor import Processor
from zkql.runtime.registry import Registry
from zkql.runtime.windows import ClosedWindow, windows

WORLDS = ("world", "grouped", "aggregated", "chained", "chained_by_device")
SEEDS = range(int(os.environ.get("ZKQL_PIPELINES", "3")))
Row = dict[str, Value | None]


def random_rows(world: World, source: random.Random, start: int, count: int) -> list[Row]:
    """Rows of some devices in some windows from a time on, at most four of a device and window."""
    found: list[Row] = []
    for device in source.sample([1, 2, 3], source.randint(1, 3)):
        time = start
        for _ in range(source.randint(0, count)):
            time += source.choice([0, 1, 2600, 5200, SIZE, 3 * SIZE])
            values: Row = {"meter": device, "ts": time, "load": source.randint(-9999, 9999)}
            values |= {"zone": source.choice([-1, 1, 2]), "temp": source.choice([-4, 7, 9, 30]), "ok": 1}
            found.append(values)
    kept: dict[tuple[Any, ...], list[Row]] = {}
    for values in found:  # as many as a proof has room for, over all devices with ROW provenance
        window = int(values["ts"] or 0) // SIZE
        own = kept.setdefault((window, values["meter"] if world.stream.is_chained else 0), [])
        if len(own) < (3 if world.stream.is_chained else 4):
            own.append(values)
    return [values for own in kept.values() for values in own]


class Sensors:
    """Keys on disk; what was signed so far, line by line."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.registry = sensor.generate_keys(world.stream, (1, 2, 3), folder / "keys")
        self.lines: list[str] = []
        self.rows: list[Row] = []

    def sign(self, rows: list[Row], until: int | None, since: int) -> None:
        """A batch, in order of nothing; each is a run of its own, which reads its state from the disk."""
        plain = [sensor.PlainRow(f"row {i}", values) for i, values in enumerate(rows)]
        output = self.folder / f"signed-{len(self.lines)}.jsonl"
        span = sensor.Span(since, until)
        sensor.sign_file(self.world.stream, self.folder / "keys", plain, output, span)
        self.lines += output.read_text().splitlines()
        self.rows += rows

    def delivered(self, source: random.Random) -> Path:
        """All lines in any order, behind the registry."""
        registry = [line for line in self.lines if '"registry"' in line][:1]
        others = [line for line in self.lines if '"registry"' not in line]
        source.shuffle(others)
        path = self.folder / "delivered.jsonl"
        path.write_text("\n".join([*registry, *others]) + "\n")
        return path


def prove(world: World, registry: Registry, delivered: Path) -> list[bytes]:
    """Every window that is closed by now."""
    plan = world.bundle.manifest.plan
    _, logs = read_signed(delivered, plan.stream, registry)
    closed = [w for w in windows(plan, logs) if isinstance(w, ClosedWindow)]
    return [encode(envelope, plan) for envelope, _ in Processor(world.bundle, registry).prove(closed)]


def verify(world: World, registry: Registry, envelopes: list[bytes], ledger: Path | None) -> Verification:
    verifier = Verifier(world.bundle, registry, allow_dev_keys=True, ledger=ledger)
    return verifier.verify_all((f"envelope {i}", data) for i, data in enumerate(envelopes))


def counted(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without windows that have no row: SQL has no result for them."""
    return [row for row in results if row["n"] != 0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", WORLDS)
def test_pipelines(name: str, seed: int, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    world: World = request.getfixturevalue(name)
    source = random.Random(f"{name} {seed}")
    sensors = Sensors(world, tmp_path)
    first = source.choice([0, 123_000, -SIZE])
    sensors.sign(random_rows(world, source, first, 3), None, first // SIZE * SIZE)
    if source.random() < 0.5:  # a restart within a window, with nothing new but heartbeats
        latest = max((int(values["ts"] or 0) for values in sensors.rows), default=first)
        sensors.sign([], latest, first)
    early = prove(world, sensors.registry, sensors.delivered(source))
    latest = max((int(values["ts"] or 0) for values in sensors.rows), default=first)
    later = random_rows(world, source, (latest // SIZE + source.choice([1, 3])) * SIZE, 3)
    end = max((int(values["ts"] or 0) for values in (*later, *sensors.rows)), default=first)
    sensors.sign(later, end // SIZE * SIZE + SIZE, first)
    late = prove(world, sensors.registry, sensors.delivered(source))
    if not sensors.rows:
        return

    ledger = tmp_path / "accepted.sqlite"
    source.shuffle(early)
    results = verify(world, sensors.registry, early, ledger).results
    outcome = verify(world, sensors.registry, late, ledger)
    assert outcome.verified, outcome.rejected
    assert outcome.known == len(early)
    results += outcome.results
    text = (world.bundle.path / "query.zkql").read_text()
    assert sorted_(counted(results)) == sorted_(reference(text, sensors.rows))
    edited(world, sensors.registry, late, source)


def reference(text: str, rows: list[Row]) -> list[dict[str, Any]]:
    return duckdb(compile_query(Source("query.zkql", text)), rows)  # type: ignore[arg-type]


# --- one edit ---------------------------------------------------------------------------------------


def edited(world: World, registry: Registry, honest: list[bytes], source: random.Random) -> None:
    """Each edit is rejected, or all that is accepted is as before."""
    for _ in range(12):
        place = source.randrange(len(honest))
        data = json.loads(honest[place])
        change(data, source)
        forged = files.dump_json(data).encode() + b"\n"
        if forged == honest[place]:
            continue
        outcome = verify(world, registry, [*honest[:place], forged, *honest[place + 1 :]], None)
        assert not outcome.verified or same_but_proofs(forged, honest[place]), forged


def same_but_proofs(one: bytes, other: bytes) -> bool:
    """Proofs can be made anew by anyone; all that they are about has to be the same."""
    bodies = [json.loads(data) for data in (one, other)]
    for body in bodies:
        for result in body["results"]:
            result["proof"] = None
    return bool(bodies[0] == bodies[1])


def change(data: Any, source: random.Random) -> None:
    """One value, anywhere: another number, digit, time; gone, twice, or in another place."""
    while True:
        keys = list(data) if isinstance(data, dict) else list(range(len(data)))
        key = source.choice(keys)
        value = data[key]
        if isinstance(value, dict | list) and value and source.random() < 0.85:
            data = value
            continue
        match value:
            case bool() | None:
                data[key] = source.choice([True, False, None])
            case int():
                data[key] = value + source.choice([-1, 1, 1 << 40])
            case str() if set(value) <= set("0123456789abcdef") and len(value) >= 64:
                digit = source.randrange(len(value))
                data[key] = value[:digit] + source.choice("0123456789abcdef") + value[digit + 1 :]
            case str():
                data[key] = shifted(value, source)
            case list() if value:
                choice = source.choice([value[1:], value[:-1], [*value, value[-1]], value[::-1]])
                data[key] = choice
            case _:
                data[key] = None
        return


def shifted(text: str, source: random.Random) -> str:
    """A time or number beside it."""
    digits = [i for i, c in enumerate(text) if c.isdigit()]
    if not digits:
        return text + "0"
    place = source.choice(digits)
    return text[:place] + str((int(text[place]) + source.choice([1, 9])) % 10) + text[place + 1 :]


def test_edits_reach_everything() -> None:
    """Otherwise the pipelines would show little."""
    source, kinds = random.Random(1), set()
    data = {"a": {"b": [1, {"c": "00" * 32}], "d": None}, "e": "1970-01-01 00:00:00.000", "f": True}
    for _ in range(200):
        own = json.loads(json.dumps(data))
        change(own, source)
        kinds.add(json.dumps(own))
    assert len(kinds) > 40
