"""The parts of a device file: modes, couplings, ports, Sagnac effect, drives, detection."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.quantities import (
    Hertz,
    Metre,
    PerMetre,
    Radian,
    RadianPerSecond,
    Watt,
)
from phonosync.theory.sagnac import optical_frequency

TWO_PI = 2 * np.pi


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
