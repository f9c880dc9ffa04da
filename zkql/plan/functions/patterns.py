"""Pattern matching: LIKE, and regular expressions. Patterns are literals, read when a call is bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from zkql.plan.expressions import Call
from zkql.plan.functions.base import INTEGER, TEXT, Operands, Scalar, Typed, strict, strict_or, written
from zkql.plan.functions.errors import FunctionError
from zkql.plan.functions.regex import Regex, RegexError
from zkql.plan.types import BOOLEAN, VARCHAR

# --- LIKE -----------------------------------------------------------------------------------------

_Segment = tuple[str | None, ...]
"""Characters; None is any one."""


@dataclass(frozen=True, slots=True)
class LikePattern:
    """What stands between the ``%`` of a pattern."""

    segments: tuple[_Segment, ...]

    @classmethod
    def parsed(cls, pattern: str, escape: str | None) -> LikePattern:
        """``%`` is any text, ``_`` any character, both themselves after the escape character. Without ESCAPE
        there is no such character, as in standard SQL. Raises :class:`FunctionError`."""
        if escape is not None and len(escape) != 1:
            raise FunctionError("ESCAPE takes one character", 2)
        segments: list[list[str | None]] = [[]]
        characters = iter(pattern)
        for character in characters:
            if character == escape:
                escaped = next(characters, None)
                if escaped is None or escaped not in ("%", "_", escape):
                    raise FunctionError(f"{escape} escapes %, _ or itself", 1)
                segments[-1].append(escaped)
            elif character == "%":
                segments.append([])
            else:
                segments[-1].append(None if character == "_" else character)
        return cls(tuple(map(tuple, segments)))

    def matches(self, text: str) -> bool:
        """The first segment begins the text, the last ends it, the others follow each other."""
        first, *others = self.segments
        if not others:
            return len(text) == len(first) and _stands(first, text, 0)
        *middle, last = others
        end = len(text) - len(last)
        if end < len(first) or not (_stands(first, text, 0) and _stands(last, text, end)):
            return False
        start = len(first)
        for segment in middle:
            while start + len(segment) <= end and not _stands(segment, text, start):
                start += 1
            start += len(segment)
            if start > end:
                return False
        return True


def _stands(segment: _Segment, text: str, start: int) -> bool:
    """Whether a segment is in a text at a place; the text reaches as far."""
    return all(c is None or c == text[start + n] for n, c in enumerate(segment))


def _like_pattern(operands: Operands) -> LikePattern | None:
    pattern = written(operands, 1, "LIKE", "a pattern")
    escape = written(operands, 2, "LIKE", "an escape character") if len(operands) > 2 else None
    return None if pattern is None else LikePattern.parsed(pattern, escape)


def _like(operands: Operands) -> Typed:
    _like_pattern(operands)
    return operands, BOOLEAN


def _compile_like(call: Call) -> Callable[..., int]:
    pattern = _like_pattern(call.operands)
    assert pattern is not None
    return lambda text, *_: int(pattern.matches(text))


# --- regular expressions --------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Regex:
    return Regex.parsed(pattern)


def _regex(operands: Operands, function: str) -> Regex | None:
    pattern = written(operands, 1, function, "a regular expression")
    try:
        return None if pattern is None else _parsed(pattern)
    except RegexError as error:
        raise FunctionError(f"in the regular expression: {error}", 1) from None


def _regexp(operands: Operands) -> Typed:
    _regex(operands, "REGEXP")
    return operands, BOOLEAN


def _compile_regexp(call: Call) -> Callable[..., int]:
    """An empty expression is found nowhere, as in Flink."""
    regex = _regex(call.operands, "REGEXP")
    assert regex is not None
    return lambda text, pattern: int(bool(pattern) and regex.find(text) is not None)


def _extract(operands: Operands) -> Typed:
    regex, group = _regex(operands, "REGEXP_EXTRACT"), _group(operands)
    if regex is not None and not 0 <= group <= regex.groups:
        raise FunctionError(
            f"the regular expression has no group {group}",
            2,
            (f"it has {regex.groups or 'none'}; group 0 is all of it",),
        )
    return operands, VARCHAR


def _group(operands: Operands) -> int:
    group = written(operands, 2, "REGEXP_EXTRACT", "a group") if len(operands) > 2 else 0
    return group or 0


def _compile_extract(call: Call) -> Callable[..., str | None]:
    regex, group = _regex(call.operands, "REGEXP_EXTRACT"), _group(call.operands)
    assert regex is not None

    def compute(text: str, *_: object) -> str | None:
        found = regex.find(text)
        return None if found is None else found[group]

    return compute


FUNCTIONS = (
    Scalar(
        "LIKE",
        "text LIKE pattern [ESCAPE character]",
        "Whether the text is like the pattern: % is any text, _ any character.",
        "name LIKE 'so%'",
        (TEXT, TEXT, TEXT),
        _like,
        strict(_compile_like),
        optional=1,
    ),
    Scalar(
        "REGEXP",
        "REGEXP(text, regex)",
        "Whether a regular expression is found in the text.",
        "REGEXP(name, '[0-9]')",
        (TEXT, TEXT),
        _regexp,
        strict(_compile_regexp),
    ),
    Scalar(
        "REGEXP_EXTRACT",
        "REGEXP_EXTRACT(text, regex[, group])",
        "What a regular expression finds first, or a group of it.",
        "REGEXP_EXTRACT(name, '[a-z]+')",
        (TEXT, TEXT, INTEGER),
        _extract,
        strict(_compile_extract),
        strict_or("where nothing is found"),
        optional=1,
    ),
)
