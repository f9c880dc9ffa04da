"""ZKQL01xx: the text is not SQL that zkql reads."""

from __future__ import annotations

from zkql.diagnostics.declarations import READING, per_window, stream
from zkql.diagnostics.entry import Entry, Example

ENTRIES = (
    Entry(
        "ZKQL0101",
        "syntax error",
        "The text stops making sense at the place that is marked: a word or sign stands where none of that"
        " kind can stand. Each statement is read for itself, so one run reports the first syntax error of"
        " every statement.",
        "Read the note: it names the mistake, or lists what could stand there. Often the cause is just"
        " before the place, for example a comma too many or a parenthesis that is not closed.",
        Example(READING, per_window("COUNT(*) AS n,"), per_window("COUNT(*) AS n")),
    ),
    Entry(
        "ZKQL0102",
        "a column's property said twice",
        "A column is either PUBLIC or PRIVATE, and either NULL or NOT NULL. Two words about the same"
        " property contradict each other, or one of them says nothing.",
        "Keep one of the words. Columns of a stream are PRIVATE and NOT NULL where nothing is said.",
        Example(
            "",
            stream("meter BIGINT, ts TIMESTAMP(3), zone INT PUBLIC PRIVATE,"),
            stream("meter BIGINT, ts TIMESTAMP(3), zone INT PUBLIC,"),
        ),
    ),
    Entry(
        "ZKQL0103",
        "nested too deeply",
        "Expressions and queries can stand inside each other 200 levels deep. Nobody writes more by hand;"
        " programs that write SQL sometimes do, for example as one long chain of OR.",
        "Write many comparisons with one column as IN (…), and give parts of a query names, with WITH or"
        " CREATE VIEW.",
        Example(
            READING,
            per_window(where="(" * 200 + "zone > 0" + ")" * 200),
            per_window(where="zone > 0"),
        ),
    ),
)
