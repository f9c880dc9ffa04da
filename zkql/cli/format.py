"""``zkql fmt``: lay out queries by rule."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zkql import files
from zkql.cli.console import Json, print_json, say, verb
from zkql.compiler import read_source
from zkql.errors import ExitCode, QueryError, Source, input_error
from zkql.lang.format import format_text

_STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class _Formatted:
    path: Path
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


@verb
def fmt(
    queries: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Files .zkql; - is standard input.", show_default=False),
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a file would change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
    as_json: Json = False,
) -> None:
    """Format queries: keywords in upper case, one clause a line, columns below each other. Keeps comments.

    Example: zkql fmt queries/nexmark/highest_bid.zkql --check
    """
    done, errors = _format_all(queries)
    changed = [f for f in done if f.changed]
    if not check and not diff:
        for formatted in changed:
            _write(formatted)
    if errors:
        raise QueryError(tuple(d for error in errors for d in error.diagnostics))
    differences = "".join(map(_difference, changed)) if diff else ""
    printed = "".join(f.after for f in done if f.path == _STDIN and not check and not diff)
    if as_json:
        report = {"changed": [str(f.path) for f in changed], "unchanged": len(done) - len(changed)}
        print_json(report | ({"diff": differences} if diff else {}) | ({"text": printed} if printed else {}))
    else:
        sys.stdout.write(differences or printed)
        for formatted in changed:
            if not diff and formatted.path != _STDIN:
                say(f"{formatted.path}: {'would change' if check else 'formatted'}")
    if check and changed:
        raise typer.Exit(ExitCode.REJECTED)


def _format_all(paths: list[Path]) -> tuple[list[_Formatted], list[QueryError]]:
    """Every file, or what is wrong with it: a mistake in one keeps no other from being formatted."""
    done: list[_Formatted] = []
    errors: list[QueryError] = []
    for path in dict.fromkeys(paths):
        source = Source("standard input", _standard_input()) if path == _STDIN else read_source(path)
        try:
            done.append(_Formatted(path, source.text, format_text(source)))
        except QueryError as error:
            errors.append(error)
    return done, errors


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise input_error("ZKQL0402", f"standard input is not UTF-8 text: byte {error.start}") from None


def _write(formatted: _Formatted) -> None:
    if formatted.path == _STDIN:
        return
    path = formatted.path.resolve()
    with files.atomic_file(path, mode=path.stat().st_mode & 0o777) as scratch:
        scratch.write_text(formatted.after, encoding="utf-8", newline="\n")


def _difference(formatted: _Formatted) -> str:
    before, after = (text.splitlines(keepends=True) for text in (formatted.before, formatted.after))
    name = str(formatted.path)
    lines = difflib.unified_diff(before, after, name, f"{name} (formatted)")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
