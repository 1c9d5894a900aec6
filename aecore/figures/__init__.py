"""Figures, a kind a file: arrays and words in, a Plotly figure out; Plotly is loaded when the first is drawn."""

from collections.abc import Callable
from typing import Any

from aecore.figures.curves import angles, error, error_by_size
from aecore.figures.fields import field
from aecore.figures.grids import rows, tiles
from aecore.figures.lines import histogram, lines, units
from aecore.figures.scatters import codes

TABLE: dict[str, Callable[..., Any]] = {
    "angles": angles,
    "codes": codes,
    "error": error,
    "error_by_size": error_by_size,
    "field": field,
    "histogram": histogram,
    "lines": lines,
    "rows": rows,
    "tiles": tiles,
    "units": units,
}

__all__ = [
    "TABLE",
    "angles",
    "codes",
    "error",
    "error_by_size",
    "field",
    "histogram",
    "lines",
    "rows",
    "tiles",
    "units",
]
