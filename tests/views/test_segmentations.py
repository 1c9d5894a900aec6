from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, jaccard_score

import aecore as ae
from aecore import views
from aecore.datasets import Compositions
from aecore.tasks.segmentation import overlap
from aecore.training import posed


def test_the_overlap_is_that_of_scikit_learn():
    rng = torch.Generator().manual_seed(0)
    found, true = (torch.rand(5, 9, 9, generator=rng) > 0.6 for _ in range(2))
    expected = [jaccard_score(a.ravel(), b.ravel()) for a, b in zip(true.numpy(), found.numpy(), strict=True)]
    assert overlap(found, true).tolist() == pytest.approx(expected)
    assert overlap(torch.zeros(1, 3, 3, dtype=bool), torch.zeros(1, 3, 3, dtype=bool)).tolist() == [1]


def test_the_scores_are_means_over_pictures():
    experiment = ae.Experiment.from_query("data=compositions&task=segmentation&channels=4&blocks=1")
    samples = posed(experiment, "test").at(slice(20))
    model = experiment.build()
    scores = experiment.task.score(model, samples)
    with torch.inference_mode():
        found = (model(samples.inputs) >= 0.5).flatten(1).numpy()
    true = samples.targets.bool().flatten(1).numpy()
    assert scores["iou"] == pytest.approx(np.mean([jaccard_score(*pair) for pair in zip(true, found, strict=True)]))
    assert scores["dice"] == pytest.approx(np.mean([f1_score(*pair) for pair in zip(true, found, strict=True)]))


def test_what_is_painted_differs_from_what_lies_under_it():
    samples = Compositions().load("test")
    painted = samples.targets.bool()
    shares = painted.float().flatten(1).mean(1)
    assert shares.min() > 0
    assert shares.max() < 0.7
    x, mask = samples.inputs[0], painted[0]
    assert x[mask].std() < x[~mask].std() or len(x[mask].unique()) > 2


@pytest.mark.parametrize("cut", [views.otsu, views.k_means])
def test_a_bright_square_on_a_dark_ground_is_found_without_learning(cut):
    picture = np.full((30, 30), 0.1, np.float32)
    picture[10:20, 5:15] = 0.9
    picture += 0.01 * np.random.default_rng(0).normal(size=picture.shape).astype(np.float32)
    true = np.zeros((30, 30), bool)
    true[10:20, 5:15] = True
    assert (cut(picture) == true).mean() > 0.97
    assert (cut(1 - picture) == true).mean() > 0.97


def test_rows_show_the_picture_its_mask_and_three_answers():
    experiment = ae.Experiment.from_query("data=compositions&task=segmentation&channels=4&blocks=1")
    samples = posed(experiment, "test").at(slice(3))
    found = views.segmented(experiment.build(), samples.inputs, samples.targets)
    assert found.names == ("picture", "true", "rebuilt", "otsu", "k_means")
    assert found.pictures.shape == (5, 3, 48, 48)
    assert np.isnan(found.iou[:2]).all()
    assert ((found.iou[2:] >= 0) & (found.iou[2:] <= 1)).all()


def test_a_network_may_be_asked_in_eight_ways():
    experiment = ae.Experiment.from_query("data=compositions&task=segmentation&channels=4&blocks=1")
    samples, model = posed(experiment, "test").at(slice(3)), experiment.build()
    found = views.segmented(model, samples.inputs, samples.targets, eight=True)
    assert found.names == ("picture", "true", "rebuilt", "eight_ways", "otsu", "k_means")
    whole = [views.mask_of(model, one, eight=True) for one in samples.inputs.numpy()]
    np.testing.assert_allclose(found.pictures[3], whole, atol=1e-5)
    assert np.abs(found.pictures[3] - found.pictures[2]).max() > 1e-4


def test_marks_are_laid_over_as_strongly_as_asked():
    picture, mask = np.full((2, 2), 0.5, np.float32), np.eye(2, dtype=np.float32)
    np.testing.assert_array_equal(views.overlaid(picture, mask, 0.0), np.full((2, 2, 3), 0.5))
    full = views.overlaid(picture, mask, 1.0)
    assert full[0, 0].tolist() == pytest.approx([1.0, 0.62, 0.0])
    assert full[0, 1].tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("name", ["coins", "cell"])
def test_pictures_to_look_at_are_there(name):
    picture = views.picture_to_segment(name)
    assert picture.ndim == 2
    assert 0 <= picture.min() < picture.max() <= 1
