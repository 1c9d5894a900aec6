"""Curves: how an error or an angle went, beside what a linear method reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aecore.figures.axes import announce, axis, mark
from aecore.figures.theme import heading, ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MARGIN = {"t": 70}


def error(
    steps: ArrayLike,
    errors: ArrayLike,
    *,
    baseline: float | None,
    total: int,
    say: Say,
    title: str | None = None,
    unit: str | None = None,
    beside: str | None = None,
    marks: Mapping[float, str] | None = None,
) -> go.Figure:
    """Draw the held-out error while training goes on, over the line that PCA reaches.

    Parameters
    ----------
    steps, errors : array_like
        Shape ``(n,)``; values that are not finite are left out.
    baseline : float or None
        PCA's error with a code of the same size.
    total : int
        The last step; the axis ends there from the first picture on.
    say : Say
    title, unit : str, optional
        Instead of the usual ones.
    beside : str, optional
        What the baseline is called, instead of PCA.
    marks : mapping of float to str, optional
        Steps with a line and words.

    Returns
    -------
    go.Figure
        Trace 0 is the autoencoder, trace 1 its last point, trace 2 PCA's line.
    """
    x, y = _finite(steps, errors)
    line = None if baseline is None or not np.isfinite(baseline) else float(baseline)
    figure = sheet(
        say,
        hovermode="x",
        margin=_MARGIN,
        title=heading(title or say("figure.error.title"), unit or say("figure.error.y")),
        xaxis=_steps(total, say),
        yaxis=axis([*y, *([line] if line is not None else [])], say),
    )
    hover = f"{say('figure.step')} %{{x:,d}}<br>{say('figure.error_short')} <b>%{{y:.4~r}}</b><extra></extra>"
    name = say("figure.autoencoder")
    figure.add_scatter(
        x=x, y=y, mode="lines", name=name, hovertemplate=hover, line={"color": ink("autoencoder"), "width": 3}
    )
    figure.add_scatter(
        x=x[-1:],
        y=y[-1:],
        mode="markers",
        name=name,
        hoverinfo="skip",
        marker={"color": ink("autoencoder"), "size": 10},
    )
    above = line is None or not len(y) or y[-1] >= line
    if line is not None:
        words = say("figure.baseline_at", name=beside or say("figure.pca"), error=line)
        _level(figure, line, [0, total], words, below=above, say=say)
    if len(y):
        late = x[-1] > total / 2
        _note(
            figure,
            x=float(x[-1]),
            y=_clear(x, y, total if late else 0.0, above=above),
            text=f"{name} <b>{say.number(float(y[-1]))}</b>",
            color=ink("autoencoder"),
            xanchor="right" if late else "left",
            xshift=6 if late else 10,
            yshift=(16 if above else -16) if late else 0,
        )
    else:
        # PCA's line, if there is one, runs through the middle.
        announce(figure, say("figure.error.empty"), y=0.5 if line is None else 0.8)
    mark(figure, marks)
    return figure


def error_by_size(
    sizes: ArrayLike,
    pca_errors: ArrayLike,
    run_sizes: ArrayLike,
    run_errors: ArrayLike,
    *,
    say: Say,
    own: tuple[int, float | None] | None = None,
    steps: int | None = None,
) -> go.Figure:
    """Draw the held-out error against the size of the code, PCA's curve and the runs there are.

    Parameters
    ----------
    sizes, pca_errors : array_like
        Shape ``(n,)``.
    run_sizes, run_errors : array_like
        Shape ``(m,)``, ``m`` may be 0; an error that is not finite is left out.
    say : Say
    own : (int, float or None), optional
        The size that the learner looks at and what that run has reached, a point by itself: it may have
        trained longer than the runs of the curve.
    steps : int, optional
        How long each run of the curve was trained.

    Returns
    -------
    go.Figure
        Trace 0 is PCA, trace 1 the runs of the curve, trace 2 the learner's own if it has an error.
    """
    chosen, reached = own or (None, None)
    x, y = _finite(sizes, pca_errors)
    run_x, run_y = _finite(run_sizes, run_errors)
    order = np.argsort(run_x)
    run_x, run_y = run_x[order], run_y[order]
    ends = np.concatenate([x, run_x, [chosen] if chosen else []])
    low, high = (max(ends.min(), 0.5), ends.max()) if len(ends) else (1.0, 64.0)
    ticks = [2**k for k in range(12) if low <= 2**k <= high]
    figure = sheet(
        say,
        hovermode="x",
        margin=_MARGIN,
        title=heading(say("figure.error_by_size.title"), say("figure.error.y")),
        xaxis={
            "title": {"text": say("figure.error_by_size.x")},
            "type": "log",
            "range": [float(np.log10(low / 1.12)), float(np.log10(high * 1.12))],
            "tickvals": ticks,
            "ticktext": [say.number(tick) for tick in ticks],
        },
        yaxis=axis([*y, *run_y, *([reached] if reached else [])], say, always_log=True),
    )
    hover = f"<b>%{{fullData.name}}</b><br>d = %{{x}}<br>{say('figure.error_short')} <b>%{{y:.4~r}}</b><extra></extra>"
    pca, name = say("figure.pca"), say("figure.autoencoder")
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name=pca,
        hovertemplate=hover,
        line={"color": ink("baseline"), "width": 2.5, "dash": "dash"},
    )
    figure.add_scatter(
        x=run_x,
        y=run_y,
        mode="lines+markers",
        name=name,
        hovertemplate=hover,
        line={"color": ink("autoencoder"), "width": 3},
        marker={"size": 10},
    )
    if chosen and reached:
        figure.add_scatter(
            x=[chosen],
            y=[reached],
            mode="markers",
            name=say("figure.error_by_size.own"),
            hovertemplate=hover,
            marker={"size": 14, "symbol": "diamond", "color": ink("autoencoder")},
        )
    if chosen:
        figure.add_shape(
            type="line",
            x0=chosen,
            x1=chosen,
            y0=0,
            y1=1,
            yref="paper",
            line={"color": ink("muted"), "width": 1.5, "dash": "dot"},
        )
        late = np.log(chosen / low) > 0.75 * np.log(high / low)
        _note(
            figure,
            x=float(chosen),
            y=0,
            yref="paper",
            text=say("figure.error_by_size.chosen", size=chosen),
            color=ink("text"),
            xanchor="right" if late else "left",
            xshift=-6 if late else 6,
            yanchor="bottom",
        )
    low_runs = len(run_y) > 0 and len(x) > 0 and run_y[-1] < np.interp(run_x[-1], x, y)
    if len(x):
        at = int(np.searchsorted(x, x[-1] / 2.5))
        shift = 16 if low_runs or not len(run_y) else -16
        _note(
            figure,
            x=float(x[at]),
            y=float(y[at]),
            text=pca,
            color=ink("baseline"),
            xanchor="left",
            xshift=10,
            yshift=shift,
        )
    if len(run_x):
        at = len(run_x) // 2
        _note(
            figure,
            x=float(run_x[at]),
            y=float(run_y[at]),
            text=name if steps is None else say("figure.error_by_size.each", steps=steps),
            color=ink("autoencoder"),
            xanchor="right" if low_runs else "left",
            xshift=-10 if low_runs else 10,
            yshift=-16 if low_runs else 16,
        )
    return figure


def angles(steps: ArrayLike, angles_degrees: ArrayLike, *, say: Say, total: int | None = None) -> go.Figure:
    """Draw the principal angles between the learned subspace and PCA's while they fall.

    Parameters
    ----------
    steps : array_like
        Shape ``(n_steps,)``.
    angles_degrees : array_like
        Shape ``(n_steps, k)``, in [0, 90].
    say : Say
    total : int, optional
        The last step, where the axis ends.

    Returns
    -------
    go.Figure
        A trace an angle, the last step's largest angle last, and PCA's line at 0.
    """
    x = np.asarray(steps, float).reshape(-1)
    y = np.asarray(angles_degrees, float)
    y = y[:, None] if y.ndim == 1 else y
    end = total or (float(x.max()) if len(x) else 1.0) or 1.0
    ticks = [0, 30, 60, 90]
    figure = sheet(
        say,
        margin=_MARGIN,
        title=heading(say("figure.angles.title"), say("figure.angles.y")),
        xaxis=_steps(end, say),
        yaxis={
            "range": [-16, 96],
            "tickvals": ticks,
            "ticktext": [f"{tick}°" for tick in ticks],
        },
    )
    last = np.nan_to_num(y[-1], nan=-1.0) if len(y) else np.zeros(0)
    order = np.argsort(last, kind="stable")
    for place, i in enumerate(order):
        largest = place == len(order) - 1
        figure.add_scatter(
            x=x,
            y=y[:, i],
            mode="lines" if len(x) > 1 else "markers",
            name=say("figure.angles.one", i=int(i) + 1),
            hovertemplate=f"%{{fullData.name}}, {say('figure.step')} %{{x:,d}}<br><b>%{{y:.1f}}°</b><extra></extra>",
            line={"color": ink("autoencoder"), "width": 3 if largest else 1.5},
            opacity=1.0 if largest else 0.45,
        )
    _level(figure, 0.0, [0, end], say("figure.angles.zero"), below=True, say=say)
    if len(order) and last[order[-1]] >= 0:
        late = x[-1] > end / 2
        value = float(last[order[-1]])
        _note(
            figure,
            x=float(x[-1]),
            y=_clear(x, y[:, order[-1]], end if late else 0.0, above=True),
            text=say("figure.angles.largest", angle=say.number(value, 1)),
            color=ink("autoencoder"),
            xanchor="right" if late else "left",
            xshift=0 if late else 10,
            yshift=14,
        )
    return figure


def _finite(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(x, float).reshape(-1), np.asarray(y, float).reshape(-1)
    keep = np.isfinite(a) & np.isfinite(b)
    return a[keep], b[keep]


def _steps(total: float, say: Say) -> dict[str, Any]:
    """Return the axis of the training steps, the same from the first picture to the last."""
    return {
        "title": {"text": say("figure.error.x")},
        "range": [-0.02 * total, 1.02 * total],
        "tickformat": ",d",
        "nticks": 6,
    }


def _clear(x: NDArray[np.float64], y: NDArray[np.float64], total: float, *, above: bool) -> float:
    """Return where words that end at a curve's end stay clear of the curve left of them."""
    near = y[x >= x[-1] - 0.35 * total]
    return float(np.nanmax(near) if above else np.nanmin(near))


def _level(figure: go.Figure, level: float, span: list[float], words: str, *, below: bool, say: Say) -> None:
    """Draw PCA's dashed line and write on it what it is."""
    figure.add_scatter(
        x=span,
        y=[level, level],
        mode="lines",
        name=say("figure.pca"),
        hoverinfo="skip",
        line={"color": ink("baseline"), "width": 2.5, "dash": "dash"},
    )
    _note(
        figure,
        x=span[1],
        y=level,
        text=words,
        color=ink("baseline"),
        xanchor="right",
        yshift=-14 if below else 14,
    )


def _note(figure: go.Figure, *, y: float, color: str, **place: Any) -> None:
    """Write on the picture; an annotation on a log axis wants the logarithm."""
    if place.get("yref") != "paper" and figure.layout.yaxis.type == "log":
        y = float(np.log10(y))
    if figure.layout.xaxis.type == "log":
        place["x"] = float(np.log10(place["x"]))
    figure.add_annotation(y=y, font={"color": color, "size": 15, "weight": 500}, showarrow=False, **place)
