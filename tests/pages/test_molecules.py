"""The page of drug discovery as the server runs it, with a network that has hardly learnt anything."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from aecore.text import LANGUAGES, Say
from tests.pages.test_pages import SITE

SMALL = {"method": "vae", "length": "20", "orders": "1", "hidden": "32", "latent": "8", "steps": "30", "batch": "64"}


def opened(lang: str = "en", **query: str) -> AppTest:
    at = AppTest.from_file(str(SITE), default_timeout=120)
    at.query_params.update({"lang": lang, **SMALL, **query})
    at.run()
    return at.switch_page("applications/molecules.py").run()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_run_is_shown_from_its_molecules_to_the_climb(runs, lang):
    at = opened(lang)
    at.button(key="train").click().run()
    assert not at.exception
    words = Say(lang)
    assert words("molecules.no_medicine") in [info.value for info in at.info]
    drawn = [row for block in at.get("bidi_component") if (row := structures_in(block))]
    assert sum(map(len, drawn)) > 30
    assert all("<svg" in one["svg"] for row in drawn for one in row)
    assert any("R²" in element.value for element in at.markdown)
    at.button(key="draw_others").click().run()
    assert at.query_params["draw"] in ("1", ["1"])


def structures_in(block) -> list[dict[str, str]]:
    data = json.loads(block.proto.json or "null")
    return data if isinstance(data, list) and data and "svg" in data[0] else []
