"""Every verb as a user types it: what it prints, how it exits, and what it leaves on disk."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from zkql import __version__
from zkql.bundle import KeyKind, read_bundle, write_manifest
from zkql.cli.app import app
from zkql.cli.proofs import Proven, RunReport
from zkql.runtime.consumer import Verification

QUERY = """\
CREATE STREAM bid (
  auction   BIGINT PUBLIC,
  bidder    BIGINT,
  price     DECIMAL(12, 2),
  dateTime  TIMESTAMP(3),
  WATERMARK FOR dateTime AS dateTime
) SIGNED BY bidder WITH ('capacity' = '4');

SELECT window_start, window_end,
       MAX(price) AS highest,
       MIN(price) AS lowest,
       AVG(price) AS average,
       SUM(price) AS total,
       COUNT(*)   AS bids
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
GROUP BY window_start, window_end;
"""
PUBLIC = """\
CREATE STREAM bid (
  kind VARCHAR PUBLIC, bidder VARCHAR(30), price INT PUBLIC, dateTime TIMESTAMP(3),
  WATERMARK FOR dateTime AS dateTime
) SIGNED BY bidder;
SELECT window_start, kind, bidder, MAX(price) AS highest
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, kind, bidder;
"""
"""No private column: no circuit, and VARCHAR for devices and groups."""

FILTERED = """\
CREATE STREAM bid (
  kind VARCHAR PUBLIC, bidder INT, price DECIMAL(5, 2), dateTime TIMESTAMP(3),
  WATERMARK FOR dateTime AS dateTime
) SIGNED BY bidder WITH ('capacity' = '4');
SELECT window_start, kind, SUM(price) AS total, COUNT(*) AS n
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND, INTERVAL '3' SECOND))
WHERE price > -1.5
GROUP BY window_start, window_end, kind;
"""

DAY = "2026-01-01 00:00:"
ROWS = (
    (1, "5.00", "00.000"),
    (2, "0.07", "09.999"),
    (1, "7", "10.000"),
    (2, "-9999999999.99", "29.999"),
    (1, "-20.50", "04.000"),
)
"""Bidder, price, second: rows at both edges of a window, and one out of order."""

SILENT = 3
RESULTS = [
    ("00.000", "10.000", "5.00", "-20.50", "-5.143333", "-15.43", 3),
    ("10.000", "20.000", "7.00", "7.00", "7.000000", "7.00", 1),
    ("20.000", "30.000", "-9999999999.99", "-9999999999.99", "-9999999999.990000", "-9999999999.99", 1),
]
COLUMNS = ("window_start", "window_end", "highest", "lowest", "average", "total", "bids")
WINDOWS = [f"window-2026-01-01T00-00-{second}.000.json" for second in ("00", "10", "20")]
EXPECTED = [dict(zip(COLUMNS, (DAY + r[0], DAY + r[1], *r[2:]), strict=True)) for r in RESULTS]

# --- helpers ----------------------------------------------------------------------------------------


def zkql(*arguments: object) -> Result:
    """Run a verb in this process. Whatever it is given, it ends in an exit code and a message."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    assert "internal error" not in result.output, result.output
    return result


def succeeds(*arguments: object) -> Result:
    result = zkql(*arguments)
    assert result.exit_code == 0, result.output
    return result


def as_json(*arguments: object) -> Any:
    """What a verb that succeeds prints with ``--json``."""
    return json.loads(succeeds(*arguments, "--json").stdout)


def snapshot(folder: Path) -> dict[str, str | None]:
    """Every path below a folder and the digest of its content."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else None
        for p in sorted(folder.rglob("*"))
    }


def refused(work: Path, exit_code: int, code: str, *phrases: object, by: tuple[object, ...]) -> None:
    """The verb ``by`` fails in text and in JSON with a code that starts so, says ``phrases``, and
    leaves everything in ``work`` as it was."""
    before = snapshot(work)
    text = zkql(*by)
    assert text.exit_code == exit_code, text.output
    assert f"error[{code}" in text.stderr
    assert not text.stdout
    data = zkql(*by, "--json")
    assert data.exit_code == exit_code
    (error,) = json.loads(data.stdout)["errors"]
    assert error["code"].startswith(code)
    said = "\n".join([error["message"], *error["notes"]])
    for phrase in map(str, phrases):
        assert phrase in text.stderr
        assert phrase in said
    assert snapshot(work) == before


def row(bidder: object = 1, price: object = "1.00", time: object = DAY + "00.000", **other: object) -> str:
    """A line of a file of rows."""
    return json.dumps({"auction": 7, "bidder": bidder, "price": price, "dateTime": time, **other}) + "\n"


def public_row(bidder: str = "a", kind: str = "k", price: int = 1, time: object = DAY + "00.000") -> str:
    """The same for :data:`PUBLIC`."""
    return json.dumps({"kind": kind, "bidder": bidder, "price": price, "dateTime": time}) + "\n"


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@dataclass(frozen=True)
class Work:
    """Files of one query, each made by the verb that makes it."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    @property
    def query(self) -> Path:
        return self / "query.zkql"

    @property
    def registry(self) -> Path:
        return self / "keys" / "registry.json"

    def keygen(self, rows: Path, folder: str = "new") -> tuple[object, ...]:
        return ("sensor", "keygen", self.query, "--stream", "bid", "--from", rows, "-o", self / folder)

    def sign(self, rows: Path, output: str = "new", keys: str = "keys") -> tuple[object, ...]:
        """``keys`` have signed already; ``fresh-keys`` have not."""
        return (
            *("sensor", "sign", self.query, rows, "--stream", "bid"),
            *("--keys", self / keys, "-o", self / output),
        )

    def prove(self, signed: str = "signed.jsonl", output: str = "new") -> tuple[object, ...]:
        return "prove", self / "bundle", "--stream", f"bid={self / signed}", "-o", self / output

    def verify(self, envelopes: str = "envelopes") -> tuple[object, ...]:
        return (
            *("verify", self / "bundle", self / envelopes),
            *("--registry", self.registry, "--allow-dev-keys"),
        )

    def verdict(self, envelopes: str = "envelopes") -> dict[str, Any]:
        """What ``verify`` says of envelopes that it rejects, the same in text and JSON."""
        text = zkql(*self.verify(envelopes))
        assert text.exit_code == 1
        assert "windows verified" not in text.output
        result = zkql(*self.verify(envelopes), "--json")
        assert result.exit_code == 1
        outcome: dict[str, Any] = json.loads(result.stdout)
        assert set(outcome) == {"verified", "known", "results", "rejected"}
        assert outcome["verified"] is False
        assert outcome["rejected"]
        for item in outcome["rejected"]:
            assert f"rejected: {item['envelope']}: {item['reason']}" in text.stderr
        return outcome

    def edit_signed(self, change: Callable[[list[Any]], object]) -> list[Any]:
        """Change the objects in the signed file's lines."""
        lines = [json.loads(line) for line in (self / "signed.jsonl").read_text().splitlines()]
        change(lines)
        written(self / "signed.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        return lines


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """A query taken through all verbs. Tests that change files take ``work``, a copy."""
    work = Work(tmp_path_factory.mktemp("cli"))
    written(work.query, QUERY)
    rows = written(work / "rows.jsonl", "".join(row(b, p, DAY + t) for b, p, t in ROWS))
    named = written(work / "devices.jsonl", rows.read_text() + row(SILENT))
    succeeds("compile", work.query, "-o", work / "bundle")
    shutil.copytree(work / "bundle", work / "no-keys")
    succeeds("setup", work / "bundle", "--dev")
    succeeds(*work.keygen(named, "keys"))
    shutil.copytree(work / "keys", work / "fresh-keys")
    succeeds(*work.sign(rows, "signed.jsonl"))
    succeeds(*work.prove(output="envelopes"))
    succeeds(*work.verify())
    return work


@pytest.fixture
def work(made: Work, tmp_path: Path) -> Iterator[Work]:
    shutil.copytree(made.folder, tmp_path / "work")
    yield Work(tmp_path / "work")
    shutil.rmtree(tmp_path / "work")


@pytest.fixture
def public(tmp_path: Path) -> Work:
    """A folder with :data:`PUBLIC` alone."""
    written(tmp_path / "query.zkql", PUBLIC)
    return Work(tmp_path)


# --- the happy path ---------------------------------------------------------------------------------


def test_compile_writes_a_bundle_and_says_what_is_next(work: Work) -> None:
    text = succeeds("compile", work.query, "-o", work / "new").stdout
    data = as_json("compile", work.query, "-o", work / "new")
    assert f"{data['constraints']:,} constraints for 4 rows" in text
    assert f"zkql setup {work / 'new'} --dev" in text
    manifest = json.loads((work / "new" / "manifest.json").read_text())
    assert data == {
        "bundle": str(work / "new"),
        "digest": manifest["digest"],
        "constraints": manifest["constraints"],
    }
    assert (work / "new" / "query.zkql").read_text() == QUERY
    assert not [p for p in work.folder.iterdir() if p.name.startswith(".")]


def test_compile_and_setup_again_use_the_cache(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr("zkql.toolchain.zokrates.run_job", fail)
    monkeypatch.setattr("zkql.toolchain.zokrates.dev_zkey", fail)
    succeeds("compile", work.query, "-o", work / "new")
    succeeds("setup", work / "new", "--dev")
    assert snapshot(work / "new") == snapshot(work / "bundle")


def test_setup_names_the_kind_of_keys(work: Work) -> None:
    data = as_json("setup", work / "no-keys", "--dev")
    manifest = json.loads((work / "no-keys" / "manifest.json").read_text())
    assert data == {
        "bundle": str(work / "no-keys"),
        "digest": manifest["digest"],
        "keys": "dev-INSECURE",
    }
    text = succeeds("setup", work / "no-keys", "--dev").stdout
    assert "dev-INSECURE" in text
    assert manifest["digest"] in text


def test_keygen_makes_private_keys_that_only_the_user_can_read(work: Work) -> None:
    keys = work / "keys"
    assert sorted(p.name for p in (keys / "private").iterdir()) == ["1.key", "2.key", "3.key"]
    assert {mode(p) for p in (keys / "private").iterdir()} == {0o600}
    assert mode(keys / "private") == 0o700
    assert mode(keys / "state.json") == 0o600
    assert [d["device"] for d in json.loads(work.registry.read_text())["devices"]] == [1, 2, 3]
    assert "seed" not in work.registry.read_text()
    assert as_json(*work.keygen(work / "devices.jsonl")) == {"folder": str(work / "new"), "devices": 3}
    assert "keys of 2 devices" in succeeds(*work.keygen(work / "rows.jsonl", "other")).stdout


def test_sign_writes_a_file_that_only_the_user_can_read(work: Work) -> None:
    assert mode(work / "signed.jsonl") == 0o600
    data = as_json(*work.sign(work / "rows.jsonl", keys="fresh-keys"))
    assert data == {"file": str(work / "new"), "rows": 5, "devices": 3}
    assert mode(work / "new") == 0o600
    kinds = [next(iter(json.loads(line))) for line in (work / "new").read_text().splitlines()]
    assert sorted(kinds) == ["heartbeat"] * 3 + ["registry"] + ["row"] * 5


def test_sign_does_not_overwrite_signed_rows(work: Work) -> None:
    """They cannot be signed again, so they would be lost for good."""
    refused(
        work.folder, 2, "ZKQL0438", "not overwritten",
        by=work.sign(work / "rows.jsonl", "signed.jsonl", "fresh-keys"),
    )  # fmt: skip


def test_sign_says_how_many_rows(work: Work) -> None:
    text = succeeds(*work.sign(work / "rows.jsonl", keys="fresh-keys")).stdout
    assert text == f"{work / 'new'}: 5 rows of 3 devices, signed\n"


def test_a_device_signs_one_file_after_the_other(work: Work) -> None:
    later = written(work / "later.jsonl", row(2, "1.00", DAY + "30.000"))
    succeeds(*work.sign(later, "later-signed.jsonl"))
    first, second = (work / n for n in ("signed.jsonl", "later-signed.jsonl"))
    written(first, first.read_text() + second.read_text())
    succeeds(*work.prove())
    outcome = as_json(*work.verify("new"))
    assert outcome["results"][:3] == EXPECTED
    assert outcome["results"][3]["total"] == "1.00"


def rotated(work: Work, device: object = 2) -> tuple[object, ...]:
    keys = ("--keys", work / "keys", "--device", device)
    return ("sensor", "rotate", work.query, "--stream", "bid", *keys)


def revoked(work: Work, number: object, device: object = 2) -> tuple[object, ...]:
    given = ("--registry", work.registry, "--device", device, "--from", number)
    return ("sensor", "revoke", work.query, "--stream", "bid", *given)


def test_a_key_is_changed(work: Work) -> None:
    """The old registry does not know the new key; nothing that was signed before is lost."""
    before = work.registry.read_bytes()
    text = succeeds(*rotated(work)).stdout
    assert f"{work.registry}: device 2 has a new key from row " in text
    later = written(work / "later.jsonl", row(2, "1.00", DAY + "30.000"))
    succeeds(*work.sign(later, "later-signed.jsonl"))
    first, second = (work / n for n in ("signed.jsonl", "later-signed.jsonl"))
    written(first, first.read_text() + second.read_text())
    succeeds(*work.prove())
    assert as_json(*work.verify("new"))["results"][3]["total"] == "1.00"
    after = work.registry.read_bytes()
    written(work.registry, before)
    assert "device 2" in work.verdict("new")["rejected"][0]["reason"]
    written(work.registry, after)
    refused(work.folder, 2, "ZKQL0435", "device 99", by=rotated(work, 99))
    refused(work.folder, 2, "ZKQL0435", "'two' is no BIGINT", by=rotated(work, "two"))


def test_a_key_that_has_signed_nothing_is_not_changed(work: Work) -> None:
    succeeds(*rotated(work))
    refused(work.folder, 2, "ZKQL0480", "signed nothing", by=rotated(work))


def test_a_device_is_revoked(work: Work) -> None:
    """From its next row on: what it signed counts, and no window waits for it. Then from its first row on."""
    states = json.loads((work / "keys/state.json").read_text())["devices"]
    number = next(s["sequence"] for s in states if s["device"] == 2)
    assert as_json(*revoked(work, number)) == {
        "registry": str(work.registry),
        "device": 2,
        "revoked": number,
    }
    assert as_json(*work.verify())["verified"]
    refused(work.folder, 2, "ZKQL0481", f"from {number} on", by=revoked(work, number + 1))
    later = written(work / "later.jsonl", row(2, "1.00", DAY + "30.000"))
    refused(work.folder, 2, "ZKQL0482", "device 2 is revoked", by=work.sign(later))
    assert (
        f"nothing of device 2 is accepted from row {number - 1} on"
        in succeeds(*revoked(work, number - 1)).stdout
    )
    assert "revoked" in work.verdict()["rejected"][0]["reason"]


def test_prove_writes_an_envelope_a_window(work: Work) -> None:
    data = as_json(*work.prove())
    assert sorted(p.name for p in (work / "new").iterdir()) == WINDOWS
    assert set(data) == {"folder", "windows", "rows", "proof_bytes", "timings", "waiting"}
    assert (data["folder"], data["windows"], data["rows"]) == (str(work / "new"), 3, 5)
    assert (data["proof_bytes"], data["waiting"]) == (256, None)
    assert "3 windows, 5 rows, 3 proofs of 256 bytes" in succeeds(*work.prove()).stdout


def test_envelopes_hold_no_private_value(work: Work) -> None:
    shown = "".join(p.read_text() for p in (work / "envelopes").iterdir())
    assert "0.07" not in shown
    assert "private" not in shown
    assert "salt" not in shown


def test_prove_takes_a_registry_of_the_processors_own(work: Work) -> None:
    succeeds(*work.prove(), "--registry", work.registry)
    succeeds(*work.verify("new"))


def test_verify_prints_exactly_the_results(work: Work) -> None:
    assert as_json(*work.verify()) == {"verified": True, "known": 0, "results": EXPECTED, "rejected": []}
    text = succeeds(*work.verify()).stdout
    assert "3 windows verified" in text
    table = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    assert table == [[str(value) for value in result.values()] for result in EXPECTED]


def test_verify_goes_on_where_a_ledger_ends(work: Work) -> None:
    kept = work / "accepted.sqlite"
    first, *_ = sorted((work / "envelopes").iterdir())
    (work / "early").mkdir()
    shutil.copy(first, work / "early")
    assert as_json(*work.verify("early"), "--ledger", kept)["results"] == EXPECTED[:1]
    found = as_json(*work.verify(), "--ledger", kept)
    assert found == {"verified": True, "known": 1, "results": EXPECTED[1:], "rejected": []}
    text = succeeds(*work.verify(), "--ledger", kept).stdout
    assert "0 windows verified, 3 accepted before, complete until" in text
    refused(
        work.folder, 2, "ZKQL0465", work.query, "name another", by=(*work.verify(), "--ledger", work.query)
    )


def test_verify_refuses_development_keys_unless_told(work: Work) -> None:
    verb = [a for a in work.verify() if a != "--allow-dev-keys"]
    refused(work.folder, 1, "ZKQL0501", "INSECURE", "--allow-dev-keys", by=tuple(verb))


def test_one_window_is_no_windows() -> None:
    public = RunReport(Verification(), 0, 4, Proven(windows=1), {})
    assert public.summary().startswith("1 window verified;")
    private = RunReport(Verification(), 9, 4, Proven(windows=1, rows=1), {"verify": 1.0})
    assert private.summary().startswith("0 results of 1 window verified over 1 signed row\n")


def test_run_with_rows_of_a_file(work: Work) -> None:
    data = as_json("run", work.query, "--source", work / "rows.jsonl")
    assert set(data) == {"verified", "known", "results", "rejected", "constraints", "proof_bytes", "timings"}
    assert (data["verified"], data["results"], data["rejected"]) == (True, EXPECTED, [])
    assert data["constraints"] == json.loads((work / "bundle" / "manifest.json").read_text())["constraints"]
    assert data["proof_bytes"] == 256
    assert set(data["timings"]) == {"plan", "compile", "setup", "keygen", "sign", "prove", "verify"}
    text = succeeds("run", work.query, "--source", work / "rows.jsonl").stdout
    assert "3 results of 3 windows verified over 5 signed rows" in text
    assert "-9999999999.990000" in text
    assert "INSECURE" in text


def test_run_with_nexmark_agrees_with_the_generated_bids(work: Work) -> None:
    written(work.query, QUERY.replace("INTERVAL '10' SECOND", "INTERVAL '04' SECOND"))
    options = ("--events", 20, "--rate", 1, "--seed", 3)
    data = as_json("run", work.query, *options, "-o", work / "new")
    assert data["verified"] is True
    prices: dict[str, list[Decimal]] = {}
    for line in (work / "new" / "data" / "bid.jsonl").read_text().splitlines():
        bid = json.loads(line)
        second = int(bid["dateTime"][17:19]) // 4 * 4
        prices.setdefault(f"{DAY}{second:02d}.000", []).append(Decimal(bid["price"]))
    assert [(r["window_start"], r["total"], r["bids"]) for r in data["results"]] == [
        (start, str(sum(found)), len(found)) for start, found in prices.items()
    ]


def test_run_keeps_everything_where_told(work: Work) -> None:
    for _ in range(2):  # the second run takes the place of the first
        succeeds("run", work.query, "--source", work / "rows.jsonl", "-o", work / "new")
    kept = Work(work / "new")
    assert {p.name for p in kept.folder.iterdir()} == {"bundle", "keys", "signed.jsonl", "envelopes"}
    assert mode(kept / "signed.jsonl") == 0o600
    assert mode(kept / "keys" / "private") == 0o700
    assert as_json(*kept.verify())["results"] == EXPECTED


def test_run_leaves_nothing_where_not_told(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = work / "tmp"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    succeeds("run", work.query, "--source", work / "rows.jsonl")
    assert not list(scratch.iterdir())


def test_explain_says_what_the_bundle_holds(work: Work) -> None:
    data = as_json("explain", work.query)
    assert json.loads(succeeds("explain", work.query, "--format", "json").stdout) == data
    assert set(data) == {"schema_version", "source", "reached", "errors", "stages", "cost", "leakage"}
    assert (data["source"], data["reached"], data["errors"]) == (str(work.query), "zokrates", [])
    cost = data["cost"]
    assert sum(c["constraints"] for c in cost["clauses"]) == cost["constraints"]
    assert cost["constraints"] == json.loads((work / "bundle" / "manifest.json").read_text())["constraints"]
    assert f"{cost['constraints']:,} constraints" in succeeds("explain", work.query, "--cost").stdout


@pytest.mark.parametrize("options", [(), ("--json",), ("--format", "json"), ("--cost",)])
def test_explain_of_a_query_that_is_refused_exits_2(work: Work, options: tuple[str, ...]) -> None:
    written(work.query, QUERY.replace("MAX(price)", "1 + MAX(price)"))
    done = zkql("explain", work.query, *options)
    assert done.exit_code == 2
    if "json" in " ".join(options):
        data = json.loads(done.stdout)
        assert (data["reached"], [e["code"] for e in data["errors"]]) == ("logical", ["ZKQL0301"])
    else:
        assert "error[ZKQL0301]" in done.stderr


def test_datagen_is_repeatable(tmp_path: Path) -> None:
    one, two, other = (tmp_path / n for n in ("one", "two", "other"))
    data = as_json("datagen", "nexmark", "--events", 100, "-o", one)
    assert data == {"folder": str(one), "events": {"person": 2, "auction": 6, "bid": 92}}
    assert "92 bid" in succeeds("datagen", "nexmark", "--events", 100, "-o", two).stdout
    succeeds("datagen", "nexmark", "--events", 100, "--seed", 8, "-o", other)
    assert sorted(snapshot(one)) == ["auction.jsonl", "bid.jsonl", "person.jsonl"]
    assert snapshot(one) == snapshot(two) != snapshot(other)
    assert len((one / "bid.jsonl").read_text().splitlines()) == 92


def test_doctor() -> None:
    data = as_json("doctor")
    assert data["ok"] is True
    assert {c["name"] for c in data["checks"]} >= {"zkql", "cache", "node", "npm packages"}
    assert all(set(c) == {"name", "ok", "found", "needed_by"} for c in data["checks"])
    assert "MISSING" not in succeeds("doctor").stdout


def test_doctor_finds_a_cache_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZKQL_CACHE", str(written(tmp_path / "file", "") / "cache"))
    text = zkql("doctor")
    assert text.exit_code == 3
    assert "MISSING  cache" in text.stdout
    data = zkql("doctor", "--json")
    assert data.exit_code == 3
    assert json.loads(data.stdout)["ok"] is False


def test_version() -> None:
    assert succeeds("--version").stdout == f"zkql {__version__}\n"


VERBS = (
    *(["compile"], ["explain"], ["setup"], ["datagen"], ["prove"], ["verify"], ["run"], ["doctor"]),
    *(["sensor", "keygen"], ["sensor", "sign"], ["sensor", "rotate"], ["sensor", "revoke"]),
)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_help_has_an_example_of_options_that_exist(verb: list[str]) -> None:
    words = succeeds(*verb, "--help").stdout.split()
    assert "--json" in words
    assert words.count("Example:") == 1
    start = words.index("Example:") + 1
    example = words[start : next(i for i, w in enumerate(words) if w in ("Arguments:", "Options:"))]
    assert example[: len(verb) + 1] == ["zkql", *verb]
    rest = {word.strip(",") for word in words[start + len(example) :]}
    assert {word for word in example if word.startswith("-")} <= rest


# --- more queries -----------------------------------------------------------------------------------


def test_a_query_without_private_columns_goes_through_every_verb(public: Work) -> None:
    rows = written(public / "rows.jsonl", public_row("a/../b", 'it\'s "q"', 3) + public_row("", "é ☃", -2))
    assert "no circuit" in succeeds("compile", public.query, "-o", public / "bundle").stdout
    assert "no keys are needed" in succeeds("setup", public / "bundle", "--dev").stdout
    assert as_json("setup", public / "bundle", "--dev")["keys"] is None
    succeeds(*public.keygen(rows, "keys"))
    succeeds(*public.sign(rows, "signed.jsonl"))
    assert as_json(*public.prove(output="envelopes"))["proof_bytes"] == 0
    verb = [a for a in public.verify() if a != "--allow-dev-keys"]
    assert [list(r.values())[1:] for r in as_json(*verb)["results"]] == [
        ['it\'s "q"', "a/../b", 3],
        ["é ☃", "", -2],
    ]
    assert "cost: no circuit" in succeeds("explain", public.query, "--cost", "--leakage").stdout


@pytest.mark.parametrize("name", ["[bold]b", "[/x]", ":smile:", "a | b", "NULL"])
def test_the_table_shows_text_as_it_is(public: Work, name: str) -> None:
    rows = written(public / "rows.jsonl", public_row(name, name))
    assert as_json("run", public.query, "--source", rows)["results"][0]["kind"] == name
    text = succeeds("run", public.query, "--source", rows).stdout
    assert text.count(name) == 2


def test_a_private_where_leaves_out_groups_and_rows(tmp_path: Path) -> None:
    query = written(tmp_path / "query.zkql", FILTERED)
    rows = [
        ("all", 1, "-1.49", "03.000"),
        ("all", 1, "2.00", "12.999"),
        ("some", -(2**31), "-1.50", "12.999"),
        ("some", 2**31 - 1, "999.99", "12.999"),
        ("none", 1, "-999.99", "03.000"),
        ("before", 2, "0", "02.999"),
    ]
    names = ("kind", "bidder", "price", "dateTime")
    lines = [json.dumps(dict(zip(names, (*r[:3], DAY + r[3]), strict=True))) for r in rows]
    source = written(tmp_path / "rows.jsonl", "\n".join(lines))
    data = as_json("run", query, "--source", source)
    assert data["verified"] is True
    assert [tuple(r.values()) for r in data["results"]] == [
        ("2025-12-31 23:59:53.000", "before", "0.00", 1),
        (DAY + "03.000", "all", "0.51", 2),
        (DAY + "03.000", "some", "999.99", 1),
    ]


@pytest.mark.parametrize("time", ["9999-12-31 23:59:59.999", "0001-01-01 00:00:00.000"])
def test_rows_at_the_ends_of_time(public: Work, time: str) -> None:
    written(public.query, PUBLIC.replace("'10' SECOND", "'10' SECOND, INTERVAL '3' SECOND"))
    rows = written(public / "rows.jsonl", public_row(time=time))
    assert zkql("run", public.query, "--source", rows).exit_code in (0, 2)


def test_a_window_longer_than_time_itself(public: Work) -> None:
    written(public.query, PUBLIC.replace("'10' SECOND", "'99999999999' DAY"))
    rows = written(public / "rows.jsonl", public_row())
    assert zkql("run", public.query, "--source", rows).exit_code == 2


# --- wrong use --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["sensor"],
        ["sensor", "nonsense"],
        ["compile"],
        ["compile", "query.zkql"],
        ["explain", "query.zkql", "--nonsense"],
        ["explain", "query.zkql", "--format", "yaml"],
        ["setup"],
        ["ceremony"],
        ["ceremony", "start", "bundle", "-o", "new"],
        ["ceremony", "contribute", "old.zkey", "-o", "new"],
        ["ceremony", "beacon", "old.zkey", "-o", "new"],
        ["ceremony", "verify", "bundle"],
        ["ceremony", "finish", "bundle", "--ptau", "some.ptau"],
        ["export"],
        ["export", "solidity", "bundle"],
        ["datagen", "nonsense", "-o", "new"],
        ["datagen", "nexmark"],
        ["datagen", "nexmark", "-o", "new", "--events", "many"],
        ["prove", "bundle", "-o", "new"],
        ["verify", "bundle", "envelopes"],
        ["run", "query.zkql", "--rate", "1.5"],
        ["doctor", "--nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_exit_2(work: Work, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work.folder)
    before = snapshot(work.folder)
    result = zkql(*arguments)
    assert result.exit_code == 2
    assert "Usage: zkql" in result.output
    assert snapshot(work.folder) == before


@pytest.mark.parametrize(
    ("option", "value", "phrase"),
    [
        ("--events", 0, "events must be at least 1"),
        ("--events", -5, "events must be at least 1"),
        ("--rate", 0, "rate must be at least 1"),
        ("--rate", 10**7, "rate must be at most"),
        ("--seed", -1, "seed must be at least 0"),
    ],
)
def test_numbers_that_datagen_cannot_take(work: Work, option: str, value: int, phrase: str) -> None:
    datagen = ("datagen", "nexmark", option, value, "-o", work / "new")
    refused(work.folder, 2, "ZKQL0451", phrase, by=datagen)
    refused(work.folder, 2, "ZKQL0451", phrase, by=("run", work.query, option, value, "-o", work / "new"))


@pytest.mark.parametrize("options", [(), ("--dev", "--ptau", "some.ptau")])
def test_setup_takes_dev_or_ptau(work: Work, options: tuple[str, ...]) -> None:
    refused(work.folder, 2, "ZKQL0450", "--dev", "--ptau", by=("setup", work / "bundle", *options))


def test_setup_with_a_ptau_file_that_is_missing_or_none(work: Work) -> None:
    setup = ("setup", work / "bundle", "--ptau")
    refused(work.folder, 2, "ZKQL0401", work / "missing", by=(*setup, work / "missing"))
    refused(work.folder, 2, "ZKQL0470", work.query, "b2sum", by=(*setup, work.query))


@pytest.mark.parametrize("until", ["tomorrow", "2026-01-01", "2026-02-30 00:00:00", "10000-01-01 00:00:00"])
def test_until_is_a_time_that_exists(work: Work, until: str) -> None:
    verb = (*work.sign(work / "rows.jsonl", keys="fresh-keys"), "--until", until)
    refused(work.folder, 2, "ZKQL0453", "--until", until, by=verb)


@pytest.mark.parametrize(
    ("stream", "code", "phrase"),
    [
        ("bid", "ZKQL0454", "NAME=FILE"),
        ("bid=", "ZKQL0454", "NAME=FILE"),
        ("=signed.jsonl", "ZKQL0452", "'bid'"),
        ("bids=signed.jsonl", "ZKQL0452", "did you mean 'bid'?"),
        ("bids=signed.jsonl", "ZKQL0452", "reads stream 'bid', not 'bids'"),
        ("person=signed.jsonl", "ZKQL0452", "'bid'"),
        ("bid=missing.jsonl", "ZKQL0401", "missing.jsonl"),
        ("bid=keys", "ZKQL0401", "keys"),
    ],
)
def test_prove_with_a_wrong_stream(
    work: Work, stream: str, code: str, phrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work.folder)
    assert zkql("prove", "bundle", "--stream", stream, "-o", "new").exit_code == 2
    verb = ("prove", "bundle", "--stream", stream, "-o", "new", "--json")
    (error,) = json.loads(zkql(*verb).stdout)["errors"]
    assert error["code"] == code
    assert phrase in json.dumps(error, ensure_ascii=False)
    assert not (work / "new").exists()


def test_prove_with_a_stream_given_twice(work: Work) -> None:
    stream = ("--stream", f"bid={work / 'signed.jsonl'}")
    refused(work.folder, 2, "ZKQL0452", "'bid'", by=(*work.prove(), *stream))


@pytest.mark.parametrize("verb", ["keygen", "sign"])
def test_sensors_of_a_stream_that_the_query_does_not_read(work: Work, verb: str) -> None:
    sign = work.sign(work / "rows.jsonl", keys="fresh-keys")
    arguments = work.keygen(work / "rows.jsonl") if verb == "keygen" else sign
    wrong = tuple("bit" if a == "bid" else a for a in arguments)
    refused(work.folder, 2, "ZKQL0452", "'bit'", "did you mean 'bid'?", by=wrong)


def test_run_with_a_source_that_is_not_there(work: Work) -> None:
    verb = ("run", work.query, "--source", work / "missing", "-o", work / "new")
    refused(work.folder, 2, "ZKQL0401", work / "missing", by=verb)


def test_run_with_a_stream_that_nexmark_has_not(work: Work) -> None:
    written(work.query, QUERY.replace("STREAM bid", "STREAM bit").replace("TABLE bid", "TABLE bit"))
    verb = ("run", work.query, "--events", 10, "-o", work / "new")
    refused(work.folder, 2, "ZKQL0456", "'bit'", "did you mean 'bid'?", by=verb)


# --- queries that are wrong -------------------------------------------------------------------------


def reading_verbs(work: Work, query: Path) -> Iterator[tuple[object, ...]]:
    """Every verb that reads a query."""
    yield "compile", query, "-o", work / "new"
    yield "explain", query
    yield "run", query, "--source", work / "rows.jsonl", "-o", work / "new"
    for verb in (work.keygen(work / "rows.jsonl"), work.sign(work / "rows.jsonl", keys="fresh-keys")):
        yield tuple(query if a == work.query else a for a in verb)


def test_a_query_that_cannot_be_read(work: Work) -> None:
    latin = written(work / "latin.zkql", QUERY.encode().replace(b"highest", b"h\xf6chst"))
    for verb in reading_verbs(work, work / "missing.zkql"):
        refused(work.folder, 2, "ZKQL0401", work / "missing.zkql", by=verb)
    for verb in reading_verbs(work, work / "bundle"):
        refused(work.folder, 2, "ZKQL0401", work / "bundle", by=verb)
    for verb in reading_verbs(work, latin):
        refused(work.folder, 2, "ZKQL0402", latin, "UTF-8", by=verb)


WRONG_QUERIES = {
    "empty": ("", "ZKQL0202", "1:1", "there is no SELECT"),
    "syntax": (QUERY.replace("MAX(price) AS", "MAX(price AS"), "ZKQL0101", "10:18", "'AS' was not expected"),
    "cut short": (QUERY[: -len("window_start, window_end;\n")], "ZKQL0101", "16:9", "the end of the file"),
    "no windows": (
        QUERY[: QUERY.index("GROUP")] + ";",
        "ZKQL0212",
        "9:8",
        "GROUP BY window_start, window_end",
    ),
    "open string": (QUERY.replace("'4');", "'4);"), "ZKQL0101", "7:39", "not closed"),
    "zero byte": ("\0", "ZKQL0101", "1:1", "syntax error"),
    "column": (QUERY.replace("MIN(price)", "MIN(prise)"), "ZKQL0207", "11:12", "did you mean 'price'?"),
    "stream": (QUERY.replace("TABLE bid", "TABLE bids"), "ZKQL0205", "15:25", "did you mean 'bid'?"),
    "type": (QUERY.replace("BIGINT PUBLIC", "BIGNUM PUBLIC"), "ZKQL0224", "2:13", "did you mean"),
    "planned": (QUERY.replace("MAX(price)", "1 + MAX(price)"), "ZKQL0301", "10:8", "yet"),
    "capacity": (QUERY.replace("'4'", "'0'"), "ZKQL0231", "7:39", "capacity"),
    "line 100": ("\n" * 99 + "nonsense", "ZKQL0101", "100:1", "'nonsense' was not expected"),
}


@pytest.mark.parametrize("case", WRONG_QUERIES)
def test_a_wrong_query_is_explained_at_its_line_and_column(work: Work, case: str) -> None:
    text, code, place, phrase = WRONG_QUERIES[case]
    written(work.query, text)
    before = snapshot(work.folder)
    for verb in reading_verbs(work, work.query):
        result = zkql(*verb)
        assert result.exit_code == 2
        assert f"{work.query}:{place}: error[{code}" in result.stderr
        assert phrase in result.stderr
        assert not result.stdout or verb[0] == "explain"  # which shows how far it got
        error, *_ = json.loads(zkql(*verb, "--json").stdout)["errors"]
        label = error["labels"][0]
        assert label["file"] == str(work.query)
        assert f"{label['line']}:{label['column']}" == place
    assert snapshot(work.folder) == before


NINES = "9" * 5000
LONG_NUMBERS = {
    "precision": QUERY.replace("12, 2", f"{NINES}, 2"),
    "capacity": QUERY.replace("'4'", f"'{NINES}'"),
    "interval": QUERY.replace("'10'", f"'{NINES}'"),
    "literal": QUERY.replace("GROUP", f"WHERE price > {NINES} GROUP"),
}


@pytest.mark.parametrize("place", LONG_NUMBERS)
def test_a_query_with_a_number_of_thousands_of_digits(tmp_path: Path, place: str) -> None:
    query = written(tmp_path / "query.zkql", LONG_NUMBERS[place])
    result = zkql("explain", query)
    assert result.exit_code == 2
    assert f"{query}:" in result.stderr


@pytest.mark.parametrize(
    "where",
    [" AND ".join(["price > 1"] * 3000), "(" * 3000 + "price > 1" + ")" * 3000, "NOT " * 3000 + "price > 1"],
    ids=["AND", "parentheses", "NOT"],
)
def test_a_long_condition_is_planned_or_refused(tmp_path: Path, where: str) -> None:
    query = written(tmp_path / "query.zkql", QUERY.replace("GROUP", f"WHERE {where} GROUP"))
    result = zkql("explain", query)
    assert result.exit_code in (0, 2)
    assert (f"{query}:" in result.stderr) == (result.exit_code == 2)


def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    query = tmp_path / os.fsdecode(b"\xff.zkql")
    refused(tmp_path, 2, "ZKQL0401", by=("explain", query))


# --- rows that are wrong ----------------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000
WRONG_ROWS = {
    "broken JSON": (row()[:-5] + "\n", "ZKQL0403", "not valid JSON"),
    "array": ('["price"]\n', "ZKQL0404", "JSON object"),
    "CSV": ("auction,price\n1,2.00\n", "ZKQL0404", "such as CSV"),
    "NaN": (row(price=float("nan")), "ZKQL0403", "NaN"),
    "key twice": (row()[:-2] + ', "price": "2.00"}\n', "ZKQL0403", "twice"),
    "deeply nested": (row(extra=0).replace('"extra": 0', f'"extra": {DEEP}'), "ZKQL0403", "JSON"),
    "byte order mark": ("\ufeff" + row(), "ZKQL0403", "BOM"),
    "missing column": (row(prise="1").replace('"price"', '"cost"'), "ZKQL0430", "did you mean 'prise'?"),
    "null": (row(price=None), "ZKQL0431", "it is NULL, and the column is NOT NULL"),
    "text for a number": (row(bidder="1"), "ZKQL0431", "'1' is not of type BIGINT"),
    "fraction for an integer": (row(auction=1.5), "ZKQL0431", "is not of type BIGINT"),
    "truth for a number": (row(price=True), "ZKQL0431", "'price'"),
    "list for a number": (row(price=[1]), "ZKQL0431", "'price'"),
    "number for a time": (row(time=1.5), "ZKQL0431", "'dateTime'"),
    "too large": (row(price="10000000000.00"), "ZKQL0431", "outside DECIMAL(12, 2)"),
    "too small": (row(price="-10000000000"), "ZKQL0431", "outside DECIMAL(12, 2)"),
    "exponent": (row().replace('"1.00"', "1e11"), "ZKQL0431", "outside DECIMAL(12, 2)"),
    "too many decimals": (row(price="1.001"), "ZKQL0431", "more than 2 digits"),
    "no number": (row(price="1,00"), "ZKQL0431", "not a decimal number"),
    "no day": (row(time="2026-02-30 00:00:00.000"), "ZKQL0431", "not a timestamp"),
    "no hour": (row(time="2026-01-01 24:00:00.000"), "ZKQL0431", "not a timestamp"),
    "no year": (row(time="0000-01-01 00:00:00.000"), "ZKQL0431", "not a timestamp"),
    "microseconds": (row(time="2026-01-01 00:00:00.000001"), "ZKQL0431", "not a timestamp"),
    "time after all times": (row(time=10**18), "ZKQL0431", "'dateTime'"),
    "time before all times": (row(time=-62135596800001), "ZKQL0431", "'dateTime'"),
    "huge integer": (row(auction=2**63), "ZKQL0431", "outside BIGINT"),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_a_wrong_row_is_named_by_file_and_line(work: Work, case: str) -> None:
    line, code, phrase = WRONG_ROWS[case]
    rows = written(work / "wrong.jsonl", row() + "\n" + line + row())
    place = f"{rows}:3:"
    refused(work.folder, 2, code, place, phrase, by=work.keygen(rows))
    refused(work.folder, 2, code, place, phrase, by=work.sign(rows, keys="fresh-keys"))
    run = ("run", work.query, "--source", rows, "-o", work / "new")
    refused(work.folder, 2, code, place, phrase, by=run)


@pytest.mark.parametrize("number", [NINES, "1e5000", f'"{NINES}"'], ids=["integer", "exponent", "text"])
def test_a_number_of_thousands_of_digits(work: Work, number: str) -> None:
    rows = written(work / "wrong.jsonl", row().replace('"1.00"', number))
    refused(work.folder, 2, "ZKQL04", f"{rows}:1:", by=work.keygen(rows))
    assert "sys.set_int_max_str_digits" not in zkql(*work.keygen(rows)).stderr


@pytest.mark.parametrize("column", ["bidder", "kind"])
def test_text_that_utf8_cannot_hold(public: Work, column: str) -> None:
    rows = written(public / "rows.jsonl", public_row(**{column: "\ud800"}))
    refused(public.folder, 2, "ZKQL04", f"{rows}:1:", by=("run", public.query, "--source", rows))


def test_text_longer_than_its_column(public: Work) -> None:
    rows = written(public / "rows.jsonl", public_row("x" * 31))
    refused(public.folder, 2, "ZKQL0431", f"{rows}:1:", "VARCHAR(30)", by=public.keygen(rows))


def test_a_wrong_row_in_line_100(work: Work) -> None:
    rows = written(work / "wrong.jsonl", row() * 99 + row(price="x"))
    refused(work.folder, 2, "ZKQL0431", f"{rows}:100:", by=work.keygen(rows))


def test_a_file_of_rows_that_cannot_be_read(work: Work) -> None:
    latin = written(work / "latin.jsonl", b"\xff\n")
    for make in (work.keygen, lambda rows: work.sign(rows, keys="fresh-keys")):
        refused(work.folder, 2, "ZKQL0401", work / "missing", by=make(work / "missing"))
        refused(work.folder, 2, "ZKQL0401", work / "bundle", by=make(work / "bundle"))
        refused(work.folder, 2, "ZKQL0402", latin, by=make(latin))


def test_keys_for_no_rows(work: Work) -> None:
    empty = written(work / "empty.jsonl", "\n\n")
    refused(work.folder, 2, "ZKQL0433", "no device", by=work.keygen(empty))
    run = ("run", work.query, "--source", empty, "-o", work / "new")
    refused(work.folder, 2, "ZKQL0457", "no rows", by=run)


# --- keys -------------------------------------------------------------------------------------------


def test_keygen_never_overwrites_keys(work: Work) -> None:
    refused(work.folder, 2, "ZKQL0432", "already holds keys", by=work.keygen(work / "rows.jsonl", "keys"))


def test_a_device_without_a_key(work: Work) -> None:
    rows = written(work / "more.jsonl", row(1) + row(99))
    phrases = (f"{rows}:2:", "device 99", "sensor keygen")
    refused(work.folder, 2, "ZKQL0435", *phrases, by=work.sign(rows, keys="fresh-keys"))


def test_a_file_is_not_signed_twice(work: Work) -> None:
    phrases = (f"{work / 'rows.jsonl'}:1:", "device 1", "has signed")
    refused(work.folder, 2, "ZKQL0437", *phrases, by=work.sign(work / "rows.jsonl"))


def swapped(private: Path) -> None:
    one, two = (private / "1.key").read_text(), (private / "2.key").read_text()
    written(private / "1.key", two)
    written(private / "2.key", one)


def exchanged_seeds(private: Path) -> None:
    swapped(private)
    for name, device in (("1.key", 1), ("2.key", 2)):
        key = json.loads((private / name).read_text())
        written(private / name, json.dumps({**key, "device": device}))


def short_seed(private: Path) -> None:
    key = json.loads((private / "1.key").read_text())
    written(private / "1.key", json.dumps({**key, "seed": key["seed"][:-2]}))


@pytest.mark.parametrize(
    ("damage", "code", "phrase"),
    [
        (swapped, "ZKQL0434", "1.key: it is the key of another device"),
        (exchanged_seeds, "ZKQL0436", "device 1 is not the registered one"),
        (short_seed, "ZKQL0434", "1.key: seed is not 32 bytes"),
        (lambda private: written(private / "1.key", "{"), "ZKQL0403", "1.key"),
        (lambda private: written(private / "1.key", "[]"), "ZKQL0434", "1.key"),
        (lambda private: (private / "1.key").unlink(), "ZKQL0401", "1.key"),
        (lambda private: (private.parent / "state.json").unlink(), "ZKQL0401", "state.json"),
        (lambda private: written(private.parent / "state.json", "{}"), "ZKQL0434", "state.json"),
        (lambda private: (private.parent / "registry.json").unlink(), "ZKQL0401", "registry.json"),
        (lambda private: shutil.rmtree(private.parent), "ZKQL0401", "registry.json"),
    ],
)
def test_damaged_keys(work: Work, damage: Callable[[Path], object], code: str, phrase: str) -> None:
    damage(work / "fresh-keys" / "private")
    sign = work.sign(work / "rows.jsonl", keys="fresh-keys")
    refused(work.folder, 2, code, phrase, by=sign)


def test_a_state_without_a_device_does_not_start_it_anew(work: Work) -> None:
    written(work / "keys" / "state.json", '{"devices": []}')
    refused(work.folder, 2, "ZKQL04", "state.json", by=work.sign(work / "rows.jsonl"))


def test_signing_into_a_folder_spends_no_sequence_number(work: Work) -> None:
    refused(work.folder, 2, "ZKQL04", by=work.sign(work / "rows.jsonl", "bundle", "fresh-keys"))


# --- registries -------------------------------------------------------------------------------------


def edit_registry(work: Work, change: Callable[[dict[str, Any]], object]) -> None:
    registry = json.loads(work.registry.read_text())
    change(registry)
    written(work.registry, json.dumps(registry))


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        (lambda r: r.update(schema="00" * 32), "another schema"),
        (lambda r: r["devices"].append(r["devices"][0]), "device 1 is registered twice"),
        (lambda r: r["devices"].clear(), "names no device"),
        (lambda r: r.update(version=1), "version 1"),
        (lambda r: r.pop("devices"), "'devices' is missing"),
        (lambda r: r["devices"][0].update(device="1"), "'1' is not of type BIGINT"),
        (lambda r: r["devices"][0].update(key="00"), "key is not 32 bytes"),
    ],
)
def test_wrong_registries(work: Work, change: Callable[[dict[str, Any]], object], phrase: str) -> None:
    edit_registry(work, change)
    refused(work.folder, 2, "ZKQL0420", work.registry, phrase, by=work.verify())
    prove = (*work.prove(), "--registry", work.registry)
    refused(work.folder, 2, "ZKQL0420", work.registry, phrase, by=prove)


def test_a_registry_that_cannot_be_read(work: Work) -> None:
    work.registry.unlink()
    refused(work.folder, 2, "ZKQL0401", work.registry, by=work.verify())
    written(work.registry, "{")
    refused(work.folder, 2, "ZKQL0403", work.registry, by=work.verify())


def fewer(registry: dict[str, Any]) -> None:
    registry["devices"].pop()


def exchanged(registry: dict[str, Any]) -> None:
    one, two, _ = registry["devices"]
    one["key"], two["key"] = two["key"], one["key"]


@pytest.mark.parametrize("change", [fewer, exchanged])
def test_envelopes_of_other_devices_are_rejected(
    work: Work, change: Callable[[dict[str, Any]], object]
) -> None:
    edit_registry(work, change)
    outcome = work.verdict()
    assert outcome["results"] == []
    assert [r["envelope"] for r in outcome["rejected"]] == WINDOWS
    assert "another registry" in outcome["rejected"][0]["reason"]


# --- signed files -----------------------------------------------------------------------------------


def flipped(text: str) -> str:
    """Hex with its lowest bit changed."""
    return text[:-1] + format(int(text[-1], 16) ^ 1, "x")


def line_of(lines: list[Any], device: int, sequence: int) -> dict[str, Any]:
    body: dict[str, Any] = next(
        line["row"]
        for line in lines
        if "row" in line and (line["row"]["device"], line["row"]["sequence"]) == (device, sequence)
    )
    return body


TAMPERED = {
    "signature": (lambda b: b.update(signature=flipped(b["signature"])), "ZKQL0505"),
    "commitment": (lambda b: b.update(commitment=flipped(b["commitment"])), "ZKQL0505"),
    "private value": (lambda b: b["private"].update(price="5.01"), "ZKQL0503"),
    "salt": (lambda b: b.update(salt=flipped(b["salt"])), "ZKQL0503"),
    "sequence": (lambda b: b.update(sequence=7), "ZKQL0505"),
    "public value": (lambda b: b["public"].update(auction=8), "ZKQL0505"),
    "time": (lambda b: b.update(time=DAY + "00.001"), "ZKQL0505"),
    "device": (lambda b: b.update(device=2), "ZKQL0505"),
    "unregistered device": (lambda b: b.update(device=99), "ZKQL0504"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_tampered_row_is_rejected(work: Work, case: str) -> None:
    change, code = TAMPERED[case]
    work.edit_signed(lambda lines: change(line_of(lines, 1, 0)))
    refused(work.folder, 1, code, f"{work / 'signed.jsonl'}:2:", by=work.prove())


def test_a_row_left_out_is_missed(work: Work) -> None:
    work.edit_signed(lambda lines: lines.remove({"row": line_of(lines, 1, 0)}))
    phrases = (f"{work / 'signed.jsonl'}:2:", "device 1", "row 0 is missing")
    refused(work.folder, 1, "ZKQL0506", *phrases, by=work.prove())


def test_a_row_twice_is_rejected(work: Work) -> None:
    lines = work.edit_signed(lambda lines: lines.append({"row": line_of(lines, 1, 0)}))
    signed = work / "signed.jsonl"
    phrases = (f"{signed}:{len(lines)}:", "row 0 twice", f"{signed}:2")
    refused(work.folder, 1, "ZKQL0502", *phrases, by=work.prove())


def test_a_tampered_heartbeat_is_rejected(work: Work) -> None:
    lines = work.edit_signed(lambda lines: lines[-1]["heartbeat"].update(time=DAY + "40.000"))
    assert lines[-1]["heartbeat"]["device"] == SILENT
    phrases = (f"{work / 'signed.jsonl'}:{len(lines)}:", f"device {SILENT}")
    refused(work.folder, 1, "ZKQL0505", *phrases, by=work.prove())


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (lambda lines: lines.pop(0), "ZKQL0444", 1),
        (lambda lines: lines[0]["registry"].update(schema="00" * 32), "ZKQL0420", 1),
        (lambda lines: lines[1].update(more=1), "ZKQL0440", 2),
        (lambda lines: lines[1]["row"].update(more=1), "ZKQL0440", 2),
        (lambda lines: lines[1]["row"].pop("salt"), "ZKQL0440", 2),
        (lambda lines: lines[1]["row"].pop("device"), "ZKQL0440", 2),
        (lambda lines: lines[1]["row"].update(sequence=-1), "ZKQL0440", 2),
        (lambda lines: lines[1]["row"].update(signature="XY"), "ZKQL0440", 2),
        (lambda lines: lines[1]["row"].update(commitment="f" * 64), "ZKQL0440", 2),
        (lambda lines: lines[1]["row"]["private"].update(price="1.001"), "ZKQL0440", 2),
        (lambda lines: lines.__setitem__(1, []), "ZKQL0404", 2),
    ],
)
def test_a_malformed_signed_file(
    work: Work, change: Callable[[list[Any]], object], code: str, line: int
) -> None:
    work.edit_signed(change)
    refused(work.folder, 2, code, f"{work / 'signed.jsonl'}:{line}:", by=work.prove())


def test_a_signed_file_that_ends_in_the_middle_of_a_line(work: Work) -> None:
    signed = work / "signed.jsonl"
    text = signed.read_text()
    written(signed, text[:-20])
    refused(work.folder, 2, "ZKQL0403", f"{signed}:{len(text.splitlines())}:", by=work.prove())


def test_a_signed_file_without_rows(work: Work) -> None:
    written(work / "signed.jsonl", "")
    refused(work.folder, 2, "ZKQL0445", work / "signed.jsonl", by=work.prove())


def test_plain_rows_are_not_taken_for_signed_ones(work: Work) -> None:
    phrases = (f"{work / 'rows.jsonl'}:1:", "zkql sensor sign")
    refused(work.folder, 2, "ZKQL0444", *phrases, by=work.prove("rows.jsonl"))


def test_more_rows_than_the_capacity(work: Work) -> None:
    rows = written(work / "many.jsonl", row() * 5)
    succeeds(*work.sign(rows, "many-signed.jsonl", "fresh-keys"))
    phrases = (f"window {DAY}00.000", "5 rows", "capacity is 4")
    refused(work.folder, 2, "ZKQL0442", *phrases, by=work.prove("many-signed.jsonl"))
    run = ("run", work.query, "--source", rows, "-o", work / "new")
    refused(work.folder, 2, "ZKQL0442", *phrases, by=run)


def test_a_full_window_is_proven(work: Work) -> None:
    rows = written(work / "full.jsonl", "".join(row(1 + i % 2, i) for i in range(4)))
    (result,) = as_json("run", work.query, "--source", rows)["results"]
    assert (result["lowest"], result["total"], result["bids"]) == ("0.00", "6.00", 4)


def waiting(work: Work, start: str, device: int, envelopes: list[str]) -> None:
    """Prove: the window at ``start`` stays open for one device, and only those before are proven."""
    data = as_json(*work.prove())
    assert data["waiting"] == {"window_start": DAY + start, "devices": [device]}
    assert sorted(p.name for p in (work / "new").iterdir()) == envelopes
    text = succeeds(*work.prove()).stdout
    assert f"the window at {DAY}{start} waits for" in text
    assert f"({device})" in text


def test_a_window_waits_for_a_heartbeat(work: Work) -> None:
    def without(lines: list[Any]) -> None:
        lines[:] = [line for line in lines if line.get("heartbeat", {}).get("device") != 1]

    work.edit_signed(without)
    waiting(work, "10.000", 1, WINDOWS[:1])
    assert as_json(*work.verify("new"))["results"] == EXPECTED[:1]


def test_a_window_waits_for_a_last_row_that_was_left_out(work: Work) -> None:
    work.edit_signed(lambda lines: lines.remove({"row": line_of(lines, 1, 2)}))
    waiting(work, "00.000", 1, [])


def test_until_none_signs_no_heartbeat(work: Work) -> None:
    (work / "signed.jsonl").unlink()
    succeeds(*work.sign(work / "rows.jsonl", "signed.jsonl", "fresh-keys"), "--until", "none")
    assert "heartbeat" not in (work / "signed.jsonl").read_text()
    waiting(work, "00.000", SILENT, [])
    refused(work.folder, 2, "ZKQL0455", "no envelopes", by=work.verify("new"))


def test_until_sets_when_windows_close(work: Work) -> None:
    (work / "signed.jsonl").unlink()
    sign = work.sign(work / "rows.jsonl", "signed.jsonl", "fresh-keys")
    succeeds(*sign, "--until", "2026-01-01T00:01:00Z")
    assert as_json(*work.prove())["windows"] == 6
    quiet = {"highest": None, "lowest": None, "average": None, "total": None, "bids": 0}
    results = [{k: r[k] for k in quiet} for r in as_json(*work.verify("new"))["results"]]
    assert results[3:] == [quiet] * 3
    assert "NULL" in succeeds(*work.verify("new")).stdout


# --- bundles ----------------------------------------------------------------------------------------


def test_a_bundle_that_is_none(work: Work) -> None:
    (work / "bundle" / "manifest.json").unlink()
    for verb in (work.prove(), work.verify(), ("setup", work / "bundle", "--dev")):
        refused(work.folder, 2, "ZKQL0413", work / "bundle", "zkql compile", by=verb)
    shutil.rmtree(work / "bundle")
    for verb in (work.prove(), work.verify(), ("setup", work / "bundle", "--dev")):
        refused(work.folder, 2, "ZKQL0413", work / "bundle", by=verb)


def test_a_bundle_without_keys(work: Work) -> None:
    shutil.rmtree(work / "bundle")
    (work / "no-keys").rename(work / "bundle")
    for verb in (work.prove(), work.verify()):
        refused(work.folder, 3, "ZKQL0932", f"zkql setup {work / 'bundle'} --dev", by=verb)


def bumped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("part", "verbs"),
    [
        ("proving.zkey", ["prove"]),
        ("circuit.program", ["prove", "setup"]),
        ("verification_key.json", ["prove", "verify"]),
    ],
)
def test_a_changed_or_missing_part_of_a_bundle(work: Work, part: str, verbs: list[str]) -> None:
    setup = ("setup", work / "bundle", "--dev")
    calls = {"prove": work.prove(), "verify": work.verify(), "setup": setup}
    bumped(work / "bundle" / part)
    for verb in verbs:
        refused(work.folder, 2, "ZKQL0411", work / "bundle" / part, by=calls[verb])
    (work / "bundle" / part).unlink()
    for verb in verbs:
        refused(work.folder, 2, "ZKQL0410", work / "bundle" / part, by=calls[verb])


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(constraints=m["constraints"] + 1),
        lambda m: m.update(digest=flipped(m["digest"])),
        lambda m: m["keys"].update(kind="ptau-single-contributor"),
        lambda m: m["keys"].update(vk=flipped(m["keys"]["vk"])),
        lambda m: m.update(plan={}),
        lambda m: m.update(more=1),
        lambda m: m.pop("keys"),
        lambda m: m.update(version=2),
    ],
)
def test_a_changed_manifest(work: Work, change: Callable[[dict[str, Any]], object]) -> None:
    path = work / "bundle" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    written(path, json.dumps(manifest))
    for verb in (work.prove(), work.verify(), ("setup", work / "bundle", "--dev")):
        refused(work.folder, 2, "ZKQL0414", path, "compile the query again", by=verb)


def test_a_manifest_that_is_not_json(work: Work) -> None:
    path = written(work / "bundle" / "manifest.json", "{")
    refused(work.folder, 2, "ZKQL0403", path, by=work.verify())
    written(path, "[]")
    refused(work.folder, 2, "ZKQL0414", path, by=work.verify())


def test_a_changed_map_of_clauses(work: Work) -> None:
    path = written(work / "bundle" / "circuit.map.json", "garbage")
    refused(work.folder, 2, "ZKQL04", path, by=work.prove())


def test_proofs_for_other_keys_of_the_query_are_rejected(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZKQL_CACHE", str(work / "cache"))
    shutil.rmtree(work / "bundle")
    (work / "no-keys").rename(work / "bundle")
    succeeds("setup", work / "bundle", "--dev")
    outcome = work.verdict()
    assert "other keys" in outcome["rejected"][0]["reason"]


# --- envelopes --------------------------------------------------------------------------------------


def test_a_folder_without_envelopes_is_not_verified(work: Work) -> None:
    (work / "new").mkdir()
    refused(work.folder, 2, "ZKQL0455", work / "new", "no envelopes", by=work.verify("new"))
    written(work / "new" / "notes.txt", "nothing here")
    refused(work.folder, 2, "ZKQL0455", work / "new", by=work.verify("new"))
    refused(work.folder, 2, "ZKQL0401", work / "missing", by=work.verify("missing"))
    refused(work.folder, 2, "ZKQL0401", work / "signed.jsonl", by=work.verify("signed.jsonl"))


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff", b"null", b"[]", b"{}", DEEP.encode()])
def test_garbage_among_envelopes_is_rejected(work: Work, garbage: bytes) -> None:
    written(work / "envelopes" / "window-garbage.json", garbage)
    outcome = work.verdict()
    assert [r["envelope"] for r in outcome["rejected"]] == ["window-garbage.json"]
    assert "malformed" in outcome["rejected"][0]["reason"]


def test_a_missing_window_is_noticed(work: Work) -> None:
    (work / "envelopes" / WINDOWS[1]).unlink()
    outcome = work.verdict()
    assert outcome["results"] == EXPECTED[:1]
    (item,) = outcome["rejected"]
    assert item == {"envelope": WINDOWS[2], "reason": f"the window at {DAY}10.000 is missing"}


def test_a_missing_first_window_is_noticed(work: Work) -> None:
    (work / "envelopes" / WINDOWS[0]).unlink()
    outcome = work.verdict()
    assert outcome["results"] == []
    assert [r["envelope"] for r in outcome["rejected"]] == WINDOWS[1:]


def test_a_window_under_two_names_is_rejected(work: Work) -> None:
    shutil.copy(work / "envelopes" / WINDOWS[0], work / "envelopes" / "zzz.json")
    outcome = work.verdict()
    assert EXPECTED[0] in outcome["results"]
    assert outcome["rejected"][0]["envelope"] == "zzz.json"
    assert "accepted before" in outcome["rejected"][0]["reason"]


def test_an_envelope_of_another_query_is_rejected(work: Work) -> None:
    mine = (work / "bundle").rename(work / "mine")
    written(work.query, QUERY.replace("AS highest", "AS topmost"))
    succeeds("compile", work.query, "-o", work / "bundle")
    succeeds("setup", work / "bundle", "--dev")
    succeeds(*work.prove())
    assert "topmost" in as_json(*work.verify("new"))["results"][0]
    shutil.rmtree(work / "bundle")
    mine.rename(work / "bundle")
    shutil.copy(work / "new" / WINDOWS[2], work / "envelopes" / WINDOWS[2])
    outcome = work.verdict()
    assert outcome["results"] == EXPECTED[:2]
    (item,) = outcome["rejected"]
    assert item["envelope"] == WINDOWS[2]
    assert "another query" in item["reason"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"values":["5.00"', '"values":["5.01"', "the proof does not hold"),
        ('"present":true', '"present":false', "whether there are rows"),
        ('"sequence":1,', '"sequence":0,', "row 1 is due"),
        ('{"version":2', '{"version": 2', "canonical"),
        ('"version":2', '"version":1', "version 1"),
    ],
)
def test_a_tampered_envelope_is_rejected(work: Work, old: str, new: str, reason: str) -> None:
    path = work / "envelopes" / WINDOWS[0]
    text = path.read_text()
    assert old in text
    written(path, text.replace(old, new, 1))
    outcome = work.verdict()
    assert outcome["results"] == []
    assert outcome["rejected"][0]["envelope"] == WINDOWS[0]
    assert reason in outcome["rejected"][0]["reason"]


def test_results_as_text_are_marked_where_some_were_rejected(work: Work) -> None:
    (work / "envelopes" / WINDOWS[1]).unlink()
    result = zkql(*work.verify())
    assert "-15.43" in result.stdout
    assert "rejected" in result.stderr
    assert "-9999999999.99" not in result.output


# --- output folders ---------------------------------------------------------------------------------


def writing_verbs(work: Work, folder: Path) -> Iterator[tuple[object, ...]]:
    """Every verb that writes a whole folder."""
    yield "compile", work.query, "-o", folder
    yield work.keygen(work / "rows.jsonl", folder.name)
    yield work.prove(output=folder.name)
    yield "run", work.query, "--source", work / "rows.jsonl", "-o", folder


def test_a_folder_of_others_is_not_touched(work: Work) -> None:
    (work / "new").mkdir()
    written(work / "new" / "thesis.txt", "years of work")
    for verb in writing_verbs(work, work / "new"):
        refused(work.folder, 2, "ZKQL0405", work / "new", "other files", by=verb)


def test_a_file_is_not_replaced_by_a_folder(work: Work) -> None:
    written(work / "new", "years of work")
    for verb in writing_verbs(work, work / "new"):
        refused(work.folder, 2, "ZKQL0405", work / "new", "is a file", by=verb)
    for verb in writing_verbs(work, work / "signed.jsonl"):
        refused(work.folder, 2, "ZKQL0405", work / "signed.jsonl", by=verb)


def test_nothing_is_written_below_a_file(work: Work) -> None:
    below = work / "rows.jsonl" / "new"
    refused(work.folder, 2, "ZKQL0406", below, by=("compile", work.query, "-o", below))
    refused(work.folder, 2, "ZKQL0406", below, by=("datagen", "nexmark", "-o", below))
    sign = work.sign(work / "rows.jsonl", "rows.jsonl/new", "fresh-keys")
    refused(work.folder, 2, "ZKQL0406", below, by=sign)


@pytest.mark.parametrize("index", range(4), ids=["compile", "keygen", "prove", "run"])
def test_an_empty_folder_is_used(work: Work, index: int) -> None:
    (work / "new").mkdir()
    succeeds(*list(writing_verbs(work, work / "new"))[index])
    assert any((work / "new").iterdir())


@pytest.mark.parametrize("name", ["bundle", "envelopes", "kept"])
def test_files_of_others_beside_ours_are_not_deleted(work: Work, name: str) -> None:
    verbs = {
        "bundle": ("compile", work.query, "-o", work / name),
        "envelopes": work.prove(output=name),
        "kept": ("run", work.query, "--source", work / "rows.jsonl", "-o", work / name),
    }
    assert zkql(*verbs[name]).exit_code == 0
    thesis = written(work / name / "thesis.txt", "years of work")
    zkql(*verbs[name])
    assert thesis.is_file()


def test_compiling_again_keeps_keys_that_still_fit(work: Work) -> None:
    before = {p.name: p.read_bytes() for p in (work / "bundle").iterdir()}
    succeeds("compile", work.query, "-o", work / "bundle")
    assert {p.name: p.read_bytes() for p in (work / "bundle").iterdir()} == before
    written(work.query, work.query.read_text().replace("MAX(price)", "MIN(price)", 1))
    succeeds("compile", work.query, "-o", work / "bundle")
    assert not (work / "bundle" / "proving.zkey").exists()


def test_keys_of_a_real_setup_are_not_overwritten(work: Work) -> None:
    """Where the circuit changed; development keys may go, these may not."""
    manifest = read_bundle(work / "bundle").manifest
    keys = dataclasses.replace(manifest.keys, kind=KeyKind.SINGLE)
    write_manifest(work / "bundle", dataclasses.replace(manifest, keys=keys))
    changed = written(work / "other.zkql", work.query.read_text().replace("MAX(price)", "MIN(price)", 1))
    refused(work.folder, 2, "ZKQL0405", "a real setup", by=("compile", changed, "-o", work / "bundle"))
    refused(work.folder, 2, "ZKQL0405", "a real setup", by=("setup", work / "bundle", "--dev"))


def test_a_manifest_of_others_is_not_taken_for_a_bundle(work: Work) -> None:
    (work / "new").mkdir()
    written(work / "new" / "manifest.json", '{"name": "a web application"}')
    written(work / "new" / "index.html", "years of work")
    refused(work.folder, 2, "ZKQL0405", work / "new", by=("compile", work.query, "-o", work / "new"))


def test_the_current_folder_as_output(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "new").mkdir()
    monkeypatch.chdir(work / "new")
    result = zkql("compile", work.query, "-o", ".")
    assert result.exit_code in (0, 2)
    assert (work / "new" / "manifest.json").is_file() == (result.exit_code == 0)
    assert not [p for p in (work / "new").iterdir() if p.name.startswith(".")]


# --- as a program -----------------------------------------------------------------------------------


def program(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [Path(sys.executable).with_name("zkql"), *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(command, text=True, check=False, timeout=60, **streams)


def test_the_program_keeps_data_and_progress_apart(work: Work) -> None:
    proven = program(*work.prove(), "--json")
    assert proven.returncode == 0
    assert json.loads(proven.stdout)["windows"] == 3
    assert "proving 3 windows" in proven.stderr
    verified = program(*work.verify("new"), "--json")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert json.loads(verified.stdout) == {"verified": True, "known": 0, "results": EXPECTED, "rejected": []}


def test_the_program_reports_errors_on_standard_error(work: Work) -> None:
    failed = program("explain", work / "missing.zkql")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("error[ZKQL0401]: cannot read")
    data = program("explain", work / "missing.zkql", "--json")
    assert (data.returncode, data.stderr) == (2, "")
    assert json.loads(data.stdout)["errors"][0]["code"] == "ZKQL0401"


def test_the_program_exits_1_for_what_it_rejects(work: Work) -> None:
    (work / "envelopes" / WINDOWS[1]).unlink()
    rejected = program(*work.verify(), "--json")
    assert (rejected.returncode, rejected.stderr) == (1, "")
    assert json.loads(rejected.stdout)["verified"] is False


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_is_no_verdict(work: Work, options: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        result = program(*work.verify(), *options, stdout=full)
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
