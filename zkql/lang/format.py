"""Format a ``.zkql`` text. In: a :class:`Source` that parses. Out: the same statements, laid out by rule.

Keywords in upper case, one clause a line, the columns of CREATE below each other, subqueries indented; lines
of at most :data:`WIDTH` columns. Lines that the author ended between two items of a SELECT list stay ended.
No token is added, changed or lost but for the case of keywords and the semicolon after each statement, and
comments stay where they stand. Lines end with a line feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lark.utils import TextSlice

from zkql.errors import Source, Span, bug
from zkql.lang.build_expressions import too_deep
from zkql.lang.comments import attach, blank_between
from zkql.lang.format_rules import Printer
from zkql.lang.grammar import complete_parser
from zkql.lang.layout import Row, rows
from zkql.lang.parse import parse
from zkql.lang.tokens import TokenKind, statements, tokens

if TYPE_CHECKING:
    from zkql.lang.comments import Around
    from zkql.lang.tokens import Token

WIDTH = 100
_PASSES = 4
"""What one pass wraps, the next may align."""
COMMENT_COLUMN = 37
"""Where comments beside the columns of CREATE stand, unless a column reaches further."""


@dataclass(slots=True)
class _Piece:
    """A statement or a comment between statements; ``end`` is where it ends in the source. ``open`` says that
    a comment may still follow on its last line."""

    rows: list[Row]
    is_statement: bool
    start: int
    end: int
    open: bool


def format_text(source: Source) -> str:
    """The text, formatted; formatting it again changes nothing."""
    parse(source)
    source = Source(source.name, source.text.replace("\r\n", "\n"))
    formatted = _once(source)
    for _ in range(_PASSES):
        before, formatted = formatted, _once(Source(source.name, formatted))
        if formatted == before:
            break
    _check(source, formatted)
    return formatted


def _once(source: Source) -> str:
    pieces: list[_Piece] = []
    for statement, semicolon in statements(tokens(source.text)):
        first = next((n for n, t in enumerate(statement) if not t.is_comment), len(statement))
        for comment in statement[:first]:
            _add_comment(source.text, pieces, comment)
        if first < len(statement):
            around, below = attach(source.text, statement[first:])
            code = [t for t in statement if not t.is_comment]
            beside, around[code[-1].start].after = around[code[-1].start].after, []
            laid_out = _statement(Span(source, code[0].start, code[-1].end), around)
            laid_out[-1].comment = " ".join(comment.text for comment in beside)
            end = semicolon.end if semicolon is not None else statement[-1].end
            pieces.append(_Piece(laid_out, True, code[0].start, end, _leaves_open(beside)))
            pieces += [_comment(comment) for comment in below]
    return _text(_apart(source.text, pieces))


def _statement(text: Span, around: dict[int, Around]) -> list[Row]:
    try:
        tree = complete_parser().parse(TextSlice(text.source.text, text.start, text.end))
        laid_out = rows(Printer(text.source.text, around).doc(tree), WIDTH)
    except RecursionError:
        raise too_deep(Span(text.source, text.start, text.start + 1)) from None
    laid_out[-1].text += ";"
    return laid_out


def _comment(token: Token) -> _Piece:
    return _Piece([Row(text=token.text)], False, token.start, token.end, False)


def _leaves_open(comments: list[Token]) -> bool:
    return all(c.kind is TokenKind.BLOCK_COMMENT for c in comments)


def _add_comment(text: str, pieces: list[_Piece], comment: Token) -> None:
    """A comment on the line where a statement ends goes to its end; others have lines of their own."""
    last = pieces[-1] if pieces else None
    if last is not None and last.open and "\n" not in text[last.end : comment.start]:
        row = last.rows[-1]
        row.comment = f"{row.comment} {comment.text}".strip()
        last.end, last.open = comment.end, _leaves_open([comment])
    else:
        pieces.append(_comment(comment))


def _apart(text: str, pieces: list[_Piece]) -> list[Row]:
    """An empty line after each statement, and between comments where there was one."""
    done: list[Row] = []
    for n, piece in enumerate(pieces):
        before = pieces[n - 1] if n else None
        if before is not None and (before.is_statement or blank_between(text, before.end, piece.start)):
            done.append(Row())
        done += piece.rows
    return done


def _text(done: list[Row]) -> str:
    """Lines with their comments; those of a block below each other."""
    columns: dict[int, int] = {}
    for row in done:
        if row.comment and row.block is not None:
            columns[row.block] = max(columns.get(row.block, COMMENT_COLUMN), row.width + 2)
    lines = []
    for row in done:
        column = columns[row.block] if row.comment and row.block is not None else 0
        space = " " * max(column - row.width, 2) if row.text and row.comment else ""
        lines.append(f"{row.text.rstrip()}{space}{row.comment}".rstrip())
    return "".join(f"{line}\n" for line in lines)


def _check(source: Source, formatted: str) -> None:
    """No token may be lost, whatever the rules do."""
    before, after = (list(tokens(text)) for text in (source.text, formatted))
    code = [
        [t.text.upper() for t in found if not t.is_comment and t.upper != ";"] for found in (before, after)
    ]
    comments = [sorted(t.text.rstrip() for t in found if t.is_comment) for found in (before, after)]
    if code[0] != code[1] or comments[0] != comments[1]:
        raise bug("ZKQL0805", f"formatting {source.name} would change what it says; it stays as it is")
