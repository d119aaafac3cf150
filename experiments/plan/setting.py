"""How the instruments stand at one point."""

from __future__ import annotations

from dataclasses import dataclass, replace

from phonosync.experiments.plan.calibration import Control
from phonosync.experiments.plan.plan import Plan
from phonosync.theory.thermal import SPEED_OF_LIGHT


@dataclass(frozen=True, slots=True)
class Setting:
    """Settings of all instruments; None for what the plan does not touch.

    Attributes:
        light: +1, −1; 0 where the plan does not touch the switch.
        field: +1, −1: which of the plan's two directions of the field.
        laser_power, laser_wavelength: W, m; laser_on.
        microwave_power, microwave_frequency: W, Hz; microwave_on.
        field_size: T, along `field_along`, as the plan writes the direction.
        temperature: K.
        dark: nothing reaches the detector.
    """

    light: int
    field: int
    laser_on: bool = False
    laser_power: float | None = None
    laser_wavelength: float | None = None
    microwave_on: bool = False
    microwave_power: float | None = None
    microwave_frequency: float | None = None
    field_along: str | None = None
    field_size: float | None = None
    temperature: float | None = None
    dark: bool = False

    def controlled(self, control: Control) -> Setting:
        """The same, under the conditions of a reciprocal control."""
        if control.kind == "low_power":
            return replace(self, laser_power=control.power)
        if control.kind == "low_drive":
            return replace(self, microwave_power=control.power)
        return replace(self, field_size=0.0)

    def calibrated(self, kind: str, plan: Plan) -> Setting:
        """The same for a calibration: drives off, but for what it is made with."""
        off = replace(self, laser_on=False, microwave_on=False)
        tone, thermal = plan.calibrations.tone, plan.calibrations.thermal
        if kind == "tone" and tone is not None:
            return replace(
                off,
                microwave_on=True,
                microwave_power=tone.power,
                microwave_frequency=tone.frequency,
            )
        if kind == "thermal" and thermal is not None:
            return replace(self, laser_power=thermal.power)
        return replace(off, dark=kind == "dark")


def base_setting(plan: Plan, light: int, field: int) -> Setting:
    """The plan's own setting, for a direction."""
    laser, microwave, bias = plan.laser, plan.microwave, plan.field
    return Setting(
        light=light,
        field=field,
        laser_on=laser is not None,
        laser_power=laser.power if laser else None,
        laser_wavelength=laser.wavelength if laser else None,
        microwave_on=microwave is not None,
        microwave_power=microwave.power if microwave else None,
        microwave_frequency=microwave.frequency if microwave else None,
        field_along=(bias.forward if field == 1 else bias.backward) if bias else None,
        field_size=bias.size if bias else None,
        temperature=plan.temperature,
    )


def swept_setting(plan: Plan, base: Setting, index: tuple[int, ...]) -> Setting:
    """The setting at a position on every sweep axis."""
    new: dict[str, float] = {}
    for axis, step in zip(plan.sweep, index, strict=True):
        value = axis.ascending[step]
        if axis.quantity == "laser.detuning":
            assert base.laser_wavelength is not None
            # D = ω_mode − ω_drive: a positive one is red of the plan's wavelength.
            frequency = SPEED_OF_LIGHT / base.laser_wavelength - value
            new["laser_wavelength"] = SPEED_OF_LIGHT / frequency
        else:
            new[axis.what.dimension] = value
    return replace(base, **new)
