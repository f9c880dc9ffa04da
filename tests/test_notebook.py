"""The magic in a real IPython, and the notebook of the documentation in a real kernel.

``python -m tests.test_notebook`` runs the notebook and stores what it prints.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from traitlets.config import Config

import zkql

NOTEBOOK = Path(__file__).parent.parent / "docs" / "notebook.ipynb"
DECLARED = """\
CREATE STREAM reading (
  house INT, ts TIMESTAMP(3), load DECIMAL(6, 3), WATERMARK FOR ts AS ts
) SIGNED BY house WITH ('capacity' = '10');
"""
SQL = f"""{DECLARED}
SELECT window_start, window_end, AVG(load) AS average, MAX(load) AS peak, COUNT(*) AS readings
FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '15' MINUTE))
GROUP BY window_start, window_end;
"""
UNBOUNDED = f"{DECLARED}SELECT house, AVG(load) AS average FROM reading GROUP BY house;\n"
ROWS = [{"house": 1, "ts": 0, "load": "1.500"}, {"house": 2, "ts": 60_000, "load": "2.500"}]


# --- the magic ----------------------------------------------------------------------------------------


@pytest.fixture
def shell() -> InteractiveShell:
    made = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    made.run_line_magic("load_ext", "zkql")
    made.user_ns["rows"] = ROWS
    return made


@pytest.fixture
def run_cell(shell, capsys) -> Callable[[str], tuple[Any, str]]:
    """A cell to its value and what it prints."""

    def run_one(text: str) -> tuple[Any, str]:
        done = shell.run_cell(text)
        return done.result, "".join(capsys.readouterr())

    return run_one


@pytest.mark.parametrize("line", ["%%zkql", "%%zkql street"])
def test_a_cell_is_compiled_shown_and_bound_to_its_name(shell, run_cell, line):
    value, printed = run_cell(f"{line}\n{SQL}")
    assert isinstance(value, zkql.Query)
    assert value.sql == SQL
    assert "r1 := Tumble[r0] ts 15 min" in printed
    assert (shell.user_ns.get("street") is value) is line.endswith("street")


def test_the_rich_form_has_picture_cost_leakage_and_sql(shell, run_cell):
    value, _ = run_cell(f"%%zkql\n{SQL}")
    data, _ = shell.display_formatter.format(value)
    html = data["text/html"]
    for phrase in (
        "<svg ",
        "commitment (Poseidon)",
        "load of any row",
        '<span class="keyword">SELECT</span>',
    ):
        assert phrase in html
    assert "r0 := Scan reading" in data["text/plain"]


@pytest.mark.parametrize("data", ["rows", "reading=rows"])
def test_a_cell_is_run_over_a_variable(shell, run_cell, data):
    value, printed = run_cell(f"%%zkql street --run {data}\n{SQL}")
    assert value[0]["average"] == Decimal("2.000000")
    assert "2.000000" in printed
    assert isinstance(shell.user_ns["street"], zkql.Query)


def test_a_cell_is_proven(run_cell):
    value, printed = run_cell(f"%%zkql --run rows --prove\n{SQL}")
    assert value.verification.windows == 1
    assert "VERIFIED: 1 window, over" in printed
    assert "INSECURE" in printed


def test_a_refused_query_is_shown_with_its_reason(run_cell):
    value, printed = run_cell(f"%%zkql\n{UNBOUNDED}")
    assert not value.provable
    assert "a stream never ends" in printed
    assert "cell:4:58: error[ZKQL0302]" in value._repr_html_()


@pytest.mark.parametrize(
    "cell, phrases",
    [
        (
            f"%%zkql street\n{SQL.replace('MAX(load)', 'MAX(laod)')}",
            ("cell:5:", "^^^^\n", "did you mean 'load'?"),
        ),
        (f"%%zkql street --run rows --prove\n{UNBOUNDED}", ("cell:4:58", "^^^^^", "a stream never ends")),
        (f"%%zkql --run rwos\n{SQL}", ("there is no variable 'rwos'", "did you mean 'rows'?")),
        (f"%%zkql --run readings=rows\n{SQL}", ("declares no 'readings'", "did you mean 'reading'?")),
        (f"%%zkql --prove\n{SQL}", ("--prove needs data",)),
        (f"%%zkql a-b\n{SQL}", ("'a-b' cannot be the name of a variable",)),
        (f"%%zkql a b\n{SQL}", ("unrecognized arguments: b",)),
        (f"import zkql\nzkql.compile({UNBOUNDED!r}).circuits", ("query:4:58", "a stream never ends")),
    ],
)
def test_errors_are_messages_without_a_traceback(run_cell, cell, phrases):
    value, printed = run_cell(cell)
    assert value is None
    assert "Traceback" not in printed
    assert ".py" not in printed
    for phrase in phrases:
        assert phrase in printed


# --- the notebook -------------------------------------------------------------------------------------


def run(path: Path) -> Any:
    """The notebook with the outputs of a run from its first cell to its last."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook


def stored(notebook: Any) -> Any:
    """Outputs as text alone: small, shown everywhere, without a trace of style or machine."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            if "data" in output:
                output.data = {"text/plain": output.data["text/plain"]}
    return notebook


@pytest.fixture(scope="module")
def executed() -> Any:
    """In a kernel of this environment."""
    return run(NOTEBOOK)


def shown(notebook: Any) -> list[str]:
    """What each code cell prints, as text."""
    found = []
    for cell in notebook.cells:
        texts = []
        for output in cell.get("outputs", ()):
            plain = output["data"]["text/plain"] if "data" in output else None
            texts.append(plain or output.get("text") or "\n".join(output["traceback"]))
        if cell.cell_type == "code":
            found.append("\n".join(texts))
    return found


def steady(text: str) -> str:
    """Without what differs from run to run: seconds, keys, proofs."""
    return re.sub(r"[0-9a-f]{32,}", "…", re.sub(r"\d+\.\d\d s\b", "… s", text))


def test_the_notebook_runs_and_shows_what_it_says(executed):
    text = "\n".join(shown(executed))
    for phrase in (
        "can be proven · result: window_start TIMESTAMP(3)",
        "r1 := Tumble[r0] ts 15 min",
        "constraints at N = 10 rows",
        "load of any row",
        "2 rows; evaluated natively, not proven",
        "which has more than 3 digits after the point",
        "2 rows; VERIFIED: 2 windows, over 18 rows signed by 3 devices",
        "\nTrue\n",
        "a stream never ends",
        "did you mean 'load'?",
        "[Decimal('2.866'), Decimal('2.587')]",
    ):
        assert phrase in text


def test_the_notebook_is_rich_where_a_browser_is(executed):
    pages = [
        o["data"].get("text/html", "") for c in executed.cells for o in c.get("outputs", ()) if "data" in o
    ]
    assert sum("<svg " in page for page in pages) == 3
    assert any("VERIFIED" in page for page in pages)


def test_the_outputs_that_are_stored_are_those_of_a_run(executed):
    kept = nbformat.read(NOTEBOOK, as_version=4)
    hint = "python -m tests.test_notebook runs the notebook and stores its outputs"
    assert [steady(t) for t in shown(kept)] == [steady(t) for t in shown(executed)], hint


def test_the_notebook_has_no_trace_of_a_machine():
    text = NOTEBOOK.read_text()
    for trace in (
        str(NOTEBOOK.parent.parent),
        str(Path.home()),
        "/tmp",
        "site-packages",
        os.uname().nodename,
    ):
        assert trace not in text
    assert "text/html" not in text


if __name__ == "__main__":
    nbformat.write(stored(run(NOTEBOOK)), NOTEBOOK)
