"""Split ZoKrates source into modules, which compile faster. In: source. Out: texts of modules, by name.

ZoKrates finds the line of each node of the syntax tree by reading its module from the beginning, so that the
time of parsing grows with the square of the length. Long functions that call no short ones become modules of
their own; comments are left out. All lines keep their numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONG = 4_000
"""Characters of a function that is worth a module."""
_FUNCTION = re.compile(r"^def (\w+)\((?:(?!^def ).)*?^\}$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"^ *//.*$", re.MULTILINE)
_CALL = re.compile(r"\b(\w+)\(")


def split(source: str) -> tuple[str, dict[str, str]]:
    """The main module, and the modules that it imports, by the name of their function."""
    whole, source = source, COMMENT.sub("", source)
    if "/*" in source:  # a comment may have been a part of one of these
        return whole, {}
    functions = {found[1]: found for found in _FUNCTION.finditer(source)}
    modules: dict[str, str] = {}
    rest = source
    for name, found in functions.items():
        text = found[0]
        inner = called(text, functions) - {name}
        if len(text) < LONG or name == "main" or not inner <= modules.keys():
            continue
        modules[name] = _imports(inner) + "\n" * source.count("\n", 0, found.start()) + text + "\n"
        rest = rest.replace(text, "\n" * text.count("\n"))
    return _imports(called(rest, modules)) + rest, modules


def called(text: str, functions: Mapping[str, object]) -> set[str]:
    """Those of these functions that a text names as called."""
    return {name for name in _CALL.findall(text) if name in functions}


def _imports(names: set[str]) -> str:
    """On one line with what follows."""
    return "".join(f'from "./{name}" import {name}; ' for name in sorted(names))
