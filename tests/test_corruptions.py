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
    # Interpolation rounds.
    assert torch.allclose(spoilt(name, 0.0), X, atol=1e-4)


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


def test_warping_moves_a_spot_no_further_than_it_may_and_each_one_elsewhere():
    side, level = 41, 0.5
    spots = torch.zeros(300, side, side)
    spots[:, 19:22, 19:22] = 1
    warped = corruptions.warping(spots, level, Generator().manual_seed(3))
    mass = warped.sum((1, 2))
    at = torch.arange(side) - 20.0
    across, up = (warped * at).sum((1, 2)) / mass, (warped * at[:, None]).sum((1, 2)) / mass
    # A map says where each place comes from; its inverse makes shifts larger by up to 1 / (1 - level).
    furthest = level * corruptions.FURTHEST * side / 2 / (1 - 2 * level * corruptions.FURTHEST)
    assert max(across.abs().max(), up.abs().max()) <= furthest + 1
    assert across.std() > 1
    assert up.std() > 1
    assert abs(across.mean()) < 1
    assert abs(up.mean()) < 1


def test_colours_are_warped_alike():
    colours = X[:8, None].expand(-1, 3, -1, -1)
    warped = corruptions.warping(colours, 0.4, Generator().manual_seed(4))
    assert torch.equal(warped[:, 0], warped[:, 1])
    assert torch.equal(warped[:, 0], corruptions.warping(X[:8], 0.4, Generator().manual_seed(4)))
