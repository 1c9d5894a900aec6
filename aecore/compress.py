"""Compress: a picture into a file of few bytes and back: `python -m aecore compress INPUT OUTPUT`, `decompress`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aecore import gallery, uploads, views
from aecore.networks import Autoencoder
from aecore.runs import Run
from aecore.training import reshaped, revive

# Of a picture's longer side; a larger one is made smaller first.
LONGEST = 4096
# The shipped model that compresses.
MODEL = "compression"


def compress(source: Path, target: Path, *, coarseness: int = views.TRAINED) -> int:
    """Write a picture, made grey, as a file of the shipped model, and return the file's length in bytes.

    Parameters
    ----------
    source, target : Path
    coarseness : int
        Index in ``COARSENESS``.

    Raises
    ------
    aecore.uploads.Refused
        If `source` cannot be read.
    OSError
        If a file cannot be opened or written.
    """
    picture = views.grey(uploads.picture(source.read_bytes(), longest=LONGEST))
    experiment = gallery.experiment_of(MODEL)
    run = gallery.run_of(experiment)
    if run is None:
        raise FileNotFoundError(f"the gallery has no run {MODEL}")
    content = views.compressed(_model(run, picture.shape), picture, experiment.key, coarseness)
    target.write_bytes(content)
    return len(content)


def decompress(source: Path, target: Path, *, runs: Path | None = None) -> None:
    """Write the picture that a file holds; the ending of `target` says its format.

    Parameters
    ----------
    source, target : Path
    runs : Path, optional
        A folder of runs, for files of a model that is not shipped.

    Raises
    ------
    aecore.uploads.Refused
        If the file is damaged, or its model is not there.
    OSError
        If a file cannot be opened or written.
    ValueError
        If the ending of `target` names no format.
    """
    from PIL import Image

    content = source.read_bytes()
    header = views.header_of(content)
    folders = [root / header.key for root in (gallery.FOLDER, *([runs] if runs else []))]
    run = next((Run(folder) for folder in folders if folder.exists()), Run(folders[0]))
    picture = views.decompressed(reader(run, header), content, header.key)
    Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(target)


def reader(run: Run, header: views.Header) -> Autoencoder:
    """Return the model of a run for the pictures of a file.

    Raises
    ------
    aecore.uploads.Refused
        ``other_model`` if there is no such run, or none that compresses.
    """
    if not run.folder.exists() or run.experiment.method.name != "quantised" or not run.steps:
        raise uploads.Refused("other_model", model=header.key)
    return _model(run, header.shape)


def _model(run: Run, shape: tuple[int, ...]) -> Autoencoder:
    snapshot = run.snapshot()
    assert snapshot
    return reshaped(run.experiment, revive(run.experiment, snapshot), shape)
