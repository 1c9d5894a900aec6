"""The worker: a process that trains the runs named on its standard input, several in turn.

Each line that comes in is a JSON object with the ``folders`` of claimed runs that are trained together, most often
of one, and whether they stay in the ``background``. Each line that goes out names a ``folder`` that has ended and,
where the folder could not be written, the ``trouble``. The process ends when its input does, or when its parent has
gone.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from aecore.jobs import limits
from aecore.jobs.frames import DISK_FULL, frames_together
from aecore.runs import Run

# Runs that are trained in turn; those that come later wait until one has ended.
AT_ONCE = 4


@dataclass
class Turn:
    """A run under way, or several together: their frames, and when the next is due."""

    runs: list[Run]
    frames: Iterator[float]
    background: bool
    due: float = 0.0


def serve(lines: TextIO, answers: TextIO) -> None:
    """Train what the lines ask for until they end."""
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines, asked), daemon=True).start()
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
    turns: list[Turn] = []
    while True:
        turns += [_turn(line) for line in _pending(asked, turns)]
        ready = [turn for turn in _served(turns) if turn.due <= time.monotonic()]
        if not ready:
            continue
        turn = min(ready, key=lambda turn: turn.due)
        trouble = _advance(turn)
        if trouble is not None:
            turns.remove(turn)
            for run in turn.runs:
                answer = {"folder": str(run.folder)} | ({"trouble": trouble} if trouble else {})
                print(json.dumps(answer), file=answers, flush=True)


def _listen(lines: TextIO, asked: queue.SimpleQueue[str]) -> None:
    for line in lines:
        asked.put(line)
    asked.put("")


def follow_parent(parent: int) -> None:
    """End this process as soon as its parent has gone."""
    while os.getppid() == parent:
        time.sleep(1)
    limits.leave()
    os._exit(1)


def _pending(asked: queue.SimpleQueue[str], turns: list[Turn]) -> Iterator[str]:
    """Give the lines that have come; wait for one while no run is due."""
    served = _served(turns)
    wait = max(0.0, min(turn.due for turn in served) - time.monotonic()) if served else None
    while True:
        try:
            line = asked.get(block=wait is None or wait > 0, timeout=wait)
        except queue.Empty:
            return
        if not line:
            for turn in turns:
                turn.frames.close()  # type: ignore[attr-defined]
            os._exit(0)
        yield line
        wait = 0.0


def _turn(line: str) -> Turn:
    wanted = json.loads(line)
    runs = [Run(Path(folder)) for folder in wanted["folders"]]
    return Turn(runs, frames_together(runs), wanted["background"])


def _served(turns: list[Turn]) -> list[Turn]:
    """Return the runs that take turns now: the first to come, those in the background only without others.

    Whoever waits but is to stop need not wait for that.
    """
    foreground = [turn for turn in turns if not turn.background]
    served = (foreground or turns[:1])[:AT_ONCE]
    return served + [turn for turn in turns if turn not in served and all(run.wishes.stop for run in turn.runs)]


def _advance(turn: Turn) -> str | None:
    """Make one frame; once all has ended return what was wrong, or ``""``."""
    try:
        turn.due = next(turn.frames)
    except StopIteration:
        return ""
    except OSError as trouble:
        return "disk_full" if trouble.errno in DISK_FULL else "unwritable"
    except Exception:
        traceback.print_exc()
        return "crashed"
    return None


if __name__ == "__main__":
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Whatever a library prints must not be taken for an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    limits.confine()
    print(json.dumps({"ready": os.getpid()}), file=answers, flush=True)
    serve(sys.stdin, answers)
