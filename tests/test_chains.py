"""CHAIN provenance: blocks opened in a circuit, whose rows are in a window; and what devices sign."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from tests.chains import BLOCKS, BY_DEVICE, PLAIN, STREAM, SUBJECTS, Subject, query, random_chain, row
from tests.world import SIZE
from zkql.crypto.blocks import Block, BlockLayout, BlockRow, genesis, layout_of
from zkql.crypto.field import P
from zkql.crypto.poseidon import poseidon
from zkql.crypto.signatures import public_key
from zkql.plan.schema import ColumnSchema, Provenance
from zkql.plan.types import SMALLINT, TIMESTAMP, TINYINT
from zkql.runtime.chains import (
    ChainState,
    Link,
    SignedHead,
    in_blocks,
    opened,
    packed,
    sign_beat,
    sign_block,
)
from zkql.toolchain import zokrates
from zkql.toolchain.constraints import number_wires


@cache
def subject(name: str) -> Subject:
    return Subject.compile(*SUBJECTS[name])


def most_blocks(name: str) -> int:
    _, capacity, block, _ = SUBJECTS[name]
    return -(-capacity // block) + 1


# --- circuits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("seed", range(6))
def test_the_rows_of_a_window_are_selected(name: str, seed: int) -> None:
    """Circuit and plan agree about blocks that begin and end anywhere."""
    source, own = random.Random(f"{name} {seed}"), subject(name)
    for _ in range(5):
        start = source.choice([0, SIZE, 10**12])
        devices = range(1, SUBJECTS[name][3] + source.randint(0, 1))
        chains = [random_chain(source, own.stream, d, start, most_blocks(name)) for d in devices]
        try:
            values = own.bench.solve(**own.inputs(start, chains))
        except ValueError as error:  # more rows pass than BY_KEY has groups for
            raise AssertionError(chains) from error
        assert own.bench.accepts(values), chains


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_circuit_is_what_zokrates_makes_of_the_whole(name: str) -> None:
    bench = subject(name).bench
    whole = number_wires(zokrates.compiled_object(bench.circuit.source))
    assert bench.program.system.constraints == whole.system.constraints


def test_a_window_of_a_hundred_rows_costs() -> None:
    """All in: edges, hashes, and the places that are left over where blocks are cut by the window."""
    text = STREAM
    for column in ("zone  INT NULL", "temp  INT", "ok    BOOLEAN"):
        text = text.replace(f"  {column},\n", "")
    text = text.replace("load  DECIMAL(4, 1)", "load  INT")
    for call, most in (("SUM(load)", 8071), ("MAX(load)", 12_032), ("COUNT(*)", 4124)):
        select = PLAIN[: PLAIN.index("SUM")] + f"{call} AS found " + PLAIN[PLAIN.index("\nFROM") :]
        compiled = query(select, 100, 20, 1, text)
        assert compiled.circuit is not None
        assert compiled.circuit.constraints == most
        public = sum(p.size for p in compiled.circuit.parameters if p.public)
        assert public == 5 + (1 if call == "COUNT(*)" else 2)  # context, start, two of the device, presence


# --- lies -------------------------------------------------------------------------------------------

WINDOWS = [("one device", blocks) for blocks in BLOCKS] + [
    ("two devices", "two blocks"),
    ("times are read", "two blocks"),
    ("blocks of one row", "one row"),
    ("one block", "one block"),
]


@pytest.mark.parametrize("name, blocks", WINDOWS)
def test_no_lie_is_accepted(name: str, blocks: str) -> None:
    """About any wire, with all that follows from it; the heads are the verifier's, from signatures."""
    told = 0
    for lie, accepted in subject(name).told(blocks, every=3):
        assert not accepted, lie
        told += 1
    assert told > 50


@pytest.mark.parametrize("name, blocks", WINDOWS)
def test_no_private_input_is_free(name: str, blocks: str) -> None:
    """One of them is another, with all else as it was."""
    for changed, accepted in subject(name).changed(blocks, every=7):
        assert not accepted, changed


# --- layout -----------------------------------------------------------------------------------------

COLUMNS = (ColumnSchema("load", SMALLINT, True, nullable=True), ColumnSchema("temp", TINYINT, True))


def test_columns_share_elements() -> None:
    """Written out by hand: offsets, loads with their flag of NULL, temps; the last row fills the block."""
    layout = BlockLayout(77, COLUMNS, 12)
    assert [s.elements for s in layout.strips] == [2, 1, 1]
    rows = (BlockRow(0, (9, 1)), BlockRow(1, (1 << 16, 255)))
    offsets = sum(1 << 24 * place for place in range(1, 10)), 1 + (1 << 24)
    loads = 9 + sum(1 << 16 + 17 * place for place in range(1, 12))
    temps = 1 + sum(255 << 8 * place for place in range(1, 12))
    assert layout.pack(rows) == [*offsets, loads, temps]
    head = poseidon([4, 77 << 4 | 2, 63, *offsets, loads, temps, 5])
    assert layout.head(4, Block(63, rows, 5)) == head


def test_a_layout_has_bounds() -> None:
    assert BlockLayout.most(COLUMNS) == 56  # 6 + 4 + 2 elements; 57 rows need 6 + 5 + 2
    for size in (0, 57):
        with pytest.raises(ValueError, match="1 to 56"):
            BlockLayout(1, COLUMNS, size)
    wide = tuple(ColumnSchema(f"c{i}", SMALLINT, True) for i in range(12))
    with pytest.raises(ValueError, match="at most 11 columns"):
        BlockLayout(1, wide, 1)


# --- what a device signs ----------------------------------------------------------------------------

SIGNED = query(PLAIN, 4, 3).plan.stream
SEED = bytes(range(32))


def chain_of(times: Sequence[Sequence[int] | int], begins: int) -> tuple[list[Link], list[int]]:
    """A device's links: lists of times become rows, other times heartbeats."""
    link, state = sign_beat(SIGNED, 1, ChainState.new(SIGNED, 1), begins, SEED)
    links, rows = [link], []
    for own in times:
        if isinstance(own, int):
            link, state = sign_beat(SIGNED, 1, state, own, SEED)
            links.append(link)
            continue
        rows += own
        for block in in_blocks(SIGNED, 3, [row(1, t, t % 99 - 50, t % 7) for t in own]):
            link, state = sign_block(SIGNED, 1, state, block, SEED)
            links.append(link)
    return links, rows


def random_times(source: random.Random) -> tuple[list[list[int] | int], int]:
    begins = time = source.choice([-5, 0, 10**12])
    found: list[list[int] | int] = []
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
    return found, begins


@pytest.mark.parametrize("seed", range(60))
def test_every_row_is_in_the_window_of_its_time(seed: int) -> None:
    """Windows of ten, one after the other: each opens what follows, only its first block has earlier rows and
    only its last one later rows, as circuit and verifier take for granted; together they have every row
    once."""
    source = random.Random(seed)
    links, rows = chain_of(*random_times(source))
    layout, first = layout_of(SIGNED), links[0].signed.state
    starts = sorted(
        {t // 10 * 10 + d for t in (*rows, first.time) for d in (0, 10)} | {first.time // 10 * 10}
    )
    found, covered = [], None
    for start, window in zip(starts, opened(links, first, [s + 10 for s in starts]), strict=True):
        if window is None:
            continue
        head = window.head
        for number, link in enumerate(window.links):
            assert link.block is not None
            head = layout.head(head, link.block)
            times = [SIGNED.time_of(own) for own in link.rows]
            assert number == 0 or times[0] >= start
            assert number == len(window.links) - 1 or times[-1] < start + 10
            found += [t for t in times if start <= t < start + 10]
        closing = window.closing.state
        assert head == closing.head
        assert closing.time >= start + 10
        assert len(window.links) < 2 or closing.since < start + 10
        assert window.closing.is_signed(SIGNED, public_key(SEED))
        covered = start + 10
    assert found == [t for t in rows if covered is not None and t < covered]


def test_a_head_is_signed_whole() -> None:
    links, _ = chain_of([[1, 2], 50], 0)
    key = public_key(SEED)
    for link in links:
        assert link.signed.is_signed(SIGNED, key)
        changes: dict[str, object] = {"device": 2, "signature": bytes(64)}
        for change in changes.items():
            assert not replace(link.signed, **dict([change])).is_signed(SIGNED, key), change
        for field in ("before", "since", "head", "number", "time"):
            own = getattr(link.signed.state, field)
            state = replace(link.signed.state, **{field: own + 1})
            assert not SignedHead(1, state, link.signed.signature).is_signed(SIGNED, key), field
        assert not link.signed.is_signed(replace(SIGNED, name="other"), key)
        assert not link.signed.is_signed(SIGNED, public_key(bytes(32)))


def test_a_long_pause_ends_a_block() -> None:
    links, _ = chain_of([[0, 1, 1 << 24, (1 << 24) + 1]], 0)
    assert [len(link.rows) for link in links if link.block] == [2, 2]


def test_salts_are_fresh() -> None:
    heads = {chain_of([[1]], 0)[0][1].signed.state.head for _ in range(8)}
    assert len(heads) == 8


def test_blocks_are_checked_before_they_are_packed() -> None:
    layout = layout_of(SIGNED)
    for times, message in (
        ([], "1 to 3 rows, not 0"),
        ([1, 2, 3, 4], "1 to 3 rows, not 4"),
        ([2, 1], "never go back"),
        ([0, 1 << 24], "less than 16777216"),
    ):
        with pytest.raises(ValueError, match=message):
            packed(SIGNED, layout, [row(1, t) for t in times], 0)
    assert packed(SIGNED, layout, [row(1, -1)], 3) == Block(
        -1 - TIMESTAMP.lowest, (BlockRow(0, (1 << 32, 9999, 1 << 31, 1)),), 3
    )


# --- schema -----------------------------------------------------------------------------------------


def test_a_stream_of_chains_shows_its_device_only() -> None:
    assert SIGNED.provenance is Provenance.CHAIN
    assert [c.name for c in SIGNED.columns if not c.private] == ["meter"]
    assert replace(SIGNED, block=4).digest != SIGNED.digest


def test_a_group_by_device_has_one_chain() -> None:
    grouped, whole = (query(select, 4, 2, 3).plan.circuit for select in (BY_DEVICE, PLAIN))
    assert grouped is not None
    assert whole is not None
    assert (grouped.chains, grouped.capacity) == (1, 6)
    assert (whole.chains, whole.capacity) == (3, 18)


def test_genesis_tells_devices_and_schemas_apart() -> None:
    found = {genesis(digest, device) for digest in (bytes(32), bytes([1] * 32)) for device in (1, 2, "1")}
    assert len(found) == 6
    assert max(found) < P
