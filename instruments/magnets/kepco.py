"""A coil or an electromagnet on a Kepco BOP as a `SafeMagnet`, its current stepped in software."""

from typing import TYPE_CHECKING, Any

from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.magnets.safe_magnet import SafeMagnet
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.magnets.supply import SupplyReading

if TYPE_CHECKING:
    from phonosync.instruments.drivers.kepco_bop import KepcoBOP

QUIET_S = 0.1


class KepcoSupply:
    """One BOP as `magnet_supply.Supply`; its field is the measured current times a constant.

    It steps only while it is polled, so a program that dies leaves the current where it is.

    Args:
        instrument: the driver.
        name: in error messages.
        quench_voltage_v: a superconducting coil has quenched when more than this stands across it
            0.1 s or more after a step; by then L dI / V of a step must be over, and polls must be
            further apart. None for an electromagnet of copper.
    """

    def __init__(self, instrument: "KepcoBOP", *, name: str, quench_voltage_v: float | None = None):
        self.instrument = instrument
        self.name = name
        self._wire = Wire(name, instrument)
        self._quench_voltage_v = quench_voltage_v
        self._quenched = False
        constant = instrument.coil_constant
        self.max_field_t = instrument.current_limit * constant
        self.max_rate_t_per_s = instrument.ramp_rate_limit * constant
        self.min_rate_t_per_s = 1e-6 * constant
        self.resolution_t = 1e-4 * instrument.current_limit * constant  # of its meter

    def start(self, field_t: float, rate_t_per_s: float) -> None:
        """Begin to step towards a field; switches the output on at zero if it is off."""
        constant = self.instrument.coil_constant
        rate = min(rate_t_per_s / constant, self.instrument.ramp_rate_limit)
        with self._wire.doing("CURR (the start of a ramp)"):
            self.instrument.start_ramp(field_t / constant, rate)

    def advance(self) -> None:
        """Take the step that is due, after a look at the voltage while the current is steady."""
        self._watch_voltage()
        with self._wire.doing("CURR (a step of its ramp)"):
            self.instrument.step()

    def pause(self) -> None:
        """Take no more steps."""
        self.instrument.stop()

    def read(self) -> SupplyReading:
        """Read the field by the supply's meter, and notice a quench by the voltage."""
        field_t = self._wire.get(self.instrument.field)
        self._watch_voltage()
        return SupplyReading(
            field_t=field_t,
            supply_field_t=field_t,
            ramping=self.instrument.ramping,
            quenched=self._quenched,
        )

    def set_heater(self, on: bool) -> None:
        """There is no persistent switch."""
        raise InstrumentError(f"{self.name} has no persistent switch. Set persistent to false.")

    def acknowledge_quench(self) -> None:
        """Program zero while no current flows, and believe the voltage again."""
        with self._wire.doing("CURR 0"):
            self.instrument.drop()
        self._quenched = False

    def _watch_voltage(self) -> None:
        # A step drives the coil with all the voltage there is: wait until that is over.
        if self._quench_voltage_v is not None and self.instrument.quiet_for >= QUIET_S:
            voltage = self._wire.get(self.instrument.measured_voltage)
            self._quenched |= abs(voltage) > self._quench_voltage_v


def from_kepco(
    instrument: "KepcoBOP",
    *,
    role: str = "magnet",
    settings: MagnetSettings | None = None,
    axis: str = "z",
    quench_voltage_v: float | None = None,
    **clock: Any,
) -> SafeMagnet:
    """Make a magnet of one BOP, whose field lies along `axis`."""
    supply = KepcoSupply(instrument, name=f"{role} {axis}", quench_voltage_v=quench_voltage_v)
    return SafeMagnet({axis: supply}, settings, role=role, **clock)
