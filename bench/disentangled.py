"""Disentangling on four-factor sprites: each variant's recipe from five seeds, and β-VAE at the same error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

import aecore as ae
from aecore import views
from bench.row import Row

QUERY = "data=sprites&method=beta_vae"
SEEDS = range(5)
BETAS = (2, 4, 8)


class Runs(NamedTuple):
    """What the runs of one recipe came to, a number a seed."""

    gaps: list[float]
    errors: list[float]
    seconds: list[float]

    def __str__(self) -> str:
        """Return the spread in words."""
        return f"{min(self.gaps):.2f} to {max(self.gaps):.2f}, squared error {median(self.errors):.2f}"


def run(_: Path) -> Iterator[Row]:
    """Train every recipe from every seed."""
    best = trained("variant=btcvae")
    yield Row("β-TCVAE: MIG, median of five seeds", median(best.gaps), "", str(best), 0.45, "at least")
    yield Row("β-TCVAE: seconds of training, the slowest seed", max(best.seconds), "s", "", 60)
    plain = {beta: trained(f"variant=beta&beta={beta}") for beta in BETAS}
    curve = sorted((median(runs.errors), median(runs.gaps)) for runs in plain.values())
    at_the_same = float(np.interp(median(best.errors), *zip(*curve, strict=True)))
    beside = "; ".join(f"β-VAE at {beta}: {median(runs.gaps):.2f}, {runs}" for beta, runs in plain.items())
    gain = median(best.gaps) - at_the_same
    yield Row("β-TCVAE: MIG over that of β-VAE at the same error", gain, "", beside, 0.0, "at least")
    for variant, name in (("capacity", "rising capacity"), ("factor", "FactorVAE")):
        runs = trained(f"variant={variant}")
        beside = f"{runs}, {median(runs.seconds):.0f} s of training"
        yield Row(f"{name}: MIG, median of five seeds", median(runs.gaps), "", beside)


def trained(more: str) -> Runs:
    """Return what a recipe comes to from each seed."""
    found = []
    for seed in SEEDS:
        experiment = ae.Experiment.from_query(f"{QUERY}&{more}&seed={seed}")
        *_, last = ae.train(experiment, keyframes=())
        codes, factors = views.listed(views.grid(ae.revive(experiment, last), experiment.data))
        gap = views.mig(views.mutual_information(codes, factors), factors)
        found.append((gap, last.scores["test_error"], last.seconds))
    return Runs(*(list(column) for column in zip(*found, strict=True)))
