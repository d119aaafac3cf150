"""Bring the instruments to a setting, and read back how they stand."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.setting import Setting
from phonosync.experiments.plan.settings import read_direction
from phonosync.experiments.rig.rig import Rig
from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.roles import Laser, MicrowaveSource
from phonosync.theory.thermal import SPEED_OF_LIGHT

READINGS = {
    "laser_power_read": ("W", "power by the laser's own monitor"),
    "laser_wavelength_read": ("m", "vacuum wavelength read back from the laser"),
    "switch_direction": ("", "direction read back from the switch"),
    "microwave_power_read": ("W", "power read back from the microwave source"),
    "microwave_frequency_read": ("Hz", "frequency read back from the microwave source"),
    "field_x": ("T", "field along the magnet's x axis, read back"),
    "field_y": ("T", "field along the magnet's y axis, read back"),
    "field_z": ("T", "field along the magnet's z axis, read back"),
    "temperature_read": ("K", "temperature of the device"),
    "monitor_power": ("W", "power in the monitor arm"),
    "mean_psd": ("W/Hz", "mean of the spectrum over its band"),
    "measured_at": ("s", "end of the measurement, seconds since 1970 UTC"),
}
"""Name of what is read back with every point -> unit and label."""
_POWER_STEP, _TUNING = 0.01, 2e-6  # relative; 2e-6 of 1550 nm are 3 pm
_OF_A_STEP = 0.25  # of a sweep: so near to its setting a swept wavelength must be


class DriveError(InstrumentError):
    """A laser or microwave source went off, or does not give what was asked for.

    Somebody may have switched it off for a reason: no run switches it on again by itself.
    """


class DarkLaserError(DriveError):
    """The laser went off, or does not give the light that was asked for."""


class Operator:
    """Moves only what a new setting changes; knows what it has asked for, and nothing more.

    Args:
        rig: open instruments.
        settling_s: wait after every change, beside the instruments' own settling, s.
    """

    def __init__(self, rig: Rig, settling_s: float):
        self._rig, self._settling_s = rig, settling_s
        self._stands: Setting | None = None

    def forget(self) -> None:
        """Send everything again at the next setting: after a failure nothing is known."""
        self._stands = None

    def drives_off(self) -> None:
        """Let the device come to rest: microwave drive and laser off, everything else stays."""
        self.forget()
        for role in ("microwave_source", "laser"):
            if role in self._rig.roles:
                self._rig.roles[role].off()

    def to(self, setting: Setting) -> None:
        """Bring the instruments to a setting: what dims the device first, what drives it last.

        Raises:
            InstrumentError: an instrument did not get there.
        """
        if setting == self._stands:
            return
        before, rig = self._stands, self._rig
        self.forget()

        def changed(*names: str) -> bool:
            wanted = [getattr(setting, name) for name in names]
            return before is None or wanted != [getattr(before, name) for name in names]

        if "microwave_source" in rig.roles and not setting.microwave_on and changed("microwave_on"):
            rig.microwave_source.off()
        if "laser" in rig.roles and not setting.laser_on and changed("laser_on"):
            rig.laser.off()
        if setting.temperature is not None and changed("temperature"):
            rig.temperature_controller.go_to(setting.temperature)
        if setting.field_size is not None and changed("field_along", "field_size"):
            assert setting.field_along is not None
            sign, direction = read_direction(setting.field_along)
            rig.magnet.go_along(direction, sign * setting.field_size)
        if setting.light and changed("light", "dark"):
            if setting.dark:
                rig.direction_switch.block()
            else:
                rig.direction_switch.set(setting.light)
        if setting.laser_on:
            laser = rig.laser
            setters = {"laser_wavelength": laser.set_wavelength, "laser_power": laser.set_power}
            _drive(laser, setters, setting, before if before and before.laser_on else None)
        if setting.microwave_on:
            source = rig.microwave_source
            setters = {
                "microwave_frequency": source.set_frequency,
                "microwave_power": source.set_power,
            }
            _drive(source, setters, setting, before if before and before.microwave_on else None)
        time.sleep(self._settling_s)
        self._stands = setting


def _drive(
    source: Laser | MicrowaveSource,
    setters: Mapping[str, Callable[[float], None]],
    setting: Setting,
    before: Setting | None,
) -> None:
    """Set what has changed since `before`, when the source drove already; None: it was off.

    What is not used is not set: power and wavelength were sent only if it drove.
    """
    for name, put in setters.items():
        wanted = getattr(setting, name)
        if before is None or getattr(before, name) != wanted:
            put(wanted)
    if before is None:
        source.on()


def read_back(rig: Rig, setting: Setting, *, tuning: float = _TUNING) -> dict[str, Any]:
    """Read every instrument of the rig, and check that it stands as it was asked to.

    Args:
        rig: open instruments.
        setting: what was asked for.
        tuning: how far the laser's wavelength may be from it, relative; less than a step of a
            sweep, or the sweep would not move it.

    Returns:
        Values by the names of `READINGS`.

    Raises:
        DriveError: the laser or the microwave drive does not give what was asked for.
        QuenchError: the magnet has quenched.
        InstrumentError: anything else that does not stand as asked.
    """
    values: dict[str, Any] = {}
    if "laser" in rig.roles:
        values |= _read_laser(rig, setting, tuning)
    if "direction_switch" in rig.roles:
        values["switch_direction"] = routed = rig.direction_switch.read()
        wanted = 0 if setting.dark else setting.light
        if setting.light and routed != wanted:
            raise InstrumentError(
                f"the switch reads direction {routed} after {wanted:+d} was asked for. Find out "
                "who else controls it, then run again."
            )
    if "microwave_source" in rig.roles:
        microwave = rig.microwave_source.read()
        values["microwave_power_read"] = microwave.power_w if microwave.on else 0.0
        values["microwave_frequency_read"] = microwave.frequency_hz
        if setting.microwave_on:
            asked = setting.microwave_power, setting.microwave_frequency
            _same("microwave power", asked[0], microwave.power_w, "W", relative=_POWER_STEP)
            _same("microwave frequency", asked[1], microwave.frequency_hz, "Hz", relative=_TUNING)
        if setting.microwave_on and not microwave.on:
            raise DriveError(
                "the microwave drive went off during the measurement (its own read-back says so). "
                "Look at its front panel, then run again."
            )
    if "magnet" in rig.roles:
        field = rig.magnet.read()
        if field.quenched:
            raise QuenchError("the magnet has quenched. See to it, and acknowledge the quench.")
        values |= dict(zip(("field_x", "field_y", "field_z"), field.field_t, strict=True))
    if "thermometer" in rig.roles:
        values["temperature_read"] = rig.thermometer.read()
    if "power_meter" in rig.roles:
        values["monitor_power"] = rig.power_meter.read()
    return values


def _read_laser(rig: Rig, setting: Setting, tuning: float) -> dict[str, Any]:
    try:
        laser = rig.laser.read()
    except InstrumentError as error:
        raise DarkLaserError(str(error)) from error
    if setting.laser_on and not laser.on:
        raise DarkLaserError(
            "the laser went off during the run (its own read-back says so). Look at its interlock "
            "and alerts, then run again."
        )
    if setting.laser_on:
        _same("laser power", setting.laser_power, laser.set_power_w, "W", relative=_POWER_STEP)
        _same("wavelength", setting.laser_wavelength, laser.wavelength_m, "m", relative=tuning)
    return {"laser_power_read": laser.power_w, "laser_wavelength_read": laser.wavelength_m}


def _same(what: str, asked: float | None, found: float, unit: str, *, relative: float) -> None:
    """Compare a setting with its read-back; instruments round to their own steps."""
    if asked is not None and not abs(found - asked) <= relative * abs(asked):
        raise InstrumentError(
            f"the {what} reads {found:.11g} {unit} after {asked:.11g} {unit} was asked for. Its "
            "steps may be coarser than the sweep's, or somebody else controls it; find out, then "
            "run again."
        )


def tuning_of(plan: Plan) -> float:
    """How near to its setting a laser's wavelength must be for a plan, relative."""
    for axis in plan.sweep:
        if axis.quantity == "laser.detuning" and plan.laser is not None:
            step = min(b - a for a, b in pairwise(axis.ascending))
            return min(_TUNING, _OF_A_STEP * step * plan.laser.wavelength / SPEED_OF_LIGHT)
    return _TUNING
