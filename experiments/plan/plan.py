"""What to measure, in which order, how often."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from phonosync.theory.checked_file import CheckedModel, check, hint, read_yaml
from phonosync.theory.errors import InputError
from phonosync.theory.quantities import Hertz, Metre, Second, Watt


class LaserSetting(CheckedModel):
    """Power at the laser's output and vacuum wavelength."""

    power: Annotated[Watt, Field(gt=0)]
    wavelength: Annotated[Metre, Field(gt=0)]


class SpectrumSetting(CheckedModel):
    """One spectrum: band, points, resolution, averages."""

    start: Annotated[Hertz, Field(gt=0)]
    stop: Annotated[Hertz, Field(gt=0)]
    points: Annotated[int, Field(ge=16, le=20001)] = 1001
    resolution_bandwidth: Annotated[Hertz, Field(gt=0)]
    averages: Annotated[int, Field(ge=1, le=100000)]

    @model_validator(mode="after")
    def _ordered(self) -> SpectrumSetting:
        if self.stop <= self.start:
            raise ValueError(f"stop {self.stop:g} Hz is not above start {self.start:g} Hz")
        return self


class Reference(CheckedModel):
    """The shot-noise reference: a spectrum with the laser off."""

    averages: Annotated[int, Field(ge=1)] = 64


class Plan(CheckedModel):
    """A direction experiment; at least 8 quads, or a permutation test cannot reach 5 %."""

    name: str
    description: str = ""
    laser: LaserSetting
    spectrum: SpectrumSetting
    quads: Annotated[int, Field(ge=8)] = 8
    settling_time: Annotated[Second, Field(ge=0, le=600)] = 0.0
    shot_noise_reference: Reference = Reference()

    def order(self, random: np.random.Generator) -> list[int]:
        """Directions in the order of measurement: quads +−−+ or −++−, signs by chance.

        Such quads cancel a linear drift and, each led in by a spectrum of its own first direction,
        a memory of one step; their random signs make the permutation test over quads exact.
        """
        signs = random.choice([1, -1], size=self.quads)
        return [int(sign * step) for sign in signs for step in (1, -1, -1, 1)]


def load_plan(path: str | Path) -> Plan:
    """Load a plan from its path, or a shipped one by its name.

    Raises:
        InputError: no such plan, or something wrong in it.

    >>> load_plan("direction_of_light").quads
    8
    """
    file = Path(path)
    if file.suffix not in (".yaml", ".yml"):
        folder = resources.files("phonosync.experiments") / "plans"
        names = sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if ".yaml" in p.name)
        if str(path) not in names:
            raise InputError(
                f"no plan is called {str(path)!r}; {hint(str(path), names, 'shipped are')} "
                "Or give the path of a plan file (.yaml)."
            )
        file = Path(str(folder / f"{path}.yaml"))
    return check(read_yaml(file, "plan"), Plan, str(file))
