"""The rows of a stage in a circuit, by provenance. In: a draft, and which columns are wanted. Out: the rows
of the window, and their private columns.

ROW: each slot opens the commitment of a row. CHAIN: the blocks of each device are opened, and the rows of the
window are marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from zkql.circuit.evidence import FIRST, INNER, LAST, SHOWN, block_counts
from zkql.circuit.gadgets.base import Origin, Part
from zkql.circuit.gadgets.blocks import Blocks
from zkql.circuit.gadgets.rows import Opening
from zkql.circuit.gadgets.steps import Concatenated, Edge, Shown
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.selection import Marked, Selection
from zkql.circuit.wires import Linear, Wire, constant
from zkql.crypto.blocks import TIME_BITS, layout_of
from zkql.crypto.field import P
from zkql.plan.types import TIMESTAMP

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.plan.schema import ColumnSchema
    from zkql.plan.stages import CircuitPlan, StagedPlan
    from zkql.plan.types import SqlType

Opened = tuple[Selection, dict[str, Operand]]
Open = Callable[["StagedPlan", Set[str], Mapping[str, bool], frozenset[str]], Opened]
"""Opens the rows of a plan. Takes the columns that are wanted; those of which the largest (True) or smallest
value is (of rows that all count); and the wires of which nothing is read."""


def given(draft: Draft, circuit: CircuitPlan) -> Open:
    """Declare the public inputs (:func:`zkql.circuit.evidence.given_names`); what opens the rows by them."""
    if circuit.chains:
        start = draft.public("start", (), 0, (1 << TIME_BITS) - 1).linear
        head = draft.public("head", (circuit.chains,), 0, P - 1).linear
        return lambda plan, wanted, _anchors, _unread: _open_chains(draft, plan, start, head, wanted)
    rows = draft.public("rows", (), 0, circuit.capacity).linear
    draft.public("commitment", (circuit.capacity,), 0, P - 1)
    return lambda plan, wanted, anchors, unread: _open_rows(draft, plan, rows, wanted, anchors, unread)


def _open_rows(
    draft: Draft,
    plan: StagedPlan,
    rows: Linear,
    wanted: Set[str],
    anchors: Mapping[str, bool],
    unread: frozenset[str],
) -> Opened:
    used = tuple(c.name for c in plan.stream.private_columns if c.name in wanted)
    with draft.at(_rows_of(plan)):
        opening = draft.put(
            Opening,
            "open_rows",
            plan.stream,
            draft.capacity,
            used,
            tuple(anchors.items()),
            tuple(sorted(unread)),
        )
    for number, spelling in opening.spellings:
        draft.learn(number, spelling)
    found = _unused(plan, used)
    for name in used:
        value, null = opening.column(name)
        kind = plan.stream.column(name).type
        found[name] = Operand(value.linear, null.linear if null else None, kind)
    for name, largest in anchors.items():
        draft.anchors[found[name].value, largest] = opening.anchor(name).linear
    return Selection(draft, rows), found


def _open_chains(draft: Draft, plan: StagedPlan, start: Linear, head: Linear, wanted: Set[str]) -> Opened:
    """A window begins in the first block that is opened (which may be the last), and ends in the last:
    devices sign that later blocks than the first are at or after its start, and the verifier checks that
    earlier ones than the last are before its end. So only these two need times, unless the query reads
    them."""
    stream, (chains,) = plan.stream, head.dims
    layout = layout_of(stream)
    size, (_, inner, _) = layout.size, block_counts(draft.capacity, chains, layout.size)
    used = tuple(c.name for c in layout.columns if c.name in wanted)
    timed = stream.time in wanted
    with draft.at(Origin("which blocks are opened", None, Part.ROWS)):
        shown = draft.put(Shown, SHOWN, chains, inner + 2)
    with draft.at(_rows_of(plan)):
        first = draft.put(Blocks, FIRST, layout, 1, head, shown.first.linear, used, True)
        parts, after = [first], first.after.linear
        if inner:
            flags = shown.between.linear
            parts.append(draft.put(Blocks, INNER, layout, inner, after, flags, used, timed))
            after = parts[-1].after.linear
        last = draft.put(Blocks, LAST, layout, 1, after, shown.last.linear, used, True)
        parts.append(last)
        draft.reveal("after", last.after.linear)
    with draft.at(Origin("rows of the window", None, Part.ROWS)):
        end = start + plan.size
        begun = [draft.make(Edge, "begun", own.time.linear, start, size) for own in (first, last)]
        ended = draft.make(Edge, "ended", last.time.linear, end, size)
        inside = [part.live for part in parts]
        inside[0] = _wire(draft.multiply(first.live.linear, begun[0]))
        within = (begun[1] - ended).within(0, 1)  # what is at or after the end is at or after the start
        inside[-1] = _wire(draft.multiply(last.live.linear, within))
        mask = _joined(draft, inside)
    found = _unused(plan, (*used, *((stream.time,) if timed else ())))
    with draft.at(_rows_of(plan)):
        if timed:
            time = _joined(draft, [part.time for part in parts])
            found[stream.time] = Operand(_of_type(time, TIMESTAMP), None, TIMESTAMP)
        for name in used:
            found[name] = _column(draft, stream.column(name), parts)
    return Marked.of(draft, mask), found


def _column(draft: Draft, column: ColumnSchema, parts: list[Blocks]) -> Operand:
    """A column in all places: those of the first blocks, of those between, of the last ones."""
    values, nulls = zip(*(part.column(column.name) for part in parts), strict=True)
    code = _joined(draft, values)
    spellings = [part.spelling(column.name) for part in parts]
    bits = draft.put(Concatenated, "bits", tuple(own.bits for own in spellings)).returned
    draft.learn(code, replace(spellings[0], bits=bits))
    null = _joined(draft, [wire for wire in nulls if wire is not None]) if column.nullable else None
    return Operand(_of_type(code, column.type), null, column.type)


def _joined(draft: Draft, parts: Iterable[Wire]) -> Linear:
    return draft.make(Concatenated, "joined", tuple(parts))


def _wire(linear: Linear) -> Wire:
    ((wire, _),) = linear.terms
    return wire


def _rows_of(plan: StagedPlan) -> Origin:
    return Origin(f"rows of {plan.stream.name}", None, Part.ROWS)


def _unused(plan: StagedPlan, used: tuple[str, ...]) -> dict[str, Operand]:
    """What nothing reads may be any value."""
    others = (c for c in plan.stream.private_columns if c.name not in used)
    return {c.name: Operand(constant(0), None, c.type) for c in others}


def _of_type(code: Linear, kind: SqlType) -> Linear:
    """The values that codes stand for. Sensors sign no code beyond their type."""
    if not kind.is_bounded:
        return code
    return (code + kind.lowest).within(*kind.bounds)
