"""Every page as the server runs it, without a browser."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from streamlit.testing.v1 import AppTest

import aecore as ae
from aecore import gallery, text
from aecore.baselines import Pca
from aecore.datasets import forget
from aecore.jobs import InlineExecutor
from aecore.runs import Wishes
from aecore.text import LANGUAGES, Say
from pages._ui import contents, parcels, resources, seen, show, steer

ROOT = Path(__file__).parents[2]
SITE = ROOT / "pages" / "site.py"
PAGES = [(folder, name) for folder, names in contents.PAGES.items() for name in names]
DIGITS = {"data": "digits", "steps": "40", "latent": "3"}


def opened(page: str = "undercomplete", lang: str = "en", **query: str) -> AppTest:
    at = AppTest.from_file(str(SITE), default_timeout=60)
    at.query_params.update({"lang": lang, **query})
    if page != "home":
        folder = next(folder for folder, name in PAGES if name == page)
        at.switch_page(f"{folder}/{page}.py")
    return at.run()


def settled(at: AppTest) -> AppTest:
    """Look again until a look has begun nothing and nothing was being computed when it began."""
    end = time.monotonic() + 300
    while True:
        assert time.monotonic() < end, "waited in vain"
        quiet, begun = not resources.awaited(), resources.begun()
        at.run()
        if quiet and resources.begun() == begun:
            return at
        time.sleep(0.05)


def experiment_in(at: AppTest) -> ae.Experiment:
    """Read the experiment off the widgets."""
    names = ("data", "net", "latent", "steps", "rate", "seed", "batch", "schedule", "loss", "hidden", "activation")
    shown = {name: at.session_state[name] for name in names if name in at.session_state}
    return ae.Experiment.settle(shown).experiment


def sentences(at: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "error", "warning", "info") for element in at.get(kind))


def progress(at: AppTest) -> str:
    return at.get("progress")[0].proto.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_switch_says_the_language_even_where_the_browser_missed_the_first_drawing(runs, lang):
    at = AppTest.from_file(str(SITE), default_timeout=60)
    at.query_params["lang"] = lang
    for _ in range(2):
        at.run()
        assert list(at.segmented_control(key="lang").proto.default) == [LANGUAGES.index(lang)]


def test_the_table_of_pages_is_the_folder():
    for folder, names in contents.PAGES.items():
        assert {path.stem for path in (ROOT / "pages" / folder).glob("*.py")} == set(names)


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("page", [name for _, name in PAGES])
def test_every_page_opens_in_both_languages(runs, page, lang):
    at = opened(page, lang, **({} if page == "home" else DIGITS))
    assert not at.exception
    assert at.title[0].value == Say(lang)(f"page.{page}.title")


def test_a_link_says_the_experiment(runs):
    at = opened(**DIGITS, net="linear", rate="0.02")
    found = experiment_in(at)
    assert (found.data.name, found.net.name, found.net.latent) == ("digits", "linear", 3)
    assert (found.fit.steps, found.fit.rate) == (40, 0.02)
    assert not at.warning


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_what_a_link_got_wrong_is_named_and_the_rest_kept(runs, lang):
    at = opened(lang=lang, data="digits", latent="5000", foo="1", net="gru", rate="nan", steps="50")
    words = Say(lang)
    said = [warning.value for warning in at.warning]
    assert len(said) == 4
    assert words("complaint.too_high", name=words("knob.latent.label"), given="5000", used="63") in said
    assert words("complaint.unknown", name="foo") in said
    assert experiment_in(at).fit.steps == 50
    assert experiment_in(at).net.latent == 63
    assert not at.exception


def test_knobs_left_alone_follow_the_data_and_turned_ones_stay(runs):
    at = opened()
    assert experiment_in(at) == ae.Experiment.from_query("data=mnist")
    at.select_slider(key="steps").set_value(700).run()
    at.selectbox(key="data").set_value("digits").run()
    assert experiment_in(at) == ae.Experiment.from_query("data=digits&steps=700")
    at.button(key="defaults").click().run()
    assert experiment_in(at) == ae.Experiment.from_query("data=mnist")


def test_a_value_that_new_data_do_not_allow_is_clipped_and_said(runs):
    at = opened(data="mnist", latent="200")
    at.selectbox(key="data").set_value("digits").run()
    assert experiment_in(at).net.latent == 63
    assert "200" in at.warning[0].value
    assert not at.exception


def test_the_address_says_what_differs_from_the_defaults(runs):
    at = opened(data="digits", latent="3", net="mlp", seed="0")
    assert dict(at.query_params) == {"lang": "en", "data": "digits", "latent": "3"}


def test_before_training_the_page_says_so_and_after_it_shows_the_run(runs):
    at = opened(**DIGITS)
    words = Say("en")
    assert progress(at) == words("watch.absent")
    at.button(key="train").click().run()
    assert progress(at).startswith("Done: 40 steps")
    assert runs.of(experiment_in(at)).state.stage == "done"
    assert words("undercomplete.sizes") in [header.value for header in at.header]
    assert not at.exception


@pytest.mark.parametrize("net", ["linear", "mlp", "conv"])
@pytest.mark.parametrize("latent", ["1", "2", "5"])
def test_every_network_and_small_code_can_be_drawn(runs, net, latent):
    experiment = ae.Experiment.from_query(f"data=digits&net={net}&latent={latent}&steps=20")
    InlineExecutor(runs).submit([experiment])
    at = opened(data="digits", net=net, latent=latent, steps="20")
    assert not at.exception
    drawn = {"error", "rows", "codes", "codes_pca", "pad", "near", "sizes"} | ({"angles"} if net == "linear" else set())
    assert {one.key for one in at.get("bidi_component")} == drawn


def test_pca_is_shown_before_any_training(runs):
    at = opened(**DIGITS | {"latent": "5"})
    end = time.monotonic() + 60
    while resources.awaited():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    at.run()
    assert not at.exception
    assert any("-codes_pca" in one.proto.id for one in at.get("bidi_component"))
    assert Say("en")("undercomplete.sizes") in [header.value for header in at.header]
    untrained = drawn_errors(at, "rows")
    experiment = experiment_in(at)
    x = experiment.data.load("test").inputs
    found = Pca.fit(experiment.data.load("train")).reconstruct(x[:10], 5)
    assert untrained[10:] == pytest.approx((found - x[:10]).square().flatten(1).sum(1).tolist(), abs=0.51)


@pytest.mark.parametrize("shown", [{"data": "patches", "size": "8"}, {}])
def test_edges_are_one_click_away(runs, monkeypatch, shown):
    asked = []
    monkeypatch.setattr(steer, "train", asked.append)
    at = opened("sparse", **shown, steps="7", rho="-0.5", seed="3")
    assert at.session_state.course.watched.method.rule == "bias"
    at.button(key="edges").click().run()
    assert not at.exception
    now = at.session_state.course.watched
    kept = f"&size={shown['size']}" if shown else ""
    assert now == ae.Experiment.from_query(f"method=sparse&data=patches&rule=topk{kept}&seed=3")
    assert asked == [now]
    assert not [button for button in at.button if button.key == "edges"]


REASONS = ["diverged", "worker_died", "gave_up", "interrupted", "disk_full", "unwritable", "damaged_data", "crashed"]


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("reason", REASONS)
def test_a_failed_run_says_why_and_can_go_on(runs, reason, lang):
    experiment = ae.Experiment.from_query("data=digits&steps=40&latent=3")
    (run,) = InlineExecutor(runs).submit([experiment])
    run.write_state(replace(run.state, stage="failed", reason=reason, detail="mnist.npz", step=20))
    at = opened(lang=lang, **DIGITS)
    numbers = {"step": 40, "steps": 40, "seconds": run.state.seconds, "detail": "mnist.npz"}
    assert [error.value for error in at.error] == [Say(lang)(f"reason.{reason}", **numbers)]
    assert at.button(key="train").label == Say(lang)("watch.go_on")
    assert not at.exception


@pytest.mark.parametrize("reason", ["stopped", "at_step", "at_error", "plateau"])
def test_a_run_that_was_stopped_can_go_on(runs, reason):
    experiment = ae.Experiment.from_query("data=digits&steps=40&latent=3")
    (run,) = InlineExecutor(runs).submit([experiment])
    run.write_state(replace(run.state, stage="cancelled", reason=reason))
    at = opened(**DIGITS)
    assert progress(at) == Say("en")(f"reason.{reason}", step=40, steps=40)
    at.button(key="train").click().run()
    assert run.state.stage == "done"


def test_a_run_that_ends_while_its_buttons_are_drawn_offers_to_go_on(runs, monkeypatch):
    (run,) = InlineExecutor(runs).submit([ae.Experiment.from_query("data=digits&steps=40&latent=3")])
    ended = replace(run.state, stage="cancelled", reason="stopped", step=20)
    run.write_state(replace(ended, stage="running", reason=""))
    draw = steer.buttons

    def draw_and_end(*shown):
        draw(*shown)
        run.write_state(ended)

    monkeypatch.setattr(steer, "buttons", draw_and_end)
    at = opened(**DIGITS)
    assert at.button(key="train").label == Say("en")("watch.go_on")


def test_what_is_computed_aside_while_the_page_is_drawn_is_shown(runs, monkeypatch):
    monkeypatch.setattr(resources, "_begun", OrderedDict())
    ask = resources.aside

    def ask_and_end(make, *given):
        known = ask(make, *given)
        while resources.awaited():
            time.sleep(0.01)
        return known

    monkeypatch.setattr(resources, "aside", ask_and_end)
    at = opened(**DIGITS)
    assert Say("en")("undercomplete.sizes") in [header.value for header in at.header]


def test_one_step_is_one_step(runs):
    at = opened(**DIGITS)
    for step in (1, 2):
        at.button(key="one_step").click().run()
        assert runs.of(experiment_in(at)).state.step == step


def test_it_stops_by_itself_where_it_was_asked(runs):
    at = opened(**DIGITS)
    at.number_input(key="until_step").set_value(11).run()
    at.button(key="train").click().run()
    assert runs.of(experiment_in(at)).state.step == 11


def test_a_folder_that_cannot_be_written_is_said_and_the_page_goes_on(runs, monkeypatch):
    def refuse(*_, **__):
        raise OSError("read-only")

    monkeypatch.setattr(resources.executor(), "submit", refuse)
    at = opened(**DIGITS)
    at.button(key="train").click().run()
    assert [error.value for error in at.error] == [Say("en")("reason.unwritable")]
    assert not at.exception


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_a_cluster_that_strangers_could_reach_is_not_used_and_the_page_says_why(monkeypatch, lang):
    monkeypatch.setenv("GARGALO_CLUSTER", "tcp://scheduler:8786")
    monkeypatch.setenv("GARGALO_STORE", "s3://bucket/runs")
    resources._executor.cache_clear()
    at = AppTest.from_file(SITE)
    at.query_params["lang"] = lang
    at.run()
    words = Say(lang)
    assert [error.value for error in at.error] == [f"{words('cluster.refused')} {words('cluster.no_tls')}"]
    assert not at.exception


def test_data_that_are_damaged_are_named_and_the_page_goes_on(runs, monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "SHA256SUMS").write_text("0" * 64 + "  ./mnist.npz\n")
    (tmp_path / "data" / "mnist.npz").write_bytes(b"")
    monkeypatch.setenv("GARGALO_DATA", str(tmp_path / "data"))
    forget("train", "test")
    seen._held_out.cache_clear()
    at = opened("home")
    assert not at.exception
    assert "mnist.npz" in at.error[0].value
    at = opened(data="mnist", seed="77")
    assert not at.exception
    assert "mnist.npz" in at.error[0].value
    at.selectbox(key="data").set_value("digits").run()
    assert not at.exception
    assert not at.error


def test_the_folder_for_runs_falls_back_to_one_that_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GARGALO_RUNS", str(tmp_path / "file" / "runs"))
    resources.folder.cache_clear()
    try:
        assert resources.folder().is_dir()
        assert not resources.keeps()
    finally:
        resources.folder.cache_clear()


def test_home_leads_to_every_lesson_and_application(runs):
    at = opened("home")
    invitations = [words for name, words in text.words("en").items() if name.endswith(".invitation")]
    assert len(invitations) == len(contents.PAGES["lessons"]) - 1 + len(contents.PAGES["applications"])
    said = sentences(at)
    assert all(invitation in said for invitation in invitations)


def test_a_latent_that_is_chosen_twice_over_stays_on_its_axis(runs):
    at = opened(**DIGITS | {"latent": "12"})
    walk = at.session_state.pad_walk
    # As when the page has turned to a latent before the browser, whose choice is on its way, knows.
    other = next(i for i in range(12) if i not in walk.pair)
    walk.pair = (other, walk.pair[1])
    chooser = f"pad_0_{walk.moved}"
    at.selectbox(key=chooser).set_value(other).run()
    assert walk.pair[0] == other
    assert len(set(walk.pair)) == 2


def test_a_pair_of_latents_that_is_there_no_longer_gives_way_and_that_is_said(runs):
    at = opened(**DIGITS | {"latent": "12"})
    walk = at.session_state.pad_walk
    assert len(walk.pair) == 2
    at.selectbox(key=f"pad_0_{walk.moved}").set_value(11).run()
    assert walk.pair[0] == 11
    at.selectbox(key=f"pad_1_{walk.moved}").set_value(11).run()
    assert walk.pair[1] == 11
    assert walk.pair[0] != 11
    walk.z = (0.5,) * 12
    at.run()
    assert not at.button(key="pad_release").disabled
    at.select_slider(key="latent").set_value(5).run()
    assert Say("en")("pad.lost", size=5) in sentences(at)
    assert max(walk.pair) < 5
    assert walk.z is None
    assert not at.exception


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_a_code_that_is_held_changes_its_nearest_inputs_and_moves_nothing(runs, lang):
    def near():
        sent = [json.loads(one.proto.json) for one in at.get("bidi_component") if one.proto.json]
        return [data["figure"] for data in sent if isinstance(data, dict) and data.get("alt") == Say(lang)("alt.near")]

    at = opened(lang=lang, **DIGITS)
    assert at.button(key="pad_release").disabled
    before, parts = near(), len(at.get("bidi_component"))
    at.session_state.pad_walk.z = (0.0, 1.0, 2.0)
    at.run()
    assert not at.button(key="pad_release").disabled
    assert len(at.get("bidi_component")) == parts
    assert len(near()) == len(before) == 1
    assert near() != before
    assert not at.exception


@pytest.mark.parametrize("held", ["off", "on"])
def test_units_are_clamped_in_a_freely_chosen_set(runs, held):
    experiment = ae.Experiment.from_query("data=digits&method=sparse&latent=9&steps=400")
    InlineExecutor(runs).submit([experiment])
    at = opened("sparse", data="digits", latent="9", steps="400")
    assert not [one for one in at.get("bidi_component") if "-clamped_set" in one.proto.id]
    at.multiselect(key="clamped").set_value([3, 6]).run()
    at.segmented_control(key="held").set_value(held).run()
    assert not at.exception
    now = drawn_errors(at, "clamped_set")
    model, x = ae.revive(experiment, runs.of(experiment).snapshot()), experiment.data.load("test").inputs
    h = model.encode(x[: seen.SHOWN]).detach()
    ends = h.amin(0) if held == "off" else h.amax(0)
    clamped = h[:10].clone()
    clamped[:, [2, 5]] = ends[[2, 5]]
    for shown, codes in ((now[:10], h[:10]), (now[10:], clamped)):
        errors = (model.decode(codes) - x[:10]).square().flatten(1).sum(1)
        assert shown == pytest.approx(errors.tolist(), abs=0.51)
    assert now[10:] != now[:10]


def test_a_room_opens_under_the_filters_and_says_what_a_chosen_input_loses(runs):
    experiment = ae.Experiment.from_query("data=digits&method=sparse&latent=9&steps=100")
    InlineExecutor(runs).submit([experiment])
    at = opened("sparse", "pt_BR", data="digits", latent="9", steps="100")
    places = [one.proto.id for one in at.get("bidi_component")]
    order = [next(i for i, one in enumerate(places) if f"-{name}" in one) for name in ("filters", "unit_", "averages")]
    assert order == sorted(order)
    words, x = Say("pt_BR"), experiment.data.load("test").inputs
    pca = Pca.fit(experiment.data.load("train")).errors(x[:512])[8].item()
    error = runs.of(experiment).history[-1].scores["watched_test_error"]
    assert error > pca
    assert words("sparse.above_pca", error=error, pca=pca, rho="−0,9") in sentences(at)
    at.session_state.view.chosen["unit"] = "5"
    at.slider(key="rank").set_value(7).run()
    assert not at.exception
    model, x = ae.revive(experiment, runs.of(experiment).snapshot()), x[: seen.SHOWN]
    h = model.encode(x).detach()
    row = h[:, 4].argsort(descending=True, stable=True)[6]
    held = h[row].repeat(3, 1)
    held[1:, 4] = torch.stack([h[:, 4].min(), h[:, 4].max()])
    lost = (model.decode(held) - x[row]).square().flatten(1).sum(1)
    cost = next(text for text in sentences(at).split("\n") if f"a = {words.number(float(h[row, 4]), 2)}" in text)
    for change in (lost[1:] - lost[0]).tolist():
        assert ("+" if change >= 0 else "") + words.number(change, 2) in cost


@pytest.fixture
def shipped(tmp_path_factory, monkeypatch):
    """Ship a run of the digits as if it had come with the app."""
    experiment = ae.Experiment.from_query("data=digits&latent=3&steps=40")
    elsewhere = tmp_path_factory.mktemp("gallery")
    (run,) = InlineExecutor(ae.Runs(elsewhere / "runs")).submit([experiment])
    gallery.ship(run, elsewhere)
    for folder in gallery.FOLDER.iterdir():
        (elsewhere / folder.name).symlink_to(folder)
    monkeypatch.setattr(gallery, "FOLDER", elsewhere)
    return experiment


def test_a_run_that_came_with_the_app_gives_way_to_the_visitor_s_own(runs, shipped):
    at = opened(**DIGITS)
    assert not at.exception
    assert runs.of(shipped).state.stage == "absent"
    assert any("came with the app" in bar.proto.text for bar in at.get("progress"))
    at.button(key="train").click().run()
    assert not at.exception
    assert runs.of(shipped).state.stage == "done"
    assert not any("came with the app" in bar.proto.text for bar in at.get("progress"))
    assert at.button(key="train").disabled


def test_what_another_visitor_trains_and_stops_takes_no_finished_run_away(runs, shipped):
    InlineExecutor(runs).submit([shipped], wishes=Wishes(until=10))
    assert runs.of(shipped).state.stage == "cancelled"

    def says(at: AppTest) -> str:
        assert not at.exception
        return "\n".join(bar.proto.text for bar in at.get("progress"))

    stranger = opened(**DIGITS)
    assert "came with the app" in says(stranger)
    assert not stranger.button(key="train").disabled
    stranger.session_state.course.visited[shipped.key] = shipped
    assert "Stopped at step 10" in says(stranger.run())
    InlineExecutor(runs).submit([shipped])
    assert "Done: 40 steps" in says(opened(**DIGITS))


def drawn_errors(at: AppTest, place: str) -> list[float]:
    """Read the numbers under the pictures of a figure."""
    (found,) = [json.loads(one.proto.json) for one in at.get("bidi_component") if f"-{place}" in one.proto.id]
    texts = [note["text"] for note in json.loads(parcels.content(found["figure"]))["layout"]["annotations"]]
    return [float(text) for text in texts if re.fullmatch(r"[\d.]+", text)]


def test_earlier_moments_are_drawn_at_rest_and_as_they_would_be_when_asked_for(runs, monkeypatch):
    spared = []
    monkeypatch.setattr(resources, "spare", spared.append)
    experiment = ae.Experiment.from_query("data=digits&latent=3&steps=50")
    InlineExecutor(runs).submit([experiment])
    at = opened(data="digits", latent="3", steps="50")
    slider = at.select_slider(key="time_50_0")
    ahead = len(spared)
    assert ahead >= 4
    for work in spared:
        list(work)
    made = dict(show._memory)
    for step in (0, 5, 20):
        slider.set_value(step).run()
        assert not at.exception
    assert len(spared) == ahead
    assert all(show._memory[key] == made[key] for key in made if key in show._memory)
    # What other tests left to be drawn at rest may come in between.
    mine = {key for key in set(show._memory) - set(made) if key[0][-1] == experiment.key}
    assert not {key for key in mine if key[0][1] in ("error", "rows", "codes")}


def test_a_figure_promised_for_another_moment_is_the_one_that_is_shown_there(runs):
    def sent(place):
        (found,) = [json.loads(one.proto.json) for one in at.get("bidi_component") if one.proto.id.endswith(place)]
        return found

    InlineExecutor(runs).submit([ae.Experiment.from_query("data=digits&latent=3&steps=50")])
    at = opened(data="digits", latent="3", steps="50")
    slider = at.select_slider(key="time_50_0")
    promised = {name: sent(name)["moments"] for name in ("-error", "-rows", "-codes")}
    for i in (len(slider.options) - 1, 0, 4):
        slider.set_value(int(slider.options[i]) if slider.options[i].isdigit() else 50).run()
        for name, moments in promised.items():
            asked = {"path_params": {"name": moments["addresses"][i].rpartition("/")[2]}, "headers": {}}
            given = parcels.answer(SimpleNamespace(**asked))
            assert gzip.decompress(given.body) == parcels.content(sent(name)["figure"]), (name, i)
            assert sent(name)["moments"] == moments | {"at": i}


def test_the_oldest_runs_give_way_but_none_that_a_visitor_has_on_the_page(runs, monkeypatch):
    small = ae.Experiment.from_query("data=digits&steps=20&latent=3")
    *_, linked = InlineExecutor(runs).submit([small.vary(seed=seed) for seed in (1, 2, 3)])
    runs.of(small.vary(seed=4)).folder.mkdir()
    runs.claim(small.vary(seed=5))
    monkeypatch.setenv("GARGALO_RUNS_MB", "0")
    monkeypatch.setattr(resources, "tidy", lambda in_use: runs.prune(resources.room(), in_use))
    query = {"data": "digits", "steps": "20", "latent": "3"}
    other = opened(**query, seed="3")
    at = opened(**query, seed="2")
    at.number_input(key="seed").set_value(6).run()
    at.button(key="train").click().run()
    assert not at.exception
    assert {folder.name for folder in runs.root.iterdir()} == {small.vary(seed=seed).key for seed in (3, 4, 5, 6)}
    assert linked.state.stage == "done"
    assert not other.run().exception


@pytest.mark.parametrize(
    ("said", "room"), [("500", 5e8), ("", 2e9), ("a lot", 2e9), ("-1", 0), ("nan", 2e9), ("inf", 2e9)]
)
def test_the_room_for_runs_is_what_the_environment_says(monkeypatch, said, room):
    monkeypatch.setenv("GARGALO_RUNS_MB", said)
    assert resources.room() == room


@pytest.mark.parametrize(
    ("numbers", "better", "cells"),
    [
        ([1.0, 2.5, None], 1, ["1.00", "**2.50**\N{NO-BREAK SPACE}◂", "–"]),
        ([1.0, 2.5], -1, ["**1.00**\N{NO-BREAK SPACE}◂", "2.50"]),
        ([1.0, 2.5], 0, ["1.00", "2.50"]),
        ([2.5, 2.5, 1.0], 1, ["2.50", "2.50", "1.00"]),
        ([2.5, float("nan")], 1, ["2.50", "…"]),
        ([None, None], 1, ["–", "–"]),
    ],
)
def test_the_best_number_is_marked_once_all_are_known_and_where_one_alone_is_best(numbers, better, cells):
    assert show.marked(numbers, Say(), better=better) == cells
