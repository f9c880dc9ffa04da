"""Mutated texts through parser, binder, planner and formatter: nothing but diagnostics may come out.

``python -m tests.fuzz_text --minutes 60 --seed 1`` prints how far how many texts went, and every crash with
its seed. ``tests/test_fuzz.py`` runs a few seconds of it.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.test_rewrites import DECLARED
from zkql.compiler import attempt
from zkql.errors import QueryError, Source
from zkql.lang.format import format_text

ROOT = Path(__file__).parent.parent
TOKEN = re.compile(r"\s+|--[^\n]*|[A-Za-z_]\w*|\d+\.?\d*|'[^']*'|`[^`]*`|<>|<=|>=|\|\||.", re.S)
OPERATORS = ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||")
SPICE = (  # noqa: SIM905
    "SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT UNION ALL DISTINCT JOIN ON USING WITH AS AND OR "
    "NOT IN BETWEEN LIKE IS NULL CASE WHEN THEN ELSE END CAST OVER PARTITION ROWS RANGE PRECEDING "
    "FOLLOWING UNBOUNDED CURRENT FILTER WITHIN TABLE TUMBLE HOP SESSION CUMULATE DESCRIPTOR INTERVAL "
    "SECOND DAY window_start window_end * ( ) , . ; = < > + - / % || 0 1 -1 99999999999999999999 1.5 "
    "'' 'x' `a` \x00 é COUNT SUM MAX MEDIAN LAG ROW_NUMBER NULLIF COALESCE EXTRACT DATE_FORMAT "
    "REGEXP_EXTRACT PROCTIME TIMESTAMP TRUE FALSE DECIMAL BIGINT VARCHAR ARRAY CREATE STREAM VIEW "
    "INSERT INTO SIGNED PUBLIC PRIVATE WATERMARK FOR "
).split()


def corpus() -> list[list[str]]:
    """The tokens of every query of the project."""
    texts = [p.read_text() for p in sorted(ROOT.glob("queries/**/*.zkql"))]
    for path in sorted(ROOT.glob("tests/fixtures/rewrites/*.sql")):
        queries = re.sub(r"(?m)^--.*\n", "", path.read_text()).split(";\n")
        texts += [DECLARED + query for query in queries if query.strip()]
    return [TOKEN.findall(text) for text in texts]


def alike(source: random.Random, token: str, other: list[str]) -> str:
    """Another token of the same kind, so that the text may still be SQL."""
    if token in OPERATORS:
        return source.choice(OPERATORS)
    if re.fullmatch(r"\d+\.?\d*", token):
        return source.choice(("0", "1", "2", "10", "0.5", "99999999999", "12.345"))
    kind = (token[:1].isalpha(), token[:1] == "'")
    same = [t for t in other if (t[:1].isalpha(), t[:1] == "'") == kind]
    words = [t for t in same if t.isupper() == token.isupper() and not t.isspace()]
    named = token[:1].isalnum() or token[:1] == "'"
    return source.choice(words) if words and named else token


def mutated(source: random.Random, known: list[list[str]]) -> str:
    """A text near one of the corpus, or far from it."""
    tokens = list(source.choice(known))
    other = source.choice(known)
    gentle = source.random() < 0.6
    for _ in range(source.choice([1, 1, 2, 3, 8, 40])):
        at = source.randrange(len(tokens) + 1)
        match source.randrange(7, 12) if gentle else source.randrange(7):
            case 0:
                del tokens[at : at + source.choice([1, 1, 2, 9])]
            case 1:
                tokens.insert(at, f" {source.choice(SPICE)} ")
            case 2:
                start = source.randrange(len(other))
                tokens[at:at] = other[start : start + source.randrange(30)]
            case 3 if at < len(tokens):
                tokens[at] = source.choice(other)
            case 7 | 8 | 9 | 10 | 11 if at < len(tokens):
                tokens[at] = alike(source, tokens[at], other)
            case 4 if tokens:
                i, j = (source.randrange(len(tokens)) for _ in range(2))
                tokens[i], tokens[j] = tokens[j], tokens[i]
            case 5:
                tokens[at:at] = tokens[at : at + source.randrange(12)]
            case _:
                tokens = tokens or [" "]
    return "".join(tokens)


def outcome(text: str) -> str:
    """How far a text goes: the last stage, or the first code. Anything raised is a crash."""
    source = Source("fuzz.zkql", text)
    done = attempt(source)
    if done.file is not None:
        format_text(source)
    if done.error is None:
        return "compiled"
    assert isinstance(done.error, QueryError)
    assert done.error.diagnostics, "an error without a diagnostic"
    str(done.error)
    return done.error.diagnostics[0].code


def main() -> int:
    """Run for some minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    known, found, crashes, seed = corpus(), Counter[str](), 0, options.seed
    until = time.monotonic() + 60 * options.minutes
    while time.monotonic() < until:
        text = mutated(random.Random(seed), known)
        try:
            found[outcome(text)] += 1
        except Exception:
            crashes += 1
            print(f"--- seed {seed}\n{text}\n{traceback.format_exc()}", flush=True)
        seed += 1
    print(f"{sum(found.values()) + crashes:,} texts, {crashes} crashes")
    print(", ".join(f"{code} {count:,}" for code, count in found.most_common()))
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
