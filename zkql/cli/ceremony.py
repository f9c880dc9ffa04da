"""Verbs of a key ceremony: start, contribute, beacon, verify, finish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zkql.bundle import read_bundle
from zkql.cli.console import Json, print_json, say, verb
from zkql.cli.query import BundleFolder
from zkql.keys import (
    contribution_json,
    finish_ceremony,
    program_of,
    transcript_json,
    verify_ceremony,
    verify_key,
)
from zkql.toolchain import ceremony as protocol

if TYPE_CHECKING:
    from zkql.toolchain.ceremony import Transcript
    from zkql.toolchain.zkey import Contribution

PtauFile = Annotated[Path, typer.Option("--ptau", help="The powers-of-tau file, prepared for phase 2.")]
KeyFile = Annotated[Path, typer.Argument(help="The key as the last party wrote it.", show_default=False)]
NextKey = Annotated[Path, typer.Option("-o", "--output", help="Write the next key to this new file.")]
Expected = Annotated[
    list[str] | None,
    typer.Option("--expect", help="A contribution's hash that must be there; may be given several times."),
]


@verb
def start(bundle: BundleFolder, ptau: PtauFile, output: NextKey, as_json: Json = False) -> None:
    """Make the first key, for the first party to contribute to.

    \b
    Example:
    zkql ceremony start bundle --ptau powersOfTau28_hez_final_16.ptau -o 0.zkey
    """
    opened = read_bundle(bundle)
    begun = protocol.start(program_of(opened), ptau, output)
    if as_json:
        print_json({"key": str(output), **transcript_json(begun)})
        return
    say(f"{output}: the first key; {_powers_text(begun)}")
    say(f"send it to the first party, who runs: zkql ceremony contribute {output.name} -o NEXT --name NAME")


@verb
def contribute(
    zkey: KeyFile,
    output: NextKey,
    name: Annotated[str, typer.Option("--name", help="Who contributes, for others to read.")],
    as_json: Json = False,
) -> None:
    """Add a secret of yours to a key. It is random, comes from the operating system, and is forgotten.

    Keep the hash that this prints, and tell it to everyone: only you can see that it is in the finished keys.

    \b
    Example:
    zkql ceremony contribute 0.zkey -o 1.zkey --name alice
    """
    _report_one(protocol.contribute(zkey, output, name), output, as_json)


@verb
def beacon(
    zkey: KeyFile,
    output: NextKey,
    value: Annotated[str, typer.Option("--hash", help="A public random value, in hexadecimal.")],
    iterations: Annotated[
        int, typer.Option("--iterations", help="SHA-256 is applied 2^N times to it.")
    ] = protocol.LEAST_ITERATIONS,
    as_json: Json = False,
) -> None:
    """Add a public random value that nobody could know while others contributed, after all of them.

    Example: zkql ceremony beacon 2.zkey -o last.zkey --hash 8f0e…
    """
    _report_one(protocol.apply_beacon(zkey, output, value, iterations), output, as_json)


@verb
def verify(
    bundle: BundleFolder,
    ptau: PtauFile,
    zkey: Annotated[
        Path | None,
        typer.Argument(help="A key on its way; the bundle's own if none is given.", show_default=False),
    ] = None,
    expect: Expected = None,
    as_json: Json = False,
) -> None:
    """Verify every contribution, from the circuit and the powers of tau. Anyone can.

    \b
    Example:
    zkql ceremony verify bundle --ptau powersOfTau28_hez_final_16.ptau --expect HASH
    """
    opened = read_bundle(bundle)
    if zkey is None:
        found = verify_ceremony(opened, ptau, expect or ())
    else:
        found = verify_key(opened, zkey, ptau, expect or ())
    _report(found, f"{zkey or bundle}: verified", as_json)


@verb
def finish(
    bundle: BundleFolder,
    zkey: KeyFile,
    ptau: PtauFile,
    expect: Expected = None,
    as_json: Json = False,
) -> None:
    """Verify every contribution, and put the keys into the bundle.

    \b
    Example:
    zkql ceremony finish bundle last.zkey --ptau powersOfTau28_hez_final_16.ptau
    """
    done, found = finish_ceremony(read_bundle(bundle), zkey, ptau, expect or ())
    _report(found, f"{bundle}: {done.manifest.keys}; digest {done.manifest.digest.hex()}", as_json)


def _report_one(added: Contribution, output: Path, as_json: bool) -> None:
    if as_json:
        print_json({"key": str(output), **contribution_json(added)})
        return
    say(f"{output}: written")
    say(f"{'your contribution' if added.beacon is None else 'the beacon'} has the hash {added.hash}")


def _report(found: Transcript, head: str, as_json: bool) -> None:
    if as_json:
        print_json(transcript_json(found))
        return
    say(head)
    say(_powers_text(found))
    for number, one in enumerate(found.contributions, start=1):
        of = one.name if one.beacon is None else f"{one.name} {one.beacon}, 2^{one.iterations} times SHA-256"
        say(f"{number}. {of}: {one.hash}")


def _powers_text(found: Transcript) -> str:
    powers = found.powers
    origin = "of the Hermez ceremony" if powers.known else "of a file that is not Hermez', verified"
    return f"2^{powers.power} powers of tau {origin}"
