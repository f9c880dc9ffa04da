"""Compile a circuit, and count. In: a written circuit. Out: its constraint system, with nothing missing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from zkql.errors import BugError, bug
from zkql.toolchain.calls import NotJoinable
from zkql.toolchain.zokrates import compile_calls, compile_source

if TYPE_CHECKING:
    from zkql.circuit.build import Circuit
    from zkql.toolchain.constraints import Program


def compile_circuit(circuit: Circuit) -> Program:
    """Compile, and check that every constraint that the gadgets promise is there.

    Functions are compiled one by one, and the source as a whole where ZoKrates would go on folding where
    they meet. It drops calls whose result is unused, with their assertions; so the count is compared gadget
    by gadget, exactly, on the compiled program.
    """
    try:
        joined = compile_calls(circuit.source, tuple(circuit.given()), tuple(circuit.calls()))
        return _checked(circuit, joined)
    except (NotJoinable, BugError):
        return _checked(circuit, compile_source(circuit.source, circuit.hashes))


def _checked(circuit: Circuit, program: Program) -> Program:
    lines = Counter(program.system.lines)
    for region in circuit.regions:
        found = sum(count for line, count in lines.items() if region.has(line))
        if found != region.expected:
            raise bug(
                "ZKQL0801",
                f"{region.clause}: {found} constraints where {region.expected} are due",
                f"lines {region.spans[0][0]} to {region.spans[0][1]} of the generated circuit",
            )
    if len(program.system.constraints) != circuit.constraints:
        raise bug("ZKQL0801", "the circuit has constraints that no gadget accounts for")
    return program
