"""Verbs on proofs: prove, verify, run."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from zkql import files, nexmark
from zkql.bundle import read_bundle
from zkql.cli.console import Json, cell, err, plain, print_json, print_table, say, verb
from zkql.cli.data import DEFAULT_RATE, Events, Rate, Seed, generate
from zkql.cli.query import BundleFolder, QueryFile
from zkql.compiler import compile_query, read_source, write_bundle
from zkql.errors import ExitCode, did_you_mean, input_error
from zkql.keys import setup_bundle
from zkql.lang.report import counted
from zkql.plan.types import format_timestamp
from zkql.runtime import sensor
from zkql.runtime.consumer import Verification, Verifier
from zkql.runtime.envelope import encode
from zkql.runtime.intake import read_signed
from zkql.runtime.processor import Processor
from zkql.runtime.registry import Registry, read_registry
from zkql.runtime.windows import ClosedWindow, OpenWindow, windows
from zkql.toolchain.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from zkql.bundle import Bundle

ENVELOPES = "window-*.json"
RUN_FOLDER = ("bundle", "data", "keys", "signed.jsonl", "envelopes")

RegistryFile = Annotated[
    Path, typer.Option("--registry", help="The devices' public keys: the consumer's root of trust.")
]
AllowDev = Annotated[bool, typer.Option("--allow-dev-keys", help="Accept INSECURE development keys.")]


@dataclass(slots=True)
class Proven:
    """What a run of the processor did. Seconds and bytes."""

    windows: int = 0
    rows: int = 0
    proofs: int = 0
    proof_bytes: int = 0
    envelope_bytes: int = 0
    witness: float = 0.0
    prove: float = 0.0
    waiting: OpenWindow | None = None
    per_window: list[tuple[int, float]] = field(default_factory=list)


def prove_file(bundle: Bundle, signed: Path, registry: Registry | None, folder: Path) -> Proven:
    """Prove every closed window of a signed file; one envelope a window into ``folder``."""
    plan = bundle.manifest.plan
    with progress("checking signatures and commitments"):
        registry, logs = read_signed(signed, plan.stream, registry)
    processor = Processor(bundle, registry)
    found = list(windows(plan, logs))
    closed = [w for w in found if isinstance(w, ClosedWindow)]
    done = Proven(
        rows=sum(w.rows(plan) for w in closed),
        waiting=next((w for w in found if isinstance(w, OpenWindow)), None),
    )
    with (
        files.atomic_directory(folder, ENVELOPES) as scratch,
        progress(f"proving {counted(len(closed), 'window')}"),
    ):
        for envelope, timings in processor.prove(closed):
            data = encode(envelope, plan)
            (scratch / envelope_name(envelope.start)).write_bytes(data)
            done.windows += 1
            done.envelope_bytes += len(data)
            for result in envelope.results:
                done.proofs += result.proof is not None
                done.proof_bytes = max(done.proof_bytes, len(result.proof or b""))
            done.witness += sum(t.witness for t in timings)
            done.prove += sum(t.prove for t in timings)
            done.per_window.append((len(data), sum(t.witness + t.prove for t in timings)))
    return done


def envelope_name(start: int) -> str:
    """A file name that sorts by window."""
    stamp = format_timestamp(start).replace(" ", "T").replace(":", "-")
    return f"window-{stamp}.json"


@verb
def prove(
    bundle: BundleFolder,
    stream: Annotated[list[str], typer.Option("--stream", help="NAME=FILE: the stream and its signed rows.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder for envelopes.")],
    registry: Annotated[
        Path | None,
        typer.Option("--registry", help="Check signatures against this registry, not the file's."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove every window that is closed; one envelope each, for the consumer.

    Example: zkql prove bundle --stream bid=signed.jsonl -o envelopes
    """
    opened = read_bundle(bundle)
    signed = _stream_file(stream, opened)
    schema = opened.manifest.plan.stream
    known = read_registry(registry, schema) if registry else None
    done = prove_file(opened, signed, known, output)
    if as_json:
        print_json(
            {
                "folder": str(output),
                "windows": done.windows,
                "rows": done.rows,
                "proof_bytes": done.proof_bytes,
                "timings": {"witness": done.witness, "prove": done.prove},
                "waiting": _waiting_json(done.waiting),
            }
        )
        return
    say(
        f"{output}: {done.windows} windows, {done.rows} rows, {done.proofs} proofs of "
        f"{done.proof_bytes} bytes; witness {done.witness:.2f} s, prove {done.prove:.2f} s"
    )
    if not done.windows and not done.waiting:
        say(f"{signed} has no rows, so there is nothing to prove yet")
    if done.waiting:
        say(_waiting_text(done.waiting))


def _stream_file(streams: list[str], bundle: Bundle) -> Path:
    name = bundle.manifest.plan.stream.name
    given: dict[str, str] = {}
    for item in streams:
        key, separator, path = item.partition("=")
        if not separator or not path:
            raise input_error("ZKQL0454", f"--stream {item!r} is not NAME=FILE")
        given[key] = path
    if len(streams) > 1 and set(given) == {name}:
        raise input_error("ZKQL0452", f"stream {name!r} is given {len(streams)} times")
    if set(given) != {name}:
        other = next((key for key in given if key != name), None)
        raise input_error(
            "ZKQL0452",
            f"the query reads stream {name!r}" + (f", not {other!r}" if other is not None else ""),
            *did_you_mean(other or "", [name]),
            f"write: --stream {name}=FILE",
        )
    return Path(given[name])


def _waiting_json(window: OpenWindow | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {"window_start": format_timestamp(window.start), "devices": list(window.waiting)}


def _waiting_text(window: OpenWindow) -> str:
    names = ", ".join(map(str, window.waiting[:5])) + (" …" if len(window.waiting) > 5 else "")
    return (
        f"the window at {format_timestamp(window.start)} waits for {len(window.waiting)} silent "
        f"devices ({names}): a row or heartbeat at or after its end closes it"
    )


def verify_folder(
    bundle: Bundle, registry: Registry, folder: Path, *, allow_dev_keys: bool, ledger: Path | None = None
) -> Verification:
    """Verify every envelope of a folder."""
    if not folder.is_dir():
        raise input_error("ZKQL0401", f"cannot read {folder}: no such folder")
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise input_error("ZKQL0455", f"{folder} holds no envelopes, so nothing can be verified")
    verifier = Verifier(bundle, registry, allow_dev_keys=allow_dev_keys, ledger=ledger)
    return verifier.verify_all((path.name, files.read_bytes(path)) for path in paths)


@verb
def verify(
    bundle: BundleFolder,
    envelopes: Annotated[Path, typer.Argument(help="A folder of envelopes.", show_default=False)],
    registry: RegistryFile,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger",
            help="Go on after the windows that this file has, and add those that are accepted; "
            "it is made if it is not there.",
        ),
    ] = None,
    allow_dev_keys: AllowDev = False,
    as_json: Json = False,
) -> None:
    """Check envelopes and print the results that they prove. Needs no private data.

    Without a ledger it starts at the first window and remembers nothing: a processor could tell another
    story the next time.

    \b
    Example:
    zkql verify bundle envelopes --registry keys/registry.json --ledger accepted.sqlite --allow-dev-keys
    """
    opened = read_bundle(bundle)
    known = read_registry(registry, opened.manifest.plan.stream)
    started = perf_counter()
    outcome = verify_folder(opened, known, envelopes, allow_dev_keys=allow_dev_keys, ledger=ledger)
    elapsed = perf_counter() - started
    if as_json:
        print_json(outcome_json(outcome))
    else:
        print_outcome(outcome)
        if outcome.verified and outcome.until is not None:
            until = format_timestamp(outcome.until)
            before = f", {outcome.known} accepted before" if ledger is not None else ""
            new = counted(outcome.windows - outcome.known, "window")
            say(f"{new} verified{before}, complete until {until}, in {elapsed:.2f} s")
    if not outcome.verified:
        raise typer.Exit(ExitCode.REJECTED)


def outcome_json(outcome: Verification) -> dict[str, Any]:
    """What ``verify --json`` prints."""
    return {
        "verified": outcome.verified,
        "known": outcome.known,
        "results": outcome.results,
        "rejected": [{"envelope": n, "reason": r} for n, r in outcome.rejected],
    }


def print_outcome(outcome: Verification) -> None:
    """Results as a table, then what was rejected."""
    if outcome.results:
        table = Table()
        for name in outcome.results[0]:
            table.add_column(cell(name), justify="right", no_wrap=True)
        for row in outcome.results:
            table.add_row(*map(cell, row.values()))
        print_table(table)
    for name, reason in outcome.rejected:
        err.print(plain(f"rejected: {name}: {reason}"))


@verb
def run(
    query: QueryFile,
    source: Annotated[
        str, typer.Option(help="'nexmark', or a file of rows, one JSON object a line.")
    ] = "nexmark",
    events: Events = 2000,
    seed: Seed = 7,
    rate: Rate = DEFAULT_RATE,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Keep everything in this folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Do all of it, with development keys: generate, compile, set up, sign, prove, verify.

    Example: zkql run queries/nexmark/highest_bid.zkql --source nexmark --events 2000 --seed 7
    """
    if output is not None:
        with files.atomic_directory(output, *RUN_FOLDER) as scratch:
            report = _run(query, source, scratch, (events, seed, rate))
    else:
        with tempfile.TemporaryDirectory(prefix="zkql-") as name:
            report = _run(query, source, Path(name), (events, seed, rate))
    outcome = report.outcome
    if as_json:
        print_json(report.to_json())
    else:
        print_outcome(outcome)
        say(report.summary())
    if not outcome.verified:
        raise typer.Exit(ExitCode.REJECTED)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What ``zkql run`` found. ``timings`` in seconds by step."""

    outcome: Verification
    constraints: int
    capacity: int
    proven: Proven
    timings: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            **outcome_json(self.outcome),
            "constraints": self.constraints,
            "proof_bytes": self.proven.proof_bytes,
            "timings": self.timings,
        }

    def summary(self) -> str:
        """Lines below the table."""
        if not self.constraints:
            return f"{counted(self.proven.windows, 'window')} verified; nothing private, so nothing to prove"
        done, windows_ = self.proven, max(self.proven.windows, 1)
        steps = " · ".join(f"{name} {seconds:.2f} s" for name, seconds in self.timings.items())
        proofs = max(done.proofs, 1)
        return (
            f"{counted(len(self.outcome.results), 'result')} of {counted(done.windows, 'window')} verified "
            f"over {counted(done.rows, 'signed row')}\n"
            f"{self.constraints:,} constraints for {self.capacity} rows · proof {done.proof_bytes} "
            f"bytes · envelope {done.envelope_bytes // windows_:,} bytes a window\n"
            f"a proof: witness {done.witness / proofs:.3f} s, prove {done.prove / proofs:.3f} s · "
            f"a window: verify {self.timings['verify'] / windows_ * 1000:.1f} ms, signatures included\n"
            f"{steps}\n"
            "development keys: INSECURE, for trying things out"
        )


def _run(query: Path, source: str, folder: Path, data: tuple[int, int, int]) -> RunReport:
    timings: dict[str, float] = {}

    def timed(name: str, step: Callable[[], Any]) -> Any:
        started = perf_counter()
        result = step()
        timings[name] = perf_counter() - started
        return result

    compiled = timed("plan", lambda: compile_query(read_source(query)))
    plan = compiled.plan
    rows_file = Path(source)
    if source == "nexmark":
        cents = any(c.type.is_integer for c in plan.stream.columns if c.name in nexmark.MONEY)
        timed("datagen", lambda: generate(folder / "data", *data, cents=cents))
        rows_file = folder / "data" / f"{plan.stream.name}.jsonl"
        if not rows_file.exists():
            raise input_error(
                "ZKQL0456",
                f"nexmark has no stream {plan.stream.name!r}",
                *did_you_mean(plan.stream.name, ["person", "auction", "bid"]),
            )
    rows = list(sensor.read_rows(rows_file, plan.stream))
    if not rows:
        raise input_error("ZKQL0457", f"{rows_file} has no rows of stream {plan.stream.name!r}")
    timed("compile", lambda: write_bundle(compiled, folder / "bundle"))
    bundle = timed("setup", lambda: setup_bundle(read_bundle(folder / "bundle"), None))
    devices = {plan.stream.device_of(row.values) for row in rows}
    timed("keygen", lambda: sensor.generate_keys(plan.stream, devices, folder / "keys"))
    span = sensor.span_of(rows, plan.stream, plan.size, plan.offset)
    signed = folder / "signed.jsonl"
    timed("sign", lambda: sensor.sign_file(plan.stream, folder / "keys", rows, signed, span))
    registry = read_registry(folder / "keys" / sensor.REGISTRY, plan.stream)
    proven = timed("prove", lambda: prove_file(bundle, signed, registry, folder / "envelopes"))
    outcome = timed(
        "verify",
        lambda: verify_folder(bundle, registry, folder / "envelopes", allow_dev_keys=True),
    )
    capacity = plan.circuit.capacity if plan.circuit else 0
    return RunReport(outcome, bundle.manifest.constraints, capacity, proven, timings)
