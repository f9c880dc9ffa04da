"""What all verbs share: printing, progress, and errors that never show a traceback."""

from __future__ import annotations

import functools
import json
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.text import Text

from zkql.errors import Diagnostic, ExitCode, ZkqlError
from zkql.explain.escape import written
from zkql.toolchain.progress import set_reporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

P = ParamSpec("P")
R = TypeVar("R")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

out = Console(highlight=False, soft_wrap=True, emoji=False, markup=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False, markup=False)


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(value, indent=1) + "\n")


def say(text: str) -> None:
    """Text for people on standard output."""
    out.print(plain(text))


def plain(text: str) -> str:
    """Text from data as it is, but for control and direction characters, which are escaped."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else ascii(c)[1:-1] for c in text
    )


def cell(value: object) -> Text:
    """A value for a table."""
    return Text(plain(written(value)).replace("\n", "\\n"))


def print_table(table: Table) -> None:
    """A table at its full width: a number that is cut short would be a wrong number."""
    width = Measurement.get(out, out.options.update(max_width=10_000), table).maximum
    Console(width=max(width, out.width), highlight=False, emoji=False).print(table)


def show_progress() -> None:
    """Show long steps on standard error."""
    if err.is_terminal:
        set_reporter(lambda text: err.status(f"{text} …"))
    else:
        set_reporter(_Line)


class _Line:
    """Progress where there is no terminal: one line a step."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __enter__(self) -> None:
        err.print(f"{self._text} …")

    def __exit__(self, *_: object) -> None:
        return None


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Turn errors of a verb into messages and exit codes."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.get("as_json"))
        show_progress()
        try:
            return function(*args, **kwargs)
        except ZkqlError as error:
            _report(error.diagnostics, as_json)
            raise typer.Exit(error.exit_code) from None
        except typer.Exit:
            raise
        except KeyboardInterrupt:
            err.print("stopped")
            raise typer.Exit(130) from None
        except (OSError, MemoryError) as error:
            _fail("ZKQL0999", f"the machine refuses: {error or type(error).__name__}", as_json)
            raise typer.Exit(ExitCode.TOOLCHAIN) from None
        except Exception as error:
            if os.environ.get("ZKQL_DEBUG"):
                raise
            message = f"internal error: {type(error).__name__}: {error}"
            _fail("ZKQL0800", f"{message} (ZKQL_DEBUG=1 shows where; please report it)", as_json)
            raise typer.Exit(ExitCode.TOOLCHAIN) from None

    return wrapped


def _report(diagnostics: tuple[Diagnostic, ...], as_json: bool) -> None:
    if as_json:
        print_json({"errors": [d.to_json() for d in diagnostics]})
        return
    for diagnostic in diagnostics:
        err.print(plain(diagnostic.render()))
    if diagnostics:
        err.print(f"for more: zkql explain-error {diagnostics[0].code}")


def _fail(code: str, message: str, as_json: bool) -> None:
    _report((Diagnostic(code, message),), as_json)
