"""Compile hashes once, and put them in at each call. In: source, a compiler. Out: an object file.

ZoKrates inlines every call, so that a hash in each of a hundred rows takes it a hundred times as long as one.
Here the source is compiled with a stand-in for the hash, a few products from which the arguments of each call
can be read; the hash is compiled alone; and its constraints, with what is given for its parameters, take the
place of each stand-in. Tests compare the outcome with what ZoKrates makes of the whole source: it is the
same, constraint by constraint, wire by wire and line by line. Every constraint of a stand-in has to be part
of a complete call, in order; where anything is not as expected, the source is compiled as it is.

Only straight lines of sums and products are linked, which assert nothing: what ZoKrates folds where an
argument is a constant is then the same alone and in the whole.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.errors import ToolchainError
from zkql.toolchain.constraints import ONE, ObjectFile, sum_of
from zkql.toolchain.modules import COMMENT, called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from zkql.toolchain.constraints import Part, Parts

    Compile = Callable[[str], ObjectFile]
    Terms = dict[int, mpz]

REFUSED = "ZKQL0906"
"""ZoKrates does not compile a source."""
MOST_BODIES = 4
"""Of a function with different constants; more are not worth their compilation."""
_HEAD = re.compile(r"^def (\w+)\((field \w+(?:, field \w+)*)\) -> field \{$", re.MULTILINE)
_PARTS = re.compile(r"^def (\w+)\(", re.MULTILINE)


class _NotLinkable(Exception):
    """A call that is not as expected."""


@dataclass(frozen=True, slots=True)
class _Separate:
    """A function with its parts, which nothing else calls: ``text``, from ``line`` of the source on. ``seed``
    is the digest of the source."""

    name: str
    arity: int
    text: str
    line: int
    seed: str

    @property
    def mark(self) -> int:
        """What is added to the arguments."""
        return self._number("all")

    @property
    def marks(self) -> tuple[int, ...]:
        """The weight of each argument."""
        return tuple(map(self._number, range(self.arity)))

    def _number(self, label: object) -> int:
        """One that no argument in the source depends on, since it depends on the source."""
        text = f"zkql stand-in {self.seed} {self.name} {label}"
        return int.from_bytes(sha256(text.encode()).digest(), "big") % P


def link(source: str, functions: Sequence[str], compiled: Compile, compiled_alone: Compile) -> ObjectFile:
    """The object file of a source; ``functions`` are texts in it, each of a function after its parts.
    ``compiled_alone`` compiles what many sources have in common."""
    whole, source = source, COMMENT.sub("", source)
    if "/*" in source:  # a comment may have been a part of one of these
        return compiled(whole)
    try:
        separate = [_separate(source, COMMENT.sub("", text)) for text in functions]
        linked = _with_stand_ins(source, separate, compiled)
        for function in separate:
            linked = _linked(function, linked, compiled_alone)
    except _NotLinkable:
        return compiled(source)
    return linked


# --- the source ---------------------------------------------------------------------------------


def _separate(source: str, text: str) -> _Separate:
    heads = list(_HEAD.finditer(text))
    if not heads:
        raise _NotLinkable
    before, found, after = source.partition(text)
    parts = dict.fromkeys(_PARTS.findall(text))
    if not found or called(before + after, parts) - {heads[-1][1]}:
        raise _NotLinkable
    name, parameters = heads[-1].groups()
    seed = sha256(source.encode()).hexdigest()
    return _Separate(name, parameters.count(",") + 1, text, before.count("\n") + 1, seed)


def _with_stand_ins(source: str, separate: Sequence[_Separate], compiled: Compile) -> ObjectFile:
    """The source compiled with a short function, of as many lines, for each of these. It gives a sum, since
    ZoKrates would take the name of a single product for another value. Its check is never fulfilled, so
    that ZoKrates refuses the source, or leaves a lone check, where all arguments are constants."""
    for function in separate:
        names = [f"w_{i}" for i in range(function.arity)]
        marked = list(zip(function.marks, names, strict=True))
        lines = [
            f"def {function.name}({', '.join(f'field {name}' for name in names)}) -> field {{",
            f"    field z = {function.mark} + {' + '.join(f'{m} * {n}' for m, n in marked)};",
            "    assert(z * z == z);",
            *(f"    field m_{n} = ({m} + {n}) * z;" for m, n in marked),
            f"    field p = ({' + '.join(f'm_{n}' for n in names)}) * z;",
            "    field q = p * z;",
            "    return p + q;",
            "}",
        ]
        missing = function.text.count("\n") + 1 - len(lines)
        if missing < 0:
            raise _NotLinkable
        source = source.replace(function.text, "\n".join(lines) + "\n" * missing)
    try:
        return compiled(source)
    except ToolchainError as error:
        if not separate or error.diagnostics[0].code != REFUSED:
            raise
        raise _NotLinkable from None


# --- the constraints ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a stand-in: where its constraints are, its arguments, and the variables of its products, the
    last two of which are its result."""

    places: range
    arguments: tuple[Terms, ...]
    products: tuple[int, ...]

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
    different = {call.constants for call in calls.values()}
    if len(different) > MOST_BODIES:
        raise _NotLinkable
    bodies = {constants: _body(function, constants, compiled) for constants in different}
    space = max((body.highest for body in bodies.values()), default=0) + 1
    renaming = _Renaming(space, {v for call in calls.values() for v in call.products})
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
        renaming.learn(call, placing.part(body.result))
        index = call.places.stop
    parameters = tuple(replace(p, variable=p.variable * space) for p in unlinked.parameters)
    return ObjectFile(parameters, tuple(parsed), lines, unlinked.outputs)


@dataclass(slots=True)
class _Renaming:
    """Of the variables outside. ``own`` are all variables of stand-ins; ``results`` says of the first one of
    a stand-in's result which is the other, and what takes the place of their sum."""

    space: int
    own: set[int]
    results: dict[int, tuple[int, Part]] = field(default_factory=dict)

    def learn(self, call: _Call, result: Part) -> None:
        """What a call gives."""
        first, second = call.products[-2:]
        self.results[first] = (second, result)

    def part(self, part: Part) -> Part:
        """A combination without stand-ins."""
        if self.own.isdisjoint(variable for variable, _ in part):
            return self._moved(part)
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
        found.append((mpz(1), self._moved(terms.items())))
        return sum_of(found)

    def _moved(self, terms: Iterable[tuple[int, mpz]]) -> Part:
        """Further apart; what is returned is never among others."""
        return tuple(
            [(variable * self.space if variable > 0 else variable, value) for variable, value in terms]
        )


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
        return sum_of(
            [(mpz(1), unchanged), *((value, self.given[v]) for v, value in part if v in self.given)]
        )


_BEFORE_PRODUCTS = 3
"""Lines of a stand-in: its head, z, the check."""


def _calls(function: _Separate, unlinked: ObjectFile) -> Iterator[_Call]:
    """The calls of a function's stand-in. Their constraints are next to each other and in the order of the
    lines; there are no others on these lines."""
    last = function.line + _BEFORE_PRODUCTS + function.arity + 1
    start: int | None = None
    for index, line in enumerate(unlinked.lines):
        inside = function.line <= line <= last
        if start is not None and (not inside or line <= unlinked.lines[index - 1]):
            raise _NotLinkable
        if inside and start is None:
            start = index
        if start is not None and line == last:
            yield _call(function, unlinked, range(start, index + 1))
            start = None
    if start is not None:
        raise _NotLinkable


def _call(function: _Separate, unlinked: ObjectFile, places: range) -> _Call:
    """A call, from the constraints of its stand-in."""
    found = {
        unlinked.lines[i] - function.line - _BEFORE_PRODUCTS + 1: unlinked.constraints[i] for i in places
    }
    check, *own, first, second = (found.pop(i, None) for i in range(function.arity + 3))
    if found or first is None or second is None:
        raise _NotLinkable
    z = dict(first[1])
    arguments = _arguments(function, z, own)
    # Every part is what the stand-in says; of equal calls only one has the check.
    products = [_variable(parts) for parts in own if parts is not None]
    total: Terms = {}
    for parts, argument, mark in zip(own, arguments, function.marks, strict=True):
        factor = _plus(argument, 1, {ONE: mark})
        if parts is None:
            total = _plus(total, factor.get(ONE, 0), z)
        else:
            total = _plus(total, 1, {_variable(parts): 1})
            _check(parts, factor, z)
    p = _variable(first)
    _check(first, total, z)
    _check(second, {p: mpz(1)}, z)
    if check is not None and not dict(check[0]) == dict(check[1]) == dict(check[2]) == z:
        raise _NotLinkable
    return _Call(places, arguments, (*products, p, _variable(second)))


def _arguments(function: _Separate, z: Terms, own: Sequence[Parts | None]) -> tuple[Terms, ...]:
    """What is given, from each product. ZoKrates multiplies by a constant at once: then there is none, and
    the rest of ``z`` tells the constant."""
    found = [
        parts and _plus(dict(parts[0]), -1, {ONE: mark})
        for parts, mark in zip(own, function.marks, strict=True)
    ]
    rest = _plus(z, -1, {ONE: function.mark})
    for argument, mark in zip(found, function.marks, strict=True):
        rest = _plus(rest, -mark, argument or {})
    unknown = [i for i, argument in enumerate(found) if argument is None]
    if len(unknown) > 1 or not rest.keys() <= ({ONE} if unknown else set()):
        raise _NotLinkable
    return tuple(
        _plus({}, pow(mark, -1, P), rest) if argument is None else argument
        for argument, mark in zip(found, function.marks, strict=True)
    )


def _check(parts: Parts, left: Terms, right: Terms) -> None:
    if dict(parts[0]) != left or dict(parts[1]) != right:
        raise _NotLinkable


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
    length = function.text.count("\n") + 1
    if len(sides) != 1 or not constraints or result in inside or alone.lines[-1] != length + 2:
        raise _NotLinkable
    lines = tuple(line - 1 + function.line for line in alone.lines[:-1])
    return _Body(tuple(parameters), tuple(constraints), lines, sides[0])
