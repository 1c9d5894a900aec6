"""Sounds on a page: players under pictures of their spectra, held-out recordings and a visitor's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import streamlit as st

from aecore.text import Say
from pages._ui import parcels, say, show
from pages._ui.plot import plot
from pages._ui.seen import Seen

if TYPE_CHECKING:
    import numpy as np

    from aecore.sounds import Wave

# Seconds for which a sound of a run under way may stand: who listens wants to hear the end.
EVERY = 8.0
WAV = "audio/wav"


class Sounded(NamedTuple):
    """A sound, ready for the browser: its spectrum as a figure, its file, and what is said of it."""

    name: str
    picture: str
    file: bytes
    note: str


def sounded(
    waves: Mapping[str, Wave],
    words: Say,
    *,
    names: str,
    true: Wave | None = None,
    draw: Callable[[Wave, float], np.ndarray] | None = None,
) -> list[Sounded]:
    """Return sounds with their names, below `names` in the texts, and how near they are to the true one if known.

    `draw`, by default :func:`aecore.views.spectrogram`, makes a picture of a wave and the largest magnitude of all.
    """
    from aecore import figures, sounds, views

    loudest = max(sounds.loudest(sounds.spectrum(wave)) for wave in waves.values())
    # One gain for all of them, so that none is cut and the ear can compare.
    gain = 0.9 / max(float(abs(wave).max()) for wave in waves.values())
    found = []
    for name, wave in waves.items():
        note = ""
        if true is not None and wave is not true:
            near = {"ratio": sounds.ratio(wave, true), "distance": sounds.distance(wave, true)}
            note = words(
                "heard.quality", **{key: words.number(round(value, 1) + 0.0, 1) for key, value in near.items()}
            )
        picture = (draw or views.spectrogram)(wave, loudest)
        figure = figures.rows(picture[None, None], names=[""], say=words)
        found.append(Sounded(words(f"{names}.{name}"), figure.to_json(), sounds.written(gain * wave), note))
    return found


def player(file: bytes) -> None:
    """Show a player of a sound.

    The browser gets it as a parcel: what Streamlit keeps itself goes with its element, often before it was got.
    """
    here = urlsplit(st.context.url or "")
    address = parcels.put(file, WAV)
    st.audio(f"{here.scheme}://{here.netloc}{address}" if here.netloc else file, format=WAV)


def beside(found: list[Sounded], words: Say, *, key: str, height: int = 190) -> None:
    """Show sounds side by side; on a narrow screen, one below the other."""
    for i, (place, one) in enumerate(zip(st.columns(len(found)), found, strict=True)):
        with place:
            alt = words("heard.alt", name=one.name)
            st.markdown(f"**{one.name}**")
            plot(one.picture, key=f"{key}_{i}", alt=alt, height=height)
            player(one.file)
            if one.note:
                st.caption(one.note)


def held_out(seen: Seen, make: Callable[[Seen, Say], list[Sounded]]) -> list[Sounded]:
    """Show sounds of a run, such as those of a held-out recording; `make` gives them."""
    found = show.made(make, show.standing(seen, EVERY))
    beside(found, say.words(), key=make.__name__)
    return found


def own(
    seen: Seen,
    answer: Callable[[Seen, Wave], dict[str, Wave]],
    words: Say,
    *,
    names: str,
    draw: Callable[[Wave, float], np.ndarray] | None = None,
) -> None:
    """Let the visitor bring a sound or record one, show what `answer` makes of it, and give the result back.

    It stays in their session alone.
    """
    from aecore import sounds, uploads

    place, other = st.columns(2)
    brought = place.file_uploader(words("heard.own"), type=["wav", "flac", "ogg", "mp3", "aif", "aiff"])
    recorded = other.audio_input(words("heard.record"), sample_rate=16_000)
    given = brought or recorded
    if given is None:
        return
    content = given.getvalue()
    try:
        sound = uploads.sound(content, sounds.RATE)
    except uploads.Refused as refused:
        st.error(words(f"refused.{refused.reason}", **refused.facts), icon=":material/music_off:")
        return
    key = hashlib.sha256(content).hexdigest(), seen.run.key, seen.step, words.language
    kept = st.session_state.get("own_sound", (None, None))
    # A run under way changes faster than a long sound can be made anew.
    if kept[0] is None or kept[0][:2] != key[:2] or (kept[0] != key and seen.state.is_final):
        kept = st.session_state.own_sound = key, sounded(answer(seen, sound.wave), words, names=names, draw=draw)
    facts = {"rate": sound.rate, "channels": sound.channels, "own": sounds.RATE}
    seconds = words.number(len(sound.wave) / sounds.RATE, 1)
    st.caption(words("heard.own_read", seconds=seconds, **facts))
    beside(kept[1], words, key="own_sound_shown", height=260)
    save(kept[1][1], words, key="save_own_sound")


def save(one: Sounded, words: Say, *, key: str) -> None:
    """Offer a sound as a file."""
    look: dict[str, Any] = {"icon": ":material/download:", "key": key, "on_click": "ignore"}
    st.download_button(words("heard.download"), one.file, "gargalo.wav", "audio/wav", **look)
