"""How the device stands: every knob of the virtual lab, its clock, and what drifts with it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np

from phonosync.instruments.virtual.bench.clock import AcceleratedClock, Clock
from phonosync.instruments.virtual.bench.field import SOFT_T, Magnetization
from phonosync.instruments.virtual.bench.imperfections import Drifts, Imperfections
from phonosync.instruments.virtual.bench.ring import with_backscattering
from phonosync.instruments.virtual.bench.settings import (
    Operated,
    Settings,
    is_microwave,
    nominal_temperature,
    operate,
)
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError


class Stand:
    """A device and the settings of the instruments round it.

    Args:
        device: with `detection`.
        imperfections: none by default.
        clock: of the lab; by default one that passes as fast as data are computed.
        random: of the drifts alone.

    Raises:
        InputError: backscattering in a device that is no ring.
    """

    def __init__(
        self,
        device: Device,
        imperfections: Imperfections | None,
        clock: Clock | None,
        random: np.random.Generator,
    ):
        self.imperfections = imperfections or Imperfections()
        if self.imperfections.backscattering_hz:
            device = with_backscattering(device, self.imperfections.backscattering_hz)
        self.device = device
        self._clock = clock or AcceleratedClock()
        self._setting = threading.Lock()  # settings may change while data are taken
        self._settings = Settings()
        self._moved = True
        self._drives_microwaves = any(is_microwave(mode) for mode in device.modes.values())
        self._stood_s = 0.0
        coercive = device.magnet.coercive_field if device.magnet else SOFT_T
        self._magnetization = Magnetization(coercive, self.imperfections.remanence)
        self._drifts = Drifts(self.imperfections, random)

    # Settings

    def set_laser(self, *, power_w: float, wavelength_m: float, on: bool) -> None:
        """Tell the bench what the laser sends: power at its output in W, wavelength in m."""
        self._set(power_w=power_w, wavelength_m=wavelength_m, laser_on=on)

    def set_direction(self, direction: int) -> None:
        """Tell the bench how the switch routes the light: +1, -1, or 0 (past the device)."""
        self._set(direction=direction)

    def set_detector(self, *, joined: bool) -> None:
        """Tell the bench whether the switch joins a path to the detector, or leaves it dark."""
        with self._setting:  # the device feels nothing of it
            self._settings = replace(self._settings, joined=joined)

    def set_field(self, field_t: tuple[float, float, float]) -> None:
        """Set the field (x, y, z) along the crystal's [100], [010], [001], T.

        Its axis gives the magnons their Kerr coefficient, its size shifts them where the device
        file states the `magnet`. Until a field is set the device is as its file says, biased along
        [100].
        """
        x, y, z = (float(component) for component in field_t)
        with self._setting:
            self._magnetization.apply((x, y, z))
        self._set(field_t=(x, y, z))

    def set_microwave(self, *, power_w: float, frequency_hz: float, on: bool) -> None:
        """Tell the bench what the microwave source sends; until then the file's drives are on.

        Its power is that of every microwave drive of the device; its frequency, with the modes'
        own, gives their detunings. Round a device without magnon or microwave photon the source is
        joined to the detector instead, through `detector.TONE_ATTENUATION`: a calibration
        tone.
        """
        self._set(microwave=(power_w, frequency_hz, on))

    def set_temperature(self, temperature_k: float) -> None:
        """Set the temperature of the baths, K; see `settings.occupation_at`."""
        if not temperature_k >= 0:
            raise InputError(f"temperature_k is {temperature_k}; give 0 K or more.")
        self._set(temperature_k=temperature_k)

    def _set(self, **new: Any) -> None:
        with self._setting:
            settings = replace(self._settings, **new)
            self._moved |= settings != self._settings
            self._settings = settings

    # Readings

    @property
    def laser_monitor_w(self) -> float:
        """What the laser's own monitor reads, W; it holds its power there, so it sees no drift."""
        return self._settings.power_w if self._settings.laser_on else 0.0

    @property
    def monitor_power_w(self) -> float:
        """Power in the monitor arm on the way to the device, W: the laser's with its drift."""
        with self._setting:
            return self.laser_monitor_w * self._drifts.at(self._clock.now_s()).power

    @property
    def temperature_k(self) -> float:
        """Temperature of the baths, K."""
        said = self._settings.temperature_k
        return nominal_temperature(self.device) if said is None else said

    @property
    def vibration_frequencies_hz(self) -> tuple[float, ...]:
        """Frequency of each phonon by the file, Hz."""
        return tuple(
            float(mode.frequency or 0.0)
            for mode in self.device.modes.values()
            if mode.kind == "phonon"
        )

    @property
    def lab_time_s(self) -> float:
        """Time of the lab since the bench was set up, s: of the drifts and of the clock."""
        return self._clock.now_s()

    # For data

    def _begin(self) -> float:
        """Time at which an acquisition begins; what has drifted since the last one moves."""
        now = self._clock.now_s()
        if self.imperfections.drifting and now > self._stood_s:
            self._moved = True
        return now

    def _operate(self) -> Operated:
        """What the settings make of the device now; from here on it has not moved."""
        with self._setting:
            self._moved = False
            self._stood_s = self._clock.now_s()
            drift = self._drifts.at(self._stood_s)
            return operate(self.device, self._settings, self._magnetization.measure(), drift)
