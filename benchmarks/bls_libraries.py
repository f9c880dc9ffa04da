"""Time the BLS12-381 libraries on PyPI, as zkql would use them: ``python benchmarks/bls_libraries.py``.

zkql needs chia_rs alone; the others are measured where they are installed:
``pip install blspy py-ecc pyblst py-arkworks-bls12381 milagro-bls-binding``. From bytes to bytes, over
messages of 150 bytes, best of three, in milliseconds of one core: sign, verify, then for 100 and 1,000
messages aggregate and verify an aggregate, of one key and of as many keys. py_ecc is in Python and gets 5
messages. milagro has no augmented scheme, so its messages have no key in front.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from itertools import starmap
from time import process_time
from typing import Any, Protocol

DST = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_AUG_"
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
GENERATOR = bytes.fromhex(
    "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
)
ROUNDS = 3


class Library(Protocol):
    """Private keys are 32 bytes, big endian, below the order; all else is in bytes as well."""

    def key(self, secret: bytes) -> bytes: ...
    def sign(self, secret: bytes, message: bytes) -> bytes: ...
    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool: ...
    def aggregate(self, signatures: Sequence[bytes]) -> bytes: ...
    def verify_all(self, keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes) -> bool: ...


class Chia:
    """chia_rs and its forerunner blspy, which have the same interface."""

    def __init__(self, module: str) -> None:
        self._lib: Any = __import__(module)
        self._scheme = self._lib.AugSchemeMPL

    def key(self, secret: bytes) -> bytes:
        return bytes(self._lib.PrivateKey.from_bytes(secret).get_g1())

    def sign(self, secret: bytes, message: bytes) -> bytes:
        return bytes(self._scheme.sign(self._lib.PrivateKey.from_bytes(secret), message))

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        g1, g2 = self._lib.G1Element, self._lib.G2Element
        return self._scheme.verify(g1.from_bytes(key), message, g2.from_bytes(signature))

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        return bytes(self._scheme.aggregate([self._lib.G2Element.from_bytes(s) for s in signatures]))

    def verify_all(self, keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes) -> bool:
        points = {key: self._lib.G1Element.from_bytes(key) for key in keys}
        own = self._lib.G2Element.from_bytes(signature)
        return self._scheme.aggregate_verify([points[k] for k in keys], list(messages), own)


class Blst:
    """pyblst has the curve, and no scheme: this one pairs once a key, with the sum of its hashes."""

    def __init__(self) -> None:
        import pyblst

        self._lib: Any = pyblst
        self._generator = pyblst.BlstP1Element.uncompress(GENERATOR)

    def key(self, secret: bytes) -> bytes:
        return bytes(self._generator.scalar_mul(int.from_bytes(secret, "big")).compress())

    def sign(self, secret: bytes, message: bytes) -> bytes:
        point = self._lib.BlstP2Element.hash_to_group(self.key(secret) + message, DST)
        return bytes(point.scalar_mul(int.from_bytes(secret, "big")).compress())

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        return self.verify_all([key], [message], signature)

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        first, *rest = (self._lib.BlstP2Element.uncompress(s) for s in signatures)
        return bytes(sum(rest, first).compress())

    def verify_all(self, keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes) -> bool:
        left: Any = None
        for key, total in sums(self._lib.BlstP2Element.hash_to_group, keys, messages).items():
            paired = self._lib.miller_loop(self._lib.BlstP1Element.uncompress(key), total)
            left = paired if left is None else left * paired
        own = self._lib.BlstP2Element.uncompress(signature)
        return self._lib.final_verify(left, self._lib.miller_loop(self._generator, own))


class Arkworks:
    """py_arkworks_bls12381, as :class:`Blst`."""

    def __init__(self) -> None:
        import py_arkworks_bls12381

        self._lib: Any = py_arkworks_bls12381

    def key(self, secret: bytes) -> bytes:
        return (self._lib.G1Point() * self._lib.Scalar.from_be_bytes(secret)).to_compressed_bytes()

    def sign(self, secret: bytes, message: bytes) -> bytes:
        point = self._lib.G2Point.hash_to_curve(self.key(secret) + message, DST)
        return (point * self._lib.Scalar.from_be_bytes(secret)).to_compressed_bytes()

    def verify(self, key: bytes, message: bytes, signature: bytes) -> bool:
        return self.verify_all([key], [message], signature)

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        points = (self._lib.G2Point.from_compressed_bytes(s) for s in signatures)
        return sum(points, self._lib.G2Point.identity()).to_compressed_bytes()

    def verify_all(self, keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes) -> bool:
        totals = sums(self._lib.G2Point.hash_to_curve, keys, messages)
        own = self._lib.G2Point.from_compressed_bytes(signature)
        points = [self._lib.G1Point.from_compressed_bytes(key) for key in totals]
        return self._lib.GT.pairing_check([-self._lib.G1Point(), *points], [own, *totals.values()])


class Milagro:
    """milagro_bls_binding: the scheme with proofs of possession."""

    def __init__(self) -> None:
        import milagro_bls_binding

        self._lib: Any = milagro_bls_binding
        self.key, self.sign, self.verify = self._lib.SkToPk, self._lib.Sign, self._lib.Verify

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        return self._lib.Aggregate(list(signatures))

    def verify_all(self, keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes) -> bool:
        return self._lib.AggregateVerify(list(keys), list(messages), signature)


class Ecc:
    """py_ecc, in Python."""

    def __init__(self) -> None:
        from py_ecc.bls import G2MessageAugmentation

        self._scheme: Any = G2MessageAugmentation
        self.verify, self.aggregate = self._scheme.Verify, self._scheme.Aggregate
        self.verify_all = self._scheme.AggregateVerify

    def key(self, secret: bytes) -> bytes:
        return self._scheme.SkToPk(int.from_bytes(secret, "big"))

    def sign(self, secret: bytes, message: bytes) -> bytes:
        return self._scheme.Sign(int.from_bytes(secret, "big"), message)


LIBRARIES: dict[str, tuple[Callable[[], Library], Sequence[int]]] = {
    "chia_rs": (lambda: Chia("chia_rs"), (100, 1_000)),
    "blspy": (lambda: Chia("blspy"), (100, 1_000)),
    "pyblst": (Blst, (100, 1_000)),
    "py_arkworks_bls12381": (Arkworks, (100, 1_000)),
    "milagro_bls_binding": (Milagro, (100, 1_000)),
    "py_ecc": (Ecc, (5,)),
}


def sums(hashed: Callable[[bytes, bytes], Any], keys: Sequence[bytes], messages: Sequence[bytes]) -> dict:
    """The sum of the hashes of each key's messages: e(K, a) · e(K, b) = e(K, a + b)."""
    totals: dict[bytes, Any] = {}
    for key, message in zip(keys, messages, strict=True):
        point = hashed(key + message, DST)
        totals[key] = totals[key] + point if key in totals else point
    return totals


def main() -> None:
    """Print a line a library and number of messages."""
    warnings.simplefilter("ignore", DeprecationWarning)
    for name, (make, counts) in LIBRARIES.items():
        try:
            library = make()
        except ImportError:
            print(f"{name}: not installed")
            continue
        secret, message = fresh(), os.urandom(150)
        key, signature = library.key(secret), library.sign(secret, message)
        signing = milliseconds(lambda lib=library, s=secret, m=message: lib.sign(s, m))
        verifying = true(lambda lib=library, k=key, m=message, s=signature: lib.verify(k, m, s))
        print(f"{name}: sign {signing:.2f}, verify {verifying:.2f}")
        for count in counts:
            print(f"  {count:>5}: {aggregates(library, count)}", flush=True)


def aggregates(library: Library, count: int) -> str:
    """Times of aggregates of ``count`` messages."""
    messages = [os.urandom(150) for _ in range(count)]
    many = [fresh() for _ in range(count)]
    shown = []
    for secrets in ([many[0]] * count, many):
        keys = [library.key(secret) for secret in secrets]
        signatures = list(starmap(library.sign, zip(secrets, messages, strict=True)))
        whole = library.aggregate(signatures)
        if not shown:
            shown.append(f"aggregate {milliseconds(lambda s=signatures: library.aggregate(s)):.1f}")
        spent = true(lambda k=keys, w=whole: library.verify_all(k, messages, w))
        shown.append(f"verify {spent:.1f} of {len(set(keys))} keys")
    return ", ".join(shown)


def fresh() -> bytes:
    """A private key."""
    return (int.from_bytes(os.urandom(48), "big") % ORDER).to_bytes(32, "big")


def true(check: Callable[[], bool]) -> float:
    """Milliseconds of a check that has to hold."""
    assert check()
    return milliseconds(check)


def milliseconds(step: Callable[[], object]) -> float:
    """The shortest of some runs."""
    shortest = float("inf")
    for _ in range(ROUNDS):
        started = process_time()
        step()
        shortest = min(shortest, (process_time() - started) * 1000)
    return shortest


if __name__ == "__main__":
    main()
