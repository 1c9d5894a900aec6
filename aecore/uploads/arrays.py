"""Arrays of strangers: NPY, and NPZ with x and perhaps y; nothing in them is unpickled."""

from __future__ import annotations

import io
import math
from typing import NamedTuple

import numpy as np

from aecore.uploads.archive import archive, is_archive
from aecore.uploads.refused import Refused

MAGIC = b"\x93NUMPY"
MOST_BYTES, MOST_NUMBERS = 200_000_000, 60_000_000


class Arrays(NamedTuple):
    """Arrays that were read.

    Attributes
    ----------
    x : ndarray
        Numbers of any kind, at least two axes, the first of which counts the samples.
    y : ndarray or None
        Shape ``(n,)``: numbers or words.
    others : tuple of str
        The names of arrays that were not needed.
    """

    x: np.ndarray
    y: np.ndarray | None
    others: tuple[str, ...] = ()


def are_arrays(content: bytes) -> bool:
    """Whether a file begins as NPY does, or is a ZIP whose first file does."""
    if content.startswith(MAGIC):
        return True
    # What NPZ says of its first member stands at a fixed place.
    return is_archive(content) and content[30:400].find(b".npy") >= 0


def arrays(content: bytes) -> Arrays:
    """Read the array ``x``, and ``y`` if there is one; the only array of a file need not be called so.

    Parameters
    ----------
    content : bytes
        A file's: NPY or NPZ.

    Raises
    ------
    Refused
        ``empty``, ``too_large``, ``no_archive``, ``bomb``, ``pickled``, ``no_x``, ``few_axes``, ``no_numbers``,
        ``torn`` or ``other_y``.

    Examples
    --------
    >>> stream = io.BytesIO()
    >>> np.savez(stream, x=np.zeros((4, 8, 8)), y=np.array([0, 1, 0, 1]))
    >>> arrays(stream.getvalue()).x.shape
    (4, 8, 8)
    """
    if not content:
        raise Refused("empty")
    if len(content) > MOST_BYTES:
        raise Refused("too_large", most=MOST_BYTES / 1e6)
    if content.startswith(MAGIC):
        found = {"x": content}
    else:
        found = {}
        for name, member in archive(content, most_one=MOST_NUMBERS * 8):
            if isinstance(member, Refused):
                raise member
            found[name.removesuffix(".npy")] = member
    names = list(found)
    lowered = {name.lower(): name for name in reversed(names)}
    x_name = lowered.get("x") or (names[0] if len(names) == 1 else None)
    if x_name is None:
        raise Refused("no_x")
    y_name = lowered.get("y")
    x, y = _read(found[x_name]), _read(found[y_name]) if y_name else None
    if x.dtype.kind not in "biuf":
        raise Refused("no_numbers")
    if x.ndim < 2 or not x.size:
        raise Refused("few_axes")
    if y is not None and (y.ndim != 1 or len(y) != len(x) or y.dtype.kind not in "biufUS"):
        raise Refused("other_y")
    return Arrays(x, y, tuple(name for name in names if name not in (x_name, y_name)))


def _read(content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(stream)
    except Exception as wrong:  # a broken header leads numpy to whatever it leads to
        raise Refused("torn") from wrong
    if kind.hasobject:
        raise Refused("pickled")
    # Said sizes are believed by nobody: they must be what is there.
    if min(shape, default=1) < 0 or math.prod(shape) > MOST_NUMBERS:
        raise Refused("too_large", most=MOST_BYTES / 1e6)
    if math.prod(shape) * kind.itemsize > len(content):
        raise Refused("torn")
    try:
        return np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as wrong:
        raise Refused("torn") from wrong
