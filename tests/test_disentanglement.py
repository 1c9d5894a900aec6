from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

import aecore as ae
from aecore import views
from aecore.views.disentanglement import dci, factor_vae, higgins, listed, sap

SIZES = (3, 6, 10, 10)


def every(sizes=SIZES):
    """Every combination of factors, shape ``(*sizes, n_factors)``."""
    return np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), axis=-1).astype(float)


def standard(grid):
    return (grid - grid.mean((0, 1, 2, 3))) / grid.std((0, 1, 2, 3))


PERFECT = standard(every())
TURN = math.sqrt(0.5) * np.array([[1, 1, 0, 0], [-1, 1, 0, 0], [0, 0, 1, 1], [0, 0, -1, 1]])
NOISE = np.random.default_rng(1).normal(size=(*SIZES, 2))


def test_a_latent_a_factor_has_every_score_at_its_best():
    scores = views.scores(PERFECT)
    assert scores.mig == pytest.approx(1)
    # A latent that says nothing of a class still guesses one value in three, to which SAP compares.
    assert scores.sap == pytest.approx((3 + 2 / 3) / 4, abs=0.02)
    assert scores.disentanglement > 0.99
    assert scores.completeness > 0.99
    assert scores[4:] == (1, 1, 1)


def test_neither_order_sign_nor_scale_of_the_latents_matters():
    changed = views.scores(PERFECT[..., [2, 0, 3, 1]] * [5, -1, 0.3, -2])
    assert changed == pytest.approx(views.scores(PERFECT), abs=0.02)


def test_latents_turned_by_45_degrees_know_as_much_and_are_not_disentangled():
    scores = views.scores(standard(PERFECT @ TURN))
    assert scores.mig < 0.02
    assert scores.sap < 0.02
    # Each latent serves two of four factors alike, and each factor lies in two of four latents.
    assert scores.disentanglement == pytest.approx(0.5, abs=0.02)
    assert scores.completeness == pytest.approx(0.5, abs=0.02)
    assert scores.informativeness > 0.9
    # The pair that is turned is found out, which of the two it was is a guess.
    assert scores.factor_vae == pytest.approx(0.5, abs=0.05)
    assert scores.higgins == pytest.approx(0.5, abs=0.05)


def test_a_constant_code_has_nothing():
    scores = views.scores(np.zeros((*SIZES, 4)))
    assert scores[:4] == (0, 0, 0, 0)
    assert scores.informativeness < 0.2
    assert scores.factor_vae == 0
    assert scores.higgins == pytest.approx(0.25, abs=0.05)


def test_idle_latents_beside_perfect_ones_take_nothing_away():
    scores = views.scores(np.concatenate([PERFECT, 1e-3 * NOISE], axis=-1))
    assert scores.mig > 0.97
    assert scores.factor_vae == 1
    assert scores.higgins == 1
    assert scores.completeness > 0.9


def test_two_latents_for_one_factor_are_pure_and_not_complete():
    doubled = np.concatenate([PERFECT, PERFECT[..., 3:]], axis=-1)
    scores = views.scores(doubled)
    assert scores.mig == pytest.approx(0.75)
    assert scores.disentanglement > 0.97
    assert scores.completeness < 0.95


def test_a_code_of_one_latent_has_every_score():
    scores = views.scores(PERFECT[..., 2:3])
    assert all(0 <= score <= 1 for score in scores)
    assert scores.mig == pytest.approx(0.25)


def test_mutual_information_is_bounded_by_the_entropies():
    codes, factors = listed(PERFECT)
    found = views.mutual_information(codes, factors)
    np.testing.assert_allclose(np.diag(found), np.log(SIZES), rtol=1e-6)
    assert abs(found - np.diag(np.diag(found))).max() < 1e-9


def test_many_combinations_are_represented_by_some():
    sizes = (4, 40, 100)
    codes, factors = listed(every(sizes))
    assert len(codes) == 10_000
    assert len(np.unique(factors, axis=0)) == 10_000
    np.testing.assert_array_equal(codes, factors)


def test_the_grid_holds_the_code_of_each_combination():
    experiment = ae.Experiment.from_query("data=sprites&method=beta_vae&hidden=8&latent=3")
    model, samples = experiment.build(), experiment.data.load("test").at(slice(50))
    grid = views.grid(model, experiment.data)
    assert grid.shape == (3, 6, 16, 16, 3)
    found = grid[tuple(samples.factors.numpy().T)]
    np.testing.assert_allclose(found, model.encode(samples.inputs).detach(), atol=1e-5)


@pytest.fixture(scope="module")
def trained():
    """The grid of a model that has begun to learn."""
    query = "data=sprites&method=beta_vae&variant=beta&beta=2&hidden=32&latent=5&steps=400&rate=0.005"
    experiment = ae.Experiment.from_query(query)
    *_, last = ae.train(experiment, keyframes=())
    return views.grid(ae.revive(experiment, last), experiment.data)


def test_mutual_information_and_its_gap_by_another_way(trained):
    """From the sums of p log p, by counting in dictionaries."""
    codes, factors = listed(trained)

    def entropy(*columns):
        counts: dict[tuple, int] = {}
        for key in zip(*(column.tolist() for column in columns), strict=True):
            counts[key] = counts.get(key, 0) + 1
        return -sum(n / len(columns[0]) * math.log(n / len(columns[0])) for n in counts.values())

    cut = []
    for latent in codes.T:
        width = (latent.max() - latent.min()) / 20
        cut.append(np.minimum(((latent - latent.min()) / width).astype(int), 19))
    wanted = np.array([[entropy(a) + entropy(b) - entropy(a, b) for b in factors.T] for a in cut])
    found = views.mutual_information(codes, factors)
    np.testing.assert_allclose(found, wanted, atol=0.01)
    gaps = [(max(c) - sorted(c)[-2]) / entropy(f) for c, f in zip(wanted.T, factors.T, strict=True)]
    assert views.mig(found, factors) == pytest.approx(sum(gaps) / len(gaps), abs=0.005)


def test_predictability_by_another_way(trained):
    """Linear regressions of scikit-learn for ordered factors; every pair of thresholds tried for the class."""
    from sklearn.linear_model import LinearRegression

    codes, factors = listed(trained)
    found = np.zeros((codes.shape[1], factors.shape[1]))
    for i, j in product(range(codes.shape[1]), range(1, factors.shape[1])):
        found[i, j] = LinearRegression().fit(codes[:, [i]], factors[:, j]).score(codes[:, [i]], factors[:, j])
    ranked = np.sort(found, axis=0)
    wanted = (ranked[-1] - ranked[-2])[1:].mean()
    assert sap(codes, factors[:, 1:], classes=()) == pytest.approx(wanted, abs=1e-6)
    shape = factors[:, 0]

    def best(latent):
        cuts = np.quantile(latent, np.linspace(0.02, 0.98, 25))
        answers = (shape[np.digitize(latent, cuts) == k] for k in range(26))
        counts = np.array([np.bincount(answer, minlength=3) for answer in answers]) / np.bincount(shape)
        sums = np.concatenate([np.zeros((1, 3)), counts.cumsum(0)])
        parts = [(sums[a], sums[b] - sums[a], sums[26] - sums[b]) for a in range(27) for b in range(a, 27)]
        return max(sum(part.max() for part in three) / 3 for three in parts)

    accuracies = sorted(map(best, codes.T))
    alone = sap(codes, factors[:, :1], classes=(0,))
    assert alone == pytest.approx(accuracies[-1] - accuracies[-2], abs=0.06)


def test_dci_by_another_learner(trained):
    """Gradient boosting, as disentanglement_lib has it, with few trees on some of the codes."""
    from scipy.stats import entropy
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.tree import DecisionTreeClassifier

    codes, factors = listed(trained)
    some, others = np.random.default_rng(3).permutation(len(codes)).reshape(2, -1)
    learners = [GradientBoostingClassifier(n_estimators=4, random_state=0) for _ in factors.T]
    matrix = [
        learner.fit(codes[some[:900]], factor[some[:900]]).feature_importances_
        for learner, factor in zip(learners, factors.T, strict=True)
    ]
    importances = np.array(matrix).T
    by_latent = 1 - entropy(importances.T, base=factors.shape[1])
    by_factor = 1 - entropy(importances, base=codes.shape[1])
    wanted = np.average(by_latent, weights=importances.sum(1)), np.average(by_factor, weights=importances.sum(0))
    found = dci(codes, factors)
    assert found[:2] == pytest.approx(wanted, abs=0.1)
    trees = [DecisionTreeClassifier(max_depth=6, random_state=1).fit(codes[some], f[some]) for f in factors.T]
    accuracies = [tree.score(codes[others], f[others]) for tree, f in zip(trees, factors.T, strict=True)]
    assert found[2] == pytest.approx(np.mean(accuracies), abs=0.1)


def votes_one_by_one(grid, rng, batches):
    """Kim and Mnih's votes, a batch at a time."""
    sizes, found = grid.shape[:-1], []
    total = grid.reshape(-1, grid.shape[-1]).var(0)
    for _ in range(batches):
        held = rng.integers(len(sizes))
        value = rng.integers(sizes[held])
        batch = rng.integers(sizes, size=(64, len(sizes)))
        batch[:, held] = value
        found.append((int((grid[tuple(batch.T)].var(0) / total).argmin()), int(held)))
    return found


def test_the_factor_vae_score_by_another_way(trained):
    rng = np.random.default_rng(7)
    taught, tested = votes_one_by_one(trained, rng, 400), votes_one_by_one(trained, rng, 400)
    opinions = {}
    for latent in {latent for latent, _ in taught}:
        held = [factor for one, factor in taught if one == latent]
        opinions[latent] = max(set(held), key=held.count)
    wanted = sum(opinions.get(latent) == held for latent, held in tested) / len(tested)
    assert factor_vae(trained) == pytest.approx(wanted, abs=0.08)


def test_higgins_metric_by_another_way(trained):
    from sklearn.svm import LinearSVC

    rng = np.random.default_rng(8)
    sizes, points, answers = trained.shape[:-1], [], []
    for _ in range(900):
        held = rng.integers(len(sizes))
        one, other = rng.integers(sizes, size=(2, 64, len(sizes)))
        other[:, held] = one[:, held]
        points.append(np.abs(trained[tuple(one.T)] - trained[tuple(other.T)]).mean(0))
        answers.append(held)
    points = (points - np.mean(points, axis=0)) / np.std(points, axis=0)
    wanted = LinearSVC(max_iter=20000).fit(points[:600], answers[:600]).score(points[600:], answers[600:])
    assert higgins(trained) == pytest.approx(wanted, abs=0.08)
