"""What a task poses is what it says, and its scores are those of an independent library."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

import aecore as ae
from aecore.tasks import NoiseRemoval, SuperResolution
from aecore.training import posed

SMALL = "data=photos&size=12&channels=4&blocks=1&steps=6&batch=8"


def experiment(task: str) -> ae.Experiment:
    return ae.Experiment.from_query(f"{SMALL}&task={task}")


@pytest.mark.parametrize("noise", [5.0, 50.0])
def test_noisy_pictures_go_in_and_clean_ones_should_come_out(noise):
    asked = experiment("noise_removal").vary(noise=noise)
    samples = posed(asked, "test")
    assert torch.equal(samples.targets, asked.data.load("test").inputs)
    assert float((samples.inputs - samples.targets).std()) == pytest.approx(noise / 255, rel=0.02)
    assert torch.equal(posed(asked, "test").inputs, samples.inputs)


def test_noise_is_drawn_anew_at_each_step_and_of_every_strength_if_blind():
    clean = torch.full((64, 20, 20), 0.5)
    rng = torch.Generator().manual_seed(0)
    one, other = (NoiseRemoval(noise=25.0).drawn(clean, clean, rng) for _ in range(2))
    assert not torch.equal(one, other)
    strengths = 255 * (NoiseRemoval(blind=True).drawn(clean, clean, rng) - clean).flatten(1).std(1)
    assert strengths.min() < 15
    assert strengths.max() > 45


@pytest.mark.parametrize("factor", [2, 3])
def test_what_was_made_small_goes_in_at_its_old_size(factor):
    asked = experiment("super_resolution").vary(factor=factor)
    samples = posed(asked, "test")
    assert samples.inputs.shape == samples.targets.shape
    assert torch.equal(samples.targets, asked.data.load("test").inputs)
    lost = (samples.inputs - samples.targets).square().mean().sqrt()
    assert 0.005 < lost < 0.2


@pytest.mark.parametrize("task", ["noise_removal", "super_resolution"])
def test_an_untrained_network_that_carries_its_input_scores_what_went_in(task):
    asked = experiment(task)
    samples = posed(asked, "test")
    scores = asked.task.score(asked.build(), samples)
    pairs = zip(samples.targets.numpy(), samples.inputs.numpy(), strict=True)
    ratios = [peak_signal_noise_ratio(true, found, data_range=1) for true, found in pairs]
    assert scores["psnr"] == pytest.approx(np.mean(ratios), rel=1e-4)
    squared = (samples.inputs - samples.targets).square().flatten(1).sum(1).mean()
    assert scores["test_error"] == pytest.approx(float(squared), rel=1e-4)


@pytest.mark.parametrize("task", ["noise_removal", "super_resolution"])
def test_a_run_with_chance_in_its_inputs_goes_on_bit_by_bit(task):
    asked = experiment(task)
    first, middle, last = ae.train(asked, keyframes=[3])
    *_, again = ae.train(asked, resume=middle)
    assert first.step == 0
    assert last.weights.keys() == again.weights.keys()
    assert all(torch.equal(tensor, again.state[name]) for name, tensor in last.weights.items())


def test_tasks_without_chance_give_a_step_what_was_posed():
    x = torch.rand(2, 3, 3)
    assert SuperResolution().drawn(x, x, torch.Generator()) is x
