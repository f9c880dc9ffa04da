"""Colours for ``.zkql`` texts: a lexer for Pygments, which finds it under the name ``zkql``."""

from __future__ import annotations

import re
from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

_KEYWORDS = """
    ALL AND AS ASC BETWEEN BOTH BY CASE CREATE CROSS CURRENT DESC DESCRIPTOR DISTINCT ELSE END ENFORCED
    ESCAPE EXCEPT EXISTS FETCH FILTER FIRST FOLLOWING FOR FROM FULL FUNCTION GROUP HAVING IF IN INNER
    INSERT INTERSECT INTERVAL INTO IS JOIN KEY LAST LEADING LEFT LIKE LIMIT LOCAL NEXT NOT NULLS OF
    OFFSET ON ONLY OR ORDER OUTER OVER PARTITION PARTITIONED PRECEDING PRIMARY RANGE RIGHT ROWS SELECT
    SIGNED STREAM SYSTEM_TIME TABLE TEMPORARY THEN TRAILING UNBOUNDED UNION USING VIEW WATERMARK WHEN
    WHERE WITH WITHIN WITHOUT ZONE
"""
_CONSTANTS = "FALSE NULL TRUE UNKNOWN"
_PRIVACY = "PRIVATE PUBLIC"
_TYPES = """
    ARRAY BIGINT BOOLEAN DATE DEC DECIMAL INT INTEGER NUMERIC ROW SMALLINT STRING TIME TIMESTAMP TIMESTAMP_LTZ
    TINYINT VARCHAR
"""
_FUNCTIONS = "CAST EXTRACT LEFT POSITION RIGHT SUBSTRING TRIM TRY_CAST"
"""Functions with keywords in their parentheses or in their names."""
_WINDOWS = "CUMULATE HOP SESSION TUMBLE"


def _words(found: str, suffix: str = r"\b") -> words:
    return words(found.split(), prefix=r"\b", suffix=suffix)


class ZkqlLexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    """Keywords, types, window functions and the words of privacy each have their own kind of token."""

    name = "zkql"
    aliases: ClassVar[list[str]] = ["zkql"]
    filenames: ClassVar[list[str]] = ["*.zkql"]
    mimetypes: ClassVar[list[str]] = ["text/x-zkql"]
    flags = re.IGNORECASE | re.DOTALL
    tokens: ClassVar = {
        "root": [
            (r"\s+", Whitespace),
            (r"--[^\n]*", Comment.Single),
            (r"/\*.*?\*/", Comment.Multiline),
            (r"'(?:[^'\n]|'')*'", String.Single),
            (r"`[^`\n]+`", Name),
            (r"(\.)(\s*)([A-Z_]\w*)", bygroups(Punctuation, Whitespace, Name)),
            (r"(?:\d+\.\d*|\.\d+)\b", Number.Float),
            (r"\d+\b", Number.Integer),
            (
                r"\b(INTO|STREAM|TABLE|VIEW)(\s+)(?!IF\b)([A-Z_]\w*)",
                bygroups(Keyword, Whitespace, Name.Class),
            ),
            (_words(_WINDOWS, r"(?=\s*\()"), Name.Builtin),
            (_words(_FUNCTIONS, r"(?=\s*\()"), Name.Function),
            (_words(_PRIVACY), Name.Decorator),
            (_words(_CONSTANTS), Keyword.Constant),
            (_words(_TYPES), Keyword.Type),
            (_words(_KEYWORDS), Keyword),
            (r"[A-Z_]\w*(?=\s*\()", Name.Function),
            (r"[A-Z_]\w*", Name),
            (r"<>|!=|<=|>=|=>|\|\||[=<>*/%+-]", Operator),
            (r"[(),;.]", Punctuation),
            (r".", Error),
        ]
    }
