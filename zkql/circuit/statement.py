"""The public inputs of a circuit: all of them, in order, derived and never read from a proof.

Processor and verifier call the same function. In: the circuit's plan, the context, the evidenced
rows, the claimed results. Out: field elements.

order: context · number of rows · commitment of each slot · each shown value of each slot · whether
any row counts · each result
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.slots import fill_slots
from zkql.crypto.commitment import empty_commitment
from zkql.crypto.field import to_field
from zkql.plan.evaluate import shown_value
from zkql.plan.functions.aggregates import Function

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zkql.plan.calls import Aggregation
    from zkql.plan.stages import CircuitPlan, StagedPlan
    from zkql.plan.types import Value


@dataclass(frozen=True, slots=True)
class EvidencedRow:
    """A signed row as the consumer sees it: public columns and the commitment to the others."""

    columns: Mapping[str, Value]
    commitment: int


class StatementError(ValueError):
    """The claim cannot be true of any rows: out of range, NULL where there are rows, …"""


def public_inputs(
    plan: StagedPlan,
    circuit: CircuitPlan,
    context: int,
    rows: Sequence[EvidencedRow],
    present: bool,
    values: Mapping[int, Value | None],
) -> list[int]:
    """Every public input. ``values`` has the claimed result of each call that the circuit proves.

    Raises :class:`StatementError` where no honest processor could claim this.
    """
    if len(rows) > circuit.capacity:
        raise StatementError(f"{len(rows)} rows do not fit a capacity of {circuit.capacity}")
    if set(values) != set(circuit.calls):
        raise StatementError("the results are not those of the circuit")
    if not plan.hides_rows and present != bool(rows):
        raise StatementError("it is public whether there are rows")
    inputs = [context, len(rows)]
    inputs += fill_slots([row.commitment for row in rows], circuit.capacity, empty_commitment(plan.stream))
    for shown in circuit.shown:
        inputs += fill_slots([shown_value(shown, row.columns) for row in rows], circuit.capacity, 0)
    inputs.append(int(present))
    inputs += [encode_result(plan.calls[i], values[i], present) for i in circuit.calls]
    return inputs


def encode_result(call: Aggregation, value: Value | None, present: bool) -> int:
    """A result as a field element; NULL is 0 beside ``present`` = 0."""
    if call.function is Function.COUNT:
        if not isinstance(value, int) or value < 0 or (value > 0) != present:
            raise StatementError(f"{call} cannot be {value}")
        return value
    if (value is None) == present or not (value is None or isinstance(value, int)):
        raise StatementError(f"{call} cannot be {'NULL' if value is None else value}")
    if value is None:
        return 0
    if not call.type.contains(value):
        raise StatementError(f"{call} is outside {call.type}")
    if call.function in (Function.MIN, Function.MAX):
        return value - call.type.lowest
    return to_field(value)


def public_count(circuit: CircuitPlan) -> int:
    """How many public inputs the circuit has."""
    return 3 + circuit.capacity * (1 + len(circuit.shown)) + len(circuit.calls)
