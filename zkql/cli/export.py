"""What a bundle gives to other systems: a contract for Ethereum."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zkql import files
from zkql.bundle import read_bundle
from zkql.cli.console import Json, print_json, say, verb
from zkql.cli.proofs import AllowDev
from zkql.cli.query import BundleFolder
from zkql.solidity import verifier_contract


@verb
def solidity(
    bundle: BundleFolder,
    output: Annotated[Path, typer.Option("-o", "--output", help="Write the contract to this file.")],
    allow_dev_keys: AllowDev = False,
    as_json: Json = False,
) -> None:
    """Write a contract that verifies proofs of the bundle's circuit on Ethereum.

    It says whether a proof holds for public inputs. That these are what the sensors signed is for the caller
    to derive, as zkql verify does.

    Example: zkql export solidity bundle -o Verifier.sol
    """
    opened = read_bundle(bundle)
    contract = verifier_contract(opened, allow_dev_keys=allow_dev_keys)
    with files.atomic_file(output) as scratch:
        scratch.write_text(contract.text, encoding="utf-8")
    if as_json:
        print_json({"contract": str(output), "inputs": contract.inputs})
        return
    say(f"{output}: a contract that verifies proofs with {contract.inputs} public inputs")
