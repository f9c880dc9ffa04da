"""Functions that random queries call, as templates of zkql text: each ``{place}`` is filled with something
random of that kind (:meth:`Expressions.filled`).
"""

from __future__ import annotations

from zkql.plan.types import BIGINT, INT, decimal

NUMERIC_CALLS = (
    ("EXTRACT({field} FROM {time})", BIGINT, 10**11),
    ("{part}({time})", BIGINT, 9999),
    ("TIMESTAMPDIFF({unit}, {time}, {time})", INT, 2**31 - 1),
    ("CHAR_LENGTH({text})", INT, 200),
    ("POSITION({word} IN {text})", INT, 200),
    ("LOCATE({word}, {text})", INT, 200),
    ("LOCATE({word}, {text}, {place})", INT, 200),
    ("INSTR({text}, {word})", INT, 200),
    ("TRY_CAST({text} AS INT)", INT, 10**6),
    ("TRY_CAST({text} AS DECIMAL(8, 2))", decimal(8, 2), 10**8),
    ("CAST(CAST({small} AS VARCHAR) AS BIGINT)", BIGINT, 10**6),
    ("CAST({condition} AS INT)", INT, 1),
)
"""Functions whose value is a number, its type and bound."""
TEXT_CALLS = (
    "UPPER({text})", "LOWER({text})", "TRIM({text})", "LTRIM({text})", "RTRIM({text}, 'b ')",
    "REVERSE({text})", "TRIM(LEADING 'a' FROM {text})", "TRIM(BOTH FROM {text})",
    "SUBSTRING({text} FROM {place})", "SUBSTRING({text} FROM {place} FOR {count})",
    "SUBSTRING({text}, {place}, {small})", "LEFT({text}, {count})", "RIGHT({text}, {small})",
    "CONCAT({text}, {text}, {word})", "CONCAT_WS({text}, {text}, {text})", "REPLACE({text}, 'a', {word})",
    "REPLACE({text}, 'b', {text})", "REPEAT({text}, {count})", "LPAD({text}, {count}, {word})",
    "RPAD({text}, {count}, {word})", "SPLIT_INDEX({text}, ',', {count})",
    "SPLIT_INDEX({text}, '/', {small})", "REGEXP_EXTRACT({text}, '([a-z])(b|c)', {group})",
    "REGEXP_EXTRACT({text}, '[0-9]+')", "DATE_FORMAT({time}, 'yyyy-MM-dd HH:mm')",
    "DATE_FORMAT({time}, 'HH:mm:ss.SSS')", "CAST({text} AS VARCHAR(2))", "IF({condition}, {text}, {text})",
    "IFNULL({text}, {word})", "GREATEST({text}, {text})", "LEAST({text}, {word})",
    "COALESCE({text}, {text})", "NULLIF({text}, {text})",
    "CASE WHEN {condition} THEN {text} ELSE {word} END",
)  # fmt: skip
"""Functions whose value is a text."""
CONDITION_CALLS = (
    "STARTSWITH({text}, {word})", "ENDSWITH({text}, {text})", "REGEXP({text}, '^a.*c$|b$')",
    "TRY_CAST({text} AS BOOLEAN)", "{time} - {time} < {interval}",
    "{interval} * {small} >= {time} - {time}", "{time} - {time} BETWEEN {interval} AND {interval}",
    "COALESCE({condition}, {condition})", "CAST({small} AS BOOLEAN)", "NULLIF({condition}, {condition})",
)  # fmt: skip
TIME_CALLS = (
    "TIMESTAMPADD({unit}, {place}, {time})", "COALESCE({time}, {time})", "IF({condition}, {time}, {time})",
    "GREATEST({time}, {time})", "TO_TIMESTAMP(CAST({time} AS VARCHAR))", "TO_TIMESTAMP({text})",
    "CAST(CAST({time} AS VARCHAR) AS TIMESTAMP(3))",
)  # fmt: skip
FIELDS = (
    "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOW",
    "DOY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "EPOCH",
)  # fmt: skip
PARTS = (
    "YEAR", "QUARTER", "MONTH", "WEEK", "DAYOFYEAR",
    "DAYOFMONTH", "DAYOFWEEK", "HOUR", "MINUTE", "SECOND",
)  # fmt: skip
UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR")
RISK = 0.02
"""How often a value may be outside its type, or divided by zero."""
INTERVALS = ("INTERVAL '1' SECOND", "INTERVAL '250' MILLISECOND", "INTERVAL '2' DAY", "INTERVAL '-3' HOUR")
