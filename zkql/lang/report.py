"""Collect what is wrong with a query, so that one run reports all of it.

A unit of binding (a select item, a conjunct, a statement) raises :class:`QueryError` at its first
fault; whoever binds several units records it here, puts a stand-in in its place, and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from zkql.errors import Diagnostic, Label, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from zkql.errors import Span

T = TypeVar("T")
S = TypeVar("S")


class AlreadyReported(QueryError):
    """A unit rests on something whose fault was reported before; there is nothing to add."""

    def __init__(self) -> None:
        super().__init__(())


class Reporter:
    """The diagnostics of one run."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def attempt(self, bind: Callable[[], T], stand_in: S) -> T | S:
        """``bind()``, or the stand-in where it fails."""
        try:
            return bind()
        except QueryError as error:
            self._found += error.diagnostics
            return stand_in

    def finish(self) -> None:
        """Raise everything that was found, in order of the text."""
        if not self._found:
            return
        distinct = dict.fromkeys(self._found)
        ordered = sorted(distinct, key=lambda d: d.labels[0].span.start if d.labels else 0)
        raise QueryError(tuple(ordered))


def two_places(code: str, message: str, here: Span, there: Span | None, why: str, *notes: str) -> QueryError:
    """An error with its cause: ``there`` is labelled ``why``."""
    labels = (Label(here),) if there is None else (Label(here), Label(there, why))
    return QueryError((Diagnostic(code, message, labels, notes),))


def counted(number: int, what: str) -> str:
    """``1 column``, ``2 columns``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
