"""What a visitor sees of a run at one moment; models and data are kept for all visitors."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

from pages._ui import resources

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from aecore.baselines import Pca
    from aecore.datasets import Data
    from aecore.experiment import Experiment
    from aecore.knobs import Value
    from aecore.networks import Autoencoder
    from aecore.runs import Event, Run, State
    from aecore.samples import Samples
    from aecore.views import Alarm, Drawn, NoteTold, Posteriors, Scores

# Models kept for the next who looks: those of a run's whole time, and some.
MODELS = 32
# Held-out samples that the pictures show; the scores are of all.
SHOWN = 1000
# Bands and windows of the tiles in which whole recordings go through it.
SOUND = (128, 128)
# Side of the tiles in which whole photos go through a network that takes any size.
TILE = 96


@dataclass(frozen=True)
class Seen:
    """What a visitor sees of a run at one moment.

    Attributes
    ----------
    experiment : Experiment
    run : Run
    state : State
    history : list of Event
    step : int
        The step that the pictures show; 0, the untrained network, before there is a run.
    model : Autoencoder
        As it was at that step; who holds it can look at it even if its file has been replaced.
    beside : tuple
        How far the further runs are that the pictures show.
    travelled : bool
        Whether the visitor went back in time for it.
    whole : Seen or None
        The latest moment, which the visitor went back from; ``None`` for that itself.
    ahead : bool
        Whether the pictures of the moments before are worth making before anybody asks.
    choices : mapping
        What the visitor has chosen to see, by name, such as the noise of a test.
    """

    experiment: Experiment
    run: Run
    state: State
    history: list[Event]
    step: int
    model: Autoencoder
    beside: tuple[object, ...] = ()
    travelled: bool = False
    whole: Seen | None = None
    ahead: bool = False
    choices: Mapping[str, Any] = field(default_factory=dict)

    @property
    def view(self) -> tuple[object, ...]:
        """What the visitor has chosen to see; changes with every choice, but not while the run goes on."""
        return tuple(self.choices.items()), self.step if self.travelled else None

    @property
    def moment(self) -> tuple[object, ...]:
        """Changes whenever a picture of the run may."""
        return self.step, len(self.history), self.state.stage, self.pca is None, self.beside, self.view

    @property
    def turns(self) -> dict[int, dict[str, Value]]:
        """The steps at which knobs were turned, and what each became."""
        found, child = {}, self.experiment
        while child.start:
            parent, step = child.start
            before = parent.flat()
            found[step] = {name: value for name, value in child.flat().items() if before.get(name) != value}
            child = parent
        return found

    def levels(self, name: str) -> dict[int, Value | None]:
        """Return what a number-valued knob was, by the step from which on; ``None`` where it has no influence."""
        found: dict[int, Value | None] = {}
        child: Experiment | None = self.experiment
        while child:
            parent, step = child.start or (None, 0)
            knob = child.knobs.get(name)
            found[step] = child.flat()[name] if knob and not knob.idle else None
            child = parent
        return dict(sorted(found.items()))

    def back(self, step: int) -> Seen:
        """Return what was seen of the run when it had come to a step whose weights are kept."""
        if step >= self.step:
            return self
        there = max((one for one in self.kept if one <= step), default=0)
        history = [event for event in self.history if event.step <= there]
        whole, model = self.whole or self, self.at(there)
        return replace(self, step=there, history=history, model=model, travelled=True, whole=whole)

    @property
    def kept(self) -> list[int]:
        """The steps before this moment whose weights stay, and the moment itself."""
        from aecore.training import keyframes

        stay = set(self.run.steps) & set(keyframes(self.experiment))
        return [*sorted(step for step in stay if step < self.step), self.step]

    @property
    def places(self) -> Sequence[int]:
        """Where the slider through time may stand: all keyframes to come, or of a run that has ended those it has."""
        from aecore.training import keyframes

        whole = self.whole or self
        return whole.kept if whole.state.is_final and whole.step else keyframes(whole.experiment)

    def choose(self, **choices: Hashable) -> Seen:
        """Return the same moment with what the visitor has chosen to see of it."""
        return replace(self, choices={**self.choices, **choices})

    @property
    def error(self) -> float | None:
        """The task's main score on the held-out samples that are scored at every snapshot."""
        return self.history[-1].scores[f"watched_{self.experiment.task.main}"] if self.history else None

    @cached_property
    def held_out(self) -> Samples:
        """The first held-out samples, as the task poses them."""
        return _held_out(self.experiment)

    @cached_property
    def of_pictures(self) -> Autoencoder:
        """The model for larger pictures than those that it was trained on, where its network takes any."""
        from aecore.training import reshaped

        return reshaped(self.experiment, self.model, (TILE, TILE))

    def for_pictures(self, shape: tuple[int, ...]) -> Autoencoder:
        """Return the model for pictures of a shape, or as it is if its network takes but one."""
        from aecore.training import reshaped

        return reshaped(self.experiment, self.model, shape)

    @cached_property
    def of_sounds(self) -> Autoencoder:
        """The model for longer sounds than those that it was trained on, where its network takes any."""
        from aecore.training import reshaped

        return reshaped(self.experiment, self.model, SOUND)

    @cached_property
    def alarms(self) -> Sequence[Alarm]:
        """What has gone wrong inside the code."""
        from aecore import views

        return views.alarms(self.model, self.held_out.inputs)

    @cached_property
    def singular_values(self) -> np.ndarray:
        """The singular values of the encoder's Jacobian."""
        return _singular_values(self.experiment, self.step)

    @property
    def posteriors(self) -> Posteriors:
        """What a Gaussian code says of the first held-out samples."""
        return _posteriors(self.experiment, self.step)

    def at(self, step: int) -> Autoencoder:
        """The model at another step whose weights are kept."""
        return _model(self.experiment, step)

    @cached_property
    def pca(self) -> Pca | None:
        """PCA of the training data: the run's, from its second picture on, or until then one that is fitted aside.

        ``None`` where the task does not measure itself against it.
        """
        if "pca" not in self.experiment.task.baselines:
            return None
        if (self.run.folder / "baselines" / "pca.safetensors").exists():
            return _pca(self.run.folder)
        return resources.aside(fitted_pca, self.experiment.data)

    @cached_property
    def pca_errors(self) -> np.ndarray | None:
        """PCA's error for every code size from 1, on the very samples that :attr:`error` is of."""
        watched = self.held_out.inputs[: self.experiment.task.watched]
        return self.pca.errors(watched).numpy() if self.pca else None

    @property
    def pca_error(self) -> float | None:
        """PCA's error at the model's code size; ``None`` for a code as large as the input, which loses nothing."""
        sizes = self.pca_errors
        return None if sizes is None or self.model.n_latent >= len(sizes) else float(sizes[self.model.n_latent - 1])


def fitted_pca(data: Data) -> Pca:
    """Return PCA of the training data; it takes a second where they are large, and no training."""
    from aecore import baselines

    return baselines.Pca.fit(data.load("train"))


def gabor_share(experiment: Experiment, step: int) -> float:
    """Return the share of the filters of a run that a Gabor function explains; takes a second."""
    from aecore import views

    return views.gabor_share(views.filters(_model(experiment, step)))


def disentangled(experiment: Experiment, step: int) -> tuple[np.ndarray, Scores]:
    """Return the mutual information latent × factor of a run, and every measure of it; takes seconds."""
    from aecore import views

    grid = views.grid(_model(experiment, step), experiment.data)  # type: ignore[arg-type]
    return views.mutual_information(*views.listed(grid)), views.scores(grid)


def ica(data: Data) -> tuple[np.ndarray, float]:
    """Return FastICA's filters on the same data and the share of them that a Gabor function explains; takes seconds."""
    from aecore import baselines, views

    filters = baselines.Ica.fit(data.load("train")).filters.numpy()
    return filters, views.gabor_share(filters)


def importance_bound(experiment: Experiment, step: int, counts: Sequence[int], inputs: int) -> tuple[float, ...]:
    """Return the importance-weighted bound of the first held-out inputs for each number of samples; takes seconds."""
    from aecore import views

    x = _held_out(experiment).inputs[:inputs]
    return tuple(views.importance_bound(_model(experiment, step), experiment.method, x, counts).tolist())  # type: ignore[arg-type]


def denoised_eight_ways(experiment: Experiment, step: int, name: str) -> np.ndarray:
    """Return a held-out photo that a run took the noise off, asked in eight ways; takes seconds."""
    from aecore import views
    from aecore.training import reshaped

    model, noise = reshaped(experiment, _model(experiment, step), (TILE, TILE)), cast(Any, experiment.task).noise
    return views.restored_eight_ways(model, views.noisy_photo(views.photo(name), noise))


def overlaps(experiment: Experiment, step: int, count: int) -> dict[str, np.ndarray]:
    """Return by whom held-out pictures are segmented, and how far each mask overlaps the true one; takes seconds."""
    from aecore import views

    samples = see(experiment).held_out.at(slice(count))
    found = views.segmented(_model(experiment, step), samples.inputs, samples.targets, eight=True)
    return dict(zip(found.names[2:], found.iou[2:], strict=True))


def cleaned_gains(
    experiment: Experiment, step: int, places: Sequence[tuple[str, int]], count: int
) -> dict[tuple[str, int], float]:
    """Return by how many decibels a run raises the signal-to-noise ratio at each kind and level; takes seconds."""
    from aecore import views
    from aecore.training import reshaped

    model = reshaped(experiment, _model(experiment, step), SOUND)
    return {place: views.gains(model, *place, count).ratio for place in places}


def gated_gains(places: Sequence[tuple[str, int]], count: int) -> dict[tuple[str, int], float]:
    """Return the same of spectral gating."""
    from aecore import views

    return {place: views.gains(None, *place, count).ratio for place in places}


def notes_told(experiment: Experiment, step: int) -> dict[str, NoteTold]:
    """Return how well held-out notes are told by a run's codes, PCA's of the same size, and their whole spectra."""
    from aecore import views

    model, pca = _model(experiment, step), fitted_pca(experiment.data)
    train, held_out = (experiment.data.load(split) for split in ("train", "test"))
    numbers: dict[str, Callable[[Samples], np.ndarray]] = {
        "rebuilt": lambda part: views.codes(model, part.inputs),
        "pca": lambda part: pca.encode(part.inputs, model.n_latent).numpy(),
        "spectrum": lambda part: part.inputs.flatten(1).numpy(),
    }
    return {name: views.note_told(of(train), train, of(held_out), held_out) for name, of in numbers.items()}


def molecules_drawn(experiment: Experiment, step: int, source: str, count: int) -> Drawn:
    """Return what molecules are worth that a run draws, or a baseline; takes many seconds."""
    from aecore import views

    data, given = experiment.data, (experiment.data, count, 0)
    if source in ("prior", "fitted"):
        found = views.draw(_model(experiment, step), *given, prior=source == "prior")  # type: ignore[arg-type]
    else:
        found = (views.random_smiles if source == "random" else views.training_smiles)(*given)  # type: ignore[arg-type]
    return views.worth(data, found)  # type: ignore[arg-type]


@lru_cache(maxsize=32)
def _posteriors(experiment: Experiment, step: int) -> Posteriors:
    from aecore import views

    return views.posteriors(_model(experiment, step), _held_out(experiment).inputs)


@lru_cache(maxsize=32)
def _singular_values(experiment: Experiment, step: int) -> np.ndarray:
    from aecore import views

    return views.singular_values(_model(experiment, step), _held_out(experiment).inputs)


def see(experiment: Experiment, beside: Sequence[Experiment] = ()) -> Seen:
    """Look at the run of an experiment as it stands now."""
    run = resources.run_of(experiment.key)
    state = resources.executor().state(run)
    history = run.history
    step, model = _latest(experiment, history[-1].step if history else 0)
    others = tuple((len(other.history), other.state.stage) for other in (resources.run_of(one.key) for one in beside))
    return Seen(experiment, run, state, history, step, model, others)


def _latest(experiment: Experiment, step: int) -> tuple[int, Autoencoder]:
    """Return the latest step whose weights can be read, and its model."""
    for reachable in (step, *reversed(resources.run_of(experiment.key).steps)):
        # The worker may have replaced that snapshot by a newer one in between, or the folder was cut.
        with suppress(LookupError):
            return reachable, _model(experiment, reachable)
    return 0, _model(experiment, 0)


# Models that somebody looks at, whether or not their files are still there.
_held: WeakValueDictionary[tuple[Experiment, int], Autoencoder] = WeakValueDictionary()


def _model(experiment: Experiment, step: int) -> Autoencoder:
    """Return the model of a run at a step.

    Raises
    ------
    LookupError
        If nobody holds it and its weights are not kept.
    """
    model = _held.get((experiment, step))
    if model is None:
        model = _held[experiment, step] = _revived(experiment, step)
    return model


@lru_cache(maxsize=MODELS)
def _revived(experiment: Experiment, step: int) -> Autoencoder:
    from aecore.training import revive

    for run in resources.runs_of(experiment.key):
        if snapshot := run.snapshot(step):
            return revive(experiment, snapshot)
    if step:
        raise LookupError(step)
    return experiment.build().eval()


@lru_cache(maxsize=8)
def _pca(folder: Path) -> Pca | None:
    from aecore.runs import Run

    return Run(folder).baselines().get("pca")  # type: ignore[return-value]


@lru_cache(maxsize=8)
def _held_out(experiment: Experiment) -> Samples:
    from aecore.training import posed

    return posed(experiment, "test").at(slice(SHOWN))
