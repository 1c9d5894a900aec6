"""The licences of all that the app needs, as its packages say them: `python docs/licences.py` writes the page."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
HEAD = """# Licences

What the app needs on a machine without a graphics card, each with the licence that its package names; written by
`python docs/licences.py`. With torch's builds for NVIDIA's cards come NVIDIA's own libraries under its licences. The
data's licences stand in [assets/data](../assets/data/LICENSES.md), the fonts' beside them in `assets/style/fonts`.

| Package | Licence |
|---|---|
"""
# By their classifiers, where a package has no expression of SPDX's; a whole text is no name.
LONG = 60


def licence(name: str) -> str:
    """Return a package's licence by its name: SPDX's expression, else what its classifiers or it itself say."""
    said = distribution(name).metadata
    if expression := said.get("License-Expression"):
        return expression
    classified = [
        line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if line.startswith("License ::")
    ]
    classified = [one for one in classified if one != "OSI Approved"]
    text = (said.get("License") or "").strip()
    if text and "\n" not in text and len(text) <= LONG:
        return text
    return ", ".join(classified) or text.partition("\n")[0] or "unknown"


def asked_for() -> list[Requirement]:
    """Return what the app asks for by name, each pinned."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if re.match(r"\w", line)]


def needed() -> list[str]:
    """Return the names of all packages that the app's requirements come to on this machine."""
    left, found = asked_for(), set()
    while left:
        asked = left.pop()
        name = canonicalize_name(asked.name)
        if name in found:
            continue
        try:
            more = distribution(name).requires or []
        except PackageNotFoundError:  # for another machine
            continue
        found.add(name)
        wanted = [Requirement(line) for line in more]
        left += [one for one in wanted if one.marker is None or _holds(one, asked.extras)]
    return sorted(found)


def _holds(one: Requirement, extras: set[str]) -> bool:
    assert one.marker
    return any(one.marker.evaluate({"extra": extra}) for extra in (*extras, ""))


def table() -> dict[str, str]:
    """Return the licences by package."""
    return {name: licence(name) for name in needed()}


def listed() -> dict[str, str]:
    """Return what the page says."""
    return dict(re.findall(r"^\| ([\w.-]+) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE))


if __name__ == "__main__":
    PAGE.write_text(
        HEAD + "".join(f"| {name} | {text.replace('|', '/')} |\n" for name, text in table().items()), "utf-8"
    )
