"""Whether a proving key may be used for a circuit: asked once for each key and machine, since the groups of
100,000 points take seconds.

In: the bytes of a key, a compiled program. Out: nothing, or :class:`RejectedError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.errors import rejected
from zkql.toolchain import constraints
from zkql.toolchain.cache import cached, content_key
from zkql.toolchain.progress import progress
from zkql.toolchain.zkey import check_circuit, check_points, read_key

if TYPE_CHECKING:
    from pathlib import Path

_KIND = "checked-keys"
_VERSION = "1"
"""Raised when the check finds more."""


def check_key(zkey: bytes, program: bytes, place: Path) -> None:
    """Refuse a key (at ``place``) that is malformed or for another circuit."""

    def check(_: Path) -> None:
        with progress("checking the proving key (once)"):
            try:
                key = read_key(zkey)
                check_circuit(key, constraints.load(program).system)
                check_points(key)
            except ValueError as error:
                raise rejected(
                    "ZKQL0510",
                    f"the proving key {place} is not to be used: {error}",
                    "whoever made it could learn from proofs what they hide; ask for another bundle",
                ) from None

    cached(_KIND, content_key(_VERSION, zkey, program), check)


def keep_verdict(zkey: bytes, program: bytes) -> None:
    """For a key that this process has made point by point."""
    cached(_KIND, content_key(_VERSION, zkey, program), lambda _: None)
