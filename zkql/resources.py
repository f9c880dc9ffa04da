"""Grammar and templates: beside the package in the wheel, at the top of the checkout in development."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(folder: str, name: str = "") -> Path:
    """The path of a file of ``grammar`` or ``templates``."""
    installed = _PACKAGE / "_data" / folder
    base = installed if installed.is_dir() else _PACKAGE.parent / folder
    return base / name


def read_text(folder: str, name: str) -> str:
    """The text of a file of ``grammar`` or ``templates``."""
    return resource(folder, name).read_text(encoding="utf-8")
