from __future__ import annotations

import math

import pytest
import torch

import aecore as ae
from aecore import methods


@pytest.mark.parametrize("name", methods.TABLE)
@pytest.mark.parametrize("net", ["linear", "mlp", "conv"])
def test_what_a_method_promises(name, net):
    experiment = ae.Experiment.from_query(f"data=digits&method={name}&net={net}&latent=4&steps=200&batch=64&rate=0.005")
    *_, first, last = [s for s in ae.train(experiment, keyframes=(1,)) if s.step]
    assert sum(last.terms.values()) < sum(first.terms.values())
    assert all(math.isfinite(value) for value in (*last.terms.values(), *last.scores.values()))
    *_, again = ae.train(experiment, keyframes=())
    assert all(torch.equal(tensor, again.state[key]) for key, tensor in last.state.items())


@pytest.mark.parametrize("name", methods.TABLE)
def test_terms_take_their_chance_from_the_generator_alone(name):
    experiment = ae.Experiment.from_query(f"data=digits&method={name}&net=mlp&latent=4")
    model, x = experiment.build(), experiment.data.load("test").inputs[:32]
    one, other = (experiment.method.terms(model, x, x, torch.Generator().manual_seed(5)) for _ in range(2))
    assert {key: term.item() for key, term in one.items()} == {key: term.item() for key, term in other.items()}


def test_an_undercomplete_code_is_smaller_than_its_input():
    _, complaints = ae.Experiment.settle({"data": "digits", "latent": 64})
    assert [(c.name, c.used) for c in complaints] == [("latent", 63)]


def test_values_that_are_no_probabilities_have_no_cross_entropy():
    experiment, complaints = ae.Experiment.settle({"data": "patches", "whiten": "1", "loss": "bernoulli"})
    assert [(c.name, c.used) for c in complaints] == [("loss", "squared")]
    assert experiment.build().link == "identity"
    assert ae.Experiment.from_query("data=patches&loss=bernoulli").build().link == "sigmoid"
    assert ae.Experiment.from_query("data=patches&net=linear").build().link == "identity"
