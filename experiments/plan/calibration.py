"""Calibrations and the reciprocal control that are interleaved with the data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.quantities import Hertz, Watt

Every = Annotated[int, Field(ge=1)]


class Reference(CheckedModel):
    """A spectrum with the laser off (shot noise) or with nothing on the detector (dark).

    Attributes:
        averages: of the spectrum.
        every: quads between two of them; only at the beginning without it.
    """

    averages: Annotated[int, Field(ge=1, le=100000)] = 64
    every: Every | None = None


class Tone(Reference):
    """A spectrum with a tone of known power from the microwave source on the detector.

    Attributes:
        power: at the source's output.
        frequency: of the tone, inside the spectrum's band.
    """

    power: Annotated[Watt, Field(gt=0)]
    frequency: Annotated[Hertz, Field(gt=0)]


class Thermal(Reference):
    """A spectrum at so little laser power that the phonons keep their bath's temperature."""

    power: Annotated[Watt, Field(gt=0)]


class Calibrations(CheckedModel):
    """What is measured beside the data; each is a dimension of its own in the dataset."""

    shot_noise: Reference | None = None
    dark: Reference | None = None
    tone: Tone | None = None
    thermal: Thermal | None = None


class Control(CheckedModel):
    """The reciprocal control: a quad under conditions in which both directions must agree.

    Attributes:
        kind: low_power (laser), low_drive (microwave source) or zero_field.
        power: of the laser or the microwave source; none for zero_field.
        every: quads of data between two quads of control.

    A stopped rotation is a run of its own: no instrument of the rig stops it.
    """

    kind: Literal["low_power", "low_drive", "zero_field"]
    power: Annotated[Watt, Field(gt=0)] | None = None
    every: Every = 4

    @model_validator(mode="after")
    def _consistent(self) -> Control:
        if (self.power is None) != (self.kind == "zero_field"):
            raise ValueError(
                "a control of low_power or low_drive needs its 'power', zero_field needs none"
            )
        return self
