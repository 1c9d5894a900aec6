"""How far the MNIST recipe gets in a minute, and its curve."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import aecore as ae
from aecore.baselines import Pca
from bench.row import Row

QUERY = "data=mnist&net=mlp&hidden=512,256&latent=30&steps=7000&batch=128&rate=0.01&seed=0"


def run(out: Path) -> Iterator[Row]:
    """Train once, with the data already read, by the clock on the wall."""
    experiment = ae.Experiment.from_query(QUERY)
    train, test = experiment.data.load("train"), experiment.data.load("test")
    pca = float(Pca.fit(train).errors(test.inputs)[experiment.net.latent - 1])
    began = time.perf_counter()
    curve = [(snapshot.step, snapshot.seconds, snapshot.scores) for snapshot in ae.train(experiment)]
    seconds = time.perf_counter() - began
    out.mkdir(parents=True, exist_ok=True)
    facts = [{"step": step, "seconds": spent, **scores} for step, spent, scores in curve]
    (out / "recipe.json").write_text(json.dumps({"query": QUERY, "pca": pca, "curve": facts}, indent=1), "utf-8")
    error = curve[-1][2]["test_error"]
    beside = f"PCA {pca:.2f}; Hinton and Salakhutdinov (2006) report 3.00 and 13.87"
    yield Row("test error at d = 30, squared, a digit", error, "", beside, 3.5)
    yield Row("seconds for it on the wall", seconds, "s", f"{experiment.fit.steps:,} steps", 60)
