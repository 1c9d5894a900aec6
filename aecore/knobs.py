"""Knobs: what a number may be, and what to do with one that it may not.

A :class:`Spec` is a frozen dataclass whose fields are made by :func:`knob`, :func:`choice`,
:func:`switch` or :func:`widths`. Everything that needs a bound, a default, an option or a step
reads it there: the widgets, the links, the command line, the tests.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

Value: TypeAlias = int | float | str | bool | tuple[int, ...]
Reason: TypeAlias = Literal["unknown", "not_a_number", "not_an_option", "too_low", "too_high", "not_here"]

_WORDS_FOR_TRUE = {"1", "true", "yes", "on"}
_WORDS_FOR_FALSE = {"0", "false", "no", "off"}


class Complaint(NamedTuple):
    """What was wrong with one value that somebody gave, and what is used instead."""

    name: str
    given: str
    used: Value | None
    reason: Reason
    why: str = ""


@dataclass(frozen=True)
class Knob:
    """The values that one field may take.

    Attributes
    ----------
    default : Value
        The value when nobody says otherwise.
    low, high : float
        Bounds, both included; for ``widths`` they bound each width.
    step : float or None
        The distance between two neighbouring positions of a slider.
    scale : {"linear", "log"}
        How a slider spreads the values.
    options : tuple of str
        The allowed words, for a choice.
    most : int
        The largest number of widths.
    live : bool
        Whether it may be turned while a run is under way.
    fine : bool
        Whether a first look at the lesson can do without it.
    idle : bool
        Whether it has no influence, given the others.
    why : str
        The key of a sentence that says where the bounds come from, if they follow another knob.
    """

    default: Value
    low: float = -math.inf
    high: float = math.inf
    step: float | None = None
    scale: Literal["linear", "log"] = "linear"
    options: tuple[str, ...] = ()
    most: int = 1
    live: bool = False
    fine: bool = False
    idle: bool = False
    why: str = ""

    def settle(self, given: object) -> tuple[Value, Reason | None]:
        """Return the nearest allowed value, and why it differs from what was given.

        Parameters
        ----------
        given : object
            A value of the knob's own type or its text, as it stands in a link.

        Returns
        -------
        value : Value
            An allowed value; the default where no nearest one exists.
        reason : Reason or None
            ``None`` if `given` was allowed.

        Examples
        --------
        >>> Knob(30, low=1, high=256).settle("1000")
        (256, 'too_high')
        >>> Knob("mlp", options=("linear", "mlp")).settle("gru")
        ('mlp', 'not_an_option')
        """
        if self.options:
            return (str(given), None) if str(given) in self.options else (self.default, "not_an_option")
        if isinstance(self.default, bool):
            word = str(given).lower()
            if word in _WORDS_FOR_TRUE | _WORDS_FOR_FALSE:
                return word in _WORDS_FOR_TRUE, None
            return self.default, "not_an_option"
        try:
            value = self._parse(given)
        except (ValueError, TypeError, OverflowError):
            return self.default, "not_a_number"
        return self._clip(value)

    def _parse(self, given: object) -> int | float | tuple[int, ...]:
        if isinstance(self.default, tuple):
            parts = given.split(",") if isinstance(given, str) else given
            return tuple(int(part) for part in parts if str(part).strip())  # type: ignore[attr-defined]
        number = float(given)  # type: ignore[arg-type]
        if not math.isfinite(number) or (isinstance(self.default, int) and number != int(number)):
            raise ValueError(given)
        return int(number) if isinstance(self.default, int) else number

    def _clip(self, value: int | float | tuple[int, ...]) -> tuple[Value, Reason | None]:
        if isinstance(value, tuple):
            clipped = tuple(int(min(max(width, self.low), self.high)) for width in value[: self.most])
            if clipped == value:
                return value, None
            return clipped, "too_low" if any(width < self.low for width in value) else "too_high"
        if value < self.low:
            return type(value)(self.low), "too_low"
        if value > self.high:
            return type(value)(self.high), "too_high"
        return value, None


def knob(
    default: int | float,
    low: float,
    high: float,
    *,
    step: float | None = None,
    scale: Literal["linear", "log"] = "linear",
    live: bool = False,
    fine: bool = False,
) -> Any:
    """Declare a number with its bounds as a field of a :class:`Spec`."""
    return _field(Knob(default, low=low, high=high, step=step, scale=scale, live=live, fine=fine))


def choice(default: str, *others: str, fine: bool = False) -> Any:
    """Declare one word out of several; the first is the default."""
    return _field(Knob(default, options=(default, *others), fine=fine))


def switch(default: bool, *, fine: bool = False) -> Any:
    """Declare a yes or no."""
    return _field(Knob(default, fine=fine))


def widths(*default: int, low: int, high: int, most: int) -> Any:
    """Declare a row of at most `most` whole numbers, such as the widths of hidden layers."""
    return _field(Knob(default, low=low, high=high, most=most))


def _field(declared: Knob) -> Any:
    return dataclasses.field(default=declared.default, metadata={"knob": declared})


def to_text(value: object) -> str:
    """Write a value as a link does; :meth:`Knob.settle` reads it back unchanged.

    Examples
    --------
    >>> to_text((512, 256)), to_text(0.001), to_text(True)
    ('512,256', '0.001', '1')
    """
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Spec:
    """A frozen set of knobs with a name; equal specs are the same thing.

    Raises
    ------
    ValueError
        If a value is not allowed by its knob.
    """

    name: ClassVar[str] = ""
    defaults: ClassVar[Mapping[str, Value]] = {}

    def __post_init__(self) -> None:
        for field, declared in self.knobs().items():
            given = getattr(self, field)
            value, reason = declared.settle(given)
            if reason:
                raise ValueError(f"{field}={given!r} is not allowed here ({reason}); nearest: {value!r}")
            object.__setattr__(self, field, value)

    @classmethod
    def knobs(cls) -> dict[str, Knob]:
        """Return the knobs by the names of their fields."""
        return {f.name: f.metadata["knob"] for f in dataclasses.fields(cls) if "knob" in f.metadata}

    def to_dict(self) -> dict[str, Value]:
        """Return the values by name, as plain JSON types save for tuples."""
        return {name: getattr(self, name) for name in self.knobs()}

    def vary(self, **changes: Value) -> Self:
        """Return a copy with some knobs turned."""
        return replace(self, **changes)
