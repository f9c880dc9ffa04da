"""The grammar of ``grammar/zkql.lark``, built once. Out: its parsers and its keywords."""

from __future__ import annotations

from functools import cache

from lark import Lark
from lark.lexer import PatternRE, PatternStr, TerminalDef

from zkql.resources import read_text

_END = r"(?![A-Za-z0-9_])"


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
        edit_terminals=_whole_word,
    )


def _whole_word(terminal: TerminalDef) -> None:
    """A keyword is a whole word: without this, the contextual lexer would read ``BYzone`` as ``BY zone``. It
    goes before a name of the same length, as keywords written as strings do."""
    word = terminal.pattern
    if isinstance(word, PatternStr) and word.value.isidentifier():
        terminal.pattern = PatternRE(f"{word.value}{_END}", word.flags)
        terminal.priority = 1


@cache
def keywords() -> frozenset[str]:
    """All keywords, in upper case; each is one only where the grammar can use it."""
    words = {written(t) for t in parser().terminals if t.pattern.value.endswith(_END)}
    return frozenset(words) | {"TIMESTAMP", "DATE", "TIME"}


def written(terminal: TerminalDef) -> str:
    """A terminal as the text has it, where it is a keyword or a sign."""
    return str(terminal.pattern.value).removesuffix(_END)
