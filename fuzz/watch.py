"""Watching: what a reader does with one input, how long it takes and how much memory."""

from __future__ import annotations

import os
import resource
import time
import traceback
from pathlib import Path
from typing import NamedTuple

from fuzz.targets import Target

# Seconds of the processor, and bytes, that one input may cost.
SLOW, LARGE = 1.0, 500_000_000
_PAGE = os.sysconf("SC_PAGESIZE")


class Found(NamedTuple):
    """What is wrong with how a reader took an input: ``crash``, ``hang`` or ``memory``, and what it said."""

    kind: str
    said: str


def tried(target: Target, content: bytes) -> Found | None:
    """Give a reader one input; return what is wrong with how it took it, or nothing.

    The memory is what the process held at most meanwhile beyond what it held before.
    """
    held, most, began = _held(), _most(), time.process_time()
    try:
        target.read(content)
    except target.refuses:
        pass
    except Exception:
        return Found("crash", traceback.format_exc(limit=-4))
    seconds, peak = time.process_time() - began, _most()
    if seconds > SLOW:
        return Found("hang", f"{seconds:.1f} s")
    if peak > most and peak - held > LARGE:
        return Found("memory", f"{(peak - held) / 1e6:.0f} MB")
    return None


def _held() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _most() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
