"""Ratings: who chose what, and how much they liked it, from a file that a visitor brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
import torch

from aecore.datasets import files
from aecore.datasets.data import Data, Split
from aecore.datasets.debian import Item
from aecore.knobs import choice, knob
from aecore.samples import Samples

Reason: TypeAlias = Literal["empty", "not_text", "columns", "row", "number", "one_user", "few", "large"]

# What the columns may be called; without such a header they are taken to be in this order.
USERS = {"user", "userid", "user_id", "uid", "usuario", "usuário"}
ITEMS = {"item", "itemid", "item_id", "movieid", "movie_id", "book_id", "isbn", "title", "package", "product", "filme"}
VALUES = {"rating", "stars", "score", "value", "nota", "avaliacao", "avaliação"}
# Those who chose less teach nothing, and leave nothing to hide.
LEAST_ITEMS, LEAST_USERS = 3, 2
# The smallest table that can be learnt from, and the largest that is: the most chosen items, the busiest people.
FEWEST_USERS, FEWEST_ITEMS = 10, 5
MOST_USERS, MOST_ITEMS, MOST_ROWS = 6000, 2000, 3_000_000
# One person in so many is held out.
HELD_OUT = 5


class Unreadable(Exception):
    """A file is no table of ratings.

    Attributes
    ----------
    reason : Reason
        The key of a sentence.
    detail : str
        The missing columns, or the line, counted from 1.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Table(NamedTuple):
    """A table of ratings.

    Attributes
    ----------
    shares : ndarray
        Shape ``(users, items)``, float32: ratings as shares of the highest one; 0 where nobody rated.
    names : tuple of str
        What the items are called.
    people : tuple of str
        What the users are called.
    top : float
        The highest rating.
    """

    shares: np.ndarray
    names: tuple[str, ...]
    people: tuple[str, ...]
    top: float


@dataclass(frozen=True)
class Ratings(Data):
    """Ratings of items by people; every fifth person is held out.

    Parameters
    ----------
    file : int
        The number of a file that :func:`keep` has kept; 0 for a made-up table of 600 people and 120 items, in which
        four tastes and a little chance decide on the stars.
    feedback : {"stars", "choices"}
        Whether the ratings count, or only that somebody rated at all.

    Examples
    --------
    >>> Ratings().load("train").inputs.shape
    torch.Size([480, 120])
    """

    name: ClassVar = "ratings"
    licence: ClassVar = "computed by the project, or the visitor's own"
    defaults: ClassVar = {
        "net": "mlp",
        "hidden": (),
        "latent": 50,
        "activation": "tanh",
        "steps": 1500,
        "batch": 64,
        "rate": 3e-3,
    }

    file: int = knob(0, 0, 2**files.BITS - 1, step=1, fine=True)
    feedback: str = choice("stars", "choices")

    @property
    def shape(self) -> tuple[int]:
        """The number of items."""
        try:
            return (len(table(self.file).names),)
        except files.DamagedFile:
            return (FEWEST_ITEMS,)  # whoever loads it is told

    @property
    def items(self) -> tuple[Item, ...]:
        """The items, in the order of the columns."""
        return tuple(Item(name, "", "") for name in table(self.file).names)

    def read(self, split: Split) -> Samples:
        """Take the people of one part."""
        shares = table(self.file).shares
        held_out = np.zeros(len(shares), bool)
        held_out[np.random.default_rng(0).permutation(len(shares))[::HELD_OUT]] = True
        inputs = torch.from_numpy(shares[held_out if split == "test" else ~held_out])
        inputs = (inputs > 0).float() if self.feedback == "choices" else inputs
        return Samples(inputs, inputs)


def keep(content: bytes, folder: Path, secret: bytes) -> int:
    """Keep a file for the processes that train on it, and return its number.

    Parameters
    ----------
    content : bytes
        A file's.
    folder : Path
        The visitor's own, within :func:`aecore.datasets.files.uploads`.
    secret : bytes
        The visitor's: makes a number of the content that nobody else can know.

    Raises
    ------
    Unreadable
        If it is no table of ratings.
    OSError
        If it can't be written.
    """
    parse(content)
    return files.keep(content, folder, ".csv", secret=secret)


def feedback(number: int) -> str:
    """Return what a table that was kept holds: ``stars``, or ``choices`` where all ratings are equal."""
    return "stars" if len(np.unique(table(number).shares)) > 2 else "choices"


@lru_cache(maxsize=4)
def table(number: int) -> Table:
    """Return a table that was kept.

    Raises
    ------
    aecore.datasets.files.DamagedFile
        If it was taken away since.
    """
    if not number:
        return _made_up()
    name = f"{number}.csv"
    try:
        return parse(next(files.uploads().glob(f"*/{name}")).read_bytes())
    except (OSError, StopIteration):
        raise files.DamagedFile(name, "missing") from None
    except Unreadable:
        raise files.DamagedFile(name, "damaged") from None


def parse(content: bytes) -> Table:
    r"""Read a table: columns of people, items and ratings, separated by commas, semicolons, tabs or ``::``.

    The first line may name them, as in MovieLens' ``ratings.csv``; else they come in this order, as in its ``u.data``
    and ``ratings.dat``. Without ratings every line is a choice. What comes later replaces what came before.

    Raises
    ------
    Unreadable
        If that is not what it holds.

    Examples
    --------
    >>> lines = [f"{user}::{item}::{1 + item % 5}" for user in range(12) for item in range(6)]
    >>> parse("\n".join(lines).encode()).shares.shape
    (12, 6)
    """
    given: dict[tuple[str, str], float] = {}
    for person, item, value in _rows(content):
        given[person, item] = value
    people, items = Counter(person for person, _ in given), Counter(item for _, item in given)
    if len(people) < 2:
        raise Unreadable("one_user")
    rows = {one: i for i, (one, n) in enumerate(people.most_common(MOST_USERS)) if n >= LEAST_ITEMS}
    columns = {one: i for i, (one, n) in enumerate(items.most_common(MOST_ITEMS)) if n >= LEAST_USERS}
    shares = np.zeros((len(rows), len(columns)), np.float32)
    for (person, item), value in given.items():
        if person in rows and item in columns:
            shares[rows[person], columns[item]] = value
    filled = (shares > 0).sum(1) >= LEAST_ITEMS
    if filled.sum() < FEWEST_USERS or len(columns) < FEWEST_ITEMS:
        raise Unreadable("few")
    shares = shares[filled]
    top = float(shares.max())
    return Table(shares / top, tuple(columns), tuple(compress(rows, filled)), top)


def _rows(content: bytes) -> Iterator[tuple[str, str, float]]:
    """Give person, item and rating line by line; a rating of 0 or less would say that there is none."""
    if not content.strip():
        raise Unreadable("empty")
    if b"\0" in content:
        raise Unreadable("not_text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = text.splitlines()
    if len(lines) > MOST_ROWS:
        raise Unreadable("large", str(MOST_ROWS))
    separator = next((one for one in ("::", "\t", ";") if one in lines[0]), ",")
    named = [part.strip().strip('"').lower() for part in lines[0].split(separator)]
    known = [next((i for i, name in enumerate(named) if name in names), None) for names in (USERS, ITEMS, VALUES)]
    headed = any(place is not None for place in known) or not any(part.isnumeric() for part in named)
    if headed:
        missing = [name for name, place in zip(("user", "item"), known, strict=False) if place is None]
        if missing:
            raise Unreadable("columns", ", ".join(missing))
    elif len(named) < 2:
        raise Unreadable("columns", "item")
    else:
        known = [0, 1, 2 if len(named) > 2 else None]
    of_person, of_item, of_value = known
    assert of_person is not None
    assert of_item is not None
    for number, line in enumerate(lines[headed:], 1 + headed):
        if not line.strip():
            continue
        parts = [part.strip().strip('"') for part in line.split(separator)]
        if len(parts) < len(named):
            raise Unreadable("row", str(number))
        value = 1.0
        if of_value is not None:
            try:
                value = float(parts[of_value])
            except ValueError:
                raise Unreadable("number", str(number)) from None
            if not 0 < value < np.inf:
                raise Unreadable("number", str(number))
        yield parts[of_person], parts[of_item], value


def _made_up() -> Table:
    """Draw people and items with four tastes each; the better liked are rated oftener."""
    rng = np.random.default_rng(7)
    people, items = rng.normal(size=(600, 4)), rng.normal(size=(120, 4))
    liking = people @ items.T / 2 + rng.normal(size=120) / 2 + rng.normal(scale=0.3, size=(600, 120))
    stars = np.clip(np.round(3 + liking), 1, 5).astype(np.float32)
    rated = rng.random((600, 120)) < 0.25 / (1 + np.exp(-liking - rng.normal(size=120)))
    rated[np.arange(600)[:, None], rng.integers(0, 120, (600, 5))] = True
    names, users = (tuple(f"{i + 1}" for i in range(count)) for count in (120, 600))
    return Table(stars * rated / 5, names, users, 5.0)
