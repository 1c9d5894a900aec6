from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from scipy.spatial.distance import cosine
from skimage.filters import gaussian
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

import aecore as ae
from aecore import views
from aecore.datasets import Patches
from aecore.tasks.anomaly import FLAWS, auroc
from aecore.training import posed, revive

DIGITS = "data=digits&task=anomaly"


@pytest.mark.parametrize("single", [0, 7])
@pytest.mark.parametrize("norm", ["single", "rest"])
def test_only_what_is_normal_is_trained_on_and_everything_is_held_out(single, norm):
    asked = ae.Experiment.from_query(f"{DIGITS}&single={single}&norm={norm}")
    known, test = asked.data.load("train"), asked.data.load("test")
    normal = (known.labels == single) == (norm == "single")
    train, held_out = posed(asked, "train"), posed(asked, "test")
    assert torch.equal(train.inputs, known.inputs[normal])
    assert train.targets is train.inputs
    assert not train.labels.any()
    odd = (test.labels == single) == (norm == "rest")
    assert held_out.labels[:20].tolist() == [0, 1] * 10
    for strange in (False, True):
        assert torch.equal(held_out.inputs[(held_out.labels > 0) == strange], test.inputs[odd == strange])


def test_data_without_classes_leave_nothing_to_choose_and_are_damaged():
    asked = ae.Experiment.from_query("data=patches&task=anomaly&size=16&single=5")
    assert asked == ae.Experiment.from_query("data=patches&task=anomaly&size=16")
    whole = Patches(size=16).load("test").inputs
    held_out = posed(asked, "test")
    assert torch.equal(posed(asked, "test").inputs, held_out.inputs)
    assert torch.equal(posed(asked, "train").inputs, Patches(size=16).load("train").inputs)
    assert torch.equal(held_out.inputs[::2], whole[::2])
    assert not held_out.labels[::2].any()
    assert held_out.labels[1::2].unique().tolist() == [1, 2, 3]
    changed = (held_out.inputs != whole).flatten(1).sum(1)
    for kind, name in enumerate(FLAWS, 1):
        some = changed[held_out.labels == kind].float().mean()
        assert {"scratch": 8 < some < 40, "block": 8 < some <= 16, "blur": some > 150}[name], name


def test_the_score_is_that_of_scikit_learn_and_training_raises_it():
    asked = ae.Experiment.from_query(f"{DIGITS}&single=0&steps=300&latent=4")
    samples = posed(asked, "test")
    first, last = ae.train(asked, keyframes=())
    model = revive(asked, last)
    with torch.inference_mode():
        errors = (model(samples.inputs) - samples.inputs).square().flatten(1).sum(1)
    assert last.scores["auroc"] == pytest.approx(roc_auc_score(samples.labels, errors))
    assert last.scores["test_error"] == pytest.approx(float(errors[samples.labels == 0].mean()), rel=1e-4)
    assert last.scores["auroc"] > max(0.95, first.scores["watched_auroc"])


@pytest.fixture(scope="module")
def trained():
    asked = ae.Experiment.from_query(f"{DIGITS}&method=vae&single=3&steps=300&latent=4")
    *_, last = ae.train(asked, keyframes=())
    return asked, revive(asked, last)


def test_every_measure_is_what_it_says(trained):
    asked, model = trained
    normal, x = posed(asked, "train").inputs, posed(asked, "test").inputs
    found = views.Norm(model, normal).oddness(x, asked.method)
    assert list(found) == ["both", "angle", "density", "error", "bound"]
    with torch.inference_mode():
        codes, others = model.encode(normal).numpy(), model.encode(x).numpy()
        errors = (model(x) - x).square().flatten(1).sum(1).numpy()
        turned = [soft_cosines(one.numpy(), model(one).numpy()) for one in (normal, x)]
    spread = np.cov(codes.T)
    spread += 1e-3 * spread.diagonal().mean() * np.eye(len(spread))
    within = {"metric": "mahalanobis", "metric_params": {"VI": np.linalg.inv(spread)}, "algorithm": "brute"}
    near = NearestNeighbors(n_neighbors=5, **within).fit(codes)
    distances = [near.kneighbors(*given)[0].mean(1) for given in ((), (others,))]
    assert found["error"] == pytest.approx(errors, rel=1e-4)
    assert found["angle"] == pytest.approx(turned[1], abs=1e-5)
    assert found["density"] == pytest.approx(distances[1], rel=1e-3)
    away = [(np.log(new) - np.log(old).mean()) / np.log(old).std() for old, new in (turned, distances)]
    assert found["both"] == pytest.approx(away[0] + 0.5 * away[1], abs=1e-3)
    per_sample = asked.method.score(model, posed(asked, "test"), torch.Generator().manual_seed(1))
    assert found["bound"].mean() == pytest.approx(per_sample["bound"], rel=0.02)


def soft_cosines(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    soft = [[gaussian(picture, 8 / 28, mode="reflect", truncate=4).ravel() for picture in one] for one in (x, y)]
    return np.array([cosine(*pair) for pair in zip(*soft, strict=True)])


def test_others_judge_by_what_they_were_fitted_to(trained):
    asked, _ = trained
    normal, held_out = posed(asked, "train").inputs, posed(asked, "test")
    found = views.oddness_otherwise(normal, held_out.inputs)
    pca = PCA(24, svd_solver="full").fit(normal.flatten(1).numpy())
    x = held_out.inputs.flatten(1).numpy()
    lost = ((pca.inverse_transform(pca.transform(x)) - x) ** 2).sum(1)
    assert found["pca"] == pytest.approx(lost, rel=1e-2, abs=1e-3)
    assert auroc(found["pca_both"], held_out.labels > 0) > 0.8
    assert auroc(found["isolation_forest"], held_out.labels > 0) > 0.8


def test_a_threshold_is_set_by_some_and_counts_false_alarms_of_others():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(size=2000), rng.normal(4, 1, size=500)])
    odd = np.arange(2500) >= 2000
    found = views.split_by(scores, odd, 0.05)
    assert found.threshold == np.quantile(scores[:2000:2], 0.95)
    assert found.alarms == (scores[1:2000:2] > found.threshold).mean()
    assert found.found == (scores[2000:] > found.threshold).mean() > 0.95
    alarms = np.linspace(0, 1, 101)
    curve = views.roc(scores, odd, alarms)
    assert (np.diff(curve) >= 0).all()
    assert np.trapezoid(curve, alarms) == pytest.approx(roc_auc_score(odd, scores), abs=0.01)


def test_those_on_the_wrong_side_come_first():
    scores, odd = np.array([3.0, 1.0, 2.0, 9.0, 0.0]), np.array([False, False, False, True, True])
    normal, strange = views.misplaced(scores, odd, 2)
    assert (normal.tolist(), strange.tolist()) == ([0, 2], [4, 3])


def test_the_map_says_what_is_too_much_and_what_is_lacking():
    x, x_hat = np.zeros((1, 2, 2)), np.zeros((1, 2, 2))
    x[0, 0, 0] = x_hat[0, 1, 1] = 1
    found = views.where(x, x_hat)
    assert found.shape == (1, 2, 2, 3)
    assert found[0, 0, 0].argmax() == 0
    assert found[0, 1, 1].argmax() == 2
    assert not found[0, 0, 1].any()


@pytest.mark.parametrize("paper", ["white", "black"])
@pytest.mark.parametrize("size", [(300, 200), (40, 90)])
def test_a_stroke_anywhere_on_any_paper_comes_into_its_frame(paper, size):
    image = Image.new("RGB", size, paper)
    ink = "black" if paper == "white" else "white"
    ImageDraw.Draw(image).line([(5, 5), (15, 35)], fill=ink, width=3)
    found = views.framed(np.asarray(image, np.float32) / 255, "mnist", (28, 28))[0].numpy()
    rows, _ = np.nonzero(found > 0.2)
    assert rows.max() - rows.min() + 1 == pytest.approx(20, abs=1)
    assert np.average(np.arange(28), weights=found.sum(1)) == pytest.approx(13.5, abs=1)
    assert np.average(np.arange(28), weights=found.sum(0)) == pytest.approx(13.5, abs=1)
    assert found.max() == 1


def test_an_empty_sheet_is_an_empty_frame():
    assert not views.framed(np.full((50, 60, 3), 0.7, np.float32), "mnist", (28, 28)).any()
