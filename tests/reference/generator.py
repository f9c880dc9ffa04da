"""Random ``.zkql`` files with data. In: a seed. Out: a :class:`Case`: the text, and rows for each table.

A query is built from the inside: a table, a window over it, a join, a subquery; then WHERE, GROUP BY,
OVER and so on over what that has. Which columns tell rows apart is kept, so that every ORDER BY on which
values depend is total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from tests.reference.generator_calls import aggregate, analytic
from tests.reference.generator_data import random_table
from tests.reference.generator_expressions import Expressions, Written
from tests.reference.generator_sources import Rows, Sources
from zkql.plan.types import BIGINT, TIMESTAMP, Kind, Value
from zkql.plan.typing import common_type

SELECTS = {
    "projection": 4, "grouped": 6, "group_window": 3, "whole": 1, "over": 4, "top": 2, "distinct": 1,
    "union": 1,
}  # fmt: skip
"""What is made of a FROM clause."""
DEPTHS = {"1": 4, "2": 5, "3": 3, "4": 1}
"""How many queries stand in one another."""
WHERE, HAVING, ORDER, INSERT, WITH, VIEW = 0.3, 0.15, 0.25, 0.04, 0.2, 0.25
"""How often there is one."""
LIMITS = (
    "",
    "",
    " LIMIT 0",
    " LIMIT 1",
    " LIMIT 2",
    " LIMIT 3 OFFSET 1",
    " LIMIT 5",
    " OFFSET 2",
    " LIMIT 100",
)
DIRECTIONS = ("", " ASC", " DESC")
NULLS = ("", "", " NULLS FIRST", " NULLS LAST")


@dataclass(frozen=True, slots=True)
class Case:
    """A query and the data that it runs on."""

    seed: int
    text: str
    rows: Mapping[str, tuple[dict[str, Value | None], ...]]


def case(seed: int) -> Case:
    """The case of a seed."""
    return _Generator(Random(seed)).case(seed)


class _Generator(Sources):
    def case(self, seed: int) -> Case:
        """Declarations, views, and one query."""
        self.tables = [random_table(self.random, "s", stream=True, prefix="a")]
        if self.chance(0.5):
            self.tables.append(random_table(self.random, "r", stream=True, prefix="b"))
        if self.chance(0.4):
            self.tables.append(random_table(self.random, "d", stream=False, prefix="d"))
        texts = [t.text for t in self.tables]
        if self.chance(VIEW):
            name = self.name("v")
            rows, names = self._renamed(self.query(self.random.choice([1, 2])))
            texts.append(f"CREATE VIEW {name}{names} AS {rows.sql};")
            self.named[name] = rows
        texts.append(self._top())
        return Case(seed, "\n".join(texts) + "\n", {t.name: t.rows for t in self.tables})

    def _top(self) -> str:
        """The query of the file: with WITH or without, as INSERT INTO or not."""
        prefix, depth = "", int(self.choose(DEPTHS))
        if self.chance(WITH):
            name = self.name("w")
            common, names = self._renamed(self.query(1 if depth < 3 else 2))
            self.named[name] = common
            prefix = f"WITH {name}{names} AS ({common.sql}) "
        query = self.query(depth)
        if query.unique is not None and not query.ordered and self.chance(ORDER):
            query = self._ordered(query)
        text = f"{prefix}{query.sql};"
        if self.chance(INSERT) and len(query.plain) == len(query.columns):
            columns = [(f"o{i}", c.type) for i, c in enumerate(query.columns)]
            own = ", ".join(f"{name} {kind}" for name, kind in columns)
            names = self.random.choice(["", f" ({', '.join(name for name, _ in columns)})"])
            return f"CREATE TABLE sink ({own});\nINSERT INTO sink{names} {text}"
        return text

    def _renamed(self, rows: Rows) -> tuple[Rows, str]:
        """A query for a view or a common table, and names for its columns, if it gets some."""
        if self.chance(0.8):
            return rows, ""
        names = tuple(self.name("n") for _ in rows.columns)
        return rows.named(names), f" ({', '.join(names)})"

    # --- queries ---

    def query(self, depth: int) -> Rows:
        """A query of at most so many, one in another, its columns named."""
        match self.choose(SELECTS):
            case "grouped":
                return self._grouped(depth)
            case "group_window":
                return self._group_window(depth)
            case "whole":
                source = self.source(depth)
                tail = self._where(source) + self._having(source)
                return Rows(*self._selected(source, self._aggregates(source, 3), tail), ())
            case "over":
                return self._over(depth)
            case "top" if depth > 1:
                return self._top_rows(depth)
            case "distinct":
                rows = self._projection(depth, distinct=True)
                return replace(rows, unique=tuple(c.text for c in rows.columns))
            case "union" if depth > 1:
                return self._union(depth)
        rows = self._projection(depth)
        return self._ordered(rows) if rows.unique is not None and self.chance(0.2) else rows

    def _where(self, source: Rows, chance: float = WHERE) -> str:
        conditions = [source.where] if source.where else []
        if self.chance(chance):
            expressions = self.expressions(source)
            text = expressions.boolean(2).text
            conditions.append(f"({text} OR {expressions.boolean(1).text})" if self.chance(0.6) else text)
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def _selected(
        self, source: Rows, items: list[Written], tail: str = "", *, distinct: bool = False
    ) -> tuple[str, tuple[Written, ...]]:
        """``SELECT … FROM …`` and its columns: names of their own, or those that they had."""
        texts: list[str] = []
        columns: list[Written] = []
        for item in items:
            plain = item.text.rpartition(".")[2]
            if plain.isidentifier() and plain not in {c.text for c in columns} and self.chance(0.5):
                name = plain
                texts.append(item.text)
            else:
                name = self.name("c")
                texts.append(f"{item.text} {self.random.choice(['AS ', 'AS ', ''])}{name}")
            columns.append(replace(item, text=name))
        word = "SELECT DISTINCT" if distinct else "SELECT"
        return f"{word} {', '.join(texts)} FROM {source.sql}{tail}", tuple(columns)

    def _projection(self, depth: int, *, distinct: bool = False) -> Rows:
        """SELECT of columns and expressions, or of ``*``."""
        source = self.source(depth)
        tail = self._where(source)
        names = tuple(c.text.rpartition(".")[2] for c in source.columns)
        if self.chance(0.1) and len(set(names)) == len(names):
            return replace(source.named(names), sql=f"SELECT * FROM {source.sql}{tail}", where="")
        expressions = self.expressions(source)
        items = [expressions.root(self.random.choice([1, 2, 3])) for _ in range(self.random.randint(1, 4))]
        known = {c.text: c for c in source.columns}
        kept = source.unique if source.unique is not None and not distinct and self.chance(0.6) else None
        wanted = [*(kept or ()), *([source.time] if source.time is not None and self.chance(0.4) else [])]
        items += [known[w] for w in wanted if w not in {i.text for i in items}]
        sql, columns = self._selected(source, items, tail, distinct=distinct)
        places = {item.text: column.text for item, column in zip(items, columns, strict=True)}
        unique = None if kept is None else tuple(places[u] for u in kept)
        return Rows(sql, columns, unique, places.get(source.time or ""))

    def _aggregates(self, source: Rows, most: int) -> list[Written]:
        """Aggregate calls, and expressions over them."""
        expressions = self.expressions(source)
        calls = [
            aggregate(self.random, expressions, unique=source.unique)
            for _ in range(self.random.randint(1, most))
        ]
        plain = [c for c in calls if c.type.kind is not Kind.ARRAY]
        if plain and self.chance(0.25):
            calls.append(Expressions(self.random, plain).any(1))
        return calls

    def _having(self, source: Rows) -> str:
        calls = [c for c in self._aggregates(source, 2) if c.type.kind is not Kind.ARRAY]
        if not calls or not self.chance(HAVING):
            return ""
        return f" HAVING {Expressions(self.random, calls).boolean(1).text}"

    def _keys(self, source: Rows) -> list[Written]:
        """What to group by: the window where there is one, columns, expressions."""
        bounds = [c for c in source.columns if c.text.endswith((".window_start", ".window_end"))]
        keys = bounds if self.chance(0.9) else []
        for _ in range(self.random.choice([0, 1, 1, 2])):
            expressions = self.expressions(source)
            key = self.random.choice(expressions.columns) if self.chance(0.7) else expressions.any(1)
            known = {k.text for k in keys}
            if key.text not in known and any(c.text in key.text for c in source.columns):
                keys.append(key)
        return keys or [self.random.choice(source.plain or source.columns)]

    def _grouped(self, depth: int) -> Rows:
        """GROUP BY columns, expressions, and the window where there is one."""
        source = self.source(depth)
        keys = self._keys(source)
        items = [*keys, *self._aggregates(source, 3)]
        every = self.chance(0.8)
        if every and self.chance(0.2):  # OVER the groups
            plain = [i for i in items if i.type.kind is not Kind.ARRAY]
            items.append(analytic(self.random, Expressions(self.random, plain), [k.text for k in keys], None))
        by = ", ".join(k.text for k in keys)
        tail = f"{self._where(source)} GROUP BY {by}{self._having(source)}"
        sql, columns = self._selected(source, items if every else items[1:], tail)
        return Rows(sql, columns, tuple(c.text for c in columns[: len(keys)]) if every else None)

    def _group_window(self, depth: int) -> Rows:
        """GROUP BY TUMBLE(ts, …) and its like, with TUMBLE_START and so on."""
        source = next((s for s in (self.source(depth) for _ in range(6)) if s.time is not None), None)
        if source is None or source.time is None:
            return self._grouped(depth)
        kind, arguments = self.window(source.time)
        kind = "HOP" if kind == "CUMULATE" else kind
        window = f"({arguments.replace(f'DESCRIPTOR({source.time})', source.time)})"
        plain = [c for c in source.plain if c.text != source.time]
        keys = self.random.sample(plain, k=min(self.random.choice([0, 1, 1, 2]), len(plain)))
        names = self.random.sample(["START", "END", "ROWTIME"], k=self.random.choice([1, 2, 2, 3]))
        bounds = [Written(f"{kind}_{n}{window}", TIMESTAMP, 0) for n in names]
        groups = [f"{kind}{window}", *(k.text for k in keys)]
        self.random.shuffle(groups)
        tail = f"{self._where(source)} GROUP BY {', '.join(groups)}{self._having(source)}"
        sql, columns = self._selected(source, [*keys, *bounds, *self._aggregates(source, 3)], tail)
        places = dict(zip(names, (c.text for c in columns[len(keys) :]), strict=False))
        return Rows(
            sql, columns, tuple(c.text for c in columns[: len(keys) + len(bounds)]), places.get("ROWTIME")
        )

    def _over(self, depth: int) -> Rows:
        """Columns and OVER calls."""
        source = self.source(depth)
        expressions = self.expressions(source)
        calls = [
            analytic(self.random, expressions, source.unique, source.time)
            for _ in range(self.random.randint(1, 3))
        ]
        known = {c.text: c for c in source.columns}
        own = [known[u] for u in source.unique or ()]
        sql, columns = self._selected(source, [*own, expressions.any(1), *calls], self._where(source))
        return Rows(sql, columns, tuple(c.text for c in columns[: len(own)]) if own else None)

    def _top_rows(self, depth: int) -> Rows:
        """The first rows of each partition: ROW_NUMBER in a subquery, asked about outside."""
        source = self.source(depth - 1)
        if source.unique is None or not source.plain:
            return self._projection(depth)
        rank = self.random.choice(["ROW_NUMBER()", "ROW_NUMBER()", "RANK()"])
        by = f"PARTITION BY {self.random.choice(source.plain).text} " if self.chance(0.7) else ""
        first = f"{self.random.choice(source.plain).text}{self.random.choice(DIRECTIONS)}"
        number = Written(f"{rank} OVER ({by}ORDER BY {', '.join([first, *source.unique])})", BIGINT, 200)
        known = {c.text: c for c in source.columns}
        own = {u: known[u] for u in source.unique}
        extra = self.random.choice(source.plain)
        items = [*own.values(), *([] if extra.text in own else [extra]), number]
        sql, columns = self._selected(source, items, self._where(source))
        condition = f"{columns[-1].text} {self.random.choice(['<=', '<', '='])} {self.random.randint(1, 3)}"
        names = ", ".join(c.text for c in columns[:-1])
        sql = f"SELECT {names} FROM ({sql}) AS {self.name('q')} WHERE {condition}"
        return Rows(sql, columns[:-1], tuple(c.text for c in columns[: len(own)]))

    def _union(self, depth: int) -> Rows:
        """UNION ALL, or UNION, of a query with one whose columns have like types."""
        left = self.query(depth - 1)
        if left.ordered or len(left.plain) < len(left.columns):
            return left
        source = self.source(1)
        items = [self.expressions(source).of(c.type, 1) for c in left.columns]
        right, columns = self._selected(source, items, self._where(source))
        both = tuple(_either(a, b) for a, b in zip(left.columns, columns, strict=True))
        if self.chance(0.3):
            right = f"({right})"
        if self.chance(0.2):
            return Rows(f"{left.sql} UNION {right}", both, tuple(c.text for c in both))
        return Rows(f"{left.sql} UNION ALL {right}", both)

    def _ordered(self, rows: Rows) -> Rows:
        """The query with a total ORDER BY, perhaps with LIMIT and OFFSET."""
        plain = [c.text for c in rows.plain]
        keys = self.random.sample(plain, k=min(self.random.choice([0, 1, 2]), len(plain)))
        keys += [u for u in rows.unique or () if u not in keys]
        if not keys:
            return rows
        places = {c.text: str(i) for i, c in enumerate(rows.columns, 1)}
        keys = [places[k] if self.chance(0.1) else k for k in keys]
        text = ", ".join(f"{k}{self.random.choice(DIRECTIONS)}{self.random.choice(NULLS)}" for k in keys)
        return replace(rows, sql=f"{rows.sql} ORDER BY {text}{self.random.choice(LIMITS)}", ordered=True)


def _either(left: Written, right: Written) -> Written:
    """A column of a union."""
    kind = common_type(left.type, right.type)
    assert kind is not None
    bound = max(v.bound * 10 ** (kind.scale - v.type.scale) for v in (left, right))
    return Written(left.text, kind, bound, wide=left.wide or right.wide)
