"""Compute every input of a circuit from the rows: what an honest prover does.

In: gadgets in order, and the values given by the rows and the verifier. Out: values by name, of
which the parameters of ``main`` are the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zkql.circuit.gadgets.base import Gadget, Parameter, Spell, bits_of
from zkql.circuit.wires import Environment, Values

NO_LIES: Mapping[str, Values] = {}


def solve(
    gadgets: Sequence[Gadget],
    given: Environment,
    *,
    lies: Environment = NO_LIES,
    spell: Spell = bits_of,
) -> dict[str, Values]:
    """Run the gadgets. What is ``given`` stays as it is, so a public result is what the query says, and
    the circuit checks it. ``lies`` are outputs that a dishonest prover claims: everything after is
    worked out from them as well as it can be."""
    found = dict(given)
    for gadget in gadgets:
        inputs = gadget.read(found)
        for wire, values in zip(gadget.outputs, gadget.compute(inputs), strict=True):
            if wire.name not in given:
                found[wire.name] = lies.get(wire.name, values)
        found |= gadget.advise(inputs, [found[w.name] for w in gadget.outputs], spell)
    return found


def flatten(parameters: Sequence[Parameter], values: Environment) -> list[int]:
    """The inputs in the circuit's order."""
    flat: list[int] = []
    for parameter in parameters:
        own = values[parameter.name]
        assert len(own) == parameter.size, parameter
        flat += own
    return flat
