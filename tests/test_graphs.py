"""Encoders and decoders as ONNX, run by another library than the one that trained them."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch

from aecore import gallery
from aecore.graphs import graphs
from aecore.training import posed, revive

# One thread, no word of what is not found.
OPTIONS = onnxruntime.SessionOptions()
OPTIONS.intra_op_num_threads = 1
OPTIONS.log_severity_level = 3


def ran(graph: bytes, **given: torch.Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(graph, OPTIONS, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {name: tensor.contiguous().numpy() for name, tensor in given.items()})
    return found


@pytest.mark.parametrize("name", gallery.TABLE)
def test_a_shipped_model_as_onnx_computes_the_same(name):
    experiment = gallery.experiment_of(name)
    model = revive(experiment, gallery.run_of(experiment).snapshot())
    files = graphs(model, {"experiment": experiment.to_query()})
    generator = torch.Generator().manual_seed(0)
    real = posed(experiment, "test").inputs
    # Of the values that the data have, in an order that no input has: the rounding of float32 grows with them.
    values = real[:5].flatten()
    random = values[torch.randperm(len(values), generator=generator)].view_as(real[:5])
    for x in (real[:1], real[:5], random):
        with torch.inference_mode():
            z, x_hat = model.encode(x), model(x)
        codes = ran(files["encoder.onnx"], x=x)
        np.testing.assert_allclose(codes, z, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(ran(files["decoder.onnx"], z=z), x_hat, rtol=1e-5, atol=1e-5)
    z = torch.randn((4, model.n_latent), generator=generator)
    with torch.inference_mode():
        decoded = model.decode(z)
    np.testing.assert_allclose(ran(files["decoder.onnx"], z=z), decoded, rtol=1e-5, atol=1e-5)


def test_a_graph_says_what_it_is_of(small):
    files = graphs(small.build(), {"experiment": small.to_query()})
    for graph in files.values():
        session = onnxruntime.InferenceSession(graph, OPTIONS, providers=["CPUExecutionProvider"])
        assert session.get_modelmeta().custom_metadata_map == {"experiment": small.to_query()}
