"""Rows of a device's chain: blocks opened from one head to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Made, Parameter, Signature, Spell, Taken, element
from zkql.circuit.gadgets.poseidon import poseidon_constraints, poseidon_name
from zkql.circuit.wires import Linear, Spelling, Values, Wire
from zkql.crypto.blocks import OFFSET_BITS, TIME_BITS, BlockLayout
from zkql.crypto.field import P
from zkql.crypto.poseidon import poseidon
from zkql.plan.codes import width
from zkql.toolchain.calls import Run


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring bits of every row that are spelled out together: ``shift`` is where they begin."""

    name: str
    bits: int
    shift: int
    read: bool


@dataclass(frozen=True)
class Blocks(Gadget):
    """Opens the ``shown`` ones of ``count`` blocks of a chain, which come last, from ``head`` on. Gives the
    head after them; of every place the time and the codes of the columns ``used``, with flags of NULL; and
    whether a row of its own is there. In places of blocks that are not shown all is 0.

    What the prover knows of each block is its salt, the code of its first time, and its rows: their number,
    and packed numbers (:meth:`zkql.crypto.blocks.BlockLayout.number`), the last one repeated."""

    name: str
    origin: Any
    layout: BlockLayout
    count: int
    head: Linear
    shown: Linear
    used: tuple[str, ...]
    template: ClassVar[str] = "blocks.zok.j2"

    # --- layout ---

    @property
    def places(self) -> int:
        """Rows that fit."""
        return self.count * self.layout.size

    @property
    def parts(self) -> tuple[Part, ...]:
        """Of a row, from its lowest bits up: the offset, then columns and flags that are used, each on its
        own, and runs of others."""
        found = [Part("offset", OFFSET_BITS, 0, read=True)]
        shift = OFFSET_BITS
        for position, column in enumerate(self.layout.columns):
            sizes = [(f"column_{position}", width(column.type))]
            sizes += [(f"column_{position}_null", 1)] if column.nullable else []
            for name, bits in sizes:
                last = found[-1]
                if column.name in self.used:
                    found.append(Part(name, bits, shift, read=True))
                elif last.read:
                    found.append(Part(f"rest_{position}", bits, shift, read=False))
                else:
                    found[-1] = Part(last.name, last.bits + bits, last.shift, read=False)
                shift += bits
        return tuple(found)

    @property
    def _read(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.read)

    def _wire(self, part: Part) -> Wire:
        if part.name == "offset":
            return Wire(f"{self.name}_time", (self.places,), 0, (1 << TIME_BITS) + (1 << OFFSET_BITS) - 2)
        return Wire(f"{self.name}_{part.name}", (self.places,), 0, (1 << part.bits) - 1)

    @property
    def time(self) -> Wire:
        """The code of each row's time."""
        return self._wire(self.parts[0])

    @property
    def after(self) -> Wire:
        """The head after the last block."""
        return Wire(f"{self.name}_after", (), 0, P - 1)

    @property
    def live(self) -> Wire:
        """1 where a place has a row of its own."""
        return Wire(f"{self.name}_live", (self.places,), 0, 1)

    def column(self, name: str) -> tuple[Wire, Wire | None]:
        """The codes of a used column, and its flags of NULL."""
        position = [c.name for c in self.layout.columns].index(name)
        found = [self._wire(p) for p in self._read if p.name.split("_")[1:2] == [str(position)]]
        return found[0], found[1] if len(found) > 1 else None

    @property
    def spellings(self) -> tuple[tuple[Linear, Spelling], ...]:
        """Codes whose bits are parameters."""
        found = []
        for part in self._read[1:]:
            bits = Wire(f"{self.name}_{part.name}_bits", (self.places, part.bits), 0, 1)
            found.append((self._wire(part).linear, Spelling(bits, 0, part.bits)))
        return tuple(found)

    # --- gadget ---

    @property
    def inputs(self) -> tuple[Linear, ...]:
        secret = {"salt": self.count, "base": self.count, "rows": self.count, "packed": self.places}
        wires = (Wire(f"{self.name} {what}", (size,), 0, P - 1) for what, size in secret.items())
        return (self.head, self.shown, *(wire.linear for wire in wires))

    @property
    def wires(self) -> tuple[Wire, ...]:
        return tuple(dict.fromkeys(wire for own in (self.head, self.shown) for wire, _ in own.terms))

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.after, self.live, *map(self._wire, self._read))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        bits = (Parameter(f"{self.name}_{p.name}_bits", (self.places, p.bits)) for p in self.parts)
        return (
            Parameter(self.live.name, self.live.dims),
            Parameter(f"{self.name}_salt", (self.count,)),
            Parameter(f"{self.name}_base_bits", (self.count, TIME_BITS)),
            *bits,
        )

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (head,), shown, salts, bases, rows, packed = inputs
        size = self.layout.size
        for block in range(self.count):
            if shown[block]:
                header = self._tag + (rows[block] << TIME_BITS) + bases[block]
                own = packed[block * size : (block + 1) * size]
                words = [head, header, *self._elements(own), salts[block]]
                head = poseidon([word % P for word in words])
        live = [int(bool(shown[b]) and j < rows[b]) for b in range(self.count) for j in range(size)]
        found: list[Values] = [[head], live]
        for part in self._read:
            values = [number >> part.shift & ((1 << part.bits) - 1) for number in packed]
            if part.name == "offset":
                values = [bases[place // size] + value for place, value in enumerate(values)]
            found.append(values)
        return found

    @property
    def _tag(self) -> int:
        """The tag in a header."""
        return self.layout.tag << self.layout.count_bits + TIME_BITS

    def _elements(self, packed: Values) -> list[int]:
        each, bits = self.layout.rows_per_element, self.layout.row_bits
        groups = (packed[start : start + each] for start in range(0, len(packed), each))
        return [sum(number << place * bits for place, number in enumerate(own)) for own in groups]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        _, _, salts, bases, _, packed = inputs
        size = self.layout.size
        claimed = dict(zip((part.name for part in self._read), outputs[2:], strict=True))
        claimed["offset"] = [t - bases[place // size] for place, t in enumerate(claimed["offset"])]
        found: Advice = {
            f"{self.name}_salt": salts,
            f"{self.name}_base_bits": [bit for base in bases for bit in spell(base, TIME_BITS)],
        }
        for part in self.parts:
            rest = [number >> part.shift & ((1 << part.bits) - 1) for number in packed]
            values = claimed.get(part.name, rest)
            found[f"{self.name}_{part.name}_bits"] = [b for value in values for b in spell(value, part.bits)]
        return found

    @property
    def hashes(self) -> Mapping[int, int]:
        return {self.layout.elements + 3: self.count}

    def constraints(self) -> int:
        return self.count * self.per_block

    @property
    def per_block(self) -> int:
        """Constraints of a block: hash, bits of rows and of the first time; places that have rows of their
        own (the first where the block is shown, the others 0 or 1 and not rising); nothing in blocks that are
        not shown, of the salt and of all else; the head that is kept."""
        size = self.layout.size
        bits = size * self.layout.row_bits + TIME_BITS
        return poseidon_constraints(self.layout.elements + 3) + bits + 1 + 2 * (size - 1) + 2 + 1

    @property
    def called(self) -> Signature:
        size = self.layout.size
        bits = ((size, part.bits) for part in self.parts)
        return Signature(
            f"{self.name}_block", ((), (), (), (size,), (TIME_BITS,), *bits), (1 + size * len(self._read),)
        )

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        size = self.layout.size
        heads = [Run(f"{self.name} head", b, 1) for b in range(self.count - 1)]
        for b in range(self.count):
            before = element(self.head, 0) if b == 0 else heads[b - 1]
            bits = (Run(f"{self.name}_{p.name}_bits", b * size * p.bits, size * p.bits) for p in self.parts)
            after = heads[b] if b < self.count - 1 else Run(self.after.name, 0, 1)
            taken = (
                before,
                element(self.shown, b),
                Run(f"{self.name}_salt", b, 1),
                Run(self.live.name, b * size, size),
                Run(f"{self.name}_base_bits", b * TIME_BITS, TIME_BITS),
                *bits,
            )
            yield taken, (after, *(Run(self._wire(p).name, b * size, size) for p in self._read))

    def invocation(self) -> str:
        given = [*(w.name for w in self.wires), *(p.name for p in self.parameters)]
        made = f"field[{len(self._read) + 1}][{self.places}] {self.name}_made"
        lines = [f"{made} = {self.name}({', '.join(given)});"]
        lines.append(f"field {self.after.name} = {self.name}_made[0][0];")
        for number, part in enumerate(self._read, 1):
            lines.append(f"field[{self.places}] {self._wire(part).name} = {self.name}_made[{number}];")
        return "\n    ".join(lines)

    def variables(self) -> dict[str, Any]:
        layout = self.layout
        elements = []
        for start in range(0, layout.size, layout.rows_per_element):
            places = range(start, min(start + layout.rows_per_element, layout.size))
            elements.append([(place, 1 << (place - start) * layout.row_bits) for place in places])
        return {
            "parts": self.parts,
            "read": self._read,
            "size": layout.size,
            "count": self.count,
            "time_bits": TIME_BITS,
            "elements": elements,
            "count_place": 1 << TIME_BITS,
            "tag": self._tag,
            "hash": poseidon_name(layout.elements + 3),
            "head": self.head.text(""),
            "shown": self.shown.text("[b]"),
            "per_block": self.per_block,
            "places": self.places,
        }
