"""Reading and writing files so that bad input is a clear message and nothing is left half-written."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkql.errors import input_error

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_bytes(path: Path) -> bytes:
    """The content of a file; a missing or unreadable one is an :class:`InputError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise input_error("ZKQL0401", f"cannot read {path}: {error.strerror or error}") from None


def read_text(path: Path) -> str:
    """A UTF-8 text file."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise input_error("ZKQL0402", f"{path} is not UTF-8 text: byte {error.start}") from None


def parse_json(text: str | bytes, name: str) -> Any:
    """JSON without duplicate keys, NaN or Infinity; decimals stay exact."""
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_unique_keys,
        )
    except (ValueError, RecursionError) as error:
        raise input_error("ZKQL0403", f"{name}: not valid JSON: {error}") from None


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return result


def read_jsonl(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """``(file:line, object)`` for each line that is not blank."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        value = parse_json(line, place)
        if not isinstance(value, dict):
            raise input_error("ZKQL0404", f"{place}: a JSON object was expected")
        yield place, value


def dump_json(value: Any) -> str:
    """Compact JSON, one form for one value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def atomic_file(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """A scratch file beside ``path`` that takes its place if the block succeeds."""
    _make_parent(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        scratch.chmod(mode)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path, *, marker: str) -> Iterator[Path]:
    """A scratch folder that takes the place of ``path`` if the block succeeds.

    An existing folder is replaced only if it is empty or holds a file that matches ``marker``:
    what zkql did not write it does not delete.
    """
    if path.exists() and not path.is_dir():
        raise input_error("ZKQL0405", f"{path} is a file, a folder is to be written there")
    if path.is_dir() and any(path.iterdir()) and not any(path.glob(marker)):
        raise input_error(
            "ZKQL0405", f"{path} holds other files; choose a new folder", f"expected {marker} in it"
        )
    _make_parent(path)
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield scratch
        scratch.chmod(0o755)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
            path.replace(old / path.name)
            scratch.replace(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            scratch.replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise input_error("ZKQL0406", f"cannot write {path}: {error.strerror or error}") from None
