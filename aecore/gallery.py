"""The gallery: trained runs that come with the project, in the folders that every run has."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from aecore.baselines import Baseline, Pca
from aecore.experiment import Experiment
from aecore.runs import Run, whole, write_atomically
from aecore.training import Snapshot, posed, revive

FOLDER = Path(__file__).parent.parent / "assets" / "gallery"

# What is shipped, by what it is shown for, as in an address bar.
TABLE: dict[str, str] = {
    "undercomplete": "data=mnist&method=undercomplete",
    "denoising": "data=mnist&method=denoising",
    "contractive": "data=mnist&method=contractive",
    "contractive_without": "data=mnist&method=contractive&strength=0",
    "sparse": "data=mnist&method=sparse",
    "sparse_patches": "data=patches&method=sparse",
    "vae": "data=mnist&method=vae",
    "beta_vae": "data=sprites&method=beta_vae",
    "beta_vae_plain": "data=sprites&method=beta_vae&variant=beta&beta=1",
    "noise_removal": "data=photos&task=noise_removal",
    "super_resolution": "data=photos&task=super_resolution",
    "segmentation": "data=compositions&task=segmentation",
    "audio": "data=noisy_speech&task=audio",
    "notes": "data=notes&task=notes&method=vae",
    "molecules": "data=molecules&task=molecules&method=beta_vae",
    "preparation": "data=mnist&task=preparation&method=denoising",
    "compression": "data=tiles&task=compression&method=quantised",
    "recommender": "data=debian&task=recommender",
    "anomaly": "data=mnist&task=anomaly",
    "home": "data=mnist&method=undercomplete&net=mlp&hidden=48,24&latent=8&activation=relu&steps=12000&rate=0.005",
    "plane": "data=mnist&method=vae&net=mlp&hidden=192,64&latent=2&steps=12000&rate=0.003&schedule=one_cycle",
}

# The sweep that is shipped, each run by its last step alone.
SWEEP = "data=digits&method=denoising&net=mlp&hidden=64&latent=16&steps=600&batch=64&rate=0.01&schedule=one_cycle"
SWEPT = {"level": (0.1, 0.35, 0.65, 0.9), "seed": (0, 1, 2)}

# Snapshots of a run that are shipped, at most, and lines of its log; of a large model fewer, the last in any case.
SNAPSHOTS, LINES = 24, 200
ROOM = 4_000_000  # bytes for them
ROOMS = {
    "notes": 1_400_000,
    "segmentation": 1_700_000,
    "noise_removal": 1_500_000,
    "plane": 1_000_000,
}  # where fewer moments tell as much
LIGHT = 1_500_000  # bytes of a baseline; a larger one is fitted anew where it is shown
# Held-out samples on which half precision may change no value by half a grey level of 255, nor any code visibly.
COMPARED = 64
GREY, VISIBLE = 0.5 / 255, 0.01


def experiment_of(name: str) -> Experiment:
    """Return the experiment of a shipped run by its name in the table."""
    return Experiment.from_query(TABLE[name])


def experiments() -> dict[str, Experiment]:
    """Return all that is shipped, by name; the runs of a sweep are numbered."""
    swept = Experiment.from_query(SWEEP).sweep(**SWEPT)
    return {name: experiment_of(name) for name in TABLE} | {f"sweep_{i}": one for i, one in enumerate(swept)}


def room_of(name: str) -> int:
    """Return the bytes that a shipped run's snapshots may take; of a sweep's run only the last is shown."""
    return 1 if name.startswith("sweep_") else ROOMS.get(name, ROOM)


def run_of(experiment: Experiment) -> Run | None:
    """Return the shipped run of an experiment, or ``None`` if there is none."""
    folder = FOLDER / experiment.key
    return Run(folder) if folder.exists() else None


def ship(run: Run, root: Path = FOLDER, room: int = ROOM) -> Run:
    """Copy what is shown of a finished run into the gallery.

    That are its log, thinned, its light baselines, and some of its snapshots, each in half precision where that
    changes no picture.

    Parameters
    ----------
    run : Run
        One that is done.
    root : Path
        The gallery.
    room : int
        Bytes for the snapshots; the last is shipped in any case.

    Returns
    -------
    Run
        The shipped one.
    """
    folder = root / run.key
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "snapshots").mkdir(parents=True)
    snapshot = run.snapshot()
    assert snapshot
    last = save(_written(run.experiment, snapshot))
    fitting = room // len(last)
    steps = _some(run.steps, min(SNAPSHOTS, fitting)) if fitting > 1 else [snapshot.step]
    for step in steps:
        snapshot = run.snapshot(step)
        assert snapshot
        write_atomically(folder / "snapshots" / f"{step}.safetensors", save(_written(run.experiment, snapshot)))
    history = run.history
    lines = {event.step for event in _some(history, LINES)} | set(steps)
    log = [json.dumps(event._asdict()) + "\n" for event in history if event.step in lines]
    write_atomically(folder / "events.jsonl", "".join(log).encode())
    shutil.copy(run.folder / "experiment.json", folder)
    for name, baseline in run.baselines().items():
        content = save(_fitted(run.experiment, baseline))
        if len(content) <= LIGHT:
            (folder / "baselines").mkdir(exist_ok=True)
            write_atomically(folder / "baselines" / f"{name}.safetensors", content)
    shipped = Run(folder)
    shipped.write_state(replace(run.state, pid=0, born=0))
    return shipped


def _some(things: list[Any], most: int) -> list[Any]:
    """Return at most so many of some things, evenly spaced, the first and the last among them."""
    chosen = np.linspace(0, len(things) - 1, min(most, len(things)))
    return [things[round(i)] for i in chosen]


@torch.inference_mode()
def _written(experiment: Experiment, snapshot: Snapshot) -> dict[str, torch.Tensor]:
    """Return a snapshot's weights as they are shipped."""
    halves = _halved(snapshot.weights)
    x = posed(experiment, "test").inputs[:COMPARED]
    model, other = (revive(experiment, replace(snapshot, state=state)) for state in (snapshot.weights, whole(halves)))
    codes, others = model.encode(x), other.encode(x)
    same_codes = (codes - others).abs().max() <= VISIBLE * codes.std()
    same_pictures = _alike(experiment, x, model.decode(codes), other.decode(others))
    return halves if same_codes and same_pictures else snapshot.weights


@torch.inference_mode()
def _fitted(experiment: Experiment, baseline: Baseline) -> dict[str, torch.Tensor]:
    """Return what a baseline has learnt as it is shipped; PCA is most of a small run."""
    kept = baseline._asdict()
    if not isinstance(baseline, Pca):
        return kept
    x, halves = posed(experiment, "test").inputs[:COMPARED], _halved(kept)
    size = len(baseline.components)
    same = _alike(experiment, x, baseline.reconstruct(x, size), Pca(**whole(halves)).reconstruct(x, size))
    return halves if same else kept


def _halved(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def _alike(experiment: Experiment, x: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether nobody sees the difference between what two networks make of some inputs."""
    span = 1.0 if experiment.data.value_range == "unit" else 6 * float(x.std())
    return bool((one - other).abs().max() <= GREY * span)
