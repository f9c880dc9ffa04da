"""The ``zkql`` command and its verbs."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from zkql import __version__
from zkql.cli import ceremony, data, diff, doctor, explain_error, export, functions, proofs, query
from zkql.cli.console import say
from zkql.cli.format import fmt
from zkql.errors import ExitCode

app = typer.Typer(
    name="zkql",
    help="Windowed streaming SQL, compiled to zero-knowledge proofs.\n\n"
    "Example: zkql run queries/nexmark/highest_bid.zkql --source nexmark --events 2000 --seed 7",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
sensor = typer.Typer(help="The sensor's side: keys and signatures.", no_args_is_help=True)
together = typer.Typer(help="Keys to which several parties contribute.", no_args_is_help=True)
exported = typer.Typer(help="What others need: a contract that verifies proofs.", no_args_is_help=True)

app.command()(query.compile)
app.command()(query.explain)
app.command()(fmt)
app.command()(diff.diff)
app.command()(query.setup)
app.command()(data.datagen)
app.command()(proofs.prove)
app.command()(proofs.verify)
app.command()(proofs.run)
app.command()(doctor.doctor)
app.command()(functions.functions)
app.command()(explain_error.explain_error)
sensor.command()(data.keygen)
sensor.command()(data.sign)
sensor.command()(data.rotate)
sensor.command()(data.revoke)
app.add_typer(sensor, name="sensor")
together.command()(ceremony.start)
together.command()(ceremony.contribute)
together.command()(ceremony.beacon)
together.command()(ceremony.verify)
together.command()(ceremony.finish)
app.add_typer(together, name="ceremony")
exported.command()(export.solidity)
app.add_typer(exported, name="export")


def _version(show: bool) -> None:
    if show:
        say(f"zkql {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Windowed streaming SQL, compiled to zero-knowledge proofs."""


def main() -> None:
    """Entry point. A standard output that cannot be written is the machine's fault, not a verdict."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code: object = 0
    try:
        try:
            app()
        except SystemExit as done:
            code = done.code
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        with suppress(OSError):
            sys.stderr.write(f"error[ZKQL0999]: cannot write the output: {error.strerror}\n")
        code = int(ExitCode.TOOLCHAIN)
    sys.exit(code)  # type: ignore[arg-type]
