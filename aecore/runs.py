"""Runs: a training on disk, as one folder that every writer writes and every reader reads alike.

A run folder holds

``experiment.json``
    The experiment, as :meth:`Experiment.to_dict` gives it.
``state.json``
    Where the run stands: a :class:`State`.
``events.jsonl``
    One line a snapshot: step, terms, scores, seconds. A torn last line is passed over.
``snapshots/<step>.safetensors``
    The model's weights at a step.
``resume.safetensors``
    Weights and optimiser at the latest step from which training can go on.
``baselines/<name>.safetensors``
    What the task's baselines learnt from the same data.
``wishes.json``
    What the watcher wants: stop, one step, slow motion, when to stop by itself.

Each file but the log appears by write-then-rename. Nothing is pickled.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from aecore import baselines
from aecore.baselines import Baseline
from aecore.experiment import Experiment
from aecore.training import Snapshot, keyframes, machine

Stage: TypeAlias = Literal["absent", "queued", "running", "done", "cancelled", "failed"]
FINAL: frozenset[Stage] = frozenset({"done", "cancelled", "failed"})

STEP = re.compile(r"\d{1,9}", re.ASCII)
# What reading a file raises that is torn, or that a stranger wrote.
UNREADABLE = (OSError, SafetensorError, KeyError, TypeError, ValueError, AttributeError, RecursionError)
_T = TypeVar("_T")

# Freed when the disk is full, so that the run can still say why it ended.
RESERVE = 64 * 1024


@dataclass(frozen=True)
class State:
    """Where a run stands.

    Attributes
    ----------
    stage : Stage
        ``absent`` until somebody asks for the run.
    step : int
        The latest step with a snapshot.
    reason : str
        Why it ended before its time: ``stopped``, ``at_step``, ``at_error``, ``plateau``,
        ``too_long``, ``diverged``, ``worker_died``, ``gave_up``, ``interrupted``, ``disk_full``, ``unwritable``,
        ``damaged_data`` or ``crashed``; the key of a sentence.
    detail : str
        The name of the term that diverged, of the damaged file, and so on.
    seconds : float
        Time spent training.
    scores : dict
        The scores of the latest snapshot, once it has ended; of a run that is done also those on all
        held-out samples.
    pid, born : int
        The process that trains it, and when that started, in the kernel's ticks.
    machine : dict of str
        What it was trained on, as :func:`aecore.training.machine` says it; of older runs nothing.
    """

    stage: Stage = "absent"
    step: int = 0
    reason: str = ""
    detail: str = ""
    seconds: float = 0.0
    scores: dict[str, float] | None = None
    pid: int = 0
    born: int = 0
    machine: dict[str, str] | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen unless somebody asks for it."""
        return self.stage in FINAL


@dataclass(frozen=True)
class Wishes:
    """What a watcher wants of a run.

    Attributes
    ----------
    stop : bool
        Stop now and keep what was reached.
    until : int or None
        Stop at this step.
    error : float or None
        Stop once the watched error is at most this.
    plateau : bool
        Stop once the watched error has not fallen by 1 % during the last fifth of the steps taken.
    slow : bool
        Take a few single steps a second.
    """

    stop: bool = False
    until: int | None = None
    error: float | None = None
    plateau: bool = False
    slow: bool = False


class Event(NamedTuple):
    """One line of a run's log."""

    step: int
    terms: dict[str, float]
    scores: dict[str, float]
    seconds: float


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or none of it.

    Raises
    ------
    OSError
        If the disk is full or the folder can't be written; the file is then as it was before.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def birth_of(pid: int) -> int:
    """Return when a process started, in the kernel's ticks; 0 where there is none, none but its name, or no telling."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(said[19]) if said[0] not in "ZX" else 0
    except (OSError, IndexError, ValueError):
        return 0


def lives(pid: int, born: int) -> bool:
    """Whether there is a process with an id still, and it is the one that started then."""
    if Path("/proc/self/stat").exists():
        return birth_of(pid) == born != 0
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Run:
    """A run folder, seen by a reader.

    Parameters
    ----------
    folder : Path
        It need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._history: list[Event] = []
        self._log = (0, 0)
        self._read = 0
        self._held: list[tuple[int, int, int]] = []
        # Pages of many visitors share one reader.
        self._reading = threading.Lock()

    @property
    def _said(self) -> Path:
        return self.folder / "experiment.json"

    @property
    def key(self) -> str:
        """The key of its experiment."""
        return self.folder.name

    @property
    def experiment(self) -> Experiment:
        """The experiment that it trains.

        Raises
        ------
        FileNotFoundError, ValueError
            If the folder is absent or its experiment can't be read.
        """
        return Experiment.from_dict(json.loads(self._said.read_text("utf-8")))

    @property
    def state(self) -> State:
        """Where it stands now; a run whose process has gone has failed, and so has one whose last step was lost."""
        try:
            state = _made(State, json.loads((self.folder / "state.json").read_text("utf-8")))
        except UNREADABLE:
            return State()
        if state.stage in ("queued", "running") and not lives(state.pid, state.born):
            latest = self.history[-1] if self.history else None
            return replace(state, stage="failed", reason="interrupted", step=latest.step if latest else 0)
        if state.stage == "done" and not self._holds(state.step):
            return replace(state, stage="failed", reason="interrupted")
        return state

    def _holds(self, step: int) -> bool:
        """Whether a step's line, all of its weights and what it is the result of are there."""
        if not self.history or self.history[-1].step != step:
            return False
        weights = self.folder / "snapshots" / f"{step}.safetensors"
        try:
            found = [(file.st_ino, file.st_mtime_ns, file.st_size) for file in (weights.stat(), self._said.stat())]
            if found != self._held and _is_whole(weights) and self.experiment:
                self._held = found
        except UNREADABLE:
            return False
        return found == self._held

    @property
    def history(self) -> list[Event]:
        """Every snapshot's numbers so far, in order."""
        with self._reading:
            return self._read_on()

    def _read_on(self) -> list[Event]:
        try:
            with (self.folder / "events.jsonl").open("rb") as log:
                file = os.fstat(log.fileno())
                if (file.st_ino, file.st_dev) != self._log or file.st_size < self._read:
                    self._log, self._read, self._history = (file.st_ino, file.st_dev), 0, []
                log.seek(self._read)
                whole, newline, _ = log.read().rpartition(b"\n")
        except OSError:
            return []
        self._read += len(whole) + len(newline)
        found = list(_events(whole))
        # Two processes that train one run, which both give the same, may each write a step's line.
        reached = self._history[-1].step if self._history else -1
        before = accumulate((event.step for event in found), max, initial=reached)
        self._history = self._history + [event for event, most in zip(found, before, strict=False) if event.step > most]
        return self._history

    @property
    def steps(self) -> list[int]:
        """The steps whose weights are kept, rising."""
        found = _listed(self.folder / "snapshots", "[0-9]*.safetensors")
        return sorted(int(path.stem) for path in found if STEP.fullmatch(path.stem))

    def snapshot(self, step: int | None = None) -> Snapshot | None:
        """Return the weights and numbers of a step, by default of the latest one.

        Returns
        -------
        Snapshot or None
            Without the optimiser's state; ``None`` if nothing is kept for that step.
        """
        for wanted in [step] if step is not None else self.steps[::-1]:
            # A writer may have replaced the latest one since the folder was listed.
            with contextlib.suppress(*UNREADABLE):
                state = whole(_read(self.folder / "snapshots" / f"{wanted}.safetensors")[0])
                event = next((event for event in reversed(self.history) if event.step == wanted), None)
                if event:
                    return Snapshot(event.step, event.terms, event.scores, state, event.seconds)
        return None

    def resumable(self) -> Snapshot | None:
        """Return the latest snapshot from which training can go on, optimiser and all."""
        try:
            state, words = _read(self.folder / "resume.safetensors")
            event = _made(Event, json.loads(words["snapshot"]))
            return Snapshot(event.step, event.terms, event.scores, state, event.seconds)
        except UNREADABLE:
            return None

    def baselines(self) -> dict[str, Baseline]:
        """Return the baselines that were fitted to the same data, by name; none before the second frame."""
        found: dict[str, Baseline] = {}
        for path in _listed(self.folder / "baselines", "[a-z]*.safetensors"):
            with contextlib.suppress(*UNREADABLE):
                found[path.stem] = baselines.TABLE[path.stem](**whole(_read(path)[0]))
        return found

    @property
    def wishes(self) -> Wishes:
        """What its watchers want."""
        try:
            return _made(Wishes, json.loads((self.folder / "wishes.json").read_text("utf-8")))
        except UNREADABLE:
            return Wishes()

    def wish(self, **changes: Any) -> None:
        """Say what a watcher wants, by the names of :class:`Wishes`."""
        wishes = replace(self.wishes, **changes)
        write_atomically(self.folder / "wishes.json", json.dumps(asdict(wishes)).encode())

    def write_state(self, state: State) -> None:
        """Write where it stands; for its one writer, or for whoever finds that the writer has gone."""
        write_atomically(self.folder / "state.json", json.dumps(asdict(state)).encode())

    def cancel(self) -> None:
        """Ask for a stop; what was reached is kept."""
        self.wish(stop=True)


def whole(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors in single precision where they are kept in half."""
    return {name: tensor.float() if tensor.dtype == torch.float16 else tensor for name, tensor in state.items()}


def _is_whole(path: Path) -> bool:
    """Whether a file of tensors has the length that it says."""
    try:
        with path.open("rb") as file:
            header = int.from_bytes(file.read(8), "little")
            size = os.fstat(file.fileno()).st_size
            if not 2 <= header <= size - 8:
                return False
            said = json.loads(file.read(header))
            ends = (said[name]["data_offsets"][1] for name in said if name != "__metadata__")
            return size == 8 + header + max(ends, default=0)
    except UNREADABLE:
        return False


def _listed(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except FileNotFoundError:  # it was taken away under the listing
        return []


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return a file's tensors and words, read at once: while one is mapped, its writer may take it away."""
    content = path.read_bytes()
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    return load(content), json.loads(header).get("__metadata__", {})


def _events(lines: bytes) -> Iterator[Event]:
    for line in lines.splitlines():
        with contextlib.suppress(*UNREADABLE):
            yield _made(Event, json.loads(line))


def _made(kind: Callable[..., _T], said: Mapping[str, object]) -> _T:
    """Return what a file says of itself as a value of a kind.

    Raises
    ------
    TypeError, ValueError
        If a name is not the kind's, or a value not of its type.
    """
    types = _types(kind)
    if wrong := [name for name, value in said.items() if not _is(value, types.get(name))]:
        raise ValueError(f"{', '.join(wrong)}: not what stands there")
    return kind(**said)


_types = lru_cache(get_type_hints)


def _is(value: object, wanted: Any) -> bool:
    """Whether a value out of JSON is of a type: a number, a text, or a flat dictionary of them."""
    kind, parts = get_origin(wanted), get_args(wanted)
    if kind is Literal:
        return value in parts
    if kind is UnionType:
        return any(_is(value, part) for part in parts)
    if kind is dict:
        return isinstance(value, dict) and all(_is(one, parts[1]) for one in value.values())
    if wanted in (int, float):
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
        return whole or (wanted is float and isinstance(value, float))
    return wanted is not None and isinstance(value, wanted)


class Record:
    """A run folder, seen by its one writer.

    Parameters
    ----------
    run : Run
        The run to write; :meth:`Runs.claim` has made its folder.
    resume : Snapshot, optional
        Where it goes on from; what the folder holds of later steps is dropped.

    Raises
    ------
    OSError
        If the folder can't be written.
    """

    def __init__(self, run: Run, resume: Snapshot | None = None) -> None:
        self.run = run
        self.snapshots = run.folder / "snapshots"
        self.snapshots.mkdir(exist_ok=True)
        self.kept = frozenset(keyframes(run.experiment))
        self._passing: int | None = None
        self._reserve = run.folder / "reserve"
        self._reserve.write_bytes(bytes(RESERVE))
        reached = resume.step if resume else -1
        earlier = [event for event in run.history if event.step <= reached]
        write_atomically(run.folder / "events.jsonl", b"".join(map(_line, earlier)))
        for step in run.steps:
            if step > reached or (step != reached and step not in self.kept):
                self._path(step).unlink(missing_ok=True)
        seconds = resume.seconds if resume else 0.0
        pid = os.getpid()
        its = machine(run.experiment)
        self.state = State("running", max(reached, 0), seconds=seconds, pid=pid, born=birth_of(pid), machine=its)
        run.write_state(self.state)

    def add(self, snapshot: Snapshot) -> None:
        """Write a snapshot's weights and its line; forget the one before unless it is a keyframe."""
        if not self.run.history or self.run.history[-1].step < snapshot.step:
            write_atomically(self._path(snapshot.step), save(snapshot.weights))
            with (self.run.folder / "events.jsonl").open("ab") as log:
                log.write(_line(Event(snapshot.step, snapshot.terms, snapshot.scores, snapshot.seconds)))
        if self._passing is not None and self._passing not in self.kept:
            self._path(self._passing).unlink(missing_ok=True)
        self._passing = snapshot.step
        self.state = replace(self.state, step=snapshot.step, seconds=snapshot.seconds)

    def add_resumable(self, snapshot: Snapshot) -> None:
        """Write all that going on from a snapshot needs."""
        numbers = {name: getattr(snapshot, name) for name in Event._fields}
        content = save(snapshot.state, metadata={"snapshot": json.dumps(numbers)})
        write_atomically(self.run.folder / "resume.safetensors", content)

    def add_baselines(self, fitted: Mapping[str, Baseline]) -> None:
        """Write the baselines, so that the folder can be read without the data that they were fitted to."""
        folder = self.run.folder / "baselines"
        folder.mkdir(exist_ok=True)
        for name, baseline in fitted.items():
            write_atomically(folder / f"{name}.safetensors", save(baseline._asdict()))

    def close(self, stage: Stage, reason: str = "", detail: str = "", scores: dict[str, float] | None = None) -> None:
        """Write how the run ended.

        Raises
        ------
        OSError
            If not even that can be written.
        """
        self._reserve.unlink(missing_ok=True)
        self.run.write_state(replace(self.state, stage=stage, reason=reason, detail=detail, scores=scores))

    def _path(self, step: int) -> Path:
        return self.snapshots / f"{step}.safetensors"


def _line(event: Event) -> bytes:
    return json.dumps(event._asdict()).encode() + b"\n"


class Runs:
    """The folder that holds the runs, each under its experiment's key.

    Parameters
    ----------
    root : Path
        Made when the first run is claimed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def of(self, experiment: Experiment) -> Run:
        """Return the run of an experiment, which may be absent still."""
        return Run(self.root / experiment.key)

    def claim(self, experiment: Experiment, *, wishes: Wishes | None = None, pid: int | None = None) -> Run:
        """Make the folder of a run, or take up one that has ended, and mark it queued.

        Parameters
        ----------
        experiment : Experiment
            What will be trained.
        wishes : Wishes, optional
            What the watcher wants of it.
        pid : int, optional
            The process that will train it, by default this one.

        Raises
        ------
        OSError
            If the folder can't be written.
        """
        run = self.of(experiment)
        run.folder.mkdir(parents=True, exist_ok=True)
        wanted, place = json.dumps(experiment.to_dict()).encode(), run.folder / "experiment.json"
        if not place.exists() or place.read_bytes() != wanted:
            write_atomically(place, wanted)
        write_atomically(run.folder / "wishes.json", json.dumps(asdict(wishes or Wishes())).encode())
        worker = pid or os.getpid()
        run.write_state(
            replace(run.state, stage="queued", reason="", detail="", scores=None, pid=worker, born=birth_of(worker))
        )
        return run

    def discard(self, experiment: Experiment) -> None:
        """Remove what is kept of a run."""
        shutil.rmtree(self.of(experiment).folder, ignore_errors=True)

    def prune(self, most_bytes: int, in_use: Callable[[], Collection[str]] = tuple) -> list[str]:
        """Remove the runs that ended longest ago until those that have ended take at most `most_bytes`.

        Parameters
        ----------
        most_bytes : int
        in_use : callable
            Gives the keys of runs that must stay, anew before each removal.

        Returns
        -------
        list of str
            The keys of the runs that were removed.
        """
        ended = [Run(folder) for folder in self.root.glob("[0-9a-f]*") if Run(folder).state.is_final]
        ended.sort(key=lambda run: _changed(run.folder / "state.json"))
        sizes = {run.key: sum(map(_size, run.folder.rglob("*"))) for run in ended}
        removed = []
        for run in ended:
            if sum(sizes.values()) <= most_bytes:
                break
            # Somebody may have asked for it since the folder was listed.
            if run.key not in in_use() and run.state.is_final:
                shutil.rmtree(run.folder, ignore_errors=True)
                del sizes[run.key]
                removed.append(run.key)
        return removed


def _size(path: Path) -> int:
    """Return the bytes of a file; 0 of a folder, or once it has gone."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
