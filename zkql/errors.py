"""Diagnostics: what went wrong, where, why, and what to do about it.

Diagnostics are data; only :mod:`zkql.cli` prints them. Every error that a user can cause is a
:class:`ZkqlError`; its class says which exit code the command line ends with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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

    def render(self) -> str:
        """Plain text: ``file:line:col: error[CODE]: message``, the line, a caret, the notes."""
        where = f"{self.labels[0].span}: " if self.labels else ""
        lines = [f"{where}{self.severity}[{self.code}]: {self.message}"]
        for index, label in enumerate(self.labels):
            if index:
                lines.append(f"{label.span}: {label.text}")
            lines += _underlined(label.span, label.text if index == 0 else "")
        lines += [f"  = {note}" for note in self.notes]
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


def _underlined(span: Span, text: str) -> list[str]:
    number, column = span.source.position(span.start)
    line = span.source.line(number)
    width = max(1, min(span.end - span.start, len(line) - column + 1))
    gutter = " " * len(str(number))
    marks = " " * (column - 1) + "^" * width
    return [f" {number} | {line}", f" {gutter} | {marks} {text}".rstrip()]


@dataclass
class ZkqlError(Exception):
    """Base of everything a user can cause. Carries one or more diagnostics."""

    diagnostics: tuple[Diagnostic, ...]
    exit_code: ExitCode = field(default=ExitCode.USAGE, init=False)

    def __str__(self) -> str:
        return "\n".join(d.render() for d in self.diagnostics)


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


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """A note with the nearest known names, or with what there is."""
    import difflib

    names = sorted(known)
    folded = {n.lower(): n for n in names}
    near = difflib.get_close_matches(name.lower(), folded, n=2, cutoff=0.6)
    if near:
        return (f"did you mean {' or '.join(repr(folded[n]) for n in near)}?",)
    return (f"there is: {', '.join(names)}",) if names else ()
