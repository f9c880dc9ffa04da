"""Rows of devices' chains: blocks opened from one head to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Made, Parameter, Signature, Spell, Taken, element
from zkql.circuit.gadgets.poseidon import poseidon_constraints, poseidon_name
from zkql.circuit.wires import Dims, Linear, Spelling, Values, Wire
from zkql.crypto.blocks import OFFSET_BITS, TIME_BITS, BlockLayout, Strip
from zkql.crypto.field import P
from zkql.crypto.poseidon import poseidon
from zkql.plan.codes import width
from zkql.toolchain.calls import Run, field_type


@dataclass(frozen=True, slots=True)
class Part:
    """A strip of a block: the offsets (``position`` None), or a column. ``read`` says that its numbers are
    outputs, and so spelled in bits; else its elements are taken as they are. ``flag`` says that the highest
    bit is that of NULL."""

    name: str
    strip: Strip
    position: int | None
    read: bool
    flag: bool = False

    @property
    def bits(self) -> int:
        """Bits of its number, the flag aside."""
        return self.strip.bits - self.flag

    @property
    def parameter(self) -> str:
        """The parameter with its bits, or elements."""
        return f"{self.name}_bits" if self.read else self.name

    @property
    def size(self) -> Dims:
        """The parameter's dimensions for one block."""
        return (self.strip.size, self.strip.bits) if self.read else (self.strip.elements,)

    def dims(self, blocks: int) -> Dims:
        """The same for all blocks: of what is read, by row."""
        return (blocks * self.strip.size, self.strip.bits) if self.read else (blocks, *self.size)


@dataclass(frozen=True)
class Blocks(Gadget):
    """Of each chain opens the ``shown`` ones of ``count`` blocks, which come last, from ``head`` on. Gives
    the heads after them, and of every place whether a row of its own is there, its time if it is ``timed``,
    and the codes of the columns ``used``, with flags of NULL. In places of blocks that are not shown all is
    0. Places are those of the first chain, block by block, then those of the next.

    What the prover knows of each block is its salt, the code of its first time, and its rows: how many there
    are, and of each the offset and the columns' codes, the last row repeated."""

    name: str
    origin: Any
    layout: BlockLayout
    count: int
    head: Linear
    shown: Linear
    used: tuple[str, ...]
    timed: bool
    template: ClassVar[str] = "blocks.zok.j2"

    # --- layout ---

    @property
    def chains(self) -> int:
        """How many chains there are."""
        (chains,) = self.head.dims
        return chains

    @property
    def blocks(self) -> int:
        """Blocks of all chains."""
        return self.chains * self.count

    @property
    def places(self) -> int:
        """Rows that fit."""
        return self.blocks * self.layout.size

    @property
    def parts(self) -> tuple[Part, ...]:
        """The strips of a block."""
        offset, *strips = self.layout.strips
        found = [Part(f"{self.name}_offset", offset, None, self.timed)]
        for position, (column, strip) in enumerate(zip(self.layout.columns, strips, strict=True)):
            read = column.name in self.used
            found.append(Part(f"{self.name}_column_{position}", strip, position, read, column.nullable))
        return tuple(found)

    @property
    def _read(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.read)

    @property
    def after(self) -> Wire:
        """The head of each chain after its last block."""
        return Wire(f"{self.name}_after", (self.chains,), 0, P - 1)

    @property
    def live(self) -> Wire:
        """1 where a place has a row of its own."""
        return Wire(f"{self.name}_live", (self.places,), 0, 1)

    @property
    def time(self) -> Wire:
        """The code of each row's time."""
        return Wire(f"{self.name}_time", (self.places,), 0, (1 << TIME_BITS) + (1 << OFFSET_BITS) - 2)

    def column(self, name: str) -> tuple[Wire, Wire | None]:
        """The codes of a used column, and its flags of NULL."""
        own = self._part(name)
        value = Wire(f"{own.name}_value", (self.places,), 0, (1 << own.bits) - 1)
        return value, Wire(f"{own.name}_null", (self.places,), 0, 1) if own.flag else None

    def spelling(self, name: str) -> Spelling:
        """The bits of a used column's codes, which are parameters."""
        own = self._part(name)
        bits = Wire(own.parameter, (self.places, own.strip.bits), 0, 1)
        return Spelling(bits, 0, width(self.layout.columns[own.position or 0].type))

    def _part(self, name: str) -> Part:
        position = [c.name for c in self.layout.columns].index(name)
        return next(part for part in self._read if part.position == position)

    # --- gadget ---

    @property
    def inputs(self) -> tuple[Linear, ...]:
        wires = [Wire(f"{self.name} {what}", (self.blocks,), 0, P - 1) for what in ("salt", "base", "rows")]
        wires += [Wire(f"{self.name} codes {i}", (self.places,), 0, P - 1) for i in range(len(self.parts))]
        return (self.head, self.shown, *(wire.linear for wire in wires))

    @property
    def wires(self) -> tuple[Wire, ...]:
        return tuple(dict.fromkeys(wire for own in (self.head, self.shown) for wire, _ in own.terms))

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.after, self.live, *self._numbers)

    @property
    def _numbers(self) -> tuple[Wire, ...]:
        """The numbers of every row that are outputs."""
        found: list[Wire] = []
        for part in self._read:
            if part.position is None:
                found.append(self.time)
            else:
                wires = self.column(self.layout.columns[part.position].name)
                found += [wire for wire in wires if wire is not None]
        return tuple(found)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter(f"{self.name}_salt", (self.blocks,)),
            Parameter(f"{self.name}_base", (self.blocks,)),
            Parameter(f"{self.name}_last", (self.blocks, self.layout.size)),
            *(Parameter(part.parameter, part.dims(self.blocks)) for part in self.parts),
        )

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        heads, shown, salts, bases, rows, *codes = inputs
        size, after = self.layout.size, list(heads)
        for block in range(self.blocks):
            if shown[block]:
                header = (self.layout.tag << self.layout.count_bits) + rows[block]
                words = [after[block // self.count], header, bases[block]]
                for strip, own in zip(self.layout.strips, codes, strict=True):
                    words += strip.pack(own[block * size : (block + 1) * size])
                words.append(salts[block])
                after[block // self.count] = poseidon([word % P for word in words])
        live = [int(bool(shown[b]) and j < rows[b]) for b in range(self.blocks) for j in range(size)]
        found: list[Values] = [after, live]
        for part, own in zip(self.parts, codes, strict=True):
            if not part.read:
                continue
            if part.position is None:
                found.append([bases[place // size] + offset for place, offset in enumerate(own)])
            else:
                found.append([code & ((1 << part.bits) - 1) for code in own])
                found += [[code >> part.bits for code in own]] if part.flag else []
        return found

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        _, _, salts, bases, _, *codes = inputs
        size = self.layout.size
        found: Advice = {f"{self.name}_salt": salts, f"{self.name}_base": bases, f"{self.name}_last": []}
        for block in range(self.blocks):
            live = outputs[1][block * size : (block + 1) * size]
            found[f"{self.name}_last"] += [a - b for a, b in zip(live, [*live[1:], 0], strict=True)]
        claimed = iter(outputs[2:])
        for part, own in zip(self.parts, codes, strict=True):
            if part.read:
                numbers = next(claimed)
                if part.position is None:
                    numbers = [time - bases[place // size] for place, time in enumerate(numbers)]
                spelled = [spell(number, part.bits) for number in numbers]
                if part.flag:
                    spelled = [[*bits, flag] for bits, flag in zip(spelled, next(claimed), strict=True)]
                found[part.parameter] = [bit for bits in spelled for bit in bits]
            else:
                blocks = (own[block * size : (block + 1) * size] for block in range(self.blocks))
                found[part.parameter] = [word for block in blocks for word in part.strip.pack(block)]
        return found

    @property
    def hashes(self) -> Mapping[int, int]:
        return {self.layout.elements + 4: self.blocks}

    def constraints(self) -> int:
        return self.blocks * self.per_block

    @property
    def per_block(self) -> int:
        """Constraints of a block: hash and bits; which row is the last; in blocks that are not shown no row,
        nothing of salt, base, elements and bits; the head that is kept."""
        read = self._read
        bits = sum(prod(part.size) for part in read)
        whole = sum(part.strip.elements for part in self.parts if not part.read)
        own = self.layout.size + 1 + 2 + whole + bool(read) + 1
        return poseidon_constraints(self.layout.elements + 4) + bits + own

    @property
    def called(self) -> Signature:
        size = self.layout.size
        given = ((), (), (), (), (size,), *(part.size for part in self.parts))
        return Signature(f"{self.name}_block", given, (1 + size * (1 + len(self._numbers)),))

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        size, between = self.layout.size, f"{self.name} head"
        for b in range(self.blocks):
            chain, number = divmod(b, self.count)
            before = Run(between, b - 1, 1) if number else element(self.head, chain)
            after = Run(between, b, 1) if number < self.count - 1 else Run(self.after.name, chain, 1)
            taken = (
                before,
                element(self.shown, b),
                Run(f"{self.name}_salt", b, 1),
                Run(f"{self.name}_base", b, 1),
                Run(f"{self.name}_last", b * size, size),
                *(Run(p.parameter, b * prod(p.size), prod(p.size)) for p in self.parts),
            )
            yield taken, (after, *(Run(w.name, b * size, size) for w in (self.live, *self._numbers)))

    def invocation(self) -> str:
        given = [*(w.name for w in self.wires), *(p.name for p in self.parameters)]
        numbers = (self.live, *self._numbers)
        made = f"field[{1 + len(numbers)}][{self.places}] {self.name}_made"
        lines = [f"{made} = {self.name}({', '.join(given)});"]
        lines.append(f"field[{self.chains}] {self.after.name} = {self.name}_made[0][0..{self.chains}];")
        for row, wire in enumerate(numbers, 1):
            lines.append(f"{field_type(wire.dims)} {wire.name} = {self.name}_made[{row}];")
        return "\n    ".join(lines)

    def variables(self) -> dict[str, Any]:
        return {
            "parts": self.parts,
            "read": self._read,
            "types": [(field_type(part.size), part.parameter) for part in self.parts],
            "size": self.layout.size,
            "count": self.count,
            "chains": self.chains,
            "numbers": len(self._numbers),
            "tag": self.layout.tag << self.layout.count_bits,
            "hash": poseidon_name(self.layout.elements + 4),
            "head": self.head.text("[c]"),
            "shown": self.shown.text("[b]"),
            "per_block": self.per_block,
            "places": self.places,
        }
