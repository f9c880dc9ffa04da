"""Small tables that the verifier knows: selected from by interpolation where they are constants, else by
marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.polynomials import Polynomial, best_size, chunks, products, through, vanishing
from zkql.circuit.wires import Linear, Values, Wire
from zkql.crypto.field import P


class Selected(Gadget):
    """For each row whether its key is in the table, and the payload that belongs to it; the least that the
    payload can be where it is not. A subclass has ``name`` and ``key``; no key is twice in its table."""

    key: Linear
    pure: ClassVar[bool] = True

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """Of each column of the payload."""
        raise NotImplementedError

    @property
    def rows(self) -> int:
        """Rows."""
        (rows,) = self.key.dims
        return rows

    @property
    def matched(self) -> Wire:
        """1 where the key is in the table."""
        return Wire(f"{self.name}_matched", (self.rows,), 0, 1)

    @property
    def payload(self) -> tuple[Wire, ...]:
        """The payload."""
        return tuple(
            Wire(f"{self.name}_value_{k}", (self.rows,), low, high)
            for k, (low, high) in enumerate(self.bounds)
        )

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.matched, *self.payload)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        own = (Parameter(wire.name, wire.dims) for wire in self.outputs)
        return (*own, Parameter(f"{self.name}_inverse", (self.rows,)))

    def selected(self, keys: Values, table: dict[int, tuple[int, ...]]) -> list[Values]:
        """The outputs."""
        nothing = tuple(low for low, _ in self.bounds)
        payloads = [table.get(key, nothing) for key in keys]
        return [[int(key in table) for key in keys], *map(list, zip(*payloads, strict=True))]

    def inverses(self, keys: Values, points: Sequence[int], matched: Values) -> Values:
        """Of the product of each key's distances from the points, where it is not matched."""
        made = []
        for key, hit in zip(keys, matched, strict=True):
            product = 1
            for point in points:
                product = product * (key - point) % P
            made.append(pow(product, -1, P) * (1 - hit) % P if product else 0)
        return made


@dataclass(frozen=True)
class Interpolated(Selected):
    """Of a table of constants: polynomials of the key, one that vanishes at the table's keys, and one
    through each column of the payload."""

    name: str
    origin: Any
    key: Linear
    keys: tuple[int, ...]
    columns: tuple[tuple[int, ...], ...]
    """The payload, column by column."""
    template: ClassVar[str] = "interpolated.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.key,)

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        return tuple((min(column), max(column)) for column in self.columns)

    @property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """The one that vanishes; then those of the payload, less the least of each column."""
        offsets = (tuple(v - min(column) for v in column) for column in self.columns)
        return (vanishing(self.keys), *(through(self.keys, own) for own in offsets))

    @property
    def size(self) -> int:
        """Of chunks."""
        return best_size(self.polynomials)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        payloads = zip(*self.columns, strict=True) if self.columns else ((),) * len(self.keys)
        return self.selected(inputs[0], dict(zip(self.keys, payloads, strict=True)))

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        return {f"{self.name}_inverse": self.inverses(inputs[0], self.keys, outputs[0])}

    def constraints(self) -> int:
        powers = self.size - 1
        joined = sum(products(p, self.size) for p in self.polynomials)
        return self.rows * (powers + joined + 3 + len(self.columns))

    @property
    def formula(self) -> str:
        return f"{self.constraints() // self.rows} N = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "key": self.key.text("[i]"),
            "matched": self.matched.name,
            "payload": [wire.name for wire in self.payload],
            "lows": [low for low, _ in self.bounds],
            "size": self.size,
            "table": len(self.keys),
            "polynomials": [[_sum(own) for own in chunks(p, self.size)] for p in self.polynomials],
        }


def _sum(coefficients: Polynomial) -> str:
    """A chunk as source: ``x_k`` is the k-th power."""
    terms = [str(c) if not k else f"x_{k} * {c}" for k, c in enumerate(coefficients) if c]
    return " + ".join(terms) or "0"


@dataclass(frozen=True)
class Marked(Selected):
    """Of a table of wires: each row marks the entry that has its key."""

    name: str
    origin: Any
    key: Linear
    keys: Linear
    columns: tuple[Linear, ...]
    """The payload."""
    template: ClassVar[str] = "marked.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.key, self.keys, *self.columns)

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        return tuple((column.low, column.high) for column in self.columns)

    @property
    def entries(self) -> int:
        """Entries."""
        (entries,) = self.keys.dims
        return entries

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*super().parameters, Parameter(f"{self.name}_mark", (self.rows, self.entries)))

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        keys, own, *columns = inputs
        payloads = zip(*columns, strict=True) if columns else ((),) * len(own)
        return self.selected(keys, dict(zip(own, payloads, strict=True)))

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        keys, own = inputs[:2]
        marks = [hit * int(entry == key) for key, hit in zip(keys, outputs[0], strict=True) for entry in own]
        return {
            f"{self.name}_inverse": self.inverses(keys, own, outputs[0]),
            f"{self.name}_mark": marks,
        }

    def constraints(self) -> int:
        return self.rows * self._per_row

    @property
    def _per_row(self) -> int:
        # Marks, and a product less; of the payload products and their sum.
        return 2 * self.entries + 2 + len(self.columns) * (self.entries + 1)

    @property
    def formula(self) -> str:
        more = len(self.columns)
        return f"({2 + more} M + {2 + more}) N = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "entries": self.entries,
            "key": self.key.text("[i]"),
            "keys": self.keys.text("[j]"),
            "matched": self.matched.name,
            "payload": [wire.name for wire in self.payload],
            "columns": [(column - column.low).text("[j]") for column in self.columns],
            "lows": [low for low, _ in self.bounds],
        }
