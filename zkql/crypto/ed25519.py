"""Ed25519 (RFC 8032) over canonical bytes, by PyNaCl (libsodium: strict S, no small-order keys)."""

from __future__ import annotations

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

SEED_BYTES = 32
KEY_BYTES = 32
SIGNATURE_BYTES = 64


def new_seed() -> bytes:
    """A private key from the operating system's randomness."""
    return bytes(SigningKey.generate())


def public_key(seed: bytes) -> bytes:
    """The 32 bytes that go into the registry."""
    return bytes(SigningKey(seed).verify_key)


def is_key(key: bytes) -> bool:
    """Whether these are the canonical bytes of a point of the prime-order group, other than its identity."""
    return len(key) == KEY_BYTES and crypto_core_ed25519_is_valid_point(key)


def sign(seed: bytes, message: bytes) -> bytes:
    """A 64-byte signature."""
    return SigningKey(seed).sign(message).signature


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is this key's over exactly this message."""
    if len(signature) != SIGNATURE_BYTES or len(key) != KEY_BYTES:
        return False
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True
