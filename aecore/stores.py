"""Stores: runs kept where several machines see them, as immutable numbered objects at an address of fsspec.

An object store can neither append nor rename. So a run's folder is kept there as a log of *commits*, each one ZIP file
that is written once and holds what changed since the one before::

    <key>/<attempt>/<number>.zip           what changed
    <key>/<attempt>/<number>-whole.zip     the whole folder; what came before is removed
    <key>/<attempt>/<number>-end.zip       the whole folder, and nothing more will come
    <key>/wishes/<number>.json             what the watcher wants

Whoever trains a run writes an *attempt* of its own, whose number is taken by writing its commit 0, which only one can.
A newer attempt fences an older one: that is refused at its next commit, and readers follow the newest alone, so that
two attempts' snapshots never mix, even where an older attempt's worker was only lost from sight.

References
----------
M. Kleppmann, "Designing Data-Intensive Applications", O'Reilly, 2017, chapter 8: fencing tokens.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, cast

import fsspec

from aecore.experiment import Experiment
from aecore.runs import Runs, State, birth_of, write_atomically
from aecore.uploads import zipped

Kind: TypeAlias = Literal["", "whole", "end"]

# Commits after which the whole folder is written, so that what passed takes no room for ever.
OFTEN = 64
# Weights hardly get smaller, and are written often.
HOW = zipfile.ZIP_STORED
# What of a run folder is kept in a store, and what may come out of one.
KEPT = re.compile(r"(experiment|state)\.json|resume\.safetensors|(snapshots|baselines)/\w+\.safetensors")
LOG, STATE, REMOVED, ASKED = "events.jsonl", "state.json", "removed.json", "asked.json"


class Fenced(Exception):
    """A newer attempt at the same run has begun: this one may write nothing more."""


class Commit(NamedTuple):
    """Where one commit lies, and what it holds."""

    path: str
    kind: Kind


class _Log(NamedTuple):
    """Lines of a log under the place where they go, which file they are of, and how long that is with them."""

    lines: dict[str, bytes]
    inode: int
    length: int


class Store:
    """Runs at an address, each under its key.

    Parameters
    ----------
    url : str
        An address of fsspec: ``file:///shared/runs``, ``s3://bucket/runs``, ``memory://runs``. What a protocol needs
        besides, such as keys and endpoints, comes from the environment.

    Raises
    ------
    ValueError, ImportError
        If the protocol is unknown, or its library is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        # A listing that is remembered hides what others write.
        self.files, root = fsspec.url_to_fs(url, auto_mkdir=True, use_listings_cache=False)
        self.root = root.rstrip("/")

    def attempts(self, key: str) -> list[int]:
        """Return the numbers of the attempts at a run, rising."""
        return sorted(int(name) for name in self._listed(key) if name.isdecimal())

    def newest(self, key: str) -> int:
        """Return the number of the newest attempt at a run; 0 if there is none."""
        return max(self.attempts(key), default=0)

    def asked(self, key: str, attempt: int) -> int:
        """Return what :meth:`take` was told of an attempt's asking; the attempt's own number where nothing is kept."""
        commit = self.commits(key, attempt).get(0)
        content = self.read(commit) if commit else None
        return int(json.loads(content[ASKED])) if content else attempt

    def end(self, key: str) -> State | None:
        """Return how the newest attempt at a run has ended; ``None`` while there is none, or it goes on."""
        for commit in self.commits(key, self.newest(key)).values():
            if commit.kind == "end" and (content := self.read(commit)):
                return State(**json.loads(content[STATE]))
        return None

    def take(self, key: str, folder: Path, asked: int = 0) -> Attempt:
        """Begin a new attempt at a run, newer than all others.

        Parameters
        ----------
        key : str
        folder : Path
            The run folder that the attempt writes, on this machine.
        asked : int
            The newest attempt when somebody asked for the run; those since then are attempts at the same wish.

        Raises
        ------
        OSError
            If the store can't be written.
        """
        while True:
            number = self.newest(key) + 1
            marker = self._path(key, number, 0)
            self.files.makedirs(self.files._parent(marker), exist_ok=True)
            with contextlib.suppress(FileExistsError), self.files.open(marker, "xb") as taken:
                taken.write(zipped({ASKED: json.dumps(asked).encode()}, HOW))
                return Attempt(self, key, number, folder)

    def commits(self, key: str, attempt: int) -> dict[int, Commit]:
        """Return the commits of an attempt that are there, by their numbers."""
        found = {}
        for name in self._listed(f"{key}/{attempt:06d}"):
            if match := re.fullmatch(r"(\d{6})(?:-(whole|end))?\.zip", name):
                found[int(match[1])] = Commit(f"{self.root}/{key}/{attempt:06d}/{name}", cast("Kind", match[2] or ""))
        return found

    def read(self, commit: Commit) -> dict[str, bytes] | None:
        """Return the files of a commit by name; ``None`` if it is not whole, or there no more."""
        try:
            with zipfile.ZipFile(io.BytesIO(self.files.cat_file(commit.path))) as archive:
                return {name: archive.read(name) for name in archive.namelist()}
        except (FileNotFoundError, zipfile.BadZipFile):
            return None

    def write(self, key: str, attempt: int, number: int, kind: Kind, content: bytes) -> None:
        """Write a commit."""
        self.files.pipe_file(self._path(key, attempt, number, kind), content)

    def wish(self, key: str, wishes: bytes) -> None:
        """Say what a run's watcher wants, as the content of ``wishes.json``."""
        earlier = sorted(self._listed(f"{key}/wishes"))
        number = int(earlier[-1].removesuffix(".json")) + 1 if earlier else 0
        self.files.pipe_file(f"{self.root}/{key}/wishes/{number:06d}.json", wishes)
        self._remove([f"{self.root}/{key}/wishes/{name}" for name in earlier])

    def wishes(self, key: str) -> bytes | None:
        """Return what a run's watcher wants; ``None`` if nobody has said."""
        for name in sorted(self._listed(f"{key}/wishes"), reverse=True):
            with contextlib.suppress(FileNotFoundError, ValueError):
                content: bytes = self.files.cat_file(f"{self.root}/{key}/wishes/{name}")
                json.loads(content)
                return content
        return None

    def discard(self, key: str, attempts: Collection[int] | None = None) -> None:
        """Remove what is kept of a run, or of some attempts at it."""
        gone = [key] if attempts is None else [f"{key}/{attempt:06d}" for attempt in attempts]
        for path in gone:
            with contextlib.suppress(FileNotFoundError):
                self.files.rm(f"{self.root}/{path}", recursive=True)

    def forget(self, key: str, attempt: int, before: int) -> None:
        """Remove an attempt's commits before a number, but the one by which the number was taken."""
        earlier = self.commits(key, attempt)
        self._remove([commit.path for number, commit in earlier.items() if 0 < number < before])

    def _remove(self, paths: list[str]) -> None:
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                self.files.rm_file(path)

    def _path(self, key: str, attempt: int, number: int, kind: Kind = "") -> str:
        return f"{self.root}/{key}/{attempt:06d}/{number:06d}{'-' * bool(kind)}{kind}.zip"

    def _listed(self, folder: str) -> list[str]:
        try:
            return [Path(path).name for path in self.files.ls(f"{self.root}/{folder}", detail=False)]
        except FileNotFoundError:
            return []


class Attempt:
    """An attempt at a run, seen by its one writer.

    Parameters
    ----------
    store : Store
    key : str
    number : int
        As :meth:`Store.take` gave it.
    folder : Path
        The run folder on this machine that the store follows.
    """

    def __init__(self, store: Store, key: str, number: int, folder: Path) -> None:
        self.store, self.key, self.number, self.folder = store, key, number, folder
        self._commit, self._whole = 1, 0
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._log = _Log({}, 0, 0)

    def push(self, *, end: bool = False) -> bool:
        """Write a commit of what has changed in the folder since the one before.

        Parameters
        ----------
        end : bool
            Nothing more will come: write all, and remove the attempts before.

        Returns
        -------
        bool
            Whether anything had changed.

        Raises
        ------
        Fenced
            If a newer attempt has begun.
        OSError
            If the store can't be written, when the next call tries again; or if the folder is gone.
        """
        if self.store.newest(self.key) > self.number:
            raise Fenced(self.key)
        # The state is read first and the log last, so that neither speaks of files that are not in the commit.
        state = (self.folder / STATE).read_bytes()
        found = {
            name: stamp for path in self.folder.rglob("*") if (stamp := self._stamp(path, name := self._name(path)))
        }
        if found == self._seen and not self._lines(whole=False).lines and self._whole and not end:
            return False
        whole = end or not self._whole or self._commit - self._whole >= OFTEN
        changed = {name for name, stamp in found.items() if whole or self._seen.get(name) != stamp}
        content = {name: read for name in sorted(changed - {STATE}) if (read := self._read(name)) is not None}
        removed = [] if whole else sorted(set(self._seen) - set(found))
        log = self._lines(whole)
        content |= log.lines | {REMOVED: json.dumps(removed).encode(), STATE: state}
        kind: Kind = "end" if end else "whole" if whole else ""
        self.store.write(self.key, self.number, self._commit, kind, zipped(content, HOW))
        self._seen, self._log = found, log
        if whole:
            self._whole = self._commit
            self.store.forget(self.key, self.number, self._commit)
        if end:
            self.store.discard(self.key, [other for other in self.store.attempts(self.key) if other < self.number])
        self._commit += 1
        return True

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _stamp(self, path: Path, name: str) -> tuple[int, int, int] | None:
        if not KEPT.fullmatch(name):
            return None
        with contextlib.suppress(FileNotFoundError):
            file = path.stat()
            return file.st_ino, file.st_mtime_ns, file.st_size
        return None

    def _read(self, name: str) -> bytes | None:
        # A snapshot that was passing may have gone since the folder was listed.
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / name).read_bytes()
        return None

    def _lines(self, whole: bool) -> _Log:
        """Return what is new of the log since the last commit, or all of it."""
        try:
            with (self.folder / LOG).open("rb") as log:
                inode = os.fstat(log.fileno()).st_ino
                start = self._log.length if inode == self._log.inode and not whole else 0
                log.seek(start)
                lines, newline, _ = log.read().rpartition(b"\n")
        except FileNotFoundError:
            return _Log({}, 0, 0)
        length = start + len(lines + newline)
        new = whole or inode != self._log.inode or length > start
        return _Log({f"{LOG}@{start}": lines + newline} if new else {}, inode, length)


class Copy:
    """A run in a store, followed by a folder on this machine.

    Parameters
    ----------
    store : Store
    key : str
    folder : Path
        The run folder to bring up to date; this process answers for it.
    after : int
        Attempts up to this number are left where they are.
    """

    def __init__(self, store: Store, key: str, folder: Path, after: int = 0) -> None:
        self.store, self.key, self.folder = store, key, folder
        self.attempt, self.reached = after, -1

    def pull(self) -> bool:
        """Bring what has been written since the last call; return whether that was anything.

        Raises
        ------
        OSError
            If the store can't be read, or the folder can't be written.
        """
        newest = self.store.newest(self.key)
        if newest > self.attempt:
            # An attempt that has written nothing yet has no more to show than the one before.
            for number in [one for one in self.store.attempts(self.key)[::-1] if one > self.attempt]:
                if self._begin(number):
                    self._go_on()
                    return True
        return self.reached >= 0 and self._go_on()

    def _begin(self, attempt: int) -> bool:
        """Take over the latest whole folder of an attempt."""
        commits = self.store.commits(self.key, attempt)
        for number in sorted((number for number, commit in commits.items() if commit.kind), reverse=True):
            if number > (self.reached if attempt == self.attempt else -1) and (
                content := self.store.read(commits[number])
            ):
                self._replace(content)
                self.attempt, self.reached = attempt, number
                return True
        return False

    def _go_on(self) -> bool:
        commits, brought = self.store.commits(self.key, self.attempt), False
        while max(commits, default=-1) > self.reached:
            following = commits.get(self.reached + 1)
            content = self.store.read(following) if following else None
            if content is None or not following:
                # What came next was removed once a whole folder had been written.
                if not self._begin(self.attempt):
                    return brought
                brought = True
                continue
            if following.kind:
                self._replace(content)
            else:
                self._apply(content)
            self.reached += 1
            brought = True
        return brought

    def _replace(self, content: dict[str, bytes]) -> None:
        self._apply(content)
        for path in self.folder.rglob("*"):
            name = path.relative_to(self.folder).as_posix()
            if KEPT.fullmatch(name) and name not in content:
                path.unlink(missing_ok=True)

    def _apply(self, content: dict[str, bytes]) -> None:
        for name, data in content.items():
            if KEPT.fullmatch(name) and name != STATE:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self.folder / name, data)
        for name, data in content.items():
            if name.startswith(f"{LOG}@"):
                self._write_lines(int(name.rpartition("@")[2]), data)
        for name in json.loads(content.get(REMOVED, b"[]")):
            if KEPT.fullmatch(name):
                (self.folder / name).unlink(missing_ok=True)
        if state := json.loads(content.get(STATE, b"{}")):
            mine = {"pid": os.getpid(), "born": birth_of(os.getpid())}
            write_atomically(self.folder / STATE, json.dumps(state | mine).encode())

    def _write_lines(self, start: int, lines: bytes) -> None:
        log = self.folder / LOG
        if start:
            with log.open("ab") as end:
                end.truncate(start)
                end.write(lines)
        else:
            write_atomically(log, lines)


class StoredRuns(Runs):
    """Runs of this machine whose origin is a store: what is removed here is removed there.

    Parameters
    ----------
    root : Path
    store : Store
    """

    def __init__(self, root: Path, store: Store) -> None:
        super().__init__(root)
        self.store = store

    def discard(self, experiment: Experiment) -> None:
        """Remove what is kept of a run."""
        super().discard(experiment)
        self.store.discard(experiment.key)

    def prune(self, most_bytes: int, in_use: Callable[[], Collection[str]] = tuple) -> list[str]:
        """Remove the runs that ended longest ago; see :meth:`aecore.runs.Runs.prune`."""
        removed = super().prune(most_bytes, in_use)
        for key in removed:
            self.store.discard(key)
        return removed
