"""Compile ZoKrates source and make development keys; both cached by content.

In: source text, or a compiled program. Out: a :class:`Program`; a folder with ``proving.zkey`` and
``verification_key.json``.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from zkql.errors import ToolchainError
from zkql.toolchain import constraints
from zkql.toolchain.cache import cached, content_key
from zkql.toolchain.calls import NotJoinable
from zkql.toolchain.constraints import ObjectFile, Program, number_wires, read_object
from zkql.toolchain.cores import usable_cores
from zkql.toolchain.devkeys import dev_zkey
from zkql.toolchain.groth16 import Prover
from zkql.toolchain.joining import body_of, join
from zkql.toolchain.linking import REFUSED, link
from zkql.toolchain.modules import split
from zkql.toolchain.node import job_timeout, ready, run_job
from zkql.toolchain.progress import progress
from zkql.toolchain.verdicts import keep_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zkql.toolchain.calls import Call, Given

PROGRAM = "circuit.program"
ZKEY = "proving.zkey"
VK = "verification_key.json"
ZOKRATES_VERSION = "zokrates-js 1.1.9"
_FORMAT = "5"
"""Raised with each change of what is stored, and of what makes it."""


def compile_source(source: str, linked: Sequence[str] = (), *, timeout: float = 600) -> Program:
    """Compile with zokrates-js; the same source is compiled once a machine. ``linked`` are texts in it, each
    of a function after its parts, that are compiled once for all calls.

    Raises :class:`ToolchainError` if the compiler fails, crashes or takes longer than ``timeout``
    seconds (``$ZKQL_TIMEOUT`` overrides it).
    """

    def make(folder: Path) -> None:
        compiled = partial(compiled_object, timeout=timeout)
        program = number_wires(link(source, linked, compiled, partial(_object_once, timeout=timeout)))
        (folder / PROGRAM).write_bytes(constraints.dump(program))

    folder = cached("circuits", content_key(ZOKRATES_VERSION, _FORMAT, source, *linked), make)
    return constraints.load((folder / PROGRAM).read_bytes())


def compile_calls(
    source: str, given: Sequence[Given], calls: Sequence[Call], *, timeout: float = 600
) -> Program:
    """The program of the calls that a source's ``main`` comes to: their functions are compiled one by one, on
    all cores, and joined. ``timeout`` is for each function. Raises :class:`NotJoinable` where the source has
    to be compiled whole, and else :class:`ToolchainError` as :func:`compile_source` does."""
    functions = {call.function: None for call in calls if call.function}
    numbers = {function: number for number, function in enumerate(functions)}
    parts = [source, *map(repr, given), *map(repr, functions)]
    for call in calls:
        number = None if call.function is None else numbers[call.function]
        parts.append(repr((number, call.arguments, call.results, call.line)))

    def make(folder: Path) -> None:
        ready()  # before threads need it
        texts = {(function.source, function.hashes): None for function in functions}
        with progress("compiling the circuit"), ThreadPoolExecutor(usable_cores()) as pool:
            made = dict(zip(texts, pool.map(partial(_function, timeout=timeout), texts), strict=True))
            bodies = {f: body_of(f, made[f.source, f.hashes]) for f in functions}
            joined = number_wires(join(given, calls, bodies))
            (folder / PROGRAM).write_bytes(constraints.dump(joined))

    folder = cached("circuits", content_key("joined", ZOKRATES_VERSION, _FORMAT, *parts), make)
    return constraints.load((folder / PROGRAM).read_bytes())


def _function(text: tuple[str, tuple[str, ...]], *, timeout: float) -> ObjectFile:
    """The program of one call, with hashes that are linked."""
    compiled = partial(_object_once, timeout=timeout, shown=False)
    try:
        return link(*text, compiled, compiled)
    except ToolchainError as error:
        if error.diagnostics[0].code != REFUSED:
            raise
        raise NotJoinable from error  # compiled whole it is refused in the words of the source


def compiled_object(source: str, *, timeout: float = 600, shown: bool = True) -> ObjectFile:
    """What ZoKrates makes of a source; its progress is ``shown``, or that of something larger is."""
    with tempfile.TemporaryDirectory(prefix="zkql-") as scratch:
        program = Path(scratch) / "circuit.out"
        main, modules = split(source)
        run_job(
            {"job": "compile", "source": main, "modules": modules, "program": str(program)},
            timeout=job_timeout(timeout),
            what="compiling the circuit",
            shown=shown,
        )
        with progress("reading the compiled circuit") if shown else nullcontext():
            return read_object(program.read_bytes())


_object_once = lru_cache(64)(compiled_object)


def dev_keys(program: bytes) -> Path:
    """Development keys for a compact program. INSECURE: see :mod:`zkql.toolchain.devkeys`."""

    def make(folder: Path) -> None:
        with progress("making development keys"):
            (folder / ZKEY).write_bytes(dev_zkey(constraints.load(program).system))
            (folder / VK).write_text(Prover(folder / ZKEY).verification_key())
            keep_verdict((folder / ZKEY).read_bytes(), program)  # each point is a multiple that was just made

    return cached("dev-keys", content_key(_FORMAT, program), make)
