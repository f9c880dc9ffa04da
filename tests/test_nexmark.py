"""The NEXMark generator: frozen format, proportions, references, skew, and errors."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from zkql.nexmark import STREAMS, Config, Record, generate

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = {
    "person": "id name emailAddress creditCard city state dateTime extra",
    "auction": ("id itemName description initialBid reserve dateTime expires seller category extra"),
    "bid": "auction bidder price channel url dateTime extra",
}

GOLDEN = [
    (
        "person",
        {
            "id": 1000,
            "name": "Jun Dogwood",
            "emailAddress": "jun.dogwood@thicket.example",
            "creditCard": "0941 5827 9097 2146",
            "city": "Tucson",
            "state": "AZ",
            "dateTime": "2026-01-01 00:00:00.000",
            "extra": "canyon island",
        },
    ),
    (
        "auction",
        {
            "id": 1000,
            "itemName": "blue clock",
            "description": "blue clock from thicket",
            "initialBid": "352.46",
            "reserve": "2822.60",
            "dateTime": "2026-01-01 00:00:00.010",
            "expires": "2026-01-01 00:00:31.591",
            "seller": 1000,
            "category": 12,
            "extra": "breeze nutmeg",
        },
    ),
    (
        "bid",
        {
            "auction": 1000,
            "bidder": 1000,
            "price": "3261.15",
            "channel": "Apple",
            "url": "https://www.nexmark.example/jasmine/falcon/saddle/item.htm?query=1",
            "dateTime": "2026-01-01 00:00:00.040",
            "extra": "meadow lantern",
        },
    ),
]
GOLDEN_SHA256 = "89f3c2efc8e05161a68ff88b1b1562850f614f76f07527949fcd284e7bb13c32"


def run(events: int, **settings: int) -> list[tuple[str, Record]]:
    return list(generate(Config(events, **settings)))


def records(stream: str, events: Iterable[tuple[str, Record]]) -> list[Record]:
    return [record for name, record in events if name == stream]


def integer(record: Record, column: str) -> int:
    value = record[column]
    assert isinstance(value, int)
    return value


def text(record: Record, column: str) -> str:
    value = record[column]
    assert isinstance(value, str)
    return value


def milliseconds(record: Record, column: str = "dateTime") -> int:
    value = text(record, column)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", value)
    elapsed = datetime.fromisoformat(f"{value}+00:00") - datetime.fromisoformat("1970-01-01 00:00:00+00:00")
    return elapsed.days * 86_400_000 + elapsed.seconds * 1000 + elapsed.microseconds // 1000


def cents(record: Record, column: str) -> int:
    value = text(record, column)
    assert re.fullmatch(r"(0|[1-9]\d*)\.\d\d", value)
    return int(value.replace(".", ""))


def test_format_is_frozen() -> None:
    events = run(1000)
    assert [events[0], events[1], events[4]] == GOLDEN
    lines = "\n".join(json.dumps(event) for event in events)
    assert hashlib.sha256(lines.encode()).hexdigest() == GOLDEN_SHA256


def test_deterministic_by_seed() -> None:
    assert json.dumps(run(300)) == json.dumps(run(300))
    assert run(300, seed=7) == run(300)
    assert run(300, seed=8) != run(300)


def test_interleaved_runs_are_independent() -> None:
    pairs = list(zip(generate(Config(200)), generate(Config(200)), strict=True))
    assert all(left == right for left, right in pairs)


@pytest.mark.parametrize("shorter", [1, 2, 49, 100])
def test_shorter_run_is_a_prefix(shorter: int) -> None:
    assert run(200)[:shorter] == run(shorter)


def test_proportions_and_order() -> None:
    names = [name for name, _ in run(500)]
    assert Counter(names) == {"person": 10, "auction": 30, "bid": 460}
    assert names == (["person"] + ["auction"] * 3 + ["bid"] * 46) * 10
    assert tuple(dict.fromkeys(names)) == STREAMS


def test_columns() -> None:
    for name, record in run(200):
        assert " ".join(record) == COLUMNS[name]
        assert 10 <= len(text(record, "extra")) <= 20


@pytest.mark.parametrize("rate", [1, 3, 100, 1000])
def test_times_advance_with_the_rate(rate: int) -> None:
    base = 1_700_000_000_123
    times = [milliseconds(record) for _, record in run(200, rate=rate, base_time_ms=base)]
    assert times == [base + number * 1000 // rate for number in range(200)]
    assert times == sorted(set(times))


def test_times_never_decrease_at_the_highest_rate() -> None:
    times = [milliseconds(record) for _, record in run(3000, rate=1_000_000)]
    assert times == sorted(times)
    assert times[-1] - times[0] == 2


@pytest.mark.parametrize("rate", [1, 100, 1_000_000])
def test_auctions_expire_after_they_begin(rate: int) -> None:
    for auction in records("auction", run(1000, rate=rate)):
        assert milliseconds(auction, "expires") > milliseconds(auction)


@pytest.mark.parametrize(
    "settings",
    [{}, {"hot_stride": 1}, {"hot_stride": 7, "in_flight_auctions": 1, "active_people": 1}],
)
def test_references_name_earlier_ids(settings: dict[str, int]) -> None:
    ids: dict[str, set[int]] = {"person": set(), "auction": set()}
    for name, record in run(2000, **settings):
        if name == "bid":
            assert integer(record, "auction") in ids["auction"]
            assert integer(record, "bidder") in ids["person"]
            continue
        if name == "auction":
            assert integer(record, "seller") in ids["person"]
        assert integer(record, "id") == 1000 + len(ids[name])
        ids[name].add(integer(record, "id"))


def test_categories() -> None:
    auctions = records("auction", run(2000))
    assert {auction["category"] for auction in auctions} == set(range(10, 15))


def test_default_skew() -> None:
    events = run(10_000)
    bids, auctions = records("bid", events), records("auction", events)

    def hot_share(rows: list[Record], column: str, hot: set[int]) -> float:
        return sum(integer(row, column) in hot for row in rows) / len(rows)

    # A hot id is also a recent id now and then, hence the slack above the exact ratio.
    assert 0.48 < hot_share(bids, "auction", set(range(1000, 1600, 100))) < 0.54
    assert 0.73 < hot_share(bids, "bidder", {1001, 1101}) < 0.79
    assert 0.70 < hot_share(auctions, "seller", {1000, 1100}) < 0.80
    uniform = len(bids) / len({bid["auction"] for bid in bids})
    hottest = Counter(bid["auction"] for bid in bids).most_common(1)[0][1]
    assert hottest > 20 * uniform


def test_no_skew_is_uniform_over_recent_ids() -> None:
    events = run(5000, hot_auction_ratio=1, hot_bidder_ratio=1, active_people=10)
    newest = 999
    for name, record in events:
        if name == "person":
            newest = integer(record, "id")
        elif name == "bid":
            assert newest - 10 < integer(record, "bidder") <= newest
    counts = Counter(bid["auction"] for bid in records("bid", events[2500:]))
    assert counts.most_common(1)[0][1] < 60


def test_prices_fit_decimal_12_2() -> None:
    events = run(20_000)
    prices = [cents(bid, "price") for bid in records("bid", events)]
    for auction in records("auction", events):
        initial, reserve = cents(auction, "initialBid"), cents(auction, "reserve")
        assert 1 <= initial <= reserve < 10**12
    assert all(1 <= price < 10**12 for price in prices)


def test_prices_are_log_uniform() -> None:
    prices = [cents(bid, "price") for bid in records("bid", run(20_000))]
    decades = Counter(len(str(price)) for price in prices)
    assert set(decades) == set(range(3, 9))
    assert all(0.15 < count / len(prices) < 0.19 for count in decades.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"events": 0}, "events must be at least 1, got 0"),
        ({"events": 1, "rate": 0}, "rate must be at least 1, got 0"),
        ({"events": 1, "rate": 1_000_001}, "rate must be at most 1000000 .*, got 1000001"),
        ({"events": 1, "seed": -1}, "seed must be at least 0, got -1"),
        ({"events": 1, "base_time_ms": -1}, "base_time_ms must be at least 0, got -1"),
        ({"events": 1, "hot_auction_ratio": 0}, "hot_auction_ratio must be at least 1, got 0"),
        ({"events": 1, "active_people": 0}, "active_people must be at least 1, got 0"),
    ],
)
def test_bad_settings_are_refused_at_the_call(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        generate(Config(**settings))
