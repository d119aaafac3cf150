"""What the instruments' settings make of the device: another device, and its network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.bench.field import kerr_along
from phonosync.instruments.virtual.bench.imperfections import Drift
from phonosync.theory.device import Device
from phonosync.theory.device.parts import GYROMAGNETIC_HZ_PER_T, KerrByAxis, Mode
from phonosync.theory.device.waveguide import downstream, links
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import AnyPort
from phonosync.theory.thermal import BOLTZMANN, HBAR, SPEED_OF_LIGHT, bath_occupation


@dataclass(frozen=True)
class Settings:
    """How the instruments stand.

    Attributes:
        power_w, wavelength_m, laser_on: the laser.
        direction: +1, −1, or 0 where the light passes the device by.
        joined: the switch joins a path to the detector.
        field_t: None until a field is set: then the device is as its file says.
        microwave: power in W, frequency in Hz, on; None likewise.
        temperature_k: None likewise.
    """

    power_w: float = 0.0
    wavelength_m: float = 0.0
    laser_on: bool = False
    direction: int = 0
    joined: bool = True
    field_t: tuple[float, float, float] | None = None
    microwave: tuple[float, float, bool] | None = None
    temperature_k: float | None = None

    @property
    def light(self) -> int:
        """Direction of the light in the device; 0 for none."""
        return self.direction if self.laser_on else 0


@dataclass(frozen=True, eq=False)
class Operated:
    """A device under some settings.

    Attributes:
        device: with the frequencies, Kerr coefficients and occupations that it has now.
        driven: how it is driven, as `Device.network` takes it.
        network: what it is, rad/s.
        port: the detected one.
        incoming: mean wave that enters through it, √(quanta/s).
    """

    device: Device
    driven: dict[str, Any]
    network: BosonicNetwork
    port: AnyPort
    incoming: complex


def operate(
    device: Device,
    settings: Settings,
    field: tuple[NDArray[np.floating], float | None],
    drift: Drift,
) -> Operated:
    """The device under the settings.

    Args:
        device: as its file says, with `detection`.
        settings: of the instruments.
        field: axis of the magnetization and magnitude of the field, T or None.
        drift: how far things have drifted.
    """
    assert device.detection is not None
    name, light = device.detection.port, settings.light
    modes = {
        name: mode.model_copy(update=_moved(device, name, settings, field, drift))
        for name, mode in device.modes.items()
    }
    now = device.model_copy(update={"modes": modes})
    driven: dict[str, Any] = {
        "light": light,
        "power": settings.power_w * drift.power,
        "wavelength": drifted_wavelength(settings.wavelength_m, drift.laser_hz),
    }
    if settings.microwave is not None:
        power, _, on = settings.microwave
        driven["microwave_power"] = power if on else 0.0
    place = now.port(name)
    through = links(now.couplings, light)
    here = [d for d in now.drives if name in (d.port, *(p for p, _ in downstream(through, d.port)))]
    arriving = now.model_copy(update={"drives": tuple(here)}).network(**driven)
    return Operated(
        device=now,
        driven=driven,
        network=now.network(**driven),
        port=now.output(name, light),
        incoming=complex(arriving.drive[place.mode] / np.sqrt(place.rate)),
    )


def drifted_wavelength(wavelength_m: float, laser_hz: float) -> float | None:
    """Wavelength of light whose frequency has drifted; None where none was set."""
    if not wavelength_m:
        return None
    if not laser_hz:
        return wavelength_m
    return SPEED_OF_LIGHT / (SPEED_OF_LIGHT / wavelength_m + laser_hz)


def nominal_temperature(device: Device) -> float:
    """The file's temperature, K, or that at which the first phonon's bath holds what it says."""
    if device.temperature is not None:
        return device.temperature
    for name, mode in device.modes.items():
        quanta = device.occupation(name)
        if mode.kind == "phonon" and mode.own_frequency is not None and quanta > 0:
            return float(HBAR * mode.own_frequency / (BOLTZMANN * np.log1p(1 / quanta)))
    return 0.0


def occupation_at(device: Device, name: str, temperature_k: float) -> float:
    """Occupation of a mode's bath at another temperature than the device's own.

    A bath of which the file gives no occupation follows Bose's law. A phonon's stated occupation
    scales with it from the nominal temperature on; that of any other mode stays.
    """
    mode, said = device.modes[name], device.occupation(name)
    omega, nominal = mode.own_frequency, nominal_temperature(device)
    if omega is None:
        return said
    now = float(bath_occupation(omega, temperature_k))
    if mode.occupation is None:
        return said if device.temperature is None else now
    if mode.kind != "phonon":
        return said
    before = float(bath_occupation(omega, nominal))
    return said * now / before if before > 0 else now


def _moved(
    device: Device,
    name: str,
    settings: Settings,
    field: tuple[NDArray[np.floating], float | None],
    drift: Drift,
) -> dict[str, Any]:
    """What is new about a mode."""
    mode = device.modes[name]
    new: dict[str, Any] = {}
    if settings.temperature_k is not None:
        new["occupation"] = occupation_at(device, name, settings.temperature_k)
    if mode.kind == "phonon":
        if drift.phonon_hz and mode.frequency is not None:
            new["frequency"] = mode.frequency + drift.phonon_hz
        return new
    frequency, detuning = mode.frequency, mode.detuning or 0.0
    axis, size = field
    if mode.kind == "magnon" and device.magnet is not None and size is not None:
        shift = GYROMAGNETIC_HZ_PER_T * (size - device.magnet.bias_field)
        detuning += shift
        frequency = None if frequency is None else frequency + shift
    # A source that is off gives no frame: what it was tuned to cannot matter.
    drive = settings.microwave if settings.microwave and settings.microwave[2] else None
    if drive is not None and is_microwave(mode) and frequency is not None:
        detuning = frequency - drive[1]
    if size is not None and isinstance(mode.kerr, KerrByAxis):
        along = kerr_along(mode.kerr, axis)
        new["kerr"] = KerrByAxis.model_construct(along_100=along, along_110=along)
    return new | {"frequency": frequency, "detuning": detuning}


def is_microwave(mode: Mode) -> bool:
    """Whether a mode is a magnon or a microwave photon."""
    return mode.kind != "phonon" and not mode.optical
