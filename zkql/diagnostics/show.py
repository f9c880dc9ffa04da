"""Entries for readers. In: the catalogue. Out: text for the command line, data for ``--json``, and
``docs/errors.md``. What the compiler says about an example is not written down: the compiler is asked."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from zkql.compiler import attempt
from zkql.diagnostics.catalogue import AREAS, area_of, entries_of, without_example
from zkql.diagnostics.declarations import OUTAGE, READING, ZONES
from zkql.errors import Source

if TYPE_CHECKING:
    from zkql.diagnostics.entry import Entry, Example
    from zkql.errors import Diagnostic

FILE = "example.zkql"
PLANNED = "This version has no circuit for the mended query yet."
_WIDTH = 96
_INTRODUCTION = """\
# What zkql's messages mean

Every message has a code. `zkql explain-error ZKQL0316` shows what stands here about it, and
`zkql explain-error` lists all codes. This page is made from the same catalogue.

Most examples read some of these declarations, in this order. The compiler counts lines from the first
one that an example reads.
"""


def diagnostics(example: Example) -> tuple[Diagnostic, ...]:
    """What the compiler says about an example."""
    error = attempt(Source(FILE, example.wrong_text)).error
    return error.diagnostics if error is not None else ()


def rendered(example: Example) -> str:
    """The same, as the command line shows it."""
    return "\n".join(d.render() for d in diagnostics(example))


# --- the command line -------------------------------------------------------------------------------


def entry_text(entry: Entry) -> str:
    """Everything about one code."""
    parts = [f"{entry.code}: {entry.title}", _wrapped(entry.meaning), _wrapped(f"What to do: {entry.advice}")]
    example = entry.example
    if example is None:
        parts.append(_wrapped(f"No example: {without_example(entry)}."))
    else:
        same = ", below the same declarations" if example.declared else ""
        parts += ["For example:", _indented(example.wrong_text), rendered(example)]
        parts += [f"Mended{same}:", _indented(example.mended)]
        parts += [] if example.provable else [PLANNED]
    return "\n\n".join(parts)


def list_text() -> str:
    """All codes and titles, by area."""
    blocks = []
    for area in AREAS:
        lines = [f"  {e.code}  {e.title}" for e in entries_of(area)]
        blocks.append("\n".join([area.title, *lines]))
    return "\n\n".join(blocks)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip("\n"), "    ")


# --- data -------------------------------------------------------------------------------------------


def summary_json(entry: Entry) -> dict[str, object]:
    """An entry in the list of all."""
    return {"code": entry.code, "title": entry.title, "area": area_of(entry).title}


def entry_json(entry: Entry) -> dict[str, object]:
    """Everything about one code."""
    example = entry.example
    shown: dict[str, object] | None = None
    if example is not None:
        shown = {
            "query": example.wrong_text,
            "errors": [d.to_json() for d in diagnostics(example)],
            "mended": example.mended_text,
            "provable": example.provable,
        }
    return {
        **summary_json(entry),
        "meaning": entry.meaning,
        "advice": entry.advice,
        "example": shown,
        "without_example": without_example(entry) or None,
    }


# --- docs/errors.md ---------------------------------------------------------------------------------


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_INTRODUCTION, _fenced("sql", READING + OUTAGE + ZONES)]
    for area in AREAS:
        parts.append(f"## {area.title}\n")
        if area.origin:
            parts.append(f"No examples: {area.origin.replace('to it', 'to these')}.\n")
        parts += map(_section, entries_of(area))
    return "\n".join(parts)


def _section(entry: Entry) -> str:
    parts = [f"### {entry.code}: {entry.title}\n", f"{entry.meaning}\n", f"**What to do.** {entry.advice}\n"]
    example = entry.example
    if example is not None:
        names = re.findall(r"^CREATE (?:STREAM|TABLE) (\w+)", example.declared, re.MULTILINE)
        reads = f", with {' and '.join(f'`{n}`' for n in names)}" if names else ""
        parts += [f"For example{reads}:\n", _fenced("sql", example.wrong), _fenced("text", rendered(example))]
        parts += ["Mended:\n", _fenced("sql", example.mended)]
        parts += [] if example.provable else [f"{PLANNED}\n"]
    elif entry.unreachable:
        parts.append(f"No example: {entry.unreachable}.\n")
    return "\n".join(parts)


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"
