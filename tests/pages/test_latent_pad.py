"""What travels to the latent pad."""

from __future__ import annotations

import json

import numpy as np

from aecore import gallery, views
from aecore.text import Say
from pages._ui import latent_pad, resources


def unpacked(packed: bytes) -> tuple[dict, np.ndarray]:
    length = int(np.frombuffer(packed, np.uint32, 1)[0])
    return json.loads(packed[4 : 4 + length]), np.frombuffer(packed, np.float32, offset=4 + length)


def test_a_shipped_model_travels_without_any_run():
    model, samples = resources.shipped("home")
    samples, data = samples.at(slice(50)), gallery.experiment_of("home").data
    z = tuple(np.linspace(-1, 1, model.n_latent).tolist())
    header, numbers = unpacked(latent_pad._packed(model, samples, data, "pt_BR", (6, 1), z))
    weights = np.concatenate([array.ravel() for layer in views.layers(model) for array in layer.arrays])
    np.testing.assert_array_equal(numbers[: len(weights)], weights)
    points, off, labels = np.split(numbers[len(weights) :], [100, 150])
    codes = views.codes(model, samples.inputs)
    np.testing.assert_array_equal(points.reshape(50, 2), codes[:, [6, 1]])
    whole = np.square(codes - np.array(z)).sum(1)
    np.testing.assert_allclose(off + np.square(points.reshape(50, 2) - [z[6], z[1]]).sum(1), whole, rtol=1e-4)
    assert labels.tolist() == samples.labels.tolist()
    assert header["axes"][0].startswith("h₇ · ")
    assert header["words"]["role"] == Say("pt_BR")("pad.role")


def test_a_decoder_that_the_browser_cannot_run_is_not_sent(monkeypatch):
    model, samples = resources.shipped("home")
    monkeypatch.setattr(views, "layers", lambda _: None)
    assert latent_pad._packed(model, samples, gallery.experiment_of("home").data, "en", None, None) is None
