"""Inner sweeps: a quantity, its values, and the way through them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from phonosync.experiments.plan.quantities import SWEPT, Quantity
from phonosync.theory.checked_file import CheckedModel, hint
from phonosync.theory.quantities import in_si


class SweepAxis(CheckedModel):
    """One swept quantity.

    Attributes:
        quantity: one of `quantities.SWEPT`.
        values: listed, each with its unit; or
        start, stop, points, spacing: a range, linear or logarithmic.
        path: "up" through the values as they grow, "down", or "both", up and then down, where the
            device may be bistable: the branch is a dimension of the data.
        slow: all quads are measured at one value before the next, for what takes long to settle;
            by default for the temperature alone.
    """

    quantity: str
    values: tuple[float, ...] | None = None
    start: float | None = None
    stop: float | None = None
    points: Annotated[int, Field(ge=2, le=100000)] | None = None
    spacing: Literal["linear", "log"] = "linear"
    path: Literal["up", "down", "both"] = "up"
    slow: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _units(cls, data: Any, info: ValidationInfo) -> Any:
        known = SWEPT.get(data.get("quantity", "")) if isinstance(data, dict) else None
        if known is None or in_si(info):
            return data
        read = dict(data)
        for name in ("start", "stop"):
            if read.get(name) is not None:
                read[name] = known.read(read[name])
        if isinstance(read.get("values"), list | tuple):
            read["values"] = tuple(known.read(value) for value in read["values"])
        return read

    @field_validator("quantity")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in SWEPT:
            raise ValueError(
                f"{value!r} cannot be swept; {hint(value, SWEPT, 'what can be swept:')}"
            )
        return value

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> SweepAxis:
        bounds = (self.start, self.stop, self.points)
        if (self.values is None) == (None in bounds):
            raise ValueError("give either 'values', or 'start', 'stop' and 'points'")
        if self.values is not None and bounds != (None, None, None):
            raise ValueError("give either 'values', or 'start', 'stop' and 'points', not both")
        if self.spacing == "log" and not (self.start or 0) * (self.stop or 0) > 0:
            raise ValueError("a logarithmic range needs 'start' and 'stop' above zero")
        if len(set(self.ascending)) < len(self.ascending) or len(self.ascending) < 2:
            raise ValueError("a sweep needs two or more different values")
        return self

    @property
    def what(self) -> Quantity:
        """The quantity, with its unit and role."""
        return SWEPT[self.quantity]

    @property
    def ascending(self) -> tuple[float, ...]:
        """Values from the smallest to the largest, SI unit."""
        if self.values is not None:
            return tuple(sorted(self.values))
        assert self.start is not None
        assert self.stop is not None
        assert self.points is not None
        space = np.geomspace if self.spacing == "log" else np.linspace
        low, high = sorted((self.start, self.stop))
        return tuple(float(f"{value:.12g}") for value in space(low, high, self.points))

    @property
    def branches(self) -> tuple[str, ...]:
        """Ways through the values, in the order in which they are taken."""
        return ("up", "down") if self.path == "both" else (self.path,)

    @property
    def is_slow(self) -> bool:
        """Whether the quads are inside this axis and not outside."""
        return self.quantity == "temperature" if self.slow is None else self.slow
