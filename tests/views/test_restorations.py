from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import aecore as ae
from aecore import networks, views
from aecore.datasets import photos
from aecore.training import reshaped


def test_the_likeness_is_that_of_scikit_image():
    rng = np.random.default_rng(0)
    true = rng.random((40, 30))
    found = np.clip(true + 0.1 * rng.normal(size=true.shape), 0, 1)
    near = views.likeness(found, true)
    assert near.psnr == pytest.approx(peak_signal_noise_ratio(true, found, data_range=1))
    assert near.ssim == pytest.approx(structural_similarity(true, found, data_range=1))
    assert views.likeness(true, true) == (np.inf, 1)


def test_the_noise_has_the_strength_that_is_said_and_is_always_the_same():
    clean = views.photo("chelsea")
    noisy = views.noisy_photo(clean, 25)
    assert np.std(noisy - clean) == pytest.approx(25 / 255, rel=0.01)
    assert np.array_equal(noisy, views.noisy_photo(clean, 25))


def test_filters_in_use_today_take_noise_off_a_photo():
    clean = views.photo("chelsea")
    noise = views.likeness(views.noisy_photo(clean, 25), clean).psnr
    assert noise == pytest.approx(20.2, abs=0.1)
    for picture in views.denoised_otherwise("chelsea", 25).values():
        assert picture.shape == clean.shape
        assert views.likeness(picture, clean).psnr > noise + 7


@pytest.mark.parametrize("factor", [2, 3])
def test_better_formulas_enlarge_a_photo_better(factor):
    fine = views.photo("coffee")
    few = views.small_photo(fine, factor)
    assert few.shape == tuple(side // factor for side in fine.shape)
    ways = [views.enlarged_photo(few, fine.shape, how) for how in ("nearest", "bicubic")]
    nearest, bicubic = (views.likeness(picture, fine).psnr for picture in ways)
    assert nearest < bicubic


def test_a_network_that_changes_nothing_leaves_photo_and_colours():
    model = networks.Maps(channels=4, blocks=1).build((32, 32), "identity")
    colours = np.random.default_rng(0).random((45, 70, 3), np.float32)
    np.testing.assert_allclose(views.restored(model, colours), colours, atol=1e-5)
    np.testing.assert_allclose(views.restored_luminance(model, colours), colours, atol=1e-3)
    assert views.enlarged_colours(views.reduced_colours(colours, 2), 2).shape == (44, 70, 3)


def test_a_picture_asked_in_eight_ways_comes_back_the_right_way_round():
    model = networks.Maps(channels=4, blocks=1).build((32, 32), "identity")
    colours = np.random.default_rng(0).random((45, 70, 3), np.float32)
    np.testing.assert_allclose(views.restored_eight_ways(model, colours), colours, atol=1e-5)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=torch.Generator().manual_seed(3))
    grey = colours[..., 0]
    found = views.restored_eight_ways(model, grey)
    # Whichever way it is turned beforehand, the same answer comes turned.
    for quarters in (1, 2, 3):
        turned = views.restored_eight_ways(model, np.ascontiguousarray(np.rot90(grey, quarters)))
        np.testing.assert_allclose(turned, np.rot90(found, quarters), atol=1e-5)
    assert np.abs(views.restored(model, grey) - found).max() > 1e-3


def test_a_model_of_crops_serves_larger_tiles_with_the_same_weights():
    experiment = ae.Experiment.from_query("data=photos&task=noise_removal&size=12&channels=4&blocks=1")
    model = experiment.build()
    larger = reshaped(experiment, model, (40, 40))
    assert larger.shape == (40, 40)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), larger.parameters(), strict=True))
    dense = ae.Experiment.from_query("data=digits").build()
    assert reshaped(ae.Experiment.from_query("data=digits"), dense, (40, 40)) is dense


def test_the_photos_to_test_on_are_not_among_those_to_train_on():
    from aecore.datasets.patches import PHOTOS

    assert not set(photos.HELD_OUT) & set(PHOTOS)
