"""Write a circuit out. In: a finished draft. Out: ZoKrates source, parameters, line map, exact cost."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.base import Gadget, Parameter, environment
from zkql.circuit.gadgets.poseidon import poseidon_constraints, render_poseidon
from zkql.toolchain.cache import content_key
from zkql.toolchain.calls import Call, Function, Given, NotJoinable
from zkql.toolchain.modules import COMMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zkql.circuit.draft import Draft
    from zkql.circuit.gadgets.base import Signature


HASHES = "commitments and challenges"
"""The clause of Poseidon's functions."""


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of the source that belong to ``clause`` of the query: ``spans`` of first and last lines, of a
    function and of its call in ``main``, where ZoKrates places what a short function returns."""

    spans: tuple[tuple[int, int], ...]
    clause: str
    expected: int

    def has(self, line: int) -> bool:
        """Whether a line is among them."""
        return any(first <= line <= last for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit before compilation. ``hashes`` are functions in the source that are compiled once for all
    calls; ``constraints`` is the exact count that must come out."""

    capacity: int
    source: str
    hashes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    gadgets: tuple[Gadget, ...]
    regions: tuple[Region, ...]
    constraints: int
    written: str
    """Digest of the source that was written; :attr:`source` may be another in tests of the compiler."""

    def calls(self) -> Iterator[Call]:
        """What ``main`` calls, in order: of each gadget the function that it is made of. Raises
        :class:`NotJoinable` where the source is not the one that was written for the gadgets."""
        if content_key(self.source) != self.written:
            raise NotJoinable
        lines = [region.spans for region in self.regions[len(self.hashes) :]]
        poseidon = zip(_hashed(self.gadgets), self.hashes, self.regions, strict=False)
        hashes = {inputs: (text, region.spans[0][0]) for inputs, text, region in poseidon}
        for gadget, ((start, _), (line, _)) in zip(self.gadgets, lines, strict=True):
            function = None
            if gadget.called is not None:
                used = [hashes[inputs] for inputs in _hashed([gadget])]
                name, text = _renamed(gadget, gadget.called)
                function = Function(
                    name,
                    (*used, (text, start)),
                    tuple(text for text, _ in used),
                    gadget.called.parameters,
                    gadget.called.returned,
                )
            for taken, made in gadget.calls():
                yield Call(function, taken, made, line)

    def given(self) -> Iterator[Given]:
        """The parameters of ``main``."""
        first = self.source.count("\n", 0, self.source.index("\ndef main(")) + 3
        for number, p in enumerate(self.parameters):
            yield Given(p.name, p.size, not p.public, first + number)


def write_circuit(draft: Draft, statement: tuple[str, ...]) -> Circuit:
    """The circuit of a draft; ``statement`` is what it proves, line by line, for its head."""
    gadgets = tuple(draft.gadgets)
    parameters = draft.parameters
    hashed = [hash_constraints(gadget) for gadget in gadgets]
    hashes = sum(hashed, Counter())
    rendered = tuple(render_poseidon(inputs) for inputs in _hashed(gadgets))
    functions = list(rendered)
    clauses = [(HASHES, hashes[inputs]) for inputs in _hashed(gadgets)]
    for gadget, own in zip(gadgets, hashed, strict=True):
        functions.append(gadget.render())
        clauses.append((str(gadget.origin), gadget.constraints() - own.total()))
    calls = [gadget.invocation() for gadget in gadgets]
    source = (
        environment()
        .get_template("circuit.zok.j2")
        .render(
            statement=statement,
            capacity=draft.capacity,
            functions=functions,
            parameters=parameters,
            calls=calls,
        )
    )
    return Circuit(
        capacity=draft.capacity,
        source=source,
        hashes=rendered,
        parameters=parameters,
        gadgets=gadgets,
        regions=_regions(source, functions, calls, clauses),
        constraints=sum(g.constraints() for g in gadgets),
        written=content_key(source),
    )


_WORD = re.compile(r"\b[A-Za-z_]\w*\b")


def _renamed(gadget: Gadget, called: Signature) -> tuple[str, str]:
    """A gadget's function by a name that all gadgets have, with parameters by their places: those that do
    the same are compiled once."""
    text = COMMENT.sub("", gadget.called_text)
    given = [*(w.name for w in gadget.wires), *(p.name for p in gadget.parameters)]
    places = {name: f"given_{place}" for place, name in enumerate(dict.fromkeys(given))}
    words = dict.fromkeys(_WORD.findall(text))
    new = {word: places.get(word) or _without(word, gadget.name) or word for word in words}
    if len(set(new.values())) < len(words):
        raise NotJoinable
    return new.get(called.name, called.name), _WORD.sub(lambda word: new[word[0]], text)


def _without(word: str, name: str) -> str | None:
    """A word that begins with a gadget's name, or with that of its constants, with another beginning."""
    for own, other in ((name, "gadget"), (name.upper(), "GADGET")):
        if word == own or word.startswith(f"{own}_"):
            return other + word[len(own) :]
    return None


def _hashed(gadgets: Sequence[Gadget]) -> list[int]:
    """Numbers of inputs of the hashes that they call."""
    return sorted({inputs for gadget in gadgets for inputs, times in gadget.hashes.items() if times})


def hash_constraints(gadget: Gadget) -> Counter[int]:
    """Constraints of a gadget that are Poseidon's, by number of inputs."""
    found = Counter({inputs: poseidon_constraints(inputs) * n for inputs, n in gadget.hashes.items()})
    found.subtract(gadget.folded)
    return found


def _regions(
    source: str, functions: list[str], calls: list[str], clauses: list[tuple[str, int]]
) -> tuple[Region, ...]:
    found: list[Region] = []
    position = 0
    spans: list[list[tuple[int, int]]] = []
    for function in functions:
        position = source.index(function, position)
        spans.append([_lines(source, position, function)])
        position += len(function)
    position = source.index("def main(", position)
    for call, own in zip(calls, spans[len(functions) - len(calls) :], strict=True):
        position = source.index(call, position)
        own.append(_lines(source, position, call))
        position += len(call)
    for own, (clause, expected) in zip(spans, clauses, strict=True):
        found.append(Region(tuple(own), clause, expected))
    return tuple(found)


def _lines(source: str, position: int, text: str) -> tuple[int, int]:
    first = source.count("\n", 0, position) + 1
    return first, first + text.count("\n")
