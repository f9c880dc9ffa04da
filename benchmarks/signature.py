"""Measure what a signature costs in a circuit: alone, and by a private key of a registry of 1,024.

Prints constraints, seconds to compile with nothing cached, and milliseconds of a witness, advice included.
Run it in the virtual environment: ``python benchmarks/signature.py``.
"""

from __future__ import annotations

import os
import tempfile
import time

from zkql.circuit.build import Circuit, write_circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.merkle import leaves_of
from zkql.circuit.lower.signatures import (
    given_keys,
    given_signatures,
    private_keys,
    registered,
    registry_leaf,
    signed,
)
from zkql.circuit.solve import flatten, solve
from zkql.circuit.wires import Values
from zkql.crypto.eddsa import SecretKey
from zkql.crypto.field import P
from zkql.crypto.merkle import merkle_root
from zkql.toolchain.constraints import evaluate

KEYS = 1_024
RUNS = 20


def circuit(*, members: bool) -> Circuit:
    """Of a public message; with ``members``, also of a public device and root."""
    draft = Draft(1)
    names = ("message", "device", "root") if members else ("message",)
    message, *registry = (draft.public(name, (), 0, P - 1).linear for name in names)
    key = private_keys(draft, "sensors", ())
    if members:
        registered(draft, registry[0], key, registry[1], KEYS)
    signed(draft, message, key, "sensors")
    return write_circuit(draft, ())


def given(*, members: bool) -> dict[str, Values]:
    """Honest inputs."""
    key, message = SecretKey(bytes(32)), 4711
    found = {"message": [message]} | given_keys("sensors", [key.public])
    found |= given_signatures("sensors", [key.sign(message)])
    if members:
        leaves = [registry_leaf(device, key.public) for device in range(KEYS)]
        found |= {"device": [7], "root": [merkle_root(leaves)], leaves_of(KEYS): leaves}
    return found


def main() -> None:
    """Both, one after the other."""
    for members in (False, True):
        with tempfile.TemporaryDirectory() as cache:
            os.environ["ZKQL_CACHE"] = cache
            own, start = circuit(members=members), time.perf_counter()
            program = compile_circuit(own)
            compiled = time.perf_counter() - start
        inputs, times = given(members=members), []
        for _ in range(RUNS):
            start = time.perf_counter()
            flat = [value % P for value in flatten(own.parameters, solve(own.gadgets, inputs))]
            evaluate(program, flat)
            times.append(time.perf_counter() - start)
        print(
            f"{'in a registry' if members else 'alone':14} {own.constraints:6,} constraints · "
            f"compile {compiled:.1f} s · witness {1_000 * sorted(times)[RUNS // 2]:.0f} ms"
        )


if __name__ == "__main__":
    main()
