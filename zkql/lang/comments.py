"""Comments of a statement, each with the token it goes with. In: tokens. Out: what is around each token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.lang.layout import EndComment, OwnComment
from zkql.lang.tokens import TokenKind

if TYPE_CHECKING:
    from zkql.lang.layout import Doc
    from zkql.lang.tokens import Token

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


@dataclass(slots=True)
class Around:
    """Comments on lines of their own before a token, and comments after it on its line."""

    before: list[OwnComment]
    after: list[Token]


def blank_between(text: str, start: int, end: int) -> bool:
    """Whether a part of the text has an empty line."""
    return _BLANK_LINE.search(text, start, end) is not None


def attach(text: str, statement: list[Token]) -> tuple[dict[int, Around], list[Token]]:
    """What goes with the token at each offset, and the comments on lines of their own after the last token.

    Comments before the first token are none of the statement's. Those before a comma go after it.
    """
    around: dict[int, Around] = {}
    waiting: list[Token] = []
    last: Token | None = None
    ended = False
    end = 0
    for token in statement:
        if token.upper == "," and last is not None:
            around[token.start] = Around([], [])
            ended = bool(around[last.start].after) and "\n" in text[last.end : token.start]
            if ended:
                around[token.start].after, around[last.start].after = around[last.start].after, []
            last = token
        elif not token.is_comment:
            around[token.start] = Around(_own(text, end, waiting, last), [])
            waiting, last, ended = [], token, False
        elif last is not None and not waiting and not ended and "\n" not in text[end : token.start]:
            around[last.start].after.append(token)
        elif last is not None:
            waiting.append(token)
            continue
        end = token.end
    return around, waiting


def _own(text: str, end: int, comments: list[Token], last: Token | None) -> list[OwnComment]:
    """Comments before a token; an empty line is kept before the first only after a comma."""
    own: list[OwnComment] = []
    for comment in comments:
        blank = blank_between(text, end, comment.start)
        own.append(OwnComment(comment.text, blank and (bool(own) or last is None or last.upper == ",")))
        end = comment.end
    return own


def after(text: str, comments: list[Token], block: int | None) -> list[Doc]:
    """Comments after a token: within the line where the line goes on, else at its end."""
    docs: list[Doc] = []
    for comment in comments:
        rest = text[comment.end : _line_end(text, comment.end)]
        within = comment.kind is TokenKind.BLOCK_COMMENT and "\n" not in comment.text
        docs.append(EndComment(comment.text, block, within and bool(rest.strip())))
    return docs


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
