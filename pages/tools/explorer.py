"""The latent explorer: every code of a run as a point, to be laid out, selected, compared and calculated with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.networks import Mlp
from aecore.text import Say
from aecore.views import Projection, Survey
from pages._ui import explored, pictures, resources, say, show, steer, turn, view
from pages._ui.plot import Cloud
from pages._ui.seen import Seen, see
from pages._ui.show import Fact

LOOK = 0.4  # seconds between two looks at what is under way
SHOWN = 10  # selected samples whose pictures stand beside the scatter
NEAR = 8
LENGTHS = (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
LISTED = 500  # rows of the table of selected samples

say.lesson("explorer")
words = say.words()
visit = explored.visit()
if "explored" not in st.session_state:
    # Entered anew: the browser holds no selection either.
    visit.selected, visit.brought, visit.clicked = (), (), None
if address := view.bring(turn.linked()):
    explored.arrive(address)
if visit.experiment is None:
    visit.look_at(explored.home())
experiment = visit.experiment or explored.home()
code = cast(Mlp, experiment.net).latent  # every net of units has one
steer.course().watched, steer.course().shown = experiment, (experiment,)
explored.know(experiment)


def named(key: str) -> str:
    one = explored.choices(experiment)[key]
    parts = [words(f"option.{part}.{getattr(one, part).name}") for part in ("method", "data", "net")]
    parts.append(f"d = {words.number(cast(Mlp, one.net).latent)}")
    home = words("explorer.home") if one == explored.home() else key[:6]
    return " · ".join((*parts, home))


def chosen_run() -> None:
    key = st.session_state.explored
    visit.trouble, visit.complaints, visit.miscoloured = "", (), ""
    visit.look_at(explored.choices(experiment)[key])


def turned(name: str) -> None:
    visit.complaints, visit.miscoloured = (), ""
    visit.turned[name] = st.session_state[name]


say.name_knobs()
with st.sidebar:
    st.header(words("explorer.run"), anchor=False)
    keys = list(explored.choices(experiment))
    st.session_state.explored = experiment.key
    st.selectbox(
        words("explorer.which"),
        keys,
        key="explored",
        format_func=named,
        on_change=chosen_run,
        help=words("explorer.which_help"),
    )
    steps = resources.run_of(experiment.key).steps
    if len(steps) > 1:

        def moved() -> None:
            at = st.session_state[f"explored_step_{experiment.key}"]
            visit.step = None if at == steps[-1] else at

        st.select_slider(
            words("watch.time"),
            steps,
            visit.step if visit.step in steps else steps[-1],
            key=f"explored_step_{experiment.key}",
            format_func=lambda step: words("watch.latest") if step == steps[-1] else words.number(step),
            on_change=moved,
        )

wanted, clashes = explored.fitted(experiment)
knobs = views.Projection.knobs()
samples = explored.most(experiment, wanted.points)
with st.sidebar:
    st.header(words("explorer.layout"), anchor=False)
    turn.widget("kind", replace(knobs["kind"]), wanted.kind, words, on_change=turned)
    if code > 2:
        st.session_state.dimensions = wanted.dimensions
        st.segmented_control(
            words("knob.dimensions.label"),
            (2, 3),
            key="dimensions",
            format_func=lambda count: words("explorer.dimensions", count=count),
            on_change=turned,
            args=("dimensions",),
            required=True,
            width="stretch",
        )
    turn.widget("points", knobs["points"], wanted.points, words, on_change=turned)
    for name in wanted.used:
        turn.widget(name, knobs[name], getattr(wanted, name), words, on_change=turned)
    if wanted.slow:
        st.caption(words(f"explorer.warning_{wanted.kind}"))

for complaint in explored.joined(visit.complaints, clashes):
    st.warning(turn.explain(complaint, words), icon=":material/link_off:")
if visit.trouble:
    st.warning(words(f"explorer.{visit.trouble}"), icon=":material/link_off:")
if experiment == explored.home() and not steer.course().visited:
    st.info(words("explorer.opened_home"), icon=":material/info:")


def colours() -> Any:
    """Return what points can be coloured by."""
    found = ["label"] if explored.labels(experiment, wanted.points) is not None else []
    found += [f"factor:{name}" for name in experiment.data.factors]
    return [*found, "error", *(f"latent:{i}" for i in range(code)), "none"]


def colour_name(colour: str) -> str:
    kind, _, which = colour.partition(":")
    if kind == "latent":
        return say.latent(int(which), gaussian=gaussian)
    if kind == "factor":
        return words(f"factor.{which}")
    return words(f"explorer.colour_{kind}")


def latent_name(i: int, surveyed: Survey, words: Say) -> str:
    """Name a latent with its divergence, if it has one, and its share of the variance."""
    name = say.latent(i, gaussian=gaussian)
    share = words.number(100 * float(surveyed.shares[i]), 0)
    if surveyed.kl is None:
        return words("explorer.axis_latent", name=name, share=share)
    return words("explorer.axis_gaussian", name=name, share=share, kl=words.number(float(surveyed.kl[i]), 2))


def short_name(i: int, surveyed: Survey) -> str:
    if surveyed.kl is None:
        return say.latent(i, gaussian=False)
    return say.latent_kl(i, float(surveyed.kl[i]), words)


def axes_of(projection: Projection, found: Any, axes: tuple[int, ...], surveyed: Survey, words: Say) -> Any:
    if projection.kind == "latents":
        names = [latent_name(i, surveyed, words) for i in axes]
    elif projection.kind == "pca":
        names = [
            words("explorer.axis_direction", i=i, share=words.number(100 * share, 0))
            for i, share in enumerate(found.shares, 1)
        ]
    else:
        kind = words(f"option.kind.{projection.kind}")
        names = [words("explorer.axis_free", kind=kind, i=i + 1) for i in range(projection.dimensions)]
    return names + [""] * (projection.dimensions - len(names))


def scatter(seen: Seen, words: Say) -> Any:
    projection, axes, colour = seen.choices["projection"], seen.choices["axes"], seen.choices["colour"]
    surveyed = explored.survey(experiment, seen.step, projection.points)
    found = explored.layout(experiment, seen.step, projection, axes)
    assert found is not None  # the page waits for a slow one
    kind, _, which = colour.partition(":")
    values: Any = None
    if kind == "error":
        values = surveyed.errors
    elif kind == "latent":
        values = surveyed.codes[:, int(which)]
    elif kind == "factor":
        known: Any = explored.factors(experiment, projection.points)
        values = known[:, experiment.data.factors.index(which)]
    return figures.cloud(
        found.points,
        explored.labels(experiment, projection.points) if kind == "label" else None,
        label_names=say.classes(experiment.data, words),
        values=values,
        value_name=colour_name(colour),
        axes=axes_of(projection, found, axes, surveyed, words),
        title=words(f"option.kind.{projection.kind}"),
        keep=f"{projection.key} {axes}",
        say=words,
    )


def rebuilt(seen: Seen, rows: Sequence[int]) -> Any:
    """Return inputs, what comes back of them, and the errors."""
    x = explored.inputs(experiment, rows)
    back = views.clamped(seen.model, x, [])
    return views.shown([x.numpy(), back.pictures], experiment.data.value_range), back.errors


def selected_rows(seen: Seen, words: Say) -> Any:
    rows = visit.selected[:SHOWN]
    shown, errors = rebuilt(seen, rows)
    blank = [float("nan")] * len(rows)
    return figures.rows(
        shown, names=[words("explorer.input"), words("explorer.rebuilt")], errors=[blank, errors], say=words
    )


def selected_mean(seen: Seen, words: Say) -> Any:
    [shown] = views.shown([views.decoded(seen.model, mean(seen, visit.selected)[None])], experiment.data.value_range)
    return figures.tiles(shown, columns=1, say=words)


def mean(seen: Seen, rows: Sequence[int]) -> Any:
    return explored.survey(experiment, seen.step, seen.choices["projection"].points).codes[list(rows)].mean(0)


def near_codes(seen: Seen, words: Say) -> Any:
    surveyed = explored.survey(experiment, seen.step, seen.choices["projection"].points)
    return neighbours(seen, words, surveyed.codes, words("explorer.near_codes"))


def near_inputs(seen: Seen, words: Say) -> Any:
    places = np.concatenate(
        [part.inputs.numpy() for part in explored.examples(experiment, seen.choices["projection"].points)]
    )
    return neighbours(seen, words, places, words("explorer.near_inputs"))


def neighbours(seen: Seen, words: Say, places: np.ndarray, name: str) -> Any:
    assert visit.clicked is not None
    near = views.nearest(places, visit.clicked, NEAR)
    rows = [visit.clicked, *near.rows.tolist()]
    shown = views.shown([explored.inputs(experiment, rows).numpy()], experiment.data.value_range)
    return figures.rows(shown, names=[name], errors=[[float("nan"), *near.distances]], say=words)


def sliding_sum(seen: Seen, words: Say) -> Any:
    surveyed = explored.survey(experiment, seen.step, seen.choices["projection"].points)
    one, other = (mean(seen, visit.kept[name]) for name in ("A", "B"))
    code = one if visit.clicked is None else surveyed.codes[visit.clicked]
    means = views.decoded(seen.model, np.stack([one, other]))
    walk = views.along(seen.model, code, other - one, LENGTHS)
    shown = views.shown([np.concatenate([means, walk])], experiment.data.value_range)
    return figures.rows(shown, names=[["A", "B", *map(words.plain, LENGTHS)]], say=words)


def qualities(seen: Seen, words: Say) -> list[Fact]:
    found = seen.choices["judged"]

    def fact(name: str, value: float, **more: Any) -> Fact:
        meaning = words(f"explorer.{name}_meaning", near=found.near, **more)
        return Fact(words(f"explorer.{name}"), words.number(value, 2), meaning)

    facts = [fact("trust", found.trust, judged=found.judged)]
    if found.agreement is not None:
        facts += [
            fact("agreement", found.agreement, pictured=words.number(found.pictured, 2)),
            fact("silhouette", found.silhouette, parted=words.number(found.parted, 2)),
        ]
    return facts


def select(rows: Sequence[int]) -> None:
    visit.selected = tuple(sorted(row for row in rows if 0 <= row < wanted.points))


def point(row: int) -> None:
    if 0 <= row < wanted.points:
        visit.clicked = row


def tools(step: int, colour: str) -> Any:
    said = {name: words(f"explorer.{name}") for name in ("tools", "pan", "select", "lasso", "clear", "thumbs")}
    said |= {name: words(f"explorer.{name}") for name in ("row", "no_webgl")}
    said |= {"value": "" if colour == "none" else f"{colour_name(colour)}: #value", "language": words.language}
    shown = pictures.card(experiment, step), pictures.tiles(experiment, wanted.points)
    return Cloud(said, select, point, *shown, visit.brought)


def axes_chosen(surveyed: Survey) -> Any:
    """Return the latents that are the axes, the weightiest by default and in place of any that do not exist."""
    count = min(wanted.dimensions, len(surveyed.weights))
    usual = tuple(sorted(views.leading(surveyed.weights, count)))
    if wanted.kind != "latents":
        return usual
    axes = visit.axes
    if axes and max(axes) >= len(surveyed.weights):
        names, used = (", ".join(say.latent(i, gaussian=gaussian) for i in some) for some in (axes, usual))
        st.warning(words("explorer.no_such_latents", names=names, used=used))
        axes = ()
    # Each latent once, and those that carry most in the places that are left.
    axes = tuple(dict.fromkeys((*axes, *usual)))[:count]
    if visit.axes and len(set(visit.axes)) < len(visit.axes):
        visit.axes = axes
    with st.container(horizontal=True):
        for place in range(count):
            st.session_state[f"axis_{place}"] = axes[place]
            st.selectbox(
                words("explorer.axis", i=place + 1),
                range(len(surveyed.weights)),
                key=f"axis_{place}",
                format_func=lambda i: short_name(i, surveyed),
                on_change=axis_turned,
                args=(place, axes),
            )
    return axes


def axis_turned(place: int, axes: tuple[int, ...]) -> None:
    latent, turned = st.session_state[f"axis_{place}"], list(axes)
    if latent in axes:
        turned[axes.index(latent)] = axes[place]
    turned[place] = latent
    visit.axes = tuple(turned)


def wish(path: Path) -> None:
    """Show how far a slow layout is, and what can be done."""
    asked = resources.projector().wish(path)
    kind = words(f"option.kind.{wanted.kind}")
    if asked and not asked.is_final:
        percent = words.number(100 * asked.share, 0)
        key = "waiting" if asked.stage == "waiting" else "laying_out" if asked.share else "preparing"
        st.progress(asked.share, text=words(f"explorer.{key}", kind=kind, percent=percent))
        st.button(words("explorer.stop"), key="stop_layout", icon=":material/stop:", on_click=stop, args=(path,))
        return
    if asked and asked.stage == "failed":
        st.error(words(f"explorer.{asked.reason}", kind=kind, detail=asked.detail), icon=":material/error:")
    label = words("explorer.again" if asked and asked.stage == "failed" else "explorer.compute", kind=kind)
    st.button(label, key="compute", icon=":material/scatter_plot:", type="primary", on_click=compute, args=(path,))
    st.caption(words("explorer.meanwhile", kind=kind))


def compute(path: Path) -> None:
    run = resources.run_of(experiment.key)
    resources.projector().ask(experiment, run, see(experiment).back(at()).step, wanted, path)
    st.session_state.begun = True


def stop(path: Path) -> None:
    resources.projector().cancel(path)
    st.session_state.begun = True


def at() -> Any:
    return visit.step if visit.step is not None else experiment.fit.steps


def selection(seen: Seen) -> None:
    """Show what is selected: how many of which class, their pictures, what can be taken away."""
    rows = visit.selected
    if not rows:
        st.markdown(words("explorer.nothing_selected"))
        return
    st.subheader(words("explorer.selected", count=len(rows)), anchor=False)
    labels = explored.labels(experiment, wanted.points)
    names = say.classes(experiment.data, words)
    if labels is not None:
        counts = np.bincount(labels[list(rows)])
        order = [label for label in np.argsort(-counts, kind="stable").tolist() if counts[label]]
        said = [f"{names[label] if names else label}:\u00a0**{words.number(int(counts[label]))}**" for label in order]
        st.markdown(" · ".join(said))
    if len(experiment.data.shape) > 1:
        if len(rows) > SHOWN:
            st.caption(words("explorer.first", shown=SHOWN, count=len(rows)))
        show.row(seen, selected_rows)
        st.caption(words("explorer.mean"))
        show.row(seen, selected_mean, height=96)
    found = explored.layout(experiment, seen.step, seen.choices["projection"], seen.choices["axes"])
    assert found is not None
    given = (experiment, seen.step, wanted.points, rows)
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            lambda: explored.table(*given, names, found).csv(),
            f"gargalo-{experiment.key}.csv",
            "text/csv",
            key="csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "NPZ",
            lambda: explored.npz(*given, found),
            f"gargalo-{experiment.key}.npz",
            "application/octet-stream",
            key="npz",
            on_click="ignore",
            icon=":material/download:",
        )
    with st.container(horizontal=True):
        for name in ("A", "B"):
            st.button(words("explorer.keep", name=name), key=f"keep_{name}", on_click=keep, args=(name,))
    with st.expander(words("explorer.listed", count=min(len(rows), LISTED))):
        st.dataframe(explored.table(*given[:3], rows[:LISTED], names, found).columns, hide_index=True, height=240)


def keep(name: str) -> None:
    visit.kept[name] = visit.selected


def calculation(seen: Seen) -> None:
    st.header(words("explorer.arithmetic"), anchor=False)
    st.markdown(words("explorer.arithmetic_lead"))
    kept = [words("explorer.kept", name=name, count=len(visit.kept[name])) for name in ("A", "B") if name in visit.kept]
    if kept:
        st.markdown(" · ".join(kept))
    if len(kept) == 2 and len(experiment.data.shape) > 1:
        st.caption(words("explorer.walk_lead_clicked" if visit.clicked is not None else "explorer.walk_lead"))
        show.row(seen, sliding_sum)


def standing(path: Path) -> Any:
    asked = resources.projector().wish(path) if wanted.slow else None
    waiting = bool(asked and not asked.is_final)
    return waiting, steer.moving([experiment]), resources.awaited()


seen = see(experiment).back(at())
path = resources.layout(seen.run, seen.step, wanted)
drawn = standing(path)
gaussian = explored.survey(experiment, seen.step, wanted.points).kl is not None
if visit.colour and visit.colour not in colours():
    visit.colour, visit.miscoloured = "", visit.colour


@st.fragment(run_every=LOOK if any(drawn) else None)
def live() -> None:
    if st.session_state.pop("begun", False):
        st.rerun()
    begun = resources.begun()
    now = see(experiment).back(at())
    visit.within(wanted.points)
    surveyed = explored.survey(experiment, now.step, wanted.points)
    if not now.step:
        st.info(words("explorer.untrained"), icon=":material/info:")
    projection, place = wanted, resources.layout(now.run, now.step, wanted)
    if wanted.slow and explored.kept(experiment, now.step, wanted) is None:
        wish(place)
        projection = replace(wanted, kind="pca")
    axes = axes_chosen(surveyed)
    options = colours()
    colour = visit.colour if visit.colour in options else options[0]
    left, right = st.columns([5, 3])
    now = now.choose(
        projection=projection,
        axes=axes if projection.kind == "latents" else (),
        colour=colour,
        selected=hash(visit.selected),
        clicked=visit.clicked,
        kept=tuple(visit.kept.items()),
    )
    if visit.miscoloured:
        given = visit.miscoloured[:60]
        st.warning(words("explorer.no_such_colour", given=given, used=colour_name(colour)), icon=":material/link_off:")
    with left:
        st.session_state.colour = colour
        st.selectbox(
            words("explorer.colour"), options, key="colour", format_func=colour_name, on_change=recolour, width=280
        )
        show.row(picture_of(now), scatter, height=560, cloud=tools(now.step, colour))
        held_out = min(wanted.points, explored.examples(experiment, 1 + wanted.points)[0].size)
        trained = wanted.points - held_out
        st.caption(
            words("explorer.shown" if trained else "explorer.shown_held_out", held_out=held_out, trained=trained)
        )
        if projection.dimensions > 2:
            st.caption(words("explorer.flat_only"))
    with right:
        selection(now)
    st.header(words("explorer.numbers"), anchor=False)
    judged = resources.aside(explored.quality, experiment, now.step, projection, now.choices["axes"])
    if judged:
        show.facts(now.choose(judged=judged), qualities, across=3)
    else:
        st.caption(words("explorer.pending"))
    if visit.clicked is not None and len(experiment.data.shape) > 1:
        st.header(words("explorer.neighbours", row=visit.clicked), anchor=False)
        st.caption(words("explorer.itself_first"))
        show.row(now, near_codes, near_inputs)
    calculation(now)
    turn.write_address(
        (turn.as_linked(experiment) if now.state.stage == "absent" else {"run": experiment.key}) | explored.written()
    )
    if standing(path) != drawn or resources.begun() != begun:
        st.rerun()


def picture_of(seen: Seen) -> Any:
    """Return the moment with only what the scatter depends on, so that a selection draws nothing anew."""
    return replace(seen, choices={name: seen.choices[name] for name in ("projection", "axes", "colour")})


def recolour() -> None:
    visit.colour, visit.miscoloured = st.session_state.colour, ""


with say.damage():
    live()
say.more("explorer")
