"""Scenes: the figures that a run is shown by where there is no page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from aecore import figures, sharing, views
from aecore.baselines import Pca
from aecore.datasets.mixture import Mixture
from aecore.experiment import Experiment
from aecore.graphs import graphs
from aecore.methods import Denoising
from aecore.networks import Autoencoder, GaussianAutoencoder
from aecore.runs import Run
from aecore.samples import Samples
from aecore.text import Say, latent
from aecore.training import posed, revive

if TYPE_CHECKING:
    from aecore.figures.theme import Figure

# Held-out samples that the figures are of, and pictures side by side.
SAMPLES = 1000
COLUMNS = 10
SIDE = 12
DIRECTIONS = 8
FILTERS = 128
ELLIPSES = 120
DRAWN = 20


@dataclass(frozen=True)
class Shown:
    """A finished run and what its figures share, in one language.

    Attributes
    ----------
    run : Run
    experiment : Experiment
    step : int
        The last whose weights are kept.
    model : Autoencoder
        As it was then.
    held_out : Samples
        The first held-out samples, as the task poses them.
    say : Say
    """

    run: Run
    experiment: Experiment
    step: int
    model: Autoencoder
    held_out: Samples
    say: Say

    def at(self, step: int) -> Autoencoder:
        """Return the model as it was at another step whose weights are kept.

        Raises
        ------
        LookupError
            If they are not.
        """
        snapshot = self.run.snapshot(step)
        if snapshot is None:
            raise LookupError(step)
        return revive(self.experiment, snapshot)

    @cached_property
    def pca(self) -> Pca | None:
        """PCA of the same data, where the task measures itself against it."""
        if "pca" not in self.experiment.task.baselines:
            return None
        kept = self.run.baselines().get("pca") or Pca.fit(self.experiment.data.load("train"))
        return cast("Pca", kept)

    @property
    def is_pictures(self) -> bool:
        """Whether an input is a picture that can be looked at."""
        return len(self.experiment.data.shape) > 1 and not self.experiment.data.one_hot

    @property
    def is_gaussian(self) -> bool:
        """Whether a code is a distribution."""
        return isinstance(self.model, GaussianAutoencoder)

    def pictures(self, rows: Any) -> np.ndarray:
        """Return rows of pictures with values from 0 to 1."""
        return views.shown(rows, self.experiment.data.value_range)

    def latent(self, i: int) -> str:
        """Return the symbol of a latent, counted from 0."""
        return latent(i, gaussian=self.is_gaussian)


Maker: TypeAlias = Callable[[Shown], "Figure"]


def open_run(run: Run, say: Say) -> Shown:
    """Return a run with what its figures share.

    Raises
    ------
    FileNotFoundError
        If nothing of it is kept.
    """
    snapshot = run.snapshot()
    if snapshot is None:
        raise FileNotFoundError(run.folder / "snapshots")
    experiment = run.experiment
    held_out = posed(experiment, "test").at(slice(SAMPLES))
    return Shown(run, experiment, snapshot.step, revive(experiment, snapshot), held_out, say)


def onnx(shown: Shown) -> dict[str, bytes]:
    """Return a run's encoder and decoder as ONNX, each by its file's name."""
    return graphs(shown.model, sharing.origin(shown.experiment))


def scenes(shown: Shown) -> dict[str, Figure]:
    """Return the figures of a run by name, those of its lesson or application."""
    return {make.__name__: make(shown) for make in makers(shown.experiment)}


def makers(experiment: Experiment) -> tuple[Maker, ...]:
    """Return what makes the figures of an experiment's lesson or application."""
    if isinstance(experiment.data, Mixture):
        return (error, field, codes) if isinstance(experiment.method, Denoising) else (error, codes)
    lesson = experiment.method.name if experiment.task.name == "reconstruction" else experiment.task.name
    found = TABLE.get(lesson, (error, rebuilt, codes))
    return tuple(make for make in found if make is not filters or experiment.net.name in ("mlp", "linear"))


def error(shown: Shown) -> Figure:
    """Draw the score that the task is about, on the held-out samples that were watched, over the steps."""
    say, task = shown.say, shown.experiment.task
    history = shown.run.history
    title, unit, name = SCORES.get(task.name, ("figure.error.title", "figure.error.y", task.main))
    count = min(task.watched, shown.held_out.size)
    unit = say("figure.watched", unit=say(unit), count=count)
    steps = [event.step for event in history if f"watched_{name}" in event.scores]
    found = [event.scores[f"watched_{name}"] for event in history if f"watched_{name}" in event.scores]
    total = shown.experiment.fit.steps
    if title == "figure.error.title":
        line = None
        if shown.pca and shown.model.n_latent < len(shown.pca.components):
            line = float(shown.pca.errors(shown.held_out.inputs[: task.watched])[shown.model.n_latent - 1])
        return figures.error(steps, found, baseline=line, total=total, unit=unit, say=say)
    axes = (say("figure.error.x"), unit)
    return figures.lines(steps, {unit: found}, title=say(title), axes=axes, span=(0, total), say=say)


def bound(shown: Shown) -> Figure:
    """Draw the bound of a Gaussian code and its two terms over the steps."""
    say, history = shown.say, shown.run.history
    names = ("bound", "distortion", "kl")
    curves = {say(f"vae.{name}"): [event.scores[f"watched_{name}"] for event in history] for name in names}
    steps = [event.step for event in history]
    axes = (say("figure.error.x"), say("vae.nats"))
    late = [value for curve in curves.values() for at, value in zip(steps, curve, strict=True) if at >= steps[-1] / 30]
    span = (0, shown.experiment.fit.steps)
    return figures.lines(
        steps, curves, title=say("vae.terms"), axes=axes, span=span, reach=(min(late), max(late)), say=say
    )


def rebuilt(shown: Shown) -> Figure:
    """Draw held-out inputs over what comes back of them, and over PCA's."""
    say = shown.say
    x = shown.held_out.inputs[:COLUMNS]
    found = views.beside_pca(shown.model, x, shown.pca, shown.experiment.data.value_range)
    names = [say(f"undercomplete.{name}") for name in ("original", "autoencoder", "pca")]
    return figures.rows(found.pictures, names=names[: len(found.pictures)], errors=found.errors, say=say)


def restored(shown: Shown) -> Figure:
    """Draw what goes in, what comes out and what should."""
    say, samples = shown.say, shown.held_out.at(slice(COLUMNS))
    found = views.beside_pca(shown.model, samples.inputs, None).pictures[1]
    rows = [samples.inputs.numpy(), found, samples.targets.numpy()]
    errors = np.full((3, len(found)), np.nan)
    errors[1] = np.square(found - rows[2]).reshape(len(found), -1).sum(1)
    names = [say(f"export.{name}") for name in ("given", "restored", "wanted")]
    return figures.rows(shown.pictures(rows), names=names, errors=errors, say=say)


def codes(shown: Shown) -> Figure:
    """Draw the codes of held-out samples in the plane."""
    return _scatter(shown, views.codes(shown.model, shown.held_out.inputs), "undercomplete.codes")


def codes_pca(shown: Shown) -> Figure:
    """Draw PCA's codes of the same samples."""
    assert shown.pca
    found = shown.pca.encode(shown.held_out.inputs, shown.model.n_latent).numpy()
    return _scatter(shown, found, "undercomplete.codes_pca")


def _scatter(shown: Shown, found: np.ndarray, title: str) -> Figure:
    say, plane, data = shown.say, views.plane(found), shown.experiment.data
    key = "undercomplete.axis_direction" if plane.projected else "undercomplete.axis_code"
    right, up = (
        say(key, i=i, name=shown.latent(i - 1), share=say.number(100 * share, 0))
        for i, share in enumerate(plane.shares, 1)
    )
    names = say.classes(data.name, data.classes)
    labels = shown.held_out.labels
    return figures.codes(plane.points, labels, label_names=names, axes=(right, up), title=say(title), say=say)


def denoised(shown: Shown) -> Figure:
    """Draw clean inputs, noisy ones and what the model makes of these."""
    say, method = shown.say, cast("Denoising", shown.experiment.method)
    x = shown.held_out.inputs[:COLUMNS]
    found = views.denoised(shown.model, shown.experiment.data, x, method.corruption, method.level)
    names = [say(f"denoising.{name}") for name in found.names]
    return figures.rows(found.pictures, names=names, errors=found.psnr, say=say)


def field(shown: Shown) -> Figure:
    """Draw where the model moves points of the plane, beside the true score."""
    say, method = shown.say, cast("Denoising", shown.experiment.method)
    found = views.field(shown.model, cast("Mixture", shown.experiment.data), method.level)
    look = {"title": say("denoising.field"), "unit": say("denoising.field_cosine", cosine=found.cosine)}
    arrows = (found.low, found.high, found.places, found.arrows, found.density)
    return figures.field(*arrows, true=found.true, say=say, **look)


def filters(shown: Shown) -> Figure:
    """Draw the input that excites each unit most."""
    layer = -1 if shown.experiment.method.name == "sparse" else 0
    found = views.filters(shown.model, layer=layer)[:FILTERS]
    return figures.tiles(found, columns=16, signed=True, say=shown.say)


def activations(shown: Shown) -> Figure:
    """Draw how often each activation occurs."""
    found = views.codes(shown.model, shown.held_out.inputs)
    return figures.histogram(found, title=shown.say("sparse.activations"), say=shown.say)


def spectrum(shown: Shown) -> Figure:
    """Draw the singular values of the encoder's Jacobian."""
    say = shown.say
    found = views.singular_values(shown.model, shown.held_out.inputs)
    axes = (say("contractive.rank"), say("contractive.value"))
    curves = {say("figure.autoencoder"): found}
    ranks = range(1, 1 + len(found))
    return figures.lines(ranks, curves, title=say("contractive.spectrum"), axes=axes, log=True, say=say)


def directions(shown: Shown) -> Figure:
    """Draw the directions in which the code of an input changes most."""
    found = views.tangents(shown.model, shown.held_out.inputs[0], DIRECTIONS)
    return figures.tiles(found.directions, columns=DIRECTIONS, signed=True, say=shown.say)


def posteriors(shown: Shown) -> Figure:
    """Draw codes with their deviations, in the two latents that say most."""
    say, data = shown.say, shown.experiment.data
    found = views.posteriors(shown.model, shown.held_out.inputs)
    pair = _pair(found.order)
    return figures.posteriors(
        found.means[:, pair],
        found.deviations[:ELLIPSES, pair],
        shown.held_out.labels,
        label_names=say.classes(data.name, data.classes),
        axes=cast("tuple[str, str]", tuple(shown.latent(i) for i in pair)),
        title=say("vae.codes"),
        say=say,
    )


def manifold(shown: Shown) -> Figure:
    """Draw what the decoder makes of the plane of the two latents that say most."""
    pair = _pair(views.posteriors(shown.model, shown.held_out.inputs).order)
    found = views.manifold(shown.model, list(dict.fromkeys(pair)), SIDE)
    return figures.tiles(shown.pictures([found])[0], columns=SIDE, say=shown.say)


def _pair(order: np.ndarray) -> list[int]:
    first, second = order[0], order[min(1, len(order) - 1)]
    return sorted((int(first), int(second)))


def fresh(shown: Shown) -> Figure:
    """Draw pictures of codes that the prior gives."""
    found = views.fresh(shown.model, DRAWN)
    return figures.tiles(shown.pictures([found])[0], columns=COLUMNS, say=shown.say)


def divergences(shown: Shown) -> Figure:
    """Draw what each latent says of the input."""
    say, found = shown.say, views.posteriors(shown.model, shown.held_out.inputs)
    order, used = found.order.tolist(), int(found.active.sum())
    return figures.bars(
        found.kl[order],
        [shown.latent(i) for i in order],
        found.active[order],
        groups=(say("vae.active", count=used), say("vae.unused", count=len(order) - used)),
        title=say("vae.divergences"),
        axes=(say("vae.latents"), say("vae.nats_latent")),
        say=say,
    )


def traversal(shown: Shown) -> Figure:
    """Draw what the decoder makes of each latent in turn."""
    found = views.traversals(cast("GaussianAutoencoder", shown.model), shown.held_out.inputs)
    return figures.rows(shown.pictures(found.pictures), names=traversed(shown, found, "row"), say=shown.say)


def traversed(shown: Shown, found: views.Traversals, key: str) -> list[str]:
    """Name each row of traversals with its divergence and its range."""
    say = shown.say
    rows = zip(found.latents.tolist(), found.kl.tolist(), found.values[:, [0, -1]].tolist(), strict=True)
    return [
        say(
            f"beta_vae.{key}",
            name=shown.latent(i),
            kl=say.number(kl, 2),
            low=say.number(low, 1),
            high=say.number(high, 1),
        )
        for i, kl, (low, high) in rows
    ]


TABLE: Mapping[str, tuple[Maker, ...]] = {
    "undercomplete": (error, rebuilt, codes, codes_pca),
    "denoising": (error, denoised, filters),
    "contractive": (error, rebuilt, spectrum, directions),
    "sparse": (error, rebuilt, filters, activations),
    "vae": (bound, rebuilt, posteriors, manifold, fresh, divergences),
    "beta_vae": (bound, rebuilt, traversal, divergences),
    "noise_removal": (error, restored),
    "super_resolution": (error, restored),
    "segmentation": (error, restored),
    "audio": (error, restored),
    "compression": (error, restored),
    "molecules": (error, codes),
    "recommender": (error, codes),
}
# Of applications that are judged by another score than the squared error: title, unit and name.
SCORES: Mapping[str, Sequence[str]] = {
    "noise_removal": ("photo.ratio", "photo.psnr", "psnr"),
    "super_resolution": ("photo.ratio", "photo.psnr", "psnr"),
    "compression": ("compression.quality", "photo.psnr", "psnr"),
    "segmentation": ("segmentation.curve", "segmentation.iou", "iou"),
    "anomaly": ("anomaly.curve", "export.auroc", "auroc"),
    "molecules": ("molecules.token_error", "molecules.share", "token_error"),
    "recommender": ("recommender.ndcg", "recommender.ndcg", "ndcg"),
}
