"""Apply: what the pages of the applications do, for a file: `python -m aecore apply TASK INPUT OUTPUT`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from aecore import gallery, sounds, uploads, views
from aecore.networks import Autoencoder
from aecore.training import posed, reshaped, revive

# Sides of the tiles in which pictures and the spectra of sounds go through a network.
TILE, SOUND = (96, 96), (128, 128)
# The share of normal digits that may be called odd.
ALLOWED = 0.05


def noise_removal(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return a picture ``(height, width, 3)`` with less noise, each colour by itself."""
    return views.restored(model, picture)


def super_resolution(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return a picture at twice its size: its luminance by the network, its colours by bicubic interpolation."""
    return views.restored_luminance(model, views.enlarged_colours(picture, 2))


def segmentation(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return the mask of what lies in front, white where its probability is at least one half."""
    return (views.mask_of(model, picture) >= 0.5).astype(np.float32)


def anomaly(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return where a handwritten digit differs from the one that is the norm, enlarged."""
    return views.explained_picture(model, picture, "mnist")["where"]


def oddness(picture: np.ndarray) -> dict[str, float | bool]:
    """Return how odd a handwritten digit is by every measure, and whether by the first one it is called odd.

    The threshold, also returned, is the one that 5 % of the held-out normal digits that set it pass.
    """
    experiment = gallery.experiment_of("anomaly")
    norm = views.Norm(_model("anomaly", TILE), posed(experiment, "train").inputs)
    held_out = posed(experiment, "test")
    found = norm.oddness(views.framed(picture, experiment.data.name, experiment.data.shape), experiment.method)
    measure = next(iter(found))
    threshold = views.split_by(
        norm.oddness(held_out.inputs, experiment.method)[measure], np.asarray(held_out.labels) > 0, ALLOWED
    ).threshold
    numbers = {name: float(scores[0]) for name, scores in found.items()}
    return {**numbers, "threshold": threshold, "odd": numbers[measure] > threshold}


PICTURES: dict[str, Callable[[Autoencoder, np.ndarray], np.ndarray]] = {
    "noise_removal": noise_removal,
    "super_resolution": super_resolution,
    "segmentation": segmentation,
    "anomaly": anomaly,
}


SOUNDS: dict[str, Callable[[Autoencoder, np.ndarray], np.ndarray]] = {"audio": views.cleaned}
TABLE = PICTURES | SOUNDS


def apply(task: str, source: Path, target: Path) -> None:
    """Apply the shipped model of a task to a picture or a sound and write what comes of it.

    Parameters
    ----------
    task : str
        A name of ``TABLE``.
    source, target : Path
        Files; the ending of `target` says its format. How odd a digit is goes into a ``.json``.

    Raises
    ------
    aecore.uploads.Refused
        If `source` cannot be read.
    OSError
        If a file cannot be opened or written.
    ValueError
        If the ending of `target` names no format.
    """
    content = source.read_bytes()
    if task in SOUNDS:
        wave = uploads.sound(content, sounds.RATE).wave
        found = SOUNDS[task](_model(task, SOUND), wave)
        target.write_bytes(sounds.written(found, kind=target.suffix.removeprefix(".")))
        return
    from PIL import Image

    picture = uploads.picture(content, longest=4096)
    if task == "anomaly" and target.suffix == ".json":
        target.write_text(json.dumps(oddness(picture), indent=2) + "\n", "utf-8")
        return
    found = PICTURES[task](_model(task, TILE), picture)
    Image.fromarray(np.rint(255 * np.clip(found, 0, 1)).astype(np.uint8)).save(target)


def _model(task: str, shape: tuple[int, int]) -> Autoencoder:
    experiment = gallery.experiment_of(task)
    run = gallery.run_of(experiment)
    snapshot = run.snapshot() if run else None
    if snapshot is None:
        raise FileNotFoundError(f"the gallery has no run for {task}")
    return reshaped(experiment, revive(experiment, snapshot), shape)
