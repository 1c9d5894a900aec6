"""Lossless: any file as one of few bytes that holds it exactly, and what gzip and Zstandard make of it.

========  =====  ==========================================================
at        bytes  what
========  =====  ==========================================================
0         4      ``GGB1``
4         4      CRC-32 of everything that follows
8         1      how: 0 as it is, 1 foretold byte by byte
9         4      fingerprint of what foretells: its version and its tables
13        4      CRC-32 of the original
17        4      its length
21               its bytes, or a code of them
========  =====  ==========================================================
"""

from __future__ import annotations

import gzip
import struct
import time
import zlib
from collections.abc import Callable
from typing import NamedTuple

from aecore.uploads import Refused

MAGIC = b"GGB1"
_HEADER = struct.Struct(">4sIBIII")
HEADER = _HEADER.size
STORED, FORETOLD = 0, 1
# Bytes of the largest file that is packed: half a minute.
MOST = 2_000_000
GZIP, ZSTD = 9, 19


class Packed(NamedTuple):
    """What a file comes to: the packed file, and the seconds that it took."""

    content: bytes
    seconds: float

    @property
    def length(self) -> int:
        """Its bytes."""
        return len(self.content)


def packed(content: bytes) -> bytes:
    """Return a file of any kind as a shorter one; it is stored as it is where nothing can be foretold of it.

    Raises
    ------
    aecore.uploads.Refused
        ``too_large``.
    """
    from aecore import byte_coding

    if len(content) > MOST:
        raise Refused("too_large", most=MOST / 1e6)
    how, code = FORETOLD, byte_coding.written(content)
    if len(code) >= len(content):
        how, code = STORED, content
    header = _HEADER.pack(MAGIC, 0, how, byte_coding.fingerprint(), zlib.crc32(content), len(content))
    rest = header[8:] + code
    return MAGIC + zlib.crc32(rest).to_bytes(4, "big") + rest


def unpacked(content: bytes) -> bytes:
    """Return the file that :func:`packed` was given, or nothing.

    Raises
    ------
    aecore.uploads.Refused
        ``empty``, ``not_compressed``, ``damaged`` (a flipped bit suffices), ``too_large``, ``other_coder`` where
        another version wrote it, or ``came_out_wrong`` where this machine foretells otherwise than its writer.
    """
    from aecore import byte_coding

    if not content:
        raise Refused("empty")
    if not is_packed(content):
        raise Refused("not_compressed")
    if len(content) < HEADER or zlib.crc32(content[8:]) != int.from_bytes(content[4:8], "big"):
        raise Refused("damaged")
    _, _, how, coder, checksum, length = _HEADER.unpack(content[:HEADER])
    if length > MOST:
        raise Refused("too_large", most=MOST / 1e6)
    if how == FORETOLD and coder != byte_coding.fingerprint():
        raise Refused("other_coder", found=f"{coder:08x}", here=f"{byte_coding.fingerprint():08x}")
    code = content[HEADER:]
    found = byte_coding.read(code, length) if how == FORETOLD else code
    if len(found) != length or zlib.crc32(found) != checksum:
        raise Refused("came_out_wrong")
    return found


def is_packed(content: bytes) -> bool:
    """Whether a file begins as those of :func:`packed` do."""
    return content[:4] == MAGIC


def compared(content: bytes) -> dict[str, Packed]:
    """Return what a file comes to by us, by gzip and by Zstandard, each at its best effort that is in common use.

    Raises
    ------
    aecore.uploads.Refused
        ``too_large``.
    """
    packed(b"")  # what is compiled at the first call is so before the clock runs
    return {name: _measured(pack, content) for name, pack in {"bytes": packed, **RIVALS}.items()}


def by_network_alone(content: bytes) -> Packed:
    """Return what a file would come to if nothing but the network foretold it; it is stored if that is longer."""
    from aecore import byte_coding

    def pack(content: bytes) -> bytes:
        return bytes(HEADER) + min(byte_coding.written(content, network_alone=True), content, key=len)

    return _measured(pack, content)


def _zstd(content: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=ZSTD).compress(content)


RIVALS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, GZIP, mtime=0),
    "zstd": _zstd,
}


def _measured(pack: Callable[[bytes], bytes], content: bytes) -> Packed:
    begun = time.perf_counter()
    return Packed(pack(content), time.perf_counter() - begun)
