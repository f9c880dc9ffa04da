"""Random queries through zkql's front end and DuckDB: ``python -m tests.reference.fuzz --queries 10000``.

In: a number of queries and a first seed. Out: how many agreed, how many were refused, how many failed on
both sides; for every mismatch what is needed to see it again. Exit code 1 on any mismatch.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from multiprocessing import Pool

from tests.reference.duckdb_sql import Translation, translate
from tests.reference.engine import BeyondError, BrokenError, Engine, RaisedError, Row, same
from tests.reference.generator import Case, case
from zkql.errors import QueryError, Source
from zkql.lang.bind import bind
from zkql.lang.parse import parse
from zkql.plan.interpret import interpret
from zkql.plan.nodes import Node
from zkql.plan.rewrites import rewrite
from zkql.plan.scalar import EvaluationError
from zkql.plan.types import Kind, SqlType, Value

Rows = Mapping[str, Sequence[Mapping[str, Value | None]]]


class Verdict(StrEnum):
    """How one query ended."""

    AGREED = "agreed"
    EMPTY = "agreed on no rows"
    REFUSED = "refused"
    RAISED = "no value on both sides"
    BEYOND = "beyond DuckDB's 128 bits"
    BROKEN = "DuckDB failed inside"
    MISMATCH = "MISMATCH"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict; ``detail`` has the code of a refusal, or what differs."""

    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One query as both sides run it."""

    query: Translation
    plan: Node

    @classmethod
    def of(cls, text: str) -> Subject:
        """Raises :class:`QueryError` where zkql refuses the text."""
        source = Source("query.zkql", text)
        file = parse(source)
        plan = bind(file, source).plan
        return cls(translate(file), plan)

    def zkql(self, rows: Rows, plan: Node | None = None) -> list[Row] | str:
        """The plan's rows, or the message of an evaluation error."""
        names = [c.name for c in self.plan.columns]
        try:
            return [tuple(row[n] for n in names) for row in interpret(plan or self.plan, rows)]
        except EvaluationError as error:
            return str(error)

    def compare(self, rows: Rows) -> Outcome:
        """Run both sides, and the rewritten plan."""
        types = [
            (_plain(c.type), _plain(kind))
            for c, (_, kind) in zip(self.plan.columns, self.query.columns, strict=True)
        ]
        if any(a != b for a, b in types):
            return Outcome(
                Verdict.MISMATCH,
                f"types: zkql has {[str(a) for a, _ in types]}, the reference {[str(b) for _, b in types]}",
            )
        try:
            expected: list[Row] | str = _engine().run(self.query, rows)
        except BrokenError:
            return Outcome(Verdict.BROKEN)
        except BeyondError as error:
            if not isinstance(self.zkql(rows), str):
                return Outcome(Verdict.BEYOND)
            expected = str(error)
        except RaisedError as error:
            expected = str(error)
        found, lean = self.zkql(rows), self.zkql(rows, rewrite(self.plan))
        if not _agree(expected, found, ordered=self.query.ordered):
            return Outcome(Verdict.MISMATCH, f"DuckDB: {_shown(expected)}\nzkql: {_shown(found)}")
        # a rewrite may drop a column that nobody reads, and that has no value
        if not (_agree(found, lean, ordered=self.query.ordered) or isinstance(found, str)):
            return Outcome(Verdict.MISMATCH, f"zkql: {_shown(found)}\nrewritten: {_shown(lean)}")
        if isinstance(expected, str):
            return Outcome(Verdict.RAISED)
        return Outcome(Verdict.AGREED if expected else Verdict.EMPTY)


def _agree(expected: list[Row] | str, found: list[Row] | str, *, ordered: bool) -> bool:
    if isinstance(expected, str) or isinstance(found, str):
        return isinstance(expected, str) and isinstance(found, str)
    return same(expected, found, ordered=ordered)


def _plain(kind: SqlType) -> SqlType:
    """A type without a text's length, which decides no value."""
    if kind.kind is Kind.ARRAY:
        return replace(kind, fields=(("element", _plain(kind.element)),))
    return SqlType(Kind.VARCHAR) if kind.kind is Kind.VARCHAR else kind


def _shown(result: list[Row] | str) -> str:
    if isinstance(result, str):
        return f"no value: {result.splitlines()[0]}"
    return f"{len(result)} rows\n" + "\n".join(f"  {row}" for row in sorted(result, key=repr))


@cache
def _engine() -> Engine:
    """One for each process."""
    return Engine()


def judge(drawn: Case) -> Outcome:
    """The verdict on a case; a mismatch says how to see it again, on as few rows as are needed."""
    try:
        subject = Subject.of(drawn.text)
    except QueryError as refused:
        return Outcome(Verdict.REFUSED, refused.diagnostics[0].code)
    outcome = subject.compare(drawn.rows)
    if outcome.verdict is not Verdict.MISMATCH:
        return outcome
    rows = shrunk(drawn.rows, lambda fewer: subject.compare(fewer).verdict is Verdict.MISMATCH)
    data = "\n".join(f"  {name}: {dict(row)}" for name, own in rows.items() for row in own)
    detail = subject.compare(rows).detail
    return Outcome(
        Verdict.MISMATCH, f"seed {drawn.seed}\n{drawn.text}{data}\n{detail}\n{subject.query.query}\n"
    )


def shrunk(rows: Rows, fails: Callable[[Rows], bool]) -> Rows:
    """Rows of which none can be left out, if it shall still fail."""
    for name in rows:
        place = 0
        while place < len(rows[name]):
            fewer = {**rows, name: [row for i, row in enumerate(rows[name]) if i != place]}
            if fails(fewer):
                rows = fewer
            else:
                place += 1
    return rows


def _judged(seed: int) -> tuple[int, Outcome]:
    drawn = case(seed)
    try:
        return seed, judge(drawn)
    except Exception:  # a fault of either side; the run goes on
        return seed, Outcome(Verdict.MISMATCH, f"seed {seed}\n{drawn.text}{traceback.format_exc()}")


def outcomes(seeds: Sequence[int], workers: int) -> Iterator[tuple[int, Outcome]]:
    """The verdicts, as they come."""
    if workers == 1:
        yield from map(_judged, seeds)
        return
    with Pool(workers) as pool:
        yield from pool.imap_unordered(_judged, seeds, chunksize=20)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.fuzz", description=__doc__)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    verdicts: Counter[Verdict] = Counter()
    codes: Counter[str] = Counter()
    start = time.monotonic()
    for _, outcome in outcomes(range(chosen.seed, chosen.seed + chosen.queries), chosen.workers):
        verdicts[outcome.verdict] += 1
        if outcome.verdict is Verdict.REFUSED:
            codes[outcome.detail] += 1
        if outcome.verdict is Verdict.MISMATCH:
            print(f"{Verdict.MISMATCH} {outcome.detail}")
    for verdict in Verdict:
        extra = f"  {dict(codes)}" if verdict is Verdict.REFUSED and codes else ""
        print(f"{verdicts[verdict]:7,} {verdict}{extra}")
    print(f"{chosen.queries:7,} queries in {time.monotonic() - start:.0f} s")
    return 1 if verdicts[Verdict.MISMATCH] else 0


if __name__ == "__main__":
    sys.exit(main())
