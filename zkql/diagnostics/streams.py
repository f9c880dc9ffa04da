"""ZKQL02xx about declarations: CREATE STREAM, CREATE TABLE, CREATE FUNCTION, and the one query of a file."""

from __future__ import annotations

from zkql.diagnostics.declarations import READING, ZONES, per_window, stream
from zkql.diagnostics.entry import Entry, Example

_COLUMNS = "meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),"

ENTRIES = (
    Entry(
        "ZKQL0201",
        "a name declared twice",
        "Streams, tables and views share one set of names, functions have another. Two declarations of one"
        " name would leave open which one a query means.",
        "Rename one of them, or leave one out. The message shows where the name was declared first.",
        Example(
            READING,
            "CREATE VIEW reading AS SELECT * FROM reading;\n\n" + per_window(),
            "CREATE VIEW loaded AS SELECT * FROM reading WHERE load > 0;\n\n" + per_window(),
        ),
    ),
    Entry(
        "ZKQL0202",
        "not exactly one query",
        "A .zkql file holds declarations and one query: a SELECT, or an INSERT INTO with one. The bundle,"
        " its keys and its proofs belong to that query alone.",
        "Add the SELECT that is to be proven, or put each query into a file of its own. What several"
        " queries share can be a CREATE VIEW in each file.",
        Example(
            READING,
            per_window() + per_window("MAX(load) AS peak"),
            per_window("COUNT(*) AS n, MAX(load) AS peak"),
        ),
    ),
    Entry(
        "ZKQL0220",
        "a column declared twice",
        "Two columns of one stream or table have the same name, so a query could not say which one it"
        " means. Names are case-sensitive: zone and Zone are two columns.",
        "Rename or remove one of the two.",
        Example(
            "",
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2), load INT,"),
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2), phase INT,"),
        ),
    ),
    Entry(
        "ZKQL0221",
        "a column named like what a window adds",
        "Window functions add window_start, window_end and window_time to the columns of their table. A"
        " declared column of such a name would hide the bounds of the window.",
        "Choose another name for the column.",
        Example(
            "",
            stream("meter BIGINT, ts TIMESTAMP(3), window_end TIMESTAMP(3),"),
            stream("meter BIGINT, ts TIMESTAMP(3), shift_end TIMESTAMP(3),"),
        ),
    ),
    Entry(
        "ZKQL0222",
        "a computed column in a stream",
        "The columns of a stream are what a sensor measures, commits to and signs. A value that is computed"
        " from others is not measured, so it does not belong to the signed row.",
        "Leave the column out, and compute it in the query or in a CREATE VIEW. Tables can have computed"
        " columns.",
        Example(
            "",
            stream(f"{_COLUMNS} watts AS load * 1000,"),
            stream(_COLUMNS, select=per_window("MAX(load) AS peak")),
        ),
    ),
    Entry(
        "ZKQL0223",
        "a type's parameter out of range",
        "DECIMAL(p, s) has 1 to 38 digits, at most p of them behind the point. TIMESTAMP counts"
        " milliseconds, so its precision is 3, and VARCHAR(n) holds one character at least.",
        "Write a parameter in the range that the message names.",
        Example(
            "",
            stream("meter BIGINT, ts TIMESTAMP(6), load DECIMAL(6, 2),"),
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),"),
        ),
    ),
    Entry(
        "ZKQL0224",
        "no such type",
        "zkql has Flink's types whose values are the same on every machine, and that a circuit can hold or"
        " the consumer can check. The name is none of them, or has parameters that it does not take.",
        "The note names the nearest type. All types stand in docs/sql.md.",
        Example(
            "",
            stream("meter BIGINT, ts TIMESTAMP(3), day DATE PUBLIC,"),
            stream("meter BIGINT, ts TIMESTAMP(3), day TIMESTAMP(3) PUBLIC,"),
        ),
    ),
    Entry(
        "ZKQL0225",
        "not exactly one event time",
        "The event time says into which window a row falls, and the sensor signs it. A stream has exactly"
        " one, and WATERMARK FOR names it.",
        "Keep one line WATERMARK FOR column AS column. A delay may be subtracted, as in Flink; it changes"
        " nothing, since no row is ever dropped as late.",
        Example("", stream(_COLUMNS.rstrip(","), watermark=""), stream(_COLUMNS)),
    ),
    Entry(
        "ZKQL0226",
        "an event time that is no timestamp",
        "Windows are measured on the event time, so that column must be a TIMESTAMP(3), in milliseconds. A"
        " number or a string could mean any unit and any zone.",
        "Declare the column as TIMESTAMP(3); a number of milliseconds is converted where the sensor signs.",
        Example(
            "",
            stream("meter BIGINT, ts BIGINT, load DECIMAL(6, 2),"),
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),"),
        ),
    ),
    Entry(
        "ZKQL0227",
        "a watermark of something else",
        "A watermark follows the event time itself: WATERMARK FOR ts AS ts, or ts minus an interval."
        " Another column or another computation would say nothing about how far event time has come.",
        "Write the same column on both sides.",
        Example(
            "",
            stream(watermark="WATERMARK FOR ts AS ts - 5"),
            stream(watermark="WATERMARK FOR ts AS ts - INTERVAL '5' SECOND"),
        ),
    ),
    Entry(
        "ZKQL0228",
        "a stream that nobody signs",
        "A proof says that a result comes from rows that known devices have signed. The verifier looks up"
        " each row's key by its device, so the stream must say which column that is.",
        "Add SIGNED BY and the column that identifies the device. Data that nobody signs can be a CREATE"
        " TABLE.",
        Example("", stream(rest=""), stream(rest="SIGNED BY meter")),
    ),
    Entry(
        "ZKQL0229",
        "a device of a type that cannot name one",
        "A registry maps each device to its public key, under an exact and lasting name. BIGINT, INT and"
        " VARCHAR give such names; a time, a DECIMAL or a BOOLEAN does not.",
        "Name a column of type BIGINT, INT or VARCHAR after SIGNED BY.",
        Example("", stream(rest="SIGNED BY load"), stream(rest="SIGNED BY meter")),
    ),
    Entry(
        "ZKQL0230",
        "an option given twice",
        "The options in WITH (…) each have one value. Of two values, one would silently be lost.",
        "Keep one of the two. Names of options are the same in upper and lower case.",
        Example(
            "",
            stream(rest="SIGNED BY meter WITH ('capacity' = '8', 'capacity' = '16')"),
            stream(rest="SIGNED BY meter WITH ('capacity' = '16')"),
        ),
    ),
    Entry(
        "ZKQL0231",
        "a capacity out of range",
        "The capacity is the most rows that one proof covers: in each window, and each group of it; with"
        " 'provenance' = 'chain', of each device. A circuit has a fixed size, so it is chosen when the query"
        " is compiled, and 4096 rows are the most.",
        "Choose a number from 1 to 4096. Cost grows with it; zkql explain --cost shows how much.",
        Example(
            "",
            stream(rest="SIGNED BY meter WITH ('capacity' = '1000000')"),
            stream(rest="SIGNED BY meter WITH ('capacity' = '1000')"),
        ),
    ),
    Entry(
        "ZKQL0232",
        "no such option",
        "CREATE STREAM takes the options 'provenance', 'signature', 'capacity' and 'groups', and with"
        " 'provenance' = 'chain' also 'block' and 'devices'. An option of another name would have no effect,"
        " although the text suggests one; connectors belong to the program that delivers the rows.",
        "Correct the name, or leave the option out.",
        Example(
            "",
            stream(rest="SIGNED BY meter WITH ('connector' = 'kafka')"),
            stream(rest="SIGNED BY meter WITH ('capacity' = '16')"),
        ),
    ),
    Entry(
        "ZKQL0233",
        "an option's value that there is not",
        "Each option has a few values that zkql knows. How rows are signed decides what the verifier"
        " checks, so an unknown value cannot be passed over.",
        "Write one of the values that the note lists.",
        Example(
            "",
            stream(rest="SIGNED BY meter WITH ('signature' = 'rsa')"),
            stream(rest="SIGNED BY meter WITH ('signature' = 'ed25519')"),
        ),
    ),
    Entry(
        "ZKQL0234",
        "a device or event time that may be NULL",
        "Each signed row names its device and its time: without them it has no key and no window. So these"
        " two columns are never NULL.",
        "Leave the word NULL out.",
        Example(
            "",
            stream("meter BIGINT NULL, ts TIMESTAMP(3), load DECIMAL(6, 2),"),
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),"),
        ),
    ),
    Entry(
        "ZKQL0235",
        "a private column in a table",
        "A table is public reference data that prover and consumer both have. Nobody commits to its rows,"
        " so a proof could not tie a hidden value to anything.",
        "Leave PRIVATE out, or declare a CREATE STREAM for data that stays private.",
        Example(
            READING,
            "CREATE TABLE zones (zone INT NOT NULL, name VARCHAR PRIVATE);\n\n" + per_window(),
            ZONES + per_window(),
        ),
    ),
    Entry(
        "ZKQL0236",
        "a function named like one of zkql's own",
        "CREATE FUNCTION announces code that zkql does not see. Under the name of a built-in function it"
        " would be unclear which of the two a query calls.",
        "Choose another name, or leave the statement out and use zkql's function.",
        Example(
            READING,
            "CREATE FUNCTION median AS 'org.example.Median';\n\n" + per_window(),
            "CREATE FUNCTION my_median AS 'org.example.Median';\n\n" + per_window(),
        ),
    ),
    Entry(
        "ZKQL0237",
        "rows of a table that cannot be read",
        "WITH ('path' = 'zones.csv') names the file with the rows of a table, beside the query. It is read"
        " when the query is compiled, and is a part of the query from then on. A .csv file has the columns'"
        " names in its first line, in any order, and values as SQL writes them, without quotes around"
        " timestamps. Nothing between two commas is NULL, and in a text column the empty text. A .jsonl file"
        " has one JSON object a line.",
        "The message says which line and which column. Mend the file or the declaration.",
        Example(
            READING,
            "CREATE TABLE place (zone INT NOT NULL, name VARCHAR)\n"
            "  WITH ('path' = 'no such file.csv');\n\n"
            "SELECT window_start, window_end, p.name, COUNT(*) AS n\n"
            "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS r\n"
            "JOIN place AS p ON p.zone = r.meter\n"
            "GROUP BY window_start, window_end, p.name;\n",
            "CREATE TABLE place (zone INT NOT NULL, name VARCHAR);\n\n"
            "SELECT window_start, window_end, p.name, COUNT(*) AS n\n"
            "FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' SECOND)) AS r\n"
            "JOIN place AS p ON p.zone = r.meter\n"
            "GROUP BY window_start, window_end, p.name;\n",
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0256",
        "INSERT INTO something that is no table",
        "INSERT INTO gives the result the names and types of a table that is declared in the same file."
        " Streams cannot be written: their rows come signed from sensors.",
        "Declare the target with CREATE TABLE, or correct its name.",
        Example(
            READING,
            "CREATE TABLE counts (n BIGINT);\n\nINSERT INTO count\n" + per_window(),
            "CREATE TABLE counts (n BIGINT);\n\nINSERT INTO counts\n" + per_window(),
        ),
    ),
    Entry(
        "ZKQL0257",
        "INSERT INTO with other columns than the query has",
        "The columns of the query go into those of the target by position, the first into the first. So"
        " there must be as many of them, and each target column can be named once.",
        "Select as many columns as the target has, or list the columns that are written: INSERT INTO target"
        " (a, b).",
        Example(
            READING,
            "CREATE TABLE counts (start TIMESTAMP(3), n BIGINT);\n\nINSERT INTO counts\n" + per_window(),
            "CREATE TABLE counts (start TIMESTAMP(3), n BIGINT);\n\nINSERT INTO counts\n"
            + per_window("window_start, COUNT(*)"),
        ),
    ),
    Entry(
        "ZKQL0258",
        "INSERT INTO a column of another type",
        "A number can be stored as any number type, and otherwise the types must be of one kind. zkql does"
        " not guess how a text becomes a number, or a time a text.",
        "Write CAST(… AS type) in the query, or change the column of the target.",
        Example(
            READING,
            "CREATE TABLE counts (n VARCHAR);\n\nINSERT INTO counts\n" + per_window(),
            "CREATE TABLE counts (n BIGINT);\n\nINSERT INTO counts\n" + per_window(),
        ),
    ),
)
