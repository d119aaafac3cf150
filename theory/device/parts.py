"""The parts of a device file: modes, ports, Sagnac effect, drives, detection, disorder."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.device.percent import Fraction
from phonosync.theory.quantities import (
    Hertz,
    Metre,
    PerMetre,
    Radian,
    RadianPerSecond,
    Tesla,
    Watt,
)
from phonosync.theory.sagnac import optical_frequency

TWO_PI = 2 * np.pi
_LIGHT = TWO_PI * 1e12  # rad/s; a photon below it is a microwave


GYROMAGNETIC_HZ_PER_T = 28e9
"""γ/2π of an electron's spin, rounded; YIG's lies within 0.2 % of it."""


class KerrByAxis(CheckedModel):
    """Kerr coefficient K/2π for the bias field along [100] (field = +1) and [110] (field = −1)."""

    along_100: Hertz
    along_110: Hertz


class Mode(CheckedModel):
    """One bosonic mode.

    A photon or magnon has a `detuning` from its drive and a `frequency` of its own, or the
    `wavelength` of the laser at which the detuning holds; a phonon has a `frequency`. `linewidth`
    is κ/2π, the full width of the energy response. A phonon's `damping` acts on both quadratures
    alike or, brownian, on its momentum alone.
    """

    kind: Literal["photon", "magnon", "phonon"]
    linewidth: Annotated[Hertz, Field(gt=0)]
    frequency: Annotated[Hertz, Field(gt=0)] | None = None
    wavelength: Annotated[Metre, Field(gt=0)] | None = None
    detuning: Hertz | None = None
    kerr: KerrByAxis | Hertz | None = None
    occupation: Annotated[float, Field(ge=0)] | None = None
    damping: Literal["symmetric", "brownian"] = "symmetric"

    @model_validator(mode="after")
    def _complete(self) -> Mode:
        if self.kind == "phonon" and (self.frequency is None or self.detuning is not None):
            raise ValueError("a phonon takes 'frequency' and no 'detuning'")
        if self.kind != "phonon" and self.detuning is None:
            raise ValueError(f"a {self.kind} takes 'detuning' (mode minus drive)")
        if self.frequency is not None and self.wavelength is not None:
            raise ValueError("'frequency' and 'wavelength' say the same thing; give one")
        if self.kind != "phonon" and self.damping == "brownian":
            raise ValueError(
                f"a {self.kind} loses both quadratures alike, brownian damping is a phonon's; "
                "remove 'damping'"
            )
        return self

    @property
    def own_frequency(self) -> float | None:
        """The mode's own angular frequency, rad/s, where the file says it."""
        if self.wavelength is not None:
            return float(optical_frequency(self.wavelength))
        return None if self.frequency is None else TWO_PI * self.frequency

    @property
    def drive_frequency(self) -> float | None:
        """Angular frequency of what drives the mode, rad/s: the laser's, or ω_mode − D."""
        if self.frequency is None or self.detuning is None:
            return self.own_frequency
        return TWO_PI * (self.frequency - self.detuning)

    @property
    def optical(self) -> bool:
        """Whether it is light; a photon of which the file says no frequency is."""
        own = self.own_frequency
        return self.kind == "photon" and (own is None or own > _LIGHT)


class PortFile(CheckedModel):
    """A port: the part `rate` of a mode's linewidth that leaves through one waveguide.

    A loop antenna beside a sphere is a port of its magnon.
    """

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
    """A coherent drive of one mode through a port; `transmission` is from source to port.

    `phase` turns its amplitude E. `light` says for which direction of the light the drive is on;
    without it, for both.
    """

    mode: str
    port: str
    power: Annotated[Watt, Field(ge=0)]
    transmission: Annotated[float, Field(gt=0, le=1)] = 1.0
    phase: Radian = 0.0
    light: Literal[1, -1] | None = None


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


class Magnet(CheckedModel):
    """The magnet whose field biases the magnons.

    Attributes:
        bias_field: magnitude at which the magnons' detunings hold.
        coercive_field: a weaker field leaves the magnetization along its last axis.
    """

    bias_field: Annotated[Tesla, Field(gt=0)]
    coercive_field: Annotated[Tesla, Field(ge=0)] = 1e-4


class Disorder(CheckedModel):
    """How much devices made after one drawing differ.

    Attributes:
        frequency: relative standard deviation of every mode's detuning, a phonon's frequency.
        linewidth: of every linewidth, log-normal; the ports of a mode scale with it.
        coupling: of every coupling rate and Kerr coefficient.
        backscattering: r.m.s., Hz, of a complex Gaussian exchange between the two modes of
            `sagnac`.
    """

    frequency: Fraction = 0.0
    linewidth: Fraction = 0.0
    coupling: Fraction = 0.0
    backscattering: Annotated[Hertz, Field(ge=0)] = 0.0
