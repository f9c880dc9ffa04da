"""``docs/functions.md``. In: the cards of all functions. Out: the page, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.plan.functions.base import STRICT
from zkql.reference import examples
from zkql.reference.cards import ROWS, cards, shown
from zkql.reference.functions import ITEMS, Area, Proof
from zkql.reference.measure import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.reference.cards import Card
    from zkql.reference.examples import Shown

_INTRODUCTION = """\
# Functions

All functions and operators: what they mean, an example of each, whether it is proven, and what its
circuit costs. `zkql functions` prints the same, `zkql functions NAME` more about one, and
`zkql.functions()` gives it to programs. This page is made from the code that evaluates and proves;
[sql.md](sql.md) says how functions are used in queries.

## How to read it

The examples were evaluated over these rows:
"""
_COSTS = f"""\
Results of one row each stand in the order of the rows. Where nothing else is said, a function of one row is
NULL where an operand is.

Constraints are what a function adds to a circuit of N rows that has opened the rows: over private columns of
the types above, and the more bits a column has, the more they are. A formula is exact at N = {ROWS}, and
holds about it; where a number grows by a bit, it is another. To open the rows, WHERE and GROUP BY cost
extra: `zkql explain FILE --cost` shows all of it. Over public columns only, a function costs nothing: the
consumer evaluates it.

Functions of one row are proven with the arguments of the example at least; where a circuit needs more (a
constant pattern, a text of known length), the compiler says so. What stands twice in a query is computed
once.
"""
_AGGREGATES = f"""\
All are proven over private columns: over all rows of a window; over those of a private `WHERE` or `FILTER`
(here `{examples.WHERE}`, whose comparison costs extra); and for each group of a private key (here at most
{examples.GROUPS} groups). Rows where an argument is NULL do not count, but for `FIRST_VALUE`, `LAST_VALUE`
and ranks. Over no rows `COUNT` is 0, ranks are those of a single row, and all others are NULL.
"""
_ANALYTIC = f"""\
The examples end in `{examples.OVER}`. The constraints
include the order of the rows, which calls with the same `OVER` share.
"""


def page() -> str:
    """The whole page."""
    both = list(zip(cards(every_form=True), shown(ITEMS), strict=True))
    parts = [_INTRODUCTION, _fenced(examples.STREAM + examples.TABLE), *_tables(), _COSTS, _proofs()]
    for area in Area:
        own = [(card, value) for card, value in both if card.item.area is area]
        parts.append(f"## {area}\n")
        match area:
            case Area.AGGREGATES:
                parts += [_AGGREGATES, _aggregates(own)]
            case Area.ANALYTIC:
                parts += [_ANALYTIC, _functions(own)]
            case _:
                parts.append(_functions(own))
    return "\n".join(parts)


def _proofs() -> str:
    return "".join(f"- **{proof}**: {proof.meaning}\n" for proof in Proof)


def _tables() -> list[str]:
    found = []
    for name, rows in examples.TABLES.items():
        columns = examples.on_rows(tuple(rows[0]), name)
        by_row = zip(*(column.values for column in columns), strict=True)
        found.append(_table([f"`{column}`" for column in rows[0]], [list(map(_code, row)) for row in by_row]))
    return found


# --- tables of functions ----------------------------------------------------------------------------


def _aggregates(own: Sequence[tuple[Card, Shown | None]]) -> str:
    head = ["", "", "result", "type", "all rows", "private `WHERE`", "private key"]
    rows = []
    for card, value in own:
        assert value is not None
        given = map(_code, (*value.values, value.type))
        costs = (str(card.costs[form]) for form in Form)
        rows.append([_names(card), _prose(card.item.meaning), *given, *costs])
    return _table(head, rows)


def _functions(own: Sequence[tuple[Card, Shown | None]]) -> str:
    rows = []
    for card, value in own:
        item = card.item
        meaning = _prose(f"{item.meaning} {_nulls(item.nulls)}".rstrip())
        example = _code(item.example.removesuffix(examples.OVER).rstrip()) if value else ""
        result = ", ".join(map(_code, value.values)) if value else ""
        kind = _code(value.type) if value else ""
        cost = next(map(str, card.costs.values()), "")
        rows.append([_names(card), meaning, example, result, kind, str(card.proof), cost])
    return _table(["", "", "example", "results", "type", "proven", "constraints"], rows)


def _names(card: Card) -> str:
    item = card.item
    return "; ".join([_code(item.usage), *map(_code, item.also)])


def _nulls(rule: str) -> str:
    """A rule that is not the usual one, as a sentence."""
    return "" if rule == STRICT.description else f"{rule[0].upper()}{rule[1:]}."


# --- Markdown ---------------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _prose(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _fenced(text: str) -> str:
    return f"```sql\n{text}```\n"
