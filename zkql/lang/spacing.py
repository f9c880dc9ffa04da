"""Tokens of a parse tree that has them all: how each is written, and what stands between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lark import Token, Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

Node = Tree[Token] | Token

TYPES = ("row_type", "array_type")
_AS_WRITTEN = ("name", "head", "new_column", "table_name", "call")
"""Rules whose words are names, whatever else they could be."""
_UPPER = ("type_name", "interval", "extract")
"""Rules whose names are those of types and units, which have no case."""
_TIGHT = (
    *TYPES,
    *_UPPER,
    *("call", "cast", "descriptor", "position", "substring", "trim", "trim_spaces"),
    *("window_function", "window_table"),
)
"""Rules in which no space stands before a parenthesis."""


def children(tree: Tree[Token]) -> list[Node]:
    """The children that have any text."""
    return [c for c in tree.children if isinstance(c, Token) or not c.meta.empty]


def first_leaf(node: Node) -> Token:
    """The first token of a node."""
    while isinstance(node, Tree):
        node = children(node)[0]
    return node


def last_leaf(node: Node) -> Token:
    """The last token of a node."""
    while isinstance(node, Tree):
        node = children(node)[-1]
    return node


def split(nodes: Sequence[Node]) -> list[list[Node]]:
    """Items of a list, each with its comma."""
    items: list[list[Node]] = [[]]
    for node in nodes:
        items[-1].append(node)
        if node == ",":
            items.append([])
    return items


def written(rule: str, leaf: Token) -> str:
    """A token as it is to be written: keywords, types and units in upper case."""
    if (
        leaf.type in ("QUOTED", "STRING")
        or rule in _AS_WRITTEN
        or (leaf.type == "NAME" and rule not in _UPPER)
    ):
        return str(leaf)
    return leaf.upper()


def gap(rule: str, left: Token, right: Token) -> str:
    """What stands between two tokens of a rule."""
    if right in (",", ")", ".") or left in ("(", "."):
        return ""
    if rule in ("negate", "plus"):
        return " " if right in ("-", "+") else ""
    if right == "(":
        return "" if rule in _TIGHT else " "
    return "" if rule in TYPES and (left == "<" or right in ("<", ">")) else " "
