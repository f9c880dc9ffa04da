"""Batches of proofs: each verdict is what arkworks says of the proof alone, and snarkjs of some."""

from __future__ import annotations

import ctypes
import json
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.points import G1, G2, Proof, Simulator, add, negative, outside, small, times
from tests.proofs import WINDOWS, Item, Proven, changed, plain
from zkql.crypto.field import P
from zkql.errors import BugError, ToolchainError
from zkql.toolchain import mcl as library
from zkql.toolchain.batch import BatchVerifier, _read_key
from zkql.toolchain.groth16 import PROOF_BYTES, ProofVerifier, proof_to_snarkjs
from zkql.toolchain.mcl import FIELD_OF_POINTS, GENERATOR_OF_G2, mcl
from zkql.toolchain.node import run_job


def lie(item: Item, position: int = 0) -> Item:
    """The same proof for another statement."""
    proof, inputs = item
    return proof, [(x + 1) % P if i == position else x for i, x in enumerate(inputs)]


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(1, WINDOWS + 1))
def test_honest_proofs_of_a_circuit_hold(count: int) -> None:
    assert plain().verdicts(plain().items[:count]) == (True,) * count


def test_which_of_many_are_false_is_found() -> None:
    source = random.Random(1)
    for _ in range(30):
        items = source.choices(plain().items, k=source.randint(1, 20))
        false = {i for i in range(len(items)) if source.random() < source.choice((0.05, 0.5, 0.95))}
        mixed = [lie(x, source.randrange(len(x[1]))) if i in false else x for i, x in enumerate(items)]
        assert plain().verdicts(mixed) == tuple(i not in false for i in range(len(items)))


def test_one_false_proof_is_found_wherever_it_stands() -> None:
    items = plain().items[:7]
    for position in range(len(items)):
        mixed = [lie(x) if i == position else x for i, x in enumerate(items)]
        assert plain().batch.verify(mixed) == tuple(i != position for i in range(len(items)))


@pytest.mark.parametrize("count", [15, 16, 17, 33, 70])
def test_batches_longer_than_what_mcl_takes_at_once(count: int) -> None:
    """mcl's Miller loop takes 16 pairs, and goes on with the rest."""
    proven = Proven.simulated(3, count)
    assert proven.batch.verify(proven.items) == (True,) * count
    for false in ({0}, {count - 1}, {14, 15, count // 2}, set(range(count))):
        mixed = [lie(x, 2) if i in false else x for i, x in enumerate(proven.items)]
        assert proven.batch.verify(mixed) == tuple(i not in false for i in range(count))


@pytest.mark.parametrize("inputs", [0, 1, 2, 120])
def test_any_number_of_inputs(inputs: int) -> None:
    proven = Proven.simulated(inputs, 4)
    assert proven.verdicts(proven.items) == (True,) * 4
    for position in range(inputs):
        assert proven.batch.verify([lie(proven.items[0], position), proven.items[1]]) == (False, True)
    assert proven.verdicts([(proven.items[0][0], [0] * (inputs + 1)), proven.items[1]]) == (False, True)


def test_a_batch_of_nothing_is_not_verified() -> None:
    with pytest.raises(ValueError, match="there are no proofs to verify"):
        plain().batch.verify([])


def test_nothing_that_can_be_read_leaves_nothing_that_holds() -> None:
    assert plain().batch.verify([(b"", [])] * 3) == (False,) * 3


# --- one proof, three implementations -------------------------------------------------------------

Mutation = Callable[[random.Random, Item], Item]


def coordinate(change: Callable[[random.Random, int], int]) -> Mutation:
    def mutate(source: random.Random, item: Item) -> Item:
        at = 32 * source.randrange(8)
        value = change(source, int.from_bytes(item[0][at : at + 32], "big")) % 2**256
        return item[0][:at] + value.to_bytes(32, "big") + item[0][at + 32 :], item[1]

    return mutate


def public(change: Callable[[random.Random, int], int]) -> Mutation:
    def mutate(source: random.Random, item: Item) -> Item:
        at = source.randrange(len(item[1]))
        return item[0], [change(source, x) if i == at else x for i, x in enumerate(item[1])]

    return mutate


def points(change: Callable[[random.Random, Proof], Proof]) -> Mutation:
    return lambda source, item: changed(item, lambda proof: change(source, proof))


def part_of_another(source: random.Random, item: Item) -> Item:
    other, (start, end) = source.choice(plain().items)[0], source.choice(((0, 64), (64, 192), (192, 256)))
    return item[0][:start] + other[start:end] + item[0][end:], item[1]


def bit(source: random.Random, item: Item) -> Item:
    data = bytearray(item[0])
    data[source.randrange(len(data))] ^= 1 << source.randrange(8)
    return bytes(data), item[1]


def length(source: random.Random, item: Item) -> Item:
    return source.choice((item[0][: source.randrange(256)], item[0] + b"\0", item[0] * 2)), item[1]


def count(source: random.Random, item: Item) -> Item:
    return item[0], source.choice((item[1][:-1], [*item[1], 0], [0, *item[1]], []))


def shuffled(source: random.Random, item: Item) -> Item:
    return item[0], source.sample(item[1], len(item[1]))


def signs(source: random.Random, proof: Proof) -> Proof:
    parts = [source.choice((p, negative(p))) for p in (proof.a, proof.b, proof.c)]
    return Proof(*parts)


MUTATIONS: dict[str, Mutation] = {
    "nothing": lambda _, item: item,
    "a bit": bit,
    "another coordinate": coordinate(lambda source, _: source.choice((0, 1, source.randrange(2**256)))),
    "the same coordinate": coordinate(lambda source, x: x + source.randint(1, 4) * FIELD_OF_POINTS),
    "a negative coordinate": coordinate(lambda _, x: FIELD_OF_POINTS - x),
    "signs": points(signs),
    "scaled": points(lambda source, proof: proof.scaled(source.randrange(2, 2**20))),
    "shifted": points(lambda source, proof: proof.plus(c=times(source.randrange(1, 99), G1))),
    "B shifted": points(lambda source, proof: proof.plus(b=times(source.randrange(1, 99), G2))),
    "outside G2": points(lambda source, proof: proof.plus(b=source.choice((small(), outside())))),
    "part of another proof": part_of_another,
    "length": length,
    "an input": public(lambda source, x: source.choice((x + 1, x - 1, 0, source.randrange(P)))),
    "the same input": public(lambda source, x: x + source.choice((-P, P, 2 * P))),
    "number of inputs": count,
    "order of inputs": shuffled,
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_one_mutated_proof_by_two_implementations(name: str) -> None:
    source, proven = random.Random(name), plain()
    verdicts = set()
    for _ in range(25):
        item = MUTATIONS[name](source, source.choice(proven.items))
        (verdict,) = proven.verdicts([item])
        assert proven.batch.verify([item, proven.items[0]]) == (verdict, True)
        verdicts.add(verdict)
    if name in SAME:
        assert verdicts == {True}
    else:
        assert verdicts == {False} or (False in verdicts and name in AT_TIMES_THE_SAME)


SAME = {"nothing", "scaled"}
AT_TIMES_THE_SAME = {"signs", "part of another proof", "an input", "order of inputs"}
"""A and B may both become negative; a part, an input and an order may be what they were."""


def test_batches_of_mutated_proofs() -> None:
    source = random.Random(2)
    seen = set()
    for _ in range(20):
        items = [
            MUTATIONS[source.choice((*MUTATIONS, "nothing", "nothing"))](source, source.choice(plain().items))
            for _ in range(source.randint(1, 12))
        ]
        seen |= set(plain().verdicts(items))
    assert seen == {True, False}


def snarkjs(proven: Proven, item: Item) -> bool:
    parts = {"vk": json.loads(proven.vk), "proof": proof_to_snarkjs(item[0])}
    request = {"job": "verify", "inputs": [str(v) for v in item[1]], **parts}
    verdict: bool = run_job(request, timeout=120, what="test")["verified"]
    return verdict


@pytest.mark.parametrize("name", ["nothing", "signs", "scaled", "shifted", "an input", "order of inputs"])
def test_the_third_implementation_agrees(name: str) -> None:
    source, proven = random.Random(name), plain()
    items = [MUTATIONS[name](source, source.choice(proven.items)) for _ in range(3)]
    items = [(proof, [x % P for x in inputs]) for proof, inputs in items]
    assert proven.verdicts(items) == tuple(snarkjs(proven, item) for item in items)


# --- the library ----------------------------------------------------------------------------------


def test_several_threads_at_once() -> None:
    source = random.Random(3)
    batches = []
    for _ in range(24):
        items = source.choices(plain().items, k=source.randint(1, 8))
        truths = [source.random() < 0.8 for _ in items]
        mixed = [x if true else lie(x) for x, true in zip(items, truths, strict=True)]
        batches.append((mixed, tuple(truths)))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(plain().batch.verify, [items for items, _ in batches]))
    assert found == [truths for _, truths in batches]


def test_someone_else_in_the_process_selects_another_curve() -> None:
    from mclbn256 import mclbn256

    verifier = BatchVerifier(plain().vk)
    mixed = [plain().items[0], lie(plain().items[1])]
    mclbn256.lib.mclBn_init(mclbn256.mclBn_CurveFp254BNb, mclbn256.MCLBN_COMPILED_TIME_VAR)
    assert verifier.verify(mixed) == (True, False)
    mclbn256.lib.mclBn_init(mclbn256.mclBn_CurveFp254BNb, mclbn256.MCLBN_COMPILED_TIME_VAR)
    assert BatchVerifier(plain().vk).verify(mixed) == (True, False)


@pytest.fixture
def without_mcl(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine for which mclbn256 has no build."""
    monkeypatch.setitem(sys.modules, "mclbn256", None)
    library._loaded.cache_clear()
    yield
    library._loaded.cache_clear()


@pytest.mark.usefixtures("without_mcl")
def test_without_mcl_the_verdicts_are_the_same() -> None:
    with pytest.raises(ImportError):
        mcl()
    verifier = BatchVerifier(plain().vk)
    assert verifier.verify([plain().items[0], lie(plain().items[1]), (b"", [])]) == (True, False, False)
    with pytest.raises(ValueError, match="there are no proofs to verify"):
        verifier.verify([])


def test_points_outside_g2_are_told_apart_though_mcl_calls_them_valid() -> None:
    for point in (outside(), small(), add(outside(), G2)):
        assert point is not None
        (x0, x1), (y0, y1) = point
        text = f"1 {x0} {x1} {y0} {y1}".encode()
        raw = ctypes.create_string_buffer(192)
        assert mcl()._lib.mclBnG2_setStr(raw, text, len(text), 10) == 0
        assert mcl()._lib.mclBnG2_isValid(raw) == 1
        assert mcl().g2(x0, x1, y0, y1) is None
    assert mcl().g2(*GENERATOR_OF_G2) is not None


def test_points_of_other_curves_are_no_points() -> None:
    """Addition never reads the constant of y² = x³ + b, so that (x·u², y·u³) has the right order."""
    raw = ctypes.create_string_buffer(bytes(192))
    for u in (2, 3, FIELD_OF_POINTS - 2):
        x0, x1, y0, y1 = (
            v * u**power % FIELD_OF_POINTS for v, power in zip(GENERATOR_OF_G2, (2, 2, 3, 3), strict=True)
        )
        for index, value in enumerate((x0, x1, y0, y1, 1)):
            raw[32 * index : 32 * index + 32] = (value * 2**256 % FIELD_OF_POINTS).to_bytes(32, "little")
        assert mcl()._lib.mclBnG2_isValidOrder(raw) == 1
        assert mcl().g2(x0, x1, y0, y1) is None
        assert mcl().g1(u**2, 2 * u**3 % FIELD_OF_POINTS) is None
    assert mcl().g1(1, 2) is not None
    assert mcl().g2(1, 0, 2, 0) is None  # of G1


def test_as_many_points_as_values() -> None:
    for count in (0, 2):
        with pytest.raises(ValueError, match="1 points"):
            mcl().g1_combination([mcl().g1_generated(1)], [1] * count)


def test_a_library_that_takes_any_point_for_one_of_g2_is_refused() -> None:
    """As mcl does in some versions, until it is told to check orders."""
    from mclbn256 import mclbn256

    class Careless:
        def __getattr__(self, name: str) -> Any:
            return (lambda _: 1) if name == "mclBnG2_isValidOrder" else getattr(mclbn256.lib, name)

    with pytest.raises(BugError) as caught:
        library._select(mclbn256, Careless())
    assert caught.value.diagnostics[0].code == "ZKQL0921"


def test_multiples_of_the_generators() -> None:
    source = random.Random(4)
    for value in (1, 2, P - 1, source.randrange(P), source.randrange(P)):
        for group, generator in (("g1", G1), ("g2", G2)):
            point = times(value, generator)
            assert point is not None
            expected = getattr(mcl(), group)(*(v for c in point for v in c[: 1 if group == "g1" else 2]))
            assert getattr(mcl(), f"{group}_generated")(value) == expected


# --- verification keys ----------------------------------------------------------------------------


def test_what_is_no_verification_key_is_refused() -> None:
    key = json.loads(Simulator.make(2).vk)
    (x0, x1), (y0, y1) = outside() or ((0, 0), (0, 0))
    stray = [[str(x0), str(x1)], [str(y0), str(y1)], ["1", "0"]]
    x, y, _ = key["vk_alpha_1"]
    damaged: list[Any] = [
        {},
        [],
        None,
        key | {"IC": key["IC"][:-1]},
        key | {"IC": [*key["IC"], key["IC"][0]]},
        key | {"IC": []},
        key | {"nPublic": 3},
        key | {"vk_alpha_1": [x, str(int(y) ^ 1), "1"]},
        key | {"vk_alpha_1": [str(int(x) + FIELD_OF_POINTS), y, "1"]},
        key | {"vk_alpha_1": [x, y]},
        key | {"vk_alpha_1": [x, y, "2"]},
        key | {"vk_beta_2": [*key["vk_beta_2"][:2], ["2", "0"]]},
        key | {"vk_delta_2": [*key["vk_delta_2"][:2], ["1", "1"]]},
        key | {"vk_gamma_2": key["vk_gamma_2"][:2]},
        key | {"IC": [*key["IC"][:-1], ["0", "0", "1"]]},
        *(key | {f"vk_{name}_2": stray} for name in ("beta", "gamma", "delta")),
        *({k: v for k, v in key.items() if k != name} for name in ("IC", "vk_alpha_1", "vk_delta_2")),
    ]
    for value in damaged:
        for read in (
            BatchVerifier,
            lambda text: _read_key(mcl(), text),
        ):  # after groth16py, and alone
            with pytest.raises(ToolchainError) as caught:
                read(json.dumps(value))
            assert caught.value.diagnostics[0].code == "ZKQL0931"


def test_the_key_says_how_many_inputs_there_are() -> None:
    assert plain().batch.inputs == ProofVerifier(plain().vk).inputs == len(plain().items[0][1])
    assert len(plain().items[0][0]) == PROOF_BYTES
