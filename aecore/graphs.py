"""Graphs: encoder and decoder of a model as ONNX, for whatever reads that."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aecore.networks import Autoencoder

# The exporter keeps what it does in globals.
_exporting = threading.Lock()


def graphs(model: Autoencoder, about: dict[str, str] | None = None) -> dict[str, bytes]:
    """Return a model as two ONNX files.

    Parameters
    ----------
    model : Autoencoder
        In either mode; what is written is what :meth:`Autoencoder.encode` and :meth:`Autoencoder.decode` compute.
    about : dict of str, optional
        Written into both as their metadata.

    Returns
    -------
    dict of str to bytes
        ``encoder.onnx`` takes ``x``, ``(n, *shape)``, and gives ``z``, ``(n, n_latent)``, of a Gaussian code the
        means; ``decoder.onnx`` takes ``z`` and gives ``x_hat``, ``(n, *shape)``. All are float32, and n is free.
    """
    x, z = torch.zeros(2, *model.shape), torch.zeros(2, model.n_latent)
    return {
        "encoder.onnx": _exported(model, model.encode, x, "x", "z", about or {}),
        "decoder.onnx": _exported(model, model.decode, z, "z", "x_hat", about or {}),
    }


class _Half(nn.Module):
    """One half of a model as a module of its own."""

    def __init__(self, model: Autoencoder, compute: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.model = model
        self.compute = compute

    def forward(self, given: Tensor) -> Tensor:
        return self.compute(given)


def _exported(
    model: Autoencoder, compute: Callable[[Tensor], Tensor], given: Tensor, into: str, out: str, about: dict[str, str]
) -> bytes:
    import onnx

    stream = io.BytesIO()
    with _exporting, warnings.catch_warnings():
        # The newer exporter needs two packages more and takes 0.6 to 2.6 s a half instead of 0.01 to 0.1 s.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Half(model, compute).eval(),
            (given,),
            stream,  # type: ignore[arg-type]
            input_names=[into],
            output_names=[out],
            dynamic_axes={into: {0: "n"}, out: {0: "n"}},
            dynamo=False,
        )
    graph = onnx.load_from_string(stream.getvalue())
    onnx.helper.set_model_props(graph, about)
    return graph.SerializeToString()
