"""What a visitor brings: understood before training, trained on in every lesson, seen by nobody else, soon gone."""

from __future__ import annotations

import gc
import io
import json
import re
import time
import zipfile

import numpy as np
import pytest
import soundfile
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.util import AttributeDictionary

import aecore as ae
from aecore import views
from aecore.datasets import DamagedFile, Mnist, Own, own
from aecore.runs import birth_of
from aecore.text import LANGUAGES, Say
from pages._ui import boards, brought, by_hand, explored, mine, parcels, pictures, resources
from tests.pages.test_pages import opened, sentences

rng = np.random.default_rng(0)


def png(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def wav(seed: int) -> bytes:
    stream = io.BytesIO()
    tone = np.sin(2 * np.pi * (300 + 100 * seed) * np.arange(12_000) / 8000)
    soundfile.write(stream, 0.5 * tone, 8000, format="WAV")
    return stream.getvalue()


PICTURES = zipped(**{f"{kind}__{i}.png": png(rng.integers(0, 255, (20, 24))) for kind in "ab" for i in range(20)})
ROWS = [
    ";".join(f"{value:.2f}".replace(".", ",") for value in rng.normal(size=4)) + f";{'xy'[i % 2]}" for i in range(60)
]
TABLE = "\n".join(["p;q;r;s;kind", *ROWS]).encode()
COLOURED = zipped(**{f"{i}.png": png(rng.integers(0, 255, (20, 24, 3))) for i in range(40)})
COLOURS = npz(x=rng.random((40, 3, 16, 16)), y=np.arange(40) % 4)
GREYS = npz(x=np.repeat(rng.random((40, 1, 16, 16)), 3, axis=1))
SOUNDS = zipped(**{f"s__{i}.wav": wav(i) for i in range(8)})
# Name and content of each kind; what is understood: samples, shape, number of classes.
KINDS = {
    "pictures": ("mine.zip", PICTURES, 40, (28, 28), 2),
    "table": ("mine.csv", TABLE, 60, (1, 4), 2),
    "colours": ("mine.zip", COLOURED, 40, (3, 28, 28), 0),
    "arrays": ("mine.npz", COLOURS, 40, (3, 28, 28), 4),
    "greys": ("mine.npz", GREYS, 40, (28, 28), 0),
    "sounds": ("mine.zip", SOUNDS, 24, (32, 32), 0),
}


@pytest.fixture
def runs(runs, tmp_path, monkeypatch) -> ae.Runs:
    """The runs of a server that keeps what visitors bring apart from those of other tests."""
    monkeypatch.setenv("GARGALO_UPLOADS", str(tmp_path / "uploads"))
    return runs


def given(kind: str, lang: str = "en") -> AppTest:
    name, content, *_ = KINDS[kind]
    at = opened("your_data", lang)
    return at.file_uploader[0].set_value((name, content, "")).run()


def kept(kind: str) -> tuple[AppTest, int]:
    at = given(kind).button(key="use_own").click().run()
    assert not at.exception
    return at, next(iter(at.session_state.mine.files["own"]))


def lesson(at: AppTest, number: int, page: str = "undercomplete", **query: str) -> AppTest:
    at.query_params.clear()
    at.query_params.update({**brought.fitting(number, own.about(number), page), "steps": "20", **query})
    return at.switch_page(f"lessons/{page}.py").run()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_understood_is_said_before_anything_is_kept(runs, tmp_path, kind, lang):
    _, _, count, shape, classes = KINDS[kind]
    at, words = given(kind, lang), Say(lang)
    assert not at.exception
    cards = [one.value for one in at.subheader]
    assert cards[:2] == [words.number(count), " × ".join(map(words.number, shape))]
    assert cards[3] == (words.number(classes) if classes else words("your_data.labels_none"))
    assert not list((tmp_path / "uploads").glob("*/*.npz"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_is_read_by_whoever_trains_on_it(runs, kind):
    _, _, count, shape, classes = KINDS[kind]
    _, number = kept(kind)
    data = Own(number)
    train, test = data.load("train"), data.load("test")
    assert train.size + test.size == count
    assert train.shape == test.shape == data.shape == shape
    assert data.classes == classes
    assert (data.value_range == "real") == (kind == "table")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", brought.LESSONS)
def test_every_lesson_takes_it(runs, kind, page):
    at, number = kept(kind)
    at = lesson(at, number, page)
    assert not at.exception
    assert not at.error and not at.warning, sentences(at)
    at.button(key="train").click().run()
    end = time.monotonic() + 120
    while resources.awaited():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    at.run()
    assert not at.exception
    watched = at.session_state.course.watched
    assert watched.data == Own(number)
    assert runs.of(watched).state.stage == "done"
    if kind == "table":
        assert not re.findall(r"\b\w*pixel\w*", worded(at), re.I)


def worded(at: AppTest) -> str:
    """Return the words of a page that stand beside its figures, of these and of its knobs."""
    about = [*at.markdown, *at.info, *at.warning, *at.caption, *at.header, *at.subheader]
    found = [one.value for one in about if "## " not in one.value]  # the article speaks of shipped data too
    kinds = ("slider", "select_slider", "segmented_control", "selectbox", "toggle", "text_input", "number_input")
    found += [f"{one.label} {one.proto.help}" for kind in kinds for one in at.get(kind)]
    for component in at.get("bidi_component"):
        said = json.loads(component.proto.json or "{}")
        if isinstance(said, dict) and str(said.get("figure", "")).startswith("/parcels/"):
            layout = json.loads(parcels.content(said["figure"]))["layout"]
            axes = [layout.get(name, {}).get("title", "") for name in ("xaxis", "yaxis")]
            found += [said["alt"], str(layout.get("title")), *map(str, axes)]
            found += [str(one.get("text")) for one in layout.get("annotations", [])]
    return "\n".join(found)


def test_colours_may_be_left_out(runs):
    at = given("colours")
    at = at.segmented_control(key="own_colour").set_value("greys").run()
    assert [one.value for one in at.subheader][1] == "28 × 28"
    assert not [one for one in given("pictures").segmented_control if one.key == "own_colour"]


def test_the_explorer_shows_colours(runs):
    at, number = kept("colours")
    at = lesson(at, number, "vae")
    at.button(key="train").click().run()
    assert not at.exception
    watched = at.session_state.course.watched
    at.query_params.clear()
    at.query_params.update({"run": watched.key, "selected": explored.rows_in_text((0, 3)), "clicked": "1"})
    at = at.switch_page("tools/explorer.py").run()
    assert not at.exception
    size = pictures.tiles(watched, 8)
    assert (size["width"], size["height"], size["mask"]) == (28, 28, False)
    assert Image.open(io.BytesIO(pictures._all(watched, 8))).mode == "RGB"


REFUSED = {
    "empty": ("a.csv", b""),
    "one_column": ("a.csv", b"only\n1\n2\n"),
    "no_rows": ("a.csv", b"a,b\n"),
    "no_archive": ("a.zip", PICTURES[:-30]),
    "nothing_in": ("a.zip", zipped()),
    "pickled": ("a.npz", npz(x=np.array([{}, 1], object))),
    "too_few": ("a.zip", zipped(**{"1.png": png(rng.integers(0, 9, (8, 8)))})),
    "truncated": ("a.png", png(rng.integers(0, 255, (30, 30)))[:100]),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reason", REFUSED)
def test_a_file_that_is_refused_is_refused_in_words_and_the_page_goes_on(runs, reason, lang):
    name, content = REFUSED[reason]
    at = opened("your_data", lang)
    at = at.file_uploader[0].set_value((name, content, "")).run()
    if not at.error:
        at = at.button(key="use_own").click().run()
    assert not at.exception
    facts = {"too_few": {"least": own.LEAST, "count": 1}}
    assert [error.value for error in at.error] == [Say(lang)(f"refused.{reason}", **facts.get(reason, {}))]
    at = at.file_uploader[0].set_value(("mine.zip", PICTURES, "")).run()
    assert not at.error and not at.exception


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_kept_leaves_the_uploader_and_a_table_after_it_is_a_table(runs, lang):
    at = given("pictures", lang)
    at = at.button(key="use_own").click().run()
    assert not at.file_uploader[0].value
    at = at.file_uploader[0].set_value(("mine.csv", TABLE, "")).run()
    assert at.subheader[0].value == "60"
    at = at.button(key="use_own").click().run()
    assert not at.exception and not at.error
    assert list(at.session_state.mine.files["own"].values()) == ["mine.zip", "mine.csv"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_table_among_pictures_is_left_out_for_the_true_reason(runs, lang):
    at, words = opened("your_data", lang), Say(lang)
    at = at.file_uploader[0].set_value([("mine.zip", PICTURES, ""), ("mine.csv", TABLE, "")]).run()
    assert not at.exception
    assert at.subheader[0].value == "40"
    [left] = [one.value for one in at.dataframe]
    assert left.to_numpy().tolist() == [["mine.csv", words("refused.alone")]]


def captions(at: AppTest) -> list[str]:
    return [one.value for one in at.caption]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_was_brought_is_said_only_while_no_file_is_given(runs, lang):
    nothing = Say(lang)("your_data.nothing")
    at = opened("your_data", lang)
    assert nothing in captions(at)
    at = at.file_uploader[0].set_value(("mine.zip", PICTURES, "")).run()
    assert nothing not in captions(at)
    at = at.button(key="use_own").click().run()
    assert nothing not in captions(at)
    at = at.button(key="delete_own").click().run()
    assert nothing in captions(at)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("count", "form"), [(1, "one"), (2, "other")])
def test_rows_that_are_left_out_are_counted_in_good_grammar(runs, lang, count, form):
    at = opened("your_data", lang)
    at = at.file_uploader[0].set_value(("mine.csv", TABLE + b"\n;1;1;1;x" * count, "")).run()
    assert not at.exception
    said = Say(lang)(f"your_data.dropped_table.{form}", count=count)
    assert said in captions(at)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_another_visitor_is_told_that_the_data_are_not_here(runs, lang):
    here, number = kept("pictures")
    here = lesson(here, number).button(key="train").click().run()
    experiment = here.session_state.course.watched
    assert runs.of(experiment).state.stage == "done"
    words = Say(lang)
    not_here, beside = words("complaint.not_here"), f"data=own:file={number}"
    for page, query, said in (
        ("undercomplete", {"data": "own", "file": str(number)}, not_here),
        ("undercomplete", {"data": "own"}, not_here),
        ("undercomplete", {"beside": beside}, words("complaint.unknown", name=f"beside={beside}")),
        ("recommender", {"data": "ratings", "file": str(number)}, not_here),
        ("explorer", {"run": experiment.key}, words("explorer.no_such_run")),
        ("explorer", {"data": "own", "file": str(number)}, not_here),
    ):
        there = opened(page, lang, **query)
        assert not there.exception
        assert said in sentences(there), (page, query)
        watched = there.session_state.course.shown
        assert all(one.data.name != "own" for one in watched)
        assert there.session_state.course.visited.keys().isdisjoint({experiment.key})
        assert str(number) not in str(dict(there.query_params))
    assert lesson(here, number).session_state.course.watched.data == Own(number)


def test_neither_share_nor_a_board_gives_such_a_run_away(runs):
    at, number = kept("pictures")
    at = lesson(at, number).button(key="train").click().run()
    experiment = at.session_state.course.watched
    words = Say("en")
    at.session_state["share"] = True
    at.run()
    assert words("share.private") in [one.value for one in at.caption]
    offered = [one.label for one in at.get("download_button")]
    assert words("share.model") in offered and words("share.run") not in offered
    assert boards.of_run(boards.Rule(data="digits"), experiment) == "not_here"


def test_nobody_else_s_data_are_among_the_choices(runs):
    kept("pictures")
    assert "own" not in opened("undercomplete").selectbox(key="data").options
    at, _ = kept("pictures")
    at.query_params.clear()
    at = at.switch_page("lessons/undercomplete.py").run()
    assert Say("en")("option.data.own") in at.selectbox(key="data").options
    at.selectbox(key="data").set_value("own").run()
    assert at.session_state.course.watched.data.file == mine_of(at)


def mine_of(at: AppTest) -> int:
    return next(iter(at.session_state.mine.files["own"]))


def test_the_same_file_of_two_visitors_has_two_numbers(runs):
    assert kept("table")[1] != kept("table")[1]


def test_a_button_deletes_data_and_runs(runs, tmp_path):
    at, number = kept("pictures")
    at = lesson(at, number).button(key="train").click().run()
    experiment = at.session_state.course.watched
    at = at.switch_page("tools/your_data.py").run()
    at = at.button(key="delete_own").click().run()
    assert not at.exception
    assert [one.value for one in at.success] == [Say("en")("your_data.deleted")]
    assert not runs.of(experiment).folder.exists()
    assert not list((tmp_path / "uploads").glob("*/*"))
    with pytest.raises(DamagedFile):
        own.about(number)
    at.query_params.clear()
    at.query_params.update({"data": "own", "file": str(number)})
    at = at.switch_page("lessons/undercomplete.py").run()
    assert not at.exception
    assert Say("en")("complaint.not_here") in sentences(at)


def test_data_and_runs_go_with_the_session(runs, tmp_path):
    at, number = kept("pictures")
    at = lesson(at, number).button(key="train").click().run()
    experiment = at.session_state.course.watched
    assert list((tmp_path / "uploads").glob(f"*/{number}.npz"))
    del at.session_state.mine
    gc.collect()
    assert not list((tmp_path / "uploads").glob("*/*"))
    assert not runs.of(experiment).folder.exists()


def test_data_and_runs_go_once_the_session_has_been_away(runs, tmp_path, monkeypatch):
    at, number = kept("pictures")
    at = lesson(at, number).button(key="train").click().run()
    experiment = at.session_state.course.watched
    monkeypatch.setattr(mine, "AWAY", -1.0)
    mine.look_after()
    assert own.about(number)
    monkeypatch.setattr(type(at.session_state.course), "attended", False)
    mine.look_after()
    assert not list((tmp_path / "uploads").glob("*/*"))
    assert not runs.of(experiment).folder.exists()
    # Should the visitor come back after all, the lesson goes on with the usual data.
    assert at.run().session_state.course.watched.data.name == "mnist"
    assert not at.exception


def test_what_a_dead_server_left_is_pruned(runs, tmp_path):
    at, number = kept("pictures")
    at = lesson(at, number).button(key="train").click().run()
    [folder] = (tmp_path / "uploads").iterdir()
    mine.prune()
    assert (folder / f"{number}.npz").exists()
    assert runs.of(at.session_state.course.watched).folder.exists()
    owner = json.loads((folder / mine.OWNER).read_text("utf-8"))
    assert owner["born"] == birth_of(owner["pid"])
    (folder / mine.OWNER).write_text(json.dumps(owner | {"born": owner["born"] + 1}), "utf-8")
    mine.prune()
    assert not folder.exists()
    assert not runs.of(at.session_state.course.watched).folder.exists()


SEVEN = [[[300, 250], [700, 250], [500, 800]]]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_drawing_goes_through_the_model_of_every_lesson_that_learnt_digits(runs, lang):
    at = opened("your_data", lang)
    words = Say(lang)
    at.segmented_control(key="source_of_data").set_value("hand").run()
    assert words("your_data.hand_nothing") in [one.value for one in at.caption]
    at.session_state["sheet"] = AttributeDictionary({"strokes": SEVEN})
    at.run()
    assert not at.exception
    assert by_hand.lessons() == ["undercomplete", "denoising", "contractive", "sparse", "vae"]
    drawn = {one.key for one in at.get("bidi_component")}
    assert {f"hand_{name}" for name in by_hand.lessons()} <= drawn
    stands = [
        line
        for line in sentences(at).splitlines()
        if words("your_data.hand_stands", error="", share="", count="").split("*")[0] in line
    ]
    assert len(stands) == 5
    at.session_state["sheet"] = AttributeDictionary({"strokes": [[["x", 1]]]})
    at.run()
    assert [error.value for error in at.error] == [words("refused.no_drawing")]


def test_how_a_digit_stands_is_measured(runs):
    digit = Mnist().load("test").inputs[0].numpy()
    for name in by_hand.lessons():
        model, errors = by_hand._known(name)
        found = views.standing(model, digit, errors)
        assert found.error == pytest.approx(errors[0], rel=1e-3)
        assert found.below == pytest.approx((errors < errors[0]).mean(), abs=2e-4)
        noise = views.standing(model, np.random.default_rng(0).random((28, 28)), errors)
        assert noise.below > 0.99


def test_the_explorer_takes_fewer_samples_than_it_looks_at_at_most(runs):
    at, number = kept("pictures")
    at = lesson(at, number, "vae")
    at.button(key="train").click().run()
    at.query_params.clear()
    at.query_params.update({"run": at.session_state.course.watched.key})
    at = at.switch_page("tools/explorer.py").run()
    assert not at.exception
