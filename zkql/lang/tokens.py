"""The words of a ``.zkql`` text, comments included. In: any text. Out: its tokens, whatever they mean.

The parser has its own lexer, which knows where which keyword can stand. This one only tells words from
strings and comments, and never fails: it finds the ends of statements, what stands around a syntax error,
and what the formatter moves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class TokenKind(StrEnum):
    """What a token is. ``BROKEN`` is a comment that nothing closes, or what stands in double quotes;
    ``STRAY`` a sign that means nothing, or a quote that nothing closes."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    LINE_COMMENT = "line_comment"
    BLOCK_COMMENT = "block_comment"
    SYMBOL = "symbol"
    BROKEN = "broken"
    STRAY = "stray"


@dataclass(frozen=True, slots=True)
class Token:
    """Characters ``[start, end)``."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The text to compare with a keyword; empty where it cannot be one."""
        return self.text.upper() if self.kind in (TokenKind.WORD, TokenKind.SYMBOL) else ""

    @property
    def is_comment(self) -> bool:
        """Whether the parser skips it."""
        return self.kind in (TokenKind.LINE_COMMENT, TokenKind.BLOCK_COMMENT)


_TOKEN = re.compile(
    r"""(?P<line_comment>--[^\n]*)
      | (?P<block_comment>/\*.*?\*/)
      | (?P<string>'(?:[^'\n]|'')*')
      | (?P<quoted>`[^`\x00-\x1f\x7f-\x9f\u2028\u2029]+`)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>\d+\.\d*|\.\d+|\d+)
      | (?P<broken>/\*.*|"[^"\n]*"?)
      | (?P<symbol><>|!=|<=|>=|=>|\|\||[(),;.=<>*/%+-])
      | (?P<stray>\S)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> Iterator[Token]:
    """All tokens in order; between them is only white space."""
    for match in _TOKEN.finditer(text):
        yield Token(TokenKind(str(match.lastgroup)), match[0], match.start(), match.end())


def statements(found: Iterable[Token]) -> Iterator[tuple[list[Token], Token | None]]:
    """The tokens of each statement, and the semicolon after it; None at the end of the text."""
    current: list[Token] = []
    for token in found:
        if token.upper == ";":
            yield current, token
            current = []
        else:
            current.append(token)
    yield current, None
