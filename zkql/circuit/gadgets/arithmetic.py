"""Products, and division with advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Spell
from zkql.circuit.wires import Linear
from zkql.crypto.field import P


@dataclass(frozen=True)
class Multiply(Elementwise):
    """``left · right``."""

    name: str
    origin: Any
    left: Linear
    right: Linear
    template: ClassVar[str] = "multiply.zok.j2"
    pure: ClassVar[bool] = True
    output: ClassVar[str] = "value"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.left, self.right)

    def bounds(self) -> tuple[int, int]:
        corners = [a * b for a in (self.left.low, self.left.high) for b in (self.right.low, self.right.high)]
        return min(corners), max(corners)

    def compute_one(self, left: int, right: int) -> int:
        return left * right

    def constraints_of_one(self) -> int:
        return 1


class Rounding(StrEnum):
    """How a quotient becomes an integer."""

    FLOOR = "rounded down"
    TRUNCATE = "cut towards zero"
    HALF_AWAY = "rounded half away from zero"


def quotient(dividend: int, divisor: int, rounding: Rounding) -> int:
    """``dividend / divisor`` as an integer, for a positive divisor."""
    if rounding is Rounding.FLOOR:
        return dividend // divisor
    magnitude = abs(dividend)
    if rounding is Rounding.HALF_AWAY:
        whole = (2 * magnitude + divisor) // (2 * divisor)
    else:
        whole = magnitude // divisor
    return -whole if dividend < 0 else whole


@dataclass(frozen=True)
class Quotient(Elementwise):
    """``dividend / divisor`` for a divisor of at least 1, rounded to an integer."""

    name: str
    origin: Any
    dividend: Linear
    divisor: Linear
    rounding: Rounding
    template: ClassVar[str] = "quotient.zok.j2"
    pure: ClassVar[bool] = True
    output: ClassVar[str] = "value"

    def __post_init__(self) -> None:
        if self.divisor.low < 1:
            raise ValueError(f"{self.name}: a divisor below 1")
        if self.rounding is Rounding.HALF_AWAY and self.dividend.low < 0:
            raise ValueError(f"{self.name}: over an exact half a sign of its own would not be pinned")

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.dividend, self.divisor)

    @property
    def signed(self) -> bool:
        """Whether the dividend's sign has to be told."""
        return self.rounding is not Rounding.FLOOR and self.dividend.low < 0

    @property
    def advice(self) -> tuple[str, ...]:  # type: ignore[override]
        signs = ("negative", "zero", "inverse") if self.signed else ()
        return (*signs, "whole_bits", "rest_bits", "room_bits")

    @property
    def lowest(self) -> int:
        """The quotient's bits are of ``quotient - lowest``; of its magnitude where it is signed."""
        return 0 if self.signed else self.bounds()[0]

    def widths(self) -> Sequence[int | None]:
        low, high = self.bounds()
        whole = max(-low, high) if self.signed else high - self.lowest
        rest = (2 if self.rounding is Rounding.HALF_AWAY else 1) * self.divisor.high - 1
        rest_width = max(rest.bit_length(), 1)
        signs = (None, None, None) if self.signed else ()
        return (*signs, max(whole.bit_length(), 1), rest_width, rest_width)

    def bounds(self) -> tuple[int, int]:
        corners = [
            quotient(a, d, self.rounding)
            for a in (self.dividend.low, self.dividend.high)
            for d in (self.divisor.low, self.divisor.high)
        ]
        return min(corners), max(corners)

    def compute_one(self, dividend: int, divisor: int) -> int:
        return quotient(dividend, max(divisor, 1), self.rounding)

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        dividend, divisor = inputs
        negative = int(self.signed and dividend < 0)
        whole = -output if negative else output
        magnitude = -dividend if negative else dividend
        if self.rounding is Rounding.HALF_AWAY:
            magnitude, divisor = 2 * magnitude + divisor, 2 * divisor
        rest = magnitude - divisor * whole
        *_, whole_width, rest_width, room_width = self.widths()
        assert whole_width is not None
        assert rest_width is not None
        assert room_width is not None
        zero = int(dividend % P == 0)
        signs = (negative, zero, 0 if zero else pow(dividend, -1, P)) if self.signed else ()
        return (
            *signs,
            spell(whole - self.lowest, whole_width),
            spell(rest, rest_width),
            spell(divisor - 1 - rest, room_width),
        )

    def constraints_of_one(self) -> int:
        *_, whole, rest, room = self.widths()
        assert whole is not None
        assert rest is not None
        assert room is not None
        # The division, the room; of the sign: boolean, zero test, plus over zero, two products.
        return whole + rest + room + 2 + (7 if self.signed else 0)

    def variables(self) -> dict[str, Any]:
        *_, whole, rest, _ = self.widths()
        return {
            "signed": self.signed,
            "half": self.rounding is Rounding.HALF_AWAY,
            "rounding": str(self.rounding),
            "lowest": self.lowest,
            "whole_width": whole,
            "rest_width": rest,
        }
