"""Apply: what the pages of the applications do, for a file: `python -m aecore apply TASK INPUT OUTPUT`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from aecore import gallery, uploads, views
from aecore.networks import Autoencoder
from aecore.training import reshaped, revive

# Side of the tiles in which pictures go through a network.
TILE = 96


def noise_removal(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return a picture ``(height, width, 3)`` with less noise, each colour by itself."""
    return views.restored(model, picture)


def super_resolution(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return a picture at twice its size: its luminance by the network, its colours by bicubic interpolation."""
    return views.restored_luminance(model, views.enlarged_colours(picture, 2))


def segmentation(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return the mask of what lies in front, white where its probability is at least one half."""
    return (views.mask_of(model, picture) >= 0.5).astype(np.float32)


TABLE: dict[str, Callable[[Autoencoder, np.ndarray], np.ndarray]] = {
    "noise_removal": noise_removal,
    "super_resolution": super_resolution,
    "segmentation": segmentation,
}


def apply(task: str, source: Path, target: Path) -> None:
    """Apply the shipped model of a task to a picture and write what comes of it.

    Parameters
    ----------
    task : str
        A name of ``TABLE``.
    source, target : Path
        Pictures; the ending of `target` says its format.

    Raises
    ------
    aecore.uploads.Refused
        If `source` cannot be read.
    OSError
        If a file cannot be opened or written.
    ValueError
        If the ending of `target` names no format.
    """
    from PIL import Image

    picture = uploads.picture(source.read_bytes(), longest=4096)
    experiment = gallery.experiment_of(task)
    run = gallery.run_of(experiment)
    snapshot = run.snapshot() if run else None
    if snapshot is None:
        raise FileNotFoundError(f"the gallery has no run for {task}")
    model = reshaped(experiment, revive(experiment, snapshot), (TILE, TILE))
    found = TABLE[task](model, picture)
    Image.fromarray(np.rint(255 * np.clip(found, 0, 1)).astype(np.uint8)).save(target)
