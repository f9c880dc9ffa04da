"""Join functions that were compiled each on its own. In: calls of functions, a compiler. Out: an object file.

ZoKrates inlines every call, and a long program takes it longer than its parts. What a circuit calls, and
with what, is known from what it is made of; so each function is compiled once, by itself, and its constraints
are put together here: with the arguments of a call in place of its parameters, and what it returns in place
of the wires that others read. Tests compare the outcome with what ZoKrates makes of the whole source: it is
the same, wire by wire and line by line.

Of a function alone nothing is dropped, since it returns all its results. Where the arguments of a call make a
factor constant, so that ZoKrates would have gone on folding, :class:`NotJoinable` says to compile the whole.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from gmpy2 import mpz

from zkql.toolchain.calls import NotJoinable, Run
from zkql.toolchain.constraints import ONE, ObjectFile, Parameter, Part, Parts, sum_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zkql.toolchain.calls import Call, Function, Given, Sum

_UNIT: Part = ((ONE, mpz(1)),)


# --- functions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Body:
    """A function compiled alone: the variables of its parameters, and those that it makes, in order;
    constraints, with their lines in the whole source, None for that of the call; what it returns."""

    parameters: tuple[int, ...]
    inner: tuple[int, ...]
    constraints: tuple[Parts, ...]
    lines: tuple[int | None, ...]
    results: tuple[Part, ...]


def body_of(function: Function, compiled: ObjectFile) -> Body:
    """The body in a program of one call. ZoKrates ends it with a constraint for each result, whose variables
    are -1, -2 and so on; a result that is a product is the variable of its constraint."""
    parameters = tuple(p.variable for p in compiled.parameters)
    kept = len(compiled.constraints) - compiled.outputs
    constraints, lines = list(compiled.constraints[:kept]), list(compiled.lines[:kept])
    unused = max(_variables(compiled.constraints) | set(parameters), default=0) + 1
    results: list[Part] = []
    for position in range(compiled.outputs):
        a, b, c = compiled.constraints[kept + position]
        if c != ((-1 - position, 1),):
            raise NotJoinable
        if a == _UNIT:
            results.append(b)
        else:
            results.append(((unused + position, mpz(1)),))
            constraints.append((a, b, results[-1]))
            lines.append(compiled.lines[kept + position])
    inner = tuple(sorted(_variables((*constraints, results)) - {ONE} - set(parameters)))
    if inner and inner[0] < 0:
        raise NotJoinable
    whole = dict(enumerate(function.lines, 1))
    return Body(parameters, inner, tuple(constraints), tuple(map(whole.get, lines)), tuple(results))


def _variables(constraints: Iterable[Iterable[Part]]) -> set[int]:
    return {variable for parts in constraints for part in parts for variable, _ in part}


# --- calls ----------------------------------------------------------------------------------------


def join(given: Sequence[Given], calls: Sequence[Call], bodies: Mapping[Function, Body]) -> ObjectFile:
    """The program of these calls, in order."""
    joined = _Joined()
    for parameter in given:
        joined.declare(parameter)
    for call in calls:
        joined.add(call, None if call.function is None else bodies[call.function])
    return ObjectFile(tuple(joined.parameters), tuple(joined.constraints), joined.lines)


@dataclass(slots=True)
class _Joined:
    """A program while it grows. ``values`` has every element that was given or made, by wire."""

    parameters: list[Parameter] = field(default_factory=list)
    constraints: list[Parts] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("I"))
    values: dict[str, dict[int, Part]] = field(default_factory=dict)
    next: int = ONE + 1

    def _fresh(self) -> int:
        self.next += 1
        return self.next - 1

    def declare(self, given: Given) -> None:
        """A parameter of the program."""
        own = [self._fresh() for _ in range(given.size)]
        self.parameters += (Parameter(variable, given.private, given.line) for variable in own)
        self.values[given.name] = {place: ((variable, mpz(1)),) for place, variable in enumerate(own)}

    def add(self, call: Call, body: Body | None) -> None:
        """The constraints of a call."""
        arguments = [part for argument in call.arguments for part in self._parts(argument)]
        if body is None:
            self._give(call, arguments)
            return
        if len(arguments) != len(body.parameters):
            raise NotJoinable
        inner = {variable: ((self._fresh(), mpz(1)),) for variable in body.inner}
        given = dict(zip(body.parameters, arguments, strict=True))
        placing = _Placing(given | inner, frozenset(inner))
        self.constraints += map(placing.constraint, body.constraints)
        self.lines.extend(call.line if line is None else line for line in body.lines)
        self._give(call, [placing.part(part) for part in body.results])

    def _give(self, call: Call, parts: Sequence[Part]) -> None:
        places = [
            (run.name, place) for run in call.results for place in range(run.start, run.start + run.count)
        ]
        if len(places) != len(parts):
            raise NotJoinable
        for (name, place), part in zip(places, parts, strict=True):
            if self.values.setdefault(name, {}).setdefault(place, part) is not part:
                raise NotJoinable

    def _parts(self, argument: Run | Sum) -> Iterator[Part]:
        if isinstance(argument, Run):
            for place in range(argument.start, argument.start + argument.count):
                yield self._value(argument.name, place)
            return
        terms = [(mpz(factor), self._value(name, place)) for name, place, factor in argument.terms]
        yield sum_of([*terms, (mpz(argument.constant), _UNIT)])

    def _value(self, name: str, place: int) -> Part:
        found = self.values.get(name, {}).get(place)
        if found is None:
            raise NotJoinable
        return found


@dataclass(slots=True)
class _Placing:
    """A body's variables in a call: ``given`` has all but the one, also the ``inner`` ones, which it makes.
    Most are single variables there, too."""

    given: dict[int, Part]
    inner: frozenset[int]
    single: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        found = {v: part[0][0] for v, part in self.given.items() if len(part) == 1 and part[0][1] == 1}
        self.single = {ONE: ONE} | {v: own for v, own in found.items() if own != ONE}

    def part(self, part: Part) -> Part:
        """A combination, by variables."""
        single = self.single
        try:
            terms = [(single[variable], value) for variable, value in part]
        except KeyError:
            return sum_of([(value, self.given.get(variable, _UNIT)) for variable, value in part])
        terms.sort()
        if any(one[0] == other[0] for one, other in pairwise(terms)):
            return sum_of([(mpz(1), tuple(terms))])
        return tuple(terms)

    def constraint(self, parts: Parts) -> Parts:
        """A constraint. A factor that these arguments make constant is multiplied, as ZoKrates does; it would
        go on where a sum is then what defines a variable, and where zero or nothing is left."""
        a, b, c = map(self.part, parts)
        if not _is_constant(a) and not _is_constant(b):
            return a, b, c
        factor, other = (a, b) if _is_constant(a) else (b, a)
        made = sum_of([(value, other) for _, value in factor])
        was_sum = any(map(_is_constant, parts[:2]))
        if (
            not made
            or made == c
            or not (was_sum or self.inner.isdisjoint(variable for variable, _ in parts[2]))
        ):
            raise NotJoinable
        return _UNIT, made, c


def _is_constant(part: Part) -> bool:
    return all(variable == ONE for variable, _ in part)
