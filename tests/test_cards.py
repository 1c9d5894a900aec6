from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from aecore import cards, gallery
from aecore.text import LANGUAGES, Say
from pages._ui import say
from pages._ui.contents import PAGES

LIGHT = 400_000  # bytes of all


def test_every_shipped_run_has_a_picture_of_its_own_and_words_for_it():
    assert set(cards.TABLE) == set(gallery.TABLE)
    assert set(cards.TABLE) >= {name for folder in ("lessons", "applications") for name in PAGES[folder]}
    assert {path.stem for path in cards.FOLDER.iterdir()} == set(cards.TABLE)
    assert sum(path.stat().st_size for path in cards.FOLDER.iterdir()) <= LIGHT
    for language in LANGUAGES:
        assert len({say.of_card(name, Say(language)) for name in cards.TABLE}) == len(cards.TABLE)


def pixels(picture):
    return np.asarray(picture.convert("RGBA"), float)


@pytest.mark.parametrize("name", ["sparse", "noise_removal", "segmentation", "notes", "preparation"])
def test_a_picture_is_what_its_shipped_run_gives(name):
    made, shipped = (
        np.asarray(one, float) for one in (cards.draw(name), Image.open(cards.place(name)).convert("RGBA"))
    )
    assert made.shape == shipped.shape == (cards.HEIGHT, cards.WIDTH, 4)
    seen = made[..., 3] > 0
    own = np.abs(made - shipped)[seen].mean()
    assert own < 4  # what the file format leaves out
    others = [
        np.asarray(Image.open(cards.place(other)).convert("RGBA"), float) for other in cards.TABLE if other != name
    ]
    assert all(np.abs(made - other)[seen].mean() > 2 * own for other in others)
