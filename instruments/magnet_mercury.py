"""Oxford Mercury iPS, driven by QCoDeS' own driver, as a `SafeMagnet`.

The driver ignores what the supply refuses; here every setting is read back. It knows no quench
either; the status word of the group does.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.magnet import SafeMagnet
from phonosync.instruments.magnet_settings import MagnetSettings
from phonosync.instruments.magnet_supply import SupplyReading
from phonosync.instruments.wire import Wire
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
        amps_per_tesla = self._wire.get(self._group.ATOB)
        self.max_field_t = self._ask_number("CLIM") / amps_per_tesla
        self.max_rate_t_per_s = max_rate_t_per_s or self._wire.get(self._group.field_ramp_rate)
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
        self._set(self._group.field_ramp_rate, rate, near=LAST_DIGIT_T_PER_MIN / 60.0)
        self._set(self._group.field_target, field_t, near=self.resolution_t)
        with self._wire.doing("ACTN:RTOS"):
            self._group.ramp_to_target()

    def advance(self) -> None:
        """Do nothing: the supply ramps by itself."""

    def pause(self) -> None:
        """Hold the current; a clamped supply holds already."""
        if self._wire.get(self._group.ramp_status) not in ("HOLD", "CLAMP"):
            self._wire.set(self._group.ramp_status, "HOLD")

    def read(self) -> SupplyReading:
        """Read field and state."""
        get, group = self._wire.get, self._group
        supply_t = field_t = get(group.field)
        heater_on = None
        if self._switch:
            heater_on = get(group.heater_switch) == "ON"
            field_t = supply_t if heater_on else get(group.field_persistent)
        return SupplyReading(
            field_t=field_t,
            supply_field_t=supply_t,
            ramping=get(group.ramp_status) in ("TO SET", "TO ZERO"),
            quenched=bool(int(self._ask("STAT"), 16) & QUENCHED),
            heater_on=heater_on,
        )

    def set_heater(self, on: bool) -> None:
        """Heat the switch or let it cool; the supply itself refuses to heat over a mismatch."""
        wanted = "ON" if on else "OFF"
        self._wire.set(self._group.heater_switch, wanted)
        if self._wire.get(self._group.heater_switch) != wanted:
            raise InstrumentError(
                f"{self.name} refused to switch its heater {wanted}. Compare the currents of "
                "supply and coil on its screen."
            )

    def acknowledge_quench(self) -> None:
        """Unlatch the quench by a hold."""
        self._wire.set(self._group.ramp_status, "HOLD")

    def _set(self, parameter: "Parameter", value: float, *, near: float) -> None:
        self._wire.set(parameter, value)
        took = self._wire.get(parameter)
        if abs(took - value) > near:
            raise InstrumentError(
                f"{self.name} took {took:g} {parameter.unit} for {parameter.name} where "
                f"{value:g} was asked. Check the limits that are set at the supply."
            )

    def _ask(self, noun: str) -> str:
        group = self._group
        return self._wire.ask(f"READ:DEV:{group.uid}:{group.psu_string}:{noun}").strip(":")

    def _ask_number(self, noun: str) -> float:
        reply = self._ask(noun)
        match = re.match(r"-?\d+\.?\d*", reply)
        if match is None:
            raise InstrumentError(
                f"{self.name} answered {reply!r} to {noun}, which is no number. Check its firmware."
            )
        return float(match[0])


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
