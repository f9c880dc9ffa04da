"""The statements of a file as a tree to show. In: a parsed file. Out: :class:`Tree`, its text, its data."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from zkql.errors import Span
from zkql.explain.escape import visible
from zkql.lang.syntax import Interval, Name, TypeName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from zkql.lang.syntax import File

_CLAUSES = {
    "common": "WITH",
    "source": "FROM",
    "where": "WHERE",
    "group_by": "GROUP BY",
    "having": "HAVING",
    "condition": "ON",
    "as_of": "AS OF",
    "computed": "AS",
}
"""Fields whose nodes would not say what they are for."""
_WORDS = {
    ("private", True): "PRIVATE",
    ("private", False): "PUBLIC",
    ("nullable", True): "NULL",
    ("nullable", False): "NOT NULL",
    ("all", True): "ALL",
    ("all", False): "",
}
_UNNAMED = ("name", "function", "kind", "operator")
"""Fields that say what a node is."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A statement, a clause or an expression: what it is, its own values, where it starts."""

    kind: str
    text: str
    span: Span | None
    children: tuple[Tree, ...]

    @property
    def position(self) -> str:
        """``line:column``; nothing where it stands at no one place."""
        return ":".join(map(str, self.span.source.position(self.span.start))) if self.span else ""


def syntax_tree(file: File) -> Tree:
    """A whole file."""
    return Tree("File", "", None, tuple(map(_of_node, file.statements)))


def tree_lines(tree: Tree, depth: int = 0) -> Iterator[str]:
    """One line a node, two spaces a level."""
    parts = (tree.kind, visible(tree.text), tree.position)
    yield "  " * depth + "  ".join(part for part in parts if part)
    for child in tree.children:
        yield from tree_lines(child, depth + 1)


def tree_json(tree: Tree) -> dict[str, Any]:
    """The same as data."""
    line, column = tree.span.source.position(tree.span.start) if tree.span else (None, None)
    return {
        "kind": tree.kind,
        "text": tree.text,
        "line": line,
        "column": column,
        "children": [tree_json(child) for child in tree.children],
    }


def _of_node(node: Any) -> Tree:
    """A statement or clause: names, types, words and numbers are its own text; the rest are children."""
    own: list[str] = []
    children: list[Tree] = []
    span: Span | None = None
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "span":
            span = value
        elif isinstance(value, Span):
            own += ["DISTINCT"] if field.name == "distinct" else []  # else the place of a word
        elif value is None or value == ():
            continue
        elif (text := _inline(field.name, value)) is not None:
            own.append(text)
        else:
            found = tuple(map(_child, value if isinstance(value, tuple) else (value,)))
            clause = _CLAUSES.get(field.name)
            children += (Tree(clause, "", found[0].span, found),) if clause else found
    return Tree(type(node).__name__, ", ".join(filter(None, own)), span, tuple(children))


def _inline(field: str, value: Any) -> str | None:
    """A value that needs no line of its own."""
    match value:
        case Name(text):
            return text if field in _UNNAMED else f"{field} {text}"
        case TypeName() | Interval():
            return _word(value)
        case bool():
            return _WORDS[field, value]
        case str() | int():
            return str(value) if field in _UNNAMED else f"{field} {value}"
        case (Interval(), *_):
            return ", ".join(map(_word, value))
        case (Name(), *_):
            return f"{field} {', '.join(map(_word, value))}"
        case _:
            return None


def _word(value: Name | TypeName | Interval) -> str:
    match value:
        case Name(text):
            return text
        case Interval(amount, unit):
            return f"INTERVAL {amount!r} {unit}"
        case TypeName(name, parameters, own):
            text = f"{name}({', '.join(map(str, parameters))})" if parameters else name
            inner = ", ".join(f"{n.text} {_word(k)}".strip() for n, k in own)
            return f"{text}<{inner}>" if own else text


def _child(value: Any) -> Tree:
    return _of_expression(value) if isinstance(value, exp.Expression) else _of_node(value)


def _of_expression(node: exp.Expression) -> Tree:
    span = node.meta.get("span")
    if isinstance(node, exp.Column):
        return Tree("Column", ".".join(part.name for part in node.parts), span, ())
    if isinstance(node, exp.Literal):
        return Tree("Literal", f"'{node.this}'" if node.is_string else node.this, span, ())
    own: list[str] = []
    children: list[Tree] = []
    for key, value in node.args.items():
        if key == "partition_by" and value:
            children.append(Tree("PARTITION BY", "", None, tuple(map(_of_expression, value))))
            continue
        for item in value if isinstance(value, list) else (value,):
            match item:
                case exp.Identifier() | exp.Var():
                    own.append(item.name)
                case exp.Expression():
                    children.append(_of_expression(item))
                case None | False:
                    pass
                case _:
                    own += [str(item)] if key in ("this", "over") else [f"{key} {item}"]
    extra = [node.meta[key] for key in ("type", "interval", "subquery") if key in node.meta]
    own += [_word(value) for value in extra if isinstance(value, TypeName)]
    children += _nested(value for value in extra if not isinstance(value, TypeName | Interval))
    kind = "Call" if isinstance(node, exp.Anonymous) else type(node).__name__
    return Tree(kind, ", ".join(own), span, tuple(children))


def _nested(values: Iterable[Any]) -> list[Tree]:
    return [_of_node(value) for value in values if is_dataclass(value)]
