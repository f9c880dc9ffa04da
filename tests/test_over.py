"""Rows in order, and rows that leave a circuit: no rank, neighbour or tie can be claimed but the true one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import permutations

import pytest

from tests.gadgets import Bench
from tests.test_sorting import claims, false_claims
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.commitments import secret_salts
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.over import OrderedRows, analytic, commit_rows, rows_in_order
from zkql.circuit.lower.selection import Selection
from zkql.circuit.slots import fill_slots
from zkql.circuit.waksman import route
from zkql.circuit.wires import Linear, TooWide
from zkql.crypto.commitment import commit, layout
from zkql.plan.calls import SortKey
from zkql.plan.codes import encode_column
from zkql.plan.expressions import Column
from zkql.plan.functions import analytics
from zkql.plan.functions.aggregates import Function
from zkql.plan.schema import ColumnSchema, StreamSchema
from zkql.plan.types import BIGINT, INT, TIMESTAMP, SqlType, Value

RANKS = (
    Function.ROW_NUMBER,
    Function.RANK,
    Function.DENSE_RANK,
    Function.PERCENT_RANK,
    Function.CUME_DIST,
)
BUCKETS = (1, 2, 3, 7)
NEIGHBOURS = (
    (Function.LEAD, 1),
    (Function.LEAD, 2),
    (Function.LAG, None),
    (Function.LAG, 3),
    (Function.LAG, 0),
)
X = Column("x", INT, True, True)


def key(*, descending: bool = False, nulls_first: bool = True) -> SortKey:
    return SortKey(X, descending, nulls_first)


def ordered_by_x(draft: Draft, named: dict[str, Linear]) -> OrderedRows:
    """By ``x`` alone, over the rows where ``mask`` is 1, if there is one."""
    selection = Selection(draft, named["rows"], named.get("mask"))
    return rows_in_order(selection, [(key(), Operand(named["x"], None, INT))])


# --- what SQL says --------------------------------------------------------------------------------


@cache
def bench(descending: bool, nulls_first: bool, capacity: int) -> Bench:
    """Everything over two keys, of which the first has NULLs, and a mask."""
    slots = (capacity,)
    shapes = dict.fromkeys(("x", "y", "p"), (slots, -9, 9))
    shapes |= {"null": (slots, 0, 1), "mask": (slots, 0, 1), "rows": ((), 0, capacity)}

    def build(draft: Draft, *wires: Linear) -> list[Linear]:
        named = dict(zip(shapes, wires, strict=True))
        x, y, p = (
            Operand(named[name], named["null"] if name == "x" else None, INT) for name in ("x", "y", "p")
        )
        first = key(descending=descending, nulls_first=nulls_first)
        second = key(descending=not descending)
        rows = rows_in_order(Selection(draft, named["rows"], named["mask"]), [(first, x), (second, y)])
        made = [rows.column(p).value]
        made += [analytic(rows, function, (), None).value for function in RANKS]
        made += [analytic(rows, Function.NTILE, (), buckets).value for buckets in BUCKETS]
        made.append(analytic(rows, Function.LEAD, (p, y), 1).value)
        for function, away in NEIGHBOURS:
            other = analytic(rows, function, (x,), away)
            assert other.null is not None
            made += [other.value, other.null]
        return [*made, *wires]

    return Bench.make(build, capacity=capacity, **shapes)


Row = tuple[int | None, int, int, int]
"""x, y, p, whether it is selected."""


def in_order(rows: Sequence[Row], *, descending: bool, nulls_first: bool) -> list[Row]:
    seen = [row for row in rows if row[3]]
    by_second = analytics.in_order([(r[1], r) for r in seen], descending=not descending, nulls_first=True)
    pairs = [(row[0], row) for _, row in by_second]
    return [row for _, row in analytics.in_order(pairs, descending=descending, nulls_first=nulls_first)]


@pytest.mark.parametrize(
    "descending, nulls_first, capacity",
    [
        (False, False, 5),
        (False, True, 5),
        (True, False, 5),
        (True, True, 5),
        (False, True, 2),
        (True, False, 1),
    ],
)
def test_ranks_and_neighbours_are_what_sql_says(descending: bool, nulls_first: bool, capacity: int) -> None:
    of_rows, source = bench(descending, nulls_first, capacity), random.Random(4)
    for number in range(60):
        size = number if number <= capacity else source.randint(0, capacity)
        few = source.choice((0, 1, 9))
        rows: list[Row] = [
            (
                None if source.random() < 0.3 else source.randint(-few, few),
                source.randint(-few, few),
                source.randint(-9, 9),
                int(source.random() < 0.8),
            )
            for _ in range(size)
        ]
        columns = {
            "x": [9 if x is None else x for x, *_ in rows],
            "null": [int(x is None) for x, *_ in rows],
            "y": [y for _, y, _, _ in rows],
            "p": [p for _, _, p, _ in rows],
            "mask": [selected for *_, selected in rows],
        }
        filled = {name: fill_slots(values, capacity, 0) for name, values in columns.items()}
        made = of_rows.results(**filled, rows=[size])
        expected = in_order(rows, descending=descending, nulls_first=nulls_first)
        count = len(expected)
        peers = analytics.peers([row[:2] for row in expected])
        parts = iter([*(values * (capacity if len(values) < capacity else 1))][:count] for values in made)
        assert next(parts) == [row[2] for row in expected]
        for function in RANKS:
            assert next(parts) == analytics.ranks(function, peers), function
        for buckets in BUCKETS:
            assert next(parts) == analytics.ranks(Function.NTILE, peers, buckets), buckets
        after = [row[2] for row in expected[1:]]
        assert next(parts) == [*after, *(row[1] for row in expected[len(after) :])]
        for function, away in NEIGHBOURS:
            signed = (1 if away is None else away) * (1 if function is Function.LEAD else -1)
            places = [place + signed for place in range(count)]
            found = [None if null else v for v, null in zip(next(parts), next(parts), strict=True)]
            assert found == [expected[q][0] if 0 <= q < count else None for q in places], (function, away)


# --- lies -----------------------------------------------------------------------------------------


@cache
def plain(capacity: int = 4) -> Bench:
    """By x: a column with it, rank, dense rank, the last peer's place, buckets and the row after."""
    shapes = dict.fromkeys(("x", "p"), ((capacity,), 0, 9)) | {"rows": ((), 0, capacity)}

    def build(draft: Draft, *wires: Linear) -> list[Linear]:
        named = dict(zip(shapes, wires, strict=True))
        rows, p = ordered_by_x(draft, named), Operand(named["p"], None, INT)
        made = [rows.column(p).value, rows.row_number().value, rows.rank().value, rows.dense_rank().value]
        made += [rows.cume_dist().value, rows.percent_rank().value, rows.ntile(2).value]
        made += [analytic(rows, Function.LEAD, (p, p), 1).value]
        return [*made, *wires]

    return Bench.make(build, capacity=capacity, **shapes)


INPUTS = {"x": [5, 2, 5, 5], "p": [7, 8, 9, 9], "rows": [3]}
HONEST = {
    "result_0": [8, 7, 9],
    "result_1": [1, 2, 3],
    "result_2": [1, 2, 2],
    "result_3": [1, 2, 2],
    "result_4": [333_333_333, 10**9, 10**9],
    "result_5": [0, 500_000_000, 500_000_000],
    "result_6": [1, 1, 2],
    "result_7": [7, 9, 9],
}


def test_the_honest_ranks() -> None:
    values = plain().solve(**INPUTS)
    assert plain().accepts(values)
    assert {name: values[name][:3] for name in HONEST} == HONEST


@pytest.mark.parametrize(
    "name, said",
    [
        ("result_0", [8, 9, 7]),
        ("result_0", [7, 8, 9]),
        ("result_1", [1, 3, 2]),
        ("result_2", [1, 2, 3]),
        ("result_2", [1, 1, 1]),
        ("result_3", [1, 2, 3]),
        ("result_4", [333_333_334, 10**9, 10**9]),
        ("result_4", [333_333_333, 666_666_667, 10**9]),
        ("result_5", [0, 500_000_000, 10**9]),
        ("result_6", [1, 2, 2]),
        ("result_7", [7, 9, 7]),
        ("live_value", [1, 1, 1]),
        ("peers_value", [1, 1, 1]),
        ("peers_value", [1, 0, 0]),
    ],
)
def test_another_rank_is_refused(name: str, said: list[int]) -> None:
    """The wrong payload, the wrong order of a tie, ranks off by one, a slot that is no row."""
    rest = [1] if name in ("live_value", "peers_value") else plain().solve(**INPUTS)[name][3:]
    assert [*said, *rest] != plain().solve(**INPUTS)[name]
    assert not claims(plain(), INPUTS, **{name: [*said, *rest]})


def test_a_tie_is_broken_by_the_slot_and_rows_come_first() -> None:
    for sources in permutations(range(4)):
        accepted = claims(plain(), INPUTS, switches_value=route(list(sources)))
        assert accepted == (sources == (1, 0, 2, 3))


def test_no_lie_about_ranks_is_accepted() -> None:
    honest = plain().solve(**INPUTS)
    public = [p.name for p in plain().circuit.parameters if p.public]
    claimed = list(false_claims(plain(), INPUTS))
    assert len(claimed) > 500
    told = [
        name
        for name, values in claimed
        if plain().accepts(values) and any(values[p] != honest[p] for p in public)
    ]
    assert told == []


# --- rows that leave ------------------------------------------------------------------------------


def schema(kind: SqlType) -> StreamSchema:
    columns = (
        ColumnSchema("meter", INT, private=False),
        ColumnSchema("ts", TIMESTAMP, private=False),
        ColumnSchema("x", kind, private=True, nullable=True),
        ColumnSchema("n", BIGINT, private=True),
    )
    return StreamSchema("ranked", columns, "meter", "ts")


def test_committed_rows_are_those_that_a_stream_of_their_schema_has() -> None:
    stream = schema(INT)
    shapes = {"x": ((3,), *INT.bounds), "null": ((3,), 0, 1), "rows": ((), 0, 3)}

    def build(draft: Draft, *wires: Linear) -> list[Linear]:
        named = dict(zip(shapes, wires, strict=True))
        x = Operand(named["x"], named["null"], INT)
        rows = rows_in_order(Selection(draft, named["rows"]), [(key(), x)])
        columns = {"x": rows.column(x), "n": rows.row_number()}
        return [commit_rows(draft, layout(stream), columns, "ranked rows"), *wires]

    of_rows = Bench.make(build, capacity=3, **shapes)
    salts = [11, 22, 33]
    inputs = {"x": [7, -(2**31), 5], "null": [0, 0, 1], "rows": [3], secret_salts("ranked rows"): salts}
    made, *_ = of_rows.results(**inputs)
    ranked: list[tuple[Value | None, int]] = [(None, 1), (-(2**31), 2), (7, 3)]
    for commitment, salt, row in zip(made, salts, ranked, strict=True):
        values = dict(zip(("x", "n"), row, strict=True))
        codes = {name: encode_column(stream.column(name), value) for name, value in values.items()}
        assert commitment == commit(stream, codes, salt)
    assert not claims(of_rows, inputs, result_0=made[::-1])


# --- cost -----------------------------------------------------------------------------------------

FIGURES = {
    Function.ROW_NUMBER: 5_407,
    Function.RANK: 6_278,
    Function.DENSE_RANK: 6_278,
    Function.PERCENT_RANK: 11_787,
    Function.CUME_DIST: 11_781,
    Function.NTILE: 5_916,
    Function.LEAD: 6_080,
    Function.LAG: 6_080,
}


@pytest.mark.parametrize("function", FIGURES)
def test_the_cost_is_as_said(function: Function) -> None:
    """Over 100 rows of 32 bits; the ceiling is 150 N + 1,000. A column in order is 573 more."""
    draft = Draft(100)
    x = draft.public("x", (100,), -(2**31), 2**31 - 1).linear
    rows = ordered_by_x(draft, {"x": x, "rows": draft.public("rows", (), 0, 100).linear})
    operands = (Operand(x, None, INT),) if function in (Function.LEAD, Function.LAG) else ()
    analytic(rows, function, operands, 4 if function is Function.NTILE else None)
    total = sum(gadget.constraints() for gadget in draft.gadgets)
    assert total == FIGURES[function]
    rows.column(Operand(x, None, INT))
    with_column = sum(gadget.constraints() for gadget in draft.gadgets)
    assert with_column - total == (0 if operands else 573)
    assert with_column <= 150 * 100 + 1_000


def test_keys_that_are_too_wide_together_are_refused() -> None:
    draft = Draft(4)
    wide = [draft.public(name, (4,), 0, 2**130).linear for name in ("a", "b")]
    rows = draft.public("rows", (), 0, 4).linear
    with pytest.raises(TooWide):
        rows_in_order(Selection(draft, rows), [(key(), Operand(w, None, INT)) for w in wide])
