"""The numbers behind figures."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore import figures
from aecore.figures import tables
from aecore.text import LANGUAGES, Say
from tests.figures.test_figures import every_case

PICTURES = {"rows", "tiles"}


def read(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table, newline="")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "case"), every_case())
def test_every_number_drawn_is_in_the_table(name, case, language):
    figure = case(figures.TABLE[name], Say(language))
    table = tables.table(figure.to_json())
    drawn = [
        (float(x), float(y))
        for trace in figure.data
        if trace.type not in ("image", "heatmap")
        for x, y in zip(trace.x if trace.x is not None else (), trace.y if trace.y is not None else (), strict=True)
        if x is not None and y is not None and np.isfinite(x) and np.isfinite(y)
    ]
    if name in PICTURES or not (drawn or name == "matrix"):
        assert table is None or name not in PICTURES
        return
    rows = read(table)
    found = {(float(row["x"]), float(row["y"])) for row in rows if name != "matrix" and row.get("x") and row.get("y")}
    assert found == set(drawn)


def test_a_matrix_is_a_row_a_cell_under_its_names():
    figure = figures.matrix([[0.0, 1.5]], rows=["a"], columns=["c", "d"], title="t", unit="u", say=Say())
    assert read(tables.table(figure.to_json())) == [{"x": "c", "y": "a", "z": "0.0"}, {"x": "d", "y": "a", "z": "1.5"}]


def test_lines_that_break_off_are_told_apart():
    trace = {"name": "a", "x": [1, 2, None, 1, 2], "y": [3, 4, None, 5, 6]}
    assert [(row["part"], row["y"]) for row in read(tables.table({"data": [trace]}))] == [
        ("1", "3"),
        ("1", "4"),
        ("2", "5"),
        ("2", "6"),
    ]


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_no_cell_is_a_formula(text, number):
    figure = {"data": [{"name": text, "text": [text], "x": [number], "y": [-1.5]}]}
    (row,) = read(tables.table(figure))
    assert float(row["x"]) == number and row["y"] == "-1.5"
    for cell in (row.get("series") or "", row.get("label") or ""):
        if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
            float(cell)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r@", "<b>="])
def test_what_begins_like_a_formula_is_guarded(begin):
    (row,) = read(tables.table({"data": [{"name": f"{begin}cmd|' /C calc'!A0", "x": [1], "y": [1]}]}))
    assert row["series"].startswith("'")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"data": 3}', '{"data": [3]}', "[" * 100_000])
def test_what_is_no_figure_is_refused(text):
    with pytest.raises(ValueError):
        tables.table(text)


def test_arrays_are_read_however_they_are_written():
    figure = go.Figure(go.Scatter(x=np.arange(3, dtype=np.int16), y=np.arange(3) / 2))
    assert "bdata" in json.dumps(json.loads(figure.to_json()))
    assert [float(row["y"]) for row in read(tables.table(figure.to_json()))] == [0, 0.5, 1]
