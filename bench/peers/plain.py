"""The loop of most tutorials: a DataLoader that shuffles, a Sequential, Adam, a backward pass."""

import time
from itertools import chain, pairwise, repeat

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from bench.peers import digits, serve


def layers(widths: list[int], activation: type[nn.Module] = nn.SiLU) -> list[nn.Module]:
    """Return linear layers with a nonlinearity in between."""
    stack: list[nn.Module] = []
    for wide, narrow in pairwise(widths):
        stack += [nn.Linear(wide, narrow), activation()]
    return stack[:-1]


def race(widths: list[int], batch: int, steps: int, seed: int) -> float:
    """Train from fresh weights."""
    torch.manual_seed(seed)
    code = widths.index(min(widths))
    net = nn.Sequential(*layers(widths[: code + 1]), *layers(widths[code:]), nn.Sigmoid())
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    x = X[:, : widths[0]].contiguous()
    loader = DataLoader(TensorDataset(x), batch, shuffle=True, drop_last=True)
    batches = chain.from_iterable(repeat(loader))
    next(batches)
    began = time.perf_counter()
    for _ in range(steps):
        (x,) = next(batches)
        loss = nn.functional.mse_loss(net(x), x, reduction="sum") / batch
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return steps * batch / (time.perf_counter() - began)


if __name__ == "__main__":
    X = torch.from_numpy(digits(60_000))
    serve(race)
