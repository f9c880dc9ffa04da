"""Chains of blocks, opened in a circuit: whose rows are in a window."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pytest

from tests.gadgets import SPELLINGS, Bench, lies
from zkql.circuit.build import write_circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.blocks import Blocks
from zkql.circuit.gadgets.steps import Edge, Inside, Rising
from zkql.circuit.solve import solve
from zkql.circuit.wires import Values
from zkql.crypto.blocks import Block, BlockLayout, BlockRow, genesis
from zkql.crypto.field import P
from zkql.crypto.signatures import public_key
from zkql.plan.schema import ColumnSchema, StreamSchema
from zkql.plan.types import BIGINT, SMALLINT, TIMESTAMP, TINYINT
from zkql.runtime.chains import (
    ChainState,
    Link,
    in_blocks,
    layout_of,
    opened,
    sign_beat,
    sign_block,
)

COLUMNS = (ColumnSchema("load", SMALLINT, True, nullable=True), ColumnSchema("temp", TINYINT, True))
SIZE, COUNT = 3, 3
LAYOUT = BlockLayout(77, COLUMNS, SIZE)
Reading = tuple[int, int, int]
"""Time, and the codes of two columns."""


@dataclass(frozen=True)
class Window:
    """A chain that is opened: blocks from a head on, and a window."""

    start: int
    end: int
    blocks: tuple[Block, ...]
    head: int = genesis(bytes(32), 1)


@cache
def drawn() -> tuple[Draft, Bench]:
    """Two chains: the second has one block that never changes."""
    draft = Draft(2 * SIZE * COUNT)
    head = draft.public("head", (2,), 0, P - 1)
    start, end = (draft.public(name, (), 1, 1 << 49) for name in ("start", "end"))
    shown = draft.put(Rising, "shown", 2, COUNT)
    flags = shown.flags.linear
    blocks = draft.put(Blocks, "chain", LAYOUT, COUNT, head.linear, flags, ("load",))
    times = blocks.time.linear
    begun = draft.put(Edge, "begun", times, flags, start.linear, 2, SIZE * COUNT, SIZE)
    ended = draft.put(Edge, "ended", times, flags, end.linear, 2, SIZE, SIZE)
    inside = draft.make(Inside, "inside", blocks.live.linear, begun.flags.linear, ended.flags.linear, 2)
    draft.reveal("after", blocks.after.linear)
    value, null = blocks.column("load")
    assert null is not None
    for name, wire in {"load": value, "null": null, "time": blocks.time}.items():
        draft.reveal(f"shown_{name}", wire.linear)
    draft.reveal("shown_inside", inside)
    circuit = write_circuit(draft, ("Blocks of a chain.",))
    return draft, Bench(circuit, compile_circuit(circuit))


OTHER = Block(7, (BlockRow(0, (3, 4)), BlockRow(2, (1, 1))), 11)
"""The second chain."""


def given(window: Window) -> dict[str, Values]:
    """What verifier and prover put in."""
    bases, salts, counts, packed = [], [], [], []
    for chain in (window.blocks, (OTHER,)):
        unused = COUNT - len(chain)
        bases += [*[0] * unused, *(block.base for block in chain)]
        salts += [*[0] * unused, *(block.salt for block in chain)]
        counts += [*[0] * unused, *(len(block.rows) for block in chain)]
        packed += [0] * unused * SIZE
        packed += [LAYOUT.number(row) for block in chain for row in LAYOUT.filled(block.rows)]
    return {
        "head": [window.head, 5],
        "start": [window.start],
        "end": [window.end],
        "shown count": [len(window.blocks), 1],
        "chain salt": salts,
        "chain base": bases,
        "chain rows": counts,
        "chain packed": packed,
    }


def solved(window: Window, **more: object) -> dict[str, Values]:
    return solve(drawn()[0].gadgets, given(window), **more)  # type: ignore[arg-type]


def random_window(source: random.Random) -> Window:
    """Rows around a window; those at or after its end are in the last block."""
    start, size = source.choice([1, 50, 10**9, 63_902_908_800_000]), source.choice([1, 7, 1000])
    end = start + size
    blocks: list[Block] = []
    time = max(0, start - source.randint(0, 20))
    for number in range(source.randint(0, COUNT)):
        rows: list[BlockRow] = []
        base = time = time + source.choice([0, 0, 1, 5, size])
        if blocks and base >= end and source.random() < 0.5:
            break
        for _ in range(source.randint(1, SIZE)):
            codes = source.choice([source.randrange(1 << 16), 1 << 16, 0]), source.randrange(1 << 8)
            rows.append(BlockRow(time - base, codes))
            time += source.choice([0, 0, 1, 3, size])
        last = base + rows[-1].offset
        blocks.append(Block(base, tuple(rows), source.randrange(P)))
        if last >= end:
            break
        assert number < COUNT
    return Window(start, end, tuple(blocks), source.randrange(P))


def meant(window: Window) -> list[tuple[int, tuple[int, ...]]]:
    rows = [(b.base + r.offset, r.codes) for b in (*window.blocks, OTHER) for r in b.rows]
    return [(time, codes) for time, codes in rows if window.start <= time < window.end]


def selected(values: dict[str, Values]) -> list[tuple[int, int, int]]:
    """Time, load and flag of the rows that are in the window."""
    columns = zip(values["chain_time"], values["chain_column_0"], values["chain_column_0_null"], strict=True)
    return [own for own, m in zip(columns, values["inside_flag"], strict=True) if m]


@pytest.mark.parametrize("seed", range(40))
def test_the_rows_of_a_window_are_selected(seed: int) -> None:
    source = random.Random(seed)
    for _ in range(5):
        window = random_window(source)
        values = solved(window)
        head = window.head
        for block in window.blocks:
            head = LAYOUT.head(head, block)
        assert values["chain_after"] == [head, LAYOUT.head(5, OTHER)]
        assert drawn()[1].accepts(values)
        expected = [(t, load & 0xFFFF, load >> 16) for t, (load, _) in meant(window)]
        assert selected(values) == expected


def test_the_circuit_is_what_zokrates_makes_of_the_whole() -> None:
    from zkql.toolchain import zokrates
    from zkql.toolchain.constraints import number_wires

    circuit = drawn()[1].circuit
    whole = number_wires(zokrates.compiled_object(circuit.source))
    assert drawn()[1].program.system.constraints == whole.system.constraints


# --- lies -------------------------------------------------------------------------------------------

BASE = 1_000_000


def block(base: int, *offsets: int, salt: int = 5) -> Block:
    return Block(base, tuple(BlockRow(o, (o * 7 % 65_536, 3)) for o in offsets), salt)


WINDOWS = {
    "in the middle of blocks": Window(
        BASE + 4, BASE + 20, (block(BASE, 0, 3, 4), block(BASE + 7, 0, 1), block(BASE + 19, 0, 1, 1))
    ),
    "one block, one row": Window(BASE, BASE + 1, (block(BASE, 0),)),
    "nothing in it": Window(BASE + 1, BASE + 2, (block(BASE, 0), block(BASE + 5, 0, 9))),
    "no block": Window(BASE, BASE + 9, ()),
    "all of it": Window(BASE, BASE + 99, (block(BASE, 0, 0, 0), block(BASE + 1, 0, 1, 2))),
    "ties at both edges": Window(BASE + 5, BASE + 6, (block(BASE, 4, 5, 5), block(BASE + 5, 0, 1, 1))),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_no_lie_is_accepted(name: str) -> None:
    _, bench = drawn()
    own = given(WINDOWS[name])
    honest = bench.solve(**own)
    assert bench.accepts(honest)
    told = 0
    for lie, values in lies(bench, own):
        if any(values[p.name] != honest[p.name] for p in bench.circuit.parameters):
            assert not bench.accepts(values), lie
            told += 1
    assert told > 200


@pytest.mark.parametrize("name", WINDOWS)
def test_no_private_input_is_free(name: str) -> None:
    """One of them is another, with all else as it was."""
    _, bench = drawn()
    honest = bench.solve(**given(WINDOWS[name]))
    for parameter in bench.circuit.parameters:
        if parameter.name in ("head", "start", "end"):
            continue
        for place in range(0, parameter.size, 1 if parameter.size < 20 else 7):
            for change in (1, -1):
                values = list(honest[parameter.name])
                values[place] += change
                assert not bench.accepts({**honest, parameter.name: values}), (parameter.name, place)


def rejected(own: dict[str, Values]) -> bool:
    """However numbers are spelled that do not fit, and whatever the head is said to be."""
    _, bench = drawn()
    return not any(bench.accepts(bench.solve(spell=spell, **own)) for spell in SPELLINGS.values())


def test_a_row_of_the_next_window_is_in_the_last_block() -> None:
    """Else the next window, which begins with the last block, would be without that row."""
    late = Window(BASE, BASE + 5, (block(BASE, 0, 5), block(BASE + 6, 0)))
    assert rejected(given(late))
    for flags in ([0] * 9, [0, 0, 0, 0, 0, 0, 1, 1, 1]):
        _, bench = drawn()
        values = solved(replace(late, end=BASE + 6))
        forged = {**values, "end": [BASE + 5], "ended_flag": [*flags[-SIZE:], *values["ended_flag"][SIZE:]]}
        assert not bench.accepts(forged)


def test_blocks_that_are_not_shown_have_no_rows() -> None:
    own = given(WINDOWS["one block, one row"])
    for what, values in {
        "chain packed": [1 << 24] * 6 + own["chain packed"][6:],
        "chain base": [BASE, BASE, *own["chain base"][2:]],
        "chain salt": [1, 0, *own["chain salt"][2:]],
    }.items():
        assert rejected({**own, what: values}), what
    _, bench = drawn()
    honest = bench.solve(**own)
    live = [0, 0, 0, 1, 0, 0, *honest["chain_live"][6:]]
    assert not bench.accepts({**honest, "chain_live": live})


@pytest.mark.parametrize(
    "change", ["left out", "in another order", "of another chain", "a row less", "a row more"]
)
def test_other_blocks_have_another_head(change: str) -> None:
    """The head after the blocks is public, and the verifier has it from the device's signature."""
    window = WINDOWS["in the middle of blocks"]
    first, second, third = window.blocks
    others = {
        "left out": replace(window, blocks=(first, third)),
        "in another order": replace(window, blocks=(first, third, second)),
        "of another chain": replace(window, head=genesis(bytes(32), 2)),
        "a row less": replace(window, blocks=(first, second, replace(third, rows=third.rows[:-1]))),
        "a row more": replace(
            window, blocks=(first, replace(second, rows=(*second.rows, second.rows[-1])), third)
        ),
    }
    honest, other = solved(window), solved(others[change], spell=SPELLINGS["truncate"])
    assert honest["chain_after"] != other["chain_after"]
    _, bench = drawn()
    assert not bench.accepts({**other, "after": honest["after"]})


# --- layout -----------------------------------------------------------------------------------------


def test_rows_share_elements() -> None:
    """Written out by hand: offset, load with its flag of NULL, temp; the last row fills the block."""
    layout = replace(LAYOUT, size=7)
    assert (layout.row_bits, layout.rows_per_element, layout.elements) == (24 + 17 + 8, 5, 2)
    rows = (BlockRow(0, (9, 1)), BlockRow(1, (1 << 16, 255)))
    one, two = (9 << 24) + (1 << 41), 1 + (1 << 40) + (255 << 41)
    first = one + sum(two << 49 * place for place in range(1, 5))
    assert layout.pack(rows) == (first, two + (two << 49))
    assert layout.header(5, 2) == (77 << 3 | 2) << 49 | 5


def test_a_layout_has_bounds() -> None:
    wide = tuple(ColumnSchema(f"c{i}", SMALLINT, True) for i in range(15))
    with pytest.raises(ValueError, match="264 bits"):
        BlockLayout(1, wide, 1)
    assert BlockLayout.most(COLUMNS) == 5 * 13
    for size in (0, 66):
        with pytest.raises(ValueError, match="1 to 65"):
            BlockLayout(1, COLUMNS, size)


# --- what a device signs ------------------------------------------------------------------------------

STREAM = StreamSchema(
    "reading",
    (
        ColumnSchema("meter", BIGINT, private=False),
        ColumnSchema("ts", TIMESTAMP, private=False),
        *COLUMNS,
    ),
    "meter",
    "ts",
)
SEED = bytes(range(32))


def chain_of(times: Sequence[Sequence[int] | int]) -> tuple[list[Link], list[dict[str, int | None]]]:
    """A device's links: lists of times become rows, other times heartbeats."""
    layout, state = layout_of(STREAM, SIZE), ChainState.new(STREAM, 1)
    links: list[Link] = []
    rows: list[dict[str, int | None]] = []
    for own in times:
        if isinstance(own, int):
            link, state = sign_beat(STREAM, 1, state, own, SEED)
            links.append(link)
            continue
        made = [{"meter": 1, "ts": t, "load": t % 99 - 50 if t % 5 else None, "temp": t % 7} for t in own]
        rows += made
        for block in in_blocks(STREAM, layout, made):
            link, state = sign_block(STREAM, layout, 1, state, block, SEED)
            links.append(link)
    return links, rows


def random_times(source: random.Random) -> list[list[int] | int]:
    time, found = source.choice([-5, 0, 10**12]), []
    for _ in range(source.randint(1, 8)):
        if source.random() < 0.3:
            time += source.randint(0, 30)
            found.append(time)
        else:
            own = []
            for _ in range(source.randint(1, 4)):
                time += source.choice([0, 0, 1, 4, 11, 1 << 24])
                own.append(time)
            found.append(own)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_every_row_is_in_the_window_of_its_time(seed: int) -> None:
    """Windows of ten, one after the other: each opens what follows, and together they have every row once."""
    source = random.Random(seed)
    links, rows = chain_of(random_times(source))
    layout, genesis_state = layout_of(STREAM, SIZE), ChainState.new(STREAM, 1)
    first = min((r["ts"] for r in rows), default=0)
    starts = sorted({r["ts"] // 10 * 10 + d for r in rows for d in (-10, 0, 10)} | {first // 10 * 10})
    found, covered = [], None
    for start, window in zip(starts, opened(links, genesis_state, [s + 10 for s in starts]), strict=True):
        if window is None:
            continue
        head = window.head
        for block in window.blocks:
            head = layout.head(head, block)
        assert head == window.closing.head
        assert window.closing.is_signed(STREAM, public_key(SEED))
        covered = start + 10
        times = [b.base + TIMESTAMP.lowest + r.offset for b in window.blocks for r in b.rows]
        found += [t for t in times if start <= t < start + 10]
        late = [b for b in window.blocks if b.base + TIMESTAMP.lowest + b.rows[-1].offset >= start + 10]
        assert late in ([], list(window.blocks[-1:]))
    assert found == [r["ts"] for r in rows if covered is not None and r["ts"] < covered]


def test_a_head_is_signed_whole() -> None:
    (link, *_), _ = chain_of([[1, 2], 50])
    key = public_key(SEED)
    assert link.signed.is_signed(STREAM, key)
    for change in (
        {"device": 2},
        {"before": 1},
        {"head": 1},
        {"number": 2},
        {"time": 3},
        {"signature": bytes(64)},
    ):
        assert not replace(link.signed, **change).is_signed(STREAM, key), change
    assert not link.signed.is_signed(replace(STREAM, name="other"), key)
    assert not link.signed.is_signed(STREAM, public_key(bytes(32)))


def test_a_long_pause_ends_a_block() -> None:
    links, _ = chain_of([[0, 1, 1 << 24, (1 << 24) + 1]])
    assert [len(link.block.rows) for link in links if link.block] == [2, 2]
    assert [link.signed.time for link in links] == [1, (1 << 24) + 1]
