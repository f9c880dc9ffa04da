"""Lay out a document in lines of limited width. In: text with places where a line may end. Out: lines.

A :class:`Group` stays on one line where it fits; otherwise every :class:`Line` in it ends a line, and the
groups inside it are tried in their turn. Comments that stand at the end of a line, or on lines of their own,
end lines wherever they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Line:
    """A line may end here; where it does not, ``flat`` stands here."""

    flat: str = " "


@dataclass(frozen=True, slots=True)
class Break:
    """A line ends here; ``blank`` leaves an empty one after it."""

    blank: bool = False


@dataclass(frozen=True, slots=True)
class Nest:
    """Lines that begin inside are indented further."""

    indent: int
    inside: Doc


@dataclass(frozen=True, slots=True)
class Group:
    """On one line where that fits, and is no wider than ``limit``."""

    inside: Doc
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """``flat`` on one line where that fits, else ``broken``."""

    flat: Doc
    broken: Doc


@dataclass(frozen=True, slots=True)
class Fill:
    """Items with as many on each line as fit; each comes with what stands before it."""

    items: tuple[tuple[Line | Break | None, Doc], ...]


@dataclass(frozen=True, slots=True)
class EndComment:
    """A comment at the end of a line. Those of one ``block`` stand below each other. A comment ``within`` a
    line stands at its end only where the line ends anyway."""

    text: str
    block: int | None = None
    within: bool = False


@dataclass(frozen=True, slots=True)
class OwnComment:
    """A comment on lines of its own; ``blank`` leaves an empty one before it."""

    text: str
    blank: bool = False


Doc: TypeAlias = "str | list[Doc] | Line | Break | Nest | Group | Choice | Fill | EndComment | OwnComment"


@dataclass(slots=True)
class Row:
    """A line: text, and a comment at its end. Its indent counts once it has text."""

    indent: int = 0
    text: str = ""
    comment: str = ""
    block: int | None = None
    tail: int | None = None
    """Where the text ends and a comment within the line begins, as long as nothing follows it."""

    @property
    def width(self) -> int:
        """Where its text ends."""
        return len(self.text) if self.text else self.indent


@dataclass(frozen=True, slots=True)
class _Item:
    """What is still to be laid out, how far its lines are indented, and whether it stays on one line."""

    indent: int
    flat: bool
    doc: Doc


def one_line(doc: Doc) -> str | None:
    """The document on one line; None where a line must end."""
    text = ""
    todo = [doc]
    while todo:
        match todo.pop():
            case str(part):
                text += part
            case list(parts):
                todo += reversed(parts)
            case Line(flat):
                text += flat
            case Nest(_, inside) | Group(inside):
                todo.append(inside)
            case Choice(flat):
                todo.append(flat)
            case EndComment(part, _, True):
                text += f" {part}"
            case Fill(items):
                todo += [part for pair in reversed(items) for part in reversed(pair) if part is not None]
            case OwnComment() if not text.strip():
                pass
            case _:
                return None
    return text


def rows(doc: Doc, width: int) -> list[Row]:
    """The lines of a document."""
    return _Layout(width).run(doc)


@dataclass(slots=True)
class _Layout:
    width: int
    done: list[Row] = field(default_factory=lambda: [Row()])
    ended: bool = False
    """Whether a comment has ended the line, so that more text begins a new one."""

    def run(self, doc: Doc) -> list[Row]:
        pending = [_Item(0, False, doc)]
        while pending:
            item = pending.pop()
            indent = item.indent
            match item.doc:
                case str():
                    self._write(item.doc, indent)
                case list():
                    pending += [_Item(indent, item.flat, part) for part in reversed(item.doc)]
                case Line(flat) if item.flat:
                    self._write(flat, indent)
                case Line():
                    self._end(indent)
                case Break(blank):
                    self._end(indent, blank=blank)
                case Nest(further, inside):
                    pending.append(_Item(indent + further, item.flat, inside))
                case Group(inside, limit):
                    stays = item.flat or self._fits(inside, indent, pending, limit)
                    pending.append(_Item(indent, stays, inside))
                case Choice(flat, broken):
                    stays = item.flat or self._fits(flat, indent, pending)
                    pending.append(_Item(indent, stays, flat if stays else broken))
                case Fill(((separator, first), *rest)):
                    stays = item.flat or self._fits([separator or "", first], indent, pending)
                    pending.append(_Item(indent, item.flat, Fill(tuple(rest))))
                    pending.append(_Item(indent, stays, first))
                    pending.append(_Item(indent, stays, separator or ""))
                case Fill():
                    pass
                case EndComment(text, block, True):
                    tail = self.done[-1].tail
                    self._write(f" {text}", indent)
                    row = self.done[-1]
                    row.tail, row.block = len(row.text) - len(text) if tail is None else tail, block
                case EndComment(text, block):
                    self._end_text()
                    row = self.done[-1]
                    row.comment, row.block = f"{row.comment} {text}".strip(), block
                    self.ended = True
                case OwnComment(text, blank):
                    self._end(indent, blank=blank)
                    self._write(text, indent)
                    self.ended = True
        self._end_text()
        return self.done

    def _write(self, text: str, indent: int) -> None:
        if self.ended:
            self._end(indent)
        row = self.done[-1]
        if not row.text:
            text = text.lstrip(" ")
            row.indent = indent
            row.text = " " * indent if text else ""
        elif row.tail is not None and text[:1] not in ("", " ", ",", ")", ".") and row.text[-1] != " ":
            text = f" {text}"
        row.text += text
        if text.strip():
            row.tail = None

    def _end_text(self) -> None:
        """What is only comment at the end of the text becomes one."""
        row = self.done[-1]
        if row.tail is not None:
            row.text, row.comment = row.text[: row.tail].rstrip(), row.text[row.tail :].strip()
            row.tail = None

    def _end(self, indent: int, *, blank: bool = False) -> None:
        self.ended = False
        self._end_text()
        if self.done[-1].text or self.done[-1].comment:
            self.done.append(Row())
        if blank and len(self.done) > 1:
            self.done.append(Row())
        self.done[-1].indent = indent

    def _fits(self, doc: Doc, indent: int, pending: list[_Item], limit: int | None = None) -> bool:
        """Whether the document stays on this line, with what follows up to where a line may end."""
        if limit is not None and len(one_line(doc) or " " * (limit + 1)) > limit:
            return False
        row = self.done[-1]
        left = self.width - (indent if self.ended or not row.text else row.width)
        todo = [_Item(indent, True, doc)]
        after = len(pending)
        begun = False
        while left >= 0:
            if not todo:
                if not after:
                    return True
                after -= 1
                todo.append(pending[after])
            item = todo.pop()
            match item.doc:
                case str(text):
                    left -= len(text)
                    begun = begun or bool(text.strip())
                case list(parts):
                    todo += [_Item(item.indent, item.flat, part) for part in reversed(parts)]
                case Line(flat):
                    if not item.flat:
                        return True
                    left -= len(flat)
                case Nest(further, inside):
                    todo.append(_Item(item.indent + further, item.flat, inside))
                case Group(inside):
                    todo.append(_Item(item.indent, item.flat, inside))
                case Choice(flat, broken):
                    todo.append(_Item(item.indent, item.flat, flat if item.flat else broken))
                case Fill(items):
                    parts = [part for pair in items for part in pair if part is not None]
                    todo += [_Item(item.indent, item.flat, part) for part in reversed(parts)]
                case EndComment(text, _, True):
                    left -= 1 + len(text)
                case EndComment():
                    return not (item.flat and any(t.flat and t.doc for t in todo))
                case OwnComment() if item.flat and not begun:
                    left = self.width - item.indent
                case Break() | OwnComment():
                    return not item.flat
        return False
