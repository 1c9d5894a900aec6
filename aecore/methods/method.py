"""What a method is: the network that it wants and the terms of its loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Generator, Tensor

from aecore.knobs import Knob, Spec
from aecore.networks import Autoencoder, Linear, Net
from aecore.networks.net import Shape
from aecore.samples import Samples


@dataclass(frozen=True)
class Method(Spec, ABC):
    """A way of training an autoencoder; each is its equation, everything else is shared."""

    of_units: ClassVar[bool] = True
    """Whether it asks something of single units of the code, which a code of maps has not."""

    built_in: ClassVar[tuple[str, ...]] = ()
    """Knobs that may be turned in mid-run and yet stand in the network, not in the terms alone."""

    @classmethod
    def narrow(
        cls, knobs: Mapping[str, Knob], *, shape: Shape, unit: bool, one_hot: bool, chosen: Mapping[str, object]
    ) -> dict[str, Knob]:
        """Return the knobs with the bounds that this method and these inputs leave them.

        Parameters
        ----------
        knobs : mapping
            Every knob of the experiment by name.
        shape : tuple of int
            Shape of one input.
        unit : bool
            Whether the inputs lie in [0, 1].
        one_hot : bool
            Whether each row of an input is a choice of one symbol.
        chosen : mapping
            What was asked for so far, for bounds that follow another knob.
        """
        return dict(knobs)

    def network(self, shape: Shape, net: Net, *, unit: bool) -> Autoencoder:
        """Return the untrained autoencoder that this method trains.

        Where all inputs lie in [0, 1] the outputs do too; but a linear network stays linear.
        """
        return net.build(shape, "sigmoid" if unit and not isinstance(net, Linear) else "identity")

    @abstractmethod
    def terms(self, model: Autoencoder, x: Tensor, target: Tensor, rng: Generator) -> dict[str, Tensor]:
        """Return the terms of the loss by name; the loss is their sum.

        Parameters
        ----------
        model : Autoencoder
            As :meth:`network` built it.
        x, target : Tensor
            Shape ``(n, *shape)``.
        rng : Generator
            The only source of chance.
        """

    def score(self, model: Autoencoder, samples: Samples, rng: Generator) -> dict[str, float]:
        """Return what else this method promises of held-out samples, by name; most promise nothing more."""
        return {}

    def goes_together(self, model: Autoencoder) -> bool:
        """Return whether terms that are computed for several runs at once are, to the bit, those of each alone."""
        return True

    def after_step(self, model: Autoencoder, x: Tensor) -> None:
        """Change the model after the optimiser's step; most methods do nothing here."""
