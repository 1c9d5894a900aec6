"""Frames: a claimed run, trained from picture to picture, as a generator.

Each time it is asked it trains for about :data:`FRAME` seconds and writes what came of it, so that
whoever asks may take several runs in turn, wait, or stop between two frames.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from aecore import baselines
from aecore.baselines import Baseline
from aecore.datasets import DamagedFile, Data
from aecore.jobs import limits
from aecore.runs import Event, Record, Run, Stage, Wishes
from aecore.training import Diverged, Snapshot, alike, keyframes, train, train_together

# Seconds of training between two pictures; at least four pictures a second are promised.
FRAME = 0.2
# A picture may cost this share of the time that is trained for it; a large network gives fewer.
SHARE = 0.25
# Seconds between two single steps in slow motion.
SLOW = 0.3
# Seconds between two snapshots with the optimiser's state, which is twice as large as the weights.
RESUMABLE = 2.0

DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class Pace:
    """Steps at which frames are due, decided one by one from how long the last took.

    Parameters
    ----------
    step : int
        Where training begins.
    kept : sequence of int
        Rising steps that must not be passed over.
    """

    def __init__(self, step: int, kept: Sequence[int]) -> None:
        self.step = step
        self.kept = kept
        self.stride = 1
        self.wishes = Wishes()

    def took(self, step: int, seconds: float, more: float = 0.0) -> None:
        """Learn that getting to `step` took some seconds, and scoring and writing what was reached some more."""
        if step > self.step:
            # The first steps are slower than the rest: never leap on the word of one frame.
            wanted = int((step - self.step) * max(FRAME - more, more / SHARE) / max(seconds, 1e-6))
            self.stride = max(1, min(wanted, 4 * self.stride))
        self.step = step

    def __iter__(self) -> Iterator[int]:
        """Give the next step whenever it is asked for."""
        while True:
            bounds = [self.step + (1 if self.wishes.slow else self.stride)]
            if (following := bisect_right(self.kept, self.step)) < len(self.kept):
                bounds.append(self.kept[following])
            if self.wishes.until is not None and self.wishes.until > self.step:
                bounds.append(self.wishes.until)
            yield min(bounds)


def frames(run: Run, *, clock: Callable[[], float] = time.monotonic) -> Iterator[float]:
    """Train a claimed run and write its folder; give the time at which the next frame is due.

    Closing the generator keeps what was reached, ready to go on.

    Parameters
    ----------
    run : Run
        Claimed by :meth:`Runs.claim`; it goes on from its latest resumable snapshot.
    clock : callable
        Gives seconds.

    Raises
    ------
    OSError
        If not even the reason of a failure can be written into the folder.
    """
    experiment = run.experiment
    resume = resumable(run) or inherited(run)
    record: Record | None = None
    snapshot: Snapshot | None = None
    try:
        record = Record(run, resume)
        if run.wishes.stop:
            record.close("cancelled", "stopped")
            return
        pace = Pace(resume.step if resume else 0, keyframes(experiment))
        saved = began = clock()
        before = resume.seconds if resume else 0.0
        for snapshot in train(experiment, keyframes=pace, resume=resume):
            trained, before = snapshot.seconds - before, snapshot.seconds
            pace.took(snapshot.step, trained, max(clock() - began - trained, 0.0))
            record.add(snapshot)
            pace.wishes = run.wishes
            if snapshot.step < experiment.fit.steps:
                if not (history := run.history):
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(run.folder))
                if reason := why_stop(pace.wishes, history, f"watched_{experiment.task.main}"):
                    record.add_resumable(snapshot)
                    record.close("cancelled", reason, scores=snapshot.scores)
                    return
                if clock() - saved > RESUMABLE:
                    record.add_resumable(snapshot)
                    saved = clock()
            yield clock() + (SLOW if pace.wishes.slow else 0.0)
            # After the first picture, so that fitting a baseline keeps nobody waiting for it.
            if not run.baselines():
                record.add_baselines(fitted(experiment.data, experiment.task.baselines))
            began = clock()
        record.close("done", scores=snapshot.scores if snapshot else None)
    except GeneratorExit:
        if record and snapshot:
            record.add_resumable(snapshot)
            record.close("cancelled", "stopped", scores=snapshot.scores)
        raise
    except Diverged as trouble:
        (record or Record(run)).close("failed", "diverged", f"{trouble.term}@{trouble.step}")
    except DamagedFile as trouble:
        (record or Record(run)).close("failed", "damaged_data", trouble.name)
    except OSError as trouble:
        if record is None:
            raise
        record.close("failed", "disk_full" if trouble.errno in DISK_FULL else "unwritable")


def frames_together(runs: Sequence[Run], *, clock: Callable[[], float] = time.monotonic) -> Iterator[float]:
    """Train several claimed runs as :func:`frames` trains one: at once where they are alike and stand at one step.

    Each is written, stopped and ended by itself; those that are not alike go one after another.
    """
    experiments, resume = [run.experiment for run in runs], [resumable(run) for run in runs]
    there = [snapshot for snapshot in resume if snapshot]
    level = len({snapshot.step for snapshot in there}) == 1 if len(there) == len(runs) else not there
    if len(runs) == 1 or not level or len(alike(experiments)) > 1:
        for run in runs:
            yield from frames(run, clock=clock)
        return
    records: dict[Run, Record] = {}
    latest: dict[Run, Snapshot] = {}

    def close(reason: str, detail: str = "", *, stage: Stage = "failed") -> None:
        for run in list(records):
            records.pop(run).close(stage, reason, detail)

    try:
        records |= {run: Record(run, snapshot) for run, snapshot in zip(runs, resume, strict=True)}
        pace = Pace(there[0].step if there else 0, keyframes(experiments[0]))
        saved = began = clock()
        before = there[0].seconds if there else 0.0
        for frame in train_together(experiments, keyframes=pace, resume=there):
            found = {run: one for run, one in zip(runs, frame, strict=True) if run in records}
            latest = {run: one for run, one in found.items() if isinstance(one, Snapshot)}
            for run, trouble in found.items():
                if isinstance(trouble, Diverged):
                    records.pop(run).close("failed", "diverged", f"{trouble.term}@{trouble.step}")
            for run, snapshot in latest.items():
                _write(run, records, snapshot, clock() - saved > RESUMABLE)
            if clock() - saved > RESUMABLE:
                saved = clock()
            if not records:
                return
            one = next(iter(latest.values()))
            trained, before = len(runs) * (one.seconds - before), one.seconds
            pace.took(one.step, trained, max(clock() - began - trained, 0.0))
            pace.wishes = _common([run.wishes for run in records], one.step)
            yield clock() + (SLOW if pace.wishes.slow else 0.0)
            for run, record in records.items():
                if not run.baselines():
                    record.add_baselines(fitted(run.experiment.data, run.experiment.task.baselines))
            began = clock()
    except GeneratorExit:
        for run, snapshot in latest.items():
            if run in records:
                records[run].add_resumable(snapshot)
                records.pop(run).close("cancelled", "stopped", scores=snapshot.scores)
        raise
    except DamagedFile as damage:
        close("damaged_data", damage.name)
    except OSError as problem:
        if not records:
            raise
        close("disk_full" if problem.errno in DISK_FULL else "unwritable")


def _common(wishes: Sequence[Wishes], step: int) -> Wishes:
    """Return the pace that suits all: as slow as anybody wants, and with a halt where the next one stops."""
    later = (wish.until for wish in wishes if wish.until is not None and wish.until > step)
    return Wishes(until=min(later, default=None), slow=any(wish.slow for wish in wishes))


def _write(run: Run, records: dict[Run, Record], snapshot: Snapshot, resumable: bool) -> None:
    """Write a snapshot of a run among others; take its record away once the run has ended."""
    record, experiment = records[run], run.experiment
    record.add(snapshot)
    if snapshot.step == experiment.fit.steps:
        records.pop(run).close("done", scores=snapshot.scores)
    elif reason := why_stop(run.wishes, run.history, f"watched_{experiment.task.main}"):
        record.add_resumable(snapshot)
        records.pop(run).close("cancelled", reason, scores=snapshot.scores)
    elif resumable:
        record.add_resumable(snapshot)


def resumable(run: Run) -> Snapshot | None:
    """Return the latest snapshot from which a run can go on, unless the lines up to it were lost."""
    found = run.resumable()
    return found if found and any(event.step == found.step for event in run.history) else None


def inherited(run: Run) -> Snapshot | None:
    """Return how far the run beside it has come on the way to a run's start, if it is still kept.

    What led there comes along: its log and its kept snapshots. Training itself goes the rest of the way.
    """
    if run.experiment.start is None:
        return None
    ancestor, step = run.experiment.start
    before = Run(run.folder.parent / ancestor.key)
    snapshot = before.resumable()
    if snapshot is None or snapshot.step > step or not before.state.is_final:
        return None
    for part in ("snapshots", "baselines"):
        if (before.folder / part).exists():
            shutil.copytree(before.folder / part, run.folder / part, dirs_exist_ok=True)
    shutil.copy(before.folder / "events.jsonl", run.folder)
    return snapshot


def why_stop(wishes: Wishes, history: Sequence[Event], score: str) -> str:
    """Return why a run should stop now, or ``""``.

    Parameters
    ----------
    wishes : Wishes
        What its watchers want.
    history : sequence of Event
        The run's snapshots so far.
    score : str
        The name of the score that should fall.

    Examples
    --------
    >>> history = [Event(step, {}, {"error": 5.0}, 0.0) for step in range(40)]
    >>> why_stop(Wishes(error=5.5), history, "error"), why_stop(Wishes(plateau=True), history, "error")
    ('at_error', 'plateau')
    >>> why_stop(Wishes(until=50), history, "error")
    ''
    """
    latest = history[-1]
    if wishes.stop:
        return "stopped"
    if latest.seconds > limits.seconds():
        return "too_long"
    if wishes.until is not None and latest.step >= wishes.until:
        return "at_step"
    if wishes.error is not None and latest.scores[score] <= wishes.error:
        return "at_error"
    if wishes.plateau and len(history) >= 20:
        steps = np.array([event.step for event in history])
        errors = np.array([event.scores[score] for event in history])
        recent = steps > 0.8 * latest.step
        if errors[recent].min() > 0.99 * errors[~recent].min():
            return "plateau"
    return ""


@lru_cache(maxsize=8)
def fitted(data: Data, names: tuple[str, ...]) -> Mapping[str, Baseline]:
    """Return baselines fitted to the training part of the data, by name."""
    return {name: baselines.TABLE[name].fit(data.load("train")) for name in names}
