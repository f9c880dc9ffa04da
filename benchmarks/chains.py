"""Measure CHAIN provenance on one core: windows of 100 rows of one device, of (timestamp, 32-bit value).

Compiles and sets up with the cache as it is; prints medians over five windows for SUM, MAX and both.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.first_query import proven
from zkql.bundle import read_bundle
from zkql.compiler import compile_query, write_bundle
from zkql.errors import Source
from zkql.keys import setup_bundle
from zkql.runtime.sensor import PlainRow

STREAM = """
CREATE STREAM reading (meter BIGINT, ts TIMESTAMP(3), load INT, WATERMARK FOR ts AS ts)
SIGNED BY meter WITH ('provenance' = 'chain', 'capacity' = '100');
"""
MINUTE = 60_000


def main() -> None:
    """Run everything once and print JSON."""
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
    for calls in (("SUM(load)",), ("MAX(load)",), ("SUM(load)", "MAX(load)")):
        with tempfile.TemporaryDirectory(prefix="zkql-bench-") as name:
            print(json.dumps({" and ".join(calls): measure(calls, Path(name))}, indent=1))


def measure(calls: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Figures of a query."""
    named = ", ".join(f"{call} AS c{i}" for i, call in enumerate(calls))
    window = "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' MINUTE))"
    select = f"SELECT window_start, {named} {window} GROUP BY window_start, window_end;"
    write_bundle(compile_query(Source("chains.zkql", STREAM + select)), folder / "bundle")
    bundle = setup_bundle(read_bundle(folder / "bundle"), None)
    source = random.Random(1)  # noqa: S311  # data, no secrets
    rows = [
        PlainRow("", {"meter": 1, "ts": i * MINUTE // 10 + 1000, "load": source.randrange(-(2**31), 2**31)})
        for i in range(600)
    ]
    return proven(bundle, rows, folder)


if __name__ == "__main__":
    main()
