"""Envelopes mixed from true ones: every field, and every two fields, of one window taken from another window,
or from the same window of another run. All of it was signed or proven once; only what one run says of one
window is accepted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from tests.world import World
from zkql import files
from zkql.runtime.consumer import Verifier
from zkql.runtime.envelope import Envelope, decode, encode
from zkql.runtime.positions import Rejection
from zkql.runtime.records import RecordError

Path = tuple[str | int, ...]
WORLDS = ("world", "grouped", "hidden", "aggregated", "chained", "chained_by_device")


def fields(data: Any, at: Path = ()) -> Iterator[Path]:
    """Every field of an envelope and of its devices and results: whole, and the values in it."""
    if at:
        yield at
    if isinstance(data, dict):
        for key, value in data.items():
            yield from fields(value, (*at, key))
    elif isinstance(data, list) and len(at) < 5:
        for index, value in enumerate(data[:2]):
            yield from fields(value, (*at, index))


def taken(data: Any, at: Path) -> Any:
    for key in at:
        data = data[key]
    return data


def put(data: Any, at: Path, value: Any) -> None:
    taken(data, at[:-1])[at[-1]] = value


def mixtures(one: Any, other: Any) -> Iterator[tuple[tuple[Path, ...], Any]]:
    """``one`` with one or two fields of ``other``, where these differ."""
    shared = []
    for at in fields(one):
        try:
            if taken(one, at) != taken(other, at):
                shared.append(at)
        except (KeyError, IndexError, TypeError):
            continue
    for chosen in (*((at,) for at in shared), *combinations(shared, 2)):
        mixed = json.loads(json.dumps(one))
        try:
            for at in chosen:
                put(mixed, at, taken(other, at))
        except (KeyError, IndexError, TypeError):  # what was put is of another form
            continue
        yield chosen, mixed


def judged(world: World, before: list[Envelope], mixed: Any) -> str | None:
    """Why it is rejected; None if it is accepted."""
    plan = world.bundle.manifest.plan
    try:
        envelope = decode(files.dump_json(mixed).encode() + b"\n", plan)
    except RecordError as error:
        return str(error)
    verifier = Verifier(world.bundle, world.registry, allow_dev_keys=True)
    for own in before:
        verifier.progress = verifier._checked(own, verifier.progress).after  # proven by other tests
    try:
        verifier.verify(envelope)
    except Rejection as reason:
        return str(reason)
    return None


def body(world: World, envelope: Envelope) -> Any:
    return json.loads(encode(envelope, world.bundle.manifest.plan))


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("other", [0, 2])
def test_no_mixture_of_two_windows_is_accepted(name: str, other: int, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(name)
    one, two = (body(world, world.honest[window]) for window in (1, other))
    assert judged(world, world.honest[:1], one) is None
    told = 0
    every = 1 if os.environ.get("ZKQL_THOROUGH") else 4
    for number, (chosen, mixed) in enumerate(mixtures(one, two)):
        if len(chosen) > 1 and number % every:
            continue
        assert judged(world, world.honest[:1], mixed) is not None, chosen
        told += 1
    assert told > 30


@pytest.mark.parametrize("name", ["world", "chained"])
def test_proofs_of_two_runs_are_the_same_statement(name: str, request: pytest.FixtureRequest) -> None:
    """Groth16 proofs are randomised: that of another run about the same window holds as well, and says the
    same. Nothing else differs."""
    world: World = request.getfixturevalue(name)
    one, two = body(world, world.honest[1]), body(world, world.prove(world.closed)[1])
    differing = {at[-1] for at in fields(one) if taken(one, at) != taken(two, at)}
    assert differing == {"results", 0, "proof"}
    for _, mixed in mixtures(one, two):
        assert judged(world, world.honest[:1], mixed) is None
