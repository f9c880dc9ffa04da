"""Queries, results and errors as people see them: HTML for notebooks, text for consoles. Whatever comes from
a query or from data is escaped here.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from zkql.explain.escape import visible, written
from zkql.library.result import SHOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from zkql.errors import Diagnostic, Source
    from zkql.explain.cost import Costs
    from zkql.explain.leakage import Leakage
    from zkql.library.query import Query
    from zkql.library.result import Result

_WIDEST = 60

STYLE = """
.zkql { max-width: 72em; line-height: 1.4; }
.zkql pre { margin: .4em 0; overflow-x: auto; white-space: pre; }
.zkql table { margin: .4em 0; border-collapse: collapse; }
.zkql th, .zkql td { text-align: left; vertical-align: top; }
.zkql th, .zkql td { padding: .15em .8em .15em 0; white-space: pre-wrap; }
.zkql td.number, .zkql th.number { text-align: right; font-variant-numeric: tabular-nums; }
.zkql td.number { white-space: nowrap; }
.zkql .null { opacity: .55; font-style: italic; }
.zkql .note { opacity: .75; margin: .2em 0; }
.zkql summary { cursor: pointer; font-weight: 600; margin: .5em 0 .2em; }
.zkql .state { font-weight: 600; margin: .2em 0; }
.zkql .refused { border-left: 3px solid #b8860b; padding-left: .8em; }
.zkql .error { border-left: 3px solid #c0392b; padding-left: .8em; }
.zkql .sql .keyword { color: var(--jp-mirror-editor-keyword-color, #7d3fc4); font-weight: 600; }
.zkql .sql .type { color: var(--jp-mirror-editor-builtin-color, #0b7285); }
.zkql .sql .string { color: var(--jp-mirror-editor-string-color, #b3261e); }
.zkql .sql .number { color: var(--jp-mirror-editor-number-color, #1b6b45); }
.zkql .sql .comment { color: var(--jp-mirror-editor-comment-color, #6f6f7a); font-style: italic; }
.zkql .picture { overflow-x: auto; }
.zkql svg { display: block; height: auto; max-width: 100%; }
"""


def plain(text: str) -> str:
    """Lines as they are, but for control and direction characters, which are written out."""
    return "\n".join(map(visible, text.split("\n")))


def page(*parts: str) -> str:
    """Pieces of HTML together, with their style."""
    return f'<style>{STYLE}</style><div class="zkql">{"".join(parts)}</div>'


def pre(text: str, kind: str = "") -> str:
    """Text in a monospace font, line by line."""
    return f'<pre class="{kind}">{escape(plain(text))}</pre>'


def lines_html(lines: Iterable[str]) -> str:
    """Lines of prose."""
    return page(*map(_note, lines))


def _note(line: str) -> str:
    return f'<p class="note">{escape(visible(line))}</p>'


def diagnostics_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Messages with their places, as the command line shows them."""
    return plain("\n".join(d.render() for d in diagnostics))


def error_html(diagnostics: Iterable[Diagnostic]) -> str:
    """Messages with their places."""
    return page(pre(diagnostics_text(diagnostics), "error"))


def _named_once(rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
    """The first column only where it changes."""
    before: object = None
    for first, *rest in rows:
        yield ["" if first == before else first, *rest]
        before = first


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(visible(line))}</li>' for line in lines)}</ul>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[int] = ()) -> str:
    """A table; ``numbers`` are the columns that are aligned to the right."""
    kinds = [' class="number"' if i in numbers else "" for i in range(len(head))]
    top = "".join(f"<th{k}>{escape(visible(h))}</th>" for k, h in zip(kinds, head, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{k}>{_cell(v)}</td>' for k, v in zip(kinds, row, strict=True))}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    return '<span class="null">NULL</span>' if value is None else escape(visible(written(value)))


def picture(svg: str) -> str:
    """An SVG, whose own text is escaped where it is drawn."""
    return page(_picture(svg))


def _picture(svg: str) -> str:
    return f'<div class="picture">{svg}</div>'


def _folded(title: str, *parts: str, is_open: bool = False) -> str:
    state = " open" if is_open else ""
    return f"<details{state}><summary>{escape(title)}</summary>{''.join(parts)}</details>"


# --- results ------------------------------------------------------------------------------------------


def result_html(result: Result) -> str:
    """The first rows as a table, and what there is to know about them."""
    names = [f.name for f in result.schema]
    numbers = [i for i, f in enumerate(result.schema) if f.type.is_bounded]
    rows = ([row[name] for name in names] for row in result[:SHOWN])
    return page(table(names, rows, numbers), *map(_note, _notes(result)))


def _notes(result: Result) -> list[str]:
    count = f"{len(result):,} row{'' if len(result) == 1 else 's'}"
    shown = f"{count}, the first {SHOWN} shown" if len(result) > SHOWN else count
    first, *rest = result.notes()
    return [f"{shown}; {first}", *rest]


def result_text(result: Result) -> str:
    """The same for a console."""
    from zkql.explain.text import aligned

    names = [f.name for f in result.schema]
    rows = [[_short(row[name]) for name in names] for row in result[:SHOWN]]
    right = frozenset(i for i, f in enumerate(result.schema) if f.type.is_bounded)
    return "\n".join([*aligned([list(map(visible, names)), *rows], right), *map(visible, _notes(result))])


def _short(value: object) -> str:
    text = visible(written(value))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


# --- queries ------------------------------------------------------------------------------------------


def query_html(query: Query) -> str:
    """The text, the plan as a picture, the costs, who learns what; or why it cannot be proven."""
    parts = [_state(state_of(query)), _folded("SQL", sql_html(query.source))]
    parts.append(_folded("plan", _picture(query.svg), is_open=True))
    if query.provable:
        if (cost := query.cost) is not None:
            title = f"cost: {cost.constraints:,} constraints for {cost.capacity} rows"
            parts.append(_folded(title, _cost_table(cost), is_open=True))
        for about, phrases in query.leakage.parties[:2]:
            parts.append(_folded(about, _list(phrases), is_open=True))
    else:
        parts.insert(1, pre(diagnostics_text(query.refusals), "refused"))
    return page(*parts)


def state_of(query: Query) -> str:
    """What can be done with a query, in a line."""
    result = ", ".join(f"{f.name} {f.type}" for f in query.columns)
    if not query.provable:
        state = "right as SQL, and cannot be proven (yet)"
    elif query.circuits:
        state = "can be proven"
    else:
        state = "reads nothing private: the consumer computes it from signed rows, without a proof"
    return f"{state} · result: {result}"


def _state(text: str) -> str:
    return f'<p class="state">{escape(visible(text))}</p>'


def query_text(query: Query) -> str:
    """The same for a console: the plan, and whether it can be proven."""
    lines = [f"zkql query: {visible(state_of(query))}", *query.plan.lines]
    if not query.provable:
        lines.append(diagnostics_text(query.refusals))
    return "\n".join(lines)


def sql_html(source: Source) -> str:
    """SQL, its words in colour."""
    from zkql.explain.page import highlighted

    lines = "\n".join(highlighted(source))
    return f'<pre class="sql">{lines}</pre>'


def cost_html(costs: Costs) -> str:
    """The table of costs."""
    return page(_cost_table(costs))


def _cost_table(costs: Costs) -> str:
    from zkql.explain.text import estimate_lines

    rows: list[Sequence[object]] = [
        (
            line.node,
            line.clause,
            f"{line.constraints:,}",
            line.formula,
            f"{line.constraints / costs.constraints:.1%}",
            f"{line.public_inputs:,}",
            f"{line.private_inputs:,}",
        )
        for line in costs.lines
    ]
    total = (f"{n:,}" for n in (costs.constraints, costs.public_inputs, costs.private_inputs))
    constraints, public, private = total
    rows.append(("", "total", constraints, "", "100.0%", public, private))
    counts = (f"of N {costs.unit}s", "share", "public inputs", "private inputs")
    head = ("node", "clause", "constraints", *counts)
    return table(head, _named_once(rows), range(2, 7)) + "".join(map(_note, estimate_lines(costs)))


def leakage_html(found: Leakage) -> str:
    """The table of who learns what."""
    return page(_leakage_table(found))


def _leakage_table(found: Leakage) -> str:
    from zkql.explain.text import known

    rows = [
        (str(line.part), line.column, known(line.consumer), str(line.processor), str(line.world))
        for line in found.table
    ]
    parties = "".join(_note(f"{title}:") + _list(phrases) for title, phrases in found.parties)
    head = ("of", "column", "the consumer learns", "the processor learns", "the outside world learns")
    return table(head, _named_once(rows)) + _folded("in words", parties)
