"""Every join and every lie about it, where tests take some: ``python -m tests.attack_joins``."""

from __future__ import annotations

from tests import table_joins, test_pairs


def main() -> None:
    """All of them, the smallest circuits first."""
    total = 0
    for name in table_joins.SHAPES:
        table_joins.subject(name).agrees(100)
        told = table_joins.subject(name).lies()
        print(f"{told:6} {name}", flush=True)
        total += told
    for name in test_pairs.SHAPES:
        test_pairs.agrees(test_pairs.subject(name), 100)
        told = test_pairs.lies(test_pairs.subject(name))
        print(f"{told:6} {name}", flush=True)
        total += told
    print(f"{total:6} in all, none with a proof of anything else")


if __name__ == "__main__":
    main()
