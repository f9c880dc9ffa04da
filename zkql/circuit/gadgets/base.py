"""What every gadget has: a ZoKrates function, what it computes, its advice, its constraint formula.

A gadget reads linear combinations of wires and makes new wires. Its template says what is asserted;
beside it, in one class, stand :meth:`Gadget.compute`, what the outputs are (the meaning), and
:meth:`Gadget.advise`, the private inputs with which a prover supports given outputs. An honest prover
supports what ``compute`` says; a dishonest one, in tests, supports something else.

Two duties of every gadget: outputs and advice are determined by the inputs, and every output keeps the
bounds of its wire in any witness that is accepted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

import jinja2

from zkql.circuit.wires import Dims, Environment, Linear, Values, Wire
from zkql.crypto.field import USABLE_BITS
from zkql.resources import resource
from zkql.toolchain.calls import Run, Sum, field_type

if TYPE_CHECKING:
    from zkql.errors import Span

Spell = Callable[[int, int], list[int]]
"""Bits of a number in a width, low bit first: :func:`bits_of`, or what a liar writes instead."""
Advice = dict[str, Values]
"""Values of private parameters by name, flat."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of ``main``: one field element or an array of ``dims``."""

    name: str
    dims: Dims
    public: bool = False

    @property
    def size(self) -> int:
        """Field elements in it."""
        return prod(self.dims)

    @property
    def declaration(self) -> str:
        """``field[N][8] name``."""
        return f"{field_type(self.dims)} {self.name}"


class Part(StrEnum):
    """The parts of a stage that gadgets stand for."""

    WHOLE = "the whole query"
    ROWS = "rows"
    WHERE = "WHERE"
    GROUP = "GROUP BY"
    RESULT = "results"


@dataclass(frozen=True, slots=True)
class Origin:
    """The clause of the query that a gadget stands for."""

    clause: str
    span: Span | None = None
    part: Part = Part.WHOLE

    def __str__(self) -> str:
        clause = one_line(self.clause)
        if self.span is None:
            return clause
        line, column = self.span.source.position(self.span.start)
        return f"{clause} (line {line}:{column})"


@dataclass(frozen=True, slots=True)
class Signature:
    """A ZoKrates function that a gadget is made of: the dimensions of its parameters, or the number where all
    calls have the same; and those of what it returns, None where it only asserts."""

    name: str
    parameters: tuple[Dims | int, ...]
    returned: Dims | None


Taken = tuple[Run | Sum, ...]
"""All elements that a function takes, one after the other."""
Made = tuple[Run, ...]
"""All elements that it returns."""


class Gadget(ABC):
    """One function of a circuit, called once in ``main``. Subclasses are frozen dataclasses that begin with
    ``name`` (an identifier of its own) and ``origin``."""

    name: str
    origin: Origin
    template: ClassVar[str]
    pure: ClassVar[bool] = False
    """Whether it asserts nothing but what its outputs are, so that without their use it can be left out."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[Linear, ...]:
        """What it reads."""

    @property
    def outputs(self) -> tuple[Wire, ...]:
        """What it makes: what its function returns (see :attr:`returned`), or parameters of ``main``."""
        return () if self.returned is None else (self.returned,)

    @property
    def returned(self) -> Wire | None:
        """The wire that its function returns; None where it only asserts."""
        return None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that it adds to ``main``: its advice, and public ones."""
        return ()

    def read(self, environment: Environment) -> list[Values]:
        """The values of its inputs."""
        return [linear.values(environment) for linear in self.inputs]

    @abstractmethod
    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        """The outputs for honest inputs. Total: it has an answer for every value within bounds."""

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        """The private parameters that are no outputs, in support of ``outputs``, which may be a lie."""
        return {}

    @abstractmethod
    def constraints(self) -> int:
        """How many constraints it compiles to, exactly."""

    @property
    def hashes(self) -> Mapping[int, int]:
        """How often it calls Poseidon, by number of inputs; these calls are part of its constraints."""
        return {}

    @property
    def folded(self) -> Mapping[int, int]:
        """Constraints that these calls do not have, because a word is a constant; by number of inputs."""
        return {}

    @property
    def wires(self) -> tuple[Wire, ...]:
        """The wires that its function takes, each once."""
        return tuple(dict.fromkeys(wire for linear in self.inputs for wire, _ in linear.terms))

    @property
    def formula(self) -> str:
        """The number of constraints as a formula for people; in the source as a comment."""
        return str(self.constraints())

    def invocation(self) -> str:
        """Its line in ``main``."""
        arguments = ", ".join([*(w.name for w in self.wires), *(p.name for p in self.parameters)])
        call = f"{self.name}({arguments})"
        made = self.returned
        if made is None:
            return f"assert({call});"
        return f"{field_type(made.dims)} {made.name} = {call};"

    @property
    def called(self) -> Signature | None:
        """The function that :meth:`calls` calls; None where they only name elements anew."""
        given = (*(w.dims for w in self.wires), *(p.dims for p in self.parameters))
        return Signature(self.name, given, self.returned.dims if self.returned else None)

    @property
    def called_text(self) -> str:
        """The function in ZoKrates, with its parts."""
        return self.render()

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        """The calls of this function that its line in ``main`` comes to; all its constraints are in them."""
        given = [Run(w.name, 0, prod(w.dims)) for w in self.wires]
        given += [Run(p.name, 0, p.size) for p in self.parameters]
        made = self.returned
        yield tuple(given), () if made is None else (Run(made.name, 0, prod(made.dims)),)

    def variables(self) -> dict[str, Any]:
        """What its template needs beside name, origin, formula and parameters."""
        return {}

    def render(self) -> str:
        """The ZoKrates function."""
        taken = [Parameter(w.name, w.dims).declaration for w in self.wires]
        taken += [p.declaration for p in self.parameters]
        return self._rendered(self.template, taken=taken, **self.variables())

    def _rendered(self, template: str, **variables: Any) -> str:
        common = {"name": self.name, "origin": self.origin, "formula": self.formula}
        return environment().get_template(template).render(common | variables).strip()


class Elementwise(Gadget):
    """A gadget that does the same for every element of its inputs. Its template has one function of single
    field elements, called ``one``; ``advice`` names its private parameters with their dimensions per
    element."""

    advice: ClassVar[tuple[str, ...]] = ()
    """Names of the advice parameters that are no outputs."""
    output: ClassVar[str] = ""
    """Name of the output; empty where the gadget only asserts."""
    advised: ClassVar[bool] = False
    """Whether the output is advice, and not returned."""

    @property
    def dims(self) -> Dims:
        """The dimensions of the inputs, scalars aside."""
        found = {linear.dims for linear in self.inputs if linear.dims}
        if len(found) > 1:
            raise ValueError(f"arrays of different sizes: {found}")
        return found.pop() if found else ()

    def widths(self) -> Sequence[int | None]:
        """For each of :attr:`advice` its length per element, None for a single field element."""
        return [None for _ in self.advice]

    def bounds(self) -> tuple[int, int]:
        """Bounds of the output."""
        raise NotImplementedError

    @abstractmethod
    def compute_one(self, *args: Any, **kwargs: Any) -> int:
        """The output of one element, from its inputs (integers, in order); anything where there is none."""

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        """Values of :attr:`advice` for one element."""
        return ()

    @abstractmethod
    def constraints_of_one(self) -> int:
        """Constraints of one element."""

    # --- derived ---

    def read(self, environment: Environment) -> list[Values]:
        return [linear.values(environment, self.dims) for linear in self.inputs]

    @property
    def made(self) -> Wire | None:
        """The output."""
        if not self.output:
            return None
        return Wire(f"{self.name}_{self.output}", self.dims, *self.bounds())

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return () if self.made is None else (self.made,)

    @property
    def returned(self) -> Wire | None:
        return None if self.advised else self.made

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        advised = (Parameter(w.name, w.dims) for w in self.outputs if self.advised)
        own = (
            Parameter(f"{self.name}_{a}", self.dims if w is None else (*self.dims, w))
            for a, w in zip(self.advice, self.widths(), strict=True)
        )
        return (*advised, *own)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        if not self.output:
            return []
        return [[self.compute_one(*element) for element in zip(*inputs, strict=True)]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        made = outputs[0] if outputs else [0] * prod(self.dims)
        found: Advice = {f"{self.name}_{a}": [] for a in self.advice}
        for element, output in zip(zip(*inputs, strict=True), made, strict=True):
            for name, value in zip(self.advice, self.advise_one(element, output, spell), strict=True):
                found[f"{self.name}_{name}"] += value if isinstance(value, list) else [value]
        return found

    def constraints(self) -> int:
        return prod(self.dims) * self.constraints_of_one()

    @property
    def formula(self) -> str:
        one = self.constraints_of_one()
        return f"{one} each, {self.constraints()}" if self.dims else str(one)

    @property
    def _one(self) -> str:
        return f"{self.name}_one" if self.dims else self.name

    @property
    def called(self) -> Signature:
        advised = [() for _ in self.outputs if self.advised]
        widths = (() if width is None else (width,) for width in self.widths())
        inputs = (linear.constant if linear.is_constant else () for linear in self.inputs)
        given = (*inputs, *advised, *widths)
        return Signature(self._one, given, None if self.returned is None else ())

    @property
    def called_text(self) -> str:
        return self._rendered(self.template, one=self._one, **self.variables())

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        count, parameters = prod(self.dims), self.parameters
        for place in range(count):
            given = [element(linear, place) for linear in self.inputs if not linear.is_constant]
            for parameter in parameters:
                size = parameter.size // count
                given.append(Run(parameter.name, place * size, size))
            yield tuple(given), () if self.returned is None else (Run(self.returned.name, place, 1),)

    def render(self) -> str:
        one, function = self._one, self.called_text
        if not self.dims:
            return function
        taken = [Parameter(w.name, w.dims).declaration for w in self.wires]
        taken += [p.declaration for p in self.parameters]
        index = "".join(f"[{i}]" for i in _LETTERS[: len(self.dims)])
        given = [linear.text(index) for linear in self.inputs] + [f"{p.name}{index}" for p in self.parameters]
        wrapper = self._rendered(
            "each.zok.j2",
            taken=taken,
            one=one,
            given=given,
            dims=self.dims,
            letters=_LETTERS[: len(self.dims)],
            type=field_type(self.dims),
            index=index,
            returns=self.returned is not None,
        )
        return f"{function}\n\n{wrapper}"

    def invocation(self) -> str:
        if self.dims:
            return super().invocation()
        given = [*(linear.text("") for linear in self.inputs), *(p.name for p in self.parameters)]
        call = f"{self.name}({', '.join(given)})"
        return f"field {self.returned.name} = {call};" if self.returned else f"assert({call});"


def element(linear: Linear, place: int) -> Run | Sum:
    """An element of a combination; a scalar is the same everywhere."""
    terms = tuple((wire.name, place if wire.dims else 0, factor) for wire, factor in linear.terms)
    if len(terms) == 1 and not linear.constant and terms[0][2] == 1:
        return Run(*terms[0][:2], 1)
    return Sum(terms, linear.constant)


_LETTERS = "ij"


@cache
def environment() -> jinja2.Environment:
    """Templates, strict about missing variables."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  # the output is ZoKrates source, and names are sanitised
    )


def one_line(text: str) -> str:
    """Text that stays inside one ``//`` comment: a line break in a name must not become code."""
    return "".join(c if c.isprintable() else " " for c in text)


def bits_of(value: int, width: int) -> list[int]:
    """Bits of ``value``, low bit first. Raises ``ValueError`` if it does not fit."""
    assert width < USABLE_BITS
    if not 0 <= value < 1 << width:
        raise ValueError(f"{value} is not a number of {width} bits")
    return [value >> j & 1 for j in range(width)]
