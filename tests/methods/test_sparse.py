from __future__ import annotations

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence

import aecore as ae
from aecore import terms
from aecore.methods.sparse import KEEP, RECIPES, TopK, averaged
from aecore.text import LANGUAGES, words
from aecore.training import batches, posed

SMALL = "data=digits&method=sparse&latent=20&steps=600&batch=100"


def test_the_running_mean_of_a_batch_is_that_of_its_examples_one_by_one():
    for size in (1, 7, 128):
        a, rho_hat = torch.rand(20) * 2 - 1, torch.rand(20)
        one_by_one = rho_hat.double()
        for _ in range(size):
            one_by_one = KEEP * one_by_one + (1 - KEEP) * a
        together = averaged(rho_hat, a.expand(size, -1))
        torch.testing.assert_close(together.double(), one_by_one, atol=1e-6, rtol=0)


def test_the_bias_moves_after_the_optimiser_and_behind_its_back():
    experiment = ae.Experiment.from_query(SMALL)
    first, second, *_ = ae.train(experiment, keyframes=(1,))
    model, method = ae.revive(experiment, first), experiment.method
    x, target = next(batches(posed(experiment, "train"), 100, experiment.seed))
    torch.manual_seed(0)
    sum(method.terms(model, x, target, torch.Generator()).values()).backward()
    gradient = model.encoder[1].bias.grad
    assert gradient.abs().max() > 0
    torch.testing.assert_close(second.state["optimizer.encoder.1.bias.exp_avg"], 0.1 * gradient)

    optimizer = torch.optim.Adam(model.parameters(), lr=experiment.fit.rate)
    optimizer.step()
    rho_hat = (1 - KEEP**100) * model.encode(x).mean(0)
    wanted = model.encoder[1].bias - method.alpha * method.beta * (rho_hat - method.rho)
    torch.testing.assert_close(second.state["model.rho_hat"], rho_hat.detach())
    torch.testing.assert_close(second.state["model.encoder.1.bias"], wanted.detach(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rho", [-0.9, -0.5])
def test_units_come_to_the_activity_that_was_asked_for(rho):
    experiment = ae.Experiment.from_query(f"{SMALL}&rho={rho}")
    *_, last = ae.train(experiment, keyframes=())
    means = ae.revive(experiment, last).encode(experiment.data.load("train").inputs).mean(0)
    assert (means - rho).abs().mean() < 0.03


def test_the_divergence_is_that_of_torch():
    rho_hat = torch.rand(50)
    wanted = kl_divergence(Bernoulli(torch.full((50,), 0.05)), Bernoulli(rho_hat)).sum()
    torch.testing.assert_close(terms.kl_bernoulli(0.05, rho_hat), wanted, atol=1e-5, rtol=1e-5)


def test_only_the_k_most_active_units_stay():
    a = torch.randn(50, 20)
    kept = TopK(3)(a)
    assert ((kept != 0).sum(1) <= 3).all()
    assert torch.equal(kept[kept != 0], a[kept != 0])
    assert (kept.amax(1) == a.amax(1).relu()).all()
    assert torch.equal(TopK(99)(a), a.relu())


@pytest.mark.parametrize("rule", RECIPES)
def test_every_rule_brings_its_own_recipe_and_units(rule):
    experiment = ae.Experiment.from_query(f"data=patches&whiten=1&method=sparse&rule={rule}")
    flat = experiment.flat()
    assert {name: flat[name] for name in RECIPES[rule]} == RECIPES[rule]
    rest = {name for name, knob in experiment.knobs.items() if knob.idle}
    assert rest == {"rho", "alpha", "beta", "decay", "k"} - RECIPES[rule].keys()
    low, high = experiment.build().code_range
    codes = experiment.build().encode(experiment.data.load("test").inputs)
    assert codes.min() >= low
    assert codes.max() <= high


def test_the_target_lies_in_the_range_of_the_units():
    settled = ae.Experiment.settle({"method": "sparse", "rule": "kl", "rho": "-0.9"})
    assert [(c.name, c.used, c.reason) for c in settled.complaints] == [("rho", 0.005, "too_low")]
    settled = ae.Experiment.settle({"method": "sparse", "rho": "-1.5"})
    assert [(c.name, c.used, c.reason) for c in settled.complaints] == [("rho", -0.99, "too_low")]


@pytest.mark.parametrize("rule", ["l1", "topk"])
def test_the_decoder_s_columns_keep_length_one(rule):
    experiment = ae.Experiment.from_query(f"{SMALL}&rule={rule}&steps=50")
    *_, last = ae.train(experiment, keyframes=())
    columns = ae.revive(experiment, last).decoder[0].weight
    torch.testing.assert_close(columns.norm(dim=0), torch.ones(20))


@pytest.mark.parametrize(("rule", "rho", "why"), [("bias", "-1.5", "tanh_units"), ("kl", "-0.9", "sigmoid_units")])
def test_a_target_that_the_units_cannot_reach_is_answered_with_the_reason(rule, rho, why):
    _, (complaint,) = ae.Experiment.settle({"data": "patches", "method": "sparse", "rule": rule, "rho": rho})
    assert (complaint.name, complaint.reason, complaint.why) == ("rho", "too_low", why)
    assert all(f"why.{why}" in words(language) for language in LANGUAGES)
