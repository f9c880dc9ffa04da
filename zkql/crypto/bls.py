"""BLS signatures over BLS12-381, which aggregate: draft-irtf-cfrg-bls-signature, ciphersuite
``BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_AUG_`` (keys in G1, signatures in G2, message augmentation), by
chia_rs, which binds blst.

**Rogue keys.** A key that is made from another's (x·G − K) must not sign in the other's name. Of the draft's
three defences this is message augmentation (Bellare, Namprempre, Neven: ICALP 2007): key and message are
hashed together, so no two keys ever sign the same point. Proofs of possession would allow one pairing for
many keys over the same message, but no two rows are the same message; each key in a registry would come with
a second value, whose check can be forgotten; and keys whose sum is zero share signatures (Nguyen, arXiv
2104.12255). Distinct messages alone (the basic scheme) would let this rest on what the caller puts into them,
although rows do name device, schema and sequence number.

**Stricter than the draft**: infinity is no signature, and a pair of key and message stands once. An honest
aggregate is infinity with a chance of about 2^-255; a pair twice would say nothing that it does not say once.

**What an aggregate says**: each key signed its message, and nothing of single signatures: σ₁ + x and σ₂ − x
aggregate as σ₁ and σ₂ do. Who wants to know which one is wrong verifies each before aggregating. It does not
say either that these are all: who has single signatures leaves out what he likes. Sequence numbers say that.
To pairs there is exactly one signature, so its bytes cannot be varied.
"""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING

from zkql.errors import toolchain_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from chia_rs import G1Element, G2Element, PrivateKey

SEED_BYTES = 32
KEY_BYTES = 48
SIGNATURE_BYTES = 96


def new_seed() -> bytes:
    """Input of the draft's KeyGen, from the operating system's randomness."""
    return secrets.token_bytes(SEED_BYTES)


def public_key(seed: bytes) -> bytes:
    """The 48 bytes that go into the registry, a point of G1. ValueError for a seed of another size."""
    return bytes(_private(seed).get_g1())


def is_key(key: bytes) -> bool:
    """The draft's KeyValidate: canonical bytes of a point of G1, other than infinity."""
    return _key(key) is not None


def sign(seed: bytes, message: bytes) -> bytes:
    """A 96-byte signature, a point of G2. ValueError for a seed of another size."""
    return bytes(_library().AugSchemeMPL.sign(_private(seed), message))


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is this key's over exactly this message."""
    return verify_aggregate([(key, message)], signature)


def aggregate(signatures: Sequence[bytes]) -> bytes:
    """The sum of signatures, of single ones or of aggregates; it is not checked what they sign.

    Raises ValueError for none, and where one of them or the sum is no point of G2 or is infinity.
    """
    if not signatures:
        raise ValueError("there is no signature to aggregate")
    points = [_signature(signature) for signature in signatures]
    if None in points:
        raise ValueError(f"signature {points.index(None)} is none")
    total: G2Element = _library().AugSchemeMPL.aggregate(points)
    if total == _library().G2Element():
        raise ValueError("the signatures cancel each other out")
    return bytes(total)


def verify_aggregate(signed: Sequence[tuple[bytes, bytes]], signature: bytes) -> bool:
    """Whether each key signed its message; pairs of key and message, in any order.

    False for no pair, for a pair that stands twice, and where a key or the signature is not canonical bytes
    of a point of its group, or is infinity.
    """
    if not signed or len(set(signed)) != len(signed):
        return False
    point = _signature(signature)
    keys = {key: _key(key) for key, _ in signed}
    if point is None or None in keys.values():
        return False
    valid: bool = _library().AugSchemeMPL.aggregate_verify(
        [keys[key] for key, _ in signed], [message for _, message in signed], point
    )
    return valid


# --- the library --------------------------------------------------------------------------------------


@cache
def _library() -> ModuleType:
    try:
        import chia_rs
    except (ImportError, OSError) as error:
        raise toolchain_error(
            "ZKQL0922",
            f"BLS signatures need the chia_rs package, which does not load here: {error}",
            "install it with: pip install 'zkql[bls]'",
        ) from None
    return chia_rs


def _private(seed: bytes) -> PrivateKey:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed is {SEED_BYTES} bytes, not {len(seed)}")
    found: PrivateKey = _library().AugSchemeMPL.key_gen(seed)
    return found


def _key(raw: bytes) -> G1Element | None:
    """The point, in its subgroup; the library takes infinity for a key."""
    library = _library()
    try:
        point: G1Element = library.G1Element.from_bytes(raw)
    except ValueError:
        return None
    return None if point == library.G1Element() else point


def _signature(raw: bytes) -> G2Element | None:
    """The point, in its subgroup; the library takes infinity for a signature."""
    library = _library()
    try:
        point: G2Element = library.G2Element.from_bytes(raw)
    except ValueError:
        return None
    return None if point == library.G2Element() else point
