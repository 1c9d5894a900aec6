"""Drawings of strangers: brought to the form of MNIST, or refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aecore.datasets import Mnist
from aecore.text import LANGUAGES, words
from aecore.uploads import Refused, drawing

SEVEN = [[[300, 250], [700, 250], [500, 800]]]


def enlarged(digit: np.ndarray, side: int = 280) -> np.ndarray:
    return np.asarray(Image.fromarray(np.rint(255 * digit).astype(np.uint8)).resize((side, side)), np.float32) / 255


def test_a_digit_of_mnist_that_was_enlarged_and_moved_comes_back_as_it_was():
    digits = Mnist().load("test").inputs[:60].numpy()
    found = [drawing.centred(np.roll(enlarged(one), (17, -9), (0, 1))) for one in digits]
    lost = [np.square(one - digit).sum() / np.square(digit).sum() for one, digit in zip(found, digits, strict=True)]
    assert np.median(lost) < 0.15


def test_a_drawing_fits_its_box_wherever_and_however_large_it_was_drawn():
    whole = drawing.centred(drawing.drawn(SEVEN))
    assert whole.shape == (28, 28)
    for axis in (0, 1):
        filled = np.flatnonzero(whole.max(axis))
        assert np.ptp(filled) < drawing.BOX
    moved = [[[x / 2 + 400, y / 2 + 30] for x, y in SEVEN[0]]]
    # Half as large, the pen is twice as thick beside it.
    assert np.square(drawing.centred(drawing.drawn(moved)) - whole).sum() < np.square(whole).sum()


@pytest.mark.parametrize(("ground", "pen"), [(0.9, 0.1), (0.15, 0.95), (0.5, 0.2)])
def test_ink_is_told_from_paper_in_a_shadow(ground, pen):
    sheet = drawing.drawn(SEVEN)
    paper = ground * np.linspace(1, 0.75, 280)[None, :] * np.ones((280, 1))
    photo = np.repeat((paper * (1 - sheet) + pen * sheet)[:, :, None], 3, axis=2)
    found, wanted = drawing.centred(drawing.ink(photo)), drawing.centred(sheet)
    # A shadow may move the centre of mass by a pixel.
    moved = [np.roll(found, (x, y), (0, 1)) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    assert min(np.square(one - wanted).sum() for one in moved) < 0.3 * np.square(wanted).sum()


@pytest.mark.parametrize(
    "strokes",
    [[], [[]], None, "strokes", [[["a", "b"]]], [[[1, 2, 3]]], [[[-1, 5]]], [[[1e9, 5]]], [[[float("nan"), 5]]],
     [[[1, 1]]] * 1000, [[[1, 1]] * 100_000], {"a": 1}, 7],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_in_words(strokes):
    with pytest.raises(Refused) as refused:
        drawing.drawn(strokes)
    assert all(f"refused.{refused.value.reason}" in words(language) for language in LANGUAGES)


def test_blank_paper_is_no_digit():
    for blank in (np.ones((50, 80, 3)), np.zeros((50, 50, 3))):
        with pytest.raises(Refused):
            drawing.ink(blank)
    with pytest.raises(Refused):
        drawing.centred(np.zeros((280, 280), np.float32))


places = st.integers(0, 1000)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(places, places), min_size=1, max_size=6), min_size=1, max_size=5))
def test_any_strokes_become_a_digit_whole_and_in_the_middle(strokes):
    ink = drawing.drawn(strokes)
    try:
        found = drawing.centred(ink)
    except Refused:
        # Dots far apart: in the box of 20 × 20 hardly anything is left of them.
        rows, columns = np.nonzero(ink > 0.1)
        box = drawing.BOX / max(np.ptp(rows) + 1, np.ptp(columns) + 1)
        assert ink.sum() * box**2 < 5
        return
    assert found.shape == (28, 28)
    assert found.min() >= 0 and found.max() <= 1
    assert found.sum() > 0
