"""Every aggregate in every form, every listing, and every lie about it, where tests take some:
``python -m tests.attack_functions``; arguments are parts of names, to leave the others out."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product

from tests.forgeries import all_forgeries
from tests.functions import CALLS, FORMS, STREAM, random_window, select
from tests.harness import Secrets, Subject
from tests.test_listing import SELECTS
from zkql.toolchain.cores import usable_cores

CAPACITY = 4
ROWS = (0, 3)
"""How many rows the windows have."""


def names() -> dict[str, str]:
    """The query of each circuit."""
    made = {f"{name}, {form}": select(name, form) for name, form in product(CALLS, FORMS)}
    return made | {f"list: {name}": sql for name, sql in SELECTS.items()}


def told(name: str) -> tuple[int, list[str]]:
    """How many lies are told about a circuit, and which are accepted."""
    subject, source = Subject.compile(names()[name], CAPACITY, STREAM), random.Random(name)
    count, accepted = 0, []
    for size in ROWS:
        rows = next(w for w in iter(lambda: random_window(source, CAPACITY), None) if len(w) == size)
        hidden = Secrets.of(rows)
        assert subject.accepts(subject.honest(hidden)), rows
        for forgery in all_forgeries(subject, hidden):
            count += 1
            if subject.accepts(forgery.inputs):
                accepted.append(f"{rows}: {forgery.name}")
    return count, accepted


def main() -> None:
    """All of them, on all cores."""
    total, accepted = 0, 0
    wanted = [n for n in names() if len(sys.argv) < 2 or any(part in n for part in sys.argv[1:])]
    with ProcessPoolExecutor(usable_cores()) as pool:
        running = {pool.submit(told, name): name for name in wanted}
        for done in as_completed(running):
            count, lies = done.result()
            print(f"{count:8,} {running[done]}", *(f"\n    ACCEPTED {lie}" for lie in lies), flush=True)
            total, accepted = total + count, accepted + len(lies)
    print(f"{total:8,} in all, {accepted} with a proof of anything else")
    sys.exit(bool(accepted))


if __name__ == "__main__":
    main()
