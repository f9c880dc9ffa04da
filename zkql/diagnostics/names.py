"""ZKQL02xx about names, windows and groups."""

from __future__ import annotations

from zkql.diagnostics.declarations import BOUNDS, READING, WINDOW, ZONES, per_window
from zkql.diagnostics.entry import Entry, Example

_COUNTED = per_window(f"{BOUNDS}, COUNT(*) AS n").rstrip(";\n")


def _starting(start: str) -> str:
    return (
        f"SELECT {start} AS start, COUNT(*) AS n\nFROM reading\nGROUP BY TUMBLE(ts, INTERVAL '10' MINUTE);\n"
    )


ENTRIES = (
    Entry(
        "ZKQL0203",
        "two result columns of one name",
        "Every result column is known by its name: to the program that reads it, and in the claim that is"
        " proven. Two of one name could be confused.",
        "Give one of them another name with AS.",
        Example(
            READING,
            per_window("MIN(load) AS value, MAX(load) AS value"),
            per_window("MIN(load) AS lowest, MAX(load) AS highest"),
        ),
    ),
    Entry(
        "ZKQL0205",
        "a name that is not declared",
        "FROM names something that this file does not declare, or a column is written with the name of a"
        " table that FROM does not have. A .zkql file stands for itself: nothing is looked up elsewhere."
        " Names are case-sensitive.",
        "Correct the name, or declare it with CREATE STREAM, CREATE TABLE or CREATE VIEW. Where a table has"
        " an alias, only the alias is known.",
        Example(READING, per_window(source=WINDOW.replace("reading", "readings")), per_window()),
    ),
    Entry(
        "ZKQL0206",
        "no such window function",
        "FROM TABLE(…) calls one of Flink's window functions: TUMBLE, HOP, CUMULATE or SESSION.",
        "Correct the name.",
        Example(READING, per_window(source=WINDOW.replace("TUMBLE", "TUMBLING")), per_window()),
    ),
    Entry(
        "ZKQL0207",
        "no such column",
        "The table has no column of that name at this place. Names are case-sensitive. The bounds of a"
        " window are columns only where FROM has a window function, and an alias of the SELECT list is not"
        " known in WHERE.",
        "Correct the name; the note shows the nearest one, or all that there are.",
        Example(READING, per_window("MAX(lod) AS peak"), per_window("MAX(load) AS peak")),
    ),
    Entry(
        "ZKQL0208",
        "a window over something else than event time",
        "Windows follow the event time, which the sensor signs and by which zkql decides when a window is"
        " complete. Another TIMESTAMP column says nothing about that.",
        "Name the column of WATERMARK FOR in DESCRIPTOR(…).",
        Example(
            READING,
            per_window(source=WINDOW.replace("(ts)", "(zone)")),
            per_window(),
        ),
    ),
    Entry(
        "ZKQL0209",
        "arguments that a window function does not take",
        "TUMBLE takes a size, HOP a slide and a size, CUMULATE a step and a size, SESSION a gap; all but"
        " SESSION can end in an offset. PARTITION BY belongs to SESSION alone, and GROUP BY has one group"
        " window.",
        "Write the intervals in this order. Other columns that separate rows go into GROUP BY.",
        Example(
            READING,
            per_window(source=WINDOW.replace("TUMBLE", "HOP")),
            per_window(
                source=WINDOW.replace("TUMBLE", "HOP").replace("INTERVAL", "INTERVAL '5' MINUTE, INTERVAL")
            ),
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0210",
        "an interval that cannot be counted",
        "Intervals are whole milliseconds, counted in MILLISECOND, SECOND, MINUTE, HOUR, DAY or WEEK."
        " Months and years differ in length, so they are no units here; and a window is longer than nothing.",
        "Write the length in one of these units, for example INTERVAL '30' DAY.",
        Example(
            READING,
            per_window(source=WINDOW.replace("'10' MINUTE", "'1' MONTH")),
            per_window(source=WINDOW.replace("'10' MINUTE", "'30' DAY")),
        ),
    ),
    Entry(
        "ZKQL0211",
        "windows that are not made of equal parts",
        "As in Flink, the windows of HOP and CUMULATE are made of slices as long as the slide or step, so"
        " it must divide the size. Sessions in GROUP BY are those of columns, not of values computed there.",
        "Choose a slide or step that divides the size; compute the key of a session in a subquery.",
        Example(
            READING,
            per_window(
                source=WINDOW.replace("TUMBLE", "HOP").replace("INTERVAL", "INTERVAL '3' MINUTE, INTERVAL")
            ),
            per_window(
                source=WINDOW.replace("TUMBLE", "HOP").replace("INTERVAL", "INTERVAL '5' MINUTE, INTERVAL")
            ),
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0212",
        "a column that is neither aggregated nor grouped",
        "A SELECT with GROUP BY, or with an aggregate, has one row for each group. A column that is not in"
        " GROUP BY can have many values in a group, so it is not clear which one is meant.",
        "Aggregate the column, for example with MAX, or add it to GROUP BY.",
        Example(
            READING,
            per_window("zone, MAX(load) AS peak"),
            per_window("zone, MAX(load) AS peak", group="window_start, window_end, zone"),
        ),
    ),
    Entry(
        "ZKQL0240",
        "a column that could be one of several",
        "Several tables in FROM have a column of this name, and the text does not say which one is meant.",
        "Write the table or its alias before the column: r.zone.",
        Example(
            READING + ZONES,
            "SELECT zone, COUNT(*) AS n\n"
            f"FROM {WINDOW} AS r\n"
            "JOIN zones AS z ON r.zone = z.zone\n"
            "GROUP BY window_start, window_end, r.zone;\n",
            "SELECT r.zone, COUNT(*) AS n\n"
            f"FROM {WINDOW} AS r\n"
            "JOIN zones AS z ON r.zone = z.zone\n"
            "GROUP BY window_start, window_end, r.zone;\n",
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0242",
        "other names than there are columns",
        "A list of names after an alias, a view or a table of WITH renames the columns by position. So"
        " there must be one name for each column, and no name twice.",
        "Give as many names as there are columns; the note lists these.",
        Example(
            READING,
            f"WITH counted (start, n) AS (\n{_COUNTED}\n)\nSELECT n FROM counted;\n",
            f"WITH counted (start, until, n) AS (\n{_COUNTED}\n)\nSELECT n FROM counted;\n",
        ),
    ),
    Entry(
        "ZKQL0247",
        "the bound of a window that GROUP BY does not have",
        "TUMBLE_START, TUMBLE_END and their like give a bound of the group window. They name it by the same"
        " arguments as in GROUP BY; with others they would be the bounds of another window.",
        "Repeat the arguments of the window in GROUP BY.",
        Example(
            READING,
            _starting("TUMBLE_START(ts, INTERVAL '1' HOUR)"),
            _starting("TUMBLE_START(ts, INTERVAL '10' MINUTE)"),
        ),
    ),
    Entry(
        "ZKQL0249",
        "a SELECT without FROM",
        "A query over no table gives constants, which everyone can compute. There is nothing that a proof"
        " could add.",
        "Name a stream in FROM.",
        Example(READING, "SELECT 1 AS one;\n", per_window()),
    ),
    Entry(
        "ZKQL0250",
        "a table that stands twice in FROM",
        "Both tables would have the same name, so no column could say which of the two it comes from.",
        "Give each an alias: FROM t AS a JOIN t AS b.",
        Example(
            READING,
            f"SELECT COUNT(*) AS n\nFROM {WINDOW}\nJOIN {WINDOW}\n  USING (window_start, window_end, zone)\n"
            "GROUP BY window_start, window_end;\n",
            f"SELECT COUNT(*) AS n\nFROM {WINDOW} AS a\nJOIN {WINDOW} AS b\n"
            "  USING (window_start, window_end, zone)\nGROUP BY window_start, window_end;\n",
            provable=False,
        ),
    ),
)
