"""How each construct is laid out. In: a parse tree with all its tokens. Out: a document for the layout.

The methods of :class:`Printer` are named after the rules of ``grammar/zkql.lark``. A rule without a method
stays on one line, with the spaces of :func:`gap`, but for what stands in parentheses.
"""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from lark import Token as Leaf
from lark import Tree

from zkql.lang.comments import Around, after, blank_between
from zkql.lang.layout import Break, Choice, Fill, Group, Line, Nest, one_line
from zkql.lang.spacing import TYPES, children, first_leaf, gap, last_leaf, split, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.lang.layout import Doc, OwnComment
    from zkql.lang.spacing import Node

SUBQUERY_WIDTH = 60
"""Subqueries up to here stay on one line."""
SPREAD = 4
"""Results whose expressions' widths differ by no more have their AS below each other."""
_UNBROKEN = ("type_name", "interval", "window_table", "descriptor", "fetch")
"""Rules in which no line ends within parentheses, but for those further inside."""
_FILLED = ("in_", "names", "descriptor")
"""Rules with as many items on each line as fit."""


class Printer:
    """Lays out one statement. ``around`` has the comments that go with its tokens."""

    def __init__(self, text: str, around: dict[int, Around]) -> None:
        self._text = text
        self._around = around
        self._block: int | None = None
        self._done: dict[int, Doc] = {}

    def doc(self, node: Node, rule: str = "") -> Doc:
        """The document of a node; of a token as ``rule`` has it."""
        if isinstance(node, Leaf):
            return self._leaf(rule, node)
        if id(node) not in self._done:
            layout = getattr(self, node.data, None)
            self._done[id(node)] = self._inline(node.data, children(node)) if layout is None else layout(node)
        return self._done[id(node)]

    # --- tokens, and rules that stay on one line ---

    def _leaf(self, rule: str, leaf: Leaf, *, own: bool = True) -> Doc:
        around = self._around[leaf.start_pos or 0]
        before = list(around.before) if own else []
        return [*before, written(rule, leaf), *after(self._text, around.after, self._block)]

    def _own(self, node: Node) -> list[OwnComment]:
        return self._around[first_leaf(node).start_pos or 0].before

    def _inline(self, rule: str, nodes: Sequence[Node]) -> list[Doc]:
        """Nodes one after the other; what stands in parentheses may be spread over lines."""
        docs: list[Doc] = []
        index = 0
        while index < len(nodes):
            node = nodes[index]
            if index:
                docs.append(gap(rule, last_leaf(nodes[index - 1]), first_leaf(node)))
            closing = self._closing_of(rule, node)
            if closing is None:
                docs.append(self.doc(node, rule))
            else:
                end = next(n for n in range(index, len(nodes)) if nodes[n] == closing)
                docs.append(self._enclosed(rule, nodes[index : end + 1]))
                index = end
            index += 1
        return docs

    def _closing_of(self, rule: str, node: Node) -> str | None:
        """What closes a parenthesis that may be spread over lines."""
        if rule in TYPES and node == "<":
            return ">"
        return ")" if rule not in _UNBROKEN and node == "(" else None

    def _enclosed(self, rule: str, nodes: Sequence[Node]) -> Doc:
        """``( items )``: on one line where it fits, else each item on its own."""
        opening, *content, closing = nodes
        items = [[n] for n in content] if rule == "over" else split(content)
        docs: list[Doc] = []
        for item in filter(None, items):
            doc = self._inline(rule, item)
            if docs and _continues(item[0]):
                docs[-1] = [docs[-1], " ", doc]
            else:
                docs.append(doc)
        query = len(content) == 1 and isinstance(content[0], Tree) and content[0].data == "query"
        edge: Doc = Break() if query and rule == "common_table" else Line("")
        inside = self._fill(docs) if rule in _FILLED else _lines(docs)
        limit = SUBQUERY_WIDTH if query else None
        return self._surrounded(self.doc(opening, rule), edge, inside, closing, limit)

    def _surrounded(
        self, opening: Doc, edge: Doc, inside: Doc, closing: Node, limit: int | None = None
    ) -> Doc:
        """On one line where it fits, else the inside on lines of its own, further in."""
        word = first_leaf(closing)
        around = self._around[word.start_pos or 0]
        group = Group([opening, Nest(2, [edge, inside, *around.before]), edge, word.upper()], limit)
        return [group, *after(self._text, around.after, self._block)]

    def _fill(self, docs: Sequence[Doc]) -> Doc:
        return Fill(tuple((Line() if n else None, doc) for n, doc in enumerate(docs)))

    # --- CREATE ---

    def create_table(self, tree: Tree[Leaf]) -> Doc:
        """Each column on a line of its own, types and comments below each other."""
        nodes = children(tree)
        opening, closing = nodes.index("("), nodes.index(")")  # type: ignore[arg-type]
        self._block = tree.meta.start_pos
        items = [i for i in split(nodes[opening + 1 : closing]) if i]
        columns = self._columns([i[0] for i in items if isinstance(i[0], Tree)])
        docs: list[Doc] = []
        previous: Node = nodes[opening]
        for item, column in zip(items, columns, strict=True):
            end, start = last_leaf(previous).end_pos or 0, first_leaf(item[0]).start_pos or 0
            blank = bool(docs) and not self._own(item[0]) and blank_between(self._text, end, start)
            docs += [Break(blank), column, *(self.doc(comma, tree.data) for comma in item[1:])]
            previous = item[-1]
        docs += self._own(nodes[closing])
        self._block = None
        head = self._inline(tree.data, nodes[:opening])
        tail = self._inline(tree.data, nodes[closing + 1 :])
        return [
            *(head, " ", self.doc(nodes[opening], tree.data), Nest(2, docs), Break()),
            *(self._leaf(tree.data, first_leaf(nodes[closing]), own=False), " " if tail else "", tail),
        ]

    create_stream = create_table

    def _columns(self, trees: Sequence[Tree[Leaf]]) -> list[Doc]:
        """Column definitions, their types below each other."""
        named = ("column_definition", "computed_column", "field")
        names = {id(t): self.doc(children(t)[0]) for t in trees if t.data in named}
        widest = max((len(one_line(name) or "") for name in names.values()), default=0)
        docs: list[Doc] = []
        for tree in trees:
            name = names.get(id(tree))
            if name is None:
                docs.append(self.doc(tree))
                continue
            pad = " " * max(widest - len(one_line(name) or "") + 2, 1)
            docs.append([name, pad, self._inline(tree.data, children(tree)[1:])])
        return docs

    def row_type(self, tree: Tree[Leaf]) -> Doc:
        """On one line, or like the columns of CREATE TABLE."""
        word, opening, *content, closing = children(tree)
        fields = split(content)
        columns = self._columns([f[0] for f in fields if isinstance(f[0], Tree)])
        broken: list[Doc] = [
            [column, *(self.doc(comma, tree.data) for comma in field[1:])]
            for field, column in zip(fields, columns, strict=True)
        ]
        head = [self.doc(word, tree.data), self.doc(opening, tree.data)]
        flat = [self._inline(tree.data, field) for field in fields]
        around = self._around[first_leaf(closing).start_pos or 0]
        end = str(closing)
        return [
            Choice(
                [*head, _lines(flat), *around.before, end],
                [*head, Nest(2, [*([Break(), column] for column in broken), *around.before]), Break(), end],
            ),
            *after(self._text, around.after, self._block),
        ]

    def create_view(self, tree: Tree[Leaf]) -> Doc:
        """The query on lines of its own."""
        *head, query = children(tree)
        return [*self._inline(tree.data, head), Break(), self.doc(query)]

    insert = create_view

    # --- queries ---

    def query(self, tree: Tree[Leaf]) -> Doc:
        """One clause a line."""
        return _lines([self.doc(node) for node in children(tree)])

    def with_clause(self, tree: Tree[Leaf]) -> Doc:
        """One table after the other."""
        word, *tables = children(tree)
        docs: list[Doc] = [self.doc(word, tree.data)]
        for table in split(tables):
            docs += [" ", self._inline(tree.data, table)]
        return docs

    def union(self, tree: Tree[Leaf]) -> Doc:
        """The operator on a line of its own."""
        left, *operator, right = children(tree)
        return _lines([self.doc(left), self._inline(tree.data, operator), self.doc(right)])

    intersect = union

    def select(self, tree: Tree[Leaf]) -> Doc:
        """SELECT and its list, then the other clauses."""
        nodes = children(tree)
        listed = next(
            n for n, node in enumerate(nodes) if isinstance(node, Tree) and node.data == "select_list"
        )
        head = self._inline(tree.data, nodes[:listed])
        clauses = [self.doc(node) for node in nodes[listed + 1 :]]
        return _lines([[*head, " ", Nest(7, self.doc(nodes[listed]))], *clauses])

    def select_list(self, tree: Tree[Leaf]) -> Doc:
        """Lines end where the author ended them; else, where it is too long, around items with an alias."""
        items = split(children(tree))
        ended = [
            "\n" in self._text[last_leaf(left[0]).end_pos or 0 : first_leaf(right[0]).start_pos or 0]
            for left, right in pairwise(items)
        ]
        if any(ended):
            return self._results(items, ended)
        alone = [isinstance(i[0], Tree) and i[0].data == "item" and len(children(i[0])) > 1 for i in items]
        flat = self._results(items, [False] * len(ended))
        return Choice(flat, self._results(items, [a or b for a, b in pairwise(alone)]))

    def _results(self, items: Sequence[list[Node]], ended: Sequence[bool]) -> Doc:
        """Items of SELECT; ``ended[i]`` says that a line ends after item ``i``."""
        starts, ends = [True, *ended], [*ended, True]
        alone = [start and end for start, end in zip(starts, ends, strict=True)]
        pads = self._pads(items, alone)
        docs = [
            [self._result(item[0], pad), *(self.doc(comma, "select_list") for comma in item[1:])]
            for item, pad in zip(items, pads, strict=True)
        ]
        separators: list[Line | Break | None] = [None, *(Break() if end else Line() for end in ended)]
        return Fill(tuple(zip(separators, docs, strict=True)))

    def _pads(self, items: Sequence[list[Node]], alone: Sequence[bool]) -> list[int]:
        """Spaces before each AS, so that those of neighbouring lines stand below each other."""
        widths = [self._as_width(i[0]) if a else None for i, a in zip(items, alone, strict=True)]
        pads: list[int] = []
        for named, run in groupby(widths, lambda width: width is not None):
            found = [width or 0 for width in run]
            together = named and max(found) - min(found) <= SPREAD
            pads += [1 + max(found) - width if together else 1 for width in found]
        return pads

    def _as_width(self, node: Node) -> int | None:
        """The width of an expression before AS."""
        nodes = children(node) if isinstance(node, Tree) and node.data == "item" else []
        text = (
            one_line(self.doc(nodes[0], "item"))
            if [n for n in nodes[1:-1] if str(n).upper() == "AS"]
            else None
        )
        return None if text is None else len(text)

    def _result(self, node: Node, pad: int) -> Doc:
        nodes = children(node) if isinstance(node, Tree) and node.data == "item" else [node]
        if len(nodes) == 1:
            return self.doc(nodes[0])
        return [self.doc(nodes[0]), " " * pad, self._inline("item", nodes[1:])]

    def ordering(self, tree: Tree[Leaf]) -> Doc:
        """ORDER BY, and how many rows."""
        first, *rest = children(tree)
        if isinstance(first, Tree) and first.data == "order_by" and rest:
            return [self.doc(first), Line(), self._inline(tree.data, rest)]
        return self._inline(tree.data, [first, *rest])

    def from_clause(self, tree: Tree[Leaf]) -> Doc:
        """Tables on one line, joins on lines of their own."""
        word, *tables = children(tree)
        *first, last = split(tables)
        docs = [self._inline(tree.data, table) for table in first]
        return [
            *(self.doc(word, tree.data), " ", Nest(5, self._fill(docs)), " " if first else ""),
            self._inline(tree.data, last),
        ]

    def join(self, tree: Tree[Leaf]) -> Doc:
        """``JOIN table``, and its condition."""
        left, *rest = children(tree)
        condition = rest.pop() if isinstance(rest[-1], Tree) and rest[-1].data in ("on", "using") else None
        docs: list[Doc] = [self.doc(left), Line(), self._inline(tree.data, rest)]
        if condition is not None:
            docs.append(self._on(condition))
        return docs

    def _on(self, condition: Node) -> Doc:
        """Beside the table where it is one comparison, else below it."""
        inside = Nest(2, [Line(), self.doc(condition)])
        expression = condition.children[-1] if isinstance(condition, Tree) else condition
        several = isinstance(expression, Tree) and expression.data == "and_"
        return inside if several else Group(inside)

    def where(self, tree: Tree[Leaf]) -> Doc:
        """Each part of AND on a line of its own, the ANDs below the end of the first word."""
        word, expression = children(tree)
        first, *rest = self._chain(expression)
        indent = len(str(word)) + 1
        if isinstance(expression, Tree) and expression.data == "or_":
            parts = [Nest(indent - 3, [Line(), part]) for part in rest]
            return Group([self.doc(word, tree.data), " ", Nest(indent, first), *parts])
        parts = [Nest(indent - 4, [Line(), part]) for part in rest]
        return [self.doc(word, tree.data), " ", Nest(2, first), *parts]

    having = on = where

    def group_by(self, tree: Tree[Leaf]) -> Doc:
        """As many on each line as fit."""
        *words, first = children(tree)[:3]
        docs = [self._inline(tree.data, item) for item in split([first, *children(tree)[3:]])]
        width = sum(len(str(word)) + 1 for word in words)
        return [self._inline(tree.data, words), " ", Nest(width, self._fill(docs))]

    order_by = partition_by = group_by

    # --- expressions ---

    def _chain(self, node: Node) -> list[Doc]:
        """The parts of a chain of AND or of OR; all but the first with their operator."""
        parts: list[Doc] = []
        rule = node.data if isinstance(node, Tree) and node.data in ("and_", "or_") else None
        while isinstance(node, Tree) and node.data == rule:
            node, operator, right = children(node)
            parts.append([self.doc(operator, rule or ""), " ", self.doc(right)])
        return [self.doc(node), *reversed(parts)]

    def and_(self, tree: Tree[Leaf]) -> Doc:
        """On one line, or each part on its own."""
        first, *rest = self._chain(tree)
        return Group([first, *(Nest(2, [Line(), part]) for part in rest)])

    or_ = and_

    def parentheses(self, tree: Tree[Leaf]) -> Doc:
        """On one line, or the inside further in."""
        opening, inside, closing = children(tree)
        parts = _lines(self._chain(inside))
        return self._surrounded(self.doc(opening, tree.data), Line(""), parts, closing)

    def add(self, tree: Tree[Leaf]) -> Doc:
        """The operator begins a line where one has to end."""
        left, operator, right = children(tree)
        rest = Nest(2, [Line(), self.doc(operator, tree.data), " ", self.doc(right)])
        return Group([self.doc(left), rest])

    subtract = multiply = divide = modulo = concatenate = compare = add

    def arguments(self, tree: Tree[Leaf]) -> Doc:
        """As many on each line as fit."""
        return self._fill([self._inline(tree.data, item) for item in split(children(tree))])

    def case(self, tree: Tree[Leaf]) -> Doc:
        """On one line, or WHEN and ELSE on lines of their own."""
        nodes = children(tree)
        arms = next(n for n, node in enumerate(nodes) if isinstance(node, Tree) and node.data == "when")
        *inside, end = nodes[arms:]
        head = self._inline(tree.data, nodes[:arms])
        return self._surrounded(head, Line(), _lines([self.doc(arm) for arm in inside]), end)


def _continues(node: Node) -> bool:
    """Whether an argument is one more column of ``PARTITION BY``."""
    if isinstance(node, Leaf) or node.data != "window_argument":
        return False
    first, *rest = children(node)
    return not rest and isinstance(first, Tree) and first.data == "name"


def _lines(docs: Sequence[Doc]) -> Doc:
    """Documents that are apart by a space, or by the end of a line."""
    return [part for n, doc in enumerate(docs) for part in ([Line(), doc] if n else [doc])]
