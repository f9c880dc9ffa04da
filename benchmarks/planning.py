"""Time the way from text to logical plan for every NEXMark query: ``python benchmarks/planning.py``.

Prints milliseconds, best of five, of parsing, binding, and rewriting with the question whether the plan can
be proven. The aim is 50 ms a query.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from zkql.compiler import read_source
from zkql.lang.bind import bind
from zkql.lang.parse import parse
from zkql.plan.provable import unprovable
from zkql.plan.rewrites import rewrite

FOLDER = Path(__file__).parent.parent / "queries/nexmark"
ROUNDS = 5
AIM = 50.0

T = TypeVar("T")


def main() -> None:
    """Print one line a query, slowest last."""
    measured = sorted((measure(path), path.stem) for path in FOLDER.glob("*.zkql"))
    print(f"{'query':<22}{'parse':>8}{'bind':>8}{'plan':>8}{'all':>8}  ms")
    for (total, *steps), name in measured:
        late = f"  more than {AIM:.0f}" if total > AIM else ""
        print(f"{name:<22}" + "".join(f"{step:>8.1f}" for step in (*steps, total)) + late)


def measure(path: Path) -> tuple[float, float, float, float]:
    """Milliseconds of all steps, then of each."""
    source = read_source(path)
    parsing, file = best(lambda: parse(source))
    binding, bound = best(lambda: bind(file, source))
    planning, _ = best(lambda: unprovable(rewrite(bound.plan)))
    return parsing + binding + planning, parsing, binding, planning


def best(step: Callable[[], T]) -> tuple[float, T]:
    """The shortest of some runs, in milliseconds, and what the last one gave."""
    shortest = float("inf")
    for _ in range(ROUNDS):
        started = perf_counter()
        result = step()
        shortest = min(shortest, (perf_counter() - started) * 1000)
    return shortest, result


if __name__ == "__main__":
    main()
