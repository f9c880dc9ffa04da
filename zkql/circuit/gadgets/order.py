"""Order statistics by counting: the value of a rank, and the next one, without sorting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.wires import Dims, Environment, Linear, Values, Wire, check_width
from zkql.crypto.field import P


@dataclass(frozen=True)
class OrderStatistic(Gadget):
    """The ``rank``-th smallest ``value``, counted from 1, of the rows where ``mask`` is 1 (None: all rows),
    of each group with ``member``; with ``both`` also the one after it, or the same after the last. Over no
    rows the least that the value's bounds allow.

    ``count`` is the number of the rows and ``any`` whether there are some; where there are none, the count
    is 1. The rank is from 1 to the count. ``rows`` is the number of rows in the slots, since those after
    the last row repeat it.
    """

    name: str
    origin: Any
    value: Linear
    mask: Linear | None
    member: Wire | None
    rows: Linear
    count: Linear
    any: Linear
    rank: Linear
    both: bool
    pure: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_width("a percentile", self.value.low, self.value.high)
        if self.rank.low < 1 or self.rank.high > self.capacity or self.count.high > self.capacity:
            raise ValueError(f"{self.name}: a rank that no row has")

    @property
    def template(self) -> str:  # type: ignore[override]
        return "order_of_rows.zok.j2" if self.member is None else "order_of_groups.zok.j2"

    # --- sizes ---

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.value.dims
        return capacity

    @property
    def dims(self) -> Dims:
        """The dimensions of the outputs."""
        return () if self.member is None else self.member.dims[:1]

    @property
    def width(self) -> int:
        """Bits of a distance less 1; ZoKrates takes no empty array, so two at least."""
        return max((self.value.high - self.value.low - 1).bit_length(), 2)

    @property
    def count_width(self) -> int:
        """Bits of a number of rows."""
        return self.capacity.bit_length()

    @property
    def base(self) -> int:
        """Numbers of rows below and above are one number in this base. The circuit knows each of them only
        to be within ``±2^count_width``, and in this base they are apart all the same."""
        return 2 << self.count_width

    # --- interface ---

    @property
    def inputs(self) -> tuple[Linear, ...]:
        mask = () if self.mask is None else (self.mask,)
        members = (self.rows,) if self.member is None else (self.member.linear,)
        return (self.value, *mask, *members, self.count, self.any, self.rank)

    def read(self, environment: Environment) -> list[Values]:
        slots = (self.capacity,)
        mask = [1] * self.capacity if self.mask is None else self.mask.values(environment, slots)
        if self.member is None:
            (rows,) = self.rows.values(environment)
            member = [int(i < rows) for i in range(self.capacity)]
        else:
            member = environment[self.member.name]
        groups = (self.count, self.any, self.rank)
        per_group = [linear.values(environment, self.dims) for linear in groups]
        return [self.value.values(environment, slots), mask, member, *per_group]

    @property
    def outputs(self) -> tuple[Wire, ...]:
        names = ("value", "next") if self.both else ("value",)
        low, high = self.value.low, self.value.high
        return tuple(Wire(f"{self.name}_{n}", self.dims, low, high) for n in names)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        slots, bits, counts = (self.capacity,), (self.width - 1,), (self.count_width,)
        shapes = {"below": slots, "above": slots, "upper": slots + bits}
        shapes |= {"free": self.dims + counts, "spare": self.dims + counts}
        if self.both:
            tests = ("exact", "exact_inverse", "last", "last_inverse")
            shapes |= dict.fromkeys(tests, self.dims) | {"next_upper": self.dims + bits}
        if self.both and self.member is not None:
            shapes |= {"has": slots, "inverse": slots}
            shapes |= {"hits": self.dims + counts, "hits_inverse": self.dims}
        own = (Parameter(f"{self.name}_{n}", dims) for n, dims in shapes.items())
        return (*(Parameter(w.name, w.dims) for w in self.outputs), *own)

    # --- values ---

    def _groups(self, member: Values) -> list[Values]:
        return [member[start : start + self.capacity] for start in range(0, len(member), self.capacity)]

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        values, mask, member, _, _, ranks = inputs
        found: list[Values] = [[], []]
        for own, rank in zip(self._groups(member), ranks, strict=True):
            chosen = [v for v, m, o in zip(values, mask, own, strict=True) if m and o]
            ordered = sorted(chosen) or [self.value.low]
            for made, place in zip(found, (rank, rank + 1), strict=True):
                made.append(ordered[min(max(place, 1), len(ordered)) - 1])
        return found if self.both else found[:1]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        values, mask, member, counts, _, ranks = inputs
        groups = self._groups(member)
        claimed, following = outputs[0], outputs[-1]
        # Slots that repeat the last row look like it; only sums leave them out.
        slots = [[1] * self.capacity] if self.member is None else groups
        chosen = [m * sum(own) for m, own in zip(mask, zip(*slots, strict=True), strict=True)]
        nearest = [sum(o * c for o, c in zip(own, claimed, strict=True)) for own in zip(*slots, strict=True)]
        below = [int(c and v < n) for c, v, n in zip(chosen, values, nearest, strict=True)]
        above = [int(c and v > n) for c, v, n in zip(chosen, values, nearest, strict=True)]
        rows_below, rows_above = (
            [sum(m * f for m, f in zip(group, flags, strict=True)) for group in groups]
            for flags in (below, above)
        )
        free = [rank - 1 - n for rank, n in zip(ranks, rows_below, strict=True)]
        spare = [count - rank - n for count, rank, n in zip(counts, ranks, rows_above, strict=True)]
        found = {"below": below, "above": above}
        found["free"] = [bit for n in free for bit in spell(n, self.count_width)]
        found["spare"] = [bit for n in spare for bit in spell(n, self.count_width)]
        steps = [1 for _ in groups]
        if self.both:
            exact, found["exact_inverse"] = _zero_tests(spare)
            last, found["last_inverse"] = _zero_tests(rows_above)
            differs = [e * (1 - z) for e, z in zip(exact, last, strict=True)]
            gaps = [n - c - d for n, c, d in zip(following, claimed, differs, strict=True)]
            found |= {"exact": exact, "last": last}
            found["next_upper"] = [bit for gap in gaps for bit in spell(gap, self.width)[1:]]
            steps = [gap + 1 for gap in gaps]
        step = [sum(o * s for o, s in zip(own, steps, strict=True)) for own in zip(*slots, strict=True)]
        distances = [
            (a - b) * (v - n) - b - a * s
            for a, b, v, n, s in zip(above, below, values, nearest, step, strict=True)
        ]
        found["upper"] = [bit for distance in distances for bit in spell(distance, self.width)[1:]]
        if self.both and self.member is not None:
            has, found["inverse"] = _zero_tests(d + 1 - a for d, a in zip(distances, above, strict=True))
            hits = [sum(m * h for m, h in zip(group, has, strict=True)) for group in groups]
            found["has"] = has
            found["hits"] = [bit for n in hits for bit in spell(n, self.count_width)]
            found["hits_inverse"] = [d * _inverse(h) for d, h in zip(differs, hits, strict=True)]
        return {f"{self.name}_{n}": own for n, own in found.items()}

    # --- cost ---

    @property
    def _per_row(self) -> int:
        row = self.width + 4 + self.both  # distance; below, above and equal; the step
        if self.member is None:
            return row + self.both  # the product
        (groups,) = self.dims
        # Its own group's value and step, the totals; the mask; whether it has the next value.
        return row + (2 + self.both) * groups + (self.mask is not None) + 3 * self.both

    @property
    def _per_group(self) -> int:
        empty = 0 if self.any.is_constant else 1
        ranks = 2 * self.count_width + 1 + empty
        if not self.both:
            return ranks
        following = ranks + 8 + self.width  # zero tests, both of them, the difference
        return following if self.member is None else following + self.count_width + 2

    def constraints(self) -> int:
        if self.member is None:
            # Repetitions are taken off with a product, unless it is known how many there are.
            repeated = not self.rows.is_constant
            return self._per_row * self.capacity + self._per_group + repeated + self.both
        (groups,) = self.dims
        return self._per_row * self.capacity + self._per_group * groups

    @property
    def formula(self) -> str:
        beside = self.constraints() - self._per_row * self.capacity
        return f"{self._per_row} N + {beside} = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        own: dict[str, Any] = {"rows": self.rows.text("")}
        if self.member is not None:
            own = {"groups": self.member.dims[0], "member": self.member.name}
        group = "" if self.member is None else "[g]"
        return own | {
            "capacity": self.capacity,
            "width": self.width,
            "count_width": self.count_width,
            "base": self.base,
            "both": self.both,
            "low": self.value.low,
            "term": self.value.text("[i]"),
            "masked": self.mask is not None,
            "mask": "1" if self.mask is None else self.mask.text("[i]"),
            "rank": self.rank.text(group),
            "count": self.count.text(group),
            "any": self.any.text(group),
        }


def _zero_tests(values: Iterator[int] | Sequence[int]) -> tuple[Values, Values]:
    """Whether numbers are zero, and their inverses; 0 where there is none."""
    numbers = list(values)
    return [int(v % P == 0) for v in numbers], [_inverse(v) for v in numbers]


def _inverse(value: int) -> int:
    return pow(value, -1, P) if value % P else 0
