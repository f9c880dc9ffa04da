"""Forged witnesses are rejected by the constraints themselves; no key and no proof is needed."""

from __future__ import annotations

import pytest

from tests.forgeries import CASES, all_forgeries, sample
from tests.harness import (
    FEW_GROUPS_STREAM,
    FILTERED,
    GROUPED,
    HIDDEN,
    HIGHEST,
    LOWEST,
    PLAIN,
    SOLO_STREAM,
    STREAM,
    SUMMED,
    Row,
    Secrets,
    Subject,
    random_rows,
    row,
)

SELECTS = {
    "plain": (PLAIN, STREAM),
    "filtered": (FILTERED, STREAM),
    "summed": (SUMMED, SOLO_STREAM),
    "highest": (HIGHEST, SOLO_STREAM),
    "lowest": (LOWEST, SOLO_STREAM),
    "grouped": (GROUPED, STREAM),
    "hidden": (HIDDEN, FEW_GROUPS_STREAM),
}
WINDOWS: dict[str, list[Row]] = {
    "no row": [],
    "one row": [row(505, 12, 1, 60)],
    "rows of one group": [row(5, 5, 1, 60), row(-5, 5, 1, 60), row(700, 5, 0, 60)],
    "ties": [row(35, 8, 1, 60), row(35, 8, 0, 60), row(-35, 9, 1, 60), row(35, 9, 1, 60)],
    "extremes": [row(9999, 2**31 - 1, 1, 2**31 - 1), row(-9999, -(2**31), 0, -(2**31))],
}


@pytest.fixture(scope="module", params=SELECTS)
def subject(request) -> Subject:
    select, stream = SELECTS[request.param]
    return Subject.compile(select, stream=stream)


@pytest.mark.parametrize("rows", WINDOWS.values(), ids=WINDOWS)
def test_forgeries_are_rejected(subject: Subject, rows: list[Row]) -> None:
    hidden = Secrets.of(rows)
    assert subject.accepts(subject.honest(hidden))
    forgeries = list(sample(all_forgeries(subject, hidden), 3))
    assert [forgery.name for forgery in forgeries if subject.accepts(forgery.inputs)] == []
    assert len(forgeries) > 40


def test_every_kind_of_forgery_is_tried() -> None:
    subjects = Subject.compile(HIDDEN, stream=FEW_GROUPS_STREAM), Subject.compile(PLAIN)
    hidden = Secrets.of(WINDOWS["ties"])
    names = {f.name.split(":")[0] for subject in subjects for f in all_forgeries(subject, hidden)}
    assert names == {case.__name__ for case in CASES}


@pytest.mark.parametrize(("count", "changes"), [(1, (1, -1, 1 << 64)), (2, (1,)), (4, (-1,))])
def test_no_private_input_can_change(subject: Subject, count: int, changes: tuple[int, ...]) -> None:
    """Every advice value is pinned: change any one of an honest witness, and a check fails."""
    rows = random_rows(count, 100 + count)
    honest = subject.honest(Secrets.of(rows[: subject.stage.groups] if subject.stage.keys else rows))
    assert subject.accepts(honest)
    survivors = []
    private = (p for p in subject.circuit.parameters if not p.public)
    for name, index in sample(((p.name, index) for p in private for index in range(p.size)), 3):
        for change in changes:
            values = list(honest[name])
            values[index] += change
            if subject.accepts({**honest, name: values}):
                survivors.append((name, index, change))
    assert survivors == []


def test_no_public_input_can_change(subject: Subject) -> None:
    # All of them pass, so that the number of rows matters to every query; and there are as many groups as
    # there can be.
    rows = [row(5, 5, 1, 60), row(-5, 6, 1, 60), row(9, 8, 1, 60)]
    honest = subject.honest(Secrets.of(rows))
    assert subject.accepts(honest)
    for parameter in subject.circuit.parameters:
        for index in range(parameter.size if parameter.public else 0):
            values = list(honest[parameter.name])
            values[index] += 1
            assert not subject.accepts({**honest, parameter.name: values}), (parameter.name, index)
