"""Finds a Chromium for the browser tests, or gets one; `python tests/browser/chromium.py` says which."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ADVICE = (
    "The browser tests need Chromium and none could be got. Install one (on Debian: apt-get install chromium; "
    "elsewhere: .venv/bin/playwright install chromium), or set CHROMIUM to its program."
)


def find() -> str | None:
    """Return the program of a Chromium that is there: ``$CHROMIUM``, the system's, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or _own()


def _own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = Path(playwright.chromium.executable_path)
    return str(program) if program.exists() else None


def get() -> None:
    """Get Playwright's own Chromium or, where that may not be, Debian's."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=environment, **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], env=environment, **quiet)  # type: ignore[call-overload]
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], **quiet)  # type: ignore[call-overload]


if __name__ == "__main__":
    if not find():
        get()
    sys.exit(print(f"Chromium: {found}") if (found := find()) else ADVICE)
