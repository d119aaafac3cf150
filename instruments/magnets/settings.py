"""How a magnet is to be used: its limits, its way to a field, its rest."""

from typing import Annotated, Literal

from pydantic import Field

from phonosync.instruments.magnets.crystal import CrystalOrientation
from phonosync.theory.checked_file import CheckedModel

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Time = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class MagnetSettings(CheckedModel):
    """Settings of `SafeMagnet`, as a rig file states them.

    Attributes:
        max_field_t: limit of the field's magnitude, T; None for the smallest limit of a supply.
        max_axis_field_t: limits of single axes, as {"x": 1.0}, T; the supply's own still hold.
        ramp_rate_t_per_s: speed of the field vector, T/s; None for the fastest that all supplies
            allow.
        tolerance_t: a field counts as reached when the read-back is this close, T.
        settle_s: for how long it must be, s.
        poll_s: pause between two looks at the magnet, s.
        timeout_s: how much longer than computed a ramp may take, s.
        dwell_at_zero_s: wait where a component passes zero on its way to the other sign, s.
        loop_field_t: with a number every field is approached from this magnitude, see `SafeMagnet`.
        persistent: put the coils into persistent mode at every field.
        heating_s, cooling_s: how long the persistent switch takes to open and to close, s.
        match_tolerance_t: the switch is opened only if the supply's current agrees with the
            coil's this well, T.
        rest: what `rest` does: ramp to zero, or hold the field.
        crystal: how the crystal sits in the magnet.
    """

    max_field_t: Positive | None = None
    max_axis_field_t: dict[Literal["x", "y", "z"], Positive] = Field(default_factory=dict)
    ramp_rate_t_per_s: Positive | None = None
    tolerance_t: Positive = 2e-4
    settle_s: Time = 1.0
    poll_s: Positive = 0.2
    timeout_s: Positive = 30.0
    dwell_at_zero_s: Time = 0.0
    loop_field_t: Positive | None = None
    persistent: bool = False
    heating_s: Time = 30.0
    cooling_s: Time = 60.0
    match_tolerance_t: Positive = 5e-4
    rest: Literal["zero", "hold"] = "zero"
    crystal: CrystalOrientation = CrystalOrientation()
