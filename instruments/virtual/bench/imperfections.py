"""What is not as it should be on the bench: drifts, memory, stray light, a noisy detector."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from phonosync.theory.errors import InputError

_HOUR = 3600.0
_STEP_S = 1.0  # of a random walk; between two steps it goes straight


@dataclass(frozen=True)
class Imperfections:
    """Imperfections of the bench; by default there are none.

    Drifts move between acquisitions, with the lab's time, and start from nothing.

    Attributes:
        power_drift_per_hour: relative growth of the laser's power at the device, 1/h.
        power_walk_per_root_hour: standard deviation of its relative random walk, 1/√h.
        laser_drift_hz_per_hour: of the laser's frequency, Hz/h.
        laser_walk_hz_per_root_hour: random walk of the laser's frequency, Hz/√h.
        phonon_drift_hz_per_hour: of every phonon's frequency, Hz/h.
        remanence: part of the field of the last measurement at another field that stays.
        backscattering_hz: exchange J/2π between the two circulating modes beside the file's, Hz.
        imprecision: white noise of the photodetector in units of shot noise; the noise floor of
            demodulators and of the network analyzer grows by the factor 1 + imprecision.
    """

    power_drift_per_hour: float = 0.0
    power_walk_per_root_hour: float = 0.0
    laser_drift_hz_per_hour: float = 0.0
    laser_walk_hz_per_root_hour: float = 0.0
    phonon_drift_hz_per_hour: float = 0.0
    remanence: float = 0.0
    backscattering_hz: float = 0.0
    imprecision: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not np.isfinite(value):
                raise InputError(f"{field.name} is {value}; give a finite number.")
        for name in ("power_walk_per_root_hour", "laser_walk_hz_per_root_hour", "imprecision"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name):g}; give 0 or more.")
        if not 0 <= self.remanence < 1:
            raise InputError(
                f"remanence is {self.remanence:g}; the part of a field that stays lies from 0 to 1."
            )

    @property
    def drifting(self) -> bool:
        """Whether anything changes with the lab's time."""
        return any("hour" in field.name and getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Drift:
    """How far everything has drifted by now: power as a factor, frequencies in Hz."""

    power: float = 1.0
    laser_hz: float = 0.0
    phonon_hz: float = 0.0


class Drifts:
    """The drifts in the course of the lab's time; how often one asks changes nothing.

    Args:
        imperfections: how fast.
        random: generator of the random walks alone.
    """

    def __init__(self, imperfections: Imperfections, random: np.random.Generator):
        self._how = imperfections
        self._random = random
        self._time_s, self._step = 0.0, -1
        self._here = self._ahead = np.zeros(2)  # the walks at this step and the next

    def at(self, time_s: float) -> Drift:
        """Where things stand at a time, s, not before the last time that was asked for."""
        self._time_s = max(time_s, self._time_s)
        step, beyond_s = divmod(self._time_s, _STEP_S)
        if (new := int(step) - self._step) > 0:
            moves = np.sqrt(_STEP_S / _HOUR) * self._random.standard_normal((new, 2))
            *_, self._here, self._ahead = np.cumsum([self._ahead, *moves], axis=0)
            self._step = int(step)
        walked = self._here + beyond_s / _STEP_S * (self._ahead - self._here)
        now, how = self._time_s / _HOUR, self._how
        power = 1.0 + how.power_drift_per_hour * now
        power += how.power_walk_per_root_hour * walked[0]
        laser = how.laser_drift_hz_per_hour * now
        laser += how.laser_walk_hz_per_root_hour * walked[1]
        return Drift(max(power, 0.0), float(laser), how.phonon_drift_hz_per_hour * now)
