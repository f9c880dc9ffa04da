"""What SQL values are in a circuit: operands of a call, one a slot, and answers, one a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.wires import Linear

if TYPE_CHECKING:
    from zkql.plan.types import SqlType


@dataclass(frozen=True, slots=True)
class Operand:
    """A SQL value. ``value`` is held as everywhere (DECIMAL: unscaled; BOOLEAN: 0 or 1; VARCHAR: its code,
    see :mod:`zkql.plan.codes`), and anything within its bounds where ``null`` is 1; ``null`` is None where
    it never is NULL."""

    value: Linear
    null: Linear | None
    type: SqlType


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of an aggregate. ``known`` is 0 where it is NULL, and then ``value`` is anything; None
    where it never is NULL."""

    value: Linear
    known: Linear | None = None


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """The value of an aggregate that makes an ARRAY: the first ``length`` of the ``items``; those after
    are anything. The items are the last dimension; without it, they are all the same."""

    items: Linear
    length: Linear
    known: Linear | None = None
