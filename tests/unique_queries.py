"""Whole queries: are the revealed results determined by the rows that were committed to?

In: queries by what they show. Out: the question of each at N rows (:class:`zkql.analysis.report.Case`),
from the whole circuit: given are context, number of rows, the packed elements that Poseidon binds, salts;
wanted is every public result. The commitments follow from these, and are left out with their hashes; a
challenge is freed. Bits of roots are given too: that they follow from what the root is of is asked of the
gadget, since they are too wide to be searched for here.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.harness import SOLO_STREAM, STREAM, WINDOW, Subject
from tests.sketch import hashed, opened_elements
from zkql.analysis.report import Case
from zkql.analysis.uniqueness import Question, inputs_by_name, with_form
from zkql.circuit.gadgets.groups import Members
from zkql.circuit.gadgets.products import Challenge
from zkql.circuit.gadgets.root import NearestRoot
from zkql.circuit.gadgets.rows import Opening

_PARTITION = "PARTITION BY window_start, window_end"
_LISTED = f"ROW_NUMBER() OVER ({_PARTITION} ORDER BY load DESC) AS n"


def _of_all(call: str) -> str:
    return f"SELECT window_start, {call} AS v {WINDOW} GROUP BY window_start, window_end"


QUERIES: Mapping[str, tuple[str, str]] = {
    **{
        call: (_of_all(call), STREAM)
        for call in (
            "SUM(load)",
            "MIN(temp)",
            "AVG(load)",
            "MEDIAN(load)",
            "STDDEV_SAMP(load)",
            "COUNT(DISTINCT load)",
            "TOP(load, 2)",
            "RANK(3.5) WITHIN GROUP (ORDER BY load)",
            "SUM(CASE WHEN ok THEN load ELSE temp END)",
        )
    },
    "MIN(load), written into the opening": (_of_all("MIN(load)"), SOLO_STREAM),
    "SUM(load) of a private condition": (
        f"SELECT window_start, SUM(load) AS v {WINDOW} WHERE temp > 0 GROUP BY window_start, window_end",
        STREAM,
    ),
    "SUM(load) of groups of a private key": (
        f"SELECT window_start, ok, SUM(load) AS v {WINDOW} GROUP BY window_start, window_end, ok",
        STREAM,
    ),
    "ROW_NUMBER() OVER, rows in order": (f"SELECT window_start, load, {_LISTED} {WINDOW}", STREAM),
}
"""SELECT and CREATE STREAM."""


def case(name: str, rows: int) -> Case:
    """The question of a query over N rows."""
    select, stream = QUERIES[name]
    subject = Subject.compile(select, rows, stream)
    circuit, program = subject.circuit, subject.program
    wires = inputs_by_name(program, ((p.name, p.size) for p in circuit.parameters))
    (opening,) = (g for g in circuit.gadgets if isinstance(g, Opening))
    given = {*wires["context"], *wires["rows"], *wires[f"{opening.name}_salt"]}
    for root in (g for g in circuit.gadgets if isinstance(g, NearestRoot)):
        given |= set(wires[f"{root.name}_bits"])
    bounds = dict.fromkeys(wires["rows"], (0, rows))
    for factors in opened_elements(opening):
        terms = {}
        for text, factor in factors.items():
            own, _, index = text.rstrip("]").partition("[")
            terms[wires[own][int(index or 0)]] = factor
        program, wire = with_form(program, terms)
        given.add(wire)
    for members in (g for g in circuit.gadgets if isinstance(g, Members)):
        # The verifier lets keys only rise: -1 in groups that there are not, which come last.
        keys, used, most = wires["key"], wires["used"], members.key.high
        bounds |= dict.fromkeys(keys, (-1, most)) | dict.fromkeys(used, (0, 1))
        for place in range(1, len(keys)):
            program, step = with_form(
                program, {keys[place]: 1, keys[place - 1]: -1, used[place]: -(most + 2)}
            )
            program, fewer = with_form(program, {used[place - 1]: 1, used[place]: -1})
            bounds |= {step: (-most - 1, -1), fewer: (0, 1)}
    public = (p.name for p in circuit.parameters if p.public)
    shown = frozenset(w for n in public if n not in ("context", "rows", "commitment") for w in wires[n])
    has_challenge = any(isinstance(g, Challenge) for g in circuit.gadgets)
    freed = hashed(circuit, program) if has_challenge else frozenset()
    names = {w: f"{name}[{i}]" for name, own in wires.items() for i, w in enumerate(own)}
    question = Question(program, frozenset(given), shown, bounds, freed=freed)
    return Case(question, shown, frozenset(), circuit.constraints, names)
