"""Multiples of points of BabyJubJub (:mod:`zkql.circuit.curve`), in Edwards form. The templates say what the
steps rest on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit import curve
from zkql.circuit.curve import H_BITS, H_SHIFT, S_BITS, UNCHECKED, WINDOWS, Bit, bounded
from zkql.circuit.gadgets.base import Advice, Elementwise, Signature, Spell
from zkql.circuit.wires import Linear, Values, Wire
from zkql.crypto.babyjubjub import MONTGOMERY_A, ORDER, A, D, Point
from zkql.crypto.field import P

_HALF = H_BITS // 2
_S_RANGE = tuple(bounded(S_BITS, 0, ORDER - 1))
_H_RANGE = tuple(bounded(H_BITS, H_SHIFT, H_SHIFT + P - 1))


class Multiple(Elementwise):
    """A gadget that makes points: two outputs, which are advice."""

    advised: ClassVar[bool] = True

    @property
    def x(self) -> Wire:
        """The first output."""
        return Wire(f"{self.name}_x", self.dims, 0, P - 1)

    @property
    def y(self) -> Wire:
        """The second output."""
        return Wire(f"{self.name}_y", self.dims, 0, P - 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.x, self.y)

    @abstractmethod
    def steps(self, inputs: Sequence[int], spell: Spell) -> tuple[Point, Sequence[int | list[int]]]:
        """The point for one element, and the values of :attr:`advice`; total, also for lies."""

    def compute_one(self, *inputs: int) -> int:
        raise NotImplementedError

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        found = [self.steps(own, _low_bits)[0] for own in zip(*inputs, strict=True)]
        return [[point.x for point in found], [point.y for point in found]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        found: Advice = {f"{self.name}_{a}": [] for a in self.advice}
        for element in zip(*inputs, strict=True):
            for name, value in zip(self.advice, self.steps(element, spell)[1], strict=True):
                found[f"{self.name}_{name}"] += value if isinstance(value, list) else [value]
        return found

    @property
    def called(self) -> Signature:
        given = super().called
        return Signature(given.name, given.parameters, None)


@dataclass(frozen=True)
class BaseMultiple(Multiple):
    """``scalar · B`` for a scalar in ``[1, ℓ)``, which is checked. Scalars of which the last step meets the
    same point twice, or its opposite, have no proof: four of them at most."""

    name: str
    origin: Any
    scalar: Linear
    template: ClassVar[str] = "base_multiple.zok.j2"
    advice: ClassVar[tuple[str, ...]] = ("bits", "slope", "u", "v", "apart")

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.scalar,)

    def widths(self) -> Sequence[int | None]:
        return (S_BITS, WINDOWS, WINDOWS, WINDOWS, None)

    def steps(self, inputs: Sequence[int], spell: Spell) -> tuple[Point, Sequence[int | list[int]]]:
        bits = spell(inputs[0], S_BITS)
        made = curve.base_steps(bits)
        return made.result, (bits, made.slope, made.u, made.v, made.apart)

    def constraints_of_one(self) -> int:
        """Bits and their sum; of each window whether its bits are the same; of each step a sum of points."""
        return _checks(_S_RANGE) + 1 + WINDOWS + 3 * WINDOWS + 1 + 2

    def variables(self) -> dict[str, Any]:
        return {
            "s_bits": S_BITS,
            "bits": _S_RANGE,
            "steps": WINDOWS,
            "windows": curve.windows(),
            "top": curve.top(),
            "montgomery": MONTGOMERY_A,
        }


@dataclass(frozen=True)
class PointMultiple(Multiple):
    """``scalar · 8 · (x, y)`` for any field element, of a point that is on the curve and not of small order,
    which is checked. That it has no part of order 8 besides is not: the point of order 2 is then added. Keys
    are looked at where a registry is made (:func:`zkql.crypto.eddsa.decode_key`). Scalars of which one of the
    last steps meets the same point twice, or its opposite, have no proof: fewer than 2^8 of 2^254."""

    name: str
    origin: Any
    scalar: Linear
    a_x: Linear
    a_y: Linear
    template: ClassVar[str] = "point_multiple.zok.j2"
    advice: ClassVar[tuple[str, ...]] = (
        "bits",
        "doubled",
        "start",
        "first",
        "second",
        "v",
        "apart",
        "inverse",
    )

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.scalar, self.a_x, self.a_y)

    def widths(self) -> Sequence[int | None]:
        return (H_BITS, 4, 5, H_BITS, H_BITS, H_BITS, H_BITS - UNCHECKED, None)

    def steps(self, inputs: Sequence[int], spell: Spell) -> tuple[Point, Sequence[int | list[int]]]:
        scalar, x, y = inputs
        high, low = divmod(scalar % P + H_SHIFT, 1 << _HALF)
        bits = [*spell(low, _HALF), *spell(high, H_BITS - _HALF)]  # the bounds of all of them are checked
        made = curve.point_steps(bits, Point(x, y))
        advice = (made.doubled, made.start, made.first, made.second, made.v, made.apart, made.inverse)
        return made.result, (bits, *advice)

    def constraints_of_one(self) -> int:
        """Bits and their sum; the curve, 2A, 4A, and that in the other form; 8A; of each step a sign and two
        sums of points, of the last ones also a distance; the result's form."""
        steps = 6 * H_BITS + H_BITS - UNCHECKED
        return _checks(_H_RANGE) + 1 + (3 + 3 + 5 + 3) + 4 + steps + 3

    def variables(self) -> dict[str, Any]:
        return {
            "h_bits": H_BITS,
            "bits": _H_RANGE,
            "shift": H_SHIFT,
            "multiple": curve.H_MULTIPLE,
            "unchecked": UNCHECKED,
            "checked": H_BITS - UNCHECKED,
            "montgomery": MONTGOMERY_A,
            "a": A,
            "d": D,
        }


def _checks(bits: Sequence[Bit]) -> int:
    return sum(1 + len(bit.made) for bit in bits)


def _low_bits(value: int, width: int) -> list[int]:
    return [value >> j & 1 for j in range(width)]
