"""Time every signature scheme: ``python benchmarks/signatures.py``.

Prints milliseconds of one core, best of three: to sign and verify one row's message, and to verify 100 and
1,000 of them by one device and by as many devices, one signature each or all under one; then the bytes of the
signatures.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import process_time

from zkql.crypto.signatures import AGGREGATING, SCHEMES, AggregateScheme, Scheme

ROUNDS = 3
MESSAGE_BYTES = 150
"""About a row with two public columns."""
ROWS = (100, 1_000)


def main() -> None:
    """Print a block of lines a scheme."""
    for name, scheme in SCHEMES.items():
        seed, message = scheme.new_seed(), os.urandom(MESSAGE_BYTES)
        key, signature = scheme.public_key(seed), scheme.sign(seed, message)
        signing = milliseconds(lambda s=scheme, m=message, k=seed: s.sign(k, m))
        verifying = milliseconds(lambda s=scheme, k=key, m=message, g=signature: s.verify(k, m, g))
        print(f"{name}: sign {signing:.2f} ms, verify {verifying:.2f} ms")
        for count in ROWS:
            for devices in (1, count):
                show(scheme, AGGREGATING.get(name), count, devices)


def show(scheme: Scheme, aggregating: AggregateScheme | None, count: int, devices: int) -> None:
    """Sign ``count`` messages by ``devices`` keys in turn, and time their verification."""
    seeds = [scheme.new_seed() for _ in range(devices)]
    keys = [scheme.public_key(seed) for seed in seeds]
    messages = [os.urandom(MESSAGE_BYTES) for _ in range(count)]
    signed = [(keys[i % devices], message) for i, message in enumerate(messages)]
    signatures = [scheme.sign(seeds[i % devices], message) for i, message in enumerate(messages)]

    def one_by_one() -> bool:
        return all(scheme.verify(*pair, own) for pair, own in zip(signed, signatures, strict=True))

    line = f"  {count:>5} rows of {devices:>4} devices: {true(one_by_one):>8.1f} ms one by one"
    size = count * scheme.SIGNATURE_BYTES
    if aggregating is not None:
        whole = aggregating.aggregate(signatures)
        adding = milliseconds(lambda: aggregating.aggregate(signatures))
        checking = true(lambda: aggregating.verify_aggregate(signed, whole))
        line += f", {adding:>6.1f} ms to aggregate, {checking:>6.1f} ms to verify the aggregate"
        size = len(whole)
    print(f"{line}; {size:,} bytes")


def true(check: Callable[[], bool]) -> float:
    """Milliseconds of a check that has to hold."""
    assert check()
    return milliseconds(check)


def milliseconds(step: Callable[[], object]) -> float:
    """The shortest of some runs."""
    shortest = float("inf")
    for _ in range(ROUNDS):
        started = process_time()
        step()
        shortest = min(shortest, (process_time() - started) * 1000)
    return shortest


if __name__ == "__main__":
    main()
