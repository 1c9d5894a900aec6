"""Files: where the shipped data lie, and whether they are still what was shipped."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

SUMS = "SHA256SUMS"
# The number of what a visitor brings is so many bits of its SHA-256; a browser counts no further exactly.
BITS = 52


class DamagedFile(Exception):
    """A shipped file is not there, or is not the one that was shipped.

    Attributes
    ----------
    name : str
        The file's name within :func:`folder`.
    reason : {"missing", "damaged"}
        What is wrong with it.
    """

    def __init__(self, name: str, reason: Literal["missing", "damaged"]) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        wrong = "is missing" if self.reason == "missing" else "cannot be read or differs from the one that was shipped"
        return (
            f"The data file {self.name!r} {wrong}: get it again into {folder()}, "
            f"for instance with 'git checkout -- assets/data' in a clone of the repository."
        )


def folder() -> Path:
    """Return the folder of the shipped data: ``assets/data``, or what ``GARGALO_DATA`` names."""
    return Path(os.environ.get("GARGALO_DATA") or Path(__file__).parents[2] / "assets" / "data")


def uploads() -> Path:
    """Return where visitors' files are kept: what ``GARGALO_UPLOADS`` names, else a temporary folder."""
    return Path(os.environ.get("GARGALO_UPLOADS") or Path(tempfile.gettempdir()) / "gargalo-uploads")


def keep(content: bytes, folder: Path, ending: str, *, secret: bytes) -> int:
    """Write what a visitor brings for the processes that train on it, and return its number.

    Parameters
    ----------
    content : bytes
    folder : Path
        The visitor's own, within :func:`uploads`.
    ending : str
        Of the file's name, with its dot.
    secret : bytes
        The visitor's: makes a number of the content that nobody else can know.

    Raises
    ------
    OSError
        If it can't be written.
    """
    number = int.from_bytes(hashlib.sha256(secret + content).digest()[:7], "big") >> (56 - BITS)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = folder / f".{number}"
    beside.write_bytes(content)
    beside.replace(folder / f"{number}{ending}")
    return number


def path(name: str) -> Path:
    """Return where a shipped file lies, once it is known to be whole.

    Parameters
    ----------
    name : str
        As in ``SHA256SUMS``, for example ``"photos/moon.png"``.

    Raises
    ------
    DamagedFile
        If it is not there, cannot be read, or has another SHA-256. A file that passed is not
        checked again in this process.
    """
    _check(folder(), name)
    return folder() / name


@cache  # remembers no exception, so a file put back is found without a restart
def _check(place: Path, name: str) -> None:
    wanted = _sums(place)
    found = hashlib.sha256(_content(place, name)).hexdigest()
    if found != wanted.get(name):
        raise DamagedFile(name, "damaged")


def _sums(place: Path) -> dict[str, str]:
    lines = _content(place, SUMS).decode("utf-8", "replace").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) == 2)
    return {name.removeprefix("*").removeprefix("./"): digest for digest, name in pairs}


def _content(place: Path, name: str) -> bytes:
    try:
        return (place / name).read_bytes()
    except FileNotFoundError:
        raise DamagedFile(name, "missing") from None
    except OSError as error:
        raise DamagedFile(name, "damaged") from error


def arrays(name: str, *members: str) -> tuple[np.ndarray, ...]:
    """Read some arrays of a shipped ``.npz``, and only those.

    Examples
    --------
    >>> [labels] = arrays("mnist.npz", "y_test")
    >>> labels[:5]
    array([7, 2, 1, 0, 4], dtype=uint8)
    """
    with np.load(path(name)) as archive:
        return tuple(archive[member] for member in members)


def grey(name: str) -> np.ndarray:
    """Read a shipped picture as grey values, uint8 of shape ``(height, width)``.

    Colours become the luma of ITU-R BT.601.
    """
    with Image.open(path(name)) as picture:
        return np.array(picture.convert("L"))
