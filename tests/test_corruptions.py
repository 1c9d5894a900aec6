from __future__ import annotations

import pytest
import torch
from torch import Generator

from aecore import corruptions

X = torch.rand(400, 20, 20, generator=Generator().manual_seed(1)) * 0.8 + 0.1


def spoilt(name: str, level: float) -> torch.Tensor:
    return corruptions.TABLE[name](X, level, Generator().manual_seed(2))


@pytest.mark.parametrize("name", corruptions.TABLE)
def test_a_level_of_nothing_changes_nothing(name):
    assert torch.equal(spoilt(name, 0.0), X)


@pytest.mark.parametrize("name", corruptions.TABLE)
def test_the_generator_alone_decides(name):
    assert torch.equal(spoilt(name, 0.3), spoilt(name, 0.3))


def test_gaussian_noise_has_the_deviation_that_was_asked_for():
    noise = spoilt("gaussian", 0.5) - X
    assert noise.std().item() == pytest.approx(0.5, rel=0.01)
    assert noise.mean().item() == pytest.approx(0.0, abs=0.01)


def test_masking_takes_its_share_and_leaves_the_rest():
    masked = spoilt("masking", 0.3)
    assert (masked == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(masked[masked != 0], X[masked != 0])


def test_salt_and_pepper_come_in_equal_parts():
    seasoned = spoilt("salt_and_pepper", 0.4)
    assert (seasoned == X.max()).float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert (seasoned == X.min()).float().mean().item() == pytest.approx(0.2, abs=0.01)
    kept = (seasoned != X.max()) & (seasoned != X.min())
    assert torch.equal(seasoned[kept], X[kept])
