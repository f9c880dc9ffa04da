"""The grammar of ``grammar/zkql.lark``, built once. Out: its parsers and its keywords."""

from __future__ import annotations

from functools import cache

from lark import Lark
from lark.lexer import PatternStr

from zkql.resources import read_text


@cache
def parser() -> Lark:
    """The parser of one statement."""
    return _build()


@cache
def complete_parser() -> Lark:
    """The same, for trees that have every token of the text but comments."""
    return _build(keep_all_tokens=True, maybe_placeholders=False)


def _build(*, keep_all_tokens: bool = False, maybe_placeholders: bool = True) -> Lark:
    return Lark(
        read_text("grammar", "zkql.lark"),
        parser="lalr",
        propagate_positions=True,
        keep_all_tokens=keep_all_tokens,
        maybe_placeholders=maybe_placeholders,
    )


@cache
def keywords() -> frozenset[str]:
    """All keywords, in upper case; each is one only where the grammar can use it."""
    fixed = {t.pattern.value for t in parser().terminals if isinstance(t.pattern, PatternStr)}
    return frozenset(k for k in fixed if k.isidentifier()) | {"TIMESTAMP", "DATE", "TIME"}
