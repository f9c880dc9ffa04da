"""Compile a circuit, and count. In: a written circuit. Out: its constraint system, with nothing missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.errors import bug
from zkql.toolchain.zokrates import compile_source

if TYPE_CHECKING:
    from zkql.circuit.build import Circuit
    from zkql.toolchain.constraints import Program


def compile_circuit(circuit: Circuit) -> Program:
    """Compile, and check that every constraint that the gadgets promise is there.

    ZoKrates drops calls whose result is unused, with their assertions; so the count is compared
    gadget by gadget, exactly, on the compiled program.
    """
    program = compile_source(circuit.source, circuit.hashes)
    for region in circuit.regions:
        found = sum(map(region.has, program.system.lines))
        if found != region.expected:
            raise bug(
                "ZKQL0801",
                f"{region.clause}: {found} constraints where {region.expected} are due",
                f"lines {region.spans[0][0]} to {region.spans[0][1]} of the generated circuit",
            )
    if len(program.system.constraints) != circuit.constraints:
        raise bug("ZKQL0801", "the circuit has constraints that no gadget accounts for")
    return program
