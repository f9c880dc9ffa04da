"""The verb diff: what changed between two queries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zkql.cli.console import Json, print_json, say, verb
from zkql.compiler import attempt, read_source
from zkql.errors import ExitCode, QueryError
from zkql.explain.difference import diff as difference_of
from zkql.explain.difference import difference_json, difference_lines
from zkql.explain.escape import visible

Before = Annotated[Path, typer.Argument(help="A .zkql file.", show_default=False)]
After = Annotated[Path, typer.Argument(help="The .zkql file to hold against it.", show_default=False)]


@verb
def diff(before: Before, after: After, as_json: Json = False) -> None:
    """Compare two queries: plan, result columns, cost, leakage, identity. Runs nothing.

    Ends with 0 if nothing changed, and with 1 if something did.

    Example: zkql diff old.zkql new.zkql
    """
    tried = [attempt(read_source(path)) for path in (before, after)]
    if errors := tuple(d for own in tried if own.error for d in own.error.diagnostics):
        raise QueryError(errors)
    difference = difference_of(*(own.compiled() for own in tried))
    if as_json:
        print_json(difference_json(difference))
    else:
        say("\n".join(map(visible, difference_lines(difference))))
    if difference.changed:
        raise typer.Exit(ExitCode.REJECTED)
