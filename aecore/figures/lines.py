"""Lines: several curves over one axis, and what each unit of a code does over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from aecore.figures.axes import announce, axis, mark
from aecore.figures.theme import BASELINES, RUNS, heading, ink, sheet
from aecore.text import Say

if TYPE_CHECKING:
    import plotly.graph_objects as go


def lines(
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    title: str,
    axes: tuple[str, str],
    say: Say,
    baselines: Mapping[str, str] | None = None,
    marks: Mapping[float, str] | None = None,
    span: tuple[float, float] | None = None,
    reach: tuple[float, float] | None = None,
    log: bool = False,
    spread: bool = False,
    deviations: Mapping[str, ArrayLike] | None = None,
    dots: Sequence[tuple[float, float]] = (),
) -> go.Figure:
    """Draw curves over one axis, each named in the legend.

    Parameters
    ----------
    x : array_like
        Shape ``(n,)``.
    series : mapping of str to array_like
        What each curve is called, and its heights, ``(n,)`` or fewer; the first autoencoder is the learner's own.
    title : str
    axes : (str, str)
        The words at the two axes.
    say : Say
    baselines : mapping of str to str, optional
        Which of the curves are not autoencoders, and the name in :data:`~aecore.figures.theme.BASELINES` of each.
    marks : mapping of float to str, optional
        Places on the axis with a line and words.
    span : (float, float), optional
        Where the axis begins and ends; by default with the curves.
    reach : (float, float), optional
        Where the upright axis begins and ends, by default with the curves; what lies outside is said in words.
    log : bool
        Whether heights are spread by their logarithm.
    spread : bool
        Whether places, rising numbers above 0, are too.
    deviations : mapping of str to array_like, optional
        How far each curve's heights scatter, as bars at their places, which are then marked.
    dots : sequence of (float, float)
        Single measurements, drawn in the first curve's colour.

    Returns
    -------
    go.Figure
        A trace a curve; without a place, words in their stead.
    """
    x = np.asarray(x, float)
    figure = sheet(
        say,
        hovermode="x",
        showlegend=len(series) > 1,  # a single curve has the name of the figure
        legend={"orientation": "h", "y": -0.24, "yanchor": "top", "font": {"size": 13}},
        margin={"t": 70, "b": 48},
        title=heading(title, axes[1]),
        xaxis={
            "title": {"text": axes[0], "standoff": 4},
            **({"range": list(span)} if span else {}),
            **(_decades(x, say) if spread and len(x) else {}),
        },
        yaxis=axis([float(y) for heights in series.values() for y in np.asarray(heights, float)], say, always_log=True)
        if log
        else {"nticks": 6, **({"range": list(reach)} if reach else {})},
    )
    baselines = baselines or {}
    runs = [name for name in series if name not in baselines]
    for name, heights in series.items():
        y = np.asarray(heights, float)
        own = name in runs[:1]
        if name in baselines:
            role, dash = BASELINES[baselines[name]]
        else:
            role, dash = "autoencoder" if own else f"label-{RUNS[(runs.index(name) - 1) % len(RUNS)]}", "solid"
        scatter = np.asarray(deviations[name], float) if deviations else None
        figure.add_scatter(
            x=x[: len(y)],
            y=y,
            mode="lines" if scatter is None else "lines+markers",
            error_y=None if scatter is None else {"array": scatter, "color": ink(role), "thickness": 1.2, "width": 4},
            name=name,
            hovertemplate=f"<b>{name}</b> %{{y:.4~r}}<extra></extra>",
            line={"color": ink(role), "width": 3.5 if own else 2, "dash": dash},
        )
    if dots:
        at, heights = zip(*dots, strict=True)
        look: dict[str, Any] = {"color": ink("autoencoder"), "size": 8, "opacity": 0.45}
        figure.add_scatter(x=at, y=heights, mode="markers", marker=look, showlegend=False, hoverinfo="skip")
    if not any(np.size(heights) for heights in series.values()):
        figure.update_xaxes(range=list(span or (0, 1)), **({} if span else {"tickvals": []}))
        figure.update_yaxes(range=[0, 1], tickvals=[])
        announce(figure, say("figure.error.empty"))
    if reach:
        _say_outside(figure, reach, say)
    mark(figure, marks)
    return figure


def _say_outside(figure: go.Figure, reach: tuple[float, float], say: Say) -> None:
    """Say in a corner until where curves lie outside of the axis."""
    places, heights = (np.concatenate([np.asarray(trace[axis], float) for trace in figure.data]) for axis in "xy")
    outside = (heights < reach[0]) | (heights > reach[1])
    if outside.any():
        corner: dict[str, Any] = {"x": 0.03, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left"}
        look: dict[str, Any] = {"font": {"color": ink("muted"), "size": 13}, "yanchor": "bottom", "showarrow": False}
        figure.add_annotation(text=say("figure.lines.outside", step=int(places[outside].max())), **corner, **look)


def _decades(x: np.ndarray, say: Say) -> dict[str, Any]:
    """Return an axis with marks at as many of the places as have room for their numbers."""
    at = np.log10(x)
    room = (at[-1] - at[0]) / 6
    marked = [0]
    for i in range(1, len(at)):
        if at[i] - at[marked[-1]] >= room and (i == len(at) - 1 or at[-1] - at[i] >= room):
            marked.append(i)
    words = [say.number(int(x[i])) if float(x[i]).is_integer() else say.plain(float(x[i])) for i in marked]
    span = [at[0] - 0.1, at[-1] + 0.1]
    return {"type": "log", "range": span, "tickvals": x[marked], "ticktext": words, "tickangle": 0}


def units(
    steps: ArrayLike,
    values: ArrayLike,
    *,
    title: str,
    unit: str,
    total: int,
    say: Say,
    target: Mapping[int, float | None] | None = None,
    chosen: int | None = None,
    marks: Mapping[float, str] | None = None,
) -> go.Figure:
    """Draw a number of every unit while training goes on.

    Parameters
    ----------
    steps : array_like
        Shape ``(n,)``, rising.
    values : array_like
        Shape ``(n, units)``.
    title, unit : str
        What is drawn, and the words at the upright axis.
    total : int
        The last step, where the axis ends.
    say : Say
    target : mapping of int to float or None, optional
        Where every unit should come to, by the step from which on; ``None`` for nowhere.
    chosen : int, optional
        The unit that the learner looks at.
    marks : mapping of float to str, optional
        Steps with a line and words.

    Returns
    -------
    go.Figure
        One trace for all units, then the target's, then the chosen unit's.
    """
    x, y = np.asarray(steps, float), np.asarray(values, float)
    figure = sheet(
        say,
        margin={"t": 70},
        title=heading(title, unit),
        xaxis={"title": {"text": say("figure.error.x")}, "range": [-0.02 * total, 1.02 * total], "nticks": 6},
        yaxis={"nticks": 6},
    )
    gap = np.full((1, y.shape[1]), np.nan)
    figure.add_scatter(
        x=np.tile(np.append(x, np.nan), y.shape[1]),
        y=np.round(np.concatenate([y, gap]).T.reshape(-1), 4),
        mode="lines",
        hoverinfo="skip",
        line={"color": ink("autoencoder"), "width": 1},
        opacity=0.45,
    )
    levels = list((target or {}).values())
    if any(level is not None for level in levels):
        figure.add_scatter(
            x=[*(target or {}), total],
            y=[*levels, levels[-1]],
            mode="lines",
            hoverinfo="skip",
            line={"color": ink("baseline"), "width": 2.5, "dash": "dash", "shape": "hv"},
        )
    if levels and levels[-1] is not None:
        figure.add_annotation(
            x=total,
            y=levels[-1],
            text=say("figure.units.target", target=say.plain(levels[-1])),
            font={"color": ink("baseline"), "size": 15},
            xanchor="right",
            yshift=14,
        )
    if chosen is not None:
        figure.add_scatter(
            x=x, y=y[:, chosen], mode="lines", line={"color": ink("warning"), "width": 3}, hoverinfo="skip"
        )
    mark(figure, marks)
    return figure


def histogram(
    values: ArrayLike, *, title: str, say: Say, marks: Mapping[float, str] | None = None, bins: int = 60
) -> go.Figure:
    """Draw how often each value occurs, by its logarithm, so that what is rare is seen.

    Parameters
    ----------
    values : array_like
        Any shape.
    title : str
    say : Say
    marks : mapping of float to str, optional
        Places on the axis with words.
    bins : int
    """
    counts, edges = np.histogram(np.asarray(values, float), bins=bins)
    shares = 100 * counts / max(counts.sum(), 1)
    least = min(float(np.floor(np.log10(shares[shares > 0].min(initial=10)))), 1.0)
    ticks = 10.0 ** np.arange(least, 3)
    figure = sheet(
        say,
        title=heading(title, say("figure.histogram.y")),
        margin={"t": 84},
        bargap=0.05,
        xaxis={"title": {"text": say("figure.histogram.x")}},
        yaxis={
            "type": "log",
            "range": [least, 2.05],
            "tickvals": ticks,
            "ticktext": [f"{say.plain(tick)} %" for tick in ticks],
        },
    )
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=shares,
        width=np.diff(edges),
        marker={"color": ink("autoencoder"), "line": {"width": 0}},
        hovertemplate="%{x:.2f}: %{y:.3~r} %<extra></extra>",
    )
    for at, words in (marks or {}).items():
        right = at > (edges[0] + edges[-1]) / 2
        figure.add_annotation(
            x=at,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=words,
            font={"color": ink("baseline"), "size": 14},
            xanchor="right" if right else "left",
        )
    return figure
