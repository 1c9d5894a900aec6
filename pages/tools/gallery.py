"""The runs that come with the app: what each comes to, how long it took, and the way to it."""

from typing import Any

import streamlit as st

from aecore import gallery
from aecore.runs import Run
from aecore.text import Say
from pages._ui import address, resources, say
from pages._ui.contents import page_of

ACROSS = 3  # cards
# What a run is judged by, the first that it has: the task's own measure before those that every run has.
JUDGED = ("auroc", "ndcg", "iou", "psnr", "whole", "bound", "denoised_error", "test_error")


def facts(run: Run, words: Say) -> str:
    scores = run.state.scores or {}
    name = next(name for name in JUDGED if name in scores)
    score = words(f"gallery.{name}", value=scores[name] * (100 if name == "whole" else 1))
    took = words("gallery.took", steps=run.state.step, time=words.duration(run.state.seconds))
    return f"{score}  \n{took} · `{run.key[:6]}`"


say.lesson("gallery")
words = say.words()
shipped = [(name, run) for name in gallery.TABLE if (run := gallery.run_of(gallery.experiment_of(name)))]
st.markdown(words("gallery.lead", count=len(shipped)))
for i in range(0, len(shipped), ACROSS):
    for place, (name, run) in zip(st.columns(ACROSS), shipped[i : i + ACROSS], strict=False):
        with place.container(border=True, height="stretch", key=f"card_{name}"):
            st.image(resources.card(name), alt=say.of_card(name, words))
            towards: dict[str, Any] = {"query_params": address.as_linked(run.experiment)}
            own = f"gallery.run.{name}"
            title = words(own if words.knows(own) else f"page.{name}.title")
            st.page_link(page_of(run.experiment), label=title, icon=":material/arrow_forward:", **towards)
            st.markdown(facts(run, words))
