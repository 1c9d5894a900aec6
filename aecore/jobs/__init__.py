"""Jobs: who trains, and where; the only place that starts processes."""

from aecore.jobs.executor import Executor
from aecore.jobs.inline import InlineExecutor
from aecore.jobs.local import LocalExecutor
from aecore.jobs.projector import Projector, Wish, kept

__all__ = ["Executor", "InlineExecutor", "LocalExecutor", "Projector", "Wish", "kept"]
