"""``zkql explain`` as a function. In: an attempt to compile, and what to show. Out: text in a format."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

from zkql.compiler import Stage
from zkql.errors import input_error
from zkql.explain.cost import cost_of
from zkql.explain.data import explain_json
from zkql.explain.escape import visible
from zkql.explain.graph import to_graphviz, to_mermaid
from zkql.explain.page import explain_html
from zkql.explain.text import explain_text
from zkql.explain.view import boxes

if TYPE_CHECKING:
    from zkql.compiler import Attempt
    from zkql.explain.view import Box


class Format(StrEnum):
    """Output of explain."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"
    GRAPHVIZ = "graphviz"
    HTML = "html"


GRAPHS = (Format.MERMAID, Format.GRAPHVIZ)
_WITHOUT_GRAPH = (Stage.AST, Stage.ZOKRATES)


def explained(
    attempt: Attempt, format_: Format, stage: Stage | None = None, *, cost: bool = False, leaks: bool = False
) -> str:
    """Everything that was reached, ending in a line break where it is not empty. Raises
    :class:`InputError` where the format cannot show the stage."""
    if format_ in GRAPHS and stage in _WITHOUT_GRAPH:
        note = "choose --stage bound, logical or staged, or another --format"
        raise input_error("ZKQL0458", f"--stage {stage} has no graph for --format {format_}", note)
    if format_ is Format.HTML and stage is not None:
        note = "leave out --stage, or choose another --format"
        raise input_error("ZKQL0458", "--format html shows every stage on one page", note)
    match format_:
        case Format.TEXT:
            text = explain_text(attempt, stage, cost=cost, leaks=leaks)
            shown = "\n".join(map(visible, text.split("\n")))
        case Format.JSON:
            shown = json.dumps(explain_json(attempt, stage), indent=1)
        case Format.MERMAID:
            shown = to_mermaid(found) if (found := _boxes(attempt, stage)) else ""
        case Format.GRAPHVIZ:
            shown = to_graphviz(found) if (found := _boxes(attempt, stage)) else ""
        case Format.HTML:
            shown = explain_html(attempt)
    return shown.rstrip("\n") + "\n" if shown else ""


def is_missing(attempt: Attempt, stage: Stage | None, *, tables: bool = False) -> bool:
    """Whether what was asked for was not reached: the stage; without one, or with ``tables``, the last."""
    order = tuple(Stage)
    wanted = Stage.ZOKRATES if stage is None or tables else stage
    return attempt.reached is None or order.index(attempt.reached) < order.index(wanted)


def _boxes(attempt: Attempt, stage: Stage | None) -> tuple[Box, ...]:
    """The plan of the stage, else the last one that was reached."""
    if attempt.logical is not None and stage is not Stage.BOUND:
        if attempt.error is None:
            return boxes(attempt.logical, cost_of(attempt.compiled()), staged=True)
        return boxes(attempt.logical)
    return boxes(attempt.bound.plan) if attempt.bound is not None else ()
