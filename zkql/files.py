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


_MAX_DIGITS = 100
"""No type holds a number this long; converting longer ones takes quadratic time."""


def read_bytes(path: Path) -> bytes:
    """The content of a file; a missing or unreadable one is an :class:`InputError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise input_error("ZKQL0401", f"cannot read {path}: {error.strerror or error}") from None


def read_text(path: Path) -> str:
    """A UTF-8 text file."""
    try:
        return read_bytes(path).decode("utf-8-sig")
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
            parse_int=_short_integer,
        )
    except (ValueError, RecursionError) as error:
        raise input_error("ZKQL0403", f"{name}: not valid JSON: {error}") from None


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def _short_integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


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
        value = parse_json(line, place) if line.lstrip()[0] in "{[\ufeff" else None
        if not isinstance(value, dict):
            raise input_error(
                "ZKQL0404",
                f"{place}: a JSON object was expected",
                'each line is one: {"column": value, …}; other formats, such as CSV, have to be converted',
            )
        yield place, value


def dump_json(value: Any) -> str:
    """Compact JSON, one form for one value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def atomic_file(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """A scratch file beside ``path`` that takes its place if the block succeeds."""
    if path.is_dir():
        raise input_error("ZKQL0405", f"{path} is a folder, a file is to be written there")
    _make_parent(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
    except OSError as error:
        raise input_error("ZKQL0406", f"cannot write {path}: {error.strerror or error}") from None
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        scratch.chmod(mode)
        _flush(scratch)
        scratch.replace(path)
        _flush(path.parent)
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path, *ours: str) -> Iterator[Path]:
    """A scratch folder whose entries take their place in ``path`` if the block succeeds.

    ``ours`` are patterns of what zkql writes there. In a folder that has some of it, that is
    replaced and everything else stays; any other folder must be new or empty.
    """
    path = path.resolve()
    if path.exists() and not path.is_dir():
        raise input_error("ZKQL0405", f"{path} is a file, a folder is to be written there")
    if path.is_dir() and any(path.iterdir()) and not _matching(path, ours):
        raise input_error("ZKQL0405", f"{path} holds other files; choose a new folder")
    _make_parent(path)
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}-", dir=path.parent))
    except OSError as error:
        raise input_error("ZKQL0406", f"cannot write {path}: {error.strerror or error}") from None
    try:
        yield scratch
        scratch.chmod(0o755)
        if not path.exists():
            scratch.replace(path)
            return
        for old in _matching(path, ours):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        for new in scratch.iterdir():
            new.replace(path / new.name)
    except OSError as error:
        raise input_error("ZKQL0406", f"cannot write {path}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _flush(path: Path) -> None:
    """To the disk itself: a state that power loss can take back is no state."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _matching(path: Path, patterns: tuple[str, ...]) -> list[Path]:
    return [entry for pattern in patterns for entry in path.glob(pattern)]


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise input_error("ZKQL0406", f"cannot write {path}: {error.strerror or error}") from None
