"""Bytes that are signed or hashed: one encoding for one meaning.

CBOR in its core deterministic form (RFC 8949, section 4.2.1) under a domain name, so that no two
kinds of statement share bytes.
"""

from __future__ import annotations

import hashlib
from typing import Any

import cbor2


def canonical(domain: str, body: Any) -> bytes:
    """Deterministic CBOR of ``[domain, body]``; body is lists, ints, bools, strings, bytes, None."""
    return cbor2.dumps([domain, body], canonical=True)


def digest(domain: str, body: Any) -> bytes:
    """SHA-256 of :func:`canonical`."""
    return hashlib.sha256(canonical(domain, body)).digest()
