"""ZKQL03xx: what cannot be proven, now or ever, and the nearest form that can."""

from __future__ import annotations

from zkql.diagnostics.declarations import BOUNDS, OUTAGE, READING, WINDOW, ZONES, per_window, stream
from zkql.diagnostics.entry import Entry, Example

_OUTAGES = WINDOW.replace("reading", "outage")
_MANY = "\n  ".join(f"x{n} DECIMAL(38, 0)," for n in range(16))


def _joined(kind: str, condition: str) -> str:
    return f"SELECT r.zone, o.cause\nFROM {WINDOW} AS r\n{kind} {_OUTAGES} AS o\n  ON {condition};\n"


_SAME_WINDOW = "r.meter = o.meter AND r.window_start = o.window_start AND r.window_end = o.window_end"

ENTRIES = (
    Entry(
        "ZKQL0301",
        "no circuit yet",
        "The query is right, but this version of zkql has no circuit for one of its parts. It proves"
        " aggregates over tumbling windows of one stream, and rows of a window in order, with conditions and"
        " keys over private columns too, also joined with tables of known rows. Planned are the windows HOP,"
        " CUMULATE and SESSION, joins of streams, UNION ALL, aggregates of aggregates and with OVER,"
        " HAVING over private aggregates and computing with them, text computed from private text, and other"
        " signatures and provenance.",
        "Use the nearest form that the note shows. Without a proof the query runs already, in Python:"
        " zkql.compile(sql).run(rows).",
        Example(
            READING,
            per_window("MAX(load) - MIN(load) AS spread"),
            per_window("MAX(load) AS peak, MIN(load) AS low"),
        ),
    ),
    Entry(
        "ZKQL0302",
        "a stream without a window",
        "A proof covers a bounded set of signed rows. A stream never ends, so an aggregate or a list over"
        " all of it is never complete: whatever were proven, the next row would change it.",
        "Aggregate by window: FROM TABLE(TUMBLE(…)) and GROUP BY window_start, window_end.",
        Example(
            READING,
            "SELECT zone, MAX(load) AS peak\nFROM reading\nGROUP BY zone;\n",
            per_window("zone, MAX(load) AS peak", group=f"{BOUNDS}, zone"),
        ),
    ),
    Entry(
        "ZKQL0304",
        "groups that do not end with their window",
        "FROM has a window, and GROUP BY or DISTINCT does not name both of its bounds. So groups would go"
        " on from window to window, and their results would never be complete.",
        "Name window_start and window_end in GROUP BY, or in SELECT DISTINCT.",
        Example(
            READING,
            per_window("zone, MAX(load) AS peak", group="zone"),
            per_window("zone, MAX(load) AS peak", group=f"{BOUNDS}, zone"),
        ),
    ),
    Entry(
        "ZKQL0306",
        "floating point",
        "The rounding of FLOAT and DOUBLE depends on the machine and on the order of the operations. A"
        " proof needs one result that everyone computes alike.",
        "Use DECIMAL(p, s): exact, with a chosen number of digits behind the point.",
        Example(
            "",
            stream("meter BIGINT, ts TIMESTAMP(3), load DOUBLE,"),
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(12, 3),"),
        ),
    ),
    Entry(
        "ZKQL0307",
        "a column that this provenance shows, or hides",
        "With 'provenance' = 'row' the consumer checks the signature of every row, and needs its device and"
        " its time for that. So these two columns are shown, whatever the query selects. With 'provenance' ="
        " 'chain' it sees the device alone: rows are hidden in blocks, and so are all their other columns.",
        "Leave the word out. If devices must stay hidden, sign under names that say nothing.",
        Example(
            "",
            stream("meter BIGINT PRIVATE, ts TIMESTAMP(3), load DECIMAL(6, 2),"),
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),"),
        ),
    ),
    Entry(
        "ZKQL0308",
        "a private text that is too long",
        "A circuit computes with numbers of a fixed size. A private text is one of them, so it has a "
        "length, of"
        " at most 11 characters; longer texts are planned.",
        "Declare VARCHAR(11) or shorter, or the column PUBLIC; or let the sensor sign a number instead of the"
        " text.",
        Example(
            "",
            stream("meter BIGINT, ts TIMESTAMP(3), room VARCHAR(20),"),
            stream("meter BIGINT, ts TIMESTAMP(3), room VARCHAR(11),"),
        ),
    ),
    Entry(
        "ZKQL0309",
        "a sum that could outgrow its type",
        "A SUM of as many rows as the capacity allows, all as large as their type allows, would not fit into"
        " the result's type. zkql refuses this when it compiles: in a circuit nothing may overflow.",
        "Declare a smaller precision for the column, or a smaller 'capacity' for the stream.",
        Example(
            "",
            stream(
                "meter BIGINT, ts TIMESTAMP(3), load DECIMAL(38, 2),", select=per_window("SUM(load) AS total")
            ),
            stream(
                "meter BIGINT, ts TIMESTAMP(3), load DECIMAL(12, 2),", select=per_window("SUM(load) AS total")
            ),
        ),
    ),
    Entry(
        "ZKQL0310",
        "too many private columns",
        "The private columns of a row are packed into the inputs of one hash, which has 15 of them. A"
        " DECIMAL(38) fills one of them; seven INT share one.",
        "Declare columns PUBLIC that may be known, use smaller types, or leave columns out that no query"
        " needs.",
        Example(
            "",
            stream(f"meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),\n  {_MANY}"),
            stream("meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),\n  x0 DECIMAL(38, 0),"),
        ),
    ),
    Entry(
        "ZKQL0311",
        "numbers that are too large for a circuit",
        "A circuit computes with numbers below 2^250: beyond, two numbers are one, so a cheating prover could"
        " choose the answer. Products grow that large, numbers of scales far apart that are brought to one to"
        " compare or add them, and the private keys of GROUP BY, which make one number: there each character"
        " of a text takes 21 bits.",
        "Use columns and constants of smaller precision, or of closer scales; group by fewer private columns,"
        " or by shorter texts.",
        Example(
            "",
            stream(
                "meter BIGINT, ts TIMESTAMP(3), load DECIMAL(38, 38), cap DECIMAL(38, 0),",
                select=per_window(where="load < cap"),
            ),
            stream(
                "meter BIGINT, ts TIMESTAMP(3), load DECIMAL(12, 6), cap DECIMAL(12, 0),",
                select=per_window(where="load < cap"),
            ),
        ),
    ),
    Entry(
        "ZKQL0312",
        "the processor's clock",
        "PROCTIME, NOW, CURRENT_TIMESTAMP and their like are the time at which the processor happens to"
        " run. Nobody signs that time, so a proof could claim any; this will not change.",
        "Use the event time, which the sensors sign.",
        Example(
            READING,
            per_window(where="ts > NOW() - INTERVAL '1' DAY"),
            per_window(where="ts > TIMESTAMP '2026-01-01 00:00:00'"),
        ),
    ),
    Entry(
        "ZKQL0313",
        "a source that nobody signs",
        "A table with a WATERMARK is a source of rows without end, and nobody signs these rows. Whoever"
        " proves could have made them up, so the proof would say nothing.",
        "Declare it as CREATE STREAM … SIGNED BY column. A table without a WATERMARK is public reference"
        " data, and may be joined.",
        Example(
            "",
            stream(rest="").replace("STREAM", "TABLE"),
            stream(),
        ),
    ),
    Entry(
        "ZKQL0314",
        "a regular expression over a private text",
        "A regular expression can look at each character as often as it likes, and a circuit has a fixed"
        " size. zkql evaluates them over public texts only; this will not change.",
        "Use =, IN or LIKE 'prefix%', declare the column PUBLIC, or let the sensor sign what the expression"
        " finds.",
        Example(
            "",
            stream(
                "meter BIGINT, ts TIMESTAMP(3), room VARCHAR(20),",
                select=per_window(where="REGEXP(room, '^B[0-9]+')"),
            ),
            stream(
                "meter BIGINT, ts TIMESTAMP(3), room VARCHAR(20) PUBLIC,",
                select=per_window(where="REGEXP(room, '^B[0-9]+')"),
            ),
        ),
    ),
    Entry(
        "ZKQL0315",
        "a function whose code zkql does not see",
        "CREATE FUNCTION names a class that Flink would load. zkql reads the declaration, so that Flink's"
        " files can be read, but it can prove only what it knows. Functions of users in WebAssembly are"
        " planned.",
        "Write the computation with zkql's own functions, or let the sensor sign its result.",
        Example(
            READING,
            "CREATE FUNCTION half AS 'org.example.Half';\n\n" + per_window("MAX(half(zone)) AS peak"),
            per_window("MAX(zone / 2) AS peak"),
        ),
    ),
    Entry(
        "ZKQL0316",
        "an unbounded join",
        "Two streams are joined, and nothing says how far apart in time two rows may be. A row could find a"
        " partner in a year, so no result would ever be complete.",
        "Join both in one window, with window_start and window_end in the condition, or bound the time"
        " between the rows.",
        Example(
            READING + OUTAGE,
            "SELECT r.zone, o.cause\nFROM reading AS r\nJOIN outage AS o ON r.meter = o.meter;\n",
            _joined("JOIN", _SAME_WINDOW),
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0317",
        "a form without a plan",
        "INTERSECT, EXCEPT, EXISTS, IN (SELECT …) and a subquery as a value have no plan in zkql, and none"
        " is intended: each can be written as a join, whose rows and bounds in time are plain to see.",
        "Join with the subquery in FROM, within one window.",
        Example(
            READING + ZONES,
            per_window(where="zone IN (SELECT zone FROM zones)"),
            per_window(source=f"{WINDOW} AS r\nJOIN zones AS z ON r.zone = z.zone"),
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0318",
        "an outer join",
        "LEFT, RIGHT and FULL joins show rows without a partner. That claims that no partner exists among"
        " all rows of the other side; zkql proves what rows say, and not that others are missing. Outer"
        " joins are not planned.",
        "Use an inner JOIN: with a table of known rows, which is proven and can have a row for every value,"
        " or within one window. What each side has alone can be counted by a query of its own.",
        Example(
            READING + OUTAGE,
            _joined("LEFT JOIN", _SAME_WINDOW),
            _joined("JOIN", _SAME_WINDOW),
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0319",
        "an order or a limit over a whole stream",
        "ORDER BY and LIMIT choose among all rows, and a stream never ends: a later row could come first."
        " Within a window the choice is complete.",
        "Number the rows of each window with ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER"
        " BY …), and keep the first ones in a query around it. The consumer can also sort the result.",
        Example(
            READING,
            per_window("window_start, COUNT(*) AS n", end="ORDER BY n DESC\nLIMIT 3"),
            per_window("window_start, COUNT(*) AS n"),
        ),
    ),
    Entry(
        "ZKQL0320",
        "OVER a stream without bounds",
        "Ranks, and values over all rows before or after, change with every row that comes. Their result is"
        " complete only within a window, or where the frame has a fixed number of rows in the order of event"
        " time.",
        "Add PARTITION BY window_start, window_end over a window function, or a frame: ROWS BETWEEN n"
        " PRECEDING AND CURRENT ROW.",
        Example(
            READING,
            "SELECT meter, RANK() OVER (ORDER BY load) AS place\nFROM reading;\n",
            f"SELECT meter, RANK() OVER (PARTITION BY {BOUNDS} ORDER BY load) AS place\nFROM {WINDOW};\n",
        ),
    ),
    Entry(
        "ZKQL0321",
        "a query without a stream",
        "Tables are public, and the consumer has them. A query over tables alone can be computed by"
        " everyone, and nothing in it is signed.",
        "Read a stream, and join the table to it. To compute over tables alone, no zkql is needed.",
        Example(READING + ZONES, "SELECT COUNT(*) AS n\nFROM zones;\n", per_window()),
    ),
)
