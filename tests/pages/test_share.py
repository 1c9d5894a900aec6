"""Sharing, without a browser."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from aecore import gallery
from pages._ui import share
from pages._ui.contents import PAGES, page_of


@pytest.mark.parametrize("name", gallery.TABLE)
def test_every_shipped_run_has_its_page(name):
    folder, _, file = page_of(gallery.experiment_of(name)).partition("/")
    assert file.removesuffix(".py") in PAGES[folder]


def test_the_code_of_a_link_is_a_picture():
    root = ElementTree.fromstring(share.qr("https://example.org/vae?lang=en&latent=2"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
