"""Training: the one loop, as a generator of snapshots."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import count
from operator import add

import torch
from torch import Generator, Tensor

from aecore.datasets.data import Split
from aecore.experiment import Experiment, Fit
from aecore.networks import Autoencoder
from aecore.replay import recorded
from aecore.samples import Samples

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# Multiplications a step below which waking a second thread costs more than it brings (measured).
ALONE = 20_000_000

# Steps after which a step is written down: that costs about what it saves in as many steps (measured).
PAYS = 300


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

        scores = {f"watched_{name}": score for name, score in _scores(experiment, model, watched)}
        if step == fit.steps:
            scores |= dict(_scores(experiment, model, held_out))
        numbers = {name: term.item() for name, term in terms.items()}
        for name, number in (numbers | scores).items():
            if not math.isfinite(number):
                raise Diverged(step, name)
        yield Snapshot(step, numbers, scores, _copied(model, optimizer), seconds)


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
    size = min(size, samples.size)
    in_epoch = samples.size // size
    for epoch in count(step // in_epoch):
        order = torch.randperm(samples.size, generator=_chance(seed, f"epoch {epoch}")).to(samples.inputs.device)
        for rows in order.split(size)[step % in_epoch : in_epoch]:
            x = samples.inputs.index_select(0, rows)
            yield x, x if samples.targets is samples.inputs else samples.targets.index_select(0, rows)
        step = 0


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


def _threads(model: Autoencoder, batch: int) -> int:
    """Return how many threads pay; a convolution uses its weights often enough for all of them."""
    weights = list(model.parameters())
    flat = all(weight.dim() <= 2 for weight in weights)
    few = batch * sum(weight.numel() for weight in weights) < ALONE
    return 1 if flat and few else torch.get_num_threads()


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
    state = {f"model.{name}": tensor.detach().to("cpu", copy=True) for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for kind, tensor in optimizer.state[parameter].items():
            state[f"optimizer.{name}.{kind}"] = tensor.to("cpu", copy=True)
    return state


def _restore(model: Autoencoder, optimizer: torch.optim.Optimizer, state: Mapping[str, Tensor]) -> None:
    model.load_state_dict({name.removeprefix("model."): t for name, t in state.items() if name.startswith("model.")})
    for name, parameter in model.named_parameters():
        prefix = f"optimizer.{name}."
        kept = {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}
        optimizer.state[parameter] = {kind: tensor.to(parameter.device, copy=True) for kind, tensor in kept.items()}
