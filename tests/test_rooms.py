"""The laws of the design, held against the tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from aecore import datasets, methods, networks, tasks
from aecore.experiment import PARTS, Fit
from aecore.knobs import Reason
from aecore.text import FOLDER, LANGUAGES, words
from aecore.views import Projection
from pages._ui import address, view

ROOT = Path(__file__).parents[1]
DESIGN = (ROOT / "docs" / "design.md").read_text("utf-8")
SOURCES = [ROOT / "app.py", *(ROOT / "aecore").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
# The file in each folder that says what its entries are, beside those entries.
DEFINITIONS = {
    "networks": {"net"},
    "methods": {"method"},
    "baselines": {"baseline"},
    "datasets": {"data", "files", "mixture"},
    "tasks": {"task"},
    "views": set(),
}


def imported(path: Path) -> set[str]:
    """Every module that a file imports anywhere, whole and by its first name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found | {name.split(".")[0] for name in found}


@pytest.mark.parametrize("folder", DEFINITIONS)
def test_a_folder_and_its_table_are_equal(folder):
    files = {path.stem for path in (ROOT / "aecore" / folder).glob("*.py")} - {"__init__"} - DEFINITIONS[folder]
    assert files == set(import_module(f"aecore.{folder}").TABLE)


def test_the_design_s_layout_names_what_is_there():
    layout = re.search(r"## Layout\n\n```\n(.*?)```", DESIGN, re.DOTALL)[1]
    listed = ("aecore", "pages", "pages/lessons", "pages/applications", "pages/tools", "pages/_ui")
    tables = [f"aecore/{folder}" for folder in DEFINITIONS if folder != "views"]
    names = {path.name for path in (ROOT / "aecore").iterdir() if path.is_dir() and path.name != "__pycache__"}
    names |= {path.parent.name for path in (ROOT / "pages").glob("_ui/*/__init__.py")}
    names |= {path.stem for folder in listed for path in (ROOT / folder).glob("*.py")}
    names |= {name for folder in tables for name in import_module(folder.replace("/", ".")).TABLE}
    assert names - {"__init__"} - set(re.findall(r"\w+", layout)) == set()


def test_the_design_s_order_of_imports_is_the_contract():
    said = re.search(r"Imports point one way: `(.*?)`", DESIGN, re.DOTALL)[1].replace("\n", " ")
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0][
        "layers"
    ]
    wanted = [set(layer.split(" | ")) for layer in layers if layer != "__main__"]
    assert [set(layer.split(", ")) for layer in said.split(" → ")] == [{"app"}, {"pages"}, {"pages._ui"}, *wanted]


@pytest.mark.parametrize("part", PARTS)
def test_a_spec_is_called_as_its_table_calls_it(part):
    for name, spec in PARTS[part].items():
        assert spec.name == name


def test_every_public_figure_is_in_the_table():
    figures = import_module("aecore.figures")
    assert {name: getattr(figures, name) for name in figures.__all__ if name != "TABLE"} == figures.TABLE


@pytest.mark.parametrize(
    ("module", "rooms"),
    [
        ("streamlit", ("app.py", "pages/")),
        ("plotly", ("aecore/figures/",)),
        ("umap", ("aecore/views/projections.py",)),
        ("rdkit", ("aecore/chemistry.py",)),
        ("selfies", ("aecore/chemistry.py",)),
        ("soundfile", ("aecore/sounds.py", "aecore/uploads/sounds.py")),
        ("constriction", ("aecore/range_coding.py",)),
        ("numba", ("aecore/byte_coding.py",)),
        ("segno", ("pages/_ui/share.py",)),
        ("zstandard", ("aecore/lossless.py",)),
        ("onnx", ("aecore/graphs.py",)),
        ("kaleido", ("aecore/exports/stills.py",)),
        ("latex2mathml", ("aecore/exports/report.py",)),
        ("markdown_it", ("aecore/exports/report.py",)),
        ("fsspec", ("aecore/stores.py",)),
        ("dask", ("aecore/jobs/cluster.py",)),
        ("distributed", ("aecore/jobs/cluster.py",)),
        ("subprocess", ("aecore/jobs/",)),
        ("multiprocessing", ("aecore/jobs/",)),
        ("torch", tuple(f"aecore/{room}" for room in (
            "baselines/", "corruptions.py", "datasets/", "experiment.py", "gallery.py", "graphs.py", "methods/",
            "networks/", "quantised.py", "replay.py", "rankings.py", "runs.py", "samples.py", "sharing.py",
            "sounds.py", "stacked.py", "tasks/", "terms.py", "training.py", "views/",
        ))),
        ("pickle", ()),
    ],
)  # fmt: skip
def test_a_library_stays_in_its_rooms(module, rooms):
    strays = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if module in imported(path) and not str(path.relative_to(ROOT)).startswith(rooms)
    ]
    assert strays == []


def test_nothing_is_unpickled():
    assert [
        path for path in SOURCES if re.search(r"torch\.(load|save)\b|allow_pickle=True", path.read_text("utf-8"))
    ] == []


def test_no_module_and_no_class_has_a_name_that_says_nothing():
    forbidden = re.compile(r"utils?|helpers?|common|manager|base.*")
    assert [path for path in SOURCES if forbidden.fullmatch(path.stem) and path.stem != "baseline"] == []
    classes = {
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert classes & {"Trainer", "Job", "Visualizer"} == set()


def test_words_and_knobs_cost_no_heavy_import():
    program = "import sys, aecore, aecore.text, aecore.knobs; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert not {"torch", "plotly", "streamlit", "sklearn", "umap"} & set(loaded.split())


def test_a_name_means_one_knob_in_any_experiment():
    for parts in product(
        datasets.TABLE.values(), methods.TABLE.values(), tasks.TABLE.values(), networks.TABLE.values(), [Fit]
    ):
        names = [name for part in parts for name in part.knobs()]
        assert len(names) == len(set(names)), parts
        assert not set(names) & {*PARTS, "seed", "start", "lang", "recipe", *view.NAMES, *address.OTHERS}
    assert not {*view.NAMES} & {*PARTS, "seed", "start", "run", "colour", "axes", *Projection.knobs(), *address.OTHERS}


def blanks(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", sentence))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_say_the_same_things(language):
    one, other = words("en"), words(language)
    assert set(one) == set(other)
    assert {key: blanks(text) for key, text in one.items()} == {key: blanks(text) for key, text in other.items()}
    assert {path.name for path in (FOLDER / "en").iterdir()} == {path.name for path in (FOLDER / language).iterdir()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_turned_or_go_wrong_has_words(language):
    specs = [spec for table in PARTS.values() for spec in table.values()] + [Fit]
    knobs = {name: knob for spec in specs for name, knob in spec.knobs().items()}
    wanted = {f"knob.{name}.{kind}" for name in (*knobs, *PARTS, "seed") for kind in ("label", "help")}
    wanted |= {f"option.{name}.{option}" for name, knob in knobs.items() for option in knob.options}
    wanted |= {f"option.{part}.{name}" for part, table in PARTS.items() for name in table}
    wanted |= {f"complaint.{reason}" for reason in get_args(Reason)}
    source = (ROOT / "aecore" / "runs.py").read_text("utf-8") + (ROOT / "aecore" / "jobs" / "frames.py").read_text(
        "utf-8"
    )
    documented = re.search(r"reason : str\n(.*?); the key", source, re.DOTALL)
    assert documented
    wanted |= {f"reason.{reason}" for reason in re.findall(r"``(\w+)``", documented[1])}
    assert wanted - set(words(language)) == set()
