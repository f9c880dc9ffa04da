"""What stands in a circuit for the evidence of its rows: by provenance, the verifier's part and the prover's.

ROW: each slot opens the signed commitment of a row (:class:`Rows`). CHAIN: the blocks of each device are
opened from one signed head to another (:class:`Chains`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.rows import secret_name
from zkql.circuit.slots import fill_slots
from zkql.crypto.blocks import layout_of
from zkql.crypto.commitment import empty_commitment
from zkql.plan.codes import encode
from zkql.plan.types import TIMESTAMP

if TYPE_CHECKING:
    from zkql.circuit.wires import Values
    from zkql.crypto.blocks import Block, BlockLayout
    from zkql.plan.schema import StreamSchema
    from zkql.plan.stages import CircuitPlan, StagedPlan
    from zkql.plan.types import Value

SHOWN = "shown"
"""The gadget that says which blocks are opened."""
FIRST, INNER, LAST = OPENS = ("first_block", "inner_blocks", "last_block")
"""The gadgets that open them."""


def block_counts(capacity: int, chains: int, size: int) -> tuple[int, int, int]:
    """How many blocks of a chain each of :data:`OPENS` has places for."""
    return 1, capacity // chains // size - 2, 1


class StatementError(ValueError):
    """The claim cannot be true of any rows: out of range, NULL where there are rows, …"""


def given_names(circuit: CircuitPlan) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The public inputs that a circuit begins with, in order, and their dimensions."""
    if circuit.chains:
        yield "start", ()
        yield "head", (circuit.chains,)
    else:
        yield "rows", ()
        yield "commitment", (circuit.capacity,)


def made_names(circuit: CircuitPlan) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The public inputs that a circuit computes."""
    if circuit.chains:
        yield "after", (circuit.chains,)


# --- the verifier's part ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EvidencedRow:
    """A signed row as the consumer sees it: public columns and the commitment to the others."""

    columns: Mapping[str, Value | None]
    commitment: int


@dataclass(frozen=True, slots=True)
class Rows:
    """The signed rows of a group, in order."""

    rows: tuple[EvidencedRow, ...]

    @property
    def columns(self) -> list[Mapping[str, Value | None]]:
        """The public columns of each."""
        return [row.columns for row in self.rows]

    @property
    def shows_rows(self) -> bool:
        """Whether everyone sees that there are rows."""
        return bool(self.rows)

    def values(self, plan: StagedPlan, circuit: CircuitPlan) -> dict[str, Values]:
        """The public inputs. Raises :class:`StatementError` if the rows do not fit."""
        if len(self.rows) > circuit.capacity:
            raise StatementError(f"{len(self.rows)} rows do not fit a capacity of {circuit.capacity}")
        commitments = [row.commitment for row in self.rows]
        return {
            "rows": [len(self.rows)],
            "commitment": self.slots(circuit, commitments, empty_commitment(plan.stream)),
        }

    def slots(self, circuit: CircuitPlan, values: Sequence[int], empty: int) -> Values:
        """A value of each row in the circuit's slots."""
        return fill_slots(values, circuit.capacity, empty)


@dataclass(frozen=True, slots=True)
class EvidencedChain:
    """A device's chain as the consumer sees it: the head from which a window opens it, and that after it."""

    columns: Mapping[str, Value | None]
    head: int
    after: int


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of a group's devices, in order, opened for the window from ``start`` (milliseconds); blocks
    have ``size`` rows."""

    start: int
    size: int
    chains: tuple[EvidencedChain, ...]

    @property
    def columns(self) -> list[Mapping[str, Value | None]]:
        """The public columns that the rows of each chain have."""
        return [chain.columns for chain in self.chains]

    @property
    def shows_rows(self) -> bool:
        """Nobody sees whether there are rows."""
        return False

    def values(self, plan: StagedPlan, circuit: CircuitPlan) -> dict[str, Values]:
        """The public inputs: from 0 to 0 where there is no device, which no block leads to. Raises
        :class:`StatementError` if there are too many."""
        if len(self.chains) > circuit.chains:
            raise StatementError(f"{len(self.chains)} devices do not fit a circuit of {circuit.chains}")
        unused = [0] * (circuit.chains - len(self.chains))
        return {
            "start": [encode(TIMESTAMP, self.start)],
            "head": [*(chain.head for chain in self.chains), *unused],
            "after": [*(chain.after for chain in self.chains), *unused],
        }

    def slots(self, circuit: CircuitPlan, values: Sequence[int], empty: int) -> Values:
        """A value of each chain in all of its places."""
        own = [*values, *[empty] * (circuit.chains - len(values))]
        counts = block_counts(circuit.capacity, circuit.chains, self.size)
        places = [count * self.size for count in counts]
        return [value for count in places for value in own for _ in range(count)]


Evidence = Rows | Chains
Evidenced = EvidencedRow | EvidencedChain


def evidence_of(plan: StagedPlan, start: int, items: Sequence[Evidenced]) -> Evidence:
    """The evidence of a group in the window from ``start`` (milliseconds)."""
    if plan.stream.block is None:
        return Rows(tuple(item for item in items if isinstance(item, EvidencedRow)))
    chains = tuple(item for item in items if isinstance(item, EvidencedChain))
    return Chains(start, plan.stream.block, chains)


# --- the prover's part ------------------------------------------------------------------------------


def secrets_of_rows(
    stream: StreamSchema, capacity: int, codes: Sequence[Mapping[str, int]], salts: Sequence[int]
) -> dict[str, Values]:
    """What the prover knows of rows, as the opening reads it: of each row the codes of the private
    columns, and the salt. Slots after the last row repeat it; over no rows all is zero."""
    found = {"salt": fill_slots(salts, capacity, 0)}
    for column in stream.private_columns:
        own = [row[column.name] for row in codes]
        found[secret_name(column.name)] = fill_slots(own, capacity, 0)
    return found


def secrets_of_chains(
    stream: StreamSchema, circuit: CircuitPlan, chains: Sequence[Sequence[Block]]
) -> dict[str, Values]:
    """What the prover knows of each chain: the blocks that are opened, at most as many as have a place."""
    layout = layout_of(stream)
    given = [*map(tuple, chains), *[()] * (circuit.chains - len(chains))]
    found: dict[str, Values] = {f"{SHOWN} count": [len(blocks) for blocks in given]}
    parts = (
        [blocks[:1] if len(blocks) > 1 else () for blocks in given],
        [blocks[1:-1] for blocks in given],
        [blocks[-1:] for blocks in given],
    )
    counts = block_counts(circuit.capacity, circuit.chains, layout.size)
    for name, count, own in zip(OPENS, counts, parts, strict=True):
        found |= _secrets_of_blocks(name, layout, count, own)
    return found


def _secrets_of_blocks(
    name: str, layout: BlockLayout, count: int, chains: Sequence[tuple[Block, ...]]
) -> dict[str, Values]:
    """Those of one gadget: blocks stand in the last of ``count`` places of their chain."""
    found: dict[str, Values] = {f"{name} {what}": [] for what in ("salt", "base", "rows")}
    codes: list[Values] = [[] for _ in layout.strips]
    for blocks in chains:
        unused = count - len(blocks)
        assert unused >= 0, "too many blocks"
        found[f"{name} salt"] += [*[0] * unused, *(block.salt for block in blocks)]
        found[f"{name} base"] += [*[0] * unused, *(block.base for block in blocks)]
        found[f"{name} rows"] += [*[0] * unused, *(len(block.rows) for block in blocks)]
        rows = [row for block in blocks for row in layout.filled(block.rows)]
        for place, own in enumerate(codes):
            own += [0] * unused * layout.size
            own += [(row.offset, *row.codes)[place] for row in rows]
    return found | {f"{name} codes {place}": own for place, own in enumerate(codes)}
