from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

import aecore as ae
from aecore import views
from aecore.baselines import DENOISERS, Ica, Pca, Wiener
from aecore.samples import Samples


@pytest.fixture(scope="module")
def digits():
    data = ae.Experiment.from_query("data=digits").data
    return data.load("train"), data.load("test")


def test_pca_is_scikit_learn_s(digits):
    train, test = digits
    pca, x = Pca.fit(train), test.inputs.flatten(1).numpy()
    errors = pca.errors(test.inputs).numpy()
    for size in (1, 2, 10, 40):
        oracle = PCA(size, svd_solver="full").fit(train.inputs.flatten(1).numpy())
        back = oracle.inverse_transform(oracle.transform(x))
        np.testing.assert_allclose(pca.reconstruct(test.inputs, size).flatten(1), back, atol=1e-4)
        assert errors[size - 1] == pytest.approx(np.square(back - x).sum(1).mean(), rel=1e-4)
    assert float(pca.total) == pytest.approx(train.inputs.flatten(1).numpy().var(0).sum(), rel=1e-4)


def test_pca_of_fewer_samples_than_features_is_the_same(digits):
    few = Samples(digits[0].inputs[:40], digits[0].inputs[:40])
    pca, x = Pca.fit(few), digits[1].inputs.flatten(1).numpy()
    errors = pca.errors(digits[1].inputs).numpy()
    assert len(pca.components) == 40
    for size in (1, 10, 30):
        oracle = PCA(size, svd_solver="full").fit(few.inputs.flatten(1).numpy())
        back = oracle.inverse_transform(oracle.transform(x))
        np.testing.assert_allclose(pca.reconstruct(digits[1].inputs, size).flatten(1), back, atol=1e-4)
        assert errors[size - 1] == pytest.approx(np.square(back - x).sum(1).mean(), rel=1e-4)
    assert float(pca.total) == pytest.approx(few.inputs.flatten(1).numpy().var(0).sum(), rel=1e-4)


def test_pca_of_data_that_never_change_loses_nothing():
    x = torch.ones(10, 2, 2)
    assert Pca.fit(Samples(x, x)).errors(x).tolist() == [0.0] * 4


def test_principal_angles_are_scipy_s():
    one, other = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
    oracle = np.rad2deg(np.sort(subspace_angles(one.numpy().T, other.numpy().T)))
    np.testing.assert_allclose(views.principal_angles(one, other), oracle, atol=1e-4)


def test_a_linear_autoencoder_finds_pca_s_subspace_and_never_beats_it(digits):
    train, _ = digits
    pca = Pca.fit(train)
    experiment = ae.Experiment.from_query("data=digits&net=linear&latent=4&steps=3000&rate=0.02&batch=256")
    least = float(pca.errors(train.inputs)[3])
    for snapshot in ae.train(experiment):
        model = ae.revive(experiment, snapshot)
        assert experiment.task.score(model, train)["test_error"] >= least - 1e-3
    angles = views.angles_to_pca(model, pca)
    assert np.cos(np.deg2rad(angles.max())) > 0.99
    assert experiment.task.score(model, train)["test_error"] == pytest.approx(least, rel=2e-3)


def noisy(samples, level=0.3):
    away = torch.randn(samples.inputs.shape, generator=torch.Generator().manual_seed(0))
    return Samples(samples.inputs + level * away, samples.inputs)


def test_wiener_is_the_best_linear_map(digits):
    train, test = map(noisy, digits)
    x, y = train.inputs.flatten(1), train.targets.flatten(1)
    wanted = LinearRegression().fit(x, y).predict(test.inputs.flatten(1))
    np.testing.assert_allclose(Wiener.fit(train).denoise(test.inputs).flatten(1), wanted, atol=5e-3)


@pytest.mark.parametrize("name", DENOISERS)
def test_a_denoiser_lowers_the_error_and_survives_no_noise(digits, name):
    train, test = map(noisy, digits)
    test = test.at(slice(40))
    denoiser = DENOISERS[name].fit(train)
    rebuilt = denoiser.denoise(test.inputs)
    assert rebuilt.shape == test.inputs.shape
    assert (rebuilt - test.targets).square().mean() < (test.inputs - test.targets).square().mean()
    again = DENOISERS[name](**denoiser._asdict())
    assert torch.equal(again.denoise(test.inputs), rebuilt)
    clean = digits[1].at(slice(40))
    assert (DENOISERS[name].fit(digits[0]).denoise(clean.inputs) - clean.inputs).square().mean() < 1e-3


def test_independent_components_are_found():
    rng = np.random.default_rng(0)
    sources, mixing = rng.laplace(size=(4000, 4)), np.linalg.qr(rng.normal(size=(4, 4)))[0]
    x = torch.from_numpy((sources @ mixing).astype(np.float32))
    filters = Ica.fit(Samples(x, x)).filters.numpy()
    cosines = np.abs(filters @ mixing.T)
    assert (cosines.max(1) > 0.98).all()
    assert sorted(cosines.argmax(1)) == [0, 1, 2, 3]


def test_filters_of_pictures_take_colours():
    rng = np.random.default_rng(0)
    clean = torch.from_numpy(rng.random((20, 3, 8, 8)).astype(np.float32)).cumsum(2) / 8
    noisy = clean + 0.1 * torch.from_numpy(rng.normal(size=clean.shape).astype(np.float32))
    samples = Samples(noisy, clean)
    for name, kind in DENOISERS.items():
        fitted = kind.fit(samples)
        assert fitted.denoise(noisy).shape == clean.shape, name
    median = DENOISERS["median"].fit(samples)
    red = median.denoise(noisy[:, 0])
    assert torch.equal(median.denoise(noisy)[:, 0], red)
