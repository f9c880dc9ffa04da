"""What the catalogue knows about one code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A query that leads to a code, and the query mended, both below the same declarations.

    ``provable`` is false where the mended query is right, and this version has no circuit for it.
    """

    declared: str
    wrong: str
    mended: str
    provable: bool = True

    @property
    def wrong_text(self) -> str:
        """A whole ``.zkql`` text that leads to the code."""
        return self.declared + self.wrong

    @property
    def mended_text(self) -> str:
        """A whole ``.zkql`` text that does not."""
        return self.declared + self.mended


@dataclass(frozen=True, slots=True)
class Area:
    """Codes that begin with the same two digits. ``origin`` says what leads to them, where that is not the
    text of a query."""

    digits: str
    title: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: what it means, what to do. ``unreachable`` says why no query leads to it, in an area where
    queries lead to the others."""

    code: str
    title: str
    meaning: str
    advice: str
    example: Example | None = None
    unreachable: str = ""
