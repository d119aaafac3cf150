"""What a plan can sweep, watch and hold, with units and the role that each needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phonosync.theory.quantities import parse_quantity


@dataclass(frozen=True)
class Quantity:
    """A quantity that a plan names.

    Attributes:
        name: as a plan writes it.
        unit: SI unit of its values.
        kind, example: in words, for messages.
        role: of the instrument that sets or reads it.
        dimension: its name in a run's dataset.
        label: on axes and in tables.
    """

    name: str
    unit: str
    kind: str
    example: str
    role: str
    dimension: str
    label: str

    def read(self, value: Any) -> float:
        """A value with its unit as a number in the SI unit.

        Raises:
            ValueError: no unit, or one of another quantity.
        """
        return parse_quantity(value, self.unit, self.kind, self.example)


_POWER = ("W", "a power", "0.3 mW")
_FREQUENCY = ("Hz", "a frequency", "10 MHz")
_FIELD = ("T", "a magnetic field", "300 mT")
_TEMPERATURE = ("K", "a temperature", "48 mK")

SWEPT = {
    q.name: q
    for q in (
        Quantity("laser.power", *_POWER, "laser", "laser_power", "laser power"),
        Quantity("laser.detuning", *_FREQUENCY, "laser", "laser_detuning", "laser detuning"),
        Quantity("field.size", *_FIELD, "magnet", "field_size", "field"),
        Quantity("temperature", *_TEMPERATURE, "thermometer", "temperature", "temperature"),
        Quantity(
            "microwave.power", *_POWER, "microwave_source", "microwave_power", "microwave power"
        ),
        Quantity(
            "microwave.frequency",
            *_FREQUENCY,
            "microwave_source",
            "microwave_frequency",
            "microwave frequency",
        ),
    )
}
"""What a plan can sweep, by the name that the plan writes."""

WATCHED = {
    q.name: q
    for q in (
        Quantity("temperature", *_TEMPERATURE, "thermometer", "", "temperature"),
        Quantity("laser_lock", "", "", "", "laser", "", "laser's lock"),
        Quantity("laser_power", *_POWER, "laser", "", "laser's own power reading"),
        Quantity("monitor_power", *_POWER, "power_meter", "", "power in the monitor arm"),
        Quantity("field_size", *_FIELD, "magnet", "", "field"),
    )
}
"""What an interlock can watch; a quench ends every run, asked for or not."""
