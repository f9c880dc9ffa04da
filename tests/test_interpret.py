"""Every node of a plan on plain rows: small plans by hand, independent definitions, and DuckDB."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from zkql.plan.calls import Aggregation, Analytic, Frame, Named, Output, SortKey
from zkql.plan.expressions import Call, Comparator, Comparison, Connective, Literal, Logical
from zkql.plan.functions.aggregates import Function
from zkql.plan.interpret import interpret
from zkql.plan.nodes import (
    Aggregate,
    Filter,
    Join,
    Limit,
    Node,
    Over,
    Project,
    Scan,
    Union,
    Window,
    WindowKind,
)
from zkql.plan.scalar import EvaluationError
from zkql.plan.schema import ColumnSchema, TableSchema
from zkql.plan.types import BIGINT, INT, TIMESTAMP, VARCHAR, SqlType, Value, decimal
from zkql.plan.walk import check

F = Function
SEEDS = range(30)
CENTS = decimal(10, 2)


def table(relation: str, **columns: SqlType) -> Scan:
    declared = (ColumnSchema(name, kind, False, nullable=True) for name, kind in columns.items())
    return Scan(TableSchema(relation, tuple(declared)))


T = table("t", seq=INT, ts=TIMESTAMP, k=VARCHAR, x=INT)
SEQ, TS, K, X = T.columns


def run(node: Node, *rows: tuple[Value | None, ...], **others: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The plan's rows as tuples; ``rows`` are those of t without ``seq``, numbered from 0."""
    check(node)
    own = [{"seq": n, "ts": ts, "k": k, "x": x} for n, (ts, k, x) in enumerate(rows)]
    found = interpret(node, {"t": own, **others})
    names = [c.name for c in node.columns]
    assert all(list(row) == names for row in found)
    return [tuple(row.values()) for row in found]


def number(value: int) -> Literal:
    return Literal(value, INT)


def compared(operator: str, left: Any, right: Any) -> Comparison:
    return Comparison(Comparator(operator), left, right)


def sum_of(left: Any, right: Any) -> Call:
    return Call("+", (left, right), INT, nullable=True)


# --- rows -----------------------------------------------------------------------------------------


def test_a_scan_has_the_declared_columns_of_its_own_relation():
    rows = [{"b": 1, "a": "x", "undeclared": 9}]
    other = [{"a": "y", "b": 2}]
    node = table("u", a=VARCHAR, b=INT)
    assert interpret(node, {"u": rows, "v": other}) == [{"a": "x", "b": 1}]


def test_a_filter_keeps_what_is_true_neither_what_is_false_nor_null():
    node = Filter(T, compared(">", X, number(2)))
    rows = [(0, "a", 3), (0, "b", 2), (0, "c", None), (0, "d", 9)]
    assert run(node, *rows) == [(0, 0, "a", 3), (3, 0, "d", 9)]


def test_a_projection_computes_each_row_and_keeps_duplicates():
    node = Project(T, (Output("y", sum_of(X, number(1))), Output("k", K)))
    assert run(node, (0, "a", 1), (0, "a", 1), (0, None, None)) == [(2, "a"), (2, "a"), (None, None)]


def test_union_puts_columns_side_by_side_in_order_of_the_inputs():
    left = Project(T, (Output("a", X), Output("b", K)))
    right = Project(T, (Output("b", SEQ), Output("a", K)))
    node = Union((left, right, left), ("p", "q"))
    assert run(node, (0, "k", 7), (0, "l", 8)) == [
        (7, "k"), (8, "l"), (0, "k"), (1, "l"), (7, "k"), (8, "l"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "keys, count, skip, expected",
    [
        ((SortKey(X),), None, 0, [1, 2, 4, 0, 3]),
        ((SortKey(X, nulls_first=False),), None, 0, [2, 4, 0, 3, 1]),
        ((SortKey(X, descending=True, nulls_first=False),), None, 0, [0, 3, 2, 4, 1]),
        ((SortKey(X, descending=True, nulls_first=True),), 3, 0, [1, 0, 3]),
        ((SortKey(K, descending=True), SortKey(X)), None, 0, [1, 4, 0, 2, 3]),
        ((SortKey(sum_of(X, X), descending=True, nulls_first=False), SortKey(K)), 2, 1, [0, 2]),
        ((), 2, 0, [0, 1]),
        ((), None, 3, [3, 4]),
        ((SortKey(X),), 0, 0, []),
        ((SortKey(X),), 9, 4, [3]),
    ],
)
def test_order_is_stable_and_says_where_nulls_go(keys, count, skip, expected):
    node = Limit(T, keys, count, skip)
    rows = [(0, "b", 5), (0, "c", None), (0, "a", 2), (0, "a", 5), (0, "b", 2)]
    assert [row[0] for row in run(node, *rows)] == expected


def test_a_node_that_is_read_twice_is_evaluated_once():
    class Counted(dict):
        reads = 0

        def __getitem__(self, name: str) -> Any:
            Counted.reads += 1
            return super().__getitem__(name)

    shared = Filter(T, compared(">", X, number(0)))
    node = Union((shared, Limit(shared, (), 1)), ("seq", "ts", "k", "x"))
    assert len(interpret(node, Counted(t=[{"seq": 0, "ts": 0, "k": "a", "x": 1}]))) == 2
    assert Counted.reads == 1


# --- groups ---------------------------------------------------------------------------------------

COUNT = Named("n", Aggregation(F.COUNT))
SUM = Named("s", Aggregation(F.SUM, (X,)))


def test_groups_come_in_order_of_appearance_and_nulls_are_one_group():
    node = Aggregate(T, (Output("k", K),), (COUNT, SUM))
    rows = [(0, "b", 1), (0, None, 2), (0, "a", None), (0, "b", 3), (0, None, 4)]
    assert run(node, *rows) == [("b", 2, 4), (None, 2, 6), ("a", 1, None)]


def test_without_keys_there_is_one_row_even_over_nothing_and_with_keys_none():
    assert run(Aggregate(T, (), (COUNT, SUM))) == [(0, None)]
    assert run(Aggregate(T, (), (COUNT, SUM)), (0, "a", 1), (0, "b", 2)) == [(2, 3)]
    assert run(Aggregate(T, (Output("k", K),), (COUNT, SUM))) == []


def test_keys_may_be_expressions_and_without_calls_it_is_distinct():
    node = Aggregate(T, (Output("y", sum_of(X, X)), Output("k", K)), ())
    rows = [(0, "a", 1), (0, "b", 1), (0, "a", 1), (0, None, None), (0, None, None)]
    assert run(node, *rows) == [(2, "a"), (2, "b"), (None, None)]


def test_each_call_has_its_own_filter_distinct_and_order():
    half = Literal(5, decimal(1, 1))
    node = Aggregate(
        T,
        (),
        (
            Named("a", Aggregation(F.COUNT, filter=compared("=", K, Literal("a", VARCHAR)))),
            Named("d", Aggregation(F.COUNT, (X,), distinct=True)),
            Named("m", Aggregation(F.PERCENTILE_DISC, (half,), order=(SortKey(X, descending=True),))),
            Named("l", Aggregation(F.LAST_VALUE, (K,))),
        ),
    )
    assert run(node, (0, "a", 1), (0, "a", 1), (0, "b", 2), (0, None, 3)) == [(2, 3, 2, None)]


@pytest.mark.parametrize("seed", SEEDS)
def test_groups_are_what_duckdb_says(seed):
    rows = random_rows(seed)
    large = compared(">", X, number(0))
    node = Aggregate(
        T,
        (Output("k", K),),
        (
            COUNT,
            SUM,
            Named("c", Aggregation(F.COUNT, (X,), distinct=True, filter=large)),
            Named("m", Aggregation(F.MIN, (TS,))),
        ),
    )
    sql = "k, count(*), sum(x), count(DISTINCT x) FILTER (x > 0), min(ts) FROM t GROUP BY k"
    assert Counter(run(node, *rows)) == Counter(on_duckdb(rows, sql))


def random_rows(seed: int, *, span: int = 40) -> list[tuple[int, str | None, int | None]]:
    source = random.Random(seed)
    return [
        (source.randrange(span), source.choice(["a", "b", "c", None]), source.choice([None, *range(-3, 4)]))
        for _ in range(source.randrange(12))
    ]


def on_duckdb(rows: list[tuple[Any, ...]], select: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (seq INT, ts BIGINT, k VARCHAR, x INT)")
    for seq, row in enumerate(rows):
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?)", [seq, *row])
    return connection.execute(f"SELECT {select}").fetchall()


# --- windows --------------------------------------------------------------------------------------


def windows(kind: str, size: int, *times: int | None, **more: Any) -> list[tuple[int, int, int]]:
    """``(time, start, end)`` for each row that the window makes."""
    node = Window(T, WindowKind(kind), "ts", size, **more)
    rows = run(node, *((time, None, None) for time in times))
    assert all(last == end - 1 for *_, end, last in rows)
    return [(row[1], row[4], row[5]) for row in rows]


def test_tumbling_windows_include_their_start_and_not_their_end():
    assert windows("TUMBLE", 10, 0, 9, 10, -1, -10) == [
        (0, 0, 10), (9, 0, 10), (10, 10, 20), (-1, -10, 0), (-10, -10, 0),
    ]  # fmt: skip
    assert windows("TUMBLE", 10, 2, 3, 13, offset=3) == [(2, -7, 3), (3, 3, 13), (13, 13, 23)]


def test_hopping_windows_overlap_earliest_first():
    assert windows("HOP", 10, 7, slide=5) == [(7, 0, 10), (7, 5, 15)]
    assert windows("HOP", 10, 10, slide=5, offset=1) == [(10, 1, 11), (10, 6, 16)]
    assert windows("HOP", 10, 0, 2, 3, slide=4) == [
        (0, -8, 2), (0, -4, 6), (0, 0, 10), (2, -4, 6), (2, 0, 10), (3, -4, 6), (3, 0, 10),
    ]  # fmt: skip
    assert windows("HOP", 2, 1, 2, 5, slide=5) == [(1, 0, 2), (5, 5, 7)]


def test_cumulating_windows_share_a_start():
    assert windows("CUMULATE", 30, 0, 9, 10, 29, slide=10) == [
        (0, 0, 10), (0, 0, 20), (0, 0, 30), (9, 0, 10), (9, 0, 20), (9, 0, 30),
        (10, 0, 20), (10, 0, 30), (29, 0, 30),
    ]  # fmt: skip
    assert windows("CUMULATE", 20, -1, 7, slide=10, offset=5) == [(-1, -15, 5), (7, 5, 15), (7, 5, 25)]


def test_a_session_goes_on_while_rows_are_at_most_the_gap_apart():
    """As in Flink, where windows that touch are merged."""
    assert windows("SESSION", 10, 0, 10) == [(0, 0, 20), (10, 0, 20)]
    assert windows("SESSION", 10, 0, 11) == [(0, 0, 10), (11, 11, 21)]
    assert windows("SESSION", 10, 30, 0, 9, 9, 18, 41) == [
        (30, 30, 40), (0, 0, 28), (9, 0, 28), (9, 0, 28), (18, 0, 28), (41, 41, 51),
    ]  # fmt: skip


def test_each_partition_has_its_own_sessions_and_nulls_are_one():
    node = Window(T, WindowKind.SESSION, "ts", 10, partition=(K,), names=("a", "b", "c"))
    rows = [(0, "x", 1), (5, "y", 1), (9, "x", 1), (15, None, 1), (20, None, 1), (20, "x", 1)]
    assert [row[4:] for row in run(node, *rows)] == [
        (0, 19, 18), (5, 15, 14), (0, 19, 18), (15, 30, 29), (15, 30, 29), (20, 30, 29),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", WindowKind)
def test_a_row_without_a_time_falls_into_no_window(kind):
    start = 3 if kind is WindowKind.SESSION else 0
    assert windows(kind, 10, None, 3, None, slide=10) == [(3, start, start + 10)]


def test_a_window_beyond_the_calendar_is_an_error():
    with pytest.raises(EvaluationError, match=r"TIMESTAMP\(3\) can hold: ts \(row 2 of t\)"):
        windows("TUMBLE", 10_000, 0, TIMESTAMP.bounds[1])
    with pytest.raises(EvaluationError):
        windows("HOP", 10_000, TIMESTAMP.bounds[0], slide=3_000)


@pytest.mark.parametrize("seed", SEEDS)
def test_windows_are_those_that_their_definition_has(seed):
    source = random.Random(seed)
    size, slide, offset = source.randint(1, 12), source.randint(1, 12), source.randint(-15, 15)
    times = [source.randint(-30, 30) for _ in range(8)]
    starts = [s for s in range(-80, 80) if (s - offset) % slide == 0]
    assert windows("HOP", size, *times, slide=slide, offset=offset) == [
        (t, s, s + size) for t in times for s in starts if s <= t < s + size
    ]
    long = size * slide
    bases = [s for s in range(-400, 400) if (s - offset) % long == 0]
    assert windows("TUMBLE", long, *times, offset=offset) == [
        (t, s, s + long) for t in times for s in bases if s <= t < s + long
    ]
    assert windows("CUMULATE", long, *times, slide=slide, offset=offset) == [
        (t, s, end)
        for t in times
        for s in bases
        for end in range(s + slide, s + long + 1, slide)
        if s <= t < end
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_sessions_are_those_that_their_definition_has(seed):
    gap = random.Random(seed).randint(1, 8)
    rows = random_rows(seed)
    node = Window(T, WindowKind.SESSION, "ts", gap, partition=(K,))
    expected = []
    for number, (time, key, x) in enumerate(rows):
        own = {t for t, k, _ in rows if k == key}
        first = [t for t in own if not own & set(range(t - gap, t))]
        last = [t for t in own if not own & set(range(t + 1, t + gap + 1))]
        start, end = max(t for t in first if t <= time), min(t for t in last if t >= time) + gap
        expected.append((number, time, key, x, start, end, end - 1))
    assert run(node, *rows) == expected


# --- OVER -----------------------------------------------------------------------------------------


def over(function: Function, *arguments: Any, **more: Any) -> Over:
    settings = {"partition": (), "order": (SortKey(X),), "frame": None, **more}
    return Over(T, (Named("r", Analytic(function, arguments, **settings)),))


def last(node: Node, *rows: tuple[Value | None, ...]) -> list[Any]:
    found = run(node, *rows)
    assert [row[0] for row in found] == list(range(len(rows)))
    return [row[-1] for row in found]


TIES = [(0, "a", 3), (0, "a", 1), (0, "a", 3), (0, "a", None), (0, "a", 7)]


@pytest.mark.parametrize(
    "function, arguments, expected",
    [
        (F.ROW_NUMBER, (), [3, 2, 4, 1, 5]),
        (F.RANK, (), [3, 2, 3, 1, 5]),
        (F.DENSE_RANK, (), [3, 2, 3, 1, 4]),
        (F.PERCENT_RANK, (), [500_000_000, 250_000_000, 500_000_000, 0, 10**9]),
        (F.CUME_DIST, (), [800_000_000, 400_000_000, 800_000_000, 200_000_000, 10**9]),
        (F.NTILE, (number(2),), [1, 1, 2, 1, 2]),
        (F.NTILE, (number(3),), [2, 1, 2, 1, 3]),
        (F.NTILE, (number(9),), [3, 2, 4, 1, 5]),
        (F.LAG, (SEQ,), [1, 3, 0, None, 2]),
        (F.LEAD, (SEQ,), [2, 0, 4, 1, None]),
        (F.LAG, (SEQ, number(2)), [3, None, 1, None, 0]),
        (F.LAG, (SEQ, number(0)), [0, 1, 2, 3, 4]),
        (F.LEAD, (X, number(2), sum_of(SEQ, number(100))), [7, 3, 102, 3, 104]),
        (F.LAG, (X, number(1), number(-1)), [1, None, 3, -1, 3]),
    ],
)
def test_ranks_and_neighbours_in_order_with_ties_and_nulls(function, arguments, expected):
    assert last(over(function, *arguments), *TIES) == expected


@pytest.mark.parametrize(
    "function, expected",
    [(F.ROW_NUMBER, 1), (F.PERCENT_RANK, 0), (F.CUME_DIST, 10**9), (F.RANK, 1)],
)
def test_a_rank_among_one_row(function, expected):
    assert last(over(function), (0, "a", 5)) == [expected]
    assert last(over(function)) == []


def test_thirds_are_rounded_half_away_from_zero():
    rows = [(0, "a", x) for x in range(4)]
    assert last(over(F.PERCENT_RANK), *rows) == [0, 333_333_333, 666_666_667, 10**9]


def test_each_partition_is_ranked_alone_and_nulls_are_one():
    node = over(F.ROW_NUMBER, partition=(K,), order=(SortKey(X, descending=True, nulls_first=False),))
    rows = [(0, "a", 1), (0, None, 1), (0, "a", None), (0, None, 2), (0, "a", 9)]
    assert last(node, *rows) == [2, 2, 3, 1, 1]


WHOLE = Frame(rows=True, start=None, end=None)
RUNNING = Frame(rows=True, start=None, end=0)
PEERS = Frame(rows=False, start=None, end=0)


@pytest.mark.parametrize(
    "frame, more, expected",
    [
        (WHOLE, {}, [5, 5, 5, 5, 5]),
        (RUNNING, {}, [3, 2, 4, 1, 5]),
        (PEERS, {}, [4, 2, 4, 1, 5]),
        (Frame(False, 0, 0), {}, [2, 1, 2, 1, 1]),
        (Frame(False, 0, None), {}, [3, 4, 3, 5, 1]),
        (Frame(True, -1, 0), {}, [2, 2, 2, 1, 2]),
        (Frame(True, -1, 1), {}, [3, 3, 3, 2, 2]),
        (Frame(True, 1, 2), {}, [2, 2, 1, 2, 0]),
        (Frame(True, 2, 1), {}, [0, 0, 0, 0, 0]),
        (Frame(False, -2, 0), {}, [3, 1, 3, 1, 1]),
        (Frame(False, -2, 2), {}, [3, 3, 3, 1, 1]),
        (Frame(False, 1, 4), {}, [1, 2, 1, 1, 0]),
        (Frame(False, None, -2), {}, [2, 1, 2, 1, 4]),
        (Frame(False, -2, None), {}, [4, 4, 4, 5, 1]),
        (Frame(False, 0, 2), {}, [2, 3, 2, 1, 1]),
        (Frame(False, -2, 0), {"descending": True}, [2, 3, 2, 1, 1]),
        (Frame(False, -4, 0), {"descending": True, "nulls_first": False}, [3, 3, 3, 1, 1]),
        (Frame(False, 1, None), {"descending": True, "nulls_first": False}, [2, 1, 2, 1, 4]),
    ],
)
def test_a_frame_holds_its_rows(frame, more, expected):
    assert last(over(F.COUNT, frame=frame, order=(SortKey(X, **more),)), *TIES) == expected


def test_without_an_order_all_rows_are_peers():
    assert last(over(F.SUM, X, frame=PEERS, order=()), *TIES) == [14, 14, 14, 14, 14]
    assert last(over(F.SUM, X, frame=RUNNING, order=()), *TIES) == [3, 4, 7, 7, 14]


def test_aggregates_over_a_frame_take_filter_and_distinct():
    assert last(over(F.SUM, X, frame=WHOLE, distinct=True), *TIES) == [11] * 5
    odd = over(F.COUNT, frame=RUNNING, filter=compared("<", X, number(7)))
    assert last(odd, *TIES) == [2, 1, 3, 0, 3]
    first = over(F.FIRST_VALUE, SEQ, frame=Frame(True, 1, 2))
    assert last(first, *TIES) == [2, 0, 4, 1, None]
    assert last(over(F.LAST_VALUE, X, frame=Frame(True, None, -1)), *TIES) == [1, None, 3, None, 3]


def test_calls_stand_side_by_side_and_see_the_input_only():
    calls = (
        Named("r", Analytic(F.ROW_NUMBER, (), (), (SortKey(X),), None)),
        Named("s", Analytic(F.SUM, (X,), (K,), (), WHOLE)),
    )
    assert run(Over(T, calls), (0, "a", 5), (0, "b", 1), (0, "a", 2)) == [
        (0, 0, "a", 5, 3, 7), (1, 0, "b", 1, 1, 1), (2, 0, "a", 2, 2, 7),
    ]  # fmt: skip


def bound(offset: int | None, side: str) -> str:
    if offset is None:
        return f"UNBOUNDED {side}"
    return f"{abs(offset)} {'PRECEDING' if offset < 0 else 'FOLLOWING'}" if offset else "CURRENT ROW"


@pytest.mark.parametrize("seed", range(60))
def test_analytic_calls_are_what_duckdb_says(seed):
    source = random.Random(seed)
    rows = random_rows(seed)
    start, end = sorted((source.randint(-3, 3), source.randint(-3, 3)))
    frame = Frame(source.random() < 0.5, source.choice([None, start]), source.choice([None, end]))
    key = SortKey(X, source.random() < 0.5, source.random() < 0.5)
    order = f"x {'DESC' if key.descending else ''} NULLS {'FIRST' if key.nulls_first else 'LAST'}"
    total = (key, SortKey(SEQ))
    buckets, offset = source.randint(1, 5), source.randint(0, 3)
    by_peers = f"OVER (PARTITION BY k ORDER BY {order})"
    by_rows = f"OVER (PARTITION BY k ORDER BY {order}, seq)"
    framed = (
        f"OVER (PARTITION BY k ORDER BY {order} {'ROWS' if frame.rows else 'RANGE'} "
        f"BETWEEN {bound(frame.start, 'PRECEDING')} AND {bound(frame.end, 'FOLLOWING')})"
    )
    if frame.rows:
        framed = framed.replace(order, f"{order}, seq")
    kept, distinct = compared(">", X, number(0)), {"distinct": True}
    asked: list[tuple[str, Function, tuple[Any, ...], tuple[SortKey, ...], Frame | None, dict[str, Any]]] = [
        (f"row_number() {by_rows}", F.ROW_NUMBER, (), total, None, {}),
        (f"rank() {by_peers}", F.RANK, (), (key,), None, {}),
        (f"dense_rank() {by_peers}", F.DENSE_RANK, (), (key,), None, {}),
        (f"ntile({buckets}) {by_rows}", F.NTILE, (number(buckets),), total, None, {}),
        (f"lag(seq, {offset}) {by_rows}", F.LAG, (SEQ, number(offset)), total, None, {}),
        (f"lead(x, {offset}, ts) {by_rows}", F.LEAD, (X, number(offset), TS), total, None, {}),
        (f"count(*) {framed}", F.COUNT, (), (key,), frame, {}),
        (f"sum(x) {framed}", F.SUM, (X,), (key,), frame, {}),
        (f"max(ts) FILTER (x > 0) {framed}", F.MAX, (TS,), (key,), frame, {"filter": kept}),
        (f"count(DISTINCT ts) {framed}", F.COUNT, (TS,), (key,), frame, distinct),
    ]
    if frame.rows:
        asked += [
            (f"first_value(x) {framed}", F.FIRST_VALUE, (X,), (key,), frame, {}),
            (f"last_value(seq) {framed}", F.LAST_VALUE, (SEQ,), (key,), frame, {}),
        ]
    calls = tuple(
        Named(f"c{i}", Analytic(function, arguments, (K,), sort, own, **more))
        for i, (_, function, arguments, sort, own, more) in enumerate(asked)
    )
    sql = f"seq, {', '.join(text for text, *_ in asked)} FROM t ORDER BY seq"
    ours = [(row[0], *row[4:]) for row in run(Over(T, calls), *rows)]
    assert ours == on_duckdb(rows, sql)


@pytest.mark.parametrize("seed", SEEDS)
def test_distributions_are_exact_fractions_of_duckdbs_ranks(seed):
    rows = random_rows(seed)
    sql = (
        "rank() OVER w, count(*) OVER (PARTITION BY k), count(*) OVER w FROM t "
        "WINDOW w AS (PARTITION BY k ORDER BY x NULLS FIRST) ORDER BY seq"
    )
    expected = [
        (
            round(Fraction(10**9 * (rank - 1), max(size - 1, 1))),
            round(Fraction(10**9 * so_far, size)),
        )
        for rank, size, so_far in on_duckdb(rows, sql)
    ]
    found = zip(
        last(over(F.PERCENT_RANK, partition=(K,)), *rows),
        last(over(F.CUME_DIST, partition=(K,)), *rows),
        strict=True,
    )
    assert list(found) == expected


# --- joins ----------------------------------------------------------------------------------------

U = table("u", b=INT, price=CENTS, name=VARCHAR)
B, PRICE, NAME = U.columns


def joined(condition: Any, right: list[tuple[Any, ...]], *rows: Any, **more: Any) -> list[Any]:
    """``(seq, b)`` of each pair."""
    others = [dict(zip(("b", "price", "name"), row, strict=True)) for row in right]
    node = Project(Join(T, U, condition, **more), (Output("seq", SEQ), Output("b", B)))
    return run(node, *rows, u=others)


RIGHT = [(0, 100, "a"), (1, 250, "b"), (2, None, None), (3, 100, "a"), (4, 200, "b")]
LEFT = [(0, "b", 1), (0, "a", 2), (0, None, None), (0, "b", 3)]


@pytest.mark.parametrize("lookup", [False, True])
@pytest.mark.parametrize(
    "condition, expected",
    [
        (compared("=", K, NAME), [(0, 1), (0, 4), (1, 0), (1, 3), (3, 1), (3, 4)]),
        (compared("=", NAME, K), [(0, 1), (0, 4), (1, 0), (1, 3), (3, 1), (3, 4)]),
        (compared("=", X, PRICE), [(0, 0), (0, 3), (1, 4)]),
        (compared("=", PRICE, X), [(0, 0), (0, 3), (1, 4)]),
        (
            Logical(Connective.AND, (compared("=", K, NAME), compared("<", SEQ, B))),
            [(0, 1), (0, 4), (1, 3), (3, 4)],
        ),
        (Logical(Connective.AND, (compared("=", K, NAME), compared("=", X, PRICE))), []),
        (Logical(Connective.AND, (compared("=", K, NAME), compared("=", SEQ, X))), [(3, 1), (3, 4)]),
        (Logical(Connective.AND, (compared("=", B, PRICE), compared("=", K, NAME))), []),
        (
            Logical(Connective.OR, (compared("=", SEQ, B), compared("=", X, PRICE))),
            [(0, 0), (0, 3), (1, 1), (1, 4), (2, 2), (3, 3)],
        ),
        (compared("=", sum_of(SEQ, B), number(3)), [(0, 3), (1, 2), (2, 1), (3, 0)]),
        (compared("<", sum_of(SEQ, B), number(1)), [(0, 0)]),
        (compared("=", B, number(4)), [(0, 4), (1, 4), (2, 4), (3, 4)]),
    ],
)  # fmt: skip
def test_a_join_has_the_pairs_on_which_its_condition_is_true(condition, expected, lookup):
    assert joined(condition, RIGHT, *LEFT, lookup=lookup) == expected


def test_a_join_with_nothing_is_nothing():
    assert joined(compared("=", K, NAME), [], *LEFT) == []
    assert joined(compared("=", K, NAME), RIGHT) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_join_is_what_duckdb_says(seed):
    rows, others = random_rows(seed), random_rows(seed + 1000)
    left = Project(T, tuple(Output(f"l{c.name}", c) for c in T.columns))
    right = Project(T, tuple(Output(f"r{c.name}", c) for c in T.columns))
    node = Join(
        left,
        right,
        Logical(
            Connective.AND,
            (
                compared("=", left.columns[2], right.columns[2]),
                compared("<=", left.columns[3], right.columns[3]),
            ),
        ),
    )
    sql = "* FROM t l JOIN t r ON l.k = r.k AND l.x <= r.x"
    assert Counter(run(node, *rows, *others)) == Counter(on_duckdb([*rows, *others], sql))


# --- errors ---------------------------------------------------------------------------------------

QUOTIENT = Call("/", (X, SEQ), INT, nullable=True)
BY_ZERO = Output("q", QUOTIENT)
BAD = [(0, "a", 1), (0, "a", 2)]


@pytest.mark.parametrize(
    "node, rows",
    [
        (Project(T, (BY_ZERO,)), " (row 1 of t)"),
        (Filter(T, compared("=", QUOTIENT, number(1))), " (row 1 of t)"),
        (Aggregate(T, (BY_ZERO,), ()), " (row 1 of t)"),
        (Aggregate(T, (), (Named("s", Aggregation(F.SUM, (QUOTIENT,))),)), " (row 1 of t)"),
        (Limit(T, (SortKey(QUOTIENT),), None), " (row 1 of t)"),
        (Project(Window(T, WindowKind.TUMBLE, "ts", 10), (BY_ZERO,)), " (row 1 of t)"),
        (over(F.SUM, QUOTIENT, frame=WHOLE), " (row 1 of t)"),
        (Project(over(F.RANK), (BY_ZERO,)), " (row 1 of t)"),
        (Project(Aggregate(T, (Output("x", X), Output("seq", SEQ)), ()), (BY_ZERO,)), ""),
        (Project(Join(T, U, compared("=", SEQ, B)), (BY_ZERO,)), " (row 1 of t, row 2 of u)"),
        (Join(T, U, compared("=", QUOTIENT, B)), " (row 1 of t, row 1 of u)"),
        (Project(Limit(Union((T,), ("seq", "ts", "k", "x")), (), 1), (BY_ZERO,)), " (row 1 of t)"),
    ],
)
def test_an_error_names_its_expression_and_its_rows(node, rows):
    with pytest.raises(EvaluationError) as caught:
        run(node, *BAD, u=[{"b": 7, "price": 0, "name": ""}, {"b": 0, "price": 0, "name": ""}])
    assert str(caught.value).endswith(f": x / seq{rows}")


def test_a_join_asks_its_condition_only_about_rows_that_agree():
    both = Logical(Connective.AND, (compared("=", K, NAME), compared("=", QUOTIENT, B)))
    assert run(Join(T, U, both), *BAD, u=[{"b": 1, "price": 0, "name": "b"}]) == []


def test_a_sum_that_does_not_fit_names_its_call():
    wide = table("w", v=decimal(38, 0))
    node = Aggregate(wide, (), (Named("s", Aggregation(F.SUM, wide.columns)),))
    with pytest.raises(EvaluationError, match=r"which DECIMAL\(38, 0\) cannot hold: SUM\(v\)"):
        interpret(node, {"w": [{"v": 10**38 - 1}, {"v": 1}]})


def test_a_sum_of_bigint_does_not_wrap():
    wide = table("w", v=BIGINT)
    node = Aggregate(wide, (), (Named("s", Aggregation(F.SUM, wide.columns)),))
    assert interpret(node, {"w": [{"v": 2**63 - 1}] * 3}) == [{"s": 3 * (2**63 - 1)}]
