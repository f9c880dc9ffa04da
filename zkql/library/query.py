"""zkql as a library. In: a query, and rows. Out: its plan, cost and leakage, and its results.

::

    import zkql

    q = zkql.compile(Path("query.zkql"))     # or the SQL itself
    q.plan, q.cost, q.leakage                # what it does, costs, reveals
    q.run(rows)                              # evaluated natively
    q.run(rows, prove=True)                  # signed, proven and verified, with INSECURE development keys
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkql.compiler import Attempt, attempt, read_source
from zkql.errors import Diagnostic, Source, bug, did_you_mean, input_error
from zkql.explain import cost as costs
from zkql.explain import leakage as leaks
from zkql.explain.svg import plan_svg
from zkql.explain.text import cost_text, leakage_text
from zkql.library import frames
from zkql.library.frames import Field
from zkql.library.result import Result
from zkql.library.values import to_python
from zkql.plan.interpret import interpret
from zkql.plan.nodes import Node, Scan
from zkql.plan.scalar import EvaluationError
from zkql.plan.text import lines
from zkql.plan.types import format_value
from zkql.plan.walk import walk

if TYPE_CHECKING:
    from zkql.library.frames import Given
    from zkql.plan.types import Value

SUFFIX = ".zkql"


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit as ZoKrates source. ``constraints`` is exact; ``capacity`` is the most rows of one proof."""

    name: str
    source: str
    constraints: int
    capacity: int

    def __repr__(self) -> str:
        return f"circuit {self.name!r}: {self.constraints:,} constraints for {self.capacity} rows"


class Plan:
    """A logical plan, which shows itself as ``r0 := …`` lines, and in a notebook as a picture."""

    def __init__(self, node: Node, svg: str) -> None:
        self.node = node
        self._svg = svg

    @property
    def lines(self) -> list[str]:
        """One a node, inputs first."""
        return lines(self.node)

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        from zkql.library.display import picture

        return picture(self._svg)


class Explanation(str):
    """Text that IPython shows as it is, line by line."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


class Refusals(tuple[Diagnostic, ...]):
    """Why a query cannot be proven; empty where it can."""

    __slots__ = ()

    def __repr__(self) -> str:
        from zkql.library.display import diagnostics_text

        return diagnostics_text(self) or "()"

    def _repr_html_(self) -> str:
        from zkql.library.display import error_html

        return error_html(self)


class CostTable(costs.Costs):
    """Constraints and inputs by plan node and clause, shown as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(cost_text(self))

    def _repr_html_(self) -> str:
        from zkql.library.display import cost_html

        return cost_html(self)


class LeakageTable(leaks.Leakage):
    """Who learns what, shown as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(leakage_text(self))

    def _repr_html_(self) -> str:
        from zkql.library.display import leakage_html

        return leakage_html(self)


class Query:
    """A query that is right as SQL. Whether it can be proven is ``provable``, and if not, ``refusals`` says
    why: it still has a plan, and it runs."""

    def __init__(self, done: Attempt) -> None:
        """From what :func:`zkql.compiler.attempt` reached; made by :func:`compile`."""
        assert done.bound is not None
        self._attempt = done
        self._bound = done.bound

    @property
    def source(self) -> Source:
        """The text, and its name in messages."""
        return self._attempt.source

    @property
    def sql(self) -> str:
        """The text."""
        return self.source.text

    @property
    def provable(self) -> bool:
        """Whether there is a circuit for all that is private."""
        return self._attempt.error is None

    @property
    def refusals(self) -> Refusals:
        """Why it cannot be proven (yet); empty where it can."""
        return Refusals(self._attempt.error.diagnostics if self._attempt.error else ())

    @property
    def columns(self) -> tuple[Field, ...]:
        """The columns of the result: name, type, nullable."""
        return tuple(Field(c.name, c.type, c.nullable) for c in self._bound.plan.columns)

    @property
    def tables(self) -> tuple[str, ...]:
        """The streams and tables that it reads: what :meth:`run` must be given."""
        return tuple(self._relations)

    @property
    def plan(self) -> Plan:
        """The logical plan, rewritten where that was reached."""
        return Plan(self._node, self.svg)

    @property
    def svg(self) -> str:
        """The plan as a picture."""
        provable = self.provable
        return plan_svg(self._node, self.cost if provable else None, staged=provable)

    @property
    def cost(self) -> CostTable | None:
        """What a proof costs; None where nothing is private. Raises :class:`QueryError` if not provable."""
        found = costs.cost_of(self._attempt.compiled())
        return CostTable(*(getattr(found, f.name) for f in fields(found))) if found else None

    @property
    def leakage(self) -> LeakageTable:
        """Who learns what. Raises :class:`QueryError` if not provable."""
        found = leaks.leakage(self._attempt.compiled().plan)
        return LeakageTable(*(getattr(found, f.name) for f in fields(found)))

    @property
    def circuits(self) -> tuple[Circuit, ...]:
        """The circuits, none where nothing is private. Raises :class:`QueryError` if not provable."""
        compiled = self._attempt.compiled()
        own = compiled.circuit
        if own is None:
            return ()
        return (Circuit(compiled.plan.stream.name, own.source, own.constraints, own.capacity),)

    def explain(self, format: str = "text", *, cost: bool = True, leakage: bool = True) -> Explanation:  # noqa: A002
        """Everything about the query as text, json, mermaid, graphviz, html (a page of its own), or svg."""
        from zkql.explain.report import Format, explained

        if format == "svg":
            return Explanation(self.svg)
        formats = [str(f) for f in Format]
        if format not in formats:
            known = [*formats, "svg"]
            note = did_you_mean(str(format), known) or (f"there is: {', '.join(known)}",)
            raise input_error("ZKQL0463", f"there is no format {format!r}", *note)
        text = explained(self._attempt, Format(format), cost=cost, leaks=leakage)
        if format == "text" and self.refusals:
            text = "\n".join([text.rstrip("\n"), "", *map(str, self.refusals)])
        return Explanation(text)

    def __repr__(self) -> str:
        from zkql.library.display import query_text

        return query_text(self)

    def _repr_html_(self) -> str:
        from zkql.library.display import query_html

        return query_html(self)

    # --- running ---

    def run(self, data: object, *, prove: bool = False) -> Result:
        """The query's rows over ``data``: a list of dicts, a DataFrame of pandas or polars, a pyarrow
        table, or a mapping from names of streams and tables to those.

        Evaluated natively; with ``prove`` also signed by fresh keys of every device, proven and verified in a
        temporary folder with INSECURE development keys: then the rows are the verified ones, in the order of
        the native ones. Raises :class:`InputError` for data that does not fit, :class:`QueryError` for
        ``prove`` if not provable.
        """
        if prove:
            self._attempt.compiled()
        declared = (*self._bound.streams, *self._bound.tables)
        given = frames.read(data, self._relations, declared)
        native = self._interpreted(given)
        return self._proven(given, native) if prove else Result(native, self.columns, given.left_out)

    def _interpreted(self, given: Given) -> list[dict[str, Any]]:
        try:
            rows = interpret(self._node, given.rows | self._in_order(given))
        except EvaluationError as error:
            raise input_error("ZKQL0462", f"the query has no value: {error}") from None
        return [{f.name: _shown(row[f.name], f) for f in self.columns} for row in rows]

    def _in_order(self, given: Given) -> dict[str, list[Any]]:
        """Rows of streams by event time, then by device: the order in which they are proven."""
        found: dict[str, list[Any]] = {}
        for name, stream in self._bound.streams.items():
            time, device = stream.schema.time, stream.schema.device
            rows = given.rows.get(name, [])
            found[name] = sorted(rows, key=lambda row: (row[time], row[device]))
        return found

    def _proven(self, given: Given, native: list[dict[str, Any]]) -> Result:
        from zkql.library.trial import prove_and_verify

        compiled = self._attempt.compiled()
        verified, how = prove_and_verify(compiled, given.rows[compiled.plan.stream.name])
        rows = [{f.name: to_python(row[f.name], f.type) for f in self.columns} for row in verified]
        if sorted(map(repr, rows)) != sorted(map(repr, native)):
            raise bug("ZKQL0804", "the verified rows are not those of native evaluation")
        order = {repr(row): position for position, row in enumerate(native)}
        rows.sort(key=lambda row: order[repr(row)])
        return Result(rows, self.columns, given.left_out, how)

    @property
    def _node(self) -> Node:
        return self._attempt.logical or self._bound.plan

    @cached_property
    def _relations(self) -> dict[str, frames.Relation]:
        return {n.relation.name: n.relation for n in walk(self._node) if isinstance(n, Scan)}


def _shown(value: Value | None, field: Field) -> Any:
    return None if value is None else to_python(format_value(value, field.type), field.type)


def compile(query: str | os.PathLike[str], *, name: str = "query") -> Query:  # noqa: A001  # its name
    """A query from SQL text, from a ``Path``, or from a file's name that ends in ``.zkql``.

    Raises :class:`QueryError` for text that is no correct SQL; its ``str()`` shows the places. SQL that is
    right and cannot be proven (yet) is no error: see :attr:`Query.provable`. ``name`` stands for the text in
    messages.
    """
    done = attempt(_source(query, name))
    if done.bound is None:
        assert done.error is not None
        raise done.error
    return Query(done)


def _source(query: object, name: str) -> Source:
    if isinstance(query, str):
        is_name = query.endswith(SUFFIX) and "\n" not in query
        return read_source(Path(query)) if is_name else Source(name, query)
    if isinstance(query, os.PathLike):
        return read_source(Path(query))
    raise input_error("ZKQL0463", f"a query is SQL text or a path, not of type {type(query).__name__}")
