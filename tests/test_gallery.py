from __future__ import annotations

import pytest

from aecore import gallery
from aecore.training import posed, revive


@pytest.mark.parametrize("name", gallery.TABLE)
def test_a_shipped_run_is_what_it_says(name):
    experiment = gallery.experiment_of(name)
    run = gallery.run_of(experiment)
    assert run is not None
    assert run.experiment == experiment
    assert (run.state.stage, run.state.step) == ("done", experiment.fit.steps)
    scores = experiment.task.score(revive(experiment, run.snapshot()), posed(experiment, "test"))
    assert scores["test_error"] == pytest.approx(run.state.scores["test_error"], rel=1e-4)


def test_every_shipped_folder_is_in_the_table():
    keys = {gallery.experiment_of(name).key for name in gallery.TABLE}
    assert {folder.name for folder in gallery.FOLDER.iterdir() if folder.is_dir()} == keys


def test_what_is_not_shipped_is_not_there(small):
    assert gallery.run_of(small) is None
