"""Compress: a file into one of few bytes and back: `python -m aecore compress INPUT OUTPUT`, `decompress`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aecore import gallery, lossless, sounds, uploads, views
from aecore.datasets import files
from aecore.networks import Autoencoder
from aecore.runs import Run
from aecore.training import reshaped, revive

# Of a picture's longer side; a larger one is made smaller first.
LONGEST = 4096
# The shipped model that compresses.
MODEL = "compression"
EXAMPLES = ("debian_libraries.csv", "molecules.csv", "speech.wav", "speech.flac")
# Recordings that make a sound of some seconds.
SPOKEN = 24


def compress(source: Path, target: Path, *, coarseness: int = views.TRAINED, exactly: bool = False) -> int:
    """Write a picture, made grey, as a file of the shipped model, any other losslessly; return its length in bytes.

    Parameters
    ----------
    source, target : Path
    coarseness : int
        Index in ``COARSENESS``.
    exactly : bool
        Whether a picture is packed losslessly too, as the file that it is.

    Raises
    ------
    aecore.uploads.Refused
        If `source` is a picture that cannot be read, or too large.
    OSError
        If a file cannot be opened or written.
    """
    content = source.read_bytes()
    picture = None if exactly else _picture(content)
    found = lossless.packed(content) if picture is None else _compressed(picture, coarseness)
    target.write_bytes(found)
    return len(found)


def _picture(content: bytes) -> np.ndarray | None:
    try:
        return views.grey(uploads.picture(content, longest=LONGEST))
    except uploads.Refused as refused:
        if refused.reason in ("empty", "no_picture"):
            return None
        raise


def _compressed(picture: np.ndarray, coarseness: int) -> bytes:
    experiment = gallery.experiment_of(MODEL)
    run = gallery.run_of(experiment)
    if run is None:
        raise FileNotFoundError(f"the gallery has no run {MODEL}")
    return views.compressed(_model(run, picture.shape), picture, experiment.key, coarseness)


def decompress(source: Path, target: Path, *, runs: Path | None = None) -> None:
    """Write what a file holds; if that is a picture, the ending of `target` says its format.

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
    if lossless.is_packed(content):
        target.write_bytes(lossless.unpacked(content))
        return
    header = views.header_of(content)
    folders = [root / header.key for root in (gallery.FOLDER, *([runs] if runs else []))]
    run = next((Run(folder) for folder in folders if folder.exists()), Run(folders[0]))
    picture = views.decompressed(reader(run, header), content, header.key)
    Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(target)


def example(name: str) -> bytes:
    """Return one of the ``EXAMPLES``, files of several kinds: tables, a sound, and the same packed as sounds are."""
    if not name.startswith("speech."):
        return files.path(name).read_bytes()
    wave = np.concatenate([views.recording(i) for i in range(SPOKEN)])
    return sounds.written(wave, kind=name.removeprefix("speech."))


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
