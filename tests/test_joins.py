"""Joins with a table: exact in every way that there is, and as cheap as their formulas say."""

from __future__ import annotations

import random
from itertools import pairwise

import duckdb
import pytest

from tests.table_joins import KEY, TESTED, Entry, M, Subject, subject, windows
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.merkle import Ownership
from zkql.circuit.lower.joins import (
    MOST_INTERPOLATED,
    CommittedTable,
    ConstantTable,
    Method,
    PublicTable,
    choose,
    costs,
    join,
    padded,
)
from zkql.circuit.lower.lookups import by_rows
from zkql.circuit.polynomials import products, through, vanishing
from zkql.circuit.wires import TooWide, Wire
from zkql.crypto.field import P
from zkql.crypto.linked import LinkedTable
from zkql.plan.types import INT


@pytest.mark.parametrize("name", TESTED)
def test_partners_are_those_of_a_plain_join(name: str) -> None:
    subject(name).agrees(40)


def test_plain_joins_are_duckdbs() -> None:
    """What the circuit is held against, on the same rows and tables."""
    for name in ("looked up, weights of rows", "opened", "interpolated"):
        own = subject(name)
        for rows, table in windows(own, 15):
            with duckdb.connect() as database:
                database.execute("CREATE TABLE r (i INT, k INT); CREATE TABLE t (k INT, x INT, y INT)")
                database.executemany("INSERT INTO r VALUES (?, ?)", list(map(list, enumerate(rows))))
                if table:
                    database.executemany("INSERT INTO t VALUES (?, ?, ?)", list(map(list, table)))
                left = "SELECT t.k, x, y FROM r LEFT JOIN t ON r.k = t.k ORDER BY i"
                inner = "SELECT x, y FROM r JOIN t ON r.k = t.k ORDER BY i"
                meant = own.meant(rows, table)
                found = database.execute(left).fetchall()
                assert [None if k is None else tuple(own) for k, *own in found] == meant
                assert database.execute(inner).fetchall() == [own for own in meant if own is not None]


def test_a_table_without_entries_that_a_key_can_have_has_no_partners() -> None:
    own = Subject.make(M.INTERPOLATE, 2, 0, fixed=((90, 1, 0), (-90, 2, 0)))
    assert own.joined([3, None], []) == [None, None]
    assert own.joining.bench.constraints == 1  # the context


def test_entries_that_no_key_can_have_are_left_out() -> None:
    own = Subject.make(M.INTERPOLATE, 2, 0, fixed=((90, 1, 0), (-3, 2, 1), (-90, 2, 0)))
    assert own.joined([-3, 4], []) == [(2, 1), None]
    few = (ConstantTable((-3,), ((2,),)), ConstantTable((90, -3, -90), ((1, 2, 2),)))
    key = Wire("key", (4,), *KEY).linear
    assert costs(key, few[0]) == costs(key, few[1])


def test_a_key_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        ConstantTable((1, 2, 1), ())
    with pytest.raises(ValueError, match="twice"):
        padded([(1, 2), (1, 3)], 4, KEY, [0])
    with pytest.raises(ValueError, match="twice"):
        LinkedTable(1, KEY, (KEY,)).records([(1, 2), (1, 2)])


@pytest.mark.parametrize(
    "rows, message",
    [([(8, 0)], "not between"), ([(-9, 0)], "not between"), ([(k, 0) for k in range(5)], "do not fit")],
)
def test_what_does_not_fit_a_public_table_is_refused(rows: list[Entry], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        padded(rows, 4, KEY, [0])


@pytest.mark.parametrize("row", [(8, 0), (-9, 0), (0, 16), (0, -1)])
def test_what_does_not_fit_a_committed_table_is_refused(row: Entry) -> None:
    with pytest.raises(ValueError, match="not between"):
        LinkedTable(1, KEY, ((0, 15),)).records([row])


def test_a_committed_table_has_room_for_every_key() -> None:
    draft = Draft(2)
    key = draft.public("key", (2,), -9, 7).linear
    owned = Ownership(LinkedTable(1, KEY, ()), 3)
    with pytest.raises(ValueError, match="keys from -9 to 7"):
        join(draft, key, None, CommittedTable(owned, None, draft.public("root", (), 0, P - 1).linear))


# --- cost -----------------------------------------------------------------------------------------

KEYS = Wire("key", (100,), *INT.bounds).linear


def constants(size: int) -> ConstantTable:
    source = random.Random(size)
    keys = tuple(source.sample(range(*INT.bounds), size))
    return ConstantTable(keys, (tuple(source.randint(*INT.bounds) for _ in keys),))


def public(size: int) -> PublicTable:
    low, high = INT.bounds
    return PublicTable(Wire("keys", (size,), low, high + 1).linear, (Wire("p", (size,), low, high).linear,))


def committed(size: int) -> CommittedTable:
    owned = Ownership(LinkedTable(1, INT.bounds, (INT.bounds,)), size + 1)
    commitments = Wire("commitment", (size + 1,), 0, P - 1).linear
    return CommittedTable(owned, commitments, Wire("root", (), 0, P - 1).linear)


@pytest.mark.parametrize(
    "size, expected",
    [
        (
            10,
            {
                constants: {M.INTERPOLATE: 1_000, M.LOOK_UP: 12_422},
                public: {M.MARK: 3_300, M.LOOK_UP: 12_922},
                committed: {M.OPEN: 15_673, M.PATHS: 94_200},
            },
        ),
        (
            100,
            {
                constants: {M.INTERPOLATE: 3_000, M.LOOK_UP: 12_718},
                public: {M.MARK: 30_300, M.LOOK_UP: 13_723},
                committed: {M.OPEN: 38_164, M.PATHS: 154_200},
            },
        ),
        (
            1_000,
            {
                constants: {M.LOOK_UP: 14_096},
                public: {M.MARK: 300_300, M.LOOK_UP: 15_971},
                committed: {M.OPEN: 257_312, M.PATHS: 184_200},
            },
        ),
    ],
)
def test_the_cost_of_a_hundred_rows_of_32_bits_is_as_said(size: int, expected: dict) -> None:
    """Of a 32-bit key and payload; that formulas are exact is what compiling any of them shows."""
    assert {table: costs(KEYS, table(size)) for table in expected} == expected


@pytest.mark.parametrize(
    "table, cheap, size",
    [(constants, M.INTERPOLATE, MOST_INTERPOLATED), (public, M.MARK, 41), (committed, M.OPEN, 700)],
)
def test_the_cheaper_method_is_chosen_on_both_sides_of_where_they_cross(
    table, cheap: Method, size: int
) -> None:
    """More entries make the other method the cheaper one, once and for all."""
    draft = Draft(100, Wire("context", (), 0, P - 1).linear)
    chosen = []
    for entries in (1, size // 2, size - 1, size, size + 1, 2 * size, 4 * size):
        found = costs(KEYS, table(entries))
        chosen.append(choose(draft, KEYS, table(entries)))
        assert found[chosen[-1]] == min(found.values())
    assert chosen[0] is cheap
    assert chosen[-1] is not cheap
    crossings = sum(before is not after for before, after in pairwise(chosen))
    assert crossings == 1


def test_few_rows_have_paths_and_many_rows_open_all() -> None:
    draft = Draft(1, Wire("context", (), 0, P - 1).linear)
    for rows, method in ((1, M.PATHS), (10, M.PATHS), (1_000, M.OPEN)):
        key = Wire("key", (rows,), *INT.bounds).linear
        assert choose(draft, key, committed(256)) is method


def test_without_a_context_there_is_no_challenge() -> None:
    assert choose(Draft(100), KEYS, public(4_096)) is M.MARK
    assert choose(Draft(100), KEYS, committed(16)) is M.PATHS


@pytest.mark.parametrize("rows, entries", [(1, 9), (4, 3), (4, 6), (100, 17), (100, 257), (100, 4_097)])
def test_weights_stand_where_they_take_fewer_bits(rows: int, entries: int) -> None:
    of_rows, of_entries = entries + rows * (rows - 1).bit_length(), entries * rows.bit_length()
    assert by_rows(rows, entries) == (of_rows < of_entries)


def test_numbers_that_are_too_wide_for_a_challenge_leave_other_methods() -> None:
    draft = Draft(2, Wire("context", (), 0, P - 1).linear)
    key = Wire("key", (2,), 0, 2**240).linear
    table = PublicTable(Wire("keys", (2,), 0, 2**240 + 1).linear, ())
    assert costs(key, table).keys() == {M.MARK}
    assert choose(draft, key, table) is M.MARK
    opened = CommittedTable(
        Ownership(LinkedTable(1, (0, 2**240), ()), 3), Wire("c", (3,), 0, P - 1).linear, None
    )
    with pytest.raises(TooWide):
        choose(draft, key, opened)


@pytest.mark.parametrize("points", [(3,), (0, 1), (-5, 2, 7, 11), tuple(range(-8, 9))])
def test_polynomials_go_through_their_points(points: tuple[int, ...]) -> None:
    source = random.Random(len(points))
    for values in ([source.randint(0, 99) for _ in points], [7] * len(points), [0] * len(points), points):
        found = through(points, tuple(values))
        assert [_at(found, x) for x in points] == [v % P for v in values]
        assert len(found) <= len(points)
        assert not found or found[-1]
    whole = vanishing(points)
    assert len(whole) == len(points) + 1
    assert [_at(whole, x) for x in points] == [0] * len(points)
    assert _at(whole, 12)


def _at(polynomial: tuple[int, ...], point: int) -> int:
    return sum(c * point**k for k, c in enumerate(polynomial)) % P


@pytest.mark.parametrize(
    "coefficients, size, expected",
    [
        ((), 2, 0),
        ((5,), 2, 0),
        ((1, 2), 2, 0),
        ((1, 2, 3), 2, 0),
        ((1, 2, 3, 4), 2, 1),
        ((1, 2, 3, 4, 5), 2, 1),
    ],
)
def test_a_product_with_a_constant_costs_nothing(
    coefficients: tuple[int, ...], size: int, expected: int
) -> None:
    assert products(coefficients, size) == expected
