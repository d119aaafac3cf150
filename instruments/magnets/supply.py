"""What the wrapper of a magnet asks of one supply: a small port, fields in T."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class SupplyReading:
    """What one supply says of itself and of its coil.

    Attributes:
        field_t: field of the coil, also when its current flows behind a cold switch, T.
        supply_field_t: field that the supply's current makes in the coil when it flows there, T.
        ramping: the supply's current is on its way.
        quenched: the supply has seen a quench that is not acknowledged.
        heater_on: the persistent switch is heated; None when there is none.
    """

    field_t: float
    supply_field_t: float
    ramping: bool
    quenched: bool
    heater_on: bool | None = None


class Supply(Protocol):
    """One supply on one coil; every method returns at once and raises InstrumentError.

    Attributes:
        name: as error messages call it.
        max_field_t: largest field that the supply's own limit allows, T.
        max_rate_t_per_s, min_rate_t_per_s: range of its ramp rate, T/s.
        resolution_t: smallest step of what it reads back, T.
    """

    name: str
    max_field_t: float
    max_rate_t_per_s: float
    min_rate_t_per_s: float
    resolution_t: float

    def start(self, field_t: float, rate_t_per_s: float) -> None:
        """Begin to ramp the supply's current towards a field."""
        ...

    def advance(self) -> None:
        """Take the next step of a ramp that the supply does not make by itself."""
        ...

    def pause(self) -> None:
        """Hold the supply's current where it is."""
        ...

    def read(self) -> SupplyReading:
        """Read field and state."""
        ...

    def set_heater(self, on: bool) -> None:
        """Heat the persistent switch, or let it cool; do not wait."""
        ...

    def acknowledge_quench(self) -> None:
        """Tell the supply that its quench was seen to."""
        ...
