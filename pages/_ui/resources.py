"""What the whole server shares: the runs, whoever trains them, and models brought back to life."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aecore.jobs import LocalExecutor
    from aecore.networks import Autoencoder
    from aecore.runs import Run, Runs
    from aecore.samples import Samples

ROOT = Path(__file__).parents[2]
_starting = threading.Lock()


@lru_cache
def folder() -> Path:
    """Return where runs are kept: ``GARGALO_RUNS``, else ``runs`` beside the app, else a folder that ends with it."""
    wanted = Path(os.environ.get("GARGALO_RUNS", ROOT / "runs"))
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        return Path(tempfile.mkdtemp(prefix="gargalo-"))


def keeps() -> bool:
    """Whether runs outlive the app."""
    return not folder().name.startswith("gargalo-")


@lru_cache
def runs() -> Runs:
    """Return the runs of this server."""
    from aecore.runs import Runs

    return Runs(folder())


@lru_cache
def _executor() -> LocalExecutor:
    from aecore.jobs import LocalExecutor

    return LocalExecutor(runs())


def executor() -> LocalExecutor:
    """Return the one executor of this server, its workers warm."""
    with _starting:
        return _executor()


def shipped(name: str) -> tuple[Autoencoder, Samples]:
    """Return a model of the gallery and its held-out samples."""
    from aecore import gallery
    from aecore.training import posed, revive

    experiment = gallery.experiment_of(name)
    run = gallery.run_of(experiment)
    snapshot = run.snapshot() if run else None
    if snapshot is None:
        raise FileNotFoundError(f"assets/gallery/{experiment.key}")
    return revive(experiment, snapshot), posed(experiment, "test")


def run_of(key: str) -> Run:
    """Return the run with a key: of this server or, unless that exists, of the gallery."""
    from aecore import gallery

    kept = folder() / key
    return _run(kept if kept.exists() or not (gallery.FOLDER / key).exists() else gallery.FOLDER / key)


@lru_cache(maxsize=256)
def _run(where: Path) -> Run:
    from aecore.runs import Run

    return Run(where)


def start() -> None:
    """Start the workers."""
    threading.Thread(target=executor, daemon=True).start()


@lru_cache
def prepare_lessons() -> None:
    """Load what the lessons draw with, in the background; for the end of the first page that is served."""
    threading.Thread(target=_draw_once, daemon=True).start()


def _draw_once() -> None:
    from aecore import figures, views  # noqa: F401
    from aecore.text import Say

    figures.error([0], [1], baseline=1.0, total=1, say=Say()).to_json()


_aside = ThreadPoolExecutor(1, "aside")
_awaited: set[Future[Any]] = set()


def aside(make: Callable[..., Any], *given: Hashable) -> Any:
    """Return what a slow function makes of its arguments, ``None`` until it is known.

    It is computed once for all visitors, beside the pages.
    """
    begun = _begun(make, *given)
    return begun.result() if begun.done() else None


@lru_cache(maxsize=64)
def _begun(make: Callable[..., Any], *given: Hashable) -> Future[Any]:
    begun = _aside.submit(make, *given)
    _awaited.add(begun)
    begun.add_done_callback(_awaited.discard)
    return begun


def awaited() -> bool:
    """Whether something is being computed aside."""
    return bool(_awaited)


def stop() -> None:
    """End the workers; what they have reached is kept."""
    if _executor.cache_info().currsize:
        executor().close()
