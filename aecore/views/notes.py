"""Notes: seen and heard as a model and PCA rebuild them, told by their codes, and led from one to another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore import sounds
from aecore.baselines import Pca
from aecore.datasets import notes
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.sounds import Wave
from aecore.views.anomalies import explained
from aecore.views.cleaned import coloured
from aecore.views.reconstructions import Rows, beside_pca

# Pixels of a window in a row of pictures, and in a picture beside a player: half a second would else be a strip.
NARROW, WIDE = 2, 8
NEIGHBOURS = 5
# What is chosen from, on the training codes alone, for the penalty of the probes.
PENALTIES = np.logspace(-3, 3, 7)
# A sound begins where it is this loud, as a share of its loudest sample.
BEGUN = 0.1


class NoteTold(NamedTuple):
    """How well held-out notes are told by numbers about them.

    Attributes
    ----------
    near : float
        The share whose instrument most of the five nearest training notes have, in [0, 1].
    instrument : float
        The share whose instrument a linear probe tells.
    pitch : float
        R² of a linear probe of the pitch in semitones.
    """

    near: float
    instrument: float
    pitch: float


class Morph(NamedTuple):
    """What lies between two notes.

    Attributes
    ----------
    through_code : Tensor
        What is decoded of places on the straight line between the codes, ``(n, bands, windows)``.
    crossfades : ndarray
        The waves, one fading out as the other fades in, ``(n, LENGTH)``.
    """

    through_code: Tensor
    crossfades: np.ndarray


class NearNote(NamedTuple):
    """The note of the data that a spectrum is most like: its row among all, and their cosine."""

    row: int
    likeness: float


def notes_beside_pca(model: Autoencoder, x: Tensor, pca: Pca | None) -> Rows:
    """Return notes, the autoencoder's reconstructions and PCA's at the same code size, in colour.

    The pictures have the shape ``(rows, n, bands, NARROW * windows, 3)``, low bands below.
    """
    found = beside_pca(model, x, pca)
    return Rows(_pictures(torch.from_numpy(found.pictures), NARROW), found.errors)


def explained_notes(model: Autoencoder, x: Tensor) -> np.ndarray:
    """Return what :func:`explained` does of notes, low bands below, as wide as high."""
    return np.repeat(explained(model, x)[:, :, ::-1], WIDE, axis=-2)


def note_spectra(x: Tensor) -> np.ndarray:
    """Return pictures of the loudness of notes ``(..., bands, windows)``."""
    return _pictures(x, NARROW)


def note_spectrogram(wave: Wave, loudest: float) -> np.ndarray:
    """Return the picture of a note, with the windows that the network has; as :func:`spectrogram` does it."""
    return _pictures(sounds.patch(sounds.spectrum(wave, notes.WINDOW, notes.HOP) / loudest), WIDE)


def _pictures(loudness: Tensor, wide: int) -> np.ndarray:
    return np.repeat(coloured(loudness), wide, axis=-2)


def note_row(instrument: int, pitch: int, velocity: int) -> int:
    """Return the row of a note among all, by the indices of what it is."""
    _, places = notes.waves()
    return int(np.flatnonzero((places == (instrument, pitch, velocity)).all(1))[0])


def note_wave(row: int) -> Wave:
    """Return a note as it was rendered."""
    return notes.waves()[0][row]


def note_facts(row: int) -> tuple[int, int, int]:
    """Return the indices of a note's instrument, pitch and velocity."""
    instrument, pitch, velocity = notes.waves()[1][row].tolist()
    return instrument, pitch, velocity


def held_out_notes() -> list[int]:
    """Return the rows of the held-out notes among all."""
    return np.flatnonzero(notes.held_out()).tolist()


def note_of(wave: Wave) -> Wave:
    """Return the first half second of a sound as a note struck hard: the loudest place of its spectrum is 1.

    A shorter one is followed by silence.
    """
    first = int(np.argmax(np.abs(wave) >= BEGUN * np.abs(wave).max()))
    note = np.zeros(notes.LENGTH, np.float32)
    cut = wave[first : first + notes.LENGTH]
    note[: len(cut)] = cut
    return note / np.float32(sounds.loudest(sounds.spectrum(note, notes.WINDOW, notes.HOP)))


def resounded(loudness: Tensor) -> Wave:
    """Return the wave of some loudness ``(bands, windows)``, its phases found by the algorithm of Griffin and Lim."""
    magnitude = torch.nn.functional.pad(sounds.magnitude(loudness), (0, 0, 0, 1))
    return sounds.griffin_lim(magnitude, notes.LENGTH, notes.WINDOW, notes.HOP)


@torch.inference_mode()
def rebuilt_note(model: Autoencoder, wave: Wave, pca: Pca | None = None) -> dict[str, Wave]:
    """Return what is heard of a note as it is, rebuilt by a model and by PCA of the same size.

    The first has lost no more than its phases: what it lacks, the way back to a sound has cost.
    """
    x = notes.patch(wave)[None]
    found = {"unphased": x, "rebuilt": model(x)} | ({"pca": pca.reconstruct(x, model.n_latent)} if pca else {})
    return {name: resounded(loudness[0]) for name, loudness in found.items()}


@torch.inference_mode()
def morph(model: Autoencoder, one: Wave, other: Wave, shares: list[float]) -> Morph:
    """Go straight from the code of a note to that of another, and fade the one into the other.

    Parameters
    ----------
    model : Autoencoder
    one, other : ndarray
        Shape ``(LENGTH,)``.
    shares : list of float
        Places on the way, from 0 to 1.
    """
    h = model.encode(torch.stack([notes.patch(one), notes.patch(other)]))
    at = torch.tensor(shares)[:, None]
    return Morph(model.decode(torch.lerp(h[:1], h[1:], at)), one + at.numpy() * (other - one))


def note_loudness(waves: np.ndarray) -> Tensor:
    """Return the loudness of notes ``(n, LENGTH)``, shape ``(n, bands, windows)``."""
    return torch.stack([notes.patch(wave) for wave in waves])


def near_note(loudness: Tensor) -> NearNote:
    """Return the note of the data, held out or not, that some loudness ``(bands, windows)`` is most like.

    By the cosine, so that what is faint is not like a soft note for that alone.
    """
    data, aside = notes.Notes(), notes.held_out()
    cosines = torch.empty(len(aside))
    cosines[~aside], cosines[aside] = (
        torch.cosine_similarity(part.inputs.flatten(1), loudness.flatten()[None])
        for part in (data.load("train"), data.load("test"))
    )
    row = int(cosines.argmax())
    return NearNote(row, float(cosines[row]))


def note_told(known: np.ndarray, train: Samples, codes: np.ndarray, held_out: Samples) -> NoteTold:
    """Return how well held-out notes are told by their codes ``(n, size)`` from those of training notes ``(m, size)``.

    Nothing is fitted to the held-out notes. The probes are ridge regressions on standardised codes, of the pitch and
    of the membership in each class.
    """
    from sklearn.linear_model import RidgeClassifierCV, RidgeCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    assert train.labels is not None and train.factors is not None
    assert held_out.labels is not None and held_out.factors is not None
    answers = {
        "near": (KNeighborsClassifier(NEIGHBOURS), train.labels, held_out.labels),
        "instrument": (RidgeClassifierCV(PENALTIES), train.labels, held_out.labels),
        "pitch": (RidgeCV(PENALTIES), train.factors[:, 0], held_out.factors[:, 0]),
    }
    found = {}
    for name, (told, of_known, truth) in answers.items():
        steps = (told,) if name == "near" else (StandardScaler(), told)
        found[name] = float(make_pipeline(*steps).fit(known, of_known.numpy()).score(codes, truth.numpy()))
    return NoteTold(**found)
