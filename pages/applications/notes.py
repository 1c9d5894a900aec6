"""Musical notes: ten instruments in a few numbers a note, given back, told apart, and led from one to another."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.datasets.notes import INSTRUMENTS, LOWEST, PITCHES, VELOCITIES
from aecore.knobs import Knob
from aecore.text import Say
from pages._ui import heard, resources, say, show, turn, view, watch
from pages._ui.seen import Seen, notes_told
from pages._ui.show import Fact

if TYPE_CHECKING:
    from aecore.sounds import Wave

APART = 13  # of the held-out notes that are pictured: each of another instrument, mostly higher than the last
WAYS = 9  # places on the way between two notes
HEIGHT = 440  # of the first pictures, in pixels
COLOURED = Knob("instrument", options=("instrument", "pitch"))
WAY = Knob(50, low=0, high=100)
# The two notes of the morph at first.
USUAL = (("instrument", "flute", "pitch", 60), ("other_instrument", "trumpet", "other_pitch", 67))

say.lesson("notes")
experiment = turn.experiment(
    task="notes",
    method=("vae", "beta_vae", "undercomplete", "denoising", "contractive", "sparse"),
    data=("notes",),
    net=("conv", "mlp", "linear"),
    looks=("note", "coloured", "instrument", "pitch", "other_instrument", "other_pitch", "way"),
)


def named(row: int, words: Say) -> str:
    """Name a note by its instrument, its pitch and how it was struck."""
    instrument, pitch, velocity = views.note_facts(row)
    voice = words(f"class.notes.{instrument}")
    return words(f"notes.struck_{velocity}", instrument=voice, pitch=pitch_named(pitch + LOWEST, words))


def pitch_named(midi: int, words: Say) -> str:
    return words("notes.pitches").split()[midi % 12] + str(midi // 12 - 1)


@lru_cache(maxsize=1)
def choosable() -> dict[str, int]:
    """Return the rows of the held-out notes by what the address calls them."""

    def link(row: int) -> str:
        instrument, pitch, velocity = views.note_facts(row)
        return f"{INSTRUMENTS[instrument]}-{pitch + LOWEST}-{VELOCITIES[velocity]}"

    return {link(row): row for row in views.held_out_notes()}


def notes_error(seen: Seen, words: Say) -> Any:
    return show.error(seen, words, baseline=seen.pca_error, title=words("notes.error"))


def notes_rebuilt(seen: Seen, words: Say) -> Any:
    found = views.notes_beside_pca(seen.model, seen.held_out.inputs[::APART], seen.pca)
    names = [words(f"notes.row_{name}") for name in ("original", "rebuilt", "pca")][: len(found.pictures)]
    return figures.rows(found.pictures, names=names, errors=found.errors, low=HEIGHT, say=words)


def note_heard(seen: Seen, words: Say) -> list[heard.Sounded]:
    wave = views.note_wave(seen.choices["note"])
    waves = {"original": wave, **views.rebuilt_note(seen.model, wave, seen.pca)}
    return heard.sounded(waves, words, names="notes", draw=views.note_spectrogram)


def note_codes(seen: Seen, words: Say) -> Any:
    return scatter(views.codes(seen.model, seen.held_out.inputs), words("notes.codes"), seen, words)


def note_codes_pca(seen: Seen, words: Say) -> Any:
    assert seen.pca
    codes = seen.pca.encode(seen.held_out.inputs, seen.model.n_latent).numpy()
    return scatter(codes, words("notes.codes_pca"), seen, words)


def scatter(codes: np.ndarray, title: str, seen: Seen, words: Say) -> Any:
    plane, samples = views.plane(codes), seen.held_out
    shares = (words.number(100 * share, 0) for share in plane.shares)
    axes: Any = tuple(words("notes.axis", i=i, share=share) for i, share in enumerate(shares, 1))
    look: dict[str, Any] = {"axes": axes, "title": title, "say": words}
    if seen.choices["coloured"] == "instrument":
        names = say.classes(experiment.data, words)
        return figures.codes(plane.points, samples.labels, label_names=names, **look)
    assert samples.factors is not None
    values = samples.factors[:, 0].numpy() + LOWEST
    return figures.cloud(plane.points, values=values, value_name=words("notes.midi"), **look)


def table(seen: Seen, words: Say) -> None:
    """Show how much is lost of held-out notes, and how well their codes tell what they are."""
    told = resources.aside(notes_told, experiment, seen.step)
    if told is None or seen.pca is None:
        st.caption(words("notes.telling"))
        return
    errors = {"rebuilt": seen.error, "pca": seen.pca_error}
    columns: dict[str, Any] = {
        "error": ([errors.get(name) for name in told], -1, 1),
        "near": ([100 * one.near for one in told.values()], 1, 1),
        "instrument": ([100 * one.instrument for one in told.values()], 1, 1),
        "pitch": ([one.pitch for one in told.values()], 1, 2),
    }
    cells = [show.marked(found, words, better=better, decimals=places) for found, better, places in columns.values()]
    rows = dict(zip((words(f"notes.by_{name}") for name in told), zip(*cells, strict=True), strict=True))
    show.table("", [words(f"notes.column_{name}") for name in columns], rows)
    st.caption(words("notes.told", size=seen.model.n_latent))


def ends(seen: Seen) -> tuple[Wave, Wave]:
    one, other = (views.note_wave(row) for row in seen.choices["ends"])
    return one, other


def note_morph(seen: Seen, words: Say) -> list[heard.Sounded]:
    one, other = ends(seen)
    found = views.morph(seen.model, one, other, [seen.choices["way"] / 100])
    waves = {"morph": views.resounded(found.through_code[0]), "crossfade": found.crossfades[0]}
    return heard.sounded({"first": one, **waves, "second": other}, words, names="notes", draw=views.note_spectrogram)


def notes_between(seen: Seen, words: Say) -> Any:
    found = views.morph(seen.model, *ends(seen), np.linspace(0, 1, WAYS).tolist())
    pictures = [views.note_spectra(one) for one in (found.through_code, views.note_loudness(found.crossfades))]
    return figures.rows(pictures, names=[words("notes.through_code"), words("notes.through_air")], say=words)


def nearest(seen: Seen, words: Say) -> list[Fact]:
    found = views.morph(seen.model, *ends(seen), [seen.choices["way"] / 100])
    both = {"morph": found.through_code[0], "crossfade": views.note_loudness(found.crossfades)[0]}
    cards = []
    for name, loudness in both.items():
        near = views.near_note(loudness)
        meaning = words("notes.near_meaning", likeness=words.number(near.likeness, 2))
        cards.append(Fact(words(f"notes.near_{name}"), named(near.row, words), meaning))
    return cards


def own(seen: Seen, wave: Wave) -> dict[str, Wave]:
    note = views.note_of(wave)
    found = views.rebuilt_note(seen.model, note, seen.pca)
    return {"own": note, "rebuilt": found["rebuilt"], **found}


def ends_chosen(words: Say) -> tuple[int, int]:
    """Let the visitor choose the two notes of the morph, and return their rows."""
    rows = []
    for place, (voice, instrument, height, midi) in zip(st.columns(2), USUAL, strict=True):
        with place:
            chosen = view.choose(
                voice,
                Knob(instrument, options=INSTRUMENTS),
                format_func=lambda one: words(f"class.notes.{INSTRUMENTS.index(one)}"),
            )
            pitch = view.choose(
                height,
                Knob(midi, low=LOWEST, high=LOWEST + PITCHES - 1),
                format_func=lambda one: pitch_named(one, words),
            )
        rows.append(views.note_row(INSTRUMENTS.index(chosen), pitch - LOWEST, len(VELOCITIES) - 1))
    return rows[0], rows[1]


def draw(seen: Seen) -> None:
    words, seen = say.words(), show.standing(seen)
    if not seen.step:
        st.info(words("notes.untrained"), icon=":material/music_note:")
    show.row(seen, notes_error, notes_rebuilt, height=HEIGHT)
    st.caption(words("notes.pictured"))

    st.header(words("notes.listen"), anchor=False)
    st.markdown(words("notes.listen_lead"))
    rows = choosable()
    knob = Knob(next(link for link in rows if link.startswith("violin") and link.endswith("110")), options=tuple(rows))
    note = rows[view.choose("note", knob, format_func=lambda link: named(rows[link], words))]
    heard.held_out(seen.choose(note=note), note_heard)
    st.caption(words("notes.axes"))

    st.header(words("notes.codes_heading"), anchor=False)
    st.markdown(words("notes.codes_lead"))
    coloured = view.choose("coloured", COLOURED)
    show.row(seen.choose(coloured=coloured), note_codes, *([note_codes_pca] if seen.pca else []), height=440)
    if seen.state.is_final and seen.step and not seen.travelled:
        table(seen, words)

    st.header(words("notes.morph_heading"), anchor=False)
    st.markdown(words("notes.morph_lead"))
    chosen = ends_chosen(words)
    seen = seen.choose(ends=chosen)
    between = seen.choose(way=view.choose("way", WAY))
    found = heard.held_out(between, note_morph)
    heard.save(found[1], words, key="save_morph")
    show.facts(between, nearest)
    show.row(seen, notes_between)

    st.header(words("notes.own_heading"), anchor=False)
    st.markdown(words("notes.own_lead"))
    heard.own(seen, own, words, names="notes", draw=views.note_spectrogram)


watch.training(experiment, draw)
say.more("notes")
