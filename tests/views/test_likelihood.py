from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Bernoulli, MultivariateNormal, Normal

import aecore as ae
from aecore import views
from aecore.methods import Vae
from aecore.networks import GaussianAutoencoder

SIGMA = 0.5


@pytest.fixture(scope="module")
def linear():
    """A linear-Gaussian model, p(x|z) = N(Wz + b, σ²I), with a posterior that is a little too wide and off."""
    torch.manual_seed(0)
    decoder = nn.Linear(2, 5)
    weight, bias = decoder.weight.detach(), decoder.bias.detach()
    precision = torch.eye(2) + weight.T @ weight / SIGMA**2
    covariance = precision.inverse()
    gain = covariance @ weight.T / SIGMA**2
    encoder = nn.Linear(5, 4)
    with torch.no_grad():
        encoder.weight.copy_(torch.cat([gain, torch.zeros(2, 5)]))
        encoder.bias.copy_(torch.cat([0.1 - gain @ bias, (1.3 * covariance.diagonal()).log()]))
    model = GaussianAutoencoder(nn.Sequential(encoder), nn.Sequential(decoder), shape=(5,), n_latent=2, link="identity")
    evidence = MultivariateNormal(bias, weight @ weight.T + SIGMA**2 * torch.eye(5))
    return model.eval(), evidence


def test_it_comes_to_the_evidence_that_a_linear_gaussian_model_has(linear):
    model, evidence = linear
    x = evidence.sample((40,))
    wanted = float(-evidence.log_prob(x).mean())
    method = Vae(likelihood="gaussian", sigma=SIGMA)
    one, ten, many = views.importance_bound(model, method, x, (1, 10, 5000))
    assert one - wanted > 0.03
    assert one > ten > many
    assert many == pytest.approx(wanted, abs=5e-3)


def test_with_one_sample_it_is_the_bound_in_closed_form(linear):
    model, evidence = linear
    x = evidence.sample((20,))
    with torch.no_grad():
        mean, log_variance = model.posterior(x)
        weight = model.decoder[0].weight
        off = (model.decode(mean) - x).square().sum(1) + ((weight**2) @ log_variance.exp().T).sum(0)
        distortion = off / (2 * SIGMA**2) + 5 * math.log(SIGMA * math.sqrt(2 * math.pi))
        kl = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(1)
    (found,) = views.importance_bound(model, Vae(likelihood="gaussian", sigma=SIGMA), x, (1,))
    several = views.importance_bound(model, Vae(likelihood="gaussian", sigma=SIGMA), x, (1, 4000))[0]
    assert several == pytest.approx(float((distortion + kl).mean()), abs=0.02)
    assert found == pytest.approx(several, abs=1.5)


def test_where_each_count_divides_the_next_it_never_rises():
    experiment = ae.Experiment.from_query("data=digits&method=vae&hidden=16&latent=4&binarise=1")
    x = experiment.data.load("test").inputs[:8]
    found = views.importance_bound(experiment.build().eval(), experiment.method, x, (1, 2, 10, 50, 100, 1200))
    assert (np.diff(found) < 0).all()
    again = views.importance_bound(experiment.build().eval(), experiment.method, x, (1, 2, 10, 50, 100, 1200))
    np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_likelihood_of_each_is_torch_s_and_its_mean_that_of_training(likelihood):
    experiment = ae.Experiment.from_query(f"data=digits&method=vae&hidden=16&latent=4&likelihood={likelihood}")
    model, x = experiment.build().eval(), experiment.data.load("test").inputs[:9].round()
    z = torch.randn(9, 4)
    with torch.inference_mode():
        density = Bernoulli(logits=model.logits(z)) if likelihood == "bernoulli" else Normal(model.decode(z), 0.2)
        found = experiment.method.log_likelihood(model, z, x)
        torch.testing.assert_close(found, density.log_prob(x).flatten(1).sum(1), rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(-found.mean(), experiment.method.nll(model, z, x), rtol=1e-5, atol=1e-4)


def test_conventions_print_what_their_libraries_would():
    generator = torch.Generator().manual_seed(0)
    logits, x = torch.randn(6, 28, 28, generator=generator), torch.rand(6, 28, 28, generator=generator)
    mean, log_variance = torch.randn(6, 20, generator=generator), torch.randn(6, 20, generator=generator)
    each = -0.5 * (1 + log_variance - mean.square() - log_variance.exp())
    beta = 4.0
    distortion = float(F.binary_cross_entropy_with_logits(logits, x, reduction="sum")) / 6
    kl = float(each.sum(1).mean())
    found = {one.convention: one for one in views.conventions(distortion, kl, features=784, latents=20, beta=beta)}

    averaged = float(F.binary_cross_entropy_with_logits(logits, x))
    assert found["sums"][1:] == (distortion, kl, distortion + beta * kl, beta)
    assert found["bound"].total == -found["sums"].total
    assert found["pixel_mean"].distortion == pytest.approx(averaged, rel=1e-5)
    assert found["pixel_mean"][2:] == (kl, pytest.approx(averaged + beta * kl, rel=1e-5), beta)
    assert found["means"].distortion == pytest.approx(averaged, rel=1e-5)
    assert found["means"].kl == pytest.approx(float(each.mean()), rel=1e-5)
    assert found["means"].beta == pytest.approx(beta * 20 / 784)
    assert found["bits"].distortion == pytest.approx(averaged / math.log(2), rel=1e-5)


def test_all_conventions_but_the_mean_over_pixels_rank_models_alike():
    """With its own β each is a fixed multiple of the loss, so all have the same minimum; but for one."""
    models = [(80.0, 25.0), (70.0, 33.0), (120.0, 2.0)]
    printed = [views.conventions(*one, features=784, latents=20, beta=2.0) for one in models]
    for rows in zip(*printed, strict=True):
        if rows[0].convention == "pixel_mean":
            continue
        ratios = [row.total / loss.total for row, loss in zip(rows, (one[0] for one in printed), strict=True)]
        assert ratios == pytest.approx([ratios[0]] * 3)


def test_a_mean_over_pixels_beside_a_summed_divergence_is_the_loss_of_a_far_larger_beta():
    given = {"features": 784, "latents": 20}
    for model in [(80.0, 25.0), (255.6, 3.51)]:
        printed = {one.convention: one for one in views.conventions(*model, **given)}["pixel_mean"]
        heavier = {one.convention: one for one in views.conventions(*model, **given, beta=784.0)}["sums"]
        assert printed.total == pytest.approx(heavier.total / 784)
    assert (printed.distortion, printed.kl, printed.beta) == (pytest.approx(0.326, abs=1e-3), 3.51, 1.0)
    assert printed.total == pytest.approx(printed.distortion + printed.kl)
