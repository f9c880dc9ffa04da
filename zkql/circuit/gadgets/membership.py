"""Whether a value is one of a few constants: a test, and an assertion that it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Spell
from zkql.circuit.wires import Linear
from zkql.crypto.field import P


@dataclass(frozen=True)
class OneOf(Elementwise):
    """1 where the value is one of the options, else 0."""

    name: str
    origin: Any
    value: Linear
    options: tuple[int, ...]
    template: ClassVar[str] = "one_of.zok.j2"
    pure: ClassVar[bool] = True
    advice: ClassVar[tuple[str, ...]] = ("inverse",)
    output: ClassVar[str] = "value"
    advised: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    def bounds(self) -> tuple[int, int]:
        return 0, 1

    def compute_one(self, value: int) -> int:
        return int(value in self.options)

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        return (_inverse(inputs[0], self.options) * (1 - output) % P,)

    def constraints_of_one(self) -> int:
        return len(self.options) + 2

    def variables(self) -> dict[str, Any]:
        return {"distances": _distances(self.options)}


@dataclass(frozen=True)
class NoneOf(Elementwise):
    """The value is none of the options."""

    name: str
    origin: Any
    value: Linear
    options: tuple[int, ...]
    template: ClassVar[str] = "none_of.zok.j2"
    advice: ClassVar[tuple[str, ...]] = ("inverse",)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    def compute_one(self, value: int) -> int:
        return 0

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        return (_inverse(inputs[0], self.options),)

    def constraints_of_one(self) -> int:
        return len(self.options)

    def variables(self) -> dict[str, Any]:
        return {"distances": _distances(self.options)}


def _inverse(value: int, options: tuple[int, ...]) -> int:
    """Of the product of the distances, in the field; 0 where there is none."""
    product = prod(value - option for option in options) % P
    return pow(product, -1, P) if product else 0


def _distances(options: tuple[int, ...]) -> list[str]:
    """ZoKrates source, with every literal non-negative."""
    return [f"value - {option}" if option >= 0 else f"value + {-option}" for option in options]
