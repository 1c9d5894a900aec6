"""Every page as the server runs it, without a browser."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import aecore as ae
from aecore import text
from aecore.jobs import InlineExecutor
from aecore.text import Say
from pages._ui import resources, seen

ROOT = Path(__file__).parents[2]
SITE = ROOT / "pages" / "site.py"
TABLE = next(
    ast.literal_eval(node.value)
    for node in ast.parse(SITE.read_text("utf-8")).body
    if isinstance(node, ast.Assign) and node.targets[0].id == "PAGES"
)
PAGES = [(folder, name) for folder, names in TABLE.items() for name in names]
DIGITS = {"data": "digits", "steps": "40", "latent": "3"}


@pytest.fixture
def runs(tmp_path, monkeypatch) -> ae.Runs:
    """The runs of a server that trains at once."""
    executor = InlineExecutor(ae.Runs(tmp_path))
    monkeypatch.setattr(resources, "folder", lambda: tmp_path)
    monkeypatch.setattr(resources, "executor", lambda: executor)
    return executor.runs


def opened(page: str = "undercomplete", lang: str = "en", **query: str) -> AppTest:
    at = AppTest.from_file(str(SITE), default_timeout=60)
    at.query_params.update({"lang": lang, **query})
    at.run()
    folder = next(folder for folder, name in PAGES if name == page)
    return at.switch_page(f"{folder}/{page}.py").run() if page != "home" else at


def experiment_in(at: AppTest) -> ae.Experiment:
    """Read the experiment off the widgets."""
    names = ("data", "net", "latent", "steps", "rate", "seed", "batch", "schedule", "loss", "hidden", "activation")
    shown = {name: at.session_state[name] for name in names if name in at.session_state}
    return ae.Experiment.settle(shown).experiment


def sentences(at: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "error", "warning", "info") for element in at.get(kind))


def progress(at: AppTest) -> str:
    return at.get("progress")[0].proto.text


def test_the_table_of_pages_is_the_folder():
    for folder, names in TABLE.items():
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
    assert len(at.get("bidi_component")) == 5 + (net == "linear")


REASONS = ["diverged", "worker_died", "interrupted", "disk_full", "unwritable", "damaged_data", "crashed"]


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("reason", REASONS)
def test_a_failed_run_says_why_and_can_go_on(runs, reason, lang):
    experiment = ae.Experiment.from_query("data=digits&steps=40&latent=3")
    (run,) = InlineExecutor(runs).submit([experiment])
    run.write_state(replace(run.state, stage="failed", reason=reason, detail="mnist.npz", step=20))
    at = opened(lang=lang, **DIGITS)
    numbers = {"step": 40, "steps": 40, "seconds": run.state.seconds, "detail": "mnist.npz"}
    assert [error.value for error in at.error] == [Say(lang)(f"reason.{reason}", **numbers)]
    assert at.button(key="train").label == Say(lang)("watch.go_on", step=20)
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


def test_data_that_are_damaged_are_named_and_the_page_goes_on(runs, monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "SHA256SUMS").write_text("0" * 64 + "  ./mnist.npz\n")
    (tmp_path / "data" / "mnist.npz").write_bytes(b"")
    monkeypatch.setenv("GARGALO_DATA", str(tmp_path / "data"))
    from aecore.datasets.data import loaded

    loaded.cache_clear()
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


def test_home_leads_to_every_lesson(runs):
    at = opened("home")
    invitations = [words for name, words in text.words("en").items() if name.endswith(".invitation")]
    assert len(invitations) == len(TABLE["lessons"]) - 1
    said = sentences(at)
    assert all(invitation in said for invitation in invitations)
