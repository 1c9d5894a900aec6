"""What a visitor looks at lives in the address: a link shows the same, and says what it got wrong."""

from __future__ import annotations

import json

import pytest

import aecore as ae
from aecore.jobs import InlineExecutor
from aecore.text import Say
from pages._ui import address, compare, parcels, view
from tests.pages.test_pages import drawn_errors, opened, sentences

SPARSE = {"data": "digits", "latent": "9", "steps": "60"}
SEEN = {"unit": "5", "order": "weight", "click": "set", "clamped": "3,6", "held": "on", "keep": "2", "rank": "7"}


@pytest.fixture
def trained(runs):
    InlineExecutor(runs).submit([ae.Experiment.from_query("data=digits&method=sparse&latent=9&steps=60")])


def seen_in(at) -> dict:
    """Return what of the view the address says."""
    return {name: text for name, text in at.query_params.items() if name in view.NAMES}


def alone(text) -> str:
    return text if isinstance(text, str) else text[-1]


def addressed(at) -> dict[str, str]:
    return {name: alone(text) for name, text in seen_in(at).items()}


def again(at, page: str):
    """Open the address as another visitor."""
    return opened(page, **{name: alone(text) for name, text in at.query_params.items()})


def test_a_link_shows_the_same_units_in_the_same_order(trained):
    at = opened("sparse", **SPARSE, **SEEN)
    assert not at.exception
    assert not at.warning
    assert Say("en")("room.title", unit=5) in [header.value for header in at.header]
    assert at.segmented_control(key="order").value == "weight"
    assert at.segmented_control(key="held").value == "on"
    assert at.multiselect(key="clamped").value == [3, 6]
    assert (at.slider(key="keep").value, at.slider(key="rank").value) == (2, 7)
    assert addressed(at) == SEEN
    other = again(at, "sparse")
    assert addressed(other) == SEEN
    assert drawn_errors(other, "clamped_set") == drawn_errors(at, "clamped_set")


def test_what_is_chosen_stands_in_the_address_and_what_is_usual_does_not(trained):
    at = opened("sparse", **SPARSE)
    assert addressed(at) == {}
    at.segmented_control(key="order").set_value("average").run()
    at.multiselect(key="clamped").set_value([2]).run()
    at.slider(key="keep").set_value(3).run()
    assert addressed(at) == {"order": "average", "clamped": "2", "keep": "3"}
    at.multiselect(key="clamped").set_value([]).run()
    at.segmented_control(key="order").set_value("number").run()
    assert addressed(at) == {"keep": "3"}
    assert {name: alone(at.query_params[name]) for name in SPARSE} == SPARSE


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_what_a_link_got_wrong_about_the_view_is_named_and_the_rest_kept(trained, lang):
    at = opened("sparse", lang, **SPARSE, unit="500", order="size", keep="x", clamped="1,99", held="on", at="7000")
    words = Say(lang)
    said = [warning.value for warning in at.warning]
    label = {name: words(f"knob.{name}.label") for name in view.NAMES if words.knows(f"knob.{name}.label")}
    number = words("option.order.number")
    assert set(said) == {
        words("complaint.too_high", name=label["unit"], given="500", used="9"),
        words("complaint.not_an_option", name=label["order"], given="size", used=number),
        words("complaint.not_a_number", name=label["keep"], given="x", used="8"),
        words("complaint.too_high", name=label["clamped"], given="1,99", used="1, 9"),
        words("complaint.too_high", name=label["at"], given="7000", used="60"),
    }
    assert len(said) == 5
    assert addressed(at) == {"unit": "9", "clamped": "1,9", "held": "on"}
    at.slider(key="keep").set_value(4).run()
    assert words("complaint.not_a_number", name=label["keep"], given="x", used="8") not in sentences(at)
    assert not at.exception


def test_a_name_of_another_page_is_unknown_here(runs):
    at = opened("undercomplete", data="digits", unit="4")
    assert [warning.value for warning in at.warning] == [Say("en")("complaint.unknown", name="unit")]
    assert "unit" not in at.query_params


def test_languages_and_pages_keep_the_view(trained):
    at = opened("sparse", **SPARSE, unit="5", held="on")
    at.segmented_control(key="lang").set_value("pt_BR").run()
    assert Say("pt_BR")("room.title", unit=5) in [header.value for header in at.header]
    at.segmented_control(key="order_pt_BR").set_value("weight").run()
    at.switch_page("lessons/undercomplete.py").run()
    assert not at.warning
    assert addressed(at) == {}
    at.switch_page("lessons/sparse.py").run()
    at.segmented_control(key="lang").set_value("en").run()
    assert not at.exception
    assert not at.warning
    assert Say("en")("room.title", unit=5) in [header.value for header in at.header]
    assert (at.segmented_control(key="held").value, at.segmented_control(key="order").value) == ("on", "weight")
    assert addressed(at) == {"unit": "5", "held": "on", "order": "weight"}


def test_an_address_that_comes_late_changes_nothing_and_another_does(trained, monkeypatch):
    monkeypatch.setattr(address, "LAG", 600)
    at = opened("sparse", **SPARSE, keep="2")
    late = {name: alone(text) for name, text in at.query_params.items()}
    at.slider(key="keep").set_value(5).run()
    at.query_params.clear()
    at.query_params.update(late)
    at.run()
    assert at.slider(key="keep").value == 5
    assert addressed(at) == {"keep": "5"}
    at.query_params.update({"keep": "7", "order": "weight"})
    at.run()
    assert next(one.value for one in at.slider if one.label == Say("en")("knob.keep.label")) == 7
    assert next(one.value for one in at.segmented_control if one.label == Say("en")("knob.order.label")) == "weight"
    assert addressed(at) == {"keep": "7", "order": "weight"}


def test_a_unit_that_is_there_no_longer_gives_way_without_a_word(trained):
    at = opened("sparse", **SPARSE, unit="8")
    at.select_slider(key="latent").set_value(5).run()
    assert not at.warning
    assert Say("en")("room.title", unit=5) in [header.value for header in at.header]
    assert not at.exception


def test_the_noise_of_the_test_is_linked_and_follows_the_level_until_it_is_chosen(runs):
    at = opened("denoising", data="digits", steps="40")
    level = at.session_state.course.watched.method.level
    assert at.select_slider(key="test_noise").value == level
    at.select_slider(key="level").set_value(0.2).run()
    slider = next(one for one in at.select_slider if one.label == Say("en")("knob.test_noise.label"))
    assert slider.value == 0.2
    slider.set_value(0.35).run()
    assert addressed(at) == {"test_noise": "0.35"}
    other = again(at, "denoising")
    assert other.select_slider(key="test_noise").value == 0.35
    odd = opened("denoising", data="digits", steps="40", test_noise="0.33")
    assert odd.select_slider(key="test_noise").value == 0.33
    assert not odd.warning


def test_the_point_that_is_dropped_is_linked(runs):
    def path(at):
        sent = [json.loads(one.proto.json) for one in at.get("bidi_component") if "-field" in one.proto.id]
        return json.dumps(json.loads(parcels.content(sent[0]["figure"]))["data"])

    usual = opened("denoising", data="ring", steps="40")
    at = opened("denoising", data="ring", steps="40", across="-0.5", up="0.25")
    assert not at.exception
    assert not at.warning
    assert addressed(at) == {"across": "-0.5", "up": "0.25"}
    assert path(at) != path(usual)
    assert path(again(at, "denoising")) == path(at)


def test_the_input_and_the_direction_are_linked(runs):
    at = opened("contractive", data="digits", steps="40", latent="9", input="7", direction="3")
    assert not at.exception
    assert at.slider(key="input").value == 7
    assert addressed(at) == {"input": "7", "direction": "3"}


VAE = {"data": "digits", "hidden": "16", "latent": "3", "steps": "30"}


def figure(at, key):
    """Return the figure that stands at a place of the page, as it is sent to the browser."""
    (proto,) = (one.proto for one in at.get("bidi_component") if one.proto.id.endswith(f"-{key}"))
    return parcels.content(json.loads(proto.json)["figure"]).decode()


def test_the_inputs_the_draw_and_the_latent_of_a_vae_are_linked(runs):
    InlineExecutor(runs).submit([ae.Experiment.from_query("data=digits&method=vae&hidden=16&latent=3&steps=30")])
    usual = opened("vae", **VAE)
    assert addressed(usual) == {}
    choices = {"printed": "1", "draw": "2", "one": "4", "other": "9", "moved": "3"}
    at = opened("vae", **VAE, **choices)
    assert not at.exception
    assert not at.warning
    assert at.toggle(key="printed").value
    assert (at.slider(key="one").value, at.slider(key="other").value) == (4, 9)
    assert addressed(at) == choices
    linked = again(at, "vae")
    for key in ("fresh", "between", "moved"):
        assert figure(linked, key) == figure(at, key) != figure(usual, key)
    at.button(key="draw_others").click().run()
    at.toggle(key="printed").set_value(False).run()
    assert addressed(at) == {"draw": "3", "one": "4", "other": "9", "moved": "3"}


def test_the_range_and_the_start_of_traversals_are_linked(runs):
    link = {"hidden": "8", "latent": "3", "steps": "20"}
    usual = opened("beta_vae", **link)
    at = opened("beta_vae", **link, range="posterior", start_from="7")
    assert not at.exception
    assert not at.warning
    assert at.segmented_control(key="range").value == "posterior"
    assert at.select_slider(key="start_from").value == 7
    assert addressed(at) == {"range": "posterior", "start_from": "7"}
    assert figure(again(at, "beta_vae"), "traversal") == figure(at, "traversal") != figure(usual, "traversal")
    far = opened("beta_vae", **link, start_from="51")
    label = Say("en")("knob.start_from.label")
    assert [one.value for one in far.warning] == [Say("en")("complaint.too_high", name=label, given="51", used="50")]


def test_the_step_shown_is_linked(runs):
    InlineExecutor(runs).submit([ae.Experiment.from_query("data=digits&latent=3&steps=300")])
    at = opened("undercomplete", data="digits", latent="3", steps="300")
    assert addressed(at) == {}
    next(one for one in at.select_slider if one.label == Say("en")("watch.time")).set_value(10).run()
    assert addressed(at) == {"at": "10"}
    other = again(at, "undercomplete")
    assert other.session_state.course.time == 10
    assert drawn_errors(other, "rows") == drawn_errors(at, "rows")
    between = opened("undercomplete", data="digits", latent="3", steps="300", at="11")
    assert between.session_state.course.time == 10
    assert not between.warning


def test_the_run_beside_is_linked_to_those_who_never_trained_it(runs):
    mine = ae.Experiment.from_query("data=digits&latent=3&steps=40")
    at = opened("undercomplete", data="digits", latent="3", steps="40")
    box = at.selectbox(key="compared")
    box.select(next(option for option in box.options if option.startswith("Sparse"))).run()
    watched = at.session_state.course.watched
    assert watched == mine
    other = next(one for one in compare.candidates(watched).values() if one.method.name == "sparse")
    linked = again(at, "undercomplete")
    assert not linked.warning
    assert linked.session_state.course.compared == other.key
    assert linked.query_params["beside"] == at.query_params["beside"]


@pytest.mark.parametrize(
    "query",
    ["data=digits&latent=5&steps=40", "data=digits&latent=3&steps=40&rate=0.01&start=20:rate=0.02&start=9:rate=0.1"],
)
def test_any_run_beside_is_read_as_it_is_written(query):
    current = ae.Experiment.from_query("data=digits&latent=3&steps=40&method=sparse")
    one = ae.Experiment.from_query(query)
    assert compare._read(compare._written(one, current), current) == one


@pytest.mark.parametrize("text", ["", "method=none", "latent=many", "~9999999", "rubbish"])
def test_a_run_beside_that_makes_no_sense_is_passed_over_and_said(runs, text):
    at = opened("undercomplete", data="digits", latent="3", steps="40", beside=text)
    assert [warning.value for warning in at.warning] == [Say("en")("complaint.unknown", name=f"beside={text}")]
    assert "beside" not in at.query_params
    assert at.session_state.course.compared == ""
    assert not at.exception


def test_a_link_shows_the_plane_of_the_pad_and_holds_its_code(trained):
    code = "0.5,-1.25,0,0,2"
    at = opened("undercomplete", data="digits", steps="5", latent="5", plane="4,2", place=code)
    assert not at.exception
    assert not at.warning
    walk = at.session_state.pad_walk
    assert (walk.pair, walk.z) == ((3, 1), (0.5, -1.25, 0, 0, 2))
    assert addressed(at) == {"plane": "4,2", "place": "0.5,-1.25,0.0,0.0,2.0"}
    at.button(key="pad_release").click().run()
    assert addressed(at) == {"plane": "4,2"}
    at.selectbox(key=f"pad_0_{walk.moved}").set_value(4).run()
    assert addressed(at) == {"plane": "5,2"}
    assert again(at, "undercomplete").session_state.pad_walk.pair == (4, 1)


@pytest.mark.parametrize(
    ("name", "text"), [("plane", "9,1"), ("plane", "2,2"), ("plane", "x"), ("place", "nan,1,2,3,4"), ("place", "1,2")]
)
def test_a_link_to_no_place_of_the_pad_is_named_and_passed_over(trained, name, text):
    at = opened("undercomplete", data="digits", steps="5", latent="5", **{name: text})
    assert not at.exception
    assert [text in warning.value for warning in at.warning] == [True]
    assert addressed(at) == {}


def test_how_a_figure_is_zoomed_stands_in_the_address_of_its_page_alone(trained):
    at = opened("sparse", **SPARSE, plot_error="xaxis_0_30", unit="5")
    assert not at.exception
    assert not at.warning
    assert alone(at.query_params["plot_error"]) == "xaxis_0_30"
    at.slider(key="keep").set_value(3).run()
    assert alone(at.query_params["plot_error"]) == "xaxis_0_30"
    at.switch_page("lessons/undercomplete.py").run()
    assert "plot_error" not in at.query_params
