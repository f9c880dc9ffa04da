"""Text from data, for people and inside other languages. In: any text, hostile names included, and values of
results. Out: text that stays text.

SVG and the page are escaped by Jinja and :mod:`html`; this module has what the standard library has not.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

_PLAIN_IN_MERMAID = frozenset(" ,.()+-=/_'")
"""What a quoted Mermaid label shows as it is; ``%%{`` would be a directive and ``*`` emphasis."""


def visible(text: str) -> str:
    """One line: control and direction characters, line breaks included, are written out."""
    return "".join(
        ascii(c)[1:-1] if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text
    )


def shortened(text: str, width: int) -> str:
    """At most ``width`` characters, the last one an ellipsis where some are left out."""
    return text if len(text) <= width else text[: width - 1] + "…"


def mermaid(text: str) -> str:
    """For a quoted Mermaid label."""
    return "".join(c if c.isalnum() or c in _PLAIN_IN_MERMAID else f"#{ord(c)};" for c in visible(text))


def dot(text: str) -> str:
    """For a quoted DOT string, where a backslash and ``&`` start escapes."""
    return visible(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def columns_wide(text: str) -> int:
    """How many columns of a monospace font the text takes."""
    marks = ("Mn", "Me")
    return sum(
        0 if unicodedata.category(c) in marks else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def written(value: object) -> str:
    """A value of a result as SQL people read it; texts and times without quotes."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ", "milliseconds")
        case list():
            return f"[{', '.join(map(written, value))}]"
        case dict():
            return f"({', '.join(map(written, value.values()))})"
    return str(value)
