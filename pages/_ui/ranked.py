"""Recommending: what the baselines know, computed once for all visitors, who wins, and what a visitor brings."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages._ui import resources, say, show, steer, turn
from pages._ui.mine import mine
from pages._ui.seen import Seen, see

if TYPE_CHECKING:
    from aecore.baselines import Ranker
    from aecore.datasets import Data
    from aecore.experiment import Experiment
    from aecore.views import Recommended


def names_for(experiment: Experiment) -> tuple[str, ...]:
    """Return the baselines for the data of an experiment: of choices or of ratings."""
    from aecore import baselines

    return tuple(baselines.PREDICTORS if stars(experiment) else baselines.RANKERS)


def stars(experiment: Experiment) -> bool:
    """Whether the data are ratings, not choices."""
    return getattr(experiment.data, "feedback", "choices") == "stars"


@lru_cache(maxsize=16)
def fitted(name: str, data: Data) -> Ranker:
    """Return a baseline fitted to the training part of the data; EASE takes seconds."""
    from aecore import baselines

    return baselines.TABLE[name].fit(data.load("train"))  # type: ignore[return-value]


def quality(name: str, data: Data, seed: int) -> dict[str, float]:
    """Return the scores of a baseline on what is hidden with a seed."""
    from aecore import views
    from aecore.experiment import Experiment
    from aecore.training import posed

    same = {"data": data.name, **data.to_dict(), "seed": seed, "task": "recommender"}
    return views.ranking_quality(fitted(name, data), posed(Experiment.settle(same).experiment, "test"))


def qualities(experiment: Experiment) -> dict[str, dict[str, float]]:
    """Return the scores of the baselines that are known so far, by name."""
    data, seed = experiment.data, experiment.seed
    found = {name: resources.aside(quality, name, data, seed) for name in names_for(experiment)}
    return {name: scores for name, scores in found.items() if scores}


def follows(name: str, data: Data, history: tuple[int, ...], count: int) -> Recommended:
    """Return what a baseline would have follow a history."""
    from aecore import views

    return views.ranked(fitted(name, data), history, data.shape[0], count)


def mapped(experiment: Experiment, step: int) -> np.ndarray:
    """Return the items of a run laid out by t-SNE; takes seconds."""
    from aecore import views

    return views.item_map(views.item_vectors(see(experiment).at(step)))


def scores(seen: Seen) -> dict[str, float]:
    """Return a run's scores on all held-out histories once it is done, until then on the watched ones."""
    if seen.state.stage == "done" and not seen.travelled and seen.state.scores:
        return {name: value for name, value in seen.state.scores.items() if not name.startswith("watched_")}
    return watched(seen.history[-1].scores) if seen.history else {}


def watched(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the scores on the watched histories, by their own names."""
    return {name.removeprefix("watched_"): value for name, value in scores.items() if name.startswith("watched_")}


def kinds_of(scores: Mapping[str, float], *, stars: bool) -> list[str]:
    """Return what is compared: of rankings NDCG and recall, of ratings foreseen their error."""
    return [kind for kind in ("ndcg", "recall") if kind in scores or not (scores or stars)] or ["test_error"]


def compared(seen: Seen) -> None:
    """Show the scores of the model and of the baselines, the best in bold, and say who wins."""
    words = say.words()
    st.header(words("recommender.who"), anchor=False)
    known, every = qualities(seen.experiment), names_for(seen.experiment)
    mine = scores(seen)
    kinds = kinds_of(mine, stars=stars(seen.experiment))
    awaited = dict.fromkeys(kinds, np.nan)
    of = {words(f"recommender.{name}"): known.get(name, awaited) for name in every}
    of[words("recommender.model")] = mine or awaited
    rows = {
        name: {words(f"recommender.{kind}"): one[kind] for kind in kinds if kind in one} for name, one in of.items()
    }
    show.scores(rows, words, better=-1 if kinds == ["test_error"] else 1, decimals=3)
    if not mine or len(known) < len(every):
        st.caption(words("recommender.pending"))
        return
    kind = kinds[0]
    name, rival = _best_of(kind)(known.items(), key=lambda pair: pair[1].get(kind, 0.0))
    ahead = (mine[kind] - rival[kind]) * (1 if kind != "test_error" else -1)
    said: dict[str, Any] = {"rival": words(f"recommender.{name}"), "gap": words.number(abs(ahead), 3)}
    st.markdown(words("recommender.ahead" if ahead > 0 else "recommender.behind", **said))
    if seen.state.stage != "done":
        st.caption(words("recommender.watched"))


def _best_of(kind: str) -> Callable[..., Any]:
    return min if kind == "test_error" else max


def over_splits(seen: Seen, splits: Sequence[Experiment]) -> None:
    """Offer the same run on every other split of the data, and say how often it beats EASE."""
    words = say.words()
    steer.sweep_buttons("recommender", splits)
    runs = [one for one in (seen, *map(see, splits)) if one.state.stage == "done"]
    known = [found for one in runs if (found := qualities(one.experiment).get("ease"))]
    if len(runs) < 5 or len(known) < len(runs):
        return
    mine = [scores(one)["ndcg"] for one in runs]
    ease = [one["ndcg"] for one in known]
    won = sum(one > other for one, other in zip(mine, ease, strict=True))
    means: dict[str, Any] = {
        "mine": words.number(statistics.mean(mine), 3),
        "ease": words.number(statistics.mean(ease), 3),
    }
    st.markdown(words("recommender.five", won=won, **means))


def bring() -> None:
    """Let a visitor bring a file of ratings, and train on it."""
    from aecore.datasets import ratings
    from aecore.experiment import Experiment

    words = say.words()
    file = st.file_uploader(words("recommender.file"), ["csv", "dat", "data", "tsv", "txt"], key="ratings_file")
    if file is None:
        return
    try:
        number = ratings.keep(file.getvalue(), mine().folder, mine().secret)
        mine().add("ratings", number, file.name)
    except ratings.Unreadable as wrong:
        st.error(words(f"recommender.wrong.{wrong.reason}", detail=wrong.detail), icon=":material/error:")
        return
    except OSError:
        st.error(words("recommender.wrong.unwritable"), icon=":material/error:")
        return
    found = ratings.table(number)
    rated = int((found.shares > 0).sum())
    people, items = found.shares.shape
    st.markdown(words("recommender.read", people=people, items=items, rated=rated, top=words.plain(found.top)))
    wanted = {"data": "ratings", "file": number, "feedback": ratings.feedback(number), "task": "recommender"}
    own = Experiment.settle(wanted).experiment
    asked: dict[str, Any] = {"key": "train_own", "icon": ":material/play_arrow:", "type": "primary"}
    st.button(words("recommender.train_own"), on_click=turn.take, args=(own, "data", "file", "feedback"), **asked)
