"""A contract that verifies a bundle's proofs on Ethereum. In: a bundle with keys. Out: Solidity.

Groth16 over the precompiled contracts of EIP-196 (addition, multiplication) and EIP-197 (pairing), which
refuse coordinates that are no field elements and points outside their groups. What they do not ask is whether
a public input is below the group's order: x and x + r would be one input, so the contract asks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2

from zkql import bundle
from zkql.bundle import KeyKind
from zkql.crypto.field import P
from zkql.errors import input_error, rejected
from zkql.resources import resource
from zkql.toolchain.twist import FIELD_OF_POINTS

if TYPE_CHECKING:
    from zkql.bundle import Bundle

MOST_INPUTS = 360
"""A contract has at most 24,576 bytes (EIP-170), and each input takes 64."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Solidity, and how many public inputs it takes."""

    text: str
    inputs: int


def verifier_contract(opened: Bundle, *, allow_dev_keys: bool) -> Contract:
    """The contract for the pinned verification key. Development keys are refused unless allowed."""
    if opened.manifest.plan.circuit is None:
        raise input_error("ZKQL0476", f"{opened.path} has no circuit, so that there are no proofs")
    keys = opened.keys()
    if keys.kind is KeyKind.DEV and not allow_dev_keys:
        raise rejected(
            "ZKQL0501",
            f"{opened.path} has development keys: whoever made them can forge proofs",
            "to try things out: --allow-dev-keys",
        )
    inputs = opened.proof_verifier().inputs
    if inputs > MOST_INPUTS:
        raise input_error(
            "ZKQL0477",
            f"{opened.path} has {inputs} public inputs, and a contract has room for {MOST_INPUTS}",
            "lower 'capacity' in the stream's WITH (…)",
        )
    key = json.loads(opened.read_part(bundle.VK, keys.vk))
    return Contract(contract_text(key, opened.manifest.digest.hex(), keys.kind), inputs)


def contract_text(key: dict[str, Any], query: str, kind: KeyKind) -> str:
    """The contract for a verification key in snarkjs' JSON. ``query`` and ``kind`` are only said in it."""
    environment = jinja2.Environment(  # noqa: S701  # Solidity, of numbers alone
        loader=jinja2.FileSystemLoader(resource("templates")),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("verifier.sol.j2").render(
        query=query,
        kind=str(kind),
        insecure=kind is KeyKind.DEV,
        inputs=len(key["IC"]) - 1,
        order=P,
        alpha=_g1(key["vk_alpha_1"]),
        beta=_negated(_g2(key["vk_beta_2"])),
        gamma=_negated(_g2(key["vk_gamma_2"])),
        delta=_negated(_g2(key["vk_delta_2"])),
        first=_g1(key["IC"][0]),
        points="".join(f"{n:064x}" for point in key["IC"][1:] for n in _g1(point)),
    )


def _g1(point: list[str]) -> tuple[int, ...]:
    """x, y."""
    return tuple(map(int, point[:2]))


def _g2(point: list[list[Any]]) -> tuple[int, ...]:
    """x, y; of each the imaginary part first, as EIP-197 has it."""
    (x0, x1), (y0, y1) = point[:2]
    return int(x1), int(x0), int(y1), int(y0)


def _negated(point: tuple[int, ...]) -> tuple[int, ...]:
    x1, x0, *y = point
    return x1, x0, *(-v % FIELD_OF_POINTS for v in y)
