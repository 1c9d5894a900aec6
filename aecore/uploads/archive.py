"""Archives: files as a ZIP, and strangers' ones read, file by file, none on disk, never more than there is room for."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from aecore.uploads.refused import Refused

START, END = b"PK\x03\x04", b"PK\x05\x06"
# Bytes of a whole archive, of its list of files, of one file, and of all files together, both said and found.
MOST_BYTES, MOST_LISTED, MOST_ONE, MOST_TOGETHER = 200_000_000, 4_000_000, 60_000_000, 500_000_000
# What systems put into archives unasked.
CLUTTER = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


class File(NamedTuple):
    """A file by its name, with its bytes or the reason for which they are not read."""

    name: str
    content: bytes | Refused


def is_archive(content: bytes) -> bool:
    """Whether a file begins as a ZIP does, an empty one included."""
    return content[:4] in (START, END)


def zipped(files: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return files by their names as a ZIP, by default a small one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name, content in files.items():
            # Without the time: the same files give the same bytes, whenever they are packed.
            opened.writestr(zipfile.ZipInfo(name), content, how)
    return stream.getvalue()


def archive(content: bytes, *, most_one: int = MOST_ONE) -> Iterator[File]:
    """Give the files of a ZIP one by one, each read when it is asked for.

    Parameters
    ----------
    content : bytes
        A file's.
    most_one : int
        Bytes of each file in it that are read.

    Yields
    ------
    File
        Those that cannot be read come with ``path`` (a name that leads out of the archive, or a link), ``twice``,
        ``locked``, ``nested``, ``too_large`` or ``torn``. Folders and what systems add unasked do not come.

    Raises
    ------
    Refused
        ``no_archive``, ``too_large``, ``too_many_files`` or, where the files together are larger than may be, ``bomb``.
    """
    if len(content) > MOST_BYTES:
        raise Refused("too_large", most=MOST_BYTES / 1e6)
    place = content.rfind(END)
    if place < 0 or len(content) < place + 22:
        raise Refused("no_archive")
    # Looked at first, as the list is read as a whole, whatever its length.
    if struct.unpack_from("<I", content, place + 12)[0] > MOST_LISTED:
        raise Refused("too_many_files")
    try:
        opened = zipfile.ZipFile(io.BytesIO(content))
    except Exception as wrong:  # a broken list leads zipfile to whatever it leads to
        raise Refused("no_archive") from wrong
    with opened:
        listed = [info for info in opened.infolist() if not info.filename.endswith("/") and not _clutter(info.filename)]
        if sum(info.file_size for info in listed) > MOST_TOGETHER:
            raise Refused("bomb", most=MOST_TOGETHER / 1e6)
        seen: set[str] = set()
        room = MOST_TOGETHER
        for info in listed:
            found = _content(opened, info, room, most_one, seen)
            seen.add(info.filename)
            if isinstance(found, bytes):
                room -= len(found)
            yield File(info.filename, found)


def _clutter(name: str) -> bool:
    parts = set(PurePosixPath(name).parts)
    return bool(parts & CLUTTER) or PurePosixPath(name).name.startswith("._")


def _content(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, room: int, most_one: int, seen: set[str]
) -> bytes | Refused:
    name = info.filename
    outside = not name or name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts
    if outside or stat.S_ISLNK(info.external_attr >> 16):
        return Refused("path")
    if name in seen:
        return Refused("twice")
    if info.flag_bits & 1:
        return Refused("locked")
    if info.file_size > most_one:
        return Refused("too_large", most=most_one / 1e6)
    try:
        with opened.open(info) as stream:
            found = stream.read(min(most_one, room) + 1)
    except Exception:  # damaged, cut off, or packed in a manner that is not known here
        return Refused("torn")
    if len(found) > room:
        raise Refused("bomb", most=MOST_TOGETHER / 1e6)
    if len(found) > most_one:
        return Refused("too_large", most=most_one / 1e6)
    return Refused("nested") if found[:4] == START else found
