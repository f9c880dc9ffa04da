"""The page on soundness. In: cases, and what is said of them. Out: what was found for each; the page in
Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from zkql.analysis.uniqueness import Limits, Outcome, Question, Verdict, decide

_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Case:
    """A gadget at some size. ``question`` wants its outputs and its advice; ``outputs`` are a part of that,
    asked about alone where there is no proof for all. ``free`` wires are the prover's choice by design.
    ``constraints`` is its cost; ``names`` of wires are shown in counterexamples."""

    question: Question
    outputs: frozenset[int]
    free: frozenset[int] = frozenset()
    constraints: int = 0
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """``everything`` is about outputs and advice, ``outputs`` about these alone if that is not proven."""

    case: Case
    everything: Verdict
    outputs: Verdict

    @property
    def sound(self) -> bool:
        """Whether outputs and advice are unique as far as was looked."""
        return self.everything.unique and self.outputs.unique

    def __str__(self) -> str:
        """As it stands on the page."""
        if self.everything.outcome is Outcome.PROVEN:
            told = "proven" if self.everything.wanted or not self.case.free else "nothing to decide"
        elif self.outputs.outcome is Outcome.PROVEN and self.case.outputs:
            told = f"outputs proven; advice {_told(self.everything, self.case.names)}"
        elif self.outputs.outcome is self.everything.outcome:
            told = _told(self.everything, self.case.names)
        else:
            told = f"outputs {_told(self.outputs, self.case.names)}; advice "
            told += _told(self.everything, self.case.names)
        return told


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the page: ``findings`` by N, of one gadget or of several together."""

    title: str
    states: str
    given: str
    findings: Mapping[int, Finding]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the page, with the words before it."""

    title: str
    words: str
    entries: Sequence[Entry]


def examine(case: Case, limits: Limits = _LIMITS) -> Finding:
    """Decide a case: all at once, and the outputs alone if that is not a proof."""
    everything = decide(case.question, limits)
    outputs = everything
    if everything.outcome is not Outcome.PROVEN and case.question.wanted != case.outputs:
        outputs = decide(replace(case.question, wanted=case.outputs), limits)
    return Finding(case, everything, outputs)


def render(preface: str, sections: Sequence[Section]) -> str:
    """The page."""
    lines = [preface.rstrip()]
    for section in sections:
        sizes = sorted({rows for entry in section.entries for rows in entry.findings})
        heads = ["gadget", "states", "given", "constraints", *(f"N = {rows}" for rows in sizes), "remark"]
        lines += ["", f"## {section.title}", "", section.words.strip(), ""]
        lines += [_line(heads), _line(["---"] * len(heads))]
        for entry in section.entries:
            costs = [f"{finding.case.constraints:,}" for finding in entry.findings.values()]
            verdicts = [str(entry.findings[rows]) if rows in entry.findings else "" for rows in sizes]
            cost = " / ".join(dict.fromkeys(costs))
            lines.append(_line([entry.title, entry.states, entry.given, cost, *verdicts, entry.remark]))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _told(verdict: Verdict, names: Mapping[int, str]) -> str:
    wanted, proven = len(verdict.wanted), len(verdict.proven & verdict.wanted)
    match verdict.outcome:
        case Outcome.PROVEN:
            return "proven"
        case Outcome.SEARCHED:
            scope = "all " if verdict.exhaustive else ""
            return f"searched: {proven:,} of {wanted:,} proven, else {scope}{verdict.inputs:,} inputs"
        case Outcome.COUNTEREXAMPLE:
            assert verdict.counterexample is not None
            wire = verdict.counterexample.wire
            return f"**not unique**: {names.get(wire, f'wire {wire}')}"
        case Outcome.UNDECIDED:
            return f"undecided: {proven:,} of {wanted:,} proven; {verdict.reason}"
