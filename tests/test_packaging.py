"""What is installed is what is here."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_package_is_installed() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {".".join(p.parent.relative_to(ROOT).parts) for p in (ROOT / "zkql").rglob("__init__.py")}
    assert listed - {"zkql._data.grammar", "zkql._data.templates"} == found


def test_the_package_is_found_beside_a_clone_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "zkql").mkdir()
    found = subprocess.run(
        [sys.executable, "-c", "import zkql; print(zkql.compile.__name__)"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == "compile\n", found.stderr
