"""Committed tables: entries opened one by one, and entries under a Merkle root."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Elementwise, Gadget, Parameter, Spell
from zkql.circuit.gadgets.lookup import packed
from zkql.circuit.gadgets.poseidon import poseidon_constraints, poseidon_name
from zkql.circuit.slots import fill_slots
from zkql.circuit.wires import Environment, Linear, Values, Wire
from zkql.crypto.field import P
from zkql.crypto.linked import LinkedTable, Record
from zkql.crypto.merkle import ARITY, depth_of, merkle_path
from zkql.crypto.poseidon import poseidon


@dataclass(frozen=True, slots=True)
class Ownership:
    """What the prover knows of a committed table with so many entries: its columns and the salts, given under
    these names. The table's owner gave them, and they are no parameters of ``main``."""

    table: LinkedTable
    entries: int

    @property
    def columns(self) -> tuple[Linear, ...]:
        """Keys, next keys, payload."""
        (low, high), payload = self.table.key, self.table.payload
        bounds = ((low - 1, high), (low, high + 1), *payload)
        wires = (Wire(f"column {k} of the table", (self.entries,), *own) for k, own in enumerate(bounds))
        return tuple(wire.linear for wire in wires)

    @property
    def salt(self) -> Linear:
        """The salts."""
        return Wire("salts of the table", (self.entries,), 0, P - 1).linear

    @property
    def known(self) -> tuple[Linear, ...]:
        """The packed elements of each entry, without the tag, and the salts."""
        return (*packed(self.table.layout, self.columns), self.salt)

    def given(self, records: Sequence[Record], salts: Sequence[int]) -> dict[str, Values]:
        """The values of all these, the last entry repeated up to their number."""
        filled = fill_slots(records, self.entries, ())
        found = dict(
            zip((c.terms[0][0].name for c in self.columns), map(list, zip(*filled, strict=True)), strict=True)
        )
        return found | {self.salt.terms[0][0].name: fill_slots(salts, self.entries, 0)}

    @property
    def tag(self) -> int:
        """What commitments add to the first element."""
        return self.table.tag * self.table.tag_place

    @property
    def hashed(self) -> int:
        """Inputs of the hash of an entry."""
        return self.table.layout.elements + 1


class _OfTable(Gadget):
    """A gadget that knows a committed table."""

    owned: Ownership

    @property
    @abstractmethod
    def shown(self) -> tuple[Linear, ...]:
        """What its function takes."""

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (*self.shown, *self.owned.known)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return tuple(dict.fromkeys(wire for linear in self.shown for wire, _ in linear.terms))


@dataclass(frozen=True)
class Opened(_OfTable):
    """The packed elements of every entry, each opened from its commitment."""

    name: str
    origin: Any
    owned: Ownership
    commitment: Linear
    template: ClassVar[str] = "opened.zok.j2"

    @property
    def shown(self) -> tuple[Linear, ...]:
        return (self.commitment,)

    @property
    def elements(self) -> tuple[Wire, ...]:
        """The outputs."""
        dims, count = (self.owned.entries,), self.owned.table.layout.elements
        return tuple(Wire(f"{self.name}_element_{k}", dims, 0, P - 1) for k in range(count))

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return self.elements

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        own = (Parameter(wire.name, wire.dims) for wire in self.elements)
        return (*own, Parameter(f"{self.name}_salt", (self.owned.entries,)))

    def read(self, environment: Environment) -> list[Values]:
        return [linear.values(environment, (self.owned.entries,)) for linear in self.inputs]

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return list(inputs[1:-1])

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        return {f"{self.name}_salt": inputs[-1]}

    @property
    def hashes(self) -> Mapping[int, int]:
        return {self.owned.hashed: self.owned.entries}

    def constraints(self) -> int:
        return self.owned.entries * (poseidon_constraints(self.owned.hashed) + 1)

    @property
    def formula(self) -> str:
        return f"{poseidon_constraints(self.owned.hashed) + 1} M = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "entries": self.owned.entries,
            "elements": [wire.name for wire in self.elements],
            "tag": self.owned.tag,
            "commitment": self.commitment.text("[i]"),
            "hash": poseidon_name(self.owned.hashed),
        }


@dataclass(frozen=True)
class Path(_OfTable):
    """Of each row the packed elements are those of a leaf under the root of a tree
    (:mod:`zkql.crypto.merkle`). Which leaf does not matter, as an entry says itself what it is of."""

    name: str
    origin: Any
    owned: Ownership
    rows: tuple[Linear, ...]
    """Packed elements without the tag."""
    root: Linear
    template: ClassVar[str] = "path.zok.j2"

    @property
    def shown(self) -> tuple[Linear, ...]:
        return (self.root, *self.rows)

    def read(self, environment: Environment) -> list[Values]:
        rows = [element.values(environment, (self.count,)) for element in self.rows]
        known = [linear.values(environment, (self.owned.entries,)) for linear in self.owned.known]
        return [self.root.values(environment), *rows, *known]

    @property
    def count(self) -> int:
        """Rows."""
        (count,) = {size for element in self.rows for size in element.dims}
        return count

    @property
    def depth(self) -> int:
        """Levels of the tree."""
        return depth_of(self.owned.entries)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter(f"{self.name}_salt", (self.count,)),
            Parameter(f"{self.name}_children", (self.count, self.depth, ARITY)),
        )

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return []

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        _, *columns = inputs
        rows = zip(*columns[: len(self.rows)], strict=True)
        *elements, salts = columns[len(self.rows) :]
        entries = list(zip(*elements, strict=True))
        leaves = [
            poseidon([first + self.owned.tag, *rest, salt])
            for (first, *rest), salt in zip(entries, salts, strict=True)
        ]
        places = {entry: j for j, entry in enumerate(entries)}
        found = [places.get(row, 0) for row in rows]
        paths = {j: [c for level in merkle_path(leaves, j) for c in level] for j in set(found)}
        return {
            f"{self.name}_salt": [salts[j] for j in found],
            f"{self.name}_children": [child for j in found for child in paths[j]],
        }

    @property
    def hashes(self) -> Mapping[int, int]:
        found = {self.owned.hashed: self.count}
        found[ARITY] = found.get(ARITY, 0) + self.count * self.depth
        return found

    @property
    def per_row(self) -> int:
        """Constraints of a row: the leaf, each level, the root."""
        level = poseidon_constraints(ARITY) + ARITY - 1
        return poseidon_constraints(self.owned.hashed) + self.depth * level + 1

    def constraints(self) -> int:
        return self.count * self.per_row

    @property
    def formula(self) -> str:
        return f"{self.per_row} N = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "elements": [element.text("[i]") for element in self.rows],
            "tag": self.owned.tag,
            "root": self.root.text(""),
            "depth": self.depth,
            "arity": ARITY,
            "leaf_hash": poseidon_name(self.owned.hashed),
            "node_hash": poseidon_name(ARITY),
        }


@dataclass(frozen=True)
class Member(Elementwise):
    """Each value is a leaf under the root of a tree over so many leaves (:mod:`zkql.crypto.merkle`). The
    prover gives them under the name :func:`leaves_of`; which one it is stays private."""

    name: str
    origin: Any
    leaf: Linear
    root: Linear
    leaves: int
    template: ClassVar[str] = "member.zok.j2"
    advice: ClassVar[tuple[str, ...]] = ("children",)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.leaf, self.root)

    def read(self, environment: Environment) -> list[Values]:
        return [*super().read(environment), environment[leaves_of(self.leaves)]]

    @property
    def depth(self) -> int:
        """Levels of the tree."""
        return depth_of(self.leaves)

    def widths(self) -> Sequence[int | None]:
        return (self.depth * ARITY,)

    def compute_one(self, *inputs: int) -> int:
        raise NotImplementedError

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        own, _, leaves = inputs
        places = {leaf: j for j, leaf in enumerate(leaves)}
        paths = (merkle_path(leaves, places.get(leaf, 0)) for leaf in own)
        return {f"{self.name}_children": [child for path in paths for level in path for child in level]}

    @property
    def hashes(self) -> Mapping[int, int]:
        return {ARITY: prod(self.dims) * self.depth}

    def constraints_of_one(self) -> int:
        """Each level, and the root."""
        return self.depth * (poseidon_constraints(ARITY) + ARITY - 1) + 1

    def variables(self) -> dict[str, Any]:
        return {"depth": self.depth, "arity": ARITY, "node_hash": poseidon_name(ARITY)}


def leaves_of(leaves: int) -> str:
    """What the leaves of a tree are called among the given values."""
    return f"leaves of a tree over {leaves}"
