"""Every aggregate through its compiled circuit: its value is DuckDB's on random windows, and no lie about it
is accepted."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest

from tests.forgeries import THOROUGH, all_forgeries, sample
from tests.functions import CALLS, FORMS, STREAM, WINDOW, random_window, select
from tests.harness import Row, Secrets, Subject, evaluated
from tests.reference.duckdb_sql import translate
from tests.reference.engine import Engine
from zkql.circuit.statement import StatementError
from zkql.plan.types import format_value

CAPACITY = 4
WINDOWS = 100
"""For each function and each form: 200 at least for each function."""


@cache
def engine() -> Engine:
    return Engine()


@pytest.fixture(
    scope="module",
    params=[f"{name}-{form}" for name in CALLS for form in FORMS if THOROUGH or form in ("plain", "grouped")],
)
def subject(request: pytest.FixtureRequest) -> Subject:
    name, form = request.param.rsplit("-", 1)
    return Subject.compile(select(name, form), CAPACITY, STREAM)


def duckdb(subject: Subject, rows: list[Row]) -> list[str]:
    reference = translate(subject.compiled.query.file)
    found = engine().run(reference, {"reading": rows})
    return sorted(
        str(
            {
                name: None if value is None else format_value(value, kind)
                for (name, kind), value in zip(reference.columns, row, strict=True)
            }
        )
        for row in found
    )


def test_the_circuit_proves_what_duckdb_says(subject: Subject) -> None:
    source = random.Random(str(subject.plan.calls))
    windows = [random_window(source, CAPACITY, window) for window in range(WINDOWS)]
    for rows in windows:
        assert subject.accepts(subject.honest(Secrets.of(rows))), rows
    rows = [row for window in windows for row in window]
    assert sorted(map(str, evaluated(subject.compiled, rows))) == duckdb(subject, rows)


NEVER = {
    "where": "{calls} {window} WHERE small > 500",
    "filter": "{filtered} {window}",
    "grouped": "ok, {calls} {window} WHERE small > 500",
    "filter grouped": "ok, {filtered} {window}",
}


@pytest.mark.parametrize("form", NEVER)
def test_over_rows_that_can_never_count_there_is_a_proof(form: str) -> None:
    firsts = [calls[0] for calls in CALLS.values()]
    text = NEVER[form].format(
        calls=", ".join(f"{call} AS v{i}" for i, call in enumerate(firsts)),
        filtered=", ".join(f"{call} FILTER (WHERE small > 500) AS v{i}" for i, call in enumerate(firsts)),
        window=WINDOW,
    )
    more = ", ok" if "grouped" in form else ""
    sql = f"SELECT window_start, {text} GROUP BY window_start, window_end{more}"
    subject = Subject.compile(sql, CAPACITY, STREAM)
    source = random.Random(form)
    windows = [random_window(source, CAPACITY, window) for window in range(20)]
    for rows in windows:
        honest = subject.honest(Secrets.of(rows))
        assert subject.accepts(honest)
        assert not subject.accepts({**honest, "rows": [honest["rows"][0] + 1]})
    rows = [row for window in windows for row in window]
    assert sorted(map(str, evaluated(subject.compiled, rows))) == duckdb(subject, rows)


@pytest.mark.parametrize("form", ["plain", "grouped"])
def test_one_slot_is_enough(form: str) -> None:
    calls = ", ".join(f"{c} AS v{i}" for i, c in enumerate(c for own in CALLS.values() for c in own))
    subject = Subject.compile(FORMS[form].format(calls=calls, window=WINDOW), 1, STREAM)
    source = random.Random(form)
    windows = [random_window(source, 1, window)[:1] for window in range(60)]
    for rows in windows:
        assert subject.accepts(subject.honest(Secrets.of(rows))), rows
    rows = [row for window in windows for row in window]
    assert sorted(map(str, evaluated(subject.compiled, rows))) == duckdb(subject, rows)


def test_no_lie_is_accepted(subject: Subject) -> None:
    source = random.Random(7)
    rows = next(w for w in iter(lambda: random_window(source, CAPACITY), None) if len(w) == 3)
    hidden = Secrets.of(rows)
    assert subject.accepts(subject.honest(hidden))
    accepted = [f.name for f in sample(all_forgeries(subject, hidden), 4) if subject.accepts(f.inputs)]
    assert accepted == [], rows


@pytest.mark.parametrize("value", [1.5, True, "1", (1.5,), (True,), ("1",), (None,), ((1,),), [1], ()])
def test_a_claim_of_another_type_is_refused(value: object) -> None:
    subject = Subject.compile(select("collect", "plain"), CAPACITY, STREAM)
    hidden = Secrets.of(next(w for w in iter(lambda: random_window(random.Random(3), CAPACITY), None) if w))
    present, (honest,) = subject.claim(hidden.rows)
    false = replace(honest, values=(value, *honest.values[1:]))
    with pytest.raises(StatementError):
        subject.public(hidden, (present, (false,)))
