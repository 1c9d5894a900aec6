"""What a visitor has brought: seen by nobody else, and gone with the visitor's session.

Every session has a folder of its own, under a name that nobody can guess. It goes when the visitor says so, when the
session has been away for a while or is let go, or, should the server have died before, when the next one looks for
what was left.
"""

from __future__ import annotations

import gc
import json
import os
import secrets
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import resources, steer

if TYPE_CHECKING:
    from aecore.datasets import Data
    from aecore.knobs import Complaint
    from aecore.text import Say

# Data sets that a visitor brings; each names its file by a number.
BROUGHT = ("own", "ratings")
OWNER = "owner.json"
# Seconds between two looks for sessions that are away, and how long one may be; Streamlit takes it up again within 120.
LOOK, AWAY = 30.0, 180.0
# Seconds between two looks for what was left, and after which files without an owner are old.
HOUR = 3600.0
OLD = 24 * HOUR


class Mine:
    """What one session has brought.

    Attributes
    ----------
    folder : Path
        Made when something is kept.
    secret : bytes
        Makes numbers of files that nobody else can know.
    files : dict of str to dict of int to str
        By data set: what each number is called, the latest last.
    """

    def __init__(self) -> None:
        from aecore.datasets import files

        self.folder = files.uploads() / secrets.token_urlsafe(18)
        self.secret = secrets.token_bytes(32)
        self.files: dict[str, dict[int, str]] = {name: {} for name in BROUGHT}
        self.course = steer.course()
        self.seen = time.monotonic()
        _everybody.add(self)
        # Nothing of this object may be held by what is called once it is gone.
        self._end = weakref.finalize(self, _remove, self.folder, self.files, resources.folder())

    def add(self, data: str, number: int, title: str) -> None:
        """Count a file that was kept as this visitor's."""
        from aecore.runs import birth_of

        self.files[data].pop(number, None)
        self.files[data][number] = title
        owner = {"pid": os.getpid(), "born": birth_of(os.getpid())}
        (self.folder / OWNER).write_text(json.dumps(owner), encoding="utf-8")

    def delete(self) -> None:
        """Delete all of it, and every run that was trained on it."""
        course = steer.course()
        gone = {key for key, one in course.visited.items() if private(one.data)}
        course.visited = {key: one for key, one in course.visited.items() if key not in gone}
        course.watched, course.together, course.shown, course.chain = None, (), (), []
        if st.session_state.get("turned", {}).get("data") in BROUGHT:
            st.session_state.turned = {}
        st.session_state.pop("visit", None)
        self.clear()

    def clear(self) -> None:
        """Remove all of it."""
        _remove(self.folder, self.files, resources.folder())
        for kept in self.files.values():
            kept.clear()


_everybody: weakref.WeakSet[Mine] = weakref.WeakSet()


def mine() -> Mine:
    """Return what this visitor has brought."""
    if "mine" not in st.session_state:
        st.session_state.mine = Mine()
    found: Mine = st.session_state.mine
    return found


def offered(data: Collection[str]) -> tuple[str, ...]:
    """Return the data sets of a lesson, the visitor's own with them if there are any."""
    return (*data, "own") if mine().files["own"] else tuple(data)


def titles(data: str, words: Say) -> dict[int, str]:
    """Return what the visitor's files are called, by number; of ratings, also what is everybody's."""
    everybody = {0: words("your_data.made_up")} if data == "ratings" else {}
    return everybody | mine().files[data]


def latest(data: str) -> int:
    """Return the number of what the visitor brought last; 0 for nothing."""
    return next(reversed(mine().files[data]), 0)


def may_see(data: Data) -> bool:
    """Whether data are this visitor's, or no visitor's."""
    return not private(data) or _number(data) in mine().files[data.name]


def private(data: Data) -> bool:
    """Whether data are a visitor's, whoever that is."""
    return bool(_number(data))


def may_say(address: Mapping[str, object]) -> bool:
    """Whether an address names no data that are another visitor's or gone."""
    if address.get("data") not in BROUGHT:
        return True
    given = str(address.get("file", "0"))
    known = {str(number) for number in mine().files[str(address["data"])]}
    # The made-up table of ratings is everybody's; of own data there is nothing that is.
    return given in known or (given == "0" and (address["data"] == "ratings" or bool(known)))


def not_here() -> Complaint:
    """Return what is said of a link to data that this visitor may not see."""
    from aecore.knobs import Complaint

    return Complaint("file", "", None, "not_here")


def readable(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by name, their file the visitor's own: of own data the latest, where it would be another's."""
    data, file = given.get("data"), given.get("file")
    if data not in BROUGHT or file in mine().files[data]:
        return dict(given)
    rest = {name: value for name, value in given.items() if name != "file"}
    return rest | ({"file": latest("own")} if data == "own" else {})


def _number(data: Data) -> int:
    return int(getattr(data, "file", 0))


def _remove(folder: Path, files: Mapping[str, Mapping[int, str]], runs: Path) -> None:
    """Remove a visitor's folder and the runs that were trained on what is in it."""
    numbers = {(data, number) for data, kept in files.items() for number in kept}
    shutil.rmtree(folder, ignore_errors=True)
    if numbers:
        from aecore.datasets import forget, own

        own.forget()
        forget("train", "test")
        _remove_runs(runs, lambda said: said in numbers)


def _remove_runs(root: Path, unwanted: Any) -> None:
    for place in root.glob("[0-9a-f]*/experiment.json"):
        try:
            said = json.loads(place.read_text("utf-8"))
            data, number = said.get("data"), said.get("file")
        except (OSError, ValueError, AttributeError):
            continue
        if data not in BROUGHT or not number or not unwanted((data, number)):
            continue
        # A worker that writes into it meanwhile finds it gone, and ends; what it had begun to write goes with the next.
        for _ in range(3):
            shutil.rmtree(place.parent, ignore_errors=True)


def prune() -> None:
    """Remove what sessions left that ended without being let go, as those of a server that was killed."""
    from aecore.datasets import files

    # Sessions that have ended are let go at the latest now.
    gc.collect()
    root = files.uploads()
    for place in root.glob("*"):
        if place.is_dir() and _abandoned(place):
            shutil.rmtree(place, ignore_errors=True)
        elif place.is_file() and _age(place) > OLD:
            place.unlink(missing_ok=True)
    kept = {(_kind(path), path.stem) for path in root.glob("*/*")}
    _remove_runs(resources.folder(), lambda said: (said[0], str(said[1])) not in kept)


def _kind(path: Path) -> str:
    return "ratings" if path.suffix == ".csv" else "own"


def _abandoned(folder: Path) -> bool:
    from aecore.runs import birth_of

    try:
        owner = json.loads((folder / OWNER).read_text("utf-8"))
        return bool(birth_of(int(owner["pid"])) != owner["born"])
    except (OSError, ValueError, KeyError, TypeError):
        return _age(folder) > OLD


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def look_after() -> None:
    """Remove what sessions brought that have been away for longer than they may be; Streamlit lets them go late."""
    now = time.monotonic()
    for one in tuple(_everybody):
        if one.course.attended:
            one.seen = now
        elif now - one.seen > AWAY and any(one.files.values()):
            one.clear()


def keep_pruning() -> None:
    """Look for what is to go, now and again and again, beside the pages."""
    for look, pause in ((look_after, LOOK), (prune, HOUR)):
        threading.Thread(target=_every, args=(look, pause), daemon=True).start()


def _every(look: Callable[[], None], seconds: float) -> None:
    while True:
        # A folder that cannot be read now may be later.
        with suppress(OSError):
            look()
        time.sleep(seconds)
