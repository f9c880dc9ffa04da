"""``zkql doctor``: what is installed, what is missing, how to get it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import typer

from zkql import __version__
from zkql.cli.console import Json, print_json, say, verb
from zkql.errors import ExitCode, ZkqlError
from zkql.toolchain.cache import cache_root
from zkql.toolchain.devkeys import check as check_mcl
from zkql.toolchain.node import node_path, node_version, packages

if TYPE_CHECKING:
    from collections.abc import Callable


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _node() -> str:
    return f"{node_version()} at {node_path()}"


def _npm() -> str:
    return f"zokrates-js, snarkjs in {packages()}"


def _mcl() -> str:
    check_mcl()
    return _package("mclbn256")


def _cache() -> str:
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    if not os.access(root, os.W_OK):
        raise PermissionError(f"{root} cannot be written; choose another with ZKQL_CACHE")
    return str(root)


_CHECKS: tuple[tuple[str, Callable[[], str], str], ...] = (
    ("zkql", lambda: f"{__version__}, Python {platform.python_version()}", "all verbs"),
    ("groth16py", lambda: _package("groth16py"), "prove, verify"),
    ("cache", _cache, "compile, setup"),
    ("node", _node, "compile, setup --ptau, ceremony"),
    ("npm packages", _npm, "compile, setup --ptau, ceremony"),
    ("mclbn256", _mcl, "setup --dev"),
)


@verb
def doctor(as_json: Json = False) -> None:
    """Check what zkql needs; installs the npm packages if they are missing.

    Example: zkql doctor
    """
    report = []
    for name, check, needed_by in _CHECKS:
        try:
            report.append({"name": name, "ok": True, "found": check(), "needed_by": needed_by})
        except (ZkqlError, OSError) as error:
            report.append({"name": name, "ok": False, "found": str(error), "needed_by": needed_by})
    healthy = all(item["ok"] for item in report)
    if as_json:
        print_json({"ok": healthy, "checks": report})
    else:
        for item in report:
            mark = "ok     " if item["ok"] else "MISSING"
            say(f"{mark}  {item['name']} ({item['needed_by']}): {item['found']}")
    if not healthy:
        raise typer.Exit(ExitCode.TOOLCHAIN)
