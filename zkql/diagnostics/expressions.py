"""ZKQL02xx about expressions: types, functions, aggregates, OVER, UNION and ORDER BY."""

from __future__ import annotations

from zkql.diagnostics.declarations import OUTAGE, READING, WINDOW, per_window
from zkql.diagnostics.entry import Entry, Example

_PARTITION = "PARTITION BY window_start, window_end"
_OUTAGES = WINDOW.replace("reading", "outage")


def _over(call: str) -> str:
    return f"SELECT meter, {call} AS value\nFROM {WINDOW};\n"


def _union(first: str, second: str) -> str:
    return f"SELECT {first} FROM {WINDOW}\nUNION ALL\nSELECT {second} FROM {_OUTAGES};\n"


ENTRIES = (
    Entry(
        "ZKQL0213",
        "values that a function or operator does not take",
        "Functions and operators have the types and the numbers of arguments that docs/sql.md lists. zkql"
        " converts nothing silently but numbers to wider numbers, so that a result never depends on a guess.",
        "Pass what the message asks for; CAST(… AS type) says how a value is to be converted.",
        Example(READING, per_window("SUM(ts) AS total"), per_window("SUM(load) AS total")),
    ),
    Entry(
        "ZKQL0214",
        "a condition that is neither true nor false",
        "WHERE, HAVING, ON, FILTER, AND, OR and NOT ask for a BOOLEAN. A number is no condition; in zkql 1"
        " does not stand for TRUE.",
        "Compare the value with something, for example zone > 0.",
        Example(READING, per_window(where="zone"), per_window(where="zone > 0")),
    ),
    Entry(
        "ZKQL0215",
        "values that cannot be compared",
        "Numbers compare with numbers, texts with texts, times with times. Comparisons of different kinds"
        " mean different things in different databases, so zkql does not guess.",
        "Write the constant as one of the column's type, or CAST one side.",
        Example(READING, per_window(where="zone = 'north'"), per_window(where="zone = 7")),
    ),
    Entry(
        "ZKQL0216",
        "a constant that cannot be converted",
        "The value stands in the query, so it is converted when the query is compiled, and it is not a"
        " value of that type. With data this would be an error for every row.",
        "Correct the constant. For data that may not convert, TRY_CAST gives NULL.",
        Example(
            READING,
            per_window(where="ts >= TIMESTAMP '2026-02-30 00:00:00'"),
            per_window(where="ts >= TIMESTAMP '2026-03-02 00:00:00'"),
        ),
    ),
    Entry(
        "ZKQL0217",
        "a number of too many digits",
        "A DECIMAL has 38 digits at most, so a number that is written out has no more either.",
        "Write fewer digits.",
        Example(READING, per_window(where=f"load < {'9' * 39}"), per_window(where="load < 999")),
    ),
    Entry(
        "ZKQL0218",
        "* or DISTINCT where a value is due",
        "COUNT(*) counts rows, and aggregates can be told to take each value once. Other functions compute"
        " with values, so neither * nor DISTINCT means anything to them.",
        "Name the column, or write COUNT(*).",
        Example(READING, per_window("MAX(*) AS peak"), per_window("MAX(load) AS peak")),
    ),
    Entry(
        "ZKQL0241",
        "no such function",
        "zkql has Flink's functions whose results are exact and the same on every machine; docs/sql.md"
        " lists them. A window function is none of them: it stands in FROM or in GROUP BY.",
        "Correct the name; the note shows the nearest one.",
        Example(READING, per_window("MEDAIN(zone) AS middle"), per_window("MEDIAN(zone) AS middle")),
    ),
    Entry(
        "ZKQL0243",
        "an aggregate or OVER where rows are still chosen",
        "WHERE, ON, FILTER and GROUP BY decide which rows there are and how they are grouped, before"
        " anything is aggregated. So no result of an aggregate or of OVER exists there yet; nor can they"
        " stand inside each other.",
        "Use HAVING for conditions on aggregates; else compute it in a subquery, and ask for it outside.",
        Example(
            READING,
            per_window("zone", where="COUNT(*) > 1", group="window_start, window_end, zone"),
            per_window("zone", group="window_start, window_end, zone", end="HAVING COUNT(*) > 1"),
        ),
    ),
    Entry(
        "ZKQL0244",
        "an expression that zkql does not know",
        "The text was read, and it holds an expression that zkql has no meaning for.",
        "Write it with the operators and functions of docs/sql.md, and report the query.",
        unreachable="everything that the grammar reads has a meaning: this is a safeguard",
    ),
    Entry(
        "ZKQL0245",
        "FILTER, WITHIN GROUP or OVER after a function that is no aggregate",
        "FILTER and WITHIN GROUP say which rows an aggregate takes and in what order, OVER says of which"
        " rows it is computed. A scalar function has one row before it, so there is nothing to say.",
        "Leave the clause out, or put an aggregate before it.",
        Example(
            READING,
            per_window("MAX(zone) + ABS(1) FILTER (WHERE zone > 0) AS peak"),
            per_window("MAX(zone) FILTER (WHERE zone > 0) + ABS(1) AS peak"),
        ),
    ),
    Entry(
        "ZKQL0246",
        "a frame that cannot be counted",
        "ROWS counts rows before and after the current one, in whole numbers; RANGE measures the distance"
        " in the one number or TIMESTAMP(3) that ORDER BY names. A frame must not end before it starts.",
        "Write whole numbers that are known when the query is compiled, from the earlier bound to the later"
        " one.",
        Example(
            READING,
            _over(f"SUM(zone) OVER ({_PARTITION} ORDER BY ts ROWS 1.5 PRECEDING)"),
            _over(f"SUM(zone) OVER ({_PARTITION} ORDER BY ts ROWS 2 PRECEDING)"),
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0248",
        "ordering by an array or a row",
        "Arrays and rows are values without an order of their own: neither of two is the smaller.",
        "Order by one of their fields, or by what they were made of.",
        Example(
            READING,
            per_window("COLLECT_DISTINCT(zone) AS seen", end="ORDER BY seen"),
            per_window("COLLECT_DISTINCT(zone) AS seen"),
        ),
    ),
    Entry(
        "ZKQL0251",
        "a UNION of different numbers of columns",
        "UNION puts the rows of two queries below each other, column by column. Both need the same number"
        " of columns.",
        "Select as many columns on both sides, with CAST(NULL AS type) where one side has no value.",
        Example(READING + OUTAGE, _union("meter, zone", "meter"), _union("meter", "meter"), provable=False),
    ),
    Entry(
        "ZKQL0252",
        "a UNION of different kinds of values",
        "UNION puts columns below each other by position, so both sides need types of one kind. A column"
        " that holds numbers and texts would have no type.",
        "CAST one of them, or put the columns into the same order.",
        Example(
            READING + OUTAGE,
            _union("meter, zone", "meter, cause"),
            _union("meter, zone", "meter, 0"),
            provable=False,
        ),
    ),
    Entry(
        "ZKQL0253",
        "DISTINCT ordered by a column that is not selected",
        "DISTINCT leaves out rows that look alike. Rows that look alike can differ in a column that is not"
        " selected, so there is no one place where the row that is left would stand.",
        "Add the column to the SELECT list, or order by what is selected.",
        Example(
            READING,
            f"SELECT DISTINCT window_start, window_end, zone\nFROM {WINDOW}\nORDER BY load;\n",
            f"SELECT DISTINCT window_start, window_end, zone\nFROM {WINDOW};\n",
        ),
    ),
    Entry(
        "ZKQL0254",
        "a constant in GROUP BY",
        "A constant is the same for every row, so it groups nothing. In some databases GROUP BY 1 means the"
        " first column of the SELECT list; in Flink it does not.",
        "Name the column itself, or leave the constant out.",
        Example(
            READING,
            per_window(group="window_start, window_end, 1"),
            per_window(group="window_start, window_end, zone"),
        ),
    ),
    Entry(
        "ZKQL0255",
        "ORDER BY a result column that there is not",
        "A number in ORDER BY counts the columns of the SELECT list from 1, and there are fewer columns"
        " than that.",
        "Write the number or the name of a column of the SELECT list.",
        Example(
            READING,
            per_window("window_start, COUNT(*) AS n", end="ORDER BY 3"),
            per_window("window_start, COUNT(*) AS n"),
        ),
    ),
)
