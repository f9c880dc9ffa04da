"""ZKQL05xx: evidence that does not hold. The command ends with exit code 1, as for every rejection."""

from __future__ import annotations

from zkql.diagnostics.entry import Entry

ENTRIES = (
    Entry(
        "ZKQL0501",
        "development keys",
        "The bundle's keys were made with --dev, on one machine. Whoever made them can forge proofs, so the"
        " consumer refuses them unless told otherwise.",
        "Make keys with zkql ceremony or zkql setup BUNDLE --ptau FILE. To try things out: --allow-dev-keys.",
    ),
    Entry(
        "ZKQL0502",
        "a sequence number used twice",
        "Each device numbers its rows from 0, without gaps. Two rows of one device have the same number:"
        " one of them was added, or the same file was given twice.",
        "Prove from the signed files as the sensors wrote them, each once.",
    ),
    Entry(
        "ZKQL0503",
        "private columns that are not what was signed",
        "The sensor signs a commitment to the private columns. The values that stand beside it do not open"
        " that commitment, so they were changed after signing.",
        "Use the signed file as it was written.",
    ),
    Entry(
        "ZKQL0504",
        "a device that is not registered",
        "The row names a device for which the registry has no key, so nobody can say who signed it.",
        "Use the registry of the sensors that signed the file.",
    ),
    Entry(
        "ZKQL0505",
        "a signature that does not hold",
        "The signature is not that of the device's key over this row: the row was changed, another key"
        " signed it, or it was signed for another stream or another declaration of the stream.",
        "Use the signed file as it was written, and the same CREATE STREAM as for signing.",
    ),
    Entry(
        "ZKQL0506",
        "a missing row",
        "Each device numbers its rows from 0, without gaps. A number is missing, so a row was lost or left"
        " out on purpose.",
        "Join all signed files of the stream, in any order.",
    ),
    Entry(
        "ZKQL0507",
        "a device that goes back in time",
        "The event times of a device never go back, in the order of its sequence numbers. An honest sensor"
        " does not sign such rows.",
        "Look at the sensor's clock; sign the rows again with new keys, in the order of their times.",
    ),
)
