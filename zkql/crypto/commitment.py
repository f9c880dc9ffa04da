"""Commitments to the private columns of a row, and how columns share field elements.

``c = Poseidon(tag · 2^w + columns, columns …, salt)``: the columns' codes (:mod:`zkql.plan.codes`) are
packed from the low bits up, in order of declaration, each with its flag of NULL if it has one; the first
element also carries a tag of the schema, so that a commitment made for one schema opens to nothing under
another. The salt is a random field element.

Hiding rests on the salt, binding on Poseidon's collision resistance (see :mod:`zkql.crypto.poseidon`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.crypto.field import USABLE_BITS, P
from zkql.crypto.poseidon import MAX_INPUTS, poseidon
from zkql.plan.codes import column_bits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zkql.plan.schema import ColumnSchema, StreamSchema

TAG_BITS = 120


@dataclass(frozen=True, slots=True)
class Element:
    """One field element: columns from the low bits up, below ``constant`` at bit ``width``."""

    columns: tuple[ColumnSchema, ...]
    constant: int

    @property
    def width(self) -> int:
        """Bits that the columns take."""
        return sum(map(column_bits, self.columns))

    def pack(self, codes: Mapping[str, int]) -> int:
        """The element's value from the columns' codes."""
        value, shift = 0, 0
        for column in self.columns:
            value += codes[column.name] << shift
            shift += column_bits(column)
        return value + (self.constant << shift)


def layout(stream: StreamSchema) -> tuple[Element, ...]:
    """How a stream's private columns are placed. Raises ``ValueError`` if there are too many."""
    tag = int.from_bytes(stream.digest, "big") >> (256 - TAG_BITS)
    elements: list[Element] = []
    columns: list[ColumnSchema] = []
    constant, room = tag, USABLE_BITS - TAG_BITS
    for column in stream.private_columns:
        bits = column_bits(column)
        if bits > room:
            elements.append(Element(tuple(columns), constant))
            columns, constant, room = [], 0, USABLE_BITS
        columns.append(column)
        room -= bits
    elements.append(Element(tuple(columns), constant))
    if len(elements) >= MAX_INPUTS:
        raise ValueError(f"the private columns need more than {MAX_INPUTS - 1} field elements")
    return tuple(elements)


def new_salt() -> int:
    """A uniformly random field element from the operating system."""
    return secrets.randbelow(P)


def commit(stream: StreamSchema, codes: Mapping[str, int], salt: int) -> int:
    """The commitment to a row, given the code of each private column
    (:func:`zkql.plan.codes.encode_column`)."""
    return poseidon([*(element.pack(codes) for element in layout(stream)), salt])


def empty_commitment(stream: StreamSchema) -> int:
    """What every slot opens to over no rows: codes and salt zero. No sensor signs it, since a
    random salt is zero with probability 2^-253, and the verifier never takes it for a row."""
    return commit(stream, {c.name: 0 for c in stream.private_columns}, 0)
