"""NEXMark events (persons, auctions, bids of an online auction), deterministic by seed.

In: a :class:`Config`. Out: ``(stream, record)`` pairs in event order, ready for JSON.

Every 50 consecutive events are 1 person, 3 auctions and 46 bids, in that order. References follow
NEXMark's skew: most go to one "hot" id that moves on as ids are handed out, the rest are uniform
over recent ids. Unlike the original, which also refers a few ids ahead, a reference always names
an id that an earlier event introduced, so joins never wait for a missing row.

Only integer arithmetic on ``Random.getrandbits`` is used: floating-point powers depend on the
platform's libm, and ``choice``, ``shuffle`` and ``sample`` may change between Python versions.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from math import isqrt
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

Record = dict[str, int | str]
"""One row: column name to value; ids and category are integers, everything else is text."""

MONEY = ("initialBid", "reserve", "price")
"""The columns that are money."""

STREAMS: tuple[str, ...] = ("person", "auction", "bid")
"""Names of the streams, in the order of their first event."""

MAX_RATE = 1_000_000

GROUP = 50
"""Events per group: one person, then the auctions, then bids."""
AUCTIONS_PER_GROUP = 3

FIRST_ID = 1000
FIRST_CATEGORY = 10
CATEGORIES = 5

PRICE_DECADES = 6
PRICE_BITS = 32
"""Resolution of the exponent that a price is drawn with."""
FIXED_POINT = 64
"""Fractional bits of the fixed-point numbers in the price computation."""

COLD_CHANNELS = 10_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_NAMES = ("Ada", "Boris", "Chen", "Dalia", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jun")
LAST_NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Hazel", "Juniper", "Larch", "Maple")
PLACES = (
    ("Tucson", "AZ"),
    ("Fresno", "CA"),
    ("Boise", "ID"),
    ("Salem", "OR"),
    ("Tacoma", "WA"),
    ("Casper", "WY"),
)
"""NEXMark's six states, which its queries filter on, with one city each."""
ADJECTIVES = ("antique", "blue", "carved", "folding", "gilded", "rare", "signed", "striped")
ITEMS = ("atlas", "bicycle", "camera", "chess set", "clock", "guitar", "lamp", "teapot", "vase")
HOT_CHANNELS = ("Apple", "Baidu", "Facebook", "Google")
"""The channels that NEXMark's queries know by name."""
WORDS = (
    "amber", "breeze", "canyon", "copper", "cricket", "delta", "ember", "falcon", "garden",
    "harbor", "island", "jasmine", "kettle", "lantern", "meadow", "nutmeg", "orchard", "pebble",
    "quartz", "ribbon", "saddle", "thicket", "umbrella", "velvet", "willow", "zephyr",
)  # fmt: skip
"""Filler; 5 to 8 letters each, so that two of them make 11 to 17 characters."""


@dataclass(frozen=True, slots=True)
class Config:
    """What to generate; the defaults of the skew settings are NEXMark's.

    ``events``: how many, at least 1; a shorter run is a prefix of a longer one.
    ``seed``: 0 or more. ``rate``: events per second of event time, 1 … 1,000,000.
    ``base_time_ms``: event time of the first event, milliseconds since 1970 UTC, 0 or more.

    Of ``hot_X_ratio`` references to an X, all but one go to the hot X on average, the remaining
    one to a recent X. Recent are the last ``in_flight_auctions`` auctions and ``active_people``
    persons. The hot ids move on with every ``hot_stride`` ids handed out. ``cents``: money as integers,
    as in Flink's NEXMark, instead of decimals.
    """

    events: int
    seed: int = 7
    rate: int = 100
    base_time_ms: int = 1_767_225_600_000  # 2026-01-01 00:00:00.000
    hot_auction_ratio: int = 2
    hot_bidder_ratio: int = 4
    hot_seller_ratio: int = 4
    hot_stride: int = 100
    in_flight_auctions: int = 100
    active_people: int = 1000
    cents: bool = False


def generate(config: Config) -> Iterator[tuple[str, Record]]:
    """Yield ``config.events`` pairs of a name in :data:`STREAMS` and its record, in event order.

    person: id, name, emailAddress, creditCard, city, state, dateTime, extra.
    auction: id, itemName, description, initialBid, reserve, dateTime, expires, seller, category,
    extra. bid: auction, bidder, price, channel, url, dateTime, extra.

    Prices are decimal strings with two decimals that fit ``DECIMAL(12,2)``; times are UTC strings
    ``YYYY-MM-DD HH:MM:SS.mmm``, never decreasing. Raises :class:`ValueError`, at the call rather
    than at the first event, if a setting is out of range.
    """
    _check(config)
    return _events(config)


def _check(config: Config) -> None:
    # No negative seeds: Random ignores the sign, so -7 would silently repeat 7.
    least = {"seed": 0, "base_time_ms": 0, "cents": 0}
    for setting in fields(config):
        value: int = getattr(config, setting.name)
        minimum = least.get(setting.name, 1)
        if value < minimum:
            message = f"{setting.name} must be at least {minimum}, got {value}"
            raise ValueError(message)
    if config.rate > MAX_RATE:
        message = f"rate must be at most {MAX_RATE} events per second, got {config.rate}"
        raise ValueError(message)


def _events(config: Config) -> Iterator[tuple[str, Record]]:
    rng = Random(config.seed)
    for number in range(config.events):
        offset = number % GROUP
        if offset == 0:
            yield "person", _person(rng, config, number)
        elif offset <= AUCTIONS_PER_GROUP:
            yield "auction", _auction(rng, config, number)
        else:
            yield "bid", _bid(rng, config, number)


def _person(rng: Random, config: Config, number: int) -> Record:
    first, last = _pick(rng, FIRST_NAMES), _pick(rng, LAST_NAMES)
    city, state = _pick(rng, PLACES)
    return {
        "id": FIRST_ID + _newest_person(number),
        "name": f"{first} {last}",
        "emailAddress": f"{first}.{last}@{_pick(rng, WORDS)}.example".lower(),
        "creditCard": " ".join(f"{_below(rng, 10_000):04d}" for _ in range(4)),
        "city": city,
        "state": state,
        "dateTime": _timestamp(_time_ms(config, number)),
        "extra": _extra(rng),
    }


def _auction(rng: Random, config: Config, number: int) -> Record:
    item = f"{_pick(rng, ADJECTIVES)} {_pick(rng, ITEMS)}"
    initial_cents = _price_cents(rng)
    time_ms = _time_ms(config, number)
    return {
        "id": FIRST_ID + _newest_auction(number),
        "itemName": item,
        "description": f"{item} from {_pick(rng, WORDS)}",
        "initialBid": _money(config, initial_cents),
        "reserve": _money(config, initial_cents + _price_cents(rng)),
        "dateTime": _timestamp(time_ms),
        "expires": _timestamp(time_ms + _duration_ms(rng, config)),
        "seller": FIRST_ID + _seller(rng, config, _newest_person(number)),
        "category": FIRST_CATEGORY + _below(rng, CATEGORIES),
        "extra": _extra(rng),
    }


def _bid(rng: Random, config: Config, number: int) -> Record:
    auction = _bid_auction(rng, config, _newest_auction(number))
    bidder = _bidder(rng, config, _newest_person(number))
    price = _money(config, _price_cents(rng))
    channel, url = _channel_and_url(rng)
    return {
        "auction": FIRST_ID + auction,
        "bidder": FIRST_ID + bidder,
        "price": price,
        "channel": channel,
        "url": url,
        "dateTime": _timestamp(_time_ms(config, number)),
        "extra": _extra(rng),
    }


def _newest_person(number: int) -> int:
    """Index, from 0, of the newest person once event ``number`` has happened."""
    return number // GROUP


def _newest_auction(number: int) -> int:
    """Index, from 0, of the newest auction once event ``number`` has happened (-1: none)."""
    group, offset = divmod(number, GROUP)
    return group * AUCTIONS_PER_GROUP + min(offset, AUCTIONS_PER_GROUP) - 1


def _seller(rng: Random, config: Config, newest: int) -> int:
    if _is_hot(rng, config.hot_seller_ratio):
        return _stride_start(newest, config.hot_stride)
    return _recent(rng, newest, config.active_people)


def _bidder(rng: Random, config: Config, newest: int) -> int:
    if _is_hot(rng, config.hot_bidder_ratio):
        # One past the hot seller, who should not bid on their own auctions, if there is such an id.
        return min(_stride_start(newest, config.hot_stride) + 1, newest)
    return _recent(rng, newest, config.active_people)


def _bid_auction(rng: Random, config: Config, newest: int) -> int:
    if _is_hot(rng, config.hot_auction_ratio):
        return _stride_start(newest, config.hot_stride)
    return _recent(rng, newest, config.in_flight_auctions)


def _is_hot(rng: Random, ratio: int) -> bool:
    return _below(rng, ratio) > 0


def _stride_start(newest: int, stride: int) -> int:
    return newest - newest % stride


def _recent(rng: Random, newest: int, window: int) -> int:
    """One of the last ``window`` indices, or of all if there are fewer."""
    return newest - _below(rng, min(newest + 1, window))


def _channel_and_url(rng: Random) -> tuple[str, str]:
    """Half the bids come through a hot channel; most others name theirs in the URL as well."""
    path = "/".join(_pick(rng, WORDS) for _ in range(3))
    url = f"https://www.nexmark.example/{path}/item.htm?query=1"
    if _below(rng, 2) > 0:
        return _pick(rng, HOT_CHANNELS), url
    number = _below(rng, COLD_CHANNELS)
    named = f"{url}&channel_id={number}" if _below(rng, 10) > 0 else url
    return f"channel-{number}", named


def _time_ms(config: Config, number: int) -> int:
    # From the event number rather than by adding steps, so that rounding never accumulates.
    return config.base_time_ms + number * 1000 // config.rate


def _duration_ms(rng: Random, config: Config) -> int:
    """How long an auction is open: on average until ``in_flight_auctions`` more have begun."""
    average = config.in_flight_auctions * GROUP * 1000 // (AUCTIONS_PER_GROUP * config.rate)
    return 1 + _below(rng, max(2 * average, 1))


def _timestamp(time_ms: int) -> str:
    moment = EPOCH + timedelta(milliseconds=time_ms)
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


def _price_factors() -> tuple[int, ...]:
    """``10 ** (PRICE_DECADES / 2**i)`` for i = 1 … PRICE_BITS, in fixed point."""
    factors = [10**PRICE_DECADES << FIXED_POINT]
    for _ in range(PRICE_BITS):
        factors.append(isqrt(factors[-1] << FIXED_POINT))
    return tuple(factors[1:])


PRICE_FACTORS = _price_factors()


def _price_cents(rng: Random) -> int:
    """Log-uniform from 1.00 up to 1,000,000.00, in cents.

    One factor per set exponent bit makes ``10 ** (PRICE_DECADES * u)``, u uniform in [0, 1).
    """
    exponent = rng.getrandbits(PRICE_BITS)
    price = 1 << FIXED_POINT
    for position, factor in enumerate(PRICE_FACTORS, start=1):
        if exponent >> (PRICE_BITS - position) & 1:
            price = price * factor >> FIXED_POINT
    return price * 100 >> FIXED_POINT


def _money(config: Config, cents: int) -> int | str:
    return cents if config.cents else f"{cents // 100}.{cents % 100:02d}"


def _extra(rng: Random) -> str:
    return f"{_pick(rng, WORDS)} {_pick(rng, WORDS)}"


def _pick(rng: Random, options: tuple[T, ...]) -> T:
    return options[_below(rng, len(options))]


def _below(rng: Random, limit: int) -> int:
    """Uniform in [0, ``limit``): 64 random bits scaled, a bias below ``limit / 2**64``."""
    return rng.getrandbits(64) * limit >> 64
