"""Own: what a visitor has brought, kept for the processes that train on it and for nobody else."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
import torch

from aecore import sounds
from aecore.datasets import files
from aecore.datasets.data import Data, Split, ValueRange
from aecore.knobs import knob
from aecore.samples import Samples
from aecore.uploads import Arrays, Column, Pictures, Refused, Sounds, Table, resized, square

Kind: TypeAlias = Literal["pictures", "table", "sounds"]
Scale: TypeAlias = Literal["standardised", "unit"]
Missing: TypeAlias = Literal["left_out", "mean"]

# Fewer samples teach nothing; more numbers than this find no room beside those of others.
LEAST, MOST_NUMBERS = 10, 48_000_000
MOST_CLASSES = 40
# Pictures that are looked at for colours, and how far their channels lie apart, as a share of their range, at least.
FEW, COLOURED = 200, 0.02
# Half a second of sound: bands of equal width in mel, and windows.
BANDS, FRAMES = 32, 32
_WINDOW, _HOP = 256, 128


class Made(NamedTuple):
    """Samples made of a visitor's files.

    Attributes
    ----------
    kind : {"pictures", "table", "sounds"}
    inputs : ndarray
        Shape ``(n, *shape)``; uint8, of which 255 is 1, or float32.
    labels : ndarray or None
        Shape ``(n,)``, int64: places in `classes`.
    classes : tuple of str
    groups : ndarray
        Shape ``(n,)``, int64: samples of one group, such as pieces of one sound, are held out together.
    columns : tuple of str
        The names of a table's columns.
    dropped : int
        Samples that were left out as a number is missing in them, or as there is no room for more.
    constant : tuple of str
        The columns that were left out as all their values are equal.
    """

    kind: Kind
    inputs: np.ndarray
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    columns: tuple[str, ...] = ()
    dropped: int = 0
    constant: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return self.inputs.shape[1:]


class About(NamedTuple):
    """What is known of a visitor's data without reading them."""

    title: str
    kind: Kind
    samples: int
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    unit: bool


@dataclass(frozen=True)
class Own(Data):
    """What a visitor has brought.

    Parameters
    ----------
    file : int
        The number of data that :func:`keep` has kept; 0 for made-up pictures of bars, which no visitor needs.

    References
    ----------
    P. Földiák, "Forming sparse representations by local anti-Hebbian learning", Biological Cybernetics 64, 1990:
    the bars.

    Examples
    --------
    >>> Own().load("test").inputs.shape
    torch.Size([200, 12, 12])
    """

    name: ClassVar = "own"
    licence: ClassVar = "computed by the project, or the visitor's own"
    defaults: ClassVar = {
        "net": "mlp",
        "hidden": (128, 64),
        "latent": 8,
        "steps": 2000,
        "batch": 64,
        "rate": 3e-3,
    }

    file: int = knob(0, 0, 2**files.BITS - 1, step=1, fine=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """As kept; of data that are gone, something, and whoever loads them is told."""
        return self._about.shape

    @property
    def value_range(self) -> ValueRange:
        """``"real"`` for standardised tables."""
        return "unit" if self._about.unit else "real"

    @property
    def classes(self) -> int:
        """The number of different labels."""
        return len(self._about.classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The labels."""
        return self._about.classes

    @property
    def _about(self) -> About:
        try:
            return about(self.file)
        except files.DamagedFile:
            return _BARS

    def read(self, split: Split) -> Samples:
        """Take one part."""
        inputs, labels, held_out = _arrays(self.file)
        rows = held_out == (split == "test")
        x = torch.from_numpy(inputs[rows])
        x = x.float().div_(255) if inputs.dtype == np.uint8 else x
        return Samples(x, x, None if labels is None else torch.from_numpy(labels[rows]))


_BARS = About("", "pictures", 1000, (12, 12), (), (), True)


@lru_cache(maxsize=64)
def about(number: int) -> About:
    """Return what is known of data that were kept.

    Raises
    ------
    aecore.datasets.files.DamagedFile
        If they were taken away since.
    """
    if not number:
        return _BARS
    found: dict[str, Any] = json.loads(bytes(_kept(number, "about")))
    tuples: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return About(**tuples)


def _kept(number: int, member: str) -> np.ndarray:
    name = f"{number}.npz"
    path = next(files.uploads().glob(f"*/{name}"), None)
    try:
        if path is None:
            raise files.DamagedFile(name, "missing")
        with np.load(path, allow_pickle=False) as archive:
            found: np.ndarray = archive[member]
        return found
    except FileNotFoundError:
        raise files.DamagedFile(name, "missing") from None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise files.DamagedFile(name, "damaged") from None


def _arrays(number: int) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    if not number:
        inputs = _bars()
        return inputs, None, held_out(np.arange(len(inputs)), 0.2)
    labels = _kept(number, "labels")
    return _kept(number, "inputs"), labels if len(labels) else None, _kept(number, "held_out")


def _bars() -> np.ndarray:
    """Draw bars across and along, each there or not by itself, at least one; where two meet the brighter wins."""
    rng = np.random.default_rng(0)
    lines = rng.uniform(0.5, 1, (1000, 24)) * (rng.random((1000, 24)) < 0.12)
    lines[np.arange(1000), rng.integers(0, 24, 1000)] = rng.uniform(0.5, 1, 1000)
    return np.maximum(lines[:, :12, None], lines[:, None, 12:]).astype(np.float32)


def held_out(groups: np.ndarray, share: float) -> np.ndarray:
    """Choose by chance, always the same, which samples are held out: whole groups, about a share of them all.

    Examples
    --------
    >>> int(held_out(np.arange(50), 0.2).sum())
    10
    """
    names = np.unique(groups)
    count = min(max(round(share * len(names)), 1), len(names) - 1)
    return np.isin(groups, np.random.default_rng(0).permutation(names)[:count])


def keep(made: Made, *, title: str, share: float, folder: Path, secret: bytes) -> int:
    """Keep samples for the processes that train on them, and return their number.

    Parameters
    ----------
    made : Made
    title : str
        What the visitor calls them.
    share : float
        Of the samples, that are held out.
    folder : Path
        The visitor's own, within :func:`aecore.datasets.files.uploads`.
    secret : bytes
        The visitor's: makes a number of the content that nobody else can know.

    Raises
    ------
    Refused
        ``too_few``.
    OSError
        If they can't be written.
    """
    count = len(made.inputs)
    groups = np.arange(count) if made.groups is None else made.groups
    if count < LEAST or len(np.unique(groups)) < 2:
        raise Refused("too_few", least=LEAST, count=count)
    test = held_out(groups, share)
    unit = made.inputs.dtype == np.uint8 or bool(made.inputs.min() >= 0 and made.inputs.max() <= 1)
    known = About(title, made.kind, count, made.shape, made.classes, made.columns, unit)
    said = json.dumps(known._asdict()).encode()
    labels = np.zeros(0, np.int64) if made.labels is None else made.labels
    stream = io.BytesIO()
    np.savez(stream, inputs=made.inputs, labels=labels, held_out=test, about=np.frombuffer(said, np.uint8))
    return files.keep(stream.getvalue(), folder, ".npz", secret=secret)


def coloured(found: Pictures | Arrays) -> bool:
    """Whether pictures have colours, a few more than the noise of a camera would give to grey ones."""
    if isinstance(found, Arrays):
        x = found.x[:FEW]
        some = [_channels_last(x)] if x.ndim == 4 else []
    else:
        some = [one[None] for one in found.pictures[:: max(len(found.pictures) // FEW, 1)]]
    spread = [np.ptp(one.astype(np.float32), axis=-1).mean() / max(float(np.ptp(one)), 1e-9) for one in some]
    return bool(spread) and float(np.mean(spread)) > COLOURED


def of_pictures(pictures: Pictures, *, side: int, colour: bool) -> Made:
    """Bring pictures to one size; their folders are the labels where they lie in several."""
    every = [resized(one, side) for one in pictures.pictures]
    most = _most(side * side * (3 if colour else 1))
    inputs = np.stack([_colours(one, colour=colour) for one in every[:most]])
    labels, classes = _labelled(pictures.folders[:most])
    return Made("pictures", inputs, labels, classes, dropped=len(every) - len(inputs))


def _colours(picture: np.ndarray, *, colour: bool) -> np.ndarray:
    """Return a picture as ``(3, side, side)``, or its luma by ITU-R BT.601."""
    if colour:
        return picture.transpose(2, 0, 1)
    return np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def of_sounds(found: Sounds) -> Made:
    """Cut sounds into half seconds: loudness in bands of equal width in mel, the loudest place of each sound being 1.

    The last half second of a sound ends where the sound does; silence fills a sound that is shorter.
    """
    pieces, groups = [], []
    for group, one in enumerate(found.sounds):
        magnitude = torch.from_numpy(_mel(found.rate)) @ sounds.spectrum(one.wave, _WINDOW, _HOP).abs()
        loud = sounds.loudness(magnitude / magnitude.max().clamp(min=sounds.QUIET)).numpy()
        loud = np.pad(loud, ((0, 0), (0, max(FRAMES - loud.shape[1], 0))))
        starts = sorted({*range(0, loud.shape[1] - FRAMES, FRAMES), loud.shape[1] - FRAMES})
        pieces += [loud[:, start : start + FRAMES] for start in starts]
        groups += [group] * len(starts)
    # Low bands lie at the bottom, as in every spectrum that is drawn.
    inputs = np.stack(pieces)[:, ::-1].clip(0, 1).astype(np.float32)
    labels, classes = _labelled([found.folders[group] for group in groups])
    return Made("sounds", inputs, labels, classes, np.array(groups))


@lru_cache(maxsize=4)
def _mel(rate: int) -> np.ndarray:
    """Return triangles of equal width in mel, ``(BANDS, _WINDOW / 2 + 1)``, each of sum 1."""
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + rate / 1400), BANDS + 2) / 2595) - 1)
    at = np.linspace(0, rate / 2, _WINDOW // 2 + 1)
    rising = (at - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - at) / np.diff(edges)[1:, None]
    bands = np.minimum(rising, falling).clip(0)
    return (bands / bands.sum(1, keepdims=True).clip(1e-9)).astype(np.float32)


def of_arrays(found: Arrays, *, side: int, colour: bool) -> Made:
    """Bring pictures in an array to one size, from the smallest value of all to the largest unless they are bytes.

    Raises
    ------
    Refused
        ``no_numbers`` where no sample is finite.
    """
    x = found.x
    whole = np.isfinite(x).all(axis=tuple(range(1, x.ndim)))
    most = _most(side * side * (3 if colour else 1))
    rows = np.flatnonzero(whole)[:most]
    if not len(rows):
        raise Refused("no_numbers")
    chosen = _channels_last(x[rows])
    if chosen.dtype != np.uint8:
        low, high = float(chosen.min()), float(chosen.max())
        chosen = np.rint(255 * ((chosen - low) / max(high - low, np.finfo(float).tiny))).astype(np.uint8)
    every = (resized(square(one / np.float32(255)), side) for one in chosen)
    inputs = np.stack([_colours(one, colour=colour) for one in every])
    labels, classes = (None, ()) if found.y is None else _labelled([str(one) for one in _named(found.y[rows])])
    return Made("pictures", inputs, labels, classes, dropped=len(x) - len(rows))


def pictured(found: Arrays) -> bool:
    """Whether an array holds pictures: three axes, or four of which one is colours.

    Raises
    ------
    Refused
        ``many_axes`` for anything else that is no table.
    """
    if found.x.ndim == 2:
        return False
    if found.x.ndim == 3 or (found.x.ndim == 4 and {found.x.shape[1], found.x.shape[3]} & {1, 3, 4}):
        return True
    raise Refused("many_axes", shape=" × ".join(map(str, found.x.shape)))


def _channels_last(x: np.ndarray) -> np.ndarray:
    """Return pictures with three colours, ``(n, height, width, 3)``."""
    if x.ndim == 4 and x.shape[3] not in (1, 3, 4):
        x = x.transpose(0, 2, 3, 1)
    x = x[..., None] if x.ndim == 3 else x
    return np.repeat(x, 3, axis=3) if x.shape[3] == 1 else x[..., :3]


def table_of(found: Arrays) -> Table:
    """Return an array of two axes as a table, with its labels as the last column."""
    numbers = found.x.astype(np.float64)
    infinite = np.isinf(numbers).sum(0)
    numbers[~np.isfinite(numbers) | (np.abs(numbers) > np.finfo(np.float32).max)] = np.nan
    columns = [Column(f"x{i + 1}", numbers[:, i], (), int(infinite[i])) for i in range(numbers.shape[1])]
    if found.y is not None:
        columns.append(Column("y", None, tuple(str(one) for one in _named(found.y))))
    return Table(tuple(columns), len(numbers))


def _named(values: np.ndarray) -> np.ndarray:
    return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values


def of_table(
    found: Table, *, columns: Sequence[str], label: str | None, scale: Scale, missing: Missing, least: int = LEAST
) -> Made:
    """Choose columns of numbers, and bring each to mean 0 and deviation 1, or to the span from 0 to 1.

    Parameters
    ----------
    found : Table
    columns : sequence of str
        Those that go in; those whose values are all equal are left out.
    label : str or None
        The column that says the class.
    scale : {"standardised", "unit"}
    missing : {"left_out", "mean"}
        Whether rows in which a number is missing are left out, or take the mean of its column.

    Raises
    ------
    Refused
        ``one_column`` where fewer than two columns are left, ``too_few`` where fewer rows.
    """
    able = [one for one in found.columns if one.name in columns and one.name != label]
    chosen = [one for one in able if one.numbers is not None and not np.isnan(one.numbers).all()]
    by_label = next((one for one in found.columns if one.name == label), None)
    values = np.array([one.numbers for one in chosen]).T if chosen else np.zeros((found.rows, 0))
    known = ~np.isnan(values).any(1) if missing == "left_out" else ~np.isnan(values).all(1)
    if by_label:
        known &= np.isin(by_label.words, by_label.classes)
    rows = np.flatnonzero(known)[: _most(max(values.shape[1], 1))]
    values = values[rows]
    if len(values) < least:
        raise Refused("too_few", least=least, count=len(values))
    with np.errstate(over="ignore"):
        values = np.where(np.isnan(values), np.nanmean(values, 0), values)
        low, span = values.min(0), np.ptp(values, 0)
        varies = (span > 0) & np.isfinite(span)
        values = (values - low)[:, varies] / span[varies]
    if scale == "standardised":
        values = (values - values.mean(0)) / values.std(0)
    if values.shape[1] < 2:
        raise Refused("one_column")
    labels, classes = (None, ()) if by_label is None else _labelled([by_label.words[row] for row in rows])
    return Made(
        "table",
        np.ascontiguousarray(values, np.float32).reshape(len(rows), 1, -1),
        labels,
        classes,
        columns=tuple(one.name for one, kept in zip(chosen, varies, strict=True) if kept),
        dropped=found.rows - len(rows),
        constant=tuple(one.name for one, kept in zip(chosen, varies, strict=True) if not kept),
    )


def _most(numbers: int) -> int:
    return max(MOST_NUMBERS // numbers, 1)


def _labelled(words: Sequence[str]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return labels and classes; neither where all are alike or too many differ."""
    different = set(words)
    if not 1 < len(different) <= MOST_CLASSES:
        return None, ()
    order: Callable[[str], tuple[float, str]] = lambda word: (_as_number(word), word)  # noqa: E731
    classes = tuple(sorted(different, key=order))
    places = {word: place for place, word in enumerate(classes)}
    return np.array([places[word] for word in words], np.int64), classes


def _as_number(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        return np.inf
    return number if np.isfinite(number) else np.inf


def forget() -> None:
    """Let go of what was read of data that have been taken away."""
    about.cache_clear()
