"""Rows at the edges of a window: a prover moves an edge inside a block, or counts places without rows. Blocks
lead to the signed head, so only flags and results are false; judged at the constraints."""

from __future__ import annotations

from functools import cache

import pytest

from tests.chains import PLAIN, Subject, owned, row
from tests.gadgets import SPELLINGS
from tests.world import SIZE
from zkql.circuit.evidence import FIRST, INNER, LAST, SHOWN

T = 50_000
TIMES = [[T - 2, T], [T + 1, T + 4], [T + 9_000, T + SIZE]]


@cache
def subject() -> Subject:
    return Subject.compile(PLAIN, 4, 2)


def accepted(lies: dict[str, list[int]], times: list[list[int]] = TIMES) -> bool:
    """Whether any way to work out the rest is accepted."""
    own = subject()
    blocks = [[row(1, t, t % 50, t % 9, 3) for t in block] for block in times]
    bound = own.bound(T, [owned(own.stream, 1, 77, blocks)])
    spellings = [own.bench.solve(lies=lies, **bound)] if not lies else []
    spellings += [own.bench.solve(lies=lies, spell=spell, **bound) for spell in SPELLINGS.values()]
    return any(own.bench.accepts(values) for values in spellings)


def test_the_truth_is_accepted() -> None:
    assert accepted({})
    assert accepted({"begun_flag": [0, 1], "begun_2_flag": [1, 1], "ended_flag": [0, 1]})
    assert accepted({f"{LAST}_live": [1, 1], f"{SHOWN}_first": [1]})


@pytest.mark.parametrize("flags", [[1, 1], [0, 0], [1, 0], [2, -1]])
def test_the_window_begins_elsewhere_in_the_first_block(flags: list[int]) -> None:
    assert not accepted({"begun_flag": flags})


@pytest.mark.parametrize("flags", [[0, 1], [0, 0], [1, 0], [2, 1]])
def test_the_window_begins_in_the_last_block(flags: list[int]) -> None:
    assert not accepted({"begun_2_flag": flags})


@pytest.mark.parametrize("flags", [[1, 1], [0, 0], [1, 0], [-1, 1]])
def test_the_window_ends_elsewhere(flags: list[int]) -> None:
    assert not accepted({"ended_flag": flags})


@pytest.mark.parametrize(
    "wire, flags",
    [
        (f"{FIRST}_live", [1, 0]),
        (f"{FIRST}_live", [0, 0]),
        (f"{FIRST}_live", [0, 1]),
        (f"{FIRST}_live", [2, 1]),
        (f"{INNER}_live", [1, 0]),
        (f"{INNER}_live", [0, 0]),
        (f"{LAST}_live", [1, 0]),
        (f"{LAST}_live", [1, 2]),
    ],
)
def test_fewer_or_more_rows_in_a_block(wire: str, flags: list[int]) -> None:
    assert not accepted({wire: flags})


@pytest.mark.parametrize("wire", [f"{SHOWN}_first", f"{SHOWN}_between", f"{SHOWN}_last"])
@pytest.mark.parametrize("flag", [0, 2, -1])
def test_a_block_not_opened(wire: str, flag: int) -> None:
    assert not accepted({wire: [flag]})


@pytest.mark.parametrize("wire", [f"{SHOWN}_first", f"{SHOWN}_between"])
def test_a_block_that_there_is_not(wire: str) -> None:
    """Of two blocks, or one, another is opened beside them."""
    for times in ([[T, T + 1], [T + 5]], [[T + 5]], []):
        honest = {f"{SHOWN}_first": int(len(times) > 1), f"{SHOWN}_between": 0}
        assert not accepted({wire: [1 - honest[wire]]}, times) or honest[wire]


def test_a_window_without_blocks_has_no_rows() -> None:
    for wire in (f"{FIRST}_live", f"{INNER}_live", f"{LAST}_live"):
        assert not accepted({wire: [1, 0]}, [])
        assert not accepted({wire: [1, 1]}, [])
