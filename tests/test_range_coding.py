"""Symbols come back exactly, and take as many bytes as their probabilities say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aecore import range_coding


def tables(rng: np.random.Generator, units: int, symbols: int) -> np.ndarray:
    total = 1 << 16
    parts = 1 + np.floor(rng.dirichlet(np.full(symbols, 0.3), units) * (total - symbols)).astype(int)
    parts[:, 0] += total - parts.sum(1)
    return parts


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 40), st.integers(2, 60))
def test_any_symbols_come_back_as_they_were(seed, units, places, symbols):
    rng = np.random.default_rng(seed)
    given_tables = tables(rng, units, symbols)
    sent = rng.integers(0, symbols, (units, places))
    content = range_coding.written(sent, given_tables)
    assert np.array_equal(range_coding.read(content, given_tables, places), sent)


@pytest.mark.parametrize("places", [1, 50, 5000])
def test_the_length_is_that_of_the_probabilities(places):
    rng = np.random.default_rng(0)
    given_tables = tables(rng, 8, 30)
    shares = given_tables / given_tables.sum(1, keepdims=True)
    sent = np.stack([rng.choice(30, places, p=row) for row in shares])
    bits = -np.log2(np.take_along_axis(shares, sent, 1)).sum()
    assert abs(8 * len(range_coding.written(sent, given_tables)) - bits) <= 8 + 0.001 * bits


def test_a_symbol_without_a_probability_is_not_written():
    for wrong in (-1, 2):
        with pytest.raises(ValueError, match="beyond"):
            range_coding.written(np.array([[0, wrong]]), np.array([[1, 1]]))
