"""Patterns of DATE_FORMAT and TO_TIMESTAMP, in Java's letters. In: ``yyyy-MM-dd HH:mm:ss.SSS``. Out: text
from a timestamp, and a timestamp from text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from zkql.plan.functions.errors import FunctionError

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])")
_RESERVED = "{}#[]"
_WIDTHS = {
    "y": (4,),
    "u": (4,),
    "M": (1, 2),
    "d": (1, 2),
    "H": (1, 2),
    "m": (1, 2),
    "s": (1, 2),
    "S": (1, 2, 3),
}
"""Letters, and how often each may stand: year, month, day, hour, minute, second, fraction of a second."""
_HINT = "zkql knows yyyy MM dd HH mm ss SSS, and text in single quotes"


@dataclass(frozen=True, slots=True)
class _Text:
    """Characters that stand for themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class _Number:
    """A part of a timestamp, ``width`` digits or more (S: exactly)."""

    letter: str
    width: int

    def write(self, time: datetime) -> str:
        match self.letter:
            case "y" | "u":
                value = time.year
            case "M":
                value = time.month
            case "d":
                value = time.day
            case "H":
                value = time.hour
            case "m":
                value = time.minute
            case "s":
                value = time.second
            case _:
                return f"{time.microsecond // 1000:03d}"[: self.width]
        return f"{value:0{self.width}d}"

    @property
    def pattern(self) -> str:
        """What it reads."""
        exact = self.width > 1 or self.letter == "S"
        return f"(?P<{self.letter}>[0-9]{{{self.width if exact else '1,2'}}})"


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A pattern, in parts."""

    parts: tuple[_Text | _Number, ...]

    @classmethod
    def parsed(cls, pattern: str) -> DateFormat:
        """Raises :class:`FunctionError` where zkql does not know a letter."""
        parts: list[_Text | _Number] = []
        position = 0
        while position < len(pattern):
            token = _TOKEN.match(pattern, position)
            if token is None:
                raise FunctionError("a quote in the pattern is not closed", 1, (_HINT,))
            position = token.end()
            quoted, letter, other = token.groups()
            if quoted is not None:
                parts.append(_Text(quoted.replace("''", "'") or "'"))
            elif letter is not None:
                width = len(token.group())
                if width not in _WIDTHS.get(letter, ()):
                    raise FunctionError(f"zkql does not know {token.group()} in a pattern", 1, (_HINT,))
                parts.append(_Number(letter, width))
            elif other in _RESERVED:
                raise FunctionError(f"{other} is reserved in a pattern", 1, (_HINT,))
            else:
                parts.append(_Text(other))
        return cls(tuple(parts))

    def write(self, time: datetime) -> str:
        """A timestamp as text."""
        return "".join(p.text if isinstance(p, _Text) else p.write(time) for p in self.parts)

    def check_readable(self) -> None:
        """Raises :class:`FunctionError` where a text cannot be read by the pattern."""
        letters = [p.letter for p in self.parts if isinstance(p, _Number)]
        for letter in letters:
            if letters.count(letter) > 1:
                raise FunctionError(f"{letter} stands in the pattern twice", 1)
        if not {"y", "u"} & set(letters):
            raise FunctionError("the pattern has no year", 1, (_HINT,))

    def read(self, text: str) -> datetime | None:
        """The timestamp that a text says; None where it says none. What the pattern lacks is the first."""
        pattern = "".join(re.escape(p.text) if isinstance(p, _Text) else p.pattern for p in self.parts)
        found = re.fullmatch(pattern, text)
        if found is None:
            return None
        said = found.groupdict()

        def number(letter: str, default: int) -> int:
            return int(said.get(letter, default))

        year = number("y", number("u", 0))
        fraction = int(said.get("S", "0").ljust(3, "0")) * 1000
        try:
            return datetime(
                year,
                number("M", 1),
                number("d", 1),
                number("H", 0),
                number("m", 0),
                number("s", 0),
                fraction,
                tzinfo=UTC,
            )
        except ValueError:
            return None
