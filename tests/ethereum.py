"""An Ethereum machine for exported contracts. Its packages (tests/evm) are installed by their lock file when
a test first needs them, and by nobody else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from zkql.toolchain.node import installed, node_path

FOLDER = Path(__file__).parent / "evm"
FILES = ("package.json", "package-lock.json", "run.mjs")


@dataclass(frozen=True)
class Call:
    """How a call ended. ``transaction`` is its gas with calldata, ``gas`` without."""

    returned: str
    failed: str | None
    gas: int
    transaction: int

    @property
    def accepted(self) -> bool:
        """The contract says true."""
        return self.failed is None and int(self.returned, 16) == 1

    @property
    def rejected(self) -> bool:
        """The contract says false, and does not fail."""
        return self.failed is None and len(self.returned) == 64 and int(self.returned, 16) == 0


@dataclass(frozen=True)
class Run:
    """What the compiler says, the size of the code in bytes, and the calls."""

    messages: list[str]
    size: int
    calls: list[Call]


def arguments(proof: bytes, inputs: Sequence[int]) -> str:
    """Of a call, in hexadecimal; an input may be anything below 2^256."""
    return proof.hex() + "".join(f"{value:064x}" for value in inputs)


def run(source: str, calls: Sequence[str]) -> Run:
    """Compile, deploy and call."""
    compiled = _compiled(source)
    done = _node({"code": compiled["code"], "selector": compiled["selector"], "calls": list(calls)})
    return Run(compiled["messages"], done["size"], [Call(**one) for one in done["results"]])


@lru_cache
def _compiled(source: str) -> dict[str, Any]:
    return _node({"source": source})


def _node(request: dict[str, Any]) -> dict[str, Any]:
    folder = installed({name: (FOLDER / name).read_bytes() for name in FILES}, "what tests/evm needs")
    done = subprocess.run(
        [node_path(), folder / "run.mjs"],
        input=json.dumps(request), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told
