"""Joins with a table, compiled: subjects by name, random rows and tables; plain joins."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tests.forgeries import THOROUGH
from tests.joined import Joining, Shape
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.merkle import Ownership
from zkql.circuit.lower.joins import (
    CommittedTable,
    ConstantTable,
    Method,
    PublicTable,
    Table,
    join,
    padded,
)
from zkql.circuit.wires import Linear, Values
from zkql.crypto.field import P
from zkql.crypto.linked import LinkedTable
from zkql.crypto.merkle import merkle_root

M = Method
Entry = tuple[int, ...]
"""A key of a table, and its payload."""
Row = int | None
"""A row's key."""
KEY = (-8, 7)
PAYLOAD = ((-3, 12), (0, 1))


@dataclass(frozen=True)
class Subject:
    """A join of ``rows`` rows with a table of ``size`` entries; ``fixed`` is a table of constants."""

    joining: Joining
    method: Method
    rows: int
    size: int
    key: tuple[int, int]
    payload: tuple[tuple[int, int], ...]
    fixed: tuple[Entry, ...] | None
    linked: LinkedTable
    """As its owner commits to it; it may have keys that no row can have."""

    @classmethod
    def make(
        cls,
        method: Method,
        rows: int,
        size: int,
        *,
        key: tuple[int, int] = KEY,
        payload: tuple[tuple[int, int], ...] = PAYLOAD,
        fixed: tuple[Entry, ...] | None = None,
        keys: tuple[int, int] | None = None,
    ) -> Subject:
        linked = LinkedTable(99, keys or key, payload)
        shapes: dict[str, Shape] = {"key": ((rows,), *key), "null": ((rows,), 0, 1)}
        if method is M.OPEN:
            shapes["commitment"] = ((size + 1,), 0, P - 1)
        elif method is M.PATHS:
            shapes["root"] = ((), 0, P - 1)
        elif fixed is None:
            shapes["keys"] = ((size,), key[0], key[1] + 1)
            shapes |= {f"column_{k}": ((size,), *own) for k, own in enumerate(payload)}

        def build(draft: Draft, own: Linear, null: Linear, *table: Linear) -> Mapping[str, Linear]:
            made: Table
            if method in (M.OPEN, M.PATHS):
                owned = Ownership(linked, size + 1)
                made = CommittedTable(owned, *((table[0], None) if method is M.OPEN else (None, table[0])))
            elif fixed is not None:
                keys, *columns = zip(*fixed, strict=True)
                made = ConstantTable(keys, tuple(columns))
            else:
                made = PublicTable(table[0], table[1:])
            joined = join(draft, own, null, made, method)
            found = {f"payload_{k}": column for k, column in enumerate(joined.payload)}
            return {"matched": joined.matched, **found}

        joining = Joining.make(build, rows, **shapes)
        return cls(joining, method, rows, size, key, payload, fixed, linked)

    @property
    def committed(self) -> bool:
        return self.method in (M.OPEN, M.PATHS)

    def inputs(self, rows: Sequence[Row], table: Sequence[Entry]) -> dict[str, Values]:
        """What the verifier and the rows give. What stands in a NULL is arbitrary: a key of the table."""
        noise = table[0][0] if table else self.key[0]
        found: dict[str, Values] = {
            "key": [noise if k is None else k for k in rows],
            "null": [int(k is None) for k in rows],
        }
        if self.committed:
            records = self.linked.records(table)
            salts = [7 * j + 1 for j in range(len(records))]
            leaves = [self.linked.commit(r, s) for r, s in zip(records, salts, strict=True)]
            filled = [*leaves, *leaves[-1:] * (self.size + 1 - len(leaves))]
            found |= Ownership(self.linked, self.size + 1).given(records, salts)
            found |= {"commitment": filled} if self.method is M.OPEN else {"root": [merkle_root(filled)]}
        elif self.fixed is None:
            keys, *columns = padded(table, self.size, self.key, [low for low, _ in self.payload])
            found |= {"keys": keys, **{f"column_{k}": column for k, column in enumerate(columns)}}
        return found

    def joined(self, rows: Sequence[Row], table: Sequence[Entry]) -> list[Entry | None]:
        """The payload of each row's partner, None where there is none."""
        found = self.joining.results(**self.inputs(rows, table))
        # A constant is the same everywhere.
        matched, *columns = (values * (self.rows // len(values)) for values in found.values())
        payloads = zip(*columns, strict=True) if self.payload else ((),) * self.rows
        return [tuple(p) if hit else None for hit, p in zip(matched, payloads, strict=True)]

    def meant(self, rows: Sequence[Row], table: Sequence[Entry]) -> list[Entry | None]:
        partners = {k: tuple(payload) for k, *payload in table}
        return [None if k is None else partners.get(k) for k in rows]

    def agrees(self, count: int) -> None:
        """With a plain join, on random windows."""
        for rows, table in windows(self, count):
            assert self.joined(rows, table) == self.meant(rows, table), (rows, table)

    def lies(self, most: int | None = None) -> int:
        """How many lies there are, or so many drawn of them; none of them has a proof."""
        lows, highs = zip(*self.payload, strict=True) if self.payload else ((), ())
        table = list(self.fixed or [(-3, *highs), (2, *lows)][: self.size])
        there = table[0][0]
        absent = next((k for k in (3, -4) if k not in {k for k, *_ in table}), None)
        told = 0
        for keys in ([there, absent, there, None], [absent, None, there, there]):
            rows: list[Row] = keys[: self.rows]
            for claim, values in self.joining.false_claims(self.inputs(rows, table), most):
                told += 1
                assert not self.joining.accepts(values), (rows, claim)
        return told


FIXED = ((-8, 3, 1), (-3, -3, 1), (0, 12, 0), (1, 4, 1), (6, 5, 0))
KEYS = range(KEY[0], KEY[1] + 1)
DENSE = tuple((k, 3 * k % 7, k % 2) for k in KEYS)
WIDE = ((-5, 2**200, -(2**190)), (4, 0, 2**190), (6, 3**100, 0))
SHAPES: Mapping[str, tuple[Method, int, int, Mapping[str, object]]] = {
    "interpolated": (M.INTERPOLATE, 4, 0, {"fixed": FIXED}),
    "interpolated, dense": (M.INTERPOLATE, 2, 0, {"fixed": DENSE}),
    "interpolated, one entry": (M.INTERPOLATE, 3, 0, {"fixed": FIXED[:1]}),
    "interpolated, no payload": (M.INTERPOLATE, 3, 0, {"fixed": ((-2,), (5,)), "payload": ()}),
    "constants": (M.LOOK_UP, 4, 0, {"fixed": FIXED}),
    "constants, dense": (M.LOOK_UP, 3, 0, {"fixed": DENSE}),
    "constants, dense, no payload": (M.LOOK_UP, 2, 0, {"fixed": tuple((k,) for k in KEYS), "payload": ()}),
    "constants, wide": (M.LOOK_UP, 2, 0, {"fixed": WIDE, "payload": ((0, 2**200), (-(2**190), 2**190))}),
    "constants, one entry": (M.LOOK_UP, 1, 0, {"fixed": FIXED[2:3]}),
    "marked": (M.MARK, 3, 4, {}),
    "marked, one entry": (M.MARK, 2, 1, {}),
    "marked, no payload": (M.MARK, 2, 3, {"payload": ()}),
    "looked up": (M.LOOK_UP, 3, 2, {}),
    "looked up, one row": (M.LOOK_UP, 1, 3, {}),
    "looked up, one entry": (M.LOOK_UP, 3, 1, {"payload": ()}),
    "looked up, weights of rows": (M.LOOK_UP, 4, 6, {}),
    "looked up, many entries": (M.LOOK_UP, 3, 70, {"key": (-64, 63)}),
    "looked up, wide": (M.LOOK_UP, 2, 2, {"payload": ((0, 2**200), (-(2**190), 2**190))}),
    "opened": (M.OPEN, 3, 3, {}),
    "opened, wide": (M.OPEN, 2, 1, {"payload": ((0, 2**200), (0, 1))}),
    "opened, more keys": (M.OPEN, 2, 3, {"keys": (-20, 40)}),
    "paths": (M.PATHS, 3, 7, {}),
    "paths of one level": (M.PATHS, 2, 3, {}),
    "paths, wide": (M.PATHS, 1, 1, {"payload": ((0, 2**200), (0, 1))}),
}

TESTED = (
    tuple(SHAPES)
    if THOROUGH
    else (
        "interpolated",
        "interpolated, dense",
        "interpolated, one entry",
        "interpolated, no payload",
        "constants",
        "marked",
        "marked, one entry",
        "marked, no payload",
        "looked up",
        "looked up, weights of rows",
        "looked up, wide",
        "opened",
        "paths",
    )
)
"""Those that tests compile, for time. ``python -m tests.attack_joins`` has all."""


@cache
def subject(name: str) -> Subject:
    method, rows, size, more = SHAPES[name]
    return Subject.make(method, rows, size, **more)  # type: ignore[arg-type]


def tables(own: Subject, source: random.Random) -> Iterator[list[Entry]]:
    """Empty ones, full ones, and some between; keys at both ends of what a key can be."""
    if own.fixed is not None:
        while True:
            yield list(own.fixed)
    low, high = own.linked.key
    number = 0
    while True:
        number += 1
        size = number - 1 if number <= own.size + 1 else source.randint(0, own.size)
        keys = source.sample(range(low, high + 1), size)
        if size and source.random() < 0.5:
            keys = [source.choice([low, high]), *(k for k in keys if low < k < high)][:size]
        payloads = ([source.choice([a, b, source.randint(a, b)]) for a, b in own.payload] for _ in keys)
        yield [(k, *p) for k, p in zip(keys, payloads, strict=True)]


def windows(own: Subject, count: int, seed: int = 1) -> Iterator[tuple[list[Row], list[Entry]]]:
    """Rows and tables: none match, all match, keys again and again, NULL."""
    source = random.Random(seed)
    drawn = tables(own, source)
    for number in range(count):
        table = next(drawn)
        there = [k for k, *_ in table] or [own.key[0]]
        anywhere = range(own.key[0], own.key[1] + 1)
        absent = [k for k in anywhere if k not in there] or there
        kinds = [there, absent, anywhere, there[:1], absent[-1:]]
        choice = kinds[number % len(kinds)]
        rows: list[Row] = [source.choice(choice) for _ in range(own.rows)]
        if number % 3 == 2:
            rows = [None if source.random() < 0.5 else k for k in rows]
        yield rows, table
