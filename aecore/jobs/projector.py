"""The projector: lays codes out in a process of its own, started when first asked for."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TextIO, TypeAlias, cast

from safetensors import SafetensorError
from safetensors.numpy import load_file

from aecore.experiment import Experiment
from aecore.jobs import limits
from aecore.jobs.local import surroundings
from aecore.runs import Run
from aecore.views import Projected, Projection

# Seconds without a wish after which the process, and the memory that it holds, is given back.
IDLE = 600.0
# Wishes whose end is remembered.
REMEMBERED = 64

Stage: TypeAlias = Literal["waiting", "running", "done", "cancelled", "failed"]


@dataclass
class Wish:
    """A layout that somebody has asked for.

    Attributes
    ----------
    line : str
        What the process is told.
    stage : {"waiting", "running", "done", "cancelled", "failed"}
    share : float
        How much of it is done; 0 until the layout itself has begun.
    reason : str
        Why it failed: ``projector_died``, ``damaged_data``, ``disk_full``, ``unwritable`` or ``crashed``; the key of a
        sentence.
    detail : str
        The name of a damaged file.
    """

    line: str
    stage: Stage = "waiting"
    share: float = 0.0
    reason: str = ""
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.stage in ("done", "cancelled", "failed")


class Projector:
    """Lays codes out one after another, beside whatever else goes on.

    The process stays, since a first UMAP has to be compiled; what is stopped ends with its process.
    """

    def __init__(self) -> None:
        self._wishes: OrderedDict[Path, Wish] = OrderedDict()
        self._queue: queue.Queue[Wish | None] = queue.Queue()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._temporary: TemporaryDirectory[str] | None = None
        self._thread: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process's id, if there is one now."""
        return self._process.pid if self._process else None

    def ask(self, experiment: Experiment, run: Run, step: int, projection: Projection, to: Path) -> Wish:
        """Ask for a layout of a run's codes at a step; whoever asks for one under way shares it.

        Parameters
        ----------
        experiment : Experiment
        run : Run
            Its folder; without a snapshot of that step the untrained network is meant.
        step : int
        projection : Projection
            Fitted to the number of samples.
        to : Path
            Where the layout is kept.
        """
        wanted = {
            "experiment": experiment.to_dict(),
            "folder": str(run.folder),
            "step": step,
            "projection": projection.to_dict(),
            "to": str(to),
        }
        with self._lock:
            wish = self._wishes.get(to)
            if wish is None or wish.is_final:
                wish = self._wishes[to] = Wish(json.dumps(wanted))
                self._wishes.move_to_end(to)
                for old in [path for path, one in self._wishes.items() if one.is_final][:-REMEMBERED]:
                    del self._wishes[old]
                self._queue.put(wish)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, daemon=True)
                self._thread.start()
        return wish

    def wish(self, to: Path) -> Wish | None:
        """Return what has become of a layout that was asked for."""
        return self._wishes.get(to)

    def cancel(self, to: Path) -> None:
        """Stop a layout, whether it waits or is under way."""
        with self._lock:
            wish = self._wishes.get(to)
            if wish is None or wish.is_final:
                return
            running, wish.stage = wish.stage == "running", "cancelled"
            if running and self._process:
                self._process.kill()
                self._process.wait()

    def close(self) -> None:
        """End the process and whatever it does."""
        with self._lock:
            thread, process = self._thread, self._process
            for wish in self._wishes.values():
                if not wish.is_final:
                    wish.stage = "cancelled"
            self._queue.put(None)
            if process:
                process.kill()
        if thread:
            thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                wish = self._queue.get(timeout=IDLE if self._process else None)
            except queue.Empty:
                self._end()
                continue
            if wish is None:
                self._end()
                return
            self._carry_out(wish)

    def _carry_out(self, wish: Wish) -> None:
        with self._lock:
            if wish.is_final:
                return
            wish.stage = "running"
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._temporary = limits.folder()
                self._process = _started(self._temporary.name)
            process = self._process
        with contextlib.suppress(BrokenPipeError, ValueError):
            print(wish.line, file=process.stdin, flush=True)
        # A process that is killed may leave a torn line.
        with contextlib.suppress(ValueError):
            for line in cast("TextIO", process.stdout):
                said = json.loads(line)
                wish.share = said.get("share", wish.share)
                if "share" not in said:
                    self._finish(wish, said.get("trouble", ""), said.get("detail", ""))
                    return
        self._finish(wish, "projector_died")
        self._end()

    def _finish(self, wish: Wish, reason: str, detail: str = "") -> None:
        with self._lock:
            if not wish.is_final:
                wish.reason, wish.detail = reason, detail
                wish.stage = "failed" if reason else "done"

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()
        if self._temporary:
            self._temporary.cleanup()


def kept(path: Path) -> Projected | None:
    """Return a layout that was written earlier."""
    try:
        return Projected(load_file(path)["points"])
    except (OSError, KeyError, SafetensorError):
        return None


def _started(temporary: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "aecore.jobs.projecting"]
    environment = os.environ | surroundings(temporary)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
