"""What the whole server shares: the runs, whoever trains them, and models brought back to life."""

from __future__ import annotations

import ctypes
import os
import tempfile
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from aecore.jobs import LocalExecutor, Projector
    from aecore.jobs.cluster import ClusterExecutor
    from aecore.networks import Autoencoder
    from aecore.runs import Run, Runs
    from aecore.samples import Samples
    from aecore.views import Projection

ROOT = Path(__file__).parents[2]
# Where the pictures of cards are: an address that Streamlit leaves as it is.
CARDS = "/app/static/cards"
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
def _executor() -> LocalExecutor | ClusterExecutor:
    if address := os.environ.get("GARGALO_CLUSTER"):
        from aecore.jobs.cluster import ClusterExecutor

        return ClusterExecutor(runs(), address, store=os.environ.get("GARGALO_STORE"))
    from aecore.jobs import LocalExecutor

    return LocalExecutor(runs())


def executor() -> LocalExecutor | ClusterExecutor:
    """Return the one executor of this server: its own warm workers, or the cluster that ``GARGALO_CLUSTER`` names."""
    with _starting:
        return _executor()


def refusal() -> str:
    """Return why the cluster that was named is not used, as the key of a sentence; empty if nothing is wrong."""
    if not os.environ.get("GARGALO_CLUSTER"):
        return ""
    try:
        executor()
    except ImportError:
        return "not_installed"
    except ValueError as trouble:
        return getattr(trouble, "reason", "bad_store")
    return ""


@lru_cache
def _projector() -> Projector:
    from aecore.jobs import Projector

    return Projector()


def projector() -> Projector:
    """Return the one projector of this server; its process starts when it is first asked."""
    with _starting:
        return _projector()


def layout(run: Run, step: int, projection: Projection) -> Path:
    """Return where a layout of a run's codes is kept: with the run, unless that came with the project."""
    own = run.folder.parent == folder() and run.folder.exists()
    home = run.folder if own else folder() / "layouts" / run.key
    return home / "projections" / f"{projection.key}-{step}.safetensors"


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


def card(name: str) -> str:
    """Return the address of the picture of what a shipped run comes to.

    Streamlit reads a picture that it is given, and writes it anew as PNG, at every look; an address it passes on.
    """
    return f"{CARDS}/{name}.webp"


def run_of(key: str) -> Run:
    """Return the run with a key: of this server or, unless that exists, of the gallery.

    A visitor who has not asked for the one of this server sees the gallery's until the other is done, which is then
    the same: nobody's training, nor its end before its time, takes a finished run from the others' pages.
    """
    kept, came = _places(key)
    own = _run(kept)
    if not came.exists() or (kept.exists() and (_asked_for(key) or own.state.stage == "done")):
        return own
    return _run(came)


def runs_of(key: str) -> list[Run]:
    """Return the runs with a key that there are, of this server and of the gallery."""
    return [_run(place) for place in _places(key) if place.exists()]


def _places(key: str) -> tuple[Path, Path]:
    from aecore import gallery

    return folder() / key, gallery.FOLDER / key


def _asked_for(key: str) -> bool:
    """Whether this visitor has trained the run with a key; beside the pages there is no visitor to tell."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return True
    return "course" in st.session_state and key in st.session_state.course.visited


def comes(key: str) -> bool:
    """Whether a run with a key came with the project."""
    return _places(key)[1].exists()


def is_shipped(run: Run) -> bool:
    """Whether a run came with the project."""
    from aecore import gallery

    return run.folder.parent == gallery.FOLDER


@lru_cache(maxsize=256)
def _run(where: Path) -> Run:
    from aecore.runs import Run

    return Run(where)


def start() -> None:
    """Start the workers."""
    threading.Thread(target=executor, daemon=True).start()
    _spend()


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
_ended = 0.0
_begun: OrderedDict[tuple[Hashable, ...], Future[Any]] = OrderedDict()
_count = 0
_asking = threading.Lock()
# When each failure was first said: a page that is drawn anew because of it must not begin anew at once.
_said: WeakKeyDictionary[Future[Any], float] = WeakKeyDictionary()
AGAIN = 5.0
# Results that are kept for the next who asks.
ANSWERS = 512


def aside(make: Callable[..., Any], *given: Hashable) -> Any:
    """Return what a slow function makes of its arguments, ``None`` until it is known.

    It is computed once for all visitors, beside the pages. What it was to look at may be gone by the
    time that it is looked at (LookupError): then it is not known, and whoever asks again begins anew.
    Any other failure is raised; whoever asks `AGAIN` seconds after it was first said begins anew.
    """
    asked: Any = (make, *given)
    with _asking:
        begun = _begun.get(asked) or _begin(*asked)
        failure = begun.exception() if begun.done() else None
        if not failure:
            return begun.result() if begun.done() else None
        if isinstance(failure, LookupError):
            del _begun[asked]
        elif time.monotonic() - _said.setdefault(begun, time.monotonic()) <= AGAIN:
            raise failure
        else:
            _begin(*asked)
        return None


def _begin(make: Callable[..., Any], *given: Hashable) -> Future[Any]:
    global _count
    _count += 1
    begun = _begun[make, *given] = _aside.submit(make, *given)
    _awaited.add(begun)
    begun.add_done_callback(_end)
    while len(_begun) > ANSWERS:
        _begun.popitem(last=False)
    return begun


def _end(begun: Future[Any]) -> None:
    global _ended
    _ended = time.monotonic()
    _awaited.discard(begun)


def awaited() -> bool:
    """Whether something is being computed aside."""
    return bool(_awaited)


def begun() -> int:
    """Return how many things have been begun aside; who sees the count rise while drawing may have drawn too early."""
    return _count


def room() -> int:
    """Return how many bytes the runs that have ended may take: ``GARGALO_RUNS_MB`` millions, else two thousand."""
    with suppress(ValueError, OverflowError):
        return int(1e6 * max(float(os.environ.get("GARGALO_RUNS_MB", "")), 0.0))
    return 2_000_000_000


def tidy(in_use: Callable[[], Collection[str]]) -> None:
    """Remove the oldest runs that nobody looks at, beside the pages, once the runs take too much room."""
    threading.Thread(target=executor().runs.prune, args=(room(), in_use), daemon=True).start()


# Seconds without a picture asked for, after which the server is at rest.
REST = 0.5
_spare: deque[Iterator[object]] = deque(maxlen=64)
_used = 0.0


def in_use() -> None:
    """Say that somebody waits for a picture."""
    global _used
    _used = time.monotonic()


def spare(work: Iterator[object]) -> None:
    """Take the steps of a work one by one whenever the server is at rest, in turn with those of others."""
    _spare.append(work)
    _spend()


@lru_cache
def _spend() -> None:
    # Said, since it would else be as the thread that starts it.
    threading.Thread(target=_at_rest, name="spare", daemon=False).start()


def _at_rest() -> None:
    # No daemon: one that is cut off while it computes takes the process down with it.
    while threading.main_thread().is_alive():
        if not _spare or time.monotonic() - _used < REST:
            time.sleep(REST / 5)
            _give_back()
            continue
        work = _spare.popleft()
        # What fails here fails again, and is said, where somebody asks for it.
        with suppress(Exception):
            next(work)
            _spare.append(work)


# Seconds after which what was needed to compute something is let go.
QUIET = 3.0
_given = 0.0


def _give_back() -> None:
    """Let go of the parts of the data that pages only fit baselines to, and give free memory back to the system."""
    global _given
    now = time.monotonic()
    if awaited() or _given >= max(_used, _ended) or now - max(_ended, _given) < QUIET:
        return
    _given = now
    from aecore.datasets import forget

    forget("train")
    # Threads of the C library keep what they have freed; others than GNU's have no such call.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def stop() -> None:
    """End the workers; what they have reached is kept."""
    if _projector.cache_info().currsize:
        projector().close()
    if _executor.cache_info().currsize:
        executor().close()
