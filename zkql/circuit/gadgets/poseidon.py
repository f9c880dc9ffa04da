"""Poseidon as a ZoKrates function, unrolled. In: how many inputs. Out: source and its constraints."""

from __future__ import annotations

from zkql.circuit.gadgets.base import environment
from zkql.crypto.poseidon import FULL_ROUNDS, PARTIAL_ROUNDS, schedule


def poseidon_name(inputs: int) -> str:
    """The function that :func:`render_poseidon` defines."""
    return f"poseidon{inputs}"


def poseidon_constraints(inputs: int) -> int:
    """Three constraints an S-box; the first S-box of the capacity word is a constant."""
    return 3 * (FULL_ROUNDS * (inputs + 1) + PARTIAL_ROUNDS[inputs - 1] - 1)


def render_poseidon(inputs: int) -> str:
    """The unrolled hash as ZoKrates source."""
    plan = schedule(inputs)
    share = max(60 // plan.width, 1)
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
            partial=[
                {"rounds": plan.partial[i : i + share], "size": len(plan.partial[i : i + share])}
                for i in range(0, len(plan.partial), share)
            ],
            last=plan.last,
            sboxes=poseidon_constraints(inputs) // 3,
            indexed=lambda label, count: [f"{label}[{i}]" for i in range(count)],
            names=lambda label, count: [f"{label}_{i}" for i in range(count)],
        )
        .strip()
    )
