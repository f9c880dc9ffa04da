"""One page about a query: plan, cost, leakage, source, every form. In: an attempt to compile. Out: HTML.

The page needs nothing from elsewhere and runs no script. Jinja escapes every text; what is already HTML is
made here or in :mod:`zkql.explain.svg` from escaped parts.
"""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from zkql.compiler import Stage
from zkql.explain.cost import cost_of
from zkql.explain.escape import visible
from zkql.explain.leakage import CHAIN, leakage
from zkql.explain.svg import boxes_svg
from zkql.explain.text import (
    NO_CIRCUIT,
    estimate_lines,
    native_steps,
    proven_steps,
    stage_lines,
)
from zkql.explain.view import boxes
from zkql.lang.grammar import keywords
from zkql.lang.tokens import TokenKind, tokens
from zkql.plan.types import Kind
from zkql.resources import resource

if TYPE_CHECKING:
    from zkql.compiler import Attempt
    from zkql.errors import Source, Span
    from zkql.explain.cost import Costs

_CLASSES = {
    TokenKind.STRING: "string",
    TokenKind.QUOTED: "quoted",
    TokenKind.NUMBER: "number",
    TokenKind.LINE_COMMENT: "comment",
    TokenKind.BLOCK_COMMENT: "comment",
    TokenKind.BROKEN: "wrong",
    TokenKind.STRAY: "wrong",
}
_TYPES = frozenset(kind.value for kind in Kind)
_TITLES = {
    Stage.AST: "Statements",
    Stage.BOUND: "Bound plan",
    Stage.LOGICAL: "Logical plan, rewritten",
    Stage.ZOKRATES: "Circuit, as ZoKrates source",
}


def explain_html(attempt: Attempt) -> str:
    """The whole page; of a query with errors, as much as there is."""
    plan = attempt.logical or (attempt.bound.plan if attempt.bound else None)
    compiled = attempt.compiled() if attempt.error is None else None
    costs = cost_of(compiled) if compiled else None
    drawn = boxes_svg(boxes(plan, costs, staged=compiled is not None)) if plan else ""
    forms = [
        (title, "\n".join(map(visible, lines)))
        for stage, title in _TITLES.items()
        if (lines := stage_lines(attempt, stage)) is not None
    ]
    return (
        _environment()
        .get_template("explain.html.j2")
        .render(
            name=attempt.source.name,
            errors=attempt.error.diagnostics if attempt.error else (),
            plan=Markup(drawn),  # noqa: S704  # boxes_svg escapes
            staged=attempt.staged is not None,
            native=native_steps(attempt.staged) if attempt.staged else (),
            proven=proven_steps(attempt.staged) if attempt.staged else (),
            no_circuit=NO_CIRCUIT,
            costs=costs,
            clauses=_clauses(costs) if costs else (),
            estimates=estimate_lines(costs) if costs else (),
            leakage=leakage(attempt.staged) if attempt.staged else None,
            chain=CHAIN,
            source=[Markup(line) for line in highlighted(attempt.source)],  # noqa: S704  # and so does this
            forms=forms,
        )
    )


def _clauses(costs: Costs) -> list[dict[str, Any]]:
    """The rows of the cost table, each plan node named once."""
    most = max(line.constraints for line in costs.lines)
    named: set[str] = set()
    rows = []
    for line in costs.lines:
        rows.append(
            {
                "line": line,
                "node": "" if line.node in named else line.node,
                "share": line.constraints / costs.constraints,
                "bar": line.constraints / most,
                "source_line": _line_of(line.span),
            }
        )
        named.add(line.node)
    return rows


def _line_of(span: Span | None) -> int | None:
    return span.source.position(span.start)[0] if span else None


def highlighted(source: Source) -> list[str]:
    """The lines of a source as HTML, its words in ``<span class=…>``."""
    parts: list[str] = []
    done = 0
    for token in tokens(source.text):
        parts.append(_shown(source.text[done : token.start]))
        style = _CLASSES.get(token.kind, "")
        if token.kind is TokenKind.WORD:
            style = "type" if token.upper in _TYPES else "keyword" if token.upper in keywords() else ""
        lines = (_shown(line) for line in token.text.split("\n"))
        parts.append("\n".join(f'<span class="{style}">{line}</span>' if style else line for line in lines))
        done = token.end
    parts.append(_shown(source.text[done:]))
    return "".join(parts).rstrip("\n").split("\n")


def _shown(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return "\n".join(escape(visible(line)) for line in lines)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["known"] = lambda told: "; ".join(map(str, told))
    return environment
