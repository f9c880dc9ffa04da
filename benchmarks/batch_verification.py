"""Time proofs verified together, and one by one: ``python benchmarks/batch_verification.py``.

Prints milliseconds a proof, best of some rounds that take turns, on one core; and how many times faster a
batch is than the same proofs one by one. Then what it costs to find the false ones among 100. The circuits
have one constraint, since to a verifier only the number of public inputs matters.
"""

from __future__ import annotations

import os
import secrets
from array import array
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.toolchain.batch import BatchVerifier
from zkql.toolchain.constraints import ConstraintSystem
from zkql.toolchain.devkeys import dev_zkey
from zkql.toolchain.groth16 import ProofVerifier, Prover

INPUTS = (5, 104)
SIZES = (1, 10, 100)
ROUNDS = 7

Item = tuple[bytes, list[int]]


def main() -> None:
    """Print one line for each number of public inputs and size of batch."""
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
    print(f"{'inputs':>6}{'proofs':>8}{'one by one':>12}{'together':>10}  ms a proof")
    for inputs in INPUTS:
        vk, items = proofs(inputs, max(SIZES))
        single, batch = ProofVerifier(vk), BatchVerifier(vk)

        def one_by_one(some: list[Item], single: ProofVerifier = single) -> tuple[bool, ...]:
            return tuple(single.verify(*item) for item in some)

        for size in SIZES:
            alone, together = best(items[:size], one_by_one, batch.verify)
            print(f"{inputs:>6}{size:>8}{alone:>12.2f}{together:>10.2f}  {alone / together:.1f} times faster")
        for what, false in (("one false", {37}), ("all false", set(range(len(items))))):
            mixed = [(p, [(x[0] + (i in false)) % P, *x[1:]]) for i, (p, x) in enumerate(items)]
            alone, together = best(mixed, one_by_one, batch.verify, rounds=2)
            note = f"{what}, {alone / together:.1f} times faster"
            print(f"{inputs:>6}{len(items):>8}{alone:>12.2f}{together:>10.2f}  {note}")


def proofs(inputs: int, count: int) -> tuple[str, list[Item]]:
    """A verification key, and proofs that somebody knows the square of the sum of the public inputs."""
    one, last = mpz(1), inputs + 1
    total = tuple(range(1, last)), (one,) * inputs
    square = (total, total, ((last,), (one,)))
    system = ConstraintSystem(inputs + 2, inputs + 1, inputs, (square,), array("I", [0]))
    with TemporaryDirectory(prefix="zkql-bench-") as folder:
        zkey = Path(folder) / "proving.zkey"
        zkey.write_bytes(dev_zkey(system))
        prover = Prover(zkey)
    items = []
    for _ in range(count):
        public = [secrets.randbelow(P) for _ in range(inputs)]
        witness = [one, *map(mpz, public), mpz(sum(public) ** 2 % P)]
        items.append((prover.prove(witness), public))
    return prover.verification_key(), items


def best(
    items: list[Item], *ways: Callable[[list[Item]], tuple[bool, ...]], rounds: int = ROUNDS
) -> list[float]:
    """Milliseconds a proof of each way, which have to say the same."""
    shortest = [float("inf")] * len(ways)
    for _ in range(rounds):
        verdicts = []
        for index, way in enumerate(ways):
            started = perf_counter()
            verdicts.append(way(items))
            shortest[index] = min(shortest[index], (perf_counter() - started) * 1000 / len(items))
        assert len(set(verdicts)) == 1, verdicts
    return shortest


if __name__ == "__main__":
    main()
