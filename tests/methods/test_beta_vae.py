from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

import aecore as ae
from aecore import terms
from aecore.methods.beta_vae import RECIPES, BetaVae, shuffled_latents
from aecore.methods.vae import sampled

SMALL = "data=digits&method=beta_vae&net=mlp&hidden=16&latent=5&batch=32"
RNG = torch.Generator().manual_seed(0)
MEAN = 1.5 * torch.randn(40, 6, generator=RNG)
LOG_VARIANCE = torch.randn(40, 6, generator=RNG) - 1
POSTERIOR = Normal(MEAN, (LOG_VARIANCE / 2).exp())


def test_the_divergence_is_that_of_torch():
    wanted = kl_divergence(POSTERIOR, Normal(torch.zeros(6), torch.ones(6))).mean(0)
    torch.testing.assert_close(terms.kl_per_latent(MEAN, LOG_VARIANCE), wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("sigma", [0.05, 0.7])
def test_the_gaussian_likelihood_is_that_of_torch(sigma):
    x_hat, x = torch.rand(2, 9, 4, 3, generator=RNG)
    wanted = -Normal(x_hat, sigma).log_prob(x).flatten(1).sum(1).mean()
    torch.testing.assert_close(terms.gaussian_nll(x_hat, x, sigma), wanted, atol=1e-5, rtol=1e-5)


def parts_by_torch(z):
    """The three parts from mixtures of torch's own, over all latents and over each."""
    equal = Categorical(torch.ones(len(MEAN)))
    each = [MixtureSameFamily(equal, Normal(MEAN[:, i], POSTERIOR.scale[:, i])) for i in range(MEAN.shape[1])]
    joint = MixtureSameFamily(equal, torch.distributions.Independent(POSTERIOR, 1))
    log_product = torch.stack([one.log_prob(z[:, i]) for i, one in enumerate(each)]).sum(0)
    log_prior = Normal(0, 1).log_prob(z).sum(1)
    return (
        (POSTERIOR.log_prob(z).sum(1) - joint.log_prob(z)).mean(),
        (joint.log_prob(z) - log_product).mean(),
        (log_product - log_prior).mean(),
    )


def test_each_part_of_the_divergence_is_that_of_torch_and_they_sum_to_it():
    z = POSTERIOR.sample()
    parts = terms.kl_parts(z, MEAN, LOG_VARIANCE)
    for found, wanted in zip(parts, parts_by_torch(z), strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-5)
    whole = (POSTERIOR.log_prob(z) - Normal(0, 1).log_prob(z)).sum(1).mean()
    torch.testing.assert_close(sum(parts), whole, atol=1e-4, rtol=1e-5)


def test_in_expectation_the_parts_are_the_divergence():
    sums = torch.stack([sum(terms.kl_parts(POSTERIOR.sample(), MEAN, LOG_VARIANCE)) for _ in range(400)])
    exact = terms.kl_per_latent(MEAN, LOG_VARIANCE).sum()
    assert abs(sums.mean() - exact) < 4 * sums.std() / 20


def test_latents_that_do_not_depend_on_each_other_have_no_total_correlation():
    mean = torch.tensor([[a, b] for a in (-3.0, 3.0) for b in (-3.0, 3.0)]).repeat(200, 1)
    log_variance = torch.full_like(mean, -2)
    z = sampled(mean, log_variance, RNG)
    parts = terms.kl_parts(z, mean, log_variance)
    assert abs(parts.total_correlation) < 1e-3
    assert parts.mutual_information == pytest.approx(math.log(4), abs=0.02)
    copied = terms.kl_parts(z[:, :1].expand(-1, 2), mean[:, :1].expand(-1, 2), log_variance)
    assert copied.total_correlation > 0.5


@pytest.mark.parametrize("variant", RECIPES)
def test_every_variant_learns_and_ends_finite(variant):
    experiment = ae.Experiment.from_query(f"{SMALL}&variant={variant}&steps=300&rate=0.003&rise=1")
    first, last = [snapshot for snapshot in ae.train(experiment, keyframes=(2,)) if snapshot.step]
    assert all(math.isfinite(value) for value in (*last.terms.values(), *last.scores.values()))
    assert sum(last.terms.values()) < sum(first.terms.values())
    assert last.scores["bound"] == pytest.approx(last.scores["distortion"] + last.scores["kl"])


@pytest.mark.parametrize("variant", RECIPES)
def test_every_variant_goes_on_bit_by_bit_wherever_it_is_taken_up(variant, monkeypatch):
    monkeypatch.setattr("aecore.training.PAYS", 4)
    experiment = ae.Experiment.from_query(f"{SMALL}&variant={variant}&steps=14&rise=10")
    undisturbed = {snapshot.step: snapshot for snapshot in ae.train(experiment, keyframes=range(14))}
    for step in (3, 9):
        *_, last = ae.train(experiment, keyframes=(), resume=undisturbed[step])
        assert last.terms == undisturbed[14].terms
        assert all(torch.equal(tensor, undisturbed[14].state[name]) for name, tensor in last.state.items())


def of(variant: str, **changes) -> SimpleNamespace:
    experiment = ae.Experiment.from_query(f"{SMALL}&variant={variant}").vary(**changes)
    model, x = experiment.build(), experiment.data.load("test").inputs[:32]
    found = experiment.method.terms(model, x, x, torch.Generator().manual_seed(3))
    return SimpleNamespace(experiment=experiment, model=model, x=x, terms=found)


def test_beta_weighs_the_whole_divergence_and_in_btcvae_its_total_correlation_alone():
    one, four = of("beta", beta=1.0), of("beta", beta=4.0)
    torch.testing.assert_close(four.terms["kl"], 4 * one.terms["kl"])
    torch.testing.assert_close(four.terms["reconstruction"], one.terms["reconstruction"])
    one, four = of("btcvae", beta=1.0), of("btcvae", beta=4.0)
    differing = {name for name in one.terms if not torch.equal(one.terms[name], four.terms[name])}
    assert differing == {"total_correlation"}
    torch.testing.assert_close(four.terms["total_correlation"], 4 * one.terms["total_correlation"])
    plain = of("beta", beta=1.0)
    mean, log_variance = one.model.posterior(one.x)
    z = sampled(mean, log_variance, torch.Generator().manual_seed(3))
    whole = (Normal(mean, (log_variance / 2).exp()).log_prob(z) - Normal(0, 1).log_prob(z)).sum(1).mean()
    torch.testing.assert_close(sum(one.terms.values()), plain.terms["reconstruction"] + whole, atol=1e-4, rtol=1e-5)


def test_the_capacity_rises_evenly_and_then_stays():
    experiment = ae.Experiment.from_query(f"{SMALL}&variant=capacity&capacity=5&rise=10&steps=14")
    reached = {s.step: s.state["model.capacity"].item() for s in ae.train(experiment, keyframes=range(14))}
    for step, capacity in reached.items():
        assert capacity == pytest.approx(min(step / 10, 1) * 5, abs=1e-5)
        assert experiment.method.risen(np.zeros(1), step) == pytest.approx([capacity], abs=1e-5)


@pytest.mark.parametrize(("steps", "rise"), [(6000, 4000), (1500, 1000), (20, 13), (1, 1)])
def test_left_alone_the_capacity_is_reached_after_two_thirds_of_any_run(steps, rise):
    experiment = ae.Experiment.from_query(f"{SMALL}&variant=capacity&steps={steps}")
    assert experiment.method.rise == rise
    settled = ae.Experiment.settle({"method": "beta_vae", "variant": "capacity", "steps": steps, "rise": 7000})
    assert settled.experiment.method.rise == steps
    assert [(c.name, c.used, c.reason, c.why) for c in settled.complaints] == [("rise", steps, "too_high", "rise")]


def test_a_short_run_comes_to_its_capacity():
    *_, last = ae.train(ae.Experiment.from_query(f"{SMALL}&variant=capacity&capacity=5&steps=12"), keyframes=())
    assert last.state["model.capacity"].item() == 5


def test_the_divergence_is_led_to_the_capacity():
    experiment = ae.Experiment.from_query(
        f"{SMALL}&variant=capacity&capacity=6&rise=200&steps=600&rate=0.003&schedule=cosine"
    )
    *_, last = ae.train(experiment, keyframes=())
    assert last.scores["kl"] == pytest.approx(6, abs=0.5)


def gradients(one: SimpleNamespace, *names: str) -> dict[str, bool]:
    """Whether each part of the model gets a gradient from the named terms."""
    one.model.zero_grad()
    sum(one.terms[name] for name in names).backward(retain_graph=True)
    parts = {name: getattr(one.model, name).parameters() for name in ("encoder", "decoder", "discriminator")}
    return {part: any(w.grad is not None and bool(w.grad.any()) for w in weights) for part, weights in parts.items()}


def test_the_discriminator_and_the_vae_do_not_teach_each_other():
    one = of("factor")
    assert gradients(one, "total_correlation") == {"encoder": True, "decoder": False, "discriminator": False}
    assert gradients(one, "reconstruction", "kl") == {"encoder": True, "decoder": True, "discriminator": False}
    assert gradients(one, "discriminator") == {"encoder": False, "decoder": False, "discriminator": True}


def test_the_discriminator_learns_the_ratio_of_densities():
    one = of("factor", gamma=2.0)
    mean, log_variance = one.model.posterior(one.x)
    rng = torch.Generator().manual_seed(3)
    z = sampled(mean, log_variance, rng)
    true, shuffled = one.model.discriminator(z), one.model.discriminator(shuffled_latents(z, rng))
    logits, labels = torch.cat([true, shuffled]), torch.cat([torch.ones_like(true), torch.zeros_like(shuffled)])
    wanted = binary_cross_entropy_with_logits(logits, labels)
    torch.testing.assert_close(one.terms["discriminator"], wanted)
    torch.testing.assert_close(one.terms["total_correlation"], 2 * true.mean())


def test_shuffling_keeps_each_latent_s_values_and_breaks_their_company():
    z = torch.arange(60.0).reshape(20, 3)
    shuffled = shuffled_latents(z, RNG)
    assert torch.equal(shuffled.sort(0).values, z)
    assert len({tuple(row) for row in shuffled.tolist()} & {tuple(row) for row in z.tolist()}) < 10


@pytest.mark.parametrize("variant", RECIPES)
def test_every_variant_brings_its_own_recipe(variant):
    experiment = ae.Experiment.from_query(f"data=sprites&method=beta_vae&variant={variant}")
    flat = experiment.flat()
    assert {name: flat[name] for name in RECIPES[variant]} == RECIPES[variant]
    idle = {name for name, knob in experiment.knobs.items() if knob.idle}
    assert idle >= {"beta", "gamma", "capacity", "rise"} - RECIPES[variant].keys()


def test_what_is_out_of_range_is_named():
    given = {"method": "beta_vae", "beta": "1000", "capacity": "-3"}
    for variant, beta, capacity in (("btcvae", 100.0, 15.0), ("capacity", 12.0, 0.5)):
        settled = ae.Experiment.settle(given | {"variant": variant})
        assert settled.experiment.flat() | {"beta": beta, "capacity": capacity} == settled.experiment.flat()
        said = {(c.name, c.used, c.reason) for c in settled.complaints}
        assert said == {("beta", beta, "too_high"), ("capacity", capacity, "too_low")}


def test_a_variant_s_own_knobs_alone_make_another_experiment():
    every = [ae.Experiment.from_query(f"method=beta_vae&steps=300&variant={variant}") for variant in RECIPES]
    assert len({one.vary(variant="beta", beta=1.0).key for one in every}) == 1
    beta = every[0].vary(variant="beta")
    assert beta.vary(gamma=7.0, capacity=3.0) == beta
    assert replace(beta, method=BetaVae(variant="beta", beta=beta.method.beta, gamma=7.0)) == beta
    assert ae.Experiment.from_query("method=beta_vae&variant=beta&gamma=7") == ae.Experiment.from_query(
        "method=beta_vae&variant=beta"
    )


def test_the_rise_keeps_to_the_steps():
    long = ae.Experiment.from_query("method=beta_vae&variant=capacity&rise=4000")
    assert long.vary(steps=1000).method.rise == 1000
    short = ae.Experiment.from_query("method=beta_vae&variant=btcvae&steps=300")
    assert short.vary(variant="capacity").method.rise == 200
    with pytest.raises(ValueError, match="too_high"):
        long.vary(rise=7000)
