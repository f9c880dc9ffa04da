"""Who learns what from a query: derived from the plan, column by column.

In: a staged plan. Out: a table of columns by party, and the same as statements. What is listed under the
consumer is all that an envelope holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from zkql.plan.calls import Aggregation, Analytic, Output
from zkql.plan.expressions import Column, columns_of, conjuncts, is_private, render
from zkql.plan.functions.aggregates import Function
from zkql.plan.gaps import shown_parts
from zkql.plan.types import BOOLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zkql.plan.schema import ColumnSchema
    from zkql.plan.stages import Listing, StagedPlan

CHAIN = "with CHAIN provenance"


class Part(StrEnum):
    """What a line of the table is about."""

    ROW = "every row"
    WINDOW = "every window"
    RESULT = "result"


class Knowledge(StrEnum):
    """How much a party learns, most first."""

    VALUE = "value"
    LISTED = "value of listed rows"
    ORDER = "order of listed rows"
    AGGREGATE = "aggregate"
    CONDITION = "condition"
    COMMITMENT = "commitment only"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Knows:
    """What one party learns about one column; ``through`` are the aggregates and conditions that tell it."""

    knowledge: Knowledge
    through: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.knowledge}: {', '.join(self.through)}" if self.through else str(self.knowledge)


VALUE, COMMITMENT, NOTHING = Knows(Knowledge.VALUE), Knows(Knowledge.COMMITMENT), Knows(Knowledge.NOTHING)


@dataclass(frozen=True, slots=True)
class Line:
    """One column, of the stream, the window or the result. ``chain`` is what the consumer would learn
    with CHAIN provenance; empty where that is what it has."""

    part: Part
    column: str
    consumer: tuple[Knows, ...]
    chain: tuple[Knows, ...]
    processor: Knows = VALUE
    world: Knows = NOTHING


@dataclass(frozen=True, slots=True)
class Leakage:
    """What the parties learn: a table, and for each party a list of phrases. ``chain`` is what CHAIN
    provenance would hide; empty where that is what the stream has."""

    table: tuple[Line, ...]
    consumer: tuple[str, ...]
    hidden: tuple[str, ...]
    processor: tuple[str, ...]
    others: tuple[str, ...]
    chain: tuple[str, ...]

    @property
    def parties(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Titles and phrases, in order."""
        found = (
            ("the consumer learns", self.consumer),
            ("the consumer does not learn", self.hidden),
            ("the processor learns", self.processor),
            ("the outside world learns", self.others),
            (f"hidden from the consumer {CHAIN}", self.chain),
        )
        return tuple((title, phrases) for title, phrases in found if phrases)


def leakage(plan: StagedPlan) -> Leakage:
    """The leakage statement of a plan."""
    table = (*_rows(plan), *_windows(plan), *_results(plan))
    if plan.stream.is_chained:
        table = tuple(replace(line, consumer=line.chain, chain=()) for line in table)
    return Leakage(
        table=table,
        consumer=tuple(_consumer(plan)),
        hidden=tuple(_hidden(plan)),
        processor=("every column of every row: it holds the plaintext, and the salts of the commitments",),
        others=(
            "nothing: envelopes go to the consumer only, who alone decides to pass them on",
            "whoever reads an envelope learns what the consumer learns: zkql does not encrypt it",
        ),
        chain=()
        if plan.stream.is_chained
        else (
            "the event time and sequence number of every row",
            "how many rows each device has in each window (unless the results tell)",
            "the commitment of every single row: one for all rows of a device and window instead",
        ),
    )


# --- the table --------------------------------------------------------------------------------------


def _rows(plan: StagedPlan) -> Iterator[Line]:
    stream = plan.stream
    yield Line(Part.ROW, f"{stream.device} (the device)", (VALUE,), (VALUE,))
    if not stream.is_chained:
        yield Line(Part.ROW, "sequence number", (VALUE,), (NOTHING,))
        yield Line(Part.ROW, f"{stream.time} (event time)", (VALUE,), (NOTHING,))
    for column in stream.public_columns:
        yield Line(Part.ROW, column.name, (VALUE,), (VALUE,))
    for column in stream.private_columns:
        told = _told(plan, column)
        name = f"{column.name} (event time)" if column.name == stream.time else column.name
        yield Line(Part.ROW, name, told or (COMMITMENT,), told or (NOTHING,))
    if _filters(plan):
        passing = _listed_rows(plan.listing) if plan.listing is not None else _counted(plan)
        told = tuple(k for k in (*_decided(plan), *passing) if k != NOTHING) or (NOTHING,)
        yield Line(Part.ROW, "whether WHERE keeps it", told, told)


def _filters(plan: StagedPlan) -> bool:
    """Whether a private condition decides which rows count."""
    return plan.circuit is not None and plan.circuit.predicate is not None


def _decided(plan: StagedPlan) -> tuple[Knows, ...]:
    """The public conditions inside the private part of WHERE: where they decide it, everyone sees how."""
    predicate = plan.circuit.predicate if plan.circuit else None
    shown = () if predicate is None else shown_parts(predicate)
    parts = tuple(render(s) for s in shown if s.type == BOOLEAN)
    return (Knows(Knowledge.CONDITION, parts),) if parts else ()


def _counted(plan: StagedPlan) -> tuple[Knows, ...]:
    counts = tuple(dict.fromkeys(str(c) for c in plan.calls if not c.arguments))
    return (Knows(Knowledge.AGGREGATE, counts),) if counts else (NOTHING,)


def _told(plan: StagedPlan, column: ColumnSchema) -> tuple[Knows, ...]:
    """What results and presence tell about a private column."""
    own = Column(column.name, column.type, column.private, column.nullable)
    aggregates = tuple(
        str(call.function) if call == Aggregation(call.function, (own,)) else str(call)
        for call in _proven(plan)
        if any(own in columns_of(e) for e in call.expressions)
    )
    listed = _listed(plan.listing, own) if plan.listing is not None else ()
    order = _ordered(plan.listing, own) if plan.listing is not None else ()
    groups = tuple(
        f"GROUP BY {render(key.expression)}" for key in plan.private_keys if own in columns_of(key.expression)
    )
    predicate = plan.circuit.predicate if plan.circuit else None
    conditions = tuple(render(c) for c in conjuncts(predicate) if own in columns_of(c))
    told = (
        (Knowledge.LISTED, listed),
        (Knowledge.ORDER, order),
        (Knowledge.AGGREGATE, (*groups, *aggregates)),
        (Knowledge.CONDITION, conditions),
    )
    return tuple(Knows(kind, tuple(dict.fromkeys(through))) for kind, through in told if through)


# --- rows one by one --------------------------------------------------------------------------------


def _listed(listing: Listing, column: Column) -> tuple[str, ...]:
    """What the result lists of a column: itself, or what is computed from it."""
    shown = (render(v.expression) for v in listing.values if column in columns_of(v.expression))
    read = (call for call in listing.analytics if any(column in columns_of(e) for e in call.arguments))
    return (*shown, *(_called(call) for call in read))


def _called(call: Analytic) -> str:
    """A call without its OVER, which is that of the whole listing."""
    return f"{call.function}({', '.join(render(e) for e in call.arguments)})"


def _ordered(listing: Listing, column: Column) -> tuple[str, ...]:
    """The order of the result, if a column makes it."""
    if any(column in columns_of(key.expression) for key in listing.order):
        return (f"ORDER BY {_order(listing)}",)
    return ()


def _order(listing: Listing) -> str:
    return ", ".join(map(str, listing.order))


def _tells_rows_apart(listing: Listing) -> bool:
    """Whether the consumer sees of which signed row a listed row is: by a public column beside its values,
    or by an order that everyone can follow. (Which public columns tell all rows apart is up to the data.)"""
    public = any(not c.private for v in listing.values for c in columns_of(v.expression))
    return public or not listing.order or not is_private(listing.order[0].expression)


def _listed_rows(listing: Listing) -> tuple[Knows, ...]:
    """What the listing tells about which rows pass WHERE."""
    if _tells_rows_apart(listing):
        return (Knows(Knowledge.LISTED),)
    return (Knows(Knowledge.AGGREGATE, ("how many rows are listed",)),)


def _side_by_side(listing: Listing) -> str:
    """What is listed of a row."""
    calls = (_called(c.call) for c in listing.calls if isinstance(c.call, Analytic))
    cells = (*(render(v.expression) for v in listing.values), *calls)
    order = f"in the order of {_order(listing)}" if listing.order else "in the order of the rows"
    return f"of every listed row: {', '.join(cells)}, {order}"


def _proven(plan: StagedPlan) -> tuple[Aggregation, ...]:
    return tuple(plan.calls[i] for i in plan.circuit.calls) if plan.circuit else ()


def _windows(plan: StagedPlan) -> Iterator[Line]:
    yield Line(Part.WINDOW, "window bounds", (VALUE,), (VALUE,))
    yield Line(Part.WINDOW, "how many rows each device has", (VALUE,), _counted(plan))
    if plan.stream.is_chained:
        yield Line(Part.WINDOW, "how many blocks each device has signed", (VALUE,), (VALUE,))
        yield Line(Part.WINDOW, "when a device signed next, and last before the end", (VALUE,), (VALUE,))
    if plan.hides_rows and not plan.private_keys:
        passes = "whether any row passes" if _filters(plan) else "whether it has any row"
        yield Line(Part.WINDOW, f"{_each(plan)}: {passes}", (VALUE,), (VALUE,))
    for key in (*plan.keys, *plan.private_keys):
        yield Line(Part.WINDOW, f"group {render(key.expression)}", (VALUE,), (VALUE,))


def _written(keys: tuple[Output, ...]) -> str:
    return ", ".join(render(key.expression) for key in keys)


def _each(plan: StagedPlan) -> str:
    return "each group" if plan.keys else "the window"


def _many(plan: StagedPlan) -> str:
    return "groups" if plan.keys else "windows"


def _results(plan: StagedPlan) -> Iterator[Line]:
    made = {cell.name: cell.text for cell in plan.cells}
    made |= {key.name: render(key.expression) for key in (*plan.keys, *plan.private_keys)}
    for output in plan.outputs:
        text = made.get(render(output.expression), render(output.expression))
        shown = output.name if text == output.name else f"{output.name} = {text}"
        yield Line(Part.RESULT, shown, (VALUE,), (VALUE,))
    for text in _unselected(plan):
        yield Line(Part.RESULT, f"{text} (not selected)", (VALUE,), (VALUE,))


def _unselected(plan: StagedPlan) -> Iterator[str]:
    """Aggregates that the envelope holds and no column of the result shows as they are."""
    shown = {o.expression.name for o in plan.outputs if isinstance(o.expression, Column)}
    for name, call in zip(plan.names, plan.calls, strict=True):
        if name not in shown:
            yield str(call)


# --- phrases ----------------------------------------------------------------------------------------


def _consumer(plan: StagedPlan) -> Iterator[str]:
    stream = plan.stream
    yield "the bounds of every window, also of one without rows"
    yield from _consumer_of_chains(plan) if stream.is_chained else _consumer_of_rows(plan)
    if plan.keys:
        whose = "devices" if stream.is_chained else "rows"
        yield f"which groups there are, and which {whose} belong to each: {_written(plan.keys)}"
    if plan.private_keys:
        names = _written(plan.private_keys)
        yield f"which groups there are, and the results of each, but not which rows belong to it: {names}"
    elif _filters(plan):
        yield f"whether any row of {_each(plan)} passes the private part of WHERE"
    elif plan.hides_rows:
        yield f"whether {_each(plan)} has any row"
    yield f"the result: {', '.join(o.name for o in plan.outputs)}"
    if plan.listing is not None:
        yield from _consumer_of_listing(plan, plan.listing)
    for text in _unselected(plan):
        yield f"{text}, which is not selected: the consumer computes with it"
    if plan.window is not None:
        yield f"which windows are left out of the result: it evaluates {render(plan.window)} itself"
    if plan.having is not None:
        yield f"which {_many(plan)} are left out of the result: it evaluates {render(plan.having)} itself"


def _consumer_of_rows(plan: StagedPlan) -> Iterator[str]:
    stream = plan.stream
    yield f"of every row: {stream.device} (the device), its sequence number, {stream.time}"
    for column in stream.public_columns:
        yield f"of every row: {column.name}"
    if plan.predicate is not None:
        yield "all of that also of rows that the public part of WHERE leaves out"
    yield (
        "how many rows each device has in each window, and its next heartbeat or row: of that row the "
        "same as above, ahead of its own window"
    )
    yield "of every row: a commitment, the same for every query over the stream, which links its uses"


def _consumer_of_chains(plan: StagedPlan) -> Iterator[str]:
    yield (
        f"of every {plan.stream.device} (the device) and window: how many blocks it has signed, when its "
        "next signature was (the time of its last row up to then, or of a heartbeat), and the one before"
    )
    yield "of every device: when its chain begins"
    yield (
        "of every device and window: a commitment to all rows so far, the same for every query over the "
        "stream, which links its uses"
    )


def _consumer_of_listing(plan: StagedPlan, listing: Listing) -> Iterator[str]:
    yield _side_by_side(listing)
    if _filters(plan):
        known = "which" if _tells_rows_apart(listing) else "how many"
        limit = "" if listing.limit is None else f", up to {listing.limit.most} by rank"
        yield f"{known} rows pass the private part of WHERE: those that are listed{limit}"


def _hidden_column(plan: StagedPlan, column: ColumnSchema) -> str:
    own = Column(column.name, column.type, column.private, column.nullable)
    listing = plan.listing
    if listing is None:
        return f"{column.name} of any row{_but_shown(plan, own)}"
    if not (_listed(listing, own) or _ordered(listing, own)):
        predicate = plan.circuit.predicate if plan.circuit else None
        if predicate is not None and own in columns_of(predicate) and _tells_rows_apart(listing):
            return f"{column.name} of any row, beyond what WHERE says of those that are listed"
        return f"{column.name} of any row"
    if not _listed(listing, own):
        return f"{column.name} of any row, beyond the order of those that are listed"
    if _tells_rows_apart(listing):
        return f"{column.name} of any row, beyond what the result lists"
    return (
        f"which row a {column.name} of the result is of (unless there are few rows, or many that "
        "are equal in ORDER BY: these come in the order of the rows)"
    )


_OF_A_ROW = frozenset((Function.FIRST_VALUE, Function.LAST_VALUE, Function.ARG_MAX, Function.ARG_MIN))
_OF_VALUES = frozenset(
    (
        Function.MIN,
        Function.MAX,
        Function.MODE,
        Function.PERCENTILE_DISC,
        Function.TOP,
        Function.BOTTOM,
        Function.COLLECT_DISTINCT,
    )
)


def _but_shown(plan: StagedPlan, column: Column) -> str:
    """What a result shows of single rows: of one that everyone can tell, or of no one knows which."""
    known: list[str] = []
    single: list[str] = []
    hides = plan.hides_rows or bool(plan.private_keys)
    for call in _proven(plan):
        shown = (*call.arguments[:1], *(key.expression for key in call.order))
        if not any(column in columns_of(e) for e in shown):
            continue
        decides = (*call.arguments[1:], *(() if call.filter is None else (call.filter,)))
        if call.function in _OF_A_ROW and not hides and not any(map(is_private, decides)):
            known.append(str(call))
        elif call.function in _OF_A_ROW | _OF_VALUES:
            single.append(str(call))
    told = f", but of the one of {', '.join(known)}: public columns tell which that is" if known else ""
    return told + (f", beyond single values that the result shows: {', '.join(single)}" if single else "")


def _hidden(plan: StagedPlan) -> Iterator[str]:
    for column in plan.stream.private_columns:
        yield _hidden_column(plan, column)
    if plan.private_keys:
        names = _written(plan.private_keys)
        yield f"which rows belong to which group, unless there is one group only: {names}"
    if plan.stream.is_chained:
        yield "how many rows each device has in each window, beyond its blocks (unless the results tell)"
    if _filters(plan) and plan.listing is None:
        yield (
            "which rows pass the private part of WHERE, and how many (unless the results tell, or public "
            "columns alone decide)"
        )
    elif _filters(plan) and plan.listing is not None:
        if not _tells_rows_apart(plan.listing):
            yield "which rows pass the private part of WHERE (unless public columns alone decide)"
        elif plan.listing.limit is not None:
            yield "which rows that are not listed pass the private part of WHERE"
    if plan.window is not None and plan.circuit is not None:
        yield "any aggregate of windows that are left out of the result"
    if plan.having is not None and plan.circuit is not None:
        yield f"any aggregate of {_many(plan)} that are left out of the result"
    if plan.circuit is not None:
        yield "what the results do not imply: over few rows an aggregate tells much about each"
