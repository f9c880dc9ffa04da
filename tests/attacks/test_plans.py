"""Wrong plans, rightly proven: queries whose plan could mean something else to processor and verifier than
SQL says, and what could stop either. Each was a hole, found by attacking the front end end to end.
"""

from __future__ import annotations

import time
from unittest import mock

import pytest

from tests.forgeries import SPELLINGS
from tests.harness import STREAM, WINDOW, Secrets, Subject, evaluated, query, row
from tests.world import World
from zkql.errors import BugError, QueryError
from zkql.plan import evaluate
from zkql.plan.scalar import EvaluationError
from zkql.plan.stages import Result

W = WINDOW


def rows(world, envelopes):
    outcome = world.verify(envelopes)
    assert outcome.verified, outcome.rejected
    return outcome.results


# --- critical ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "select",
    [
        f"SELECT window_start, zone {W} WHERE load > 50 GROUP BY window_start, window_end, zone",
        f"SELECT DISTINCT window_start, window_end, zone {W} WHERE load > 50",
        f"SELECT window_start, zone FROM (SELECT window_start, window_end, zone, COUNT(*) AS n {W} "
        "WHERE load > 50 GROUP BY window_start, window_end, zone)",
    ],
)
def test_a_private_where_without_aggregates_is_refused(select, tmp_path):
    """Without a call there was no circuit, and nobody asked the condition."""
    try:
        world = World.make(tmp_path, select)
    except QueryError:
        return  # refusing is right
    # loads over 50: 50.5 in window 0 (zone 1), 70.0 twice in window 1 (zone 1); none in window 2
    assert [r["zone"] for r in rows(world, world.honest)] == [1, 1]


def test_a_count_cannot_be_proven_as_another_aggregate(tmp_path):
    """COUNT(y) over a constant y was proven as its average: the mean of 7 is 7."""
    select = (
        f"SELECT window_start, COUNT(y) AS n FROM (SELECT *, NULLIF(7, 2) AS y {W}) "
        "WHERE load > 0 GROUP BY window_start, window_end"
    )
    readings = ((1, 0, 505), (1, 4_000, 20), (2, 9_999, 13))  # three rows pass
    world = World.make(tmp_path / "honest", select, readings)
    assert [r["n"] for r in rows(world, world.honest)] == [3]
    real = evaluate.aggregate
    lie = mock.patch("zkql.plan.evaluate.aggregate", lambda call, own: 7 if own else real(call, own))
    with lie, pytest.raises(BugError):  # the circuit does not accept it
        World.make(tmp_path / "lie", select, readings)


# --- high: a wrong plan, rightly proven -------------------------------------------------------------------

_SHADOW = (
    f"SELECT a, window_start, COUNT(*) AS n, SUM(load) AS t FROM (SELECT window_start AS a, window_end AS b, "
    f"zone AS window_start, load {W} WHERE window_start >= TIMESTAMP '1970-01-01 00:00:10') "
    "GROUP BY a, b, window_start"
)


def test_a_key_may_be_named_like_a_bound_of_the_window(tmp_path):
    try:
        world = World.make(tmp_path, _SHADOW)
    except QueryError:
        return
    found = [(r["a"], r["n"]) for r in rows(world, world.honest)]
    assert found == [("1970-01-01 00:00:10.000", 2), ("1970-01-01 00:00:20.000", 1)], found


def test_an_aggregate_may_be_named_like_a_bound_of_the_window(tmp_path):
    """The same with a public aggregate."""
    select = (
        f"SELECT a, COUNT(*) AS window_start FROM (SELECT window_start AS a, window_end AS b {W} "
        "WHERE window_start >= TIMESTAMP '1970-01-01 00:00:10') GROUP BY a, b"
    )
    world = World.make(tmp_path, select)
    found = [(r["a"], r["window_start"]) for r in rows(world, world.honest)]
    assert found == [("1970-01-01 00:00:10.000", 2), ("1970-01-01 00:00:20.000", 1)], found


def test_a_private_aggregate_may_be_named_like_a_bound(tmp_path):
    select = (
        f"SELECT a, SUM(load) AS window_start FROM (SELECT window_start AS a, window_end AS b, load {W} "
        "WHERE window_start >= TIMESTAMP '1970-01-01 00:00:10') GROUP BY a, b"
    )
    world = World.make(tmp_path, select)
    assert len(rows(world, world.honest)) == 2


# --- medium: honest results that nobody can verify ---------------------------------------------------------


@pytest.mark.parametrize(
    "select",
    [
        f"SELECT window_start, MAX(ts - TIMESTAMP '1970-01-01 00:00:00') AS k {W} "
        "GROUP BY window_start, window_end",
        f"SELECT window_start, COUNT(*) AS n {W} "
        "GROUP BY window_start, window_end, ts - TIMESTAMP '1970-01-01 00:00:00'",
    ],
)
def test_intervals_in_envelopes_are_refused_or_read(select, tmp_path):
    try:
        world = World.make(tmp_path, select)
    except QueryError:
        return
    rows(world, world.honest)


GAP = ((1, 0, 505), (2, 25_000, -9999))


def test_an_output_over_an_empty_window_is_no_error(tmp_path):
    """SQL has no row for the empty window, so no division by zero."""
    select = f"SELECT window_start, 100 / COUNT(*) AS n {W} GROUP BY window_start, window_end"
    world = World.make(tmp_path, select, GAP)
    assert len(world.honest) == 3
    outcome = world.verify(world.honest)
    assert outcome.verified, outcome.rejected


def test_having_over_an_empty_window_is_no_error(tmp_path):
    select = (
        f"SELECT window_start, COUNT(*) AS n {W} GROUP BY window_start, window_end HAVING 100 / COUNT(*) > 1"
    )
    world = World.make(tmp_path, select, GAP)
    rows(world, world.honest)


@pytest.mark.parametrize("where", ["temp < 100 AND 10 / zone > 1", "temp > 0 OR 10 / zone > 1"])
def test_a_public_part_is_not_evaluated_where_sql_does_not(where):
    """`zkql run` gives a result (the private part decides first); processor and verifier cannot."""
    import zkql

    where = where.replace("temp < 100", "load > 100")
    text = (
        STREAM.format(capacity=4)
        + f"SELECT window_start, COUNT(*) AS n {W} WHERE {where} GROUP BY window_start, window_end;"
    )
    plain = [{"meter": 1, "zone": 0, "ts": "1970-01-01 00:00:00", "load": "50.5", "temp": 505, "ok": True}]
    zkql.compile(text).run(plain)  # no error
    try:
        subject = Subject.compile(
            f"SELECT window_start, COUNT(*) AS n {W} WHERE {where} GROUP BY window_start, window_end"
        )
    except QueryError:
        return
    own = row(load=505, temp=505, zone=0)
    assert [r["n"] for r in evaluated(subject.compiled, [own])] == [1]
    assert subject.accepts(subject.honest(Secrets.of([own])))
    error = row(load=505, temp=0, zone=0)  # SQL does evaluate it here
    with pytest.raises(EvaluationError):
        evaluated(subject.compiled, [error])
    for count in (0, 1):
        hidden = Secrets.of([error])
        claim = bool(count), (Result((), (count,)),)
        given = {**subject.public(hidden, claim), **subject.secret(hidden)}
        for spell in SPELLINGS.values():
            assert not subject.accepts(subject.lie(given, spell=spell))


def test_a_constant_in_a_private_condition_is_folded():
    """A projection that is merged brings the constant there."""
    where = "WHERE t OR load > 5 GROUP BY window_start, window_end"
    assert query(f"SELECT window_start, COUNT(*) AS n FROM (SELECT *, TRUE AS t {W}) {where}").circuit is None


def test_bounds_of_the_window_may_swap_names(tmp_path):
    """A subquery calls window_end window_start."""
    select = (
        "SELECT window_start AS until, SUM(load) AS t FROM (SELECT window_end AS window_start, "
        f"window_start AS window_end, load {W} WHERE window_start >= TIMESTAMP '1970-01-01 00:00:10') "
        "GROUP BY window_start, window_end"
    )
    world = World.make(tmp_path, select)
    found = [r["until"] for r in rows(world, world.honest)]
    assert found == ["1970-01-01 00:00:20.000", "1970-01-01 00:00:30.000"], found


def test_no_window_is_listed_in_which_no_row_passes(tmp_path):
    """Public WHERE, no aggregate, no key but the window: every window is listed, and no COUNT says
    that it is empty. SQL lists none (`zkql run` neither)."""
    select = f"SELECT window_start, 'alarm' AS a {W} WHERE zone > 100 GROUP BY window_start, window_end"
    world = World.make(tmp_path, select)
    assert rows(world, world.honest) == []


def test_first_value_goes_by_time(tmp_path):
    """interpret() goes by the order of rows that it is given (time), processor and verifier by device."""
    select = f"SELECT window_start, FIRST_VALUE(meter) AS m {W} GROUP BY window_start, window_end"
    world = World.make(tmp_path, select, ((2, 0, 5), (1, 9_000, 5)))
    assert [r["m"] for r in rows(world, world.honest)] == [2]


@pytest.mark.parametrize("version", ["true", "1.0"])
def test_a_manifest_edited_under_the_same_digest_is_refused(version, tmp_path):
    """Harmless; but read_bundle promises a canonical manifest. `==` takes true and 1.0 for 1."""
    from zkql.bundle import read_bundle
    from zkql.errors import InputError

    world = World.make(tmp_path, f"SELECT window_start, COUNT(*) AS n {W} GROUP BY window_start, window_end")
    path = world.bundle.path / "manifest.json"
    path.write_text(path.read_text().replace('"version": 1', f'"version": {version}'))
    with pytest.raises(InputError):
        read_bundle(world.bundle.path)


def test_a_manifest_nested_deeply_is_refused():
    """RecursionError instead of an InputError."""
    import pathlib
    import tempfile

    from zkql.bundle import read_bundle
    from zkql.errors import InputError

    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp/attacker"))
    (folder / "manifest.json").write_text(
        '{"digest":"","plan":'
        + "[" * 900
        + "]" * 900
        + ',"keys":null,"constraints":0,"program":null,"version":1}'
    )
    with pytest.raises(InputError):
        read_bundle(folder)


def test_trim_takes_linear_time():
    """Two public texts of 200,000 characters that a sensor signs."""
    from zkql.plan.expressions import Column
    from zkql.plan.functions.scalars import call
    from zkql.plan.scalar import evaluate as value
    from zkql.plan.types import VARCHAR

    a, b = Column("a", VARCHAR, False), Column("b", VARCHAR, False)
    n = 200_000
    started = time.monotonic()
    value(call("TRIM", (a, b)), {"a": "a" * n, "b": "😀" * n + "a"})
    assert time.monotonic() - started < 1


def test_digits_of_other_scripts_are_no_timestamp():
    """types._TIMESTAMP lacks re.ASCII, unlike _DECIMAL, _INTEGER, _NUMBER and _DATE."""
    from zkql.plan.types import parse_timestamp

    with pytest.raises(ValueError):
        parse_timestamp("٢٠٢٠-٠١-٠١ ٠٠:٠٠:٠٠")
