"""Proofs of real circuits under development keys, several windows of each; made once a process."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gmpy2 import mpz

from tests.harness import PLAIN, Secrets, Subject, random_rows
from tests.points import Proof, Simulator
from zkql.crypto.field import P
from zkql.toolchain import constraints
from zkql.toolchain.batch import BatchVerifier
from zkql.toolchain.devkeys import dev_zkey
from zkql.toolchain.groth16 import ProofVerifier, Prover
from zkql.toolchain.zokrates import ZKEY, dev_keys

Item = tuple[bytes, list[int]]


@dataclass(frozen=True)
class Proven:
    """A key, and proofs that hold."""

    vk: str
    items: tuple[Item, ...]
    batch: BatchVerifier
    single: ProofVerifier

    @classmethod
    def of(cls, vk: str, items: list[Item]) -> Proven:
        return cls(vk, tuple(items), BatchVerifier(vk), ProofVerifier(vk))

    @classmethod
    def simulated(cls, inputs: int, count: int) -> Proven:
        """Many proofs for little."""
        simulator, source = Simulator.make(inputs), random.Random(count)
        items = []
        for _ in range(count):
            own = [source.choice((0, 1, P - 1, source.randrange(P))) for _ in range(inputs)]
            proof = simulator.prove(own, source.randrange(1, P), source.randrange(1, P))
            items.append((proof.to_bytes(), own))
        return cls.of(simulator.vk, items)

    def verdicts(self, items: Sequence[Item]) -> tuple[bool, ...]:
        """What a batch says, which has to be what the other implementation says one by one."""
        found = self.batch.verify(items)
        assert found == tuple(self.single.verify(*item) for item in items)
        return found


WINDOWS = 12


@cache
def subject() -> Subject:
    return Subject.compile(PLAIN)


@cache
def witnesses() -> tuple[list[mpz], ...]:
    """Of windows of no to four rows."""
    rows = (random_rows(seed % 5, seed) for seed in range(WINDOWS))
    inputs = (subject().flat(subject().honest(Secrets.of(own))) for own in rows)
    return tuple(constraints.evaluate(subject().program, flat) for flat in inputs)


def _proven(zkey: Path) -> Proven:
    prover = Prover(zkey)
    public = slice(1, 1 + subject().program.system.public)
    items = [(prover.prove(witness), list(map(int, witness[public]))) for witness in witnesses()]
    return Proven.of(prover.verification_key(), items)


@cache
def plain() -> Proven:
    """Windows of a query."""
    return _proven(dev_keys(constraints.dump(subject().program)) / ZKEY)


@cache
def renewed() -> Proven:
    """The same windows of the same query, with other keys."""
    with TemporaryDirectory() as folder:
        zkey = Path(folder) / ZKEY
        zkey.write_bytes(dev_zkey(subject().program.system))
        return _proven(zkey)


def changed(item: Item, change: Callable[[Proof], Proof]) -> Item:
    """The same claim with other points."""
    return change(Proof.read(item[0])).to_bytes(), item[1]
