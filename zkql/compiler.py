"""The way from text to bundle, step by step: parse, bind, stage, build, compile, write.

In: a source. Out: :class:`Compiled` (nothing run outside Python), or a bundle on disk.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from zkql import bundle, files
from zkql.circuit.assemble import assemble
from zkql.circuit.build import Circuit, write_circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.gadgets.base import one_line
from zkql.crypto.blocks import layout_of
from zkql.crypto.commitment import layout
from zkql.errors import InputError, QueryError, Source, Span, query_error
from zkql.lang.bind import bind
from zkql.lang.parse import parse
from zkql.plan.cut import cut
from zkql.plan.provable import unprovable
from zkql.plan.rewrites import rewrite
from zkql.tables import with_rows
from zkql.toolchain import constraints

if TYPE_CHECKING:
    from zkql.lang.query import BoundQuery
    from zkql.lang.syntax import File
    from zkql.plan.nodes import Node
    from zkql.plan.stages import StagedPlan


class Stage(StrEnum):
    """The forms that a query takes on its way."""

    AST = "ast"
    BOUND = "bound"
    LOGICAL = "logical"
    STAGED = "staged"
    ZOKRATES = "zokrates"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query as far as it goes without ZoKrates: the bound query, the rewritten logical plan, the stage,
    the circuit (None where nothing is private)."""

    query: BoundQuery
    logical: Node
    plan: StagedPlan
    circuit: Circuit | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A query as far as it got: what is None was not reached, because of ``error``."""

    source: Source
    file: File | None = None
    bound: BoundQuery | None = None
    logical: Node | None = None
    staged: StagedPlan | None = None
    circuit: Circuit | None = None
    error: QueryError | None = None

    @property
    def reached(self) -> Stage | None:
        """The last stage that worked."""
        done = (self.file, self.bound, self.logical, self.staged, None if self.error else self)
        return next(
            (s for s, value in reversed(list(zip(Stage, done, strict=True))) if value is not None), None
        )

    def compiled(self) -> Compiled:
        """The whole. Raises the error, if there is one."""
        if self.error is not None:
            raise self.error
        assert self.bound is not None
        assert self.logical is not None
        assert self.staged is not None
        return Compiled(self.bound, self.logical, self.staged, self.circuit)


def read_source(path: Path) -> Source:
    """A ``.zkql`` file."""
    return Source(str(path), files.read_text(path))


def attempt(source: Source) -> Attempt:
    """Take a query as far as it goes."""
    done = Attempt(source)
    try:
        done = replace(done, file=(file := parse(source)))
        done = replace(done, bound=(bound := with_rows(bind(file, source))))
        done = replace(done, logical=(logical := rewrite(bound.plan)))
        if reasons := unprovable(logical):
            raise QueryError(reasons)  # noqa: TRY301
        done = replace(done, staged=(staged := _cut(bound, logical)))
        return replace(done, circuit=_circuit(staged))
    except QueryError as error:
        return replace(done, error=error)
    except RecursionError:
        whole = Span(source, 0, len(source.text))
        return replace(
            done,
            error=query_error(
                "ZKQL0103", "the query is nested too deeply", whole, "write conditions with IN or BETWEEN"
            ),
        )


def compile_query(source: Source) -> Compiled:
    """Plan a query and write its circuit. Raises :class:`QueryError`."""
    return attempt(source).compiled()


def _cut(bound: BoundQuery, logical: Node) -> StagedPlan:
    staged = cut(
        logical,
        {name: stream.limits for name, stream in bound.streams.items()},
        {name: stream.spans for name, stream in bound.streams.items()},
    )
    try:
        (layout_of if staged.stream.is_chained else layout)(staged.stream)
    except ValueError as error:
        name = bound.streams[staged.stream.name].name
        note = "nearest provable form: declare PUBLIC what may be known, or use smaller types (docs/sql.md)"
        raise query_error("ZKQL0310", str(error), name, note) from None
    return staged


def _circuit(staged: StagedPlan) -> Circuit | None:
    if staged.circuit is None:
        return None
    stream, circuit = one_line(staged.stream.name), staged.circuit
    rows = (
        f"the {circuit.capacity} slots open `commitment` to rows of stream {stream}; the first `rows`",
        "of them are the window's, the others repeat the last one",
    )
    if circuit.chains:
        rows = (
            f"blocks of stream {stream} lead from each `head` to the `after` beside it, in "
            f"{circuit.capacity} places;",
            f"the rows that count are those of the {staged.size} milliseconds from `start` on, and only a "
            "last block has later ones",
        )
    statement = (
        f"Statement: {rows[0]}",
        f"{rows[1]}; and the results are those of the query",
        "over these rows. The verifier derives every public input itself.",
    )
    return write_circuit(assemble(staged, staged.circuit), statement)


def write_bundle(compiled: Compiled, folder: Path) -> bundle.Bundle:
    """Compile and write everything but the keys."""
    circuit = compiled.circuit
    program = constraints.dump(compile_circuit(circuit)) if circuit else None
    manifest = bundle.Manifest(
        plan=compiled.plan,
        constraints=circuit.constraints if circuit else 0,
        program=bundle.sha256(program) if program else None,
        keys=None,
    )
    manifest = replace(manifest, keys=_keys_that_still_fit(folder, manifest))
    if manifest.keys is None:
        bundle.check_replaceable(folder)
    with files.atomic_directory(folder, *bundle.FILES) as scratch:
        if manifest.keys is not None:
            for name, _ in manifest.keys.files:
                shutil.copyfile(folder / name, scratch / name)
        (scratch / bundle.QUERY).write_text(compiled.query.source.text)
        if circuit and program:
            (scratch / bundle.SOURCE).write_text(circuit.source)
            (scratch / bundle.PROGRAM).write_bytes(program)
            regions = [
                {"first": first, "last": last, "clause": region.clause}
                for region in circuit.regions
                for first, last in region.spans
            ]
            (scratch / bundle.MAP).write_text(json.dumps(regions, indent=1) + "\n")
        bundle.write_manifest(scratch, manifest)
    return bundle.Bundle(folder, manifest)


def _keys_that_still_fit(folder: Path, manifest: bundle.Manifest) -> bundle.Keys | None:
    """The keys of a bundle that is compiled again, if plan and circuit are what they were."""
    try:
        old = bundle.read_bundle(folder)
        if old.manifest.keys is None or replace(old.manifest, keys=None) != manifest:
            return None
        for name, expected in old.manifest.keys.files:
            old.read_part(name, expected)
    except InputError:
        return None
    return old.manifest.keys
