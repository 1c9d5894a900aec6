"""A run as one page: nothing from outside, nothing taken for a tag that is none."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from aecore import exports, gallery, sharing
from aecore.exports.report import _embedded, _rich
from aecore.text import LANGUAGES, Say


class Reader(HTMLParser):
    """Collects tags with their attributes, and the words between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, words):
        self.words.append(words)


@pytest.mark.parametrize("name", gallery.TABLE)
def test_a_report_of_every_shipped_run_is_whole_light_and_alone(name):
    run = gallery.run_of(gallery.experiment_of(name))
    page = exports.report(run)
    assert len(page.encode()) <= 6_000_000
    found = Reader()
    found.feed(page)
    sources = [
        value for _, attributes in found.tags for key, value in attributes.items() if key in ("src", "href", "action")
    ]
    assert all(source.startswith("data:") for source in sources)
    assert re.findall(r"url\((?!data:)", page[: page.index("<body>")]) == []
    scenes = exports.scenes(exports.open_run(run, Say()))
    drawn = [attributes["data-figure"] for tag, attributes in found.tags if "data-figure" in attributes]
    assert drawn == [*scenes] * len(LANGUAGES)
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert {key: [*figures] for key, figures in data["figures"].items()} == {key: [*scenes] for key in LANGUAGES}
    said = " ".join(found.words)
    for language in LANGUAGES:
        assert Say(language)("export.again") in said
        assert {*sharing.said_scores(run.experiment, run.state, Say(language))} <= {*found.words}
    assert not {*run.state.scores} & {*found.words}
    assert run.experiment.key in said and run.experiment.to_query() in said


def test_what_somebody_wrote_is_no_tag():
    assert "<script>" not in _rich("a <script>alert(1)</script> [b](javascript:alert(1))")
    assert 'href="javascript' not in _rich("[b](javascript:alert(1))")
    embedded = _embedded({"name": "</script><b>"})
    assert "<" not in embedded and json.loads(embedded) == {"name": "</script><b>"}


def test_formulas_become_mathml():
    html = _rich("so $|X| \\cos(\\theta_X)$, and **x < y**")
    assert "<math" in html and "θ" in html.replace("&#x003B8;", "θ") and "$" not in html
    assert "<strong>x &lt; y</strong>" in html
