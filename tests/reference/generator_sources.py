"""Random FROM clauses as zkql text: tables, windows over them, joins, subqueries. Out: :class:`Rows`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

from tests.reference.generator_data import Table
from tests.reference.generator_expressions import Expressions, Written
from zkql.plan.types import TIMESTAMP, Kind

SOURCES = {"table": 5, "windowed": 7, "subquery": 4, "join": 3}
"""What FROM has, where no view or common table is taken."""
NAMED = 0.5
"""How often one is, if there are any."""
JOINS = {"window": 6, "interval": 5, "equality": 5, "lookup": 4, "using": 2, "cross": 2}
WINDOWS = {"TUMBLE": 4, "HOP": 3, "CUMULATE": 2, "SESSION": 3}
SIZES = (
    "'1' SECOND", "'2' SECOND", "'5' SECOND", "'10' SECOND", "'500' MILLISECOND", "'1' MINUTE", "'1' DAY",
)  # fmt: skip
SLIDES = (
    ("'1' SECOND", "'1' SECOND"), ("'1' SECOND", "'3' SECOND"), ("'2' SECOND", "'10' SECOND"),
    ("'250' MILLISECOND", "'1' SECOND"), ("'30' SECOND", "'1' MINUTE"),
)  # fmt: skip
OFFSETS = ("", "", "", "'1' SECOND", "'-3' SECOND", "'250' MILLISECOND", "'25' SECOND")
BOUNDS = ("window_start", "window_end", "window_time")


@dataclass(frozen=True, slots=True)
class Rows:
    """What stands in FROM, or a query: the columns' ``text`` is how to name them. ``unique`` columns
    tell rows apart; ``time`` is the event time; ``where`` has to be asked in WHERE."""

    sql: str
    columns: tuple[Written, ...]
    unique: tuple[str, ...] | None = None
    time: str | None = None
    ordered: bool = False
    where: str = ""

    @property
    def plain(self) -> tuple[Written, ...]:
        """The columns that expressions can read."""
        return tuple(c for c in self.columns if c.type.kind is not Kind.ARRAY)

    def named(self, names: tuple[str, ...]) -> Rows:
        """The columns under other names."""
        to = {c.text: name for c, name in zip(self.columns, names, strict=True)}
        return replace(
            self,
            columns=tuple(replace(c, text=to[c.text]) for c in self.columns),
            unique=None if self.unique is None else tuple(to[u] for u in self.unique),
            time=to.get(self.time or ""),
        )

    def under(self, alias: str) -> Rows:
        """The columns with an alias before them."""
        return self.named(tuple(f"{alias}.{c.text}" for c in self.columns))

    def column(self, name: str) -> str:
        """How a column of that name is named."""
        return next(c.text for c in self.columns if c.text.rpartition(".")[2] == name)


def rows_of(table: Table) -> Rows:
    """A stream or table under its name."""
    columns = tuple(Written(c.name, c.type, c.bound, c.wide) for c in table.columns)
    return Rows(table.name, columns, ("uid",), "ts" if table.stream else None)


@dataclass(slots=True)
class Sources:
    """Draws what stands in FROM. ``named`` are views and common tables."""

    random: Random
    tables: list[Table] = field(default_factory=list)
    named: dict[str, Rows] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    def query(self, depth: int) -> Rows:
        """A query of at most so many, one in another, its columns named."""
        raise NotImplementedError

    def choose(self, weights: Mapping[str, int]) -> str:
        """One of the keys."""
        return self.random.choices(list(weights), list(weights.values()))[0]

    def chance(self, probability: float) -> bool:
        """Whether it happens."""
        return self.random.random() < probability

    def name(self, letter: str) -> str:
        """A name that nothing has yet."""
        return f"{letter}{next(self.numbers)}"

    def expressions(self, rows: Rows) -> Expressions:
        """Expressions over the columns."""
        return Expressions(self.random, rows.plain or rows.columns)

    def source(self, depth: int) -> Rows:
        """Something to stand in FROM."""
        if self.named and self.chance(NAMED):
            return self._named()
        kind = self.choose(SOURCES)
        if kind == "subquery" and depth > 1:
            return self._subquery(depth - 1)
        if kind == "join":
            return self._join(depth)
        table = self.random.choice(self.tables)
        if kind == "windowed" and table.stream:
            return self._windowed(table.name, rows_of(table))
        return self._table(table)

    def _named(self) -> Rows:
        """A view or a common table, or a window over it."""
        name, rows = self.random.choice(list(self.named.items()))
        own = any(c.text in BOUNDS for c in rows.columns)
        if rows.time is not None and not own and self.chance(0.7):
            return self._windowed(name, rows)
        return self._aliased(rows, name)

    def _aliased(self, rows: Rows, name: str) -> Rows:
        alias = self.name("q")
        word = self.random.choice(["AS ", ""])
        return replace(rows, sql=f"{name} {word}{alias}").under(alias)

    def _table(self, table: Table) -> Rows:
        """A stream or table, under an alias or its own name."""
        if self.chance(0.5):
            return self._aliased(rows_of(table), table.name)
        return rows_of(table).under(table.name) if self.chance(0.5) else rows_of(table)

    def _subquery(self, depth: int) -> Rows:
        """``(SELECT …) AS q``, perhaps with names for its columns."""
        rows = self.query(depth)
        if self.chance(0.85):
            return self._aliased(rows, f"({rows.sql})")
        names = tuple(self.name("n") for _ in rows.columns)
        alias = self.name("q")
        sql = f"({rows.sql}) AS {alias} ({', '.join(names)})"
        return replace(rows.named(names), sql=sql).under(alias)

    # --- windows ---

    def window(self, time: str) -> tuple[str, str]:
        """A window's kind, and its arguments."""
        random, kind = self.random, self.choose(WINDOWS)
        offset = random.choice(OFFSETS)
        more = f", INTERVAL {offset}" if offset and kind != "SESSION" else ""
        if kind in ("HOP", "CUMULATE"):
            slide, size = random.choice(SLIDES)
            return kind, f"DESCRIPTOR({time}), INTERVAL {slide}, INTERVAL {size}{more}"
        return kind, f"DESCRIPTOR({time}), INTERVAL {random.choice(SIZES)}{more}"

    def _windowed(self, name: str, rows: Rows, window: tuple[str, str] | None = None) -> Rows:
        """``TABLE(TUMBLE(TABLE s, …))`` and its like over a stream, a view or a common table."""
        assert rows.time is not None
        kind, arguments = window or self.window(rows.time)
        partition = ""
        if kind == "SESSION" and self.chance(0.6):
            partition = f" PARTITION BY {self.random.choice(rows.plain).text}"
        bounds = tuple(Written(name, TIMESTAMP, 0) for name in BOUNDS)
        unique = rows.unique
        if unique is not None and kind in ("HOP", "CUMULATE"):
            unique = (*unique, "window_start", "window_end")
        sql = f"TABLE({kind}(TABLE {name}{partition}, {arguments}))"
        return self._aliased(Rows("", (*rows.columns, *bounds), unique, "window_time"), sql)

    # --- joins ---

    def _join(self, depth: int) -> Rows:
        """An inner join: of one window of both sides, of an interval, on an equality, with a table."""
        random, kind = self.random, self.choose(JOINS)
        streams = [t for t in self.tables if t.stream]
        tables = [t for t in self.tables if not t.stream]
        a, b = random.choice(streams), random.choice(streams)
        left, right = (self._aliased(rows_of(t), t.name) for t in (a, b))
        if kind == "window":
            window = self.window("ts")
            left, right = (self._windowed(t.name, rows_of(t), window) for t in (a, b))
            ends = [f"{left.column(n)} = {right.column(n)}" for n in BOUNDS[:2]]
            condition = " AND ".join([*ends, self._equality(left, right)])
        elif kind == "interval":
            condition = f"{self._equality(left, right)} AND {self._near(left, right)}"
        elif kind == "lookup" and tables:
            right = self._aliased(
                rows_of(tables[0]), f"{tables[0].name} FOR SYSTEM_TIME AS OF {left.column('ts')}"
            )
            condition = f"{left.column('uid')} = {right.column('uid')}"
        elif kind == "using":
            return _using(left, right, random.choice([("dev",), ("uid",), ("dev", "uid")]))
        elif kind == "cross" and len(a.rows) * len(b.rows) <= 150:
            sql = f"{left.sql}{random.choice([' CROSS JOIN ', ', '])}{right.sql}"
            return replace(_both(left, right), sql=sql)
        else:
            right = self._subquery(depth - 1) if depth > 1 and self.chance(0.5) else right
            condition = self._equality(left, right)
        rows = _both(left, right)
        if self.chance(0.2):
            condition = f"{condition} AND {self.expressions(rows).boolean(1).text}"
        if self.chance(0.2) and kind != "lookup":
            return replace(rows, sql=f"{left.sql}, {right.sql}", where=condition)
        return replace(rows, sql=f"{left.sql} {random.choice(['', 'INNER '])}JOIN {right.sql} ON {condition}")

    def _near(self, left: Rows, right: Rows) -> str:
        """A condition on both event times."""
        here, there = left.column("ts"), right.column("ts")
        low, high = (
            self.random.choice(["'0' SECOND", "'1' SECOND", "'3' SECOND", "'10' SECOND"]) for _ in range(2)
        )
        if self.chance(0.7):
            return f"{here} BETWEEN {there} - INTERVAL {low} AND {there} + INTERVAL {high}"
        return f"{here} - {there} <= INTERVAL {high} AND {there} < {here} + INTERVAL {low}"

    def _equality(self, left: Rows, right: Rows) -> str:
        """``left.x = right.y`` of columns that can be compared, mostly of few values."""
        pairs = [
            (a, b)
            for a in left.columns
            for b in right.columns
            if (a.type.is_numeric and b.type.is_numeric) or a.type.kind is b.type.kind is Kind.VARCHAR
        ]
        if not pairs:
            return "TRUE"
        a, b = min(self.random.choices(pairs, k=6), key=lambda pair: pair[0].bound + pair[1].bound)
        return f"{a.text} = {b.text}"


def _both(left: Rows, right: Rows) -> Rows:
    unique = None if left.unique is None or right.unique is None else left.unique + right.unique
    return Rows("", left.columns + right.columns, unique)


def _using(left: Rows, right: Rows, names: tuple[str, ...]) -> Rows:
    """``JOIN … USING (…)``: the named columns are there once, as the left side's."""
    merged = {right.column(n): left.column(n) for n in names}
    columns = left.columns + tuple(c for c in right.columns if c.text not in merged)
    unique = tuple(dict.fromkeys(merged.get(u, u) for u in (*(left.unique or ()), *(right.unique or ()))))
    return Rows(f"{left.sql} JOIN {right.sql} USING ({', '.join(names)})", columns, unique)
