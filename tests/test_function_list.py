"""The list of functions: complete, true, and its examples run, natively and through compiled circuits."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache

import pytest
from typer.testing import CliRunner, Result

import zkql
from tests.harness import Row, Secrets, Subject, evaluated
from tests.snapshots import matches
from zkql.circuit.catalogue import ENTRIES
from zkql.cli.app import app
from zkql.compiler import attempt
from zkql.errors import Source
from zkql.explain.cost import cost_of
from zkql.explain.formula import Formula, formula_at
from zkql.library import frames
from zkql.library.values import to_python
from zkql.plan.expressions import Expression
from zkql.plan.functions.aggregates import ANALYTIC, Function
from zkql.plan.functions.scalars import ALIASES, SCALARS
from zkql.plan.nodes import Aggregate, Over
from zkql.plan.text import numbered
from zkql.reference import examples, measure
from zkql.reference.cards import Card, cards, shown
from zkql.reference.functions import ITEMS, Area, Item, Proof, lookup, proof_of, with_circuit
from zkql.reference.measure import Form
from zkql.reference.page import page

AGGREGATES = [item for item in ITEMS if item.area is Area.AGGREGATES]
ANALYTICS = [item for item in ITEMS if item.area is Area.ANALYTIC]
OF_ONE_ROW = [item for item in ITEMS if item.area not in (Area.AGGREGATES, Area.ANALYTIC)]


@cache
def values() -> dict[Item, tuple[str, ...]]:
    """What the examples give natively, on each row or over all."""
    return {i: v.values for i, v in zip(ITEMS, shown(ITEMS), strict=True) if v is not None}


@cache
def listed() -> dict[Item, Card]:
    return {card.item: card for card in cards()}


# --- completeness -----------------------------------------------------------------------------------


def test_the_page_of_functions_is_what_the_code_generates() -> None:
    matches("../../docs/functions.md", page())


def test_every_function_is_on_the_list_once() -> None:
    words = [item.names[0] for item in OF_ONE_ROW if item.area is not Area.CONDITIONS]
    assert sorted(words) == sorted(SCALARS)
    assert [item.example for item in AGGREGATES] == [entry.example for entry in ENTRIES]
    of_groups = {Function(item.names[0]) for item in AGGREGATES}
    over = {Function(item.names[0]) for item in ANALYTICS}
    assert {f for f in Function if f.is_aggregate} <= of_groups
    assert over >= ANALYTIC
    assert len({item.example for item in ITEMS}) == len(ITEMS)


@pytest.mark.parametrize("name", [*Function.__members__, *SCALARS, *ALIASES, "<>", "BETWEEN", "NOT"])
def test_a_function_is_found_by_any_of_its_names(name: str) -> None:
    assert all(name in item.names for item in lookup(name))
    assert lookup(f" {name.lower()} ") == lookup(name)
    assert lookup(f"{name} (x)") == lookup(name)


def test_every_example_that_can_be_evaluated_has_values() -> None:
    for item in ITEMS:
        rows = 1 if item.area is Area.AGGREGATES else len(examples.TABLES[item.source])
        assert len(values().get(item, ())) == (0 if proof_of(item) is Proof.NEVER else rows), item


# --- what is proven ---------------------------------------------------------------------------------

_PRIVATE = re.compile(r"^(  (?:load|temp|ok|name|since|target)\b.*?)( NULL)?,$", re.MULTILINE)
PUBLIC = _PRIVATE.sub(r"\1 PUBLIC\2,", examples.STREAM)


def query(item: Item) -> str:
    """A query that reads what a function gives."""
    window, by_window = examples.WINDOW, examples.BY_WINDOW
    if item.source == "place":
        return f"{examples.TABLE} SELECT {item.example} AS v FROM place;"
    if item.area is Area.AGGREGATES:
        return f"SELECT window_start, {item.example} AS v FROM {window} {by_window};"
    if item.area is Area.ANALYTIC:
        return f"SELECT window_start, {item.example} AS v FROM {window};"
    same = f"({item.example}) = ({item.example})"
    return f"SELECT window_start, EVERY({same}) AS v FROM {window} {by_window};"


def refusals(stream: str, item: Item) -> set[str]:
    error = attempt(Source("list.zkql", stream + query(item))).error
    return set() if error is None else {d.code for d in error.diagnostics}


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.example)
def test_what_is_called_proven_is_what_the_compiler_proves(item: Item) -> None:
    private, public = refusals(examples.STREAM, item), refusals(PUBLIC, item)
    match proof_of(item):
        case Proof.PRIVATE:
            assert not private
            assert not public or item.area is Area.ANALYTIC  # which the consumer evaluates
        case Proof.PUBLIC:
            assert private in ({"ZKQL0301"}, {"ZKQL0314"})  # not yet, or never
            assert not public
        case Proof.NATIVE:
            assert private
            assert public
        case Proof.NEVER:
            assert private == public == {"ZKQL0312"}


# --- what it costs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula, text",
    [
        ((0, 0), "0"),
        ((0, 1_200), "1,200"),
        ((1, 0), "N"),
        ((34, 12), "34 N + 12"),
        ((1_000, -7), "1,000 N - 7"),
    ],
)
def test_a_formula_is_written_as_people_do(formula: tuple[int, int], text: str) -> None:
    assert str(Formula(*formula)) == text


def test_a_formula_leaves_out_the_row_that_makes_a_number_wider() -> None:
    def count(rows: int) -> int:
        return 3 * rows + 100 * rows.bit_length()

    assert formula_at(8, count) == Formula(3, 400)
    assert formula_at(7, count) == Formula(3, 300)
    assert formula_at(1, lambda rows: 5 * rows + 2) == Formula(5, 2)


@pytest.mark.parametrize("item", [*AGGREGATES, *ANALYTICS], ids=lambda item: item.example)
def test_the_formula_is_the_cost_in_a_compiled_query(item: Item) -> None:
    done = attempt(Source("list.zkql", stream_of("100") + query(item)))
    if done.error is not None:
        assert not listed()[item].costs
        return
    compiled = done.compiled()
    nodes = [node for node, _ in numbered(compiled.logical)]
    (place,) = (i for i, node in enumerate(nodes) if isinstance(node, Aggregate | Over))
    found = cost_of(compiled)
    assert listed()[item].costs[Form.ALL].at(100) == (found.by_node().get(f"r{place}", 0) if found else 0)


@pytest.mark.parametrize("example, expression", with_circuit().items(), ids=list(with_circuit()))
def test_an_expression_costs_as_much_in_a_query(example: str, expression: Expression) -> None:
    """FIRST_VALUE only adds a few constraints, however many rows there are."""
    (in_query,) = measure.aggregates([f"FIRST_VALUE({example})"], 100, Form.ALL)
    own = measure.scalar(expression, 100)
    assert in_query.per_row == own.per_row
    assert 0 < in_query.fixed - own.fixed <= 8


# --- examples through circuits ----------------------------------------------------------------------


def stream_of(capacity: str) -> str:
    return examples.STREAM.replace(";", f" WITH ('capacity' = '{capacity}');")


def batches(items: Sequence[Item], size: int = 8) -> list[tuple[Item, ...]]:
    chosen = [item for item in items if proof_of(item) is Proof.PRIVATE]
    return [tuple(chosen[i : i + size]) for i in range(0, len(chosen), size)]


def subject(outputs: Sequence[str], capacity: int, clause: str = "") -> tuple[Subject, list[Row]]:
    """A compiled circuit, and the rows of the examples as it reads them."""
    named = ", ".join(f"{output} AS v{i}" for i, output in enumerate(outputs))
    select = f"SELECT window_start, {named} FROM {examples.WINDOW} {clause}"
    made = Subject.compile(select, capacity, stream_of("{capacity}"))
    relation = made.plan.stream
    given = frames.read(list(examples.READINGS), {relation.name: relation}, [relation.name])
    return made, given.rows[relation.name]


def proven(made: Subject, rows: list[Row]) -> list[list[str]]:
    """The values of each output as text, once the circuit has accepted them."""
    assert made.accepts(made.honest(Secrets.of(rows)))
    found = evaluated(made.compiled, rows)
    outputs = [o for o in made.plan.outputs if o.name != "window_start"]
    return [[examples.text_of(to_python(row[o.name], o.expression.type)) for row in found] for o in outputs]


@pytest.mark.parametrize("items", batches(AGGREGATES), ids=lambda items: items[0].example)
def test_a_circuit_proves_the_examples_of_aggregates(items: tuple[Item, ...]) -> None:
    made, rows = subject([item.example for item in items], len(examples.READINGS), examples.BY_WINDOW)
    assert proven(made, rows) == [list(values()[item]) for item in items]


@pytest.mark.parametrize("items", batches(ANALYTICS), ids=lambda items: items[0].example)
def test_a_circuit_proves_the_examples_of_analytic_functions(items: tuple[Item, ...]) -> None:
    """Beside the event time, by which the examples are shown."""
    made, rows = subject(["ts", *(item.example for item in items)], len(examples.READINGS))
    times, *found = proven(made, rows)
    order = sorted(range(len(times)), key=times.__getitem__)
    assert [[own[i] for i in order] for own in found] == [list(values()[item]) for item in items]


@pytest.mark.parametrize("items", batches(OF_ONE_ROW), ids=lambda items: items[0].example)
def test_a_circuit_proves_the_examples_of_functions_of_one_row(items: tuple[Item, ...]) -> None:
    made, rows = subject([f"FIRST_VALUE({item.example})" for item in items], 1, examples.BY_WINDOW)
    found = [proven(made, [row]) for row in rows]
    for i, item in enumerate(items):
        assert tuple(row[i][0] for row in found) == values()[item], item.example


# --- the command line and the library ---------------------------------------------------------------


def zkql_functions(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["functions", *arguments])


def test_the_command_lists_every_function_with_its_cost() -> None:
    output = zkql_functions().stdout
    for card in listed().values():
        lines = [line for line in output.splitlines() if line.startswith(f"  {card.item.usage}  ")]
        (line,) = (line for line in lines if line.endswith(card.item.meaning))
        assert all(f" {cost}  " in line for cost in card.costs.values())
    assert all(f"\n{area}\n" in f"\n{output}" for area in Area)


def test_the_list_is_the_same_as_data() -> None:
    data = json.loads(zkql_functions("--json", "--rows", "7").stdout)
    assert data["rows"] == 7
    assert [f["usage"] for f in data["functions"]] == [item.usage for item in ITEMS]
    (median,) = (f for f in data["functions"] if f["usage"] == "MEDIAN(load)")
    (card,) = cards(7, lookup("median")[:1])
    assert median["constraints"] == card.costs[Form.ALL].at(7)
    assert median["formula"] == str(card.costs[Form.ALL])


@pytest.mark.parametrize(
    "name, phrases",
    [
        ("stddev", ["STDDEV_SAMP(load)\n", "also   STDDEV\n", "DECIMAL(38, 6)", "8.087439", "private key"]),
        ("rank", ["RANK() OVER (…)", "WITHIN GROUP", "(ORDER BY temp)", "private condition"]),
        ("round", ["a number; [an integer]", "load   12.5  -3.0  12.5  0.4", "gives  13    -3    13    0"]),
        ("REPLACE", ["over private ones it has no circuit", "'s0lar 2'"]),
        ("now", ["never proven"]),
    ],
)
def test_the_command_says_everything_about_one_function(name: str, phrases: list[str]) -> None:
    output = zkql_functions(name).stdout
    assert [phrase for phrase in phrases if phrase not in output] == []


def test_one_function_as_data_has_its_example_and_all_costs() -> None:
    (own,) = json.loads(zkql_functions("mode", "--json").stdout)["functions"]
    assert own["example"] == {"sql": "MODE(temp)", "type": "INT", "values": ["20"]}
    assert [cost["rows"] for cost in own["costs"]] == list(Form)


def test_an_unknown_function_is_a_usage_error_with_the_nearest_names() -> None:
    result = zkql_functions("medain")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error[ZKQL0464]: there is no function 'medain'\n")
    assert "did you mean 'MEDIAN'" in result.stderr
    as_json = json.loads(zkql_functions("medain", "--json").stdout)
    assert as_json["errors"][0]["code"] == "ZKQL0464"


@pytest.mark.parametrize(
    ("usage", "takes"),
    [
        ("MEDIAN(load)", "a number or a timestamp"),
        ("TOP(load, 3)", "what can be put in order; n from 1 to 1,000, written out"),
        ("ARG_MAX(name, load)", "anything; beside it, what can be put in order"),
        ("RANK(20) WITHIN GROUP (ORDER BY temp)", "a constant; in ORDER BY, what can be compared with it"),
        ("COUNT(*)", ""),
    ],
)
def test_an_aggregate_says_what_it_takes(usage: str, takes: str) -> None:
    (item,) = (item for item in ITEMS if item.usage == usage)
    assert "; ".join(item.arguments) == takes
    if takes:
        assert takes in zkql_functions(item.names[0]).stdout


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("perc", "'PERCENTILE' or 'PERCENTILE_CONT' or 'PERCENTILE_DISC' or 'PERCENT_RANK'"),
        ("medain", "'MEDIAN' or 'MIN'"),
        ("medain(x)", "'MEDIAN' or 'MIN'"),
    ],
)
def test_the_beginning_of_a_name_finds_it(name: str, meant: str) -> None:
    with pytest.raises(zkql.ZkqlError) as caught:
        lookup(name)
    assert caught.value.diagnostics[0].notes[0] == f"did you mean {meant}?"


def test_the_library_has_the_list_as_a_table() -> None:
    found = zkql.functions(rows=7)
    assert [row["usage"] for row in found] == [item.usage for item in ITEMS]
    frame = found.to_pandas().set_index("usage")
    (card,) = cards(7, lookup("mode"))
    assert frame.loc["MODE(temp)", "constraints"] == card.costs[Form.ALL].at(7)
    assert frame["constraints"].isna().sum() == sum(not card.costs for card in listed().values())
    assert "constraints of N rows, and of 7" in repr(found)


def test_the_library_takes_a_name_as_the_command_line_does() -> None:
    found = zkql.functions("rank", rows=7)
    assert [row["usage"] for row in found] == [item.usage for item in lookup("rank")]
    with pytest.raises(zkql.ZkqlError, match="there is no function 'medain'"):
        zkql.functions("medain")


@pytest.mark.parametrize("rows", [0, -1, 4097, 1.5, True, "7", None])
def test_a_number_of_rows_that_no_proof_has_is_wrong_use(rows: object) -> None:
    with pytest.raises(zkql.ZkqlError, match="rows is a whole number from 1 to 4096") as caught:
        zkql.functions(rows=rows)  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == "ZKQL0463"


def test_a_name_that_is_no_text_is_wrong_use() -> None:
    with pytest.raises(zkql.ZkqlError, match="the name of a function is text, not of type int"):
        zkql.functions(7)  # type: ignore[arg-type]


def test_the_help_has_an_example_that_runs() -> None:
    words = zkql_functions("--help").stdout.split()
    start = words.index("Example:") + 2
    assert words[start] == "functions"
    assert "MEDIAN(load)" in zkql_functions(*words[start + 1 : words.index("Arguments:")]).stdout
