"""Replay: a training step as the flat list of tensor operations that it comes to.

Of a small network's step, half the time goes into deciding what to do: Python's and autograd's share. What is
to be done is the same at every step, so it is written down once, gradients and optimiser included.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TypeAlias

import torch
from torch import Tensor
from torch.fx import Graph, Node
from torch.fx.experimental.proxy_tensor import make_fx

aten = torch.ops.aten
Step: TypeAlias = Callable[..., dict[str, Tensor]]


def recorded(step: Step, *tensors: Tensor) -> tuple[dict[str, Tensor], Step]:
    """Do a step, and return its result with a step that does the same operations again.

    Parameters
    ----------
    step : callable
        Takes tensors and returns named ones. It may change tensors of its own in place, draw from a
        generator of its own, and go backward; what it does must not depend on the tensors' values.
    *tensors : Tensor
        Its arguments this time; at a replay their values may differ, their shapes may not.

    Returns
    -------
    result : dict of Tensor
    replay : callable
        Gives, bit by bit, what `step` would.

    Examples
    --------
    >>> total = torch.zeros(())
    >>> def step(x):
    ...     return {"total": total.add_(x)}
    >>> result, replay = recorded(step, torch.tensor(1.0))
    >>> replay(torch.tensor(2.0))["total"]
    tensor(3.)
    """
    result: dict[str, Tensor] = {}

    def remembered(*given: Tensor) -> dict[str, Tensor]:
        result.update(step(*given))
        return result

    module = make_fx(remembered)(*tensors)
    _shorten(module.graph)
    module.recompile()
    # A plain object answers for its tensors faster than a module does.
    held = {node.target: getattr(module, node.target) for node in module.graph.find_nodes(op="get_attr")}
    run, kept = type(module).forward, SimpleNamespace(**held)
    return result, torch.no_grad()(lambda *given: run(kept, *given))


def _shorten(graph: Graph) -> None:
    """Leave out what only autograd and the profiler want, and what is turned over twice."""
    for node in graph.nodes:
        before = node.args[0] if node.args and isinstance(node.args[0], Node) else node
        if node.target is aten.detach.default:
            node.replace_all_uses_with(before)
        if node.target is before.target is aten.t.default:
            node.replace_all_uses_with(before.args[0])
    for node in reversed(graph.nodes):
        if str(node.target).startswith("profiler."):
            graph.erase_node(node)
    graph.eliminate_dead_code()
    graph.set_codegen(torch.fx.graph.CodeGen())
