"""Makes the pictures of the READMEs from the running app: `make pictures`."""

from __future__ import annotations

import importlib.util
import io
import math
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}
SHOWN = 840  # pixels across
# Address, and seconds until all of it is there.
STILLS = {
    "sparse": ("sparse", 12),
    "segmentation": ("segmentation", 15),
    "presenter": ("present?present=1&screen=4", 9),
}
FRAMES, PAUSE = 36, 90  # of the animation, and milliseconds of each
LANGUAGES = {"en": "", "pt_BR": ".pt-BR"}


def conftest():
    """Return what the browser tests start the app and find a browser with."""
    spec = importlib.util.spec_from_file_location("looks", ROOT / "tests" / "browser" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frame(page: Page) -> Image.Image:
    """Return what the page shows."""
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return image.resize((SHOWN, round(SHOWN * image.height / image.width)), Image.Resampling.LANCZOS)


def walk(page: Page, site: str, lang: str) -> list[Image.Image]:
    """Lead the pointer once around the plane of the first page."""
    page.goto(f"{site}/?lang={lang}")
    plane = page.locator(".gargalo-pad-plane")
    plane.wait_for()
    page.wait_for_timeout(8000)
    box = plane.bounding_box()
    made = []
    for i in range(FRAMES):
        turn = 2 * math.pi * i / FRAMES
        x, y = 0.5 + 0.34 * math.cos(turn), 0.5 + 0.3 * math.sin(2 * turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(60)
        made.append(frame(page))
    return made


def main() -> int:
    """Write every picture in both languages."""
    looks = conftest()
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as runs,
        looks.serving(Path(runs)) as (site, _),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=looks._finder().find(), args=looks.ARGUMENTS)
        for lang, ending in LANGUAGES.items():
            page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
            first, *rest = walk(page, site, lang)
            look = {"save_all": True, "append_images": rest, "duration": PAUSE, "loop": 0}
            first.save(FOLDER / f"home{ending}.webp", quality=60, method=6, **look)
            for name, (address, seconds) in STILLS.items():
                page.goto(f"{site}/{address}{'&' if '?' in address else '?'}lang={lang}")
                page.wait_for_timeout(1000 * seconds)
                frame(page).save(FOLDER / f"{name}{ending}.webp", quality=80, method=6)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
