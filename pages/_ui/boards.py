"""A class's board of results: who reaches the lowest error under one rule. Every number on it is this server's own.

A board is a small JSON file under a code that nobody guesses. Who knows the code may read it and, with a run that they
trained here and that keeps the rule, stand on it; who holds the key of its owner may take entries down.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
import secrets
import threading
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from pages._ui import mine, resources

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.knobs import Value

# Letters and digits that nobody takes for others; twelve of them are 58 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODE = re.compile(f"[{LETTERS}]{{12}}")
# Seconds for which a board stays after its last change; boards, and entries of one, that there may be.
STAYS = 30 * 24 * 3600.0
MOST_BOARDS, MOST_ENTRIES = 500, 200
NAME = 24  # letters of a nickname
# Of each lesson the score that should fall, and the knobs that must stand at their defaults for it to be comparable.
LESSONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "undercomplete": ("test_error", ()),
    "denoising": ("denoised_error", ("corruption", "level")),
    "contractive": ("test_error", ("strength",)),
    "sparse": ("test_error", ("rule", "rho")),
    "vae": ("bound", ("likelihood", "sigma", "binarise")),
    "beta_vae": ("test_error", ("variant", "beta")),
}
DATA = ("mnist", "fashion_mnist", "digits")

Refusal: TypeAlias = Literal[
    "gone", "name", "not_here", "opened", "unfinished", "lesson", "data", "knob", "steps", "seconds", "full"
]
_writing = threading.Lock()


@dataclass(frozen=True)
class Rule:
    """What a run must be to stand on a board.

    Attributes
    ----------
    lesson : str
        The method, one of `LESSONS`.
    data : str
        The data set, as it is by default.
    latent : int
        The code size; 0 for any.
    steps : int
        At most; 0 for any number.
    seconds : int
        Of training at most; 0 for any number.
    """

    lesson: str = "undercomplete"
    data: str = "mnist"
    latent: int = 2
    steps: int = 2000
    seconds: int = 0

    @property
    def score(self) -> str:
        """The score that should fall."""
        return LESSONS[self.lesson][0]

    def link(self) -> dict[str, str]:
        """Return what an address says of an experiment that keeps the rule, and hides of its knobs."""
        fixed = {"data": self.data, "latent": str(self.latent), "steps": str(self.steps)}
        said = {name: text for name, text in fixed.items() if text != "0"}
        hide = ["data", *(["latent"] if self.latent else []), *LESSONS[self.lesson][1]]
        return {**said, "hide": ",".join(hide)}

    def broken(self, one: Experiment, seconds: float) -> Refusal | None:
        """Return what of the rule an experiment that took some seconds does not keep, or nothing."""
        if (one.method.name, one.task.name) != (self.lesson, "reconstruction"):
            return "lesson"
        if one.data != type(one.data)() or one.data.name != self.data:
            return "data"
        usual = one.fresh.knobs
        kept = all(one.flat()[name] == usual[name].default for name in LESSONS[self.lesson][1] if name in usual)
        if not kept or (self.latent and one.flat().get("latent") != self.latent):
            return "knob"
        if self.steps and one.fit.steps > self.steps:
            return "steps"
        return "seconds" if self.seconds and seconds > self.seconds else None


class Entry(NamedTuple):
    """A run on a board: whose it is, where it is found, and what its folder said of it."""

    name: str
    key: str
    query: str
    score: float
    steps: int
    seconds: float


@dataclass
class Board:
    """A board as it stands in its file."""

    code: str
    rule: Rule
    owner: str
    entries: list[Entry] = field(default_factory=list)

    def ranked(self) -> list[Entry]:
        """Return the entries, the best first."""
        return sorted(self.entries, key=lambda one: (one.score, one.seconds))


def new(rule: Rule) -> tuple[str, str] | None:
    """Open a board.

    Returns
    -------
    tuple of str or None
        Its code, and the key of its owner, which is kept nowhere; ``None`` if there are too many boards.

    Raises
    ------
    OSError
        If it can't be written.
    """
    with _writing:
        prune()
        if len(list(_home().glob("*.json"))) >= MOST_BOARDS:
            return None
        code, key = "".join(secrets.choice(LETTERS) for _ in range(12)), secrets.token_urlsafe(18)
        _write(Board(code, rule, _hashed(key)))
    return code, key


def read(code: str) -> Board | None:
    """Return a board, or nothing if there is none under the code."""
    if not CODE.fullmatch(code):
        return None
    try:
        found = json.loads(_place(code).read_bytes())
        return Board(code, Rule(**found["rule"]), found["owner"], [Entry(*one) for one in found["entries"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def post(code: str, name: str, experiment: Experiment) -> Refusal | Entry:
    """Put a run on a board under a nickname, of which only the best one stays.

    Nothing but the key of the run is taken from whoever asks: what it is and what it reached are read from its folder.

    Raises
    ------
    OSError
        If the board can't be written.
    """
    with _writing:
        board = read(code)
        if board is None:
            return "gone"
        if not (name := settled(name)):
            return "name"
        found = of_run(board.rule, experiment, name)
        if isinstance(found, str):
            return found
        others = [one for one in board.entries if one.name.casefold() != name.casefold()]
        if len(others) >= MOST_ENTRIES:
            return "full"
        own = [one for one in board.entries if one.name.casefold() == name.casefold()]
        board.entries = [*others, min([*own, found], key=lambda one: one.score)]
        _write(board)
        return found


def of_run(rule: Rule, experiment: Experiment, name: str = "") -> Refusal | Entry:
    """Return the entry that a run of this server would be, or why it may not stand on a board with such a rule."""
    run = resources.runs().of(experiment)
    try:
        state, said = run.state, run.experiment
    except (OSError, ValueError, KeyError):
        return "not_here"
    if not run.folder.exists() or said.key != run.key or mine.private(said.data):
        return "not_here"
    if _came_from_elsewhere(said):
        return "opened"
    score = (state.scores or {}).get(rule.score)
    if state.stage != "done" or score is None or not math.isfinite(score):
        return "unfinished"
    if wrong := rule.broken(said, state.seconds):
        return wrong
    return Entry(name, run.key, said.to_query(), float(score), said.fit.steps, float(state.seconds))


def _came_from_elsewhere(experiment: Experiment) -> bool:
    """Whether a run, or one that it went on from, was opened from a file."""
    from aecore.sharing import OPENED

    chain = [experiment]
    while chain[-1].start:
        chain.append(chain[-1].start[0])
    return any((resources.runs().of(one).folder / OPENED).exists() for one in chain)


def remove(code: str, key: str, name: str) -> bool:
    """Take an entry down; whether the key is the owner's."""
    with _writing:
        board = read(code)
        if board is None or not owns(board, key):
            return False
        board.entries = [one for one in board.entries if one.name != name]
        _write(board)
        return True


def owns(board: Board, key: str) -> bool:
    """Whether a key is that of the board's owner."""
    return hmac.compare_digest(board.owner, _hashed(key))


def settled(name: str) -> str:
    """Return a nickname as it may stand: short, one line, nothing that hides, overlaps or turns round."""
    plain = unicodedata.normalize("NFC", name[: 20 * NAME])
    seen = "".join(" " if letter.isspace() else letter for letter in plain if _is_seen(letter))
    return " ".join(seen.split())[:NAME].strip()


def _is_seen(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter)[0] not in "CM"


def prune() -> None:
    """Remove the boards that nobody has changed for long."""
    for path in _home().glob("*.json"):
        try:
            if time.time() - path.stat().st_mtime > STAYS:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue


def _home() -> Path:
    return resources.folder() / "_boards"


def _place(code: str) -> Path:
    return _home() / f"{code}.json"


def _write(board: Board) -> None:
    from aecore.runs import write_atomically

    _home().mkdir(parents=True, exist_ok=True)
    content: Mapping[str, Any] = {"rule": asdict(board.rule), "owner": board.owner, "entries": board.entries}
    write_atomically(_place(board.code), json.dumps(content, ensure_ascii=False).encode())


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def turned(entry: Entry, rule: Rule) -> dict[str, Value]:
    """Return the knobs of an entry's run that stand elsewhere than where the rule's link left them."""
    from aecore.experiment import Experiment

    one = Experiment.from_query(entry.query)
    said, knobs = rule.link(), {name: knob for name, knob in one.knobs.items() if not knob.idle}
    begun = {name: knob.settle(said[name])[0] if name in said else knob.default for name, knob in knobs.items()}
    return {name: value for name, value in one.flat().items() if name in begun and value != begun[name]}
