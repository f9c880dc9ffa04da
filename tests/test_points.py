"""Which points of key files are in their groups: held against mcl, and against points that are in none."""

from __future__ import annotations

import random

import pytest
from gmpy2 import is_prime, mpz

from tests.groups import SMALL, g2, minus, multiple, of_small_order, on_the_curve, plus, read_g2
from zkql.crypto.field import P
from zkql.toolchain.devkeys import _points
from zkql.toolchain.points import COFACTOR, check_g1, check_g2
from zkql.toolchain.twist import FIELD_OF_POINTS, ONE, ZERO, add, add_any, double

SCALARS = [mpz(v) for v in (0, 1, 2, P - 1, 7, 7, *(random.Random(1).randrange(P) for _ in range(60)))]


@pytest.fixture(scope="module")
def in_g1() -> bytes:
    """Multiples of the generator, by mcl."""
    return _points("G1", SCALARS)


@pytest.fixture(scope="module")
def in_g2() -> bytes:
    return _points("G2", SCALARS)


def put(data: bytes, size: int, number: int, point: bytes) -> memoryview:
    assert len(point) == size
    return memoryview(data[: size * number] + point + data[size * (number + 1) :])


def test_multiples_of_the_generators_are_in_the_groups(in_g1: bytes, in_g2: bytes) -> None:
    check_g1(memoryview(in_g1), "part")
    check_g2(memoryview(in_g2), "part")
    for data in (b"", bytes(128), bytes(1280)):  # none, and infinity
        check_g1(memoryview(data), "part")
        check_g2(memoryview(data), "part")


def test_additions_are_mcls() -> None:
    three, four, seven = (read_g2(_points("G2", [mpz(n)])) for n in (3, 4, 7))
    assert g2(plus(three, four)) == g2(seven)
    assert plus(seven, minus(four)) == three
    assert add_any((*three, ONE), (*minus(three), ONE))[2] == ZERO
    assert add((*three, ONE), minus(three))[2] == ZERO
    (one,) = (read_g2(_points("G2", [mpz(1)])),)
    for sum_of_two in (add((*one, ONE), one), add_any((*one, ONE), (*one, ONE)), double((*one, ONE))):
        assert multiple(3, sum_of_two)[2] != ZERO
        assert add_any(sum_of_two, (*minus(read_g2(_points("G2", [mpz(2)]))), ONE))[2] == ZERO
    assert multiple(P, (*seven, ONE))[2] == ZERO


def test_no_point_outside_of_g2_has_a_smaller_order_than_a_coefficient() -> None:
    """What the random combinations rest on."""
    assert all(COFACTOR % n for n in range(2, SMALL))
    assert COFACTOR % SMALL == 0
    assert is_prime(SMALL)
    assert COFACTOR % P
    point = on_the_curve(1)
    assert multiple(P, (*point, ONE))[2] != ZERO
    assert multiple(P * COFACTOR, (*point, ONE))[2] == ZERO


@pytest.mark.parametrize("number", [0, 1, 65])
@pytest.mark.parametrize("byte", [0, 31, 32, 63])
def test_a_changed_point_of_g1_is_on_no_curve(in_g1: bytes, number: int, byte: int) -> None:
    changed = bytearray(in_g1)
    changed[64 * number + byte] ^= 1
    with pytest.raises(ValueError, match=rf"point {number} of part"):
        check_g1(memoryview(changed), "part")


@pytest.mark.parametrize("byte", [0, 31, 32, 95, 127])
def test_a_changed_point_of_g2_is_on_no_curve(in_g2: bytes, byte: int) -> None:
    changed = bytearray(in_g2)
    changed[128 * 3 + byte] ^= 1
    with pytest.raises(ValueError, match="point 3 of part"):
        check_g2(memoryview(changed), "part")


@pytest.mark.parametrize("coordinate", range(4))
def test_a_coordinate_has_one_spelling(in_g1: bytes, in_g2: bytes, coordinate: int) -> None:
    for check, size, data in ((check_g1, 64, in_g1), (check_g2, 128, in_g2)):
        start = size + 32 * coordinate
        if 32 * coordinate >= size:
            continue
        other = int.from_bytes(data[start : start + 32], "little") + FIELD_OF_POINTS
        changed = data[:start] + other.to_bytes(32, "little") + data[start + 32 :]
        with pytest.raises(ValueError, match="point 1 of part has a coordinate that is no field element"):
            check(memoryview(changed), "part")


def test_half_a_point_is_refused(in_g1: bytes, in_g2: bytes) -> None:
    with pytest.raises(ValueError, match="cut short"):
        check_g1(memoryview(in_g1[:-1]), "part")
    with pytest.raises(ValueError, match="cut short"):
        check_g2(memoryview(in_g2[:-64]), "part")


def test_points_of_small_order_are_refused(in_g2: bytes) -> None:
    """Alone, among others, added to a good point, in pairs that add up to none, and each of many."""
    bad = of_small_order()
    assert multiple(SMALL, (*bad, ONE))[2] == ZERO
    good = read_g2(in_g2[128 * 9 : 128 * 10])
    mixed, opposite = plus(good, bad), plus(good, minus(bad))
    forged = [
        memoryview(g2(bad)),
        put(in_g2, 128, 0, g2(bad)),
        put(in_g2, 128, 65, g2(mixed)),
        put(bytes(put(in_g2, 128, 5, g2(mixed))), 128, 6, g2(opposite)),
        memoryview(g2(mixed) * SMALL),  # all together nothing, if coefficients were equal
    ]
    for data in forged:
        with pytest.raises(ValueError, match="a point of part is outside the group"):
            check_g2(data, "part")


def test_any_other_point_of_the_curve_is_refused(in_g2: bytes) -> None:
    with pytest.raises(ValueError, match="outside the group"):
        check_g2(put(in_g2, 128, 7, g2(on_the_curve(1))), "part")
