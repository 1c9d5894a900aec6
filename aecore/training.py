"""Training: the one loop, as a generator of snapshots."""

from __future__ import annotations

import hashlib
import math
import platform
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import count as counted
from operator import add

import torch
from torch import Generator, Tensor

from aecore.datasets.data import Split
from aecore.experiment import Experiment, Fit
from aecore.methods import Method
from aecore.networks import Autoencoder
from aecore.replay import recorded
from aecore.samples import Samples
from aecore.stacked import Stack, below, draws, over_runs
from aecore.tasks import Task

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# Multiplications a step below which waking a second thread costs more than it brings (measured).
ALONE = 20_000_000

# Steps after which a step is written down: that costs about what it saves in as many steps (measured).
PAYS = 300
# The same of a step for several runs, which costs many times as much while it is not written down (measured).
PAYS_TOGETHER = 20


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What training has reached after a step.

    Attributes
    ----------
    step : int
        Steps taken; 0 is the untrained network.
    terms : dict of float
        The terms of the loss on the step's batch, summed over features, mean over samples.
    scores : dict of float
        The task's scores on the first held-out samples, as many as the task says, their names after
        ``"watched_"``; at the last step also on all held-out samples, under their own names.
    state : dict of Tensor
        ``"model.*"`` and ``"optimizer.*"``: all that going on from here needs.
    seconds : float
        Time spent training, without the time between snapshots.
    """

    step: int
    terms: dict[str, float]
    scores: dict[str, float]
    state: dict[str, Tensor]
    seconds: float

    @property
    def weights(self) -> dict[str, Tensor]:
        """The part of the state that :func:`revive` needs."""
        return {name: tensor for name, tensor in self.state.items() if name.startswith("model.")}


class Diverged(ArithmeticError):
    """The loss left the finite numbers.

    Attributes
    ----------
    step : int
        The step at which it was noticed.
    term : str
        The first term or score that was not finite.
    """

    def __init__(self, step: int, term: str) -> None:
        super().__init__(f"{term} is not a finite number at step {step}")
        self.step = step
        self.term = term


def spaced(steps: int, *, most: int = 24) -> list[int]:
    """Return at most `most` steps from 0 to `steps`, about evenly spaced on a logarithmic scale.

    Examples
    --------
    >>> spaced(1000, most=8)
    [0, 1, 3, 10, 32, 100, 316, 1000]
    """
    between = max(most - 2, 1)
    return sorted({0, steps} | {round(steps ** (i / between)) for i in range(between)})


def keyframes(experiment: Experiment) -> list[int]:
    """Return the steps whose snapshots a run keeps, rising: :func:`spaced`, and those at which a knob was turned."""
    steps, child = set(spaced(experiment.fit.steps)), experiment
    while child.start:
        child, at = child.start
        steps.add(at)
    return sorted(steps)


def rate_at(fit: Fit, step: int) -> float:
    """Return the learning rate of the step after `step`.

    ``one_cycle`` climbs on a half cosine from 1/25 of the rate during the first 30 % of the steps
    and falls on another to 1/250,000; ``cosine`` only falls.

    References
    ----------
    L. Smith and N. Topin, Super-convergence (2018), arXiv:1708.07120.
    """
    if fit.schedule == "constant":
        return fit.rate
    done = step / fit.steps
    if fit.schedule == "one_cycle" and done < 0.3:
        return _half_cosine(fit.rate / 25, fit.rate, done / 0.3)
    if fit.schedule == "one_cycle":
        return _half_cosine(fit.rate, fit.rate / 250_000, (done - 0.3) / 0.7)
    return _half_cosine(fit.rate, 0.0, done)


def _half_cosine(begin: float, end: float, done: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * done)) / 2


def revive(experiment: Experiment, snapshot: Snapshot) -> Autoencoder:
    """Return the autoencoder as it was at a snapshot.

    Raises
    ------
    RuntimeError
        If the snapshot's weights do not fit the experiment's network.
    """
    weights = {name.removeprefix("model."): tensor for name, tensor in snapshot.weights.items()}
    return _with(weights, experiment, experiment.data.shape)


def reshaped(experiment: Experiment, model: Autoencoder, shape: tuple[int, ...]) -> Autoencoder:
    """Return the autoencoder for inputs of another shape; itself where its network takes but one."""
    if experiment.net.of_units or shape == model.shape:
        return model
    return _with(model.state_dict(), experiment, shape)


def _with(weights: Mapping[str, Tensor], experiment: Experiment, shape: tuple[int, ...]) -> Autoencoder:
    with torch.device("meta"):
        model = experiment.network(shape)
    model.load_state_dict(weights, assign=True)
    return model.eval()


def train(
    experiment: Experiment,
    *,
    keyframes: Iterable[int] | None = None,
    resume: Snapshot | None = None,
    until: int | None = None,
) -> Iterator[Snapshot]:
    """Train, and give a snapshot at the first step, at each keyframe, and at the last step.

    Nothing but the experiment influences what a snapshot holds: chance is drawn anew at every step
    from the seed and the step's number, so that a run which is taken up again goes on bit by bit
    as if it had never stopped.

    Parameters
    ----------
    experiment : Experiment
        What to train.
    keyframes : iterable of int, optional
        Rising steps. It is asked for the next one only when that is needed, so that whoever
        iterates may decide while it goes. Default: :func:`spaced`.
    resume : Snapshot, optional
        A snapshot of this very experiment, or of the way to its start, to go on from. Without it the
        way is gone again, its snapshots included.
    until : int, optional
        Where to end; by default with the experiment's last step.

    Yields
    ------
    Snapshot
        Its tensors are copies that stay as they are.

    Raises
    ------
    Diverged
        If a term of the loss or a score at a keyframe is not a finite number.
    """
    before = resume
    if experiment.start and (resume is None or resume.step < experiment.start[1]):
        ancestor, at = experiment.start
        for resume in train(ancestor, keyframes=keyframes, resume=resume, until=at):  # noqa: B020
            yield resume
    fit, method, seed = experiment.fit, experiment.method, experiment.seed
    data = posed(experiment, "train").to(DEVICE)
    held_out = posed(experiment, "test").to(DEVICE)
    watched = held_out.at(slice(experiment.task.watched))

    model = experiment.build().to(DEVICE)
    rate = torch.tensor(fit.rate, dtype=torch.float64)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    if resume:
        _restore(model, optimizer, resume.state)
    begin, seconds = (resume.step, resume.seconds) if resume else (0, 0.0)
    step = begin
    terms: dict[str, Tensor] = {}

    def advance(x: Tensor, target: Tensor) -> dict[str, Tensor]:
        x = experiment.task.drawn(x, target, rng)
        terms = method.terms(model, x, target, rng)
        optimizer.zero_grad()
        reduce(add, terms.values()).backward()
        optimizer.step()
        method.after_step(model, x)
        return {name: term.detach() for name, term in terms.items()}

    samples = batches(data, fit.batch, seed, step)
    rng = Generator(DEVICE)
    threads = _threads(model, fit.batch)
    last = fit.steps if until is None else until
    for goal in _goals(step, last, spaced(fit.steps) if keyframes is None else keyframes):
        if goal == begin and resume is not before:
            continue
        began = time.perf_counter()
        with _limited(threads):
            while step < goal:
                x, target = next(samples)
                rng.manual_seed(_mixed(seed, step))
                rate.fill_(rate_at(fit, step))
                if step - begin == PAYS:
                    terms, advance = recorded(advance, x, target)
                else:
                    terms = advance(x, target)
                step += 1
        seconds += time.perf_counter() - began

        scores = _all_scores(experiment, model, watched, held_out if step == fit.steps else None)
        numbers = {name: term.item() for name, term in terms.items()}
        _check(step, numbers | scores)
        yield Snapshot(step, numbers, scores, _copied(model, optimizer), seconds)


def alike(experiments: Iterable[Experiment]) -> list[list[Experiment]]:
    """Return the experiments in groups that :func:`train_together` takes, in the order of their first ones.

    Together go runs that differ in their seed, their rate, and those knobs of their method that only the loss and
    what follows a step see; where such a knob is 0, so that a term may be left out, it is so for all. Alone goes
    what starts from another run, has inputs that depend on the seed, or is large enough to keep the processor busy.

    Examples
    --------
    >>> digits = Experiment.from_query("data=digits&method=vae&hidden=32&latent=2")
    >>> [len(group) for group in alike(digits.sweep(latent=(2, 4), seed=(0, 1, 2)))]
    [3, 3]
    """
    groups: dict[Hashable, list[Experiment]] = {}
    for experiment in experiments:
        groups.setdefault(_kind(experiment), []).append(experiment)
    return list(groups.values())


def _kind(experiment: Experiment) -> Hashable:
    """Return what experiments that are trained together have in common; of one that goes alone, itself."""
    task, method, fit = experiment.task, experiment.method, experiment.fit
    by_chance = type(task).pose is not Task.pose or type(task).drawn is not Task.drawn
    with torch.device("meta"):
        model = experiment.network()
    if experiment.start or by_chance or not (_is_small(model, fit.batch) and method.goes_together(model)):
        return experiment
    loose = _loose(method)
    usual = {name: knob.default for name, knob in method.knobs().items() if name in loose}
    absent = tuple(name for name in loose if not getattr(method, name))
    rate = fit.knobs()["rate"].default
    return experiment.data, method.vary(**usual), task, experiment.net, fit.vary(rate=rate), absent


def _loose(method: Method) -> list[str]:
    """Return the knobs in which runs may differ that are trained together."""
    return [name for name, knob in method.knobs().items() if knob.live and name not in method.built_in]


def train_together(
    experiments: Sequence[Experiment],
    *,
    keyframes: Iterable[int] | None = None,
    resume: Sequence[Snapshot] = (),
) -> Iterator[list[Snapshot | Diverged]]:
    """Train several experiments that are :func:`alike` at once; the snapshots are those of :func:`train`, to the bit.

    A small network waits for Python most of the time. Here Python says once for all runs what is to be done: their
    weights lie in one tensor, a row for each, and so does all that is computed of them.

    Parameters
    ----------
    experiments : sequence of Experiment
        One group of :func:`alike`.
    keyframes : iterable of int, optional
        As in :func:`train`, for all of them.
    resume : sequence of Snapshot, optional
        One of each experiment, all of the same step.

    Yields
    ------
    list of Snapshot or Diverged
        One for each experiment, in their order: what :func:`train` gives, or what it would raise now or has raised
        before. A snapshot's seconds are the run's share of the time.

    Raises
    ------
    ValueError
        If the experiments do not go together, or would not go on from the same step.
    """
    if len(alike(experiments)) > 1 or len({snapshot.step for snapshot in resume}) > 1:
        raise ValueError("these experiments can't be trained together")
    first, runs = experiments[0], len(experiments)
    fit, method = first.fit, first.method
    data, held_out = (posed(first, split).to(DEVICE) for split in ("train", "test"))
    watched = held_out.at(slice(first.task.watched))

    models = [experiment.build().to(DEVICE) for experiment in experiments]
    fits = {experiment.fit.rate: experiment.fit for experiment in experiments}
    stack = Stack(models, [experiment.fit.rate for experiment in experiments])
    for run, snapshot in enumerate(resume):
        models[run].load_state_dict(below("model.", snapshot.state))
        stack.restore(run, below("optimizer.", snapshot.state))
    step, seconds = (resume[0].step, runs * resume[0].seconds) if resume else (0, 0.0)
    begin, terms, lost = step, dict[str, Tensor](), dict[int, Diverged]()

    rng = Generator(DEVICE)
    values = {name: [getattr(one.method, name) for one in experiments] for name in _loose(method)}
    knobs = {name: torch.tensor(each, dtype=torch.float64) for name, each in values.items() if len(set(each)) > 1}
    knobs = {name: each.to(DEVICE) for name, each in knobs.items()}

    def of_one(method: Method, model: Autoencoder, x: Tensor, *target: Tensor) -> dict[str, Tensor]:
        return method.terms(model, x, target[0] if target else x, rng)

    def after_one(method: Method, model: Autoencoder, x: Tensor, *_: Tensor) -> Tensor:
        method.after_step(model, x)
        return x

    of_all, after_all = (over_runs(act, first.network(), method, rng) for act in (of_one, after_one))

    def advance(*given: Tensor) -> dict[str, Tensor]:
        batch, drawn = given[:own], given[own:]
        terms = of_all(stack.state, knobs, drawn, batch)
        stack.descend(reduce(add, terms.values()).sum())
        if type(method).after_step is not Method.after_step:
            with torch.no_grad():
                after_all(stack.state, knobs, (), batch)
        return {name: term.detach() for name, term in terms.items()}

    arrays = data[:1] if data.targets is data.inputs else data[:2]
    own = len(arrays)
    orders = [_order(data.size, fit.batch, experiment.seed, step) for experiment in experiments]
    sample = [array[: min(fit.batch, data.size)] for array in arrays]
    chances = draws(lambda: of_one(method, first.network(), *sample), rng)
    rooms = [torch.empty(runs, *chance.shape, device=DEVICE) for chance in chances]

    for goal in _goals(step, fit.steps, spaced(fit.steps) if keyframes is None else keyframes):
        began = time.perf_counter()
        with _limited(1):
            while step < goal:
                rows = torch.stack([next(one) for one in orders]).to(DEVICE)
                batch = [array.index_select(0, rows.flatten()).unflatten(0, rows.shape) for array in arrays]
                for run, experiment in enumerate(experiments if rooms else ()):
                    rng.manual_seed(_mixed(experiment.seed, step))
                    for chance, room in zip(chances, rooms, strict=True):
                        chance.into(room[run], rng)
                for peak, rate in stack.rates.items():
                    rate.fill_(rate_at(fits[peak], step))
                if step - begin == PAYS_TOGETHER:
                    terms, advance = recorded(advance, *batch, *rooms)
                else:
                    terms = advance(*batch, *rooms)
                step += 1
        seconds += time.perf_counter() - began

        found: list[Snapshot | Diverged] = []
        for run, (experiment, model) in enumerate(zip(experiments, models, strict=True)):
            if run not in lost:
                scores = _all_scores(experiment, model, watched, held_out if step == fit.steps else None)
                numbers = {name: term[run].float().item() for name, term in terms.items()}
                try:
                    _check(step, numbers | scores)
                except Diverged as trouble:
                    lost[run] = trouble
                else:
                    state = _copies("model.", model.state_dict()) | _copies("optimizer.", stack.moments(run))
                    found.append(Snapshot(step, numbers, scores, state, seconds / runs))
                    continue
            found.append(lost[run])
        yield found


def posed(experiment: Experiment, split: Split) -> Samples:
    """Return one part of the data as the experiment's task poses it, the same at every call."""
    return experiment.task.pose(experiment.data.load(split), split, _chance(experiment.seed, f"pose {split}"))


def examples(experiment: Experiment, points: int) -> list[Samples]:
    """Return the first samples of an experiment's data, those held out before those trained on; no copy is made."""
    held_out = posed(experiment, "test")
    if points <= held_out.size:
        return [held_out.at(slice(points))]
    return [held_out, posed(experiment, "train").at(slice(points - held_out.size))]


def batches(samples: Samples, size: int, seed: int, step: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
    """Give inputs and targets batch by batch, for ever, from where `step` batches have gone before.

    Every epoch has an order of its own; samples that would make an incomplete batch wait for the next.
    """
    for rows in _order(samples.size, size, seed, step):
        rows = rows.to(samples.inputs.device)
        x = samples.inputs.index_select(0, rows)
        yield x, x if samples.targets is samples.inputs else samples.targets.index_select(0, rows)


def _order(count: int, size: int, seed: int, step: int) -> Iterator[Tensor]:
    """Give the rows of each batch of `count` samples."""
    size = min(size, count)
    in_epoch = count // size
    for epoch in counted(step // in_epoch):
        order = torch.randperm(count, generator=_chance(seed, f"epoch {epoch}"))
        yield from order.split(size)[step % in_epoch : in_epoch]
        step = 0


def _all_scores(
    experiment: Experiment, model: Autoencoder, watched: Samples, held_out: Samples | None
) -> dict[str, float]:
    """Return the scores on the samples that are watched and, with their own names, on all."""
    scores = {f"watched_{name}": score for name, score in _scores(experiment, model, watched)}
    return scores | dict(_scores(experiment, model, held_out) if held_out else ())


def _check(step: int, numbers: Mapping[str, float]) -> None:
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise Diverged(step, name)


def _scores(experiment: Experiment, model: Autoencoder, samples: Samples) -> Iterable[tuple[str, float]]:
    rng = _chance(experiment.seed, "score")
    found = experiment.task.score(model, samples) | experiment.method.score(model, samples, rng)
    return found.items()


def _goals(first: int, last: int, wanted: Iterable[int]) -> Iterator[int]:
    """Give the steps at which a snapshot is due: the first, those wanted in between, the last."""
    yield first
    for goal in wanted:
        if goal >= last:
            break
        if goal > first:
            yield goal
            first = goal
    if first < last:
        yield last


def machine(experiment: Experiment) -> dict[str, str]:
    """Return what of this machine the bits of a result depend on, beside the experiment.

    Returns
    -------
    dict of str
        ``processor``, its ``instructions`` or the graphics card that trains instead, the ``threads`` that train this
        experiment, and the version of ``torch``.
    """
    with torch.device("meta"):
        threads = _threads(experiment.network(), experiment.fit.batch)
    return {
        "processor": platform.machine(),
        "instructions": torch.cuda.get_device_name()
        if DEVICE.type == "cuda"
        else torch.backends.cpu.get_cpu_capability(),
        "threads": str(threads),
        "torch": torch.__version__,
    }


def _threads(model: Autoencoder, batch: int) -> int:
    """Return how many threads pay."""
    return 1 if _is_small(model, batch) else torch.get_num_threads()


def is_large(experiment: Experiment) -> bool:
    """Whether a step has so many multiplications that more threads pay, or a graphics card."""
    with torch.device("meta"):
        return not _is_small(experiment.network(), experiment.fit.batch)


def _is_small(model: Autoencoder, batch: int) -> bool:
    """Whether a step has few multiplications; a convolution uses its weights often, and is never small."""
    weights = list(model.parameters())
    flat = all(weight.dim() <= 2 for weight in weights)
    return flat and batch * sum(weight.numel() for weight in weights) < ALONE


@contextmanager
def _limited(threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _chance(seed: int, purpose: str) -> Generator:
    digest = hashlib.blake2b(f"{seed} {purpose}".encode(), digest_size=7).digest()
    return Generator().manual_seed(int.from_bytes(digest, "big"))


def _mixed(seed: int, step: int) -> int:
    # Neighbouring seeds give Mersenne twisters that start alike; an odd multiplier moves them apart.
    return ((seed << 32) + step) * 0x9E3779B97F4A7C15 % 2**63


def _copied(model: Autoencoder, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    moments = {
        f"{name}.{kind}": tensor
        for name, parameter in model.named_parameters()
        for kind, tensor in optimizer.state[parameter].items()
    }
    return _copies("model.", model.state_dict()) | _copies("optimizer.", moments)


def _copies(prefix: str, named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}{name}": tensor.detach().to("cpu", copy=True) for name, tensor in named.items()}


def _restore(model: Autoencoder, optimizer: torch.optim.Optimizer, state: Mapping[str, Tensor]) -> None:
    model.load_state_dict(below("model.", state))
    for name, parameter in model.named_parameters():
        kept = below(f"optimizer.{name}.", state)
        optimizer.state[parameter] = {kind: tensor.to(parameter.device, copy=True) for kind, tensor in kept.items()}
