"""The verb functions: what functions there are, what is proven, and what that costs."""

from __future__ import annotations

from typing import Annotated

import typer

from zkql.cli.console import Json, print_json, say, verb
from zkql.lang.bind_stream import MAX_CAPACITY
from zkql.reference import cards as made
from zkql.reference import functions as reference
from zkql.reference.show import items_json, items_text, list_text, summary_json

Name = Annotated[
    str | None,
    typer.Argument(help="A function or operator; without one, all are listed.", show_default=False),
]
Rows = Annotated[int, typer.Option("--rows", min=1, max=MAX_CAPACITY, help="N, the rows of a proof.")]


@verb
def functions(name: Name = None, rows: Rows = made.ROWS, as_json: Json = False) -> None:
    """List functions: what they mean, where they are proven, and the constraints of their circuits.

    Example: zkql functions MEDIAN --rows 1000
    """
    items = reference.lookup(name) if name is not None else ()
    if items and as_json:
        print_json({"rows": rows, "functions": items_json(items, rows)})
    elif items:
        say(items_text(items, rows))
    elif as_json:
        print_json({"rows": rows, "functions": [summary_json(card, rows) for card in made.cards(rows)]})
    else:
        say(list_text(made.cards(rows), rows))
