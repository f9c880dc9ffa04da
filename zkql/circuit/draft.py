"""A circuit while it is being written: gadgets in order, each made once.

In: what the compiler asks for, operation by operation. Out: gadgets and the wires that they make.
Constants are folded here, and the same gadget over the same inputs is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from zkql.circuit.gadgets.arithmetic import Multiply, Quotient, Rounding
from zkql.circuit.gadgets.base import Gadget, Origin, Parameter, Part
from zkql.circuit.gadgets.bits import Bits
from zkql.circuit.gadgets.compare import Equal, InRange, Less
from zkql.circuit.gadgets.live import Live
from zkql.circuit.gadgets.reveal import Reveal, RevealItems, RevealKnown
from zkql.circuit.wires import Dims, Linear, Spelling, Wire, check_width, constant

if TYPE_CHECKING:
    from zkql.errors import Span

G = TypeVar("G", bound=Gadget)


@dataclass
class Draft:
    """``capacity`` is N, the number of slots. ``publics`` are what the verifier puts in; :attr:`origin` is
    the clause that the next gadgets stand for."""

    capacity: int
    context: Linear | None = None
    origin: Origin = field(default_factory=lambda: Origin("the whole query"))
    publics: list[Wire] = field(default_factory=list)
    gadgets: list[Gadget] = field(default_factory=list)
    anchors: dict[tuple[Linear, bool], Linear] = field(default_factory=dict)
    """The largest (True) or smallest value of a column, where the opening knows it."""
    _made: dict[tuple[Any, ...], Gadget] = field(default_factory=dict)
    _spellings: dict[tuple[Any, ...], Spelling] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)
    """The last number behind a hint."""

    def public(self, name: str, dims: Dims, low: int, high: int) -> Wire:
        """A public input that the verifier derives; it answers for the bounds."""
        wire = Wire(name, dims, low, high)
        self.publics.append(wire)
        self._names.add(name)
        return wire

    @property
    def given(self) -> tuple[Parameter, ...]:
        """The public parameters that are not results."""
        return tuple(Parameter(wire.name, wire.dims, public=True) for wire in self.publics)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of ``main``: public ones, then the prover's."""
        added = [p for gadget in self.gadgets for p in gadget.parameters]
        return (*self.given, *(p for p in added if p.public), *(p for p in added if not p.public))

    @contextmanager
    def at(self, origin: Origin) -> Iterator[None]:
        """Gadgets made inside stand for this part of the query."""
        before, self.origin = self.origin, origin
        try:
            yield
        finally:
            self.origin = before

    def inside(self, clause: str, span: Span | None) -> AbstractContextManager[None]:
        """Gadgets made inside stand for this condition of WHERE; elsewhere for the whole key or call that it
        is in."""
        if self.origin.part is not Part.WHERE:
            return nullcontext()
        return self.at(replace(self.origin, clause=clause, span=span))

    def put(self, kind: Callable[..., G], hint: str, *fields: Any) -> G:
        """The gadget ``kind(name, origin, *fields)``; the one made before, if there is one."""
        key = (kind, *fields)
        found = self._made.get(key)
        if found is None:
            found = kind(self._fresh(hint), self.origin, *fields)
            self._made[key] = found
            self.gadgets.append(found)
        return cast(G, found)

    def make(self, kind: Callable[..., Gadget], hint: str, *fields: Any) -> Linear:
        """The one output of :meth:`put`."""
        (wire,) = self.put(kind, hint, *fields).outputs
        return wire.linear

    def _fresh(self, hint: str) -> str:
        name = hint
        while name in self._names:
            self._numbers[hint] = self._numbers.get(hint, 1) + 1
            name = f"{hint}_{self._numbers[hint]}"
        self._names.add(name)
        return name

    def reveal(
        self, result: str, computed: Linear, known: Linear | None = None, size: Dims | None = None
    ) -> None:
        """The public input ``result`` is the computed value; where ``known`` is 0, it is 0. It has the
        dimensions ``size``, those of the value where it is None."""
        if known is not None and known.is_constant and not known.constant:
            computed, known = constant(0), None  # NULL, whatever the value is
        if size is None:
            size = computed.dims or (known.dims if known is not None else ())
        if known is None:
            self.put(Reveal, "reveal", computed, result, size)
        else:
            self.put(RevealKnown, "reveal", computed, known, result, size)

    def reveal_items(self, result: str, value: Linear, length: Linear, size: Dims, most: int) -> None:
        """The public input ``result`` has the first ``length`` of ``most`` values, then zeros."""
        self.put(RevealItems, "reveal_items", value, length, result, size, most)

    @property
    def used(self) -> set[str]:
        """The names of all wires that a gadget reads."""
        return {wire.name for gadget in self.gadgets for linear in gadget.inputs for wire, _ in linear.terms}

    def prune(self) -> None:
        """Leave out gadgets that only make what nothing reads; ZoKrates would drop them unseen."""
        while True:
            used = self.used
            kept = [g for g in self.gadgets if not g.pure or any(w.name in used for w in g.outputs)]
            if len(kept) == len(self.gadgets):
                return
            self.gadgets[:] = kept

    # --- operations that gadgets and queries are made of ---

    def multiply(self, left: Linear, right: Linear) -> Linear:
        """``left · right``; free where one is constant."""
        if left.is_constant:
            return right * left.constant
        if right.is_constant:
            return left * right.constant
        product = self.make(Multiply, "product", left, right)
        check_width("a product", product.low, product.high)
        return product

    def less(self, left: Linear, right: Linear) -> Linear:
        """1 where ``left < right``, else 0."""
        if left.high < right.low:
            return constant(1)
        if left.low >= right.high:
            return constant(0)
        check_width("a comparison", right.low - left.high, right.high - left.low)
        return self.make(Less, "less", left, right)

    def at_most(self, left: Linear, right: Linear) -> Linear:
        """1 where ``left <= right``, else 0."""
        return 1 - self.less(right, left)

    def equal(self, left: Linear, right: Linear) -> Linear:
        """1 where ``left = right``, else 0."""
        difference = right - left
        if difference.low > 0 or difference.high < 0:
            return constant(0)
        if difference.is_constant:
            return constant(1)
        check_width("a comparison", difference.low, difference.high)
        return self.make(Equal, "equal", difference)

    def check_range(self, value: Linear, width: int) -> None:
        """Assert that ``0 <= value < 2^width``."""
        if value.low < 0 or value.high >= 1 << width:
            self.put(InRange, "in_range", value, width)

    def all_of(self, conditions: list[Linear]) -> Linear:
        """1 where every one of the conditions (each 0 or 1) is 1."""
        result = constant(1)
        for condition in conditions:
            result = self.multiply(result, condition)
        return result

    def learn(self, value: Linear, spelling: Spelling) -> None:
        """A number whose bits are checked already. The caller answers for it."""
        self._spellings.setdefault((frozenset(value.terms), value.constant), spelling)

    def known_spelling(self, value: Linear) -> Spelling | None:
        """The bits of a number, where it has some."""
        return self._spellings.get((frozenset(value.terms), value.constant))

    def spelled(self, value: Linear, width: int, *, whole: bool = False) -> Spelling:
        """The bits of a number in ``[0, 2^width)``: those that it has, or new ones; ``whole`` asks for a wire
        of nothing else."""
        found = self.known_spelling(value)
        if found is None or found.width != width or (whole and not found.is_whole):
            found = Spelling(self.put(Bits, "bits", value, width).bits, 0, width)
            self.learn(value, found)
        return found

    def live(self, rows: Linear) -> Linear:
        """1 in the first ``rows`` slots, 0 in those that repeat the last row."""
        return self.make(Live, "live", rows, self.capacity)

    def select(self, condition: Linear, then: Linear, otherwise: Linear) -> Linear:
        """``then`` where the condition (0 or 1) is 1, else ``otherwise``."""
        return otherwise + self.multiply(condition, then - otherwise)

    def bounded(self, value: Linear, low: int, high: int) -> Linear:
        """The same value, with bounds that its wires do not show: ``n Σx² - (Σx)²`` is not negative. The
        caller answers for the mathematics: widths of range checks are chosen by it, and a claim that is
        false of some rows refuses them, or lets a number wrap."""
        return value.within(low, high)

    def divide(self, dividend: Linear, divisor: Linear, rounding: Rounding) -> Linear:
        """``dividend / divisor`` as an integer; the divisor is at least 1."""
        if divisor.is_constant and divisor.constant == 1:
            return dividend
        if rounding is Rounding.HALF_AWAY and dividend.low < 0:
            # Of magnitudes, with a sign that is compared: half of a divisor alone does not tell its sign.
            sign = 1 - self.less(dividend.primitive, constant(0)) * 2
            most = max(-dividend.low, dividend.high)
            magnitude = self.bounded(self.multiply(sign, dividend), 0, most)
            return self.multiply(sign, self.divide(magnitude, divisor, rounding))
        quotient = self.put(Quotient, "quotient", dividend, divisor, rounding)
        whole, rest, _ = quotient.widths()[-3:]
        assert whole is not None
        assert rest is not None
        check_width("a division", 1 << (whole + rest))
        return quotient.outputs[0].linear
