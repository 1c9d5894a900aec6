"""The regularised family: what each method promises of what it learns, and what a step of it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import torch

import aecore as ae
from aecore import views
from aecore.baselines import Ica
from bench.peers import Peer
from bench.row import Row

WHITE = "data=patches&size=10&whiten=1&method=sparse"
SMALL = (64, 49, 64)
BATCH = 100
STEPS = 4000
ROUNDS = 5


def run(_: Path) -> Iterator[Row]:
    """Measure every promise of the three lessons."""
    yield from targets()
    yield from edges()
    yield from contraction()
    yield from denoising()
    yield from steps()


def trained(query: str) -> tuple[ae.Experiment, ae.training.Snapshot]:
    """Train and return the experiment with its last snapshot."""
    experiment = ae.Experiment.from_query(query)
    *_, last = ae.train(experiment, keyframes=())
    return experiment, last


def targets() -> Iterator[Row]:
    """Measure how near every unit's mean activation on held-out data comes to ρ under the deck's rule."""
    for data, link in (("patches", WHITE), ("MNIST", "data=mnist&method=sparse")):
        for rho in (-0.95, -0.9, -0.8, -0.5):
            experiment, last = trained(f"{link}&rho={rho}")
            means = ae.revive(experiment, last).encode(experiment.data.load("test").inputs).mean(0).detach()
            away = (means - rho).abs()
            name = f"{data}, ρ = {rho}: mean activation away from ρ"
            yield Row(f"{name}, mean over units", float(away.mean()), "", "", 0.03)
            yield Row(f"{name}, 95 % of units", float(away.quantile(0.95)), "", "", 0.06)


def edges() -> Iterator[Row]:
    """Measure which share of the filters a Gabor function explains, beside FastICA in the same run."""
    data = ae.Experiment.from_query(WHITE).data
    ica = f"FastICA {100 * views.gabor_share(Ica.fit(data.load('train')).filters.numpy()):.0f} %"
    recipes = {
        "topk": ("", 90.0),
        "kl": ("", 60.0),
        "bias": ("", None),
        "bias with weight decay": ("&rho=-0.95&decay=0.1&rate=0.01&latent=128", None),
        "l1": ("", None),
    }
    for name, (more, goal) in recipes.items():
        experiment, last = trained(f"{WHITE}&rule={name.split()[0]}{more}")
        share = 100 * views.gabor_share(views.filters(ae.revive(experiment, last)))
        yield Row(f"{name}: filters with a Gabor fit of R² ≥ 0.6", share, "%", ica, goal, "at least")
        if name == "topk":
            yield Row("topk: seconds of training for it", last.seconds, "s", "", 15)


def contraction() -> Iterator[Row]:
    """Measure the spectrum with the penalty beside that without, and the cost of a step."""
    shares, seconds = {}, {}
    for strength in (0.0, 1.0):
        experiment, last = trained(f"data=mnist&method=contractive&strength={strength}")
        values = views.singular_values(ae.revive(experiment, last), experiment.data.load("test").inputs)
        shares[strength], seconds[strength] = values[:10].sum() / values.sum(), last.seconds
    beside = f"share {shares[0.0]:.3f} at λ = 0, {shares[1.0]:.3f} at λ = 1"
    yield Row(
        "ten leading singular values: share over that at λ = 0", shares[1.0] / shares[0.0], "×", beside, 2, "at least"
    )
    yield Row("cost of a penalised step, one layer", seconds[1.0] / seconds[0.0], "×", "the same step at λ = 0", 2)


def denoising() -> Iterator[Row]:
    """Measure the agreement with the true score, and the gain over non-local means."""
    for name in ("ring", "spiral", "moons"):
        experiment, last = trained(f"data={name}&method=denoising")
        found = views.cosine(ae.revive(experiment, last), experiment.data, experiment.method.level)
        goal = None if name == "moons" else 0.9
        yield Row(f"{name}: mean cosine with the score within one σ", found, "", "1 is exact", goal, "at least")
    experiment, last = trained("data=mnist&method=denoising&level=0.5")
    x = experiment.data.load("test").inputs[:200]
    names = ("wiener", "median", "non_local_means")
    fitted = {name: views.denoiser(name, experiment.data, "gaussian", 0.5) for name in names}
    found = views.denoised(ae.revive(experiment, last), experiment.data, x, "gaussian", 0.5, fitted)
    ratios = dict(zip(found.names, found.psnr.mean(1), strict=True))
    beside = ", ".join(f"{name} {ratios[name]:.2f} dB" for name in ("rebuilt", *names))
    gain = ratios["rebuilt"] - ratios["non_local_means"]
    yield Row("MNIST at σ = 0.5: PSNR above non-local means", gain, "dB", beside, 4, "at least")


def steps() -> Iterator[Row]:
    """Measure steps a second of a small net beside a plain loop."""
    links = {"sparse": "method=sparse", "denoising": "method=denoising"}
    speeds: dict[str, list[float]] = {name: [] for name in ("plain", *links)}
    with Peer("plain", SMALL, BATCH, STEPS) as peer:
        for seed in range(ROUNDS):
            speeds["plain"].append(peer.race(seed) / BATCH)
            for name, link in links.items():
                _, last = trained(f"data=digits&{link}&hidden=&latent=49&batch={BATCH}&steps={STEPS}&seed={seed}")
                speeds[name].append(STEPS / last.seconds)
    beside = f"plain DataLoader loop {median(speeds['plain']):,.0f} steps/s on {torch.get_num_threads()} threads"
    for name in links:
        ratio = median(ours / plain for ours, plain in zip(speeds[name], speeds["plain"], strict=True))
        yield Row(f"{name} step, 64-49-64, batch 100, over a plain loop", ratio, "×", beside, 2.5, "at least")
