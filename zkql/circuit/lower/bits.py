"""BIT_AND, BIT_OR and BIT_XOR. In: the selected rows and an integer. Out: the answer, in two's complement.

At each place of the bits, the bits that decide are counted over the selected rows: zeros for AND, ones for
OR and XOR. The place is 1 where there are none, some, or an odd number. Many counts share one sum: a row's
bits are spread out, with room for a count from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.bits import Bits, BitSums, Digits, Weighted
from zkql.circuit.lower.answer import Answer
from zkql.circuit.wires import constant
from zkql.plan.functions.aggregates import Function

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear, Wire
    from zkql.plan.calls import Aggregation

_SPREAD_BITS = 250
"""Bits of a sum of spread bits."""


@dataclass(frozen=True, slots=True)
class _Spelled:
    """Numbers in bits. ``signed``: the bits are those of ``number + 2^(width - 1)``, so that the top one is
    the sign's opposite, and all others are those of two's complement."""

    bits: Wire
    width: int
    signed: bool

    @property
    def weights(self) -> tuple[int, ...]:
        """What the places of two's complement are worth."""
        *others, top = (1 << j for j in range(self.width))
        return (*others, -top if self.signed else top)

    def counted(self, bit: int) -> tuple[int, ...]:
        """For each place what stands there for ``bit`` of two's complement."""
        return (*[bit] * (self.width - 1), 1 - bit if self.signed else bit)


def bitwise(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """BIT_AND, BIT_OR, BIT_XOR: place by place, over the rows that are selected."""
    value = operands[0].value
    odd = call.function is Function.BIT_XOR
    if not value.dims:
        made = selection.draft.multiply(_parity(selection), value) if odd else value
        return Answer(made, selection.any)
    spelled = _spelled(selection.draft, value)
    if odd:
        return Answer(_odd(selection, spelled), selection.any)
    return Answer(_every_or_some(selection, spelled, every=call.function is Function.BIT_AND), selection.any)


def _spelled(draft: Draft, value: Linear) -> _Spelled:
    """A column's bits are those that its opening has, if the whole of its type is asked for."""
    signed = value.low < 0
    width = max(max(-value.low - 1, value.high).bit_length() + signed, 2)
    offset = value + (1 << width - 1) if signed else value
    return _Spelled(draft.spelled(offset, width, whole=True).bits, width, signed)


def _every_or_some(selection: Selection, spelled: _Spelled, *, every: bool) -> Linear:
    """A place of AND is 1 where no zero is counted, a place of OR is 0 where no one is."""
    draft, places = selection.draft, spelled.counted(0 if every else 1)
    if selection.selects_all:  # a row that counts as often as it fills slots changes nothing here
        counts = draft.make(BitSums, "bit_sums", spelled.bits, places)
        none = _number(draft, draft.equal(counts, constant(0)), spelled.weights)
    else:
        size = selection.capacity.bit_length()
        none = constant(0)
        for start, chunk in _chunks(spelled, size):
            bits = _counts(selection, spelled, places, start, len(chunk))
            digits = draft.make(Digits, "bit_counts", bits, size)
            none += _number(draft, draft.equal(digits, constant(0)), chunk)
    return none if every else sum(spelled.weights) - none


def _odd(selection: Selection, spelled: _Spelled) -> Linear:
    """A place of XOR is the lowest bit of the number of ones."""
    draft, size = selection.draft, selection.capacity.bit_length()
    whole = constant(0)
    for start, chunk in _chunks(spelled, size):
        bits = _counts(selection, spelled, spelled.counted(1), start, len(chunk))
        lowest = tuple(weight if t == 0 else 0 for weight in chunk for t in range(size))
        whole += draft.make(Weighted, "odd", bits, lowest)
    return whole


def _counts(
    selection: Selection, spelled: _Spelled, places: tuple[int, ...], start: int, length: int
) -> Wire:
    """The bits of all counts at ``length`` places, one after the other, each of the capacity's width."""
    size = selection.capacity.bit_length()
    weights = [0] * spelled.width
    others = 0
    for j in range(length):
        counts_ones, worth = places[start + j], 1 << size * j
        weights[start + j] = worth if counts_ones else -worth
        others += 0 if counts_ones else worth
    spread = selection.draft.make(Weighted, "spread", spelled.bits, tuple(weights)) + others
    return selection.draft.put(Bits, "count_bits", selection.total(spread), size * length).bits


def _chunks(spelled: _Spelled, size: int) -> list[tuple[int, tuple[int, ...]]]:
    """Places whose counts share a sum: the first of them, and what they are worth."""
    most = _SPREAD_BITS // size
    return [(start, spelled.weights[start : start + most]) for start in range(0, spelled.width, most)]


def _number(draft: Draft, flags: Linear, weights: tuple[int, ...]) -> Linear:
    """What flags at the places are worth."""
    ((wire, _),) = flags.terms
    return draft.make(Weighted, "number", wire, weights)


def _parity(selection: Selection) -> Linear:
    """1 where the number of selected rows is odd, else 0."""
    size = selection.capacity.bit_length()
    bits = selection.draft.put(Bits, "count_bits", selection.count, max(size, 2)).bits
    return selection.draft.make(Weighted, "odd", bits, (1, *[0] * (max(size, 2) - 1)))
