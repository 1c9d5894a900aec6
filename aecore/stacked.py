"""Stacking: what a run computes, computed for several runs at once.

The runs' weights lie in one tensor, a row for each run, and :func:`torch.vmap` takes what is written for one run
over all rows. Three things it leaves open are settled here, so that every run gets the very bits that it would get
alone: chance, which each run draws for itself beforehand; knobs that differ from run to run; and layers that
vmap would take apart and put together in another order.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn, vmap
from torch.autograd import Function
from torch.func import functional_call
from torch.overrides import TorchFunctionMode

from aecore.knobs import Spec

AnySpec = TypeVar("AnySpec", bound=Spec)


class Draw(NamedTuple):
    """One use of chance: the in-place method that draws, its arguments, and the shape of what it fills."""

    fill: Callable[..., Tensor]
    given: tuple[Any, ...]
    shape: torch.Size

    def into(self, room: Tensor, rng: Generator) -> None:
        """Draw into a tensor of this shape."""
        self.fill(room, *self.given, generator=rng)


def draws(act: Callable[[], object], rng: Generator) -> list[Draw]:
    """Return what a computation draws from a generator, in its order."""
    with _Watched(rng) as watched:
        act()
    return watched.found


class _Watched(TorchFunctionMode):
    """Writes down what is drawn from a generator."""

    def __init__(self, rng: Generator) -> None:
        super().__init__()
        self.rng = rng
        self.found: list[Draw] = []

    def __torch_function__(
        self, called: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if (kwargs or {}).get("generator") is self.rng:
            self.found.append(Draw(called, args[1:], args[0].shape))
        return called(*args, **(kwargs or {}))


class _Settled(TorchFunctionMode):
    """Gives a run what it has drawn, and lets it compute its layers as it would alone.

    Parameters
    ----------
    rng : Generator
        Asked for chance, it is not.
    drawn : sequence of Tensor
        What was drawn, in the order in which it is asked for.
    knobs : collection of Tensor
        Values of which none is 0, whatever run it is.
    """

    def __init__(self, rng: Generator, drawn: Sequence[Tensor], knobs: Sequence[Tensor]) -> None:
        super().__init__()
        self.rng = rng
        self.drawn = iter(drawn)
        self.knobs = {id(knob) for knob in knobs}

    def __torch_function__(
        self, called: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if kwargs.get("generator") is self.rng:
            return next(self.drawn)
        if called is Tensor.__bool__ and id(args[0]) in self.knobs:
            return True
        # Within a further transform, such as a Jacobian, a run alone has its layers taken apart as well.
        if torch._C._functorch.maybe_current_level() == 1:
            if called is F.linear:
                return _Linear.apply(*args)
            if called is F.binary_cross_entropy_with_logits:
                return _CrossEntropy.apply(*args)
        return called(*args, **kwargs)


class _Linear(Function):
    """A layer, which for several runs is one product after another of the same shapes, forward and backward."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return F.linear(x, weight, bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        """Keep nothing: only the stacked layer is gone backward through."""

    @staticmethod
    def vmap(info: Any, dims: tuple[int | None, ...], *given: Tensor) -> tuple[Tensor, int]:
        return _Layers.apply(*_rows_first(info.batch_size, dims, given)), 0


class _Layers(Function):
    @staticmethod
    def forward(x: Tensor, weights: Tensor, biases: Tensor) -> Tensor:
        if 1 in x.shape[1:] + weights.shape[1:]:
            return torch.stack([F.linear(*one) for one in zip(x, weights, biases, strict=True)])
        return torch.baddbmm(biases[:, None], x, weights.mT)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Any:
        x, weights = ctx.saved_tensors
        return _products(slope, weights) if ctx.needs_input_grad[0] else None, _products(slope.mT, x), slope.sum(1)


def _products(one: Tensor, other: Tensor) -> Tensor:
    """Return the products of matrices; with a single row or column each is rounded otherwise than in a batch."""
    if 1 in one.shape[1:] + other.shape[1:]:
        return torch.stack([a.mm(b) for a, b in zip(one, other, strict=True)])
    return one.bmm(other)


class _CrossEntropy(Function):
    """The Bernoulli cross-entropy, summed, whose gradient vmap would compute by another formula."""

    @staticmethod
    def forward(logits: Tensor, x: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, x, reduction="sum")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        """Keep nothing: only the stacked loss is gone backward through."""

    @staticmethod
    def vmap(info: Any, dims: tuple[int | None, ...], *given: Tensor) -> tuple[Tensor, int]:
        logits, x = _rows_first(info.batch_size, dims, given)
        each = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
        return each.flatten(1).sum(1), 0


def _rows_first(runs: int, dims: Sequence[int | None], given: Sequence[Tensor]) -> list[Tensor]:
    return [
        tensor.expand(runs, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
        for tensor, dim in zip(given, dims, strict=True)
    ]


class _Holder(nn.Module):
    """Lets a function see a model whose weights are those of one run."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, act: Callable[..., Any], spec: Spec, *batch: Tensor) -> Any:
        return act(spec, self.model, *batch)


def over_runs(
    act: Callable[..., Any], model: nn.Module, spec: AnySpec, rng: Generator
) -> Callable[[Mapping[str, Tensor], Mapping[str, Tensor], Sequence[Tensor], tuple[Tensor, ...]], Any]:
    """Return what does for several runs what a function does for one.

    Parameters
    ----------
    act : callable
        Takes a spec, a model and the tensors of a batch; gives tensors.
    model : nn.Module
        Any of the runs' models; its own weights are not looked at.
    spec : Spec
        Any of the runs' methods, as the knobs that do not differ are.
    rng : Generator
        Where `act` draws from.

    Returns
    -------
    callable
        Takes weights and buffers by name, the knobs that differ by name, what was drawn, and the tensors of the
        batches, all with a row for each run.
    """
    holder = _Holder(model)

    def of_one(
        weights: Mapping[str, Tensor], knobs: Mapping[str, Tensor], drawn: Sequence[Tensor], batch: tuple[Tensor, ...]
    ) -> Any:
        state = {f"model.{name}": tensor for name, tensor in weights.items()}
        with _Settled(rng, drawn, list(knobs.values())):
            return functional_call(holder, state, (act, turned(spec, knobs), *batch))

    return vmap(of_one)


def turned(spec: AnySpec, knobs: Mapping[str, Tensor]) -> AnySpec:
    """Return a spec with tensors in place of some of its numbers, which no bounds are asked of."""
    spec = copy.copy(spec)
    for name, knob in knobs.items():
        object.__setattr__(spec, name, knob)
    return spec


class Stack:
    """Models of one shape whose weights lie together, a row of every tensor for each model, and their optimiser.

    Parameters
    ----------
    models : sequence of nn.Module
        They stay alive: each now has its row for its weights.
    rates : sequence of float
        The learning rate of each.

    Attributes
    ----------
    state : dict of Tensor
        Weights and buffers by name.
    weights : dict of Tensor
        The weights alone.
    rates : dict of float to Tensor
        By each rate that was given, the one to go by, to be filled anew at every step.
    """

    def __init__(self, models: Sequence[nn.Module], rates: Sequence[float]) -> None:
        states = [model.state_dict() for model in models]
        self.state = {name: torch.stack([state[name] for state in states]) for name in states[0]}
        for run, model in enumerate(models):
            model.load_state_dict({name: stack[run] for name, stack in self.state.items()}, assign=True)
        self.weights = {name: self.state[name].requires_grad_() for name, _ in models[0].named_parameters()}
        # Run by run: how the optimiser rounds depends on where in a tensor a number lies.
        self.own = [
            {name: nn.Parameter(w.detach()[run]) for name, w in self.weights.items()} for run in range(len(models))
        ]
        self.rates = {rate: torch.tensor(rate, dtype=torch.float64) for rate in rates}
        alike = {rate: [own for own, its in zip(self.own, rates, strict=True) if its == rate] for rate in self.rates}
        groups = [
            {"params": [weight for own in owns for weight in own.values()], "lr": self.rates[rate]}
            for rate, owns in alike.items()
        ]
        self.optimizer = torch.optim.Adam(groups, fused=True)

    def descend(self, loss: Tensor) -> None:
        """Take one step of every model's own, down the sum of their losses."""
        for weight in self.weights.values():
            weight.grad = None
        loss.backward()
        for run, own in enumerate(self.own):
            for name, parameter in own.items():
                slopes = self.weights[name].grad
                parameter.grad = None if slopes is None else slopes[run]
        self.optimizer.step()

    def moments(self, run: int) -> dict[str, Tensor]:
        """Return what the optimiser knows of one model: ``<weight>.<kind>``."""
        return {
            f"{name}.{kind}": tensor
            for name, parameter in self.own[run].items()
            for kind, tensor in self.optimizer.state[parameter].items()
        }

    def restore(self, run: int, moments: Mapping[str, Tensor]) -> None:
        """Let the optimiser know of a model what :meth:`moments` told."""
        for name, parameter in self.own[run].items():
            self.optimizer.state[parameter] = {
                kind: tensor.to(parameter.device, copy=True) for kind, tensor in below(f"{name}.", moments).items()
            }


def below(prefix: str, named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in named.items() if name.startswith(prefix)}
