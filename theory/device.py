"""A device in lab terms, and the network it is for a direction of light and of the field."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from phonosync.theory.checked_file import CheckedModel, check, hint, read_yaml
from phonosync.theory.device_parts import (
    Coupling,
    Detection,
    Drive,
    KerrByAxis,
    Mode,
    PortFile,
    Sagnac,
)
from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import Port
from phonosync.theory.quantities import (
    Kelvin,
)
from phonosync.theory.sagnac import optical_frequency, sagnac_fizeau_shift
from phonosync.theory.thermal import HBAR, bath_occupation

TWO_PI = 2 * np.pi


class Device(CheckedModel):
    """A device file: modes, ports, couplings, direction effects, drives, temperature."""

    name: str
    description: str = ""
    modes: Annotated[dict[str, Mode], Field(min_length=1)]
    ports: dict[str, PortFile] = Field(default_factory=dict)
    couplings: tuple[Coupling, ...] = ()
    sagnac: Sagnac | None = None
    drives: tuple[Drive, ...] = ()
    detection: Detection | None = None
    temperature: Annotated[Kelvin, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Device:
        def known(name: str, table: dict, what: str) -> None:
            if name not in table:
                raise ValueError(f"{what} {name!r} is not in {', '.join(table) or 'the file'}")

        for coupling in self.couplings:
            for mode in coupling.modes:
                known(mode, self.modes, "couplings: mode")
            first, second = coupling.modes
            if first == second:
                raise ValueError(f"couplings: {first!r} is coupled to itself; name two modes")
            presses = coupling.kind in ("radiation_pressure", "magnetostriction")
            if presses and self.modes[second].kind != "phonon":
                raise ValueError(
                    f"couplings: {coupling.kind} acts on a phonon, {second!r} is a "
                    f"{self.modes[second].kind}; name the phonon second"
                )
        for name, port in self.ports.items():
            known(port.mode, self.modes, f"ports.{name}: mode")
        for name, mode in self.modes.items():
            rate = sum(port.rate for port in self.ports.values() if port.mode == name)
            if rate > mode.linewidth * (1 + 1e-9):
                raise ValueError(
                    f"ports: those of {name!r} take {rate:.4g} Hz, more than its linewidth "
                    f"{mode.linewidth:.4g} Hz; lower their rates or raise the linewidth"
                )
        for drive in self.drives:
            known(drive.mode, self.modes, "drives: mode")
            known(drive.port, self.ports, "drives: port")
            if self.ports[drive.port].mode != drive.mode:
                raise ValueError(f"drives: port {drive.port!r} does not lead to {drive.mode!r}")
            if self.modes[drive.mode].own_frequency is None:
                raise ValueError(
                    f"modes.{drive.mode}: a driven mode needs 'wavelength' or 'frequency', "
                    "to turn power into photons"
                )
        if self.detection:
            known(self.detection.port, self.ports, "detection: port")
        if self.sagnac:
            known(self.sagnac.mode, self.modes, "sagnac: mode")
            if self.sagnac.counter_mode:
                known(self.sagnac.counter_mode, self.modes, "sagnac: counter_mode")
        for name, mode in self.modes.items():
            if mode.kind == "phonon" and mode.occupation is None and self.temperature is None:
                raise ValueError(f"modes.{name}: give 'occupation' here or the 'temperature'")
        return self

    def index(self, mode: str) -> int:
        """Position of a mode in the network's arrays."""
        return list(self.modes).index(mode)

    @property
    def phonons(self) -> list[int]:
        """Positions of the phonon modes."""
        return [i for i, mode in enumerate(self.modes.values()) if mode.kind == "phonon"]

    def port(self, name: str) -> Port:
        """A port in the units of the network (rad/s)."""
        port = self.ports[name]
        return Port(mode=self.index(port.mode), rate=TWO_PI * port.rate)

    @property
    def laser_wavelength(self) -> float | None:
        """Wavelength, m, at which the drive's detunings hold: that of the driven photon."""
        for drive in self.drives:
            if self.modes[drive.mode].wavelength is not None:
                return self.modes[drive.mode].wavelength
        return None

    def network(
        self,
        light: int = +1,
        field: int = +1,
        *,
        power: float | None = None,
        wavelength: float | None = None,
    ) -> BosonicNetwork:
        """The network, in rad/s, for a direction of light and a direction of the field.

        Args:
            light: +1 or −1 (clockwise, counter-clockwise); 0: no light, the mode is not driven.
            field: +1 or −1 (bias along [100], [110]).
            power: W, of the optical drive at its source, instead of the file's.
            wavelength: m, of the laser, where it differs from the one that the detunings are for.

        Raises:
            InputError: a direction that is not one of those.
        """
        if light not in (1, -1, 0) or field not in (1, -1):
            raise InputError(f"light={light}, field={field}: a direction is +1 or -1.")
        modes = list(self.modes.values())
        N = len(modes)
        detuning = np.array([m.frequency if m.kind == "phonon" else m.detuning for m in modes])
        detuning = TWO_PI * detuning.astype(float)
        if self.sagnac:
            shift = light * self._sagnac_shift()
            detuning[self.index(self.sagnac.mode)] += shift
            if self.sagnac.counter_mode:
                detuning[self.index(self.sagnac.counter_mode)] -= shift
        if wavelength is not None and self.laser_wavelength is not None:
            moved = optical_frequency(self.laser_wavelength) - optical_frequency(wavelength)
            for i, m in enumerate(modes):
                detuning[i] += moved if m.kind == "photon" else 0.0
        exchange, pressure = np.zeros((N, N), complex), np.zeros((N, N))
        for coupling in self.couplings:
            first, second = (self.index(m) for m in coupling.modes)
            rate = TWO_PI * coupling.rate
            if coupling.kind in ("exchange", "backscattering"):
                exchange[first, second] += rate * np.exp(1j * coupling.phase)
                exchange[second, first] += rate * np.exp(-1j * coupling.phase)
            else:
                pressure[first, second] += rate
        return BosonicNetwork(
            detuning=detuning,
            loss=[TWO_PI * m.linewidth for m in modes],
            exchange=exchange,
            pressure=pressure,
            kerr=[self._kerr(m, field) for m in modes],
            drive=self._drive(light, power),
            occupation=[self._occupation(m) for m in modes],
        )

    def _sagnac_shift(self) -> float:
        s = self.sagnac
        assert s is not None
        if s.shift is not None:
            return TWO_PI * s.shift
        wavelength = self.modes[s.mode].wavelength
        if wavelength is None:
            raise InputError(f"{self.name}: sagnac from a geometry needs modes.{s.mode}.wavelength")
        return float(
            sagnac_fizeau_shift(
                index=s.index or 0.0,
                radius=s.radius or 0.0,
                rotation=s.rotation or 0.0,
                wavelength=wavelength,
                dispersion=s.dispersion,
            )
        )

    def _drive(self, light: int, power: float | None) -> np.ndarray:
        drive = np.zeros(len(self.modes), complex)
        for d in self.drives:
            optical = self.modes[d.mode].kind == "photon"
            if optical and light == 0:
                continue
            watts = power if optical and power is not None else d.power
            omega = self.modes[d.mode].own_frequency
            assert omega is not None
            rate = TWO_PI * self.ports[d.port].rate
            drive[self.index(d.mode)] += np.sqrt(rate * watts * d.transmission / (HBAR * omega))
        return drive

    def _occupation(self, mode: Mode) -> float:
        if mode.occupation is not None:
            return mode.occupation
        omega = mode.own_frequency
        if omega is None or self.temperature is None:
            return 0.0
        return float(bath_occupation(omega, self.temperature))

    @staticmethod
    def _kerr(mode: Mode, field: int) -> float:
        if mode.kerr is None:
            return 0.0
        if isinstance(mode.kerr, KerrByAxis):
            return TWO_PI * (mode.kerr.along_100 if field > 0 else mode.kerr.along_110)
        return TWO_PI * mode.kerr


def shipped_devices() -> list[str]:
    """Names of the device files that come with the package."""
    folder = resources.files("phonosync.theory") / "devices"
    return sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if ".yaml" in p.name)


def load_device(name_or_path: str | Path) -> Device:
    """Load a shipped device by name, or a device file by its path.

    Raises:
        InputError: no such device or file, or something wrong in it.

    >>> load_device("ring").network(light=+1).modes
    3
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        names = shipped_devices()
        if str(name_or_path) not in names:
            raise InputError(
                f"no device is called {str(name_or_path)!r}; "
                f"{hint(str(name_or_path), names, 'shipped are')} "
                "Or give the path of a device file (.yaml)."
            )
        path = Path(str(resources.files("phonosync.theory") / "devices" / f"{name_or_path}.yaml"))
    return check(read_yaml(path, "device file"), Device, str(path))
