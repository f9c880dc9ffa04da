"""Verbs on queries: compile, explain, setup."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zkql.bundle import read_bundle
from zkql.cli.console import Json, print_json, say, verb
from zkql.compiler import compile_query, read_source, setup_bundle, write_bundle
from zkql.errors import input_error
from zkql.explain.report import explain_json, explain_text

QueryFile = Annotated[Path, typer.Argument(help="A .zkql file.", show_default=False)]
BundleFolder = Annotated[Path, typer.Argument(help="A folder from zkql compile.", show_default=False)]


class Format(StrEnum):
    """Output of explain."""

    TEXT = "text"
    JSON = "json"


@verb
def compile(  # noqa: A001  # the verb's name
    query: QueryFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="The bundle's folder.")],
    as_json: Json = False,
) -> None:
    """Compile a query to a bundle: plan, circuit, manifest.

    Example: zkql compile queries/nexmark/highest_bid.zkql -o bundle
    """
    compiled = compile_query(read_source(query))
    bundle = write_bundle(compiled, output)
    manifest = bundle.manifest
    if as_json:
        print_json(
            {
                "bundle": str(output),
                "digest": manifest.digest.hex(),
                "constraints": manifest.constraints,
            }
        )
        return
    if compiled.circuit is None:
        say(f"{output}: everything is public, so the consumer computes it; no circuit is needed")
        return
    per_row = manifest.constraints / compiled.circuit.capacity
    say(
        f"{output}: {manifest.constraints:,} constraints for {compiled.circuit.capacity} rows "
        f"({per_row:.1f} a row)\n"
        + ("its keys still fit" if manifest.keys else f"next: zkql setup {output} --dev")
    )


@verb
def explain(
    query: QueryFile,
    cost: Annotated[bool, typer.Option("--cost", help="Constraints by clause.")] = False,
    leakage: Annotated[bool, typer.Option("--leakage", help="Who learns what.")] = False,
    format: Annotated[  # noqa: A002  # the option's name
        Format, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = Format.TEXT,
    as_json: Json = False,
) -> None:
    """Show the plan of a query, what it costs and what it reveals. Runs nothing.

    Example: zkql explain queries/nexmark/highest_bid.zkql --cost --leakage
    """
    compiled = compile_query(read_source(query))
    if as_json or format is Format.JSON:
        print_json(explain_json(compiled))
    else:
        say(explain_text(compiled, cost=cost, leakage=leakage))


@verb
def setup(
    bundle: BundleFolder,
    dev: Annotated[bool, typer.Option("--dev", help="Development keys: quick and INSECURE.")] = False,
    ptau: Annotated[
        Path | None, typer.Option(help="A prepared powers-of-tau file: keys made by snarkjs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the keys of a bundle. The consumer runs this; whoever proves must not.

    Example: zkql setup bundle --dev
    """
    if dev == (ptau is not None):
        raise input_error("ZKQL0450", "choose one: --dev (INSECURE, for trying things out), or --ptau FILE")
    done = setup_bundle(read_bundle(bundle), ptau)
    keys = done.manifest.keys
    if as_json:
        print_json(
            {
                "bundle": str(bundle),
                "digest": done.manifest.digest.hex(),
                "keys": str(keys.kind) if keys else None,
            }
        )
    elif keys is None:
        say(f"{bundle}: no circuit, so no keys are needed")
    else:
        say(f"{bundle}: {keys.kind} keys; digest {done.manifest.digest.hex()}")
