"""A million hostile inputs: how many crash a reader, hold it up, or fill the memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row

# Inputs for each reader, so that none takes much longer than another.
INPUTS = {
    "molecules": 200_000, "drawings": 150_000, "tables": 150_000, "archives": 150_000, "from_dict": 100_000,
    "arrays": 100_000, "pictures": 100_000, "packed_runs": 60_000, "understand": 20_000, "sounds": 20_000,
    "run_folders": 20_000, "from_query": 15_000, "settle": 15_000, "compressed": 10_000, "packed_files": 3_000,
}  # fmt: skip


def run(out: Path) -> Iterator[Row]:
    """Give every reader its inputs, and count what is wrong."""
    place = out / "fuzz"
    shutil.rmtree(place, ignore_errors=True)
    asked = [f"{name}={count}" for name, count in INPUTS.items()]
    subprocess.run([sys.executable, "-m", "fuzz", *asked, "--out", str(place)], check=False)
    said = [json.loads(line) for line in (place / "counts.jsonl").read_text().splitlines()]
    found = sum((Counter(one["found"]) for one in said), Counter[str]())
    beside = ", ".join(f"{one['name']} {one['inputs']}" for one in said)
    yield Row("hostile inputs", sum(one["inputs"] for one in said), "inputs", beside, 1e6, "at least")
    for kind in ("crash", "hang", "memory"):
        yield Row(f"of them ending in: {kind}", found[kind], "inputs", "", 0)
    slowest = max(said, key=lambda one: one["slowest"])
    yield Row("the slowest input", slowest["slowest"], "s", slowest["name"], 1)
