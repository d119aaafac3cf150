"""What the parts of a device file must agree on."""

from __future__ import annotations

from collections.abc import Iterable

from phonosync.theory.device.file import DeviceFile
from phonosync.theory.device.waveguide import links


def check_parts(device: DeviceFile) -> None:
    """Raise ValueError, in one sentence, for the first contradiction between parts."""
    for check in (_couplings, _ports, _waveguides, _drives, _directions, _magnet, _baths):
        check(device)


def _known(name: str, table: Iterable[str], what: str) -> None:
    if name not in table:
        raise ValueError(f"{what} {name!r} is not in {', '.join(table) or 'the file'}")


def _couplings(device: DeviceFile) -> None:
    for coupling in device.couplings:
        for mode in coupling.modes:
            _known(mode, device.modes, "couplings: mode")
        first, second = coupling.modes
        if first == second:
            raise ValueError(f"couplings: {first!r} is coupled to itself; name two modes")
        presses = coupling.kind in ("radiation_pressure", "magnetostriction")
        if presses and device.modes[second].kind != "phonon":
            raise ValueError(
                f"couplings: {coupling.kind} acts on a phonon, {second!r} is a "
                f"{device.modes[second].kind}; name the phonon second"
            )


def _ports(device: DeviceFile) -> None:
    for name, port in device.ports.items():
        _known(port.mode, device.modes, f"ports.{name}: mode")
        if device.modes[port.mode].damping == "brownian":
            raise ValueError(
                f"ports.{name}: a port damps both quadratures of {port.mode!r}, whose damping is "
                "brownian; remove the port or make the damping symmetric"
            )
    for name, mode in device.modes.items():
        rate = sum(port.rate for port in device.ports.values() if port.mode == name)
        if rate > mode.linewidth * (1 + 1e-9):
            raise ValueError(
                f"ports: those of {name!r} take {rate:.4g} Hz, more than its linewidth "
                f"{mode.linewidth:.4g} Hz; lower their rates or raise the linewidth"
            )


def _waveguides(device: DeviceFile) -> None:
    for coupling in device.couplings:
        for name, mode in zip(coupling.ports or (), coupling.modes, strict=False):
            _known(name, device.ports, "couplings: port")
            if device.ports[name].mode != mode:
                raise ValueError(
                    f"couplings: port {name!r} does not lead to {mode!r}; name the ports in the "
                    "order of the modes"
                )
    for light in (+1, -1):
        links(device.couplings, light)


def _drives(device: DeviceFile) -> None:
    passed = {port for coupling in device.couplings for port in coupling.ports or ()}
    for drive in device.drives:
        _known(drive.mode, device.modes, "drives: mode")
        _known(drive.port, device.ports, "drives: port")
        if device.ports[drive.port].mode != drive.mode:
            raise ValueError(f"drives: port {drive.port!r} does not lead to {drive.mode!r}")
        if device.modes[drive.mode].own_frequency is None:
            raise ValueError(
                f"modes.{drive.mode}: a driven mode needs 'wavelength' or 'frequency', "
                "to turn power into photons"
            )
        if drive.port in passed and drive.light is None:
            raise ValueError(
                f"drives: port {drive.port!r} is on a waveguide, which light enters at one end; "
                "say 'light: +1' or 'light: -1', or drive the mode through another port"
            )
    if device.detection:
        _known(device.detection.port, device.ports, "detection: port")


def _directions(device: DeviceFile) -> None:
    sagnac = device.sagnac
    if sagnac:
        _known(sagnac.mode, device.modes, "sagnac: mode")
        if sagnac.counter_mode:
            _known(sagnac.counter_mode, device.modes, "sagnac: counter_mode")
        if sagnac.shift is None and device.modes[sagnac.mode].wavelength is None:
            raise ValueError(
                f"sagnac: a shift from a geometry needs 'modes.{sagnac.mode}.wavelength'; add it, "
                "or give 'shift'"
            )
    pair = sagnac is not None and sagnac.counter_mode is not None
    if device.disorder and device.disorder.backscattering and not pair:
        raise ValueError(
            "disorder: 'backscattering' is between the two circulating modes of 'sagnac', which "
            "names no 'counter_mode'; name it, or remove 'backscattering'"
        )


def _magnet(device: DeviceFile) -> None:
    if device.magnet and all(mode.kind != "magnon" for mode in device.modes.values()):
        raise ValueError("magnet: it biases magnons, and there is none; remove it")


def _baths(device: DeviceFile) -> None:
    for name, mode in device.modes.items():
        if mode.kind == "phonon" and mode.occupation is None and device.temperature is None:
            raise ValueError(f"modes.{name}: give 'occupation' here or the 'temperature'")
