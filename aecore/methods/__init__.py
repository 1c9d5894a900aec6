"""Methods: what the loss asks of the code."""

from aecore.methods.method import Method
from aecore.methods.undercomplete import Undercomplete

TABLE: dict[str, type[Method]] = {
    "undercomplete": Undercomplete,
}

__all__ = ["TABLE", "Method", "Undercomplete"]
