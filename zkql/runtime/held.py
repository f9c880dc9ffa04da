"""What a processor holds of a window, by provenance: plaintext, with what the consumer is shown of it.

ROW: signed rows with their openings. CHAIN: of each device the blocks that the window opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.evidence import EvidencedChain, EvidencedRow, secrets_of_chains, secrets_of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.circuit.wires import Values
    from zkql.plan.schema import StreamSchema
    from zkql.plan.stages import CircuitPlan, StagedPlan
    from zkql.plan.types import Value
    from zkql.runtime.chains import Opened
    from zkql.runtime.records import Opening, SignedRow

    PlainRow = dict[str, Value | None]


@dataclass(frozen=True, slots=True)
class OwnedRow:
    """A signed row and its opening."""

    row: SignedRow
    opening: Opening

    def evidenced(self, stream: StreamSchema) -> EvidencedRow:
        """What the circuit's public inputs are derived from."""
        return EvidencedRow(self.row.columns(stream), self.row.commitment)

    def columns(self, stream: StreamSchema) -> PlainRow:
        """All columns, private ones too."""
        private = zip(stream.private_columns, self.opening.private, strict=True)
        return {**self.row.columns(stream), **{c.name: v for c, v in private}}


@dataclass(frozen=True, slots=True)
class OwnedChain:
    """The blocks of a device that a window opens."""

    device: Value
    opened: Opened

    def evidenced(self, stream: StreamSchema) -> EvidencedChain:
        """What the circuit's public inputs are derived from."""
        columns = {stream.device: self.device}
        return EvidencedChain(columns, self.opened.head, self.opened.closing.state.head)

    def rows(self, stream: StreamSchema, start: int, end: int) -> list[PlainRow]:
        """Those of the window ``[start, end)``, in milliseconds."""
        rows = (row for link in self.opened.links for row in link.rows)
        return [dict(row) for row in rows if start <= stream.time_of(row) < end]


Held = OwnedRow | OwnedChain


def plain_rows(plan: StagedPlan, start: int, held: Sequence[Held]) -> list[PlainRow]:
    """The rows of the window from ``start``, private columns too, in the order of the circuit."""
    stream, found = plan.stream, []
    for own in held:
        if isinstance(own, OwnedRow):
            found.append(own.columns(stream))
        else:
            found += own.rows(stream, start, start + plan.size)
    return found


@dataclass(frozen=True, slots=True)
class Excess:
    """Why a group does not fit its circuit, and what to do."""

    what: str
    note: str


def excess_of(plan: StagedPlan, circuit: CircuitPlan, held: Sequence[Held]) -> Excess | None:
    """What is too much of a group."""
    again = "in the stream's WITH (…) and compile again"
    if not circuit.chains:
        if len(held) <= circuit.capacity:
            return None
        what = f"{len(held)} rows, and the capacity is {circuit.capacity}"
        return Excess(what, f"raise 'capacity' {again}, or shorten the window")
    if len(held) > circuit.chains:
        what = f"{len(held)} devices, and the circuit has room for {circuit.chains}"
        return Excess(what, f"raise 'devices' {again}; or group by {plan.stream.device}")
    assert plan.stream.block is not None
    most = circuit.capacity // circuit.chains // plan.stream.block
    for own in held:
        if isinstance(own, OwnedChain) and len(own.opened.links) > most:
            count = len(own.opened.links)
            what = f"{count} blocks of device {own.device!r}, and the circuit has room for {most}"
            return Excess(what, f"raise 'capacity' {again}, or sign larger batches: they fill their blocks")
    return None


def secrets_of(plan: StagedPlan, circuit: CircuitPlan, held: Sequence[Held]) -> dict[str, Values]:
    """What the prover puts in of a group that fits."""
    stream = plan.stream
    chains = [own for own in held if isinstance(own, OwnedChain)]
    if not circuit.chains:
        rows = [own for own in held if isinstance(own, OwnedRow)]
        codes = [own.opening.offsets(stream) for own in rows]
        return secrets_of_rows(stream, circuit.capacity, codes, [own.opening.salt for own in rows])
    blocks = [[link.block for link in own.opened.links if link.block is not None] for own in chains]
    return secrets_of_chains(stream, circuit, blocks)
