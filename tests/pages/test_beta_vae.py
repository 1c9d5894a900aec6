"""The lesson on disentangling, without a browser."""

from __future__ import annotations

import json
import math
from base64 import b64decode
from dataclasses import replace
from functools import lru_cache
from itertools import chain

import numpy as np
import pytest

import aecore as ae
from aecore import views
from aecore.jobs import InlineExecutor
from aecore.text import Say
from pages._ui import parcels, resources, say, seen, show
from tests.pages.test_pages import opened, sentences

WORDS = Say("en")
LINK = {"hidden": "8", "latent": "3", "steps": "20"}


@pytest.fixture
def executor(tmp_path, monkeypatch) -> InlineExecutor:
    """A server that trains and measures at once."""
    inline = InlineExecutor(ae.Runs(tmp_path))
    monkeypatch.setattr(resources, "folder", lambda: tmp_path)
    monkeypatch.setattr(resources, "executor", lambda: inline)
    monkeypatch.setattr(resources, "aside", lru_cache(lambda make, *given: make(*given)))
    return inline


def figure(at, key):
    """Return the figure that stands at a place of the page; none if nothing does."""
    found = [one.proto for one in at.get("bidi_component") if one.proto.id.endswith(f"-{key}")]
    return json.loads(parcels.content(json.loads(found[0].json)["figure"])) if found else None


def heights(trace):
    """Return the heights of a curve that Plotly wrote as bytes."""
    return np.frombuffer(b64decode(trace["y"]["bdata"]), trace["y"]["dtype"]).tolist()


@pytest.mark.parametrize("variant", ["btcvae", "beta", "capacity", "factor"])
def test_every_variant_can_be_trained_and_measured(executor, variant):
    at = opened("beta_vae", **LINK, variant=variant)
    assert figure(at, "information") is None
    at.button(key="train").click().run()
    assert not at.exception
    experiment = at.session_state.course.watched
    assert experiment.method.variant == variant
    information, scores = resources.aside(seen.disentangled, experiment, 20)
    cells = [*chain.from_iterable(figure(at, "information")["data"][0]["text"])]
    assert sorted(cells) == sorted(WORDS.number(value, 2) for value in information.ravel())
    shown = [one.value for one in at.subheader]
    assert shown[:7] == [WORDS.number(score, 2) for score in scores]
    assert shown[7:] == ([WORDS.number(experiment.method.beta * 3 / 1024)] if variant == "beta" else [])
    curves = figure(at, "held_out_divergence")["data"]
    history = seen.see(experiment).history
    assert heights(curves[0]) == pytest.approx([event.scores["watched_kl"] for event in history])
    assert [curve["name"] for curve in curves[1:]] == [WORDS("beta_vae.target")] * (variant == "capacity")
    if variant == "capacity":
        capacities = [min(event.step / 13, 1) * experiment.method.capacity for event in history]
        assert heights(curves[1]) == pytest.approx(capacities)


def test_traversals_say_their_range_and_start_where_they_should(executor):
    at = opened("beta_vae", **LINK)
    at.button(key="train").click().run()
    experiment = at.session_state.course.watched
    model, x = seen.see(experiment).model, seen.see(experiment).held_out.inputs
    for over, start in (("prior", 0), ("posterior", 7)):
        at.segmented_control(key="range").set_value(over).run()
        at.select_slider(key="start_from").set_value(start).run()
        found = views.traversals(model, x, start=x[start - 1] if start else None, over=over)
        first = figure(at, "traversal")["layout"]["annotations"][0]["text"]
        low, high = (WORDS.number(float(found.values[0, end]), 1) for end in (0, -1))
        kl = WORDS.number(float(found.kl[0]), 2)
        assert first == WORDS("beta_vae.row", name=say.latent(found.latents[0]), kl=kl, low=low, high=high)


def test_rows_and_sliders_of_a_run_under_way_are_of_one_moment(executor, monkeypatch):
    monkeypatch.setattr(show, "_standing", {})
    experiment = ae.Experiment.from_query("data=sprites&method=beta_vae&hidden=8&latent=3&steps=20")
    at = opened("beta_vae", **LINK)
    at.button(key="train").click().run()
    last = seen.see(experiment)
    running = replace(last.state, stage="running")
    early = replace(last, state=running, step=0, history=last.history[:1], model=last.at(0))
    late = replace(last, state=running)
    assert show.standing(early, 600).step == 0
    stands = show.standing(late.choose(range="prior"), 600)
    assert (stands.step, stands.model, stands.choices["range"]) == (0, early.model, "prior")
    assert show.standing(last, 600) is last
    assert show.standing(late, 0).step == last.step
    assert show.standing(early, 600).step == 0

    # A page that is drawn while the run goes on: both write the numbers of the moment that stands.
    monkeypatch.setattr(show, "_standing", {(early.run.folder, 1.0): (early, math.inf)})
    monkeypatch.setattr(executor, "state", lambda _: running)
    at = opened("beta_vae", **LINK)
    assert not at.exception
    usage = sorted(views.usage(early.model, early.held_out.inputs).tolist(), reverse=True)
    rows = [note["text"] for note in figure(at, "traversal")["layout"]["annotations"]]
    (sliders,) = (one.proto for one in at.get("bidi_component") if one.proto.id.endswith("-sliders"))
    sent = parcels.content(json.loads(sliders.json))
    for value, row in zip(usage, rows, strict=False):
        assert f"KL {WORDS.number(value, 2)} nats" in row
        assert f"KL {WORDS.number(value, 2)} nats".encode() in sent


def test_a_weight_is_written_as_its_slider_writes_it(executor):
    at = opened("beta_vae", **LINK)
    assert f"{WORDS('beta_vae.sign_beta')} = 12**" in sentences(at)
    assert "β = 4 weighs" in sentences(opened("beta_vae", **LINK, variant="beta", beta="4"))


def test_further_runs_give_a_spread_and_the_trade(executor, monkeypatch):
    monkeypatch.setattr(views, "scores", lambda grid: views.Scores(*[abs(float(grid.ravel()[0])) % 1] * 7))
    experiment = ae.Experiment.from_query("data=sprites&method=beta_vae&hidden=8&latent=3&steps=20&beta=5")
    executor.submit([experiment, experiment.vary(seed=1), experiment.vary(beta=12.0)])
    executor.submit([experiment.vary(variant="beta", beta=1.0)])
    at = opened("beta_vae", **LINK, beta="5")
    assert "2 seeds" in sentences(at)
    assert WORDS("beta_vae.without_trained", step=20) in sentences(at)
    points = [trace["text"] for trace in figure(at, "rate_distortion")["data"][:2]]
    assert points == [["β 1"], ["β 12"]]
    own, bound = figure(at, "rate_distortion")["data"][2:]
    scores = seen.see(experiment).history[-1].scores
    assert (own["x"], own["y"]) == ([scores["watched_kl"]], [scores["watched_distortion"]])
    assert len(bound["x"]) == 2
    assert [len(trace["x"]) for trace in figure(at, "gap_distortion")["data"]] == [1, 1]
    assert {"sweep_beta_vae.seeds", "sweep_beta_vae.weights"} <= {button.key for button in at.button}


def test_only_one_s_own_sweep_can_be_stopped(executor):
    experiment = ae.Experiment.from_query("data=sprites&method=beta_vae&hidden=8&latent=3&steps=20")
    (run,) = executor.submit([experiment.vary(seed=1)])
    run.write_state(replace(run.state, stage="running"))
    at = opened("beta_vae", **LINK)
    assert "stop_beta_vae.seeds" not in {button.key for button in at.button}
    at.session_state.course.swept.add(run.key)
    at.run()
    at.button(key="stop_beta_vae.seeds").click().run()
    assert run.wishes.stop


def test_charts_without_runs_say_what_will_be_there(executor):
    at = opened("beta_vae", **LINK)
    said = [figure(at, key)["layout"]["annotations"][0]["text"] for key in ("rate_distortion", "gap_distortion")]
    assert said == [WORDS("beta_vae.plane_empty"), WORDS("beta_vae.gaps_empty")]


def test_data_without_known_factors_have_no_measures(executor):
    at = opened("beta_vae", **LINK, data="mnist")
    assert WORDS("beta_vae.no_factors") in sentences(at)
    assert figure(at, "gap_distortion") is None
    assert figure(at, "rate_distortion") is not None
    assert not at.exception
    assert not at.subheader
    at = opened("beta_vae", **LINK, data="mnist", variant="beta")
    assert [one.value for one in at.subheader] == [WORDS.number(4 * 3 / 784)]


def test_back_in_time_the_plain_run_is_shown_at_the_same_moment(executor):
    experiment = ae.Experiment.from_query("data=sprites&method=beta_vae&hidden=8&latent=3&steps=20")
    executor.submit([experiment, experiment.vary(variant="beta", beta=1.0)])
    at = opened("beta_vae", **LINK)
    assert WORDS("beta_vae.without_trained", step=20) in sentences(at)
    early = seen.see(experiment).kept[1]
    assert 0 < early < 20
    slider = next(one for one in at.select_slider if str(one.key).startswith("time_"))
    slider.set_value(early).run()
    assert not at.exception
    assert WORDS("beta_vae.without_trained", step=early) in sentences(at)


def test_a_plain_vae_is_not_shown_beside_itself(executor):
    at = opened("beta_vae", **LINK, variant="beta", beta="1.0")
    assert figure(at, "traversal") is not None
    assert figure(at, "traversal_plain") is None
