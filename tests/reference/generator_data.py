"""Random schemas and rows. In: a seeded ``random.Random``. Out: tables with their declarations, and rows
whose values are mostly small, sometimes the extremes of their type, with ties and NULLs.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from zkql.plan.types import (
    BIGINT,
    BOOLEAN,
    INT,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    VARCHAR,
    Kind,
    SqlType,
    Value,
    decimal,
)

WORDS = (
    "", "a", "b", "ab", "abc", "Abc", "xyz", "a_c", "50%", "10", "-7", "é", "  pad ", "a,b,,c", "/x/y/z",
    "O'Hara", "😀b",
)  # fmt: skip
SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A column: ``bound`` is the largest magnitude (unscaled) that its values have, or for text the
    length; ``wide`` columns hold the extremes of their type."""

    name: str
    type: SqlType
    nullable: bool
    private: bool
    bound: int
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A stream or table. Its first columns are ``uid``, which no two rows share, and (of a stream) the
    device and the event time."""

    name: str
    columns: tuple[Drawn, ...]
    stream: bool
    text: str
    rows: tuple[dict[str, Value | None], ...]


def random_table(random: Random, name: str, *, stream: bool, prefix: str) -> Table:
    """A stream ``uid, dev, ts, …`` or a table ``uid, …``; more columns are called ``<prefix>0`` and so on."""
    columns = [Drawn("uid", BIGINT, nullable=False, private=stream, bound=10**6)]
    if stream:
        columns.append(Drawn("dev", random.choice([BIGINT, INT]), nullable=False, private=False, bound=3))
        columns.append(Drawn("ts", TIMESTAMP, nullable=False, private=False, bound=0))
    columns += [_column(random, f"{prefix}{i}", stream=stream) for i in range(random.randint(2, 6))]
    count = random.choice([0, 1, 2, *[random.randint(3, 24)] * 20])
    rows = tuple(_row(random, columns, number) for number in random.sample(range(1, 60), count))
    return Table(name, tuple(columns), stream, _declaration(random, name, columns, stream=stream), rows)


def _column(random: Random, name: str, *, stream: bool) -> Drawn:
    kind = random.choices(
        [BIGINT, INT, SMALLINT, TINYINT, _decimal(random), BOOLEAN, VARCHAR, TIMESTAMP],
        [4, 4, 2, 1, 5, 2, 4, 1],
    )[0]
    nullable = random.random() < 0.5
    private = stream and random.random() < 0.6
    wide = kind.is_numeric and random.random() < 0.12
    bound = 12
    if kind.is_numeric:
        bound = kind.bounds[1] + 1 if wide else min(kind.bounds[1], random.choice([1, 3, 9, 50, 1000, 10**5]))
    if kind is VARCHAR and random.random() < 0.4:
        kind = SqlType(Kind.VARCHAR, random.choice([12, 40]))
    return Drawn(name, kind, nullable, private, bound, wide)


def _decimal(random: Random) -> SqlType:
    return decimal(*random.choice([(5, 2), (12, 2), (10, 3), (4, 4), (9, 0), (18, 6), (3, 1)]))


def _declaration(random: Random, name: str, columns: list[Drawn], *, stream: bool) -> str:
    items = []
    for column in columns:
        item = f"{column.name} {column.type}"
        if stream and column.name not in ("dev", "ts"):
            item += random.choice(["", " PRIVATE"]) if column.private else " PUBLIC"
        if column.nullable:
            item += " NULL" if stream else random.choice(["", " NULL"])
        elif not stream or random.random() < 0.2:
            item += " NOT NULL"
        items.append(item)
    if not stream:
        return f"CREATE TABLE {name} ({', '.join(items)});"
    delay = random.choice(["", " - INTERVAL '4' SECOND"])
    return f"CREATE STREAM {name} ({', '.join(items)}, WATERMARK FOR ts AS ts{delay}) SIGNED BY dev;"


def _row(random: Random, columns: list[Drawn], number: int) -> dict[str, Value | None]:
    row: dict[str, Value | None] = {c.name: _value(random, c) for c in columns}
    row["uid"] = number
    return row


def _value(random: Random, column: Drawn) -> Value | None:
    if column.name == "dev":
        return random.randint(1, 3)
    if column.nullable and random.random() < 0.2:
        return None
    match column.type.kind:
        case Kind.BOOLEAN:
            return random.randint(0, 1)
        case Kind.VARCHAR:
            return random.choice(WORDS)
        case Kind.TIMESTAMP:
            return random_time(random)
        case _ if column.wide and random.random() < 0.3:
            return random.choice(column.type.bounds)
        case _:
            near = min(column.bound, column.type.bounds[1], 10**6)
            return random.choice(
                [0, 1, -1, near, -near, random.randint(-near, near), random.randint(-near, near)]
            )


def random_time(random: Random) -> int:
    """Around the epoch, often on the edge of a window of seconds, a day or years away now and then."""
    base = random.choice([*range(-4, 9)] * 6 + [-60, 60, 3_600, 86_400, 20_000 * 86_400]) * SECOND
    return int(base + random.choice([0, 0, 0, 0, 0, 1, -1, 250, 500, 999, random.randint(-5_000, 5_000)]))
