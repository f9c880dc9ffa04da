"""What the examples share: declarations, and the query that counts rows by window."""

from __future__ import annotations

READING = """\
CREATE STREAM reading (
  meter BIGINT, ts TIMESTAMP(3), zone INT PUBLIC, load DECIMAL(6, 2),
  WATERMARK FOR ts AS ts
) SIGNED BY meter;

"""
OUTAGE = """\
CREATE STREAM outage (
  meter BIGINT, ts TIMESTAMP(3), cause VARCHAR(20) PUBLIC,
  WATERMARK FOR ts AS ts
) SIGNED BY meter;

"""
ZONES = """\
CREATE TABLE zones (zone INT NOT NULL, name VARCHAR);

"""
WINDOW = "TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '10' MINUTE))"
BOUNDS = "window_start, window_end"


def per_window(
    items: str = "COUNT(*) AS n", *, where: str = "", source: str = WINDOW, group: str = BOUNDS, end: str = ""
) -> str:
    """A SELECT over a window, with any part replaced."""
    clauses = [
        f"SELECT {items}",
        f"FROM {source}",
        where and f"WHERE {where}",
        group and f"GROUP BY {group}",
        end,
    ]
    return "\n".join(filter(None, clauses)) + ";\n"


def stream(
    columns: str = "meter BIGINT, ts TIMESTAMP(3), load DECIMAL(6, 2),",
    watermark: str = "WATERMARK FOR ts AS ts",
    rest: str = "SIGNED BY meter",
    select: str = "",
) -> str:
    """A CREATE STREAM with any part replaced, and a query."""
    inside = "\n  ".join(filter(None, [columns, watermark]))
    return f"CREATE STREAM reading (\n  {inside}\n) {rest}".rstrip() + ";\n\n" + (select or per_window())
