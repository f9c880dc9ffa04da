"""Worlds that the attacks share; compiled and proven once a worker."""

from __future__ import annotations

import pytest

from tests import chains
from tests.ceremonies import Ceremony, tiny_bundle
from tests.chains import ChainWorld
from tests.harness import FEW_GROUPS_STREAM, GROUPED, HIDDEN, PLAIN, STREAM
from tests.test_toolchain import powers
from tests.world import World
from zkql.bundle import Bundle
from zkql.keys import setup_bundle


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return World.make(tmp_path_factory.mktemp("plain"), PLAIN)


@pytest.fixture(scope="session")
def grouped(tmp_path_factory) -> World:
    return World.make(tmp_path_factory.mktemp("grouped"), GROUPED)


@pytest.fixture(scope="session")
def hidden(tmp_path_factory) -> World:
    """Groups of a private key."""
    return World.make(tmp_path_factory.mktemp("hidden"), HIDDEN, stream=FEW_GROUPS_STREAM)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory) -> World:
    """Another query over the same stream, with sensors of its own."""
    return World.make(
        tmp_path_factory.mktemp("stranger"), PLAIN.replace("AVG(temp) AS warmth", "MAX(temp) AS w")
    )


@pytest.fixture(scope="session")
def aggregated(tmp_path_factory) -> World:
    """Signatures of BLS12-381, one for all rows of a device and window."""
    stream = STREAM.replace("'capacity'", "'signature' = 'bls12-381', 'capacity'")
    return World.make(tmp_path_factory.mktemp("aggregated"), PLAIN, stream=stream)


@pytest.fixture(scope="session")
def chained(tmp_path_factory) -> ChainWorld:
    """Three devices' chains in each proof."""
    return ChainWorld.of(tmp_path_factory.mktemp("chained"), chains.PLAIN, chains.READINGS)


@pytest.fixture(scope="session")
def chained_by_device(tmp_path_factory) -> ChainWorld:
    """A proof for each device."""
    return ChainWorld.of(tmp_path_factory.mktemp("by-device"), chains.BY_DEVICE, chains.READINGS)


@pytest.fixture(scope="session")
def held(tmp_path_factory) -> Ceremony:
    """A ceremony of two parties and a beacon, for a circuit of six constraints."""
    return Ceremony.hold(tmp_path_factory.mktemp("ceremony"), powers(6))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Bundle:
    """A bundle of a small query, with development keys."""
    return setup_bundle(tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle"), None)
