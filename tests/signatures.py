"""The gadgets of signatures on benches, and provers who lie to them.

In: the gadgets. Out: :data:`SUBJECTS`, each a bench with honest inputs and forgeries: everything that
follows from a lie is worked out from it by a walk along the constraints that shares no code with the advice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.gadgets import Bench, lies
from zkql.circuit.curve import H_BITS, H_SHIFT, S_BITS, UNCHECKED, WINDOWS, top, windows
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.merkle import Member, leaves_of
from zkql.circuit.gadgets.multiples import BaseMultiple, PointMultiple
from zkql.circuit.gadgets.signatures import DifferenceOfPoints
from zkql.circuit.wires import Environment, Linear, Values
from zkql.crypto.babyjubjub import BASE, IDENTITY, MONTGOMERY_A, ORDER, A, D, Point, add, multiply
from zkql.crypto.field import P
from zkql.crypto.merkle import merkle_path, merkle_root

Shape = tuple[tuple[int, ...], int, int]
ELEMENT: Shape = ((), 0, P - 1)
HALF = (ORDER + 1) // 2
KEY = multiply(123456789, BASE)
ORDER_2 = Point(0, P - 1)


def divided(a: int, b: int) -> int:
    """In the field; 0 where there is none."""
    return a * pow(b, -1, P) % P if b % P else 0


@cache
def small_order() -> tuple[Point, ...]:
    """The eight points whose order divides 8, the identity first."""
    for x in range(2, 100):
        square = (1 - A * x * x) * pow(1 - D * x * x, -1, P) % P
        if pow(square, (P - 1) // 2, P) == 1:
            eighth = multiply(ORDER, Point(x, _root(square)))
            if multiply(4, eighth) != IDENTITY:
                return tuple(multiply(k, eighth) for k in range(8))
    raise AssertionError


def _root(square: int) -> int:
    """A square root by Tonelli and Shanks; 5 is no square modulo P."""
    odd, twos = P - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    c, t, r = pow(5, odd, P), pow(square, odd, P), pow(square, (odd + 1) // 2, P)
    while t != 1:
        i, power = 0, t
        while power != 1:
            i, power = i + 1, power * power % P
        b = pow(c, 1 << (twos - i - 1), P)
        twos, c, t, r = i, b * b % P, t * b * b % P, r * b % P
    return r


# --- walks along the constraints -------------------------------------------------------------------


@dataclass
class Walk:
    """Parameters by name, each worked out from those before; ``changes`` are what a liar adds to them on the
    way, by name and place."""

    name: str
    changes: Mapping[tuple[str, int], int] = field(default_factory=dict)
    values: dict[str, Values] = field(default_factory=dict)

    def put(self, label: str, value: int) -> int:
        """The next element of a parameter."""
        own = self.values.setdefault(f"{self.name}_{label}", [])
        own.append((value + self.changes.get((label, len(own)), 0)) % P)
        return own[-1]


def walk_base(scalar_bits: Values, walk: Walk, window_bits: Values | None = None) -> Walk:
    """``scalar · B``; the windows may be those of other bits."""
    bits = [walk.put("bits", bit) for bit in scalar_bits]
    own = bits if window_bits is None else window_bits
    points = [w.at(own[2 * i], own[2 * i + 1]) for i, w in enumerate(windows())]
    u, v = points[0]
    for step, (q_u, q_v) in enumerate([*points[1:], top().at(bits[-1])]):
        if step == WINDOWS - 1:
            walk.put("apart", divided(1, q_u - u))
        slope = walk.put("slope", divided(q_v - v, q_u - u))
        new = walk.put("u", slope**2 - MONTGOMERY_A - q_u - u)
        u, v = new, walk.put("v", slope * (u - new) - v)
    walk.put("x", divided(u, v))
    walk.put("y", divided(u - 1, u + 1))
    return walk


def walk_point(bits: Values, point: Point, walk: Walk) -> Walk:
    """``scalar · 8 · point``, for the bits of the scalar with what is added to it."""
    for bit in bits:
        walk.put("bits", bit)
    x, y = point
    for _ in range(2):
        two_x = walk.put("doubled", divided(2 * x * y, A * x * x + y * y))
        x, y = two_x, walk.put("doubled", divided(y * y - A * x * x, 2 - A * x * x - y * y))
    q_u = walk.put("start", divided(1 + y, 1 - y))
    q_v = q_u * walk.put("start", divided(1, x)) % P
    slope = walk.put("start", divided(3 * q_u * q_u + 2 * MONTGOMERY_A * q_u + 1, 2 * q_v))
    u = walk.put("start", slope**2 - MONTGOMERY_A - 2 * q_u)
    v = walk.put("start", slope * (q_u - u) - q_v)
    for step, bit in enumerate(reversed(walk.values[f"{walk.name}_bits"])):
        if step >= UNCHECKED:
            walk.put("apart", divided(1, q_u - u))
        first = walk.put("first", divided((2 * bit - 1) * q_v - v, q_u - u))
        between = first**2 - MONTGOMERY_A - q_u - u
        second = walk.put("second", divided(2 * v, u - between) - first)
        new = second**2 - MONTGOMERY_A - between - u
        u, v = new % P, walk.put("v", second * (u - new) - v)
    walk.put("x", u * walk.put("inverse", divided(1, v)))
    walk.put("y", divided(u - 1, u + 1))
    return walk


def spelled(number: int, width: int) -> Values:
    """Its bits."""
    assert 0 <= number < 1 << width
    return [number >> i & 1 for i in range(width)]


# --- subjects --------------------------------------------------------------------------------------

Forged = tuple[str, Environment]


@dataclass(frozen=True)
class Subject:
    """``honest`` are inputs that have a proof. A forgery has one only where a template lacks an assertion."""

    bench: Bench
    honest: tuple[Mapping[str, Values], ...]
    forgeries: Callable[[Bench], Iterator[Forged]]

    def forged(self) -> Iterator[Forged]:
        """What is aimed at single assertions, then what is told wrongly of any wire."""
        yield from self.forgeries(self.bench)
        for inputs in self.honest[:1]:
            yield from lies(self.bench, inputs)


def _bench(build: Callable[..., tuple[Linear, ...]], **shapes: Shape) -> Bench:
    def whole(draft: Draft, *wires: Linear) -> list[Linear]:
        return [*build(draft, *wires), *wires]  # every public input reaches a constraint

    return Bench.make(whole, **shapes)


def shown(walk: Walk, **inputs: Values) -> Environment:
    """All values: inputs, what a walk says, and the point that it ends with as the result."""
    revealed = [walk.values[f"{walk.name}_x"], walk.values[f"{walk.name}_y"], *inputs.values()]
    return {**inputs, **walk.values, **{f"result_{k}": own for k, own in enumerate(revealed)}}


# Base point.


def base() -> Subject:
    """``scalar · B`` for a public scalar."""

    def build(draft: Draft, scalar: Linear) -> tuple[Linear, ...]:
        made = draft.put(BaseMultiple, "base", scalar)
        return made.x.linear, made.y.linear

    source = random.Random(3)
    scalars = (1, 2, 3, ORDER - 1, 4**60, *(source.randrange(1, ORDER) for _ in range(3)))
    return Subject(_bench(build, scalar=ELEMENT), tuple({"scalar": [s]} for s in scalars), _base_forgeries)


BASE_TAMPERED = [
    (label, place) for label in ("slope", "u", "v") for place in (0, 7, WINDOWS - 2, WINDOWS - 1)
] + [("bits", 0), ("bits", 249), ("bits", S_BITS - 1), ("apart", 0), ("x", 0), ("y", 0)]


def meeting_scalars() -> Iterator[tuple[int, int]]:
    """Scalars whose last step meets one point twice, with the sign of the highest digit: the digits before
    add up to what it makes up for, modulo ℓ."""
    unit = 1 << (S_BITS - 1)
    for sign in (-1, 1):
        offset = (2 * unit - 1 + sign * unit) % ORDER
        for total in (offset, offset - ORDER):
            scalar = (total + sign * unit + 2 * unit - 1) // 2
            if total % 2 and abs(total) < unit and 0 < scalar < ORDER:
                yield scalar, sign


def _base_forgeries(_: Bench) -> Iterator[Forged]:
    scalar = 7**80
    bits = spelled(scalar, S_BITS)
    for change in BASE_TAMPERED:
        made = walk_base(bits, Walk("base", {change: 1}))
        yield f"{change} + 1", shown(made, scalar=[scalar])
    for other in (scalar + 1, ORDER - scalar):
        made = walk_base(spelled(other, S_BITS), Walk("base"))
        yield "bits of another scalar", shown(made, scalar=[scalar])
        mixed = walk_base(bits, Walk("base"), window_bits=spelled(other, S_BITS))
        yield "windows of another scalar", shown(mixed, scalar=[scalar])
    for low in (1, 2, 12345, (1 << S_BITS) - 1 - ORDER, 0):
        made = walk_base(spelled(low + ORDER, S_BITS), Walk("base"))
        yield f"{low} + the order", shown(made, scalar=[low + ORDER])
    yield "0", shown(walk_base(spelled(0, S_BITS), Walk("base")), scalar=[0])
    for place in (0, 3, 100, S_BITS - 2):
        carried = list(bits)
        carried[place] += 2
        carried[place + 1] -= 1
        yield "a carry too many", shown(walk_base(carried, Walk("base")), scalar=[scalar])
    for met, _ in meeting_scalars():
        for slope in (0, 1, 12345):
            made = walk_base(spelled(met, S_BITS), Walk("base", {("slope", WINDOWS - 1): slope}))
            yield f"the same point twice, slope {slope}", shown(made, scalar=[met])


# Any point.


def point() -> Subject:
    """``scalar · 8 · point`` for a public scalar and point."""

    def build(draft: Draft, scalar: Linear, x: Linear, y: Linear) -> tuple[Linear, ...]:
        made = draft.put(PointMultiple, "point", scalar, x, y)
        return made.x.linear, made.y.linear

    source = random.Random(4)
    scalars = (1, 2, P - 1, ORDER + 1, *(source.randrange(P) for _ in range(4)))
    honest = [{"scalar": [s], "x": [KEY.x], "y": [KEY.y]} for s in scalars]
    return Subject(_bench(build, scalar=ELEMENT, x=ELEMENT, y=ELEMENT), tuple(honest), _point_forgeries)


POINT_TAMPERED = (
    [(label, place) for label in ("first", "second", "v") for place in (0, 9, UNCHECKED, H_BITS - 1)]
    + [("doubled", k) for k in range(4)]
    + [("start", k) for k in range(5)]
    + [("bits", 0), ("bits", H_BITS - 1), ("apart", 0), ("apart", 2), ("inverse", 0), ("x", 0), ("y", 0)]
)


def off_curve() -> Iterator[Point]:
    """Pairs that are no points of the curve: of another curve, and beside it."""
    yield Point(KEY.x, (KEY.y + 1) % P)
    yield Point((KEY.x + 1) % P, KEY.y)
    yield Point(KEY.y, KEY.x)
    yield Point(5, 7)


def twisted() -> Point:
    """A key with a part of order 8. With others, the multiple before a point that is met would be the
    identity, which no step makes; here it is the point of order 2."""
    return add(KEY, small_order()[1])


def meeting_multiples() -> Iterator[tuple[int, int]]:
    """Scalars of which a step adds a point to itself, and that step: m is ±1 modulo 2ℓ there, and the digit
    has the same sign."""
    for step in range(UNCHECKED, H_BITS):
        left = H_BITS - step - 1
        for times in range(2, 30, 4):  # else m is even, or a step before has met one
            for sign in (-1, 1):
                multiple = ((times * ORDER + sign) * 2 + sign << left) + (1 << left) - 1
                scalar, rest = divmod(multiple - 11 * ORDER, 2)
                if not rest and 0 <= scalar < P:
                    yield scalar, step


def _point_forgeries(_: Bench) -> Iterator[Forged]:
    scalar = 3**150 % P

    def claim(
        number: int, own: Point, changes: Mapping[tuple[str, int], int], h: int = scalar
    ) -> Environment:
        made = walk_point(spelled(number, H_BITS), own, Walk("point", changes))
        return shown(made, scalar=[h], x=[own.x], y=[own.y])

    for change in POINT_TAMPERED:
        yield f"{change} + 1", claim(scalar + H_SHIFT, KEY, {change: 1})
    yield "bits of another scalar", claim(scalar + 1 + H_SHIFT, KEY, {})
    for h in (0, 1, 12345, (1 << H_BITS) - 1 - P - H_SHIFT):
        yield f"{h} + p", claim(h + H_SHIFT + P, KEY, {}, h)
    for h in (P - 1, P - H_SHIFT, P - H_SHIFT + 54321):
        yield f"{h} - p", claim(h + H_SHIFT - P, KEY, {}, h)
    for own in (*off_curve(), *small_order(), KEY._replace(x=KEY.x + P), KEY._replace(y=KEY.y + P)):
        if own.x >= P or own.y >= P:
            continue  # the field has no such element
        yield f"the point {own}", claim(scalar + H_SHIFT, own, {})
        for free in (1, 12345):
            yield f"the point {own}, {free}", claim(scalar + H_SHIFT, own, {("start", 1): free})
    elsewhere = walk_point(spelled(scalar + H_SHIFT, H_BITS), multiply(2, KEY), Walk("point")).values
    for places in ((0, 1), (2, 3)):
        honest = walk_point(spelled(scalar + H_SHIFT, H_BITS), KEY, Walk("point")).values["point_doubled"]
        other = elsewhere["point_doubled"]
        changes = {("doubled", k): other[k] - honest[k] for k in places}
        yield f"twice another point, {places}", claim(scalar + H_SHIFT, KEY, changes)
    for h, step in meeting_multiples():
        for slope in (0, 1, 12345):
            name = f"a point added to itself in step {step}, slope {slope}"
            yield name, claim(h + H_SHIFT, twisted(), {("first", step): slope}, h)


# What is left.


def difference() -> Subject:
    """The difference of public points."""
    names = ("one_x", "one_y", "other_x", "other_y", "x", "y")

    def build(draft: Draft, *wires: Linear) -> tuple[Linear, ...]:
        draft.put(DifferenceOfPoints, "difference", wires[:2], wires[2:4], *wires[4:])
        return ()

    def given(one: Point, other: Point, claimed: Point) -> dict[str, Values]:
        return {name: [v] for name, v in zip(names, (*one, *other, *claimed), strict=True)}

    points = (KEY, multiply(5, KEY), BASE, IDENTITY, *small_order())
    pairs = [(one, other) for one in points for other in points]
    honest = tuple(given(add(one, other), other, one) for one, other in pairs)

    def forgeries(bench: Bench) -> Iterator[Forged]:
        for one, other in pairs[:20]:
            true = add(one, other)
            false = [Point((one.x + 1) % P, one.y), Point(one.x, (one.y + 1) % P), Point(-one.x % P, one.y)]
            for claimed in (*false, add(one, ORDER_2), add(one, BASE)):
                if claimed != one:
                    yield f"{claimed} for {one}", bench.solve(**given(true, other, claimed))

    return Subject(_bench(build, **dict.fromkeys(names, ELEMENT)), honest, forgeries)


LEAVES = (101, 102, 103, 104, 105, 106)


def member() -> Subject:
    """Two public values under a public root."""

    def build(draft: Draft, leaf: Linear, root: Linear) -> tuple[Linear, ...]:
        draft.put(Member, "member", leaf, root, len(LEAVES))
        return ()

    def given(leaf: int, leaves: tuple[int, ...] = LEAVES) -> dict[str, Values]:
        known = {leaves_of(len(LEAVES)): list(leaves)}
        return {"leaf": [leaf, LEAVES[5]], "root": [merkle_root(LEAVES)], **known}

    def forgeries(bench: Bench) -> Iterator[Forged]:
        yield "no leaf", bench.solve(**given(77))
        yield "a leaf of another tree", bench.solve(**given(77, (77, *LEAVES[1:])))
        lower, upper = merkle_path(LEAVES, 0)
        values = bench.solve(**given(LEAVES[0]))
        rest = values["member_children"][8:]
        yield "a node", {**values, "leaf": [upper[0], LEAVES[5]]}
        other = [*lower, upper[1], 1, 2, 3, *rest]
        yield "another node above", {**values, "member_children": other}
        beside = [77, *lower[1:], *upper, *rest]
        yield "a leaf beside it", {**values, "member_children": beside, "leaf": [77, LEAVES[5]]}

    bench = _bench(build, leaf=((2,), 0, P - 1), root=ELEMENT)
    return Subject(bench, tuple(given(leaf) for leaf in LEAVES), forgeries)


SUBJECTS: Mapping[str, Callable[[], Subject]] = {
    "base point": base,
    "any point": point,
    "difference": difference,
    "member": member,
}


@cache
def subject(name: str) -> Subject:
    """Compiled once."""
    return SUBJECTS[name]()
