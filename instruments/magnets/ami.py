"""American Magnetics 430 and 4303D, driven by QCoDeS' own drivers, as a `SafeMagnet`.

Over a raw socket the driver must be opened with `device_clear=False`: a device clear swallows the
greeting that it waits for. The wrapper sends its own ramps, so the set points that an
`AMIModel4303D` remembers grow stale; do not drive one magnet through both.
"""

from typing import TYPE_CHECKING, Any

from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import NonsenseError, error_number, refused
from phonosync.instruments.magnets.safe_magnet import SafeMagnet
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.magnets.supply import SupplyReading

if TYPE_CHECKING:
    from qcodes.instrument_drivers.american_magnetics import AMIModel430, AMIModel4303D

RAMPING = ("ramping", "zeroing current", "manual up", "manual down")
SLOWEST_A_PER_S = 1e-4
BUFFER = 10  # errors that a Model 430 keeps


class AmiSupply:
    """One Model 430 as `magnet_supply.Supply`, in whichever units it is set to.

    Args:
        instrument: the driver.
        name: in error messages.
    """

    resolution_t = 1e-6

    def __init__(self, instrument: "AMIModel430", *, name: str):
        self.instrument = instrument
        self.name = name
        # After silence the driver would ask again, and take a late answer for that of the next
        # question; the wire opens the connection anew instead.
        instrument._RETRY_WRITE_ASK = False  # pyright: ignore[reportAttributeAccessIssue]
        self._wire = wire = Wire(name, instrument, greeting_lines=2)
        wire.write("*CLS")
        self._tesla = 1.0 if wire.get(instrument.field_units) == "tesla" else 0.1
        self._seconds = 1.0 if wire.get(instrument.ramp_rate_units) == "seconds" else 60.0
        self._tesla_per_amp = wire.get(instrument.coil_constant) * self._tesla
        self.max_field_t = wire.get(instrument.current_limit) * self._tesla_per_amp
        limit = wire.get(instrument.field_ramp_limit) * self._tesla / self._seconds
        self.max_rate_t_per_s = limit * (1 - 1e-9)
        self.min_rate_t_per_s = SLOWEST_A_PER_S * self._tesla_per_amp
        self._switch = bool(wire.get(instrument.switch_heater.enabled))

    def start(self, field_t: float, rate_t_per_s: float) -> None:
        """Begin to ramp towards a field."""
        self.pause()
        rate = min(rate_t_per_s, self.max_rate_t_per_s) * self._seconds / self._tesla
        self._wire.set(self.instrument.ramp_rate, rate)
        self._write(f"CONF:FIELD:TARG {field_t / self._tesla:.7f}")
        self._write("RAMP")

    def advance(self) -> None:
        """Do nothing: the programmer ramps by itself."""

    def pause(self) -> None:
        """Hold the current; an answer of the error buffer proves that the command arrived."""
        with self._wire.doing("PAUSE"):
            self.instrument.pause()
        self._empty_buffer()  # what it holds is older: a pause cannot be refused

    def read(self) -> SupplyReading:
        """Read field and state."""
        get, ami = self._wire.get, self.instrument
        state = get(ami.ramping_state)
        field_t = supply_t = get(ami.field) * self._tesla
        heater_on = None
        if self._switch:
            supply_t = self._supply_current() * self._tesla_per_amp
            heater_on = bool(get(ami.switch_heater.state))
        return SupplyReading(
            field_t=field_t,
            supply_field_t=supply_t,
            ramping=state in RAMPING,
            quenched=state == "quench detected" or get(ami.is_quenched),
            heater_on=heater_on,
        )

    def set_heater(self, on: bool) -> None:
        """Heat the switch or let it cool; the driver's own way would wait without a look."""
        self._write(f"PS {int(on)}")

    def acknowledge_quench(self) -> None:
        """Clear the quench condition."""
        with self._wire.doing("QU 0"):
            self.instrument.reset_quench()
        self._check("QU 0")

    def _supply_current(self) -> float:
        with self._wire.doing("CURR:SUPP?"):
            reply = self.instrument.ask("CURR:SUPP?")
            try:
                return float(reply)
            except ValueError:
                raise NonsenseError(
                    f"{self.name} answered {reply!r} to CURR:SUPP?. Check its cable, then run "
                    "again."
                ) from None

    def _write(self, command: str) -> None:
        self._wire.write(command)
        self._check(command)

    def _check(self, command: str) -> None:
        if entries := self._empty_buffer():
            raise refused(self.name, command, entries[0])

    def _empty_buffer(self) -> list[str]:
        entries = []
        for _ in range(BUFFER):
            with self._wire.doing("SYST:ERR?"):
                entry = self.instrument.get_error()
                if not error_number(entry):
                    break
            entries.append(entry)
        return entries


def from_ami430(
    instrument: "AMIModel430",
    *,
    role: str = "magnet",
    settings: MagnetSettings | None = None,
    axis: str = "z",
    **clock: Any,
) -> SafeMagnet:
    """Make a magnet of one Model 430, whose coil lies along `axis`."""
    supplies = {axis: AmiSupply(instrument, name=f"{role} {axis}")}
    return SafeMagnet(supplies, settings, role=role, **clock)


def from_ami4303d(
    instrument: "AMIModel4303D",
    *,
    role: str = "magnet",
    settings: MagnetSettings | None = None,
    **clock: Any,
) -> SafeMagnet:
    """Make a magnet of the three Model 430 of a three-axis set."""
    supplies = {
        axis: AmiSupply(getattr(instrument, f"_instrument_{axis}"), name=f"{role} {axis}")
        for axis in "xyz"
    }
    return SafeMagnet(supplies, settings, role=role, **clock)
