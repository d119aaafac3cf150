"""A device in lab terms, and the network it is for a direction of light and of the field."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from phonosync.theory.checked_file import CheckedModel, check, hint, read_yaml
from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import Port
from phonosync.theory.quantities import (
    Hertz,
    Kelvin,
    Metre,
    PerMetre,
    Radian,
    RadianPerSecond,
    Watt,
)
from phonosync.theory.sagnac import optical_frequency, sagnac_fizeau_shift
from phonosync.theory.thermal import HBAR, bath_occupation

TWO_PI = 2 * np.pi
_HOT = 1e6  # above this k T/ħω a mode without `occupation` is surely a forgotten temperature


class KerrByAxis(CheckedModel):
    """Kerr coefficient K/2π for the bias field along [100] (field = +1) and [110] (field = −1)."""

    along_100: Hertz
    along_110: Hertz


class Mode(CheckedModel):
    """One bosonic mode.

    A photon or magnon has a `detuning` from its drive and a `wavelength` or `frequency` of its own;
    a phonon has a `frequency`. `linewidth` is κ/2π, the full width of the energy response.
    """

    kind: Literal["photon", "magnon", "phonon"]
    linewidth: Annotated[Hertz, Field(gt=0)]
    frequency: Annotated[Hertz, Field(gt=0)] | None = None
    wavelength: Annotated[Metre, Field(gt=0)] | None = None
    detuning: Hertz | None = None
    kerr: KerrByAxis | Hertz | None = None
    occupation: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Mode:
        if self.kind == "phonon" and (self.frequency is None or self.detuning is not None):
            raise ValueError("a phonon takes 'frequency' and no 'detuning'")
        if self.kind != "phonon" and self.detuning is None:
            raise ValueError(f"a {self.kind} takes 'detuning' (mode minus drive)")
        if self.frequency is not None and self.wavelength is not None:
            raise ValueError("'frequency' and 'wavelength' say the same thing; give one")
        return self

    @property
    def own_frequency(self) -> float | None:
        """The mode's own angular frequency, rad/s, where the file says it."""
        if self.wavelength is not None:
            return float(optical_frequency(self.wavelength))
        return None if self.frequency is None else TWO_PI * self.frequency


class Coupling(CheckedModel):
    """A coupling of two modes; radiation pressure and magnetostriction act from first to second."""

    kind: Literal["radiation_pressure", "magnetostriction", "exchange", "backscattering"]
    modes: tuple[str, str]
    rate: Hertz
    phase: Radian = 0.0

    @model_validator(mode="after")
    def _phase_only_of_exchange(self) -> Coupling:
        if self.phase and self.kind in ("radiation_pressure", "magnetostriction"):
            raise ValueError(f"'phase' has no meaning for {self.kind}; remove it")
        return self


class PortFile(CheckedModel):
    """A port: the part `rate` of a mode's linewidth that leaves through one waveguide."""

    mode: str
    rate: Annotated[Hertz, Field(gt=0)]


class Sagnac(CheckedModel):
    """Shift of the mode driven with light = +1 (its counter mode shifts oppositely)."""

    mode: str
    counter_mode: str | None = None
    shift: Hertz | None = None
    radius: Annotated[Metre, Field(gt=0)] | None = None
    index: Annotated[float, Field(gt=0)] | None = None
    rotation: RadianPerSecond | None = None
    dispersion: PerMetre = 0.0

    @model_validator(mode="after")
    def _one_way_of_saying_it(self) -> Sagnac:
        said = [x is not None for x in (self.radius, self.index, self.rotation)]
        if not (all(said) if self.shift is None else not any(said)):
            raise ValueError("give either 'shift', or 'radius', 'index' and 'rotation'")
        return self


class Drive(CheckedModel):
    """A coherent drive of one mode through a port; `transmission` is from source to port."""

    mode: str
    port: str
    power: Annotated[Watt, Field(ge=0)]
    transmission: Annotated[float, Field(gt=0, le=1)] = 1.0


class Detection(CheckedModel):
    """Homodyne detection behind a port: the quadrature relative to the port's mean output."""

    port: str
    quadrature: Literal["amplitude", "phase"] | Radian = "phase"
    efficiency: Annotated[float, Field(ge=0, le=1)] = 1.0

    @property
    def angle(self) -> float:
        """Angle from the mean output field, rad."""
        named = {"amplitude": 0.0, "phase": np.pi / 2}
        return named[self.quadrature] if isinstance(self.quadrature, str) else self.quadrature


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
