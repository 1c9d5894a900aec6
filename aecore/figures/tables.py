"""Tables: the numbers behind a figure as CSV, a row a point."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

# A spreadsheet would take a cell that begins so for a formula.
_FORMULA = re.compile(r"[=+\-@]")
_TAG = re.compile(r"<[^<>]*>")
_AXES = ("x", "y", "z")
_HEADS = ("series", "part", *_AXES, "error", "label", "row")


def table(figure: str | bytes | Mapping[str, Any]) -> str | None:
    """Return the points of a figure as CSV.

    Parameters
    ----------
    figure : str, bytes or mapping
        What ``to_json`` wrote of a figure, or that read.

    Returns
    -------
    str or None
        A head, then a row a point or a row a cell of a matrix, with those that any series has of: the series' name,
        the part of a line that is broken off, coordinates, half an error bar, a label, and the number of its sample.
        Numbers have a decimal point. ``None`` for a figure that holds pictures alone.

    Raises
    ------
    ValueError
        If it is no figure.

    Examples
    --------
    >>> print(table({"data": [{"name": "=1+1", "x": [1, 2], "y": [0.5, -3]}]}))
    series,x,y
    '=1+1,1,0.5
    '=1+1,2,-3
    <BLANKLINE>
    """
    try:
        tree = figure if isinstance(figure, Mapping) else json.loads(figure)
        layout = tree.get("layout", {})
        rows: list[dict[str, Any]] = []
        for trace in tree["data"]:
            if trace.get("type") == "heatmap":
                rows += _cells(trace, *(_ticks(layout.get(f"{axis}axis", {})) for axis in "xy"))
            elif trace.get("type") != "image" and not _is_mark(trace, rows):
                rows += _points(trace)
    except (AttributeError, KeyError, RecursionError, TypeError) as wrong:
        raise ValueError("no figure") from wrong
    if not rows:
        return None
    heads = [head for head in _HEADS if any(not _is_nothing(row.get(head)) for row in rows)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([cell(row.get(head)) for head in heads] for row in rows)
    return stream.getvalue()


def _ticks(axis: Mapping[str, Any]) -> dict[Any, str]:
    """Return what stands at the places of an axis that names them."""
    return dict(zip(_values(axis.get("tickvals")), axis.get("ticktext") or [], strict=False))


def _is_mark(trace: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a trace only marks the end of the line before it."""
    return trace.get("mode") == "markers" and bool(rows) and [*_points(trace)] == [{**rows[-1], "part": None}]


def _cells(trace: Mapping[str, Any], columns: Mapping[Any, str], lines: Mapping[Any, str]) -> Iterator[dict[str, Any]]:
    x, y, z = (_values(trace.get(axis)) for axis in _AXES)
    for upright, line in zip_longest(y or range(len(z)), z):
        for across, value in zip_longest(x or range(len(line)), line):
            named = {"x": columns.get(across, across), "y": lines.get(upright, upright)}
            yield {"series": trace.get("name"), **named, "z": value}


def _points(trace: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    name = trace.get("name")
    x, y, z = (_values(trace.get(axis)) for axis in _AXES)
    if y and not x:
        x = list(range(len(y)))
    spread, text, own = (trace.get(key) for key in ("error_y", "text", "customdata"))
    errors = _values(spread.get("array")) if isinstance(spread, Mapping) else []
    labels = [] if isinstance(text, str) else _values(text)
    numbers = _values(own)
    if numbers and isinstance(numbers[0], str):
        labels, numbers = numbers, []
    points = list(zip_longest(x, y, z, errors, labels, numbers))
    # Nothing is where a line is broken off.
    broken = any(all(map(_is_nothing, point[:3])) for point in points[:-1])
    part = 1
    for point in points:
        if all(map(_is_nothing, point[:3])):
            part += 1
        else:
            yield {"series": name, "part": part if broken else None, **dict(zip(_HEADS[2:], point, strict=True))}


def _is_nothing(value: Any) -> bool:
    return value is None or value != value or value == ""


def _values(array: Any) -> list[Any]:
    """Return an array as a list, or lists in a list, however Plotly has written it."""
    if not isinstance(array, Mapping):
        return [] if array is None else list(array)
    found = np.frombuffer(base64.b64decode(array["bdata"]), np.dtype(array["dtype"]).newbyteorder("<"))
    shape = [int(side) for side in str(array["shape"]).split(",")] if "shape" in array else [-1]
    return found.reshape(shape).tolist()


def cell(value: Any) -> Any:
    """Return a value as it may stand in a cell: of numbers all digits, of texts none that is a formula.

    Examples
    --------
    >>> cell("=1+1"), cell("-1.5"), cell(2.5)
    ("'=1+1", '-1.5', 2.5)
    """
    if not isinstance(value, str):
        return None if _is_nothing(value) or isinstance(value, list) else value
    text = " ".join(_TAG.sub("", value).split())
    if not _FORMULA.match(text):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
