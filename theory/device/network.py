"""From a device to its network: every part of the file becomes a term of the model, in rad/s."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device.file import DeviceFile
from phonosync.theory.device.parts import KerrByAxis, Mode
from phonosync.theory.device.waveguide import downstream, links
from phonosync.theory.network import BosonicNetwork, cascade
from phonosync.theory.sagnac import optical_frequency, sagnac_fizeau_shift
from phonosync.theory.thermal import HBAR

TWO_PI = 2 * np.pi
Array = NDArray[Any]


def build_network(
    device: DeviceFile,
    light: int,
    field: int,
    *,
    power: float | None,
    microwave_power: float | None,
    wavelength: float | None,
) -> BosonicNetwork:
    """The network of `Device.network`, which describes the arguments."""
    return BosonicNetwork(
        **network_terms(
            device,
            light,
            field,
            power=power,
            microwave_power=microwave_power,
            wavelength=wavelength,
        )
    )


def network_terms(
    device: DeviceFile,
    light: int,
    field: int,
    *,
    power: float | None = None,
    microwave_power: float | None = None,
    wavelength: float | None = None,
) -> dict[str, Array]:
    """Arguments of `BosonicNetwork` for a device, unchecked, to be stacked for many devices."""
    modes = device.modes.values()
    exchange, pressure, cross_kerr, shared_loss = _couplings(device, light)
    return {
        "detuning": _detuning(device, light, wavelength),
        "loss": np.array([TWO_PI * mode.linewidth for mode in modes]),
        "exchange": exchange,
        "pressure": pressure,
        "kerr": np.array([_kerr(mode, field) for mode in modes]),
        "drive": _drive(device, light, power, microwave_power),
        "occupation": np.array([device.occupation(name) for name in device.modes]),
        "cross_kerr": cross_kerr,
        "shared_loss": shared_loss,
        "brownian": np.array([mode.damping == "brownian" for mode in modes]),
    }


def _detuning(device: DeviceFile, light: int, wavelength: float | None) -> Array:
    own = [m.frequency if m.kind == "phonon" else m.detuning for m in device.modes.values()]
    detuning = TWO_PI * np.array(own, float)
    if device.sagnac:
        shift = light * _sagnac_shift(device)
        detuning[device.index(device.sagnac.mode)] += shift
        if device.sagnac.counter_mode:
            detuning[device.index(device.sagnac.counter_mode)] -= shift
    if wavelength is not None and device.laser_wavelength is not None:
        moved = optical_frequency(device.laser_wavelength) - optical_frequency(wavelength)
        for i, mode in enumerate(device.modes.values()):
            detuning[i] += moved if mode.optical else 0.0
    return detuning


def _sagnac_shift(device: DeviceFile) -> float:
    sagnac = device.sagnac
    assert sagnac is not None
    if sagnac.shift is not None:
        return TWO_PI * sagnac.shift
    return float(
        sagnac_fizeau_shift(
            index=sagnac.index or 0.0,
            radius=sagnac.radius or 0.0,
            rotation=sagnac.rotation or 0.0,
            wavelength=device.modes[sagnac.mode].wavelength or 0.0,
            dispersion=sagnac.dispersion,
        )
    )


def _couplings(device: DeviceFile, light: int) -> tuple[Array, Array, Array, Array]:
    """J, g, X and Γ."""
    N = len(device.modes)
    exchange, pressure, cross_kerr = np.zeros((N, N), complex), np.zeros((N, N)), np.zeros((N, N))
    for coupling in device.couplings:
        first, second = (device.index(mode) for mode in coupling.modes)
        rate = TWO_PI * (coupling.rate or 0.0)
        if coupling.kind in ("exchange", "backscattering"):
            exchange[first, second] += rate * np.exp(1j * coupling.phase)
            exchange[second, first] += rate * np.exp(-1j * coupling.phase)
        elif coupling.kind == "cross_kerr":
            cross_kerr[first, second] += rate
            cross_kerr[second, first] += rate
        elif coupling.kind != "cascaded":
            pressure[first, second] += rate
    one_way, shared_loss = _cascades(device, light)
    return exchange + one_way, pressure, cross_kerr, shared_loss


def _cascades(device: DeviceFile, light: int) -> tuple[Array, Array]:
    """J and Γ by which every mode on a waveguide drives all those after it."""
    N = len(device.modes)
    exchange, shared_loss = np.zeros((N, N), complex), np.zeros((N, N), complex)
    through = links(device.couplings, light)
    for name in through:
        here = device.port(name)
        for after, passed in downstream(through, name):
            there = device.port(after)
            rates = (here.rate * abs(passed) ** 2, there.rate)
            J, shared = cascade(here.mode, there.mode, rates, float(np.angle(-passed)), N)
            exchange += J
            shared_loss += shared
    return exchange, shared_loss


def _drive(
    device: DeviceFile, light: int, power: float | None, microwave_power: float | None
) -> NDArray[np.complexfloating]:
    drive = np.zeros(len(device.modes), complex)
    through = links(device.couplings, light)
    for d in device.drives:
        mode = device.modes[d.mode]
        if (mode.optical and light == 0) or d.light not in (None, light):
            continue
        other = None if mode.kind == "phonon" else power if mode.optical else microwave_power
        watts = d.power if other is None else other
        omega = mode.drive_frequency
        assert omega is not None
        wave = np.sqrt(watts * d.transmission / (HBAR * omega)) * np.exp(1j * d.phase)
        for name, passed in ((d.port, 1.0), *downstream(through, d.port)):
            port = device.port(name)
            drive[port.mode] += np.sqrt(port.rate) * passed * wave
    return drive


def _kerr(mode: Mode, field: int) -> float:
    if mode.kerr is None:
        return 0.0
    if isinstance(mode.kerr, KerrByAxis):
        return TWO_PI * (mode.kerr.along_100 if field > 0 else mode.kerr.along_110)
    return TWO_PI * mode.kerr
