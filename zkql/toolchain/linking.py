"""Compile long functions once, and put them in at each call. In: source, a compiler. Out: an object file.

ZoKrates inlines every call, so that a hash in each of a hundred rows takes it a hundred times as long as one.
Here the source is compiled with a stand-in for the function, a few products from which the arguments of each
call can be read; the function is compiled alone; and its constraints, with what is given for its parameters,
take the place of each stand-in. The outcome is constraint by constraint, wire by wire and line by line what
ZoKrates makes of the whole source, which tests compare. Where a call is not as expected, the source is
compiled as it is.

Only functions of fields that give a field and assert nothing are linked.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.errors import ToolchainError
from zkql.toolchain.constraints import ONE, ObjectFile
from zkql.toolchain.modules import COMMENT, FUNCTION, LONG, called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from zkql.toolchain.constraints import Part, Parts

    Compile = Callable[[str], ObjectFile]
    Terms = dict[int, mpz]

_OF_FIELDS = re.compile(r"def (\w+)\((field \w+(?:, field \w+)*)\) -> field \{")


class _NotLinkable(Exception):
    """A call that is not as expected."""


@dataclass(frozen=True, slots=True)
class _Separate:
    """A function, with those that only it calls: ``text`` is all of them, from ``line`` of the source on."""

    name: str
    arity: int
    text: str
    line: int

    def mark(self, index: int) -> int:
        """A constant that no source has by accident."""
        return int.from_bytes(sha256(f"zkql stand-in {self.name} {index}".encode()).digest(), "big") % P

    @property
    def marks(self) -> tuple[int, ...]:
        """One for each argument."""
        return tuple(map(self.mark, range(self.arity)))


def link(source: str, compiled: Compile, compiled_alone: Compile) -> ObjectFile:
    """The object file of a source. ``compiled_alone`` compiles what many sources have in common."""
    source = COMMENT.sub("", source)
    separate = _separate(source)
    try:
        linked = compiled(_with_stand_ins(source, separate))
        for function in separate:
            linked = _linked(function, linked, compiled_alone)
    except (_NotLinkable, ToolchainError):
        return compiled(source)
    return linked


# --- the source ---------------------------------------------------------------------------------


def _separate(source: str) -> list[_Separate]:
    """The functions to link, none of which calls another."""
    functions = {found[1]: found for found in FUNCTION.finditer(source)}
    calls = {name: called(found[0], functions) - {name} for name, found in functions.items()}
    found: list[_Separate] = []
    for name, function in functions.items():
        head = _OF_FIELDS.match(function[0])
        own = _closure(name, calls)
        start, end = min(functions[n].start() for n in own), max(functions[n].end() for n in own)
        text = source[start:end]
        alone = {n for n, f in functions.items() if start <= f.start() < end} == own and all(
            not inner & (own - {name}) for n, inner in calls.items() if n not in own
        )
        if head and alone and len(text) >= LONG and "assert" not in text:
            line = source.count("\n", 0, start) + 1
            found.append(_Separate(name, head[2].count(",") + 1, text, line))
    inner = {n for f in found for n in calls[f.name]}
    return [f for f in found if f.name not in inner]


def _closure(name: str, calls: Mapping[str, set[str]]) -> set[str]:
    found, due = {name}, [name]
    while due:
        new = calls[due.pop()] - found
        found |= new
        due += new
    return found


def _with_stand_ins(source: str, separate: Sequence[_Separate]) -> str:
    """The source with a short function, of as many lines, for each of these. It gives a sum, since ZoKrates
    would take the name of a single product for another value; it fails for constants alone, of which no
    constraint would be left."""
    for function in separate:
        names = [f"w_{i}" for i in range(function.arity)]
        marked = list(zip(function.marks, names, strict=True))
        lines = [
            f"def {function.name}({', '.join(f'field {name}' for name in names)}) -> field {{",
            f"    field z = {function.mark(function.arity)} + {' + '.join(f'{m} * {n}' for m, n in marked)};",
            "    assert(z * z == z);",
            *(f"    field m_{n} = ({m} + {n}) * z;" for m, n in marked),
            f"    field p = ({' + '.join(f'm_{n}' for n in names)}) * z;",
            "    field q = p * z;",
            "    return p + q;",
            "}",
        ]
        missing = function.text.count("\n") + 1 - len(lines)
        source = source.replace(function.text, "\n".join(lines) + "\n" * missing)
    return source


# --- the constraints ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a stand-in: where its constraints are, its arguments, its products and the two last of these,
    whose sum is the result."""

    places: range
    arguments: tuple[Terms, ...]
    products: tuple[int, ...]

    @property
    def result(self) -> tuple[int, int]:
        return self.products[-2], self.products[-1]

    @property
    def constants(self) -> tuple[int | None, ...]:
        """Of each argument, its value if it is one."""
        return tuple(int(a.get(ONE, 0)) if a.keys() <= {ONE} else None for a in self.arguments)


@dataclass(frozen=True, slots=True)
class _Body:
    """A function compiled alone: variables of its parameters, constraints, and the combination it gives."""

    parameters: tuple[int, ...]
    constraints: tuple[Parts, ...]
    lines: tuple[int, ...]
    result: Part

    @property
    def highest(self) -> int:
        return max(variable for parts in self.constraints for part in parts for variable, _ in part)


def _linked(function: _Separate, unlinked: ObjectFile, compiled: Compile) -> ObjectFile:
    """The object file with the function's body in place of each stand-in. The variables of a body come where
    the stand-in's were."""
    calls = {call.places.start: call for call in _calls(function, unlinked)}
    bodies = {c: _body(function, c, compiled) for c in {call.constants for call in calls.values()}}
    space = max((body.highest for body in bodies.values()), default=0) + 1
    renaming = _Renaming(space, {}, {v for call in calls.values() for v in call.products})
    parsed: list[Parts] = []
    lines = array("I")
    index = 0
    while index < len(unlinked.constraints):
        call = calls.get(index)
        if call is None:
            a, b, c = unlinked.constraints[index]
            parsed.append((renaming.part(a), renaming.part(b), renaming.part(c)))
            lines.append(unlinked.lines[index])
            index += 1
            continue
        body = bodies[call.constants]
        given = [
            renaming.part(tuple(a.items()))
            for a, c in zip(call.arguments, call.constants, strict=True)
            if c is None
        ]
        placing = _Placing(call.products[-1] * space, dict(zip(body.parameters, given, strict=True)))
        parsed += [(placing.part(a), placing.part(b), placing.part(c)) for a, b, c in body.constraints]
        lines.extend(body.lines)
        renaming.results[call.result[0]] = (call.result[1], placing.part(body.result))
        index = call.places.stop
    return ObjectFile(tuple(p.moved(space) for p in unlinked.parameters), parsed, lines)


@dataclass(frozen=True, slots=True)
class _Renaming:
    """Of the variables outside. ``results`` says of the first variable of a stand-in's result which is the
    other, and what takes the place of their sum; ``own`` are all variables of stand-ins."""

    space: int
    results: dict[int, tuple[int, Part]]
    own: set[int]

    def part(self, part: Part) -> Part:
        """A combination without stand-ins."""
        if self.own.isdisjoint(variable for variable, _ in part):
            return tuple([(variable * self.space, value) for variable, value in part])
        terms = dict(part)
        found: list[tuple[mpz, Part]] = []
        for first in terms.keys() & self.results.keys():
            other, result = self.results[first]
            weight = terms.pop(first)
            if terms.pop(other, None) != weight:
                raise _NotLinkable
            found.append((weight, result))
        if not self.own.isdisjoint(terms):
            raise _NotLinkable
        found.append((mpz(1), tuple((variable * self.space, value) for variable, value in terms.items())))
        return _sum(found)


@dataclass(frozen=True, slots=True)
class _Placing:
    """Of a body's variables: those from ``base`` on, and what is given for its parameters."""

    base: int
    given: dict[int, Part]

    def part(self, part: Part) -> Part:
        """A combination of the body, in its place."""
        if self.given.keys().isdisjoint(variable for variable, _ in part):
            return tuple([(variable and self.base + variable, value) for variable, value in part])
        unchanged = tuple((v and self.base + v, value) for v, value in part if v not in self.given)
        return _sum([(mpz(1), unchanged), *((value, self.given[v]) for v, value in part if v in self.given)])


def _sum(weighted: Iterable[tuple[mpz, Part]]) -> Part:
    """In ZoKrates' order, by variables."""
    terms: Terms = {}
    for weight, part in weighted:
        for variable, value in part:
            terms[variable] = (terms.get(variable, 0) + weight * value) % P
    return tuple((variable, terms[variable]) for variable in sorted(terms) if terms[variable])


def _calls(function: _Separate, unlinked: ObjectFile) -> Iterator[_Call]:
    """The calls of a function's stand-in."""
    last = function.line + function.arity + 4
    start = None
    for index, line in enumerate(unlinked.lines):
        if start is None and function.line <= line <= last:
            start = index
        if start is not None and line == last:
            yield _call(function, unlinked, range(start, index + 1))
            start = None
    if start is not None:
        raise _NotLinkable


def _call(function: _Separate, unlinked: ObjectFile, places: range) -> _Call:
    """A call, from the constraints of its stand-in: each has a line of its own."""
    found = {unlinked.lines[i] - function.line - 2: unlinked.constraints[i] for i in places}
    check, *own, first, second = (found.pop(i, None) for i in range(function.arity + 3))
    if found or first is None or second is None:  # of equal calls only one has the check
        raise _NotLinkable
    z, marks = dict(first[1]), function.marks
    # ZoKrates multiplies by constants at once; what else is in z then tells the constant.
    arguments = [
        parts and _plus(dict(parts[0]), -1, {ONE: mark}) for parts, mark in zip(own, marks, strict=True)
    ]
    rest = _plus(z, -1, {ONE: function.mark(function.arity)})
    for argument, mark in zip(arguments, marks, strict=True):
        rest = _plus(rest, -mark, argument or {})
    unknown = [i for i, argument in enumerate(arguments) if argument is None]
    if len(unknown) > 1 or not rest.keys() <= ({ONE} if unknown else set()):
        raise _NotLinkable
    known = [_plus({}, pow(marks[i], -1, P), rest) if a is None else a for i, a in enumerate(arguments)]

    products = [_variable(parts) for parts in (*own, first, second) if parts is not None]
    total: Terms = {}
    for parts, argument, mark in zip(own, known, marks, strict=True):
        if parts is None:
            total = _plus(total, argument.get(ONE, 0) + mark, z)
        else:
            total = _plus(total, 1, {_variable(parts): mpz(1)})
    if dict(first[0]) != total or dict(second[0]) != {products[-2]: 1}:
        raise _NotLinkable
    if any(dict(parts[1]) != z for parts in (check, *own, second) if parts is not None):
        raise _NotLinkable
    return _Call(places, tuple(known), tuple(products))


def _plus(terms: Terms, factor: int, others: Mapping[int, int]) -> Terms:
    found = dict(terms)
    for variable, value in others.items():
        found[variable] = mpz((found.get(variable, 0) + factor * value) % P)
    return {variable: value for variable, value in found.items() if value}


def _variable(parts: Parts) -> int:
    """That a product defines."""
    ((variable, value),) = parts[2] if len(parts[2]) == 1 else ((ONE, 0),)
    if variable == ONE or value != 1:
        raise _NotLinkable
    return variable


def _body(function: _Separate, constants: tuple[int | None, ...], compiled: Compile) -> _Body:
    """The function for these constants, compiled alone: what it gives is compared with one more input."""
    names = [f"w_{i}" for i in range(function.arity)]
    given = [name for name, value in zip(names, constants, strict=True) if value is None]
    arguments = [name if value is None else str(value) for name, value in zip(names, constants, strict=True)]
    main = f"def main({', '.join(f'private field {name}' for name in (*given, 'result'))}) {{"
    check = f"    assert({function.name}({', '.join(arguments)}) == result);"
    alone = compiled("\n".join((function.text, main, check, "}", "")))
    *parameters, result = (parameter.variable for parameter in alone.parameters)
    *constraints, last = alone.constraints
    sides = [part for part in last if part not in (((ONE, 1),), ((result, 1),))]
    inside = {variable for parts in constraints for part in parts for variable, _ in part}
    if len(sides) != 1 or result in inside or alone.lines[-1] != function.text.count("\n") + 3:
        raise _NotLinkable
    lines = tuple(line - 1 + function.line for line in alone.lines[:-1])
    return _Body(tuple(parameters), tuple(constraints), lines, sides[0])
