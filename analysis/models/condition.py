"""Under which condition a trace was taken: directions, and what the instruments were set to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from phonosync.theory.device import Device
from phonosync.theory.device.text import write_quantity
from phonosync.theory.errors import InputError

BRANCHES = ("lower", "upper")


@dataclasses.dataclass(frozen=True, eq=False)
class Condition:
    """One setting of the instruments; what is left out is as in the device file.

    Attributes:
        light, field: directions, +1 or −1; light 0: none.
        power: W, of the laser.
        microwave_power: W, of the microwave source.
        wavelength: m, of the laser.
        settings: further entries of the device file -> value in SI units, as {"temperature": 0.1}.
        branch: which stable steady state, where there are several: "lower" or "upper" intensity.

    Raises:
        InputError: a direction or a branch that does not exist.
    """

    light: int = +1
    field: int = +1
    power: float | None = None
    microwave_power: float | None = None
    wavelength: float | None = None
    settings: Mapping[str, float] = dataclasses.field(default_factory=dict)
    branch: str = "lower"

    def __post_init__(self) -> None:
        """Refuse what is no direction and no branch."""
        if self.light not in (1, -1, 0) or self.field not in (1, -1):
            raise InputError(f"light={self.light}, field={self.field}: a direction is +1 or -1.")
        if self.branch not in BRANCHES:
            raise InputError(f"no branch is called {self.branch!r}; say 'lower' or 'upper'.")

    @property
    def name(self) -> str:
        """In words, as in "light +1, field +1, power 200 uW"."""
        light = f"light {self.light:+d}" if self.light else "no light"
        units = {"power": "W", "microwave_power": "W", "wavelength": "m"}
        given = {of.replace("_", " "): (getattr(self, of), unit) for of, unit in units.items()}
        said = [
            f"{of} {write_quantity(value, unit)}"
            for of, (value, unit) in given.items()
            if value is not None
        ]
        said += [f"{entry} {value:.6g}" for entry, value in self.settings.items()]
        return ", ".join([light, f"field {self.field:+d}", *said])


def directions_of(
    device: Device, *, power: float | None = None, microwave_power: float | None = None
) -> list[Condition]:
    """One condition for each direction that the device tells apart.

    Args:
        device: any device.
        power, microwave_power: W, common to all.
    """
    from phonosync.theory.prediction import distinguished

    return [
        Condition(light, way, power=power, microwave_power=microwave_power)
        for light, way in distinguished(device)
    ]
