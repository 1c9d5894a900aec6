"""The inline executor: trains here and now, for scripts and tests."""

from __future__ import annotations

from collections.abc import Sequence

from aecore.experiment import Experiment
from aecore.jobs.executor import grouped
from aecore.jobs.frames import frames_together
from aecore.runs import Run, Runs, State, Wishes


class InlineExecutor:
    """Trains every experiment to its end before :meth:`submit` returns.

    Parameters
    ----------
    runs : Runs
        Where the runs are kept.
    """

    def __init__(self, runs: Runs) -> None:
        self.runs = runs

    def submit(
        self,
        experiments: Sequence[Experiment],
        *,
        wishes: Wishes | None = None,
        background: bool = False,
        together: bool = False,
    ) -> list[Run]:
        """Train the experiments one after another, or together; see :class:`~aecore.jobs.executor.Executor`."""
        left = [experiment for experiment in experiments if self.runs.of(experiment).state.stage != "done"]
        for group in grouped(left, together=together):
            for _ in frames_together([self.runs.claim(experiment, wishes=wishes) for experiment in group]):
                pass
        return [self.runs.of(experiment) for experiment in experiments]

    def state(self, run: Run) -> State:
        """Return where a run stands."""
        return run.state

    def place(self, run: Run) -> int:
        """Return 0: nothing waits."""
        return 0

    def close(self) -> None:
        """Do nothing: nothing is under way."""
