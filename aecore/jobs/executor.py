"""What an executor is: whoever turns experiments into runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from aecore.experiment import Experiment
from aecore.runs import Run, Stage, State, Wishes
from aecore.training import alike

# Where a run stands that is begun when it is asked for, or gone on with.
LEFT: frozenset[Stage] = frozenset({"absent", "cancelled", "failed"})


def grouped(experiments: Sequence[Experiment], *, together: bool) -> list[list[Experiment]]:
    """Return the experiments that are trained at once, a list for each time."""
    return alike(experiments) if together else [[one] for one in experiments]


def place_of(run: Run, line: Iterable[Run], state: Callable[[Run], State]) -> int:
    """Return a run's place among those of a line that wait, from 1; 0 if it does not wait there."""
    waiting = [one.key for one in line if state(one).stage == "queued"]
    return waiting.index(run.key) + 1 if run.key in waiting else 0


class Executor(Protocol):
    """Trains experiments somewhere; whoever wants to know how far it is reads the runs."""

    def submit(
        self,
        experiments: Sequence[Experiment],
        *,
        wishes: Wishes | None = None,
        background: bool = False,
        together: bool = False,
    ) -> list[Run]:
        """Ask for the runs of some experiments.

        A run that is done or under way is not begun again; one that was stopped or has failed goes on
        from the last snapshot that allows it.

        Parameters
        ----------
        experiments : sequence of Experiment
            What to train, in this order.
        wishes : Wishes, optional
            What the watcher wants of them: when to stop, slow motion.
        background : bool
            Let runs that are not in the background go first.
        together : bool
            Train those at once that are :func:`~aecore.training.alike`: of a sweep, whose runs nobody turns.

        Raises
        ------
        OSError
            If a run's folder can't be written.
        """
        ...

    def state(self, run: Run) -> State:
        """Return where a run stands, even if its folder could not be written."""
        ...

    def place(self, run: Run) -> int:
        """Return a run's place in the line of those that wait for their turn, from 1; 0 if it does not wait."""
        ...

    def close(self) -> None:
        """Stop what is under way, keep what was reached, and give everything back."""
        ...
