"""Every refusal of the front end: its code, and what it underlines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.language import (
    BOUNDS,
    COLUMNS,
    SALES,
    WATERMARK,
    WINDOW,
    compiled,
    items,
    over,
    query,
    refusal,
    select,
    stream,
    table,
    underlined,
    where,
)

ROOT = Path(__file__).parent.parent


OTHER_SELECT = select(items="MAX(temp) AS t")
MANY = "".join(f", x{i} DECIMAL(38)" for i in range(16))
WIDE = ", x DECIMAL(38, 38), y DECIMAL(38)"
CHAINED = COLUMNS.replace(" PUBLIC", "")
TEXTS = ", a VARCHAR(11), b VARCHAR(11)"
GROWING = WINDOW.replace("TUMBLE", "CUMULATE").replace("INTERVAL", "INTERVAL '1' SECOND, INTERVAL")
BOUNDED = "a.window_start = b.window_start AND a.window_end = b.window_end"


def chained(options: str = "'capacity' = '4'", columns: str = CHAINED) -> str:
    """A CREATE STREAM with CHAIN provenance."""
    return stream(columns=columns, options=f"'provenance' = 'chain', {options}")


SYNTAX: list[tuple[str, str, str]] = [
    ("ZKQL0101", "FORM", "SELECT COUNT(*) AS n FORM reading"),
    ("ZKQL0101", "'", where("label = 'open")),
    ("ZKQL0101", "~", where("zone ~ 1")),
    ("ZKQL0101", "1", "CREATE STREAM 1"),
    ("ZKQL0101", "", "CREATE STREAM\n"),
    ("ZKQL0101", "", "SELECT COUNT(*"),
    ("ZKQL0101", "/*", where("zone = 1 /* open")),
    ("ZKQL0102", "PRIVATE", stream(", x INT PUBLIC PRIVATE") + select()),
    ("ZKQL0102", "public", stream(", x INT PUBLIC public") + select()),
    ("ZKQL0102", "NULL", stream(", x INT NOT NULL NULL") + select()),
    ("ZKQL0103", "(", where("(" * 300 + "ok" + ")" * 300)),
]
STATEMENTS: list[tuple[str, str, str]] = [
    ("ZKQL0201", "reading", stream() * 2 + select()),
    ("ZKQL0201", "reading", stream() + "CREATE TABLE reading (a INT); " + select()),
    ("ZKQL0201", "sale", query("CREATE VIEW sale AS SELECT zone FROM place; SELECT zone FROM sale")),
    ("ZKQL0201", "F", query("CREATE FUNCTION f AS 'a'; CREATE FUNCTION F AS 'b'; SELECT zone FROM place")),
    ("ZKQL0202", "C", stream()),
    ("ZKQL0202", "", ""),
    ("ZKQL0202", " ", " \n"),
    ("ZKQL0202", OTHER_SELECT, stream() + select() + ";" + OTHER_SELECT),
    ("ZKQL0203", "MAX(temp) AS n", items("COUNT(*) AS n, MAX(temp) AS n")),
    ("ZKQL0203", "COUNT(*) window_start", items("window_start, COUNT(*) window_start")),
    ("ZKQL0203", "zone", query("SELECT p.*, zone FROM place AS p")),
    ("ZKQL0236", "upper", query("CREATE FUNCTION upper AS 'x'; SELECT zone FROM place")),
    ("ZKQL0236", "Sum", query("CREATE FUNCTION Sum AS 'x'; SELECT zone FROM place")),
    ("ZKQL0256", "sinks", query("CREATE TABLE sink (a INT); INSERT INTO sinks SELECT zone FROM place")),
    ("ZKQL0256", "reading", query("INSERT INTO reading SELECT zone FROM place")),
    ("ZKQL0257", "sink", query("CREATE TABLE sink (a INT); INSERT INTO sink SELECT zone, name FROM place")),
    ("ZKQL0257", "a, b", query("CREATE TABLE t (a INT, b INT); INSERT INTO t (a, b) SELECT zone FROM place")),
    ("ZKQL0257", "a", query("CREATE TABLE t (a INT); INSERT INTO t (a, a) SELECT zone, zone FROM place")),
    ("ZKQL0207", "c", query("CREATE TABLE t (a INT, c AS a + 1); INSERT INTO t (c) SELECT zone FROM place")),
    ("ZKQL0258", "name AS a", query("CREATE TABLE t (a INT); INSERT INTO t SELECT name AS a FROM place")),
]  # fmt: skip
STREAMS: list[tuple[str, str, str]] = [
    ("ZKQL0207", "tss", stream(watermark=", WATERMARK FOR tss AS tss") + select()),
    ("ZKQL0207", "metre", stream(signed=" SIGNED BY metre") + select()),
    ("ZKQL0220", "zone", stream(", zone BIGINT") + select()),
    ("ZKQL0221", "window_end", stream(", window_end INT") + select()),
    ("ZKQL0222", "x AS temp + 1", stream(", x AS temp + 1") + select()),
    ("ZKQL0223", "DECIMAL(39)", stream(", x DECIMAL(39)") + select()),
    ("ZKQL0223", "DECIMAL(0)", stream(", x DECIMAL(0)") + select()),
    ("ZKQL0223", "decimal(2, 3)", stream(", x decimal(2, 3)") + select()),
    ("ZKQL0223", "TIMESTAMP(6)", stream(", x TIMESTAMP(6)") + select()),
    ("ZKQL0223", "VARCHAR(0)", stream(", x VARCHAR(0) PUBLIC") + select()),
    ("ZKQL0224", "TEXT", stream(", x TEXT") + select()),
    ("ZKQL0224", "INT(5)", stream(", x INT(5)") + select()),
    ("ZKQL0224", "VARCHAR(1, 2)", stream(", x VARCHAR(1, 2)") + select()),
    ("ZKQL0224", "DATE", stream(", x DATE") + select()),
    (
        "ZKQL0224",
        "TIMESTAMP(3) WITH LOCAL TIME ZONE",
        stream(", x TIMESTAMP(3) WITH LOCAL TIME ZONE") + select(),
    ),
    ("ZKQL0224", "TEXT", table("x ARRAY<ROW<a TEXT>>")),
    ("ZKQL0225", "reading", stream(watermark="") + select()),
    (
        "ZKQL0225",
        "WATERMARK FOR seen AS seen",
        stream(watermark=f"{WATERMARK}, WATERMARK FOR seen AS seen") + select(),
    ),
    ("ZKQL0226", "zone", stream(watermark=", WATERMARK FOR zone AS zone") + select()),
    ("ZKQL0227", "seen", stream(watermark=", WATERMARK FOR ts AS seen") + select()),
    ("ZKQL0227", "ts - 5", stream(watermark=", WATERMARK FOR ts AS ts - 5") + select()),
    ("ZKQL0228", "reading", stream(signed="") + select()),
    ("ZKQL0229", "live", stream(signed=" SIGNED BY live") + select()),
    ("ZKQL0229", "ts", stream(signed=" SIGNED BY ts") + select()),
    (
        "ZKQL0230",
        "'SIGNATURE' = 'ed25519'",
        stream(options="'signature' = 'ed25519', 'SIGNATURE' = 'ed25519'") + select(),
    ),
    ("ZKQL0230", "'capacity' = '5'", stream(options="'capacity' = '4', 'capacity' = '5'") + select()),
    ("ZKQL0231", "'0'", stream(options="'capacity' = '0'") + select()),
    ("ZKQL0231", "'4097'", stream(options="'capacity' = '4097'") + select()),
    ("ZKQL0231", "'-1'", stream(options="'capacity' = '-1'") + select()),
    ("ZKQL0231", "'many'", stream(options="'capacity' = 'many'") + select()),
    ("ZKQL0231", "'0'", stream(options="'groups' = '0'") + select()),
    ("ZKQL0231", "'4097'", stream(options="'groups' = '4097'") + select()),
    ("ZKQL0231", "'few'", stream(options="'capacity' = '4', 'groups' = 'few'") + select()),
    ("ZKQL0230", "'groups' = '5'", stream(options="'groups' = '4', 'groups' = '5'") + select()),
    ("ZKQL0232", "'capacitor' = '4'", stream(options="'capacitor' = '4'") + select()),
    ("ZKQL0233", "'rsa'", stream(options="'signature' = 'rsa'") + select()),
    ("ZKQL0234", "meter BIGINT NULL", stream(columns=COLUMNS.replace("BIGINT", "BIGINT NULL")) + select()),
    ("ZKQL0232", "'block' = '5'", stream(options="'block' = '5'") + select()),
    ("ZKQL0232", "'devices' = '5'", stream(options="'provenance' = 'row', 'devices' = '5'") + select()),
    ("ZKQL0231", "'0'", chained("'block' = '0'") + select()),
    ("ZKQL0231", "'63'", chained("'block' = '63'") + select()),
    ("ZKQL0231", "'257'", chained("'devices' = '257'") + select()),
    ("ZKQL0231", "'100'", chained("'devices' = '100', 'capacity' = '41'") + select()),
    ("ZKQL0307", "PUBLIC", chained(columns=CHAINED.replace("(3), l", "(3) PUBLIC, l")) + select()),
    ("ZKQL0307", "PUBLIC", chained(columns=CHAINED + ", x INT PUBLIC") + select()),
    ("ZKQL0310", "reading", chained(columns=CHAINED + "".join(f", c{i} INT" for i in range(5))) + select()),
    ("ZKQL0301", "FIRST_VALUE(load)", chained("'devices' = '2'") + select("FIRST_VALUE(load) AS x")),
    ("ZKQL0301", "'EdDSA-BabyJubJub'", stream(options="'signature' = 'EdDSA-BabyJubJub'") + select()),
    ("ZKQL0306", "DOUBLE", stream(", x DOUBLE") + select()),
    ("ZKQL0306", "float(24)", stream(", x float(24)") + select()),
    ("ZKQL0307", "PRIVATE", stream(columns=COLUMNS.replace("BIGINT", "BIGINT PRIVATE")) + select()),
    ("ZKQL0307", "private", stream(columns=COLUMNS.replace("(3), l", "(3) private, l")) + select()),
    # tables
    ("ZKQL0207", "nope", table("a INT, b AS a + nope")),
    ("ZKQL0207", "c", table("a INT, b AS c, c AS a")),
    ("ZKQL0207", "zz", f"CREATE TABLE t (a INT) PARTITIONED BY (zz); {query('SELECT zone FROM place')}"),
    ("ZKQL0213", "a.z", table("a ROW<x INT>, b AS a.z")),
    ("ZKQL0213", "a.x", table("a INT, b AS a.x")),
    ("ZKQL0226", "a", table("a BIGINT, WATERMARK FOR a AS a")),
    ("ZKQL0235", "PRIVATE", table("a INT PRIVATE")),
    ("ZKQL0243", "COUNT(*)", table("a INT, b AS COUNT(*)")),
]  # fmt: skip
NAMES: list[tuple[str, str, str]] = [
    ("ZKQL0205", "readings", over(WINDOW.replace("reading", "readings"))),
    ("ZKQL0205", "nowhere", over("nowhere")),
    ("ZKQL0205", "bid.zone", where("bid.zone = 1")),
    ("ZKQL0205", "bid.load", items("SUM(bid.load) AS x")),
    ("ZKQL0205", "reading.zone", query("SELECT reading.zone FROM reading AS r")),
    ("ZKQL0205", "q", query("SELECT q.* FROM place AS p")),
    ("ZKQL0207", "lod", items("SUM(lod) AS x")),
    ("ZKQL0207", "Zone", where("Zone = 1")),
    ("ZKQL0207", "nothing", stream() + select(group=f"GROUP BY {BOUNDS}, nothing")),
    ("ZKQL0207", "tss", over(WINDOW.replace("(ts)", "(tss)"))),
    ("ZKQL0207", "window_start", query("SELECT window_start FROM reading")),
    ("ZKQL0207", "s.zone", query("SELECT s.zone FROM (SELECT zone FROM place) AS s (z)")),
    ("ZKQL0207", "zon", query("SELECT zone FROM place JOIN sale USING (zon)")),
    ("ZKQL0207", "size", query("SELECT zone FROM place JOIN sale USING (size)")),
    ("ZKQL0207", "r.tss", query(
        "SELECT 1 AS x FROM reading AS r JOIN place FOR SYSTEM_TIME AS OF r.tss AS p ON TRUE")),
    ("ZKQL0207", "zone", query("SELECT zone AS z FROM place UNION ALL SELECT zone FROM sale ORDER BY zone")),
    ("ZKQL0240", "zone", query("SELECT zone FROM place JOIN sale ON TRUE")),
    ("ZKQL0240", "zone", query("SELECT name FROM place JOIN sale ON zone = 1")),
    ("ZKQL0242", "a, b, c", query("SELECT a FROM (SELECT zone, name FROM place) AS s (a, b, c)")),
    ("ZKQL0242", "a", query("WITH v (a) AS (SELECT zone, name FROM place) SELECT a FROM v")),
    ("ZKQL0242", "a", query("CREATE VIEW v (a, a) AS SELECT zone, name FROM place; SELECT a FROM v")),
    ("ZKQL0250", "place", query("SELECT 1 AS x FROM place JOIN place ON TRUE")),
    ("ZKQL0250", "sale AS a", query("SELECT 1 AS x FROM place AS a JOIN sale AS a ON TRUE")),
    ("ZKQL0249", "SELECT 1", query("SELECT 1")),
]  # fmt: skip
WINDOWS: list[tuple[str, str, str]] = [
    ("ZKQL0206", "TUMBLES", over(WINDOW.replace("TUMBLE", "TUMBLES"))),
    ("ZKQL0208", "seen", over(WINDOW.replace("(ts)", "(seen)"))),
    ("ZKQL0208", "zone", over("TABLE(TUMBLE(TABLE place, DESCRIPTOR(zone), INTERVAL '1' DAY))")
        + "; CREATE TABLE place (zone INT)"),
    ("ZKQL0208", "seen", query("SELECT COUNT(*) AS n FROM reading GROUP BY TUMBLE(seen, INTERVAL '1' DAY)")),
    ("ZKQL0209", "TUMBLE", over(WINDOW.replace(", INTERVAL '10' SECOND", ""))),
    ("ZKQL0209", "TUMBLE", over(WINDOW.replace("SECOND", "SECOND" + ", INTERVAL '1' DAY" * 2))),
    ("ZKQL0209", "HOP", over(WINDOW.replace("TUMBLE", "HOP"))),
    ("ZKQL0209", "SESSION", over(
        WINDOW.replace("TUMBLE", "SESSION").replace("SECOND", "SECOND, INTERVAL '1' DAY"))),
    ("ZKQL0209", "zone", over(WINDOW.replace("reading", "reading PARTITION BY zone"))),
    ("ZKQL0209", "TUMBLE(ts, 5)", query("SELECT COUNT(*) AS n FROM reading GROUP BY TUMBLE(ts, 5)")),
    ("ZKQL0209", "TUMBLE()", query("SELECT COUNT(*) AS n FROM reading GROUP BY TUMBLE()")),
    ("ZKQL0209", "SESSION(ts, INTERVAL '2' SECOND)", query(
        "SELECT 1 AS x FROM reading"
        " GROUP BY TUMBLE(ts, INTERVAL '1' SECOND), SESSION(ts, INTERVAL '2' SECOND)")),
    ("ZKQL0210", "INTERVAL '10' MONTH", over(WINDOW.replace("SECOND", "MONTH"))),
    ("ZKQL0210", "INTERVAL '10' SECONDSS", over(WINDOW.replace("SECOND", "SECONDSS"))),
    ("ZKQL0210", "INTERVAL '1.0005' SECOND", over(WINDOW.replace("10", "1.0005"))),
    ("ZKQL0210", "INTERVAL '0.5' MILLISECOND", over(WINDOW.replace("'10' SECOND", "'0.5' MILLISECOND"))),
    ("ZKQL0210", "INTERVAL '' SECOND", over(WINDOW.replace("10", ""))),
    ("ZKQL0210", "INTERVAL '0' SECOND", over(WINDOW.replace("10", "0"))),
    ("ZKQL0210", "INTERVAL '-10' SECOND", over(WINDOW.replace("10", "-10"))),
    ("ZKQL0210", "INTERVAL 'x' DAY", over(WINDOW.replace("SECOND", "SECOND, INTERVAL 'x' DAY"))),
    ("ZKQL0210", "INTERVAL '999999999999' DAY", over(WINDOW.replace("'10' SECOND", "'999999999999' DAY"))),
    ("ZKQL0211", "INTERVAL '3' SECOND, INTERVAL '10' SECOND", over(
        WINDOW.replace("TUMBLE", "HOP").replace("INTERVAL", "INTERVAL '3' SECOND, INTERVAL"))),
    ("ZKQL0211", "INTERVAL '20' SECOND, INTERVAL '10' SECOND", over(
        WINDOW.replace("TUMBLE", "CUMULATE").replace("INTERVAL", "INTERVAL '20' SECOND, INTERVAL"))),
    ("ZKQL0211", "zone + 1", query("SELECT 1 FROM sale GROUP BY SESSION(at, INTERVAL '1' DAY), zone + 1")),
    ("ZKQL0247", "TUMBLE_END(at, INTERVAL '2' DAY)", query(
        "SELECT TUMBLE_END(at, INTERVAL '2' DAY) AS e FROM sale GROUP BY TUMBLE(at, INTERVAL '1' DAY)")),
    ("ZKQL0247", "HOP_START(at, INTERVAL '1' DAY, INTERVAL '2' DAY)", query(
        "SELECT HOP_START(at, INTERVAL '1' DAY, INTERVAL '2' DAY) AS s FROM sale GROUP BY zone")),
    ("ZKQL0241", "TUMBLE(at, INTERVAL '1' DAY)", query("SELECT TUMBLE(at, INTERVAL '1' DAY) AS t FROM sale")),
    ("ZKQL0241", "TUMBLE_START(at, INTERVAL '1' DAY)", query(
        "SELECT zone FROM sale WHERE at > TUMBLE_START(at, INTERVAL '1' DAY)")),
]  # fmt: skip
EXPRESSIONS: list[tuple[str, str, str]] = [
    ("ZKQL0212", "zone", items("zone AS z, COUNT(*) AS n")),
    ("ZKQL0212", "load", items("load, COUNT(*) AS n")),
    ("ZKQL0212", "*", items("*")),
    ("ZKQL0212", "zone", query("SELECT COUNT(*) AS n FROM sale GROUP BY shop HAVING zone > 1")),
    ("ZKQL0212", "zone", query("SELECT COUNT(*) AS n FROM sale GROUP BY shop ORDER BY zone")),
    ("ZKQL0212", "price", query("SELECT RANK() OVER (ORDER BY price) AS r FROM sale GROUP BY shop")),
    ("ZKQL0212", "window_time", stream() + select("window_time AS t", group="GROUP BY window_start")),
    ("ZKQL0213", "live", items("SUM(live) AS x")),
    ("ZKQL0213", "seen", items("AVG(seen) AS x")),
    ("ZKQL0213", "SUM()", items("SUM() AS x")),
    ("ZKQL0213", "SUM(load, temp)", items("SUM(load, temp) AS x")),
    ("ZKQL0213", "COUNT(DISTINCT zone, label)", items("COUNT(DISTINCT zone, label) AS x")),
    ("ZKQL0213", "FIRST_VALUE(DISTINCT zone)", items("FIRST_VALUE(DISTINCT zone) AS x")),
    ("ZKQL0213", "SUM(zone) WITHIN GROUP (ORDER BY zone)", items(
        "SUM(zone) WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0213", "PERCENTILE_CONT(0.5)", items("PERCENTILE_CONT(0.5) AS x")),
    ("ZKQL0213", "label", items("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY label) AS x")),
    ("ZKQL0213", "2", items("PERCENTILE_DISC(2) WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0213", "zone", items("PERCENTILE_DISC(zone) WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0213", "RANK()", items("RANK() AS x")),
    ("ZKQL0213", "RANK(1)", items("RANK(1) AS x")),
    ("ZKQL0213", "zone", items("RANK(zone) WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0213", "'7'", items("RANK('7') WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0213", "'noon'", items("CUME_DIST('noon') WITHIN GROUP (ORDER BY seen) AS x")),
    ("ZKQL0213", "1 / 0", items("RANK(1 / 0) WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0213", "NOW()", items("DENSE_RANK(NOW()) WITHIN GROUP (ORDER BY seen) AS x")),
    ("ZKQL0213", "RANK(1, 2) WITHIN GROUP (ORDER BY zone)", items(
        "RANK(1, 2) WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0213", "RANK(1) WITHIN GROUP (ORDER BY zone, temp)", items(
        "RANK(1) WITHIN GROUP (ORDER BY zone, temp) AS x")),
    ("ZKQL0213", "TOP(zone)", items("TOP(zone) AS x")),
    ("ZKQL0213", "0", items("TOP(zone, 0) AS x")),
    ("ZKQL0213", "-1", items("TOP(zone, -1) AS x")),
    ("ZKQL0213", "1001", items("BOTTOM(DISTINCT zone, 1001) AS x")),
    ("ZKQL0213", "1.5", items("BOTTOM(zone, 1.5) AS x")),
    ("ZKQL0213", "temp", items("TOP(zone, temp) AS x")),
    ("ZKQL0213", "label", items("CORR(zone, label) AS x")),
    ("ZKQL0213", "seen", items("COVAR_POP(seen, zone) AS x")),
    ("ZKQL0213", "ARG_MAX(zone)", items("ARG_MAX(zone) AS x")),
    ("ZKQL0213", "MODE(DISTINCT zone)", items("MODE(DISTINCT zone) AS x")),
    ("ZKQL0218", "TOP(*)", items("TOP(*) AS x")),
    ("ZKQL0243", "COUNT(*)", items("RANK(COUNT(*)) WITHIN GROUP (ORDER BY zone) AS x")),
    ("ZKQL0245", "RANK(1) WITHIN GROUP (ORDER BY zone) OVER ()", query(
        f"SELECT RANK(1) WITHIN GROUP (ORDER BY zone) OVER () AS r FROM {SALES}")),
    ("ZKQL0213", "RANK() OVER ()", query("SELECT RANK() OVER () AS r FROM sale")),
    ("ZKQL0213", "-1", query("SELECT LAG(price, -1) OVER (ORDER BY at) AS r FROM sale")),
    ("ZKQL0213", "'a'", query("SELECT LAG(price, 1, 'a') OVER (ORDER BY at) AS r FROM sale")),
    ("ZKQL0213", "'a'", where("CASE WHEN live THEN 1 ELSE 'a' END = 1")),
    ("ZKQL0213", "'a'", where("zone + 'a' = 1")),
    ("ZKQL0213", "zone.x", where("zone.x = 1")),
    ("ZKQL0214", "zone", where("zone")),
    ("ZKQL0214", "7", where("7")),
    ("ZKQL0214", "load", where("ok AND NOT load")),
    ("ZKQL0214", "zone", items("SUM(load) FILTER (WHERE zone) AS x")),
    ("ZKQL0214", "a.zone + b.zone", query("SELECT 1 AS x FROM place AS a JOIN sale AS b ON a.zone + b.zone")),
    ("ZKQL0215", "'a'", where("zone = 'a'")),
    ("ZKQL0215", "1", where("ok = 1")),
    ("ZKQL0215", "5", where("seen > 5")),
    ("ZKQL0215", "1", where("label BETWEEN 'a' AND 1")),
    ("ZKQL0215", "'b'", where("zone IN (1, 'b')")),
    ("ZKQL0215", "'yesterday'", where("seen > 'yesterday'")),
    ("ZKQL0215", "'2026-02-30 00:00:00'", where("'2026-02-30 00:00:00' = ts")),
    ("ZKQL0215", "name", query("CREATE TABLE q (name INT); SELECT 1 AS x FROM place JOIN q USING (name)")),
    ("ZKQL0216", "CAST('x' AS INT)", where("zone = CAST('x' AS INT)")),
    ("ZKQL0216", "TIMESTAMP 'today'", where("seen > TIMESTAMP 'today'")),
    ("ZKQL0217", "1" * 39, where("load < " + "1" * 39)),
    ("ZKQL0217", "-0." + "0" * 39, where("load < -0." + "0" * 39)),
    ("ZKQL0218", "MAX(*)", items("MAX(*) AS x")),
    ("ZKQL0218", "COUNT()", items("COUNT() AS x")),
    ("ZKQL0218", "ABS(*)", items("ABS(*) AS x")),
    ("ZKQL0218", "ABS(DISTINCT zone)", items("ABS(DISTINCT zone) AS x")),
    ("ZKQL0241", "FLOR(zone)", where("FLOR(zone) = 1")),
    ("ZKQL0243", "COUNT(*)", where("COUNT(*) > 1")),
    ("ZKQL0243", "RANK() OVER (ORDER BY ts)", where("RANK() OVER (ORDER BY ts) = 1")),
    ("ZKQL0243", "MAX(zone)", items("SUM(MAX(zone)) AS x")),
    ("ZKQL0243", "COUNT(*)", items("SUM(zone) FILTER (WHERE COUNT(*) > 1) AS x")),
    ("ZKQL0243", "SUM(zone)", stream() + select(group=f"GROUP BY {BOUNDS}, SUM(zone)")),
    ("ZKQL0243", "COUNT(*)", query("SELECT 1 AS x FROM place AS a JOIN sale AS b ON COUNT(*) = 1")),
    ("ZKQL0243", "RANK() OVER (ORDER BY at)", query(
        "SELECT SUM(RANK() OVER (ORDER BY at)) OVER () AS s FROM sale")),
    ("ZKQL0243", "MAX(zone) OVER ()", query("SELECT 1 FROM sale HAVING SUM(price) < MAX(zone) OVER ()")),
    ("ZKQL0245", "UPPER(name) OVER ()", query("SELECT UPPER(name) OVER () AS s FROM place")),
    ("ZKQL0245", "UPPER(name) FILTER (WHERE TRUE)", query(
        "SELECT UPPER(name) FILTER (WHERE TRUE) AS s FROM place")),
    ("ZKQL0248", "b", query("SELECT b FROM (SELECT COLLECT_DISTINCT(zone) AS b FROM place) ORDER BY b")),
    ("ZKQL0248", "COLLECT_DISTINCT(zone)", query("SELECT 1 AS x FROM place ORDER BY COLLECT_DISTINCT(zone)")),
    ("ZKQL0251", "SELECT zone, name FROM place UNION SELECT zone FROM sale", query(
        "SELECT zone, name FROM place UNION SELECT zone FROM sale")),
    ("ZKQL0252", "zone", query("SELECT name FROM place UNION ALL SELECT zone FROM sale")),
    ("ZKQL0253", "size", query("SELECT DISTINCT zone FROM place ORDER BY size")),
    ("ZKQL0254", "1", stream() + select(group=f"GROUP BY {BOUNDS}, 1")),
    ("ZKQL0254", "'a'", stream() + select(group=f"GROUP BY {BOUNDS}, 'a'")),
    ("ZKQL0255", "2", query("SELECT zone FROM place ORDER BY 2")),
    ("ZKQL0255", "0", query("SELECT zone FROM place UNION ALL SELECT zone FROM sale ORDER BY 0")),
    ("ZKQL0317", "EXISTS (SELECT 1 FROM sale)", query(
        "SELECT zone FROM place WHERE EXISTS (SELECT 1 FROM sale)")),
    ("ZKQL0317", "zone IN (SELECT zone FROM sale)", query(
        "SELECT zone FROM place WHERE zone IN (SELECT zone FROM sale)")),
    ("ZKQL0317", "(SELECT MAX(zone) FROM sale)", query("SELECT (SELECT MAX(zone) FROM sale) FROM place")),
    ("ZKQL0317", "SELECT zone FROM place EXCEPT SELECT zone FROM sale", query(
        "SELECT zone FROM place EXCEPT SELECT zone FROM sale")),
    ("ZKQL0318", "LEFT JOIN", query(
        "SELECT s.zone FROM place AS p LEFT JOIN sale AS s ON p.zone = s.zone")),
]  # fmt: skip
FRAMES: list[tuple[str, str, str]] = [
    ("ZKQL0246", frame, query(f"SELECT SUM(size) OVER (ORDER BY {order} {frame}) AS s FROM place, sale"))
    for order, frame in (
        ("at", "ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING"),
        ("at", "ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW"),
        ("at", "ROWS BETWEEN CURRENT ROW AND UNBOUNDED PRECEDING"),
        ("size", "RANGE INTERVAL '1' SECOND PRECEDING"),
        ("at, size", "RANGE INTERVAL '1' SECOND PRECEDING"),
        ("at", "RANGE 2 PRECEDING"),
        ("name", "RANGE 2 PRECEDING"),
        ("size, price", "RANGE 2 PRECEDING"),
    )
] + [
    (
        "ZKQL0246",
        offset,
        query(f"SELECT SUM(price) OVER (ORDER BY at ROWS {offset} PRECEDING) AS s FROM sale"),
    )
    for offset in ("zone", "1.5", "-1", "'1'", "INTERVAL '1' SECOND")
]
UNPROVABLE: list[tuple[str, str, str]] = [
    ("ZKQL0302", "reading", query("SELECT zone, load FROM reading")),
    ("ZKQL0302", "SUM(load)", query("SELECT SUM(load) AS s FROM reading")),
    ("ZKQL0302", "zone, label", query("SELECT COUNT(*) AS n FROM reading GROUP BY zone, label")),
    ("ZKQL0302", "DISTINCT", query("SELECT DISTINCT zone FROM reading")),
    ("ZKQL0302", f"SELECT zone FROM {WINDOW} UNION SELECT zone FROM {SALES}", query(
        f"SELECT zone FROM {WINDOW} UNION SELECT zone FROM {SALES}")),
    ("ZKQL0304", "COUNT(*)", stream() + select(group="")),
    ("ZKQL0304", "window_start", stream() + select(group="GROUP BY window_start, zone")),
    ("ZKQL0304", "zone", stream() + select(group="GROUP BY zone, window_end")),
    ("ZKQL0304", "zone + 1", stream() + select(group="GROUP BY zone + 1, window_end")),
    ("ZKQL0304", "DISTINCT", stream() + select("DISTINCT COUNT(*) AS n")),
    ("ZKQL0304", "DISTINCT", stream() + select("DISTINCT window_start, zone", group="")),
    ("ZKQL0312", "PROCTIME()", items("PROCTIME() AS p")),
    ("ZKQL0312", "CURRENT_TIMESTAMP", where("ts < CURRENT_TIMESTAMP")),
    ("ZKQL0312", "Now()", where("Now() > seen")),
    ("ZKQL0312", "localtime", items("localtime AS p")),
    ("ZKQL0313", "raw", "CREATE TABLE raw (x INT, t TIMESTAMP(3), WATERMARK FOR t AS t); " + select(
        source="TABLE(TUMBLE(TABLE raw, DESCRIPTOR(t), INTERVAL '1' DAY))")),
    ("ZKQL0314", "REGEXP_EXTRACT(note, 'a(.*)', 1)", where(
        "REGEXP_EXTRACT(note, 'a(.*)', 1) = 'b'", ", note VARCHAR(9)")),
    ("ZKQL0314", "REGEXP(note, 'a')", where("zone = 1 OR REGEXP(note, 'a')", ", note VARCHAR(9)")),
    ("ZKQL0315", "f(zone)", "CREATE FUNCTION f AS 'class'; " + items("MAX(f(zone)) AS x")),
    ("ZKQL0316", "a.zone = b.zone", query("SELECT load FROM reading AS a JOIN sale AS b ON a.zone = b.zone")),
    ("ZKQL0316", "sale", query("SELECT load FROM reading, sale")),
    ("ZKQL0316", "sale", query("SELECT load FROM reading JOIN sale USING (zone)")),
    ("ZKQL0316", "a.zone = b.zone AND b.at > a.ts", query(
        "SELECT a.zone FROM reading AS a JOIN sale AS b ON a.zone = b.zone AND b.at > a.ts")),
    ("ZKQL0319", "ORDER BY n", stream() + select() + " ORDER BY n"),
    ("ZKQL0319", "LIMIT 3", stream() + select() + " LIMIT 3"),
    ("ZKQL0319", "ORDER BY load LIMIT 3", query(
        "SELECT zone FROM (SELECT zone FROM reading ORDER BY load LIMIT 3)")),
    ("ZKQL0320", "SUM(price) OVER (ORDER BY at)", query(
        "SELECT SUM(price) OVER (ORDER BY at) AS s FROM sale")),
    ("ZKQL0320", "RANK() OVER (ORDER BY price)", query(
        f"SELECT RANK() OVER (ORDER BY price) AS s FROM {SALES}")),
    ("ZKQL0320", "LEAD(price) OVER (ORDER BY at)", query(
        "SELECT LEAD(price) OVER (ORDER BY at) AS s FROM sale")),
    ("ZKQL0320", "LAG(price) OVER (ORDER BY at DESC)", query(
        "SELECT LAG(price) OVER (ORDER BY at DESC) AS s FROM sale")),
    ("ZKQL0321", "place", query("SELECT COUNT(*) AS n FROM place")),
    ("ZKQL0321", "place", query("SELECT name FROM place ORDER BY name LIMIT 3")),
]  # fmt: skip
NO_CIRCUIT: list[tuple[str, str, str]] = [
    ("ZKQL0301", "reading", query(f"SELECT * FROM {WINDOW}")),
    ("ZKQL0301", "reading", query(f"SELECT zone, load FROM (SELECT * FROM {WINDOW}) WHERE load > 1")),
    ("ZKQL0301", BOUNDED, query(f"SELECT a.zone FROM {WINDOW} AS a JOIN {SALES} AS b ON {BOUNDED}")),
    ("ZKQL0301", "a.window_end = b.window_end", query(
        f"SELECT a.zone FROM {WINDOW} AS a JOIN {SALES} AS b ON a.window_end = b.window_end")),
    ("ZKQL0301", "b.at BETWEEN a.ts AND a.ts + INTERVAL '1' DAY", query(
        f"SELECT a.zone FROM {WINDOW} AS a JOIN {SALES} AS b"
        " ON b.at BETWEEN a.ts AND a.ts + INTERVAL '1' DAY")),
    ("ZKQL0301", "a.zone = p.zone", query(
        f"SELECT COUNT(*) AS n FROM {WINDOW} AS a JOIN place AS p ON a.zone = p.zone GROUP BY {BOUNDS}")),
    ("ZKQL0301", f"SELECT zone FROM {WINDOW} UNION ALL SELECT zone FROM {SALES}", query(
        f"SELECT zone FROM {WINDOW} UNION ALL SELECT zone FROM {SALES}")),
    ("ZKQL0301", f"SUM(load) OVER (PARTITION BY {BOUNDS} ORDER BY load)", query(
        f"SELECT SUM(load) OVER (PARTITION BY {BOUNDS} ORDER BY load) AS r FROM {WINDOW}")),
    ("ZKQL0301", WINDOW.replace("TUMBLE", "session"), over(WINDOW.replace("TUMBLE", "session"))),
    ("ZKQL0301", "HOP(ts, INTERVAL '1' SECOND, INTERVAL '2' SECOND)", query(
        "SELECT SUM(load) AS s FROM reading GROUP BY HOP(ts, INTERVAL '1' SECOND, INTERVAL '2' SECOND)")),
    ("ZKQL0301", GROWING, over(GROWING)),
    ("ZKQL0301", f"{BOUNDS}, zone", query(
        f"SELECT MAX(n) AS m FROM (SELECT {BOUNDS}, COUNT(*) AS n FROM {WINDOW} GROUP BY {BOUNDS}, zone)"
        f" GROUP BY {BOUNDS}")),
    ("ZKQL0301", "DISTINCT", query(
        f"SELECT COUNT(*) AS n FROM (SELECT DISTINCT {BOUNDS}, zone FROM {WINDOW}) GROUP BY {BOUNDS}")),
    ("ZKQL0301", "x ARRAY<INT> PUBLIC NULL", items("COUNT(*) AS n", ", x ARRAY<INT> PUBLIC NULL")),
    ("ZKQL0301", "x ROW<a INT> PUBLIC", items("COUNT(*) AS n", ", x ROW<a INT> PUBLIC")),
    ("ZKQL0301", "SUM(load) + 1 AS x", items("SUM(load) + 1 AS x")),
    ("ZKQL0301", "CAST(SUM(load) AS INT) AS x", items("CAST(SUM(load) AS INT) AS x")),
    ("ZKQL0301", "SUM(load) > 3 AND COUNT(*) > 1", stream() + select(
        group=f"GROUP BY {BOUNDS} HAVING SUM(load) > 3 AND COUNT(*) > 1")),
    ("ZKQL0301", "COUNT(*) > 1", stream() + select(
        "zone", "ok", group=f"GROUP BY {BOUNDS}, zone HAVING COUNT(*) > 1")),
    ("ZKQL0301", "COUNT(*) > 1", stream() + select(
        "load", group=f"GROUP BY {BOUNDS}, load HAVING COUNT(*) > 1")),
    ("ZKQL0301", "UPPER(name)", where("UPPER(name) = 'A'", ", name VARCHAR(5)")),
    ("ZKQL0301", "name || 'x'", where("name || 'x' = 'ax'", ", name VARCHAR(5)")),
    ("ZKQL0301", "name LIKE '%x'", where("name LIKE '%x'", ", name VARCHAR(5)")),
    ("ZKQL0301", "CAST(name AS INT)", items("SUM(CAST(name AS INT)) AS x", ", name VARCHAR(5)")),
    ("ZKQL0301", "REPLACE(name, 'a', 'b')", items(
        "COUNT(*) FILTER (WHERE REPLACE(name, 'a', 'b') = 'b') AS x", ", name VARCHAR(5)")),
    ("ZKQL0301", "REVERSE(name)", stream(", name VARCHAR(5)") + select(
        group=f"GROUP BY {BOUNDS}, REVERSE(name)")),
    ("ZKQL0301", "note", where("name < note", ", name VARCHAR(5), note VARCHAR(12) PUBLIC")),
    ("ZKQL0301", "MAX(note)", stream(", note VARCHAR(12) PUBLIC") + select("MAX(note) AS x", "ok")),
    ("ZKQL0301", "ts - seen", stream() + select(group=f"GROUP BY {BOUNDS}, ok, ts - seen")),
    ("ZKQL0301", "10 / zone > 1", where("ok AND 10 / zone > 1")),
    ("ZKQL0301", "MAX(ts - seen)", stream() + select("MAX(ts - seen) AS x")),
    ("ZKQL0301", "window_start > ts", where("window_start > ts")),
    ("ZKQL0301", "window_start", items("MAX(window_start) AS m")),
    ("ZKQL0301", "window_end > seen", stream() + select(group=f"GROUP BY {BOUNDS}, window_end > seen")),
    ("ZKQL0308", "x VARCHAR(12)", stream(", x VARCHAR(12)") + select()),
    ("ZKQL0308", "x VARCHAR(12) NULL", stream(", x VARCHAR(12) NULL") + select()),
    ("ZKQL0308", "x STRING PRIVATE", stream(", x STRING PRIVATE") + select()),
    ("ZKQL0309", "SUM(x)", items("SUM(x) AS y", ", x DECIMAL(38)")),
    ("ZKQL0309", "SUM(temp * y)", items("SUM(temp * y) AS x", ", y DECIMAL(29)")),
    ("ZKQL0309", "SUM(DISTINCT x)", items("SUM(DISTINCT x) AS y", ", x DECIMAL(38)")),
    ("ZKQL0310", "reading", items("SUM(load) AS y", MANY)),
    ("ZKQL0310", "reading", items("COUNT(*) AS y", MANY)),
    ("ZKQL0311", "x < y", where("x < y", WIDE)),
    ("ZKQL0311", "y >= x", where("y >= x", WIDE)),
    ("ZKQL0311", "x < " + "9" * 38, where("x < " + "9" * 38, WIDE)),
    ("ZKQL0311", "y < ." + "0" * 37 + "1", where("y < ." + "0" * 37 + "1", WIDE)),
    ("ZKQL0311", "x < y", items("COUNT(*) FILTER (WHERE x < y) AS n", WIDE)),
    ("ZKQL0311", "x * y", items("MAX(x * y) AS n", WIDE)),
    ("ZKQL0311", "x < y", stream(WIDE) + select(
        group=f"GROUP BY {BOUNDS}, CASE WHEN x < y THEN 1 END")),
    ("ZKQL0311", "a", stream(TEXTS) + select("COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, a, b")),
]  # fmt: skip
REFUSALS = [
    *SYNTAX, *STATEMENTS, *STREAMS, *NAMES, *WINDOWS, *EXPRESSIONS, *FRAMES, *UNPROVABLE, *NO_CIRCUIT,
]  # fmt: skip


@pytest.mark.parametrize("code, snippet, text", REFUSALS, ids=[f"{c[4:]}-{s[:24]}" for c, s, _ in REFUSALS])
def test_refusals_have_a_code_and_underline_the_cause(code: str, snippet: str, text: str) -> None:
    error = refusal(text)
    (diagnostic,) = error.diagnostics
    assert (diagnostic.code, underlined(diagnostic)) == (code, snippet)
    assert all(label.span.source.text == text for label in diagnostic.labels)
    line, column = diagnostic.labels[0].span.source.position(diagnostic.labels[0].span.start)
    assert str(error).startswith(f"test.zkql:{line}:{column}: error[{code}]: {diagnostic.message}\n")


UNREACHABLE = {"ZKQL0244"}
"""Every expression that the grammar knows is bound."""


PROVEN: list[str] = [
    stream(", x INT NULL") + select("SUM(x) AS s"),
    stream(", x VARCHAR(11) NULL") + select("MAX(x) AS s"),
    items("MAX(ok) AS x"),
    items("COUNT(*) FILTER (WHERE ok) AS x"),
    items("SUM(load) FILTER (WHERE live) AS x"),
    items("SUM(load * 2) AS x"),
    items("AVG(x) AS y", ", x DECIMAL(33, 1)"),
    stream() + select("MAX(label) AS x", "ok"),
    stream() + select("SUM(NULLIF(zone, 0)) AS x", "ok"),
    stream() + select("SUM(zone * 2) AS x", "ok"),
    stream() + select("COUNT(NULLIF(zone, 0)) AS x", "ok"),
    stream() + select("zone", "zone > 0 AND load > 1", group=f"GROUP BY {BOUNDS}, zone"),
    stream() + select(f"DISTINCT {BOUNDS}, zone", "ok", group=""),
    stream() + select(f"DISTINCT {BOUNDS}, load", group=""),
    query("SELECT zone FROM (" + select("zone, COUNT(*) AS n", "ok", group=f"GROUP BY {BOUNDS}, zone") + ")"),
    where("load + 1 > 2"),
    where("zone > load + temp"),
    where("load > zone * 2"),
    where("ok OR 10 / zone > 1"),
    where("ok OR zone = NULL"),
    where("load > NULLIF(zone, 0)"),
    where("CASE WHEN ok THEN zone ELSE 1 END = 1"),
    where("name LIKE 'x%' OR name IN ('a', 'bc')", ", name VARCHAR(5) NULL"),
    stream() + select("load, COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, load"),
    stream() + select("load > 1 AS x, COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, load > 1"),
    stream(TEXTS) + select("a, COUNT(*) AS n", group=f"GROUP BY {BOUNDS}, a"),
]


@pytest.mark.parametrize("text", PROVEN)
def test_what_is_near_a_refusal_has_a_circuit(text: str) -> None:
    assert compiled(text).circuit is not None


NATIVE: list[str] = [
    items("COUNT(*) AS n", ", x INT NULL"),
    items("COLLECT_DISTINCT(zone) AS x"),
    stream() + select(group=f"GROUP BY {BOUNDS}, NULLIF(zone, 0)"),
    stream() + select(group=f"GROUP BY {BOUNDS} HAVING COUNT(*) > 3"),
]


@pytest.mark.parametrize("text", NATIVE)
def test_what_is_public_needs_none(text: str) -> None:
    assert compiled(text).circuit is None


def test_every_code_of_the_front_end_is_triggered_above() -> None:
    folders = ("lang", "plan", "circuit")
    files = [*(f for name in folders for f in ROOT.glob(f"zkql/{name}/**/*.py")), ROOT / "zkql/compiler.py"]
    raised = {code for f in files for code in re.findall(r"ZKQL0[123]\d\d", f.read_text())}
    assert raised - UNREACHABLE == {code for code, _, _ in REFUSALS}
