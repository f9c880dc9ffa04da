"""The catalogue of diagnostics against the sources and the compiler, the verb that shows it, and how messages
that are long are cut."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.snapshots import matches
from zkql import diagnostics
from zkql.cli.app import app
from zkql.compiler import attempt
from zkql.diagnostics.catalogue import AREAS, ENTRIES, area_of, entries_of, lookup, without_example
from zkql.diagnostics.declarations import READING, per_window
from zkql.diagnostics.entry import Entry, Example
from zkql.diagnostics.show import FILE, PLANNED, page, rendered
from zkql.errors import Diagnostic, InputError, Label, QueryError, Source, Span

ROOT = Path(__file__).parent.parent
CATALOGUE = Path(diagnostics.__file__).parent
CODE = re.compile(r"ZKQL\d{4}")
DATA = ("syntax", "streams", "names", "expressions", "proofs", "inputs", "evidence", "keys", "machine")
"""Modules that only describe codes."""

EXAMPLES = [(e, e.example) for e in ENTRIES.values() if e.example is not None]
NAMES = [e.code for e, _ in EXAMPLES]
NO_CIRCUIT = {"ZKQL0301", "ZKQL0308"}


def zkql(*arguments: str) -> Result:
    """Run a verb in this process."""
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


def refusals(text: str) -> list[str]:
    """The codes of everything that the compiler says about a text, in order."""
    error = attempt(Source(FILE, text)).error
    return [d.code for d in error.diagnostics] if error is not None else []


# --- the catalogue is complete and true ---------------------------------------------------------------


def test_every_code_of_the_sources_is_in_the_catalogue_and_the_other_way_round() -> None:
    describing = {CATALOGUE / f"{name}.py" for name in DATA}
    files = set(ROOT.glob("zkql/**/*.py")) - describing
    assert describing < set(CATALOGUE.glob("*.py"))
    raised = {code for file in files for code in CODE.findall(file.read_text(encoding="utf-8"))}
    assert raised == set(ENTRIES)


def test_every_code_stands_once_and_in_an_area() -> None:
    described = [
        code
        for name in DATA
        for code in re.findall(
            r'^        "(ZKQL\d{4})",$', (CATALOGUE / f"{name}.py").read_text(), re.MULTILINE
        )
    ]
    assert sorted(described) == list(ENTRIES)
    assert [e for area in AREAS for e in entries_of(area)] == list(ENTRIES.values())


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_an_entry_says_what_it_means_and_what_to_do(entry: Entry) -> None:
    assert entry.title[-1].isalnum() or entry.title[-1] in "*)"
    for text in (entry.meaning, entry.advice):
        assert text[0].isupper() or text.startswith(("zkql", "npm", "run()", "--"))
        assert text.endswith(".")
        assert "  " not in text
    assert len(re.findall(r"[.:;?](?: |$)", entry.meaning)) <= 5
    mentioned = set(CODE.findall(f"{entry.meaning} {entry.advice} {entry.unreachable}"))
    assert mentioned <= set(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_an_entry_has_an_example_or_a_reason_why_not(entry: Entry) -> None:
    if entry.example is None:
        assert without_example(entry)
    else:
        assert not without_example(entry)
        assert not area_of(entry).origin


@pytest.mark.parametrize("entry, example", EXAMPLES, ids=NAMES)
def test_an_example_leads_to_its_code_and_nothing_else(entry: Entry, example: Example) -> None:
    assert refusals(example.wrong_text) == [entry.code]


@pytest.mark.parametrize("entry, example", EXAMPLES, ids=NAMES)
def test_the_mended_example_compiles_or_lacks_only_a_circuit(entry: Entry, example: Example) -> None:
    assert example.wrong != example.mended
    found = set(refusals(example.mended_text))
    assert entry.code not in found
    if example.provable:
        assert not found
    else:
        assert found
        assert found <= NO_CIRCUIT


@pytest.mark.parametrize("entry, example", EXAMPLES, ids=NAMES)
def test_the_message_of_an_example_is_the_accepted_one(entry: Entry, example: Example) -> None:
    matches(f"diagnostics/{entry.code}.txt", rendered(example) + "\n")


def test_every_accepted_message_belongs_to_an_example() -> None:
    kept = {path.stem for path in (ROOT / "tests/snapshots/diagnostics").iterdir()}
    assert kept == set(NAMES)


def test_the_page_of_errors_is_what_the_catalogue_generates() -> None:
    matches("../../docs/errors.md", page())


def test_what_is_called_planned_is_planned() -> None:
    never = {"ZKQL0306", "ZKQL0312", "ZKQL0314", "ZKQL0317", "ZKQL0318"}
    for code in never:
        entry = ENTRIES[code]
        assert entry.example is not None
        said = f"{entry.meaning} {entry.advice} {rendered(entry.example)}"
        assert not re.search(r"(?<!not )(?<!form, )planned|\byet\b", said), code


# --- looking up -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["ZKQL0316", "zkql0316", "Zkql0316", "0316", " 316 "])
def test_a_code_is_found_however_it_is_written(text: str) -> None:
    assert lookup(text) is ENTRIES["ZKQL0316"]


@pytest.mark.parametrize(
    "text, near",
    [
        ("ZKQL0361", "'ZKQL03"),
        ("ZKQL03160", "ZKQL0316"),
        ("ZKQL-0316", "ZKQL0316"),
        ("0305", "'ZKQL03"),
        ("9999", "ZKQL0999"),
    ],
)
def test_an_unknown_code_gets_the_nearest_ones(text: str, near: str) -> None:
    with pytest.raises(InputError) as caught:
        lookup(text)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("ZKQL0459", f"there is no code {text!r}")
    assert near in diagnostic.notes[0]
    assert diagnostic.notes[-1] == "zkql explain-error lists all codes"


# --- zkql explain-error ---------------------------------------------------------------------------------


def test_explain_error_shows_meaning_example_message_and_mended_form() -> None:
    entry = ENTRIES["ZKQL0316"]
    assert entry.example is not None
    result = zkql("explain-error", "0316")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.split("\n")
    assert lines[0] == f"ZKQL0316: {entry.title}"
    plain = " ".join(result.stdout.split())
    assert " ".join(entry.meaning.split()) in plain
    assert f"What to do: {entry.advice}" in plain
    for query in (entry.example.wrong_text, entry.example.mended):
        assert all(f"    {line}" in lines for line in query.split("\n") if line)
    assert rendered(entry.example) in result.stdout
    assert "^^^^^^^^^^^^^^^^^" in result.stdout
    assert lines[-2] == PLANNED


@pytest.mark.parametrize("code", ENTRIES)
def test_explain_error_knows_every_code(code: str) -> None:
    text = zkql("explain-error", code)
    assert (text.exit_code, text.stderr) == (0, "")
    assert text.stdout.startswith(f"{code}: {ENTRIES[code].title}\n")
    data = json.loads(zkql("explain-error", code.lower(), "--json").stdout)
    assert data["code"] == code
    assert (data["example"] is None) is (data["without_example"] is not None)
    if data["example"] is not None:
        assert [e["code"] for e in data["example"]["errors"]] == [code]
        assert refusals(data["example"]["query"]) == [code]
        assert code not in refusals(data["example"]["mended"])


def test_explain_error_without_a_code_lists_all() -> None:
    result = zkql("explain-error")
    assert result.exit_code == 0
    assert CODE.findall(result.stdout) == list(ENTRIES)
    assert all(area.title in result.stdout for area in AREAS)
    data = json.loads(zkql("explain-error", "--json").stdout)
    assert [(e["code"], e["title"]) for e in data["errors"]] == [(e.code, e.title) for e in ENTRIES.values()]


def test_explain_error_of_an_unknown_code_is_a_usage_error() -> None:
    result = zkql("explain-error", "ZKQL0361")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error[ZKQL0459]: there is no code 'ZKQL0361'\n")
    assert "did you mean 'ZKQL03" in result.stderr


# --- the last line of an error ------------------------------------------------------------------------


def test_errors_end_with_one_line_that_names_the_first_code(tmp_path: Path) -> None:
    query = tmp_path / "q.zkql"
    query.write_text(
        "CREATE TABLE t (a FLOAT, b DECIMAL(99)); CREATE TABLE u (a DATE); SELECT x FROM nowhere;"
    )
    result = zkql("compile", str(query), "-o", str(tmp_path / "out"))
    assert result.exit_code == 2
    codes = re.findall(r"error\[(\w+)\]", result.stderr)
    assert codes == ["ZKQL0306", "ZKQL0224", "ZKQL0205"]
    assert result.stderr.endswith("\nfor more: zkql explain-error ZKQL0306\n")
    assert result.stderr.count("for more:") == 1


def test_json_has_no_such_line(tmp_path: Path) -> None:
    result = zkql("compile", str(tmp_path / "none.zkql"), "-o", str(tmp_path / "out"), "--json")
    assert json.loads(result.stdout)["errors"][0]["code"] == "ZKQL0401"
    assert "for more" not in result.output


# --- long lines and messages --------------------------------------------------------------------------


def shown(text: str, start: int, end: int, label: str = "") -> list[str]:
    """The line of the text and the line of the marks."""
    span = Span(Source(FILE, text), start, end)
    return Diagnostic("ZKQL0101", "wrong", (Label(span, label),)).render().split("\n")[1:]


def marked(line: str, marks: str) -> str:
    """What of the line stands above the marks."""
    return "".join(c for c, mark in zip(line, marks.ljust(len(line)), strict=False) if mark == "^")


@pytest.mark.parametrize("before", [0, 1, 33, 34, 60, 5000])
@pytest.mark.parametrize("after", [0, 1, 64, 65, 5000])
def test_the_marks_stand_under_the_place_however_long_the_line(before: int, after: int) -> None:
    line, marks = shown("a" * before + "BAD" + "z" * after, before, before + 3)
    assert marked(line, marks) == "BAD"
    assert len(line) <= 110
    is_cut = before + 3 + after > 100
    assert ("…a" in line) is (is_cut and before > 33)
    assert line.endswith("…") is (is_cut and after > 64)


def test_what_stands_around_the_place_is_shown() -> None:
    line, _ = shown("x" * 500 + "SELECT lod FROM reading" + "y" * 500, 507, 510)
    assert "SELECT lod FROM reading" in line


@pytest.mark.parametrize("length", [60, 61, 5000])
def test_a_long_place_is_marked_at_its_beginning(length: int) -> None:
    line, marks = shown("ab" + "c" * length, 2, 2 + length, "here")
    assert marked(line, marks) == "c" * min(length, 60)
    assert marks.endswith("^ here" if length == 60 else "^… here")
    assert len(line) <= 110


def test_a_place_of_several_lines_is_marked_on_the_first() -> None:
    line, marks = shown("x = (1 +\n 2)", 4, 12)
    assert marked(line, marks) == "(1 +"


@pytest.mark.parametrize(
    "text, place",
    [
        ("\tSELECT\tx", "x"),
        ("SELECT x\r\nFROM t", "x"),
        ("'日本語' x", "x"),
        ("'e\u0301' x", "x"),
        ("'\u202e' x", "x"),
        ("'\u0007' x", "x"),
    ],
)
def test_the_marks_stand_under_the_place_whatever_stands_before(text: str, place: str) -> None:
    line, marks = shown(text, text.index(place), text.index(place) + len(place))
    wide = line.replace("日本語", "######").replace("\u0301", "")  # one character a column
    assert marked(wide, marks) == place
    assert line.isprintable()


def test_the_end_of_a_text_is_marked() -> None:
    assert shown("SELECT", 6, 6) == [" 1 | SELECT", "   |       ^"]


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    diagnostic = Diagnostic(
        "ZKQL0301", f"grouping by {'x + ' * 2000}y has no circuit yet", notes=("n" * 9999,)
    )
    message, note = diagnostic.render().split("\n")
    assert message.startswith("error[ZKQL0301]: grouping by x + x + ")
    assert message.endswith(" x + y has no circuit yet")
    assert max(len(message), len(note)) < 400
    assert diagnostic.to_json()["message"] == diagnostic.message


def test_a_huge_expression_in_a_query_gives_a_short_message() -> None:
    options = ", ".join(map(str, range(2000)))
    text = READING + per_window(f"MAX(load) IN ({options}) AS x")
    error = attempt(Source(FILE, text)).error
    assert isinstance(error, QueryError)
    (diagnostic,) = error.diagnostics
    assert diagnostic.code == "ZKQL0301"
    assert len(diagnostic.message) > 5000
    assert all(len(line) < 450 for line in str(error).split("\n"))


@pytest.mark.parametrize("call", ["half(*)", "half(DISTINCT zone)"])
def test_functions_of_users_take_values_as_all_do(call: str) -> None:
    text = f"CREATE FUNCTION half AS 'org.example.Half'; {READING}{per_window(where=f'{call} = 1')}"
    assert refusals(text) == ["ZKQL0218"]
