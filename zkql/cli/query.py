"""Verbs on queries: compile, explain, setup."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zkql import files
from zkql.bundle import read_bundle
from zkql.cli.console import Json, print_json, say, verb
from zkql.compiler import Stage, attempt, compile_query, read_source, write_bundle
from zkql.errors import input_error
from zkql.explain.report import Format, explained, is_missing
from zkql.keys import setup_bundle

QueryFile = Annotated[Path, typer.Argument(help="A .zkql file.", show_default=False)]
BundleFolder = Annotated[Path, typer.Argument(help="A folder from zkql compile.", show_default=False)]


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
    stage: Annotated[
        Stage | None, typer.Option("--stage", help="One form of the query, as the compiler has it.")
    ] = None,
    cost: Annotated[bool, typer.Option("--cost", help="Constraints and inputs by clause.")] = False,
    leakage: Annotated[bool, typer.Option("--leakage", help="Who learns what.")] = False,
    format: Annotated[  # noqa: A002  # the option's name
        Format, typer.Option("--format", help="Text or a page for people, graphs, JSON for programs.")
    ] = Format.TEXT,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Show the plan of a query, what it costs and what it reveals. Runs nothing.

    A query that is refused is shown as far as it got, before the errors.

    Example: zkql explain queries/nexmark/highest_bid.zkql --cost --leakage
    """
    chosen = Format.JSON if as_json else format
    done = attempt(read_source(query))
    text = explained(done, chosen, stage, cost=cost, leaks=leakage)
    if output is None:
        sys.stdout.write(text)
    elif text:
        with files.atomic_file(output) as scratch:
            scratch.write_text(text, encoding="utf-8")
        say(f"{output}: written")
    if done.error is not None and is_missing(done, stage, tables=cost or leakage):
        if chosen is Format.JSON:  # which has the errors
            raise typer.Exit(done.error.exit_code)
        raise done.error


@verb
def setup(
    bundle: BundleFolder,
    dev: Annotated[bool, typer.Option("--dev", help="Development keys: quick and INSECURE.")] = False,
    ptau: Annotated[
        Path | None, typer.Option(help="A powers-of-tau file, prepared for phase 2: keys by snarkjs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the keys of a bundle alone. The consumer runs this; whoever proves must not.

    Several parties make keys together with zkql ceremony, so that nobody has to trust one.

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
        say(f"{bundle}: {keys}; digest {done.manifest.digest.hex()}")
