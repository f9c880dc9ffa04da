"""The scalar field of BN254 (alt_bn128), in which ZoKrates' ``field`` computes.

In: Python integers, signed or not. Out: canonical residues in ``[0, P)``.
"""

P = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order of the BN254 groups (EIP-197), a 254-bit prime."""

USABLE_BITS = 253
"""Every integer of this many bits is below ``P``, so packing up to it cannot alias."""


def to_field(value: int) -> int:
    """The residue that stands for a signed integer ``|value| < P/2``."""
    return value % P
