"""Scatters: codes as points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aecore.figures.theme import ink, label_ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MANY = 3000
# Height of a word and width of a letter, and the gap between two words, in spans of a picture on a narrow screen.
_TALL, _LETTER, _SPACE = 0.085, 0.042, 0.04
# The prior's circles, in its standard deviations.
_CIRCLES = (1, 2, 3)
_RING = np.stack([f(np.linspace(0, 2 * np.pi, 25)) for f in (np.cos, np.sin)], 1)


def codes(
    points: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    label_names: Sequence[str] | None = None,
    axes: tuple[str, str],
    title: str,
    say: Say,
) -> go.Figure:
    """Draw codes in the plane, each class named at its median.

    Parameters
    ----------
    points : array_like
        Shape ``(n, 2)``; rows that are not finite are left out.
    labels : array_like of int, optional
        Shape ``(n,)``.
    label_names : sequence of str, optional
        The name of each class; by default its number.
    axes : (str, str)
        The words at the two axes.
    title : str
    say : Say

    Returns
    -------
    go.Figure
        A trace a class, in the order of the classes; WebGL from 3,001 points on.
    """
    xy = np.asarray(points, np.float32).reshape(-1, 2)
    kept = np.isfinite(xy).all(axis=1)
    classes = np.zeros(len(xy), int) if labels is None else np.asarray(labels).astype(int).reshape(-1)
    xy, classes = xy[kept], classes[kept]
    figure = sheet(
        say,
        title={"text": title},
        xaxis={"title": {"text": axes[0]}, "showgrid": True, "showline": False, "nticks": 8},
        yaxis={"title": {"text": axes[1]}, "nticks": 8},
    )
    add = figure.add_scattergl if len(xy) > _MANY else figure.add_scatter
    size = float(np.clip(22 * max(len(xy), 1) ** -0.2, 3.5, 9))
    for label in np.unique(classes) if len(xy) else [0]:
        of_class = xy[classes == label]
        name = "" if labels is None else named(int(label), label_names)
        add(
            x=of_class[:, 0],
            y=of_class[:, 1],
            mode="markers",
            name=name,
            hovertemplate=(f"<b>{name}</b><br>" if name else "") + "%{x:.3~r}; %{y:.3~r}<extra></extra>",
            marker={
                "color": ink("autoencoder") if labels is None else label_ink(int(label)),
                "opacity": 0.55,
                "size": size,
            },
        )
    if labels is not None and len(xy):
        figure.layout.annotations = at_medians(xy, classes, label_names)
    return figure


def posteriors(
    means: ArrayLike,
    deviations: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    label_names: Sequence[str] | None = None,
    axes: tuple[str, str],
    title: str,
    say: Say,
) -> go.Figure:
    """Draw posteriors in the plane over the circles of the prior, some with the ellipse of one σ.

    Parameters
    ----------
    means : array_like
        Shape ``(n, 2)``.
    deviations : array_like
        Shape ``(m, 2)``: σ of the first `m` of them, which get an ellipse.
    labels, label_names, axes, title, say
        As :func:`codes` takes them.

    Returns
    -------
    go.Figure
        The traces of :func:`codes`, then one with the ellipses of each class.
    """
    figure = codes(means, labels, label_names=label_names, axes=axes, title=title, say=say)
    sigma = np.asarray(deviations, float).reshape(-1, 2)
    centres = np.asarray(means, float).reshape(-1, 2)[: len(sigma)]
    classes = np.zeros(len(sigma), int) if labels is None else np.asarray(labels, int).reshape(-1)[: len(sigma)]
    for label in np.unique(classes):
        chosen = classes == label
        rings = centres[chosen, None] + sigma[chosen, None] * _RING
        gaps = np.full((len(rings), 1, 2), np.nan)
        x, y = np.concatenate([rings, gaps], 1).reshape(-1, 2).round(3).T
        colour = ink("autoencoder") if labels is None else label_ink(int(label))
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": colour, "width": 1}, opacity=0.6, hoverinfo="skip", showlegend=False
        )
    line = {"color": ink("muted"), "width": 1.5, "dash": "dot"}
    figure.layout.shapes = [
        {"type": "circle", "x0": -r, "y0": -r, "x1": r, "y1": r, "line": line, "layer": "below"} for r in _CIRCLES
    ]
    figure.layout.annotations += tuple(
        {"x": 0, "y": -r, "text": words, "font": {"color": ink("muted"), "size": 13}, "yshift": -9}
        for r, words in zip(_CIRCLES, ("1σ", "2σ", say("figure.posteriors.circle", r=3)), strict=True)
    )
    reach = max(_CIRCLES[-1] + 0.4, float(np.abs(np.asarray(means, float)).max(initial=0)) + 0.2)
    figure.update_xaxes(range=[-reach, reach], constrain="domain")
    figure.update_yaxes(range=[-reach, reach], constrain="domain", constraintoward="top", scaleanchor="x")
    return figure


def at_medians(
    points: NDArray[np.float32], classes: NDArray[np.int_], names: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return each class's name at the median of its points, or as near to it as the others leave room."""
    present = np.unique(classes).tolist()
    medians = np.stack([np.median(points[classes == label], axis=0) for label in present])
    words = [named(label, names) for label in present]
    at = apart(medians, np.ptp(points, axis=0), words).tolist()
    return [
        {"x": x, "y": y, "text": f"<b>{word}</b>", "font": {"color": label_ink(label), "size": 20}}
        for label, word, (x, y) in zip(present, words, at, strict=True)
    ]


def apart(places: NDArray[np.float32], span: NDArray[np.float32], words: Sequence[str]) -> NDArray[np.float64]:
    """Push words apart until none covers another: each two that do, the way that takes the shorter push."""
    unit = np.where(span > 0, span, 1).astype(float)
    at = places / unit + 1e-4 * np.arange(2 * len(places)).reshape(-1, 2)
    boxes = np.array([(_LETTER * len(word) + _SPACE, _TALL) for word in words]).reshape(-1, 2)
    reach = (boxes[:, None] + boxes[None]) / 2
    for _ in range(400):
        gap = at[:, None] - at[None]
        lacks = reach - abs(gap)
        covered = (lacks > 1e-6).all(axis=-1) & ~np.eye(len(at), dtype=bool)
        if not covered.any():
            break
        shorter = lacks == lacks.min(axis=-1, keepdims=True)
        at = at + (np.sign(gap) * lacks * (covered[..., None] & shorter)).sum(1) / 2
    return at * unit


def named(label: int, names: Sequence[str] | None) -> str:
    """Return the name of a class, by default its number."""
    return names[label] if names is not None and 0 <= label < len(names) else str(label)
