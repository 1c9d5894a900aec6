"""The experiment: a value that says everything a result depends on."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs, urlencode

import torch

from aecore import datasets, methods, networks, tasks
from aecore.datasets import Data
from aecore.knobs import Complaint, Knob, Spec, Value, choice, knob, to_text
from aecore.methods import Method
from aecore.networks import Autoencoder, Net
from aecore.tasks import Task

# Part of every key: raised when the same experiment would no longer give the same bits.
RECIPE = 1

PARTS: dict[str, Mapping[str, type[Spec]]] = {
    "data": datasets.TABLE,
    "method": methods.TABLE,
    "task": tasks.TABLE,
    "net": networks.TABLE,
}
FALLBACK = {"data": "mnist", "method": "undercomplete", "task": "reconstruction", "net": "mlp"}
# Ancestors of an experiment at most: each costs whoever reads a link, and chains are followed by recursion.
MOST_STARTS = 100
SEED = Knob(0, low=0, high=2**31 - 1, step=1, fine=True)
# Fresh weights come from torch's one generator, which threads must not draw from in turns.
_DRAWING = threading.RLock()


@dataclass(frozen=True)
class Fit(Spec):
    """How long and how fast to train; the optimiser is always Adam."""

    name = "fit"

    steps: int = knob(2000, 1, 100_000, scale="log")
    batch: int = knob(128, 1, 4096, scale="log", fine=True)
    rate: float = knob(3e-3, 1e-6, 1.0, scale="log", live=True)
    schedule: str = choice("one_cycle", "cosine", "constant", fine=True)


@dataclass(frozen=True)
class Experiment:
    """Data, method, task, network, fit and seed; equal experiments give bit-equal results.

    Parameters
    ----------
    data, method, task, net, fit : Spec
        The parts, each a frozen set of knobs.
    seed : int
        The source of all chance: first weights, order of the samples, noise.
    start : tuple of Experiment and int, optional
        Begin with the state that another experiment had at a step, not with fresh weights.

    Examples
    --------
    >>> e = Experiment.from_query("data=digits&net=linear&latent=4")
    >>> e.net
    Linear(latent=4)
    >>> e == Experiment.from_query(e.to_query())
    True
    """

    data: Data
    method: Method
    task: Task
    net: Net
    fit: Fit
    seed: int = 0
    start: tuple[Experiment, int] | None = None

    def __post_init__(self) -> None:
        """Give knobs without influence their defaults, so that experiments with the same results are equal."""
        idle = {name: knob.default for name, knob in self.knobs.items() if knob.idle}
        for part in (*PARTS, "fit"):
            spec = getattr(self, part)
            if resting := {name: value for name, value in idle.items() if name in spec.knobs()}:
                object.__setattr__(self, part, spec.vary(**resting))

    @classmethod
    def settle(
        cls,
        given: Mapping[str, object],
        *,
        others: Collection[str] = (),
        only: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Settled:
        """Read values by name; use the nearest allowed one where a value is not allowed.

        Parameters
        ----------
        given : mapping
            Values, or their texts as they stand in a link, by name.
        others : collection of str
            Names that belong to somebody else and are passed over.
        only : mapping of str to sequence of str
            Parts that may not be just any of their table; the first is the default.

        Returns
        -------
        Settled
            The experiment, and one complaint for each name that was unknown or out of range.
        """
        rest = {name: value for name, value in given.items() if name not in others}
        complaints: list[Complaint] = []

        def settle(name: str, declared: Knob) -> Value:
            asked = rest.pop(name, declared.default)
            value, reason = declared.settle(asked)
            if reason:
                used = declared.default if declared.idle else value
                complaints.append(Complaint(name, to_text(asked), used, reason, declared.why))
            return value

        kinds: dict[str, type[Spec]] = {}

        def choose(part: str, options: Sequence[str]) -> None:
            usual = options[0] if part in only else FALLBACK[part]
            wish = str(preferred(kinds.values()).get(part, usual))
            declared = Knob(wish if wish in options else options[0], options=tuple(options))
            kinds[part] = PARTS[part][str(settle(part, declared))]

        for part in ("data", "method", "task"):
            choose(part, tuple(only.get(part, PARTS[part])))
        data_type, method_type = cast("type[Data]", kinds["data"]), cast("type[Method]", kinds["method"])
        data = data_type(**{name: settle(name, knob) for name, knob in data_knobs(data_type, method_type).items()})
        choose("net", nets_for(data, method_type, only.get("net", tuple(networks.TABLE))))

        chain = rest.pop("start", ())
        chain = [chain] if isinstance(chain, str) else list(cast("Iterable[str]", chain))
        if len(chain) > MOST_STARTS:
            complaints.append(Complaint("start", chain[MOST_STARTS], None, "too_high"))
            chain = []
        wanted = knobs_for(data, kinds["method"], kinds["task"], kinds["net"], chosen=rest)
        values = {name: settle(name, wanted[name]) for name in wanted}
        complaints += [Complaint(name, to_text(value), None, "unknown") for name, value in rest.items()]

        parts: Any = {
            part: kind(**{name: values[name] for name in kind.knobs()})
            for part, kind in kinds.items()
            if part != "data"
        }
        fit = Fit(**{name: values[name] for name in Fit.knobs()})  # type: ignore[arg-type]
        experiment = cls(data=data, **parts, fit=fit, seed=cast("int", values["seed"]))
        return Settled(experiment._begin_at(cast("Sequence[str]", chain), complaints), tuple(complaints))

    def _begin_at(self, chain: Sequence[str], complaints: list[Complaint]) -> Experiment:
        """Return this experiment with its ancestors, the nearest first, each as its step and what it had otherwise."""
        if not chain:
            return self
        step, *changes = chain[0].split(":")
        whole, reason = self.knobs["steps"].settle(step)
        asked: dict[str, object] = {**self.flat(), **dict(change.split("=", 1) for change in changes if "=" in change)}
        ancestor, wrong = self.settle(asked)
        if reason or wrong or ancestor.net != self.net or ancestor.data != self.data:
            complaints.append(Complaint("start", chain[0], None, reason or "not_an_option"))
            return self
        return replace(self, start=(ancestor._begin_at(chain[1:], complaints), cast("int", whole)))

    @classmethod
    def from_query(cls, query: str) -> Experiment:
        """Read an experiment as it stands in an address bar.

        Raises
        ------
        ValueError
            If a name is unknown or a value is not allowed; the message names each.
        """
        pairs = parse_qs(query.lstrip("?"), keep_blank_values=True)
        settled = cls.settle({name: texts if name == "start" else texts[-1] for name, texts in pairs.items()})
        return settled.strictly()

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any]) -> Experiment:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        ValueError
            If a name is unknown or missing, or a value is not allowed.
        """
        trees = [tree]
        while isinstance(trees[-1], Mapping) and trees[-1].get("start"):
            trees.append(_earlier(trees[-1]["start"]))
            if len(trees) > MOST_STARTS + 1:
                raise ValueError(f"more than {MOST_STARTS} starts")
        experiment = cls._from_flat(trees[-1])
        for later in reversed(trees[:-1]):
            ancestor, experiment = experiment, cls._from_flat(later)
            step, reason = experiment.knobs["steps"].settle(later["start"][1])
            if reason or ancestor.net != experiment.net or ancestor.data != experiment.data:
                raise ValueError(f"cannot start from {later['start'][1]!r}")
            experiment = replace(experiment, start=(ancestor, cast("int", step)))
        return experiment

    @classmethod
    def _from_flat(cls, tree: object) -> Experiment:
        if not isinstance(tree, Mapping):
            raise ValueError("not an experiment")
        flat = {name: value for name, value in tree.items() if name not in ("start", "recipe")}
        experiment = cls.settle(flat).strictly()
        if missing := experiment.flat().keys() - flat.keys():
            raise ValueError(f"the experiment does not say {', '.join(sorted(missing))}")
        return experiment

    @property
    def knobs(self) -> dict[str, Knob]:
        """Every knob by name, with the bounds and defaults that hold for this experiment."""
        kinds = (type(self.method), type(self.task), type(self.net))
        return knobs_for(self.data, *kinds, chosen=self.flat()) | data_knobs(type(self.data), type(self.method))

    def flat(self) -> dict[str, Value]:
        """Return every value by the name that it has in a link, without the start."""
        parts = {part: getattr(self, part) for part in PARTS}
        flat: dict[str, Value] = {part: spec.name for part, spec in parts.items()}
        for spec in (*parts.values(), self.fit):
            flat |= spec.to_dict()
        return flat | {"seed": self.seed}

    def to_dict(self) -> dict[str, Any]:
        """Return the experiment as plain JSON types."""
        start = self.start and [self.start[0].to_dict(), self.start[1]]
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in self.flat().items()}
        return values | {"start": start, "recipe": RECIPE}

    def to_query(self) -> str:
        """Return the experiment as it stands in an address bar, every value said."""
        pairs = [(name, to_text(value)) for name, value in self.flat().items()]
        return urlencode([*pairs, *(("start", link) for link in self.chain)], safe=",:=")

    @property
    def chain(self) -> list[str]:
        """Return its ancestors as they stand in a link, the nearest first: a step, and what differed until then."""
        if not self.start:
            return []
        ancestor, step = self.start
        mine = self.flat()
        changes = [f"{name}={to_text(value)}" for name, value in ancestor.flat().items() if value != mine.get(name)]
        return [":".join([str(step), *changes]), *ancestor.chain]

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits that equal experiments share."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """What files about it are called: its lesson or application, its data, and the first digits of its key.

        Examples
        --------
        >>> Experiment.from_query("data=digits&method=vae").name[:11]
        'vae-digits-'
        """
        lesson = self.method.name if self.task.name == "reconstruction" else self.task.name
        return f"{lesson}-{self.data.name}-{self.key[:6]}"

    def build(self) -> Autoencoder:
        """Return the untrained autoencoder, its weights drawn from the seed alone."""
        with _DRAWING, torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return self.network()

    def network(self, shape: tuple[int, ...] | None = None) -> Autoencoder:
        """Return the autoencoder as the method wants it, with weights from torch's global generator.

        Parameters
        ----------
        shape : tuple of int, optional
            Shape of one input, by default the data's.
        """
        with _DRAWING:
            return self.method.network(shape or self.data.shape, self.net, unit=self.data.value_range == "unit")

    @property
    def fresh(self) -> Experiment:
        """The same experiment from fresh weights."""
        return replace(self, start=None)

    def vary(self, **changes: Value) -> Experiment:
        """Return a copy with some values changed, by the names that they have in a link.

        Of the other values, one that the change puts out of its bounds takes the nearest that is allowed, and one
        that had no influence until then takes its default.

        Raises
        ------
        ValueError
            If a name is unknown or a value is not allowed.

        Examples
        --------
        >>> Experiment.from_query("data=digits").vary(latent=2).net.latent
        2
        """
        idle = {name for name, knob in self.knobs.items() if knob.idle}
        kept = {name: value for name, value in self.flat().items() if name not in idle}
        experiment, complaints = self.settle(kept | changes)
        wrong = [c for c in complaints if c.name in changes or c.reason not in ("too_low", "too_high")]
        return replace(Settled(experiment, tuple(wrong)).strictly(), start=self.start)

    def sweep(self, **ranges: Sequence[Value]) -> list[Experiment]:
        """Return one experiment for each combination of the given values.

        Examples
        --------
        >>> [e.net.latent for e in Experiment.from_query("data=digits").sweep(latent=(1, 2, 4))]
        [1, 2, 4]
        """
        return [self.vary(**dict(zip(ranges, values, strict=True))) for values in product(*ranges.values())]


class Settled(NamedTuple):
    """What a link means, and what was wrong with it."""

    experiment: Experiment
    complaints: tuple[Complaint, ...]

    def strictly(self) -> Experiment:
        """Return the experiment, or raise ValueError that names every complaint."""
        if self.complaints:
            wrong = "; ".join(f"{c.name}={c.given!r}: {c.reason}, nearest {c.used!r}" for c in self.complaints)
            raise ValueError(f"not an experiment: {wrong}")
        return self.experiment


def _earlier(start: object) -> Any:
    if not isinstance(start, list | tuple) or len(start) != 2:
        raise ValueError("a start is an experiment and a step")
    return start[0]


def nets_for(data: Data, method: type[Method], names: Iterable[str]) -> list[str]:
    """Return those of some networks that can take the data and have what the method asks for.

    Examples
    --------
    >>> nets_for(datasets.Ring(), methods.Denoising, networks.TABLE)
    ['linear', 'mlp']
    >>> nets_for(datasets.Mnist(), methods.Vae, ["conv", "maps"])
    ['conv']
    """
    kinds = {name: networks.TABLE[name] for name in names}
    axes = len(data.shape)
    return [name for name, net in kinds.items() if net.takes <= axes and (net.of_units or not method.of_units)]


def preferred(kinds: Iterable[type[Spec]]) -> dict[str, Value]:
    """Return the defaults that the parts wish for, the later ones' before the earlier ones'."""
    return {name: value for kind in kinds for name, value in kind.defaults.items()}


def data_knobs(data: type[Data], method: type[Method]) -> dict[str, Knob]:
    """Return the knobs of a data set, with the method's defaults."""
    return {name: replace(knob, default=method.defaults.get(name, knob.default)) for name, knob in data.knobs().items()}


def knobs_for(
    data: Data, method: type[Spec], task: type[Spec], net: type[Spec], *, chosen: Mapping[str, object]
) -> dict[str, Knob]:
    """Return the knobs of all parts but the data, with the data's and the method's defaults and bounds."""
    declared = {**method.knobs(), **task.knobs(), **net.knobs(), **Fit.knobs(), "seed": SEED}
    wishes = preferred((type(data), method, task))
    suited = {name: replace(bounds, default=wishes.get(name, bounds.default)) for name, bounds in declared.items()}
    narrowed = cast("type[Method]", method).narrow(
        suited, shape=data.shape, unit=data.value_range == "unit", one_hot=data.one_hot, chosen=chosen
    )
    narrowed = cast("type[Task]", task).narrow(narrowed, data)
    return {name: replace(bounds, default=bounds.settle(bounds.default)[0]) for name, bounds in narrowed.items()}
