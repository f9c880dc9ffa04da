"""Regular expressions in time linear in the text, by RE2. In: a pattern and a text. Out: what is found first.

A verifier evaluates them on rows that others signed, so that no pattern may take exponential time. RE2's
dialect is that of Java, but for lookaround, backreferences and possessive quantifiers; ``$`` is the
very end of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import re2

_LONGEST_PATTERN = 500


class RegexError(ValueError):
    """A pattern that RE2 does not read."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled pattern."""

    _compiled: Any

    @classmethod
    def parsed(cls, pattern: str) -> Regex:
        """Compile a pattern. Raises :class:`RegexError`."""
        if len(pattern) > _LONGEST_PATTERN:
            raise RegexError(f"it is longer than {_LONGEST_PATTERN} characters")
        options = re2.Options()
        options.log_errors = False
        try:
            return cls(re2.compile(pattern, options))
        except re2.error as error:
            reason = error.args[0]
            text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            raise RegexError(text) from None

    @property
    def groups(self) -> int:
        """How many groups it has, the whole not counted."""
        return int(self._compiled.groups)

    def find(self, text: str) -> tuple[str | None, ...] | None:
        """The first match, and its groups after it; None where nothing matches."""
        match = self._compiled.search(text)
        return None if match is None else (match.group(0), *match.groups())
