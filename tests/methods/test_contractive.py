from __future__ import annotations

import pytest
import torch

import aecore as ae
from aecore.methods.contractive import squared_jacobian


def by_autograd(model, x):
    """The penalty from one Jacobian after another."""
    rows = [torch.autograd.functional.jacobian(lambda one: model.encode(one[None])[0], one) for one in x]
    return torch.stack([row.square().sum() for row in rows]).mean()


@pytest.mark.parametrize("units", ["sigmoid", "tanh"])
@pytest.mark.parametrize("net", ["net=mlp&hidden=", "net=linear", "net=mlp&hidden=24,12", "net=conv"])
def test_the_penalty_is_the_jacobian_s(units, net):
    experiment = ae.Experiment.from_query(f"data=digits&method=contractive&{net}&latent=7&units={units}")
    model, x = experiment.build(), experiment.data.load("test").inputs[:6]
    torch.testing.assert_close(squared_jacobian(model, x, model.encode(x)), by_autograd(model, x), rtol=1e-5, atol=0)


@pytest.mark.parametrize("net", ["net=mlp&hidden=", "net=mlp&hidden=24"])
def test_the_penalty_contracts(net):
    found = {}
    for strength in (0, 1):
        query = f"data=digits&method=contractive&{net}&latent=16&strength={strength}&steps=300"
        experiment = ae.Experiment.from_query(query)
        *_, last = ae.train(experiment, keyframes=())
        model, x = ae.revive(experiment, last), experiment.data.load("test").inputs[:50]
        found[strength] = squared_jacobian(model, x, model.encode(x)).item()
        assert ("contraction" in last.terms) == bool(strength)
    assert found[1] < 0.5 * found[0]
