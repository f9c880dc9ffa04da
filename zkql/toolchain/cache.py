"""The per-user cache: artefacts found again by the content they were made from.

In: a kind, a key (what it was made from) and a function that makes it. Out: a folder with the
files, complete or not there at all: it is made beside its place and renamed into it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


_SIZES = ".sizes.json"


def cache_root() -> Path:
    """``$ZKQL_CACHE``, else ``$XDG_CACHE_HOME/zkql``, else ``~/.cache/zkql``."""
    if chosen := os.environ.get("ZKQL_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "zkql"


def content_key(*parts: bytes | str) -> str:
    """SHA-256 over length-prefixed parts, so that no two part lists share a key by accident."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def cached(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder ``kind/key``; ``make(folder)`` fills it if it is not there yet."""
    place = cache_root() / kind / key
    if place.is_dir():
        if _is_whole(place):
            return place
        shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{key[:12]}-", dir=place.parent))
    try:
        make(scratch)
        (scratch / _SIZES).write_text(json.dumps(_sizes(scratch)))
        try:
            scratch.rename(place)
        except OSError:
            if not place.is_dir():  # else another process made the same thing first
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return place


def _sizes(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_size for p in sorted(folder.iterdir()) if p.is_file() and p.name != _SIZES}


def _is_whole(folder: Path) -> bool:
    """Whether the files have the sizes that they were made with; a damaged entry is made anew."""
    try:
        expected = json.loads((folder / _SIZES).read_text())
    except (OSError, ValueError):
        return False
    return bool(expected == _sizes(folder))
