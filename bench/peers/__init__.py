"""Peers: others' ways to train the same net, each in a process of its own with its libraries' own settings."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]


class Peer:
    """A peer's process; each race trains anew and gives samples a second.

    Parameters
    ----------
    name : str
        The module of this package that trains.
    widths : sequence of int
        From the input through the code to the output.
    batch, steps : int
        Samples in a batch, batches in a race.
    method : str
        What is trained, for a peer that knows several.
    """

    def __init__(
        self, name: str, widths: tuple[int, ...], batch: int, steps: int, method: str = "undercomplete"
    ) -> None:
        task = json.dumps({"widths": widths, "batch": batch, "steps": steps, "method": method})
        # Our own choice of OpenMP's spinning is not theirs.
        settings = {key: value for key, value in os.environ.items() if key != "GOMP_SPINCOUNT"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"bench.peers.{name}", task],
            cwd=ROOT,
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def race(self, seed: int) -> float:
        """Train once and return samples a second."""
        print(seed, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()  # type: ignore[union-attr]
        if not answer:
            raise RuntimeError(f"{shlex.join(self.process.args)} has ended; run it by hand to see why")  # type: ignore[arg-type]
        return float(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()


def serve(race: Callable[[list[int], int, int, int, str], float]) -> None:
    """Run a race for each seed that comes in; for a peer's own process."""
    task = json.loads(sys.argv[1])
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for seed in sys.stdin:
        print(race(task["widths"], task["batch"], task["steps"], int(seed), task["method"]), file=answers, flush=True)


def digits(count: int):  # type: ignore[no-untyped-def]
    """Return `count` rows of MNIST in [0, 1], from the first again after the last, without the library measured."""
    import numpy as np

    with np.load(ROOT / "assets" / "data" / "mnist.npz") as archive:
        x = archive["x_train"].reshape(-1, 784).astype(np.float32) / 255
    return x[np.arange(count) % len(x)]
