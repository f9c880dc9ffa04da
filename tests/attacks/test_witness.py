"""Forged witnesses are rejected by the constraints themselves; no key and no proof is needed."""

from __future__ import annotations

import pytest

from tests.forgeries import CASES, SELECTS
from tests.harness import Secrets, Subject, random_rows, row
from zkql.crypto.field import P


@pytest.fixture(scope="module", params=SELECTS, ids=SELECTS)
def subject(request) -> Subject:
    return Subject.compile(SELECTS[request.param][0], stream=SELECTS[request.param][1])


@pytest.mark.parametrize("case", CASES, ids=[c.__name__ for c in CASES])
def test_forgeries_are_rejected(subject: Subject, case) -> None:
    accepted = [forgery.name for forgery in case(subject) if subject.accepts(forgery.inputs)]
    assert accepted == []


@pytest.mark.parametrize("seed", range(4))
def test_no_private_input_can_change(subject: Subject, seed: int) -> None:
    """Every advice value is pinned: change any one of an honest witness, and a check fails."""
    assert subject.compiled.circuit is not None
    honest = subject.honest(Secrets.of(random_rows(1 + seed, 100 + seed)))
    flat = subject.flat(honest)
    assert subject.accepts(honest)
    position = 0
    survivors = []
    for parameter in subject.compiled.circuit.parameters:
        for index in range(parameter.size):
            if not parameter.public:
                for change in (1, P - 1, 1 << 64):
                    mutant = list(flat)
                    mutant[position] = (mutant[position] + change) % P
                    if subject.accepts(subject.named(mutant)):
                        survivors.append((parameter.name, index, change))
            position += 1
    assert survivors == []


def test_no_public_input_can_change(subject: Subject) -> None:
    assert subject.compiled.circuit is not None
    # All of them pass, so that the number of rows matters to every query.
    flat = subject.flat(subject.honest(Secrets.of([row(5, 5, 1, 60), row(-5, 6, 1, 60), row(9, 8, 1, 60)])))
    public = sum(p.size for p in subject.compiled.circuit.parameters if p.public)
    for position in range(public):
        mutant = list(flat)
        mutant[position] = (mutant[position] + 1) % P
        assert not subject.accepts(subject.named(mutant)), position
