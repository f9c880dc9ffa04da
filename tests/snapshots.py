"""Texts that a person has read and accepted, in ``tests/snapshots/``: ZKQL_UPDATE_SNAPSHOTS=1 writes them."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def matches(name: str, text: str) -> None:
    """Fail where the text is not the accepted one of this name."""
    path = FOLDER / name
    if os.environ.get("ZKQL_UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: ZKQL_UPDATE_SNAPSHOTS=1 writes it"
    assert text == path.read_text(encoding="utf-8")
