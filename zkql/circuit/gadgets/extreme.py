"""The largest value of the selected rows, over all of them or a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.wires import Dims, Environment, Linear, Values, Wire, check_width, width_of
from zkql.crypto.field import P


@dataclass(frozen=True)
class Extreme(Gadget):
    """The largest ``value`` of the rows where ``mask`` is 1 (None: all slots), of each group with
    ``member``; over none the least that the value's bounds allow. A mask is the same in slots that repeat
    a row."""

    name: str
    origin: Any
    value: Linear
    mask: Linear | None
    member: Wire | None
    pure: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_width("MIN and MAX", self.value.low, self.value.high)

    @property
    def template(self) -> str:  # type: ignore[override]
        return "extreme_of_rows.zok.j2" if self.member is None else "extreme_of_groups.zok.j2"

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.value.dims
        return capacity

    @property
    def dims(self) -> Dims:
        """The dimensions of the output."""
        return () if self.member is None else self.member.dims[:1]

    @property
    def width(self) -> int:
        """Bits of a distance; ZoKrates takes no empty array, so two at least."""
        return max(width_of(self.value.low, self.value.high), 2)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        mask = () if self.mask is None else (self.mask,)
        member = () if self.member is None else (self.member.linear,)
        return (self.value, *mask, *member)

    def read(self, environment: Environment) -> list[Values]:
        slots = (self.capacity,)
        mask = [1] * self.capacity if self.mask is None else self.mask.values(environment, slots)
        member = [1] * self.capacity if self.member is None else environment[self.member.name]
        return [self.value.values(environment, slots), mask, member]

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (Wire(f"{self.name}_value", self.dims, self.value.low, self.value.high),)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        (made,) = self.outputs
        own = [
            Parameter(made.name, made.dims),
            Parameter(f"{self.name}_upper", (self.capacity, self.width - 1)),
        ]
        if self.member is not None:
            own += [Parameter(f"{self.name}_{a}", (self.capacity,)) for a in ("has", "inverse")]
            own += [Parameter(f"{self.name}_{a}", self.dims) for a in ("empty", "rows_inverse")]
        return tuple(own)

    def _groups(self, member: Values) -> list[Values]:
        return [member[start : start + self.capacity] for start in range(0, len(member), self.capacity)]

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        values, mask, member = inputs
        made = []
        for own in self._groups(member):
            chosen = [v for v, m, o in zip(values, mask, own, strict=True) if m and o]
            made.append(max(chosen, default=self.value.low))
        return [made]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        values, mask, member = inputs
        (made,) = outputs
        groups = self._groups(member)
        upper: Values = []
        has: Values = []
        inverses: Values = []
        for row, (value, selected) in enumerate(zip(values, mask, strict=True)):
            own = sum(group[row] * largest for group, largest in zip(groups, made, strict=True))
            chosen = selected * sum(group[row] for group in groups)
            distance = chosen * (own - value)
            upper += spell(distance, self.width)[1:]
            is_zero, inverse = _zero_test(1 - chosen + distance)
            has.append(is_zero)
            inverses.append(inverse)
        found = {f"{self.name}_upper": upper}
        if self.member is not None:
            rows = (_zero_test(sum(m * h for m, h in zip(group, has, strict=True))) for group in groups)
            empty, rows_inverse = zip(*rows, strict=True)
            found |= {f"{self.name}_has": has, f"{self.name}_inverse": inverses}
            found |= {f"{self.name}_empty": list(empty), f"{self.name}_rows_inverse": list(rows_inverse)}
        return found

    @property
    def _per_row(self) -> int:
        masked = self.mask is not None
        if self.member is None:
            return self.width + 1 + masked  # bits, product; distance
        (groups,) = self.dims
        # Distance and zero test; of each group its value and its total.
        return self.width + 4 + masked + 2 * groups

    @property
    def _beside(self) -> int:
        if self.member is None:
            return 0 if self.mask is None else 1
        (groups,) = self.dims
        return 4 * groups

    def constraints(self) -> int:
        return self._per_row * self.capacity + self._beside

    @property
    def formula(self) -> str:
        beside = f" + {self._beside}" if self._beside else ""
        return f"{self._per_row} N{beside} = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        groups = {} if self.member is None else {"groups": self.member.dims[0], "member": self.member.name}
        return groups | {
            "capacity": self.capacity,
            "width": self.width,
            "low": self.value.low,
            "term": self.value.text("[i]"),
            "masked": self.mask is not None,
            "mask": "" if self.mask is None else self.mask.text("[i]"),
        }


def _zero_test(value: int) -> tuple[int, int]:
    """Whether a number is zero, and its inverse; 0 where it has none."""
    return (0, pow(value, -1, P)) if value % P else (1, 0)
