"""The verb explain-error: what a code in a message means."""

from __future__ import annotations

from typing import Annotated

import typer

from zkql.cli.console import Json, print_json, say, verb
from zkql.diagnostics.catalogue import ENTRIES, lookup
from zkql.diagnostics.show import entry_json, entry_text, list_text, summary_json

Code = Annotated[
    str | None, typer.Argument(help="A code from a message; without one, all are listed.", show_default=False)
]


@verb
def explain_error(code: Code = None, as_json: Json = False) -> None:
    """Explain a code: what it means, what to do, an example and its mended form.

    Example: zkql explain-error ZKQL0316
    """
    if code is None and as_json:
        print_json({"errors": [summary_json(e) for e in ENTRIES.values()]})
    elif code is None:
        say(list_text())
    elif as_json:
        print_json(entry_json(lookup(code)))
    else:
        say(entry_text(lookup(code)))
