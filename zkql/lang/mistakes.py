"""What a syntax error says. In: where the parser stopped, and the tokens around. Out: a :class:`QueryError`.

Common mistakes have a message of their own: :data:`MISTAKES` knows them by the tokens around the place. For
all others the message says what was found, and a note what could stand there, in a few words.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from lark import UnexpectedInput
from lark.utils import TextSlice

from zkql.errors import Diagnostic, Label, QueryError, Span, query_error
from zkql.lang.expected import expected, is_keyword, nearest_keyword
from zkql.lang.grammar import parser
from zkql.lang.tokens import TokenKind, tokens

if TYPE_CHECKING:
    from zkql.lang.tokens import Token

FOREIGN = {
    "ANTI": "nearest form: LEFT JOIN … WHERE … IS NULL",
    "ASOF": "nearest form: JOIN … FOR SYSTEM_TIME AS OF …",
    "LATERAL": "nearest form: a subquery in FROM",
    "MATCH_RECOGNIZE": "nearest form: LAG or LEAD with OVER",
    "MINUS": "write EXCEPT",
    "NATURAL": "nearest form: JOIN … USING (columns)",
    "QUALIFY": "nearest form: the condition in a query around this one",
    "RECURSIVE": "a proof has a fixed number of steps: write each as a table of WITH",
    "SEMI": "nearest form: JOIN with SELECT DISTINCT",
    "TABLESAMPLE": "nearest form: a condition in WHERE",
    "UNNEST": "nearest form: one row for each value, in the source",
    "WINDOW": "a window is a table: FROM TABLE(TUMBLE(TABLE name, DESCRIPTOR(time), INTERVAL '10' SECOND))",
}
"""Words of other dialects that pass for names, and what to write instead."""
_CLAUSES = ("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT")
_STARTS = ("CREATE", "INSERT", "SELECT")
_END = "∎"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One common mistake. ``sketch`` is searched in the tokens around the place: words in upper case, strings
    as ``'…'``, the token that does not fit in ``⟨⟩``, the end as ``∎``. Groups fill ``{1}`` in the texts.
    ``expects`` is a token that would fit. ``back`` more tokens before the place are to blame."""

    sketch: str
    message: str
    note: str
    expects: str = ""
    back: int = 0


_COMMENTS = "comments begin with --, or stand between /* and */"
MISTAKES = (
    Mistake(r"⟨'⟩", "a string is not closed", "strings end with ' on the line they begin on"),
    Mistake(r"⟨`⟩", "a name is not closed", "such names end with ` on the line they begin on"),
    Mistake(r"⟨/\*", "a comment is not closed", "comments that begin with /* end with */"),
    Mistake(r"⟨\"", "double quotes mean nothing", "strings stand in single quotes, names in back quotes"),
    Mistake(r"⟨[^\W\d_A-Z]⟩", "plain names have only the letters A to Z", "write other names in back quotes"),
    Mistake(r"⟨#⟩", "'#' begins no comment", _COMMENTS),
    Mistake(r"/ ⟨/⟩", "'//' begins no comment", _COMMENTS, back=1),
    Mistake(r"= ⟨=⟩", "'==' is no comparison", "write =", back=1),
    Mistake(r"⟨&⟩ &", "'&&' is no operator", "write AND"),
    Mistake(r"⟨!⟩", "'!' is no operator", "write NOT"),
    Mistake(r"⟨:⟩ :", "'::' is no operator", "write CAST(value AS type)"),
    Mistake(
        r"\bINTERVAL (?:- )?⟨([\d.]+)⟩ ([A-Z]+)",
        "the amount of an interval stands in quotes",
        "write INTERVAL '{1}' {2}",
    ),
    Mistake(
        r", ⟨([\d.]+|'…')⟩ ((?:MILLISECOND|SECOND|MINUTE|HOUR|DAY|WEEK)S?)\b",
        "INTERVAL is missing",
        "write INTERVAL '…' {2}",
        "INTERVAL",
    ),
    Mistake(r", ⟨([\d.]+)⟩(?! E\d)", "this is no interval", "write INTERVAL '{1}' SECOND", "INTERVAL"),
    Mistake(
        r"\bINTERVAL '…' [A-Z]+ TO ⟨", "an interval has one unit", "for example INTERVAL '90' SECOND", back=1
    ),
    Mistake(r"\b(GROUP|ORDER|PARTITION|PARTITIONED|SIGNED) ⟨(?!FROM)", "BY is missing", "write {1} BY", "BY"),
    Mistake(r"\bSELECT ⟨\)⟩", "the SELECT list is empty", "write SELECT * for all columns"),
    Mistake(r", ⟨(\)|∎)⟩", "there is a comma too many", "leave it out", back=1),
    Mistake(r"⟨(WHERE|GROUP|HAVING)⟩", "FROM is missing", "write FROM table before {1}", "FROM"),
    Mistake(
        r"\bCREATE STREAM \S+ ⟨",
        "the columns are missing",
        "for example: CREATE STREAM name (device BIGINT, time TIMESTAMP(3), WATERMARK FOR time AS time)",
        "LPAR",
    ),
    Mistake(
        r"^CREATE (?:TEMPORARY )?TABLE .*⟨AS⟩",
        "CREATE TABLE has no query",
        "write CREATE VIEW name AS SELECT …; or INSERT INTO the table",
    ),
    Mistake(
        r"^CREATE (?:TEMPORARY )?VIEW .*⟨(SELECT|WITH)⟩", "AS is missing before {1}", "write AS {1}", "AS"
    ),
    Mistake(
        r"^CREATE (?:TEMPORARY )?TABLE .*⟨SIGNED⟩",
        "nobody signs a table",
        "write CREATE STREAM for what is signed",
    ),
    Mistake(r"^INSERT INTO .*⟨VALUES⟩", "INSERT INTO takes a query", "write SELECT … instead of VALUES"),
    Mistake(
        r"^⟨(ALTER|ANALYZE|BEGIN|DELETE|DESCRIBE|DROP|EXECUTE|EXPLAIN|MERGE|SET|SHOW|UPDATE|USE|VALUES)⟩",
        "zkql has no {1}",
        "a statement is CREATE STREAM, CREATE TABLE, CREATE VIEW, CREATE FUNCTION, INSERT INTO or a query",
    ),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the parser stopped: the tokens before, the one that does not fit (None at the end), those after,
    and the terminals that would fit."""

    text: Span
    before: list[Token]
    found: Token | None
    after: list[Token]
    accepted: frozenset[str]

    def span(self, token: Token) -> Span:
        """Where a token stands; of what is not closed only its beginning."""
        length = len(token.text)
        if token.kind is TokenKind.BROKEN and token.text.startswith("/*"):
            length = len("/*")
        return Span(self.text.source, token.start, token.start + length)

    @property
    def here(self) -> Span:
        """The token that does not fit, or the end."""
        if self.found is not None:
            return self.span(self.found)
        end = self.before[-1].end if self.before else self.text.start
        return Span(self.text.source, end, end)

    @property
    def open(self) -> list[Token]:
        """The parentheses before the place that are not closed."""
        stack: list[Token] = []
        for token in self.before:
            if token.upper == "(":
                stack.append(token)
            elif token.upper == ")" and stack:
                stack.pop()
        return stack

    @property
    def sketch(self) -> str:
        """The tokens around, as :class:`Mistake` wants them."""
        found = _END if self.found is None else _sketch(self.found)
        return " ".join([*map(_sketch, self.before), f"⟨{found}⟩", *map(_sketch, self.after[:3])])

    def error(
        self, message: str, *notes: str, blame: Span | None = None, cause: Label | None = None
    ) -> QueryError:
        """The place, a message, and what to do."""
        labels = (Label(blame or self.here), *((cause,) if cause else ()))
        return QueryError((Diagnostic("ZKQL0101", message, labels, notes),))


def _sketch(token: Token) -> str:
    match token.kind:
        case TokenKind.STRING:
            return "'…'"
        case TokenKind.QUOTED:
            return "`…`"
        case _:
            return token.text.upper()


def syntax_error(
    text: Span, error: UnexpectedInput, statement: list[Token], semicolon: Token | None
) -> QueryError:
    """What is wrong with one statement, where the parser gave up."""
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    offset = text.end if at_end or error.pos_in_stream is None else error.pos_in_stream
    visible = [t for t in statement if not t.is_comment]
    before = [t for t in visible if t.end <= offset]
    found, *after = [*(t for t in visible if t.end > offset), semicolon]
    place = _Place(text, before, found, [t for t in after if t is not None], _accepted(text, offset))
    for rule in (
        _from,
        _common,
        _foreign,
        _touching,
        _broken_off,
        _misordered,
        _misspelt,
        _commas,
        _parentheses,
    ):
        finding = rule(place)
        if finding is not None:
            return finding
    return _unexpected(place)


def _accepted(text: Span, offset: int) -> frozenset[str]:
    """The terminals that would fit at a place, before the parser has acted on what does not."""
    state = parser().parse_interactive(TextSlice(text.source.text, text.start, text.end))
    with suppress(UnexpectedInput):
        for token in state.iter_parse():
            if token.start_pos is not None and token.start_pos >= offset:
                break
    return frozenset(state.accepts())  # type: ignore[no-untyped-call]


def _unexpected(place: _Place, cause: Label | None = None) -> QueryError:
    what = "the end of the file" if place.found is None else f"'{place.here.text}'"
    notes = [expected(place.accepted)]
    word = place.before[-1] if place.accepted == {"BY"} and place.before else place.found
    if word is not None and is_keyword(word.text) and place.accepted & {"NAME", "BY"}:
        notes.append(f"where it is a name, write `{word.text}`")
    return place.error(f"syntax error: {what} was not expected here", *notes, cause=cause)


def nothing_before_from(select: Span, word: Span) -> QueryError:
    """FROM was read as the name of a column, since what stands before it is not complete."""
    before = Span(select.source, select.start, word.start).text
    previous = [t for t in tokens(before) if not t.is_comment][-1]
    match previous.upper:
        case "SELECT":
            return query_error("ZKQL0101", "the SELECT list is empty", word, "write SELECT * for all columns")
        case ",":
            comma = Span(select.source, select.start + previous.start, select.start + previous.end)
            return query_error("ZKQL0101", "there is a comma too many before FROM", comma, "leave it out")
        case _:
            wanted = "a name" if previous.upper == "." else "an expression"
            return query_error(
                "ZKQL0101", "syntax error: 'FROM' was not expected here", word, f"expected {wanted}"
            )


def _from(place: _Place) -> QueryError | None:
    """A FROM that was read as a name: what it follows, or a clause that comes next, shows that it is none."""
    for before, word in pairwise(place.before[-4:]):
        if word.upper == "FROM" and before.upper in (",", "SELECT"):
            return nothing_before_from(place.text, place.span(word))
    if "FROM" not in place.accepted or place.found is None or place.found.upper not in _CLAUSES:
        return None
    for token in reversed(place.before):
        if token.upper == "FROM":
            return nothing_before_from(place.text, place.span(token))
        if token.upper == "SELECT":
            break
    return None


def _common(place: _Place) -> QueryError | None:
    sketch = place.sketch
    for mistake in MISTAKES:
        match = re.search(mistake.sketch, sketch)
        if match and (not mistake.expects or mistake.expects in place.accepted):
            words = (match[0], *match.groups())
            blame = place.span(place.before[-mistake.back]).to(place.here) if mistake.back else None
            return place.error(mistake.message.format(*words), mistake.note.format(*words), blame=blame)
    return None


def _foreign(place: _Place) -> QueryError | None:
    """A clause of another dialect; its first word has passed for a name."""
    for token in [*place.before[-2:], *([place.found] if place.found else ())]:
        note = FOREIGN.get(token.upper)
        if note is not None:
            return place.error(f"zkql has no {token.upper}", note, blame=place.span(token))
    return None


def _touching(place: _Place) -> QueryError | None:
    """A word that touches the string or number before it."""
    around = [*place.before[-2:], *([place.found] if place.found else ()), *place.after[:1]]
    for left, right in pairwise(around):
        if right.kind is not TokenKind.WORD or left.end != right.start:
            continue
        here = place.span(left).to(place.span(right))
        if left.kind is TokenKind.STRING:
            return place.error(
                "a string ends here", "a quote in a string is written twice: 'it''s'", blame=here
            )
        if left.kind is TokenKind.NUMBER and re.fullmatch(r"E\d*", right.upper):
            return place.error("numbers have no exponent", "write all digits: 100000, or 0.00001", blame=here)
        if left.kind is TokenKind.NUMBER:
            return place.error(
                "names do not begin with a digit", f"write `{here.text}` in back quotes", blame=here
            )
    return None


def _broken_off(place: _Place) -> QueryError | None:
    """The next statement begins without a semicolon."""
    if "$END" not in place.accepted:
        return None
    for token in (place.found, *place.before[1:][-1:]):  # the word may have passed for an alias
        if token is not None and token.upper in _STARTS:
            message = f"a semicolon is missing before {token.upper}"
            return place.error(message, "statements end with ;", blame=place.span(token))
    return None


def _misordered(place: _Place) -> QueryError | None:
    """A clause stands after one that it should stand before."""
    word = place.found.upper if place.found else ""
    if word not in _CLAUSES[1:]:
        return None
    since = place.before.index(place.open[-1]) if place.open else 0
    depth = 0
    later = _CLAUSES[_CLAUSES.index(word) + 1 :]
    for token in place.before[since + 1 : -1]:
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if depth == 0 and token.upper in later:
            note = "their order: SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT"
            return place.error(f"{word} stands before {token.upper}", note)
    return None


def _misspelt(place: _Place) -> QueryError | None:
    """A word that is nearly a keyword that would fit: this one, or the last one, which passed for a name."""
    passed = place.before[-1:] if place.found and _is_value(place.found) else []
    for token in (place.found, *passed):
        if token is None or token.kind is not TokenKind.WORD or is_keyword(token.text):
            continue
        keyword = nearest_keyword(token.text, place.accepted)
        if keyword is not None:
            message = f"syntax error: '{token.text}' was not expected here"
            return place.error(message, f"did you mean {keyword}?", blame=place.span(token))
    return None


def _commas(place: _Place) -> QueryError | None:
    """A comma too many, or one that is missing."""
    match place.before[-2:], place.found:
        case [comma, word], _ if comma.upper == "," and word.upper in _CLAUSES:
            message = f"there is a comma too many before {word.upper}"
            return place.error(message, "leave it out", blame=place.span(comma))
        case [left, word], found if (
            found and found.upper == "(" and word.kind is TokenKind.WORD and _ends_value(left)
        ):
            blamed = word
        case [*_, left], found if found and _is_value(found) and _ends_value(left):
            blamed = found
        case _:
            return None
    if "COMMA" not in place.accepted:
        return None
    note = "a comma separates columns, arguments and options"
    return place.error(f"a comma is missing before {_quoted(blamed)}", note, blame=place.span(blamed))


def _quoted(token: Token) -> str:
    return token.text if token.kind in (TokenKind.STRING, TokenKind.QUOTED) else f"'{token.text}'"


def _is_value(token: Token) -> bool:
    if token.kind is TokenKind.WORD:
        return not is_keyword(token.text)
    return token.kind in (TokenKind.QUOTED, TokenKind.STRING, TokenKind.NUMBER)


def _ends_value(token: Token) -> bool:
    return token.upper == ")" or token.kind in (
        TokenKind.WORD,
        TokenKind.QUOTED,
        TokenKind.STRING,
        TokenKind.NUMBER,
    )


def _parentheses(place: _Place) -> QueryError | None:
    """One that nothing opens, or one that nothing closes."""
    word = place.found.upper if place.found else ""
    if word == ")" and not place.open:
        return place.error("nothing opens this parenthesis", "leave it out, or add a '(' before")
    ended = place.found is None or word == ";" or is_keyword(word)
    if ended and place.open and "RPAR" in place.accepted:
        cause = Label(place.span(place.open[-1]), "this parenthesis is not closed")
        return _unexpected(place, cause=cause)
    return None
