"""Poseidon as a ZoKrates function, unrolled. In: how many inputs. Out: source and its constraints."""

from __future__ import annotations

from zkql.circuit.gadgets.base import environment
from zkql.crypto.poseidon import FULL_ROUNDS, PARTIAL_ROUNDS, schedule

_WORDS = 60
"""Of the states after the rounds of one function: then it has some 12,000 characters."""


def poseidon_name(inputs: int) -> str:
    """The function that :func:`render_poseidon` defines."""
    return f"poseidon{inputs}"


def poseidon_constraints(inputs: int) -> int:
    """Three constraints an S-box; the first S-box of the capacity word is a constant."""
    return 3 * (FULL_ROUNDS * (inputs + 1) + PARTIAL_ROUNDS[inputs - 1] - 1)


def render_poseidon(inputs: int) -> str:
    """The unrolled hash as ZoKrates source."""
    plan = schedule(inputs)
    return (
        environment()
        .get_template("poseidon.zok.j2")
        .render(
            name=poseidon_name(inputs),
            width=plan.width,
            mds=plan.mds,
            pre_sparse=plan.pre_sparse,
            first=plan.first,
            entry=plan.entry,
            partial=plan.partial,
            share=_WORDS // plan.width,
            last=plan.last,
            sboxes=poseidon_constraints(inputs) // 3,
            indexed=lambda label, count: [f"{label}[{i}]" for i in range(count)],
            names=lambda label, count: [f"{label}_{i}" for i in range(count)],
        )
        .strip()
    )
