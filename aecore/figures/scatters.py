"""Scatters: codes as points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aecore.figures.theme import ink, label_ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MANY = 3000
_ROOM = 0.075


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
        name = "" if labels is None else _name(int(label), label_names)
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
        present = np.unique(classes)
        medians = np.stack([np.median(xy[classes == label], axis=0) for label in present])
        figure.layout.annotations = [
            {
                "x": x,
                "y": y,
                "text": f"<b>{_name(label, label_names)}</b>",
                "font": {"color": label_ink(label), "size": 20},
            }
            for label, (x, y) in zip(present.tolist(), _apart(medians, np.ptp(xy, axis=0)).tolist(), strict=True)
        ]
    return figure


def _apart(places: NDArray[np.float32], span: NDArray[np.float32]) -> NDArray[np.float64]:
    """Push words apart until none covers another."""
    unit = np.where(span > 0, span, 1).astype(float)
    at = places / unit + 1e-4 * np.arange(2 * len(places)).reshape(-1, 2)
    for _ in range(60):
        gap = at[:, None] - at[None]
        distance = np.linalg.norm(gap, axis=-1) + np.eye(len(at))
        push = np.clip(_ROOM - distance, 0, None) * (1 - np.eye(len(at))) / 2
        if not push.any():
            break
        at = at + (gap / distance[..., None] * push[..., None]).sum(1)
    return at * unit


def _name(label: int, names: Sequence[str] | None) -> str:
    return names[label] if names is not None and 0 <= label < len(names) else str(label)
