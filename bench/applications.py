"""The applications: the score of each beside its baseline, the seconds that it took and the network's parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch

import aecore as ae
from aecore import chemistry, gallery, views
from aecore.networks import Autoencoder
from bench.row import Row

MOLECULES = "data=molecules&task=molecules&method=beta_vae&steps=6000"
DRAWN = 1000


def run(_: Path) -> Iterator[Row]:
    """Measure every application."""
    for application in APPLICATIONS:
        yield from application()


def molecules() -> Iterator[Row]:
    """Rebuild held-out molecules and draw new ones."""
    experiment, model, seconds = trained(MOLECULES)
    data = experiment.data
    x, nearest = views.known(data, "test").inputs, views.nearest_rebuilt(data)
    with torch.inference_mode():
        ours = views.rebuilt_share(model(x), x)
    cost = f"{seconds:.0f} s of training, {parameters(model):,} parameters"
    for kind, name in (("whole", "molecules that come back whole"), ("tokens", "tokens that come back")):
        beside = f"the most similar training molecule instead: {100 * getattr(nearest, kind):.1f} %; {cost}"
        yield Row(f"drug discovery: held-out {name}", 100 * getattr(ours, kind), "%", beside)

    found = {
        "fitted Gaussian": views.worth(data, views.draw(model, data, DRAWN, 0, prior=False)),
        "prior": views.worth(data, views.draw(model, data, DRAWN, 0, prior=True)),
        "random tokens": views.worth(data, views.random_smiles(data, DRAWN, 0)),
        "training molecules": views.worth(data, views.training_smiles(data, DRAWN, 0)),
    }
    for kind, goal in (("valid", 100), ("unique", 95), ("novel", 90)):
        ours, *others = ((name, 100 * getattr(one, kind)) for name, one in found.items())
        beside = "; ".join(f"{name} {share:.1f} %" for name, share in others)
        yield Row(f"drug discovery: {kind} of {DRAWN:,} from the {ours[0]}", ours[1], "%", beside, goal, "at least")
    for i, name in enumerate(chemistry.PROPERTIES):
        ours, *others = ((source, one.gaps[i]) for source, one in found.items())
        beside = "; ".join(f"{source} {gap:.2f}" for source, gap in others)
        yield Row(f"drug discovery: gap in {name} from held-out molecules", ours[1], "σ", beside)
        guess = views.probe(model, data, i)
        yield Row(f"drug discovery: R² of a linear probe of {name}, held out", guess.r2)


def trained(query: str) -> tuple[ae.Experiment, Autoencoder, float]:
    """Return a model and the seconds of its training: the gallery's if it is shipped, else one trained now."""
    experiment = ae.Experiment.from_query(query)
    run = gallery.run_of(experiment)
    last = run.snapshot() if run else None
    if last is None:
        *_, last = ae.train(experiment, keyframes=())
    return experiment, ae.revive(experiment, last), last.seconds


def parameters(model: Autoencoder) -> int:
    """Return how many numbers a network has learnt."""
    return sum(weight.numel() for weight in model.parameters())


APPLICATIONS: tuple[Callable[[], Iterator[Row]], ...] = (molecules,)
