"""Notes: rebuilt, heard, told and morphed as is said."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import aecore as ae
from aecore import sounds, views
from aecore.baselines import Pca
from aecore.datasets import notes


@pytest.fixture(scope="module")
def data():
    return notes.Notes()


@pytest.fixture(scope="module")
def pca(data):
    return Pca.fit(data.load("train"))


@pytest.fixture(scope="module")
def model():
    return ae.Experiment.from_query("data=notes&task=notes&channels=4&latent=5").build().eval()


def test_rows_name_the_notes_and_those_held_out_are(data):
    row = views.note_row(3, 20, 1)
    assert views.note_facts(row) == (3, 20, 1)
    rows = views.held_out_notes()
    held_out = data.load("test")
    assert len(rows) == held_out.size
    for place in (0, 50, 119):
        instrument, *factors = views.note_facts(rows[place])
        assert (instrument, factors) == (held_out.labels[place], held_out.factors[place].tolist())
        assert torch.equal(notes.patch(views.note_wave(rows[place])), held_out.inputs[place])


def test_pictures_have_low_bands_below_and_errors_are_of_the_whole_note(data, model, pca):
    x = data.load("test").inputs[:3]
    found = views.notes_beside_pca(model, x, pca)
    assert found.pictures.shape[:3] == (3, 3, notes.BANDS)
    assert len(views.notes_beside_pca(model, x, None).pictures) == 2
    assert np.isnan(found.errors[0]).all()
    expected = (pca.reconstruct(x, model.n_latent) - x).square().sum((1, 2))
    np.testing.assert_allclose(found.errors[2], expected, rtol=1e-4)
    brightness = found.pictures[0, 0].sum(axis=(1, 2))
    assert brightness.argmax() > notes.BANDS / 2
    wave = views.note_wave(views.held_out_notes()[0])
    assert views.note_spectrogram(wave, 1.0).sum(axis=(1, 2)).argmax() == brightness.argmax()


def test_a_note_of_loudness_alone_sounds_nearly_as_it_did(pca, model):
    wave = views.note_wave(views.note_row(8, 12, 1))
    found = views.rebuilt_note(model, wave, pca)
    assert set(found) == {"unphased", "rebuilt", "pca"}
    assert all(one.shape == wave.shape for one in found.values())
    true, back = (sounds.spectrum(one, notes.WINDOW, notes.HOP).abs() for one in (wave, found["unphased"]))
    assert (true - back).norm() < 0.15 * true.norm()


def test_a_morph_ends_where_the_notes_are_rebuilt_and_a_crossfade_at_the_notes(data, model):
    one, other = (views.note_wave(views.note_row(*what)) for what in ((0, 3, 1), (6, 20, 1)))
    found = views.morph(model, one, other, [0.0, 0.5, 1.0])
    with torch.inference_mode():
        back = model(views.note_loudness(np.stack([one, other])))
    torch.testing.assert_close(found.through_code[[0, 2]], back)
    np.testing.assert_allclose(found.crossfades, [one, (one + other) / 2, other], atol=1e-6)


def test_a_linear_network_s_morph_is_halfway_between_what_it_rebuilds():
    linear = ae.Experiment.from_query("data=notes&task=notes&net=linear&latent=5&loss=squared").build()
    one, other = (views.note_wave(row) for row in (10, 400))
    found = views.morph(linear, one, other, [0.0, 0.5, 1.0]).through_code
    torch.testing.assert_close(found[1], (found[0] + found[2]) / 2, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("row", [0, 7, 123, 599])
def test_a_note_is_nearest_to_itself(row):
    found = views.near_note(notes.patch(views.note_wave(row)))
    assert found.row == row
    assert found.likeness == pytest.approx(1, abs=1e-4)
    assert views.near_note(0.1 * notes.patch(views.note_wave(row))).row == row


def test_a_sound_of_any_length_becomes_a_note():
    tone = 0.01 * np.sin(2 * np.pi * 440 / sounds.RATE * np.arange(3 * sounds.RATE)).astype(np.float32)
    note = views.note_of(np.concatenate([np.zeros(5000, np.float32), tone]))
    assert note.shape == (notes.LENGTH,)
    assert sounds.loudest(sounds.spectrum(note, notes.WINDOW, notes.HOP)) == pytest.approx(1)
    assert np.abs(note[:100]).max() > 0.5  # it begins with the sound, not with the silence before
    assert not views.note_of(tone[:1000])[1000:].any()


def test_instrument_and_pitch_are_told_from_numbers_that_hold_them_and_not_from_chance(data):
    train, held_out = data.load("train"), data.load("test")

    def facts(part):
        return torch.cat([torch.eye(10)[part.labels], part.factors[:, :1] / 30], 1).numpy()

    told = views.note_told(facts(train), train, facts(held_out), held_out)
    assert told.instrument > 0.95
    assert told.near > 0.95
    assert told.pitch > 0.999
    rng = np.random.default_rng(0)
    chance = views.note_told(rng.normal(size=(480, 5)), train, rng.normal(size=(120, 5)), held_out)
    assert max(chance.near, chance.instrument) < 0.35
    assert chance.pitch < 0.2
