"""What is written of a run without a page."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageSequence

from aecore import exports, gallery, methods
from aecore.__main__ import main
from aecore.experiment import Experiment
from aecore.exports.scenes import TABLE, makers
from aecore.exports.stills import SCALE, WIDTH
from aecore.figures import animations, tables
from aecore.runs import Run, Runs
from aecore.text import LANGUAGES, Say

TINY = "data=digits&steps=12&batch=16&latent=3&net=mlp&hidden=8"


def shipped(name: str, language: str = "en") -> exports.Shown:
    return exports.open_run(gallery.run_of(gallery.experiment_of(name)), Say(language))


@pytest.mark.parametrize("name", gallery.TABLE)
def test_every_shipped_run_has_its_figures(name):
    shown = shipped(name, LANGUAGES[len(name) % 2])
    found = exports.scenes(shown)
    assert list(found) == [make.__name__ for make in makers(shown.experiment)]
    for figure in found.values():
        assert figure.data or figure.layout.images
        pictures = all(trace.type == "image" for trace in figure.data)
        assert (tables.table(figure.to_json()) is None) == pictures


def test_every_lesson_and_every_data_set_in_the_plane_has_figures(tmp_path):
    for method in sorted(set(methods.TABLE) - {"quantised"}):
        experiment = Experiment.from_query(f"{TINY}&method={method}")
        assert method in TABLE and trained(tmp_path, experiment)
    assert exports.scenes(trained(tmp_path, Experiment.from_query("data=ring&steps=12&latent=2&method=denoising")))


def trained(tmp_path, experiment: Experiment) -> exports.Shown:
    from aecore.jobs import InlineExecutor

    (run,) = InlineExecutor(Runs(tmp_path)).submit([experiment])
    shown = exports.open_run(run, Say())
    assert exports.scenes(shown)
    return shown


@pytest.mark.parametrize(("name", "film"), [("molecules", "walk"), ("compression", "rate")])
def test_molecules_are_walked_between_and_pictures_come_out_of_longer_files(name, film):
    found = exports.films(shipped(name), "WEBP")
    assert film in found and "walk" not in exports.films(shipped("sparse"))
    image = Image.open(io.BytesIO(found[film]))
    frames = [np.asarray(frame.convert("L"), float) for frame in ImageSequence.Iterator(image)]
    assert len(found[film]) <= animations.MOST and len(frames) > 3
    assert all(np.abs(one - other).max() > 20 for one, other in pairwise(frames))
    if film == "rate":  # the two halves of a frame are the originals and what came of them, ever nearer
        high = frames[0].shape[0]
        lost = [np.abs(np.diff(frame[high // 2 :], axis=1)).mean() for frame in frames]
        assert lost[-1] > lost[0]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
@pytest.mark.parametrize("name", ["vae", "sparse", "beta_vae", "noise_removal", "recommender", "undercomplete"])
def test_animations_move_loop_and_are_light(name, kind):
    shown = shipped(name)
    found = exports.films(shown, kind)
    assert ("traversal" in found) == (shown.experiment.net.of_units and shown.is_pictures)
    assert ("training" in found) == (len(shown.run.steps) > 1)
    for film in found.values():
        assert len(film) <= animations.MOST
        image = Image.open(io.BytesIO(film))
        assert image.info["loop"] == 0 and image.n_frames > 1
        frames = [np.asarray(frame.convert("L"), int) for frame in ImageSequence.Iterator(image)]
        assert max(np.abs(frames[0] - frame).max() for frame in frames) > 20


def test_a_sweep_ends_where_it_begins():
    image = Image.open(io.BytesIO(exports.films(shipped("vae"), "WEBP")["traversal"]))
    frames = [np.asarray(frame.convert("L"), float) for frame in ImageSequence.Iterator(image)]
    steps = [np.abs(one - other).mean() for one, other in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert steps[-1] <= max(steps[:-1])


def test_what_is_too_long_loses_frames_but_not_its_last(monkeypatch):
    noise = np.random.default_rng(0).random((9, 1, 28, 28))
    whole = animations.moving(noise, names=["n"], columns=1, kind="GIF")
    monkeypatch.setattr(animations, "MOST", len(whole) // 2 + 2000)
    fewer = Image.open(io.BytesIO(animations.moving(noise, names=["n"], columns=1, kind="GIF")))
    image = Image.open(io.BytesIO(whole))
    assert image.n_frames == 9 and fewer.n_frames < 9
    image.seek(8)
    fewer.seek(fewer.n_frames - 1)
    assert np.array_equal(np.asarray(image.convert("L")), np.asarray(fewer.convert("L")))


def test_the_command_trains_and_writes_what_there_is(tmp_path, capsys, monkeypatch):
    def without(*_: object, **__: object) -> None:
        raise exports.NoBrowser

    monkeypatch.setattr(exports, "stills", without)
    words = ["export", TINY, "--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out"), "--onnx"]
    assert main([*words, "--lang", "pt_BR"]) == 1
    assert "Chromium" in capsys.readouterr().err
    (run,) = (Run(folder) for folder in (tmp_path / "runs").iterdir())
    name = run.experiment.name
    endings = ("error.csv", "codes.csv", "traversal.gif", "training.webp", "encoder.onnx", "decoder.onnx")
    for ending in endings:
        assert (tmp_path / "out" / f"{name}-{ending}").stat().st_size
    assert main(["export", str(run.folder), "--out", str(tmp_path / "again")]) == 1
    assert main(["export", "data=nowhere", "--out", str(tmp_path)]) == 2


def test_figures_are_drawn_without_a_page(tmp_path):
    figures = {name: figure for name, figure in exports.scenes(shipped("vae")).items() if name in ("bound", "fresh")}
    try:
        written = exports.stills(figures, tmp_path)
    except exports.NoBrowser:
        pytest.skip("no Chromium")
    assert {path.name for path in written} == {f"{n}.{kind}" for n in figures for kind in ("png", "svg")}
    with Image.open(tmp_path / "bound.png") as image:
        assert image.width == WIDTH * SCALE
        assert len(set(np.asarray(image.convert("L")).ravel().tolist())) > 20
    assert (tmp_path / "fresh.svg").read_text("utf-8").startswith("<svg")
