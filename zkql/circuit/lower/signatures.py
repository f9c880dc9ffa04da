"""Signatures checked in the circuit (:mod:`zkql.crypto.eddsa`), and keys that stay private.

``S·B = R + h·8·A`` with ``h = Poseidon(R.x, R.y, A.x, A.y, message)``: R is the difference of the two
multiples, so it is on the curve as they are, and each signature has one witness. That a key is on the curve
and not of small order, the circuit checks; that it is of order ℓ, and whose it is, is the registry's word:
keys are looked at where a registry is made, and its root is public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.merkle import Member
from zkql.circuit.gadgets.multiples import BaseMultiple, PointMultiple
from zkql.circuit.gadgets.signatures import DifferenceOfPoints, Handed, Hash, handed
from zkql.crypto.babyjubjub import Point
from zkql.crypto.poseidon import poseidon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.circuit.draft import Draft
    from zkql.circuit.wires import Dims, Linear, Values
    from zkql.crypto.eddsa import Signature

_KEY = ("key_x", "key_y")
_SIGNATURE = ("r_x", "r_y", "s")
Key = tuple["Linear", "Linear"]
"""A point's x and y: one key, or one for each message."""


def private_keys(draft: Draft, of: str, dims: Dims) -> Key:
    """Keys that the prover gives (:func:`given_keys`); :func:`registered` has to check them."""
    x, y = draft.put(Handed, "keys", of, _KEY, dims).outputs
    return x.linear, y.linear


def registered(draft: Draft, device: Linear, key: Key, root: Linear, entries: int) -> None:
    """Assert that each key is the device's in the registry with this root, of so many ``entries``."""
    leaf = draft.make(Hash, "entry", (device, *key))
    draft.put(Member, "member", leaf, root, entries)


def signed(draft: Draft, message: Linear, key: Key, of: str) -> None:
    """Assert that each message, a field element, is signed by its key. The prover gives the signatures
    (:func:`given_signatures`)."""
    r_x, r_y, s = (
        wire.linear for wire in draft.put(Handed, "signature", of, _SIGNATURE, message.dims).outputs
    )
    h = draft.make(Hash, "challenge", (r_x, r_y, *key, message))
    base = draft.put(BaseMultiple, "base_multiple", s)
    own = draft.put(PointMultiple, "key_multiple", h, *key)
    points = ((p.x.linear, p.y.linear) for p in (base, own))
    draft.put(DifferenceOfPoints, "difference", *points, r_x, r_y)


def given_keys(of: str, keys: Sequence[Point]) -> dict[str, Values]:
    """What the prover gives for :func:`private_keys`."""
    columns = zip(*keys, strict=True)
    return {handed(of, label): list(own) for label, own in zip(_KEY, columns, strict=True)}


def given_signatures(of: str, signatures: Sequence[Signature]) -> dict[str, Values]:
    """What the prover gives for :func:`signed`."""
    columns = zip(*((*own.r, own.s) for own in signatures), strict=True)
    return {handed(of, label): list(own) for label, own in zip(_SIGNATURE, columns, strict=True)}


def registry_leaf(device: int, key: Point) -> int:
    """A registry's entry, as :func:`registered` has it."""
    return poseidon([device, *key])
