"""Colours: the lexer that Pygments finds, and which words it tells apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from tests.test_parse import EVERYTHING
from zkql.lang.grammar import keywords
from zkql.lang.highlight import ZkqlLexer

QUERIES = sorted((Path(__file__).parent.parent / "queries").rglob("*.zkql"))


def kinds(text: str) -> dict[str, object]:
    """The kind of each token but white space."""
    return {value: kind for kind, value in ZkqlLexer().get_tokens(text) if kind is not Whitespace}


def test_pygments_finds_the_lexer() -> None:
    assert isinstance(get_lexer_by_name("zkql"), ZkqlLexer)
    assert isinstance(get_lexer_for_filename("queries/q5.zkql"), ZkqlLexer)


@pytest.mark.parametrize("path", QUERIES, ids=[p.stem for p in QUERIES])
def test_every_query_has_colours(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(ZkqlLexer().get_tokens(text))
    assert Error not in [kind for kind, _ in found]
    assert "".join(value for _, value in found) == text


def test_everything_that_parses_has_colours() -> None:
    assert Error not in [kind for kind, _ in ZkqlLexer().get_tokens(EVERYTHING)]


def test_words_of_different_meaning_have_different_kinds() -> None:
    text = (
        "CREATE STREAM s (a BIGINT PUBLIC, b DECIMAL(12, 2) private); -- said\n"
        "select `c d`, MAX(t.date), left(e, 1.5) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(f))) /* so */"
        " where 'it''s' <> NULL"
    )
    expected = {
        **dict.fromkeys(["CREATE", "STREAM", "select", "FROM", "TABLE", "DESCRIPTOR", "where"], Keyword),
        **dict.fromkeys(["BIGINT", "DECIMAL"], Keyword.Type),
        **dict.fromkeys(["PUBLIC", "private"], Name.Decorator),
        "TUMBLE": Name.Builtin,
        **dict.fromkeys(["MAX", "left"], Name.Function),
        "NULL": Keyword.Constant,
        "s": Name.Class,
        **dict.fromkeys(["a", "b", "e", "f", "t", "date", "`c d`"], Name),
        "12": Number.Integer,
        "1.5": Number.Float,
        "'it''s'": String.Single,
        "-- said": Comment.Single,
        "/* so */": Comment.Multiline,
        "<>": Operator,
        ";": Punctuation,
    }
    assert {word: kinds(text)[word] for word in expected} == expected


@pytest.mark.parametrize("word", sorted(keywords()))
def test_every_keyword_of_the_grammar_has_a_colour(word: str) -> None:
    function = kinds(f"{word}(").get(word)
    assert kinds(f"{word} ")[word] is not Name or function is Name.Function
