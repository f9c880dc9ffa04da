"""Signature schemes by the names that CREATE STREAM knows them by. Each is a module with one interface.

The functions of this module itself are Ed25519's, the default.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from zkql.crypto import bls, ed25519
from zkql.crypto.ed25519 import (
    KEY_BYTES,
    SEED_BYTES,
    SIGNATURE_BYTES,
    is_key,
    new_seed,
    public_key,
    sign,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zkql.plan.schema import StreamSchema

__all__ = [
    "AGGREGATING",
    "KEY_BYTES",
    "SCHEMES",
    "SEED_BYTES",
    "SIGNATURE_BYTES",
    "AggregateScheme",
    "Scheme",
    "is_key",
    "new_seed",
    "public_key",
    "scheme_of",
    "sign",
    "verify",
]


class Scheme(Protocol):
    """How devices sign. Sizes are in bytes and fixed; a seed is a private key."""

    SEED_BYTES: int
    KEY_BYTES: int
    SIGNATURE_BYTES: int

    def new_seed(self) -> bytes:
        """A private key from the operating system's randomness."""

    def public_key(self, seed: bytes) -> bytes:
        """What goes into the registry. Raises ValueError for a seed of another size."""

    def is_key(self, key: bytes) -> bool:
        """Whether a registry may hold this key: it is written as :meth:`public_key` writes it, and there is
        a private key to it that not everyone knows."""

    def sign(self, seed: bytes, message: bytes) -> bytes:
        """A signature. Raises ValueError for a seed of another size."""

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over exactly this message; false for any other bytes."""


class AggregateScheme(Scheme, Protocol):
    """One signature of ``SIGNATURE_BYTES`` in place of many, of one key or of many keys."""

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        """One signature for all of these. Anyone can make it, and it is not checked what they sign. Raises
        ValueError for none, and for what cannot be a signature."""

    def verify_aggregate(self, signed: Sequence[tuple[bytes, bytes]], signature: bytes) -> bool:
        """Whether each key signed its message, from pairs of key and message in any order. False for no pair,
        for a pair that stands twice, and for any other bytes."""


def scheme_of(stream: StreamSchema) -> Scheme:
    """How the devices of a stream sign."""
    return SCHEMES[stream.signature]


AGGREGATING: Final[Mapping[str, AggregateScheme]] = MappingProxyType({"bls12-381": bls})
SCHEMES: Final[Mapping[str, Scheme]] = MappingProxyType({"ed25519": ed25519, **AGGREGATING})
