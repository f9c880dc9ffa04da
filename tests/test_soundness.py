"""The page on soundness: complete, true at N = 2, and able to tell a broken gadget."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import pytest

from tests import soundness
from tests.mutants import mutants, templates
from tests.sketch import Sheet, Sketch, Trial
from zkql.analysis.report import Entry, Finding
from zkql.analysis.uniqueness import Limits, Outcome, decide, has_assignment
from zkql.circuit import gadgets
from zkql.circuit.gadgets.base import Gadget
from zkql.circuit.gadgets.permutation import Ascending, Switches
from zkql.circuit.gadgets.slices import Numbering
from zkql.toolchain.zokrates import compile_source

SMALLEST = (soundness.SMALLEST,)
TRIALS = (*soundness.ALONE, *soundness.TOGETHER)


@cache
def page() -> dict[str, list[str]]:
    """The cells of each line by the first of them."""
    lines = soundness.PAGE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line[1:-1].split(" | ")] for line in lines if line.startswith("| ")]
    return {row[0]: row for row in rows}


def classes(kind: type[Gadget] = Gadget) -> Iterator[type[Gadget]]:
    for below in kind.__subclasses__():
        if not inspect.isabstract(below):
            yield below
        yield from classes(below)


def test_every_gadget_is_on_the_page() -> None:
    for module in pkgutil.iter_modules(gadgets.__path__):
        importlib.import_module(f"{gadgets.__name__}.{module.name}")
    known = {kind for kind in classes() if kind.__module__.startswith(gadgets.__name__)}
    alone = {kind for trial in soundness.ALONE for kind in trial.gadgets}
    assert known == alone | set(soundness.UNDECIDED)
    assert not alone & set(soundness.UNDECIDED)
    assert {trial.title for trial in TRIALS} <= set(page())
    assert len({trial.title for trial in TRIALS}) == len(TRIALS)


def _agrees(entries: Iterator[Entry]) -> None:
    for entry in entries:
        cells = page()[entry.title]
        assert cells[4] == str(entry.findings[soundness.SMALLEST]), entry.title
        assert cells[3].split(" / ")[0] == f"{entry.findings[soundness.SMALLEST].case.constraints:,}"
        assert cells[-1] == entry.remark


@pytest.mark.parametrize("trials", [soundness.ALONE, soundness.TOGETHER], ids=["alone", "together"])
def test_the_page_says_what_is_decided_of_gadgets(trials: Sequence[Trial]) -> None:
    _agrees(soundness.drawn(trials, SMALLEST))


def test_the_page_says_what_is_decided_of_queries() -> None:
    _agrees(soundness.asked())


def test_nothing_is_left_open_without_a_word() -> None:
    for title, cells in page().items():
        if any("not unique" in cell or "undecided" in cell for cell in cells[4:-1]):
            assert cells[-1], title


def test_every_question_has_an_assignment() -> None:
    """Else premises that contradict each other would prove anything."""
    few = Limits(exhaustive=0, nodes=2000)
    for start in range(0, len(TRIALS), soundness.AT_ONCE):
        sheet = Sheet.make(TRIALS[start : start + soundness.AT_ONCE], soundness.SMALLEST)
        for title, case in zip(sheet.titles, sheet.cases(), strict=True):
            assert has_assignment(case.question, few), title
    impossible = Sheet.make([Trial((Ascending,), _contradictory)], soundness.SMALLEST)
    (case,) = impossible.cases()
    assert not has_assignment(case.question, few)


def _contradictory(s: Sketch, n: int) -> None:
    value = s.give("value", (n,), 0, 7)
    s.put(Ascending, value)
    s.help(Ascending, s.make(Numbering, n) * -9 - value)


def test_what_is_free_by_design_is_free() -> None:
    """At three slots, where a permutation network has more settings than there are orders."""
    trials = [trial for trial in TRIALS if Switches in trial.free and len(trial.gadgets) in (1, 3)]
    assert len(trials) == 2
    for case in Sheet.make(trials, 3).cases():
        verdict = decide(replace(case.question, wanted=case.free))
        assert verdict.outcome is Outcome.COUNTEREXAMPLE


# --- broken gadgets -------------------------------------------------------------------------------

BROKEN = {
    "Equal": ("equal.zok.j2", "assert(inverse * difference"),
    "OneOf": ("one_of.zok.j2", "assert(found * product"),
    "Live": ("live.zok.j2", "assert({{ name }}_value[i] * (1 -"),
    "Members: of two groups": ("members.zok.j2", "assert(member[i] * (code[i]"),
    "Quotient: rounded down": ("quotient.zok.j2", "assert(divisor * whole"),
    "Extreme: of rows": ("extreme_of_rows.zok.j2", "assert(product == 0)"),
    "Starts": ("starts.zok.j2", "assert((1 - start) * step"),
    "Marked": ("marked.zok.j2", "assert(mark[j] * (key"),
    "Attained": ("attained.zok.j2", "assert(product == 0)"),
    "Buckets": ("buckets.zok.j2", "assert({{ bucket }}[0]"),
    "RevealItems": ("reveal_items.zok.j2", "assert(used[i] * (1 - used[i - 1])"),
}
"""Of each trial an assertion of its template."""


@pytest.fixture(scope="module")
def broken() -> dict[str, Finding]:
    changed = {}
    for template, start in BROKEN.values():
        found = [m for m in mutants() if m.template == template and m.assertion.startswith(start)]
        changed[template] = found[0].text
    trials = [trial for trial in TRIALS if trial.title in BROKEN]
    with pytest.MonkeyPatch.context() as patch, templates(changed, set()):
        patch.setattr("tests.sketch.compile_circuit", lambda circuit: compile_source(circuit.source))
        sheet = Sheet.make(trials, soundness.SMALLEST)
    return dict(zip(sheet.titles, map(soundness.decided, sheet.cases()), strict=True))


@pytest.mark.parametrize("title", BROKEN)
def test_a_gadget_without_one_of_its_assertions_has_a_counterexample(
    title: str, broken: dict[str, Finding]
) -> None:
    assert broken[title].everything.outcome is Outcome.COUNTEREXAMPLE
    assert "not unique" in str(broken[title])
    assert "not unique" not in page()[title][4]
