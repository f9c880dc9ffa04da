"""Diagnostics: what went wrong, where, why, and what to do about it.

Diagnostics are data; only :mod:`zkql.cli` prints them. Every error that a user can cause is a
:class:`ZkqlError`; its class says which exit code the command line ends with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from zkql.explain.escape import columns_wide, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDEST_LINE = 100
"""Characters of a line of the text that a message shows, around the place."""
_MOST_MARKS = 60
"""Columns that are underlined: the beginning of a long place says where it is."""
_HEAD, _TAIL = 240, 120
"""Characters of a long message that are shown: what it is about may be long, what it says comes last."""


class ExitCode(IntEnum):
    """How every verb of the command line ends."""

    OK = 0
    REJECTED = 1
    USAGE = 2
    TOOLCHAIN = 3


class Severity(StrEnum):
    """``BUG`` is zkql's own fault: circuit and plan disagree, or a check is missing."""

    ERROR = "error"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Source:
    """A text with a name to print, usually a ``.zkql`` file."""

    name: str
    text: str = field(repr=False)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset."""
        line = self.text.count("\n", 0, offset) + 1
        return line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1."""
        return self.text.split("\n")[number - 1]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``[start, end)`` of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"

    def to(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Label:
    """A place in the text and what to say about it."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``labels[0]`` is the place of the error; further labels show its cause."""

    code: str
    message: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return self.render()

    def render(self) -> str:
        """Plain text: ``file:line:col: error[CODE]: message``, the line, a caret, the notes. Long texts are
        cut."""
        where = f"{self.labels[0].span}: " if self.labels else ""
        lines = [f"{where}{self.severity}[{self.code}]: {_cut(self.message)}"]
        for index, label in enumerate(self.labels):
            if index:
                lines.append(f"{label.span}: {label.text}")
            lines += _underlined(label.span, label.text if index == 0 else "")
        lines += [f"  = {_cut(note)}" for note in self.notes]
        return "\n".join(lines)

    def to_json(self) -> dict[str, object]:
        """For ``--json``: the same as data."""
        labels = []
        for label in self.labels:
            line, column = label.span.source.position(label.span.start)
            labels.append(
                {"file": label.span.source.name, "line": line, "column": column, "text": label.text}
            )
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "labels": labels,
            "notes": list(self.notes),
        }


def _cut(text: str) -> str:
    """A text without the middle, where it is long."""
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} … {text[-_TAIL:]}"


def _underlined(span: Span, text: str) -> list[str]:
    """The line, and marks under the place. Of a long line only the part around the place is shown; tabs and
    control characters are written out, so that the marks stand where they belong."""
    number, column = span.source.position(span.start)
    line = span.source.line(number).rstrip("\r")
    start, end = column - 1, min(column - 1 + span.end - span.start, len(line))
    first = max(0, min(start - _WIDEST_LINE // 3, len(line) - _WIDEST_LINE))
    last = first + _WIDEST_LINE
    before, after = "…" if first else "", "…" if last < len(line) else ""
    lead = before + _spaced(line[first:start])
    place, rest = _spaced(line[start : min(end, last)]), _spaced(line[end:last])
    wide = columns_wide(place)
    marks = "^" * max(1, wide) if wide <= _MOST_MARKS else "^" * _MOST_MARKS + "…"
    gutter = " " * len(str(number))
    return [
        f" {number} | {lead}{place}{rest}{after}",
        f" {gutter} | {' ' * columns_wide(lead)}{marks} {_cut(text)}".rstrip(),
    ]


def _spaced(text: str) -> str:
    return visible(text.replace("\t", "    "))


@dataclass
class ZkqlError(Exception):
    """Base of everything a user can cause. Carries one or more diagnostics."""

    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode = field(default=ExitCode.USAGE, init=False)

    def __str__(self) -> str:
        return "\n".join(d.render() for d in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """What IPython and Jupyter show in place of a traceback."""
        from zkql.library.display import diagnostics_text

        return diagnostics_text(self.diagnostics).split("\n")

    def _repr_html_(self) -> str:
        from zkql.library.display import error_html

        return error_html(self.diagnostics)


class QueryError(ZkqlError):
    """The ``.zkql`` text is wrong, or asks for what cannot be proven."""


class InputError(ZkqlError):
    """A file, an argument or a record is not what the verb needs."""


class RejectedError(ZkqlError):
    """Evidence or proof does not hold."""

    exit_code = ExitCode.REJECTED


class ToolchainError(ZkqlError):
    """Node, an npm package, ZoKrates, a key or the machine fails."""

    exit_code = ExitCode.TOOLCHAIN


class BugError(ZkqlError):
    """zkql contradicts itself; the run stops before a wrong proof leaves the machine."""

    exit_code = ExitCode.TOOLCHAIN


def query_error(code: str, message: str, span: Span, *notes: str, label: str = "") -> QueryError:
    """A :class:`QueryError` with one labelled place."""
    return QueryError((Diagnostic(code, message, (Label(span, label),), notes),))


def input_error(code: str, message: str, *notes: str) -> InputError:
    """An :class:`InputError`; the message names file and line itself."""
    return InputError((Diagnostic(code, message, notes=notes),))


def rejected(code: str, message: str, *notes: str) -> RejectedError:
    """A :class:`RejectedError`."""
    return RejectedError((Diagnostic(code, message, notes=notes),))


def toolchain_error(code: str, message: str, *notes: str) -> ToolchainError:
    """A :class:`ToolchainError`."""
    return ToolchainError((Diagnostic(code, message, notes=notes),))


def bug(code: str, message: str, *notes: str) -> BugError:
    """A :class:`BugError`."""
    advice = "this is a fault in zkql, not in your query or data: please report it"
    return BugError((Diagnostic(code, message, (), (*notes, advice), Severity.BUG),))


_MOST_NAMES = 40


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """A note with the nearest known names, or with what there is, if that is not too much."""
    import difflib

    names = sorted(known)
    folded = {n.lower(): n for n in names}
    near = difflib.get_close_matches(name.lower(), folded, n=2, cutoff=0.6)
    if near:
        return (f"did you mean {' or '.join(repr(folded[n]) for n in near)}?",)
    return (f"there is: {', '.join(names)}",) if 0 < len(names) <= _MOST_NAMES else ()
