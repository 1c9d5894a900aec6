from __future__ import annotations

import numpy as np
import pytest
import torch

import aecore as ae
from aecore import terms, views

EXPERIMENT = ae.Experiment.from_query("data=digits&method=beta_vae&hidden=16&latent=5&seed=3")


@pytest.fixture(scope="module")
def model():
    """A model whose latents differ in their divergences."""
    model = EXPERIMENT.build()
    with torch.no_grad():
        model.encoder[-1].weight[:5] *= torch.tensor([1.0, 9, 3, 0, 5])[:, None]
    return model.eval()


X = EXPERIMENT.data.load("test").inputs[:60]


@pytest.mark.parametrize("over", ["prior", "posterior"])
def test_each_row_moves_one_latent_and_leaves_the_others(model, over):
    found = views.traversals(model, X, start=X[7], over=over, count=6)
    assert found.pictures.shape == (5, 6, 8, 8)
    for row, latent in enumerate(found.latents):
        for i, value in enumerate(found.values[row]):
            z = model.encode(X[7:8]).detach().clone()
            z[0, latent] = float(value)
            np.testing.assert_allclose(found.pictures[row, i], model.decode(z)[0].detach(), atol=1e-5)


def test_the_largest_divergence_comes_first(model):
    found = views.traversals(model, X)
    kl = terms.kl_per_latent(*model.posterior(X)).detach().numpy()
    assert found.latents[0] == 1
    assert sorted(found.latents) == list(range(5))
    np.testing.assert_allclose(found.kl, np.sort(kl)[::-1], rtol=1e-5)
    np.testing.assert_allclose(found.kl, kl[found.latents], rtol=1e-5)


def test_the_ranges_are_the_prior_s_and_the_held_out_posteriors(model):
    prior, posterior = (views.traversals(model, X, over=over, count=5) for over in ("prior", "posterior"))
    np.testing.assert_allclose(prior.values, np.tile([-2.5, -1.25, 0, 1.25, 2.5], (5, 1)), atol=1e-6)
    means = views.codes(model, X)[:, posterior.latents]
    np.testing.assert_allclose(posterior.values[:, 0], means.min(0), atol=1e-6)
    np.testing.assert_allclose(posterior.values[:, -1], means.max(0), atol=1e-5)


def test_without_an_input_they_start_from_the_origin(model):
    middle = views.traversals(model, X, count=9).pictures[:, 4]
    np.testing.assert_allclose(middle, model.decode(torch.zeros(1, 5)).detach().expand(5, -1, -1), atol=1e-5)
