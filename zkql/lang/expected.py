"""What could stand at a place, in a few words. In: the grammar's terminals that fit. Out: phrases."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.lang.grammar import keywords, parser, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclass(frozen=True, slots=True)
class _Group:
    """Terminals that one phrase stands for, wherever ``marks`` are all among those that fit."""

    phrase: str
    marks: frozenset[str]
    members: frozenset[str]


def _group(phrase: str, marks: str, more: str = "") -> _Group:
    found = frozenset(marks.split())
    return _Group(phrase, found, found | frozenset(more.split()))


_STARTS = (
    "QUOTED STRING INTEGER DECIMAL LPAR MINUS PLUS NOT CASE CAST TRY_CAST EXTRACT POSITION SUBSTRING TRIM"
    " EXISTS INTERVAL DATE_TYPE TRUE FALSE NULL UNBOUNDED"
)
_ARITHMETIC = "MINUS STAR PERCENT _CONCAT DOT LPAR"
_PREDICATES = "EQUAL LESSTHAN MORETHAN COMPARISON IS IN BETWEEN LIKE ESCAPE NOT AND FILTER OVER WITHIN"
_GROUPS = (
    _group("CREATE, INSERT or a query", "CREATE INSERT SELECT", "WITH LPAR"),
    _group("an expression", "CAST NAME", _STARTS),
    _group("a query", "SELECT", "LPAR WITH"),
    _group("a type", "ROW ARRAY NAME"),
    _group("an alias", "AS NAME", "QUOTED"),
    _group("a column", "NAME WATERMARK", "QUOTED PRIMARY"),
    _group("an operator", "PLUS SLASH OR", f"{_ARITHMETIC} {_PREDICATES}"),
    _group("an operator", "PLUS SLASH", _ARITHMETIC),
    _group("AND or OR", "AND OR", "IS"),
    _group("a join", "JOIN", "INNER LEFT RIGHT FULL CROSS OUTER"),
    _group("another clause", "ORDER LIMIT UNION", "WHERE GROUP HAVING EXCEPT INTERSECT OFFSET FETCH"),
    _group("FIRST or NEXT", "FIRST NEXT"),
    _group("ROW or ROWS", "ROW ROWS"),
    _group("a table", "LPAR NAME TABLE", "QUOTED"),
    _group("a name", "NAME", "QUOTED"),
    _group("a number", "INTEGER", "DECIMAL"),
    _group("a 'string'", "STRING"),
    _group("the end of the statement", "$END"),
)
_PAIRS = {
    "GROUP": "GROUP BY",
    "ORDER": "ORDER BY",
    "PARTITION": "PARTITION BY",
    "SIGNED": "SIGNED BY",
    "IF": "IF NOT EXISTS",
}


def expected(accepted: Collection[str]) -> str:
    """``expected …``: phrases for everything that fits, the most telling first."""
    rest = set(accepted)
    phrases: list[str] = []
    for group in _GROUPS:
        if group.marks <= rest:
            rest -= group.members
            phrases.append(group.phrase)
    signs = {t.name: written(t) for t in parser().terminals}
    for name in sorted(rest):
        sign = signs[name].upper()
        phrases.append(_PAIRS.get(sign, sign) if sign.isidentifier() else f"'{sign}'")
    signs_first = sorted(phrases, key=lambda p: (not p.startswith("'"), p == "another clause", p.isupper()))
    return f"expected {any_of(signs_first)}"


def any_of(phrases: Iterable[str]) -> str:
    """``a, b or c``."""
    *most, last = phrases
    return f"{', '.join(most)} or {last}" if most else last


def is_keyword(word: str) -> bool:
    """Whether the grammar uses the word anywhere."""
    return word.upper() in keywords()


def nearest_keyword(word: str, accepted: Collection[str]) -> str | None:
    """The keyword that fits and that the word may be a misspelling of."""
    known = [name for name in accepted if name in keywords()]
    near = difflib.get_close_matches(word.upper(), known, n=1, cutoff=0.74)
    return near[0] if near else None
