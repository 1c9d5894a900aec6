"""The lesson on variational autoencoders, without a browser."""

from __future__ import annotations

import json

import pytest

import aecore as ae
from aecore import views
from aecore.jobs import InlineExecutor
from aecore.text import Say
from pages._ui import parcels, resources, say, seen
from tests.pages.test_pages import opened, sentences

WORDS = Say("en")
LINK = {"data": "digits", "hidden": "16", "latent": "3", "steps": "30"}


@pytest.fixture
def executor(tmp_path, monkeypatch) -> InlineExecutor:
    """A server that trains at once, and weighs few inputs."""
    inline, weigh = InlineExecutor(ae.Runs(tmp_path)), seen.importance_bound
    monkeypatch.setattr(resources, "folder", lambda: tmp_path)
    monkeypatch.setattr(resources, "executor", lambda: inline)
    monkeypatch.setattr(
        seen, "importance_bound", lambda experiment, step, counts, _: weigh(experiment, step, counts, 2)
    )
    return inline


def figure(at, key):
    """Return the figure that stands at a place of the page."""
    (proto,) = (one.proto for one in at.get("bidi_component") if one.proto.id.endswith(f"-{key}"))
    return json.loads(parcels.content(json.loads(proto.json)["figure"]))


@pytest.mark.parametrize(
    "more",
    [
        {"latent": "1"},
        {"net": "conv"},
        {"data": "patches", "whiten": "1", "size": "8", "latent": "2"},
        {"likelihood": "gaussian"},
    ],
)
def test_every_code_and_decoder_can_be_drawn(executor, more):
    query = LINK | more
    link = "&".join(f"{name}={value}" for name, value in query.items() if name != "hidden" or "net" not in more)
    executor.submit([ae.Experiment.from_query(f"{link}&method=vae")])
    at = opened("vae", **{name: value for name, value in query.items() if name != "hidden" or "net" not in more})
    assert not at.exception
    assert not at.warning


def test_what_is_drawn_is_of_the_run(executor):
    at = opened("vae", **LINK)
    at.button(key="train").click().run()
    experiment = at.session_state.course.watched
    (run,) = executor.submit([experiment])
    model = ae.revive(experiment, run.snapshot())
    found = views.posteriors(model, experiment.data.load("test").inputs[:1000])
    first, second = sorted(int(i) for i in found.order[:2])
    shown = figure(at, "posteriors")["layout"]
    for axis, latent in (("xaxis", first), ("yaxis", second)):
        wanted = WORDS("vae.latent", name=say.latent(latent), kl=WORDS.number(float(found.kl[latent]), 2))
        assert shown[axis]["title"]["text"] == wanted

    before = figure(at, "fresh")
    at.button(key="draw_others").click().run()
    assert figure(at, "fresh") != before
    assert figure(at, "posteriors")["layout"] == shown


def test_a_switch_shows_the_same_number_under_other_conventions(executor):
    at = opened("vae", **LINK)
    at.button(key="train").click().run()
    assert WORDS("vae.printed_bits") not in sentences(at)
    at.toggle(key="printed").set_value(True).run()
    history = executor.submit([at.session_state.course.watched])[0].history
    scores = history[-1].scores
    said = sentences(at)
    for one in views.conventions(scores["watched_distortion"], scores["watched_kl"], features=64, latents=3):
        name = WORDS(f"vae.printed_{one.convention}")
        assert WORDS("vae.printed_line", **{**one._asdict(), "convention": name}) in said


def test_the_likelihood_comes_by_itself_once_the_run_has_ended(executor):
    at = opened("vae", **LINK)
    at.number_input(key="until_step").set_value(5).run()
    at.button(key="train").click().run()
    titles = []
    for _ in range(200):
        at.run()
        titles.append(figure(at, "weighted")["layout"]["title"]["text"])
        if "5,000" in titles[-1]:
            break
    assert "k = 5,000" in titles[-1]
