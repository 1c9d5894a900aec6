"""The screens of the talk, in their order: what each shows, the one knob that matters on it, and what it asks the room.

A screen is a line in `SCREENS` and its words, ``present.<name>``: ``title``, ``statement`` and ``notes``, a ``formula``
where one helps, and where the room is asked ``question`` and ``answer``. What is answered comes from the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
import streamlit as st

from aecore import figures, gallery, views
from aecore.datasets import Molecules
from aecore.datasets.mixture import Mixture
from aecore.experiment import Experiment
from aecore.knobs import Knob
from aecore.methods import Contractive, Denoising
from aecore.networks import GaussianAutoencoder
from aecore.tasks import NoiseRemoval, SuperResolution
from aecore.text import Say
from pages._ui import (
    classroom,
    heard,
    latent_pad,
    odd,
    packed,
    photo,
    prepared,
    ranked,
    resources,
    say,
    show,
    structures,
    view,
)
from pages._ui.boards import Rule
from pages._ui.flow import flow
from pages._ui.seen import Seen, see
from pages._ui.show import Fact

COLUMNS = 10
WIDTH, HEIGHT = 480, 240  # pixels of a page at which the words on pictures have room
FEW = 8
FEWER = 6  # pictures in each of two blocks side by side
DENOISERS = ("wiener", "median", "non_local_means")
SIDE = 10  # pictures along each side of the manifold
ELLIPSES = 60
ACTIVE = 0.0  # from which on a unit between −1 and 1 counts as active
MOST_OF = 0.9  # of all movement of a code
DROPPED = np.array([0.2, 0.9])  # a point in the plane, that walks
STATIONS = 6  # molecules on the way between two
ENDS = (0.5, 0.75)  # of these, their places among drugs by size
LABELS = 100  # on which classifiers are compared
INPUTS = (3, 2, 1, 18, 4, 8, 11, 0)  # held-out digits that flow through the first model


class Question(NamedTuple):
    """What may be the answer, which of it is, the numbers that say so, and whether the choices need letters."""

    choices: Sequence[str]
    right: int
    numbers: dict[str, Any]
    lettered: bool = True


@dataclass(frozen=True)
class Screen:
    """One idea of the talk.

    Attributes
    ----------
    name : str
        That of its words.
    of : str
        Its run: a name of the gallery, or an experiment as in an address bar; empty for none.
    makers : tuple of callable
        Its figures, side by side.
    knob : str
        The knob of the experiment that can be turned.
    live : bool
        Whether it is trained before the room's eyes.
    look : str
        The name in the address of what can be chosen to see.
    settle : callable, optional
        Shows that choice, and returns the moment with it.
    ask : callable, optional
        What the room is asked; ``None`` while the answer is being computed.
    hidden : bool
        Whether the figures are the answer.
    draw : callable, optional
        Draws what is no figure.
    alone : callable, optional
        Draws what is of no run.
    height : int
        Of the figures, in pixels of a page.
    """

    name: str
    of: str = ""
    makers: tuple[Callable[[Seen, Say], Any], ...] = ()
    knob: str = ""
    live: bool = field(default=False, kw_only=True)
    look: str = field(default="", kw_only=True)
    settle: Callable[[Seen], Seen] | None = field(default=None, kw_only=True)
    ask: Callable[[Seen, Say], Question | None] | None = field(default=None, kw_only=True)
    hidden: bool = field(default=False, kw_only=True)
    draw: Callable[[Seen], None] | None = field(default=None, kw_only=True)
    alone: Callable[[], None] | None = field(default=None, kw_only=True)
    height: int = field(default=270, kw_only=True)


def between(counts: Sequence[int], found: int, words: Say) -> tuple[list[str], int]:
    """Return choices between rising bounds, the last of them the most there can be, and which holds what was found."""
    lows = [0, *(count + 1 for count in counts[:-1])]
    said = [words("present.between", low=low, high=high) for low, high in zip(lows, counts, strict=True)]
    return said, next(i for i, high in enumerate(counts) if found <= high)


def first_is_ours(seen: Seen) -> bool:
    """Whether of two unnamed rows the first is the model's own: chance, but the same at every look."""
    return int(seen.run.key, 16) % 2 == 0


def own(seen: Seen) -> Any:
    return seen.experiment.data


# -- what an autoencoder is


@lru_cache
def flows() -> Any:
    model, samples = resources.shipped("home")
    return [views.flow(model, samples.inputs[i]) for i in INPUTS]


def through() -> None:
    flow(flows(), key="flow", words=say.words())


def rebuilt(seen: Seen, words: Say) -> Any:
    shown = views.beside_pca(seen.model, seen.held_out.inputs[:COLUMNS], None, own(seen).value_range)
    names = [words("vae.original"), words("present.rebuilt")]
    return figures.rows(shown.pictures, names=names, errors=shown.errors, narrow=WIDTH, say=words)


def four(seen: Seen) -> None:
    def made(seen: Seen, words: Say) -> list[Fact]:
        found = views.properties(seen.model, seen.held_out)
        numbers = {
            "no_labels": words.number(100 * (found.agreement or 0), 0) + " %",
            "features": words.number(found.features),
            "fewer": f"{found.inputs} → {found.codes}",
            "target": words.number(100 * found.explained, 0) + " %",
        }
        return [
            Fact(words(f"undercomplete.{name}"), number, words(f"present.four.{name}"))
            for name, number in numbers.items()
        ]

    show.facts(seen, made)


def unnamed(seen: Seen, words: Say) -> Any:
    """Draw originals over what two methods make of them, without their names until they are shown."""
    shown = views.beside_pca(seen.model, seen.held_out.inputs[:COLUMNS], seen.pca, own(seen).value_range)
    order = [0, 1, 2] if first_is_ours(seen) else [0, 2, 1]
    order = order[: len(shown.pictures)]
    names = [words("vae.original"), *("AB"[: len(order) - 1])]
    if seen.choices["shown"]:
        true = [words(name) for name in ("vae.original", "denoising.rebuilt", "undercomplete.pca")]
        names = [true[i] for i in order]
    return figures.rows(shown.pictures[order], names=names, narrow=WIDTH, low=HEIGHT, say=words)


def which_is_pca(seen: Seen, words: Say) -> Question | None:
    if seen.pca_error is None or seen.error is None:
        return None
    numbers = {"pca": seen.pca_error, "error": seen.error, "d": seen.model.n_latent}
    rows = [words("present.row", row=row) for row in "AB"]
    return Question(rows, int(first_is_ours(seen)), numbers, lettered=False)


def class_board() -> None:
    """Show the board that the address names, or open one under the usual rule."""
    words, board = say.words(), classroom.linked()
    rule = board.rule if board else Rule()
    st.markdown(classroom.sentence(rule, words))
    if board is None:
        st.button(words("board.open"), key="open_board", type="primary", on_click=classroom.begin, args=(rule,))
        return
    left, right = st.columns((1, 2))
    with left:
        classroom.invite(board, words)
    with right:
        classroom.ranking(board)


# -- denoising


def noise(seen: Seen) -> Seen:
    knob = Knob(cast(Denoising, seen.experiment.method).level, low=0.0, high=1.0, step=0.05)
    return seen.choose(noise=view.choose("test_noise", knob))


def denoised(seen: Seen, words: Say) -> Any:
    return rows_of(cleaned(seen, {}), slice(3), words, count=FEW)


def cleaned(seen: Seen, others: Any) -> Any:
    method, x = cast(Denoising, seen.experiment.method), seen.held_out.inputs[: views.AVERAGED]
    return views.denoised(seen.model, own(seen), x, method.corruption, seen.choices["noise"], others)


def rows_of(found: Any, which: slice, words: Say, *, count: int, told: bool = True) -> Any:
    """Draw some rows of pictures, each under its name and, where it is told, its mean PSNR."""
    names = [words("vae.original"), *(words(f"denoising.{name}") for name in found.names[1:])]
    if told:
        means = found.psnr[1:].mean(1)
        ratios = [words("denoising.quality_row", psnr=mean) for mean in means]
        names[1:] = [name + ratio for name, ratio in zip(names[1:], ratios, strict=True)]
    return figures.rows(found.pictures[which, :count], names=names[which], narrow=WIDTH, low=HEIGHT, say=words)


def at_training(seen: Seen) -> Seen:
    return seen.choose(noise=cast(Denoising, seen.experiment.method).level)


def restored(seen: Seen, words: Say) -> Any:
    told = seen.choices["shown"]
    return rows_of(cleaned(seen, {}), slice(3), words, count=FEWER if told else FEW, told=told)


def filtered(seen: Seen, words: Say) -> Any:
    return rows_of(cleaned(seen, denoisers(seen)), slice(3, None), words, count=FEWER)


def beside_filters(seen: Seen) -> None:
    show.row(seen, restored, *([filtered] if seen.choices["shown"] and denoisers(seen) else []))


def denoisers(seen: Seen) -> Any:
    """Return filters in use today, fitted to this noise; ``None`` until all are."""
    method = cast(Denoising, seen.experiment.method)
    given = own(seen), method.corruption, method.level
    found = {name: resources.aside(views.denoiser, name, *given) for name in DENOISERS}
    return None if None in found.values() else found


def who_cleans_best(seen: Seen, words: Say) -> Question | None:
    known = denoisers(seen)
    if known is None:
        return None
    found = cleaned(seen, known)
    means = dict(zip(found.names[2:], found.psnr[2:].mean(1).tolist(), strict=True))
    order = [*DENOISERS, "rebuilt"]
    ranking = sorted(order, key=lambda name: -means[name])
    said = {name: words(f"denoising.{name}") for name in order}
    numbers = {"best": said[ranking[0]], "psnr": means[ranking[0]], "next": said[ranking[1]], "its": means[ranking[1]]}
    return Question([said[name] for name in order], order.index(ranking[0]), numbers)


def arrows(seen: Seen, words: Say) -> Any:
    found = views.field(seen.model, cast(Mixture, own(seen)), cast(Denoising, seen.experiment.method).level)
    look: dict[str, Any] = {
        "title": words("denoising.field"),
        "unit": words("denoising.field_cosine", cosine=found.cosine),
    }
    drawn = (found.low, found.high, found.places, found.arrows, found.density)
    return figures.field(*drawn, true=found.true, path=views.walk(seen.model, DROPPED), say=words, **look)


# -- contractive


def without() -> Seen:
    return see(gallery.experiment_of("contractive_without"))


def spectrum(seen: Seen, words: Say) -> Any:
    strength = words.plain(cast(Contractive, seen.experiment.method).strength)
    curves = {
        words("contractive.with", strength=strength): seen.singular_values,
        words("contractive.without"): without().singular_values,
    }
    axes = (words("contractive.rank"), words("contractive.value"))
    ranks = range(1, 1 + len(seen.singular_values))
    return figures.lines(ranks, curves, title=words("contractive.spectrum"), axes=axes, log=True, say=words)


def directions_for_most(seen: Seen, words: Say) -> Question:
    def needed(values: np.ndarray) -> int:
        return int(np.searchsorted(values.cumsum(), MOST_OF * values.sum())) + 1

    found, size = needed(seen.singular_values), len(seen.singular_values)
    choices, right = between((size // 16, size // 4, size // 2, size), found, words)
    return Question(choices, right, {"count": found, "size": size, "other": needed(without().singular_values)})


# -- sparse


def filters(seen: Seen, words: Say) -> Any:
    return figures.tiles(views.filters(seen.model), columns=16, signed=True, say=words)


def activations(seen: Seen, words: Say) -> Any:
    marks = {float(at): words(f"sparse.{name}", at=at) for at, name in ((-1, "inactive"), (1, "active"))}
    codes = views.codes(seen.model, seen.held_out.inputs)
    return figures.histogram(codes, title=words("sparse.activations"), marks=marks, say=words)


def how_many_active(seen: Seen, words: Say) -> Question:
    codes = views.codes(seen.model, seen.held_out.inputs)
    mean, size = float((codes > ACTIVE).sum(1).mean()), codes.shape[1]
    choices, right = between((size // 16, size // 4, size // 2, size), round(mean), words)
    return Question(choices, right, {"count": words.number(mean, 1), "size": size})


# -- variational


def paired(seen: Seen) -> Seen:
    return seen.choose(pair=tuple(sorted(seen.posteriors.order[:2].tolist())))


def named(seen: Seen, words: Say, latent: int) -> str:
    return say.latent_kl(latent, float(seen.posteriors.kl[latent]), words)


def posteriors(seen: Seen, words: Say) -> Any:
    found, pair = seen.posteriors, list(seen.choices["pair"])
    return figures.posteriors(
        found.means[:, pair],
        found.deviations[:ELLIPSES, pair],
        seen.held_out.labels,
        label_names=say.classes(own(seen), words),
        axes=(named(seen, words, pair[0]), named(seen, words, pair[-1])),
        title="",
        say=words,
    )


def manifold(seen: Seen, words: Say) -> Any:
    found = views.manifold(seen.model, seen.choices["pair"], SIDE)
    return figures.tiles(views.shown([found], own(seen).value_range)[0], columns=SIDE, say=words)


def walk(seen: Seen) -> None:
    latent_pad.pad(seen.model, seen.held_out, own(seen), key="pad", words=say.words())


def first_draw(seen: Seen) -> Seen:
    return seen.choose(draw=0)


def other_draw(seen: Seen) -> Seen:
    knob = Knob(0, low=0, high=9999)
    if st.button(say.words()("vae.draw"), key="draw_others", icon=":material/casino:"):
        view.keep("draw", (view.chosen("draw", knob) + 1) % (knob.high + 1), knob.default)
    return seen.choose(draw=view.chosen("draw", knob))


def fresh(seen: Seen, words: Say) -> Any:
    found = views.fresh(seen.model, 3 * COLUMNS, seen.choices["draw"])
    return figures.tiles(views.shown([found], own(seen).value_range)[0], columns=COLUMNS, say=words)


def divergences(seen: Seen, words: Say) -> Any:
    return show.divergences(seen, words)


def how_many_in_use(seen: Seen, words: Say) -> Question:
    used, size = int(seen.posteriors.active.sum()), seen.model.n_latent
    choices = [words.number(count) for count in range(size + 1)]
    return Question(choices, used, {"count": used, "size": size}, lettered=False)


# -- disentangled


def plain() -> Seen:
    return see(gallery.experiment_of("beta_vae_plain"))


def traversed(seen: Seen, words: Say) -> Any:
    found = views.traversals(cast(GaussianAutoencoder, seen.model), seen.held_out.inputs)
    count, columns = found.pictures.shape[:2]
    return figures.tiles(found.pictures.reshape(count * columns, *found.pictures.shape[2:]), columns=columns, say=words)


def traversal_a(seen: Seen, words: Say) -> Any:
    return traversed(seen if first_is_ours(seen) else plain(), words)


def traversal_b(seen: Seen, words: Say) -> Any:
    return traversed(plain() if first_is_ours(seen) else seen, words)


def two_networks(seen: Seen) -> None:
    words = say.words()
    true = ("pressed", "plain") if first_is_ours(seen) else ("plain", "pressed")
    for i, (place, make) in enumerate(zip(st.columns(2, gap="large"), (traversal_a, traversal_b), strict=True)):
        with place:
            name = words("present.network", row="AB"[i])
            st.markdown(
                f"**{name}**" + (f": {words(f'present.pressed_on.{true[i]}')}" if seen.choices["shown"] else "")
            )
            show.row(seen, make)


def which_is_pressed(seen: Seen, words: Say) -> Question:
    kl, its = (words.number(float(one.posteriors.kl.sum()), 1) for one in (seen, plain()))
    networks = [words("present.network", row=row) for row in "AB"]
    return Question(networks, 1 - int(first_is_ours(seen)), {"kl": kl, "its": its}, lettered=False)


def turned(seen: Seen) -> None:
    latent_pad.sliders(seen.model, seen.held_out, own(seen), key="sliders", words=say.words())


# -- applications


def photographed(seen: Seen) -> Seen:
    return seen.choose(photo=view.choose("photo", photo.which()), known=False)


def denoised_photo(seen: Seen, words: Say) -> Any:
    clean = views.photo(seen.choices["photo"])
    noisy = views.noisy_photo(clean, cast(NoiseRemoval, seen.experiment.task).noise)
    return photo.beside(
        {"noisy": noisy, "rebuilt": views.restored(seen.of_pictures, noisy)}, clean, words, names="noise_removal"
    )


def denoised_curtain(seen: Seen) -> None:
    photo.held_out(seen, denoised_photo)


def enlarged_photo(seen: Seen, words: Say) -> Any:
    fine = views.photo(seen.choices["photo"])
    few = views.small_photo(fine, cast(SuperResolution, seen.experiment.task).factor)
    coarse = views.enlarged_photo(few, fine.shape)
    return photo.beside(
        {"coarse": coarse, "rebuilt": views.restored(seen.of_pictures, coarse)}, fine, words, names="super_resolution"
    )


def enlarged_curtain(seen: Seen) -> None:
    photo.held_out(seen, enlarged_photo)


def masks(seen: Seen, words: Say) -> Any:
    samples = seen.held_out.at(slice(FEW))
    found = views.segmented(seen.model, samples.inputs, samples.targets)
    names = [words(f"segmentation.{name}") for name in found.names[:3]]
    return figures.rows(found.pictures[:3], names=names, errors=found.iou[:3], narrow=WIDTH, say=words)


def spoken(seen: Seen) -> Seen:
    return seen.choose(ratio=view.choose("ratio", Knob(5, low=-5, high=20)))


def cleaned_recording(seen: Seen, words: Say) -> list[heard.Sounded]:
    number = next(iter(views.heard().values()))
    noisy, _ = views.noisy_recording(number, "white", seen.choices["ratio"])
    waves = {"noisy": noisy, "rebuilt": views.cleaned(seen.of_sounds, noisy)}
    return heard.sounded(waves, words, names="audio", true=views.recording(number))


def listen(seen: Seen) -> None:
    heard.held_out(seen, cleaned_recording)


def on_the_way(seen: Seen, words: Say) -> list[structures.Structure]:
    part = views.known(cast(Molecules, own(seen)), "test")
    by_size = sorted((len(part.smiles[row]), row) for row, name in enumerate(part.names) if name)
    first, last = (part.inputs[by_size[round(share * len(by_size))][1]] for share in ENDS)
    return [structures.Structure(one) for one in views.between_two(seen.model, first, last, STATIONS)]


def molecules(seen: Seen) -> None:
    structures.row(seen, on_the_way)


def compared(experiment: Experiment, step: int) -> dict[str, float]:
    """Return the mean PSNR on held-out photos of this network's files and of others as long; takes seconds."""
    found: dict[str, list[float]] = {}
    for name in photo.which().options:
        true = views.photo(name)
        ours = views.rebuilt(see(experiment).for_pictures(true.shape), true)
        files = {kind: views.saved_alike(true, kind, len(ours.content)) for kind in ("JPEG", "WEBP")}
        for kind, one in {**files, "rebuilt": ours}.items():
            found.setdefault(kind, []).append(views.likeness(one.picture, true).psnr)
    return {kind: float(np.mean(ratios)) for kind, ratios in found.items()}


def who_packs_best(seen: Seen, words: Say) -> Question | None:
    scores = resources.aside(compared, seen.experiment, seen.step)
    if scores is None:
        return None
    names, order = [*scores], sorted(scores, key=lambda kind: -scores[kind])
    said = {kind: words(f"compression.{kind}") for kind in names}
    numbers = {"best": said[order[0]], "psnr": words.number(scores[order[0]], 1)}
    numbers |= {"next": said[order[1]], "its": words.number(scores[order[1]], 1)}
    return Question([said[kind] for kind in names], names.index(order[0]), numbers)


def packed_photo(seen: Seen, words: Say) -> Any:
    return packed.beside(seen, views.photo(str(photo.which().default)), words)


def packed_curtain(seen: Seen) -> None:
    if seen.choices["shown"]:
        photo.held_out(seen, packed_photo)


def few_labels(seen: Seen) -> Any:
    return prepared.accuracies(seen, "hidden", LABELS)


def accuracy(seen: Seen, words: Say) -> Any:
    found = few_labels(seen)
    ours, rival, _ = prepared.gains(found)[LABELS]
    return prepared.curves({name: found[name] for name in (ours, rival)}, words)


def does_pretraining_pay(seen: Seen, words: Say) -> Question | None:
    leads = prepared.gains(few_labels(seen))
    if LABELS not in leads:
        return None
    ours, rival, lead = leads[LABELS]
    wins = lead.mean() > 0
    numbers = {
        "count": LABELS,
        "best": words(f"preparation.{ours if wins else rival}"),
        "next": words(f"preparation.{rival if wins else ours}"),
        "lead": words.number(abs(float(lead.mean())), 1),
    }
    return Question([words("present.labels.with"), words("present.labels.without")], int(not wins), numbers)


def ranking(seen: Seen) -> dict[str, float] | None:
    """Return the score of each way to recommend; ``None`` until all are known."""
    known, rivals = ranked.qualities(seen.experiment), ranked.names_for(seen.experiment)
    if len(known) < len(rivals):
        return None
    return {name: known[name]["ndcg"] for name in rivals} | {"model": ranked.scores(seen)["ndcg"]}


def recommenders(seen: Seen, words: Say) -> Any:
    scores = ranking(seen) or {}
    return figures.bars(
        [*scores.values()],
        [words(f"recommender.{name}") for name in scores],
        [name == "model" for name in scores],
        groups=(words("recommender.model"), words("present.others")),
        title="",
        axes=("", "NDCG@100"),
        say=words,
    )


def who_recommends_best(seen: Seen, words: Say) -> Question | None:
    scores = ranking(seen)
    if scores is None:
        return None
    names = [*scores]
    order = sorted(names, key=lambda name: -scores[name])
    said = {name: words(f"recommender.{name}") for name in names}
    numbers = {"best": said[order[0]], "score": words.number(scores[order[0]], 3)}
    numbers |= {"next": said[order[1]], "its": words.number(scores[order[1]], 3)}
    return Question([said[name] for name in names], names.index(order[0]), numbers)


def suspects(seen: Seen) -> np.ndarray:
    """Return rows of held-out inputs, one odd one among normal ones."""
    is_odd = odd.odd(seen.held_out)
    found = [*np.flatnonzero(~is_odd)[: FEW - 1]]
    found.insert(int(seen.run.key, 16) % FEW, np.flatnonzero(is_odd)[0])
    return np.array(found)


def explained(seen: Seen, words: Say) -> Any:
    """Draw inputs, and once the answer is shown what is rebuilt of them and where they are odd."""
    rows = suspects(seen)
    pictures = views.explained(seen.model, seen.held_out.inputs[rows.tolist()])
    if not seen.choices["shown"]:
        return figures.rows(pictures[:1], names=[words("vae.original")], narrow=WIDTH, say=words)
    numbers = np.full(pictures.shape[:2], np.nan)
    numbers[0] = odd.judged(seen.experiment, seen.step)["both"][rows]
    names = [words("present.oddness"), words("anomaly.rebuilt"), words("anomaly.where")]
    return figures.rows(pictures, names=names, errors=numbers, say=words)


def which_is_oddest(seen: Seen, words: Say) -> Question:
    rows = suspects(seen)
    scores = odd.judged(seen.experiment, seen.step)["both"][rows]
    right = int(scores.argmax())
    caught = odd.odd(seen.held_out)[rows[right]]
    verdict = words("present.anomaly.caught" if caught else "present.anomaly.missed")
    places = [words.number(i + 1) for i in range(FEW)]
    return Question(places, right, {"place": right + 1, "verdict": verdict}, lettered=False)


SCREENS: tuple[Screen, ...] = (
    Screen("cover", "vae", (fresh,), settle=first_draw),
    Screen("flow", alone=through),
    Screen("four", "undercomplete", draw=four),
    Screen("narrow", "undercomplete", (rebuilt,), "latent", live=True),
    Screen("pca", "undercomplete", (unnamed,), ask=which_is_pca),
    Screen("board", alone=class_board),
    Screen("denoising", "denoising", (denoised,), look="test_noise", settle=noise),
    Screen("filters", "denoising", settle=at_training, ask=who_cleans_best, draw=beside_filters),
    Screen("score", "data=moons&method=denoising", (arrows,), live=True, height=300),
    Screen("contractive", "contractive", (spectrum,), ask=directions_for_most, hidden=True),
    Screen("sparse", "sparse", (filters,), "rho", live=True),
    Screen("active", "sparse", (activations,), ask=how_many_active, hidden=True),
    Screen("vae", "vae", (posteriors, manifold), settle=paired, height=310),
    Screen("walk", "vae", draw=walk),
    Screen("prior", "vae", (fresh,), look="draw", settle=other_draw),
    Screen("pressed_on", "beta_vae", draw=two_networks, ask=which_is_pressed),
    Screen("used", "beta_vae", (divergences,), ask=how_many_in_use, hidden=True),
    Screen("turned", "beta_vae", draw=turned),
    Screen("noise_removal", "noise_removal", look="photo", settle=photographed, draw=denoised_curtain),
    Screen("super_resolution", "super_resolution", look="photo", settle=photographed, draw=enlarged_curtain),
    Screen("segmentation", "segmentation", (masks,), height=300),
    Screen("audio", "audio", look="ratio", settle=spoken, draw=listen),
    Screen("molecules", "molecules", draw=molecules),
    Screen("labels", "preparation", (accuracy,), ask=does_pretraining_pay, hidden=True),
    Screen("recommender", "recommender", (recommenders,), ask=who_recommends_best, hidden=True),
    Screen("compression", "compression", draw=packed_curtain, ask=who_packs_best),
    Screen("anomaly", "anomaly", (explained,), ask=which_is_oddest),
    Screen("end", "vae", (fresh,), settle=first_draw),
)


def experiment(screen: Screen) -> Experiment:
    """Return the experiment of a screen as it stands before anything is turned."""
    return Experiment.from_query(gallery.TABLE.get(screen.of, screen.of))
