"""A link that hides knobs, for a lesson that is about the others."""

from __future__ import annotations

import pytest

from aecore.text import LANGUAGES, Say
from tests.pages.test_pages import opened

WIDGETS = ("slider", "select_slider", "number_input", "text_input", "selectbox", "segmented_control", "toggle")


pytestmark = pytest.mark.usefixtures("runs")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_link_hides_knobs_which_keep_its_values(lang):
    at = opened(data="digits", latent="5", hide="latent,seed", lang=lang)
    assert not at.exception
    assert not at.warning
    keys = {one.key for kind in WIDGETS for one in at.get(kind)}
    assert {"latent", "seed"} & keys == set()
    assert "steps" in keys
    assert at.session_state.course.watched.net.latent == 5
    at.button(key="defaults").click().run()
    assert at.session_state.course.watched.net.latent == 5
    assert at.query_params["hide"] == "latent,seed"


def test_a_link_hides_groups_of_knobs_and_names_what_it_does_not_know():
    at = opened(data="digits", latent="5", hide="fine")
    keys = {one.key for kind in WIDGETS for one in at.get(kind)}
    assert "batch" not in keys
    assert "latent" in keys
    at = opened(data="digits", latent="5", hide="controls,<b>nothing")
    assert {one.key for kind in WIDGETS for one in at.sidebar.get(kind)} == set()
    assert at.session_state.course.watched.net.latent == 5
    assert [one.value for one in at.warning] == [Say("en")("complaint.unknown", name="<b>nothing")]


def test_what_a_visitor_looks_at_is_hidden_too():
    at = opened("denoising", data="digits", test_noise="0.3", hide="test_noise", steps="20")
    assert not at.exception
    assert "test_noise" not in {one.key for one in at.select_slider}
    assert at.query_params["test_noise"] == "0.3"
