"""Compressed: pictures as files of few bytes, the pictures that come of the files, and what JPEG and WebP make of them.

A file says which model it needs, then come the code's whole numbers, range coded:

========  =====  ==========================================================
at        bytes  what
========  =====  ==========================================================
0         4      ``GGZ1``
4         4      CRC-32 of everything that follows
8         8      the key of the experiment whose model it is
16        4      CRC-32 of that model's weights and tables
20        1      how coarsely the code was rounded, in ``COARSENESS``
21        4      height and width
25               range coded numbers, unit by unit
========  =====  ==========================================================
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple, cast

import numpy as np
import torch
from PIL import Image

from aecore import range_coding
from aecore.datasets.data import Data
from aecore.datasets.photos import HELD_OUT, Photos
from aecore.networks import Autoencoder
from aecore.quantised import COARSENESS, TOTAL, TRAINED, QuantisedAutoencoder
from aecore.uploads import Refused
from aecore.views.restorations import photo

MAGIC = b"GGZ1"
_HEADER = struct.Struct(">4sI8sIBHH")
HEADER = _HEADER.size
# Of a file: RIFF and chunk headers and the frame's header for WebP (RFC 9649 and RFC 6386).
WEBP_HEADER = 30
# Pixels that a file may declare.
MOST = 40_000_000
# Held-out samples by which compression is judged, where they are no photos.
JUDGED = 100
# The qualities of JPEG and WebP on a curve.
QUALITIES = (0, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 60)


class Header(NamedTuple):
    """What a file says before its code.

    Attributes
    ----------
    key : str
        Of the experiment whose model reads it.
    weights : int
        The fingerprint of that model.
    coarseness : int
        Index in ``COARSENESS``.
    shape : tuple of int
        Height and width of the picture.
    """

    key: str
    weights: int
    coarseness: int
    shape: tuple[int, int]


class Saved(NamedTuple):
    """A picture in a file.

    Attributes
    ----------
    content : bytes
        The file.
    picture : ndarray
        What comes out of it, ``(height, width)``, values in [0, 1].
    """

    content: bytes
    picture: np.ndarray

    @property
    def bits_a_pixel(self) -> float:
        """Of the whole file."""
        return 8 * len(self.content) / self.picture.size


def fingerprint(model: Autoencoder) -> int:
    """Return 32 bits that differ, but for one in four thousand million, between models with different weights."""
    found = 0
    for name, tensor in sorted(model.state_dict().items()):
        found = zlib.crc32(name.encode(), found)
        found = zlib.crc32(tensor.detach().cpu().contiguous().numpy().tobytes(), found)
    return found


@torch.inference_mode()
def compressed(model: Autoencoder, picture: np.ndarray, key: str, coarseness: int = TRAINED) -> bytes:
    """Return a grey picture as a file.

    Parameters
    ----------
    model : QuantisedAutoencoder
        One of the picture's shape; a picture of another shape is cut into squares of the model's.
    picture : ndarray
        Shape ``(height, width)``, values in [0, 1].
    key : str
        Of the model's experiment, sixteen hexadecimal digits.
    coarseness : int
        Index in ``COARSENESS``.
    """
    model = cast("QuantisedAutoencoder", model)
    tables = model.prior.tables[coarseness].numpy()
    code = range_coding.written(_symbols(model, picture, coarseness), tables)
    rest = _HEADER.pack(MAGIC, 0, bytes.fromhex(key), fingerprint(model), coarseness, *picture.shape)[8:] + code
    return MAGIC + zlib.crc32(rest).to_bytes(4, "big") + rest


def header_of(content: bytes) -> Header:
    """Return what a file says, once it is known to be whole.

    Raises
    ------
    Refused
        ``empty``, ``not_compressed``, ``damaged`` (a flipped bit suffices) or ``too_many_pixels``.
    """
    if not content:
        raise Refused("empty")
    if content[:4] != MAGIC:
        raise Refused("not_compressed")
    if len(content) < HEADER or zlib.crc32(content[8:]) != int.from_bytes(content[4:8], "big"):
        raise Refused("damaged")
    _, _, key, weights, coarseness, *shape = _HEADER.unpack(content[:HEADER])
    if coarseness >= len(COARSENESS) or not all(shape):
        raise Refused("damaged")
    if shape[0] * shape[1] > MOST:
        raise Refused("too_many_pixels", most=MOST / 1e6)
    return Header(key.hex(), weights, coarseness, (shape[0], shape[1]))


@torch.inference_mode()
def decompressed(model: Autoencoder, content: bytes, key: str) -> np.ndarray:
    """Return the picture ``(height, width)`` of a file, values in [0, 1] in steps of 1/255.

    Parameters
    ----------
    model : QuantisedAutoencoder
        The one that the file was made with, for pictures of its shape as :func:`header_of` says it.
    content : bytes
    key : str
        Of the model's experiment.

    Raises
    ------
    Refused
        As :func:`header_of`, ``damaged`` where no picture of that size leads to such bytes, and ``other_model`` or
        ``other_weights`` where the file was made with another model.
    """
    header = header_of(content)
    if header.key != key:
        raise Refused("other_model", model=header.key)
    model = cast("QuantisedAutoencoder", model)
    if header.weights != fingerprint(model):
        raise Refused("other_weights", model=header.key)
    places = model.places * _count(header.shape, model.shape)
    tables = model.prior.tables[header.coarseness].numpy()
    if 8 * len(content) < places * range_coding.least_bits(tables):
        raise Refused("damaged")  # before a picture is made of what is not there
    try:
        symbols = range_coding.read(content[HEADER:], tables, places)
    except AssertionError as wrong:  # constriction's own about bytes that no symbols lead to
        raise Refused("damaged") from wrong
    return _picture(model, symbols, header.coarseness, header.shape)


def _symbols(model: QuantisedAutoencoder, picture: np.ndarray, coarseness: int) -> np.ndarray:
    """Return the code of a picture as symbols from 0, shape ``(units, places)``."""
    x = torch.from_numpy(_cut(np.asarray(picture, np.float32), model.shape))
    return model.symbols(x, coarseness).flatten(1).numpy()


def _picture(model: QuantisedAutoencoder, symbols: np.ndarray, coarseness: int, shape: tuple[int, int]) -> np.ndarray:
    z = model.from_symbols(torch.from_numpy(symbols).unflatten(1, (-1, model.places)), coarseness)
    found = torch.cat([model.decode(some) for some in z.split(256)])
    return _joined((255 * found.clamp(0, 1)).round().numpy() / np.float32(255), shape)


def _count(whole: tuple[int, int], part: tuple[int, ...]) -> int:
    return -(-whole[0] // part[-2]) * -(-whole[1] // part[-1])


def _cut(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a picture in pieces ``(n, *shape)``, its edge repeated where the last ones stick out."""
    high, wide = shape[-2:]
    lacking = [(0, -whole % part) for whole, part in zip(picture.shape, (high, wide), strict=True)]
    padded = np.pad(picture, lacking, mode="edge")
    pieces = padded.reshape(padded.shape[0] // high, high, -1, wide).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(pieces.reshape(-1, high, wide))


def _joined(pieces: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    high, wide = pieces.shape[1:]
    rows, columns = -(-shape[0] // high), -(-shape[1] // wide)
    return (
        pieces.reshape(rows, columns, high, wide).transpose(0, 2, 1, 3).reshape(rows * high, -1)[: shape[0], : shape[1]]
    )


def saved(picture: np.ndarray, kind: str, quality: int) -> Saved:
    """Return a grey picture as a JPEG or WebP file, as small as Pillow makes it at this quality of 100."""
    image = Image.fromarray(np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8))
    stream = io.BytesIO()
    most = {"optimize": True} if kind == "JPEG" else {"method": 6}
    image.save(stream, kind, quality=max(quality, kind == "JPEG"), **most)
    content = stream.getvalue()
    return Saved(content, np.asarray(Image.open(io.BytesIO(content)).convert("L"), np.float32) / 255)


def saved_alike(picture: np.ndarray, kind: str, length: int) -> Saved:
    """Return the largest JPEG or WebP file that is no longer than `length` bytes; the smallest if none is."""
    low, high = 0, 95
    best = saved(picture, kind, low)
    while low < high:
        middle = (low + high + 1) // 2
        found = saved(picture, kind, middle)
        if len(found.content) <= length:
            low, best = middle, found
        else:
            high = middle - 1
    return best


class Point(NamedTuple):
    """What files of one setting come to; means over pictures.

    Attributes
    ----------
    length : float
        Bytes of a file.
    bits_a_pixel : float
        Of the whole file.
    psnr : float
        In dB.
    """

    length: float
    bits_a_pixel: float
    psnr: float


def rates(of_shape: Callable[[tuple[int, ...]], Autoencoder], pictures: Sequence[np.ndarray]) -> list[Point]:
    """Return what files of a model come to, from the finest rounding to the coarsest.

    Parameters
    ----------
    of_shape : callable
        Returns the model for pictures of a shape.
    pictures : sequence of ndarray
        Held-out ones, each ``(height, width)``.
    """
    return [_point([rebuilt(of_shape(x.shape), x, i) for x in pictures], pictures) for i in range(len(COARSENESS))]


@torch.inference_mode()
def rebuilt(model: Autoencoder, picture: np.ndarray, coarseness: int = TRAINED) -> Saved:
    """Return a file as :func:`compressed` makes it, but of no model in particular, and the picture that comes of it."""
    model = cast("QuantisedAutoencoder", model)
    symbols = _symbols(model, picture, coarseness)
    code = range_coding.written(symbols, model.prior.tables[coarseness].numpy())
    return Saved(bytes(HEADER) + code, _picture(model, symbols, coarseness, picture.shape))


def rates_otherwise(data: Data) -> dict[str, list[Point]]:
    """Return what JPEG and WebP files of held-out pictures come to, by increasing quality; takes seconds."""
    pictures = held_out_pictures(data)
    return {
        kind: [_point([saved(x, kind, quality) for x in pictures], pictures) for quality in QUALITIES]
        for kind in ("JPEG", "WEBP")
    }


def _point(files: Sequence[Saved], pictures: Sequence[np.ndarray]) -> Point:
    psnr = [-10 * np.log10(np.mean((one.picture - x) ** 2) + 1e-12) for one, x in zip(files, pictures, strict=True)]
    length = float(np.mean([len(one.content) for one in files]))
    return Point(length, float(np.mean([one.bits_a_pixel for one in files])), float(np.mean(psnr)))


def at_quality(points: Sequence[Point], psnr: float) -> Point:
    """Return what files with this PSNR come to, between two measured points; the first one if that is better already.

    Parameters
    ----------
    points : sequence of Point
        By increasing quality.
    psnr : float
        In dB.
    """
    if psnr <= points[0].psnr:
        return points[0]
    known = [one.psnr for one in points]
    length, bits = (float(np.interp(psnr, known, [one[i] for one in points])) for i in (0, 1))
    return Point(length, bits, min(psnr, known[-1]))


def grey(picture: np.ndarray) -> np.ndarray:
    """Return a picture ``(height, width, 3)`` without its colours: the luma of BT.601, as JPEG has it."""
    return np.asarray(picture @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)


def held_out_pictures(data: Data) -> list[np.ndarray]:
    """Return the pictures that compression is judged by: whole held-out photos, or the first of the samples."""
    if isinstance(data, Photos):
        return [photo(name) for name in HELD_OUT]
    return list(data.load("test").inputs[:JUDGED].numpy())


@torch.inference_mode()
def bits_by_unit(model: Autoencoder, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Return the bits that each unit of the code costs, the mean over pictures of the model's shape.

    Returns
    -------
    ndarray
        Shape ``(units,)``; its sum is a picture's length in bits, without the file's header.
    """
    return np.mean([_costs(cast("QuantisedAutoencoder", model), x).sum(1) for x in pictures], axis=0)


@torch.inference_mode()
def bits_by_place(model: Autoencoder, picture: np.ndarray) -> np.ndarray:
    """Return where the bits of a picture go: shape ``(height, width)``, from 0 to the 1 of the dearest place."""
    model = cast("QuantisedAutoencoder", model)
    spent = _costs(model, picture).sum(0)
    height, width = picture.shape
    side = next(side for side in count(1) if -(-height // side) * -(-width // side) == len(spent))
    grid = spent.reshape(-(-height // side), -1)
    return np.kron(grid / grid.max(), np.ones((side, side)))[:height, :width]


def _costs(model: QuantisedAutoencoder, picture: np.ndarray) -> np.ndarray:
    """Return the bits of each symbol by the tables, ``(units, places)``."""
    symbols = _symbols(model, picture, TRAINED)
    return -np.log2(np.take_along_axis(model.prior.tables[TRAINED].numpy(), symbols, 1) / TOTAL)
