"""Functions of text. Characters are Unicode code points; positions count from 1, as everywhere in SQL but
SPLIT_INDEX. A result of more than :data:`LONGEST` characters is an error (:class:`Fault`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zkql.plan.expressions import Call, Literal
from zkql.plan.functions.base import (
    INTEGER,
    TEXT,
    Family,
    Fault,
    NullRule,
    Operands,
    Range,
    Scalar,
    Typed,
    eager,
    gives,
    strict,
    strict_or,
    text_like_first,
)
from zkql.plan.types import BOOLEAN, INT, VARCHAR, Kind, SqlType

LONGEST = 1_000_000


def _short(length: int) -> None:
    if length > LONGEST:
        raise Fault(f"a text of {length} characters; the longest has {LONGEST}")


# --- lengths of results ---------------------------------------------------------------------------


def _length(operand: Any) -> int:
    """The most characters that an operand has; 0 where nothing says."""
    if isinstance(operand, Literal) and isinstance(operand.value, str):
        return len(operand.value)
    return int(operand.type.precision)


def _joined_type(operands: Operands) -> Typed:
    """As long as all operands together, where all say."""
    lengths = [_length(o) for o in operands]
    return operands, SqlType(Kind.VARCHAR, sum(lengths)) if all(lengths) else VARCHAR


def _positions(call: Call, position: int) -> Range:
    """From 0 to the length of an operand."""
    return 0, _length(call.operands[position]) or INT.bounds[1]


# --- values ---------------------------------------------------------------------------------------


def _substring(text: str, start: int, length: int | None = None) -> str | None:
    """From ``start``, which counts from the end where it is negative; 0 is the first, as in Flink."""
    if length is not None and length < 0:
        return None
    first = max(start - 1, 0) if start >= 0 else len(text) + start
    if first < 0:
        return ""
    return text[first:] if length is None else text[first : first + length]


def _may_be_negative(operands: Operands) -> bool:
    """Whether SUBSTRING's length may be."""
    if len(operands) < 3:
        return False
    length = operands[2]
    return not (isinstance(length, Literal) and isinstance(length.value, int) and length.value >= 0)


def _left(text: str, count: int) -> str:
    return text[: max(count, 0)]


def _right(text: str, count: int) -> str:
    return text[max(len(text) - max(count, 0), 0) :]


def _joined(*parts: str) -> str:
    _short(sum(map(len, parts)))
    return "".join(parts)


def _joined_with(separator: str | None, *parts: str | None) -> str | None:
    if separator is None:
        return None
    known = [part for part in parts if part is not None]
    _short(sum(map(len, known)) + len(separator) * len(known))
    return separator.join(known)


def _replaced(text: str, search: str, replacement: str) -> str:
    _short(len(text) + text.count(search) * (len(replacement) - len(search)))
    return text.replace(search, replacement)


def _repeated(text: str, count: int) -> str:
    _short(len(text) * max(count, 0))
    return text * max(count, 0)


def _padding(text: str, length: int, pad: str) -> str | None:
    """What a text lacks; None where LPAD and RPAD are NULL."""
    if length < 0 or not pad:
        return None
    _short(length)
    missing = max(length - len(text), 0)
    return (pad * (missing // len(pad) + 1))[:missing]


def _left_padded(text: str, length: int, pad: str) -> str | None:
    padding = _padding(text, length, pad)
    return None if padding is None else padding + text[:length]


def _right_padded(text: str, length: int, pad: str) -> str | None:
    padding = _padding(text, length, pad)
    return None if padding is None else text[:length] + padding


def _found(text: str, needle: str, start: int = 1) -> int:
    """Where a text contains another, from 1; 0 where it does not."""
    return text.find(needle, max(start - 1, 0)) + 1 if needle else 1


def _split(text: str, separator: str, index: int) -> str | None:
    if not separator:
        raise Fault("the separator is empty")
    parts = text.split(separator) if text else []
    return parts[index] if 0 <= index < len(parts) else None


# --- the functions --------------------------------------------------------------------------------


def _function(
    usage: str,
    summary: str,
    example: str,
    parameters: tuple[Family, ...],
    compute: Callable[..., Any],
    rule: Callable[[Operands], Typed],
    **more: Any,
) -> Scalar:
    """A function of the values of its operands."""
    return Scalar(
        usage.partition("(")[0],
        usage,
        summary,
        example,
        parameters,
        rule,
        strict(lambda _: compute),
        **more,
    )


def _trimmed(text: str, characters: str, *, start: bool, end: bool) -> str:
    """In linear time, which ``str.strip`` with many characters does not take."""
    away = set(characters)
    first, last = 0, len(text)
    while start and first < last and text[first] in away:
        first += 1
    while end and last > first and text[last - 1] in away:
        last -= 1
    return text[first:last]


_TEXT = gives(VARCHAR)

FUNCTIONS = (
    _function("LOWER(text)", "In small letters.", "LOWER(name)", (TEXT,), str.lower, _TEXT),
    _function("UPPER(text)", "In capitals.", "UPPER(name)", (TEXT,), str.upper, _TEXT),
    _function(
        "CHAR_LENGTH(text)",
        "The number of characters.",
        "CHAR_LENGTH(name)",
        (TEXT,),
        len,
        gives(INT),
        bounds=lambda call, _: _positions(call, 0),
    ),
    _function(
        "TRIM(text[, characters])",
        "Without spaces, or any of the characters, at both ends.",
        "TRIM(name)",
        (TEXT, TEXT),
        lambda text, characters=" ": _trimmed(text, characters, start=True, end=True),
        text_like_first,
        optional=1,
    ),
    _function(
        "LTRIM(text[, characters])",
        "Without spaces, or any of the characters, at the beginning.",
        "LTRIM(name)",
        (TEXT, TEXT),
        lambda text, characters=" ": _trimmed(text, characters, start=True, end=False),
        text_like_first,
        optional=1,
    ),
    _function(
        "RTRIM(text[, characters])",
        "Without spaces, or any of the characters, at the end.",
        "RTRIM(name)",
        (TEXT, TEXT),
        lambda text, characters=" ": _trimmed(text, characters, start=False, end=True),
        text_like_first,
        optional=1,
    ),
    _function(
        "SUBSTRING(text, start[, length])",
        "Characters from start, which counts from the end where it is negative.",
        "SUBSTRING(name, 2, 3)",
        (TEXT, INTEGER, INTEGER),
        _substring,
        text_like_first,
        nulls=strict_or("where the length is negative", _may_be_negative),
        optional=1,
    ),
    _function(
        "LEFT(text, n)", "The first n characters.", "LEFT(name, 2)", (TEXT, INTEGER), _left, text_like_first
    ),
    _function(
        "RIGHT(text, n)", "The last n characters.", "RIGHT(name, 2)", (TEXT, INTEGER), _right, text_like_first
    ),
    Scalar(
        "||",
        "x || y",
        "Both texts, one after the other.",
        "name || '!'",
        (TEXT, TEXT),
        _joined_type,
        strict(lambda _: _joined),
    ),
    _function(
        "CONCAT(text, …)",
        "All texts, in turn.",
        "CONCAT(name, '@', name)",
        (TEXT,),
        _joined,
        _joined_type,
        variadic=True,
    ),
    Scalar(
        "CONCAT_WS",
        "CONCAT_WS(separator, text, …)",
        "All texts that are not NULL, with the separator between them.",
        "CONCAT_WS('-', name, CAST(target AS VARCHAR))",
        (TEXT, TEXT),
        gives(VARCHAR),
        eager(lambda _: _joined_with),
        NullRule("NULL where the separator is", strict=False, nullable=lambda o: o[0].nullable),
        variadic=True,
    ),
    _function(
        "REPLACE(text, search, replacement)",
        "With every occurrence of one text replaced by another.",
        "REPLACE(name, 'o', '0')",
        (TEXT, TEXT, TEXT),
        _replaced,
        _TEXT,
    ),
    _function(
        "REVERSE(text)",
        "Last character first.",
        "REVERSE(name)",
        (TEXT,),
        lambda text: text[::-1],
        text_like_first,
    ),
    _function("REPEAT(text, n)", "The text n times.", "REPEAT(name, 2)", (TEXT, INTEGER), _repeated, _TEXT),
    _function(
        "LPAD(text, length, pad)",
        "Filled up at the beginning, or cut, to a length.",
        "LPAD(name, 7, '.')",
        (TEXT, INTEGER, TEXT),
        _left_padded,
        _TEXT,
        nulls=strict_or("where the length is negative or the pad is empty"),
    ),
    _function(
        "RPAD(text, length, pad)",
        "Filled up at the end, or cut, to a length.",
        "RPAD(name, 7, '.')",
        (TEXT, INTEGER, TEXT),
        _right_padded,
        _TEXT,
        nulls=strict_or("where the length is negative or the pad is empty"),
    ),
    _function(
        "POSITION(search IN text)",
        "Where the text contains another, from 1; 0 where it does not.",
        "POSITION('l' IN name)",
        (TEXT, TEXT),
        lambda needle, text: _found(text, needle),
        gives(INT),
        bounds=lambda call, _: _positions(call, 1),
    ),
    _function(
        "LOCATE(search, text[, start])",
        "Where the text contains another, from start on; 0 where it does not.",
        "LOCATE('l', name, 4)",
        (TEXT, TEXT, INTEGER),
        lambda needle, text, start=1: _found(text, needle, start),
        gives(INT),
        bounds=lambda call, _: _positions(call, 1),
        optional=1,
    ),
    _function(
        "INSTR(text, search)",
        "Where the text contains another, from 1; 0 where it does not.",
        "INSTR(name, 'l')",
        (TEXT, TEXT),
        _found,
        gives(INT),
        bounds=lambda call, _: _positions(call, 0),
    ),
    _function(
        "SPLIT_INDEX(text, separator, index)",
        "A part of the text between separators; parts count from 0.",
        "SPLIT_INDEX(name, ' ', 1)",
        (TEXT, TEXT, INTEGER),
        _split,
        text_like_first,
        nulls=strict_or("where there is no such part"),
    ),
    _function(
        "STARTSWITH(text, start)",
        "Whether it begins so.",
        "STARTSWITH(name, 'so')",
        (TEXT, TEXT),
        lambda text, start: int(text.startswith(start)),
        gives(BOOLEAN),
    ),
    _function(
        "ENDSWITH(text, end)",
        "Whether it ends so.",
        "ENDSWITH(name, 'r')",
        (TEXT, TEXT),
        lambda text, end: int(text.endswith(end)),
        gives(BOOLEAN),
    ),
)
