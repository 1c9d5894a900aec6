"""The recommender's page, without a browser, and the files that visitors bring to it."""

from __future__ import annotations

import json

import numpy as np
import pytest

import aecore as ae
from aecore import views
from aecore.datasets import DamagedFile, ratings
from aecore.text import Say
from tests.pages.test_pages import opened, sentences, settled

STEPS = {"steps": "60", "latent": "20", "batch": "64"}


@pytest.fixture
def runs(runs, tmp_path, monkeypatch) -> ae.Runs:
    """The runs of a server that keeps what visitors bring apart from those of other tests."""
    monkeypatch.setenv("GARGALO_UPLOADS", str(tmp_path / "uploads"))
    return runs


@pytest.fixture(autouse=True)
def flat_map(monkeypatch):
    """t-SNE of all items takes half a minute."""
    monkeypatch.setattr(views, "item_map", lambda vectors: np.zeros((len(vectors), 2)))


def tables(at) -> list:
    return [one.value for one in at.table]


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
def test_libraries_that_are_named_are_followed_by_others_with_reasons(runs, lang):
    at = settled(opened("recommender", lang, **STEPS))
    assert not at.exception
    at.button(key="train").click().run()
    at = settled(at)
    assert not at.exception
    words = Say(lang)
    chosen = at.multiselect(key="history").value
    names = [item.name for item in at.session_state.course.watched.data.items]
    for table in tables(at):
        assert len(table) == 10
        assert not set(table[words("recommender.item")]) & {names[i] for i in chosen}
        assert set(table[words("recommender.because")]) <= {names[i] for i in chosen}
    assert len(tables(at)) == 2
    said = sentences(at)
    rival = words("recommender.ease")
    run = runs.of(at.session_state.course.watched)
    assert words.number(run.state.scores["ndcg"], 3) in said
    # A net of so few steps is no match, and the page says who is.
    assert f"**{rival}" in said
    at.multiselect(key="history").set_value([]).run()
    assert words("recommender.nothing_chosen") in sentences(at)
    assert not at.exception


def test_a_link_names_the_history(runs):
    at = opened("recommender", history="3,5", **STEPS)
    assert not at.exception
    assert at.multiselect(key="history").value == [3, 5]


def lines(header: str, separator: str, people: int = 40, items: int = 12) -> bytes:
    rng = np.random.default_rng(0)
    rows = [
        separator.join((f"u{person}", f"i{item}", str(1 + (person + item) % 5)))
        for person in range(people)
        for item in range(items)
        if rng.random() < 0.6
    ]
    return "\n".join([header] * bool(header) + rows).encode()


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("user,item,rating", ","),
        ("userId,movieId,rating", ","),
        ("", "::"),
        ("", "\t"),
        ("user_id;item_id;rating", ";"),
    ],
)
def test_tables_of_several_makes_are_read_alike(header, separator):
    found, usual = ratings.parse(lines(header, separator)), ratings.parse(lines("user,item,rating", ","))
    assert found.names == usual.names
    assert (found.shares == usual.shares).all()
    assert found.top == 5
    assert np.unique(found.shares) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])


def test_movielens_is_read_as_it_is():
    csv = b"userId,movieId,rating,timestamp\n" + b"".join(
        f"{u},{m},{(u * m) % 9 / 2 + 0.5},96498{u}{m}\n".encode() for u in range(1, 15) for m in range(1, 9)
    )
    dat = b"".join(f"{u}::{m}::{(u * m) % 5 + 1}::97830{u}\n".encode() for u in range(1, 15) for m in range(1, 9))
    for content, top in ((csv, 4.5), (dat, 5.0)):
        table = ratings.parse(content)
        assert table.shares.shape == (14, 8)
        assert table.top == top
        assert sorted(table.names) == [str(m) for m in range(1, 9)]
        assert table.shares[:, table.names.index("3")].min() > 0


WRONG = {
    "empty": (b"", ""),
    "not_text": (b"user,item,rating\n\0\0", ""),
    "columns": (b"user,stars\n1,5\n", "item"),
    "row": (lines("user,item,rating", ",") + b"\nu1,i1", str(lines("user,item,rating", ",").count(b"\n") + 2)),
    "number": (b"user,item,rating\nu1,i1,5\nu1,i2,good\n", "3"),
    "one_user": (b"user,item,rating\n" + b"".join(f"u,i{i},3\n".encode() for i in range(50)), ""),
    "few": (lines("user,item,rating", ",", people=4), ""),
}


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("reason", WRONG)
def test_a_file_that_is_no_table_is_named_and_the_page_goes_on(runs, reason, lang):
    content, detail = WRONG[reason]
    with pytest.raises(ratings.Unreadable) as wrong:
        ratings.parse(content)
    assert (wrong.value.reason, wrong.value.detail) == (reason, detail)
    at = opened("recommender", lang, data="ratings", **STEPS)
    at.file_uploader(key="ratings_file").set_value(("mine.csv", content, "text/csv")).run()
    assert [error.value for error in at.error] == [Say(lang)(f"recommender.wrong.{reason}", detail=detail)]
    assert not at.exception


def test_one_trains_on_one_s_own_file(runs):
    at = opened("recommender", data="ratings", **STEPS)
    at.file_uploader(key="ratings_file").set_value(("mine.csv", lines("user,item,rating", ","), "text/csv")).run()
    at.button(key="train_own").click().run()
    at = settled(at)
    assert not at.exception
    run = runs.of(at.session_state.course.watched)
    assert run.state.stage == "done"
    assert run.experiment.data == ratings.Ratings(file=run.experiment.data.file, feedback="stars")
    assert run.experiment.data.file
    assert 0 < run.state.scores["test_error"] < 1
    assert json.dumps(run.experiment.to_dict())
    assert len(tables(at)) == 2


def test_a_file_that_is_gone_is_named(runs):
    with pytest.raises(DamagedFile):
        ratings.table(12345)
    at = opened("recommender", data="ratings", file="12345", **STEPS)
    assert not at.exception
    assert Say("en")("complaint.not_here") in sentences(at)


def test_made_up_ratings_can_be_foreseen_better_than_by_biases(runs):
    from aecore import views
    from aecore.baselines import Biases
    from aecore.training import posed

    experiment = ae.Experiment.from_query("data=ratings&task=recommender")
    *_, last = ae.train(experiment, keyframes=())
    train = experiment.data.load("train")
    biases = views.ranking_quality(Biases.fit(train), posed(experiment, "test"))["test_error"]
    assert last.scores["test_error"] < biases
