"""The inline executor: trains here and now, for scripts and tests."""

from __future__ import annotations

from collections.abc import Sequence

from aecore.experiment import Experiment
from aecore.jobs.frames import frames
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
        self, experiments: Sequence[Experiment], *, wishes: Wishes | None = None, background: bool = False
    ) -> list[Run]:
        """Train the experiments one after another; see :class:`~aecore.jobs.executor.Executor`."""
        for experiment in experiments:
            if self.runs.of(experiment).state.stage != "done":
                for _ in frames(self.runs.claim(experiment, wishes=wishes)):
                    pass
        return [self.runs.of(experiment) for experiment in experiments]

    def state(self, run: Run) -> State:
        """Return where a run stands."""
        return run.state

    def close(self) -> None:
        """Do nothing: nothing is under way."""
