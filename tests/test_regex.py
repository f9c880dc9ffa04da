"""Regular expressions: the same matches as Python's where both dialects agree, refusals, linear time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkql.plan.functions.regex import Regex, RegexError

atoms = st.sampled_from(["a", "b", "c", "[ab]", "[^a]", "[a-c1]", r"\d", r"\W", r"\.", ".", "^"])
quantifiers = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,3}", "{1,}", "*?", "+?", "??", "{0,2}?"])
patterns = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda options: f"({'|'.join(options)})"),
        inner.map(lambda part: f"({part})"),
        st.builds(lambda part, count: f"(?:{part}){count}", atoms, quantifiers),
    ),
    max_leaves=8,
)


@given(patterns, st.lists(st.text("abc1.", max_size=10), min_size=1, max_size=5))
def test_matches_and_groups_are_those_of_a_backtracking_matcher(pattern, texts):
    regex = Regex.parsed(pattern)
    for text in texts:
        match = re.search(pattern, text)
        assert regex.find(text) == (None if match is None else (match.group(0), *match.groups()))


@pytest.mark.parametrize("pattern", ["(a", "[a", "a{2,1}", "*", "(?=a)", r"(a)\1", "a" * 501, "a{1001}"])
def test_what_is_no_regular_expression_is_refused_with_a_reason(pattern):
    with pytest.raises(RegexError) as caught:
        Regex.parsed(pattern)
    assert str(caught.value)


def test_groups_that_take_no_part_are_none():
    assert Regex.parsed("(a)|(b)").find("xb") == ("b", None, "b")
    assert Regex.parsed("(a)|(b)").groups == 2
    assert Regex.parsed("é(.)").find("caféß") == ("éß", "ß")


def test_no_pattern_takes_exponential_time():
    started = time.process_time()
    assert Regex.parsed("(a|aa)+$").find("a" * 5_000 + "b") is None
    assert time.process_time() - started < 5
