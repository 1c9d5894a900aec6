"""What travels to the latent pad."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import torch

import aecore as ae
from aecore import gallery, views
from aecore.text import Say
from pages._ui import latent_pad, resources, seen


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


def test_what_is_nearest_to_where_the_pointer_begins_is_drawn(runs):
    experiment = ae.Experiment.from_query("data=digits&net=linear&latent=3&steps=20")
    now = replace(seen.see(experiment), model=experiment.build().eval())
    with torch.no_grad():
        for bias in (now.model.encoder[-1].bias, now.model.decoder[0].bias):
            bias += 40
    codes = views.codes(now.model, now.held_out.inputs)
    header, _ = unpacked(latent_pad._packed(now.model, now.held_out, experiment.data, "en", (0, 1), None))
    assert not header["held"]
    for (low, high), latent in zip(header["spans"], header["pair"], strict=True):
        assert 20 < low < header["z"][latent] < high
    figure = latent_pad.near(now.choose(z=None), Say("en"))
    distances = np.linalg.norm(codes - header["z"], axis=1)
    said = [note.text for note in figure.layout.annotations]
    assert Say("en").number(float(distances.min()), 2) in " ".join(said)
    assert Say("en")("pad.near_middle") in said


def test_a_decoder_that_the_browser_cannot_run_is_not_sent(monkeypatch):
    model, samples = resources.shipped("home")
    monkeypatch.setattr(views, "layers", lambda _: None)
    assert latent_pad._packed(model, samples, gallery.experiment_of("home").data, "en", None, None) is None
