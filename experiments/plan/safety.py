"""When a run waits, and when it ends before its plan does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from phonosync.experiments.plan.quantities import WATCHED, Quantity
from phonosync.theory.checked_file import CheckedModel, hint
from phonosync.theory.quantities import Second, in_si


class Interlock(CheckedModel):
    """A bound that is looked at between points.

    Attributes:
        quantity: one of `quantities.WATCHED`.
        above, below: the bounds within which it must stay, with unit; none for laser_lock, which
            is whether the laser gives the light that was asked for.
        action: "hold" switches the drives off and waits until it is back, then goes on; "end"
            ends the run, safely.
        wait: the longest hold; then the run ends.
    """

    quantity: str
    above: float | None = None
    below: float | None = None
    action: Literal["hold", "end"] = "hold"
    wait: Annotated[Second, Field(ge=0, le=1e6)] = 600.0

    @model_validator(mode="before")
    @classmethod
    def _units(cls, data: Any, info: ValidationInfo) -> Any:
        known = WATCHED.get(data.get("quantity", "")) if isinstance(data, dict) else None
        if known is None or in_si(info):
            return data
        bounds = {b: known.read(data[b]) for b in ("above", "below") if data.get(b) is not None}
        return {**data, **bounds}

    @field_validator("quantity")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in WATCHED:
            raise ValueError(f"{value!r} cannot be watched; {hint(value, WATCHED, 'what can be:')}")
        return value

    @model_validator(mode="after")
    def _bounded(self) -> Interlock:
        bounds = (self.above, self.below)
        if self.quantity == "laser_lock":
            if bounds != (None, None):
                raise ValueError("laser_lock has no bounds; leave 'above' and 'below' out")
            return self
        if bounds == (None, None):
            raise ValueError("give 'above', 'below' or both")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError("nothing lies above 'above' and below 'below'; exchange them")
        if self.quantity == "laser_power" and self.action == "hold":
            raise ValueError(
                "a hold switches the laser off, so its power cannot come back; write 'action: end'"
            )
        return self

    @property
    def what(self) -> Quantity:
        """The quantity, with its unit and role."""
        return WATCHED[self.quantity]


class Until(CheckedModel):
    """End before the plan does, once a quantity is known well enough.

    The interval is looked at after the 8th quad and then every `every` quads; it is widened for the
    number of looks, so that it still covers 95 % wherever the run stops.

    Attributes:
        quantity: noise_contrast needs no model; contrast and S_c are those of the joint fit.
        half_width: of the 95 % interval.
        every: quads between two looks.
    """

    quantity: Literal["noise_contrast", "contrast", "S_c"]
    half_width: Annotated[float, Field(gt=0, lt=1)]
    every: Annotated[int, Field(ge=1)] = 4
