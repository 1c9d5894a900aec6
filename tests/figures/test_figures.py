"""Figures: what stands on them, in which words and colours."""

import base64
import io
import json
import re
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from aecore import baselines, figures, views
from aecore.figures import grids, theme
from aecore.text import LANGUAGES, Say, words

ROOT = Path(__file__).parents[2]
MODES = ("light", "dark")
NAN = float("nan")
POINTS = np.random.default_rng(0).normal(size=(60, 2))
PICTURES = np.random.default_rng(0).random((3, 4, 7, 5))

AB = ("a", "b")
FOUR = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]

CASES = {
    "field": [
        lambda f, say: f([0, 0], [1, 1], FOUR, FOUR, np.eye(5), title="t", unit="u", say=say),
        lambda f, say: f(
            [0, 0], [1, 1], FOUR, np.zeros((4, 2)), np.eye(5), true=FOUR, path=FOUR, title="t", unit="u", say=say
        ),
    ],
    "histogram": [
        lambda f, say: f(POINTS, title="t", marks={-1.0: "off", 1.0: "on"}, say=say),
        lambda f, say: f(np.zeros(5), title="t", say=say),
    ],
    "lines": [
        lambda f, say: f([0, 1], {"a": [1, 2], "b": [3]}, title="t", axes=("x", "y"), baselines={"b": "ease"}, say=say),
        lambda f, say: f([1], {}, title="t", axes=("x", "y"), marks={0.5: "m"}, span=(0, 2), log=True, say=say),
        lambda f, say: f(
            [10, 100], {"a": [1, 2]}, deviations={"a": [0.1, 0.2]}, title="t", axes=("x", "y"), spread=True, say=say
        ),
    ],
    "matrix": [
        lambda f, say: f([[0.0, 1.2], [0.4, 0.0]], rows=["a", "b"], columns=["c", "d"], title="t", unit="u", say=say),
        lambda f, say: f(np.zeros((1, 2)), rows=["a"], columns=["c", "d"], title="t", unit="u", say=say),
    ],
    "plane": [
        lambda f, say: f(
            {"a": [(1, 5, "β 1"), (2, 3, "β 2")], "b": []},
            title="t",
            axes=("x", "y"),
            own=(3, 3, "m"),
            bound="b",
            say=say,
        ),
        lambda f, say: f({}, title="t", axes=("x", "y"), bound="b", say=say),
        lambda f, say: f({"a": [(1, 5, "one")]}, title="t", axes=("x", "y"), say=say),
    ],
    "tiles": [
        lambda f, say: f(PICTURES[0], columns=3, say=say),
        lambda f, say: f(PICTURES[0] - 0.5, columns=2, signed=True, chosen=3, marked=[1, 3], faded=[0], say=say),
    ],
    "units": [
        lambda f, say: f([0, 1], PICTURES[0, 0, :2], title="t", unit="u", total=5, target={0: 0.5}, chosen=1, say=say),
        lambda f, say: f([0], PICTURES[0, 0, :1], title="t", unit="u", total=5, target={0: 0.5, 2: None}, say=say),
        lambda f, say: f([], np.zeros((0, 3)), title="t", unit="u", total=5, say=say),
    ],
    "error": [
        lambda f, say: f([0, 50, 100], [99.0, 40.5, 13.914], baseline=13.19, total=100, say=say),
        lambda f, say: f([0], [99.0], baseline=13.19, total=100, say=say),
        lambda f, say: f([0, 1], [2.0, 1.9], baseline=None, total=100, say=say),
        lambda f, say: f([0, 1, 2], [2.0, NAN, 0.0], baseline=NAN, total=100, say=say),
        lambda f, say: f([], [], baseline=13.19, total=100, say=say),
        lambda f, say: f([0, 1], [0.0, 0.0], baseline=0.0, total=1, say=say),
    ],
    "error_by_size": [
        lambda f, say: f(
            np.arange(1, 65), 50 / np.arange(1, 65), [8, 2], [6.0, 20.0], say=say, own=(8, 5.0), steps=600
        ),
        lambda f, say: f(np.arange(1, 65), 50 / np.arange(1, 65), [], [], say=say, own=(64, None)),
        lambda f, say: f([1, 2], [5.0, 0.0], [2, 4], [NAN, 3.0], say=say),
        lambda f, say: f([], [], [], [], say=say),
    ],
    "angles": [
        lambda f, say: f([0, 50], [[80.0, 20.0], [40.5, 3.0]], say=say, total=100),
        lambda f, say: f([0], [[80.0]], say=say),
        lambda f, say: f([0, 1], [[80.0, NAN], [NAN, NAN]], say=say),
        lambda f, say: f([], np.zeros((0, 3)), say=say),
    ],
    "codes": [
        lambda f, say: f(POINTS, np.arange(60) % 12, axes=("a", "b"), title="t", say=say),
        lambda f, say: f(POINTS, axes=("a", "b"), title="t", say=say),
        lambda f, say: f(POINTS[:1], [3], label_names=["w", "x", "y", "z"], axes=("a", "b"), title="t", say=say),
        lambda f, say: f([[NAN, 1.0], [1.0, 1.0]], [0, 1], axes=("a", "b"), title="t", say=say),
        lambda f, say: f(np.zeros((0, 2)), np.zeros(0), axes=("a", "b"), title="t", say=say),
    ],
    "bars": [
        lambda f, say: f(
            [3, 2, 0], ["4", "7", "1"], [1, 1, 0], groups=("a", "b"), title="t", axes=AB, chosen=2, say=say
        ),
        lambda f, say: f(np.ones(99), ["n"] * 99, np.ones(99), groups=("a", "b"), title="t", axes=AB, say=say),
    ],
    "posteriors": [
        lambda f, say: f(POINTS, np.ones((9, 2)), np.arange(60) % 3, axes=AB, title="t", say=say),
        lambda f, say: f(POINTS, np.ones((0, 2)), axes=AB, title="t", say=say),
    ],
    "cloud": [
        lambda f, say: f(POINTS, np.arange(60) % 12, axes=("a", "b"), title="t", say=say),
        lambda f, say: f(
            np.ones((4, 3)), [0, 1, 1, 0], label_names=["x", "y"], axes=("a", "b", "c"), title="t", say=say
        ),
        lambda f, say: f(POINTS, values=POINTS[:, 0], value_name="v", axes=("a", "b"), title="t", say=say),
        lambda f, say: f(np.zeros((0, 2)), np.zeros(0), axes=("a", "b"), title="t", say=say),
    ],
    "rows": [
        lambda f, say: f(PICTURES, names=["x", "x̂", "PCA"], errors=PICTURES[..., 0, 0] * 30, say=say),
        lambda f, say: f(PICTURES, names=["x", "x̂", "PCA"], say=say),
        lambda f, say: f(PICTURES[:1], names=[["a", "b", "c", "d"]], say=say),
        lambda f, say: f(PICTURES[:1, :1] * NAN, names=["x"], errors=[[NAN]], say=say),
        lambda f, say: f(np.zeros((2, 3, 4, 4, 3)), names=["x", "y"], say=say),
    ],
}


def every_case():
    return [pytest.param(name, case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]


@pytest.fixture(autouse=True)
def validated(monkeypatch):
    """What a figure is made of is checked here, where nobody waits for it."""
    monkeypatch.setattr(theme, "VALIDATED", True)


def draw(name, case=0, language="en"):
    return CASES[name][case](figures.TABLE[name], Say(language))


def notes(figure):
    return [note.text for note in figure.layout.annotations]


def test_every_figure_of_the_table_is_tried_here():
    assert set(CASES) >= set(figures.TABLE) & {"angles", "codes", "error", "error_by_size", "rows"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "case"), every_case())
def test_draws_in_each_language_and_theme(name, case, language):
    figure = case(figures.TABLE[name], Say(language))
    assert isinstance(figure, go.Figure)
    assert figure.layout.separators == Say(language).separators
    assert figure.layout.uirevision
    for mode in MODES:
        dressed = theme.dress(figure, mode)
        assert isinstance(dressed, go.Figure)
        assert "var(--" not in dressed.to_json()
    text = json.dumps(json.loads(figure.to_json())["layout"])
    assert not re.search(r"\bnan\b|-?Infinity|\bNaN\b", text)


@pytest.mark.parametrize(("name", "case"), every_case())
def test_a_figure_that_is_not_validated_is_the_same(name, case, monkeypatch):
    checked = json.loads(case(figures.TABLE[name], Say("en")).to_json())
    monkeypatch.setattr(theme, "VALIDATED", False)
    assert json.loads(case(figures.TABLE[name], Say("en")).to_json()) == checked


@pytest.mark.parametrize("name", sorted(CASES))
def test_only_named_colours_before_the_theme_is_known(name):
    assert not re.findall(r"#[0-9a-fA-F]{6}", draw(name).to_json().split("base64,")[0])


def test_error_shows_both_values_in_the_language():
    for language, mark in (("en", "."), ("pt_BR", ",")):
        text = " ".join(notes(draw("error", language=language)))
        assert f"13{mark}9" in text
        assert f"13{mark}2" in text


def test_error_axis_stands_still_and_baseline_spans_it():
    one, three = draw("error", 1), draw("error", 0)
    assert one.layout.xaxis.range == three.layout.xaxis.range
    pca = three.data[-1]
    assert list(pca.y) == [13.19, 13.19]
    assert pca.line.dash == "dash"
    assert max(pca.x) == 100


def test_error_turns_to_logarithms_only_where_the_range_asks():
    assert draw("error", 0).layout.yaxis.type == "log"
    assert draw("error", 2).layout.yaxis.type is None
    log = draw("error", 0).layout.yaxis
    assert 10 ** log.range[0] < 13.19 < 99 < 10 ** log.range[1]
    assert all(log.range[0] <= np.log10(tick) <= log.range[1] for tick in log.tickvals)


def test_error_by_size_keeps_what_is_there_and_marks_the_chosen():
    figure = draw("error_by_size")
    assert list(figure.data[1].x) == [2, 8]
    assert figure.layout.shapes[0].x0 == 8
    assert list(draw("error_by_size", 2).data[1].y) == [3.0]


def test_angles_highlight_the_largest_last():
    figure = draw("angles")
    assert len(figure.data) == 3
    assert list(figure.data[1].y) == [80.0, 40.5]
    assert figure.data[1].line.width > figure.data[0].line.width
    assert any("40.5°" in note for note in notes(figure))


def test_codes_name_classes_at_their_medians_and_go_to_webgl():
    points = np.concatenate([np.zeros((5, 2)), np.full((5, 2), 9.0)])
    labels = np.repeat([0, 1], 5)
    say = Say()
    figure = figures.codes(points, labels, label_names=["nought", "one"], axes=("a", "b"), title="t", say=say)
    assert [trace.type for trace in figure.data] == ["scatter", "scatter"]
    assert notes(figure) == ["<b>nought</b>", "<b>one</b>"]
    assert [round(note.x) for note in figure.layout.annotations] == [0, 9]
    many = figures.codes(np.zeros((3001, 2)), axes=("a", "b"), title="t", say=say)
    assert [trace.type for trace in many.data] == ["scattergl"]
    assert len(draw("codes", 3).data) == 1


def test_words_over_crowded_classes_move_apart():
    points = np.random.default_rng(0).normal(size=(200, 2)) * 0.01
    points[0], points[1] = (-1, -1), (1, 1)
    figure = figures.codes(points, np.arange(200) % 4, axes=("a", "b"), title="t", say=Say())
    places = [(note.x, note.y) for note in figure.layout.annotations]
    assert min(np.hypot(a[0] - b[0], a[1] - b[1]) for a, b in combinations(places, 2)) > 0.1


@pytest.mark.parametrize("crowded", [0.01, 0.3])
def test_no_name_of_a_class_covers_another(crowded):
    names = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"]
    points = np.random.default_rng(1).normal(size=(500, 2)) * crowded
    points[:2] = (-3, -2), (3, 2)
    for draw_codes in (figures.codes, figures.cloud):
        figure = draw_codes(points, np.arange(500) % 10, label_names=names, axes=AB, title="t", say=Say())
        # Letters of 12 by 22 pixels in a picture of 330 by 290 that holds 6 by 4 units.
        for a, b in combinations(figure.layout.annotations, 2):
            wide = 12 * (len(a.text) + len(b.text) - 14) / 2
            assert abs(a.x - b.x) * 330 / 6 >= wide or abs(a.y - b.y) * 290 / 4 >= 21


def test_atlas_keeps_every_pixel():
    pictures = np.array([[[[0.0, 1.0], [0.5, NAN]], [[2.0, -1.0], [1.0, 0.0]]]])
    image = Image.open(io.BytesIO(grids.atlas(pictures, between=0.5, under=0.5)))
    assert image.mode == "LA"
    times = image.height // 2
    grey, alpha = np.asarray(image)[times // 2 :: times, times // 2 :: times].transpose(2, 0, 1)
    assert grey[:, [0, 1, 3, 4]].tolist() == [[0, 255, 255, 0], [128, 0, 255, 0]]
    assert alpha.tolist() == [[255, 255, 0, 255, 255]] * 2
    assert times * 2 >= 84


def test_rows_are_one_picture_that_fits_its_axes():
    figure = draw("rows")
    assert [trace.type for trace in figure.data] == ["image"]
    assert figure.data[0].z is None
    png = base64.b64decode(figure.data[0].source.split("base64,")[1])
    image, trace = Image.open(io.BytesIO(png)), figure.data[0]
    assert image.width * trace.dx == pytest.approx(figure.layout.xaxis.range[1])
    assert trace.x0 - trace.dx / 2 == pytest.approx(0)
    assert {"x", "x̂", "PCA"} <= set(notes(figure))
    assert len(notes(figure)) == 3 + 12
    assert notes(draw("rows", 2)) == ["a", "b", "c", "d"]
    assert np.diff([note.x for note in draw("rows", 2).layout.annotations]).min() > 5
    assert notes(draw("rows", 3)) == ["x"]
    assert "x̂" in grids.alt(["x", "x̂"], 4, Say("pt_BR"))


def test_a_target_that_was_turned_is_drawn_as_it_was_at_each_step():
    turned = {0: -0.9, 3: -0.5}
    figure = figures.units([0, 4], np.zeros((2, 3)), title="t", unit="u", total=9, target=turned, say=Say())
    line = figure.data[1]
    assert (list(line.x), list(line.y), line.line.shape) == ([0, 3, 9], [-0.9, -0.5, -0.5], "hv")
    assert notes(figure)[0] == Say()("figure.units.target", target="−0.5")
    assert notes(draw("units", 1)) == []


def test_bars_tell_two_groups_apart_in_the_order_given():
    figure = draw("bars")
    assert [list(trace.x) for trace in figure.data] == [[0, 1], [2]]
    assert figure.data[0].marker.color != figure.data[1].marker.color
    assert list(figure.layout.xaxis.ticktext) == ["4", "7", "1"]
    assert list(figure.data[1].marker.line.width) == [3]
    assert len(draw("bars", 1).layout.xaxis.tickvals) <= 33


def test_an_ellipse_has_the_deviations_as_half_axes_and_the_plane_is_not_stretched():
    figure = figures.posteriors([[1.0, -1.0]], [[0.5, 0.25]], axes=AB, title="t", say=Say())
    x, y = figure.data[-1].x[:-1], figure.data[-1].y[:-1]
    np.testing.assert_allclose(((x - 1) / 0.5) ** 2 + ((y + 1) / 0.25) ** 2, 1, atol=0.01)
    assert figure.layout.yaxis.scaleanchor == "x"
    assert [shape.x1 for shape in figure.layout.shapes] == [1, 2, 3]
    assert figure.layout.xaxis.range[1] > 3
    far = figures.posteriors([[9.0, 0.0]], [[1.0, 1.0]], axes=AB, title="t", say=Say())
    assert far.layout.xaxis.range[1] > 9


def test_places_below_one_are_written_on_a_spread_axis_and_single_measurements_shown():
    look = {"title": "t", "axes": AB, "spread": True, "say": Say("pt_BR")}
    figure = figures.lines([0.01, 0.1, 1], {"a": [3, 2, 1]}, dots=[(0.01, 2.5), (0.01, 3.5)], **look)
    assert list(figure.layout.xaxis.ticktext) == ["0,01", "0,1", "1"]
    assert list(figure.data[-1].y) == [2.5, 3.5]


def test_places_that_are_spread_are_marked_where_there_is_room():
    figure = figures.lines([1, 50, 5000], {"a": [3, 2, 1]}, title="t", axes=AB, spread=True, say=Say())
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.ticktext) == ["1", "50", "5,000"]
    crowded = figures.lines([1, 5, 10, 50, 100, 5000], {}, title="t", axes=AB, spread=True, say=Say())
    assert list(crowded.layout.xaxis.ticktext) == ["1", "5", "50", "5,000"]


def test_dress_takes_foreign_figures_and_separators():
    figure = theme.dress(go.Figure(go.Scatter(y=[1, 2])), "dark", ",.")
    assert figure.layout.separators == ",."
    assert figure.layout.template.layout.font.color == theme.PALETTES["dark"]["text"]
    with pytest.raises(KeyError):
        theme.ink("red")


def test_the_words_are_the_same_in_each_language():
    keys = [{key for key in words(language) if key.startswith("figure.")} for language in LANGUAGES]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 10


def linear(colour):
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (a, b))
    return high / low


@pytest.mark.parametrize("mode", MODES)
def test_words_and_marks_stand_out(mode):
    palette = theme.PALETTES[mode]
    for behind in (palette["background"], palette["surface"]):
        for role in ("text", "muted", "autoencoder", "baseline", "warning"):
            assert contrast(palette[role], behind) >= 4.5, (role, behind)
        assert contrast(palette["primary"], behind) >= 3
    assert contrast(palette["primary"], "#FFFFFF") >= 4.5
    for label in theme.LABELS[mode]:
        assert contrast(label, palette["background"]) >= 3, label


# Machado et al. 2009, severity 1.
SIGHTS = {
    "common": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def apart(colours, sight):
    """Return how far the two colours lie apart that are most alike."""
    seen = np.clip([np.array(SIGHTS[sight]) @ linear(colour) for colour in colours], 0, 1)
    places = np.cbrt(seen @ np.transpose(TO_LMS)) @ np.transpose(TO_OKLAB)
    return min(np.linalg.norm(a - b) for a, b in combinations(places, 2))


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("mode", MODES)
def test_labels_stay_apart_in_each_sight(mode, sight):
    assert apart(theme.LABELS[mode], sight) > 0.055


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("names", "runs"),
    [
        (("noisy", *baselines.DENOISERS), theme.RUNS),
        ([*baselines.RANKERS], theme.RUNS),
        ([*baselines.PREDICTORS], theme.RUNS),
        (("scratch", *views.RIVALS), theme.RUNS[:1]),
    ],
)
def test_runs_and_baselines_that_share_a_chart_stay_apart_in_each_sight(names, runs, mode, sight):
    looks = [theme.BASELINES[name] for name in names]
    roles = ["autoencoder", *(f"label-{i}" for i in runs), *(role for role, _ in looks)]
    assert apart([theme.PALETTES[mode][role] for role in roles], sight) > 0.055
    assert len({dash for _, dash in looks} - {"solid"}) == len(looks)


def test_a_baseline_keeps_its_look_whatever_runs_stand_beside_it():
    def looks(*runs):
        names = {"w": "wiener", "m": "median"}
        curves = {name: [1, 2] for name in (*runs, *names)}
        figure = figures.lines([0, 1], curves, title="t", axes=AB, baselines=names, say=Say())
        return {trace.name: trace.line.to_plotly_json() for trace in figure.data}

    alone, more = looks("own"), looks("own", "one", "other")
    assert {name: alone[name] for name in "wm"} == {name: more[name] for name in "wm"} == looks()
    assert alone["own"] == more["own"]
    assert len({line["color"] for line in more.values()}) == 5


def test_config_repeats_the_theme():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["runner"]["postScriptGC"] is False
    assert config["browser"]["gatherUsageStats"] is False
    assert config["theme"]["font"] == theme.FONT
    assert config["theme"]["codeFont"] == theme.MONO
    for mode in MODES:
        options, palette = config["theme"][mode], theme.PALETTES[mode]
        assert options["primaryColor"] == palette["primary"]
        assert options["backgroundColor"] == palette["background"]
        assert options["secondaryBackgroundColor"] == palette["surface"]
        assert options["textColor"] == palette["text"]
        assert options["borderColor"] == palette["grid"]
        assert tuple(options["chartCategoricalColors"]) == theme.LABELS[mode]


def test_fonts_lie_here_and_come_from_no_other_host():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    folder = ROOT / "assets" / "style" / "fonts"
    named = {face["url"].removeprefix("/assets/fonts/") for face in config["theme"]["fontFaces"]}
    assert named == {path.name for path in folder.glob("*.woff2")}
    assert sum(path.stat().st_size for path in folder.glob("*.woff2")) < 150_000
    assert {face["family"] for face in config["theme"]["fontFaces"]} <= set(f"{theme.FONT}, {theme.MONO}".split(", "))


def test_colours_come_without_plotly():
    code = (
        "import sys, aecore.figures.theme as t; t.PALETTES; sys.exit('plotly' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_an_error_of_almost_nothing_does_not_press_the_curve_flat():
    figure = figures.error_by_size([1, 2, 3], [50.0, 20.0, 1e-9], [], [], say=Say())
    assert figure.layout.yaxis.range[0] > -2


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_of_almost_nothing_is_written_by_powers_of_ten(language):
    one, curve = (
        figures.error(steps, errors, baseline=4.77e-7, total=9, say=Say(language))
        for steps, errors in (([], []), ([0, 1], [20.0, 3.0]))
    )
    assert one.layout.yaxis.exponentformat in (None, "power")
    assert one.layout.template.layout.yaxis.exponentformat == "power"
    plain = figures.error([0, 12_000], [3.0, 2.0], baseline=2.5, total=9, say=Say(language))
    assert plain.layout.template.layout.xaxis.exponentformat == "none"
    assert len(curve.layout.yaxis.ticktext) <= 7
    assert {re.sub("10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", "power", tick) for tick in curve.layout.yaxis.ticktext} == {"power"}
    for figure in (one, curve):
        assert any("×10⁻⁷" in note for note in notes(figure))


def test_words_over_an_empty_curve_stand_on_a_ground_of_their_own():
    for figure in (figures.error([], [], baseline=3.0, total=9, say=Say()), draw("plane", 1)):
        assert figure.layout.annotations[-1].bgcolor == theme.ink("background")


def test_an_empty_error_curve_says_when_it_begins():
    figure = figures.error([], [], baseline=None, total=100, say=Say())
    assert [note.text for note in figure.layout.annotations] == [Say()("figure.error.empty")]


def test_a_matrix_says_each_number_in_its_cell():
    [trace] = draw("matrix", language="pt_BR").data
    assert [list(row) for row in trace.text] == [["0,00", "1,20"], ["0,40", "0,00"]]
    assert trace.texttemplate == "%{text}"


def test_the_line_through_the_best_run_has_its_sum_everywhere():
    line = draw("plane").data[-1]
    np.testing.assert_allclose(np.array(line.x) + np.array(line.y), 5)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "key",
    [
        *(
            "pad.near_zero",
            "pad.near_middle",
            "pad.near_inputs",
            "pad.near_rebuilt",
            "vae.through_z",
            "vae.through_pixels",
        ),
        *("explorer.near_codes", "explorer.near_inputs", "explorer.input", "explorer.rebuilt"),
        *("vae.original", "vae.rebuilt"),
    ],
)
def test_names_of_rows_find_room_on_a_narrow_screen(language, key):
    assert len(words(language)[key]) < 50


def test_curves_and_planes_without_a_point_say_so():
    figure = figures.lines([], {"a": []}, title="t", axes=AB, say=Say("pt_BR"))
    assert notes(figure) == [Say("pt_BR")("figure.error.empty")]
    assert notes(figures.plane({"a": []}, title="t", axes=AB, empty="none yet", say=Say())) == ["none yet"]
    assert notes(draw("plane")) == []


def test_an_animation_s_words_find_room_above_its_tile():
    def drawn(name):
        image = Image.open(io.BytesIO(figures.animation(np.zeros((1, 2, 28, 28)), names=[name])))
        return np.asarray(image.convert("L"))

    first, second = (drawn(f"z{i} · KL 24.31 nats\nfrom −2.5 to 2.5") for i in "₁₂")
    head = len(first) - len(drawn("")) + 22
    rows, columns = np.nonzero(first[: head - 1] > 100)
    assert {*range(8, 15), *range(26, 32)} <= {*rows.tolist()}
    assert columns.max() <= 8 + 112
    rows, columns = np.nonzero(first != second)
    assert rows.max() < 24
    assert columns.max() < 30


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_goes_there_and_back(kind):
    pictures = np.broadcast_to(np.linspace(0, 1, 5)[:, None, None], (2, 5, 4, 4))
    written = figures.animation(pictures, names=["a", "b"], kind=kind)
    image = Image.open(io.BytesIO(written))
    assert image.format == kind
    assert image.n_frames == 8
    levels = []
    for at in range(8):
        image.seek(at)
        levels.append(np.asarray(image.convert("L"))[60, 60])
    np.testing.assert_allclose(levels, [0, 64, 128, 191, 255, 191, 128, 64], atol=4)


@pytest.mark.parametrize("errors", [False, True])
def test_the_row_under_a_point_is_the_one_that_is_drawn_there(errors):
    numbers = np.ones((5, 3)) if errors else None
    figure = figures.rows(np.zeros((5, 3, 8, 8)), names=[*"abcde"], errors=numbers, say=Say())
    names = {note.text: note.y for note in figure.layout.annotations if note.text in "abcde"}
    middles = {name: y + 4 for name, y in names.items()}
    assert [figures.row_at(figure, middles[name], rows=5) for name in "abcde"] == [0, 1, 2, 3, 4]
    bottom, top = figure.layout.yaxis.range
    assert (figures.row_at(figure, top - 9, rows=5), figures.row_at(figure, bottom + 9, rows=5)) == (0, 4)


def test_colours_are_drawn_from_before_the_sides_and_from_behind_them():
    first = np.random.default_rng(0).random((2, 4, 3, 6, 5))
    last = np.moveaxis(first, -3, -1)
    assert grids.atlas(first) == grids.atlas(last)
    assert grids.tiled(first[0], columns=2) == grids.tiled(last[0], columns=2)
    look = {"columns": 2, "signed": True, "say": Say()}
    assert figures.tiles(first[0], **look).to_json() == figures.tiles(last[0], **look).to_json()
    assert figures.animation(first, names="ab") == figures.animation(last, names="ab")
