"""Pictures of single samples, given out one by one: what a point stands for, and what comes back of it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from starlette.responses import Response

from pages._ui import explored

if TYPE_CHECKING:
    from starlette.requests import Request

    from aecore.experiment import Experiment

COLUMNS = 64
# Samples that have a picture of their own in the one that holds them all.
MOST = 4096
FRESH = {"Cache-Control": "max-age=3600"}


def answer(request: Request) -> Response:
    """Answer with the picture of a row and its reconstruction, or with all pictures as one."""
    given = request.path_params
    experiment = explored.by_key(given["key"])
    try:
        if experiment is None or len(experiment.data.shape) < 2:
            return Response(status_code=404)
        if found := re.fullmatch(r"all-(\d{1,4})", given["name"]):
            return Response(_all(experiment, int(found[1])), media_type="image/png", headers=FRESH)
        if re.fullmatch(r"\d{1,6}", given["name"]):
            return Response(_pair(experiment, given["step"], int(given["name"])), media_type="image/png", headers=FRESH)
    except (LookupError, OSError):
        pass
    return Response(status_code=404)


def tiles(experiment: Experiment, points: int) -> dict[str, object] | None:
    """Return what the browser needs to know of the picture that holds all; ``None`` where samples are no pictures."""
    if len(experiment.data.shape) < 2:
        return None
    height, width = experiment.data.shape[-2:]
    count = min(points, MOST - 1)
    size = {"columns": COLUMNS, "count": count, "width": width, "height": height}
    return {"atlas": f"/pictures/{experiment.key}/0/all-{count}.png", "mask": _bright_on_dark(experiment), **size}


def card(experiment: Experiment, step: int) -> str | None:
    """Return where the picture of a row is got, up to the row."""
    return f"/pictures/{experiment.key}/{step}/" if len(experiment.data.shape) > 1 else None


@lru_cache(maxsize=8)
def _bright_on_dark(experiment: Experiment) -> bool:
    if len(experiment.data.shape) > 2:
        return False
    x = explored.examples(experiment, 64)[0].inputs
    return experiment.data.value_range == "unit" and float(x.mean()) < 0.45


@lru_cache(maxsize=4)
def _all(experiment: Experiment, count: int) -> bytes:
    from aecore import views
    from aecore.figures.grids import tiled

    x = explored.inputs(experiment, range(count))
    [shown] = views.shown([x.numpy()], experiment.data.value_range)
    return tiled(shown, columns=COLUMNS, mask=_bright_on_dark(experiment))


@lru_cache(maxsize=512)
def _pair(experiment: Experiment, step: int, row: int) -> bytes:
    from aecore import views
    from aecore.figures.grids import atlas

    x = explored.inputs(experiment, [row])
    x_hat = views.clamped(explored.model(experiment, step), x, []).pictures
    shown = views.shown([x.numpy(), x_hat], experiment.data.value_range)
    return atlas(np.swapaxes(shown, 0, 1))
