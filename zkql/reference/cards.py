"""All about functions, put together. In: functions, and a number of rows. Out: a card for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.reference import examples, measure
from zkql.reference.functions import ITEMS, Area, Item, Proof, proof_of, with_circuit
from zkql.reference.measure import Form

if TYPE_CHECKING:
    from zkql.explain.formula import Formula
    from zkql.reference.examples import Shown

ROWS = 100
"""Rows of a proof, where nobody says how many."""


@dataclass(frozen=True, slots=True)
class Card:
    """A function, over which columns it is proven, and what its circuit costs, by the rows that it sees;
    nothing where it has none."""

    item: Item
    proof: Proof
    costs: Mapping[Form, Formula]


def cards(rows: int = ROWS, items: Sequence[Item] = ITEMS, *, every_form: bool = False) -> tuple[Card, ...]:
    """The cards of functions, over all rows or in ``every_form``."""
    forms = tuple(Form) if every_form else (Form.ALL,)
    costs: dict[str, dict[Form, Formula]] = {item.example: {} for item in items}
    calls = tuple(item.example for item in items if item.area is Area.AGGREGATES)
    for form in forms if calls else ():
        for call, cost in zip(calls, measure.aggregates(calls, rows, form), strict=True):
            costs[call][form] = cost
    for item in items:
        if item.area is Area.ANALYTIC:
            found = ((form, measure.analytic(item.example, rows, form)) for form in forms)
            costs[item.example] = {form: cost for form, cost in found if cost is not None}
        elif item.example in with_circuit():
            costs[item.example] = {Form.ALL: measure.scalar(with_circuit()[item.example], rows)}
    return tuple(Card(item, proof_of(item), costs[item.example]) for item in items)


def shown(items: Sequence[Item]) -> tuple[Shown | None, ...]:
    """What the examples give; None for functions without a value."""
    found: dict[Item, Shown] = {}
    valued = [item for item in items if proof_of(item) is not Proof.NEVER]
    for source in examples.TABLES:
        own = [i for i in valued if i.source == source and i.area is not Area.AGGREGATES]
        if own:
            found |= zip(own, examples.on_rows([i.example for i in own], source), strict=True)
    own = [i for i in valued if i.area is Area.AGGREGATES]
    if own:
        found |= zip(own, examples.of_all([i.example for i in own]), strict=True)
    return tuple(map(found.get, items))
