"""The way from text to bundle, step by step: parse, bind, stage, build, compile, write.

In: a source. Out: :class:`Compiled` (nothing run outside Python), or a bundle on disk.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zkql import bundle, files
from zkql.circuit.build import Circuit, build_circuit
from zkql.crypto.commitment import layout
from zkql.errors import InputError, Source, Span, bug, query_error
from zkql.lang.bind import bind
from zkql.lang.parse import parse
from zkql.plan.stages import StagedPlan, stage
from zkql.toolchain import constraints
from zkql.toolchain.zokrates import compile_source, dev_keys, ptau_keys

if TYPE_CHECKING:
    from zkql.lang.query import Query
    from zkql.toolchain.constraints import Program


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query as far as it goes without ZoKrates."""

    query: Query
    plan: StagedPlan
    circuit: Circuit | None


def read_source(path: Path) -> Source:
    """A ``.zkql`` file."""
    return Source(str(path), files.read_text(path))


def compile_query(source: Source) -> Compiled:
    """Plan a query and write its circuit. Raises :class:`QueryError`."""
    try:
        query = bind(parse(source), source)
        plan = stage(query.plan, query.capacity)
        try:
            layout(plan.stream)
        except ValueError as error:
            raise query_error("ZKQL0310", str(error), query.origins.stream) from None
        circuit = build_circuit(query, plan, plan.circuit) if plan.circuit else None
    except RecursionError:
        whole = Span(source, 0, len(source.text))
        raise query_error(
            "ZKQL0103", "a condition is nested too deeply", whole, "write it with IN or BETWEEN"
        ) from None
    return Compiled(query, plan, circuit)


def compile_circuit(circuit: Circuit) -> Program:
    """Compile, and check that every constraint that the gadgets promise is there.

    ZoKrates drops calls whose result is unused, with their assertions; so the count is compared
    gadget by gadget, exactly, on the compiled program.
    """
    program = compile_source(circuit.source)
    for region in circuit.regions:
        found = sum(region.first <= line <= region.last for line in program.system.lines)
        if found != region.expected:
            raise bug(
                "ZKQL0801",
                f"{region.clause}: {found} constraints where {region.expected} are due",
                f"lines {region.first} to {region.last} of the generated circuit",
            )
    if len(program.system.constraints) != circuit.constraints:
        raise bug("ZKQL0801", "the circuit has constraints that no gadget accounts for")
    return program


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
            for name in (bundle.ZKEY, bundle.VK):
                shutil.copyfile(folder / name, scratch / name)
        (scratch / bundle.QUERY).write_text(compiled.query.source.text)
        if circuit and program:
            (scratch / bundle.SOURCE).write_text(circuit.source)
            (scratch / bundle.PROGRAM).write_bytes(program)
            regions = [{"first": r.first, "last": r.last, "clause": r.clause} for r in circuit.regions]
            (scratch / bundle.MAP).write_text(json.dumps(regions, indent=1) + "\n")
        bundle.write_manifest(scratch, manifest)
    return bundle.Bundle(folder, manifest)


def _keys_that_still_fit(folder: Path, manifest: bundle.Manifest) -> bundle.Keys | None:
    """The keys of a bundle that is compiled again, if plan and circuit are what they were."""
    try:
        old = bundle.read_bundle(folder)
        if old.manifest.keys is None or replace(old.manifest, keys=None) != manifest:
            return None
        old.read_part(bundle.ZKEY, old.manifest.keys.zkey)
        old.read_part(bundle.VK, old.manifest.keys.vk)
    except InputError:
        return None
    return old.manifest.keys


def setup_bundle(opened: bundle.Bundle, ptau: Path | None) -> bundle.Bundle:
    """Add keys: for development where ``ptau`` is None, else by snarkjs from that file."""
    manifest = opened.manifest
    if manifest.plan.circuit is None:
        return opened
    program = opened.read_part(bundle.PROGRAM, manifest.program)
    if ptau is None:
        source = dev_keys(program)
        for name in (bundle.ZKEY, bundle.VK):
            with files.atomic_file(opened.path / name) as scratch:
                shutil.copyfile(source / name, scratch)
    else:
        ptau_keys(program, ptau, opened.path)
    keys = bundle.Keys(
        kind=bundle.KeyKind.DEV if ptau is None else bundle.KeyKind.SINGLE,
        zkey=bundle.sha256((opened.path / bundle.ZKEY).read_bytes()),
        vk=bundle.sha256((opened.path / bundle.VK).read_bytes()),
    )
    done = replace(manifest, keys=keys)
    bundle.write_manifest(opened.path, done)
    return bundle.Bundle(opened.path, done)
