"""ZKQL047x and ZKQL0508 to ZKQL0511: powers of tau, key ceremonies, and keys that must not be used."""

from __future__ import annotations

from zkql.diagnostics.entry import Entry

ENTRIES = (
    Entry(
        "ZKQL0470",
        "a file that is no powers of tau",
        "Keys are made of powers of tau, which public ceremonies have published as .ptau files. This file is"
        " something else, was cut short, or is for another curve than BN254 (bn128, alt_bn128).",
        "Get the file again, and compare its BLAKE2b digest with the published one: b2sum FILE.",
    ),
    Entry(
        "ZKQL0471",
        "powers of tau that are not prepared",
        "The part of a setup that is about one circuit reads the powers in another form, which takes long to"
        " compute. This file does not have it.",
        "Use a file that is prepared, such as those of the Hermez ceremony, or run"
        " snarkjs powersoftau prepare phase2.",
    ),
    Entry(
        "ZKQL0472",
        "too few powers of tau",
        "A circuit needs a power of tau for each constraint and each public input. The file has fewer.",
        "Use a larger file, or lower 'capacity' in the stream's WITH (…).",
    ),
    Entry(
        "ZKQL0473",
        "a name or beacon that a ceremony does not take",
        "A contribution has a short name that can be printed. A beacon is a few bytes in hexadecimal, which"
        " are hashed often, and not so often that nobody would repeat it.",
        "Write what the message asks for.",
    ),
    Entry(
        "ZKQL0474",
        "a file that is no key of a ceremony",
        "The file is no proving key, was cut short, or has points that are none. To contribute to it could"
        " give your secret away.",
        "Ask for the file again, and compare its digest with the sender's.",
    ),
    Entry(
        "ZKQL0475",
        "keys without a ceremony",
        "There is a ceremony to verify only where zkql ceremony finish has put its keys into the bundle."
        " This bundle has keys of one machine.",
        "Make keys with zkql ceremony, or name the key that is on its way.",
    ),
    Entry(
        "ZKQL0476",
        "a bundle without a circuit",
        "The query reads no private column, so that the consumer computes it, and there is nothing to prove.",
        "Leave keys and contracts out. Verifying needs none for this bundle.",
    ),
    Entry(
        "ZKQL0477",
        "too many public inputs for a contract",
        "A contract on Ethereum has at most 24,576 bytes, and holds a point of 64 bytes for each public"
        " input, of which a circuit has at least one a row.",
        "Lower 'capacity' in the stream's WITH (…).",
    ),
    Entry(
        "ZKQL0508",
        "powers of tau that do not hold",
        "The file has the right form, and its points are not the powers of one number to which the listed"
        " parties contributed. Keys made of it could let someone forge proofs.",
        "Get the file again from where the ceremony published it, and compare its BLAKE2b digest.",
    ),
    Entry(
        "ZKQL0509",
        "keys that no ceremony for this circuit gives",
        "The key does not follow from the circuit, the powers of tau and the contributions that it lists: it"
        " is for another circuit, a contribution is missing, moved or changed, or nobody has contributed.",
        "Go on from the last key that verifies: zkql ceremony verify BUNDLE KEY --ptau FILE.",
    ),
    Entry(
        "ZKQL0510",
        "keys that must not be used",
        "The keys of the bundle are malformed, for another circuit, or do not belong together. Proofs with"
        " such keys do not verify, or tell whoever made the keys what they should hide.",
        "Do not use the bundle. Compile the query yourself to compare, and ask for other keys.",
    ),
    Entry(
        "ZKQL0511",
        "a contribution that was left out",
        "A contributor's hash is not among those of the keys. Keys without it can be sound all the same, but"
        " its contributor has no reason to believe so.",
        "Ask whoever runs the ceremony, and go on from the key that has the contribution.",
    ),
    Entry(
        "ZKQL0480",
        "a key that has signed nothing",
        "A new key signs from a row or block on, and the old one what came before. A device that has signed"
        " nothing, or nothing since its last change, has no such number.",
        "Make new keys in a new folder, or change the key when it has signed.",
    ),
    Entry(
        "ZKQL0481",
        "a revocation that takes one back",
        "From the number of its revocation on nothing of a device is accepted. Another revocation can only"
        " name an earlier one; what was shut out once stays so.",
        "Name an earlier number. A device that comes back wants a new name, and a key of its own.",
    ),
    Entry(
        "ZKQL0482",
        "rows of a device that was revoked",
        "The registry accepts nothing of this device from the row or block on that it would sign next. What"
        " it signed would be left out by whoever verifies.",
        "Leave its rows out. A device that comes back wants a new name, and a key of its own.",
    ),
)
