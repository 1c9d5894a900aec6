"""Understanding: what a visitor's files are, all of one kind, and which of them were left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image

from aecore.uploads.archive import File, archive, is_archive
from aecore.uploads.arrays import Arrays, are_arrays, arrays
from aecore.uploads.pictures import picture, pixels
from aecore.uploads.refused import Refused
from aecore.uploads.sounds import Sound, sound
from aecore.uploads.table import Table, table

# Pictures that are read, and pixels of all of them together that are decoded.
MOST_PICTURES, MOST_PIXELS = 6000, 600_000_000
# Sounds that are read, and seconds of all of them together.
MOST_SOUNDS, MOST_SECONDS = 2000, 1800
# The side of the square that is kept of a picture, at most, and of the picture that it is cut from.
SIDE, LONGEST = 64, 256
TABLES = (".csv", ".tsv", ".txt")
# Bytes by which plain text is judged a table.
HEAD = 4096


class Pictures(NamedTuple):
    """Square pictures, uint8 of shape ``(side, side, 3)``, with sides up to :data:`SIDE`, and the folder of each."""

    pictures: tuple[np.ndarray, ...]
    folders: tuple[str, ...]


class Sounds(NamedTuple):
    """Sounds of one channel at one rate, and the folder of each."""

    sounds: tuple[Sound, ...]
    folders: tuple[str, ...]
    rate: int


class Understood(NamedTuple):
    """What files are.

    Attributes
    ----------
    what : Pictures, Sounds, Table or Arrays
    left_out : tuple of File
        Each with the reason.
    """

    what: Pictures | Sounds | Table | Arrays
    left_out: tuple[File, ...] = ()


def understand(files: Sequence[tuple[str, bytes]], *, rate: int) -> Understood:
    """Find out what files are: pictures or sounds, one by one or in archives, or one table or one file of arrays.

    Parameters
    ----------
    files : sequence of (str, bytes)
        Each by its name.
    rate : int
        Samples a second that sounds are brought to.

    Raises
    ------
    Refused
        What a table, arrays or an archive is refused for; where no file could be read, the first one's reason; or
        ``nothing_in``, where an archive has no files.
    """
    if not files:
        raise Refused("nothing_in")
    if len(files) == 1:
        [(name, content)] = files
        if are_arrays(content):
            return Understood(arrays(content))
        if not is_archive(content) and PurePosixPath(name.lower()).suffix in TABLES:
            return Understood(table(content))
    return _many(_each(files), rate)


def _each(files: Sequence[tuple[str, bytes]]) -> Iterator[File]:
    for name, content in files:
        if is_archive(content) and not are_arrays(content):
            yield from archive(content)
        else:
            yield File(name, content)


def _many(files: Iterable[File], rate: int) -> Understood:
    """Read pictures or sounds, whichever the first is that can be read."""
    left: list[File] = []
    folders: list[str] = []
    readers: tuple[_Squares | _Waves, ...] = (_Squares(), _Waves(rate))
    for name, content in files:
        reason = content if isinstance(content, Refused) else None
        if isinstance(content, bytes):
            reader, reason = _first(readers, name, content)
            readers = (reader,) if reader else readers
        if reason:
            left.append(File(name, reason))
        else:
            folders.append(PurePosixPath(name).parent.name)
    if folders:
        return Understood(readers[0].result(tuple(folders)), tuple(left))
    raise next((one.content for one in left if isinstance(one.content, Refused)), Refused("nothing_in"))


def _first(
    readers: tuple[_Squares | _Waves, ...], name: str, content: bytes
) -> tuple[_Squares | _Waves | None, Refused | None]:
    """Return the reader that has taken a file in, or else the reason of the one that knows its kind."""
    reasons = []
    for reader in readers:
        try:
            reader.read(content)
            return reader, None
        except Refused as refused:
            reasons.append(refused)
    known = next((one for one in reasons if one.reason not in ("no_picture", "no_sound")), None)
    if known:
        return None, known
    if _comes_alone(name, content):
        return None, Refused("alone")
    return None, reasons[0] if len(readers) == 1 else Refused("other_kind")


def _comes_alone(name: str, content: bytes) -> bool:
    """Whether a file is arrays, or a table: by its name, or plain text by its first lines."""
    suffix = PurePosixPath(name.lower()).suffix
    if suffix != ".txt":
        return suffix in TABLES or are_arrays(content)
    try:
        return bool(table(content[:HEAD]).rows)
    except Refused:
        return False


class _Squares:
    """Takes in the middle square of each picture."""

    def __init__(self) -> None:
        self.found: list[np.ndarray] = []
        self.decoded = 0

    def read(self, content: bytes) -> None:
        """Take a picture in, or raise `Refused`."""
        declared = pixels(content)
        if len(self.found) >= MOST_PICTURES or self.decoded + declared > MOST_PIXELS:
            raise Refused("no_more", most=MOST_PICTURES)
        self.decoded += declared
        self.found.append(square(picture(content, longest=LONGEST)))

    def result(self, folders: tuple[str, ...]) -> Pictures:
        """Return all of them."""
        return Pictures(tuple(self.found), folders)


def square(values: np.ndarray) -> np.ndarray:
    """Return the middle square of a picture, values in [0, 1], as bytes, made smaller if larger than is kept.

    Examples
    --------
    >>> square(np.zeros((100, 300, 3))).shape
    (64, 64, 3)
    """
    height, width = values.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    cut = np.rint(255 * values[top : top + side, left : left + side]).astype(np.uint8)
    return resized(cut, SIDE) if side > SIDE else cut


def resized(values: np.ndarray, side: int) -> np.ndarray:
    """Return a square picture of bytes with another side; with the same, as it is."""
    if values.shape[0] == side:
        return values
    return np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.LANCZOS))


class _Waves:
    """Takes in sounds."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.found: list[Sound] = []
        self.seconds = 0.0

    def read(self, content: bytes) -> None:
        """Take a sound in, or raise `Refused`."""
        if len(self.found) >= MOST_SOUNDS or self.seconds > MOST_SECONDS:
            raise Refused("no_more", most=MOST_SOUNDS)
        found = sound(content, self.rate)
        self.seconds += len(found.wave) / self.rate
        self.found.append(found)

    def result(self, folders: tuple[str, ...]) -> Sounds:
        """Return all of them."""
        return Sounds(tuple(self.found), folders, self.rate)
