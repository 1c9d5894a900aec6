"""Sounds of strangers: any rate, depth and number of channels, but never more than there is room for."""

from __future__ import annotations

import io
import math
import struct
from typing import NamedTuple

import numpy as np

from aecore.uploads.refused import Refused

MOST_BYTES = 60_000_000
# Seconds that a sound may declare, and numbers in all of its channels; more are refused before any is decoded.
LONGEST, MOST = 120, 50_000_000
SLOWEST, FASTEST = 1000, 384_000  # samples a second
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "AIFF", "MP3")


class Sound(NamedTuple):
    """A sound that was read.

    Attributes
    ----------
    wave : ndarray
        One channel, float32.
    rate, channels : int
        What the file had.
    """

    wave: np.ndarray
    rate: int
    channels: int


def sound(content: bytes, rate: int) -> Sound:
    """Read a sound: the mean of its channels, brought to another rate.

    Parameters
    ----------
    content : bytes
        A file's.
    rate : int
        Samples a second of the result.

    Raises
    ------
    Refused
        ``empty``, ``too_large``, ``no_sound``, ``too_long``, ``cut_short`` or ``silent``.

    Examples
    --------
    >>> sound(b"", 8000)
    Traceback (most recent call last):
    ...
    aecore.uploads.refused.Refused: ('empty', {})
    """
    import soundfile
    from scipy.signal import resample_poly

    if not content:
        raise Refused("empty")
    if len(content) > MOST_BYTES:
        raise Refused("too_large", most=MOST_BYTES / 1e6)
    try:
        opened = soundfile.SoundFile(io.BytesIO(content))
    except Exception as wrong:  # a broken header leads libsndfile to whatever it leads to
        raise Refused("no_sound") from wrong
    with opened:
        if opened.format not in FORMATS or not SLOWEST <= opened.samplerate <= FASTEST:
            raise Refused("no_sound")
        declared = max(opened.frames, _declared(content))
        if declared > LONGEST * opened.samplerate or declared * opened.channels > MOST:
            raise Refused("too_long", most=LONGEST)
        try:
            found = opened.read(declared, dtype="float32", always_2d=True)
        except Exception as wrong:
            raise Refused("cut_short") from wrong
        if len(found) < declared:
            raise Refused("cut_short")
        mono = np.clip(np.nan_to_num(found.mean(1)), -1, 1)
        if not np.any(np.abs(mono) > 1e-5):
            raise Refused("silent")
        shared = math.gcd(rate, opened.samplerate)
        wave = resample_poly(mono, rate // shared, opened.samplerate // shared).astype(np.float32)
        return Sound(wave, opened.samplerate, opened.channels)


def _declared(content: bytes) -> int:
    """Return how many samples of each channel a WAV file says that it has, which libsndfile corrects in silence.

    0 if it does not say so, as where a recorder wrote its header before it knew.
    """
    if content[:4] != b"RIFF":
        return 0
    place, size = 12, 0
    while place + 8 <= len(content):
        kind, length = content[place : place + 4], struct.unpack_from("<I", content, place + 4)[0]
        if kind == b"fmt " and place + 22 <= len(content):
            size = struct.unpack_from("<H", content, place + 20)[0]
        if kind == b"data":
            return length // size if size and length < 2**32 - 1 else 0
        place += 8 + length + length % 2
    return 0
