"""Circuits that the compiler's shortcuts are held against: of whole queries and of joins."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests import functions, table_joins
from tests.forgeries import THOROUGH
from tests.harness import FEW_GROUPS_STREAM, HIDDEN, PLAIN, STREAM, query
from zkql.circuit.build import Circuit

WIDE_STREAM = STREAM.replace("  zone ", "  first VARCHAR(11),\n  zone ")
"""The first element of a commitment has no column, so that one argument of the hash is a constant."""


def of_query(select: str, stream: str) -> Callable[[], Circuit]:
    """A query's circuit of three rows."""

    def circuit() -> Circuit:
        found = query(select, 3, stream).circuit
        assert found is not None
        return found

    return circuit


def of_function(name: str, form: str) -> Callable[[], Circuit]:
    """Of calls in :mod:`tests.functions`."""
    return of_query(functions.select(name, form), functions.STREAM)


def of_join(name: str) -> Callable[[], Circuit]:
    """Of a join in :mod:`tests.table_joins`."""
    return lambda: table_joins.subject(name).joining.bench.circuit


CIRCUITS: Mapping[str, Callable[[], Circuit]] = {
    "commitments": of_query(PLAIN, STREAM),
    "a constant argument": of_query(PLAIN, WIDE_STREAM),
    "groups": of_query(HIDDEN, FEW_GROUPS_STREAM),
    "a switched order": of_function("count_distinct", "plain"),
    "hashes of hashes": of_join("paths"),
    "committed entries": of_join("opened"),
    "a challenge": of_join("looked up"),
}
EVERY_FUNCTION: Mapping[str, Callable[[], Circuit]] = {
    f"{name}, {form}": of_function(name, form)
    for name in (functions.CALLS if THOROUGH else ())
    for form in functions.FORMS
}
