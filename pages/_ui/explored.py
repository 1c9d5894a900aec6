"""Exploring: what a visitor looks at in a latent space, and what is known of it; arrays are kept for all visitors."""

from __future__ import annotations

import base64
import csv
import io
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages._ui import mine, resources, steer, view
from pages._ui.seen import see

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.knobs import Complaint
    from aecore.networks import Autoencoder
    from aecore.samples import Samples
    from aecore.views import Projected, Projection, Quality, Survey


# Names in the address of what a visitor looks at, beside the layout's knobs.
LOOKS = ("run", "at", "colour", "axes", "clicked", "selected", "kept_A", "kept_B")
# Letters of a selection in the address: what is longer goes into a saved run alone.
LONGEST = 2000


@dataclass
class Visit:
    """What a visitor has chosen in the explorer.

    Attributes
    ----------
    experiment : Experiment or None
        Whose latent space it is.
    step : int or None
        ``None`` for the latest.
    turned : dict
        The projection's knobs that were turned.
    colour : str
        ``label``, ``error``, ``none``, ``factor:<name>`` or ``latent:<number from 0>``.
    axes : tuple of int
        The latents chosen as axes.
    selected : tuple of int
        Rows, in the order of :func:`~aecore.training.examples`.
    brought : tuple of int
        Those that a link said.
    clicked : int or None
    kept : dict
        Selections laid aside, by name.
    miscoloured : str
        A colour that was asked for and is not there.
    trouble : str
        The key of what was wrong with a link.
    complaints : sequence of Complaint
    """

    experiment: Experiment | None = None
    step: int | None = None
    turned: dict[str, Any] = field(default_factory=dict)
    colour: str = ""
    axes: tuple[int, ...] = ()
    selected: tuple[int, ...] = ()
    brought: tuple[int, ...] = ()
    clicked: int | None = None
    kept: dict[str, tuple[int, ...]] = field(default_factory=dict)
    miscoloured: str = ""
    trouble: str = ""
    complaints: Sequence[Complaint] = ()

    def look_at(self, experiment: Experiment) -> None:
        """Look at another run; what was selected stays where the data are the same."""
        if self.experiment and self.experiment.data != experiment.data:
            self.selected, self.brought, self.clicked, self.kept = (), (), None, {}
        self.experiment, self.step = experiment, None

    def within(self, points: int) -> None:
        """Forget the rows that are no longer shown."""
        self.selected = tuple(row for row in self.selected if row < points)
        self.kept = {name: kept for name, rows in self.kept.items() if (kept := tuple(r for r in rows if r < points))}
        if self.clicked is not None and self.clicked >= points:
            self.clicked = None


def visit() -> Visit:
    """Return this visitor's visit."""
    return st.session_state.setdefault("visit", Visit())


def arrive(address: dict[str, object]) -> None:
    """Take over what a link says: a run by its key or an experiment by its names, and how to look at it."""
    from aecore.experiment import Experiment
    from aecore.knobs import Complaint, Knob
    from aecore.views import Projection

    now = visit()
    knobs = Projection.knobs()
    own = {name: str(text) for name, text in address.items() if name in (*knobs, *LOOKS)}
    rest = {name: text for name, text in address.items() if name not in own}
    now.trouble, now.complaints = "", ()
    if "run" in own:
        found = by_key(own["run"])
        now.trouble = "" if found else "no_such_run"
        now.look_at(found or home())
    elif rest:
        settled = Experiment.settle(rest)
        if mine.may_see(settled.experiment.data):
            now.complaints = settled.complaints
            now.look_at(settled.experiment)
        else:
            now.complaints = (mine.not_here(),)
            now.look_at(home())

    def settled_as(name: str, knob: Knob) -> Any:
        value, reason = knob.settle(own[name])
        if reason:
            now.complaints = (*now.complaints, Complaint(name, own[name], value, reason))
        return value

    for name in (name for name in knobs if name in own):
        now.turned[name] = settled_as(name, knobs[name])
    looked_at = now.experiment or home()
    if "at" in own:
        last = looked_at.fit.steps
        step = settled_as("at", Knob(last, low=0, high=last))
        kept = resources.run_of(looked_at.key).steps
        now.step = None if step == last else max((one for one in kept if one <= step), default=None)
    if "clicked" in own:
        now.clicked = settled_as("clicked", Knob(0, low=0, high=Projection(**now.turned).points - 1))
    points = Projection(**now.turned).points
    if "selected" in own:
        now.selected = now.brought = rows_of(own["selected"], points)
    now.kept |= {name: rows_of(own[f"kept_{name}"], points) for name in ("A", "B") if f"kept_{name}" in own}
    now.colour = own.get("colour", now.colour)
    if "axes" in own:
        now.axes = tuple(int(one) - 1 for one in re.findall(r"\d{1,4}", own["axes"]) if int(one))


def rows_in_text(rows: Sequence[int]) -> str:
    """Write rows, in any order, as a text for an address: a bit for each, packed; :func:`rows_of` reads it."""
    chosen = np.zeros(1 + max(rows, default=0), bool)
    chosen[list(rows)] = True
    return base64.urlsafe_b64encode(zlib.compress(np.packbits(chosen).tobytes(), 9)).decode().rstrip("=")


def rows_of(text: str, points: int) -> tuple[int, ...]:
    """Return the rows below a number of points that a text stands for; none if it was cut short or never was one."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        bits = zlib.decompressobj().decompress(packed, points // 8 + 1)
    except (ValueError, zlib.error):
        return ()
    return tuple(np.flatnonzero(np.unpackbits(np.frombuffer(bits, np.uint8))[:points]).tolist())


def written() -> dict[str, str]:
    """Return what a link says of how a visitor looks at a run, as :func:`arrive` reads it."""
    said = said_of_points() | {name: text for name, text in rows_said().items() if len(text) <= LONGEST}
    return said | view.view().figures


def shown() -> dict[str, str]:
    """Return all that a saved run is to say of how a visitor looks at it, by the names of the address."""
    return said_of_points() | rows_said() | view.view().figures


def is_look(name: str) -> bool:
    """Whether a name says how a visitor looks at a run, whichever run it is."""
    from aecore.views import Projection

    return (name in LOOKS or name in Projection.knobs() or view.is_of_figure(name)) and name != "run"


def rows_said() -> dict[str, str]:
    """Return what is to be said of the rows that are selected or laid aside, however long it is."""
    now = visit()
    chosen = {"selected": now.selected} | {f"kept_{name}": rows for name, rows in now.kept.items()}
    return {name: rows_in_text(rows) for name, rows in chosen.items() if rows}


def said_of_points() -> dict[str, str]:
    """Return what is to be said of the layout and of its colours."""
    from aecore.knobs import to_text
    from aecore.views import Projection

    now, knobs = visit(), Projection.knobs()
    assert now.experiment
    wanted, _ = fitted(now.experiment)
    usual = {name: knob.default for name, knob in knobs.items()}
    said = {name: to_text(getattr(wanted, name)) for name in knobs if getattr(wanted, name) != usual[name]}
    if now.step is not None:
        said["at"] = to_text(now.step)
    if now.axes and wanted.kind == "latents":
        said["axes"] = to_text(tuple(axis + 1 for axis in now.axes))
    if now.colour:
        said["colour"] = now.colour
    if now.clicked is not None:
        said["clicked"] = to_text(now.clicked)
    return said


def home() -> Experiment:
    """Return the gallery's first experiment, which is always there."""
    from aecore import gallery

    return gallery.experiment_of("home")


_known: dict[str, Experiment] = {}


def know(experiment: Experiment) -> None:
    """Let an experiment be found by its key though it has no run yet."""
    _known[experiment.key] = experiment
    while len(_known) > 256:
        _known.pop(next(iter(_known)))


def by_key(key: str) -> Experiment | None:
    """Return the experiment of a run of this server or of the gallery; ``None`` for anything else."""
    if not re.fullmatch(r"[0-9a-f]{16}", key):
        return None
    try:
        found: Experiment | None = resources.run_of(key).experiment
    except (OSError, ValueError):
        found = _known.get(key)
    return found if found and mine.may_see(found.data) else None


def choices(current: Experiment) -> dict[str, Experiment]:
    """Return the runs to choose from by key: the one looked at, this visitor's, the gallery's."""
    from aecore import gallery

    shipped = [one for one in map(gallery.experiment_of, gallery.TABLE) if one.net.of_units]
    mine = [one for one in steer.course().visited.values() if steer.state_of(one).stage != "absent"]
    return {one.key: one for one in (current, *reversed(mine), *shipped)}


def model(experiment: Experiment, step: int) -> Autoencoder:
    """Return the model of a run at a step."""
    return see(experiment).at(step)


def examples(experiment: Experiment, points: int) -> list[Samples]:
    """Return the samples that are shown, those held out first."""
    from aecore.training import posed

    held_out = posed(experiment, "test")
    if points <= held_out.size:
        return [held_out.at(slice(points))]
    return [held_out, _trained_on(experiment).at(slice(points - held_out.size))]


@lru_cache(maxsize=2)
def _trained_on(experiment: Experiment) -> Samples:
    """Hold the training part as long as somebody may explore it; the pages let go of it otherwise."""
    from aecore.training import posed

    return posed(experiment, "train")


def inputs(experiment: Experiment, rows: Iterable[int]) -> Any:
    """Return the inputs of some rows.

    Raises
    ------
    LookupError
        If there is no such row.
    """
    wanted = list(rows)
    first, *more = examples(experiment, 1 + max(wanted, default=0))
    if not more:
        return first.inputs[wanted]
    found = first.inputs[:1].repeat(len(wanted), *[1] * (first.inputs.dim() - 1))
    for place, row in enumerate(wanted):
        found[place] = first.inputs[row] if row < first.size else more[0].inputs[row - first.size]
    return found


@lru_cache(maxsize=8)
def labels(experiment: Experiment, points: int) -> np.ndarray | None:
    """Return the labels of the samples that are shown."""
    return _joined([part.labels for part in examples(experiment, points)])


@lru_cache(maxsize=8)
def factors(experiment: Experiment, points: int) -> np.ndarray | None:
    """Return the factors of the samples that are shown, where they have names."""
    if not experiment.data.factors:
        return None
    return _joined([part.factors for part in examples(experiment, points)])


def _joined(parts: Sequence[Any]) -> np.ndarray | None:
    arrays = [part.numpy() for part in parts if part is not None]
    return np.concatenate(arrays) if len(arrays) == len(parts) else None


def most(experiment: Experiment, wanted: int) -> int:
    """Return how many samples there are, the training part looked at only where so many are wanted."""
    from aecore.training import posed

    held_out = posed(experiment, "test").size
    return held_out if wanted <= held_out else held_out + _trained_on(experiment).size


@lru_cache(maxsize=8)
def survey(experiment: Experiment, step: int, points: int) -> Survey:
    """Return codes and errors of the samples that are shown."""
    from aecore import views

    return views.survey(model(experiment, step), [part.inputs for part in examples(experiment, points)])


@lru_cache(maxsize=16)
def at_once(experiment: Experiment, step: int, wanted: Projection, axes: tuple[int, ...]) -> Projected:
    """Return a layout that takes no time."""
    from aecore import views

    return views.project(survey(experiment, step, wanted.points).codes, wanted, axes=axes)


def kept(experiment: Experiment, step: int, wanted: Projection) -> Projected | None:
    """Return a layout that took its time, if it is known."""
    path = resources.layout(resources.run_of(experiment.key), step, wanted)
    found = _read(str(path)) if path.exists() else None
    # A saved run may bring one of other points.
    return found if found and found.points.shape == (wanted.points, wanted.dimensions) else None


@lru_cache(maxsize=16)
def _read(path: str) -> Projected | None:
    from pathlib import Path

    from aecore import jobs

    return jobs.kept(Path(path))


def layout(experiment: Experiment, step: int, wanted: Projection, axes: tuple[int, ...]) -> Projected | None:
    """Return a layout, if it is known or takes no time."""
    return kept(experiment, step, wanted) if wanted.slow else at_once(experiment, step, wanted, axes)


def quality(experiment: Experiment, step: int, wanted: Projection, axes: tuple[int, ...]) -> Quality:
    """Judge a layout that is known; takes a second."""
    from aecore import views

    found = layout(experiment, step, wanted, axes)
    assert found is not None
    codes = survey(experiment, step, wanted.points).codes
    return views.quality(codes, found.points, labels(experiment, wanted.points))


@dataclass(frozen=True)
class Table:
    """Selected samples, to be taken away.

    Attributes
    ----------
    columns : dict
        One-dimensional arrays or lists by name, all of one length.
    """

    columns: dict[str, Any]

    def csv(self) -> bytes:
        """Write them as comma-separated text, in which no name of a visitor's is a formula."""
        from aecore.figures.tables import cell

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        rows = zip(*(column.tolist() for column in self.columns.values()), strict=True)
        writer.writerows([cell(value) for value in row] for row in rows)
        return text.getvalue().encode()


def table(
    experiment: Experiment, step: int, points: int, rows: Sequence[int], names: Sequence[str] | None, found: Projected
) -> Table:
    """Return what is known of some rows: part of the data, label, factors, error, code, place in the picture."""
    chosen = np.asarray(rows, int)
    surveyed = survey(experiment, step, points)
    held_out = examples(experiment, points)[0].size
    columns: dict[str, Any] = {"row": chosen, "part": np.where(chosen < held_out, "test", "train")}
    if (every := labels(experiment, points)) is not None:
        columns["label"] = every[chosen]
        if names:
            columns["name"] = np.array(names)[every[chosen]]
    if (known := factors(experiment, points)) is not None:
        columns |= dict(zip(experiment.data.factors, known[chosen].T, strict=True))
    columns["error"] = surveyed.errors[chosen]
    columns |= {f"z{i}": column for i, column in enumerate(surveyed.codes[chosen].T, 1)}
    columns |= {f"place{i}": column for i, column in enumerate(found.points[chosen].T, 1)}
    return Table(columns)


def npz(experiment: Experiment, step: int, points: int, rows: Sequence[int], found: Projected) -> bytes:
    """Write rows, labels, factors, errors, codes, places and inputs of some samples as NPZ, without pickles."""
    chosen = np.asarray(rows, int)
    surveyed = survey(experiment, step, points)
    arrays: dict[str, Any] = {
        "rows": chosen,
        "errors": surveyed.errors[chosen],
        "codes": surveyed.codes[chosen],
        "places": found.points[chosen],
        "inputs": inputs(experiment, rows).numpy(),
    }
    known = {"labels": labels(experiment, points), "factors": factors(experiment, points)}
    arrays |= {name: array[chosen] for name, array in known.items() if array is not None}
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def fitted(experiment: Experiment) -> tuple[Projection, list[Complaint]]:
    """Return the projection that the visitor wants of an experiment's codes, and what had to change."""
    from aecore.knobs import Complaint
    from aecore.views import Projection

    net: Any = experiment.net
    wanted, flat = Projection(**visit().turned), []
    if wanted.dimensions > max(2, net.latent):
        flat = [Complaint("dimensions", str(wanted.dimensions), 2, "too_high")]
        wanted = replace(wanted, dimensions=2)
    fitted, complaints = wanted.fitted(most(experiment, wanted.points))
    return fitted, [*flat, *complaints]


def joined(linked: Sequence[Complaint], fitted: Sequence[Complaint]) -> list[Complaint]:
    """Return complaints about a link and about what fits the codes, one for each name: what was given, what is used."""
    said = {complaint.name: complaint for complaint in linked}
    for complaint in fitted:
        given = said[complaint.name].given if complaint.name in said else complaint.given
        said[complaint.name] = complaint._replace(given=given)
    return list(said.values())
