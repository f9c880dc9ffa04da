"""Functions for readers of the command line. In: cards. Out: text, or data for ``--json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.explain.text import aligned
from zkql.reference import examples
from zkql.reference.cards import cards, shown
from zkql.reference.functions import Area, Item, Proof

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zkql.reference.cards import Card
    from zkql.reference.examples import Shown

# --- text -------------------------------------------------------------------------------------------


def list_text(found: Sequence[Card], rows: int) -> str:
    """All functions, by area."""
    blocks = []
    for area in Area:
        lines = aligned([_line(c, rows) for c in found if c.item.area is area], right=frozenset((2, 3)))
        blocks.append("\n".join([area, *lines]))
    proofs = aligned([(proof, proof.meaning) for proof in Proof])
    blocks.append("\n".join(["Proofs", *proofs]))
    blocks.append(_NOTE.format(rows=rows))
    return "\n\n".join(blocks)


_NOTE = """\
Constraints of N rows, and of {rows}: what the function adds to a circuit that has opened the rows. A formula
holds about N = {rows}; numbers grow wider with the rows. For one function: zkql functions NAME"""


def _line(card: Card, rows: int) -> tuple[str, ...]:
    cost = next(iter(card.costs.values()), None)
    formula, count = (str(cost), f"{cost.at(rows):,}") if cost else ("", "")
    return card.item.usage, str(card.proof), formula, count, card.item.meaning


def items_text(items: Sequence[Item], rows: int) -> str:
    """All about some functions."""
    both = zip(cards(rows, items, every_form=True), shown(items), strict=True)
    return "\n\n".join("\n".join(_card_lines(card, value, rows)) for card, value in both)


def _card_lines(card: Card, value: Shown | None, rows: int) -> Iterator[str]:
    item = card.item
    yield item.usage
    yield f"  {item.meaning}"
    facts = [(name, text) for name, text in _facts(card, value) if text]
    yield from aligned(facts)
    if value is not None:
        yield from ("", f"  {item.example}", *_example_lines(item, value))
    if card.costs:
        costs = [(str(form), str(cost), f"{cost.at(rows):,}") for form, cost in card.costs.items()]
        yield ""
        yield from aligned([("constraints", "of N rows", f"of {rows:,}"), *costs], right=frozenset((1, 2)))


def _facts(card: Card, value: Shown | None) -> Iterator[tuple[str, str]]:
    item = card.item
    yield "also", ", ".join(item.also)
    yield "takes", "; ".join(item.arguments)
    yield "gives", value.type if value else ""
    yield "NULLs", item.nulls
    yield "proof", card.proof.meaning


def _example_lines(item: Item, value: Shown) -> list[str]:
    """The columns that an example reads, and what it gives."""
    names = examples.columns_read(item.example, item.source)
    read = examples.on_rows(names, item.source) if names else ()
    table = [(name, *column.values) for name, column in zip(names, read, strict=True)]
    result = ("gives", *value.values)
    if len(value.values) == 1:
        return [*aligned(table), *aligned([result])]
    return aligned([*table, result])


# --- data -------------------------------------------------------------------------------------------


def summary_json(card: Card, rows: int) -> dict[str, object]:
    """A function in the list of all."""
    item = card.item
    cost = next(iter(card.costs.values()), None)
    return {
        "name": item.names[0],
        "also": list(item.names[1:]),
        "area": str(item.area),
        "usage": item.usage,
        "meaning": item.meaning,
        "null": item.nulls,
        "proof": str(card.proof),
        "formula": str(cost) if cost else None,
        "constraints": cost.at(rows) if cost else None,
    }


def items_json(items: Sequence[Item], rows: int) -> list[dict[str, object]]:
    """All about some functions."""
    return [
        summary_json(card, rows)
        | {
            "takes": list(card.item.arguments),
            "example": _example_json(card.item, value) if value else None,
            "costs": [
                {"rows": str(form), "formula": str(cost), "constraints": cost.at(rows)}
                for form, cost in card.costs.items()
            ],
        }
        for card, value in zip(cards(rows, items, every_form=True), shown(items), strict=True)
    ]


def _example_json(item: Item, value: Shown) -> dict[str, object]:
    return {"sql": item.example, "type": value.type, "values": list(value.values)}
