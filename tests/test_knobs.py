from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.knobs import Knob, Spec, choice, knob, switch, to_text, widths


@dataclass(frozen=True)
class Kettle(Spec):
    heat: float = knob(90.0, 20.0, 100.0)
    cups: int = knob(2, 1, 8)
    tea: str = choice("green", "black")
    lid: bool = switch(True)
    shelves: tuple[int, ...] = widths(3, 2, low=1, high=9, most=3)


@pytest.mark.parametrize(
    ("name", "given", "value", "reason"),
    [
        ("heat", "95.5", 95.5, None),
        ("heat", "5", 20.0, "too_low"),
        ("heat", "1e9", 100.0, "too_high"),
        ("heat", "nan", 90.0, "not_a_number"),
        ("heat", "inf", 90.0, "not_a_number"),
        ("heat", "hot", 90.0, "not_a_number"),
        ("cups", "3", 3, None),
        ("cups", "3.5", 2, "not_a_number"),
        ("cups", "-1", 1, "too_low"),
        ("tea", "black", "black", None),
        ("tea", "Black", "green", "not_an_option"),
        ("lid", "0", False, None),
        ("lid", "maybe", True, "not_an_option"),
        ("shelves", "4,4", (4, 4), None),
        ("shelves", "", (), None),
        ("shelves", "1,2,3,4", (1, 2, 3), "too_high"),
        ("shelves", "0,2", (1, 2), "too_low"),
        ("shelves", "a", (3, 2), "not_a_number"),
    ],
)
def test_settle_uses_the_nearest_allowed_value_and_says_why(name, given, value, reason):
    assert Kettle.knobs()[name].settle(given) == (value, reason)


@given(
    st.floats(20, 100),
    st.integers(1, 8),
    st.sampled_from(["green", "black"]),
    st.booleans(),
    st.lists(st.integers(1, 9), max_size=3),
)
def test_text_and_back(heat, cups, tea, lid, shelves):
    kettle = Kettle(heat, cups, tea, lid, tuple(shelves))
    texts = {name: to_text(value) for name, value in kettle.to_dict().items()}
    assert Kettle(**{name: Kettle.knobs()[name].settle(text)[0] for name, text in texts.items()}) == kettle


@given(
    st.sampled_from(sorted(Kettle.knobs())), st.text() | st.integers() | st.floats() | st.none() | st.lists(st.text())
)
def test_settle_always_ends_with_a_value_that_it_would_itself_allow(name, given):
    declared = Kettle.knobs()[name]
    value, _ = declared.settle(given)
    assert declared.settle(value) == (value, None)


def test_a_spec_refuses_what_its_knobs_do_not_allow():
    with pytest.raises(ValueError, match="cups=9"):
        Kettle(cups=9)
    assert Kettle().vary(cups=4).cups == 4
    assert Kettle(cups=4) == Kettle(cups=4)
    assert hash(Kettle()) == hash(Kettle())


def test_a_whole_number_knob_keeps_its_type():
    value, _ = Knob(1, low=0, high=5).settle(9)
    assert value == 5
    assert isinstance(value, int)
