"""Goldens: what each method came to on one machine; the same bits on its like, the same result elsewhere.

`python tests/test_goldens.py` makes them anew, after a change that means to change results.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

import aecore as ae
from aecore import methods
from aecore.training import machine

FILE = Path(__file__).with_name("goldens.json")
SMALL = "data=digits&hidden=16&latent=4&steps=60&batch=32&rate=0.01&method={}"
# Roundings that differ by a bit grow with every step.
CLOSE = 1e-3


def golden(method: str) -> dict[str, object]:
    experiment = ae.Experiment.from_query(SMALL.format(method))
    *_, last = ae.train(experiment)
    digest = hashlib.sha256()
    for name, tensor in sorted(last.state.items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return {
        "machine": machine(experiment) | {"model": model()},
        "bits": digest.hexdigest(),
        "scores": last.scores,
        "terms": last.terms,
    }


def model() -> str:
    """Return the processor's make, as far as the system tells it: libraries choose their kernels by it."""
    told = Path("/proc/cpuinfo")
    text = told.read_text() if told.exists() else ""
    found = (re.search(rf"^{name}\s*: (.*)", text, re.M) for name in ("vendor_id", "cpu family", "model", "stepping"))
    return " ".join(one[1] for one in found if one)


@pytest.mark.parametrize("method", methods.TABLE)
def test_a_method_comes_to_what_it_came_to(method):
    kept, found = json.loads(FILE.read_text("utf-8"))[method], golden(method)
    for part in ("scores", "terms"):
        assert found[part] == pytest.approx(kept[part], rel=CLOSE)
    if found["machine"] == kept["machine"]:
        assert found["bits"] == kept["bits"]


if __name__ == "__main__":
    FILE.write_text(json.dumps({name: golden(name) for name in methods.TABLE}, indent=1) + "\n", "utf-8")
