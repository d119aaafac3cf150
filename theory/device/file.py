"""What a device file says."""

from __future__ import annotations

import hashlib
from typing import Annotated

import numpy as np
from pydantic import Field

from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.device.coupling import Coupling
from phonosync.theory.device.parts import (
    Detection,
    Disorder,
    Drive,
    Magnet,
    Mode,
    PortFile,
    Sagnac,
)
from phonosync.theory.ports import Port
from phonosync.theory.quantities import Kelvin
from phonosync.theory.thermal import bath_occupation

TWO_PI = 2 * np.pi


class DeviceFile(CheckedModel):
    """The parts of a device, and where they stand in its network."""

    name: str
    description: str = ""
    modes: Annotated[dict[str, Mode], Field(min_length=1)]
    ports: dict[str, PortFile] = Field(default_factory=dict)
    couplings: tuple[Coupling, ...] = ()
    sagnac: Sagnac | None = None
    drives: tuple[Drive, ...] = ()
    detection: Detection | None = None
    magnet: Magnet | None = None
    temperature: Annotated[Kelvin, Field(ge=0)] | None = None
    disorder: Disorder | None = None

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that differ where any number of two files differs."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def index(self, mode: str) -> int:
        """Position of a mode in the network's arrays."""
        return list(self.modes).index(mode)

    @property
    def phonons(self) -> list[int]:
        """Positions of the phonon modes."""
        return [i for i, mode in enumerate(self.modes.values()) if mode.kind == "phonon"]

    @property
    def laser_wavelength(self) -> float | None:
        """Wavelength, m, at which the drive's detunings hold: that of the driven photon."""
        for drive in self.drives:
            if self.modes[drive.mode].wavelength is not None:
                return self.modes[drive.mode].wavelength
        return None

    def occupation(self, mode: str) -> float:
        """Mean thermal occupation of a mode's bath: the file's, or that of the temperature."""
        said = self.modes[mode].occupation
        if said is not None:
            return said
        omega = self.modes[mode].own_frequency
        if omega is None or self.temperature is None:
            return 0.0
        return float(bath_occupation(omega, self.temperature))

    def port(self, name: str) -> Port:
        """A port in the units of the network (rad/s); what enters it is as warm as the mode's bath.

        A port that is fed by another one is only the place where the waveguide meets the mode: see
        `Device.output`.
        """
        port = self.ports[name]
        return Port(
            self.index(port.mode), TWO_PI * port.rate, occupation=self.occupation(port.mode)
        )
