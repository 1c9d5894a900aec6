"""Parcels: what is large is put here under a name of its own, and the browser gets it when it is to be seen.

A message then carries but an address: what has not changed is not sent again, what many visitors see is packed
once, and what nobody scrolls to is not sent at all.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

# Bytes kept; a browser comes for a parcel within moments.
ROOM = 50_000_000
# Figures that a browser may ask for; a lesson has a dozen, each at thirty moments.
PROMISED = 4000
FIGURE = "application/json"
RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
AGE = {"Cache-Control": "private, max-age=600, immutable"}


class _Parcel(NamedTuple):
    kind: str
    packed: bytes
    headers: dict[str, str]


_kept: OrderedDict[str, _Parcel] = OrderedDict()
_promised: OrderedDict[str, Callable[[], str]] = OrderedDict()
_lock = threading.Lock()
_size = 0


def put(content: str | bytes, kind: str) -> str:
    """Keep a text or bytes of a media type, and return the address at which the browser gets it."""
    raw = content.encode() if isinstance(content, str) else content
    name = hashlib.blake2b(raw, digest_size=16).hexdigest()
    _put(name, content, kind)
    return f"/parcels/{name}"


def promise(key: object, make: Callable[[], str]) -> str:
    """Return the address of a figure that is made when it is asked for; equal keys, as written, are equal figures."""
    name = hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()
    with _lock:
        _promised[name] = make
        _promised.move_to_end(name)
        while len(_promised) > PROMISED:
            _promised.popitem(last=False)
    return f"/parcels/{name}"


def _put(name: str, content: str | bytes, kind: str) -> None:
    global _size
    with _lock:
        known = name in _kept
        if known:
            _kept.move_to_end(name)
    if not known:
        raw = content.encode() if isinstance(content, str) else content
        text = isinstance(content, str)
        parcel = _Parcel(kind, gzip.compress(raw, 1) if text else raw, {"Content-Encoding": "gzip"} if text else {})
        with _lock:
            _size += len(parcel.packed) if name not in _kept else 0
            _kept[name] = parcel
            while _size > ROOM and len(_kept) > 1:
                _, oldest = _kept.popitem(last=False)
                _size -= len(oldest.packed)


def content(address: str) -> bytes:
    """Return what was put.

    Raises
    ------
    KeyError
        If it is no longer kept.
    """
    parcel = _kept[address.rpartition("/")[2]]
    return gzip.decompress(parcel.packed) if parcel.headers else parcel.packed


def answer(request: Request) -> Response:
    """Give a parcel out; what was promised is made first."""
    parcel = _found(request.path_params["name"])
    if parcel is None:
        return Response(status_code=404)
    wanted = RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None or parcel.headers:
        return Response(parcel.packed, media_type=parcel.kind, headers=parcel.headers | AGE)
    # Players of sounds ask for a part when someone jumps to it.
    whole, first = len(parcel.packed), int(wanted[1])
    last = min(int(wanted[2] or whole), whole - 1)
    if first > last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{whole}"})
    headers = AGE | {"Content-Range": f"bytes {first}-{last}/{whole}", "Accept-Ranges": "bytes"}
    return Response(parcel.packed[first : last + 1], status_code=206, media_type=parcel.kind, headers=headers)


def answer_table(request: Request) -> Response:
    """Give the points of a figure out as CSV."""
    from aecore.figures import tables

    parcel = _found(request.path_params["name"])
    if parcel is None or parcel.kind != FIGURE:
        return Response(status_code=404)
    table = tables.table(gzip.decompress(parcel.packed))
    return Response(status_code=404) if table is None else Response(table, media_type="text/csv", headers=AGE)


def _found(name: str) -> _Parcel | None:
    if name not in _kept and (make := _promised.get(name)):
        # What it would be made of may have gone.
        with contextlib.suppress(LookupError, OSError):
            _put(name, make(), FIGURE)
    return _kept.get(name)
