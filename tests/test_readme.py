"""Every command of the README runs, and its figures and messages are those of the code."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.ceremonies import SMALL_POWER, powers_of_tau, small_bundle
from tests.test_toolchain import powers
from zkql.bundle import read_bundle
from zkql.circuit.statement import public_count
from zkql.cli.app import app
from zkql.compiler import compile_query, read_source
from zkql.errors import QueryError, Source
from zkql.nexmark import Config, generate
from zkql.plan.functions.aggregates import Function
from zkql.plan.functions.scalars import SCALARS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
QUERY = ROOT / "queries/nexmark/highest_bid.zkql"


def blocks(language: str) -> list[str]:
    """Fenced blocks of one language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def test_the_step_by_step_commands_run(tmp_path) -> None:
    """As a user would: the block as it stands, in a checkout with the environment installed."""
    (script,) = (b for b in blocks("sh") if "zkql compile" in b)
    (tmp_path / "queries").symlink_to(ROOT / "queries")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 windows verified" in done.stdout
    assert "Traceback" not in done.stderr


METER = """
CREATE STREAM readings (
  meter VARCHAR(20), ts TIMESTAMP(3), load DECIMAL(8, 3), tariff INT PUBLIC,
  WATERMARK FOR ts AS ts
) SIGNED BY meter WITH ('capacity' = '2');
SELECT window_start, tariff, SUM(load) AS total
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '15' MINUTE))
GROUP BY window_start, window_end, tariff;
"""


def test_the_command_for_a_stream_of_ones_own_runs(tmp_path) -> None:
    """With the row that the README shows."""
    (script,) = (b for b in blocks("sh") if "--source rows.jsonl" in b)
    (row,) = re.findall(r"- A row: `(.*?)`", README)
    (tmp_path / "my.zkql").write_text(METER)
    (tmp_path / "rows.jsonl").write_text(row + "\n")
    path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "4.189" in done.stdout
    assert (tmp_path / "my-run" / "keys" / "registry.json").exists()


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\bmake (\w+)", README))
    assert {"demo", "test", "mutants", "bench"} <= named
    for target in named:
        assert re.search(rf"^{target}:.*\bsetup\b|^{target}:.*\bcheck\b", makefile, re.MULTILINE), target


def test_the_demo_is_the_command_that_the_tests_run() -> None:
    """tests/test_differential.py runs the same command and compares its results with DuckDB."""
    demo = subprocess.run(
        ["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ
    )
    assert f"zkql run {QUERY.relative_to(ROOT)} --source nexmark --events 2000 --seed 7" in demo.stdout


def test_the_query_shown_is_the_query_in_the_repository() -> None:
    shown = next(b for b in blocks("sql") if "CREATE STREAM" in b)
    assert _plan(shown) == _plan(QUERY.read_text())


def _plan(text: str):
    return compile_query(Source("readme", text)).plan


def test_the_constraint_count_shown_is_that_of_the_compiler() -> None:
    circuit = compile_query(read_source(QUERY)).circuit
    assert circuit is not None
    shown = re.search(r"^\| constraints \| ([\d,]+)", README, re.MULTILINE)
    assert shown is not None
    assert int(shown.group(1).replace(",", "")) == circuit.constraints
    assert f"{circuit.constraints:,} constraints" in README


def test_the_chains_of_the_readme_are_proven(tmp_path) -> None:
    """With the sums that Python finds in the file."""
    (script,) = (b for b in blocks("sh") if "queries/meters" in b)
    (tmp_path / "queries").symlink_to(ROOT / "queries")
    path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{script.rstrip()} -o all --json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    totals: dict[tuple[int, str], int] = {}
    for line in (ROOT / "queries/meters/readings.jsonl").read_text().splitlines():
        own = json.loads(line)
        window = own["meter"], own["ts"][:15] + "0:00.000"
        totals[window] = totals.get(window, 0) + own["load"]
    results = json.loads(done.stdout)["results"]
    assert {(r["meter"], r["window_start"]): r["total"] for r in results} == totals
    for envelope in (tmp_path / "all/envelopes").iterdir():
        assert "load" not in envelope.read_text()


def test_the_constraints_of_chains_are_those_of_the_compiler() -> None:
    (rows,) = re.findall(
        r"^\| constraints a row, .*?\| (\d+); (\d+) \| (\d+); (\d+) \|$", README, re.MULTILINE
    )
    columns = "meter BIGINT, ts TIMESTAMP(3), load INT, WATERMARK FOR ts AS ts"
    found = []
    for provenance in ("row", "chain"):
        for call in ("SUM(load)", "MAX(load)"):
            text = f"""
                CREATE STREAM r ({columns}) SIGNED BY meter
                WITH ('capacity' = '100', 'provenance' = '{provenance}');
                SELECT window_start, {call} AS found
                FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' HOUR))
                GROUP BY window_start, window_end"""
            circuit = compile_query(Source("q", text)).circuit
            assert circuit is not None
            found.append(str(round(circuit.constraints / 100)))
    assert list(rows) == found


def test_the_error_shown_is_the_error_given() -> None:
    shown = next(b for b in blocks("") if "$ zkql compile query.zkql" in b)
    expected = shown.split("\n", 1)[1].rstrip("\n")
    text = QUERY.read_text().replace("MAX(price) AS highest", "MAX(price) - MIN(price) AS spread")
    with pytest.raises(QueryError) as caught:
        compile_query(Source("query.zkql", text))
    assert str(caught.value) == expected


def test_the_commands_that_look_into_a_query_run(tmp_path) -> None:
    (script,) = (b for b in blocks("sh") if "zkql explain-error" in b)
    (tmp_path / "queries").symlink_to(ROOT / "queries")
    path = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "another query" in done.stdout
    assert (tmp_path / "plan.html").read_text().startswith("<!DOCTYPE html>")


def test_the_python_shown_runs(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    (program,) = blocks("python")
    events = generate(Config(events=100))
    names: dict[str, object] = {"rows": [row for stream, row in events if stream == "bid"]}
    exec(program.replace("query.run(rows, prove", "proven = query.run(rows, prove"), names)
    assert list(names["proven"]) == list(names["query"].run(names["rows"]))  # type: ignore[call-overload, attr-defined]


def test_the_numbers_of_functions_are_those_there_are() -> None:
    assert f"{len(SCALARS)} scalar functions\nand operators, {len(Function)} aggregate and" in README


def test_the_page_of_the_language_names_every_function() -> None:
    page = (ROOT / "docs/sql.md").read_text()
    words = set(re.findall(r"[A-Z_]{2,}", page))
    named = [name for name in (*SCALARS, *map(str, Function)) if name.isidentifier()]
    assert [name for name in named if name not in words] == ["NEGATE", "FIELD"]


def test_the_commands_of_a_ceremony_run(tmp_path, monkeypatch) -> None:
    """For a circuit of six constraints, whose powers of tau take the place of the public ones."""
    (script,) = (b for b in blocks("sh") if "zkql ceremony" in b)
    monkeypatch.chdir(tmp_path)
    small_bundle(tmp_path / "demo" / "bundle", powers(6))
    (tmp_path / "powersOfTau28_hez_final_15.ptau").symlink_to(powers_of_tau(SMALL_POWER))
    verbs = [shlex.split(line) for line in script.splitlines() if line and not line.startswith("#")]
    assert [verb[:2] for verb in verbs] == [["zkql", "ceremony"]] * 6
    for verb in verbs:
        done = CliRunner().invoke(app, verb[1:])
        assert done.exit_code == 0, done.output
    assert "1. alice: " in done.stdout
    assert read_bundle(tmp_path / "demo" / "bundle").keys().parties == 2


def test_the_powers_of_tau_that_the_readme_names_are_enough() -> None:
    (power,) = set(re.findall(r"powersOfTau28_hez_final_(\d+)", README))
    plan = compile_query(read_source(QUERY))
    assert plan.circuit is not None
    assert plan.plan.circuit is not None
    rows = plan.circuit.constraints + public_count(plan.plan, plan.plan.circuit)
    assert rows.bit_length() == int(power)
