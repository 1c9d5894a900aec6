"""What strangers bring is shown as the text that it is, leads nowhere, and lists nothing."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest

import aecore as ae
from aecore.jobs import InlineExecutor
from pages._ui import explored
from tests.pages.test_pages import opened
from tests.pages.test_your_data import png, zipped

SAID = "<img src=x onerror=alert(1)>**b**[l](http://e.org)![i](http://e.org/i.png) $x$ :red[r]"
MARKUP = ("markdown", "alert", "caption", "heading", "html")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GARGALO_UPLOADS", str(tmp_path / "uploads"))


def marked_up(at) -> list[str]:
    """Return every text on a page that Streamlit reads as Markdown or HTML."""
    assert not at.exception
    found = []
    for kind in MARKUP:
        found += [one.proto.body for one in at.get(kind) if hasattr(one.proto, "body")]
    for kind in ("button", "radio", "checkbox", "segmented_control", "button_group", "expander", "tab", "progress"):
        found += [str(getattr(one.proto, "label", "") or getattr(one.proto, "text", "")) for one in at.get(kind)]
    return found


def shown(name: str, content: bytes) -> list[str]:
    at = opened("your_data")
    return marked_up(at.file_uploader[0].set_value((name, content, "")).run())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"{SAID}.csv", b"a;b;kind\n" + b"1;2;x\n2;3;y\n" * 20),
        ("a.csv", f"a;{SAID};kind\n".encode() + b"1;2;x\n2;3;y\n" * 20),
        ("a.csv", b"a;b;kind\n" + f"1;2;{SAID}\n2;3;y\n".encode() * 20),
        (f"{SAID}.png", b"no picture"),
        ("a.zip", zipped(**{f"{SAID.replace('/', '')}__{i}.png": png(np.eye(9) * 99 + i) for i in range(30)})),
        ("a.zip", zipped(**{f"{i}.png": png(np.eye(9) * 99 + i) for i in range(30)}, **{f"{SAID}.exe": b"no picture"})),
    ],
)
def test_names_and_cells_are_shown_as_text(runs, name, content):
    for text in shown(name, content):
        assert re.findall(r"(?<!\\)(?:<img|\*\*b|\[l\]|!\[i|:red)", text) == []


def test_no_name_becomes_a_formula_in_an_exported_table():
    names = ["=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-2", "cat"]
    table = explored.Table({"name": np.array(names), "error": np.array([1.5, -2.0, 0.0, 1.0, 2.0])})
    rows = list(csv.DictReader(io.StringIO(table.csv().decode())))
    assert [row["name"] for row in rows] == ["'=cmd|' /C calc'!A0", "'+1+1", "'@SUM(1)", "-2", "cat"]
    assert [float(row["error"]) for row in rows] == [1.5, -2.0, 0.0, 1.0, 2.0]


@pytest.mark.parametrize("page", ["home", "undercomplete", "gallery", "explorer", "sweep", "present", "board"])
def test_no_page_lists_what_others_have_trained(runs, page):
    (theirs,) = InlineExecutor(runs).submit(
        [ae.Experiment.from_query("data=digits&net=linear&latent=3&steps=5&seed=424242")]
    )
    at = opened(page)
    assert not at.exception
    tree = str([element.proto for element in at.main]) + str([element.proto for element in at.sidebar])
    assert theirs.key not in tree
    assert "424242" not in tree
