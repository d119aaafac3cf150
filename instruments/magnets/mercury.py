"""Oxford Mercury iPS, driven by QCoDeS' own driver, as a `SafeMagnet`.

The driver ignores what the supply refuses, and takes all digits of whatever comes for a number;
here every setting is read back, and every answer must have its form. The driver knows no quench
either; the status word of the group does.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError, NonsenseError
from phonosync.instruments.magnets.safe_magnet import SafeMagnet
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.magnets.supply import SupplyReading
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.instrument_drivers.oxford import OxfordMercuryiPS
    from qcodes.parameters import Parameter

QUENCHED = 0x100
LAST_DIGIT_T_PER_MIN = 1e-4


class MercurySupply:
    """One magnet group of a Mercury iPS as `magnet_supply.Supply`.

    Args:
        instrument: the driver.
        axis: "x", "y" or "z".
        name: in error messages.
        max_rate_t_per_s: fastest ramp, T/s; None for the rate that is set on the supply.
        switch: whether the coil has a persistent switch.
    """

    resolution_t = 1e-4

    def __init__(
        self,
        instrument: "OxfordMercuryiPS",
        axis: str,
        *,
        name: str,
        max_rate_t_per_s: float | None = None,
        switch: bool = False,
    ):
        self.instrument = instrument
        self.name = name
        self._group = getattr(instrument, f"GRP{axis.upper()}")
        self._wire = Wire(name, instrument)
        self._switch = switch
        self.max_field_t = self._number("CLIM", "A?") / self._number("ATOB", "A/T")
        self.max_rate_t_per_s = max_rate_t_per_s or self._number("SIG:RFST", "T/m") / 60.0
        self.min_rate_t_per_s = LAST_DIGIT_T_PER_MIN / 60.0
        if not self.max_rate_t_per_s:
            raise InputError(
                f"{name} has its ramp rate set to zero. Set a rate at the supply, or state "
                "max_rate_t_per_s."
            )

    def start(self, field_t: float, rate_t_per_s: float) -> None:
        """Begin to ramp towards a field."""
        self.pause()
        rate = min(rate_t_per_s, self.max_rate_t_per_s)
        self._set(self._group.field_ramp_rate, rate)
        self._check("SIG:RFST", "T/m", 60.0 * rate, near=LAST_DIGIT_T_PER_MIN)
        self._set(self._group.field_target, field_t)
        self._check("SIG:FSET", "T", field_t, near=self.resolution_t)
        if self._ask("ACTN") == "CLMP":
            self._command("ACTN:HOLD")
        self._command("ACTN:RTOS")

    def advance(self) -> None:
        """Do nothing: the supply ramps by itself."""

    def pause(self) -> None:
        """Hold the current; a clamped supply holds already."""
        if self._ask("ACTN") not in ("HOLD", "CLMP"):
            self._set(self._group.ramp_status, "HOLD")

    def read(self) -> SupplyReading:
        """Read field and state."""
        supply_t = field_t = self._number("SIG:FLD", "T")
        heater_on = None
        if self._switch:
            heater_on = self._ask("SIG:SWHT") == "ON"
            field_t = supply_t if heater_on else self._number("SIG:PFLD", "T")
        return SupplyReading(
            field_t=field_t,
            supply_field_t=supply_t,
            ramping=self._ask("ACTN") in ("RTOS", "RTOZ"),
            quenched=bool(int(self._ask("STAT", "[0-9A-Fa-f]{8}"), 16) & QUENCHED),
            heater_on=heater_on,
        )

    def set_heater(self, on: bool) -> None:
        """Heat the switch or let it cool; the supply itself refuses to heat over a mismatch."""
        wanted = "ON" if on else "OFF"
        self._set(self._group.heater_switch, wanted)
        if self._ask("SIG:SWHT") != wanted:
            raise InstrumentError(
                f"{self.name} refused to switch its heater {wanted}. Compare the currents of "
                "supply and coil on its screen."
            )

    def acknowledge_quench(self) -> None:
        """Unlatch the quench by a hold."""
        self._wire.set(self._group.ramp_status, "HOLD")

    def _command(self, words: str) -> None:
        """Give a command and look at the answer, which the driver does not."""
        command = f"SET:DEV:{self._group.uid}:{self._group.psu_string}:{words}"
        answer = self._wire.ask(command)
        if answer != words.rpartition(":")[2]:
            raise InstrumentError(
                f"{self.name} refused {command!r}: {answer}. Look at its screen for what stands in "
                "the way."
            )

    def _set(self, parameter: "Parameter", value: float | str) -> None:
        self._wire.set(parameter, value)

    def _check(self, noun: str, unit: str, value: float, *, near: float) -> None:
        took = self._number(noun, unit)
        if abs(took - value) > near:
            raise InstrumentError(
                f"{self.name} took {took:g} {unit} for {noun} where {value:g} was asked. Check the "
                "limits that are set at the supply."
            )

    def _number(self, noun: str, unit: str) -> float:
        return float(self._ask(noun, rf"(-?\d+\.?\d*){unit}"))

    def _ask(self, noun: str, pattern: str = "[A-Z]+") -> str:
        """Read what stands after the echo; the driver itself takes any digits that it finds."""
        query = f"READ:DEV:{self._group.uid}:{self._group.psu_string}:{noun}"
        with self._wire.doing(query):
            reply = self.instrument.ask(query)
            match = re.fullmatch(f":{pattern}", reply)
            if match is None:
                raise NonsenseError(
                    f"{self.name} answered {reply!r} to {query}. Check its firmware and its "
                    "cable, then run again."
                )
        return match[1] if match.lastindex else reply[1:]


def from_mercury(
    instrument: "OxfordMercuryiPS",
    *,
    role: str = "magnet",
    settings: MagnetSettings | None = None,
    axes: Iterable[str] = "xyz",
    max_rate_t_per_s: float | None = None,
    switch: bool = False,
    **clock: Any,
) -> SafeMagnet:
    """Make a magnet of the groups of a Mercury iPS that lie along `axes`."""
    supplies = {
        axis: MercurySupply(
            instrument,
            axis,
            name=f"{role} {axis}",
            max_rate_t_per_s=max_rate_t_per_s,
            switch=switch,
        )
        for axis in axes
    }
    return SafeMagnet(supplies, settings, role=role, **clock)
