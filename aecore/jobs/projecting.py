"""The projecting process: lays out the codes named on its standard input, one after another.

Each line that comes in is a JSON object with the ``experiment``, the ``folder`` of its run, the ``step``,
the ``projection`` and the file that its layout goes ``to``. Each line that goes out is the ``share`` that
is done, or how it ended: ``done``, or the ``trouble``. The process ends when its input does, or when its
parent has gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from safetensors.numpy import save

from aecore import views
from aecore.datasets import DamagedFile
from aecore.experiment import Experiment
from aecore.jobs import limits
from aecore.jobs.frames import DISK_FULL
from aecore.jobs.worker import follow_parent
from aecore.runs import Run, write_atomically
from aecore.training import examples, revive
from aecore.views import Projection


def lay_out(wanted: dict[str, Any], progress: Callable[[float], None]) -> None:
    """Carry out one line."""
    experiment = Experiment.from_dict(wanted["experiment"])
    snapshot = Run(Path(wanted["folder"])).snapshot(wanted["step"])
    model = revive(experiment, snapshot) if snapshot else experiment.build().eval()
    projection = Projection(**wanted["projection"])
    codes = views.survey(model, [part.inputs for part in examples(experiment, projection.points)]).codes
    found = views.project(codes, projection, progress=progress)
    to = Path(wanted["to"])
    to.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(to, save({"points": found.points}))


def serve(lines: TextIO, answers: TextIO) -> None:
    """Lay out what the lines ask for until they end."""

    def answer(**said: object) -> None:
        print(json.dumps(said), file=answers, flush=True)

    for line in lines:
        try:
            lay_out(json.loads(line), lambda share: answer(share=share))
            answer(done=True)
        except DamagedFile as trouble:
            answer(trouble="damaged_data", detail=trouble.name)
        except OSError as trouble:
            answer(trouble="disk_full" if trouble.errno in DISK_FULL else "unwritable")
        except Exception:
            traceback.print_exc()
            answer(trouble="crashed")


if __name__ == "__main__":
    # Behind the training that somebody watches, and behind the pages.
    os.nice(5)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Whatever a library prints must not be taken for an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    limits.confine()
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
    serve(sys.stdin, answers)
