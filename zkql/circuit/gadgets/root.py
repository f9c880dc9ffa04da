"""Square roots with advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Spell
from zkql.circuit.wires import Linear, check_width


@dataclass(frozen=True)
class NearestRoot(Elementwise):
    """The integer nearest to the root of ``numerator / divisor``, halves up. The numerator is not negative,
    the divisor is at least 1; ``most`` is known to be no less than the exact root, and the caller answers
    for that."""

    name: str
    origin: Any
    numerator: Linear
    divisor: Linear
    most: int
    template: ClassVar[str] = "nearest_root.zok.j2"
    pure: ClassVar[bool] = True
    advice: ClassVar[tuple[str, ...]] = ("bits", "over", "under")
    output: ClassVar[str] = "value"

    def __post_init__(self) -> None:
        if self.numerator.low < 0 or self.divisor.low < 1:
            raise ValueError(f"{self.name}: a root of a negative number, or a divisor below 1")
        twice = 1 << self.width
        check_width("a root", 4 * self.numerator.high, twice * twice * self.divisor.high)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.numerator, self.divisor)

    @property
    def width(self) -> int:
        """Bits of twice the root, rounded down; two at least, the parity and the rest."""
        return max((2 * self.most).bit_length(), 2)

    @property
    def gap_width(self) -> int:
        """Bits of the distance from a square, times the divisor, to the next."""
        return max((((4 * self.most) + 1) * self.divisor.high - 1).bit_length(), 2)

    def widths(self) -> Sequence[int | None]:
        return (self.width, self.gap_width - 1, self.gap_width - 1)

    def bounds(self) -> tuple[int, int]:
        return 0, self.most

    def compute_one(self, numerator: int, divisor: int) -> int:
        return (isqrt(4 * max(numerator, 0) // max(divisor, 1)) + 1) // 2

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int | list[int]]:
        numerator, divisor = inputs
        # Twice the root is even or odd; a claim that is no root is given the parity of the true one.
        odd = isqrt(4 * max(numerator, 0) // max(divisor, 1)) % 2
        twice = 2 * output - odd
        over = 4 * numerator - twice * twice * divisor
        under = (2 * twice + 1) * divisor - 1 - over
        return (
            [odd, *spell(output - odd, self.width - 1)],
            spell(over, self.gap_width)[1:],
            spell(under, self.gap_width)[1:],
        )

    def constraints_of_one(self) -> int:
        products = 1 if self.divisor.is_constant else 2
        return self.width + 2 * self.gap_width + products

    def variables(self) -> dict[str, Any]:
        return {"width": self.width, "gap_width": self.gap_width}
