"""Figures, a kind a file: arrays and words in, a Plotly figure out; Plotly is loaded when the first is drawn."""

from collections.abc import Callable
from typing import Any

from aecore.figures.animations import animation
from aecore.figures.bars import bars
from aecore.figures.clouds import cloud
from aecore.figures.curves import angles, error, error_by_size
from aecore.figures.fields import field
from aecore.figures.grids import row_at as row_at
from aecore.figures.grids import rows, tiles
from aecore.figures.lines import histogram, lines, units
from aecore.figures.matrices import matrix
from aecore.figures.planes import plane
from aecore.figures.scatters import codes, posteriors

TABLE: dict[str, Callable[..., Any]] = {
    "angles": angles,
    "animation": animation,
    "bars": bars,
    "cloud": cloud,
    "codes": codes,
    "error": error,
    "error_by_size": error_by_size,
    "field": field,
    "histogram": histogram,
    "lines": lines,
    "matrix": matrix,
    "plane": plane,
    "posteriors": posteriors,
    "rows": rows,
    "tiles": tiles,
    "units": units,
}

__all__ = [
    "TABLE",
    "angles",
    "animation",
    "bars",
    "cloud",
    "codes",
    "error",
    "error_by_size",
    "field",
    "histogram",
    "lines",
    "matrix",
    "plane",
    "posteriors",
    "rows",
    "tiles",
    "units",
]
