from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import aecore as ae
from aecore import gallery
from aecore.jobs import InlineExecutor
from aecore.training import posed, revive


@pytest.mark.parametrize("name", gallery.experiments())
def test_a_shipped_run_is_what_it_says(name):
    experiment = gallery.experiments()[name]
    run = gallery.run_of(experiment)
    assert run is not None
    assert run.experiment == experiment
    assert (run.state.stage, run.state.step) == ("done", experiment.fit.steps)
    scores = experiment.task.score(revive(experiment, run.snapshot()), posed(experiment, "test"))
    # Half precision leaves every picture alone, not the last digit of an error.
    main = experiment.task.main
    assert scores[main] == pytest.approx(run.state.scores[main], rel=1e-2)


def test_the_gallery_is_light():
    assert sum(path.stat().st_size for path in gallery.FOLDER.rglob("*") if path.is_file()) <= 60e6


def test_every_shipped_folder_is_in_the_table():
    keys = {experiment.key for experiment in gallery.experiments().values()}
    assert {folder.name for folder in gallery.FOLDER.iterdir() if folder.is_dir()} == keys


def test_shipping_a_run_leaves_its_pictures_as_they_are(tmp_path, small):
    (run,) = InlineExecutor(ae.Runs(tmp_path / "runs")).submit([small])
    shipped = gallery.ship(run, tmp_path / "gallery")
    assert shipped.experiment == small
    assert shipped.state.scores == run.state.scores
    assert (shipped.state.stage, shipped.state.pid) == ("done", 0)
    assert shipped.steps[0] == 0
    assert shipped.steps[-1] == small.fit.steps
    assert len(shipped.steps) <= gallery.SNAPSHOTS
    assert shipped.history[-1] == run.history[-1]
    assert shipped.baselines().keys() == run.baselines().keys()
    x = posed(small, "test").inputs[: gallery.COMPARED]
    for step in shipped.steps:
        before, after = (revive(small, one.snapshot(step))(x) for one in (run, shipped))
        assert (before - after).abs().max() <= gallery.GREY
    before, after = (one.baselines()["pca"] for one in (run, shipped))
    assert shipped.folder.joinpath("baselines/pca.safetensors").stat().st_size < 0.6 * 4 * before.components.numel()
    for size in (1, 8, len(before.components)):
        assert (before.reconstruct(x, size) - after.reconstruct(x, size)).abs().max() <= gallery.GREY


def test_half_precision_is_not_used_where_it_would_be_seen(tmp_path, small):
    (run,) = InlineExecutor(ae.Runs(tmp_path / "runs")).submit([small])
    snapshot = run.snapshot()
    kinds = {tensor.dtype for tensor in gallery._written(small, snapshot).values()}
    assert kinds == {torch.float16}
    # A thousand times a fraction that half precision rounds off, where the outputs end in no sigmoid.
    weights = {
        name: 3000 + tensor if name.endswith("decoder.0.bias") else tensor for name, tensor in snapshot.state.items()
    }
    kinds = {tensor.dtype for tensor in gallery._written(small, replace(snapshot, state=weights)).values()}
    assert kinds == {torch.float32}


def test_what_is_not_shipped_is_not_there(small):
    assert gallery.run_of(small) is None
