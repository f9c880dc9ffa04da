"""EdDSA on BabyJubJub with a Poseidon challenge: signatures that a circuit verifies cheaply.

circomlib's EdDSA-Poseidon: ``S·B = R + h·8·A`` with ``h = Poseidon(R.x, R.y, A.x, A.y, message)``, B of order
ℓ, and a message of one field element. The secret scalar is a multiple of 8, ``8·k``, and the public key is
``k·B``; hence the 8, where RFC 8032 has ``S·B = R + h·A``. Bytes are those of circomlibjs' ``packPoint`` and
``packSignature``, and each verifies the other's signatures. From one seed the two make different keys:
scalar and nonce come from BLAKE-512 there, which Python has not, and from BLAKE2b (RFC 7693) here. Otherwise
they are made as in RFC 8032, 5.1.5 and 5.1.6: the nonce is a hash of a secret prefix and the message, so that
signing needs no randomness. It takes different times for different keys.

Verification is strict: a signature has one spelling, S below ℓ and R canonical, and a key is of order ℓ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from secrets import token_bytes

from zkql.crypto.babyjubjub import (
    BASE,
    COFACTOR,
    ORDER,
    POINT_BYTES,
    Point,
    add,
    decode_point,
    encode_point,
    is_in_subgroup,
    multiply,
)
from zkql.crypto.field import P
from zkql.crypto.poseidon import poseidon

SEED_BYTES = 32
KEY_BYTES = POINT_BYTES
SIGNATURE_BYTES = 2 * 32
_FIELD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Signature:
    """``r`` and ``s``, of which neither is checked."""

    r: Point
    s: int

    def encode(self) -> bytes:
        """64 bytes: R, then S with its lowest byte first."""
        return encode_point(self.r) + self.s.to_bytes(32, "little")


@dataclass(frozen=True)
class SecretKey:
    """A private key, from 32 random bytes."""

    seed: bytes

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(self.seed)}")

    def __repr__(self) -> str:
        return "SecretKey(…)"

    @cached_property
    def _expanded(self) -> tuple[int, bytes]:
        """The scalar, a multiple of 8, and the prefix of nonces (RFC 8032, 5.1.5)."""
        digest = bytearray(_hash(self.seed))
        digest[0] &= 0xF8
        digest[31] = digest[31] & 0x7F | 0x40
        return int.from_bytes(digest[:32], "little"), bytes(digest[32:])

    @cached_property
    def public(self) -> Point:
        """The public key, of order ℓ."""
        return multiply(self._expanded[0] // COFACTOR, BASE)

    def sign(self, message: int) -> Signature:
        """The signature of a field element; always the same."""
        scalar, prefix = self._expanded
        nonce = int.from_bytes(_hash(prefix + _bytes(message)), "little") % ORDER
        r = multiply(nonce, BASE)
        return Signature(r, (nonce + challenge(r, self.public, message) * scalar) % ORDER)


def new_seed() -> bytes:
    """A private key from the operating system's randomness."""
    return token_bytes(SEED_BYTES)


def challenge(r: Point, key: Point, message: int) -> int:
    """h, a field element; not reduced modulo ℓ."""
    return poseidon([r.x, r.y, key.x, key.y, message])


def decode_key(data: bytes) -> Point:
    """A public key, of order ℓ. Raises ``ValueError`` if it is something else: whoever makes a registry has
    to ask this of each key."""
    if not _is_key(point := decode_point(data)):
        raise ValueError("a key that is not of prime order")
    return point


def decode_signature(data: bytes) -> Signature:
    """Raises ``ValueError`` if R is no point or S is not below ℓ."""
    if len(data) != SIGNATURE_BYTES:
        raise ValueError(f"a signature has {SIGNATURE_BYTES} bytes, not {len(data)}")
    s = int.from_bytes(data[POINT_BYTES:], "little")
    if s >= ORDER:
        raise ValueError("a signature's S that is not below the order")
    return Signature(decode_point(data[:POINT_BYTES]), s)


def verify(key: bytes, message: int, signature: bytes) -> bool:
    """Whether these are the bytes of a key, and of its signature of this field element."""
    try:
        point, own = decode_key(key), decode_signature(signature)
    except ValueError:
        return False
    if not 0 <= message < P:
        return False
    scalar = COFACTOR * challenge(own.r, point, message)
    return multiply(own.s, BASE) == add(own.r, multiply(scalar, point))


_is_key = lru_cache(1024)(is_in_subgroup)


def _hash(data: bytes) -> bytes:
    return blake2b(data, person=b"zkql eddsa v1").digest()


def _bytes(message: int) -> bytes:
    if not 0 <= message < P:
        raise ValueError("a message is a field element")
    return message.to_bytes(_FIELD_BYTES, "little")
