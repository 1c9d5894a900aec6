"""The page of sweeps, without a browser."""

from __future__ import annotations

import pytest

import aecore as ae
from aecore.text import Say
from tests.pages.test_pages import opened, sentences

# The address leaves out the page's own first choices.
DEFAULTS = {("method", "denoising"), ("data", "digits")}
SMALL = {
    "data": "digits",
    "steps": "30",
    "hidden": "8",
    "latent": "3",
    "batch": "32",
    "rate": "0.01",
    "schedule": "one_cycle",
}


def experiments(query: str = "method=vae", **ranges) -> list[ae.Experiment]:
    link = "&".join([query, "net=mlp", *(f"{name}={text}" for name, text in SMALL.items())])
    return ae.Experiment.from_query(link).sweep(**ranges)


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_before_training_it_says_so_and_after_it_shows_every_run(runs, lang):
    words = Say(lang)
    at = opened("sweep", lang, method="vae", swept="latent", values="2, 3", seeds="2", **SMALL)
    assert not at.exception
    assert words("sweep.empty", count=4) in sentences(at)
    at.button(key="sweep_sweep").click().run()
    assert not at.exception
    trained = experiments(latent=(2, 3), seed=(0, 1))
    assert all(runs.of(one).state.stage == "done" for one in trained)
    assert {folder.name for folder in runs.root.iterdir()} == {one.key for one in trained}
    at.run()
    assert not at.exception
    assert words("sweep.progress", done=4, count=4) in at.get("progress")[0].proto.text
    assert "button" not in [button.key for button in at.button if button.key == "sweep_sweep"]
    best = min((2, 3), key=lambda latent: mean(runs, trained, latent))
    assert f"**{best}**" in sentences(at)


def test_it_opens_on_a_sweep_that_is_shipped(runs):
    at = opened("sweep")
    assert not at.exception
    assert Say("en")("sweep.progress", done=12, count=12) in at.get("progress")[0].proto.text
    assert not any(runs.root.iterdir())


def mean(runs, trained, latent):
    scores = [runs.of(one).history[-1].scores["watched_test_error"] for one in trained if one.net.latent == latent]
    return sum(scores) / len(scores)


def test_all_that_is_chosen_is_in_the_address_and_a_link_brings_it_back(runs):
    asked = {"method": "beta_vae", "swept": "beta", "values": "0.5, 4.0", "seeds": "2", "measure": "kl"}
    at = opened("sweep", **asked, variant="beta", **SMALL)
    assert not at.exception
    assert asked.items() <= dict(at.query_params).items()
    assert SMALL.items() - DEFAULTS <= dict(at.query_params).items()
    assert at.text_input(key=next(box.key for box in at.text_input if box.key.startswith("values"))).value == "0.5, 4.0"


def test_what_cannot_be_is_said_and_the_nearest_is_taken(runs):
    at = opened("sweep", method="denoising", swept="level", values="0.2, seven, 30", seeds="1", **SMALL)
    assert not at.exception
    words = Say("en")
    said = [warning.value for warning in at.warning]
    name = words("knob.level.label")
    assert said == [words("sweep.wrong", given=given, name=name) for given in ("seven", "30")]
    at.button(key="sweep_sweep").click().run()
    expected = experiments("method=denoising", level=(0.2, 1.0))
    assert {folder.name for folder in runs.root.iterdir()} == {one.key for one in expected}


def test_another_knob_brings_its_own_values(runs):
    at = opened("sweep", method="vae", swept="latent", values="2,3", **SMALL)
    at.segmented_control(key="swept").set_value("rate").run()
    assert not at.exception
    (box,) = (box for box in at.text_input if box.key.startswith("values"))
    assert box.value != "2,3"
    assert "values" not in at.query_params
    assert at.query_params["swept"] == "rate"


@pytest.mark.parametrize("method", ["sparse", "denoising", "contractive", "vae", "beta_vae", "undercomplete"])
def test_every_method_offers_a_sweep_that_is_small(runs, method):
    at = opened("sweep", method=method)
    assert not at.exception
    assert dict(at.query_params).items() >= {"method": method, "steps": "600", "data": "digits"}.items() - DEFAULTS


def test_a_point_that_is_clicked_opens_its_run_on_its_page(runs):
    at = opened("sweep", method="vae", swept="latent", values="2,3", seeds="1", **SMALL)
    at.session_state["sweep_opened"] = experiments(latent=(3,))[0]
    at.run()
    assert not at.exception
    assert at.title[0].value == Say("en")("page.vae.title")
    assert at.query_params["latent"] == "3"


def test_runs_that_are_done_are_not_trained_again(runs):
    from aecore.jobs import InlineExecutor

    (one,) = experiments(latent=(2,))
    (done,) = InlineExecutor(runs).submit([one])
    before = (done.folder / "events.jsonl").stat().st_mtime_ns
    at = opened("sweep", method="vae", swept="latent", values="2,3", seeds="1", **SMALL)
    at.button(key="sweep_sweep").click().run()
    assert (done.folder / "events.jsonl").stat().st_mtime_ns == before
    assert len(list(runs.root.iterdir())) == 2


def test_figures_show_every_value(runs):
    at = opened("sweep", method="vae", swept="latent", values="2,3", seeds="2", **SMALL)
    at.button(key="sweep_sweep").click().run()
    at.run()
    links = [link.proto for link in at.get("page_link")]
    assert any("latent=2" in link.query_string for link in links)
    assert any("latent=3" in link.query_string for link in links)


@pytest.mark.parametrize("values", ["0.1, 0.35", "0.1 0.35", "0,1; 0,35", "0.1;0.35"])
def test_values_may_be_written_with_a_decimal_comma(runs, values):
    at = opened("sweep", "pt_BR", method="denoising", swept="level", values=values, seeds="1", **SMALL)
    at.button(key="sweep_sweep").click().run()
    assert not at.exception
    assert {runs.of(one).state.stage for one in experiments("method=denoising", level=(0.1, 0.35))} == {"done"}
