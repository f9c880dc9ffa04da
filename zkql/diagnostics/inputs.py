"""ZKQL04xx: files, arguments and data that a verb cannot use."""

from __future__ import annotations

from zkql.diagnostics.entry import Entry

ENTRIES = (
    Entry(
        "ZKQL0401",
        "a file that cannot be read",
        "There is no file or folder of this name, or its permissions forbid to read it.",
        "Check the path, and who may read it.",
    ),
    Entry(
        "ZKQL0402",
        "a file that is not UTF-8",
        "Queries and data are text in UTF-8. This file has bytes that UTF-8 does not allow: most often it"
        " was written in another encoding, or it is no text.",
        "Save it as UTF-8. The message names the first byte that does not fit.",
    ),
    Entry(
        "ZKQL0403",
        "a file that is not JSON",
        "Rows, signed rows, manifests and envelopes are JSON. zkql reads it strictly: no key twice in an"
        " object, no NaN, no Infinity, since programs disagree on what these mean.",
        "Correct the file at the place that the message names. Files of rows have one JSON object a line.",
    ),
    Entry(
        "ZKQL0404",
        "a line that is no JSON object",
        'A file of rows has one JSON object a line, with the columns as keys: {"meter": 1, "load":'
        ' "2.50"}. This line has a list, a number or a text.',
        "Write each row as an object on a line of its own. A file with one list of all rows must be split"
        " into lines.",
    ),
    Entry(
        "ZKQL0405",
        "an output that would replace something else",
        "The verb would write where something else is: a folder with other files, a file in the place of a"
        " folder, another program's manifest, or a bundle whose keys come from a real setup and could not be"
        " made again.",
        "Choose a new file or folder for the output.",
    ),
    Entry(
        "ZKQL0406",
        "a file that cannot be written",
        "The folder does not exist and cannot be made, its permissions forbid to write, or the disk is full.",
        "Check the path, the permissions, and the room on the disk. What was there before is unchanged.",
    ),
    Entry(
        "ZKQL0410",
        "a bundle with a missing part",
        "The manifest names a file that is not in the bundle's folder. Before setup the keys are missing;"
        " later, a copy may have left something out.",
        "Run zkql setup, or copy the whole folder again.",
    ),
    Entry(
        "ZKQL0411",
        "a part of a bundle that was changed",
        "The manifest holds the digest of each file of the bundle, and this file has another. It was"
        " changed after zkql wrote it, or comes from another bundle.",
        "Copy the bundle again from where it was made, or compile the query again.",
    ),
    Entry(
        "ZKQL0412",
        "a verification key of another circuit",
        "The key in the bundle belongs to a circuit with another number of public inputs. It would reject"
        " every honest proof.",
        "Copy the bundle again, or run zkql setup again.",
    ),
    Entry(
        "ZKQL0413",
        "a folder that is no bundle",
        "A bundle is the folder that zkql compile writes, with a manifest in it. This folder has none.",
        "Name the bundle's folder, or make it: zkql compile QUERY -o DIR.",
    ),
    Entry(
        "ZKQL0414",
        "a manifest that zkql did not write",
        "The manifest is not in the form that this version of zkql writes: it was changed, or another version"
        " wrote it.",
        "Compile the query again with the zkql that reads it. Prover and consumer need the same version.",
    ),
    Entry(
        "ZKQL0420",
        "a registry that cannot be read",
        "A registry maps each device to its public key, in the form that zkql sensor keygen writes. This"
        " one was changed, or made for another stream, or for another declaration of it.",
        "Use the registry.json that zkql sensor keygen wrote for this query, unchanged.",
    ),
    Entry(
        "ZKQL0430",
        "a row without one of its columns",
        "Each row has all columns that the stream or table declares, under the same names; names are"
        " case-sensitive. More columns do no harm.",
        "Add the column to the data, or rename it; the note shows the nearest name. For NULL write null.",
    ),
    Entry(
        "ZKQL0431",
        "a value that is not one of its column's type",
        "The value is too large, too long, has too many digits behind the point, is NULL where the column is"
        " not (a stream's columns are NOT NULL unless declared NULL), is private text with U+0000, or is of"
        " another kind. zkql rounds and converts nothing silently.",
        "Correct the value, or declare a wider type. DECIMAL and TIMESTAMP can be written as JSON strings,"
        " so that nothing is lost.",
    ),
    Entry(
        "ZKQL0432",
        "keys that are there already",
        "zkql sensor keygen would write into a folder that holds keys. New keys would make all that was"
        " signed before unverifiable.",
        "Choose another folder.",
    ),
    Entry(
        "ZKQL0433",
        "no device to make a key for",
        "The file of rows that --from names has no rows, so it names no device.",
        "Give a file with a row of each device.",
    ),
    Entry(
        "ZKQL0434",
        "private keys that cannot be read",
        "The key folder has a file that zkql did not write like that, or its record of how far each device"
        " has signed is missing or incomplete. Signing without it would use sequence numbers twice.",
        "Restore the folder from a copy, or make new keys in a new folder.",
    ),
    Entry(
        "ZKQL0435",
        "a row of a device without a key",
        "The row names a device that the key folder does not know. A registry is made once for all its"
        " devices, so that none can be added behind the consumer's back.",
        "Correct the device of the row, or make keys for all devices in a new folder.",
    ),
    Entry(
        "ZKQL0436",
        "a private key that is not the registered one",
        "The private key of a device does not belong to the public key that the registry has for it. What"
        " it signs would be rejected.",
        "Restore the key folder from a copy; do not mix files of two folders.",
    ),
    Entry(
        "ZKQL0437",
        "a row older than what its device has signed",
        "The event times of a device never go back, and a heartbeat counts as well. So the consumer can"
        " rely on a window being complete once the device has signed beyond it.",
        "Sign rows in the order of their times. To sign one window in several batches, end all but the last"
        " with --until none.",
    ),
    Entry(
        "ZKQL0438",
        "an output in a place that must not be written",
        "Signed rows cannot be signed again, so a file that exists is not replaced; and the key folder is"
        " for keys alone.",
        "Write to a new file. Signed files of one stream can be joined with cat.",
    ),
    Entry(
        "ZKQL0439",
        "a heartbeat in the past",
        "A heartbeat says that a device has nothing more to sign before a time. This device has signed"
        " beyond that time already, so the heartbeat would say nothing.",
        "Choose a later --until, or --until none.",
    ),
    Entry(
        "ZKQL0440",
        "a signed row that cannot be read",
        "The line is not a row or heartbeat in the form that zkql sensor sign writes: a field is missing,"
        " of another type, or out of range.",
        "Use the signed file as it was written, and the query whose stream it was signed for.",
    ),
    Entry(
        "ZKQL0442",
        "more rows than the circuit has room for",
        "A circuit has a fixed number of slots: the capacity. A window, or a group of one, has more rows"
        " than that.",
        "Raise 'capacity' in the stream's WITH (…) and compile again, shorten the window, or group by more"
        " columns.",
    ),
    Entry(
        "ZKQL0443",
        "a file or window that cannot be proven as it is",
        "The signed file names two registries, or an expression of the query has no value for the rows of a"
        " window: an overflow, a division by zero, a text that is no number.",
        "Give one file for each registry; look for the row that the message names, or guard the expression:"
        " x / NULLIF(y, 0), TRY_CAST.",
    ),
    Entry(
        "ZKQL0444",
        "signed rows without a registry",
        "Rows are checked against a registry: the one that the signed file begins with, or the one of"
        " --registry. Neither is there.",
        "Sign the file with zkql sensor sign, or name the registry: --registry FILE.",
    ),
    Entry(
        "ZKQL0445",
        "a file without signed rows",
        "The file has neither rows nor a registry, so there is nothing to prove about it.",
        "Check that the right file is given, and that signing it has succeeded.",
    ),
    Entry(
        "ZKQL0446",
        "a time out of range",
        "Timestamps reach from the year 1 to 9999. A row, a heartbeat or the window around it reaches"
        " beyond.",
        "Look for a wrong time in the data: often it is seconds or microseconds where milliseconds are due.",
    ),
    Entry(
        "ZKQL0447",
        "too many windows",
        "Every window between the first row and the last is proven, also an empty one: otherwise rows could"
        " be hidden. Here there are more than anyone would mean.",
        "Look for a row or heartbeat with a wrong time, or choose longer windows.",
    ),
    Entry(
        "ZKQL0448",
        "more groups than the circuit has room for",
        "A circuit with a private key has room for a fixed number of groups. The rows of a window, or of a"
        " public group of one, have more keys than that.",
        "Raise 'groups' in the stream's WITH (…) and compile again, shorten the window, or group by less.",
    ),
    Entry(
        "ZKQL0450",
        "setup without a choice of keys",
        "zkql setup makes keys in one of two ways: --dev, quick and INSECURE, or --ptau FILE, from a"
        " powers-of-tau ceremony. Neither was chosen, or both.",
        "Choose one of them.",
    ),
    Entry(
        "ZKQL0451",
        "a setting of the generator out of range",
        "zkql datagen was given a number of events or a rate that the generator cannot make.",
        "Choose a value in the range that the message names.",
    ),
    Entry(
        "ZKQL0452",
        "another stream than the query reads",
        "An argument names a stream that the query does not read, or names one twice.",
        "Write the stream of the query: --stream NAME=FILE, once.",
    ),
    Entry(
        "ZKQL0453",
        "--until that is no time",
        "--until takes a time like 2026-01-01 00:00:00, or none.",
        "Write a time in that form.",
    ),
    Entry(
        "ZKQL0454",
        "--stream without a name and a file",
        "--stream takes a name and a file, with = between them.",
        "Write --stream NAME=FILE.",
    ),
    Entry(
        "ZKQL0455",
        "a folder without envelopes",
        "zkql verify was given a folder that holds no envelope. To accept it would mean to accept nothing"
        " as a result.",
        "Name the folder that zkql prove wrote.",
    ),
    Entry(
        "ZKQL0456",
        "a stream that NEXMark does not have",
        "--source nexmark generates the streams person, auction and bid. The query reads another one.",
        "Name the query's stream like one of these, or give rows of your own: --stream NAME=FILE.",
    ),
    Entry(
        "ZKQL0457",
        "no rows to prove",
        "The source has no rows of the stream that the query reads.",
        "Give a file or table with rows; with --source nexmark, raise --events.",
    ),
    Entry(
        "ZKQL0458",
        "a format that cannot show this",
        "Graphs show plans, so the stages that are none have no graph; a page shows every stage at once.",
        "Choose another --stage or --format; the note says which.",
    ),
    Entry(
        "ZKQL0459",
        "no such code",
        "zkql explain-error was asked about a code that zkql does not have. Codes are ZKQL and four digits.",
        "Copy the code from the message, or list all codes: zkql explain-error.",
    ),
    Entry(
        "ZKQL0460",
        "data that is no table for the query",
        "run() of the Python interface takes a table for each stream or table of the query: a list of"
        " dicts, a frame of pandas or polars, or an Arrow table. It was given something else, or tables"
        " under other names.",
        'Write {"name": table} with the names that the query declares.',
    ),
    Entry(
        "ZKQL0461",
        "a package that is not installed",
        "The result is to be shown as a frame of a package that is not installed here. zkql itself does not"
        " need it.",
        "Install it with pip, or use the rows of the result as they are.",
    ),
    Entry(
        "ZKQL0462",
        "a query without a value for the data",
        "An expression has no value for a row: an overflow, a division by zero, a text that is no number."
        " In Flink some of these give NULL or wrap around; zkql does not lose anything silently.",
        "Look for the row that the message names, or guard the expression: x / NULLIF(y, 0), TRY_CAST.",
    ),
    Entry(
        "ZKQL0463",
        "an argument that the Python interface does not take",
        "A query is SQL text or a path, explain() takes one of a few formats, and functions() a name and a"
        " number of rows that a proof can have.",
        "Pass what the message names.",
    ),
    Entry(
        "ZKQL0464",
        "no such function",
        "zkql functions was asked about a function that zkql does not have. It knows functions and operators"
        " by all their names, in any case.",
        "Correct the name, or list all functions: zkql functions.",
    ),
    Entry(
        "ZKQL0465",
        "a file that is no ledger",
        "zkql verify --ledger keeps what it accepted in an SQLite file. The file that was named is something"
        " else, or damaged, or cannot be read or written.",
        "Name another file, which is then made, or restore this one. A new ledger starts at the first"
        " window.",
    ),
    Entry(
        "ZKQL0466",
        "the ledger of another query or registry",
        "A ledger belongs to one bundle and one registry: their digests are in every proof. A query that was"
        " compiled or set up anew, and other devices, have other digests.",
        "Name the ledger of this bundle and registry, or a new file.",
    ),
    Entry(
        "ZKQL0467",
        "two verifiers with one ledger",
        "Another verifier has added windows to the ledger while this one was checking the same ones.",
        "Verify again: it goes on after what was accepted.",
    ),
)
