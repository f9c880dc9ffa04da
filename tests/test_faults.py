"""Signed rows on which a query has no value: 10 / zone, and a sensor signs zone 0.

The processor says so and stops; the verifier, who may be shown such rows by anyone, rejects them. Neither
ends with a traceback.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.harness import WINDOW
from tests.world import World
from zkql.errors import InputError
from zkql.plan.stages import Result
from zkql.runtime.envelope import Envelope, GroupResult
from zkql.runtime.evidence import RowEvidence
from zkql.runtime.held import OwnedRow
from zkql.runtime.windows import ClosedWindow

BOUNDS = "window_start, window_end"
QUERIES = {
    "where": f"SELECT COUNT(*) AS n {WINDOW} WHERE 10 / zone > 1 GROUP BY {BOUNDS}",
    "key": f"SELECT 10 / zone AS k, COUNT(*) AS n {WINDOW} GROUP BY {BOUNDS}, 10 / zone",
    "aggregate": f"SELECT MAX(10 / zone) AS m {WINDOW} GROUP BY {BOUNDS}",
    "having": f"SELECT zone, COUNT(*) AS n {WINDOW} GROUP BY {BOUNDS}, zone HAVING 10 / MIN(zone) > 1",
    "having key": f"SELECT COUNT(*) AS n {WINDOW} GROUP BY {BOUNDS}, zone HAVING 10 / zone > 1",
    "proven": f"SELECT SUM(load) AS s {WINDOW} WHERE 10 / zone > 1 GROUP BY {BOUNDS}",
    "overflow": f"SELECT COUNT(*) AS n {WINDOW} WHERE 2147483647 - (zone - 1) > 0 GROUP BY {BOUNDS}",
    "cast": f"SELECT MIN(CAST('1' || SUBSTRING('x', 1 + zone) AS INT)) AS n {WINDOW} GROUP BY {BOUNDS}",
}
"""Natively and beside a circuit, everywhere that a query computes with public columns."""
RESULTS = {
    "of an aggregate": f"SELECT 10 / MIN(zone) AS q {WINDOW} GROUP BY {BOUNDS}",
    "of a key": f"SELECT 10 / zone AS q {WINDOW} GROUP BY {BOUNDS}, zone",
}
"""Where all can be proven, and then the result has no value."""


def with_zone(world: World, zone: int) -> ClosedWindow:
    """The first window again, its rows signed anew with this zone by the same honest sensors."""
    window = world.closed[0]
    rows: list[OwnedRow] = []
    devices: list[RowEvidence] = []
    for evidence in window.devices:
        own = [
            world.sign(int(evidence.device), row.sequence, row.time, 5, zone=zone) for row in evidence.rows
        ]
        rows += own
        devices.append(replace(evidence, rows=tuple(o.row for o in own)))
    return replace(window, devices=tuple(devices), held=tuple(rows))


@pytest.mark.parametrize("select", QUERIES.values(), ids=QUERIES)
def test_rows_without_a_value_stop_the_processor_and_are_rejected(tmp_path: Path, select: str) -> None:
    world = World.make(tmp_path, select)
    assert world.verify(world.honest).verified
    malformed = with_zone(world, 0)
    with pytest.raises(InputError) as caught:
        world.prove([malformed])
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "ZKQL0443"
    assert diagnostic.message.startswith("window 1970-01-01 00:00:00.000: ")
    forged: Envelope = replace(world.honest[0], devices=malformed.devices)
    outcome = world.verify([forged])
    assert not outcome.verified
    ((_, reason),) = outcome.rejected
    assert reason.startswith("the query has no value: ")
    assert world.verify(world.prove([with_zone(world, 3)])).verified


@pytest.mark.parametrize("select", RESULTS.values(), ids=RESULTS)
def test_a_result_without_a_value_is_not_proven_and_is_rejected(tmp_path: Path, select: str) -> None:
    world = World.make(tmp_path, select)
    malformed = with_zone(world, 0)
    with pytest.raises(InputError) as caught:
        world.prove([malformed])
    assert [d.code for d in caught.value.diagnostics] == ["ZKQL0443"]
    grouped = bool(world.bundle.manifest.plan.keys)
    values = () if grouped else (0,)
    claimed = GroupResult((0,) if grouped else (), True, (Result((), values),), None)
    forged = replace(world.honest[0], devices=malformed.devices, results=(claimed,))
    ((_, reason),) = world.verify([forged]).rejected
    assert reason.startswith("the query has no value: division by zero")
