"""Range checks and comparisons of integers within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Spell
from zkql.circuit.wires import Linear
from zkql.crypto.field import P


@dataclass(frozen=True)
class InRange(Elementwise):
    """``0 <= value < 2^width``."""

    name: str
    origin: Any
    value: Linear
    width: int
    template: ClassVar[str] = "in_range.zok.j2"
    advice: ClassVar[tuple[str, ...]] = ("upper",)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    def widths(self) -> Sequence[int | None]:
        return (self.width - 1,)

    def compute_one(self, value: int) -> int:
        return 0

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        return (spell(inputs[0], self.width)[1:],)

    def constraints_of_one(self) -> int:
        return self.width

    def variables(self) -> dict[str, Any]:
        return {"width": self.width}


@dataclass(frozen=True)
class Less(Elementwise):
    """1 where ``left < right``, else 0: the top bit of ``right - left - 1 + 2^width``."""

    name: str
    origin: Any
    left: Linear
    right: Linear
    template: ClassVar[str] = "less.zok.j2"
    pure: ClassVar[bool] = True
    advice: ClassVar[tuple[str, ...]] = ("upper",)
    output: ClassVar[str] = "value"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.left, self.right)

    @property
    def width(self) -> int:
        """Bits below the one that decides."""
        least, most = self.right.low - self.left.high - 1, self.right.high - self.left.low - 1
        return max((-least - 1).bit_length() if least < 0 else 0, max(most, 0).bit_length(), 1)

    def widths(self) -> Sequence[int | None]:
        return (self.width,)

    def bounds(self) -> tuple[int, int]:
        return 0, 1

    def compute_one(self, left: int, right: int) -> int:
        return int(left < right)

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        left, right = inputs
        # The lower bits of the true difference, and the claimed answer on top.
        rest = right - left - 1 + (1 << self.width) - (output << self.width)
        return ([*spell(rest, self.width)[1:], output],)

    def constraints_of_one(self) -> int:
        return self.width + 1

    def variables(self) -> dict[str, Any]:
        return {"width": self.width}


@dataclass(frozen=True)
class Equal(Elementwise):
    """1 where ``difference = 0``, else 0; the inverse is 0 where there is none."""

    name: str
    origin: Any
    difference: Linear
    template: ClassVar[str] = "equal.zok.j2"
    pure: ClassVar[bool] = True
    advice: ClassVar[tuple[str, ...]] = ("inverse",)
    output: ClassVar[str] = "value"
    advised: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.difference,)

    def bounds(self) -> tuple[int, int]:
        return 0, 1

    def compute_one(self, difference: int) -> int:
        return int(difference == 0)

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        (difference,) = inputs
        return (pow(difference, -1, P) * (1 - output) % P if difference % P else 0,)

    def constraints_of_one(self) -> int:
        return 3
