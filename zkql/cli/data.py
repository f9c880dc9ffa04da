"""Verbs on data and keys: datagen, sensor keygen, sign, rotate, revoke."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zkql import files, nexmark
from zkql.cli.console import Json, print_json, say, verb
from zkql.cli.query import QueryFile
from zkql.compiler import compile_query, read_source
from zkql.errors import did_you_mean, input_error
from zkql.plan.types import Kind, parse_timestamp, parse_value
from zkql.runtime import sensor

if TYPE_CHECKING:
    from zkql.plan.schema import StreamSchema
    from zkql.plan.stages import StagedPlan
    from zkql.plan.types import Value

DEFAULT_RATE = 10
"""Events per second of generated data: 92 bids in ten seconds, which fits 100-row windows."""

StreamName = Annotated[str, typer.Option("--stream", help="The stream's name in the query.")]
RowFile = Annotated[Path, typer.Argument(help="Rows, one JSON object a line.", show_default=False)]
Seed = Annotated[int, typer.Option(help="The same seed gives the same events.")]
Rate = Annotated[int, typer.Option(help="Events per second of event time.")]
Events = Annotated[int, typer.Option(help="How many events, of all kinds.")]


class Generator(StrEnum):
    """Data sets that zkql can generate."""

    NEXMARK = "nexmark"


@verb
def datagen(
    generator: Annotated[Generator, typer.Argument(help="What to generate.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")],
    events: Events = 2000,
    seed: Seed = 7,
    rate: Rate = DEFAULT_RATE,
    cents: Annotated[bool, typer.Option("--cents", help="Money as integers, for BIGINT columns.")] = False,
    as_json: Json = False,
) -> None:
    """Generate events: person.jsonl, auction.jsonl and bid.jsonl.

    Example: zkql datagen nexmark --events 2000 --seed 7 -o data
    """
    assert generator is Generator.NEXMARK
    counts = generate(output, events, seed, rate, cents=cents)
    if as_json:
        print_json({"folder": str(output), "events": counts})
    else:
        say(f"{output}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


def generate(folder: Path, events: int, seed: int, rate: int, *, cents: bool = False) -> dict[str, int]:
    """Write one JSON-lines file a stream; returns how many events each has."""
    try:
        stream = nexmark.generate(nexmark.Config(events=events, seed=seed, rate=rate, cents=cents))
    except ValueError as error:
        raise input_error("ZKQL0451", str(error)) from None
    counts = dict.fromkeys(nexmark.STREAMS, 0)
    with ExitStack() as stack:
        scratch = {n: stack.enter_context(files.atomic_file(folder / f"{n}.jsonl")) for n in counts}
        outputs = {n: stack.enter_context(p.open("w")) for n, p in scratch.items()}
        for name, record in stream:
            outputs[name].write(json.dumps(record) + "\n")
            counts[name] += 1
        for file in outputs.values():
            file.flush()
    return counts


def plan_for(query: Path, stream: str) -> StagedPlan:
    """The plan of a query over ``stream``."""
    plan = compile_query(read_source(query)).plan
    if plan.stream.name != stream:
        raise input_error(
            "ZKQL0452",
            f"the query reads stream {plan.stream.name!r}, not {stream!r}",
            *did_you_mean(stream, [plan.stream.name]),
        )
    return plan


@verb
def keygen(
    query: QueryFile,
    stream: StreamName,
    source: Annotated[
        Path, typer.Option("--from", help="Rows that name the devices, one JSON object a line.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The key folder.")],
    as_json: Json = False,
) -> None:
    """Make a key for each device that a file of rows names, and the public registry.

    Example: zkql sensor keygen QUERY.zkql --stream bid --from data/bid.jsonl -o keys
    """
    schema = plan_for(query, stream).stream
    devices = {schema.device_of(row.values) for row in sensor.read_rows(source, schema)}
    registry = sensor.generate_keys(schema, devices, output)
    if as_json:
        print_json({"folder": str(output), "devices": len(registry.keys)})
    else:
        say(f"{output}: keys of {len(registry.keys)} devices; give out {output / sensor.REGISTRY}")


@verb
def sign(
    query: QueryFile,
    rows: RowFile,
    stream: StreamName,
    keys: Annotated[Path, typer.Option(help="A folder from sensor keygen.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The signed file.")],
    until: Annotated[
        str | None,
        typer.Option(
            help="Each device ends with a heartbeat at this time: 'YYYY-MM-DD HH:MM:SS.mmm', or "
            "'none'. Default: the end of the last window that has a row."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign rows as their devices would, each with its next sequence number.

    Example: zkql sensor sign QUERY.zkql --stream bid --keys keys data/bid.jsonl -o signed.jsonl
    """
    plan = plan_for(query, stream)
    read = list(sensor.read_rows(rows, plan.stream))
    span = sensor.span_of(read, plan.stream, plan.size, plan.offset)
    if until is not None:
        try:
            span = replace(span, until=None if until.lower() == "none" else parse_timestamp(until))
        except ValueError as error:
            raise input_error("ZKQL0453", f"--until: {error}") from None
    count, devices = sensor.sign_file(plan.stream, keys, read, output, span)
    if as_json:
        print_json({"file": str(output), "rows": count, "devices": devices})
    else:
        say(f"{output}: {count} rows of {devices} devices, signed")


Device = Annotated[str, typer.Option("--device", help="The device, as its rows name it.")]


@verb
def rotate(
    query: QueryFile,
    stream: StreamName,
    keys: Annotated[Path, typer.Option(help="A folder from sensor keygen.")],
    device: Device,
    as_json: Json = False,
) -> None:
    """Give a device a new key, from its next row or block on. Its registry says so: give it out again.

    Example: zkql sensor rotate QUERY.zkql --stream bid --keys keys --device 7
    """
    schema = plan_for(query, stream).stream
    named = _device(device, schema)
    change = sensor.rotate(schema, keys, named).keys[named].later[-1]
    if as_json:
        print_json({"device": named, "from": change.number, "key": change.key.hex()})
    else:
        what = "block" if schema.is_chained else "row"
        say(
            f"{keys / sensor.REGISTRY}: device {device} has a new key from {what} {change.number} on; "
            "whoever proves or verifies needs this registry"
        )


@verb
def revoke(
    query: QueryFile,
    stream: StreamName,
    registry: Annotated[Path, typer.Option("--registry", help="The registry, which is changed.")],
    device: Device,
    number: Annotated[
        int,
        typer.Option(
            "--from",
            help="The first row (they count from 0), or block of a chain (from 1), that is not accepted: one "
            "beyond all that a ledger has accepted. state.json of the keys says how far a device has signed.",
            min=0,
        ),
    ],
    as_json: Json = False,
) -> None:
    """Accept nothing of a device from a row or block on. What it signed before stays; windows no longer wait
    for it. Windows that were accepted with later rows would be another story: a ledger stops there.

    Example: zkql sensor revoke QUERY.zkql --stream bid --registry keys/registry.json --device 7 --from 120
    """
    schema = plan_for(query, stream).stream
    named = _device(device, schema)
    sensor.revoke(schema, registry, named, number)
    if as_json:
        print_json({"registry": str(registry), "device": named, "revoked": number})
    else:
        what = "block" if schema.is_chained else "row"
        say(f"{registry}: nothing of device {device} is accepted from {what} {number} on")


def _device(text: str, schema: StreamSchema) -> Value:
    kind = schema.column(schema.device).type
    try:
        return parse_value(text if kind.kind is Kind.VARCHAR else int(text), kind)
    except ValueError:
        raise input_error(
            "ZKQL0435", f"{text!r} is no {kind}, so no device of stream {schema.name!r}"
        ) from None
