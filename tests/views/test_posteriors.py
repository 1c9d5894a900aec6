from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

import aecore as ae
from aecore import views
from aecore.views.posteriors import ACTIVE

QUERY = "data=digits&method=vae&hidden=16&latent=4"


@pytest.fixture(scope="module")
def held_out():
    return ae.Experiment.from_query(QUERY).data.load("test")


@pytest.fixture
def model(held_out):
    """An untrained model whose fourth latent has collapsed and whose third moves less than is active."""
    model = ae.Experiment.from_query(QUERY).build()
    with torch.no_grad():
        last = model.encoder[-1]
        last.bias.zero_()
        last.weight[:4] *= 20
        last.weight[[3, 7]] = 0
        last.weight[2] *= 0.5 * ACTIVE**0.5 / model.encode(held_out.inputs)[:, 2].std()
    return model.eval()


def test_divergences_are_torch_s_and_in_their_order(model, held_out):
    found = views.posteriors(model, held_out.inputs)
    q = Normal(torch.from_numpy(found.means), torch.from_numpy(found.deviations))
    wanted = kl_divergence(q, Normal(0.0, 1.0)).mean(0).numpy()
    np.testing.assert_allclose(found.kl, wanted, atol=1e-5, rtol=1e-5)
    assert (np.diff(found.kl[found.order]) <= 0).all()


def test_latents_that_do_not_vary_are_not_active(model, held_out):
    found = views.posteriors(model, held_out.inputs)
    assert found.active.tolist() == [True, True, False, False]
    assert found.kl[3] == 0


def test_the_alarm_counts_unused_latents_and_gives_their_divergences(model, held_out):
    (alarm,) = views.alarms(model, held_out.inputs)
    assert alarm[:3] == ("unused", 2, 4)
    np.testing.assert_allclose(alarm.kl, views.posteriors(model, held_out.inputs).kl[2:])
    with torch.no_grad():
        model.encoder[-1].weight[[2, 3]] = model.encoder[-1].weight[[0, 1]]
    assert views.alarms(model, held_out.inputs) == []


def test_a_code_that_need_not_speak_falls_silent_and_the_alarm_says_so(held_out):
    """Of a Gaussian decoder with a large σ the picture is worth less than any divergence."""
    experiment = ae.Experiment.from_query(f"{QUERY}&likelihood=gaussian&sigma=1&steps=400&batch=64&rate=0.01")
    *_, last = ae.train(experiment, keyframes=())
    (alarm,) = views.alarms(ae.revive(experiment, last), held_out.inputs)
    assert alarm.kind == "unused"
    assert max(alarm.kl) < 0.1
