"""Report: all about a run in one file, which opens anywhere, with no network, in every language."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any

from aecore import sharing
from aecore.exports.films import films
from aecore.exports.scenes import Shown, open_run, scenes
from aecore.figures.theme import FONT, PALETTES
from aecore.runs import Run
from aecore.text import FOLDER, LANGUAGES, Say

HERE = Path(__file__).parent
FONTS = HERE.parents[1] / "assets" / "style" / "fonts"
FACES = {
    "IBM Plex Sans": ("ibm-plex-sans-latin-wght-normal", "ibm-plex-sans-greek-wght-normal"),
    "IBM Plex Mono": ("ibm-plex-mono-latin-400-normal",),
    "Gargalo Math": ("gargalo-math",),
}
# Where the words of a lesson have a formula of it.
FORMULAS = {
    "undercomplete": "present.narrow.formula",
    "denoising": "present.denoising.formula",
    "contractive": "present.contractive.formula",
    "sparse": "present.sparse.formula",
    "vae": "present.vae.formula",
    "beta_vae": "present.vae.formula",
}
# A film that is longer than this stays out, in bytes, and a text that is as long as this is written once.
HEAVY, SHARED = 700_000, 200
VERSIONS = ("torch", "numpy", "plotly")
MATHS = re.compile(r"\$([^$\n]+)\$")


def report(run: Run) -> str:
    """Return a run as one page of HTML.

    It holds what was trained, its scores, figures, animations and the lesson's text in every language, and how to
    get the same again. Nothing in it comes from elsewhere, and it may not ask for anything.

    Parameters
    ----------
    run : Run
        One that is done.

    Raises
    ------
    FileNotFoundError
        If nothing of it is kept.
    """
    told = {language: open_run(run, Say(language)) for language in LANGUAGES}
    first = told[LANGUAGES[0]]
    drawn = {
        language: {name: json.loads(figure.to_json()) for name, figure in scenes(shown).items()}
        for language, shown in told.items()
    }
    shared: dict[str, str] = {}
    figures = _thinned(drawn, shared)
    parts = {
        "title": escape(f"Gargalo · {first.experiment.name}"),
        "fonts": _fonts(),
        "palettes": _palettes(),
        "switch": "".join(map(_button, LANGUAGES)),
        "articles": "".join(_article(shown, drawn[language]) for language, shown in told.items()),
        "data": _embedded({"figures": figures, "shared": shared, "palettes": PALETTES}),
        "plotly": _plotly(),
        "script": (HERE / "report.js").read_text("utf-8"),
        "style": (HERE / "report.css").read_text("utf-8"),
    }
    return Template((HERE / "report.html").read_text("utf-8")).substitute(parts)


def _button(language: str) -> str:
    name = escape(Say(language)("language"))
    return f'<button type="button" value="{language}" lang="{_tag(language)}">{name}</button>'


def _tag(language: str) -> str:
    return language.replace("_", "-")


def _thinned(tree: Any, shared: dict[str, str]) -> Any:
    """Return a tree whose long texts, such as pictures that both languages have, are put elsewhere once."""
    if isinstance(tree, dict):
        return {name: _thinned(branch, shared) for name, branch in tree.items()}
    if isinstance(tree, list):
        return [_thinned(branch, shared) for branch in tree]
    if not isinstance(tree, str) or len(tree) < SHARED:
        return tree
    name = "shared:" + hashlib.blake2b(tree.encode(), digest_size=8).hexdigest()
    shared[name] = tree
    return name


def _embedded(tree: Any) -> str:
    """Return a tree as JSON that cannot end the element that it stands in."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@lru_cache(maxsize=1)
def _plotly() -> str:
    found = find_spec("plotly")
    assert found and found.origin
    script = (Path(found.origin).parent / "package_data" / "plotly.min.js").read_bytes()
    return base64.b64encode(gzip.compress(script, 9, mtime=0)).decode()


@lru_cache(maxsize=1)
def _fonts() -> str:
    return "".join(
        f"@font-face {{ font-family: {family!r}; font-weight: 100 700; "
        f"src: url(data:font/woff2;base64,{base64.b64encode((FONTS / f'{name}.woff2').read_bytes()).decode()}); "
        f"unicode-range: {RANGES[name]}; }}\n"
        for family, names in FACES.items()
        for name in names
    )


RANGES = {
    "ibm-plex-sans-latin-wght-normal": "U+0000-02FF, U+2000-206F, U+2122, U+2190-2193, U+2212",
    "ibm-plex-sans-greek-wght-normal": "U+0370-03FF",
    "ibm-plex-mono-latin-400-normal": "U+0000-FFFF",
    "gargalo-math": "U+0000-1FFFF",
}


def _palettes() -> str:
    def rules(mode: str) -> str:
        return " ".join(f"--{name}: {colour};" for name, colour in PALETTES[mode].items())  # type: ignore[index]

    return (
        f":root {{ color-scheme: light dark; --font: {FONT}; {rules('light')} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {rules('dark')} }} }}"
    )


def _article(shown: Shown, drawn: dict[str, dict[str, Any]]) -> str:
    language = shown.say.language
    hidden = "" if language == LANGUAGES[0] else " hidden"
    return (
        f'<article lang="{_tag(language)}" data-language="{language}"{hidden}>{"".join(_told(shown, drawn))}</article>'
    )


def _told(shown: Shown, drawn: dict[str, dict[str, Any]]) -> Iterator[str]:
    say, experiment, state = shown.say, shown.experiment, shown.run.state
    lesson = experiment.method.name if experiment.task.name == "reconstruction" else experiment.task.name
    title = f"page.{lesson}.title"
    yield f"<h1>{escape(say(title) if say.knows(title) else experiment.name)}</h1>"
    if say.knows(f"page.{lesson}.lead"):
        yield _rich(say(f"page.{lesson}.lead"))
    if say.knows(FORMULAS.get(lesson, "")):
        yield f'<p class="formula">{_formula(say(FORMULAS[lesson]), "block")}</p>'
    took = say.duration(state.seconds)
    yield f"<p>{escape(say('export.trained', steps=state.step, time=took, name=experiment.key))}</p>"
    yield f"<h2>{escape(say('export.scores'))}</h2>"
    yield _table(sharing.said_scores(experiment, state, say))
    yield f"<h2>{escape(say('export.pictures'))}</h2>"
    for name, figure in drawn.items():
        yield _figure(name, figure, _alt(name, shown))
    for name, film in films(shown, "WEBP").items():
        if len(film) <= HEAVY:
            source = base64.b64encode(film).decode()
            alt = escape(say(f"export.film_{name}"))
            image = f'<img alt="{alt}" src="data:image/webp;base64,{source}">'
            yield f"<figure>{image}<figcaption>{alt}</figcaption></figure>"
    if (FOLDER / say.language / f"{lesson}.md").is_file():
        yield _rich(say.page(lesson))
    yield f"<h2>{escape(say('export.knobs'))}</h2>"
    yield _table(sharing.said_knobs(experiment, say))
    yield f"<h2>{escape(say('export.again'))}</h2>"
    yield f"<p>{escape(say('export.again_lead'))}</p>"
    yield f"<pre><code>{escape(sharing.lines(experiment))}</code></pre>"
    its = sharing.machine_of(state)
    machine = say("share.machine", **its) if its else say("share.machine_unknown")
    yield f"<p>{escape(say('export.made_with', machine=machine, versions=_versions()))}</p>"
    data = say.value("data", experiment.data.name)
    yield f"<p>{escape(say('export.licence', data=data, licence=experiment.data.licence))}</p>"


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in VERSIONS)


def _alt(name: str, shown: Shown) -> str:
    """Say what a figure shows; the pages' own words where these fit."""
    own = "export.alt_score" if name == "error" and not shown.pca else f"export.alt_{name}"
    return shown.say(own if shown.say.knows(own) else f"alt.{name}")


def _figure(name: str, figure: dict[str, Any], alt: str) -> str:
    aspect = (figure["layout"].get("meta") or {}).get("aspect", 0)
    return (
        f'<figure><div class="plot" role="img" aria-label="{escape(alt)}" data-figure="{name}" data-aspect="{aspect}">'
        f"</div><figcaption>{escape(alt)}</figcaption></figure>"
    )


def _table(rows: dict[str, str]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows.items()
    )
    return f"<table>{cells}</table>"


def _rich(text: str) -> str:
    """Return Markdown with formulas as HTML; tags in it are shown, not obeyed."""
    from markdown_it import MarkdownIt

    found: list[str] = []

    def put(maths: re.Match[str]) -> str:
        found.append(_formula(maths[1], "inline"))
        return f"\ue000{len(found) - 1}\ue001"

    html: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(MATHS.sub(put, text))
    return re.sub("\ue000(\\d+)\ue001", lambda place: found[int(place[1])], html)


def _formula(latex: str, display: str) -> str:
    from latex2mathml.converter import convert

    return str(convert(latex, display=display))
