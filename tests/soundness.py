"""Is the advice pinned? ``make soundness`` decides it for every gadget and writes ``docs/soundness.md``.

In: the trials of :mod:`tests.unique_gadgets` and :mod:`tests.unique_arguments`, the queries of
:mod:`tests.unique_queries`. Out: the page. All choices are seeded, so it is the same every time.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import unique_arguments, unique_gadgets, unique_queries
from tests.sketch import Sheet, Trial, given_text
from zkql.analysis.report import Case, Entry, Finding, Section, examine, render
from zkql.analysis.uniqueness import Limits
from zkql.circuit.gadgets import blocks, steps

PAGE = Path(__file__).parent.parent / "docs" / "soundness.md"
ALONE = (*unique_gadgets.TRIALS, *unique_arguments.TRIALS)
TOGETHER = unique_arguments.TOGETHER
SIZES = (2, 3, 4)
AT_ONCE = 12
SMALLEST = SIZES[0]

PREFACE = """\
# Is the advice pinned?

A prover chooses every private input of a circuit: rows, and *advice*, such as bits, inverses, quotients,
switches. A circuit is sound only if the advice leaves no choice about what is shown. This page says for
every gadget whether that holds of the constraints that ZoKrates compiles from it. `make soundness` decides
it anew and writes this page; a test decides N = 2 again, and fails where a gadget is missing here.

**The question.** Take two assignments that satisfy all constraints and agree on what is *given*. Do they
agree on the gadget's outputs, on its advice, and on everything in between? N is the number of rows or
slots, of places, or of entries of a table; of groups there are two.

**How it is decided**, each step for what the one before left:

1. *Propagation.* Intervals of all wires are narrowed to a fixed point; then the set of unique wires grows
   rule by rule, as in Picus (Pailoor et al., PLDI 2023), ECNE (Wang, 2022) and circomspect: the last
   unknown of an equation, digits whose sum cannot reach p, a factor beside a known one that is never 0,
   Gauss's elimination over the field, and cases of known wires that are 0 or have few values.
2. *Pairs.* Two copies of the constraints that differ in one wire are refuted by splitting bits and
   products; or a pair is found, and it is a counterexample.
3. *Search.* For concrete inputs every assignment is looked for; what splitting leaves is linear, and is
   solved by elimination with random values for what is free.

**What the words mean.**

- **proven**: for all inputs, by steps 1 and 2. Outputs, advice and what is in between are unique.
- **outputs proven**: the same of outputs alone; what is said of the advice follows.
- **searched**: *k of m proven* wires are unique for all inputs; for the others, step 3 found no second
  assignment for any of the inputs searched: for *all* that there are, or for some, extreme, equal and
  random ones. For an input so searched the answer is complete; for others it says nothing.
- **not unique** would be a counterexample, two witnesses that were checked against every constraint;
  **undecided** that the limits were not enough. Where either stands, the remark says why.

**Premises.** Beside what is given stand its bounds. They are premises: the verifier puts public inputs in
within their bounds, and every output of a gadget keeps the bounds of its wire, which the tests of honest
and of false witnesses look at. Other premises are named in the remarks. A MIN, AVG or rank that a gadget
shows for no row at all is pinned too.

**Not decided yet**: the gadgets that open chains (`Blocks`, `Shown`, `Edge`, `Concatenated`).
`tests/test_chains.py` changes their private inputs and lies about their wires.

**What this does not show.** That the one possible output is the right one: the differential tests and the
forgeries do. That there is an output at all for honest rows: the tests of honest witnesses do. Anything
about widths that are not here: the constraints are generated, and the same for every width but for their
number. Anything about Poseidon: that a commitment has one opening, that salts hide, and that a challenge
behaves like a random number that is fixed after what it is to test (Fiat and Shamir), are assumptions.
Arguments at a challenge are sound but for a probability of about N / p.
"""

SECTIONS = (
    ("Gadgets", "Every class of `zkql/circuit/gadgets`, each alone: its inputs are given."),
    (
        "Gadgets that show something together",
        "Here the prover chooses what one gadget makes, and others show that it is the right one.",
    ),
    (
        "Whole queries",
        "From all constraints of the circuit. Given are the context, the number of rows, the salts, and the "
        "packed elements of every row in the form in which its commitment binds them; wanted is every public "
        "result. Columns: `load DECIMAL(4, 1)`, `temp INT`, `ok BOOLEAN`, all private; of the MIN that is "
        "written into the opening `load` alone. Of groups the premise is what the verifier sees to: keys "
        "rise, and those that there are not come last.",
    ),
)
UNDECIDED = (blocks.Blocks, steps.Shown, steps.Edge, steps.Concatenated)
"""Gadgets that have no place on the page yet."""
ROOT = "The bits of the root are given: NearestRoot has a line of its own."
LIMITS = Limits(proof_nodes=(40, 200), failures=3, exhaustive=512, random=8)


def drawn(trials: Sequence[Trial], sizes: Sequence[int] = SIZES) -> Iterator[Entry]:
    """The lines of trials. ZoKrates compiles a few of them at once fastest."""
    for start in range(0, len(trials), AT_ONCE):
        yield from _drawn(trials[start : start + AT_ONCE], sizes)


def _drawn(trials: Sequence[Trial], sizes: Sequence[int]) -> Iterator[Entry]:
    sheets = {n: Sheet.make([t for t in trials if n in t.sizes], n) for n in sizes}
    findings = {n: dict(zip(sheets[n].titles, map(decided, sheets[n].cases()), strict=True)) for n in sizes}
    for trial in trials:
        own = [n for n in sizes if n in trial.sizes]
        given = given_text([(n, sheets[n].shown(trial.title)) for n in own])
        by_size = {n: findings[n][trial.title] for n in own}
        yield Entry(trial.title, states(trial), given, by_size, trial.remark)


def asked() -> Iterator[Entry]:
    """The lines of queries, at the smallest size."""
    for name in unique_queries.QUERIES:
        found = {SMALLEST: decided(unique_queries.case(name, SMALLEST))}
        yield Entry(f"`{name}`", "the results", "the rows", found, ROOT if "STDDEV" in name else "")


def decided(case: Case) -> Finding:
    """Within the page's limits."""
    return examine(case, LIMITS)


def states(trial: Trial) -> str:
    """The first sentence of what the gadget says of itself."""
    if trial.states:
        return trial.states
    paragraph = " ".join((inspect.getdoc(trial.gadgets[0]) or "").split("\n\n")[0].split())
    sentence, point, _ = paragraph.partition(". ")
    return (sentence + point.strip()).replace("``", "`").replace(":mod:", "")


def page() -> str:
    """All of it."""
    tables = (drawn(ALONE), drawn(TOGETHER), asked())
    sections = [
        Section(title, words, tuple(entries))
        for (title, words), entries in zip(SECTIONS, tables, strict=True)
    ]
    return render(PREFACE, sections)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
