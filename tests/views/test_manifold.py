from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm

import aecore as ae
from aecore import views

EXPERIMENT = ae.Experiment.from_query("data=digits&method=vae&hidden=16&latent=4")


@pytest.fixture(scope="module")
def model():
    return EXPERIMENT.build().eval()


@pytest.fixture(scope="module")
def x():
    return EXPERIMENT.data.load("test").inputs


def decoded(model, codes):
    with torch.inference_mode():
        return model.decode(torch.tensor(np.array(codes), dtype=torch.float32)).numpy()


def test_the_grid_stands_at_quantiles_of_the_prior_and_the_rest_at_nought(model):
    grid = views.manifold(model, (2, 0), side=5).reshape(5, 5, 8, 8)
    places = norm.ppf((np.arange(5) + 0.5) / 5)
    for row, column in ((0, 0), (0, 4), (3, 1), (2, 2)):
        code = [places[4 - row], 0, places[column], 0]
        np.testing.assert_allclose(grid[row, column], decoded(model, [code])[0], atol=1e-6)


def test_of_one_latent_the_grid_is_a_row(model):
    row = views.manifold(model, (3,), side=5)
    codes = np.zeros((5, 4))
    codes[:, 3] = norm.ppf((np.arange(5) + 0.5) / 5)
    np.testing.assert_allclose(row, decoded(model, codes), atol=1e-6)


def test_samples_come_from_the_prior_and_a_seed_repeats_them(model):
    codes = []
    hook = model.decoder.register_forward_pre_hook(lambda _, given: codes.append(given[0]))
    many = views.fresh(model, 5000, seed=3)
    hook.remove()
    np.testing.assert_allclose(codes[0].mean(0), np.zeros(4), atol=0.06)
    np.testing.assert_allclose(torch.cov(codes[0].T), np.eye(4), atol=0.08)
    np.testing.assert_array_equal(many, views.fresh(model, 5000, seed=3))
    assert np.abs(many[:20] - views.fresh(model, 20, seed=4)).max() > 0


def test_the_way_is_straight_in_codes_and_in_pixels(model, x):
    through_z, through_pixels = views.between(model, x[[3, 8]], 5)
    h = views.codes(model, x[[3, 8]])
    np.testing.assert_allclose(
        through_z, decoded(model, [h[0] + t * (h[1] - h[0]) for t in np.linspace(0, 1, 5)]), atol=1e-6
    )
    np.testing.assert_allclose(through_pixels[[0, -1]], x[[3, 8]])
    np.testing.assert_allclose(through_pixels[2], (x[3] + x[8]) / 2, atol=1e-6)
