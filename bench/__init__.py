"""Benchmarks: every figure that is promised, each beside a peer or a bound measured in the same run.

`python -m aecore bench` runs them all, `python -m aecore bench training` one of them, `python -m aecore bench
applications.segmentation` a part of one; a new one is a file and a line in ``TABLE``.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from bench.row import Row

TABLE: dict[str, str] = {
    "training": "Training speed of every method at three sizes of a batch, against peers and the bound of its products",
    "sweep": "Sixteen runs on digits trained together, against one after another",
    "cluster": "A cluster on this machine: a sweep on eight workers, how soon a snapshot is seen, how soon a run stops",
    "recipe": "The MNIST recipe at d = 30, against PCA",
    "live": "A warm worker watched: first picture, pictures a second, what they cost, stopping, dying",
    "regularised": "Denoising, contractive and sparse: what each promises, and what a step costs",
    "pad": "The latent pad in a real browser: frames under the pointer, first draw, exactness",
    "explorer": "The latent explorer: UMAP in its process, many points in a browser",
    "disentangled": "The β-VAE's kin on four-factor sprites, five seeds each, against β-VAE at the same error",
    "variational": "The variational autoencoder: likelihoods against published ones",
    "applications": "The applications: the score of each beside its baseline, seconds and parameters",
    "app": "The app in a real browser: start, page switches, first picture, memory",
    "latency": "Seen latency of every kind of control in a real browser, at rest and while two runs are trained",
    "growth": "How the cost rises with the batch, the width, the code, the points shown and the visitors",
    "load": "Fifty visitors at once on one server, then half an hour of them who come and go",
    "faults": "Processes killed, disks full, files lost or cut: faults tried, survived, and results lost",
    "fuzz": "A million hostile inputs for the readers of what strangers send",
    "scrub": "Going back in time in a real browser: from the slider to the last picture",
}


def measure(names: Sequence[str], out: Path) -> int:
    """Run the named benchmarks, all by default; print and save the table; return how many rows fall short."""
    unknown = sorted(name for name in names if name.partition(".")[0] not in TABLE)
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(TABLE)}.")
        return 2
    rows: list[Row] = []
    for name in names or TABLE:
        whole, _, part = name.partition(".")
        run: Callable[..., Iterator[Row]] = import_module(f"bench.{whole}").run
        print(f"\n{TABLE[whole]}{part and f': {part}'}")
        for row in run(out, part) if part else run(out):
            print("  " + row.line(), flush=True)
            rows.append(row)
    out.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    table = {"machine": machine, "rows": [row._asdict() | {"reached": row.reached} for row in rows]}
    (out / "table.json").write_text(json.dumps(table, indent=1), "utf-8")
    (out / "table.md").write_text(as_markdown(rows), "utf-8")
    short = [row.figure for row in rows if row.reached is False]
    print(f"\n{len(rows)} rows, {len(short)} fall short" + "".join(f"\n  - {figure}" for figure in short))
    return int(bool(short))


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| figure | measured | beside | goal | reached |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines) + "\n"
