"""Joins with a table: no other partner has a proof, whatever is said of neighbours, counts and paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

import pytest

from tests.joined import CONTEXT
from tests.table_joins import TESTED, Entry, M, Method, Row, Subject, subject
from zkql.circuit.wires import Values
from zkql.crypto.field import P
from zkql.crypto.linked import LinkedTable
from zkql.crypto.merkle import merkle_path, merkle_root
from zkql.crypto.poseidon import poseidon

MOST = 200
"""Lies for each subject and window; `python -m tests.attack_joins` tells all of them."""


@pytest.mark.parametrize("name", TESTED)
def test_no_lie_has_a_proof(name: str) -> None:
    assert subject(name).lies(MOST) > 100


# --- lookup arguments -----------------------------------------------------------------------------


def all_times(own: Subject, most: int) -> Iterator[list[int]]:
    """How often each entry could be said to be looked up."""
    (times,) = (w for g in own.joining.bench.circuit.gadgets for w in g.outputs if w.name.endswith("_times"))
    yield from map(list, product(range(min(times.high, most) + 1), repeat=times.dims[0]))


@cache
def narrow() -> Subject:
    return Subject.make(M.LOOK_UP, 1, 2, key=(-2, 1), payload=((0, 1),))


@pytest.mark.parametrize(
    "key, table",
    [
        (-2, [(-1, 1), (0, 0)]),  # before the first key
        (-1, [(-1, 1), (0, 0)]),  # a neighbour of the next
        (1, [(-1, 1), (0, 0)]),  # behind the last
        (1, [(-2, 0), (1, 1)]),
        (0, [(-2, 0), (1, 1)]),  # between
        (0, []),
    ],
)
def test_no_other_interval_has_any_support(key: int, table: list[Entry]) -> None:
    """All that a row can say of its neighbours and its payload, whichever entry is said to be looked up: a
    partner invented, one denied, a payload of another key, neighbours that are none, and the interval before
    the first key or behind the last where the key is not in it."""
    own = narrow()
    given = own.inputs([key], table)
    honest = own.joining.solve(given)
    assert own.joining.accepts(honest)
    accepted = 0
    for below, above, payload in product(range(8), range(4), range(2)):
        for times in ([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]):
            claim = {"found_below": [below], "found_above": [above], "found_value_0": [payload]}
            values = own.joining.solve(given, **claim, multiplicities_times=times)
            if own.joining.accepts(values):
                accepted += 1
                assert own.joining.flat(values) == own.joining.flat(honest)
    assert accepted == 1


TABLE = [(-3, 5, 1), (2, -3, 0)]
ROWS: list[Row] = [-3, 5, 2]
"""The first and the last have partners in the table, which are neighbours."""
LIES: Mapping[str, Mapping[str, list[int]]] = {
    "a partner that there is not": {"found_below": [0, 0, 0]},
    "a partner that there is not, with another's payload": {
        "found_below": [0, 0, 0],
        "found_value_0": [5, 5, -3],
        "found_value_1": [1, 1, 0],
    },
    "the payload of another key": {"found_value_0": [-3, -3, -3], "found_value_1": [0, 0, 0]},
    "half the payload of another key": {"found_value_0": [-3, -3, -3]},
    "a payload out of bounds": {"found_value_0": [5 + 16, -3, -3]},
    "a match denied by keys around it": {"found_below": [0, 3, 5], "found_above": [4, 2, 0]},
    "a match denied by the interval before": {
        "found_below": [0, 3, 5],
        "found_above": [4, 2, -1],
        "found_value_0": [5, -3, 5],
        "found_value_1": [1, 0, 1],
    },
    "absence by keys that are no neighbours": {"found_below": [0, 8, 0]},
    "absence by keys that are no neighbours, with their payload": {
        "found_below": [0, 8, 0],
        "found_value_0": [5, 5, -3],
        "found_value_1": [1, 1, 0],
    },
    "absence before the first key": {
        "found_below": [6, 3, 0],
        "found_above": [-1, 2, 5],
        "found_value_0": [-3, -3, -3],
        "found_value_1": [0, 0, 0],
    },
    "absence behind the last key": {
        "found_below": [-5, 3, 0],
        "found_above": [10, 2, 5],
        "found_value_0": [-3, -3, -3],
        "found_value_1": [0, 0, 0],
    },
    "the interval before the first key, from far away": {
        "found_below": [0, 14, 0],
        "found_above": [4, -9, 5],
        "found_value_0": [5, -3, -3],
    },
    "a key out of reach": {"found_below": [0, 3 + 2**5, 0]},
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", ["looked up", "opened", "paths"])
def test_a_false_partner_is_refused(name: str, lie: str) -> None:
    own = subject(name)
    given = own.inputs(ROWS, TABLE)
    honest = own.joining.solve(given)
    claim = {wire: values for wire, values in LIES[lie].items() if values != honest[wire]}
    assert claim
    assert not own.joining.claims(given, **claim)
    for times in all_times(own, 2) if own.method is M.LOOK_UP else ():
        assert not own.joining.claims(given, **claim, multiplicities_times=times)


@pytest.mark.parametrize("name", ["looked up", "looked up, weights of rows"])
def test_no_other_multiplicities_have_any_support(name: str) -> None:
    own = subject(name)
    rows: list[Row] = [-3, 5, 2, -3]
    given = own.inputs(rows[: own.rows], TABLE)
    honest = own.joining.solve(given)["multiplicities_times"]
    for times in all_times(own, 3):
        assert own.joining.claims(given, multiplicities_times=times) == (times == honest)


def balanced(values: Mapping[str, Values], scale: int = 1) -> bool:
    """Whether the two sums of a lookup agree."""
    return (sum(values["lookup_row_share"]) - scale * sum(values["lookup_entry_share"])) % P == 0


def test_a_multiplicity_that_is_chosen_after_the_challenge_is_refused() -> None:
    """With a challenge that is known before, one number makes up for any false row: it is no small one, and
    what it is changes the challenge."""
    own = subject("looked up")
    given = own.inputs(ROWS, TABLE)
    claim = {"found_value_0": [5, 5, 7]}
    said = own.joining.solve(given, **claim)
    assert not balanced(said)
    r, missing = said["challenge_value"][0], sum(said["lookup_row_share"]) - sum(said["lookup_entry_share"])
    (lookup,) = (g for g in own.joining.bench.circuit.gadgets if g.name == "lookup")
    for j, entry in enumerate(lookup.entries[0].values(said)):  # type: ignore[attr-defined]
        times = list(said["multiplicities_times"])
        times[j] = (times[j] + missing * (r - entry)) % P
        chosen = {**claim, "multiplicities_times": times}
        assert balanced(own.joining.solve(given, **chosen, challenge_value=[r]))
        assert not own.joining.claims(given, **chosen, challenge_value=[r])
        assert not own.joining.claims(given, **chosen)


def test_rows_whose_weights_cancel_are_refused() -> None:
    """Two rows say the same of a partner that there is not, and weigh as much as the other takes off."""
    own = subject("looked up, weights of rows")
    given = own.inputs([5, 5, -3, 2], TABLE)
    claim = {
        "found_below": [0, 0, 0, 0],
        "found_value_0": [9, 9, 5, -3],
        "found_value_1": [1, 1, 1, 0],
    }
    for weight in (0, 1, 2, 4, 2**100):
        weights = {"multiplicities_weight": [weight, -weight, 4, 4]}
        assert balanced(own.joining.solve(given, **claim, **weights), scale=4)
        assert not own.joining.claims(given, **claim, **weights)


@pytest.mark.parametrize("challenge", [0, 1, CONTEXT[0], P - 1])
@pytest.mark.parametrize("name", ["looked up", "looked up, wide", "opened"])
def test_a_challenge_is_not_the_provers_to_choose(name: str, challenge: int) -> None:
    own = subject(name)
    given = own.inputs([-3, 5, 2][: own.rows], [(-3, 5, 1), (2, 0, 0)])
    chosen = [n for n in own.joining.solve(given) if n.startswith("challenge") and n.endswith("_value")]
    assert len(chosen) == (2 if "wide" in name else 1)
    for wire in chosen:
        assert not own.joining.claims(given, **{wire: [challenge]})


@pytest.mark.parametrize("name", ["looked up", "marked", "opened"])
def test_a_key_that_is_null_has_no_partner_whatever_stands_in_it(name: str) -> None:
    own = subject(name)
    given = own.inputs([-3, None, 5], TABLE)
    assert given["key"][1] == -3
    honest = own.joining.solve(given)
    assert honest["product_value"] == [1, 0, 0]
    assert not own.joining.claims(given, product_value=[1, 1, 0])


# --- marks and polynomials ------------------------------------------------------------------------


def test_no_other_marks_have_any_support() -> None:
    own = Subject.make(M.MARK, 1, 2, key=(-2, 1), payload=((0, 3),))
    for key, table in product(range(-2, 2), ([(-1, 1), (0, 2)], [(1, 3)], [])):
        given = own.inputs([key], table)
        honest = own.joining.solve(given)
        for matched, payload, marks in product((0, 1, 2), range(4), product((-1, 0, 1, 2), repeat=2)):
            for inverse in (0, honest["marked_inverse"][0], 1):
                claim = own.joining.solve(given, marked_matched=[matched], marked_value_0=[payload])
                claim |= {"marked_mark": list(marks), "marked_inverse": [inverse]}
                if own.joining.flat(claim) != own.joining.flat(honest):
                    assert not own.joining.accepts(claim), (key, table, matched, payload, marks)


def test_no_other_value_of_a_polynomial_has_any_support() -> None:
    own = subject("interpolated")
    assert own.fixed is not None
    for key in (-8, 0, 6, -7, 5, 7):
        given = own.inputs([key, -3, 2, None], own.fixed)
        honest = own.joining.solve(given)
        for matched, first, second in product((0, 1, 2, -1), range(-3, 13), (0, 1)):
            claim = {
                "interpolated_matched": [matched, *honest["interpolated_matched"][1:]],
                "interpolated_value_0": [first, *honest["interpolated_value_0"][1:]],
                "interpolated_value_1": [second, *honest["interpolated_value_1"][1:]],
            }
            is_honest = all(values == honest[name] for name, values in claim.items())
            assert own.joining.accepts(own.joining.solve(given, **claim)) == is_honest


# --- paths ----------------------------------------------------------------------------------------


@cache
def forest() -> tuple[Subject, dict[str, Values], list[int]]:
    """Three rows, a table of seven keys in a tree of two levels, and its leaves. The second key is absent."""
    own = subject("paths")
    table = [(k, k + 5, k % 2) for k in (-8, -3, -2, 0, 1, 4, 7)]
    records = own.linked.records(table)
    leaves = [own.linked.commit(record, 7 * j + 1) for j, record in enumerate(records)]
    return own, own.inputs([-3, 5, 0], table), leaves


def test_another_leafs_path_is_refused() -> None:
    own, given, leaves = forest()
    honest = own.joining.solve(given)
    for j, row in product(range(len(leaves)), range(3)):
        children = [c for level in merkle_path(leaves, j) for c in level]
        path, salts = list(honest["path_children"]), list(honest["path_salt"])
        path[8 * row : 8 * row + 8] = children
        salts[row] = 7 * j + 1
        if path != honest["path_children"]:
            assert not own.joining.writes(given, path_children=path)
        if salts != honest["path_salt"]:
            assert not own.joining.writes(given, path_salt=salts)
            assert not own.joining.writes(given, path_children=path, path_salt=salts)


def test_a_leaf_that_is_put_into_the_tree_is_refused() -> None:
    """It is put among the children, so that the way begins as it should, and ends elsewhere; with or without
    the node above that goes with it."""
    own, given, _ = forest()
    said = own.joining.solve(given, found_value_0=[5, 9, 5])
    assert not own.joining.accepts(said)
    (path,) = (g for g in own.joining.bench.circuit.gadgets if g.name == "path")
    element = path.rows[0].values(said)[0]  # type: ignore[attr-defined]
    leaf = poseidon([element + 99 * own.linked.tag_place, said["path_salt"][0]])
    for place, above in product(range(4), repeat=2):
        children = list(said["path_children"])
        children[place] = leaf
        assert not own.joining.accepts(said | {"path_children": children})
        children[4 + above] = poseidon(children[:4])
        assert not own.joining.accepts(said | {"path_children": children})


def test_a_node_is_no_leaf() -> None:
    """A way that begins one level up, or has one level twice."""
    own, given, leaves = forest()
    honest = own.joining.solve(given)
    path = merkle_path(leaves, 2)
    for start in ([*path[1], *path[1]], [*path[0], *path[0]], [*path[1], *path[0]], [0] * 8):
        assert not own.joining.writes(given, path_children=[*start, *honest["path_children"][8:]])


def test_a_record_that_the_owner_did_not_make_is_refused() -> None:
    """One that leaves a key out: its neighbours are called each other's."""
    own, given, leaves = forest()
    claim = {"found_below": [5, 1, 0], "found_above": [0, 1, 0]}
    claim |= {"found_value_0": [-3, 9, 5], "found_value_1": [0, 0, 0]}
    said = own.joining.solve(given, **claim)
    salts = [1, *said["path_salt"][1:]]
    forged = own.linked.commit((-8, -2, -3, 0), salts[0])
    assert forged not in leaves
    for place in range(len(leaves)):
        first, second = merkle_path(leaves, place)
        changed = [*first]
        changed[place % 4] = forged
        for level in (first, tuple(changed)):
            children = [*level, *second, *said["path_children"][8:]]
            assert not own.joining.accepts(said | {"path_children": children, "path_salt": salts})


@pytest.mark.parametrize("method", [M.OPEN, M.PATHS])
def test_another_tables_entries_are_refused(method: Method) -> None:
    """The same rows, committed to under the tag of another table, or with other salts."""
    own = subject("opened" if method is M.OPEN else "paths")
    given = own.inputs([-3, 5, 2], TABLE)
    assert own.joining.accepts(own.joining.solve(given))
    records = own.linked.records(TABLE)
    for tag, salt in ((98, 1), (0, 1), (99, 2)):
        other = LinkedTable(tag, own.key, own.payload)
        leaves = [other.commit(record, 7 * j + salt) for j, record in enumerate(records)]
        filled = [*leaves, leaves[-1]]
        shown = {"commitment": filled} if method is M.OPEN else {"root": [merkle_root(filled)]}
        assert not own.joining.claims(given | shown)


@pytest.mark.parametrize("leaves", [1, 4, 5, 16, 17])
def test_a_tree_of_another_size_is_refused(leaves: int) -> None:
    """Over the same entries first, and yet one level higher or lower than the circuit's; with the ways as
    they are there, cut or continued with what is on the way."""
    own, given, own_leaves = forest()
    others = [*own_leaves, *[own_leaves[-1]] * leaves][:leaves]
    shown = given | {"root": [merkle_root(others)]}
    honest = own.joining.solve(shown)
    assert merkle_root(others) != given["root"][0]
    assert not own.joining.accepts(honest)
    for place, repeated in product(range(min(leaves, 8)), range(2)):
        way = merkle_path(others, place)
        two = [*way, way[-1]][repeated : repeated + 2] if len(way) < 3 else way[repeated : repeated + 2]
        children = [c for level in (*two, *two)[:2] for c in level]
        assert not own.joining.accepts(honest | {"path_children": children * 3})
