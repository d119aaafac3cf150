"""How the instruments stand while a plan measures, and what they take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from phonosync.instruments.magnets.crystal import Miller, miller
from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.errors import InputError
from phonosync.theory.quantities import Hertz, Metre, Second, Tesla, Watt


class LaserSetting(CheckedModel):
    """Power at the laser's output and vacuum wavelength.

    A `laser.detuning` D that is swept is counted from this wavelength: the laser's frequency is
    c/λ − D, so that D > 0 is red of it.
    """

    power: Annotated[Watt, Field(gt=0)]
    wavelength: Annotated[Metre, Field(gt=0)]


class MicrowaveSetting(CheckedModel):
    """Power at the source's output and frequency of the drive of the magnon."""

    power: Annotated[Watt, Field(gt=0)]
    frequency: Annotated[Hertz, Field(gt=0)]


def read_direction(text: str) -> tuple[int, Miller]:
    """Sign and indices of a direction of the crystal: "[110]", or "-[110]" for its opposite.

    >>> read_direction("-[110]")
    (-1, (1, 1, 0))
    """
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign, miller(rest)


class FieldSetting(CheckedModel):
    """The bias field: its magnitude, and its two directions.

    Attributes:
        size: T.
        forward: direction of the crystal that field = +1 stands for.
        backward: that of field = −1: another axis, or "-[100]" for the reversed field.
    """

    size: Annotated[Tesla, Field(ge=0)]
    forward: str = "[100]"
    backward: str = "[110]"

    @field_validator("forward", "backward")
    @classmethod
    def _readable(cls, value: str) -> str:
        try:
            read_direction(value)
        except InputError as error:
            raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _two(self) -> FieldSetting:
        if read_direction(self.forward) == read_direction(self.backward):
            raise ValueError(f"forward and backward are both {self.forward}; give two directions")
        return self


class _Band(CheckedModel):
    start: Annotated[Hertz, Field(gt=0)]
    stop: Annotated[Hertz, Field(gt=0)]

    @model_validator(mode="after")
    def _ordered(self):
        if self.stop <= self.start:
            raise ValueError(f"stop {self.stop:g} Hz is not above start {self.start:g} Hz")
        return self


class SpectrumSetting(_Band):
    """One noise spectrum: band, points, resolution, averages."""

    points: Annotated[int, Field(ge=16, le=20001)] = 1001
    resolution_bandwidth: Annotated[Hertz, Field(gt=0)]
    averages: Annotated[int, Field(ge=1, le=100000)]


class SParameterSetting(_Band):
    """One sweep of all four S-parameters; power is that at the ports.

    Attributes:
        ports: which port of the device each port of the analyzer sends into for light +1, as the
            device file names them; for a fit of the device. At a ring it is the port of the
            circulating mode that port 1 starts, and of its counter mode.
    """

    points: Annotated[int, Field(ge=2, le=20001)] = 401
    if_bandwidth: Annotated[Hertz, Field(gt=0)]
    power: Annotated[Watt, Field(gt=0)]
    averages: Annotated[int, Field(ge=1, le=10000)] = 1
    ports: dict[Literal[1, 2], str] | None = None

    @field_validator("ports", mode="before")
    @classmethod
    def _numbered(cls, value: object) -> object:
        # JSON, in which a run keeps its plan, has no numbers as keys.
        if not isinstance(value, dict):
            return value
        return {int(k) if str(k).isdigit() else k: name for k, name in value.items()}


class QuadratureSetting(CheckedModel):
    """One record of the demodulated quadratures of all vibrations.

    Attributes:
        duration, rate: of the samples.
        time_constant: of the demodulators' low-pass; without it, as they are set.
    """

    duration: Annotated[Second, Field(gt=0)]
    rate: Annotated[Hertz, Field(gt=0)]
    time_constant: Annotated[Second, Field(gt=0)] | None = None


Light = Literal[1, -1]
