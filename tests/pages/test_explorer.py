"""The latent explorer as the server runs it, without a browser."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import aecore as ae
from aecore import views
from aecore.jobs import InlineExecutor, Wish
from aecore.text import Say
from aecore.training import examples
from aecore.views import Projection
from pages._ui import explored, parcels, resources
from tests.pages.test_pages import opened

VAE = ae.Experiment.from_query("data=digits&method=vae&hidden=16&latent=4&steps=40")
WORDS = Say("en")


@pytest.fixture
def trained(runs):
    InlineExecutor(runs).submit([VAE])
    explored.survey.cache_clear()
    return VAE.key


def drawn(at) -> dict:
    """Return the figure of the scatter, as it goes to the browser."""
    sent = [json.loads(one.proto.json) for one in at.get("bidi_component")]
    return json.loads(parcels.content(next(data["figure"] for data in sent if data and data.get("cloud"))))


def said(at) -> list[str]:
    return [element.value for kind in ("markdown", "error", "warning", "info", "caption") for element in at.get(kind)]


def test_with_nothing_to_show_the_shipped_run_opens_and_says_so(runs):
    at = opened("explorer")
    assert not at.exception
    assert WORDS("explorer.opened_home") in said(at)
    assert sum(len(trace["name"]) > 0 for trace in drawn(at)["data"]) == 10
    assert dict(at.query_params) == {"lang": "en", "run": explored.home().key}


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize(
    "run", ["../../etc/passwd", "3AC6A365D7AE2A00", "0" * 16, "<script>", "", "3ac6a365d7ae2a00/.."]
)
def test_a_run_that_is_not_there_is_said_and_the_shipped_one_shown(runs, run, lang):
    at = opened("explorer", lang, run=run)
    assert not at.exception
    assert Say(lang)("explorer.no_such_run") in [warning.value for warning in at.warning]
    assert at.session_state.visit.experiment == explored.home()


def test_a_link_opens_a_run_and_the_way_it_is_looked_at(trained):
    at = opened("explorer", run=trained, kind="latents", axes="4,2", colour="error", points="300")
    assert not at.exception
    assert not at.warning
    figure = drawn(at)
    assert [axis["title"]["text"].split()[0] for axis in (figure["layout"]["xaxis"], figure["layout"]["yaxis"])] == [
        "z₄",
        "z₂",
    ]
    assert "KL" in figure["layout"]["xaxis"]["title"]["text"]
    assert {"run": trained, "kind": "latents", "axes": "4,2", "colour": "error", "points": "300"}.items() <= dict(
        at.query_params
    ).items()


def test_an_experiment_without_a_run_is_shown_untrained(runs):
    at = opened("explorer", data="digits", latent="3", steps="40")
    assert not at.exception
    assert WORDS("explorer.untrained") in said(at)
    assert at.query_params["latent"] == "3" or at.query_params["latent"] == ["3"]


def test_a_pair_of_latents_that_is_gone_gives_way_to_those_with_the_largest_divergence(trained):
    at = opened("explorer", run=trained, kind="latents", axes="2,9", points="300")
    weights = explored.survey(VAE, 40, 300).kl
    leading = sorted(np.argsort(-weights)[:2].tolist())
    used = ["z" + "₁₂₃₄"[i] for i in leading]
    assert WORDS("explorer.no_such_latents", names="z₂, z₉", used=", ".join(used)) in said(at)
    assert [at.selectbox(key=f"axis_{i}").value for i in range(2)] == leading
    assert not at.exception


def test_more_neighbours_than_points_are_brought_down_and_said(trained):
    at = opened("explorer", run=trained, kind="umap", points="50", neighbours="200")
    label = WORDS("knob.neighbours.label")
    assert WORDS("complaint.too_high", name=label, given="200", used="49") in said(at)
    assert at.button(key="compute")
    assert not at.exception


def test_a_latent_stands_on_one_axis_only(trained):
    at = opened("explorer", run=trained, kind="latents", axes="1,1", points="300")
    first, second = (at.selectbox(key=f"axis_{i}").value for i in range(2))
    assert first == 0 != second
    at.selectbox(key="axis_0").set_value(second).run()
    assert [at.selectbox(key=f"axis_{i}").value for i in range(2)] == [second, 0]
    assert not at.exception


@pytest.mark.parametrize("colour", ["latent:99", "factor:shape"])
def test_a_colour_that_is_not_there_is_said_and_the_address_mended(trained, colour):
    at = opened("explorer", run=trained, colour=colour, points="300")
    assert WORDS("explorer.no_such_colour", given=colour, used=WORDS("explorer.colour_label")) in said(at)
    assert "colour" not in at.query_params
    at.selectbox(key="colour").set_value("error").run()
    assert not at.warning


def test_what_a_link_asks_too_much_of_is_said_once(trained):
    at = opened("explorer", run=trained, kind="umap", points="100", neighbours="500")
    label = WORDS("knob.neighbours.label")
    wanted = WORDS("complaint.too_high", name=label, given="500", used="99")
    assert [warning.value for warning in at.warning] == [wanted]


def test_a_code_of_two_latents_in_three_dimensions_is_said_to_be_flat(runs):
    at = opened("explorer", data="digits", latent="2", steps="40", points="60", dimensions="3")
    label = WORDS("knob.dimensions.label")
    assert WORDS("complaint.too_high", name=label, given="3", used="2") in said(at)
    assert not at.exception


def test_what_is_computed_is_asked_for_once_and_shown_when_it_is_kept(trained, monkeypatch):
    asked = []

    class Stub:
        stage = None

        def wish(self, to):
            return Wish("", "failed", reason="projector_died") if asked else None

        def ask(self, experiment, run, step, projection, to):
            asked.append((experiment, step, projection, to))

    monkeypatch.setattr(resources, "projector", Stub)
    at = opened("explorer", run=trained, kind="umap", points="60", neighbours="5")
    assert WORDS("explorer.meanwhile", kind="UMAP") in said(at)
    at.button(key="compute").click().run()
    [(experiment, step, projection, to)] = asked
    assert (experiment, step, projection) == (VAE, 40, Projection(kind="umap", points=60, neighbours=5))
    assert WORDS("explorer.projector_died", kind="UMAP") in said(at)
    assert at.button(key="compute").label == WORDS("explorer.again", kind="UMAP")
    to.parent.mkdir()
    points = np.arange(120, dtype=np.float32).reshape(60, 2)
    save_file({"points": points}, to)
    at.run()
    assert not at.exception
    assert not [button for button in at.button if button.key == "compute"]
    assert drawn(at)["layout"]["title"]["text"] == "UMAP"
    assert drawn(at)["layout"]["xaxis"]["range"][1] > 118


def test_what_is_selected_is_said_and_can_be_calculated_with(trained):
    at = opened("explorer", run=trained, points="300")
    assert WORDS("explorer.nothing_selected") in said(at)
    visit = at.session_state.visit
    for name, rows in (("A", (0, 1, 2)), ("B", (10, 200))):
        visit.selected = rows
        at.run()
        assert WORDS("explorer.selected", count=len(rows)) in [header.value for header in at.subheader]
        at.button(key=f"keep_{name}").click().run()
    visit.clicked = 7
    at.run()
    assert not at.exception
    assert visit.kept == {"A": (0, 1, 2), "B": (10, 200)}
    assert WORDS("explorer.walk_lead_clicked") in said(at)
    assert WORDS("explorer.neighbours", row=7) in [header.value for header in at.header]
    at.select_slider(key="points").set_value(100).run()
    assert not at.exception
    assert (visit.selected, visit.kept) == ((10,), {"A": (0, 1, 2), "B": (10,)})


def test_data_that_are_no_pictures_are_explored_too(runs):
    at = opened("explorer", data="moons", latent="1", steps="40", points="60")
    at.session_state.visit.selected, at.session_state.visit.clicked = (1, 2), 3
    at.run()
    assert not at.exception


def test_what_is_taken_away_is_what_was_selected(trained):
    rows = (299, 0, 5)
    found = views.Projected(np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32))
    text = explored.table(VAE, 40, 300, rows, None, found).csv().decode()
    lines = list(csv.DictReader(io.StringIO(text)))
    x = examples(VAE, 300)[0]
    codes = explored.survey(VAE, 40, 300).codes
    assert [int(line["row"]) for line in lines] == list(rows)
    assert [int(line["label"]) for line in lines] == x.labels[list(rows)].tolist()
    assert [float(line["z3"]) for line in lines] == pytest.approx(codes[list(rows), 2], rel=1e-5)
    with np.load(io.BytesIO(explored.npz(VAE, 40, 300, rows, found)), allow_pickle=False) as kept:
        np.testing.assert_array_equal(kept["codes"], codes[list(rows)])
        np.testing.assert_array_equal(kept["labels"], x.labels[list(rows)])
        np.testing.assert_array_equal(kept["inputs"], x.inputs[list(rows)])
        np.testing.assert_array_equal(kept["places"], found.points[list(rows)])


def test_a_lesson_leads_to_the_explorer_of_its_run(runs):
    query = {"data": "digits", "steps": "40", "latent": "3"}
    assert not opened(**query).get("page_link")
    InlineExecutor(runs).submit([ae.Experiment.from_query("data=digits&steps=40&latent=3")])
    at = opened(**query)
    [link] = at.get("page_link")
    assert link.proto.label == WORDS("watch.explore")
    key = ae.Experiment.from_query("data=digits&steps=40&latent=3").key
    assert key in link.proto.query_string


def test_the_step_and_the_point_looked_at_are_linked(trained):
    early = next(step for step in reversed(resources.run_of(trained).steps) if 0 < step < 40)
    at = opened("explorer", run=trained, points="300", at=str(early), clicked="7")
    assert not at.exception
    assert not at.warning
    assert (at.session_state.visit.step, at.session_state.visit.clicked) == (early, 7)
    assert WORDS("explorer.neighbours", row=7) in [header.value for header in at.header]
    slider = next(one for one in at.select_slider if one.label == WORDS("watch.time"))
    assert slider.value == early
    said = {name: str(at.query_params[name]).strip("[]'") for name in ("at", "clicked")}
    assert said == {"at": str(early), "clicked": "7"}
    slider.set_value(40).run()
    assert "at" not in at.query_params


def test_a_step_or_a_point_that_is_not_there_is_said(trained):
    at = opened("explorer", run=trained, points="300", at="900", clicked="300")
    said = [warning.value for warning in at.warning]
    assert WORDS("complaint.too_high", name=WORDS("knob.at.label"), given="900", used="40") in said
    assert WORDS("complaint.too_high", name=WORDS("knob.clicked.label"), given="300", used="299") in said
    assert not at.exception


@pytest.mark.parametrize("rows", [(), (0,), (299,), tuple(range(7, 260, 3)), tuple(range(300))])
def test_rows_are_read_as_they_were_written(rows):
    assert explored.rows_of(explored.rows_in_text(rows), 300) == rows


@pytest.mark.parametrize("text", ["", "x", "é", "eJw", "!!!!", "eJz7DwABAQEA" * 3])
def test_a_text_that_stands_for_no_rows_selects_none(text):
    assert explored.rows_of(text, 300) == ()


def test_rows_beyond_the_points_are_passed_over():
    assert explored.rows_of(explored.rows_in_text((3, 299, 300, 70_000)), 300) == (3, 299)


def test_a_link_brings_what_is_selected_and_laid_aside(trained):
    said = {"selected": explored.rows_in_text((3, 5, 8)), "kept_A": explored.rows_in_text((1, 2))}
    at = opened("explorer", run=trained, points="300", **said)
    assert not at.exception
    assert WORDS("explorer.selected", count=3) in [one.value for one in at.subheader]
    assert any(WORDS("explorer.kept", name="A", count=2) in one.value for one in at.markdown)
    assert {name: at.query_params[name] for name in said} == said
