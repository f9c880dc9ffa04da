"""Signatures by zkql for circomlibjs to look at: see ``eddsa_poseidon.mjs``."""

from __future__ import annotations

import json
import random

from zkql.crypto.babyjubjub import encode_point
from zkql.crypto.eddsa import SecretKey
from zkql.crypto.field import P


def signatures() -> list[dict[str, str]]:
    """Some keys and messages, each with its signature."""
    source = random.Random(1)
    found = []
    for message in (0, 1, P - 1, *(source.randrange(P) for _ in range(7))):
        key = SecretKey(source.randbytes(32))
        own, point = key.sign(message), key.public
        found.append(
            {
                "seed": key.seed.hex(),
                "message": str(message),
                "key": encode_point(point).hex(),
                "key_x": str(point.x),
                "key_y": str(point.y),
                "signature": own.encode().hex(),
                "r_x": str(own.r.x),
                "r_y": str(own.r.y),
                "s": str(own.s),
            }
        )
    return found


if __name__ == "__main__":
    print(json.dumps(signatures()))
