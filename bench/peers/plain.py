"""The loop of most tutorials: a DataLoader that shuffles, a Sequential, Adam, a backward pass."""

import time
from collections.abc import Callable
from itertools import chain, pairwise, repeat

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from bench.peers import digits, serve


def layers(widths: list[int], activation: type[nn.Module] = nn.SiLU) -> list[nn.Module]:
    """Return linear layers with a nonlinearity in between."""
    stack: list[nn.Module] = []
    for wide, narrow in pairwise(widths):
        stack += [nn.Linear(wide, narrow), activation()]
    return stack[:-1]


class Coder(nn.Module):
    """An encoder and a decoder; `doubled` gives the code a mean and a logarithm of a variance."""

    def __init__(self, widths: list[int], *, doubled: bool, activation: type[nn.Module]) -> None:
        super().__init__()
        code = widths.index(min(widths))
        first = widths[: code + 1]
        self.encoder = nn.Sequential(*layers([*first[:-1], (1 + doubled) * first[-1]], activation))
        self.decoder = nn.Sequential(*layers(widths[code:], activation))


def undercomplete(net: Coder, x: Tensor) -> Tensor:
    return nn.functional.mse_loss(net.decoder(net.encoder(x)).sigmoid(), x, reduction="sum") / len(x)


def denoising(net: Coder, x: Tensor) -> Tensor:
    noisy = x + 0.5 * torch.randn_like(x)
    return nn.functional.mse_loss(net.decoder(net.encoder(noisy)).sigmoid(), x, reduction="sum") / len(x)


def contractive(net: Coder, x: Tensor) -> Tensor:
    h = net.encoder(x).sigmoid()
    penalty = ((h * (1 - h)) ** 2 @ (net.encoder[0].weight ** 2).sum(1)).mean()
    return nn.functional.mse_loss(net.decoder(h).sigmoid(), x, reduction="sum") / len(x) + penalty


def sparse(net: Coder, x: Tensor) -> Tensor:
    h, rho = net.encoder(x).sigmoid(), 0.05
    mean = h.mean(0).clamp(1e-6, 1 - 1e-6)
    kl = rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))
    return nn.functional.mse_loss(net.decoder(h).sigmoid(), x, reduction="sum") / len(x) + kl.sum()


def vae(net: Coder, x: Tensor, beta: float = 1.0) -> Tensor:
    mean, log_variance = net.encoder(x).chunk(2, 1)
    z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
    error = nn.functional.binary_cross_entropy_with_logits(net.decoder(z), x, reduction="sum")
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum()
    return (error + beta * kl) / len(x)


def beta_vae(net: Coder, x: Tensor) -> Tensor:
    return vae(net, x, 4.0)


LOSSES: dict[str, Callable[[Coder, Tensor], Tensor]] = {
    one.__name__: one for one in (undercomplete, denoising, contractive, sparse, vae, beta_vae)
}


def race(widths: list[int], batch: int, steps: int, seed: int, method: str) -> float:
    """Train from fresh weights."""
    torch.manual_seed(seed)
    doubled = method in ("vae", "beta_vae")
    net, loss_of = Coder(widths, doubled=doubled, activation=nn.ReLU if doubled else nn.SiLU), LOSSES[method]
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    x = X[:, : widths[0]].contiguous()
    loader = DataLoader(TensorDataset(x), batch, shuffle=True, drop_last=True)
    batches = chain.from_iterable(repeat(loader))
    next(batches)
    began = time.perf_counter()
    for _ in range(steps):
        (x,) = next(batches)
        loss = loss_of(net, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return steps * batch / (time.perf_counter() - began)


if __name__ == "__main__":
    X = torch.from_numpy(digits(60_000))
    serve(race)
