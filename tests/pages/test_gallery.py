from __future__ import annotations

import pytest

from aecore import gallery
from aecore.text import LANGUAGES, Say
from tests.pages.test_pages import opened


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_gallery_shows_every_shipped_run_with_its_score_and_the_way_to_it(runs, lang):
    at = opened("gallery", lang)
    assert not at.exception
    links = [link.proto for link in at.get("page_link")]
    assert len(links) == len(gallery.TABLE)
    said = "\n".join(one.value for one in at.markdown)
    for name in gallery.TABLE:
        run = gallery.run_of(gallery.experiment_of(name))
        assert f"`{run.key[:6]}`" in said
        assert f"{Say(lang).number(run.state.step)} {'steps' if lang == 'en' else 'passos'}" in said
    labels = [link.label for link in links]
    assert len(set(labels)) == len(labels)
    query = next(link for link in links if link.label == Say(lang)("gallery.run.plane")).query_string
    assert "latent=2" in query
