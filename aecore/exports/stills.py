"""Stills: figures as pictures, drawn by a Chromium that nobody sees; nothing comes from outside."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore.figures.theme import PALETTES, Mode, dress

if TYPE_CHECKING:
    from aecore.figures.theme import Figure

WIDTH, HEIGHT, SCALE = 760, 420, 2


class NoBrowser(RuntimeError):
    """There is no kaleido, or no Chromium for it."""


def stills(
    figures: Mapping[str, Figure], folder: Path, *, mode: Mode = "light", kinds: tuple[str, ...] = ("png", "svg")
) -> list[Path]:
    """Write figures as pictures.

    Parameters
    ----------
    figures : mapping of str to Figure
        By the name of the file, without its ending.
    folder : Path
        It must exist.
    mode : {"light", "dark"}
    kinds : tuple of str
        Endings: ``png``, twice as fine as a screen, and ``svg``.

    Returns
    -------
    list of Path

    Raises
    ------
    NoBrowser
        If there is nothing that draws them.
    OSError
        If the folder can't be written.
    """
    wanted = [
        (folder / f"{name}.{kind}", _plain(figure, mode), {"format": kind, "scale": SCALE, **_size(figure)})
        for name, figure in figures.items()
        for kind in kinds
    ]
    # A thread of its own, since whoever calls may have an event loop in theirs, as notebooks do.
    with ThreadPoolExecutor(1) as aside:
        pictures = aside.submit(lambda: asyncio.run(_drawn(wanted))).result()
    for (path, _, _), content in zip(wanted, pictures, strict=True):
        path.write_bytes(content)
    return [path for path, _, _ in wanted]


def _plain(figure: Figure, mode: Mode) -> dict[str, Any]:
    dressed = dress(figure, mode)
    dressed.layout.paper_bgcolor = PALETTES[mode]["background"]
    found: dict[str, Any] = json.loads(dressed.to_json())
    return found


def _size(figure: Figure) -> dict[str, int]:
    aspect = (figure.layout.meta or {}).get("aspect")
    return {"width": WIDTH, "height": round(WIDTH / aspect) if aspect else HEIGHT}


async def _drawn(wanted: list[tuple[Path, dict[str, Any], dict[str, Any]]]) -> list[bytes]:
    try:
        from choreographer.browsers.chromium import ChromeNotFoundError
        from kaleido import Kaleido
    except ImportError as missing:
        raise NoBrowser from missing
    try:
        async with Kaleido(mathjax=False, path=shutil.which("chromium")) as browser:
            return [await browser.calc_fig(figure, opts=size) for _, figure, size in wanted]
    except ChromeNotFoundError as missing:
        raise NoBrowser from missing
