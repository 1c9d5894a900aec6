"""Apply: what the pages of the applications do, for a file: `python -m aecore apply TASK INPUT OUTPUT`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from aecore import chemistry, gallery, sounds, uploads, views
from aecore.datasets import Debian, Molecules, files, ratings
from aecore.experiment import Experiment
from aecore.networks import Autoencoder
from aecore.text import Say
from aecore.training import posed, reshaped, revive, train

# Sides of the tiles in which pictures and the spectra of sounds go through a network.
TILE, SOUND = (96, 96), (128, 128)
# The share of normal digits that may be called odd.
ALLOWED = 0.05
# Recommendations for each person.
COUNT = 10
Row: TypeAlias = dict[str, object]


def noise_removal(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return a picture ``(height, width, 3)`` with less noise, each colour by itself, asked for in eight ways."""
    return views.restored_eight_ways(model, picture)


def super_resolution(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return a picture at twice its size: its luminance by the network, its colours by bicubic interpolation."""
    return views.restored_luminance(model, views.enlarged_colours(picture, 2))


def segmentation(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return the mask of what lies in front, white where its probability, asked in eight ways, is at least one half."""
    return (views.mask_of(model, picture, eight=True) >= 0.5).astype(np.float32)


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


def recommender(content: bytes) -> list[Row]:
    """Return what follows a list of Debian libraries, one a line; or, of a table of ratings, for each of its people.

    For a table a model is trained on it, as on the page.
    """
    first = content.lstrip().partition(b"\n")[0]
    if any(sign in first for sign in (b",", b";", b"\t", b"::")):
        return _for_all(ratings.keep(content, files.uploads() / "applied", b""))
    return _for_one(content.decode("utf-8", "replace").split())


def _for_one(names: list[str]) -> list[Row]:
    model, data = _model("recommender"), gallery.experiment_of("recommender").data
    assert isinstance(data, Debian)
    places = {item.name: place for place, item in enumerate(data.items)}
    if not names:
        raise uploads.Refused("empty")
    if unknown := [name for name in names if name not in places]:
        raise uploads.Refused("unknown_library", name=unknown[0][:60])
    found = views.recommended(model, list(dict.fromkeys(places[name] for name in names)), COUNT)
    return _ranked(found, [item.name for item in data.items])


def _for_all(number: int) -> list[Row]:
    wanted = {"data": "ratings", "file": number, "feedback": ratings.feedback(number), "task": "recommender"}
    experiment = Experiment.settle(wanted).experiment
    *_, last = train(experiment, keyframes=())
    model, table = revive(experiment, last), ratings.table(number)
    stars = wanted["feedback"] == "stars"
    everybody = views.following(model, table.shares, COUNT, stars=stars)
    return [
        {"user": person} | line
        for person, found in zip(table.people, everybody, strict=True)
        for line in _ranked(found, table.names, table.top if stars else 1.0)
    ]


def _ranked(found: views.Recommended, names: Sequence[str], top: float = 1.0) -> list[Row]:
    return [
        {"item": names[item], "score": round(top * score, 4), "because": names[reason]}
        for item, score, reason in zip(*found, strict=True)
    ]


def molecules(content: bytes) -> list[Row]:
    """Return what comes back of SMILES, whose code is the nearest, and their properties by RDKit and by probes."""
    lines = uploads.molecules(content)
    model, data = _model("molecules"), gallery.experiment_of("molecules").data
    assert isinstance(data, Molecules)
    x, readable, refused = views.admitted(data, [line.smiles for line in lines])
    rows: list[Row] = [{"line": line.number, "name": line.name, "smiles": line.smiles} for line in lines]
    for row, why in refused.items():
        given = {"number": lines[row].number, "smiles": lines[row].smiles, "detail": why.detail}
        rows[row]["refused"] = Say()(f"molecules.unwritable_{why.reason}", **given)
    if not readable:
        return rows
    plain = [str(chemistry.plain(lines[row].smiles)) for row in readable]
    part, near, far = views.known(data, "train"), *views.alike_codes(model, data, x, 1)
    found = zip(plain, views.rebuilt_smiles(model, x), near[:, 0], far[:, 0], strict=True)
    for row, (smiles, back, one, distance), numbers in zip(
        readable, found, _properties(model, data, views.codes(model, x), plain), strict=True
    ):
        rows[row] |= {"rebuilt": back, "exact": chemistry.plain(back) == smiles, "nearest": part.names[one]}
        rows[row] |= {"nearest_smiles": part.smiles[one], "distance": round(float(distance), 4), **numbers}
    return rows


def _properties(
    model: Autoencoder, data: Molecules, codes: np.ndarray, smiles: list[str]
) -> Iterator[dict[str, float]]:
    """Give the properties of each molecule, by RDKit and as linear probes read them off its code."""
    probes = [views.probe(model, data, which) for which in range(len(chemistry.PROPERTIES))]
    guessed = np.stack([codes @ one.slope + one.level for one in probes], 1)
    for true, guess in zip(chemistry.properties(smiles), guessed, strict=True):
        numbers: dict[str, float] = {}
        for name, measured, probed in zip(chemistry.PROPERTIES, true, guess, strict=True):
            numbers |= {name: round(float(measured), 4), f"{name}_by_probe": round(float(probed), 4)}
        yield numbers


TABLES: dict[str, Callable[[bytes], list[Row]]] = {"recommender": recommender, "molecules": molecules}
TABLE = {**PICTURES, **SOUNDS, **TABLES}


def apply(task: str, source: Path, target: Path) -> None:
    """Apply the shipped model of a task to a picture, a sound or a table and write what comes of it.

    Parameters
    ----------
    task : str
        A name of ``TABLE``.
    source, target : Path
        Files; the ending of `target` says its format. How odd a digit is goes into a ``.json``, what comes of a table
        into a CSV.

    Raises
    ------
    aecore.uploads.Refused, aecore.datasets.ratings.Unreadable
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
    if task in TABLES:
        _write(TABLES[task](content), target)
        return
    from PIL import Image

    picture = uploads.picture(content, longest=4096)
    if task == "anomaly" and target.suffix == ".json":
        target.write_text(json.dumps(oddness(picture), indent=2) + "\n", "utf-8")
        return
    found = PICTURES[task](_model(task, TILE), picture)
    Image.fromarray(np.rint(255 * np.clip(found, 0, 1)).astype(np.uint8)).save(target)


def _write(rows: list[Row], target: Path) -> None:
    """Write rows as CSV, with a column for whatever any of them has."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _model(task: str, shape: tuple[int, ...] | None = None) -> Autoencoder:
    experiment = gallery.experiment_of(task)
    run = gallery.run_of(experiment)
    snapshot = run.snapshot() if run else None
    if snapshot is None:
        raise FileNotFoundError(f"the gallery has no run for {task}")
    model = revive(experiment, snapshot)
    return reshaped(experiment, model, shape or model.shape)
