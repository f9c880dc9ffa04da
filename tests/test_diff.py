"""``zkql diff``: what it says changed is what changed, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import snapshots
from tests.harness import GROUPED, HIGHEST, STREAM, SUMMED, query
from tests.test_explain import HOSTILE, REFUSED, TEXTS, zkql
from zkql.explain.difference import Change, diff

Write = Callable[[str, str], Path]


@pytest.fixture
def file(tmp_path: Path) -> Write:
    def write(text: str, name: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_nothing_changes_between_a_query_and_itself_written_otherwise(file: Write) -> None:
    before = file(TEXTS["groups"], "a.zkql")
    after = file(
        "-- said otherwise\n" + TEXTS["groups"].replace("\n", "  \n").replace("SELECT", "select"), "b.zkql"
    )
    result = zkql("diff", before, after)
    assert (result.exit_code, result.stdout) == (0, "nothing changed: the same query\n")
    data = json.loads(zkql("diff", before, after, "--json").stdout)
    assert data["changed"] is False
    assert data["identity"]["same"] is True
    assert {line["change"] for line in data["plan"]} == {"same"}


def test_a_difference_has_plan_columns_cost_leakage_and_identity(file: Write) -> None:
    changed = TEXTS["highest_bid"].replace("DECIMAL(12, 2)", "DECIMAL(10, 2)").replace("'100'", "'50'")
    changed = changed.replace("AVG(price) AS average,\n", "").replace("GROUP BY", "WHERE price > 5 GROUP BY")
    before, after = file(TEXTS["highest_bid"], "before.zkql"), file(changed, "after.zkql")
    result = zkql("diff", before, after)
    assert result.exit_code == 1
    snapshots.matches("explain/diff.txt", result.stdout)
    data = zkql("diff", before, after, "--json")
    assert data.exit_code == 1
    snapshots.matches("explain/diff.json", data.stdout)


ONE = SUMMED
CHANGES = {
    "filter added": (ONE, ONE.replace("GROUP", "WHERE zone > 3 GROUP"), {"plan", "learned"}),
    "column renamed": (ONE, ONE.replace("total", "sum"), {"plan", "columns", "learned"}),
    "another literal": (GROUPED, GROUPED.replace("temp > 0", "temp > 1"), {"plan", "clauses", "learned"}),
    "columns in another order": (
        HIGHEST,
        HIGHEST.replace("MAX(load) AS most, MIN(load) AS least", "MIN(load) AS least, MAX(load) AS most"),
        {"plan", "columns", "learned"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_is_what_is_said_to_have_changed(name: str) -> None:
    before, after, expected = CHANGES[name]
    found = diff(query(before), query(after))
    changed = {
        part
        for part, own in (
            ("plan", any(line.change is not Change.SAME for line in found.plan)),
            ("columns", any(line.change is not Change.SAME for line in found.columns)),
            ("clauses", any(amount.delta for amount in found.clauses)),
            ("learned", any(own.gained or own.lost for own in found.learned)),
        )
        if own
    }
    assert changed == expected
    assert found.changed
    assert not found.same_query


def test_an_added_filter_does_not_change_the_lines_around_it() -> None:
    found = diff(query(SUMMED), query(SUMMED.replace("GROUP", "WHERE temp > 3 GROUP")))
    assert [str(line.change) for line in found.plan if line.change is not Change.SAME][:1] == ["+"]
    assert sum(line.change is Change.ADDED for line in found.plan) == 1
    assert not any(line.change is Change.REMOVED for line in found.plan)


def test_another_capacity_is_another_query_with_the_same_plan() -> None:
    found = diff(query(SUMMED, 4), query(SUMMED, 8))
    assert all(line.change is Change.SAME for line in (*found.plan, *found.columns))
    assert not found.same_query
    (capacity,) = [a for a in found.totals if a.name == "capacity"]
    assert (capacity.delta, capacity.percent) == (4, 100.0)


def test_a_private_column_made_public_needs_no_circuit() -> None:
    public = STREAM.replace("load  DECIMAL(4, 1)", "load  DECIMAL(4, 1) PUBLIC")
    found = diff(query(SUMMED), query(SUMMED, stream=public))
    (total,) = [a for a in found.totals if a.name == "constraints"]
    assert (total.after, total.percent) == (0, -100.0)
    gained = [phrase for own in found.learned for phrase in own.gained]
    assert "of every row: load" in gained


def test_errors_of_both_queries_are_reported(file: Write) -> None:
    broken, refused = file(REFUSED["syntax"][0], "a.zkql"), file(REFUSED["cut"][0], "b.zkql")
    result = zkql("diff", broken, refused)
    assert result.exit_code == 2
    assert "a.zkql:" in result.stderr
    assert "b.zkql:" in result.stderr
    data = json.loads(zkql("diff", broken, refused, "--json").stdout)
    assert {e["labels"][0]["file"] for e in data["errors"]} == {str(broken), str(refused)}
    assert zkql("diff", broken, broken.parent / "missing.zkql").exit_code == 2


def test_hostile_names_do_not_break_a_difference(file: Write) -> None:
    result = zkql(
        "diff",
        file(HOSTILE, "a.zkql"),
        file(HOSTILE.replace("1.5", "'\x1b'").replace("> '\x1b'", "> 2"), "b"),
    )
    assert result.exit_code == 1
    assert "Traceback" not in result.output
