"""What every gadget has: a ZoKrates function, its parameters, its advice, its constraint formula."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2

from zkql.crypto.field import USABLE_BITS
from zkql.resources import resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zkql.errors import Span
    from zkql.plan.types import Value

Advice = int | list[int] | list[list[int]]
"""Values of one parameter, of its shape."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the circuit: one field element or an array of ``dims``."""

    name: str
    dims: tuple[int, ...]
    public: bool = False

    @property
    def size(self) -> int:
        """Field elements in it."""
        total = 1
        for dim in self.dims:
            total *= dim
        return total


@dataclass(frozen=True, slots=True)
class Origin:
    """The part of the query that a gadget stands for."""

    clause: str
    span: Span | None = None

    def __str__(self) -> str:
        clause = one_line(self.clause)
        if self.span is None:
            return clause
        line, column = self.span.source.position(self.span.start)
        return f"{clause} (line {line}:{column})"


@dataclass(frozen=True, slots=True)
class Assignment:
    """The rows of one proof, not yet padded to the capacity.

    ``offsets`` has ``value - lowest`` of each column that the circuit uses; ``shown`` the shown
    values; ``selected`` which rows pass; ``results`` the results by call.
    """

    capacity: int
    count: int
    context: int
    offsets: Mapping[str, Sequence[int]]
    salts: Sequence[int]
    shown: Sequence[Sequence[int]]
    selected: Sequence[bool]
    results: Mapping[int, Value | None]

    @property
    def passing(self) -> int:
        """How many rows are selected."""
        return sum(self.selected)


class Gadget(ABC):
    """One function of a circuit."""

    name: str
    template: str
    origin: Origin

    @property
    def advice_parameters(self) -> tuple[Parameter, ...]:
        """The private parameters that it adds to ``main``; none unless it says so."""
        return ()

    def advice(self, assignment: Assignment) -> dict[str, Advice]:
        """Their values for honest rows."""
        return {}

    @abstractmethod
    def constraints(self, rows: int) -> int:
        """How many constraints it compiles to, exactly, at a capacity of ``rows`` (2 or more)."""

    @abstractmethod
    def invocation(self) -> str:
        """Its line in ``main``."""

    def variables(self) -> dict[str, Any]:
        """What its template needs beside name and origin."""
        return {}

    def render(self) -> str:
        """The ZoKrates function."""
        for parameter in self.advice_parameters:
            assert not parameter.name.endswith("_bits") or parameter.dims[-1] < USABLE_BITS, parameter
        template = environment().get_template(self.template)
        return template.render(name=self.name, origin=self.origin, **self.variables()).strip()


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
    if not 0 <= value < 1 << width:
        raise ValueError(f"{value} is not a number of {width} bits")
    return [value >> j & 1 for j in range(width)]
